"""Examples as a file of Rasa training data, and the configuration that `rasa init` writes."""

import json
from collections import defaultdict
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.loading import load_data
from ruamel.yaml import YAML

from benchmarks.datasets import Example


def write_examples(examples: Sequence[Example], path: Path) -> None:
    """Write `examples` as Rasa reads them (YAML), and read them back.

    Raises ValueError when Rasa would learn from anything else: it has no way to write, for example,
    "[this](that)", which is its own mark of an entity.
    """
    by_intent: dict[str, list[str]] = defaultdict(list)
    for example in examples:
        by_intent[example.label].append(example.text)
    # The tick keeps Rasa from taking "\u0041" in a text for an escape, which it does in files of ASCII only.
    lines = ["# ✓", "nlu:"]
    for intent, texts in by_intent.items():
        lines += [f"- intent: {json.dumps(intent)}", "  examples: |", *(f"    - {text}" for text in texts)]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    # Rasa keeps repetitions once.
    if changed := set(examples) ^ {
        Example(message.get(TEXT), message.get(INTENT)) for message in load_data(str(path)).intent_examples
    }:
        raise ValueError(f"Rasa does not read back what was written: {next(iter(changed))}")


def stock_config(epochs: int | None = None) -> dict[str, Any]:
    """Pipeline and policies of a project that `rasa init` made, `epochs` set where something learns in epochs.

    The project's config.yml leaves both open; Rasa fills them in as it does for whoever trains it.
    """
    written = files("rasa.cli") / "initial_project" / "config.yml"
    config: dict[str, Any] = YAML(typ="safe").load(written.read_text("utf-8"))
    config = DefaultV1Recipe.complete_config(config, {"pipeline", "policies"})
    for component in [*config["pipeline"], *config["policies"]]:
        if epochs is not None and "epochs" in component:
            component["epochs"] = epochs
    return config


def hybrid_config() -> dict[str, Any]:
    """Our classifier alone, with its defaults."""
    return {
        "recipe": "default.v1",
        "language": "en",
        "assistant_id": "benchmark",
        "pipeline": [{"name": "bot.nlu.intents.HybridIntentClassifier"}],
        "policies": [{"name": "RulePolicy"}],
    }
