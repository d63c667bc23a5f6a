"""Mail servers of this machine: real ones from packages, on real sockets, with trouble on demand."""

from __future__ import annotations

import asyncio
import imaplib
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import formataddr, make_msgid
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.embedded_postgres import end_with_parent
from tests.scenarios.stack import free_port

ADDRESS, USER, PASSWORD = "help@fjordlys.example", "help", "correct horse battery"

Tls = Literal["always", "starttls", "never"]


@dataclass(frozen=True)
class Certificate:
    """A certificate for this machine, which no one trusts who is not told to."""

    file: Path
    key: Path

    @classmethod
    def made(cls, folder: Path) -> Certificate:
        """A new one in ``folder``."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(names, critical=False)
            .sign(key, hashes.SHA256())
        )
        found = cls(folder / "certificate.pem", folder / "key.pem")
        found.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        secret = serialization.NoEncryption()
        form = serialization.PrivateFormat.PKCS8
        found.key.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, secret))
        return found

    def context(self) -> ssl.SSLContext:
        """For a server."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context


@dataclass
class Outbound:
    """An SMTP server (aiosmtpd): what arrived, and what is to go wrong, one after the other.

    ``trouble`` holds what is answered instead of a yes, to the command it begins with: ``"RCPT 550 5.1.1 unknown"``,
    ``"DATA 451 later"``; ``"hang up at RCPT"``; ``"lose the mail"`` and ``"lose the answer"`` end the connection
    without a word after the whole e-mail was sent.
    """

    certificate: Certificate | None = None
    tls: Tls = "never"
    port: int = field(default_factory=free_port)
    arrived: list[EmailMessage] = field(default_factory=list)
    readers: list[str] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    password: str = PASSWORD
    calls: int = 0

    @contextmanager
    def running(self) -> Iterator[Outbound]:
        """Serve until the end of the block."""
        secure = self.certificate.context() if self.certificate else None
        controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            ssl_context=secure if self.tls == "always" else None,
            tls_context=secure if self.tls == "starttls" else None,
            require_starttls=self.tls == "starttls",
            server_hostname="mail.fjordlys.example",
            authenticator=self._knows,
            auth_required=True,
            auth_require_tls=self.tls == "starttls",
        )
        controller.start()
        try:
            yield self
        finally:
            controller.stop()

    def _knows(self, server: Any, session: Any, envelope: Any, mechanism: str, login: Any) -> AuthResult:
        known = isinstance(login, LoginPassword) and login.password == self.password.encode()
        return AuthResult(success=known, handled=False)

    def _answer(self, server: Any, command: str) -> str | None:
        if not self.trouble:
            return None
        if self.trouble[0] == f"hang up at {command}":
            self.trouble.pop(0)
            server.transport.abort()
            return "421 Bye"
        if self.trouble[0].startswith(f"{command} "):
            return self.trouble.pop(0).removeprefix(f"{command} ")
        return None

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        """The sender."""
        self.calls += 1
        if (answer := self._answer(server, "MAIL")) is not None:
            return answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        """The reader."""
        if (answer := self._answer(server, "RCPT")) is not None:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """The e-mail."""
        if (answer := self._answer(server, "DATA")) is not None:
            return answer
        trouble = self.trouble.pop(0) if self.trouble else ""
        if trouble != "lose the mail":
            mail = BytesParser(policy=policy.default).parsebytes(envelope.content)
            assert isinstance(mail, EmailMessage)
            self.arrived.append(mail)
            self.readers += envelope.rcpt_tos
        if trouble:
            server.transport.abort()
        return "250 OK"


class Inbound:
    """An IMAP server (pymap, in a process of its own) with one mailbox in memory."""

    def __init__(self, *, certificate: Certificate | None = None) -> None:
        self.port = free_port()
        self._certificate = certificate

    @contextmanager
    def running(self) -> Iterator[Inbound]:
        """Serve until the end of the block."""
        tls = self._certificate
        secure = ["--cert", str(tls.file), "--key", str(tls.key)] if tls else ["--no-tls"]
        server = ["--host", "127.0.0.1", "--port", str(self.port), *secure]
        mailbox = ["dict", "--demo-user", USER, "--demo-password", PASSWORD]
        command = [sys.executable, "-c", "from pymap.main import main; main()", *server, *mailbox]
        process = subprocess.Popen(
            command, stderr=subprocess.DEVNULL, preexec_fn=lambda: end_with_parent(signal.SIGKILL)
        )
        try:
            self._imap = self._log_in()
            yield self
        finally:
            process.kill()
            process.wait()

    def receives(self, mail: EmailMessage | bytes) -> None:
        """An e-mail comes in."""
        data = mail.as_bytes(policy=policy.SMTP) if isinstance(mail, EmailMessage) else mail
        assert self._imap.append("INBOX", None, None, data)[0] == "OK"  # type: ignore[arg-type]

    def unread(self) -> int:
        """How many e-mails nobody has taken in."""
        self._imap.select("INBOX")  # pymap may keep from a session what another one has marked
        return len(self._imap.search(None, "UNSEEN")[1][0].split())

    def empty(self) -> None:
        """Away with everything."""
        self._imap.store("1:*", "+FLAGS.SILENT", r"(\Deleted)")
        self._imap.expunge()

    def mark_unread(self) -> None:
        """As after a crash between storing and marking."""
        self._imap.store("1:*", "-FLAGS.SILENT", r"(\Seen)")

    def _log_in(self) -> imaplib.IMAP4:
        end = time.monotonic() + 30
        while True:
            try:
                imap = imaplib.IMAP4("127.0.0.1", self.port, timeout=10)
            except OSError:
                assert time.monotonic() < end, "pymap did not start"
                time.sleep(0.05)
                continue
            if self._certificate:
                imap.starttls(ssl.create_default_context(cafile=str(self._certificate.file)))
            imap.login(USER, PASSWORD)
            imap.select("INBOX")
            return imap


class Cable:
    """What lies between us and a server: it can be cut, speak TLS, or withhold a word of the server's."""

    def __init__(self, port: int, *, secure: ssl.SSLContext | None = None, withheld: bytes = b"") -> None:
        self.port = free_port()
        self._to = port
        self._secure = secure
        self._withheld = withheld
        self._open: list[asyncio.StreamWriter] = []
        self._broken = False
        self.connections = 0

    @asynccontextmanager
    async def laid(self) -> AsyncIterator[Cable]:
        """Until the end of the block."""
        server = await asyncio.start_server(self._carry, "127.0.0.1", self.port, ssl=self._secure)
        try:
            yield self
        finally:
            server.close()
            self.cut()

    def cut(self) -> None:
        """End every connection, and let no new one come about."""
        self._broken = True
        for end in self._open:
            end.transport.abort()
        self._open.clear()

    def mend(self) -> None:
        """Let connections come about again."""
        self._broken = False

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.append(writer)
        if self._broken:
            writer.transport.abort()
            return
        self.connections += 1
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._to)
        self._open.append(server_writer)
        await asyncio.gather(self._pump(reader, server_writer), self._pump(server_reader, writer, self._withheld))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, withheld: bytes = b"") -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data.replace(withheld, b"X" * len(withheld)) if withheld else data)
                await writer.drain()
        with suppress(OSError):
            writer.close()


def letter(
    text: str,
    *,
    subject: str = "My order",
    sender: str = "kari@example.org",
    name: str = "Kari Nordmann",
    answers: EmailMessage | None = None,
    **headers: str,
) -> EmailMessage:
    """What somebody writes, as their mail program makes it; ``answers`` is quoted below.

    Other ``headers`` by their names with ``_`` for ``-``; an empty one is left out.
    """
    mail = EmailMessage()
    made = {
        "From": formataddr((name, sender)),
        "To": ADDRESS,
        "Subject": subject if answers is None else answers["Subject"],
        "Message-ID": make_msgid(domain="example.org"),
    }
    if answers is not None:
        made["In-Reply-To"] = answers["Message-ID"]
        made["References"] = f"{answers['References'] or ''} {answers['Message-ID']}".strip()
        quoted = "\n".join(f"> {line}".rstrip() for line in words(answers).splitlines())
        text = f"{text}\n\nOn Mon, 2 Nov 2026 at 10:12, Fjordlys <{ADDRESS}> wrote:\n{quoted}"
    for header, value in (made | {header.replace("_", "-"): value for header, value in headers.items()}).items():
        if value:
            mail[header] = value
    mail.set_content(text)
    return mail


def words(mail: EmailMessage) -> str:
    """The plain text."""
    body = mail.get_body(("plain",))
    assert body is not None
    text: str = body.get_content()
    return text.replace("\r\n", "\n").strip()
