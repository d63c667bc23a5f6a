"""What a message names."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.business import load_business
from bot.nlu.entity_rules import Extractor

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 21)  # a Saturday


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor(load_business(ROOT))


def euros(amount: float) -> dict[str, Any]:
    return {"amount": amount, "currency": "EUR"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("where is FJ-123456", [("order_number", "FJ-123456")]),
        ("its fj 654321 i think", [("order_number", "FJ-654321")]),
        ("my order number is 445566, name is anna berg", [("order_number", "FJ-445566"), ("name", "Anna Berg")]),
        ("I ordered 2 lamps and 4 bulbs", []),
        ("invoice inv-2026-00123 is wrong", [("invoice_number", "INV-2026-00123")]),
        ("Write to Anna.Berg@Example.com please", [("email", "anna.berg@example.com")]),
        ("ring me on +47 22 33 44 55", [("remedy", "call_back"), ("phone", "+4722334455")]),
        ("my number: 912 34 567", [("phone", "+4791234567")]),
        ("you took 1.249,50 € from me", [("amount", euros(1249.5))]),
        ("it cost €49.90 and shipping 5 euros", [("amount", euros(49.9)), ("amount", euros(5))]),
        ("waiting for 3 weeks and 2 calls", []),
        ("it was ordered on 3 November", [("date", "2026-11-03")]),
        ("can it come next Friday", [("date", "2026-11-27")]),
        ("it came on Friday", [("date", "2026-11-20")]),
        ("bought 2 weeks ago, need it by tomorrow", [("date", "2026-11-07"), ("date", "2026-11-22")]),
        ("due 05.12.2026", [("date", "2026-12-05")]),
        ("may I march in on second thought", []),
        ("the Vidde floor lamp is broken", [("product", "vidde")]),
        ("does fl 220 dim", [("product", "lumi")]),
        ("big fan of your lamps", []),
        ("I want my money back or a voucher", [("remedy", "refund"), ("remedy", "voucher")]),
        ("Hi, I'm Kari Nordmann, where is it?", [("name", "Kari Nordmann")]),
        ("this is Peter speaking", [("name", "Peter")]),
        ("I'm Worried about this. This is Ridiculous", []),
        ("my name is not important", []),
        ("Please call.\n\nKind regards,\nMaria Lund", [("name", "Maria Lund")]),
        ("", []),
    ],
)
def test_what_is_named_is_found_in_its_normal_form(
    extractor: Extractor, text: str, expected: list[tuple[str, Any]]
) -> None:
    """Each kind is found as customers write it, and what only looks alike is left alone."""
    found = extractor.find(text, TODAY)
    assert [(each.entity, each.value) for each in found] == expected
    assert all(each.text == text[each.start : each.end] for each in found)


def test_a_plain_rasa_project_needs_no_business_file() -> None:
    """Without business.yml, contacts, amounts and dates are found all the same."""
    found = Extractor(None).find("refund 20 usd, mail me at a@b.no, FJ-123456", TODAY)
    assert [each.entity for each in found] == ["remedy", "amount", "email"]
