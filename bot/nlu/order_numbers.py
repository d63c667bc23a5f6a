r"""Order numbers as customers write them: in small letters, with a space for the hyphen or without it.

The shape is a regular expression of the business's own. It is loosened token by token and not as
text, so that classes such as [A-Z] and alternatives such as A\d{4}|B\d{6} stay what they are.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise

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
_FLAGS = re.compile(r"\(\?[aimsux]+\)")
_HYPHENS = ("-", r"\-")
_ANCHORS = ("^", "$", r"\A", r"\Z")  # a number may stand anywhere in a message
_MOST_HYPHENS = 3  # of those left out that are tried in every place
_LONGEST = 30  # characters of a number in which hyphens are looked for


@dataclass(frozen=True)
class OrderNumbers:
    """`strict` is the shape of the business, `loose` finds what may be meant by it."""

    strict: re.Pattern[str]
    loose: re.Pattern[str]

    def find(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Start, end and proper spelling of the order numbers in `text`."""
        for found in self.loose.finditer(text):
            if value := self._proper(found[0]):
                yield *found.span(), value

    def _proper(self, written: str) -> str | None:
        """`written` as the shape wants it; without a digit only if it is exactly so, for it may be any word."""
        if self.strict.fullmatch(written):
            return written
        if not any(map(str.isdigit, written)):
            return None
        return next((each for each in _spellings(written) if self.strict.fullmatch(each)), None)


def order_numbers(pattern: str) -> OrderNumbers:
    """What finds numbers of the shape `pattern`. Raises ValueError, in plain words, for one of no use."""
    try:
        strict = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression ({error})") from None
    if strict.fullmatch(""):
        raise ValueError("this fits an empty text, so it would be found everywhere")
    tokens = [each for each in _TOKEN.findall(pattern) if each not in _ANCHORS and not _FLAGS.fullmatch(each)]
    loosened = "".join("(?:[- ]?)" if token in _HYPHENS else token for token in tokens)
    flags = strict.flags | re.IGNORECASE
    end = "\n" if flags & re.VERBOSE else ""  # of a comment
    for form in (loosened, "".join(tokens)):
        try:
            return OrderNumbers(strict, re.compile(rf"(?<!\w)(?:{form}{end})(?!\w)", flags))
        except re.error:  # such as a hyphen in a look-behind, which must have one length
            continue
    raise ValueError("this cannot be looked for inside a message")


def _spellings(written: str) -> Iterator[str]:
    """Ways to write the same in capitals or not, and with hyphens elsewhere."""
    for cased in (written, written.upper(), written.lower()):
        yield cased
        yield re.sub(r"\s", "-", cased)
        bare = re.sub(r"[-\s]", "", cased)[:_LONGEST]
        for hyphens in range(_MOST_HYPHENS + 1):
            for places in combinations(range(1, len(bare)), hyphens):
                yield _with_hyphens(bare, places)


def _with_hyphens(bare: str, places: tuple[int, ...]) -> str:
    ends = (0, *places, len(bare))
    return "-".join(bare[start:end] for start, end in pairwise(ends))
