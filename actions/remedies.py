"""Ways to put a complaint right, and what the bot may promise of them (P16)."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from actions.reply import Reply
from actions.resources import business
from bot.business import Remedy

OTHER = "other"
"""In the slot `chosen_remedy`: none of those offered."""

_MOST_OFFERED = 3
_FEW_WORDS = 3
_SHORTEST_TELLING = 5  # letters: shorter words are too often in an answer by chance
_ORDINALS = {"first": 0, "1st": 0, "1": 0, "second": 1, "2nd": 1, "2": 1, "third": 2, "3rd": 2, "3": 2, "last": -1}


def offered(reply: Reply) -> list[Remedy]:
    """The remedies for this complaint: the wanted one first, then those that the bot itself may promise.

    The first is the one we recommend (P14).
    """
    wanted, amount = reply.slot("wanted_remedy"), reply.slot("amount")
    fitting = fitting_for(reply.slot("complaint_cause"))
    return sorted(fitting, key=lambda remedy: (remedy.id != wanted, not may_promise(remedy, amount)))[:_MOST_OFFERED]


def fitting_for(cause: str | None) -> Sequence[Remedy]:
    """The remedies for `cause`; for one that we do not know, those that fit the most causes."""
    known = business().remedies_for(cause or "")
    return known or sorted(business().remedies, key=lambda remedy: -len(remedy.causes))


def may_promise(remedy: Remedy, amount: Mapping[str, Any] | None) -> bool:
    """Whether the bot may promise it; an amount that is not known does not stand against it.

    Ask `needs_amount` first: where a limit applies, the amount is asked for.
    """
    if remedy.bot_limit is None:
        return True
    if amount is None:
        return remedy.bot_limit > 0
    known = business().in_currency(amount)
    return known is not None and known <= remedy.bot_limit


def needs_amount(chosen: str | None) -> bool:
    """Whether the bot's right to promise the chosen remedy depends on the amount."""
    remedy = business().remedy(chosen or "")
    return remedy is not None and remedy.bot_limit is not None and remedy.bot_limit > 0


def named_in(text: str, remedies: Sequence[Remedy]) -> Remedy | None:
    """The one of `remedies` that `text` names, None if not just one.

    By its name, or by its place in the list, or in a word or two that only its sentence has: "money".
    """
    words = set(re.findall(r"\w+", text.lower()))
    named = [remedy for remedy in remedies if set(re.findall(r"\w+", remedy.name.lower())) & words]
    if not named:
        places = {_ORDINALS[word] for word in words & set(_ORDINALS)}
        named = [remedies[place] for place in places if place < len(remedies)]
    if not named and len(text.split()) <= _FEW_WORDS:
        named = [remedy for remedy in remedies if _telling(remedy, remedies) & words]
    return named[0] if len(named) == 1 else None


def _telling(remedy: Remedy, remedies: Sequence[Remedy]) -> set[str]:
    """The words of its sentence that stand in no other of `remedies`."""
    others = {word for other in remedies if other.id != remedy.id for word in _long_words(other.sentence)}
    return _long_words(remedy.sentence) - others


def _long_words(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text.lower()) if len(word) >= _SHORTEST_TELLING}
