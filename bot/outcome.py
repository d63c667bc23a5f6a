"""What becomes of a turn: the wishes of the dialogue and the decision on it, turned into words and deeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot import briefing
from bot import conversation as conversations
from bot.business import Business
from bot.conversation import Conversation
from bot.db import Connection, queries, to_json
from bot.escalation import ALARMS, Decision, Memory, is_suspicion
from bot.hours import add_business_time
from bot.records import Button, Grounds, Turn, Understanding, Utterance
from bot.wording import Wording

_SQL = queries("turn")

# Once it is decided, nothing more is asked (P24); to somebody furious nothing is offered either (P10). Who is only
# suspected to be gets the answer: most of them mean what they say.
_CALM_FIRST = {"heat", "heat_rising"}

_SAID_KEPT = 12  # wording variants remembered so that none is said twice in a row (P11)

_ALARM_URGENCY = {"self_harm": 100, "safety": 100, "legal": 95}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The words and the deed; ``events`` are Rasa events that the core adds to the turn's own."""

    replies: tuple[Utterance, ...]
    decision: Decision | None
    memory: Memory
    slots: Mapping[str, Any]
    events: tuple[Mapping[str, Any], ...] = ()


def outcome_of(
    turn: Turn, memory: Memory, decision: Decision | None, wording: Wording, *, opens: str | None, agents_online: int
) -> Outcome:
    """What will be said and done; ``opens`` is the next opening in words, None while open."""
    if decision is None:
        return Outcome(turn.replies, None, memory, turn.slots)
    calm_first = decision.reason in _CALM_FIRST and not is_suspicion(turn.understanding, memory.heat_before)
    kept = tuple(reply for reply in turn.replies if _may_stand(reply, decision, calm_first=calm_first))
    said = list(turn.slots.get("said") or ())
    if decision.action == "ask_consent":
        text, variant = wording.say(f"handoff.consent.{decision.reason}", said=said)
        said.append(variant)
        choices = {"button.hand_over": "/affirm", "button.stay": "/deny"}
        buttons = tuple(Button(wording.say(key, said=())[0], payload) for key, payload in choices.items())
        replies = (*kept, Utterance(text, buttons, wording=variant))
        memory = replace(memory, offer=decision.to_json(), offer_turn=memory.turns)
        asked = "handoff"
    else:
        replies = kept
        own = () if decision.says is None else (f"handoff.ack.{decision.says}",)
        for key in (*own, words_before_a_person(decision, opens=opens, agents_online=agents_online)):
            text, variant = wording.say(key, said=said, opens=opens)
            replies = (*replies, Utterance(text, wording=variant))
            said.append(variant)
        asked = None
    slots = {**turn.slots, "asked": asked, "said": said[-_SAID_KEPT:]}
    events = tuple({"event": "slot", "name": name, "value": slots[name]} for name in ("asked", "said"))
    return Outcome(replies, decision, memory, slots, events)


def _may_stand(reply: Utterance, decision: Decision, *, calm_first: bool) -> bool:
    if decision.reason == "self_harm":
        return False
    if calm_first or decision.action == "close" or decision.says is not None:
        # Whose lamp smokes must not read how to change its bulb.
        return reply.wording.startswith("empathy")
    return not reply.asks


def words_before_a_person(decision: Decision, *, opens: str | None, agents_online: int) -> str:
    """The key of the last words before a person takes over, or before the end."""
    if decision.action == "close":
        return "abuse.close"
    if decision.reason in ALARMS:
        return f"handoff.ack.{decision.reason}"
    if opens is not None:
        return "handoff.ack.closed"
    return "handoff.ack" if agents_online else "handoff.ack.nobody"


def words_while_waiting(alarming: str | None, *, opens: str | None) -> str:
    """The key of what is said to somebody who writes on while nobody has taken their conversation yet (P28)."""
    if alarming is not None:
        return f"handoff.ack.{alarming}"
    return "handoff.waiting" if opens is None else "handoff.waiting.closed"


async def carry_out(
    connection: Connection,
    locked: Conversation,
    turn: Turn,
    outcome: Outcome,
    business: Business,
    wording: Wording,
) -> None:
    """Do it, within the turn's transaction: first the wishes, then the words, then the change of state."""
    locked = replace(locked, slots=outcome.slots, memory=outcome.memory.to_json())
    for wish in turn.wishes:
        await _grant(connection, locked, wish, business)
    for reply in outcome.replies:
        await conversations.add_message(
            connection, locked, "bot", reply.text,
            buttons=reply.buttons, wording=reply.wording or None, article=reply.article,
        )  # fmt: skip
    decision = outcome.decision
    if decision is not None and decision.reason == "abuse":
        await connection.execute(_SQL["flag"], {"customer_id": locked.customer_id, "flag": "was_abusive"})
    if decision is not None and decision.action == "hand_off":
        await conversations.hand_off(connection, locked, decision)
        await briefing.refresh(connection, locked, business)
    elif decision is not None and decision.action == "close":
        await _close(connection, locked, wording, outcome="abuse")
    elif decision is None and any(wish["kind"] == "resolve" for wish in turn.wishes):
        await _close(connection, locked, wording, outcome="answered")


async def _close(connection: Connection, locked: Conversation, wording: Wording, *, outcome: str) -> None:
    notice, _ = wording.say("system.closed", said=())
    await conversations.close(connection, locked, "bot", outcome=outcome, notice=notice)


async def _grant(connection: Connection, locked: Conversation, wish: Mapping[str, Any], business: Business) -> None:
    """One wish of the dialogue that is not about handing over (that is `decide`'s)."""
    key = {"id": locked.id, "customer_id": locked.customer_id, "episode": locked.episode}
    match wish["kind"]:
        case "record_complaint":
            facts = {name: wish.get(name) for name in ("order_number", "product", "wanted_remedy")}
            amount = to_json(wish["amount"]) if wish.get("amount") else None
            named = {"case_number": wish["case_number"], "cause": wish["cause"], "text": wish.get("text") or ""}
            await connection.execute(_SQL["record_complaint"], {**key, **facts, **named, "amount": amount})
            await conversations.record(connection, locked.id, "complaint", "bot", {"case_number": wish["case_number"]})
        case "choose_remedy":
            await _promise(connection, key, wish, business)
        case "customer":
            facts = {name: wish.get(name) for name in ("name", "email", "phone")}
            await connection.execute(_SQL["customer"], {**key, **facts})
        case "article_feedback" | "unanswered" | "feedback":
            data = {name: value for name, value in wish.items() if name != "kind"}
            await conversations.record(connection, locked.id, wish["kind"], "customer", data)
        case "handoff" | "resolve":
            pass


async def _promise(connection: Connection, key: Mapping[str, Any], wish: Mapping[str, Any], business: Business) -> None:
    """The chosen remedy becomes a promise with an owner and a due time (P18)."""
    remedy = business.remedy(wish["remedy"])
    values = {**key, "remedy": wish["remedy"], "case_number": wish["case_number"]}
    chosen = await (await connection.execute(_SQL["choose_remedy"], values)).fetchone()
    if remedy is None or chosen is None:
        return
    due = add_business_time(business, datetime.now(UTC), timedelta(hours=remedy.due_hours))
    promise = {**values, "text": f"{remedy.name}, {remedy.time}", "owner": "bot", "due_at": due}
    row = await (await connection.execute(_SQL["promise"], promise)).fetchone()
    assert row is not None
    data = {"promise": row["id"], "case_number": wish["case_number"], "due_at": due.isoformat()}
    await conversations.record(connection, key["id"], "promise", "bot", data)


async def read_along(
    connection: Connection,
    locked: Conversation,
    understood: Understanding,
    business: Business,
    *,
    alarming: str | None,
) -> None:
    """What a person answers, or will: the summary follows it, an alarm makes it more urgent (P13, P27)."""
    if alarming is not None:
        meanwhile = "it waits" if locked.state == "waiting" else "a colleague has it"
        grounds = Grounds(
            alarming,
            f"{ALARMS[alarming]}, also while {meanwhile}",
            {"strength": understood.mood.strength},
            business.routing.get(alarming, "lead"),
            _ALARM_URGENCY[alarming],
        )
        await conversations.raise_urgency(connection, locked, grounds)
    await briefing.refresh(connection, locked, business)
