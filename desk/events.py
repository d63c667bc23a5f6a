"""The desk's live stream: what happened since a cursor, in order, without a gap."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Mapping
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Cookie, Header
from fastapi.responses import StreamingResponse
from psycopg.rows import DictRow

from bot import agents
from bot.db import queries, transaction
from bot.errors import InvalidMessage, Unauthorized
from bot.http import event
from bot.live import EVERYTHING, Signal
from bot.reasons import REASONS
from bot.services import Needs, Services
from desk.api import Viewer

router = APIRouter(prefix="/desk/api", tags=["Desk"])

_SQL = queries("desk")

_KINDS = ("handed_off", "raised", "claimed", "transferred", "message", "turn", "noted", "note", "handed_back", "closed",
          "reopened", "summary", "customer", "complaint", "promise", "language", "delivered", "undeliverable",
          "kept", "retried", "withdrawn", "attachment", "started", "unreachable", "reachable", "erased")  # fmt: skip

_PAGE = 500  # events read at once
_PING_SECONDS = 15.0
_TOGETHER_SECONDS = 0.02  # signals this close together are read at once
_AGAIN_SECONDS = 0.2  # until events are looked for again that are committed and not readable yet


class Cursor(NamedTuple):
    """A place in the stream: transaction and event."""

    txid: str
    id: int


@router.get("/events", responses={200: {"content": {"text/event-stream": {}}}})
async def events(
    needs: Needs,
    session: Viewer,
    last_event_id: Annotated[str | None, Header()] = None,
    warmline_desk: Annotated[str | None, Cookie()] = None,
) -> StreamingResponse:
    """Changes as server-sent events; ``Last-Event-ID`` goes on where a broken stream ended."""
    cursor = _cursor(last_event_id) if last_event_id else await _now(needs)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    stream = _follow(needs, cursor, warmline_desk)
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


async def _follow(needs: Services, cursor: Cursor, token: str | None) -> AsyncGenerator[str, None]:
    yield event("hello", "{}", id=_id(cursor))
    async with needs.live.subscribe(EVERYTHING) as signals:
        checked = time.monotonic()
        while True:
            rows, more = await _read(needs, cursor)
            for row in rows:
                cursor = Cursor(row["txid"], row["id"])
                yield event("change", json.dumps(_change(row)), id=_id(cursor))
            if time.monotonic() - checked >= _PING_SECONDS:
                # A stream that lives keeps its agent on duty; one whose session is over ends, however busy it is.
                try:
                    await agents.session(needs.pool, token)
                except Unauthorized:
                    return
                checked = time.monotonic()
                yield ": ping\n\n"
            if len(rows) == _PAGE:
                continue
            heard = await _hear(signals, _AGAIN_SECONDS if more else _PING_SECONDS)
            for conversation in {signal.conversation for signal in heard if signal.typing == "customer"}:
                yield event("typing", json.dumps({"conversation": conversation, "author": "customer"}))


async def _hear(signals: asyncio.Queue[Signal], seconds: float) -> list[Signal]:
    """The next signal and those right behind it; none when the time has passed."""
    try:
        heard = [await asyncio.wait_for(signals.get(), seconds)]
    except TimeoutError:
        return []
    await asyncio.sleep(_TOGETHER_SECONDS)
    while not signals.empty():
        heard.append(signals.get_nowait())
    return heard


async def _read(needs: Services, cursor: Cursor) -> tuple[list[DictRow], bool]:
    """Events after the cursor; whether there are more that are committed and not readable yet."""
    key = {"txid": cursor.txid, "id": cursor.id, "kinds": list(_KINDS), "limit": _PAGE}
    async with transaction(needs.pool) as connection:
        early = await (await connection.execute(_SQL["early"])).fetchone()
        rows = await (await connection.execute(_SQL["events"], key)).fetchall()
    return rows, bool(early and early["found"])


async def _now(needs: Services) -> Cursor:
    async with transaction(needs.pool) as connection:
        row = await (await connection.execute(_SQL["cursor"])).fetchone()
    assert row is not None
    return Cursor(row["txid"], 0)


def _cursor(text: str) -> Cursor:
    """Raises `InvalidMessage` for an id that we never gave out."""
    txid, dash, id = text.partition("-")
    if not (dash and txid.isdecimal() and id.isdecimal() and len(text) < 50 and max(int(txid), int(id)) < 2**63):
        raise InvalidMessage("Last-Event-ID is not one of ours.")
    return Cursor(txid, int(id))


def _id(cursor: Cursor) -> str:
    return f"{cursor.txid}-{cursor.id}"


def _change(row: Mapping[str, Any]) -> dict[str, Any]:
    data = row["data"]
    reason = data.get("reason")
    passed_on = data if row["kind"] == "transferred" else {}
    return {
        "conversation": str(row["conversation_id"] or data["conversation"]),  # one that was erased has no row
        "kind": row["kind"],
        "state": data.get("state"),
        "handoff": data.get("handoff"),
        "reason_text": REASONS.get(reason) if reason else None,
        "routed_to": data.get("routed_to"),
        "from": passed_on.get("from"),
        "to": passed_on.get("to_id"),
        "at": row["at"].isoformat(),
    }
