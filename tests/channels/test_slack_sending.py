"""What we say on Slack arrives once, in order and within Slack's limits, or is seen to have failed and why."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

import pytest
from slack_sdk.errors import SlackApiError

from bot.agents import add_agent
from bot.channel import Never, NotNow, Outgoing, Place
from bot.db import transaction
from bot.delivery import retry
from bot.records import Button
from channels.slack import messages
from channels.slack.calls import FORM, GONE, LATER, NEVER, REFUSED, TOKEN, UNSURE, Limits, _meaning
from channels.slack.mrkdwn import markup, plain
from tests.channels.slack_world import SlackWorld
from tests.standins.slack import schema
from tests.standins.slack.faults import broken, documented, drop, refuse, too_many
from tests.standins.slack.server import Slack
from tests.world import file

PLACE = Place(1, "slack", "shop", "T1:D1", uuid4())


def outgoing(text: str, **more: Any) -> Outgoing:
    return Outgoing(place=PLACE, seq=3, author="bot", text=text, language="en", **more)


async def greeted(world: SlackWorld) -> Any:
    """Somebody who has written."""
    ana = world.team.person("Ana")
    await ana.writes("hello")
    await world.heard("hello")
    return ana


@pytest.mark.parametrize(
    "text",
    [
        "short", "<!channel> <@U1> & <https://x|y> *b* `c`", "&" * 4000, "long words " * 360, "x" * 4000,
        "para\n\n" * 600, "🌍" * 4000, "see https://example.com/?a=1&b=(2), and so on. " * 80,
    ],
)  # fmt: skip
@pytest.mark.parametrize("buttons", [0, 3, 60])
def test_all_parts_are_valid_and_nothing_is_left_out(text: str, buttons: int) -> None:
    """Any text with any buttons becomes calls within Slack's limits, that hold all of it, the same ones every time."""
    given = tuple(Button(f"Choice {number} " + "x" * 80, "/affirm") for number in range(buttons))
    parts = messages.parts(outgoing(text, buttons=given), "Fjordlys", None)
    assert parts == messages.parts(outgoing(text, buttons=given), "Fjordlys", None)
    shown, pressed = "", []
    for part in parts:
        assert schema.wrong_blocks(part["blocks"]) == []
        assert schema.characters(part["blocks"]) <= schema.BLOCKS_CHARACTERS + 75 * buttons
        assert schema.wrong_metadata(part["metadata"]) == []
        for block in part["blocks"]:
            if block["type"] == "section":
                assert len(block["text"]["text"]) <= 3000
                shown += plain(block["text"]["text"])
            else:
                pressed += [element["value"] for element in block["elements"]]
    assert "".join(shown.split()) == "".join(text.split())
    assert pressed == [f"3:{number}" for number in range(buttons)]


def test_markup_says_what_was_written() -> None:
    """Our texts cannot call anybody or change their looks by brackets; what people wrote reads as they typed it."""
    assert markup("<!here> a & b") == "&lt;!here&gt; a &amp; b"
    assert markup("at https://a.example/x?y=1&z=2.") == "at <https://a.example/x?y=1&amp;z=2>."
    said = "<@U1> ask <@U2|bo>: <https://a.example|a> &lt;b&gt; <mailto:x@y.example|x@y.example> <#C1|lobby> <!here>"
    assert plain(said, without="U1") == "ask @bo: a (https://a.example) <b> x@y.example #lobby @here"


def test_every_documented_error_has_a_meaning() -> None:
    """Of posting and of all else that a delivery calls: none is met unprepared."""
    for method in ("chat.postMessage", "files.getUploadURLExternal", "files.completeUploadExternal", "users.info"):
        known = {*GONE, *NEVER, *LATER, *REFUSED, *UNSURE, "ratelimited", "rate_limited"}
        known |= {"invalid_channel", "unknown_snippet_type"}  # answers to what we never send
        assert set(documented(method)) <= known, set(documented(method)) - known
    assert GONE.keys().isdisjoint(NEVER) and not (GONE.keys() | NEVER.keys()) & (REFUSED | UNSURE | LATER.keys())


async def test_each_error_of_posting(slack: Slack, world: SlackWorld) -> None:
    """Permanent: failed at once, with words for an agent, and those that end the place end it. Passing: tried again
    and delivered once. Blocks that are not taken: the same text without them."""
    async with world.delivering():
        for error in documented("chat.postMessage"):
            ana = world.team.person(f"Ana {error}")
            await ana.writes(f"hello {error}")
            await slack.events.settled()
            [place] = await world.rows("select id, key from place order by id desc limit 1")
            slack.fail("chat.postMessage", refuse(error))
            before = len(slack.calls("chat.postMessage"))
            await world.says("Hello, Ana", buttons=(Button("Yes", "/affirm"),), key=place["key"])
            settled = "select status in ('sent', 'failed') or problem is not null from delivery where place_id = "
            await world.until(f"{settled}{place['id']}", True)
            [row] = await world.rows(
                "select status, problem, gone from delivery join place on id = place_id where id = %s", place["id"]
            )
            if error in GONE or error in NEVER or error in REFUSED - FORM:
                assert row["status"] == "failed" and error in row["problem"] and row["problem"][0].isupper(), error
                assert (row["gone"] is not None) == (error in GONE), error
                assert len(slack.calls("chat.postMessage")) == before + 1, error
                assert not any("Hello" in one.text for one in await ana.reads()), error
                continue
            if row["problem"] is not None:  # put off: the pause is not waited for
                await world.rows("update delivery set not_before = now() returning 1")
                world.sender.limits = Limits()
            lines = await ana.sees("Hello, Ana")
            await world.until(f"select status from delivery where place_id = {place['id']}", "sent")
            said = [one.text for one in lines if "Hello" in one.text]
            assert said == ["Hello, Ana\n• Yes" if error in FORM else "Hello, Ana"], error


@pytest.mark.parametrize("fault", [drop(accepted=True), broken(500, accepted=True), drop(), broken(503)])
async def test_an_answer_that_is_lost_doubles_nothing(slack: Slack, world: SlackWorld, fault: Any) -> None:
    """After a broken connection or a 500 the message is looked for before it is posted again: in a direct
    conversation and in a thread, a text and a file."""
    ana = world.team.person("Ana")
    lobby = world.team.channel("lobby", ana)
    called = await ana.writes(f"{world.team.mention} hello", to=lobby)
    direct = await ana.writes("hello")
    await slack.events.settled()
    for place, key in ((None, direct.channel), (called, f"{lobby.id}:{called.ts}")):
        key = f"{world.team.id}:{key}"
        slack.fail("chat.postMessage", fault)
        slack.fail("files.completeUploadExternal", fault)
        async with world.delivering():
            seq = await world.says("Here it is", key=key)
            await world.says("And more", key=key)
            lines = await ana.sees("And more", at=place)
        assert [one.text for one in lines if one.author == "Warmline"] == ["Here it is", "And more"]
        assert seq > 0
        part = world.channel.parts(outgoing("", agent="Ana", files=(file("bill.pdf", "application/pdf", b"%PDF"),)))
        there = Place(1, "slack", "shop", key, PLACE.conversation, details={"user": ana.id})
        await world.channel.post(there, part[0])
        with pytest.raises(Exception):  # noqa: B017  # whatever it is, it is none of the three
            await world.channel.post(there, part[1])
        if await world.channel.find(there, part[1]) is None:
            await world.channel.post(there, part[1])
        lines = await ana.sees("bill.pdf", at=place)
        assert sum("bill.pdf" in str(one) for one in lines) == 1


async def test_rate_limits_rest_what_they_name(slack: Slack, world: SlackWorld) -> None:
    """429: this place waits as long as Slack says, others go on, and nothing is called meanwhile. Slack's own
    limits are kept without being told."""
    ana, bo = await greeted(world), world.team.person("Bo")
    await bo.writes("hi")
    await slack.events.settled()
    keys = [row["key"] for row in await world.rows("select key from place order by id")]
    slack.fail("chat.postMessage", too_many(3600))
    async with world.delivering():
        await world.says("held", key=keys[0])
        await world.until("select problem from delivery", "Slack asked us to wait.")
        await world.says("two", key=keys[1])
        await bo.sees("two")
        assert not any(one.text == "held" for one in await ana.reads())
        await world.rows("update delivery set not_before = now() where status = 'queued' returning 1")
        world.sender.limits = Limits()
        await ana.sees("held")
        slack.fail("chat.postMessage", too_many(2))
        await world.says("one", key=keys[0])
        await ana.sees("one")
        slack.keep_limits()
        for number in range(4):
            await world.says(f"number {number}", key=keys[0])
        await ana.sees("number 3")
    calls = [call for call in slack.calls("chat.postMessage") if call.arguments["text"] == "one"]
    assert len(calls) == 2 and calls[1].at - calls[0].at >= 2
    assert not any(call.status == 429 for call in slack.calls() if call.arguments.get("text", "").startswith("number"))


async def test_an_agent_with_files(slack: Slack, world: SlackWorld) -> None:
    """An agent is named; files follow the text, in the thread, each by its name."""
    ana = world.team.person("Ana")
    lobby = world.team.channel("lobby", ana)
    root = await ana.writes(f"{world.team.mention} hello", to=lobby)
    await world.heard("hello")
    await slack.events.settled()  # a late copy of it would bring the place back that is held below
    add_agent(world.services.live._url, "Kim <3", "a long enough password", role="agent")  # type: ignore[attr-defined]
    [agent] = await world.rows("select id from agent")
    async with world.delivering():
        conversation = await world.conversation()
        await world.rows("update place set gone = 'hold' returning 1")
        seq = await world.says("Your bill:", "agent", agent=agent["id"])
        for number, name in enumerate(("bill.pdf", "lamp.png")):
            await world.rows(
                "insert into attachment (conversation_id, seq, ordinal, name, media_type, status, data)"
                " values (%s, %s, %s, %s, 'application/pdf', 'stored', %s) returning 1",
                conversation, seq, number, name, b"%PDF",
            )  # fmt: skip
        async with transaction(world.pool) as connection:
            await retry(connection, conversation, seq, "agent:1")
        lines = await ana.sees("lamp.png", at=root)
        await world.until("select status from delivery", "sent")
    business = world.services.business.name
    assert [str(one) for one in lines[1:]] == [
        f"Warmline: Kim <3 ({business}): Your bill:", "Warmline:  <bill.pdf>", "Warmline:  <lamp.png>",
    ]  # fmt: skip


async def test_a_courier_that_dies_in_the_middle(slack: Slack, world: SlackWorld) -> None:
    """What had been posted when the process ended is found by the next one, and not said twice."""
    ana = await greeted(world)
    text = "A sentence that is long. " * 150
    async with world.delivering():
        await world.says(text)
        await world.says("The end")
        await ana.sees("A sentence")
    await world.rows("update delivery set status = 'sending', sent = '{}' where seq = 2 returning 1")
    async with world.delivering():
        lines = await ana.sees("The end")
    assert sum("A sentence" in one.text for one in lines) == 1
    assert [one.text for one in lines].count("The end") == 1


async def test_a_token_that_was_revoked(slack: Slack, world: SlackWorld) -> None:
    """It is the outcome of the conversation, in words that say what to do; writing again starts it again."""
    ana = await greeted(world)
    await slack.events.settled()
    slack.end_tokens(world.team.workspace, "token_revoked")
    async with world.delivering():
        await world.says("Hello?")
        await world.until("select problem from delivery", f"{TOKEN['token_revoked']} (token_revoked)")
        assert (await world.rows("select gone from place"))[0]["gone"]
        await ana.writes("Anybody?")
        await world.until("select gone from place", None)


def test_what_slack_says_stays_out_of_errors() -> None:
    """No exception repeats an answer of Slack's, a token or an address."""
    answer = type(
        "Answer", (), {"data": {"error": "invalid_blocks", "text": "secret"}, "status_code": 200, "headers": {}}
    )
    meaning = _meaning(SlackApiError("secret", answer()), Limits(), ("T1", "m", ""))
    assert isinstance(meaning, Never) and "secret" not in str(meaning)


def test_limits_forget_what_is_over() -> None:
    """A rest ends by itself and holds nothing else up."""
    limits = Limits()
    limits.rest("T1", "chat.update", seconds=60)
    with pytest.raises(NotNow):
        limits.check("T1", "chat.update")
    limits.check("T1", "chat.postMessage")
    limits.rest("T1", "chat.update", seconds=0.01)
    time.sleep(0.02)
    limits.check("T1", "chat.update")
