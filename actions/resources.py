"""What actions look things up in: the business profile, the wording and the articles."""

from functools import lru_cache
from pathlib import Path

from bot.business import Business, load_business
from bot.wording import Wording


@lru_cache
def business() -> Business:
    """The profile in the current directory, which is the project's, as it is for the `rasa` command."""
    return load_business(Path())


@lru_cache
def wording(language: str) -> Wording:
    """The texts of `language`."""
    return Wording.load(Path(), language)


def product_name(id: str) -> str:
    """The name of a product by its id; what is not in the catalogue is called as the customer called it."""
    return next((product.name for product in business().products if product.id == id), id)
