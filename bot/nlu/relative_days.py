"""Days as counted from today: yesterday, two weeks ago, next Friday, a week on Monday."""

import re
from datetime import date, datetime, timedelta
from functools import lru_cache

import dateparser

from bot.nlu.calendar_days import WEEKDAY, WEEKDAYS, day_form
from bot.nlu.numbers import CARDINAL, number
from bot.nlu.tense import Tense

_FIXED = {
    r"a week tomorrow": 8,
    r"a week today": 7,
    r"(?:the )?week after next": 14,
    r"(?:the )?week before last": -14,
    r"(?:the )?day after tomorrow": 2,
    r"(?:the )?day before yesterday": -2,
    r"tomorrow": 1,
    r"yesterday|last night": -1,
    r"today|tonight|this (?:morning|afternoon|evening)": 0,
}
_UNITS = {
    "mi": "minutes", "ho": "hours", "hr": "hours", "da": "days", "we": "weeks", "wk": "weeks",
    "mo": "months", "ye": "years", "yr": "years",
}  # fmt: skip
_UNIT = r"(?P<unit>min(?:ute)?s?|hours?|hrs?|days?|weeks?|wks?|fortnights?|months?|years?|yrs?)"
_HALVES = {"hours": (30, "minutes"), "years": (6, "months")}
_WORDS_AS_WELL = ("mon", "wed", "sat", "sun")  # weekdays only after a word such as "on", or beside another or a time
_BESIDE_A_DAY = re.compile(rf"\b{WEEKDAY}(?:,| or| and|\s?/|\s?-)\s?$", re.IGNORECASE)
_BESIDE_AS_WELL = re.compile(
    r"\s(?:(?:at|between|from|before|after)\s\d|@|\d{1,2}(?:[:.]\d\d)?\s?(?:[ap]m\b|-|–|to\b)|\d\d:\d\d)"
    rf"|(?:,| or| and|\s?/|\s?-)\s?{WEEKDAY}|\s(?:morning|afternoon|evening)\b",
    re.IGNORECASE,
)
_LIKE_THAT_ONE = re.compile(  # "every Friday" and "on a Sunday" are no day
    r"\b(?:(?:black|good|any|an?)\s|(?:every|each)\s(?:(?:other|second|third)\s)?)$", re.IGNORECASE
)
_IT_IS = re.compile(r"\b(?:it'?s|it is|today is|now is)(?: now| already| only)?\s$", re.IGNORECASE)
_EVERY_WEEK = re.compile(r"\s(?:mornings|afternoons|evenings|nights)\b", re.IGNORECASE)
_HOW_OFTEN = re.compile(r"\b(?:once|twice|times?)\s$", re.IGNORECASE)

# Opening hours and working weeks name no day.
FROM_DAY_TO_DAY = re.compile(
    r"\bmon(?:day)?s?\s?(?:-|–|to|till|until|through|thru)\s?(?:fri|satur|sun|sat)(?:day)?s?\b", re.IGNORECASE
)


def _fixed(found: re.Match[str], now: datetime, tense: Tense | None) -> date:
    days = next(days for form, days in _FIXED.items() if re.fullmatch(form, found["what"], re.IGNORECASE))
    return now.date() + timedelta(days=days)


def _counted(found: re.Match[str], now: datetime, tense: Tense | None) -> date | datetime | None:
    """So long ago, or so long from now; "it came in three days" and "twice in 3 days" name no day."""
    before = found.string[: found.start()]
    if found["in"] and not found["now"] and (tense is Tense.PAST or _HOW_OFTEN.search(before)):
        return None
    if not (found["in"] or found["now"] or found["ago"]):
        return None
    count, said = number(found["count"]), found["unit"].lower()
    unit = _UNITS.get(said[:2], "weeks")
    if said.startswith("fortnight"):
        count *= 2
    if found["count"].lower().startswith("half"):
        count, unit = _HALVES.get(unit, (0, unit))
    return _moved(now, count, unit, past=found["ago"] is not None) if count else None


def _last_or_next(found: re.Match[str], now: datetime, tense: Tense | None) -> date | datetime | None:
    return _moved(now, 1, f"{found['unit'].lower()}s", past=found["way"].lower() == "last")


def _moved(now: datetime, count: int, unit: str, *, past: bool) -> date | datetime | None:
    if unit in ("months", "years"):
        return _moved_by_months(now.date(), f"{count} {unit} ago" if past else f"in {count} {unit}")
    moment = now + timedelta(**{unit: -count if past else count})
    return moment if unit in ("minutes", "hours") else moment.date()


@lru_cache(maxsize=512)
def _moved_by_months(today: date, said: str) -> date | None:
    base = datetime(today.year, today.month, today.day)
    moment = dateparser.parse(said, languages=["en"], settings={"RELATIVE_BASE": base})
    return moment.date() if moment else None


def _weekday(found: re.Match[str], now: datetime, tense: Tense | None) -> date | None:
    """The next one, the last one where the tense is past; "next Friday" is the one of next week."""
    said, way, week = ((found[group] or "").lower() for group in ("weekday", "way", "week"))
    week = week or (found["week_before"] or "").lower()
    way = {"after next": "next", "before last": "last"}.get(week, way)
    bare = not (found["on"] or way or week)
    before = found.string[: found.start("what")]
    beside = _BESIDE_A_DAY.search(before) or _BESIDE_AS_WELL.match(found.string, found.end("what"))
    if _EVERY_WEEK.match(found.string, found.end("what")):
        return None
    if _LIKE_THAT_ONE.search(before) or (said in _WORDS_AS_WELL and bare and not beside):
        return None
    today = now.date()
    weekday = next(place for place, form in enumerate(WEEKDAYS) if re.fullmatch(form, said))
    if bare and weekday == today.weekday() and _IT_IS.search(before):
        return today
    if way == "next" or week.startswith(("next", "last", "this")):
        step = 1 if "next" in (way, week[:4]) else -1 if week.startswith("last") else 0
        day = today + timedelta(days=weekday - today.weekday(), weeks=step)
    elif way == "this":
        day = today + timedelta(days=weekday - today.weekday())
        day += timedelta(weeks=day < today and tense is not Tense.PAST)
    elif way in ("last", "past", "previous") or (tense is Tense.PAST and not week) or _is_since(found):
        day = today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1)
    else:
        day = today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
    beyond = {"week": 1, "after next": 1, "before last": -1}.get(week, 0)
    return day + timedelta(weeks=(number(found["more"]) if found["more"] else 0) + beyond)


def _is_since(found: re.Match[str]) -> bool:
    return (found["on"] or "").lower() == "since"


# As in CALENDAR_DAYS.
RELATIVE_DAYS = (
    day_form(
        rf"\b(?:(?P<on>on|since|by|until|till|before|after|from)\s)?(?P<what>"
        rf"(?:\b(?P<more>an?|one|two|three)\sweeks?\s(?:on|from|after)\s)?"
        rf"(?:\b(?P<week_before>last|next|this)\sweek,?(?:\son)?\s)?"
        rf"(?:\b(?:this\s)?(?P<way>last|past|next|this|coming|previous)\s)?"
        rf"\b(?P<weekday>{WEEKDAY})(?:\s(?P<week>(?:next|last|this)\sweek|week|before\slast|after\snext)\b)?)",
        _weekday,
    ),
    day_form(
        rf"\b(?P<what>(?:(?P<in>in)\s)?(?P<count>\b\d{{1,3}}|{CARDINAL}|\ban?|\bhalf\san?)\s{_UNIT}\b"
        r"(?:(?P<ago>\s(?:ago(?:\stoday)?|back(?!\s(?:and|to|in))))|(?P<now>\sfrom\s(?:now|today))|'s?\stime)?)\b",
        _counted,
    ),
    day_form(rf"\b(?P<what>{'|'.join(_FIXED)})\b", _fixed),
    day_form(r"(?<!\bthe )\b(?P<what>(?P<way>last|next)\s(?P<unit>week|month|year))\b(?!['’])", _last_or_next),
)
