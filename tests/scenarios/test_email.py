"""A whole story by e-mail against the real stack: the bot answers, a person takes over, the bot goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.conftest import new_database
from tests.scenarios.stack import Stack, eventually, project
from tests.standins.email import ADDRESS, PASSWORD, USER, Inbound, Outbound, letter, words


@pytest.fixture
def servers() -> Iterator[tuple[Inbound, Outbound]]:
    """The mail servers of the shop."""
    with Inbound().running() as inbound, Outbound().running() as outbound:
        yield inbound, outbound


@pytest.fixture
def stack(
    postgres: str,
    stocked: str,
    model: Path,
    tmp_path: Path,
    servers: tuple[Inbound, Outbound],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Stack]:
    """Web and worker with one mailbox."""
    inbound, outbound = servers
    account = (
        f"  email:\n    - {{account: help, address: {ADDRESS}, imap_host: 127.0.0.1, imap_port: {inbound.port},"
        f" imap_tls: never, smtp_host: 127.0.0.1, smtp_port: {outbound.port}, smtp_tls: never}}\n"
    )
    for name, value in {"USER": USER, "PASSWORD": PASSWORD, "SIGNING_SECRET": "only for this test"}.items():
        monkeypatch.setenv(f"EMAIL_{name}", value)
    root = project(tmp_path, changes=lambda text: text.replace("\nchannels:\n", f"\nchannels:\n{account}"))
    with Stack(root, new_database(postgres, stocked)).up() as stack:
        yield stack


def test_a_complaint_by_e_mail(stack: Stack, servers: tuple[Inbound, Outbound]) -> None:
    """A question with its answer and a choice; a person is asked for, answers from the desk, and hands back."""
    inbound, outbound = servers
    agent = stack.agent()

    def answer(fits: Callable[[str], bool]) -> EmailMessage:
        """The newest e-mail, once it fits."""
        return eventually(lambda: next((one for one in outbound.arrived[-1:] if fits(words(one))), None), seconds=60)

    inbound.receives(letter("How long does delivery take?", subject="Delivery"))
    answered = answer(lambda text: "1. Yes, it did" in text)
    assert len(outbound.arrived) == 1, "one turn is one e-mail"
    assert answered["Subject"] == "Re: Delivery" and "Reply with the number or the words." in words(answered)

    inbound.receives(letter("I want to talk to a human being please", answers=answered))
    [waiting] = eventually(lambda: agent.queue(), seconds=60)
    assert agent.do(waiting["id"], "claim").status_code == 200
    assert agent.write(waiting["id"], "Good day, how can I help?").status_code in (200, 201, 202)
    written = answer(lambda text: text.startswith("Good day, how can I help?"))
    assert words(written).endswith(f"{agent.name}, Fjordlys")

    inbound.receives(letter("The parcel never came.", answers=written))
    eventually(lambda: agent.open(waiting["id"])["messages"][-1]["text"] == "The parcel never came.")
    assert agent.do(waiting["id"], "hand-back").status_code in (200, 204)
    back = answer(lambda text: text != words(written))
    assert back["Auto-Submitted"] == "auto-replied"
    assert len({one["Message-ID"] for one in outbound.arrived}) == len(outbound.arrived)
