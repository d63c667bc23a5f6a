"""What a message names: numbers, contacts, amounts, dates, products, remedies, the customer's name."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import phonenumbers
import spacy
from price_parser import Price
from ruamel.yaml import YAML
from spacy.language import Language

from bot.business import Business
from bot.nlu.dates import find_dates
from bot.nlu.names import find_names
from bot.nlu.order_numbers import OrderNumbers, order_numbers

_REMEDIES = Path(__file__).with_name("remedies_en.yml")
_TRAINED = ("en_core_web_md", "en_core_web_sm")  # used for names where one is installed
_LONGEST_TEXT = 2_000  # characters

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}", re.IGNORECASE)
_INVOICE = re.compile(r"\bINV[-\s]?(\d{4})[-\s]?(\d{3,6})\b", re.IGNORECASE)
_BARE_ORDER = re.compile(
    r"\border(?:\s*(?:number|num|no|nr|id|code|ref(?:erence)?|is|was|#|:|\.|=|it's|its|the))*\s*#?\s*(\d{5,10})\b",
    re.IGNORECASE,
)
_NUMBER = r"\d{1,3}(?:[ .,]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?"
_CURRENCY = r"€|\$|£|eur(?:os?)?|usd|dollars?|bucks|gbp|pounds?|quid|nok|sek|dkk|kr(?:oner|onor)?|chf"
_AMOUNT = re.compile(
    rf"(?:(?<!\w)(?P<before>{_CURRENCY})\s?(?P<first>{_NUMBER})"
    rf"|(?<![\w.,-])(?P<second>{_NUMBER})\s?(?P<after>{_CURRENCY}))(?!\w)",
    re.IGNORECASE,
)
_CURRENCIES = {
    "EUR": ("€", "eur", "euro", "euros"),
    "USD": ("$", "usd", "dollar", "dollars", "bucks"),
    "GBP": ("£", "gbp", "pound", "pounds", "quid"),
    "NOK": ("nok", "kr", "kroner"),
    "SEK": ("sek", "kronor"),
    "DKK": ("dkk",),
    "CHF": ("chf",),
}
_CURRENCY_OF = {word: code for code, words in _CURRENCIES.items() for word in words}


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

    def find(self, text: str, today: date) -> list[Entity]:
        """The entities of `text`, in its order and without overlaps; relative dates count from `today`."""
        text = text[:_LONGEST_TEXT].replace("’", "'")
        kept: list[Entity] = []
        for entity in self._candidates(text, today):
            if all(entity.end <= other.start or other.end <= entity.start for other in kept):
                kept.append(entity)
        return sorted(kept, key=lambda entity: entity.start)

    def _candidates(self, text: str, today: date) -> Iterator[Entity]:
        """Everything found, the most certain kinds first."""
        for found in _EMAIL.finditer(text):
            yield Entity("email", found[0].lower(), *found.span(), found[0])
        for found in _INVOICE.finditer(text):
            yield Entity("invoice_number", f"INV-{found[1]}-{found[2]}", *found.span(), found[0])
        yield from self._orders(text)
        yield from _amounts(text)
        written = list(find_dates(text, today))
        for start, end, day in written:
            yield Entity("date", day.isoformat(), start, end, text[start:end])
        yield from self._phones(text)
        yield from self._named_things(text)
        yield from self._names(text)

    def _orders(self, text: str) -> Iterator[Entity]:
        if (numbers := self._order_numbers) is None or self.business is None:
            return
        for start, end, value in numbers.find(text):
            yield Entity("order_number", value, start, end, text[start:end])
        for found in _BARE_ORDER.finditer(text):
            value = re.sub(r"\d+$", found[1], self.business.order_number.example)
            if numbers.strict.fullmatch(value):
                yield Entity("order_number", value, *found.span(1), found[1])

    @cached_property
    def _order_numbers(self) -> OrderNumbers | None:
        return order_numbers(self.business.order_number.pattern) if self.business else None

    def _phones(self, text: str) -> Iterator[Entity]:
        if sum(character.isdigit() for character in text) < 6:
            return
        for found in phonenumbers.PhoneNumberMatcher(text, self._country):
            value = phonenumbers.format_number(found.number, phonenumbers.PhoneNumberFormat.E164)
            yield Entity("phone", value, found.start, found.end, found.raw_string)

    @cached_property
    def _country(self) -> str | None:
        if self.business is None:
            return None
        try:
            number = phonenumbers.parse(self.business.contacts.phone)
        except phonenumbers.NumberParseException:
            return None
        return phonenumbers.region_code_for_country_code(number.country_code or 0)

    def _named_things(self, text: str) -> Iterator[Entity]:
        for span in self._ruler(text).ents:
            of_follows = text[span.end_char :].lstrip().startswith("of ")  # "a big fan of yours"
            if not (span.label_ == "product" and of_follows):
                yield Entity(span.label_, span.ent_id_, span.start_char, span.end_char, span.text)

    @cached_property
    def _ruler(self) -> Language:
        """A blank spaCy pipeline with the names of products and remedies."""
        nlp = spacy.blank("en")
        ruler = nlp.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER"})
        ruler.add_patterns(list(_patterns(self.business)))  # type: ignore[attr-defined]
        return nlp

    def _names(self, text: str) -> Iterator[Entity]:
        for start, end, value in find_names(text):
            yield Entity("name", value, start, end, text[start:end])
        if self._trained is not None:
            for span in self._trained(text).ents:
                if span.label_ == "PERSON":
                    yield Entity("name", span.text, span.start_char, span.end_char, span.text)

    @cached_property
    def _trained(self) -> Language | None:
        installed = next((name for name in _TRAINED if spacy.util.is_package(name)), None)
        return spacy.load(installed, enable=["tok2vec", "ner"]) if installed else None


def _amounts(text: str) -> Iterator[Entity]:
    for found in _AMOUNT.finditer(text):
        number = Price.fromstring(found["first"] or found["second"]).amount_float
        currency = _CURRENCY_OF.get((found["before"] or found["after"]).lower())
        if number is not None and currency:
            yield Entity("amount", {"amount": number, "currency": currency}, *found.span(), found[0])


def _patterns(business: Business | None) -> Iterator[dict[str, Any]]:
    """What the ruler looks for; a model number also without its hyphen."""
    for product in business.products if business else ():
        for name in (product.name, *product.aliases):
            for form in (name, f"{name}s"):
                yield {"label": "product", "pattern": form, "id": product.id}
        for model in product.models:
            for form in {model, model.replace("-", ""), model.replace("-", " ")}:
                yield {"label": "product", "pattern": form, "id": product.id}
    offered = {remedy.id for remedy in business.remedies} if business else None
    for remedy, forms in _remedy_words().items():
        if offered is None or remedy in offered:
            yield from ({"label": "remedy", "pattern": form, "id": remedy} for form in forms)


def _remedy_words() -> dict[str, Iterable[str]]:
    words: dict[str, Iterable[str]] = YAML(typ="safe", pure=True).load(_REMEDIES.read_text(encoding="utf-8"))
    return words
