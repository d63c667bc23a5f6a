"""Whether a person should take over now: stated rules, decided on every turn (P17, P26).

`decide` is a pure function. Its thresholds and the business's own rules come from ``business.yml``; the
rule that fired and its numbers are stored with the hand-over and shown to agents.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from bot.business import Business, Rule
from bot.heat import heat_after
from bot.records import SELF_HARM, Grounds, Turn, Understanding

# Urgency in 0..100 before heat is added. Danger to somebody comes first, then other threats, then people in distress,
# then the rest.
_HIGHEST = 100
_URGENCY = {
    "self_harm": _HIGHEST,
    "safety": _HIGHEST,
    "legal": 90,
    "abuse": 55,
    "unverified": 50,
    "fault": 45,
    "heat": 60,
    "heat_rising": 55,
    "person_demanded": 50,
    "unsolved_again": 50,
    "remedy_limit": 40,
    "business_rule": 40,
    "stuck": 35,
    "not_understood": 30,
    "too_long": 30,
}
_HEAT_URGENCY = 25  # added at full heat
_AT_ONCE_URGENCY = 95  # of a business rule that does not wait for consent, such as for a lamp on fire
# A threat or an insult that is less sure than this is a suspicion: its words are said in peace as well, "I'll see your
# driver tomorrow then". Of 1,696 calm messages, written to be mistaken and unknown to the model, 55 were suspected of
# being threats and 7 were held for one as surely as this; of the 110 threats among them 105 and 98. What a rule proves
# by its words is always sure.
_SURE = 0.99
_SUSPECTED = {"abusive", "threatening_legal", "threatening_physical"}
# From this heat on, a suspicion counts as meant: whoever was frustrated or angry a moment ago. Who is disappointed or
# worried comes to 0.3 or less, unless they shout.
_HEATED = 0.4


@dataclass(frozen=True, slots=True)
class Memory:
    """What is counted over one episode; stored with the conversation after every turn."""

    turns: int = 0
    abuse: int = 0
    heats: tuple[float, ...] = ()  # of the last turns, oldest first
    offer: Mapping[str, Any] | None = None  # the decision whose consent was asked for last
    offer_turn: int | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Memory:
        """From what `to_json` stored; an empty mapping is a fresh episode."""
        return cls(**{**value, "heats": tuple(value.get("heats", ()))})

    def to_json(self) -> dict[str, Any]:
        """As stored in the conversation's row."""
        return {
            "turns": self.turns,
            "abuse": self.abuse,
            "heats": list(self.heats),
            "offer": self.offer and dict(self.offer),
            "offer_turn": self.offer_turn,
        }

    @property
    def heat(self) -> float:
        """Heat of the conversation in 0..1 after its last turn."""
        return self.heats[-1] if self.heats else 0.0

    @property
    def heat_before(self) -> float:
        """Heat of the conversation in 0..1 before its last turn."""
        return self.heats[-2] if len(self.heats) > 1 else 0.0

    def after(self, understood: Understanding, *, longest: int) -> Memory:
        """The memory once this turn is counted, keeping at most ``longest`` heats."""
        heat = heat_after(self.heat, understood.mood)
        return replace(
            self,
            turns=self.turns + 1,
            abuse=self.abuse + is_abusive(understood, self.heat),
            heats=(*self.heats, heat)[-longest:],
        )


@dataclass(frozen=True, slots=True)
class Decision(Grounds):
    """A person should take over, or (P12) the conversation should end."""

    action: Literal["hand_off", "ask_consent", "close"] = "ask_consent"
    says: str | None = None  # a rule's own word to the customer, as in `Rule`


FAULT = Decision("fault", "The bot met a fault of its own", action="hand_off", urgency=_URGENCY["fault"])


_DEEDS = {"record_complaint", "choose_remedy"}
"""Wishes that change more than what the bot knows of whoever writes."""

UNVERIFIED = Decision("unverified", "More than an answer is for a person where the sender is not verified",
                      action="hand_off")  # fmt: skip


def decide(
    turn: Turn, memory: Memory, business: Business, *, staffed: bool, unverified: bool = False
) -> Decision | None:
    """The decision on one turn, or None: the bot goes on.

    ``memory`` counts this turn already; ``staffed`` says whether it is opening time and somebody is online;
    ``unverified`` that nobody vouches for who writes.
    Safety and an explicit demand skip consent (P25); everything else asks first, and does not ask again for
    ``offer_again_after_turns`` turns, unless a rule of the business (a lamp on fire) has not been asked about.
    """
    found = _alarm(turn, memory) or (UNVERIFIED if unverified and _does(turn) else None)
    found = found or _fault(turn) or _demand(turn, memory) or _abuse(turn, memory, business, staffed=staffed)
    if found is None:
        # An insult is answered with a warning (P12), not with the offer of a person.
        heated = None if is_abusive(turn.understanding, memory.heat_before) else _heat(memory, business)
        stated = _business_rule(turn.understanding, turn.slots, business)
        found = stated or heated or _wish(turn) or _length(memory, business)
        if found is not None and found.action == "ask_consent" and _asked_lately(found, memory, business):
            return None if turn.replies else FAULT
    if found is None:
        return None
    routed = business.routing.get(found.reason, found.routed_to)
    urgency = _URGENCY[found.reason]
    if urgency < _HIGHEST:  # no heat lifts it to where somebody is in danger
        urgency = min(_HIGHEST - 1, round(urgency + _HEAT_URGENCY * memory.heat))
    return replace(found, routed_to=routed, urgency=found.urgency or urgency)


def without_deeds(turn: Turn) -> Turn:
    """The turn as it may be carried out where the sender is not verified: what is not done is not said either."""
    if not _does(turn):
        return turn
    wishes = tuple(wish for wish in turn.wishes if wish["kind"] not in _DEEDS)
    return replace(turn, replies=(), wishes=wishes, slots={**turn.slots, "case_number": None})


def _does(turn: Turn) -> bool:
    return any(wish["kind"] in _DEEDS for wish in turn.wishes)


def alarm(understood: Understanding, heat: float) -> str | None:
    """What must not wait: ``self_harm``, ``safety`` for a threat of violence, ``legal`` for a legal one (P13).

    A suspicion is none unless the conversation had at least some ``heat`` before; its own heat has a person offered.
    """
    if any(proof.get("cue") == SELF_HARM for proof in understood.mood.evidence):
        return "self_harm"
    shown = _shown(understood, heat)
    if shown == "threatening_physical" or understood.intent == "threat_physical":
        return "safety"
    if shown == "threatening_legal" or understood.intent == "threat_legal":
        return "legal"
    return None


def is_abusive(understood: Understanding, heat: float) -> bool:
    """Whether one turn insults us (P12), as far as the ``heat`` before it makes a suspicion believable."""
    return understood.intent == "abuse" or _shown(understood, heat) == "abusive"


def is_suspicion(understood: Understanding, heat: float) -> bool:
    """Whether the mood is a threat or an insult that after this ``heat`` nobody has to believe."""
    return understood.mood.kind in _SUSPECTED and _shown(understood, heat) is None


def _shown(understood: Understanding, heat: float) -> str | None:
    """The kind of mood that is sure enough to be acted on."""
    mood = understood.mood
    return mood.kind if mood.strength >= _SURE or heat >= _HEATED else None


ALARMS = {
    "self_harm": "Somebody who may harm themselves is for a lead at once",
    "safety": "A threat of violence goes to a lead at once",
    "legal": "A legal threat goes to a lead at once",
}


def _alarm(turn: Turn, memory: Memory) -> Decision | None:
    kind = alarm(turn.understanding, memory.heat_before)
    if kind is None:
        return None
    numbers = {"strength": turn.understanding.mood.strength, "confidence": turn.understanding.confidence}
    return Decision(kind, ALARMS[kind], numbers, action="hand_off", routed_to="lead")


def _fault(turn: Turn) -> Decision | None:
    """Our own fault, or nothing to say at all: the customer must not pay for it with silence (P1)."""
    if not turn.failed and (turn.replies or _handoff_wish(turn)):
        return None
    return FAULT


def _demand(turn: Turn, memory: Memory) -> Decision | None:
    wish = _handoff_wish(turn)
    if wish and wish["reason"] == "consented" and memory.offer:
        return Decision(**{**memory.offer, "action": "hand_off"})
    if turn.understanding.intent == "ask_person" or (wish and wish["reason"] == "person_demanded"):
        numbers = {"confidence": turn.understanding.confidence}
        return Decision("person_demanded", "The customer asked for a person", numbers, action="hand_off")
    if wish and wish.get("consented"):
        # Agreed to, but the offer is no longer known: then it is the customer's own wish.
        agreed = (
            _wished(wish) if wish["reason"] in _WISHED else Decision("person_demanded", "The customer agreed to it")
        )
        return replace(agreed, action="hand_off")
    return None


def _abuse(turn: Turn, memory: Memory, business: Business, *, staffed: bool) -> Decision | None:
    allowed = business.escalation.abuse_warnings
    if not is_abusive(turn.understanding, memory.heat_before) or memory.abuse <= allowed:
        return None
    rule = f"Insults went on after {allowed} warning{'s' if allowed != 1 else ''}"
    return Decision("abuse", rule, {"abusive_turns": memory.abuse}, action="hand_off" if staffed else "close")


def danger(understood: Understanding, slots: Mapping[str, Any], business: Business) -> Decision | None:
    """A rule of the business with words of its own, such as to unplug a lamp: it holds while somebody waits, too."""
    found = _business_rule(understood, slots, business)
    return found if found is not None and found.says is not None else None


def _business_rule(understood: Understanding, slots: Mapping[str, Any], business: Business) -> Decision | None:
    for rule in business.escalation.rules:
        if _matches(rule, understood, slots, business):
            action: Literal["hand_off", "ask_consent"] = "hand_off" if rule.at_once else "ask_consent"
            found = Decision("business_rule", rule.reason_text, {"rule": rule.name}, action=action, routed_to=rule.to)
            return replace(found, urgency=_AT_ONCE_URGENCY, says=rule.says) if rule.at_once else found
    return None


def _matches(rule: Rule, understood: Understanding, slots: Mapping[str, Any], business: Business) -> bool:
    """Whether every condition that the rule states holds."""
    when, text = rule.when, understood.text
    amount = business.in_currency(slots.get("amount"))
    return (
        (when.intent is None or when.intent == understood.intent)
        and (when.cause is None or when.cause == slots.get("complaint_cause"))
        and (when.amount_over is None or (amount is not None and amount > when.amount_over))
        and (not when.words or any(re.search(rf"\b{re.escape(word)}\b", text, re.I) for word in when.words))
    )


def _heat(memory: Memory, business: Business) -> Decision | None:
    limits = business.escalation
    if memory.heat >= limits.heat_limit:
        rule = f"The conversation is heated: {limits.heat_limit} or more"
        return Decision("heat", rule, {"heat": memory.heat, "limit": limits.heat_limit})
    if len(memory.heats) < limits.rise.turns:
        return None
    rise = round(memory.heat - memory.heats[-limits.rise.turns], 4)
    if rise < limits.rise.by:
        return None
    rule = f"The heat rose by {limits.rise.by} or more within {limits.rise.turns} turns"
    return Decision("heat_rising", rule, {"rise": rise, "limit": limits.rise.by, "turns": limits.rise.turns})


_WISHED = {
    "not_understood": "The bot failed to understand or to help {failures} times in a row",
    "remedy_limit": "The wanted remedy is beyond what the bot may promise",
    "unsolved_again": "The matter was raised before and is still unsolved",
    "stuck": "The customer is stuck in a step-by-step guide",
    "business_rule": "They want something that takes a person",
}


def _wish(turn: Turn) -> Decision | None:
    wish = _handoff_wish(turn)
    if wish is None or wish["reason"] not in _WISHED:
        return None
    decision = _wished(wish)
    failures = int(turn.slots.get("failures") or 0)
    rule = decision.rule.format(failures=failures)
    return replace(decision, rule=rule, numbers={"failures": failures} if "{" in decision.rule else {})


def _wished(wish: Mapping[str, Any]) -> Decision:
    return Decision(wish["reason"], _WISHED[wish["reason"]])


def _length(memory: Memory, business: Business) -> Decision | None:
    longest = business.escalation.longest_turns
    offered = memory.offer is not None and memory.offer["reason"] == "too_long"
    if memory.turns < longest or offered:
        return None
    return Decision("too_long", f"The conversation has {longest} turns or more", {"turns": memory.turns})


def _handoff_wish(turn: Turn) -> Mapping[str, Any] | None:
    return next((wish for wish in turn.wishes if wish["kind"] == "handoff"), None)


def _asked_lately(found: Decision, memory: Memory, business: Business) -> bool:
    if found.reason == "business_rule" and memory.offer is not None and memory.offer["rule"] != found.rule:
        return False
    wait = business.escalation.offer_again_after_turns
    return memory.offer_turn is not None and memory.turns - memory.offer_turn <= wait
