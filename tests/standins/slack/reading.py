"""Slack between the keyboard and the screen: what a typed text becomes, and how a message looks to a person."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.standins.slack.workspace import Message, Workspace, things

Json = dict[str, Any]

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"https?://[^\s<>|]+")
_MARKUP = re.compile(r"<([^<>]*)>")
_BROADCASTS = ("channel", "here", "everyone")


def typed(text: str, workspace: Workspace) -> str:
    """What Slack makes of a text from the keyboard: escaped, with links, addresses and mentions in angle brackets."""
    text = _escaped(text)
    text = _EMAIL.sub(lambda found: f"<mailto:{found[0]}|{found[0]}>", text)
    text = _URL.sub(lambda found: f"<{found[0]}>", text)
    called = {user.name: f"<@{user.id}>" for user in workspace.users.values()}
    called |= {group.handle: group.mention for group in workspace.groups.values()}
    called |= {name: f"<!{name}>" for name in _BROADCASTS}
    for name in sorted(called, key=len, reverse=True):
        text = re.sub(rf"(?<![\w.@])@{re.escape(name)}\b", called[name], text)
    return text


def rich_text(text: str) -> list[Json]:
    """The block that Slack adds to what people write."""
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return [{"type": "rich_text", "elements": [section]}]


def readable(text: str, workspace: Workspace) -> str:
    """A text in Slack's markup as a person reads it; asterisks and the like stay."""

    def shown(found: re.Match[str]) -> str:
        target, _, label = found[1].partition("|")
        if target.startswith("@"):
            user = workspace.users.get(target[1:])
            return f"@{user.name}" if user else f"@{target[1:]}"
        if target.startswith("#"):
            channel = workspace.channels.get(target[1:])
            return f"#{channel.name if channel else label or target[1:]}"
        if target.startswith("!subteam^"):
            group = workspace.groups.get(target.removeprefix("!subteam^"))
            return f"@{group.handle}" if group else f"@{label}"
        if target.startswith("!date^"):
            return label  # a real screen shows it by its own clock
        return f"@{target[1:]}" if target.startswith("!") else label or target

    return _MARKUP.sub(shown, text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def called(text: str, workspace: Workspace) -> tuple[str, ...]:
    """Whom a text calls to their screens: @channel, groups, people."""
    found = [match[1].partition("|")[0] for match in _MARKUP.finditer(text)]
    return tuple(
        readable(f"<{one}>", workspace) for one in found if one.startswith(("@", "!")) and not one.startswith("!date^")
    )


@dataclass(frozen=True, kw_only=True)
class Line:
    """A message as a person sees it. ``calls`` names whom it notifies, ``private`` that only this person sees it."""

    author: str
    text: str
    notification: str
    buttons: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    reactions: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    edited: bool = False
    private: bool = False
    message: Message

    def __str__(self) -> str:
        parts = [f"{self.author}: {self.text}", *(f"[{button}]" for button in self.buttons)]
        parts += [*(f":{name}:" for name in self.reactions), *(f"<{name}>" for name in self.files)]
        return " ".join(parts) + (" (edited)" if self.edited else "") + (" (only you)" if self.private else "")


def line(message: Message, workspace: Workspace) -> Line:
    """A message as it looks. With blocks these are what is seen; the text is then for notifications only."""
    raw = "\n".join(block_texts(message.blocks)) if message.blocks else message.text
    if not message.user.bot_id:
        raw = message.text  # a person's own block repeats the text
    return Line(
        author=message.user.name,
        text=readable(raw, workspace),
        notification=readable(message.text, workspace),
        buttons=tuple(buttons(message.blocks)),
        choices=tuple(choices(message.blocks)),
        reactions=tuple(message.reactions),
        files=tuple(file.title or file.name for file in message.files),
        calls=called(raw, workspace),
        edited=message.edited is not None,
        private=message.only_for is not None,
        message=message,
    )


def buttons(blocks: list[Json]) -> Iterator[str]:
    """The buttons' visible texts."""
    yield from (thing["text"]["text"] for _, thing in things(blocks) if thing["type"] == "button")


def options(thing: Json) -> list[Json]:
    """The options of a menu, those in groups too."""
    grouped = [option for group in thing.get("option_groups", []) for option in group["options"]]
    return [*thing.get("options", []), *grouped]


def choices(blocks: list[Json]) -> Iterator[str]:
    """The visible texts of what can be chosen."""
    yield from (option["text"]["text"] for _, thing in things(blocks) for option in options(thing))


def block_texts(blocks: list[Json]) -> Iterator[str]:
    """What blocks say, without what can be pressed."""
    for block in blocks:
        parts = [block.get("text"), *block.get("fields", []), block.get("label")]
        if block["type"] in ("context", "rich_text"):
            parts += block["elements"]
        yield from _texts(parts)


def _texts(parts: list[Any]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict):
            # Only mrkdwn is read for markup: what else there is, a screen shows as it is.
            as_it_is = part.get("type") in ("plain_text", "text")
            text = part.get("text")
            yield from [_escaped(text)] if as_it_is and isinstance(text, str) else _texts([text])
            yield from _texts(part.get("elements", []))


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
