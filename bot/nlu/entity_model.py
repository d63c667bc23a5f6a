"""What the finding of entities has to learn: whose name it is, and which remedy is asked for."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.errors import ConfigurationError
from bot.nlu import names, unnamed, wishes
from bot.nlu.catalogue import Catalogue
from bot.nlu.encoder import Encoder
from bot.nlu.likelihood import from_arrays
from bot.nlu.lines import joined, split
from bot.nlu.names import Names
from bot.nlu.spans import Span, overlap
from bot.nlu.typos import respelt
from bot.nlu.unnamed import Unnamed
from bot.nlu.wishes import Wishes
from bot.yamlfile import Document, read_document

Marked = tuple[str, list[Span]]

ENGLISH = Path(__file__).with_name("entities_en.yml")
_NAMES, _REMEDIES, _UNNAMED = "names", "remedies", "unnamed"
_SPELLING = "spelling"
_ID = re.compile(r"[a-z]\w*")
_MARK = re.compile(r"\[([^\[\]]+)\]\((name|remedy)\)")


@dataclass(frozen=True)
class EntityExamples:
    """Messages with the places of their writers' names, and with those of the remedies they ask for.

    `unnamed` are pairs: a remedy, or "none", and a sentence that asks for it without its name; there may be none.
    """

    names: list[Marked]
    remedies: list[Marked]
    unnamed: list[tuple[str, str]]


@dataclass(frozen=True)
class EntityModel:
    """Whose name a name is, whether a remedy that is named is asked for, and which one without its name."""

    names: Names
    wishes: Wishes
    unnamed: Unnamed | None


def read_examples(path: Path = ENGLISH) -> EntityExamples:
    """The examples in `path`; those for English are part of this package. Raises ConfigurationError."""
    document = read_document(path, str(path))
    data = document.data
    if not isinstance(data, dict) or not all(isinstance(data.get(kind), str) for kind in (_NAMES, _REMEDIES)):
        fix = f"write {_NAMES}: | and {_REMEDIES}: | and below each one message a line"
        raise ConfigurationError(str(path), 1, "these are no examples", fix)
    named, remedies = ([_marked(line) for line in data[kind].splitlines()] for kind in (_NAMES, _REMEDIES))
    return EntityExamples(named, remedies, _read_unnamed(document) if _UNNAMED in data else [])


def learn(examples: EntityExamples, others: Iterable[str], catalogue: Catalogue, encoder: Encoder) -> EntityModel:
    """What `examples` teach; `others` are more messages, which show ordinary words."""
    told, texts = [], []
    for text, asked in examples.remedies:
        right = respelt(text)
        mentions, _ = catalogue.find(right.text)
        for mention in mentions:
            place = right.place(*mention.span)
            is_asked = any(overlap(place, each) for each in asked)
            told.append((wishes.features(right.text, mention, mentions), is_asked))
            texts.append(text)
    return EntityModel(
        names.learn(examples.names, others, catalogue.words),
        wishes.learn(told, encoder.encode(texts)),
        unnamed.learn(examples.unnamed, encoder.features) if examples.unnamed else None,
    )


def save(model: EntityModel, path: Path) -> None:
    """Write `model` to `path` (.npz), plain arrays only."""
    np.savez_compressed(
        path,
        known=joined(sorted(model.names.known)),
        **model.names.own.arrays(_NAMES),
        **model.names.spelling.arrays(_SPELLING),
        **model.wishes.asked.arrays(_REMEDIES),
        **(model.unnamed.arrays(_UNNAMED) if model.unnamed else {}),
    )


def load(path: Path) -> EntityModel:
    """The model that `save` wrote."""
    with np.load(path, allow_pickle=False) as file:
        known = frozenset(split(file["known"]))
        own = Names(from_arrays(_NAMES, file), from_arrays(_SPELLING, file), known)
        asked = Wishes(from_arrays(_REMEDIES, file))
        return EntityModel(own, asked, unnamed.from_arrays(_UNNAMED, file) if _UNNAMED in file else None)


def _marked(line: str) -> Marked:
    r"""A line as text, in which \n is a new line, and the places of its marks."""
    text, spans, done = "", [], 0
    written = line.removeprefix("- ").replace("\\n", "\n")
    for found in _MARK.finditer(written):
        text += written[done : found.start()]
        spans.append((len(text), len(text) + len(found[1])))
        text, done = text + found[1], found.end()
    return text + written[done:], spans


def _read_unnamed(document: Document) -> list[tuple[str, str]]:
    """The remedies and sentences of the section for those without a name. Raises ConfigurationError."""
    written, begin = document.data[_UNNAMED], document.line((_UNNAMED,))
    found = []
    for place, line in enumerate(written.splitlines() if isinstance(written, str) else [""], begin + 1):
        remedy, colon, text = line.removeprefix("- ").partition(": ")
        if colon and _ID.fullmatch(remedy) and text.strip():
            found.append((remedy, text))
        elif line.strip():
            fix = f"write - remedy: a sentence, with the id of a remedy or {unnamed.NONE}"
            raise ConfigurationError(document.file, place, f"this is no example: {line}", fix)
    kinds = {remedy for remedy, _ in found}
    if unnamed.NONE not in kinds or len(kinds) < 2:
        fix = f"write below {_UNNAMED}: | a line - remedy: a sentence for each, some with a remedy and some with none"
        raise ConfigurationError(document.file, begin, f"{_UNNAMED} has nothing to tell apart", fix)
    return found
