"""Files that come and go with messages: what they really are, which are taken, what they are called.

What counts is the bytes. A name or a sender that says otherwise is a lie, and the file is refused; between formats
of one family (a JPEG called .png, a voice message in a video's container) the name is put right instead, as honest
programs mix these up.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

from fastapi import Response

from bot.business import FileKind
from bot.db import Connection, queries, to_json
from bot.errors import InvalidMessage, NotFound
from bot.http import clean

_SQL = queries("files")

_INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""What a browser may show by itself; everything else is only handed out."""

BYTES: dict[int | str, dict[str, Any]] = {200: {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}}
"""How OpenAPI says that an answer is a file."""

LONGEST_NAME = 100
MOST_AT_ONCE = 10  # files of one message


@dataclass(frozen=True, slots=True)
class Format:
    """What a file is. ``kind`` None: nothing we ever take; ``endings``: those that say so, the usual one first."""

    words: str
    media_type: str = ""
    kind: FileKind | None = None
    endings: tuple[str, ...] = ()

    @property
    def family(self) -> str:
        """What must not be mistaken for anything else."""
        match self.kind:
            case "images":
                return "a picture"
            case "audio" | "video":
                return "a recording"
        return self.words


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that stands on a platform; ``source`` is what `Channel.fetch` needs to have it."""

    name: str
    media_type: str
    source: Mapping[str, Any]
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that is taken, as it is stored."""

    name: str
    media_type: str


_JPEG = Format("a JPEG picture", "image/jpeg", "images", ("jpg", "jpeg", "jpe", "jfif"))
_PNG = Format("a PNG picture", "image/png", "images", ("png",))
_GIF = Format("a GIF picture", "image/gif", "images", ("gif",))
_WEBP = Format("a WebP picture", "image/webp", "images", ("webp",))
_HEIC = Format("a HEIC picture", "image/heic", "images", ("heic", "heif", "hif"))
_AVIF = Format("an AVIF picture", "image/avif", "images", ("avif",))
_PDF = Format("a PDF document", "application/pdf", "documents", ("pdf",))
_RTF = Format("an RTF document", "application/rtf", "documents", ("rtf",))
_TEXT = Format("a text", "text/plain", "documents", ("txt", "csv", "tsv", "md", "log", "ics", "vcf"))
_MP3 = Format("an MP3 recording", "audio/mpeg", "audio", ("mp3",))
_OGG = Format("an Ogg recording", "audio/ogg", "audio", ("ogg", "oga", "opus"))
_M4A = Format("an M4A recording", "audio/mp4", "audio", ("m4a", "m4b"))
_AAC = Format("an AAC recording", "audio/aac", "audio", ("aac",))
_WAV = Format("a WAV recording", "audio/wav", "audio", ("wav",))
_FLAC = Format("a FLAC recording", "audio/flac", "audio", ("flac",))
_AMR = Format("an AMR recording", "audio/amr", "audio", ("amr",))
_MP4 = Format("an MP4 video", "video/mp4", "video", ("mp4", "m4v", "3gp"))
_MOV = Format("a QuickTime video", "video/quicktime", "video", ("mov", "qt"))
_WEBM = Format("a WebM video", "video/webm", "video", ("webm",))

_WEB_PAGE = Format("a web page")
_PROGRAM = Format("a program")
_ARCHIVE = Format("an archive")
_MACROS = Format("a document with macros")

_OFFICE = {
    b"word/": Format(
        "a Word document",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "documents", ("docx",),
    ),
    b"xl/": Format(
        "an Excel sheet", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "documents", ("xlsx",)
    ),
    b"ppt/": Format(
        "a presentation",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation", "documents", ("pptx",),
    ),
}  # fmt: skip
_OPEN_DOCUMENT = {
    form.media_type.encode(): form
    for form in (
        Format("an OpenDocument text", "application/vnd.oasis.opendocument.text", "documents", ("odt",)),
        Format("an OpenDocument sheet", "application/vnd.oasis.opendocument.spreadsheet", "documents", ("ods",)),
        Format("an OpenDocument slide show", "application/vnd.oasis.opendocument.presentation", "documents", ("odp",)),
    )
}

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", _PNG),
    (b"\xff\xd8\xff", _JPEG),
    (b"GIF87a", _GIF),
    (b"GIF89a", _GIF),
    (b"%PDF-", _PDF),
    (b"{\\rtf", _RTF),
    (b"ID3", _MP3),
    (b"OggS", _OGG),
    (b"fLaC", _FLAC),
    (b"#!AMR", _AMR),
    (b"MZ", _PROGRAM),
    (b"\x7fELF", _PROGRAM),
    (b"#!", _PROGRAM),
    (b"\xca\xfe\xba\xbe", _PROGRAM),
    (b"\xcf\xfa\xed\xfe", _PROGRAM),
    (b"\x1f\x8b", _ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", _ARCHIVE),
    (b"Rar!", _ARCHIVE),
)
_RIFF = {b"WEBP": _WEBP, b"WAVE": _WAV}
_BRANDS = dict.fromkeys((b"heic", b"heix", b"hevc", b"heim", b"mif1", b"msf1"), _HEIC) | {
    b"avif": _AVIF, b"avis": _AVIF, b"M4A ": _M4A, b"M4B ": _M4A, b"qt  ": _MOV,
}  # fmt: skip

_FORMATS = (
    _JPEG, _PNG, _GIF, _WEBP, _HEIC, _AVIF, _PDF, _RTF, _TEXT, _MP3, _OGG, _M4A, _AAC, _WAV, _FLAC, _AMR, _MP4, _MOV,
    _WEBM, *_OFFICE.values(), *_OPEN_DOCUMENT.values(),
)  # fmt: skip
_BY_ENDING = {ending: form for form in _FORMATS for ending in form.endings}

_MARKUP = (b"<!doctype", b"<html", b"<svg", b"<script", b"<?xml", b"<body", b"<head")
_LOOKED_AT = 4096  # bytes of a text's beginning in which a web page shows itself
_BINARY = bytes(set(range(32)) - set(b"\t\n\r\f\x1b")) + b"\x7f"


def check(data: bytes, name: str, media_type: str, *, kinds: Sequence[FileKind], megabytes: int) -> Checked:
    """The file as it may be stored; ``name`` and ``media_type`` are what its sender says.

    Raises `InvalidMessage` with a sentence for an agent: empty, too large, of a kind that is not taken, or a lie.
    """
    if not data:
        raise _refused("This file is empty.")
    check_size(len(data), megabytes=megabytes)
    name = clean_name(name)
    found = sniff(data, name)
    claimed = next((claim for claim in _claims(name, media_type) if found is None or claim != found.family), None)
    if claimed is not None:
        inside = found.words if found else "something else"
        raise _refused(f"“{name}” says that it is {claimed}, but inside it is {inside}.")
    if found is None or found.kind is None:
        what = f"This is {found.words}" if found else "We do not know what kind of file this is"
        raise _refused(f"{what}. We take {_listed(kinds)}.")
    if found.kind not in kinds:
        raise _refused(f"This is {found.words}. We take {_listed(kinds)}.")
    return Checked(_ending_as(name, found), found.media_type)


def check_size(size: int, *, megabytes: int) -> None:
    """Raises `InvalidMessage` when ``size`` bytes are more than ``megabytes``."""
    if size > megabytes * 1_000_000:
        raise too_large(megabytes)


def too_large(megabytes: int) -> InvalidMessage:
    """What is said of a file that is longer than we take."""
    problem = _refused(f"This file is larger than {megabytes} MB.", code="too_long")
    problem.status = 413
    return problem


def sniff(data: bytes, name: str = "") -> Format | None:
    """What the bytes are, None when we do not know.

    Text has no mark of its own: it is one when ``name`` says so and no byte speaks against it.
    """
    for signature, form in _SIGNATURES:
        if data.startswith(signature):
            return form
    if data.startswith(b"RIFF"):
        return _RIFF.get(data[8:12])
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12], _MP4)
    if data.startswith(b"\x1aE\xdf\xa3"):
        return _WEBM if b"webm" in data[:64] else None
    if data.startswith(b"PK"):
        return _zipped(data)
    if len(data) > 2 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0:  # a frame of MPEG audio
        return {0b01: _MP3, 0b00: _AAC}.get(data[1] >> 1 & 0b11) or _text(data, name)
    return _text(data, name)


def clean_name(name: str) -> str:
    """A name as it may be shown and saved under: no folders, nothing unseen, no meaning to any file system."""
    last = clean(name).replace("\\", "/").rstrip("/").rpartition("/")[2]
    seen = "".join(
        "_" if character in '<>:"|?*' else character
        for character in last
        if unicodedata.category(character) != "Cf" or character in "\u200c\u200d"  # those join letters, and emoji
    )
    seen = " ".join(seen.split()).strip(". ")
    stem, dot, ending = seen.rpartition(".")
    if dot and len(ending) <= 8:
        return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}"
    return seen[:LONGEST_NAME] or "file"


def endings(kinds: Sequence[FileKind]) -> list[str]:
    """What names of files of these kinds may end in."""
    return [ending for ending, form in _BY_ENDING.items() if form.kind in kinds]


async def upload(
    connection: Connection, conversation: UUID, agent: int, file: Checked, data: bytes
) -> Mapping[str, Any]:
    """Keep an agent's file for the message they write next; its id, name, media type and size."""
    values = {"conversation": conversation, "agent": agent, "name": file.name, "media_type": file.media_type}
    row = await (await connection.execute(_SQL["upload"], {**values, "data": data})).fetchone()
    assert row is not None
    return row


async def attach(connection: Connection, conversation: UUID, agent: int, seq: int, files: Sequence[UUID]) -> None:
    """Let uploaded files go out with the message ``seq``. Raises `NotFound` unless all are this agent's and unsent."""
    values = {"conversation": conversation, "agent": agent, "seq": seq, "files": list(files)}
    rows = await (await connection.execute(_SQL["attach"], values)).fetchall()
    if len(rows) != len(files):
        raise NotFound("A file of this message is not there any more. Please attach it again.")


async def expect(
    connection: Connection, conversation: UUID, seq: int, files: Sequence[Attached], *, place: int
) -> None:
    """Files that came with the message ``seq`` at a place, whose account is to fetch them (`bot.fetching`)."""
    for ordinal, file in enumerate(files):
        values = {
            "id": conversation,
            "place": place,
            "seq": seq,
            "ordinal": ordinal,
            "name": clean_name(file.name),
            "media_type": file.media_type[:100],
            "size": file.size,
            "source": to_json(file.source),
        }
        await connection.execute(_SQL["expect"], values)


async def hand_out(connection: Connection, conversation: UUID, file: UUID, *, visitor: bool) -> Response:
    """One file of a conversation as an answer; a ``visitor`` gets only what was sent, and never shown in the page.

    Raises `NotFound`. Whatever the file holds, the browser takes it for nothing else and runs nothing in it.
    """
    values = {"conversation": conversation, "id": file, "sent": visitor}
    row = await (await connection.execute(_SQL["read"], values)).fetchone()
    if row is None:
        raise NotFound("There is no such file here.")
    shown = "inline" if row["media_type"] in _INLINE and not visitor else "attachment"
    headers = {
        "content-disposition": f"{shown}; filename*=UTF-8''{quote(row['name'], safe='')}",
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        "cross-origin-resource-policy": "cross-origin" if visitor else "same-origin",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
    }
    return Response(row["data"], media_type=row["media_type"], headers=headers)


def _zipped(data: bytes) -> Format:
    # Names of what is inside stand in a ZIP as they are: nothing has to be unpacked, so nothing can blow up.
    if data[30:38] == b"mimetype":
        kept = (form for mark, form in _OPEN_DOCUMENT.items() if data.startswith(mark, 38))
        return next(kept, _ARCHIVE)
    if b"[Content_Types].xml" not in data:
        return _ARCHIVE
    if b"vbaProject.bin" in data:
        return _MACROS
    return next((form for folder, form in _OFFICE.items() if folder in data), _ARCHIVE)


def _text(data: bytes, name: str) -> Format | None:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = data.decode("utf-16", "replace").encode()
    start = data[:_LOOKED_AT].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(b"<") or any(mark in start for mark in _MARKUP):
        return _WEB_PAGE
    if data.translate(None, _BINARY) != data:
        return None
    return _TEXT if _ending(name) in _TEXT.endings else None


def _claims(name: str, media_type: str) -> Iterator[str]:
    """The families that a file says it is of; none when it does not say."""
    ending = _BY_ENDING.get(_ending(name))
    if ending is not None:
        yield ending.family
    match media_type.partition("/")[0].lower():
        case "image":
            yield "a picture"
        case "audio" | "video":
            yield "a recording"


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""


def _ending_as(name: str, form: Format) -> str:
    """The name with an ending that fits: a wrong one of its family goes, an unknown one may be part of the name."""
    ending = _ending(name)
    if ending in form.endings:
        return name
    stem = name.rpartition(".")[0] if ending in _BY_ENDING else name
    return clean_name(f"{stem or 'file'}.{form.endings[0]}")


def _listed(kinds: Sequence[FileKind]) -> str:
    if not kinds:
        return "no files"
    *first, last = kinds
    return f"{', '.join(first)} and {last}" if first else last


def _refused(problem: str, *, code: str = "file_refused") -> InvalidMessage:
    return InvalidMessage(problem, code=code)
