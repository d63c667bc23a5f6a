"""Which agent somebody in Slack is: by the e-mail address that Slack verified, or by `/warmline link` and a code."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from slack_bolt.async_app import AsyncApp

from bot import limits, linking
from bot.channel import Never
from bot.conversation import Actor
from bot.db import transaction
from bot.errors import Forbidden, Refused, TooMany, Unavailable
from bot.services import Services
from channels.slack.calls import in_words
from channels.slack.home import COMMAND
from channels.slack.people import verified_address

if TYPE_CHECKING:
    from channels.slack.channel import SlackChannel

log = logging.getLogger(__name__)

Json = Mapping[str, Any]

_PATIENCE_SECONDS = 1.5  # Slack waits three for us
_HINT_SECONDS = 3600

UNKNOWN = (
    f"Warmline does not know you as an agent, so this stays in Slack. Get a code at the desk or from your lead,"
    f" then write `{COMMAND} link CODE`."
)
_USAGE = f"Write `{COMMAND} link CODE`. You get the code at the desk, or from your lead."


def register(app: AsyncApp, channel: SlackChannel, services: Services) -> None:
    """Listen for `/warmline link`."""

    async def meant(command: Json) -> bool:
        return str(command.get("text") or "").split(maxsplit=1)[:1] == ["link"]

    async def link(ack: Any, command: Json, context: Json) -> None:
        _, _, code = str(command["text"]).strip().partition(" ")
        await ack(await _link(services, context["team_id"], command["user_id"], code.strip()))

    app.command(COMMAND, matchers=[meant])(link)


async def _link(services: Services, team: str, user: str, code: str) -> str:
    if not code:
        return _USAGE
    try:
        async with transaction(services.pool) as connection:
            await linking.limit_tries(connection, team, user)
        async with transaction(services.pool) as connection:
            agent = await linking.link(connection, team, user, code)
    except Refused as problem:
        return str(problem)
    return f"You are {agent.name} from now on. What you write in a conversation that you own reaches the customer."


class Who:
    """Finds out who acts."""

    def __init__(self, channel: SlackChannel, services: Services) -> None:
        self._channel = channel
        self._services = services

    async def agent(self, team: str, user: str) -> Actor | None:
        """The agent that somebody is, who is there just now; None for anybody else.

        Raises `Unavailable` when only Slack could tell, and does not just now.
        """
        async with transaction(self._services.pool) as connection:
            known = await linking.known(connection, team, user)
        agent = known.agent if known is not None and not known.stale else await self._match(team, user, known)
        if agent is not None:
            async with transaction(self._services.pool) as connection:
                await linking.seen(connection, team, user)
        return agent

    async def must_be_agent(self, team: str, user: str) -> Actor:
        """As `agent`. Raises `Forbidden` for anybody else."""
        if (agent := await self.agent(team, user)) is None:
            raise Forbidden(UNKNOWN)
        return agent

    async def hint_is_due(self, team: str, user: str) -> bool:
        """Whether to tell somebody unknown how to become known: once an hour is enough."""
        try:
            async with transaction(self._services.pool) as connection:
                await limits.count(connection, {f"unknown:{team}:{user}": 1}, seconds=_HINT_SECONDS, message="")
        except TooMany:
            return False
        return True

    async def _match(self, team: str, user: str, known: linking.Known | None) -> Actor | None:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                home = await self._channel.home()  # a press by a guest of ours bears the guest's own workspace
                found = (await self._channel.call(team, "users.info", user=user))["user"]
        except Exception as error:
            if known is not None:
                return known.agent  # asked about once a day; one more hour of it is better than none at work
            if not isinstance(error, Never):
                raise Unavailable("Slack does not say who this is.") from error
            log.warning("agent not looked up", extra={"problem": in_words(error)})  # and it will not say so later
            return None
        email = verified_address(found, home)
        async with transaction(self._services.pool) as connection:
            agent = await linking.match(connection, team, user, email) if email else None
            if agent is None:
                await linking.forget(connection, team, user)
        return agent
