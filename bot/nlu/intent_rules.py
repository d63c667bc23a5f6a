"""Rules for intents that must not be missed: what is said so clearly that nothing needs to be weighed."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bot.errors import WarmlineError
from bot.nlu.cues import load_cues

_APOSTROPHES = str.maketrans("’‘`´", "''''")
_LONGEST_TEXT = 1_000  # characters; who demands something says it before
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n+")
_CLAUSE_END = re.compile(
    r"[,;:()]+|\s[-–—]+\s|\b(?:and|but|so|because|cause|then|or)\b(?= (?:i|we|please|let|can|could|get|give|put|connect"
    r"|transfer|just|how|where|is there)\b)"
)
_OTHER = re.compile(r"[^\w\s']+")


class RulesError(WarmlineError):
    """The file of rules cannot be used."""


@dataclass(frozen=True)
class _Rule:
    intent: str
    whole: re.Pattern[str]
    clause: re.Pattern[str]
    unless: re.Pattern[str]
    cues: frozenset[str]


@dataclass(frozen=True)
class IntentRules:
    """The rules of one language."""

    filler: re.Pattern[str]
    rules: tuple[_Rule, ...]

    def find(self, text: str) -> str | None:
        """The intent that `text` says in so many words: in a sentence or in one clause of it."""
        plain = text[:_LONGEST_TEXT].translate(_APOSTROPHES).lower()
        said = sentences(plain)
        for rule in self.rules:
            if load_cues().shows(text, rule.cues) or any(self._says(rule, sentence) for sentence in said):
                return rule.intent
        return None

    def _says(self, rule: _Rule, sentence: str) -> bool:
        clauses = list(self._clauses(sentence))
        # "A real person?" asks whether we are one.
        if clauses and not sentence.endswith("?") and all(rule.whole.fullmatch(clause) for clause in clauses):
            return True
        return any(rule.clause.match(clause) and not rule.unless.search(clause) for clause in clauses)

    def _clauses(self, sentence: str) -> Iterator[str]:
        """The clauses of `sentence` without what only surrounds them."""
        for clause in _CLAUSE_END.split(sentence):
            bare = " ".join(_OTHER.sub(" ", clause).split())
            if bare := self.filler.sub("", f" {bare} ").strip():
                yield bare


def sentences(text: str) -> list[str]:
    """The sentences of `text`, as far as their punctuation tells."""
    return [each.strip() for each in _SENTENCE_END.split(text) if each.strip()]


def read_rules(path: Path) -> IntentRules:
    """The rules in the file `path`. Raises RulesError."""
    try:
        data = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        parts = _complete(data["parts"])
        filler = re.compile(rf"^(?: (?:{_joined(data['filler'])})(?= ))+|(?:(?<= )(?:{_joined(data['filler'])}) )+$")
        rules = tuple(_rule(intent, given, parts) for intent, given in data["rules"].items())
    except OSError as error:
        raise RulesError(f"{path} cannot be read: {error.strerror}. Fix: correct `rules` in config.yml.") from None
    except (YAMLError, re.error, KeyError, TypeError, AttributeError) as error:
        raise RulesError(
            f"{path}: {error}. Fix: write filler, parts and rules as in the file of this package."
        ) from None
    return IntentRules(filler, rules)


def _rule(intent: str, given: Mapping[str, Any], parts: Mapping[str, str]) -> _Rule:
    def compiled(kind: str) -> re.Pattern[str]:
        patterns = [_filled(each, parts) for each in given.get(kind, [])]
        return re.compile("|".join(f"(?:{each})" for each in patterns) or r"(?!)")

    return _Rule(intent, compiled("whole"), compiled("clause"), compiled("unless"), frozenset(given.get("cues", ())))


def _complete(parts: Mapping[str, str]) -> dict[str, str]:
    """The parts with those that they are made of; each may use the ones above it."""
    done: dict[str, str] = {}
    for name, pattern in parts.items():
        done[name] = _filled(pattern, done)
    return done


def _filled(pattern: str, parts: Mapping[str, str]) -> str:
    return reduce(lambda text, part: text.replace(f"<{part}>", parts[part]), parts, pattern)


def _joined(folded: str) -> str:
    """Alternatives that are written over several lines."""
    return re.sub(r"\s*\|\s*", "|", folded.strip())
