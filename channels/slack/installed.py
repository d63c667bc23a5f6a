"""Where the app is (no longer): removed from a workspace or a channel, its tokens taken back, channels archived."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from slack_bolt.async_app import AsyncApp

from bot import conversation as conversations
from bot import live
from bot.db import Connection, queries, transaction
from bot.services import Services
from channels.slack.calls import GONE

if TYPE_CHECKING:
    from channels.slack.channel import SlackChannel

_SQL = queries("slack")

_LEFT = ("channel_left", "group_left")
_ARCHIVED = ("channel_archive", "group_archive")
_DELETED = ("channel_deleted", "group_deleted")


def register(app: AsyncApp, channel: SlackChannel, services: Services) -> None:
    """Listen for what makes places unreachable."""

    async def lost(start: str, problem: str) -> None:
        async with transaction(services.pool) as connection:
            await _lost(connection, channel.account, start, problem)

    async def removed(context: Mapping[str, Any], body: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        if event["type"] == "tokens_revoked" and not (event.get("tokens") or {}).get("bot"):
            return
        problem = GONE["account_inactive" if event["type"] == "app_uninstalled" else "token_revoked"]
        key = {"account": channel.account, "team": context["team_id"], "at": body["event_time"]}
        async with transaction(services.pool) as connection:
            if channel.installations is not None:
                await connection.execute(_SQL["uninstall"], key)
                if await (await connection.execute(_SQL["installed_since"], key)).fetchone() is not None:
                    return
            await _lost(connection, channel.account, f"{context['team_id']}:", problem)

    async def left(context: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        if event.get("user") == context["our_bot"]:
            await lost(f"{context['team_id']}:{event['channel']}:", GONE["not_in_channel"])

    async def closed(context: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        problem = "is_archived" if event["type"] in _ARCHIVED else "channel_not_found"
        problem = "not_in_channel" if event["type"] in _LEFT else problem
        await lost(f"{context['team_id']}:{event['channel']}:", GONE[problem])

    for name in ("app_uninstalled", "tokens_revoked"):
        app.event(name)(removed)
    app.event("member_left_channel")(left)
    for name in (*_LEFT, *_ARCHIVED, *_DELETED):
        app.event(name)(closed)


async def _lost(connection: Connection, account: str, start: str, problem: str) -> None:
    """Nothing can be sent to places whose names begin so: stated on each of their conversations."""
    key = {"account": account, "start": start, "problem": problem}
    for row in await (await connection.execute(_SQL["gone"], key)).fetchall():
        await conversations.record(connection, row["id"], "undeliverable", "system", {"problem": problem, "gone": True})
        await live.notify(connection, row["id"])
