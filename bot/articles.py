"""Articles: Markdown files under `data/faq/<language>/`, read, rendered and checked.

A file is YAML between two lines of `---`, then the answer in Markdown. Its name is the article's id and so
its address on the help page; renaming one breaks links to it.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from markdown_it import MarkdownIt
from markdown_it.token import Token
from pydantic import AfterValidator

from bot.business import Business, Text
from bot.errors import ConfigurationError, Problem
from bot.facts import FIELD, facts, fill
from bot.readable import LEAST_READING_EASE, LONGEST_SENTENCE, jargon_in, load_jargon, long_sentences, reading_ease
from bot.yamlfile import Document, Record, nearest, parse_document, raise_first, read_text, validated, wrong

FEWEST_PHRASINGS = 3
"""Measured: one stored phrasing finds the right article first for 53 % of questions, three for 70 %."""

LONGEST_STEP = 25
"""Words in a step; a customer reads it on a phone with the other hand on the lamp."""

# Raw HTML is shown as text, dangerous links are refused by markdown-it, images would be fetched from
# elsewhere: whoever may write an article still cannot run a script in a customer's browser.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable("image")

_FENCE = re.compile(r"---\s*\n(?P<front>.*?\n)---[ \t]*(?:\n(?P<body>.*))?", re.DOTALL)
_NUMBERED = re.compile(r"(\d+[.)]|[-*•])\s")
_TWO_ACTIONS = re.compile(r"\b(and|,) then\b", re.IGNORECASE)
_OWN_LINK = re.compile(r"/help/(?P<id>[^/?#]+)")


@dataclass(frozen=True)
class Article:
    """An answer, with the facts of the business filled in.

    `body` is Markdown, everything else plain text. `hash` changes when anything a customer reads or is
    found by changes, so also when a fact in `business.yml` does.
    """

    id: str
    language: str
    title: str
    category: str
    body: str
    phrasings: tuple[str, ...]
    steps: tuple[str, ...] = ()
    follow_up: str | None = None

    @property
    def hash(self) -> str:
        content = json.dumps(asdict(self), sort_keys=True).encode()
        return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True)
class _Written:
    """An article with where it was written: `body_line` is the line of the file where its body begins."""

    article: Article
    front: Document
    body_line: int

    def at(self, place: str, index: int, problem: str, fix: str) -> Problem:
        return self.front.problem([place, index] if place in ("phrasings", "steps") else [place], problem, fix)

    def in_body(self, line: int, problem: str, fix: str) -> Problem:
        return Problem(self.front.file, self.body_line + line, problem, fix)


def _address(id: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", id):
        raise wrong(f'"{id}" cannot be an address', "use small letters, digits and single hyphens")
    if id == "search":
        raise wrong('"search" is the address of the search page', "choose another id")
    return id


class _Front(Record):
    id: Annotated[str, AfterValidator(_address)]
    title: Text
    category: Text
    phrasings: tuple[Text, ...] = ()
    steps: tuple[Text, ...] = ()
    follow_up: Text | None = None


def parse_article(path: Path, business: Business) -> Article:
    """The article in the file `path`, whose folder is its language. Raises ConfigurationError."""
    return _read(path, facts(business)).article


def help_home(language: str, languages: Sequence[str]) -> str:
    """Where the help page of `language` begins: /help for the first of the business's `languages`, /help/nb for nb."""
    return "/help" if language == languages[0] else f"/help/{language}"


def load_articles(root: Path, business: Business) -> list[Article]:
    """All articles in the languages of the business, by language and id. Raises ConfigurationError."""
    known = facts(business)
    return [_read(path, known).article for language in business.languages for path in _paths(root, language)]


def check_articles(root: Path, business: Business) -> list[Problem]:
    """Everything wrong with the articles, the wording of each included; empty when all is well."""
    known = facts(business)
    problems: list[Problem] = []
    for language in business.languages:
        written: list[_Written] = []
        try:
            jargon, paths = load_jargon(root, language), _paths(root, language)
        except ConfigurationError as error:
            problems.append(error.found)
            continue
        for path in paths:
            try:
                written.append(_read(path, known))
            except ConfigurationError as error:
                problems.append(error.found)
        for one in written:
            problems += [*_wording(one, jargon), *_steps(one), *_links(one, {path.stem for path in paths})]
        problems += _duplicates(written)
    return problems


def html(article: Article) -> str:
    """The body as HTML, safe to put into a page as it is; steps are not part of it.

    The page's one h1 is the title, so headings of the body begin at h2.
    """
    tokens = _MARKDOWN.parse(article.body)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 1)}"
    rendered: str = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return rendered


def plain_text(markdown: str) -> str:
    """`markdown` without its marks, for channels that show plain text; paragraphs stay apart."""
    lines: list[str] = []
    numbers: list[int | None] = []
    prefix, first_item = "", True
    for token in _MARKDOWN.parse(markdown):
        match token.type:
            case "bullet_list_open":
                numbers.append(None)
                first_item = len(numbers) == 1
            case "ordered_list_open":
                numbers.append(int(token.attrGet("start") or 1))
                first_item = len(numbers) == 1
            case "bullet_list_close" | "ordered_list_close":
                numbers.pop()
            case "list_item_open":
                number = numbers[-1]
                prefix = "• " if number is None else f"{number}. "
                numbers[-1] = None if number is None else number + 1
            case "inline":
                gap = "\n" if prefix and not first_item else "\n\n"
                lines.append(gap + prefix + _inline(token))
                prefix, first_item = "", first_item and not prefix
            case "fence" | "code_block" | "html_block":
                lines.append("\n\n" + token.content.strip())
    return "".join(lines).strip()


def _inline(token: Token) -> str:
    text = {"softbreak": " ", "hardbreak": "\n"}
    return "".join(text.get(child.type, child.content) for child in token.children or ())


def _paths(root: Path, language: str) -> list[Path]:
    folder = root / "data" / "faq" / language
    paths = sorted(folder.glob("*.md"))
    if not paths:
        name = f"data/faq/{language}"
        raise ConfigurationError(name, 1, "there are no articles", f"write one as {name}/<id>.md")
    return paths


def _read(path: Path, known: Mapping[str, str]) -> _Written:
    file = "/".join(path.parts[-4:])
    text = read_text(path, file)
    fenced = _FENCE.fullmatch(text)
    if fenced is None:
        raise ConfigurationError(
            file, 1, "the settings between two lines of --- are missing", "begin the file with them"
        )
    raise_first(_unknown_fields(file, text, known))
    document = parse_document(fenced["front"], file, first_line=2)
    front = validated(document, _Front)
    if front.id != path.stem:
        fix = f"write id: {path.stem}, or rename the file to {front.id}.md"
        raise_first([document.problem(["id"], f'"{front.id}" is not the name of the file', fix)])
    body = (fenced["body"] or "").strip()
    body_line = text.count("\n", 0, fenced.start("body")) + 1 if body else text.count("\n")
    if not body:
        raise ConfigurationError(file, body_line, "the answer is empty", "write it below the second ---")
    body_line += len(fenced["body"]) - len(fenced["body"].lstrip("\n"))
    article = Article(
        id=front.id,
        language=path.parent.name,
        title=fill(front.title, known),
        category=front.category,
        body=fill(body, known),
        phrasings=front.phrasings,
        steps=tuple(fill(step, known) for step in front.steps),
        follow_up=front.follow_up and fill(front.follow_up, known),
    )
    return _Written(article, document, body_line)


def _unknown_fields(file: str, text: str, known: Mapping[str, str]) -> Iterator[Problem]:
    for found in FIELD.finditer(text):
        if found[1] not in known:
            line = text.count("\n", 0, found.start()) + 1
            yield Problem(file, line, f"{found[0]} is not a known field", nearest(found[1], known))


def _wording(one: _Written, jargon: Mapping[str, str]) -> Iterator[Problem]:
    """Too few phrasings, jargon (P33), shouting (P11) and sentences that are hard to read."""
    article = one.article
    if len(article.phrasings) < FEWEST_PHRASINGS:
        problem = f"{len(article.phrasings)} ways to ask, fewer than {FEWEST_PHRASINGS}"
        yield one.at("phrasings", 0, problem, "add questions as customers type them")
    texts = [("title", 0, article.title), *(("steps", n, step) for n, step in enumerate(article.steps))]
    for place, index, text in texts:
        for problem, fix in _clumsy(text, jargon):
            yield one.at(place, index, problem, fix)
    for token in _MARKDOWN.parse(article.body):
        if token.type == "inline":
            text, line = _inline(token), (token.map or [0])[0]
            for problem, fix in (*_clumsy(text, jargon), *_too_long(text)):
                yield one.in_body(line, problem, fix)
    ease = reading_ease("\n".join([plain_text(article.body), *article.steps]))
    if article.language == "en" and ease < LEAST_READING_EASE:  # the formula holds for English only
        problem = f"reading ease {ease:.0f}, below {LEAST_READING_EASE:.0f}"
        yield one.in_body(0, problem, "use shorter sentences and shorter words")


def _clumsy(text: str, jargon: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for term, plain in jargon_in(text, jargon):
        yield f'"{term}" is jargon', f'write "{plain}"'
    if "!" in text:
        yield "an exclamation mark shouts", "end with a full stop"


def _too_long(text: str) -> Iterator[tuple[str, str]]:
    for (start, end), words in long_sentences(text):
        begins = " ".join(text[start:end].split()[:5])
        yield f'"{begins} …" has {words} words', f"split it, {LONGEST_SENTENCE} at most"


def _steps(one: _Written) -> Iterator[Problem]:
    """Steps that cannot be sent one at a time (P23)."""
    steps = one.article.steps
    if len(steps) == 1:
        yield one.at("steps", 0, "a walk-through of one step", "add the others or move it to the answer")
    for index, step in enumerate(steps):
        if _NUMBERED.match(step):
            yield one.at("steps", index, "the step carries its own number", "begin with the action")
        if len(step.split()) > LONGEST_STEP:
            yield one.at("steps", index, f"more than {LONGEST_STEP} words", "make it two steps")
        if _TWO_ACTIONS.search(step):
            yield one.at("steps", index, "two actions in one step", "make it two steps")
        if step in steps[:index]:
            yield one.at("steps", index, "the same step twice", "remove one")


def _links(one: _Written, ids: set[str]) -> Iterator[Problem]:
    """Links to articles that do not exist."""
    for token in _MARKDOWN.parse(one.article.body):
        for child in token.children or ():
            link = _OWN_LINK.fullmatch(str(child.attrGet("href") or ""))
            if link and link["id"] not in ids:
                line = (token.map or [0])[0]
                yield one.in_body(line, f'"{link["id"]}" is not an article', nearest(link["id"], ids))


def _duplicates(written: list[_Written]) -> Iterator[Problem]:
    """The same title or phrasing twice, whatever the case and punctuation."""
    seen: dict[str, str] = {}
    for one in written:
        article = one.article
        asked = [("title", 0, article.title), *(("phrasings", n, p) for n, p in enumerate(article.phrasings))]
        for place, index, text in asked:
            key = " ".join(re.findall(r"\w+", text.casefold()))
            if key in seen:
                problem = f'"{text}" is already asked in {seen[key]}'
                yield one.at(place, index, problem, "keep it where it belongs")
            seen.setdefault(key, article.id)
