"""How well each article fits a question: the sum of what meaning, spelling, and codes or words exactly say.

Meaning is the mean of two cosines, to the nearest of all its texts and to the centre of title and phrasings, in the
space of `bot.space`; spelling a fifth of how alike the question is spelt to one of them. A gap counts like an article.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bot.articles import Article
from bot.knowledge_limits import DEFAULT, Limits, calibrated
from bot.nlu.vectors import Vectors
from bot.space import Space
from bot.spelling import Counted, Spellings, counted
from bot.vocabulary import Vocabulary

_SPELLING = 0.2
"""What spelling adds to meaning: 0.15 to 0.3 find as many right ones first on Banking77 and CLINC150 (train)."""
_CODE_BONUS = 0.3
"""Added to a score when the article names a code of the question: more than any two articles differ by."""
_EXACT_BONUS = 1.0
"""Added when the question is, word for word, a title or phrasing: then its author has said what answers it."""
_DOUBT = 0.03
"""By how much a gap must fit better than any article: an article too many is declined with one press of a button."""
_WORD_BONUS = 0.4
"""Added, for somebody who types, when an article's title or phrasings hold every word that was typed."""

_MOST_ASKED = 600  # stored questions from which the limits are found

_CODE_PART = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_WORD = re.compile(r"[^\W_]{2,}")


@dataclass
class Entry:
    """An article, or a gap: its title and phrasings, and place and spelling of these and of its sentences.

    `rows` are the places in the space, shape (texts, directions).
    """

    article: Article | None
    questions: tuple[str, ...]
    rows: Vectors
    spelt: Counted
    codes: frozenset[str]

    @classmethod
    def of(cls, article: Article | None, questions: Sequence[str], texts: Sequence[str], rows: Vectors) -> "Entry":
        """From `texts`, the questions first, and their places."""
        codes = frozenset(code for text in texts for code in _codes(text))
        return cls(article, tuple(questions), rows, counted(texts), codes)


@dataclass(frozen=True)
class Packed:
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
    questions: Mapping[str, tuple[int, ...]]
    words: Mapping[str, tuple[int, ...]]
    sorted_words: tuple[str, ...]
    vocabulary: Vocabulary

    def parts(self, place: Vectors, spelt: Counted) -> tuple[Vectors, Vectors]:
        """How well every article and gap fits a question at `place` in the space: what meaning and what spelling add.

        Each has the shape (articles,).
        """
        to_centres = self.sums @ place / np.linalg.norm(self.sums, axis=1)
        return self._parts(self.rows @ place, to_centres, self.spellings.cosines(spelt))

    def exact(self, text: str) -> Vectors:
        """What codes in `text`, and all of it word for word, add for every article, and what doubt takes from a gap."""
        found = np.where(self.answering, np.float32(0), np.float32(-_DOUBT))
        for code in _codes(text):
            found[[*self.codes.get(code, ())]] += _CODE_BONUS
        if len(written := self.questions.get(_essence(text), ())) == 1:
            found[[*written]] += _EXACT_BONUS
        return found

    def typed(self, text: str, place: Vectors, spelt: Counted) -> Vectors:
        """How well every article fits what somebody has typed so far: beginnings of words count; below 0 for a gap."""
        meaning, spelling = self.parts(place, spelt)
        scores = np.where(self.answering, meaning + spelling, -1)
        words = _WORD.findall(text.lower())
        for word in words:
            scores[[*self._holding(word)]] += _WORD_BONUS / len(words)
        return scores

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

    def _holding(self, beginning: str) -> set[int]:
        """The articles whose title or phrasings have a word that begins so."""
        found: set[int] = set()
        for word in self.sorted_words[bisect_left(self.sorted_words, beginning) :]:
            if not word.startswith(beginning):
                break
            found.update(self.words[word])
        return found


def pack(entries: Mapping[str, Entry], space: Space, limits: Limits | None, vocabulary: Vocabulary) -> Packed:
    """All that a search needs of `entries`; the limits are found unless they are given."""
    kept = list(entries.values())
    rows = np.concatenate([entry.rows for entry in kept])
    sums = np.stack([entry.rows[: len(entry.questions)].sum(axis=0) for entry in kept])
    sizes = [len(entry.rows) for entry in kept]
    starts = np.cumsum(sizes) - sizes
    for entry, own in zip(kept, np.split(rows, starts[1:]), strict=True):
        entry.rows = own  # a part of the one large matrix instead of an array of its own
    codes: dict[str, list[int]] = defaultdict(list)
    questions: dict[str, set[int]] = defaultdict(set)
    words: dict[str, set[int]] = defaultdict(set)
    for place, entry in enumerate(kept):
        for code in entry.codes:
            codes[code].append(place)
        for text in entry.questions:
            questions[_essence(text)].add(place)
            for word in _WORD.findall(text.lower()):
                words[word].add(place)
    packed = Packed(
        space=space,
        ids=tuple(entries),
        answering=np.array([entry.article is not None for entry in kept]),
        rows=rows,
        starts=starts,
        sums=sums,
        spellings=Spellings([(entry.spelt, len(entry.rows)) for entry in kept]),
        limits=limits or DEFAULT,
        questions={text: tuple(places) for text, places in questions.items()},
        codes={code: tuple(places) for code, places in codes.items()},
        words={word: tuple(places) for word, places in words.items()},
        sorted_words=tuple(sorted(words)),
        vocabulary=vocabulary,
    )
    return packed if limits else replace(packed, limits=_calibrated(packed, kept))


def _calibrated(packed: Packed, entries: Sequence[Entry]) -> Limits:
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


def best(scores: Vectors, count: int) -> list[int]:
    """The places of the `count` highest, the highest first."""
    return [int(place) for place in np.argsort(-scores, kind="stable")[:count]]


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
