"""A workspace as Slack keeps it: users, channels, messages and files, in the shapes that Slack documents."""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
Kind = Literal["channel", "group", "im"]

_numbers = itertools.count(1)
_last_microsecond = 0


def new_id(prefix: str) -> str:
    """An id as Slack makes them, such as U0000000A1; never one that was there before."""
    return f"{prefix}0{next(_numbers):08X}"


def new_ts() -> str:
    """A message's time stamp, which is also its name in its channel: always later than the last."""
    global _last_microsecond
    _last_microsecond = max(time.time_ns() // 1000, _last_microsecond + 1)
    return f"{_last_microsecond // 10**6}.{_last_microsecond % 10**6:06}"


@dataclass(kw_only=True)
class User:
    """A person or a bot of a workspace."""

    id: str
    team: str
    name: str
    email: str | None = None
    email_confirmed: bool = True
    locale: str = "en-US"
    tz: str = "Europe/Oslo"
    bot_id: str | None = None
    deleted: bool = False

    @property
    def handle(self) -> str:
        """The name without spaces, as in addresses and mentions."""
        return self.name.lower().replace(" ", ".")

    def as_json(self, *, with_email: bool, with_locale: bool) -> Json:
        """The user as `users.info` answers; the address only for those who may read it."""
        profile: Json = {"real_name": self.name, "display_name": self.handle, "team": self.team}
        if with_email and self.email:
            profile["email"] = self.email
        if self.bot_id:
            profile["bot_id"] = self.bot_id
        found: Json = {
            "id": self.id,
            "team_id": self.team,
            "name": self.handle,
            "real_name": self.name,
            "deleted": self.deleted,
            "tz": self.tz,
            "profile": profile,
            "is_bot": self.bot_id is not None,
            "is_app_user": False,
            "is_email_confirmed": self.email is not None and self.email_confirmed,
            "updated": int(time.time()),
        }
        return {**found, "locale": self.locale} if with_locale else found


@dataclass(kw_only=True)
class UserGroup:
    """People who are mentioned together."""

    id: str
    handle: str
    users: list[str]

    @property
    def mention(self) -> str:
        """How a message calls them."""
        return f"<!subteam^{self.id}>"


@dataclass(kw_only=True)
class File:
    """A file, with the type that its sender claims."""

    id: str
    team: str
    name: str
    mimetype: str
    content: bytes
    user: str
    address: str
    channels: list[str] = field(default_factory=list)
    title: str | None = None
    created: int = field(default_factory=lambda: int(time.time()))
    deleted: bool = False

    def as_json(self) -> Json:
        """The file as events and `files.info` show it."""
        kind = self.name.rpartition(".")[2].lower()
        url = f"{self.address}/files-pri/{self.team}-{self.id}"
        return {
            "id": self.id,
            "created": self.created,
            "name": self.name,
            "title": self.title or self.name,
            "mimetype": self.mimetype,
            "filetype": kind,
            "pretty_type": kind.upper(),
            "user": self.user,
            "editable": False,
            "size": len(self.content),
            "mode": "hosted",
            "is_external": False,
            "external_type": "",
            "is_public": False,
            "public_url_shared": False,
            "display_as_bot": False,
            "username": "",
            "url_private": f"{url}/{self.name}",
            "url_private_download": f"{url}/download/{self.name}",
            "permalink": f"{self.address}/files/{self.user}/{self.id}/{self.name}",
            "channels": self.channels,
            "groups": [],
        }


@dataclass(kw_only=True)
class Message:
    """A message in a channel; ``only_for`` names the one user who sees an ephemeral one."""

    ts: str
    channel: str
    user: User
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    files: list[File] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    metadata: Json | None = None
    edited: Json | None = None
    only_for: str | None = None
    client_msg_id: str | None = None

    def as_json(self) -> Json:
        """The message as events carry it within others; the Web API shows a little more."""
        found: Json = {"type": "message", "user": self.user.id, "text": self.text, "ts": self.ts}
        if not self.files:
            found["team"] = self.user.team
        optional: Json = {
            "blocks": self.blocks,
            "thread_ts": self.thread_ts,
            "bot_id": self.user.bot_id,
            "edited": self.edited,
            "client_msg_id": None if self.files else self.client_msg_id,
            "files": [file.as_json() for file in self.files],
            "subtype": "file_share" if self.files else None,
        }
        if self.files:
            # The published type of a shared file's message knows neither.
            del optional["bot_id"], optional["edited"]
        return {**found, **{name: value for name, value in optional.items() if value}}


@dataclass(kw_only=True)
class Channel:
    """A public channel, a private one ("group") or a direct conversation ("im") with one bot."""

    id: str
    team: str
    name: str
    kind: Kind
    members: list[str]
    archived: bool = False
    messages: list[Message] = field(default_factory=list)

    def message(self, ts: str | None) -> Message | None:
        """The message of this name that everybody sees."""
        return next((one for one in self.messages if one.ts == ts and one.only_for is None), None)

    def thread(self, ts: str) -> list[Message]:
        """A message and the replies to it."""
        return [one for one in self.messages if ts in (one.ts, one.thread_ts)]

    def as_json(self, *, for_user: str) -> Json:
        """The channel as `conversations.info` answers."""
        found: Json = {"id": self.id, "context_team_id": self.team, "is_archived": self.archived}
        if self.kind == "im":
            other = next(member for member in self.members if member != for_user)
            return {**found, "is_im": True, "user": other, "is_user_deleted": False, "is_open": True}
        return {
            **found,
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": self.kind == "channel",
            "is_group": self.kind == "group",
            "is_im": False,
            "is_mpim": False,
            "is_private": self.kind == "group",
            "is_member": for_user in self.members,
            "num_members": len(self.members),
        }


@dataclass(kw_only=True)
class Workspace:
    """A team with what it holds; ``announce`` tells the app of an event."""

    id: str
    name: str
    announce: Callable[[Workspace, Json], None]
    bot: User
    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    groups: dict[str, UserGroup] = field(default_factory=dict)
    homes: dict[str, Json] = field(default_factory=dict)
    modals: dict[str, Json] = field(default_factory=dict)

    @property
    def domain(self) -> str:
        """The part of the workspace's address that is its own."""
        return self.name.lower().replace(" ", "-")

    def direct(self, user: User, bot: User | None = None) -> Channel:
        """The direct conversation of a user with a bot, the app's own unless named; made when first needed."""
        members = [user.id, (bot or self.bot).id]
        for channel in self.channels.values():
            if channel.kind == "im" and channel.members == members:
                return channel
        channel = Channel(id=new_id("D"), team=self.id, name="", kind="im", members=members)
        self.channels[channel.id] = channel
        return channel

    def by_name(self, name: str) -> Channel | None:
        """The channel of this name, with or without #."""
        return next((c for c in self.channels.values() if c.name and c.name == name.removeprefix("#")), None)

    def post(self, message: Message) -> Message:
        """Put a message into its channel and tell those who listen."""
        channel = self.channels[message.channel]
        message.blocks = with_ids(message.blocks)
        channel.messages.append(message)
        if message.only_for is None:
            self._announce(channel, {**message.as_json(), "event_ts": message.ts})
            if self.bot.id in channel.members and channel.kind != "im" and f"<@{self.bot.id}>" in message.text:
                self._announce_mention(channel, message)
        return message

    def edit(self, message: Message, text: str, blocks: list[Json], *, by: User) -> None:
        """Change what a message says."""
        before = message.as_json()
        message.text, message.blocks = text, with_ids(blocks)
        message.edited = {"user": by.id, "ts": new_ts()}
        self._announce_change(message, before, {"subtype": "message_changed", "message": message.as_json()})

    def remove(self, message: Message) -> None:
        """Take a message out of its channel."""
        self.channels[message.channel].messages.remove(message)
        self._announce_change(message, message.as_json(), {"subtype": "message_deleted", "deleted_ts": message.ts})

    def _announce_change(self, message: Message, before: Json, change: Json) -> None:
        if message.only_for is not None:
            return
        ts = new_ts()
        event = {"type": "message", "hidden": True, "ts": ts, "event_ts": ts, **change}
        self._announce(self.channels[message.channel], {**event, "previous_message": before})

    def _announce_mention(self, channel: Channel, message: Message) -> None:
        known = ("user", "text", "ts", "team", "blocks", "thread_ts", "client_msg_id", "bot_id")
        mention = {name: value for name, value in message.as_json().items() if name in known}
        self.announce(self, {"type": "app_mention", **mention, "channel": channel.id, "event_ts": message.ts})

    def _announce(self, channel: Channel, event: Json) -> None:
        if self.bot.id in channel.members:
            self.announce(self, {**event, "channel": channel.id, "channel_type": channel.kind})


def with_ids(blocks: list[Json]) -> list[Json]:
    """The blocks as Slack keeps them: each block and each thing to press or fill in has a name."""

    def named(value: Any) -> Any:
        if isinstance(value, list):
            return [named(one) for one in value]
        if not isinstance(value, dict):
            return value
        inner = {name: named(one) for name, one in value.items()}
        if inner.get("type") in ACTIONABLE:
            inner.setdefault("action_id", secrets.token_urlsafe(4))
        return inner

    return [{"block_id": secrets.token_urlsafe(4), **named(block)} for block in blocks]


ACTIONABLE = (
    "button", "static_select", "overflow", "radio_buttons", "checkboxes", "plain_text_input", "users_select",
    "conversations_select", "channels_select", "datepicker", "timepicker", "external_select", "multi_static_select",
)  # fmt: skip


def things(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Everything that can be pressed, chosen or filled in: (its block, itself)."""
    for block in blocks:
        inside = [*block.get("elements", []), block.get("accessory"), block.get("element")]
        yield from ((block, one) for one in inside if isinstance(one, dict) and one.get("type") in ACTIONABLE)
