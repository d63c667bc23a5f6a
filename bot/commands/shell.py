"""`warmline shell`."""

import argparse

from bot.commands import HOST, PORT, Commands, add_command
from bot.settings import Settings


def register(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "shell", _run, "talk to the running bot as a customer")
    parser.add_argument("--url", default=f"http://{HOST}:{PORT}", help="the site to talk to (default: %(default)s)")


def _run(chosen: argparse.Namespace, _settings: Settings) -> int:
    """Talk to a running Warmline as a customer would, over the website's own
    contract: the message goes the whole way, hand-over included. (Rasa's
    dialogue alone is what `rasa shell` shows.) A number presses a button.

    examples:
      warmline shell
      echo "Where is my order?" | warmline shell --url http://127.0.0.1:9000
    """
    from bot.shell import talk

    talk(chosen.url)
    return 0
