"""What an update of Telegram's says, as the core understands it: pure, no network and no database."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from telegram import CallbackQuery, Chat, ChatMemberUpdated, Message, MessageEntity, Update, User
from telegram.constants import ChatType

from bot.arrival import Arrival, Pressed, Sender
from bot.files import Attached
from bot.http import clean

CHANNEL = "telegram"

KINDS = ("message", "edited_message", "callback_query", "my_chat_member")
"""The updates that we ask for."""

CHOSEN = "chosen"
"""What a button says that only shows what was chosen."""

NOTED = "/inform"
"""Rasa's command for facts without a question, such as where somebody is."""

COMMANDS = ("start", "help", "human", "language", "stop", "delete_my_data")

_COMMAND = re.compile(r"/([A-Za-z0-9_]+)(?:@(\w+))?(?:\s+(.*))?$", re.DOTALL)
_PARAMETER = re.compile(r"[A-Za-z0-9_-]{1,64}")  # as Telegram defines them
_PHONE = re.compile(r"\+?[0-9]{5,20}")


@dataclass(frozen=True, slots=True)
class Me:
    """The bot itself."""

    id: int
    username: str


@dataclass(frozen=True, slots=True)
class Wrote:
    """Somebody wrote; ``command`` is one of `COMMANDS`, and ``argument`` what stands behind it.

    ``private``: nobody else reads the chat. ``phone`` is the sender's own number, if they sent it there.
    """

    arrival: Arrival
    private: bool
    command: str | None = None
    argument: str = ""
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Pushed:
    """Somebody pressed a button of the message ``message_id``; ``arrival`` is None when it carries nothing."""

    query: str
    arrival: Arrival | None
    private: bool
    chat: str
    message_id: int
    title: str
    language: str | None


@dataclass(frozen=True, slots=True)
class Moved:
    """A group became a supergroup and has another key from now on."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Met:
    """The bot was let in, or thrown out for the reason ``gone``, which an agent can read."""

    key: str
    gone: str | None


Happened = Wrote | Pushed | Moved | Met


def read(update: Update, me: Me, account: str) -> Happened | None:
    """What happened; None when it is nothing to us: another kind, another bot, a group that talks among itself."""
    if update.callback_query is not None:
        return _pushed(update.callback_query, account)
    if update.my_chat_member is not None:
        return _met(update.my_chat_member)
    message = update.message or update.edited_message
    if message is None:
        return None
    if message.migrate_to_chat_id is not None:
        return Moved(str(message.chat.id), str(message.migrate_to_chat_id))
    # Anonymous administrators and linked channels write as a bot of Telegram's.
    if message.from_user is None or message.from_user.is_bot or message.sender_chat is not None:
        return None
    private = message.chat.type == ChatType.PRIVATE
    if not private and not _addressed(message, me):
        return None
    edit = update.update_id if update.edited_message is not None else None
    return _wrote(message, me, account, private=private, edit=edit)


def _wrote(message: Message, me: Me, account: str, *, private: bool, edit: int | None) -> Wrote | None:
    """``edit`` is the number of the update that says it was changed."""
    assert message.from_user is not None
    id, edited = _id(message), edit is not None
    text = message.text or message.caption or ""
    if not private:
        text = _without_mentions(text, [*message.entities, *message.caption_entities], me)
    command, argument = (None, "") if edited else _command(text, me)
    files = () if edited and text else _files(message)  # another caption, and the file is here already
    told, phone = _told(message)
    if edited and told:
        return None  # somebody moves, and shares it
    if not (text.strip() or files or told):
        return None  # somebody joined, something was pinned
    arrival = Arrival(
        channel=CHANNEL,
        account=account,
        key=str(message.chat.id),
        sender=_sender(message.from_user, message.chat),
        external_id=f"{id}:edit:{edit}" if edited else id,
        text=text or told,
        command=_noted(phone if private else None) if told and not text else None,
        edits=id if edited else None,
        files=files,
    )
    return Wrote(arrival, private, command, argument, phone if private else None)


def _id(message: Message) -> str:
    """A message's name; its number alone may come again in another chat of the same conversation."""
    return f"{message.chat.id}:{message.message_id}"


def _sender(user: User, chat: Chat) -> Sender:
    """Who wrote. In a group that is the group: its members must not hear what we know of one of them."""
    said = (user.language_code or "").partition("-")[0].lower()
    language = {"no": "nb"}.get(said, said) or None
    if chat.type != ChatType.PRIVATE:
        return Sender(f"group:{chat.id}", language=language)
    return Sender(str(user.id), clean(user.full_name)[:200] or None, language)


# Text


def _command(text: str, me: Me) -> tuple[str | None, str]:
    found = _COMMAND.match(text.strip())
    if found is None or found[1].lower() not in COMMANDS:
        return None, ""
    if found[2] is not None and found[2].lower() != me.username.lower():
        return None, ""
    return found[1].lower(), (found[3] or "").strip()


def parameter(argument: str) -> str | None:
    """The deep link's parameter in what stands behind /start."""
    return argument if _PARAMETER.fullmatch(argument) else None


def _addressed(message: Message, me: Me) -> bool:
    reply = message.reply_to_message
    if reply is not None and reply.from_user is not None and reply.from_user.id == me.id:
        return True
    text = message.text or message.caption or ""
    return any(_names(entity, text, me) for entity in (*message.entities, *message.caption_entities))


def _names(entity: MessageEntity, text: str, me: Me) -> bool:
    """Whether a mention, or a command such as /help@our_bot, means us."""
    if entity.type == MessageEntity.TEXT_MENTION:
        return entity.user is not None and entity.user.id == me.id
    said = _piece(text, entity).lower()
    if entity.type == MessageEntity.MENTION:
        return said == f"@{me.username.lower()}"
    return entity.type == MessageEntity.BOT_COMMAND and said.endswith(f"@{me.username.lower()}")


def _without_mentions(text: str, entities: Sequence[MessageEntity], me: Me) -> str:
    """The text as it is meant for us; commands stay."""
    units = text.encode("utf-16-le", "surrogatepass")
    for entity in sorted(entities, key=lambda one: one.offset, reverse=True):
        if entity.type != MessageEntity.BOT_COMMAND and _names(entity, text, me):
            units = units[: 2 * entity.offset] + units[2 * (entity.offset + entity.length) :]
    left = re.sub(r"[ \t]+(?=[,:])|(?<=[ \t])[ \t]+", "", units.decode("utf-16-le", "replace"))
    return left.strip(" ,:\n")


def _piece(text: str, entity: MessageEntity) -> str:
    units = text.encode("utf-16-le", "surrogatepass")  # Telegram counts in these
    return units[2 * entity.offset : 2 * (entity.offset + entity.length)].decode("utf-16-le", "replace")


# What is no text


def _told(message: Message) -> tuple[str, str | None]:
    """Facts that come as something else than text, in words, and the sender's own telephone number."""
    assert message.from_user is not None
    if (contact := message.contact) is not None:
        number = re.sub(r"[^0-9+]", "", contact.phone_number)
        own = contact.user_id == message.from_user.id and _PHONE.fullmatch(number)
        name = " ".join(filter(None, (contact.first_name, contact.last_name)))
        return f"{name}: {number}", number if own else None
    if (place := message.location) is not None:
        where = f"{place.latitude:.5f}, {place.longitude:.5f}"
        named = f"{message.venue.title}, {message.venue.address}: " if message.venue else ""
        return f"{named}{where}", None
    if message.poll is not None:
        return message.poll.question, None
    if message.dice is not None:
        return message.dice.emoji, None
    return "", None


def _noted(phone: str | None) -> str:
    return f'{NOTED}{{"phone": "{phone}"}}' if phone else NOTED


def _files(message: Message) -> tuple[Attached, ...]:
    if message.photo:
        largest = message.photo[-1]
        return (_attached(largest, "photo.jpg", "image/jpeg"),)
    if message.sticker is not None:
        if message.sticker.is_video:
            return (_attached(message.sticker, "sticker.webm", "video/webm"),)
        if message.sticker.is_animated:
            return (_attached(message.sticker, "sticker.tgs", "application/gzip"),)
        return (_attached(message.sticker, "sticker.webp", "image/webp"),)
    defaults = {
        "animation": ("animation.mp4", "video/mp4"),  # before the document, as which it comes too
        "document": ("file", "application/octet-stream"),
        "video": ("video.mp4", "video/mp4"),
        "video_note": ("video.mp4", "video/mp4"),
        "voice": ("voice.ogg", "audio/ogg"),
        "audio": ("audio.mp3", "audio/mpeg"),
    }
    for kind, (name, media_type) in defaults.items():
        if (found := getattr(message, kind)) is not None:
            return (_attached(found, name, media_type),)
    return ()


def _attached(file: Any, name: str, media_type: str) -> Attached:
    source: Mapping[str, Any] = {"file_id": file.file_id}
    return Attached(
        name=getattr(file, "file_name", None) or name,
        media_type=clean(getattr(file, "mime_type", None) or media_type),
        source=source,
        size=file.file_size,
    )


# What is no message


def _pushed(query: CallbackQuery, account: str) -> Pushed | None:
    if query.message is None or query.from_user.is_bot:
        return None
    chat, message_id = query.message.chat, query.message.message_id
    data = query.data or ""
    pressed = _pressed(data)
    markup = getattr(query.message, "reply_markup", None)
    buttons = [button for row in markup.inline_keyboard for button in row] if markup else []
    arrival = Arrival(
        channel=CHANNEL,
        account=account,
        key=str(chat.id),
        sender=_sender(query.from_user, chat),
        external_id=f"press:{query.id}",
        pressed=pressed,
    )
    return Pushed(
        query=query.id,
        arrival=arrival if pressed else None,
        private=chat.type == ChatType.PRIVATE,
        chat=str(chat.id),
        message_id=message_id,
        title=next((button.text for button in buttons if button.callback_data == data), ""),
        language=arrival.sender.language,
    )


def _pressed(data: str) -> Pressed | None:
    """The button that ``data`` names, as `channels.telegram.outgoing` wrote it."""
    found = re.fullmatch(r"([0-9]{1,18}):([0-9]{1,4})", data)
    return Pressed(int(found[1]), int(found[2])) if found else None


def _met(change: ChatMemberUpdated) -> Met:
    status = change.new_chat_member.status
    private = change.chat.type == ChatType.PRIVATE
    out = {"kicked": True, "left": True}.get(status, False)
    reason = "The customer has blocked the bot." if private else "The bot was removed from the group."
    return Met(str(change.chat.id), reason if out else None)
