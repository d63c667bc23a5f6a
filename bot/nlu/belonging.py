"""Whether a message is about the business at all, told by what sets its examples apart from the background."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from bot.nlu.base_models import fit_meaning, fit_wording
from bot.nlu.linear import Linear
from bot.nlu.vectors import Vectors

# What this counts beside probability and likeness (docs/decisions.md, 18). A half gains more on what is nothing like
# the business, and loses on its own matters that it has no intent for.
_POWER = 0.25


@dataclass(frozen=True)
class Belonging:
    """Two models, each of the classes background and business: of `meaning`, and of `wording`."""

    meaning: Linear
    wording: Linear

    def of(self, features: Vectors, columns: NDArray[np.int64], weights: Vectors) -> float:
        """0 to 1 for a text with the encoder's `features`, shape (width,), and n-grams of `weights` in `columns`."""
        return float(_belonging(self.meaning.scores(features) + self.wording.sparse_scores(columns, weights)))

    def of_all(self, features: Vectors, counts: csr_matrix) -> Vectors:
        """The same for many texts, shape (n,): `features` have the shape (n, width), `counts` (n, columns)."""
        return _belonging(self.meaning.scores(features) + self.wording.matrix_scores(counts))


def _belonging(scores: Vectors) -> Vectors:
    background, business = np.moveaxis(scores, -1, 0)
    found: Vectors = np.exp(-_POWER * np.logaddexp(0, background - business))
    return found


def fit_belonging(features: Vectors, counts: csr_matrix, is_ours: NDArray[np.bool_]) -> Belonging:
    """What tells the rows of the business from those of the background, as if there were as many of the one as of the
    other: how long a business's list of examples is says nothing about its customers.

    `features` have the shape (n, width), `counts` (n, columns) and `is_ours` (n,), with both values in it.
    """
    targets = is_ours.astype(np.int64)
    prior = np.log(np.bincount(targets)).astype(np.float32)
    meaning, wording = fit_meaning(features, targets), fit_wording(counts, targets)
    return Belonging(Linear(meaning.weights, meaning.bias - prior), Linear(wording.weights, wording.bias - prior))
