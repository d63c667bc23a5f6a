"""One system, trained or asked, in a process of its own: no memory, cache or warm code is left of another.

    python -m benchmarks.one_system train|ask <folder>

benchmarks/measuring.py writes job.json and the examples into the folder, starts this and reads what it writes.
"""

import asyncio
import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import rasa.model_training
from rasa.core.agent import Agent
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, PREDICTED_CONFIDENCE_KEY
from rasa.utils.tensorflow.environment import setup_tf_environment
from ruamel.yaml import YAML

from benchmarks.datasets import Example, rows
from benchmarks.page import ROOT
from benchmarks.rasa_data import hybrid_config, stock_config, write_examples
from bot.business import load_business
from bot.graph import load_agent
from bot.pipelines import config_name

MODEL = "model"
LANGUAGE = "en"  # of all data


def train(folder: Path, job: dict[str, Any]) -> None:
    """Train as `rasa train` does and write the seconds it took to trained.json."""
    config = folder / "config.yml"
    if job["system"] == "rasa":
        YAML().dump(stock_config(job["epochs"]), config)
    elif job["own"]:
        ours = config_name(LANGUAGE, load_business(ROOT).languages)
        shutil.copy(ROOT / ours, config)  # Rasa may write into it
    else:
        YAML().dump(hybrid_config(), config)
    examples = folder / "nlu.yml"
    if not job["own"]:
        write_examples([Example(**row) for row in rows(folder / "train.jsonl")], examples)
    began = time.perf_counter()
    if job["own"]:
        rasa.model_training.train(
            domain=str(ROOT / "domain.yml"),
            config=str(config),
            training_files=[str(ROOT / "data" / name) for name in (f"nlu/{LANGUAGE}", "rules", "stories")],
            output=str(folder),
            force_training=True,
            fixed_model_name=MODEL,
            core_additional_arguments={"augmentation_factor": 0},  # as `warmline train`
        )
    else:
        rasa.model_training.train_nlu(str(config), str(examples), str(folder), fixed_model_name=MODEL)
    _write(folder / "trained.json", {"seconds": time.perf_counter() - began})


def ask(folder: Path, job: dict[str, Any]) -> None:
    """Load the model, our own project as a worker does, have it parse every text in turn and write answered.json."""
    load = load_agent if job["own"] and job["system"] == "warmline" else Agent.load
    agent = load(folder / f"{MODEL}.tar.gz")
    texts = [row["text"] for row in rows(folder / "ask.jsonl")]

    async def answers() -> dict[str, Any]:
        await agent.parse_message("hello")  # what is loaded at the first message belongs to the memory
        memory = psutil.Process(os.getpid()).memory_info().rss / 2**20
        return {"memory_mb": memory, "answers": [await _answer(agent, text) for text in texts]}

    _write(folder / "answered.json", asyncio.run(answers()))


async def _answer(agent: Agent, text: str) -> dict[str, Any]:
    began = time.perf_counter()
    parsed = await agent.parse_message(text)
    took = (time.perf_counter() - began) * 1000
    ranking = [each for each in parsed[INTENT_RANKING_KEY] if each[INTENT_NAME_KEY] != DEFAULT_NLU_FALLBACK_INTENT_NAME]
    return {
        "intent": parsed[INTENT][INTENT_NAME_KEY],
        "best": ranking[0][INTENT_NAME_KEY],
        "confidence": ranking[0][PREDICTED_CONFIDENCE_KEY],
        "mood": parsed.get("mood", {}).get("kind"),
        "milliseconds": took,
    }


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content), "utf-8")


def main() -> None:
    """Do the one step that was asked for."""
    step, folder = sys.argv[1], Path(sys.argv[2])
    setup_tf_environment()
    job = json.loads((folder / "job.json").read_text("utf-8"))
    if step == "train":
        train(folder, job)
    else:
        ask(folder, job)


if __name__ == "__main__":
    main()
