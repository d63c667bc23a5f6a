"""E-mail addresses and telephone numbers in a text."""

import re
from collections.abc import Iterator

import phonenumbers
from spacy.lang.en.stop_words import STOP_WORDS

_LOCAL = r"(?<![\w.+-])[a-z0-9](?:[\w.+'%-]*\w)?"
_WRITTEN = re.compile(rf"{_LOCAL}\s?@\s?[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{{2,}}(?![\w-])", re.IGNORECASE)
_AT, _DOT = r"(?:\s?[(\[{]\s?at\s?[)\]}]\s?|\sat\s)", r"(?:\s?[(\[{]\s?dot\s?[)\]}]\s?|\sdot\s)"
_SIGNS = {"underscore": "_", "dash": "-", "hyphen": "-", "plus": "+"}
_SIGN = rf"\s(?:{'|'.join(_SIGNS)})\s"
_SPOKEN = re.compile(
    rf"\b(?P<local>[a-z0-9][\w.+-]*(?:(?:{_DOT}|{_SIGN})[\w+-]+)*)"
    rf"(?P<at>{_AT})(?P<domain>[\w-]+(?:(?:{_DOT}|\.)[\w-]+)+)",
    re.IGNORECASE,
)
_NO_LOCALS = STOP_WORDS | {"look", "looked", "looking", "shop", "shopping", "bought", "buy", "ordered", "order", "saw"}

_MANY_DIGITS = re.compile(r"(?:\d[\s()./-]{0,3}){6}")
# Numbers of other things, such as "parcel no. 91234567"; a number that goes on from letters or digits is one as well.
_OF_A_THING = re.compile(
    r"(?:\b(?:parcel|package|shipment|track(?:ing)?|serial|customer|member(?:ship)?|order|invoice|case|ticket|ref(?:erence)?"
    r"|ean|barcode|article|item|account|card|code|voucher|iban|kid|id|sn|org(?:ani[sz]ation)?|company|vat|tax|batch|lot"
    r"|model|product|part|passport|booking|reservation|receipt|transaction|payment|meter|postcode|zip|imei|pin|points?"
    r"|purchase order|po|delivery note|creditor|debtor|client|supplier|vendor|contract|policy|plz|cvr|hrb|nip|kvk|reg"
    r"|lieferschein|(?:kunden?|bestell|rechnungs|auftrags|vertrags)(?:nummer|nr))s?\.?"
    r"(?:[ -](?:number|nummer|num|no|nr|id|code|ending))?"
    r"(?: (?:on|of|at|in|under|inside|from|for) (?:\w+ ){0,3}\w+| with (?:you|us))?"
    r"[\s.:#]*(?:(?:is|was|are|says|reads|in)\s)?|[\w-])\Z",
    re.IGNORECASE,
)


def find_emails(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and normal form of the addresses in `text`, also of those written "name at domain dot com"."""
    for found in _WRITTEN.finditer(text):
        yield *found.span(), re.sub(r"\s", "", found[0]).lower()
    for found in _SPOKEN.finditer(text):
        bracketed = found["at"].strip()[0] in "([{"
        dotted = re.search(_DOT, found["domain"], re.IGNORECASE)
        if bracketed or (dotted and found["local"].lower() not in _NO_LOCALS):
            local, domain = (re.sub(_DOT, ".", found[part], flags=re.IGNORECASE) for part in ("local", "domain"))
            local = re.sub(_SIGN, lambda sign: _SIGNS[sign[0].strip().lower()], local, flags=re.IGNORECASE)
            yield *found.span(), f"{local}@{domain}".lower()


def find_phones(text: str, country: str | None) -> Iterator[tuple[int, int, str]]:
    """Start, end and E.164 form of the telephone numbers in `text`; without a prefix they are of `country`.

    Those with a prefix need not be in use: lists of other countries' ranges are never quite up to date.

    `country` is an ISO 3166 code; None takes international numbers only.
    """
    if not _MANY_DIGITS.search(text):  # which is faster to see
        return
    possible = phonenumbers.PhoneNumberMatcher(text, None, leniency=phonenumbers.Leniency.POSSIBLE)
    international = [found for found in possible if found.raw_string.startswith("+")]
    for found in (*phonenumbers.PhoneNumberMatcher(text, country), *international):
        if found.raw_string.startswith("+") or not _OF_A_THING.search(text, 0, found.start):
            yield found.start, found.end, phonenumbers.format_number(found.number, phonenumbers.PhoneNumberFormat.E164)
