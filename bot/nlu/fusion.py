"""Late fusion: the log probabilities of both models and the votes of the examples, weighed and added."""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from bot.nlu.linear import log_softmax
from bot.nlu.vectors import Vectors

_WEIGHTS = (0.5, 0.6, 0.7, 0.8)
_VOTES = (0.2, 0.3)  # where they make the loss so much smaller:
_WORTH = 0.03  # to compare a message with every example takes longer than all the rest
_SHARPNESSES = (1.0, 1.5, 2.0, 2.5, 3.0)


@dataclass(frozen=True)
class Fusion:
    """`weight` is that of the meaning against the wording, `votes` that of the examples' votes beside both.

    `sharpness` is what probabilities are raised to until they are right as often as they say.
    """

    weight: float
    votes: float
    sharpness: float

    def fused(self, meaning: Vectors, wording: Vectors, voted: Vectors) -> Vectors:
        """Log probabilities from the scores of both models and log votes, all of shape (…, intents)."""
        models = self.weight * log_softmax(meaning) + (1 - self.weight) * log_softmax(wording)
        return log_softmax(models + self.votes * voted)

    def calibrated(self, fused: Vectors) -> Vectors:
        """Log probabilities that are right as often as they say."""
        return log_softmax(self.sharpness * fused)


UNTESTED = Fusion(weight=0.7, votes=0.0, sharpness=1.0)
"""For so few examples that none can be left out."""


def best_fusion(meaning: Vectors, wording: Vectors, voted: Vectors, targets: NDArray[np.int64]) -> Fusion:
    """The one under which examples are the most probable that were left out of training; no votes for nothing.

    Scores and votes, shape (n, intents), are those of the examples, and `targets`, shape (n,), their intents.
    """

    def loss(fusion: Fusion) -> float:
        calibrated = fusion.calibrated(fusion.fused(meaning, wording, voted))
        return -float(calibrated[np.arange(len(targets)), targets].mean())

    without = min((Fusion(*each) for each in product(_WEIGHTS, (0.0,), _SHARPNESSES)), key=loss)
    best = min((Fusion(*each) for each in product(_WEIGHTS, _VOTES, _SHARPNESSES)), key=loss)
    return best if loss(best) < (1 - _WORTH) * loss(without) else without
