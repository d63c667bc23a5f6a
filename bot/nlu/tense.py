"""Whether a place in a text tells of the past or of what is still to come."""

import re
from enum import Enum
from functools import cache

from bot.nlu.packaged import read_packaged
from bot.nlu.sentences import around

_REACH_ENDS = re.compile(r"[.!?](?=\s+[^\W\d_])|[;\n]")  # that of a cue; a full stop before a figure may be a date's
_CLAUSE_ENDS = re.compile(r",|\b(?:but|and|so|because|then|when|while|that|which)\b| [-–] ", re.IGNORECASE)
_FARTHEST = 300  # characters to a cue; without an end, a message full of cues and days would take seconds
_BETWEEN_CLAUSES = 40  # characters that a clause's end counts for, beside those that stand in between


class Tense(Enum):
    """When something is, as seen from now."""

    PAST = "past"
    FUTURE = "future"


def tense_at(text: str, start: int, end: int) -> Tense | None:
    """The tense of `text[start:end]`: of the nearest word in its sentence that shows one. None where none does."""
    begin, ended = around(text, (start, end), _REACH_ENDS)
    begin, stop = max(begin, start - _FARTHEST), min(ended.start() if ended else len(text), end + _FARTHEST)
    cues = _cues().finditer(text, begin, stop)
    near = [(_distance(text, cue, start, end), cue) for cue in cues if cue.end() <= start or end <= cue.start()]
    if not near:
        return None
    _, nearest = min(near, key=lambda each: each[0])
    return Tense.FUTURE if nearest["future"] else Tense.PAST


def _distance(text: str, cue: re.Match[str], start: int, end: int) -> int:
    between = text[cue.end() : start] if cue.end() <= start else text[end : cue.start()]
    return len(between) + _BETWEEN_CLAUSES * len(_CLAUSE_ENDS.findall(between))


@cache
def _cues() -> re.Pattern[str]:
    data = read_packaged("tense_en.yml")
    kinds = "|".join(f"(?P<{kind}>{'|'.join(patterns)})" for kind, patterns in data.items())
    return re.compile(rf"(?:(?<!\w)|(?='))(?:{kinds})", re.IGNORECASE)
