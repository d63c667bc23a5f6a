"""Small windows: everything is in reach and nothing has to be scrolled sideways."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.checks import fits
from tests.browser.people import Windows, at_the_chat, at_the_desk, waiting_for_a_person
from tests.scenarios.stack import Stack

SIZES = [pytest.param(375, 700, id="phone"), pytest.param(320, 568, id="320 px")]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_chat_on_a_phone(stack: Stack, windows: Windows, width: int, height: int) -> None:
    """The panel fills the screen, the composer is visible, the page behind is out of reach."""
    size = {"width": width, "height": height}
    widget = at_the_chat(windows, stack, viewport=size, has_touch=True, is_mobile=True)
    assert widget.panel.bounding_box() == pytest.approx({"x": 0, "y": 0, **size}, abs=1)
    widget.ask("how much does delivery cost?", "€4.90")
    widget.ask("what can I send back and for how long, and who pays for the parcel?", "")
    fits(widget.page, widget.log)
    for part in (widget.composer, widget.panel.get_by_role("button", name="Send"), widget.state):
        expect(part).to_be_in_viewport(ratio=1)
    expect(widget.bubbles("bot").last).to_be_in_viewport()
    for before in range(4, 44, 4):  # wherever the line ends
        widget.say(f"{'x' * before} e-mail FJ-204817")
    whole = widget.bubbles("customer").locator(".whole")
    expect(whole).to_have_count(20)
    assert whole.evaluate_all("(all) => all.every((one) => one.getClientRects().length === 1)")
    assert widget.panel.evaluate("(panel) => panel.matches(':modal')")
    widget.panel.get_by_role("button", name="Close the chat").tap()
    expect(widget.launcher).to_be_in_viewport(ratio=1)
    fits(widget.page)


def test_the_help_page_at_320_px(stack: Stack, windows: Windows) -> None:
    """Categories, results and articles fit."""
    page = windows.open(f"{stack.url}/help", viewport={"width": 320, "height": 568})
    fits(page)
    page.goto(f"{stack.url}/help/search?q=zzqx+qqxz")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing found yet for “zzqx qqxz”")
    for address in ("/help/search?q=refund", "/help/delivery-cost"):
        page.goto(stack.url + address)
        fits(page)


def _middle(part: Locator) -> float:
    box = part.bounding_box()
    assert box is not None
    return box["y"] + box["height"] / 2


@pytest.mark.parametrize("width", [1280, 860])
def test_the_desk_in_a_smaller_window(stack: Stack, windows: Windows, width: int) -> None:
    """The mood stands beside the reason, marks share a line, all tabs have room, and advice shows whole.

    A long name is shortened to leave room for the time.
    """
    customer, colleague = stack.customer(), stack.agent()
    customer.say("You charged me twice for INV-2026-00481. Settle this or you will hear from my lawyer.")
    known = colleague.open(customer.conversation)["customer"]["id"]
    answer = colleague.http.patch(f"/desk/api/customers/{known}", json={"name": "Somebody with a rather long name"})
    assert answer.status_code == 204
    desk = at_the_desk(windows, stack, role="lead", viewport={"width": width, "height": 800})
    row = desk.row(customer.conversation)
    expect(row.locator(".row-reason")).to_have_text("Legal threat legal threat")
    expect(row.locator(".row-chips")).to_have_text("UrgentFor a leadWebsite")
    for line in (".row-reason", ".row-chips"):
        assert row.locator(line).evaluate("(line) => line.offsetHeight") < 30, f"{line} has more than one line"
    fits(desk.page, desk.queue.get_by_role("tabpanel"), row)
    desk.open(customer.conversation)
    desk.take_over()
    expect(desk.queue.get_by_role("tab", name=re.compile("^Mine"))).to_contain_text("1")
    hint = desk.page.get_by_text("Enter sends", exact=True)
    expect(hint).to_be_in_viewport(ratio=1)
    line, send = hint.locator(".."), desk.page.get_by_role("button", name="Send", exact=True)
    assert line.evaluate("(line) => line.offsetHeight") < 20, "the hint has more than one line"
    assert abs(_middle(line) - _middle(send)) < 4, "the button stands below the hint"
    desk.reply.fill("Calm down, as I already told you, based on our policy you have to wait.")
    advice = desk.page.get_by_role("list", name="Advice on tone")
    expect(advice.get_by_role("listitem")).to_have_count(4)
    assert advice.evaluate("(list) => list.scrollHeight <= list.clientHeight"), "some advice is out of sight"
    fits(desk.page, desk.queue.get_by_role("tablist"), desk.middle)


def test_the_desk_at_320_px(stack: Stack, windows: Windows) -> None:
    """Queue, conversation and story come one at a time, each with a way back."""
    widget = waiting_for_a_person(windows, stack, "the shade of my floor lamp arrived with a crack")
    desk = at_the_desk(windows, stack, viewport={"width": 320, "height": 640})
    fits(desk.page, desk.queue)
    desk.open(widget.conversation)
    expect(desk.queue).to_be_hidden()
    desk.take_over()
    fits(desk.page, desk.messages)
    expect(desk.reply).to_be_in_viewport(ratio=1)
    desk.page.set_default_timeout(5000)  # shorter than notices are shown: they lie over none of these
    desk.page.get_by_role("link", name="Story").click()
    expect(desk.story).to_contain_text("arrived with a crack")
    fits(desk.page, desk.story)
    desk.page.get_by_role("link", name="Back to the conversation").click()
    desk.page.get_by_role("link", name="Back to the queue").click()
    expect(desk.queue).to_be_visible()
