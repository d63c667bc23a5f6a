"""Where what somebody wrote on another platform enters: who it is, which conversation, then `bot.intake`.

All of it happens in one transaction of the caller's; the platform may then be told that it was received. What
arrives twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from bot import conversation as conversations
from bot import limits, live
from bot.channel import Place
from bot.customers import join, vouched_for
from bot.db import Connection, queries, to_json
from bot.errors import InvalidMessage, TooMany
from bot.files import Attached, expect
from bot.http import clean
from bot.intake import Inbound, receive
from bot.services import Services
from bot.split import split

_SQL = queries("places")

_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote, as the platform knows them; ``verified``: it vouches that ``email`` is theirs.

    ``doubtful``: it could have vouched for who wrote, and did not. Their place is for such messages alone; what they
    write there is kept apart from everything that is known of whoever they say they are.
    """

    external_id: str
    name: str | None = None
    language: str | None = None
    email: str | None = None
    verified: bool = False
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Pressed:
    """The button at ``place``, from 0, of our message ``seq``: fits into any platform's limits, as payloads do not."""

    seq: int
    place: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """One thing that somebody did at a place: wrote ``text``, ``pressed`` a button, or gave a ``command`` of ours.

    ``external_id`` is the platform's name for it, the same whenever it is delivered. ``edits`` is that of the
    message which this is another version of. ``details`` is what the adapter wants to find in `Place.details`.
    """

    channel: str
    account: str
    key: str
    sender: Sender
    external_id: str
    text: str = ""
    pressed: Pressed | None = None
    command: str | None = None
    edits: str | None = None
    files: Sequence[Attached] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


async def arrive(connection: Connection, needs: Services, arrival: Arrival) -> Place:
    """Store what arrived and have it answered; the place it arrived at, which is new for a new chat.

    Raises `InvalidMessage` when a button is not on offer (any more). Beyond the limit on messages a minute it is
    not stored; the sender is told once a minute.
    """
    place = await find_or_open(connection, needs, arrival)
    if await within_limit(connection, needs, place):
        await _store(connection, needs, place, arrival)
    return place


async def within_limit(connection: Connection, needs: Services, place: Place) -> bool:
    """Count one more thing that came from a place; False beyond the limit, which the sender is told once a minute."""
    try:
        most = {f"messages:{place.conversation}": needs.business.limits.messages_per_minute}
        await limits.count(connection, most, seconds=limits.MINUTE, message="")
    except TooMany:
        await _slow_down(connection, needs, place)
        return False
    return True


async def find_or_open(connection: Connection, needs: Services, arrival: Arrival) -> Place:
    """The place that ``arrival`` names, with a conversation of its sender's."""
    key = {"channel": arrival.channel, "account": arrival.account, "key": arrival.key}
    await connection.execute(_SQL["alone"], key)  # two first messages at once make one conversation
    place = await find(connection, **key)
    if place is not None:
        await conversations.lock(connection, place.conversation)  # before its places, as everybody does
        await connection.execute(_SQL["back"], {"place": place.id, "details": to_json(arrival.details)})
        return place
    sender = arrival.sender
    person = {"channel": arrival.channel, "account": arrival.account, "external_id": sender.external_id}
    await connection.execute(_SQL["one_person"], person)  # nor two first messages in two places two customers
    known = None if sender.doubtful else await _known(connection, needs, person, sender)
    conversation = await conversations.create(
        connection,
        channel=arrival.channel,
        language=needs.business.served(sender.language or ""),
        customer=known,
        unverified=sender.doubtful,
    )
    if not sender.doubtful:
        name = clean(sender.name or "")[:_LONGEST_NAME] or None
        named = {"id": conversation, "name": name, "email": sender.email, "verified": sender.verified}
        await connection.execute(_SQL["identify"], {**person, **named})
    new = {**key, "id": conversation, "audience": "customer", "details": to_json(arrival.details)}
    row = await (await connection.execute(_SQL["add"], new)).fetchone()
    assert row is not None
    return Place(**row)


async def find(connection: Connection, *, channel: str, account: str, key: str) -> Place | None:
    """The place that a platform calls so, if anything has arrived there yet."""
    row = await (
        await connection.execute(_SQL["find"], {"channel": channel, "account": account, "key": key})
    ).fetchone()
    return Place(**row) if row else None


async def named(connection: Connection, conversation: UUID, text: str) -> Pressed | None:
    """The button on offer that ``text`` names, by its number from 1 or its words: for channels without buttons."""
    row = await (await connection.execute(_SQL["named"], {"id": conversation, "text": text})).fetchone()
    return Pressed(**row) if row else None


async def _known(connection: Connection, needs: Services, person: Mapping[str, str], sender: Sender) -> UUID | None:
    """The customer that the sender is: from this platform, or from another that vouches for the same address."""
    row = await (await connection.execute(_SQL["identity"], person)).fetchone()
    known: UUID | None = row["customer_id"] if row else None
    if sender.email is None or not sender.verified:
        return known
    elsewhere = await vouched_for(connection, needs.business.channels, sender.email, **person)
    if known is None or elsewhere is None or known == elsewhere:
        return known or elsewhere
    await join(connection, elsewhere, known, actor="system")
    return elsewhere


async def withdraw(connection: Connection, place: Place, external_id: str) -> None:
    """The customer took a message back: no turn reads it any more, the desk shows that it was deleted."""
    await conversations.lock(connection, place.conversation)
    versions = await _versions(connection, place, external_id)
    await _take_back(connection, place, [version["seq"] for version in versions])


async def _store(connection: Connection, needs: Services, place: Place, arrival: Arrival) -> None:
    """Keep it unless we have it: it may come twice, and the first version of a message after its next one."""
    seen = await _pieces(connection, place, arrival.external_id)
    seq = seen[1]["first"] if seen else await _keep(connection, needs, place, arrival)
    if seq is not None:
        await expect(connection, place.conversation, seq, arrival.files, place=place.id)


async def _keep(connection: Connection, needs: Services, place: Place, arrival: Arrival) -> int | None:
    """Store it in pieces as long as ours may be, and return the first one's number; None when nothing has changed.

    The pieces of an edited text take the place of those before it, one by one; those it has no use for are deleted.
    """
    texts = list(split(clean(arrival.text), needs.business.limits.message_length)) or [""]
    payload = await _payload(connection, place, arrival)
    before = await _pieces(connection, place, arrival.edits) if arrival.edits is not None else {}
    if before and (before[1]["deleted"] or texts == [one["text"] for one in before.values() if not one["deleted"]]):
        return None  # platforms also tell of changes that nobody sees
    seqs = []
    for number, text in enumerate(texts, 1):
        old = before.get(number)
        # A first version, which an edit is too where that has not come yet, goes by the name of the message itself.
        name = arrival.external_id if old or arrival.edits is None else arrival.edits
        inbound = Inbound(
            conversation=place.conversation,
            channel=place.channel,
            external_id=name if number == 1 else f"{name}/{number}",
            text=text,
            payload=payload,
            offered=arrival.command is None,
            edits=old["seq"] if old else None,
        )
        seqs.append(await receive(connection, needs.jobs, inbound))
    await _take_back(connection, place, [one["seq"] for number, one in before.items() if number > len(texts)])
    return seqs[0]


async def _pieces(connection: Connection, place: Place, external_id: str) -> dict[int, Mapping[str, Any]]:
    """The newest version of each piece of a message, by its number from 1; ``first`` is the number of its first."""
    return {version["piece"]: version for version in await _versions(connection, place, external_id)}


async def _versions(connection: Connection, place: Place, external_id: str) -> Sequence[Mapping[str, Any]]:
    """What the customer made of a message by and by, piece by piece, the oldest version first."""
    key = {"id": place.conversation, "channel": place.channel, "external_id": external_id}
    return await (await connection.execute(_SQL["versions"], key)).fetchall()


async def _take_back(connection: Connection, place: Place, seqs: Sequence[int]) -> None:
    key = {"id": place.conversation, "seqs": list(seqs)}
    rows = await (await connection.execute(_SQL["take_back"], key)).fetchall()
    for row in rows:
        await conversations.record(connection, place.conversation, "withdrawn", "customer", {"seq": row["seq"]})
    if rows:
        await live.notify(connection, place.conversation)


async def _payload(connection: Connection, place: Place, arrival: Arrival) -> str | None:
    if arrival.pressed is None:
        return arrival.command
    key = {"id": place.conversation, "seq": arrival.pressed.seq, "place": arrival.pressed.place}
    row = await (await connection.execute(_SQL["button"], key)).fetchone()
    if row is None:
        raise InvalidMessage("This choice is not on offer here. Please write your answer instead.")
    payload: str = row["payload"]
    return payload


async def _slow_down(connection: Connection, needs: Services, place: Place) -> None:
    try:
        await limits.count(connection, {f"slow:{place.conversation}": 1}, seconds=limits.MINUTE, message="")
    except TooMany:
        return
    locked = await conversations.lock(connection, place.conversation)
    text, _ = needs.wordings[needs.business.served(locked.language)].say("limit.slow_down", said=())
    await conversations.add_message(connection, locked, "system", text)
    await live.notify(connection, locked.id)
