"""Courtesy, feedback and short replies (P21, P36)."""

from datetime import datetime

from actions.answering import about_an_order, show_chosen
from actions.parting import is_all, part
from actions.reply import Asked, Reply, action
from actions.resources import business
from bot.articles import Article

_WHOLE_STORY = 12
"""Words: who writes more around an order number has told what it is about, though we have not understood it."""


@action("action_greet")
def greet(reply: Reply) -> Asked:
    """By time of day; a second greeting is answered without the first one's introduction."""
    if reply.in_complaint:
        reply.say("greeting.inside")
        return "complaint"
    greeted = any(variant.startswith("greeting.") for variant in reply.slot("said") or ())
    reply.say("greeting.again" if greeted else _greeting(datetime.now(business().zone).hour), name=reply.name)
    return None


def _greeting(hour: int) -> str:
    if 5 <= hour < 12:
        return "greeting.morning"
    return "greeting.afternoon" if 12 <= hour < 18 else "greeting.evening"


@action("action_goodbye")
def goodbye(reply: Reply) -> Asked:
    """Farewell; who comes back only to say it leaves the matter closed."""
    if reply.context("reopened"):
        return part(reply)
    reply.say("goodbye", name=reply.name)
    return None


@action("action_thank")
def thank(reply: Reply) -> Asked:
    """Answer thanks and ask whether there is more (P21)."""
    if reply.in_complaint:
        reply.say("thank.inside")
        return "complaint"
    if reply.slot("asked") == "handoff":
        return offer_again(reply, "thank.inside")
    if is_all(reply) or reply.context("reopened"):
        return part(reply)
    return ask_for_more(reply, "thank")


@action("action_feedback")
def feedback(reply: Reply) -> Asked:
    """Praise and suggestions are welcome and passed on (P21)."""
    sentiment = "praise" if reply.intent == "praise" else "suggestion"
    reply.wish("feedback", sentiment=sentiment, text=reply.text)
    if reply.in_complaint:
        reply.say("feedback.inside")
        return "complaint"
    return ask_for_more(reply, f"feedback.{sentiment}")


@action("action_bot_challenge")
def bot_challenge(reply: Reply) -> Asked:
    """Say honestly what the bot is."""
    reply.say("bot.challenge")
    return "complaint" if reply.in_complaint else None


@action("action_acknowledge")
def acknowledge(reply: Reply) -> Asked:
    """A yes or a no that answers no question of ours; "no, that is all" asks for nothing any more."""
    if is_all(reply) or (reply.intent == "deny" and reply.context("reopened")):
        return part(reply)
    reply.say("acknowledge")
    return None


@action("action_inform")
def inform(reply: Reply) -> Asked:
    """Facts without a question are noted; a chosen article, also from an older button, is shown."""
    if (article := _chosen_article(reply)) is not None:
        return show_chosen(reply, article)
    person = {kind: reply.entity(kind) for kind in ("name", "email", "phone")}
    if any(person.values()):
        reply.wish("customer", **{kind: value for kind, value in person.items() if value})
        reply.set(contact=person["email"] or person["phone"] or reply.slot("contact"))
    if reply.in_complaint:
        return "complaint"
    if reply.slot("asked") == "handoff":
        return offer_again(reply, "inform.kept")
    order = reply.entity("order_number")
    if order and (about_an_order(reply) or len(reply.text.split()) >= _WHOLE_STORY):
        reply.wish("handoff", reason="business_rule", consented=False)
        reply.say("inform.order", order=order)
    else:
        reply.say("inform.noted")
    return None


def _chosen_article(reply: Reply) -> Article | None:
    id = reply.entity("article")
    return reply.articles.article(id) if id else None


@action("action_leave")
def leave(reply: Reply) -> Asked:
    """Drop what we were doing; what was said stays known."""
    if reply.in_complaint:
        reply.set(chosen_remedy=None)  # nothing is agreed
        return ask_for_more(reply, "leave.complaint")
    return ask_for_more(reply, "leave")


@action("action_ask_what")
def ask_what(reply: Reply) -> Asked:
    """There is more: what is it? "Yes, that is all" says that there is not."""
    if is_all(reply):
        return part(reply)
    reply.say("ask_what")
    return None


@action("action_resolved")
def resolved(reply: Reply) -> Asked:
    """Nothing more: the customer says that it is closed (P21)."""
    return part(reply)


def offer_again(reply: Reply, key: str) -> Asked:
    """Answer what was said beside our offer of a person, which waits for an answer still (P25)."""
    reply.say(key)
    reply.say("handoff.standing", buttons=[reply.button("hand_over", "/affirm"), reply.button("stay", "/deny")])
    return "handoff"


def ask_for_more(reply: Reply, key: str) -> Asked:
    """Say something that ends in "is there anything else?"."""
    reply.say(key, buttons=[reply.button("that_is_all", "/deny")])
    return "more"
