"""Agents who work in Slack: hand-overs as cards in a channel, conversations as threads below them.

`agents_board` shows, in the worker; `agents_thread` and `agents_buttons` hear, in the web process. Rules, ownership
and ledger are those of the desk (`bot.handling`): the first to take over owns it, on either surface.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slack_bolt.async_app import AsyncApp

from bot.db import Pool
from bot.live import Live
from bot.services import Services
from channels.slack import agents_buttons, agents_linking, agents_listening
from channels.slack.agents_board import Board

if TYPE_CHECKING:
    from channels.slack.channel import SlackChannel


_FIX = "Fix: compare the app with deploy/slack-manifest.yaml, then check again"


def register(app: AsyncApp, channel: SlackChannel, services: Services) -> None:
    """Listen in the agents' channels, before anybody else does."""
    for module in (agents_listening, agents_buttons, agents_linking):
        module.register(app, channel, services)


async def problems(channel: SlackChannel) -> list[str]:
    """Channels of agents that the app is not in, and a group that is none, each with its fix; of one workspace only."""
    settings = channel.settings.agents
    if settings is None or channel.settings.client_id is not None:
        return []
    found = []
    for id in sorted(agents_listening.channels(settings)):
        answer, error = await channel.ask("conversations.info", channel=id)
        if error not in ("", "channel_not_found"):
            found.append(f"the agents' channel {id} cannot be looked up ({error}). {_FIX}")
        elif answer is None or not answer["channel"].get("is_member"):
            found.append(f"the app is not in the agents' channel {id}. Fix: write /invite @Warmline there")
    if (group := settings.on_call or "").startswith("S"):
        answer, error = await channel.ask("usergroups.list")
        if answer is None:
            found.append(f"the user group {group} cannot be looked up ({error}). {_FIX}")
        elif group not in {one["id"] for one in answer["usergroups"] if not one.get("date_delete")}:
            found.append(f"the workspace has no user group {group}. Fix: copy its id from its menu in Slack")
    return found


async def work(channel: SlackChannel, pool: Pool, live: Live) -> None:
    """Keep the cards up to date, for ever."""
    assert channel.settings.agents is not None
    await Board(channel, channel.settings.agents, pool).work(live)
