"""A space in which questions with the same answer lie close together, learned from the articles themselves.

An encoder spreads texts over all that can be written. In one business's articles most of that says nothing:
how a question is put varies within an article, what it is about varies between them. Directions that vary
within articles are shortened (whitening with the pooled scatter within articles), the mean of all texts, which
they share, is taken away, and of what is left the directions that tell most are kept (principal components).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.nlu.vectors import Vectors, unit

_DIRECTIONS = 256
# Chosen on questions of Banking77's and CLINC150's training sets, 4 and 8 of each intent used as an article.
_SHRINKAGE = 0.8
"""How far the scatter is drawn towards the same in every direction: phrasings are few, directions many."""
_FEWEST_QUESTIONS = 200
"""From fewer the scatter cannot be told from chance; then texts stay where the encoder puts them."""
_MOST_QUESTIONS = 20_000  # more teach nothing new and take memory

# Chosen on the articles of this repository, a fifth of the questions left out at a time; on Banking77's and CLINC150's
# training questions the right one comes first more often with them as well.
_SHARPNESS = 15
"""By which cosines become probabilities of articles."""
_STEPS = 20  # the first ones help questions that are new, later ones only those that are known by heart
_STEP = 2.0  # along the gradient
_MOMENTUM = 0.9
_MOST_BENT = 5_000
"""Questions that bend the space: time and memory grow with questions times articles."""


@dataclass(frozen=True)
class Space:
    """`mean`, shape (width,), is taken from features before `matrix`, shape (width, directions), turns them."""

    mean: Vectors
    matrix: Vectors

    def place(self, features: NDArray[np.floating[Any]]) -> Vectors:
        """Unit vectors in this space for an encoder's `features`, shape (n, width)."""
        return unit((unit(features.astype(np.float32)) - self.mean) @ self.matrix)


def learn(articles: Sequence[NDArray[np.floating[Any]]], dimension: int) -> Space:
    """The space for `articles`, each given by the features of its questions, shape (questions, width).

    The first `dimension` features are the encoder's unit vector.
    """
    width = articles[0].shape[1]
    articles = [questions for questions in articles if len(questions) > 1]  # one alone shows nothing that varies
    total = sum(len(questions) for questions in articles)
    if total < _FEWEST_QUESTIONS:
        return Space(np.zeros(width, np.float32), np.eye(width, dimension, dtype=np.float32))
    chosen = articles[:: 1 + total // _MOST_QUESTIONS]
    sizes = np.array([len(questions) for questions in chosen])
    rows = unit(np.concatenate(chosen).astype(np.float32))
    mean = rows.mean(axis=0)
    rows = rows - mean
    means = np.add.reduceat(rows, np.cumsum(sizes) - sizes) / sizes[:, None]
    within = rows - np.repeat(means, sizes, axis=0)
    scatter = within.T @ within / len(rows)
    scatter = (1 - _SHRINKAGE) * scatter + _SHRINKAGE * np.trace(scatter) / width * np.eye(width, dtype=np.float32)
    lengths, directions = np.linalg.eigh(scatter)
    whitening = directions / np.sqrt(lengths)
    whitened = unit(rows @ whitening)
    _, kept = np.linalg.eigh(whitened.T @ whitened)  # the most telling ones come last
    matrix = np.ascontiguousarray(whitening @ kept[:, -_DIRECTIONS:], np.float32)
    few = slice(None, None, 1 + total // _MOST_BENT)
    return Space(mean, matrix @ _bending([(unit(each) - mean) @ matrix for each in articles[few]]))


def _bending(articles: Sequence[Vectors]) -> Vectors:
    """The matrix that turns places, shape (questions, directions) an article, into better ones.

    Gradient descent on the cross-entropy of each question's article, by its cosines to the centres of all
    articles (Snell et al., Prototypical Networks, 2017), its own centre being that of the other questions.
    """
    rows = unit(np.concatenate(articles))
    sizes = np.array([len(questions) for questions in articles])
    starts, own = np.cumsum(sizes) - sizes, np.repeat(np.arange(len(articles)), sizes)
    each = np.arange(len(rows))
    matrix = np.eye(rows.shape[1], dtype=np.float32)
    pace = np.zeros_like(matrix)
    for _ in range(_STEPS):
        turned = rows @ matrix
        lengths = np.linalg.norm(turned, axis=1, keepdims=True)
        places = turned / lengths
        sums = np.add.reduceat(places, starts)
        centres, others = unit(sums), unit(sums[own] - places)
        cosines = places @ centres.T
        cosines[each, own] = (places * others).sum(axis=1)
        chances = np.exp(_SHARPNESS * (cosines - 1))
        chances /= chances.sum(axis=1, keepdims=True)
        missing = 1 - chances[each, own, None]
        chances[each, own] = 0
        pull = missing * others - chances @ centres
        pull = (pull - (pull * places).sum(axis=1, keepdims=True) * places) / lengths  # along the sphere
        pace = _MOMENTUM * pace + rows.T @ pull / len(rows)
        matrix = matrix + _STEP * pace
    return matrix
