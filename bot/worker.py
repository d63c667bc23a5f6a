"""The worker: takes jobs off the queue and carries them out, with Rasa inside."""

from __future__ import annotations

import asyncio
import gc
import logging
import traceback
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import UUID

from procrastinate import App
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status
from watchfiles import awatch

from bot import conversation as conversations
from bot import fetching, knowledge, library
from bot.brain import Brain
from bot.business import Business
from bot.channel import Channel
from bot.db import pool, queries, transaction
from bot.delivery import Courier
from bot.errors import NotFound, Unavailable
from bot.jobs import DRAIN, enqueue_drain, jobs_app
from bot.language import LanguageOfCustomers
from bot.library import Library
from bot.live import Live
from bot.nlu.encoder import Encoder, load_encoder
from bot.pipelines import encoder_choice
from bot.settings import Settings
from bot.tasks import end
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
_FAILURES_BEFORE_A_PERSON = 3

_TIDY_SECONDS = 600

_OUTDATED = tuple(queries(module)["sweep"] for module in ("limits", "agents", "visitors", "files"))
_TURN = queries("turn")


async def run(
    settings: Settings,
    business: Business,
    wordings: Mapping[str, Wording],
    models: Mapping[str, Path],
    channels: Sequence[Channel],
) -> None:
    """Work until cancelled, told to stop by a signal, or PostgreSQL goes away (then start it again).

    ``wordings`` and ``models``, the trained models' files, are by language.
    """
    url, root = settings.database_url, settings.root
    brain = await asyncio.to_thread(Brain, models)
    encoders = {one: load_encoder(encoder_choice(root, one, business.languages)) for one in business.languages}
    jobs = jobs_app(url, size=_CONNECTIONS)
    async with pool(url, size=_CONNECTIONS) as connections, jobs.open_async():
        engine = Engine(connections, brain, business, wordings, LanguageOfCustomers(business))
        _add_tasks(jobs, engine)
        await library.import_files(connections, root, business, encoders)
        libraries = library.open_libraries(business.languages, encoders)
        for articles in libraries.values():
            await articles.load(connections)
        knowledge.use({language: articles.index for language, articles in libraries.items()})
        # Rasa and TensorFlow stay for good: the collector need not walk through a million objects of theirs.
        gc.collect()
        gc.freeze()
        signals = Live(url)
        async with _background(
            signals.run(),
            _import_on_change(engine, root, encoders),
            _follow(signals, engine, libraries.values()),
            _sweep(jobs, engine),
            _tidy(engine),
            *(Courier(connections, signals, channel, business.limits).lead(url) for channel in channels),
        ):
            await jobs.run_worker_async(
                name="worker",
                concurrency=_CONCURRENCY,
                fetch_job_polling_interval=_POLL_SECONDS,
                update_heartbeat_interval=_HEARTBEAT_SECONDS,
                stalled_worker_timeout=_STALLED_SECONDS,
                shutdown_graceful_timeout=_FINISH_SECONDS,
                delete_jobs="always",  # the sweep makes anew what is needed, failures are in the log
            )
    brain.close()


def _add_tasks(jobs: App, engine: Engine) -> None:
    # Not by procrastinate's own retry: that fails where a message came in meanwhile, since its job waits under
    # the same queueing lock, and then the failed one keeps the conversation's lock for ever.
    @jobs.task(name=DRAIN)
    async def drain_conversation(conversation: str, failures: int = 0) -> None:
        """Answer everything unhandled of one conversation, if need be at a second or third try."""
        id = UUID(conversation)
        try:
            await drain(engine, id)
        except NotFound:
            return  # erased meanwhile
        except Exception as error:
            failures += 1
            if not isinstance(error, Unavailable):
                # The trace without the message: that may quote the customer.
                trace = "".join(traceback.format_tb(error.__traceback__))
                log.error("turn failed", extra={"error": type(error).__name__, "trace": trace, "conversation": id})
                if failures >= _FAILURES_BEFORE_A_PERSON:
                    await give_up(engine, id)
                    return
            async with transaction(engine.pool) as connection:
                await conversations.lock(connection, id)
                await enqueue_drain(jobs, connection, id, failures=failures)


@asynccontextmanager
async def _background(*work: Any) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield
    finally:
        await end(*tasks)


async def _import_on_change(engine: Engine, root: Path, encoders: Mapping[str, Encoder]) -> None:
    """Articles edited in their files are live within two seconds."""
    async for _ in awatch(root / "data" / "faq", debounce=400, step=100):
        with suppress(Unavailable):  # the worker ends with PostgreSQL, and imports when it starts again
            changed = await library.import_files(engine.pool, root, engine.business, encoders)
            log.info("articles imported", extra={"changed": changed})


async def _follow(signals: Live, engine: Engine, libraries: Iterable[Library]) -> None:
    """Take over articles as they change, whoever changed them."""
    async with signals.subscribe(library.CHANGED) as heard:
        while True:
            await heard.get()
            with suppress(Unavailable):
                for articles in libraries:
                    await articles.load(engine.pool)


async def _sweep(jobs: App, engine: Engine) -> None:
    """Bring back what a killed worker left, jobs and messages whose job is gone; give up files that do not come."""
    while True:
        try:
            await _take_up_lost(jobs, engine)
            await fetching.give_up(engine.pool)
        except Exception as error:  # whatever it was: a worker without its sweep leaves messages lying
            log.warning("sweep put off", extra={"error": type(error).__name__})
        await asyncio.sleep(_SWEEP_SECONDS)


async def _take_up_lost(jobs: App, engine: Engine) -> None:
    for job in await jobs.job_manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_SECONDS):
        with suppress(ConnectorException):  # another worker's sweep was first
            await jobs.job_manager.finish_job(job, Status.FAILED, delete_job=True)
            log.warning("job of a lost worker removed", extra={"job": job.id})
    async with transaction(engine.pool) as connection:
        for row in await (await connection.execute(_TURN["lost"])).fetchall():
            await enqueue_drain(jobs, connection, row["id"])


async def _tidy(engine: Engine) -> None:
    """Remove what is over: windows of limits, sessions, tokens, chats that were never written in."""
    while True:
        try:
            async with transaction(engine.pool) as connection:
                for query in _OUTDATED:
                    await connection.execute(query)
        except Exception as error:
            log.warning("tidying put off", extra={"error": type(error).__name__})
        await asyncio.sleep(_TIDY_SECONDS)
