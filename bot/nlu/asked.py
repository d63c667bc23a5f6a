"""The questions that a message asks, where it asks more than one.

Marks end a question in any language. Those that are joined, "how long does it take and can I pay later", and those
without a mark are told by English words.
"""

import re

from bot.nlu.sentences import sentences

_FEWEST_WORDS = 3  # of a question: "Hello?" and "Really?" ask nothing

_OPENING = (
    r"(?:how|what|what's|whats|when|where|where's|which|who|whom|whose|why|can|could|may|do|does|did|don't|is|isn't|are"
    r"|will|would|should|shall|have|has|if|whether)\b"
)
_JOINED = re.compile(rf"[,;]?\s+(?:and also|and|also|plus|&|oh and)\s+(?={_OPENING})|,\s+(?={_OPENING})", re.IGNORECASE)
_LEADING = (
    r"(?:hi|hello|hey|and|also|plus|so|ok|oh|please|pls|then|but|first|firstly|second|secondly|tell me"
    r"|i(?:'d like| want| need) to know)\b[,:!]?\s+"
)
_ASKS = re.compile(rf"(?:{_LEADING})*{_OPENING}", re.IGNORECASE)
_MARKS = ("?", "？", "؟")


def questions(text: str) -> list[str]:
    """The questions of `text` in its order; none where it asks less than two."""
    parts = (part for sentence in sentences(text) for part in _JOINED.split(sentence))
    asked = [part for part in parts if len(part.split()) >= _FEWEST_WORDS and _asks(part)]
    return asked if len(asked) > 1 else []


def _asks(part: str) -> bool:
    return part.rstrip().endswith(_MARKS) or _ASKS.match(part) is not None
