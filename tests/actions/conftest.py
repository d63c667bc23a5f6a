"""The actions read the project in the current directory, as under the `rasa` command."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import knowledge
from bot.articles import Article
from tests.actions.conversation import Customer, Shelf


@pytest.fixture(autouse=True)
def project(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in the project's directory."""
    monkeypatch.chdir(Path(__file__).parents[2])


@pytest.fixture
def customer() -> Customer:
    return Customer()


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    """Three articles, one of them with steps."""
    shelf = Shelf(
        Article(
            "returns", "en", "How do I return something?", "Returns", "You have **30 days**.\n\n" + "Long. " * 100, ()
        ),
        Article("labels", "en", "Where is my label?", "Returns", "It is in the e-mail.", ()),
        Article("reset", "en", "How do I reset it?", "Lamps", "It takes a minute.", (), steps=("Switch off.", "Wait.")),
    )
    knowledge.use({"en": shelf})  # type: ignore[dict-item]  # stands in for an index
    yield shelf
    knowledge.use({})
