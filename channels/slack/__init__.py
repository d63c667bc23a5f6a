"""Slack: customers in direct messages, threads, by command and on the app's home; agents in a channel of theirs."""

from __future__ import annotations

from collections.abc import Mapping

from bot.accounts import SlackAccount
from bot.business import Business
from bot.channel import Channel
from bot.wording import Wording
from channels.slack.channel import SlackChannel


def open_channel(
    account: SlackAccount, business: Business, wordings: Mapping[str, Wording], environ: Mapping[str, str]
) -> Channel:
    """The account with its secrets. Raises `ConfigurationError` when many workspaces need a key and there is none."""
    return SlackChannel(account, business, wordings, environ)
