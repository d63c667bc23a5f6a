"""Rasa inside the worker: understanding and dialogue, proposing a `Turn` and changing nothing.

Rasa is CPU-bound and must not hold up the worker's event loop (its heartbeat would stop), so it lives on a
loop and thread of its own. A turn's tracker is built from a bounded number of stored turns: message 1,000 of
a conversation costs what message 10 did. What Rasa wants saved is collected and handed to the caller, who
writes it in the same transaction as everything else of the turn.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.lock_store import InMemoryLockStore
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    Event,
    SessionStarted,
    SlotSet,
)
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import ClientResponseError, EndpointConfig
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection

from bot.graph import InOrder, load_agent
from bot.nlu.entities import TIME_ZONE
from bot.records import Button, Mood, Turn, Understanding, Utterance

# Rasa sees this many earlier turns; rules and memoization (five states) look back less far.
TURNS_REMEMBERED = 2

T = TypeVar("T")

# Rasa checks every answer of an action server against a JSON schema, and the schema itself each time: 70 %
# of a turn's time. Ours come from rasa_sdk in this process and cannot have another form.
RemoteAction._validate_action_result = staticmethod(lambda result: True)


@dataclass(frozen=True, slots=True)
class PastTurn:
    """One stored turn: Rasa's events, and the form that was active when it began."""

    loop_before: str | None
    events: Sequence[Mapping[str, Any]]


class InProcessActions(EndpointConfig):  # type: ignore[misc]  # Rasa carries no types
    """An action server without the server: Rasa's calls go straight to rasa_sdk's executor."""

    def __init__(self, package: str) -> None:
        super().__init__(url="in-process")
        self._executor = ActionExecutor()
        self._executor.register_package(package)
        self.failed: set[str] = set()  # conversations whose turn met a fault in an action

    async def request(self, method: str = "post", **arguments: Any) -> Any:
        """Run the action that Rasa asks for; a rejection looks as it does over HTTP."""
        call = arguments["json"]
        try:
            return await self._executor.run(call)
        except ActionExecutionRejection as rejection:
            text = json.dumps({"error": rejection.message, "action_name": rejection.action_name})
            raise ClientResponseError(400, rejection.message, text) from rejection
        except Exception:
            # Rasa would log it and go on with an empty answer; the turn must know.
            self.failed.add(call["sender_id"])
            raise


class OneTurnStore(TrackerStore):  # type: ignore[misc]
    """Holds trackers for the length of a turn; the database is written by the turn's own transaction."""

    def __init__(self, domain: Any) -> None:
        super().__init__(domain)
        self.trackers: dict[str, DialogueStateTracker] = {}

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker that the turn was begun with."""
        return self.trackers.get(sender_id)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep it for the turn to read its events from."""
        self.trackers[tracker.sender_id] = tracker


class Brain:
    """Rasa's agents, one a language, on a thread of their own. Thread-safe; `close` ends the thread."""

    def __init__(self, models: Mapping[str, Path], *, actions: str = "actions") -> None:
        """Load the model files, by language, and the actions' package; takes some seconds."""
        self._store = OneTurnStore(None)
        self._actions = InProcessActions(actions)
        self._agents = {language: self._load(model) for language, model in models.items()}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="brain", daemon=True)
        self._thread.start()

    def _load(self, model: Path) -> Agent:
        agent = load_agent(
            model, tracker_store=self._store, lock_store=InMemoryLockStore(), action_endpoint=self._actions
        )
        self._store.domain = agent.domain  # the same in all languages
        return agent

    def close(self) -> None:
        """End the thread after the turn it is at."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def understand(
        self, text: str, *, language: str, time_zone: str | None = None, payload: str | None = None
    ) -> Understanding:
        """What one turn's text, or a pressed button, means in `language`.

        Days and times are those of `time_zone`, an IANA name; None takes that of the business.
        """
        return await self._on_thread(self._understand(text, payload, time_zone, self._agents[language]))

    async def propose(
        self,
        conversation: str,
        understood: Understanding,
        *,
        language: str,
        slots: Mapping[str, Any],
        past: Sequence[PastTurn],
    ) -> Turn:
        """The dialogue's answer to what was understood, given the slots and the last turns (oldest first)."""
        return await self._on_thread(self._propose(conversation, understood, self._agents[language], slots, past))

    def graph(self, language: str) -> InOrder:
        """What computes messages in `language`: its components, and what each of them took last."""
        graph: InOrder = self._agents[language].processor.graph_runner
        return graph

    async def _on_thread(self, work: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def _understand(self, text: str, payload: str | None, time_zone: str | None, agent: Agent) -> Understanding:
        # A leading slash is Rasa's sign for a command. Only buttons we offered are commands.
        said = payload or text.lstrip("/ ") or "/"
        metadata = {TIME_ZONE: time_zone} if time_zone else None
        parse = await agent.processor.parse_message(UserMessage(text=said, metadata=metadata))
        if payload is None:
            mood = parse.get("mood") or {}
            felt = Mood(mood.get("kind", "calm"), float(mood.get("strength", 0)), tuple(mood.get("evidence", ())))
        else:
            felt = Mood()
            parse["mood"] = felt.to_json()
        return Understanding(
            text=text,
            intent=parse["intent"]["name"] or "nlu_fallback",
            confidence=float(parse["intent"].get("confidence", 0.0)),
            entities=tuple(parse["entities"]),
            mood=felt,
            parse=parse,
        )

    async def _propose(
        self,
        conversation: str,
        understood: Understanding,
        agent: Agent,
        slots: Mapping[str, Any],
        past: Sequence[PastTurn],
    ) -> Turn:
        tracker = _tracker(agent.domain, conversation, slots, past)
        known = len(tracker.events)
        loop_before = tracker.active_loop_name
        self._store.trackers[conversation] = tracker
        self._actions.failed.discard(conversation)
        try:
            message = UserMessage(
                text=understood.parse["text"],
                output_channel=CollectingOutputChannel(),
                sender_id=conversation,
                parse_data=dict(understood.parse),
            )
            await agent.processor.handle_message(message)
        finally:
            tracker = self._store.trackers.pop(conversation)
        new = list(tracker.events)[known:]
        after = tracker.current_slot_values()
        return Turn(
            understanding=understood,
            replies=tuple(_utterance(event) for event in new if isinstance(event, BotUttered) and event.text),
            wishes=tuple(after.get("wishes") or ()),
            slots={name: value for name, value in after.items() if value is not None},
            loop_before=loop_before,
            events=tuple(event.as_dict() for event in new),
            failed=conversation in self._actions.failed,
        )


def _tracker(
    domain: Domain, conversation: str, slots: Mapping[str, Any], past: Sequence[PastTurn]
) -> DialogueStateTracker:
    """A tracker as if the remembered turns had just happened, with today's slots."""
    known = {slot.name for slot in domain.slots}
    events: list[Event] = [
        ActionExecuted("action_session_start"),
        SessionStarted(),
        ActionExecuted("action_listen"),
    ]
    if past and past[0].loop_before:
        events.append(ActiveLoop(past[0].loop_before))
    for turn in past:
        events.extend(_event_type(event["event"])._from_parameters(dict(event)) for event in turn.events)
    events.extend(SlotSet(name, value) for name, value in slots.items() if name in known)
    return DialogueStateTracker.from_events(conversation, events, domain.slots)


@cache
def _event_type(name: str) -> Any:
    """Rasa's class for an event's name; Rasa itself searches all classes for every event."""
    return Event.resolve_by_type(name)


def _utterance(event: BotUttered) -> Utterance:
    buttons = (event.data or {}).get("buttons") or ()
    return Utterance(
        text=event.text,
        buttons=tuple(Button(button["title"], button["payload"]) for button in buttons),
        wording=event.metadata.get("wording") or "",
        article=event.metadata.get("article"),
    )
