"""`warmline telegram`: what Telegram knows of our bots, and where it calls them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from telegram.error import InvalidToken, TelegramError

from bot.errors import WarmlineError
from channels.telegram import health, webhook
from channels.telegram.channel import TelegramChannel


async def set_webhook(channel: TelegramChannel) -> Sequence[str]:
    """Have Telegram call us."""
    if channel.url is None:
        raise WarmlineError(
            f"{channel.account} polls, and with a webhook would get nothing. Fix: mode: webhook in business.yml"
        )
    await webhook.set_webhook(channel.client, channel.url)
    return [f"Telegram calls {channel.url} now."]


async def info(channel: TelegramChannel) -> Sequence[str]:
    """Who the bot is, how updates come, and what is wrong."""
    me = await channel.client.bot.get_me()
    found = await channel.client.bot.get_webhook_info()
    lines = [
        f"account  {channel.account}",
        f"bot      @{me.username} ({me.full_name}, {me.id})",
        f"webhook  {found.url or 'none'}",
        f"mode     {'webhook' if channel.url else 'polling'}",
        f"waiting  {found.pending_update_count} updates",
    ]
    if found.last_error_message and found.last_error_date:
        lines.append(f"error    {found.last_error_date:%Y-%m-%d %H:%M} UTC: {found.last_error_message}")
    return [*lines, *(f"problem  {problem}" for problem in await channel.problems())]


async def delete(channel: TelegramChannel) -> Sequence[str]:
    """Have Telegram call us no more; what has not been taken waits there."""
    await channel.client.bot.delete_webhook()
    return [f"Telegram calls nobody for {channel.account}. What it has not told us waits there for a day."]


VERBS: dict[str, Callable[[TelegramChannel], Awaitable[Sequence[str]]]] = {
    "set-webhook": set_webhook,
    "info": info,
    "delete": delete,
}


async def administer(channel: TelegramChannel, verb: str) -> Sequence[str]:
    """Carry out one of `VERBS` for one bot; lines for a person to read. Raises `WarmlineError`."""
    try:
        async with channel.connected():
            return await VERBS[verb](channel)
    except InvalidToken:
        raise WarmlineError(f"{channel.account}: {health.token_problem(channel.settings.token)}.") from None
    except TelegramError as error:
        raise WarmlineError(f"{channel.account}: Telegram answers: {error.message}.") from None
