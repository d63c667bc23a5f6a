"""Runs actions as Rasa does: a tracker as JSON into rasa_sdk's executor, events and utterances out of it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rasa_sdk.executor import ActionExecutor

from bot.articles import Article
from bot.knowledge import Hit, Hits, Kind

FORM = "complaint_form"

EXECUTOR = ActionExecutor()
EXECUTOR.register_package("actions")


class Shelf:
    """A few articles and the finds that a test wants; searched and asked like `bot.knowledge.Index`."""

    def __init__(self, *articles: Article) -> None:
        self._articles = {article.id: article for article in articles}
        self.finds: Hits = Hits("nothing")
        self.found: dict[str, Hits] = {}
        self.searched: list[str] = []

    def add(self, article: Article) -> None:
        """One more article."""
        self._articles[article.id] = article

    def find(self, kind: Kind, *ids: str, text: str | None = None) -> None:
        """What the next searches find, or those for `text`."""
        hits = Hits(kind, tuple(Hit(id, 0.9 - place / 10) for place, id in enumerate(ids)))
        if text is None:
            self.finds = hits
        else:
            self.found[text] = hits

    def search(self, text: str, *, limit: int = 3) -> Hits:
        self.searched.append(text)
        finds = self.found.get(text, self.finds)
        return Hits(finds.kind, finds.hits[:limit])

    def article(self, article_id: str) -> Article | None:
        return self._articles.get(article_id)


@dataclass
class Customer:
    """Talks with single actions, and with the complaint form as Rasa drives it; keeps the slots between turns."""

    context: dict[str, Any] | None = field(default_factory=lambda: {"conversation": "c-1", "episode": 1})
    slots: dict[str, Any] = field(default_factory=dict)
    replies: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    loop: str | None = None

    @property
    def said(self) -> str:
        """All that the bot said in the last turn."""
        return "\n".join(reply["text"] for reply in self.replies)

    @property
    def titles(self) -> list[str]:
        return [button["title"] for reply in self.replies for button in reply["buttons"]]

    @property
    def payloads(self) -> list[str]:
        return [button["payload"] for reply in self.replies for button in reply["buttons"]]

    def wishes(self, kind: str) -> list[dict[str, Any]]:
        """What the last turn asked of the core."""
        return [wish for wish in self.slots.get("wishes") or () if wish["kind"] == kind]

    def hear(
        self,
        action: str,
        text: str = "",
        intent: str = "nlu_fallback",
        *,
        mood: tuple[str, float] = ("calm", 0.0),
        ranking: Sequence[str] = (),
        **entities: Any,
    ) -> None:
        """One message, answered by `action` alone."""
        self._message(text, intent, mood, ranking, entities)
        self._run(action)

    def complain(
        self,
        text: str,
        intent: str,
        *,
        mood: tuple[str, float] = ("calm", 0.0),
        ranking: Sequence[str] = (),
        **entities: Any,
    ) -> None:
        """A message that begins a complaint."""
        self.hear("action_begin_complaint", text, intent, mood=mood, ranking=ranking, **entities)
        self.loop = FORM
        self._form()

    def reply(
        self,
        text: str,
        intent: str = "inform",
        *,
        mood: tuple[str, float] = ("calm", 0.0),
        interrupted_by: str | None = None,
        **entities: Any,
    ) -> None:
        """A message while the form is active; `interrupted_by` is the action that must get it instead."""
        self._message(text, intent, mood, (), entities)
        rejected = self._form()
        assert rejected == (interrupted_by is not None), (
            "the form took it" if interrupted_by else "the form rejected it"
        )
        if interrupted_by:
            self._run(interrupted_by)
            self._form()

    def _form(self) -> bool:
        """What Rasa's form does: validate, then ask for the requested slot, or record; whether it was rejected."""
        self.events.append({"event": "action", "name": FORM})
        for event in self._run(f"validate_{FORM}"):
            if event["event"] == "action_execution_rejected":
                return True
        if self.slots.get("requested_slot"):
            self._run(f"action_ask_{FORM}_{self.slots['requested_slot']}")
        else:
            self.loop = None
            self._run("action_record_complaint")
        return False

    def _message(
        self, text: str, intent: str, mood: tuple[str, float], ranking: Sequence[str], entities: Mapping[str, Any]
    ) -> None:
        found = [{"entity": name, "value": value} for name, value in entities.items()]
        parse = {
            "text": text,
            "intent": {"name": intent, "confidence": 0.9},
            "intent_ranking": [{"name": name, "confidence": 0.4} for name in (intent, *ranking)],
            "entities": found,
            "mood": {"kind": mood[0], "strength": mood[1], "evidence": []},
        }
        self.replies = []
        self.slots |= {"wishes": [], "context": self.context and dict(self.context)}
        # Rasa fills these from entities before any action runs (domain.yml).
        self.slots |= {name: entities[name] for name in ("order_number", "product", "amount") if name in entities}
        self.events.append({"event": "user", "text": text, "parse_data": parse})

    def _run(self, action: str) -> list[dict[str, Any]]:
        message = next(event for event in reversed(self.events) if event["event"] == "user")
        tracker = {
            "sender_id": "c-1",
            "slots": dict(self.slots),
            "latest_message": message["parse_data"],
            "events": list(self.events),
            "active_loop": {"name": self.loop} if self.loop else {},
        }
        result = asyncio.run(EXECUTOR.run({"next_action": action, "tracker": tracker, "domain": {}}))
        self.slots |= {event["name"]: event["value"] for event in result["events"] if event["event"] == "slot"}
        self.events += result["events"]
        if not action.startswith(("validate_", "action_ask_complaint_form")):
            self.events.append({"event": "action", "name": action})
        self.replies += result["responses"]
        events: list[dict[str, Any]] = result["events"]
        return events
