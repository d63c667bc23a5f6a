"""Fixtures that several test modules share."""

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from bot.business import load_business
from bot.db import migrate, pool
from bot.embedded_postgres import DATABASE, embedded_postgres
from bot.jobs import jobs_app
from bot.library import import_files
from bot.live import Live
from bot.nlu.encoder import load_encoder
from bot.services import Services
from bot.tasks import end
from bot.train import train, trained_model
from bot.wording import load_wordings
from tests.scenarios.stack import Agent, Customer, Stack
from tests.world import World

PROJECT = Path(__file__).parents[1]
numbers = itertools.count(1)


def address(server: str, name: str) -> str:
    """The address of database `name` on the server whose address is `server`."""
    return server.replace(f"/{DATABASE}?", f"/{name}?")


def new_database(server: str, template: str, name: str | None = None) -> str:
    """The address of a new database, a copy of the one called `template`; it stays until the server goes."""
    name = name or f"copy_{next(numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return address(server, name)


@pytest.fixture(scope="session")
def model() -> Path:
    """The trained model; trained once when the project has changed."""
    return trained_model(PROJECT, "en") or train(PROJECT, "en", PROJECT / ".warmline" / "logs" / "train.log")


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Address of a real PostgreSQL, the embedded one, for the whole run."""
    with (
        tempfile.TemporaryDirectory(prefix="warmline-tests-") as directory,
        embedded_postgres(Path(directory)) as url,
    ):
        yield url


@pytest.fixture(scope="session")
def migrated(postgres: str) -> str:
    """Name of a database with the newest schema and nothing in it; new ones are copied from it."""
    migrate(new_database(postgres, "template1", "migrated"))
    return "migrated"


@pytest.fixture(scope="session")
def stocked(postgres: str, migrated: str) -> str:
    """Name of a database that holds the sample business's articles as well, as at a worker's second start."""

    async def stock(url: str) -> None:
        async with pool(url, size=2) as connections:
            await import_files(connections, PROJECT, load_business(PROJECT), {"en": load_encoder()})

    with ThreadPoolExecutor(1) as apart:  # a browser's loop may be running on this thread already
        apart.submit(asyncio.run, stock(new_database(postgres, migrated, "stocked"))).result()
    return "stocked"


@pytest.fixture
def database(postgres: str, migrated: str) -> Iterator[str]:
    """Address of a fresh, migrated database, gone after the test."""
    name = f"test_{next(numbers)}"
    yield new_database(postgres, migrated, name)
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def services(database: str) -> AsyncIterator[Services]:
    """What a web process runs on, with a fresh database."""
    business = load_business(PROJECT)
    live = Live(database)
    wordings = load_wordings(PROJECT, business.languages)
    jobs = jobs_app(database, size=2)
    async with pool(database, size=6) as connections, jobs.open_async():
        listening = asyncio.create_task(live.run())
        yield Services(PROJECT, connections, jobs, live, business, wordings, {})
        await end(listening)


@pytest.fixture
def world(database: str, services: Services) -> World:
    """Our side without a worker."""
    return World(database, services.pool, services)


@pytest.fixture
def customer(stack: Stack) -> Customer:
    """A customer on the website who has written, where the module has a `stack`."""
    someone = stack.customer()
    someone.post("Hello")
    return someone


@pytest.fixture
def agent(stack: Stack, customer: Customer) -> Agent:
    """The agent who has the customer's conversation."""
    owner = stack.agent()
    assert owner.do(customer.conversation, "claim").status_code == 200
    return owner


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser; without one the test is skipped with what to install."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("Chromium is missing; install it with: apt-get install chromium")
    return found
