"""The three components inside a plain Rasa project."""

import asyncio
from pathlib import Path

import pytest

CONFIG = """
recipe: default.v1
language: en
assistant_id: plain
pipeline:
  - name: bot.nlu.intents.HybridIntentClassifier
  - name: bot.nlu.mood.MoodDetector
  - name: bot.nlu.entities.EntityExtractor
"""
EXAMPLES = """
version: "3.1"
nlu:
  - intent: late
    examples: |
      - my parcel is late
      - the package has not come yet
      - still waiting for my order
      - delivery is overdue
  - intent: refund
    examples: |
      - I want my money back
      - please refund me
      - give me back the 20 euros
      - reimburse me
"""
RULES = Path(__file__).parents[2] / "bot/nlu/intent_rules_en.yml"
WITH_SENTENCES = CONFIG.replace(
    "HybridIntentClassifier\n",
    f"HybridIntentClassifier\n    rules: {RULES}\n    by_sentence: [threat_physical, abuse, ask_person]\n"
    "    asides: [greet]\n",
)
MORE_EXAMPLES = """
  - intent: greet
    examples: |
      - hello
      - hello there
      - good morning
      - hi, my name is Anna
  - intent: abuse
    examples: |
      - you idiot
      - you are idiots
      - stupid idiots
      - what idiots you are
  - intent: threat_physical
    examples: |
      - you will regret it, I know your children
      - he will regret it, I swear
      - you will all regret this
      - nobody there is safe, you will regret it
  - intent: ask_person
    examples: |
      - I want a person
      - get me an agent
      - talk to a human
      - human please
"""


def test_the_components_train_and_parse_in_any_rasa_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two intents and nothing of Warmline's own files: trained, loaded, parsed in Rasa's formats."""
    from rasa.core.agent import Agent
    from rasa.model_training import train_nlu

    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yml").write_text(CONFIG)
    (tmp_path / "nlu.yml").write_text(EXAMPLES)
    model = train_nlu("config.yml", "nlu.yml", "models")
    assert model is not None
    agent = Agent.load(model)
    parsed = asyncio.run(agent.parse_message("refund me 20 euros, a@b.no, or I'll see you in court"))
    assert parsed["intent"]["name"] == parsed["intent_ranking"][0]["name"] == "refund"
    assert {entity["entity"] for entity in parsed["entities"]} == {"remedy", "amount", "email"}
    assert parsed["mood"]["kind"] == "threatening_legal"
    assert parsed["mood"]["evidence"][0]["text"].endswith("in court")
    foreign = asyncio.run(agent.parse_message("who painted the Mona Lisa"))
    assert foreign["intent"]["name"] == "nlu_fallback"
    assert {each["name"] for each in foreign["intent_ranking"]} == {"nlu_fallback", "late", "refund"}


def test_one_sentence_may_speak_for_the_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A greeting hides no question, an insult or a demand for a person is not lost among other sentences."""
    from rasa.core.agent import Agent
    from rasa.model_training import train_nlu

    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yml").write_text(WITH_SENTENCES)
    (tmp_path / "nlu.yml").write_text(EXAMPLES + MORE_EXAMPLES)
    agent = Agent.load(train_nlu("config.yml", "nlu.yml", "models"))

    def first(text: str) -> tuple[str, float]:
        intent = asyncio.run(agent.parse_message(text))["intent"]
        return intent["name"], intent["confidence"]

    demand = "Hello, my name is Jonas. Could I talk to a person about a sofa order?"
    assert first(demand) == ("ask_person", 1.0)
    assert first("operator!!") == ("ask_person", 1.0)
    assert first("Hello, my name is Jonas.")[0] == "greet"
    assert first("Hello, my name is Jonas. Please refund me.")[0] == "refund"
    assert first("My parcel is late. You are idiots. I am still waiting for my order.")[0] == "abuse"
    assert first("my parcel is late")[0] == "late"
    assert first("Get me your manager. You will all regret this.")[0] == "threat_physical"
    assert first("Get me your manager or I'll break his nose.") == ("threat_physical", 1.0)
    assert first("Get me your manager. I don't want to live any more. You will all regret this.")[0] == "ask_person"
