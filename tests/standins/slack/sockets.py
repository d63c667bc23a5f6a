"""Socket Mode: envelopes over a WebSocket, acknowledged by their id."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from tests.standins.slack.loop import on_slack

if TYPE_CHECKING:
    from tests.standins.slack.server import Slack

Json = dict[str, Any]

_PATIENCE_SECONDS = 30.0


class Unanswered(Exception):
    """Nobody acknowledged; the reason as Slack names it."""


@dataclass(eq=False)
class _Connection:
    websocket: WebSocket
    leaving: bool = False
    waiting: dict[str, asyncio.Future[Json]] = field(default_factory=dict)


@dataclass
class Sockets:
    """The app's open connections; `apps.connections.open` gives addresses, each good for one connection."""

    slack: Slack
    opened: int = 0
    _tickets: set[str] = field(default_factory=set)
    _connections: list[_Connection] = field(default_factory=list)
    _turn: int = 0
    _open: asyncio.Event = field(default_factory=asyncio.Event)

    def new_address(self) -> str:
        """Where the app may connect, once."""
        ticket = secrets.token_urlsafe(16)
        self._tickets.add(ticket)
        return f"{self.slack.url.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={self.slack.app_id}"

    @property
    def count(self) -> int:
        """How many connections are open and stay so."""
        return len(self._staying())

    @on_slack
    async def connected(self) -> None:
        """Wait until the app has a connection."""
        await asyncio.wait_for(self._open.wait(), _PATIENCE_SECONDS)

    async def serve(self, websocket: WebSocket) -> None:
        """One connection, from hello to its end."""
        ticket = websocket.query_params.get("ticket", "")
        if ticket not in self._tickets:
            await websocket.close()
            return
        self._tickets.remove(ticket)
        await websocket.accept()
        connection = _Connection(websocket)
        self._connections.append(connection)
        self.opened += 1
        self._open.set()
        hello = {"type": "hello", "num_connections": self.count, "connection_info": {"app_id": self.slack.app_id}}
        await self._tell(connection, hello | {"debug_info": {"host": "stand-in", "approximate_connection_time": 18060}})
        try:
            while True:
                answer = json.loads(await websocket.receive_text())
                if (future := connection.waiting.pop(answer.get("envelope_id", ""), None)) and not future.done():
                    future.set_result(answer)
        except WebSocketDisconnect:
            pass
        finally:
            self._connections.remove(connection)
            if not self._staying():
                self._open.clear()
            for future in connection.waiting.values():
                if not future.done():
                    future.set_exception(Unanswered("connection_failed"))

    async def send(self, kind: str, payload: Json, *, within: float, retry: int = 0, reason: str = "") -> Json:
        """Send one envelope and return its acknowledgement; raises `Unanswered`.

        Slack chooses among several connections; here they take turns.
        """
        staying = self._staying()
        if not staying:
            raise Unanswered("connection_failed")
        self._turn += 1
        connection = staying[self._turn % len(staying)]
        envelope_id = str(uuid.uuid4())
        envelope: Json = {"envelope_id": envelope_id, "type": kind, "payload": payload}
        envelope["accepts_response_payload"] = kind != "events_api"
        if kind == "events_api":
            envelope |= {"retry_attempt": retry, "retry_reason": reason}
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        connection.waiting[envelope_id] = answer
        try:
            await self._tell(connection, envelope)
            return await asyncio.wait_for(answer, within)
        except TimeoutError:
            raise Unanswered("timeout") from None
        except (RuntimeError, WebSocketDisconnect):
            raise Unanswered("connection_failed") from None
        finally:
            connection.waiting.pop(envelope_id, None)

    @on_slack
    async def refresh(self, reason: str = "refresh_requested") -> None:
        """Ask the app to connect anew, as Slack does every few hours, and close the old connections once it has."""
        old = self._staying()
        for connection in old:
            connection.leaving = True
            await self._tell(connection, {"type": "disconnect", "reason": reason, "debug_info": {"host": "stand-in"}})
        self._open.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._open.wait(), _PATIENCE_SECONDS)
        for connection in old:
            if connection.websocket.client_state is WebSocketState.CONNECTED and connection in self._connections:
                await connection.websocket.close()

    @on_slack
    async def drop(self) -> None:
        """Break every connection without a word."""
        for connection in self._connections:
            self.slack.cut(connection.websocket.scope)

    def _staying(self) -> list[_Connection]:
        return [one for one in self._connections if not one.leaving]

    async def _tell(self, connection: _Connection, message: Json) -> None:
        await connection.websocket.send_text(json.dumps(message))
