"""What is said reaches Telegram once, in order, well formed, or has a stated outcome: the real library and courier
against the stand-in."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot import live
from bot.channel import Gone, Never, NotNow, Outgoing, Place
from bot.db import transaction
from bot.records import Button
from channels.telegram import client as clients
from channels.telegram.outgoing import TEXT_UNITS, parts
from channels.telegram.probing import unknown_after
from tests.channels.telegram_world import World, telegram, telegram_world  # noqa: F401  # fixtures
from tests.standins.telegram import Limits
from tests.standins.telegram.errors import BLOCKED, DOCUMENTED, bad_request, too_many_requests
from tests.standins.telegram.formatting import utf16_length
from tests.world import file

PNG = b"\x89PNG\r\n\x1a\n and so on"
YES_NO = (Button("Yes, that helped", "/affirm"), Button("No", "/deny"))


@pytest.fixture
def world(telegram_world: World) -> World:  # noqa: F811
    """Everything but a worker."""
    return telegram_world


async def _talks(world: World, person: Any, text: str = "hello") -> Any:
    """Somebody has written, so that there is a conversation."""
    async with world.polling():
        person.writes(text)
        return await world.conversation(person)


async def test_a_message_is_shown_as_it_was_meant(world: World) -> None:
    """Everything is escaped, no link is unfolded, an agent's name stands above, buttons below."""
    kari = world.kari()
    conversation = await _talks(world, kari)
    async with world.delivering():
        await world.says(conversation, "5 < 6 & <b>not bold</b> https://shop.example/?a=1&b=2", buttons=YES_NO)
        [shown] = await kari.receives()
    assert shown.text == "5 < 6 & <b>not bold</b> https://shop.example/?a=1&b=2"
    assert shown.buttons == ("Yes, that helped", "No")
    assert shown.raw["link_preview_options"] == {"is_disabled": True}


async def test_an_agent_is_named_and_files_come_along(world: World) -> None:
    """Pictures as pictures, other files as files, below the words of the agent who sends them."""
    kari = world.kari()
    conversation = await _talks(world, kari)
    place = Place(1, "telegram", "shop", str(kari.id), conversation)
    files = (file("lamp.png", "image/png", PNG), file("invoice.pdf", "application/pdf", b"%PDF-1.7"))
    message = Outgoing(place, 7, "agent", "Here is <it>", "en", agent="Ana & Co", files=files)
    channel = world.channel()
    async with channel.connected():
        for part in channel.parts(message):
            await channel.post(place, part)
    text, photo, document = kari.read()
    assert text.text == "Ana & Co\nHere is <it>"
    assert text.raw["entities"] == [{"type": "bold", "offset": 0, "length": 8}]
    assert (photo.file, photo.text) == (PNG, "") and "photo" in photo.raw
    assert (document.file, document.file_name) == (b"%PDF-1.7", "invoice.pdf")


async def test_a_picture_that_is_none_goes_out_as_a_file(world: World) -> None:
    kari = world.kari()
    conversation = await _talks(world, kari)
    place = Place(1, "telegram", "shop", str(kari.id), conversation)
    channel = world.channel()
    message = Outgoing(place, 7, "agent", "", "en", agent="Ana", files=(file("a.png", "image/png", b"no picture"),))
    async with channel.connected():
        [part] = channel.parts(message)
        await channel.post(place, part)
    [shown] = kari.read()
    assert (shown.file, shown.text) == (b"no picture", "Ana") and "document" in shown.raw


async def test_formatting_that_is_refused_goes_out_plain(world: World) -> None:
    kari = world.kari()
    conversation = await _talks(world, kari)
    world.telegram.fails("sendMessage", DOCUMENTED["formatting refused"])
    async with world.delivering():
        await world.says(conversation, "5 < 6")
        await world.delivered(conversation, "sent")
    assert [one.text for one in kari.read()] == ["5 < 6"]


def test_a_long_message_is_cut_at_sentences_as_telegram_counts() -> None:
    place = Place(1, "telegram", "shop", "1", None)  # type: ignore[arg-type]
    text = " ".join(f"This is sentence {number} 🙂." for number in range(600))
    found = parts(Outgoing(place, 3, "agent", text, "en", agent="Ana", buttons=YES_NO))
    assert len(found) > 2
    assert all(utf16_length(f"{one['agent'] or ''}\n{one['text']}") <= TEXT_UNITS for one in found)
    assert all(one["text"].endswith(".") for one in found)
    assert " ".join(one["text"] for one in found) == text
    assert [bool(one.get("keyboard")) for one in found] == [False] * (len(found) - 1) + [True]
    assert [one["agent"] for one in found] == ["Ana"] + [None] * (len(found) - 1)


@pytest.mark.parametrize("method", ["sendMessage", "sendPhoto", "sendDocument"])
@pytest.mark.parametrize("name", DOCUMENTED)
async def test_every_documented_error_has_its_outcome(world: World, name: str, method: str) -> None:
    """What passes is tried again, what doesn't is stated for agents to read, what is uncertain is looked for."""
    outcomes = {
        "chat not found": Gone, "formatting refused": None, "too long": Never, "migrated": Gone, "unauthorized": Gone,
        "blocked": Gone, "deactivated": Gone, "kicked": Gone, "not found": Never, "conflict": NotNow,
        "request too large": Never, "too many requests": NotNow, "internal error": Exception, "bad gateway": Exception,
    }  # fmt: skip
    kari = world.kari()
    channel = world.channel()
    place = Place(1, "telegram", "shop", str(kari.id), None)  # type: ignore[arg-type]
    files = {"sendPhoto": file("a.png", "image/png", PNG), "sendDocument": file("a.pdf", "application/pdf", b"%PDF")}
    text, sent = ("hello", ()) if method == "sendMessage" else ("", (files[method],))
    [part] = channel.parts(Outgoing(place, 1, "agent", text, "en", agent="Ana", files=sent))
    world.telegram.fails(method, DOCUMENTED[name])
    async with channel.connected():
        if (wanted := outcomes[name]) is None:
            assert await channel.post(place, part)
            return
        with pytest.raises(wanted) as caught:
            await channel.post(place, part)
    assert (caught.type in (Gone, Never, NotNow)) == (wanted is not Exception)
    assert world.telegram.bot.token not in repr(caught.value)
    if wanted is NotNow and name == "too many requests":
        assert caught.value.seconds == 1 and not caught.value.everywhere
    if wanted is Gone and name != "migrated":
        assert "bot" in str(caught.value) or "customer" in str(caught.value) or "chat" in str(caught.value)


async def test_telegram_out_of_reach_holds_up_everything_and_loses_nothing(world: World) -> None:
    channel = world.channel()
    channel.client = clients.Client(world.telegram.bot.token, "http://127.0.0.1:9")
    place = Place(1, "telegram", "shop", "1", None)  # type: ignore[arg-type]
    async with channel.connected(), channel.client.open():
        with pytest.raises(NotNow) as caught:
            await channel.post(place, channel.parts(Outgoing(place, 1, "bot", "hello", "en"))[0])
    assert caught.value.everywhere


async def test_a_storm_of_429_delays_one_chat_and_not_the_others(world: World) -> None:
    kari, ola = world.kari(first_name="Kari"), world.kari(first_name="Ola")
    of_kari, of_ola = await _talks(world, kari), await _talks(world, ola)
    for seconds in (3600, 1):
        world.telegram.fails("sendMessage", too_many_requests(seconds), chat=kari.id)
    async with world.delivering():
        for number in range(3):
            await world.says(of_kari, f"Kari {number}")
        await world.delivered(of_kari, "queued", "queued", "queued")
        for number in range(3):
            await world.says(of_ola, f"Ola {number}")
        await world.delivered(of_ola, "sent", "sent", "sent")
        assert kari.screen() == []
        over = "update delivery set not_before = now() where conversation_id = %s and problem is not null returning 1"
        await world.until(lambda: world.rows(over, of_kari))
        await world.delivered(of_kari, "sent", "sent", "sent")
    assert [one.text for one in kari.screen()] == [f"Kari {number}" for number in range(3)]


async def test_the_documented_limits_are_kept_without_being_told(world: World) -> None:
    kari = world.kari()
    conversation = await _talks(world, kari)
    world.telegram.limit_rates(Limits())
    channel = world.channel()
    from bot.delivery import Courier

    async with world.working(Courier(world.pool, world.services.live, channel).lead(world.pool.conninfo)):
        for number in range(3):
            await world.says(conversation, f"number {number}")
        await world.delivered(conversation, "sent", "sent", "sent")
    assert [call.refusal for call in world.telegram.calls_of("sendMessage")] == [None] * 3


@pytest.mark.parametrize("done", [True, False], ids=["it had arrived", "it had not"])
@pytest.mark.parametrize("buttons", [YES_NO, ()], ids=["buttons", "no buttons"])
async def test_a_broken_answer_doubles_and_loses_nothing(world: World, done: bool, buttons: tuple[Button, ...]) -> None:
    """While others write and are written to, so that numbers go on meanwhile."""
    kari, ola = world.kari(first_name="Kari"), world.kari(first_name="Ola")
    of_kari, of_ola = await _talks(world, kari), await _talks(world, ola)
    world.telegram.drops("sendMessage", done=done, times=1, chat=kari.id)
    async with world.polling():
        await world.says(of_kari, "once", buttons=buttons)
        await world.says(of_ola, "another chat")
        ola.writes("and one more number")
        await world.says(of_kari, "twice")
        await world.delivered(of_kari, "sent", "sent")
    assert [one.text for one in kari.screen()] == ["once", "twice"]
    assert kari.screen()[0].buttons == tuple(one.title for one in buttons)


async def test_a_time_out_after_telegram_has_accepted_doubles_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "_ANSWER_SECONDS", 0.5)
    kari = world.kari()
    conversation = await _talks(world, kari)
    world.telegram.hangs("sendMessage", times=1)
    async with world.delivering():
        await world.says(conversation, "once")
        await world.delivered(conversation, "sent")
    assert [one.text for one in kari.screen()] == ["once"]
    assert len(world.telegram.calls_of("sendMessage")) == 1


async def test_looking_for_a_lost_message_survives_trouble_of_its_own(world: World) -> None:
    """Were a refusal of the search taken for "it did not arrive", the customer would read it twice."""
    kari = world.kari()
    conversation = await _talks(world, kari)
    world.telegram.drops("sendMessage", done=True, times=1)
    world.telegram.fails("editMessageReplyMarkup", too_many_requests(1), times=1)
    world.telegram.fails("editMessageReplyMarkup", DOCUMENTED["bad gateway"], times=1)
    async with world.delivering():
        await world.says(conversation, "once")
        await world.delivered(conversation, "sent")
    assert [one.text for one in kari.screen()] == ["once"]


async def test_who_blocks_the_bot_before_it_is_looked_for_is_gone(world: World) -> None:
    kari = world.kari()
    conversation = await _talks(world, kari)
    world.telegram.drops("sendMessage", done=True, times=1)
    world.telegram.fails("editMessageReplyMarkup", BLOCKED, times=1)
    async with world.delivering():
        await world.says(conversation, "once")
        await world.delivered(conversation, "failed")
    assert await world.value("select problem from delivery") == "The customer has blocked the bot."


def test_numbers_that_a_lost_message_can_have() -> None:
    """Those after what was known before, without what is known by now, and not without end."""
    rows = [{"number": 10, "before": True}, {"number": 11, "before": False}, {"number": 13, "before": False}]
    assert unknown_after(rows) == [12, 14, 15, 16, 17]
    assert unknown_after([{"number": 5, "before": False}]) == ()
    assert len(unknown_after([{"number": 1, "before": True}, {"number": 10_000, "before": False}])) == 24


async def test_a_blocked_bot_is_a_stated_outcome_until_the_customer_is_back(world: World) -> None:
    """The courier learns it from a refusal; from then on Telegram is not asked again."""
    kari = world.kari()
    conversation = await _talks(world, kari)
    async with world.polling():
        world.telegram.fails("sendMessage", BLOCKED)
        await world.says(conversation, "are you there?", "agent")
        await world.delivered(conversation, "failed")
        await world.says(conversation, "hello?", "agent")
        await world.delivered(conversation, "failed", "failed")
        problems = [row["problem"] for row in await world.rows("select problem from delivery order by seq")]
        assert problems == ["The customer has blocked the bot."] * 2
        assert len(world.telegram.calls_of("sendMessage")) == 1
        kari.writes("here again")
        await world.wrote(conversation, "hello", "here again")
        await world.says(conversation, "welcome back")
        await kari.receives("welcome back")


async def test_blocking_is_known_before_anything_is_said(world: World) -> None:
    kari = world.kari()
    conversation = await _talks(world, kari)
    async with world.polling():
        kari.blocks()
        gone = "select gone from place where conversation_id = %s"
        await world.until(lambda: world.value(gone, conversation))
        await world.says(conversation, "are you there?")
        await world.delivered(conversation, "failed")
        kari.unblocks()
        await world.until(lambda: world.value(gone, conversation), lambda found: found is None)
        await world.says(conversation, "good to see you")
        await kari.receives("good to see you")
    kinds = await world.rows("select kind from event where kind like '%%reachable' order by at")
    assert [row["kind"] for row in kinds] == ["unreachable", "reachable"]


async def test_a_group_that_moves_takes_its_conversation_along(world: World) -> None:
    """Whether we hear of it from an update or only when something is sent there."""
    kari = world.kari()
    family = world.telegram.group(added_by=kari)
    async with world.polling():
        kari.writes("@fjordlys_bot hello", group=family)
        conversation = await world.conversation(family)
    with world.telegram.reordered(lambda updates: []):  # the update that says so is lost
        larger = family.upgrade()
    async with world.polling():
        await world.says(conversation, "where are you?")
        await larger.receives("where are you?")
        await world.delivered(conversation, "sent")
        assert await world.value("select key from place where conversation_id = %s", conversation) == str(larger.id)
        kari.writes("@fjordlys_bot in the new group", group=larger)
        await world.wrote(conversation, "hello", "in the new group")


async def test_typing_is_shown(world: World) -> None:
    kari = world.kari()
    conversation = await _talks(world, kari)
    async with world.delivering(), asyncio.timeout(30):
        while not kari.actions:  # until the courier is there to hear it
            async with transaction(world.pool) as connection:
                await live.notify(connection, conversation, typing="agent")
            await asyncio.sleep(0.1)
    assert kari.actions[0] == "typing"


async def test_files_are_fetched_up_to_a_size(world: World) -> None:
    kari = world.kari()
    sent = kari.sends_document(b"%PDF" + b"x" * 1000, name="a.pdf", mime_type="application/pdf")
    large = kari.sends_document(b"x", name="b.pdf", mime_type="application/pdf", size=21_000_000)
    lies = kari.sends_document(b"x" * 5000, name="c.pdf", mime_type="application/pdf", size=10)
    channel = world.channel()
    async with channel.connected():
        assert await channel.fetch({"file_id": sent["document"]["file_id"]}, most=2000) == b"%PDF" + b"x" * 1000
        for message, most in ((sent, 1000), (large, 50_000_000), (lies, 2000)):
            with pytest.raises(Never):
                await channel.fetch({"file_id": message["document"]["file_id"]}, most=most)
        with pytest.raises(NotNow):
            await channel.fetch({"file_id": "unknown"}, most=2000)
        world.telegram.drops("file", done=False)
        with pytest.raises(NotNow) as caught:
            await channel.fetch({"file_id": sent["document"]["file_id"]}, most=2000)
    assert world.telegram.bot.token not in repr(caught.value)


async def test_what_is_refused_for_another_reason_is_told_in_telegrams_words(world: World) -> None:
    kari = world.kari()
    conversation = await _talks(world, kari)
    world.telegram.fails("sendMessage", bad_request("CHAT_WRITE_FORBIDDEN"))
    world.telegram.fails("sendMessage", bad_request("something new"))
    async with world.delivering():
        await world.says(conversation, "one", "agent")
        await world.says(conversation, "two", "agent")
        await world.says(conversation, "three", "agent")
        await world.delivered(conversation, "failed", "failed", "sent")
    problems = [row["problem"] for row in await world.rows("select problem from delivery order by seq limit 2")]
    assert problems == ["The bot may not write in this group.", "Telegram refuses it: Something new"]
