"""The real stack for scenario tests: web and worker as processes, PostgreSQL, HTTP, and people who use them."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx

from bot.agents import add_agent
from bot.embedded_postgres import end_with_parent
from bot.main import LIBRARIES

PROJECT = Path(__file__).parents[2]
PASSWORD = "a long enough password"
PATIENCE_SECONDS = 30.0

# Everything that a running project reads; `models` is shared, so that nothing is trained twice.
_PARTS = ("bot", "actions", "channels", "desk", "config.yml", "domain.yml", "endpoints.yml", "models")

_ALWAYS_OPEN = "".join(
    f'  {day}: ["00:00-24:00"]\n'
    for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
)

_numbers = itertools.count(1)

T = TypeVar("T")


def eventually(find: Callable[[], T], *, seconds: float = PATIENCE_SECONDS) -> T:
    """The first truthy answer of ``find``; fails after ``seconds``."""
    end = time.monotonic() + seconds
    while not (found := find()):
        assert time.monotonic() < end, f"waited {seconds} s in vain"
        time.sleep(0.02)
    return found


def project(folder: Path, *, hours: str = _ALWAYS_OPEN, changes: Callable[[str], str] = lambda text: text) -> Path:
    """A project of its own in ``folder``: ours, with other opening hours and, if wanted, other rules."""
    for name in _PARTS:
        (folder / name).symlink_to(PROJECT / name)
    shutil.copytree(PROJECT / "data", folder / "data")
    text = (PROJECT / "business.yml").read_text("utf-8")
    text, found = re.subn(r"(?m)^hours:.*\n(?:[ #].*\n|\n)*", f"hours:\n{hours}\n", text)
    assert found == 1, "business.yml has no hours to replace"
    text = re.sub(r"(?m)^holidays:.*\n(?:[ #-].*\n)*", "holidays: []\n", text)
    (folder / "business.yml").write_text(changes(text), "utf-8")
    return folder


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Stack:
    """A web process and a worker on one database."""

    root: Path
    database: str
    port: int = field(default_factory=free_port)
    environment: dict[str, str] = field(default_factory=dict)  # such as the tokens of platforms
    web: subprocess.Popen[bytes] | None = None
    worker: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where the web process answers."""
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def up(self, *, worker: bool = True) -> Iterator[Stack]:
        """Started, until the block ends."""
        try:
            self.start() if worker else self.start_web()
            yield self
        finally:
            self.stop()

    def start(self) -> None:
        """Start both and wait until they are ready."""
        self.start_web()
        self.start_worker()

    def start_web(self) -> None:
        """Start the web process and wait for it."""
        self.web = self._process("web", "--port", str(self.port))
        eventually(lambda: self._answers("/health/ready"), seconds=180)

    def start_worker(self) -> None:
        """Start a worker and wait for its heartbeat."""
        self.worker = self._process("worker")
        eventually(lambda: self._answers("/health/ready", workers=1), seconds=240)

    def stop(self) -> None:
        """End what was started here."""
        for process in (self.web, self.worker):
            _end(process)

    def stop_web(self) -> None:
        """End the web process as an update does; `start_web` brings it back on the same port."""
        _end(self.web)

    def stop_worker(self) -> None:
        """End the worker as an update does."""
        _end(self.worker)

    def kill_worker(self) -> None:
        """End the worker as a power cut would."""
        assert self.worker is not None
        self.worker.send_signal(signal.SIGKILL)
        self.worker.wait()

    def customer(self, *, time_zone: str | None = None) -> Customer:
        """A new visitor of the website."""
        return Customer(self.url, time_zone=time_zone)

    def agent(self, name: str | None = None, *, role: str = "agent", email: str | None = None) -> Agent:
        """A new account, logged in at the desk."""
        name = name or f"{role.title()} {next(_numbers)}"
        add_agent(self.database, name, PASSWORD, role=role, email=email)  # type: ignore[arg-type]
        return Agent(self.url, name)

    def _process(self, *arguments: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, **LIBRARIES, "DATABASE_URL": self.database, "PYTHONPATH": str(PROJECT)}
        environment |= self.environment
        log = (self.root / f"{arguments[0]}.log").open("ab")
        command = [sys.executable, "-m", "bot.main", *arguments]
        # A run that is cut off leaves nothing behind.
        return subprocess.Popen(
            command, cwd=self.root, env=environment, stdout=log, stderr=log, start_new_session=True,
            preexec_fn=lambda: end_with_parent(signal.SIGKILL),
        )  # fmt: skip

    def _answers(self, path: str, *, workers: int = 0) -> bool:
        try:
            answer = httpx.get(self.url + path, timeout=2)
        except httpx.HTTPError:
            return False
        return answer.status_code == 200 and answer.json()["workers"] >= workers


def _end(process: subprocess.Popen[bytes] | None) -> None:
    if process is None or process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Customer:
    """Somebody who writes on the website, over the public contract."""

    def __init__(self, url: str, *, time_zone: str | None = None) -> None:
        self.http = httpx.Client(base_url=url, timeout=30)
        answer = self.http.post("/chat/sessions", json={"time_zone": time_zone})
        assert answer.status_code == 201, answer.text
        self.token: str = answer.json()["token"]
        self.conversation: str = answer.json()["conversation"]
        self.http.headers["authorization"] = f"Bearer {self.token}"
        self.seen = 0

    def post(self, text: str, *, client_id: str | None = None) -> int:
        """Send a text without waiting for an answer; its number."""
        body = {"client_id": client_id or f"m{next(_numbers)}", "text": text}
        answer = self.http.post("/chat/messages", json=body)
        assert answer.status_code == 202, answer.text
        seq: int = answer.json()["seq"]
        return seq

    def messages(self, *, after: int = 0) -> list[dict[str, Any]]:
        """The conversation as the customer sees it."""
        found: list[dict[str, Any]] = self.http.get("/chat/messages", params={"after": after}).json()["messages"]
        return found

    @property
    def state(self) -> str:
        """Who has the conversation."""
        state: str = self.http.get("/chat/messages", params={"after": 2**40}).json()["state"]
        return state

    def say(self, text: str) -> str:
        """Send a text and return everything that was answered to it, as one text."""
        return self._answer(self.post(text))

    def press(self, wanted: str) -> str:
        """Press the newest button whose title or payload begins so, and return the answer."""
        buttons = [button for message in reversed(self.messages()) for button in message["buttons"]]
        fitting = [one for one in buttons if one["title"].startswith(wanted) or one["payload"].startswith(wanted)]
        assert fitting, f"no button {wanted!r} among {[one['title'] for one in buttons]}"
        payload = fitting[0]["payload"]
        body = {"client_id": f"m{next(_numbers)}", "payload": payload}
        answer = self.http.post("/chat/messages", json=body)
        assert answer.status_code == 202, answer.text
        return self._answer(answer.json()["seq"])

    def buttons(self) -> list[str]:
        """Titles of the buttons of the newest message that has any."""
        return next(
            ([b["title"] for b in message["buttons"]] for message in reversed(self.messages()) if message["buttons"]),
            [],
        )

    def offers(self, payload: str) -> bool:
        """Whether the newest message offers a button with this payload."""
        return any(button["payload"].startswith(payload) for button in self.messages()[-1]["buttons"])

    def wait_for(self, state: str) -> None:
        """Until the conversation is in this state."""
        eventually(lambda: self.state == state)

    def _answer(self, seq: int) -> str:
        def answered() -> list[dict[str, Any]]:
            found = [m for m in self.messages(after=seq) if m["author"] in ("bot", "system")]
            return found

        eventually(answered)
        return "\n".join(message["text"] for message in answered())


class Agent:
    """Somebody at the desk."""

    def __init__(self, url: str, name: str) -> None:
        self.name = name
        self.http = httpx.Client(base_url=url, timeout=30)
        answer = self.http.post("/desk/login", json={"name": name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        self.id: int = answer.json()["agent"]["id"]
        self.http.headers["x-csrf-token"] = answer.json()["csrf"]

    def queue(self, state: str = "waiting") -> list[dict[str, Any]]:
        """Conversations in a state, as the desk lists them."""
        found: list[dict[str, Any]] = self.http.get("/desk/api/conversations", params={"state": state}).json()[
            "conversations"
        ]
        return found

    def open(self, conversation: str) -> dict[str, Any]:
        """A conversation as the desk shows it."""
        answer = self.http.get(f"/desk/api/conversations/{conversation}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def do(self, conversation: str, verb: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """One of the verbs: claim, messages, notes, hand-back, close."""
        return self.http.post(f"/desk/api/conversations/{conversation}/{verb}", json=body or {})

    def write(self, conversation: str, text: str) -> httpx.Response:
        """A reply to the customer."""
        return self.do(conversation, "messages", {"client_id": f"a{next(_numbers)}", "text": text})

    def go_off_duty(self) -> None:
        """So that customers are told that nobody is there."""
        assert self.http.post("/desk/logout").status_code == 204

    def summary(self, conversation: str) -> dict[str, dict[str, Any]]:
        """The summary's lines by topic."""
        summary = self.open(conversation)["summary"]
        assert summary is not None
        return {line["topic"]: line for line in summary["lines"]}


class Events:
    """Server-sent events, read in the background until closed."""

    def __init__(self, http: httpx.Client, path: str, *, headers: dict[str, str] | None = None) -> None:
        self.received: list[tuple[str, dict[str, Any], str | None]] = []
        self._done = threading.Event()
        self._response: httpx.Response | None = None
        self._thread = threading.Thread(target=self._read, args=(http, path, headers or {}), daemon=True)
        self._thread.start()

    def names(self) -> list[str]:
        """Names of the events so far."""
        return [name for name, _, _ in self.received]

    def close(self) -> None:
        """Break the connection, as a phone in a tunnel does."""
        self._done.set()
        if self._response is not None:
            self._response.close()

    def _read(self, http: httpx.Client, path: str, headers: dict[str, str]) -> None:
        try:
            with http.stream("GET", path, headers=headers, timeout=httpx.Timeout(30, read=60)) as response:
                self._response = response
                for name, data, id in _events(response.iter_lines()):
                    self.received.append((name, data, id))
                    if self._done.is_set():
                        return
        except (httpx.HTTPError, httpx.StreamError):
            if not self._done.is_set():
                raise


def _events(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, Any], str | None]]:
    name, data, id = "", "", None
    for line in lines:
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            data = value
        elif field == "id":
            id = value
        elif not line and name:
            yield name, json.loads(data), id
            name, data, id = "", "", None
