"""A mood model in a file of plain arrays (.npz): loading one runs no code."""

import os
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.nlu.layered import Layered
from bot.nlu.linear import Linear
from bot.nlu.moods import LONGEST_PIECE, SHORTEST_PIECE, MoodModel
from bot.nlu.ngrams import from_arrays


def save(model: MoodModel, path: Path, *, learnt_from: str = "") -> None:
    """Write `model` to `path`, whole or not at all; `learnt_from` tells its examples from others."""
    unfinished = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        np.savez_compressed(
            unfinished,
            first_weights=model.meaning.first.weights,
            first_bias=model.meaning.first.bias,
            last_weights=model.meaning.last.weights,
            last_bias=model.meaning.last.bias,
            wording_weights=model.wording.weights.astype(np.float16),
            wording_bias=model.wording.bias,
            least=model.least,
            learnt_from=learnt_from,
            **model.ngrams.arrays(),
        )
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def load(path: Path) -> MoodModel:
    """The model that `save` wrote."""
    with np.load(path, allow_pickle=False) as file:
        return _model(file)


def load_if(path: Path, *, learnt_from: str) -> MoodModel | None:
    """The model that `save` wrote; None when it was given something else, or there is no file, or no whole one."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return _model(file) if str(file["learnt_from"]) == learnt_from else None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None


def _model(file: Mapping[str, NDArray[Any]]) -> MoodModel:
    return MoodModel(
        Layered(Linear(file["first_weights"], file["first_bias"]), Linear(file["last_weights"], file["last_bias"])),
        Linear(file["wording_weights"], file["wording_bias"]),
        from_arrays(file, shortest=SHORTEST_PIECE, longest=LONGEST_PIECE),
        file["least"],
    )
