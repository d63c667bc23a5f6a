"""The benchmark of understanding: what it teaches, asks and counts."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import blind
from benchmarks.datasets import Example, Intents, NoData, banking77, clinc150, few, goemotions, hold_out
from benchmarks.measuring import Answer, Failed
from benchmarks.nlu import Step, carry_out
from benchmarks.nlu_tables import tables
from benchmarks.page import write
from benchmarks.rasa_data import stock_config, write_examples
from benchmarks.scores import best_threshold, detection, times, understanding


def lines(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def answer(intent: str, best: str = "", confidence: float = 1.0, milliseconds: float = 1.0) -> Answer:
    return Answer(intent, best or intent, confidence, None, milliseconds)


def test_rasa_reads_what_was_written(tmp_path: Path) -> None:
    """Every text is taught as it is, whatever YAML and Rasa's own marks make of its characters."""
    texts = [
        *("[a] (b)", "a [b] {c}", "(a)[b]{", "a]b[", "- dash", "--", "a: b # c", "#", "| >", "* & % @ ! `", "/slash"),
        *("\"quoted' \\u0041 \\n", "\\", "emoji 😀 é ñ", "null", "3.0", "true", "${HOME}", "? :"),
    ]
    write_examples([Example(text, intent) for text in texts for intent in ("pay?", "b: [c]")], tmp_path / "nlu.yml")


def test_what_rasa_cannot_read_is_refused(tmp_path: Path) -> None:
    """Rasa would take this for an entity, and has no way to say that it is none."""
    with pytest.raises(ValueError, match="does not read back"):
        write_examples([Example("see [this](that)", "ask")], tmp_path / "nlu.yml")


def test_stock_rasa_is_what_its_own_project_trains() -> None:
    """The pipeline and policies of `rasa init`, with the epochs set where something learns in epochs."""
    config = stock_config()
    by_name = {each["name"]: each for each in config["pipeline"]}
    assert by_name["DIETClassifier"]["epochs"] == 100
    assert by_name["FallbackClassifier"] == {
        "name": "FallbackClassifier",
        "threshold": 0.3,
        "ambiguity_threshold": 0.1,
    }
    assert {"MemoizationPolicy", "RulePolicy", "TEDPolicy"} <= {each["name"] for each in config["policies"]}
    fewer = stock_config(7)
    assert {each["epochs"] for each in [*fewer["pipeline"], *fewer["policies"]] if "epochs" in each} == {7}


def test_the_data_sets_are_cut_as_stated(tmp_path: Path) -> None:
    """Spaces are evened out; validation never touches a test set; foreign texts are never learnt from."""
    lines(tmp_path / "banking77_train.jsonl", [{"text": f" a\n {n} ", "intent": f"i{n % 2}"} for n in range(10)])
    lines(tmp_path / "clinc150_train.jsonl", [{"text": "hi", "intent": "greet"}])
    for part in ("val", "test"):
        lines(tmp_path / f"clinc150_{part}.jsonl", [{"text": part, "intent": "greet"}])
        lines(tmp_path / f"clinc150_oos_{part}.jsonl", [{"text": f"strange {part}", "intent": "oos"}])
    emotions = [{"text": str(n), "labels": ["joy", "anger"] if n % 4 else ["joy"]} for n in range(100)]
    lines(tmp_path / "goemotions_en_train.jsonl", emotions)
    lines(tmp_path / "goemotions_en_dev.jsonl", [{"text": "dev", "labels": ["annoyance"]}])

    banking = banking77(tmp_path, "validation")  # there is no test file to read
    assert [len(banking.train), len(banking.test)] == [8, 2]
    assert {example.label for example in banking.test} == {"i0", "i1"}
    assert {example.text for example in (*banking.train, *banking.test)} == {f"a {n}" for n in range(10)}
    with pytest.raises(NoData, match="banking77_test"):
        banking77(tmp_path, "test")

    asked = Intents((Example("hi", "greet"),), (Example("val", "greet"),), (Example("strange val", "oos"),))
    assert clinc150(tmp_path, "validation") == asked

    angers = goemotions(tmp_path, "validation")
    assert [len(angers.train), len(angers.tuning), len(angers.test)] == [64, 16, 20]
    assert not set(angers.train) & {*angers.tuning, *angers.test} and not set(angers.tuning) & set(angers.test)
    assert sum(example.label == "anger" for example in angers.test) == 15
    assert goemotions(tmp_path, "test").test == (Example("dev", "anger"),)


def test_examples_are_drawn_by_seed() -> None:
    """As many of each intent, the same for the same seed; what is held out is not kept."""
    examples = [Example(f"{label}{n}", label) for label in "ab" for n in range(30)]
    drawn = few(examples, 10, 1)
    assert sorted(example.label for example in drawn) == ["a"] * 10 + ["b"] * 10 and len(set(drawn)) == 20
    assert few(examples, 10, 1) == drawn != few(examples, 10, 2)
    assert len(few(examples, 99, 1)) == 60
    kept, out = hold_out(examples, 0.2)
    assert len(out) == 12 and {*kept, *out} == set(examples) and (kept, out) == hold_out(examples, 0.2)


def test_understanding_is_scored() -> None:
    """The best intent may be right and still not be accepted; confidence tells what is foreign."""
    examples = [Example("1", "a"), Example("2", "a"), Example("3", "b"), Example("4", "b")]
    answers = [answer("a", confidence=0.9), answer("nlu_fallback", "a", 0.4), answer("a"), answer("b", confidence=0.7)]
    foreign = [answer("nlu_fallback", "a", 0.1), answer("b", confidence=0.5)]
    assert understanding(examples, answers, foreign) == {
        "accuracy": 0.75,
        "right_and_accepted": 0.5,
        "accepted": 0.75,
        "rejected": 0.5,
        "auroc": 0.875,
    }
    assert "auroc" not in understanding(examples, answers, [])


def test_the_first_answers_count_for_no_time() -> None:
    """What is warmed up by them belongs to the start."""
    assert times([*[answer("a", milliseconds=900)] * 20, *[answer("a", milliseconds=3)] * 9]) == {
        "p50_ms": 3,
        "p95_ms": 3,
    }


def test_the_threshold_is_chosen_for_f1() -> None:
    """The best cut on one part is applied to another as it is."""
    threshold = best_threshold([False, False, True, True], [0.1, 0.4, 0.6, 0.8])
    assert threshold == pytest.approx(0.6)
    found = detection([False, True, True, False], [0.7, 0.6, 0.5, 0.1], threshold)
    assert found == {"auroc": 0.5, "f1": pytest.approx(0.5)}


def test_blind_intents() -> None:
    """Not to understand is wrong but for what is out of scope; other labels may be as right."""
    rows = [
        {"intent": "greet"},
        {"intent": "greet", "also": ["thank"]},
        {"intent": "ask_person"},
        {"intent": "out_of_scope"},
        {"intent": "out_of_scope"},
        {"intent": "out_of_scope"},
    ]
    found = ["greet", "thank", "nlu_fallback", "nlu_fallback", "out_of_scope", "greet"]
    assert blind.intents(rows, found) == {
        "right": [2, 3],
        "rejected": [2, 3],
        "ask_person": [0, 1],
        "worst": {"ask_person": [0, 1], "greet": [2, 2]},
    }


def test_blind_moods() -> None:
    """A threat called the other threat is found; calm called angry is counted against us."""
    kinds = ["calm", "calm", "angry", "threatening_legal", "threatening_physical"]
    found = ["calm", "angry", "angry", "threatening_physical", "calm"]
    scored = blind.moods([{"kind": kind} for kind in kinds], found)
    assert [scored[key] for key in ("right", "threats", "calm_called_hot")] == [[2, 5], [1, 2], [1, 2]]
    assert [scored["precision"]["angry"], scored["recall"]["angry"]] == [[1, 2], [1, 1]]


def test_blind_articles() -> None:
    """The first, one of three, and honestly nothing."""
    rows = [
        {"article": "a", "also": []},
        {"article": "a", "also": ["b"]},
        {"article": "c", "also": []},
        {"article": "d"},
        {"article": None, "also": []},
        {"article": None, "also": []},
    ]
    found = [["a"], ["b", "a"], ["x", "y", "c"], [], [], ["a"]]
    assert blind.articles(rows, found) == {"first": [2, 4], "in_three": [3, 4], "nothing": [1, 2]}


def test_blind_entities() -> None:
    """A message is right with all its entities and no other; values are compared by what they are."""
    amount = {"amount": 5, "currency": "EUR"}
    rows = [
        {"entities": [{"entity": "amount", "value": amount}, {"entity": "name", "value": "Kim"}]},
        {"entities": [{"entity": "name", "value": "Bo"}]},
        {"entities": []},
    ]
    found = [
        {("amount", blind.written({"currency": "EUR", "amount": 5})), ("name", '"Kim"')},
        {("name", '"Bob"'), ("date", '"2026-01-01"')},
        set(),
    ]
    assert blind.entities(rows, found) == {
        "messages": [2, 3],
        "recall": {"amount": [1, 1], "name": [1, 2]},
        "precision": {"amount": [1, 1], "date": [0, 1], "name": [1, 2]},
    }


def test_a_run_that_is_cut_off_loses_nothing(tmp_path: Path) -> None:
    """Each step's rows are stored and published before the next begins; one that fails stops no other."""
    page = tmp_path / "page.md"
    page.write_text("# Title\n<!-- nlu -->\nold\n<!-- /nlu -->\nend\n", "utf-8")

    def own(step: Step) -> dict[str, dict[str, Any]]:
        figures = {"right": [1, 2], "rejected": [0, 0], "ask_person": [1, 1], "worst": {}}
        cost = {"training_s": 2.0, "p50_ms": 1.0, "p95_ms": 1.0, "memory_mb": 9.0, "model_mb": 1.0}
        return {step.name: {"data": "own", "system": "rasa", "epochs": 3, "intents": figures, **cost}}

    def failing(step: Step) -> dict[str, dict[str, Any]]:
        raise Failed("out of memory")

    def cut_off(step: Step) -> dict[str, dict[str, Any]]:
        raise KeyboardInterrupt

    def publish(text: str) -> None:
        write("nlu", text, page)

    file = tmp_path / "nlu.json"
    with pytest.raises(KeyboardInterrupt):
        carry_out([Step("bad", failing), Step("own rasa", own), Step("later", cut_off)], file, publish)
    assert "| stock Rasa | 3 | 1 of 2, 50.0 % | none asked |" in page.read_text("utf-8")
    assert page.read_text("utf-8").startswith("# Title\n") and page.read_text("utf-8").endswith("<!-- /nlu -->\nend\n")
    assert not carry_out([Step("bad", failing)], file, publish)
    assert list(json.loads(file.read_text("utf-8"))["rows"]) == ["own rasa"]


def test_seeds_share_a_line() -> None:
    """Several seeds of one data set are one line of the table: their mean, and each."""
    cost = {"training_s": 2.0, "p50_ms": 1.0, "p95_ms": 1.0, "memory_mb": 9.0, "model_mb": 1.0}
    row = {"data": "banking77-10", "system": "warmline", "examples": 770, "epochs": None, **cost}
    rows = {
        str(seed): {**row, "accuracy": share, "right_and_accepted": share, "accepted": 1.0}
        for seed, share in enumerate((0.8, 0.82, 0.84))
    }
    text = tables(rows)
    assert "| 82.0 % (80.0, 82.0, 84.0) |" in text and text.count("Warmline |") == 1
