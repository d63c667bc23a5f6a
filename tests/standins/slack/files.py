"""Files in and out: uploads by the app, downloads with its token."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from tests.standins.slack.faults import Refusal
from tests.standins.slack.workspace import File

if TYPE_CHECKING:
    from tests.standins.slack.server import Slack


@dataclass
class Uploads:
    """Files on their way: announced, sent, then taken by `files.completeUploadExternal`.

    The next downloads fail with the HTTP status ``failing``, or are sent on to the addresses ``moved``, as Slack does
    between its own hosts.
    """

    slack: Slack
    moved: list[str] = field(default_factory=list)
    failing: list[int] = field(default_factory=list)
    _expected: dict[str, tuple[File, int]] = field(default_factory=dict)
    _arrived: dict[str, File] = field(default_factory=dict)

    def expect(self, file: File, length: int) -> str:
        """Where to send the bytes of a file."""
        ticket = secrets.token_urlsafe(16)
        self._expected[ticket] = (file, length)
        return f"{self.slack.url}/upload/v1/{ticket}"

    def take(self, id: str) -> File:
        """A file whose bytes are there."""
        if id not in self._arrived:
            raise Refusal("file_not_found")
        return self._arrived.pop(id)

    async def upload(self, request: Request) -> Response:
        """`/upload/v1/<ticket>`: the bytes, as many as announced."""
        found = self._expected.pop(request.path_params["ticket"], None)
        if found is None:
            return PlainTextResponse("not found", 404)
        file, length = found
        file.content = await request.body()
        if len(file.content) != length:
            return PlainTextResponse("the length differs from the announced", 400)
        self._arrived[file.id] = file
        return PlainTextResponse(f"OK - {length}")

    async def download(self, request: Request) -> Response:
        """`url_private`: the file for a good token; for anybody else the way to the page for signing in."""
        team, _, id = request.path_params["file"].partition("-")
        token = self.slack.tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        good = token is not None and token.state == "valid" and "files:read" in token.scopes
        if not good or token is None or token.workspace is None or token.workspace.id != team:
            return RedirectResponse(f"{self.slack.url}/signin", 302)
        if self.failing:
            return PlainTextResponse("upstream connect error", self.failing.pop(0))
        if self.moved:
            return RedirectResponse(self.moved.pop(0), 302)
        file = token.workspace.files.get(id)
        if file is None or file.deleted:
            return PlainTextResponse("not found", 404)
        return Response(file.content, media_type=file.mimetype)
