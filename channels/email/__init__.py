"""E-mail, both ways: mailboxes read over IMAP and answered over SMTP."""

from __future__ import annotations

from collections.abc import Mapping

from bot.accounts import EmailAccount
from bot.business import Business
from bot.wording import Wording
from channels.email.channel import EmailChannel


def open_channel(
    account: EmailAccount, business: Business, wordings: Mapping[str, Wording], environ: Mapping[str, str]
) -> EmailChannel:
    """The mailbox of one account."""
    return EmailChannel(account, business, wordings, environ)
