"""Messages of the bot: sent, edited, deleted, as the Bot API does it."""

from __future__ import annotations

import re
import time

from . import schema
from .account import Account, Chat, Json, StoredFile
from .errors import (
    CANNOT_EDIT,
    CAPTION_TOO_LONG,
    DELETE_NOT_FOUND,
    EDIT_NOT_FOUND,
    FILE_EMPTY,
    FILE_TOO_BIG,
    MESSAGE_EMPTY,
    MESSAGE_TOO_LONG,
    NO_CAPTION_TO_EDIT,
    NO_TEXT_TO_EDIT,
    NOT_AN_IMAGE,
    NOT_MODIFIED,
    REPLY_NOT_FOUND,
    Refusal,
    Refused,
    bad_request,
)
from .formatting import read_html
from .wire import Upload

MEGABYTE = 1_000_000
_UPLOAD_BYTES = {"photo": 10 * MEGABYTE, "document": 50 * MEGABYTE}
_BUTTONS = 100
_IMAGES = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n|GIF8|RIFF....WEBP", re.DOTALL)
_ADDRESS = re.compile(r"(?:https?|tg)://[^\s/]+\S*$")


def send_message(bot: Account, asked: Json) -> Json:
    """A text."""
    chat = bot.open_chat(asked["chat_id"])
    content = _text("sendMessage", "text", asked, too_long=MESSAGE_TOO_LONG)
    if "link_preview_options" in asked:
        content["link_preview_options"] = asked["link_preview_options"]
    return _send(bot, chat, asked, content)


def send_photo(bot: Account, asked: Json, files: dict[str, Upload]) -> Json:
    """A picture, uploaded or sent before."""
    chat = bot.open_chat(asked["chat_id"])
    stored = _file(bot, "photo", asked["photo"], files)
    if not _IMAGES.match(stored.content):
        raise Refused(NOT_AN_IMAGE)
    caption = _text("sendPhoto", "caption", asked, too_long=CAPTION_TOO_LONG)
    return _send(bot, chat, asked, {"photo": photo_sizes(stored), **caption})


def send_document(bot: Account, asked: Json, files: dict[str, Upload]) -> Json:
    """A file, uploaded or sent before."""
    chat = bot.open_chat(asked["chat_id"])
    stored = _file(bot, "document", asked["document"], files)
    caption = _text("sendDocument", "caption", asked, too_long=CAPTION_TOO_LONG)
    document = {**stored.named(), "file_name": stored.name, "mime_type": stored.mime_type}
    return _send(bot, chat, asked, {"document": document, **caption})


def photo_sizes(stored: StoredFile) -> list[Json]:
    """A picture as Telegram lists it: small and as it was."""
    return [{**stored.named(), "width": 90, "height": 60}, {**stored.named(), "width": 1280, "height": 853}]


def without_reply(message: Json) -> Json:
    """A message as it stands in the reply to it: what it replied to itself is left out."""
    return _without(message, "reply_to_message")


def edit_message_text(bot: Account, asked: Json) -> Json:
    """Another text for a message; without a keyboard in the request the old one goes."""
    chat, message = _own_message(bot, asked)
    if "text" not in message:
        raise Refused(NO_TEXT_TO_EDIT)
    content = _text("editMessageText", "text", asked, too_long=MESSAGE_TOO_LONG)
    return _edit(chat, message, {**_without(message, "text", "entities", "reply_markup"), **content, **_markup(asked)})


def edit_message_caption(bot: Account, asked: Json) -> Json:
    """Another caption for a file."""
    chat, message = _own_message(bot, asked)
    if "text" in message:
        raise Refused(NO_CAPTION_TO_EDIT)
    content = _text("editMessageCaption", "caption", asked, too_long=CAPTION_TOO_LONG)
    bare = _without(message, "caption", "caption_entities", "reply_markup")
    return _edit(chat, message, {**bare, **content, **_markup(asked)})


def edit_message_reply_markup(bot: Account, asked: Json) -> Json:
    """Another keyboard, or none."""
    chat, message = _own_message(bot, asked)
    return _edit(chat, message, {**_without(message, "reply_markup"), **_markup(asked)})


def delete_message(bot: Account, asked: Json) -> bool:
    """The message disappears."""
    chat = bot.open_chat(asked["chat_id"])
    if asked["message_id"] not in chat.messages:
        raise Refused(DELETE_NOT_FOUND)
    del chat.messages[asked["message_id"]]
    return True


def _send(bot: Account, chat: Chat, asked: Json, content: Json) -> Json:
    markup = asked.get("reply_markup", {})
    if "keyboard" in markup:
        chat.keyboard = markup
    elif "remove_keyboard" in markup:
        chat.keyboard = None
    return bot.message(chat, bot.user, {**_reply(chat, asked), **content, **_markup(asked)})


def _reply(chat: Chat, asked: Json) -> Json:
    wanted = asked.get("reply_parameters")
    if wanted is None:
        return {}
    if (found := chat.messages.get(wanted["message_id"])) is not None:
        return {"reply_to_message": without_reply(found)}
    if wanted.get("allow_sending_without_reply"):
        return {}
    raise Refused(REPLY_NOT_FOUND)


def _text(method: str, name: str, asked: Json, *, too_long: Refusal) -> Json:
    """The text or caption and its entities, read and counted."""
    least, most = schema.parsed_length(method, name)
    source = asked.get(name, "")
    if asked.get("parse_mode", "HTML") != "HTML":
        raise Refused(bad_request("unsupported parse_mode"))  # the stand-in reads HTML only
    given = asked.get("entities" if name == "text" else "caption_entities", [])
    text, entities = read_html(source) if "parse_mode" in asked else (source.strip(), given)
    if len(text) > most:
        raise Refused(too_long)
    if len(text) < least:
        raise Refused(MESSAGE_EMPTY)
    found = {name: text, "entities" if name == "text" else "caption_entities": entities}
    return {key: value for key, value in found.items() if value}


def _markup(asked: Json) -> Json:
    """The inline keyboard of a request, checked; nothing for one without buttons or of another kind."""
    rows: list[list[Json]] = asked.get("reply_markup", {}).get("inline_keyboard", [])
    buttons = [button for row in rows for button in row]
    if len(buttons) > _BUTTONS:
        raise Refused(bad_request("REPLY_MARKUP_TOO_LONG"))
    for button in buttons:
        if not button["text"].strip():
            raise Refused(bad_request("BUTTON_TEXT_INVALID"))
        if "url" in button and not _ADDRESS.match(button["url"]):
            raise Refused(bad_request(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL"))
    return {"reply_markup": {"inline_keyboard": [row for row in rows if row]}} if buttons else {}


def _own_message(bot: Account, asked: Json) -> tuple[Chat, Json]:
    if "chat_id" not in asked:
        raise Refused(bad_request("chat_id is empty"))
    chat = bot.open_chat(asked["chat_id"])
    message = chat.messages.get(asked.get("message_id", 0))
    if message is None:
        raise Refused(EDIT_NOT_FOUND)
    if message["from"]["id"] != bot.user["id"]:
        raise Refused(CANNOT_EDIT)
    return chat, message


def _edit(chat: Chat, old: Json, new: Json) -> Json:
    if new == old:
        raise Refused(NOT_MODIFIED)
    return chat.keep({**new, "edit_date": int(time.time())})


def _without(message: Json, *names: str) -> Json:
    return {name: value for name, value in message.items() if name not in names}


def _file(bot: Account, kind: str, named: str, files: dict[str, Upload]) -> StoredFile:
    """The file that a parameter names: a part of the request, or one that Telegram has. Nothing is fetched."""
    if not named.startswith("attach://"):
        return bot.file(named)
    upload = files.get(named.removeprefix("attach://"))
    if upload is None:
        raise Refused(bad_request(f"there is no {kind} in the request"))
    if not upload.content:
        raise Refused(FILE_EMPTY)
    if len(upload.content) > _UPLOAD_BYTES[kind]:
        raise Refused(FILE_TOO_BIG)
    return bot.store(upload.content, folder=f"{kind}s", name=upload.name, mime_type=upload.mime_type)
