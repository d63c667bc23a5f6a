"""One customer over several channels: who is the same person, and what then becomes of two records.

They are joined by themselves only where platforms vouched for the same e-mail address on both sides; an address
that somebody merely typed proves nothing. Otherwise an agent says so (`join`). Their history follows.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from bot import conversation as conversations
from bot import live
from bot.accounts import Accounts
from bot.db import Connection, queries
from bot.errors import InvalidMessage, NotFound

_SQL = queries("customers")


async def vouched_for(
    connection: Connection, accounts: Accounts, email: str, *, channel: str, account: str, external_id: str
) -> UUID | None:
    """The customer for whom another platform vouched that ``email`` is theirs, where its word still counts."""
    key = {"email": email, "channel": channel, "account": account, "external_id": external_id}
    rows = await (await connection.execute(_SQL["vouched"], key)).fetchall()
    believed = (row for row in rows if accounts.believe(row["channel"], row["account"], row["external_id"]))
    return next((row["customer_id"] for row in believed), None)


async def join(connection: Connection, kept: UUID, other: UUID, *, actor: str) -> None:
    """``other`` is ``kept``: their conversations, cases and identities are one customer's from now on.

    Raises `NotFound` when one of them does not exist (any more), `InvalidMessage` when they are one already.
    """
    if kept == other:
        raise InvalidMessage("This is the same customer already.")
    key = {"kept": kept, "other": other}
    # Conversations first, as everybody does who holds one and then writes to its customer.
    moved = await (await connection.execute(_SQL["conversations"], key)).fetchall()
    if len(await (await connection.execute(_SQL["both"], key)).fetchall()) < 2:
        raise NotFound("There is no such customer.")
    await connection.execute(_SQL["move"], key)
    await connection.execute(_SQL["gone"], key)
    for row in moved:
        data = {"changed": ["joined"], "was": str(row["customer_id"])}
        await conversations.record(connection, row["id"], "customer", actor, data)
        await live.notify(connection, row["id"])


async def alike(connection: Connection, customer: UUID, query: str = "") -> list[dict[str, Any]]:
    """Other customers who share an e-mail address or a telephone number with ``customer``.

    With a ``query``: those it names by address, number, full name or case number.
    """
    rows = await (await connection.execute(_SQL["alike"], {"id": customer, "query": query})).fetchall()
    return [dict(row) for row in rows]
