"""The public data sets, cut the way each measurement needs them. Read from where they lie, never copied.

Texts are used with single spaces between words: a line of Rasa's training data can hold no others.
"""

import json
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Split = Literal["test", "validation"]

ANGER = frozenset({"anger", "annoyance"})
HELD_OUT = 0.2
"""Share of a training set that is held out where a set brings no validation part of its own."""


class NoData(Exception):
    """A file of a data set is missing; the text says which and what to do."""


@dataclass(frozen=True)
class Example:
    """A text and its label."""

    text: str
    label: str


@dataclass(frozen=True)
class Intents:
    """What a classifier learns from and is asked; `foreign` is asked too and belongs to no intent."""

    train: tuple[Example, ...]
    test: tuple[Example, ...]
    foreign: tuple[Example, ...] = ()


@dataclass(frozen=True)
class Angers:
    """GoEmotions as a question of two answers: is this anger or annoyance? `tuning` is for the threshold."""

    train: tuple[Example, ...]
    tuning: tuple[Example, ...]
    test: tuple[Example, ...]


def banking77(folder: Path, split: Split) -> Intents:
    """All of Banking77. Its validation part is a fifth of each intent's training examples, always the same."""
    train = _read(folder / "banking77_train.jsonl")
    if split == "test":
        return Intents(train, _read(folder / "banking77_test.jsonl"))
    kept, held_out = hold_out(train, HELD_OUT)
    return Intents(kept, held_out)


def clinc150(folder: Path, split: Split) -> Intents:
    """All of CLINC150; its examples out of scope are for asking only."""
    part = "test" if split == "test" else "val"
    return Intents(
        _read(folder / "clinc150_train.jsonl"),
        _read(folder / f"clinc150_{part}.jsonl"),
        _read(folder / f"clinc150_oos_{part}.jsonl"),
    )


def goemotions(folder: Path, split: Split) -> Angers:
    """The published training part, a fifth of it for tuning; asked is the dev part, for validation a fifth as well."""
    rest, test = _emotions(folder / "goemotions_en_train.jsonl"), _emotions(folder / "goemotions_en_dev.jsonl")
    if split == "validation":
        rest, test = hold_out(rest, HELD_OUT)
    train, tuning = hold_out(rest, HELD_OUT)
    return Angers(train, tuning, test)


def few(examples: Sequence[Example], each: int, seed: int) -> tuple[Example, ...]:
    """`each` examples of every label (all where there are fewer), drawn by `seed`."""
    order = random.Random(seed)
    chosen = (order.sample(places, min(each, len(places))) for places in _by_label(examples).values())
    return tuple(examples[place] for places in chosen for place in places)


def hold_out(examples: Sequence[Example], share: float) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    """What is kept and what is held out, both in their order: `share` of every label's examples, always the same."""
    order = random.Random(0)
    out: set[int] = set()
    for places in _by_label(examples).values():
        out |= set(order.sample(places, round(share * len(places))))
    kept = tuple(example for place, example in enumerate(examples) if place not in out)
    return kept, tuple(examples[place] for place in sorted(out))


def rows(path: Path) -> list[dict[str, Any]]:
    """The objects of a file of JSON lines. Raises NoData."""
    if not path.is_file():
        raise NoData(f"{path} is missing. Fix: name the folder of the data sets with --data.")
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _by_label(examples: Sequence[Example]) -> dict[str, list[int]]:
    """The places of every label's examples, by label."""
    found: dict[str, list[int]] = defaultdict(list)
    for place, example in enumerate(examples):
        found[example.label].append(place)
    return {label: found[label] for label in sorted(found)}


def _read(path: Path) -> tuple[Example, ...]:
    return tuple(Example(" ".join(row["text"].split()), row["intent"]) for row in rows(path))


def _emotions(path: Path) -> tuple[Example, ...]:
    return tuple(Example(row["text"], "anger" if ANGER & set(row["labels"]) else "other") for row in rows(path))
