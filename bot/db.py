"""PostgreSQL: migrations, the connection pool, and SQL in named files.

Every query of the product stands in ``bot/sql/*.sql`` under a ``-- name`` header, so that it can be read,
explained and searched as SQL. Migrations are the numbered files of the same folder, applied in order, each
in one transaction.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any, LiteralString
from weakref import WeakKeyDictionary

import psycopg
from procrastinate.schema import SchemaManager
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from bot.errors import MigrationError, Unavailable

SQL = Path(__file__).parent / "sql"

Connection = psycopg.AsyncConnection[DictRow]
Pool = AsyncConnectionPool[Connection]

# Any number will do, as long as all processes of one deployment use the same.
_MIGRATION_LOCK = 4_815_162

# A statement or an idle transaction that takes longer than this is a fault, not work.
_STATEMENT_TIMEOUT_MS = 15_000

_REST_SECONDS = 1.0


@cache
def queries(module: str) -> Mapping[str, LiteralString]:
    """The named queries of ``bot/sql/<module>.sql``: name → SQL.

    A query starts at a line ``-- name: what it does`` and ends where the next one starts.
    """
    found: dict[str, LiteralString] = {}
    name, lines = "", list[str]()
    for line in [*(SQL / f"{module}.sql").read_text("utf-8").splitlines(), "-- end: of the file"]:
        head, colon, _ = line.removeprefix("-- ").partition(": ")
        if line.startswith("-- ") and colon and head.isidentifier():
            if name:
                found[name] = "\n".join(lines).strip()
            name, lines = head, []
        else:
            lines.append(line)
    return found


def migrate(url: str) -> None:
    """Bring the database at ``url`` to the newest schema; harmless to repeat and to run twice at once.

    Raises `MigrationError` when an applied migration was changed afterwards, or when the database is newer
    than this program; `Unavailable` when it cannot be reached.
    """
    try:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise Unavailable(f"PostgreSQL does not answer: {str(error).strip()}") from error
    with connection:
        connection.execute("select pg_advisory_lock(%s)", [_MIGRATION_LOCK])
        connection.execute(
            "create table if not exists migration"
            " (name text primary key, hash text not null, at timestamptz not null default now())"
        )
        applied: dict[str, str] = dict(connection.execute("select name, hash from migration").fetchall())
        steps = {"0000_procrastinate": SchemaManager.get_schema()} | {
            file.stem: file.read_text("utf-8") for file in sorted(SQL.glob("[0-9]*.sql"))
        }
        if unknown := applied.keys() - steps.keys():
            raise MigrationError(
                f"the database holds {', '.join(sorted(unknown))}, which this version of Warmline does not know."
                " Fix: run the newer version, or restore the backup from before it"
            )
        for name, sql in steps.items():
            _apply(connection, name, sql, applied.get(name))


def _apply(connection: psycopg.Connection[Any], name: str, sql: str, applied: str | None) -> None:
    digest = hashlib.sha256(sql.encode()).hexdigest()
    if applied == digest:
        return
    if applied is not None:
        raise MigrationError(
            f"{name} was changed after it had been applied. Fix: restore the file and write a new migration"
        )
    with connection.transaction():
        connection.execute(sql)
        connection.execute("insert into migration (name, hash) values (%s, %s)", [name, digest])


def pool(url: str, *, size: int) -> Pool:
    """A closed pool of at most ``size`` connections; open it with ``async with``."""
    return AsyncConnectionPool(
        url,
        connection_class=Connection,
        kwargs={
            "row_factory": dict_row,
            "options": f"-c statement_timeout={_STATEMENT_TIMEOUT_MS}"
            f" -c idle_in_transaction_session_timeout={_STATEMENT_TIMEOUT_MS}"
            " -c TimeZone=UTC",  # what we show says UTC, wherever the server stands
        },
        min_size=1,
        max_size=size,
        timeout=5,
        check=_check_idle,
        open=False,
    )


_used: WeakKeyDictionary[Connection, float] = WeakKeyDictionary()


async def _check_idle(connection: Connection) -> None:
    """Make sure that a connection that rested still lives; one in steady use tells by itself."""
    now = time.monotonic()
    if now - _used.get(connection, 0.0) > _REST_SECONDS:
        await AsyncConnectionPool.check_connection(connection)
    _used[connection] = now


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """One transaction on a pooled connection.

    Raises `Unavailable` when PostgreSQL is gone, so that callers need not know the driver.
    """
    try:
        async with pool.connection() as connection:
            yield connection
    except psycopg.OperationalError as error:
        raise Unavailable("PostgreSQL does not answer") from error


def to_json(value: Any) -> str:
    """JSON for a ``jsonb`` column; PostgreSQL cannot keep U+0000, so it is dropped."""
    return json.dumps(value, ensure_ascii=False, default=str).replace("\\u0000", "")
