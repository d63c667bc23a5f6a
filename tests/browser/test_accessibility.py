"""WCAG 2.2 AA as far as axe can tell, in light and dark colours."""

import pytest
from playwright.sync_api import expect

from tests.browser.checks import accessible
from tests.browser.people import Desk, Windows, at_the_desk, waiting_for_a_person
from tests.scenarios.stack import PASSWORD, Stack


@pytest.mark.parametrize("width", [1280, 375])
def test_the_chat(stack: Stack, windows: Windows, width: int) -> None:
    """Closed on its page, and open with every kind of message in it."""
    agent = stack.agent()
    size = {"width": width, "height": 800}
    accessible(windows.open(stack.url, viewport=size), "chat closed")
    widget = waiting_for_a_person(windows, stack, "how much does delivery cost?", viewport=size)
    accessible(widget.page, "chat, waiting")
    agent.write(widget.conversation, "Hello, I am here. See https://example.com/orders for it.")
    expect(widget.bubbles("agent")).to_be_visible()
    accessible(widget.page, "chat with an agent")
    agent.do(widget.conversation, "hand-back")
    widget.ask("what are your opening hours?", "/help/opening-hours")
    widget.composer.fill("x" * 4001)
    expect(widget.composer).to_have_accessible_description("1 character too many")
    expect(widget.panel.locator("#counter")).to_be_visible()
    accessible(widget.page, "chat, message too long")


@pytest.mark.parametrize(
    "path", ["/help", "/help/search?q=refund", "/help/search?q=zylotrope", "/help/delivery-cost", "/help/gone"]
)
def test_the_help_pages(stack: Stack, windows: Windows, path: str) -> None:
    """Categories, results, no results, an article, and an article that is not there."""
    windows.expect_error("status of 404")
    accessible(windows.open(stack.url + path), path)


def test_the_desk(stack: Stack, windows: Windows) -> None:
    """Log-in with its error, the empty desk, a conversation with its story, every dialog."""
    windows.expect_error("status of 401")
    desk = Desk(windows.open(f"{stack.url}/desk"), stack.agent().name)
    expect(desk.page.get_by_label("Name")).to_be_focused()
    accessible(desk.page, "log-in")
    desk.page.get_by_label("Name").fill(desk.name)
    desk.page.get_by_label("Password").fill("not the password")
    desk.page.keyboard.press("Enter")
    expect(desk.page.get_by_role("alert")).not_to_be_empty()
    accessible(desk.page, "log-in refused")
    desk.page.get_by_label("Password").fill(PASSWORD)
    desk.page.keyboard.press("Enter")
    expect(desk.queue).to_be_visible()
    widget = waiting_for_a_person(windows, stack, "the lamp from order FJ-204817 flickers, this is so frustrating")
    expect(desk.row(widget.conversation)).to_be_visible()
    accessible(desk.page, "desk, nothing open")
    desk.open(widget.conversation)
    accessible(desk.page, "waiting conversation")
    desk.take_over()
    desk.reply.fill("Calm down, based on our policy {detail}")
    expect(desk.page.get_by_role("list", name="Advice on tone")).to_be_visible()
    accessible(desk.page, "own conversation with advice on tone")
    desk.reply.fill("")


@pytest.mark.parametrize("width", [1280, 375])
def test_the_dialogs_of_the_desk(stack: Stack, windows: Windows, width: int) -> None:
    """Each one has a name, keeps to the rules, and leaves with Escape."""
    widget = waiting_for_a_person(windows, stack, "my refund has not arrived")
    desk = at_the_desk(windows, stack, viewport={"width": width, "height": 800})
    desk.open(widget.conversation)
    desk.take_over()
    desk.reply.blur()
    for key in "capxbe?":
        desk.page.keyboard.press(key)
        dialog = desk.page.get_by_role("dialog")
        expect(dialog).to_be_visible()
        accessible(desk.page, f"dialog of {key}")
        desk.page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        desk.page.evaluate("document.activeElement.blur()")
