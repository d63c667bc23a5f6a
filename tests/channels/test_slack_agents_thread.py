"""What agents write below a card: the owner's words reach the customer, everything else stays internal."""

from __future__ import annotations

from typing import Any

from bot import linking
from bot.arrival import Arrival, Sender, arrive
from bot.channel import Gone, Never
from bot.db import transaction
from bot.files import Attached
from tests.channels.slack_office import Office, line_of
from tests.world import Platform

PNG = b"\x89PNG\r\n\x1a\n and so on"


async def test_the_owners_words_reach_the_customer_and_nobody_elses(place: Office) -> None:
    """What others write and what begins with note: stays internal; a tick says that it arrived. Copies do nothing."""
    ana, bo = await place.agent("Ana"), await place.agent("Bo")
    place.slack.events.copies = 2
    kari = await place.customer("My lamp is broken")
    await place.hand_off(kari)
    async with place.open():
        card = (await place.card(ana, "Nobody has it yet")).message
        early = await ana.writes("I know this one", to=card)
        await ana.sees("Take over first", at=card)
        await ana.presses("Take over", at=card)
        shown = await place.card(bo, "Ana has it")
        assert shown.buttons == ("Hand back", "Transfer", "Add promise", "Close", "Open at the desk")
        reply = await ana.writes("Hello & <welcome>, see https://shop.example", to=card)
        await ana.sees(lambda lines: line_of(lines, reply.ts).reactions == ("white_check_mark",), at=card)
        await bo.writes("She called twice", to=card)
        await ana.writes("Note: refund is fine", to=card)
        await place.until("select from message where text = 'refund is fine'")
        await place.until("select from message where text = 'She called twice'")
        assert line_of(await ana.reads(card), early.ts).reactions == ()
    said = await place.said(kari)
    assert said == [
        ("customer", "My lamp is broken"),
        ("note", "I know this one"),
        ("system", "You are talking with Ana now."),
        ("agent", "Hello & <welcome>, see https://shop.example"),
        *sorted([("note", "She called twice"), ("note", "refund is fine")], key=said.index),
    ]
    mine = [one.text for one in place.support.thread(card.ts) if one.user.bot_id]
    assert not any("welcome" in text for text in mine), "what was written here is not repeated here"


async def test_what_does_not_arrive_is_said_and_can_be_tried_again(place: Office) -> None:
    """A warning with the reason and Retry, for the owner; when it arrives after all, a tick."""
    ana, bo = await place.agent("Ana"), await place.agent("Bo")
    platform = Platform()
    ola = await place.customer(key="ola", name="Ola")
    await place.hand_off(ola)
    async with place.open(platform):
        card = (await place.card(ana, "Nobody has it yet")).message
        await ana.presses("Take over", at=card)
        await place.card(ana, "Ana has it")
        await place.until("select from delivery d join place p on p.id = d.place_id"
                          " where p.audience = 'customer' and d.status = 'sent'")  # fmt: skip
        platform.trouble = [Never("Telegram refuses this.")]
        reply = await ana.writes("Good day", to=card)
        lines = await ana.sees("This did not reach the customer: Telegram refuses this.", at=card)
        assert line_of(lines, reply.ts).reactions == ("warning",)
        await bo.presses("Retry", at=card)
        await bo.sees("Ana took this conversation", at=card)
        await ana.presses("Retry", at=card)
        lines = await ana.sees("Delivered after all.", at=card)
        assert not any("Telegram refuses" in one.text for one in lines)
        await ana.sees(lambda lines: line_of(lines, reply.ts).reactions == ("white_check_mark",), at=card)
        platform.trouble = [Gone("The customer has blocked the bot.")]
        await ana.writes("Are you there?", to=card)
        await ana.sees("The customer has blocked the bot.", at=card)
    assert ("ola", "Good day") in platform.arrived


async def test_a_customers_files_stand_in_the_thread(place: Office) -> None:
    """A picture says what is broken: agents see it where they see the words."""
    ana = await place.agent("Ana")

    class Pictures(Platform):
        async def fetch(self, source: Any, *, most: int) -> bytes:
            return PNG

    ola = await place.customer(key="ola", name="Ola")
    await place.hand_off(ola)
    async with place.open(Pictures()):
        card = (await place.card(ana, "Nobody has it yet")).message
        picture = Attached("lamp.png", "image/png", {"id": 1})
        arrival = Arrival("pigeon", "loft", "ola", Sender("user-ola"), "ola-2", "", files=[picture])
        async with transaction(place.pool) as connection:
            await arrive(connection, place.services, arrival)
        await ana.sees(lambda lines: any(one.files == ("lamp.png",) for one in lines), at=card)
        await ana.sees("(a file)", at=card)


async def test_a_change_in_slack_changes_nothing_for_the_customer(place: Office) -> None:
    async with place.open():
        ana, kari, card = await place.taken_over()
        reply, note = await ana.writes("Good day", to=card), await ana.writes("note: nice", to=card)
        await place.until("select from message where text = 'nice'")
        await ana.edits(reply, "Good night")
        await ana.sees("The customer has what you first wrote.", at=card)
        await ana.edits(note, "note: not nice")
        await ana.sees("The desk keeps the note", at=card)
        await ana.deletes(reply)
        await ana.sees("It cannot be taken back from here.", at=card)
    assert ("agent", "Good day") in await place.said(kari)


async def test_only_agents_speak_to_customers(place: Office) -> None:
    """Neither somebody without an account, nor one whose address Slack has not verified, nor another bot."""
    await place.agent("Ana")
    zoe = place.person("Zoe")
    liar = place.person("Liar", email="ana@shop.example", email_confirmed=False)
    robot = place.team.other_bot("Robot")
    place.support.members.append(robot.id)
    kari = await place.customer("My lamp is broken")
    await place.hand_off(kari)
    async with place.open():
        card = (await place.card(zoe, "Nobody has it yet")).message
        for person in (zoe, liar):
            await person.writes("Hello from me", to=card)
            await person.sees("does not know you as an agent", at=card)
            await person.presses("Take over", at=place.support)
            await person.sees("does not know you as an agent", at=place.support)
        await robot.writes("beep", to=card)
        await place.slack.events.settled()
    assert await place.said(kari) == [("customer", "My lamp is broken")]


async def test_a_code_links_somebody_whom_slack_cannot_vouch_for(place: Office) -> None:
    await place.agent("Ana", known=False)
    person = place.person("Ana2", email=None)
    kari = await place.customer("My lamp is broken")
    await place.hand_off(kari)
    code = linking.code_for(place.url, "Ana")
    async with place.open():
        await place.card(person, "Nobody has it yet")
        await person.runs("/warmline", "link", at=place.support)
        await person.sees("link CODE", at=place.support)
        await person.runs("/warmline", "link WRONG", at=place.support)
        await person.sees("This code is not known", at=place.support)
        await person.runs("/warmline", f"link {code}", at=place.support)
        await person.sees("You are Ana from now on.", at=place.support)
        await person.presses("Take over", at=place.support)
        await place.card(person, "Ana has it")
