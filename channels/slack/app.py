"""What Slack tells us, over HTTP or a socket alike: bolt checks and sorts it, listeners store it.

A listener has stored and queued everything when it returns, and only then Slack is told that it arrived; what may
fail without harm, such as showing a choice in place of its buttons, follows later (`SlackChannel.later`).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse

from bot.errors import InvalidMessage, Unavailable
from bot.services import Services
from channels.slack import customers, home, installed

if TYPE_CHECKING:
    from channels.slack.channel import SlackChannel

Ack = Callable[..., Awaitable[Any]]

log = logging.getLogger(__name__)


def build(channel: SlackChannel, services: Services) -> AsyncApp:
    """The app with all its listeners; the first one that fits an event has it, and agents come first."""
    app = AsyncApp(
        name="warmline",
        logger=logging.getLogger("slack_bolt"),
        client=channel.client_with(None),
        request_verification_enabled=False,  # `web` has done that, before it read anything
        authorize=_authorize,
        before_authorize=_note_bot,
        ssl_check_enabled=False,
        process_before_response=True,
    )
    app.error(_failed)
    if channel.settings.agents is not None:
        from channels.slack import agents

        agents.register(app, channel, services)
    customers.register(app, channel, services)
    home.register(app, channel, services)
    installed.register(app, channel, services)
    app.event(re.compile(""))(_nothing)
    app.action(re.compile(""))(_nothing)
    return app


async def _nothing(ack: Ack) -> None:
    """Not for us, and known to have arrived."""
    await ack()


async def _note_bot(body: dict[str, Any], context: dict[str, Any], next: Callable[[], Awaitable[Any]]) -> None:
    authorized = body.get("authorizations") or [{}]
    context["our_bot"] = authorized[0].get("user_id")
    await next()


async def _authorize(enterprise_id: str | None, team_id: str | None, our_bot: str | None) -> AuthorizeResult:
    """Whom it is for. Which token is good there is looked up when it is used: storing needs none."""
    return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_user_id=our_bot)


async def _failed(error: Exception) -> BoltResponse:
    """Not stored, so not acknowledged: Slack brings it again; what will never fit is not brought again."""
    if isinstance(error, InvalidMessage):
        return BoltResponse(status=200)
    if not isinstance(error, Unavailable):
        log.error("event failed", extra={"error": type(error).__name__})
    return BoltResponse(status=503)
