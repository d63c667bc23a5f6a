"""The trained hybrid classifier as a file (.npz): plain arrays, nothing that could run code when read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.nlu.base_models import ngrams_from
from bot.nlu.belonging import Belonging
from bot.nlu.fusion import Fusion
from bot.nlu.hybrid import Hybrid
from bot.nlu.linear import Linear
from bot.nlu.lines import joined, split
from bot.nlu.neighbours import Neighbours
from bot.nlu.vectors import Vectors


def save(model: Hybrid, path: Path) -> None:
    """Write `model` to `path`."""
    neighbours, fusion = model.neighbours, model.fusion
    # They serve a cosine only: a hundredth is exact enough.
    examples, example_steps = _coarse(neighbours.features)
    np.savez_compressed(
        path,
        intents=np.array(neighbours.intents),
        meaning_weights=model.meaning.weights,
        meaning_bias=model.meaning.bias,
        wording_weights=model.wording.weights.astype(np.float16),
        wording_bias=model.wording.bias,
        examples=examples,
        example_steps=example_steps,
        centres=model.centres.astype(np.float16),
        texts=joined(" ".join(text.split()) for text in neighbours.texts),
        dimension=neighbours.dimension,
        starts=neighbours.starts,
        numbers=np.array([fusion.weight, fusion.votes, fusion.sharpness, model.threshold]),
        **model.ngrams.arrays(),
        **(_belonging_arrays(model.belonging) if model.belonging else {}),
    )


def load(path: Path) -> Hybrid:
    """The classifier that `save` wrote."""
    with np.load(path, allow_pickle=False) as file:
        weight, votes, sharpness, threshold = (float(number) for number in file["numbers"])
        return Hybrid(
            meaning=Linear(file["meaning_weights"], file["meaning_bias"]),
            wording=Linear(file["wording_weights"], file["wording_bias"]),
            ngrams=ngrams_from(file),
            neighbours=Neighbours(
                intents=tuple(str(intent) for intent in file["intents"]),
                texts=tuple(split(file["texts"])),
                features=file["examples"] * file["example_steps"],
                dimension=int(file["dimension"]),
                starts=file["starts"],
            ),
            centres=file["centres"].astype(np.float32),
            belonging=_belonging_from(file),
            fusion=Fusion(weight, votes, sharpness),
            threshold=threshold,
        )


def _belonging_arrays(model: Belonging) -> dict[str, NDArray[Any]]:
    return {
        "belonging_meaning_weights": model.meaning.weights,
        "belonging_meaning_bias": model.meaning.bias,
        "belonging_wording_weights": model.wording.weights.astype(np.float16),
        "belonging_wording_bias": model.wording.bias,
    }


def _belonging_from(file: Mapping[str, NDArray[Any]]) -> Belonging | None:
    if "belonging_meaning_weights" not in file:  # it learnt beside no background
        return None
    return Belonging(
        Linear(file["belonging_meaning_weights"], file["belonging_meaning_bias"]),
        Linear(file["belonging_wording_weights"], file["belonging_wording_bias"]),
    )


def _coarse(vectors: Vectors) -> tuple[NDArray[np.int8], Vectors]:
    """`vectors` as small whole numbers, and the steps between these, shape (n, 1)."""
    steps = (np.abs(vectors).max(axis=1, keepdims=True) / 127).astype(np.float32)
    return np.rint(vectors / steps).astype(np.int8), steps
