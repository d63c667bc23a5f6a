"""The business profile, `business.yml`: the one source of hours, contacts, remedies and thresholds."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from bot.accounts import Accounts
from bot.errors import CommandError, ConfigurationError, Problem
from bot.nlu.order_numbers import order_numbers
from bot.reasons import PASSED_ON
from bot.yamlfile import (
    Document,
    Place,
    Record,
    check,
    nearest,
    raise_first,
    read_document,
    shaped,
    validated,
    wrong,
)

FILE = "business.yml"

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)

Team = Literal["agent", "lead"]

REASONS = (
    "person_demanded",
    "not_understood",
    "remedy_limit",
    "unsolved_again",
    "stuck",
    "business_rule",
    "fault",
    "heat",
    "heat_rising",
    "abuse",
    "legal",
    "safety",
    "self_harm",
    "too_long",
    "unverified",
)
"""Why a conversation is handed to a person."""

FileKind = Literal["images", "documents", "audio", "video"]
FILE_KINDS: tuple[FileKind, ...] = get_args(FileKind)
MOST_FILE_MEGABYTES = 50
"""A file is in memory as a whole while it comes and goes."""

_SPAN = re.compile(r"(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)")
_MINUTES_A_DAY = 24 * 60


class HoursSpan(Record):
    """Opening hours without a break, in minutes since midnight; `closes` may be 24:00."""

    opens: int
    closes: int

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        """From the form that people write: "09:00-17:00"."""
        found = _SPAN.fullmatch(value.strip()) if isinstance(value, str) else None
        if found is None:
            raise wrong(f'"{value}" is not a span of hours', 'write it like "09:00-17:00"')
        hour, minute, end_hour, end_minute = (int(part) for part in found.groups())
        opens, closes = hour * 60 + minute, end_hour * 60 + end_minute
        if max(minute, end_minute) > 59 or closes > _MINUTES_A_DAY:
            raise wrong(f'"{value}" has a time that does not exist', "use 00:00 to 24:00")
        if opens >= closes:
            raise wrong(
                f'"{value}" ends before it begins',
                'for hours past midnight write two spans: "22:00-24:00", next day "00:00-02:00"',
            )
        return {"opens": opens, "closes": closes}


def _in_order(spans: tuple[HoursSpan, ...]) -> tuple[HoursSpan, ...]:
    spans = tuple(sorted(spans, key=lambda span: span.opens))
    for before, after in pairwise(spans):
        if after.opens < before.closes:
            raise wrong("two spans of this day overlap", "join them into one")
    return spans


def _some_day(week: dict[Weekday, tuple[HoursSpan, ...]]) -> dict[Weekday, tuple[HoursSpan, ...]]:
    # Without it the search for the next opening would never end.
    if not any(week.values()):
        raise wrong("no day has opening hours", 'add monday: ["09:00-17:00"]')
    return week


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise wrong(f'"{name}" is not a time zone', nearest(name, available_timezones()))
    return name


def _known_reason(reason: str) -> str:
    if reason not in REASONS:
        raise wrong(f'"{reason}" is not a reason for a hand-over', nearest(reason, REASONS))
    return reason


def _regular_expression(pattern: str) -> str:
    try:
        order_numbers(pattern)
    except ValueError as error:
        raise wrong(str(error), r"write a regular expression such as FJ-\d{6}") from None
    return pattern


def _not_blank(text: str) -> str:
    if not text.strip():
        raise wrong("this is empty", "fill it in or remove it")
    return text.strip()


def _a_date(value: Any) -> Any:
    if isinstance(value, date):
        return value
    raise wrong(f'"{value}" is not a date', "write it like 2026-12-25, without quotes")


Text = Annotated[str, AfterValidator(_not_blank)]
Id = Annotated[str, shaped(r"[a-z][a-z0-9_]*", "an id", "call_back: small letters and _")]
Hours = Annotated[tuple[HoursSpan, ...], AfterValidator(_in_order)]
Day = Annotated[date, BeforeValidator(_a_date)]
Reason = Annotated[str, AfterValidator(_known_reason)]
Language = Annotated[str, shaped(r"[a-z]{2}", "a language code", "en")]
Email = Annotated[str, shaped(r"[^@\s]+@[^@\s]+\.[^@\s]+", "an e-mail address", "help@shop.example")]
Phone = Annotated[str, shaped(r"\+?[\d ()-]{5,}", "a telephone number", "+47 10 20 30 40")]
Site = Annotated[str, shaped(r"https?://[^\s/]+\S*", "a web address", "https://shop.example")]
Origin = Annotated[str, shaped(r"https?://[^\s/]+", "a web origin", "https://shop.example, with no path after it")]
Currency = Annotated[str, shaped(r"[A-Z]{3}", "a currency", "EUR")]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]


class Contacts(Record):
    """How the business is reached; texts name these as {business.contacts.email} and so on."""

    email: Email
    phone: Phone
    address: Text
    site: Site


class Product(Record):
    """Something sold: customers name it by `name` or an alias, codes by `models`."""

    id: Id
    name: Text
    aliases: tuple[Text, ...] = ()
    models: tuple[Text, ...] = ()


class Remedy(Record):
    """A way to put a complaint right.

    `sentence` follows "We can do this:"; `time` is what the customer is told, `due_hours` the same in
    opening hours; `bot_limit` is the highest amount up to which the bot may promise it (None: any,
    0: only `granted_by`).
    """

    id: Id
    name: Text
    sentence: Text
    causes: tuple[str, ...] = Field(min_length=1)
    time: Text
    due_hours: float = Field(gt=0)
    bot_limit: float | None = Field(ge=0)
    granted_by: Team = "agent"


class OrderNumber(Record):
    """The shape of an order number, as a regular expression, with an example to show customers."""

    pattern: Annotated[str, AfterValidator(_regular_expression)]
    example: str

    @field_validator("example")
    @classmethod
    def _fits(cls, example: str, before: ValidationInfo) -> str:
        pattern = before.data.get("pattern")
        if pattern is not None and not re.fullmatch(pattern, example):
            raise wrong(f'the example "{example}" does not fit the pattern', "correct one of the two")
        return example


class Listen(Record):
    """Waiting out a burst of messages (P2): from this heat on, and for how many seconds."""

    from_heat: Share = 0.45
    quiet_seconds: float = Field(default=1.5, ge=0)
    longest_seconds: float = Field(default=8, ge=0)


class Rise(Record):
    """Heat that rises by `by` within `turns` turns."""

    turns: Count = 3
    by: Share = 0.3


class When(Record):
    """What a business rule looks at; all that is given must hold. `words`: one of them is enough."""

    intent: str | None = None
    cause: str | None = None
    amount_over: float | None = Field(default=None, ge=0)
    words: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _looks_at_something(self) -> Self:
        if self == type(self).model_construct():
            raise wrong("this rule looks at nothing", "give intent, cause, amount_over or words")
        return self


class Rule(Record):
    """A rule of the business that hands a conversation to a person (P26).

    `at_once`: without asking the customer first, for what cannot wait. `says`: the end of the key
    `handoff.ack.<says>` of what the customer is told before what happens next, such as what keeps them safe.
    """

    name: Id
    when: When
    reason_text: Text
    to: Team = "agent"
    at_once: bool = False
    says: Id | None = None

    @model_validator(mode="after")
    def _says_it_at_once(self) -> Self:
        if self.says is not None and not self.at_once:
            raise wrong("only a rule with at_once says something of its own", "add at_once: true, or remove says")
        return self


class Escalation(Record):
    """The limits beyond which a person takes over (P26)."""

    heat_limit: Share = 0.75
    rise: Rise = Rise()
    failures: Count = 2
    abuse_warnings: int = Field(default=1, ge=0)
    longest_turns: Count = 30
    offer_again_after_turns: Count = 3
    rules: tuple[Rule, ...] = ()


def _each_once(kinds: tuple[FileKind, ...]) -> tuple[FileKind, ...]:
    for kind in kinds:
        if kinds.count(kind) > 1:
            raise wrong(f'"{kind}" is there twice', "remove one")
    return kinds


class Limits(Record):
    """What one visitor or address may send, and which files come and go with messages."""

    message_length: Count = 4000
    messages_per_minute: Count = 60
    messages_per_minute_address: Count = 6000
    sessions_per_address_hour: Count = 600
    session_days: Count = 30
    file_megabytes: Annotated[int, Field(ge=1, le=MOST_FILE_MEGABYTES)] = 20
    file_kinds: Annotated[tuple[FileKind, ...], AfterValidator(_each_once)] = FILE_KINDS


class Business(Record):
    """Everything in `business.yml`."""

    name: Text
    case_prefix: Annotated[str, shaped(r"[A-Z]{2,5}", "a prefix", "FJ: two to five capitals")]
    languages: tuple[Language, ...] = Field(min_length=1)
    time_zone: Annotated[str, AfterValidator(_known_zone)]
    hours: Annotated[dict[Weekday, Hours], AfterValidator(_some_day)]
    holidays: frozenset[Day] = frozenset()
    contacts: Contacts
    products: tuple[Product, ...] = ()
    causes: dict[Id, Text] = Field(min_length=1)
    remedies: tuple[Remedy, ...] = Field(min_length=1)
    currency: Currency
    order_number: OrderNumber
    listen: Listen = Listen()
    escalation: Escalation = Escalation()
    routing: dict[Reason, Team] = Field(default_factory=lambda: dict(_TO_A_LEAD))
    limits: Limits = Limits()
    origins: tuple[Origin, ...] = ()
    channels: Accounts = Accounts()

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def require_language(self, language: str) -> None:
        """Raises CommandError unless the business speaks `language`."""
        if language not in self.languages:
            served = " or ".join(self.languages)
            raise CommandError(f"{language} is no language of business.yml. Fix: choose {served}, or add it there.")

    def served(self, language: str) -> str:
        """`language`, or the first one where the business does not speak it (any more)."""
        return language if language in self.languages else self.languages[0]

    def remedy(self, id: str) -> Remedy | None:
        """The remedy called `id`, if there is one."""
        return next((remedy for remedy in self.remedies if remedy.id == id), None)

    def in_currency(self, amount: Mapping[str, Any] | None) -> float | None:
        """The sum of an `amount` entity, or None when there is none or it is in another currency."""
        if not amount or amount.get("currency", self.currency) != self.currency:
            return None
        value: float | None = amount.get("amount")
        return value

    def remedies_for(self, cause: str) -> tuple[Remedy, ...]:
        """The remedies for `cause`, in the order of the file."""
        return tuple(remedy for remedy in self.remedies if cause in remedy.causes)


# Threats go to a lead unless the file says otherwise (P13).
_TO_A_LEAD: dict[str, Team] = {"legal": "lead", "safety": "lead", "self_harm": "lead"}


def load_business(root: Path) -> Business:
    """The business described in `root/business.yml`. Raises ConfigurationError at the first mistake."""
    document = read_document(root / FILE, FILE)
    business = validated(document, Business)
    raise_first(_contradictions(document, business))
    return business


def check_business(root: Path) -> list[Problem]:
    """Everything wrong with `root/business.yml`; empty when it can be used."""
    try:
        document = read_document(root / FILE, FILE)
    except ConfigurationError as error:
        return [error.found]
    business, problems = check(document, Business)
    return problems if business is None else list(_contradictions(document, business))


def _contradictions(document: Document, business: Business) -> Iterator[Problem]:
    """What each setting alone cannot show: names used twice or never defined."""
    products = [product.id for product in business.products]
    remedies = [remedy.id for remedy in business.remedies]
    rules = [rule.name for rule in business.escalation.rules]
    yield from _twice(document, products, "products", key="id")
    yield from _twice(document, remedies, "remedies", key="id")
    yield from _twice(document, rules, "escalation", "rules", key="name")
    for platform in ("telegram", "slack", "email"):
        accounts = [one.account for one in getattr(business.channels, platform)]
        yield from _twice(document, accounts, "channels", platform, key="account")
    yield from _misrouted(document, business)
    for place, cause in _named_causes(business):
        if cause not in business.causes:
            problem = f'"{cause}" is not a known cause'
            yield document.problem(place, problem, nearest(cause, business.causes))
    for cause in business.causes:
        if len(business.remedies_for(cause)) < 2:  # P16
            yield document.problem(
                ["causes", cause], "a complaint needs two remedies to choose from",
                f'add "{cause}" to the causes of another remedy',
            )  # fmt: skip


def _misrouted(document: Document, business: Business) -> Iterator[Problem]:
    """Channels of agents for reasons and languages that never come."""
    for number, account in enumerate(business.channels.slack):
        place = ("channels", "slack", number, "agents")
        if account.agents is None:
            continue
        for reason in account.agents.by_reason.keys() - {*REASONS, PASSED_ON}:
            problem = f'"{reason}" is not a reason for a hand-over'
            yield document.problem([*place, "by_reason", reason], problem, nearest(reason, (*REASONS, PASSED_ON)))
        for language in account.agents.by_language.keys() - set(business.languages):
            problem = f'"{language}" is not one of the languages'
            yield document.problem([*place, "by_language", language], problem, nearest(language, business.languages))


def _named_causes(business: Business) -> Iterator[tuple[Place, str]]:
    for number, remedy in enumerate(business.remedies):
        for index, cause in enumerate(remedy.causes):
            yield ("remedies", number, "causes", index), cause
    for number, rule in enumerate(business.escalation.rules):
        if rule.when.cause is not None:
            yield ("escalation", "rules", number, "when", "cause"), rule.when.cause


def _twice(document: Document, names: Iterable[str], *place: str, key: str) -> Iterator[Problem]:
    seen = set[str]()
    for number, name in enumerate(names):
        if name in seen:
            yield document.problem([*place, number, key], f'"{name}" is used twice', "rename one")
        seen.add(name)
