"""The tutorial, typed along: every file that it gives, up to the point where a model is trained."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
_BLOCK = re.compile(r"^<!-- (file|run|replace|insert)(?:: (\S+))?(?: key (\S+))? -->\n```\w*\n(.*?)^```", re.M | re.S)
_CHECK = [sys.executable, "-m", "bot.main", "check"]

Block = tuple[str, str, str, str]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A clone as the tutorial changes it."""
    for name in ("business.yml", "config.yml", "domain.yml"):
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("data", "bot", "actions", "channels", "desk"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_tutorial_can_be_typed_along(project: Path) -> None:
    """`warmline check` says what the tutorial says it does, at each place where it is run."""
    first, *blocks = _BLOCK.findall((ROOT / "docs" / "tutorial.md").read_text())
    assert first[1] == "business.yml"
    _follow(project, first)
    problems = _problems(project)
    assert {line.split("/")[1] for line in problems} == {"faq", "canned"}
    for block in blocks:
        _follow(project, block)
    canned = project / "data/canned/en.yml"
    for gone in ("repair_label", "missing_part"):
        canned.write_text(re.sub(rf"^- id: {gone}\n(?: .*\n)+\n", "", canned.read_text(), flags=re.M))
    assert _problems(project) == []


def _follow(project: Path, block: Block) -> None:
    kind, name, key, text = block
    path = project / name
    if kind == "run":
        subprocess.run(text, shell=True, cwd=project, check=True)
    elif kind == "file":
        path.write_text(text)
    elif kind == "replace":
        changed, found = re.subn(rf"^{re.escape(key)}:\n(?: .*\n)+", lambda _: text, path.read_text(), flags=re.M)
        assert found == 1, key
        path.write_text(changed)
    else:
        domain = path.read_text()
        for section, (line,) in YAML(typ="safe").load(text).items():
            assert domain.count(f"\n{section}:\n") == 1, section
            domain = domain.replace(f"\n{section}:\n", f"\n{section}:\n  - {line}\n")
        path.write_text(domain)


def _problems(project: Path) -> list[str]:
    """The lines of `warmline check`."""
    return subprocess.run(_CHECK, cwd=project, capture_output=True, text=True).stdout.splitlines()
