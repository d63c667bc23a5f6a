"""Which remedy a customer asks for, in words that have many forms, and whether one that is named is asked for."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

_FILE = Path(__file__).with_name("remedies_en.yml")
_SENTENCE_ENDS = re.compile(r"[.!?](?=\s|$)|\n")
_BESIDE_REFUSED = (  # what may stand between "don't want" and the remedy
    r"(?:\s(?:an?|any|another|more|the|your|to|be|get|have|whole|brand|with|in|as|by|for|of|some|new|half|stupid|it|this|them))*"
)


@dataclass(frozen=True)
class _Wording:
    """`pattern` speaks for `remedy`, where `given` is found in the message and `unless` is not."""

    remedy: str
    pattern: re.Pattern[str]
    given: re.Pattern[str] | None = None
    unless: re.Pattern[str] | None = None


class Wishes:
    """The wordings of remedies_en.yml, for `remedies`, ids; None for all that it knows."""

    def __init__(self, remedies: Collection[str] | None = None) -> None:
        data: dict[str, Any] = YAML(typ="safe", pure=True).load(_FILE.read_text(encoding="utf-8"))
        known: Mapping[str, Mapping[str, Sequence[str]]] = data["remedies"]
        self.phrases = {remedy: words for remedy, words in known.items() if remedies is None or remedy in remedies}
        self.other: Sequence[str] = data["other"]
        self._asking, self._not_asking, self._had = (_any(data[kind]) for kind in ("asking", "not_asking", "had"))
        self._missing = re.compile(rf"\s{_any(data['missing']).pattern}", re.IGNORECASE)
        self._refusing = re.compile(rf"{_any(data['refusing']).pattern}{_BESIDE_REFUSED}\s*$", re.IGNORECASE)
        self._own = re.compile(rf"{_any(data['own']).pattern}\s*$", re.IGNORECASE)
        lacking, no_parts, faulty = (_any(data[kind]) for kind in ("lacking", "no_parts", "faulty"))
        self._wordings = [
            _Wording(remedy, _any(words[kind]), given, unless)
            for remedy, words in self.phrases.items()
            for kind, given, unless in (
                ("worded", None, None),
                ("lacking", lacking, no_parts),
                ("faulty", faulty, None),
            )
            if kind in words
        ]

    def find(self, text: str) -> Iterator[tuple[tuple[int, int], tuple[int, int], str | None]]:
        """What is worded in `text`: from where to where, the part that names the remedy, and that; None if refused."""
        taken: list[tuple[str, int, int]] = []
        for each in self._wordings:
            if (each.given and not each.given.search(text)) or (each.unless and each.unless.search(text)):
                continue
            for match in each.pattern.finditer(text):
                if any(
                    each.remedy == remedy and match.start() < end and start < match.end()
                    for remedy, start, end in taken
                ):
                    continue
                taken.append((each.remedy, *match.span()))
                begins = max((end.end() for end in _SENTENCE_ENDS.finditer(text, 0, match.start())), default=0)
                ends = _SENTENCE_ENDS.search(text, match.end())
                sentence = text[begins : ends.start() if ends else len(text)]
                start, end = match.span(match.lastindex or 0)
                denied = self._is_denied(sentence, start - begins, end - begins, own=False)
                if match.lastindex is None:  # the rest may name a product or a day
                    end = start + len(re.split(r"[\s.,!?]", text[start:end], maxsplit=1)[0])
                yield match.span(), (start, end), None if denied else each.remedy

    def is_wanted(self, sentence: str, start: int, end: int, *, must_ask: bool) -> bool:
        """Whether `sentence[start:end]`, which names a remedy, speaks for it; `must_ask`: only in a request."""
        if self._is_denied(sentence, start, end, own=True):
            return False
        begins = not sentence[:start].strip() and not sentence[start:end].lower().endswith("ed")
        asks = begins or self._asking.search(sentence) is not None
        return not must_ask or (asks and self._not_asking.search(sentence) is None)

    def _is_denied(self, sentence: str, start: int, end: int, *, own: bool) -> bool:
        """Whether the remedy is refused, done by the customers themselves (if `own`), or theirs already."""
        before = sentence[:start]
        if self._refusing.search(before) and not self._missing.match(sentence, end):
            return True
        if own and self._own.search(before):
            return True
        return any(each.start() <= start and end <= each.end() for each in self._had.finditer(sentence))


def _any(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(patterns)})(?!\w)", re.IGNORECASE)
