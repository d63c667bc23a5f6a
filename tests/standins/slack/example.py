"""A small app on the real slack-bolt, in both modes, for the tests of Slack's stand-in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

import uvicorn
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.routing import Route

from tests.standins.slack.people import Team
from tests.standins.slack.server import Slack

Json = dict[str, Any]
Mode = Literal["http", "socket"]


def client_of(slack: Slack, team: Team, **settings: Any) -> AsyncWebClient:
    """slack_sdk's client without its own retries: it would send again what Slack had already accepted."""
    return AsyncWebClient(token=team.token, base_url=slack.api_url, **{"retry_handlers": [], **settings})


@asynccontextmanager
async def over_http(slack: Slack, app: AsyncApp, *more: Route) -> AsyncIterator[str]:
    """The app behind bolt's Starlette adapter on a port of this machine; its address."""
    handler = AsyncSlackRequestHandler(app)
    routes = [Route("/slack/events", handler.handle, methods=["POST"]), *more]
    config = uvicorn.Config(Starlette(routes=routes), port=0, ws="none", lifespan="off", log_level="error")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():  # noqa: ASYNC110  # uvicorn tells in no other way
        await asyncio.sleep(0.005)
    address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    slack.request_url = f"{address}/slack/events"
    try:
        yield address
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def over_socket(slack: Slack, app: AsyncApp) -> AsyncIterator[AsyncSocketModeHandler]:
    """The app in Socket Mode."""
    handler = AsyncSocketModeHandler(app, slack.app_token, ping_interval=0.1)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    await slack.sockets.connected()
    try:
        yield handler
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]
        await handler.client.aiohttp_client_session.close()


def buttons(*texts: str) -> list[Json]:
    elements = [
        {"type": "button", "action_id": f"press-{text}", "value": text, "text": {"type": "plain_text", "text": text}}
        for text in texts
    ]
    return [
        {"type": "section", "text": {"type": "mrkdwn", "text": "Did this help?"}},
        {"type": "actions", "elements": elements},
    ]


DIALOG: Json = {
    "type": "modal",
    "callback_id": "promise",
    "title": {"type": "plain_text", "text": "Add a promise"},
    "submit": {"type": "plain_text", "text": "Save"},
    "blocks": [
        {
            "type": "input",
            "block_id": "what",
            "label": {"type": "plain_text", "text": "What"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
    ],
}


@dataclass
class Helper:
    """A small app that uses every way in and out, and what it was told."""

    app: AsyncApp
    heard: list[str]
    promised: list[str]


def helper(slack: Slack, team: Team) -> Helper:
    app = AsyncApp(client=client_of(slack, team), signing_secret=slack.signing_secret)
    told = Helper(app, [], [])

    @app.event("message")
    async def message(event: Json, client: AsyncWebClient) -> None:
        told.heard.append(event.get("subtype") or event["text"])
        if event.get("subtype") or event.get("thread_ts") or event["channel_type"] != "im":
            return
        await client.reactions_add(channel=event["channel"], name="eyes", timestamp=event["ts"])
        await client.chat_postMessage(channel=event["channel"], text="Did this help?", blocks=buttons("Yes", "No"))

    @app.event("app_mention")
    async def mention(event: Json, client: AsyncWebClient) -> None:
        told.heard.append("mention")
        thread = event.get("thread_ts") or event["ts"]
        await client.chat_postMessage(channel=event["channel"], text=f"Hello <@{event['user']}>", thread_ts=thread)

    @app.event("app_home_opened")
    async def home(event: Json, client: AsyncWebClient) -> None:
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": buttons("Ask")})

    @app.action("press-Yes")
    async def yes(ack: Callable[[], Awaitable[None]], body: Json, client: AsyncWebClient) -> None:
        await ack()
        channel, ts = body["container"]["channel_id"], body["container"]["message_ts"]
        await client.chat_update(channel=channel, ts=ts, text="Glad to hear it.", blocks=[])

    @app.action("press-No")
    async def no(ack: Callable[[], Awaitable[None]], respond: Callable[..., Awaitable[None]]) -> None:
        await ack()
        await respond("A person will write to you.", replace_original=False)

    @app.action("press-Ask")
    async def ask(ack: Callable[[], Awaitable[None]], body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=DIALOG)

    @app.view("promise")
    async def promise(ack: Callable[..., Awaitable[None]], view: Json) -> None:
        text = view["state"]["values"]["what"]["text"]["value"]
        if len(text) < 5:
            await ack(response_action="errors", errors={"what": "A little longer, please."})
            return
        told.promised.append(text)
        await ack()

    @app.command("/warmline")
    async def command(ack: Callable[[str], Awaitable[None]], body: Json) -> None:
        await ack(f"You said {body['text']}")

    return told


@asynccontextmanager
async def connected(mode: Mode, slack: Slack, app: AsyncApp) -> AsyncIterator[None]:
    async with over_http(slack, app) if mode == "http" else over_socket(slack, app):
        yield


async def until(true: Callable[[], bool], *, seconds: float = 10.0) -> None:
    """Wait for something: bolt acknowledges an event before its listeners have run."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"waited {seconds} s in vain"
        await asyncio.sleep(0.01)
