"""What the errors of Telegram mean for a message: not now, never, or nothing ever again in this chat.

The library writes texts anew ("Chat not found") and makes a `NetworkError` of what is none, so types alone don't
tell. What is left as it is leaves open whether the message arrived.
"""

from __future__ import annotations

from datetime import timedelta

import httpx
from telegram.error import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.channel import Gone, Never, NotNow

REVOKED = "Telegram does not accept the bot's token any more."

_GONE = {
    "blocked by the user": "The customer has blocked the bot.",
    "user is deactivated": "The customer has deleted their Telegram account.",
    "kicked": "The bot was removed from the group.",
    "not a member": "The bot is not in this group any more.",
    "can't initiate": "The customer has not opened the chat with the bot.",
    "group chat was deleted": "The group was deleted.",
}
_REFUSED = {
    "not enough rights": "The bot may not write in this group.",
    "have no rights": "The bot may not write in this group.",
    "chat_write_forbidden": "The bot may not write in this group.",
    "too long": "This is too long for Telegram.",
    "file is too big": "This file is too large for Telegram.",
}
_REST_SECONDS = 5.0  # while Telegram cannot be reached at all

# Nothing was sent where not even a connection could be had.
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def meaning(error: TelegramError) -> Exception:
    """The exception to raise for what Telegram, or the way there, answered to a message."""
    said = error.message.lower()
    match error:
        case RetryAfter():
            return NotNow("Telegram asks us to wait.", seconds=seconds(error))
        case InvalidToken():
            if "unauthorized" in said:
                return Gone(REVOKED)
            return Never("There is no such bot at Telegram. The token is misspelt, or the address of the Bot API is.")
        case Forbidden():
            known = (text for key, text in _GONE.items() if key in said)
            return Gone(next(known, f"Telegram lets the bot write there no more: {error.message}"))
        case BadRequest():
            if no_chat(error):
                return Gone("Telegram does not know this chat any more.")
            known = (text for key, text in _REFUSED.items() if key in said)
            return Never(next(known, f"Telegram refuses it: {error.message}"))
        case Conflict():
            return NotNow("Telegram is busy with another request of ours.")
        case NetworkError() if "too large" in said:
            return Never("This is too large for Telegram.")
        case NetworkError() | TimedOut() if isinstance(error.__cause__, _NEVER_LEFT):
            return NotNow("Telegram cannot be reached.", everywhere=True, seconds=_REST_SECONDS)
    return error


def formatting_refused(error: BadRequest) -> bool:
    """Whether the same text may go through without formatting."""
    return "can't parse entities" in error.message.lower()


def picture_refused(error: BadRequest) -> bool:
    """Whether Telegram takes the file for no photo; it may still be sent as a file."""
    said = error.message.lower()
    return any(sign in said for sign in ("image_process_failed", "photo_invalid_dimensions", "photo_"))


def no_chat(error: BadRequest) -> bool:
    """Whether it is about the chat, and so says nothing of a message in it."""
    return "chat not found" in error.message.lower()


def not_modified(error: BadRequest) -> bool:
    """Whether a message is already as it should be."""
    return "message is not modified" in error.message.lower()


def seconds(error: RetryAfter) -> float:
    """How long Telegram wants to be left alone."""
    wait = error.retry_after  # which of the two it is depends on a setting of the library
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
