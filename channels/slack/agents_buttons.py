"""What agents do with the buttons of a card: take over, hand back, close, transfer, add a promise, try again."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, cast
from uuid import UUID

from slack_bolt.async_app import AsyncApp

from bot import agents, handling
from bot import conversation as conversations
from bot.agents import Colleague
from bot.conversation import Actor, Outcome
from bot.db import Connection, queries, transaction
from bot.errors import InvalidMessage, Refused, WrongState
from bot.services import Services
from channels.slack.agents_card import CLAIM, CLOSE, HAND_BACK, OPEN, OUTCOMES, PROMISE, TRANSFER
from channels.slack.agents_linking import Who
from channels.slack.agents_thread import RETRY

if TYPE_CHECKING:
    from channels.slack.channel import SlackChannel

_SQL = queries("slack_agents")

Json = Mapping[str, Any]
Deed = Callable[[Connection, Actor, "Press"], Awaitable[object]]

_LEADS = "leads"
_MOST_OPTIONS = 100  # Slack's limit
_NOON = "12:00"


@dataclass(frozen=True, slots=True)
class Press:
    """What a button stood for, and where it was pressed."""

    conversation: str
    episode: int
    channel: str
    thread: str | None
    seq: int | None = None
    seen: int | None = None  # up to where the thread showed the conversation

    @property
    def id(self) -> UUID:
        """Of the conversation."""
        return UUID(self.conversation)


def register(app: AsyncApp, channel: SlackChannel, services: Services) -> None:
    """Listen for presses and for the dialogs that they open."""
    does = Buttons(channel, services)
    app.action(CLAIM)(does.claim)
    app.action(HAND_BACK)(does.hand_back)
    app.action(RETRY)(does.retry)
    app.action(CLOSE)(does.ask_outcome)
    app.action(TRANSFER)(does.ask_whom)
    app.action(PROMISE)(does.ask_promise)
    app.action(OPEN)(does.nothing)
    app.view(CLOSE)(does.close)
    app.view(TRANSFER)(does.transfer)
    app.view(PROMISE)(does.promise)


class Buttons:
    """What is pressed in the agents' channels of one account."""

    def __init__(self, channel: SlackChannel, services: Services) -> None:
        self._channel = channel
        self._services = services
        self._who = Who(channel, services)

    async def nothing(self, ack: Any) -> None:
        """A link opens by itself."""
        await ack()

    async def claim(self, ack: Any, body: Json, action: Json, context: Json) -> None:
        """Take over."""

        async def deed(connection: Connection, agent: Actor, press: Press) -> None:
            await handling.claim(connection, self._services, press.id, agent)

        await self._at_once(ack, body, action, context, deed)

    async def hand_back(self, ack: Any, body: Json, action: Json, context: Json) -> None:
        """Back to the bot."""

        async def deed(connection: Connection, agent: Actor, press: Press) -> None:
            seen = await self._shown(connection, press)
            await handling.hand_back(connection, self._services, press.id, agent, seen=seen)

        await self._at_once(ack, body, action, context, deed)

    async def retry(self, ack: Any, body: Json, action: Json, context: Json) -> None:
        """Try once more to deliver a message that failed."""

        async def deed(connection: Connection, agent: Actor, press: Press) -> None:
            await handling.retry(connection, press.id, agent, press.seq or 0)

        await self._at_once(ack, body, action, context, deed)

    async def ask_outcome(self, ack: Any, body: Json, action: Json, context: Json) -> None:
        """Open the dialog that closes."""
        outcomes = [_option(text.capitalize(), value) for value, text in OUTCOMES.items()]

        async def blocks(connection: Connection, agent: Actor, press: Press) -> list[Json]:
            return [
                _input("outcome", "How did it end?", {"type": "static_select", "options": outcomes}),
                _input("note", "Note for colleagues", _TEXT, optional=True),
            ]

        await self._ask(ack, body, action, context, CLOSE, "Close", blocks)

    async def ask_whom(self, ack: Any, body: Json, action: Json, context: Json) -> None:
        """Open the dialog that passes a conversation on."""

        async def blocks(connection: Connection, agent: Actor, press: Press) -> list[Json]:
            conversations.must_own(await conversations.lock(connection, press.id), agent)
            others = [one for one in await agents.colleagues(connection) if one.agent.id != agent.id]
            options = [_option("Any lead", _LEADS), *map(_colleague, others)][:_MOST_OPTIONS]
            return [
                _input("to", "To whom?", {"type": "static_select", "options": options}),
                _input("note", "What they should know", _TEXT),
            ]

        await self._ask(ack, body, action, context, TRANSFER, "Transfer", blocks)

    async def ask_promise(self, ack: Any, body: Json, action: Json, context: Json) -> None:
        """Open the dialog for a promise."""

        async def blocks(connection: Connection, agent: Actor, press: Press) -> list[Json]:
            conversations.must_own(await conversations.lock(connection, press.id), agent)
            tomorrow = datetime.now(self._services.business.zone) + timedelta(days=1)
            zone = self._services.business.time_zone
            return [
                _input("what", "What did you promise?", _TEXT),
                _input("day", "By which day?", {"type": "datepicker", "initial_date": f"{tomorrow:%Y-%m-%d}"}),
                _input("time", f"By what time ({zone})?", {"type": "timepicker", "initial_time": _NOON}),
            ]

        await self._ask(ack, body, action, context, PROMISE, "Add promise", blocks)

    async def close(self, ack: Any, body: Json, view: Json, context: Json) -> None:
        """Close with the outcome that was chosen."""

        async def deed(connection: Connection, agent: Actor, press: Press) -> None:
            outcome, note = cast(Outcome, _filled(view, "outcome")), _filled(view, "note")
            await handling.close(
                connection, self._services, press.id, agent, outcome=outcome, note=note, seen=press.seen
            )

        await self._sent(ack, body, view, context, deed, "outcome")

    async def transfer(self, ack: Any, body: Json, view: Json, context: Json) -> None:
        """Pass it on to whom was chosen."""

        async def deed(connection: Connection, agent: Actor, press: Press) -> None:
            to = _filled(view, "to")
            whom: int | Literal["leads"] = "leads" if to == _LEADS else int(to)
            await handling.transfer(connection, self._services, press.id, agent, to=whom, note=_filled(view, "note"))

        await self._sent(ack, body, view, context, deed, "to")

    async def promise(self, ack: Any, body: Json, view: Json, context: Json) -> None:
        """Put the promise down."""

        async def deed(connection: Connection, agent: Actor, press: Press) -> None:
            due_at = datetime.fromisoformat(f"{_filled(view, 'day')}T{_filled(view, 'time')}")
            await handling.promise(connection, self._services, press.id, agent, _filled(view, "what"), due_at=due_at)

        await self._sent(ack, body, view, context, deed, "day")

    # What all of them share

    async def _at_once(self, ack: Any, body: Json, action: Json, context: Json, deed: Deed) -> None:
        """Do it; what stands in the way is told to whoever pressed."""
        press = _press(body, action)
        try:
            await self._do(context["team_id"], body["user"]["id"], press, deed)
        except Refused as problem:
            self._say_aside(context["team_id"], body["user"]["id"], press, str(problem))
        await ack()

    async def _ask(
        self,
        ack: Any,
        body: Json,
        action: Json,
        context: Json,
        name: str,
        title: str,
        blocks: Callable[[Connection, Actor, Press], Awaitable[list[Json]]],
    ) -> None:
        """Open a dialog; Slack allows that for three seconds."""
        team, press = context["team_id"], _press(body, action)
        asked, seen = list[Json](), list[int | None]()

        async def deed(connection: Connection, agent: Actor, press: Press) -> None:
            asked.extend(await blocks(connection, agent, press))
            seen.append(await self._shown(connection, press))

        try:
            await self._do(team, body["user"]["id"], press, deed)
        except Refused as problem:
            self._say_aside(team, body["user"]["id"], press, str(problem))
        else:
            view = {
                "type": "modal",
                "callback_id": name,
                "private_metadata": json.dumps({**asdict(press), "seen": seen[0]}),
                "title": _plain(title),
                "submit": _plain(title),
                "close": _plain("Cancel"),
                "blocks": asked,
            }
            self._channel.later(self._channel.call(team, "views.open", trigger_id=body["trigger_id"], view=view))
        await ack()

    async def _sent(self, ack: Any, body: Json, view: Json, context: Json, deed: Deed, field: str) -> None:
        """A dialog came back: do it, or say below ``field`` what stands in the way."""
        press = Press(**json.loads(view["private_metadata"]))
        try:
            await self._do(context["team_id"], body["user"]["id"], press, deed)
        except Refused as problem:
            await ack(response_action="errors", errors={field: str(problem)})
        else:
            await ack()

    async def _do(self, team: str, user: str, press: Press, deed: Deed) -> None:
        agent = await self._who.must_be_agent(team, user)
        async with transaction(self._services.pool) as connection:
            locked = await conversations.lock(connection, press.id)
            if locked.episode != press.episode:
                raise WrongState("This is over: the customer came back, and there is a newer card.")
            await deed(connection, agent, press)

    async def _shown(self, connection: Connection, press: Press) -> int | None:
        key = {"account": self._channel.account, "id": press.id, "episode": press.episode}
        row = await (await connection.execute(_SQL["shown"], key)).fetchone()
        return row["seq"] if row else None

    def _say_aside(self, team: str, user: str, press: Press, text: str) -> None:
        self._channel.later(self._channel.say_aside(team, press.channel, user, text, thread=press.thread))


def _press(body: Json, action: Json) -> Press:
    """Raises `InvalidMessage` when the button is none of ours."""
    container = body["container"]
    try:
        conversation, episode, *seq = str(action.get("value")).split("/")
        return Press(
            conversation=str(UUID(conversation)),
            episode=int(episode),
            channel=container["channel_id"],
            thread=container.get("thread_ts"),
            seq=int(seq[0]) if seq else None,
        )
    except ValueError:
        raise InvalidMessage("This is no button of ours.") from None


_TEXT: Json = {"type": "plain_text_input", "multiline": True, "max_length": 3000}


def _input(name: str, label: str, element: Json, *, optional: bool = False) -> Json:
    block = {"type": "input", "block_id": name, "label": _plain(label), "element": {**element, "action_id": name}}
    return {**block, "optional": True} if optional else block


def _option(text: str, value: str) -> Json:
    return {"text": _plain(text[:75]), "value": value}


def _colleague(one: Colleague) -> Json:
    role = " (lead)" if one.agent.leads else ""
    return _option(f"{one.agent.name[:50]}{role}{', here now' if one.here else ''}", str(one.agent.id))


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}


def _filled(view: Json, name: str) -> str:
    """What was typed or chosen; empty when nothing was."""
    state = view["state"]["values"][name][name]
    option = state.get("selected_option") or {}
    found = option.get("value") or state.get("value") or state.get("selected_date") or state.get("selected_time")
    return str(found or "")
