"""Many workspaces install one app: each with a token of its own, encrypted, until the app is removed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet
from ruamel.yaml import YAML

from bot.accounts import SlackAccount
from bot.arrival import Arrival, Sender, arrive
from bot.channel import Gone, NotNow
from bot.db import transaction
from bot.errors import ConfigurationError
from bot.services import Services
from channels.slack import open_channel
from channels.slack.home import COMMAND
from channels.slack.installations import AGENT_SCOPES, SCOPES
from tests.channels.slack_world import SlackWorld, slack_world
from tests.conftest import PROJECT
from tests.standins.slack.faults import broken, documented, drop, refuse
from tests.standins.slack.server import Slack

KEY = Fernet.generate_key().decode()
SETTINGS: dict[str, Any] = {"client_id": "SLACK_ID", "client_secret": "SLACK_SECRET", "bot_token": None}


@pytest.fixture
async def shared(slack: Slack, services: Services) -> AsyncIterator[SlackWorld]:
    """An app that two workspaces may install."""
    environ = {"SLACK_ID": slack.client_id, "SLACK_SECRET": slack.client_secret, "WARMLINE_KEY": KEY}
    async with slack_world(slack, services, installed=False, environ=environ, **SETTINGS) as made:
        yield made


async def test_two_workspaces(slack: Slack, shared: SlackWorld) -> None:
    """Each is installed by its own people, answered with its own token and forgotten when it removes the app; the
    other does not notice. Installed again, it goes on."""
    other = slack.workspace("Nordkapp", installed=False)
    ana, bo = shared.team.person("Ana"), other.person("Bo")
    install = f"{shared.url}/channels/slack/shop/install"
    for person in (ana, bo):
        page = await person.installs(install)
        assert page.status_code == 200 and person.workspace.name in page.text
        assert set(SCOPES) == set().union(
            *(one.scopes for one in slack.tokens.values() if one.workspace is person.workspace)
        )
    rows = await shared.rows("select token from slack_workspace")
    assert len(rows) == 2 and not any(b"xoxb" in bytes(row["token"]) for row in rows)
    async with shared.delivering():
        for person in (ana, bo):
            await person.writes(f"I am {person.name}")
        await slack.events.settled()
        keys = {row["key"].partition(":")[0]: row["key"] for row in await shared.rows("select key from place")}
        for person in (ana, bo):
            await shared.says(f"Hello {person.name}", key=keys[person.workspace.id])
            await person.sees(f"Hello {person.name}")
        await asyncio.sleep(1.1)  # event times are whole seconds
        await other.uninstalls()
        await slack.events.settled()
        assert [row["team"] for row in await shared.rows("select team from slack_workspace")] == [shared.team.id]
        await shared.says("Still there?", key=keys[other.id])
        await shared.until("select status from delivery d join message m using (conversation_id, seq)"
                           " where m.text = 'Still there?'", "failed")  # fmt: skip
        await shared.says("You are", key=keys[shared.team.id])
        await ana.sees("You are")
        gone = await shared.rows("select gone from place where gone is not null")
        assert len(gone) == 1 and "install" in gone[0]["gone"]

        late = next(sent.payload for sent in slack.events.sent if sent.event.get("type") == "app_uninstalled")
        await asyncio.sleep(1.1)
        await bo.installs(install)
        assert (await slack.events.forge(late)).status_code == 200
        await shared.says("Welcome back", key=keys[other.id])
        await bo.sees("Welcome back")


async def test_only_a_workspace_that_the_business_names_can_vouch(slack: Slack, services: Services) -> None:
    """Whoever installs the app can say of any address that it is confirmed: nobody gets another's history by that."""
    environ = {"SLACK_ID": slack.client_id, "SLACK_SECRET": slack.client_secret, "WARMLINE_KEY": KEY}
    address = "ola@shop.example"
    own = slack.workspace("Our own", installed=False)
    settings = {**SETTINGS, "vouched_by": (own.id,)}
    async with slack_world(slack, services, installed=False, environ=environ, **settings) as shared:
        async with transaction(services.pool) as connection:
            known = Sender(address, email=address, verified=True)
            await arrive(connection, services, Arrival("email", "help", "letter", known, "1", "My order FJ-204817"))
        [customer] = await shared.rows("select id from customer")
        for team, verified in ((shared.team, False), (own, True)):
            person = team.person("Ola", email=address)
            await person.installs(f"{shared.url}/channels/slack/shop/install")
            await person.writes("hello")
            await slack.events.settled()
            [seen] = await shared.rows(
                "select email, verified, customer_id from identity where channel = 'slack' and external_id like %s",
                f"{team.id}/%",
            )
            assert (seen["email"], seen["verified"]) == (address, verified)
            assert (seen["customer_id"] == customer["id"]) is verified


async def test_only_the_browser_that_began_once(slack: Slack, shared: SlackWorld) -> None:
    """Another browser, a made-up state, a second use, a refusal and a code that Slack does not know: no workspace."""
    ana = shared.team.person("Ana")
    back = f"{shared.url}/channels/slack/shop/oauth_redirect"
    page = await ana.installs(f"{shared.url}/channels/slack/shop/install", agrees=False)
    assert page.status_code == 200 and "did not allow" in page.text
    async with httpx.AsyncClient(trust_env=False) as http:
        start = await http.get(f"{shared.url}/channels/slack/shop/install")
        cookie = start.headers["set-cookie"].partition(";")[0]
        state = httpx.URL(start.headers["location"]).params["state"]
        assert (await http.get(back, params={"code": "x", "state": state})).status_code == 400
        made_up = {"cookie": cookie.partition("=")[0] + "=made-up"}
        assert (await http.get(back, params={"code": "x", "state": "made-up"}, headers=made_up)).status_code == 401
        for _ in range(2):
            answer = await http.get(back, params={"code": "x", "state": state}, headers={"cookie": cookie})
            assert answer.status_code == 401
    assert len(slack.calls("oauth.v2.access")) == 1  # the second time, the state was used up
    assert await shared.rows("select from slack_workspace") == []
    with pytest.raises(Gone, match="not installed"):
        await shared.channel.client(shared.team.id)


async def test_no_error_of_the_exchange_installs_anything(slack: Slack, shared: SlackWorld) -> None:
    """oauth.v2.access: a page that says to begin again, and nothing is stored; `warmline check` knows the app's own."""
    ana = shared.team.person("Ana")
    install = f"{shared.url}/channels/slack/shop/install"
    for fault in (*map(refuse, documented("oauth.v2.access")), broken(503), drop()):
        slack.fail("oauth.v2.access", fault)
        page = await ana.installs(install)
        assert page.status_code in (401, 503) and "Please begin again." in page.text, fault
        slack.fail("oauth.v2.access", fault)
        found = await shared.channel.problems()
        wrong = fault.error in ("invalid_client_id", "bad_client_secret")
        assert any("Slack does not know the app" in one for one in found) == wrong, fault
    assert await shared.rows("select from slack_workspace") == []
    assert (await ana.installs(install)).status_code == 200


async def test_keys_are_replaced_and_missed(slack: Slack, shared: SlackWorld, services: Services) -> None:
    """A new key beside the old one opens what the old one closed; without it deliveries wait and say why. No key,
    or none that is one, stops the start with a fix and without the value."""
    ana = shared.team.person("Ana")
    await ana.installs(f"{shared.url}/channels/slack/shop/install")
    account = SlackAccount(account="shop", mode="http", api=slack.api_url, **SETTINGS)

    def opened(key: str) -> Any:
        environ = {"SLACK_SIGNING_SECRET": "s", "SLACK_ID": "1", "SLACK_SECRET": "2", "WARMLINE_KEY": key}
        channel = open_channel(account, services.business, services.wordings, environ)
        channel.app(services)  # type: ignore[attr-defined]
        return channel

    new = Fernet.generate_key().decode()
    assert (await opened(f"{new},{KEY}").client(shared.team.id)).token.startswith("xoxb")
    with pytest.raises(NotNow, match="WARMLINE_KEY does not open"):
        await opened(new).client(shared.team.id)
    for key, problem in (("", "is not set"), ("hunter2", "does not hold a key")):
        with pytest.raises(ConfigurationError, match=problem) as raised:
            opened(key)
        assert "Fernet.generate_key" in raised.value.fix and "hunter2" not in str(raised.value)


async def test_check_finds_what_is_wrong(slack: Slack, services: Services, shared: SlackWorld) -> None:
    """Tokens, scopes, Socket Mode, the app's credentials: each with what to do; nothing when all is well."""
    team = slack.workspace("Few rights", scopes={"chat:write"})
    good = slack.workspace("All rights")

    async def problems(mode: str, environ: dict[str, str], **settings: Any) -> str:
        given = {"SLACK_SIGNING_SECRET": "s", "SLACK_APP_TOKEN": slack.app_token, "WARMLINE_KEY": KEY, **environ}
        account = SlackAccount(account="shop", mode=mode, api=slack.api_url, **settings)  # type: ignore[arg-type]
        channel = open_channel(account, shared.services.business, services.wordings, given)
        async with channel.connected():
            return "\n".join(await channel.problems())

    assert await problems("socket", {"SLACK_BOT_TOKEN": good.token}) == ""
    assert "im:history" in await problems("http", {"SLACK_BOT_TOKEN": team.token})
    assert "Fix: install" in await problems("http", {"SLACK_BOT_TOKEN": "xoxb-1"})
    found = await problems("socket", {"SLACK_BOT_TOKEN": good.token, "SLACK_APP_TOKEN": good.token})
    assert "Socket Mode does not work (not_allowed_token_type)" in found
    credentials = {"SLACK_ID": slack.client_id, "SLACK_SECRET": slack.client_secret}
    assert await problems("http", credentials, **SETTINGS) == ""
    assert "bad_client_secret" in await problems("http", {**credentials, "SLACK_SECRET": "x"}, **SETTINGS)
    slack.fail("auth.test", refuse("account_inactive"))
    assert "removed" in await problems("http", {"SLACK_BOT_TOKEN": good.token})


def test_the_manifest_is_the_app() -> None:
    """It asks for the rights that we need, and for the events that we listen to, no more."""
    manifest = YAML(typ="safe").load((PROJECT / "deploy" / "slack-manifest.yaml").read_text("utf-8"))
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == {*SCOPES, *AGENT_SCOPES}
    kinds = {kind.partition(".")[0] for kind in manifest["settings"]["event_subscriptions"]["bot_events"]}
    ours = "".join(path.read_text("utf-8") for path in (PROJECT / "channels" / "slack").glob("*.py"))
    assert {kind for kind in kinds if f'"{kind}"' not in ours} == set()
    assert manifest["features"]["slash_commands"][0]["command"] == COMMAND
