"""What goes out arrives once, in order, or is seen to have failed and why; servers may go away and come back."""

from __future__ import annotations

import asyncio

import pytest

from bot.records import Button
from tests.channels.email_world import Shop, report
from tests.standins.email import Cable, letter, words


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
            problems = "select distinct problem from delivery where problem is not null"
            async with asyncio.timeout(30):
                while not (found := await shop.rows(problems)):  # noqa: ASYNC110  # the far side is SQL
                    await asyncio.sleep(0.05)
            [waiting] = found
            assert len(await shop.messages()) == 1 and shop.outbound.arrived == []
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
    monkeypatch.setattr("channels.email.channel._POLL_SECONDS", 0.2)
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
