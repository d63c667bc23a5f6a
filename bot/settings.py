"""What the environment says; read once, where a process starts, and passed on."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """`root` is the Rasa project's directory, `data` where this machine keeps what it makes.

    An empty `database_url` means the embedded PostgreSQL in `data`. `logs` is the directory for log
    files; without one everything is logged to stderr.
    """

    root: Path
    data: Path
    database_url: str = ""
    admin_password: str | None = None
    logs: Path | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """The project is the current directory, as it is for the `rasa` command."""
        root = Path.cwd()
        logs = environ.get("WARMLINE_LOGS")
        return cls(
            root=root,
            data=(root / environ.get("WARMLINE_DATA", ".warmline")).resolve(),
            database_url=environ.get("DATABASE_URL", ""),
            admin_password=environ.get("WARMLINE_ADMIN_PASSWORD") or None,
            logs=Path(logs) if logs else None,
        )
