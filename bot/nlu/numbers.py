"""Numbers as people write them, in digits or in English words: 12, twelve, twenty-five, a couple of, a hundred."""

import re

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth"
    " fifteenth sixteenth seventeenth eighteenth nineteenth"
)
_ADDED = {
    **{word: value for value, word in enumerate(_SMALL.split())},
    **{word: value for value, word in enumerate(_ORDINALS.split(), 1)},
    **{word: 10 * value for value, word in enumerate(_TENS.split(), 2)},
    "twentieth": 20,
    "thirtieth": 30,
}
_TIMES = {"couple": 2, "dozen": 12, "hundred": 100}
_THOUSAND = "thousand"


def _any_of(words: str) -> str:
    return "(?:" + "|".join(sorted(words.split(), key=len, reverse=True)) + ")"


_WORD = _any_of(f"{_SMALL} {_TENS} {' '.join(_TIMES)} {_THOUSAND}").replace("couple", "couple(?: of)?")

# A number, and an ordinal up to 31, in words; to be matched without regard to case.
CARDINAL = rf"\b(?:an? )?{_WORD}(?:(?:[ -]| and ){_WORD})*\b"
ORDINAL = rf"\b(?:(?:(?:twenty|thirty)[ -])?{_any_of(_ORDINALS)}|twentieth|thirtieth)\b"


def number(said: str) -> int:
    """The value of what CARDINAL or ORDINAL matched, or of digits; 1 for "a" and "an"."""
    if said.lower() in ("a", "an"):
        return 1
    whole = part = 0
    for word in re.findall(r"\d+|[a-z]+", said.lower()):
        if word.isdigit():
            part += int(word)
        elif word in _TIMES:
            part = max(part, 1) * _TIMES[word]
        elif word == _THOUSAND:
            whole, part = whole + max(part, 1) * 1000, 0
        else:
            part += _ADDED.get(word, 0)
    return whole + part
