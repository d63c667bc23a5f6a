"""One Chromium and one stack for all browser tests, and windows that nothing escapes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.other_site import OtherSite
from tests.browser.people import Windows
from tests.conftest import new_database
from tests.scenarios.stack import Stack, project

_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
          "--disable-component-update", "--disable-sync")  # fmt: skip


@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    """The browser. It ends with this package: Playwright's event loop would stand in the way of others."""
    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=chromium, args=_FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="package")
def welcome_site() -> Iterator[OtherSite]:
    """A website of another origin that may show the chat."""
    with OtherSite() as site:
        yield site


@pytest.fixture(scope="package")
def stack(
    chromium: str,
    model: Path,
    postgres: str,
    stocked: str,
    welcome_site: OtherSite,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    """Web and worker of a business that is always open and has one other website."""

    def welcome(text: str) -> str:
        assert "\norigins: []" in text
        return text.replace("\norigins: []", f'\norigins: ["{welcome_site.url}"]')

    root = project(tmp_path_factory.mktemp("browser"), changes=welcome)
    with Stack(root, new_database(postgres, stocked)).up() as running:
        yield running


@pytest.fixture
def windows(browser: Browser) -> Iterator[Windows]:
    """Opens windows; afterwards, no page may have reported an error that the test did not expect."""
    opened = Windows(browser)
    yield opened
    opened.close()
    assert not opened.unexpected(), "\n".join(opened.unexpected())
