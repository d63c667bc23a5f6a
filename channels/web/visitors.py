"""Website visitors: whoever holds a token may read and write one conversation, and nothing else."""

from __future__ import annotations

import hashlib
import secrets
from uuid import UUID

from bot import conversation as conversations
from bot.conversation import WEBSITE
from bot.db import Connection, queries
from bot.errors import Unauthorized

_SQL = queries("visitors")


async def admit(connection: Connection, *, language: str, time_zone: str | None, days: int) -> tuple[str, UUID]:
    """A new visitor's token and conversation; the token is shown this once and kept only as a hash."""
    token = secrets.token_urlsafe(32)
    conversation = await conversations.create(connection, channel=WEBSITE, language=language, time_zone=time_zone)
    values = {"token_hash": _hash(token), "id": conversation, "days": days}
    await connection.execute(_SQL["admit"], values)
    return token, conversation


async def recognise(connection: Connection, authorization: str | None) -> UUID:
    """The conversation that an ``Authorization: Bearer …`` header opens.

    Raises `Unauthorized` with code ``bad_token`` or ``expired_token``.
    """
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthorized("Please start a new chat.", code="bad_token")
    row = await (await connection.execute(_SQL["recognise"], {"token_hash": _hash(token.strip())})).fetchone()
    if row is None:
        raise Unauthorized("Please start a new chat.", code="bad_token")
    if row["expired"]:
        raise Unauthorized("This chat has expired. Please start a new one.", code="expired_token")
    conversation: UUID = row["conversation_id"]
    return conversation


def _hash(token: str) -> bytes:
    # Tokens carry 256 random bits: one round of SHA-256 cannot be searched backwards.
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
