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
from scipy.optimize import fmin_l_bfgs_b
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

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
    processors = len(os.sched_getaffinity(0))
    # NumPy's own threads beside these would wait for each other: fitting the mood took twice as long.
    with warnings.catch_warnings(), threadpool_limits(1), ThreadPoolExecutor(processors) as pool:
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield pool


def fit_linear(estimator: Any, features: Any, targets: NDArray[np.int64]) -> Linear:
    """What scikit-learn's `estimator` learns, for classes 0, 1, … that all occur in `targets`."""
    estimator.fit(features, targets)
    return of_classes(estimator.coef_.T, estimator.intercept_)


def of_classes(weights: Any, bias: Any) -> Linear:
    """scikit-learn's weights and bias, shape (features, classes) and (classes,); for two classes it has one set."""
    weights, bias = np.asarray(weights, np.float32), np.asarray(bias, np.float32)
    if weights.shape[1] == 1:
        weights, bias = np.hstack([-weights / 2, weights / 2]), np.hstack([-bias / 2, bias / 2])
    return Linear(np.ascontiguousarray(weights), bias)


def fit_logistic(features: Numbers, targets: NDArray[np.int64], *, looseness: float, steps: int) -> Linear:
    """Multinomial logistic regression for classes 0, 1, …, which is C = `looseness` and max_iter = `steps` elsewhere.

    `features`, shape (n, width), are dense. What is minimised is what scikit-learn's LogisticRegression minimises for
    several classes. But the steps of L-BFGS are taken in features that are centred and of a like spread, where half as
    many come as near to the minimum.
    """
    rows, width = np.arange(len(targets)), features.shape[1]
    middle, variance = features.mean(axis=0), features.var(axis=0)
    scale = 1 / np.sqrt(variance + variance.mean())
    seen = (features - middle) * scale
    penalty = np.square(scale)[:, None]  # of the weights as they are for the features that were given

    def loss(numbers: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """The loss and its gradient at weights and, in the last row, biases."""
        at = numbers.reshape(width + 1, -1).astype(np.float32)
        scores = log_softmax(seen @ at[:-1] + at[-1])
        value = np.square(at[:-1] * scale[:, None]).sum() / 2 - looseness * scores[rows, targets].sum()
        wrong = np.exp(scores)
        wrong[rows, targets] -= 1
        wrong *= looseness
        gradient = np.vstack([seen.T @ wrong + penalty * at[:-1], wrong.sum(axis=0)])
        return float(value), gradient.astype(np.float64).ravel()

    found, _, _ = fmin_l_bfgs_b(loss, np.zeros((width + 1) * (int(targets.max()) + 1)), maxiter=steps)
    *learnt, bias = found.reshape(width + 1, -1)
    back = np.asarray(learnt) * scale[:, None]
    return Linear(back.astype(np.float32), (bias - middle @ back).astype(np.float32))


def log_softmax(scores: Numbers) -> Numbers:
    """Log probabilities over the last axis."""
    shifted = scores - scores.max(axis=-1, keepdims=True)
    result: Numbers = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result


def together(meaning: Numbers, wording: Numbers) -> Numbers:
    """Log probabilities of two models, from their scores: twice those of one and once those of the other, halved."""
    return log_softmax((2 * log_softmax(meaning) + log_softmax(wording)) / 2)


def sigmoid(score: float) -> float:
    """The probability of a score."""
    return float(1 / (1 + np.exp(-score)))
