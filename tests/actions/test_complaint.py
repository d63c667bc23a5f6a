"""The complaint: empathy, understanding, what is missing, the way out, the record (P3-P6, P9, P10, P15, P16)."""

from typing import Any

import pytest

from tests.actions.conversation import Customer, Shelf

EURO_49 = {"amount": 49.0, "currency": "EUR"}
EURO_500 = {"amount": 500.0, "currency": "EUR"}


def test_a_calm_complaint_reaches_a_promise(customer: Customer) -> None:
    """From the first words to case number, remedy, time and thanks, one question at a time."""
    customer.complain("my lamp came broken", "complain_damaged", mood=("disappointed", 0.4))
    assert customer.replies[0]["wording"].startswith("empathy.disappointed#")
    assert customer.slots["requested_slot"] == "complaint_confirmed"
    customer.reply("yes", "affirm")
    customer.reply("FJ-123456", order_number="FJ-123456")
    customer.reply("the alva", product="alva")
    assert customer.slots["requested_slot"] == "wanted_remedy"
    customer.reply('/want_remedy{"remedy": "repair"}', "want_remedy", remedy="repair")
    offers = [line for line in customer.said.splitlines() if line.startswith("• ")]
    assert len(offers) >= 2 and offers[0].startswith("• Repair") and all("working day" in line for line in offers)
    customer.reply("the first one please", "affirm")
    recorded = customer.wishes("record_complaint")[0]
    assert recorded["case_number"] in customer.said and "within 10 working days" in customer.said
    assert (recorded["cause"], recorded["order_number"], recorded["product"]) == (
        "complain_damaged",
        "FJ-123456",
        "alva",
    )
    assert customer.wishes("choose_remedy") == [
        {"kind": "choose_remedy", "case_number": recorded["case_number"], "remedy": "repair"}
    ]
    assert customer.slots["asked"] == "more" and not customer.wishes("handoff")


def test_goodbye_in_the_middle_loses_nothing(customer: Customer) -> None:
    """What is confirmed is recorded with a number; before that, there is nothing to record yet (P3, P5)."""
    customer.complain("my lamp FJ-123456 came broken", "complain_damaged", order_number="FJ-123456")
    customer.hear("action_goodbye_in_complaint", "bye", "goodbye")
    assert not customer.wishes("record_complaint")
    customer.slots["complaint_confirmed"] = True
    customer.hear("action_goodbye_in_complaint", "bye", "goodbye")
    [recorded] = customer.wishes("record_complaint")
    assert (recorded["cause"], recorded["order_number"]) == ("complain_damaged", "FJ-123456")
    assert recorded["case_number"] in customer.said


def test_what_was_said_is_not_asked_again(customer: Customer) -> None:
    """Order, product and wish in the first message leave only the confirmation and the choice (P4)."""
    facts: dict[str, Any] = {"order_number": "FJ-123456", "product": "eik", "remedy": "repair", "amount": EURO_49}
    customer.complain("table FJ-123456 arrived damaged, 49 euros, please repair", "complain_damaged", **facts)
    assert "Eik oak table" in customer.said and "FJ-123456" in customer.said
    customer.reply("/affirm", "affirm")
    assert customer.slots["requested_slot"] == "chosen_remedy"


def test_a_correction_is_accepted(customer: Customer) -> None:
    """ "Not quite" asks what was missed; the new story is said back (P3); after that theirs stands (P6)."""
    customer.complain("my order never came", "complain_late")
    customer.reply("/deny", "deny")
    assert customer.slots["requested_slot"] == "complaint_text"
    customer.reply("it came but the lamp is broken", "complain_damaged", product="alva")
    assert customer.slots["requested_slot"] == "complaint_confirmed"
    assert "Alva desk lamp" in customer.said and "damage" in customer.said
    customer.reply("no, that is still wrong", "deny")
    assert customer.slots["complaint_confirmed"] is True
    assert "it came but the lamp is broken" in customer.slots["complaint_text"]
    assert "my order never came" in customer.slots["complaint_text"]


def test_how_we_dealt_with_it_comes_on_top_of_what_went_wrong(customer: Customer) -> None:
    """A parcel that never came stays one, with its remedies, when they add that nobody answers their mails (P5)."""
    customer.complain("my parcel never came", "complain_late")
    customer.reply("FJ-445566", order_number="FJ-445566")
    customer.reply("nobody answers my emails", "complain_service")
    assert (customer.slots["complaint_cause"], customer.slots["requested_slot"]) == ("complain_late", "wanted_remedy")
    assert "nobody answers my emails" in customer.slots["complaint_text"]


def test_after_a_no_it_may_be_about_how_we_dealt_with_it(customer: Customer) -> None:
    """Who says that we have understood it wrong names the cause anew (P3)."""
    customer.complain("my parcel never came", "complain_late", order_number="FJ-445566")
    customer.reply("/deny", "deny")
    customer.reply("your driver shouted at me", "complain_service")
    assert customer.slots["complaint_cause"] == "complain_service"


@pytest.mark.parametrize(
    ("text", "intent"), [("/deny", "deny"), ("I lost the e-mail", "inform"), ("no clue", "not_sure")]
)
def test_an_order_number_that_is_not_there_is_accepted(customer: Customer, text: str, intent: str) -> None:
    """Without the number it goes on, and the record says so."""
    customer.complain("my parcel is late", "complain_late")
    customer.reply("yes", "affirm")
    customer.reply(text, intent)
    assert customer.slots["order_number"] == "not stated" and customer.slots["requested_slot"] == "wanted_remedy"


def test_an_order_number_is_understood_without_its_letters(customer: Customer) -> None:
    """Six digits are enough once we asked for the number; anything else is asked for once more, then left."""
    customer.complain("my parcel is late", "complain_late")
    customer.reply("yes", "affirm")
    customer.reply("bla bla")
    assert customer.slots["requested_slot"] == "order_number"
    customer.reply("its 654321 i think")
    assert customer.slots["order_number"] == "FJ-654321"


def test_nobody_furious_is_offered_a_solution(customer: Customer) -> None:
    """They are heard until they have cooled down; if that does not come, a person is wished for (P10)."""
    fury = ("angry", 1.0)
    customer.complain("THE TABLE IS SMASHED", "complain_damaged", mood=fury, order_number="FJ-1", product="eik")
    assert customer.replies[0]["wording"].startswith("empathy.angry.strong#")
    customer.context = {"heat": 0.9}
    customer.reply("yes", "affirm", mood=fury)
    assert customer.slots["requested_slot"] == "complaint_heard"
    customer.reply("and nobody picks up the phone at your place", "complain_service", mood=fury)
    assert customer.slots["requested_slot"] == "complaint_heard" and not customer.wishes("handoff")
    customer.reply("three days now", "inform", mood=fury)
    assert customer.wishes("handoff") and "remedies" not in str(customer.slots["said"])
    customer.context = {"heat": 0.5}
    customer.reply("that is all", "affirm")
    assert customer.slots["requested_slot"] == "wanted_remedy"
    assert customer.slots["complaint_cause"] == "complain_damaged"
    assert "nobody picks up" in customer.slots["complaint_text"]


def test_beyond_its_limit_the_bot_promises_nothing(customer: Customer) -> None:
    """The complaint is recorded, the wish noted, and a colleague gets it without another question (P16, P19, P26)."""
    customer.complain("refund for FJ-123456 never came", "complain_refund", order_number="FJ-123456", remedy="refund")
    customer.reply("yes", "affirm")
    customer.reply("/want_remedy", "want_remedy", remedy="refund")
    assert customer.slots["requested_slot"] == "amount"
    customer.reply("it was 500 euros", amount=EURO_500)
    assert customer.wishes("record_complaint")[0]["wanted_remedy"] == "refund"
    assert not customer.wishes("choose_remedy")
    assert customer.wishes("handoff") == [{"kind": "handoff", "reason": "remedy_limit", "consented": True}]
    assert not any(reply["text"].endswith("?") for reply in customer.replies)


def test_another_remedy_may_be_chosen_in_place_of_the_amount(customer: Customer) -> None:
    """What is wanted last counts, not what was pressed first (P15)."""
    customer.complain("the sofa is the wrong colour", "complain_wrong_item", order_number="FJ-555123", product="hvile")
    customer.reply("yes", "affirm")
    customer.reply("/want_remedy", "want_remedy", remedy="refund")
    customer.reply("/want_remedy", "want_remedy", remedy="refund")
    assert customer.slots["requested_slot"] == "amount"
    customer.reply("no wait, I'd rather have an exchange", "deny", remedy="exchange")
    assert customer.slots["chosen_remedy"] == "exchange" and customer.slots["requested_slot"] == "amount"
    customer.reply("49 euros")
    assert customer.wishes("choose_remedy")[0]["remedy"] == "exchange"


def test_the_undecided_get_a_recommendation(customer: Customer) -> None:
    """ "You choose" takes the first that the bot may promise (P14); "something else" goes to a person."""
    customer.complain("your app crashes", "complain_app")
    customer.reply("yes", "affirm")
    customer.reply("you choose", "not_sure")
    customer.reply("no idea, you choose", "not_sure")
    assert customer.wishes("choose_remedy")[0]["remedy"] == "voucher"

    another = Customer()
    another.complain("your app crashes", "complain_app")
    another.reply("yes", "affirm")
    another.reply("/not_sure", "not_sure")
    another.reply("/deny", "deny")
    assert another.wishes("record_complaint") and another.wishes("handoff") and not another.wishes("choose_remedy")


def test_a_question_in_the_middle_is_answered_and_nothing_is_lost(customer: Customer, shelf: Shelf) -> None:
    """The form asks again where it was; courtesy and insults do not break it either."""
    shelf.find("clear", "returns")
    customer.complain("screws are missing", "complain_missing", product="stige")
    customer.reply("how long can I return it?", "faq_returns", interrupted_by="action_answer")
    assert "30 days" in customer.said and customer.slots["requested_slot"] == "complaint_confirmed"
    customer.reply("you fools", "abuse", mood=("abusive", 0.5), interrupted_by="action_abuse")
    customer.reply("thanks", "greet", interrupted_by="action_greet")
    assert customer.slots["asked"] == "complaint" and customer.slots["complaint_text"] == "screws are missing"
    customer.reply("yes", "affirm")
    assert customer.slots["requested_slot"] == "order_number"


def test_the_answer_is_taken_even_if_it_sounds_like_a_question(customer: Customer) -> None:
    """What carries the fact we asked for is the answer, whatever else it resembles."""
    customer.complain("screws are missing", "complain_missing", product="stige")
    customer.reply("yes", "affirm")
    customer.reply("can you find it by FJ-123456?", "order_status", order_number="FJ-123456")
    assert customer.slots["requested_slot"] == "wanted_remedy"


def test_an_offer_of_a_person_is_not_the_forms_question(customer: Customer) -> None:
    """When the core asked for consent in place of the form's question, yes and no are about that (P25)."""
    customer.complain("screws are missing", "complain_missing")
    customer.slots["asked"] = "handoff"
    customer.reply("no", "deny", interrupted_by="action_stay")
    assert customer.slots["requested_slot"] == "complaint_confirmed" and customer.slots["asked"] == "complaint"


def test_a_wish_without_a_reason_is_asked_what_happened(customer: Customer) -> None:
    """ "I want my money back" opens a complaint; its cause comes with the answer."""
    customer.complain("I want a refund", "want_remedy", ranking=["faq_returns"], remedy="refund")
    assert customer.slots["requested_slot"] == "complaint_text"
    customer.reply("the lamp stopped after two days", "complain_defective", product="alva")
    assert customer.slots["complaint_cause"] == "complain_defective"
    assert customer.slots["wanted_remedy"] == "refund"


def test_an_address_or_a_number_does_not_tell_what_happened(customer: Customer) -> None:
    """It is kept, and what happened is asked once more (P3, P4)."""
    customer.complain("I want a refund", "want_remedy", remedy="refund")
    customer.reply("ola@example.com", "inform", email="ola@example.com")
    assert customer.slots["requested_slot"] == "complaint_text" and not customer.slots["complaint_text"]
    customer.reply("it's FJ-222333", "inform", order_number="FJ-222333")
    assert customer.slots["order_number"] == "FJ-222333" and customer.slots["requested_slot"] != "complaint_text"


def test_a_change_of_the_order_in_the_middle_is_for_a_person(customer: Customer, shelf: Shelf) -> None:
    """The form keeps its place, and nobody is told to write with the number we have (P4)."""
    shelf.find("clear", "returns")
    customer.complain("FJ-123456 is late", "complain_late", order_number="FJ-123456")
    customer.reply("can you send it to Storgata 5?", "order_change", interrupted_by="action_answer")
    assert "FJ-123456" in customer.said and customer.wishes("handoff")
    assert customer.slots["requested_slot"] == "complaint_confirmed"


def test_a_yes_to_what_was_wanted_is_their_own_choice(customer: Customer) -> None:
    """Who asked for a replacement and says yes to it is not told that we chose it for them (P15)."""
    customer.complain("the shade has a crack", "complain_damaged", order_number="FJ-777888", product="krone")
    customer.reply("yes", "affirm")
    customer.reply("replacement please", "want_remedy", remedy="exchange")
    customer.reply("yes", "affirm")
    assert customer.slots["chosen_remedy"] == "exchange"
    assert not any(reply["wording"].startswith("remedies.chosen_for_you") for reply in customer.replies)


def test_a_remedy_beyond_the_first_three_can_be_chosen(customer: Customer) -> None:
    """What fits the cause may be named, whether or not it stood in the list; "what do you suggest" leaves it to us."""
    facts: dict[str, Any] = {"order_number": "FJ-123456", "product": "eik", "amount": EURO_49}
    customer.complain("table FJ-123456 arrived damaged, 49 euros", "complain_damaged", **facts)
    customer.reply("yes", "affirm")
    customer.reply("what would you suggest", "suggestion")
    assert customer.slots["requested_slot"] == "chosen_remedy" and "Discount" not in customer.said
    customer.reply("then a discount", "nlu_fallback")
    assert customer.wishes("choose_remedy")[0]["remedy"] == "discount"


def test_case_numbers_are_the_same_again_and_never_shared(customer: Customer) -> None:
    """A turn that runs twice gives one number; the next complaint gets another; no sign looks like another."""
    numbers: list[str] = []
    for _ in range(2):
        for person in (Customer(), Customer()):
            person.slots["case_number"] = numbers[0] if len(numbers) >= 2 else None
            person.complain("your app crashes", "complain_app")
            person.reply("yes", "affirm")
            person.reply("/not_sure", "not_sure")
            person.reply("/not_sure", "not_sure")
            numbers.append(person.slots["case_number"])
    first, again, second, second_again = numbers
    assert first == again and second == second_again and first != second
    assert first.startswith("FJ-") and not set(first.removeprefix("FJ-")) & set("01ILOBSZGUVAE")


def test_a_remedy_alone_does_not_say_what_happened(customer: Customer) -> None:
    """ "Refund" is a wish, not the complaint that one is outstanding, however near the two are."""
    customer.complain("refund", "want_remedy", ranking=["complain_refund"], remedy="refund")
    assert customer.slots["requested_slot"] == "complaint_text" and customer.slots["wanted_remedy"] == "refund"
    another = Customer()
    another.complain("Refund!", "complain_refund", ranking=["want_remedy"], remedy="refund")
    assert another.slots["requested_slot"] == "complaint_text"


def _offered_a_choice() -> Customer:
    customer = Customer()
    facts: dict[str, Any] = {"order_number": "FJ-654321", "product": "krone", "remedy": "refund"}
    customer.complain("FJ-654321 arrived broken, refund please", "complain_damaged", **facts)
    customer.reply("yes", "affirm")
    assert customer.slots["requested_slot"] == "chosen_remedy"
    return customer


def test_a_word_of_the_remedys_sentence_names_it() -> None:
    """ "Money" is in what a refund does and in no other remedy; a price beside it is kept (P15)."""
    customer = _offered_a_choice()
    customer.reply("60", "inform")
    assert customer.slots["requested_slot"] == "chosen_remedy" and customer.slots["amount"]["amount"] == 60
    customer.reply("money", "want_remedy")
    assert customer.wishes("choose_remedy")[0]["remedy"] == "refund" and not customer.wishes("handoff")


def test_nobody_is_told_that_none_suits_them_who_has_not_said_so() -> None:
    """The choice is asked for once more in so many words; then a colleague settles it, and we claim nothing (P16)."""
    customer = _offered_a_choice()
    for text in ("hmm", "blue"):
        customer.reply(text, "nlu_fallback")
        assert customer.slots["requested_slot"] == "chosen_remedy"
    assert customer.replies[-1]["wording"].startswith("remedies.question.last#")
    customer.reply("tuesday", "nlu_fallback")
    said = [reply["wording"].split("#")[0] for reply in customer.replies]
    assert customer.wishes("handoff") and "complaint.open_choice" in said and "complaint.other_way" not in said


def test_a_bare_no_to_the_remedies_is_asked_about_once() -> None:
    """ "No thanks" may mean anything; said again, or with the button, it means none of them."""
    customer = _offered_a_choice()
    customer.reply("no thanks", "deny")
    assert customer.slots["requested_slot"] == "chosen_remedy" and not customer.wishes("handoff")
    customer.reply("no", "deny")
    assert customer.slots["chosen_remedy"] == "other" and customer.wishes("handoff")
