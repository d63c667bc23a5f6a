"""Telegram, both ways: bots over the Bot API, by webhook or long polling."""

from __future__ import annotations

from collections.abc import Mapping

from bot.accounts import TelegramAccount
from bot.business import Business
from bot.wording import Wording
from channels.telegram import webhook
from channels.telegram.channel import TelegramChannel


def open_channel(
    account: TelegramAccount, business: Business, wordings: Mapping[str, Wording], environ: Mapping[str, str]
) -> TelegramChannel:
    """The bot of one account."""
    site = business.channels.public_url
    url = site.rstrip("/") + webhook.path(account.account) if site and account.mode == "webhook" else None
    return TelegramChannel(account, environ[account.token], wordings, site=site, url=url)
