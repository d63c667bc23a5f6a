"""What a trained component depends on beyond its training data, so that Rasa knows when to train again."""

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent


def fingerprint(files: Iterable[Path] = ()) -> str:
    """Changes with the code and lexicons of this package and with `files`; a missing file counts too."""
    digest = hashlib.sha256(_own().encode())
    for file in files:
        digest.update(str(file).encode())
        digest.update(file.read_bytes() if file.is_file() else b"missing")
    return digest.hexdigest()


@cache
def _own() -> str:
    digest = hashlib.sha256()
    for file in sorted([*_HERE.glob("*.py"), *_HERE.glob("*.yml"), *_HERE.glob("*.txt")]):
        digest.update(file.read_bytes())
    return digest.hexdigest()
