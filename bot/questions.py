"""Questions that found no answer: what the bot wrote down for those who write the articles (P41)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from bot.db import queries

_SQL = queries("questions")

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Question:
    """As it was asked last: the text, in how many conversations it was asked, and the newest of these."""

    text: str
    asked: int
    conversation: UUID
    at: datetime

    def to_json(self) -> dict[str, Any]:
        """As printed for programs; the time is in UTC."""
        at = self.at.astimezone(UTC).isoformat(timespec="seconds")
        return {"text": self.text, "asked": self.asked, "conversation": str(self.conversation), "at": at}


def unanswered(url: str, *, days: int) -> list[Question]:
    """The questions of the last ``days`` days, newest first."""
    since = datetime.now(UTC) - timedelta(days=days)
    with psycopg.connect(url, row_factory=dict_row) as connection:
        return together(connection.execute(_SQL["unanswered"], {"since": since}).fetchall())


def together(rows: Iterable[Mapping[str, Any]]) -> list[Question]:
    """Those of the same words, in any order, as one. ``rows`` are the newest first, and so is what comes out."""
    alike: dict[frozenset[str], list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        alike[_words(row["text"])].append(row)
    return [
        Question(newest["text"], len({one["conversation"] for one in same}), newest["conversation"], newest["at"])
        for same in alike.values()
        for newest in same[:1]
    ]


def _words(text: str) -> frozenset[str]:
    # "???" is a question of its own.
    return frozenset(_WORD.findall(text.casefold())) or frozenset({text})
