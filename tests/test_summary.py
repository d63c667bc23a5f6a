"""What an agent reads of a story before they take it over."""

from typing import Any

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
