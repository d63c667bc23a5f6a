"""Passwords, certificates and addresses of a mailbox: what is wrong is said, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import delivery
from bot.db import transaction
from tests.channels.email_world import Shop
from tests.standins.email import PASSWORD, Cable, Certificate, Inbound, Outbound, Tls, letter


async def test_a_password_that_does_not_hold_is_an_outcome(shop: Shop) -> None:
    async with shop.open():
        await shop.receives(letter("Hello"))
        place = await shop.place((await shop.messages())[0]["conversation"])
        shop.outbound.password = "another one"
        seq = await shop.says(place, "first")
        await shop.until(place.conversation, "failed")
        [row] = await shop.rows("select problem from delivery")
        assert "EMAIL_PASSWORD" in row["problem"] and PASSWORD not in row["problem"]
        shop.outbound.password = PASSWORD
        async with transaction(shop.pool) as connection:
            await delivery.retry(connection, place.conversation, seq, "agent:1")
        await shop.until(place.conversation, "sent")


@pytest.mark.parametrize(("imap_tls", "smtp_tls"), [("starttls", "starttls"), ("always", "always")])
async def test_both_ways_are_encrypted(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, imap_tls: Tls, smtp_tls: Tls
) -> None:
    """With a certificate that holds; with one that nobody trusts nothing is sent, the password least of all."""
    certificate = Certificate.made(tmp_path)
    inbound = Inbound(certificate=certificate)
    cable = Cable(inbound.port, secure=certificate.context())
    outbound = Outbound(certificate, smtp_tls)
    with inbound.running(), outbound.running():
        async with cable.laid():
            settings = {
                "imap_host": "localhost", "imap_port": inbound.port if imap_tls == "starttls" else cable.port,
                "imap_tls": imap_tls, "smtp_host": "localhost", "smtp_port": outbound.port, "smtp_tls": smtp_tls,
            }  # fmt: skip
            if imap_tls == "always":
                settings["imap_port"] = cable.port
            problems = await shop.channel(**settings).problems()
            assert ["certificate of localhost" in one.lower() for one in problems] == [True, True]

            monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
            shop.inbound, shop.outbound = inbound, outbound
            assert await shop.channel(**settings).problems() == []
            async with shop.open(shop.channel(**settings)):
                await shop.receives(letter("Hello"))
                place = await shop.place((await shop.messages())[0]["conversation"])
                await shop.says(place, "Good day")
                await shop.sent(1)


async def test_what_is_wrong_is_said_with_its_fix(shop: Shop) -> None:
    assert await shop.channel().problems() == []
    [mailbox, sending] = await shop.channel(environ={"EMAIL_PASSWORD": "wrong"}).problems()
    assert mailbox.endswith("Fix: correct EMAIL_USER and EMAIL_PASSWORD.")
    assert "does not accept our user and password" in sending
    [mailbox, sending] = await shop.channel(imap_port=1, smtp_port=1).problems()
    assert mailbox == "127.0.0.1:1 cannot be reached. Fix: correct imap_host, imap_port and imap_tls."
    assert sending == "127.0.0.1 cannot be reached. Fix: correct smtp_host, smtp_port and smtp_tls."
