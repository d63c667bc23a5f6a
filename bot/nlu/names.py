"""The customer's own name, where a message gives it.

After "my name is" nearly any word is one. "I am" and "this is" are followed by anything: a word counts
there if it is a common given name, or has a capital and is neither a feeling (the cues of mood) nor
otherwise known as a word.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML
from spacy.lang.en.stop_words import STOP_WORDS

from bot.nlu.cues import load_cues

_FILE = Path(__file__).with_name("names_en.yml")
_MOST_WORDS = 3
_FEELINGS = ("anger", "frustration", "worry", "disappointment", "profanity")
_WORD = re.compile(r"[ ]?([^\W\d_](?:[^\W\d_]|['-](?=[^\W\d_])){1,29})(?![\w@])")
_ORDINARY = re.compile(r"\w{2,}(?:ing|ed|ful|less|ous|able|ible|ish|ly|ment|tion|ness|ese|nt)$", re.IGNORECASE)
_ENDS = r"\s*(?:[,.!?;:)\n-]|$)"
_GOES_ON = (
    rf"(?:{_ENDS}|\s+(?:and|from|here|but|with|again|speaking|calling|writing|i|my|your|we|can|could|please|order)\b)"
)
_REGARDS = r"(?:regards|cheers|sincerely|best wishes|yours|greetings|thanks|thank you)[,.!]?[ \t]*\n+[ \t]*"
_HERE = r"\s+(?:speaking|here|from|again|calling|writing)\b"


@dataclass(frozen=True)
class _Opening:
    """Words before a name, and what must follow one that is not known, or any one if `always`.

    `certain`: nearly any word may be the name.
    """

    words: re.Pattern[str]
    after: re.Pattern[str]
    certain: bool
    always: bool


def _opening(words: str, after: str = "", *, certain: bool = False, always: bool = False) -> _Opening:
    return _Opening(re.compile(words, re.IGNORECASE), re.compile(after, re.IGNORECASE), certain, always)


_OPENINGS = (
    _opening(
        r"(?:^|[^\w\s'][ ]*|\b(?:my|hi|hello|hey|and|so|yes|well|the) )(?:full |first )?name(?: is|'s| ?:|s)\s+",
        certain=True,
    ),
    _opening(r"\bje m'appelle\s+", certain=True),
    _opening(r"\b(?:call me|i go by|i'm called|i am called)\s+", _ENDS),
    _opening(r"\b(?:i am|i'm|im|i m)\s+", _GOES_ON),
    _opening(r"\b(?:this is|it's|it is|its)\s+", _HERE),
    _opening(r"^\s*", r"\s+here\b", always=True),
    _opening(_REGARDS, r"\s*$", always=True),
)


@dataclass(frozen=True)
class _Words:
    given: frozenset[str]
    either: frozenset[str]
    particles: frozenset[str]
    ordinary: frozenset[str]

    def is_given(self, word: str) -> bool:
        """Whether `word`, or each part of "Anne-Marie", is a common given name."""
        return all(part in self.given for part in word.lower().split("-"))

    def may_be_name(self, word: str) -> bool:
        """Whether `word` is no ordinary word that we know."""
        lower = word.lower()
        if lower.endswith("'s"):  # somebody's
            return False
        if self.is_given(word) or (lower in self.either and _capitalised(word)):
            return True
        if lower in self.ordinary or lower in STOP_WORDS or _ORDINARY.match(word):
            return False
        counted = load_cues().counted
        return not any(counted[feeling].fullmatch(lower) for feeling in _FEELINGS)


def find_names(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and proper spelling of the names by which the writer of `text` introduces themselves."""
    words = _load()
    for opening in _OPENINGS:
        for found in opening.words.finditer(text):
            if end := _end_of_name(text, found.end(), opening, words):
                name = text[found.end() : end]
                yield found.end(), end, name.title() if name.islower() or name.isupper() else name


def _end_of_name(text: str, start: int, opening: _Opening, words: _Words) -> int | None:
    """Where the name that begins at `start` ends; None when there is none."""
    first = _WORD.match(text, start)
    if first is None or first.start(1) != start or not words.may_be_name(first[1]):
        return None
    known = opening.certain or words.is_given(first[1])
    if not (known or _capitalised(first[1])):
        return None
    end = _last_name(text, first.end(), opening, words)
    needs = opening.always or not known
    return end if not needs or opening.after.match(text, end) else None


def _last_name(text: str, end: int, opening: _Opening, words: _Words) -> int:
    """Where the names end that follow one that ends at `end`; in small letters only if the opening is certain."""
    place = end
    for _ in range(_MOST_WORDS):
        found = _WORD.match(text, place) if text[place : place + 1] == " " else None
        if found is None:
            break
        place = found.end()
        if found[1].lower() in words.particles:
            continue  # belongs to the name if another word of it follows
        if not words.may_be_name(found[1]) or not (_capitalised(found[1]) or opening.certain):
            break
        end = place
    return end


def _capitalised(word: str) -> bool:
    return word[0].isupper() and not word.isupper()


@cache
def _load() -> _Words:
    data = YAML(typ="safe", pure=True).load(_FILE.read_text(encoding="utf-8"))
    given, either, ordinary = (frozenset(data[kind].split()) for kind in ("given", "either", "not_names"))
    return _Words(given, either, frozenset(data["particles"]), ordinary)
