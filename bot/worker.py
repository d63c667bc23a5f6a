"""The worker: takes jobs off the queue and carries them out, with Rasa inside."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from procrastinate import App, JobContext, RetryStrategy
from watchfiles import awatch

from bot import knowledge, library
from bot.brain import Brain
from bot.business import load_business
from bot.db import pool, queries, transaction
from bot.errors import Unavailable
from bot.jobs import DRAIN, enqueue_drain, jobs_app
from bot.library import Library
from bot.live import Live
from bot.nlu.encoder import load_encoder
from bot.turn import Engine, drain, give_up
from bot.wording import Wording

log = logging.getLogger(__name__)

_CONNECTIONS = 10
# Turns take their turn at the one brain; many at once may listen to an upset customer meanwhile (P2).
_CONCURRENCY = 50
_HEARTBEAT_SECONDS = 2
_STALLED_SECONDS = 8
_SWEEP_SECONDS = 2
_POLL_SECONDS = 0.25  # a freed lock does not wake procrastinate's worker
_FINISH_SECONDS = 3
_RETRIES = RetryStrategy(max_attempts=20, exponential_wait=2)
_TRIES_BEFORE_A_PERSON = 2  # after 2 and 4 seconds

_SWEEPS = (queries("limits")["sweep"], queries("agents")["sweep"])
_TURN = queries("turn")


async def run(url: str, root: Path, model: Path) -> None:
    """Work until cancelled, told to stop by a signal, or PostgreSQL goes away (then start it again).

    ``url`` names the database, ``root`` the Rasa project's folder, ``model`` the trained model's file.
    """
    business = load_business(root)
    brain = await asyncio.to_thread(Brain, model)
    encoder = load_encoder()
    jobs = jobs_app(url, size=_CONNECTIONS)
    async with pool(url, size=_CONNECTIONS) as connections, jobs.open_async():
        engine = Engine(connections, brain, business, {name: Wording.load(root, name) for name in business.languages})
        _add_tasks(jobs, engine)
        await library.import_files(connections, root, business, encoder)
        articles = Library(business.languages[0], encoder)
        await articles.load(connections)
        knowledge.use(articles.index)
        async with _background(
            _import_on_change(engine, root, encoder),
            _follow(url, engine, articles),
            _sweep(jobs, engine),
        ):
            await jobs.run_worker_async(
                name="worker",
                concurrency=_CONCURRENCY,
                fetch_job_polling_interval=_POLL_SECONDS,
                update_heartbeat_interval=_HEARTBEAT_SECONDS,
                stalled_worker_timeout=_STALLED_SECONDS,
                shutdown_graceful_timeout=_FINISH_SECONDS,
                delete_jobs="successful",
            )
    brain.close()


def _add_tasks(jobs: App, engine: Engine) -> None:
    @jobs.task(name=DRAIN, retry=_RETRIES, pass_context=True)
    async def drain_conversation(context: JobContext, conversation: str) -> None:
        """Answer everything unhandled of one conversation."""
        try:
            await drain(engine, UUID(conversation))
        except Unavailable:
            raise
        except Exception as error:
            # The trace without the message: that may quote the customer.
            trace = "".join(traceback.format_tb(error.__traceback__))
            log.error("turn failed", extra={"error": type(error).__name__, "trace": trace, "job": context.job.id})
            if context.job.attempts < _TRIES_BEFORE_A_PERSON:
                raise
            await give_up(engine, UUID(conversation))


@asynccontextmanager
async def _background(*work: Any) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _import_on_change(engine: Engine, root: Path, encoder: Any) -> None:
    """Articles edited in their files are live within two seconds."""
    async for _ in awatch(root / "data" / "faq", debounce=400, step=100):
        changed = await library.import_files(engine.pool, root, engine.business, encoder)
        log.info("articles imported", extra={"changed": changed})


async def _follow(url: str, engine: Engine, articles: Library) -> None:
    """Take over articles as they change, whoever changed them."""
    signals = Live(url)
    async with _background(signals.run()), signals.subscribe(library.CHANGED) as heard:
        while True:
            await heard.get()
            await articles.load(engine.pool)


async def _sweep(jobs: App, engine: Engine) -> None:
    """Bring back what a killed worker left: its jobs, and messages whose job is gone altogether."""
    while True:
        try:
            for job in await jobs.job_manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_SECONDS):
                await jobs.job_manager.retry_job(job)
                log.warning("job of a lost worker taken up again", extra={"job": job.id})
            async with transaction(engine.pool) as connection:
                for row in await (await connection.execute(_TURN["lost"])).fetchall():
                    await enqueue_drain(jobs, connection, row["id"])
                for query in _SWEEPS:
                    await connection.execute(query)
        except Unavailable:
            log.warning("sweep put off: PostgreSQL does not answer")
        await asyncio.sleep(_SWEEP_SECONDS)
