"""Work that only one process of a deployment may do at a time, such as fetching the updates of one bot.

Whoever holds PostgreSQL's advisory lock leads. It is bound to a connection: when the leader dies the lock is free
at once, and another process goes on.
"""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from collections.abc import Awaitable, Callable
from contextlib import suppress

import psycopg

from bot.tasks import end

_AGAIN_SECONDS = 2.0
_LONGEST_PAUSE_SECONDS = 30.0
_ANSWER_SECONDS = 5.0

log = logging.getLogger(__name__)


async def lead(url: str, name: str, work: Callable[[], Awaitable[None]]) -> None:
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


async def _lead_once(url: str, name: str, work: Callable[[], Awaitable[None]]) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True, connect_timeout=5) as connection:
        while not await _locked(connection, name):  # noqa: ASYNC110  # PostgreSQL tells in no other way
            await asyncio.sleep(_AGAIN_SECONDS)
        working = asyncio.ensure_future(work())
        holding = asyncio.ensure_future(_hold(connection))
        try:
            await asyncio.wait([working, holding], return_when=asyncio.FIRST_COMPLETED)
            if working.done() and not working.cancelled():  # or it would cancel who leads, for good
                await working
        finally:
            await end(working, holding)


async def _locked(connection: psycopg.AsyncConnection[tuple[bool]], name: str) -> bool:
    cursor = await connection.execute("select pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
    row = await cursor.fetchone()
    return row is not None and row[0]


async def _hold(connection: psycopg.AsyncConnection[tuple[bool]]) -> None:
    """Until the connection, and with it the lock, is lost."""
    with suppress(psycopg.OperationalError, TimeoutError):
        while True:
            await asyncio.sleep(_AGAIN_SECONDS)
            async with asyncio.timeout(_ANSWER_SECONDS):
                await connection.execute("select 1")
