"""When a person takes over, and who is told off."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.business import load_business
from bot.escalation import Decision, Memory, decide
from bot.outcome import outcome_of
from bot.records import Mood, Turn, Understanding, Utterance
from bot.wording import Wording

PROJECT = Path(__file__).parents[1]


def test_a_danger_is_passed_on_at_once_although_something_else_was_asked_lately() -> None:
    """Declining a colleague because one is upset says nothing about a lamp on fire, which cannot wait (P25, P26)."""
    business = load_business(PROJECT)
    danger = next(rule for rule in business.escalation.rules if rule.at_once)
    offer = Decision("heat", "The conversation is heated").to_json()
    memory = Memory(turns=3, offer=offer, offer_turn=1)
    said = {danger.when.words[0]: True, "pre" + danger.when.words[0] + "rs": False}
    for text, dangerous in said.items():
        turn = Turn(Understanding(text, "inform", 1.0), (Utterance("Oh."),), (), {}, None, ())
        decision = decide(turn, memory, business, staffed=True)
        assert (decision is not None) == dangerous
        if decision is not None:
            assert (decision.rule, decision.action) == (danger.reason_text, "hand_off")


@pytest.mark.parametrize(
    "text",
    [
        "my lamp started smoking and burned my hand",
        "there is a smell of burning when I switch it on",
        "the plug keeps sparking",
        "the charger is on fire",
        "the cable is melting",
    ],
)
def test_a_dangerous_product_is_known_by_the_words_that_people_use(text: str) -> None:
    """The sample's own rule finds the forms in which customers tell of smoke, fire and shocks (P26)."""
    business = load_business(PROJECT)
    turn = Turn(Understanding(text, "complain_defective", 1.0), (Utterance("Oh."),), (), {}, None, ())
    decision = decide(turn, Memory(turns=1), business, staffed=True)
    assert decision is not None and (decision.action, decision.routed_to) == ("hand_off", "lead")


@pytest.mark.parametrize("opens", [None, "tomorrow at 9:00"])
def test_whose_product_is_dangerous_hears_first_what_keeps_them_safe(opens: str | None) -> None:
    """Not to use it, and the number to call; then what happens next, and no article about bulbs (P13, P28)."""
    business, wording = load_business(PROJECT), Wording.load(PROJECT, "en")
    understood = Understanding("The lamp burned my hand, how do I change the bulb?", "faq_bulb", 1.0)
    said = (Utterance("Oh no.", wording="empathy.worried#1"), Utterance("Turn it.", article="change-bulb"))
    turn = Turn(understood, said, (), {}, None, ())
    decision = decide(turn, Memory(turns=1), business, staffed=opens is None)
    outcome = outcome_of(turn, Memory(turns=1), decision, wording, opens=opens, agents_online=1)
    sorry, safety, ack = outcome.replies
    assert sorry is said[0] and "112" in safety.text and "unplug" in safety.text.replace("pull the plug", "unplug")
    assert opens is None or opens in ack.text
    assert outcome.slots["said"] == [safety.wording, ack.wording]


def test_nobody_waits_longer_than_somebody_in_danger() -> None:
    """A furious customer's lawyer does not stand before somebody in danger, nor a calm request before a burnt hand."""
    business = load_business(PROJECT)

    def urgency(text: str, kind: str, strength: float, heat: float, intent: str = "inform") -> int:
        turn = Turn(Understanding(text, intent, 1.0, mood=Mood(kind, strength)), (Utterance("Oh."),), (), {}, None, ())
        decision = decide(turn, Memory(turns=2, heats=(heat, heat)), business, staffed=True)
        assert decision is not None
        return decision.urgency

    danger = urgency("I am coming over", "threatening_physical", 1.0, 0.0)
    lawyer = urgency("you hear from my lawyer", "threatening_legal", 1.0, 1.0)
    burnt = urgency("the lamp burned my hand", "worried", 0.5, 0.0)
    person = urgency("a person please", "angry", 0.9, 1.0, intent="ask_person")
    assert danger > lawyer > burnt > person


@pytest.mark.parametrize(
    ("moods", "reason", "action"),
    [
        ([("threatening_physical", 0.95)], "heat", "ask_consent"),
        ([("calm", 0.0), ("threatening_legal", 0.9)], "heat", "ask_consent"),
        ([("threatening_physical", 0.995)], "safety", "hand_off"),
        ([("threatening_legal", 1.0)], "legal", "hand_off"),
        ([("disappointed", 0.65), ("threatening_physical", 0.8)], "heat", "ask_consent"),
        ([("frustrated", 0.7), ("threatening_physical", 0.8)], "safety", "hand_off"),
        ([("threatening_legal", 0.9), ("threatening_legal", 0.9)], "legal", "hand_off"),
        ([("angry", 0.7), ("calm", 0.0), ("threatening_physical", 0.9)], "safety", "hand_off"),
    ],
)
def test_words_that_are_also_said_in_peace_alarm_nobody_before_there_is_heat(
    moods: Sequence[tuple[str, float]], reason: str, action: str
) -> None:
    """A suspicion has a person offered; with proof, or after other heat, a lead has it at once (P13, P26)."""
    business, memory = load_business(PROJECT), Memory()
    for kind, strength in moods:
        understood = Understanding("see you tomorrow then", "inform", 1.0, mood=Mood(kind, strength))
        memory = memory.after(understood, longest=3)
    decision = decide(Turn(understood, (Utterance("Oh."),), (), {}, None, ()), memory, business, staffed=True)
    assert decision is not None and (decision.reason, decision.action) == (reason, action)


@pytest.mark.parametrize(("kind", "answered"), [("threatening_physical", True), ("abusive", True), ("angry", False)])
def test_on_suspicion_a_question_is_answered_and_a_person_offered(kind: str, answered: bool) -> None:
    """Whoever may only have been mistaken is told what they asked; with somebody furious we calm first (P10, P13)."""
    business, wording = load_business(PROJECT), Wording.load(PROJECT, "en")
    understood = Understanding("I'll see your driver tomorrow. When?", "faq_delivery", 1.0, mood=Mood(kind, 0.95))
    memory, answer = Memory().after(understood, longest=3), Utterance("From 8:00 to 16:00.", wording="answer.link#0")
    turn = Turn(understood, (answer, Utterance("Does that help?")), (), {}, None, ())
    decision = decide(turn, memory, business, staffed=True)
    *kept, offer = outcome_of(turn, memory, decision, wording, opens=None, agents_online=1).replies
    assert kept == [answer] * answered and offer.wording.startswith("handoff.consent.heat#")


def test_nobody_is_told_off_on_suspicion() -> None:
    """Only insults that are sure, or come with heat, count towards the end of a conversation (P12)."""
    said = [Understanding("are you human", "inform", 1.0, mood=Mood("abusive", sure)) for sure in (0.95, 0.995)]
    assert [Memory().after(each, longest=3).abuse for each in said] == [0, 1]
    heated = Memory().after(Understanding("again!", "inform", 1.0, mood=Mood("angry", 0.8)), longest=3)
    assert heated.after(said[0], longest=3).abuse == 1
