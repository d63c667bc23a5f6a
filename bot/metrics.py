"""Figures for Prometheus, read from the tables when asked for: right whichever process is asked."""

from __future__ import annotations

from fastapi import Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from bot.db import Pool, queries, transaction

_SQL = queries("metrics")


async def metrics(pool: Pool) -> Response:
    """Conversations by state, the longest wait, jobs by status, live workers."""
    registry = CollectorRegistry()
    conversations = Gauge("warmline_conversations", "Conversations by state", ["state"], registry=registry)
    jobs = Gauge("warmline_jobs", "Jobs by status", ["status"], registry=registry)
    wait = Gauge("warmline_longest_wait_seconds", "Longest wait for a person", registry=registry)
    workers = Gauge("warmline_workers", "Workers with a fresh heartbeat", registry=registry)
    unhandled = Gauge("warmline_unhandled_conversations", "Conversations with a message to take", registry=registry)
    async with transaction(pool) as connection:
        for row in await (await connection.execute(_SQL["states"])).fetchall():
            conversations.labels(row["state"]).set(row["count"])
        for row in await (await connection.execute(_SQL["jobs"])).fetchall():
            jobs.labels(row["status"]).set(row["count"])
        row = await (await connection.execute(_SQL["now"])).fetchone() or {}
    wait.set(row.get("longest_wait") or 0)
    workers.set(row.get("workers") or 0)
    unhandled.set(row.get("unhandled") or 0)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
