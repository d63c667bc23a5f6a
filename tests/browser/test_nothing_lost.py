"""Reloads, lost connections, restarts and expired sessions: every message is there once."""

import psycopg
from playwright.sync_api import Page, Route, expect

from tests.browser.people import Widget, Windows, at_the_chat, at_the_desk, waiting_for_a_person
from tests.scenarios.stack import Stack

QUESTION = "how much does delivery cost?"


def _once(widget: Widget, text: str) -> None:
    """The server has it once, this page shows it once."""
    expect(widget.bubbles("customer").filter(has_text=text)).to_have_count(1)
    widget.page.reload()
    expect(widget.bubbles("customer").filter(has_text=text)).not_to_have_count(0)
    assert widget.texts("customer").count(text) == 1


def test_a_reload_in_mid_conversation_changes_nothing(stack: Stack, windows: Windows) -> None:
    """Messages, order, buttons, the open panel and the half-written text are all there again."""
    widget = at_the_chat(windows, stack)
    widget.ask(QUESTION, "€4.90")
    expect(widget.choice("Not yet")).to_be_enabled()
    before = widget.log.locator(".bubble").all_inner_texts()
    widget.composer.press_sequentially("And to Sve")
    widget.page.reload()
    expect(widget.panel).to_be_visible()
    expect(widget.panel).to_have_css("animation-name", "none")  # it does not rise anew on every page
    expect(widget.composer).to_have_value("And to Sve")
    expect(widget.log.locator(".bubble")).to_have_text(before, use_inner_text=True)
    widget.choice("Yes, it did").click()
    expect(widget.bubbles("bot")).not_to_have_count(2)


def test_what_is_written_offline_arrives_once_when_the_network_is_back(stack: Stack, windows: Windows) -> None:
    """The customer is told, nothing has to be sent again, and the order stays."""
    windows.expect_error("ERR_INTERNET_DISCONNECTED")
    widget = at_the_chat(windows, stack)
    widget.ask("hello", "")
    widget.page.context.set_offline(True)
    widget.say(QUESTION)
    widget.say("and by express?")
    expect(widget.panel.get_by_text("You are offline.")).to_be_visible()
    expect(widget.log.get_by_text("Not sent yet").first).to_be_visible()
    widget.page.context.set_offline(False)
    expect(widget.bubbles("bot").filter(has_text="€4.90").first).to_be_visible()
    expect(widget.panel.get_by_text("You are offline.")).to_be_hidden()
    _once(widget, QUESTION)
    _once(widget, "and by express?")
    assert widget.texts("customer") == ["hello", QUESTION, "and by express?"]


def test_an_answer_that_got_lost_does_not_double_the_message(stack: Stack, windows: Windows) -> None:
    """The server had taken it when the connection broke: it is sent again and kept once."""
    windows.expect_error("ERR_FAILED")
    widget = at_the_chat(windows, stack)
    widget.ask("hello", "")
    lost: list[int] = []

    def lose_the_answer(route: Route) -> None:
        if route.request.method != "POST" or lost:
            return route.continue_()
        lost.append(route.fetch().status)
        route.abort()

    widget.page.route("**/chat/messages", lose_the_answer)
    widget.ask(QUESTION, "€4.90")
    assert lost == [202]
    _once(widget, QUESTION)


def test_two_tabs_are_one_chat(stack: Stack, windows: Windows) -> None:
    """What is written in one appears in the other, once; what is read in one is read in the other."""
    first = at_the_chat(windows, stack)
    first.ask(QUESTION, "€4.90")
    second = _another_tab(first.page, stack)
    expect(second.launcher).to_have_accessible_name("Fjordlys")
    second.open()
    expect(second.bubbles("customer")).to_have_text([QUESTION])
    second.ask("what are your opening hours?", "/help/opening-hours")
    expect(first.bubbles("customer")).to_have_text([QUESTION, "what are your opening hours?"])
    expect(first.bubbles("bot").filter(has_text="/help/opening-hours")).to_have_count(1)
    assert first.conversation == second.conversation


def _another_tab(page: Page, stack: Stack) -> Widget:
    tab = page.context.new_page()
    tab.goto(stack.url)
    return Widget(tab)


def test_the_server_restarts_under_open_pages(stack: Stack, windows: Windows) -> None:
    """The customer writes while it is away; the message goes out by itself and is answered; the desk is back, too."""
    windows.expect_error("ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE")
    widget = at_the_chat(windows, stack)
    widget.ask("hello", "")
    desk = at_the_desk(windows, stack)
    stack.stop_web()
    try:
        expect(desk.page.get_by_role("status").get_by_text("Connecting…")).to_be_visible()
        widget.say(QUESTION)
        expect(widget.panel.get_by_text("Reconnecting…")).to_be_visible()
        expect(widget.log.get_by_text("Not sent yet")).to_be_visible()
    finally:
        stack.start_web()
    expect(widget.bubbles("bot").filter(has_text="€4.90").first).to_be_visible(timeout=40_000)
    expect(widget.panel.get_by_text("Reconnecting…")).to_be_hidden()
    _once(widget, QUESTION)
    desk.is_live()
    widget.say("I want to talk to a person")
    expect(desk.row(widget.conversation)).to_be_visible()


def test_an_expired_session_costs_no_text(stack: Stack, windows: Windows) -> None:
    """A new chat begins by itself, with what was written and not yet sent; what was said stays to be read."""
    windows.expect_error("status of 401")
    widget = at_the_chat(windows, stack)
    widget.ask("hello", "")
    expired = widget.conversation
    _expire(stack, expired)
    widget.ask("what are your opening hours?", "/help/opening-hours")
    assert widget.texts("customer") == ["hello", "what are your opening hours?"]
    assert widget.conversation != expired

    expired = widget.conversation
    widget.composer.press_sequentially(QUESTION)
    _expire(stack, expired)
    widget.page.reload()
    expect(widget.composer).to_have_value(QUESTION)
    widget.composer.press("Enter")
    expect(widget.bubbles("bot").filter(has_text="€4.90").first).to_be_visible()
    assert widget.conversation != expired
    _once(widget, QUESTION)


def _expire(stack: Stack, conversation: str) -> None:
    with psycopg.connect(stack.database) as connection:
        connection.execute(
            "update visitor set expires_at = now() - interval '1 day' where conversation_id = %s", [conversation]
        )


def test_a_reply_to_a_closed_chat_is_counted_and_waits(stack: Stack, windows: Windows) -> None:
    """The badge and its spoken name say how many are unread; opening the chat reads them."""
    agent = stack.agent()
    widget = waiting_for_a_person(windows, stack, "my parcel is still not here")
    widget.panel.get_by_role("button", name="Close the chat").click()
    expect(widget.panel).to_be_hidden()
    assert agent.write(widget.conversation, "I am looking at it now.").status_code == 202
    assert agent.write(widget.conversation, "It arrives tomorrow.").status_code == 202
    expect(widget.launcher).to_have_accessible_name("Fjordlys, 3 unread messages")
    widget.open()
    expect(widget.bubbles("agent").last).to_be_in_viewport()
    widget.panel.get_by_role("button", name="Close the chat").click()
    expect(widget.launcher).to_have_accessible_name("Fjordlys")


def test_a_reply_goes_out_by_itself_when_the_server_is_back(stack: Stack, windows: Windows) -> None:
    """It says that it was not sent while nothing was reached, and no longer when it was; it is there once."""
    windows.expect_error("ERR_INTERNET_DISCONNECTED")
    widget = waiting_for_a_person(windows, stack, "my table lamp flickers")
    desk = at_the_desk(windows, stack)
    desk.open(widget.conversation)
    desk.take_over()
    desk.page.context.set_offline(True)
    desk.write("A new lamp is on its way.")
    expect(desk.messages.get_by_role("alert")).to_contain_text("Not sent. The desk cannot reach the server")
    desk.page.context.set_offline(False)
    desk.is_live()
    expect(widget.bubbles("agent").last).to_have_text("A new lamp is on its way.")
    expect(desk.messages.get_by_role("alert")).to_have_count(0)
    expect(desk.bubbles("agent").filter(has_text="A new lamp is on its way.")).to_have_count(1)
