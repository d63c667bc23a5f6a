"""The stand-in of Telegram, driven by the real python-telegram-bot: what it plays, refuses and spoils on purpose."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    LinkPreviewOptions,
    Message,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    Update,
    constants,
    error,
)
from telegram.ext import Application, ContextTypes, TypeHandler
from telegram.request import HTTPXRequest

from tests.standins.telegram import Limits, TelegramStandin
from tests.standins.telegram.account import Account
from tests.standins.telegram.errors import DOCUMENTED, too_many_requests
from tests.standins.telegram.methods import METHODS
from tests.standins.telegram.schema import PUBLISHED

PNG = b"\x89PNG\r\n\x1a\n and so on \r\n--\x00\xff"
HANG_SECONDS = 0.3


Running = Application[Any, Any, Any, Any, Any, Any]


@pytest.fixture
def telegram() -> Iterator[TelegramStandin]:
    """Telegram's far side; what the library sends keeps to the types."""
    with TelegramStandin() as standin:
        yield standin


@asynccontextmanager
async def client(telegram: TelegramStandin, account: Account | None = None) -> AsyncIterator[Bot]:
    """The library's bot, as it is but for its addresses."""

    def requests() -> HTTPXRequest:
        # Loading certificates, which nothing here needs, would take longer than a test.
        return HTTPXRequest(read_timeout=HANG_SECONDS, httpx_kwargs={"verify": False})

    bot = Bot(
        (account or telegram.bot).token,
        base_url=telegram.base_url,
        base_file_url=telegram.base_file_url,
        request=requests(),
        get_updates_request=requests(),
    )
    async with bot:
        yield bot


@asynccontextmanager
async def application(telegram: TelegramStandin, answer: Callable[..., Any]) -> AsyncIterator[Running]:
    """The library's whole application, not yet told where updates come from."""
    builder = Application.builder().token(telegram.bot.token)
    running = builder.base_url(telegram.base_url).base_file_url(telegram.base_file_url).build()
    running.add_handler(TypeHandler(Update, answer))
    async with running:
        await running.start()
        try:
            yield running
        finally:
            await running.stop()


@asynccontextmanager
async def polling(telegram: TelegramStandin, answer: Callable[..., Any]) -> AsyncIterator[None]:
    """The application, fetching its updates."""
    async with application(telegram, answer) as running:
        assert running.updater is not None
        await running.updater.start_polling(timeout=5, allowed_updates=Update.ALL_TYPES)
        try:
            yield
        finally:
            await running.updater.stop()


@asynccontextmanager
async def webserver(handle: Callable[[Request], Any]) -> AsyncIterator[str]:
    """A server that takes what is posted to it; its address."""
    config = uvicorn.Config(
        Starlette(routes=[Route("/hook", handle, methods=["POST"])]), port=0, log_config=None, ws="none"
    )
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server.serve())
    await until(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/hook"
    finally:
        server.should_exit = True
        await serving


async def until(found: Callable[[], Any], *, seconds: float = 10.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, "waited in vain"
        await asyncio.sleep(0.01)


def test_types_are_of_the_version_that_the_library_speaks() -> None:
    """An update of the library asks for the types to be made anew; what has types is played."""
    assert PUBLISHED["bot_api"] == constants.BOT_API_VERSION
    assert PUBLISHED["methods"].keys() == METHODS.keys()


async def test_a_conversation_by_polling(telegram: TelegramStandin) -> None:
    """Texts, keyboards, presses, edits and every kind of message pass through the real library, each once."""
    seen: list[Update] = []

    async def answer(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        seen.append(update)
        if update.callback_query:
            await update.callback_query.answer("Noted")
            await update.callback_query.edit_message_text(f"You chose {update.callback_query.data}.")
        elif update.message and update.message.text:
            await update.message.chat.send_action("typing")
            keys = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="ja"), _link("More")]])
            await update.message.reply_html(f"<b>{update.message.text}</b>?", reply_markup=keys, do_quote=True)

    async with polling(telegram, answer):
        kari = telegram.user(id=77, first_name="Kari", language_code="nb")
        first = kari.starts("order-1007")
        [asked] = await kari.receives("/start order-1007?")
        assert asked.buttons == ("Yes", "More") and kari.actions == ["typing"]
        assert asked.raw["entities"] == [{"type": "bold", "offset": 0, "length": 17}]
        assert asked.raw["reply_to_message"]["message_id"] == first["message_id"]

        press = kari.presses("Yes")
        [changed] = await kari.receives("You chose ja.")
        assert (changed.id, changed.buttons, changed.edited) == (asked.id, (), True)
        assert press.answered and kari.screen() == [changed]

        kari.edits(first, "/start order-1008")
        kari.sends_contact("+47 22 00 00 01")
        kari.sends_location(59.91, 10.75)
        kari.sends_photo(PNG, caption="broken", album="a1")
        kari.sends_document(b"%PDF-", name="kvittering å.pdf", mime_type="application/pdf")
        kari.sends_voice(b"OggS")
        kari.sends_sticker("🙂")
        kari.sends({"dice": {"emoji": "🎲", "value": 6}})
        await until(lambda: len(seen) == 10)

    assert [one.update_id for one in seen] == list(range(seen[0].update_id, seen[0].update_id + 10))
    edited, contact, location, photo, document, voice, sticker, dice = seen[2:]
    assert edited.edited_message and edited.edited_message.text == "/start order-1008"
    assert edited.effective_user and edited.effective_user.language_code == "nb"
    assert _message(contact).contact.user_id == 77 and _message(location).location.latitude == 59.91
    assert _message(photo).caption == "broken" and _message(photo).media_group_id == "a1"
    assert _message(document).document.file_name == "kvittering å.pdf"
    assert _message(voice).voice.duration == 3 and _message(sticker).sticker.emoji == "🙂"
    assert _message(dice).dice.value == 6 and telegram.malformed == []


async def test_reply_keyboards(telegram: TelegramStandin) -> None:
    """A reply keyboard stays below the chat until it is taken away; its buttons write or send the contact."""
    kari = telegram.user()
    async with client(telegram) as bot:
        keys = ReplyKeyboardMarkup([["Norsk"], [KeyboardButton("My number", request_contact=True)]])
        await bot.send_message(kari.id, "Which language?", reply_markup=keys)
        assert kari.keyboard == ["Norsk", "My number"]
        assert kari.chooses("Norsk")["text"] == "Norsk" and "contact" in kari.chooses("My number")
        await bot.send_message(kari.id, "Thank you.", reply_markup=ReplyKeyboardRemove())
        assert kari.keyboard == []


async def test_updates_by_webhook_come_in_order_until_they_are_accepted(telegram: TelegramStandin) -> None:
    """Posted with the secret, repeated after an error, doubled and reordered when a test asks for it."""
    outcomes = itertools.chain([500, 503], itertools.repeat(200))
    posted: list[tuple[str | None, int]] = []

    async def answer(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        await update.get_bot().send_message(_message(update).chat_id, f"{_message(update).text}!")

    kari = telegram.user()
    async with application(telegram, answer) as running:

        async def hook(request: Request) -> Response:
            update = Update.de_json(await request.json(), running.bot)
            posted.append((request.headers.get("x-telegram-bot-api-secret-token"), update.update_id))
            if (status := next(outcomes)) == 200:
                await running.update_queue.put(update)
            return Response(status_code=status)

        async with webserver(hook) as url:
            await running.bot.set_webhook(url, secret_token="our-secret_1")
            kari.writes("one")
            kari.writes("two")
            await kari.receives("one!", "two!")
            first = posted[0][1]
            assert posted == [("our-secret_1", first + step) for step in (0, 0, 0, 1)]
            info = await running.bot.get_webhook_info()
            assert info.url == url and "503" in (info.last_error_message or "")

            with pytest.raises(error.Conflict, match="webhook is active"):
                await running.bot.get_updates()
            with pytest.raises(error.BadRequest, match="https url must be provided"):
                await running.bot.set_webhook("http://shop.example.com/hook")
            with pytest.raises(error.BadRequest, match="unallowed characters"):
                await running.bot.set_webhook(url, secret_token="our secret")

            telegram.repeat(2)
            await until(lambda: len(posted) == 6)
            with telegram.reordered(lambda updates: updates[::-1]):
                kari.writes("three")
                kari.writes("four")
            await kari.receives("three!", "four!")
            assert [number - first for _, number in posted[4:]] == [0, 1, 3, 2]

            await running.bot.delete_webhook()
            kari.writes("five")
            assert [_message(one).text for one in await running.bot.get_updates()] == ["five"]
    assert telegram.malformed == []


async def test_polling_keeps_updates_until_they_are_confirmed(telegram: TelegramStandin) -> None:
    """The same updates come until a higher offset confirms them; only one may poll; on demand one comes twice."""
    kari = telegram.user()
    async with client(telegram) as bot, client(telegram) as other:
        kari.writes("one")
        kari.writes("two")
        [one, two] = await bot.get_updates()
        assert await bot.get_updates() == (one, two)
        assert await bot.get_updates(offset=two.update_id + 1) == ()
        telegram.repeat(1)
        assert await bot.get_updates(offset=two.update_id + 1) == (two,)

        waiting = asyncio.ensure_future(bot.get_updates(offset=two.update_id + 1, timeout=5))
        await until(lambda: len(telegram.calls_of("getUpdates")) == 5)
        assert await other.get_updates(offset=two.update_id + 1) == ()
        with pytest.raises(error.Conflict, match="other getUpdates"):
            await waiting


async def test_updates_keep_to_the_types_unless_a_test_wants_otherwise(telegram: TelegramStandin) -> None:
    """A mistake in a test is told at once; kinds that the bot did not ask for are not sent."""
    kari = telegram.user()
    with pytest.raises(AssertionError, match="Update: at message"):
        kari.sends({"contact": {"phone_number": 47}})
    kari.writes("one")
    telegram.sends_raw({"telepathy": {"thought": "two"}})
    async with client(telegram) as bot:
        one, unknown = await bot.get_updates(allowed_updates=["message"])
        assert _message(one).text == "one" and unknown.api_kwargs == {"telepathy": {"thought": "two"}}
        kari.edits(kari.writes("three"), "four")
        assert [_message(one).text for one in await bot.get_updates(offset=unknown.update_id + 1)] == ["three"]


async def test_files_both_ways(telegram: TelegramStandin) -> None:
    """Uploads reach the person byte for byte, downloads the bot; sizes and kinds are held to."""
    kari = telegram.user()
    async with client(telegram) as bot:
        photo = await bot.send_photo(kari.id, PNG, caption="<i>Here</i>", parse_mode="HTML")
        await bot.send_photo(kari.id, photo.photo[-1].file_id)
        await bot.send_document(kari.id, b"a\r\n--b", filename="kvittering å.txt")
        shown = kari.screen()
        assert [one.file for one in shown] == [PNG, PNG, b"a\r\n--b"]
        assert (shown[0].text, shown[2].file_name) == ("Here", "kvittering å.txt")
        with pytest.raises(error.BadRequest, match="Image_process_failed"):
            await bot.send_photo(kari.id, b"no picture")

        sent = kari.sends_document(PNG, name="a.png", mime_type="image/png")
        file = await bot.get_file(sent["document"]["file_id"])
        assert await file.download_as_bytearray() == PNG
        large = kari.sends_document(b"", name="film.mp4", mime_type="video/mp4", size=20_000_001)
        with pytest.raises(error.BadRequest, match="File is too big"):
            await bot.get_file(large["document"]["file_id"])
    assert telegram.malformed == []


async def test_people_and_groups_turn_the_bot_away(telegram: TelegramStandin) -> None:
    """Blocking, removal and migration are told as updates, and writing there is refused for good."""
    kari = telegram.user()
    group = telegram.group(title="The office", added_by=kari)
    async with client(telegram) as bot:
        answer = await bot.send_message(group.id, "Good day.")
        kari.writes("@fjordlys_bot when do you open?", group=group)
        kari.writes("thank you", group=group, reply_to=answer.message_id)
        mention, reply = (await bot.get_updates())[-2:]
        assert list(_message(mention).parse_entities(["mention"]).values()) == ["@fjordlys_bot"]
        assert _message(reply).reply_to_message.from_user.id == bot.id

        new = group.upgrade()
        with pytest.raises(error.ChatMigrated) as moved:
            await bot.send_message(group.id, "Hello?")
        assert moved.value.new_chat_id == new.id
        await bot.send_message(new.id, "Here you are.")
        assert [one.text for one in new.screen()] == ["Here you are."]
        new.remove_bot()
        with pytest.raises(error.Forbidden, match="kicked"):
            await bot.send_message(new.id, "Hello?")

        kari.blocks()
        with pytest.raises(error.Forbidden, match="bot was blocked by the user"):
            await bot.send_message(kari.id, "Hello?")
        kari.unblocks()
        await bot.send_message(kari.id, "Welcome back.")
        states = [one.my_chat_member.new_chat_member.status for one in await bot.get_updates() if one.my_chat_member]
        assert states == ["member", "kicked", "kicked", "member"]
        kari.leaves_telegram()
        with pytest.raises(error.Forbidden, match="user is deactivated"):
            await bot.send_message(kari.id, "Hello?")


async def test_bots_are_apart(telegram: TelegramStandin) -> None:
    """Two brands share the server and nothing else; a wrong token is no bot."""
    other = telegram.add_bot("Nordlys", username="nordlys_bot")
    kari = telegram.user(id=5)
    at_other = telegram.user(id=5, bot=other)
    async with client(telegram) as bot, client(telegram, other) as second:
        at_other.writes("to Nordlys")
        assert await bot.get_updates() == () and len(await second.get_updates()) == 1
        await second.send_message(5, "from Nordlys")
        assert kari.screen() == [] and at_other.screen()[0].text == "from Nordlys"
    async with httpx.AsyncClient() as http:
        assert (await http.post(f"{telegram.base_url}1:wrong/getMe")).json() == {
            "ok": False, "error_code": 401, "description": "Unauthorized",
        }  # fmt: skip


async def test_what_a_bot_says_of_itself(telegram: TelegramStandin) -> None:
    """Names, descriptions and commands are kept by language."""
    async with client(telegram) as bot:
        await bot.set_my_commands([("help", "What I can do"), ("human", "A person")])
        await bot.set_my_commands([("hjelp", "Hva jeg kan")], language_code="nb")
        await bot.set_my_description("Lamps and furniture")
        assert [one.command for one in await bot.get_my_commands()] == ["help", "human"]
        assert [one.command for one in await bot.get_my_commands(language_code="nb")] == ["hjelp"]
        assert (await bot.get_my_description()).description == "Lamps and furniture"
        assert (await bot.get_chat(telegram.user(id=9).id)).first_name == "Kari"


@pytest.mark.parametrize(
    ("method", "parameters", "reason"),
    [
        ("sendMessage", {"chat_id": 1, "text": "a", "colour": "red"}, "'colour' was unexpected"),
        ("sendMessage", {"chat_id": 1, "text": "a", "disable_notification": "perhaps"}, "not of type 'boolean'"),
        ("sendMessage", {"chat_id": 1, "text": "a", "reply_markup": {"inline_keyboard": [{}]}}, "reply_markup"),
        ("sendMessage", {"chat_id": 1, "text": "a", "reply_markup": "{"}, "reply_markup"),
        ("sendMessage", {"chat_id": 1}, "message text is empty"),
        ("sendMessage", {"text": "a"}, "chat_id is empty"),
        ("sendMessage", {"chat_id": 1, "text": "a", "parse_mode": "html5"}, "unsupported parse_mode"),
        ("editMessageText", {"chat_id": 1, "message_id": 1.5, "text": "a"}, "not of type 'integer'"),
        ("answerCallbackQuery", {"callback_query_id": "1", "text": "a" * 201}, "MESSAGE_TOO_LONG"),
        ("sendChatAction", {"chat_id": 1, "action": "thinking"}, "wrong parameter action in request"),
        ("setMyCommands", {"commands": [{"command": "a" * 33, "description": "a"}]}, "MESSAGE_TOO_LONG"),
        ("sendTelepathy", {}, "Not Found"),
    ],
)
async def test_requests_that_break_the_types_are_refused(
    telegram: TelegramStandin, method: str, parameters: dict[str, Any], reason: str
) -> None:
    """As JSON and as a form alike, and the test is told that no correct client sends this."""
    telegram.user(id=1)
    form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()}
    async with httpx.AsyncClient(base_url=f"{telegram.base_url}{telegram.bot.token}/") as http:
        for answer in (await http.post(method, json=parameters), await http.post(method, data=form)):
            told = answer.json()
            assert (told["ok"], told["error_code"]) == (False, answer.status_code) and reason in told["description"]
    assert len(telegram.malformed) == 2


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        (b'{"chat_id":', "application/json", "can't parse request body as JSON object"),
        (b"text=\xff", "application/x-www-form-urlencoded", "strings must be encoded in UTF-8"),
        (b"--x", "multipart/form-data", "chat_id is empty"),
        (b"<a/>", "application/xml", "unsupported content type application/xml"),
    ],
)
async def test_bodies_that_cannot_be_read(telegram: TelegramStandin, body: bytes, kind: str, reason: str) -> None:
    """They are refused like other mistakes."""
    async with httpx.AsyncClient() as http:
        url = f"{telegram.base_url}{telegram.bot.token}/sendMessage"
        answer = await http.post(url, content=body, headers={"content-type": kind})
    assert answer.json()["description"] == f"Bad Request: {reason}" and len(telegram.malformed) == 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("  a &lt; b &amp;&#33; &copy; <b>x<i>y</i></b>\n", "a < b &! &copy; xy"),
        ('<a href="https://example.com/?a=1&amp;b">here</a> <code class="language-py">1</code>', "here 1"),
        pytest.param("<b>" + "a" * 4096 + "</b>", "a" * 4096, id="longest"),
    ],
)
async def test_formatting_is_read_as_telegram_reads_it(telegram: TelegramStandin, text: str, shown: str) -> None:
    """People see the text without its tags."""
    kari = telegram.user()
    async with client(telegram) as bot:
        sent = await bot.send_message(
            kari.id, text, parse_mode="HTML", link_preview_options=LinkPreviewOptions(is_disabled=True)
        )
    assert sent.text == shown == kari.screen()[0].text
    assert telegram.malformed == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a < b", 'unsupported start tag "" at byte offset 2'),
        ("å <div>x</div>", 'unsupported start tag "div" at byte offset 3'),
        ("<b>x", 'can\'t find end tag corresponding to start tag "b"'),
        ("<b>x</i>", 'unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("x</b>", "unexpected end tag at byte offset 1"),
        ("<b", "unclosed start tag at byte offset 0"),
        ("<b></b> ", "message text is empty"),
        pytest.param("a" * 4097, "message is too long", id="too long"),
    ],
)
async def test_formatting_that_telegram_refuses(telegram: TelegramStandin, text: str, reason: str) -> None:
    """The reason names the place, in bytes, and nothing is shown."""
    kari = telegram.user()
    async with client(telegram) as bot:
        with pytest.raises(error.BadRequest) as refused:
            await bot.send_message(kari.id, text, parse_mode="HTML")
    assert refused.value.message.lower().removeprefix("can't parse entities: ") == reason
    assert kari.screen() == [] and telegram.malformed == []


async def test_keyboards_and_edits_are_held_to_the_rules(telegram: TelegramStandin) -> None:
    """Too much data in a button, an edit that changes nothing, an old query: refused in Telegram's words."""
    kari = telegram.user()
    async with client(telegram) as bot:
        sent = await bot.send_message(kari.id, "a", reply_markup=_key("b", "å" * 32))
        for keys, reason in ((_key("b", "å" * 32 + "x"), "Button_data_invalid"), (_key(" ", "x"), "Button_text")):
            with pytest.raises(error.BadRequest, match=reason):
                await bot.send_message(kari.id, "a", reply_markup=keys)
        for wrong, reason in (
            (bot.edit_message_text("a", kari.id, sent.message_id, reply_markup=_key("b", "å" * 32)), "is not modified"),
            (bot.edit_message_text("c", kari.id, 999), "Message to edit not found"),
            (bot.answer_callback_query("1"), "Query is too old"),
            (bot.send_message(123456, "a"), "Chat not found"),
            (bot.delete_message(kari.id, 999), "Message to delete not found"),
        ):
            with pytest.raises(error.BadRequest, match=reason):
                await wrong
        await bot.edit_message_reply_markup(kari.id, sent.message_id)
        assert [one.buttons for one in kari.screen()] == [()]
        await bot.delete_message(kari.id, sent.message_id)
        assert kari.screen() == []


@pytest.mark.parametrize("name", DOCUMENTED)
async def test_each_documented_error_on_demand(telegram: TelegramStandin, name: str) -> None:
    """The next call meets it, in the chat that was named, without effect; the one after that does not."""
    kari, ola = telegram.user(), telegram.user()
    telegram.fails("sendMessage", DOCUMENTED[name], chat=kari.id)
    async with client(telegram) as bot:
        await bot.send_message(ola.id, "a")
        with pytest.raises(error.TelegramError) as refused:
            await bot.send_message(kari.id, "a")
        assert kari.screen() == []
        await bot.send_message(kari.id, "b")
    kinds = {400: error.BadRequest, 401: error.InvalidToken, 403: error.Forbidden, 404: error.InvalidToken}
    kinds |= {409: error.Conflict, 413: error.NetworkError, 429: error.RetryAfter, 502: error.NetworkError}
    kind = error.ChatMigrated if name == "migrated" else kinds.get(DOCUMENTED[name].code, error.NetworkError)
    assert type(refused.value) is kind
    assert [one.refusal for one in telegram.calls_of("sendMessage")] == [None, DOCUMENTED[name], None]


async def test_answers_get_lost_on_demand(telegram: TelegramStandin) -> None:
    """After a time-out or a broken connection the message is there or not, as the test asked."""
    kari = telegram.user()
    async with client(telegram) as bot:
        telegram.hangs("sendMessage")
        with pytest.raises(error.TimedOut):
            await bot.send_message(kari.id, "shown, no answer")
        telegram.drops("sendMessage", done=True)
        with pytest.raises(error.NetworkError):
            await bot.send_message(kari.id, "shown, broken")
        telegram.drops("sendMessage", done=False)
        with pytest.raises(error.NetworkError):
            await bot.send_message(kari.id, "not shown")
        telegram.fails("file", too_many_requests(2))
        file = await bot.get_file(kari.sends_photo(PNG)["photo"][-1]["file_id"])
        with pytest.raises(error.RetryAfter):
            await file.download_as_bytearray()
    assert [one.text for one in kari.screen()] == ["shown, no answer", "shown, broken"]


async def test_rates_are_limited(telegram: TelegramStandin) -> None:
    """One message in a chat and so many in all within the time; what was refused does not count."""
    kari, ola, per = telegram.user(), telegram.user(), telegram.user()
    telegram.limit_rates(Limits(messages=2, seconds=60))
    async with client(telegram) as bot:
        for person, passes in ((kari, True), (kari, False), (ola, True), (per, False)):
            await bot.send_chat_action(person.id, "typing")
            if passes:
                await bot.send_message(person.id, "1")
            else:
                with pytest.raises(error.RetryAfter) as soon:
                    await bot.send_message(person.id, "2")
                assert soon.value.retry_after in range(50, 61)

        telegram.limit_rates(Limits(seconds=0.2))
        await bot.send_message(kari.id, "3")
        await asyncio.sleep(0.2)
        await bot.send_message(kari.id, "4")
    assert [[one.text for one in person.screen()] for person in (kari, ola, per)] == [["1", "3", "4"], ["1"], []]


def _message(update: Update) -> Any:
    """The message of an update that has one, for a look at whatever it holds."""
    assert isinstance(update.message, Message)
    return update.message


def _key(title: str, data: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(title, callback_data=data)]])


def _link(title: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(title, url="https://example.com/help")
