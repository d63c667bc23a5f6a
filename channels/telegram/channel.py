"""One bot on Telegram."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from telegram import BotCommand
from telegram.error import ChatMigrated, TelegramError

from bot.accounts import TelegramAccount
from bot.channel import Channel, Outgoing, Pace, Part, Place
from bot.db import Pool, queries, transaction
from bot.links import elsewhere
from bot.live import Live
from bot.services import Services
from bot.wording import Wording
from channels.telegram import health, outgoing, polling, probing, webhook
from channels.telegram.client import Client
from channels.telegram.errors import meaning
from channels.telegram.incoming import CHANNEL, COMMANDS
from channels.telegram.receiving import Receiver
from channels.telegram.sending import send

log = logging.getLogger(__name__)

_SQL = queries("telegram")


class TelegramChannel(Channel):
    """A bot: its customers' messages in, ours out.

    ``site`` is where our pages are, if that is known, and ``url`` where Telegram calls us; None where we poll.
    """

    name = CHANNEL
    pace = Pace(account=30, place=1)  # Telegram's own figures

    def __init__(
        self,
        account: TelegramAccount,
        token: str,
        wordings: Mapping[str, Wording],
        *,
        site: str | None,
        url: str | None,
    ) -> None:
        self.account = account.account
        self.client = Client(token, account.api)
        self.url = url
        self.settings = account
        self._site = site
        self._wordings = wordings
        self._receiver = Receiver(self.client, self.account)
        self._pool: Pool | None = None

    # Out

    def parts(self, message: Outgoing) -> Sequence[Part]:
        """Text in pieces, then files."""
        if message.author != "agent":
            message = replace(message, text=elsewhere(message.text, self._site))
        return outgoing.parts(message)

    async def post(self, place: Place, part: Part) -> str:
        """Send one part; to the new place of a group that has moved."""
        try:
            try:
                return await send(self.client.bot, place.key, part)
            except ChatMigrated as moved:
                await self._move(place, str(moved.new_chat_id))
                return await send(self.client.bot, str(moved.new_chat_id), part)
        except TelegramError as error:
            raise meaning(error) from None  # its cause may hold the address, and that the token

    async def find(self, place: Place, part: Part) -> str | None:
        """See `channels.telegram.probing`, also for its limits."""
        if self._pool is None:
            return None
        try:
            return await probing.find(self.client.bot, self._pool, place, part)
        except ChatMigrated:
            return None  # the old group shows nothing any more
        except TelegramError as error:
            raise meaning(error) from None

    async def typing(self, place: Place) -> None:
        """Shown for five seconds, or until the message."""
        await self.client.bot.send_chat_action(place.key, "typing")

    async def fetch(self, source: Mapping[str, Any], *, most: int) -> bytes:
        """Download a file that somebody sent."""
        return await self.client.download(source["file_id"], most=most)

    async def work(self, pool: Pool, live: Live) -> None:
        """Nothing of its own; the pool serves where what we know of a chat is needed or changes."""
        self._pool = pool
        await super().work(pool, live)

    async def _move(self, place: Place, key: str) -> None:
        if self._pool is not None:
            async with transaction(self._pool) as connection:
                await connection.execute(_SQL["move"], {"account": self.account, "old": place.key, "new": key})

    # In

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Connections are made when they are needed."""
        async with self.client.open():
            try:
                yield
            finally:
                await self._receiver.close()

    def routes(self) -> APIRouter:
        """Where Telegram calls us, if it is to."""
        return webhook.routes(self.client, self._receiver, self.account) if self.url else APIRouter()

    async def listen(self, services: Services) -> None:
        """Poll, or see to it that Telegram calls."""
        await self._show_commands()
        if self.url is not None:
            await webhook.keep(self.client, self.url)
        else:
            await polling.poll(self.client, self._receiver, services)

    async def _show_commands(self) -> None:
        """The menu beside the text field: for everybody, and in each language that we speak."""
        try:
            for number, (language, wording) in enumerate(self._wordings.items()):
                menu = [BotCommand(name, wording.say(f"system.command.{name}", said=())[0]) for name in COMMANDS]
                if number == 0:
                    await self.client.bot.set_my_commands(menu)
                await self.client.bot.set_my_commands(menu, language_code=language)
        except TelegramError as error:  # nobody needs the menu
            log.warning("commands not shown", extra={"error": type(error).__name__})

    async def problems(self) -> Sequence[str]:
        """Token, webhook, clock."""
        return await health.problems(self.client, self.settings, self.url)
