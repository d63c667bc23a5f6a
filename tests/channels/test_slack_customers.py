"""Customers on Slack: what they write, press, change and take back reaches the conversation once, whole and checked."""

from __future__ import annotations

import asyncio
import json

import pytest

from bot.channel import Never
from bot.records import Button
from bot.services import Services
from tests.channels.slack_world import Mode, SlackWorld, slack_world
from tests.standins.slack.faults import hang
from tests.standins.slack.server import Slack

MODES = pytest.mark.parametrize("mode", ["http", "socket"])
YES_NO = (Button("Yes", "/affirm"), Button("No, thanks", "/deny"))


@MODES
async def test_a_conversation_in_both_modes(slack: Slack, services: Services, mode: Mode) -> None:
    """Messages, buttons, changes and deletions go both ways, and the choice stands where the buttons were."""
    async with slack_world(slack, services, mode) as world, world.delivering():
        ana = world.team.person("Ana Berg", email="ana@example.com", locale="en-GB")
        question = await ana.writes("Is <my> lamp & shade here? https://example.com/a?b=1&c=2 me@example.com")
        await world.heard("Is <my> lamp & shade here? https://example.com/a?b=1&c=2 me@example.com")
        await world.says("5 < 6 & <b>so</b>: https://example.com/x?a=1&b=2. Did this help?", buttons=YES_NO)
        [line] = [one for one in await ana.sees("Did this help?") if one.buttons]
        assert line.text == "5 < 6 & <b>so</b>: https://example.com/x?a=1&b=2. Did this help?"
        assert line.buttons == ("Yes", "No, thanks") and line.calls == ()

        attempt = await ana.presses("No, thanks")
        assert attempt.status == 200
        await ana.sees("✓ No, thanks")
        assert not any(one.buttons for one in await ana.reads())
        await ana.edits(question, "Is my lamp here?")
        await slack.events.settled()
        rows = await world.rows("select text, payload, edits from message where author = 'customer' order by seq")
        assert [tuple(row.values()) for row in rows[1:]] == [
            ("No, thanks", "/deny", None), ("Is my lamp here?", None, 1),
        ]  # fmt: skip
        await ana.deletes(question)
        await world.until("select deleted_at is not null from message where seq = 1", True)
        assert [one.status for sent in slack.events.sent for one in sent.attempts] == [200] * len(slack.events.sent)
        [person] = await world.rows("select name, email, verified from identity")
        assert person == {"name": "Ana Berg", "email": "ana@example.com", "verified": True}


async def test_a_call_in_a_channel_makes_a_thread_of_its_callers_own(slack: Slack, world: SlackWorld) -> None:
    """The conversation lives in the thread. It is the caller's: nobody else speaks or presses there; others' talk
    and threads without us are not listened to."""
    ana, bo = world.team.person("Ana"), world.team.person("Bo")
    lobby = world.team.channel("lobby", ana, bo)
    async with world.delivering():
        await bo.writes("Good morning, all", to=lobby)
        root = await ana.writes(f"{world.team.mention} where is my lamp?", to=lobby)
        await world.heard("where is my lamp?")
        await world.says("Which one?", buttons=YES_NO)
        await ana.sees("Which one?", at=root)
        assert not any("Which one?" in one.text for one in await ana.reads(lobby) if one.message.thread_ts is None)
        await ana.writes("The white one", to=root)
        await bo.writes("Mine is black", to=root)
        await bo.writes(f"{world.team.mention} and mine?", to=root)
        await bo.sees("Somebody else talks with us", at=root)
        await bo.presses("Yes", at=root)
        await bo.sees(lambda lines: sum("Somebody else" in one.text for one in lines) == 2, at=root)
        await slack.events.settled()
        await world.heard("where is my lamp?", "The white one")
        own = await bo.writes(f"{world.team.mention} and mine?", to=lobby)
        await world.heard("where is my lamp?", "The white one", "and mine?")
        await bo.writes(world.team.mention, to=lobby)
        await world.until("select payload from message where text = '' and author = 'customer'", "/greet")
    keys = [row["key"] for row in await world.rows("select key from place order by id")]
    assert keys[:2] == [f"{world.team.id}:{lobby.id}:{root.ts}", f"{world.team.id}:{lobby.id}:{own.ts}"]


async def test_what_comes_twice_late_or_backwards_counts_once(slack: Slack, world: SlackWorld) -> None:
    """Retries, copies, and a call that comes as two events make one message; a change that overtakes its message
    stands for it; a second press changes nothing."""
    ana = world.team.person("Ana")
    slack.events.copies = 3
    await ana.writes("one")
    lobby = world.team.channel("lobby", ana)
    await ana.writes(f"{world.team.mention} two", to=lobby)
    await slack.events.settled()
    await world.heard("one", "two")
    slack.events.copies = 1
    await slack.events.hold()
    third = await ana.writes("three")
    await ana.edits(third, "three and a half")
    await slack.events.release(backwards=True)
    await slack.events.settled()
    await world.heard("one", "two", "three and a half")
    key = f"{world.team.id}:{third.channel}"
    async with world.delivering():
        await world.says("Well?", buttons=YES_NO, key=key)
        await ana.sees("Well?")
        shown = [sent for sent in slack.events.sent if sent.kind == "interactive"]
        await asyncio.gather(ana.presses("Yes"), ana.presses("No, thanks"))
        await slack.events.settled()
    assert shown == []
    assert len(await world.said()) == 4


async def test_bots_and_ourselves_are_not_customers(slack: Slack, world: SlackWorld) -> None:
    """What we or other apps write, also with a file, is nobody's message."""
    ana, robot = world.team.person("Ana"), world.team.other_bot("Robot")
    lobby = world.team.channel("lobby", ana, robot)
    root = await ana.writes(f"{world.team.mention} hello", to=lobby)
    await world.heard("hello")
    await robot.writes(f"{world.team.mention} beep", to=lobby)
    await robot.writes("beep", to=root)
    async with world.delivering():
        await world.says("Hello, Ana")
        await ana.sees("Hello, Ana", at=root)
    await slack.events.settled()
    await world.heard("hello")


async def test_stored_before_it_is_acknowledged_and_in_time(slack: Slack, world: SlackWorld) -> None:
    """An acknowledged event is in the database with its job; without the database it is not acknowledged, and
    comes again. A workspace that does not say who somebody is delays nothing."""
    ana, bo = world.team.person("Ana"), world.team.person("Bo")
    slack.fail("users.info", hang(20), times=2)
    await bo.writes("hello")
    await slack.events.settled()
    assert slack.events.sent[-1].attempts[0].seconds < 3  # as long as Slack waits
    await world.heard("hello")
    assert await world.rows("select name from identity") == [{"name": None}]
    async with world.pool.connection() as connection:
        await connection.execute("alter table place rename to elsewhere")
    await ana.writes("Is anybody there?")
    async with asyncio.timeout(30):
        while not slack.events.sent[-1].attempts:  # noqa: ASYNC110  # it lives on another loop
            await asyncio.sleep(0.02)
    assert slack.events.sent[-1].attempts[0].status == 503
    async with world.pool.connection() as connection:
        await connection.execute("alter table elsewhere rename to place")
    await slack.events.settled()
    await world.heard("hello", "Is anybody there?")
    jobs = await world.rows("select count(*) as jobs from procrastinate_jobs where status = 'todo'")
    assert jobs[0]["jobs"] == 2


async def test_files_come_along_and_are_fetched_with_care(slack: Slack, world: SlackWorld) -> None:
    """A file is noted with its message. It is fetched with the token, from Slack only, within a limit; a page for
    signing in is not taken for the file."""
    ana = world.team.person("Ana")
    await ana.shares("lamp.pdf", b"%PDF-1.7 broken lamp", text="Look")
    await ana.shares("photo.png", b"\x89PNG", mimetype="image/png")
    await world.heard("Look", "")
    [pdf, png] = await world.rows("select name, media_type, size, source from attachment order by seq")
    assert (pdf["name"], pdf["media_type"], png["name"]) == ("lamp.pdf", "application/pdf", "photo.png")
    fetch = world.channel.fetch
    assert await fetch(pdf["source"], most=1000) == b"%PDF-1.7 broken lamp"
    assert await fetch({**pdf["source"], "url": None}, most=1000) == b"%PDF-1.7 broken lamp"
    with pytest.raises(Never, match="longer than 5 bytes"):
        await fetch(pdf["source"], most=5)
    with pytest.raises(Never, match="elsewhere"):
        await fetch({**pdf["source"], "url": "http://127.0.0.1:9/lamp.pdf"}, most=1000)
    with pytest.raises(Never, match="not on Slack any more"):
        await fetch({"team": world.team.id, "file": "F404", "url": None}, most=1000)
    await world.team.revokes_tokens()
    with pytest.raises(Never, match="does not hand out"):
        await fetch(pdf["source"], most=1000)


async def test_a_download_is_followed_within_slack_only(slack: Slack, world: SlackWorld) -> None:
    """Slack sends us on between its own hosts, and wants the token there too; nobody else is even called."""
    ana = world.team.person("Ana")
    await ana.shares("lamp.pdf", b"%PDF-1.7 broken lamp")
    await world.heard("")
    [pdf] = await world.rows("select source from attachment")
    inside = pdf["source"]["url"].removeprefix(slack.url)
    slack.uploads.moved = [inside, f"{slack.url}{inside}"]
    assert await world.channel.fetch(pdf["source"], most=1000) == b"%PDF-1.7 broken lamp"
    called: list[object] = []
    server = await asyncio.start_server(lambda reader, writer: called.append(writer.close()), "127.0.0.1", 0)
    async with server:
        elsewhere = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/lamp.pdf"
        for address in (elsewhere, "https://slack.com.example/lamp.pdf", "http://files.slack.com/lamp.pdf"):
            slack.uploads.moved = [address]
            with pytest.raises(Never, match="elsewhere"):
                await world.channel.fetch(pdf["source"], most=1000)
    assert called == []
    slack.uploads.moved = [inside] * 20
    with pytest.raises(Never, match="does not hand out"):
        await world.channel.fetch(pdf["source"], most=1000)


async def test_the_command_the_home_tab_and_its_dialog(slack: Slack, world: SlackWorld) -> None:
    """A question from anywhere is answered in the direct conversation, where it is shown; cases are the person's."""
    ana = world.team.person("Ana")
    lobby = world.team.channel("lobby", ana)
    async with world.delivering():
        helped = await ana.runs("/warmline", "", at=lobby)
        assert "/warmline cases" in helped.answer["text"]
        assert "no cases" in json.dumps((await ana.runs("/warmline", "cases", at=lobby)).answer)
        asked = await ana.runs("/warmline", "Where is my <lamp>?", at=lobby)
        assert "direct conversation" in asked.answer["text"]
        await world.heard("Where is my <lamp>?")
        await world.says("On its way")
        lines = await ana.sees("On its way")
        assert [one.text for one in lines] == ["> Where is my <lamp>?", "On its way"]

        await ana.opens_home()
        await ana.sees_home("You have no cases with us.")
        await ana.presses("Ask a question", on_home=True)
        await ana.sees_dialog("Your question")
        await ana.submits({"Your question": "And the shade?"})
        await world.heard("Where is my <lamp>?", "And the shade?")
        assert len(await world.rows("select from place")) == 1

        conversation = await world.conversation()
        await world.rows(
            "with u as (select customer_id from conversation where id = %s), k as ("
            " insert into complaint (case_number, conversation_id, customer_id, episode, cause, text, status)"
            " select 'FJ-7', %s, customer_id, 1, 'complain_late', 'My <lamp> is *late*', 'promised' from u"
            " returning case_number)"
            " insert into promise (conversation_id, case_number, text, owner, due_at)"
            " select %s, case_number, 'a refund', 'bot', now() + interval '1 day' from k returning 1",
            conversation, conversation, conversation,
        )  # fmt: skip
        await ana.opens_home()
        await ana.sees_home("FJ-7")
        await ana.sees_home("a refund, by")
        assert "FJ-7" in json.dumps((await ana.runs("/warmline", "cases")).answer)
        bo = world.team.person("Bo")
        assert "FJ-7" not in json.dumps((await bo.runs("/warmline", "cases")).answer)


async def test_places_that_end_are_stated(slack: Slack, world: SlackWorld) -> None:
    """Left and archived channels and an app that was removed are an outcome of their conversations, at once."""
    ana = world.team.person("Ana")
    lobby, attic = world.team.channel("lobby", ana), world.team.channel("attic", ana)
    await ana.writes(f"{world.team.mention} one", to=lobby)
    await ana.writes(f"{world.team.mention} two", to=attic)
    await ana.writes("three")
    await slack.events.settled()
    bot = world.team.workspace.bot.id
    around = {**slack.events.sent[-1].payload, "event_time": 1_700_000_000}
    for number, event in enumerate(
        (
            {"type": "member_left_channel", "user": ana.id, "channel": attic.id, "channel_type": "C"},
            {"type": "member_left_channel", "user": bot, "channel": lobby.id, "channel_type": "C"},
            {"type": "channel_archive", "channel": attic.id, "user": ana.id},
        )
    ):
        assert (await slack.events.forge({**around, "event_id": f"Ev{number}", "event": event})).status_code == 200
    gone = "select gone from place order by id"
    found = [row["gone"] for row in await world.rows(gone)]
    assert "no longer in the Slack channel" in found[0] and "archived" in found[1] and found[2] is None
    await world.team.uninstalls()
    await slack.events.settled()
    assert all(row["gone"] for row in await world.rows(gone))
    ledger = await world.rows("select data ->> 'problem' as problem from event where kind = 'undeliverable'")
    assert len(ledger) == 3


@pytest.mark.parametrize("kind", ["forged", "stale", "future", "unsigned", "odd"])
async def test_what_slack_did_not_sign_just_now_is_refused(slack: Slack, world: SlackWorld, kind: str) -> None:
    """401 in our one form, and nothing is stored."""
    event = {"type": "message", "channel_type": "im", "channel": "D1", "user": "U1", "ts": "1700000000.000100"}
    body = {"type": "event_callback", "team_id": "T1", "event_time": 1, "event": {**event, "text": "hello"}}
    more = {
        "forged": {"secret": "0" * 32},
        "stale": {"age": 301.0},
        "future": {"age": -360.0},
        "unsigned": {"headers": {"x-slack-signature": "", "x-slack-request-timestamp": ""}},
        "odd": {"headers": {"x-slack-signature": "v0=1", "x-slack-request-timestamp": "now"}},
    }[kind]
    answer = await slack.events.forge(body, **more)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "unauthorized"
    assert await world.rows("select from place") == []


async def test_a_replay_stores_nothing_new(slack: Slack, world: SlackWorld) -> None:
    """A genuine request that is sent again within five minutes is a duplicate."""
    ana = world.team.person("Ana")
    await ana.writes("once")
    await slack.events.settled()
    payload = slack.events.sent[-1].payload
    for _ in range(3):
        assert (await slack.events.forge(payload)).status_code == 200
    await world.heard("once")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 404), (b"{", 400), (b"[]", 400), (b"null", 400), (b"7", 400), (b"\xff\xfe", 401), (b"{}", 404),
        (b'{"type": "event_callback"}', 400), (b'{"type": "event_callback", "event": null}', 400),
        (b"[" * 100_000, 400),
        (b'{"type": "event_callback", "event": {"type": "message", "user": "U1", "channel": "D1"}}', 503),
        (b'{"type": "event_callback", "event": {"type": "a_new_one", "user": "U1"}}', 200), (b"x" * 1_000_001, 413),
    ],
)  # fmt: skip
async def test_odd_bodies_do_no_harm(slack: Slack, world: SlackWorld, body: bytes, status: int) -> None:
    """Signed or not: malformed, huge and unknown bodies get an answer that says so, and nothing is stored."""
    answer = await slack.events.post_raw(body)
    assert answer.status_code == status
    assert status == 200 or "message" in answer.json()["error"]
    assert await world.rows("select from place") == []
    assert await slack.verify_url()
