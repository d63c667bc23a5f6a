"""What the tests of adapters share: our side without a worker, and Slack."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from bot.services import Services
from tests.channels.slack_world import SlackWorld, slack_world
from tests.standins.slack.server import Slack


@pytest.fixture
def slack() -> Iterator[Slack]:
    """A Slack that loses patience sooner."""
    with Slack() as running:
        running.events.retry_seconds = (0.05, 0.1, 0.2)
        yield running


@pytest.fixture
async def world(slack: Slack, services: Services) -> AsyncIterator[SlackWorld]:
    """An app in one workspace, called over HTTP."""
    async with slack_world(slack, services) as made:
        yield made
