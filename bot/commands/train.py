"""`warmline train`."""

import argparse

from bot.commands import Commands, add_command
from bot.settings import Settings
from bot.terminal import say


def register(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "train", _run, "train the Rasa model if the project changed")
    parser.add_argument("--force", action="store_true", help="train again although nothing changed")


def _run(chosen: argparse.Namespace, settings: Settings) -> int:
    """Train the Rasa model when config.yml, domain.yml, the training data or
    the components changed since; the result is in models/. Articles and
    wording need no training. `warmline up` does this by itself.

    examples:
      warmline train
      warmline train --force
    """
    from bot.business import load_business
    from bot.train import train, trained_model

    for language in load_business(settings.root).languages:
        model = None if chosen.force else trained_model(settings.root, language)
        if model is not None:
            say(f"The model fits the project already: {model.name}. To train all the same: warmline train --force")
            continue
        model = train(settings.root, language, settings.data / "logs" / "train.log", force=chosen.force)
        say(f"Trained: {model.name}")
    return 0
