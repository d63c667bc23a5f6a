"""The `warmline` command: its environment, its parser, and the exit code."""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace

from bot.commands import Run, agent, check, explain, questions, shell, telegram, train, up, web, worker
from bot.errors import CommandError, ConfigurationError, StartError, Unavailable, WarmlineError
from bot.settings import Settings
from bot.terminal import say

# Set before numpy, onnxruntime or TensorFlow are loaded, which read them once; all children inherit them.
LIBRARIES = {
    "OMP_NUM_THREADS": "1",  # small models: a second thread costs more than it brings
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "PYTHONWARNINGS": "ignore",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code: 0 fine, 1 something stood in the way, 2 a file or the command line is wrong."""
    for name, value in LIBRARIES.items():
        os.environ.setdefault(name, value)
    chosen = _parser().parse_args(arguments)
    settings = Settings.from_environment()
    if chosen.data:
        settings = replace(settings, data=chosen.data.resolve())
    try:
        if not (settings.root / "business.yml").exists():
            raise StartError("There is no business.yml here. Fix: run this in the project's directory.")
        run: Run = chosen.run
        return run(chosen, settings)
    except (ConfigurationError, CommandError) as error:
        say(str(error))
        return 2
    except Unavailable as error:
        say(_one_line(f"{error}. Fix: see that the server of DATABASE_URL runs and lets this user in."))
        return 1
    except WarmlineError as error:
        say(_one_line(str(error)))
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="warmline",
        description="Answers customers, calms those who are upset, hands over to people who then know the story.",
        epilog="Start with `warmline up`. Each command explains itself: warmline up --help",
    )
    parser.set_defaults(data=None)  # not every command has --data
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in (up, web, worker, train, check, shell, explain, questions, telegram, agent):
        module.register(commands)
    return parser


def _one_line(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    sys.exit(main())
