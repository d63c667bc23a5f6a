"""Limits on what comes in: fixed windows counted in PostgreSQL, so that they hold over all web processes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.db import Connection, queries
from bot.errors import TooMany

_SQL = queries("limits")

MINUTE, HOUR = 60, 3600


async def count(connection: Connection, limits: Mapping[str, int], *, seconds: int, message: str) -> None:
    """Count one hit for each key of ``limits`` (key → hits allowed in a window of ``seconds``).

    Raises `TooMany` with ``message`` and the seconds until the window ends when a limit is passed. The
    counts last only if the caller's transaction commits, so count before the work and in a transaction
    of its own where refused attempts must count too.
    """
    cursor = await connection.execute(_SQL["hit"], {"keys": list(limits), "seconds": seconds})
    for row in await cursor.fetchall():
        if row["count"] > limits[row["key"]]:
            raise TooMany(message, retry_after=max(1, row["left"]))


async def take_back(connection: Connection, keys: Iterable[str], *, seconds: int) -> None:
    """Undo one hit for each key in the current window: what was counted was no misuse."""
    await connection.execute(_SQL["take_back"], {"keys": list(keys), "seconds": seconds})
