"""The workspaces that installed the app: OAuth by bolt's flow, their tokens encrypted in PostgreSQL.

`WARMLINE_KEY` holds the key, or several with commas between: the first encrypts, all decrypt, so that a key can be
replaced.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from slack_bolt.oauth.async_callback_options import AsyncCallbackOptions, AsyncFailureArgs, AsyncSuccessArgs
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.response import BoltResponse
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient

from bot.channel import Gone, NotNow
from bot.db import Connection, Pool, queries, transaction
from bot.errors import ConfigurationError

KEY = "WARMLINE_KEY"

# What the bot may do for customers, and besides for agents; deploy/slack-manifest.yaml asks for both.
SCOPES = (
    "app_mentions:read", "channels:history", "channels:read", "chat:write", "commands", "files:read", "files:write",
    "groups:history", "groups:read", "im:history", "im:read", "im:write", "users:read", "users:read.email",
)  # fmt: skip
AGENT_SCOPES = ("reactions:write", "usergroups:read")

_SQL = queries("slack")

_INSTALL_SECONDS = 600
_NEW_KEY = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'


def open_vault(environ: Mapping[str, str]) -> MultiFernet:
    """What encrypts tokens. Raises `ConfigurationError` when the key is missing or is none."""
    keys = [key.strip() for key in environ.get(KEY, "").split(",") if key.strip()]
    if not keys:
        problem = f"tokens of Slack workspaces are stored encrypted, and {KEY} is not set"
        raise ConfigurationError("environment", 1, problem, f"set it to what this prints, and keep it: {_NEW_KEY}")
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as error:
        problem = f"{KEY} does not hold a key"  # which is not repeated here
        raise ConfigurationError("environment", 1, problem, f"set it to what this prints: {_NEW_KEY}") from error


class Installations:
    """Workspaces and their tokens, of one account."""

    def __init__(self, account: str, vault: MultiFernet) -> None:
        self._account = account
        self._vault = vault

    async def token(self, pool: Pool, team: str) -> str:
        """The bot's token in a workspace. Raises `Gone` when it has none, `NotNow` when our key does not open it."""
        async with transaction(pool) as connection:
            cursor = await connection.execute(_SQL["token"], {"account": self._account, "team": team})
            row = await cursor.fetchone()
        if row is None:
            raise Gone("The app is not installed in the Slack workspace. Fix: install it there again.")
        return self.decrypt(row["token"])

    def decrypt(self, token: bytes) -> str:
        """A stored token. Raises `NotNow` when our key does not open it."""
        try:
            return self._vault.decrypt(bytes(token)).decode()
        except InvalidToken:
            problem = (
                f"{KEY} does not open the stored token of the Slack workspace. Fix: set the key it was stored with."
            )
            raise NotNow(problem, seconds=60) from None

    async def all(self, connection: Connection) -> list[dict[str, Any]]:
        """Every workspace: team, name, and the encrypted token."""
        cursor = await connection.execute(_SQL["workspaces"], {"account": self._account})
        return [dict(row) for row in await cursor.fetchall()]

    async def save(self, pool: Pool, found: Installation) -> None:
        """Remember an installation, and that its workspace can be written to again."""
        values = {
            "account": self._account,
            "team": found.team_id,
            "name": found.team_name or found.team_id,
            "token": self._vault.encrypt((found.bot_token or "").encode()),
            "bot_user": found.bot_user_id,
            "scopes": ",".join(found.bot_scopes or ()),
        }
        async with transaction(pool) as connection:
            await connection.execute(_SQL["install"], values)
            await connection.execute(_SQL["back"], {"account": self._account, "start": f"{found.team_id}:"})


def oauth_flow(
    store: Installations,
    pool: Pool,
    account: str,
    client: AsyncWebClient,
    scopes: Sequence[str],
    credentials: tuple[str, str],
    authorization_url: str,
    redirect_uri: str,
) -> AsyncOAuthFlow:
    """bolt's way from the button to the token, with our store and our pages."""
    settings = AsyncOAuthSettings(
        client_id=credentials[0],
        client_secret=credentials[1],
        scopes=scopes,
        redirect_uri=redirect_uri,
        authorization_url=authorization_url,
        install_page_rendering_enabled=False,
        installation_store=_Store(store, pool),
        state_store=_States(pool, account),
        state_expiration_seconds=_INSTALL_SECONDS,
        callback_options=AsyncCallbackOptions(success=_succeeded, failure=_did_not),
    )
    return AsyncOAuthFlow(client=client, logger=client.logger, settings=settings)


class _Store(AsyncInstallationStore):
    """What bolt calls when somebody has installed the app; it looks nothing up here."""

    def __init__(self, store: Installations, pool: Pool) -> None:
        self._store = store
        self._pool = pool

    async def async_save(self, installation: Installation) -> None:
        await self._store.save(self._pool, installation)


class _States(AsyncOAuthStateStore):
    """Installations that were begun: any process may be the one that sees them come back."""

    def __init__(self, pool: Pool, account: str) -> None:
        self._pool = pool
        self._account = account

    async def async_issue(self, *args: Any, **kwargs: Any) -> str:
        state = secrets.token_urlsafe(32)
        values = {"state": _hash(state), "account": self._account, "seconds": _INSTALL_SECONDS}
        async with transaction(self._pool) as connection:
            await connection.execute(_SQL["begin"], values)
        return state

    async def async_consume(self, state: str) -> bool:
        async with transaction(self._pool) as connection:
            cursor = await connection.execute(_SQL["finish"], {"state": _hash(state), "account": self._account})
            return await cursor.fetchone() is not None


def _hash(state: str) -> bytes:
    return hashlib.sha256(state.encode()).digest()


async def _succeeded(done: AsyncSuccessArgs) -> BoltResponse:
    return _page(200, "Installed", f"The app is now in {done.installation.team_name}. You can close this page.")


async def _did_not(failed: AsyncFailureArgs) -> BoltResponse:
    if failed.reason == "access_denied":
        return _page(200, "Not installed", "You did not allow the app. Nothing has changed.")
    again = "The installation took too long, was begun in another browser, or is finished already. Please begin again."
    return _page(failed.suggested_status_code, "Not installed", again)


def no_answer() -> BoltResponse:
    """The page for when Slack did not say whether the app is installed."""
    return _page(503, "Not installed", "Slack did not answer. Please begin again.")


def _page(status: int, title: str, text: str) -> BoltResponse:
    body = f'<!doctype html><html lang="en"><title>{title}</title><h1>{title}</h1><p>{escape(text)}</p></html>'
    return BoltResponse(status=status, body=body, headers={"content-type": "text/html; charset=utf-8"})
