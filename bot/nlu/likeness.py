"""How like an intent's examples a text is, which tells what is understood from what is like no intent."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from bot.nlu.vectors import Vectors, unit

# How fast likeness falls with the cosines. The fourth power tells what is out of scope better than the square does
# (docs/decisions.md, 18); the sixth gains on some and loses on others.
_POWER = 4


def likeness(nearest: Vectors, centre: Vectors) -> Vectors:
    """0 to 1, from the cosines to the nearest of an intent's examples and to their centre; all of one shape."""
    mean: Vectors = np.maximum((nearest + centre) / 2, 0)
    found: Vectors = mean**_POWER
    return found


def centres_of(features: Vectors, targets: NDArray[np.int64]) -> Vectors:
    """The directions of the mean `features` of every intent, shape (intents, width).

    `features` have the shape (n, width), and `targets`, shape (n,), are the places of their intents, each with some.
    """
    places = np.arange(len(targets))
    members = csr_matrix((np.ones(len(targets), np.float32), (targets, places)))
    return unit(members @ features)
