"""What a message names: numbers, contacts, amounts, dates, products, remedies, the customer's name."""

import re
from collections.abc import Iterable, Iterator, Sequence
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
from bot.nlu.encoder import Encoder
from bot.nlu.entity_model import EntityExamples, EntityModel, learn
from bot.nlu.invoice_numbers import find_invoice_numbers
from bot.nlu.order_numbers import OrderNumbers, order_numbers
from bot.nlu.spans import Span, blanked, overlap
from bot.nlu.taken_back import taken_back
from bot.nlu.typos import Respelt, respelt
from bot.nlu.wishes import Mention

_LONGEST_TEXT = 2_000  # characters
_AMOUNT, _REMEDY = "amount", "remedy"
_SAID = re.compile(r"\w.*\S|\w", re.DOTALL)


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

    `model` tells the names and remedies that count from others; `encoder` is what it was learnt with.
    """

    business: Business | None
    model: EntityModel
    encoder: Encoder

    def find(self, text: str, now: datetime) -> list[Entity]:
        """The entities of `text`, in its order and without overlaps.

        Relative dates are seen from `now`, by the customer's clock and without time zone.
        """
        written, text = text, text[:_LONGEST_TEXT].replace("’", "'")
        right = respelt(text)  # but for addresses and names, which are spelt as they are
        mentions, products = self.catalogue.find(right.text)
        kept: list[Entity] = []
        for kind, start, end, value in (
            *self._certain(text, right, [(start, end) for start, end, _ in products], now),
            *self._named(written, text, right, mentions),
            *(("product", *right.place(start, end), id) for start, end, id in products),
        ):
            if not any(overlap((start, end), (other.start, other.end)) for other in kept):
                kept.append(Entity(kind, value, start, end, text[start:end]))
        if not any(each.entity == _REMEDY for each in kept):
            kept += self._unnamed(text, [right.place(*each.span) for each in mentions], kept)
        return _without_taken_back(text, sorted(kept, key=lambda entity: entity.start))

    def _certain(
        self, text: str, right: Respelt, products: Sequence[Span], now: datetime
    ) -> Iterator[tuple[str, int, int, Any]]:
        """Kind, start, end and value of what can be told by its form, the most certain kinds first.

        `products`: where `right` names some.
        """
        yield from (("email", *found) for found in find_emails(text))
        for kind, start, end, value in self._numbers(right.text, now):
            if kind == _AMOUNT and any(start < begin < end < stop for begin, stop in products):
                continue  # "ten Krone ceiling lamps"
            yield kind, *right.place(start, end), value

    def _named(
        self, written: str, text: str, right: Respelt, mentions: Sequence[Mention]
    ) -> Iterator[tuple[str, int, int, Any]]:
        """The same for names, and for those of `mentions` that are asked for."""
        names = [*self.model.names.find(text, self.catalogue.words)]
        yield from (("name", *found) for found in names)
        if not mentions:
            return
        # The vector is that of the message as it was written, which other components have asked for already.
        [vector] = self.encoder.encode([written])
        for each in self.model.wishes.among(mentions, right.text, vector):
            start, end = right.place(*each.core)
            if not any(end <= name_start <= end + 1 for name_start, _, _ in names):  # "call me Ola" wants no call
                yield _REMEDY, start, end, each.remedy

    def _unnamed(self, text: str, named: Sequence[Span], others: Sequence[Entity]) -> Iterator[Entity]:
        """Remedies that sentences of `text` ask for in which none is named; each stands where no other entity does."""
        if self.model.unnamed is None:
            return
        open_to = set(self.catalogue.remedies)  # each once: who repeats a wish has one
        for sentence, remedy in self.model.unnamed.find(text, self.encoder.features):
            if remedy in open_to and not any(overlap(sentence, each) for each in named):
                start, end = _longest_free(sentence, [(each.start, each.end) for each in others])
                if found := _SAID.search(text, start, end):  # else all of the sentence is something else
                    open_to.remove(remedy)
                    yield Entity(_REMEDY, remedy, *found.span(), found[0])

    def _numbers(self, text: str, now: datetime) -> Iterator[tuple[str, int, int, Any]]:
        """The same for what is said in figures, or could be."""
        yield from (("invoice_number", *found) for found in find_invoice_numbers(text))
        if self.business is not None and self._order_numbers is not None:
            example = self.business.order_number.example
            orders = [*self._order_numbers.find(text), *self._order_numbers.find_digits(text, example)]
            yield from (("order_number", *found) for found in orders)
            # "FJ 390 203 € 59": their figures are part of no sum.
            text = blanked(text, ((start, end) for start, end, _ in orders))
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


def trained(
    business: Business | None, examples: EntityExamples, encoder: Encoder, others: Iterable[str] = ()
) -> Extractor:
    """An extractor for `business` that has learnt from `examples`; `others` are more messages of customers."""
    return Extractor(business, learn(examples, others, Catalogue(business), encoder), encoder)


def _without_taken_back(text: str, entities: Sequence[Entity]) -> list[Entity]:
    """Those of `entities`, in the order of `text`, that it does not take back; a remedy that is refused is none.

    A sum that is denied stays: "it was 499, not 399" is about what somebody else says, so both matter.
    """
    gone: set[Span] = set()
    for kind in {each.entity for each in entities} - {_REMEDY}:
        places = [(each.start, each.end) for each in entities if each.entity == kind]
        gone.update(taken_back(text, places, denials=kind != _AMOUNT))
    return [each for each in entities if (each.start, each.end) not in gone]


def _longest_free(span: Span, taken: Sequence[Span]) -> Span:
    """The longest part of `span` beside what is `taken`, which overlaps nothing itself."""
    inside = sorted(each for each in taken if overlap(span, each))
    starts, ends = [span[0], *(end for _, end in inside)], [*(start for start, _ in inside), span[1]]
    return max(zip(starts, ends, strict=True), key=lambda part: part[1] - part[0])
