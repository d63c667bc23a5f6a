"""Everything that can be wrong in the files people write, found before anything starts."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.articles import check_articles
from bot.business import check_business, load_business
from bot.canned import check_canned
from bot.errors import ConfigurationError, Problem
from bot.gaps import load_gaps
from bot.nlu.modelfile import ENCODERS
from bot.pipelines import config_name, encoder_choice
from bot.wording import check_wording, check_words_of_rules
from bot.yamlfile import nearest, read_document

# Rasa's notations for a marked entity: [text](entity) and [text]{"entity": …}.
MARKED = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")
# Below this, an intent is mostly memorised.
FEWEST_EXAMPLES = 5


@dataclass(frozen=True)
class Example:
    """One training example: where it stands, its intent, its text without marks."""

    file: str
    line: int
    intent: str
    text: str

    @property
    def essence(self) -> str:
        """What two examples that say the same have in common."""
        return " ".join(re.findall(r"\w+", self.text.casefold())) or self.text


def problems(root: Path) -> list[Problem]:
    """All mistakes in the project at `root`, file by file; empty when it is fit to start."""
    try:
        business = load_business(root)
    except ConfigurationError:
        # Everything else is read in the light of the business.
        return check_business(root)
    found = check_articles(root, business) + check_canned(root, business)
    for language in business.languages:
        found += check_pipeline(root, language, business.languages)
        found += check_wording(root, language, business.languages[0]) + check_words_of_rules(root, language)
        found += check_gaps(root, language) + check_examples(root, language)
    return found


def check_gaps(root: Path, language: str) -> list[Problem]:
    """The first mistake in the questions that no article answers."""
    try:
        load_gaps(root, language)
    except ConfigurationError as error:
        return [error.found]
    return []


def check_pipeline(root: Path, language: str, languages: Sequence[str]) -> list[Problem]:
    """Mistakes in the config.yml of `language` that keep Rasa from training, or have it write into the file itself."""
    name = config_name(language, languages)
    try:
        document = read_document(root / name, name)
        choice = encoder_choice(root, language, languages)
    except ConfigurationError as error:
        return [error.found]
    settings = document.data if isinstance(document.data, dict) else {}
    fixes = {
        "assistant_id": "give this assistant a name of its own, as assistant_id: my-business",
        "pipeline": "list the components under pipeline:",
        "policies": "list the policies under policies:",
    }
    found = [Problem(name, 1, f'"{part}" is missing', fix) for part, fix in fixes.items() if not settings.get(part)]
    if choice not in ENCODERS and not Path(choice).is_dir():
        fix = f"write {' or '.join(ENCODERS)}, or the path of a folder"
        found.append(Problem(name, document.line(["pipeline"]), f'there is no encoder "{choice}"', fix))
    return found


def check_examples(root: Path, language: str) -> list[Problem]:
    """Mistakes in the examples of `language` that Rasa would train on in silence, and what Rasa says too late."""
    folder = f"data/nlu/{language}"
    try:
        intents = _intents(root)
        examples = [example for path in sorted((root / folder).rglob("*.yml")) for example in _examples(root, path)]
    except ConfigurationError as error:
        return [error.found]
    if not examples:
        return [Problem(folder, 1, "there are no examples", f"write them as {folder}/<any name>.yml")]
    return [*_unknown(examples, intents), *_too_few(examples), *_said_twice(examples)]


def _intents(root: Path) -> set[str]:
    """The intents that domain.yml names, also those with settings of their own."""
    document = read_document(root / "domain.yml", "domain.yml")
    declared = document.data.get("intents") if isinstance(document.data, dict) else None
    if not isinstance(declared, list):
        raise ConfigurationError("domain.yml", 1, '"intents" is missing', "list the intents under intents:")
    return {name for entry in declared for name in (entry if isinstance(entry, dict) else [str(entry)])}


def _examples(root: Path, path: Path) -> Iterator[Example]:
    file = str(path.relative_to(root))
    document = read_document(path, file)
    blocks = document.data.get("nlu") if isinstance(document.data, dict) else None
    if not isinstance(blocks, list):
        raise ConfigurationError(file, 1, '"nlu" is missing', "list the intents with their examples under nlu:")
    for number, block in enumerate(blocks):
        if not isinstance(block, dict) or "intent" not in block:
            continue  # synonyms, lookup tables and regular expressions
        if not isinstance(block.get("examples"), str):
            line = document.line(("nlu", number))
            raise ConfigurationError(file, line, "the examples are missing", "write them below examples: |")
        first = document.line(("nlu", number, "examples")) + 1
        for offset, line in enumerate(block["examples"].splitlines()):
            if line.strip().startswith("-"):
                text = MARKED.sub(r"\1", line.strip().removeprefix("-").strip())
                yield Example(file, first + offset, str(block["intent"]), text)


def _unknown(examples: list[Example], intents: set[str]) -> Iterator[Problem]:
    for example in _first_of_each(examples).values():
        if example.intent.split("/")[0] not in intents:
            problem = f'domain.yml does not know the intent "{example.intent}"'
            yield Problem(example.file, example.line, problem, f"{nearest(example.intent, intents)}, or add it there")


def _too_few(examples: list[Example]) -> Iterator[Problem]:
    for intent, example in _first_of_each(examples).items():
        count = sum(each.intent == intent for each in examples)
        if count < FEWEST_EXAMPLES:
            problem = f'"{intent}" has {count} examples'
            yield Problem(example.file, example.line, problem, f"write at least {FEWEST_EXAMPLES}, better 30")


def _said_twice(examples: list[Example]) -> Iterator[Problem]:
    seen: dict[str, Example] = {}
    for example in examples:
        before = seen.setdefault(example.essence, example)
        if before is example:
            continue
        where = f"{before.file}:{before.line}"
        if before.intent == example.intent:
            yield Problem(example.file, example.line, f"the same example stands in {where}", "remove one of them")
        else:
            problem = f'"{example.text}" is also an example of {before.intent} ({where})'
            yield Problem(example.file, example.line, problem, "decide for one of the two")


def _first_of_each(examples: list[Example]) -> dict[str, Example]:
    return {example.intent: example for example in reversed(examples)}
