"""The rest of the world: what people ask of assistants of whatever kind, beside which a business's intents stand."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.nlu.vectors import Vectors

_FILE = Path(__file__).with_name("background.txt")

OUT_OF_SCOPE = "out_of_scope"
"""The intent by which a Rasa project says itself what it has no answer to; it needs no background then."""

_OF_OURS = 0.6  # cosine from which a message of the background is too like an example to be none of the business's


def read_background() -> list[str]:
    """English messages on all sorts of matters, none of which is about one kind of business more than others."""
    return _FILE.read_text(encoding="utf-8").splitlines()


def foreign(background: Vectors, examples: Vectors) -> NDArray[np.bool_]:
    """Which of the `background`, shape (m, d), are about nothing that the `examples`, shape (n, d), are; shape (m,)."""
    found: NDArray[np.bool_] = (background @ examples.T).max(axis=1) < _OF_OURS
    return found
