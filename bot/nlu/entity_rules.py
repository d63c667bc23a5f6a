"""What a message names: numbers, contacts, amounts, dates, products, remedies, the customer's name."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import phonenumbers
import spacy
from spacy.language import Language

from bot.business import Business
from bot.nlu.amounts import find_amounts
from bot.nlu.catalogue import Catalogue
from bot.nlu.contacts import find_emails, find_phones
from bot.nlu.dates import find_dates
from bot.nlu.invoice_numbers import find_invoice_numbers
from bot.nlu.names import find_names
from bot.nlu.order_numbers import OrderNumbers, order_numbers
from bot.nlu.typos import respelt

_TRAINED = ("en_core_web_md", "en_core_web_sm")  # used for names where one is installed
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
    """Finds entities; `business` tells products, remedies, order numbers and the home country."""

    business: Business | None

    def find(self, text: str, now: datetime) -> list[Entity]:
        """The entities of `text`, in its order and without overlaps.

        Relative dates are seen from `now`, by the customer's clock and without time zone.
        """
        text = text[:_LONGEST_TEXT].replace("’", "'")
        kept: list[Entity] = []
        for kind, start, end, value in self._candidates(text, now):
            if all(end <= other.start or other.end <= start for other in kept):
                kept.append(Entity(kind, value, start, end, text[start:end]))
        return sorted(kept, key=lambda entity: entity.start)

    def _candidates(self, text: str, now: datetime) -> Iterator[tuple[str, int, int, Any]]:
        """Kind, start, end and value of everything found, the most certain kinds first."""
        right = respelt(text)  # but for addresses and names, which are spelt as they are
        yield from (("email", *found) for found in find_emails(text))
        for kind, start, end, value in self._numbers(right.text, now):
            yield kind, *right.place(start, end), value
        names = list(find_names(text, self._catalogue.words))
        yield from (("name", *found) for found in names)
        for kind, begin, stop, value in self._catalogue.find(right.text):
            start, end = right.place(begin, stop)
            if not any(end <= name_start <= end + 1 for name_start, _, _ in names):  # "call me Ola" wants no call
                yield kind, start, end, value
        if self._trained is not None:
            for span in self._trained(text).ents:
                if span.label_ == "PERSON":
                    yield "name", span.start_char, span.end_char, span.text

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
    def _catalogue(self) -> Catalogue:
        return Catalogue(self.business)

    @cached_property
    def _trained(self) -> Language | None:
        installed = next((name for name in _TRAINED if spacy.util.is_package(name)), None)
        return spacy.load(installed, enable=["tok2vec", "ner"]) if installed else None
