"""Demands for a person that need no weighing."""

from itertools import takewhile
from pathlib import Path

import pytest

from bot.nlu.intent_rules import IntentRules, RulesError, read_rules

ROOT = Path(__file__).parents[2]
RULES = ROOT / "bot/nlu/intent_rules_en.yml"
MESSAGES = ROOT / "tests/data/intent_rules.txt"


def messages(made: str) -> list[str]:
    """The messages below the line `[made]` of the file, up to the next empty line."""
    lines = MESSAGES.read_text(encoding="utf-8").splitlines()
    below = lines[lines.index(f"[{made}]") + 1 :]
    return [line for line in takewhile(bool, below) if not line.startswith("# ")]


@pytest.fixture(scope="module")
def rules() -> IntentRules:
    return read_rules(RULES)


@pytest.mark.parametrize("text", messages("ask_person"))
def test_a_clear_demand_for_a_person_is_found(rules: IntentRules, text: str) -> None:
    """Short, odd, loud or polite, alone or in a clause of its own."""
    assert rules.find(text) == "ask_person"


@pytest.mark.parametrize("text", messages("open"))
def test_people_who_are_only_mentioned_are_no_demand(rules: IntentRules, text: str) -> None:
    """Questions about people, wishes for none, and who did what are left to be weighed."""
    assert rules.find(text) is None


@pytest.mark.parametrize("text", messages("refuted"))
def test_people_who_are_talked_of_are_not_asked_for_whatever_the_models_say(rules: IntentRules, text: str) -> None:
    """Who did what, thanks, complaints and wishes for none refute a demand."""
    assert rules.find(text) is None
    assert rules.refuted(text) == {"ask_person"}


@pytest.mark.parametrize("text", messages("not refuted"))
def test_a_request_beside_it_leaves_the_question_open(rules: IntentRules, text: str) -> None:
    """A story about people may go before the demand for one."""
    assert not rules.refuted(text)


def test_somebody_who_may_harm_themselves_gets_a_person(rules: IntentRules) -> None:
    """Such a message is not treated as a threat, and is not left to chance."""
    assert rules.find("honestly I don't want to live any more") == "ask_person"
    assert rules.find("I don't want to live with a broken lamp") is None


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("get me your manager or I'll break his nose", "threat_physical"),
        ("Put me through to a person. I know where you live.", "threat_physical"),
        ("let me speak to a human or I will sue you", "threat_legal"),
        ("get me a human or I'll kill myself", "ask_person"),
        ("get me a human, you idiot", "ask_person"),
    ],
)
def test_a_threat_beside_a_demand_is_the_threat(rules: IntentRules, text: str, intent: str) -> None:
    """What a lead must see at once is not taken for a mere wish; an insult and distress leave it one."""
    assert rules.find(text) == intent


def test_a_file_of_rules_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """A missing file, a broken pattern and a missing part are told apart before any message comes."""
    for content in (None, "filler: a\nparts: {}\nmarks: {}\nrules: {x: {whole: ['(']}}", "parts: {}", "rules: ["):
        file = tmp_path / "rules.yml"
        if content is not None:
            file.write_text(content)
        with pytest.raises(RulesError, match=r"(?s)rules\.yml.*Fix: "):
            read_rules(file)


@pytest.mark.parametrize("word", ["human ", "please ", "support ", "speak to ", "real ", "next available "])
def test_no_row_of_words_takes_long(rules: IntentRules, word: str) -> None:
    """Patterns do not try every grouping of repeated words; a message of them comes back at all."""
    assert rules.find("xyz " + word * (900 // len(word)) + "xyz") is None
