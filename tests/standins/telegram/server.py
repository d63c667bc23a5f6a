"""The stand-in itself: the Bot API over HTTP on this machine, in a thread of its own."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self, TypeVar

import httpx
import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from . import schema
from .account import Account, Chat, Json
from .errors import INTERNAL, NOT_FOUND, UNAUTHORIZED, Malformed, Refusal, Refused
from .faults import Fault, Faults, Limits, Trouble
from .methods import METHODS
from .people import Group, Person, membership
from .wire import Upload, read

T = TypeVar("T")

_WEBHOOK_PATIENCE_SECONDS = 10.0
_ANSWER_SECONDS = 30.0
_STOP_SECONDS = 5.0


@dataclass
class Call:
    """A request of a bot, as it came."""

    bot: Account
    method: str
    parameters: Json
    at: float  # seconds of the monotonic clock
    refusal: Refusal | None = None
    malformed: bool = False  # it broke the published types
    files: dict[str, Upload] = field(default_factory=dict)


class TelegramStandin:
    """The far side of Telegram. A context manager: it serves while the block runs.

    State is touched on the server's own loop only, one thing after the other; people and tests may be anywhere.
    """

    def __init__(self, *, webhook_retry_seconds: float = 0.1) -> None:
        self.webhook_retry_seconds = webhook_retry_seconds
        self.calls: list[Call] = []
        self.faults = Faults()
        self._failures: list[BaseException] = []  # where the stand-in itself went wrong
        self._bots: dict[str, Account] = {}
        self._limits: Limits | None = None
        self._numbers = itertools.count(1)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each answer waits for 40 ms
        config = uvicorn.Config(
            self._app, interface="asgi3", http="h11", ws="none", lifespan="off", log_config=None, log_level="critical",
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._loop: asyncio.AbstractEventLoop
        self._ready = threading.Event()
        self._deliveries: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(_ANSWER_SECONDS), "the stand-in did not start"
        self.bot = self.add_bot("Fjordlys", username="fjordlys_bot")
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.run(self._end)
        self._server.should_exit = True
        self._thread.join(_STOP_SECONDS)
        self._socket.close()
        if kind is None and self._failures:
            raise self._failures[0]

    @property
    def base_url(self) -> str:
        """For python-telegram-bot's setting of this name."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/bot"

    @property
    def base_file_url(self) -> str:
        """For python-telegram-bot's setting of this name."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/file/bot"

    def run(self, do: Callable[[], T]) -> T:
        """The outcome of ``do``, run on the server's loop."""

        async def done() -> T:
            return do()

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result(_ANSWER_SECONDS)

    def add_bot(self, name: str, *, username: str) -> Account:
        """Another bot; the first one, `bot`, is there from the start."""

        def add() -> Account:
            bot = Account(100_000_000 + next(self._numbers), username, name)
            self._bots[bot.token] = bot
            self._deliveries.add(asyncio.ensure_future(self._deliver(bot)))
            return bot

        return self.run(add)

    def user(
        self,
        *,
        id: int | None = None,
        first_name: str = "Kari",
        last_name: str | None = None,
        language_code: str | None = "en",
        bot: Account | None = None,
    ) -> Person:
        """Somebody who has opened the chat with a bot, the first one unless another is named."""
        number = id or 200_000 + next(self._numbers)
        names = {"first_name": first_name, **({"last_name": last_name} if last_name else {})}
        user = {"id": number, "is_bot": False, **names}
        if language_code:
            user["language_code"] = language_code
        bot = bot or self.bot
        chat = Chat({"id": number, "type": "private", **names})
        return Person(self, bot, self.run(lambda: bot.chats.setdefault(number, chat)), user)

    def group(self, *, title: str = "The family", added_by: Person) -> Group:
        """A group to which somebody has added the bot that they write with."""
        bot = added_by.bot

        def add() -> Group:
            chat = Chat({"id": -400_000 - next(self._numbers), "type": "group", "title": title})
            bot.chats[chat.id] = chat
            change = membership(chat, added_by.user, bot, "left", "member")
            bot.updates.add({"my_chat_member": change})
            bot.updates.add({"message": bot.message(chat, added_by.user, {"new_chat_members": [bot.user]})})
            return Group(self, bot, chat)

        return self.run(add)

    def fails(self, method: str, refusal: Refusal, *, times: int = 1, chat: int | None = None) -> None:
        """The next calls of a method (or "file" for downloads) are refused, without effect."""
        self.run(lambda: self.faults.plan(method, Fault(refusal, done=False), times=times, chat=chat))

    def hangs(self, method: str, *, times: int = 1, chat: int | None = None) -> None:
        """The next calls have their effect, but no answer comes."""
        self.run(lambda: self.faults.plan(method, Fault(Trouble.HANG, done=True), times=times, chat=chat))

    def drops(self, method: str, *, done: bool, times: int = 1, chat: int | None = None) -> None:
        """The next calls have their effect or not, and the connection breaks."""
        self.run(lambda: self.faults.plan(method, Fault(Trouble.DROP, done=done), times=times, chat=chat))

    def repeat(self, count: int, *, bot: Account | None = None) -> None:
        """Deliver a bot's last `count` delivered updates once more, with their old numbers."""
        self.run(lambda: (bot or self.bot).updates.repeat(count))

    @contextmanager
    def reordered(self, order: Callable[[list[Json]], list[Json]], *, bot: Account | None = None) -> Iterator[None]:
        """Hold back a bot's updates within the block, then deliver them in another order."""
        updates = (bot or self.bot).updates
        self.run(updates.hold)
        yield
        self.run(lambda: updates.release(order))

    def sends_raw(self, fields: Json, *, bot: Account | None = None) -> Json:
        """An update that need not keep to the types: a kind of the future, or a broken one."""
        return self.run(lambda: (bot or self.bot).updates.add(fields, valid=False))

    def limit_rates(self, limits: Limits | None) -> None:
        """Refuse messages that come faster than this; ``None``: any pace."""
        self._limits = limits

    def calls_of(self, method: str) -> list[Call]:
        """The calls of one method so far, oldest first."""
        return [one for one in self.calls if one.method == method]

    @property
    def malformed(self) -> list[Call]:
        """Calls that break the published types: a client of ours makes none."""
        return [one for one in self.calls if one.malformed]

    def _end(self) -> None:
        self._stopping.set()
        for bot in self._bots.values():
            bot.updates.end()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        self._ready.set()
        await self._server.serve(sockets=[self._socket])
        for task in self._deliveries:
            task.cancel()
        for ended in await asyncio.gather(*self._deliveries, return_exceptions=True):
            if isinstance(ended, Exception):
                self._failures.append(ended)

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        match scope["path"].split("/", 3)[1:]:
            case ["file", token, path] if token.startswith("bot"):
                answer = self._download(token.removeprefix("bot"), path)
            case [token, method] if token.startswith("bot"):
                answer = await self._call(request, token.removeprefix("bot"), method)
            case _:
                answer = _refused(NOT_FOUND)
        match answer:
            case Response():
                await answer(scope, receive, send)
            case Trouble.HANG:
                await self._until_gone(receive)
            case Trouble.DROP:
                # The server closes a connection whose answer ends before its announced length.
                headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                await send({"type": "http.response.body", "body": b'{"ok":', "more_body": True})

    async def _call(self, request: Request, token: str, method: str) -> Response | Trouble:
        bot = self._bots.get(token)
        if bot is None:
            return _refused(UNAUTHORIZED if ":" in token else NOT_FOUND)
        call = Call(bot, method, {}, time.monotonic())
        self.calls.append(call)
        try:
            return await self._play(request, call)
        except Refused as error:
            call.refusal = error.refusal
            call.malformed = isinstance(error, Malformed)
            return _refused(error.refusal)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        except Exception as error:  # ours, not the client's: the test is told at the end
            self._failures.append(error)
            return _refused(INTERNAL)

    async def _play(self, request: Request, call: Call) -> Response | Trouble:
        if call.method not in METHODS:
            raise Malformed(NOT_FOUND)
        call.parameters, call.files = await read(request)
        call.parameters = schema.parameters(call.method, call.parameters)
        chat = call.parameters.get("chat_id")
        fault = self.faults.next(call.method, chat)
        if fault and isinstance(fault.what, Refusal):
            raise Refused(fault.what)
        if fault and not fault.done:
            return Trouble(fault.what)
        if self._limits and call.method.startswith("send") and call.method != "sendChatAction":
            self._limits.check(chat)
        result = await METHODS[call.method](call.bot, call.parameters, call.files)
        if call.method != "getUpdates":  # those were checked when they were made, but for the raw ones
            schema.check_result(call.method, result)
        return Trouble(fault.what) if fault else JSONResponse({"ok": True, "result": result})

    def _download(self, token: str, path: str) -> Response | Trouble:
        bot = self._bots.get(token)
        fault = self.faults.next("file", None)
        if fault:
            return _refused(fault.what) if isinstance(fault.what, Refusal) else fault.what
        files = bot.files.values() if bot else ()
        found = next((one for one in files if one.path == path), None)
        return _refused(NOT_FOUND) if found is None else Response(found.content, media_type="application/octet-stream")

    async def _until_gone(self, receive: Receive) -> None:
        """Until the client gives up, or the stand-in stops."""

        async def gone() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass

        waits = [asyncio.ensure_future(gone()), asyncio.ensure_future(self._stopping.wait())]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _deliver(self, bot: Account) -> None:
        """Post a bot's updates to its webhook, in order, each until it is accepted."""
        async with httpx.AsyncClient(timeout=_WEBHOOK_PATIENCE_SECONDS, trust_env=False) as http:
            while True:
                if bot.webhook is None or not (ready := bot.updates.ready()):
                    bot.updates.changed.clear()
                    await bot.updates.changed.wait()
                    continue
                if (problem := await _post(http, bot, ready[0])) is None:
                    bot.updates.take(ready[0])
                else:
                    bot.last_webhook_error = int(time.time()), problem
                    await asyncio.sleep(self.webhook_retry_seconds)


async def _post(http: httpx.AsyncClient, bot: Account, update: Json) -> str | None:
    """What went wrong when an update was posted, in Telegram's words."""
    assert bot.webhook is not None
    secret = {"X-Telegram-Bot-Api-Secret-Token": bot.webhook.secret} if bot.webhook.secret else {}
    headers = {"content-type": "application/json", **secret}
    try:
        answer = await http.post(bot.webhook.url, content=json.dumps(update), headers=headers)
    except httpx.TimeoutException:
        return "Read timeout expired"
    except httpx.HTTPError:
        return "Connection refused"
    return (
        None if answer.is_success else f"Wrong response from the webhook: {answer.status_code} {answer.reason_phrase}"
    )


def _refused(refusal: Refusal) -> Response:
    return JSONResponse(refusal.answer(), status_code=refusal.code)
