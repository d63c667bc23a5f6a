"""A network of one hidden layer as plain numbers: fitted with scikit-learn, used and stored without it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier

from bot.nlu.linear import Linear, Numbers, of_classes

_WIDTH = 64  # no better with 128
_DECAY = 3.0
_BATCH = 128
_STEPS = 800  # as many for few texts as for many


@dataclass(frozen=True)
class Layered:
    """What `last` makes of those sums of `first` that are above 0."""

    first: Linear
    last: Linear

    def scores(self, features: Numbers) -> Numbers:
        """Scores of one text, shape (classes,), or of many, shape (n, classes)."""
        return self.last.scores(np.maximum(self.first.scores(features), 0))


def fit_layered(features: Numbers, targets: NDArray[np.int64], weights: Numbers) -> Layered:
    """A network for classes 0, 1, … that all occur in `targets`; `weights` make each likelier than it is there."""
    batch = min(_BATCH, len(targets))
    network = MLPClassifier(
        _WIDTH, alpha=_DECAY, batch_size=batch, max_iter=-(-_STEPS * batch // len(targets)), random_state=0
    )
    middle, spread = features.mean(axis=0), features.std(axis=0) + 1e-6
    network.fit((features - middle) / spread, targets)
    # The scale of the features is made part of the weights, so that they can be used as they are.
    weights_first = (network.coefs_[0] / spread[:, np.newaxis]).astype(np.float32)
    bias_first = (network.intercepts_[0] - middle @ weights_first).astype(np.float32)
    last = of_classes(network.coefs_[1], network.intercepts_[1])
    shift = np.log(weights).astype(np.float32)
    return Layered(Linear(weights_first, bias_first), Linear(last.weights, last.bias + shift))
