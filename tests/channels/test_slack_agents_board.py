"""Hand-overs appear in the agents' channel as cards, each once, and are kept as things stand."""

from __future__ import annotations

from bot import conversation as conversations
from bot import handling
from bot.db import transaction
from tests.channels.slack_office import DESK, YES_NO, Office, office
from tests.standins.slack.faults import drop
from tests.standins.slack.reading import Line


async def test_a_hand_over_becomes_a_card_with_the_story(place: Office) -> None:
    """P27: the customer's own words, mood, reason and what to do; what was said so far stands in the thread.

    Once they are calm again, the card says so beside the reason.
    """
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
        await place.rows("update conversation set heat = 0.6 where id = %s returning 1", kari)
        calm = {"kind": "calm", "strength": 0.9, "evidence": []}
        await place.says(kari, "Thank you, I will wait", "customer", mood=calm)
        await place.card(ana, "Very upset: Kari", "Kari · website · en · calm now")


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


def _calls(lines: list[Line]) -> list[str]:
    return [call for one in lines for call in one.calls if one.author == "Warmline"]
