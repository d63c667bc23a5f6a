"""The training examples as neighbours of a text: which are the nearest, and what all of them vote."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bot.nlu.vectors import Vectors, unit

# An example's vote falls to a twentieth where its cosine is 0.1 lower; 20 and 40 are no better on Banking77's training
# set. No intent is voted down further than this share of the nearest example's vote.
_CLOSENESS = 30.0
_LEAST_VOTES = 1e-6


@dataclass(frozen=True)
class Neighbour:
    """A training example and its `cosine` to a text."""

    text: str
    intent: str
    cosine: float


@dataclass(frozen=True)
class Neighbours:
    """The training examples, grouped by intent.

    The encoder's `features`, shape (n, width), of `intents[i]` are rows `starts[i]:starts[i + 1]`; they begin with unit
    vectors of `dimension` numbers. `texts` are what they were made from.
    """

    intents: tuple[str, ...]
    texts: tuple[str, ...]
    features: Vectors
    dimension: int
    starts: NDArray[np.int64]

    def votes(self, features: Vectors) -> Vectors:
        """Log votes for every intent, shape (intents,), on a text by its `features`, shape (width,)."""
        votes: Vectors = log_votes(features[None, : self.dimension], self._vectors, self.starts[:-1])[0]
        return votes

    def nearest_cosines(self, features: Vectors, intents: NDArray[np.int64]) -> Vectors:
        """The cosine of a text's `features`, shape (width,), to the nearest ones of each of `intents`, in that order.

        All features count, not the vectors alone: what is foreign is told better by how it is said as well.
        """
        direction = unit(features)
        own = [slice(self.starts[intent], self.starts[intent + 1]) for intent in intents]
        return np.array([(self.features[rows] @ direction / self._lengths[rows]).max() for rows in own], np.float32)

    def nearest(self, features: Vectors, *, most: int) -> list[Neighbour]:
        """The examples of whatever intent that mean most nearly what a text of such `features` does, at most `most`."""
        cosines = self._vectors @ features[: self.dimension]
        best = np.argsort(-cosines)[:most]
        owners = np.searchsorted(self.starts, best, side="right") - 1
        return [
            Neighbour(self.texts[row], self.intents[owner], float(cosines[row]))
            for row, owner in zip(best, owners, strict=True)
        ]

    @cached_property
    def _lengths(self) -> Vectors:
        lengths: Vectors = np.maximum(np.linalg.norm(self.features, axis=1), 1e-9)
        return lengths

    @property
    def _vectors(self) -> Vectors:
        return self.features[:, : self.dimension]


def log_votes(vectors: Vectors, examples: Vectors, starts: NDArray[np.int64]) -> Vectors:
    """What `examples` vote for each of `vectors`, shape (len(vectors), intents): the nearer, the more.

    `examples` are grouped by intent, and `starts` tells where each group begins.
    """
    near = np.exp(_CLOSENESS * (vectors @ examples.T - 1))
    votes: Vectors = np.log(np.add.reduceat(near, starts, axis=1) + _LEAST_VOTES * near.max(axis=1, keepdims=True))
    return votes
