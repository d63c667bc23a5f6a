"""Answers come only from articles; where there is none, other words or a person (P22, P23)."""

import pytest

from bot.articles import Article
from tests.actions.conversation import FORM, Customer, Shelf


def test_a_clear_find_is_answered_with_its_source(customer: Customer, shelf: Shelf) -> None:
    """The beginning of the article, a link to all of it, and "did that help?"."""
    shelf.find("clear", "returns")
    customer.hear("action_answer", "can i send it back", "faq_returns")
    answer, question = customer.replies
    assert answer["text"].startswith("You have 30 days.") and "Long." not in answer["text"]
    assert "/help/returns" in answer["text"] and answer["article"] == "returns"
    assert question["text"].endswith("?") and customer.payloads == ["/affirm", "/deny"]
    assert customer.slots["asked"] == "helped"


def test_an_order_number_does_not_mislead_the_search(customer: Customer, shelf: Shelf) -> None:
    """What is searched for is the question, not a code that some article may name."""
    customer.hear("action_answer", "where is my order FJ-123456", "order_status")
    assert shelf.searched == ["where is my order "]


def test_candidates_are_offered_as_buttons(customer: Customer, shelf: Shelf) -> None:
    """Three at most and "none of these"; a pressed one is shown."""
    shelf.find("candidates", "returns", "labels", "reset", "returns")
    customer.hear("action_answer", "label", "faq_returns")
    assert customer.slots["asked"] == "which_article"
    assert customer.titles == [
        "How do I return something?",
        "Where is my label?",
        "How do I reset it?",
        "None of these",
    ]
    customer.hear("action_inform", customer.payloads[1], "inform", article="labels")
    assert "It is in the e-mail." in customer.said and customer.slots["asked"] == "helped"


def test_two_questions_get_two_answers(customer: Customer, shelf: Shelf) -> None:
    """Each with its source, and one question whether they helped; nothing that was asked is dropped (P4, P22)."""
    shelf.find("candidates", "returns", "labels", "reset")
    shelf.find("clear", "returns", text="how long can i send it back")
    shelf.find("clear", "labels", "returns", text="where is the label?")
    customer.hear("action_answer", "hi, how long can i send it back and where is the label?", "faq_returns")
    first, second, question = customer.replies
    assert (first["article"], second["article"]) == ("returns", "labels")
    assert "/help/returns" in first["text"] and "/help/labels" in second["text"]
    assert question["text"].endswith("?") and customer.payloads == ["/affirm", "/deny"]


def test_what_else_was_asked_is_offered(customer: Customer, shelf: Shelf) -> None:
    """A second question that is less certain gets a button beside the answer to the first."""
    shelf.find("clear", "returns", "labels")
    shelf.find("candidates", "labels", text="And where is it?")
    shelf.find("clear", "reset", text="And how do I reset it?")
    customer.hear("action_answer", "How do I send it back? And how do I reset it?", "faq_returns")
    assert customer.titles[2:] == ["How do I reset it?"]
    customer.hear("action_answer", "How do I send it back? And where is it?", "faq_returns")
    answer, question = customer.replies
    assert answer["article"] == "returns" and ("rest" in question["text"] or "else" in question["text"])
    assert customer.titles[2:] == ["Where is my label?"]
    customer.hear("action_inform", customer.payloads[2], "inform", article="labels")
    assert "It is in the e-mail." in customer.said


def test_a_choice_between_two_questions_keeps_the_other(customer: Customer, shelf: Shelf) -> None:
    """Where neither is certain, both stand in the choice, and who picks one still finds the other."""
    shelf.find("candidates", "returns", "labels", "reset")
    shelf.find("candidates", "returns", text="How do I send it back?")
    shelf.find("candidates", "labels", text="And where is it?")
    customer.hear("action_answer", "How do I send it back? And where is it?", "faq_returns")
    assert customer.slots["asked"] == "which_article"
    customer.hear("action_inform", customer.payloads[0], "inform", article="returns")
    assert customer.titles[2:] == ["Where is my label?"]
    customer.hear("action_inform", customer.payloads[2], "inform", article="labels")
    assert "It is in the e-mail." in customer.said and customer.payloads == ["/affirm", "/deny"]
    customer.hear("action_answer", "How do I send it back? And where is it?", "faq_returns")
    customer.hear("action_show_article", "yes", "affirm")
    assert "30 days" in customer.said and customer.titles[2:] == ["Where is my label?"]


def test_of_several_answers_the_one_with_steps_comes_last(customer: Customer, shelf: Shelf) -> None:
    """P23: its steps are offered, and a third question that is less certain keeps its button."""
    shelf.find("candidates", "reset", "returns", "labels")
    shelf.find("clear", "reset", text="How do I reset it?")
    shelf.find("clear", "returns", text="Can I send it back?")
    shelf.find("candidates", "labels", text="And where is it?")
    customer.hear("action_answer", "How do I reset it? Can I send it back? And where is it?", "faq_returns")
    assert [reply["article"] for reply in customer.replies] == ["returns", "reset", None]
    assert customer.slots["asked"] == "step" and customer.titles[2:] == ["Where is my label?"]
    customer.hear("action_next_step", "/affirm", "affirm")
    assert "Switch off." in customer.said


def test_in_a_complaint_what_else_was_asked_is_listed(customer: Customer, shelf: Shelf) -> None:
    """The form goes on asking its own questions, so that there are links instead of buttons."""
    shelf.find("clear", "returns", "labels")
    shelf.find("candidates", "labels", text="And where is it?")
    customer.loop = FORM
    customer.hear("action_answer", "How do I send it back? And where is it?", "faq_returns")
    assert "30 days" in customer.said and "/help/labels" in customer.said and not customer.payloads


def test_what_did_not_help_is_no_answer_to_one_of_two_questions(customer: Customer, shelf: Shelf) -> None:
    """P22: the next best article is not taken for a certain one when the best has failed."""
    shelf.find("clear", "returns", "labels")
    customer.hear("action_answer", "can i send it back", "faq_returns")
    customer.hear("action_not_helped", "/deny", "deny")
    shelf.find("clear", "reset", text="How do I reset it?")
    customer.hear("action_answer", "How do I send it back? How do I reset it?", "faq_returns")
    assert "It is in the e-mail." not in customer.said


@pytest.mark.parametrize(
    "text",
    [
        "If I order today, when will it arrive?",
        "My lamp, which I bought in May, is broken. Can I return it?",
        "Have a nice day, is the shop open?",
        "Hello? How do I pack it and send it back?",
    ],
)
def test_what_is_one_question_is_searched_as_one(customer: Customer, shelf: Shelf, text: str) -> None:
    """Conditions, clauses and calls are no questions of their own."""
    customer.hear("action_answer", text, "faq_returns")
    assert shelf.searched == [text]


def test_a_flood_of_questions_is_bounded(customer: Customer, shelf: Shelf) -> None:
    """A message of many questions costs a few searches."""
    customer.hear("action_answer", "is it a b? " * 180, "faq_returns")
    assert len(shelf.searched) <= 5


def test_one_question_asked_twice_gets_one_answer(customer: Customer, shelf: Shelf) -> None:
    """Calls, and questions that nothing answers clearly, bring no second answer."""
    shelf.find("clear", "returns")
    shelf.find("candidates", "labels", text="is anybody there?")
    customer.hear("action_answer", "Hello? is anybody there? How do I return it? Can I send it back?", "faq_returns")
    assert [reply["article"] for reply in customer.replies if reply["article"]] == ["returns"]
    assert customer.payloads == ["/affirm", "/deny"]


def test_nothing_found_is_asked_again_then_passed_on(customer: Customer, shelf: Shelf) -> None:
    """Once other words, then a person; the question is noted for the article list (P26, P41)."""
    customer.hear("action_not_understood", "the blorb is flurpy")
    assert customer.slots["asked"] == "rephrase" and not customer.wishes("handoff")
    assert customer.wishes("unanswered") == [{"kind": "unanswered", "text": "the blorb is flurpy"}]
    customer.hear("action_not_understood", "blorb!")
    assert customer.wishes("handoff") == [{"kind": "handoff", "reason": "not_understood", "consented": False}]
    assert not any(reply["text"].endswith("?") for reply in customer.replies)


def test_two_unhelpful_answers_lead_to_a_person(customer: Customer, shelf: Shelf) -> None:
    """First the next best article, then a person; an article that did not help is not given again."""
    shelf.find("clear", "returns", "labels")
    customer.hear("action_answer", "can i send it back", "faq_returns")
    customer.hear("action_not_helped", "/deny", "deny")
    assert customer.slots["asked"] == "which_article" and customer.titles == ["Where is my label?", "None of these"]
    customer.hear("action_answer", "i mean send it back", "faq_returns")
    assert customer.titles == ["Where is my label?", "None of these"]
    customer.hear("action_none_of_these", "/deny", "deny")
    assert customer.wishes("handoff")[0]["reason"] == "not_understood"
    assert customer.wishes("unanswered")[0]["text"] == "i mean send it back"


def test_off_the_subject_only_a_clear_find_is_answered(customer: Customer, shelf: Shelf) -> None:
    """What merely resembles an article is no answer to something else."""
    shelf.find("candidates", "returns", "labels")
    customer.hear("action_not_understood", "what is the capital of peru", "out_of_scope")
    assert customer.slots["asked"] == "rephrase"


def test_an_order_without_an_article_goes_to_a_person(customer: Customer, shelf: Shelf) -> None:
    """Only people can look into an order; the bot says so instead of guessing."""
    customer.hear("action_answer", "where is it", "order_status")
    assert customer.wishes("handoff")[0]["reason"] == "business_rule" and customer.slots["asked"] is None


def test_steps_come_one_at_a_time(customer: Customer, shelf: Shelf) -> None:
    """Offered, then step by step, and at the end "does it work?"."""
    shelf.find("clear", "reset")
    customer.hear("action_answer", "how do i reset it", "faq_products")
    assert customer.slots["asked"] == "step" and "Switch off." not in customer.said
    customer.hear("action_next_step", "/affirm", "affirm")
    assert "Step 1 of 2: Switch off." in customer.said and "Wait." not in customer.said
    customer.hear("action_next_step", "ok", "step_done")
    assert "Step 2 of 2: Wait." in customer.said
    customer.hear("action_next_step", "done", "step_done")
    assert customer.slots["asked"] == "helped"


def test_stuck_at_a_step_leads_to_a_person(customer: Customer, shelf: Shelf) -> None:
    """Declining the steps is no failure; being stuck is."""
    shelf.find("clear", "reset")
    customer.hear("action_answer", "how do i reset it", "faq_products")
    customer.hear("action_step_stuck", "no need", "deny")
    assert customer.slots["asked"] == "helped" and not customer.wishes("handoff")
    customer.hear("action_answer", "how do i reset it", "faq_products")
    customer.hear("action_next_step", "yes", "affirm")
    customer.hear("action_step_stuck", "i cant find that", "step_stuck")
    assert customer.wishes("handoff")[0]["reason"] == "stuck"


def test_a_plain_no_between_the_steps_ends_them(customer: Customer, shelf: Shelf) -> None:
    """Whoever changes their mind is not stuck, and nobody is brought in (P23)."""
    shelf.find("clear", "reset")
    customer.hear("action_answer", "how do i reset it", "faq_products")
    customer.hear("action_next_step", "yes", "affirm")
    customer.hear("action_step_stuck", "actually no, i keep it", "deny")
    assert "/help/reset" in customer.said and customer.slots["asked"] == "more" and not customer.wishes("handoff")


def test_a_reply_between_two_intents_is_still_a_reply(customer: Customer, shelf: Shelf) -> None:
    """ "Yes thanks" lies between affirming and thanking; after "did that help?" both mean the same."""
    shelf.find("clear", "returns")
    customer.hear("action_answer", "can i send it back", "faq_returns")
    customer.hear("action_not_understood", "yes thanks", ranking=["thank", "affirm"])
    assert customer.slots["asked"] == "more" and customer.wishes("article_feedback")[0]["helpful"] is True


def test_who_may_have_asked_for_a_person_is_offered_one(customer: Customer, shelf: Shelf) -> None:
    """Asking such a customer for other words would be asking once too often (P24)."""
    customer.hear("action_not_understood", "person or phone or what", ranking=["ask_person", "faq_company"])
    assert customer.wishes("handoff")[0] == {"kind": "handoff", "reason": "not_understood", "consented": False}


def test_an_upset_question_gets_a_kind_word_first(customer: Customer, shelf: Shelf) -> None:
    """Empathy before the answer (P9), and not before every answer."""
    shelf.find("clear", "returns")
    for wording in ("empathy.frustrated.strong#", "answer.link#"):
        customer.hear("action_answer", "how do i return this damn thing", "faq_returns", mood=("frustrated", 0.7))
        assert customer.replies[0]["wording"].startswith(wording)


def test_an_article_that_ends_in_a_question_gets_no_second_one(customer: Customer, shelf: Shelf) -> None:
    """A yes could not be told apart: the article's own question stands alone (P4)."""
    shelf.add(Article("lost", "en", "Is it lost?", "Delivery", "Look under the mat.\n\nIs it not there?", ()))
    shelf.find("clear", "lost")
    customer.hear("action_answer", "my parcel is gone", "faq_delivery")
    assert "Is it not there?" in customer.said and len(customer.replies) == 1 and customer.slots["asked"] is None


@pytest.mark.parametrize("intent", ["order_status", "order_change", "order_cancel"])
def test_who_asks_about_an_order_that_we_know_is_offered_a_person(
    customer: Customer, shelf: Shelf, intent: str
) -> None:
    """The article would only tell to write here with the number, which they have just done (P4, P22)."""
    shelf.find("clear", "reset")
    customer.hear("action_answer", "please see to FJ-123456", intent, order_number="FJ-123456")
    assert "/help/reset" in customer.said and "FJ-123456" in customer.replies[-1]["text"]
    assert customer.wishes("handoff") == [{"kind": "handoff", "reason": "business_rule", "consented": False}]
    assert customer.slots["asked"] is None and not customer.titles
    customer.hear("action_answer", "did you do it?", intent)
    assert "/help/reset" not in customer.said and customer.wishes("handoff")


def test_how_something_is_done_with_orders_is_still_answered(customer: Customer, shelf: Shelf) -> None:
    """Without a number it is a question like any other; an invoice the customer finds without us."""
    shelf.find("clear", "returns")
    customer.hear("action_answer", "how do i cancel an order", "order_cancel")
    assert customer.slots["asked"] == "helped" and not customer.wishes("handoff")
    customer.hear("action_answer", "the invoice for FJ-123456", "invoice_request", order_number="FJ-123456")
    assert customer.slots["asked"] == "helped" and not customer.wishes("handoff")
