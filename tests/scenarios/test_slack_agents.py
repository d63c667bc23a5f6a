"""Agents in Slack on the real stack: a customer of the website, two agents, a desk, and everything between them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.conftest import new_database
from tests.scenarios.stack import Customer, Stack, eventually, free_port, project
from tests.standins.slack.people import Person, Team
from tests.standins.slack.reading import Line
from tests.standins.slack.server import Slack
from tests.standins.slack.workspace import Channel, Message
from tests.standins.telegram import TelegramStandin

ON_CALL = "night-shift"
_CHANNELS = re.compile(r"(?m)^channels:.*\n(?:[ #].*\n|\n)*")


class Office:
    """A workspace, its #support, and the stack that our app runs on."""

    def __init__(
        self, slack: Slack, team: Team, support: Channel, stack: Stack, telegram: TelegramStandin
    ) -> None:  # fmt: skip
        self.slack, self.team, self.support, self.stack, self.telegram = slack, team, support, stack, telegram

    def person(self, name: str) -> Person:
        """Somebody in #support whose address Slack has verified."""
        person = self.team.person(name, email=f"{name.lower()}@shop.example")
        self.support.members.append(person.id)
        return person

    async def card(self, person: Person, *texts: str) -> Line:
        """The newest card, once it says all of this."""

        def shows(lines: list[Line]) -> bool:
            return bool(found := _cards(lines)) and all(text in str(found[-1]).replace("*", "") for text in texts)

        return _cards(await person.sees(shows, self.support, seconds=30))[-1]


def _cards(lines: list[Line]) -> list[Line]:
    return [one for one in lines if one.author == "Warmline" and one.message.thread_ts is None and not one.private]


@pytest.fixture(scope="module")
def office(model: Path, postgres: str, stocked: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with Slack() as slack, TelegramStandin() as telegram:
        team = slack.workspace("Fjordlys")
        support, group = team.channel("support"), team.group(ON_CALL)
        port = free_port()
        accounts = f"""
channels:
  public_url: http://127.0.0.1:{port}
  slack:
    - account: shop
      mode: http
      api: {slack.api_url}
      agents: {{channel: {support.id}, on_call: {group.id}, unclaimed_minutes: 5}}
  telegram:
    - {{account: shop, mode: polling, api: '{telegram.base_url.removesuffix("/bot")}'}}
"""
        root = project(tmp_path_factory.mktemp("slack"), changes=lambda text: _CHANNELS.sub("", text) + accounts)
        tokens = {"SLACK_BOT_TOKEN": team.token, "SLACK_SIGNING_SECRET": slack.signing_secret}
        tokens["TELEGRAM_TOKEN"] = telegram.bot.token
        stack = Stack(root, new_database(postgres, stocked), port, environment=tokens)
        slack.request_url = f"{stack.url}/channels/slack/shop/events"
        with stack.up():
            yield Office(slack, team, support, stack, telegram)


def _needs_a_person(customer: Customer) -> None:
    customer.say("My floor lamp FJ-204817 flickers and I am sick of it")
    customer.say("I want to talk to a real person please")
    customer.wait_for("waiting")


async def test_a_customer_of_the_website_is_answered_from_slack(office: Office) -> None:
    """Handed off, taken over, answered, told apart from notes, handed back, closed: all of it in Slack."""
    ana, bo = office.person("Ana"), office.person("Bo")
    office.stack.agent("Ana", email="ana@shop.example")
    at_desk = office.stack.agent("Bo", email="bo@shop.example")
    customer = office.stack.customer()
    _needs_a_person(customer)
    card = (await office.card(ana, "Asked for a person", "FJ-204817", "Nobody has it yet")).message
    assert any(
        one.get("url") == f"{office.stack.url}/desk#/c/{customer.conversation}"
        for block in card.blocks
        for one in block.get("elements", ())
    )
    await ana.sees("I want to talk to a real person please", at=card)

    await ana.presses("Take over", at=card)
    await office.card(bo, "Ana has it")
    eventually(lambda: customer.state == "agent")
    refused = at_desk.do(customer.conversation, "claim")
    assert refused.status_code == 409 and "Ana" in refused.json()["error"]["message"]
    await bo.writes("I met her last week", to=card)
    reply = await ana.writes("Hello, I have read it all. A new lamp is on its way.", to=card)
    await ana.writes("note: voucher if she asks", to=card)
    eventually(lambda: customer.messages()[-1]["text"] == "Hello, I have read it all. A new lamp is on its way.")
    assert customer.messages()[-1]["agent"] == "Ana"
    await ana.sees(
        lambda lines: any(one.message.ts == reply.ts and one.reactions == ("white_check_mark",) for one in lines),
        at=card, seconds=30,
    )  # fmt: skip
    customer.post("thank you so much")
    await ana.sees("thank you so much", at=card, seconds=30)
    eventually(lambda: len([m for m in at_desk.open(customer.conversation)["messages"] if m["author"] == "note"]) == 2)
    assert not any("voucher" in one["text"] or "last week" in one["text"] for one in customer.messages())

    await ana.presses("Hand back", at=card)
    eventually(lambda: customer.state == "bot")
    await office.card(ana, "The bot has it again")
    assert "/help/" in customer.say("how much does delivery cost?")
    assert at_desk.do(customer.conversation, "claim").status_code == 200
    await office.card(ana, "Bo has it")
    await ana.sees("You are talking with Bo now.", at=card, seconds=60)
    await ana.presses("Close", at=office.support)
    await ana.sees_dialog("How did it end?", seconds=30)
    await ana.submits({"How did it end?": "Solved"})
    assert ana.has_dialog, "only the owner closes"
    await bo.presses("Close", at=office.support)
    await bo.sees_dialog("How did it end?", seconds=30)
    await bo.submits({"How did it end?": "Solved"})
    await office.card(ana, "Closed as solved")
    assert customer.state == "closed"


async def test_a_customer_on_telegram_is_answered_from_slack(office: Office) -> None:
    """Two platforms and nobody at a desk: what is said arrives, and what does not is said with its reason."""
    ana = office.person("Ana2")
    office.stack.agent("Ana2", email="ana2@shop.example")
    kari = office.telegram.user(first_name="Kari", language_code="en")
    kari.writes("My floor lamp from order FJ-204817 arrived broken")
    await kari.receives("FJ-204817", seconds=60)
    kari.writes("/human")
    card = (await office.card(ana, "Telegram", "FJ-204817", "Nobody has it yet")).message
    await ana.sees("arrived broken", at=card, seconds=60)
    await ana.presses("Take over", at=card)
    await kari.receives("Ana2", seconds=60)
    reply = await ana.writes("Hello Kari. 5 < 6, a *new lamp* is on its way.", to=card)
    await ana.writes("note: she is patient", to=card)
    await kari.receives("5 < 6, a *new lamp* is on its way.", seconds=60)
    await ana.sees(
        lambda lines: any(one.message.ts == reply.ts and one.reactions == ("white_check_mark",) for one in lines),
        at=card, seconds=60,
    )  # fmt: skip
    kari.writes("thank you <3")
    await ana.sees("thank you <3", at=card, seconds=60)
    kari.blocks()
    late = await ana.writes("Is there anything else?", to=card)
    lines = await ana.sees("This did not reach the customer", at=card, seconds=60)
    assert any("blocked" in str(one) and one.buttons == ("Retry",) for one in lines)
    assert next(one for one in lines if one.message.ts == late.ts).reactions == ("warning",)
    assert not any("patient" in one.text for one in kari.screen())


async def test_passing_on_and_promises_at_the_desk_show_in_slack(office: Office) -> None:
    """The desk's own addresses for them (P18, P30)."""
    lea = office.person("Lea")
    lead = office.stack.agent("Lea", role="lead", email="lea@shop.example")
    agent = office.stack.agent("Cai")
    customer = office.stack.customer()
    _needs_a_person(customer)
    agent.do(customer.conversation, "claim")
    await office.card(lea, "Cai has it")
    promised = {"text": "Call back", "due_at": "2099-05-04T12:00:00+02:00"}
    assert agent.do(customer.conversation, "promises", promised).status_code == 201
    await office.card(lea, "Call back, Cai")
    [promise] = agent.open(customer.conversation)["promises"]
    assert (promise["text"], promise["by"], promise["kept"]) == ("Call back", "Cai", False)
    assert agent.do(customer.conversation, "transfer", {"to": "leads", "note": ""}).status_code == 422
    passed = agent.do(customer.conversation, "transfer", {"to": "leads", "note": "Too much for me"})
    assert passed.json()["conversation"]["routed_to"] == "lead"
    await office.card(lea, "For a lead", "Nobody has it yet")
    await lea.presses("Take over", at=office.support)
    await office.card(lea, "Lea has it")
    others = {one["name"]: one["id"] for one in lead.http.get("/desk/api/agents").json()["agents"]}
    assert {"Lea", "Cai"} <= others.keys()
    refused = lead.do(customer.conversation, "transfer", {"to": others["Cai"], "note": "yours again"})
    assert refused.json()["error"]["code"] == "for_lead"
    code = agent.http.post("/desk/api/me/link-code").json()["code"]
    cai = office.person("Cai2")
    await cai.runs("/warmline", f"link {code}", at=office.support)
    await cai.sees("You are Cai from now on.", at=office.support)


async def test_a_restart_in_the_middle_doubles_nothing(office: Office) -> None:
    """The worker is killed while cards, thread and call are under way: each is there once afterwards."""
    ana = office.person("Ana3")
    customer = office.stack.customer()
    _needs_a_person(customer)
    card = (await office.card(ana, "Nobody has it yet")).message
    await ana.sees("I want to talk to a real person please", at=card, seconds=30)
    office.stack.kill_worker()
    with psycopg.connect(office.stack.database) as connection:
        connection.execute(
            "update handoff set at = now() - interval '6 minutes' where conversation_id = %s", [customer.conversation]
        )
    customer.post("is anybody there?")
    office.stack.start_worker()
    await ana.sees(f"@{ON_CALL} nobody has taken this over for 5 minutes.", at=card, seconds=120)
    await ana.sees(_in_thread("is anybody there?"), at=card, seconds=30)
    office.stack.stop_worker()
    office.stack.start_worker()
    customer.post("hello?")
    await ana.sees(_in_thread("hello?"), at=card, seconds=120)
    thread = await ana.reads(card)
    words = [one.text for one in thread[1:]]
    for text in ("I want to talk to a real person please", "is anybody there?", "hello?"):
        assert sum(text in one for one in words) == 1, words
    assert sum(ON_CALL in call for one in thread for call in one.calls) == 1
    assert sum(customer.conversation in str(one.metadata) for one in _roots(office)) == 1


def _in_thread(text: str) -> Callable[[list[Line]], bool]:
    """Below the card, which quotes what was said as well."""
    return lambda lines: any(text in one.text for one in lines[1:])


def _roots(office: Office) -> list[Message]:
    return [one for one in office.support.messages if one.user.bot_id and one.thread_ts is None and not one.only_for]
