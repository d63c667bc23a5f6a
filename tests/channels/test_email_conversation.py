"""A mailbox is a channel: what customers write there is a conversation, whoever and whatever else writes in."""

from __future__ import annotations

import asyncio

import pytest

from bot.channel import Never, Outgoing
from bot.db import transaction
from bot.handling import reply
from bot.records import Button
from desk import views
from tests.channels.email_world import Shop
from tests.standins.email import ADDRESS, letter, words
from tests.world import file


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
            assert shown["conversation"]["address"] == "kari@example.org", "who they say they are"


async def test_a_forger_keeps_nobody_from_writing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What may be forged has a limit of its own, and a lower one: our answers go to somebody who never wrote."""
    monkeypatch.setattr("channels.email.channel._MOST_UNVERIFIED_AN_HOUR", 2)
    async with shop.open(shop.channel(authenticated_by="mx.fjordlys.example")):
        for number in range(4):
            await asyncio.to_thread(shop.inbound.receives, letter(f"forged {number}"))
        await asyncio.to_thread(
            shop.inbound.receives, letter("It is me", Authentication_Results="mx.fjordlys.example; dmarc=pass")
        )
        async with asyncio.timeout(30):
            while len(await shop.messages()) < 3:  # noqa: ASYNC110  # as above
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)
        assert {one["text"].split()[-1] for one in await shop.messages()} == {"0", "1", "me"}


async def test_machines_that_answer_each_other_stop(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one address writes beyond the limit waits in the mailbox; others are served, and nothing is lost."""
    monkeypatch.setattr("channels.email.channel._MOST_AN_HOUR", 3)
    async with shop.open():
        for number in range(5):
            await asyncio.to_thread(shop.inbound.receives, letter(f"number {number}"))
        await asyncio.to_thread(shop.inbound.receives, letter("Hello", sender="ola@example.org"))
        async with asyncio.timeout(30):
            while await asyncio.to_thread(shop.inbound.unread) != 2:  # noqa: ASYNC110  # as above
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
    monkeypatch.setattr("channels.email.channel._MOST_FILES_BYTES", 2_500)
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
