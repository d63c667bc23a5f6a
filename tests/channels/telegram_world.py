"""Telegram's channel between a real database and the stand-in: everything but a worker that answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any, cast
from uuid import UUID

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from bot import conversation as conversations
from bot import live
from bot.accounts import TelegramAccount
from bot.db import Pool, transaction
from bot.delivery import Courier
from bot.http import Guard, add_error_handlers
from bot.records import Author, Button
from bot.services import Services
from channels.telegram import open_channel
from channels.telegram.channel import TelegramChannel
from tests.standins.telegram import Person, TelegramStandin
from tests.standins.telegram.account import Account

PATIENCE_SECONDS = 30.0


class World:
    """A database, Telegram, and a bot of ours between them."""

    def __init__(self, telegram: TelegramStandin, connections: Pool, services: Services) -> None:
        self.telegram = telegram
        self.pool = connections
        self.services = services
        self.url = ""  # of the webhook, while it is served

    def channel(self, *, public_url: str | None = None, bot: Account | None = None) -> TelegramChannel:
        """A bot's channel: called at ``public_url``, or else polling."""
        account = TelegramAccount(
            account="shop", mode="webhook" if public_url else "polling", api=self.telegram.base_url.removesuffix("/bot")
        )
        business = self.services.business
        accounts = business.channels.model_copy(update={"public_url": public_url, "telegram": (account,)})
        business = business.model_copy(update={"channels": accounts})
        environ = {"TELEGRAM_TOKEN": (bot or self.telegram.bot).token}
        return open_channel(account, business, self.services.wordings, environ)

    @asynccontextmanager
    async def polling(self) -> AsyncIterator[TelegramChannel]:
        """The bot listens by polling and delivers."""
        channel = self.channel()
        async with channel.connected(), self.working(channel.listen(self.services), self.courier(channel)):
            yield channel

    @asynccontextmanager
    async def called(self, *, deliver: bool = True) -> AsyncIterator[TelegramChannel]:
        """The bot is called by Telegram, at `url`, and delivers."""
        app = FastAPI()
        app.state.services = self.services
        add_error_handlers(app)
        app.add_middleware(Guard)
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, ws="none", lifespan="off"))
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.working(server.serve()))
            await until(lambda: server.started)
            stack.callback(setattr, server, "should_exit", True)
            address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
            channel = self.channel(public_url=address)
            app.include_router(channel.routes())
            self.url = f"{address}/channels/telegram/shop"
            await stack.enter_async_context(channel.connected())
            work = [channel.listen(self.services), *([self.courier(channel)] if deliver else [])]
            await stack.enter_async_context(self.working(*work))
            await until(lambda: self.telegram.bot.webhook)
            yield channel

    @asynccontextmanager
    async def delivering(self) -> AsyncIterator[TelegramChannel]:
        """Only the courier works."""
        channel = self.channel()
        async with self.working(self.courier(channel)):
            yield channel

    async def courier(self, channel: TelegramChannel) -> None:
        """The courier of a channel, without waiting for the pace of the real Telegram."""
        channel.pace = replace(channel.pace, account=1000, place=0.01)
        await Courier(self.pool, self.services.live, channel).lead(self.pool.conninfo)

    @asynccontextmanager
    async def working(self, *work: Any) -> AsyncIterator[None]:
        """Something that goes on meanwhile."""
        tasks = [asyncio.ensure_future(one) for one in work]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for done in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(done, Exception):
                    raise done

    async def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """What the database holds."""
        async with transaction(self.pool) as connection:
            return await (await connection.execute(cast(Any, query), values)).fetchall()

    async def value(self, query: str, *values: Any) -> Any:
        """The one value of the one row."""
        [row] = await self.rows(query, *values)
        return next(iter(row.values()))

    async def conversation(self, person: Any) -> UUID:
        """Of a chat, once there is one."""
        query = "select conversation_id from place where key = %s"
        await self.until(lambda: self.rows(query, str(person.id)))
        found: UUID = await self.value(query, str(person.id))
        return found

    async def says(
        self, conversation: UUID, text: str, author: Author = "bot", *, buttons: tuple[Button, ...] = ()
    ) -> int:
        """Something is said to the customer."""
        async with transaction(self.pool) as connection:
            locked = await conversations.lock(connection, conversation)
            seq = await conversations.add_message(connection, locked, author, text, buttons=buttons)
            await live.notify(connection, conversation)
        return seq

    async def texts(self, conversation: UUID) -> list[str]:
        """What the customer wrote, in order."""
        query = "select text from message where conversation_id = %s and author = 'customer' order by seq"
        return [row["text"] for row in await self.rows(query, conversation)]

    async def wrote(self, conversation: UUID, *texts: str) -> None:
        """Until the customer has written just these."""
        await self.until(lambda: self.texts(conversation), lambda found: found == list(texts))

    async def delivered(self, conversation: UUID, *statuses: str) -> None:
        """Until the messages have come so far."""
        query = "select status from delivery where conversation_id = %s order by seq"
        await self.until(
            lambda: self.rows(query, conversation), lambda found: [row["status"] for row in found] == list(statuses)
        )

    async def until(self, look: Callable[[], Any], right: Callable[[Any], Any] = bool) -> Any:
        """What ``look`` finds once it is right."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not right(found := await look()):
            assert time.monotonic() < end, f"waited in vain; there is {found}"
            await asyncio.sleep(0.02)
        return found

    def kari(self, **more: Any) -> Person:
        """Somebody with the chat open."""
        return self.telegram.user(**more)

    async def calls(self, update: Any, *, secret: str | None = None) -> httpx.Response:
        """Something is posted to the webhook, as Telegram does unless another ``secret`` is shown."""
        webhook = self.telegram.bot.webhook
        assert webhook is not None
        shown = secret if secret is not None else str(webhook.secret)
        headers = {b"x-telegram-bot-api-secret-token": shown.encode("latin-1")}
        async with httpx.AsyncClient() as http:
            if isinstance(update, bytes):
                return await http.post(self.url, content=update, headers=headers)
            return await http.post(self.url, json=update, headers=headers)


async def until(found: Callable[[], Any]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not found():
        assert time.monotonic() < end, "waited in vain"
        await asyncio.sleep(0.01)


@pytest.fixture
def telegram() -> Iterator[TelegramStandin]:
    """Telegram's far side; what we send keeps to the published types."""
    with TelegramStandin() as standin:
        yield standin
        assert standin.malformed == []


@pytest.fixture
def telegram_world(telegram: TelegramStandin, services: Services) -> World:
    """Everything but a worker."""
    return World(telegram, services.pool, services)
