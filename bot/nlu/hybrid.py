"""The intent of a text: models that err differently, and how sure they are together.

Logistic regression on the encoder's features knows meaning; a linear SVM on words and pieces of words knows
the exact expression; the examples themselves vote for their intents, the nearer the more. The log probabilities are
added (late fusion). How much each of them weighs, the sharpness of the result and the threshold come from
predictions for examples that were left out of training (out of fold), so they fit any business's data without
being set.
"""

import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.svm import LinearSVC

from bot.errors import WarmlineError
from bot.nlu.encoder import Encoder
from bot.nlu.linear import Linear, fit_linear, fit_logistic, log_softmax, workers
from bot.nlu.ngrams import NGrams, learn

Vectors = NDArray[np.float32]

# Chosen on examples of Banking77's and CLINC150's training sets that were left out, 10 an intent. With all examples
# a C of 60 makes those left out more probable and no more of them right.
_LR_C = 20.0
_LR_STEPS = 50  # as near to the minimum as a hundred of scikit-learn's
_SVM_C = 0.5
_SVM_TOLERANCE = 0.01  # a smaller one changes scores by a thousandth
_SVM_SHARPNESS = 3.0
_SHORTEST_PIECE, _LONGEST_PIECE = 2, 4
_WEIGHTS = (0.5, 0.6, 0.7, 0.8)  # of the sentence vectors
_VOTES = (0.2, 0.3)  # what the examples' votes weigh beside that, where they make the loss so much smaller:
_WORTH = 0.03  # to compare a message with every example takes longer than all the rest
_SHARPNESSES = (1.0, 1.5, 2.0, 2.5, 3.0)
# An example's vote falls to a twentieth where its cosine is 0.1 lower; 20 and 40 are no better on Banking77's training
# set. No intent is voted down further than this share of the nearest example's vote.
_CLOSENESS = 30.0
_LEAST_VOTES = 1e-6
# What is nearer to the background than to its intent, or hardly farther, is the less sure the nearer. Of these and
# of a dozen other forms this tells what CLINC150's validation set calls out of scope best (AUROC 0.983, 0.979 without).
_FAR_STEEPNESS, _FAR_MARGIN = 4.0, 0.1
_OF_OURS = 0.6  # cosine from which a message of the background is too like an example to be none of the business's
_WORD = re.compile(r"[^\W\d_]+")
_IMPOSSIBLE = -1e6  # score of an intent that is out of the question
_TELLING = 0.5  # share of intents whose names have to tell
# Folds, and how many of them are left out in turn, for up to so many examples: the more there are, the surer each is.
_FOLDS = ((1_000, 5, 5), (4_000, 3, 3), (math.inf, 4, 1))


class CannotLearn(WarmlineError):
    """The examples leave nothing to learn, or contradict each other."""


@dataclass(frozen=True)
class Prediction:
    """The intents of `text` from the likeliest down.

    `meaning` and `wording` are the probabilities of the two models, `fused` what is made of them and of the votes.
    `probabilities` are calibrated among the intents known. `confidences` tell what is understood from
    what is not: `fused` × the square of the mean of two cosines, `nearest` to the intent's nearest example and
    `centre` to the mean of its examples, which are low for what is unlike every intent; and less still for what is
    more like the background.
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


@dataclass(frozen=True)
class Example:
    """A training example and its `cosine` to a text."""

    text: str
    intent: str
    cosine: float


@dataclass(frozen=True)
class Hybrid:
    """A trained classifier.

    `examples` are the training vectors, shape (n, d), grouped by intent: those of intent i are
    rows `starts[i]:starts[i + 1]`, and `texts` what they were made from. `centres` are the directions of the
    intents' mean features, shape (intents, width). `background` are vectors of messages about anything else, shape
    (m, d); m may be 0. `threshold` is the confidence below which a text is not
    understood. `weight` is that of the meaning against the wording, `votes` that of the examples' votes.
    """

    intents: tuple[str, ...]
    meaning: Linear
    wording: Linear
    ngrams: NGrams
    examples: Vectors
    centres: Vectors
    background: Vectors
    texts: tuple[str, ...]
    starts: NDArray[np.int64]
    weight: float
    votes: float
    sharpness: float
    threshold: float

    def predict(self, text: str, features: Vectors, *, most: int = 10, without: Collection[str] = ()) -> Prediction:
        """The `most` likely intents of `text`, for which the encoder gave the row `features`; none of `without`."""
        columns, weights = self.ngrams.weights(text)
        meaning, wording = self.meaning.scores(features), self.wording.sparse_scores(columns, weights)
        vector = features[: self.examples.shape[1]]
        # Comparing with every example takes longer than both models do.
        voted = _votes(vector[None], self.examples, self.starts[:-1]) if self.votes else np.zeros_like(meaning[None])
        out = [place for place, intent in enumerate(self.intents) if intent in without]
        meaning[out] = wording[out] = _IMPOSSIBLE
        mixed = _fuse(meaning[None], wording[None], voted, self.weight, self.votes)[0]
        order = np.argsort(-mixed)[: min(most, len(self.intents) - len(out))]
        fused, near = np.exp(mixed[order]), np.array([self._nearest(intent, vector) for intent in order])
        middle = self.centres[order] @ _unit(features)
        return Prediction(
            text=text,
            intents=tuple(self.intents[intent] for intent in order),
            probabilities=_numbers(np.exp(log_softmax(self.sharpness * mixed))[order]),
            confidences=_numbers(fused * _likeness(near, middle) * _unlike(self.background, vector[None], near)),
            meaning=_numbers(np.exp(log_softmax(meaning))[order]),
            wording=_numbers(np.exp(log_softmax(wording))[order]),
            fused=_numbers(fused),
            nearest=_numbers(near),
            centre=_numbers(middle),
        )

    def worded(self, text: str, *, most: int) -> tuple[str, ...]:
        """The `most` likely intents of `text` by its words alone, which takes no encoder, from the likeliest down."""
        scores = self.wording.sparse_scores(*self.ngrams.weights(text))
        return tuple(self.intents[intent] for intent in np.argsort(-scores)[:most])

    def nearest_examples(self, features: Vectors, *, most: int = 3) -> list[Example]:
        """The training examples of whatever intent that mean most nearly what the encoder gave `features` for."""
        cosines = self.examples @ features[: self.examples.shape[1]]
        best = np.argsort(-cosines)[:most]
        owners = np.searchsorted(self.starts, best, side="right") - 1
        return [
            Example(self.texts[row], self.intents[owner], float(cosines[row]))
            for row, owner in zip(best, owners, strict=True)
        ]

    def _nearest(self, intent: int, vector: Vectors) -> float:
        own = self.examples[self.starts[intent] : self.starts[intent + 1]]
        return float((own @ vector).max())


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
    texts, names = _distinct(texts, intents)
    labels, targets = np.unique(names, return_inverse=True)
    features = encoder.features(texts)
    spoken = _telling_names(labels.tolist(), features[:, : encoder.dimension], targets, encoder)
    is_name = np.arange(len(texts) + len(spoken)) >= len(texts)
    texts, targets = [*texts, *spoken], np.concatenate([targets, np.arange(len(spoken))])
    order = np.argsort(targets, kind="stable")
    texts, targets, is_name = [texts[place] for place in order], targets[order], is_name[order]
    features = np.concatenate([features, encoder.features(spoken)])[order]
    vectors = features[:, : encoder.dimension]
    ngrams = learn(texts, shortest=_SHORTEST_PIECE, longest=_LONGEST_PIECE)
    counts = ngrams.matrix(texts)
    meaning, wording, meaning_left_out, wording_left_out, folds = _fit(features, counts, targets, is_name)
    voted = _votes_left_out(vectors, targets, folds)
    weight, votes, sharpness = _best_fusion(meaning_left_out, wording_left_out, voted, targets, folds)
    fused = _fuse(meaning_left_out, wording_left_out, voted, weight, votes)
    others = _others(encoder.encode(background), vectors) if background else vectors[:0]
    confidence = _confidence(fused, features, encoder.dimension, targets, folds, others)
    tested = confidence[folds >= 0]
    return Hybrid(
        intents=tuple(str(label) for label in labels),
        meaning=meaning,
        wording=wording,
        ngrams=ngrams,
        examples=vectors,
        centres=_centres(features, targets),
        background=others,
        texts=tuple(texts),
        starts=np.searchsorted(targets, np.arange(len(labels) + 1)),
        weight=weight,
        votes=votes,
        sharpness=sharpness,
        threshold=float(np.quantile(tested, rejection)) if len(tested) else 0.0,
    )


def save(model: Hybrid, path: Path) -> None:
    """Write `model` to `path` (.npz): plain arrays, nothing that could run code when read."""
    # They serve a cosine only: a hundredth is exact enough.
    examples, example_steps = _coarse(model.examples)
    background, background_steps = _coarse(model.background)
    np.savez_compressed(
        path,
        intents=np.array(model.intents),
        meaning_weights=model.meaning.weights,
        meaning_bias=model.meaning.bias,
        wording_weights=model.wording.weights.astype(np.float16),
        wording_bias=model.wording.bias,
        ngrams=_joined(model.ngrams.places),
        rarity=model.ngrams.rarity,
        examples=examples,
        example_steps=example_steps,
        background=background,
        background_steps=background_steps,
        centres=model.centres.astype(np.float16),
        texts=_joined(" ".join(text.split()) for text in model.texts),
        starts=model.starts,
        numbers=np.array([model.weight, model.votes, model.sharpness, model.threshold]),
    )


def load(path: Path) -> Hybrid:
    """The classifier that `save` wrote."""
    with np.load(path, allow_pickle=False) as file:
        weight, votes, sharpness, threshold = (float(number) for number in file["numbers"])
        places = {name: place for place, name in enumerate(_split(file["ngrams"]))}
        return Hybrid(
            intents=tuple(str(intent) for intent in file["intents"]),
            meaning=Linear(file["meaning_weights"], file["meaning_bias"]),
            wording=Linear(file["wording_weights"], file["wording_bias"]),
            ngrams=NGrams(places, file["rarity"], _SHORTEST_PIECE, _LONGEST_PIECE),
            examples=file["examples"] * file["example_steps"],
            centres=file["centres"].astype(np.float32),
            background=file["background"] * file["background_steps"],
            texts=tuple(_split(file["texts"])),
            starts=file["starts"],
            weight=weight,
            votes=votes,
            sharpness=sharpness,
            threshold=threshold,
        )


def _coarse(vectors: Vectors) -> tuple[NDArray[np.int8], Vectors]:
    """`vectors` as small whole numbers, and the steps between these, shape (n, 1)."""
    steps = (np.abs(vectors).max(axis=1, keepdims=True) / 127).astype(np.float32)
    return np.rint(vectors / steps).astype(np.int8), steps


def _joined(lines: Iterable[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(lines).encode(), np.uint8)


def _split(joined: NDArray[np.uint8]) -> list[str]:
    return bytes(joined).decode().split("\n")


def _numbers(values: Vectors) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _distinct(texts: Sequence[str], intents: Sequence[str]) -> tuple[list[str], list[str]]:
    """The examples without repetitions. Raises CannotLearn."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for text, intent in zip(texts, intents, strict=True):
        if not text.strip():
            raise CannotLearn(f"An example of the intent {intent} is empty. Fix: write a message there or delete it.")
        found[" ".join(text.lower().split())].setdefault(intent, text)
    if len(set(intents)) < 2:
        raise CannotLearn("There is one intent only, so nothing to tell apart. Fix: add examples of a second intent.")
    for example in found.values():
        if len(example) > 1:
            raise CannotLearn(
                f'"{next(iter(example.values()))}" is an example of {" and of ".join(sorted(example))}. '
                "Fix: keep it under one of them."
            )
    pairs = [(text, intent) for example in found.values() for intent, text in example.items()]
    return [text for text, _ in pairs], [intent for _, intent in pairs]


def _telling_names(labels: Sequence[str], vectors: Vectors, targets: NDArray[np.int64], encoder: Encoder) -> list[str]:
    """The names of all intents as words, each one more example; none if they do not tell what the intents are about.

    Names tell if for half of them the mean of their own examples is the nearest ("card_arrival", not "intent_7").
    With 10 examples an intent 0.5 points more are right on Banking77 and 0.8 on CLINC150.
    """
    spoken = [" ".join(_WORD.findall(label)).lower() for label in labels]
    means = np.stack([vectors[targets == target].mean(axis=0) for target in range(len(labels))])
    nearest = (encoder.encode(spoken) @ means.T).argmax(axis=1)
    return spoken if all(spoken) and (nearest == np.arange(len(labels))).mean() >= _TELLING else []


def _fit_meaning(features: Vectors, targets: NDArray[np.int64]) -> Linear:
    return fit_logistic(features, targets, looseness=_LR_C, steps=_LR_STEPS)


def _fit_wording(counts: csr_matrix, targets: NDArray[np.int64]) -> Linear:
    fitted = fit_linear(LinearSVC(C=_SVM_C, tol=_SVM_TOLERANCE), counts, targets)
    return Linear(fitted.weights * _SVM_SHARPNESS, fitted.bias * _SVM_SHARPNESS)


def _fit(
    features: Vectors, counts: csr_matrix, targets: NDArray[np.int64], is_name: NDArray[np.bool_]
) -> tuple[Linear, Linear, Vectors, Vectors, NDArray[np.int64]]:
    """Both models; their scores for examples that were left out, shape (n, intents); each example's fold.

    Fold −1 is always trained on and never counts: an intent's only example, its name, or one of so many that a part
    of them tells enough.
    """
    folds_of, number = next((folds, out) for most, folds, out in _FOLDS if len(targets) <= most)
    folds = np.full(len(targets), -1)
    folds[~is_name] = _folds(targets[~is_name], folds_of)
    folds[folds >= number] = -1
    kept = [*(folds != fold for fold in range(number)), np.ones(len(targets), np.bool_)]
    with workers() as pool:
        meanings = pool.map(lambda rows: _fit_meaning(features[rows], targets[rows]), kept)
        # On this thread: liblinear has one source of random numbers for all threads.
        *wordings, wording = [_fit_wording(counts[rows], targets[rows]) for rows in kept]
        *partial, meaning = meanings
    meaning_left_out = np.zeros((len(targets), int(targets.max()) + 1), np.float32)
    wording_left_out = np.zeros_like(meaning_left_out)
    for fold in range(number):
        out = folds == fold
        if out.any():
            meaning_left_out[out] = partial[fold].scores(features[out])
            wording_left_out[out] = wordings[fold].matrix_scores(counts[out])
    return meaning, wording, meaning_left_out, wording_left_out, folds


def _folds(targets: NDArray[np.int64], number: int) -> NDArray[np.int64]:
    """A fold for every example, so that each intent is spread evenly over them."""
    folds = np.empty(len(targets), np.int64)
    random = np.random.default_rng(0)
    for target in np.unique(targets):
        own = np.flatnonzero(targets == target)
        spread = (np.arange(len(own)) + target) % number if len(own) > 1 else np.array([-1])
        folds[random.permutation(own)] = spread
    return folds


def _votes(vectors: Vectors, examples: Vectors, starts: NDArray[np.int64]) -> Vectors:
    """Log votes for every intent from `examples`, grouped by intent from `starts` on; shape (len(vectors), intents)."""
    near = np.exp(_CLOSENESS * (vectors @ examples.T - 1))
    votes: Vectors = np.log(np.add.reduceat(near, starts, axis=1) + _LEAST_VOTES * near.max(axis=1, keepdims=True))
    return votes


def _votes_left_out(vectors: Vectors, targets: NDArray[np.int64], folds: NDArray[np.int64]) -> Vectors:
    """What the examples of the other folds vote for each one that is left out; shape (n, intents)."""
    intents = np.arange(targets.max() + 1)
    voted = np.zeros((len(targets), len(intents)), np.float32)
    for fold in np.unique(folds[folds >= 0]):
        kept = folds != fold
        starts = np.searchsorted(targets[kept], intents)
        for rows in np.array_split(np.flatnonzero(folds == fold), 1 + len(targets) // 1_000):  # to spare memory
            voted[rows] = _votes(vectors[rows], vectors[kept], starts)
    return voted


def _fuse(meaning: Vectors, wording: Vectors, voted: Vectors, weight: float, votes: float) -> Vectors:
    """Log probabilities, shape (n, intents)."""
    return log_softmax(weight * log_softmax(meaning) + (1 - weight) * log_softmax(wording) + votes * voted)


def _best_fusion(
    meaning: Vectors, wording: Vectors, voted: Vectors, targets: NDArray[np.int64], folds: NDArray[np.int64]
) -> tuple[float, float, float]:
    """Both weights and the sharpness under which the left-out examples are the most probable; no votes for nothing."""
    tested = np.flatnonzero(folds >= 0)
    if not len(tested):
        return 0.7, 0.0, 1.0

    def loss(choice: tuple[float, float, float]) -> float:
        weight, votes, sharpness = choice
        fused = log_softmax(sharpness * _fuse(meaning[tested], wording[tested], voted[tested], weight, votes))
        return -float(fused[np.arange(len(tested)), targets[tested]].mean())

    without = min(product(_WEIGHTS, (0.0,), _SHARPNESSES), key=loss)
    best = min(product(_WEIGHTS, _VOTES, _SHARPNESSES), key=loss)
    return best if loss(best) < (1 - _WORTH) * loss(without) else without


def _confidence(
    fused: Vectors,
    features: Vectors,
    dimension: int,
    targets: NDArray[np.int64],
    folds: NDArray[np.int64],
    background: Vectors,
) -> Vectors:
    """That of the likeliest intent of each example, likened to the intent's examples in the other folds only."""
    predicted = fused.argmax(axis=1)
    likeness = np.zeros(len(targets), np.float32)
    for fold in np.unique(folds[folds >= 0]):
        rows, kept = np.flatnonzero(folds == fold), folds != fold
        centres = _centres(features[kept], targets[kept])
        middle = np.einsum("ij,ij->i", _unit(features[rows]), centres[predicted[rows]])
        nearest = np.zeros(len(rows), np.float32)
        for intent in np.unique(predicted[rows]):
            asked = predicted[rows] == intent
            own = features[kept & (targets == intent), :dimension]
            nearest[asked] = (features[rows[asked], :dimension] @ own.T).max(axis=1)
        likeness[rows] = _likeness(nearest, middle) * _unlike(background, features[rows, :dimension], nearest)
    confidence: Vectors = np.exp(fused.max(axis=1)) * likeness
    return confidence


def _likeness(nearest: Vectors, centre: Vectors) -> Vectors:
    """How like an intent's examples a text is, 0 to 1, from its cosines to the nearest of them and to their mean."""
    mean: Vectors = np.maximum((nearest + centre) / 2, 0)
    return np.square(mean)


def _others(background: Vectors, examples: Vectors) -> Vectors:
    """What of the `background` is nothing that the `examples` are about."""
    others: Vectors = background[(background @ examples.T).max(axis=1) < _OF_OURS]
    return others


def _unlike(background: Vectors, vectors: Vectors, nearest: Vectors) -> Vectors:
    """How unlike the background `vectors` are, 0 to 1, by the cosines to it and to the `nearest` of their examples."""
    if not len(background):
        return np.ones_like(nearest)
    farther = nearest - (vectors @ background.T).max(axis=1)
    unlike: Vectors = np.minimum(1, np.exp(_FAR_STEEPNESS * (farther - _FAR_MARGIN)))
    return unlike


def _centres(features: Vectors, targets: NDArray[np.int64]) -> Vectors:
    """The direction of the mean features of every class, shape (classes, width)."""
    places = np.arange(len(targets))
    members = csr_matrix((np.ones(len(targets), np.float32), (targets, places)))
    return _unit(members @ features)


def _unit(rows: Vectors) -> Vectors:
    unit: Vectors = rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9)
    return unit
