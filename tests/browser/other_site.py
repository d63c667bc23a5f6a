"""A website of somebody else, with a strict Content-Security-Policy, that shows the chat."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_PAGES = Path(__file__).parent / "pages"
_TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css"}


class OtherSite:
    """A server on a port of its own, and with it an origin of its own; a context manager."""

    warmline = ""  # the address of the chat's server, put into the page and its policy

    def __init__(self) -> None:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> OtherSite:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """One file of ``pages``."""
        name = request.path.lstrip("/") or "other_site.html"
        file = _PAGES / name
        if file.parent != _PAGES or not file.is_file():
            request.send_error(404)
            return
        body = file.read_text("utf-8").replace("{warmline}", self.warmline).encode()
        request.send_response(200)
        request.send_header("content-type", _TYPES[file.suffix])
        request.send_header("content-security-policy", self._policy())
        request.end_headers()
        request.wfile.write(body)

    def _policy(self) -> str:
        return (
            f"default-src 'none'; script-src {self.warmline}; connect-src {self.warmline};"
            " style-src 'self'; img-src data:"
        )
