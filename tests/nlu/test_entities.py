"""What a message names."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
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
from bot.nlu.unnamed import learn

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
    return trained(load_business(ROOT), read_examples(), load_encoder())


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
    named = Message(data={"text": "Thanks Kari, but no voucher please, I want a refund. Regards, Ola"})
    unnamed = Message(data={"text": "It hums. Please get it working again."})
    component.process([named, unnamed])
    assert [(each["entity"], each["value"]) for each in named.get("entities")] == [
        ("remedy", "refund"),
        ("name", "Ola"),
    ]
    assert [(each["entity"], each["value"]) for each in unnamed.get("entities")] == [("remedy", "repair")]


def test_examples_that_are_none_are_named(tmp_path: Path) -> None:
    """The error says which file, and how it should be written."""
    file = tmp_path / "examples.yml"
    file.write_text("names: [Kari]\n", "utf-8")
    with pytest.raises(ConfigurationError, match=r"examples\.yml.*one message a line"):
        read_examples(file)


@pytest.mark.parametrize(
    ("unnamed", "line"),
    [
        ("unnamed:", 5),
        ("unnamed: [refund]", 5),
        ("unnamed: |\n  - none: hello\n", 5),
        ("unnamed: |\n  - refund: all of it, on my card", 5),
        ("unnamed: |\n  - none: hello\n\n  - refund all of it", 8),
        ("unnamed: |\n  - none: hello\n  - : all of it", 7),
        ("unnamed: |\n  - refund: all of it\n  - None: hello", 7),
    ],
)
def test_mistakes_in_wishes_without_a_name_are_named(tmp_path: Path, unnamed: str, line: int) -> None:
    """With their line; training would fail on them, or a customer's message."""
    file = tmp_path / "examples.yml"
    file.write_text(f"names: |\n  - hi\nremedies: |\n  - hi\n{unnamed}\n", "utf-8")
    with pytest.raises(ConfigurationError, match=rf"examples\.yml:{line}.*write"):
        read_examples(file)


def test_a_wish_without_a_name_stands_beside_what_else_is_named(extractor: Extractor) -> None:
    """At the end of a long letter too, and none overlaps another or is empty (P5)."""
    lines = ["Hello", "I am Kari", *(f"It is the lamp number {place}" for place in range(8))]
    found = extractor.find("\n".join([*lines, "My Vidde hums. Please get it working again by Friday."]), NOW)
    assert {"repair", "vidde", "Kari"} <= {each.value for each in found}
    assert all(each.text and before.end <= each.start for before, each in pairwise(found))
    twice = extractor.find("It hums. Please get it working again. I mean it: please get it working again!", NOW)
    assert [each.value for each in twice] == ["repair"]


def test_only_remedies_on_offer_are_found(extractor: Extractor) -> None:
    """What the business does not offer is not wished for, whatever the words; without examples none is unnamed."""
    assert [each.value for each in extractor.find("Please get it working again.", NOW)] == ["repair"]
    business = load_business(ROOT)
    poor = business.model_copy(update={"remedies": tuple(each for each in business.remedies if each.id != "repair")})
    for other in (
        replace(extractor, business=poor),
        replace(extractor, model=replace(extractor.model, unnamed=None)),
    ):
        assert not other.find("Please get it working again.", NOW)


def test_a_remedy_of_ones_own_is_learnt_from_its_examples(extractor: Extractor) -> None:
    """Also one that our word lists do not know."""
    asked = [f"let the {who} have it" for who in ("red cross", "scouts", "school", "church", "hospital", "neighbours")]
    plain = ["where is my order", "the lamp is broken", "do you sell chairs", "it came yesterday", "when do you open"]
    examples = [*(("donation", text) for text in asked), *(("none", text) for text in plain)]
    business = load_business(ROOT)
    own = business.remedies[0].model_copy(update={"id": "donation"})
    donating = replace(
        extractor,
        business=business.model_copy(update={"remedies": (*business.remedies, own)}),
        model=replace(extractor.model, unnamed=learn(examples, load_encoder().features)),
    )
    assert [each.value for each in donating.find("let the kindergarten have it", NOW)] == ["donation"]


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
    zone = load_business(ROOT).zone
    before = datetime.now(zone).date().isoformat()
    component.process([message])
    assert before <= message.get("entities")[0]["value"] <= datetime.now(zone).date().isoformat()
