"""What the bot says: texts in several variants, chosen so that nothing is said twice in a row (P11)."""

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import RootModel, field_validator

from bot.business import FILE, load_business
from bot.errors import ConfigurationError, Problem, WarmlineError
from bot.facts import FIELD, facts, fill
from bot.tone import findings
from bot.yamlfile import Document, check, raise_first, read_document, wrong

# In the same folder, but rules about wording rather than wording.
_OTHER_FILES = {"tone.yml", "jargon.yml"}


class WordingError(WarmlineError):
    """The code asked for a text that the wording files do not have, or left a field of it empty."""


class _File(RootModel[dict[str, tuple[str, ...]]]):
    """One wording file: key → variants."""

    @field_validator("root")
    @classmethod
    def _has_words(cls, root: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for key, variants in root.items():
            if not variants or not all(variant.strip() for variant in variants):
                raise wrong(f'"{key}" has an empty text', "write at least one text below it, each after a dash")
        return root


@dataclass(frozen=True)
class Wording:
    """The texts of one language: key → variants, with the facts of the business filled in."""

    language: str
    texts: Mapping[str, tuple[str, ...]]

    @classmethod
    def load(cls, root: Path, language: str) -> "Wording":
        """The texts in `root/data/wording/<language>/`. Raises ConfigurationError."""
        known = facts(load_business(root))
        texts: dict[str, tuple[str, ...]] = {}
        origin: dict[str, str] = {}
        for document in _documents(root, language):
            file, problems = check(document, _File)
            raise_first(problems)
            for key, variants in file.root.items() if file else ():
                if key in origin:
                    problem = f'"{key}" is already in {origin[key]}'
                    raise ConfigurationError(document.file, document.line([key]), problem, "keep one of the two")
                origin[key] = document.file
                texts[key] = tuple(fill(variant.strip(), known) for variant in variants)
        return cls(language, texts)

    def say(self, key: str, *, said: Sequence[str], **fields: object) -> tuple[str, str]:
        """A text for `key` with its fields filled, and the id of the variant, such as "greeting.morning#2".

        A key that is missing falls back to the part before its last dot: "empathy.angry.strong" to
        "empathy.angry". `said` holds the ids used so far, oldest first: the variant used longest ago is
        taken, and the same `said` always gives the same text. Raises WordingError for an unknown key and
        for a field that is not given.
        """
        found = self._nearest(key)
        variants = self.texts[found]
        number = _turn_to(found, len(variants), said)
        text, values = variants[number], {name: str(value) for name, value in fields.items()}
        if unfilled := [name for name in FIELD.findall(text) if name not in values]:
            raise WordingError(f'"{found}" needs {{{unfilled[0]}}}, which was not given')
        return fill(text, values), _id(found, number)

    def missing(self, other: "Wording") -> list[str]:
        """The keys of `other` for which there is nothing to say here."""
        return [key for key in other.texts if not any(part in self.texts for part in _and_before(key))]

    def _nearest(self, key: str) -> str:
        found = next((part for part in _and_before(key) if part in self.texts), None)
        if found is None:
            raise WordingError(f'there is no text for "{key}"')
        return found


def load_wordings(root: Path, languages: Iterable[str]) -> dict[str, Wording]:
    """The texts of each of `languages`. Raises ConfigurationError."""
    return {language: Wording.load(root, language) for language in languages}


def check_wording(root: Path, language: str, first: str) -> list[Problem]:
    """Everything wrong with the wording of `language`: unreadable files and texts in the wrong tone (P32).

    What the `first` language of the business can say, every other one has to.
    """
    try:
        missing = Wording.load(root, language).missing(Wording.load(root, first))
        found = [
            problem for document in _documents(root, language) for problem in _out_of_tone(document, root, language)
        ]
    except ConfigurationError as error:
        return [error.found]
    if missing:
        folder, model = f"data/wording/{language}", f"data/wording/{first}"
        found.append(Problem(folder, 1, f"there is no text for {', '.join(missing)}", f"write it as in {model}"))
    return found


def check_words_of_rules(root: Path, language: str) -> list[Problem]:
    """The rules of the business whose own words, `handoff.ack.<says>`, are not written in `language`.

    The words to which they would fall back leave out what keeps somebody safe.
    """
    try:
        texts, document = Wording.load(root, language).texts, read_document(root / FILE, FILE)
    except ConfigurationError:
        return []  # said by those who check these files
    return [
        document.problem(
            ["escalation", "rules", number, "says"], f'there is no text for "handoff.ack.{rule.says}"',
            f"write it in data/wording/{language}/handoff.yml, or remove says",
        )
        for number, rule in enumerate(load_business(root).escalation.rules)
        if rule.says is not None and f"handoff.ack.{rule.says}" not in texts
    ]  # fmt: skip


def _and_before(key: str) -> Iterator[str]:
    """`key`, then what is before its last dot, and so on."""
    while key:
        yield key
        key = key.rpartition(".")[0]


def _documents(root: Path, language: str) -> Iterator[Document]:
    folder = f"data/wording/{language}"
    names = sorted(path.name for path in (root / folder).glob("*.yml") if path.name not in _OTHER_FILES)
    if not names:
        raise ConfigurationError(folder, 1, "there is no wording", f"create {folder}/greeting.yml and the other files")
    for name in names:
        yield read_document(root / folder / name, f"{folder}/{name}")


def _out_of_tone(document: Document, root: Path, language: str) -> Iterator[Problem]:
    for key, variants in document.data.items():
        for number, text in enumerate(variants):
            for finding in findings(text, language, root=root):
                problem = f'"{text[finding.start : finding.end]}" breaks the rule {finding.rule}'
                yield document.problem([key, number], problem, finding.suggestion.rstrip("."))


def _turn_to(key: str, count: int, said: Sequence[str]) -> int:
    """Which of `count` variants comes next: the one used longest ago, an unused one before any other."""
    last_used = {variant: place for place, variant in enumerate(said)}
    # The checksum makes conversations differ among variants that are equally fresh.
    start = zlib.crc32("|".join([key, *said[-3:]]).encode()) % count
    order = [(start + step) % count for step in range(count)]
    return min(order, key=lambda number: last_used.get(_id(key, number), -1))


def _id(key: str, number: int) -> str:
    return f"{key}#{number + 1}"
