"""`warmline explain` on the trained model of the sample business."""

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.explain import readable

ROOT = Path(__file__).parents[1]
LATE = "my parcel is late and I am fed up with waiting, write to anna@b.example"
THREAT = "Good morning. I will sue you. The lamp is white."
PERSON = "I want to talk to a human"
GAP = "how heavy is the Hvile sofa"
FOREIGN = "Who won the match last night?"

Reports = Mapping[str, Mapping[str, Any]]


def warmline(*arguments: str, cwd: Path = ROOT, input: str = "") -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "bot.main", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=cwd, env=environment, input=input, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def reports(model: Path) -> Reports:
    """What it says for machines, of a text among the arguments and of the lines of stdin."""
    done = warmline("explain", "--json", LATE, "-", input=f"{THREAT}\n\n{PERSON}\n{GAP}\n{FOREIGN}\n")
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return {report["text"]: report for report in found}


def test_one_report_for_each_text(reports: Reports) -> None:
    """Arguments first, then the lines of stdin without the empty ones."""
    assert list(reports) == [LATE, THREAT, PERSON, GAP, FOREIGN]
    assert {report["language"] for report in reports.values()} == {"en"}


def test_the_parts_make_up_the_decision(reports: Reports) -> None:
    """Confidence is what the parts say it is made of, and the first intent is the one that was decided on."""
    intent = reports[LATE]["intent"]
    first = intent["ranking"][0]
    assert intent["name"] == first["intent"] == "complain_late" and intent["understood"]
    likeness = ((first["nearest"] + first["centre"]) / 2) ** 4
    assert (
        intent["confidence"]
        == first["confidence"]
        == pytest.approx(first["fused"] * likeness * intent["belonging"], abs=0.002)
    )
    assert first["confidence"] >= intent["threshold"] and intent["lead"] >= intent["ambiguity"]
    assert (intent["rule"], intent["sentence"]) == (None, None)


def test_what_is_like_the_background_is_said_to_be(reports: Reports) -> None:
    """Where a project has no examples of what is out of scope, the reader learns what lowered the confidence."""
    report = reports[LATE]
    assert report["intent"]["belonging"] == 1 and "background" not in readable(report)
    foreign = {**report, "intent": {**report["intent"], "belonging": 0.4}}
    assert "every confidence × 0.40, for it is like the background" in readable(foreign)


def test_the_nearest_examples_are_training_examples(reports: Reports) -> None:
    """Three of them, the nearest first, as they stand in data/nlu under that intent."""
    examples = reports[LATE]["intent"]["examples"]
    assert len(examples) == 3
    assert [each["cosine"] for each in examples] == sorted((each["cosine"] for each in examples), reverse=True)
    written = "".join(file.read_text("utf-8") for file in (ROOT / "data/nlu/en").glob("*.yml"))
    blocks = {block.split("\n")[0]: block for block in written.split("- intent: ")}
    assert all(each["text"] in blocks[each["intent"]] for each in examples)


def test_a_rule_and_a_sentence_are_named(reports: Reports) -> None:
    """Who decided: a rule with its file, or the one sentence that spoke for the message."""
    assert reports[PERSON]["intent"]["rule"] == "bot/nlu/intent_rules_en.yml"
    assert reports[PERSON]["intent"]["name"] == "ask_person"
    threat = reports[THREAT]["intent"]
    assert (threat["name"], threat["sentence"], threat["rule"]) == ("threat_legal", "I will sue you.", None)


def test_mood_and_entities_come_with_their_places(reports: Reports) -> None:
    """What is claimed can be seen in the text."""
    report = reports[LATE]
    assert {each["cue"] for each in report["mood"]["evidence"]} >= {"frustration"}
    found = [*report["mood"]["evidence"], *report["entities"]]
    assert all(report["text"][each["start"] : each["end"]] == each["text"] for each in found)
    assert "anna@b.example" in [each["value"] for each in report["entities"]]


def test_articles_say_why_they_are_shown_or_not(reports: Reports) -> None:
    """Scores are the sum of their parts; a gap that took the question is named; what is foreign is below the limit."""
    late = reports[LATE]["articles"]
    assert all(
        fit["score"] == pytest.approx(fit["meaning"] + fit["spelling"] + fit["exact"], abs=0.002)
        for fit in late["fits"]
    )
    assert late["shown"] and all(fit["score"] >= late["limits"]["relevant"] for fit in late["fits"][:1])
    taken = reports[GAP]["articles"]
    assert (taken["kind"], taken["gap"], taken["shown"]) == ("nothing", "product-weight", [])
    assert reports[FOREIGN]["articles"]["kind"] == "nothing"


def test_people_read_it_in_80_columns(reports: Reports) -> None:
    """The same for people: short, aligned, with a time for each part."""
    for report in reports.values():
        shown = readable(report)
        assert all(len(line) <= 80 for line in shown.splitlines())
        assert [line.split()[0] for line in shown.splitlines()[1:] if line[:1] != " "] == [
            *("language", "intent", "examples", "mood", "entities", "articles", "time")
        ]
        assert all(part in shown for part in ("HybridIntentClassifier", "MoodDetector", "EntityExtractor"))
    assert "by a rule of bot/nlu/intent_rules_en.yml" in readable(reports[PERSON])
    hint = {**reports[LATE]["mood"], "kind": "threatening_physical", "strength": 0.9871, "suspicion": True}
    assert "threatening_physical 0.987, only a suspicion" in readable({**reports[LATE], "mood": hint})
    assert reports[LATE]["mood"]["suspicion"] is False
    assert "nothing: the gap product-weight is nearest" in readable(reports[GAP])


def with_no_intents(model: Path, copy: Path) -> None:
    """`model` with a file of intents that has none of the arrays that are read, as another version may write it."""
    with tarfile.open(model) as old, tarfile.open(copy, "w:gz") as new:
        for member in old:
            content = old.extractfile(member)
            if content is not None and member.name.endswith("intents.npz"):
                np.savez(buffer := io.BytesIO(), other=np.zeros(1))
                member.size = buffer.tell()
                content = io.BytesIO(buffer.getvalue())
            new.addfile(member, content)


def test_without_a_model_that_can_be_used(tmp_path: Path) -> None:
    """It says in one line what to do."""
    for name in ("business.yml", "config.yml", "domain.yml"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "data", tmp_path / "data")
    refused = warmline("explain", "hello", cwd=tmp_path)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "There is no trained model for the language en. Fix: run `warmline train`.\n"
    (tmp_path / "models").mkdir()
    newest = max((ROOT / "models").glob("warmline-en-*.tar.gz"), key=lambda file: file.stat().st_mtime)
    with_no_intents(newest, tmp_path / "models" / newest.name)
    refused = warmline("explain", "hello", cwd=tmp_path)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.splitlines()[-1] == (
        f"{newest.name} was trained by another version of Warmline. Fix: run `warmline train`."
    )
    refused = warmline("explain", "hello", "--language", "xx")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == "xx is no language of business.yml. Fix: choose en, or add it there.\n"
