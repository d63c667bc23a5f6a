"""How Slack tells an app what happened: signed requests or Socket Mode, retried, and disordered on demand."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

import httpx

from tests.standins.slack import schema
from tests.standins.slack.loop import on_slack
from tests.standins.slack.sockets import Unanswered
from tests.standins.slack.workspace import Workspace, new_id

if TYPE_CHECKING:
    from tests.standins.slack.server import Slack

Json = dict[str, Any]
Kind = Literal["events_api", "interactive", "slash_commands"]

# As documented: acknowledged within three seconds, else again almost at once, after one and after five minutes.
ACKNOWLEDGE_SECONDS = 3.0
RETRY_SECONDS = (0.0, 60.0, 300.0)


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One try: which retry (0 is the first), why it was made, what came back (None: nothing) after how long."""

    retry: int
    reason: str
    status: int | None
    answer: Any
    failure: str | None
    seconds: float
    no_retry: bool = False


@dataclass(eq=False, kw_only=True)
class Delivery:
    """Something to tell the app, and every attempt to."""

    kind: Kind
    payload: Json
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def event(self) -> Json:
        """The event inside, of an event."""
        found: Json = self.payload.get("event", {})
        return found

    @property
    def acknowledged(self) -> bool:
        """Whether an attempt was answered in time with 2xx."""
        return any(attempt.failure is None for attempt in self.attempts)


def signed(body: bytes, secret: str, *, at: float | None = None) -> dict[str, str]:
    """The headers by which an app knows that Slack sent this body (signature version v0); ``at`` in seconds."""
    stamp = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={digest}"}


@dataclass
class Deliveries:
    """What the app was told. Events go out in order, ``copies`` times each; each is retried by itself."""

    slack: Slack
    acknowledge_seconds: float = ACKNOWLEDGE_SECONDS
    retry_seconds: Sequence[float] = RETRY_SECONDS
    copies: int = 1
    sent: list[Delivery] = field(default_factory=list)
    _held: list[Delivery] | None = None
    _queue: asyncio.Queue[Delivery] = field(default_factory=asyncio.Queue)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    # Without certificates, which take long to load: request URLs on this machine speak plain HTTP.
    _http: httpx.AsyncClient = field(
        default_factory=lambda: httpx.AsyncClient(trust_env=False, verify=False, timeout=None)
    )

    def tell(self, workspace: Workspace, event: Json) -> None:
        """Queue an event; it must be as Slack's published types say."""
        wrong = schema.wrong_event(event)
        assert not wrong, f"the stand-in made an event that Slack would not send: {wrong}"
        delivery = Delivery(kind="events_api", payload=self._callback(workspace, event))
        if self._held is not None:
            self._held.append(delivery)
        else:
            for _ in range(self.copies):
                self._queue.put_nowait(delivery)

    def _callback(self, workspace: Workspace, event: Json) -> Json:
        authorization = {
            "enterprise_id": None,
            "team_id": workspace.id,
            "user_id": workspace.bot.id,
            "is_bot": True,
            "is_enterprise_install": False,
        }
        return {
            "token": self.slack.verification_token,
            "team_id": workspace.id,
            "api_app_id": self.slack.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": new_id("Ev"),
            "event_time": int(time.time()),
            "authorizations": [authorization],
            "is_ext_shared_channel": False,
            "event_context": secrets.token_urlsafe(12),
        }

    @on_slack
    async def hold(self) -> None:
        """Keep events back from now on."""
        self._held = []

    @on_slack
    async def release(self, *, backwards: bool = False) -> None:
        """Send what was held, on demand the last first."""
        held, self._held = self._held or [], None
        for delivery in reversed(held) if backwards else held:
            self._queue.put_nowait(delivery)

    @on_slack
    async def again(self, delivery: Delivery) -> None:
        """Send an event a second time, unasked, as Slack at times does."""
        self._queue.put_nowait(delivery)

    async def ask(self, kind: Kind, payload: Json) -> Attempt:
        """Send what a person waits for, a press or a command: once, never again; the answer."""
        delivery = Delivery(kind=kind, payload=payload)
        self.sent.append(delivery)
        return await self._try(delivery, 0, "")

    @on_slack
    async def settled(self) -> None:
        """Wait until everything queued was acknowledged or given up."""
        await self._queue.join()

    async def work(self) -> None:
        """Send the queue, one first attempt after the other, until cancelled."""
        try:
            while True:
                delivery = await self._queue.get()
                self.sent.append(delivery)
                attempt = await self._try(delivery, 0, "")
                if attempt.failure is None or attempt.no_retry:
                    self._queue.task_done()
                else:
                    task = asyncio.create_task(self._retry(delivery, attempt))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
        finally:
            for task in self._tasks:
                task.cancel()
            await self._http.aclose()

    async def _retry(self, delivery: Delivery, attempt: Attempt) -> None:
        for number, pause in enumerate(self.retry_seconds, 1):
            await asyncio.sleep(pause)
            attempt = await self._try(delivery, number, attempt.failure or "")
            if attempt.failure is None or attempt.no_retry:
                break
        self._queue.task_done()

    async def _try(self, delivery: Delivery, retry: int, reason: str) -> Attempt:
        started = time.monotonic()
        status, answer, failure, final = await (
            self._over_socket(delivery, retry, reason)
            if self.slack.request_url is None
            else self._over_http(self.slack.request_url, delivery, retry, reason)
        )
        attempt = Attempt(
            retry=retry, reason=reason, status=status, answer=answer, failure=failure, no_retry=final,
            seconds=time.monotonic() - started,
        )  # fmt: skip
        delivery.attempts.append(attempt)
        return attempt

    async def _over_socket(
        self, delivery: Delivery, retry: int, reason: str
    ) -> tuple[int | None, Any, str | None, bool]:
        try:
            acknowledged = await self.slack.sockets.send(
                delivery.kind, delivery.payload, within=self.acknowledge_seconds, retry=retry, reason=reason
            )
        except Unanswered as failure:
            return None, None, str(failure), False
        return 200, acknowledged.get("payload"), None, False

    async def _over_http(
        self, url: str, delivery: Delivery, retry: int, reason: str
    ) -> tuple[int | None, Any, str | None, bool]:
        body, kind = encoded(delivery.kind, delivery.payload)
        headers = {"content-type": kind, **signed(body, self.slack.signing_secret)}
        if retry:
            headers |= {"x-slack-retry-num": str(retry), "x-slack-retry-reason": reason}
        try:
            response = await asyncio.wait_for(self._post(url, body, headers), self.acknowledge_seconds)
        except TimeoutError:
            return None, None, "http_timeout", False
        except httpx.HTTPError:
            return None, None, "connection_failed", False
        failure = None if response.is_success else "http_error"
        return response.status_code, _read(response), failure, response.headers.get("x-slack-no-retry") == "1"

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        agent = {"user-agent": "Slackbot 1.0 (+https://api.slack.com/robots)"}
        return await self._http.post(url, content=body, headers={**agent, **headers})

    @on_slack
    async def forge(
        self, payload: Json, *, secret: str | None = None, age: float = 0.0, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Post an event that may be false: signed with another ``secret``, ``age`` seconds ago, or with any headers."""
        assert self.slack.request_url is not None, "only an address for requests can be lied to"
        body, kind = encoded("events_api", payload)
        proof = signed(body, secret or self.slack.signing_secret, at=time.time() - age)
        return await self._post(self.slack.request_url, body, {"content-type": kind, **proof, **(headers or {})})

    @on_slack
    async def post_raw(self, body: bytes, *, content_type: str = "application/json") -> httpx.Response:
        """Post any bytes, properly signed."""
        assert self.slack.request_url is not None, "there is no address to post to"
        headers = {"content-type": content_type, **signed(body, self.slack.signing_secret)}
        return await self._post(self.slack.request_url, body, headers)


def encoded(kind: Kind, payload: Json) -> tuple[bytes, str]:
    """A payload as a request's body, and its content type."""
    if kind == "events_api":
        return json.dumps(payload).encode(), "application/json"
    fields = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
    return urlencode(fields).encode(), "application/x-www-form-urlencoded"


def _read(response: httpx.Response) -> Any:
    if response.headers.get("content-type", "").startswith("application/json"):
        return response.json()
    return {"text": response.text} if response.text else None
