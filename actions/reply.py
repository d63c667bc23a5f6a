"""One action's reply in the making, and the decorator that makes a function a Rasa action."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.resources import business, wording
from bot.heat import heat_after
from bot.knowledge import Index, current
from bot.records import Mood

Asked = str | None
"""What an action asked the customer, as the slot `asked` names it; None for nothing."""

Event = dict[str, Any]

FORM = "complaint_form"

_SAID_KEPT = 12  # variants remembered; more than any key has, so that all of them take turns (P11)

# A ranked intent of at least this confidence may have been meant. Of 516 messages that were left out of training and
# not understood, 18 have one, and 10 of these mean it.
_LIKELY = 0.1

_STRONG = 0.6  # from this strength of a mood on, the words are stronger too

_HOT_ABOVE_LISTENING = 0.2  # above `listen.from_heat`, somebody is too upset for solutions (P10)


class Reply:
    """Reads the tracker; collects utterances, slots and wishes until `events` hands them to Rasa."""

    def __init__(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
        self.tracker = tracker
        self._dispatcher = dispatcher
        self._context: dict[str, Any] = tracker.slots.get("context") or {}
        self._slots: dict[str, Any] = {}
        self._said: list[str] = list(tracker.slots.get("said") or ())
        # Without the core nobody empties the wishes, and nobody reads them either.
        self._wishes: list[dict[str, Any]] = list(tracker.slots.get("wishes") or ()) if self._context else []
        self.language = business().served(self._context.get("language", ""))
        self._wording = wording(self.language)

    # What the customer just said.

    @property
    def text(self) -> str:
        """The message in the customer's own words; empty for a pressed button."""
        text: str = (self.tracker.latest_message.get("text") or "").strip()
        return "" if text.startswith("/") else text

    @property
    def intent(self) -> str:
        intent: str = (self.tracker.latest_message.get("intent") or {}).get("name") or "nlu_fallback"
        return intent

    @property
    def mood(self) -> Mood:
        felt = self.tracker.latest_message.get("mood") or {}
        return Mood(felt.get("kind", "calm"), float(felt.get("strength", 0)))

    def entity(self, name: str) -> Any:
        """The value of the last entity of this kind in the message, or None."""
        entities = self.tracker.latest_message.get("entities") or ()
        return next((entity["value"] for entity in reversed(entities) if entity["entity"] == name), None)

    @property
    def likely(self) -> list[str]:
        """What the message may mean, likeliest first: its intent, or what it lies between ("yes thanks")."""
        ranking = self.tracker.latest_message.get("intent_ranking") or ()
        ranked = [self.intent, *(one["name"] for one in ranking if one["confidence"] >= _LIKELY)]
        return [name for name in dict.fromkeys(ranked) if name != "nlu_fallback"]

    def earlier_texts(self) -> Iterator[tuple[str, str]]:
        """(intent, text) of the customer's messages in their own words, the newest first."""
        for event in reversed(self.tracker.events):
            text = event.get("text") or ""
            if event.get("event") == "user" and text and not text.startswith("/"):
                yield (event.get("parse_data", {}).get("intent") or {}).get("name") or "", text

    # What is known.

    @property
    def articles(self) -> Index:
        """The articles in the customer's language."""
        return current(self.language)

    def slot(self, name: str) -> Any:
        """The slot as this reply leaves it."""
        return self._slots.get(name, self.tracker.slots.get(name))

    def context(self, name: str, default: Any = None) -> Any:
        """What the core told about the conversation; `default` in a plain `rasa shell`."""
        value = self._context.get(name)
        return default if value is None else value

    @property
    def in_complaint(self) -> bool:
        """Whether the complaint form is under way, so that it asks again after this reply."""
        return bool(self.tracker.active_loop_name == FORM)

    @property
    def too_heated(self) -> bool:
        """Whether the customer is too upset for solutions, this message included (P10)."""
        limit = business().listen.from_heat + _HOT_ABOVE_LISTENING
        return heat_after(float(self.context("heat", 0.0)), self.mood) >= limit

    @property
    def name(self) -> str:
        """The customer's name to put into a sentence, as ", Kari"; empty unless it is welcome now (P7)."""
        name = self.context("customer_name", "")
        return f", {name}" if name and self.context("name_ok", False) else ""

    # What we answer.

    def phrase(self, key: str, **fields: object) -> str:
        """A text from the wording, taking turns among its variants, to be built into a message."""
        text, variant = self._wording.say(key, said=self._said, **fields)
        self._said = [*self._said, variant][-_SAID_KEPT:]
        return text

    def empathise(self) -> None:
        """Show that we share the feeling, in words that fit its kind and strength (P9)."""
        self.say(f"empathy.{self.mood.kind}{'.strong' if self.mood.strength >= _STRONG else ''}")

    def term(self, key: str, **fields: object) -> str:
        """A text that has only one way to say it: a title, a line of a list, a name."""
        return self._wording.say(key, said=(), **fields)[0]

    def say(self, key: str, *, buttons: Sequence[Event] = (), article: str | None = None, **fields: object) -> None:
        """Say a text from the wording as one message."""
        self.utter(self.phrase(key, **fields), buttons=buttons, article=article)

    def utter(self, text: str, *, buttons: Sequence[Event] = (), article: str | None = None) -> None:
        """Say `text` as one message, naming the wording used last and the article it comes from (P22)."""
        variant = self._said[-1] if self._said else ""
        self._dispatcher.utter_message(text=text, buttons=list(buttons), wording=variant, article=article)

    def button(self, key: str, payload: str) -> Event:
        """A choice with the title `button.<key>`."""
        return {"title": self.term(f"button.{key}"), "payload": payload}

    def set(self, **slots: Any) -> None:
        """Leave these values in the slots."""
        self._slots |= slots

    def wish(self, kind: str, **details: Any) -> None:
        """Ask the core for something; it decides."""
        self._wishes.append({"kind": kind, **details})

    def events(self) -> list[Event]:
        """The slots as Rasa events, without what was asked."""
        slots = {**self._slots, "said": self._said, "wishes": self._wishes}
        return [SlotSet(name, value) for name, value in slots.items()]


ACTIONS: list[type] = []
"""Every action made by `action`; keeps the classes alive, as Python itself does not."""


def action(name: str) -> Callable[[Callable[[Reply], Asked]], Callable[[Reply], Asked]]:
    """Make a function of a `Reply` the Rasa action called `name`; it returns what it asked.

    rasa_sdk finds actions as subclasses of `Action`, so one is made for it.
    """

    def register(respond: Callable[[Reply], Asked]) -> Callable[[Reply], Asked]:
        def run(self: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Event) -> list[Event]:
            reply = Reply(dispatcher, tracker)
            asked = respond(reply)
            return [*reply.events(), SlotSet("asked", asked)]

        members = {"name": lambda self: name, "run": run, "__module__": respond.__module__, "__doc__": respond.__doc__}
        ACTIONS.append(type(name, (Action,), members))
        return respond

    return register
