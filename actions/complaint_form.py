"""The complaint form: what it needs (P4), what a message answers, and what interrupts it."""

from rasa_sdk import FormValidationAction, Tracker
from rasa_sdk.events import ActionExecutionRejected, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import complaint_answers
from actions.remedies import needs_amount
from actions.reply import FORM, Event, Reply

_NEEDS_ORDER = {
    "complain_late", "complain_damaged", "complain_wrong_item", "complain_missing", "complain_defective",
    "complain_refund", "complain_billing",
}  # fmt: skip
_NEEDS_PRODUCT = {"complain_damaged", "complain_wrong_item", "complain_missing", "complain_defective"}

# Whatever we asked, these come first. The rules answer them and come back, or end the form.
_INTERRUPTS = {
    "ask_person", "abuse", "threat_legal", "threat_physical", "forget_it", "goodbye", "bot_challenge",
    "ask_case_status", "complain_unresolved", "greet", "praise", "suggestion", "apologise",
}  # fmt: skip

_QUESTIONS = {
    "faq_delivery", "faq_returns", "faq_payment", "faq_warranty", "faq_products", "faq_account",
    "faq_premium", "faq_company", "order_status", "order_change", "order_cancel", "invoice_request",
}  # fmt: skip
_QUESTION_WORDS = {
    "how", "what", "when", "where", "why", "who", "which", "can", "could", "do", "does", "is", "are", "will", "would",
}  # fmt: skip

# Replies to "shall I bring in a colleague?", which the core may have asked in place of the form's question.
_ABOUT_HANDOFF = {"affirm", "deny", "not_sure", "forget_it"}

_ENTITY_OF = {"wanted_remedy": "remedy", "chosen_remedy": "remedy"}


class ValidateComplaintForm(FormValidationAction):  # type: ignore[misc]  # rasa_sdk carries no types
    """Decides on every message whether it answers the form's question, and what to ask next."""

    def name(self) -> str:
        return f"validate_{FORM}"

    async def required_slots(
        self, domain_slots: list[str], dispatcher: CollectingDispatcher, tracker: Tracker, domain: Event
    ) -> list[str]:
        """What this complaint needs, in the order in which it is asked."""
        return needed(tracker)

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Event) -> list[Event]:
        """Take what the message answers; reject it when it is about something else."""
        reply = Reply(dispatcher, tracker)
        requested = tracker.slots.get("requested_slot")
        again = None
        if requested and not _handled_elsewhere(tracker):
            if interrupts(reply, requested):
                return [ActionExecutionRejected(FORM)]
            again = complaint_answers.take(reply, requested)
        # Nobody furious is offered a solution; once they have cooled down, they count as heard (P10).
        reply.set(complaint_heard=None if reply.too_heated else True)
        events = reply.events()
        tracker.add_slots(events)
        missing = (slot for slot in needed(tracker) if tracker.slots.get(slot) is None)
        return [*events, SlotSet("requested_slot", again or next(missing, None))]


def needed(tracker: Tracker) -> list[str]:
    """The slots of the form that this complaint needs."""
    cause = tracker.slots.get("complaint_cause")
    slots = ["complaint_text", "complaint_confirmed", "complaint_heard"]
    slots += ["order_number"] if cause in _NEEDS_ORDER else []
    slots += ["product"] if cause in _NEEDS_PRODUCT else []
    slots += ["wanted_remedy", "chosen_remedy"]
    return [*slots, "amount"] if needs_amount(tracker.slots.get("chosen_remedy")) else slots


def interrupts(reply: Reply, requested: str) -> bool:
    """Whether the message is about something else than the form's question."""
    if reply.slot("asked") == "handoff" and reply.intent in _ABOUT_HANDOFF:
        return True
    if reply.intent == "suggestion" and requested in _ENTITY_OF:
        return False  # "what do you suggest" asks for our choice
    if reply.intent in _INTERRUPTS or reply.entity("article") is not None:
        return True
    if reply.entity(_ENTITY_OF.get(requested, requested)) is not None:
        return False
    if reply.intent == "thank":
        return requested not in ("complaint_confirmed", "complaint_heard")
    return reply.intent in _QUESTIONS and _sounds_like_a_question(reply.text)


def _sounds_like_a_question(text: str) -> bool:
    first = text.split(maxsplit=1)[:1]
    return text.rstrip().endswith("?") or (bool(first) and first[0].lower() in _QUESTION_WORDS)


def _handled_elsewhere(tracker: Tracker) -> bool:
    """Whether another action answered the latest message, so that the form only comes back to its question."""
    for event in reversed(tracker.events):
        kind, name = event.get("event"), event.get("name")
        if kind == "user":
            return False
        if kind == "action_execution_rejected" or (kind == "action" and name not in (FORM, "action_listen")):
            return True
    return False
