"""What is wrong with an account as Telegram sees it, each with its fix."""

from __future__ import annotations

from collections.abc import Sequence

import httpx
from telegram import WebhookInfo
from telegram.error import InvalidToken, TelegramError

from bot.accounts import TelegramAccount
from channels.telegram import webhook
from channels.telegram.client import Client
from channels.telegram.errors import REVOKED
from channels.telegram.incoming import KINDS

_MOST_PENDING = 100
_CLOCK_SECONDS = 30


async def problems(client: Client, account: TelegramAccount, url: str | None) -> Sequence[str]:
    """Token, webhook and clock; ``url`` is where Telegram is to call, None where we poll."""
    try:
        await client.bot.get_me()
        info = await client.bot.get_webhook_info()
        ahead = await client.clock_ahead()
    except InvalidToken:
        return [token_problem(account.token)]
    except (TelegramError, httpx.HTTPError) as error:
        return [
            f"Telegram does not answer at {client.api} ({type(error).__name__})."
            " Fix: let this machine reach it, or put the address of api right in business.yml"
        ]
    found = _clock(ahead)
    return [*found, *(_called(info, account, url) if url else _polled(info, account))]


def token_problem(variable: str) -> str:
    """What to do about a token that Telegram refuses."""
    return f"{REVOKED} Fix: get it from @BotFather (/mybots, API Token), set it as {variable}, restart web and worker"


def _clock(ahead: float | None) -> list[str]:
    if ahead is None or abs(ahead) <= _CLOCK_SECONDS:
        return []
    which = "ahead of" if ahead > 0 else "behind"
    return [f"this machine's clock is {abs(ahead):.0f} s {which} Telegram's. Fix: turn on its time synchronisation"]


def _polled(info: WebhookInfo, account: TelegramAccount) -> list[str]:
    if not info.url:
        return []
    return [
        f"Telegram calls {info.url}, so polling gets nothing."
        f" Fix: warmline telegram delete --account {account.account}, or mode: webhook in business.yml"
    ]


def _called(info: WebhookInfo, account: TelegramAccount, url: str) -> list[str]:
    again = f"warmline telegram set-webhook --account {account.account}"
    found = []
    if info.url != url:
        found.append(f"Telegram calls {info.url or 'nobody'} and not {url}. Fix: start web, or {again}")
    elif set(info.allowed_updates or ()) != set(KINDS):
        found.append(f"Telegram does not call for all that we take. Fix: {again}")
    if info.last_error_message and webhook.recent(info):
        found.append(
            f'Telegram could not call us lately: "{info.last_error_message}".'
            f" Fix: see that {url} leads to a web process, over HTTPS with a certificate that is valid; then {again}"
        )
    if info.pending_update_count > _MOST_PENDING:
        found.append(f"{info.pending_update_count} updates wait at Telegram. Fix: see that web runs and answers")
    return found
