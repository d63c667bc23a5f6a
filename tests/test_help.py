"""The help page over HTTP, with the sample business's articles in a real database."""

import asyncio
import html
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, cast

import pytest
import uvicorn
from axe_playwright_python.async_playwright import Axe
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from playwright.async_api import Browser, Page, async_playwright

from bot.articles import load_articles
from bot.business import load_business
from bot.db import Pool, pool
from bot.http import Guard, add_error_handlers
from bot.library import Library, import_files
from bot.nlu.encoder import load_encoder
from bot.services import Services
from channels.web import help, site
from tests.conftest import new_database

ROOT = Path(__file__).parents[1]
CHROMIUM = shutil.which("chromium")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip
HOSTILE = """---
id: hostile
title: <script>alert(1)</script> & "quotes"
category: <b>Bold</b>
phrasings: [hostile, <i>tags</i> everywhere, what is hostile]
steps: ["Press <script>alert(2)</script>", "Wait"]
follow_up: Is <u>that</u> all?
---
<script>alert(3)</script> <img src=x onerror=alert(4)> [link](javascript:alert(5)) and **bold**.
"""


@dataclass(frozen=True)
class Shop:
    """The help page of a business whose files may be edited."""

    root: Path
    app: FastAPI
    http: AsyncClient
    library: Library
    connections: Pool

    async def get(self, path: str, **headers: str) -> Response:
        return await self.http.get(path, headers=headers)

    async def write(self, id: str, text: str | None) -> None:
        """Put a file in place, or away, and let the worker and this process take it over."""
        file = self.root / "data" / "faq" / "en" / f"{id}.md"
        file.unlink(missing_ok=True) if text is None else file.write_text(text)
        await self.take_over()

    async def take_over(self) -> None:
        await import_files(self.connections, self.root, load_business(self.root), {"en": load_encoder()})
        await self.library.load(self.connections)


@pytest.fixture
async def shop(postgres: str, stocked: str, tmp_path: Path) -> AsyncIterator[Shop]:
    database = new_database(postgres, stocked)
    shutil.copytree(ROOT / "data" / "faq", tmp_path / "data" / "faq")
    shutil.copy(ROOT / "business.yml", tmp_path)
    business, library = load_business(tmp_path), Library("en", load_encoder())
    connections = pool(database, size=2)
    unused = cast(Any, None)
    app = FastAPI()
    app.state.services = Services(tmp_path, connections, unused, unused, business, {}, {"en": library})
    add_error_handlers(app, missing=site.missing)
    app.include_router(help.router)
    app.include_router(site.router)
    app.router.routes.extend(site.mounts)
    app.add_middleware(Guard)
    async with connections, AsyncClient(transport=ASGITransport(app), base_url="http://help.test") as http:
        made = Shop(tmp_path, app, http, library, connections)
        await made.take_over()
        yield made


class Seen(HTMLParser):
    """What a page is made of: tags with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def links(self) -> list[str]:
        return [link["href"] or "" for link in self.all("a")]


def results_of(page: str) -> list[str]:
    """The addresses in the list of results, in order."""
    return re.findall(r'<h2><a href="([^"]+)"', page)


async def test_start_page_leads_everywhere(shop: Shop) -> None:
    """Every article in its category, contact facts and hours from business.yml, the complaints procedure (P38, P40)."""
    answer = await shop.get("/help")
    page = Seen(answer.text)
    business = load_business(ROOT)
    articles = load_articles(ROOT, business)
    assert answer.status_code == 200
    assert {f"/help/{one.id}" for one in articles} <= set(page.links())
    assert all(html.escape(one.category) in answer.text for one in articles)
    for fact in (business.contacts.email, business.contacts.phone, business.contacts.address, "9:00 to 17:00"):
        assert fact in page.text
    assert {"mailto:help@fjordlys.example", "tel:+4710203040"} <= set(page.links())
    assert page.links().count("/help/make-complaint") >= 2  # in the header and beside the contact facts


async def test_pages_are_well_made(shop: Shop) -> None:
    """One main heading, landmarks, a skip link, a title, a language, and nothing inline that our policy blocks."""
    for path in ("/help", "/help/search?q=refund", "/help/start-return", "/help/nowhere"):
        answer = await shop.get(path)
        page = Seen(answer.text)
        assert len(page.all("h1")) == len(page.all("main")) == len(page.all("header")) == len(page.all("footer")) == 1
        assert page.all("html") == [{"lang": "en"}] and page.links()[0] == "#main"
        assert re.search(r"<title>[^<]{4,} · Fjordlys</title>", answer.text)
        ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
        assert len(ids) == len(set(ids))
        assert not page.all("style") and all(script.get("src") for script in page.all("script"))
        assert not [
            name for _, attributes in page.tags for name in attributes if name == "style" or name.startswith("on")
        ]
        assert "script-src 'self'" in answer.headers["content-security-policy"]


async def test_article_page(shop: Shop) -> None:
    """The answer with facts filled in, numbered steps, follow-up question, way back, related articles, the chat."""
    answer = await shop.get("/help/pair-smart-lamp")
    article = shop.library.articles["pair-smart-lamp"]
    page = Seen(answer.text)
    assert answer.status_code == 200 and {"rel": "canonical", "href": "/help/pair-smart-lamp"} in page.all("link")
    description = next(meta["content"] for meta in page.all("meta") if meta.get("name") == "description")
    assert description and article.body[:60] in description and len(description) <= 160
    steps = re.search(r'<ol class="steps">(.*?)</ol>', answer.text, re.DOTALL)
    assert steps and [html.unescape(step) for step in re.findall(r"<li>(.*?)</li>", steps[1])] == list(article.steps)
    assert article.follow_up in page.text
    assert {"/help", "/help#products-and-care", "/help/reset-blinking-lamp", "#chat"} <= set(page.links())
    related = re.search(r'<aside class="related".*?</aside>', answer.text, re.DOTALL)
    others = re.findall(r"/help/([a-z0-9-]+)", related[0] if related else "")
    assert 1 <= len(others) <= 5 and "pair-smart-lamp" not in others
    assert {shop.library.articles[id].category for id in others} == {article.category}
    assert "help@fjordlys.example" in (await shop.get("/help/contact-us")).text


async def test_without_javascript(shop: Shop) -> None:
    """Links to the chat stay hidden until it is there; e-mail and telephone are said in any case."""
    page = Seen((await shop.get("/help/start-return")).text)
    to_chat = [attributes for _, attributes in page.tags if "data-chat" in attributes]
    assert to_chat and all("hidden" in attributes for attributes in to_chat)
    assert "help@fjordlys.example" in page.text and "+47 10 20 30 40" in page.text
    assert {"class": "search", "role": "search", "action": "/help/search"} in page.all("form")


async def test_search_finds(shop: Shop) -> None:
    """Questions, beginnings of words and model numbers find the article; page and JSON say the same."""
    expected = {
        "how long can I return a lamp": "returns-30-days",
        "assemb": "assemble-shelf",  # the beginning of a word
        "REFU": "refund-not-arrived",
        "fm 210": "assemble-shelf",  # a model number, written otherwise
    }
    for query, id in expected.items():
        page = await shop.http.get("/help/search", params={"q": query})
        listed = results_of(page.text)
        assert f"/help/{id}" in listed[:3]
        assert f"{len(listed)} answer" in page.text and "noindex" in page.text
        found = (await shop.http.get("/help/search.json", params={"q": query})).json()
        assert found["query"] == query
        assert [one["url"] for one in found["results"]] == listed[:6]
        assert found["results"][0].keys() == {"id", "title", "category", "url", "excerpt", "score"}


async def test_search_reads_over_slips(shop: Shop) -> None:
    """The page says how it read the words, and shows, as its JSON does, what the right ones find; else it is silent."""
    for query, meant in {"refnd brokn lamp": "refund broken lamp", "<b>wrranty</b>": "<b>warranty</b>"}.items():
        page = await shop.http.get("/help/search", params={"q": query})
        right = await shop.http.get("/help/search", params={"q": meant})
        assert results_of(page.text) == results_of(right.text) != []
        assert f"Here is what we have for “{meant}”." in Seen(page.text).text and not Seen(page.text).all("b")
        assert Seen(page.text).all("input")[0]["value"] == query
        assert "Here is what we have" not in right.text
        found = [
            (await shop.http.get("/help/search.json", params={"q": text})).json()["results"] for text in (query, meant)
        ]
        assert found[0] == found[1]


async def test_empty_search(shop: Shop) -> None:
    """Nothing typed, or nothing that can be read, is met with a kind page instead of an error."""
    for query in ("", "?q=", "?q=%20%20", "?q=%00%07%1b", "?q=%E2%80%AE"):
        answer = await shop.get(f"/help/search{query}")
        assert answer.status_code == 200 and "What are you looking for?" in answer.text
        assert (await shop.get(f"/help/search.json{query}")).json() == {"query": "", "results": []}


async def test_strange_searches(shop: Shop) -> None:
    """Long text is cut at a word and that is said; markup is shown as typed; control characters go."""
    long = "I want to return a lamp because it is too bright. " * 200
    answer = await shop.http.get("/help/search", params={"q": long})
    assert answer.status_code == 200 and "first 200 characters" in answer.text and results_of(answer.text)
    cut = (await shop.http.get("/help/search.json", params={"q": long})).json()["query"]
    assert len(cut) <= 200 and long.startswith(cut + " ")
    assert len((await shop.http.get("/help/search.json", params={"q": "x" * 5000})).json()["query"]) == 200

    attack = '"><script>alert(1)</script>{{7*7}}'
    page = (await shop.http.get("/help/search", params={"q": attack})).text
    assert "<script>alert" not in page and "49" not in Seen(page).text
    assert Seen(page).all("input")[0]["value"] == attack

    typed = {"q": "re\x00turn\x1b\u202e  a \n lamp"}
    assert (await shop.http.get("/help/search.json", params=typed)).json()["query"] == "return a lamp"
    for odd in ("💡🪑", "مصباح مكسور", "'; drop table article; --", "%ff%fe", "???"):
        for path in ("/help/search", "/help/search.json"):
            assert (await shop.get(f"{path}?q={odd}")).status_code == 200
    assert (await shop.get("/help/start-return")).status_code == 200


async def test_unknown_article(shop: Shop) -> None:
    """An address that leads nowhere gets a page, in HTML, with a search and ways on."""
    nowhere = (
        "returns-30-day",
        "a/b/c",
        "..%2f..%2fbusiness.yml",
        "%00",
        "%ff",
        "<script>alert(1)</script>",
        "x" * 3000,
    )
    for address in nowhere:
        answer = await shop.get(f"/help/{address}")
        page = Seen(answer.text)
        assert answer.status_code == 404 and answer.headers["content-type"].startswith("text/html")
        assert "We cannot find this page" in page.text and page.all("form")
        assert "/help" in page.links() and "<script>alert" not in answer.text


async def test_mistyped_address(shop: Shop) -> None:
    """The words of a wrong address find the article that was meant; a stray slash leads to it at once."""
    assert "/help/returns-30-days" in results_of((await shop.get("/help/return-for-30-days")).text)
    strays = {
        "/help/": "/help",
        "/help/start-return/": "/help/start-return",
        "/help//evil.example/": "/help/evil.example",
    }
    for path, target in strays.items():
        answer = await shop.get(path)
        assert (answer.status_code, answer.headers["location"]) == (308, target)


async def test_edited_article_is_live(shop: Shop) -> None:
    """Browsers ask each time: unchanged is 304 without a body; edited, renamed or new shows at once; gone is gone."""
    before = await shop.get("/help/start-return")
    assert before.headers["cache-control"] == "no-cache"
    tag = before.headers["etag"]
    same = await shop.get("/help/start-return", **{"if-none-match": f'"other", {tag}'})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)

    written = (shop.root / "data" / "faq" / "en" / "start-return.md").read_text()
    await shop.write("start-return", written.replace("How do I start a return?", "How do I send something back?"))
    after = await shop.get("/help/start-return", **{"if-none-match": tag})
    assert after.status_code == 200 and "How do I send something back?" in after.text
    assert "How do I send something back?" in (await shop.get("/help")).text

    new = written.replace("start-return", "zeppelins").replace("How do I", "Zeppelins. How do I")
    await shop.write("zeppelins", new)
    assert "/help/zeppelins" in results_of((await shop.get("/help/search?q=zepp")).text)
    await shop.write("zeppelins", None)
    assert (await shop.get("/help/zeppelins", **{"if-none-match": "*"})).status_code == 404


async def test_hostile_article(shop: Shop) -> None:
    """Whoever may write articles still cannot run a script in a customer's browser, on no page."""
    await shop.write("hostile", HOSTILE)
    for path in ("/help", "/help/hostile", "/help/search?q=hostile", "/help/hostil"):
        answer = await shop.get(path)
        page = Seen(answer.text)
        assert "<script>alert" not in answer.text and "<b>Bold" not in answer.text and not page.all("u")
        assert all(image.get("src") == "/static/lamp.svg" for image in page.all("img"))
        assert not [link for link in page.links() if link.startswith("javascript")]
    assert "<strong>bold</strong>" in (await shop.get("/help/hostile")).text


async def test_gaps_reach_every_process(shop: Shop) -> None:
    """The worker reads the file, others read the database; both forget a gap when an article fills it (P26)."""
    file, asked = shop.root / "data/faq/en/gaps.yml", "can i rent a snow blower from you"
    file.write_text("snow-blowers:\n  - rent a snow blower\n  - borrow your snow blower for a weekend\n")
    await shop.take_over()
    other = Library("en", load_encoder())
    await other.load(shop.connections)
    assert [library.index.search(asked).kind for library in (shop.library, other)] == ["nothing"] * 2
    file.unlink()
    text = "---\nid: snow\ntitle: Can I rent a snow blower?\ncategory: Snow\nphrasings: [hire a blower]\n---\nYes."
    await shop.write("snow", text)
    await other.load(shop.connections)
    assert other.index.search(asked).hits[0].article_id == "snow"


async def test_before_the_first_import(shop: Shop) -> None:
    """A server whose articles are still being read says so and offers the other ways."""
    shop.app.state.services = replace(shop.app.state.services, libraries={"en": Library("en", load_encoder())})
    answer = await shop.get("/help")
    assert answer.status_code == 200 and "Our answers are on their way" in answer.text
    assert "help@fjordlys.example" in answer.text and "Complaints" not in answer.text
    assert (await shop.get("/help/search?q=refund")).status_code == 200
    assert (await shop.get("/help/start-return")).status_code == 404


async def test_described_for_others(shop: Shop) -> None:
    """The search as JSON is in OpenAPI; the pages are not, and answer HEAD as well."""
    paths = (await shop.get("/openapi.json")).json()["paths"]
    assert [path for path in paths if path.startswith("/help")] == ["/help/search.json"]
    assert "q" in [one["name"] for one in paths["/help/search.json"]["get"]["parameters"]]
    for path in ("/help", "/help/start-return", "/help/search?q=refund"):
        assert (await shop.http.head(path)).status_code == 200


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[str]:
    """`app` on a free port; its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off", ws="none"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn has no event to wait for
        await asyncio.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is missing: apt-get install chromium")
    async with async_playwright() as driver:
        yield await driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


async def violations(page: Page) -> list[str]:
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in (await Axe().run(page)).response["violations"]]


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (320, "dark")])
async def test_accessible(shop: Shop, browser: Browser, width: int, scheme: Any) -> None:
    """No axe violation and no sideways scrolling on any kind of page, large and light or small and dark."""
    async with serving(shop.app) as address:
        page = await browser.new_page(viewport={"width": width, "height": 700}, color_scheme=scheme)
        pages = ("/help", "/help/search?q=refund", "/help/search", "/help/pair-smart-lamp", "/help/nowhere")
        for path in (*pages, "/nowhere", "/desk/nowhere"):
            await page.goto(address + path)
            assert await violations(page) == [], path
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


async def test_search_while_typing(shop: Shop, browser: Browser) -> None:
    """By keyboard alone: type, hear the count, walk into the list, come back, leave, open an answer, open the chat."""
    async with serving(shop.app) as address:
        page = await browser.new_page(viewport={"width": 1000, "height": 800})
        problems: list[Any] = []
        page.on("pageerror", lambda problem: problems.append(problem))
        await page.goto(f"{address}/help")
        field, box = page.locator("#q"), page.locator(".suggestions")
        await field.focus()
        await page.keyboard.type("assemb")
        await box.get_by_role("link", name="How do I put the Stige shelf together?").wait_for()
        assert re.match(r"\d answers?\. ", await page.get_by_role("status").first.inner_text())
        assert await violations(page) == []

        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("ArrowUp")
        assert await field.evaluate("field => field === document.activeElement")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Escape")
        assert await box.is_hidden() and await field.input_value() == "assemb"

        await page.keyboard.type("l")
        await box.get_by_role("link", name="How do I put the Stige shelf together?").wait_for()
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/help/*")
        assert await page.locator("h1").count() == 1

        await page.get_by_role("link", name="Chat with us").click()
        await page.locator("warmline-chat[open]").wait_for(state="attached")
        assert problems == []


async def test_late_answers_are_dropped(shop: Shop, browser: Browser) -> None:
    """An answer to what was typed before never covers the answer to what is typed now."""
    async with serving(shop.app) as address:
        page = await browser.new_page()
        asked: list[str] = []
        late_one = asyncio.Event()

        async def answer(route: Any) -> None:
            asked.append(route.request.url)
            late = route.request.url.endswith("q=refund")
            if late:
                await late_one.wait()
            title = "Late" if late else "Prompt"
            result = {"title": title, "category": "Test", "url": "/help"}
            await route.fulfill(json={"query": "", "results": [result]})

        await page.route("**/help/search.json*", answer)
        await page.clock.install()
        await page.goto(f"{address}/help")
        await page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))  # the pauses are ours, however fast keys come
        await page.locator("#q").press_sequentially("refund")
        await page.clock.run_for(1000)
        async with asyncio.timeout(30):
            while not asked:  # noqa: ASYNC110  # the browser tells in no other way
                await asyncio.sleep(0.02)
        await page.locator("#q").press_sequentially("s")
        await page.clock.run_for(1000)
        await page.get_by_role("link", name="Prompt").wait_for()
        late_one.set()
        await asyncio.sleep(0.5)
        assert await page.get_by_role("link", name="Prompt").is_visible()
        assert await page.get_by_role("link", name="Late").count() == 0
        assert len(asked) == 2  # one for each pause, not for each letter
