"""Which remedies a message names, and which of them the customer asks for.

"I want a refund" asks for one; "how long does a refund take", "no refund needed" and "thanks for the refund" do not.
What tells the ones from the others is learnt from examples.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from bot.nlu.likelihood import Likelihood, fit
from bot.nlu.packaged import read_packaged
from bot.nlu.sentences import around
from bot.nlu.spans import Span, overlap
from bot.nlu.tokens import tokens
from bot.nlu.vectors import Vectors

_LOOSENESS = 3.0
# How much the meaning of the whole message counts beside the words around the remedy.
_MEANING = 3.0
_ASKED = 0.5  # probability
_BEFORE, _AFTER = 12, 8  # words and marks of the sentence that are looked at
_MARKS = re.compile(r"[.!?]+(?=\s|$)|\n")  # at the end of a sentence, of which each tells something of its own
_REMEDY, _BEGIN, _NONE = "REMEDY", "«", "-"


@dataclass(frozen=True)
class Mention:
    """`span` of a text names `remedy`; the rest of it, beside the `core`, may name something else, such as a day."""

    remedy: str
    span: Span
    core: Span


@dataclass(frozen=True)
class _Wording:
    """`pattern` names `remedy`, where `given` is found in the message and `unless` is not."""

    remedy: str
    pattern: re.Pattern[str]
    given: re.Pattern[str] | None = None
    unless: re.Pattern[str] | None = None


class Wordings:
    """What remedies_en.yml has for `remedies`, ids; None for all that it knows."""

    def __init__(self, remedies: Collection[str] | None = None) -> None:
        data = _data()
        known: Mapping[str, Mapping[str, Sequence[str]]] = data["remedies"]
        kept = {remedy: words for remedy, words in known.items() if remedies is None or remedy in remedies}
        self.phrases = {remedy: words["words"] for remedy, words in kept.items()}
        self.other: Sequence[str] = data["other"]
        lacking, no_parts, faulty, overcharged, cheaper = (
            _any(data[kind]) for kind in ("lacking", "no_parts", "faulty", "overcharged", "cheaper")
        )
        self._wordings = [
            _Wording(remedy, _any(words[kind]), given, unless)
            for remedy, words in kept.items()
            for kind, given, unless in (
                ("worded", None, None),
                ("lacking", lacking, no_parts),
                ("faulty", faulty, None),
                ("overcharged", overcharged, cheaper),
            )
            if kind in words
        ]

    def find(self, text: str) -> Iterator[Mention]:
        """What regular expressions find in `text`; no two for one remedy overlap."""
        taken: list[tuple[str, Span]] = []
        for each in self._wordings:
            if (each.given and not each.given.search(text)) or (each.unless and each.unless.search(text)):
                continue
            for match in each.pattern.finditer(text):
                if any(each.remedy == remedy and overlap(match.span(), span) for remedy, span in taken):
                    continue
                taken.append((each.remedy, match.span()))
                begin, stop = match.span(match.lastindex or 0)
                if match.lastindex is None:  # the rest may name a product or a day
                    stop = begin + len(re.split(r"[\s.,!?]", text[begin:stop], maxsplit=1)[0])
                yield Mention(each.remedy, match.span(), (begin, stop))


@dataclass(frozen=True)
class Wishes:
    """What was learnt of remedies: how likely one that is named is asked for."""

    asked: Likelihood

    def among(self, mentions: Sequence[Mention], text: str, vector: Vectors) -> Iterator[Mention]:
        """Those of `mentions` in `text` that the customer asks for; `vector`, shape (d,), is the message's."""
        for each in mentions:
            if self.asked.of(features(text, each, mentions), vector * _MEANING) >= _ASKED:
                yield each


def learn(examples: Sequence[tuple[set[str], bool]], vectors: Vectors) -> Wishes:
    """What `features` of mentions teach that are asked for or not; `vectors` of their messages, a row each."""
    told, right = [features for features, _ in examples], [asked for _, asked in examples]
    return Wishes(fit(told, right, looseness=_LOOSENESS, vectors=vectors * _MEANING))


def features(text: str, mention: Mention, mentions: Sequence[Mention]) -> set[str]:
    """What can be said about `mention`, one of `mentions` in `text`: its words, and those of its sentence."""
    start, end = mention.span
    begin, ended = around(text, mention.span, _MARKS)
    mark = ended[0][0] if ended else _NONE
    before = [*reversed(_masked(text, begin, start, mentions))]
    after = _masked(text, end, ended.start() if ended else len(text), mentions)
    words = text[start:end].lower().split()
    left, right = [*before, *[_BEGIN] * 3], [*after, *[mark] * 3]
    near, then, opening = before[:_BEFORE], after[:_AFTER], before[::-1]
    return {
        f"remedy {mention.remedy}",
        f"named {' '.join(words[:3])}",
        f"verb {words[0]}",
        f"mark {mark}",
        f"length {min(len(before), 4)}",
        f"rest {min(len(after), 4)}",
        f"alone {not before} {not after} {mark}",
        f"left {left[0]}",
        f"left2 {left[1]} {left[0]}",
        f"left3 {left[2]} {left[1]} {left[0]}",
        f"right {right[0]}",
        f"right2 {right[0]} {right[1]}",
        f"right3 {right[0]} {right[1]} {right[2]}",
        f"around {left[0]} {right[0]}",
        f"around2 {left[1]} {left[0]} {right[0]}",
        f"left {left[0]} {mention.remedy}",
        f"left {left[0]} verb {words[0]}",
        f"right {right[0]} noun {words[-1]}",
        *(f"opens {' '.join(opening[:size])} {mark}" for size in (1, 2, 3)),
        *(f"close {word}" for word in near[:3]),
        *(f"far {word}" for word in near[3:]),
        *(f"before {' '.join(run)}" for size in (1, 2, 3) for run in _runs(near[::-1], size)),
        *(f"after {' '.join(run)}" for size in (1, 2) for run in _runs(then, size)),
    }


def _runs(words: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (words[place : place + size] for place in range(len(words) - size + 1))


def _masked(text: str, start: int, end: int, mentions: Sequence[Mention]) -> list[str]:
    """The tokens of `text[start:end]`; what names another remedy is all the same."""
    found: list[str] = []
    for first, last in sorted((each.span for each in mentions), key=lambda span: span[0]):
        if start <= first and last <= end:
            found += [*tokens(text[start:first]), _REMEDY]
            start = last
    return [*found, *tokens(text[start:end])]


def _any(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(patterns)})(?!\w)", re.IGNORECASE)


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = read_packaged("remedies_en.yml")
    return data
