"""Files at the desk and in the chat, and how far messages to other platforms have come: over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from tests.conftest import new_database
from tests.scenarios.stack import Agent, Customer, Stack, project
from tests.test_files import GIF, HTML, JPEG, MP4, PDF, PNG, PROGRAM, SVG, ZIP

TELEGRAM = ("telegram", "shop")


@pytest.fixture(scope="module")
def stack(postgres: str, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A web process alone; nothing here waits for the bot or for a platform."""

    def small(text: str) -> str:
        return text.replace("file_megabytes: 20", "file_megabytes: 1").replace(", video]   # [] takes none", "]")

    root = project(tmp_path_factory.mktemp("files"), changes=small)
    with Stack(root, new_database(postgres, migrated)).up(worker=False) as running:
        yield running


def change(stack: Stack, query: str, *values: Any) -> Any:
    """What the worker or a platform's adapter would have done; the first column of the first row."""
    with psycopg.connect(stack.database) as connection:
        cursor = connection.execute(cast(Any, query), values)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def move_to_telegram(stack: Stack, conversation: str) -> int:
    """From now on the customer is there."""
    change(stack, "update conversation set channel = %s where id = %s", TELEGRAM[0], conversation)
    query = "insert into place (channel, account, key, conversation_id) values (%s, %s, %s, %s) returning id"
    place: int = change(stack, query, *TELEGRAM, conversation, conversation)
    return place


def upload(
    agent: Agent, conversation: str, data: Any, name: str = "lamp.png", media_type: str = "image/png"
) -> httpx.Response:
    return agent.http.post(
        f"/desk/api/conversations/{conversation}/files",
        params={"name": name}, content=data, headers={"content-type": media_type},
    )  # fmt: skip


def write(agent: Agent, conversation: str, text: str, *files: str, id: str = "w1") -> httpx.Response:
    return agent.do(conversation, "messages", {"client_id": id, "text": text, "files": list(files)})


def refusal(answer: httpx.Response) -> tuple[int, str, str]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["message"]


def last(agent: Agent, conversation: str) -> dict[str, Any]:
    found: dict[str, Any] = agent.open(conversation)["messages"][-1]
    return found


def test_a_file_goes_out_with_a_message(customer: Customer, agent: Agent) -> None:
    """Uploaded, sent, shown at the desk, and the customer on the website can have it."""
    answer = upload(agent, customer.conversation, PNG, "my lamp.png")
    assert answer.status_code == 201, answer.text
    kept = answer.json()
    assert (kept["name"], kept["media_type"], kept["size"]) == ("my lamp.png", "image/png", len(PNG))
    assert customer.messages()[-1].get("files") is None, "not before it is sent"
    assert customer.http.get(f"/chat/files/{kept['id']}").status_code == 404
    for _ in range(2):
        assert write(agent, customer.conversation, "Is it this one?", kept["id"]).status_code == 202
    shown = last(agent, customer.conversation)
    assert shown["files"] == [{**kept, "status": "stored", "problem": None}]
    mine = customer.messages()[-1]
    assert mine["files"] == [{name: kept[name] for name in ("id", "name", "media_type", "size")}]
    got = customer.http.get(f"/chat/files/{kept['id']}")
    assert got.content == PNG and got.headers["content-type"] == "image/png"
    assert got.headers["content-disposition"] == "attachment; filename*=UTF-8''my%20lamp.png"


def test_files_may_go_without_a_word(customer: Customer, agent: Agent) -> None:
    files = [upload(agent, customer.conversation, PDF, f"{name}.pdf", "").json()["id"] for name in "ab"]
    assert write(agent, customer.conversation, "", *reversed(files)).status_code == 202
    shown = last(agent, customer.conversation)
    assert shown["text"] == "" and [file["name"] for file in shown["files"]] == ["b.pdf", "a.pdf"]
    assert refusal(write(agent, customer.conversation, " ", id="w2"))[:2] == (422, "invalid")
    assert refusal(write(agent, customer.conversation, "", *[str(uuid4())] * 11, id="w3"))[:2] == (422, "invalid")


@pytest.mark.parametrize(
    ("data", "name", "media_type", "inline"),
    [(PNG, "a.png", "image/png", True), (JPEG, "a.jpg", "image/jpeg", True), (GIF, "a.gif", "image/gif", True),
     (GIF + HTML, "a.gif", "image/gif", True), (PDF, "a.pdf", "application/pdf", False),
     (b"just text", "a.txt", "text/plain", False)],
)  # fmt: skip
def test_only_pictures_are_shown_by_the_browser(
    customer: Customer, agent: Agent, data: bytes, name: str, media_type: str, inline: bool
) -> None:
    """And nothing in them runs, whatever else they are."""
    got = agent.http.get(upload(agent, customer.conversation, data, name, "").json()["url"])
    assert got.content == data
    assert got.headers["content-type"].partition(";")[0] == media_type
    assert got.headers["content-disposition"].startswith("inline" if inline else "attachment")
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in got.headers["content-security-policy"]
    assert got.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (b"", "a.png", (422, "file_refused", "This file is empty.")),
        (ZIP, "a.png", (422, "file_refused", "“a.png” says that it is a picture, but inside it is an archive.")),
        (HTML, "a.jpg", (422, "file_refused", "“a.jpg” says that it is a picture, but inside it is a web page.")),
        (SVG, "a.svg", (422, "file_refused", "“a.svg” says that it is a picture, but inside it is a web page.")),
        (PROGRAM, "photo\u202egnp.exe", (422, "file_refused", "“photognp.exe” says that it is a picture,"
                                         " but inside it is a program.")),
        (MP4, "a.mp4", (422, "file_refused", "“a.mp4” says that it is a picture, but inside it is an MP4 video.")),
        (PNG + bytes(1_000_000), "a.png", (413, "too_long", "This file is larger than 1 MB.")),
    ],
)  # fmt: skip
def test_what_is_not_taken_is_refused_with_the_reason(
    customer: Customer, agent: Agent, data: bytes, name: str, expected: tuple[int, str, str]
) -> None:
    assert refusal(upload(agent, customer.conversation, data, name)) == expected


def test_a_body_without_a_length_is_cut_off(customer: Customer, agent: Agent) -> None:
    """Nothing is trusted that the client says of its size."""

    def endless() -> Iterator[bytes]:
        for _ in range(200):
            yield bytes(100_000)

    try:
        answer = upload(agent, customer.conversation, endless())
    except httpx.WriteError:
        return  # the server had hung up already
    assert answer.status_code == 413


def test_other_bodies_stay_short(customer: Customer, agent: Agent) -> None:
    """Only the one address takes long bodies."""
    for path in ("messages", "files/x", "notes"):
        answer = agent.http.post(f"/desk/api/conversations/{customer.conversation}/{path}", content=bytes(100_000))
        assert answer.status_code == 413


def test_a_path_in_a_name_is_no_path(customer: Customer, agent: Agent) -> None:
    kept = upload(agent, customer.conversation, PNG, "../..\\evil\0/ла мпа;\"'\r\n.png").json()
    assert kept["name"] == "ла мпа;_' .png"
    disposition = agent.http.get(kept["url"]).headers["content-disposition"]
    assert disposition.isascii() and "\n" not in disposition


def test_only_who_has_the_conversation_uploads(stack: Stack, customer: Customer, agent: Agent) -> None:
    other = stack.agent()
    assert refusal(upload(other, customer.conversation, PNG))[:2] == (409, "owned")
    assert refusal(upload(agent, str(uuid4()), PNG))[:2] == (404, "not_found")
    unclaimed = stack.customer()
    unclaimed.post("Hello")
    assert refusal(upload(agent, unclaimed.conversation, PNG))[:2] == (409, "wrong_state")
    with httpx.Client(base_url=stack.url) as nobody:
        path = f"/desk/api/conversations/{customer.conversation}/files"
        assert refusal(nobody.post(path, params={"name": "a.png"}, content=PNG))[:2] == (401, "logged_out")
        nobody.cookies = agent.http.cookies
        assert refusal(nobody.post(path, params={"name": "a.png"}, content=PNG))[:2] == (403, "bad_csrf")


def test_a_file_belongs_to_one_conversation(stack: Stack, customer: Customer, agent: Agent) -> None:
    """Neither read nor sent through another one, nor sent by a colleague, nor twice."""
    kept = upload(agent, customer.conversation, PNG).json()
    other = stack.customer()
    other.post("Hello")
    assert agent.do(other.conversation, "claim").status_code == 200
    address = f"/desk/api/conversations/{other.conversation}/files/{kept['id']}"
    assert refusal(agent.http.get(address))[:2] == (404, "not_found")
    assert refusal(write(agent, other.conversation, "Hello", kept["id"]))[:2] == (404, "not_found")
    assert last(agent, other.conversation)["author"] != "agent", "nothing of it is sent"
    assert write(agent, customer.conversation, "Hello", kept["id"]).status_code == 202
    assert refusal(write(agent, customer.conversation, "Hello", kept["id"], id="w2"))[:2] == (404, "not_found")
    assert refusal(other.http.get(f"/chat/files/{kept['id']}"))[:2] == (404, "not_found")
    with httpx.Client(base_url=stack.url) as nobody:
        assert refusal(nobody.get(f"/chat/files/{kept['id']}"))[:2] == (401, "bad_token")
        assert refusal(nobody.get(kept["url"]))[:2] == (401, "logged_out")


def test_a_customers_file_is_shown_as_far_as_it_is_there(stack: Stack, customer: Customer, agent: Agent) -> None:
    query = (
        "insert into attachment (conversation_id, seq, ordinal, name, media_type, size, status, problem, data)"
        " values (%s, 1, %s, %s, 'image/png', %s, %s, %s, %s)"
    )
    change(stack, query, customer.conversation, 0, "a.png", None, "waiting", None, None)
    change(stack, query, customer.conversation, 1, "b.png", 9, "refused", "This file is empty.", None)
    change(stack, query, customer.conversation, 2, "c.png", 9, "stored", None, PNG)
    waiting, refused, stored = agent.open(customer.conversation)["messages"][0]["files"]
    assert (waiting["status"], waiting["url"], waiting["size"]) == ("waiting", None, None)
    assert (refused["status"], refused["url"], refused["problem"]) == ("refused", None, "This file is empty.")
    assert agent.http.get(stored["url"]).content == PNG
    answer = agent.http.get(f"/desk/api/conversations/{customer.conversation}/files/{waiting['id']}")
    assert refusal(answer)[:2] == (404, "not_found")
    assert [file["name"] for file in customer.messages()[0]["files"]] == ["c.png"]


def test_how_far_a_message_has_come(stack: Stack, customer: Customer, agent: Agent) -> None:
    """On the website written is delivered; elsewhere the desk shows each step, and a failure can be tried again."""
    assert write(agent, customer.conversation, "on the website", id="w0").status_code == 202
    assert last(agent, customer.conversation)["delivery"] is None
    move_to_telegram(stack, customer.conversation)
    seq = write(agent, customer.conversation, "Hello").json()["seq"]
    assert last(agent, customer.conversation)["delivery"] == {"status": "queued", "problem": None, "tries": 0}
    query = "update delivery set status = 'failed', problem = 'Telegram refuses it.', tries = 2 where seq = %s"
    change(stack, query, seq)
    failed = {"status": "failed", "problem": "Telegram refuses it.", "tries": 2}
    assert last(agent, customer.conversation)["delivery"] == failed
    colleague = stack.agent()
    assert refusal(colleague.do(customer.conversation, f"messages/{seq}/retry"))[:2] == (409, "owned")
    assert agent.do(customer.conversation, f"messages/{seq}/retry").status_code == 204
    assert last(agent, customer.conversation)["delivery"]["status"] == "queued"
    assert refusal(agent.do(customer.conversation, f"messages/{seq}/retry"))[:2] == (404, "not_found")
    change(stack, query, seq)
    assert stack.agent(role="lead").do(customer.conversation, f"messages/{seq}/retry").status_code == 204
    change(stack, query, seq)
    assert agent.do(customer.conversation, "close", {"outcome": "unsolved"}).status_code == 200
    assert refusal(agent.do(customer.conversation, f"messages/{seq}/retry"))[:2] == (409, "wrong_state")


def test_where_the_customer_is_and_whether_they_can_be_reached(stack: Stack, customer: Customer, agent: Agent) -> None:
    at_home = agent.open(customer.conversation)["conversation"]
    assert (at_home["channel"], at_home["account"], at_home["unreachable"]) == ("web", None, None)
    place = move_to_telegram(stack, customer.conversation)
    change(stack, "update place set gone = 'The customer has blocked the bot.' where id = %s", place)
    away = agent.open(customer.conversation)["conversation"]
    assert (away["channel"], away["account"]) == TELEGRAM
    assert away["unreachable"] == "The customer has blocked the bot."
    [row] = [row for row in agent.queue("agent") if row["id"] == customer.conversation]
    assert row["unreachable"] == "The customer has blocked the bot."


def test_what_was_edited_or_deleted_says_so(stack: Stack, customer: Customer, agent: Agent) -> None:
    customer.post("Hello there")
    change(stack, "update message set edits = 1 where conversation_id = %s and text = 'Hello there'",
           customer.conversation)  # fmt: skip
    query = "update message set deleted_at = now() where conversation_id = %s and seq = 1"
    change(stack, query, customer.conversation)
    messages = agent.open(customer.conversation)["messages"]
    assert messages[0]["deleted"] and messages[0]["edits"] is None
    assert messages[-1]["edits"] == 1 and not messages[-1]["deleted"]


def test_files_of_a_deleted_message_are_not_to_be_had(stack: Stack, customer: Customer, agent: Agent) -> None:
    """Taken back is taken back: neither listed nor handed out, to nobody."""
    query = (
        "insert into attachment (conversation_id, seq, ordinal, name, media_type, status, data)"
        " values (%s, 1, 0, 'lamp.png', 'image/png', 'stored', %s) returning id"
    )
    file = change(stack, query, customer.conversation, PNG)
    address = f"/desk/api/conversations/{customer.conversation}/files/{file}"
    assert agent.http.get(address).status_code == 200
    deleted = "update message set deleted_at = now() where conversation_id = %s and seq = 1"
    change(stack, deleted, customer.conversation)
    assert agent.open(customer.conversation)["messages"][0]["files"] == []
    assert refusal(agent.http.get(address))[:2] == (404, "not_found")
    assert customer.http.get(f"/chat/files/{file}").status_code == 404


def test_a_photo_without_words_is_named_in_the_queue(stack: Stack, customer: Customer, agent: Agent) -> None:
    query = "insert into attachment (conversation_id, seq, ordinal, name, media_type) values (%s, 1, 0, 'lamp.jpg', '')"
    change(stack, query, customer.conversation)
    change(stack, "update message set text = '' where conversation_id = %s and seq = 1", customer.conversation)
    assert agent.open(customer.conversation)["conversation"]["preview"] == "lamp.jpg"


def test_the_desk_is_told_what_may_be_sent(agent: Agent) -> None:
    files = agent.http.get("/desk/api/me").json()["files"]
    assert files["megabytes"] == 1 and files["most"] == 10
    assert "png" in files["endings"] and "mp4" not in files["endings"]


def test_openapi_describes_files_as_bytes(stack: Stack) -> None:
    paths = httpx.get(f"{stack.url}/openapi.json").json()["paths"]
    address = "/desk/api/conversations/{id}/files"
    assert paths[address]["post"]["requestBody"]["content"]["*/*"]["schema"]["format"] == "binary"
    for path in (f"{address}/{{file}}", "/chat/files/{id}"):
        assert "*/*" in paths[path]["get"]["responses"]["200"]["content"]


def test_uploads_that_were_never_sent_go(stack: Stack, customer: Customer, agent: Agent) -> None:
    from bot.db import queries

    kept = upload(agent, customer.conversation, PNG).json()
    sent = upload(agent, customer.conversation, PNG).json()
    assert write(agent, customer.conversation, "", sent["id"]).status_code == 202
    change(stack, "update attachment set at = now() - interval '25 hours'")
    change(stack, queries("files")["sweep"])
    assert agent.http.get(kept["url"]).status_code == 404
    assert agent.http.get(sent["url"]).status_code == 200
    assert UUID(sent["id"])
