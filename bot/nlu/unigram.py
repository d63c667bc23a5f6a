"""A SentencePiece tokenizer of the unigram kind: text → the numbers of its most probable pieces.

The tokenizers library does the same, but takes 200 MB for a vocabulary of a quarter of a million pieces.
"""

import unicodedata
from collections.abc import Mapping, Sequence

_SPACE = "▁"
_UNKNOWN_BELOW = 10.0  # how much less than the least probable piece an unknown character scores, as in SentencePiece


class Unigram:
    """Cuts texts. Thread-safe."""

    def __init__(
        self,
        pieces: Mapping[str, int],
        scores: Sequence[float],
        replacements: Mapping[int, str],
        *,
        start: int,
        end: int,
        unknown: int,
    ) -> None:
        """`pieces` → their number, `scores` by number: log probabilities. `replacements` are for `str.translate`.

        `start`, `end` and `unknown` are the numbers of the tokens for the two ends of a text and for what is in
        no piece.
        """
        self._pieces = pieces
        self._scores = scores
        self._replacements = replacements
        self._ends = start, end
        self._unknown = unknown
        self._unknown_score = min(scores) - _UNKNOWN_BELOW
        self._longest = max(map(len, pieces))

    def __call__(self, text: str, *, most: int) -> list[int]:
        """The tokens of `text` between those of its ends, at most `most` altogether."""
        start, end = self._ends
        return [start, *self._cut(self._normal(text))[: most - 2], end]

    def knows(self, word: str) -> bool:
        """Whether `word` is one piece."""
        return self._normal(word) in self._pieces

    def _normal(self, text: str) -> str:
        words = unicodedata.normalize("NFC", text).translate(self._replacements).split()
        return _SPACE + _SPACE.join(words)

    def _cut(self, text: str) -> list[int]:
        """The pieces whose scores have the highest sum (Viterbi): of every beginning of `text`, the best way there."""
        best = [0.0] + [float("-inf")] * len(text)
        last = [(0, self._unknown)] * len(best)  # where the last piece begins, and its number
        for begin in range(len(text)):
            if best[begin] + self._unknown_score > best[begin + 1]:
                best[begin + 1] = best[begin] + self._unknown_score
                last[begin + 1] = begin, self._unknown
            for end in range(begin + 1, min(begin + self._longest, len(text)) + 1):
                number = self._pieces.get(text[begin:end])
                if number is not None and best[begin] + self._scores[number] > best[end]:
                    best[end] = best[begin] + self._scores[number]
                    last[end] = begin, number
        pieces = []
        end = len(text)
        while end:
            end, number = last[end]
            pieces.append(number)
        return pieces[::-1]
