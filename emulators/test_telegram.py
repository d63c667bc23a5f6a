"""A whole story on Telegram as telemelya plays it: by webhook, every update twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulators import desk
from emulators.running import HERE, INSTALLED, emulator, stack
from emulators.telegram_gateway import Gateway
from tests.conftest import new_database
from tests.scenarios.stack import Stack, eventually, free_port

TOKEN = "123456789:an-emulated-token"
JPEG = b"\xff\xd8\xff\xe0 and so on"
SECONDS = 60.0


@dataclass
class Person:
    """Somebody with a chat, and what the bot did there."""

    http: httpx.Client  # telemelya's own controls
    chat: int

    def writes(self, text: str) -> None:
        """Send a text."""
        self._send(text=text)

    def sends_photo(self, data: bytes) -> None:
        """Send a photo."""
        answer = self.http.post("/upload_media", files={"file": ("photo.jpg", data, "image/jpeg")})
        self._send(photo_file_id=answer.raise_for_status().json()["file_id"])

    def presses(self, message: dict[str, Any], place: int) -> str:
        """Press a button, and return the press's id."""
        button = [one for row in message["reply_markup"]["inline_keyboard"] for one in row][place]
        update = self._send(callback_data=button["callback_data"], callback_message_id=message["message_id"])
        id: str = update["callback_query"]["id"]
        return id

    def done(self, method: str) -> list[dict[str, Any]]:
        """The bot's calls of a method."""
        found = self.http.get("/responses").raise_for_status().json()["responses"]
        return [one for one in found if one["method"] == method]

    def receives(self, *parts: str) -> list[dict[str, Any]]:
        """Wait until each of ``parts`` was sent."""
        eventually(lambda: _missing(parts, self.done("sendMessage")) == [], seconds=SECONDS)
        return self.done("sendMessage")

    def file(self, id: str) -> bytes:
        """A file that the bot sent."""
        return self.http.get(f"/media/{id}").raise_for_status().content

    def _send(self, **what: Any) -> dict[str, Any]:
        answer = self.http.post("/send_update", params={"bot_token": TOKEN}, json={"chat_id": self.chat, **what})
        update: dict[str, Any] = answer.raise_for_status().json()["update"]
        return update


@pytest.fixture(scope="module")
def telemelya(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its address; it runs as a process of its own."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    command = (INSTALLED / "telegram" / "bin" / "python", HERE / "telegram" / "run.py", str(port))
    with emulator(command, url, tmp_path_factory.mktemp("telemelya") / "telemelya.log"):
        yield url


@pytest.fixture
def kari(telemelya: str) -> Iterator[Person]:
    """Somebody on Telegram."""
    headers = {"authorization": "Bearer any", "x-test-session": "kari"}
    with httpx.Client(base_url=f"{telemelya}/api/v1/test", headers=headers, timeout=SECONDS) as http:
        yield Person(http, chat=4711)


@pytest.fixture
def world(
    telemelya: str, model: Path, postgres: str, stocked: str, tmp_path: Path
) -> Iterator[tuple[Stack, Gateway]]:  # fmt: skip
    """Warmline with a bot there, and what lies between."""
    port = free_port()
    gateway = Gateway(telemelya, f"http://127.0.0.1:{port}")
    channels = f"""channels:
  public_url: {gateway.url}
  telegram:
    - {{account: shop, mode: webhook, api: "{gateway.url}"}}

"""
    database = new_database(postgres, stocked)
    with gateway.serving(), stack(tmp_path, database, port, channels, {"TELEGRAM_TOKEN": TOKEN}) as running:
        eventually(lambda: gateway.secret)
        yield running, gateway


@pytest.mark.parametrize("method", ["getUpdates", "sendDocument", "setMyCommands"])
def test_what_is_missing(telemelya: str, method: str) -> None:
    """What telemelya has not got is not tried, and said so; once it has, the story should have it too."""
    assert httpx.post(f"{telemelya}/bot{TOKEN}/{method}").status_code == 404
    pytest.skip(f"telemelya has no {method}")


def test_from_the_first_question_to_a_person_and_back(world: tuple[Stack, Gateway], kari: Person) -> None:
    """A question with buttons, a photo, a complaint that a person takes over, their answer with a photo, the way
    back to the bot: everything once, although every update comes twice."""
    running, gateway = world
    agent = running.agent()

    kari.writes("/start")
    kari.receives("Fjordlys")
    kari.writes("how much does delivery cost?")
    kari.receives("/help/delivery-cost")
    asked = eventually(lambda: [one for one in kari.done("sendMessage") if one["reply_markup"]])[-1]
    press = kari.presses(asked, 0)
    # The press comes twice, and may be answered twice: that shows nothing new.
    answered = eventually(lambda: kari.done("answerCallbackQuery"))
    assert {one["callback_query_id"] for one in answered} == {press}
    eventually(lambda: kari.done("sendMessage")[-1]["message_id"] > asked["message_id"])
    # telemelya says of a press not what stood on the button, so it cannot be left there: the keyboard goes.
    edits = eventually(lambda: kari.done("editMessageReplyMarkup"))
    assert all(one["message_id"] == asked["message_id"] and "reply_markup" not in one["raw"] for one in edits)

    kari.sends_photo(JPEG)
    kari.receives("in words")
    kari.writes("My floor lamp from order FJ-204817 arrived broken")
    kari.receives("FJ-204817")
    kari.writes("/human")
    conversation = eventually(lambda: agent.queue("waiting"))[0]["id"]
    assert agent.summary(conversation)["order"]["text"] == "FJ-204817"
    [photo] = eventually(lambda: desk.files(agent, conversation))
    assert agent.http.get(photo["url"]).content == JPEG

    assert agent.do(conversation, "claim").status_code == 200
    kari.receives(agent.name)
    said = "Hello Kari. 5 < 6, a <b>new lamp</b>."
    desk.reply(agent, conversation, said, name="lamp.jpg", data=JPEG, media_type="image/jpeg")
    [told] = [one for one in kari.receives("new lamp") if "new lamp" in one["text"]]
    assert told["text"] == f"<b>{agent.name}</b>\nHello Kari. 5 &lt; 6, a &lt;b&gt;new lamp&lt;/b&gt;."
    assert told["raw"]["parse_mode"] == "HTML"
    [sent] = eventually(lambda: kari.done("sendPhoto"), seconds=SECONDS)
    assert kari.file(sent["file_id"]) == JPEG
    kari.writes("thank you, that is kind")
    eventually(lambda: "thank you, that is kind" in desk.texts(agent, conversation))

    assert agent.do(conversation, "hand-back").status_code == 200
    kari.receives("is back with you")
    kari.writes("what are your opening hours?")
    kari.receives("/help/opening-hours")

    answers = [one["text"] for one in kari.done("sendMessage")]
    expected = ("/help/delivery-cost", "new lamp", "is back with you", "/help/opening-hours")
    desk.nothing_twice(agent, conversation, answers, expected)
    assert len(kari.done("sendPhoto")) == 1
    assert set(gateway.statuses) == {200}


def _missing(parts: Sequence[str], messages: Sequence[dict[str, Any]]) -> list[str]:
    return [part for part in parts if not any(part in one["text"] for one in messages)]
