"""One app on Slack, in one workspace or in all that installed it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from fastapi import APIRouter
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.accounts import SlackAccount
from bot.business import Business
from bot.channel import Channel, Never, Outgoing, Pace, Part, Place
from bot.db import Pool
from bot.live import Live
from bot.services import Services
from bot.tasks import InTurn
from bot.wording import Wording
from channels.slack import app, files, messages, web
from channels.slack.agents_thread import parts_for_agents
from channels.slack.calls import FORM, TOKEN, Limits, Refused, call, in_words, why_refused
from channels.slack.installations import AGENT_SCOPES, SCOPES, Installations, oauth_flow, open_vault
from channels.slack.people import People

log = logging.getLogger(__name__)

_ANSWER_SECONDS = 15
_PING_SECONDS = 10  # in Socket Mode, and between tries to connect
_PAGE = 100
_DOUBT_SECONDS = 2 * 24 * 3600  # after a day the courier gives up
_MOST_PAGES = 10
_SKEW_SECONDS = 60

# Below warning the libraries log addresses, bodies and answers as they come: tokens and customers' words.
_TALKATIVE = {"slack_bolt": logging.ERROR, "slack_sdk": logging.WARNING, "slack_sdk.warmline": logging.WARNING}
_QUIET = logging.getLogger("slack_sdk.warmline")


class SlackChannel(Channel):
    """Sends, fetches and listens for one account."""

    name = "slack"
    pace = Pace(account=20.0, place=1.1)  # one a second in a channel, by Slack's clock

    def __init__(
        self,
        settings: SlackAccount,
        business: Business,
        wordings: Mapping[str, Wording],
        environ: Mapping[str, str],
    ) -> None:
        for name, level in _TALKATIVE.items():
            logging.getLogger(name).setLevel(level)
        self.account = settings.account
        self.settings = settings
        self.business = business
        self.wordings = wordings
        self.people = People(self)
        self.limits = Limits()
        self.signing_secret = environ.get(settings.signing_secret, "")
        self._app_token = environ.get(settings.app_token, "")
        self._bot_token = environ.get(settings.bot_token or "")
        self._scopes = SCOPES if settings.agents is None else (*SCOPES, *AGENT_SCOPES)
        self._credentials: tuple[str, str] | None = None
        self.installations: Installations | None = None
        if settings.client_id is not None and settings.client_secret is not None:
            self._credentials = (environ[settings.client_id], environ[settings.client_secret])
            self.installations = Installations(self.account, open_vault(environ))
        self._app: AsyncApp | None = None
        self._session: aiohttp.ClientSession | None = None
        self._pool: Pool | None = None
        self._later: set[asyncio.Task[None]] = set()
        self._home = settings.agents.team if settings.agents is not None else None
        self._turns = InTurn()

    # For every listener and for the agents' side

    def client_with(self, token: str | None) -> AsyncWebClient:
        """A client that retries nothing by itself: Slack would post a second time what it had accepted."""
        return AsyncWebClient(
            token=token,
            base_url=self.settings.api,
            logger=_QUIET,
            session=self._session,
            timeout=_ANSWER_SECONDS,
            retry_handlers=[],
        )

    async def client(self, team: str) -> AsyncWebClient:
        """The client for a workspace. Raises `Gone` when the app is not installed there (any more)."""
        return self.client_with(await self._token(team))

    async def call(self, team: str, method: str, **arguments: Any) -> Mapping[str, Any]:
        """One call in a workspace, see `calls.call`."""
        return await call(await self.client(team), self.limits, team, method, **arguments)

    async def home(self) -> str:
        """The workspace of the agents: the one that is named, else the token's own."""
        if self._home is None:
            self._home = str((await self.call("", "auth.test"))["team_id"])
        return self._home

    def later(self, work: Coroutine[Any, Any, object]) -> None:
        """Do what may fail without harm after Slack has been told that we have it."""
        task = asyncio.create_task(_quietly(work))
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def say_aside(self, team: str, channel: str, user: str, text: str, *, thread: str | None) -> None:
        """Tell somebody what nobody else sees."""
        await self.call(team, "chat.postEphemeral", channel=channel, user=user, text=text, thread_ts=thread)

    def in_turn(self, place: str) -> asyncio.Lock:
        """Held while something of a place is taken in: what is said there quickly, Slack tells us at the same time."""
        return self._turns.at(place)

    def app(self, services: Services) -> AsyncApp:
        """bolt's app of this process, with the listeners of customers and of agents."""
        self._pool = services.pool
        if self._app is None:
            self._app = app.build(self, services)
        return self._app

    def oauth_flow(self, services: Services) -> AsyncOAuthFlow:
        """How workspaces install the app; only for an account with `client_id`."""
        assert self.installations is not None and self._credentials is not None
        return oauth_flow(
            self.installations,
            services.pool,
            self.account,
            self.client_with(None),
            self._scopes,
            self._credentials,
            self.settings.api.rstrip("/").removesuffix("/api") + "/oauth/v2/authorize",
            f"{self.business.channels.public_url}{web.path(self, 'oauth_redirect')}",
        )

    # Out

    def parts(self, message: Outgoing) -> Sequence[Part]:
        """See `Channel.parts`."""
        if message.place.audience == "agents":
            return parts_for_agents(message)
        return messages.parts(message, self.business.name, self.business.channels.public_url)

    async def post(self, place: Place, part: Part) -> str:
        """See `Channel.post`."""
        if "file" in part:
            return await self._share(place, part)
        team, channel, thread = where(place.key)
        message = {
            "channel": channel,
            "thread_ts": thread,
            "metadata": part["metadata"],
            "unfurl_links": False,
            "unfurl_media": False,
        }
        try:
            answer = await self.call(team, "chat.postMessage", text=part["text"], blocks=part["blocks"], **message)
        except Refused as problem:
            if problem.error not in FORM:
                raise
            answer = await self.call(team, "chat.postMessage", text=messages.in_words(part), **message)
        return str(answer["ts"])

    async def _share(self, place: Place, part: Part) -> str:
        """Three calls, of which only the last one shows anything."""
        team, channel, thread = where(place.key)
        file = part["file"]
        ticket = await self.call(team, "files.getUploadURLExternal", filename=file.name, length=file.size)
        await files.upload(self._connections(), ticket["upload_url"], await file.read())
        shared = [{"id": ticket["file_id"], "title": file.name}]
        await self.call(team, "files.completeUploadExternal", files=shared, channel_id=channel, thread_ts=thread)
        return str(ticket["file_id"])

    async def find(self, place: Place, part: Part) -> str | None:
        """See `Channel.find`: a message by its metadata, a file by its name after the message it belongs to."""
        said = await self._said(place)
        if "file" not in part:
            wanted = part["metadata"]["event_payload"]
            return next((str(one["ts"]) for one in said if _payload(one) == wanted), None)
        since = next((one["ts"] for one in said if _payload(one).get("id") == part["after"]), None)
        if since is None:
            return None
        ours = [one for one in said if one["ts"] > since and one.get("user") != place.details.get("user")]
        shared = [file for one in ours for file in one.get("files", ())]
        return next((str(file["id"]) for file in shared if file.get("title") == part["file"].name), None)

    async def _said(self, place: Place) -> list[Mapping[str, Any]]:
        """What was said in a thread or a direct conversation while anything of now may have been sent."""
        team, channel, thread = where(place.key)
        method = "conversations.replies" if thread else "conversations.history"
        found: list[Mapping[str, Any]] = []
        cursor: str | None = None
        oldest = f"{time.time() - _DOUBT_SECONDS:.6f}"
        for _ in range(_MOST_PAGES):
            page = await self.call(
                team, method, channel=channel, ts=thread, limit=_PAGE, cursor=cursor, include_all_metadata=True,
                oldest=oldest,
            )  # fmt: skip
            found += page["messages"]
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                break
        return found

    async def fetch(self, source: Mapping[str, Any], *, most: int) -> bytes:
        """See `Channel.fetch`."""
        team, url = str(source["team"]), source.get("url")
        if not url:
            answer = await self.call(team, "files.info", file=source["file"])
            url = files.address({**answer["file"], "file_access": "visible"})
        if not url:
            raise Never("Slack does not hand out this file.")
        token = await self._token(team)
        return await files.fetch(self._connections(), str(url), token, api=self.settings.api, most=most)

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
            try:
                yield
            finally:
                for task in self._later:
                    task.cancel()
                await asyncio.gather(*self._later, return_exceptions=True)

    # In

    def routes(self) -> APIRouter:
        """See `Channel.routes`."""
        return web.routes(self)

    async def listen(self, services: Services) -> None:
        """In Socket Mode keep the connection; otherwise Slack calls us, and where is set in the app's settings."""
        bolt = self.app(services)
        if self.settings.mode == "socket":
            client = self.client_with(None)
            handler = AsyncSocketModeHandler(bolt, self._app_token, web_client=client, ping_interval=_PING_SECONDS)
            try:
                await handler.connect_async()  # type: ignore[no-untyped-call]
                await asyncio.Event().wait()
            finally:
                await handler.close_async()  # type: ignore[no-untyped-call]
        await asyncio.Event().wait()

    # For `warmline check`

    async def problems(self) -> Sequence[str]:
        """See `Channel.problems`."""
        found: list[str] = []
        if self._credentials is not None:
            found += await self._credentials_refused(*self._credentials)
            if self.business.channels.public_url is None:
                found.append("workspaces cannot install it without public_url. Fix: add it under channels")
        elif self._bot_token is not None:
            found += await self._bot_problems()
            if self.settings.agents is not None:
                from channels.slack import agents

                found += await agents.problems(self)
        if self.settings.mode == "socket":
            _, error = await self._ask(self._app_token, "apps.connections.open")
            if error:
                fix = "set an App-Level Token (xapp-) with the scope connections:write, and turn Socket Mode on"
                found.append(f"Socket Mode does not work ({error}). Fix: {fix}")
        else:
            found += await self._address_problems(f"{self.business.channels.public_url}{web.path(self, 'events')}")
        return found

    async def _address_problems(self, url: str) -> list[str]:
        """Unsigned, we refuse it: then it is us who answers there."""
        try:
            async with self._connections().post(url) as answer:
                status = str(answer.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            status = type(error).__name__
        if status == "401":
            return []
        fix = "start Warmline, let the proxy pass /channels/ on to it, and check public_url"
        return [f"{url} does not reach Warmline ({status}). Fix: {fix}"]

    async def _bot_problems(self) -> list[str]:
        answer, error = await self.ask("auth.test")
        if answer is None:
            if error in TOKEN:
                return [TOKEN[error].rstrip(".")]
            return [f"auth.test failed ({error}). Fix: compare the app with deploy/slack-manifest.yaml"]
        found = []
        headers = {name.lower(): value for name, value in answer.headers.items()}
        granted = headers.get("x-oauth-scopes")
        if granted is not None and (lacking := sorted(set(self._scopes) - {one.strip() for one in granted.split(",")})):
            fix = "add them under OAuth & Permissions, then install the app again"
            found.append(f"the bot lacks the scopes {', '.join(lacking)}. Fix: {fix}")
        if "date" in headers:
            skew = time.time() - parsedate_to_datetime(headers["date"]).timestamp()
            if abs(skew) > _SKEW_SECONDS:
                fix = "set it, best by NTP; Slack's requests are refused beyond 300"
                found.append(f"the clock of this machine is {skew:+.0f} seconds off. Fix: {fix}")
        return found

    async def _credentials_refused(self, id: str, secret: str) -> list[str]:
        """Nobody has this code: what is refused first is the app, if it is wrong."""
        _, error = await self._ask(None, "oauth.v2.access", client_id=id, client_secret=secret, code="check")
        if error in ("invalid_client_id", "bad_client_secret"):
            return [f"Slack does not know the app ({error}). Fix: copy Client ID and Client Secret from its page"]
        return []

    async def ask(self, method: str, **arguments: str) -> tuple[AsyncSlackResponse | None, str]:
        """One call with the bot's token: Slack's answer, or else its word for why there is none."""
        return await self._ask(self._bot_token, method, **arguments)

    async def _ask(self, token: str | None, method: str, **arguments: str) -> tuple[AsyncSlackResponse | None, str]:
        try:
            return await self.client_with(token).api_call(method, data=arguments), ""
        except SlackApiError as problem:
            return None, why_refused(problem)
        except (aiohttp.ClientError, TimeoutError) as error:
            return None, type(error).__name__

    async def _token(self, team: str) -> str:
        if self.installations is None:
            return self._bot_token or ""
        assert self._pool is not None, "used before work, listen or a request"
        return await self.installations.token(self._pool, team)

    def _connections(self) -> aiohttp.ClientSession:
        assert self._session is not None, "used outside of connected()"
        return self._session


def where(key: str) -> tuple[str, str, str | None]:
    """Workspace, channel and thread of a place; a direct conversation has no thread."""
    team, channel, *thread = key.split(":")
    return team, channel, thread[0] if thread else None


def _payload(message: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = message.get("metadata") or {}
    found: Mapping[str, Any] = metadata.get("event_payload", {}) if metadata.get("event_type") == messages.EVENT else {}
    return found


async def _quietly(work: Coroutine[Any, Any, object]) -> None:
    try:
        await work
    except Exception as error:
        log.warning("not shown on Slack", extra={"problem": in_words(error)})
