"""A mailbox is a channel: real servers, real sockets, our own way of reading and writing, with the courier between."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from bot import delivery
from bot.accounts import EmailAccount
from bot.channel import Never, Outgoing
from bot.db import transaction
from bot.handling import reply
from bot.records import Button
from bot.services import Services
from channels.email import EmailChannel, open_channel, reading
from channels.email.text import answer, from_html
from desk import views
from tests.standins.email import ADDRESS, PASSWORD, USER, Cable, Certificate, Inbound, Outbound, Tls, letter, words
from tests.world import World, file

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
        async with asyncio.timeout(20):
            while await asyncio.to_thread(self.inbound.unread):  # noqa: ASYNC110  # the far side tells in no other way
                await asyncio.sleep(0.05)

    async def sent(self, count: int) -> list[EmailMessage]:
        """The e-mails that went out, once there are so many."""
        async with asyncio.timeout(20):
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


async def test_a_thread_is_a_conversation(shop: Shop) -> None:
    """A question, a choice by its number, a colleague who answers by name, thanks: one conversation."""
    async with shop.open():
        await shop.receives(letter("Hello, where is my parcel?\n\n-- \nKari Nordmann\nStorgata 1", subject="FJ-204817"))
        [question] = await shop.messages()
        assert question["text"] == "FJ-204817\n\nHello, where is my parcel?"
        place = await shop.place(question["conversation"])

        choice = (Button("Yes, it did", "/helped"), Button("Not yet", "/not_helped"))
        await shop.says(place, "It is on its way. Did that help?", buttons=choice)
        [answered] = await shop.sent(1)
        assert answered["From"] == f"Fjordlys <{ADDRESS}>"
        assert (answered["To"], answered["Subject"]) == ("kari@example.org", "Re: FJ-204817")
        assert answered["Auto-Submitted"] == "auto-replied" and answered["Date"]
        assert words(answered) == (
            "It is on its way. Did that help?\n\n1. Yes, it did\n2. Not yet\n\nReply with the number or the words."
        )

        await shop.receives(letter("2.", answers=answered))
        assert [(one["text"], one["payload"]) for one in await shop.messages()][1:] == [("Not yet", "/not_helped")]

        ana = await shop.agent()
        async with transaction(shop.pool) as connection:
            await reply(connection, shop.services, place.conversation, ana, "I have called the driver.", once="1")
        [_, joined, called] = await shop.sent(3)
        assert called["Auto-Submitted"] is None, "a person wrote that"
        assert words(called) == "I have called the driver.\n\nAna, Fjordlys"
        ids = [one["Message-ID"] for one in (answered, joined, called)]
        assert len(set(ids)) == 3

        await shop.receives(letter("Thank you, Ana", answers=called))
        assert (await shop.messages())[-1]["text"] == "Thank you, Ana"
    assert {one["conversation"] for one in await shop.messages()} == {place.conversation}
    [identity] = await shop.rows("select external_id, name, verified from identity")
    assert identity == {"external_id": "kari@example.org", "name": "Kari Nordmann", "verified": False}


@pytest.mark.parametrize("said", ["1", " 1) ", "yes, it did", "Yes, it did."])
async def test_a_choice_is_made_by_number_or_words(shop: Shop, said: str) -> None:
    async with shop.open():
        await shop.receives(letter("Hello"))
        place = await shop.place((await shop.messages())[0]["conversation"])
        await shop.says(place, "Did it help?", buttons=(Button("Yes, it did", "/helped"), Button("No", "/not_helped")))
        [asked] = await shop.sent(1)
        await shop.receives(letter(said, answers=asked))
    assert [one["payload"] for one in await shop.messages()] == [None, "/helped"]


async def test_an_old_question_is_not_answered_by_a_number(shop: Shop) -> None:
    async with shop.open():
        await shop.receives(letter("Hello"))
        place = await shop.place((await shop.messages())[0]["conversation"])
        await shop.says(place, "Did it help?", buttons=(Button("Yes", "/helped"),))
        await shop.sent(1)
        await shop.says(place, "Shall we delete everything?", buttons=(Button("Yes", "/delete"),))
        [old, new] = await shop.sent(2)
        await shop.receives(letter("1", answers=old), letter("7", answers=new), letter("1", answers=new))
    assert [(one["text"], one["payload"]) for one in (await shop.messages())[1:]] == [
        ("1", None), ("7", None), ("Yes", "/delete"),
    ]  # fmt: skip


async def test_what_arrives_twice_changes_nothing(shop: Shop) -> None:
    """The same e-mail over two addresses of ours, and one that was stored when we crashed before marking it."""
    mails = [letter("Hello"), letter("No id", Message_ID="", sender="ola@example.org")]
    async with shop.open():
        await shop.receives(mails[0], mails[0], mails[1])
        await asyncio.to_thread(shop.inbound.mark_unread)
    async with shop.open():
        await shop.read_all()
    assert [one["text"] for one in await shop.messages()] == ["My order\n\nHello", "My order\n\nNo id"]


async def test_nobody_gets_into_a_conversation_of_somebody_else(shop: Shop) -> None:
    """Neither by a made-up id, nor by a real one from another address, nor by the id of the customer's own e-mail."""
    async with shop.open():
        first = letter("My parcel is late")
        await shop.receives(first)
        place = await shop.place((await shop.messages())[0]["conversation"])
        await shop.says(place, "It comes tomorrow.")
        [ours] = await shop.sent(1)
        conversation, seq, seal = ours["Message-ID"].split("@")[0].split(".")
        guessed = f"{conversation}.{int(seq) + 1}.{seal}@fjordlys.example>"
        other_account = shop.channel(account="sales")._id(place.conversation, 2)
        for number, (sender, id) in enumerate(
            [
                ("kari@example.org", guessed),
                ("kari@example.org", other_account),
                ("eve@example.net", ours["Message-ID"]),
                ("eve@example.net", first["Message-ID"]),
            ]
        ):
            headers = {"In_Reply_To": id, "References": id}
            await shop.receives(letter(f"send it to me {number}", sender=sender, **headers))
        found = await shop.messages()
        assert [one["conversation"] == place.conversation for one in found] == [True] + [False] * 4

        # The same customer, with a client that names only one of the two.
        await shop.receives(
            letter("one", In_Reply_To=ours["Message-ID"]), letter("two", References=first["Message-ID"])
        )
        assert [one["conversation"] for one in (await shop.messages()) if one["text"] in ("one", "two")] == [
            place.conversation
        ] * 2
    assert await shop.rows("select count(*) from customer") == [{"count": 2}]


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; why=holiday"},
        {"Precedence": "bulk"},
        {"List_Id": "<news.example.org>"},
        {"List_Unsubscribe": "<mailto:leave@example.org>"},
        {"X_Auto_Response_Suppress": "All"},
        {"Return_Path": "<>"},
        {"From": "MAILER-DAEMON@example.org"},
        {"From": "no-reply@shop.example.org"},
        {"From": ADDRESS},
        {"From": f"Kari <{ADDRESS.upper()}>"},
        {"From": "", "Sender": "kari@example.org"},
        {"From": "nobody in particular"},
    ],
    ids=str,
)
async def test_machines_are_not_answered(shop: Shop, headers: dict[str, str]) -> None:
    async with shop.open():
        await shop.receives(letter("I am away until Monday", **headers))
    assert await shop.messages() == []


async def test_a_form_that_names_the_customer_is_answered_to_them(shop: Shop) -> None:
    """Forms on websites write from an address of their own and put the customer's into Reply-To."""
    async with shop.open():
        mail = letter("Hello", sender="no-reply@fjordlys.example", Reply_To="Ola <ola@example.org>")
        await shop.receives(mail)
        place = await shop.place((await shop.messages())[0]["conversation"])
        await shop.says(place, "Hello Ola")
        [sent] = await shop.sent(1)
    assert sent["To"] == "ola@example.org"


@pytest.mark.parametrize(
    ("results", "verified"),
    [
        ("mx.fjordlys.example; spf=pass; dmarc=pass header.from=example.org", True),
        ("mx.fjordlys.example 1; dmarc=pass (p=reject dis=none) header.from=example.org", True),
        ("mx.fjordlys.example; dkim=pass header.d=example.net; dmarc=fail", False),
        ("mx.fjordlys.example; dmarc=none (dmarc=pass)", False),
        ("mx.evil.example; dmarc=pass header.from=example.org", False),
        ("", False),
    ],
)
async def test_a_sender_is_verified_when_our_own_server_says_so(shop: Shop, results: str, verified: bool) -> None:
    channel = shop.channel(authenticated_by="mx.fjordlys.example")
    async with shop.open(channel):
        await shop.receives(letter("Hello", Authentication_Results=results))
    assert await shop.rows("select verified from identity") == ([{"verified": True}] if verified else [])


async def test_who_may_be_somebody_else_is_kept_apart(shop: Shop) -> None:
    """A forged "cancel my order" gets into no conversation of the customer's, whatever it quotes, and is marked at the
    desk; what answers it, forged or not, goes on there, and the customer's own words do not."""
    ours = {"Authentication_Results": "mx.fjordlys.example; dmarc=pass header.from=example.org"}
    async with shop.open(shop.channel(authenticated_by="mx.fjordlys.example")):
        first = letter("My parcel is late", **ours)
        await shop.receives(first)
        kari = await shop.place((await shop.messages())[0]["conversation"])
        await shop.says(kari, "It comes tomorrow.")
        [answered] = await shop.sent(1)
        await shop.receives(
            letter("Cancel my order", answers=answered),
            letter("Cancel it all", In_Reply_To=first["Message-ID"], References=first["Message-ID"]),
            letter("Thanks", answers=answered, **ours),
        )
        found = await shop.messages()
        assert [one["conversation"] == kari.conversation for one in found] == [True, True, False, False]
        assert [one["text"] for one in found[:2]] == ["My order\n\nMy parcel is late", "Thanks"]
        doubtful = await shop.place(found[2]["conversation"])
        await shop.says(doubtful, "Please tell us more.")
        [_, asked] = await shop.sent(2)
        assert asked["To"] == "kari@example.org", "she learns of it"
        await shop.receives(letter("Just do it", answers=asked), letter("That was not me", answers=asked, **ours))
        conversations = {one["text"].splitlines()[-1]: one["conversation"] for one in await shop.messages()}
        assert conversations["Just do it"] == doubtful.conversation
        assert conversations["That was not me"] == kari.conversation
    rows = await shop.rows("select customer_id, array_agg(id) as ids, unverified from conversation group by 1, 3")
    assert sorted((row["unverified"], len(row["ids"])) for row in rows) == [(False, 1), (True, 1)]
    async with transaction(shop.pool) as connection:
        for conversation, marked in ((kari.conversation, False), (doubtful.conversation, True)):
            shown = await views.conversation(connection, shop.services.business, conversation)
            assert shown["conversation"]["unverified"] is marked


async def test_a_forger_keeps_nobody_from_writing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What may be forged has a limit of its own, and a lower one: our answers go to somebody who never wrote."""
    monkeypatch.setattr("channels.email._MOST_UNVERIFIED_AN_HOUR", 2)
    async with shop.open(shop.channel(authenticated_by="mx.fjordlys.example")):
        for number in range(4):
            await asyncio.to_thread(shop.inbound.receives, letter(f"forged {number}"))
        await asyncio.to_thread(
            shop.inbound.receives, letter("It is me", Authentication_Results="mx.fjordlys.example; dmarc=pass")
        )
        async with asyncio.timeout(20):
            while len(await shop.messages()) < 3:  # noqa: ASYNC110  # as above
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)
        assert {one["text"].split()[-1] for one in await shop.messages()} == {"0", "1", "me"}


async def test_machines_that_answer_each_other_stop(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one address writes beyond the limit waits in the mailbox; others are served, and nothing is lost."""
    monkeypatch.setattr("channels.email._MOST_AN_HOUR", 3)
    async with shop.open():
        for number in range(5):
            await asyncio.to_thread(shop.inbound.receives, letter(f"number {number}"))
        await asyncio.to_thread(shop.inbound.receives, letter("Hello", sender="ola@example.org"))
        async with asyncio.timeout(20):
            while len(await shop.messages()) < 4:  # noqa: ASYNC110  # as above
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)
        assert len(await shop.messages()) == 4
        assert await asyncio.to_thread(shop.inbound.unread) == 2


async def test_files_come_and_go(shop: Shop) -> None:
    picture, terms = bytes(range(256)) * 100, b"%PDF-1.7 terms"
    mail = letter("See the picture")
    mail.add_attachment(picture, maintype="image", subtype="jpeg", filename="sprukket lampe æøå.jpg")
    mail.add_attachment(letter("the order", subject="Your order"))
    channel = shop.channel()
    async with shop.open(channel):
        await shop.receives(mail)
        files = await shop.rows("select name, media_type, size, source from attachment order by ordinal")
        assert [one["name"] for one in files] == ["sprukket lampe æøå.jpg", "file.rfc822"]
        assert (files[0]["media_type"], files[0]["size"]) == ("image/jpeg", len(picture))
        assert await channel.fetch(files[0]["source"], most=1_000_000) == picture
        assert b"the order" in await channel.fetch(files[1]["source"], most=1_000_000)
        with pytest.raises(Never, match="too large"):
            await channel.fetch(files[0]["source"], most=100)
        with pytest.raises(Never, match="no longer"):
            await channel.fetch({**files[0]["source"], "uid": 999_999}, most=100)

        [message] = await shop.messages()
        place = await shop.place(message["conversation"])
        out = Outgoing(
            place, 9, "agent", "Here they are.", "en", "Ana", files=(file("terms.pdf", "application/pdf", terms),)
        )
        [part] = channel.parts(out)
        await channel.post(place, part)
        [sent] = await shop.sent(1)
    [enclosed] = sent.iter_attachments()
    assert (enclosed.get_filename(), enclosed.get_content_type(), enclosed.get_content()) == (
        "terms.pdf", "application/pdf", terms,
    )  # fmt: skip


async def test_files_that_are_too_many_for_one_go_out_in_several(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each a part of its own: in order, in the thread, and with an id that finds the conversation."""
    monkeypatch.setattr("channels.email._MOST_FILES_BYTES", 2_500)
    files = tuple(file(f"{number}.pdf", "application/pdf", b"%PDF" * 250) for number in range(5))
    async with shop.open():
        await shop.receives(letter("Hello"))
        place = await shop.place((await shop.messages())[0]["conversation"])
        channel = shop.channel()
        for part in channel.parts(Outgoing(place, 9, "agent", "Here they are.", "en", "Ana", files=files)):
            await channel.post(place, part)
        mails = await shop.sent(3)
        names = [[one.get_filename() for one in mail.iter_attachments()] for mail in mails]
        assert names == [["0.pdf", "1.pdf"], ["2.pdf", "3.pdf"], ["4.pdf"]]
        bodies = [mail.get_body().get_content() for mail in mails]  # type: ignore[union-attr]
        assert [body.splitlines()[0] for body in bodies] == ["Here they are.", "2.pdf, 3.pdf", "4.pdf"]
        assert len({mail["Message-ID"] for mail in mails}) == 3
        assert {mail["In-Reply-To"] for mail in mails} == {place.details["references"][-1]}
        await shop.receives(letter("Thanks", answers=mails[2]))
    assert {one["conversation"] for one in await shop.messages()} == {place.conversation}


@pytest.mark.parametrize(
    ("trouble", "status", "problem"),
    [
        ("RCPT 550 5.1.1 No such user", "failed", "This address cannot be reached: 550 5.1.1 No such user"),
        ("RCPT 552 5.2.2 Mailbox full", "failed", "The mail server refuses it: 552 5.2.2 Mailbox full"),
        ("RCPT 550 5.7.1 Blocked", "failed", "The mail server refuses it: 550 5.7.1 Blocked"),
        ("MAIL 553 5.1.8 Not your address", "failed", "The mail server refuses it: 553 5.1.8 Not your address"),
        ("DATA 554 5.7.1 Looks like spam", "failed", "The mail server refuses it: 554 5.7.1 Looks like spam"),
        ("RCPT 450 4.2.0 Greylisted", "sent", None),
        ("MAIL 421 4.3.2 Shutting down", "sent", None),
        ("DATA 451 4.3.0 Later", "sent", None),
        ("hang up at MAIL", "sent", None),
        ("hang up at RCPT", "sent", None),
        ("hang up at DATA", "sent", None),
        ("lose the mail", "sent", None),
    ],
)
async def test_what_a_mail_server_may_answer(shop: Shop, trouble: str, status: str, problem: str | None) -> None:
    """A refusal for good is an outcome with the server's words; anything else passes and loses and doubles nothing."""
    async with shop.open():
        await shop.receives(letter("Hello"))
        place = await shop.place((await shop.messages())[0]["conversation"])
        shop.outbound.trouble = [trouble]
        await shop.says(place, "first")
        await shop.until(place.conversation, status)
        [row] = await shop.rows("select problem from delivery")
        assert row["problem"] == problem
        if status == "sent":
            await shop.says(place, "second")
            assert [words(one) for one in await shop.sent(2)] == ["first", "second"]
        else:
            assert shop.outbound.calls == 1, "nothing is tried again"
            gone = await shop.rows("select gone is not null as gone from place")
            assert gone == [{"gone": problem is not None and "cannot be reached" in problem}]


async def test_an_answer_that_was_lost_is_asked_for_with_the_same_id(shop: Shop) -> None:
    """Nobody can ask a mail server whether it took one, but whoever gets it twice can tell."""
    async with shop.open():
        await shop.receives(letter("Hello"))
        place = await shop.place((await shop.messages())[0]["conversation"])
        shop.outbound.trouble = ["lose the answer"]
        await shop.says(place, "first")
        await shop.until(place.conversation, "sending")
        await shop.says(place, "second")
        mails = await shop.sent(3)
    assert [words(one) for one in mails] == ["first", "first", "second"]
    assert mails[0]["Message-ID"] == mails[1]["Message-ID"] != mails[2]["Message-ID"]


async def test_what_waits_for_one_customer_is_one_e_mail(shop: Shop) -> None:
    """The messages of a turn go out together, with the newest choice; what a colleague writes goes by itself.

    When nobody knows whether it arrived the next try is the same e-mail, whatever has been said since.
    """
    async with shop.open():
        await shop.receives(letter("Hello"))
    place = await shop.place((await shop.messages())[0]["conversation"])
    await shop.says(place, "Good day.")
    await shop.says(place, "That takes two days.", buttons=(Button("Yes", "/helped"), Button("No", "/not_helped")))
    await shop.says(place, "Ana here", "agent")
    shop.outbound.trouble = ["lose the answer"]
    async with shop.open():
        await shop.until(place.conversation, "sending", "sending", "queued")
        await shop.says(place, "What is said later")
        first, again, [third, fourth] = *(await shop.sent(4))[:2], shop.outbound.arrived[2:]
        assert words(first).startswith("Good day.\n\nThat takes two days.\n\n1. Yes\n2. No")
        assert words(first) == words(again) and first["Message-ID"] == again["Message-ID"]
        await shop.receives(letter("2", answers=first))
    assert (words(third), words(fourth)) == ("Ana here", "What is said later")
    assert (await shop.messages())[-1]["payload"] == "/not_helped"
    assert await shop.status(place.conversation) == ["sent"] * 4


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


async def test_a_server_that_is_away_comes_back(shop: Shop) -> None:
    """What is to go out waits; what comes in meanwhile is in the mailbox; both go on in order."""
    inward, outward = Cable(shop.inbound.port), Cable(shop.outbound.port)
    async with inward.laid(), outward.laid():
        async with shop.open(shop.channel(imap_port=inward.port, smtp_port=outward.port)):
            await shop.receives(letter("number 1"))
            place = await shop.place((await shop.messages())[0]["conversation"])
            inward.cut()
            outward.cut()
            for number in (2, 3):
                await asyncio.to_thread(shop.inbound.receives, letter(f"number {number}"))
                await shop.says(place, f"answer {number}")
            await asyncio.sleep(1)
            assert len(await shop.messages()) == 1 and shop.outbound.arrived == []
            [waiting] = await shop.rows("select distinct problem from delivery where problem is not null")
            assert waiting["problem"] == "127.0.0.1 cannot be reached."
            inward.mend()
            outward.mend()
            await shop.read_all()
            assert "\n\n".join(map(words, await shop.sent(1))) == "answer 2\n\nanswer 3"
    assert [one["text"][-1] for one in await shop.messages()] == ["1", "2", "3"]


async def test_a_restart_in_the_middle(shop: Shop) -> None:
    """Everything is stopped and started while mail comes and goes: all of it is there once, in order."""
    wanted = [f"number {number}" for number in range(6)]
    place = None
    for number, text in enumerate(wanted):
        async with shop.open():
            first = letter(text, subject="Order", References="<root@example.org>")
            await asyncio.to_thread(shop.inbound.receives, first)
            if place is not None:
                await shop.says(place, f"answer {number}")
            await asyncio.sleep(0.05 * number)
        if place is None:
            async with shop.open():
                await shop.read_all()
            place = await shop.place((await shop.messages())[0]["conversation"])
    async with shop.open():
        await shop.read_all()
        await shop.until(place.conversation, *["sent"] * 5)
    assert [one["text"].split()[-1] for one in await shop.messages()] == [text.split()[-1] for text in wanted]
    once = {one["Message-ID"]: words(one) for one in shop.outbound.arrived}
    assert "\n\n".join(once.values()).split("\n\n") == [f"answer {number}" for number in range(1, 6)]


async def test_a_mailbox_without_idle_is_asked_again_and_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channels.email._POLL_SECONDS", 0.2)
    cable = Cable(shop.inbound.port, withheld=b"IDLE")
    async with cable.laid(), shop.open(shop.channel(imap_port=cable.port)):
        await shop.receives(letter("one"))
        await asyncio.sleep(0.5)
        await shop.receives(letter("two"))
    assert len(await shop.messages()) == 2


async def test_what_comes_back_says_why(shop: Shop) -> None:
    """A delivery report about one of our e-mails is an outcome; one about an id that is not ours is nothing."""
    async with shop.open():
        await shop.receives(letter("Hello"))
        place = await shop.place((await shop.messages())[0]["conversation"])
        await shop.says(place, "first", "agent")
        [sent] = await shop.sent(1)
        await shop.until(place.conversation, "sent")
        await shop.receives(report("<1.2.3@fjordlys.example>"), report(sent["Message-ID"], status="4.2.2"))
        assert await shop.status(place.conversation) == ["sent"]
        await shop.receives(report(sent["Message-ID"]))
        assert await shop.status(place.conversation) == ["failed"]
        [row] = await shop.rows("select gone, problem from place join delivery on place_id = id")
        assert row["gone"] == row["problem"] == "The e-mail came back: 550 5.1.1 No such mailbox"
        events = await shop.rows("select data from event where kind = 'undeliverable'")
        assert [event["data"]["seq"] for event in events] == [2]
        assert len(await shop.messages()) == 1

        await shop.receives(letter("It works again"))
        assert await shop.rows("select gone from place") == [{"gone": row["gone"]}, {"gone": None}]


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


BROKEN: dict[str, bytes] = {
    "nothing": b"\r\n",
    "only noise": bytes(range(256)) * 40,
    "no head": b"\r\n\r\nHello",
    "a boundary that never comes": b"From: kari@example.org\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\nHello",
    "a boundary without a name": b"From: kari@example.org\r\nContent-Type: multipart/mixed\r\n\r\nHello",
    "a charset nobody knows": b"From: kari@example.org\r\nContent-Type: text/plain; charset=klingon\r\n\r\nqapla'",
    "a wrong charset": "From: kari@example.org\r\nContent-Type: text/plain; charset=ascii\r\n\r\nblåbær".encode(),
    "broken base64": b"From: kari@example.org\r\nContent-Transfer-Encoding: base64\r\n\r\n====!!a",
    "a broken encoded subject": b"From: kari@example.org\r\nSubject: =?utf-8?b?a===?= =?x?q?=ff?=\r\n\r\nHello",
    "zero bytes": b"From: kari@example.org\r\nSubject: a\0b\r\n\r\nHel\0lo",
    "parts in parts": b"From: kari@example.org\r\n"
    + b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(60)),
    "a thousand parts": b'From: kari@example.org\r\nContent-Type: multipart/mixed; boundary="x"\r\n\r\n'
    + b"--x\r\nContent-Disposition: attachment\r\n\r\na\r\n" * 1000,
    "thousands of parts": b'From: kari@example.org\r\nContent-Type: multipart/mixed; boundary="x"\r\n\r\n'
    + b"--x\r\n\r\na\r\n" * 5_500,
    "a thousand senders": b"From: " + b"kari@example.org, " * 1000 + b"\r\n\r\nHello",
    "brackets": b"From: " + b"(" * 5000 + b" kari@example.org\r\n\r\nHello",
    "a long thread": b"From: kari@example.org\r\nReferences: " + b"<a@b.example> " * 20_000 + b"\r\n\r\nHello",
    "long text": b"From: kari@example.org\r\n\r\n" + b"This goes on and on.\r\n" * 100_000,
    "tags": b"From: kari@example.org\r\nContent-Type: text/html\r\n\r\n" + b"<div><blockquote>" * 20_000 + b"Hello",
    "open tags": b"From: kari@example.org\r\nContent-Type: text/html\r\n\r\n" + b"<a " * 50_000 + b"Hello",
    "a new line in the name": b"From: =?utf-8?q?Kari=0ABcc=3A_all=40example=2Eorg?= <kari@example.org>\r\n\r\nHello",
    "a new line in the subject": b"From: kari@example.org\r\nSubject: =?utf-8?q?Hi=0D=0ABcc=3A_x=40y?=\r\n\r\nHello",
}


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN)
async def test_whatever_comes_in_the_next_one_is_read(shop: Shop, raw: bytes) -> None:
    """What no mail program makes is taken as far as it goes, can be answered, and keeps nobody waiting."""
    async with shop.open():
        await shop.receives(raw, letter("Hello from Ola", sender="ola@example.org"))
        found = await shop.messages()
        assert found[-1]["text"].endswith("Hello from Ola")
        assert len(found) <= 8, "what goes on and on is cut"
        place = await shop.place(found[0]["conversation"])
        await shop.says(place, "Thank you")
        [sent] = await shop.sent(1)
    assert sent["Bcc"] is None and sent["To"] in ("kari@example.org", "ola@example.org")
    assert len(await shop.rows("select from attachment")) <= 30


def test_no_e_mail_is_too_broken_to_be_read() -> None:
    """Neither what real servers refuse already, nor any of a few thousand e-mails with random faults."""
    deep = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(3000))
    wide = b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n' + b"--x\r\n\r\na\r\n" * 1_000_000
    for bomb in (deep, wide):
        found = reading.read(b"From: kari@example.org\r\n" + bomb)
        assert (found.sender, found.whole) == ("kari@example.org", False)
    chance = random.Random(1)
    whole = [report("<1@a.example>"), *BROKEN.values()]
    for _ in range(3000):
        raw = bytearray(chance.choice(whole)[:3000])
        for _ in range(chance.randint(1, 20)):
            at = chance.randrange(len(raw) + 1)
            raw[at : at + chance.randint(0, 3)] = chance.choice(
                [b"", b'"', b"=?", b"\r\n", b"\xff", b"*0*=", b"<", b";", b":"]
            )
        reading.read(bytes(raw))
        reading.read_head(bytes(raw))


async def test_an_e_mail_that_is_too_large_is_not_fetched(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channels.email._MOST_BYTES", 5_000)
    mail = letter("See the pictures", subject="My broken lamp")
    mail.add_attachment(b"x" * 10_000, maintype="image", subtype="png", filename="lamp.png")
    async with shop.open():
        await shop.receives(mail)
    [message] = await shop.messages()
    assert message["text"].startswith("My broken lamp\n\n(The rest of this e-mail could not be opened.")


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


HISTORY = [
    ("Thanks\n\nOn Mon, 2 Nov 2026 at 10:12, Shop <a@b.example> wrote:\n> Good day", "Thanks"),
    (
        "Thanks\n\nOn Mon, 2 Nov 2026 at 10:12, A Long Name Of A Shop\n<a@b.example> wrote:\n\n> Good day\n>\n> Bye",
        "Thanks",
    ),
    ("Takk\n\nman. 2. nov. 2026 kl. 10:12 skrev Butikk <a@b.example>:\n\n> God dag", "Takk"),
    ("Danke\n\nAm 02.11.26 um 10:12 schrieb Laden:\n> Guten Tag", "Danke"),
    ("Merci\n\nLe lun. 2 nov. 2026 à 10:12, Magasin <a@b.example> a écrit :\n> Bonjour", "Merci"),
    ("Thanks\n\nOn 2 Nov 2026, at 10:12, Shop <a@b.example> wrote:\n\nGood day", "Thanks"),
    ("Thanks\n\n-----Original Message-----\nFrom: Shop\nSent: Monday\n\nGood day", "Thanks"),
    (
        "Thanks\n\n________________________________\nFrom: Shop <a@b.example>\nSent: Monday\nTo: me\n\nGood day",
        "Thanks",
    ),
    ("Takk\n\nFra: Butikk <a@b.example>\nSendt: mandag\nTil: meg\n\nGod dag", "Takk"),
    ("Thanks\n\nSent from my iPhone\n\n> Good day", "Thanks"),
    ("> Which number?\n\nFJ-204817\n\n> And the colour?\n\nBlue", "FJ-204817\n\nBlue"),
    ("You said:\n> two days\nIt has been five.", "You said:\nIt has been five."),
    ("Name: Kari\nOrder: FJ-204817\nFrom: Bergen", "Name: Kari\nOrder: FJ-204817\nFrom: Bergen"),
    ("Thanks\n-- \nKari\nBergen", "Thanks"),
    ("> only this", "> only this"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "written"), HISTORY)
def test_of_an_answer_only_what_is_new_is_kept(text: str, written: str) -> None:
    assert answer(text) == written


def test_html_reads_as_it_looks() -> None:
    html = (
        "<html><head><title>no</title><style>p > a {color: red}</style></head><body><!--[if mso]><p>no</p><![endif]-->"
        "<p>Hi&nbsp;there,<br>it <b>broke</b> &amp; smells.</p><ul><li>the lamp<li>the plug</ul>"
        '<a href="https://a.example/x?y=1&amp;z=2">picture</a><table><tr><td>Order<td>FJ-204817</table>'
        "<div>On Mon, 2 Nov 2026 at 10:12, Shop wrote:<blockquote>Good day<div>to you</div></blockquote></div>"
    )
    text = from_html(html)
    assert text == (
        "Hi there,\nit broke & smells.\n\n- the lamp\n- the plug\npicture (https://a.example/x?y=1&z=2)\n"
        "Order FJ-204817\nOn Mon, 2 Nov 2026 at 10:12, Shop wrote:\n> Good day\n> to you"
    )
    assert answer(text).endswith("Order FJ-204817")


MIXED = {
    "plain before HTML": ("multipart/alternative", ["text/html", "text/plain"], "plain"),
    "HTML where plain is empty": ("multipart/alternative", ["text/plain empty", "text/html"], "html"),
    "text around a picture": ("multipart/mixed", ["text/plain", "image/png", "text/plain"], "plain\n\nplain"),
    "a file is not the text": ("multipart/mixed", ["text/plain", "text/plain file"], "plain"),
}


@pytest.mark.parametrize(("kind", "parts", "text"), MIXED.values(), ids=MIXED)
def test_the_text_is_found_among_the_parts(kind: str, parts: list[str], text: str) -> None:
    made = {
        "text/plain": "Content-Type: text/plain\n\nplain\n",
        "text/plain empty": "Content-Type: text/plain\n\n \n",
        "text/plain file": "Content-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\nfile\n",
        "text/html": "Content-Type: text/html\n\n<p>html</p>\n",
        "image/png": "Content-Type: image/png\n\npicture\n",
    }
    body = "".join(f"--b\n{made[part]}" for part in parts)
    raw = f"From: kari@example.org\nContent-Type: {kind}; boundary=b\n\n{body}--b--\n"
    assert reading.read(raw.encode()).text == text
