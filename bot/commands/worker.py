"""`warmline worker`."""

import argparse

from bot.commands import Commands, add_command, prepare
from bot.settings import Settings


def register(commands: Commands) -> None:
    """Add the command."""
    add_command(commands, "worker", _run, "start one worker process")


def _run(_chosen: argparse.Namespace, settings: Settings) -> int:
    """Start one worker process: it answers messages, with Rasa inside. It
    needs DATABASE_URL and a trained model. Several may share one database.
    It ends when PostgreSQL goes away: let the service manager restart it.

    example:
      DATABASE_URL=postgresql://user@host/name warmline worker
    """
    prepare("worker", settings)
    import asyncio

    from bot.wiring import run_worker

    asyncio.run(run_worker(settings))
    return 0
