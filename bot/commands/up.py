"""`warmline up`."""

import argparse
from pathlib import Path

from bot.commands import Commands, add_address, add_command
from bot.settings import Settings


def register(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "up", _run, "start everything on this machine")
    add_address(parser)
    parser.add_argument("--data", type=Path, metavar="DIR", help="where to keep database and logs (default: .warmline)")


def _run(chosen: argparse.Namespace, settings: Settings) -> int:
    """Start everything on this machine and keep it running until Ctrl-C:
    check the configuration, start the embedded PostgreSQL (none when
    DATABASE_URL is set), migrate, train if the project changed, start web
    and worker, print the addresses and, the first time, the password of
    the account "admin".

    examples:
      warmline up
      warmline up --port 9000 --host 0.0.0.0
      WARMLINE_ADMIN_PASSWORD=… warmline up
      DATABASE_URL=postgresql://user@host/name warmline up
    """
    from bot.up import up

    return up(settings, host=chosen.host, port=chosen.port)
