"""Words and marks of a text, as far as they matter for what stands beside them."""

import re
from collections.abc import Mapping
from functools import cache

from bot.nlu.packaged import read_packaged

LINE_END = "¶"

_TOKEN = re.compile(r"\S+@[\w.-]+|\d(?:[\d.,:/-]*\d)?|[^\W\d_]+(?:['-][^\W\d_]+)*|\n|[^\w\s]")
_CONTRACTED = re.compile(r"(.+?)(?:'(s|m|re|ll|ve|d)|(n)'t)")
_IN_FULL = {"s": "is", "m": "am", "re": "are", "ll": "will", "ve": "have", "d": "would", "n": "not"}
_ADDRESS, _FIGURES = "@", "0"


def tokens(text: str) -> list[str]:
    """Words, small and in full, and single marks; an address, figures and the end of a line are a mark each."""
    return [word for found in _TOKEN.findall(text) for word in _words(found)]


def _words(found: str) -> list[str]:
    if found == "\n":
        return [LINE_END]
    if found[0].isdigit():
        return [_FIGURES]
    if "@" in found and len(found) > 1:
        return [_ADDRESS]
    word = found.lower()
    if meant := _short_forms().get(word):
        return meant.split()
    if contracted := _CONTRACTED.fullmatch(word):
        return [contracted[1], _IN_FULL[contracted[2] or contracted[3]]]
    return [word]


@cache
def _short_forms() -> Mapping[str, str]:
    forms: Mapping[str, str] = read_packaged("short_forms_en.yml")
    return forms
