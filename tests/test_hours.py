"""Opening hours: open or not, when next, and how much business time passes, also when the clocks change."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.business import Business, load_business
from bot.hours import add_business_time, business_time_between, is_open, opens_at, say_hours, say_opening

ROOT = Path(__file__).parents[1]
OSLO = ZoneInfo("Europe/Oslo")
HOUR = timedelta(hours=1)


def business(hours: dict[str, list[str]] | None = None, holidays: tuple[date, ...] = ()) -> Business:
    """The sample business with other hours; its own are Monday to Friday, 9 to 17."""
    settings: dict[str, Any] = load_business(ROOT).model_dump()
    if hours is not None:
        settings["hours"] = hours
    else:
        settings["hours"] = {day: ["09:00-17:00"] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")}
    return Business.model_validate({**settings, "holidays": holidays})


def oslo(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=OSLO)


@pytest.mark.parametrize(
    ("now", "opens", "words"),
    [
        ("2026-11-20T09:00", None, None),  # Friday, the minute of opening
        ("2026-11-20T16:59:59", None, None),
        ("2026-11-19T17:00", "2026-11-20T09:00", "tomorrow at 9:00"),  # the minute of closing is closed
        ("2026-11-20T06:30", "2026-11-20T09:00", "today at 9:00"),
        ("2026-11-20T17:00", "2026-11-23T09:00", "on Monday at 9:00"),
        ("2026-11-22T23:59", "2026-11-23T09:00", "tomorrow at 9:00"),
        ("2026-12-23T17:00", "2026-12-28T09:00", "on Monday at 9:00"),  # Christmas, then a weekend
        ("2026-12-30T17:00", "2027-01-08T09:00", "on Friday 8 January at 9:00"),
    ],
)
def test_when_it_opens(now: str, opens: str | None, words: str | None) -> None:
    """A customer who writes out of hours is told the right day, in words, over weekends and holidays."""
    closed = (date(2026, 12, 24), date(2026, 12, 25), date(2026, 12, 31), *(date(2027, 1, day) for day in range(1, 8)))
    shop = business(holidays=closed)
    assert opens_at(shop, oslo(now)) == (oslo(opens) if opens else None)
    assert say_opening(shop, oslo(now)) == words
    assert is_open(shop, oslo(now)) is (opens is None)


def test_several_spans_and_hours_past_midnight() -> None:
    """A lunch break is closed; two spans that meet at midnight are one long evening."""
    shop = business({"friday": ["13:00-15:00", "20:00-24:00", "09:00-12:00"], "saturday": ["00:00-02:00"]})
    assert opens_at(shop, oslo("2026-11-20T12:00")) == oslo("2026-11-20T13:00")
    assert say_opening(shop, oslo("2026-11-20T12:00")) == "today at 13:00"
    assert is_open(shop, oslo("2026-11-20T23:59:59")) and is_open(shop, oslo("2026-11-21T00:00"))
    assert not is_open(shop, oslo("2026-11-21T02:00"))
    assert business_time_between(shop, oslo("2026-11-20T00:00"), oslo("2026-11-22T00:00")) == 11 * HOUR
    assert say_hours(shop) == "Friday 9:00 to 12:00 and 13:00 to 15:00 and 20:00 to 24:00, Saturday 0:00 to 2:00"


def test_the_zone_of_the_business_counts() -> None:
    """A moment given in another zone is the same moment; a moment without a zone is refused."""
    shop = business()
    assert not is_open(shop, datetime(2026, 11, 20, 7, 59, tzinfo=ZoneInfo("UTC")))
    assert is_open(shop, datetime(2026, 11, 20, 8, 0, tzinfo=ZoneInfo("UTC")))
    opens = opens_at(shop, datetime(2026, 11, 20, 22, 0, tzinfo=ZoneInfo("America/New_York")))
    assert opens is not None and opens.isoformat() == "2026-11-23T09:00:00+01:00"
    with pytest.raises(ValueError, match="time zone"):
        is_open(shop, datetime(2026, 11, 20, 9, 0))


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-11-20T10:00", "2026-11-20T12:30", 2.5),
        ("2026-11-20T16:00", "2026-11-23T10:00", 2),  # over a weekend
        ("2026-11-21T10:00", "2026-11-22T10:00", 0),
        ("2026-11-20T12:00", "2026-11-20T10:00", 0),  # ends before it starts
        ("2026-11-16T00:00", "2026-11-23T00:00", 40),
    ],
)
def test_business_time_between(start: str, end: str, hours: float) -> None:
    """P20: the service-level clock runs in opening hours only."""
    assert business_time_between(business(), oslo(start), oslo(end)) == hours * HOUR


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-11-20T10:00", 2, "2026-11-20T12:00"),
        ("2026-11-20T16:00", 1, "2026-11-20T17:00"),  # ends at closing, not at the next opening
        ("2026-11-20T16:00", 2, "2026-11-23T10:00"),
        ("2026-11-21T03:00", 10, "2026-11-24T11:00"),
        ("2026-11-20T10:00", 0, "2026-11-20T10:00"),
    ],
)
def test_adding_business_time(start: str, hours: int, due: str) -> None:
    """P18: a promise made before the weekend falls due in opening hours after it."""
    shop = business()
    found = add_business_time(shop, oslo(start), hours * HOUR)
    assert found == oslo(due)
    assert business_time_between(shop, oslo(start), found) == hours * HOUR


def test_business_time_never_goes_back() -> None:
    """A negative promise is a mistake of the caller."""
    with pytest.raises(ValueError, match="only be added"):
        add_business_time(business(), oslo("2026-11-20T10:00"), -HOUR)


def test_days_on_which_the_clocks_change() -> None:
    """Opening follows the clock on the wall, durations the time that passes: 23 hours in March, 25 in October."""
    always = business({day: ["00:00-24:00"] for day in ("saturday", "sunday", "monday")})
    for day, hours in (("2026-03-29", 23), ("2026-10-25", 25)):
        start = oslo(f"{day}T00:00")
        end = (start + timedelta(days=1)).replace(tzinfo=OSLO)
        assert business_time_between(always, start, end) == hours * HOUR
        assert add_business_time(always, start, hours * HOUR) == end
    nine = opens_at(business(), oslo("2026-03-28T12:00"))
    assert nine is not None and nine.isoformat() == "2026-03-30T09:00:00+02:00"


def test_hours_inside_the_skipped_hour() -> None:
    """A span that the clock skips in spring is no span, and time never runs backwards."""
    shop = business({"sunday": ["02:15-02:45", "10:00-11:00"]})
    opens = opens_at(shop, oslo("2026-03-29T00:00"))
    assert opens is not None and opens.isoformat() == "2026-03-29T03:15:00+02:00"
    skipped = business({"sunday": ["02:30-03:00", "10:00-11:00"]})
    assert opens_at(skipped, oslo("2026-03-29T00:00")) == oslo("2026-03-29T10:00")
    assert business_time_between(skipped, oslo("2026-03-29T00:00"), oslo("2026-03-30T00:00")) == HOUR


def test_the_week_in_words() -> None:
    """Days with the same hours are joined, closed days are left out."""
    assert say_hours(business()) == "Monday to Friday 9:00 to 17:00"
    mixed = {"monday": ["09:00-17:00"], "wednesday": ["09:00-17:00"], "sunday": ["00:00-24:00"]}
    assert say_hours(business(mixed)) == "Monday 9:00 to 17:00, Wednesday 9:00 to 17:00, Sunday all day"


def test_a_business_that_never_opens_cannot_be() -> None:
    """Without any opening hours the search for the next opening would never end: refused at the start."""
    with pytest.raises(ValueError, match="no day has opening hours"):
        business({"monday": []})
