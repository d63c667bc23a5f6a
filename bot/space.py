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

Vectors = NDArray[np.float32]

_DIRECTIONS = 256
# Chosen on questions of Banking77's and CLINC150's training sets, 4 and 8 of each intent used as an article.
_SHRINKAGE = 0.8
"""How far the scatter is drawn towards the same in every direction: phrasings are few, directions many."""
_FEWEST_QUESTIONS = 200
"""From fewer the scatter cannot be told from chance; then texts stay where the encoder puts them."""
_MOST_QUESTIONS = 20_000  # more teach nothing new and take memory


@dataclass(frozen=True)
class Space:
    """`mean`, shape (width,), is taken from features before `matrix`, shape (width, directions), turns them."""

    mean: Vectors
    matrix: Vectors

    def place(self, features: NDArray[np.floating[Any]]) -> Vectors:
        """Unit vectors in this space for an encoder's `features`, shape (n, width)."""
        return _unit((_unit(features.astype(np.float32)) - self.mean) @ self.matrix)


def learn(articles: Sequence[NDArray[np.floating[Any]]], dimension: int) -> Space:
    """The space for `articles`, each given by the features of its questions, shape (questions, width).

    The first `dimension` features are the encoder's unit vector.
    """
    width = articles[0].shape[1]
    total = sum(len(questions) for questions in articles)
    if total < _FEWEST_QUESTIONS:
        return Space(np.zeros(width, np.float32), np.eye(width, dimension, dtype=np.float32))
    chosen = articles[:: 1 + total // _MOST_QUESTIONS]
    sizes = np.array([len(questions) for questions in chosen])
    rows = _unit(np.concatenate(chosen).astype(np.float32))
    mean = rows.mean(axis=0)
    rows = rows - mean
    means = np.add.reduceat(rows, np.cumsum(sizes) - sizes) / sizes[:, None]
    within = rows - np.repeat(means, sizes, axis=0)
    scatter = within.T @ within / len(rows)
    scatter = (1 - _SHRINKAGE) * scatter + _SHRINKAGE * np.trace(scatter) / width * np.eye(width, dtype=np.float32)
    lengths, directions = np.linalg.eigh(scatter)
    whitening = directions / np.sqrt(lengths)
    whitened = _unit(rows @ whitening)
    _, kept = np.linalg.eigh(whitened.T @ whitened)  # the most telling ones come last
    return Space(mean, np.ascontiguousarray(whitening @ kept[:, -_DIRECTIONS:], np.float32))


def _unit(rows: Vectors) -> Vectors:
    unit: Vectors = rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9)
    return unit
