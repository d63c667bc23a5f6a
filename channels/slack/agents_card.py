"""The card of a hand-over in the agents' channel: what one needs to know, and what one can do, as Slack's blocks."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from bot.reasons import reason_text
from bot.records import NOT_STATED, State
from bot.split import split
from channels.slack.messages import button, section
from channels.slack.mrkdwn import markup

Json = dict[str, Any]

CLAIM, HAND_BACK, CLOSE = "agents_claim", "agents_hand_back", "agents_close"
TRANSFER, PROMISE, OPEN = "agents_transfer", "agents_promise", "agents_open"

# Slack's limits are 150 characters for a header, 3000 for a section, some 13,000 for all of a message, in its markup.
_HEADER_CHARACTERS, _WORDS_CHARACTERS, _LINE_CHARACTERS, _NAME_CHARACTERS = 140, 2000, 300, 60

# The lines of the summary that say something at a glance; the rest is at the desk.
_LINES = (
    "contact",
    "order",
    "product",
    "amount",
    "date",
    "wanted_remedy",
    "tried",
    "flags",
    "open_questions",
    "next_step",
)
_DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b")
_NOTHING = (NOT_STATED, "none", "nothing yet")

_CHANNELS = {"web": "website", "telegram": "Telegram", "slack": "Slack", "email": "e-mail"}
OUTCOMES = {"solved": "solved", "unsolved": "not solved", "no_reply": "no reply any more", "spam": "spam"}

MOODS = {
    "calm": "calm",
    "worried": "worried",
    "disappointed": "disappointed",
    "frustrated": "frustrated",
    "angry": "angry",
    "abusive": "abusive",
    "threatening_legal": "legal threat",
    "threatening_physical": "threat",
}
_GRADED = {"worried", "disappointed", "frustrated", "angry"}
_VERY_FROM, _SLIGHTLY_BELOW = 0.75, 0.4  # as at the desk
_URGENT_FROM = 90  # a threat, or somebody in danger


@dataclass(frozen=True, slots=True)
class Card:
    """All that a card shows; times have a zone."""

    conversation: UUID
    episode: int
    state: State
    since: datetime  # when it came into this state
    channel: str
    language: str
    customer: str | None
    reason: str | None
    rule: str | None
    urgency: int
    routed_to: str
    waiting_since: datetime | None
    owner: str | None
    mood: Mapping[str, Any] | None  # of what the customer wrote last
    heat: float  # 0 to 1, of the conversation so far
    lines: Sequence[Mapping[str, Any]] = ()
    promises: Sequence[Mapping[str, Any]] = ()
    outcome: str | None = None

    @property
    def name(self) -> str:
        """What its buttons carry."""
        return f"{self.conversation}/{self.episode}"


def content(card: Card, desk: str | None) -> Json:
    """``text`` for notifications and ``blocks``; ``desk`` is the address of the desk's page, if it has one."""
    reason = reason_text({"reason": card.reason, "rule": card.rule}) or "Needs a person"
    title = f"{reason}: {card.customer}" if card.customer else reason
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": _cut(title, _HEADER_CHARACTERS), "emoji": False}},
        section(_state(card)),
        _small(_who(card)),
        *_story(card),
        *_promises(card),
        {"type": "actions", "elements": list(_buttons(card, desk))},
    ]
    return {
        "text": _short(f"{title} ({_plain_state(card)})", _LINE_CHARACTERS),
        "blocks": [block for block in blocks if block.get("elements") != []],
    }


def fingerprint(shown: Json) -> str:
    """The same for a card that looks the same."""
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:24]


def mood_words(mood: Mapping[str, Any] | None, heat: float) -> str:
    """Such as "very angry", and of somebody who was not calm all along "calm now"."""
    kind = str((mood or {}).get("kind", "calm"))
    if kind == "calm" and heat > 0:
        return "calm now"
    strength = float((mood or {}).get("strength", 0.0))
    word = MOODS.get(kind, kind.replace("_", " "))
    if kind in _GRADED:
        word = f"very {word}" if strength >= _VERY_FROM else f"a little {word}" if strength < _SLIGHTLY_BELOW else word
    return word


def date(at: datetime, form: str = "{date_short_pretty} {time}") -> str:
    """A time that Slack shows by the reader's own clock; ``{ago}`` stands for how long it is past."""
    return f"<!date^{int(at.timestamp())}^{form}|{at.astimezone(UTC):%d %b %H:%M} UTC>"


def words(text: str, *, quoted: bool = False) -> Json:
    """Somebody's own words: Slack shows them as they are, makes nothing of them, and calls nobody."""
    kind = "rich_text_quote" if quoted else "rich_text_section"
    return {"type": "rich_text", "elements": [{"type": kind, "elements": [{"type": "text", "text": text}]}]}


def _state(card: Card) -> str:
    lead = " *For a lead.*" if card.routed_to == "lead" and card.state in ("waiting", "agent") else ""
    urgent = ":rotating_light: " if card.urgency >= _URGENT_FROM and card.state == "waiting" else ""
    match card.state:
        case "waiting":
            since = card.waiting_since or card.since
            return f"{urgent}*Nobody has it yet.* Waiting since {date(since, '{time}')}, {date(since, '{ago}')}.{lead}"
        case "agent":
            return (
                f":bust_in_silhouette: *{_short(card.owner or 'A colleague')}* has it since {date(card.since)}.{lead}"
            )
        case "bot":
            return f":leftwards_arrow_with_hook: The bot has it again since {date(card.since)}."
        case _:
            outcome = f" as *{OUTCOMES.get(card.outcome, card.outcome)}*" if card.outcome else ""
            return f":white_check_mark: Closed{outcome}."


def _plain_state(card: Card) -> str:
    return {
        "waiting": "nobody has it yet",
        "agent": f"{card.owner or 'a colleague'} has it",
        "bot": "the bot has it",
        "closed": "closed",
    }[card.state]


def _who(card: Card) -> str:
    where = _CHANNELS.get(card.channel, card.channel)
    mood = mood_words(card.mood, card.heat)
    return f"{_short(card.customer or 'Name not known')} · {where} · {card.language} · {mood}"


def _story(card: Card) -> Iterator[Json]:
    lines = {line["topic"]: line for line in card.lines if line["text"] not in _NOTHING}
    if situation := lines.get("situation"):
        yield _small(f"*In their own words*{_edited(situation)}")
        yield words(_cut(situation["text"], _WORDS_CHARACTERS), quoted=True)
    told = [
        f"*{markup(line['label'])}:* {_short(_read(line), _LINE_CHARACTERS)}{_edited(line)}"
        for line in map(lines.get, _LINES)
        if line is not None
    ]
    half = (len(told) + 1) // 2  # two sections hold any ten lines
    for group in (told[:half], told[half:]):
        if group:
            yield section("\n".join(group))


def _read(line: Mapping[str, Any]) -> str:
    """A line as people read it: of a date, the day of the week."""
    text = str(line["text"])
    return _DAY.sub(_weekday, text) if line["topic"] == "date" else text


def _weekday(found: re.Match[str]) -> str:
    try:
        day = datetime.fromisoformat(found[0])
    except ValueError:  # an agent may have written it
        return found[0]
    return f"{day:%a} {day.day} {day:%b %Y}"


def _edited(line: Mapping[str, Any]) -> str:
    return f" (put right by {_short(line['edited_by'])})" if line.get("edited_by") else ""


def _promises(card: Card) -> Iterator[Json]:
    for promise in card.promises:
        done = "kept" if promise["kept"] else f"due {date(datetime.fromisoformat(promise['due_at']))}"
        yield _small(f":handshake: {_short(promise['text'], _LINE_CHARACTERS)}, {_short(promise['by'])}, {done}")


def _buttons(card: Card, desk: str | None) -> Iterator[Json]:
    if card.state in ("waiting", "bot"):
        yield button("Take over", CLAIM, card.name, style="primary")
    if card.state == "agent":
        yield button("Hand back", HAND_BACK, card.name)
        yield button("Transfer", TRANSFER, card.name)
        yield button("Add promise", PROMISE, card.name)
    if card.state in ("waiting", "agent"):
        yield button("Close", CLOSE, card.name)
    if desk is not None:
        yield {**button("Open at the desk", OPEN), "url": f"{desk}#/c/{card.conversation}"}


def _small(text: str) -> Json:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text, "verbatim": True}]}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _short(text: str, most: int = _NAME_CHARACTERS) -> str:
    """In Slack's markup, and there no longer than ``most``, which is more than the text often has."""
    found = next(split(text, most - 1, length=lambda piece: len(markup(piece))), "")
    return markup(found) + ("…" if len(found) < len(text.strip()) else "")
