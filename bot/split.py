"""Cutting a long text into pieces that a platform takes, where a reader would pause."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

# From the best place for a cut to the worst: paragraph, line, sentence, word.
_PAUSES = (re.compile(r"\n\s*\n"), re.compile(r"\n"), re.compile(r"(?<=[.!?…])\s"), re.compile(r"\s"))
_LEAST_FILLED = 0.5  # a better kind of cut is not worth a piece shorter than this share


def split(text: str, most: int, *, length: Callable[[str], int] = len) -> Iterator[str]:
    """Pieces of ``text`` of at most ``most`` by ``length``, which may count as a platform does; none is blank."""
    rest = text.strip()
    while length(rest) > most:
        end = _fitting(rest, most, length)
        cut = _pause_before(rest, end)
        yield rest[:cut].rstrip()
        rest = rest[cut:].lstrip()
    if rest:
        yield rest


def _fitting(text: str, most: int, length: Callable[[str], int]) -> int:
    """How many leading characters of ``text`` fit; at least one."""
    low, high = 1, min(len(text), most)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if length(text[:middle]) <= most else (low, middle - 1)
    return low


def _pause_before(text: str, end: int) -> int:
    for pause in _PAUSES:
        cuts = [found.end() for found in pause.finditer(text, 0, end + 1) if found.start() <= end]
        if cuts and cuts[-1] >= end * _LEAST_FILLED and text[: cuts[-1]].strip():
            return cuts[-1]
    return end
