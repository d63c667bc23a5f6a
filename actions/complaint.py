"""A complaint's beginning and end: empathy first (P9), the record and the promise last (P5, P18, P21)."""

import hashlib

from actions.remedies import OTHER, may_promise
from actions.reply import Asked, Reply, action
from actions.resources import business
from actions.smalltalk import ask_for_more
from bot.business import Remedy
from bot.records import NOT_STATED

OTHER_CAUSE = "other"
"""A complaint that fits none of the causes in business.yml."""

TELLING_WORDS = 6  # "I want my money back" says what is wanted; longer messages say why

# Written on a label and said on the phone: no vowels, and nothing that looks like something else.
_CASE_ALPHABET = "23456789CDFHJKMNPQRTWXY"


@action("action_begin_complaint")
def begin(reply: Reply) -> Asked:
    """Show that we share the feeling and take down what was said already (P4, P9)."""
    reply.empathise()
    cause = None if _only_wishes(reply) else cause_of(reply)
    tells = cause is not None or len(reply.text.split()) >= TELLING_WORDS
    reply.set(
        complaint_cause=cause or (OTHER_CAUSE if tells else None),
        complaint_text=reply.text or None if tells else None,
        complaint_confirmed=None,
        complaint_heard=None,
        wanted_remedy=reply.entity("remedy"),
        chosen_remedy=None,
        amount=reply.entity("amount"),
        tries={},
    )
    _forget_another_case(reply)
    if cause in reply.context("prior_causes", ()):  # told us before, and it is still open (P26)
        reply.wish("handoff", reason="unsolved_again", consented=False)
    return "complaint"


@action("action_record_complaint")
def record(reply: Reply) -> Asked:
    """Record it with a case number, promise what the bot may promise, and thank for it (P16, P21).

    What only a person can grant goes to one without another question: we have just said that somebody looks
    at it, and that must be true also for a customer who says goodbye now (P19).
    """
    case, chosen = _write_down(reply), _chosen(reply)
    reply.say("complaint.recorded", case=case, name=reply.name)
    if chosen is not None and may_promise(chosen, reply.slot("amount")):
        reply.wish("choose_remedy", case_number=case, remedy=chosen.id)
        reply.say("complaint.promise", sentence=chosen.sentence, time=chosen.time)
        return ask_for_more(reply, "complaint.more")
    reply.wish("handoff", reason="remedy_limit", consented=True)
    if reply.slot("chosen_remedy") == NOT_STATED:
        reply.say("complaint.open_choice")
    elif chosen is None:
        reply.say("complaint.other_way")
    else:
        reply.say("complaint.approval", remedy=chosen.name)
    return None


@action("action_goodbye_in_complaint")
def goodbye(reply: Reply) -> Asked:
    """Farewell in the middle of it: what was confirmed is recorded, so that it is not lost with them (P5, P19)."""
    if reply.slot("complaint_confirmed"):
        reply.say("complaint.left", case=_write_down(reply), name=reply.name)
        reply.set(chosen_remedy=None)  # nothing is agreed yet
    else:
        reply.say("goodbye.complaint", name=reply.name)
    return None


def _write_down(reply: Reply) -> str:
    """Have what is known of it recorded; its case number."""
    case, chosen = case_number(reply), _chosen(reply)
    reply.set(case_number=case)
    reply.wish(
        "record_complaint",
        case_number=case,
        cause=reply.slot("complaint_cause") or OTHER_CAUSE,
        text=reply.slot("complaint_text") or "",
        order_number=_stated(reply, "order_number"),
        product=_stated(reply, "product"),
        wanted_remedy=chosen.id if chosen else _stated(reply, "wanted_remedy"),
        amount=reply.slot("amount") or None,
    )
    return case


def _chosen(reply: Reply) -> Remedy | None:
    return business().remedy(reply.slot("chosen_remedy") or "")


def cause_of(reply: Reply) -> str | None:
    """The likeliest cause in what was just said, also beside a wish ("a refund for the broken lamp"); or None."""
    return next((intent for intent in reply.likely if intent in business().causes), None)


def case_number(reply: Reply) -> str:
    """A case number that the same turn, run again, gives again: from the conversation and the case before.

    23 signs in nine places are 1.8 million million numbers: among 100,000 cases the odds that any two
    are the same are 1 to 360.
    """
    conversation = reply.context("conversation", reply.tracker.sender_id)
    source = f"{conversation}/{reply.context('episode', 1)}/{reply.slot('case_number')}"
    number = int.from_bytes(hashlib.sha256(source.encode()).digest())
    signs = ""
    for _ in range(9):
        number, place = divmod(number, len(_CASE_ALPHABET))
        signs += _CASE_ALPHABET[place]
    return f"{business().case_prefix}-{signs[:3]}-{signs[3:6]}-{signs[6:]}"


def _stated(reply: Reply, slot: str) -> str | None:
    value = reply.slot(slot)
    return None if value in (None, NOT_STATED, OTHER) else str(value)


def _only_wishes(reply: Reply) -> bool:
    """Whether it only names what is wanted: "refund" does not say that one is still outstanding."""
    words = len(reply.text.split())
    bare = words == 1 and reply.entity("remedy") is not None
    return bare or (reply.intent == "want_remedy" and words < TELLING_WORDS)


def _forget_another_case(reply: Reply) -> None:
    """A second complaint may be about something else; what it is about is asked again unless it was said."""
    fresh = reply.slot("case_number") is not None
    for slot in ("order_number", "product"):
        if reply.slot(slot) == NOT_STATED or (fresh and reply.entity(slot) is None):
            reply.set(**{slot: None})
