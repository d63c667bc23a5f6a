"""Telegram's HTML: which text and entities it stands for, or why Telegram refuses it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from .errors import Refused, bad_request

_TYPES = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "span": "spoiler",
    "tg-spoiler": "spoiler", "a": "text_link", "code": "code", "pre": "pre", "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}  # fmt: skip
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}  # all others stay as they are written

_TAG = re.compile(r"<(/?)([^\s>]*)")
_ATTRIBUTE = re.compile(r"""\s*([^\s=>]+)\s*(?:=\s*(?:"([^"]*)"|'([^']*)'|([\w.-]+)))?""")
_ENTITY = re.compile(r"&(?:#x([0-9a-fA-F]+)|#([0-9]+)|([a-z]+));?")


def utf16_length(text: str) -> int:
    """Length as Telegram counts offsets: in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def read_html(source: str) -> tuple[str, list[dict[str, Any]]]:
    """The plain text and its entities. Raises `Refused` as Telegram's parser does, with byte offsets."""
    reader = _Reader(source)
    while reader.at < len(source):
        reader.step()
    if reader.open:
        raise _refused(f'Can\'t find end tag corresponding to start tag "{reader.open[-1].tag}"')
    return _trimmed("".join(reader.text), reader.entities)


@dataclass
class _Open:
    tag: str
    start: int
    attributes: dict[str, str]


@dataclass
class _Reader:
    source: str
    at: int = 0
    text: list[str] = field(default_factory=list)
    entities: list[dict[str, Any]] = field(default_factory=list)
    open: list[_Open] = field(default_factory=list)

    def step(self) -> None:
        character = self.source[self.at]
        if character == "<":
            self._tag()
        elif character == "&" and (found := _ENTITY.match(self.source, self.at)) and (said := _character(found)):
            self.text.append(said)
            self.at = found.end()
        else:
            self.text.append(character)
            self.at += 1

    def _tag(self) -> None:
        found = _TAG.match(self.source, self.at)
        assert found is not None
        start, tag = self.at, found[2].lower()
        self.at = found.end()
        if found[1]:
            self._close(tag, start)
        elif tag not in _TYPES:
            raise self._error(f'Unsupported start tag "{tag}"', start)
        else:
            attributes = self._attributes(start)
            if tag == "span" and attributes.get("class") != "tg-spoiler":
                raise self._error('Tag "span" must have class "tg-spoiler"', start)
            self.open.append(_Open(tag, self._length(), attributes))

    def _attributes(self, start: int) -> dict[str, str]:
        attributes = {}
        while found := _ATTRIBUTE.match(self.source, self.at):
            attributes[found[1].lower()] = next((one for one in found.groups()[1:] if one is not None), "")
            self.at = found.end()
        self._end(start, "Unclosed start tag")
        return attributes

    def _close(self, tag: str, start: int) -> None:
        if not self.open:
            raise self._error("Unexpected end tag", start)
        last = self.open.pop()
        if tag and tag != last.tag:
            raise self._error(f'Unmatched end tag, expected "</{last.tag}>", found "</{tag}>"', start)
        self._end(start, "Unclosed end tag")
        self._add(last)

    def _end(self, start: int, otherwise: str) -> None:
        while self.source[self.at : self.at + 1].isspace():
            self.at += 1
        if self.source[self.at : self.at + 1] != ">":
            raise self._error(otherwise, start)
        self.at += 1

    def _add(self, tag: _Open) -> None:
        length = self._length() - tag.start
        if not length:
            return
        entity: dict[str, Any] = {"type": _TYPES[tag.tag], "offset": tag.start, "length": length}
        if tag.tag == "a":
            if not tag.attributes.get("href"):
                return
            entity["url"] = tag.attributes["href"]
        elif tag.tag == "tg-emoji":
            entity["custom_emoji_id"] = tag.attributes.get("emoji-id", "")
        self.entities.append(entity)

    def _length(self) -> int:
        return utf16_length("".join(self.text))

    def _error(self, reason: str, at: int) -> Refused:
        offset = f" at byte offset {len(self.source[:at].encode())}"
        head, comma, tail = reason.partition(", ")
        return _refused(head + offset + comma + tail)


def _character(found: re.Match[str]) -> str | None:
    if found[3]:
        return _NAMED.get(found[3])
    number = int(found[1], 16) if found[1] else int(found[2])
    return chr(number) if 0 < number < 0xD800 or 0xDFFF < number < 0x110000 else None


def _trimmed(text: str, entities: list[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    """Telegram shows no white space around a message."""
    gone = utf16_length(text) - utf16_length(text.lstrip())
    text = text.strip()
    end = utf16_length(text)
    kept = []
    for entity in entities:
        first = max(entity["offset"] - gone, 0)
        last = min(entity["offset"] - gone + entity["length"], end)
        if last > first:
            kept.append({**entity, "offset": first, "length": last - first})
    return text, sorted(kept, key=lambda one: (one["offset"], -one["length"]))


def _refused(reason: str) -> Refused:
    return Refused(bad_request(f"can't parse entities: {reason}"))


# What Telegram marks by itself in what people write.
_FOUND = re.compile(
    r"(?P<bot_command>(?<!\S)/[A-Za-z0-9_]{1,32}(?:@\w+)?)|(?P<email>[\w.+-]+@[\w-]+\.[\w.]+\w)"
    r"|(?P<mention>(?<!\w)@\w{4,32})|(?P<url>https?://\S+)"
)


def entities_in(text: str) -> list[dict[str, Any]]:
    """Commands, mentions and addresses in a person's text."""
    return [
        {"type": found.lastgroup, "offset": utf16_length(text[: found.start()]), "length": utf16_length(found[0])}
        for found in _FOUND.finditer(text)
    ]
