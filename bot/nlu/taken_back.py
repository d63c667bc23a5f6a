"""What a text names and takes back for another of the same kind: "not the 3rd, the 4th", "the 19th, no, the 18th",
"the 4th, not the 3rd".

Nothing is taken back that has no other to take its place: "I did not get it on Monday" is about Monday.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, zip_longest

from bot.nlu.packaged import read_packaged
from bot.nlu.spans import Span

_FARTHEST = 60  # characters between two things, or before one, in which words are sought that say what becomes of it
_PARAGRAPH = re.compile(r"\n\s*\n")
_GAP = r"(?:[\s,.;:!…—()\"'*]|(?<=\s)[-–]+(?=\s))*"
_AND_ANOTHER = re.compile(r"\s*(?:,|/|&|\b(?:and|or|nor)\b)\s*(?:(?:on|the)\s)*", re.IGNORECASE)
_NO = r"nope|no(?!\s*\Z)"  # the other thing does not follow at once


@dataclass(frozen=True)
class _Ways:
    """How one thing is taken back for another.

    `denied` ends where the first begins, and has a group `open` if the denial takes nothing back. `instead` and
    `corrected` stand between the two; if it is no more than `excused`, nothing may be `refused` before. `better` or
    `both` behind the other says that both count.

    `against` stands between a thing and one that is denied behind it; both count if what is `found` is told before, or
    `unlike` stands behind.
    """

    denied: re.Pattern[str]
    instead: re.Pattern[str]
    better: re.Pattern[str]
    corrected: re.Pattern[str]
    excused: re.Pattern[str]
    refused: re.Pattern[str]
    both: re.Pattern[str]
    against: re.Pattern[str]
    found: re.Pattern[str]
    unlike: re.Pattern[str]


def taken_back(text: str, places: Sequence[Span], *, denials: bool = True) -> Iterator[Span]:
    """Those of `places` that `text` takes back for the one beside it; all name things of one kind, in its order.

    `denials`: also what is denied, and not only what is corrected.
    """
    for (first, second), third in zip_longest(pairwise(places), places[2:]):
        if second[0] - first[1] > _FARTHEST or _PARAGRAPH.search(text, first[1], second[0]):
            continue
        listed = third is not None and _AND_ANOTHER.fullmatch(text, second[1], third[0])
        deniable = denials and not listed
        if (deniable and _is_denied(text, first, second)) or _is_corrected(text, first, second):
            yield first
        elif deniable and _is_denied_behind(text, first, second):
            yield second


def _is_denied(text: str, first: Span, second: Span) -> bool:
    """Whether `first` is, and `second` what it is instead: "it isn't the 3rd, it's the 4th"."""
    ways = _ways()
    if not ways.instead.fullmatch(text, first[1], second[0]) or ways.better.match(text, second[1]):
        return False
    denied = ways.denied.search(text, max(0, first[0] - _FARTHEST), first[0])
    return denied is not None and not denied["open"]


def _is_denied_behind(text: str, first: Span, second: Span) -> bool:
    """Whether `second` is, and `first` what it is instead: "it's the 4th, not the 3rd"."""
    ways, before = _ways(), (max(0, first[0] - _FARTHEST), first[0])
    if not ways.against.fullmatch(text, first[1], second[0]) or ways.unlike.match(text, second[1]):
        return False
    return not (ways.found.search(text, *before) or ways.denied.search(text, *before))


def _is_corrected(text: str, first: Span, second: Span) -> bool:
    """Whether `second` is what the writer means by `first`: "the 3rd, sorry, the 4th"."""
    ways, between = _ways(), (first[1], second[0])
    if not ways.corrected.fullmatch(text, *between) or ways.both.match(text, second[1]):
        return False
    excused = ways.excused.fullmatch(text, *between)
    return not (excused and ways.refused.search(text, max(0, first[0] - _FARTHEST), first[0]))


@cache
def _ways() -> _Ways:
    words = {kind: "|".join(forms) for kind, forms in read_packaged("taken_back_en.yml").items()}

    def some(*kinds: str) -> str:
        return rf"(?:\b(?:{'|'.join(words.get(kind, kind) for kind in kinds)})(?!\w){_GAP})"

    forms = {
        "denied": rf"\b(?P<open>(?:{words['open']})\s(?:(?:it'?s|it is|is it|it|is)\s)?)?"
        rf"(?:{words['denying']})\b[\s\"'*(#]*(?:\b(?:{words['leading']})(?!\w)[\s\"'*(#]*)*\Z",
        "instead": rf"(?=\s*\S){_GAP}{some('instead')}*{some('opening')}*",
        "better": rf"\s*(?:{words['better']})\b",
        "corrected": rf"(?:{_GAP}|\s*\?+{_GAP}(?=.*\b(?:{words['meaning']})\b))"
        rf"(?=.*\b(?:{words['correcting']}|{_NO})(?!\w)){some('correcting', 'filling', _NO)}+{some('opening')}*",
        "excused": rf"{_GAP}{some('excusing', 'filling')}+{some('opening')}*",
        "refused": rf"\b(?:{words['refusing']})\b[^.!?\n]*\Z",
        "both": rf",?\s(?:{words['both']})\b",
        "against": rf"{_GAP}(?:and\s)?\bnot[\s\"'*(#]+(?:\b(?:{words['leading']})(?!\w)[\s\"'*(#]*)*",
        "found": rf"\b(?:{words['found']})\b[^!?\n]*\Z",
        "unlike": rf",?\s(?:{words['unlike']})\b",
    }
    return _Ways(**{kind: re.compile(form, re.IGNORECASE | re.DOTALL) for kind, form in forms.items()})
