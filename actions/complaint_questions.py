"""The questions of the complaint form, one at a time (P4)."""

from collections.abc import Sequence

from actions.complaint_answers import MOST_MISSES
from actions.remedies import fitting_for, may_promise, offered
from actions.reply import FORM, Asked, Event, Reply, action
from actions.resources import product_name
from bot.business import Remedy
from bot.records import NOT_STATED

_MOST_BUTTONS = 4


@action(f"action_ask_{FORM}_complaint_text")
def ask_text(reply: Reply) -> Asked:
    """What happened; after a correction, what we missed."""
    corrects = bool(reply.slot("complaint_text"))
    reply.say("ask.complaint_text.correct" if corrects else "ask.complaint_text")
    return "complaint"


@action(f"action_ask_{FORM}_complaint_confirmed")
def ask_confirmed(reply: Reply) -> Asked:
    """Say it back in our words with the facts we found (P3)."""
    cause = reply.slot("complaint_cause")
    fields = {"thing": _thing(reply, cause), "order": _order(reply, cause), "amount": _amount(reply)}
    paraphrase = reply.phrase(f"paraphrase.{cause}", **fields)
    buttons = [reply.button("that_is_right", "/affirm"), reply.button("not_quite", "/deny")]
    reply.utter(f"{paraphrase} {reply.phrase('paraphrase.question')}", buttons=buttons)
    return "complaint"


@action(f"action_ask_{FORM}_complaint_heard")
def ask_heard(reply: Reply) -> Asked:
    """Let them speak; nothing is offered yet (P10)."""
    reply.say("ask.complaint_heard", buttons=[reply.button("that_is_all", "/affirm")])
    return "complaint"


@action(f"action_ask_{FORM}_order_number")
def ask_order_number(reply: Reply) -> Asked:
    """Which order; it is fine not to have the number."""
    return _ask(reply, "order_number", [reply.button("without_number", "/deny")])


@action(f"action_ask_{FORM}_product")
def ask_product(reply: Reply) -> Asked:
    """Which product."""
    return _ask(reply, "product", [reply.button("not_sure", "/not_sure")])


@action(f"action_ask_{FORM}_wanted_remedy")
def ask_wanted_remedy(reply: Reply) -> Asked:
    """Which outcome the customer wants (P15)."""
    remedies = fitting_for(reply.slot("complaint_cause"))[:_MOST_BUTTONS]
    return _ask(reply, "wanted_remedy", [*_choices(reply, remedies), reply.button("you_choose", "/not_sure")])


@action(f"action_ask_{FORM}_chosen_remedy")
def ask_chosen_remedy(reply: Reply) -> Asked:
    """At least two ways to put it right, with their times (P16, P18)."""
    remedies = offered(reply)
    buttons = [*_choices(reply, remedies), reply.button("something_else", "/deny")]
    if tries := (reply.slot("tries") or {}).get("chosen_remedy"):
        key = "remedies.question.again" if tries < MOST_MISSES else "remedies.question.last"
        reply.say(key, name=remedies[0].name, buttons=buttons)
        return "complaint"
    lines = "\n".join(_line(reply, remedy) for remedy in remedies)
    reply.utter(f"{reply.phrase('remedies.offer', list=lines)}\n{reply.phrase('remedies.question')}", buttons=buttons)
    return "complaint"


@action(f"action_ask_{FORM}_amount")
def ask_amount(reply: Reply) -> Asked:
    """The amount, where it decides who may promise the chosen remedy."""
    return _ask(reply, "amount", [reply.button("not_sure", "/not_sure")])


def _ask(reply: Reply, slot: str, buttons: Sequence[Event]) -> Asked:
    """Ask for `slot`, in other words when the last answer missed it."""
    again = ".again" if (reply.slot("tries") or {}).get(slot) else ""
    reply.say(f"ask.{slot}{again}", buttons=buttons)
    return "complaint"


def _choices(reply: Reply, remedies: Sequence[Remedy]) -> list[Event]:
    return [{"title": remedy.name, "payload": f'/want_remedy{{"remedy": "{remedy.id}"}}'} for remedy in remedies]


def _line(reply: Reply, remedy: Remedy) -> str:
    approval = "" if may_promise(remedy, reply.slot("amount")) else ".approval"
    return reply.term(f"remedies.line{approval}", name=remedy.name, sentence=remedy.sentence, time=remedy.time)


def _thing(reply: Reply, cause: str) -> str:
    product = reply.slot("product")
    if product and product != NOT_STATED:
        return reply.term("thing.named", product=product_name(product))
    return reply.term(f"thing.{cause}")


def _order(reply: Reply, cause: str) -> str:
    number = reply.slot("order_number")
    named = "of_product" if reply.slot("product") not in (None, NOT_STATED) else cause
    return "" if number in (None, NOT_STATED) else " " + reply.term(f"order.{named}", number=number)


def _amount(reply: Reply) -> str:
    known = reply.slot("amount") or {}
    if "amount" not in known:
        return ""
    return " " + reply.term("amount.named", amount=f"{known['amount']:g} {known.get('currency', 'EUR')}")
