"""When a hit is clear, a candidate or nothing: limits taken from the articles themselves.

Every title and phrasing is asked as if it were a new question, with itself left out. How well its
article is found all the same says what to expect of real questions. It says so too darkly where
phrasings were chosen to differ from each other, so the result only ever lowers the defaults.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

_MOST_QUESTIONS = 300
_AT_ONCE = 32  # questions; bounds the memory of ten thousand articles to some 20 MB
_FEWEST_QUESTIONS = 30
_LOST = 0.07
"""Share of answerable questions that may be called "nothing"."""
_RIGHT = 0.9
"""Share of clear hits that must be right."""


@dataclass(frozen=True)
class Limits:
    """`relevant`: least score of anything shown. `margin`: least lead of a clear hit.

    A clear hit leads over the next one and, so that a lone weak hit is not taken for an answer, over
    `relevant` as well.
    """

    relevant: float
    margin: float

    def kind(self, first: float, second: float) -> Literal["clear", "candidates", "nothing"]:
        if first < self.relevant:
            return "nothing"
        return "clear" if first - max(second, self.relevant) >= self.margin else "candidates"

    def candidate(self, best: float) -> float:
        """The least score worth showing beside `best`."""
        return max(self.relevant, best - 2 * self.margin)


# From public data sets used as articles (CLINC150, Banking77: 40 and 70 intents, 4 and 5 phrasings):
# 93 to 98 % of clear hits are right, 1 to 10 % of questions are lost, 84 to 95 % of foreign ones refused.
_DEFAULT = Limits(relevant=0.44, margin=0.08)
_LEAST_MARGIN = 0.03


def calibrated(rows: Vectors, starts: NDArray[np.int64], questions: Sequence[int]) -> Limits:
    """The limits for articles whose passages are `rows`, beginning at `starts`, questions first."""
    asked = [(article, row) for article, count in enumerate(questions) if count > 2 for row in range(count)]
    if len(asked) < _FEWEST_QUESTIONS or len(questions) < 3:
        return _DEFAULT
    own, other = _left_out(rows, starts, questions, asked[:: max(1, len(asked) // _MOST_QUESTIONS)])
    found = own[own > other]
    if not found.size:
        return _DEFAULT
    relevant = min(_DEFAULT.relevant, float(np.quantile(found, _LOST)))
    return Limits(relevant, _margin(own, other, np.maximum(own, other) >= relevant))


def _left_out(
    rows: Vectors, starts: NDArray[np.int64], questions: Sequence[int], asked: Sequence[tuple[int, int]]
) -> tuple[Vectors, Vectors]:
    """For every question: the score of its own article without it, and the best of the others."""
    sums = np.stack([rows[start : start + count].sum(axis=0) for start, count in zip(starts, questions, strict=True)])
    centres = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    own = np.empty(len(asked), np.float32)
    other = np.empty(len(asked), np.float32)
    for first in range(0, len(asked), _AT_ONCE):
        part = asked[first : first + _AT_ONCE]
        articles = np.array([article for article, _ in part])
        left_out = starts[articles] + [row for _, row in part]
        each = np.arange(len(part))
        queries = rows[left_out]
        cosines = rows @ queries.T
        cosines[left_out, each] = -1
        nearest = np.maximum.reduceat(cosines, starts, axis=0)
        rest = sums[articles] - queries
        to_rest = (rest * queries).sum(axis=1) / np.linalg.norm(rest, axis=1)
        own[first : first + len(part)] = (nearest[articles, each] + to_rest) / 2
        fits = (nearest + centres @ queries.T) / 2
        fits[articles, each] = -1
        other[first : first + len(part)] = fits.max(axis=0)
    return own, other


def _margin(own: Vectors, other: Vectors, relevant: NDArray[np.bool_]) -> float:
    """The least lead at which `_RIGHT` of the hits above it are right."""
    leads = np.abs(own - other)
    right = own > other
    for margin in np.arange(_LEAST_MARGIN, _DEFAULT.margin, 0.01):
        chosen = relevant & (leads >= margin)
        if chosen.any() and right[chosen].mean() >= _RIGHT:
            return float(margin)
    return _DEFAULT.margin
