"""A project that speaks Norwegian besides English."""

from __future__ import annotations

import shutil
from pathlib import Path

from ruamel.yaml import YAML

from tests.scenarios.stack import PROJECT, project

NORWEGIAN = PROJECT / "tests" / "data" / "nb"


def bilingual_project(folder: Path) -> Path:
    """A project of its own in `folder`, as of `project`, that understands English with MiniLM and Norwegian with E5."""
    root = project(folder, changes=lambda text: text.replace("languages: [en]", "languages: [en, nb]"))
    _learn_norwegian(root)
    return root


def _learn_norwegian(root: Path) -> None:
    """Give the project its second language; what is not translated is said in English."""
    data = root / "data"
    shutil.copy(NORWEGIAN / "config.nb.yml", root)
    shutil.copy(NORWEGIAN / "cues.nb.yml", data / "mood")
    shutil.copytree(NORWEGIAN / "nlu", data / "nlu" / "nb")
    shutil.copytree(NORWEGIAN / "faq", data / "faq" / "nb")
    shutil.copy(data / "canned" / "en.yml", data / "canned" / "nb.yml")
    shutil.copytree(data / "wording" / "en", data / "wording" / "nb")
    yaml = YAML(typ="safe", pure=True)
    translated = yaml.load((NORWEGIAN / "wording.yml").read_text("utf-8"))
    for file in (data / "wording" / "nb").glob("*.yml"):
        texts = yaml.load(file.read_text("utf-8"))
        if isinstance(texts, dict):
            with file.open("w", encoding="utf-8") as written:
                yaml.dump({key: translated.get(key, text) for key, text in texts.items()}, written)
