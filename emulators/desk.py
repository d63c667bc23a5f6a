"""What the stories do and see at the desk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tests.scenarios.stack import Agent


def texts(agent: Agent, conversation: str) -> list[str]:
    """What the customer wrote."""
    return [one["text"] for one in agent.open(conversation)["messages"] if one["author"] == "customer" and one["text"]]


def files(agent: Agent, conversation: str) -> list[dict[str, Any]]:
    """The files that came along, once they can all be opened."""
    found = [file for one in agent.open(conversation)["messages"] for file in one["files"]]
    return found if all(file["url"] for file in found) else []


def nothing_twice(agent: Agent, conversation: str, answers: Sequence[str], expected: Iterable[str]) -> None:
    """The desk has each of the customer's messages once, and the customer each of the ``expected`` answers."""
    heard = texts(agent, conversation)
    assert len(heard) == len(set(heard)), heard
    for one in expected:
        assert sum(one in answer for answer in answers) == 1, answers


def reply(agent: Agent, conversation: str, text: str, *, name: str, data: bytes, media_type: str) -> None:
    """Write to the customer, with a file."""
    answer = agent.http.post(
        f"/desk/api/conversations/{conversation}/files",
        params={"name": name}, content=data, headers={"content-type": media_type},
    )  # fmt: skip
    assert answer.status_code == 201, answer.text
    sent = agent.do(conversation, "messages", {"client_id": "a1", "text": text, "files": [answer.json()["id"]]})
    assert sent.status_code == 202, sent.text
