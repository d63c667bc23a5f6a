"""Places in a text."""

from collections.abc import Iterable

Span = tuple[int, int]
"""The characters `text[start:end]`, as (start, end)."""


def overlap(one: Span, other: Span) -> bool:
    """Whether both have a character in common."""
    return one[0] < other[1] and other[0] < one[1]


def blanked(text: str, spans: Iterable[Span]) -> str:
    """`text` with blanks for what stands in `spans`, as long as before."""
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text
