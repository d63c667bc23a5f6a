"""What becomes of one update: stored in one transaction, and only then acknowledged."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.error import TelegramError

from bot import conversation as conversations
from bot.arrival import arrive, find_or_open
from bot.channel import Place
from bot.db import Connection, queries, transaction
from bot.errors import InvalidMessage
from bot.services import Services
from bot.tasks import InTurn
from channels.telegram import commands
from channels.telegram.client import Client
from channels.telegram.incoming import CHOSEN, Happened, Met, Moved, Pushed, Wrote, read

log = logging.getLogger(__name__)

_SQL = queries("telegram")
_PLACES = queries("places")


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the person sees who pressed a button: the keyboard becomes ``title``, or the text becomes ``text``."""

    title: str | None = None
    text: str | None = None
    alert: str | None = None


class Receiver:
    """Takes in the updates of one bot, in whatever way they come."""

    def __init__(self, client: Client, account: str) -> None:
        self._client = client
        self._account = account
        self._courtesies: set[asyncio.Task[None]] = set()
        self._turns = InTurn()

    async def take(self, services: Services, raw: Mapping[str, Any]) -> None:
        """Take in one update as it came. What nobody can read is passed over.

        Raises `Unavailable`, or a `TelegramError` where Telegram had to be asked who we are: then it is not stored.
        """
        me = await self._client.me()
        try:
            update = Update.de_json(dict(raw), self._client.bot)
            happened = read(update, me, self._account)
        except Exception as error:  # the library raises whatever the missing field happens to lead to
            log.warning("unreadable update", extra={"error": type(error).__name__, "update": raw.get("update_id")})
            return
        if isinstance(happened, Pushed):
            # Outside of the transaction: the button stops waiting once its press is stored, not before.
            self._later(self._answer(happened, await self._press(services, happened)))
        elif happened is not None:
            chat = update.effective_chat  # Telegram calls for several updates of a chat at once
            async with self._turns.at(str(chat and chat.id)), transaction(services.pool) as connection:
                await self._store(connection, services, happened)

    async def close(self) -> None:
        """Drop what is only courtesy."""
        for task in self._courtesies:
            task.cancel()
        await asyncio.gather(*self._courtesies, return_exceptions=True)

    async def _store(self, connection: Connection, services: Services, happened: Happened) -> None:
        match happened:
            case Wrote(command=str()):
                await commands.obey(connection, services, happened)
            case Wrote():
                place = await arrive(connection, services, happened.arrival)
                if happened.phone is not None:
                    values = {"id": place.conversation, "phone": happened.phone}
                    await connection.execute(_SQL["phone"], values)
                    await conversations.record(
                        connection, place.conversation, "customer", "customer", {"changed": ["phone"]}
                    )
            case Moved():
                key = {"account": self._account, "old": happened.old, "new": happened.new}
                await connection.execute(_SQL["move"], key)
            case Met():
                await commands.close_place(connection, self._account, happened.key, happened.gone)

    # Buttons

    async def _press(self, services: Services, pushed: Pushed) -> _Answer:
        if pushed.arrival is None:
            return _Answer()  # a button that only shows what was chosen
        try:
            async with transaction(services.pool) as connection:
                return await self._store_press(connection, services, pushed)
        except InvalidMessage:
            return _Answer(title="", alert=await self._words(services, pushed, "system.not_on_offer"))

    async def _store_press(self, connection: Connection, services: Services, pushed: Pushed) -> _Answer:
        assert pushed.arrival is not None
        place = await find_or_open(connection, services, pushed.arrival)
        payload = await _payload(connection, place, pushed)
        if payload is None or not payload.startswith(commands.OURS):
            await arrive(connection, services, pushed.arrival)
            return _Answer(title=pushed.title)
        press = pushed.arrival.external_id
        text = await commands.confirm(connection, services, place, payload, press=press, private=pushed.private)
        return _Answer(text=text) if text else _Answer(title=pushed.title)

    async def _answer(self, pushed: Pushed, answer: _Answer) -> None:
        """Tell the person who pressed; nothing depends on it."""
        bot = self._client.bot
        with suppress(TelegramError):  # too late, say
            await bot.answer_callback_query(pushed.query, text=answer.alert, show_alert=answer.alert is not None)
        with suppress(TelegramError):  # it is as it should be, or was deleted
            if answer.text is not None:
                await bot.edit_message_text(answer.text, chat_id=pushed.chat, message_id=pushed.message_id)
            elif answer.title is not None:
                chosen = InlineKeyboardButton(f"✓ {answer.title}", callback_data=CHOSEN)
                markup = InlineKeyboardMarkup([[chosen]]) if answer.title else None
                await bot.edit_message_reply_markup(
                    chat_id=pushed.chat, message_id=pushed.message_id, reply_markup=markup
                )

    async def _words(self, services: Services, pushed: Pushed, key: str) -> str:
        async with transaction(services.pool) as connection:
            values = {"account": self._account, "key": pushed.chat}
            row = await (await connection.execute(_SQL["language"], values)).fetchone()
        language = services.business.served(row["language"] if row else pushed.language or "")
        return services.wordings[language].say(key, said=())[0]

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._courtesies.add(task)  # or it may be collected before it is done
        task.add_done_callback(self._courtesies.discard)


async def _payload(connection: Connection, place: Place, pushed: Pushed) -> str | None:
    assert pushed.arrival is not None and pushed.arrival.pressed is not None
    pressed = pushed.arrival.pressed
    key = {"id": place.conversation, "seq": pressed.seq, "place": pressed.place}
    row = await (await connection.execute(_PLACES["button"], key)).fetchone()
    payload: str | None = row["payload"] if row else None
    return payload
