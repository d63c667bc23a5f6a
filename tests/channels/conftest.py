"""What the tests of adapters share: our side without a worker, and the far sides of Slack and e-mail."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from bot.services import Services
from tests.channels.email_world import inbox, shop  # noqa: F401  # fixtures
from tests.channels.slack_office import Office, office
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


@pytest.fixture
async def place(database: str) -> AsyncIterator[Office]:
    """A workspace in which agents work."""
    async with office(database) as found:
        yield found
