"""When a hit is clear, a candidate or nothing: limits taken from the articles themselves.

Every title and phrasing is asked as if it were a new question, with itself left out. How well its
article is found all the same says what to expect of real questions. It says so too darkly where
phrasings were chosen to differ from each other, so the result only ever lowers the defaults.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bot.nlu.vectors import Vectors

_FEWEST_QUESTIONS = 30
_LOST = 0.07
"""Share of answerable questions that may be called "nothing"."""
_LOST_BESIDE_GAPS = 0.02
"""The same where gaps take what no article answers: then the limit only has to stop what is far from everything."""
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


# From public data sets used as articles (CLINC150, Banking77: 40 and 70 intents, 4 and 5 phrasings):
# 93 to 98 % of clear hits are right, 1 to 10 % of questions are lost, 84 to 95 % of foreign ones refused.
DEFAULT = Limits(relevant=0.44, margin=0.08)
_LEAST_MARGIN = 0.03


def calibrated(own: Vectors, other: Vectors, *, gaps: bool) -> Limits:
    """The limits for stored questions that were asked as if they were new.

    `own` is the score of the right article for each of them, `other` the best score of another one. `gaps`
    tells whether the search knows gaps.
    """
    found = own[own > other]
    if len(own) < _FEWEST_QUESTIONS or not found.size:
        return DEFAULT
    relevant = min(DEFAULT.relevant, float(np.quantile(found, _LOST_BESIDE_GAPS if gaps else _LOST)))
    return Limits(relevant, _margin(own, other, np.maximum(own, other) >= relevant))


def _margin(own: Vectors, other: Vectors, relevant: NDArray[np.bool_]) -> float:
    """The least lead at which `_RIGHT` of the hits above it are right."""
    leads = np.abs(own - other)
    right = own > other
    for margin in np.arange(_LEAST_MARGIN, DEFAULT.margin, 0.01):
        chosen = relevant & (leads >= margin)
        if chosen.any() and right[chosen].mean() >= _RIGHT:
            return float(margin)
    return DEFAULT.margin
