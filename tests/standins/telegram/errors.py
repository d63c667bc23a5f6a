"""The errors that the Bot API documents or is known to answer with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Refusal:
    """One answer other than success: HTTP status, words, and what a client may act on."""

    code: int
    description: str
    parameters: dict[str, int] = field(default_factory=dict)

    def answer(self) -> dict[str, Any]:
        """As the API writes it."""
        found: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        return {**found, "parameters": self.parameters} if self.parameters else found


class Refused(Exception):
    """A method was refused."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.description)
        self.refusal = refusal


class Malformed(Refused):
    """The request breaks the published types: no correct client sends it."""


def bad_request(reason: str) -> Refusal:
    """400 with a reason."""
    return Refusal(400, f"Bad Request: {reason}")


def too_many_requests(retry_after: int) -> Refusal:
    """429: wait so many seconds."""
    return Refusal(429, f"Too Many Requests: retry after {retry_after}", {"retry_after": retry_after})


def migrated(chat_id: int) -> Refusal:
    """400: the group lives on as a supergroup under another id."""
    reason = "group chat was upgraded to a supergroup chat"
    return Refusal(400, f"Bad Request: {reason}", {"migrate_to_chat_id": chat_id})


def kicked(kind: str) -> Refusal:
    """403: the bot was thrown out of a "group" or "supergroup"."""
    return Refusal(403, f"Forbidden: bot was kicked from the {kind} chat")


CHAT_NOT_FOUND = bad_request("chat not found")
MESSAGE_EMPTY = bad_request("message text is empty")
MESSAGE_TOO_LONG = bad_request("message is too long")
CAPTION_TOO_LONG = bad_request("message caption is too long")
CANNOT_PARSE = bad_request('can\'t parse entities: Unsupported start tag "x" at byte offset 0')
NOT_MODIFIED = bad_request(
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
EDIT_NOT_FOUND = bad_request("message to edit not found")
CANNOT_EDIT = bad_request("message can't be edited")
NO_TEXT_TO_EDIT = bad_request("there is no text in the message to edit")
NO_CAPTION_TO_EDIT = bad_request("there is no caption in the message to edit")
DELETE_NOT_FOUND = bad_request("message to delete not found")
REPLY_NOT_FOUND = bad_request("message to be replied not found")
QUERY_TOO_OLD = bad_request("query is too old and response timeout expired or query ID is invalid")
WRONG_FILE = bad_request("wrong file_id or the file is temporarily unavailable")
FILE_TOO_BIG = bad_request("file is too big")
FILE_EMPTY = bad_request("file must be non-empty")
NOT_AN_IMAGE = bad_request("IMAGE_PROCESS_FAILED")
UNAUTHORIZED = Refusal(401, "Unauthorized")
BLOCKED = Refusal(403, "Forbidden: bot was blocked by the user")
DEACTIVATED = Refusal(403, "Forbidden: user is deactivated")
NOT_FOUND = Refusal(404, "Not Found")
WEBHOOK_ACTIVE = Refusal(
    409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
OTHER_POLLER = Refusal(
    409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
)
TOO_LARGE = Refusal(413, "Request Entity Too Large")
INTERNAL = Refusal(500, "Internal Server Error")
BAD_GATEWAY = Refusal(502, "Bad Gateway")

# What a message to a chat may meet, by name: for tests that go through them all.
DOCUMENTED = {
    "chat not found": CHAT_NOT_FOUND,
    "formatting refused": CANNOT_PARSE,
    "too long": MESSAGE_TOO_LONG,
    "migrated": migrated(-1001234567890),
    "unauthorized": UNAUTHORIZED,
    "blocked": BLOCKED,
    "deactivated": DEACTIVATED,
    "kicked": kicked("supergroup"),
    "not found": NOT_FOUND,
    "conflict": OTHER_POLLER,
    "request too large": TOO_LARGE,
    "too many requests": too_many_requests(1),
    "internal error": INTERNAL,
    "bad gateway": BAD_GATEWAY,
}
