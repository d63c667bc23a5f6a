"""One stack for most scenarios, and one of its own for those that break things."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import new_database
from tests.scenarios.stack import Stack, project


@pytest.fixture(scope="session")
def stack(model: Path, postgres: str, stocked: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Web and worker of a business that is always open."""
    with Stack(project(tmp_path_factory.mktemp("open")), new_database(postgres, stocked)).up() as running:
        yield running


@pytest.fixture(scope="session")
def closed_stack(model: Path, postgres: str, stocked: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Web and worker of a business that opens on another day than today."""
    from datetime import UTC, datetime, timedelta

    tomorrow = (datetime.now(UTC) + timedelta(days=2)).strftime("%A").lower()
    root = project(tmp_path_factory.mktemp("closed"), hours=f'  {tomorrow}: ["09:00-17:00"]\n')
    with Stack(root, new_database(postgres, stocked)).up() as running:
        yield running


@pytest.fixture
def own_stack(
    model: Path, postgres: str, stocked: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Stack]:
    """A stack that the test may break."""
    with Stack(project(tmp_path), new_database(postgres, stocked)).up() as running:
        yield running
        if request.session.testsfailed:
            for log in tmp_path.glob("*.log"):
                sys.stderr.write(f"--- {log.name}\n{log.read_text()[-3000:]}\n")
