"""What customers can command with a slash, and the buttons that belong to it.

What the dialogue can answer is passed to it as one of its own payloads; the rest is answered here, at once and
whoever has the conversation.
"""

from __future__ import annotations

from dataclasses import replace

from bot import conversation as conversations
from bot import live
from bot.arrival import arrive, find_or_open
from bot.channel import Place
from bot.conversation import Conversation
from bot.db import Connection, queries
from bot.erasure import erase
from bot.records import Button
from bot.services import Services
from channels.telegram.incoming import Wrote, parameter

OURS = "telegram:"
"""What the payloads of our own buttons begin with; the dialogue never sees them."""

_ERASE, _KEEP, _LANGUAGE = "telegram:erase", "telegram:keep", "telegram:language "

_SQL = queries("telegram")
_CONVERSATION = queries("conversation")

# The command that Rasa gets in their place.
_DIALOGUE = {"start": "/greet", "human": "/ask_person"}


async def obey(connection: Connection, services: Services, wrote: Wrote) -> None:
    """Carry out the command in what somebody wrote; the same one delivered again changes nothing."""
    assert wrote.command is not None
    if (payload := _DIALOGUE.get(wrote.command)) is not None:
        place = await arrive(connection, services, replace(wrote.arrival, command=payload))
        if wrote.command == "start" and (link := parameter(wrote.argument)) is not None:
            await _came_by(connection, place, link)
        return
    place = await find_or_open(connection, services, wrote.arrival)
    locked = await conversations.lock(connection, place.conversation)
    if not await _seen(connection, locked, wrote.arrival.external_id):
        await _answer(connection, services, locked, wrote)
        await live.notify(connection, locked.id)
    if wrote.command == "stop" and wrote.private:  # after the farewell, which is still to go out
        await close_place(connection, place.account, place.key, "The customer has stopped the bot.")


async def _answer(connection: Connection, services: Services, locked: Conversation, wrote: Wrote) -> None:
    match wrote.command:
        case "help":
            await _say(connection, services, locked, "system.help", wrote)
        case "language":
            await _language(connection, services, locked, wrote)
        case "stop" if wrote.private:
            await _say(connection, services, locked, "system.stopped", wrote)
        case "delete_my_data" if wrote.private:
            choices = {"button.erase": _ERASE, "button.keep": _KEEP}
            buttons = tuple(Button(_text(services, locked, title), payload) for title, payload in choices.items())
            await _say(connection, services, locked, "system.erase", wrote, buttons=buttons)
        case _:
            await _say(connection, services, locked, "system.in_private", wrote)


async def close_place(connection: Connection, account: str, key: str, problem: str | None) -> None:
    """Nothing can be sent to a chat any more, for the reason ``problem``, or (None) it can again."""
    values = {"account": account, "key": key, "problem": problem}
    row = await (await connection.execute(_SQL["gone"], values)).fetchone()
    if row is not None:
        kind, data = ("unreachable", {"problem": problem}) if problem else ("reachable", {})
        await conversations.record(connection, row["conversation_id"], kind, "customer", data)
        await live.notify(connection, row["conversation_id"])


async def confirm(
    connection: Connection, services: Services, place: Place, payload: str, *, press: str, private: bool
) -> str | None:
    """Carry out what a button of ours says; the text that is shown in place of the question, if any.

    ``press`` is its name on the platform: the same one again changes nothing.
    """
    locked = await conversations.lock(connection, place.conversation)
    if payload == _ERASE and private:
        farewell = _text(services, locked, "system.erased")
        await erase(connection, place.conversation, actor="customer")
        return farewell
    if payload.startswith(_LANGUAGE) and not await _seen(connection, locked, press):
        await _speak(connection, services, locked, payload.removeprefix(_LANGUAGE), press)
        await live.notify(connection, locked.id)
    return None


async def _came_by(connection: Connection, place: Place, link: str) -> None:
    values = {"place": place.id, "parameter": link}
    if await (await connection.execute(_SQL["started"], values)).fetchone() is not None:
        await conversations.record(connection, place.conversation, "started", "customer", {"parameter": link})
        await live.notify(connection, place.conversation)


async def _language(connection: Connection, services: Services, locked: Conversation, wrote: Wrote) -> None:
    wanted, served = wrote.argument.lower(), services.business.languages
    named = {code: services.wordings[code].say("system.language_name", said=())[0] for code in served}
    chosen = next((code for code, name in named.items() if wanted in (code, name.lower())), None)
    if chosen is not None:
        await _speak(connection, services, locked, chosen, wrote.arrival.external_id)
    else:
        buttons = tuple(Button(name, f"{_LANGUAGE}{code}") for code, name in named.items())
        await _say(connection, services, locked, "system.languages", wrote, buttons=buttons)


async def _speak(
    connection: Connection, services: Services, locked: Conversation, language: str, external_id: str
) -> None:
    """Speak a language from now on, and say so in it."""
    locked = await conversations.speak(connection, locked, services.business.served(language), chosen=True)
    text = _text(services, locked, "system.language")
    await conversations.add_message(connection, locked, "system", text, external_id=external_id)


async def _seen(connection: Connection, locked: Conversation, external_id: str) -> bool:
    key = {"id": locked.id, "channel": locked.channel, "external_id": external_id}
    return await (await connection.execute(_CONVERSATION["seen"], key)).fetchone() is not None


async def _say(
    connection: Connection,
    services: Services,
    locked: Conversation,
    key: str,
    wrote: Wrote,
    *,
    buttons: tuple[Button, ...] = (),
) -> None:
    """Answer a command; the answer bears the command's name on the platform, so that it is given once."""
    await conversations.add_message(
        connection, locked, "system", _text(services, locked, key),
        external_id=wrote.arrival.external_id, buttons=buttons,
    )  # fmt: skip


def _text(services: Services, locked: Conversation, key: str) -> str:
    return services.wordings[services.business.served(locked.language)].say(key, said=())[0]
