"""Sending one e-mail over SMTP (RFC 5321), and what the server's refusals mean. Its calls block."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from contextlib import suppress

from bot.accounts import EmailAccount
from bot.channel import Gone, Never, NotNow

_CONNECT_SECONDS = 15.0
_ANSWER_SECONDS = 60.0
_SETTINGS_SECONDS = 300.0  # somebody has to change something first

# Refusals of a message rather than of its reader: policy, size, a full mailbox (RFC 3463).
_THIS_MESSAGE = re.compile(r"5\.(?:7|6|3|2\.2)")


class Sending:
    """One connection for one e-mail. `close` may be called from any thread, and ends a call under way."""

    def __init__(self, account: EmailAccount, user: str, password: str) -> None:
        self._account = account
        self._user = user
        self._password = password
        self._smtp: smtplib.SMTP | None = None

    def send(self, to: str, mail: bytes) -> None:
        """Raises `NotNow`, `Never` and `Gone`; anything else leaves open whether it was taken."""
        self.open()
        smtp = self._smtp
        assert smtp is not None
        try:
            _accepted(smtp.mail(self._account.address, [f"size={len(mail)}"] if smtp.has_extn("size") else []))
            _accepted(smtp.rcpt(to), reader=True)
        except (smtplib.SMTPException, OSError) as error:
            raise NotNow("The mail server hung up.") from error
        try:
            _accepted(smtp.data(mail))
        except smtplib.SMTPDataError as error:  # it did not want to hear it
            _accepted((error.smtp_code, _bytes(error.smtp_error)))
        with suppress(smtplib.SMTPException, OSError):
            smtp.quit()

    def open(self) -> None:
        """Connect and log in. Raises `NotNow`, and `Gone` when the password does not hold."""
        name = self._account.smtp_host
        try:
            self._connect()
        except smtplib.SMTPAuthenticationError as error:
            if error.smtp_code < 500:
                raise NotNow(f"{name} cannot check our password just now.", everywhere=True) from error
            raise Gone(
                f"{name} does not accept our user and password."
                f" Check {self._account.user} and {self._account.password}, then try again."
            ) from error
        except ssl.SSLCertVerificationError as error:
            problem = f"The certificate of {name} does not hold: {error.verify_message}."
            raise NotNow(problem, seconds=_SETTINGS_SECONDS, everywhere=True) from error
        except (smtplib.SMTPException, OSError) as error:
            raise NotNow(f"{name} cannot be reached.", everywhere=True) from error

    def close(self) -> None:
        """Hang up."""
        connection = self._smtp.sock if self._smtp is not None else None
        if connection is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            with suppress(OSError):
                connection.close()

    def _connect(self) -> None:
        account, context = self._account, ssl.create_default_context()
        us = account.address.partition("@")[2]
        where = (account.smtp_host, account.smtp_port)
        if account.smtp_tls == "always":
            self._smtp = smtplib.SMTP_SSL(*where, us, timeout=_CONNECT_SECONDS, context=context)
        else:
            self._smtp = smtplib.SMTP(*where, us, timeout=_CONNECT_SECONDS)
            if account.smtp_tls == "starttls":
                self._smtp.starttls(context=context)
        smtp = self._smtp
        assert smtp.sock is not None
        smtp.sock.settimeout(_ANSWER_SECONDS)
        smtp.ehlo_or_helo_if_needed()
        if smtp.has_extn("auth"):  # a relay on the same machine may know us without
            smtp.login(self._user, self._password)


def _accepted(answer: tuple[int, bytes], *, reader: bool = False) -> None:
    """Raises unless it is a yes; ``reader``: the answer is about the one it goes to."""
    code, said = answer[0], _bytes(answer[1]).decode("utf-8", "replace")
    words = " ".join(said.split())[:300]
    if 200 <= code < 300:
        return
    if code == 421:
        raise NotNow(f"The mail server is busy: {words}", everywhere=True)
    if 400 <= code < 500:
        raise NotNow(f"The mail server asks to wait: {code} {words}")
    if reader and not _THIS_MESSAGE.match(words):
        raise Gone(f"This address cannot be reached: {code} {words}")
    raise Never(f"The mail server refuses it: {code} {words}")


def _bytes(said: bytes | str) -> bytes:
    return said.encode() if isinstance(said, str) else said
