"""Complaints: listened to, put right, or passed on, whatever comes in between."""

from datetime import UTC, datetime
from typing import Any

import psycopg

from tests.scenarios.stack import Events, Stack, eventually


def test_a_calm_complaint_ends_with_a_remedy_and_a_case_number(stack: Stack) -> None:
    """P3, P4, P15, P16, P18, P21: confirmed, only what is missing asked, two ways out with times, thanks."""
    agent = stack.agent()
    customer = stack.customer()
    reply = customer.say("Hello, the Alva desk lamp from order FJ-204817 arrived with a cracked shade.")
    assert "FJ-204817" in reply
    assert customer.offers("/affirm") and "right" in reply
    customer.press("/affirm")
    assert all("order number" not in message["text"].lower() for message in customer.messages())
    offer = customer.press('/want_remedy{"remedy": "exchange"')
    assert "2 working days" in offer
    ways_out = [button for button in customer.messages()[-1]["buttons"] if button["payload"].startswith("/want_remedy")]
    assert len(ways_out) >= 2
    customer.press('/want_remedy{"remedy": "exchange"')
    final = customer.say("about 49 euros")
    shown = agent.open(customer.conversation)
    complaint = shown["customer"]["complaints"][0]
    assert complaint["order_number"] == "FJ-204817"
    assert complaint["status"] == "promised"
    assert complaint["case_number"] in final


def test_a_story_with_names_and_numbers_is_a_complaint(stack: Stack) -> None:
    """P3, P4: what happened is said back at once, however many facts stand around it, or praise that is none."""
    for story, order in (
        (
            "I bought a reading chair for 349 euros, name Ada Lunde, order FJ-280417. "
            "It came on Tuesday with a tear in the seam.",
            "FJ-280417",
        ),
        ("my parcel is late, order FJ-318206", "FJ-318206"),
        ("great service, five weeks for one lamp and it is not here. FJ-318207", "FJ-318207"),
    ):
        customer = stack.customer()
        assert order in customer.say(story)
        assert customer.buttons() == ["That is right", "Not quite"]


def test_an_order_to_be_cancelled_is_for_a_person(stack: Stack) -> None:
    """P4, P25: nobody who gave the number is told to write here with it; a person is offered who has it."""
    customer = stack.customer()
    assert "FJ-280418" in customer.say("cancel my order FJ-280418")
    assert customer.offers("/affirm") and customer.offers("/deny")
    customer.press("/affirm")
    customer.wait_for("waiting")


def test_what_the_bot_promised_stands_in_a_list_until_it_is_kept(stack: Stack) -> None:
    """P18, P19: although no person has the conversation; overdue in its time, and then kept by whoever sees it."""
    agent, customer = stack.agent(), stack.customer()
    stream = Events(agent.http, "/desk/api/events")
    eventually(lambda: "hello" in stream.names())
    customer.say("Hello, the Alva desk lamp from order FJ-204833 arrived with a cracked shade.")
    customer.press("/affirm")
    customer.press('/want_remedy{"remedy": "exchange"')
    customer.press('/want_remedy{"remedy": "exchange"')
    customer.say("about 49 euros")
    assert customer.state == "bot"

    def told(kind: str) -> bool:
        changes = [data for name, data, _ in stream.received if name == "change"]
        return any((one["conversation"], one["kind"]) == (customer.conversation, kind) for one in changes)

    def listed() -> list[dict[str, Any]]:
        found = agent.http.get("/desk/api/promises").json()["promises"]
        return [one for one in found if one["conversation"] == customer.conversation]

    try:
        eventually(lambda: told("promise"))
        [promise] = listed()
        assert (promise["by"], promise["agent_id"], promise["order_number"]) == ("bot", None, "FJ-204833")
        assert "within 2 working days" in promise["text"]
        assert datetime.fromisoformat(promise["due_at"]) > datetime.now(UTC)
        with psycopg.connect(stack.database) as connection:  # its time passes
            connection.execute("update promise set due_at = now() - interval '1 hour' where id = %s", [promise["id"]])
        [promise] = listed()
        assert datetime.fromisoformat(promise["due_at"]) < datetime.now(UTC)
        assert agent.do(customer.conversation, f"promises/{promise['id']}/kept").status_code == 204
        assert not listed()
        eventually(lambda: told("kept"))
    finally:
        stream.close()


def test_who_leaves_in_the_middle_has_a_case(stack: Stack) -> None:
    """P5, P19: what was confirmed is recorded and has a number."""
    agent, customer = stack.agent(), stack.customer()
    customer.say("Hello, the Alva desk lamp from order FJ-204899 arrived with a cracked shade.")
    customer.press("/affirm")
    farewell = customer.say("bye")
    [complaint] = agent.open(customer.conversation)["customer"]["complaints"]
    assert complaint["case_number"] in farewell
    assert (complaint["order_number"], complaint["status"]) == ("FJ-204899", "open")


def test_what_only_a_person_can_grant_reaches_one(stack: Stack) -> None:
    """P16, P19: also after a colleague was declined, and whether or not the customer says another word."""
    agent, customer = stack.agent(), stack.customer()
    customer.say("my order FJ-551122 arrived and the oak table is badly scratched, it cost 800 euros")
    customer.press("/deny")
    customer.press("/affirm")
    customer.press('/want_remedy{"remedy": "refund"')
    customer.press('/want_remedy{"remedy": "refund"')
    customer.wait_for("waiting")
    shown = agent.open(customer.conversation)
    assert shown["conversation"]["reason"] == "remedy_limit"
    assert shown["customer"]["complaints"][0]["wanted_remedy"] == "Refund"


def test_the_same_trouble_again_is_for_a_person(stack: Stack) -> None:
    """P26: raised before and still unsolved: with consent a person settles it."""
    agent, customer = stack.agent(), stack.customer()
    customer.say("The Alva desk lamp from order FJ-301144 arrived with a cracked shade.")
    customer.press("/affirm")
    customer.press('/want_remedy{"remedy": "exchange"')
    customer.press('/want_remedy{"remedy": "exchange"')
    customer.say("about 49 euros")
    assert agent.do(customer.conversation, "claim").status_code == 200
    assert agent.do(customer.conversation, "close", {"outcome": "unsolved"}).status_code == 200
    customer.say("again a parcel arrived damaged, the glass is cracked")
    assert customer.offers("/affirm")
    customer.press("/affirm")
    customer.wait_for("waiting")
    assert agent.open(customer.conversation)["conversation"]["reason"] == "unsolved_again"


def test_a_question_in_the_middle_does_not_lose_the_complaint(stack: Stack) -> None:
    """An interruption is answered, then the complaint goes on where it was."""
    customer = stack.customer()
    customer.say("The chair I got is the wrong colour, order FJ-118822")
    answer = customer.say("wait, what are your opening hours?")
    assert "/help/opening-hours" in answer
    assert customer.offers("/affirm")
    customer.press("/affirm")
    assert all("order number" not in message["text"].lower() for message in customer.messages())


def test_a_furious_customer_is_heard_and_offered_a_person_not_a_solution(stack: Stack) -> None:
    """P2, P9, P10, P26: calm first; no remedy is offered; with consent a person takes over."""
    agent = stack.agent()
    customer = stack.customer()
    customer.say(
        "THIS IS OUTRAGEOUS!!! third time you send me a BROKEN lamp, I am absolutely furious,"
        " I took two days off work for this and nobody cares!!!"
    )
    said = "\n".join(message["text"] for message in customer.messages() if message["author"] == "bot")
    assert "refund" not in said.lower() and "voucher" not in said.lower()
    if customer.state == "bot":
        customer.press("/affirm")
    customer.wait_for("waiting")
    shown = agent.open(customer.conversation)
    assert shown["conversation"]["handoff"]["reason"] in ("heat", "heat_rising")
    assert shown["conversation"]["heat"] >= 0.6
    summary = agent.summary(customer.conversation)
    assert "BROKEN lamp" in summary["situation"]["text"]
    assert summary["situation"]["evidence"] == [1]
    assert summary["order"]["text"] == "not stated"


def test_forget_it_ends_the_form_and_keeps_what_was_said(stack: Stack) -> None:
    """Nobody is held in a form; the story stays in the transcript and the summary."""
    agent = stack.agent()
    customer = stack.customer()
    customer.say("my order FJ-204817 came without the screws")
    customer.say("forget it")
    customer.say("I want to speak to a person")
    customer.wait_for("waiting")
    assert agent.summary(customer.conversation)["order"]["text"] == "FJ-204817"


def test_abuse_is_met_with_a_warning_and_then_a_courteous_end(closed_stack: Stack) -> None:
    """P11, P12: one polite warning; when it goes on and nobody can step in, say so and close; a flag stays."""
    customer = closed_stack.customer()
    warning = customer.say("you stupid piece of shit")
    assert customer.state == "bot"
    assert "!" not in warning
    customer.say("fuck off you useless idiots")
    customer.wait_for("closed")
    said = [message["text"] for message in customer.messages() if message["author"] in ("bot", "system")]
    assert not any("!" in text for text in said)
    customer.say("sorry about that. how much is delivery?")
    assert customer.state == "bot"
    agent = closed_stack.agent()
    assert agent.open(customer.conversation)["customer"]["flags"] == ["was_abusive"]


def test_a_promise_is_told_of_also_on_another_day(stack: Stack) -> None:
    """P18: "what about my refund?" is no second complaint; P36: a last "no, that is all" leaves it closed."""
    agent, customer = stack.agent(), stack.customer()
    customer.say("My Krone lamp arrived with a crack in the glass, order FJ-777001, it cost 90 euros")
    customer.press("/affirm")
    customer.press('/want_remedy{"remedy": "refund"')
    customer.press('/want_remedy{"remedy": "refund"')
    [complaint] = agent.open(customer.conversation)["customer"]["complaints"]
    customer.say("when will I get the money?")
    customer.say("thank you")
    customer.wait_for("closed")
    customer.say("no that is all")
    customer.wait_for("closed")
    customer.say("Hello, it's me again")
    answer = customer.say("what about my refund?")
    assert complaint["case_number"] in answer and "latest" in answer
    assert complaint["case_number"] in customer.say("any news?")
    assert len(agent.open(customer.conversation)["customer"]["complaints"]) == 1
