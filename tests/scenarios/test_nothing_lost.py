"""Duplicates, bursts, kills and restarts: nothing lost, nothing twice."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.db import migrate
from bot.embedded_postgres import EmbeddedPostgres
from tests.conftest import new_database
from tests.scenarios.stack import Customer, Stack, eventually, project

QUESTION = "how much does delivery cost?"


def _replies(customer: Customer) -> list[str]:
    return [message["text"] for message in customer.messages() if message["author"] == "bot"]


def _settled(customer: Customer) -> bool:
    """Whether the newest message is the bot's."""
    messages = customer.messages()
    return bool(messages) and messages[-1]["author"] == "bot"


def test_a_message_sent_again_changes_nothing(stack: Stack) -> None:
    """The same client id gets the same number, however often and however late it comes."""
    customer = stack.customer()
    first = customer.post(QUESTION, client_id="same")
    eventually(lambda: _settled(customer))
    before = customer.messages()
    with ThreadPoolExecutor(8) as several:
        again = list(several.map(lambda _: customer.post(QUESTION, client_id="same"), range(8)))
    assert again == [first] * 8
    assert customer.messages() == before


def test_concurrent_messages_are_all_kept_in_one_order(stack: Stack) -> None:
    """Every message has its own number, none is missing, and the answer comes after the last."""
    customer = stack.customer()
    with ThreadPoolExecutor(10) as several:
        numbers = list(several.map(lambda n: customer.post(f"{QUESTION} ({n})", client_id=f"c{n}"), range(20)))
    assert len(set(numbers)) == 20
    eventually(lambda: _settled(customer))
    messages = customer.messages()
    assert [message["seq"] for message in messages] == sorted(message["seq"] for message in messages)
    assert {m["client_id"] for m in messages if m["author"] == "customer"} == {f"c{n}" for n in range(20)}


def test_an_upset_burst_is_one_turn(stack: Stack) -> None:
    """P2: somebody who vents in several messages is not answered in the middle of it."""
    customer = stack.customer()
    for text in ("I am so angry with you!!!", "you promised Tuesday and NOTHING came", "order FJ-204817 by the way"):
        customer.post(text)
    eventually(lambda: _settled(customer))
    authors = [message["author"] for message in customer.messages()]
    assert authors[:3] == ["customer"] * 3


def test_a_killed_worker_loses_and_doubles_nothing(own_stack: Stack) -> None:
    """Ten customers write, the worker dies in the middle, another one takes over: one answer each."""
    customers = [own_stack.customer() for _ in range(10)]
    assert "/help/" in customers[0].say(QUESTION)
    for customer in customers[1:]:
        customer.post(QUESTION)
    own_stack.kill_worker()
    own_stack.start_worker()
    for customer in customers:
        eventually(lambda customer=customer: _settled(customer), seconds=60)  # type: ignore[misc]
        assert sum("/help/delivery-cost" in reply for reply in _replies(customer)) == 1


def test_ending_while_somebody_is_connected_is_no_error(postgres: str, stocked: str, tmp_path: Path) -> None:
    """Ctrl-C with the chat open leaves no traceback in the terminal and no error in the log."""
    with Stack(project(tmp_path), new_database(postgres, stocked)).up(worker=False) as stack:
        with stack.customer().http.stream("GET", "/chat/events?after=0") as live:
            assert live.status_code == 200
            stack.stop_web()
        log = (tmp_path / "web.log").read_text()
    assert "Cancel 1 running task" in log
    assert '"level": "error"' not in log and "raceback" not in log


def test_postgresql_may_restart(model: Path, tmp_path: Path) -> None:
    """While it is away the customer is told to try again; the same message later is taken once and answered."""
    (tmp_path / "root").mkdir()
    server = EmbeddedPostgres(tmp_path / "data")
    server.start()
    stack = Stack(project(tmp_path / "root"), server.url)
    try:
        migrate(server.url)
        stack.start()
        customer = stack.customer()
        customer.say("hello")
        server.stop()
        refused = customer.http.post("/chat/messages", json={"client_id": "late", "text": QUESTION})
        assert refused.status_code == 503
        assert refused.json()["error"]["code"] == "unavailable"
        server.start()
        eventually(lambda: _sent(customer))
        eventually(lambda: _answered(stack, customer), seconds=60)
        assert [m["text"] for m in customer.messages() if m["author"] == "customer"] == ["hello", QUESTION]
    finally:
        stack.stop()
        server.stop()


def _answered(stack: Stack, customer: Customer) -> bool:
    """Whether the question is answered; a worker that ended with PostgreSQL is started again, as `up` does."""
    assert stack.worker is not None
    if stack.worker.poll() is not None:
        stack.start_worker()
    return any("/help/delivery-cost" in reply for reply in _replies(customer))


def _sent(customer: Customer) -> bool:
    answer = customer.http.post("/chat/messages", json={"client_id": "late", "text": QUESTION})
    return answer.status_code == 202


@pytest.mark.parametrize("after", [0, 3])
def test_a_broken_stream_goes_on_where_it_ended(stack: Stack, after: int) -> None:
    """Events after a number hold every later message once, in order."""
    customer = stack.customer()
    customer.say("hello")
    customer.say(QUESTION)
    expected = [message["seq"] for message in customer.messages(after=after)]
    found: list[int] = []
    with customer.http.stream("GET", "/chat/events", params={"after": after}) as response:
        for line in response.iter_lines():
            if line.startswith("id: "):
                found.append(int(line[4:]))
            if len(found) == len(expected):
                break
    assert found == expected
