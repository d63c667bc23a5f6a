"""The bones: imports point one way, and the web process stays light."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Package → the packages of ours that it may import besides itself.
ALLOWED = {"bot": set(), "actions": {"bot"}, "channels": {"bot"}, "desk": {"bot"}}
WIRING = ROOT / "bot" / "wiring.py"


def _imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


@pytest.mark.parametrize("package", ALLOWED)
def test_imports_point_to_the_core(package: str) -> None:
    """The core knows no channel, no desk and no action; those know the core and not each other."""
    forbidden = ALLOWED.keys() - ALLOWED[package] - {package}
    found = [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in (ROOT / package).rglob("*.py")
        if file != WIRING
        for name in _imports(file)
        if name.split(".")[0] in forbidden
    ]
    assert found == []


def _loads(module: str) -> set[str]:
    """The packages that importing `module` loads."""
    code = f"import {module}, sys; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_web_process_loads_no_machine_learning() -> None:
    """Web must start in a moment and stay small: TensorFlow, Rasa and their kin belong to the worker."""
    loaded = _loads("bot.wiring")
    assert {"fastapi", "psycopg"} <= loaded
    assert loaded & {"tensorflow", "rasa", "rasa_sdk", "sklearn", "scipy", "spacy", "pandas"} == set()


def test_the_command_line_loads_what_it_runs() -> None:
    """`warmline --help` knows every command and must be there at once: what one needs is loaded when it is run."""
    assert _loads("bot.main") & {"psycopg", "asyncio", "fastapi", "pydantic", "numpy"} == set()
