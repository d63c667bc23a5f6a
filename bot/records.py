"""The records that travel between understanding, deciding and remembering: plain, frozen, no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

State = Literal["bot", "waiting", "agent", "closed"]
Author = Literal["customer", "bot", "agent", "system", "note"]
Role = Literal["agent", "lead", "admin"]

MOODS = (
    "calm",
    "worried",
    "disappointed",
    "frustrated",
    "angry",
    "abusive",
    "threatening_legal",
    "threatening_physical",
)


NOT_STATED = "not stated"
"""In a slot: asked for, and the customer does not have it or does not know. In a summary: unknown."""

SELF_HARM = "self_harm"
"""The cue of evidence that somebody may harm themselves; their mood counts as worried."""


@dataclass(frozen=True, slots=True)
class Mood:
    """How one turn sounds: a kind out of `MOODS` and its strength in 0..1, with the words that show it."""

    kind: str = "calm"
    strength: float = 0.0
    evidence: tuple[Mapping[str, Any], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As stored with a message and shown at the desk."""
        return {"kind": self.kind, "strength": round(self.strength, 3), "evidence": [dict(e) for e in self.evidence]}


@dataclass(frozen=True, slots=True)
class Understanding:
    """What NLU made of one turn's text."""

    text: str
    intent: str
    confidence: float
    entities: tuple[Mapping[str, Any], ...] = ()
    mood: Mood = Mood()
    parse: Mapping[str, Any] = field(default_factory=dict)  # Rasa's parse data, handed back to Rasa as it is


@dataclass(frozen=True, slots=True)
class Button:
    """One choice offered below a message; the payload is Rasa's, ``/intent{"entity": "value"}``."""

    title: str
    payload: str


@dataclass(frozen=True, slots=True)
class Utterance:
    """Something the bot says; ``wording`` names the template it came from, ``article`` its source (P22)."""

    text: str
    buttons: tuple[Button, ...] = ()
    wording: str = ""
    article: str | None = None

    @property
    def asks(self) -> bool:
        """Whether it waits for an answer."""
        return bool(self.buttons) or self.text.rstrip().endswith("?")


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of the dialogue as the brain proposes it; nothing of it has happened yet."""

    understanding: Understanding
    replies: tuple[Utterance, ...]
    wishes: tuple[Mapping[str, Any], ...]
    slots: Mapping[str, Any]
    loop_before: str | None
    events: tuple[Mapping[str, Any], ...]  # Rasa's events of this turn
    failed: bool = False  # an action met a fault: a person should look


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why a person is asked for, who, and how urgently (0..100): what a hand-over stores and agents see."""

    reason: str  # a code of `bot.reasons`
    rule: str  # the rule in words, with its threshold
    numbers: Mapping[str, Any] = field(default_factory=dict)
    routed_to: Literal["agent", "lead"] = "agent"
    urgency: int = 0

    def to_json(self) -> dict[str, Any]:
        """As stored while consent is asked for."""
        return {
            "reason": self.reason,
            "rule": self.rule,
            "numbers": dict(self.numbers),
            "routed_to": self.routed_to,
            "urgency": self.urgency,
        }
