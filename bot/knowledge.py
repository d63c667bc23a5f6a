"""Finding the article that answers a question: by meaning, by spelling, and by codes exactly.

An article is a set of texts: its title, its phrasings and the sentences of its answer, each with its place
in a space that is learned from all articles (`bot.space`). How well it fits a question `bot.knowledge_scores` says.

A gap is what customers ask and no article answers. It takes part in the search like an article, so that
such a question finds nothing instead of whatever lies nearest.
"""

import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from bot.articles import Article, load_articles, plain_text
from bot.business import Business, load_business
from bot.gaps import Gaps, load_gaps
from bot.knowledge_limits import DEFAULT, Limits
from bot.knowledge_scores import Entry, Packed, best, pack
from bot.nlu.encoder import Encoder, load_encoder
from bot.nlu.sentences import sentences
from bot.nlu.vectors import Vectors
from bot.pipelines import encoder_choice
from bot.space import Space, learn
from bot.spelling import Counted, counted
from bot.vocabulary import Vocabulary

Kind = Literal["clear", "candidates", "nothing"]
Passages = Sequence[tuple[str, Vectors]]

_MOST_SENTENCES = 12  # of an answer; what comes later rarely is what somebody asks for
_SHORTEST_SENTENCE = 4  # words; shorter ones ("Yes, you can.") resemble everything
_GAP = "gap:"  # begins the key of a gap, which no article's id can


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
class Fit:
    """How well an article fits a question, or a gap, which then has its topic as `id`: the parts of its score.

    `exact` is what codes and a question word for word add, and what doubt takes from a gap.
    """

    id: str
    gap: bool
    meaning: float
    spelling: float
    exact: float

    @property
    def score(self) -> float:
        """What is compared with the others and with the limits."""
        return self.meaning + self.spelling + self.exact


@dataclass(frozen=True)
class SearchExplanation:
    """What a question found, and why: the articles and gaps that fit best, whether shown or not, and the limits."""

    hits: Hits
    fits: tuple[Fit, ...]
    limits: Limits


@dataclass(frozen=True)
class Learned:
    """What the search takes from all articles at once. A few edits hardly move it, so that it is kept."""

    space: Space
    limits: Limits


class Index:
    """The articles of one language, searchable. Thread-safe: a search sees all of a change or nothing of it."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._entries: dict[str, Entry] = {}
        self._packed: Packed | None = None
        self._lock = threading.Lock()

    @classmethod
    def build(cls, articles: Iterable[Article], encoder: Encoder, gaps: Gaps | None = None) -> "Index":
        """An index over `articles` and `gaps`, encoding all of them (about 2 ms a sentence and processor)."""
        index, articles, gaps = cls(encoder), list(articles), gaps or {}
        groups = [*(_texts(article) for article in articles), *gaps.values()]
        # All at once: that is worth threads.
        rows = iter(encoder.features([text for group in groups for text in group]))
        passages = [[(text, next(rows)) for text in group] for group in groups]
        asked = dict(zip(gaps, passages[len(articles) :], strict=True))
        index.change(put=zip(articles, passages[: len(articles)], strict=True), gaps=asked)
        return index

    @property
    def learned(self) -> Learned | None:
        """What the articles taught that it got first, or was told; None while it is empty."""
        return Learned(self._packed.space, self._packed.limits) if self._packed else None

    def __len__(self) -> int:
        return sum(entry.article is not None for entry in self._entries.values())

    def change(
        self,
        *,
        put: Iterable[tuple[Article, Passages | None]] = (),
        remove: Iterable[str] = (),
        gaps: Mapping[str, Passages] | None = None,
        learned: Learned | None = None,
    ) -> None:
        """Add or replace the articles of `put`, forget the ids of `remove`, and have `gaps` instead of those before.

        With an article comes what `passages_of` returned for it, if that was kept; features of another
        encoder must not be mixed in (compare `Encoder.name`). With `learned`, `put` and `gaps` are all there
        is; without, an empty index learns from them. Among ten thousand articles this takes seconds, in which
        searches go on with what was there before.
        """
        with self._lock:
            known = learned or self.learned
            entries = {} if learned else dict(self._entries)
            for id in remove:
                entries.pop(id, None)
            if gaps is not None:
                entries = {id: entry for id, entry in entries.items() if entry.article}
            new: list[tuple[str, Article | None, Sequence[str], Passages]] = [
                (one.id, one, (one.title, *one.phrasings), passages or passages_of(one, self._encoder))
                for one, passages in put
            ]
            new += [(_GAP + topic, None, [text for text, _ in asked], asked) for topic, asked in (gaps or {}).items()]
            if known:
                space = known.space
            elif new:
                asked = [_features(passages[: len(questions)]) for _, _, questions, passages in new]
                space = learn(asked, self._encoder.dimension)
            for id, article, questions, passages in new:
                place = space.place(_features(passages))
                entries[id] = Entry.of(article, questions, [text for text, _ in passages], place)
            limits = known.limits if known else None
            vocabulary = self._vocabulary(entries)
            self._packed = pack(entries, space, limits, vocabulary) if entries else None
            self._entries = entries

    def article(self, article_id: str) -> Article | None:
        """The article with this id, if it is here."""
        entry = self._entries.get(article_id)
        return entry.article if entry else None

    def search(self, text: str, *, limit: int = 3) -> Hits:
        """The articles that answer `text`, best first, at most `limit`."""
        return self.explain(text, limit=limit).hits

    def explain(self, text: str, *, limit: int = 3) -> SearchExplanation:
        """What `search` finds, with the `limit` + 1 articles and gaps that fit best."""
        packed = self._packed
        if packed is None or not text.strip():
            return SearchExplanation(Hits("nothing"), (), packed.limits if packed else DEFAULT)
        meaning, spelling = packed.parts(*self._asked(packed, text))
        exact = packed.exact(text)
        fits = [
            Fit(
                packed.ids[place].removeprefix(_GAP),
                not packed.answering[place],
                *(float(part[place]) for part in (meaning, spelling, exact)),
            )
            for place in best(meaning + spelling + exact, limit + 1)
        ]
        first, second = fits[0].score, fits[1].score if len(fits) > 1 else 0.0
        kind = "nothing" if fits[0].gap else packed.limits.kind(first, second)
        # Beside a relevant first one, a choice may hold what is almost so.
        least = packed.limits.relevant - packed.limits.margin
        near = [Hit(fit.id, fit.score) for fit in fits if not fit.gap and fit.score >= least]
        hits = Hits("nothing") if kind == "nothing" else Hits(kind, tuple(near[:limit]))
        return SearchExplanation(hits, tuple(fits), packed.limits)

    def find(self, text: str, *, limit: int = 10) -> tuple[Hit, ...]:
        """Articles for somebody who types into a search box: beginnings of words count, slips are put right.

        Also lists what is merely near, so it suits a list to choose from, never an answer.
        """
        packed = self._packed
        if packed is None or not text.strip():
            return ()
        text = packed.vocabulary.respelt(text)
        scores = packed.typed(text, *self._asked(packed, text))
        near = [place for place in best(scores, limit) if scores[place] >= packed.limits.relevant]
        return tuple(Hit(packed.ids[place], float(scores[place])) for place in near)

    def respelt(self, text: str) -> str:
        """`text` as `find` reads it: with the words right that are one slip away from a word of the articles."""
        packed = self._packed
        return packed.vocabulary.respelt(text) if packed else text

    def _vocabulary(self, entries: Mapping[str, Entry]) -> Vocabulary:
        """That of `entries`, found by what differs from those before: reading all of many takes seconds."""
        before = self._packed.vocabulary if self._packed else Vocabulary(self._encoder.knows)
        gone = [entry for id, entry in self._entries.items() if entries.get(id) is not entry]
        new = [entry for id, entry in entries.items() if self._entries.get(id) is not entry]
        return before.changed(*((text for entry in part for text in _written(entry)) for part in (gone, new)))

    def _asked(self, packed: Packed, text: str) -> tuple[Vectors, Counted]:
        """The place and the spelling of a question."""
        return packed.space.place(self._encoder.features([text]))[0], counted([text])


def passages_of(article: Article, encoder: Encoder) -> list[tuple[str, Vectors]]:
    """The texts by which `article` is found with their features: title, phrasings, then its sentences.

    Depends on nothing else, so that it can be stored next to `article.hash` and `encoder.name`.
    """
    texts = _texts(article)
    return list(zip(texts, encoder.features(texts), strict=True))


def _texts(article: Article) -> list[str]:
    answer = [plain_text(article.body), *article.steps]
    telling = [each for text in answer for each in sentences(text) if len(each.split()) >= _SHORTEST_SENTENCE]
    return [article.title, *article.phrasings, *telling[:_MOST_SENTENCES]]


def question_in(text: str, business: Business) -> str:
    """`text` without order numbers: they say nothing about the question, but look like codes an article may name."""
    return re.sub(business.order_number.pattern, "", text, flags=re.IGNORECASE)


_current: dict[str, Index] = {}
_current_lock = threading.Lock()


def use(indexes: Mapping[str, Index]) -> None:
    """Make these, by language, what `current` returns; without any it goes back to the files."""
    global _current
    with _current_lock:
        _current = dict(indexes)


def current(language: str) -> Index:
    """The index in use for `language`; where nobody set one, it is built from data/faq of the working directory.

    Raises ConfigurationError for an article, a gap, a pipeline or a business.yml that cannot be used.
    """
    with _current_lock:
        if language not in _current:
            root = Path.cwd()
            business = load_business(root)
            encoder = load_encoder(encoder_choice(root, language, business.languages))
            articles = [each for each in load_articles(root, business) if each.language == language]
            _current[language] = Index.build(articles, encoder, load_gaps(root, language))
        return _current[language]


def _features(passages: Passages) -> Vectors:
    return np.asarray([row for _, row in passages], np.float32)


def _written(entry: Entry) -> tuple[str, ...]:
    """All that was written for an article or a gap."""
    answer = (entry.article.body, *entry.article.steps) if entry.article else ()
    return (*entry.questions, *answer)
