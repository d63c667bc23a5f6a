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
from bot.nlu.cues import APOSTROPHES, Cues, load_cues
from bot.nlu.sentences import sentences
from bot.nlu.slips import meant_by

_LONGEST_TEXT = 1_000  # characters; who demands something says it before
_CLAUSE_END = re.compile(
    r"[,;:()]+|\s[-–—]+\s|\b(?:and|but|so|because|cause|then|or)\b(?= (?:i|we|please|let|can|could|get|give|put|connect"
    r"|transfer|just|how|where|is there)\b)"
)
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")  # "huuuman"
_OTHER = re.compile(r"[^\w\s']+")
_WORD = re.compile(r"[a-z]+")


class RulesError(WarmlineError):
    """The file of rules cannot be used."""


@dataclass(frozen=True)
class _Rule:
    intent: str
    whole: re.Pattern[str]
    beside: re.Pattern[str]
    clause: re.Pattern[str]
    unless: re.Pattern[str]
    anywhere: re.Pattern[str]
    not_after: re.Pattern[str]
    refuted: re.Pattern[str]
    asked: re.Pattern[str]
    cues: frozenset[str]
    graver: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class IntentRules:
    """The rules of one language; `cues` are those of mood, which rules may name."""

    cues: Cues
    meant: Mapping[str, str]
    filler: re.Pattern[str]
    marks: Mapping[str, re.Pattern[str]]
    rules: tuple[_Rule, ...]

    def find(self, text: str) -> str | None:
        """The intent that `text` says in so many words, in a sentence or in a clause, or the graver one beside it."""
        said = self._read(text)
        for rule in self.rules:
            if self.cues.shows(text, rule.cues):
                return rule.intent
            if any(self._says(rule, *each) for each in said):
                graver = (intent for intent, cues in rule.graver.items() if self.cues.shows(text, cues))
                return next(graver, rule.intent)
        return None

    def refuted(self, text: str) -> frozenset[str]:
        """The intents that `text` does not say, however much it looks like them: a clause refutes it, no other asks."""
        clauses = [clause for _, said in self._read(text) for clause in said]
        return frozenset(rule.intent for rule in self.rules if _is_refuted(rule, clauses))

    def _read(self, text: str) -> list[tuple[str, list[str]]]:
        """The sentences of `text`, each with its clauses as rules see them."""
        small = _DRAWN_OUT.sub(r"\1", text[:_LONGEST_TEXT].translate(APOSTROPHES).lower())
        plain = _WORD.sub(lambda word: self.meant.get(word[0], word[0]), small)
        return [(sentence, [self._marked(clause) for clause in _clauses(sentence)]) for sentence in sentences(plain)]

    def _marked(self, clause: str) -> str:
        """`clause` with the names of marks in place of what they stand for; those in capitals cannot be typed."""
        return reduce(lambda text, name: self.marks[name].sub(name, text), self.marks, clause)

    def _says(self, rule: _Rule, sentence: str, said: list[str]) -> bool:
        said = [clause for clause in said if not rule.unless.search(clause)]
        bare = [core for clause in said if (core := self.filler.sub("", f" {clause} ").strip())]
        # "A real person?" asks whether we are one.
        if not sentence.endswith("?") and _only(rule, bare):
            return True
        if any(rule.clause.match(clause) for clause in (*bare, *said)):
            return True
        return any(_says_somewhere(rule, clause) for clause in said)


def _only(rule: _Rule, clauses: list[str]) -> bool:
    """Whether there are no clauses but the demand and what usually goes with it."""
    demands = [bool(rule.whole.fullmatch(clause)) for clause in clauses]
    return any(demands) and all(
        demand or rule.beside.fullmatch(clause) for demand, clause in zip(demands, clauses, strict=True)
    )


def _is_refuted(rule: _Rule, clauses: list[str]) -> bool:
    others = [clause for clause in clauses if not rule.refuted.search(clause)]
    return len(others) < len(clauses) and not any(rule.asked.search(clause) for clause in others)


def _says_somewhere(rule: _Rule, clause: str) -> bool:
    """Whether the demand stands in the clause, and nobody says before it that it is none, or another's."""
    places = rule.anywhere.finditer(clause)
    return any(not rule.not_after.search(clause[: found.start()].rstrip()) for found in places)


def _clauses(sentence: str) -> Iterator[str]:
    """The clauses of `sentence` in plain words."""
    for clause in _CLAUSE_END.split(sentence):
        if plain := " ".join(_OTHER.sub(" ", clause).split()):
            yield plain


def read_rules(path: Path) -> IntentRules:
    """The rules in the file `path`. Raises RulesError, and ConfigurationError for the file of cues that it names."""
    try:
        data = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        cues = load_cues(path.parent / data["mood_cues"])
        parts = _complete(data["parts"])
        meant = meant_by(data["spelling"]["words"].split(), data["spelling"]["others"].split())
        filler = re.compile(rf"^(?: (?:{_joined(data['filler'])})(?= ))+|(?:(?<= )(?:{_joined(data['filler'])}) )+$")
        marks = {name: re.compile(_filled(each, parts)) for name, each in data["marks"].items()}
        rules = tuple(_rule(intent, given, parts) for intent, given in data["rules"].items())
    except OSError as error:
        raise RulesError(f"{path} cannot be read: {error.strerror}. Fix: correct `rules` in config.yml.") from None
    except (YAMLError, re.error, KeyError, TypeError, AttributeError) as error:
        raise RulesError(
            f"{path}: {error}. "
            "Fix: write mood_cues, spelling, filler, parts, marks and rules as in the file of this package."
        ) from None
    return IntentRules(cues, meant, filler, marks, rules)


def _rule(intent: str, given: Mapping[str, Any], parts: Mapping[str, str]) -> _Rule:
    def compiled(kind: str) -> re.Pattern[str]:
        patterns = [_filled(each, parts) for each in given.get(kind, [])]
        return re.compile("|".join(f"(?:{each})" for each in patterns) or r"(?!)")

    return _Rule(
        intent,
        whole=compiled("whole"),
        beside=compiled("beside"),
        clause=compiled("clause"),
        unless=compiled("unless"),
        anywhere=compiled("anywhere"),
        not_after=compiled("not_after"),
        refuted=compiled("refuted"),
        asked=compiled("asked"),
        cues=frozenset(given.get("cues", ())),
        graver={graver: frozenset(cues) for graver, cues in given.get("graver", {}).items()},
    )


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
