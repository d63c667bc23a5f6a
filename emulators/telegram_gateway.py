"""What lies between Warmline and telemelya, and does what telemelya leaves out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import httpx

_SECRET = "X-Telegram-Bot-Api-Secret-Token"
_SECONDS = 60.0


class Gateway(ThreadingHTTPServer):
    """Passes Warmline's calls on to ``emulator`` and the emulator's updates to ``web``, both base addresses.

    telemelya forgets the secret that a bot sets with its webhook: here it is kept, and shown with each update. And
    each update comes twice, as Telegram's do when an answer is lost; ``statuses`` are Warmline's answers.
    """

    daemon_threads = True

    def __init__(self, emulator: str, web: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.emulator, self.web = emulator, web
        self.secret = ""
        self.statuses: list[int] = []

    @property
    def url(self) -> str:
        """Where both sides find us."""
        return f"http://127.0.0.1:{self.server_port}"

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve in a thread."""
        thread = threading.Thread(target=self.serve_forever, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.shutdown()
            self.server_close()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: Gateway

    def do_GET(self) -> None:
        self._pass_on()

    def do_POST(self) -> None:
        self._pass_on()

    def log_message(self, *_: object) -> None:
        """Say nothing: paths hold the token."""

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path.startswith("/channels/"):
            answers = [self._ask(self.server.web, body, {_SECRET: self.server.secret}) for _ in range(2)]
            self.server.statuses += [answer.status_code for answer in answers]
            answer = answers[0]
        else:
            if self.path.endswith("/setWebhook"):
                self.server.secret = parse_qs(body.decode())["secret_token"][0]
            answer = self._ask(self.server.emulator, body, {})
        self.send_response(answer.status_code)
        self.send_header("content-type", answer.headers.get("content-type", "text/plain"))
        self.send_header("content-length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def _ask(self, base: str, body: bytes, more: dict[str, str]) -> httpx.Response:
        kind = {"content-type": self.headers["content-type"]} if "content-type" in self.headers else {}
        return httpx.request(self.command, base + self.path, content=body, headers=kind | more, timeout=_SECONDS)
