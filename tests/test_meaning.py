"""What a message means beside what was asked and what is promised (P12, P18)."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.business import load_business
from bot.escalation import is_abusive
from bot.meaning import OpenPromise, as_meant
from bot.records import Mood, Understanding

BUSINESS = load_business(Path(__file__).parents[1])
LATER = datetime(2030, 1, 1, tzinfo=UTC)
OF_OLGA = OpenPromise(LATER, by="Olga Hansen")
REFUND = OpenPromise(LATER, case="FJ-C7K-M29-P4T", remedy="refund")


def _understood(
    text: str, intent: str, *likely: str, mood: str = "calm", confidence: float = 0.05, **entities: str
) -> Understanding:
    ranking = [{"name": name, "confidence": confidence} for name in (intent, *likely)]
    found = tuple({"entity": name, "value": value} for name, value in entities.items())
    parse = {"text": text, "intent": ranking[0], "intent_ranking": ranking}
    return Understanding(text, intent, confidence, found, Mood(mood, 0.9 if mood != "calm" else 0.0), parse)


def _meant(understood: Understanding, *promises: OpenPromise, **slots: Any) -> str:
    meant = as_meant(understood, slots, promises, BUSINESS)
    assert meant.parse["intent"]["name"] == meant.intent and meant.text == understood.text
    return meant.intent


@pytest.mark.parametrize(
    ("mood", "confidence", "meant"),
    [
        ("calm", 0.04, "nlu_fallback"),
        ("angry", 0.04, "nlu_fallback"),
        ("calm", 0.3, "abuse"),
        ("abusive", 0.03, "abuse"),
    ],
)
def test_a_bare_suspicion_of_an_insult_is_none(mood: str, confidence: float, meant: str) -> None:
    """ "danke, tschüss" is not answered with a warning: the mood or a confident intent must show an insult."""
    understood = _understood("danke, tschüss", "abuse", "thank", mood=mood, confidence=confidence)
    assert _meant(understood) == meant
    assert is_abusive(as_meant(understood, {}, (), BUSINESS), 0.0) == (meant == "abuse")


@pytest.mark.parametrize(
    ("text", "intents"),
    [
        ("when will I hear about my shelf?", ["order_status"]),
        ("what did Olga promise me?", ["out_of_scope", "complain_service"]),
        ("has olga found out yet?", ["nlu_fallback", "faq_company"]),
        ("any news?", ["order_status"]),
        ("any news", ["nlu_fallback", "order_status"]),
        ("when will it come?", ["order_status"]),
        ("you promised it!", ["nlu_fallback", "complain_unresolved"]),
        ("why is it still not here?", ["complain_late"]),
    ],
)
def test_who_asks_after_a_promise_is_told_of_it(text: str, intents: list[str]) -> None:
    """It is no question for the articles, and no new complaint, while something is promised; else it is."""
    assert _meant(_understood(text, *intents), OF_OLGA) == "ask_case_status"
    assert _meant(_understood(text, *intents)) == intents[0]


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("what about my refund?", "complain_refund"),
        ("when do I get my money", "faq_payment"),
        ("has my refund been sent yet?", "complain_refund"),
        ("where is my refund", "nlu_fallback"),
    ],
)
def test_a_promised_remedy_is_not_complained_of_anew(text: str, intent: str) -> None:
    """A remedy that was agreed is known by its name; another one is another matter."""
    assert _meant(_understood(text, intent, remedy="refund"), REFUND) == "ask_case_status"
    assert _meant(_understood(text, intent, remedy="exchange"), REFUND) == intent


def test_what_is_not_about_the_promise_stays_what_it_is() -> None:
    """Another order, an open form, a question for the articles, a person wanted, a whole new story."""
    status = _understood("where is FJ-111111?", "order_status", order_number="FJ-111111")
    assert _meant(status, OF_OLGA, order_number="FJ-222222") == "order_status"
    asked = _understood("when will it come?", "order_status")
    assert _meant(asked, OF_OLGA, requested_slot="order_number") == "order_status"
    assert _meant(_understood("how long does delivery take?", "faq_delivery"), OF_OLGA, REFUND) == "faq_delivery"
    assert _meant(_understood("can I get a refund without the box?", "faq_returns", remedy="refund"), REFUND) == (
        "faq_returns"
    )
    assert _meant(_understood("I want to talk to Olga?", "ask_person"), OF_OLGA) == "ask_person"
    assert _meant(_understood("my lamp arrived broken", "complain_damaged"), OF_OLGA) == "complain_damaged"


@pytest.mark.parametrize(
    ("text", "asked", "meant"),
    [
        ("great", None, "thank"),
        ("great!", "helped", "affirm"),
        ("That's wonderful", "more", "thank"),
        ("nice", "complaint", "affirm"),
        ("great service", None, "praise"),
        ("you people are great", None, "praise"),
    ],
)
def test_one_pleased_word_is_no_praise(text: str, asked: str | None, meant: str) -> None:
    """ "Great" alone is a yes or a thank you; nobody's day is made by it."""
    assert _meant(_understood(text, "praise", "affirm"), asked=asked) == meant
