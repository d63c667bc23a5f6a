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
