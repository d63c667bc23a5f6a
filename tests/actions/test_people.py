"""Passing on, insults, threats and courtesy; and what holds for every action."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.actions.conversation import EXECUTOR, Customer, Shelf

DOMAIN = YAML(typ="safe").load(Path(__file__).parents[2] / "domain.yml")


def test_the_domain_and_the_code_have_the_same_actions() -> None:
    """`rasa train` sees every action, and every one of them runs."""
    assert set(DOMAIN["actions"]) == set(EXECUTOR.actions)


@pytest.mark.parametrize("action", [name for name in DOMAIN["actions"] if not name.startswith("validate_")])
def test_every_action_answers_in_a_bare_shell(action: str, shelf: Shelf) -> None:
    """Without the core's context (`rasa shell`), every action says something and sets what it asked."""
    customer = Customer(context=None)
    customer.hear("action_begin_complaint", "my lamp is late", "complain_late")
    customer.hear(action, "hello", "nlu_fallback")
    assert customer.said and "{" not in customer.said
    assert customer.slots["asked"] in (None, *DOMAIN["slots"]["asked"]["values"])


def test_a_person_demanded_is_wished_for_at_once(customer: Customer) -> None:
    """No question, no persuasion (P24, P25)."""
    customer.hear("action_ask_person", "human please", "ask_person")
    assert customer.wishes("handoff") == [{"kind": "handoff", "reason": "person_demanded", "consented": True}]
    assert not customer.payloads and "?" not in customer.said


def test_insults_are_answered_politely_and_what_was_asked_still_stands(customer: Customer) -> None:
    """The first warning and the next one differ; the question before them is not lost (P12)."""
    customer.slots["asked"] = "helped"
    customer.hear("action_abuse", "idiots", "abuse")
    assert customer.replies[0]["wording"].startswith("abuse.warning#") and customer.slots["asked"] == "helped"
    customer.context = {"abuse_count": 1}
    customer.hear("action_abuse", "idiots", "abuse")
    assert customer.replies[0]["wording"].startswith("abuse.again#")


def test_threats_are_told_apart(customer: Customer) -> None:
    """A legal threat and one of violence get their own calm words (P13)."""
    customer.hear("action_threat", "my lawyer will call", "threat_legal")
    assert customer.replies[0]["wording"].startswith("threat.legal#")
    customer.hear("action_threat", "i will come and hurt you", "threat_physical")
    assert customer.replies[0]["wording"].startswith("threat.physical#")


def test_the_name_is_used_only_when_it_is_welcome(customer: Customer) -> None:
    """P7: the core says when."""
    customer.context = {"customer_name": "Kari", "name_ok": True}
    customer.hear("action_greet", "hi", "greet")
    assert ", Kari" in customer.said
    customer.context = {"customer_name": "Kari", "name_ok": False}
    customer.hear("action_goodbye", "bye", "goodbye")
    assert "Kari" not in customer.said


def test_the_customer_closes_the_matter(customer: Customer) -> None:
    """Nothing more: thanked, and the core is told that it is solved (P21)."""
    customer.hear("action_resolved", "no thanks", "deny")
    assert customer.wishes("resolve") and customer.slots["asked"] is None


def test_the_offer_of_a_person_stands_until_it_is_answered(customer: Customer, shelf: Shelf) -> None:
    """A number or thanks beside it are answered, and "yes" still brings somebody in (P25)."""
    for action, text, intent in (("action_inform", "FJ-404404", "inform"), ("action_thank", "thanks", "thank")):
        customer.slots["asked"] = "handoff"
        customer.hear(action, text, intent)
        assert customer.slots["asked"] == "handoff" and customer.payloads == ["/affirm", "/deny"]


def test_a_whole_story_about_an_order_is_not_answered_with_what_is_it_about(customer: Customer) -> None:
    """Who has told all, in words that are none of ours, is offered a person instead of being asked again (P27)."""
    story = "Hi, my armchair (order FJ-556677) came on Friday with a seam that is open, and I need it before Saturday"
    customer.hear("action_inform", story, "inform", order_number="FJ-556677", product="ro")
    assert customer.replies[0]["wording"].startswith("inform.order#")
    assert customer.wishes("handoff")


def test_an_order_number_belongs_to_the_question_before_it(customer: Customer, shelf: Shelf) -> None:
    """Only a person can look into the order, and says so; out of the blue, a number is noted."""
    customer.hear("action_inform", "FJ-777111", "inform", order_number="FJ-777111")
    assert customer.replies[0]["wording"].startswith("inform.noted#") and not customer.wishes("handoff")
    customer.hear("action_answer", "where is my order", "order_status")
    customer.hear("action_inform", "FJ-777111", "inform", order_number="FJ-777111")
    assert "FJ-777111" in customer.said and customer.wishes("handoff")


def test_a_case_is_only_spoken_of_from_what_is_known(customer: Customer) -> None:
    """What was agreed here is repeated; of any other case only a person can tell (P22)."""
    customer.slots |= {"case_number": "FJ-C7K-M29-P4T", "chosen_remedy": "repair"}
    customer.hear("action_case_status", "what about my case", "ask_case_status")
    assert "FJ-C7K-M29-P4T" in customer.said and "within 10 working days" in customer.said
    customer.hear("action_case_status", "and fj-ccc-ddd-fff?", "ask_case_status")
    assert "FJ-CCC-DDD-FFF" in customer.said and customer.wishes("handoff")


def test_what_an_agent_promised_is_known(customer: Customer) -> None:
    """Who has it and until when; what is late is owned up to, and a colleague offered (P18, P26)."""
    customer.slots |= {"case_number": "FJ-C7K-M29-P4T", "chosen_remedy": "repair"}
    customer.context = {"promised": {"by": "Cai", "due": "tomorrow at 9:00"}}
    customer.hear("action_case_status", "what about my case", "ask_case_status")
    assert "Cai" in customer.said and "tomorrow at 9:00" in customer.said and not customer.wishes("handoff")
    customer.context = {"promised": {"by": "Cai", "due": None}}
    customer.hear("action_case_status", "what about my case", "ask_case_status")
    assert "sorry" in customer.said and [wish["reason"] for wish in customer.wishes("handoff")] == ["unsolved_again"]


def test_contact_details_are_kept(customer: Customer) -> None:
    """An address given in passing is noted for whoever takes over (P5)."""
    customer.hear("action_inform", "me@home.example", "inform", email="me@home.example")
    assert customer.wishes("customer") == [{"kind": "customer", "email": "me@home.example"}]
    assert customer.slots["contact"] == "me@home.example"


def test_a_remedy_that_the_bot_promised_is_known_on_another_day(customer: Customer) -> None:
    """Which, in which case and until when; what is late is owned up to, and a colleague offered (P18, P26)."""
    agreed = {"by": None, "case": "FJ-C7K-M29-P4T", "remedy": "refund", "due": "on Monday at 9:00"}
    customer.context = {"agreed": agreed}
    customer.hear("action_case_status", "what about my refund?", "ask_case_status", remedy="refund")
    assert "FJ-C7K-M29-P4T" in customer.said and "on Monday at 9:00" in customer.said and "money" in customer.said
    assert customer.slots["asked"] == "more" and not customer.wishes("handoff")
    customer.context = {"agreed": {**agreed, "due": None}}
    customer.hear("action_case_status", "what about my refund?", "ask_case_status", remedy="refund")
    assert "sorry" in customer.said and [wish["reason"] for wish in customer.wishes("handoff")] == ["unsolved_again"]


@pytest.mark.parametrize(
    ("action", "intent", "asked"),
    [
        ("action_none_of_these", "deny", "which_article"),
        ("action_not_helped", "deny", "helped"),
        ("action_step_stuck", "deny", "step"),
        ("action_stay", "deny", "handoff"),
        ("action_acknowledge", "deny", None),
        ("action_thank", "thank", None),
        ("action_ask_what", "affirm", "more"),
    ],
)
def test_that_is_all_ends_it_whatever_was_asked(customer: Customer, action: str, intent: str, asked: str) -> None:
    """ "No, that's all, thank you" is a farewell and not one more failure of ours (P21)."""
    for text in ("no that's all, thank you!", "No, nothing else thanks", "nope, all good, cheers"):
        customer.slots |= {"asked": asked, "article": "returns", "candidates": ["labels"], "failures": 1}
        customer.hear(action, text, intent)
        assert customer.wishes("resolve") and not customer.wishes("handoff") and not customer.wishes("unanswered")
        assert customer.replies[0]["wording"].startswith("resolved#")


@pytest.mark.parametrize("text", ["no, that's all wrong", "that is all I see, no button", "no"])
def test_a_no_alone_is_not_the_end(customer: Customer, shelf: Shelf, text: str) -> None:
    """What is no farewell gets other words asked for, as before (P22)."""
    customer.slots["asked"] = "which_article"
    customer.hear("action_none_of_these", text, "deny")
    assert customer.slots["asked"] == "rephrase" and not customer.wishes("resolve")


def test_no_thanks_leaves_it_without_an_offer_of_a_person(customer: Customer) -> None:
    """A polite no to what we offered asks whether there is something else."""
    customer.slots |= {"asked": "which_article", "failures": 1}
    customer.hear("action_none_of_these", "no thanks", "deny")
    assert customer.slots["asked"] == "more" and not customer.wishes("handoff")


def test_courtesy_after_the_end_leaves_it_closed(customer: Customer) -> None:
    """Whoever comes back only to say thank you or goodbye is not asked what they need (P21, P36)."""
    customer.context = {"reopened": True}
    for action, text, intent in (
        ("action_thank", "thank you", "thank"),
        ("action_goodbye", "bye", "goodbye"),
        ("action_acknowledge", "no", "deny"),
    ):
        customer.hear(action, text, intent)
        assert customer.wishes("resolve") and "?" not in customer.said


def test_who_is_sorry_hears_that_all_is_well(customer: Customer) -> None:
    """A warm word, and what was asked still stands; the form goes on where it was (P11)."""
    customer.hear("action_apology", "sorry, I was upset", "apologise")
    assert customer.replies[0]["wording"].startswith("apology#") and customer.said.endswith("?")
    customer.slots["asked"] = "helped"
    customer.hear("action_apology", "sorry, I was upset", "apologise")
    assert customer.slots["asked"] == "helped" and "?" not in customer.said
    customer.slots["asked"] = "handoff"
    customer.hear("action_apology", "sorry, I was upset", "apologise")
    assert customer.slots["asked"] == "handoff" and customer.payloads == ["/affirm", "/deny"]
    another = Customer()
    another.complain("screws are missing", "complain_missing", product="stige")
    another.reply("sorry, I was upset", "apologise", interrupted_by="action_apology")
    assert another.slots["requested_slot"] == "complaint_confirmed"
