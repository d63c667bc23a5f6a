"""Fetching the files that customers and agents sent elsewhere, beside the deliveries of the same account."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from bot import conversation as conversations
from bot import files, live
from bot.business import Limits
from bot.channel import Channel, Never, NotNow
from bot.db import Connection, Pool, queries, transaction
from bot.errors import InvalidMessage
from bot.tasks import pause

log = logging.getLogger(__name__)

_SQL = queries("files")

_MOST_AT_ONCE = 4  # all of a file is in memory while it is fetched
_LONGEST_SECONDS = 120.0
_NO_ANSWER = "The platform did not answer. We are trying again."
_TOO_LATE = "It could not be fetched in time."
_WITHDRAWN = "The customer deleted it before it was fetched."


class Fetcher:
    """Fetches the files of one account. A crash costs nothing but a second fetch: a file is stored at once or not."""

    def __init__(self, pool: Pool, channel: Channel, limits: Limits) -> None:
        self._pool = pool
        self._channel = channel
        self._limits = limits
        self._under_way: set[UUID] = set()
        self._rest_until = 0.0

    async def start_due(self, group: asyncio.TaskGroup) -> None:
        """Begin with what waits and whose time has come, a few at a time."""
        free = _MOST_AT_ONCE - len(self._under_way)
        if free <= 0 or time.monotonic() < self._rest_until:
            return
        key = {"channel": self._channel.name, "account": self._channel.account, "limit": _MOST_AT_ONCE}
        async with transaction(self._pool) as connection:
            rows = await (await connection.execute(_SQL["waiting"], key)).fetchall()
        for row in [row for row in rows if row["id"] not in self._under_way][:free]:
            self._under_way.add(row["id"])
            group.create_task(self._take(row))

    async def _take(self, row: Mapping[str, Any]) -> None:
        try:
            await self._fetch(row)
        except Exception as error:  # PostgreSQL is gone, or a fault of ours: the next look begins anew
            log.error("file not stored", extra={"error": type(error).__name__, "channel": self._channel.name})
            await asyncio.sleep(1)
        finally:
            self._under_way.discard(row["id"])

    async def _fetch(self, row: Mapping[str, Any]) -> None:
        if row["withdrawn"]:
            await self._settle(row, "refuse", problem=_WITHDRAWN)
            return
        megabytes, kinds = self._limits.file_megabytes, self._limits.file_kinds
        try:
            files.check_size(row["size"] or 0, megabytes=megabytes)
            async with asyncio.timeout(_LONGEST_SECONDS):
                data = await self._channel.fetch(row["source"], most=megabytes * 1_000_000)
            checked = files.check(data, row["name"], row["media_type"], kinds=kinds, megabytes=megabytes)
        except (InvalidMessage, Never) as problem:
            await self._settle(row, "refuse", problem=str(problem))
        except NotNow as problem:
            seconds = problem.seconds if problem.seconds is not None else pause(row["tries"] + 1)
            if problem.everywhere:
                self._rest_until = time.monotonic() + seconds
            await self._put_off(row, str(problem), seconds)
        except Exception as error:
            log.warning("file not fetched", extra={"error": type(error).__name__, "channel": self._channel.name})
            await self._put_off(row, _NO_ANSWER, pause(row["tries"] + 1))
        else:
            await self._settle(row, "store", name=checked.name, media_type=checked.media_type, data=data)

    async def _put_off(self, row: Mapping[str, Any], problem: str, seconds: float) -> None:
        if row["overdue"]:
            await self._settle(row, "refuse", problem=_TOO_LATE)
            return
        async with transaction(self._pool) as connection:
            await connection.execute(_SQL["put_off"], {"id": row["id"], "problem": problem, "seconds": seconds})

    async def _settle(self, row: Mapping[str, Any], outcome: str, **values: Any) -> None:
        """Stored or refused, in the ledger and at the desk; not when it was given up or erased meanwhile."""
        async with transaction(self._pool) as connection:
            if await (await connection.execute(_SQL[outcome], {"id": row["id"], **values})).fetchone() is not None:
                await _tell(connection, row, stored=outcome == "store")


async def give_up(pool: Pool) -> None:
    """Let agents' messages go without what could not be fetched in two minutes, whatever keeps its account from it."""
    async with transaction(pool) as connection:
        for row in await (await connection.execute(_SQL["give_up"], {"problem": _TOO_LATE})).fetchall():
            await _tell(connection, row, stored=False)


async def _tell(connection: Connection, row: Mapping[str, Any], *, stored: bool) -> None:
    """In the ledger and at the desk."""
    conversation: UUID = row["conversation_id"]
    data = {"seq": row["seq"], "file": str(row["id"]), "stored": stored}
    await conversations.record(connection, conversation, "attachment", "system", data)
    await live.notify(connection, conversation)
