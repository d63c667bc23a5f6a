"""An agent passes a conversation on, promises something, and says in Slack who they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from playwright.sync_api import Page, expect

from tests.browser.checks import accessible, fits, focus_is_visible
from tests.browser.people import PHONE, Desk, Windows
from tests.conftest import new_database
from tests.scenarios.stack import Agent, Stack, project

_SLACK = "    - {account: shop, mode: socket}"


@pytest.fixture(scope="module")
def web(chromium: str, postgres: str, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A web process alone, whose agents may work in Slack; nobody here waits for the bot."""

    def with_slack(text: str) -> str:
        assert _SLACK in text
        agents = "    - {account: shop, mode: http, agents: {channel: C0123456789}}"
        return text.replace("channels:\n", "channels:\n  public_url: https://chat.shop.example\n").replace(
            _SLACK, agents
        )

    root = project(tmp_path_factory.mktemp("passing-on"), changes=with_slack)
    tokens = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "secret"}
    with Stack(root, new_database(postgres, migrated), environment=tokens).up(worker=False) as running:
        yield running


def conversation(web: Stack, owner: Agent, *texts: str) -> str:
    """One that this agent has."""
    customer = web.customer()
    for text in texts:
        customer.post(text)
    assert owner.do(customer.conversation, "claim").status_code == 200
    return customer.conversation


def desk(windows: Windows, web: Stack, agent: Agent, at: str = "", size: dict[str, int] | None = None) -> Desk:
    """The desk of this agent, at a conversation if there is one."""
    windows.expect_error("status of 401")
    page = windows.open(f"{web.url}/desk", viewport=size or {"width": 1280, "height": 900})
    found = Desk(page, agent.name).log_in()
    if at:
        page.goto(f"{web.url}/desk#/c/{at}")
        expect(found.messages).to_be_visible()
    return found


def breaks_once(page: Page, path: str) -> None:
    """The next request there gets no answer."""
    page.route(path, lambda route: route.abort(), times=1)


def test_a_colleague_has_it_at_once(web: Stack, windows: Windows) -> None:
    """Chosen among those who are there, with a note that a broken connection does not lose; both see it live."""
    ana, bo = web.agent("Ana Vik"), web.agent("Bo Lind")
    web.agent("Cai Berg").go_off_duty()
    id = conversation(web, ana, "My lamp is broken")
    giver, taker = desk(windows, web, ana, id), desk(windows, web, bo)
    expect(taker.messages).to_have_count(0)
    windows.expect_error("net::ERR_FAILED")
    breaks_once(giver.page, "**/api/agents")
    giver.page.keyboard.press("x")
    dialog = giver.page.get_by_role("dialog", name="Transfer the conversation")
    whom, note = dialog.get_by_label("To whom?"), dialog.get_by_label("What they should know")
    expect(whom).to_be_focused()
    focus_is_visible(giver.page)
    expect(dialog.get_by_role("status")).to_contain_text("cannot reach the server")
    dialog.get_by_role("button", name="Look again").press("Enter")
    expect(whom).to_be_focused()
    for label, name in (("Here now", "Bo Lind"), ("Not here just now", "Cai Berg")):
        expect(dialog.locator(f'optgroup[label="{label}"] option')).to_have_text([name])
    whom.select_option("Any lead")
    expect(dialog.get_by_role("status")).to_contain_text("Nobody who leads is here")
    whom.select_option("Cai Berg")
    expect(dialog.get_by_role("status")).to_contain_text("not here just now")
    whom.select_option("Bo Lind")
    note.fill("A new lamp is on its way, tell them when.")
    breaks_once(giver.page, "**/transfer")
    dialog.get_by_role("button", name="Transfer").click()
    expect(dialog.get_by_role("alert")).to_contain_text("cannot reach the server")
    accessible(giver.page, "transfer that failed")
    giver.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    giver.page.get_by_role("button", name="Transfer").click()
    expect(note).to_have_value("A new lamp is on its way, tell them when.")
    whom.select_option("Bo Lind")
    dialog.get_by_role("button", name="Transfer").click()

    expect(giver.middle).to_contain_text("Bo Lind is answering here")
    expect(giver.page.get_by_role("heading", level=2, name="Visitor")).to_be_focused()
    expect(giver.page.get_by_role("button", name="Transfer")).to_have_count(0)
    told = taker.page.get_by_role("region", name="Notices")
    expect(told).to_contain_text(re.compile(r"Ana Vik passed Visitor [0-9A-F]{4} on to you\."))
    expect(taker.queue.get_by_role("tab", name=re.compile("^Mine"))).to_contain_text("1")
    accessible(taker.page, "notice of what was passed on")
    told.get_by_role("link", name="Open").click()
    expect(taker.bubbles("note")).to_contain_text("A new lamp is on its way, tell them when.")
    expect(taker.reply).to_be_visible()
    expect(told).not_to_contain_text("passed")


def test_the_list_of_promises(web: Stack, windows: Windows) -> None:
    """P19: with the keyboard; overdue ones in words and in a badge; what is made or kept shows without a reload."""
    ana, bo, lead = web.agent("Ana Holm"), web.agent("Bo Berg"), web.agent(role="lead")
    late, coming = conversation(web, ana, "My lamp is broken"), conversation(web, bo, "Where is my chair?")
    watching, leading = desk(windows, web, ana), desk(windows, web, lead)
    page, tab = watching.page, watching.queue.get_by_role("tab", name=re.compile("^Promises"))
    page.keyboard.press("6")
    expect(tab).to_have_attribute("aria-selected", "true")
    expect(watching.queue).to_contain_text("No promise is open")
    accessible(page, "no promises")
    with psycopg.connect(web.database) as connection:
        connection.execute(
            "insert into promise (conversation_id, text, owner, due_at)"
            " values (%s, 'Replacement, within 2 working days', 'bot', now() - interval '3 hours')",
            [late],
        )
    for owner, id, text in ((bo, coming, "Call back with a date"), (ana, late, "Ask the workshop")):
        due = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        assert owner.do(id, "promises", {"text": text, "due_at": due}).status_code == 201
    rows = watching.queue.get_by_role("tabpanel").get_by_role("listitem")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text(re.compile("3 h 0 min ago.*Replacement.*Overdue.*Was due .*by the bot"))
    expect(rows.last).to_contain_text(re.compile("Ask the workshop.*Due tomorrow .*by you"))
    expect(tab).to_have_accessible_name("Promises 1 overdue")
    fits(page, watching.queue.get_by_role("tablist"), watching.queue.get_by_role("tabpanel"), rows.first)
    accessible(page, "list of promises")

    leading.page.keyboard.press("6")
    theirs = leading.queue.get_by_role("tabpanel").get_by_role("listitem")
    expect(theirs.filter(has_text="Call back with a date")).to_contain_text("by Bo Berg")
    page.keyboard.press("j")
    focus_is_visible(page)
    page.keyboard.press("Enter")
    kept = page.get_by_role("region", name="Promises").get_by_role("button", name=re.compile("^Mark as kept: Repl"))
    expect(kept).to_be_visible()
    accessible(page, "conversation with an overdue promise")
    kept.click()
    for one in (rows, theirs):
        expect(one.filter(has_text="Replacement")).to_have_count(0)
    expect(tab).to_have_accessible_name("Promises")


@pytest.mark.parametrize("width", [390, 320])
def test_the_list_of_promises_on_a_phone(web: Stack, windows: Windows, width: int) -> None:
    """All views have room, with their counts, and the list has an end; a promise leads to its conversation and back."""
    ana = web.agent()
    ids = [conversation(web, ana, "My lamp is broken") for _ in range(12)]
    customer = ana.open(ids[0])["customer"]["id"]
    ana.http.patch(f"/desk/api/customers/{customer}", json={"name": "Somebody with a name that is rather long"})
    with psycopg.connect(web.database) as connection:
        connection.execute(
            "insert into promise (conversation_id, text, owner, due_at)"
            " select unnest(%s::uuid[]), repeat('Replacement', 9), 'bot', now() - interval '2 days 3 hours'"
            " from generate_series(1, 17)",
            [ids],
        )
    found = desk(windows, web, ana, size={"width": width, "height": 700})
    try:
        tab, panel = found.queue.get_by_role("tab", name="Promises 200+ overdue"), found.queue.get_by_role("tabpanel")
        tab.click()
        rows = panel.get_by_role("listitem")
        expect(rows).to_have_count(200)
        expect(panel).to_contain_text("These are the 200 that are due first; more are open.")
        fits(found.page, found.queue.get_by_role("tablist"), tab, panel, rows.first)
        accessible(found.page, "list of promises on a phone")
        rows.first.get_by_role("link").click()
        expect(found.messages).to_be_visible()
        found.page.get_by_role("link", name="Back to the queue").click()
        expect(rows.first).to_be_visible()
    finally:
        with psycopg.connect(web.database) as connection:
            connection.execute("update promise set kept_at = now()")


def test_a_promise_is_made_and_kept(web: Stack, windows: Windows) -> None:
    """By tomorrow noon unless said otherwise; overdue says so; done with the keyboard, also on a phone."""
    ana = web.agent()
    id = conversation(web, ana, "My lamp is broken")
    page = desk(windows, web, ana, id, PHONE).page
    page.get_by_role("link", name="Story").click()
    promises = page.get_by_role("region", name="Promises")
    promises.get_by_role("button", name="Add promise").click()
    dialog = page.get_by_role("dialog", name="Add a promise")
    what, day = dialog.get_by_label("What did you promise?"), dialog.get_by_label("By which day?")
    expect(what).to_be_focused()
    fits(page, dialog)
    accessible(page, "adding a promise")
    what.fill("A new shade by post")
    expect(dialog.get_by_label("By what time?")).to_have_value("12:00")
    tomorrow = day.input_value()
    day.evaluate("(field) => { field.min = ''; field.value = '2020-01-01'; }")
    page.keyboard.press("Tab")
    windows.expect_error("status of 422")
    dialog.get_by_role("button", name="Add promise").press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("Please check the day")
    expect(what).to_have_value("A new shade by post")
    day.fill(tomorrow)
    day.press("Enter")
    expect(dialog).to_be_hidden()
    expect(promises.get_by_role("button", name="Add promise")).to_be_focused()
    due = re.compile("A new shade by post.*Due tomorrow 12:00.* in .* (h|day)")
    expect(promises.get_by_role("listitem")).to_contain_text(due)
    with psycopg.connect(web.database) as connection:
        connection.execute("update promise set due_at = now() - interval '3 hours' where conversation_id = %s", [id])
    page.reload()
    expect(promises.get_by_text("Overdue")).to_be_visible()
    expect(promises.get_by_role("listitem")).to_contain_text(re.compile("3 h [0-9] min ago"))
    fits(page, promises)
    accessible(page, "an overdue promise")
    promises.get_by_role("button", name="Mark as kept: A new shade by post").press("Enter")
    expect(promises.get_by_text("Kept", exact=True)).to_be_visible()
    expect(promises.get_by_role("heading", name="Promises")).to_be_focused()
    assert ana.open(id)["promises"][0]["kept"]


@pytest.mark.parametrize(
    ("now", "tomorrow"),
    [("2027-03-27T22:30:00Z", "2027-03-28"), ("2026-10-24T22:30:00Z", "2026-10-26")],
    ids=["a day of 23 hours comes", "a day of 25 hours has begun"],
)
def test_tomorrow_is_the_next_day_also_when_the_clocks_change(
    web: Stack, windows: Windows, now: str, tomorrow: str
) -> None:
    """By the business's calendar, in what is proposed and in what is said."""
    ana = web.agent()
    id = conversation(web, ana, "My lamp is broken")
    body = {"text": "A new shade", "due_at": f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT12:00}"}
    assert ana.do(id, "promises", body).status_code == 201
    with psycopg.connect(web.database) as connection:
        noon = f"{tomorrow} 12:00 Europe/Oslo"
        connection.execute("update promise set due_at = %s where conversation_id = %s", [noon, id])
    page = desk(windows, web, ana, id).page
    page.clock.set_fixed_time(now)
    page.reload()
    promises = page.get_by_role("region", name="Promises")
    expect(promises.get_by_role("listitem")).to_contain_text("Due tomorrow 12:00")
    promises.get_by_role("button", name="Add promise").click()
    expect(page.get_by_label("By which day?")).to_have_value(tomorrow)


def test_an_agent_says_in_slack_who_they_are(web: Stack, windows: Windows) -> None:
    """In the agent's own menu: a code with its time, and whether Slack knows them; tried again after a failure."""
    ana = web.agent()
    page = desk(windows, web, ana).page
    own = page.get_by_role("button", name=f"{ana.name}, your menu")
    own.press("Enter")
    accessible(page, "own menu")
    page.get_by_role("button", name="Link Slack").press("Enter")
    dialog = page.get_by_role("dialog", name="Link Slack")
    expect(dialog).to_contain_text("does not know you")
    windows.expect_error("net::ERR_FAILED")
    breaks_once(page, "**/link-code")
    get = dialog.get_by_role("button", name="Get a code")
    expect(get).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("cannot reach the server")
    page.keyboard.press("Enter")
    expect(dialog.locator("code")).to_have_text(re.compile(r"^/warmline link [A-Z2-9]{8}$"))
    expect(dialog).to_contain_text("It works once, until")
    accessible(page, "code for Slack")
    page.keyboard.press("Escape")
    expect(own).to_be_focused()
    with psycopg.connect(web.database) as connection:
        connection.execute("insert into agent_link (team, user_id, agent_id) values ('T1', 'U1', %s)", [ana.id])
    own.press("Enter")
    page.get_by_role("button", name="Link Slack").press("Enter")
    expect(dialog).to_contain_text("Slack knows you")
    page.keyboard.press("Escape")
    own.press("Enter")
    page.get_by_role("button", name="Log out").press("Enter")
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
