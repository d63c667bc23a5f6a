"""The training examples as neighbours of a text: which are the nearest, and what all of them vote."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.nlu.vectors import Vectors

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

    `vectors`, shape (n, d), of `intents[i]` are rows `starts[i]:starts[i + 1]`; `texts` are what they were made from.
    """

    intents: tuple[str, ...]
    texts: tuple[str, ...]
    vectors: Vectors
    starts: NDArray[np.int64]

    def votes(self, vector: Vectors) -> Vectors:
        """Log votes for every intent, shape (intents,), on a text by its unit `vector`, shape (d,)."""
        votes: Vectors = log_votes(vector[None], self.vectors, self.starts[:-1])[0]
        return votes

    def nearest_cosine(self, vector: Vectors, intent: int) -> float:
        """The cosine to the nearest example of `intents[intent]`."""
        own = self.vectors[self.starts[intent] : self.starts[intent + 1]]
        return float((own @ vector).max())

    def nearest(self, vector: Vectors, *, most: int) -> list[Neighbour]:
        """The nearest examples of whatever intent, at most `most`."""
        cosines = self.vectors @ vector
        best = np.argsort(-cosines)[:most]
        owners = np.searchsorted(self.starts, best, side="right") - 1
        return [
            Neighbour(self.texts[row], self.intents[owner], float(cosines[row]))
            for row, owner in zip(best, owners, strict=True)
        ]


def log_votes(vectors: Vectors, examples: Vectors, starts: NDArray[np.int64]) -> Vectors:
    """What `examples` vote for each of `vectors`, shape (len(vectors), intents): the nearer, the more.

    `examples` are grouped by intent, and `starts` tells where each group begins.
    """
    near = np.exp(_CLOSENESS * (vectors @ examples.T - 1))
    votes: Vectors = np.log(np.add.reduceat(near, starts, axis=1) + _LEAST_VOTES * near.max(axis=1, keepdims=True))
    return votes
