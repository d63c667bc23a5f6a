"""When a customer wants nothing more, whatever we asked: "no, that's all, thank you" (P21, P36)."""

import re

from actions.reply import Asked, Reply

_COURTESIES = {"affirm", "deny", "thank", "goodbye", "forget_it"}
_MOST_WORDS = 12

_AT_THE_END = (
    r"(?=\s*(?:[,.!;:)]|$|(?:for (?:now|today|me)|from me|then|really|thanks?|cheers|bye"
    r"|i (?:need(?:ed)?|wanted))\b))"
)
_ALL = re.compile(
    r"\b(?:that(?:['’]?s| is| was| will be|['’]?ll be| would be) (?:all|it|everything)"
    r"|(?:nothing|not|no) (?:else|more|further)"
    r"|(?:all|i['’]?m|i am|we['’]?re) (?:good|fine|set|done|sorted))" + _AT_THE_END,
    re.IGNORECASE,
)
_THANKS = re.compile(r"\b(?:thank(?:s| you| u)|thx|ty|cheers|ta)\b", re.IGNORECASE)


def is_all(reply: Reply) -> bool:
    """Whether the message says that there is nothing more; it must be one that says little else."""
    short = len(reply.text.split()) <= _MOST_WORDS and reply.intent in _COURTESIES
    return short and _ALL.search(reply.text) is not None


def says_thanks(reply: Reply) -> bool:
    """Whether a no is a polite one, "no thanks": it ends what we offered and complains of nothing."""
    return reply.intent == "deny" and _THANKS.search(reply.text) is not None


def part(reply: Reply) -> Asked:
    """Thank, and close it, as the customer wants (P21)."""
    reply.wish("resolve")
    reply.say("resolved", name=reply.name)
    return None


def leave_it(reply: Reply) -> Asked:
    """Leave what we were at, and ask whether there is something else."""
    reply.say("leave", buttons=[reply.button("that_is_all", "/deny")])
    return "more"
