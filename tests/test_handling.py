"""What agents do with a conversation, the same on every surface."""

from __future__ import annotations

import pytest

from bot import conversation as conversations
from bot import handling
from bot.db import transaction
from bot.errors import WrongState
from tests.world import World


@pytest.mark.parametrize("deed", ["close", "hand back"])
async def test_nobody_puts_away_what_they_have_not_read(world: World, deed: str) -> None:
    """The customer writes in the second in which the agent is done: the agent is told, the message stays open."""
    ola, ana = await world.writes("My lamp is broken"), await world.agent()

    async def put_away(seen: int) -> None:
        async with transaction(world.pool) as connection:
            if deed == "close":
                key = {"outcome": "solved", "seen": seen}
                await handling.close(connection, world.services, ola.conversation, ana, **key)  # type: ignore[arg-type]
            else:
                await handling.hand_back(connection, world.services, ola.conversation, ana, seen=seen)

    async with transaction(world.pool) as connection:
        await handling.claim(connection, world.services, ola.conversation, ana)
        seen = (await conversations.lock(connection, ola.conversation)).last_seq
    await world.writes("One more thing", id="2")
    with pytest.raises(WrongState) as refused:
        await put_away(seen)
    assert refused.value.code == "unread"
    await put_away(seen + 1)


async def test_who_takes_over_from_the_bot_has_the_story(world: World) -> None:
    """Nobody asked for a person, and still the agent has the summary at once (P27)."""
    ola, ana = await world.writes("My lamp from order FJ-204817 is broken"), await world.agent()
    async with transaction(world.pool) as connection:
        await handling.claim(connection, world.services, ola.conversation, ana)
    [summary] = await world.rows("select lines from summary where conversation_id = %s", ola.conversation)
    situation = next(line for line in summary["lines"] if line["topic"] == "situation")
    assert "FJ-204817" in situation["text"]


async def test_a_reply_sent_twice_is_one_and_takes_over_once(world: World) -> None:
    ola, ana = await world.writes("Hello"), await world.agent()
    for _ in range(2):
        async with transaction(world.pool) as connection:
            await handling.reply(connection, world.services, ola.conversation, ana, "Good day", once="r1")
    rows = await world.rows(
        "select author, text from message where conversation_id = %s order by seq", ola.conversation
    )
    assert [row["author"] for row in rows] == ["customer", "system", "agent"]


async def test_what_is_written_at_a_place_does_not_come_back_to_it(world: World) -> None:
    """An agent's words in a thread reach the customer, and the thread shows them already."""
    ola, ana = await world.writes("Hello"), await world.agent()
    [thread] = await world.rows(
        "insert into place (channel, account, key, conversation_id, audience, episode)"
        " values ('slack', 'shop', 'T1:C1:1', %s, 'agents', 1) returning id",
        ola.conversation,
    )
    async with transaction(world.pool) as connection:
        await handling.claim(connection, world.services, ola.conversation, ana)
        seq = await handling.reply(
            connection, world.services, ola.conversation, ana, "Good day", once="1", written_at=thread["id"]
        )
        note = await handling.note(connection, world.services, ola.conversation, ana, "a note", once="2")
    ways = await world.rows("select place_id, seq from delivery order by place_id, seq")
    assert [way["seq"] for way in ways if way["place_id"] == ola.id] == [seq - 1, seq]
    assert [way["seq"] for way in ways if way["place_id"] == thread["id"]] == [seq - 1, note]
