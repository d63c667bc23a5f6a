"""How alike texts are spelt: the cosine of their weighted pieces of words (tf–idf).

Meaning is the encoder's matter; this recognises names, terms and misspellings that it has never seen.
Pieces are numbered by a hash, so that a text is counted once for good and no vocabulary has to be kept.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"\w+|[^\w\s]")
_LONGEST_TEXT = 1_000  # characters; what follows adds time and tells nothing more
_SIZES = (2, 3, 4)  # characters in a piece
_BITS = 17  # of a piece's number: far more than the pieces of a language, so that few share one
_MULTIPLIER = np.uint32(2_654_435_769)  # 2^32 / golden ratio, spreads neighbouring values (Knuth, TAOCP 3, 6.4)

Numbers = NDArray[np.float32]

_WEIGHTS = np.log(np.maximum(np.arange(256), 1)).astype(np.float32) + np.float32(1)
"""Of a piece by how often it occurs in a text: 1 + log."""


class Counted(NamedTuple):
    """The pieces of some texts: the text's row, the piece's number, and how often it occurs there, at most 255."""

    rows: NDArray[np.int16]
    pieces: NDArray[np.int32]
    times: NDArray[np.uint8]

    def of(self, row: int) -> "Counted":
        """The pieces of one of the texts alone."""
        own = self.rows == row
        return Counted(self.rows[own] - np.int16(row), self.pieces[own], self.times[own])


def counted(texts: Sequence[str]) -> Counted:
    """The pieces of `texts`; a piece lies inside a word, which begins and ends with a space."""
    spaced = ["".join(f"\n {word} " for word in _words(text)) for text in texts]
    letters = np.array([ord(letter) for letter in "".join(spaced)], np.uint32)
    rows = np.repeat(np.arange(len(texts)), [len(text) for text in spaced])
    found = []
    for size in _SIZES:
        mixed = np.zeros(max(0, len(letters) - size + 1), np.uint32)
        inside = np.ones(len(mixed), np.bool_)
        for place in range(size):
            window = letters[place : place + len(mixed)]
            mixed = (mixed + window) * _MULTIPLIER
            inside &= window != ord("\n")
        number = (mixed >> np.uint32(32 - _BITS)).astype(np.int64)
        found.append((rows[: len(mixed)] << _BITS | number)[inside])
    both, times = np.unique(np.concatenate(found), return_counts=True)
    pieces = (both & (1 << _BITS) - 1).astype(np.int32)
    return Counted((both >> _BITS).astype(np.int16), pieces, np.minimum(times, 255).astype(np.uint8))


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text[:_LONGEST_TEXT]).lower())


class Spellings:
    """Many texts, for comparison with one."""

    def __init__(self, groups: Sequence[tuple[Counted, int]]) -> None:
        """The texts of all `groups`, each with the number of its texts."""
        sizes = [size for _, size in groups]
        firsts = np.cumsum([0, *sizes])
        rows = np.concatenate(
            [group.rows.astype(np.int32) + first for (group, _), first in zip(groups, firsts, strict=False)]
        )
        pieces = np.concatenate([group.pieces for group, _ in groups])
        self._count = sum(sizes)
        occurring = np.bincount(pieces, minlength=1 << _BITS)
        self._rarity = (np.log((1 + self._count) / (1 + occurring)) + 1).astype(np.float32)
        times = np.concatenate([group.times for group, _ in groups])
        lengths = np.bincount(rows, (_WEIGHTS[times] * self._rarity[pieces]) ** 2, minlength=self._count)
        self._lengths = np.sqrt(np.maximum(lengths, 1)).astype(np.float32)
        order = np.argsort(pieces, kind="stable")
        self._ends = np.cumsum(occurring)
        self._rows = rows[order]
        self._times = times[order]

    def cosines(self, text: Counted) -> Numbers:
        """How alike each of the texts is spelt to `text`, a single one, 0 to 1, shape (texts,)."""
        if not len(text.pieces):
            return np.zeros(self._count, np.float32)
        rarity = self._rarity[text.pieces]
        weights = _WEIGHTS[text.times] * rarity
        weights *= rarity / np.linalg.norm(weights)
        holding = [slice(self._ends[piece - 1] if piece else 0, self._ends[piece]) for piece in text.pieces]
        rows = np.concatenate([self._rows[part] for part in holding])
        products = [_WEIGHTS[self._times[part]] * weight for part, weight in zip(holding, weights, strict=True)]
        sums = np.bincount(rows, np.concatenate(products), minlength=self._count)
        cosines: Numbers = (sums / self._lengths).astype(np.float32)
        return cosines
