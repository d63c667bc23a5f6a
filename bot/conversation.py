"""The states of a conversation and the only ways between them.

``bot`` → ``waiting`` (handed off, nobody yet) → ``agent`` → ``bot`` again (handed back), ``waiting`` for a lead (passed
on) or ``closed``; a new message reopens. Every change is one verb here: it holds the row's lock, raises the epoch,
writes to the ledger and signals, all in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from bot import live
from bot.db import Connection, queries, to_json
from bot.errors import AlreadyOwned, Forbidden, NotFound, WrongState
from bot.reasons import PASSED_ON
from bot.records import Author, Button, Grounds, Role, State

_SQL = queries("conversation")

WEBSITE = "web"
"""The one channel on which written is sent: whoever reads the conversation sees it."""

Outcome = Literal["solved", "unsolved", "no_reply", "spam"]

_CLOSED = "This conversation is closed. It reopens when the customer writes again."

_PASSED_ON_URGENCY = 60  # 0..100; as that of somebody very upset: they wait for the second time

# What stays known when the dialogue starts anew: the customer must not repeat it (P4, P27).
_LASTING_SLOTS = ("order_number", "product", "contact", "case_number")


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation's row, locked by this transaction."""

    id: UUID
    customer_id: UUID
    customer_name: str | None
    channel: str
    unverified: bool  # nobody vouches for who writes here
    language: str
    language_chosen: bool  # by the customer: what they write does not change it
    time_zone: str | None  # the customer's, an IANA name
    state: State
    owner_id: int | None
    owner_name: str | None
    epoch: int
    episode: int
    last_seq: int
    inbound_seq: int
    handled_seq: int
    turn: int
    tracker_from: int
    heat: float
    memory: Mapping[str, Any]
    slots: Mapping[str, Any]
    created_at: datetime
    last_at: datetime
    state_at: datetime


@dataclass(frozen=True, slots=True)
class Actor:
    """The agent on whose behalf a verb is carried out."""

    id: int
    name: str
    role: Role

    @property
    def leads(self) -> bool:
        """Whether conversations routed to a lead are theirs to take."""
        return self.role in ("lead", "admin")

    def __str__(self) -> str:
        return f"agent:{self.id}"


async def create(
    connection: Connection,
    *,
    channel: str,
    language: str,
    time_zone: str | None = None,
    customer: UUID | None = None,
    unverified: bool = False,
) -> UUID:
    """A new conversation, with a new customer unless one is given; `time_zone` is theirs, an IANA name.

    `unverified`: nobody vouches for who writes there, where somebody could.
    """
    values = {
        "channel": channel,
        "language": language,
        "time_zone": time_zone,
        "customer": customer,
        "unverified": unverified,
    }
    cursor = await connection.execute(_SQL["create"], values)
    row = await cursor.fetchone()
    assert row is not None
    conversation: UUID = row["id"]
    return conversation


async def lock(connection: Connection, conversation: UUID) -> Conversation:
    """Read the conversation and keep everybody else from changing it until the transaction ends.

    Raises `NotFound`.
    """
    cursor = await connection.execute(_SQL["lock"], {"id": conversation})
    row = await cursor.fetchone()
    if row is None:
        raise NotFound("There is no such conversation.")
    return Conversation(**row)


async def add_message(
    connection: Connection,
    conversation: Conversation,
    author: Author,
    text: str,
    *,
    agent_id: int | None = None,
    external_id: str | None = None,
    payload: str | None = None,
    buttons: tuple[Button, ...] = (),
    wording: str | None = None,
    article: str | None = None,
    edits: int | None = None,
    written_at: int | None = None,
) -> int:
    """Append a message to a locked conversation and return its number, counted from 1.

    On the website being written is being sent: whoever reads the conversation sees it at the commit. To every
    place elsewhere it is delivered, but not to the one it was `written_at`. `edits` is the number of the earlier
    message that this is another version of.
    """
    cursor = await connection.execute(
        _SQL["add_message"],
        {
            "id": conversation.id,
            "author": author,
            "agent_id": agent_id,
            "channel": conversation.channel,
            "external_id": external_id,
            "text": text,
            "payload": payload,
            "buttons": to_json([{"title": b.title, "payload": b.payload} for b in buttons]),
            "wording": wording,
            "article": article,
            "edits": edits,
            "written_at": written_at,
        },
    )
    row = await cursor.fetchone()
    assert row is not None
    seq: int = row["seq"]
    return seq


async def record(
    connection: Connection, conversation: UUID, kind: str, actor: str, data: Mapping[str, Any] | None = None
) -> None:
    """Write one line of the ledger."""
    await connection.execute(
        _SQL["record"], {"id": conversation, "kind": kind, "actor": actor, "data": to_json(data or {})}
    )


async def speak(
    connection: Connection, conversation: Conversation, language: str, *, chosen: bool = False
) -> Conversation:
    """Answer the customer in `language` from now on; the locked conversation as it is then.

    `chosen` says that they asked for it, rather than that they write it.
    """
    values = {"id": conversation.id, "language": language, "chosen": chosen}
    await connection.execute(_SQL["speak"], values)
    data = {"from": conversation.language, "to": language, "chosen": chosen}
    await record(connection, conversation.id, "language", "customer", data)
    await live.notify(connection, conversation.id)
    return replace(conversation, language=language, language_chosen=chosen)


async def hand_off(connection: Connection, conversation: Conversation, grounds: Grounds) -> None:
    """``bot`` → ``waiting``: somebody is asked to take over."""
    if conversation.state != "bot":
        raise WrongState(f"A conversation in state {conversation.state} cannot be handed off.")
    details = _details(await _open_handoff(connection, conversation, grounds), grounds)
    await _move(connection, conversation, "waiting", None, "handed_off", "bot", details)


async def raise_urgency(connection: Connection, conversation: Conversation, grounds: Grounds) -> bool:
    """Make the open hand-over more urgent, whoever has it; False when it was as urgent already, or the bot has it.

    Where an agent took over unasked there is one from now on: the owner stays the same, and leads see it.
    """
    values = {"id": conversation.id, **_columns(grounds)}
    row = await (await connection.execute(_SQL["raise_handoff"], values)).fetchone()
    row = row or await (await connection.execute(_SQL["open_alarm"], values)).fetchone()
    if row is None:
        return False
    await record(connection, conversation.id, "raised", "bot", _details(row["id"], grounds))
    return True


async def claim(connection: Connection, conversation: Conversation, agent: Actor, *, notice: str) -> None:
    """``waiting`` or ``bot`` → ``agent``; a second claim by the owner changes nothing.

    Nobody is left with an owner who has gone home: one who was not seen for ten minutes can be relieved (P30).

    Raises `AlreadyOwned` naming the owner, `WrongState` when it is closed, `Forbidden` when a lead was asked.
    """
    if conversation.state == "agent":
        if conversation.owner_id == agent.id:
            return
        row = await (await connection.execute(_SQL["owner_is_here"], {"id": conversation.id})).fetchone()
        if row is None or row["here"]:
            raise AlreadyOwned(conversation.owner_name or "A colleague", conversation.state_at)
    if conversation.state == "closed":
        raise WrongState(_CLOSED)
    await _must_be_theirs(connection, conversation, agent)
    await connection.execute(_SQL["claim_handoff"], {"id": conversation.id, "agent_id": agent.id})
    await connection.execute(_SQL["drop_unsent"], {"id": conversation.id})  # a bot never talks over a person
    await add_message(connection, conversation, "system", notice)
    await _move(connection, conversation, "agent", agent.id, "claimed", str(agent), {"agent": agent.name})


async def transfer(
    connection: Connection, conversation: Conversation, agent: Actor, *, to: Actor, note: str, notice: str
) -> None:
    """``agent`` → ``agent``: a colleague has it from now on, with a note for them (P30).

    Raises `WrongState` when it is theirs already, and `Forbidden` when a lead was asked for and they are none.
    """
    must_own(conversation, agent)
    if to.id == agent.id:
        raise WrongState("This conversation is yours already.")
    await _must_be_theirs(connection, conversation, to)
    await add_message(connection, conversation, "note", note, agent_id=agent.id)
    await connection.execute(_SQL["pass_handoff"], {"id": conversation.id, "agent_id": to.id})
    await add_message(connection, conversation, "system", notice)
    await _move(
        connection,
        conversation,
        "agent",
        to.id,
        "transferred",
        str(agent),
        {"from": agent.name, "to": to.name, "to_id": to.id},
    )


async def pass_to_leads(
    connection: Connection, conversation: Conversation, agent: Actor, *, note: str, notice: str
) -> None:
    """``agent`` → ``waiting``: a lead is asked to take over, with a note for them (P30)."""
    must_own(conversation, agent)
    before = await (await connection.execute(_SQL["current_handoff"], {"id": conversation.id})).fetchone()
    await add_message(connection, conversation, "note", note, agent_id=agent.id)
    await connection.execute(_SQL["end_handoff"], {"id": conversation.id})
    urgency = max(_PASSED_ON_URGENCY, before["urgency"] if before else 0)
    grounds = Grounds(PASSED_ON, f"{agent.name} asks for a lead", routed_to="lead", urgency=urgency)
    handoff = await _open_handoff(connection, conversation, grounds)
    await add_message(connection, conversation, "system", notice)
    details = {"from": agent.name, "handoff": handoff, "reason": PASSED_ON, "routed_to": "lead"}
    await _move(connection, conversation, "waiting", None, "transferred", str(agent), details)


async def promise(
    connection: Connection, conversation: Conversation, agent: Actor, text: str, *, due_at: datetime
) -> int:
    """Something that the owner will have done by ``due_at`` (P18); its id."""
    must_own(conversation, agent)
    values = {"id": conversation.id, "text": text, "owner": str(agent), "due_at": due_at}
    row = await (await connection.execute(_SQL["promise"], values)).fetchone()
    assert row is not None
    data = {"promise": row["id"], "case_number": row["case_number"], "due_at": due_at.isoformat()}
    await record(connection, conversation.id, "promise", str(agent), data)
    await live.notify(connection, conversation.id)
    id: int = row["id"]
    return id


async def keep_promise(connection: Connection, conversation: Conversation, agent: Actor, promise: int) -> None:
    """A promise is kept; a second time changes nothing (P19).

    The bot's are anybody's to keep. Raises `NotFound`, and what `must_own` does unless it is the agent's own promise
    or they lead.
    """
    values = {"id": conversation.id, "promise": promise}
    row = await (await connection.execute(_SQL["find_promise"], values)).fetchone()
    if row is None:
        raise NotFound("There is no such promise in this conversation.")
    if row["owner"] not in ("bot", str(agent)):
        must_own_or_lead(conversation, agent)
    if row["kept_at"] is None:
        await connection.execute(_SQL["keep_promise"], values)
        await record(connection, conversation.id, "kept", str(agent), {"promise": promise})
        await live.notify(connection, conversation.id)


async def hand_back(
    connection: Connection, conversation: Conversation, agent: Actor, *, notice: str, note: str = ""
) -> None:
    """``agent`` → ``bot``: the bot goes on and says so; its dialogue starts anew."""
    must_own(conversation, agent)
    if note:
        await add_message(connection, conversation, "note", note, agent_id=agent.id)
    await connection.execute(_SQL["end_handoff"], {"id": conversation.id})
    await add_message(connection, conversation, "system", notice)
    await _fresh_start(connection, conversation, episodes=0)
    await _move(connection, conversation, "bot", None, "handed_back", str(agent), {})


async def close(
    connection: Connection,
    conversation: Conversation,
    actor: Actor | Literal["bot"],
    *,
    outcome: Outcome | str,
    notice: str,
    note: str = "",
) -> None:
    """→ ``closed`` with an outcome; an agent must own it, or find it unowned and be the one who is asked for.

    Raises `WrongState`, `AlreadyOwned` and `Forbidden` as `claim` does.
    """
    if conversation.state == "closed":
        raise WrongState("This conversation is closed already.")
    if isinstance(actor, Actor):
        if conversation.state == "agent":
            must_own(conversation, actor)
        else:
            await _must_be_theirs(connection, conversation, actor)
        if note:
            await add_message(connection, conversation, "note", note, agent_id=actor.id)
    await connection.execute(_SQL["end_handoff"], {"id": conversation.id})
    if outcome in ("solved", "unsolved"):
        values = {"id": conversation.id, "episode": conversation.episode, "status": outcome}
        await connection.execute(_SQL["settle_complaints"], values)
        if outcome == "solved":
            await connection.execute(_SQL["keep_promises"], values)
    await add_message(connection, conversation, "system", notice)
    await _move(
        connection,
        conversation,
        "closed",
        None,
        "closed",
        str(actor),
        {"outcome": outcome, "episode": conversation.episode},
    )


async def reopen(connection: Connection, conversation: Conversation) -> None:
    """``closed`` → ``bot``: a new episode with fresh counters and the old history."""
    await _fresh_start(connection, conversation, episodes=1)
    values = {"id": conversation.id, "episode": conversation.episode + 1, "handled_seq": conversation.handled_seq}
    await connection.execute(_SQL["move_on"], values)
    await _move(connection, conversation, "bot", None, "reopened", "customer", {"episode": conversation.episode + 1})


def must_own(conversation: Conversation, agent: Actor) -> None:
    """Raises `AlreadyOwned` or `WrongState` unless ``agent`` owns the conversation."""
    if conversation.state != "agent":
        raise WrongState(_CLOSED if conversation.state == "closed" else "Take over this conversation first.")
    if conversation.owner_id != agent.id:
        raise AlreadyOwned(conversation.owner_name or "A colleague", conversation.state_at)


def must_own_or_lead(conversation: Conversation, agent: Actor) -> None:
    """As `must_own`, for all but leads."""
    if not agent.leads:
        must_own(conversation, agent)


async def _must_be_theirs(connection: Connection, conversation: Conversation, agent: Actor) -> None:
    """Raises `Forbidden` when a lead is asked for and ``agent`` is none."""
    handoff = await (await connection.execute(_SQL["current_handoff"], {"id": conversation.id})).fetchone()
    if handoff is not None and handoff["routed_to"] == "lead" and not agent.leads:
        raise Forbidden("This conversation is for a lead.", code="for_lead")


async def _open_handoff(connection: Connection, conversation: Conversation, grounds: Grounds) -> int:
    values = {"id": conversation.id, "episode": conversation.episode, **_columns(grounds)}
    row = await (await connection.execute(_SQL["open_handoff"], values)).fetchone()
    assert row is not None
    handoff: int = row["id"]
    return handoff


def _columns(grounds: Grounds) -> dict[str, Any]:
    return {**grounds.to_json(), "numbers": to_json(grounds.numbers)}


def _details(handoff: int, grounds: Grounds) -> dict[str, Any]:
    """What the ledger says of a hand-over."""
    numbers = dict(grounds.numbers)
    return {"handoff": handoff, "reason": grounds.reason, "routed_to": grounds.routed_to, "numbers": numbers}


async def _fresh_start(connection: Connection, conversation: Conversation, *, episodes: int) -> None:
    slots = {name: conversation.slots[name] for name in _LASTING_SLOTS if conversation.slots.get(name)}
    values = {"id": conversation.id, "slots": to_json(slots), "episodes": episodes}
    await connection.execute(_SQL["fresh_start"], values)


async def _move(
    connection: Connection,
    conversation: Conversation,
    state: State,
    owner: int | None,
    kind: str,
    actor: str,
    data: Mapping[str, Any],
) -> None:
    await connection.execute(_SQL["move"], {"id": conversation.id, "state": state, "owner_id": owner})
    await record(connection, conversation.id, kind, actor, {**data, "state": state})
    await live.notify(connection, conversation.id)
