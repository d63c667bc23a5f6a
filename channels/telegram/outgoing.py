"""What a message of ours becomes on Telegram: pure, no network."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.channel import File, Outgoing, Part
from bot.split import split

TEXT_UNITS = 4096  # of UTF-16, as Telegram counts; the names of agents count too
PHOTO_BYTES = 10_000_000
DOCUMENT_BYTES = 50_000_000

_TITLE_CHARACTERS = 60  # more are not to be read on a button
_PHOTOS = ("image/jpeg", "image/png", "image/webp")


def parts(message: Outgoing) -> Sequence[Part]:
    """The calls for one message: its text in pieces, then its files; the buttons are below the last.

    Each part: ``seq`` of the message, ``kind`` text, photo or document, ``text``, ``agent``, ``file``, ``keyboard``.
    """
    found = [dict(one) for one in _contents(message)]
    if found:
        found[-1]["keyboard"] = keyboard(message.seq, [button.title for button in message.buttons])
    return [{"seq": message.seq, **one} for one in found]


def _contents(message: Outgoing) -> Iterator[Mapping[str, Any]]:
    room = TEXT_UNITS - (units(message.agent) + 1 if message.agent else 0)
    pieces = list(split(message.text, room, length=units))
    for number, piece in enumerate(pieces):
        yield {"kind": "text", "text": piece, "agent": message.agent if number == 0 else None}
    for number, file in enumerate(message.files):
        named = message.agent if number == 0 and not pieces else None
        yield {"kind": kind_of(file), "text": "", "agent": named, "file": file}


def kind_of(file: File) -> str:
    """How a file is sent: only what Telegram takes for a photo is one."""
    return "photo" if file.media_type in _PHOTOS and file.size <= PHOTO_BYTES else "document"


def keyboard(seq: int, titles: Sequence[str]) -> list[list[tuple[str, str]]]:
    """Rows of (title, data); short titles stand side by side, two in a row."""
    buttons = [(_short(title), f"{seq}:{place}") for place, title in enumerate(titles)]
    rows: list[list[tuple[str, str]]] = []
    for button in buttons:
        if rows and len(rows[-1]) == 1 and max(len(rows[-1][0][0]), len(button[0])) <= 18:
            rows[-1].append(button)
        else:
            rows.append([button])
    return rows


def _short(title: str) -> str:
    return title if len(title) <= _TITLE_CHARACTERS else title[: _TITLE_CHARACTERS - 1].rstrip() + "…"


@dataclass(frozen=True, slots=True)
class Formatted:
    """A text in Telegram's HTML, and the same without any formatting."""

    html: str
    plain: str


def formatted(part: Part) -> Formatted:
    """The text of a part, with the name of the agent above it."""
    name, text = part["agent"], part["text"]
    escaped = html.escape(text, quote=False)
    if not name:
        return Formatted(escaped, text)
    return Formatted(f"<b>{html.escape(name, quote=False)}</b>\n{escaped}".rstrip(), f"{name}\n{text}".rstrip())


def units(text: str) -> int:
    """The length of ``text`` as Telegram counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
