"""Several agents at the desk: one owner, and each is told once what they can do something about."""

import re

from playwright.sync_api import Page, Route, expect

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
