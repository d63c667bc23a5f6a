r"""Order numbers as customers write them: fj123456, FJ 123 456, order 123456, #123456.

The shape is a regular expression of the business's own. It is loosened token by token and not as
text, so that classes such as [A-Z] and alternatives such as A\d{4}|B\d{6} stay what they are.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, combinations, pairwise, takewhile

# What a hyphen, ^ or $ may be part of, so that it stays as it is; each of the rest is one character.
_TOKEN = re.compile(
    r"""\\N\{[^}]*\}|\\.               # escaped
      | \[\^?\]?(?:\\.|[^\]\\])*\]     # a class
      | \(\?\#[^)]*\)                  # a comment
      | \(\?[aimsux]+\)                # flags of the whole pattern
      | \(\?[aimsux]*-[imsx]+:         # flags of a group
      | .""",
    re.VERBOSE | re.DOTALL,
)
_FIGURE = r"[\doOlI]"  # and the letters that look like one, of which beside a figure nothing else is meant
_LETTER_O, _LETTER_L = (re.compile(rf"(?<=\d){look}+|{look}(?={look}*\d)") for look in ("[oO]", "[lI]"))
_FLAGS = re.compile(r"\(\?[aimsux]+\)")
_HYPHENS = ("-", r"\-")
_SEPARATORS = r"[-–—_.:#/\s]"  # what customers write for a hyphen
_ANCHORS = ("^", "$", r"\A", r"\Z")  # a number may stand anywhere in a message
_MOST_HYPHENS = 3  # of those left out that are tried in every place
_LONGEST = 30  # characters of a number in which hyphens are looked for

# Where digits alone are an order number: after "order", after #, after another one, with nothing beside them, or
# anywhere if they are as many as in one and neither an amount nor said to be something else's.
_DIGITS = r"#?\s?(\d(?:[ ]?\d)+)(?!\w)"
_AFTER_ORDER = re.compile(
    r"\b(?:order|purchase)(?:'?s|number|nr|no|num|id)?"
    r"(?:\s*(?:numbers?|num|nos?|nr|id|code|ref(?:erence)?|is|was|are|(?:should|must|might|may)"
    r"(?: have been| be)?|it's|its|the|and|called|says?|with"
    r"|in question|on (?:the|my) \w+|confirmation|i (?:placed|made)|[:.=()]))*"
    rf"\s*{_DIGITS}",
    re.IGNORECASE,
)
_BEFORE_ORDER = re.compile(rf"{_DIGITS}(?=,? (?:is|was|that'?s|that is|it'?s) (?:my|the) order\b)", re.IGNORECASE)
_AFTER_NUMBER = re.compile(
    rf"\b(?:the|my|this|that|your) (?:number|no|nr)\.?(?: (?:here|again|i have))?\s?(?::|is:?|was:?)\s{_DIGITS}",
    re.IGNORECASE,
)
_AFTER_HASH = re.compile(r"(?<![\w&])(?=#)" + _DIGITS)
_AFTER_ANOTHER = re.compile(rf"\s*(?:,|/|&|\+|\b(?:and|or|plus)\b)\s*{_DIGITS}", re.IGNORECASE)
_ALONE = re.compile(
    r"\W*(?:(?:ok|yes|sure|it's|its|it is|here(?: it is|'s)?|the|my|regarding|about|re"
    rf"|order|number|nr|no|num|id|ref(?:erence)?|is)\b\W*)*{_DIGITS}\W*",
    re.IGNORECASE,
)
_OF_SOMETHING_ELSE = re.compile(
    r"\b(?:codes?|pin|otp|passwords?|passcode|tel|tlf|phone|mob(?:ile)?|fax|accounts?|konto|iban|cards?|customer|client|member(?:ship)?|error"
    r"|article|item|product|model|serial|sku|ean|batch|version|firmware|zip|post ?codes?|postal|ticket|case|tracking"
    r"|parcel|shipment|invoices?|inv|vat|org(?:ani[sz]ation)?|licence|license|bank|birth|born|street|population|over|about"
    r"|delivery note|lieferschein|creditor|debtor|supplier|vendor|contract|policy|plz|cvr|hrb|nip|kvk"
    r"|reg\.? (?:code|no|nr)|(?:kunden?|rechnungs|vertrags)(?:nummer|nr)|than|only|least|cost|costs|paid|charged|price"
    r"|nok|kr|eur|usd|gbp|[€$£])"
    r"(?:\s*(?:numbers?|num|no|nr|id|is|was|are|says?|(?:for|with|at) (?:you|us)|[:.=#,]))*\s*\Z",
    re.IGNORECASE,
)
# "I never got the 6 digit code. Now it came:" before what is a code.
_DIGIT_CODE = re.compile(r"\b\w+[ -]digit (?:code|pin|number)\b[^\n]*\Z", re.IGNORECASE)
# "Storgata 12, Oslo," before a postcode.
_IN_AN_ADDRESS = re.compile(r"[^\W\d_]{3,}\.?\s\d{1,4}[a-zA-Z]?,\s[A-ZÀ-ÞĀ-Ț][\w.' -]{2,30},?\s*\Z")
_COUNTED = re.compile(r"\s*(?:kr\b|kroner|nok|eur|usd|gbp|sek|dkk|€|\$|£|%|,-|times\b)|[.,/:-]\d", re.IGNORECASE)
_LONGEST_PREFIX = 40  # characters before a number that say what it is


@dataclass(frozen=True)
class OrderNumbers:
    """`strict` is the shape of the business, `loose` finds what may be meant by it."""

    strict: re.Pattern[str]
    loose: re.Pattern[str]

    def find(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Start, end and proper spelling of the order numbers in `text`."""
        for found in self.loose.finditer(text):
            written = found[0].rstrip(" -")
            if value := self._proper(written):
                yield found.start(), found.start() + len(written), value

    def find_digits(self, text: str, example: str) -> Iterator[tuple[int, int, str]]:
        """The same for those whose letters were left out; `example` is a number of the business and has them."""
        places = [
            *_AFTER_ORDER.finditer(text),
            *_BEFORE_ORDER.finditer(text),
            *_AFTER_HASH.finditer(text),
            *_AFTER_NUMBER.finditer(text),
        ]
        if alone := _ALONE.fullmatch(text):
            places.append(alone)
        ends = [*(end for _, end, _ in self.find(text)), *(found.end() for found in places)]
        while ends:
            if another := _AFTER_ANOTHER.match(text, ends.pop()):
                places.append(another)
                ends.append(another.end())
        places += _bare(text, len(example) - len(example.rstrip("0123456789")))
        for found in places:
            value = re.sub(r"\d+$", re.sub(r"[\s-]", "", found[1]), example)
            if _evenly_spaced(found[1]) and self.strict.fullmatch(value):
                yield *found.span(1), value

    def _proper(self, written: str) -> str | None:
        """`written` as the shape wants it; without a digit only if it is exactly so, for it may be any word."""
        if self.strict.fullmatch(written):
            return written
        if not any(map(str.isdigit, written)):
            return None
        figures = _LETTER_O.sub("0", _LETTER_L.sub("1", written))
        candidates = chain(_spellings(written), _spellings(figures) if figures != written else ())
        return next((each for each in candidates if self.strict.fullmatch(each)), None)


def order_numbers(pattern: str) -> OrderNumbers:
    """What finds numbers of the shape `pattern`. Raises ValueError, in plain words, for one of no use."""
    try:
        strict = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression ({error})") from None
    if strict.fullmatch(""):
        raise ValueError("this fits an empty text, so it would be found everywhere")
    tokens = [each for each in _TOKEN.findall(pattern) if each not in _ANCHORS and not _FLAGS.fullmatch(each)]
    letters = sum(1 for _ in takewhile(str.isalpha, tokens))
    loosened = "".join(f"{token}[ ]?" for token in tokens[:letters]) + "".join(map(_loosened, tokens[letters:]))
    flags = strict.flags | re.IGNORECASE
    end = "\n" if flags & re.VERBOSE else ""  # of a comment
    for form in (loosened, "".join(tokens)):
        try:
            return OrderNumbers(strict, re.compile(rf"(?<!\w)(?:{form}{end})(?!\w)", flags))
        except re.error:  # such as a hyphen in a look-behind, which must have one length
            continue
    raise ValueError("this cannot be looked for inside a message")


def _bare(text: str, digits: int) -> Iterator[re.Match[str]]:
    """Runs of so many `digits`, perhaps halved by a hyphen, that nothing says to be another number."""
    if digits < 6:
        return  # a year, a price, a postcode
    halves = rf"|\d{{{digits // 2}}}-\d{{{digits - digits // 2}}}"
    for found in re.finditer(rf"(?<![\w.,/+-])(?<!\d )(\d{{{digits}}}{halves})(?![\w-])", text):
        before = text[max(0, found.start() - _LONGEST_PREFIX) : found.start()]
        other = _OF_SOMETHING_ELSE.search(before) or _DIGIT_CODE.search(before) or _IN_AN_ADDRESS.search(before)
        if not other and not _COUNTED.match(text, found.end()):
            yield found


def _loosened(token: str) -> str:
    if token in _HYPHENS:
        return rf"(?:{_SEPARATORS}{{0,3}})"
    return rf"(?:{_FIGURE}[ -]?)" if token == r"\d" else token


def _evenly_spaced(written: str) -> bool:
    """Whether digits with spaces in between are one number: 123 456 and 1 2 3, but not 12345 6."""
    return all(len({len(group) for group in run.split()}) == 1 for run in re.findall(r"\d+(?: \d+)*", written))


def _spellings(written: str) -> Iterator[str]:
    """Ways to write the same in capitals or not, and with hyphens elsewhere."""
    for cased in (written, written.upper(), written.lower()):
        yield cased
        yield re.sub(r"\s", "-", cased)
        if not _evenly_spaced(cased):
            continue
        bare = re.sub(_SEPARATORS, "", cased)[:_LONGEST]
        for hyphens in range(_MOST_HYPHENS + 1):
            for places in combinations(range(1, len(bare)), hyphens):
                yield _with_hyphens(bare, places)


def _with_hyphens(bare: str, places: tuple[int, ...]) -> str:
    ends = (0, *places, len(bare))
    return "-".join(bare[start:end] for start, end in pairwise(ends))
