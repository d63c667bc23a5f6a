"""Agents pass conversations on and keep promises by the same rules on every surface; who they are elsewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast
from uuid import UUID

import pytest

from bot import agents, handling, linking
from bot import conversation as conversations
from bot.agents import AccountError, add_agent, lock_out, set_email
from bot.business import load_business
from bot.conversation import Actor
from bot.db import Pool, pool, queries, transaction
from bot.errors import AlreadyOwned, Forbidden, InvalidMessage, NotFound, TooMany, WrongState
from bot.jobs import jobs_app
from bot.linking import code_for
from bot.live import Live
from bot.records import Grounds, Role
from bot.services import Services
from bot.wording import load_wordings
from tests.conftest import PROJECT

SOON = datetime.now(UTC) + timedelta(days=1)


class Office:
    """A database with agents and conversations."""

    def __init__(self, url: str, connections: Pool, services: Services) -> None:
        self.url, self.pool, self.services = url, connections, services

    async def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        async with transaction(self.pool) as connection:
            return await (await connection.execute(cast(Any, query), values)).fetchall()

    async def agent(self, name: str, role: Role = "agent", email: str | None = None) -> Actor:
        add_agent(self.url, name, "a long enough password", role=role, email=email)
        [row] = await self.rows("select id from agent where name = %s", name)
        return Actor(row["id"], name, role)

    async def waiting(self, *, routed_to: Literal["agent", "lead"] = "agent") -> UUID:
        """A conversation that waits for a person."""
        async with transaction(self.pool) as connection:
            id = await conversations.create(connection, channel="web", language="en")
            locked = await conversations.lock(connection, id)
            await conversations.add_message(connection, locked, "customer", "My lamp is broken")
            await conversations.hand_off(connection, locked, Grounds("heat", "heat", routed_to=routed_to, urgency=70))
        return id

    async def do(self, verb: Any, *arguments: Any, **more: Any) -> Any:
        async with transaction(self.pool) as connection:
            return await verb(connection, self.services, *arguments, **more)

    async def said(self, conversation: UUID) -> list[tuple[str, str]]:
        query = "select author, text from message where conversation_id = %s order by seq"
        return [(row["author"], row["text"]) for row in await self.rows(query, conversation)]


@pytest.fixture
async def office(database: str) -> AsyncIterator[Office]:
    business = load_business(PROJECT)
    wordings = load_wordings(PROJECT, business.languages)
    async with pool(database, size=3) as connections:
        yield Office(
            database,
            connections,
            Services(PROJECT, connections, jobs_app(database, size=1), Live(database), business, wordings, {}),
        )


async def test_a_colleague_takes_over_with_a_note(office: Office) -> None:
    """P30: one owner at every moment, the note stays internal, the customer is told who is there now."""
    ana, bo = await office.agent("Ana"), await office.agent("Bo")
    id = await office.waiting()
    with pytest.raises(WrongState):
        await office.do(handling.transfer, id, ana, to=bo.id, note="not mine yet")
    await office.do(handling.claim, id, ana)
    with pytest.raises(InvalidMessage):
        await office.do(handling.transfer, id, ana, to=bo.id, note="  ")
    await office.do(handling.transfer, id, ana, to=bo.id, note="Refund is approved, tell them when.")
    assert (await office.said(id))[-2:] == [
        ("note", "Refund is approved, tell them when."),
        ("system", "You are talking with Bo now."),
    ]
    with pytest.raises(AlreadyOwned, match="Bo"):
        await office.do(handling.transfer, id, ana, to=ana.id, note="back")
    [handoff] = await office.rows("select claimed_by, ended_at from handoff")
    assert handoff == {"claimed_by": bo.id, "ended_at": None}
    [event] = await office.rows("select actor, data from event where kind = 'transferred'")
    data = {"from": "Ana", "to": "Bo", "to_id": bo.id, "state": "agent"}
    assert event == {"actor": f"agent:{ana.id}", "data": data}


async def test_an_agent_asks_for_a_lead(office: Office) -> None:
    """It waits again, at least as urgent as before, and only a lead can take it."""
    ana, lead = await office.agent("Ana"), await office.agent("Lea", "lead")
    id = await office.waiting()
    await office.do(handling.claim, id, ana)
    await office.do(handling.transfer, id, ana, to="leads", note="Wants more than I may promise.")
    [row] = await office.rows("select state, owner_id from conversation where id = %s", id)
    assert row == {"state": "waiting", "owner_id": None}
    [open] = await office.rows("select reason, routed_to, urgency from handoff where ended_at is null")
    assert open == {"reason": "passed_on", "routed_to": "lead", "urgency": 70}
    with pytest.raises(Forbidden):
        await office.do(handling.claim, id, ana)
    await office.do(handling.claim, id, lead)
    with pytest.raises(Forbidden):
        await office.do(handling.transfer, id, lead, to=ana.id, note="back to you")
    author, text = (await office.said(id))[-2]
    assert author == "system" and "team lead" in text


async def test_nobody_passes_on_to_somebody_who_has_left(office: Office) -> None:
    ana, bo = await office.agent("Ana"), await office.agent("Bo")
    id = await office.waiting()
    await office.do(handling.claim, id, ana)
    lock_out(office.url, "Bo")
    for gone in (bo.id, 999):
        with pytest.raises(NotFound):
            await office.do(handling.transfer, id, ana, to=gone, note="yours")
    async with transaction(office.pool) as connection:
        assert [one.agent.name for one in await agents.colleagues(connection)] == ["Ana"]


async def test_a_promise_has_an_owner_and_a_due_time(office: Office) -> None:
    """P18: the owner's, for a time to come; a solved matter leaves none open."""
    ana, bo = await office.agent("Ana"), await office.agent("Bo")
    id = await office.waiting()
    await office.do(handling.claim, id, ana)
    with pytest.raises(AlreadyOwned):
        await office.do(handling.promise, id, bo, "Call back", due_at=SOON)
    with pytest.raises(InvalidMessage):
        await office.do(handling.promise, id, ana, "Call back", due_at=datetime.now(UTC) - timedelta(minutes=1))
    await office.do(handling.promise, id, ana, "Call back", due_at=SOON)
    [promise] = await office.rows("select text, owner, due_at, kept_at from promise")
    assert promise == {"text": "Call back", "owner": f"agent:{ana.id}", "due_at": SOON, "kept_at": None}
    await office.do(handling.close, id, ana, outcome="solved")
    [promise] = await office.rows("select kept_at from promise")
    assert promise["kept_at"] is not None


async def test_what_is_promised_is_marked_as_kept(office: Office) -> None:
    """P19: once, by whoever promised it, by who has the conversation, or by a lead."""
    ana, bo, lead = await office.agent("Ana"), await office.agent("Bo"), await office.agent("Lea", "lead")
    id, other = await office.waiting(), await office.waiting()

    async def kept(agent: Actor, promise: int, conversation: UUID = id) -> None:
        async with transaction(office.pool) as connection:
            await handling.keep_promise(connection, conversation, agent, promise)

    async def promised(by: Actor) -> int:
        found: int = await office.do(handling.promise, id, by, "Call back", due_at=SOON)
        return found

    await office.do(handling.claim, id, ana)
    first, second, third = [await promised(ana) for _ in range(3)]
    with pytest.raises(AlreadyOwned, match="Ana"):
        await kept(bo, first)
    for unknown in ((99, id), (first, other)):
        with pytest.raises(NotFound):
            await kept(ana, *unknown)
    await office.do(handling.transfer, id, ana, to=bo.id, note="Please call them.")
    for agent, promise in ((ana, first), (bo, second), (lead, third), (bo, first)):
        await kept(agent, promise)
    events = await office.rows("select actor, data from event where kind = 'kept' order by id")
    assert [(row["actor"], row["data"]["promise"]) for row in events] == [
        (str(ana), first), (str(bo), second), (str(lead), third)
    ]  # fmt: skip
    [row] = await office.rows("select count(*) from promise where kept_at is null")
    assert row["count"] == 0


async def test_what_the_bot_promised_is_anybody_s_to_keep(office: Office) -> None:
    """P19: whoever has the conversation, and also when nobody has it."""
    ana, bo = await office.agent("Ana"), await office.agent("Bo")
    taken, closed = await office.waiting(), await office.waiting()
    await office.do(handling.claim, taken, ana)
    await office.do(handling.close, closed, ana, outcome="no_reply")
    for id in (taken, closed):
        query = (
            "insert into promise (conversation_id, text, owner, due_at) values (%s, 'Refund', 'bot', %s) returning id"
        )
        [promise] = await office.rows(query, id, SOON)
        async with transaction(office.pool) as connection:
            await handling.keep_promise(connection, id, bo, promise["id"])
    rows = await office.rows("select from promise where kept_at is null")
    assert not rows


async def test_a_promise_without_a_zone_is_for_the_business_s_clock(office: Office) -> None:
    """Agents may be anywhere; a day that no calendar has is refused before it is stored."""
    ana = await office.agent("Ana")
    id = await office.waiting()
    await office.do(handling.claim, id, ana)
    noon = SOON.replace(hour=12, minute=0, second=0, microsecond=0, tzinfo=None)
    await office.do(handling.promise, id, ana, "Call back", due_at=noon)
    [promise] = await office.rows("select due_at from promise")
    assert promise["due_at"] == noon.replace(tzinfo=office.services.business.zone)
    for nowhere in (datetime.min, datetime.max):
        with pytest.raises(InvalidMessage, match="check the day"):
            await office.do(handling.promise, id, ana, "Call back", due_at=nowhere)


async def test_a_verified_address_says_who_somebody_is(office: Office) -> None:
    """For as long as the account has this address and may log in."""
    ana = await office.agent("Ana", email="Ana@Shop.example")
    await office.agent("Bo")
    with pytest.raises(AccountError, match="Another account"):
        set_email(office.url, "Bo", "ana@shop.example")
    with pytest.raises(AccountError, match="not an e-mail address"):
        set_email(office.url, "Bo", "bo")

    async def who() -> linking.Known | None:
        async with transaction(office.pool) as connection:
            return await linking.known(connection, "T1", "U1")

    async with transaction(office.pool) as connection:
        assert await linking.match(connection, "T1", "U1", "somebody@else.example") is None
    assert await who() is None
    async with transaction(office.pool) as connection:
        assert await linking.match(connection, "T1", "U1", "ana@shop.example") == ana
        assert await linking.linked_by(connection, ana) == "email"
    assert await who() == linking.Known(ana, stale=False)
    await office.rows("update agent_link set checked_at = now() - interval '2 days' returning 1")
    assert await who() is None, "nobody has vouched for it for too long"
    await office.rows("update agent_link set checked_at = now() - interval '1 day 1 minute' returning 1")
    assert await who() == linking.Known(ana, stale=True)
    set_email(office.url, "Ana", "")
    assert await who() is None
    set_email(office.url, "Ana", "ana@shop.example")
    lock_out(office.url, "Ana")
    assert await who() is None


async def test_a_code_links_once_and_not_for_ever(office: Office) -> None:
    ana, bo = await office.agent("Ana"), await office.agent("Bo")

    async def link(code: str, user: str = "U1") -> Actor:
        async with transaction(office.pool) as connection:
            return await linking.link(connection, "T1", user, code)

    async def linked(agent: Actor) -> str | None:
        async with transaction(office.pool) as connection:
            return await linking.linked_by(connection, agent)

    void = code_for(office.url, "ana")
    code = code_for(office.url, "Ana")
    with pytest.raises(InvalidMessage):
        await link(void)
    assert await linked(ana) is None
    assert await link(f" {code.lower()} ") == ana
    assert (await linked(ana), await linked(bo)) == ("code", None)
    with pytest.raises(InvalidMessage):
        await link(code, "U2")
    async with transaction(office.pool) as connection:
        code = await linking.new_code(connection, bo)
    await office.rows("update agent_code set expires_at = now() - interval '1 second' returning 1")
    with pytest.raises(InvalidMessage):
        await link(code)
    with pytest.raises(AccountError, match="no account"):
        code_for(office.url, "Nobody")

    async def try_codes() -> None:
        for _ in range(20):
            async with transaction(office.pool) as connection:
                await linking.limit_tries(connection, "T1", "U9")

    with pytest.raises(TooMany):
        await try_codes()


async def test_who_acts_elsewhere_counts_as_being_there(office: Office) -> None:
    """Customers are told that somebody is there, and nobody takes a conversation from an owner who is."""
    ana, bo = await office.agent("Ana"), await office.agent("Bo")
    id = await office.waiting()
    [customer] = await office.rows("select customer_id from conversation")

    async def online() -> int:
        key = {"id": id, "customer_id": customer["customer_id"], "episode": 1}
        async with transaction(office.pool) as connection:
            row = await (await connection.execute(queries("turn")["surroundings"], key)).fetchone()
        assert row is not None
        count: int = row["agents_online"]
        return count

    assert await online() == 0
    async with transaction(office.pool) as connection:
        await linking.link(connection, "T1", "U1", await linking.new_code(connection, ana))
    assert await online() == 1
    await office.do(handling.claim, id, ana)
    await office.rows("update conversation set state_at = now() - interval '1 hour' returning 1")
    with pytest.raises(AlreadyOwned):
        await office.do(handling.claim, id, bo)
    await office.rows("update agent_link set seen_at = now() - interval '1 hour' returning 1")
    assert await online() == 0
    await office.do(handling.claim, id, bo)
