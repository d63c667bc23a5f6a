"""Several agents at the desk: one owner, and each is told once what they can do something about."""

import re

from playwright.sync_api import Page, Route, expect

from tests.browser.checks import accessible
from tests.browser.people import Desk, Windows, at_the_chat, at_the_desk, waiting_for_a_person
from tests.scenarios.stack import Agent, Stack, eventually

_SPY = """
  window.notes = [];
  window.Notification = class {
    static permission = 'granted';
    constructor(title, options) { window.notes.push(options.tag); }
    close() {}
  };
"""


def test_the_second_agent_is_told_who_was_first(stack: Stack, windows: Windows) -> None:
    """Both press at the same moment: one owner; the other reads the name, and may still leave a note (P30)."""
    widget = waiting_for_a_person(windows, stack, "my chair arrived with a broken leg")
    first = stack.agent()
    second = at_the_desk(windows, stack)
    windows.expect_error("status of 409")
    second.open(widget.conversation)

    def somebody_else_is_faster(route: Route) -> None:
        assert first.do(widget.conversation, "claim").status_code == 200
        route.continue_()

    second.page.route("**/claim", somebody_else_is_faster)
    second.middle.get_by_role("button", name="Take over").first.click()
    expect(second.page.get_by_role("alert")).to_contain_text(f"{first.name} took this conversation")
    expect(second.middle).to_contain_text(f"{first.name} is answering here")
    expect(second.page.get_by_role("button", name=re.compile("^Take over"))).to_have_count(0)
    expect(widget.state).to_have_text(f"You are talking with {first.name}")
    second.page.get_by_role("button", name="Internal note").click()
    second.page.get_by_role("textbox", name="Internal note").fill("I know this customer")
    second.page.keyboard.press("Enter")
    expect(second.bubbles("note")).to_contain_text("I know this customer")


def _notes(page: Page, tag: str) -> int:
    told: list[str] = page.evaluate("window.notes")
    return told.count(tag)


def _tag(agent: Agent, conversation: str) -> str:
    return next(f"warmline-{row['handoff']}" for row in agent.queue() if row["id"] == conversation)


def test_a_handoff_is_told_once_and_only_to_those_who_can_take_it(stack: Stack, windows: Windows) -> None:
    """Once over two tabs and a reload; what waits for a lead is told to the lead alone."""
    looking_on = stack.agent(role="lead")
    desk = _spied(windows, stack, "agent")
    lead = _spied(windows, stack, "lead")
    tab = desk.page.context.new_page()
    tab.goto(f"{stack.url}/desk")
    Desk(tab, desk.name).is_live()

    widget = waiting_for_a_person(windows, stack, "my parcel is late")
    tag = _tag(looking_on, widget.conversation)
    eventually(lambda: _notes(desk.page, tag) + _notes(tab, tag))
    eventually(lambda: _notes(lead.page, tag))

    threat = at_the_chat(windows, stack)
    threat.say("I will sue you, my lawyer is filing a claim in court tomorrow")
    expect(threat.state).to_have_text("Waiting for a person")
    for_lead = _tag(looking_on, threat.conversation)
    eventually(lambda: _notes(lead.page, for_lead))
    expect(desk.row(threat.conversation)).to_contain_text("For a lead")
    assert _notes(desk.page, for_lead) + _notes(tab, for_lead) == 0
    assert _notes(desk.page, tag) + _notes(tab, tag) == 1

    tab.reload()
    expect(tab.get_by_role("navigation", name="Queue").get_by_role("link").first).to_be_visible()
    assert _notes(tab, tag) == 0
    desk.open(threat.conversation)
    expect(desk.middle).to_contain_text("This one waits for a lead")
    expect(desk.page.get_by_role("button", name=re.compile("^Take over"))).to_have_count(0)


def _spied(windows: Windows, stack: Stack, role: str) -> Desk:
    desk = at_the_desk(windows, stack, role=role)
    desk.page.context.add_init_script(_SPY)
    desk.page.reload()
    desk.is_live()
    return desk


def test_the_same_customer_on_two_chats_becomes_one(stack: Stack, windows: Windows) -> None:
    """An agent is shown who shares an address, makes them one, and has the history of both."""
    earlier = waiting_for_a_person(windows, stack, "my lamp is late")
    later = waiting_for_a_person(windows, stack, "my lamp is broken")
    desk = at_the_desk(windows, stack)
    for widget in (earlier, later):
        customer = stack.agent().open(widget.conversation)["customer"]["id"]
        colleague = stack.agent()
        answer = colleague.http.patch(
            f"/desk/api/customers/{customer}", json={"email": f"{desk.name[-1]}@shop.example"}
        )
        assert answer.status_code == 204
    before = stack.agent().open(earlier.conversation)["customer"]["id"]
    desk.open(later.conversation)
    desk.story.get_by_role("button", name="Same person?").click()
    dialog = desk.page.get_by_role("dialog", name="The same customer elsewhere")
    expect(dialog.get_by_role("status")).to_contain_text("share an e-mail address")
    dialog.get_by_role("searchbox").fill("nobody@shop.example")
    expect(dialog.get_by_role("status")).to_have_text("Nobody found.")
    dialog.get_by_role("searchbox").fill("")
    accessible(desk.page, "joining customers")
    dialog.get_by_role("button", name="is the same person").click()
    expect(desk.page.get_by_text("is one customer now")).to_be_visible()
    after = stack.agent().open(earlier.conversation)["customer"]["id"]
    assert after == stack.agent().open(later.conversation)["customer"]["id"] != before
