"""A mailbox on real servers and sockets, our own way of reading and writing, and the courier between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest

from bot import delivery
from bot.accounts import EmailAccount
from bot.db import transaction
from bot.services import Services
from channels.email import EmailChannel, open_channel
from tests.standins.email import ADDRESS, PASSWORD, USER, Inbound, Outbound
from tests.world import World

ENVIRONMENT = {"EMAIL_USER": USER, "EMAIL_PASSWORD": PASSWORD, "EMAIL_SIGNING_SECRET": "only for this test"}


class Shop(World):
    """A database, a mailbox, and what stands between them."""

    inbound: Inbound
    outbound: Outbound

    def channel(self, **other: Any) -> EmailChannel:
        """The channel of our mailbox, as a process that starts makes it."""
        settings: dict[str, Any] = {
            "account": "help", "address": ADDRESS,
            "imap_host": "127.0.0.1", "imap_port": self.inbound.port, "imap_tls": "never",
            "smtp_host": "127.0.0.1", "smtp_port": self.outbound.port, "smtp_tls": "never",
        }  # fmt: skip
        environ = {**ENVIRONMENT, **other.pop("environ", {})}
        account = EmailAccount(**(settings | other))
        return open_channel(account, self.services.business, self.services.wordings, environ)

    @asynccontextmanager
    async def open(self, *channels: EmailChannel) -> AsyncIterator[None]:
        """Both ways at work, for our channel or others."""
        ours = channels or (self.channel(),)
        listening = [asyncio.create_task(one.listen(self.services)) for one in ours]
        try:
            async with self.delivering(*ours):
                yield
        finally:
            for task in listening:
                task.cancel()
            await asyncio.gather(*listening, return_exceptions=True)

    async def receives(self, *mails: EmailMessage | bytes) -> None:
        """E-mails come in and are taken in."""
        for mail in mails:
            await asyncio.to_thread(self.inbound.receives, mail)
        await self.read_all()

    async def read_all(self) -> None:
        """Until nothing is unread."""
        async with asyncio.timeout(30):
            while await asyncio.to_thread(self.inbound.unread):  # noqa: ASYNC110  # the far side tells in no other way
                await asyncio.sleep(0.05)

    async def sent(self, count: int) -> list[EmailMessage]:
        """The e-mails that went out, once there are so many."""
        async with asyncio.timeout(30):
            while len(self.outbound.arrived) < count:  # noqa: ASYNC110  # as above
                await asyncio.sleep(0.02)
        assert len(self.outbound.arrived) == count
        return self.outbound.arrived

    async def messages(self) -> list[dict[str, Any]]:
        """What customers wrote, in the order of their conversations."""
        return await self.rows(
            "select m.conversation_id as conversation, m.text, m.payload, m.seq from message m"
            " join conversation c on c.id = m.conversation_id where author = 'customer' order by c.created_at, seq"
        )

    async def place(self, conversation: UUID) -> Any:
        async with transaction(self.pool) as connection:
            return await delivery.customers_place(connection, conversation)


@pytest.fixture(scope="module")
def inbox() -> Iterator[Inbound]:
    """One IMAP server for all tests: it takes a second to start."""
    with Inbound().running() as server:
        yield server


@pytest.fixture
def shop(database: str, inbox: Inbound, services: Services) -> Iterator[Shop]:
    """Everything but a worker and a web process."""
    inbox.empty()
    with Outbound().running() as outbound:
        shop = Shop(database, services.pool, services)
        shop.inbound, shop.outbound = inbox, outbound
        yield shop


def report(id: str, *, status: str = "5.1.1") -> bytes:
    """A mail server's report that an e-mail was not delivered (RFC 3464), or not yet."""
    action = "failed" if status.startswith("5") else "delayed"
    return f"""\
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example.org>
To: {ADDRESS}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Message-ID: <{action}.{hash(id)}@mx.example.org>
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I am sorry to inform you.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; kari@example.org
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} No such mailbox

--b
Content-Type: text/rfc822-headers

From: {ADDRESS}
Message-ID: {id}

--b--
""".replace("\n", "\r\n").encode()
