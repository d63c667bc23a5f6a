"""What Telegram remembers of one bot: its chats with their messages, files, pressed buttons and updates."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import schema
from .errors import (
    BLOCKED,
    CHAT_NOT_FOUND,
    DEACTIVATED,
    OTHER_POLLER,
    WRONG_FILE,
    Refusal,
    Refused,
    kicked,
    migrated,
)

Json = dict[str, Any]

# Sent only to a bot that names them in `allowed_updates`.
_ON_REQUEST = ("chat_member", "message_reaction", "message_reaction_count")

_FIRST_UPDATE = 700_000_001


@dataclass
class Chat:
    """A chat as Telegram keeps it: who it is with, its messages, and whether the bot may still write there."""

    info: Json  # a `Chat` of the published types
    messages: dict[int, Json] = field(default_factory=dict)
    changes: dict[int, int] = field(default_factory=dict)  # message id → number of its latest change
    keyboard: Json | None = None  # the reply keyboard shown below
    blocked: bool = False
    deactivated: bool = False
    left: bool = False
    migrated_to: int | None = None
    actions: list[str] = field(default_factory=list)  # "typing" and its kin, as they came
    _counter: int = 0

    @property
    def id(self) -> int:
        """The chat's identifier; negative for groups."""
        number: int = self.info["id"]
        return number

    def refusal(self) -> Refusal | None:
        """Why the bot may not write here, if so."""
        if self.migrated_to is not None:
            return migrated(self.migrated_to)
        if self.blocked:
            return BLOCKED
        if self.deactivated:
            return DEACTIVATED
        return kicked(self.info["type"]) if self.left else None

    def keep(self, message: Json) -> Json:
        """Store a message, new or changed."""
        self._counter += 1
        self.messages[message["message_id"]] = message
        self.changes[message["message_id"]] = self._counter
        return message


@dataclass(frozen=True)
class StoredFile:
    """A file on Telegram's side; `path` is where it is downloaded."""

    id: str
    unique_id: str
    content: bytes
    name: str
    mime_type: str
    path: str
    size: int  # what Telegram says; a test may claim more than there is

    def named(self) -> Json:
        """The fields that all kinds of files have."""
        return {"file_id": self.id, "file_unique_id": self.unique_id, "file_size": self.size}


@dataclass
class Press:
    """A pressed button and how the bot answered it."""

    id: str
    answer: Json | None = None

    @property
    def answered(self) -> bool:
        """Whether the button has stopped showing that it waits."""
        return self.answer is not None


@dataclass(frozen=True)
class Webhook:
    """Where updates are posted."""

    url: str
    secret: str | None


class Updates:
    """A bot's updates: numbered, kept until they are confirmed."""

    def __init__(self) -> None:
        self._ids = itertools.count(_FIRST_UPDATE)
        self._waiting: list[Json] = []
        self._again: list[int] = []  # numbers of updates that are delivered once more whatever was confirmed
        self._held = False
        self._poller: object = None
        self.allowed: list[str] | None = None
        self.delivered: list[Json] = []  # in the order in which the bot took them
        self.changed = asyncio.Event()

    def add(self, fields: Json, *, valid: bool = True) -> Json:
        """A new update with the next number. Not `valid`: it may break the published types."""
        if valid:
            schema.check("Update", {"update_id": 0, **fields})
        update = {"update_id": next(self._ids), **fields}
        [kind] = fields
        if kind in self.allowed if self.allowed else kind not in _ON_REQUEST:
            self._waiting.append(update)
            self.changed.set()
        return update

    def repeat(self, count: int) -> None:
        """Deliver the last `count` delivered updates once more."""
        again = self.delivered[-count:]
        self._again += [one["update_id"] for one in again]
        self._waiting += again
        self.changed.set()

    def hold(self) -> None:
        """Keep updates back."""
        self._held = True

    def release(self, order: Callable[[list[Json]], list[Json]]) -> None:
        """Let them go, in another order."""
        self._held = False
        self._waiting = order(self._waiting)
        self.changed.set()

    def ready(self) -> list[Json]:
        """What can be delivered now."""
        return [] if self._held else list(self._waiting)

    def pending(self) -> int:
        """How many are not yet confirmed."""
        return len(self._waiting)

    def drop(self) -> None:
        """Forget all."""
        self._waiting.clear()

    def take(self, update: Json) -> None:
        """The webhook has accepted this one."""
        self.delivered.append(update)
        if update["update_id"] in self._again:
            self._again.remove(update["update_id"])
        if update in self._waiting:
            self._waiting.remove(update)

    def confirm(self, offset: int) -> None:
        """Forget what comes before `offset`; a negative one counts from the end."""
        if offset < 0:
            self._waiting = self._waiting[offset:]
        self._waiting = [one for one in self._waiting if one["update_id"] >= offset or one["update_id"] in self._again]

    def end(self) -> None:
        """Send a client that polls home: the stand-in stops."""
        self._poller = None
        self.changed.set()

    async def poll(self, *, limit: int, seconds: float) -> list[Json]:
        """What is there, after waiting at most `seconds` for something. A later poll ends this one with 409."""
        me = self._poller = object()
        self.changed.set()
        end = time.monotonic() + seconds
        while not self.ready() and (left := end - time.monotonic()) > 0:
            self.changed.clear()
            try:
                await asyncio.wait_for(self.changed.wait(), left)
            except TimeoutError:
                break
            if self._poller is None:
                return []
            if self._poller is not me:
                raise Refused(OTHER_POLLER)
        found = self.ready()[:limit]
        self.delivered += [one for one in found if one not in self.delivered or one["update_id"] in self._again]
        for update in [one for one in found if one["update_id"] in self._again]:
            self._again.remove(update["update_id"])
            self._waiting.remove(update)
        return found


class Account:
    """One bot: its token, and all that Telegram keeps for it."""

    def __init__(self, id: int, username: str, name: str) -> None:
        self.token = f"{id}:{'A' * 35}"
        self.user: Json = {"id": id, "is_bot": True, "first_name": name, "username": username}
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, StoredFile] = {}
        self.presses: dict[str, Press] = {}
        self.settings: dict[str, Any] = {}  # what `setMyName` and its kin set, by method, scope and language
        self.updates = Updates()
        self.webhook: Webhook | None = None
        self.last_webhook_error: tuple[int, str] | None = None
        self._message_ids = itertools.count(1)
        self._numbers = itertools.count(1)

    def chat(self, id: int | str) -> Chat:
        """The chat of this id. Raises `Refused` if the bot has never seen it."""
        found = self.chats.get(int(id)) if str(id).lstrip("-").isdecimal() else None
        if found is None:
            raise Refused(CHAT_NOT_FOUND)
        return found

    def open_chat(self, id: int | str) -> Chat:
        """The same, if the bot may write there; raises `Refused` if not."""
        chat = self.chat(id)
        if (refusal := chat.refusal()) is not None:
            raise Refused(refusal)
        return chat

    def message(self, chat: Chat, sender: Json, content: Json) -> Json:
        """A new message in a chat, stored."""
        head = {"message_id": next(self._message_ids), "from": sender, "chat": chat.info, "date": int(time.time())}
        return chat.keep({**head, **content})

    def store(self, content: bytes, *, folder: str, name: str, mime_type: str, size: int | None = None) -> StoredFile:
        """Keep a file."""
        number = next(self._numbers)
        _, dot, ending = name.rpartition(".")
        stored = StoredFile(
            f"file-{number}-of-{self.user['id']}", f"unique-{number}", content, name, mime_type,
            f"{folder}/file_{number}{dot}{ending if dot else ''}", len(content) if size is None else size,
        )  # fmt: skip
        self.files[stored.id] = stored
        return stored

    def file(self, id: str) -> StoredFile:
        """The file of this id; raises `Refused` if there is none."""
        if id not in self.files:
            raise Refused(WRONG_FILE)
        return self.files[id]

    def press(self) -> Press:
        """A press of a button that waits for its answer."""
        press = Press(str(4_000_000_000_000 + next(self._numbers)))
        self.presses[press.id] = press
        return press
