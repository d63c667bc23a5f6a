"""The examples that the intents are learnt from: each once, grouped by intent, and the intents' names beside them."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.errors import WarmlineError
from bot.nlu.encoder import Encoder
from bot.nlu.vectors import Vectors

_WORD = re.compile(r"[^\W\d_]+")
_TELLING = 0.5  # share of intents whose names have to tell


class CannotLearn(WarmlineError):
    """The examples leave nothing to learn, or contradict each other."""


@dataclass(frozen=True)
class Examples:
    """n examples in the order of `intents`.

    `targets`, shape (n,), are the places of their intents; `is_name`, shape (n,), tells which `texts` are names of
    intents. `features`, shape (n, width), are what the encoder gave, and `vectors`, shape (n, d), the unit vectors.
    """

    intents: tuple[str, ...]
    texts: tuple[str, ...]
    targets: NDArray[np.int64]
    is_name: NDArray[np.bool_]
    features: Vectors
    vectors: Vectors


def prepared(texts: Sequence[str], intents: Sequence[str], encoder: Encoder) -> Examples:
    """`texts` with their `intents`. Raises CannotLearn for one intent only, an empty text, or one under two intents."""
    texts, named = _distinct(texts, intents)
    labels, targets = np.unique(named, return_inverse=True)
    features = encoder.features(texts)
    names = _telling_names(labels.tolist(), features[:, : encoder.dimension], targets, encoder)
    is_name = np.arange(len(texts) + len(names)) >= len(texts)
    texts, targets = [*texts, *names], np.concatenate([targets, np.arange(len(names))])
    order = np.argsort(targets, kind="stable")
    features = np.concatenate([features, encoder.features(names)])[order]
    return Examples(
        intents=tuple(str(label) for label in labels),
        texts=tuple(texts[place] for place in order),
        targets=targets[order],
        is_name=is_name[order],
        features=features,
        vectors=features[:, : encoder.dimension],
    )


def _distinct(texts: Sequence[str], intents: Sequence[str]) -> tuple[list[str], list[str]]:
    """The examples without repetitions. Raises CannotLearn."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for text, intent in zip(texts, intents, strict=True):
        if not text.strip():
            raise CannotLearn(f"An example of the intent {intent} is empty. Fix: write a message there or delete it.")
        found[" ".join(text.lower().split())].setdefault(intent, text)
    if len(set(intents)) < 2:
        raise CannotLearn("There is one intent only, so nothing to tell apart. Fix: add examples of a second intent.")
    for example in found.values():
        if len(example) > 1:
            raise CannotLearn(
                f'"{next(iter(example.values()))}" is an example of {" and of ".join(sorted(example))}. '
                "Fix: keep it under one of them."
            )
    pairs = [(text, intent) for example in found.values() for intent, text in example.items()]
    return [text for text, _ in pairs], [intent for _, intent in pairs]


def _telling_names(labels: Sequence[str], vectors: Vectors, targets: NDArray[np.int64], encoder: Encoder) -> list[str]:
    """The names of all intents as words, each one more example; none if they do not tell what the intents are about.

    Names tell if for half of them the mean of their own examples is the nearest ("card_arrival", not "intent_7").
    With 10 examples an intent 0.5 points more are right on Banking77 and 0.8 on CLINC150.
    """
    spoken = [" ".join(_WORD.findall(label)).lower() for label in labels]
    means = np.stack([vectors[targets == target].mean(axis=0) for target in range(len(labels))])
    nearest = (encoder.encode(spoken) @ means.T).argmax(axis=1)
    return spoken if all(spoken) and (nearest == np.arange(len(labels))).mean() >= _TELLING else []
