"""What a message answers to each question of the complaint form.

Every question takes no for an answer: after the second miss the complaint goes on without it. What the
customer says on the way is added to their story, so that nothing is lost (P5).
"""

import re
from collections.abc import Callable

from actions.complaint import OTHER_CAUSE, TELLING_WORDS, cause_of
from actions.remedies import OTHER, fitting_for, named_in, offered
from actions.reply import Reply
from actions.resources import business
from bot.records import NOT_STATED

MOST_MISSES = 2
"""Of one question, after which it is left; the choice of a remedy is asked once more than that."""

_LONG_ENOUGH = 4  # words: a correction or an addition rather than a bare "no"
_LONGEST_NAME = 8  # words of something that may be a product's name
_LONGEST_WISH = 200  # characters of a wanted outcome in the customer's own words

_FACTS = ("order_number", "product", "amount")
"""What a paraphrase names besides the cause."""

_ABOUT_US = "complain_service"
"""How it was dealt with: "nobody answers my mails" comes on top of a parcel that is missing, and corrects nothing."""

_REFUSES = {"deny", "not_sure"}
_WITHOUT_NUMBER = re.compile(
    r"\b(?:don['’]?t (?:have|know|remember)|do not have|no idea|no number|lost|can['’]?t find|cannot find|deleted)\b",
    re.IGNORECASE,
)
_UNDECIDED = re.compile(r"\b(?:suggest|recommend|advise|up to you|you (?:choose|decide|pick))\b", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:[.,]\d{1,2})?")
_BARE_NUMBER = re.compile(r"\d{1,5}(?:[.,]\d{1,2})?")
_NONE = re.compile(r"\b(?:none|neither|nothing|something else|else|other)\b", re.IGNORECASE)
_UNKNOWN_AMOUNT: dict[str, object] = {}


def take(reply: Reply, requested: str) -> str | None:
    """Fill what the message answers; returns the slot to ask for now where that is not the next missing one."""
    if reply.entity("remedy") and requested != "chosen_remedy":
        reply.set(wanted_remedy=reply.entity("remedy"))
    return _TAKERS[requested](reply)


def _text(reply: Reply) -> str | None:
    """What happened. A bare yes or no, only what is wanted, or only a number or an address does not tell it."""
    words = len(reply.text.split())
    bare = reply.intent in {"affirm", "thank", *_REFUSES} and words < _LONG_ENOUGH
    if bare or (reply.intent in {"want_remedy", "inform"} and words < TELLING_WORDS):
        if _missed(reply, "complaint_text") < MOST_MISSES:
            return "complaint_text"
        _accept_own_words(reply)
    _add(reply)
    return None


def _confirmed(reply: Reply) -> str | None:
    """Yes, or a correction, which is said back once more (P3)."""
    cause = reply.slot("complaint_cause")
    _add(reply, beside=reply.intent == _ABOUT_US and "deny" not in reply.likely)
    corrected = cause != reply.slot("complaint_cause") or any(reply.entity(fact) is not None for fact in _FACTS)
    if reply.intent == "affirm" or (reply.intent != "deny" and not corrected):
        reply.set(complaint_confirmed=True)
        return None
    if _missed(reply, "complaint_confirmed") >= MOST_MISSES:
        _accept_own_words(reply)
        return None
    return "complaint_confirmed" if corrected else "complaint_text"


def _heard(reply: Reply) -> str | None:
    """Somebody furious says all there is to say; if that does not help, a person may (P10)."""
    _add(reply)
    if reply.too_heated and _missed(reply, "complaint_heard") >= MOST_MISSES:
        reply.wish("handoff", reason="business_rule", consented=False)
    return None


def _order_number(reply: Reply) -> str | None:
    number = reply.entity("order_number") or _order_number_in(reply.text)
    if number is None and reply.intent not in _REFUSES and not _WITHOUT_NUMBER.search(reply.text):
        _add(reply)
        if _missed(reply, "order_number") < MOST_MISSES:
            return "order_number"
    reply.set(order_number=number or NOT_STATED)
    return None


def _product(reply: Reply) -> str | None:
    words = len(reply.text.split())
    if reply.entity("product"):
        reply.set(product=reply.entity("product"))
    elif reply.intent in _REFUSES:
        reply.set(product=NOT_STATED)
    elif 0 < words <= _LONGEST_NAME and reply.intent != "affirm":
        reply.set(product=reply.text)
    else:
        _add(reply)
        if _missed(reply, "product") < MOST_MISSES:
            return "product"
        reply.set(product=NOT_STATED)
    return None


def _wanted_remedy(reply: Reply) -> str | None:
    """The outcome that the customer wants, in their own words where it is none of ours (P15)."""
    if reply.entity("remedy"):
        return None
    if reply.intent in _REFUSES or _UNDECIDED.search(reply.text):
        reply.set(wanted_remedy=NOT_STATED)
    elif reply.text and reply.intent != "affirm":
        named = named_in(reply.text, business().remedies)
        reply.set(wanted_remedy=named.id if named else reply.text[:_LONGEST_WISH])
    elif _missed(reply, "wanted_remedy") < MOST_MISSES:
        return "wanted_remedy"
    else:
        reply.set(wanted_remedy=NOT_STATED)
    return None


def _chosen_remedy(reply: Reply) -> str | None:
    """One of those offered; the recommended one for the undecided (P14); or none of them."""
    choices = offered(reply)
    wanted = reply.entity("remedy")
    fitting = fitting_for(reply.slot("complaint_cause"))
    chosen = next((remedy for remedy in fitting if remedy.id == wanted), None)
    if chosen is None and wanted is None:
        chosen = named_in(reply.text, choices) or named_in(reply.text, fitting)
    undecided = {"affirm", "not_sure"} & set(reply.likely) or _UNDECIDED.search(reply.text)
    if chosen is None and wanted is None and undecided and reply.intent != "deny":
        chosen = choices[0]
        if chosen.id != reply.slot("wanted_remedy"):  # else it was their choice, and they have said it twice
            reply.say("remedies.chosen_for_you", name=chosen.name)
    if chosen is not None:
        reply.set(chosen_remedy=chosen.id)
    elif wanted is not None or (reply.intent == "deny" and _none_of_them(reply)):
        reply.set(chosen_remedy=OTHER, wanted_remedy=wanted or reply.slot("wanted_remedy"))
    else:
        _add(reply)
        _note_bare_amount(reply)
        # A bare no is asked about in so many words: it may be meant for anything.
        missed = _missed(reply, "chosen_remedy", at_least=MOST_MISSES if reply.intent == "deny" else 1)
        if missed <= MOST_MISSES:
            return "chosen_remedy"
        reply.set(chosen_remedy=OTHER if reply.intent == "deny" else NOT_STATED)
    return None


def _none_of_them(reply: Reply) -> bool:
    """A no that is surely about all that was offered: the button, or one with more words, or said again."""
    asked_last = (reply.slot("tries") or {}).get("chosen_remedy", 0) >= MOST_MISSES
    return not reply.text or asked_last or len(reply.text.split()) >= _LONG_ENOUGH or bool(_NONE.search(reply.text))


def _note_bare_amount(reply: Reply) -> None:
    """ "60" between the remedies is what it cost, said before we asked."""
    if reply.slot("amount") is None and _BARE_NUMBER.fullmatch(reply.text.strip()):
        reply.set(amount={"amount": float(reply.text.strip().replace(",", ".")), "currency": "EUR"})


def _amount(reply: Reply) -> str | None:
    """About how much it cost; or, instead, that another remedy is wanted after all (P15)."""
    if reply.entity("remedy") not in (None, reply.slot("chosen_remedy")):
        reply.say("remedies.changed")
        return _chosen_remedy(reply)
    figure = _NUMBER.search(reply.text)
    if reply.entity("amount"):
        reply.set(amount=reply.entity("amount"))
    elif figure is not None:
        reply.set(amount={"amount": float(figure[0].replace(",", ".")), "currency": "EUR"})
    elif reply.intent not in _REFUSES and _missed(reply, "amount") < MOST_MISSES:
        return "amount"
    else:
        reply.set(amount=_UNKNOWN_AMOUNT)
    return None


_TAKERS: dict[str, Callable[[Reply], str | None]] = {
    "complaint_text": _text,
    "complaint_confirmed": _confirmed,
    "complaint_heard": _heard,
    "order_number": _order_number,
    "product": _product,
    "wanted_remedy": _wanted_remedy,
    "chosen_remedy": _chosen_remedy,
    "amount": _amount,
}


def _add(reply: Reply, *, beside: bool = False) -> None:
    """Add the message to the story, and what it shows about the cause, unless that is ``beside`` a known one."""
    told: str = reply.slot("complaint_text") or ""
    if len(reply.text.split()) >= _LONG_ENOUGH and reply.text not in told:
        reply.set(complaint_text=f"{told}\n{reply.text}".strip())
    elif not told and reply.text:
        reply.set(complaint_text=reply.text)
    # Once it is confirmed, more trouble is told beside it and does not change what it is about.
    settled = reply.slot("complaint_confirmed") or beside
    names_cause = reply.intent in business().causes and not settled
    if names_cause or reply.slot("complaint_cause") is None:
        reply.set(complaint_cause=cause_of(reply) or OTHER_CAUSE)


def _accept_own_words(reply: Reply) -> None:
    """We do not get it right: the customer's own words stand, and we go on (P6)."""
    _add(reply)
    if not reply.slot("complaint_text"):
        reply.set(complaint_text=NOT_STATED)
    reply.set(complaint_confirmed=True)
    reply.say("paraphrase.own_words")


def _missed(reply: Reply, slot: str, *, at_least: int = 1) -> int:
    """Count one more miss of the question for `slot`, and say how many there are."""
    tries = dict(reply.slot("tries") or {})
    tries[slot] = max(tries.get(slot, 0) + 1, at_least)
    reply.set(tries=tries)
    return int(tries[slot])


def _order_number_in(text: str) -> str | None:
    """An order number in `text`, also one whose letters were left out: 123456 for FJ-123456."""
    shape = business().order_number
    if found := re.search(shape.pattern, text, re.IGNORECASE):
        return found[0].upper()
    letters = re.split(r"\d", shape.example, maxsplit=1)[0]
    digits = (letters + run for run in re.findall(r"\d+", text))
    return next((number for number in digits if re.fullmatch(shape.pattern, number)), None)
