"""The questions that a message asks, where it asks more than one.

Marks end a question, in languages that part their words by spaces. Those that are joined, "how long does it take and
can I pay later", and those without a mark are told by English words.
"""

import re

from bot.nlu.sentences import sentences

_FEWEST_WORDS = 3  # of a question: "Hello?" and "Really?" ask nothing
_MOST = 4  # questions of a message that are looked at

_OPENING = (
    r"(?:how|what|when|where|which|why|can|could|do|does|did|don't|doesn't|didn't|is|isn't|are|aren't|will|won't|would"
    r"|should|shall)\b"
)
_LEADING = (
    r"(?:(?:hi|hello|hey|and|also|plus|so|ok|oh|please|pls|then|but|first|firstly|second|secondly|tell me"
    r"|i(?:'d like| want| need) to know)\b[,:!]?\s+)*"
)
_AND = rf"[,;]?\s+(?:and also|and|also|plus|&|oh and)\s+(?={_OPENING})"
_JOINED = re.compile(_AND, re.IGNORECASE)
_LISTED = re.compile(rf"{_AND}|,\s+(?!wh(?:ich|ere|en)\b)(?={_OPENING})", re.IGNORECASE)  # not "the lamp, which"
_ASKS = re.compile(rf"{_LEADING}{_OPENING}", re.IGNORECASE)
# "If I order today, when will it come?" asks one thing.
_CONDITION = re.compile(rf"{_LEADING}(?:if|when|while|as|since|because|once|before|after)\b", re.IGNORECASE)
_MARKS = ("?", "？", "؟")


def questions(text: str) -> list[str]:
    """The questions of `text` in its order, four at most; none where it asks less than two."""
    parts = (part for sentence in sentences(text) for part in _parts(sentence))
    asked = [part for part in parts if len(part.split()) >= _FEWEST_WORDS and _asks(part)]
    return asked[:_MOST] if len(asked) > 1 else []


def _parts(sentence: str) -> list[str]:
    return (_JOINED if _CONDITION.match(sentence) else _LISTED).split(sentence)


def _asks(part: str) -> bool:
    return part.rstrip().endswith(_MARKS) or _ASKS.match(part) is not None
