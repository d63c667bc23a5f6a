"""What the tests of adapters share: our side without a worker, and Slack."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import pytest

from bot.business import load_business
from bot.db import pool
from bot.jobs import jobs_app
from bot.live import Live
from bot.services import Services
from bot.wording import Wording
from tests.channels.slack_world import SlackWorld, slack_world
from tests.conftest import PROJECT
from tests.standins.slack.server import Slack


@pytest.fixture
def slack() -> Iterator[Slack]:
    """A Slack that loses patience sooner."""
    with Slack() as running:
        running.events.retry_seconds = (0.05, 0.1, 0.2)
        yield running


@pytest.fixture
async def services(database: str) -> AsyncIterator[Services]:
    """What a web process runs on."""
    business = load_business(PROJECT)
    live = Live(database)
    wordings = {name: Wording.load(PROJECT, name) for name in business.languages}
    jobs = jobs_app(database, size=2)
    async with pool(database, size=6) as connections, jobs.open_async():
        listening = asyncio.create_task(live.run())
        yield Services(PROJECT, connections, jobs, live, business, wordings, {})
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening


@pytest.fixture
async def world(slack: Slack, services: Services) -> AsyncIterator[SlackWorld]:
    """An app in one workspace, called over HTTP."""
    async with slack_world(slack, services) as made:
        yield made
