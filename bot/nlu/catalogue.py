"""Products and remedies by the names that customers have for them; phrases are found by a blank spaCy pipeline."""

import re
from collections.abc import Iterator
from itertools import product as every
from itertools import zip_longest
from string import ascii_lowercase
from typing import Any

import spacy

from bot.business import Business, Product
from bot.nlu.not_ours import ours
from bot.nlu.slips import doubled, exchanged, left_out
from bot.nlu.spans import overlap
from bot.nlu.wishes import Mention, Wordings

_LONG_WORD = 7  # letters from which a word may be misspelt: no other word is likely to be so near
_SHORT_WORD = 4  # the same beside another word of the name
_SHORT_NAME = 3  # letters

_GOES_ON = re.compile(r"[-_/]\d")  # a serial number that begins like a model

# Before the name of a product that is a word as well, with its capital: "would the Ro fit".
_OF_A_THING = r"(?:[Tt]he|[Mm]y|[Oo]ur|[Aa]n?|[Yy]our|[Tt]h(?:is|at|ese|ose)|[Ff]or|[Tt]wo|\d+|[Aa]nd|[Oo]r|[Ww]ith) "

# Labels of the spans that the pipeline finds.
_PRODUCT, _REMEDY, _OTHER = "product", "remedy", "other"


class Catalogue:
    """What a business sells and offers; without a business every remedy that has words, and no product.

    `words` are the names of its products in small letters, `remedies` the ids of what it offers.
    """

    def __init__(self, business: Business | None) -> None:
        self._wordings = Wordings({each.id for each in business.remedies} if business else None)
        self.remedies = (
            frozenset(each.id for each in business.remedies) if business else frozenset(self._wordings.phrases)
        )
        self._nlp = spacy.blank("en")
        ruler = self._nlp.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER"})
        ruler.add_patterns([*_patterns(business, self._wordings)])  # type: ignore[attr-defined]
        products = business.products if business else ()
        self.words = frozenset(name.lower() for each in products for name in (each.name, *each.aliases))
        self._proper = {name: each.id for each in products if (name := each.name.split()[0]).lower() not in self.words}
        self._called = re.compile(rf"\b{_OF_A_THING}({'|'.join(map(re.escape, self._proper)) or '(?!)'})s?\b")

    def find(self, text: str) -> tuple[list[Mention], list[tuple[int, int, str]]]:
        """Where `text` names remedies, asked for or not; start, end and id of the products of ours that it names."""
        mentions = [*self._wordings.find(text)]
        worded = [each.span for each in mentions]
        products = []
        for span in self._nlp(text).ents:
            start, end = span.start_char, span.end_char
            if span.label_ == _PRODUCT and not _GOES_ON.match(text, end):
                products.append((start, end, span.ent_id_))
            elif span.label_ == _REMEDY and not any(overlap((start, end), each) for each in worded):
                mentions.append(Mention(span.ent_id_, (start, end), (start, end)))
        products += [(*found.span(1), self._proper[found[1]]) for found in self._called.finditer(text)]
        return mentions, [*ours(text, products)]


def _patterns(business: Business | None, wordings: Wordings) -> Iterator[dict[str, Any]]:
    for product in business.products if business else ():
        for form in _spellings(product) | _misspellings(product):
            yield {"label": _PRODUCT, "pattern": form, "id": product.id}
    for remedy, phrases in wordings.phrases.items():
        yield from ({"label": _REMEDY, "pattern": phrase, "id": remedy} for phrase in phrases)
    yield from ({"label": _OTHER, "pattern": phrase} for phrase in wordings.other)


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
            slips = _usual_slips(word) if len(word) >= (_LONG_WORD if len(words) == 1 else _SHORT_WORD) else set()
            forms |= {" ".join([*words[:place], slip, *words[place + 1 :]]) for slip in slips}
    first, *_, last = product.name.lower().split() * 2
    if first != last and len(first) > _SHORT_NAME:
        wrong = {first[:at] + letter + first[at + 1 :] for at in range(len(first)) for letter in ascii_lowercase}
        forms |= {f"{slip} {last}" for slip in wrong | _usual_slips(first)}
    return forms


def _usual_slips(word: str) -> set[str]:
    """`word` with a letter left out, doubled, or exchanged with the next one; its first letter stays."""
    return left_out(word) | doubled(word) | exchanged(word)
