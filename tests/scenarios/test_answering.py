"""Questions: answered from articles, or honestly not."""

from tests.scenarios.stack import Stack, eventually


def test_a_question_is_answered_from_an_article_with_its_source(stack: Stack) -> None:
    """P22: a clear hit brings the answer, a link to its source, and the question whether it helped."""
    customer = stack.customer()
    answer = customer.say("how much does delivery cost?")
    assert "/help/delivery-cost" in answer
    assert "€4.90" in answer
    assert customer.buttons() == ["Yes, it did", "Not yet"]
    assert customer.press("/affirm")
    assert customer.state == "bot"


def test_two_questions_in_one_message_are_both_answered(stack: Stack) -> None:
    """P4, P22: two things at once get two answers with their sources, and one question whether they helped."""
    customer = stack.customer()
    answer = customer.say("hi, how much is postage, and is anyone there between christmas and new year?")
    assert "/help/delivery-cost" in answer and "/help/holiday-closing" in answer
    assert customer.buttons() == ["Yes, it did", "Not yet"]
    assert customer.press("/affirm")
    assert customer.state == "bot"


def test_close_candidates_become_a_choice(stack: Stack) -> None:
    """A vague question brings at most three articles to choose from and a way out; the choice is answered."""
    customer = stack.customer()
    customer.say("something about my premium thing and the money")
    titles = customer.buttons()
    assert 2 <= len(titles) <= 4
    assert "/help/" in customer.press(titles[0])


def test_what_the_bot_cannot_answer_goes_to_a_person_after_one_more_try(stack: Stack) -> None:
    """P22, P26: nothing found → rephrase, please; again nothing → a person, with consent (P25)."""
    agent = stack.agent()
    customer = stack.customer()
    customer.say("qwzx blorf the grommet of my zylotrope?")
    assert customer.state == "bot"
    customer.say("the zylotrope blorf is all grommety, qwzx")
    assert customer.state == "bot"
    assert customer.offers("/affirm") and customer.offers("/deny")
    customer.press("/affirm")
    customer.wait_for("waiting")
    handoff = agent.open(customer.conversation)["conversation"]["handoff"]
    assert handoff["reason"] == "not_understood"
    assert handoff["numbers"] == {"failures": 2}


def test_an_edited_article_is_live_within_two_seconds(stack: Stack) -> None:
    """Articles are data: no training, no restart, and the help page says the same as the bot (P38)."""
    file = stack.root / "data" / "faq" / "en" / "delivery-cost.md"
    before = file.read_text("utf-8")
    try:
        file.write_text(before.replace("€4.90", "€5.55"), "utf-8")
        customer = stack.customer()
        eventually(lambda: "€5.55" in customer.http.get("/help/delivery-cost").text)
        eventually(lambda: "€5.55" in customer.say("how much does delivery cost?"))
    finally:
        file.write_text(before, "utf-8")


def test_steps_come_one_at_a_time(stack: Stack) -> None:
    """P23: a procedure is walked through step by step, at the customer's pace."""
    customer = stack.customer()
    first = customer.say("how do I reset my password?")
    assert "/help/" in first
    walked = [customer.press(customer.buttons()[0]) for _ in range(2)]
    assert walked[0] != walked[1]
    assert all(len(step) < 400 for step in walked)


def test_no_with_thanks_ends_friendly(stack: Stack) -> None:
    """P21: "Is it one of these?" "No, that's all" is a farewell, not a second failure."""
    customer = stack.customer()
    customer.say("how do i reset it")
    assert customer.offers("/deny")
    customer.say("no that's all, thank you!")
    customer.wait_for("closed")


def test_another_language_is_met_with_those_that_we_speak(stack: Stack) -> None:
    """P12, P29: a farewell in German is no insult, and who asks for German hears what is spoken here."""
    customer = stack.customer()
    assert "English" in customer.say("Sprechen Sie Deutsch?")
    assert "polite" not in customer.say("danke, tschüss")
