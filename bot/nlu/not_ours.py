"""Names of products that mean none of ours: others' things, "a sofa from another company", people, words as such."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from bot.nlu.packaged import read_packaged

Named = tuple[int, int, str]
"""Start, end and id of a product in a text."""

_NEAR = 60  # characters before and behind a name that are looked at
_WORDS_BETWEEN = 5


@dataclass(frozen=True)
class _Ways:
    """`anywhere` is in every text that has one of the others, which begin right behind a name or end right before it.

    But for `later`, which begins somewhere behind it.
    """

    anywhere: re.Pattern[str]
    own: re.Pattern[str]
    behind: re.Pattern[str]
    later: re.Pattern[str]
    before: re.Pattern[str]
    explained: re.Pattern[str]
    asked: re.Pattern[str]
    meant: re.Pattern[str]
    said_in: re.Pattern[str]
    relative: re.Pattern[str]
    introduced: re.Pattern[str]
    titled: re.Pattern[str]
    people: re.Pattern[str]
    is_something: re.Pattern[str]


def ours(text: str, products: Sequence[Named]) -> Iterator[Named]:
    """Those of `products` in `text` that are not somebody else's things or words that are explained."""
    if not products or not _ways().anywhere.search(text):
        yield from products
        return
    for each in products:
        stop = min((start for start, _, _ in products if start >= each[1]), default=len(text))
        if not (_is_others(text, each, stop) or _is_somebody(text, each) or _is_a_word(text, each)):
            yield each


def _is_others(text: str, product: Named, stop: int) -> bool:
    """Whether somebody else sells `product`; what is said of the next, which begins at `stop`, does not count."""
    ways, (start, end, _) = _ways(), product
    before = max(0, start - _NEAR), start
    if ways.own.search(text, *before):
        return False
    if ways.behind.match(text, end, stop) or ways.before.search(text, *before):
        return True
    return ways.later.search(text, end, min(stop, end + 2 * _NEAR)) is not None


def _is_somebody(text: str, product: Named) -> bool:
    """Whether `product` is what somebody is, or is called: "a native speaker", "my daughter Alva", "Mr Krone"."""
    ways, (start, end, _) = _ways(), product
    before = max(0, start - _NEAR), start
    return bool(
        ways.relative.search(text, *before)
        or ways.titled.search(text, *before)
        or ways.introduced.match(text, end)
        or any(found.start() <= start < found.end() for found in ways.people.finditer(text, before[0]))
    )


def _is_a_word(text: str, product: Named) -> bool:
    """Whether it is asked or told what a `product`'s name means."""
    ways, (start, end, _) = _ways(), product
    before = max(0, start - _NEAR), start
    return bool(
        ways.explained.match(text, end)
        or (ways.meant.match(text, end) and ways.asked.search(text, *before))
        or (ways.is_something.match(text, end) and ways.said_in.search(text, *before))
    )


@cache
def _ways() -> _Ways:
    words = {kind: "|".join(forms) for kind, forms in read_packaged("products_en.yml").items()}
    others, languages = rf"(?:{words['others']})\b", rf"in (?:{words['languages']})\b"
    origin = rf"(?:from|by) {others}"
    title = rf"(?:{words['titles']})\b\.? "
    people = rf"(?:{words['people']})\b"
    family = rf"(?:my|our|his|her) (?:[\w-]+ )?(?:{words['family']})\b"
    bought = rf"(?:{words['bought']}) (?:(?:{words['elsewhere']})\b|{origin})"
    quote = r"[\"'”“‘]?"
    forms = {
        "own": rf"\b(?:{words['own']}) \Z",
        "anywhere": rf"\b(?:{others}|(?:{words['elsewhere']})\b|{languages}|as we (?:call|say)|mean\b|{family}|{title}"
        rf"|{people})",
        "behind": rf"(?: (?!(?:{words['parting']})\b)[\w'-]+){{0,{_WORDS_BETWEEN}}}? {origin}"
        rf"|,? (?:(?:which|that) )?{bought}",
        "later": rf"\b(?:{words['standing_for']}) (?:(?:is|was) )?(?:{origin}|{bought})",
        "before": rf"\b{others}(?:'s (?:[\w-]+ )?| |\b[^.!?\n]*\b(?:{words['owned']}) (?:[\w-]+ )?)\Z",
        "explained": rf"{quote} (?:is|means) (?:(?:the|a|an) )?\w+(?: \w+)? {languages}|{quote},? as we (?:call|say)\b",
        "asked": rf"\b(?:does|do|did|what's)(?: the word| the name)? {quote}\Z",
        "meant": rf"{quote} mean\b",
        "relative": rf"\b{family},? (?:(?:is |also |who is |who's )*(?:called|named) )?\Z",
        "titled": rf"\b{title}\Z",
        "people": rf"\b{people}",
        "introduced": rf",? (?:is )?{family}(?=\s*(?:[,.!?;)]|\Z))",
        "said_in": rf"\b{languages},? (?:the word )?{quote}\Z",
        "is_something": rf"{quote} (?:is|means)\b",
    }
    return _Ways(**{kind: re.compile(form, re.IGNORECASE) for kind, form in forms.items()})
