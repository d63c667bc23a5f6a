"""The articles: carried in files, kept in the database, searched in every process's memory.

The worker imports ``data/faq`` at its start and whenever a file changes, by content hash; vectors are kept
with the articles, so that other processes need not encode them again. A signal tells all processes, which
then take over what changed: an edited article is live within two seconds, without training or restart.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from bot import knowledge, live
from bot.articles import Article, help_home, load_articles, plain_text
from bot.business import Business
from bot.db import Connection, Pool, queries, transaction
from bot.errors import ConfigurationError
from bot.gaps import Gaps, load_gaps
from bot.knowledge import Index, Learned, Passages
from bot.knowledge_limits import Limits
from bot.nlu.encoder import Encoder
from bot.nlu.vectors import Vectors
from bot.space import Space

log = logging.getLogger(__name__)

_SQL = queries("library")

CHANGED = "articles"  # the signal's key

_EXCERPT = 160  # characters
_FEW_CHANGES = 0.02  # of the articles: from more on, the search learns from all of them anew


@dataclass(frozen=True, slots=True)
class Found:
    """An article in a list of results."""

    article: Article
    score: float
    url: str  # its stable address

    @property
    def excerpt(self) -> str:
        """Its beginning, as plain text."""
        text = " ".join(plain_text(self.article.body).split())
        return text if len(text) <= _EXCERPT else text[:_EXCERPT].rsplit(" ", 1)[0] + "\u00a0…"

    def to_json(self) -> dict[str, Any]:
        """As the desk's search shows it."""
        known = {"id": self.article.id, "title": self.article.title, "category": self.article.category}
        return {**known, "url": self.url, "excerpt": self.excerpt, "score": round(self.score, 3)}


class Library:
    """The articles of one language in this process's memory; ``home`` is where its help page begins."""

    def __init__(self, language: str, encoder: Encoder, home: str = "/help") -> None:
        self.language = language
        self.home = home
        self._hashes: dict[str, str] = {}
        self._learned_at: datetime | None = None
        self.articles: Mapping[str, Article] = {}
        self.index = Index(encoder)

    async def load(self, pool: Pool) -> None:
        """Take over what changed in the database since the last call."""
        async with transaction(pool) as connection:
            learned = await _learned(connection, self.language)
            if learned is None:
                return  # the first import is not finished: its signal comes
            anew = learned["learned_at"] != self._learned_at
            hashes = {} if anew else self._hashes
            rows = await (await connection.execute(_SQL["articles"], {"language": self.language})).fetchall()
            changed = [row["id"] for row in rows if hashes.get(row["id"]) != row["hash"]]
            passages = await _passages(connection, self.language, changed)
            gaps = _by("topic", await _gaps(connection, self.language))
        articles = {row["id"]: _article(row) for row in rows}
        # In a thread: among many articles a change takes a while, in which others are served.
        await asyncio.to_thread(
            self.index.change,
            put=[(articles[id], passages.get(id)) for id in changed],
            remove=self.articles.keys() - articles.keys(),
            gaps=gaps,
            learned=_unpacked(learned) if anew else None,
        )
        self.articles = articles
        self._hashes = {row["id"]: row["hash"] for row in rows}
        self._learned_at = learned["learned_at"]

    def search(self, text: str, *, limit: int = 8) -> list[Found]:
        """Articles for somebody who types into a search box, best first."""
        hits = self.index.find(text, limit=limit)
        return [
            Found(self.articles[hit.article_id], hit.score, f"{self.home}/{hit.article_id}")
            for hit in hits
            if hit.article_id in self.articles
        ]

    def respelt(self, text: str) -> str:
        """`text` as `search` reads it, with slips of the pen put right."""
        return self.index.respelt(text)

    def by_category(self) -> dict[str, list[Article]]:
        """All articles, grouped, in the order of categories and titles."""
        grouped: defaultdict[str, list[Article]] = defaultdict(list)
        for article in sorted(self.articles.values(), key=lambda article: (article.category, article.title)):
            grouped[article.category].append(article)
        return dict(grouped)


def open_libraries(languages: Sequence[str], encoders: Mapping[str, Encoder]) -> dict[str, Library]:
    """An empty library for each of the business's languages."""
    return {one: Library(one, encoders[one], help_home(one, languages)) for one in languages}


async def import_files(pool: Pool, root: Path, business: Business, encoders: Mapping[str, Encoder]) -> int:
    """Bring the database up to the files of ``root/data/faq``; how many articles and lists of gaps changed.

    ``encoders`` has that of every language. A file that cannot be read leaves everything as it was, and says so in
    the log.
    """
    try:
        articles = load_articles(root, business)
        gaps = {language: load_gaps(root, language) for language in business.languages}
    except ConfigurationError as error:
        log.error("articles not imported", extra={"problem": str(error)})
        return 0
    async with transaction(pool) as connection:
        rows = await (await connection.execute(_SQL["known"])).fetchall()
        known = {(row["language"], row["id"]): (row["hash"], row["encoder"]) for row in rows}
        written = {(article.language, article.id): article for article in articles}
        changed = [one for key, one in written.items() if known.get(key) != (one.hash, encoders[one.language].name)]
        stale = [one for one in gaps if await _differ(connection, one, gaps[one], encoders[one].name)]
    # In a thread and before the transaction: hundreds of articles take seconds, in which neither the worker's
    # heart may stop nor the desk's events wait for us.
    passages = await asyncio.to_thread(lambda: [knowledge.passages_of(one, encoders[one.language]) for one in changed])
    questions = {
        language: [(topic, text) for topic, texts in gaps[language].items() for text in texts] for language in stale
    }
    features = {
        language: await asyncio.to_thread(encoders[language].features, [text for _, text in asked])
        for language, asked in questions.items()
    }
    async with transaction(pool) as connection:
        for article, vectors in zip(changed, passages, strict=True):
            await _put(connection, article, vectors, encoders[article.language].name)
        gone = known.keys() - written.keys()
        for language, id in gone:
            await connection.execute(_SQL["remove"], {"language": language, "id": id})
        for language, asked in questions.items():
            await _put_gaps(connection, language, asked, features[language], encoders[language].name)
        changes = Counter([*(one.language for one in changed), *(language for language, _ in gone), *stale])
        served = [language for language in changes if language in encoders]
        for language in served:
            name = encoders[language].name
            await connection.execute(_SQL["forget_learned"], {"language": language, "encoder": name})
            await connection.execute(_SQL["count_changes"], {"language": language, "changes": changes[language]})
        if changes:
            await live.notify(connection, CHANGED)
    for language in business.languages:
        await _learn(pool, language, encoders[language])
    return changes.total()


async def _learn(pool: Pool, language: str, encoder: Encoder) -> None:
    """Learn what the search takes from all articles, unless what is known still fits."""
    async with transaction(pool) as connection:
        rows = await (await connection.execute(_SQL["articles"], {"language": language})).fetchall()
        learned = await _learned(connection, language)
        if not rows or (learned and learned["changes"] <= _FEW_CHANGES * len(rows)):
            return
        passages = await _passages(connection, language, [row["id"] for row in rows])
        gaps = _by("topic", await _gaps(connection, language))
    index = Index(encoder)
    put = [(_article(row), passages.get(row["id"])) for row in rows]
    await asyncio.to_thread(index.change, put=put, gaps=gaps)
    if (found := index.learned) is None:
        return
    values = {
        "language": language, "encoder": encoder.name,
        "mean": found.space.mean.tobytes(), "matrix": found.space.matrix.tobytes(),
        "relevant": found.limits.relevant, "margin": found.limits.margin,
    }  # fmt: skip
    async with transaction(pool) as connection:
        await connection.execute(_SQL["put_learned"], values)
        await live.notify(connection, CHANGED)


async def _put(connection: Connection, article: Article, passages: Passages, encoder: str) -> None:
    key = {"language": article.language, "id": article.id}
    texts: dict[str, str | None] = {
        "title": article.title, "category": article.category, "body": article.body,
        "follow_up": article.follow_up, "hash": article.hash,
    }  # fmt: skip
    lists: dict[str, Sequence[str]] = {"phrasings": list(article.phrasings), "steps": list(article.steps)}
    await connection.execute(_SQL["put"], {**key, **texts, **lists})
    await connection.execute(_SQL["drop_vectors"], key)
    async with connection.cursor() as cursor:
        rows = [
            {**key, "ordinal": ordinal, "text": text, "features": _packed(features), "encoder": encoder}
            for ordinal, (text, features) in enumerate(passages)
        ]
        await cursor.executemany(_SQL["put_vector"], rows)


async def _learned(connection: Connection, language: str) -> dict[str, Any] | None:
    return await (await connection.execute(_SQL["learned"], {"language": language}, binary=True)).fetchone()


def _unpacked(row: Mapping[str, Any]) -> Learned:
    mean = np.frombuffer(row["mean"], np.float32)
    matrix = np.frombuffer(row["matrix"], np.float32).reshape(len(mean), -1)
    return Learned(Space(mean, matrix), Limits(row["relevant"], row["margin"]))


async def _passages(connection: Connection, language: str, ids: Sequence[str]) -> dict[str, Passages]:
    key = {"language": language, "ids": list(ids)}
    # Binary: as text, features take twice their size on the way.
    return _by("article_id", await (await connection.execute(_SQL["vectors"], key, binary=True)).fetchall())


async def _gaps(connection: Connection, language: str) -> list[dict[str, Any]]:
    return await (await connection.execute(_SQL["gaps"], {"language": language}, binary=True)).fetchall()


async def _differ(connection: Connection, language: str, gaps: Gaps, encoder: str) -> bool:
    """Whether the database holds other gaps, or features of another encoder."""
    kept = [(row["topic"], row["text"], row["encoder"]) for row in await _gaps(connection, language)]
    written = [(topic, text, encoder) for topic in sorted(gaps) for text in gaps[topic]]
    return sorted(kept) != sorted(written)


async def _put_gaps(
    connection: Connection, language: str, asked: Sequence[tuple[str, str]], features: Vectors, encoder: str
) -> None:
    await connection.execute(_SQL["drop_gaps"], {"language": language})
    rows = [
        {"language": language, "topic": topic, "ordinal": ordinal, "text": text,
         "features": _packed(row), "encoder": encoder}
        for ordinal, ((topic, text), row) in enumerate(zip(asked, features, strict=True))
    ]  # fmt: skip
    async with connection.cursor() as cursor:
        await cursor.executemany(_SQL["put_gap"], rows)


def _packed(features: Vectors) -> bytes:
    """As they are kept: in half the precision, which is all that the search uses."""
    return features.astype(np.float16).tobytes()


def _by(key: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Passages]:
    """The texts in `rows` with their features, grouped."""
    grouped: defaultdict[str, list[tuple[str, Any]]] = defaultdict(list)
    for row in rows:
        grouped[row[key]].append((row["text"], np.frombuffer(row["features"], np.float16)))
    return dict(grouped)


def _article(row: Mapping[str, Any]) -> Article:
    values = {name: value for name, value in row.items() if name != "hash"}
    return Article(**{**values, "phrasings": tuple(row["phrasings"]), "steps": tuple(row["steps"])})
