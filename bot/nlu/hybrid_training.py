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
from bot.nlu.out_of_fold import confidences, cross_fit


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
    vectors, targets = examples.vectors, examples.targets
    ngrams = ngrams_of(examples.texts)
    meaning, wording, left_out = cross_fit(examples, ngrams.matrix(examples.texts))
    others = foreign(encoder.encode(background), vectors) if background else vectors[:0]
    fusion, threshold = UNTESTED, 0.0
    if len(tested := left_out.tested):
        scores = (left_out.meaning[tested], left_out.wording[tested], left_out.voted[tested])
        fusion = best_fusion(*scores, targets[tested])
        threshold = float(np.quantile(confidences(examples, left_out, fusion, others), rejection))
    return Hybrid(
        meaning=meaning,
        wording=wording,
        ngrams=ngrams,
        neighbours=Neighbours(
            examples.intents, examples.texts, vectors, np.searchsorted(targets, np.arange(len(examples.intents) + 1))
        ),
        centres=centres_of(examples.features, targets),
        background=others,
        fusion=fusion,
        threshold=threshold,
    )
