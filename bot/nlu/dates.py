"""Dates in a text: candidates by pattern, read by dateparser, which finds dates everywhere otherwise."""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import dateparser

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAY = rf"(?:{'|'.join(_WEEKDAYS)})"
_COUNT = r"(?:\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fourteen)"
_UNIT = r"(?:days?|weeks?|months?|years?)"

_WRITTEN = re.compile(
    rf"\b(?:\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}\.?(?:,? \d{{4}})?"
    rf"|{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?"
    r"|\d{4}-\d{2}-\d{2}|\d{1,2}\.\d{1,2}\.(?:\d{4}|\d{2})\b|\d{1,2}/\d{1,2}/(?:\d{4}|\d{2}))\b"
    r"|\b\d{1,2}\.\d{1,2}\.(?=\s|$)",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    rf"\b(?:the day before yesterday|the day after tomorrow|yesterday|today|tonight|tomorrow"
    rf"|{_COUNT} {_UNIT} ago|in {_COUNT} {_UNIT}|(?:last|next) (?:week|month|year)"
    rf"|(?:(?P<way>last|next|this|coming) )?(?P<weekday>{_WEEKDAY})|the (?P<day>\d{{1,2}})(?:st|nd|rd|th))\b",
    re.IGNORECASE,
)
_FIXED = {
    "today": 0,
    "tonight": 0,
    "tomorrow": 1,
    "yesterday": -1,
    "the day after tomorrow": 2,
    "the day before yesterday": -2,
}
_PAST = re.compile(
    r"\b(?:last|since|ago|was|were|had|been|did|didn't|came|arrived|ordered|bought|paid|received|promised|sent"
    r"|told|called|charged|should have|got|returned|delivered|broke|stopped|wrote|asked)\b",
    re.IGNORECASE,
)


def find_dates(text: str, today: date) -> Iterator[tuple[int, int, date]]:
    """Start, end and date of every date in `text`, as seen on `today`.

    A day without a year or a week is the last one when the text tells of the past, else the next one.
    """
    past = _PAST.search(text) is not None
    taken: list[tuple[int, int]] = []
    for pattern in (_WRITTEN, _RELATIVE):
        for found in pattern.finditer(text):
            if any(found.start() < end and start < found.end() for start, end in taken):
                continue
            day = _read(found, today, past=past)
            if day is not None:
                taken.append(found.span())
                yield found.start(), found.end(), day


def _read(found: re.Match[str], today: date, *, past: bool) -> date | None:
    said = found[0].lower()
    if said in _FIXED:
        return today + timedelta(days=_FIXED[said])
    if found.re is _RELATIVE:
        if found["weekday"]:
            way = (found["way"] or ("last" if past else "next")).lower()
            return _weekday(_WEEKDAYS.index(found["weekday"].lower()), today, past=way == "last")
        if found["day"]:
            return _day_of_month(int(found["day"]), today, past=past)
        said = re.sub(r"\b(last|next) (week|month|year)", _in_words, said)
    settings = {
        "RELATIVE_BASE": datetime.combine(today, time(12)),
        "PREFER_DATES_FROM": "past" if past else "future",
        "DATE_ORDER": "DMY",
    }
    parsed = dateparser.parse(said.rstrip("."), languages=["en"], settings=settings)
    return parsed.date() if parsed else None


def _in_words(found: re.Match[str]) -> str:
    return f"1 {found[2]} ago" if found[1] == "last" else f"in 1 {found[2]}"


def _weekday(weekday: int, today: date, *, past: bool) -> date:
    if past:
        return today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1)
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def _day_of_month(day: int, today: date, *, past: bool) -> date | None:
    """The last or the next day with that number; None for the 32nd."""
    step = timedelta(days=-1 if past else 1)
    for distance in range(62):
        if (each := today + distance * step).day == day:
            return each
    return None
