"""Days as the calendar names them: 2026-11-03, 3.11., November 3rd, the 5th, the end of the month.

A day without its year or month is the nearest one that fits the tense. Months' names are read by dateparser; on
whole messages it would take "may" and "second" for dates, and 2026-11-03 for the 11th of March.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import dateparser
from dateutil.easter import easter

from bot.nlu.numbers import ORDINAL, number
from bot.nlu.packaged import read_packaged
from bot.nlu.spans import Span
from bot.nlu.tense import Tense
from bot.nlu.times import counts_nothing

Reader = Callable[[re.Match[str], datetime, Tense | None], date | datetime | None]

WEEKDAYS = (
    r"mon(?:day)?",
    r"tue(?:s(?:day)?)?",
    r"wed(?:s|nesday)?",
    r"thu(?:r(?:s(?:day)?)?)?",
    r"fri(?:day)?",
    r"sat(?:urday)?",
    r"sun(?:day)?",
)
WEEKDAY = rf"(?:{'|'.join(WEEKDAYS)})\b"

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b"
)
_DAY = rf"(?:\d{{1,2}}(?:st|nd|rd|th)?|{ORDINAL})"
_YEAR = r"(?:,?\s?(?:19|20)\d{2}\b|\s?'\d{2}\b)"
_ON = r"(?:on|since|by|from|until|till|til|before|after|dated?|due|the|of)"
_DONE = (
    r"(?:ordered|placed|sent|shipped|dispatched|posted|returned|back"
    r"|received|came|arrived|arriving|delivered|collected)"
)
_DONE_ON = rf"(?:{_ON}|{_DONE}|bought|paid)"
_BESIDE = r"(?:for|to|and|or|is|was|around|between|instead of|than|delivery|not|ok|maybe)"  # a date, or a fraction
_THEN_A_TIME = r"(?=\s(?:at|kl\.?|between|from|before|after|around|by)\s\d)"
_PARTS = (2, 3, 4, 5, 10)  # of "3/4", "4/5 stars"
_NO_DAYS = ("24/7", "16/9")
_UNIT = r"\s?(?:€|%|kr\b|eur|nok|usd|[gm]hz|k?w\b|kg|k?m\b|cm|mm|v\b|volts?|watts?|inch|tons?|lit)"
_WORD_MONTHS = re.compile(r"\b(?:may|march|mar|dec|sep)\b")  # in small letters also words, or parts of model names
_USUAL_FORMATS = ["%d %B %Y", "%B %d %Y", "%d %b %Y", "%b %d %Y"]  # tried first: a hundred times faster
_WORDS: Mapping[str, Any] = read_packaged("dates_en.yml")
_HOLIDAYS: Mapping[str, Sequence[int]] = _WORDS["holidays"]
_AROUND_EASTER: Mapping[str, int] = _WORDS["around_easter"]  # days
_A_LEAP_YEAR = 2028  # which knows the 29th of February
_FAR = 20  # years from now that a year may lie off
_A_YEAR = timedelta(days=366)
_AHEAD = timedelta(days=300)  # nobody means a day farther ahead without its year, and few one so long ago


def _written(found: re.Match[str], now: datetime, tense: Tense | None) -> date | None:
    day, year = found["day"], found["year"]
    sure = year or found["on"] or re.search(r"\d(?:st|nd|rd|th)", day) or _BEGINS_WITH_WEEKDAY.match(found["what"])
    if _WORD_MONTHS.search(day) and not sure:
        return None
    if year:
        return _parsed(f"{day} {year.strip(' ,-').replace(chr(39), '20')}")
    leap = _parsed(f"{day} {_A_LEAP_YEAR}")
    told = (found["on"] or "the").lower() != "the"
    return leap and _nearest(_on_weekday(found, [*_in_years(leap, now)], now), now, tense, sure=told)


@lru_cache(maxsize=512)
def _parsed(said: str) -> date | None:
    plain = re.sub(ORDINAL, lambda word: str(number(word[0])), said, flags=re.IGNORECASE)
    plain = re.sub(r"\b(?:of|the)\b|(?<=\d)(?:st|nd|rd|th)\b|[.-]", " ", plain, flags=re.IGNORECASE)
    parsed = dateparser.parse(" ".join(plain.split()), date_formats=_USUAL_FORMATS, languages=["en"])
    return parsed.date() if parsed else None


def _iso(found: re.Match[str], now: datetime, tense: Tense | None) -> date:
    return date(int(found["y"]), int(found["m"]), int(found["d"]))


def _digits(found: re.Match[str], now: datetime, tense: Tense | None) -> date | None:
    year, (day, month) = int(found["y"]), (int(found["d"]), int(found["m"]))
    if year < 100:
        year += 2000
    if abs(year - now.year) > _FAR or _is_version(found):
        return None
    return date(year, day, month) if month > 12 else date(year, month, day)  # 11/23: as in the United States


def _digits_without_year(found: re.Match[str], now: datetime, tense: Tense | None) -> date | None:
    if found["what"] in _NO_DAYS or _is_version(found):
        return None
    day, month = int(found["d"]), int(found["m"])
    leap = date(_A_LEAP_YEAR, day, month) if month > 12 else date(_A_LEAP_YEAR, month, day)
    return _nearest(_in_years(leap, now), now, tense)


def _is_version(found: re.Match[str]) -> bool:
    """Whether 4.1 numbers one: of Android, or beside another version."""
    if "." not in found["what"]:
        return False
    place = found.string, max(0, found.start("what") - _SOON_SAID), found.start("what")
    return _VERSION.search(*place) is not None and _ON_A_DAY.search(*place) is None


def _digits_or_fraction(found: re.Match[str], now: datetime, tense: Tense | None) -> date | None:
    """As _digits_without_year, unless "3/4" may be a part of something, or count what follows; "3/11" is no part."""
    day, month = int(found["d"]), int(found["m"])
    fraction = day <= month and month in _PARTS
    counts = day <= 12 and month <= 10 and not counts_nothing(found.string, found.end("what"))
    if fraction or counts:
        return None
    return _digits_without_year(found, now, tense)


def _of_the_month(found: re.Match[str], now: datetime, tense: Tense | None) -> date | None:
    """The 5th, of the month that is said or that fits the tense."""
    if found["month"] is None and (not counts_nothing(found.string, found.end()) or _is_no_day(found)):
        return None
    step = {"last": -1, "next": 1}.get((found["month"] or "").lower(), 0)
    steps = (step,) if found["month"] else (-2, -1, 0, 1, 2)
    firsts = [_first_of_month(now, step) for step in steps]
    days = [first + timedelta(days=int(found["d"]) - 1) for first in firsts]
    days = [day for day, first in zip(days, firsts, strict=True) if day.month == first.month]
    same_month = _after_one_said(found, days)
    if tense is not Tense.FUTURE or any(day >= now.date() for day in same_month):
        days = same_month
    return _nearest(_on_weekday(found, days, now), now, tense)


def _is_no_day(found: re.Match[str]) -> bool:
    """Whether the 5th is a place in a row, a floor, or of every month."""
    text, (start, end) = found.string, found.span()
    before = max(0, start - _SOON_SAID), found.start("d")
    lives_there = _LIVING.search(text, *before) and _FLOORS.search(text)
    return bool(_NO_SUCH_DAY.match(text, end) or _REPEATING.search(text, *before) or lives_there)


def _beside_one_said(found: re.Match[str], now: datetime, tense: Tense | None) -> date | None:
    """ "Then 25th", behind another day of its month."""
    said = _SAID_BEFORE.search(found.string, max(0, found.start() - _SOON_SAID), found.start())
    return _of_the_month(found, now, tense) if said else None


def _after_one_said(found: re.Match[str], days: list[date]) -> list[date]:
    """Those of `days` in the month of the day that is said before: "Tuesday 3 March, then the 5th"; else all."""
    said = [*_SAID_BEFORE.finditer(found.string, max(0, found.start() - _SOON_SAID), found.start())]
    if not said or found["month"]:
        return days
    before = _parsed(f"{said[-1][0]} {_A_LEAP_YEAR}")
    return [day for day in days if before and day.month == before.month and day.day > before.day] or days


def _holiday(found: re.Match[str], now: datetime, tense: Tense | None) -> date | None:
    if found["year"]:
        return _holiday_of(found["day"], int(found["year"]))
    days = (_holiday_of(found["day"], year) for year in range(now.year - 1, now.year + 2))
    return _nearest(days, now, Tense.PAST if found["last"] else tense)


def _holiday_of(said: str, year: int) -> date:
    for form, days in _AROUND_EASTER.items():
        if re.fullmatch(form, said, re.IGNORECASE):
            sunday: date = easter(year)
            return sunday + timedelta(days=days)
    month, day = next(day for form, day in _HOLIDAYS.items() if re.fullmatch(form, said, re.IGNORECASE))
    return date(year, month, day)


def _end_of(found: re.Match[str], now: datetime, tense: Tense | None) -> date | None:
    """The last day of a month, a year, or a week, which ends on Sunday."""
    step = {"next": 1, "last": -1}.get((found["way"] or "").lower(), 0)
    unit = found["unit"].lower()
    if unit == "week":
        return now.date() + timedelta(days=6 - now.weekday() + 7 * step)
    if unit == "month":
        return _first_of_month(now, step + 1) - timedelta(days=1)
    if unit == "year":
        return date(now.year + step, 12, 31)
    first = _parsed(f"1 {unit} {_A_LEAP_YEAR}")
    months = [first.month - now.month + 12 * years for years in (-1, 0, 1)] if first else ()
    return _nearest((_first_of_month(now, months + 1) - timedelta(days=1) for months in months), now, tense)


def _first_of_month(now: datetime, step: int) -> date:
    """Of the month that comes `step` months after this one."""
    years, month = divmod(now.month - 1 + step, 12)
    return date(now.year + years, month + 1, 1)


def _in_years(day: date, now: datetime) -> Iterable[date]:
    """`day` in the years around now that have it."""
    for year in range(now.year - 4, now.year + 5):
        if (day.month, day.day) != (2, 29) or year % 4 == 0:
            yield day.replace(year=year)


def _on_weekday(found: re.Match[str], days: list[date], now: datetime) -> list[date]:
    """Those of `days` that are the weekday which is said with them; all where none is, or where it is wrong.

    It is wrong rather than that of a day years ago or ahead.
    """
    said = _BEGINS_WITH_WEEKDAY.match(found["what"])
    near = [day for day in days if abs(day - now.date()) <= _A_YEAR]
    return [day for day in near if said and said.lastindex == day.weekday() + 1] or days


def _nearest(days: Iterable[date], now: datetime, tense: Tense | None, *, sure: bool = True) -> date | None:
    """That of `days` which fits `tense`, unless that is not `sure` and the day would be about a year ago.

    What is to come was not years ago: next year's 29th of February may not exist.
    """
    today = now.date()
    near = sorted((day for day in days if day - today < _AHEAD), key=lambda day: abs(day - today))
    if tense is Tense.FUTURE:
        near = [day for day in near if today - day < _A_YEAR]
    wanted = [day for day in near if (day <= today if tense is Tense.PAST else day >= today)] if tense else near
    if wanted and not sure and today - wanted[0] > _AHEAD:
        wanted = near
    return next(iter(wanted or near), None)


def day_form(pattern: str, read: Reader) -> tuple[re.Pattern[str], Reader]:
    """A way to write days: the `pattern`, whatever the case, whose group `what` is the day, and how it is read."""
    return re.compile(pattern, re.IGNORECASE), read


_BEGINS_WITH_WEEKDAY = re.compile(rf"(?:{'|'.join(f'({form})' for form in WEEKDAYS)})\b", re.IGNORECASE)
_WITH_WEEKDAY = rf"(?:\b{WEEKDAY}(?:(?<!day)\.)?,?\s(?:the\s)?)?"
_SAID_BEFORE = re.compile(rf"(?<![\w.,/-])\d{{1,2}}(?:st|nd|rd|th)?(?:\sof)?\s{_MONTH}", re.IGNORECASE)
_NO_SUCH_DAY = re.compile(rf"\s(?:{'|'.join((*_WORDS['in_a_row'], *_WORDS['repeated']))})\b", re.IGNORECASE)
_REPEATING = re.compile(rf"\b(?:{'|'.join(_WORDS['repeating'])})\s(?:the\s)?\Z", re.IGNORECASE)
_LIVING = re.compile(rf"\b(?:{'|'.join(_WORDS['living'])})\s\Z", re.IGNORECASE)
_FLOORS = re.compile(rf"\b(?:{'|'.join(_WORDS['floors'])})\b", re.IGNORECASE)
_VERSION = re.compile(rf"\b(?:{'|'.join(_WORDS['versions'])})\b[^!?\n]*\Z", re.IGNORECASE)
_ON_A_DAY = re.compile(
    rf"\b(?:on|since|before|after|dated?|{_DONE}|{'|'.join(_WORDS['settled'])})\s(?:the\s)?\Z", re.IGNORECASE
)
_SOON_SAID = 60  # characters before a day in which what is said counts for it

_ONE_DAY = (
    rf"(?:today|tomorrow|(?:(?:{WEEKDAY},?\s)?(?:the\s)?{_DAY}\s(?:of\s)?{_MONTH}|(?:{WEEKDAY},?\s)?(?:the\s)?\d{{1,2}}(?:st|nd|rd|th)"
    rf"|{_MONTH}\s(?:the\s)?{_DAY}|{WEEKDAY})\b)"
)
_IN_FIGURES = r"(?<!\d)\d{1,2}(?:/(?:1[0-2]|0?[1-9])\b|\.(?:1[0-2]|0?[1-9])\.)"
_SPAN_OF_DAYS = re.compile(
    rf"\b(?:from\s(?:(?:{_ONE_DAY}|(?:the\s)?\d{{1,2}}\.?)\s?(?:to|until|till?|through|thru|-|–)\s?{_ONE_DAY}"
    rf"|{_IN_FIGURES}\s?(?:to|until|till?|-|–)\s?{_IN_FIGURES})"
    rf"|between\s(?:(?:{_ONE_DAY}|(?:the\s)?\d{{1,2}}\.?)\sand\s{_ONE_DAY}|{_IN_FIGURES}\sand\s{_IN_FIGURES}))",
    re.IGNORECASE,
)
_ONE_OR_OTHER = re.compile(
    r"\b(?:mov|chang|postpon|delay|reschedul|rebook|shift|switch|swap|push|put|br(?:ing|ought)|cho[os]|choice|decid|pick)\w*"
    r"\b[^.!?\n]{0,40}$",
    re.IGNORECASE,
)


def spans_of_days(text: str) -> Iterator[Span]:
    """Where `text` tells of days from one to another, which name no day; "move it from Monday to Friday" names two."""
    for found in _SPAN_OF_DAYS.finditer(text):
        if not _ONE_OR_OTHER.search(text, max(0, found.start() - _SOON_SAID), found.start()):
            yield found.span()


# Patterns and how what they match is read; `what` is the part that names the day. The first that matches counts.
CALENDAR_DAYS = (
    day_form(r"(?<![\w./-])(?P<what>(?P<y>(?:19|20)\d{2})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2}))(?![\d/-])", _iso),
    day_form(
        rf"(?<![\w./-])(?P<what>{_WITH_WEEKDAY}(?P<d>\d{{1,2}})\s?(?P<s>[./-])\s?(?P<m>\d{{1,2}})\s?(?P=s)\s?"
        r"(?P<y>\d{4}|\d{2}))(?![\w/-]|[.:]\d)",
        _digits,
    ),
    day_form(
        rf"\b(?:(?P<on>{_DONE_ON})\s(?:the\s)?)?(?<![\w.,/-])(?P<what>{_WITH_WEEKDAY}"
        rf"(?P<day>{_DAY}(?:\sof\s|[\s.-]{{1,2}}|){_MONTH}|{_MONTH}\.?\s(?:the\s)?{_DAY}(?![\w:])(?!\.\d))"
        rf"(?P<year>\.?{_YEAR}|-\d{{4}}\b)?(?:\.{_THEN_A_TIME})?)",
        _written,
    ),
    day_form(
        rf"\b(?:{_DONE_ON}\s|{WEEKDAY},?\s|^(?=\S+\W*$))(?P<what>(?P<d>\d{{1,2}})/(?P<m>\d{{1,2}}))(?![\w/%.,-]*\d|\s?%)",
        _digits_without_year,
    ),
    day_form(
        rf"(?<![\w./,-])(?P<what>(?P<d>\d{{1,2}})/(?P<m>\d{{1,2}})){_THEN_A_TIME}",
        _digits_without_year,
    ),
    day_form(
        rf"\b(?:{_BESIDE}\s|(?<![\w./,-])(?=(?:1[3-9]|2\d|3[01])/))(?P<what>(?P<d>\d{{1,2}})/(?P<m>1[0-2]|0?[1-9]))"
        r"(?![\w/%-]|[.,]\d|\s?%)",
        _digits_or_fraction,
    ),
    day_form(
        rf"\b(?:(?:{_ON}|{_DONE})\s|{WEEKDAY},?\s)(?P<what>(?P<d>\d{{1,2}})\.(?P<m>\d{{1,2}})\b\.?)"
        rf"(?![\w%-]|,\d|{_UNIT})",
        _digits_without_year,
    ),
    day_form(
        rf"\bdelivery\s(?P<what>(?P<d>\d{{1,2}})\.(?P<m>1[0-2]|0?[1-9])\b\.?)(?![\w%/-]|,\d|{_UNIT})",
        _digits_or_fraction,
    ),
    day_form(
        rf"\b(?:{'|'.join(_WORDS['settled'])}),?\s(?P<what>(?P<d>\d{{1,2}})\.(?P<m>1[0-2]|0?[1-9]))"
        r"(?=\.?\s?$|\.\s|\s?[,;!?)]|\s(?:and|but|by|with|via|please|pls)\b)",
        _digits_without_year,
    ),
    day_form(
        rf"(?<![\w./,-])(?P<what>(?P<d>\d{{1,2}})\.(?P<m>\d{{1,2}})\.)(?=[,?!;:)]|\s[a-zæøå]|\s\d\d?[:.]\d\d|\s?$)(?!{_UNIT})",
        _digits_without_year,
    ),
    day_form(
        rf"\b(?:on|by|since|until|till|before|after|the|(?={WEEKDAY},?\s))\s?(?:the\s)?"
        rf"(?P<what>{_WITH_WEEKDAY}(?P<d>\d{{1,2}})(?:st|nd|rd|th)(?:\sof\s(?P<month>this|last|next|the)\smonth)?)\b",
        _of_the_month,
    ),
    day_form(
        r"\b(?:then|and|or|to)\s(?P<what>(?P<d>\d{1,2})(?:st|nd|rd|th)(?:\sof\s(?P<month>this|last|next|the)\smonth)?)\b",
        _beside_one_said,
    ),
    day_form(
        rf"\b(?P<last>last\s)?(?P<what>(?P<day>{'|'.join((*_HOLIDAYS, *_AROUND_EASTER))})"
        r"(?:,?\s(?:in\s)?(?P<year>(?:19|20)\d\d)|,?\s(?:2[3-6]|31)\.12)?)\b",
        _holiday,
    ),
    day_form(
        rf"\b(?P<what>end\sof\s(?:(?P<way>the|this|next|last)\s)?(?P<unit>week|month|year|{_MONTH}))\b",
        _end_of,
    ),
)
