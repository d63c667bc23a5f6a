"""The rest of the world: what people ask of assistants of whatever kind, beside which a business's intents stand."""

from pathlib import Path

import numpy as np

from bot.nlu.vectors import Vectors

_FILE = Path(__file__).with_name("background.txt")

OUT_OF_SCOPE = "out_of_scope"
"""The intent by which a Rasa project says itself what it has no answer to; it needs no background then."""

_OF_OURS = 0.6  # cosine from which a message of the background is too like an example to be none of the business's
# What is nearer to the background than to its intent, or hardly farther, is the less sure the nearer. Of these and
# of a dozen other forms this tells what CLINC150's validation set calls out of scope best (AUROC 0.983, 0.979 without).
_FAR_STEEPNESS, _FAR_MARGIN = 4.0, 0.1


def read_background() -> list[str]:
    """English messages on all sorts of matters, none of which is about one kind of business more than others."""
    return _FILE.read_text(encoding="utf-8").splitlines()


def foreign(background: Vectors, examples: Vectors) -> Vectors:
    """What of the `background`, shape (m, d), is nothing that the `examples`, shape (n, d), are about."""
    found: Vectors = background[(background @ examples.T).max(axis=1) < _OF_OURS]
    return found


def unlike(background: Vectors, vectors: Vectors, nearest: Vectors) -> Vectors:
    """How unlike the background `vectors` are, 0 to 1, by the cosines to it and to the `nearest` of their examples.

    `background`, shape (m, d), may be empty; `vectors` have the shape (n, d) or (1, d), and `nearest` has (n,).
    """
    if not len(background):
        return np.ones_like(nearest)
    farther = nearest - (vectors @ background.T).max(axis=1)
    found: Vectors = np.minimum(1, np.exp(_FAR_STEEPNESS * (farther - _FAR_MARGIN)))
    return found
