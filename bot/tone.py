"""Is a text kind and plain (P32, P33)? Named rules for the bot's templates and for agents' drafts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel

from bot.errors import ConfigurationError
from bot.readable import LONGEST_SENTENCE, load_jargon, long_sentences
from bot.yamlfile import check, raise_first, read_document, wrong


@dataclass(frozen=True, slots=True)
class Finding:
    """A place in a text that breaks a rule, in characters from `start` up to `end`, with a way to say it better."""

    rule: str
    start: int
    end: int
    suggestion: str


def _a_pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise wrong(f"not a regular expression ({error})", r"write one such as \bnever\b") from None
    return pattern


class Rule(BaseModel):
    """One rule of tone.yml: what to look for, why it hurts, and what to say instead."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    patterns: tuple[Annotated[str, AfterValidator(_a_pattern)], ...] = Field(min_length=1)
    why: str
    suggestion: str
    capitals_matter: bool = False

    @cached_property
    def expression(self) -> re.Pattern[str]:
        """All patterns in one."""
        flags = re.MULTILINE if self.capitals_matter else re.MULTILINE | re.IGNORECASE
        return re.compile("|".join(f"(?:{pattern})" for pattern in self.patterns), flags)


class _Rules(RootModel[tuple[Rule, ...]]):
    """The whole of tone.yml."""


def findings(text: str, language: str, *, root: Path = Path()) -> list[Finding]:
    """What in `text` is against the tone rules of `language`, in the order of the text.

    `root` is the project's directory. Raises ConfigurationError when the rules cannot be used.
    """
    found = [*_against_rules(text, language, root), *_jargon(text, language, root), *_long_sentences(text)]
    return sorted(found, key=lambda finding: (finding.start, finding.end, finding.rule))


@lru_cache
def load_rules(root: Path, language: str) -> tuple[Rule, ...]:
    """The rules in `root/data/wording/<language>/tone.yml`. Raises ConfigurationError."""
    file = f"data/wording/{language}/tone.yml"
    document = read_document(root / file, file)
    rules, problems = check(document, _Rules)
    raise_first(problems)
    if rules is None:  # pragma: no cover - check() always gives one or the other
        raise ConfigurationError(file, 1, "the file cannot be used", "see the rules that come with Warmline")
    return rules.root


_load_jargon = lru_cache(load_jargon)


def _against_rules(text: str, language: str, root: Path) -> Iterator[Finding]:
    for rule in load_rules(root, language):
        for match in rule.expression.finditer(text):
            yield Finding(rule.name, *match.span(), rule.suggestion)


def _jargon(text: str, language: str, root: Path) -> Iterator[Finding]:
    for term, plain in _load_jargon(root, language).items():
        for match in re.finditer(rf"\b{re.escape(term)}\b", text, re.IGNORECASE):
            yield Finding("jargon", *match.span(), f"Say it in plain words: {plain}.")


def _long_sentences(text: str) -> Iterator[Finding]:
    for span, words in long_sentences(text):
        yield Finding("long_sentence", *span, f"Split this sentence of {words} words; {LONGEST_SENTENCE} at most.")
