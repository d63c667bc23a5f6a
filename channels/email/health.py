"""What is wrong with an account as its mail servers see it, each with its fix."""

from __future__ import annotations

import asyncio
import imaplib
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.accounts import EmailAccount
from bot.channel import Never, NotNow
from channels.email.imap import opened
from channels.email.smtp import Sending

_OLD_DAYS = 3


async def problems(account: EmailAccount, user: str, password: str) -> Sequence[str]:
    """Logs in to both servers as in earnest."""
    return [*await _reading(account, user, password), *await _sending(account, user, password)]


async def _reading(account: EmailAccount, user: str, password: str) -> Sequence[str]:
    where = f"{account.imap_host}:{account.imap_port}"
    old = (datetime.now(UTC) - timedelta(days=_OLD_DAYS)).strftime("%d-%b-%Y")
    try:
        async with opened(account, user, password, change=False) as mailbox:
            unread = await asyncio.to_thread(mailbox.unseen, before=old)
    except ssl.SSLCertVerificationError as error:
        return [f"The certificate of {where} does not hold: {error.verify_message}. Fix: correct imap_host."]
    except imaplib.IMAP4.error:
        return [f"{where} refuses the log-in or has no INBOX. Fix: correct {account.user} and {account.password}."]
    except OSError:
        return [f"{where} cannot be reached. Fix: correct imap_host, imap_port and imap_tls."]
    if unread:
        return [
            f"{len(unread)} unread e-mails are older than {_OLD_DAYS} days, and each will be answered as if it were"
            " new. Fix: mark as read what needs no answer."
        ]
    return []


async def _sending(account: EmailAccount, user: str, password: str) -> Sequence[str]:
    sending = Sending(account, user, password)
    try:
        await asyncio.to_thread(sending.open)
    except Never as problem:
        return [f"{problem}"]
    except NotNow as problem:
        return [f"{problem} Fix: correct smtp_host, smtp_port and smtp_tls."]
    finally:
        sending.close()
    return []
