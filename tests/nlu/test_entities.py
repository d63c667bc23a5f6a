"""What a message names."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.business import load_business
from bot.errors import ConfigurationError
from bot.nlu.encoder import load_encoder
from bot.nlu.entities import EntityExtractor
from bot.nlu.entity_model import read_examples
from bot.nlu.entity_rules import Extractor, trained

ROOT = Path(__file__).parents[2]
MESSAGES = ROOT / "tests/data/entities.txt"
NOW = datetime(2026, 11, 21, 12)  # a Saturday
MARK = re.compile(r"\[((?:[^\[\]]|\[\w+\])*)\]\{(\w+)=([^}]*)\}")


def marked() -> Iterator[Any]:
    """Text, moment and (entity, value) of each message of the file."""
    for line in MESSAGES.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("# "):
            continue
        moment = re.match(r"@(\d\S+) ", line)
        written = line[moment.end() :] if moment else line
        found = [(kind, value(kind, said)) for _, kind, said in MARK.findall(written)]
        text = MARK.sub(r"\1", written).replace("\\n", "\n")
        yield pytest.param(text, datetime.fromisoformat(moment[1]) if moment else NOW, found, id=text[:60])


def value(kind: str, said: str) -> Any:
    """An entity's value as the file writes it."""
    if kind != "amount":
        return said
    amount, currency = said.split()
    return {"amount": float(amount), "currency": currency}


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return trained(load_business(ROOT), read_examples(), load_encoder().encode)


@pytest.mark.parametrize(("text", "now", "expected"), marked())
def test_what_is_named_is_found_in_its_normal_form(
    extractor: Extractor, text: str, now: datetime, expected: list[tuple[str, Any]]
) -> None:
    """Each kind is found as customers write it, and what only looks alike is left alone."""
    found = extractor.find(text, now)
    assert [(each.entity, each.value) for each in found] == expected
    assert all(each.text == text[each.start : each.end] for each in found)


def test_a_plain_rasa_project_needs_no_business_file(extractor: Extractor) -> None:
    """Without business.yml, contacts, amounts and dates are found all the same."""
    found = replace(extractor, business=None).find("refund 20 usd, mail me at a@b.no, FJ-123456", NOW)
    assert [each.entity for each in found] == ["remedy", "amount", "email"]


@pytest.fixture(scope="module")
def component(tmp_path_factory: pytest.TempPathFactory) -> EntityExtractor:
    """As Rasa trains it, stores it and loads it again."""
    storage, resource = LocalModelStorage(tmp_path_factory.mktemp("model")), Resource("entities")
    config = {**EntityExtractor.get_default_config(), "business": str(ROOT)}
    EntityExtractor(config, storage, resource, None).train(TrainingData())
    return EntityExtractor.load(config, storage, resource, None)


def test_what_was_learnt_is_stored(component: EntityExtractor) -> None:
    """A loaded extractor knows whose name it is, and what is asked for."""
    message = Message(data={"text": "Thanks Kari, but no voucher please, I want a refund. Regards, Ola"})
    component.process([message])
    assert [(each["entity"], each["value"]) for each in message.get("entities")] == [
        ("remedy", "refund"),
        ("name", "Ola"),
    ]


def test_examples_that_are_none_are_named(tmp_path: Path) -> None:
    """The error says which file, and how it should be written."""
    file = tmp_path / "examples.yml"
    file.write_text("names: [Kari]\n", "utf-8")
    with pytest.raises(ConfigurationError, match=r"examples\.yml.*one message a line"):
        read_examples(file)


def test_today_is_the_customers_today(component: EntityExtractor) -> None:
    """Metadata of a message may name the time zone; these two never have the same day."""
    messages = [
        Message(data={"text": "it came today", "metadata": {"time_zone": zone}})
        for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago")
    ]
    component.process(messages)
    days = [message.get("entities")[0]["value"] for message in messages]
    assert days[0] > days[1]


@pytest.mark.parametrize(
    "metadata",
    [None, {}, {"time_zone": None}, {"time_zone": "../etc/passwd"}, {"time_zone": "Mars/X"}, {"time_zone": "Europe"}],
)
def test_an_unknown_time_zone_is_that_of_the_business(
    component: EntityExtractor, metadata: dict[str, Any] | None
) -> None:
    """Whatever a client sends, dates are found."""
    message = Message(data={"text": "it came today", "metadata": metadata})
    component.process([message])
    assert message.get("entities")[0]["value"] == datetime.now(load_business(ROOT).zone).date().isoformat()
