"""The figures of benchmarks/nlu.py as Markdown."""

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

from benchmarks.page import table

Row = Mapping[str, Any]
Count = Sequence[int]

NAMES = {
    "banking77-10": "Banking77, 10 an intent",
    "banking77-full": "Banking77, all",
    "clinc-10": "CLINC150, 10 an intent",
    "clinc-full": "CLINC150, all",
    "warmline": "Warmline",
    "rasa": "stock Rasa",
    "mood": "what `MoodDetector` learns from",
    "vader": "VADER",
}
COST = ("training", "p50", "p95", "memory", "model")
PUBLIC = ("banking77-10", "banking77-full", "clinc-10", "clinc-full")


def tables(rows: Mapping[str, Row]) -> str:
    """Every table for which there are rows."""
    found = [_public(rows), _own(rows), _blind(rows), _emotions(rows)]
    return "\n\n".join(each for each in found if each)


def days(rows: Mapping[str, Row]) -> str:
    """When the rows were measured, to go on with in a sentence."""
    first, last = min(row["measured"] for row in rows.values()), max(row["measured"] for row in rows.values())
    return f"on {first}" if first == last else f"from {first} to {last}"


def _public(rows: Mapping[str, Row]) -> str:
    head = (
        "data",
        "system",
        "examples",
        "epochs",
        "accuracy",
        "right and accepted",
        "in scope accepted",
        "out of scope rejected",
        "AUROC",
    )
    lines = []
    for data in PUBLIC:
        for system in ("warmline", "rasa"):
            if own := [row for _, row in sorted(rows.items()) if row["data"] == data and row["system"] == system]:
                shares = [_shares(own, key) for key in ("accuracy", "right_and_accepted")]
                shares += [_shares(own, "accepted"), _shares(own, "rejected"), _number(own, "auroc")]
                examples = f"{own[0]['examples']:,}"
                lines.append((NAMES[data], NAMES[system], examples, _epochs(own[0]), *shares, *_cost(own)))
    return table((*head, *COST), lines) if lines else ""


def _own(rows: Mapping[str, Row]) -> str:
    head = ("system", "epochs", "intents right", "out of scope rejected", "wish for a person found")
    lines = [
        (
            NAMES[row["system"]],
            _epochs(row),
            *(_count(row["intents"][key]) for key in ("right", "rejected", "ask_person")),
            *_cost([row]),
        )
        for row in (rows[key] for key in ("own warmline", "own rasa") if key in rows)
    ]
    return "Our own project, asked the blind messages:\n\n" + table((*head, *COST), lines) if lines else ""


def _blind(rows: Mapping[str, Row]) -> str:
    lines: list[tuple[str, str]] = []
    if row := rows.get("own warmline"):
        worst = ", ".join(f"{intent} {right} of {of}" for intent, (right, of) in row["intents"]["worst"].items())
        mood = row["moods"]
        lines += [
            ("intents: the worst", worst),
            ("mood: right", _count(mood["right"])),
            ("mood: threats found", _count(mood["threats"])),
            ("mood: calm called angry, abusive or a threat", _count(mood["calm_called_hot"])),
        ]
        lines += [(f"mood {kind}: precision, recall", _both(mood, kind)) for kind in mood["recall"]]
    if row := rows.get("own files"):
        names, found = row["entities"], row["articles"]
        lines += [
            ("articles: the right one first", _count(found["first"])),
            ("articles: among the first three", _count(found["in_three"])),
            ("articles: clear answers that are right", _count(found["clear"])),
            ("articles: none where none answers", _count(found["nothing"])),
            ("articles, nearest without limits: first", _count(found["ranked"]["first"])),
            ("articles, nearest without limits: among three", _count(found["ranked"]["in_three"])),
            ("entities: messages with all and nothing else", _count(names["messages"])),
        ]
        kinds = sorted({*names["recall"], *names["precision"]})
        lines += [("entities, each exact: precision, recall", _in_all(names))]
        lines += [(f"entity {kind}: precision, recall", _both(names, kind)) for kind in kinds]
    head = ("Warmline on our blind files", "measured")
    return table(head, lines) if lines else ""


def _emotions(rows: Mapping[str, Row]) -> str:
    head = ("GoEmotions: anger or annoyance", "examples", "asked", "AUROC", "F1")
    lines = [
        (
            NAMES[row["system"]],
            f"{row['examples']:,}",
            f"{row['asked']:,}, {row['angry']:,} of them angry",
            f"{row['auroc']:.3f}",
            f"{row['f1']:.3f}",
        )
        for row in rows.values()
        if row["data"] == "goemotions"
    ]
    return table(head, lines) if lines else ""


def _cost(rows: Sequence[Row]) -> tuple[str, ...]:
    mean_of = {
        key: mean(row[key] for row in rows) for key in ("training_s", "p50_ms", "p95_ms", "memory_mb", "model_mb")
    }
    return (
        f"{mean_of['training_s']:.0f} s",
        f"{mean_of['p50_ms']:.1f} ms",
        f"{mean_of['p95_ms']:.1f} ms",
        f"{mean_of['memory_mb']:.0f} MB",
        f"{mean_of['model_mb']:.1f} MB",
    )


def _shares(rows: Sequence[Row], key: str) -> str:
    """The mean, and behind it each seed's where there are several; empty where it was not measured."""
    values = [100 * row[key] for row in rows if key in row]
    each = f" ({', '.join(f'{value:.1f}' for value in values)})" if len(values) > 1 else ""
    return f"{mean(values):.1f} %{each}" if values else ""


def _number(rows: Sequence[Row], key: str) -> str:
    values = [row[key] for row in rows if key in row]
    return f"{mean(values):.3f}" if values else ""


def _epochs(row: Row) -> str:
    return "" if row["epochs"] is None else str(row["epochs"])


def _count(count: Count) -> str:
    right, of = count
    return f"{right} of {of}, {100 * right / of:.1f} %" if of else "none asked"


def _in_all(figures: Row) -> str:
    sides = (figures[side].values() for side in ("precision", "recall"))
    return "; ".join(_count([sum(parts) for parts in zip(*counts, strict=True)]) for counts in sides)


def _both(figures: Row, kind: str) -> str:
    return "; ".join(_count(figures[side].get(kind, (0, 0))) for side in ("precision", "recall"))
