"""The intent of a text: models that err differently, and how sure they are together.

One model knows meaning, another the exact wording; the examples themselves vote for their intents, the nearer the
more. What is made of them (`bot.nlu.fusion`) and the threshold come from examples that were left out of training.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from bot.nlu.belonging import Belonging
from bot.nlu.fusion import Fusion
from bot.nlu.likeness import likeness
from bot.nlu.linear import Linear, log_softmax
from bot.nlu.neighbours import Neighbour, Neighbours
from bot.nlu.ngrams import NGrams
from bot.nlu.vectors import Vectors, unit

_IMPOSSIBLE = -1e6  # score of an intent that is out of the question


@dataclass(frozen=True)
class Prediction:
    """The intents of `text` from the likeliest down, and beside each its numbers, from 0 to 1 but for the cosines.

    `meaning` and `wording` are the probabilities of the two models, `fused` what is made of them and of the votes.
    `probabilities` are calibrated among the intents known. `confidences` tell what is understood from
    what is not: `fused` × the fourth power of the mean of two cosines, `nearest` to the intent's nearest example and
    `centre` to the mean of its examples, which are low for what is unlike every intent; × `belonging`, 1 beside no
    background.
    """

    text: str
    intents: tuple[str, ...]
    probabilities: tuple[float, ...]
    confidences: tuple[float, ...]
    meaning: tuple[float, ...]
    wording: tuple[float, ...]
    fused: tuple[float, ...]
    nearest: tuple[float, ...]
    centre: tuple[float, ...]
    belonging: float


@dataclass(frozen=True)
class Hybrid:
    """A trained classifier.

    `neighbours` are the training examples. `centres` are the directions of the intents' mean features, shape
    (intents, width). `belonging` tells messages about anything else, if it has learnt from some. `threshold` is the
    confidence below which a text is not understood.
    """

    meaning: Linear
    wording: Linear
    ngrams: NGrams
    neighbours: Neighbours
    centres: Vectors
    belonging: Belonging | None
    fusion: Fusion
    threshold: float

    @property
    def intents(self) -> tuple[str, ...]:
        """All intents, in the order of the models' scores."""
        return self.neighbours.intents

    def predict(self, text: str, features: Vectors, *, most: int = 10, without: Collection[str] = ()) -> Prediction:
        """The `most` likely intents of `text`, but none of `without`; `features`, shape (width,), are the encoder's."""
        columns, weights = self.ngrams.weights(text)
        meaning, wording = self.meaning.scores(features), self.wording.sparse_scores(columns, weights)
        # Comparing with every example takes longer than both models do.
        voted = self.neighbours.votes(features) if self.fusion.votes else np.zeros_like(meaning)
        out = [place for place, intent in enumerate(self.intents) if intent in without]
        meaning[out] = wording[out] = _IMPOSSIBLE
        mixed = self.fusion.fused(meaning, wording, voted)
        order = np.argsort(-mixed)[: min(most, len(self.intents) - len(out))]
        fused = np.exp(mixed[order])
        nearest = self.neighbours.nearest_cosines(features, order)
        centre = self.centres[order] @ unit(features)
        belonging = self.belonging.of(features, columns, weights) if self.belonging else 1.0
        return Prediction(
            text=text,
            intents=tuple(self.intents[intent] for intent in order),
            probabilities=_numbers(np.exp(self.fusion.calibrated(mixed))[order]),
            confidences=_numbers(fused * likeness(nearest, centre) * belonging),
            meaning=_numbers(np.exp(log_softmax(meaning))[order]),
            wording=_numbers(np.exp(log_softmax(wording))[order]),
            fused=_numbers(fused),
            nearest=_numbers(nearest),
            centre=_numbers(centre),
            belonging=belonging,
        )

    def worded(self, text: str, *, most: int) -> tuple[str, ...]:
        """The `most` likely intents of `text` by its words alone, which takes no encoder, from the likeliest down."""
        scores = self.wording.sparse_scores(*self.ngrams.weights(text))
        return tuple(self.intents[intent] for intent in np.argsort(-scores)[:most])

    def nearest_examples(self, features: Vectors, *, most: int = 3) -> list[Neighbour]:
        """The training examples of whatever intent that mean most nearly what the encoder gave `features` for."""
        return self.neighbours.nearest(features, most=most)


def _numbers(values: Vectors) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
