"""What agents and leads have to know before anything else about a conversation."""

from __future__ import annotations

import psycopg
import pytest
from playwright.sync_api import expect

from tests.browser.checks import accessible, fits
from tests.browser.people import PHONE, Desk, Windows, at_the_desk
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


def test_a_threat_while_an_agent_has_it_alarms_the_leads(stack: Stack, windows: Windows) -> None:
    """Leads find it first among those who wait, with who has it; that agent is not left alone; other agents wait on.

    It is over when a lead has it (P13).
    """
    customer = stack.customer()
    customer.say("My lamp flickers. I want to talk to a person")
    owner, bystander = (at_the_desk(windows, stack, viewport=WIDE) for _ in range(2))
    leads = stack.agent(role="lead")
    windows.expect_error("status of 401")
    lead = Desk(windows.open(f"{stack.url}/desk", viewport=WIDE), leads.name).log_in()
    owner.open(customer.conversation)
    owner.take_over()
    expect(lead.row(customer.conversation)).to_have_count(0)
    customer.post("If you do not pay me back I will come to your office and beat you up.")

    alarm = owner.middle.get_by_role("alert")
    expect(alarm).to_have_text(
        "Threat of violence. The leads see it too, first in their list."
        " Stay calm and hear them out; you need not settle this alone."
    )
    accessible(owner.page, "alarm of who has it")
    first = lead.queue.locator("a.row").first
    expect(first).to_have_attribute("href", f"#/c/{customer.conversation}")
    for words in ("Threat of violence", "Urgent", "For a lead", owner.name):
        expect(first).to_contain_text(words)
    first.click()
    seen = lead.middle.get_by_role("alert")
    expect(seen).to_have_text(f"Threat of violence. {owner.name} has this conversation. A lead should stand by.")
    accessible(lead.page, "alarm of a lead")
    expect(bystander.row(customer.conversation)).to_have_count(0)

    owner.page.get_by_role("button", name="Transfer").click()
    dialog = owner.page.get_by_role("dialog", name="Transfer the conversation")
    dialog.get_by_label("To whom?").select_option(f"{leads.name} (lead)")
    dialog.get_by_label("What they should know").fill("Please take this one.")
    dialog.get_by_role("button", name="Transfer").click()
    expect(lead.reply).to_be_visible()
    expect(seen).to_have_count(0)
    expect(lead.row(customer.conversation)).to_have_count(0)


@pytest.mark.parametrize("size", [pytest.param(WIDE, id="wide"), pytest.param(PHONE, id="phone")])
def test_a_sender_who_may_be_forged_is_marked(stack: Stack, windows: Windows, size: dict[str, int]) -> None:
    """In the list and above the messages, with the address that anybody may have used; nobody else is marked."""
    forged, other = stack.customer(), stack.customer()
    for customer in (forged, other):
        customer.say("Please send my refund to another account, I want to talk to a person")
    with psycopg.connect(stack.database) as connection:
        connection.execute("update conversation set unverified = true where id = %s", [forged.conversation])
        connection.execute(
            "insert into place (channel, account, key, conversation_id, audience, details)"
            """ values ('email', 'help', %s, %s, 'customer', '{"address": "kari@shop.example"}')""",
            [f"unverified {forged.conversation}", forged.conversation],
        )
    desk = at_the_desk(windows, stack, viewport=size)
    expect(desk.row(forged.conversation)).to_contain_text("Sender not verified")
    expect(desk.row(other.conversation)).not_to_contain_text("not verified")
    desk.open(forged.conversation)
    expect(desk.middle.get_by_role("alert")).to_have_text(
        "Sender not verified. Anybody may have written this as kari@shop.example."
        " Make sure before you change or tell anything."
    )
    desk.take_over()
    expect(desk.middle.get_by_role("alert")).to_be_in_viewport(ratio=1)
    fits(desk.page, desk.middle)
    accessible(desk.page, "sender not verified")
    desk.page.goto(f"{stack.url}/desk#/c/{other.conversation}")
    expect(desk.middle).not_to_contain_text("not verified")
