"""Cues of mood: what in a text speaks for a feeling, and which words are not the writer's own feeling."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.errors import ConfigurationError
from bot.nlu.spans import blanked
from bot.yamlfile import read_document

ENGLISH = Path(__file__).with_name("mood_cues_en.yml")
APOSTROPHES = str.maketrans("’‘`´", "''''")
"""For `str.translate`: those that are typed, as patterns have them."""

_MOST = 3  # of one cue; the fourth curse says nothing new
_SHOUTED = re.compile(r"\b[A-Z]{3,}\b")
_REPEATED = re.compile(r"[!?]{2,}|!")
_WORD = re.compile(r"\{([a-z_]+)\}")
_LETTER = re.compile(r"(\\.|\(\?P)|[^\W\d_]")  # of a pattern, or what only looks like one
_LONGEST_TEXT = 2_000  # characters; patterns are tried on these only


@dataclass(frozen=True)
class Evidence:
    """Characters `start` to `end` of the text speak for a mood; `cue` says how."""

    start: int
    end: int
    text: str
    cue: str


@dataclass(frozen=True)
class _Rule:
    kind: str
    cue: str
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None

    def finds(self, small: str) -> re.Match[str] | None:
        """The first place in `small` where it holds."""
        places = self.pattern.finditer(small)
        return next((each for each in places if self.unless is None or not _near(self.unless, small, each)), None)


@dataclass(frozen=True)
class Cues:
    """The patterns of one language, in small letters: in texts of small letters they are found twice as fast."""

    not_own: tuple[re.Pattern[str], ...]
    rules: tuple[_Rule, ...]
    counted: Mapping[str, re.Pattern[str]]

    def own(self, text: str) -> str:
        """`text` without feelings that are denied or somebody else's; as long as before."""
        plain = text[:_LONGEST_TEXT].translate(APOSTROPHES)
        for pattern in self.not_own:
            plain = blanked(plain, (found.span() for found in pattern.finditer(_small(plain))))
        return plain

    def decide(self, own: str) -> tuple[str, Evidence] | None:
        """The kind that a rule finds in `own`, with its evidence; the gravest first."""
        small = _small(own)
        for rule in self.rules:
            if found := rule.finds(small):
                return rule.kind, _evidence(own, rule.cue, found)
        return None

    def shows(self, text: str, cues: Collection[str]) -> bool:
        """Whether a rule finds one of `cues` in `text`."""
        small = _small(self.own(text)) if cues else ""
        return any(rule.cue in cues and rule.finds(small) for rule in self.rules)

    def evidence(self, own: str) -> list[Evidence]:
        """Everything in `own` that is counted, in the order of the text."""
        small = _small(own)
        found = [_evidence(own, cue, each) for cue, pattern in self.counted.items() for each in pattern.finditer(small)]
        found += [_evidence(own, "capitals", each) for each in _SHOUTED.finditer(own)]
        found += [_evidence(own, "exclamation", each) for each in _REPEATED.finditer(own)]
        return sorted(found, key=lambda each: each.start)

    def counts(self, own: str, evidence: list[Evidence]) -> NDArray[np.float32]:
        """How often each cue occurs (log scale) and the share of capitals, as features."""
        names = [*self.counted, "capitals", "exclamation"]
        often = [min(_MOST, sum(each.cue == name for each in evidence)) for name in names]
        letters = sum(character.isalpha() for character in own) or 1
        capitals = sum(character.isupper() for character in own) / letters
        return np.array([*np.log1p(often), capitals if letters > 8 else 0.0], np.float32)


def load_cues(file: Path = ENGLISH) -> Cues:
    """The cues in `file`, read once; those for English are part of this package. Raises ConfigurationError."""
    return _loaded(file.resolve())


@cache
def _loaded(file: Path) -> Cues:
    data = read_document(file, str(file)).data
    try:
        words = _words(data.get("words", {}))
        rules = [_rule(kind, each, words) for kind, some in data["rules"].items() for each in some]
        counted = {name: _compiled(pattern, words) for name, pattern in data["cues"].items()}
        return Cues(tuple(_compiled(pattern, words) for pattern in data["not_own"]), tuple(rules), counted)
    except (AttributeError, KeyError, TypeError, re.error) as error:
        raise ConfigurationError(str(file), 1, f"cannot be used ({error})", f"write it as {ENGLISH.name}") from error


def _words(told: Mapping[str, str]) -> dict[str, str]:
    """The patterns that stand for `{name}`; each may use those before it."""
    words: dict[str, str] = {}
    for name, pattern in told.items():
        words[name] = _with(words, pattern)
    return words


def _with(words: Mapping[str, str], pattern: str) -> str:
    return _WORD.sub(lambda found: words[found[1]], pattern)


def _rule(kind: str, told: Mapping[str, str], words: Mapping[str, str]) -> _Rule:
    unless = _any_of(told["unless"], words) if "unless" in told else None
    return _Rule(kind, told["cue"], _any_of(told["pattern"], words), unless)


def _any_of(lines: str, words: Mapping[str, str]) -> re.Pattern[str]:
    """One of `lines`, as whole words."""
    return _compiled(rf"(?<!\w)(?:{'|'.join(lines.splitlines())})(?!\w)", words)


def _compiled(pattern: str, words: Mapping[str, str]) -> re.Pattern[str]:
    """`pattern` in small letters."""
    return re.compile(_LETTER.sub(lambda found: found[1] or found[0].lower(), _with(words, pattern)))


def _small(text: str) -> str:
    """`text` in small letters, as long as before."""
    return text.replace("İ", "I").lower()  # the only letter that two small ones would stand for


def _evidence(own: str, cue: str, found: re.Match[str]) -> Evidence:
    return Evidence(found.start(), found.end(), own[found.start() : found.end()], cue)


def _near(unless: re.Pattern[str], text: str, found: re.Match[str]) -> bool:
    """Whether `unless` matches across or right beside what was found."""
    return any(each.start() <= found.end() + 1 and each.end() >= found.start() - 1 for each in unless.finditer(text))
