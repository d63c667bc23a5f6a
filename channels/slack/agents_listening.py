"""What agents write in a thread: the owner's words go to the customer, everything else stays internal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from slack_bolt.async_app import AsyncApp

from bot import conversation as conversations
from bot import handling
from bot.accounts import SlackAgents
from bot.conversation import Actor
from bot.db import Connection, queries, transaction
from bot.errors import Refused, Unavailable
from bot.files import MOST_AT_ONCE
from bot.http import clean
from bot.services import Services
from channels.slack.agents_linking import UNKNOWN, Who
from channels.slack.files import attached
from channels.slack.messages import WRITTEN, by_person
from channels.slack.mrkdwn import plain

if TYPE_CHECKING:
    from channels.slack.channel import SlackChannel

_SQL = queries("slack_agents")

_NOTE = re.compile(r"[\s*_~`>]*note[\s*_~`]*[:\uff1a][\s*_~`]*", re.IGNORECASE)  # bold or quoted it is one too

_TAKE_OVER = "Take over first. This stayed internal."
_CLOSED = "This conversation is closed. This stayed internal."
_OVER = "This thread is over: the customer came back, and there is a newer one. Nothing was sent."
_TOO_MANY = f"A message takes {MOST_AT_ONCE} files along. Send the others in another one."
_CHANGED = "The customer has what you first wrote. Write again what should be different."
_DELETED = "The customer has read this already, or will. It cannot be taken back from here."
_NOTE_CHANGED = "The desk keeps the note as you first wrote it."

Json = Mapping[str, Any]


def register(app: AsyncApp, channel: SlackChannel, services: Services) -> None:
    """Listen to the agents' channels."""
    assert channel.settings.agents is not None
    ours = channels(channel.settings.agents)
    listener = Listener(channel, services)

    async def meant(event: Json) -> bool:
        return event.get("channel") in ours

    async def call(event: Json) -> None:
        """A mention in our channels comes as a message too."""

    app.event("message", matchers=[meant])(listener.message)
    app.event("app_mention", matchers=[meant])(call)


def channels(of: SlackAgents) -> frozenset[str]:
    """All channels in which hand-overs appear."""
    return frozenset((of.channel, *of.by_reason.values(), *of.by_language.values()))


@dataclass(frozen=True, slots=True)
class Thread:
    """A place of agents and the episode that it shows."""

    id: int
    conversation: UUID
    episode: int


class Listener:
    """What is written in the agents' channels of one account."""

    def __init__(self, channel: SlackChannel, services: Services) -> None:
        self._channel = channel
        self._services = services
        self._who = Who(channel, services)

    async def message(self, event: Json, context: Json) -> None:
        """A message was written, changed or deleted; only those in the thread of a card concern us."""
        team, bot = context["team_id"], context["our_bot"]
        match event.get("subtype"):
            case "message_changed":
                now, before = event["message"], event.get("previous_message") or {}
                if by_person(now, bot) and now.get("text") != before.get("text"):
                    await self._too_late(team, event["channel"], now, _CHANGED)
            case "message_deleted":
                before = event.get("previous_message") or {}
                if by_person(before, bot):
                    await self._too_late(team, event["channel"], before, _DELETED)
            case subtype if subtype in WRITTEN and by_person(event, bot) and event.get("thread_ts"):
                async with self._channel.in_turn(f"{team}:{event['channel']}:{event['thread_ts']}"):
                    await self._written(team, context["our_bot"], event)

    async def _written(self, team: str, bot: str | None, event: Json) -> None:
        if (thread := await self._thread(team, event, bot=bot)) is None:
            return
        user = event["user"]
        agent = await self._who.agent(team, user)
        if agent is None:
            hint = UNKNOWN if await self._who.hint_is_due(team, user) else None
        else:
            try:
                async with transaction(self._services.pool) as connection:
                    hint = await self._store(connection, team, thread, agent, event)
            except Refused as problem:
                hint = f"{problem} This was not sent."
        if hint is not None:
            self._say_aside(team, event["channel"], event, hint)

    async def _store(self, connection: Connection, team: str, thread: Thread, agent: Actor, event: Json) -> str | None:
        """To the customer with its files, or among agents without; what the writer should know about it."""
        locked = await conversations.lock(connection, thread.conversation)
        if locked.episode != thread.episode:
            return _OVER
        text = clean(plain(str(event.get("text") or "")))
        internal = _NOTE.match(text)
        text = text[internal.end() :] if internal else text
        files = attached(team, event.get("files") or ())
        if not (text or files):
            return None
        once, id, needs = f"slack:{event['ts']}", thread.conversation, self._services
        if locked.owner_id == agent.id and not internal:
            taken = files[:MOST_AT_ONCE]
            await handling.reply(
                connection, needs, id, agent, text, once=once, written_at=thread.id, attached=taken
            )  # fmt: skip
            return _TOO_MANY if len(files) > len(taken) else None
        if text:
            await handling.note(connection, needs, id, agent, text, once=once, written_at=thread.id)
        if internal or locked.owner_id:
            return None
        return _CLOSED if locked.state == "closed" else _TAKE_OVER

    async def _too_late(self, team: str, channel: str, message: Json, hint: str) -> None:
        """Tell the writer that a change here changes nothing there."""
        if (thread := await self._thread(team, {**message, "channel": channel})) is None:
            return
        async with transaction(self._services.pool) as connection:
            key = {"id": thread.conversation, "ts": message["ts"]}
            row = await (await connection.execute(_SQL["written"], key)).fetchone()
        if row is not None:
            hint = hint if row["author"] == "agent" else _NOTE_CHANGED
            self._say_aside(team, channel, message, hint)

    async def _thread(self, team: str, message: Json, *, bot: str | None = None) -> Thread | None:
        """The thread that a message is in.

        Raises `Unavailable` for two minutes at most while it may be one that we do not know yet: begun by ``bot``, as
        far as Slack says so, when a card was being posted.
        """
        if not message.get("thread_ts"):
            return None
        where, began = message["channel"], message["thread_ts"]
        key = {"account": self._channel.account, "where": where, "key": f"{team}:{where}:{began}"}
        async with transaction(self._services.pool) as connection:
            row = await (await connection.execute(_SQL["thread"], key)).fetchone()
            pending = await (await connection.execute(_SQL["pending"], {**key, "began": float(began)})).fetchone()
        foreign = bot is not None and message.get("parent_user_id") not in (None, bot)
        if row is None and not foreign and pending is not None and pending["found"]:
            raise Unavailable("A card is being posted, and this may be its thread.")
        return Thread(row["id"], row["conversation"], row["episode"]) if row else None

    def _say_aside(self, team: str, channel: str, message: Json, text: str) -> None:
        self._channel.later(self._channel.say_aside(team, channel, message["user"], text, thread=message["thread_ts"]))
