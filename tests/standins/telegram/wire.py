"""Requests as they come over HTTP: form, multipart with files, or JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from .errors import Malformed, bad_request


@dataclass(frozen=True)
class Upload:
    """A file within a request."""

    name: str
    mime_type: str
    content: bytes


async def read(request: Request) -> tuple[dict[str, Any], dict[str, Upload]]:
    """The parameters, not yet decoded, and the files by the name of their part.

    A file that comes as the parameter itself is named ``attach://`` like the others. Raises `Malformed`.
    """
    fields: dict[str, Any] = dict(parse_qsl(request.url.query, keep_blank_values=True))
    body = await request.body()
    kind = _header(request.headers.get("content-type", ""))
    if not body:
        return fields, {}
    match kind.get_content_type():
        case "application/json":
            fields |= _json(body)
        case "application/x-www-form-urlencoded":
            fields |= dict(parse_qsl(_text(body), keep_blank_values=True))
        case "multipart/form-data":
            texts, files = _parts(body, str(kind.get_param("boundary")).encode())
            direct = {name: f"attach://{name}" for name in files if not _mentioned(name, texts)}
            return {**fields, **texts, **direct}, files
        case other:
            raise Malformed(bad_request(f"unsupported content type {other}"))
    return fields, {}


def _header(value: str) -> Message:
    header = Message()
    header["content-type"] = value
    return header


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Malformed(bad_request("can't parse request body as JSON object"))
    return found


def _parts(body: bytes, boundary: bytes) -> tuple[dict[str, str], dict[str, Upload]]:
    texts: dict[str, str] = {}
    files: dict[str, Upload] = {}
    # The first piece is before the first boundary, the last is the "--" that closes the body.
    for piece in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:-1]:
        head, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        part = Message()
        for line in _text(head).splitlines():
            name, _, value = line.partition(": ")
            part[name] = value
        name = str(part.get_param("name", header="content-disposition"))
        filename = part.get_param("filename", header="content-disposition")
        if filename is None:
            texts[name] = _text(content)
        else:
            files[name] = Upload(str(filename), part.get_content_type(), content)
    return texts, files


def _text(source: bytes) -> str:
    try:
        return source.decode()
    except UnicodeDecodeError:
        raise Malformed(bad_request("strings must be encoded in UTF-8")) from None


def _mentioned(name: str, texts: dict[str, str]) -> bool:
    return any(f"attach://{name}" in text for text in texts.values())
