"""The desk's page and its files."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.routing import Mount

from bot.http import FRESH, FreshFiles

_HERE = Path(__file__).parent

router = APIRouter(include_in_schema=False)


@router.get("/desk")
async def page() -> FileResponse:
    """One page for everything; what it shows comes from the API."""
    return FileResponse(_HERE / "templates" / "desk.html", headers=FRESH)


mounts = [Mount("/desk/static", FreshFiles(directory=_HERE / "static"))]
