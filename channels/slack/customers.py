"""Customers on Slack: direct messages, threads in which the app was called, buttons.

The place of a direct conversation is ``workspace:channel``, that of a thread ``workspace:channel:thread``. A thread
belongs to whoever called us there: others may read it, but do not speak or press for its customer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from slack_bolt.async_app import AsyncApp

from bot.arrival import Arrival, Pressed, Sender, arrive, find, withdraw
from bot.channel import Place
from bot.db import Connection, queries, transaction
from bot.errors import InvalidMessage
from bot.services import Services
from channels.slack import files, messages
from channels.slack.messages import WRITTEN, by_person
from channels.slack.mrkdwn import plain
from channels.slack.people import identity

if TYPE_CHECKING:
    from channels.slack.channel import SlackChannel

_SQL = queries("slack")

_GREETING = "/greet"  # for a call without a word

Json = Mapping[str, Any]


def register(app: AsyncApp, channel: SlackChannel, services: Services) -> None:
    """Listen for what customers write and press."""
    listener = Customers(channel, services)
    app.event("message")(listener.message)
    app.event("app_mention")(listener.message)
    app.action(re.compile(r"^answer_\d+$"))(listener.press)


class Customers:
    """What arrives from customers of one account."""

    def __init__(self, channel: SlackChannel, services: Services) -> None:
        self._channel = channel
        self._services = services

    async def message(self, event: Json, context: Json) -> None:
        """A message was written, changed or deleted. A call comes twice where we are a member; once is enough."""
        about = event.get("message") or event.get("previous_message") or event
        key = place_key(context["team_id"], event["channel"], about.get("thread_ts") or about["ts"])
        async with self._channel.in_turn(key):
            await self._message(event, context)

    async def _message(self, event: Json, context: Json) -> None:
        team, bot = context["team_id"], context["our_bot"]
        match event.get("subtype"):
            case "message_changed":
                now, before = event["message"], event.get("previous_message") or {}
                if now.get("subtype") == "tombstone":
                    await self._deleted(team, event["channel"], before or now)
                elif by_person(now, bot) and now.get("text") != before.get("text"):
                    await self._edited(team, bot, event["channel"], now)
            case "message_deleted":
                before = event.get("previous_message") or {}
                if by_person(before, bot):
                    await self._deleted(team, event["channel"], before)
            case subtype if subtype in WRITTEN and by_person(event, bot):
                await self._written(team, bot, event)

    async def press(self, ack: Any, body: Json, action: Json, context: Json) -> None:
        """A button was pressed: one press for each message; what was chosen then stands in place of the buttons."""
        team, user = context["team_id"], body["user"]["id"]
        container, message = body["container"], body.get("message") or {}
        thread = container.get("thread_ts") or message.get("thread_ts")
        key = place_key(team, container["channel_id"], thread or container["message_ts"])
        pressed = messages.pressed(str(action.get("value")))
        async with transaction(self._services.pool) as connection:
            place = await self._place(connection, key)
        if place is None:
            await ack()
            return
        if not _belongs_to(place, user):
            self._channel.later(self._say_aside(place, user, "slack.not_yours"))
            await ack()
            return
        id = external_id(team, container["channel_id"], f"{container['message_ts']}/pressed")
        try:
            chosen = await self._press(place, id, team, user, pressed)
        except InvalidMessage:
            self._channel.later(self._say_aside(place, user, "slack.not_on_offer"))
        else:
            self._channel.later(self._show_choice(team, container, message, chosen))
        await ack()

    async def _press(self, place: Place, id: str, team: str, user: str, pressed: Pressed) -> str:
        sender = Sender(identity(team, user))
        arrival = Arrival("slack", self._channel.account, place.key, sender, id, pressed=pressed)
        async with transaction(self._services.pool) as connection:
            await arrive(connection, self._services, arrival)
            return await self._text(connection, place, id) or ""

    async def _show_choice(self, team: str, container: Json, message: Json, chosen: str) -> None:
        text = str(message.get("text") or "")[:3000]
        blocks = messages.chosen(message.get("blocks") or [], chosen)
        shown = {"channel": container["channel_id"], "ts": container["message_ts"], "text": text, "blocks": blocks}
        await self._channel.call(team, "chat.update", **shown)

    async def _written(self, team: str, bot: str | None, event: Json) -> None:
        user, channel = event["user"], event["channel"]
        key = place_key(team, channel, event.get("thread_ts") or event["ts"])
        called = bot is not None and f"<@{bot}>" in str(event.get("text"))
        async with transaction(self._services.pool) as connection:
            place = await self._place(connection, key)
        if place is None and not called and not _direct(channel):
            return
        if place is not None and not _belongs_to(place, user):
            if event["type"] == "app_mention":
                self._channel.later(self._say_aside(place, user, "slack.not_yours"))
            return
        text = plain(str(event.get("text") or ""), without=bot)
        attached = files.attached(team, event.get("files") or ())
        await self._arrive(
            team,
            user,
            key,
            external_id(team, channel, event["ts"]),
            known=place is not None,
            text=text,
            files=attached,
            command=None if text or attached else _GREETING,
        )

    async def _edited(self, team: str, bot: str | None, channel: str, message: Json) -> None:
        """A text was changed. Where the first version has not come (yet), this one stands for it."""
        key = place_key(team, channel, message.get("thread_ts") or message["ts"])
        first = external_id(team, channel, message["ts"])
        async with transaction(self._services.pool) as connection:
            place = await self._place(connection, key)
            known = place is not None and await self._text(connection, place, first) is not None
        if not known and not _direct(channel):
            return
        changed = (message.get("edited") or {}).get("ts") or "changed"
        await self._arrive(
            team,
            message["user"],
            key,
            f"{first}/{changed}" if known else first,
            known=place is not None,
            text=plain(str(message.get("text") or ""), without=bot),
            edits=first if known else None,
        )

    async def _deleted(self, team: str, channel: str, message: Json) -> None:
        key = place_key(team, channel, message.get("thread_ts") or message["ts"])
        async with transaction(self._services.pool) as connection:
            place = await self._place(connection, key)
            if place is not None:
                await withdraw(connection, place, external_id(team, channel, message["ts"]))

    async def _arrive(self, team: str, user: str, key: str, id: str, *, known: bool, **what: Any) -> None:
        """Store it; who somebody is, is only asked at their first word in a place."""
        sender = Sender(identity(team, user)) if known else await self._channel.people.sender(team, user)
        arrival = Arrival("slack", self._channel.account, key, sender, id, details={"user": user}, **what)
        async with transaction(self._services.pool) as connection:
            await arrive(connection, self._services, arrival)

    async def _place(self, connection: Connection, key: str) -> Place | None:
        return await find(connection, channel="slack", account=self._channel.account, key=key)

    async def _text(self, connection: Connection, place: Place, id: str) -> str | None:
        key = {"id": place.conversation, "external_id": id}
        row = await (await connection.execute(_SQL["written"], key)).fetchone()
        return row["text"] if row else None

    async def _say_aside(self, place: Place, user: str, key: str) -> None:
        """Tell somebody, in their language, what nobody else sees."""
        team, channel, *thread = place.key.split(":")
        sender = await self._channel.people.sender(team, user)
        text, _ = self._services.wordings[self._services.business.served(sender.language or "")].say(key, said=())
        await self._channel.say_aside(team, channel, user, text, thread=thread[0] if thread else None)


def place_key(team: str, channel: str, thread: str) -> str:
    """The name of the place of a message in this thread; a direct conversation is one place."""
    return f"{team}:{channel}" if _direct(channel) else f"{team}:{channel}:{thread}"


def external_id(team: str, channel: str, ts: str) -> str:
    """The name of a message: the same from every event about it."""
    return f"{team}/{channel}/{ts}"


def _direct(channel: str) -> bool:
    return channel.startswith("D")


def _belongs_to(place: Place, user: str) -> bool:
    return place.details.get("user") in (None, user)
