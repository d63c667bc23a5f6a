"""The courier: carries what was said to where the customer is, in order, once, at the platform's pace.

A row of `delivery` is written in the same transaction as its message, so nothing said is forgotten. It is marked
as "sending", and that is committed, before the platform is called: after a crash or a time-out we know that it may
have arrived, and ask the platform before trying again. What the bot had not yet said when a person took over is
dropped by that very transaction (`conversation.claim`), so a bot never talks over a person.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from functools import partial
from typing import Any
from uuid import UUID

from bot import conversation as conversations
from bot import live
from bot.business import Limits
from bot.channel import Channel, File, Gone, Never, NotNow, Outgoing, Pace, Part, Place
from bot.db import Connection, Pool, queries, transaction
from bot.errors import NotFound, Unavailable
from bot.fetching import Fetcher
from bot.leader import Deposed, Term, lead
from bot.live import EVERYTHING, Live, Signal
from bot.records import Button
from bot.tasks import pause

log = logging.getLogger(__name__)

_SQL = queries("delivery")
_PLACES = queries("places")

_LOOK_SECONDS = 1.0  # a signal may be lost, and what was put off has no signal
_MOST_AT_ONCE = 50
_MOST_WITH_FILES = 4  # each of them has a file in memory
_TOO_LATE = "It could not be delivered within a day."
_NOTHING = "None of its files could be sent."
_NO_ANSWER = "The platform did not answer. We are trying again."


class Courier:
    """Carries out everything of one account; only one process may do so at a time (`bot.leader`).

    One that was deposed and does not know it yet takes no message and calls no platform; what it was about to send,
    its successor leaves alone until it has certainly stopped, and then asks the platform for.
    """

    def __init__(self, pool: Pool, live: Live, channel: Channel, limits: Limits | None = None) -> None:
        self._pool = pool
        self._live = live
        self._channel = channel
        self._pacer = _Pacer(channel.pace)
        self._fetcher = Fetcher(pool, channel, limits or Limits())
        self._under_way: set[int] = set()
        self._carrying = asyncio.Semaphore(_MOST_WITH_FILES)
        self._wake = asyncio.Event()
        self._name = f"deliver:{channel.name}:{channel.account}"
        self._term = Term(self._name, 0, 0.0)

    async def lead(self, url: str) -> None:
        """Deliver, and fetch what came along, whenever no other process does so for the account; until cancelled."""
        await lead(url, self._name, self._work)

    async def _work(self, term: Term) -> None:
        self._term = term
        try:
            async with self._channel.connected(), self._live.subscribe(EVERYTHING) as signals:
                await self._deliver(signals)
        except* Deposed:
            log.warning("another process delivers", extra={"channel": self._channel.name})

    async def _deliver(self, signals: asyncio.Queue[Signal]) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._hear(signals))
            group.create_task(self._channel.work(self._pool, self._live))
            while True:
                self._wake.clear()
                with suppress(Unavailable):
                    await self._start_due(group)
                    await self._fetcher.start_due(group)
                # Not `wait_for`: in Python 3.11 it can lose a cancellation that comes with the wake-up.
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_SECONDS):
                        await self._wake.wait()

    async def _hear(self, signals: asyncio.Queue[Signal]) -> None:
        while True:
            signal = await signals.get()
            if signal.typing in (None, "customer"):
                self._wake.set()
            else:
                await self._type(signal)

    async def _type(self, signal: Signal) -> None:
        """What could not be shown in time is not worth another try."""
        with suppress(Exception):
            async with transaction(self._pool) as connection:
                place = await customers_place(connection, UUID(signal.conversation))
            if place is not None and (place.channel, place.account) == (self._channel.name, self._channel.account):
                async with asyncio.timeout(2):
                    await self._channel.typing(place)

    async def _start_due(self, group: asyncio.TaskGroup) -> None:
        key = {"channel": self._channel.name, "account": self._channel.account, **self._leading()}
        async with transaction(self._pool) as connection:
            await self._term.check(connection)
            rows = await (await connection.execute(_SQL["open"], key)).fetchall()
        for row in rows:
            if len(self._under_way) >= _MOST_AT_ONCE:
                return
            if row["due"] and row["place_id"] not in self._under_way:
                self._under_way.add(row["place_id"])
                group.create_task(self._empty(row["place_id"]))

    async def _empty(self, place: int) -> None:
        """Deliver what waits in one place, one after the other, until something has to be put off."""
        try:
            while await self._next(place):
                pass
        except Deposed:
            pass  # the next look learns of it too, and ends the work
        except Exception as error:  # PostgreSQL is gone, or a fault of ours: the next look begins where this ended
            log.error("delivery interrupted", extra={"error": type(error).__name__, "channel": self._channel.name})
            await asyncio.sleep(_LOOK_SECONDS)
        finally:
            self._under_way.discard(place)
            self._wake.set()

    async def _next(self, place: int) -> bool:
        """Deliver one message, or several as one; whether there may be another one to go."""
        async with transaction(self._pool) as connection:
            await self._term.check(connection)
            key = {"place": place, "joined": self._channel.joins, **self._leading()}
            rows = await (await connection.execute(_SQL["take"], key)).fetchall()
            if not rows:
                return False
            row = rows[0]
            message = await self._outgoing(connection, rows)
        try:
            await self._post(message, row["sent"], again=row["again"])
        except _Overtaken:
            return True
        except Deposed:
            raise
        except Gone as problem:
            await self._fail(message, str(problem), gone=True)
        except Never as problem:
            await self._fail(message, str(problem))
        except NotNow as problem:
            seconds = problem.seconds if problem.seconds is not None else pause(row["tries"])
            if problem.everywhere:
                self._pacer.rest(seconds)
            status = "sending" if isinstance(problem, _StillOpen) else "queued"
            await self._put_off(message, row, status, str(problem), seconds)
            return False
        except Exception as error:
            log.warning("no answer", extra={"error": type(error).__name__, "channel": self._channel.name})
            await self._put_off(message, row, "sending", _NO_ANSWER, pause(row["tries"]))
            return False
        else:
            await self._note_sent(message)
        return True

    async def _outgoing(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> Outgoing:
        """What goes out for these messages of one author: all their words and files, and the newest choice."""
        last = rows[-1]
        named = ("channel", "account", "key", "audience", "details")
        place = Place(id=last["place_id"], conversation=last["conversation_id"], **{name: last[name] for name in named})
        seqs = [row["seq"] for row in rows]
        files = await (await connection.execute(_SQL["files"], {"id": place.conversation, "seqs": seqs})).fetchall()
        choices = (tuple(Button(**one) for one in row["buttons"]) for row in reversed(rows) if row["buttons"])
        return Outgoing(
            place=place,
            seq=last["seq"],
            author=last["author"],
            text="\n\n".join(row["text"] for row in rows if row["text"]),
            language=last["language"],
            agent=last["agent"],
            buttons=next(choices, ()),
            files=tuple(File(read=partial(self._read, file.pop("id")), **file) for file in files),
            earlier=tuple(seqs[:-1]),
        )

    async def _read(self, file: UUID) -> bytes:
        async with transaction(self._pool) as connection:
            row = await (await connection.execute(_SQL["file"], {"id": file}, binary=True)).fetchone()
        if row is None:
            raise Never("The file is not there any more.")
        data: bytes = row["data"]
        return data

    async def _post(self, message: Outgoing, sent: list[str], *, again: bool) -> None:
        """Call the platform for each part that has not arrived; ``again``: the first of them may have."""
        place = message.place
        if not message.text and not message.files and place.audience == "customer":
            raise Never(_NOTHING)
        for part in self._channel.parts(message)[len(sent) :]:
            id = await self._find(place, part) if again else None
            if id is None and again and await self._overtaken(message):
                raise _Overtaken
            again = False
            if id is None:
                await self._pacer.turn(place.id)
                async with self._carrying if message.files else nullcontext():
                    async with transaction(self._pool) as connection:
                        await self._term.check(connection)  # last of all: the waits before it may have been long
                    try:
                        id = await self._channel.post(place, part)
                    finally:
                        self._pacer.called(place.id)
            async with transaction(self._pool) as connection:
                await connection.execute(_SQL["part_sent"], {**_key(message), "part": id})

    def _leading(self) -> dict[str, Any]:
        return {"term": self._term.number, "settled": not self._term.doubtful_seconds}

    async def _find(self, place: Place, part: Part) -> str | None:
        try:
            return await self._channel.find(place, part)
        except NotNow as problem:
            raise _StillOpen(str(problem), seconds=problem.seconds, everywhere=problem.everywhere) from None

    async def _overtaken(self, message: Outgoing) -> bool:
        """Whether a person has the conversation by now, and what the bot said in vain is not to be said again."""
        async with transaction(self._pool) as connection:
            await conversations.lock(connection, message.place.conversation)
            cursor = await connection.execute(_SQL["taken_over"], {**_key(message), "status": "sending"})
            return cursor.rowcount > 0

    async def _note_sent(self, message: Outgoing) -> None:
        async with transaction(self._pool) as connection:
            await connection.execute(_SQL["sent"], _key(message))
            if message.author == "agent" and message.place.audience == "customer":
                await self._tell(connection, message, "delivered")

    async def _put_off(
        self, message: Outgoing, row: Mapping[str, Any], status: str, problem: str, seconds: float
    ) -> None:
        if row["overdue"]:
            await self._fail(message, _TOO_LATE)
            return
        values = {**_key(message), "status": status, "problem": problem, "seconds": seconds}
        with suppress(NotFound):  # erased meanwhile
            async with transaction(self._pool) as connection:
                await conversations.lock(connection, message.place.conversation)  # a claim comes before or after this
                await connection.execute(_SQL["put_off"], values)
                await connection.execute(_SQL["taken_over"], {**_key(message), "status": "queued"})

    async def _fail(self, message: Outgoing, problem: str, *, gone: bool = False) -> None:
        with suppress(NotFound):  # erased meanwhile
            async with transaction(self._pool) as connection:
                # What is being said just now would wait for a place that is gone, and overtake this if it comes back.
                await conversations.lock(connection, message.place.conversation)
                await connection.execute(_SQL["gone" if gone else "failed"], {**_key(message), "problem": problem})
                if message.place.audience == "customer":
                    await self._tell(connection, message, "undeliverable", problem=problem, gone=gone)
        log.warning("undeliverable", extra={"channel": self._channel.name, "place": message.place.id, "gone": gone})

    async def _tell(self, connection: Connection, message: Outgoing, kind: str, **data: Any) -> None:
        """In the ledger and at the desk."""
        conversation = message.place.conversation
        for seq in (*message.earlier, message.seq):
            await conversations.record(connection, conversation, kind, "system", {"seq": seq, **data})
        await live.notify(connection, conversation)


class _Overtaken(Exception):
    """A person took over before the bot could be heard."""


class _StillOpen(NotNow):
    """The platform cannot be asked now whether a part arrived: it has to be asked later all the same."""


class _Pacer:
    """Keeps calls apart as a platform wants it."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._next = 0.0
        self._next_in: dict[int, float] = {}

    async def turn(self, place: int) -> None:
        """Wait until one more call in ``place`` is welcome."""
        await asyncio.sleep(self._next_in.get(place, 0.0) - time.monotonic())
        at = max(time.monotonic(), self._next)
        self._next = at + 1 / self._pace.account
        await asyncio.sleep(at - time.monotonic())

    def called(self, place: int) -> None:
        """A call in ``place`` is over: the platform saw it before this, so what is counted from here is never short."""
        now = time.monotonic()
        self._next_in[place] = now + self._pace.place
        if len(self._next_in) > 10_000:
            self._next_in = {known: until for known, until in self._next_in.items() if until > now}

    def rest(self, seconds: float) -> None:
        """No call at all for so long."""
        self._next = max(self._next, time.monotonic() + seconds)


async def customers_place(connection: Connection, conversation: UUID) -> Place | None:
    """Where a conversation's customer is, unless that is the website."""
    cursor = await connection.execute(_PLACES["of_customer"], {"id": conversation})
    row = await cursor.fetchone()
    return Place(**row) if row else None


async def came_back(connection: Connection, place: Place, part: str, problem: str) -> None:
    """What the platform had taken as ``part`` was not delivered after all, and nothing else will be."""
    key = {"place": place.id, "part": part, "problem": problem}
    rows = await (await connection.execute(_SQL["came_back"], key)).fetchall()
    for row in rows:
        data = {"seq": row["seq"], "problem": problem, "gone": True}
        await conversations.record(connection, place.conversation, "undeliverable", "system", data)
    if rows:
        await connection.execute(_SQL["gone"], key)
        await live.notify(connection, place.conversation)


async def retry(connection: Connection, conversation: UUID, seq: int, actor: str) -> None:
    """Try once more to deliver a message that failed. Raises `NotFound` when it did not."""
    cursor = await connection.execute(_SQL["retry"], {"id": conversation, "seq": seq})
    if await cursor.fetchone() is None:
        raise NotFound("There is no such message that failed.")
    await conversations.record(connection, conversation, "retried", actor, {"seq": seq})
    await live.notify(connection, conversation)


def _key(message: Outgoing) -> dict[str, Any]:
    return {"place": message.place.id, "seqs": [*message.earlier, message.seq]}
