"""What a channel is to the core, and what can go wrong where messages go out.

An adapter in `channels/` translates in and out and nothing else. What comes in it passes to `bot.arrival`;
what goes out the courier (`bot/delivery.py`) passes to it, in order in each place and at the channel's pace.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter

from bot.db import Pool
from bot.live import Live
from bot.records import Author, Button
from bot.services import Services

Audience = Literal["customer", "agents"]

Part = Mapping[str, Any]
"""One call of the platform, as plain data of the adapter's own."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a conversation takes place on a platform: ``key`` is the platform's name for the chat or the thread."""

    id: int
    channel: str
    account: str
    key: str
    conversation: UUID
    audience: Audience = "customer"
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class File:
    """A file on its way out, of ``size`` bytes; ``read`` has all of them, and is called when it is sent.

    Several of them together may be more than should be in memory. ``read`` raises `Never` when it is there no more.
    """

    name: str
    media_type: str
    size: int
    read: Callable[[], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way to one place; `agent` is the name of the agent who wrote it.

    ``earlier`` are the numbers of the messages whose text is part of it (`Channel.joins`).
    """

    place: Place
    seq: int
    author: Author
    text: str
    language: str
    agent: str | None = None
    buttons: tuple[Button, ...] = ()
    files: tuple[File, ...] = ()
    earlier: tuple[int, ...] = ()

    @property
    def id(self) -> str:
        """The same at every try: what a platform that can look for it is asked for."""
        return f"{self.place.conversation}/{self.seq}"


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a platform wants to be called: `account` calls a second in all, `place` in one place."""

    account: float = 30.0
    place: float = 1.0


class NotNow(Exception):
    """The platform did not take it and may do so after ``seconds``.

    ``everywhere``: nothing else of this account is to be sent before that either.
    """

    def __init__(self, problem: str, *, seconds: float | None = None, everywhere: bool = False) -> None:
        super().__init__(problem)
        self.seconds = seconds
        self.everywhere = everywhere


class Never(Exception):
    """The platform will not take this message, whatever is done; says why, for an agent to read."""


class Gone(Never):
    """Nothing can be sent to this place any more: the bot was blocked, the chat deleted, the token revoked."""


class Channel(ABC):
    """One account on one platform: a bot, a workspace, a mailbox."""

    name: str
    account: str
    pace: Pace = Pace()
    joins: bool = False
    """Whether what waits for a place goes out as one message: nobody wants three e-mails in one minute."""

    # Out, in the worker

    @abstractmethod
    def parts(self, message: Outgoing) -> Sequence[Part]:
        """The calls that carry ``message``, at least one; the same ones whenever it is asked."""

    @abstractmethod
    async def post(self, place: Place, part: Part) -> str:
        """Make one call and return the platform's id of what is now there.

        Raises `NotNow`, `Never` or `Gone`. Anything else that is raised, a time-out above all, leaves open whether
        it arrived: the courier then asks `find` before it tries again.
        """

    async def find(self, place: Place, part: Part) -> str | None:
        """The id of a part that arrived although no answer came; None when it did not, or nobody can tell.

        Raises as `post` does; after `NotNow` it is asked again.
        """
        return None

    async def typing(self, place: Place) -> None:  # noqa: B027  # not every platform can
        """Show that somebody is writing to the customer; only tried once."""

    async def fetch(self, source: Mapping[str, Any], *, most: int) -> bytes:
        """The file that came with a message, ``source`` being what the adapter said of it.

        Raises `NotNow`, and `Never` when it is longer than ``most`` bytes or cannot be had.
        """
        raise Never("This channel has no files.")

    async def work(self, pool: Pool, live: Live) -> None:
        """What else this account has to do while one worker has it, such as showing agents what changed."""
        await asyncio.Event().wait()

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Around everything that is sent or listened to."""
        yield

    # In, in the web process

    def routes(self) -> APIRouter:
        """Where the platform calls us; every request is checked to be genuine."""
        return APIRouter()

    async def listen(self, services: Services) -> None:
        """Take in what the platform does not bring, for ever; one process of the deployment does so at a time.

        A channel that is called registers the address here, and then has nothing more to do.
        """
        await asyncio.Event().wait()

    # For `warmline check`

    async def problems(self) -> Sequence[str]:
        """What is wrong with token, rights, addresses and clock as the platform sees them, each with its fix."""
        return ()
