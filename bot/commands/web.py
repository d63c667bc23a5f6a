"""`warmline web`."""

import argparse

from bot.commands import Commands, add_address, add_command, prepare
from bot.settings import Settings


def register(commands: Commands) -> None:
    """Add the command."""
    add_address(add_command(commands, "web", _run, "start one web process"))


def _run(chosen: argparse.Namespace, settings: Settings) -> int:
    """Start one web process: website chat, help page, desk, their API. It
    needs DATABASE_URL. Several may share one database. `warmline up` starts
    one by itself; use this under a service manager.

    example:
      DATABASE_URL=postgresql://user@host/name warmline web --port 8000
    """
    prepare("web", settings)
    import uvicorn

    uvicorn.run(
        "bot.wiring:web_app",
        factory=True,
        host=chosen.host,
        port=chosen.port,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,  # event streams never end by themselves; browsers come back
    )
    return 0
