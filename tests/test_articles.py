"""Articles: what is written is what customers read, safely; what is wrong is named with line and fix."""

import shutil
from pathlib import Path

import pytest

from bot.articles import Article, check_articles, html, load_articles, parse_article, plain_text
from bot.business import Business, load_business
from bot.check import check_gaps
from bot.errors import ConfigurationError
from bot.readable import reading_ease

ROOT = Path(__file__).parents[1]

GOOD = """\
---
id: sample
title: How do I switch it on?
category: Products and care
phrasings:
  - switch on
  - it stays dark
  - where is the button
steps:
  - Put the plug in.
  - Press the button.
follow_up: Does it shine now?
---
Press the button on the cable. Call {business.contacts.phone} if it stays dark.

See [the other one](/help/other).
"""


@pytest.fixture(scope="module")
def business() -> Business:
    return load_business(ROOT)


def written(root: Path, text: str, name: str = "sample") -> Path:
    """An article with this text below `root`, beside the jargon list of the sample."""
    folder = root / "data" / "faq" / "en"
    folder.mkdir(parents=True, exist_ok=True)
    wording = root / "data" / "wording" / "en"
    wording.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "data" / "wording" / "en" / "jargon.yml", wording)
    path = folder / f"{name}.md"
    path.write_text(text, "utf-8")
    return path


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_the_sample_articles_are_well_written(business: Business) -> None:
    """P33, P37: at least 60 articles without a finding; every category, steps, and P40's procedure are there."""
    assert check_articles(ROOT, business) == []
    articles = load_articles(ROOT, business)
    assert len(articles) >= 60
    assert len({article.category for article in articles}) >= 8
    assert sum(len(article.steps) > 1 for article in articles) >= 14
    for article in articles:
        assert len(article.phrasings) >= 4 and article.title.endswith("?")
        assert 35 <= len(plain_text(article.body).split()) <= 130, article.id
        assert "{" not in article.body
    assert "case number" in next(article.body for article in articles if article.id == "make-complaint")


def test_contacts_and_hours_come_from_the_profile_only(business: Business) -> None:
    """P38: no article spells out a contact or the hours, so one edit in business.yml changes them all."""
    contacts = business.contacts
    for path in (ROOT / "data" / "faq" / "en").glob("*.md"):
        text = path.read_text("utf-8")
        for fact in (contacts.email, contacts.phone, contacts.address, contacts.site, "9:00 to 17:00"):
            assert fact not in text, path.name


def test_an_article_is_read_as_written(tmp_path: Path, business: Business) -> None:
    """Front matter, steps and body arrive whole, with the facts of the business in place."""
    article = parse_article(written(tmp_path, GOOD), business)
    assert (article.id, article.language, article.category) == ("sample", "en", "Products and care")
    assert article.phrasings == ("switch on", "it stays dark", "where is the button")
    assert article.steps == ("Put the plug in.", "Press the button.")
    assert article.follow_up == "Does it shine now?"
    assert f"Call {business.contacts.phone} if" in article.body


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(tmp_path: Path, business: Business) -> None:
    """Files from any editor give the same article."""
    plain = parse_article(written(tmp_path, GOOD), business)
    path = written(tmp_path, GOOD)
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert parse_article(path, business) == plain


def test_the_hash_changes_with_what_customers_read(tmp_path: Path, business: Business) -> None:
    """An edit in the file or a new phone number in business.yml is seen; layout is not an edit."""
    before = parse_article(written(tmp_path, GOOD), business).hash
    assert parse_article(written(tmp_path, GOOD.replace("category:", "category:   ")), business).hash == before
    assert parse_article(written(tmp_path, GOOD.replace("on the cable", "below")), business).hash != before
    moved = business.model_copy(update={"contacts": business.contacts.model_copy(update={"phone": "+47 10 20 30 41"})})
    assert parse_article(written(tmp_path, GOOD), moved).hash != before


@pytest.mark.parametrize(
    ("old", "new", "part", "problem", "fix"),
    [
        ("id: sample", "id: simple", "id: simple", '"simple" is not the name of the file', "simple.md"),
        ("id: sample", "id: Sample Two", "id: Sample", "cannot be an address", "small letters"),
        ("steps:", "stops:", "stops:", "not a known setting", '"steps"'),
        ("{business.contacts.phone}", "{business.contact.phone}", "{business", "not a known field", "contacts.phone"),
        (
            "{business.contacts.phone}",
            "{business.remedies.return.time}",
            "{business",
            "{business.remedies.return.time} is not a known field",
            "use one of business.contacts.address, ",  # not the likest, refund: it is another thing
        ),
        ("title: How do I switch it on?\n", "", "id: sample", '"title" is missing', 'add "title"'),
        ("title: How do", "title: [How do", "phrasings:", "", "quotes"),
        ("---\nid", "id", "id", "between two lines of ---", "begin the file"),
        ("  - Press the button.", "  - ''", "  - ''", "this is empty", "remove it"),
    ],
)
def test_a_broken_file_is_refused_with_line_and_fix(
    tmp_path: Path, business: Business, old: str, new: str, part: str, problem: str, fix: str
) -> None:
    """What could reach customers wrong stops at the file, with one line that says where and what to do."""
    text = GOOD.replace(old, new, 1)
    path = written(tmp_path, text)
    with pytest.raises(ConfigurationError) as caught:
        parse_article(path, business)
    error = caught.value
    assert error.file == "data/faq/en/sample.md"
    assert problem in error.problem and fix in error.fix, str(error)
    assert abs(error.line - line_of(text, part)) <= (1 if part == "phrasings:" else 0), str(error)
    assert error.found in check_articles(tmp_path, business)


def test_an_article_without_an_answer_is_refused(tmp_path: Path, business: Business) -> None:
    """An empty article would answer a customer with silence."""
    path = written(tmp_path, GOOD.partition("---\nPress")[0] + "---\n\n")
    with pytest.raises(ConfigurationError, match="the answer is empty"):
        parse_article(path, business)


@pytest.mark.parametrize(
    ("old", "new", "part", "problem", "fix"),
    [
        ("  - where is the button\n", "", "phrasings:", "2 ways to ask", "as customers type them"),
        ("  - it stays dark", "  - Switch on?", "  - Switch on?", "already asked in sample", "where it belongs"),
        ("Press the button on", "Utilise the button on", "Utilise", '"utilise" is jargon', '"use"'),
        ("  - Press the button.", "  - Toggle it.", "  - Toggle", '"toggle" is jargon', '"switch"'),
        ("stays dark.\n", "stays dark!\n", "Press the button on", "exclamation mark", "full stop"),
        ("  - Press the button.\n", "", "steps:", "one step", "add the others"),
        ("  - Press the button.", "  - 2. Press the button.", "  - 2.", "its own number", "the action"),
        ("  - Press the button.", "  - Press the button and then wait.", "  - Press", "two actions", "two steps"),
        ("  - Press the button.", "  - " + "press it " * 15 + "now.", "  - press", "more than 25 words", "two steps"),
        ("  - Press the button.", "  - Put the plug in.", "in.\n  - Put", "the same step twice", "remove one"),
        ("/help/other", "/help/othr", "See [", '"othr" is not an article', '"other"'),
        ("on the cable", "on the cable " + "which is long " * 8, "Press the button on", "words", "split it"),
        (
            "Press the button on the cable.",
            "Prioritise universally accessible illumination. Institutional accountability necessitates documentation.",
            "Prioritise",
            "reading ease",
            "shorter words",
        ),
    ],
)
def test_clumsy_writing_is_found_with_line_and_fix(
    tmp_path: Path, business: Business, old: str, new: str, part: str, problem: str, fix: str
) -> None:
    """P33: each rule names the article's line and the better way, once, and nothing else is found."""
    other = GOOD.replace("sample", "other").replace("switch on", "other a").replace("it stays", "other b")
    other = other.replace("where is", "other c").replace("How do I switch it on?", "What else?")
    written(tmp_path, other, "other")
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    written(tmp_path, text)
    found = check_articles(tmp_path, business)
    assert len(found) == 1, [str(one) for one in found]
    assert found[0].file == "data/faq/en/sample.md"
    expected = line_of(text, part) + (1 if part in ("phrasings:", "steps:", "in.\n  - Put") else 0)
    assert found[0].line == expected, str(found[0])
    assert problem in found[0].problem and fix in found[0].fix, str(found[0])


def test_two_articles_do_not_ask_the_same(tmp_path: Path, business: Business) -> None:
    """A title or phrasing in two articles would make the answer a matter of chance."""
    written(tmp_path, GOOD.replace("[the other one](/help/other)", "there"))
    written(tmp_path, GOOD.replace("id: sample", "id: twin").replace("[the other one](/help/other)", "there"), "twin")
    found = check_articles(tmp_path, business)
    assert len(found) == 4 and {one.file for one in found} == {"data/faq/en/twin.md"}
    assert all("already asked in sample" in one.problem for one in found)


def test_no_articles_at_all_is_a_finding(tmp_path: Path, business: Business) -> None:
    """An empty folder is more likely a wrong path than a wish."""
    assert [one.problem for one in check_articles(tmp_path, business)] == ["there are no articles"]
    with pytest.raises(ConfigurationError, match="there are no articles"):
        load_articles(tmp_path, business)


@pytest.mark.parametrize(
    ("body", "forbidden"),
    [
        ("<script>alert(1)</script>", "<script"),
        ("Hello <img src=x onerror=alert(1)>", "<img"),
        ("[click](javascript:alert(1))", "href"),
        ("[click](data:text/html,hello)", "href"),
        ("![x](https://elsewhere.example/pixel.png)", "<img"),
        ('[a](https://x.example "onmouseover=\\"alert(1)")', 'onmouseover="'),
    ],
)
def test_an_article_cannot_run_a_script(body: str, forbidden: str) -> None:
    """Whoever may write articles still cannot put code into a customer's page."""
    article = Article("a", "en", "A?", "C", body, ("a", "b", "c"))
    assert forbidden not in html(article)


def test_markdown_becomes_html_and_plain_text() -> None:
    """The help page shows structure; channels without it show the same words, paragraph by paragraph."""
    body = "Take **two**\nof [these](/help/x):\n\n- one\n- `two`\n\n3. three\n4. four\n\nDone &amp; dusted."
    assert plain_text(body) == "Take two of these:\n\n• one\n• two\n\n3. three\n4. four\n\nDone & dusted."
    rendered = html(Article("a", "en", "A?", "C", body, ()))
    for part in ("<strong>two</strong>", '<a href="/help/x">these</a>', "<li>one</li>"):
        assert part in rendered


def test_reading_ease_follows_the_formula() -> None:
    """Flesch: six words of one syllable in one sentence are 116.1; codes and addresses are not read."""
    assert reading_ease("The cat sat on the mat.") == pytest.approx(116.145)
    assert reading_ease("The cat sat on the mat FJ-123456, mail@shop.example.") == pytest.approx(116.145)
    assert reading_ease("12345") == 100
    assert reading_ease("Institutional accountability necessitates documentation.") < 0


@pytest.mark.parametrize(
    ("written", "line", "problem"),
    [
        ("- what is this\n", 1, "this must be a list of topics"),
        ("rugs:\n  - do you sell rugs\nbeds:\n", 3, '"beds" needs questions'),
        ("rugs:\n  - do you sell rugs\nbeds:\n  - any beds\n  - Do you sell rugs\n", 5, "also stands under rugs"),
    ],
)
def test_a_gap_that_cannot_be_used_is_a_finding(tmp_path: Path, written: str, line: int, problem: str) -> None:
    """`warmline check` names the line of gaps.yml and what to write."""
    file = tmp_path / "data/faq/en/gaps.yml"
    file.parent.mkdir(parents=True)
    file.write_text(written)
    (found,) = check_gaps(tmp_path, "en")
    assert (found.file, found.line) == ("data/faq/en/gaps.yml", line)
    assert problem in found.problem and found.fix
