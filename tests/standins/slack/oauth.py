"""Installation: the page on which somebody allows the app, and the exchange of its code for a token."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from tests.standins.slack.faults import Refusal

if TYPE_CHECKING:
    from tests.standins.slack.server import Slack

Json = dict[str, Any]


@dataclass(kw_only=True)
class _Grant:
    user: str
    workspace: str
    scopes: frozenset[str]
    redirect_uri: str | None
    used: bool = False


@dataclass
class OAuth:
    """Codes that were given out. The person who decides is named by the cookie `person`, a refusal by `refuses`."""

    slack: Slack
    _grants: dict[str, _Grant] = field(default_factory=dict)

    async def authorize(self, request: Request) -> Response:
        """`/oauth/v2/authorize`: back to the app with a code, or with `access_denied`."""
        asked = request.query_params
        if asked.get("client_id") != self.slack.client_id:
            return PlainTextResponse("invalid_client_id", 400)
        user = request.cookies.get("person", "")
        workspace = next((one for one in self.slack.workspaces.values() if user in one.users), None)
        if workspace is None:
            return PlainTextResponse("Sign in to Slack first.", 401)
        back = asked.get("redirect_uri") or self.slack.redirect_uri
        if back is None:
            return PlainTextResponse("redirect_uri is missing, and the app has none", 400)
        answer = {"state": asked.get("state", "")}
        if "refuses" in request.cookies:
            answer["error"] = "access_denied"
        else:
            answer["code"] = code = secrets.token_urlsafe(16)
            scopes = frozenset(scope for scope in asked.get("scope", "").split(",") if scope)
            self._grants[code] = _Grant(
                user=user, workspace=workspace.id, scopes=scopes, redirect_uri=asked.get("redirect_uri")
            )
        return RedirectResponse(f"{back}{'&' if '?' in back else '?'}{urlencode(answer)}", 302)

    def exchange(self, client_id: str, client_secret: str, *, code: str, redirect_uri: str | None) -> Json:
        """`oauth.v2.access`: a bot token for a code, once."""
        if client_id != self.slack.client_id:
            raise Refusal("invalid_client_id")
        if client_secret != self.slack.client_secret:
            raise Refusal("bad_client_secret")
        grant = self._grants.get(code)
        if grant is None:
            raise Refusal("invalid_code")
        if grant.used:
            raise Refusal("code_already_used")
        if grant.redirect_uri != redirect_uri:
            raise Refusal("bad_redirect_uri")
        grant.used = True
        workspace = self.slack.workspaces[grant.workspace]
        return {
            "access_token": self.slack.new_token(workspace, scopes=grant.scopes),
            "token_type": "bot",
            "scope": ",".join(sorted(grant.scopes)),
            "bot_user_id": workspace.bot.id,
            "app_id": self.slack.app_id,
            "team": {"id": workspace.id, "name": workspace.name},
            "enterprise": None,
            "is_enterprise_install": False,
            "authed_user": {"id": grant.user},
        }
