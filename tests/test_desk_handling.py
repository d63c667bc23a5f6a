"""What agents do at the desk with conversations, and who they are in Slack: over real HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from bot.business import load_business
from tests.conftest import PROJECT, new_database
from tests.scenarios.stack import Agent, Customer, Events, Stack, eventually, project
from tests.standins.slack.people import Team
from tests.standins.slack.server import Slack

_CHANNELS = re.compile(r"(?m)^channels:.*\n(?:[ #].*\n|\n)*")


@pytest.fixture(scope="module")
def team() -> Iterator[Team]:
    """A workspace in Slack."""
    with Slack() as slack:
        yield slack.workspace("Fjordlys")


@pytest.fixture(scope="module")
def stack(team: Team, postgres: str, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A web process alone, whose agents may work in Slack; nothing here waits for the bot."""
    slack = team.slack
    accounts = f"""
channels:
  public_url: https://chat.shop.example
  slack:
    - {{account: shop, mode: http, api: '{slack.api_url}', agents: {{channel: {team.channel("support").id}}}}}
"""
    root = project(tmp_path_factory.mktemp("desk"), changes=lambda text: _CHANNELS.sub("", text) + accounts)
    tokens = {"SLACK_BOT_TOKEN": team.token, "SLACK_SIGNING_SECRET": slack.signing_secret}
    running = Stack(root, new_database(postgres, migrated), environment=tokens)
    slack.request_url = f"{running.url}/channels/slack/shop/events"
    with running.up(worker=False):
        yield running


def refusal(answer: httpx.Response) -> tuple[int, str]:
    error = answer.json()["error"]
    return answer.status_code, error["message"]


def test_both_see_at_once_who_has_it_now(stack: Stack, customer: Customer, agent: Agent) -> None:
    """The stream says who passed it on and to whom; the lists of both agree."""
    colleague = stack.agent()
    here = {one["id"]: one["here"] for one in agent.http.get("/desk/api/agents").json()["agents"]}
    assert here[colleague.id] and agent.id in here
    streams = [Events(one.http, "/desk/api/events") for one in (agent, colleague)]
    try:
        eventually(lambda: all("hello" in stream.names() for stream in streams))
        body = {"to": colleague.id, "note": "Please call them back."}
        answer = agent.do(customer.conversation, "transfer", body)
        assert answer.json()["conversation"]["owner"] == {"id": colleague.id, "name": colleague.name}
        for stream in streams:
            [change] = eventually(
                lambda s=stream: [data for _, data, _ in s.received if data.get("kind") == "transferred"]
            )
            assert (change["conversation"], change["state"]) == (customer.conversation, "agent")
            assert (change["from"], change["to"]) == (agent.name, colleague.id)
    finally:
        for stream in streams:
            stream.close()
    for one in (agent, colleague):
        [row] = [row for row in one.queue("agent") if row["id"] == customer.conversation]
        assert row["owner"]["id"] == colleague.id
    status, words = refusal(agent.do(customer.conversation, "transfer", body))
    assert status == 409 and colleague.name in words
    assert refusal(colleague.do(customer.conversation, "transfer", {"to": "leads", "note": " "})) == (
        422, "Write a note for whoever takes over: what is open, and what comes next."
    )  # fmt: skip


def test_a_promise_is_made_shown_and_kept(stack: Stack, customer: Customer, agent: Agent) -> None:
    """By the business's clock; the conversation says what is due, by whom, and what is kept."""
    zone = load_business(PROJECT).zone
    assert agent.http.get("/desk/api/me").json()["time_zone"] == str(zone)
    noon = (datetime.now(zone) + timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)

    def promise(text: str, due_at: str) -> httpx.Response:
        return agent.do(customer.conversation, "promises", {"text": text, "due_at": due_at})

    late = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    assert refusal(promise("Call back", late)) == (
        422, "A promise is for a time to come. Please check the day and the time."
    )  # fmt: skip
    assert refusal(promise(" ", f"{noon:%Y-%m-%dT%H:%M}")) == (422, "Write what was promised.")
    id = promise("Call back", f"{noon:%Y-%m-%dT%H:%M}").json()["id"]
    [shown] = agent.open(customer.conversation)["promises"]
    assert datetime.fromisoformat(shown["due_at"]) == noon
    assert (shown["text"], shown["agent_id"], shown["by"], shown["kept"]) == ("Call back", agent.id, agent.name, False)
    path = f"promises/{id}/kept"
    assert refusal(stack.agent().do(customer.conversation, path))[0] == 409
    assert refusal(agent.do(customer.conversation, "promises/999999999999999999999/kept"))[0] == 404
    for _ in range(2):
        assert agent.do(customer.conversation, path).status_code == 204
    assert agent.open(customer.conversation)["promises"][0]["kept"]
    with psycopg.connect(stack.database) as connection:
        query = "select actor from event where kind = 'kept' and conversation_id = %s"
        assert connection.execute(query, [customer.conversation]).fetchall() == [(f"agent:{agent.id}",)]


def test_open_promises_stand_in_one_list(stack: Stack, agent: Agent) -> None:
    """P19: the one due first on top; for agents what is up to them, for leads everybody's; at most 200 at a time."""
    colleague, lead = stack.agent(), stack.agent(role="lead")
    ours, theirs = stack.customer(), stack.customer()
    for someone, owner in ((ours, agent), (theirs, colleague)):
        someone.post("My lamp from order FJ-204817 is broken")
        assert owner.do(someone.conversation, "claim").status_code == 200
    customer = colleague.open(theirs.conversation)["customer"]["id"]
    colleague.http.patch(f"/desk/api/customers/{customer}", json={"name": "Ola"})
    for owner, someone, hours in ((agent, ours, 3), (colleague, theirs, 2)):
        due = (datetime.now(UTC) + timedelta(hours=hours)).isoformat()
        answer = owner.do(someone.conversation, "promises", {"text": f"In {hours} hours", "due_at": due})
        assert answer.status_code == 201
    with psycopg.connect(stack.database) as connection:
        connection.execute(
            "insert into complaint (case_number, conversation_id, customer_id, episode, cause, text, order_number)"
            " values ('FJ-C-9', %s, %s, 1, 'complain_damaged', 'broken', 'FJ-204817')",
            [theirs.conversation, customer],
        )
        connection.execute(
            "insert into promise (conversation_id, case_number, text, owner, due_at)"
            " values (%s, 'FJ-C-9', 'Replacement', 'bot', now() - interval '1 hour')",
            [theirs.conversation],
        )

    def listed(who: Agent) -> list[dict[str, Any]]:
        answer = who.http.get("/desk/api/promises").json()
        assert not answer["more"]
        both = (ours.conversation, theirs.conversation)
        return [one for one in answer["promises"] if one["conversation"] in both]

    assert [one["text"] for one in listed(agent)] == ["Replacement", "In 3 hours"]
    assert [one["text"] for one in listed(colleague)] == ["Replacement", "In 2 hours"]
    assert [one["text"] for one in listed(lead)] == ["Replacement", "In 2 hours", "In 3 hours"]
    bots = listed(agent)[0]
    assert {name: bots[name] for name in bots.keys() - {"id", "due_at"}} == {
        "text": "Replacement", "conversation": theirs.conversation, "customer": {"id": customer, "name": "Ola"},
        "case_number": "FJ-C-9", "order_number": "FJ-204817", "by": "bot", "agent_id": None,
    }  # fmt: skip
    body = {"to": agent.id, "note": "Please see to it."}
    assert colleague.do(theirs.conversation, "transfer", body).status_code == 200
    assert [one["by"] for one in listed(agent)] == ["bot", colleague.name, agent.name]
    assert [one["text"] for one in listed(colleague)] == ["Replacement", "In 2 hours"]
    assert colleague.do(theirs.conversation, f"promises/{bots['id']}/kept").status_code == 204
    assert [one["text"] for one in listed(agent)] == ["In 2 hours", "In 3 hours"]
    assert agent.do(theirs.conversation, "close", {"outcome": "solved"}).status_code == 200
    assert [one["text"] for one in listed(lead)] == ["In 3 hours"]
    with psycopg.connect(stack.database) as connection:
        connection.execute(
            "insert into promise (conversation_id, text, owner, due_at)"
            " select %s, 'More', 'bot', now() + interval '1 day' from generate_series(1, 201)",
            [theirs.conversation],
        )
    try:
        answer = agent.http.get("/desk/api/promises").json()
        assert (len(answer["promises"]), answer["more"]) == (200, True)
        assert answer["promises"] == sorted(answer["promises"], key=lambda one: (one["due_at"], one["id"]))
    finally:
        with psycopg.connect(stack.database) as connection:
            connection.execute("update promise set kept_at = now() where text = 'More'")
    nobody = httpx.get(f"{stack.url}/desk/api/promises")
    assert nobody.status_code == 401


async def test_a_code_from_the_desk_links_slack(stack: Stack, team: Team) -> None:
    """Typed there, the desk knows; an account that Slack knows by its address needs none."""
    agent = stack.agent()
    assert agent.http.get("/desk/api/me").json()["slack"] is True
    assert agent.http.get("/desk/api/me/link").json() == {"linked_by": None}
    made = agent.http.post("/desk/api/me/link-code").json()
    assert made["minutes"] == 10
    somebody = team.person("Somebody", email=None)
    room = team.channel("random", somebody)
    await somebody.runs("/warmline", f"link {made['code']}", at=room)
    await somebody.sees(f"You are {agent.name} from now on.", at=room)
    assert agent.http.get("/desk/api/me/link").json() == {"linked_by": "code"}
