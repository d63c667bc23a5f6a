"""Who somebody on Slack is, as their workspace has it: a first guess at name and language (P7), and their address."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from bot.arrival import Sender

if TYPE_CHECKING:
    from channels.slack.channel import SlackChannel

_KEPT_SECONDS = 3600.0
_MOST_KEPT = 5_000
_PATIENCE_SECONDS = 0.8  # Slack waits three for us, and without an answer we do too


class People:
    """Looks people up, and remembers them for an hour."""

    def __init__(self, channel: SlackChannel) -> None:
        self._channel = channel
        self._known: dict[tuple[str, str], tuple[float, Sender]] = {}

    async def sender(self, team: str, user: str) -> Sender:
        """Somebody in a workspace; only an id when Slack does not answer at once."""
        now = time.monotonic()
        at, known = self._known.get((team, user), (0.0, None))
        if known is not None and now - at < _KEPT_SECONDS:
            return known
        with suppress(Exception):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                answer = await self._channel.call(team, "users.info", user=user, include_locale=True)
            if len(self._known) >= _MOST_KEPT:
                self._known.clear()
            believed = self._channel.settings.vouches(identity(team, user))
            self._known[team, user] = (now, _sender(team, user, answer["user"], believed=believed))
        return self._known.get((team, user), (0.0, Sender(identity(team, user))))[1]


def identity(team: str, user: str) -> str:
    """What somebody is called in `identity`."""
    return f"{team}/{user}"


def verified_address(user: Mapping[str, Any], team: str) -> str | None:
    """Slack's word counts for members of this workspace: whoever visits from another is vouched for there only."""
    own = user.get("team_id") in (None, team) and not user.get("is_stranger")
    person = not user.get("deleted") and not user.get("is_bot")
    email = (user.get("profile") or {}).get("email")
    return str(email) if email and own and person and user.get("is_email_confirmed") else None


def _sender(team: str, user: str, found: Mapping[str, Any], *, believed: bool) -> Sender:
    profile = found.get("profile") or {}
    return Sender(
        identity(team, user),
        name=profile.get("real_name") or found.get("real_name") or profile.get("display_name") or None,
        language=str(found.get("locale") or "").partition("-")[0] or None,
        email=profile.get("email"),
        verified=believed and verified_address(found, team) is not None,
    )
