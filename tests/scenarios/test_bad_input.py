"""What comes in wrong is refused clearly, kept out of everything else, and breaks nothing."""

import json
import re
import uuid
from typing import Any

import httpx
import psycopg
import pytest

from tests.scenarios.stack import PASSWORD, Stack

NASTY = [
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "'; drop table message; --",
    "مرحبا، أين طلبي؟ 👩‍🚀🏳️‍🌈 \u202etxt.exe",
    "null\x00byte \x07bell \x1b[31mred",
    "{{7*7}} ${7*7} %s %(id)s {business.name}",
    '/ask_person{"a": 1}',
    "\ud83d half of a character",
    "a" * 4000,
]


def _error(answer: httpx.Response) -> tuple[int, str]:
    body = answer.json()
    assert set(body) == {"error"} and set(body["error"]) == {"code", "message"}
    assert "Traceback" not in answer.text
    return answer.status_code, body["error"]["code"]


@pytest.mark.parametrize("text", NASTY)
def test_strange_text_is_kept_as_text(stack: Stack, text: str) -> None:
    """Scripts, SQL, templates, right-to-left and control characters: stored clean, answered, never run."""
    customer = stack.customer()
    body = json.dumps({"client_id": "x", "text": text})
    answer = customer.http.post("/chat/messages", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 202, answer.text
    kept = customer.messages()[0]["text"]
    assert not any(
        (character < " " and character not in "\n\t") or "\u202a" <= character <= "\u202e" for character in kept
    )
    assert customer._answer(1)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{", (400, "invalid_json")),
        (b"", (422, "invalid")),
        (b"[]", (422, "invalid")),
        (b'"text"', (422, "invalid")),
        (b'{"client_id": 1, "text": "a"}', (422, "invalid")),
        (b'{"client_id": "a", "text": ["a"]}', (422, "invalid")),
        (b'{"client_id": "a", "text": "   "}', (422, "invalid")),
        (b'{"client_id": "a"}', (422, "invalid")),
        (b'{"client_id": "a", "text": "a", "payload": "/affirm"}', (422, "invalid")),
        (b'{"client_id": "a", "payload": "/affirm"}', (422, "invalid")),
        (b'{"client_id": "a", "text": "a", "author": "agent"}', (422, "invalid")),
        (b'{"client_id": "\\u0000", "text": "a"}', (422, "invalid")),
        (json.dumps({"client_id": "a", "text": "a" * 4001}).encode(), (413, "too_long")),
        (json.dumps({"client_id": "a", "text": "a" * 1_000_000}).encode(), (413, "too_long")),
        (b'{"client_id": "a", "text": "\xff"}', (400, "invalid_json")),
    ],
)
def test_a_body_that_is_wrong_is_refused_with_the_reason(stack: Stack, body: bytes, expected: tuple[int, str]) -> None:
    """One form of error, and nothing is stored."""
    customer = stack.customer()
    answer = customer.http.post("/chat/messages", content=body, headers={"content-type": "application/json"})
    assert _error(answer) == expected
    assert customer.messages() == []


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer x", "Basic abc", "Bearer " + "a" * 5000, "Bearer é"])
def test_a_forged_token_opens_nothing(stack: Stack, header: str | None) -> None:
    """No token, a wrong one, another scheme: 401 on every door."""
    headers = {"authorization": header.encode()} if header else {}
    with httpx.Client(base_url=stack.url, headers=headers) as http:
        for path in ("/chat/messages", "/chat/events"):
            assert _error(http.get(path)) == (401, "bad_token")
        assert _error(http.post("/chat/messages", json={"client_id": "a", "text": "a"})) == (401, "bad_token")


def test_an_expired_token_is_told_so(stack: Stack) -> None:
    """So that a client can start anew."""
    customer = stack.customer()
    with psycopg.connect(stack.database) as connection:
        query = "update visitor set expires_at = now() - interval '1 second' where conversation_id = %s"
        connection.execute(query, [customer.conversation])
    assert _error(customer.http.get("/chat/messages")) == (401, "expired_token")


def test_another_visitors_conversation_stays_closed(stack: Stack) -> None:
    """A token opens its own conversation only; there is no parameter that names another one."""
    mine, other = stack.customer(), stack.customer()
    other.say("my secret order is FJ-999999")
    answer = mine.http.get("/chat/messages", params={"conversation": other.conversation, "after": 0})
    assert answer.json()["messages"] == []
    assert _error(mine.http.get(f"/desk/api/conversations/{other.conversation}")) == (401, "logged_out")


def test_writing_too_fast_is_slowed_down_kindly(stack: Stack) -> None:
    """Over the limit: 429, when to come back, and the messages before it are all kept."""
    customer = stack.customer()
    # More than two minutes allow, as these may begin at the end of one.
    answers = [customer.http.post("/chat/messages", json={"client_id": f"f{n}", "text": "hello"}) for n in range(130)]
    refused = [answer for answer in answers if answer.status_code != 202]
    assert refused and {_error(answer) for answer in refused} == {(429, "slow_down")}
    assert 1 <= int(refused[0].headers["retry-after"]) <= 60
    kept = [message for message in customer.messages() if message["author"] == "customer"]
    assert len(kept) == len(answers) - len(refused)


def test_thousands_of_sessions_are_refused_and_others_go_on(own_stack: Stack) -> None:
    """One address opens so many chats an hour; the chats that are open work on."""
    customer = own_stack.customer()
    with httpx.Client(base_url=own_stack.url, timeout=30) as http:
        answers = [http.post("/chat/sessions", json={}) for _ in range(2000)]
    refused = [answer for answer in answers if answer.status_code != 201]
    assert len(refused) > 500
    assert _error(refused[0]) == (429, "slow_down")
    assert customer.say("hello")


@pytest.mark.parametrize("after", ["-1", "x", "9" * 30, "1; drop table message"])
def test_a_strange_cursor_is_refused(stack: Stack, after: str) -> None:
    """A number is a number."""
    assert _error(stack.customer().http.get("/chat/messages", params={"after": after})) == (422, "invalid")


class TestDesk:
    """The desk's own doors."""

    def test_everything_needs_a_session(self, stack: Stack) -> None:
        """Nothing of the desk's API answers to strangers."""
        paths: dict[str, Any] = httpx.get(f"{stack.url}/openapi.json").json()["paths"]
        doors = [path for path in paths if path.startswith("/desk/api")]
        assert len(doors) >= 12
        for path in doors:
            for method in paths[path]:
                address = stack.url + path.replace("{id}", str(uuid.uuid4()))
                answer = httpx.request(method, address, json={} if method != "get" else None)
                assert answer.status_code == 401, (method, path)

    def test_a_change_needs_the_csrf_secret(self, stack: Stack) -> None:
        """A cookie alone changes nothing: another site could send it."""
        agent, customer = stack.agent(), stack.customer()
        customer.say("I want a human")
        del agent.http.headers["x-csrf-token"]
        assert _error(agent.do(customer.conversation, "claim")) == (403, "bad_csrf")
        agent.http.headers["x-csrf-token"] = "guess"
        assert _error(agent.do(customer.conversation, "claim")) == (403, "bad_csrf")
        assert customer.state == "waiting"

    def test_guessing_passwords_is_slowed_down(self, stack: Stack) -> None:
        """Wrong name and wrong password look the same; after some tries the door stays shut for a while."""
        agent = stack.agent()
        unknown = httpx.post(f"{stack.url}/desk/login", json={"name": "' or 1=1 --", "password": "x"})
        wrong = [httpx.post(f"{stack.url}/desk/login", json={"name": agent.name, "password": "x"}) for _ in range(12)]
        assert unknown.json() == wrong[0].json()
        assert _error(wrong[0]) == (401, "bad_credentials")
        assert _error(wrong[-1]) == (429, "slow_down")
        right = httpx.post(f"{stack.url}/desk/login", json={"name": agent.name, "password": PASSWORD})
        assert right.status_code == 429

    def test_unknown_and_malformed_conversations(self, stack: Stack) -> None:
        """404 and 422, each with its reason."""
        agent = stack.agent()
        assert _error(agent.do(str(uuid.uuid4()), "claim")) == (404, "not_found")
        assert _error(agent.do("1 or 1=1", "claim")) == (422, "invalid")
        assert _error(agent.http.get("/desk/api/events", headers={"last-event-id": "1'"})) == (422, "invalid")

    def test_an_agents_reply_is_kept_as_text_and_once(self, stack: Stack) -> None:
        """HTML stays text on its way to the customer; the same client id is one message."""
        agent, customer = stack.agent(), stack.customer()
        customer.say("I want a human")
        body = {"client_id": "once", "text": NASTY[0]}
        first, second = (agent.do(customer.conversation, "messages", body) for _ in range(2))
        assert first.json() == second.json()
        shown = [message["text"] for message in customer.messages() if message["author"] == "agent"]
        assert shown == [NASTY[0]]


@pytest.mark.parametrize(
    ("path", "status", "code", "ways"),
    [
        ("/nothing", 404, "not_found", ["/help"]),
        ("/chat/static/nothing.js", 404, "not_found", ["/help"]),
        ("/desk/nothing", 404, "not_found", ["/desk", "/help"]),
        ("/desk/login", 405, "method_not_allowed", ["/desk", "/help"]),
    ],
)
def test_who_lost_the_way_finds_one(stack: Stack, path: str, status: int, code: str, ways: list[str]) -> None:
    """A browser at an address that leads nowhere gets a page with links that lead on; programs get the error."""
    page = httpx.get(stack.url + path, headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.status_code == 404 and page.headers["content-type"].startswith("text/html")
    assert "We cannot find this page" in page.text and "default-src 'none'" in page.headers["content-security-policy"]
    links = re.findall(r'<a [^>]*href="([^"]+)"', page.text.partition("<main")[2])
    assert links == ways
    assert all(httpx.get(stack.url + link).status_code == 200 for link in links)
    for accept in ("*/*", "application/json", "image/avif,image/webp,*/*;q=0.8"):
        assert _error(httpx.get(stack.url + path, headers={"accept": accept})) == (status, code)


def test_every_answer_carries_the_security_headers(stack: Stack) -> None:
    """Strict CSP and its companions on pages, API and errors alike."""
    for path in ("/", "/help", "/desk", "/chat/widget.js", "/nowhere", "/openapi.json"):
        headers = httpx.get(stack.url + path).headers
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
