"""What agents and leads have to know before anything else about a conversation."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.people import Windows, at_the_desk
from tests.scenarios.stack import Stack

WIDE = {"width": 1280, "height": 800}


def test_who_is_calm_now_was_not_before(stack: Stack, windows: Windows) -> None:
    """Why it was handed over stands beside how the customer is now; who never was upset is plainly calm."""
    upset, calm = stack.customer(), stack.customer()
    upset.say("You charged me twice for INV-2026-00481. Settle this or you will hear from my lawyer.")
    calm.say("I want to talk to a person please")
    desk = at_the_desk(windows, stack, role="lead", viewport=WIDE)
    expect(desk.row(upset.conversation).locator(".row-reason")).to_have_text("Legal threat legal threat")
    expect(desk.row(calm.conversation).locator(".row-reason")).to_have_text("Asked for a person calm")
    upset.post("ok, thank you, I will wait for your answer then")
    expect(desk.row(upset.conversation).locator(".row-reason")).to_have_text("Legal threat calm now")
    desk.open(upset.conversation)
    expect(desk.middle.locator("header")).to_contain_text("calm now")
    expect(desk.bubbles("customer")).to_have_count(2)
    expect(desk.messages.locator(".mood")).to_have_text(["legal threat", "calm"])
