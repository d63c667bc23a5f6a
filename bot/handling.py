"""What agents do with a conversation, on whatever surface: the same rules, notices and ledger everywhere.

Each function is one deed in the caller's transaction, and raises what the verbs of `bot.conversation` raise.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

from bot import agents, briefing, delivery, live
from bot import conversation as conversations
from bot.conversation import Actor, Conversation, Outcome
from bot.db import Connection, queries
from bot.errors import InvalidMessage, WrongState
from bot.files import Attached, attach, expect
from bot.http import clean
from bot.services import Services

_SQL = queries("conversation")

_LONGEST_PROMISE = timedelta(days=36_525)  # a day further away is a slip of the keyboard


async def claim(connection: Connection, needs: Services, conversation: UUID, agent: Actor) -> Conversation:
    """Take over; the locked conversation as it was before."""
    locked = await conversations.lock(connection, conversation)
    await _claim(connection, needs, locked, agent)
    return locked


async def reply(
    connection: Connection,
    needs: Services,
    conversation: UUID,
    agent: Actor,
    text: str,
    *,
    once: str,
    written_at: int | None = None,
    files: Sequence[UUID] = (),
    attached: Sequence[Attached] = (),
) -> int:
    """Write to the customer and return the message's number; takes over when nobody has.

    The same ``once`` from this agent changes nothing. ``written_at`` is the place that shows it already. ``files``
    are uploads of the same agent's; raises `NotFound` when one of them is not there. ``attached`` stand at that place;
    the customer gets the message when they were fetched.
    """
    check_length(needs, text)
    locked = await conversations.lock(connection, conversation)
    if (seq := await _seen(connection, locked, agent, once)) is not None:
        return seq
    await _claim(connection, needs, locked, agent)
    seq = await _write(connection, locked, agent, "agent", text, once, written_at)
    if files:
        await attach(connection, locked.id, agent.id, seq, files)
    if written_at is not None:
        await expect(connection, locked.id, seq, attached, place=written_at)
    return seq


async def note(
    connection: Connection,
    needs: Services,
    conversation: UUID,
    agent: Actor,
    text: str,
    *,
    once: str,
    written_at: int | None = None,
) -> int:
    """Write what only agents see; anybody may, on any conversation (P30). Otherwise as `reply`."""
    check_length(needs, text)
    locked = await conversations.lock(connection, conversation)
    if (seq := await _seen(connection, locked, agent, once)) is not None:
        return seq
    return await _write(connection, locked, agent, "note", text, once, written_at)


async def hand_back(
    connection: Connection,
    needs: Services,
    conversation: UUID,
    agent: Actor,
    *,
    note: str = "",
    seen: int | None = None,
) -> None:
    """Give it back to the bot, which says so; not if the customer wrote after the message ``seen``."""
    locked = await _lock_read(connection, conversation, seen)
    notice = _notice(needs, locked, "system.handed_back")
    await conversations.hand_back(connection, locked, agent, notice=notice, note=clean(note))


async def transfer(
    connection: Connection,
    needs: Services,
    conversation: UUID,
    agent: Actor,
    *,
    to: int | Literal["leads"],
    note: str,
) -> None:
    """Pass it on to the colleague of this id, or to whoever leads, with a note for them; the customer is told."""
    note = _words(needs, note, "Write a note for whoever takes over: what is open, and what comes next.")
    locked = await conversations.lock(connection, conversation)
    if to == "leads":
        notice = _notice(needs, locked, "system.passed_on")
        await conversations.pass_to_leads(connection, locked, agent, note=note, notice=notice)
    else:
        colleague = await agents.find(connection, to)
        notice = _notice(needs, locked, "system.agent_joined", agent=colleague.name)
        await conversations.transfer(connection, locked, agent, to=colleague, note=note, notice=notice)


async def promise(
    connection: Connection, needs: Services, conversation: UUID, agent: Actor, text: str, *, due_at: datetime
) -> int:
    """Put down what was promised to the customer and by when (P18); the promise's id. They are not told by this.

    ``due_at`` is a time in the business's zone unless it names one.
    """
    text = _words(needs, text, "Write what was promised.")
    if due_at.tzinfo is None:
        due_at = due_at.replace(tzinfo=needs.business.zone)
    if not timedelta(0) < due_at - datetime.now(UTC) <= _LONGEST_PROMISE:
        raise InvalidMessage("A promise is for a time to come. Please check the day and the time.")
    locked = await conversations.lock(connection, conversation)
    return await conversations.promise(connection, locked, agent, text, due_at=due_at)


async def keep_promise(connection: Connection, conversation: UUID, agent: Actor, promise: int) -> None:
    """What was promised is done (P19). A second time changes nothing."""
    locked = await conversations.lock(connection, conversation)
    await conversations.keep_promise(connection, locked, agent, promise)


async def retry(connection: Connection, conversation: UUID, agent: Actor, seq: int) -> None:
    """Try once more to deliver the message ``seq``, which failed; for the owner, or a lead."""
    locked = await conversations.lock(connection, conversation)
    conversations.must_own_or_lead(locked, agent)
    await delivery.retry(connection, conversation, seq, str(agent))


async def close(
    connection: Connection,
    needs: Services,
    conversation: UUID,
    agent: Actor,
    *,
    outcome: Outcome,
    note: str = "",
    seen: int | None = None,
) -> None:
    """Close with an outcome; not if the customer wrote after the message ``seen``."""
    locked = await _lock_read(connection, conversation, seen)
    if locked.state == "bot":
        raise WrongState("The bot has this conversation. Take it over first.")
    notice = _notice(needs, locked, "system.closed")
    await conversations.close(connection, locked, agent, outcome=outcome, notice=notice, note=clean(note))


async def _lock_read(connection: Connection, conversation: UUID, seen: int | None) -> Conversation:
    """The locked conversation; raises `WrongState` if the customer wrote after the message ``seen``."""
    locked = await conversations.lock(connection, conversation)
    if seen is not None and locked.inbound_seq > seen:
        raise WrongState("The customer has just written again. Please read that first.", code="unread")
    return locked


def _notice(needs: Services, locked: Conversation, key: str, **fields: str) -> str:
    text, _ = needs.wordings[needs.business.served(locked.language)].say(key, said=(), **fields)
    return text


async def _claim(connection: Connection, needs: Services, locked: Conversation, agent: Actor) -> None:
    await conversations.claim(
        connection, locked, agent, notice=_notice(needs, locked, "system.agent_joined", agent=agent.name)
    )
    if locked.state == "bot":  # nobody was asked to hand it over, so the story has not been drawn up (P27)
        await briefing.refresh(connection, locked, needs.business)


async def _seen(connection: Connection, locked: Conversation, agent: Actor, once: str) -> int | None:
    key = {"id": locked.id, "channel": locked.channel, "external_id": _external(agent, once)}
    row = await (await connection.execute(_SQL["seen"], key)).fetchone()
    return row["seq"] if row else None


async def _write(
    connection: Connection,
    locked: Conversation,
    agent: Actor,
    author: Literal["agent", "note"],
    text: str,
    once: str,
    written_at: int | None,
) -> int:
    seq = await conversations.add_message(
        connection, locked, author, text,
        agent_id=agent.id, external_id=_external(agent, once), written_at=written_at,
    )  # fmt: skip
    kind = "note" if author == "note" else "message"
    await conversations.record(connection, locked.id, kind, str(agent), {"seq": seq})
    await live.notify(connection, locked.id)
    return seq


def _external(agent: Actor, once: str) -> str:
    """Clients make their ids by themselves: an agent's must not meet a customer's."""
    return f"{agent}/{once}"  # no client's id can hold a slash


def _words(needs: Services, text: str, missing: str) -> str:
    if not (text := clean(text)):
        raise InvalidMessage(missing)
    check_length(needs, text)
    return text


def check_length(needs: Services, text: str) -> None:
    """Raises `InvalidMessage` when a text is longer than the business allows."""
    longest = needs.business.limits.message_length
    if len(text) > longest:
        problem = InvalidMessage(
            f"A message can have {longest:,} characters. Please send it in parts.", code="too_long"
        )
        problem.status = 413
        raise problem
