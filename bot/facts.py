"""The facts of the business that any text may name, as fields such as `{business.hours}` (P38)."""

import re
from collections.abc import Mapping

from bot.business import Business
from bot.hours import say_hours
from bot.language import say_languages

FIELD = re.compile(r"\{([^{}\n]*)\}")


def facts(business: Business) -> dict[str, str]:
    """Field name → the words that stand for it."""
    contacts = business.contacts
    named = {
        "name": business.name,
        "hours": say_hours(business),
        "languages": say_languages(business.languages),
        "contacts.email": contacts.email,
        "contacts.phone": contacts.phone,
        "contacts.address": contacts.address,
        "contacts.site": contacts.site,
        "order_number.example": business.order_number.example,
    }
    named |= {f"remedies.{remedy.id}.time": remedy.time for remedy in business.remedies}
    return {f"business.{field}": words for field, words in named.items()}


def fill(text: str, known: Mapping[str, str]) -> str:
    """`text` with every {field} replaced; a field that is not in `known` stays as it is."""
    return FIELD.sub(lambda found: known.get(found[1], found[0]), text)
