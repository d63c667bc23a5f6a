"""Agents answer customers without leaving Slack, by the same rules as at the desk."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from bot import conversation as conversations
from bot import handling, linking
from bot.arrival import Arrival, Attached, Sender, arrive
from bot.channel import Gone, Never
from bot.db import transaction
from bot.errors import AlreadyOwned, Unavailable
from channels.slack.agents_listening import Listener
from channels.slack.calls import LATER
from channels.slack.channel import SlackChannel
from tests.channels.slack_office import DESK, YES_NO, Office, office
from tests.standins.slack.faults import broken, documented, drop, refuse, too_many
from tests.standins.slack.reading import Line
from tests.world import Platform

PNG = b"\x89PNG\r\n\x1a\n and so on"


@pytest.fixture
async def place(database: str) -> AsyncIterator[Office]:
    async with office(database) as found:
        yield found


async def test_a_hand_over_becomes_a_card_with_the_story(place: Office) -> None:
    """P27: the customer's own words, mood, reason and what to do; what was said so far stands in the thread."""
    ana = await place.agent("Ana")
    kari = await place.customer()
    await place.says(kari, "My lamp FJ-204817 is <broken> & you *promised*", "customer",
                     mood={"kind": "angry", "strength": 0.9, "evidence": []})  # fmt: skip
    await place.says(kari, "Did this help?", "bot", buttons=YES_NO)
    await place.hand_off(kari)
    async with place.open():
        card = await place.card(ana, "Very upset: Kari")
        assert "“My lamp FJ-204817 is <broken>" in card.text and "you *promised*”" in card.text
        assert "Nobody has it yet." in card.text and "Kari · website · en · very angry" in card.text
        assert card.buttons == ("Take over", "Close", "Open at the desk")
        assert "Very upset: Kari" in card.notification
        urls = [one.get("url") for block in card.message.blocks for one in block.get("elements", ())]
        assert f"{DESK}#/c/{kari}" in urls
        thread = await ana.sees("[Yes] [No]", at=card.message)
        assert [one.text.splitlines()[0] for one in thread[1:]] == [":speech_balloon: *Customer*", ":robot_face: *Bot*"]
        assert thread[1].text.splitlines()[1] == "My lamp FJ-204817 is <broken> & you *promised*"
        await ana.sees(lambda lines: lines[1].reactions == ("rage",), at=card.message)


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
        await ana.sees(lambda lines: _line(lines, reply.ts).reactions == ("white_check_mark",), at=card)
        await bo.writes("She called twice", to=card)
        await ana.writes("Note: refund is fine", to=card)
        await place.until("select from message where text = 'refund is fine'")
        await place.until("select from message where text = 'She called twice'")
        assert _line(await ana.reads(card), early.ts).reactions == ()
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


async def test_the_first_to_take_over_owns_it_on_either_surface(place: Office) -> None:
    """P30: whoever comes second is told who was first, here and at the desk; the other surface shows it at once."""
    ana, bo = await place.agent("Ana"), await place.agent("Bo")
    kari = await place.customer("My lamp is broken")
    await place.hand_off(kari)
    async with place.open():
        await place.card(ana, "Nobody has it yet")
        await ana.presses("Take over", at=place.support)
        card = await place.card(bo, "Ana has it")
        with pytest.raises(AlreadyOwned, match="Ana"):
            await place.do(handling.claim, kari, place.people["Bo"])
        await bo.presses("Hand back", at=place.support)
        await bo.sees("Ana took this conversation just now.", at=place.support)
        await ana.presses("Hand back", at=place.support)
        await place.card(ana, "The bot has it again")
        await place.do(handling.claim, kari, place.people["Bo"])
        await place.card(ana, "Bo has it")
        await place.do(handling.reply, kari, place.people["Bo"], "From the desk", once="1")
        await ana.sees("*Bo* to the customer, from the desk\nFrom the desk", at=card.message)
        await place.do(handling.close, kari, place.people["Bo"], outcome="solved")
        card = await place.card(ana, "Closed as solved")
        assert card.buttons == ("Open at the desk",)
    assert len(place.cards()) == 1


async def test_closing_asks_for_the_outcome(place: Office) -> None:
    ana = await place.agent("Ana")
    kari = await place.customer("My lamp is broken")
    await place.hand_off(kari)
    async with place.open():
        await place.card(ana, "Nobody has it yet")
        await ana.presses("Take over", at=place.support)
        await place.card(ana, "Ana has it")
        await ana.presses("Close", at=place.support)
        await ana.sees_dialog("How did it end?")
        await ana.submits({"How did it end?": "Not solved", "Note for colleagues": "no stock"})
        assert not ana.has_dialog
        await place.card(ana, "Closed as not solved")
        late = (await place.card(ana, "Closed")).message
        await ana.writes("one more thing", to=late)
        await ana.sees("This conversation is closed. This stayed internal.", at=late)
    assert ("note", "no stock") in await place.said(kari)


async def test_passing_on_takes_a_note(place: Office) -> None:
    """P30: to a colleague or to a lead; what stands in the way is said in the dialog."""
    ana, bo, lea = await place.agent("Ana"), await place.agent("Bo"), await place.agent("Lea", role="lead")
    kari = await place.customer("My lamp is broken")
    await place.hand_off(kari)
    async with place.open():
        await place.card(ana, "Nobody has it yet")
        await ana.presses("Take over", at=place.support)
        await place.card(ana, "Ana has it")
        await ana.presses("Transfer", at=place.support)
        await ana.sees_dialog("To whom?")
        await ana.submits({"To whom?": "Bo", "What they should know": " "})
        assert ana.has_dialog, "without a note it is not passed on"
        await ana.submits({"To whom?": "Bo", "What they should know": "Refund approved"})
        await place.card(ana, "Bo has it")
        await bo.presses("Transfer", at=place.support)
        await bo.sees_dialog("To whom?")
        await bo.submits({"To whom?": "Any lead", "What they should know": "Too much for me"})
        await place.card(bo, "For a lead", "Nobody has it yet", "Passed on by a colleague")
        await bo.presses("Take over", at=place.support)
        await bo.sees("This conversation is for a lead.", at=place.support)
        await lea.presses("Take over", at=place.support)
        await place.card(ana, "Lea has it")
    assert len(place.cards()) == 1
    kinds = [row["kind"] for row in await place.rows("select kind from event where kind = 'transferred'")]
    assert len(kinds) == 2


async def test_a_promise_stands_on_the_card(place: Office) -> None:
    """P18: what, by when, and whose."""
    ana = await place.agent("Ana")
    kari = await place.customer("My lamp is broken")
    await place.hand_off(kari)
    async with place.open():
        await place.card(ana, "Nobody has it yet")
        await ana.presses("Take over", at=place.support)
        await place.card(ana, "Ana has it")
        await ana.presses("Add promise", at=place.support)
        await ana.sees_dialog("What did you promise?")
        await ana.submits({"What did you promise?": "Call back", "By which day?": "2020-01-01"})
        assert ana.has_dialog
        await ana.submits({"What did you promise?": "Call back", "By which day?": "2099-05-04"})
        await place.card(ana, "Call back, Ana, due 04 May")
    [promise] = await place.rows("select text, owner, due_at from promise")
    assert promise["owner"] == f"agent:{place.people['Ana'].id}"
    zone = place.services.business.zone
    assert f"{promise['due_at'].astimezone(zone):%Y-%m-%d %H:%M}" == "2099-05-04 12:00"


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
        assert _line(lines, reply.ts).reactions == ("warning",)
        await bo.presses("Retry", at=card)
        await bo.sees("Ana took this conversation", at=card)
        await ana.presses("Retry", at=card)
        lines = await ana.sees("Delivered after all.", at=card)
        assert not any("Telegram refuses" in one.text for one in lines)
        await ana.sees(lambda lines: _line(lines, reply.ts).reactions == ("white_check_mark",), at=card)
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
    ana = await place.agent("Ana")
    kari = await place.customer("My lamp is broken")
    await place.hand_off(kari)
    async with place.open():
        card = (await place.card(ana, "Nobody has it yet")).message
        await ana.presses("Take over", at=card)
        await place.card(ana, "Ana has it")
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


async def test_unclaimed_for_too_long_calls_the_group_once(database: str) -> None:
    """Once for each hand-over, also when the worker ends right after Slack took it."""
    async with office(database, unclaimed_minutes=5) as place:
        ana = await place.agent("Ana")
        group = place.team.group("night-shift", ana)
        place.settings["on_call"] = group.id
        kari = await place.customer("My lamp is broken")
        await place.hand_off(kari)
        async with place.working():
            card = (await place.card(ana, "Nobody has it yet")).message
            await ana.sees("My lamp is broken", at=card)
            assert not _calls(await ana.reads(card))
            place.slack.fail("chat.postMessage", drop(accepted=True))
            await place.rows("update handoff set at = now() - interval '6 minutes' returning 1")
            await ana.sees(lambda lines: len(_calls(lines)) == 1, at=card)
        for _ in range(2):
            async with place.working():
                await place.until("select from place where details ? 'called'")
                await place.says(kari, "anybody?", "customer")
                await ana.sees("anybody?", at=card)
        assert _calls(await ana.reads(card)) == ["@night-shift"]


async def test_the_channel_is_chosen_by_reason_then_language(database: str) -> None:
    async with office(database) as place:
        ana = await place.agent("Ana")
        legal, english = place.team.channel("legal", ana), place.team.channel("english", ana)
        place.settings |= {"by_reason": {"legal": legal.id}, "by_language": {"en": english.id}}
        for reason in ("legal", "heat"):
            await place.hand_off(await place.customer("My lamp is broken"), reason=reason)
        async with place.working():
            await ana.sees("Legal threat", at=legal)
            await ana.sees("Very upset", at=english)
        assert not place.cards()


async def test_a_new_episode_has_a_card_of_its_own(place: Office) -> None:
    ana = await place.agent("Ana")
    kari = await place.customer("My lamp is broken")
    await place.hand_off(kari)
    async with place.open():
        first = (await place.card(ana, "Nobody has it yet")).message
        await ana.presses("Take over", at=place.support)
        await place.card(ana, "Ana has it")
        await place.do(handling.close, kari, place.people["Ana"], outcome="solved")
        await place.card(ana, "Closed")
        async with transaction(place.pool) as connection:
            await conversations.reopen(connection, await conversations.lock(connection, kari))
        await place.says(kari, "It broke again", "customer")
        await place.hand_off(kari)
        await ana.sees(lambda lines: sum("Nobody has it yet" in str(one) for one in lines) == 1 and len(lines) > 1,
                       at=place.support)  # fmt: skip
        second = place.cards()[-1]
        assert second.ts != first.ts
        await ana.sees("It broke again", at=second)
        await ana.writes("Hello?", to=first)
        await ana.sees("This thread is over", at=first)
        assert not any("It broke again" in one.text for one in await ana.reads(first))
    assert len(place.cards()) == 2


@pytest.mark.parametrize(
    "trouble",
    [drop(accepted=True), drop(), broken(503, accepted=True), broken(503), too_many(1), refuse("internal_error")],
    ids=["taken, no answer", "no answer", "taken, 503", "503", "429", "an error that says nothing"],
)
async def test_a_card_is_posted_once_whatever_happens(place: Office, trouble: Any) -> None:
    """A time-out after Slack has accepted, a restart in the middle: Slack is asked before anything is posted again."""
    ana = await place.agent("Ana")
    kari = await place.customer("My lamp is broken")
    place.slack.fail("chat.postMessage", trouble)
    await place.hand_off(kari)
    async with place.working():
        await place.until("select from place where audience = 'agents'")
    async with place.open():
        card = await place.card(ana, "Nobody has it yet")
        await ana.sees("My lamp is broken", at=card.message)
        await ana.presses("Take over", at=place.support)
        await place.card(ana, "Ana has it")
    async with place.working():
        await place.says(kari, "Thank you", "customer")
        await ana.sees("Thank you", at=card.message, seconds=30)  # something may have been under way
    assert len(place.cards()) == 1
    texts = [one.text for one in place.support.thread(card.message.ts)]
    assert sum("My lamp is broken" in text for text in texts) == 1


async def test_only_what_may_be_in_the_thread_of_a_card_waits_for_it(place: Office) -> None:
    """While a card cannot be posted, Slack is asked to bring again what is said in a thread that may be its own, for
    two minutes: never what somebody else began, nor what is older than that."""
    await place.hand_off(await place.customer("My lamp is broken"))
    place.slack.fail("chat.postMessage", refuse("not_in_channel"), times=50)
    async with place.working():
        await place.until("select from place where key like 'new:%%'")
    adapter = cast(SlackChannel, place.adapter())
    listener = Listener(adapter, place.services)

    async def waits(begun_ago: float, **more: Any) -> bool:
        began = time.time() - begun_ago
        event = {
            "channel": place.support.id, "user": "U1", "text": "mine", "ts": f"{began + 1:.6f}",
            "thread_ts": f"{began:.6f}", **more,
        }  # fmt: skip
        try:
            await listener.message(event, {"team_id": place.team.id, "our_bot": "UBOT"})
        except Unavailable:
            return True
        return False

    assert await waits(1) and await waits(1, parent_user_id="UBOT")
    assert not await waits(1, parent_user_id="U2"), "somebody else's"
    assert not await waits(3600), "older than the card"
    await place.rows("update place set at = at - interval '1 hour' where key like 'new:%%' returning id")
    assert await waits(1), "tried for an hour, and taken just now"
    assert not await waits(121), "no longer than two minutes"


async def test_a_channel_that_takes_no_posts_is_tried_again(place: Office) -> None:
    ana = await place.agent("Ana")
    place.slack.fail("chat.postMessage", refuse("not_in_channel"))
    await place.hand_off(await place.customer("My lamp is broken"))
    async with place.working():
        await place.card(ana, "Nobody has it yet")
    assert len(place.cards()) == 1


async def test_every_documented_error_of_an_update_passes(place: Office) -> None:
    """Whatever Slack answers once, the card is right at the next try; only a card that is not there any more is not."""
    ana = await place.agent("Ana")
    waits = {*LATER, "ratelimited"}  # the same, half a minute later
    errors = [one for one in documented("chat.update") if one not in waits]
    customers = [await place.customer(f"My lamp number {number} is broken") for number, _ in enumerate(errors)]
    for one in customers:
        await place.hand_off(one)
    async with place.working():
        await ana.sees(lambda lines: len(place.cards()) == len(errors), at=place.support, seconds=60)
        await place.until("select 1 where not exists (select from place where key like 'new:%%')")
        for error in errors:
            place.slack.fail("chat.update", refuse(error))
        for one in customers:
            await place.do(handling.claim, one, place.people["Ana"])

        def right(_: list[Line]) -> bool:  # all but the one that is not there any more, unless it was right by then
            return sum("*Ana* has it" in str(card.blocks) for card in place.cards()) >= len(errors) - 1

        await ana.sees(right, at=place.support, seconds=240)  # rests grow with each error that meets the same card
        await place.until("select 1 from place where details ? 'over' having count(*) = 1")  # not there any more
    assert len(place.cards()) == len(errors)


async def test_a_thread_that_was_lost_for_a_while_is_filled_up(place: Office) -> None:
    """What was said while the app was out of the channel stands in the thread when it is back."""
    ana = await place.agent("Ana")
    kari = await place.customer("My lamp is broken")
    await place.hand_off(kari)
    async with place.working():
        card = (await place.card(ana, "Nobody has it yet")).message
        await ana.sees("My lamp is broken", at=card)
        place.slack.fail("chat.postMessage", refuse("not_in_channel"))
        await place.says(kari, "first", "customer")
        await place.until("select from place where gone is not null or key is null")
        await place.says(kari, "second", "customer")
        await ana.sees("second", at=card)
    said = [one.text.splitlines()[-1] for one in await ana.reads(card)]
    assert said[1:] == ["My lamp is broken", "first", "second"]


async def test_check_names_channels_and_groups_that_are_none(database: str) -> None:
    async with office(database, on_call="S0NOBODY") as place:
        place.support.members.remove(place.team.workspace.bot.id)
        adapter = place.adapter()
        async with adapter.connected():
            found = await adapter.problems()
            assert found == [
                f"the app is not in the agents' channel {place.support.id}. Fix: write /invite @Warmline there",
                "the workspace has no user group S0NOBODY. Fix: copy its id from its menu in Slack",
            ]
        place.support.members.append(place.team.workspace.bot.id)
        place.settings["on_call"] = place.team.group("night-shift").id
        adapter = place.adapter()
        async with adapter.connected():
            assert await adapter.problems() == []


async def test_closing_waits_until_the_last_words_were_read(place: Office) -> None:
    """What the customer wrote while the dialog was open, or what the thread does not show yet, is read first."""
    ana = await place.agent("Ana")
    kari = await place.customer("My lamp is broken")
    await place.hand_off(kari)
    async with place.open():
        card = (await place.card(ana, "Nobody has it yet")).message
        await ana.presses("Take over", at=place.support)
        await ana.sees("You are talking with Ana now.", at=card)
        await ana.presses("Close", at=place.support)
        await ana.sees_dialog("How did it end?")
        await place.says(kari, "Wait, one more thing", "customer")
        await ana.submits({"How did it end?": "Solved"})
        assert ana.has_dialog
        await ana.sees("Wait, one more thing", at=card)
        await place.until("select from delivery where seq = 3 and status = 'sent'")
        await ana.presses("Hand back", at=place.support)
        await place.card(ana, "The bot has it again")
    [row] = await place.rows("select state from conversation")
    assert row["state"] == "bot"


def _line(lines: list[Line], ts: str) -> Line:
    return next(one for one in lines if one.message.ts == ts)


def _calls(lines: list[Line]) -> list[str]:
    return [call for one in lines for call in one.calls if one.author == "Warmline"]
