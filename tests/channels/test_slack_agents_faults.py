"""Whatever Slack answers or does not, each card and each line is there once, and right in the end."""

from __future__ import annotations

from typing import Any

import pytest

from bot import handling
from channels.slack.calls import LATER
from tests.channels.slack_office import Office
from tests.standins.slack.faults import broken, documented, drop, refuse, too_many
from tests.standins.slack.reading import Line


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
        await ana.sees("Thank you", at=card.message)
    assert len(place.cards()) == 1
    texts = [one.text for one in place.support.thread(card.message.ts)]
    assert sum("My lamp is broken" in text for text in texts) == 1


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
