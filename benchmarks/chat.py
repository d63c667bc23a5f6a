"""How fast the whole way is: from a customer's message over HTTP to the bot's reply in the event stream.

    python -m benchmarks.chat [--seconds 30] [--visitors 40] [--write]

Starts Warmline itself on loopback in a temporary directory (`warmline up`, embedded PostgreSQL, one worker),
measures start-up, replies one at a time, replies at saturation and memory, prints a table and ends. With
--write the table replaces the one in docs/performance.md. Visitors are simulated in this process, so they
share the machine's cores with what they measure.
"""

import argparse
import asyncio
import json
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import psutil

from benchmarks.page import ROOT, machine, table, write

PORT = 8765
URL = f"http://127.0.0.1:{PORT}"
ONE_AT_A_TIME = 200  # messages
PER_VISITOR = 40  # below the 60 a minute that one visitor may send
WARM_UP = 20

QUESTIONS = [
    "how much does delivery cost?",
    "what are your opening hours",
    "can i pay with klarna",
    "how do I return a lamp that I don't like",
    "where do i find my invoice",
    "Is there a warranty on your furniture?",
    "hi",
    "do you deliver to Denmark?",
    "thanks a lot",
    "how can i cancel premium",
    "which bulb fits the floor lamp",
    "i forgot my password, what now",
]


@dataclass(frozen=True)
class Figures:
    """What was measured; times in milliseconds unless named otherwise."""

    first_start_s: float
    second_start_s: float
    single: Sequence[float]
    saturated: Sequence[float]
    per_second: float
    web_mb: float
    worker_mb: float


class Visitor:
    """One website visitor with an open event stream."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http
        self._answered: asyncio.Queue[int] = asyncio.Queue()

    async def __aenter__(self) -> "Visitor":
        async with self._http.post(f"{URL}/chat/sessions", json={}) as answer:
            answer.raise_for_status()
            token = (await answer.json())["token"]
        self._headers = {"authorization": f"Bearer {token}"}
        self._stream = await self._http.get(f"{URL}/chat/events", headers=self._headers, timeout=_ENDLESS)
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._reader.cancel()
        self._stream.close()

    async def ask(self, number: int) -> float:
        """Send a message, wait for the reply to it; milliseconds."""
        body = {"client_id": f"b{number}", "text": QUESTIONS[number % len(QUESTIONS)]}
        began = time.perf_counter()
        async with self._http.post(f"{URL}/chat/messages", json=body, headers=self._headers) as answer:
            answer.raise_for_status()
            seq = (await answer.json())["seq"]
        async with asyncio.timeout(30):
            while await self._answered.get() < seq:
                pass
        return (time.perf_counter() - began) * 1000

    async def _read(self) -> None:
        async for line in self._stream.content:
            if line.startswith(b"data: ") and b'"author": "bot"' in line:
                message = json.loads(line[6:])
                if "seq" in message:
                    self._answered.put_nowait(message["seq"])


_ENDLESS = aiohttp.ClientTimeout(total=None)


async def measure(seconds: float, visitors: int) -> tuple[list[float], list[float], float]:
    """Replies one at a time, replies at saturation, and replies a second at saturation."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        await _in_turn(http, WARM_UP)
        single = await _in_turn(http, ONE_AT_A_TIME)
        end = time.perf_counter() + seconds
        together = await asyncio.gather(*(_keep_asking(http, end) for _ in range(visitors)))
        saturated = [one for several in together for one in several]
    return single, saturated, len(saturated) / seconds


async def _in_turn(http: aiohttp.ClientSession, count: int) -> list[float]:
    found: list[float] = []
    while len(found) < count:
        async with Visitor(http) as visitor:
            for number in range(min(PER_VISITOR, count - len(found))):
                found.append(await visitor.ask(number))
    return found


async def _keep_asking(http: aiohttp.ClientSession, end: float) -> list[float]:
    found: list[float] = []
    while time.perf_counter() < end:
        async with Visitor(http) as visitor:
            for number in range(PER_VISITOR):
                found.append(await visitor.ask(number))
                if time.perf_counter() >= end:
                    break
    return found


@contextmanager
def running(data: Path) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """`warmline up` on loopback, and the seconds until it was ready."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "bot.main", "up", "--port", str(PORT), "--data", str(data)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not _ready():
            if process.poll() is not None:
                raise SystemExit("warmline up ended; run it by hand to see why")
            time.sleep(0.05)
        yield process, time.perf_counter() - began
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def _ready() -> bool:
    with suppress(OSError), urllib.request.urlopen(f"{URL}/health/ready", timeout=2) as answer:
        workers: int = json.load(answer)["workers"]
        return workers > 0
    return False


def _memory(process: subprocess.Popen[bytes], name: str) -> float:
    """Resident megabytes of the child `warmline <name>`."""
    for child in psutil.Process(process.pid).children(recursive=True):
        if name in child.cmdline():
            return float(child.memory_info().rss) / 2**20
    raise SystemExit(f"no process {name}")


def report(figures: Figures) -> str:
    """The figures as Markdown, with the machine they were measured on."""
    rows = [
        ("reply, one message at a time: p50", _ms(figures.single, 50), "≤ 40 ms"),
        ("reply, one message at a time: p95", _ms(figures.single, 95), "≤ 120 ms"),
        ("reply, one message at a time: p99", _ms(figures.single, 99), ""),
        ("replies a second at saturation, one worker", f"{figures.per_second:.0f}", "≥ 40"),
        ("reply at saturation: p50", _ms(figures.saturated, 50), ""),
        ("reply at saturation: p95", _ms(figures.saturated, 95), ""),
        ("reply at saturation: p99", _ms(figures.saturated, 99), ""),
        ("first start, model trained already", f"{figures.first_start_s:.1f} s", ""),
        ("second start", f"{figures.second_start_s:.1f} s", "≤ 15 s"),
        ("resident memory of web after the load", f"{figures.web_mb:.0f} MB", "≤ 150 MB"),
        ("resident memory of the worker after the load", f"{figures.worker_mb:.0f} MB", "≤ 900 MB"),
    ]
    return f"{machine()}; the simulated visitors share these cores.\n\n{table(('what', 'measured', 'aim'), rows)}"


def _ms(values: Sequence[float], percentile: int) -> str:
    return f"{statistics.quantiles(values, n=100, method='inclusive')[percentile - 1]:.0f} ms"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30, help="length of the saturation run")
    parser.add_argument("--visitors", type=int, default=40, help="visitors at once in the saturation run")
    parser.add_argument("--write", action="store_true", help="replace the table in docs/performance.md")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="warmline-benchmark-") as folder:
        data = Path(folder)
        with running(data) as (_, first):
            pass
        with running(data) as (process, second):
            single, saturated, per_second = asyncio.run(measure(chosen.seconds, chosen.visitors))
            web, worker = _memory(process, "web"), _memory(process, "worker")
    text = report(Figures(first, second, single, saturated, per_second, web, worker))
    print(text)
    if chosen.write:
        write("chat", text)


if __name__ == "__main__":
    main()
