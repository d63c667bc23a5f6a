"""The mailbox over IMAP (RFC 3501), with IDLE (RFC 2177) where the server has it. Calls of a `Mailbox` block."""

from __future__ import annotations

import asyncio
import imaplib
import io
import re
import select
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

from bot.accounts import EmailAccount

_CONNECT_SECONDS = 15.0
_ANSWER_SECONDS = 60.0
_TAG = b"WAIT1"  # imaplib makes others

Trouble = (imaplib.IMAP4.error, OSError)
"""What is raised when the server is away, or refuses."""


class Mailbox:
    """INBOX of an account. One thread at a time may call it; `close` any, and ends a call under way."""

    def __init__(self, account: EmailAccount, user: str, password: str) -> None:
        self._account = account
        self._user = user
        self._password = password
        self._imap: imaplib.IMAP4 | None = None
        self.validity = ""

    def open(self, *, change: bool = True) -> None:
        """Log in; ``change`` False leaves all as it is."""
        host, port, tls = self._account.imap_host, self._account.imap_port, self._account.imap_tls
        context = ssl.create_default_context()
        if tls == "always":
            self._imap = imaplib.IMAP4_SSL(host, port, ssl_context=context, timeout=_CONNECT_SECONDS)
        else:
            self._imap = imaplib.IMAP4(host, port, timeout=_CONNECT_SECONDS)
            if tls == "starttls":
                self._imap.starttls(context)
        imap = self._imap
        imap.sock.settimeout(_ANSWER_SECONDS)
        if "AUTH=PLAIN" in imap.capabilities:  # takes every character, as LOGIN does not
            imap.authenticate("PLAIN", lambda _: f"\0{self._user}\0{self._password}".encode())
        else:
            imap.login(self._user, self._password)
        _, found = imap.capability()  # there are more of them now
        self._can_idle = b"IDLE" in (found[0] or b"").upper().split()
        _must(imap.select("INBOX", readonly=not change))
        self.validity = (imap.response("UIDVALIDITY")[1][0] or b"").decode()

    @property
    def can_idle(self) -> bool:
        """Whether `wait` hears of new mail."""
        return self._can_idle

    def unseen(self, *, before: str | None = None) -> list[int]:
        """Numbers (UID) of what nobody has read, the oldest first; ``before`` a day such as ``03-Mar-2026``."""
        _must(self._open.noop())  # the server need not find what it has not told us of
        self._told()
        criteria = ["UNSEEN", "UNDELETED", *(["BEFORE", before] if before else [])]
        found = _must(self._open.uid("SEARCH", *criteria))
        return sorted(int(number) for number in (found[0] or b"").split())

    def read(self, uid: int, *, most: int) -> tuple[bytes, bool] | None:
        """The e-mail and True; of one longer than ``most`` bytes its head and False; None when it is gone."""
        found = _must(self._open.uid("FETCH", str(uid), "(RFC822.SIZE)"))
        size = re.search(rb"RFC822\.SIZE (\d+)", found[0] or b"")
        if size is None:
            return None
        whole = int(size.group(1)) <= most
        items = _must(self._open.uid("FETCH", str(uid), "(BODY.PEEK[])" if whole else "(BODY.PEEK[HEADER])"))
        return next(((item[1], whole) for item in items if isinstance(item, tuple)), None)

    def mark_seen(self, uid: int) -> None:
        """So that it is not found again."""
        _must(self._open.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)"))

    def wait(self, seconds: float) -> None:
        """Until something changes, at most so long. What came after `unseen` looked counts as a change."""
        imap = self._open
        if self._told():  # with the answer to another command; it is not told again
            return
        imap.send(_TAG + b" IDLE\r\n")
        told = False
        while not (line := _line(imap)).startswith(b"+"):
            if line.startswith(_TAG):  # it has thought better of it
                return
            told = True
        if not (told or _something_read(imap)):
            _until_readable(imap.sock, seconds)
        imap.send(b"DONE\r\n")
        while not _line(imap).startswith(_TAG):
            pass

    def _told(self) -> bool:
        """Whether the server has told of new mail since this was asked last."""
        return self._open.response("EXISTS")[1] != [None]

    def close(self) -> None:
        """Hang up; whatever waits for an answer ends."""
        if self._imap is not None:
            with suppress(OSError):
                self._imap.sock.shutdown(socket.SHUT_RDWR)
            with suppress(OSError):
                self._imap.sock.close()

    @property
    def _open(self) -> imaplib.IMAP4:
        assert self._imap is not None
        return self._imap


@asynccontextmanager
async def opened(account: EmailAccount, user: str, password: str, *, change: bool = True) -> AsyncIterator[Mailbox]:
    """The mailbox, see `Mailbox.open`; closed afterwards."""
    mailbox = Mailbox(account, user, password)
    try:
        await asyncio.to_thread(mailbox.open, change=change)
        yield mailbox
    finally:
        mailbox.close()


def _must(answer: tuple[str, Any]) -> list[Any]:
    if answer[0] != "OK":
        raise imaplib.IMAP4.error(answer[0])
    found: list[Any] = answer[1]
    return found


def _line(imap: imaplib.IMAP4) -> bytes:
    line = imap.readline()
    if not line:
        raise imaplib.IMAP4.abort("the server hung up")
    return line


def _something_read(imap: imaplib.IMAP4) -> bool:
    """Whether an answer has come in already: it is in the buffer, where the socket does not show it."""
    imap.sock.setblocking(False)
    try:
        return bool(cast(io.BufferedReader, imap.file).peek(1))
    except ssl.SSLWantReadError:
        return False
    finally:
        imap.sock.settimeout(_ANSWER_SECONDS)


def _until_readable(connection: socket.socket, seconds: float) -> None:
    waiting = select.poll()
    waiting.register(connection, select.POLLIN)
    waiting.poll(seconds * 1000)
