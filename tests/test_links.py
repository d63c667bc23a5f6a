"""Links to our own pages, where the website is not around them."""

import pytest

from bot.links import elsewhere

SITE = "https://chat.shop.example/"


@pytest.mark.parametrize(
    ("text", "linked", "without"),
    [
        (
            "It costs 39 kr.\n\nRead more: /help/delivery-cost",
            "It costs 39 kr.\n\nRead more: https://chat.shop.example/help/delivery-cost",
            "It costs 39 kr.",
        ),
        (
            "One of these:\n• Returns /help/nb/retur\n• Delivery /help/delivery",
            "One of these:\n• Returns https://chat.shop.example/help/nb/retur\n"
            "• Delivery https://chat.shop.example/help/delivery",
            "One of these:\n• Returns \n• Delivery",
        ),
        (
            "All right. You find it here: /help/a",
            "All right. You find it here: https://chat.shop.example/help/a",
            "All right.",
        ),
        ("See /help/a.", "See https://chat.shop.example/help/a.", "See ."),
        *((same, same, same) for same in ("https://other.example/help/a", "either/help/or", "/helpful", "")),
    ],
)
def test_our_pages_are_linked_in_full_or_not_at_all(text: str, linked: str, without: str) -> None:
    assert elsewhere(text, SITE) == linked
    assert elsewhere(text, None) == without
