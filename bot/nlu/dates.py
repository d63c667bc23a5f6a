"""Days and times in a text, as the customer means them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.nlu.calendar_days import CALENDAR_DAYS, spans_of_days
from bot.nlu.relative_days import FROM_DAY_TO_DAY, RELATIVE_DAYS
from bot.nlu.spans import overlap
from bot.nlu.tense import Tense, tense_at
from bot.nlu.times import Clock, find_times

# What may stand between a day and a time that belong together: "Friday morning, between" 8 and 12, "must come after" 4.
_LINK = re.compile(
    r"[\s,(]*(?:(?:please|it)\s)?(?:(?:must|should|has\sto|needs\sto|can|may)\s(?:only\s)?(?:come|be(?:\shere|\sdelivered)?|arrive)\s)?"
    r"(?:(?:at|on|from|around|about|after|before|by|between|until|till|the|in|this|kl\.?|@|any ?time|sometime|T"
    r"|morning|afternoon|evening|night)[\s,(]*)*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class When:
    """`text[start:end]` names the day or time `at`, with `until` a span of time on one day; without time zone."""

    start: int
    end: int
    at: date | datetime
    until: datetime | None = None

    @property
    def value(self) -> str:
        """ISO 8601: 2026-11-23, 2026-11-23T15:30 or 2026-11-23T08:00/12:00."""
        if not isinstance(self.at, datetime):
            return self.at.isoformat()
        return self.at.isoformat(timespec="minutes") + (f"/{self.until:%H:%M}" if self.until else "")


def find_dates(text: str, now: datetime) -> Iterator[When]:
    """Every day and time in `text`, as seen at `now` by the customer's clock (without time zone).

    A part of the day such as "tonight" gives the day: no time was said.
    """
    days = list(_find_days(text, now))
    for clock in find_times(text):
        if any(each.start < clock.start < each.end or clock.start == each.start for each in days):
            continue  # "not on 3 May, on 4 May"
        day = next((each for each in days if _belong_together(text, each, clock)), None)
        if day is not None:
            days.remove(day)
            yield _joined(day, clock)
        elif clock.sure and not any(overlap((clock.start, clock.end), (each.start, each.end)) for each in days):
            yield _joined(When(clock.start, clock.end, _day_of(clock, text, now)), clock)
    yield from days


def _find_days(text: str, now: datetime) -> Iterator[When]:
    taken = [*(found.span() for found in FROM_DAY_TO_DAY.finditer(text)), *spans_of_days(text)]
    for pattern, read in (*CALENDAR_DAYS, *RELATIVE_DAYS):
        for found in pattern.finditer(text):
            span = found.span("what")
            if any(overlap(span, other) for other in taken):
                continue
            try:
                at = read(found, now, tense_at(text, *span))
            except (ValueError, OverflowError):  # the 31st of June; nine hundred years ago
                continue
            if at is not None:
                taken.append(span)
                yield When(*span, at)


def _belong_together(text: str, day: When, clock: Clock) -> bool:
    if isinstance(day.at, datetime):
        return False
    end, start = (day.end, clock.start) if day.end <= clock.start else (clock.end, day.start)
    return end <= start and _LINK.fullmatch(text, end, start) is not None


def _joined(day: When, clock: Clock) -> When:
    midnight = datetime(day.at.year, day.at.month, day.at.day)
    until = None if clock.until is None else midnight + timedelta(minutes=clock.until)
    at = midnight + timedelta(minutes=clock.minutes)
    return When(min(day.start, clock.start), max(day.end, clock.end), at, until)


def _day_of(clock: Clock, text: str, now: datetime) -> date:
    """The day of a time that comes without one: today, unless that does not fit the tense."""
    tense, passed = tense_at(text, clock.start, clock.end), clock.minutes <= now.hour * 60 + now.minute
    if tense is Tense.FUTURE and passed:
        return now.date() + timedelta(days=1)
    return now.date() - timedelta(days=tense is Tense.PAST and not passed)
