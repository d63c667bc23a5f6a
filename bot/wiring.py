"""The one place where the pieces are put together: the web application and the worker.

Only this module knows the channels and the desk; the rest of ``bot`` is imported by them.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from importlib import import_module

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from bot import __version__, library
from bot.business import Business, load_business
from bot.channel import Channel
from bot.db import pool, transaction
from bot.errors import CommandError, Unavailable, WarmlineError
from bot.http import Guard, add_error_handlers
from bot.jobs import jobs_app
from bot.leader import lead
from bot.library import open_libraries
from bot.live import Live
from bot.metrics import metrics
from bot.nlu.encoder import load_encoder
from bot.pipelines import encoder_choice
from bot.services import Services
from bot.settings import Settings
from bot.tasks import end
from bot.wording import Wording, load_wordings
from channels.web import chat, help, site
from desk import api, events, files, page

PLATFORMS = ("telegram", "slack", "email")

_CONNECTIONS = 10
_CHECK_SECONDS = 10


def web_app() -> FastAPI:
    """The web application, configured from the environment; opens its connections when it starts."""
    settings = Settings.from_environment()
    business = load_business(settings.root)
    url = settings.database_url
    encoders = {one: load_encoder(encoder_choice(settings.root, one, business.languages)) for one in business.languages}
    services = Services(
        root=settings.root,
        pool=pool(url, size=_CONNECTIONS),
        jobs=jobs_app(url, size=1),
        live=Live(url),
        business=business,
        wordings=load_wordings(settings.root, business.languages),
        libraries=open_libraries(business.languages, encoders),
    )

    channels = open_channels(business, services.wordings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with services.pool, services.jobs.open_async(), AsyncExitStack() as connected:
            for channel in channels:
                await connected.enter_async_context(channel.connected())
            work = [services.live.run(), _follow_articles(services), *(_listen(url, one, services) for one in channels)]
            tasks = [asyncio.create_task(one) for one in work]
            yield
            await end(*tasks)

    app = FastAPI(
        title=f"{business.name}: Warmline",
        version=__version__,
        summary="Website chat and desk",
        lifespan=lifespan,
        docs_url=None,  # their pages load scripts from elsewhere; /openapi.json stays
        redoc_url=None,
    )
    app.state.services = services
    add_error_handlers(app, missing=site.missing)
    for module in (chat, help, site, api, files, events, page):
        app.include_router(module.router)
    for channel in channels:
        app.include_router(channel.routes())
    app.router.routes.extend([*site.mounts, *page.mounts])
    _add_health(app, services)
    app.add_middleware(Guard)
    app.add_middleware(CrossOriginChat, origins=list(business.origins))  # outside: other sites may read its refusals
    return app


def open_channels(
    business: Business, wordings: Mapping[str, Wording], environ: Mapping[str, str] = os.environ
) -> Sequence[Channel]:
    """The accounts of business.yml whose secrets are set; the library of a platform is loaded only for them."""
    channels: list[Channel] = []
    for name in PLATFORMS:
        accounts = [one for one in getattr(business.channels, name) if not one.missing(environ)]
        if accounts:
            module = import_module(f"channels.{name}")
            channels += [module.open_channel(one, business, wordings, environ) for one in accounts]
    return channels


async def channel_problems(settings: Settings) -> tuple[list[str], list[str]]:
    """What the platforms say is wrong with our accounts, each with its fix; and which accounts are off, and why."""
    business = load_business(settings.root)
    wordings = load_wordings(settings.root, business.languages)
    found: list[str] = []
    for channel in open_channels(business, wordings):
        try:
            async with channel.connected(), asyncio.timeout(_CHECK_SECONDS):
                problems = await channel.problems()
        except (TimeoutError, OSError) as error:
            reason = "no answer" if isinstance(error, TimeoutError) else error.strerror or type(error).__name__
            problems = [f"it cannot be reached ({reason}). Fix: let this machine reach it over the network"]
        found += [f"{channel.name} {channel.account}: {problem}" for problem in problems]
    off = [
        f"{name} {account.account} is off: {' and '.join(missing)} not set"
        for name in PLATFORMS
        for account in getattr(business.channels, name)
        if (missing := account.missing())
    ]
    return found, off


async def administer_telegram(settings: Settings, verb: str, account: str | None) -> Sequence[str]:
    """What came of ``set-webhook``, ``info`` or ``delete`` for one of our bots, or for all. Raises `WarmlineError`."""
    business = load_business(settings.root)
    wordings = load_wordings(settings.root, business.languages)
    known = {one.account: one for one in business.channels.telegram}
    if account is not None and account not in known:
        names = ", ".join(known) or "none"
        raise CommandError(f"business.yml has no Telegram account {account}. Fix: choose one of: {names}.")
    chosen = {name: one for name, one in known.items() if account in (None, name)}
    if not chosen:
        raise WarmlineError("business.yml has no Telegram account. Fix: add one, see docs/how-to/telegram.md.")
    for name, one in chosen.items():
        if missing := one.missing():
            raise WarmlineError(f"{name} is off: {missing[0]} is not set. Fix: set it to the token of the bot.")
    module = import_module("channels.telegram.administration")
    lines: list[str] = []
    for channel in open_channels(business, wordings):
        if channel.name == "telegram" and channel.account in chosen:
            lines += await module.administer(channel, verb)
    return lines


async def _listen(url: str, channel: Channel, services: Services) -> None:
    await lead(url, f"listen:{channel.name}:{channel.account}", lambda _: channel.listen(services))


class CrossOriginChat:
    """Lets the websites on the allow-list use the chat, and nothing but the chat.

    The widget's files hold nothing of anybody's and are open to all: a widget on a website that is not on the
    list can then say so.
    """

    def __init__(self, app: ASGIApp, *, origins: list[str]) -> None:
        self._plain = app
        self._open = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type"],
            expose_headers=["retry-after"],
            max_age=600,
        )
        self._files = CORSMiddleware(app, allow_origins=["*"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        path = scope["path"] if scope["type"] == "http" else ""
        if path == "/chat/widget.js" or path.startswith("/chat/static/"):
            await self._files(scope, receive, send)
        elif path.startswith("/chat/"):
            await self._open(scope, receive, send)
        else:
            await self._plain(scope, receive, send)


async def _follow_articles(services: Services) -> None:
    async with services.live.subscribe(library.CHANGED) as signals:
        while True:
            with suppress(Unavailable):
                for articles in services.libraries.values():
                    await articles.load(services.pool)
            await signals.get()


def _add_health(app: FastAPI, services: Services) -> None:
    @app.get("/health/live", tags=["Health"])
    async def live() -> dict[str, str]:
        """This process runs."""
        return {"status": "ok"}

    @app.get("/health/ready", tags=["Health"])
    async def ready() -> JSONResponse:
        """The database answers; says whether a worker is there. 503 when the database is gone."""
        async with transaction(services.pool) as connection:
            row = await (
                await connection.execute(
                    "select count(*) as workers from procrastinate_workers"
                    " where last_heartbeat > now() - interval '10 seconds'"
                )
            ).fetchone()
        workers = row["workers"] if row else 0
        return JSONResponse({"status": "ok", "database": "ok", "workers": workers})

    @app.get("/metrics", tags=["Health"], include_in_schema=False)
    async def show_metrics(request: Request) -> Response:
        """Figures for Prometheus."""
        return await metrics(services.pool)


async def run_worker(settings: Settings) -> None:
    """The worker, configured from the environment, until it is told to stop."""
    from bot.train import usable_models  # here: Rasa stays out of the web process
    from bot.worker import run

    business = load_business(settings.root)
    wordings = load_wordings(settings.root, business.languages)
    channels = open_channels(business, wordings)
    await run(settings, business, wordings, usable_models(settings.root), channels)
