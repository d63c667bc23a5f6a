"""Slack's stand-in, our adapter between it and a real database, and nobody who answers but the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal, cast
from uuid import UUID

import uvicorn
from fastapi import FastAPI

from bot import conversation as conversations
from bot import live
from bot.accounts import Accounts, SlackAccount
from bot.db import Pool, transaction
from bot.delivery import Courier
from bot.http import Guard, add_error_handlers
from bot.records import Author, Button
from bot.services import Services
from channels.slack.channel import SlackChannel
from tests.scenarios.stack import free_port
from tests.standins.slack.people import Team
from tests.standins.slack.server import Slack

Mode = Literal["http", "socket"]


@dataclass(eq=False)
class SlackWorld:
    """The adapter of one account as in a web process and as in a worker (``sender``), and what the database says."""

    slack: Slack
    team: Team
    services: Services
    channel: SlackChannel
    sender: SlackChannel
    url: str

    @property
    def pool(self) -> Pool:
        return self.services.pool

    async def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        async with transaction(self.pool) as connection:
            return await (await connection.execute(cast(Any, query), values)).fetchall()

    async def said(self) -> list[str]:
        """What customers said, in order; a choice by its title."""
        rows = await self.rows("select text from message where author = 'customer' order by conversation_id, seq")
        return [row["text"] for row in rows]

    async def heard(self, *texts: str) -> None:
        """Until exactly this has been stored."""
        await self.until("select text from message where author = 'customer' order by at, seq", *texts)

    async def until(self, query: str, *wanted: Any) -> None:
        """Until the first column reads so."""
        found: list[Any] = []
        try:
            async with asyncio.timeout(30):
                while (found := [next(iter(row.values())) for row in await self.rows(query)]) != list(wanted):  # noqa: ASYNC110  # the far side is SQL
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"waited for {wanted}, found {found}") from None

    async def conversation(self, key: str | None = None) -> UUID:
        """The conversation at a place; without ``key`` the only one."""
        rows = await self.rows("select conversation_id as id from place where key = coalesce(%s, key)", key)
        [row] = rows
        found: UUID = row["id"]
        return found

    async def says(
        self, text: str, author: Author = "bot", *, buttons: tuple[Button, ...] = (), key: str | None = None,
        agent: int | None = None,
    ) -> int:  # fmt: skip
        """Something is said to the customer."""
        conversation = await self.conversation(key)
        async with transaction(self.pool) as connection:
            locked = await conversations.lock(connection, conversation)
            seq = await conversations.add_message(connection, locked, author, text, buttons=buttons, agent_id=agent)
            await live.notify(connection, conversation)
        return seq

    async def status(self) -> list[tuple[str, str | None]]:
        """How every delivery stands, and why."""
        rows = await self.rows("select status, problem from delivery order by place_id, seq")
        return [(row["status"], row["problem"]) for row in rows]

    @asynccontextmanager
    async def delivering(self) -> AsyncIterator[None]:
        """A courier at work, as in a worker."""
        work = asyncio.create_task(Courier(self.pool, self.services.live, self.sender).lead(self.pool.conninfo))
        try:
            yield
        finally:
            while not work.done():  # psycopg may lose one cancellation in Python 3.11
                work.cancel()
                await asyncio.wait([work], timeout=1)


@asynccontextmanager
async def slack_world(
    slack: Slack,
    services: Services,
    mode: Mode = "http",
    *,
    installed: bool = True,
    environ: Mapping[str, str] | None = None,
    **settings: Any,
) -> AsyncIterator[SlackWorld]:
    """An account in ``mode``; not ``installed``: with OAuth, for workspaces that install it."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    team = slack.workspace("Fjordlys", installed=installed)
    account = SlackAccount(account="shop", mode=mode, api=slack.api_url, **settings)
    business = services.business.model_copy(update={"channels": Accounts(public_url=url, slack=(account,))})
    services = replace(services, business=business)
    secrets = {"SLACK_SIGNING_SECRET": slack.signing_secret, "SLACK_APP_TOKEN": slack.app_token}
    given = {**secrets, "SLACK_BOT_TOKEN": team.token, **(environ or {})}
    channel, sender = (SlackChannel(account, business, services.wordings, given) for _ in range(2))
    app = FastAPI()
    app.state.services = services
    add_error_handlers(app)
    app.include_router(channel.routes())
    app.add_middleware(Guard)
    server = uvicorn.Server(uvicorn.Config(app, port=port, ws="none", lifespan="off", log_level="error"))
    async with channel.connected():
        tasks = [asyncio.create_task(server.serve()), asyncio.create_task(channel.listen(services))]
        while not server.started:  # noqa: ASYNC110  # uvicorn tells in no other way
            await asyncio.sleep(0.005)
        if mode == "http":
            slack.request_url = f"{url}/channels/slack/shop/events"
        else:
            await slack.sockets.connected()
        try:
            yield SlackWorld(slack, team, services, channel, sender, url)
        finally:
            server.should_exit = True
            tasks[1].cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
