"""Agents in Slack: its stand-in, our adapter in both of its roles, a real database, and customers of other channels."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import UUID

from bot import briefing, live
from bot import conversation as conversations
from bot.accounts import Accounts
from bot.agents import add_agent
from bot.arrival import Arrival, Sender, arrive
from bot.business import load_business
from bot.channel import Channel
from bot.conversation import Actor
from bot.db import Pool, pool, to_json, transaction
from bot.delivery import Courier
from bot.jobs import jobs_app
from bot.live import Live
from bot.records import Author, Button, Grounds, Role
from bot.services import Services
from bot.wording import load_wordings
from channels.slack import open_channel
from tests.conftest import PROJECT
from tests.standins.slack.people import Person, Team
from tests.standins.slack.reading import Line
from tests.standins.slack.server import Slack
from tests.standins.slack.workspace import Message

DESK = "https://chat.example/desk"


class Office:
    """A workspace with the channel #support, and everything between it and the database."""

    def __init__(self, slack: Slack, team: Team, url: str, services: Services, agents: Mapping[str, Any]) -> None:
        self.slack, self.team, self.url, self.services = slack, team, url, services
        self.support = team.channel("support")
        self.settings = {"channel": self.support.id, **agents}
        self.people: dict[str, Actor] = {}

    @property
    def pool(self) -> Pool:
        return self.services.pool

    def adapter(self) -> Channel:
        """The account as a process opens it."""
        business = self.services.business.model_copy(
            update={
                "channels": Accounts.model_validate(
                    {
                        "public_url": "https://chat.example",
                        "slack": [{"account": "shop", "api": self.slack.api_url, "agents": self.settings}],
                    }
                )
            }
        )
        secrets = {"SLACK_BOT_TOKEN": self.team.token, "SLACK_APP_TOKEN": self.slack.app_token}
        return open_channel(business.channels.slack[0], business, self.services.wordings, secrets)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """The web process, in Socket Mode."""
        adapter = self.adapter()
        async with adapter.connected():
            task = asyncio.create_task(adapter.listen(self.services))
            await self.slack.sockets.connected()
            yield
            await _end(task)

    @asynccontextmanager
    async def working(self, *others: Channel) -> AsyncIterator[None]:
        """The worker, for Slack and for others."""
        couriers = [Courier(self.pool, self.services.live, one) for one in (self.adapter(), *others)]
        tasks = [asyncio.create_task(one.lead(self.url)) for one in couriers]
        yield
        for task in tasks:
            await _end(task)

    @asynccontextmanager
    async def open(self, *others: Channel) -> AsyncIterator[None]:
        """Both."""
        async with self.listening(), self.working(*others):
            yield

    async def agent(self, name: str, *, role: Role = "agent", known: bool = True) -> Person:
        """Somebody in #support with an account; ``known`` by their e-mail address."""
        address = f"{name.lower()}@shop.example"
        add_agent(self.url, name, "a long enough password", role=role, email=address if known else None)
        [row] = await self.rows("select id from agent where name = %s", name)
        self.people[name] = Actor(row["id"], name, role)
        return self.person(name)

    def person(self, name: str, **more: Any) -> Person:
        """Somebody in #support."""
        person = self.team.person(name, **{"email": f"{name.lower()}@shop.example", **more})
        self.support.members.append(person.id)
        return person

    # Customers

    async def customer(self, *texts: str, key: str | None = None, name: str | None = "Kari") -> UUID:
        """Somebody who wrote, on the website or, with ``key``, on another platform."""
        async with transaction(self.pool) as connection:
            if key is None:
                id = await conversations.create(connection, channel="web", language="en")
            else:
                arrival = Arrival("pigeon", "loft", key, Sender(f"user-{key}", name=name), f"{key}-1", "Hello")
                id = (await arrive(connection, self.services, arrival)).conversation
            await connection.execute(
                "update customer set name = %s where id = (select customer_id from conversation where id = %s)",
                [name, id],
            )
        for text in texts:
            await self.says(id, text, "customer")
        return id

    async def says(
        self, conversation: UUID, text: str, author: Author, *, mood: Mapping[str, Any] | None = None, **more: Any
    ) -> int:
        """Somebody says something, wherever that is."""
        async with transaction(self.pool) as connection:
            locked = await conversations.lock(connection, conversation)
            seq = await conversations.add_message(connection, locked, author, text, **more)
            if mood is not None:
                await connection.execute(
                    "update message set mood = %s::jsonb where conversation_id = %s and seq = %s",
                    [to_json(mood), conversation, seq],
                )
            await live.notify(connection, conversation)
        return seq

    async def hand_off(self, conversation: UUID, *, reason: str = "heat", **more: Any) -> None:
        """The bot asks for a person."""
        grounds = Grounds(reason, **{"rule": "a rule", "urgency": 60, **more})
        async with transaction(self.pool) as connection:
            locked = await conversations.lock(connection, conversation)
            await conversations.hand_off(connection, locked, grounds)
            await briefing.refresh(connection, locked, self.services.business)

    async def taken_over(self, key: str | None = None) -> tuple[Person, UUID, Message]:
        """Ana, a customer's conversation, and its card, which is Ana's by now; while it is `open`."""
        ana = await self.agent("Ana")
        customer = await self.customer("My lamp is broken", key=key)
        await self.hand_off(customer)
        await self.card(ana, "Nobody has it yet")
        await ana.presses("Take over", at=self.support)
        card = (await self.card(ana, "Ana has it")).message
        await ana.sees("You are talking with Ana now.", at=card)
        return ana, customer, card

    async def do(self, verb: Any, *arguments: Any, **more: Any) -> Any:
        """What somebody does at the desk."""
        async with transaction(self.pool) as connection:
            return await verb(connection, self.services, *arguments, **more)

    # What is to be seen

    async def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        async with transaction(self.pool) as connection:
            return await (await connection.execute(cast(Any, query), values)).fetchall()

    async def said(self, conversation: UUID) -> list[tuple[str, str]]:
        """Author and text of all messages."""
        query = "select author, text from message where conversation_id = %s order by seq"
        return [(row["author"], row["text"]) for row in await self.rows(query, conversation)]

    async def until(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Until a query finds something."""
        async with asyncio.timeout(30):
            while not (found := await self.rows(query, *values)):  # noqa: ASYNC110  # the far side is SQL
                await asyncio.sleep(0.02)
        return found

    async def card(self, person: Person, *texts: str) -> Line:
        """The newest card, once it says all of this and we know that it stands there: earlier presses come again."""

        def shows(lines: list[Line]) -> bool:
            found = _cards(lines)
            return bool(found) and all(text in str(found[-1]).replace("*", "") for text in texts)

        shown = _cards(await person.sees(shows, self.support, seconds=30))[-1]
        await self.until("select 1 where not exists (select from place where key like 'new:%%')")
        return shown

    def cards(self) -> list[Message]:
        """All that we posted into the channel itself."""
        return [one for one in self.support.messages if one.user.bot_id and one.thread_ts is None and not one.only_for]


def _cards(lines: list[Line]) -> list[Line]:
    return [one for one in lines if one.author == "Warmline" and one.message.thread_ts is None and not one.private]


@asynccontextmanager
async def office(database: str, **agents: Any) -> AsyncIterator[Office]:
    """A workspace with our app, on an empty database."""
    business = load_business(PROJECT)
    wordings = load_wordings(PROJECT, business.languages)
    signals, jobs = Live(database), jobs_app(database, size=1)
    with Slack() as slack:
        async with pool(database, size=8) as connections, jobs.open_async():
            services = Services(PROJECT, connections, jobs, signals, business, wordings, {})
            task = asyncio.create_task(signals.run())
            yield Office(slack, slack.workspace("Fjordlys"), database, services, agents)
            await _end(task)


def line_of(lines: list[Line], ts: str) -> Line:
    """The message that Slack calls so, as it looks."""
    return next(one for one in lines if one.message.ts == ts)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


YES_NO = (Button("Yes", "/affirm"), Button("No", "/deny"))
