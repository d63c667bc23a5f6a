"""Everything without a mouse, and the focus can always be seen."""

import re

from playwright.sync_api import expect

from tests.browser.checks import focus_is_visible, tab_to
from tests.browser.people import Desk, Widget, Windows, at_the_desk, waiting_for_a_person
from tests.scenarios.stack import PASSWORD, Stack


def test_the_chat_with_the_keyboard_alone(stack: Stack, windows: Windows) -> None:
    """Open, ask, press a button, go on writing, close; the focus returns to where it came from."""
    page = windows.open(stack.url)
    widget = Widget(page)
    keys = page.keyboard
    tab_to(page, widget.launcher)
    keys.press("Enter")
    expect(widget.composer).to_be_focused()
    focus_is_visible(page)
    keys.type("how much does delivery cost?")
    keys.press("Enter")
    expect(widget.choice("Yes, it did")).to_be_enabled()
    tab_to(page, widget.choice("Yes, it did"), key="Shift+Tab")
    keys.press("Enter")
    expect(widget.bubbles("customer").last).to_have_text("Yes, it did")
    expect(widget.composer).to_be_focused()
    keys.type("first line")
    keys.press("Shift+Enter")
    keys.type("second line")
    expect(widget.composer).to_have_value("first line\nsecond line")
    keys.press("Escape")
    expect(widget.panel).to_be_hidden()
    expect(widget.launcher).to_be_focused()
    focus_is_visible(page)


def test_the_desk_with_the_keyboard_alone(stack: Stack, windows: Windows) -> None:
    """Log in, open, take over, reply, leave a dialog, close with an outcome."""
    widget = waiting_for_a_person(windows, stack, "my order came without the screws")
    windows.expect_error("status of 401")
    page = windows.open(f"{stack.url}/desk")
    desk = Desk(page, stack.agent().name)
    keys = page.keyboard
    expect(page.get_by_label("Name")).to_be_focused()
    focus_is_visible(page)
    keys.type(desk.name)
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    expect(desk.row(widget.conversation)).to_be_visible()
    tab_to(page, desk.row(widget.conversation))
    keys.press("Enter")
    tab_to(page, desk.middle.get_by_role("button", name="Take over"))
    keys.press("Enter")
    expect(desk.reply).to_be_focused()
    keys.type("The screws are on their way.")
    keys.press("Enter")
    expect(widget.bubbles("agent").last).to_have_text("The screws are on their way.")

    close = page.get_by_role("button", name="Close", exact=True)
    tab_to(page, close, key="Shift+Tab")
    keys.press("Enter")
    dialog = page.get_by_role("dialog", name="Close the conversation")
    expect(dialog.get_by_role("radio").first).to_be_focused()
    keys.press("Escape")
    expect(dialog).to_be_hidden()
    expect(close).to_be_focused()
    focus_is_visible(page)
    keys.press("Enter")
    keys.press("Space")
    expect(dialog.get_by_role("radio", name=re.compile("^Solved"))).to_be_checked()
    keys.press("Enter")
    expect(widget.state).to_have_text("Closed. Write to start again")


def test_a_promise_and_a_canned_reply_with_the_keyboard_alone(stack: Stack, windows: Windows) -> None:
    """Ctrl and Enter send a dialog from its text field; a reply knows the order that the summary has (P27, P34)."""
    widget = waiting_for_a_person(windows, stack, "the armchair from order FJ-204818 arrived with a torn cover")
    desk = at_the_desk(windows, stack)
    desk.open(widget.conversation)
    desk.take_over()
    keys = desk.page.keyboard
    keys.press("Escape")
    keys.press("p")
    expect(desk.page.get_by_role("dialog", name="Add a promise").get_by_role("textbox").first).to_be_focused()
    keys.type("A new cover")
    keys.press("Enter")
    keys.type("before Saturday")
    keys.press("Control+Enter")
    expect(desk.story.get_by_role("region", name="Promises")).to_contain_text("A new cover")
    keys.press("Escape")
    keys.press("c")
    expect(desk.page.get_by_placeholder("Search replies")).to_be_focused()
    expect(desk.page.get_by_role("option").first).to_contain_text(f"Hello, this is {desk.name}")
    keys.type("refund started")
    keys.press("Enter")
    expect(desk.reply).to_have_value(re.compile("for FJ-204818"))
