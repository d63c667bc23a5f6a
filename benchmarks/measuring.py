"""Measuring one system on one data set, each step in a fresh process with nothing cached."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from benchmarks.datasets import Example
from benchmarks.page import ROOT
from bot.embedded_postgres import end_with_parent
from bot.terminal import REDRAW_SECONDS, Clock
from bot.train import LARGE_PAGES

System = Literal["warmline", "rasa"]

LONGEST_STEP = 2 * 60 * 60  # seconds; a step that takes longer is ended
QUIET = {
    "OMP_NUM_THREADS": "1",
    "RASA_TELEMETRY_ENABLED": "false",
    "PYTHONWARNINGS": "ignore",
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    **LARGE_PAGES,
}
ONE_THREAD = {"TF_INTRA_OP_PARALLELISM_THREADS": "1", "TF_INTER_OP_PARALLELISM_THREADS": "1"}


class Failed(Exception):
    """A step of a measurement did not succeed; the text is the last it said."""


@dataclass(frozen=True)
class Answer:
    """What a system made of a text: its `intent`, which may be nlu_fallback, and the `best` that is none.

    `confidence` is that of `best`; `mood` is None where the system knows none.
    """

    intent: str
    best: str
    confidence: float
    mood: str | None
    milliseconds: float


@dataclass(frozen=True)
class Measured:
    """One system on one data set; megabytes are 2²⁰ bytes."""

    training_s: float
    memory_mb: float
    model_mb: float
    answers: tuple[Answer, ...]


def measure(
    system: System, train: Iterable[Example] | None, texts: Sequence[str], *, epochs: int | None, title: str
) -> Measured:
    """Train `system` on examples, or on our own project where they are None, then have it parse `texts`.

    Raises Failed.
    """
    with tempfile.TemporaryDirectory(prefix="warmline-nlu-") as name:
        folder = Path(name)
        job = {"system": system, "epochs": epochs, "own": train is None}
        (folder / "job.json").write_text(json.dumps(job), "utf-8")
        _write_lines(folder / "train.jsonl", map(asdict, train or ()))
        _write_lines(folder / "ask.jsonl", ({"text": text} for text in texts))
        module = "benchmarks.one_system"
        run(f"{title}: training", [module, "train", name], folder, ())
        run(f"{title}: asking", [module, "ask", name], folder, ONE_THREAD.items())
        trained = json.loads((folder / "trained.json").read_text("utf-8"))
        answered = json.loads((folder / "answered.json").read_text("utf-8"))
        return Measured(
            trained["seconds"],
            answered["memory_mb"],
            (folder / "model.tar.gz").stat().st_size / 2**20,
            tuple(Answer(**each) for each in answered["answers"]),
        )


def run(title: str, command: Sequence[str], folder: Path, settings: Iterable[tuple[str, str]] = ()) -> None:
    """Run `python -m command` in the project's root and show `title` with the time. Raises Failed."""
    environment = {**os.environ, **QUIET, **dict(settings), "RASA_CACHE_DIRECTORY": str(folder / "cache")}
    log = folder / "log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: end_with_parent(signal.SIGKILL),
        )
        try:
            clock, end = Clock(), time.monotonic() + LONGEST_STEP
            while process.poll() is None and time.monotonic() < end:
                time.sleep(REDRAW_SECONDS)
                clock.show(title)
        finally:
            process.kill()
            process.wait()
    clock.done(title)
    if process.returncode != 0:
        raise Failed(log.read_text("utf-8", errors="replace").strip()[-2000:] or f"ended with {process.returncode}")


def _write_lines(path: Path, rows: Iterable[dict[str, str]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
