"""`warmline explain`."""

import argparse
import json
import sys

from bot.commands import Commands, add_command
from bot.settings import Settings


def register(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "explain", _run, "say what is understood of a text, and why")
    parser.add_argument("texts", nargs="+", metavar="TEXT", help="a message; - reads one from each line of stdin")
    parser.add_argument("--language", metavar="CODE", help="of the texts (default: what they seem to be)")
    parser.add_argument("--json", action="store_true", help="one JSON object a line, with all that is known")


def _run(chosen: argparse.Namespace, settings: Settings) -> int:
    """Say what the trained model understands of a text, and why: the intents
    with what each part makes of them, the training examples nearest to it,
    mood, entities, and which articles fit, whether asked for or not. Reads
    the articles' files, needs no running Warmline, and stores nothing.

    examples:
      warmline explain "where is my parcel"
      warmline explain --json - < messages.txt
    """
    from bot.logs import configure

    configure("explain", settings.logs)
    from bot.explain import Explainer, readable

    explainer = Explainer.load(settings.root, chosen.language)
    for given in chosen.texts:
        for text in filter(None, map(str.strip, sys.stdin if given == "-" else [given])):
            report = explainer.report(text)
            print(json.dumps(report, ensure_ascii=False) if chosen.json else readable(report), flush=True)
    return 0
