"""The core on a real database: what must hold when things happen at the same moment, or fail."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import psycopg
import pytest
from procrastinate import App
from psycopg import sql
from pydantic import ValidationError

from bot import conversation as conversations
from bot import live, worker
from bot.agents import Session, add_agent, check_csrf, log_in, log_out
from bot.brain import Brain, PastTurn
from bot.business import load_business
from bot.conversation import Actor
from bot.db import Pool, pool, queries, transaction
from bot.errors import AlreadyOwned, Forbidden, Refused
from bot.intake import Inbound, receive
from bot.jobs import jobs_app
from bot.language import LanguageOfCustomers
from bot.live import Live
from bot.records import Author, Grounds, Mood, Role, Turn, Understanding, Utterance
from bot.services import Services
from bot.tasks import end
from bot.turn import Engine, drain
from bot.wording import Wording
from channels.web import chat
from channels.web.chat import Sent
from desk import events
from desk.api import Credentials

PROJECT = Path(__file__).parents[1]


class Repeats:
    """A brain that understands nothing and repeats what it is told; a test may hook into its thinking."""

    def __init__(self) -> None:
        self.thought: list[str] = []
        self.contexts: list[Mapping[str, Any]] = []
        self.meanwhile: Callable[[], Any] | None = None
        self.mood = Mood()

    async def understand(
        self, text: str, *, language: str, time_zone: str | None = None, payload: str | None = None
    ) -> Understanding:
        self.thought.append(text)
        if self.meanwhile is not None:
            hook, self.meanwhile = self.meanwhile, None
            await hook()
        return Understanding(text, "inform", 1.0, mood=self.mood)

    async def propose(
        self,
        conversation: str,
        understood: Understanding,
        *,
        language: str,
        slots: Mapping[str, Any],
        past: Sequence[PastTurn],
    ) -> Turn:
        self.contexts.append(slots["context"])
        return Turn(understood, (Utterance(f"You said: {understood.text}"),), (), slots, None, ())


@dataclass
class Core:
    """The core with its database and the brain of a test."""

    url: str
    pool: Pool
    jobs: App
    brain: Repeats
    engine: Engine

    async def new(self) -> UUID:
        """A conversation."""
        async with transaction(self.pool) as connection:
            return await conversations.create(connection, channel="web", language="en")

    async def write(self, conversation: UUID, text: str, client_id: str | None = None) -> int:
        """A customer's message."""
        async with transaction(self.pool) as connection:
            return await receive(connection, self.jobs, Inbound(conversation, "web", client_id or text, text))

    async def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """What the database holds."""
        async with transaction(self.pool) as connection:
            return await (await connection.execute(query, values)).fetchall()

    async def said(self, conversation: UUID) -> list[str]:
        """All messages of a conversation, each after the kind of its author."""
        query = "select author, text from message where conversation_id = %s order by seq"
        found = await self.rows(query, conversation)
        return [f"{row['author']}: {row['text']}" for row in found]

    async def until(self, query: str, *values: Any) -> None:
        """Wait until a query finds something."""
        async with asyncio.timeout(30):
            while not await self.rows(query, *values):  # noqa: ASYNC110  # the far side is SQL
                await asyncio.sleep(0.05)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """A worker at work, with its sweep."""
        jobs = jobs_app(self.url, size=3)
        worker._add_tasks(jobs, self.engine)
        async with jobs.open_async(), worker._background(worker._sweep(jobs, self.engine)):
            work = asyncio.create_task(
                jobs.run_worker_async(fetch_job_polling_interval=0.1, delete_jobs="always",
                                      install_signal_handlers=False, shutdown_graceful_timeout=1)
            )  # fmt: skip
            try:
                yield
            finally:
                work.cancel()
                with suppress(asyncio.CancelledError):
                    await work


@pytest.fixture
async def core(database: str) -> AsyncIterator[Core]:
    business = load_business(PROJECT)
    brain = Repeats()
    async with pool(database, size=5) as connections:
        jobs = jobs_app(database, size=2)
        async with jobs.open_async():
            engine = Engine(
                connections,
                cast(Brain, brain),
                business,
                {"en": Wording.load(PROJECT, "en")},
                LanguageOfCustomers(business),
            )
            yield Core(database, connections, jobs, brain, engine)


async def test_a_message_written_while_a_turn_fails_is_answered(core: Core) -> None:
    """A job that fails while the next one waits must not keep the conversation's lock for ever."""
    conversation = await core.new()

    async def fail() -> None:
        await core.write(conversation, "second")
        raise ValueError("a fault")

    core.brain.meanwhile = fail
    await core.write(conversation, "first")
    async with core.working():
        await core.until("select from message where text = %s", "You said: first\nsecond")
    assert (await core.said(conversation))[-1] == "bot: You said: first\nsecond"


async def test_a_lost_worker_leaves_nothing_behind_whoever_wrote_meanwhile(core: Core) -> None:
    """The job of a killed worker is taken up although a newer one of the conversation waits."""
    conversation = await core.new()
    await core.write(conversation, "first")
    await core.rows("update procrastinate_jobs set status = 'doing' returning id")  # by a worker that is gone
    await core.write(conversation, "second")
    async with core.working():
        await core.until("select from message where text = %s", "You said: first\nsecond")


async def test_a_turn_that_keeps_failing_ends_with_a_person(core: Core) -> None:
    """Our fault must not leave the customer in silence, and no job lies about afterwards (P1)."""
    conversation = await core.new()

    async def fail() -> None:
        core.brain.meanwhile = fail
        raise ValueError("a fault")

    core.brain.meanwhile = fail
    await core.write(conversation, "hello")
    async with core.working():
        await core.until("select from conversation where state = 'waiting' and handled_seq = inbound_seq")
        await core.until("select where not exists (select from procrastinate_jobs)")
    assert len(core.brain.thought) == 3
    assert (await core.said(conversation))[-1].startswith("bot: ")
    assert await core.rows("select from summary")
    assert [row["reason"] for row in await core.rows("select reason from handoff")] == ["fault"]


async def test_who_writes_on_while_waiting_is_not_met_with_silence(core: Core) -> None:
    """A word when time went by, and at once where help must be named; never the same twice in a row (P13, P28)."""
    conversation = await core.new()
    async with transaction(core.pool) as connection:
        locked = await conversations.lock(connection, conversation)
        await conversations.add_message(connection, locked, "bot", "A colleague takes over.", wording="handoff.ack#0")
        await conversations.hand_off(connection, locked, Grounds("requested", "", urgency=50))

    async def answers(text: str) -> list[str]:
        seq = await core.write(conversation, text)
        await core.until("select from conversation where handled_seq >= %s", seq)
        rows = await core.rows("select wording from message where author = 'bot' and seq > %s", seq)
        return [row["wording"].partition("#")[0] for row in rows]

    async with core.working():
        assert await answers("thank you") == []
        await core.rows("update message set at = at - interval '3 minutes' returning seq")
        [word] = await answers("are you there?")
        assert word in ("handoff.waiting", "handoff.waiting.closed")
        assert await answers("hello??") == []
        core.brain.mood = Mood(kind="threatening_physical", strength=1.0)
        assert await answers("I will come over and break your legs") == ["handoff.ack.safety"]
        assert await answers("you heard me") == []
        core.brain.mood = Mood()
        assert await answers("and now the lamp is smoking") == ["handoff.ack.product_danger"]


async def test_the_second_agent_is_told_who_was_first(core: Core) -> None:
    """Also when both take over in the same moment and one waits for the other's transaction."""
    conversation = await core.new()
    for name in ("Anna", "Bo"):
        await core.rows("insert into agent (name, password_hash, role) values (%s, '', 'agent') returning id", name)
    anna, bo = [Actor(row["id"], row["name"], "agent") for row in await core.rows("select id, name from agent")]

    async def second() -> None:
        async with transaction(core.pool) as connection:
            locked = await conversations.lock(connection, conversation)
            await conversations.claim(connection, locked, bo, notice="Bo is here.")

    async with transaction(core.pool) as connection:
        locked = await conversations.lock(connection, conversation)
        waiting = asyncio.create_task(second())
        await core.until("select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")
        await conversations.claim(connection, locked, anna, notice="Anna is here.")
    with pytest.raises(AlreadyOwned, match="Anna took this conversation just now"):
        await waiting


async def test_an_agent_corrects_a_customer_while_the_bot_learns_their_name(core: Core) -> None:
    """The desk locks the customer first and the turn the conversation: neither may wait for the other in a circle."""
    conversation = await core.new()
    async with transaction(core.pool) as turn, transaction(core.pool) as desk:
        locked = await conversations.lock(turn, conversation)
        values = {"id": locked.customer_id, "name": "Kari", "email": None, "phone": None}
        await desk.execute(queries("desk")["edit_customer"], values)
        own = {"customer_id": locked.customer_id, "name": "Karen", "email": None, "phone": None}
        waiting = asyncio.create_task(turn.execute(queries("turn")["customer"], own))
        await core.until("select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")
        async with asyncio.timeout(30):
            await conversations.record(desk, conversation, "customer", "agent:1", {})
        await desk.commit()
        await waiting
    assert [row["name"] for row in await core.rows("select name from customer")] == ["Karen"]


async def test_what_an_agent_left_is_not_written_over_by_a_late_reading(core: Core) -> None:
    """Read while an agent had it, handed back meanwhile: the bot answers, with counters that start anew."""
    conversation = await core.new()
    rows = await core.rows("insert into agent (name, password_hash, role) values ('Anna', '', 'agent') returning id")
    anna = Actor(rows[0]["id"], "Anna", "agent")
    async with transaction(core.pool) as connection:
        locked = await conversations.lock(connection, conversation)
        await conversations.claim(connection, locked, anna, notice="Anna is here.")
    await core.write(conversation, "Are you there?")

    async def give_it_back() -> None:
        async with transaction(core.pool) as connection:
            locked = await conversations.lock(connection, conversation)
            await conversations.hand_back(connection, locked, anna, notice="The bot is back.", note=None)

    core.brain.meanwhile = give_it_back
    core.brain.mood = Mood("frustrated", 0.5)
    await drain(core.engine, conversation)
    assert (await core.said(conversation))[-1] == "bot: You said: Are you there?"
    (memory,) = [row["memory"] for row in await core.rows("select memory from conversation")]
    assert memory["turns"] == 1 and len(memory["heats"]) == 1


@pytest.fixture
async def desk(core: Core) -> AsyncIterator[tuple[Services, str, str]]:
    """The desk's services, and a session's token and CSRF secret."""
    add_agent(core.url, "Anna", "a long enough password", role="agent")
    signals = Live(core.url)
    listening = asyncio.create_task(signals.run())
    token, session = await log_in(core.pool, "Anna", "a long enough password", address="test")
    try:
        yield Services(PROJECT, core.pool, core.jobs, signals, core.engine.business, {}, {}), token, session.csrf
    finally:
        await end(listening)


async def test_a_long_break_is_caught_up_at_once(
    core: Core, desk: tuple[Services, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """More events than are read at one time follow each other without waiting for the next signal."""
    needs, token, _ = desk
    monkeypatch.setattr(events, "_PING_SECONDS", 600)
    conversation = await core.new()
    cursor = await events._now(needs)
    await core.rows(
        "insert into event (conversation_id, kind, actor) select %s, 'message', 'customer'"
        " from generate_series(1, 1200) returning id",
        conversation,
    )
    stream = events._follow(needs, cursor, token)
    async with asyncio.timeout(30), aclosing(stream):
        found = [await anext(stream) for _ in range(1201)]
    assert sum("event: change" in one for one in found) == 1200


async def test_an_event_that_a_slow_transaction_holds_back_comes_soon_after(
    core: Core, desk: tuple[Services, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when another event was read meanwhile, and the slow transaction signals nothing when it ends."""
    needs, token, _ = desk
    monkeypatch.setattr(events, "_PING_SECONDS", 600)
    conversation = await core.new()
    stream = events._follow(needs, await events._now(needs), token)
    async with asyncio.timeout(30), aclosing(stream):
        assert "hello" in await anext(stream)
        first = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0.1)
        async with transaction(core.pool) as quick, transaction(core.pool) as slow, transaction(core.pool) as late:
            for connection in (quick, slow, late):
                await connection.execute("select pg_current_xact_id()")
            for connection in (late, quick):
                await conversations.record(connection, conversation, "message", "customer")
                await live.notify(connection, conversation)
                await connection.commit()
            assert "event: change" in await first
        assert "event: change" in await anext(stream)


async def test_a_visitor_reads_on_while_an_agents_file_is_fetched(
    core: Core, desk: tuple[Services, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What they write themselves is there at once; what agents write comes in order, and each of it once."""
    needs, _, _ = desk
    monkeypatch.setattr(chat, "_PING_SECONDS", 600)
    conversation = await core.new()

    async def says(author: Author, text: str, *, file: bool = False) -> None:
        async with transaction(core.pool) as connection:
            locked = await conversations.lock(connection, conversation)
            seq = await conversations.add_message(connection, locked, author, text)
            if file:
                await connection.execute(
                    "insert into attachment (conversation_id, seq, ordinal, name, media_type, source)"
                    " values (%s, %s, 0, 'bill.pdf', 'application/pdf', '{}')", [conversation, seq],
                )  # fmt: skip
            await live.notify(connection, conversation)

    async def read(after: int) -> tuple[list[str], int]:
        async with transaction(core.pool) as connection:
            rows, _ = await chat._read(connection, conversation, after)
        return [row["text"] for row in rows], chat._next(rows, after)

    stream = chat._follow(needs, conversation, 0)

    async def streamed(count: int) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        while len(found) < count:
            lines = dict(line.split(": ", 1) for line in (await anext(stream)).strip().splitlines())
            if lines.get("event") == "message":
                found.append((json.loads(lines["data"])["text"], lines["id"]))
        return found

    async with asyncio.timeout(30), aclosing(stream):
        await says("customer", "Hello")
        await says("agent", "Your bill", file=True)
        await says("customer", "Are you there?")
        await says("agent", "Anything else?")
        await says("customer", "Hello?")
        assert await read(0) == (["Hello", "Are you there?", "Hello?"], 1)
        assert await read(1) == (["Are you there?", "Hello?"], 1)
        assert await streamed(3) == [("Hello", "1"), ("Are you there?", "1"), ("Hello?", "1")]
        await core.rows("update attachment set status = 'refused' returning id")
        await says("customer", "Thank you")
        assert await read(1) == (["Your bill", "Are you there?", "Anything else?", "Hello?", "Thank you"], 6)
        assert await streamed(3) == [("Your bill", "2"), ("Anything else?", "4"), ("Thank you", "6")]


async def test_a_file_that_does_not_come_is_given_up_and_the_desk_hears_of_it(
    core: Core, desk: tuple[Services, str, str]
) -> None:
    """Also where nobody fetches any more, its account being off: a customer waits for an agent's words."""
    needs, token, _ = desk
    conversation = await core.new()
    sent: tuple[tuple[int, Author], ...] = ((1, "agent"), (3, "agent"), (3, "customer"))
    for minutes, author in sent:
        async with transaction(core.pool) as connection:
            locked = await conversations.lock(connection, conversation)
            seq = await conversations.add_message(connection, locked, author, "Your bill")
        await core.rows(
            "insert into attachment (conversation_id, seq, ordinal, name, media_type, source, at)"
            " values (%s, %s, 0, %s, '', '{}', now() - make_interval(mins => %s)) returning id",
            conversation, seq, f"{author} {minutes}", minutes,
        )  # fmt: skip
    stream = events._follow(needs, await events._now(needs), token)
    async with asyncio.timeout(30), aclosing(stream), core.working():
        async for event in stream:
            if '"attachment"' in event:
                break
    files = await core.rows("select name, problem from attachment where status = 'refused'")
    assert files == [{"name": "agent 3", "problem": "It could not be fetched in time."}]
    [noted] = await core.rows("select data from event where kind = 'attachment'")
    assert noted["data"]["seq"] == 2 and noted["data"]["stored"] is False


async def test_a_busy_stream_ends_with_its_session(
    core: Core, desk: tuple[Services, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever logged out hears nothing more, however much is going on."""
    needs, token, _ = desk
    monkeypatch.setattr(events, "_PING_SECONDS", 0.3)
    conversation = await core.new()
    stream = events._follow(needs, await events._now(needs), token)
    await log_out(core.pool, token)

    async def type_all_the_time() -> None:
        while True:
            async with transaction(core.pool) as connection:
                await live.notify(connection, conversation, typing="customer")
            await asyncio.sleep(0.05)

    typing = asyncio.create_task(type_all_the_time())
    try:
        async with asyncio.timeout(30):
            async for _ in stream:
                pass
    finally:
        typing.cancel()


async def test_what_is_for_a_lead_is_not_closed_by_others(core: Core) -> None:
    """A threat must not be put away by somebody who may not take it over (P13)."""
    conversation = await core.new()
    async with transaction(core.pool) as connection:
        locked = await conversations.lock(connection, conversation)
        await conversations.hand_off(connection, locked, Grounds("legal", "", routed_to="lead", urgency=90))
    for role, refused in (("agent", True), ("lead", False)):
        actor = Actor(1, "Anna", cast(Role, role))
        with pytest.raises(Forbidden) if refused else nullcontext():
            async with transaction(core.pool) as connection:
                locked = await conversations.lock(connection, conversation)
                await conversations.close(connection, locked, actor, outcome="solved", notice="Closed.")
    assert [row["state"] for row in await core.rows("select state from conversation")] == ["closed"]


@pytest.mark.parametrize("text", ["/affirm\0", "\ud800", "a\0b"])
def test_what_the_database_cannot_keep_is_refused(text: str) -> None:
    """Names and commands are neither changed silently nor the cause of a fault."""
    for make in (lambda: Sent(client_id="a", payload=text), lambda: Credentials(name=text, password="")):
        with pytest.raises(ValidationError):
            make()


@pytest.mark.parametrize("given", [None, "", "wrong", "\u00e9", "\ud800"])
def test_a_change_with_any_other_csrf_secret_is_refused(given: str | None) -> None:
    """Headers may hold any characters."""
    with pytest.raises(Refused, match="out of date"):
        check_csrf(Session(Actor(1, "Anna", "agent"), "online", "secret"), given)


async def test_the_first_insult_is_told_apart_from_the_second(core: Core) -> None:
    """The dialogue hears how it was before this message, which it weighs itself (P10, P12)."""
    conversation = await core.new()
    core.brain.mood = Mood("abusive", 1.0)
    for text in ("first", "second"):
        await core.write(conversation, text)
        await drain(core.engine, conversation)
    assert [context["abuse_count"] for context in core.brain.contexts] == [0, 1]
    assert core.brain.contexts[0]["heat"] == 0 < core.brain.contexts[1]["heat"]


async def test_times_are_utc_wherever_the_server_stands(database: str) -> None:
    """The contract says so, and a server in Oslo has another zone by itself."""
    with psycopg.connect(database, autocommit=True) as server:
        server.execute(
            sql.SQL("alter database {} set timezone to 'Europe/Oslo'").format(sql.Identifier(server.info.dbname))
        )
    async with pool(database, size=1) as fresh, transaction(fresh) as connection:
        row = await (await connection.execute("select now() as at")).fetchone()
    assert row is not None and row["at"].isoformat().endswith("+00:00")


async def test_where_the_sender_is_not_verified_the_bot_only_answers(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A complaint is not recorded, a refund not promised, and neither is said: a person looks first. Articles are."""
    deeds = (
        {"kind": "record_complaint", "case_number": "FJ-X", "cause": "complain_late", "text": "late"},
        {"kind": "choose_remedy", "case_number": "FJ-X", "remedy": "refund"},
    )
    thinks = core.brain.propose

    async def acts(conversation: str, understood: Understanding, **more: Any) -> Turn:
        turn = await thinks(conversation, understood, **more)
        return replace(turn, wishes=deeds) if "refund" in understood.text else turn

    monkeypatch.setattr(core.brain, "propose", acts)
    for unverified in (True, False):
        async with transaction(core.pool) as connection:
            conversation = await conversations.create(connection, channel="web", language="en", unverified=unverified)
        await core.write(conversation, "When do you open?")
        await drain(core.engine, conversation)
        await core.write(conversation, "I want a refund")
        await drain(core.engine, conversation)
        said = await core.said(conversation)
        assert said[1] == "bot: You said: When do you open?"
        assert ("bot: You said: I want a refund" in said) is not unverified
        handed = await core.rows("select reason from handoff where conversation_id = %s", conversation)
        assert handed == ([{"reason": "unverified"}] if unverified else [])
        for table in ("complaint", "promise"):
            done = await core.rows(f"select from {table} where conversation_id = %s", conversation)
            assert bool(done) is not unverified
    lines = await core.rows("select lines::text from summary")
    assert "sender not verified" in lines[0]["lines"]


async def test_a_language_chosen_while_a_reply_is_made_is_the_one_it_comes_in(core: Core) -> None:
    """What was thought in the old language is dropped, and thought again in the new one."""
    conversation = await core.new()
    business = core.engine.business.model_copy(update={"languages": ("en", "nb")})
    wordings = {"en": core.engine.wordings["en"], "nb": core.engine.wordings["en"]}
    engine = replace(core.engine, business=business, wordings=wordings)

    async def choose() -> None:
        async with transaction(core.pool) as connection:
            await conversations.speak(connection, await conversations.lock(connection, conversation), "nb", chosen=True)

    core.brain.meanwhile = choose
    await core.write(conversation, "hello")
    await drain(engine, conversation)
    assert [context["language"] for context in core.brain.contexts] == ["en", "nb"]
    assert await core.said(conversation) == ["customer: hello", "bot: You said: hello"]
