"""Forgetting a customer: every word of theirs, who they are, and where they are on other platforms."""

from __future__ import annotations

from uuid import UUID

from bot import live
from bot.db import Connection, queries, to_json
from bot.errors import NotFound

_SQL = queries("erasure")
_CONVERSATION = queries("conversation")


async def erase(connection: Connection, conversation: UUID, *, actor: str) -> int:
    """Delete the customer of ``conversation`` with all their conversations; how many these were.

    A turn or a delivery that is under way finds nothing left to write to. What stays is one line of the ledger
    for each that says that it was erased, not whose it was. Raises `NotFound`.
    """
    row = await (await connection.execute(_SQL["whose"], {"id": conversation})).fetchone()
    if row is None:
        raise NotFound("There is no such conversation.")
    key = {"customer_id": row["customer_id"]}
    rows = await (await connection.execute(_SQL["conversations"], key)).fetchall()
    ids = [row["id"] for row in rows]
    await connection.execute(_SQL["forget"], {"ids": ids})
    await connection.execute(_SQL["forget_customer"], key)
    for id in ids:
        erased = {"id": None, "kind": "erased", "actor": actor, "data": to_json({"conversation": id})}
        await connection.execute(_CONVERSATION["record"], erased)
        await live.notify(connection, id)
    return len(ids)
