"""Whole stories on Slack, in both connection modes: the real stack, the real libraries, Slack's stand-in."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import new_database
from tests.scenarios.stack import Stack, eventually, project
from tests.standins.slack.people import Team
from tests.standins.slack.reading import Line
from tests.standins.slack.server import Slack

PATIENCE = 40.0


@pytest.fixture(scope="module", params=["http", "socket"])
def world(
    request: pytest.FixtureRequest, model: Path, postgres: str, stocked: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Stack, Slack, Team]]:
    """A business with an app in one workspace."""
    mode = request.param
    with Slack() as slack, pytest.MonkeyPatch.context() as environ:
        team = slack.workspace("Fjordlys")
        slack.keep_limits()
        environ.setenv("SLACK_BOT_TOKEN", team.token)
        environ.setenv("SLACK_APP_TOKEN", slack.app_token)
        environ.setenv("SLACK_SIGNING_SECRET", slack.signing_secret)
        folder = tmp_path_factory.mktemp(f"slack_{mode}")
        stack = Stack(folder, new_database(postgres, stocked))
        channels = f"""
channels:
  public_url: {stack.url}
  slack:
    - {{account: shop, mode: {mode}, api: "{slack.api_url}"}}
"""
        project(folder, changes=lambda text: _without_channels(text) + channels)
        if mode == "http":
            slack.request_url = f"{stack.url}/channels/slack/shop/events"
        try:
            stack.start()
            eventually(lambda: mode == "http" or asyncio.run(_connected(slack)), seconds=30)
            yield stack, slack, team
        finally:
            stack.stop()
            logs = "".join((folder / f"{name}.log").read_text("utf-8") for name in ("web", "worker"))
            assert not any(secret in logs for secret in (team.token, slack.app_token, slack.signing_secret, "cracked"))
            if request.session.testsfailed:
                print(logs[-5000:])  # noqa: T201


def _without_channels(text: str) -> str:
    lines, inside = [], False
    for line in text.splitlines():
        inside = line.startswith("channels:") or (inside and (line.startswith(" ") or not line.strip()))
        if not inside:
            lines.append(line)
    return "\n".join(lines)


async def _connected(slack: Slack) -> bool:
    await asyncio.wait_for(slack.sockets.connected(), 30)
    return True


def _bot(lines: list[Line]) -> list[str]:
    return [one.text for one in lines if one.author == "Warmline"]


async def test_from_a_question_to_a_person_and_back(world: tuple[Stack, Slack, Team]) -> None:
    """A question is answered with buttons; a complaint goes on to a person in the same direct conversation, who
    answers from the desk and gives it back; nothing is doubled, lost or out of order on the way."""
    stack, slack, team = world
    agent = stack.agent()
    ana = team.person("Ana Berg", email="ana@example.com")
    await ana.writes("How much does delivery cost?")
    await ana.sees("/help/delivery-cost", seconds=PATIENCE)
    await ana.sees("[Yes, it did]", seconds=PATIENCE)
    heard = len(_bot(await ana.reads()))
    await ana.presses("Yes, it did")
    await ana.sees("✓ Yes, it did", seconds=PATIENCE)
    await ana.sees(lambda lines: len(_bot(lines)) > heard, seconds=PATIENCE)
    assert not any("Yes, it did" in one.buttons for one in await ana.reads())

    await ana.writes("The Alva desk lamp from order FJ-204817 arrived with a cracked shade.")
    await ana.sees(lambda lines: any("FJ-204817" in text for text in _bot(lines)), seconds=PATIENCE)
    await ana.writes("let me talk to a human being")
    [row] = await asyncio.to_thread(eventually, lambda: [r for r in agent.queue() if r["channel"] == "slack"])
    conversation = row["id"]
    taken = agent.do(conversation, "claim")
    assert taken.status_code == 200
    answered = agent.write(conversation, "Hello Ana, I look into it <now> & here: https://example.com/?a=1&b=2")
    assert answered.status_code == 202
    await ana.sees("I look into it <now> & here: https://example.com/?a=1&b=2", seconds=PATIENCE)
    lines = await ana.reads()
    assert f"{agent.name} (" in next(one.text for one in lines if "look into it" in one.text)
    thanks = await ana.writes("Thank you, that is kind")
    await ana.edits(thanks, "Thank you, Ana here, that is kind")
    await asyncio.to_thread(
        eventually,
        lambda: any("Ana here" in message["text"] for message in agent.open(conversation)["messages"]),
    )
    assert agent.do(conversation, "hand-back", {}).status_code == 200
    before = len(_bot(await ana.reads()))
    await ana.writes("What are your opening hours?")
    await ana.sees("/help/opening-hours", seconds=PATIENCE)
    assert len(_bot(await ana.reads())) > before
    said = _bot(await ana.reads())
    for once in ("/help/delivery-cost", "look into it", "/help/opening-hours"):
        assert sum(once in text for text in said) == 1
    await slack.events.settled()
    assert all(sent.attempts[-1].failure is None for sent in slack.events.sent)


async def test_a_worker_that_dies_in_the_middle(world: tuple[Stack, Slack, Team]) -> None:
    """Five people call us in a channel, each in a thread of their own, while the worker is killed: one answer each,
    in the thread."""
    stack, _, team = world
    people = [team.person(f"Customer {number}") for number in range(5)]
    lobby = team.channel("lobby", *people)
    question = f"{team.mention} how much does delivery cost?"
    roots = [await people[0].writes(question, to=lobby)]
    await people[0].sees("/help/delivery-cost", at=roots[0], seconds=PATIENCE)
    roots += [await person.writes(question, to=lobby) for person in people[1:]]
    await people[1].sees("/help/delivery-cost", at=roots[1], seconds=PATIENCE)
    stack.kill_worker()
    await asyncio.to_thread(stack.start_worker)
    for person, root in zip(people, roots, strict=True):
        lines = await person.sees("[Yes, it did]", at=root, seconds=90)
        assert sum("/help/delivery-cost" in text for text in _bot(lines)) == 1, [str(one) for one in lines]
    assert not any(one.author == "Warmline" for one in await people[0].reads(lobby) if one.message.thread_ts is None)
