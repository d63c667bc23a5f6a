"""Times of day in a text: "at 3 pm", "15:30", "between 8 and 12", "around noon", "after 4"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from spacy.lang.en.stop_words import STOP_WORDS

from bot.nlu.numbers import number
from bot.nlu.packaged import read_packaged

_HALF_DAY, _DAY = 12 * 60, 24 * 60  # minutes
_FIRST_IN_THE_MORNING = 7 * 60  # "at 7" is in the morning, "at 3" in the afternoon

_WORDS = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_PIECE = rf"""
    (?P<fixed>noon|midday|midnight)\b
  | (?P<shift>half|quarter|five|ten|twenty)\ (?P<side>past|to)\ (?P<base>\d{{1,2}}|{_WORDS})\b
  | (?P<hour>\d{{1,2}}|{_WORDS})
    (?:[:.h](?P<minute>[0-5]\d)h?|h)?
    (?:\s?(?P<half>[ap])(?:\.m\b\.?|m\b) | (?P<clock>\ o'?clock)\b)?
"""
_READ = re.compile(_PIECE, re.IGNORECASE | re.VERBOSE)
_UNNAMED = re.sub(r"\?P<\w+>", "?:", _PIECE)
_TIME = re.compile(
    rf"""
    (?:(?<!\w)(?P<before>at|@|around|about|by|before|after|since|from|until|till|kl\.?|between)\s*
       (?:(?:around|about|approx\.?|ca\.?)\s)?)?
    (?:(?<=\dT)|(?<![\w.,:/\#€$£+-])) (?<!\d\d\ \d\d\ ) (?P<first>{_UNNAMED})
    (?:\s?(?:-|–|\bto\b|\btill\b|\buntil\b|\band\b)\s?(?P<last>{_UNNAMED}))?
    (?![\w%€$£]|[.:,/–-]\d)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_SURE_OF_AN_HOUR = ("at", "@", "around", "before", "after", "until", "till", "between")
_CONTACT = re.compile(r"\b(?:call|ring|phone|reach|text|come|deliver|home|available|collect|pick|visit|contact)", re.I)
_BEFORE = r"(?:at|from|between|around|by|before|after|until|till)"
_HABITS = read_packaged("dates_en.yml")
_BY_THE_CLOCK, _ANY_DAY = (
    re.compile(rf"\b(?:{'|'.join(_HABITS[kind])})(?:\s{_BEFORE})?\s?\Z", re.I) for kind in ("by_the_clock", "any_day")
)
_ABSENT = re.compile(
    rf"\s(?:{'|'.join(_HABITS['absent'])})\b(?!\s(?:before|until|till|after|earlier|sooner|otherwise|any))",
    re.IGNORECASE,
)
_FAR = 60  # characters before a time in which such words are sought
_PART = r"\b(?:(morning)|afternoon|evening|night|tonight)\b"
_PART_BEFORE = re.compile(rf"{_PART}[^\d.!?]{{0,20}}$", re.IGNORECASE)
_PART_AFTER = re.compile(rf"[\s,]*(?:(?:in the|at|this|tomorrow|yesterday) ?)?{_PART}", re.IGNORECASE)

# A number counts what follows it, unless that is punctuation or a word that says nothing by itself.
_FOLLOWING = re.compile(r"\s*(?:$|[,;:!?)\n…–-](?![\d%€$])|\.(?!\d)|/(?=\D)|\s([^\W\d_]+))")
_COUNTED = {"of", "first", "third", "fifteen", "twenty", "forty", "fifty", "sixty", "hundred", *_WORDS.split("|")}
_NOT_COUNTED = (STOP_WORDS - _COUNTED) | {
    "please", "pls", "thanks", "thx", "thank", "ok", "latest", "sharp", "works", "suits", "today", "tonight",
    "tomorrow", "yesterday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
    "don", "doesn", "didn", "isn", "aren", "won", "wouldn",
}  # fmt: skip


@dataclass(frozen=True)
class Clock:
    """`text[start:end]` names `minutes` since midnight, and `until` if it is a span of time.

    `sure`: this is a time of day also where no day stands beside it.
    """

    start: int
    end: int
    minutes: int
    until: int | None
    sure: bool


def find_times(text: str) -> Iterator[Clock]:
    """What may be a time of day in `text`; bare numbers too, for which see `Clock.sure`."""
    contact = _CONTACT.search(text) is not None
    for found in _TIME.finditer(text):
        pieces = [_READ.fullmatch(piece) for piece in (found["first"], found["last"]) if piece]
        said = [piece for piece in pieces if piece is not None and _possible(piece)]
        spelt = any(piece["fixed"] or piece["clock"] or (piece["half"] and piece[0][0].isdigit()) for piece in said)
        if len(said) < len(pieces) or not (spelt or ":" in found[0] or counts_nothing(text, found.end())):
            continue
        if not (found["before"] or spelt or found["first"][0].isdigit() or said[0]["shift"]):
            continue  # "this one"
        if _ABSENT.match(text, found.end()):
            continue
        minutes, until = _span(said, _part_of_day(text, found.start(), found.end()))
        sure = (spelt or _sure(found, said[0], contact=contact)) and not _is_habit(found, spelt=spelt)
        yield Clock(found.start("first"), found.end(), minutes, until, sure)


def counts_nothing(text: str, end: int) -> bool:
    """Whether a number that ends at `end` stands for itself: "on the 5th because", not "on the 5th floor"."""
    found = _FOLLOWING.match(text, end)
    return found is not None and (found[1] is None or found[1].lower() in _NOT_COUNTED)


def _possible(piece: re.Match[str]) -> bool:
    return not piece["hour"] or number(piece["hour"]) <= 24


def _sure(found: re.Match[str], piece: re.Match[str], *, contact: bool) -> bool:
    before = (found["before"] or "").lower()
    if before.startswith("kl") or piece["shift"]:
        return True
    if ":" in piece[0]:
        return bool(before) or found[0].strip() == found.string.strip(" .!?\n")
    return contact and before in _SURE_OF_AN_HOUR


def _is_habit(found: re.Match[str], *, spelt: bool) -> bool:
    """Whether a time is that of every day; "it closes at 6 pm" may be today's, for it is `spelt` out."""
    start = found.start("first")
    place = found.string, max(0, start - _FAR), start
    return _ANY_DAY.search(*place) is not None or (not spelt and _BY_THE_CLOCK.search(*place) is not None)


def _part_of_day(text: str, start: int, end: int) -> str | None:
    """ "a" when the text says "morning" beside the time, "p" for any later part of the day."""
    found = _PART_AFTER.match(text, end) or _PART_BEFORE.search(text, 0, start)
    return None if found is None else "a" if found[1] else "p"


def _span(pieces: list[re.Match[str]], part: str | None) -> tuple[int, int | None]:
    """Minutes since midnight of the time or of both ends; "3-5 pm" is in the afternoon as a whole."""
    start, start_told = _minutes(pieces[0], part)
    if len(pieces) == 1:
        return start if start_told else _likely(start), None
    end, end_told = _minutes(pieces[1], part)
    if not start_told:
        later = start + _HALF_DAY
        start = (later if later < end else start) if end_told else _likely(start)
    if not end_told and end <= start:
        end += _HALF_DAY
    return start, end


def _minutes(piece: re.Match[str], part: str | None) -> tuple[int, bool]:
    """Minutes since midnight as far as they are said, and whether the half of the day is said too."""
    if piece["fixed"]:
        return (_DAY if piece["fixed"].lower() == "midnight" else _HALF_DAY), True
    if piece["shift"]:
        shift = {"half": 30, "quarter": 15}.get(piece["shift"].lower()) or number(piece["shift"])
        minutes, told = number(piece["base"]) * 60 + (shift if piece["side"].lower() == "past" else -shift), False
    else:
        minutes = number(piece["hour"]) * 60 + int(piece["minute"] or 0)
        told = minutes >= _HALF_DAY + 60 or piece["hour"].startswith("0")
    half = (piece["half"] or "").lower() or (None if told else part)
    if half is None:
        return minutes, told
    return minutes % _HALF_DAY + (_HALF_DAY if half == "p" else 0), True


def _likely(minutes: int) -> int:
    return minutes + _HALF_DAY if minutes < _FIRST_IN_THE_MORNING else minutes
