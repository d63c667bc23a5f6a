"""Durable jobs on procrastinate: what `web` puts on the queue and `worker` takes off it.

One job drains one conversation's inbox, under a lock of that conversation, so that a conversation is never
worked on twice at once while others go on (docs/decisions.md, "One drain job a conversation").
"""

from __future__ import annotations

from uuid import UUID

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued

from bot.db import Connection

DRAIN = "drain"

_AGAIN_SECONDS = 2  # until what failed is tried again


def jobs_app(url: str, *, size: int) -> App:
    """A closed procrastinate app on the database at ``url`` with at most ``size`` connections."""
    return App(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=size, timeout=5))


async def enqueue_drain(app: App, connection: Connection, conversation: UUID, *, failures: int = 0) -> None:
    """Put the conversation's drain on the queue within the caller's transaction, once.

    After ``failures`` of earlier drains it starts a little later.

    The caller must hold the conversation's row lock: a drain that is about to start reads the inbox under
    the same lock, so it sees the caller's message when this finds it on the queue already.
    """
    key = str(conversation)
    later = {"seconds": _AGAIN_SECONDS} if failures else None
    job = app.configure_task(DRAIN, lock=key, queueing_lock=key, schedule_in=later, connection=connection)
    try:
        async with connection.transaction():
            await job.defer_async(conversation=key, failures=failures)
    except AlreadyEnqueued:
        pass
