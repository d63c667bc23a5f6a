"""The summary with which a conversation is handed over, so that nobody has to repeat the story (P27).

`summarise` is a pure function of what is stored. Every line names the messages it was drawn from; what is
unknown says "not stated", so that an agent sees at once what is left to ask.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from bot.nlu.sentences import sentences
from bot.records import NOT_STATED
from bot.yamlfile import read_document

_KEY_SENTENCES = 3
_SMALL_TALK_WORDS = 7  # "I want to talk to a person please" is all it says; more words say what about
_LONGEST_SENTENCE = 240  # characters; a longer one is cut at a word

# Customers write "Where is it?!", "(where is it?)" and "Where is it?😡"; what goes on with a word is an address.
_QUESTION = re.compile(r"[?؟](?!\S*\w)")

_TOLD_BEFORE = "told_before_en.yml"

# Turns that carry no part of the story, unless they say more than that.
_SMALL_TALK = {"greet", "goodbye", "thank", "affirm", "deny", "ask_person", "bot_challenge", "step_done", "not_sure"}

_CHANNELS = {"web": "Website", "telegram": "Telegram", "slack": "Slack", "email": "E-mail"}

_HELPED = {"affirm": "it helped", "step_done": "it helped", "thank": "it helped", "deny": "it did not help"} | {
    "step_stuck": "the customer got stuck"
}

_HELPED_BY = {intent for intent, outcome in _HELPED.items() if outcome == "it helped"}

_NEXT_STEP = {
    "self_harm": "Be there first: answer at once, listen, and name somebody who can help. The matter itself can wait.",
    "safety": "Keep calm, hear them out, and follow the safety procedure. The evidence is kept.",
    "legal": "Acknowledge the claim without admitting or disputing it, and say when they will hear from you.",
    "abuse": "The customer was asked to stay polite. Start from the matter itself and keep a calm tone.",
    "heat": "Let them speak and show that you see the trouble before you offer anything.",
    "heat_rising": "Let them speak and show that you see the trouble before you offer anything.",
    "remedy_limit": "Decide on the wanted remedy, which is beyond what the bot may promise.",
    "unsolved_again": "Look at the earlier contact first, apologise for the second one, and name one date.",
    "stuck": "Go on with the guide from the step where the customer got stuck.",
    "unverified": "Make sure who wrote, by a way that you know of, before anything is changed or told.",
    "passed_on": "Read the note of the colleague who passed this on, then tell the customer that you have it.",
    "not_understood": "Find out what the question really is. The bot had no fitting article.",
}


@dataclass(frozen=True, slots=True)
class Said:
    """One message, as far as a summary needs it."""

    seq: int
    author: str
    text: str
    intent: str | None = None
    mood: Mapping[str, Any] | None = None
    entities: Sequence[Mapping[str, Any]] = ()
    article: str | None = None
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Story:
    """All that a summary is drawn from; ``messages`` are those of the current episode, oldest first."""

    messages: Sequence[Said]
    customer: Mapping[str, Any]
    channel: str
    language: str
    slots: Mapping[str, Any]
    reason: str | None = None
    complaints: Sequence[Mapping[str, Any]] = ()
    promises: Sequence[Mapping[str, Any]] = ()
    earlier_episodes: int = 0
    articles: Mapping[str, str] | None = None  # id → title
    unverified: bool = False  # nobody vouches for who writes
    names: Mapping[str, str] | None = None  # ids of causes, remedies and products → their names


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the summary and the numbers of the messages it was drawn from."""

    topic: str
    label: str
    text: str
    evidence: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As stored and shown."""
        return {"topic": self.topic, "label": self.label, "text": self.text, "evidence": list(self.evidence)}


def summarise(story: Story) -> tuple[Line, ...]:
    """The lines of the summary, in the order in which an agent wants to read them."""
    return (
        _customer(story),
        _contact(story),
        Line("channel", "Channel", f"{_CHANNELS.get(story.channel, story.channel)}, {story.language}"),
        _situation(story),
        _cause(story),
        _fact(story, "order", "Order", "order_number"),
        _fact(story, "product", "Product", "product"),
        _fact(story, "amount", "Amounts", "amount"),
        _fact(story, "date", "Dates", "date"),
        _remedy(story),
        _tried(story),
        _mood(story),
        _flags(story),
        _open_questions(story),
        _promises(story),
        _next_step(story),
    )


def _customer(story: Story) -> Line:
    name = story.customer.get("name")
    found = _entities(story, "name")
    text = name or (str(found[0][1]["value"]) if found else NOT_STATED)
    return Line("customer", "Customer", text, tuple(seq for seq, _ in found[:1]))


def _contact(story: Story) -> Line:
    found = _entities(story, "email") + _entities(story, "phone")
    values = [str(entity["value"]) for _, entity in found]
    known = [story.customer[key] for key in ("email", "phone") if story.customer.get(key)]
    text = ", ".join(dict.fromkeys([*known, *values])) or NOT_STATED
    return Line("contact", "Contact", text, _seqs(found))


def _situation(story: Story) -> Line:
    """The customer's own key sentences, in the order in which they were said."""
    everything = list(_sentences(story))
    telling = [item for item in everything if item[0] > 0] or everything
    ranked = sorted(telling, key=lambda item: -item[0])[:_KEY_SENTENCES]
    chosen = sorted((seq, place, sentence) for _, seq, place, sentence in ranked)
    if not chosen:
        return Line("situation", "Situation", NOT_STATED)
    text = " ".join(f"“{_cut(sentence)}”" for _, _, sentence in chosen)
    return Line("situation", "Situation", text, tuple(dict.fromkeys(seq for seq, _, _ in chosen)))


def _sentences(story: Story) -> Iterable[tuple[float, int, int, str]]:
    """(score, seq, place, sentence) of everything the customer wrote.

    A sentence counts for what it tells: facts in it, a complaint or a question behind it, feeling, and a
    length at which something is said. The first telling message counts more: it is why they came.
    """
    place, told = 0, 0
    for said in story.messages:
        if said.author != "customer" or _is_small_talk(said):
            continue
        told += 1
        strength = float((said.mood or {}).get("strength", 0))
        aside = 10.0 * (said.intent in _SMALL_TALK and not said.entities)  # only where nothing else was said
        base = 1.5 * (told == 1) + 1.0 * (said.intent or "").startswith("complain") + 0.5 * strength
        for sentence in sentences(said.text):
            place += 1
            words = len(sentence.split())
            facts = sum(str(entity.get("text", entity["value"])) in sentence for entity in said.entities)
            no_words = 10.0 * (not any(map(str.isalnum, sentence)))  # a line of dashes, a smiley
            weight = base - aside - no_words + 0.7 * facts + min(words, 12) / 8 - 0.5 * (words < 3)
            yield weight, said.seq, place, sentence


def _is_small_talk(said: Said) -> bool:
    return said.intent in _SMALL_TALK and len(said.text.split()) <= _SMALL_TALK_WORDS and not said.entities


def _cause(story: Story) -> Line:
    cause = story.slots.get("complaint_cause")
    evidence = tuple(said.seq for said in story.messages if cause is not None and said.intent == cause)
    text = (story.names or {}).get(str(cause), "something else") if cause else "none"
    return Line("cause", "Complaint", text, evidence)


def _fact(story: Story, topic: str, label: str, entity: str) -> Line:
    found = _entities(story, entity)
    values = dict.fromkeys(_said_as(item, story) for _, item in found)
    slot = story.slots.get(entity)
    if not values and isinstance(slot, str):
        values = {(story.names or {}).get(slot, slot): None}
    return Line(topic, label, ", ".join(values) or NOT_STATED, _seqs(found))


def _said_as(entity: Mapping[str, Any], story: Story) -> str:
    value = entity["value"]
    if isinstance(value, Mapping):
        if isinstance(amount := value.get("amount"), (int, float)):
            value = {**value, "amount": f"{amount:,.2f}"}
        return " ".join(str(part) for part in value.values() if part is not None)
    if entity["entity"] == "date":
        return str(value).replace("T", " ").replace("/", "–")
    return (story.names or {}).get(str(value), str(value))


def _remedy(story: Story) -> Line:
    """What the dialogue settled on, unless the customer said something else since: it does not hear that."""
    wanted = story.slots.get("chosen_remedy") or story.slots.get("wanted_remedy")
    found = _entities(story, "remedy")
    heard = max((said.seq for said in story.messages if said.author == "bot"), default=0)
    if found and (not wanted or found[-1][0] > heard):
        wanted = found[-1][1]["value"]
    text = (story.names or {}).get(str(wanted), str(wanted)) if wanted else NOT_STATED
    return Line("wanted_remedy", "Wants", text, _seqs(found))


def _tried(story: Story) -> Line:
    parts, evidence = [], []
    for said, answer in _answers(story):
        outcome = _HELPED.get((answer.intent if answer else None) or "", "not said whether it helped")
        title = (story.articles or {}).get(str(said.article), str(said.article))
        parts.append(f"“{title}”: {outcome}")
        evidence += [said.seq, *([answer.seq] if answer else [])]
    for complaint in story.complaints:
        parts.append(f"Complaint {complaint['case_number']} recorded")
    text = "; ".join(dict.fromkeys(parts)) or "nothing yet"
    return Line("tried", "Tried so far", text, tuple(dict.fromkeys(evidence)))


def _answers(story: Story) -> Iterable[tuple[Said, Said | None]]:
    """Every answer with a source, and what the customer wrote next."""
    for place, said in enumerate(story.messages):
        if said.author == "bot" and said.article is not None:
            yield said, next((later for later in story.messages[place + 1 :] if later.author == "customer"), None)


def _mood(story: Story) -> Line:
    felt = [(said.seq, (said.mood or {}).get("kind", "calm")) for said in story.messages if said.mood]
    if not felt:
        return Line("mood", "Mood", "calm")
    stations = [(kind, [seq for seq, _ in group]) for kind, group in groupby(felt, key=lambda item: item[1])]
    text = " → ".join(kind.replace("_", ", ") for kind, _ in stations)
    return Line("mood", "Mood", text, tuple(seq for kind, seqs in stations if kind != "calm" for seq in seqs))


def _flags(story: Story) -> Line:
    flags = ["sender not verified"] if story.unverified else []
    flags += [str(flag).replace("_", " ") for flag in story.customer.get("flags") or ()]
    if story.earlier_episodes:
        flags.append(
            f"wrote before ({story.earlier_episodes} earlier conversation{'s' * (story.earlier_episodes > 1)})"
        )
    told = tuple(said.seq for said in story.messages if _told_before(said))
    if told:
        flags.append("says that they have told us before")
    return Line("flags", "Flags", ", ".join(flags) or "none", told)


def _told_before(said: Said) -> bool:
    """Whether the customer says so, in whatever mood; who does must not be asked for it once more (P27)."""
    if said.author != "customer":
        return False
    text = said.text.replace("’", "'")
    return said.intent == "complain_unresolved" or _words_of_repeating().search(text) is not None


@cache
def _words_of_repeating() -> re.Pattern[str]:
    ways = read_document(Path(__file__).with_name(_TOLD_BEFORE), _TOLD_BEFORE).data
    return re.compile(rf"\b(?:{'|'.join(ways)})\b", re.IGNORECASE)


def _open_questions(story: Story) -> Line:
    """The customer's questions since the last answer that helped; one for a person is answered by handing over."""
    last_answer = max(
        (said.seq for said, answer in _answers(story) if answer and answer.intent in _HELPED_BY), default=0
    )
    found = [
        (said.seq, sentence)
        for said in story.messages
        if said.author == "customer" and said.seq > last_answer and not (story.reason and _only_asks_for_a_person(said))
        for sentence in sentences(said.text)
        if _QUESTION.search(sentence)
    ]
    if not found:
        return Line("open_questions", "Open questions", "none")
    text = " ".join(f"“{_cut(sentence)}”" for _, sentence in found[-_KEY_SENTENCES:])
    return Line("open_questions", "Open questions", text, tuple(dict.fromkeys(seq for seq, _ in found)))


def _only_asks_for_a_person(said: Said) -> bool:
    return said.intent == "ask_person" and (_is_small_talk(said) or len(list(sentences(said.text))) == 1)


def _promises(story: Story) -> Line:
    text = "; ".join(f"{promise['text']} (due {_moment(promise['due_at'])})" for promise in story.promises)
    return Line("promises", "Promises", text or "none")


def _moment(at: datetime) -> str:
    return f"{at:%a} {at.day} {at:%b %H:%M %Z}"


def _next_step(story: Story) -> Line:
    if (fixed := _NEXT_STEP.get(story.reason or "")) is not None:
        return Line("next_step", "Suggested next step", fixed)
    remedy = _remedy(story)
    if remedy.text != NOT_STATED:
        return Line("next_step", "Suggested next step", f"Settle what they want: {remedy.text}.", remedy.evidence)
    missing = [line.label.lower() for line in (_fact(story, "order", "Order number", "order_number"), remedy)
               if line.text == NOT_STATED]  # fmt: skip
    if (story.slots.get("complaint_cause")) and missing:
        text = f"Ask for what is missing ({', '.join(missing)}), then offer two ways out."
        return Line("next_step", "Suggested next step", text)
    return Line("next_step", "Suggested next step", "Greet them, confirm the situation above, and ask what would help.")


def _entities(story: Story, kind: str) -> list[tuple[int, Mapping[str, Any]]]:
    return [
        (said.seq, entity)
        for said in story.messages
        if said.author == "customer"
        for entity in said.entities
        if entity["entity"] == kind
    ]


def _seqs(found: Iterable[tuple[int, Any]]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(seq for seq, _ in found))


def _cut(sentence: str) -> str:
    if len(sentence) <= _LONGEST_SENTENCE:
        return sentence
    return sentence[:_LONGEST_SENTENCE].rsplit(" ", 1)[0] + " …"
