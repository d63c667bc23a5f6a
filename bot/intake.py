"""Where every customer message enters, whatever channel it came from.

One transaction stores it and puts the conversation's drain on the queue; the channel may then say "received".
Nothing is understood or answered here.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from procrastinate import App

from bot import conversation, live
from bot.db import Connection, queries
from bot.errors import InvalidMessage
from bot.jobs import enqueue_drain

_SQL = queries("conversation")


@dataclass(frozen=True, slots=True)
class Inbound:
    """One customer message as a channel translated it: either ``text`` or the ``payload`` of a button.

    ``offered``: the payload came from outside and must be one that we offered; not so for a channel's own command.
    ``edits`` is the number of the message that this is another version of.
    """

    conversation: UUID
    channel: str
    external_id: str
    text: str = ""
    payload: str | None = None
    offered: bool = True
    edits: int | None = None


async def receive(connection: Connection, app: App, inbound: Inbound) -> int:
    """Store a message in the caller's transaction and return its number; a redelivery returns the first one's.

    Raises `NotFound` when there is no such conversation and `InvalidMessage` when the button was never offered
    there: a payload is a command, and only commands we offered are carried out.
    """
    locked = await conversation.lock(connection, inbound.conversation)
    key = {"id": locked.id, "channel": inbound.channel, "external_id": inbound.external_id}
    cursor = await connection.execute(_SQL["seen"], key)
    if (seen := await cursor.fetchone()) is not None:
        first: int = seen["seq"]
        return first
    text = inbound.text
    if inbound.payload is not None and inbound.offered:
        cursor = await connection.execute(_SQL["offered"], {"id": locked.id, "payload": inbound.payload})
        if (button := await cursor.fetchone()) is None:
            raise InvalidMessage("This choice is not on offer here. Please write your answer instead.")
        text = button["title"]
    if locked.state == "closed":
        await conversation.reopen(connection, locked)
        locked = await conversation.lock(connection, inbound.conversation)
    seq = await conversation.add_message(
        connection, locked, "customer", text,
        external_id=inbound.external_id, payload=inbound.payload, edits=inbound.edits,
    )  # fmt: skip
    await conversation.record(connection, locked.id, "message", "customer", {"seq": seq, "state": locked.state})
    await enqueue_drain(app, connection, locked.id)
    await live.notify(connection, locked.id)
    return seq
