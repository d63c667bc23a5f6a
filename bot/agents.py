"""The people who answer: accounts, log-in and sessions.

Passwords are kept as argon2id hashes, session tokens as SHA-256 hashes: neither can be used from a copy of
the database.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Literal

import psycopg
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from psycopg.rows import dict_row

from bot import limits
from bot.conversation import Actor
from bot.db import Connection, Pool, queries, transaction
from bot.errors import NotFound, Refused, Unauthorized, WarmlineError
from bot.records import Role

_SQL = queries("agents")

Status = Literal["online", "away"]

SESSION_HOURS = 12  # a shift
SHORTEST_PASSWORD = 10  # characters; NIST SP 800-63B asks for 8 where a second factor guards, 15 alone
LONGEST_PASSWORD = 200  # argon2 takes any length, a server should not

# Wrong passwords allowed within a quarter of an hour: for one name from one address, for one name, from one address.
_TRIES_THERE, _TRIES_NAME, _TRIES_ADDRESS, _TRIES_SECONDS = 8, 100, 40, 900
_THROTTLED = "Too many attempts. Please wait a few minutes and try again."
_WRONG = "That name and password do not fit."

_hasher = PasswordHasher()


class AccountError(WarmlineError):
    """An account that cannot be made as asked."""


@dataclass(frozen=True, slots=True)
class Session:
    """A logged-in agent and the secret that every change must carry."""

    agent: Actor
    status: Status
    csrf: str


@dataclass(frozen=True, slots=True)
class Colleague:
    """An agent as others see them; ``here``: on duty at the desk, or seen in Slack within the last ten minutes."""

    agent: Actor
    here: bool


def add_agent(
    url: str,
    name: str,
    password: str,
    *,
    role: Role,
    languages: Sequence[str] = ("en",),
    email: str | None = None,
) -> None:
    """Make an account.

    Raises `AccountError` when the name or the address is taken, the name empty, or the password too short.
    """
    name = name.strip()
    if not name or len(name) > 80:
        raise AccountError("A name has 1 to 80 characters.")
    _check_password(password)
    values = {"name": name, "password_hash": _hasher.hash(password), "role": role, "languages": list(languages)}
    with _unique_address(email), psycopg.connect(url, row_factory=dict_row) as connection:
        if connection.execute(_SQL["add"], {**values, "email": _address(email)}).fetchone() is None:
            raise AccountError(f"There is an account {name} already.")


def set_email(url: str, name: str, email: str) -> None:
    """Match ``name`` by this address on other platforms; an empty one takes it away. Raises `AccountError`."""
    values = {"name": name.strip(), "email": _address(email)}
    with _unique_address(email), psycopg.connect(url, row_factory=dict_row) as connection:
        if connection.execute(_SQL["set_email"], values).fetchone() is None:
            raise _unknown(name)


def set_password(url: str, name: str, password: str) -> None:
    """Give an account a new password and end its sessions. Raises `AccountError`."""
    _check_password(password)
    _change_hash(url, name, _hasher.hash(password))


def lock_out(url: str, name: str) -> None:
    """Let nobody log in as ``name`` any more; what they wrote stays theirs. Raises `AccountError`."""
    _change_hash(url, name, "")


def list_agents(url: str) -> list[tuple[str, Role, bool]]:
    """All accounts by name: name, role, and whether they can log in."""
    with psycopg.connect(url) as connection:
        return [(name, role, can) for name, role, can in connection.execute(_SQL["list"]).fetchall()]


def _change_hash(url: str, name: str, password_hash: str) -> None:
    with psycopg.connect(url, row_factory=dict_row) as connection:
        values = {"name": name.strip(), "password_hash": password_hash}
        if connection.execute(_SQL["change_hash"], values).fetchone() is None:
            raise _unknown(name)


def _unknown(name: str) -> AccountError:
    return AccountError(f"There is no account {name}. Fix: see `warmline agent list`.")


def _address(email: str | None) -> str | None:
    """Raises `AccountError` unless it may be an address, or is none."""
    email = (email or "").strip()
    if email and not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        raise AccountError(f"{email} is not an e-mail address. Fix: write it as olga@shop.example")
    return email or None


@contextmanager
def _unique_address(email: str | None) -> Iterator[None]:
    try:
        yield
    except psycopg.errors.UniqueViolation:
        raise AccountError(f"Another account has the address {email}. Fix: see `warmline agent email`.") from None


def _check_password(password: str) -> None:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise AccountError(f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.")


def ensure_admin(url: str, password: str | None) -> str | None:
    """Make the first account, ``admin``, when there is none at all.

    Returns the password that was made up for it, the only time it is known, or None when there are accounts
    or ``password`` was given.
    """
    with psycopg.connect(url, row_factory=dict_row) as connection:
        row = connection.execute(_SQL["any"]).fetchone()
    if row and row["found"]:
        return None
    chosen = password or secrets.token_urlsafe(12)
    add_agent(url, "admin", chosen, role="admin")
    return None if password else chosen


async def log_in(pool: Pool, name: str, password: str, *, address: str) -> tuple[str, Session]:
    """A new session's token and the session.

    Raises `Unauthorized` for a wrong name or password, without telling which, and `TooMany` after too many.
    """
    person = name.strip().lower()[:80]
    # By name and address together, so that a stranger's guesses do not lock the owner out; by name alone
    # against guesses from many addresses.
    tries = {
        f"login:{person}:{address}": _TRIES_THERE,
        f"login:{person}": _TRIES_NAME,
        f"login:{address}": _TRIES_ADDRESS,
    }
    async with transaction(pool) as connection:
        await limits.count(connection, tries, seconds=_TRIES_SECONDS, message=_THROTTLED)
    async with transaction(pool) as connection:
        row = await (await connection.execute(_SQL["by_name"], {"name": name.strip()})).fetchone()
    stored = row["password_hash"] if row else _nobody()
    # Off the event loop: argon2 takes tens of milliseconds by design. Unknown names take as long as known ones.
    right = await asyncio.to_thread(_verify, stored, password)
    if row is None or not right:
        raise Unauthorized(_WRONG, code="bad_credentials")
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
    async with transaction(pool) as connection:
        values = {"token_hash": _hash(token), "id": row["id"], "csrf": csrf, "hours": SESSION_HOURS}
        await connection.execute(_SQL["open_session"], values)
        await limits.take_back(connection, tries, seconds=_TRIES_SECONDS)
        if _hasher.check_needs_rehash(stored):
            fresh = {"id": row["id"], "password_hash": await asyncio.to_thread(_hasher.hash, password)}
            await connection.execute(_SQL["rehash"], fresh)
    return token, Session(Actor(row["id"], row["name"], row["role"]), "online", csrf)


async def session(pool: Pool, token: str | None) -> Session:
    """The session of a cookie. Raises `Unauthorized` when there is none or it is over."""
    if token:
        async with transaction(pool) as connection:
            row = await (await connection.execute(_SQL["session"], {"token_hash": _hash(token)})).fetchone()
        if row is not None:
            return Session(Actor(row["id"], row["name"], row["role"]), row["status"], row["csrf"])
    raise Unauthorized("Please log in.", code="logged_out")


def check_csrf(session: Session, given: str | None) -> None:
    """Raises `Refused` unless the request proves that our own page made it."""
    if not secrets.compare_digest(session.csrf.encode(), (given or "").encode("utf-8", "replace")):
        problem = Refused("This page is out of date. Please reload it.", code="bad_csrf")
        problem.status = 403
        raise problem


async def log_out(pool: Pool, token: str) -> None:
    """End the session of a cookie."""
    async with transaction(pool) as connection:
        await connection.execute(_SQL["close_session"], {"token_hash": _hash(token)})


async def find(connection: Connection, id: int) -> Actor:
    """The agent of this id. Raises `NotFound` when there is none who can log in."""
    row = await (await connection.execute(_SQL["by_id"], {"id": id})).fetchone()
    if row is None:
        raise NotFound("There is no such agent.")
    return Actor(row["id"], row["name"], row["role"])


async def colleagues(connection: Connection) -> list[Colleague]:
    """All who can log in, those who are there first."""
    rows = await (await connection.execute(_SQL["colleagues"])).fetchall()
    return [Colleague(Actor(row["id"], row["name"], row["role"]), row["here"]) for row in rows]


async def set_status(pool: Pool, agent: Actor, status: Status) -> None:
    """On duty or not: decides whether customers are told that somebody is there."""
    async with transaction(pool) as connection:
        await connection.execute(_SQL["set_status"], {"id": agent.id, "status": status})


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password[: LONGEST_PASSWORD + 1])
    except (VerifyMismatchError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    """A hash that no password fits."""
    return _hasher.hash(secrets.token_urlsafe(32))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
