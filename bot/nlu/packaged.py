"""The YAML files of this package: word lists and the like, which nobody has to check."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML


def read_packaged(name: str) -> Any:
    """What the file `name` beside this one holds."""
    return YAML(typ="safe", pure=True).load(Path(__file__).with_name(name).read_text(encoding="utf-8"))
