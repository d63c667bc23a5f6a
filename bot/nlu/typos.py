"""Slips of the pen in the words that the rules look for: "refnud", "tommorow", "odrer"."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from bot.nlu.packaged import read_packaged
from bot.nlu.slips import meant_by
from bot.nlu.spans import Span

_WORD = re.compile(r"(?<![\w@.'-])[a-z\d]{3,}(?![\w@'])", re.IGNORECASE)
_ENDINGS = ("s", "d", "r", "n", "y", "e")  # that make another word of a word


@dataclass(frozen=True)
class Respelt:
    """A text with its slips put right, and where its characters were before."""

    text: str
    _shifts: tuple[tuple[int, int, int, int], ...]  # start and end here, start and end there, of each word that changed

    def place(self, start: int, end: int) -> Span:
        """Where `text[start:end]` stood in the text as it was written; half a word that changed is all of it."""
        return self._before(start, last=False), self._before(end, last=True)

    def _before(self, place: int, *, last: bool) -> int:
        shift = 0
        for start, end, old_start, old_end in self._shifts:
            if place <= start:
                break
            if place < end:
                return old_end if last else old_start
            shift = old_end - end
        return place + shift


def respelt(text: str) -> Respelt:
    """`text` with the words of typos_en.yml as they should be spelt, in small letters."""
    pieces, shifts, done, length = [], [], 0, 0
    for found in _WORD.finditer(text):
        right = _slips().get(found[0].lower())
        if right is None:
            continue
        pieces += [text[done : found.start()], right]
        length += found.start() - done
        shifts.append((length, length + len(right), *found.span()))
        length, done = length + len(right), found.end()
    return Respelt("".join([*pieces, text[done:]]), tuple(shifts)) if shifts else Respelt(text, ())


@cache
def _slips() -> Mapping[str, str]:
    """What is meant by each wrong spelling."""
    data = read_packaged("typos_en.yml")
    meant = data["meant"].split()
    others = {word + ending for word in meant for ending in _ENDINGS} | {word.removesuffix("s") for word in meant}
    forms = {form: word for word, forms in data["forms"].items() for form in forms}
    return {**meant_by(meant, {*others, *data["themselves"].split()}), **forms}
