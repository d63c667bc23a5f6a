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
    libraries: dict[str, Library]  # by language, as the wordings

    @property
    def library(self) -> Library:
        """The articles in the business's first language."""
        return self.libraries[self.business.languages[0]]


def services(request: Request) -> Services:
    """What the application that serves this request was made with."""
    found: Services = request.app.state.services
    return found


Needs = Annotated[Services, Depends(services)]
