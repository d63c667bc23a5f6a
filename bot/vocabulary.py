"""The words of what a business wrote, by which slips of the pen in what somebody types are told and put right."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable

from bot.nlu.slips import added, exchanged, replaced, undoubled

_SHORTEST, _LONGEST = 4, 20  # letters of a word; too many words are one slip away from shorter ones
_LETTER_LEFT_OUT = 5  # letters of a word from which one may be missing
_LETTER_REPLACED = 7  # and in which one may be another: that is rarer, and makes words of words
_LEAD = 2  # how many times as often a word is written as the next that may be meant
_SURE = 2  # times that a word is written which the encoder does not know; once may be a slip itself
_MOST_LETTERS = 150  # of an alphabet; where there are more, words are not set apart, and a letter makes the meaning
_MOST_SLIPS = 4  # in one text; what has more is in another language, or nonsense

_WORD = re.compile(r"[^\W\d_]+")
# Nothing in a code, an address or a contraction, and nothing before a number: "Lumio 220" may be a model.
_TYPED = re.compile(rf"(?<![\w@.'’/-])[^\W\d_]{{{_SHORTEST},{_LONGEST}}}(?![\w@'’/-]|\.\w|\s+\d)")


class Vocabulary:
    """All words of some texts, and how often they are written there. It never changes, so any thread may use it."""

    def __init__(self, knows: Callable[[str], bool], times: Counter[str] | None = None) -> None:
        """`knows` tells the ordinary words of the language; `times` has all words, in small letters as those."""
        self._knows = knows
        self._times = times or Counter()
        self._sorted = sorted(self._times)
        self._letters = set().union(*self._times)

    def changed(self, gone: Iterable[str], new: Iterable[str]) -> "Vocabulary":
        """That of the same texts without `gone`, and with `new`."""
        times = self._times.copy()
        times.subtract(_words(gone))
        times.update(_words(new))
        return Vocabulary(self._knows, +times)

    def respelt(self, text: str) -> str:
        """`text` with each word that is a slip in one of the vocabulary as that is spelt, in small letters.

        A slip is a letter that is left out, doubled, replaced, or exchanged with the next one, but not the first. A
        word of the vocabulary, the beginning of one, and an ordinary word are no slips.
        """
        strange = {word for word in _TYPED.findall(text) if not self._is_word(word.lower())}
        if not strange or len(strange) > _MOST_SLIPS or len(self._letters) > _MOST_LETTERS:
            return text
        meant = {word: self._meant(word) for word in strange}
        return _TYPED.sub(lambda found: meant.get(found[0], found[0]), text)

    def _is_word(self, word: str) -> bool:
        if any(form in self._times or self._knows(form) for form in (word, word.removesuffix("s"))):
            return True
        at = bisect_left(self._sorted, word)
        return at < len(self._sorted) and self._sorted[at].startswith(word)

    def _meant(self, typed: str) -> str:
        """The word of which `typed` is a slip, if one alone is likely; else itself."""
        word = typed.lower()
        may_be = exchanged(word) | undoubled(word)
        if len(word) >= _LETTER_LEFT_OUT:
            may_be |= added(word, self._letters)
        if len(word) >= _LETTER_REPLACED:  # but for the last letter, in which forms of one word differ
            may_be |= {other for other in replaced(word, self._letters) if other[-1] == word[-1]}
        sure = [other for other in may_be & self._times.keys() if self._times[other] >= _SURE or self._knows(other)]
        match sorted(sure, key=self._times.__getitem__, reverse=True):
            case [one]:
                return one
            case [first, second, *_] if self._times[first] >= _LEAD * self._times[second]:
                return first
        return typed


def _words(texts: Iterable[str]) -> list[str]:
    return _WORD.findall("\n".join(texts).lower())
