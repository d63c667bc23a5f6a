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
    named = (part["encoder"] for part in _components(root, language, languages) if part.get("encoder"))
    choice = str(next(named, ENCODERS[0]))
    return str(root / choice) if (root / choice).is_dir() else choice


def named_files(root: Path, language: str, languages: Sequence[str]) -> list[Path]:
    """The files that components of the pipeline read: rules, cues, examples, and what describes an encoder's folder.

    Raises ConfigurationError when the pipeline cannot be read.
    """
    values = [value for part in _components(root, language, languages) for value in part.values()]
    named = [root / value for value in values if isinstance(value, str)]
    described = [path / "encoder.yml" for path in named if path.is_dir()]
    return [path for path in (*named, *described) if path.is_file()]


def _components(root: Path, language: str, languages: Sequence[str]) -> list[dict[str, Any]]:
    name = config_name(language, languages)
    settings: Any = read_document(root / name, name).data
    components = settings.get("pipeline") if isinstance(settings, dict) else None
    return [part for part in components or () if isinstance(part, dict)]
