"""The widget's files, the sample shop that shows it, and the page where there is none."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from fastapi.templating import Jinja2Templates
from starlette.routing import Mount

from bot.http import FRESH, FreshFiles
from bot.services import Needs, services

_HERE = Path(__file__).parent

router = APIRouter(include_in_schema=False)

_pages = Jinja2Templates(_HERE / "templates")


@router.get("/")
async def demo(request: Request, needs: Needs) -> Response:
    """A page of the sample shop with the chat in its corner."""
    return _pages.TemplateResponse(request, "demo.html", {"business": needs.business})


@router.get("/chat/widget.js")
async def widget() -> FileResponse:
    """The one file that a website names; it loads the rest from beside itself."""
    return FileResponse(_HERE / "widget" / "widget.js", media_type="text/javascript", headers=FRESH)


def missing(request: Request) -> Response:
    """For a browser at an address that leads nowhere: ways on, to the desk as well from below ``/desk``. 404."""
    shown = {"business": services(request).business, "desk": request.url.path.startswith("/desk/")}
    return _pages.TemplateResponse(request, "missing.html", shown, 404, {**FRESH, "vary": "accept"})


mounts = [
    Mount("/chat/static", FreshFiles(directory=_HERE / "widget" / "static")),
    Mount("/static", FreshFiles(directory=_HERE / "static")),
]
