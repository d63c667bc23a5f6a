"""One call of Slack's Web API, and what each of its documented errors means for a message.

The errors are those of https://docs.slack.dev/reference/methods/chat.postMessage and of the other methods used here.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.channel import Gone, Never, NotNow


class Unsure(Exception):
    """Slack failed and does not say whether it did what it was asked for."""


FAILURES = (NotNow, Never, Unsure, aiohttp.ClientError, TimeoutError)
"""All that a call may raise when it fails for Slack's reasons or the network's."""

# By Slack's documentation "some aspect of the operation" may have succeeded.
UNSURE = {"fatal_error", "internal_error"}

LATER = {
    "message_limit_exceeded": "The workspace has used up its messages for now.",
    "request_timeout": "Slack did not get all of it.",
    "service_unavailable": "Slack is not available.",
    "team_added_to_org": "The workspace is being moved to an organization.",
    "fetch_members_failed": "Slack is not available.",
}
_LIMITED = {"ratelimited", "rate_limited"}

_AGAIN = "Fix: install the app again, or set its new token"
TOKEN = {
    "account_inactive": f"The app was removed from the Slack workspace. {_AGAIN}.",
    "invalid_auth": f"Slack does not accept the app's token. {_AGAIN}.",
    "not_authed": "No token was sent to Slack. Fix: set the app's token.",
    "token_expired": f"The app's token for the Slack workspace has expired. {_AGAIN}.",
    "token_revoked": f"The app's token for the Slack workspace was revoked. {_AGAIN}.",
}

GONE = {
    **TOKEN,
    "channel_not_found": "The conversation on Slack does not exist any more, or the app was removed from it.",
    "is_archived": "The Slack channel is archived.",
    "not_in_channel": "The app is no longer in the Slack channel. Fix: invite it there again.",
    "restricted_action_thread_locked": "The Slack thread is locked.",
    "thread_not_found": "The Slack thread was deleted.",
    "user_disabled": "The person's Slack account was closed.",
    "user_not_found": "The person is no longer in the Slack workspace.",
    "user_not_visible": "The person cannot be reached from the Slack workspace.",
}

_RIGHTS = "Fix: compare the app's scopes with deploy/slack-manifest.yaml and install it again."
_ADMIN = "Fix: ask an administrator of the workspace to allow the app."
_POSTS = "Fix: ask an administrator of the channel to let the app post."

NEVER = {
    "access_denied": f"The Slack workspace does not let the app do this. {_ADMIN}",
    "ekm_access_denied": f"An administrator has suspended posting in the Slack workspace. {_ADMIN}",
    "enterprise_is_restricted": f"The Slack organization does not let the app do this. {_ADMIN}",
    "file_uploads_disabled": f"The Slack workspace takes no files. {_ADMIN}",
    "messages_tab_disabled": "The app's messages tab on Slack is off. Fix: turn it on under App Home.",
    "missing_scope": f"The app lacks a right on Slack. {_RIGHTS}",
    "no_permission": f"The app lacks a right on Slack. {_RIGHTS}",
    "not_allowed_token_type": "This is not the token of a bot. Fix: set the Bot User OAuth Token, which begins xoxb-.",
    "org_login_required": f"The Slack workspace is being moved to an organization. {_ADMIN}",
    "posting_to_channel_denied": f"The app may not post in the Slack channel. {_POSTS}",
    "restricted_action": f"The app may not post in the Slack channel. {_POSTS}",
    "restricted_action_read_only_channel": f"The Slack channel is read-only. {_POSTS}",
    "restricted_action_thread_only_channel": f"The Slack channel takes replies in threads only. {_POSTS}",
    "team_access_not_granted": f"The app is not allowed in the Slack workspace. {_ADMIN}",
    "two_factor_setup_required": "The Slack workspace asks for two-factor authentication. Fix: set it up there.",
    "file_deleted": "The file was deleted on Slack.",
    "file_not_found": "The file is not on Slack any more.",
}

# What we sent does not fit; the same text without blocks may.
FORM = {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"}

# A fault of ours: nothing that an agent could change.
REFUSED = {
    *FORM,
    "cannot_reply_to_message", "invalid_arguments", "invalid_metadata_format", "invalid_metadata_schema",
    "metadata_too_large", "method_deprecated", "msg_too_long", "no_text", "too_many_attachments",
}  # fmt: skip

_PAUSE_SECONDS = 30.0

# The other methods read forms only.
_AS_JSON = ("chat.", "conversations.open", "files.completeUploadExternal", "reactions.", "views.")


class Refused(Never):
    """Slack will not take it as it is; ``error`` is Slack's word for why."""

    def __init__(self, error: str) -> None:
        super().__init__(f"Slack refused the message ({error}).")
        self.error = error


def in_words(error: Exception) -> str:
    """What went wrong, for the log: texts other than our own may hold what customers wrote."""
    return str(error) if isinstance(error, (NotNow, Never, Unsure)) else type(error).__name__


class Limits:
    """Which methods rest where, since Slack said so: it counts them apart, and posting in each channel by itself."""

    def __init__(self) -> None:
        self._until: dict[tuple[str, ...], float] = {}

    def check(self, *what: str) -> None:
        """Raises `NotNow` while ``what`` rests."""
        seconds = self._until.get(what, 0.0) - time.monotonic()
        if seconds > 0:
            raise NotNow("Slack asked us to wait.", seconds=seconds)

    def rest(self, *what: str, seconds: float) -> None:
        """Let ``what`` rest so long."""
        now = time.monotonic()
        self._until = {known: until for known, until in self._until.items() if until > now}
        self._until[what] = now + seconds


async def call(client: AsyncWebClient, limits: Limits, team: str, method: str, **arguments: Any) -> Mapping[str, Any]:
    """Call ``method`` in a workspace with what is not None, and return Slack's answer.

    Raises `NotNow`, `Refused`, `Never` or `Gone` when it certainly was not done; anything else leaves that open.
    """
    what = (team, method, str(arguments.get("channel", "")) if method == "chat.postMessage" else "")
    limits.check(*what)
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        if method.startswith(_AS_JSON):
            answer = await client.api_call(method, json=given)
        else:
            # In the body and not in the address, which proxies write down. Forms know no true and false.
            form = {name: int(value) if isinstance(value, bool) else value for name, value in given.items()}
            answer = await client.api_call(method, data=form)
    except SlackApiError as error:
        raise _meaning(error, limits, what) from None  # its text repeats what Slack said, and that may be a customer's
    found: Mapping[str, Any] = answer.data  # type: ignore[assignment]  # bytes come from other methods
    return found


def _meaning(problem: SlackApiError, limits: Limits, what: tuple[str, ...]) -> Exception:
    answer = problem.response
    error = error_of(problem)
    status = getattr(answer, "status_code", None)  # what is no JSON at all comes as it is
    if error in _LIMITED or status == 429:
        seconds = _retry_after(answer.headers)
        limits.rest(*what, seconds=seconds)
        return NotNow("Slack asked us to wait.", seconds=seconds)
    if not error or error in UNSURE:
        return Unsure(error or f"HTTP {status}")
    if error in LATER:
        return NotNow(LATER[error], seconds=_PAUSE_SECONDS)
    if error in GONE:
        return Gone(f"{GONE[error]} ({error})")
    if error in NEVER:
        return Never(f"{NEVER[error]} ({error})")
    return Refused(error)


def error_of(problem: SlackApiError) -> str:
    """Slack's word for what went wrong; empty when it was a page or nothing instead of an answer."""
    data = getattr(problem.response, "data", None)
    return str(data.get("error") or "") if isinstance(data, dict) else ""


def why_refused(problem: SlackApiError) -> str:
    """Slack's word for what went wrong, or at least the status of its answer."""
    return error_of(problem) or f"HTTP {getattr(problem.response, 'status_code', None)}"


def _retry_after(headers: Mapping[str, str]) -> float:
    value = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    return float(value) if value.isdigit() else _PAUSE_SECONDS
