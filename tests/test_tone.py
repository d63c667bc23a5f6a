"""The tone rules, as the desk uses them on drafts."""

from pathlib import Path

import pytest

from bot.tone import findings, load_rules

ROOT = Path(__file__).parent.parent

UNKIND = {
    "exclamation": "We have sent it today!",
    "shouting": "Please read the WHOLE message.",
    "bare_refusal": "No, the sale has ended.",
    "never": "That never happens here.",
    "cannot": "We can't change it.",
    "policy": "Based on our policy you get a voucher.",
    "unfortunately": "Unfortunately it is sold out.",
    "calm_down": "Please calm down first.",
    "blame": "You should have kept the box.",
    "command": "You must send it back.",
    "dispute": "That is not true.",
    "minimise": "It's only a scratch.",
    "admit_fault": "It was our mistake.",
    "understand_but": "I understand, but the offer has ended.",
    "hollow_apology": "Sorry for any inconvenience.",
    "empty_phrase": "Your call is important to us.",
    "vague_time": "We answer as soon as possible.",
    "talking_down": "As I already said, press the button.",
    "not_my_job": "I don't know.",
    "get_my_boss": "I will get my boss.",
    "sarcasm": "Good luck with that.",
    "retaliation": "Watch your language.",
    "jargon": "",
    "long_sentence": "We " + "really " * 30 + "care.",
}


@pytest.mark.parametrize("rule", [rule for rule, text in UNKIND.items() if text])
def test_an_unkind_phrase_is_found_by_its_rule(rule: str) -> None:
    """Each rule finds its phrase at its place and says what to write instead (P32)."""
    text = f"Good morning. {UNKIND[rule]}"
    found = [finding for finding in findings(text, "en", root=ROOT) if finding.rule == rule]
    assert found, "not found"
    assert text[found[0].start : found[0].end] in UNKIND[rule]
    assert found[0].start >= len("Good morning. ")
    assert found[0].suggestion.endswith((".", "…")) or '"' in found[0].suggestion


def test_every_rule_has_an_example() -> None:
    """A rule that is added to tone.yml is shown at work here."""
    assert {rule.name for rule in load_rules(ROOT, "en")} <= set(UNKIND)


@pytest.mark.parametrize(
    "text",
    [
        "Thank you for telling me, Kari. I am sorry that your lamp arrived damaged.",
        "I can see why you are upset. What I can do is send you a new one by Thursday.",
        "Your order FJ-123456 is on its way. It is Saturday today, so it comes on Monday.",
        "I know this took long. Could you please send me a photo of the label?",
        "There is no rush. Whatever suits you is fine.",
    ],
)
def test_kind_and_plain_words_pass(text: str) -> None:
    """A good answer is left alone: an agent who is corrected without reason stops looking."""
    assert findings(text, "en", root=ROOT) == []


def test_findings_come_in_the_order_of_the_text() -> None:
    """The desk underlines them as they stand."""
    found = findings("Unfortunately we can't! You must wait.", "en", root=ROOT)
    assert [finding.rule for finding in found] == ["unfortunately", "cannot", "exclamation", "command"]
