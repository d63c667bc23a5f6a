"""The sentences of a text, as far as their punctuation tells."""

import re
from collections.abc import Iterator

from bot.nlu.spans import Span

_END = re.compile(r"(?<=[.!?…])\s+|\n+")


def sentence_spans(text: str) -> Iterator[Span]:
    """Where each begins and ends, without the space around it."""
    start = 0
    for end, following in [*(found.span() for found in _END.finditer(text)), (len(text), len(text))]:
        said = text[start:end].strip()
        if said:
            begin = text.index(said, start)
            yield begin, begin + len(said)
        start = following


def sentences(text: str) -> list[str]:
    """What each says."""
    return [text[start:end] for start, end in sentence_spans(text)]
