"""Our end of the line to Telegram: the library's bot for one token, and what it cannot do itself."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import httpx
from telegram import Bot
from telegram.error import BadRequest, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from bot.channel import Never, NotNow
from channels.telegram.errors import seconds
from channels.telegram.incoming import KINDS, Me

_ANSWER_SECONDS = 10.0
_UPLOAD_SECONDS = 60.0
_CONNECTIONS = 64
_POLL_SECONDS = 25
_UPDATES = 100
_DOWNLOAD_BYTES = 20_000_000  # Telegram hands out no more to bots
_AGAIN_SECONDS = 60.0


class Client:
    """One bot. Making it and `open` call nobody, so a process starts although Telegram is away."""

    def __init__(self, token: str, api: str) -> None:
        self._token = token
        self._api = api.rstrip("/")
        self._calls = HTTPXRequest(
            connection_pool_size=_CONNECTIONS,
            read_timeout=_ANSWER_SECONDS,
            write_timeout=_ANSWER_SECONDS,
            media_write_timeout=_UPLOAD_SECONDS,
        )
        # A poll takes long, and must not keep calls from a connection.
        self._polls = HTTPXRequest(connection_pool_size=1, read_timeout=_POLL_SECONDS + _ANSWER_SECONDS)
        self.bot = Bot(
            token,
            base_url=f"{self._api}/bot",
            base_file_url=f"{self._api}/file/bot",
            request=self._calls,
            get_updates_request=self._polls,
        )
        self._me: Me | None = None

    @property
    def api(self) -> str:
        """The address of the Bot API."""
        return self._api

    @property
    def secret(self) -> str:
        """What Telegram shows us with every update: only who has the token can know it, and it tells nothing of it."""
        return hmac.new(self._token.encode(), b"webhook", hashlib.sha256).hexdigest()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Around all calls."""
        # Not the bot's own `initialize`: that calls Telegram, and writes the token into its error.
        await self._calls.initialize()
        await self._polls.initialize()
        try:
            yield
        finally:
            await self._calls.shutdown()
            await self._polls.shutdown()

    async def me(self) -> Me:
        """Who the bot is; asked once."""
        if self._me is None:
            user = await self.bot.get_me()
            self._me = Me(user.id, user.username or "")
        return self._me

    async def updates(self, offset: int | None) -> Sequence[dict[str, Any]]:
        """What is new from ``offset`` on, as it came; waits for something for a while.

        Not the library's own way: that reads all of them at once, and a single one that it cannot read would
        hold up all that follow.
        """
        asked = {"timeout": _POLL_SECONDS, "limit": _UPDATES, "allowed_updates": _json(KINDS)}
        if offset is not None:
            asked["offset"] = offset
        found = await self._polls.post(f"{self.bot.base_url}/getUpdates?{urlencode(asked)}")
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    async def download(self, file_id: str, *, most: int) -> bytes:
        """A file of at most ``most`` bytes. Raises `Never` when it is longer or not to be had, else `NotNow`."""
        too_long = Never(f"The file has more than {most // 1_000_000} MB.")
        try:
            file = await self.bot.get_file(file_id)
        except BadRequest as error:
            if "too big" in error.message.lower():
                raise Never(f"The file has more than {_DOWNLOAD_BYTES // 1_000_000} MB.") from None
            raise NotNow("Telegram does not have the file just now.", seconds=_AGAIN_SECONDS) from None
        except RetryAfter as error:
            raise NotNow("Telegram asks us to wait.", seconds=seconds(error)) from None
        except TelegramError:
            raise NotNow("Telegram does not give us the file just now.") from None
        if (file.file_size or 0) > most:
            raise too_long
        data = bytearray()
        # The address holds the token: no error may carry it on.
        try:
            async with (
                httpx.AsyncClient(timeout=_ANSWER_SECONDS) as http,
                http.stream("GET", file.file_path or "") as answer,
            ):
                if answer.status_code != httpx.codes.OK:
                    raise NotNow("Telegram does not give us the file just now.", seconds=_AGAIN_SECONDS)
                async for piece in answer.aiter_bytes():
                    data += piece
                    if len(data) > most:
                        raise too_long
        except httpx.HTTPError:
            raise NotNow("The file did not arrive whole.") from None
        return bytes(data)

    async def clock_ahead(self) -> float | None:
        """By how many seconds our clock is ahead of Telegram's; None when it does not say."""
        async with httpx.AsyncClient(timeout=_ANSWER_SECONDS) as http:
            answer = await http.get(f"{self._api}/")
        said = answer.headers.get("date")
        return (datetime.now(UTC) - parsedate_to_datetime(said)).total_seconds() if said else None


def _json(names: Sequence[str]) -> str:
    return "[" + ",".join(f'"{name}"' for name in names) + "]"
