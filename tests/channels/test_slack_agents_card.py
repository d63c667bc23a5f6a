"""A card fits into Slack's limits whatever is on it, and shows words as they were said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

import pytest

from bot.channel import Outgoing, Place
from bot.records import Author, Button, State
from channels.slack.agents_card import Card, content, fingerprint, mood_words
from channels.slack.agents_thread import parts_for_agents
from tests.standins.slack.schema import BLOCKS_CHARACTERS, characters, wrong_blocks

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
TOPICS = ("situation", "contact", "order", "product", "amount", "date", "wanted_remedy", "tried", "flags",
          "open_questions", "next_step")  # fmt: skip
ANGRY = {"kind": "angry", "strength": 0.9}

CARD = Card(
    conversation=UUID(int=1), episode=1, state="waiting", since=AT, channel="telegram", language="en",
    customer="Kari", reason="legal", rule="a rule", urgency=95, routed_to="lead", waiting_since=AT, owner=None,
    mood=ANGRY, heat=0.9, lines=[{"topic": "order", "label": "Order", "text": "not stated"}],
)  # fmt: skip


def _texts(value: Any) -> list[str]:
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts(one)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("state", get_args(State))
@pytest.mark.parametrize("length", [1, 100, 4000])
def test_every_card_is_one_that_slack_takes(state: State, length: int) -> None:
    """Blocks, buttons, lengths: by slack_sdk's models and Slack's published types."""
    for text in ("<&>" * length, "ø" * length, "*_~`" * length):
        lines = [{"topic": topic, "label": topic, "text": text, "edited_by": text[:80]} for topic in TOPICS]
        promises = [{"text": text, "due_at": "2026-12-01T12:00:00+00:00", "kept": False, "by": "Ana"}] * 5
        card = replace(CARD, state=state, customer=text, rule=text, reason="business_rule", owner=text[:80],
                       lines=lines, promises=promises, outcome="solved")  # fmt: skip
        for desk in ("https://chat.example/desk", None):
            shown = content(card, desk)
            assert wrong_blocks(shown["blocks"]) == []
            assert characters(shown["blocks"]) <= BLOCKS_CHARACTERS
            assert len(shown["text"]) <= 4000
    assert wrong_blocks(content(replace(CARD, state=state, customer=None), None)["blocks"]) == []


def test_a_card_says_only_what_is_known_and_changes_only_with_it() -> None:
    """No "not stated", and no clock that would have it updated every minute."""
    shown = content(CARD, None)
    texts = " ".join(_texts(shown))
    assert "not stated" not in texts and "For a lead" in texts and "Legal threat: Kari" in texts
    assert f"<!date^{int(AT.timestamp())}^{{ago}}|" in texts
    assert fingerprint(shown) == fingerprint(content(replace(CARD, since=AT), None))
    assert fingerprint(shown) != fingerprint(content(replace(CARD, urgency=60), None))


def test_days_are_written_as_people_read_them() -> None:
    """With the day of the week, which is what is agreed on; what an agent wrote stays theirs."""
    line = {"topic": "date", "label": "Dates", "text": "2026-11-25 10:00, 2026-11-27–2026-11-28, 2026-02-31"}
    texts = " ".join(_texts(content(replace(CARD, lines=[line]), None)))
    assert "Wed 25 Nov 2026 10:00, Fri 27 Nov 2026–Sat 28 Nov 2026, 2026-02-31" in texts


def test_nobody_is_called_by_what_a_customer_writes() -> None:
    """Names, lines, promises and messages: no mention, no link but those of ours."""
    for text in ("<!channel>", "<@U1>", "<http://evil.example|shop>", "<!subteam^S1>"):
        lines = [{"topic": topic, "label": topic, "text": text, "edited_by": text} for topic in TOPICS]
        card = replace(CARD, state="agent", owner=text, customer=text, lines=lines)
        message = _message("customer", text)
        for block in (
            *content(card, None)["blocks"],
            *(one for part in parts_for_agents(message) for one in part["blocks"]),
        ):
            if block["type"] != "rich_text":  # Slack reads no markup there
                assert not any(text in found for found in _mrkdwn(block))
        assert all(text not in part["text"] for part in parts_for_agents(message))


@pytest.mark.parametrize("author", get_args(Author))
def test_a_thread_shows_who_says_what(author: Author) -> None:
    """Every author, the longest text, choices; notes are marked as internal."""
    for text in ("x", "", "<" * 4000):
        [part] = parts_for_agents(_message(author, text, (Button("Yes <1>", "/affirm"),)))
        assert wrong_blocks(part["blocks"]) == []
    assert ("internal" in " ".join(_texts(part["blocks"][0]))) == (author == "note")


@pytest.mark.parametrize(
    ("mood", "heat", "said"),
    [(None, 0, "calm"), (ANGRY, 0.9, "very angry"), ({"kind": "worried", "strength": 0.1}, 0.04, "a little worried"),
     ({"kind": "threatening_legal", "strength": 0.9}, 0.9, "legal threat"),
     ({"kind": "calm", "strength": 0.8}, 0, "calm"), ({"kind": "calm", "strength": 0.8}, 0.63, "calm now")],
)  # fmt: skip
def test_moods_are_called_as_at_the_desk(mood: dict[str, Any] | None, heat: float, said: str) -> None:
    """Who was upset before and is not any more is calm *now*: the reason beside it still stands."""
    assert mood_words(mood, heat) == said
    assert said in " ".join(_texts(content(replace(CARD, mood=mood, heat=heat), None)))


def _message(author: Author, text: str, buttons: tuple[Button, ...] = ()) -> Outgoing:
    place = Place(1, "slack", "shop", "T1:C1:1.1", UUID(int=1), "agents")
    return Outgoing(place, 3, author, text, "en", agent="Ana", buttons=buttons)


def _mrkdwn(block: dict[str, Any]) -> list[str]:
    texts = [block.get("text"), *block.get("elements", [])]
    return [one["text"] for one in texts if isinstance(one, dict) and one.get("type") == "mrkdwn"]
