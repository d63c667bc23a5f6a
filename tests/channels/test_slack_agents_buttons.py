"""What agents press on a card does what it does at the desk, by the same rules."""

from __future__ import annotations

import pytest

from bot import handling
from bot.errors import AlreadyOwned
from tests.channels.slack_office import Office


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
    async with place.open():
        ana, kari, _ = await place.taken_over()
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
    bo, lea = await place.agent("Bo"), await place.agent("Lea", role="lead")
    async with place.open():
        ana, _, _ = await place.taken_over()
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
    async with place.open():
        ana, _, _ = await place.taken_over()
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
