"""People who use Telegram: they write, press buttons, send files, block the bot, and see what the bot shows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from .account import Account, Chat, Json, Press
from .formatting import entities_in
from .sending import photo_sizes, without_reply

PATIENCE_SECONDS = 30.0
_LOOK_SECONDS = 0.01

T = TypeVar("T")


class Server(Protocol):
    """Where the state lives: everything that touches it runs there, one after the other."""

    def run(self, do: Callable[[], T]) -> T:
        """The outcome of ``do``, from any thread."""
        ...


@dataclass(frozen=True)
class Shown:
    """A message of the bot as a person sees it now."""

    id: int
    text: str  # or the caption
    buttons: tuple[str, ...]  # of the inline keyboard, row by row
    file: bytes | None
    file_name: str | None
    edited: bool
    raw: Json  # the whole `Message`


class View:
    """A chat from the side of people."""

    def __init__(self, server: Server, bot: Account, chat: Chat) -> None:
        self.server = server
        self.bot = bot
        self.chat = chat
        self._read = 0

    @property
    def id(self) -> int:
        """The chat's identifier, as the bot has it."""
        return self.chat.id

    def screen(self) -> list[Shown]:
        """The bot's messages, oldest first, as they are now."""
        return self.server.run(lambda: [self._shown(one) for one in self._from_bot()])

    def unread(self) -> list[Shown]:
        """Those that are new or changed since `read` or `receives`."""
        return self.server.run(
            lambda: [self._shown(one) for one in self._from_bot() if self.chat.changes[one["message_id"]] > self._read]
        )

    def read(self) -> list[Shown]:
        """The unread messages; they are read then."""
        found = self.unread()
        self._read = max((self.chat.changes[one.id] for one in found), default=self._read)
        return found

    async def receives(self, *parts: str, seconds: float = PATIENCE_SECONDS) -> list[Shown]:
        """Read, once each part stands in an unread message; without parts, once there is one.

        Fails after ``seconds`` with what was shown instead.
        """
        end = time.monotonic() + seconds
        while not self._complete(found := self.unread(), parts):
            texts = [one.text for one in found]
            assert time.monotonic() < end, f"waited {seconds} s for {list(parts) or 'a message'}; there was {texts}"
            await asyncio.sleep(_LOOK_SECONDS)
        return self.read()

    @property
    def keyboard(self) -> list[str]:
        """The buttons of the reply keyboard that is shown below the chat."""
        return [_title(button) for button in self._reply_buttons()]

    @property
    def actions(self) -> list[str]:
        """What the bot was seen doing: "typing" and its kin."""
        return list(self.chat.actions)

    def _complete(self, found: list[Shown], parts: tuple[str, ...]) -> bool:
        return bool(found) and all(any(part in one.text for one in found) for part in parts)

    def _from_bot(self) -> list[Json]:
        messages = sorted(self.chat.messages.items())
        return [one for _, one in messages if one["from"]["id"] == self.bot.user["id"]]

    def _shown(self, message: Json) -> Shown:
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        named = message["photo"][-1] if "photo" in message else message.get("document")
        stored = self.bot.files[named["file_id"]] if named else None
        return Shown(
            id=message["message_id"],
            text=message.get("text") or message.get("caption", ""),
            buttons=tuple(button["text"] for row in rows for button in row),
            file=stored.content if stored else None,
            file_name=stored.name if stored else None,
            edited="edit_date" in message,
            raw=message,
        )

    def _reply_buttons(self) -> list[Any]:
        rows = self.chat.keyboard["keyboard"] if self.chat.keyboard else []
        return [button for row in rows for button in row]


class Group(View):
    """A group with the bot in it, which reads everything, as an administrator does."""

    def remove_bot(self) -> None:
        """Somebody throws the bot out."""
        self.server.run(self._remove_bot)

    def upgrade(self) -> Group:
        """Turn the group into a supergroup: the chat goes on under another id."""
        return self.server.run(self._upgrade)

    def _remove_bot(self) -> None:
        self.chat.left = True
        self.bot.updates.add({"my_chat_member": membership(self.chat, _SOMEBODY, self.bot, "member", "kicked")})

    def _upgrade(self) -> Group:
        new = Chat({**self.chat.info, "id": -1_000_000_000_000 + self.id, "type": "supergroup"})
        self.bot.chats[new.id] = new
        for chat, content in (
            (self.chat, {"migrate_to_chat_id": new.id}),
            (new, {"migrate_from_chat_id": self.chat.id}),
        ):
            self.bot.updates.add({"message": self.bot.message(chat, _SOMEBODY, content)})
        self.chat.migrated_to = new.id
        return Group(self.server, self.bot, new)


_SOMEBODY: Json = {"id": 777_000, "is_bot": False, "first_name": "Telegram"}


class Person(View):
    """Somebody in the private chat with a bot; may write in groups too.

    What the methods return is the `Message` as the bot gets it.
    """

    def __init__(self, server: Server, bot: Account, chat: Chat, user: Json) -> None:
        super().__init__(server, bot, chat)
        self.user = user

    def writes(self, text: str, *, group: Group | None = None, reply_to: int | None = None) -> Json:
        """Send a text here or in a group, perhaps in reply to a message by its id."""
        return self.sends(_marked(text), group=group, reply_to=reply_to)

    def starts(self, parameter: str = "") -> Json:
        """Press Start, perhaps by a deep link with a parameter."""
        return self.writes(f"/start {parameter}".strip())

    def edits(self, message: Json, text: str) -> Json:
        """Change a text of one's own."""

        def edit() -> Json:
            changed = {**message, **_marked(text), "edit_date": int(time.time())}
            chat = self.bot.chat(message["chat"]["id"])
            self.bot.updates.add({"edited_message": chat.keep(changed)})
            return changed

        return self.server.run(edit)

    def presses(self, title: str, *, group: Group | None = None) -> Press:
        """Press the newest button of an inline keyboard whose title begins so."""
        return self.server.run(lambda: self._press(group or self, title))

    def chooses(self, title: str, *, group: Group | None = None) -> Json:
        """Press the button of the reply keyboard whose title begins so: it sends its title, or the contact."""
        fitting = [one for one in (group or self)._reply_buttons() if _title(one).startswith(title)]
        assert fitting, f"no button {title!r} among {(group or self).keyboard}"
        if isinstance(fitting[0], dict) and fitting[0].get("request_contact"):
            return self.sends_contact()
        return self.writes(_title(fitting[0]), group=group)

    def sends_contact(self, phone: str = "+47 22 00 00 00", *, of_another: str | None = None) -> Json:
        """Send one's own contact, or that of another by name."""
        name = of_another or self.user["first_name"]
        whose = {} if of_another else {"user_id": self.id}
        return self.sends({"contact": {"phone_number": phone, "first_name": name, **whose}})

    def sends_location(self, latitude: float, longitude: float) -> Json:
        """Send a place, in degrees."""
        return self.sends({"location": {"latitude": latitude, "longitude": longitude}})

    def sends_photo(self, content: bytes, *, caption: str = "", album: str | None = None) -> Json:
        """Send a picture; those with the same `album` belong together."""
        stored = self._store(content, "photos", "photo.jpg", "image/jpeg")
        return self.sends({"photo": photo_sizes(stored), **_captioned(caption), **_album(album)})

    def sends_document(
        self, content: bytes, *, name: str, mime_type: str, caption: str = "", size: int | None = None
    ) -> Json:
        """Send a file; `size` in bytes claims another one than it has."""
        stored = self._store(content, "documents", name, mime_type, size)
        document = {**stored.named(), "file_name": name, "mime_type": mime_type}
        return self.sends({"document": document, **_captioned(caption)})

    def sends_voice(self, content: bytes, *, seconds: int = 3) -> Json:
        """Send a voice message."""
        stored = self._store(content, "voice", "voice.oga", "audio/ogg")
        return self.sends({"voice": {**stored.named(), "duration": seconds, "mime_type": "audio/ogg"}})

    def sends_sticker(self, emoji: str = "🙂") -> Json:
        """Send a sticker."""
        stored = self._store(b"RIFF\x04\x00\x00\x00WEBP", "stickers", "sticker.webp", "image/webp")
        form = {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False}
        return self.sends({"sticker": {**stored.named(), **form, "emoji": emoji}})

    def sends(self, content: Json, *, group: Group | None = None, reply_to: int | None = None) -> Json:
        """Send anything: the fields of a `Message` that say what it is."""

        def send() -> Json:
            chat = (group or self).chat
            reply = {"reply_to_message": without_reply(chat.messages[reply_to])} if reply_to is not None else {}
            message = self.bot.message(chat, self.user, {**content, **reply})
            self.bot.updates.add({"message": message})
            return message

        return self.server.run(send)

    def blocks(self) -> None:
        """Block the bot: it may not write any more."""
        self.server.run(lambda: self._block(True))

    def unblocks(self) -> None:
        """Let the bot write again."""
        self.server.run(lambda: self._block(False))

    def leaves_telegram(self) -> None:
        """Delete the account."""
        self.chat.deactivated = True

    def _block(self, blocked: bool) -> None:
        old, new = ("member", "kicked") if blocked else ("kicked", "member")
        self.chat.blocked = blocked
        self.bot.updates.add({"my_chat_member": membership(self.chat, self.user, self.bot, old, new)})

    def _press(self, view: View, title: str) -> Press:
        for message in reversed(view._from_bot()):
            for row in message.get("reply_markup", {}).get("inline_keyboard", []):
                for button in row:
                    if button["text"].startswith(title) and "callback_data" in button:
                        press = self.bot.press()
                        query = {
                            "id": press.id,
                            "from": self.user,
                            "message": message,
                            "chat_instance": str(view.id),
                            "data": button["callback_data"],
                        }
                        self.bot.updates.add({"callback_query": query})
                        return press
        raise AssertionError(f"no button {title!r} among {[self._shown(one).buttons for one in view._from_bot()]}")

    def _store(self, content: bytes, folder: str, name: str, mime_type: str, size: int | None = None) -> Any:
        return self.server.run(
            lambda: self.bot.store(content, folder=folder, name=name, mime_type=mime_type, size=size)
        )


def membership(chat: Chat, who: Json, bot: Account, old: str, new: str) -> Json:
    """That somebody changed the bot's place in a chat."""
    members = [
        {"status": status, "user": bot.user, **({"until_date": 0} if status == "kicked" else {})}
        for status in (old, new)
    ]
    return {
        "chat": chat.info,
        "from": who,
        "date": int(time.time()),
        "old_chat_member": members[0],
        "new_chat_member": members[1],
    }


def _marked(text: str) -> Json:
    entities = entities_in(text)
    return {"text": text, "entities": entities} if entities else {"text": text}


def _captioned(caption: str) -> Json:
    return {"caption": caption} if caption else {}


def _album(album: str | None) -> Json:
    return {"media_group_id": album} if album else {}


def _title(button: Any) -> str:
    """A button of a reply keyboard may be a text alone."""
    title: str = button if isinstance(button, str) else button["text"]
    return title
