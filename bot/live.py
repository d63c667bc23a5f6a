"""Live signals between processes over PostgreSQL's NOTIFY, behind these few functions.

A signal says only *that* something changed; who hears it reads the tables from where it stood. So a lost
signal costs time, never content, and every reconnection simply wakes everybody. NOTIFY takes a global lock
at commit, hence one small signal a transaction.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from uuid import UUID

import psycopg

from bot.db import Connection

_CHANNEL = "warmline"
_QUEUE = 64  # signals a slow listener may lag behind; more are dropped, since the next one says the same
_RETRY_SECONDS = 0.5

EVERYTHING = "*"  # subscribe to this to hear of all conversations

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Signal:
    """Something changed in a conversation, or somebody is typing (``typing`` is the author's kind)."""

    conversation: str
    typing: str | None = None


async def notify(connection: Connection, conversation: UUID | str, *, typing: str | None = None) -> None:
    """Signal a change of ``conversation`` when the transaction of ``connection`` commits."""
    payload = json.dumps([str(conversation), typing])
    await connection.execute("select pg_notify(%s, %s)", [_CHANNEL, payload])


class Live:
    """One listening connection of a process, and those in the process who want to hear."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._listeners: defaultdict[str, set[asyncio.Queue[Signal]]] = defaultdict(set)

    @asynccontextmanager
    async def subscribe(self, key: str) -> AsyncIterator[asyncio.Queue[Signal]]:
        """A queue of signals about one conversation, or about `EVERYTHING`."""
        queue: asyncio.Queue[Signal] = asyncio.Queue(_QUEUE)
        self._listeners[key].add(queue)
        try:
            yield queue
        finally:
            self._listeners[key].discard(queue)
            if not self._listeners[key]:
                del self._listeners[key]

    async def run(self) -> None:
        """Listen until cancelled; reconnects for as long as it takes, then wakes everybody."""
        while True:
            with suppress(psycopg.OperationalError):
                await self._listen()
            log.warning("live signals interrupted, reconnecting")
            await asyncio.sleep(_RETRY_SECONDS)

    async def _listen(self) -> None:
        connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True, connect_timeout=5)
        async with connection:
            await connection.execute(f"listen {_CHANNEL}")
            for key in list(self._listeners):
                self._tell(key, Signal(key))
            async for notification in connection.notifies():
                conversation, typing = json.loads(notification.payload)
                signal = Signal(conversation, typing)
                self._tell(conversation, signal)
                self._tell(EVERYTHING, signal)

    def _tell(self, key: str, signal: Signal) -> None:
        for queue in self._listeners.get(key, ()):
            with suppress(asyncio.QueueFull):
                queue.put_nowait(signal)
