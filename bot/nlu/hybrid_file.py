"""The trained hybrid classifier as a file (.npz): plain arrays, nothing that could run code when read."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.nlu.base_models import ngrams_from
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
    examples, example_steps = _coarse(neighbours.vectors)
    background, background_steps = _coarse(model.background)
    np.savez_compressed(
        path,
        intents=np.array(neighbours.intents),
        meaning_weights=model.meaning.weights,
        meaning_bias=model.meaning.bias,
        wording_weights=model.wording.weights.astype(np.float16),
        wording_bias=model.wording.bias,
        examples=examples,
        example_steps=example_steps,
        background=background,
        background_steps=background_steps,
        centres=model.centres.astype(np.float16),
        texts=joined(" ".join(text.split()) for text in neighbours.texts),
        starts=neighbours.starts,
        numbers=np.array([fusion.weight, fusion.votes, fusion.sharpness, model.threshold]),
        **model.ngrams.arrays(),
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
                vectors=file["examples"] * file["example_steps"],
                starts=file["starts"],
            ),
            centres=file["centres"].astype(np.float32),
            background=file["background"] * file["background_steps"],
            fusion=Fusion(weight, votes, sharpness),
            threshold=threshold,
        )


def _coarse(vectors: Vectors) -> tuple[NDArray[np.int8], Vectors]:
    """`vectors` as small whole numbers, and the steps between these, shape (n, 1)."""
    steps = (np.abs(vectors).max(axis=1, keepdims=True) / 127).astype(np.float32)
    return np.rint(vectors / steps).astype(np.int8), steps
