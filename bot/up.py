"""`warmline up`: everything on one machine, watched until Ctrl-C.

Nothing outlives this process. Its children are ended by the kernel when it is gone, however it went:
web and worker at once, since every crash of theirs is safe by design; PostgreSQL in an orderly way.
"""

import contextlib
import fcntl
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Protocol

from bot.agents import ensure_admin
from bot.business import load_business
from bot.check import problems
from bot.db import migrate
from bot.embedded_postgres import EmbeddedPostgres, end_with_parent
from bot.errors import StartError
from bot.settings import Settings
from bot.terminal import Clock, say
from bot.train import LARGE_PAGES, train, trained_model

TICK_SECONDS = 0.2
# web has open event streams to close, worker a turn to finish; PostgreSQL follows, all within 10 s.
STOP_SECONDS = 3.0
READY_SECONDS = 120.0
FIRST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 15.0
STEADY_SECONDS = 30.0
STARTS_BEFORE_GIVING_UP = 3
# glibc gives freed memory back sooner (man 3 mallopt): web takes 6 MB less, and is no slower for it.
FRUGAL = {"MALLOC_TRIM_THRESHOLD_": "100000", "MALLOC_MMAP_THRESHOLD_": "65536"}


class Part(Protocol):
    """Something that should be running."""

    name: str

    def start(self) -> object: ...
    def alive(self) -> bool: ...
    def stop(self) -> None: ...


@dataclass
class Child:
    """A `warmline` process of our own, in its own process group: Ctrl-C in the terminal is for us."""

    name: str
    arguments: list[str]
    environment: dict[str, str]
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bot.main", *self.arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=lambda: end_with_parent(signal.SIGKILL),
        )

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Ask it to end, and end it when it takes too long."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


@dataclass
class Watch:
    """Keeps one part running: starts it again when it ends, less and less eagerly."""

    part: Part
    starts: int = 0
    _delay: float = FIRST_DELAY_SECONDS
    _started: float = field(default_factory=time.monotonic)
    _due: float | None = None

    def start(self) -> None:
        self.starts += 1
        self._started, self._due = time.monotonic(), None
        self.part.start()

    def tick(self) -> None:
        """Look after the part; call this often."""
        now = time.monotonic()
        if self.part.alive():
            if now - self._started > STEADY_SECONDS:
                self._delay = FIRST_DELAY_SECONDS
        elif self._due is None:
            say(f"{self.part.name} ended; it is started again in {self._delay:g} s.")
            self._due = now + self._delay
            self._delay = min(self._delay * 2, LONGEST_DELAY_SECONDS)
        elif now >= self._due:
            try:
                self.start()
            except StartError as error:
                say(str(error))


def up(settings: Settings, *, host: str, port: int) -> int:
    """Start everything, say where it is, and keep it running until told to stop; the exit code.

    Raises StartError when something around it stands in the way.
    """
    wrong = problems(settings.root)
    if wrong:
        for problem in wrong:
            say(str(problem))
        return 2
    _require_free_port(host, port)
    with contextlib.suppress(KeyboardInterrupt), _stopped_by_signals(), contextlib.ExitStack() as running:
        _run(settings, host, port, running)
    return 0


def _run(settings: Settings, host: str, port: int, running: contextlib.ExitStack) -> None:
    running.enter_context(_only_one(settings.data))
    watches: list[Watch] = []

    def begin(part: Part) -> None:
        # Registered first: a part that is interrupted while it starts is stopped as well.
        running.callback(part.stop)
        watches.append(Watch(part))
        watches[-1].start()

    url = settings.database_url
    if not url:
        server = EmbeddedPostgres(settings.data)
        begin(server)
        url = server.url
    migrate(url)
    logs = settings.data / "logs"
    for language in load_business(settings.root).languages:
        if trained_model(settings.root, language) is None:
            train(settings.root, language, logs / "train.log")
    environment = os.environ | {"DATABASE_URL": url, "WARMLINE_DATA": str(settings.data), "WARMLINE_LOGS": str(logs)}
    running.callback(say, "Stopping …")
    # Stopped in the opposite order: no new messages first, then the one being answered.
    begin(Child("worker", ["worker"], LARGE_PAGES | environment))
    begin(Child("web", ["web", "--host", host, "--port", str(port)], environment | FRUGAL))
    _wait_until_ready(watches, host, port, logs)
    password = ensure_admin(url, settings.admin_password)
    _say_where(host, port, password, logs)
    while True:
        for watch in watches:
            watch.tick()
        time.sleep(TICK_SECONDS)


def _wait_until_ready(watches: list[Watch], host: str, port: int, logs: Path) -> None:
    say("Starting web and worker …")
    clock, deadline = Clock(), time.monotonic() + READY_SECONDS
    while not _ready(host, port):
        for watch in watches:
            watch.tick()
            if watch.starts > STARTS_BEFORE_GIVING_UP:
                raise StartError(f"{watch.part.name} does not start. Fix: see why in {logs / watch.part.name}.log.")
        if time.monotonic() > deadline:
            raise StartError(f"Not ready after {READY_SECONDS:g} s. Fix: see why in {logs}.")
        clock.show("waiting until they are ready")
        time.sleep(TICK_SECONDS)
    clock.done("ready")


def _ready(host: str, port: int) -> bool:
    """Whether web reaches the database and a worker is there to answer."""
    connection = http.client.HTTPConnection(_reachable(host), port, timeout=2)
    try:
        connection.request("GET", "/health/ready")
        response = connection.getresponse()
        return response.status == 200 and json.load(response)["workers"] > 0
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _say_where(host: str, port: int, password: str | None, logs: Path) -> None:
    shown = _reachable(host)
    site = f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"
    account = (
        ""
        if password is None
        else (
            f"\n  Log in at the desk as admin with the password {password}"
            f"\n  It is shown this once. Further accounts: {_command()} agent add NAME\n"
        )
    )
    print(
        f"\nWarmline is running.\n\n"
        f"  Chat with the bot   {site}/\n"
        f"  Help page           {site}/help\n"
        f"  Desk for agents     {site}/desk\n"
        f"{account}\n"
        f"  Ctrl-C stops everything. Logs: {logs}\n",
        flush=True,
    )


def _command() -> str:
    """How to call this program from the terminal it was started in."""
    return "warmline" if shutil.which("warmline") else ".venv/bin/warmline"


def _reachable(host: str) -> str:
    """An address to reach a server on this machine that listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)


def _require_free_port(host: str, port: int) -> None:
    """Raise StartError unless a server could listen there now."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            # Connections of a server that just ended do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise StartError(
            f"Cannot listen on {host}, port {port}: {error.strerror}."
            f" Fix: end what uses it, or choose another port: make run PORT={port + 1}"
        ) from error


@contextlib.contextmanager
def _only_one(data: Path) -> Iterator[None]:
    """Held by the one `warmline up` of a data directory; gone with its process."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (data / "up.lock").open("a+")
    except OSError as error:
        raise StartError(
            f"Cannot write in {data}: {error.strerror}. Fix: unlock it, or choose another place with --data."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise StartError(
                f"Warmline already runs on {data} (process {lock.read().strip()})."
                " Fix: use that one, or choose another place with --data."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


@contextlib.contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """The first Ctrl-C, SIGTERM or SIGHUP unwinds what runs; the second ends it on the spot."""
    signals = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
        signals.append(signal.SIGHUP)

    def force(_signal: int, _frame: FrameType | None) -> None:
        os._exit(130)  # the kernel ends the children with us

    def stop(_signal: int, _frame: FrameType | None) -> None:
        for each in signals:
            signal.signal(each, force)
        raise KeyboardInterrupt

    before: dict[signal.Signals, Callable[[int, FrameType | None], object] | int | None] = {
        each: signal.signal(each, stop) for each in signals
    }
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
