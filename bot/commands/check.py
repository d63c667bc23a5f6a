"""`warmline check`."""

import argparse
from collections.abc import Sequence

from bot.commands import Commands, add_command
from bot.settings import Settings
from bot.terminal import say


def register(commands: Commands) -> None:
    """Add the command."""
    add_command(commands, "check", _run, "check all configuration")


def _run(_chosen: argparse.Namespace, settings: Settings) -> int:
    """Check all that people write: the business profile, articles, wording and
    its tone, training examples. Prints one line for every problem:

      file:line: problem. Fix: what to do.

    Then asks the platforms whether they let our accounts in.

    Exit code 0 when everything is in order, 2 when a file is wrong, 1 when
    a platform finds fault.
    """
    import asyncio

    from bot.check import problems

    if wrong := problems(settings.root):
        return _report([str(problem) for problem in wrong], 2)
    from bot.wiring import channel_problems  # the files are right: now what the platforms say

    found, off = asyncio.run(channel_problems(settings))
    for account in off:
        say(account)
    if found:
        return _report(found, 1)
    say("Everything is in order.")
    return 0


def _report(found: Sequence[str], code: int) -> int:
    for problem in found:
        print(problem)
    say(f"{len(found)} problem{'s' if len(found) > 1 else ''}.")
    return code
