"""Finding the article that answers a question: by meaning, by spelling, and by codes exactly.

An article is a set of texts: its title, its phrasings and the sentences of its answer, each with its place
in a space that is learned from all articles (`bot.space`). How well it fits a question is the mean of two
cosines, to the nearest of all its texts and to the centre of title and phrasings, and a fifth of how alike
the question is spelt to one of them.

A gap is what customers ask and no article answers. It takes part in the search like an article, so that
such a question finds nothing instead of whatever lies nearest.
"""

import re
import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bot.articles import Article, load_articles, plain_text
from bot.business import Business, load_business
from bot.gaps import Gaps, load_gaps
from bot.knowledge_limits import DEFAULT, Limits, calibrated
from bot.nlu.encoder import Encoder, load_encoder
from bot.nlu.sentences import sentences
from bot.nlu.vectors import Vectors
from bot.pipelines import encoder_choice
from bot.space import Space, learn
from bot.spelling import Counted, Spellings, counted
from bot.vocabulary import Vocabulary

Kind = Literal["clear", "candidates", "nothing"]
Passages = Sequence[tuple[str, Vectors]]

_MOST_SENTENCES = 12  # of an answer; what comes later rarely is what somebody asks for
_SHORTEST_SENTENCE = 4  # words; shorter ones ("Yes, you can.") resemble everything
_SPELLING = 0.2
"""What spelling adds to meaning: 0.15 to 0.3 find as many right ones first on Banking77 and CLINC150 (train)."""
_CODE_BONUS = 0.3
"""Added to a score when the article names a code of the question: more than any two articles differ by."""
_EXACT_BONUS = 1.0
"""Added when the question is, word for word, a title or phrasing: then its author has said what answers it."""
_DOUBT = 0.03
"""By how much a gap must fit better than any article: an article too many is declined with one press of a button."""
_WORD_BONUS = 0.4
"""Added, in `Index.find`, when an article's title or phrasings hold every word that was typed."""

_MOST_ASKED = 600  # stored questions from which the limits are found
_GAP = "gap:"  # begins the key of a gap, which no article's id can

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


@dataclass
class _Entry:
    """An article, or a gap: its title and phrasings, and place and spelling of these and of its sentences.

    `rows` are the places in the space, shape (texts, directions).
    """

    article: Article | None
    questions: tuple[str, ...]
    rows: Vectors
    spelt: Counted
    codes: frozenset[str]


@dataclass(frozen=True)
class _Packed:
    """Everything a search needs, never changed after it was made."""

    space: Space
    ids: tuple[str, ...]
    answering: NDArray[np.bool_]  # False: a gap
    rows: Vectors  # (texts, directions)
    starts: NDArray[np.int64]  # (articles,) → first text
    sums: Vectors  # (articles, directions): of title and phrasings
    spellings: Spellings
    limits: Limits
    codes: Mapping[str, tuple[int, ...]]
    exact: Mapping[str, tuple[int, ...]]
    words: Mapping[str, tuple[int, ...]]
    sorted_words: tuple[str, ...]
    vocabulary: Vocabulary

    def parts(self, place: Vectors, spelt: Counted) -> tuple[Vectors, Vectors]:
        """How well every article and gap fits a question at `place` in the space: what meaning and what spelling add.

        Each has the shape (articles,).
        """
        to_centres = self.sums @ place / np.linalg.norm(self.sums, axis=1)
        return self._parts(self.rows @ place, to_centres, self.spellings.cosines(spelt))

    def left_out(self, row: int, article: int, spelt: Counted) -> Vectors:
        """The sum of the `parts` of text `row`, a question of `article`, as if it were not there."""
        place = self.rows[row]
        cosines, alike = self.rows @ place, self.spellings.cosines(spelt)
        cosines[row], alike[row] = -1, 0
        to_centres = self.sums @ place / np.linalg.norm(self.sums, axis=1)
        others = self.sums[article] - place
        to_centres[article] = others @ place / np.linalg.norm(others)
        meaning, spelling = self._parts(cosines, to_centres, alike)
        return meaning + spelling

    def _parts(self, cosines: Vectors, to_centres: Vectors, alike: Vectors) -> tuple[Vectors, Vectors]:
        nearest, spelling = (np.maximum.reduceat(each, self.starts) for each in (cosines, alike))
        return (nearest + to_centres) / 2, _SPELLING * spelling


class Index:
    """The articles of one language, searchable. Thread-safe: a search sees all of a change or nothing of it."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._entries: dict[str, _Entry] = {}
        self._packed: _Packed | None = None
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
                entries[id] = _entry(article, questions, [text for text, _ in passages], place)
            limits = known.limits if known else None
            vocabulary = self._vocabulary(entries)
            self._packed = _pack(entries, space, limits, vocabulary) if entries else None
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
        meaning, spelling = self._parts(packed, text)
        exact = np.where(packed.answering, np.float32(0), np.float32(-_DOUBT))
        for code in _codes(text):
            exact[[*packed.codes.get(code, ())]] += _CODE_BONUS
        if len(written := packed.exact.get(_essence(text), ())) == 1:
            exact[[*written]] += _EXACT_BONUS
        fits = [
            Fit(
                packed.ids[place].removeprefix(_GAP),
                not packed.answering[place],
                *(float(part[place]) for part in (meaning, spelling, exact)),
            )
            for place in _best(meaning + spelling + exact, limit + 1)
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
        meaning, spelling = self._parts(packed, text)
        scores = np.where(packed.answering, meaning + spelling, -1)
        typed = _WORD.findall(text.lower())
        for word in typed:
            scores[[*_holding(packed, word)]] += _WORD_BONUS / len(typed)
        near = [place for place in _best(scores, limit) if scores[place] >= packed.limits.relevant]
        return tuple(Hit(packed.ids[place], float(scores[place])) for place in near)

    def respelt(self, text: str) -> str:
        """`text` as `find` reads it: with the words right that are one slip away from a word of the articles."""
        packed = self._packed
        return packed.vocabulary.respelt(text) if packed else text

    def _vocabulary(self, entries: Mapping[str, _Entry]) -> Vocabulary:
        """That of `entries`, found by what differs from those before: reading all of many takes seconds."""
        before = self._packed.vocabulary if self._packed else Vocabulary(self._encoder.knows)
        gone = [entry for id, entry in self._entries.items() if entries.get(id) is not entry]
        new = [entry for id, entry in entries.items() if self._entries.get(id) is not entry]
        return before.changed(*((text for entry in part for text in _written(entry)) for part in (gone, new)))

    def _parts(self, packed: _Packed, text: str) -> tuple[Vectors, Vectors]:
        place = packed.space.place(self._encoder.features([text]))[0]
        return packed.parts(place, counted([text]))


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


def _entry(article: Article | None, questions: Sequence[str], texts: Sequence[str], rows: Vectors) -> _Entry:
    codes = frozenset(code for text in texts for code in _codes(text))
    return _Entry(article, tuple(questions), rows, counted(texts), codes)


def _pack(entries: Mapping[str, _Entry], space: Space, limits: Limits | None, vocabulary: Vocabulary) -> _Packed:
    """All that a search needs of `entries`; the limits are found unless they are given."""
    kept = list(entries.values())
    rows = np.concatenate([entry.rows for entry in kept])
    sums = np.stack([entry.rows[: len(entry.questions)].sum(axis=0) for entry in kept])
    sizes = [len(entry.rows) for entry in kept]
    starts = np.cumsum(sizes) - sizes
    for entry, own in zip(kept, np.split(rows, starts[1:]), strict=True):
        entry.rows = own  # a part of the one large matrix instead of an array of its own
    codes: dict[str, list[int]] = defaultdict(list)
    exact: dict[str, set[int]] = defaultdict(set)
    words: dict[str, set[int]] = defaultdict(set)
    for place, entry in enumerate(kept):
        for code in entry.codes:
            codes[code].append(place)
        for text in entry.questions:
            exact[_essence(text)].add(place)
            for word in _WORD.findall(text.lower()):
                words[word].add(place)
    packed = _Packed(
        space=space,
        ids=tuple(entries),
        answering=np.array([entry.article is not None for entry in kept]),
        rows=rows,
        starts=starts,
        sums=sums,
        spellings=Spellings([(entry.spelt, len(entry.rows)) for entry in kept]),
        limits=limits or DEFAULT,
        exact={text: tuple(places) for text, places in exact.items()},
        codes={code: tuple(places) for code, places in codes.items()},
        words={word: tuple(places) for word, places in words.items()},
        sorted_words=tuple(sorted(words)),
        vocabulary=vocabulary,
    )
    return packed if limits else replace(packed, limits=_calibrated(packed, kept))


def _written(entry: _Entry) -> tuple[str, ...]:
    """All that was written for an article or a gap."""
    answer = (entry.article.body, *entry.article.steps) if entry.article else ()
    return (*entry.questions, *answer)


def _calibrated(packed: _Packed, entries: Sequence[_Entry]) -> Limits:
    """The limits found by asking what is stored as if each question of an article were new."""
    asked = [
        (place, row)
        for place, entry in enumerate(entries)
        if entry.article is not None and len(entry.questions) > 2
        for row in range(len(entry.questions))
    ]
    own, other = [], []
    for place, row in asked[:: 1 + len(asked) // _MOST_ASKED]:
        scores = packed.left_out(int(packed.starts[place]) + row, place, entries[place].spelt.of(row))
        own.append(scores[place])
        scores[place] = -1
        other.append(scores.max())
    return calibrated(np.array(own), np.array(other), gaps=not packed.answering.all())


def _best(scores: Vectors, count: int) -> list[int]:
    return [int(place) for place in np.argsort(-scores, kind="stable")[:count]]


def _holding(packed: _Packed, beginning: str) -> set[int]:
    """The articles whose title or phrasings have a word that begins so."""
    found: set[int] = set()
    for word in packed.sorted_words[bisect_left(packed.sorted_words, beginning) :]:
        if not word.startswith(beginning):
            break
        found.update(packed.words[word])
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
