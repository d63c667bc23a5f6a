"""What can go wrong between an app and Slack, on demand: errors, rate limits, silence, broken connections."""

from __future__ import annotations

import math
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

# Slack's documented errors that any method may answer.
ANY_METHOD = (
    "access_denied", "account_inactive", "ekm_access_denied", "enterprise_is_restricted", "fatal_error",
    "internal_error", "invalid_arguments", "invalid_auth", "method_deprecated", "missing_scope",
    "no_permission", "not_allowed_token_type", "not_authed", "org_login_required", "ratelimited",
    "request_timeout", "service_unavailable", "team_access_not_granted", "team_added_to_org", "token_expired",
    "token_revoked", "two_factor_setup_required",
)  # fmt: skip

_POSTING = (
    "channel_not_found", "is_archived", "msg_too_long", "msg_blocks_too_long", "no_text", "not_in_channel",
    "invalid_blocks", "invalid_blocks_format", "restricted_action", "too_many_attachments",
)  # fmt: skip

# Method → the documented errors of its own.
OF_METHOD: dict[str, tuple[str, ...]] = {
    "chat.postMessage": (
        *_POSTING, "cannot_reply_to_message", "invalid_metadata_format", "invalid_metadata_schema",
        "message_limit_exceeded", "messages_tab_disabled", "metadata_too_large", "rate_limited",
        "restricted_action_read_only_channel", "restricted_action_thread_locked",
        "restricted_action_thread_only_channel", "thread_not_found",
    ),
    "chat.postEphemeral": (*_POSTING, "user_not_in_channel", "messages_tab_disabled"),
    "chat.update": (*_POSTING, "cant_update_message", "edit_window_closed", "message_not_found"),
    "chat.delete": ("cant_delete_message", "channel_not_found", "message_not_found"),
    "chat.getPermalink": ("channel_not_found", "message_not_found"),
    "conversations.open": (
        "channel_not_found", "invalid_user_combination", "method_not_supported_for_channel_type",
        "not_enough_users", "too_many_users", "user_disabled", "user_not_found", "user_not_visible",
        "users_list_not_supplied",
    ),
    "conversations.info": ("channel_not_found",),
    "conversations.history": ("channel_not_found", "not_in_channel", "invalid_ts_latest", "invalid_ts_oldest"),
    "conversations.replies": ("channel_not_found", "not_in_channel", "thread_not_found"),
    "conversations.list": ("invalid_cursor", "invalid_limit", "invalid_types"),
    "conversations.join": ("channel_not_found", "is_archived", "method_not_supported_for_channel_type"),
    "conversations.members": ("channel_not_found", "fetch_members_failed", "invalid_cursor"),
    "users.info": ("user_not_found", "user_not_visible"),
    "users.lookupByEmail": ("users_not_found",),
    "usergroups.list": (),
    "usergroups.users.list": ("no_such_subteam",),
    "views.publish": ("duplicate_external_id", "hash_conflict", "not_enabled", "view_too_large"),
    "views.open": (
        "duplicate_external_id", "exchanged_trigger_id", "expired_trigger_id", "invalid_trigger_id",
        "view_too_large",
    ),
    "reactions.add": (
        "already_reacted", "bad_timestamp", "channel_not_found", "invalid_name", "message_not_found",
        "no_item_specified", "not_reactable", "thread_locked", "too_many_emoji", "too_many_reactions",
    ),
    "reactions.remove": (
        "bad_timestamp", "channel_not_found", "invalid_name", "message_not_found", "no_item_specified", "no_reaction",
    ),
    "files.info": ("file_deleted", "file_not_found"),
    "files.getUploadURLExternal": ("file_uploads_disabled", "unknown_snippet_type"),
    "files.completeUploadExternal": (
        "channel_not_found", "file_not_found", "invalid_channel", "not_in_channel", "posting_to_channel_denied",
    ),
    "auth.test": (),
    "auth.revoke": (),
    "apps.connections.open": ("forbidden_team",),
    "oauth.v2.access": (
        "bad_client_secret", "bad_redirect_uri", "code_already_used", "invalid_client_id", "invalid_code",
        "invalid_grant_type", "oauth_authorization_url_mismatch",
    ),
}  # fmt: skip


def documented(method: str) -> tuple[str, ...]:
    """Every error that Slack documents for a method."""
    return (*OF_METHOD[method], *ANY_METHOD)


class Refusal(Exception):
    """The method answers ``{"ok": false, "error": …}``; ``more`` stands beside the error."""

    def __init__(self, error: str, **more: object) -> None:
        super().__init__(error)
        self.error = error
        self.more = more


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One call that goes wrong. ``accepted`` calls are carried out, though the app never hears of it."""

    error: str | None = None
    status: int = 200
    retry_after: int | None = None
    seconds: float = 0.0
    drop: bool = False
    accepted: bool = False


def refuse(error: str) -> Fault:
    """A documented error."""
    return Fault(error=error)


def too_many(retry_after: int = 1) -> Fault:
    """429; come again after so many seconds."""
    return Fault(error="ratelimited", status=429, retry_after=retry_after)


def broken(status: int = 500, *, accepted: bool = False) -> Fault:
    """500 or 503, with a page in place of JSON, as Slack's front servers answer."""
    return Fault(status=status, accepted=accepted)


def hang(seconds: float = 60.0, *, accepted: bool = True) -> Fault:
    """No answer for so long, then a broken connection."""
    return Fault(seconds=seconds, drop=True, accepted=accepted)


def drop(*, accepted: bool = False) -> Fault:
    """The connection breaks without an answer."""
    return Fault(drop=True, accepted=accepted)


@dataclass(frozen=True)
class Limit:
    """At most ``calls`` in ``seconds`` for each workspace and, with ``per_channel``, each channel."""

    calls: int
    seconds: float = 60.0
    per_channel: bool = False


# Slack's tiers, a minute; posting has its own: one a second a channel.
TIER_2, TIER_3, TIER_4 = Limit(20), Limit(50), Limit(100)
DOCUMENTED_LIMITS = {
    "chat.postMessage": Limit(1, 1.0, per_channel=True),
    "chat.postEphemeral": TIER_4,
    "chat.update": TIER_3,
    "chat.delete": TIER_3,
    "conversations.open": TIER_3,
    "conversations.info": TIER_3,
    "conversations.history": TIER_3,
    "conversations.replies": TIER_3,
    "conversations.list": TIER_2,
    "users.info": TIER_4,
    "users.lookupByEmail": TIER_3,
    "usergroups.list": TIER_2,
    "usergroups.users.list": TIER_2,
    "views.publish": TIER_4,
    "views.open": TIER_4,
    "reactions.add": TIER_3,
    "reactions.remove": TIER_2,
    "files.info": TIER_4,
}


@dataclass(kw_only=True)
class Call:
    """One call of the Web API: when it came (seconds, monotonic), with what, and what was answered."""

    method: str
    arguments: Json
    token: str | None
    at: float = field(default_factory=time.monotonic)
    status: int | None = None
    answer: Json | None = None


@dataclass
class Faults:
    """Which calls go wrong next, and which limits hold; no limit does unless a test asks for it."""

    limits: dict[str, Limit] = field(default_factory=dict)
    _planned: dict[str, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))
    _recent: dict[tuple[str, str, str], deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def plan(self, method: str, fault: Fault, *, times: int = 1) -> None:
        """The next ``times`` calls of a method go so wrong, after those that were planned before."""
        if fault.error is not None and fault.error not in documented(method):
            raise ValueError(f"{method} does not answer {fault.error!r}; documented: {', '.join(documented(method))}")
        self._planned[method].extend([fault] * times)

    def clear(self) -> None:
        """All is well again."""
        self._planned.clear()

    def next(self, call: Call, workspace: str) -> Fault | None:
        """What goes wrong with this call."""
        if self._planned[call.method]:
            return self._planned[call.method].popleft()
        return self._over_limit(call, workspace)

    def _over_limit(self, call: Call, workspace: str) -> Fault | None:
        limit = self.limits.get(call.method)
        if limit is None:
            return None
        channel = str(call.arguments.get("channel", "")) if limit.per_channel else ""
        recent = self._recent[call.method, workspace, channel]
        while recent and recent[0] <= call.at - limit.seconds:
            recent.popleft()
        if len(recent) >= limit.calls:
            return too_many(math.ceil(recent[0] + limit.seconds - call.at))
        recent.append(call.at)
        return None
