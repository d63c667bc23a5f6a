"""Networks of one hidden layer as plain numbers: fitted with scikit-learn, used and stored without it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier

from bot.nlu.linear import Linear, Numbers, of_classes

_WIDTH = 64  # no better with 128
_DECAY = 3.0
_BATCH = 128
_STEPS = 800  # as many for few texts as for many
# Each ends elsewhere. Of 683 messages with threats that were left out, the mean of three finds 494 where one finds 473,
# with as many calm ones called hot; and what is found depends less on luck.
_NETWORKS = 3


@dataclass(frozen=True)
class Layered:
    """What `last` makes of those sums of `first` that are above 0."""

    first: Linear
    last: Linear

    def scores(self, features: Numbers) -> Numbers:
        """Scores of one text, shape (classes,), or of many, shape (n, classes)."""
        return self.last.scores(np.maximum(self.first.scores(features), 0))


def fit_layered(features: Numbers, targets: NDArray[np.int64], weights: Numbers) -> Layered:
    """Networks for classes 0, 1, … that all occur in `targets`, as one whose scores are the mean of theirs.

    `weights` make each class likelier than it is there.
    """
    middle, spread = features.mean(axis=0), features.std(axis=0) + 1e-6
    seen, shift = (features - middle) / spread, np.log(weights).astype(np.float32)
    first, last = zip(*(_fit(seen, targets, number) for number in range(_NETWORKS)), strict=True)
    # The scale of the features is made part of the weights, so that they can be used as they are.
    inwards = (np.hstack([each.weights for each in first]) / spread[:, np.newaxis]).astype(np.float32)
    bias = (np.hstack([each.bias for each in first]) - middle @ inwards).astype(np.float32)
    outwards = np.vstack([each.weights for each in last]) / _NETWORKS
    return Layered(Linear(inwards, bias), Linear(outwards, np.mean([each.bias for each in last], axis=0) + shift))


def _fit(features: Numbers, targets: NDArray[np.int64], number: int) -> tuple[Linear, Linear]:
    """Both layers of one network, which `number` tells from others of the same data."""
    batch = min(_BATCH, len(targets))
    network = MLPClassifier(
        _WIDTH, alpha=_DECAY, batch_size=batch, max_iter=-(-_STEPS * batch // len(targets)), random_state=number
    ).fit(features, targets)
    first, last = zip(network.coefs_, network.intercepts_, strict=True)
    return Linear(*first), of_classes(*last)
