"""`warmline telegram`."""

import argparse

from bot.commands import Commands, add_command
from bot.settings import Settings


def register(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "telegram", _run, "see how a bot on Telegram is reached, or change it")
    parser.add_argument("verb", choices=("set-webhook", "info", "delete"), help="what to do with the webhook")
    parser.add_argument("--account", metavar="NAME", help="the account in business.yml (default: all of them)")


def _run(chosen: argparse.Namespace, settings: Settings) -> int:
    """Bots on Telegram, the accounts under channels: telegram: in business.yml.

      info         who the bot is, how it is reached, what is wrong
      set-webhook  have Telegram call us at public_url; web does so by itself
      delete       have Telegram call nobody; a bot that polls does so by itself

    examples:
      TELEGRAM_TOKEN=… warmline telegram info
      TELEGRAM_TOKEN=… warmline telegram set-webhook --account shop
    """
    import asyncio

    from bot.logs import configure
    from bot.wiring import administer_telegram

    configure("telegram", settings.logs)
    for line in asyncio.run(administer_telegram(settings, chosen.verb, chosen.account)):
        print(line)
    return 0
