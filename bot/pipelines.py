"""Which pipeline understands which language: config.yml the business's first, config.nb.yml Norwegian."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.nlu.modelfile import ENCODERS
from bot.yamlfile import read_document


def config_name(language: str, languages: Sequence[str]) -> str:
    """The name of the file that configures `language`, one of the `languages` of the business."""
    return "config.yml" if language == languages[0] else f"config.{language}.yml"


def encoder_choice(root: Path, language: str, languages: Sequence[str]) -> str:
    """The encoder that the pipeline of `language` names, for `load_encoder`; articles are found with the same one.

    A folder comes with its whole path. Raises ConfigurationError when the pipeline cannot be read.
    """
    name = config_name(language, languages)
    settings: Any = read_document(root / name, name).data
    components = settings.get("pipeline") if isinstance(settings, dict) else None
    named = (part["encoder"] for part in components or () if isinstance(part, dict) and part.get("encoder"))
    choice = str(next(named, ENCODERS[0]))
    return str(root / choice) if (root / choice).is_dir() else choice
