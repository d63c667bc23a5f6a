"""`warmline telegram`, and what a deployment in two languages does with /language."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.errors import WarmlineError
from channels.telegram.administration import administer
from tests.channels.telegram_world import World, telegram, telegram_world, until  # noqa: F401  # fixtures
from tests.standins.telegram.errors import BAD_GATEWAY, UNAUTHORIZED


@pytest.fixture
def world(telegram_world: World) -> World:  # noqa: F811
    """Everything but a worker."""
    return telegram_world


async def test_the_webhook_is_set_shown_and_deleted(world: World) -> None:
    called, polls = world.channel(public_url="http://127.0.0.1:9"), world.channel()
    with pytest.raises(WarmlineError, match="mode: webhook"):
        await administer(polls, "set-webhook")
    assert "mode     polling" in await administer(polls, "info")
    [line] = await administer(called, "set-webhook")
    assert line == "Telegram calls http://127.0.0.1:9/channels/telegram/shop now."
    assert world.telegram.bot.webhook is not None
    world.kari().writes("hello")
    await until(lambda: world.telegram.bot.last_webhook_error)
    shown = "\n".join(await administer(called, "info"))
    assert "@fjordlys_bot" in shown and "waiting  1 updates" in shown and "problem  Telegram could not call us" in shown
    assert world.telegram.bot.token not in shown and called.client.secret not in shown
    await administer(called, "delete")
    assert world.telegram.bot.webhook is None


async def test_what_stands_in_the_way_is_said_without_the_token(world: World) -> None:
    channel = world.channel()
    for refusal, words in ((UNAUTHORIZED, "@BotFather"), (BAD_GATEWAY, "Bad Gateway")):
        world.telegram.fails("getMe", refusal)
        with pytest.raises(WarmlineError, match=words) as caught:
            await administer(channel, "info")
        assert world.telegram.bot.token not in str(caught.value)


async def test_a_customer_chooses_a_language(world: World) -> None:
    """By its code, its own name or a button; the answer is in that language, as the menu of commands is."""
    english = world.services.wordings["en"]
    texts = {"system.language_name": ("Norsk",), "system.language": ("Nå skriver vi norsk til deg.",)}
    norwegian = replace(english, language="nb", texts={**english.texts, **texts, "system.command.help": ("Hjelp",)})
    business = world.services.business.model_copy(update={"languages": ("en", "nb")})
    wordings = {"en": english, "nb": norwegian}
    world.services = replace(world.services, business=business, wordings=wordings)
    kari = world.kari(language_code="en")
    async with world.polling():
        kari.writes("/language norsk")
        await kari.receives("Nå skriver vi norsk til deg.")
        kari.writes("/language en")
        await kari.receives("in English")
        kari.writes("/language")
        [asked] = await kari.receives("Which language")
        assert asked.buttons == ("English", "Norsk")
        kari.presses("Norsk")
        await kari.receives("Nå skriver vi norsk til deg.")
        per = world.kari(language_code="nb")
        per.writes("/language")
        await per.receives("Which language")
    rows = await world.rows("select language, language_chosen from conversation order by created_at")
    assert rows == [{"language": "nb", "language_chosen": True}, {"language": "nb", "language_chosen": False}]
    assert "Hjelp" in str(world.telegram.bot.settings)
