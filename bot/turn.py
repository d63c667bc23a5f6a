"""One turn of a conversation: take what came in, understand it, propose, decide, and write it all at once.

Read `drain` from top to bottom to follow a customer's message. Before `_commit` nothing has happened: a crash
repeats the turn and nobody saw anything. After it everything has, the reply included. `_commit` holds the
conversation's row and checks that nobody took the conversation over and nothing more was written meanwhile;
if so, what the bot was about to say is dropped.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from bot import briefing, live
from bot import conversation as conversations
from bot.brain import TURNS_REMEMBERED, Brain, PastTurn
from bot.business import Business
from bot.conversation import WEBSITE, Conversation
from bot.db import Connection, Pool, queries, to_json, transaction
from bot.escalation import FAULT, Memory, alarm, danger, decide, without_deeds
from bot.hours import is_open, say_moment, say_opening
from bot.language import LanguageOfCustomers
from bot.meaning import OpenPromise, as_meant
from bot.outcome import Outcome, carry_out, outcome_of, read_along, words_before_a_person, words_while_waiting
from bot.records import Turn, Understanding
from bot.wording import Wording

log = logging.getLogger(__name__)

_SQL = queries("turn")

_LISTEN_STEP_SECONDS = 0.25

# A customer who never stops writing is answered all the same after this many fresh starts of one turn.
_MOST_RESTARTS = 5

_UNREADABLE = "files.unreadable"

# Whoever writes on while nobody has taken their conversation yet is answered if we said nothing for so long; more often
# would be as tiresome as silence, by judgement.
_SILENCE = timedelta(minutes=2)

# Told to Rasa at the start of a turn; not remembered between turns.
_PASSING_SLOTS = ("context", "wishes")


@dataclass(frozen=True, slots=True)
class Engine:
    """What every turn needs, made once a process."""

    pool: Pool
    brain: Brain
    business: Business
    wordings: Mapping[str, Wording]  # by language
    languages: LanguageOfCustomers


@dataclass(frozen=True, slots=True)
class Inbox:
    """What one turn takes: unhandled messages of one kind, and what stood around them when it was read."""

    conversation: Conversation
    messages: Sequence[Mapping[str, Any]]
    past: Sequence[PastTurn]
    agents_online: int
    prior_causes: Sequence[str]
    promised: OpenPromise | None  # by an agent, the first that is due
    agreed: OpenPromise | None  # the last remedy that the bot promised
    typing_at: datetime | None

    @property
    def text(self) -> str:
        """All messages of the turn as one text."""
        return "\n".join(message["text"] for message in self.messages)

    @property
    def payload(self) -> str | None:
        """Of the pressed button, which is always a turn of its own."""
        payload: str | None = self.messages[0]["payload"]
        return payload

    @property
    def promises(self) -> Sequence[OpenPromise]:
        """What is promised here and not done yet."""
        return [promise for promise in (self.promised, self.agreed) if promise is not None]

    @property
    def newest(self) -> int:
        """Number of the newest message taken."""
        seq: int = self.messages[-1]["seq"]
        return seq


async def drain(engine: Engine, conversation: UUID) -> None:
    """Answer everything unhandled of one conversation, turn by turn, until its inbox is empty.

    Raises `Unavailable` when PostgreSQL goes away; the job is then tried again. A turn that fails for another
    reason raises that; see `give_up`.
    """
    restarts = 0
    while (inbox := await _take(engine.pool, conversation)) is not None:
        if inbox.conversation.state == "closed":
            await _reopen(engine, conversation)  # written in the same moment as it was closed
            continue
        if not inbox.text.strip() and inbox.payload is None:
            await _pass_over(engine, inbox)
            continue
        began = time.perf_counter()
        inbox = _heard(engine, inbox)
        language, zone = inbox.conversation.language, inbox.conversation.time_zone
        understood = await engine.brain.understand(inbox.text, language=language, time_zone=zone, payload=inbox.payload)
        if inbox.payload is None:
            understood = as_meant(understood, inbox.conversation.slots, inbox.promises, engine.business)
        memory = _memory(inbox, understood, engine.business)
        if inbox.conversation.state != "bot":
            await _note(engine, inbox, understood, memory)
            continue
        upset = memory.heat >= engine.business.listen.from_heat and inbox.payload is None
        if upset and not await _listen(engine, inbox):
            continue  # more came in while we listened: it belongs to the same turn (P2)
        turn = await _propose(engine, inbox, understood, memory)
        patient = restarts < _MOST_RESTARTS
        more = await _commit(engine, inbox, turn, memory, patient=patient, began=began)
        if more is False:
            return  # what comes from now on puts a new drain on the queue
        restarts = restarts + 1 if more is None else 0


def _heard(engine: Engine, inbox: Inbox) -> Inbox:
    """The inbox with the language that its words are in; the commit keeps it.

    The title of a button is in our words, and whoever chose a language keeps it.
    """
    conversation = inbox.conversation
    language = engine.business.served(conversation.language)
    if inbox.payload is None and not conversation.language_chosen:
        language = engine.languages.detect(inbox.text, language, settled=conversation.handled_seq > 0)
    return replace(inbox, conversation=replace(conversation, language=language))


async def _keep_language(connection: Connection, locked: Conversation, inbox: Inbox) -> Conversation:
    heard = inbox.conversation.language
    return locked if locked.language == heard else await conversations.speak(connection, locked, heard)


async def give_up(engine: Engine, conversation: UUID) -> None:
    """A turn failed again and again: a person takes over, for the customer must not wait on our fault (P1)."""
    async with transaction(engine.pool) as connection:
        locked = await conversations.lock(connection, conversation)
        if locked.state == "bot":
            opens = say_opening(engine.business, datetime.now(UTC))
            key = words_before_a_person(FAULT, opens=opens, agents_online=0)
            await _say(engine, connection, locked, key, said=locked.slots.get("said") or (), opens=opens)
            await conversations.hand_off(connection, locked, FAULT)
        try:
            async with connection.transaction():
                await briefing.refresh(connection, locked, engine.business)
        except Exception as error:  # the summary may be what failed all along
            log.error("no summary", extra={"error": type(error).__name__, "conversation": conversation})
        await connection.execute(_SQL["skipped"], {"id": locked.id})


async def _reopen(engine: Engine, conversation: UUID) -> None:
    async with transaction(engine.pool) as connection:
        locked = await conversations.lock(connection, conversation)
        if locked.state == "closed":
            await conversations.reopen(connection, locked)


async def _take(pool: Pool, conversation: UUID) -> Inbox | None:
    """Read the inbox under the row's lock; None when it is empty.

    The lock matters although nothing is written: it waits for an intake that found our job on the queue
    already and has not committed yet (see `bot.jobs.enqueue_drain`).
    """
    async with transaction(pool) as connection:
        locked = await conversations.lock(connection, conversation)
        if locked.handled_seq >= locked.inbound_seq:
            return None
        key = {
            "id": locked.id,
            "customer_id": locked.customer_id,
            "episode": locked.episode,
            "handled_seq": locked.handled_seq,
            "tracker_from": locked.tracker_from,
            "turn": locked.turn,
            "remembered": TURNS_REMEMBERED,
        }
        waiting = await (await connection.execute(_SQL["inbox"], key)).fetchall()
        if not waiting:  # the customer took it all back
            await connection.execute(_SQL["skipped"], {"id": locked.id})
            return None
        if locked.state == "bot" and locked.channel != WEBSITE:  # where an answer takes a moment to arrive
            await live.notify(connection, locked.id, typing="bot")
        past = await (await connection.execute(_SQL["past"], key)).fetchall()
        around = await (await connection.execute(_SQL["surroundings"], key)).fetchone()
    assert around is not None
    return Inbox(
        conversation=locked,
        messages=_first_turn(waiting),
        past=[PastTurn(row["loop_before"], row["events"]) for row in past],
        agents_online=around["agents_online"],
        prior_causes=around["prior_causes"],
        promised=OpenPromise(around["promised_until"], by=around["promised_by"]) if around["promised_until"] else None,
        agreed=_agreed(around),
        typing_at=around["typing_at"],
    )


def _agreed(around: Mapping[str, Any]) -> OpenPromise | None:
    if around["agreed_until"] is None:
        return None
    return OpenPromise(around["agreed_until"], case=around["agreed_case"], remedy=around["agreed_remedy"])


def _first_turn(waiting: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """The leading messages that make one turn: a button alone, or all text up to the next button."""
    if waiting[0]["payload"] is not None:
        return waiting[:1]
    end = next((place for place, message in enumerate(waiting) if message["payload"] is not None), len(waiting))
    return waiting[:end]


def _memory(inbox: Inbox, understood: Understanding, business: Business) -> Memory:
    longest = max(business.escalation.rise.turns, 2)
    return Memory.from_json(inbox.conversation.memory).after(understood, longest=longest)


async def _listen(engine: Engine, inbox: Inbox) -> bool:
    """Let an upset customer finish (P2): False as soon as another message is there."""
    rules = engine.business.listen
    quiet = timedelta(seconds=rules.quiet_seconds)
    end = inbox.messages[0]["at"] + timedelta(seconds=rules.longest_seconds)
    last, typing = inbox.messages[-1]["at"], inbox.typing_at
    async with transaction(engine.pool) as connection:
        await live.notify(connection, inbox.conversation.id, typing="bot")
    while (now := datetime.now(UTC)) < min(max(last, typing or last) + quiet, end):
        await asyncio.sleep(min(_LISTEN_STEP_SECONDS, max(0.01, (end - now).total_seconds())))
        async with transaction(engine.pool) as connection:
            row = await (await connection.execute(_SQL["listening"], {"id": inbox.conversation.id})).fetchone()
        if row is None or row["inbound_seq"] > inbox.conversation.inbound_seq:
            return False
        typing = row["typing_at"]
    return True


async def _propose(engine: Engine, inbox: Inbox, understood: Understanding, memory: Memory) -> Turn:
    conversation, now = inbox.conversation, datetime.now(UTC)
    before = Memory.from_json(conversation.memory)  # the dialogue adds this message itself
    context = {
        "conversation": str(conversation.id),
        "episode": conversation.episode,
        "turn": conversation.turn + 1,
        "heat": before.heat,
        "open": is_open(engine.business, now),
        "opens_at": say_opening(engine.business, now),
        "agents_online": inbox.agents_online,
        "customer_name": conversation.customer_name,
        "name_ok": conversation.customer_name is not None and memory.turns % 4 == 1,  # P7: not in every message
        "language": conversation.language,
        "today": now.astimezone(engine.business.zone).date().isoformat(),
        "prior_causes": list(inbox.prior_causes),
        "promised": _told(inbox.promised, engine.business, now),
        "agreed": _told(inbox.agreed, engine.business, now),
        "reopened": conversation.episode > 1 and conversation.turn == conversation.tracker_from,
        "abuse_count": before.abuse,
    }
    slots = {**conversation.slots, "context": context, "wishes": None}
    return await engine.brain.propose(
        str(conversation.id), understood, language=conversation.language, slots=slots, past=inbox.past
    )


def _told(promise: OpenPromise | None, business: Business, now: datetime) -> dict[str, Any] | None:
    """A promise as the dialogue may speak of it: whose, about what, and until when, None when that is past."""
    if promise is None:
        return None
    due = say_moment(business, promise.until, now) if promise.until > now else None
    return {"by": promise.by, "case": promise.case, "remedy": promise.remedy, "due": due}


async def _commit(
    engine: Engine, inbox: Inbox, turn: Turn, memory: Memory, *, patient: bool, began: float
) -> bool | None:
    """Decide, and write everything of the turn in one transaction.

    Returns whether more waits in the inbox, or None when the turn no longer fits and nothing was written.
    """
    opened = is_open(engine.business, datetime.now(UTC))
    unverified, staffed = inbox.conversation.unverified, opened and inbox.agents_online > 0
    decision = decide(turn, memory, engine.business, staffed=staffed, unverified=unverified)
    turn = without_deeds(turn) if unverified else turn
    wording = engine.wordings[inbox.conversation.language]
    outcome = outcome_of(
        turn, memory, decision, wording,
        opens=say_opening(engine.business, datetime.now(UTC)), agents_online=inbox.agents_online,
    )  # fmt: skip
    async with transaction(engine.pool) as connection:
        locked = await conversations.lock(connection, inbox.conversation.id)
        if locked.epoch != inbox.conversation.epoch:
            await conversations.record(connection, locked.id, "reply_dropped", "bot", {"seq": inbox.newest})
            return None
        if locked.handled_seq != inbox.conversation.handled_seq:
            return None  # another worker took us for dead and was quicker
        if locked.language_chosen and engine.business.served(locked.language) != inbox.conversation.language:
            return None  # the customer asked for another language than we were about to speak
        more_came = locked.inbound_seq > inbox.conversation.inbound_seq
        if more_came and patient and inbox.payload is None:
            return None  # it belongs to the same turn (P2)
        async with connection.pipeline():
            locked = await _keep_language(connection, locked, inbox)
            await _write(connection, inbox, turn, outcome)
            await carry_out(connection, locked, turn, outcome, engine.business, wording)
            numbers = _numbers(turn, outcome, began)
            await conversations.record(connection, locked.id, "turn", "bot", {"seq": inbox.newest, **numbers})
            await live.notify(connection, locked.id)
    return locked.inbound_seq > inbox.newest


async def _write(connection: Connection, inbox: Inbox, turn: Turn, outcome: Outcome) -> None:
    conversation = inbox.conversation
    number = conversation.turn + 1
    await _write_understanding(connection, inbox, turn.understanding)
    slots = {name: value for name, value in outcome.slots.items() if name not in _PASSING_SLOTS}
    values = {
        "id": conversation.id,
        "turn": number,
        "handled_seq": inbox.newest,
        "heat": outcome.memory.heat,
        "memory": to_json(outcome.memory.to_json()),
        "slots": to_json(slots),
        "loop_before": turn.loop_before,
        "events": to_json([*turn.events, *outcome.events]),
    }
    await connection.execute(_SQL["handled"], values)
    await connection.execute(_SQL["save_turn"], values)


async def _write_understanding(connection: Connection, inbox: Inbox, understood: Understanding) -> None:
    """Each message gets the turn's mood and intent, and the entities that stand in it."""
    start = 0
    for message in inbox.messages:
        end = start + len(message["text"])
        own = [
            {**entity, "start": entity["start"] - start, "end": entity["end"] - start}
            for entity in understood.entities
            if inbox.payload is None and start <= entity.get("start", 0) and entity.get("end", 0) <= end
        ]
        values = {
            "id": inbox.conversation.id,
            "seq": message["seq"],
            "mood": to_json(understood.mood.to_json()),
            "intent": understood.intent,
            "entities": to_json(own),
        }
        await connection.execute(_SQL["understood"], values)
        start = end + 1


async def _pass_over(engine: Engine, inbox: Inbox) -> None:
    """Files without a word: the bot says once that it reads text only; what it asked before still stands."""
    async with transaction(engine.pool) as connection:
        locked = await conversations.lock(connection, inbox.conversation.id)
        if locked.inbound_seq > inbox.conversation.inbound_seq or locked.handled_seq >= inbox.newest:
            return  # the words may have come meanwhile, or another worker was quicker
        if locked.state == "bot":
            last = await (await connection.execute(_SQL["last_said"], {"id": locked.id})).fetchone()
            # An album comes picture by picture: one answer is enough.
            if last is None or not _says(last, _UNREADABLE):
                await _say(engine, connection, locked, _UNREADABLE, said=locked.slots.get("said") or ())
        await connection.execute(_SQL["passed"], {"id": locked.id, "handled_seq": inbox.newest})
        await live.notify(connection, locked.id)


async def _note(engine: Engine, inbox: Inbox, understood: Understanding, memory: Memory) -> None:
    """A person has the conversation or is asked for: read along and keep the summary fresh."""
    async with transaction(engine.pool) as connection:
        locked = await conversations.lock(connection, inbox.conversation.id)
        if locked.epoch != inbox.conversation.epoch:
            return  # handed back, say: whoever has it now is to take these messages
        if not locked.language_chosen:
            locked = await _keep_language(connection, locked, inbox)
        await _write_understanding(connection, inbox, understood)
        counted = replace(memory, turns=memory.turns - 1)  # the bot had no turn
        values = {
            "id": locked.id,
            "handled_seq": inbox.newest,
            "heat": memory.heat,
            "memory": to_json(counted.to_json()),
        }
        await connection.execute(_SQL["noted"], values)
        # The desk showed the message when it came; what we made of it, its mood and the summary, is only there now.
        await conversations.record(connection, locked.id, "noted", "bot", {"seq": inbox.newest})
        alarming = alarm(understood, memory.heat_before)
        await read_along(connection, locked, understood, engine.business, alarming=alarming)
        if locked.state == "waiting":
            found = None if alarming else danger(understood, locked.slots, engine.business)
            if found is not None:
                await conversations.raise_urgency(connection, locked, found)
            await _reassure(engine, connection, locked, alarming or (found.says if found else None))
        await live.notify(connection, locked.id)


async def _reassure(engine: Engine, connection: Connection, locked: Conversation, alarming: str | None) -> None:
    """Nobody has it yet: not silent for long, and at once where help must be named (P13, P28).

    ``alarming`` is an alarm, or what a rule of the business says.
    """
    now = datetime.now(UTC)
    opens = say_opening(engine.business, now)
    key = words_while_waiting(alarming, opens=opens)
    last = await (await connection.execute(_SQL["last_said"], {"id": locked.id})).fetchone()
    if last is not None and now - last["at"] < _SILENCE and (alarming is None or _says(last, key)):
        return
    await _say(engine, connection, locked, key, said=[last["wording"]] if last and last["wording"] else (), opens=opens)


async def _say(
    engine: Engine, connection: Connection, locked: Conversation, key: str, *, said: Sequence[str], **fields: object
) -> None:
    """What the bot says by itself, not Rasa; `said` as in `Wording.say`."""
    wording = engine.wordings[engine.business.served(locked.language)]
    text, variant = wording.say(key, said=said, **fields)
    await conversations.add_message(connection, locked, "bot", text, wording=variant)


def _says(message: Mapping[str, Any], key: str) -> bool:
    return (message["wording"] or "").startswith(f"{key}#")


def _numbers(turn: Turn, outcome: Outcome, began: float) -> dict[str, Any]:
    """Why the bot said what it said, for the ledger; no text of the customer's."""
    understood, decision = turn.understanding, outcome.decision
    return {
        "intent": understood.intent,
        "confidence": round(understood.confidence, 4),
        "mood": {"kind": understood.mood.kind, "strength": understood.mood.strength},
        "heat": outcome.memory.heat,
        "wishes": [wish["kind"] for wish in turn.wishes],
        "said": [utterance.wording for utterance in outcome.replies],
        "decision": decision and {"action": decision.action, **decision.to_json()},
        "ms": round((time.perf_counter() - began) * 1000, 1),
    }
