"""Intents of short messages."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.nlu.background import read_background
from bot.nlu.encoder import load_encoder
from bot.nlu.examples import CannotLearn
from bot.nlu.hybrid import Hybrid
from bot.nlu.hybrid_file import load, save
from bot.nlu.hybrid_training import train

EXAMPLES = {
    "late": (
        "my parcel is late",
        "where is my delivery, it was due on Monday",
        "the package has not come yet",
        "still waiting for my order",
        "delivery is overdue",
        "nothing arrived so far",
    ),
    "refund": (
        "I want my money back",
        "please refund me",
        "give me back the 20 euros",
        "how do I get a refund",
        "return the money to my card",
        "reimburse me please",
    ),
    "person": (
        "let me talk to a human",
        "I want a real person",
        "connect me to an agent",
        "can I speak with somebody",
        "get me your manager",
        "no more bots, a person please",
    ),
}


def learn(examples: dict[str, tuple[str, ...]], background: Sequence[str] = ()) -> Hybrid:
    pairs = [(text, intent) for intent, texts in examples.items() for text in texts]
    texts, intents = zip(*pairs, strict=True)
    return train(texts, intents, load_encoder(), rejection=0.05, background=background)


def understand(model: Hybrid, text: str) -> tuple[str, bool]:
    """The likeliest intent, and whether it is above the threshold."""
    found = model.predict(text, load_encoder().features([text])[0])
    return found.intents[0], found.confidences[0] >= model.threshold


@pytest.fixture(scope="module")
def model() -> Hybrid:
    return learn(EXAMPLES)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("the courier hasn't brought my things", "late"),
        ("i'd like to be reimbursed", "refund"),
        ("i want to talk to a persn", "person"),
    ],
)
def test_new_words_and_misspellings_are_understood(model: Hybrid, text: str, intent: str) -> None:
    """What means the same as the examples has their intent, above the threshold."""
    assert understand(model, text) == (intent, True)


@pytest.mark.parametrize("text", ["How tall is Mount Everest?", "qwzx plmk", "🦜🦜🦜"])
def test_what_is_like_no_example_is_below_the_threshold(model: Hybrid, text: str) -> None:
    """The threshold comes from the examples alone, and foreign messages fall below it."""
    assert not understand(model, text)[1]


@pytest.mark.parametrize("background", [(), ("how do i grow tomatoes on a balcony", "who painted the mona lisa")])
def test_a_stored_classifier_answers_as_before(background: tuple[str, ...], tmp_path: Path) -> None:
    """Saving and loading changes no decision, and keeps probabilities within a hundredth."""
    model = learn(EXAMPLES, background)
    save(model, tmp_path / "model.npz")
    loaded = load(tmp_path / "model.npz")
    for text in ("where is it", "money back now", "agent", "hello"):
        vector = load_encoder().features([text])[0]
        before, after = model.predict(text, vector), loaded.predict(text, vector)
        assert after.intents == before.intents
        assert after.confidences == pytest.approx(before.confidences, abs=0.01)
        assert sum(after.probabilities) == pytest.approx(1, abs=1e-4)


def test_a_background_makes_what_is_like_it_less_sure(model: Hybrid) -> None:
    """What the business is about stays as sure as it was, but for a hundredth."""
    beside = learn(EXAMPLES, read_background())

    def confidence(of: Hybrid, text: str) -> float:
        return of.predict(text, load_encoder().features([text])[0]).confidences[0]

    for ours in ("my parcel is late again", "give me my money back", "a human please"):
        assert confidence(beside, ours) == pytest.approx(confidence(model, ours), abs=0.01)
    for foreign in ("how do i grow tomatoes", "who painted the mona lisa", "what is the weather like in rome"):
        assert confidence(beside, foreign) < 0.75 * confidence(model, foreign)


def test_a_background_that_speaks_of_the_business_only_is_none() -> None:
    """What it has of the business's own matters does not make these any less sure."""
    beside = learn(EXAMPLES, ["i want my money back now"])
    assert beside.predict("money back", load_encoder().features(["money back"])[0]).belonging == 1


def test_two_intents_with_an_example_each_can_be_learnt() -> None:
    """The smallest project works."""
    assert understand(learn({"yes": ("yes please",), "no": ("no thanks",)}), "yes")[0] == "yes"


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        ({"only": ("one", "two")}, "one intent only"),
        ({"a": ("fine", "  "), "b": ("bad",)}, "of the intent a is empty"),
        ({"a": ("Thank you", "x"), "b": ("thank  you",)}, '"Thank you" is an example of a and of b'),
    ],
)
def test_what_cannot_be_learnt_is_named_with_its_fix(examples: dict[str, tuple[str, ...]], message: str) -> None:
    """One intent, an empty example and contradicting examples are refused in plain words."""
    with pytest.raises(CannotLearn, match=message) as refused:
        learn(examples)
    assert "Fix: " in str(refused.value)


def test_names_that_tell_what_intents_are_about_are_examples_too() -> None:
    """A name in plain words teaches; a number or a code name does not, whatever words stand in it."""
    named = {"late_delivery": EXAMPLES["late"], "ask/refund": EXAMPLES["refund"], "talk_to_person": EXAMPLES["person"]}
    assert {"late delivery", "ask refund", "talk to person"} <= set(learn(named).neighbours.texts)
    coded = dict(zip(("intent_1", "intent_2", "intent_3"), EXAMPLES.values(), strict=True))
    assert "intent" not in learn(coded).neighbours.texts
