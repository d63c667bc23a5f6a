"""Linear models as plain numbers: fitted with scikit-learn, used and stored without it."""

import os
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

Numbers = NDArray[np.float32]


@dataclass(frozen=True)
class Linear:
    """`weights`, shape (features, classes), and `bias`, shape (classes,)."""

    weights: Numbers
    bias: Numbers

    def scores(self, features: Numbers) -> Numbers:
        """Scores of one text, shape (classes,), or of many, shape (n, classes)."""
        scores: Numbers = features @ self.weights + self.bias
        return scores

    def sparse_scores(self, columns: NDArray[np.int64], values: Numbers) -> Numbers:
        """Scores of one text whose features are zero except `values` in `columns`."""
        scores: Numbers = values @ self.weights[columns].astype(np.float32) + self.bias
        return scores

    def matrix_scores(self, features: Any) -> Numbers:
        """Scores for a scipy sparse matrix of features, shape (n, classes)."""
        scores: Numbers = np.asarray(features @ self.weights, np.float32) + self.bias
        return scores


@contextmanager
def workers() -> Iterator[ThreadPoolExecutor]:
    """Threads to fit on, one a processor; that estimators stop early, which is on purpose, is not warned of."""
    with warnings.catch_warnings(), ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield pool


def fit_linear(estimator: Any, features: Any, targets: NDArray[np.int64]) -> Linear:
    """What scikit-learn's `estimator` learns, for classes 0, 1, … that all occur in `targets`."""
    estimator.fit(features, targets)
    weights = np.asarray(estimator.coef_, np.float32).T
    bias = np.asarray(estimator.intercept_, np.float32)
    if weights.shape[1] == 1:  # two classes share one set of weights
        weights, bias = np.hstack([-weights / 2, weights / 2]), np.hstack([-bias / 2, bias / 2])
    return Linear(np.ascontiguousarray(weights), bias)


def log_softmax(scores: Numbers) -> Numbers:
    """Log probabilities over the last axis."""
    shifted = scores - scores.max(axis=-1, keepdims=True)
    result: Numbers = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result


def sigmoid(score: float) -> float:
    """The probability of a score."""
    return float(1 / (1 + np.exp(-score)))
