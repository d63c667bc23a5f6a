"""What all HTTP surfaces share: one form of error, security headers, a limit on bodies, clean text."""

from __future__ import annotations

import logging
import re
import traceback
import unicodedata
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.business import MOST_FILE_MEGABYTES
from bot.errors import Refused, Unavailable

log = logging.getLogger(__name__)

# The longest message has 4,000 characters; in JSON escapes that is 24 kB.
BODY_BYTES = 64_000

# Where other bodies come in: a platform says one long message several times over, and agents upload files, whose own
# limit is lower and known to who reads them.
_LONGER = (
    (re.compile(r"/channels/.*"), 1_000_000),
    (re.compile(r"/desk/api/conversations/[^/]+/files"), MOST_FILE_MEGABYTES * 1_000_000),
)

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cross-origin-opener-policy": "same-origin",
}


def clean(text: str) -> str:
    """Text as it may be stored and shown: no control characters, no halves of a character, no outer space.

    Right-to-left text and emoji stay as they are; only the overrides that make text look like another
    (U+202A–U+202E, U+2066–U+2069) go.
    """
    kept = "".join(
        character
        for character in text.replace("\r\n", "\n").replace("\r", "\n")
        if character in "\n\t"
        or not (unicodedata.category(character) in ("Cc", "Cs") or "\u202a" <= character <= "\u202e"
                or "\u2066" <= character <= "\u2069")
    )  # fmt: skip
    return unicodedata.normalize("NFC", kept).strip()


def _not_empty(text: str) -> str:
    if not text:
        raise ValueError("must not be empty")
    return text


def _storable(text: str) -> str:
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("must hold neither U+0000 nor halves of a character")
    return text


StorableText = Annotated[str, AfterValidator(_storable)]  # for names and commands, which must not change silently
CleanText = Annotated[str, AfterValidator(clean), AfterValidator(_not_empty)]
ClientId = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_.:-]+$")]


class Body(BaseModel):
    """A request body: what it does not know, it refuses."""

    model_config = ConfigDict(extra="forbid", strict=True)


def error(status: int, code: str, message: str, *, retry_after: int | None = None) -> JSONResponse:
    """The one form of error."""
    headers = {"retry-after": str(retry_after)} if retry_after else None
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers)


FRESH = {"cache-control": "no-cache"}


class FreshFiles(StaticFiles):
    """Static files that browsers keep but ask about, so that an update reaches everybody at once."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """One file."""
        response = super().file_response(*args, **kwargs)
        response.headers.update(FRESH)
        return response


def add_error_handlers(app: FastAPI, *, missing: Callable[[Request], Response] | None = None) -> None:
    """Turn every refusal into the one form; what is not ours is `Guard`'s.

    Who opens an address in a browser where there is nothing to read gets the page ``missing``, if there is one.
    """

    @app.exception_handler(Refused)
    async def refused(_: Request, problem: Refused) -> JSONResponse:
        return error(problem.status, problem.code, str(problem), retry_after=problem.retry_after)

    @app.exception_handler(Unavailable)
    async def unavailable(_: Request, problem: Unavailable) -> JSONResponse:
        return error(503, "unavailable", "We cannot reach our records for a moment. Please try again.", retry_after=2)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, problem: RequestValidationError) -> JSONResponse:
        first = problem.errors()[0]
        if first["type"] == "json_invalid":
            return error(400, "invalid_json", "The request is not valid JSON.")
        place = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path"))
        return error(422, "invalid", f"{place}: {first['msg']}" if place else first["msg"])

    @app.exception_handler(HTTPException)
    async def http(request: Request, problem: HTTPException) -> Response:
        if missing and problem.status_code in (404, 405) and _is_browsing(request):
            return missing(request)
        if problem.status_code == 400:  # the body is not even text
            return error(400, "invalid_json", "The request is not valid JSON.")
        codes = {404: "not_found", 405: "method_not_allowed"}
        return error(problem.status_code, codes.get(problem.status_code, "refused"), str(problem.detail))


def _is_browsing(request: Request) -> bool:
    """Whether this is a browser on its way to a page; its scripts and pictures ask for other things than HTML."""
    return request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", "")


class Guard:
    """Adds the security headers, refuses bodies that are too long, whatever length they claim, and answers a crash.

    A fault of ours becomes a plain 500 without its text.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = next((most for path, most in _LONGER if path.fullmatch(scope["path"])), BODY_BYTES)
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if declared.isdigit() and int(declared) > most:
            await _too_long()(scope, receive, _with_headers(send))
            return
        read, too_long, started = 0, False, False

        async def limited() -> Message:
            nonlocal read, too_long
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                too_long = True
                return {"type": "http.disconnect"}
            return message

        async def watched(message: Message) -> None:
            nonlocal started
            if too_long and not started:
                return
            started = True
            await _with_headers(send)(message)

        try:
            await self.app(scope, limited, watched)
        except Exception as problem:
            if not too_long:
                # The trace without the message: that may quote a row, and with it a customer.
                trace = "".join(traceback.format_tb(problem.__traceback__))
                log.error("request failed", extra={"error": type(problem).__name__, "trace": trace})
                if not started:
                    crash = error(500, "internal", "Something went wrong on our side. Please try again.")
                    await crash(scope, receive, _with_headers(send))
        if too_long and not started:
            await _too_long()(scope, receive, _with_headers(send))


def _too_long() -> JSONResponse:
    return error(413, "too_long", "This is too long. Please send it in smaller parts.")


def _with_headers(send: Send) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = {name for name, _ in message["headers"]}
            extra: list[tuple[bytes, bytes]] = [
                (name.encode(), value.encode()) for name, value in _HEADERS.items() if name.encode() not in present
            ]
            message = {**message, "headers": [*message["headers"], *extra]}
        await send(message)

    return wrapped


def event(name: str, data: str, *, id: Any = None) -> str:
    """One server-sent event; ``data`` is JSON on one line."""
    return f"{f'id: {id}' + chr(10) if id is not None else ''}event: {name}\ndata: {data}\n\n"
