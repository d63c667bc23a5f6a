"""Who somebody on a platform for agents is: matched by an e-mail address that the platform verified, or by a code.

A code is shown at the desk or by `warmline agent link`, can be used once and is good for ten minutes. Whoever is
neither matched nor linked, or is locked out, cannot speak to a customer.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Literal

import psycopg
from psycopg.rows import dict_row

from bot import limits
from bot.agents import AccountError
from bot.conversation import Actor
from bot.db import Connection, queries
from bot.errors import InvalidMessage

_SQL = queries("linking")

CODE_MINUTES = 10

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that are taken for another one
_CODE_LENGTH = 8  # 40 bits: with the tries that somebody has, nobody guesses one
_TRIES, _TRIES_SECONDS = 8, 900
_WRONG = "This code is not known, or no longer. Make a new one at the desk; it is good for ten minutes."


@dataclass(frozen=True, slots=True)
class Known:
    """An agent as we know them on a platform; ``stale``: the platform should be asked again for their address."""

    agent: Actor
    stale: bool


async def known(connection: Connection, team: str, user: str) -> Known | None:
    """Who somebody is, as far as we have found out."""
    row = await (await connection.execute(_SQL["known"], {"team": team, "user": user})).fetchone()
    return Known(Actor(row["id"], row["name"], row["role"]), row["stale"]) if row else None


async def seen(connection: Connection, team: str, user: str) -> None:
    """They did something just now, and so count as being there."""
    await connection.execute(_SQL["seen"], {"team": team, "user": user})


async def match(connection: Connection, team: str, user: str, email: str) -> Actor | None:
    """The agent whose address ``email`` is, which the platform verified; None when there is none."""
    row = await (await connection.execute(_SQL["match"], {"team": team, "user": user, "email": email})).fetchone()
    return Actor(row["id"], row["name"], row["role"]) if row else None


async def forget(connection: Connection, team: str, user: str) -> None:
    """The address by which they were matched is theirs no longer."""
    await connection.execute(_SQL["forget"], {"team": team, "user": user})


async def limit_tries(connection: Connection, team: str, user: str) -> None:
    """Count a code that is about to be tried. Raises `TooMany`."""
    tries = {f"link:{team}:{user}": _TRIES}
    message = "Too many codes were tried. Please wait a few minutes."
    await limits.count(connection, tries, seconds=_TRIES_SECONDS, message=message)


async def link(connection: Connection, team: str, user: str, code: str) -> Actor:
    """Use up ``code``: somebody is its agent from now on. Raises `InvalidMessage` when it is not known."""
    values = {"team": team, "user": user, "code": _hash(code)}
    row = await (await connection.execute(_SQL["link"], values)).fetchone()
    if row is None:
        raise InvalidMessage(_WRONG)
    return Actor(row["id"], row["name"], row["role"])


async def linked_by(connection: Connection, agent: Actor) -> Literal["code", "email"] | None:
    """How ``agent`` is known elsewhere, by a code before by an address; None where they are not."""
    row = await (await connection.execute(_SQL["linked_by"], {"id": agent.id})).fetchone()
    return row["how"] if row else None


async def new_code(connection: Connection, agent: Actor) -> str:
    """A code for ``agent``; an earlier one is void."""
    code = _made_up()
    await connection.execute(_SQL["new_code"], {"id": agent.id, "code": _hash(code), "minutes": CODE_MINUTES})
    return code


def code_for(url: str, name: str) -> str:
    """A code for the account ``name`` in the database at ``url``. Raises `AccountError`."""
    code = _made_up()
    with psycopg.connect(url, row_factory=dict_row) as connection:
        row = connection.execute(_SQL["account"], {"name": name.strip()}).fetchone()
        if row is None:
            raise AccountError(f"There is no account {name} that can log in. Fix: see `warmline agent list`.")
        connection.execute(_SQL["new_code"], {"id": row["id"], "code": _hash(code), "minutes": CODE_MINUTES})
    return code


def _made_up() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_CODE_LENGTH))


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.strip().upper().encode("utf-8", "replace")).digest()
