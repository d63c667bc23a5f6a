"""Processes for a test: an emulator in the environment of its own, and the real stack beside it."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from bot.embedded_postgres import end_with_parent
from tests.scenarios.stack import Stack, eventually, project

HERE = Path(__file__).parent
INSTALLED = HERE.parent / ".emulators"

_START_SECONDS = 120.0
_END_SECONDS = 10.0


@contextmanager
def emulator(command: Sequence[str | Path], url: str, log: Path) -> Iterator[None]:
    """Run an emulator that answers at ``url``; it ends with the block, and with us."""
    if not INSTALLED.is_dir():
        raise RuntimeError(f"{INSTALLED.name}/ is missing. Fix: make emulators")
    with log.open("wb") as written:
        process = subprocess.Popen(
            command, cwd=log.parent, stdout=written, stderr=written, start_new_session=True,
            preexec_fn=lambda: end_with_parent(signal.SIGKILL),
        )  # fmt: skip
    try:
        eventually(lambda: process.poll() is not None or _answers(url), seconds=_START_SECONDS)
        assert process.poll() is None, f"the emulator ended with {process.returncode}:\n{log.read_text()[-3000:]}"
        yield
    finally:
        process.terminate()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def stack(folder: Path, database: str, port: int, channels: str, secrets: Mapping[str, str]) -> Iterator[Stack]:
    """Web and worker with these ``channels`` of business.yml. Fails at the end if a secret stands in a log."""
    root = project(folder, changes=lambda text: re.sub(r"(?m)^channels:\n(?:[ ].*\n)*", channels, text))
    with Stack(root, database, port=port, environment=dict(secrets)).up() as running:
        yield running
    logs = "".join(log.read_text("utf-8") for log in (root / "web.log", root / "worker.log"))
    assert [name for name, secret in secrets.items() if secret in logs] == []


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.HTTPError:
        return False
