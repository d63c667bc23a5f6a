"""What a message names: numbers, contacts, amounts, dates, products, remedies, the customer's name."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import phonenumbers

from bot.business import Business
from bot.nlu.amounts import find_amounts
from bot.nlu.catalogue import Catalogue
from bot.nlu.contacts import find_emails, find_phones
from bot.nlu.dates import find_dates
from bot.nlu.entity_model import Encode, EntityModel, Examples, learn
from bot.nlu.invoice_numbers import find_invoice_numbers
from bot.nlu.order_numbers import OrderNumbers, order_numbers
from bot.nlu.typos import respelt

_LONGEST_TEXT = 2_000  # characters


@dataclass(frozen=True)
class Entity:
    """`text[start:end]` names a thing of kind `entity`; `value` is its normal form."""

    entity: str
    value: Any
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Extractor:
    """Finds entities; `business` tells products, remedies, order numbers and the home country.

    `model` tells the names and remedies that count from others; `encode` is what it was learnt with.
    """

    business: Business | None
    model: EntityModel
    encode: Encode

    def find(self, text: str, now: datetime) -> list[Entity]:
        """The entities of `text`, in its order and without overlaps.

        Relative dates are seen from `now`, by the customer's clock and without time zone.
        """
        written, text = text, text[:_LONGEST_TEXT].replace("’", "'")
        kept: list[Entity] = []
        for kind, start, end, value in self._candidates(written, text, now):
            if all(end <= other.start or other.end <= start for other in kept):
                kept.append(Entity(kind, value, start, end, text[start:end]))
        return sorted(kept, key=lambda entity: entity.start)

    def _candidates(self, written: str, text: str, now: datetime) -> Iterator[tuple[str, int, int, Any]]:
        """Kind, start, end and value of everything found, the most certain kinds first."""
        right = respelt(text)  # but for addresses and names, which are spelt as they are
        yield from (("email", *found) for found in find_emails(text))
        for kind, start, end, value in self._numbers(right.text, now):
            yield kind, *right.place(start, end), value
        names = [*self.model.names.find(text, self.catalogue.words)]
        yield from (("name", *found) for found in names)
        mentions, products = self.catalogue.find(right.text)
        # The vector is that of the message as it was written, which other components have asked for already.
        for each in self.model.wishes.among(mentions, right.text, self.encode([written])[0]) if mentions else ():
            start, end = right.place(each.begin, each.stop)
            if not any(end <= name_start <= end + 1 for name_start, _, _ in names):  # "call me Ola" wants no call
                yield "remedy", start, end, each.remedy
        yield from (("product", *right.place(start, end), id) for start, end, id in products)

    def _numbers(self, text: str, now: datetime) -> Iterator[tuple[str, int, int, Any]]:
        """The same for what is said in figures, or could be."""
        yield from (("invoice_number", *found) for found in find_invoice_numbers(text))
        if self.business is not None and self._order_numbers is not None:
            example = self.business.order_number.example
            orders = [*self._order_numbers.find(text), *self._order_numbers.find_digits(text, example)]
            yield from (("order_number", *found) for found in orders)
            for start, end, _ in orders:  # "FJ 390 203 € 59": their figures are part of no sum
                text = text[:start] + " " * (end - start) + text[end:]
        yield from (("amount", *found) for found in find_amounts(text, self._country))
        yield from (("date", when.start, when.end, when.value) for when in find_dates(text, now))
        yield from (("phone", *found) for found in find_phones(text, self._country))

    @cached_property
    def _order_numbers(self) -> OrderNumbers | None:
        return order_numbers(self.business.order_number.pattern) if self.business else None

    @cached_property
    def _country(self) -> str | None:
        """Where the business has its telephone, as ISO 3166 code."""
        if self.business is None:
            return None
        try:
            number = phonenumbers.parse(self.business.contacts.phone)
        except phonenumbers.NumberParseException:
            return None
        return phonenumbers.region_code_for_country_code(number.country_code or 0)

    @cached_property
    def catalogue(self) -> Catalogue:
        """What the business sells and offers."""
        return Catalogue(self.business)


def trained(business: Business | None, examples: Examples, encode: Encode, others: Iterable[str] = ()) -> Extractor:
    """An extractor for `business` that has learnt from `examples`; `others` are more messages of customers."""
    return Extractor(business, learn(examples, others, Catalogue(business), encode), encode)
