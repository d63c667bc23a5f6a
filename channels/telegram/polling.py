"""Fetching updates, where Telegram cannot reach us."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.errors import Unavailable
from bot.services import Services
from channels.telegram.client import Client
from channels.telegram.errors import seconds
from channels.telegram.receiving import Receiver

log = logging.getLogger(__name__)

_LONGEST_PAUSE_SECONDS = 30.0
_REVOKED_PAUSE_SECONDS = 60.0
_TRIES = 3


async def poll(client: Client, receiver: Receiver, services: Services) -> None:
    """Take in updates one after the other, for ever; one is acknowledged by asking for those after it."""
    offset: int | None = None
    failures = 0
    while True:
        try:
            updates = await client.updates(offset)
        except TelegramError as error:
            failures += 1
            await _get_over(error, client, failures)
            continue
        failures = 0
        # After a week without any, Telegram begins anew at any number: what we ask for must not be above it.
        if not updates:
            offset = None
        for update in updates:
            await _take(receiver, services, update)
            offset = int(update["update_id"]) + 1


async def _take(receiver: Receiver, services: Services, update: Mapping[str, Any]) -> None:
    """Store one update, however long PostgreSQL or Telegram are away.

    What fails for another reason is a fault of ours: after some tries it is passed over, or nobody who writes later
    would be heard.
    """
    faults = pauses = 0
    while faults < _TRIES:
        try:
            await receiver.take(services, update)
        except (Unavailable, TelegramError):
            pauses += 1
        except Exception as error:
            faults += 1
            log.error("update not stored", extra={"error": type(error).__name__, "update": update.get("update_id")})
        else:
            return
        await asyncio.sleep(_pause(pauses + faults))


async def _get_over(error: TelegramError, client: Client, failures: int) -> None:
    """Wait, or put right what keeps us from polling."""
    log.warning("polling interrupted", extra={"error": type(error).__name__})
    match error:
        case RetryAfter():
            await asyncio.sleep(seconds(error))
        case InvalidToken():
            await asyncio.sleep(_REVOKED_PAUSE_SECONDS)
        case Conflict() if "webhook" in error.message.lower():
            try:
                await client.bot.delete_webhook()  # business.yml says that we poll
            except TelegramError:
                await asyncio.sleep(_pause(failures))
        case _:
            await asyncio.sleep(_pause(failures))


def _pause(failures: int) -> float:
    """Seconds: 0.5, 1, 2, … up to half a minute."""
    return min(_LONGEST_PAUSE_SECONDS, 0.25 * 2.0 ** min(failures, 10))
