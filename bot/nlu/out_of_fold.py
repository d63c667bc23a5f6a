"""What is predicted for examples that were left out of training (out of fold).

The fusion and the threshold come from this, so that they fit any business's data without being set.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

from bot.nlu.base_models import fit_meaning, fit_wording
from bot.nlu.belonging import Belonging, fit_belonging
from bot.nlu.examples import Examples
from bot.nlu.fusion import Fusion
from bot.nlu.likeness import centres_of, likeness
from bot.nlu.linear import Linear, workers
from bot.nlu.neighbours import log_votes
from bot.nlu.vectors import Vectors, unit

# Folds, and how many of them are left out in turn, for up to so many examples: the more there are, the surer each is.
_FOLDS = ((1_000, 5, 5), (4_000, 3, 3), (math.inf, 4, 1))
_VOTED_AT_ONCE = 1_000  # examples, to spare memory


@dataclass(frozen=True)
class Others:
    """m messages about anything else: the encoder's `features`, shape (m, width), and `counts` of n-grams."""

    features: Vectors
    counts: csr_matrix


@dataclass(frozen=True)
class OutOfFold:
    """Scores of both models and log votes for n examples from all those of the other folds, shape (n, intents).

    `belonging`, shape (n,), is what tells them from messages about anything else, likewise; ones beside no such.
    `folds`, shape (n,), are the examples' folds. Fold −1 is always trained on and its rows are zeros: an intent's only
    example, its name, or one of so many that a part of them tells enough.
    """

    folds: NDArray[np.int64]
    meaning: Vectors
    wording: Vectors
    voted: Vectors
    belonging: Vectors

    @property
    def tested(self) -> NDArray[np.int64]:
        """The rows that count; there may be none."""
        return np.flatnonzero(self.folds >= 0)


def cross_fit(
    examples: Examples, counts: csr_matrix, others: Others | None
) -> tuple[Linear, Linear, Belonging | None, OutOfFold]:
    """The models for all `examples`, of meaning, wording and belonging, and what such made of those left out of them.

    `counts` are the n-grams of the examples, shape (n, columns). Nothing belongs or not without `others`.
    """
    features, targets = examples.features, examples.targets
    folds, number = _folds_of(examples)
    kept = [*(folds != fold for fold in range(number)), np.ones(len(targets), np.bool_)]
    with workers() as pool:
        meanings = pool.map(lambda rows: fit_meaning(features[rows], targets[rows]), kept)
        # On this thread: liblinear has one source of random numbers for all threads.
        *wordings, wording = [fit_wording(counts[rows], targets[rows]) for rows in kept]
        *belongings, belonging = [_belonging(features[rows], counts[rows], others) for rows in kept]
        *partial, meaning = meanings
    meaning_left_out = np.zeros((len(targets), len(examples.intents)), np.float32)
    wording_left_out = np.zeros_like(meaning_left_out)
    belonging_left_out = np.ones(len(targets), np.float32)
    for fold in range(number):
        out = folds == fold
        if out.any():
            meaning_left_out[out] = partial[fold].scores(features[out])
            wording_left_out[out] = wordings[fold].matrix_scores(counts[out])
            if model := belongings[fold]:
                belonging_left_out[out] = model.of_all(features[out], counts[out])
    voted = _voted(examples, folds)
    return meaning, wording, belonging, OutOfFold(folds, meaning_left_out, wording_left_out, voted, belonging_left_out)


def confidences(examples: Examples, left_out: OutOfFold, fusion: Fusion) -> Vectors:
    """That of the likeliest intent of each tested example, likened to the intent's examples in the other folds only."""
    directions, targets, folds = unit(examples.features), examples.targets, left_out.folds
    fused = fusion.fused(left_out.meaning, left_out.wording, left_out.voted)
    predicted = fused.argmax(axis=1)
    alike = np.zeros(len(targets), np.float32)
    for fold in np.unique(folds[left_out.tested]):
        rows, kept = np.flatnonzero(folds == fold), folds != fold
        centres = centres_of(examples.features[kept], targets[kept])
        middle = np.einsum("ij,ij->i", directions[rows], centres[predicted[rows]])
        nearest = np.zeros(len(rows), np.float32)
        for intent in np.unique(predicted[rows]):
            asked = predicted[rows] == intent
            own = directions[kept & (targets == intent)]
            nearest[asked] = (directions[rows[asked]] @ own.T).max(axis=1)
        alike[rows] = likeness(nearest, middle)
    found: Vectors = (np.exp(fused.max(axis=1)) * alike * left_out.belonging)[left_out.tested]
    return found


def _belonging(features: Vectors, counts: csr_matrix, others: Others | None) -> Belonging | None:
    if others is None:
        return None
    is_ours = np.arange(len(features) + len(others.features)) < len(features)
    return fit_belonging(np.concatenate([features, others.features]), vstack([counts, others.counts]).tocsr(), is_ours)


def _folds_of(examples: Examples) -> tuple[NDArray[np.int64], int]:
    """Each example's fold, and the number of folds that are left out in turn."""
    targets, is_name = examples.targets, examples.is_name
    folds_in_all, number = next((folds, out) for most, folds, out in _FOLDS if len(targets) <= most)
    folds = np.full(len(targets), -1)
    folds[~is_name] = _spread(targets[~is_name], folds_in_all)
    folds[folds >= number] = -1
    return folds, number


def _spread(targets: NDArray[np.int64], number: int) -> NDArray[np.int64]:
    """A fold for every example, so that each intent is spread evenly over them."""
    folds = np.empty(len(targets), np.int64)
    random = np.random.default_rng(0)
    for target in np.unique(targets):
        own = np.flatnonzero(targets == target)
        spread = (np.arange(len(own)) + target) % number if len(own) > 1 else np.array([-1])
        folds[random.permutation(own)] = spread
    return folds


def _voted(examples: Examples, folds: NDArray[np.int64]) -> Vectors:
    """What the examples of the other folds vote for each one that is left out; shape (n, intents)."""
    vectors, targets = examples.vectors, examples.targets
    intents = np.arange(len(examples.intents))
    voted = np.zeros((len(targets), len(intents)), np.float32)
    for fold in np.unique(folds[folds >= 0]):
        kept = folds != fold
        starts = np.searchsorted(targets[kept], intents)
        for rows in np.array_split(np.flatnonzero(folds == fold), 1 + len(targets) // _VOTED_AT_ONCE):
            voted[rows] = log_votes(vectors[rows], vectors[kept], starts)
    return voted
