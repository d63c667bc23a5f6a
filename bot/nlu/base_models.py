"""The two models of the intent, and of wishes, which err differently: one of the meaning, one of the wording.

Logistic regression on the encoder's features knows meaning; a linear SVM on words and pieces of words knows the exact
expression.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.svm import LinearSVC

from bot.nlu.linear import Linear, fit_linear, fit_logistic
from bot.nlu.ngrams import NGrams, from_arrays, learn
from bot.nlu.vectors import Vectors

_SHORTEST_PIECE, _LONGEST_PIECE = 2, 4  # characters

# Chosen on examples of Banking77's and CLINC150's training sets that were left out, 10 an intent. With all examples
# a C of 60 makes those left out more probable and no more of them right.
_LR_C = 20.0
_LR_STEPS = 50  # as near to the minimum as a hundred of scikit-learn's
_SVM_C = 0.5
_SVM_TOLERANCE = 0.01  # a smaller one changes scores by a thousandth
_SVM_SHARPNESS = 3.0


def fit_meaning(features: Vectors, targets: NDArray[np.int64]) -> Linear:
    """The model of the encoder's `features`, shape (n, width), for the classes `targets`, shape (n,)."""
    return fit_logistic(features, targets, looseness=_LR_C, steps=_LR_STEPS)


def fit_wording(counts: csr_matrix, targets: NDArray[np.int64]) -> Linear:
    """The model of the n-grams' `counts`, shape (n, columns), for the classes `targets`, shape (n,)."""
    fitted = fit_linear(LinearSVC(C=_SVM_C, tol=_SVM_TOLERANCE, random_state=0), counts, targets)
    return Linear(fitted.weights * _SVM_SHARPNESS, fitted.bias * _SVM_SHARPNESS)


def ngrams_of(texts: Sequence[str]) -> NGrams:
    """The words and pieces of words that the model of the wording counts."""
    return learn(texts, shortest=_SHORTEST_PIECE, longest=_LONGEST_PIECE)


def ngrams_from(file: Mapping[str, NDArray[Any]]) -> NGrams:
    """Those of `ngrams_of` in a file of arrays."""
    return from_arrays(file, shortest=_SHORTEST_PIECE, longest=_LONGEST_PIECE)
