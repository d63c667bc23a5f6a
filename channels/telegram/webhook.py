"""Being called by Telegram: the address where it does so, and telling it that address."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import time
from typing import Any

from fastapi import APIRouter, Request, Response
from telegram import WebhookInfo
from telegram.error import RetryAfter, TelegramError

from bot.errors import Refused, Unauthorized, Unavailable
from bot.services import Needs
from channels.telegram.client import Client
from channels.telegram.errors import seconds
from channels.telegram.incoming import KINDS
from channels.telegram.receiving import Receiver

log = logging.getLogger(__name__)

_HEADER = "x-telegram-bot-api-secret-token"
_LOOK_AGAIN_SECONDS = 300.0
_PAUSE_SECONDS = 10.0
_RECENT_SECONDS = 3600


def path(account: str) -> str:
    """Where Telegram calls an account."""
    return f"/channels/telegram/{account}"


def routes(client: Client, receiver: Receiver, account: str) -> APIRouter:
    """The one address of an account."""
    router = APIRouter(tags=["Channels"])

    @router.post(path(account), include_in_schema=False)
    async def called(request: Request, needs: Needs) -> Response:
        """Store one update; anything but 200 makes Telegram bring it again."""
        shown = request.headers.get(_HEADER, "")
        if not hmac.compare_digest(shown.encode(), client.secret.encode()):
            raise Unauthorized("This is not Telegram.")
        update = _update(await request.body())
        try:
            await receiver.take(needs, update)
        except TelegramError:
            raise Unavailable("Telegram does not say who the bot is") from None
        return Response(status_code=200)

    return router


def _update(body: bytes) -> dict[str, Any]:
    try:
        update = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused("The request is not valid JSON.", code="invalid_json") from None
    if not isinstance(update, dict) or type(update.get("update_id")) is not int:
        raise Refused("This is no update of Telegram's.")
    return update


async def keep(client: Client, url: str) -> None:
    """See to it, for ever, that Telegram calls us at ``url``."""
    while True:
        try:
            if wrong(await client.bot.get_webhook_info(), url):
                await set_webhook(client, url)
                log.info("webhook set")
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        except TelegramError as error:
            log.warning("webhook not set", extra={"error": type(error).__name__})
            await asyncio.sleep(seconds(error) if isinstance(error, RetryAfter) else _PAUSE_SECONDS)


async def set_webhook(client: Client, url: str) -> None:
    """Tell Telegram where to call, for what, and by which secret. Raises errors of the library's."""
    await client.bot.set_webhook(url, secret_token=client.secret, allowed_updates=list(KINDS))


def wrong(info: WebhookInfo, url: str) -> bool:
    """Whether Telegram calls elsewhere, for other things, or with a secret that we refuse."""
    refused = "401" in (info.last_error_message or "") and recent(info)
    return info.url != url or set(info.allowed_updates or ()) != set(KINDS) or refused


def recent(info: WebhookInfo) -> bool:
    """Whether the last error is of the last hour."""
    return info.last_error_date is not None and time.time() - info.last_error_date.timestamp() < _RECENT_SECONDS
