"""What an agent reads of a story before they take it over."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.summary import Line, Said, Story, summarise


def said(seq: int, author: str, text: str, **more: Any) -> Said:
    return Said(seq, author, text, **more)


def lines(*messages: Said, **more: Any) -> dict[str, Line]:
    """The summary of a story by its topics."""
    story = Story(messages, {}, "web", "en", more.pop("slots", {}), **more)
    return {line.topic: line for line in summarise(story)}


def test_what_a_waiting_customer_adds_wins_over_what_the_bot_understood() -> None:
    """Only what came after the bot's last word; the next step follows it (P27)."""
    exchange = {"entity": "remedy", "value": "exchange"}
    before = said(1, "customer", "An exchange would do", entities=[exchange])
    bot, after = said(2, "bot", "Is it a refund?"), said(3, "customer", "I want an exchange", entities=[exchange])
    names = {"exchange": "Replacement", "refund": "Refund"}
    assert lines(before, bot, slots={"chosen_remedy": "refund"}, names=names)["wanted_remedy"].text == "Refund"
    found = lines(bot, after, slots={"chosen_remedy": "refund"}, names=names)
    assert found["wanted_remedy"].text == "Replacement" and "Replacement" in found["next_step"].text


@pytest.mark.parametrize(("intent", "text"), [("deny", "“Do you deliver to Svalbard?”"), ("affirm", "none")])
def test_a_question_stays_open_until_an_answer_helped(intent: str, text: str) -> None:
    """An article that did not help has answered nothing."""
    question = said(1, "customer", "Do you deliver to Svalbard?")
    answer = said(2, "bot", "To Norway.", article="delivery")
    assert lines(question, answer, said(3, "customer", "so", intent=intent))["open_questions"].text == text


def test_who_writes_in_lines_is_quoted_in_sentences() -> None:
    """A question stands on a line of its own, without the greeting before it and the name below it (P27)."""
    asked = said(1, "customer", "hello there\n\nWhere is order FJ-104233?\nKari Moe")
    assert lines(asked)["open_questions"].text == "“Where is order FJ-104233?”"


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Where is it?😡 I wait", True),
        ("(where is it?) I wait", True),
        ("Where is it?!", True),
        ("أين طلبي؟", True),
        ("see https://shop.example/?id=7", False),
    ],
)
def test_a_question_is_one_however_its_mark_is_written(text: str, question: bool) -> None:
    """Agents see what is left to answer (P27)."""
    assert lines(said(1, "customer", text))["open_questions"].text == (f"“{text}”" if question else "none")


def test_a_smiley_is_no_key_sentence() -> None:
    """It stands by itself between full stops, and is quoted only where nothing else was said (P27)."""
    assert lines(said(1, "customer", "My lamp broke. :) --\n*****"))["situation"].text == "“My lamp broke.”"
    assert lines(said(1, "customer", "???"))["situation"].text == "“???”"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("third time I ask!!!", True),
        ("this is the third time I write about it!!!", True),
        ("are you kidding me, I ALREADY TOLD YOU the order number", True),
        ("I’ve asked you this three times", True),
        ("how many times do I have to say it", True),
        ("I keep telling you: no lamp came", True),
        ("as I said, the glass is broken", True),
        ("This is my third e-mail about the shelf", True),
        ("I bought it for the third time", False),
        ("I already told my wife that it is coming", False),
        ("I have asked my neighbour twice for the parcel", False),
        ("I ordered two lamps before", False),
        ("how often do I have to oil the table", False),
        ("is the second letter of the code a B", False),
        ("it is the second time this year that it breaks", False),
    ],
)
def test_who_has_told_us_before_is_known_for_it(text: str, told: bool) -> None:
    """A fact with its evidence, whatever the mood: nobody asks them a third time (P27)."""
    flags = lines(said(1, "customer", "hello"), said(2, "customer", text))["flags"]
    assert (flags.text, flags.evidence) == (("says that they have told us before", (2,)) if told else ("none", ()))


def test_unsolved_before_is_told_before_too() -> None:
    """In every language, as the intent says it."""
    found = lines(said(1, "customer", "saken er ennå ikke løst", intent="complain_unresolved"))
    assert found["flags"].text == "says that they have told us before"


@pytest.mark.parametrize(
    ("text", "reason", "open"),
    [
        ("Hello. Can I talk with a person?", "person_demanded", "none"),
        ("would it be possible for me to talk with one of your people please?", "person_demanded", "none"),
        ("I want a person. Where is my table?", "person_demanded", "“Where is my table?”"),
        ("Can I talk with a person?", None, "“Can I talk with a person?”"),
    ],
)
def test_who_asked_for_a_person_and_got_one_has_no_question_left(text: str, reason: str | None, open: str) -> None:
    """Until it is handed over it is one (P27)."""
    message = said(1, "customer", text, intent="ask_person")
    assert lines(message, reason=reason)["open_questions"].text == open


def test_a_promise_is_due_on_a_day_of_the_week() -> None:
    """As people say it, in the time of the business."""
    due = datetime(2026, 12, 5, 10, 0, tzinfo=ZoneInfo("Europe/Oslo"))
    found = lines(said(1, "customer", "hello"), promises=[{"text": "Refund", "due_at": due}])
    assert found["promises"].text == "Refund (due Sat 5 Dec 10:00 CET)"
