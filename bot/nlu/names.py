"""The customer's own name, where a message gives it.

After "my name is" nearly any word is one. "I am" and "this is" are followed by anything: a word counts
there if it is a common given name, or has a capital and is neither a feeling (the cues of mood) nor
otherwise known as a word.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from spacy.lang.en.stop_words import STOP_WORDS

from bot.nlu.cues import load_cues

_FILE = Path(__file__).with_name("names_en.yml")
_MOST_WORDS = 3
_FEELINGS = ("anger", "frustration", "worry", "disappointment", "profanity")
_WORD = re.compile(r"[ ]?([^\W\d_](?:[^\W\d_]|['-](?=[^\W\d_])){1,29}|[A-ZÆØÅÄÖ](?:\.|(?=\s)))(?![\w@])")
_ORDINARY = re.compile(r"\w{2,}(?:ing|ed|ful|less|ous|able|ible|ish|ly|ment|tion|ness|ese|nt)$", re.IGNORECASE)
_ENDS = r"\s*(?:[,.!?;:)\n-]|$)"
_ENDED = re.compile(_ENDS)
_LINE_ENDS = r"[ \t]*[.,]?[ \t]*(?:\n|$|(?:tel|tlf|phone|mob|mobile|order|e-?mail)\b|\+?\d|[(<]|\S+@)"
_GOES_ON = (
    rf"(?:{_ENDS}|\s+(?:and|from|here|but|with|again|speaking|calling|writing|i|my|your|we|can|could|please|order)\b)"
)
_AFTER_A_NAME = re.compile(_GOES_ON, re.IGNORECASE)
_BEGINS = re.compile(r"(?:^|[.!?;\n])\s*\Z")
_AGAIN = r"\s+again(?= (?:about|with|here)\b|\s*(?:[,.!?:)\n-]|$))"
_HERE = (
    r"\s+(?:from (?:\w+ ){1,2})?"
    r"(?:her|hier|again here|this side|here(?!'s| is| are| it)|speaking|calling|writing)\b"
)
_OF_SOMEBODY_ELSE = re.compile(r"\s(?:who|that|whose)\b", re.IGNORECASE)  # "it's Lena who ordered"
_TITLES = r"\b(?:mr|mrs|ms|miss|dr)\.?\s+"
_TITLE = rf"(?:{_TITLES}(?=[^\W\d_](?:[^\W\d_]|')))?"
_TITLED = re.compile(rf"{_TITLES}\Z", re.IGNORECASE)
_THEN = r"[,.!:;)–-]*\s+(?:[-–/]\s?)?"
_TO_SOMEBODY = "(?:you|u|your|thanks?|thx|ty|cheers|sorry|please|pls|bye|hello|hi|hey|dear|ok|yes|no|called|named|good)"
_GREETING = (
    "(?:(?:hi|hiya|hello|hey|heya|good (?:day|morning|evening|afternoon))"
    "(?: there| again| team| all| everyone| everybody| folks| guys| people| support)?|hei|hallo|hej|moin|hola)"
)
_CONTACT = r",\s*(?:(?:tel|tlf|phone|mob|mobile|ph)\b[.:]*\s*)?(?:\+?\d[\d ]{6,}\d|\S+@)"
_REPLY = "(?:sure|ok|okay|yes|yep|of course|certainly|here you go|here it is)"
_PAPERS = "(?:order|purchase|invoice|account|parcel|package|card|booking|receipt|label|bell|mailbox)"
_WHICH_NAME = "(?:full|first|last|family|given|sur|customer|account|contact|billing|delivery)"
_RATHER = "(?:actually|really|still|now|just)"
_CALLED = r"\s+is (?:my|the) (?:full |first )?name\b"


@dataclass(frozen=True)
class _Opening:
    """Words before a name, and what must follow one that is not known, or any one if `always`.

    `certain`: nearly any word may be the name. `of_things`: products are presented in the same words.
    `begins`: the name begins a sentence. `given`: places are named in the same way, so only a given name counts.
    """

    words: re.Pattern[str]
    after: re.Pattern[str]
    certain: bool
    always: bool
    of_things: bool
    begins: bool
    given: bool


def _opening(
    words: str,
    after: str = "",
    *,
    certain: bool = False,
    always: bool = False,
    of_things: bool = False,
    begins: bool = False,
    given: bool = False,
) -> _Opening:
    before, following = (re.compile(pattern, re.IGNORECASE | re.MULTILINE) for pattern in (words, after))
    return _Opening(before, following, certain, always, of_things, begins, given)


@cache
def _openings() -> tuple[_Opening, ...]:
    data = _data()
    kinds = ("closings", "plain_closings", "thanks", "labels", "foreign", "foreign_here")
    closings, plain_closings, thanks, labels, foreign, foreign_here = (rf"(?:{'|'.join(data[kind])})" for kind in kinds)
    return (
        _opening(
            rf"(?:^|[^\w\s'][ ]*|\b(?:my|hi|hello|hey|and|so|yes|well|the) )(?:{_WHICH_NAME} ?)?name(?: is|'s| ?:|s)\s+"
            rf"(?:{_RATHER}\s)?{_TITLE}|^full name\s+|\b{labels}\s?:\s*{_TITLE}|\b{foreign}\s+",
            certain=True,
        ),
        _opening(
            r"\b(?:(?:under|in|by|with|on) (?:the|my) name(?: of)?"
            rf"|name on (?:it|(?:the|my) {_PAPERS})(?: is| should be|:))\s+{_TITLE}",
            certain=True,
        ),
        _opening(
            rf"(?:^|[,;.\n]\s*|\band )(?:the |my )?(?:{_WHICH_NAME} ?)?name,?(?: is)?\s+{_TITLE}",
            _GOES_ON,
        ),
        _opening(
            rf"\b(?:(?:{_PAPERS}|booked|registered|ordered|bought|placed|filed|it(?: is|'s)|be)(?: \w+)? (?:under|as)"
            rf"|registered (?:to|on))\s+{_TITLE}",
            _GOES_ON,
        ),
        _opening(
            rf"\byou(?: are|'re|re) (?:now )?(?:talking|speaking|chatting|writing|dealing) (?:to|with)\s+{_TITLE}",
            _GOES_ON,
        ),
        _opening(
            rf"(?:^|[.!?,]\s+)[^.!?,]{{2,30}}\bhere,\s+(?:I'm |I am |it's |this is |my name is )?{_TITLE}",
            r"\s*(?:[.!?\n]|$)",
        ),
        _opening(
            r"\b(?:hello|hi|hey|greetings|regards|message|mail|question|word|me)(?: again)?,? from\s+",
            given=True,
        ),
        _opening(
            rf"(?:^|(?<=[.!?,\n]\s)|(?<=\n)|\b(?:hei|hallo|hej|hola|bonjour|salut|ciao|hi|hello),? ){foreign_here}\s+",
            given=True,
        ),
        _opening(rf"^{_GREETING}[,!.]?\s+", r"\s+from \w+\s*(?:[,.!\n-]|$)", always=True, given=True),
        _opening(r"\b(?:it's me|me again|it is me|its me),?\s+(?:again,?\s+)?", _GOES_ON),
        _opening(r"\b(?:call me|i go by|i'm called|i am called|you have me (?:down )?as)\s+", _ENDS),
        _opening(rf"\b(?:i am|i'm|im|i m|^(?:myself|am))\s+{_TITLE}", _GOES_ON),
        _opening(rf"\b(?:this is|it's|it is|its)\s+{_TITLE}", rf"{_ENDS}|\s+(?:from|again)\b|{_HERE}", of_things=True),
        _opening(
            r"(?:^\s*|(?<=[.!?,;]\s)"
            rf"|\b{_GREETING}[,!.]?\s)",
            rf"{_HERE}|{_AGAIN}",
            always=True,
            begins=True,
        ),
        _opening(r"(?:^\s*|(?<=[.!?,;]\s)|\b(?:hi|hello|hey|and|but|no|yes) )", _CALLED, always=True),
        _opening(rf"(?<=[\w,;-]\s){plain_closings}{_THEN}{_TITLE}", _LINE_ENDS, always=True),
        _opening(
            rf"(?:^|(?<=[.!?…)\n])|(?<=[.!?…)]\s))(?:{closings}|{plain_closings}){_THEN}{_TITLE}",
            _LINE_ENDS,
            always=True,
        ),
        _opening(rf"(?:(?<=[.!?…)]\s)|(?<=\n)){thanks}{_THEN}{_TITLE}", _LINE_ENDS, always=True),
    )


# Where a given name stands by itself, what follows it there, the fewest words of the name, and whether it may be an
# ordinary word as well: "Grace".
_STANDING_ALONE = (
    (re.compile(r"^[ \t]*", re.MULTILINE), re.compile(r"[ \t.]*(?:\n|\Z)"), 1, False),  # a line of its own
    (
        re.compile(r"^[ \t]*", re.MULTILINE),
        re.compile(r"[ \t.]*(?:\n|\Z)|\s*[,(<|/]|\s+\+?\d"),
        2,
        True,
    ),  # "Ola Moe, order …"
    (re.compile(r"(?:\s|^)[-–—/~*]{1,2}\s?"), re.compile(r"[ \t.]*\Z"), 1, True),  # "… thanks in advance /Siv"
    (re.compile(r"(?<=[.!?…)])\s+"), re.compile(r"[ .]*\Z"), 1, False),  # the last sentence
    (  # "Ola, order …"
        re.compile(r"^[ \t]*", re.MULTILINE),
        re.compile(r",\s*(?:order\b|#|[a-z]{0,4}-?\d|\S+@)", re.IGNORECASE),
        1,
        True,
    ),
    (re.compile(rf"^\W*{_REPLY}[:,.!]?\s+", re.IGNORECASE), re.compile(r"[ .]*\Z"), 2, True),  # "Sure: Ola Moe"
    (re.compile(r"(?:(?<=[.!?…)])|,)\s+"), re.compile(_CONTACT), 1, True),  # "phone me, Ola, 912 34 567"
    (re.compile(r"(?:\d[\d ]{6,}\d|\S@\S+),\s+"), re.compile(r"[ .]*\Z"), 1, True),  # "912 34 567, Ola"
    (re.compile(r",\s+"), re.compile(r"[ .]*\Z"), 2, True),  # one name after a comma may be whom they talk to,
    (  # unless what is said before is a statement about something else
        re.compile(
            rf"(?:^|(?<=[.!?\n])\s*)(?![^.!?\n]*\b{_TO_SOMEBODY}\b)(?:[^\s.!?]+\s+){{3,}}(?-i:[a-z\d])[^\s.!?,]*,\s+",
            re.IGNORECASE,
        ),
        re.compile(r"[ .]*\Z"),
        1,
        True,
    ),
)


@dataclass(frozen=True)
class _Words:
    given: frozenset[str]
    either: frozenset[str]
    particles: frozenset[str]
    ordinary: frozenset[str]

    def is_given(self, word: str) -> bool:
        """Whether `word`, or each part of "Anne-Marie", is a common given name."""
        return all(part in self.given or _bare(part) in self.given for part in word.lower().split("-"))

    def may_be_given(self, word: str) -> bool:
        """Whether `word` is a common given name; with a capital if it is an ordinary word too."""
        return self.is_given(word) or (word.lower() in self.either and _capitalised(word))

    def with_capitals(self, name: str) -> str:
        """`name`, all in small letters or in capitals, as it is usually written: "Ludwig van Beethoven"."""
        first, *others = name.title().split(" ")
        small = [other.lower() if other.lower() in self.particles else other for other in others]
        return re.sub(r"\bMc[a-z]", lambda found: f"Mc{found[0][2].upper()}", " ".join([first, *small]))

    def may_be_name(self, word: str, *, last: bool = False) -> bool:
        """Whether `word` is no ordinary word that we know; as a `last` name it may end like one: "Manning"."""
        lower = word.lower()
        if lower.endswith(("'s", "'m", "'d", "'ll", "'re", "'ve", "n't")):  # somebody's, or "I'm"
            return False
        if self.may_be_given(word):
            return True
        if lower in self.ordinary or lower in STOP_WORDS or (_ORDINARY.match(word) and not last):
            return False
        counted = load_cues().counted
        return not any(counted[feeling].fullmatch(lower) for feeling in _FEELINGS)


def find_names(text: str, things: Collection[str] = ()) -> Iterator[tuple[int, int, str]]:
    """Start, end and proper spelling of the names by which the writer of `text` introduces themselves.

    `things`: small words that name products as well.
    """
    words = _load()
    taken: set[int] = set()
    for start, end in (*_introduced(text, words, things), *_standing_alone(text, words, things)):
        if start not in taken:
            taken.add(start)
            name = text[start:end]
            yield start, end, words.with_capitals(name) if name.islower() or name.isupper() else name


def _introduced(text: str, words: _Words, things: Collection[str]) -> Iterator[tuple[int, int]]:
    for opening in _openings():
        for found in opening.words.finditer(text):
            if end := _end_of_name(text, found.end(), opening, words):
                if opening.of_things and text[found.end() : end].lower() in things:
                    continue
                yield found.end(), end


def _standing_alone(text: str, words: _Words, things: Collection[str]) -> Iterator[tuple[int, int]]:
    for where, after, fewest, either in _STANDING_ALONE:
        for place in where.finditer(text):
            first = _WORD.match(text, place.end())
            if first is None or not (words.may_be_given(first[1]) if either else words.is_given(first[1])):
                continue
            end = _last_name(text, first.end(), words, small=first[1].islower())
            name = text[place.end() : end]
            most = 2 if name.islower() else _MOST_WORDS + 1
            if fewest <= len(name.split()) <= most and name.lower() not in things and after.match(text, end):
                yield place.end(), end


def _end_of_name(text: str, start: int, opening: _Opening, words: _Words) -> int | None:
    """Where the name that begins at `start` ends; None when there is none."""
    first = _WORD.match(text, start)
    if first is None or first.start(1) != start or not words.may_be_name(first[1]):
        return None
    if opening.given and not words.may_be_given(first[1]):
        return None
    known = opening.certain or opening.given or words.is_given(first[1]) or _TITLED.search(text, 0, start) is not None
    if not (known or _capitalised(first[1])):
        return None
    end = _last_name(text, first.end(), words, small=opening.certain)
    if known and not _capitalised(first[1]):
        whole_end = _last_name(text, first.end(), words, small=True)
        end = whole_end if (opening.after if opening.always else _AFTER_A_NAME).match(text, whole_end) else end
    alone = end == first.end()
    known = known or (words.may_be_given(first[1]) and opening.after.match(text, end) is not None)
    if alone and (len(first[1].rstrip(".")) == 1 or (not known and opening.begins and _BEGINS.search(text, 0, start))):
        return None  # an initial, or a word that has its capital from the sentence
    whole = not alone and _ENDED.match(text, end) is not None
    if _OF_SOMEBODY_ELSE.match(text, end):
        return None
    believed = (known or whole) and not opening.always
    return end if believed or opening.after.match(text, end) else None


def _last_name(text: str, end: int, words: _Words, *, small: bool) -> int:
    """Where the names end that follow one that ends at `end`; `small`: also in small letters."""
    place = end
    for _ in range(_MOST_WORDS):
        found = _WORD.match(text, place) if text[place : place + 1] == " " else None
        if found is None:
            break
        place = found.end()
        if found[1].lower() in words.particles:
            continue  # belongs to the name if another word of it follows
        if not words.may_be_name(found[1], last=_capitalised(found[1])) or not (_capitalised(found[1]) or small):
            break
        end = place
    return end


def _bare(word: str) -> str:
    """`word` without its accents."""
    return "".join(char for char in unicodedata.normalize("NFD", word) if not unicodedata.combining(char))


def _capitalised(word: str) -> bool:
    """Also of writings that have no capitals, and of "al-Sayed"."""
    word = re.sub(r"^(?:al|el|ul|ben|de)-(?=\w)", "", word)
    return not word[0].islower() and (not word.isupper() or len(word.rstrip(".")) == 1)


@cache
def _load() -> _Words:
    data = _data()
    given, either, ordinary = (frozenset(data[kind].split()) for kind in ("given", "either", "not_names"))
    return _Words(given, either, frozenset(data["particles"]), ordinary)


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = YAML(typ="safe", pure=True).load(_FILE.read_text(encoding="utf-8"))
    return data
