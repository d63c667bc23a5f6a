"""The help page: the articles that the bot answers from, for customers who rather look themselves (P37).

Every page is plain HTML from the server, made anew for each request from the articles in memory, and
browsers ask each time whether theirs is still the newest: an edited article shows at once. Handlers are
ordinary functions, so they run in threads and a search holds up nobody's live updates.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path
from textwrap import shorten
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from pydantic import Field

from bot.articles import Article, html, plain_text
from bot.hours import say_hours, say_opening
from bot.http import FRESH, Body, clean
from bot.library import Found, Library
from bot.services import Needs, Services

router = APIRouter(prefix="/help", tags=["Help page"])

_LONGEST_QUERY = 200  # characters; nobody types more into a search box, and pasted text says enough in these
_MOST_RESULTS = 10
_MOST_SUGGESTIONS = 6  # while typing: what a phone shows above its keyboard
_MOST_RELATED = 5
_NEAR = 40  # results among which the related articles of one category are looked for
_DESCRIPTION = 160  # characters that search engines show
_COMPLAINTS = "complaints procedure"


def _slug(name: str) -> str:
    return re.sub(r"[\W_]+", "-", name.lower()).strip("-")


_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_PAGES.filters["slug"] = _slug


class Result(Body):
    """An article that was found."""

    id: str = Field(examples=["returns-30-days"])
    title: str
    category: str
    url: str = Field(examples=["/help/returns-30-days"])
    excerpt: str = Field(description="The beginning of the answer, plain text")
    score: float = Field(description="How well it fits; only good for comparing results of one search")


class Results(Body):
    """What a search found, best first."""

    query: str = Field(description="What was searched for: the text sent, cleaned and cut to 200 characters")
    results: list[Result]


@router.api_route("", methods=["GET", "HEAD"], include_in_schema=False)
def start(request: Request, needs: Needs) -> Response:
    """Search box, categories with their articles, and how to reach the business."""
    return _start(request, needs, needs.library)


@router.api_route("/search", methods=["GET", "HEAD"], include_in_schema=False)
@router.api_route("/{language}/search", methods=["GET", "HEAD"], include_in_schema=False)
def results(request: Request, needs: Needs, language: str = "", q: str = "") -> Response:
    """The results of a search, for the search box without JavaScript and as an address to keep."""
    query, cut = _read(q)
    library = needs.libraries.get(language, needs.library)
    return _page(
        request, needs, library, "help_search.html",
        query=query,
        cut=cut,
        longest=_LONGEST_QUERY,
        meant=library.respelt(query),
        found=library.search(query, limit=_MOST_RESULTS),
    )  # fmt: skip


@router.get("/search.json", response_model=Results)
@router.get("/{language}/search.json", include_in_schema=False)
def suggest(
    needs: Needs,
    language: str = "",
    q: Annotated[str, Query(description="What the customer typed so far", examples=["refu"])] = "",
) -> Response:
    """Articles for what is typed, at most six; the beginning of a word is enough. No text, no results."""
    query, _ = _read(q)
    found = needs.libraries.get(language, needs.library).search(query, limit=_MOST_SUGGESTIONS)
    return JSONResponse({"query": query, "results": [one.to_json() for one in found]}, headers=FRESH)


@router.api_route("/{id:path}", methods=["GET", "HEAD"], include_in_schema=False)
def article(request: Request, needs: Needs, id: str) -> Response:
    """One article at its stable address; an unknown one gets a page that helps to find the right one.

    The address of a language other than the first begins with its code.
    """
    address = id.strip("/")
    if address != id or not id:
        return RedirectResponse(f"/help/{address}".rstrip("/"), 308)
    language, _, rest = id.partition("/")
    library = needs.libraries.get(language, needs.library)
    if library is not needs.library:
        id = rest
    if not id:
        return _start(request, needs, library)
    known = library.articles.get(id)
    if known is None:
        return _missing(request, needs, library, id)
    return _page(
        request, needs, library, "help_article.html",
        article=known,
        body=Markup(html(known)),  # rendered without raw HTML by bot.articles
        description=shorten(plain_text(known.body), _DESCRIPTION, placeholder=" …"),
        related=_related(library, known),
    )  # fmt: skip


def _start(request: Request, needs: Services, library: Library) -> Response:
    return _page(request, needs, library, "help.html", categories=library.by_category())


def _missing(request: Request, needs: Services, library: Library, id: str) -> Response:
    """Addresses are words, so those of a mistyped or former one often find the article that was meant."""
    query, _ = _read(_slug(id).replace("-", " "))
    found = library.search(query, limit=3)
    return _page(request, needs, library, "help_missing.html", status=404, found=found)


def _page(
    request: Request, needs: Services, library: Library, template: str, *, status: int = 200, **content: Any
) -> Response:
    """The page, or 304 when the browser already has exactly this one."""
    text = _PAGES.get_template(template).render({"query": "", **_everywhere(needs, library), **content})
    tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:24]}"'
    headers = {**FRESH, "etag": f"W/{tag}"}
    if status == 200 and tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return HTMLResponse(text, status, headers)


def _everywhere(needs: Services, library: Library) -> dict[str, Any]:
    """What every page shows: how to reach the business (P38) and how to complain (P40)."""
    business = needs.business
    return {
        "business": business,
        "language": library.language,
        "home": library.home,
        "hours": say_hours(business),
        "opens": say_opening(business, datetime.now(UTC)),
        "complaints": _complaints(library),
    }


def _complaints(library: Library) -> Article | None:
    """The article that clearly explains the complaints procedure, whatever the business calls it."""
    hits = library.index.search(_COMPLAINTS, limit=1)
    return library.articles.get(hits.hits[0].article_id) if hits.kind == "clear" else None


def _related(library: Library, article: Article) -> list[Article]:
    """Articles of the same category, those nearest in meaning first."""
    near: list[Found] = library.search(article.title, limit=_NEAR)
    same = [one.article for one in near if one.article.category == article.category]
    return [one for one in same if one.id != article.id][:_MOST_RELATED]


def _read(text: str) -> tuple[str, bool]:
    """What a search is for, on one line and not too long; whether its end was cut off."""
    query = " ".join(clean(text).split())
    if len(query) <= _LONGEST_QUERY:
        return query, False
    return query[:_LONGEST_QUERY].rsplit(" ", 1)[0], True
