"""Reading an e-mail as it came from the wire, whoever made it and however broken it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.utils import getaddresses

from channels.email.text import from_html

# Beyond these it is an attack or a fault; the parser would take minutes.
_MOST_BOUNDARIES = 5_000
_MOST_MULTIPARTS = 40
_MOST_DEPTH = 30
_MOST_FILES = 30
_LONGEST_HEAD = 256_000  # bytes
_LONGEST_HEADER = 20_000  # characters

_MOST_REFERENCES = 10
_LOGO_BYTES = 10_000  # a picture below this that stands in the text is decoration

_BOUNDARY = re.compile(rb"\bboundary\b", re.IGNORECASE)
_ID = re.compile(r"<[!-;=?-~]{3,250}>")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*")
_NOBODY = re.compile(r"(?:no-?reply|do-?not-?reply|mailer-daemon|postmaster|bounces?)(?:[+._-].*)?@.*", re.IGNORECASE)
_SIGNATURES = {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file in an e-mail: ``part`` is its number, see `enclosure`; ``size`` is in bytes."""

    part: int
    name: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Bounce:
    """A mail server's word that ours was not delivered: the ids it names, and why; ``final`` if it gave up."""

    ids: tuple[str, ...]
    final: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Mail:
    """One e-mail. ``references`` are the ids before it in its thread, from the first to the one it answers.

    ``automatic``: no person wrote it to us, so that answering could go on for ever. ``vouched`` is what the last
    server noted about the sender (RFC 8601). ``whole`` is False where only the head could be read.
    """

    id: str | None
    sender: str | None
    name: str | None
    subject: str
    references: tuple[str, ...]
    automatic: bool
    vouched: str
    text: str = ""
    files: tuple[Enclosed, ...] = ()
    bounce: Bounce | None = None
    whole: bool = True


def read(raw: bytes) -> Mail:
    """Never raises: of what cannot be taken apart, the head is read."""
    if raw.count(b"\n--") <= _MOST_BOUNDARIES and len(_BOUNDARY.findall(raw)) <= _MOST_MULTIPARTS:
        with suppress(Exception):  # the parser's own, for what no mail program makes; too deep, above all
            return _read(BytesParser().parsebytes(raw))
    return read_head(raw)


def read_head(raw: bytes) -> Mail:
    """What the head alone tells."""
    head = re.split(rb"\r?\n\r?\n", raw[:_LONGEST_HEAD], maxsplit=1)[0]
    return _headers(BytesParser().parsebytes(head, headersonly=True), whole=False)


def enclosure(raw: bytes, part: int) -> bytes | None:
    """The file with this number."""
    for number, one in enumerate(_leaves(BytesParser().parsebytes(raw))):
        if number == part:
            return _data(one)
    return None


def _read(message: Message) -> Mail:
    head = _headers(message, whole=True)
    return Mail(
        **{
            name: getattr(head, name)
            for name in ("id", "sender", "name", "subject", "references", "automatic", "vouched")
        },
        text=_text(message).strip(),
        files=tuple(_enclosed(message)),
        bounce=_bounce(message),
    )


def _headers(message: Message, *, whole: bool) -> Mail:
    heads = _Heads(message)
    author, answer_to = heads.person("from"), heads.person("reply-to")
    sender, name = answer_to if answer_to[0] else author
    ids = heads.ids("references")
    parents = [id for id in heads.ids("in-reply-to")[:1] if id not in ids[-1:]]
    return Mail(
        id=next(iter(heads.ids("message-id")), None),
        sender=sender,
        name=name or author[1],
        subject=_decoded(heads.first("subject"))[:300],
        references=shortened((*ids, *parents)),
        automatic=_automatic(heads, sender),
        # Who somebody is was checked for the author, not for whom they ask to answer.
        vouched=heads.first("authentication-results") if sender == author[0] else "",
        whole=whole,
    )


def shortened(ids: tuple[str, ...]) -> tuple[str, ...]:
    """The first and the last ids of a long thread."""
    return ids if len(ids) <= _MOST_REFERENCES else (ids[0], *ids[1 - _MOST_REFERENCES :])


class _Heads:
    """The first header of each name, as text that may still be encoded."""

    def __init__(self, message: Message) -> None:
        self._values: dict[str, str] = {}
        for name, value in message.raw_items():
            self._values.setdefault(name.lower(), _characters(str(value)[:_LONGEST_HEADER]))

    def first(self, name: str) -> str:
        return " ".join(self._values.get(name, "").split())

    def has(self, name: str) -> bool:
        return name in self._values

    def ids(self, name: str) -> list[str]:
        """Ids of e-mails; encoded as nobody should, and some do with long ones."""
        return _ID.findall(_decoded(self.first(name)))

    def person(self, name: str) -> tuple[str | None, str | None]:
        """Address in small letters, and name, each if there is one."""
        people: list[tuple[str, str]] = []
        with suppress(RecursionError, ValueError):  # brackets in brackets
            # Taken apart before it is decoded: an encoded name cannot pass for an address.
            people = getaddresses([self.first(name)[:2_000]])
        for shown, address in people:
            if _ADDRESS.fullmatch(address):
                return address.lower(), _decoded(shown)[:100] or None
        return None, None


def _automatic(heads: _Heads, sender: str | None) -> bool:
    submitted = heads.first("auto-submitted").lower()
    return (
        submitted not in ("", "no")
        or heads.first("precedence").lower() in ("bulk", "junk", "list", "auto_reply")
        or any(heads.has(name) for name in ("list-id", "list-unsubscribe", "x-autoreply", "x-autorespond"))
        or heads.first("x-auto-response-suppress").lower() in ("all", "oof", "autoreply")
        or heads.first("return-path") == "<>"
        or _NOBODY.fullmatch(sender or "") is not None
    )


def _characters(value: str) -> str:
    """Bytes that the parser has kept as halves of characters, as the characters they were meant to be."""
    return _decode(value.encode("utf-8", "surrogateescape"), None)


def _decode(data: bytes, charset: str | None) -> str:
    for name in (charset, "utf-8"):
        try:
            return data.decode(name or "utf-8")
        except (LookupError, UnicodeDecodeError):
            continue
    return data.decode("windows-1252", "replace")


def _decoded(header: str) -> str:
    """A header's text with its encoded words read (RFC 2047), on one line."""
    try:
        words = decode_header(header)
    except (MessageError, ValueError):  # a broken code
        return header
    text = "".join(_decode(word, charset) if isinstance(word, bytes) else word for word, charset in words)
    return " ".join(text.split())


def _leaves(message: Message, depth: int = 0) -> Iterator[Message]:
    """All parts that have no parts, in order; an e-mail in an e-mail is one. Raises `RecursionError` if too deep."""
    if depth > _MOST_DEPTH:
        raise RecursionError
    if message.get_content_maintype() == "multipart" and (parts := _parts(message)):
        for part in parts:
            yield from _leaves(part, depth + 1)
    else:
        yield message


def _parts(message: Message) -> list[Message]:
    parts = message.get_payload()
    return [part for part in parts if isinstance(part, Message)] if isinstance(parts, list) else []


def _text(message: Message, depth: int = 0) -> str:
    if depth > _MOST_DEPTH:
        raise RecursionError
    if message.get_content_maintype() == "multipart" and (parts := _parts(message)):
        if message.get_content_subtype() == "alternative":
            versions = sorted(parts, key=lambda part: part.get_content_type() != "text/plain")
            return next((text for part in versions if (text := _text(part, depth + 1).strip())), "")
        return "\n\n".join(text for part in parts if (text := _text(part, depth + 1).strip()))
    kind = message.get_content_type()
    if kind not in ("text/plain", "text/html") or _is_file(message):
        return ""
    text = _decode(_data(message), message.get_content_charset())
    return from_html(text) if kind == "text/html" else text


def _is_file(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or part.get_filename() is not None


def _data(part: Message) -> bytes:
    if part.get_content_maintype() == "message" and (parts := _parts(part)):
        return b"".join(one.as_bytes() for one in parts)
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _enclosed(message: Message) -> Iterator[Enclosed]:
    found = 0
    for number, part in enumerate(_leaves(message)):
        kind = part.get_content_type()
        if kind in _SIGNATURES or (kind in ("text/plain", "text/html") and not _is_file(part)):
            continue
        size = len(_data(part))
        in_text = kind.startswith("image/") and part.get_content_disposition() != "attachment" and part["content-id"]
        if size == 0 or (in_text and size < _LOGO_BYTES):
            continue
        found += 1
        if found > _MOST_FILES:
            return
        name = _decoded(_characters(part.get_filename() or "")) or f"file.{part.get_content_subtype()[:20]}"
        yield Enclosed(number, name, kind, size)


def _bounce(message: Message) -> Bounce | None:
    """What a delivery report says (RFC 3464)."""
    if message.get_content_type() != "multipart/report":
        return None
    fields: dict[str, str] = {}
    ids: list[str] = []
    for part in _leaves(message):
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            for block in _parts(part):
                fields |= {name.lower(): _decoded(_characters(str(value))) for name, value in block.raw_items()}
        elif kind in ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers"):
            ids += _Heads(BytesParser().parsebytes(_data(part), headersonly=True)).ids("message-id")
    if not fields:
        return None
    final = fields.get("action", "").lower() == "failed" and not fields.get("status", "5").startswith("4")
    reason = fields.get("diagnostic-code", fields.get("status", "")).removeprefix("smtp;").strip()
    return Bounce(tuple(ids), final, reason[:300])
