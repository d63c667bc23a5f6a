"""How the hybrid classifier is trained."""

from collections.abc import Sequence

import numpy as np

from bot.nlu.background import foreign
from bot.nlu.base_models import ngrams_of
from bot.nlu.encoder import Encoder
from bot.nlu.examples import prepared
from bot.nlu.fusion import UNTESTED, best_fusion
from bot.nlu.hybrid import Hybrid
from bot.nlu.likeness import centres_of
from bot.nlu.neighbours import Neighbours
from bot.nlu.ngrams import NGrams
from bot.nlu.out_of_fold import Others, confidences, cross_fit
from bot.nlu.vectors import Vectors


def train(
    texts: Sequence[str],
    intents: Sequence[str],
    encoder: Encoder,
    *,
    rejection: float,
    background: Sequence[str] = (),
) -> Hybrid:
    """A classifier for `texts` with their `intents`, and beside the `background`, messages about whatever else.

    `rejection` is the share of understandable texts that the threshold may turn away (0.05: every
    twentieth). Raises CannotLearn for one intent only, an empty example, or one text under two intents.
    """
    examples = prepared(texts, intents, encoder)
    targets = examples.targets
    ngrams = ngrams_of(examples.texts)
    others = _others(background, examples.vectors, ngrams, encoder) if background else None
    meaning, wording, belonging, left_out = cross_fit(examples, ngrams.matrix(examples.texts), others)
    fusion, threshold = UNTESTED, 0.0
    if len(tested := left_out.tested):
        scores = (left_out.meaning[tested], left_out.wording[tested], left_out.voted[tested])
        fusion = best_fusion(*scores, targets[tested])
        threshold = float(np.quantile(confidences(examples, left_out, fusion), rejection))
    return Hybrid(
        meaning=meaning,
        wording=wording,
        ngrams=ngrams,
        neighbours=Neighbours(
            intents=examples.intents,
            texts=examples.texts,
            features=examples.features,
            dimension=encoder.dimension,
            starts=np.searchsorted(targets, np.arange(len(examples.intents) + 1)),
        ),
        centres=centres_of(examples.features, targets),
        belonging=belonging,
        fusion=fusion,
        threshold=threshold,
    )


def _others(background: Sequence[str], examples: Vectors, ngrams: NGrams, encoder: Encoder) -> Others | None:
    """What of the `background` is about nothing that the `examples` are; None if nothing is."""
    features = encoder.features(background)
    rows = np.flatnonzero(foreign(features[:, : encoder.dimension], examples))
    return Others(features[rows], ngrams.matrix([background[row] for row in rows])) if len(rows) else None
