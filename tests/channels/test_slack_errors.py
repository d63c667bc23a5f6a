"""Every documented error of every call for customers: nothing lost, nothing doubled, and what stays is seen."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from bot.accounts import SlackAccount
from bot.channel import Gone, Never, NotNow, Outgoing, Place
from bot.records import Button
from bot.services import Services
from channels.slack import open_channel
from channels.slack.calls import TOKEN, Limits, Unsure
from tests.channels.slack_world import SlackWorld, slack_world
from tests.standins.slack.faults import Fault, broken, documented, drop, refuse, too_many
from tests.standins.slack.server import Slack
from tests.world import file

ANSWERED = (NotNow, Never, Unsure)
"""What the courier knows how to go on after."""


def faults(method: str) -> list[tuple[str, Fault]]:
    """All that a method may answer, by Slack's documentation, and the ways in which it may not."""
    return [
        *((error, too_many(1) if error == "ratelimited" else refuse(error)) for error in documented(method)),
        ("a page", broken(503)), ("silence", drop()),
    ]  # fmt: skip


async def raised(work: Awaitable[Any]) -> Exception:
    """What it raises; it must."""
    try:
        found = await work
    except Exception as error:
        return error
    raise AssertionError(f"it returned {found!r}")


async def logged(caplog: pytest.LogCaptureFixture, text: str) -> None:
    """Until the log says this."""
    async with asyncio.timeout(30):
        while text not in caplog.messages:  # noqa: ASYNC110  # nothing tells of a line
            await asyncio.sleep(0.01)


def outgoing(**more: Any) -> Outgoing:
    place = Place(1, "slack", "shop", "", uuid4())
    return Outgoing(place=place, seq=3, author="bot", text="Here it is", language="en", **more)


@pytest.mark.parametrize("method", ["conversations.history", "conversations.replies"])
async def test_whether_a_message_arrived_is_known_or_asked_again(slack: Slack, world: SlackWorld, method: str) -> None:
    """After an answer that was lost: no error of looking it up is taken for "it is not there"."""
    ana = world.team.person("Ana")
    lobby = world.team.channel("lobby", ana)
    root = await ana.writes(f"{world.team.mention} hello", to=lobby)
    direct = await ana.writes("hello")
    key = f"{lobby.id}:{root.ts}" if method.endswith("replies") else direct.channel
    place = Place(1, "slack", "shop", f"{world.team.id}:{key}", uuid4())
    [part] = world.channel.parts(outgoing())
    posted = await world.channel.post(place, part)
    for error, fault in faults(method):
        slack.fail(method, fault)
        problem = await raised(world.channel.find(place, part))
        assert isinstance(problem, (*ANSWERED, aiohttp.ClientError)), error
        world.channel.limits = Limits()
        assert await world.channel.find(place, part) == posted, error


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "files.completeUploadExternal"])
async def test_a_file_is_shared_once(slack: Slack, world: SlackWorld, method: str) -> None:
    """Whatever fails in the middle of an upload, the next try shares the file, and shares it once."""
    ana = world.team.person("Ana")
    direct = await ana.writes("hello")
    place = Place(1, "slack", "shop", f"{world.team.id}:{direct.channel}", uuid4())
    for error, fault in faults(method):
        name = f"{error}.pdf"
        _, part = world.channel.parts(outgoing(files=(file(name, "application/pdf", b"%PDF"),)))
        slack.fail(method, fault)
        problem = await raised(world.channel.post(place, part))
        assert isinstance(problem, (*ANSWERED, aiohttp.ClientError)), error
        assert not isinstance(problem, Gone) or error in problem.args[0], error
        world.channel.limits = Limits()
        await world.channel.post(place, part)
    shared = [name for line in await ana.reads() for name in line.files]
    assert shared == [f"{error}.pdf" for error, _ in faults(method)]


async def test_a_file_that_has_to_be_asked_about(slack: Slack, world: SlackWorld) -> None:
    """files.info: the file is refused with a reason or fetched later; an error is never taken for the file."""
    ana = world.team.person("Ana")
    await ana.shares("lamp.pdf", b"%PDF-1.7 broken lamp")
    await world.heard("")
    [pdf] = await world.rows("select source from attachment")
    source = {**pdf["source"], "url": None}
    for error, fault in faults("files.info"):
        slack.fail("files.info", fault)
        problem = await raised(world.channel.fetch(source, most=1000))
        assert isinstance(problem, (*ANSWERED, aiohttp.ClientError)), error
        assert not isinstance(problem, Never) or error in str(problem), error
        world.channel.limits = Limits()
        assert await world.channel.fetch(source, most=1000) == b"%PDF-1.7 broken lamp"


@pytest.mark.parametrize("method", ["conversations.open", "chat.postMessage"])
async def test_a_question_that_cannot_be_taken_is_not_lost_silently(
    slack: Slack, world: SlackWorld, method: str
) -> None:
    """A command or a dialog whose question cannot go into the direct conversation says so, and how to ask instead."""
    ana = world.team.person("Ana")
    await ana.opens_home()
    for error, fault in faults(method):
        slack.fail(method, fault)
        attempt = await ana.runs("/warmline", "Where is my lamp?")
        assert attempt.status == 200 and "Please write to me" in str(attempt.answer), (error, attempt.answer)
        world.channel.limits = Limits()
    slack.fail(method, refuse("user_disabled" if method == "conversations.open" else "messages_tab_disabled"))
    await ana.presses("Ask a question", on_home=True)
    await ana.sees_dialog("Your question")
    attempt = await ana.submits({"Your question": "And the shade?"})
    assert "Please write to me" in str(attempt.answer) and ana.has_dialog
    assert await world.said() == []
    await ana.runs("/warmline", "Where is my lamp?")
    await world.heard("Where is my lamp?")


async def test_who_somebody_is_may_stay_unknown(slack: Slack, world: SlackWorld) -> None:
    """users.info: what people write is stored all the same, at once."""
    for error, fault in faults("users.info"):
        slack.fail("users.info", fault)
        await world.team.person(f"Ana {error}").writes(error)
        await slack.events.settled()
        world.channel.limits = Limits()
    assert sorted(await world.said()) == sorted(error for error, _ in faults("users.info"))
    assert [sent.attempts[0].status for sent in slack.events.sent] == [200] * len(faults("users.info"))
    assert {row["name"] for row in await world.rows("select name from identity")} == {None}


@pytest.mark.parametrize("method", ["chat.postEphemeral", "views.publish", "views.open", "chat.update"])
async def test_what_is_only_shown_holds_nothing_up(
    slack: Slack, world: SlackWorld, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A word aside, the home tab, a dialog, a choice in place of its buttons: acknowledged and stored all the same,
    in the log, and there the next time."""
    ana, bo = world.team.person("Ana"), world.team.person("Bo")
    lobby = world.team.channel("lobby", ana, bo)
    root = await ana.writes(f"{world.team.mention} hello", to=lobby)
    await world.heard("hello")
    await bo.opens_home()
    await bo.sees_home("Ask a question")
    choice = Button("Yes", "/affirm")
    act: dict[str, Callable[[], Awaitable[Any]]] = {
        "chat.postEphemeral": lambda: bo.writes(f"{world.team.mention} and mine?", to=root),
        "views.publish": bo.opens_home,
        "views.open": lambda: bo.presses("Ask a question", on_home=True),
        "chat.update": lambda: ana.presses("Yes", at=root),
    }
    caplog.set_level(logging.WARNING, "channels.slack")
    async with world.delivering():
        for error, fault in faults(method):
            if method == "chat.update":
                before = len(await ana.reads(root))
                await world.says(f"Is it {error}?", buttons=(choice,))
                await ana.sees(lambda lines, before=before: len(lines) > before, at=root)
            slack.fail(method, fault)
            caplog.clear()
            await act[method]()
            await slack.events.settled()
            await logged(caplog, "not shown on Slack")
            world.channel.limits = Limits()
    if method == "chat.update":
        assert (await world.said())[1:] == ["Yes"] * len(faults(method))
    assert all(one.status == 200 for sent in slack.events.sent for one in sent.attempts)
    await act[method]() if method != "chat.update" else None
    match method:
        case "chat.postEphemeral":
            await bo.sees("Somebody else talks with us", at=root)
        case "views.open":
            await bo.sees_dialog("Your question")


async def test_a_connection_that_cannot_be_opened_is_opened_later(
    slack: Slack, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """apps.connections.open: after every error it is tried again, at the start and when the connection broke."""
    monkeypatch.setattr("channels.slack.channel._PING_SECONDS", 0.2)
    for _, fault in faults("apps.connections.open"):
        slack.fail("apps.connections.open", fault)
    async with slack_world(slack, services, "socket") as world:
        assert len(slack.calls("apps.connections.open")) == len(faults("apps.connections.open")) + 1
        ana = world.team.person("Ana")
        await ana.writes("hello")
        await world.heard("hello")
        for fault in (refuse("internal_error"), broken(503), drop()):
            slack.fail("apps.connections.open", fault)
        await slack.sockets.drop()
        await slack.sockets.connected()
        await ana.writes("and again")
        await world.heard("hello", "and again")


async def test_check_names_whatever_slack_answers(slack: Slack, services: Services, world: SlackWorld) -> None:
    """auth.test, apps.connections.open, oauth.v2.access: each error becomes a sentence with a fix, and no crash."""
    team = slack.workspace("All rights")
    secrets = {"SLACK_BOT_TOKEN": team.token, "SLACK_APP_TOKEN": slack.app_token}

    async def problems() -> str:
        account = SlackAccount(account="shop", mode="socket", api=slack.api_url)
        channel = open_channel(account, services.business, services.wordings, secrets)
        async with channel.connected():
            return "\n".join(await channel.problems())

    assert await problems() == ""
    for method in ("auth.test", "apps.connections.open"):
        for error, fault in faults(method):
            slack.fail(method, fault)
            found = await problems()
            assert "Fix: " in found and found.count("\n") == 0, (method, error, found)
            assert error in found or TOKEN.get(error, "").rstrip(".") == found or fault.error is None, (error, found)
