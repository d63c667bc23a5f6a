"""`warmline up` for real: from the first start through kills to the last process gone."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = ("business.yml", "config.yml", "domain.yml", "data")
FIRST_START_SECONDS = 300  # trains, unless the model is there already
STOP_SECONDS = 10

pytestmark = pytest.mark.timeout(600)


@dataclass
class Running:
    """A `warmline up` in a process group of its own, its output in files."""

    data: Path
    port: int
    process: subprocess.Popen[bytes]
    output: Path

    @property
    def said(self) -> str:
        return self.output.read_text()

    @property
    def site(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.site}/health/ready", timeout=2) as answer:
                return json.load(answer)["workers"] > 0
        except OSError:
            return False

    def processes(self) -> dict[int, str]:
        """Every live process that belongs to the data directory or the project beside it: pid → command line."""
        found, trace = {}, str(self.data.parent)
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                environment = (entry / "environ").read_bytes() if entry.name.isdigit() else b""
                if entry.name.isdigit() and (trace in command or trace.encode() in environment):
                    found[int(entry.name)] = command
        return found

    def pid(self, what: str) -> int | None:
        return next((pid for pid, command in self.processes().items() if what in command), None)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data directory for the starts of this module, in their order."""
    return tmp_path_factory.mktemp("up") / "data"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def up(data: Path, root: Path = ROOT, port: int | None = None) -> Iterator[Running]:
    port = port or free_port()
    output = Path(tempfile.mkstemp(prefix="warmline-up-")[1])
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment["PYTHONPATH"] = str(ROOT)
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.main", "up", "--port", str(port), "--data", str(data)],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    running = Running(data, port, process, output)
    try:
        yield running
    finally:
        process.kill()
        process.wait()
        output.unlink()


def eventually(true: Callable[[], object], running: Running, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, running.said
        time.sleep(0.05)


def wait_until_running(running: Running) -> None:
    eventually(
        lambda: "Warmline is running" in running.said or running.process.poll() is not None,
        running,
        FIRST_START_SECONDS,
    )
    assert running.process.poll() is None, running.said


def refused(running: Running) -> str:
    """What a start that must not succeed says, after checking that it failed."""
    assert running.process.wait(120) == 1, running.said
    return running.said


def test_first_start_kills_and_stop(data: Path) -> None:
    """Says addresses and password, survives the kill of every part, stops within 10 s without a trace."""
    with up(data) as running:
        wait_until_running(running)
        assert all(f"{running.site}{path}" in running.said for path in ("/", "/help", "/desk"))
        assert "as admin with the password" in running.said
        for part in ("bot.main worker", "bot.main web", "postgres -D"):
            killed = running.pid(part)
            assert killed is not None
            os.kill(killed, signal.SIGKILL)
            eventually(lambda part=part, killed=killed: running.pid(part) not in (None, killed), running, 60)
            eventually(running.ready, running, 60)
        asked = subprocess.run(
            [sys.executable, "-m", "bot.main", "shell", "--url", running.site],
            cwd=ROOT,
            input="Hello\n",
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert asked.stdout.startswith("bot: "), asked.stderr
        with up(data, port=free_port()) as twin:
            assert f"already runs on {data} (process {running.process.pid})" in refused(twin)
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(STOP_SECONDS) == 0
        assert running.processes() == {}


def test_second_start_and_kill(data: Path) -> None:
    """Neither trains nor shows a password again; killed with -9 it leaves no process behind."""
    with up(data) as running:
        wait_until_running(running)
        assert "Training" not in running.said
        assert "password" not in running.said
        running.process.kill()
        running.process.wait()
        eventually(lambda: running.processes() == {}, running, STOP_SECONDS)


def test_interrupted_in_training(tmp_path: Path) -> None:
    """Ctrl-C while it trains: everything ends, and no half-made model is left."""
    project = tmp_path / "project"
    project.mkdir()
    for name in PROJECT:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, project / name)
    with up(tmp_path / "data", project) as running:
        eventually(lambda: running.pid("rasa train"), running, 180)
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(STOP_SECONDS) == 0
        assert running.processes() == {}
        assert list((project / "models").iterdir()) == []


def test_port_taken(tmp_path: Path) -> None:
    """One line: what is wrong and the command that helps."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with up(tmp_path / "data", port=port) as running:
            assert refused(running) == (
                f"Cannot listen on 127.0.0.1, port {port}: Address already in use."
                f" Fix: end what uses it, or choose another port: make run PORT={port + 1}\n"
            )


def test_data_directory_unusable(tmp_path: Path) -> None:
    """One line naming the place and the option that chooses another."""
    (tmp_path / "file").write_text("in the way")
    with up(tmp_path / "file" / "data") as running:
        said = refused(running)
    assert said.startswith(f"Cannot write in {tmp_path}/file/data: Not a directory.")
    assert "--data" in said
    assert said.count("\n") == 1


def test_broken_configuration(tmp_path: Path) -> None:
    """Every problem with file, line and fix; nothing is started."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "business.yml").write_text("name: Lamps\nlanguage: [en]\n")
    with up(tmp_path / "data", project) as running:
        assert running.process.wait(120) == 2
        assert 'business.yml:2: language: not a known setting. Fix: write "languages".' in running.said
    assert not (tmp_path / "data").exists()
