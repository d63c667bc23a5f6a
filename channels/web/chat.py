"""The website chat over HTTP: the public contract of the widget, open to any client that keeps it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import available_timezones

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from psycopg.rows import DictRow
from pydantic import Field, model_validator

from bot import conversation as conversations
from bot import files, limits, live
from bot.db import Connection, queries, transaction
from bot.errors import InvalidMessage, Refused, TooMany
from bot.http import Body, ClientId, StorableText, clean, event
from bot.intake import Inbound, receive
from bot.language import preferred
from bot.records import Author, State
from bot.services import Needs, Services
from channels.web.visitors import admit, recognise

router = APIRouter(prefix="/chat", tags=["Website chat"])

_SQL = queries("visitors")

_PAGE = 500  # messages in one answer
_PING_SECONDS = 15.0  # below the 30 s and 60 s after which proxies drop a silent stream
_MOST_STREAMS = 6  # of one conversation in one process: tabs and their reconnections
_TOO_MANY_CHATS = "Too many new chats were opened from your network. Please try again in a while."

_time_zones = cache(available_timezones)  # which looks through a folder

_streams: dict[UUID, int] = {}


class Nothing(Body):
    """An empty object."""


class Opening(Body):
    """What the client knows of the visitor."""

    time_zone: StorableText | None = Field(
        default=None, max_length=100, description="IANA name; one that is not known here is ignored",
        examples=["Europe/Oslo"],
    )  # fmt: skip
    language: str | None = Field(
        default=None, description="Only if the visitor chose one; one that is not spoken here is ignored",
        examples=["nb"],
    )  # fmt: skip


class Opened(Body):
    """A new chat: keep the token, it is shown only here."""

    token: str
    conversation: UUID
    language: str = Field(description="The best guess, until the visitor has written", examples=["en"])


class Spoken(Body):
    """The languages that a visitor may choose from, the first one being the business's own."""

    languages: list[str]
    language: str = Field(description="The best guess for this browser", examples=["en"])


class Chosen(Body):
    """The language that the visitor wants to be answered in."""

    language: str = Field(examples=["nb"])


class Sent(Body):
    """What the visitor sends: ``text``, or the ``payload`` of a button that was offered."""

    client_id: ClientId = Field(description="Made by the client; sending it again changes nothing", examples=["m-1"])
    text: str | None = Field(default=None, examples=["Where is my order FJ-204817?"])
    payload: StorableText | None = Field(default=None, max_length=1000, examples=["/affirm"])

    @model_validator(mode="after")
    def _one_of_both(self) -> Sent:
        if (self.text is None) == (self.payload is None):
            raise ValueError("send either text or payload")
        return self


class Accepted(Body):
    """The message is stored under this number; the reply comes as an event."""

    seq: int = Field(examples=[7])


class Choice(Body):
    """A button below a message."""

    title: str
    payload: str


class File(Body):
    """A file that came with a message."""

    id: UUID = Field(strict=False)
    name: str
    media_type: str
    size: int


class Shown(Body):
    """One message as the visitor sees it."""

    seq: int
    author: Author
    text: str
    buttons: list[Choice]
    at: str = Field(description="ISO 8601, UTC")
    client_id: str | None = Field(default=None, description="Of the visitor's own messages")
    agent: str | None = Field(default=None, description="Name of the agent who wrote it")
    files: list[File] | None = Field(default=None, description="If it has any")


class History(Body):
    """Messages after a number, and who has the conversation."""

    messages: list[Shown]
    after: int = Field(description="What to ask for more with, or again later", examples=[7])
    state: State
    language: str = Field(description="That of the answers", examples=["en"])


AcceptLanguage = Annotated[str, Header()]
Authorization = Annotated[str | None, Header(description="Bearer TOKEN")]
After = Annotated[int, Query(ge=0, le=2**62, description="Only messages with a higher number")]


@router.post("/sessions", status_code=201, response_model=Opened)
async def open_session(needs: Needs, request: Request, body: Opening, accept_language: AcceptLanguage = "") -> Opened:
    """Open a chat."""
    rules = needs.business.limits
    languages = needs.business.languages
    chosen = body.language if body.language in languages else None
    language = preferred(accept_language, languages)
    async with transaction(needs.pool) as connection:
        allowed = {f"sessions:{_address(request)}": rules.sessions_per_address_hour}
        await limits.count(connection, allowed, seconds=limits.HOUR, message=_TOO_MANY_CHATS)
        zone = body.time_zone if body.time_zone in _time_zones() else None
        token, conversation = await admit(connection, language=language, time_zone=zone, days=rules.session_days)
        if chosen is not None:
            await _speak(connection, conversation, chosen)
    return Opened(token=token, conversation=conversation, language=chosen or language)


@router.get("/languages", response_model=Spoken)
async def spoken(needs: Needs, accept_language: AcceptLanguage = "") -> Spoken:
    """The languages to choose from."""
    languages = needs.business.languages
    return Spoken(languages=list(languages), language=preferred(accept_language, languages))


@router.post("/language", status_code=204)
async def choose(needs: Needs, body: Chosen, authorization: Authorization = None) -> Response:
    """Be answered in this language from now on, whatever one writes in."""
    if body.language not in needs.business.languages:
        raise InvalidMessage(f"We do not answer in this language, but in {', '.join(needs.business.languages)}.")
    async with transaction(needs.pool) as connection:
        conversation = await recognise(connection, authorization)
        await limits.count(
            connection,
            {f"language:{conversation}": 20},
            seconds=limits.MINUTE,
            message=_words(needs, "limit.slow_down"),
        )
        await _speak(connection, conversation, body.language)
    return Response(status_code=204)


@router.post("/messages", status_code=202, response_model=Accepted)
async def send(needs: Needs, request: Request, body: Sent, authorization: Authorization = None) -> Accepted:
    """Send a message, or press a button. Safe to repeat with the same ``client_id``."""
    rules = needs.business.limits
    text = clean(body.text or "")
    if body.payload is None and not text:
        raise InvalidMessage("Please write something first.")
    if len(text) > rules.message_length:
        raise _too_long(_words(needs, "limit.too_long"))
    async with transaction(needs.pool) as connection:
        conversation = await recognise(connection, authorization)
        allowed = {
            f"messages:{conversation}": rules.messages_per_minute,
            f"messages:{_address(request)}": rules.messages_per_minute_address,
        }
        await limits.count(connection, allowed, seconds=limits.MINUTE, message=_words(needs, "limit.slow_down"))
    # A transaction of its own: the address's counter is not held while messages of that address are stored.
    async with transaction(needs.pool) as connection:
        inbound = Inbound(conversation, conversations.WEBSITE, body.client_id, text, body.payload)
        seq = await receive(connection, needs.jobs, inbound)
    return Accepted(seq=seq)


@router.get("/messages", response_model=History, response_model_exclude_none=True)
async def history(needs: Needs, after: After = 0, authorization: Authorization = None) -> History:
    """Messages after a number, oldest first, at most 500; ask again with ``after`` of the answer for more.

    While the files of an agent's message are being fetched, ``after`` stays before it: what is told meanwhile, the
    visitor's own, is told again.
    """
    async with transaction(needs.pool) as connection:
        conversation = await recognise(connection, authorization)
        rows, state = await _read(connection, conversation, after)
    shown = [Shown(**_shown(row)) for row in rows]
    language = needs.business.served(state["language"])
    return History(messages=shown, after=_next(rows, after), state=state["state"], language=language)


@router.get("/files/{id}", response_class=Response, responses=files.BYTES)
async def file(needs: Needs, id: UUID, authorization: Authorization = None) -> Response:
    """A file of a message, to be saved."""
    async with transaction(needs.pool) as connection:
        conversation = await recognise(connection, authorization)
        return await files.hand_out(connection, conversation, id, visitor=True)


@router.post("/typing", status_code=204)
async def typing(needs: Needs, body: Nothing, authorization: Authorization = None) -> Response:
    """Say that the visitor is writing: an upset customer is not interrupted (P2), an agent sees it."""
    async with transaction(needs.pool) as connection:
        conversation = await recognise(connection, authorization)
        await limits.count(
            connection, {f"typing:{conversation}": 60}, seconds=limits.MINUTE, message=_words(needs, "limit.slow_down")
        )
        await connection.execute(_SQL["typing"], {"id": conversation})
        await live.notify(connection, conversation, typing="customer")
    return Response(status_code=204)


@router.get("/events", responses={200: {"content": {"text/event-stream": {}}}})
async def events(needs: Needs, after: After = 0, authorization: Authorization = None) -> StreamingResponse:
    """The same messages as they come, as server-sent events ``message``, ``state`` and ``typing``."""
    async with transaction(needs.pool) as connection:
        conversation = await recognise(connection, authorization)
    if _streams.get(conversation, 0) >= _MOST_STREAMS:
        raise TooMany("This chat is open in too many windows. Please close one.", retry_after=5)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(_follow(needs, conversation, after), media_type="text/event-stream", headers=headers)


async def _follow(needs: Services, conversation: UUID, after: int) -> AsyncIterator[str]:
    """Subscribed first, read after: what comes in between is read twice at most, and never missed."""
    _streams[conversation] = _streams.get(conversation, 0) + 1
    known: Mapping[str, Any] = {}
    told: set[int] = set()  # beyond `after`
    try:
        async with needs.live.subscribe(str(conversation)) as signals:
            while True:
                async with transaction(needs.pool) as connection:
                    rows, state = await _read(connection, conversation, after)
                for row in rows:
                    if row["seq"] not in told:
                        yield event("message", json.dumps(_shown(row), ensure_ascii=False), id=row["after"])
                told = {row["seq"] for row in rows if row["seq"] > row["after"]}
                after = _next(rows, after)
                if state != known:
                    known = state
                    yield event("state", json.dumps(state, ensure_ascii=False))
                if len(rows) == _PAGE and not told:
                    continue
                async for line in _until_change(signals):
                    yield line
    finally:
        _streams[conversation] -= 1
        if not _streams[conversation]:
            del _streams[conversation]


async def _until_change(signals: asyncio.Queue[live.Signal]) -> AsyncIterator[str]:
    """Typing events and pings, until something changed or a ping's time has passed."""
    while True:
        signal = None
        with suppress(TimeoutError):
            signal = await asyncio.wait_for(signals.get(), _PING_SECONDS)
        if signal is None:
            yield ": ping\n\n"
            return
        if signal.typing is None:
            return
        if signal.typing != "customer":
            yield event("typing", json.dumps({"author": signal.typing}))


async def _read(connection: Connection, conversation: UUID, after: int) -> tuple[list[DictRow], DictRow]:
    key = {"id": conversation, "after": after, "limit": _PAGE}
    rows = await (await connection.execute(_SQL["messages"], key)).fetchall()
    state = await (await connection.execute(_SQL["state"], key)).fetchone()
    assert state is not None
    return rows, state


def _next(rows: Sequence[DictRow], after: int) -> int:
    """The number after which what was read goes on."""
    return rows[-1]["after"] if rows else after


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    message = {name: row[name] for name in ("seq", "author", "text", "buttons")}
    message["at"] = row["at"].isoformat()
    if row["author"] == "customer":
        message["client_id"] = row["external_id"]
    for name in ("agent", "files"):
        if row[name]:
            message[name] = row[name]
    return message


def _too_long(message: str) -> Refused:
    problem = InvalidMessage(message, code="too_long")
    problem.status = 413
    return problem


def _words(needs: Services, key: str) -> str:
    text, _ = needs.wordings[needs.business.languages[0]].say(key, said=())
    return text


async def _speak(connection: Connection, conversation: UUID, language: str) -> None:
    locked = await conversations.lock(connection, conversation)
    await conversations.speak(connection, locked, language, chosen=True)


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"
