"""`warmline questions`."""

import argparse
import json

from bot.commands import Commands, add_command, add_data, database
from bot.settings import Settings

_DAYS = 30
_MOST_DAYS = 36_500


def register(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "questions", _run, "list the questions that found no answer")
    parser.add_argument(
        "--days", type=_days, default=_DAYS, metavar="N", help="of the last N days (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    add_data(parser)


def _run(chosen: argparse.Namespace, settings: Settings) -> int:
    """List the questions that no article answered, newest first: when, in how
    many conversations it was asked in the same words, the newest of these
    conversations, and the question. From these, articles are written.

    examples:
      warmline questions
      warmline questions --days 7 --json
    """
    from bot.business import load_business
    from bot.questions import unanswered

    zone = load_business(settings.root).zone
    with database(settings) as url:
        for question in unanswered(url, days=chosen.days):
            if chosen.json:
                print(json.dumps(question.to_json(), ensure_ascii=False))
            else:
                at = f"{question.at.astimezone(zone):%Y-%m-%d %H:%M}"
                print(f"{at}\t{question.asked}×\t{question.conversation}\t{_line(question.text)}")
    return 0


def _line(text: str) -> str:
    """On one line, and without what a terminal would take for an order."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _days(text: str) -> int:
    days = int(text) if text.isdecimal() else 0
    if not 1 <= days <= _MOST_DAYS:
        raise argparse.ArgumentTypeError(f"{text} is not a number of days; choose one from 1 to {_MOST_DAYS}")
    return days
