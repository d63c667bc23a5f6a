"""What is said reaches the customer once, in order, or is seen to have failed: the courier against a platform that
fails in every way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

import psycopg
import pytest

from bot import conversation as conversations
from bot import delivery, live
from bot.arrival import Arrival, Pressed, Sender, arrive, withdraw
from bot.channel import Gone, Never, NotNow, Pace, Part, Place
from bot.db import queries, transaction
from bot.errors import InvalidMessage, NotFound
from bot.leader import Term, lead
from bot.records import Button
from bot.split import split
from desk import views
from tests.world import Platform, World


async def test_what_is_said_arrives_in_order_and_once(world: World) -> None:
    platform = Platform()
    async with world.delivering(platform):
        ola, kari = await world.writes("Hello"), await world.writes("Hi", key="kari")
        for number in range(5):
            await world.says(ola, f"to Ola {number}")
            await world.says(kari, f"to Kari {number}")
        await world.until(ola.conversation, *["sent"] * 5)
        await world.until(kari.conversation, *["sent"] * 5)
    assert [text for key, text in platform.arrived if key == "ola"] == [f"to Ola {number}" for number in range(5)]
    assert [text for key, text in platform.arrived if key == "kari"] == [f"to Kari {number}" for number in range(5)]


async def test_notes_and_the_customers_own_words_stay_where_they_are(world: World) -> None:
    platform = Platform()
    async with world.delivering(platform):
        ola = await world.writes("Hello")
        await world.says(ola, "between us agents", "note")
        await world.says(ola, "Good day", "agent")
        await world.until(ola.conversation, "sent")
    assert platform.arrived == [("ola", "Good day")]


@pytest.mark.parametrize(
    ("trouble", "calls"),
    [
        ([NotNow("Too many", seconds=0.05)], 2),
        ([NotNow("Too many", seconds=0.05, everywhere=True)], 2),
        ([TimeoutError()], 2),
        (["lost answer"], 1),
        ([ConnectionResetError(), NotNow("busy", seconds=0.05), "lost answer"], 3),
    ],
    ids=["later", "later, all of the account", "never arrived", "arrived, no answer came", "one after the other"],
)
async def test_trouble_that_passes_loses_and_doubles_nothing(
    world: World, trouble: list[Exception | str], calls: int
) -> None:
    platform = Platform()
    platform.trouble = list(trouble)
    async with world.delivering(platform):
        ola = await world.writes("Hello")
        await world.says(ola, "first")
        await world.says(ola, "second")
        await world.until(ola.conversation, "sent", "sent")
    assert platform.arrived == [("ola", "first"), ("ola", "second")]
    assert platform.calls == calls + 1


async def test_trouble_of_one_customer_does_not_hold_up_another(world: World) -> None:
    platform = Platform()
    ola, kari = await world.writes("Hello"), await world.writes("Hi", key="kari")
    platform.trouble = ["hang"]
    async with world.delivering(platform):
        await world.says(ola, "hangs")
        await world.until(ola.conversation, "sending")
        await world.says(kari, "arrives")
        await world.until(kari.conversation, "sent")
    assert platform.arrived == [("kari", "arrives")]


async def test_a_long_message_goes_on_where_it_was_interrupted(world: World) -> None:
    platform = Platform(longest=10)
    platform.trouble = ["", "lost answer", TimeoutError()]
    async with world.delivering(platform):
        ola = await world.writes("Hello")
        await world.says(ola, "one two\nthree four\nfive six")
        await world.until(ola.conversation, "sent")
    assert [text for _, text in platform.arrived] == ["one two", "three four", "five six"]


@pytest.mark.parametrize("found", [True, False], ids=["it had arrived", "it had not"])
async def test_a_worker_killed_while_it_sends(world: World, found: bool) -> None:
    platform = Platform()
    ola = await world.writes("Hello")
    platform.trouble = ["hang"]
    await world.says(ola, "Good day")
    async with world.delivering(platform), asyncio.timeout(30):
        while not platform.calls:  # noqa: ASYNC110  # no query tells
            await asyncio.sleep(0.01)
    if found:
        platform.arrived.append(("ola", "Good day"))
        platform.ids = {f"{ola.conversation}/2#0": "1"}
    async with world.delivering(platform):
        await world.until(ola.conversation, "sent")
    assert platform.arrived == [("ola", "Good day")]


async def test_a_blocked_bot_is_an_outcome_until_the_customer_writes_again(world: World) -> None:
    platform = Platform()
    platform.trouble = [Gone("The customer has blocked the bot.")]
    async with world.delivering(platform):
        ola = await world.writes("Hello")
        await world.says(ola, "first")
        await world.says(ola, "second")
        await world.until(ola.conversation, "failed", "failed")
        await world.says(ola, "third")
        assert await world.status(ola.conversation) == ["failed", "failed", "failed"]
        assert platform.calls == 1, "nothing is tried again"
        [event] = await world.rows("select data from event where kind = 'undeliverable'")
        assert event["data"]["problem"] == "The customer has blocked the bot."
        await world.writes("I am back")
        await world.says(ola, "welcome back")
        await world.until(ola.conversation, "failed", "failed", "failed", "sent")
    assert platform.arrived == [("ola", "welcome back")]


async def test_what_is_said_while_the_bot_is_blocked_does_not_overtake_what_was_refused(world: World) -> None:
    platform = Platform()
    platform.trouble = [Gone("The customer has blocked the bot.")]
    ola = await world.writes("Hello")
    await world.says(ola, "first")
    async with world.delivering(platform):
        async with transaction(world.pool) as connection:
            locked = await conversations.lock(connection, ola.conversation)
            await conversations.add_message(connection, locked, "bot", "second")
            while not platform.calls:  # noqa: ASYNC110  # no query tells
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.2)  # the refusal is being noted
        await world.until(ola.conversation, "failed", "failed")
    assert platform.arrived == []


async def test_a_refused_message_fails_alone_and_can_be_tried_again(world: World) -> None:
    platform = Platform()
    platform.trouble = [Never("Telegram refuses this file.")]
    async with world.delivering(platform):
        ola = await world.writes("Hello")
        seq = await world.says(ola, "first", "agent")
        await world.says(ola, "second", "agent")
        await world.until(ola.conversation, "failed", "sent")
        async with transaction(world.pool) as connection:
            await delivery.retry(connection, ola.conversation, seq, "agent:1")
        await world.until(ola.conversation, "sent", "sent")
        with pytest.raises(NotFound):
            async with transaction(world.pool) as connection:
                await delivery.retry(connection, ola.conversation, seq, "agent:1")
    assert [text for _, text in platform.arrived] == ["second", "first"]


async def test_a_bot_never_talks_over_a_person(world: World) -> None:
    """What it had not yet said when somebody took over is dropped; what the person says goes out."""
    platform = Platform()
    ola = await world.writes("Hello")
    ana = await world.agent()
    await world.says(ola, "I am only a bot")
    async with transaction(world.pool) as connection:
        locked = await conversations.lock(connection, ola.conversation)
        await conversations.claim(connection, locked, ana, notice="Ana is here now.")
    await world.says(ola, "Ana here", "agent")
    async with world.delivering(platform):
        await world.until(ola.conversation, "dropped", "sent", "sent")
    assert [text for _, text in platform.arrived] == ["Ana is here now.", "Ana here"]


@pytest.mark.parametrize("arrived", [True, False], ids=["it had arrived", "it had not"])
async def test_a_bot_whose_words_were_in_doubt_does_not_repeat_them_to_a_person(world: World, arrived: bool) -> None:
    """Nobody knows whether it arrived, and meanwhile a person takes over: it is looked for, and never said again."""
    platform = Platform()
    platform.trouble = ["lost answer" if arrived else TimeoutError()]
    platform.doubts = [NotNow("Too many", seconds=0.05)] * 1000  # it is not found before somebody has taken over
    ola, ana = await world.writes("Hello"), await world.agent()
    async with world.delivering(platform):
        await world.says(ola, "I am only a bot")
        await world.until(ola.conversation, "sending")
        async with transaction(world.pool) as connection:
            locked = await conversations.lock(connection, ola.conversation)
            await conversations.claim(connection, locked, ana, notice="Ana is here now.")
        platform.doubts.clear()
        await world.until(ola.conversation, "sent" if arrived else "dropped", "sent")
    assert [text for _, text in platform.arrived] == [*(["I am only a bot"] if arrived else []), "Ana is here now."]


async def test_what_is_in_doubt_stays_so_while_the_platform_is_busy(world: World) -> None:
    """A platform that has no time to say whether it arrived has not said that it did not."""
    platform = Platform()
    platform.trouble = ["lost answer"]
    platform.doubts = [NotNow("Too many", seconds=0.05), NotNow("Too many", seconds=0.05)]
    async with world.delivering(platform):
        ola = await world.writes("Hello")
        await world.says(ola, "once")
        await world.until(ola.conversation, "sent")
    assert platform.arrived == [("ola", "once")]


@pytest.mark.parametrize(
    ("pace", "keys"),
    [(Pace(account=4, place=0), "abcdef"), (Pace(account=100, place=0.6), "aaa")],
    ids=["of the account", "in one place"],
)
async def test_the_platforms_pace_is_kept(world: World, pace: Pace, keys: str) -> None:
    """However late single calls come, the last one comes no earlier than the pace allows."""
    platform = Platform(pace=pace)
    places = [await world.writes("Hello", key=key) for key in keys]
    began = time.monotonic()
    async with world.delivering(platform):
        for number, place in enumerate(places):
            await world.says(place, f"number {number}")
        async with asyncio.timeout(30):
            while len(platform.at) < len(keys):  # noqa: ASYNC110  # no query tells
                await asyncio.sleep(0.01)
    assert max(platform.at) - began >= 1.2


async def test_the_pace_holds_when_a_call_is_long_on_its_way(world: World) -> None:
    """The platform counts from when a call arrives, which is later than when it began."""

    class Late(Platform):
        async def post(self, place: Place, part: Part) -> str:
            if not self.at:
                await asyncio.sleep(0.3)
            return await super().post(place, part)

    platform = Late(pace=Pace(account=100, place=0.25))
    ola = await world.writes("Hello")
    async with world.delivering(platform):
        await world.says(ola, "one")
        await world.says(ola, "two")
        await world.until(ola.conversation, "sent", "sent")
    assert platform.at[1] - platform.at[0] >= 0.25


async def test_typing_reaches_the_customer(world: World) -> None:
    platform = Platform()
    async with world.delivering(platform):
        ola = await world.writes("Hello")
        async with asyncio.timeout(30):
            while not platform.shown:
                async with transaction(world.pool) as connection:
                    await live.notify(connection, ola.conversation, typing="agent")
                await asyncio.sleep(0.05)
    assert platform.shown[0] == "ola"


async def test_only_one_process_works_for_an_account(world: World) -> None:
    working: list[int] = []
    most = 0

    def work(number: int) -> Any:
        async def one(_: Term) -> None:
            nonlocal most
            working.append(number)
            most = max(most, len(working))
            try:
                await asyncio.sleep(60)
            finally:
                working.remove(number)

        return one

    tasks = [asyncio.create_task(lead(world.url, "deliver:pigeon:loft", work(number))) for number in range(3)]
    async with asyncio.timeout(30):
        for _ in range(2):
            while not working:  # noqa: ASYNC110  # leading is told in no other way
                await asyncio.sleep(0.05)
            leader = working[0]
            tasks[leader].cancel()
            with suppress(asyncio.CancelledError):
                await tasks[leader]
        while not working:  # noqa: ASYNC110  # as above
            await asyncio.sleep(0.05)
    assert most == 1
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class Slow(Platform):
    """What it was called with arrives a little later, whatever becomes of the caller."""

    def __init__(self) -> None:
        super().__init__()
        self.under_way: set[asyncio.Task[str]] = set()

    async def post(self, place: Place, part: Part) -> str:
        call = asyncio.create_task(self._take(place, part))
        self.under_way.add(call)
        return await asyncio.shield(call)

    async def _take(self, place: Place, part: Part) -> str:
        await asyncio.sleep(5)
        return await super().post(place, part)


async def test_a_courier_that_lost_its_connection_and_its_successor_say_nothing_twice(world: World) -> None:
    """PostgreSQL has dropped the connection of the one who leads, and what it was sending is still under way."""
    platform = Slow()
    ola, kari = await world.writes("Hello"), await world.writes("Hi", key="kari")
    async with world.delivering(platform, platform):
        await world.says(ola, "once")
        await world.until(ola.conversation, "sending")
        async with asyncio.timeout(30):
            while not platform.under_way:  # noqa: ASYNC110  # no query tells
                await asyncio.sleep(0.01)
        gone = (
            "select pg_terminate_backend(pid) as gone from pg_locks where locktype = 'advisory' and granted"
            " and database = (select oid from pg_database where datname = current_database())"
        )
        assert {"gone": True} in await world.rows(gone)
        await world.says(kari, "and once")
        await world.until(ola.conversation, "sent")
        await world.until(kari.conversation, "sent")
    assert sorted(platform.arrived) == [("kari", "and once"), ("ola", "once")]


@pytest.mark.parametrize("turn_first", [True, False], ids=["its turn comes first", "it has looked around first"])
async def test_a_courier_that_was_deposed_sends_nothing_more(
    world: World, monkeypatch: pytest.MonkeyPatch, turn_first: bool
) -> None:
    """Neither what waits for its turn nor what comes now; leading again it says each once."""
    turn = asyncio.Event()
    turn.set()
    monkeypatch.setattr(delivery._Pacer, "turn", lambda *_: turn.wait())
    looks = delivery._LOOK_SECONDS
    if turn_first:
        monkeypatch.setattr(delivery, "_LOOK_SECONDS", 600)
    ola, kari = await world.writes("Hello"), await world.writes("Hi", key="kari")
    platform = Platform()
    async with world.delivering(platform):
        await world.says(ola, "first")
        await world.until(ola.conversation, "sent")
        turn.clear()
        await world.says(ola, "in a moment")  # it waits for its turn
        await world.until(ola.conversation, "sent", "sending")
        async with await psycopg.AsyncConnection.connect(world.url, autocommit=True) as successor:
            await world.rows("update leader set term = term + 1 returning term")
            if turn_first:
                turn.set()
            else:
                await world.says(kari, "another one")
            name = f"deliver:{platform.name}:{platform.account}"
            await successor.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [name])
            monkeypatch.setattr(delivery, "_LOOK_SECONDS", looks)
            turn.set()
            if turn_first:
                await world.says(kari, "another one")
            await asyncio.sleep(1)
            assert platform.arrived == [("ola", "first")]
            assert await world.status(kari.conversation) == ["queued"]
        await world.until(kari.conversation, "sent")
        await world.until(ola.conversation, "sent", "sent")
    assert platform.arrived == [("ola", "first"), ("kari", "another one"), ("ola", "in a moment")]


async def test_two_first_messages_at_once_make_one_conversation(world: World) -> None:
    places = await asyncio.gather(*(world.writes(f"Hello {number}") for number in range(5)))
    assert len({place.conversation for place in places}) == 1
    assert await world.rows("select count(*) from customer") == [{"count": 1}]


async def test_what_arrives_twice_changes_nothing(world: World) -> None:
    for _ in range(3):
        ola = await world.writes("Hello", id="77")
    assert len(await world.rows("select from message where conversation_id = %s", ola.conversation)) == 1


async def test_somebody_known_in_one_chat_is_known_in_the_next(world: World) -> None:
    """A thread in Slack is a conversation of its own, and the person is the same customer."""
    first = await world.writes("Hello", key="thread-1")
    async with transaction(world.pool) as connection:
        arrival = Arrival("pigeon", "loft", "thread-2", Sender("user-thread-1"), "2", "Another question")
        second = await arrive(connection, world.services, arrival)
    assert first.conversation != second.conversation
    assert await world.rows("select count(*) from customer") == [{"count": 1}]


async def test_a_pressed_button_is_one_that_was_offered(world: World) -> None:
    ola = await world.writes("Hello")
    seq = await world.says(ola, "Did it help?", buttons=(Button("Yes", "/affirm"), Button("No", "/deny")))
    await world.writes("", id="press-1", pressed=Pressed(seq, 1))
    [message] = await world.rows("select text, payload from message where external_id = 'press-1'")
    assert message == {"text": "No", "payload": "/deny"}
    with pytest.raises(InvalidMessage):
        await world.writes("", id="press-2", pressed=Pressed(seq, 2))
    await world.says(ola, "Something else?", buttons=(Button("Yes", "/affirm"),))
    with pytest.raises(InvalidMessage):
        await world.writes("", id="press-3", pressed=Pressed(seq, 1))


async def test_an_edit_and_a_deletion_reach_the_next_turn(world: World) -> None:
    inbox = "select text from message m where conversation_id = %s and author = 'customer' order by seq"
    ola = await world.writes("order FJ-204817", id="1")
    await world.writes("order FJ-204818", id="1:edit", edits="1")
    await world.writes("order FJ-204819", id="1:edit again", edits="1")
    await world.writes("nonsense", id="2")
    await world.writes("a typo", id="3")
    await world.writes("another one", id="3:edit", edits="3")
    async with transaction(world.pool) as connection:
        await withdraw(connection, ola, "2")
        await withdraw(connection, ola, "3")
    assert [row["text"] for row in await world.rows(inbox, ola.conversation)] == [
        "order FJ-204817", "order FJ-204818", "order FJ-204819", "nonsense", "a typo", "another one",
    ]  # fmt: skip
    assert await _inbox(world, ola.conversation) == ["order FJ-204819"]


async def test_a_message_longer_than_ours_may_be_is_kept_whole(world: World) -> None:
    text = "\n".join(f"This is sentence number {number} of a long letter." for number in range(400))
    ola = await world.writes(text, id="1")
    rows = await world.rows("select text from message where conversation_id = %s order by seq", ola.conversation)
    most = world.services.business.limits.message_length
    assert len(rows) > 2 and all(len(row["text"]) <= most for row in rows)
    assert "\n".join(row["text"] for row in rows) == text


async def test_an_edited_letter_is_exactly_its_new_text(world: World) -> None:
    """Longer, shorter and longer again, in pieces: neither turn nor desk takes one from before for what is said now."""
    most = world.services.business.limits.message_length

    def letter(word: str, pieces: int) -> str:
        return "\n".join(f"{word} {number} ".ljust(most - 10, "x") for number in range(pieces))

    ola = await world.writes(letter("first", 2), id="1")
    for number, pieces in enumerate((4, 1, 3, 2)):
        text = letter(f"edit{number}", pieces)
        for _ in range(2):  # platforms bring it twice
            await world.writes(text, id=f"1:edit:{number}", edits="1")
        await world.writes(letter("first", 2), id="1")
        assert "\n".join(await _inbox(world, ola.conversation)) == text
        assert "\n".join(await _standing(world, ola.conversation)) == text
    await world.writes(letter("edit1", 1), id="1:edit:1", edits="1")  # very late
    assert await _standing(world, ola.conversation) == letter("edit3", 2).split("\n")
    async with transaction(world.pool) as connection:
        await withdraw(connection, ola, "1")
    assert await _inbox(world, ola.conversation) == await _standing(world, ola.conversation) == []
    await world.writes("never said", id="1:edit:5", edits="1")
    assert await _standing(world, ola.conversation) == []


async def test_a_letter_that_comes_after_its_edit_changes_nothing(world: World) -> None:
    most = world.services.business.limits.message_length
    ola = await world.writes("short", id="1:edit", edits="1")
    await world.writes("x" * (2 * most), id="1")
    assert await _standing(world, ola.conversation) == ["short"]


async def test_a_group_may_have_said_fifty_thousand_things(world: World) -> None:
    """What comes in, new or edited, is looked up by its name: the plan reads a few rows, not the conversation."""
    ola = await world.writes("red", id="1")
    await world.writes("blue", id="1:edit", edits="1")
    await world.rows(
        "insert into message (conversation_id, seq, episode, author, channel, external_id, text)"
        " select %s, n, 1, 'customer', 'pigeon', '1' || n, 'Hello' from generate_series(10, 50000) n returning 1",
        ola.conversation,
    )
    explain = "explain (analyze, format json) " + queries("places")["versions"]
    key = {"id": ola.conversation, "channel": "pigeon", "external_id": "1"}
    async with transaction(world.pool) as connection:
        row = await (await connection.execute(explain, key)).fetchone()
    assert row is not None
    assert max(_rows_read(row["QUERY PLAN"][0]["Plan"])) < 10


def _rows_read(plan: Mapping[str, Any]) -> Iterator[float]:
    """What each step of a plan had in hand."""
    yield plan["Actual Loops"] * (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0))
    for step in plan.get("Plans", ()):
        yield from _rows_read(step)


async def test_somebody_who_floods_us_is_told_once(world: World) -> None:
    most = world.services.business.limits.messages_per_minute
    for number in range(most + 5):
        ola = await world.writes(f"message {number}")
    rows = await world.rows(
        "select author, count(*) from message where conversation_id = %s group by 1", ola.conversation
    )
    assert {row["author"]: row["count"] for row in rows} == {"customer": most, "system": 1}


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("short", ["short"]),
        ("One sentence. Another one.", ["One sentence.", "Another one."]),
        ("a paragraph\n\nand the next", ["a paragraph", "and the next"]),
        ("unbreakable" * 3, ["unbreakableunbreakab", "leunbreakable"]),
        ("", []),
        ("\n \n", []),
    ],
)
def test_texts_are_split_where_a_reader_pauses(text: str, pieces: Sequence[str]) -> None:
    assert list(split(text, 20)) == pieces


async def _inbox(world: World, conversation: UUID) -> list[str]:
    from bot.db import queries

    key: Mapping[str, Any] = {"id": conversation, "handled_seq": 0}
    async with transaction(world.pool) as connection:
        rows = await (await connection.execute(queries("turn")["inbox"], key)).fetchall()
    return [row["text"] for row in rows]


async def _standing(world: World, conversation: UUID) -> list[str]:
    """The customer's words as the desk shows them, without what it strikes out."""
    async with transaction(world.pool) as connection:
        shown = (await views.conversation(connection, world.services.business, conversation))["messages"]
    edited = {one["edits"] for one in shown}
    said = [one for one in shown if one["author"] == "customer"]
    return [one["text"] for one in said if not one["deleted"] and one["seq"] not in edited]
