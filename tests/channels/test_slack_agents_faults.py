"""Whatever Slack answers or does not, each card and each line is there once, and right in the end."""

from __future__ import annotations

import asyncio
import time
from typing import Any, cast

import pytest

from bot import handling
from bot.channel import Never, Pace
from bot.errors import Unavailable
from channels.slack import agents_board, calls
from channels.slack.agents_listening import Listener
from channels.slack.calls import GONE, LATER, UNSURE
from channels.slack.channel import SlackChannel
from tests.channels.slack_office import Office, line_of
from tests.standins.slack.faults import broken, documented, drop, refuse, too_many
from tests.standins.slack.reading import Line
from tests.world import Platform


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing rests for long after an error, and Slack's pace is not kept."""
    monkeypatch.setattr(agents_board, "_SHORTEST_REST", 0.02)
    monkeypatch.setattr(agents_board, "_LONGEST_REST", 0.02)
    monkeypatch.setattr(calls, "_PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(SlackChannel, "pace", Pace(account=1000, place=0))


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
    errors = documented("chat.update")
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

        await ana.sees(right, at=place.support, seconds=60)
        await place.until("select 1 from place where details ? 'over' having count(*) = 1")  # not there any more
    assert len(place.cards()) == len(errors)


async def test_a_thread_that_was_lost_for_a_while_is_filled_up(place: Office) -> None:
    """What was said while the app was out of the channel stands in the thread when it is back."""
    ana = await place.agent("Ana")
    kari = await place.customer("My lamp is broken")
    await place.hand_off(kari)
    async with place.working():
        card = (await place.card(ana, "Nobody has it yet")).message
        await place.until("select 1 where not exists (select from delivery where status in ('queued', 'sending'))")
        place.slack.fail("chat.postMessage", refuse("not_in_channel"))
        await place.says(kari, "first", "customer")
        await place.until(
            "select from delivery join message using (conversation_id, seq)"
            " where text = 'first' and status in ('failed', 'sent')"
        )
        await place.says(kari, "second", "customer")
        await ana.sees("second", at=card)
    said = [one.text.splitlines()[-1] for one in await ana.reads(card)]
    assert said[1:] == ["My lamp is broken", "first", "second"]


async def test_a_card_that_was_found_again_shows_what_happened_since(place: Office) -> None:
    """Posted without an answer, then taken over before it is found by its name: it says who has it."""
    ana = await place.agent("Ana")
    kari = await place.customer("My lamp is broken")
    place.slack.fail("chat.postMessage", drop(accepted=True))
    place.slack.fail("conversations.history", drop(), times=100)
    await place.hand_off(kari)
    async with place.working():
        await ana.sees("Nobody has it yet", at=place.support)
    await place.do(handling.claim, kari, place.people["Ana"])
    place.slack.faults.clear()
    async with place.working():
        card = await place.card(ana, "Ana has it")
        assert card.buttons[0] == "Hand back"
    assert len(place.cards()) == 1


@pytest.mark.parametrize("method", ["conversations.history", "conversations.replies"])
async def test_what_is_in_doubt_is_posted_once_whatever_the_search_answers(place: Office, method: str) -> None:
    """A card, or a line below it, that Slack took without an answer: no error of looking for it makes a second one."""
    ana = await place.agent("Ana")
    place.settings |= {"on_call": place.team.group("night-shift", ana).id, "unclaimed_minutes": 5}
    kari = await place.customer("My lamp is broken")
    for error in documented(method):
        place.slack.fail(method, refuse(error))
    if method == "conversations.history":
        place.slack.fail("chat.postMessage", drop(accepted=True))
    await place.hand_off(kari)
    async with place.working():
        await place.until("select from delivery where status = 'sent'")
        if method == "conversations.replies":
            place.slack.fail("chat.postMessage", drop(accepted=True))
        await place.rows("update handoff set at = now() - interval '6 minutes' returning 1")
        await place.until("select from place where details ? 'called'")
    [card] = place.cards()
    assert sum(bool(one.calls) for one in await ana.reads(card)) == 1
    assert len(place.slack.calls(method)) > len(documented(method))


async def test_no_error_of_a_reaction_holds_up_the_next(place: Office, caplog: pytest.LogCaptureFixture) -> None:
    """reactions.add: what passes is tried again; one that cannot be is left out, and the log says why."""
    ana = await place.agent("Ana")
    kari = await place.customer("My lamp is broken")
    await place.hand_off(kari)
    errors = documented("reactions.add")
    refused = [one for one in errors if one not in {*GONE, *UNSURE, *LATER, "ratelimited"}]
    async with place.working():
        card = (await place.card(ana, "Nobody has it yet")).message
        await ana.sees("My lamp is broken", at=card)
        for error in errors:
            place.slack.fail("reactions.add", refuse(error))
        for number in range(len(refused) + 1):
            mood = {"kind": "angry", "strength": 0.9, "evidence": []}
            await place.says(kari, f"number {number}", "customer", mood=mood)
        lines = await ana.sees(lambda lines: "number" in str(lines[-1]) and lines[-1].reactions, at=card, seconds=60)
    assert [one.reactions for one in lines[2:]] == [()] * len(refused) + [("rage",)]
    said = caplog.messages.count("reaction not shown")
    assert said == len(set(refused) - {"already_reacted", "message_not_found"})


async def test_no_error_hides_that_a_message_arrived_after_all(place: Office) -> None:
    """reactions.remove and chat.update of the warning: if it cannot be changed, it is said below."""
    ana, platform = await place.agent("Ana"), Platform()
    await place.hand_off(await place.customer("My lamp is broken", key="ola"))
    errors = documented("reactions.remove")
    async with place.open(platform):
        card = (await place.card(ana, "Nobody has it yet")).message
        await ana.presses("Take over", at=card)
        await place.card(ana, "Ana has it")
        await place.until("select from delivery d join place p on p.id = d.place_id"
                          " where p.audience = 'customer' and d.status = 'sent'")  # fmt: skip
        platform.trouble = [Never("Telegram refuses this.")] * 3
        replies = [await ana.writes(f"number {number}", to=card) for number in range(3)]
        await ana.sees(lambda lines: sum("Telegram refuses" in one.text for one in lines) == 3, at=card)
        for error in errors:
            place.slack.fail("reactions.remove", refuse(error))
        place.slack.fail("chat.update", refuse("edit_window_closed"))
        await place.rows("update delivery set status = 'queued', tries = 0 where status = 'failed' returning 1")
        lines = await ana.sees(
            lambda lines: sum("Delivered after all." in one.text for one in lines) == 3, at=card, seconds=60
        )
        assert sum("Telegram refuses" in one.text for one in lines) == 1, "what could not be changed"
        assert all("white_check_mark" in line_of(lines, one.ts).reactions for one in replies)
    assert [text for key, text in platform.arrived if key == "ola"][-3:] == ["number 0", "number 1", "number 2"]


async def test_which_workspace_it_is_may_take_a_while_to_learn(place: Office) -> None:
    """auth.test: no error of it loses or doubles a card."""
    ana = await place.agent("Ana")
    await place.hand_off(await place.customer("My lamp is broken"))
    for error in documented("auth.test"):
        place.slack.fail("auth.test", refuse(error))
    async with place.working():
        await place.card(ana, "Nobody has it yet")
    assert len(place.cards()) == 1


async def test_who_writes_when_slack_does_not_say(place: Office) -> None:
    """users.info: whom we know goes on for a while; a stranger's words are brought again, or told to stay in Slack."""
    ana, bo = await place.agent("Ana"), await place.agent("Bo")
    kari = await place.customer("My lamp is broken")
    await place.hand_off(kari)
    async with place.open():
        card = (await place.card(ana, "Nobody has it yet")).message
        await ana.presses("Take over", at=card)
        await place.card(ana, "Ana has it")
        for error in documented("users.info"):
            await place.rows("update agent_link set checked_at = now() - interval '24 hours 30 minutes' returning 1")
            place.slack.fail("users.info", refuse(error))
            await ana.writes(f"Ana: {error}", to=card)
            await place.until("select from message where text = %s and author = 'agent'", f"Ana: {error}")
            place.slack.fail("users.info", refuse(error))
            await bo.writes(f"Bo: {error}", to=card)
            await place.slack.events.settled()
            await place.rows("delete from agent_link where agent_id = %s returning 1", place.people["Bo"].id)
            await asyncio.sleep(0.03)
        await bo.sees("Warmline does not know you as an agent", at=card)
    passing = [one for one in documented("users.info") if one in {*UNSURE, *LATER, "ratelimited"}]
    assert [text for author, text in await place.said(kari) if author == "note"] == [f"Bo: {one}" for one in passing]


async def test_check_says_what_cannot_be_looked_up(place: Office) -> None:
    """conversations.info and usergroups.list: each error becomes a sentence with a fix."""
    place.settings["on_call"] = place.team.group("night-shift").id
    adapter = place.adapter()
    async with adapter.connected():
        for method in ("conversations.info", "usergroups.list"):
            for fault in (*map(refuse, documented(method)), broken(503), drop()):
                place.slack.fail(method, fault)
                [found] = await adapter.problems()
                assert "Fix: " in found, (fault, found)
                assert (fault.error or "") in found or fault.error == "channel_not_found", (fault, found)
