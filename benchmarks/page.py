"""Tables of measured figures and their places in docs/performance.md."""

import os
import platform
import re
from collections.abc import Sequence
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "performance.md"


def machine() -> str:
    """On what the figures were measured, to go on with in a sentence."""
    cpu = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor(),
    )
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"Measured on {os.cpu_count()} cores ({cpu}), {memory:.0f} GB of memory, {platform.system()}\n"
        f"with Python {platform.python_version()}"
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [f"| {' | '.join(cells)} |" for cells in (head, *rows)]
    return "\n".join([lines[0], "|" + "---|" * len(head), *lines[1:]])


def write(mark: str, text: str, page: Path = PAGE) -> None:
    """Replace what stands between <!-- mark --> and <!-- /mark -->; ends the program where there is no such mark."""
    old = page.read_text("utf-8")
    marked = rf"(<!-- {mark} -->\n).*?(\n?<!-- /{mark} -->)"
    if not re.search(marked, old, re.DOTALL):
        raise SystemExit(f"{page} has no <!-- {mark} --> mark")
    new = re.sub(marked, lambda found: f"{found[1]}{text}\n{found[2].lstrip()}", old, flags=re.DOTALL)
    page.write_text(new, "utf-8")
