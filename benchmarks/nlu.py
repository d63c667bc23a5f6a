"""How well Warmline understands, beside Rasa as `rasa init` sets it up: same data, same machine, same run.

    make bench-nlu [ARGS="--only banking77-10,own --systems warmline"]

Writes benchmarks/nlu.json and the tables in docs/performance.md after every single measurement, so a run
that is cut off loses nothing and `--only` renews its rows alone. Validation parts and quick runs go to
results/ and leave both as they are. Each training and each asking has a fresh process of its own.

Stock Rasa's DIET learns slowly without a graphics card, the longer the messages the more: on large sets it
gets fewer epochs, of the seeds the first only, and all of Banking77 (100 s an epoch) not at all. The tables
say so.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, get_args

from benchmarks import blind
from benchmarks.datasets import Intents, NoData, Split, banking77, clinc150, few, goemotions
from benchmarks.measuring import Failed, Measured, System, measure, run
from benchmarks.nlu_tables import days, tables
from benchmarks.page import ROOT, machine, write
from benchmarks.scores import times, understanding
from bot.terminal import say

Row = dict[str, Any]

DATA = ROOT.parent / "shared" / "data"
RESULTS = ROOT / "benchmarks" / "nlu.json"
ASIDE = ROOT / "results"  # for runs that do not count
SETS = ("banking77-10", "banking77-full", "clinc-10", "clinc-full", "own", "goemotions")
EPOCHS = {"banking77-10": 100, "clinc-10": 100, "clinc-full": 10, "own": 50}
"""What stock Rasa gets, whose own default is 100; a set that is not here it gets with --epochs only."""
FEW = 10  # examples an intent
SYSTEMS = get_args(System)
SEEDS: dict[str, tuple[int, ...]] = {"warmline": (1, 2, 3), "rasa": (1,)}
QUICK_EACH, QUICK_ASKED, QUICK_EMOTIONS = 3, 100, 2_000


@dataclass(frozen=True)
class Chosen:
    """What the command line asks for."""

    data: Path
    only: tuple[str, ...]
    systems: tuple[System, ...]
    split: Split
    epochs: int | None
    quick: bool


@dataclass(frozen=True)
class Step:
    """One measurement: `work` does it, showing the step's title, and gives its rows by key."""

    name: str
    work: "Callable[[Step], dict[str, Row]]"
    title: str = ""


def plan(chosen: Chosen) -> Iterator[Step]:
    """The measurements, the quick ones of Warmline before the slow ones of Rasa. Raises NoData."""
    for system in chosen.systems:
        for name in chosen.only:
            if system == "rasa" and not _epochs(name, system, chosen):
                continue
            if name == "goemotions":
                if system == "warmline":
                    data = goemotions(chosen.data, chosen.split)
                    most = QUICK_EMOTIONS if chosen.quick else len(data.train)
                    yield Step(name, partial(_goemotions, chosen, most))
            elif name == "own":
                if chosen.split == "test":  # there is no other part
                    yield Step(f"own {system}", partial(_own, system, chosen))
                if chosen.split == "test" and system == "warmline":
                    yield Step("own files", _files)
            else:
                for seed in SEEDS[system] if name == "banking77-10" and not chosen.quick else (1,):
                    yield Step(
                        f"{name} {seed} {system}", partial(_public, name, _intents(name, seed, chosen), system, chosen)
                    )


def _intents(name: str, seed: int, chosen: Chosen) -> Intents:
    data = (banking77 if name.startswith("banking77") else clinc150)(chosen.data, chosen.split)
    if name.endswith("-10"):
        data = replace(data, train=few(data.train, FEW, seed))
    if chosen.quick:
        every = max(1, len(data.test) // QUICK_ASKED)  # the file is sorted by intent
        data = Intents(few(data.train, QUICK_EACH, seed), data.test[::every], data.foreign[:QUICK_ASKED])
    return data


def _public(name: str, data: Intents, system: System, chosen: Chosen, step: Step) -> dict[str, Row]:
    epochs = _epochs(name, system, chosen)
    texts = [example.text for example in (*data.test, *data.foreign)]
    measured = measure(system, data.train, texts, epochs=epochs, title=step.title)
    known, foreign = measured.answers[: len(data.test)], measured.answers[len(data.test) :]
    row = {"data": name, "system": system, "examples": len(data.train), "epochs": epochs, "asked": len(texts)}
    return {step.name: {**row, **_cost(measured, len(texts)), **understanding(data.test, known, foreign)}}


def _own(system: System, chosen: Chosen, step: Step) -> dict[str, Row]:
    intents, moods = blind.load("intents"), blind.load("mood")
    texts = [row["text"] for row in (*intents, *moods)]
    epochs = _epochs("own", system, chosen)
    measured = measure(system, None, texts, epochs=epochs, title=step.title)
    answers, felt = measured.answers[: len(intents)], measured.answers[len(intents) :]
    row = {"data": "own", "system": system, "epochs": epochs, "asked": len(intents), **_cost(measured, len(intents))}
    row["intents"] = blind.intents(intents, [answer.intent for answer in answers])
    if system == "warmline":
        row["moods"] = blind.moods(moods, [answer.mood or "calm" for answer in felt])
    return {step.name: row}


def _files(step: Step) -> dict[str, Row]:
    return {step.name: {"data": "files", **_written_by(step.title, "blind")}}


def _goemotions(chosen: Chosen, most: int, step: Step) -> dict[str, Row]:
    found = _written_by(step.title, "emotions", str(chosen.data.resolve()), chosen.split, str(most))
    return {f"goemotions {system}": {"data": "goemotions", "system": system, **row} for system, row in found.items()}


def _epochs(name: str, system: System, chosen: Chosen) -> int | None:
    if system == "warmline":
        return None
    return chosen.epochs or (1 if chosen.quick else EPOCHS.get(name))


def _cost(measured: Measured, asked: int) -> Row:
    figures = {name: getattr(measured, name) for name in ("training_s", "memory_mb", "model_mb")}
    return {**figures, **times(measured.answers[:asked])}


def _written_by(title: str, module: str, *arguments: str) -> Row:
    """The figures that a module of this package writes in a process of its own. Raises Failed."""
    with tempfile.TemporaryDirectory(prefix="warmline-nlu-") as folder:
        file = Path(folder) / "figures.json"
        run(title, [f"benchmarks.{module}", *arguments, str(file)], Path(folder))
        figures: Row = json.loads(file.read_text("utf-8"))
        return figures


def carry_out(steps: Sequence[Step], file: Path, publish: Callable[[str], None]) -> bool:
    """Do `steps`, adding their rows to `file` and publishing its tables after each; whether all succeeded.

    Rows of another machine cannot stand beside these and are dropped.
    """
    here, well = machine(), True
    stored = json.loads(file.read_text("utf-8")) if file.exists() else {}
    rows: dict[str, Row] = stored.get("rows", {}) if stored.get("machine") == here else {}
    for number, step in enumerate(steps, 1):
        numbered = replace(step, title=f"[{number}/{len(steps)}] {step.name}")
        try:
            found = step.work(numbered)
        except Failed as error:
            say(f"{numbered.title} failed: {error}")
            well = False
            continue
        today = date.today().isoformat()
        rows |= {key: {**row, "measured": today} for key, row in found.items()}
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(".new")
        new.write_text(json.dumps({"machine": here, "rows": rows}, indent=1) + "\n", "utf-8")
        new.replace(file)
        publish(f"{here}, {days(rows)}.\n\n{tables(rows)}")
    return well


def main() -> int:
    """Measure what was chosen; 1 when something failed, 2 when there is no data."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the public data sets")
    parser.add_argument("--only", type=_some_of(SETS), default=SETS, help=f"some of {','.join(SETS)}")
    parser.add_argument("--systems", type=_some_of(SYSTEMS), default=SYSTEMS, help=f"some of {','.join(SYSTEMS)}")
    parser.add_argument("--split", choices=get_args(Split), default="test", help="what is asked; tune on validation")
    parser.add_argument("--epochs", type=int, help="for everything of stock Rasa that learns in epochs")
    parser.add_argument("--quick", action="store_true", help="see that it runs: little data, one epoch")
    chosen = Chosen(**vars(parser.parse_args()))
    counts = chosen.split == "test" and not chosen.quick
    aside = ASIDE / f"nlu-{chosen.split}{'-quick' if chosen.quick else ''}.json"
    try:
        steps = list(plan(chosen))
    except NoData as error:
        say(str(error))
        return 2
    well = carry_out(steps, RESULTS if counts else aside, partial(write, "nlu") if counts else print)
    return 0 if well else 1


def _some_of(names: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    """A reader of "a,b" that keeps the order of `names`."""

    def read(text: str) -> tuple[str, ...]:
        given = text.split(",")
        if unknown := [each for each in given if each not in names]:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)} is none of {', '.join(names)}")
        return tuple(name for name in names if name in given)

    return read


if __name__ == "__main__":
    sys.exit(main())
