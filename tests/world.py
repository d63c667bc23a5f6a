"""A database with our side of it, and a platform of one's own that fails when told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import UUID

from bot import conversation as conversations
from bot import live
from bot.agents import add_agent
from bot.arrival import Arrival, Sender, arrive
from bot.channel import Channel, File, Outgoing, Pace, Part, Place
from bot.conversation import Actor
from bot.db import Pool, transaction
from bot.delivery import Courier
from bot.records import Author, Button
from bot.services import Services
from bot.split import split
from bot.tasks import end


class Platform(Channel):
    """A platform of one's own: what arrived there, and the trouble that a test makes."""

    name, account = "pigeon", "loft"

    def __init__(self, *, longest: int = 1000, pace: Pace | None = None) -> None:
        self.longest = longest
        self.pace = pace or Pace(account=10_000, place=0)
        self.arrived: list[tuple[str, str]] = []
        self.trouble: list[Exception | str] = []
        self.calls = 0
        self.doubts: list[Exception] = []
        self.ids: dict[str, str] = {}
        self.shown: list[str] = []
        self.at: list[float] = []

    def parts(self, message: Outgoing) -> Sequence[Part]:
        pieces = list(split(message.text, self.longest))
        return [{"text": piece, "id": f"{message.id}#{number}"} for number, piece in enumerate(pieces)]

    async def post(self, place: Place, part: Part) -> str:
        self.calls += 1
        self.at.append(asyncio.get_running_loop().time())
        trouble = self.trouble.pop(0) if self.trouble else None
        if trouble == "hang":
            await asyncio.Event().wait()
        if isinstance(trouble, Exception):
            raise trouble
        self.arrived.append((place.key, part["text"]))
        self.ids[part["id"]] = str(len(self.arrived))
        if trouble == "lost answer":
            raise TimeoutError
        return str(len(self.arrived))

    async def find(self, place: Place, part: Part) -> str | None:
        if self.doubts:
            raise self.doubts.pop(0)
        return self.ids.get(part["id"])

    async def typing(self, place: Place) -> None:
        self.shown.append(place.key)


def file(name: str, media_type: str, data: bytes) -> File:
    """A file on its way out."""

    async def read() -> bytes:
        return data

    return File(name, media_type, len(data), read)


class World:
    """A database, a platform, and what stands between them."""

    def __init__(self, url: str, connections: Pool, services: Services) -> None:
        self.url = url
        self.pool = connections
        self.services = services

    async def writes(self, text: str, *, key: str = "ola", id: str | None = None, **more: Any) -> Place:
        """Somebody writes on the platform."""
        arrival = Arrival("pigeon", "loft", key, Sender(f"user-{key}", name="Ola"), id or text, text, **more)
        async with transaction(self.pool) as connection:
            return await arrive(connection, self.services, arrival)

    async def says(self, place: Place, text: str, author: Author = "bot", *, buttons: tuple[Button, ...] = ()) -> int:
        """Something is said to them."""
        async with transaction(self.pool) as connection:
            locked = await conversations.lock(connection, place.conversation)
            seq = await conversations.add_message(connection, locked, author, text, buttons=buttons)
            await live.notify(connection, place.conversation)
        return seq

    async def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        async with transaction(self.pool) as connection:
            return await (await connection.execute(cast(Any, query), values)).fetchall()

    async def status(self, conversation: UUID) -> list[str]:
        """Of all messages on their way, in order."""
        query = "select status from delivery where conversation_id = %s order by seq"
        return [row["status"] for row in await self.rows(query, conversation)]

    async def until(self, conversation: UUID, *wanted: str) -> None:
        """Until the messages have come so far."""
        async with asyncio.timeout(30):
            while await self.status(conversation) != list(wanted):  # noqa: ASYNC110  # the far side is SQL
                await asyncio.sleep(0.02)

    async def agent(self, name: str = "Ana") -> Actor:
        add_agent(self.url, name, "a long enough password", role="agent")
        return Actor((await self.rows("select id from agent where name = %s", name))[0]["id"], name, "agent")

    @asynccontextmanager
    async def delivering(self, *channels: Channel) -> AsyncIterator[None]:
        """Couriers at work."""
        work = [asyncio.create_task(Courier(self.pool, self.services.live, one).lead(self.url)) for one in channels]
        try:
            yield
        finally:
            await end(*work)
