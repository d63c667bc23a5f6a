"""Passing on to a person, and messages that go against us. The core decides; here is what is said."""

import re

from actions.parting import is_all, part
from actions.reply import Asked, Reply, action
from actions.resources import business
from actions.smalltalk import ask_for_more, offer_again


@action("action_ask_person")
def ask_person(reply: Reply) -> Asked:
    """Whoever asks for a person gets one, without another question (P24, P25)."""
    reply.wish("handoff", reason="person_demanded", consented=True)
    reply.say("handoff.requested")
    return None


@action("action_hand_over")
def hand_over(reply: Reply) -> Asked:
    """The customer agreed to be handed over (P25)."""
    reply.wish("handoff", reason="consented", consented=True)
    reply.say("handoff.agreed")
    return None


@action("action_stay")
def stay(reply: Reply) -> Asked:
    """The customer would rather go on here; a complaint goes on where it was."""
    if reply.in_complaint:
        reply.say("handoff.staying.complaint")
        return "complaint"
    if is_all(reply):
        return part(reply)
    reply.say("handoff.staying")
    return "more"


@action("action_unsolved")
def unsolved(reply: Reply) -> Asked:
    """Raised before and still open: a person should settle it (P26)."""
    if not reply.in_complaint:
        reply.set(complaint_cause="complain_unresolved", complaint_text=reply.text or None)
    reply.wish("handoff", reason="unsolved_again", consented=False)
    reply.say("handoff.unsolved")
    return "complaint" if reply.in_complaint else None


@action("action_abuse")
def abuse(reply: Reply) -> Asked:
    """Ask politely and firmly to stop (P12); what was asked before still stands."""
    if reply.in_complaint:
        reply.say("abuse.inside")
        return "complaint"
    reply.say("abuse.again" if reply.context("abuse_count", 0) else "abuse.warning")
    asked: Asked = reply.slot("asked")
    return asked


@action("action_apology")
def apology(reply: Reply) -> Asked:
    """Whoever is sorry for their tone hears that all is well (P11); what was asked before still stands."""
    if reply.in_complaint:
        reply.say("apology.inside")
        return "complaint"
    if reply.slot("asked") == "handoff":
        return offer_again(reply, "apology.inside")
    asked: Asked = reply.slot("asked")
    reply.say("apology.inside" if asked else "apology")
    return asked


@action("action_threat")
def threat(reply: Reply) -> Asked:
    """Answer a threat calmly and report it to a lead (P13); the core hands over."""
    physical = reply.intent == "threat_physical" or reply.mood.kind == "threatening_physical"
    reply.say("threat.physical" if physical else "threat.legal")
    return None


@action("action_case_status")
def case_status(reply: Reply) -> Asked:
    """What was agreed in this conversation is repeated, and who has promised to see to it until when (P18).

    What is overdue, and anything else, only a person can see (P22, P26).
    """
    case = _case_in(reply.text) or reply.slot("case_number")
    promised, agreed = reply.context("promised"), reply.context("agreed")
    here = {reply.slot("case_number"), agreed and agreed["case"]}
    if case in here and not reply.in_complaint:
        if agreed is not None and (promised is None or _names(reply, agreed["remedy"])):
            return _say_what_is_agreed(reply, **agreed)
        if promised is not None:
            return _say_who_has_it(reply, promised["by"], promised["due"])
        if case and (remedy := business().remedy(reply.slot("chosen_remedy") or "")) is not None:
            return _repeat_promise(reply, case, remedy.sentence, remedy.time)
    reply.wish("handoff", reason="business_rule", consented=False)
    reply.say("case.known" if case else "case.unknown", case=case)
    return "complaint" if reply.in_complaint else None


def _say_who_has_it(reply: Reply, by: str, due: str | None) -> Asked:
    if due is None:
        reply.wish("handoff", reason="unsolved_again", consented=False)
        reply.say("case.overdue", by=by)
        return None
    reply.say("case.promised", by=by, due=due)
    return ask_for_more(reply, "complaint.more")


def _say_what_is_agreed(reply: Reply, *, case: str, remedy: str, due: str | None, **_: object) -> Asked:
    """A remedy that the bot promised, also on another day; what is late is owned up to (P18, P19)."""
    known = business().remedy(remedy)
    if known is None or due is None:
        reply.wish("handoff", reason="unsolved_again", consented=False)
        reply.say("case.agreed.late", case=case, name=known.name if known else remedy)
        return None
    reply.say("case.agreed", case=case, sentence=known.sentence, due=due)
    return ask_for_more(reply, "complaint.more")


def _names(reply: Reply, remedy: str) -> bool:
    known = business().remedy(remedy)
    return reply.entity("remedy") == remedy or (known is not None and known.name.lower() in reply.text.lower())


def _repeat_promise(reply: Reply, case: str, sentence: str, time: str) -> Asked:
    reply.say("case.status", case=case, sentence=sentence, time=time)
    return ask_for_more(reply, "complaint.more")


def _case_in(text: str) -> str | None:
    prefix = re.escape(business().case_prefix)
    found = re.search(rf"\b{prefix}(?:-[0-9A-Z]{{3}}){{3}}\b", text.upper())
    return found[0] if found else None
