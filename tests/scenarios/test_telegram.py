"""Whole stories on Telegram: the real stack, web and worker as processes, against Telegram's far side."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import new_database
from tests.scenarios.stack import Agent, Stack, eventually, free_port, project
from tests.standins.telegram import Person, TelegramStandin

JPEG = b"\xff\xd8\xff\xe0 and so on"
SECONDS = 60.0


@pytest.fixture
def telegram() -> Iterator[TelegramStandin]:
    """Telegram's far side."""
    with TelegramStandin() as standin:
        yield standin
        assert standin.malformed == []


@pytest.fixture(params=["polling", "webhook"])
def mode(request: pytest.FixtureRequest) -> str:
    """How updates come."""
    chosen: str = request.param
    return chosen


@pytest.fixture
def stack(
    model: Path, postgres: str, stocked: str, tmp_path: Path, telegram: TelegramStandin, mode: str,
    request: pytest.FixtureRequest,
) -> Iterator[Stack]:  # fmt: skip
    """Web and worker of a business with a bot on Telegram."""
    port = free_port()
    account = f"{{account: shop, mode: {mode}, api: '{telegram.base_url.removesuffix('/bot')}'}}"
    accounts = f"channels:\n  public_url: http://127.0.0.1:{port}\n  telegram:\n    - {account}\n\n"
    root = project(tmp_path, changes=lambda text: re.sub(r"(?m)^channels:\n(?:[ ].*\n)*\n?", accounts, text))
    running = Stack(root, new_database(postgres, stocked), port=port)
    running.environment["TELEGRAM_TOKEN"] = telegram.bot.token
    try:
        running.start()
        yield running
    finally:
        running.stop()
        if request.session.testsfailed:
            for log in tmp_path.glob("*.log"):
                sys.stderr.write(f"--- {log.name}\n{log.read_text()[-3000:]}\n")


def _row(agent: Agent, state: str) -> dict[str, Any]:
    """The one conversation in this state."""
    return eventually(lambda: agent.queue(state))[0]


def _texts(agent: Agent, conversation: str, author: str) -> list[str]:
    """What one side wrote, as the desk shows it."""
    return [one["text"] for one in agent.open(conversation)["messages"] if one["author"] == author]


def _stored(agent: Agent, conversation: str) -> list[dict[str, Any]]:
    """The files that came along, once they can all be opened."""
    files = [file for one in agent.open(conversation)["messages"] for file in one["files"]]
    return files if all(file["url"] for file in files) else []


async def _says(kari: Person, text: str, *parts: str) -> str:
    """Write, and read what is answered."""
    kari.writes(text)
    return "\n".join(one.text for one in await kari.receives(*parts, seconds=SECONDS))


async def test_from_the_first_question_to_a_person_and_back(stack: Stack, telegram: TelegramStandin, mode: str) -> None:
    """A question with buttons, a complaint that a person takes over, their answer, a restart in the middle, the way
    back to the bot: everything once and in order, on both sides."""
    agent = stack.agent()
    kari = telegram.user(first_name="Kari", language_code="en")

    kari.starts("order-1007")
    await kari.receives("Fjordlys", seconds=SECONDS)
    await _says(kari, "how much does delivery cost?", f"{stack.url}/help/delivery-cost")
    asked = eventually(lambda: [one for one in kari.screen() if one.buttons])[-1]
    press = kari.presses(asked.buttons[0])
    eventually(lambda: press.answered and kari.screen()[-1].id > asked.id)
    eventually(lambda: any(one.buttons == (f"✓ {asked.buttons[0]}",) for one in kari.screen()))
    kari.sends_photo(JPEG)
    kari.sends_photo(JPEG)
    [once] = [one for one in await kari.receives("in words", seconds=SECONDS) if "in words" in one.text]

    await _says(kari, "My floor lamp from order FJ-204817 arrived broken", "FJ-204817")
    kari.writes("/human")
    conversation = _row(agent, "waiting")["id"]
    kari.edits(kari.writes("it is the Vidde one"), "it is the Vidde, the black one")
    eventually(lambda: "it is the Vidde, the black one" in _texts(agent, conversation, "customer"))
    assert agent.summary(conversation)["order"]["text"] == "FJ-204817"
    assert [one.text for one in kari.screen()].count(once.text) == 1
    files = eventually(lambda: _stored(agent, conversation))
    assert [file["name"] for file in files] == ["photo.jpg", "photo.jpg"]
    assert agent.http.get(files[0]["url"]).content == JPEG

    assert agent.do(conversation, "claim").status_code == 200
    await kari.receives(agent.name, seconds=SECONDS)
    assert agent.write(conversation, "Hello Kari. 5 < 6, <b>a new lamp</b> is on its way.").status_code == 202
    [reply] = await kari.receives("5 < 6, <b>a new lamp</b>", seconds=SECONDS)
    assert reply.text == f"{agent.name}\nHello Kari. 5 < 6, <b>a new lamp</b> is on its way."

    stack.kill_worker()
    for number in range(3):
        kari.writes(f"question {number}")
        assert agent.write(conversation, f"answer {number}").status_code == 202
    stack.stop_web()
    kari.writes("question 3")
    stack.start_web()
    stack.start_worker()
    await kari.receives("answer 0", "answer 1", "answer 2", seconds=SECONDS)
    eventually(lambda: "question 3" in _texts(agent, conversation, "customer"))
    questions = [text for text in _texts(agent, conversation, "customer") if text.startswith("question")]
    assert questions == [f"question {number}" for number in range(4)]
    answers = [one.text.split("\n")[-1] for one in kari.screen() if "\nanswer " in one.text]
    assert answers == [f"answer {number}" for number in range(3)]

    assert agent.do(conversation, "hand-back").status_code == 200
    await kari.receives("digital assistant", seconds=SECONDS)
    await _says(kari, "do you ship to Oslo on Saturdays?")

    kari.blocks()
    blocked = "The customer has blocked the bot."
    eventually(lambda: agent.open(conversation)["conversation"]["unreachable"] == blocked)
    assert agent.do(conversation, "claim").status_code == 200
    assert agent.write(conversation, "Are you still there?").status_code == 202
    delivery = agent.open(conversation)["messages"][-1]["delivery"]
    assert (delivery["status"], delivery["problem"]) == ("failed", blocked)
    _nothing_leaked(stack, telegram)


def _nothing_leaked(stack: Stack, telegram: TelegramStandin) -> None:
    """Neither the token nor what a customer wrote stands in a log."""
    logs = "".join(log.read_text() for log in stack.root.glob("*.log"))
    assert telegram.bot.token not in logs and "black one" not in logs and "question 3" not in logs
