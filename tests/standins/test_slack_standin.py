"""The stand-in of Slack keeps Slack's promises, as the real slack-bolt and slack_sdk see them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.oauth.installation_store import FileInstallationStore
from slack_sdk.oauth.state_store import FileOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient
from starlette.routing import Route

from tests.standins.slack.example import (
    DIALOG,
    Mode,
    buttons,
    client_of,
    connected,
    helper,
    over_http,
    over_socket,
    until,
)
from tests.standins.slack.faults import OF_METHOD, Fault, broken, documented, drop, hang, refuse, too_many
from tests.standins.slack.people import Team
from tests.standins.slack.server import ALL_SCOPES, Slack

Json = dict[str, Any]


@pytest.fixture
def slack() -> Iterator[Slack]:
    with Slack() as running:
        yield running


@pytest.fixture
def team(slack: Slack) -> Team:
    return slack.workspace("Fjordlys")


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_a_conversation_goes_the_same_way_in_both_modes(slack: Slack, team: Team, mode: Mode) -> None:
    """Texts, buttons, edits, files, mentions, threads, commands, the home tab and dialogs reach the app and people."""
    told = helper(slack, team)
    ana, bo = team.person("Ana Berg", email="ana@example.com"), team.person("Bo")
    support = team.channel("support", ana, bo)
    async with connected(mode, slack, told.app):
        question = await ana.writes("Where is lamp <7>? me@example.com https://example.com")
        lines = await ana.sees("Did this help?")
        assert lines[0].text == "Where is lamp <7>? me@example.com https://example.com"
        assert lines[0].reactions == ("eyes",) and lines[1].buttons == ("Yes", "No")
        assert (await ana.presses("No")).failure is None
        lines = await ana.sees("A person will write to you.")
        assert lines[-1].private
        assert (await ana.presses("Yes")).failure is None
        lines = await ana.sees("Glad to hear it.")
        assert [one.text for one in lines] == [lines[0].text, "Glad to hear it.", "A person will write to you."]
        assert lines[1].edited and lines[1].buttons == ()

        await ana.edits(question, "Where is lamp 8?")
        await ana.deletes(question)
        await ana.shares("receipt.pdf", b"%PDF-1.7")
        asked = "Where is lamp &lt;7&gt;? <mailto:me@example.com|me@example.com> <https://example.com>"
        await until(lambda: {asked, "message_changed", "message_deleted", "file_share"} <= set(told.heard))

        root = await bo.writes(f"{team.mention} hello", to=support)
        lines = await bo.sees("Hello @Bo", at=root)
        assert [one.author for one in lines] == ["Bo", "Warmline"] and lines[1].calls == ("@Bo",)

        await team.other_bot("Deploys").writes("Deployed", to=support)
        await slack.events.settled()
        by_bots = {one.event["bot_id"] for one in slack.events.sent if one.event.get("bot_id")}
        assert len(by_bots) == 2 and team.workspace.bot.bot_id in by_bots
        await until(lambda: "Deployed" in told.heard)
        assert "Did this help?" not in told.heard

        assert (await ana.runs("/warmline", "link")).failure is None
        assert (await ana.sees("You said link"))[-1].private
        await ana.opens_home()
        assert await ana.sees_home("[Ask]") == ["Did this help?", "[Ask]"]
        await ana.presses("Ask", on_home=True)
        assert await ana.sees_dialog("What") == ["Add a promise", "What"]
        await ana.submits({"What": "No"})
        assert ana.has_dialog
        await ana.submits({"What": "A new lamp"})
        assert not ana.has_dialog and told.promised == ["A new lamp"]
    assert [call.answer for call in slack.calls() if not (call.answer or {})["ok"]] == []


LONG = {"type": "mrkdwn", "text": "x" * 3001}
PLAIN = {"type": "plain_text", "text": "Go"}


@pytest.mark.parametrize(
    ("blocks", "complaint"),
    [
        ([{"type": "section", "text": LONG}], "3000"),
        ([{"type": "section"}], "text or fields"),
        ([{"type": "section", "text": {"type": "html", "text": "x"}}], "/blocks/0/text"),
        ([{"type": "section", "text": {"type": "mrkdwn", "text": "x"}, "colour": "red"}], "colour"),
        ([{"type": "section", "text": {"type": "mrkdwn", "text": ""}}], "more than 0"),
        ([{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}], "150"),
        ([{"type": "actions", "elements": [{"type": "button", "text": {"type": "mrkdwn", "text": "x"}}]}], "/elements"),
        ([{"type": "actions", "elements": [{"type": "button", "text": PLAIN, "value": "x" * 2001}]}], "2000"),
        ([{"type": "actions", "elements": [{"type": "button", "text": PLAIN, "action_id": "a"}] * 2}], "action_id"),
        ([{"type": "actions", "elements": [{"type": "button", "text": PLAIN}] * 26}], "25"),
        ([{"type": "actions", "elements": []}], "no fewer than 1"),
        ([{"type": "divider", "block_id": "b"}] * 2, "block_id"),
        ([{"type": "divider"}] * 51, "no more than 50"),
        ([{"type": "paragraph"}], "unsupported type"),
        (["divider"], "unsupported type"),
        ({"type": "divider"}, "array"),
    ],
)
async def test_bad_blocks_are_refused_with_the_reason(slack: Slack, team: Team, blocks: Any, complaint: str) -> None:
    """What slack_sdk's models or the published types do not allow is `invalid_blocks`, and nothing is posted."""
    ana, client = team.person("Ana"), client_of(slack, team)
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel=ana.id, text="x", blocks=blocks)
    answer: Any = refused.value.response
    assert answer["error"] == "invalid_blocks"
    assert any(complaint in one for one in answer["response_metadata"]["messages"])
    assert await ana.reads() == []


async def error_of(call: Awaitable[Any]) -> str:
    """The error that Slack answers."""
    with pytest.raises(SlackApiError) as refused:
        await call
    response: Any = refused.value.response
    return str(response["error"])


async def test_wrong_calls_get_the_documented_errors(slack: Slack, team: Team) -> None:
    """Tokens, scopes, channels, threads, texts and owners are checked as Slack does."""
    ana, client = team.person("Ana", email="ana@example.com"), client_of(slack, team)
    away = team.channel("away", with_app=False)
    hidden = team.channel("hidden", private=True, with_app=False)
    hers = await ana.writes("Hello")
    dm = hers.channel
    post = client.chat_postMessage
    reply = await post(channel=dm, text="Hi", thread_ts=hers.ts)
    ours = (await post(channel=dm, text="Hi"))["ts"]
    other = slack.workspace("Elsewhere", scopes={"chat:write"})
    wanted = {
        "invalid_auth": AsyncWebClient(token="xoxb-wrong", base_url=slack.api_url).auth_test(),
        "not_authed": AsyncWebClient(base_url=slack.api_url).auth_test(),
        "not_allowed_token_type": client.apps_connections_open(app_token=team.token),
        "missing_scope": client_of(slack, other).users_info(user=ana.id),
        "channel_not_found": post(channel="C404", text="x"),
        "not_in_channel": post(channel=away.id, text="x"),
        "no_text": post(channel=dm, text=" "),
        "msg_too_long": client.chat_update(channel=dm, ts=ours, text="x" * 4001),
        "msg_blocks_too_long": post(
            channel=dm, blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}}] * 5
        ),
        "thread_not_found": post(channel=dm, text="x", thread_ts="1.2"),
        "cannot_reply_to_message": post(channel=dm, text="x", thread_ts=reply["ts"]),
        "cant_update_message": client.chat_update(channel=dm, ts=hers.ts, text="x"),
        "cant_delete_message": client.chat_delete(channel=dm, ts=hers.ts),
        "message_not_found": client.chat_update(channel=dm, ts="1700000000.000000", text="x"),
        "invalid_name": client.reactions_add(channel=dm, timestamp=ours, name="No such"),
        "no_reaction": client.reactions_remove(channel=dm, timestamp=ours, name="eyes"),
        "users_not_found": client.users_lookupByEmail(email="nobody@example.com"),
        "user_not_found": client.conversations_open(users="U404"),
        "invalid_trigger_id": client.views_open(trigger_id="1.2", view=DIALOG),
        "invalid_arguments": client.views_publish(user_id=ana.id, view={"type": "home", "blocks": []}),
        "file_not_found": client.files_info(file="F404"),
        "invalid_blocks_format": client.api_call("chat.postMessage", data={"channel": dm, "blocks": "[{"}),
        "unknown_method": client.api_call("chat.whisper"),
    }
    assert {name: await error_of(call) for name, call in wanted.items()} == {name: name for name in wanted}
    assert await error_of(post(channel=hidden.id, text="x")) == "channel_not_found"
    assert await error_of(post(channel=dm, text="x" * 40_001)) == "msg_too_long"


async def test_what_the_app_may_look_up(slack: Slack, team: Team) -> None:
    """People with verified addresses and languages, channels, threads by the page, groups and links."""
    ana = team.person("Ana Berg", email="Ana@example.com", email_confirmed=False, locale="nb-NO")
    client, support = client_of(slack, team), team.channel("support", ana)
    on_call = team.group("on-call", ana)
    user = (await client.users_info(user=ana.id, include_locale=True))["user"]
    assert (user["locale"], user["is_email_confirmed"], user["profile"]["email"]) == ("nb-NO", False, "Ana@example.com")
    assert (await client.users_lookupByEmail(email="ana@example.com"))["user"]["id"] == ana.id
    assert (await client.usergroups_list())["usergroups"][0]["id"] == on_call.id
    assert (await client.usergroups_users_list(usergroup=on_call.id))["users"] == [ana.id]
    assert (await client.conversations_list())["channels"][0]["name"] == "support"
    assert (await client.conversations_info(channel=support.id))["channel"]["is_member"]
    opened = (await client.conversations_open(users=ana.id))["channel"]["id"]
    assert opened == (await client.chat_postMessage(channel=ana.id, text="Hi"))["channel"]

    root = await client.chat_postMessage(channel=support.id, text=f"Unclaimed {on_call.mention} &lt;b&gt;")
    for number in range(3):
        await client.chat_postMessage(channel=support.id, text=f"{number}", thread_ts=root["ts"])
    pages = [page async for page in await client.conversations_replies(channel=support.id, ts=root["ts"], limit=3)]
    assert [[one["text"] for one in page["messages"]] for page in pages][1:] == [["2"]]
    history = (await client.conversations_history(channel=support.id))["messages"]
    assert len(history) == 1 and history[0]["reply_count"] == 3
    link = (await client.chat_getPermalink(channel=support.id, message_ts=root["ts"]))["permalink"]
    assert link == f"https://fjordlys.slack.com/archives/{support.id}/p{root['ts'].replace('.', '')}"
    line = (await ana.reads(support))[0]
    assert (line.text, line.calls) == ("Unclaimed @on-call <b>", ("@on-call",))
    await client.chat_postEphemeral(channel=support.id, user=ana.id, text="Only you")
    assert (await ana.reads(support))[-1].private


async def test_an_update_keeps_the_blocks_that_it_does_not_name(slack: Slack, team: Team) -> None:
    """A new text alone changes only the notification; an empty array takes the blocks away, and deleting everything."""
    ana, client = team.person("Ana"), client_of(slack, team)
    posted = await client.chat_postMessage(channel=ana.id, text="Old", blocks=buttons("Yes"))
    message = {"channel": posted["channel"], "ts": posted["ts"]}
    await client.chat_update(**message, text="New")
    line = (await ana.reads())[0]
    assert (line.text, line.notification, line.buttons) == ("Did this help?", "New", ("Yes",))
    await client.chat_update(**message, text="New", blocks=[])
    assert str((await ana.reads())[0]) == "Warmline: New (edited)"
    await client.chat_delete(**message)
    assert await ana.reads() == []


async def test_files_go_both_ways(slack: Slack, team: Team) -> None:
    """A shared file is fetched with the token only; the app's own arrives in the thread."""
    ana, client = team.person("Ana"), client_of(slack, team)
    message = await ana.shares("photo.png", b"MZ not a picture", mimetype="image/png", text="Look")
    info = (await client.files_info(file=message.files[0].id))["file"]
    assert (info["mimetype"], info["size"], info["name"]) == ("image/png", 16, "photo.png")
    async with aiohttp.ClientSession() as http:
        good = {"authorization": f"Bearer {team.token}"}
        async with http.get(info["url_private_download"], headers=good) as answer:
            assert await answer.read() == b"MZ not a picture"
        async with http.get(info["url_private_download"], headers={"authorization": "Bearer wrong"}) as answer:
            assert "Sign in" in await answer.text()
    await client.files_upload_v2(
        channel=message.channel, thread_ts=message.ts, filename="label.pdf", content=b"%PDF", initial_comment="Here"
    )
    assert (await ana.sees("Here", at=message))[-1].files == ("label.pdf",)


async def test_events_are_signed_and_lies_are_known(slack: Slack, team: Team) -> None:
    """The real bolt takes what Slack signed now, and refuses another secret, an old stamp and a changed body."""
    told = helper(slack, team)
    ana = team.person("Ana")
    async with over_http(slack, told.app):
        assert await slack.verify_url()
        await ana.writes("Hello")
        await slack.events.settled()
        payload = slack.events.sent[0].payload
        assert (await slack.events.forge(payload)).status_code == 200
        assert (await slack.events.forge(payload, secret="guessed")).status_code == 401
        assert (await slack.events.forge(payload, age=301)).status_code == 401
        assert (await slack.events.forge(payload, headers={"x-slack-signature": "v0=0"})).status_code == 401
        assert (await slack.events.post_raw(b"{", content_type="text/plain")).status_code in (400, 404, 500)
        await until(lambda: told.heard.count("Hello") == 2)


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_what_is_not_acknowledged_comes_again(slack: Slack, team: Team, mode: Mode) -> None:
    """An event that fails or takes too long is sent again with its number and reason, then given up; a press is not."""
    slack.events.acknowledge_seconds, slack.events.retry_seconds = 2.0, (0.0, 0.01, 0.02)
    app = AsyncApp(client=client_of(slack, team), signing_secret=slack.signing_secret)
    # A status, or so many seconds of silence.
    answers: Iterator[int | float] = iter([500, 5.0, 500, 200, *[500] * 4])
    seen: list[tuple[str, str]] = []

    @app.middleware
    async def misbehave(body: Json, req: AsyncBoltRequest) -> BoltResponse:
        seen.append((body["event_id"], req.headers.get("x-slack-retry-num", ["0"])[0]))
        answer = next(answers)
        if isinstance(answer, float):
            await asyncio.sleep(answer)
        return BoltResponse(status=int(answer))

    async with connected(mode, slack, app):
        ana = team.person("Ana")
        await ana.writes("First")
        await slack.events.settled()
        first = slack.events.sent[0]
        await ana.writes("Second")
        await slack.events.settled()
    assert first.acknowledged and [attempt.retry for attempt in first.attempts] == [0, 1, 2, 3]
    second = slack.events.sent[1]
    assert not second.acknowledged and len(second.attempts) == 4
    assert len({event for event, _ in seen}) == 2
    assert [number for _, number in seen] == ["0", "1", "2", "3"] * 2
    reasons = [attempt.reason for attempt in first.attempts]
    late = "http_timeout" if mode == "http" else "timeout"
    assert reasons[0] == "" and reasons[2] == late


async def test_nobody_there_and_no_retry(slack: Slack, team: Team) -> None:
    """While the app is away events fail and come again later; `X-Slack-No-Retry` ends it; commands just fail."""
    slack.events.retry_seconds = (0.0, 1.0, 20.0)  # the last one when the app is back for certain
    told = helper(slack, team)
    ana = team.person("Ana")
    async with over_http(slack, told.app):
        pass
    await ana.writes("Anybody there?")
    assert (await ana.runs("/warmline", "x")).failure == "connection_failed"
    assert "dispatch_failed" in (await ana.reads())[-1].text
    async with over_http(slack, told.app):
        await ana.sees("Did this help?")
    assert slack.events.sent[0].attempts[0].failure == "connection_failed"

    @told.app.middleware
    async def refuse_for_good() -> BoltResponse:
        return BoltResponse(status=500, headers={"x-slack-no-retry": "1"})

    async with over_http(slack, told.app):
        await ana.writes("Again?")
        await slack.events.settled()
    last = next(one for one in slack.events.sent if one.event.get("text") == "Again?")
    assert len(last.attempts) == 1


async def test_events_can_be_doubled_and_out_of_order(slack: Slack, team: Team) -> None:
    """On demand the same event comes twice, with the same id, or a later one first."""
    told = helper(slack, team)
    ana = team.person("Ana")
    channel = team.channel("support", ana)
    async with over_http(slack, told.app):
        await slack.events.hold()
        for text in ("one", "two"):
            await ana.writes(text, to=channel)
        await slack.events.release(backwards=True)
        await slack.events.settled()
        await slack.events.again(slack.events.sent[0])
        slack.events.copies = 2
        await ana.writes("three", to=channel)
        await slack.events.settled()
        await until(lambda: told.heard == ["two", "one", "two", "three", "three"])
    ids = [delivery.payload["event_id"] for delivery in slack.events.sent]
    assert ids[0] == ids[2] and ids[3] == ids[4] and len(set(ids)) == 3


async def test_socket_connections_are_renewed_and_survive_breaks(slack: Slack, team: Team) -> None:
    """`disconnect` makes the real client connect anew without losing anything; so does a broken connection."""
    slack.events.retry_seconds = (0.2, 1.0, 2.0)
    told = helper(slack, team)
    ana = team.person("Ana")
    async with over_socket(slack, told.app):
        await slack.sockets.refresh()
        await ana.writes("After the refresh")
        await slack.events.settled()
        assert slack.sockets.opened == 2 and slack.sockets.count == 1
        await slack.sockets.drop()
        await ana.writes("After the break")
        await until(lambda: told.heard == ["After the refresh", "After the break"])
    used = slack.calls("apps.connections.open")
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect((used[0].answer or {})["url"])


FAULTS: list[tuple[Fault, type[Exception], bool]] = [
    (refuse("restricted_action"), SlackApiError, False),
    (too_many(7), SlackApiError, False),
    (broken(500), SlackApiError, False),
    (broken(503, accepted=True), SlackApiError, True),
    (drop(), aiohttp.ClientError, False),
    (drop(accepted=True), aiohttp.ClientError, True),
    (hang(30), TimeoutError, True),
    (hang(30, accepted=False), TimeoutError, False),
]


@pytest.mark.parametrize(("fault", "error", "posted"), FAULTS)
async def test_each_fault_hits_the_next_calls_only(
    slack: Slack, team: Team, fault: Fault, error: type[Exception], posted: bool
) -> None:
    """A call goes wrong as planned, whether it was carried out or not; the one after it goes well; all are recorded."""
    ana, client = team.person("Ana"), client_of(slack, team, timeout=3)
    slack.fail("chat.postMessage", fault)
    with pytest.raises(error) as failed:
        await client.chat_postMessage(channel=ana.id, text="First")
    if isinstance(failed.value, SlackApiError):
        response: Any = failed.value.response
        assert response.status_code == fault.status
        assert response.headers.get("Retry-After") == (str(fault.retry_after) if fault.retry_after else None)
    await client.chat_postMessage(channel=ana.id, text="Second")
    assert [one.text for one in await ana.reads()] == [*(["First"] if posted else []), "Second"]
    assert [call.arguments["text"] for call in slack.calls("chat.postMessage")] == ["First", "Second"]


async def test_every_documented_error_can_be_had(slack: Slack, team: Team) -> None:
    """Each method that the stand-in knows can answer each of its documented errors, and no invented one."""
    client = client_of(slack, team)
    for method in OF_METHOD:
        with pytest.raises(ValueError, match="does not answer 'no_such_error'"):
            slack.fail(method, refuse("no_such_error"))
        slack.fail(method, refuse(documented(method)[0]))
        assert await error_of(client.api_call(method)) == documented(method)[0]


async def test_the_retries_of_slack_sdk_post_twice(slack: Slack, team: Team) -> None:
    """slack_sdk by itself sends again after a broken connection, also what was accepted: apps turn that off."""
    ana = team.person("Ana")
    slack.fail("chat.postMessage", drop(accepted=True))
    await AsyncWebClient(token=team.token, base_url=slack.api_url).chat_postMessage(channel=ana.id, text="Once?")
    assert [one.text for one in await ana.reads()] == ["Once?", "Once?"]


async def test_rate_limits_hold_per_channel(slack: Slack, team: Team) -> None:
    """With the limits on, a second message to a channel within a second is 429, one to another channel is not."""
    slack.keep_limits()
    ana, bo, client = team.person("Ana"), team.person("Bo"), client_of(slack, team)
    await client.chat_postMessage(channel=ana.id, text="1")
    await client.chat_postMessage(channel=bo.id, text="1")
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel=ana.id, text="2")
    answer: Any = refused.value.response
    assert (answer.status_code, answer["error"], answer.headers["Retry-After"]) == (429, "ratelimited", "1")
    await asyncio.sleep(float(answer.headers["Retry-After"]))
    await client.chat_postMessage(channel=ana.id, text="2")
    first, *_, last = slack.calls("chat.postMessage")
    assert last.at - first.at >= 1.0


async def test_the_app_is_installed_and_taken_away(slack: Slack, team: Team, tmp_path: Path) -> None:
    """Somebody allows the app in two workspaces, each with its token; refusing, wrong state and removal are told."""
    settings = AsyncOAuthSettings(
        client_id=slack.client_id,
        client_secret=slack.client_secret,
        scopes=sorted(ALL_SCOPES),
        authorization_url=slack.authorize_url,
        installation_store=FileInstallationStore(base_dir=str(tmp_path)),
        state_store=FileOAuthStateStore(expiration_seconds=60, base_dir=str(tmp_path)),
    )
    client = AsyncWebClient(base_url=slack.api_url, retry_handlers=[])
    app = AsyncApp(client=client, signing_secret=slack.signing_secret, oauth_settings=settings)
    gone: list[str] = []

    @app.event("message")
    async def message(say: Callable[[str], Awaitable[None]], context: Json) -> None:
        await say(f"Hello {context['team_id']}")

    @app.event("tokens_revoked")
    async def revoked(context: Json) -> None:
        gone.append("tokens_revoked")

    @app.event("app_uninstalled")
    async def uninstalled(context: Json) -> None:
        gone.append(context["team_id"])

    handler = AsyncSlackRequestHandler(app)
    pages = [Route("/slack/install", handler.handle), Route("/slack/oauth_redirect", handler.handle)]
    teams = [slack.workspace(name, installed=False) for name in ("North", "South")]
    async with over_http(slack, app, *pages) as address:
        slack.redirect_uri = f"{address}/slack/oauth_redirect"
        for new in teams:
            admin = new.person("Kari")
            refused = await admin.installs(f"{address}/slack/install", agrees=False)
            assert "access_denied" in refused.text
            assert (await admin.installs(f"{address}/slack/install")).status_code == 200
            await admin.writes("Hello")
            await admin.sees(f"Hello {new.id}")
        async with httpx.AsyncClient() as http:
            assert (await http.get(slack.redirect_uri, params={"code": "x", "state": "y"})).status_code == 400
        assert await error_of(_exchange(client, slack, "made-up")) == "invalid_code"
        await teams[0].uninstalls()
        await slack.events.settled()
        await until(lambda: gone == ["tokens_revoked", teams[0].id])
        token = next(call.token for call in slack.calls("chat.postMessage"))
        assert await error_of(AsyncWebClient(token=token, base_url=slack.api_url).auth_test()) == "account_inactive"


async def _exchange(client: AsyncWebClient, slack: Slack, code: str) -> Any:
    return await client.oauth_v2_access(client_id=slack.client_id, client_secret=slack.client_secret, code=code)


async def test_a_blocked_test_does_not_stop_slack(slack: Slack, team: Team) -> None:
    """Slack lives in a thread of its own, so that a test may wait without awaiting."""
    answer = httpx.post(f"{slack.api_url}auth.test", headers={"authorization": f"Bearer {team.token}"})  # noqa: ASYNC210
    assert answer.json()["team_id"] == team.id
