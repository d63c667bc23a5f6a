"""One app on Slack, in one workspace or in all that installed it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.accounts import SlackAccount
from bot.business import Business
from bot.channel import Channel, Outgoing, Pace, Part, Place
from bot.db import Pool
from bot.live import Live
from bot.services import Services
from bot.wording import Wording
from channels.slack import app

_ANSWER_SECONDS = 15


class SlackChannel(Channel):
    """Sends, fetches and listens for one account."""

    name = "slack"
    pace = Pace(account=20.0, place=1.0)

    def __init__(
        self,
        settings: SlackAccount,
        business: Business,
        wordings: Mapping[str, Wording],
        environ: Mapping[str, str],
    ) -> None:
        self.account = settings.account
        self.settings = settings
        self.business = business
        self.wordings = wordings
        self.signing_secret = environ.get(settings.signing_secret, "")
        self._bot_token = environ.get(settings.bot_token or "")
        self._app: AsyncApp | None = None
        self._session: aiohttp.ClientSession | None = None
        self._pool: Pool | None = None
        self._later: set[asyncio.Task[None]] = set()

    # For every listener and for the agents' side

    def anybody(self, token: str | None = None) -> AsyncWebClient:
        """A client that retries nothing by itself: Slack would post a second time what it had accepted."""
        return AsyncWebClient(
            token=token,
            base_url=self.settings.api,
            session=self._session,
            timeout=_ANSWER_SECONDS,
            retry_handlers=[],
        )

    async def client(self, team: str) -> AsyncWebClient:
        """The client for a workspace. Raises `Gone` when the app is not installed there (any more)."""
        return self.anybody(self._bot_token)

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do what may fail without harm after Slack has been told that we have it."""
        task = asyncio.create_task(work)
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    def app(self, services: Services) -> AsyncApp:
        """bolt's app of this process, with the listeners of customers and of agents."""
        self._pool = services.pool
        if self._app is None:
            self._app = app.build(self, services)
        return self._app

    # Out

    def parts(self, message: Outgoing) -> Sequence[Part]:
        """See `Channel.parts`."""
        raise NotImplementedError

    async def post(self, place: Place, part: Part) -> str:
        """See `Channel.post`."""
        raise NotImplementedError

    async def work(self, pool: Pool, live: Live) -> None:
        """Show agents what changes, where the account has a channel of theirs."""
        self._pool = pool
        if self.settings.agents is not None:
            from channels.slack import agents

            await agents.work(self, pool, live)
        await asyncio.Event().wait()

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Keeps connections to Slack open between calls."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_ANSWER_SECONDS)) as self._session:
            yield
            for task in self._later:
                task.cancel()
