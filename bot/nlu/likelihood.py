"""How likely something is, from what can be said about it: logistic regression over named features."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression

from bot.nlu.linear import Linear, fit_linear, sigmoid
from bot.nlu.lines import joined, split
from bot.nlu.vectors import Vectors

_STEPS = 300
_RARE = 1  # a feature of one example only tells of that example, not of the next


@dataclass(frozen=True)
class Likelihood:
    """`weights` of the features by name, on the scale of log odds, as `bias` is.

    `direction` is what a vector is weighed by, shape (d,), or (0,) for a model that was fitted without vectors.
    """

    weights: Mapping[str, float]
    direction: Vectors
    bias: float

    def of(self, features: Collection[str], vector: Vectors | None = None) -> float:
        """The probability for `features`, and for `vector`, shape (d,), where the model was fitted with some."""
        score = self.bias + sum(self.weights.get(feature, 0.0) for feature in features)
        return sigmoid(score if vector is None else score + float(vector @ self.direction))

    def arrays(self, name: str) -> dict[str, NDArray[Any]]:
        """What `from_arrays` reads, for a file of arrays, under keys that begin with `name`."""
        return {
            f"{name}_features": joined(self.weights),
            f"{name}_weights": np.array([*self.weights.values()], np.float16),
            f"{name}_direction": self.direction,
            f"{name}_bias": np.array(self.bias),
        }


def from_arrays(name: str, file: Mapping[str, NDArray[Any]]) -> Likelihood:
    """The model of this name in `file`."""
    features = split(file[f"{name}_features"])
    weights = (float(weight) for weight in file[f"{name}_weights"])
    return Likelihood(dict(zip(features, weights, strict=True)), file[f"{name}_direction"], float(file[f"{name}_bias"]))


def fit(
    examples: Sequence[Collection[str]], right: Sequence[bool], *, looseness: float, vectors: Vectors | None = None
) -> Likelihood:
    """What tells the `examples` that are `right` from the others; both must occur.

    `vectors`, shape (len(examples), d), are weighed beside the features. `looseness` is scikit-learn's C.
    """
    often = Counter(feature for features in examples for feature in features)
    places = {feature: place for place, feature in enumerate(sorted(each for each in often if often[each] > _RARE))}
    rows = [sorted(places[feature] for feature in features if feature in places) for features in examples]
    ends = np.cumsum([0, *(len(row) for row in rows)])
    columns = np.concatenate([np.array(row, np.int64) for row in rows])
    matrix = csr_matrix((np.ones(len(columns), np.float32), columns, ends), shape=(len(rows), len(places)))
    if vectors is not None:
        matrix = hstack([matrix, csr_matrix(vectors)]).tocsr()
    found: Linear = fit_linear(LogisticRegression(C=looseness, max_iter=_STEPS), matrix, np.array(right, np.int64))
    weights = found.weights[:, 1] - found.weights[:, 0]
    return Likelihood(
        {feature: float(weights[place]) for feature, place in places.items()},
        weights[len(places) :].copy(),
        float(found.bias[1] - found.bias[0]),
    )
