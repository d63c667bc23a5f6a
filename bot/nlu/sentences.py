"""Where sentences end, as far as punctuation tells."""

import re
from collections.abc import Iterator

from bot.nlu.spans import Span

# Of English, of languages that are written alike, of Arabic and of Hindi. A new line ends a sentence too: whoever
# writes in lines leaves out the full stops.
_END = re.compile(r"(?<=[.!?…؟।])\s+|\n+")


def sentences(text: str) -> list[str]:
    """What each sentence of `text` says."""
    return [text[start:end] for start, end in sentence_spans(text)]


def sentence_spans(text: str) -> Iterator[Span]:
    """Where each begins and ends, without the space around it."""
    return parts(text, _END)


def parts(text: str, between: re.Pattern[str]) -> Iterator[Span]:
    """The same for what `between` parts `text` into, where that is something else than sentences."""
    start = 0
    for end, following in [*(found.span() for found in between.finditer(text)), (len(text), len(text))]:
        said = text[start:end].strip()
        if said:
            begin = text.index(said, start)
            yield begin, begin + len(said)
        start = following


def around(text: str, place: Span, ends: re.Pattern[str]) -> tuple[int, re.Match[str] | None]:
    """Where what stands around `place` begins, after the last of `ends` before it, and the first of them behind it."""
    start, end = place
    begin = max((found.end() for found in ends.finditer(text, 0, start)), default=0)
    return begin, ends.search(text, end)
