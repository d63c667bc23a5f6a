"""The calls that carry a message of ours to a chat."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, Message
from telegram.constants import ParseMode
from telegram.error import BadRequest

from bot.channel import File, Never, Part
from channels.telegram.errors import formatting_refused, picture_refused
from channels.telegram.outgoing import DOCUMENT_BYTES, formatted

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


async def send(bot: Bot, chat: str, part: Part) -> str:
    """Send one part to a chat, and return the message's number. Raises errors of the library's, and `Never`."""
    text = formatted(part)
    try:
        message = await _send(bot, chat, part, text.html, ParseMode.HTML)
    except BadRequest as error:
        if not formatting_refused(error):
            raise
        message = await _send(bot, chat, part, text.plain, None)
    return str(message.message_id)


async def _send(bot: Bot, chat: str, part: Part, text: str, mode: str | None) -> Message:
    if part["kind"] == "text":
        return await bot.send_message(
            chat, text, parse_mode=mode, reply_markup=markup(part), link_preview_options=_NO_PREVIEW
        )
    file: File = part["file"]
    if file.size > DOCUMENT_BYTES:
        raise Never(f"The file has more than {DOCUMENT_BYTES // 1_000_000} MB, which Telegram does not take.")
    more: Mapping[str, Any] = {
        "caption": text or None, "parse_mode": mode, "filename": file.name, "reply_markup": markup(part)
    }  # fmt: skip
    data = await file.read()
    as_document: Callable[..., Any] = bot.send_document
    if part["kind"] == "photo":
        try:
            return await bot.send_photo(chat, data, **more)
        except BadRequest as error:
            if not picture_refused(error):
                raise
    sent: Message = await as_document(chat, data, disable_content_type_detection=True, **more)
    return sent


def markup(part: Part) -> InlineKeyboardMarkup | None:
    """The keyboard of a part."""
    rows = part.get("keyboard")
    if not rows:
        return None
    buttons = [[InlineKeyboardButton(title, callback_data=data) for title, data in row] for row in rows]
    return InlineKeyboardMarkup(buttons)
