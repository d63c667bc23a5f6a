"""Sums of money in a text; price-parser reads the figures, whichever way they are grouped."""

import re
from collections.abc import Iterator
from typing import Any

from price_parser import Price

from bot.nlu.numbers import CARDINAL, number

_NAMES = {
    "EUR": "€ eur euro euros",
    "USD": "$ us$ usd dollar dollars bucks buck",
    "GBP": "£ gbp pound pounds quid",
    "NOK": "nok kr kr. kroner krone crowns",
    "SEK": "sek kronor",
    "DKK": "dkk",
    "CHF": "chf franc francs",
    "PLN": "pln zł zl zloty zlotys złoty złotych złote",
    "CZK": "czk kč koruna korunas korun",
    "HUF": "huf ft forint forints",
    "RON": "lei",
    "BGN": "bgn лв",
    "UAH": "uah ₴ hryvnia hryvnias",
    "TRY": "₺ lira liras",
    "CAD": "c$ ca$ cad",
    "AUD": "a$ au$ aud",
    "JPY": "¥ jpy yen",
    "INR": "₹ inr rupees",
    "ISK": "isk",
}
_OF_COUNTRIES = {
    "norwegian": "NOK", "swedish": "SEK", "danish": "DKK", "swiss": "CHF", "polish": "PLN", "british": "GBP",
    "czech": "CZK", "us": "USD", "american": "USD", "canadian": "CAD", "australian": "AUD", "icelandic": "ISK",
}  # fmt: skip
_CROWNS, _CROWNS_OF = ("kr", "kr.", "krone", "crowns"), {"SE": "SEK", "DK": "DKK"}
_CODES = {name: code for code, names in _NAMES.items() for name in names.split()}
_CURRENCY = "|".join(re.escape(name) for name in sorted(_CODES, key=len, reverse=True))
_COUNTRY = "|".join(_OF_COUNTRIES)
_FIGURE = r"\d{1,3}(?:[ .,'\u00a0]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?"
_DASH = r"(?:,-|,–|:-|\.-)"  # as Norwegians write it: 499,-
_CENTS = r"(?:\s?(?:and|,|&)?\s(?P<cents>\d{1,2})\s(?:cents?|pence|p(?!\.?m\b)|øre|öre|ører)\b)?"
_PALLET = r"[\s-]pal(?:l?ett?e?|let)s?\b"  # "two euro pallets"
_AMOUNT = re.compile(
    rf"(?<!\w)(?P<before>{_CURRENCY})\s?(?P<first>{_FIGURE})(?P<k>k)?(?:{_DASH}|(?!\w))"
    rf"|(?<![\w.,:/-])(?P<second>{_FIGURE}|{CARDINAL})(?P<thousands>\s?k)?\s?(?:(?P<country>{_COUNTRY})\s)?"
    rf"(?P<after>{_CURRENCY})(?!\w)(?!{_PALLET}){_CENTS}"
    rf"|(?<![\w.,:/-])(?P<bare>{_FIGURE}){_DASH}(?![\w-])",
    re.IGNORECASE,
)
_FEWEST = {"krone": 10, "ft": 1000}  # fewer, "two Krone lamps", may be a product, and "150 ft" of cable are feet
_WEIGHT = re.compile(r"\b(?:weigh\w*|heavy|lifts?|holds?|carr(?:y|ies))\b[^.!?]*$", re.IGNORECASE)  # "5 pounds"
_HEAVIER = re.compile(r"\s(?:heavier|lighter|overweight|heavy|(?:of|in) weight|more weight)\b", re.IGNORECASE)


def find_amounts(text: str, country: str | None) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Start, end and {"amount": number, "currency": ISO 4217 code} of the sums in `text`.

    `country`, an ISO 3166 code, tells whose crowns are meant by "kr" and "499,-": Norwegian ones, if by no other.
    """
    for found in _AMOUNT.finditer(text):
        name = (found["before"] or found["after"] or "kr").lower()
        if name.startswith("pound") and (_WEIGHT.search(text, 0, found.start()) or _HEAVIER.match(text, found.end())):
            continue
        currency = _OF_COUNTRIES.get((found["country"] or "").lower()) or _CODES[name]
        if name in _CROWNS and not found["country"]:
            currency = _CROWNS_OF.get(country or "", currency)
        value = _value(found["first"] or found["second"] or found["bare"])
        if found["k"] or found["thousands"]:
            value *= 1000
        value = round(value + int(found["cents"] or 0) / 100, 2)
        if value < _FEWEST.get(name, 0):
            continue
        yield *found.span(), {"amount": value, "currency": currency}


def _value(said: str) -> float:
    figure = Price.fromstring(said.replace("'", " ")).amount_float if said[0].isdigit() else None
    return float(number(said)) if figure is None else figure
