"""Remedies that customers ask for without naming them: "please get this working again".

Two models, of meaning and of wording, learn from examples which remedy a sentence asks for, if any. A sentence is
encoded only where its words may ask for one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.nlu.base_models import fit_meaning, fit_wording, ngrams_from, ngrams_of
from bot.nlu.linear import Linear, log_softmax, together
from bot.nlu.lines import joined, split
from bot.nlu.ngrams import NGrams
from bot.nlu.sentences import sentence_spans
from bot.nlu.spans import Span
from bot.nlu.vectors import Vectors

NONE = "none"
"""What an example is called that asks for no remedy."""

_MOST_SENTENCES = 8  # that are encoded, each of which takes as long as a message; the last, where wishes stand
# Probability. In cross-validation 38 of 100 wishes are found, 1 is taken for another, and of 100 sentences that ask for
# nothing, most of which only look like it, 1 is called one; from 0.8 on it is 34, 0 and 1. The bot asks what it does
# not find, but would believe what is wrong.
_CERTAIN = 0.7
# Nor is encoded what the words alone make less likely than this: 90 in 100 of what asks for nothing. With 0.1 it would
# be 58, for 2 wishes more in 100.
_AT_FIRST_SIGHT = 0.4


@dataclass(frozen=True)
class Unnamed:
    """What was learnt of `remedies`; the models' classes are none of them, and then these.

    `meaning` has weights of shape (encoder's width, 1 + remedies), `wording` of (columns of `ngrams`, 1 + remedies).
    """

    remedies: tuple[str, ...]
    meaning: Linear
    wording: Linear
    ngrams: NGrams

    def find(self, text: str, features: Callable[[Sequence[str]], Vectors]) -> Iterator[tuple[Span, str]]:
        """The sentences of `text` that ask for a remedy, and for which.

        `features` are those of the encoder: texts → rows, shape (texts, width).
        """
        said = [
            (span, self.wording.sparse_scores(*self.ngrams.weights(text[slice(*span)])))
            for span in sentence_spans(text)
        ]
        hopeful = [each for each in said if 1 - np.exp(log_softmax(each[1])[0]) >= _AT_FIRST_SIGHT]
        for span, wording in hopeful[-_MOST_SENTENCES:]:
            meaning = self.meaning.scores(features([text[slice(*span)]])[0])
            probability = np.exp(together(meaning, wording))
            likeliest = int(probability.argmax())
            if likeliest and probability[likeliest] >= _CERTAIN:
                yield span, self.remedies[likeliest - 1]

    def arrays(self, name: str) -> dict[str, NDArray[Any]]:
        """What `from_arrays` reads, for a file of arrays that has n-grams of nothing else."""
        return {
            name: joined(self.remedies),
            f"{name}_meaning": self.meaning.weights,
            f"{name}_meaning_bias": self.meaning.bias,
            f"{name}_wording": self.wording.weights.astype(np.float16),
            f"{name}_wording_bias": self.wording.bias,
            **self.ngrams.arrays(),
        }


def from_arrays(name: str, file: Mapping[str, NDArray[Any]]) -> Unnamed:
    """The models of this name in `file`."""
    return Unnamed(
        tuple(split(file[name])),
        Linear(file[f"{name}_meaning"], file[f"{name}_meaning_bias"]),
        Linear(file[f"{name}_wording"], file[f"{name}_wording_bias"]),
        ngrams_from(file),
    )


def learn(examples: Sequence[tuple[str, str]], features: Callable[[Sequence[str]], Vectors]) -> Unnamed:
    """What `examples` teach, pairs of a remedy and a sentence that asks for it; some, but not all, must be of NONE."""
    remedies = tuple(sorted({remedy for remedy, _ in examples} - {NONE}))
    texts = [text for _, text in examples]
    targets = np.array([0 if remedy == NONE else 1 + remedies.index(remedy) for remedy, _ in examples])
    ngrams = ngrams_of(texts)
    return Unnamed(remedies, fit_meaning(features(texts), targets), fit_wording(ngrams.matrix(texts), targets), ngrams)
