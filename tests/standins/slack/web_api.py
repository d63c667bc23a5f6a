"""The door of Slack's Web API: reads a call, checks its token and scopes, lets it go wrong on demand, answers."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from tests.standins.slack.faults import Call, Fault, Refusal
from tests.standins.slack.workspace import Channel, Workspace

if TYPE_CHECKING:
    from tests.standins.slack.server import Slack

Json = dict[str, Any]

# Arguments that a form carries as JSON.
_STRUCTURED = ("blocks", "attachments", "view", "metadata", "files")


@dataclass(kw_only=True)
class Token:
    """A token that Slack gave out; ``workspace`` is None for the app's own (xapp-)."""

    value: str
    workspace: Workspace | None
    scopes: frozenset[str]
    user: str | None = None
    state: Literal["valid", "token_revoked", "account_inactive"] = "valid"

    @property
    def kind(self) -> str:
        """ "bot", "user" or "app"."""
        return {"xoxb": "bot", "xoxp": "user", "xapp": "app"}[self.value.split("-")[0]]


@dataclass(kw_only=True)
class Asked:
    """A call whose token is good: its arguments and whose it is."""

    slack: Slack
    token: Token
    arguments: Json
    basic: tuple[str, str] | None = None

    @property
    def workspace(self) -> Workspace:
        """The workspace of the token."""
        if self.token.workspace is None:
            raise Refusal("not_allowed_token_type")
        return self.token.workspace

    def text(self, name: str) -> str:
        """An argument that must be there."""
        value = self.arguments.get(name)
        if value in (None, ""):
            raise invalid(f"missing required field: {name}")
        return str(value)

    def yes(self, name: str) -> bool:
        """Whether a flag is set: true or 1."""
        return str(self.arguments.get(name, "")).lower() in ("true", "1")

    def number(self, name: str, default: int) -> int:
        """A whole number."""
        value = str(self.arguments.get(name) or default)
        if not value.isdigit():
            raise invalid(f"must be a number: {name}")
        return int(value)

    def channel(self) -> Channel:
        """The channel meant by ``channel``: its id, or for a public one its name."""
        meant = str(self.arguments.get("channel") or "")
        channel = self.workspace.channels.get(meant) or self.workspace.by_name(meant)
        hidden = channel is None or (channel.kind != "channel" and self.workspace.bot.id not in channel.members)
        if channel is None or hidden:
            raise Refusal("channel_not_found")
        return channel

    def needs(self, *scopes: str) -> None:
        """Refuse unless the token has one of these."""
        if not self.token.scopes & set(scopes):
            raise Refusal("missing_scope", needed=",".join(scopes), provided=",".join(sorted(self.token.scopes)))


def invalid(*messages: str) -> Refusal:
    """`invalid_arguments`, and what is wrong with them."""
    return Refusal("invalid_arguments", response_metadata={"messages": [f"[ERROR] {one}" for one in messages]})


Answer = Callable[[Asked], Awaitable[Json]]
NO_TOKEN = Token(value="xapp-none", workspace=None, scopes=frozenset())


METHODS: dict[str, Answer] = {}
WITHOUT_TOKEN = frozenset({"oauth.v2.access"})

F = TypeVar("F", bound=Answer)


def method(name: str, *scopes: str) -> Callable[[F], F]:
    """Register what a method of the Web API does; it needs all of these scopes."""

    def register(answer: F) -> F:
        async def checked(asked: Asked) -> Json:
            for scope in scopes:
                asked.needs(scope)
            return await answer(asked)

        METHODS[name] = checked
        return answer

    return register


@dataclass
class WebApi:
    """Answers `/api/<method>`; every call is kept in ``calls``."""

    slack: Slack
    calls: list[Call] = field(default_factory=list)

    async def answer(self, request: Request) -> Response:
        """One call, from its arrival to its answer or the lack of one."""
        name = request.path_params["method"]
        unreadable: Refusal | None = None
        arguments: Json = {}
        try:
            arguments = await _arguments(request)
        except Refusal as refusal:
            unreadable = refusal
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        token = credentials if scheme == "Bearer" else arguments.pop("token", None)
        call = Call(method=name, arguments=arguments, token=token)
        self.calls.append(call)
        if unreadable is not None:
            return _answered(call, 200, {"ok": False, "error": unreadable.error})
        known = self.slack.tokens.get(token or "")
        place = known.workspace.id if known and known.workspace else ""
        fault = self.slack.faults.next(call, place) if name in METHODS else None
        if fault is not None and not fault.accepted:
            return await self._go_wrong(request, call, fault)
        outcome = await self._carry_out(call, known, _basic(scheme, credentials))
        if fault is not None:
            return await self._go_wrong(request, call, fault)
        response = _answered(call, 200, outcome)
        if known is not None:
            response.headers["x-oauth-scopes"] = ",".join(sorted(known.scopes))
        return response

    async def _carry_out(self, call: Call, token: Token | None, basic: tuple[str, str] | None) -> Json:
        try:
            if call.method not in METHODS:
                raise Refusal("unknown_method", req_method=call.method)
            if call.method in WITHOUT_TOKEN:
                token = token or NO_TOKEN
            elif call.token is None:
                raise Refusal("not_authed")
            elif token is None:
                raise Refusal("invalid_auth")
            elif token.state != "valid":
                raise Refusal(token.state)
            asked = Asked(slack=self.slack, token=token, arguments=call.arguments, basic=basic)
            return {"ok": True, **await METHODS[call.method](asked)}
        except Refusal as refusal:
            return {"ok": False, "error": refusal.error, **refusal.more}

    async def _go_wrong(self, request: Request, call: Call, fault: Fault) -> Response:
        if fault.seconds:
            await asyncio.sleep(fault.seconds)
        if fault.drop:
            self.slack.cut(request.scope)
            return Response()
        if fault.error is None:
            call.status = fault.status
            return PlainTextResponse("upstream connect error", fault.status)
        response = _answered(call, fault.status, {"ok": False, "error": fault.error})
        if fault.retry_after is not None:
            response.headers["retry-after"] = str(fault.retry_after)
        return response


def _answered(call: Call, status: int, answer: Json) -> Response:
    call.status, call.answer = status, answer
    return JSONResponse(answer, status)


def _basic(scheme: str, credentials: str) -> tuple[str, str] | None:
    if scheme != "Basic":
        return None
    name, _, secret = base64.b64decode(credentials).decode().partition(":")
    return name, secret


async def _arguments(request: Request) -> Json:
    arguments: Json = dict(request.query_params)
    body = await request.body()
    kind = request.headers.get("content-type", "").split(";")[0]
    if kind == "application/json" and body:
        arguments.update(_json_object(body))
    elif kind == "application/x-www-form-urlencoded":
        arguments.update(parse_qsl(body.decode(), keep_blank_values=True))
    elif body:
        raise Refusal("invalid_post_type" if kind else "missing_post_type")
    for name in _STRUCTURED:
        if isinstance(arguments.get(name), str):
            arguments[name] = _structure(name, arguments[name])
    return arguments


def _json_object(body: bytes) -> Json:
    try:
        found = json.loads(body)
    except ValueError:
        raise Refusal("invalid_json") from None
    if not isinstance(found, dict):
        raise Refusal("json_not_object")
    return found


def _structure(name: str, text: str) -> object:
    try:
        return json.loads(text) if text else None
    except ValueError:
        errors = {"blocks": "invalid_blocks_format", "metadata": "invalid_metadata_format"}
        raise Refusal(errors.get(name, "invalid_arguments")) from None
