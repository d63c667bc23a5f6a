"""Who wants to be forgotten is forgotten: nothing that they wrote or that says who they are stays anywhere."""

from __future__ import annotations

import pytest

from bot.channel import Channel
from bot.db import transaction
from bot.erasure import erase
from bot.errors import NotFound
from tests.world import Platform, World

SECRET = "heliotrope"


async def _tables_with(world: World, words: str) -> list[str]:
    """Tables in which some row has these words anywhere."""
    names = await world.rows("select table_name as name from information_schema.tables where table_type = 'BASE TABLE'"
                             " and table_schema = 'public'")  # fmt: skip
    search = 'select from "{}" t where t::text like %s limit 1'
    return [row["name"] for row in names if await world.rows(search.format(row["name"]), words)]


async def test_a_forgotten_customer_leaves_nothing_behind(world: World) -> None:
    platform: Channel = Platform()
    async with world.delivering(platform):
        first = await world.writes(f"My lamp is {SECRET}", key="ola")
        await world.says(first, f"Your {SECRET} lamp", "agent")
        await world.says(first, f"a note on {SECRET}", "note")
        await world.until(first.conversation, "sent")
        kari = await world.writes("Hello", key="kari")
    await world.rows("update customer set name = %s, email = 'x@heliotrope.example' where id ="
                     " (select customer_id from conversation where id = %s) returning id",
                     SECRET, first.conversation)  # fmt: skip
    await world.rows("insert into complaint (case_number, conversation_id, customer_id, episode, cause, text)"
                     " select 'FJ-1', id, customer_id, 1, 'complain_late', %s from conversation where id = %s"
                     " returning 1", SECRET, first.conversation)  # fmt: skip
    await world.rows("insert into promise (conversation_id, case_number, text, owner, due_at)"
                     " values (%s, 'FJ-1', %s, 'bot', now()) returning 1", first.conversation, SECRET)  # fmt: skip
    await world.rows("insert into attachment (conversation_id, seq, ordinal, name, media_type)"
                     " values (%s, 1, 0, %s, 'image/png') returning 1", first.conversation, SECRET)  # fmt: skip
    await world.rows("update message set deleted_at = now() where conversation_id = %s and seq = 1 returning 1",
                     first.conversation)  # fmt: skip
    assert {"message", "attachment", "complaint", "customer"} <= set(await _tables_with(world, f"%{SECRET}%"))

    async with transaction(world.pool) as connection:
        assert await erase(connection, first.conversation, actor="customer") == 1

    assert await _tables_with(world, f"%{SECRET}%") == []
    assert await _tables_with(world, "%user-ola%") == []
    # That it was erased, a job that will find nothing, and counters that last a minute.
    assert set(await _tables_with(world, f"%{first.conversation}%")) <= {"event", "procrastinate_jobs", "rate"}
    assert [row["id"] for row in await world.rows("select id from conversation")] == [kari.conversation]
    with pytest.raises(NotFound):
        async with transaction(world.pool) as connection:
            await erase(connection, first.conversation, actor="customer")


async def test_a_forgotten_customer_who_writes_again_is_somebody_new(world: World) -> None:
    before = await world.writes("Hello", key="ola")
    async with transaction(world.pool) as connection:
        await erase(connection, before.conversation, actor="customer")
    after = await world.writes("Hello again", key="ola")
    assert after.conversation != before.conversation
    assert await world.rows("select count(*) from customer") == [{"count": 1}]


async def test_what_is_being_sent_to_a_forgotten_customer_harms_nobody(world: World) -> None:
    platform = Platform()
    platform.trouble = ["hang"]
    async with world.delivering(platform):
        ola, kari = await world.writes("Hello", key="ola"), await world.writes("Hi", key="kari")
        await world.says(ola, "Good day")
        await world.until(ola.conversation, "sending")
        async with transaction(world.pool) as connection:
            await erase(connection, ola.conversation, actor="customer")
        await world.says(kari, "Good day")
        await world.until(kari.conversation, "sent")
    assert platform.arrived == [("kari", "Good day")]
