"""What the web process runs on, made once and passed to every surface."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from procrastinate import App

from bot.business import Business
from bot.db import Pool
from bot.library import Library
from bot.live import Live
from bot.wording import Wording


@dataclass(frozen=True, slots=True)
class Services:
    """Connections, rules and texts."""

    root: Path
    pool: Pool
    jobs: App
    live: Live
    business: Business
    wordings: dict[str, Wording]
    library: Library


def services(request: Request) -> Services:
    """What the application that serves this request was made with."""
    found: Services = request.app.state.services
    return found


Needs = Annotated[Services, Depends(services)]
