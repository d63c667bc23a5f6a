"""Products and remedies by the names that customers have for them, found by a blank spaCy pipeline."""

import re
from collections.abc import Iterator
from itertools import product as every
from itertools import zip_longest
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import spacy
from ruamel.yaml import YAML
from spacy.tokens import Span

from bot.business import Business, Product

_FILE = Path(__file__).with_name("remedies_en.yml")
_LONG_WORD = 7  # letters from which a word may be misspelt: no other word is likely to be so near
_SHORT_NAME = 3  # letters

_GOES_ON = re.compile(r"[-_/]\d")  # a serial number that begins like a model

# Labels of the spans that the pipeline finds.
_PRODUCT, _NAMED, _ASKED, _OTHER = "product", "named", "asked", "other"


class Catalogue:
    """What a business sells and offers; without a business every remedy that has words, and no product."""

    def __init__(self, business: Business | None) -> None:
        data = YAML(typ="safe", pure=True).load(_FILE.read_text(encoding="utf-8"))
        words = {name: rf"(?:{'|'.join(data[name])})" for name in ("asking", "not_asking", "refusing", "missing")}
        self._asking = re.compile(rf"\b{words['asking']}\b", re.IGNORECASE)
        self._not_asking = re.compile(rf"\b{words['not_asking']}\b", re.IGNORECASE)
        self._refusing = re.compile(
            rf"\b{words['refusing']}(?:\s(?:an?|any|another|more|the|your|to|be|get|have|whole|brand))*\s*$",
            re.IGNORECASE,
        )
        self._missing = re.compile(rf"\s{words['missing']}\b", re.IGNORECASE)
        self._nlp = spacy.blank("en")
        ruler = self._nlp.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER"})
        ruler.add_patterns([*_patterns(business, data)])  # type: ignore[attr-defined]
        self._nlp.add_pipe("sentencizer")
        products = business.products if business else ()
        self.words = frozenset(name.lower() for each in products for name in (each.name, *each.aliases))

    def find(self, text: str) -> Iterator[tuple[str, int, int, str]]:
        """Kind ("product" or "remedy"), start, end and id of what `text` names, but for remedies it refuses."""
        for span in self._nlp(text).ents:
            if span.label_ == _PRODUCT and not _GOES_ON.match(text, span.end_char):
                yield "product", span.start_char, span.end_char, span.ent_id_
            elif span.label_ in (_NAMED, _ASKED) and self._is_wanted(span):
                yield "remedy", span.start_char, span.end_char, span.ent_id_

    def _is_wanted(self, span: Span) -> bool:
        sentence, start = span.sent.text, span.sent.start_char
        before, after = sentence[: span.start_char - start], sentence[span.end_char - start :]
        if self._refusing.search(before) and not self._missing.match(after):
            return False
        asks = not before.strip() or self._asking.search(sentence) is not None
        return span.label_ == _NAMED or (asks and self._not_asking.search(sentence) is None)


def _patterns(business: Business | None, data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for product in business.products if business else ():
        for form in _spellings(product) | _misspellings(product):
            yield {"label": _PRODUCT, "pattern": form, "id": product.id}
    for remedy, words in data["remedies"].items():
        if business is None or business.remedy(remedy):
            for label in (_NAMED, _ASKED):
                yield from ({"label": label, "pattern": form, "id": remedy} for form in words[label])
    yield from ({"label": _OTHER, "pattern": phrase} for phrase in data["other"])


def _spellings(product: Product) -> set[str]:
    """Names in the singular and plural, and models; each with its parts apart, hyphenated and in one."""
    names = (product.name, *product.aliases)
    forms = {form for name in names for form in _joined(re.split(r"[ -]", name))}
    for name in names:
        if name.isalpha() and len(name) > _LONG_WORD:
            forms |= {f"{name[:place]} {name[place:]}" for place in range(3, len(name) - 2)}  # "arm chair"
    models = {form for model in product.models for form in _joined(re.split(r"[ -]", model))}
    plurals = {f"{form[:-1]}ves" if form.endswith("f") else f"{form}s" for form in forms}
    return forms | plurals | models


def _joined(parts: list[str]) -> set[str]:
    between = every((" ", "-", ""), repeat=len(parts) - 1)
    return {"".join(part + gap for part, gap in zip_longest(parts, gaps, fillvalue="")) for gaps in between}


def _misspellings(product: Product) -> set[str]:
    """A wrong letter in the name where its kind stands beside it, "alfa lamp", and a usual slip in a long word."""
    forms = set()
    for name in (product.name, *product.aliases):
        words = name.lower().split()
        for place, word in enumerate(words):
            slips = _slips(word) if len(word) >= _LONG_WORD else set()
            forms |= {" ".join([*words[:place], slip, *words[place + 1 :]]) for slip in slips}
    first, *_, last = product.name.lower().split() * 2
    if first != last and len(first) > _SHORT_NAME:
        wrong = {first[:at] + letter + first[at + 1 :] for at in range(len(first)) for letter in ascii_lowercase}
        forms |= {f"{slip} {last}" for slip in wrong | _slips(first)}
    return forms


def _slips(word: str) -> set[str]:
    """`word` with a letter left out, doubled, or exchanged with the next one; its first letter stays."""
    places = range(1, len(word))
    left_out = {word[:at] + word[at + 1 :] for at in places}
    doubled = {word[:at] + word[at] + word[at:] for at in places}
    return left_out | doubled | {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in places[:-1]}
