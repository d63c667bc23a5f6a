"""A conversation's thread in the agents' channel: how it shows what is said, and what did not reach the customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.channel import Outgoing, Part
from bot.split import split
from channels.slack.agents_card import words
from channels.slack.messages import EVENT, button, section
from channels.slack.mrkdwn import markup

Json = dict[str, Any]

RETRY = "agents_retry"

_SECTION_CHARACTERS = 3000


def parts_for_agents(message: Outgoing) -> Sequence[Part]:
    """The calls that show ``message`` in the thread: who says it, then their words as they are, then the files."""
    pieces = list(split(message.text, _SECTION_CHARACTERS)) or ["(a file)"]
    head = {"type": "context", "elements": [{"type": "mrkdwn", "text": _head(message), "verbatim": True}]}
    offered = " ".join(f"[{button.title}]" for button in message.buttons)
    blocks = [head, *(words(piece) for piece in pieces), *([_offer(offered)] if offered else [])]
    first: Json = {
        "text": f"{_head(message)}\n{markup(message.text)}".rstrip(),
        "blocks": blocks,
        "titles": [button.title for button in message.buttons],
        "metadata": {"event_type": EVENT, "event_payload": {"id": message.id, "part": 0}},
    }
    return [first, *({"file": file, "after": message.id} for file in message.files)]


def not_delivered(problem: str | None, name: str) -> tuple[str, list[Json]]:
    """What stands below a message that failed: why, and Retry, whose value is ``name``; as text and as blocks."""
    text = f":warning: This did not reach the customer: {markup(problem or 'It could not be delivered.')}"
    return text, [section(text), {"type": "actions", "elements": [button("Retry", RETRY, name)]}]


def not_sent(files: Sequence[Mapping[str, str]], *, rest: bool) -> str:
    """Why the customer does not get these files of a message whose ``rest`` they have, and what to do."""
    which = "this file" if len(files) == 1 else "these files"
    lines = [f"• {markup(file['name'])}: {markup(file['problem'])}" for file in files]
    end = "Attach it again in a form that we take, or send it at the desk."
    return "\n".join(
        [f":warning: The customer does not get {which}:", *lines, f"The rest was delivered. {end}" if rest else end]
    )


def _head(message: Outgoing) -> str:
    agent = markup(message.agent or "A colleague")
    return {
        "customer": ":speech_balloon: *Customer*",
        "bot": ":robot_face: *Bot*",
        "agent": f":bust_in_silhouette: *{agent}* to the customer, from the desk",
        "note": f":lock: *{agent}*, internal",
        "system": ":information_source: Notice to the customer",
    }[message.author]


def _offer(titles: str) -> Json:
    return {"type": "context", "elements": [{"type": "plain_text", "text": titles, "emoji": False}]}
