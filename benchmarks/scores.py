"""How right answers are: shares, areas and percentiles. Shares are from 0 to 1."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import f1_score, precision_recall_curve, roc_auc_score

from benchmarks.datasets import Example
from benchmarks.measuring import Answer

FALLBACK = "nlu_fallback"
WARM_UP = 20  # answers that come first and count for no time


def understanding(examples: Sequence[Example], answers: Sequence[Answer], foreign: Sequence[Answer]) -> dict[str, Any]:
    """What `answers` to `examples`, and those to texts that belong to no intent, say of a classifier.

    accuracy: the best intent is the right one, whether it was accepted or not
    right_and_accepted: it is, and the intent was not nlu_fallback
    accepted: share of the examples whose intent was not nlu_fallback
    rejected: share of the foreign texts whose intent was nlu_fallback
    auroc: how well the confidence of the best intent tells examples from foreign texts
    """
    right = np.array([answer.best == example.label for answer, example in zip(answers, examples, strict=True)])
    accepted = np.array([answer.intent != FALLBACK for answer in answers])
    found = {
        "accuracy": float(right.mean()),
        "right_and_accepted": float((right & accepted).mean()),
        "accepted": float(accepted.mean()),
    }
    if foreign:
        scores = [answer.confidence for answer in (*answers, *foreign)]
        found["auroc"] = float(roc_auc_score([1] * len(answers) + [0] * len(foreign), scores))
        found["rejected"] = float(np.mean([answer.intent == FALLBACK for answer in foreign]))
    return found


def times(answers: Sequence[Answer]) -> dict[str, float]:
    """Median and 95th percentile of the milliseconds an answer took."""
    taken = [answer.milliseconds for answer in answers[WARM_UP:]]
    return {"p50_ms": float(np.percentile(taken, 50)), "p95_ms": float(np.percentile(taken, 95))}


def best_threshold(truth: Sequence[bool], scores: ArrayLike) -> float:
    """The least score that should count as yes for the best F1."""
    precision, recall, thresholds = precision_recall_curve(truth, scores)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    return float(thresholds[f1[:-1].argmax()])


def detection(truth: Sequence[bool], scores: ArrayLike, threshold: float) -> dict[str, float]:
    """AUROC of `scores`, and F1 when those from `threshold` on count as yes."""
    return {
        "auroc": float(roc_auc_score(truth, scores)),
        "f1": float(f1_score(truth, np.asarray(scores) >= threshold)),
    }
