"""Opening hours: when somebody is there, and how long that is in business time (P18, P20).

Every moment that goes in must carry its time zone; every moment that comes out is in the zone of the
business. Spans are compared in UTC, so that days on which the clocks change count as long as they are.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from bot.business import WEEKDAYS, Business, HoursSpan

_DAY = timedelta(days=1)
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def is_open(business: Business, now: datetime) -> bool:
    """Whether the business is open at `now`; the minute of closing is closed."""
    opens, _ = next(_spans(business, now))
    return opens <= now


def opens_at(business: Business, now: datetime) -> datetime | None:
    """When the business opens next, or None while it is open."""
    opens, _ = next(_spans(business, now))
    return None if opens <= now else opens.astimezone(business.zone)


def say_opening(business: Business, now: datetime) -> str | None:
    """The next opening in words, or None while it is open.

    "today at 9:00", "tomorrow at 9:00", "on Monday at 9:00", "on Monday 4 January at 9:00".
    """
    opens = opens_at(business, now)
    return None if opens is None else say_moment(business, opens, now)


def say_moment(business: Business, moment: datetime, now: datetime) -> str:
    """A moment from today on in words, by the business's clock: "today at 9:00", "on Monday 4 January at 9:00"."""
    moment = moment.astimezone(business.zone)
    days = (moment.date() - now.astimezone(business.zone).date()).days
    weekday = WEEKDAYS[moment.weekday()].capitalize()
    match days:
        case 0:
            day = "today"
        case 1:
            day = "tomorrow"
        case _ if days < 7:
            day = f"on {weekday}"
        case _:
            day = f"on {weekday} {moment.day} {_MONTHS[moment.month - 1]}"
    return f"{day} at {moment.hour}:{moment.minute:02}"


def business_time_between(business: Business, start: datetime, end: datetime) -> timedelta:
    """How much opening time lies between `start` and `end`; zero when `end` is not after `start`."""
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    total = timedelta()
    for opens, closes in _spans(business, start):
        begins = max(opens, start)
        if begins >= end:
            break
        total += min(closes, end) - begins
    return total


def add_business_time(business: Business, start: datetime, delta: timedelta) -> datetime:
    """The moment at which `delta` of opening time has passed since `start`.

    A delta that ends exactly at closing gives the minute of closing, not the next opening.
    Raises ValueError for a negative delta.
    """
    if delta < timedelta():
        raise ValueError("business time can only be added")
    left = delta
    for opens, closes in _spans(business, start):
        begins = max(opens, start.astimezone(UTC))
        if left <= closes - begins:
            return (begins + left).astimezone(business.zone)
        left -= closes - begins
    raise AssertionError("opening hours never end")


def say_hours(business: Business) -> str:
    """The week in words: "Monday to Friday 9:00 to 17:00, Saturday 10:00 to 14:00"."""
    parts: list[str] = []
    week = [(day, business.hours.get(day, ())) for day in WEEKDAYS]
    for spans, group in groupby(week, key=lambda entry: entry[1]):
        days = [day.capitalize() for day, _ in group]
        if spans:
            name = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
            parts.append(f"{name} {' and '.join(map(_say_span, spans))}")
    return ", ".join(parts)


def _say_span(span: HoursSpan) -> str:
    if (span.opens, span.closes) == (0, 24 * 60):
        return "all day"
    return f"{_say_minutes(span.opens)} to {_say_minutes(span.closes)}"


def _say_minutes(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02}"


def _spans(business: Business, start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Opening spans in UTC that end after `start`, without end: some day of the week always has hours."""
    if start.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    # A span of yesterday can end after midnight only as 24:00, which is not after `start`.
    day = start.astimezone(business.zone).date()
    while True:
        if day not in business.holidays:
            for span in business.hours.get(WEEKDAYS[day.weekday()], ()):
                opens, closes = _moment(business, day, span.opens), _moment(business, day, span.closes)
                if closes > max(opens, start):  # a span inside the hour that spring skips is none
                    yield opens, closes
        day += _DAY


def _moment(business: Business, day: date, minutes: int) -> datetime:
    """`minutes` after midnight by the clock on the wall, in UTC.

    A time that the clock shows twice in autumn is the first of the two; one that it skips in spring is
    counted on from the hour before.
    """
    if minutes == 24 * 60:
        day, minutes = day + _DAY, 0
    wall = datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=business.zone)
    return wall.astimezone(UTC)
