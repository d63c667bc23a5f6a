"""What a message is on Slack: how ours look, within Slack's limits, and which of those that come people wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.arrival import Pressed
from bot.channel import Outgoing, Part
from bot.errors import InvalidMessage
from bot.links import elsewhere
from bot.records import Button
from bot.split import split
from channels.slack.mrkdwn import markup

# https://docs.slack.dev/reference/block-kit/blocks
_SECTION_CHARACTERS = 3000
_SECTIONS = 4  # in one message; with more it comes near to `msg_blocks_too_long`
_TITLE_CHARACTERS = 75
_BUTTONS = 25  # in one block

EVENT = "warmline_message"
"""The kind of metadata by which a message of ours is found again."""

WRITTEN = (None, "file_share", "me_message", "thread_broadcast")
"""The subtypes of events by which somebody says something."""

_SLACKBOT = "USLACKBOT"

Json = dict[str, Any]


def parts(message: Outgoing, business: str, site: str | None) -> Sequence[Part]:
    """The calls for ``message``: its text, its buttons below the last piece, then its files one by one.

    ``site`` is where our own pages are seen from outside.
    """
    said = elsewhere(message.text, site)
    text = f"{message.agent} ({business}): {said}".rstrip() if message.agent else said
    pieces = list(split(text, _SECTION_CHARACTERS, length=lambda piece: len(markup(piece))))
    bundles = [pieces[start : start + _SECTIONS] for start in range(0, len(pieces), _SECTIONS)]
    found: list[Json] = []
    for number, bundle in enumerate(bundles):
        last = number == len(bundles) - 1
        buttons = message.buttons if last else ()
        found.append(
            {
                "text": "\n".join(markup(piece) for piece in bundle),
                "blocks": [*(section(markup(piece)) for piece in bundle), *_choices(message.seq, buttons)],
                "titles": [button.title for button in buttons],
                "metadata": {"event_type": EVENT, "event_payload": {"id": message.id, "part": number}},
            }
        )
    return [*found, *({"file": file, "after": message.id} for file in message.files)]


def section(text: str) -> Json:
    """A paragraph in Slack's markup; ``verbatim``: nothing in it becomes a link or a call unless we wrote it so."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def button(title: str, action: str, value: str = "", *, style: str | None = None) -> Json:
    """A button; a title that is too long is cut."""
    cut = title if len(title) <= _TITLE_CHARACTERS else f"{title[: _TITLE_CHARACTERS - 1]}…"
    found: Json = {"type": "button", "action_id": action, "text": {"type": "plain_text", "text": cut, "emoji": False}}
    if value:
        found["value"] = value
    if style:
        found["style"] = style
    return found


def in_words(part: Part) -> str:
    """The text of a part with its choices as a list, for when its blocks are not taken."""
    return "\n".join([part["text"], *(f"• {markup(title)}" for title in part["titles"])])


def pressed(value: str) -> Pressed:
    """Which button a value stands for. Raises `InvalidMessage` when it is none of ours."""
    seq, _, place = value.partition(":")
    if not (seq.isdecimal() and place.isdecimal() and len(value) < 30):
        raise InvalidMessage("This is no choice of ours.")
    return Pressed(int(seq), int(place))


def chosen(blocks: Sequence[Json], choice: str) -> list[Json]:
    """The blocks of a message with what was chosen in place of its buttons."""
    kept = [block for block in blocks if block.get("type") != "actions"]
    mark = {"type": "context", "elements": [{"type": "mrkdwn", "text": f"✓ {markup(choice)}", "verbatim": True}]}
    return [*kept, mark]


def _choices(seq: int, buttons: Sequence[Button]) -> list[Json]:
    elements = [button(one.title, f"answer_{place}", f"{seq}:{place}") for place, one in enumerate(buttons)]
    return [
        {"type": "actions", "elements": elements[start : start + _BUTTONS]}
        for start in range(0, len(elements), _BUTTONS)
    ]


def by_person(message: Mapping[str, Any], bot: str | None) -> bool:
    """Whether a person wrote it: not ``bot``, which is ours, nor another one, nor Slack itself."""
    return message.get("user") not in (None, bot, _SLACKBOT) and not message.get("bot_id")
