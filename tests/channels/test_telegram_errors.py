"""Every documented error of every call but those that send: nothing lost, nothing doubled, and what stays is seen."""

from __future__ import annotations

import pytest

from bot import live
from bot.channel import Never, NotNow
from bot.db import transaction
from bot.errors import WarmlineError
from bot.records import Button
from channels.telegram import polling, webhook
from channels.telegram.administration import administer
from tests.channels.telegram_world import World, telegram, telegram_world, until  # noqa: F401  # fixtures
from tests.standins.telegram.errors import DOCUMENTED

YES_NO = (Button("Yes", "/affirm"), Button("No", "/deny"))


@pytest.fixture
def world(telegram_world: World, monkeypatch: pytest.MonkeyPatch) -> World:  # noqa: F811
    """Everything but a worker, and no long rests after an error."""
    monkeypatch.setattr(webhook, "_PAUSE_SECONDS", 0.02)
    for name in ("_LONGEST_PAUSE_SECONDS", "_REVOKED_PAUSE_SECONDS"):
        monkeypatch.setattr(polling, name, 0.02)
    return telegram_world


async def test_whether_a_message_arrived_is_known_asked_again_or_stated(world: World) -> None:
    """editMessageReplyMarkup, by which it is looked for: no error of it makes a second message.

    But for a group that moved: the old one shows nothing any more, so what is in doubt is sent to the new one.
    """
    not_of_texts = ("formatting refused", "too long")
    for name, refusal in DOCUMENTED.items():
        if name in (*not_of_texts, "migrated"):
            continue
        kari = world.kari(first_name=name)
        async with world.polling():
            kari.writes("hello")
            conversation = await world.conversation(kari)
        world.telegram.drops("sendMessage", done=True, times=1)
        world.telegram.fails("editMessageReplyMarkup", refusal)
        async with world.delivering():
            await world.says(conversation, "once")
            await world.until(
                lambda conversation=conversation: world.rows(
                    "select status, problem from delivery where conversation_id = %s and status in ('sent', 'failed')",
                    conversation,
                )
            )
        assert [one.text for one in kari.screen()] == ["once"], name
        [row] = await world.rows("select status, problem from delivery where conversation_id = %s", conversation)
        assert (row["status"] == "sent") == (row["problem"] is None), (name, row)


async def test_a_file_is_had_later_or_refused(world: World) -> None:
    """getFile: an error is never taken for the file, and Telegram is left alone for as long as it says."""
    sent = world.kari().sends_document(b"%PDF-1.7", name="a.pdf", mime_type="application/pdf")
    source = {"file_id": sent["document"]["file_id"]}
    channel = world.channel()
    async with channel.connected():
        for name, refusal in DOCUMENTED.items():
            world.telegram.fails("getFile", refusal)
            with pytest.raises((NotNow, Never)) as caught:
                await channel.fetch(source, most=2000)
            assert world.telegram.bot.token not in repr(caught.value)
            if name == "too many requests":
                assert caught.value.seconds == 1
            assert await channel.fetch(source, most=2000) == b"%PDF-1.7", name


@pytest.mark.parametrize("method", ["answerCallbackQuery", "editMessageReplyMarkup"])
async def test_a_press_counts_whatever_becomes_of_its_answer(world: World, method: str) -> None:
    """What is only shown to whoever pressed holds nothing up."""
    kari = world.kari()
    async with world.polling():
        kari.writes("hello")
        conversation = await world.conversation(kari)
        for number, (name, refusal) in enumerate(DOCUMENTED.items()):
            await world.says(conversation, f"Is it {name}?", buttons=YES_NO)
            await kari.receives(f"Is it {name}?")
            world.telegram.fails(method, refusal)
            kari.presses("No")
            await world.wrote(conversation, "hello", *["No"] * (number + 1))
            await until(lambda number=number: len(world.telegram.calls_of(method)) > number)


async def test_typing_is_only_tried(world: World) -> None:
    """sendChatAction: no error of it delays a message."""
    kari = world.kari()
    async with world.polling():
        kari.writes("hello")
        conversation = await world.conversation(kari)
        for number, refusal in enumerate(DOCUMENTED.values()):
            world.telegram.fails("sendChatAction", refusal)
            async with transaction(world.pool) as connection:
                await live.notify(connection, conversation, typing="agent")
            await until(lambda number=number: len(world.telegram.calls_of("sendChatAction")) > number)
        await world.says(conversation, "here I am")
        await kari.receives("here I am")


async def test_the_webhook_is_set_in_the_end(world: World) -> None:
    """getWebhookInfo, setWebhook and setMyCommands: tried until it is there; without the menu all else works."""
    for refusal in DOCUMENTED.values():
        for method in ("getWebhookInfo", "setWebhook"):
            world.telegram.fails(method, refusal)
    world.telegram.fails("setMyCommands", DOCUMENTED["unauthorized"])
    kari = world.kari()
    async with world.called():
        kari.writes("hello")
        await world.wrote(await world.conversation(kari), "hello")


async def test_no_error_of_the_menu_keeps_us_from_listening(world: World) -> None:
    """setMyCommands: each error in turn, at each start."""
    for number, refusal in enumerate(DOCUMENTED.values()):
        world.telegram.fails("setMyCommands", refusal)
        async with world.polling():
            await until(lambda number=number: len(world.telegram.calls_of("getUpdates")) > number)


async def test_updates_wait_until_telegram_says_who_we_are(world: World) -> None:
    """getMe, getUpdates and deleteWebhook, while we poll: what people write is stored once, in order."""
    async with world.called(deliver=False):
        assert world.telegram.bot.webhook
    kari = world.kari()
    kari.writes("one")
    kari.writes("two")
    for refusal in DOCUMENTED.values():
        for method in ("getMe", "getUpdates", "deleteWebhook"):
            world.telegram.fails(method, refusal)
    async with world.polling():
        await world.wrote(await world.conversation(kari), "one", "two")


async def test_checks_and_commands_say_what_telegram_answers(world: World) -> None:
    """getMe, getWebhookInfo, setWebhook, deleteWebhook: a sentence for a person, without the token."""
    verbs = {"getMe": "info", "getWebhookInfo": "info", "setWebhook": "set-webhook", "deleteWebhook": "delete"}
    channel = world.channel(public_url="http://127.0.0.1:9")
    async with channel.connected():
        await webhook.set_webhook(channel.client, str(channel.url))
    for refusal in DOCUMENTED.values():
        for method, verb in verbs.items():
            world.telegram.fails(method, refusal)
            with pytest.raises(WarmlineError) as caught:
                await administer(channel, verb)
            assert world.telegram.bot.token not in str(caught.value)
        for method in ("getMe", "getWebhookInfo"):
            world.telegram.fails(method, refusal)
            async with channel.connected():
                found = "\n".join(await channel.problems())
            assert "Fix: " in found and world.telegram.bot.token not in found
