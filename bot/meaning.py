"""What a message means where it stands: some words are clear only beside what was asked and what is promised.

`as_meant` is a pure function between understanding and dialogue. It gives a message another intent, never another
text, so that the rules, the escalation and the desk all see the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.business import Business
from bot.records import NOT_STATED, Understanding

_FALLBACK = "nlu_fallback"

# A bare intent is believed to be an insult from this confidence on; below it the mood must say so too. Of 27 insults,
# written as customers write them, 21 reach it, and the mood finds all but the one that curses the matter and not us;
# of words in a language that is not learnt, "danke, tschüss" had a quarter of it.
_SURE_ABUSE = 0.15

_STATUS = {"order_status", "ask_case_status"}
_UNCLEAR = {_FALLBACK, "out_of_scope"}
_COMPLAINTS = {"complain_refund", "complain_late", "complain_unresolved", "want_remedy"}
_QUESTIONS = {"faq_delivery", "faq_payment", "faq_returns", "faq_warranty"}
_LONGEST_QUESTION = 12  # words; who writes more tells something new

_PROMISE = re.compile(r"\bpromised\b|\b(?:did|does|has|have) \w+ promise\b|\b(?:the|your|that|any) promises?\b", re.I)
_AFTER_IT = re.compile(
    r"^(?:(?:and|so|but|hi|hello|hey|ok|well)\b[\s,]*)*"
    r"(?:when|where|what(?:['’]?s| is| about| of| happened| became)|how (?:long|soon|far|much longer)|why|any"
    r"|has|have|did|is|are|was|will)\b",
    re.I,
)
_STILL_TO_COME = re.compile(r"\b(?:my|our|the|that|it|i|we|me|us)\b", re.I)

# "great", "that's great", "very nice!": a yes or a thank you, and nothing to pass on to the team.
_PLEASED = re.compile(
    r"(?:(?:oh|ok|okay|wow|yes|it['’]?s|that(?:['’]?s| is| sounds)|sounds|very|really|so|just|all)[\s,]+)*"
    r"[^\W\d_]+[\s.!]*",
    re.I,
)
_YES_TO = {"helped", "step", "which_article", "handoff", "complaint"}


@dataclass(frozen=True, slots=True)
class OpenPromise:
    """Something that was promised in this conversation and is not done yet."""

    until: datetime
    by: str | None = None  # the agent who promised it; None for a remedy that was agreed with the bot
    case: str | None = None
    remedy: str | None = None


def as_meant(
    understood: Understanding, slots: Mapping[str, Any], promises: Sequence[OpenPromise], business: Business
) -> Understanding:
    """What was understood of a text, read beside what the dialogue has asked (`slots`) and what is promised."""
    if understood.intent == "abuse" and not _insults(understood):
        understood = _read_as(understood, _FALLBACK)
    if promises and not slots.get("requested_slot") and _asks_after(understood, slots, promises, business):
        return _read_as(understood, "ask_case_status")
    if understood.intent == "praise" and _PLEASED.fullmatch(understood.text.strip()):
        return _read_as(understood, "affirm" if slots.get("asked") in _YES_TO else "thank")
    return understood


def _insults(understood: Understanding) -> bool:
    return understood.mood.kind == "abusive" or understood.confidence >= _SURE_ABUSE


def _asks_after(
    understood: Understanding, slots: Mapping[str, Any], promises: Sequence[OpenPromise], business: Business
) -> bool:
    """Whether the message asks what has become of a promise (P18), and not of something else."""
    text, intent = understood.text.strip(), understood.intent
    likeliest = _likeliest(understood) if intent in _UNCLEAR else intent
    if likeliest not in _STATUS | _COMPLAINTS | _QUESTIONS and intent not in _UNCLEAR:
        return False
    if len(text.split()) > _LONGEST_QUESTION or _about_another(understood, slots):
        return False
    asks = text.endswith("?") or _AFTER_IT.match(text) is not None
    if likeliest in _STATUS or _PROMISE.search(text) or (asks and _names_agent(text, promises)):
        return True
    if not _names_remedy(understood, promises, business):
        return asks and intent in {"complain_late", "complain_unresolved"}
    timed = _AFTER_IT.match(text) is not None and _STILL_TO_COME.search(text) is not None
    return timed if intent in _QUESTIONS | _UNCLEAR else True


def _likeliest(understood: Understanding) -> str:
    ranking = understood.parse.get("intent_ranking") or ()
    return next((one["name"] for one in ranking if one["name"] not in _UNCLEAR), understood.intent)


def _about_another(understood: Understanding, slots: Mapping[str, Any]) -> bool:
    """Whether it names an order or a product, and not the one that we have been talking about."""
    return any(
        slots.get(entity["entity"]) not in (None, NOT_STATED, entity["value"])
        for entity in understood.entities
        if entity["entity"] in ("order_number", "product")
    )


def _names_agent(text: str, promises: Sequence[OpenPromise]) -> bool:
    words = set(re.findall(r"\w+", text.casefold()))
    return any(one.by.split()[0].casefold() in words for one in promises if one.by and one.by.strip())


def _names_remedy(understood: Understanding, promises: Sequence[OpenPromise], business: Business) -> bool:
    """Whether it names a promised remedy and no other."""
    promised = {one.remedy for one in promises if one.remedy}
    if named := {entity["value"] for entity in understood.entities if entity["entity"] == "remedy"}:
        return named <= promised
    known = (business.remedy(id) for id in promised)
    return any(remedy is not None and remedy.name.casefold() in understood.text.casefold() for remedy in known)


def _read_as(understood: Understanding, intent: str) -> Understanding:
    first = {"name": intent, "confidence": understood.confidence}
    others = [one for one in understood.parse.get("intent_ranking") or () if one["name"] != intent]
    return replace(
        understood, intent=intent, parse={**understood.parse, "intent": first, "intent_ranking": [first, *others]}
    )
