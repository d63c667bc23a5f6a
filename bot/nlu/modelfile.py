"""Files of models: found in the package that carries them, and used only as they were published."""

import hashlib
import importlib.util
from collections.abc import Mapping
from pathlib import Path

from bot.errors import WarmlineError

ENCODERS = ("minilm", "e5")
"""Encoders that have a name: for English, and for a hundred languages."""


class EncoderError(WarmlineError):
    """An encoder cannot be had: a file is missing, altered or wrongly described."""


def package_folder(package: str) -> Path:
    """Where the installed `package` lies, found without running it. Raises EncoderError."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise EncoderError(
            f"The package {package}, which carries a language model, is not installed. "
            "Fix: install the packages of requirements.lock."
        )
    return Path(spec.origin).parent


def check_files(folder: Path, expected: Mapping[str, str]) -> None:
    """Compare the files of `folder` with their `expected` SHA-256, file name → hex digits. Raises EncoderError."""
    for name, digits in expected.items():
        try:
            with (folder / name).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise EncoderError(
                f"The language model's file {folder / name} cannot be read: {error.strerror}. Fix: install it again."
            ) from None
        if found != digits.lower():
            raise EncoderError(
                f"The language model's file {folder / name} is not the published one "
                f"(SHA-256 {found[:12]}…, expected {digits[:12]}…). Fix: install it again."
            )
