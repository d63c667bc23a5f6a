"""Work that only one process of a deployment may do at a time, such as fetching the updates of one bot.

Whoever holds PostgreSQL's advisory lock leads. It is bound to a connection: when the leader dies the lock is free
at once, and another process goes on. One that lives and lost its connection takes some seconds to notice: until then
`Term` keeps it from doing what its successor does.
"""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg

from bot.db import Connection, queries
from bot.tasks import end

_AGAIN_SECONDS = 2.0
_LONGEST_PAUSE_SECONDS = 30.0
_ANSWER_SECONDS = 5.0
_NOTICED_SECONDS = _AGAIN_SECONDS + _ANSWER_SECONDS + 1.0  # until everybody who led before has stopped

log = logging.getLogger(__name__)

_SQL = queries("leader")


class Deposed(Exception):
    """Another process leads by now."""


@dataclass(frozen=True, slots=True)
class Term:
    """The time for which somebody leads the work called ``name``; ``number`` grows from one leader to the next."""

    name: str
    number: int
    since: float  # by time.monotonic()

    async def check(self, connection: Connection) -> None:
        """Raises `Deposed` when it is over; otherwise it lasts until the end of this transaction."""
        key = {"name": self.name, "term": self.number}
        if await (await connection.execute(_SQL["check"], key)).fetchone() is None:
            raise Deposed(self.name)

    @property
    def doubtful_seconds(self) -> float:
        """For how long something may still be under way that somebody began before it."""
        return 0.0 if self.number == 1 else max(0.0, self.since + _NOTICED_SECONDS - time.monotonic())


async def lead(url: str, name: str, work: Callable[[Term], Awaitable[None]]) -> None:
    """Do ``work`` whenever no other process does what is called ``name``; for ever, until cancelled.

    Work that ends or fails begins anew after a moment, a longer one when it fails at once again; what it raised
    is logged without its text.
    """
    pause = _AGAIN_SECONDS
    while True:
        began = time.monotonic()
        try:
            with suppress(psycopg.OperationalError):
                await _lead_once(url, name, work)
            pause = _AGAIN_SECONDS
        except Exception as error:
            trace = "".join(traceback.format_tb(error.__traceback__))
            log.error("work of a leader failed", extra={"work": name, "error": type(error).__name__, "trace": trace})
            lasted = time.monotonic() - began
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS) if lasted < _LONGEST_PAUSE_SECONDS else _AGAIN_SECONDS
        await asyncio.sleep(pause)


async def _lead_once(url: str, name: str, work: Callable[[Term], Awaitable[None]]) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True, connect_timeout=5) as connection:
        while not await _locked(connection, name):  # noqa: ASYNC110  # PostgreSQL tells in no other way
            await asyncio.sleep(_AGAIN_SECONDS)
        row = await (await connection.execute(_SQL["begin"], {"name": name})).fetchone()
        assert row is not None
        working = asyncio.ensure_future(work(Term(name, row[0], time.monotonic())))
        holding = asyncio.ensure_future(_hold(connection))
        try:
            await asyncio.wait([working, holding], return_when=asyncio.FIRST_COMPLETED)
            if working.done() and not working.cancelled():  # or it would cancel who leads, for good
                await working
        finally:
            await end(working, holding)


async def _locked(connection: psycopg.AsyncConnection[tuple[Any, ...]], name: str) -> bool:
    row = await (await connection.execute(_SQL["lock"], {"name": name})).fetchone()
    return row is not None and row[0]


async def _hold(connection: psycopg.AsyncConnection[tuple[Any, ...]]) -> None:
    """Until the connection, and with it the lock, is lost."""
    with suppress(psycopg.OperationalError, TimeoutError):
        while True:
            await asyncio.sleep(_AGAIN_SECONDS)
            async with asyncio.timeout(_ANSWER_SECONDS):
                await connection.execute("select 1")
