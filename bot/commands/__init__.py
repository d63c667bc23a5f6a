"""The commands of `warmline`, a module for each or for a family, and what they share.

A module has `register()`, which adds its commands to the parser, and loads what a command needs when that is run: the
parser is made of all of them each time.
"""

import argparse
import contextlib
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from bot.errors import StartError
from bot.settings import Settings

HOST = "127.0.0.1"
PORT = 8000

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Run = Callable[[argparse.Namespace, Settings], int]
"""Does what a command line says; its exit code."""


def add_command(commands: Commands, name: str, run: Run, summary: str) -> argparse.ArgumentParser:
    """A command that does `run`, whose docstring is what `--help` shows; its parser, for the arguments."""
    parser = commands.add_parser(
        name, help=summary, description=inspect.getdoc(run), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.set_defaults(run=run)
    return parser


def add_address(parser: argparse.ArgumentParser) -> None:
    """`--port` and `--host`, for a command that listens."""
    parser.add_argument("--port", type=_port, default=PORT, help="port to listen on (default: %(default)s)")
    parser.add_argument("--host", default=HOST, help="address to listen on (default: %(default)s, this machine only)")


def add_data(parser: argparse.ArgumentParser) -> None:
    """`--data`, for a command that needs the database, whether Warmline runs or not."""
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="the directory given to `warmline up` (default: .warmline)"
    )


@contextlib.contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The address of an up-to-date database; the embedded one is started for this if it does not run."""
    from bot.db import migrate
    from bot.embedded_postgres import embedded_postgres

    named = settings.database_url
    with contextlib.nullcontext(named) if named else embedded_postgres(settings.data) as url:
        migrate(url)
        yield url


def prepare(process: str, settings: Settings) -> None:
    """Before a process runs by itself: logging under its name, a database that is up to date.

    Raises StartError when no database is named.
    """
    if not settings.database_url:
        raise StartError(
            "DATABASE_URL is not set. Fix: set it to your PostgreSQL, or run `warmline up`, which brings one."
        )
    from bot.db import migrate
    from bot.logs import configure

    configure(process, settings.logs)
    migrate(settings.database_url)


def _port(text: str) -> int:
    port = int(text) if text.isdecimal() else 0
    if not 1 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port; choose a number from 1 to 65535")
    return port
