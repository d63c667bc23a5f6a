"""Finding the article that answers a question: by meaning, and by codes and model numbers exactly.

An article is a set of vectors: its title, its phrasings and the sentences of its answer. How well it
fits a question is the mean of two cosines: to the nearest of all its vectors, and to the centre of
title and phrasings. On public data the centre lifts the right answer in first place by 2 to 6 points
over the nearest vector alone.
"""

import re
import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bot.articles import Article, load_articles, plain_text
from bot.business import load_business
from bot.knowledge_limits import Limits, calibrated
from bot.nlu.encoder import Encoder, Vectors, load_encoder

Kind = Literal["clear", "candidates", "nothing"]
Passages = Sequence[tuple[str, Vectors]]

_MOST_SENTENCES = 12  # of an answer; what comes later rarely is what somebody asks for
_SHORTEST_SENTENCE = 4  # words; shorter ones ("Yes, you can.") resemble everything
_CODE_BONUS = 0.3
"""Added to a score when the article names a code of the question: more than any two articles differ by."""
_CHANGES_THAT_COUNT = 0.02  # of the articles, before the limits are found anew
_EXACT_BONUS = 1.0
"""Added when the question is, word for word, a title or phrasing: then its author has said what answers it."""
_WORD_BONUS = 0.4
"""Added, in `Index.find`, when an article's title or phrasings hold every word that was typed."""

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
_CODE_PART = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_WORD = re.compile(r"[^\W_]{2,}")


@dataclass(frozen=True)
class Hit:
    """An article and how well it fits, about 0 to 1 (a known code adds to it)."""

    article_id: str
    score: float


@dataclass(frozen=True)
class Hits:
    """What a question found.

    `clear`: the first hit answers it. `candidates`: one of `hits` may; ask which. `nothing`: no
    article is near enough, and `hits` is empty.
    """

    kind: Kind
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True)
class _Entry:
    """One article with its vectors; the first `questions` rows are its title and phrasings."""

    article: Article
    vectors: Vectors
    questions: int
    codes: frozenset[str]


@dataclass(frozen=True)
class _Packed:
    """Everything a search needs, never changed after it was made."""

    ids: tuple[str, ...]
    rows: Vectors  # (passages, dimension)
    starts: NDArray[np.int64]  # (articles,) → first row
    centres: Vectors  # (articles, dimension)
    limits: Limits
    codes: Mapping[str, tuple[int, ...]]
    exact: Mapping[str, frozenset[int]]
    words: Mapping[str, frozenset[int]]
    sorted_words: tuple[str, ...]

    def scores(self, query: Vectors) -> Vectors:
        """How well every article fits the unit vector `query`, shape (articles,)."""
        nearest = np.maximum.reduceat(self.rows @ query, self.starts)
        fit: Vectors = (nearest + self.centres @ query) / 2
        return fit


class Index:
    """The articles of one language, searchable. Thread-safe; changes show in the next search."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._entries: dict[str, _Entry] = {}
        self._packed: _Packed | None = None
        self._limits: Limits | None = None
        self._changes = 0
        self._lock = threading.Lock()

    @classmethod
    def build(cls, articles: Iterable[Article], encoder: Encoder) -> "Index":
        """An index over `articles`, encoding all of them (about 2 ms a sentence)."""
        index = cls(encoder)
        for article in articles:
            index.put(article)
        return index

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, article: Article, passages: Passages | None = None) -> None:
        """Add `article`, or replace the one with its id.

        `passages` is what `vectors_of` returned for this very article, if it was kept; vectors of
        another encoder must not be mixed in (compare `Encoder.name`).
        """
        passages = vectors_of(article, self._encoder) if passages is None else passages
        vectors = np.asarray([vector for _, vector in passages], np.float32)
        codes = frozenset(code for text, _ in passages for code in _codes(text))
        entry = _Entry(article, vectors, 1 + len(article.phrasings), codes)
        with self._lock:
            self._entries[article.id] = entry
            self._changed()

    def remove(self, article_id: str) -> None:
        """Forget the article; nothing happens when it is not there."""
        with self._lock:
            if self._entries.pop(article_id, None):
                self._changed()

    def article(self, article_id: str) -> Article | None:
        """The article with this id, if it is here."""
        entry = self._entries.get(article_id)
        return entry.article if entry else None

    def search(self, text: str, *, limit: int = 3) -> Hits:
        """The articles that answer `text`, best first, at most `limit`."""
        packed = self._pack()
        if packed is None or not text.strip():
            return Hits("nothing")
        scores = packed.scores(self._encoder.encode([text])[0])
        named = {place for code in _codes(text) for place in packed.codes.get(code, ())}
        for place in named:
            scores[place] += _CODE_BONUS
        if len(written := packed.exact.get(_essence(text), frozenset())) == 1:
            scores[[*written]] += _EXACT_BONUS
        best = _best(scores, max(limit, 2))
        first = float(scores[best[0]])
        second = float(scores[best[1]]) if len(best) > 1 else 0.0
        kind = packed.limits.kind(first, second)
        if kind == "nothing":
            return Hits(kind)
        near = [place for place in best[:limit] if scores[place] >= packed.limits.candidate(first)]
        return Hits(kind, tuple(Hit(packed.ids[place], float(scores[place])) for place in near))

    def find(self, text: str, *, limit: int = 10) -> tuple[Hit, ...]:
        """Articles for somebody who types into a search box: beginnings of words count as well.

        Also lists what is merely near, so it suits a list to choose from, never an answer.
        """
        packed = self._pack()
        if packed is None or not text.strip():
            return ()
        scores = packed.scores(self._encoder.encode([text])[0])
        typed = _WORD.findall(text.lower())
        for word in typed:
            for place in _holding(packed, word):
                scores[place] += _WORD_BONUS / len(typed)
        near = [place for place in _best(scores, limit) if scores[place] >= packed.limits.relevant]
        return tuple(Hit(packed.ids[place], float(scores[place])) for place in near)

    def _changed(self) -> None:
        # A few edits hardly move the limits, which take seconds to find for ten thousand articles.
        self._packed = None
        self._changes += 1
        if self._changes > _CHANGES_THAT_COUNT * len(self._entries):
            self._limits = None

    def _pack(self) -> _Packed | None:
        with self._lock:
            if self._packed is None and self._entries:
                self._packed = _pack(list(self._entries.values()), self._limits)
                if self._limits is None:
                    self._limits, self._changes = self._packed.limits, 0
                self._share_memory(self._packed)
            return self._packed

    def _share_memory(self, packed: _Packed) -> None:
        # The entries keep views of the one large matrix instead of arrays of their own.
        ends = [*packed.starts[1:], len(packed.rows)]
        for id, start, end in zip(packed.ids, packed.starts, ends, strict=True):
            entry = self._entries[id]
            self._entries[id] = _Entry(entry.article, packed.rows[start:end], entry.questions, entry.codes)


def vectors_of(article: Article, encoder: Encoder) -> list[tuple[str, Vectors]]:
    """The texts by which `article` is found with their vectors: title, phrasings, then its sentences.

    Depends on nothing else, so that it can be stored next to `article.hash` and `encoder.name`.
    """
    answer = [plain_text(article.body), *article.steps]
    sentences = [part.strip() for text in answer for part in _SENTENCE_END.split(text)]
    telling = [part for part in sentences if len(part.split()) >= _SHORTEST_SENTENCE]
    texts = [article.title, *article.phrasings, *telling[:_MOST_SENTENCES]]
    return list(zip(texts, encoder.encode(texts), strict=True))


_current: Index | None = None
_current_lock = threading.Lock()


def use(index: Index | None) -> None:
    """Make `index` the one that `current` returns; None goes back to the files."""
    global _current
    with _current_lock:
        _current = index


def current() -> Index:
    """The index in use; where nobody set one, it is built from data/faq of the working directory.

    Raises ConfigurationError for an article or a business.yml that cannot be used.
    """
    global _current
    with _current_lock:
        if _current is None:
            root = Path.cwd()
            _current = Index.build(load_articles(root, load_business(root)), load_encoder())
        return _current


def _pack(entries: Sequence[_Entry], limits: Limits | None) -> _Packed:
    sizes = np.array([len(entry.vectors) for entry in entries])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    rows = np.concatenate([entry.vectors for entry in entries])
    centres = np.stack([entry.vectors[: entry.questions].mean(axis=0) for entry in entries])
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    codes: dict[str, list[int]] = defaultdict(list)
    exact: dict[str, set[int]] = defaultdict(set)
    words: dict[str, set[int]] = defaultdict(set)
    for place, entry in enumerate(entries):
        for code in entry.codes:
            codes[code].append(place)
        for text in (entry.article.title, *entry.article.phrasings):
            exact[_essence(text)].add(place)
            for word in _WORD.findall(text.lower()):
                words[word].add(place)
    questions = [entry.questions for entry in entries]
    return _Packed(
        ids=tuple(entry.article.id for entry in entries),
        rows=rows,
        starts=starts,
        centres=centres,
        limits=limits or calibrated(rows, starts, questions),
        exact={text: frozenset(places) for text, places in exact.items()},
        codes={code: tuple(places) for code, places in codes.items()},
        words={word: frozenset(places) for word, places in words.items()},
        sorted_words=tuple(sorted(words)),
    )


def _best(scores: Vectors, count: int) -> list[int]:
    return [int(place) for place in np.argsort(-scores, kind="stable")[:count]]


def _holding(packed: _Packed, beginning: str) -> set[int]:
    """The articles whose title or phrasings have a word that begins so."""
    found: set[int] = set()
    for word in packed.sorted_words[bisect_left(packed.sorted_words, beginning) :]:
        if not word.startswith(beginning):
            break
        found |= packed.words[word]
    return found


def _essence(text: str) -> str:
    """What two texts that say the same, word for word, have in common."""
    return " ".join(_WORD.findall(text.lower()))


def _codes(text: str) -> set[str]:
    """Codes and model numbers in `text`, without hyphens: "FL-220", "fl 220" and "FL220" are one.

    A code mixes letters and digits, or is a run of letters followed by a number of its own.
    """
    parts = [part.replace("-", "") for part in _CODE_PART.findall(text.lower())]
    joined = [left + right for left, right in pairwise(parts) if left.isalpha() and right.isdigit()]
    return {code for code in (*parts, *joined) if not code.isalpha() and not code.isdigit()}
