"""Slack for tests: a Web API, events, Socket Mode and people, over real HTTP and WebSocket on this machine.

with Slack() as slack:
    team = slack.workspace("Fjordlys")
    client = AsyncWebClient(token=team.token, base_url=slack.api_url)
    slack.request_url = "http://127.0.0.1:8000/slack/events"  # or None for Socket Mode
    ana = team.person("Ana", email="ana@example.com")
    await ana.writes("Where is my lamp?")
    await ana.sees("On its way")
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import threading
import time
from collections.abc import Coroutine, Iterable
from types import TracebackType
from typing import Any, ClassVar, Literal, Self, TypeVar

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

from tests.standins.slack import chat, lookups  # noqa: F401  # they register the methods
from tests.standins.slack.answers import Answers
from tests.standins.slack.delivery import Deliveries
from tests.standins.slack.faults import DOCUMENTED_LIMITS, Call, Fault, Faults, Refusal
from tests.standins.slack.files import Uploads
from tests.standins.slack.loop import on_slack
from tests.standins.slack.oauth import OAuth
from tests.standins.slack.people import Team
from tests.standins.slack.sockets import Sockets
from tests.standins.slack.web_api import Token, WebApi
from tests.standins.slack.workspace import User, Workspace, new_id

Json = dict[str, Any]
T = TypeVar("T")

# Every scope that a method here asks for.
ALL_SCOPES = frozenset(
    {
        "app_mentions:read", "channels:history", "channels:join", "channels:read", "chat:write", "commands",
        "files:read", "files:write", "groups:history", "groups:read", "im:history", "im:read", "im:write",
        "reactions:write", "usergroups:read", "users:read", "users:read.email",
    }
)  # fmt: skip
TRIGGER_SECONDS = 3.0


class Slack:
    """The whole of Slack, with one app. Without ``request_url`` the app is in Socket Mode."""

    def __init__(self) -> None:
        self.app_id = new_id("A")
        self.signing_secret = secrets.token_hex(16)
        self.verification_token = secrets.token_urlsafe(18)
        self.client_id = "1234567890.1234567890"
        self.client_secret = secrets.token_hex(16)
        self.request_url: str | None = None
        self.redirect_uri: str | None = None
        self.workspaces: dict[str, Workspace] = {}
        self.tokens: dict[str, Token] = {}
        self.faults = Faults()
        self.events = Deliveries(self)
        self.sockets = Sockets(self)
        self.oauth = OAuth(self)
        self.uploads = Uploads(self)
        self.answers = Answers(self)
        self.slack = self
        self._triggers: dict[str, tuple[str, float]] = {}
        self._web_api = WebApi(self)
        self.app_token = self._keep_token("xapp-1", None, frozenset({"connections:write"}))
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    @property
    def api_url(self) -> str:
        """The ``base_url`` of slack_sdk's clients."""
        return f"{self.url}/api/"

    @property
    def authorize_url(self) -> str:
        """The ``authorization_url`` of bolt's OAuth settings."""
        return f"{self.url}/oauth/v2/authorize"

    def workspace(
        self, name: str, *, bot: str = "Warmline", installed: bool = True, scopes: Iterable[str] = ALL_SCOPES
    ) -> Team:
        """A new workspace with the app's bot; its token is good for ``scopes``, and "" if not ``installed``."""
        id = new_id("T")
        bot_user = User(id=new_id("U"), team=id, name=bot, bot_id=new_id("B"))
        workspace = Workspace(id=id, name=name, announce=self.events.tell, bot=bot_user, users={bot_user.id: bot_user})
        self.workspaces[id] = workspace
        return Team(self, workspace, self.new_token(workspace, scopes=frozenset(scopes)) if installed else "")

    # What goes wrong, and what was called

    def fail(self, method: str, fault: Fault, *, times: int = 1) -> None:
        """The next ``times`` calls of a method go wrong; see `faults` for how."""
        self.faults.plan(method, fault, times=times)

    def keep_limits(self) -> None:
        """From now on Slack's documented rate limits hold."""
        self.faults.limits = DOCUMENTED_LIMITS

    def calls(self, method: str | None = None) -> list[Call]:
        """The calls so far, in order."""
        return [call for call in self._web_api.calls if method in (None, call.method)]

    @on_slack
    async def verify_url(self) -> bool:
        """Whether the app answers the challenge by which Slack checks a new request URL."""
        challenge = secrets.token_urlsafe(16)
        payload = {"token": self.verification_token, "challenge": challenge, "type": "url_verification"}
        answer = await self.events.forge(payload)
        return answer.is_success and challenge in answer.text

    # What the parts ask of each other

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something on Slack's loop and wait for it on the caller's."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    def new_token(self, workspace: Workspace, *, scopes: frozenset[str]) -> str:
        """A bot token."""
        return self._keep_token("xoxb", workspace, scopes)

    def _keep_token(self, kind: str, workspace: Workspace | None, scopes: frozenset[str]) -> str:
        value = f"{kind}-{secrets.token_urlsafe(24)}"
        self.tokens[value] = Token(value=value, workspace=workspace, scopes=scopes)
        return value

    def end_tokens(self, workspace: Workspace, state: Literal["token_revoked", "account_inactive"]) -> None:
        """No token of a workspace works any more."""
        for token in self.tokens.values():
            if token.workspace is workspace:
                token.state = state

    def new_trigger(self, user: str) -> str:
        """What an app needs to open a dialog: for this user, once, for three seconds."""
        trigger = f"{time.time_ns()}.{secrets.token_hex(8)}"
        self._triggers[trigger] = (user, time.monotonic())
        return trigger

    def use_trigger(self, trigger: str) -> str:
        """The user of a trigger, which is used up."""
        if trigger not in self._triggers:
            raise Refusal("invalid_trigger_id")
        user, since = self._triggers[trigger]
        if not user:
            raise Refusal("exchanged_trigger_id")
        if time.monotonic() - since > TRIGGER_SECONDS:
            raise Refusal("expired_trigger_id")
        self._triggers[trigger] = ("", since)
        return user

    # The server

    def __enter__(self) -> Self:
        self._thread.start()
        while not getattr(self, "_server", None) or not self._server.started:
            assert self._thread.is_alive(), "Slack's stand-in did not start"
            time.sleep(0.005)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(10)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        config = uvicorn.Config(
            self._app(), http=_Tracked, ws="wsproto", lifespan="off", log_level="error", timeout_graceful_shutdown=1
        )
        work = asyncio.create_task(self.events.work())
        self._server = uvicorn.Server(config)
        await self._server.serve(sockets=[self._socket])
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)

    def _app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/api/{method}", self._web_api.answer, methods=["GET", "POST"]),
                Route("/oauth/v2/authorize", self.oauth.authorize),
                Route("/files-pri/{file}/{rest:path}", self.uploads.download),
                Route("/upload/v1/{ticket}", self.uploads.upload, methods=["POST"]),
                Route("/actions/{ticket}", self.answers.answer, methods=["POST"]),
                Route("/signin", _sign_in),
                WebSocketRoute("/link/", self.sockets.serve),
            ]
        )

    def cut(self, scope: Scope) -> None:
        """Break the connection of a request or WebSocket, without a word to the other side."""
        _Tracked.transports[tuple(scope["client"])].abort()


class _Tracked(H11Protocol):
    """HTTP that remembers its connections by the client's address, so that they can be broken."""

    transports: ClassVar[dict[tuple[str, int], asyncio.Transport]] = {}

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        assert self.client is not None
        self.transports[self.client] = transport


async def _sign_in(request: Request) -> Response:
    return HTMLResponse("<title>Sign in | Slack</title>")
