"""Anger or annoyance in GoEmotions: what our mood detector learns from, beside VADER's compound score.

    python -m benchmarks.emotions <folder of data> test|validation <most examples> <file to write>

Only the model is tried, not the rules, which decide on threats and insults before it.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from benchmarks.datasets import Example, goemotions
from benchmarks.scores import best_threshold, detection
from bot.nlu import moods
from bot.nlu.cues import load_cues
from bot.nlu.encoder import load_encoder
from bot.nlu.linear import together, workers

Scores = NDArray[np.float32]


def learnt(train: Sequence[Example], asked: Sequence[Sequence[Example]]) -> list[Scores]:
    """For each part of `asked`, how likely anger is after learning from `train` as the mood detector does."""
    cues, encode = load_cues(), load_encoder().features
    own = [cues.own(example.text) for example in train]
    ngrams = moods.ngrams_of(own)
    with workers():
        meaning, wording = moods.fit(*moods.features(own, encode, ngrams, cues), np.array(_truth(train), np.int64))
    found = []
    for part in asked:
        dense, sparse = moods.features([cues.own(example.text) for example in part], encode, ngrams, cues)
        found.append(np.exp(together(meaning.scores(dense), wording.matrix_scores(sparse)))[:, 1])
    return found


def vader(examples: Sequence[Example]) -> list[float]:
    """How negative VADER finds each text."""
    analyzer = SentimentIntensityAnalyzer()
    return [-analyzer.polarity_scores(example.text)["compound"] for example in examples]


def _truth(examples: Sequence[Example]) -> list[bool]:
    return [example.label == "anger" for example in examples]


def main() -> None:
    """Measure both; the thresholds come from the tuning part."""
    folder, split, most, file = sys.argv[1:]
    parts = goemotions(Path(folder), "test" if split == "test" else "validation")
    train, tuning, test = (part[: int(most)] for part in (parts.train, parts.tuning, parts.test))
    tuned, asked = learnt(train, (tuning, test))
    figures: dict[str, Any] = {}
    for name, before, scores in (("mood", tuned, asked), ("vader", vader(tuning), vader(test))):
        threshold = best_threshold(_truth(tuning), before)
        figures[name] = {
            "examples": len(train) if name == "mood" else 0,
            "asked": len(test),
            "angry": sum(_truth(test)),
            "threshold": threshold,
            **detection(_truth(test), scores, threshold),
        }
    Path(file).write_text(json.dumps(figures), "utf-8")


if __name__ == "__main__":
    main()
