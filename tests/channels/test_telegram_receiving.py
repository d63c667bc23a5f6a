"""What people do on Telegram reaches the conversation once, whatever way and order it comes in: the real library
against the stand-in, polling and called."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from bot import conversation as conversations
from bot.db import transaction
from bot.records import Button
from channels.telegram import webhook
from tests.channels.telegram_world import World, telegram, telegram_world, until  # noqa: F401  # fixtures
from tests.standins.telegram.errors import BAD_GATEWAY, OTHER_POLLER, UNAUTHORIZED, too_many_requests

PNG = b"\x89PNG\r\n\x1a\n and so on"
YES_NO = (Button("Yes", "/affirm"), Button("No", "/deny"))


@pytest.fixture
def world(telegram_world: World) -> World:  # noqa: F811
    """Everything but a worker."""
    return telegram_world


async def _messages(world: World) -> list[dict[str, Any]]:
    query = "select author, text, payload, edits from message order by conversation_id, seq"
    return await world.rows(query)


# Text


async def test_what_people_write_is_stored_and_they_stay_unnamed(world: World) -> None:
    """The name that Telegram shows is not used before it was asked for (P7)."""
    kari = world.kari(first_name="Kari", last_name="Nordmann", language_code="en-GB")
    async with world.polling():
        kari.writes("where is my order?")
        conversation = await world.conversation(kari)
        kari.sends_photo(PNG, caption="this is it")
        await world.wrote(conversation, "where is my order?", "this is it")
    assert await world.value("select name from customer") is None
    assert await world.value("select name from identity") == "Kari Nordmann"
    [file] = await world.rows("select name, media_type, size, source ->> 'file_id' as id from attachment")
    assert file["name"] == "photo.jpg" and file["size"] == len(PNG) and file["id"]


async def test_an_edit_is_another_version(world: World) -> None:
    """The newest counts; what nobody sees of it, and what comes in the wrong order, changes nothing more."""
    kari = world.kari()
    async with world.polling():
        first = kari.writes("order 1")
        conversation = await world.conversation(kari)
        kari.edits(first, "order 2")
        await world.wrote(conversation, "order 1", "order 2")
        kari.edits({**first, "text": "order 2"}, "order 2")
        kari.edits(first, "order 3")
        await world.wrote(conversation, "order 1", "order 2", "order 3")
        with world.telegram.reordered(lambda updates: updates[::-1]):
            late = kari.writes("order 4")
            kari.edits(late, "order 5")
        kari.writes("end")
        await world.wrote(conversation, "order 1", "order 2", "order 3", "order 5", "end")
        assert [row["edits"] for row in await _messages(world)] == [None, 1, 2, None, None]


async def test_what_is_no_text_is_told_in_words(world: World) -> None:
    kari = world.kari()
    async with world.polling():
        kari.sends_location(60.39299, 5.32415)
        conversation = await world.conversation(kari)
        kari.sends_contact("+47 22 00 00 01", of_another="Ola")
        kari.sends_contact("+47 22 00 00 00")
        kari.sends_sticker("🙂")
        kari.sends_voice(b"OggS")
        kari.sends_document(b"%PDF", name="receipt.pdf", mime_type="application/pdf")
        kari.sends({"new_chat_title": "nothing to us"})
        texts = ["60.39299, 5.32415", "Ola: +4722000001", "Kari: +4722000000", "", "", ""]
        await world.wrote(conversation, *texts)
    payloads = [row["payload"] for row in await _messages(world)]
    assert payloads == ["/inform", "/inform", '/inform{"phone": "+4722000000"}', None, None, None]
    assert await world.value("select phone from customer") == "+4722000000"
    names = [row["name"] for row in await world.rows("select name from attachment order by seq")]
    assert names == ["sticker.webp", "voice.ogg", "receipt.pdf"]


# Groups and strangers


async def test_a_group_is_heard_only_when_it_means_us(world: World) -> None:
    kari = world.kari()
    async with world.polling():
        family = world.telegram.group(added_by=kari)
        kari.writes("what shall we eat?", group=family)
        kari.writes("/help", group=family)
        kari.writes("@someone_else look", group=family)
        kari.writes("🙂🙂 @Fjordlys_bot, do you ship to Bergen?", group=family)
        conversation = await world.conversation(family)
        await world.says(conversation, "Yes, we do.")
        [answer] = await family.receives()
        kari.writes("and to Oslo?", group=family, reply_to=answer.id)
        kari.writes("/human@fjordlys_bot", group=family)
        kari.writes("/delete_my_data@fjordlys_bot", group=family)
        await family.receives("in a chat of our own")
        await world.wrote(conversation, "🙂🙂, do you ship to Bergen?", "and to Oslo?", "/human@fjordlys_bot")
    assert await world.value("select count(*) from conversation") == 1


async def test_bots_channels_and_the_anonymous_are_not_answered(world: World) -> None:
    kari = world.kari()
    async with world.polling():
        group = world.telegram.group(added_by=kari)
        chat, now = group.chat.info, int(time.time())
        hidden = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
        text = {"message_id": 900, "date": now, "chat": chat, "text": "@fjordlys_bot hello"}
        mention = {"entities": [{"type": "mention", "offset": 0, "length": 13}]}
        world.telegram.sends_raw({"message": {**text, **mention, "from": hidden, "sender_chat": chat}})
        world.telegram.sends_raw({"message": {**text, **mention, "from": {**kari.user, "is_bot": True}}})
        post = {"id": -1009, "type": "channel", "title": "News"}
        world.telegram.sends_raw({"channel_post": {"message_id": 1, "date": now, "chat": post, "text": "news"}})
        kari.writes("end")
        await world.conversation(kari)
    assert [row["text"] for row in await _messages(world)] == ["end"]


# Commands


async def test_a_deep_link_is_kept_and_shown(world: World) -> None:
    kari = world.kari()
    async with world.polling():
        kari.starts("order-1007")
        conversation = await world.conversation(kari)
        await world.wrote(conversation, "/start order-1007")
        world.telegram.repeat(1)
        kari.starts("x" * 65)
        await world.until(lambda: world.texts(conversation), lambda found: len(found) == 2)
    assert await world.value("select details ->> 'start' from place") == "order-1007"
    assert await world.rows("select data from event where kind = 'started'") == [{"data": {"parameter": "order-1007"}}]
    assert [row["payload"] for row in await _messages(world)] == ["/greet", "/greet"]


async def test_commands_are_answered_once(world: World) -> None:
    kari = world.kari()
    async with world.polling():
        kari.writes("/help")
        await kari.receives("/human")
        kari.writes("/language")
        [asked] = await kari.receives("Which language")
        assert asked.buttons == ("English",)
        kari.writes("/language xx")
        await kari.receives("Which language")
        kari.writes("/language EN")
        await kari.receives("in English")
        kari.presses("English")
        await kari.receives("in English")
        world.telegram.repeat(5)
        conversation = await world.conversation(kari)
        kari.writes("/human")
        await world.wrote(conversation, "/human")
        assert len(await _messages(world)) == 6
    [row] = await world.rows("select language, language_chosen from conversation")
    assert row == {"language": "en", "language_chosen": True}
    menu = json.dumps(world.telegram.bot.settings, ensure_ascii=False)
    assert "delete_my_data" in menu and "Talk with a person" in menu


async def test_stop_is_kept_until_they_write_again(world: World) -> None:
    kari = world.kari()
    async with world.polling():
        kari.writes("/stop")
        await kari.receives("no more")
        conversation = await world.conversation(kari)
        world.telegram.repeat(1)
        await world.says(conversation, "one more thing", "agent")
        await world.delivered(conversation, "sent", "failed")
        problem = await world.value("select problem from delivery where status = 'failed'")
        assert problem == "The customer has stopped the bot."
        kari.writes("hello again")
        await world.wrote(conversation, "hello again")
        await world.says(conversation, "welcome back")
        await kari.receives("welcome back")


async def test_data_is_deleted_after_a_confirmation(world: World) -> None:
    kari = world.kari()
    async with world.polling():
        kari.writes("my name is Kari")
        conversation = await world.conversation(kari)
        kari.writes("/delete_my_data")
        [question] = await kari.receives("for good")
        assert question.buttons == ("Yes, delete it", "Keep it")
        kari.presses("Keep it")
        await until(lambda: kari.screen()[-1].buttons == ("✓ Keep it",))
        kari.read()
        kari.writes("/delete_my_data")
        await kari.receives("for good")
        kari.presses("Yes, delete it")
        await kari.receives("is deleted")
        assert kari.screen()[-1].buttons == ()
        world.telegram.repeat(1)  # and nothing begins anew by it
        kari.writes("/help")
        await kari.receives("/human")
    assert await world.rows("select from message where conversation_id = %s", conversation) == []
    assert await world.value("select count(*) from customer") == 1


# Buttons


async def test_a_press_is_answered_at_once_and_shown(world: World) -> None:
    """The keyboard becomes the choice; the same press again, and one on the choice itself, change nothing."""
    kari = world.kari()
    async with world.polling():
        kari.writes("hello")
        conversation = await world.conversation(kari)
        await world.says(conversation, "Did that help?", buttons=YES_NO)
        await kari.receives("Did that help?")
        press = kari.presses("No")
        await until(lambda: press.answered)
        await until(lambda: kari.screen()[-1].buttons == ("✓ No",))
        world.telegram.repeat(1)
        again = kari.presses("✓ No")
        await until(lambda: again.answered)
        assert again.answer is not None and "text" not in again.answer
        await world.wrote(conversation, "hello", "No")
    assert (await _messages(world))[-1]["payload"] == "/deny"


async def test_a_choice_of_an_earlier_question_gets_a_courteous_alert(world: World) -> None:
    kari = world.kari()
    async with world.polling():
        kari.writes("hello")
        conversation = await world.conversation(kari)
        await world.says(conversation, "Did that help?", buttons=YES_NO)
        await world.says(conversation, "Something else?", buttons=(Button("That is all", "/deny"),))
        await kari.receives("Did that help?", "Something else?")
        press = kari.presses("Yes")
        await until(lambda: press.answered)
        assert press.answer is not None and press.answer["show_alert"]
        assert "earlier question" in press.answer["text"]
        await until(lambda: kari.screen()[0].buttons == ())
        await world.wrote(conversation, "hello")


# Polling


async def test_nothing_is_acknowledged_before_it_is_stored(world: World) -> None:
    """A process that ends with updates in its hands leaves them to the next one, and none is stored twice."""
    kari = world.kari()
    async with world.polling():
        kari.writes("one")
        conversation = await world.conversation(kari)
    kari.writes("two")
    kari.writes("three")
    async with world.polling():
        await world.wrote(conversation, "one", "two", "three")
        world.telegram.repeat(3)
        kari.writes("four")
        await world.wrote(conversation, "one", "two", "three", "four")


async def test_polling_survives_whatever_telegram_answers(world: World) -> None:
    kari = world.kari()
    world.telegram.fails("getUpdates", BAD_GATEWAY)
    world.telegram.fails("getUpdates", OTHER_POLLER)
    world.telegram.fails("getUpdates", too_many_requests(1))
    world.telegram.drops("getUpdates", done=True)
    world.telegram.fails("getMe", BAD_GATEWAY)
    kari.writes("hello")
    async with world.polling():
        await world.wrote(await world.conversation(kari), "hello")


async def test_a_webhook_that_is_in_the_way_is_deleted(world: World) -> None:
    async with world.called():
        assert world.telegram.bot.webhook
    kari = world.kari()
    kari.writes("hello")
    async with world.polling():
        await world.wrote(await world.conversation(kari), "hello")
    assert world.telegram.bot.webhook is None


async def test_updates_that_nobody_can_read_hold_up_nothing(world: World) -> None:
    """A kind of the future, one without its fields, one full of nonsense: what comes after them is heard."""
    kari = world.kari()
    async with world.polling():
        for fields in (
            {"poll_of_the_future": {"x": 1}},
            {"message": {"message_id": 1}},
            {"message": "not even an object"},
            {"message": {"message_id": "x", "date": "yesterday", "chat": [], "from": 3}},
            {"callback_query": {"id": "1", "from": kari.user, "chat_instance": "1", "data": "nonsense"}},
            {"callback_query": {"id": "1", "from": kari.user, "chat_instance": "1", "message": None, "data": "1:1"}},
        ):
            world.telegram.bot.updates.allowed = None
            world.telegram.sends_raw(fields)
        kari.writes("hello 🙂")
        await world.wrote(await world.conversation(kari), "hello 🙂")


# Called


async def test_called_by_telegram_with_the_secret(world: World) -> None:
    """The address is told to Telegram, messages come in, and again after somebody else had changed it."""
    kari = world.kari()
    async with world.called() as channel:
        kari.writes("hello")
        conversation = await world.conversation(kari)
        await world.says(conversation, "good day")
        await kari.receives("good day")
        world.telegram.repeat(1)
        kari.writes("bye")
        await world.wrote(conversation, "hello", "bye")
        registered = world.telegram.bot.webhook
        assert registered is not None and registered.url == world.url
        assert channel.client.secret == registered.secret
        assert world.telegram.bot.token not in registered.url + str(registered.secret)
        assert len(world.telegram.calls_of("setWebhook")) == 1
        assert not webhook.wrong(await channel.client.bot.get_webhook_info(), world.url)
        await channel.client.bot.set_webhook("https://other.example/")
        assert webhook.wrong(await channel.client.bot.get_webhook_info(), world.url)


async def test_who_is_not_telegram_is_refused(world: World) -> None:
    async with world.called(deliver=False):
        for secret in ("", "wrong", "wröng", world.telegram.bot.token):
            answer = await world.calls({"update_id": 1}, secret=secret)
            assert answer.status_code == 401
            assert answer.json()["error"]["code"] == "unauthorized"
    assert await world.rows("select from message") == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[1, 2]", 400),
        (b'"update"', 400),
        (b'{"update_id": "7"}', 400),
        (b'{"update_id": true}', 400),
        (b'{"update_id": ' + b"9" * 5000 + b"}", 400),
        (b"[" * 100_000, 400),
        (b'{"update_id": 7, "message": {}}', 200),
        (b'{"update_id": 7, "something_new": {"a": [1]}}', 200),
        (b'{"update_id": 7}', 200),
        (b"x" * 1_000_001, 413),
    ],
)
async def test_bodies_of_every_kind_have_a_plain_answer(world: World, body: bytes, status: int) -> None:
    async with world.called(deliver=False):
        answer = await world.calls(body)
    assert answer.status_code == status
    if status != 200:
        assert answer.json()["error"]["message"]
    assert await world.rows("select from message") == []


async def test_a_replay_changes_nothing(world: World) -> None:
    kari = world.kari()
    async with world.called(deliver=False):
        kari.writes("hello")
        conversation = await world.conversation(kari)
        kari.writes("world")
        await world.wrote(conversation, "hello", "world")
        for update in world.telegram.bot.updates.delivered * 3:
            assert (await world.calls(update)).status_code == 200
    assert await world.texts(conversation) == ["hello", "world"]


async def test_what_cannot_be_stored_is_brought_again(world: World) -> None:
    """While Telegram does not say who we are, or our records are away, the answer is 503."""
    kari = world.kari()
    world.telegram.fails("getMe", BAD_GATEWAY, times=3)
    async with world.called(deliver=False):
        kari.writes("hello")
        conversation = await world.conversation(kari)
    assert await world.texts(conversation) == ["hello"]
    assert "503" in str(world.telegram.bot.last_webhook_error)


# Health


async def test_problems_name_their_fix(world: World) -> None:
    channel = world.channel()
    async with channel.connected():
        assert not await channel.problems()
        await channel.client.bot.set_webhook("https://other.example/")
        [problem] = await channel.problems()
        assert "polling gets nothing" in problem and "warmline telegram delete" in problem
        world.telegram.fails("getMe", UNAUTHORIZED)
        [problem] = await channel.problems()
        assert "@BotFather" in problem and "TELEGRAM_TOKEN" in problem
        assert world.telegram.bot.token not in problem
        world.telegram.fails("getMe", BAD_GATEWAY)
        assert "does not answer" in (await channel.problems())[0]
    called = world.channel(public_url="http://127.0.0.1:9")
    async with called.connected():
        [problem] = await called.problems()
        assert "set-webhook" in problem
        await webhook.set_webhook(called.client, str(called.url))
        world.kari().writes("hello")
        await until(lambda: world.telegram.bot.last_webhook_error)
        assert any("could not call us" in one for one in await called.problems())


async def test_customers_of_one_bot_are_not_those_of_another(world: World) -> None:
    """Several brands in one deployment: the same person, two bots, two conversations."""
    other = world.telegram.add_bot("Fjellys", username="fjellys_bot")
    kari = world.kari(id=77)
    there = world.kari(id=77, bot=other)
    first, second = world.channel(), world.channel(bot=other)
    second.account = second._receiver._account = "outlet"
    async with first.connected(), second.connected():
        async with world.working(first.listen(world.services), second.listen(world.services)):
            kari.writes("hello")
            there.writes("hello")
            query = "select account from place order by account"
            await world.until(lambda: world.rows(query), lambda found: len(found) == 2)
    assert [row["account"] for row in await world.rows(query)] == ["outlet", "shop"]


async def test_a_closed_conversation_is_opened_by_the_next_message(world: World) -> None:
    kari = world.kari()
    async with world.polling():
        kari.writes("hello")
        conversation = await world.conversation(kari)
        async with transaction(world.pool) as connection:
            locked = await conversations.lock(connection, conversation)
            await conversations.close(connection, locked, "bot", outcome="solved", notice="Closed.")
        await kari.receives("Closed.")
        kari.writes("/human")
        await world.wrote(conversation, "hello", "/human")
    assert await world.value("select state from conversation") == "bot"
