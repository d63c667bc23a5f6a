"""What the finding of entities has to learn: whose name it is, and which remedy is asked for."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.errors import ConfigurationError
from bot.nlu import names, wishes
from bot.nlu.catalogue import Catalogue
from bot.nlu.likelihood import from_arrays
from bot.nlu.lines import joined, split
from bot.nlu.names import Names
from bot.nlu.typos import respelt
from bot.nlu.wishes import Wishes
from bot.yamlfile import read_document

Span = tuple[int, int]
Marked = tuple[str, list[Span]]
Encode = Callable[[Sequence[str]], NDArray[np.float32]]

ENGLISH = Path(__file__).with_name("entities_en.yml")
_NAMES, _REMEDIES = "names", "remedies"
_SPELLING = "spelling"
_MARK = re.compile(r"\[([^\[\]]+)\]\((name|remedy)\)")


@dataclass(frozen=True)
class Examples:
    """Messages with the places of their writers' names, and with those of the remedies they ask for."""

    names: list[Marked]
    remedies: list[Marked]


@dataclass(frozen=True)
class EntityModel:
    """Whose name a name is, and whether a remedy that is named is asked for."""

    names: Names
    wishes: Wishes


def read_examples(path: Path = ENGLISH) -> Examples:
    """The examples in `path`; those for English are part of this package. Raises ConfigurationError."""
    data = read_document(path, str(path)).data
    if not isinstance(data, dict) or not all(isinstance(data.get(kind), str) for kind in (_NAMES, _REMEDIES)):
        fix = f"write {_NAMES}: | and {_REMEDIES}: | and below each one message a line"
        raise ConfigurationError(str(path), 1, "these are no examples", fix)
    return Examples(*([_marked(line) for line in data[kind].splitlines()] for kind in (_NAMES, _REMEDIES)))


def learn(examples: Examples, others: Iterable[str], catalogue: Catalogue, encode: Encode) -> EntityModel:
    """What `examples` teach; `others` are more messages, which show ordinary words."""
    told, texts = [], []
    for text, asked in examples.remedies:
        right = respelt(text)
        mentions, _ = catalogue.find(right.text)
        for mention in mentions:
            start, end = right.place(mention.start, mention.end)
            is_asked = any(first < end and start < last for first, last in asked)
            told.append((wishes.features(right.text, mention, mentions), is_asked))
            texts.append(text)
    return EntityModel(
        names.learn(examples.names, others, catalogue.words),
        wishes.learn(told, encode(texts)),
    )


def save(model: EntityModel, path: Path) -> None:
    """Write `model` to `path` (.npz), plain arrays only."""
    np.savez_compressed(
        path,
        known=joined(sorted(model.names.known)),
        **model.names.own.arrays(_NAMES),
        **model.names.spelling.arrays(_SPELLING),
        **model.wishes.asked.arrays(_REMEDIES),
    )


def load(path: Path) -> EntityModel:
    """The model that `save` wrote."""
    with np.load(path, allow_pickle=False) as file:
        known = frozenset(split(file["known"]))
        own = Names(from_arrays(_NAMES, file), from_arrays(_SPELLING, file), known)
        return EntityModel(own, Wishes(from_arrays(_REMEDIES, file)))


def _marked(line: str) -> Marked:
    r"""A line as text, in which \n is a new line, and the places of its marks."""
    text, spans, done = "", [], 0
    written = line.removeprefix("- ").replace("\\n", "\n")
    for found in _MARK.finditer(written):
        text += written[done : found.start()]
        spans.append((len(text), len(text) + len(found[1])))
        text, done = text + found[1], found.end()
    return text + written[done:], spans
