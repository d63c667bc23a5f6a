"""The customer's own name, where a message gives it.

A run of words that may be a name is a candidate; what stands around it tells whether it is the writer's own:
"kind regards", "here", "my wife", "thanks". How much each of these tells is learnt from examples.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cache

from spacy.lang.en.stop_words import STOP_WORDS

from bot.nlu.cues import load_cues
from bot.nlu.likelihood import Likelihood, fit
from bot.nlu.name_spelling import learn_spelling, like_a_name
from bot.nlu.packaged import read_packaged
from bot.nlu.slips import slips
from bot.nlu.spans import Span, blanked, overlap
from bot.nlu.tokens import LINE_END, tokens

_MOST_WORDS = 4
_LONGEST_WORD = 30  # letters
_LONGEST_TITLE = 15  # letters
_LONG_WORD = 8  # letters; few names are a slip away from a word of so many
_FEELINGS = ("anger", "frustration", "worry", "disappointment", "profanity")
_LOOSENESS = 2.0
_OWN, _OWN_AS_A_THING = 0.5, 0.8  # probabilities from which a name is the writer's: "this is Sol" may be a lamp
_NEAR = 8  # words and marks on each side that are looked at
_FAR = 120  # characters in which they are sought
_MARGIN = 3  # marks of nothing beyond them, for features of so many neighbours
_STARTS = re.compile(r"(?<![\w@.'])(?<!\w-)[^\W\d_]")
_WORD = re.compile(r"[ ]?([^\W\d_](?:[^\W\d_]|['-](?=[^\W\d_])){1,29}|[A-ZÀ-ÖØ-Þ](?:\.|(?=\s)))(?![\w@])")
_PLAIN_WORD = re.compile(r"(?<![\w@.'-])[a-z]+(?:['-][a-z]+)*(?![\w@])")
_ORDINARY = re.compile(r"\w{2,}(?:ing|ed|ful|less|ous|able|ible|ish|ly|ment|tion|ness|ese|nt)$", re.IGNORECASE)
# "Nordmann, Ola", with nothing before it but "Name:", and nothing behind it before a mark that parts it from the rest.
_AS_IN_A_LIST = re.compile(
    r"(?:\A|^(?i:(?:(?:my|full|customer) )?name)\s?:)\s*"
    r"((?P<family>[^\W\d_][\w'-]+(?: [^\W\d_][\w'-]+){0,2}), (?P<given>[^\W\d_][\w'-]+))"
    r"\s*(?:[;|/\n]|\s[-–—]\s|\.?\s*\Z)",
    re.MULTILINE,
)
_BEHIND_A_CAPITAL = re.compile(r"\b[^\W\d_a-zæøåäöü][\w-]* \Z")
_FIGURE = re.compile(r"\d")
_INITIAL = re.compile(r"[^\W\d_]\.?")
_PLACE_BEHIND = re.compile(r", ?[^\W\d_][\w'-]+(?: [^\W\d_][\w'-]+){0,2}[.!]?[ ]*(?=\n|\Z)")
_NAME_BEFORE = re.compile(r"(?:\A|[.!?:)\n])\s*(?:[^\W\d_][\w'-]+ |[^\W\d_]\. ){1,3}[^\W\d_][\w'-]+, ?\Z")
_SIGNATURE_GOES_ON = re.compile(r"[ ,]*(?:\n|,)[ ]*")  # from a name to a place, a title or a company
_SENTENCE_ENDS = frozenset((".", "!", "?", LINE_END))
# Letters that are more than a plain one with an accent.
_PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "ß": "ss", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"}
)
_BEGIN, _END, _NONE, _GIVEN = "«", "»", "-", "NAME"


@dataclass(frozen=True)
class Names:
    """What was learnt of names: `own` tells the writer's, `spelling` what is spelt like a name.

    `known` are the words of the examples, in small letters.
    """

    own: Likelihood
    spelling: Likelihood
    known: frozenset[str]

    def find(self, text: str, things: Collection[str] = ()) -> Iterator[tuple[int, int, str]]:
        """Start, end and proper spelling of the names by which the writer of `text` calls themselves.

        `things`: small words that name products as well.
        """
        words = _load()
        for listed in _AS_IN_A_LIST.finditer(text):
            if _is_listed(listed["family"], listed["given"], words, self.known):
                yield *listed.span(1), listed[1]
                return
        found = [
            (self.own.of(_features(text, span, words, self.known, self.spelling, things)), span)
            for span in _candidates(text, words, self.known)
        ]
        taken: list[Span] = []
        for likelihood, span in sorted(found, reverse=True):
            name = text[slice(*span)]
            least = _OWN_AS_A_THING if name.lower() in things else _OWN
            if (
                likelihood >= least
                and name.lower() not in words.greetings
                and not any(overlap(span, other) for other in taken)
            ):
                taken.append(span)
        for span in taken:
            if not any(_SIGNATURE_GOES_ON.fullmatch(text, end, span[0]) for _, end in taken if end < span[0]):
                name = text[slice(*span)]
                yield *span, words.with_capitals(name) if name.islower() or name.isupper() else name


def learn(examples: Sequence[tuple[str, Collection[Span]]], others: Iterable[str], things: Collection[str]) -> Names:
    """What `examples` teach, texts with the places of their writers' names.

    `others` are more texts, which show ordinary words; `things` as above.
    """
    words = _load()
    often = Counter(word for text, names in examples for word in _plain_words(blanked(text, names)))
    elsewhere = {word for text in others for word in _plain_words(text)}
    ordinary = {word for word in elsewhere | words.ordinary if len(word) > 2 and not words.is_given(word)}
    spelling = learn_spelling(words.given, ordinary)
    features, right = [], []
    for text, names in examples:
        # A word that only this example has would be as new as in a message.
        here = _plain_words(blanked(text, names))
        known = frozenset(word for word in _plain_words(text) if often[word] > (word in here) or word in elsewhere)
        starts = {start for start, _ in names}
        for span in _candidates(text, words, known):
            features.append(_features(text, span, words, known, spelling, things))
            right.append(span[0] in starts)
    known = frozenset(word for word in {*often, *elsewhere, *words.ordinary} if not words.is_given(word))
    return Names(fit(features, right, looseness=_LOOSENESS), spelling, known)


def _is_listed(family: str, given: str, words: "_Words", known: Set[str]) -> bool:
    """Whether these are the names of one person, as lists have them; "Thanks, Ola" and "Kari, Ola" are not."""
    parts = [part for part in family.split() if part.lower() not in words.particles]
    plain = [
        words.is_given(part) or part.lower() in words.greetings or _is_ordinary(part.lower(), known) for part in parts
    ]
    capitals = all(_capitalised(part) or part.isupper() for part in (*parts, given))
    return capitals and words.is_given(given) and all(map(words.may_be_name, parts)) and bool(parts) and not any(plain)


def _candidates(text: str, words: "_Words", known: Set[str]) -> Iterator[Span]:
    """Where a name could stand: from each word that could begin one to the last that could belong to it."""
    streets = [found.span() for found in words.street.finditer(text)] if _FIGURE.search(text) else []
    for place in _STARTS.finditer(text):
        first = _WORD.match(text, place.start())
        if first is None or first.start(1) != place.start() or not words.may_be_name(first[1]):
            continue
        if any(overlap(first.span(), street) for street in streets):
            continue
        if first[1] in words.particles and _BEHIND_A_CAPITAL.search(
            text, max(0, place.start() - _LONGEST_WORD), place.start()
        ):
            continue  # of "Anna von Stein" no name is "von Stein"
        plain = first[1].islower() and not words.is_given(first[1]) and _is_ordinary(first[1], known)
        end = _last_name(text, first, words, known)
        if not plain and (end > first.end() or len(first[1].rstrip(".")) > 1):
            yield place.start(), end


def _is_ordinary(word: str, known: Set[str]) -> bool:
    """Whether `word` is `known`, or a slip in a long one that is: "deliverd"."""
    return word in known or (len(word) >= _LONG_WORD and bool(known & slips(word)))


def _last_name(text: str, first: re.Match[str], words: "_Words", known: Set[str]) -> int:
    """Where the names end that begin with `first`, written alike: in small letters, with capitals, or all in them."""
    small, loud = first[1].islower(), first[1].isupper()
    end = place = first.end()
    others = 0
    while others < _MOST_WORDS - 1:
        found = _WORD.match(text, place) if text[place : place + 1] == " " else None
        if found is None:
            break
        word, place = found[1], found.end()
        if word.lower() in words.particles:
            continue  # belongs to the name if another word of it follows
        alike = _capitalised(word) or (loud and word.isupper()) or (small and word not in known)
        if not alike or not words.may_be_name(word, last=not word.islower()):
            break
        end, others = place, others + 1
    return end


def _features(
    text: str, span: Span, words: "_Words", known: Set[str], spelling: Likelihood, things: Collection[str]
) -> set[str]:
    """What can be said about the name at `span`: of what kind it is, and what stands before and after it."""
    start, end = span
    name = text[start:end]
    parts = name.split()
    first = next((part for part in parts if part.lower() not in words.particles), parts[0])
    title = words.title.search(text, max(0, start - _LONGEST_TITLE), start)
    begin = title.start() if title else start
    is_thing = name.lower() in things
    kind = words.kind(first, known) + ("thing" if is_thing else "titled" if title else "")
    written = "small" if name.islower() else "loud" if name.isupper() and len(name) > 2 else "capital"
    size = min(3, len(parts))
    left, right = _before(text, begin, words), _after(text, end, words)
    ends = right[0] in (_END, LINE_END) or (right[0] in (".", ",", "!", ")") and right[1] in (_END, LINE_END))
    alone = f"{left[0] in (_BEGIN, LINE_END)} {ends}"
    clause = _until_sentence_ends(left)
    length = min(len(clause), 6)
    mark = left[0] if not left[0].isalpha() else "word"
    # At the end of more than a thank-you.
    signs = f"{begin > _FAR or len(left) - _MARGIN > len(clause) + 1} {ends}"
    # "Falk ANNA", "Anna Falk, Oslo" and that town.
    turned = kind == "new" and size > 1 and words.is_given(parts[-1])
    goes_on = size > 1 and right[0] == "," and _PLACE_BEHIND.match(text, end) is not None
    follows = left[0] == "," and _NAME_BEFORE.search(text, max(0, start - _FAR), start) is not None
    told = {
        f"turned {turned} {alone}",
        f"goes on {goes_on} {left[0] in (_BEGIN, *_SENTENCE_ENDS)} {kind}",
        f"follows {follows} {ends}",
        f"kind {kind} {written} {size}",
        f"kind {kind}",
        f"size {size}",
        f"line {alone}",
        f"line {alone} {kind} {size}",
        f"first {left[0] == _BEGIN}",
        f"length {length} {mark} {ends}",
        f"length {length} {mark} {ends} {kind}",
        f"signs {signs}",
        f"signs {signs} {mark}",
        f"signs {signs} {left[1]} {left[0]}",
    }
    if is_thing:  # presented in the same words as a person, but not in all of them
        told.add(f"thing {left[1]} {left[0]}")
    if not words.is_given(first):
        like = max(like_a_name(part, spelling) for part in first.split("-"))
        told |= {f"like {like}", f"like {like} {written}", f"like {like} {left[0]}", f"like {like} {alone}"}
    told |= {f"before {word}" for word in clause}
    told |= {f"after {word}" for word in _until_sentence_ends(right)[:5]}
    return told | _beside(left, right, kind, ends=ends)


def _beside(left: Sequence[str], right: Sequence[str], kind: str, *, ends: bool) -> set[str]:
    """What can be said about a name of this `kind` by its neighbours; whether a line `ends` with it."""
    return {
        f"left {left[0]}",
        f"left2 {left[1]} {left[0]}",
        f"left3 {left[2]} {left[1]} {left[0]}",
        f"right {right[0]}",
        f"right2 {right[0]} {right[1]}",
        f"right3 {right[0]} {right[1]} {right[2]}",
        f"around {left[0]} {right[0]}",
        f"around2 {left[1]} {left[0]} {right[0]}",
        f"around3 {left[0]} {right[0]} {right[1]}",
        f"left {left[0]} {kind}",
        f"left2 {left[1]} {left[0]} {ends}",
        f"left {left[0]} {ends}",
        f"right {right[0]} {kind}",
    }


def _before(text: str, begin: int, words: "_Words") -> list[str]:
    """The words and marks that stand before `begin`, the nearest first, and a margin of nothing."""
    found = [_GIVEN if words.is_given(word) else word for word in tokens(text[max(0, begin - _FAR) : begin])]
    opening = [_BEGIN] if begin <= _FAR and len(found) < _NEAR else []
    return [*found[::-1][:_NEAR], *opening, *[_NONE] * _MARGIN]


def _after(text: str, end: int, words: "_Words") -> list[str]:
    """The same for what stands after `end`."""
    found = [_GIVEN if words.is_given(word) else word for word in tokens(text[end : end + _FAR])]
    closing = [_END] if end + _FAR >= len(text) and len(found) < _NEAR else []
    return [*found[:_NEAR], *closing, *[_NONE] * _MARGIN]


def _until_sentence_ends(side: Sequence[str]) -> list[str]:
    """The words and marks of `side`, nearest first, that belong to the same sentence."""
    end = next((place for place, word in enumerate(side) if word in _SENTENCE_ENDS or word in (_BEGIN, _END, _NONE)), 0)
    return [*side[:end]]


@dataclass(frozen=True)
class _Words:
    given: frozenset[str]
    either: frozenset[str]
    particles: frozenset[str]
    greetings: frozenset[str]
    ordinary: frozenset[str]
    street: re.Pattern[str]
    title: re.Pattern[str]

    def is_given(self, word: str) -> bool:
        """Whether `word`, or each part of "Anne-Marie", is a common given name."""
        parts = word.lower().split("-")
        return all(part in self.given or (not part.isascii() and _bare(part) in self.given) for part in parts)

    def kind(self, word: str, known: Set[str]) -> str:
        """What is known of `word` as a name."""
        if self.is_given(word):
            return "given"
        if _INITIAL.fullmatch(word):
            return "initial"
        return "either" if word.lower() in self.either else "word" if word.lower() in known else "new"

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
        if self.is_given(word) or (lower in self.either and not word.islower()):
            return True
        if lower in self.ordinary or lower in STOP_WORDS or (_ORDINARY.match(word) and not last):
            return False
        return not any(feeling.fullmatch(lower) for feeling in _feelings())


def _plain_words(text: str) -> set[str]:
    return set(_PLAIN_WORD.findall(text))


def _bare(word: str) -> str:
    """`word` without its accents, in plain letters."""
    parts = unicodedata.normalize("NFD", word.translate(_PLAIN_LETTERS))
    return "".join(char for char in parts if not unicodedata.combining(char))


def _capitalised(word: str) -> bool:
    """Also of writings that have no capitals, and of "al-Sayed"."""
    word = re.sub(r"^(?:al|el|ul|ben|de)-(?=\w)", "", word)
    return not word[0].islower() and (not word.isupper() or len(word.rstrip(".")) == 1)


@cache
def _feelings() -> tuple[re.Pattern[str], ...]:
    counted = load_cues().counted
    return tuple(counted[feeling] for feeling in _FEELINGS)


@cache
def _load() -> _Words:
    data = read_packaged("names_en.yml")
    given, either, greetings, ordinary = (
        frozenset(data[kind].split()) for kind in ("given", "either", "greetings", "not_names")
    )
    title = re.compile(rf"\b(?:{'|'.join(data['titles'])})\b\.?\s+\Z", re.IGNORECASE)
    return _Words(given, either, frozenset(data["particles"]), greetings, ordinary, _street(data), title)


def _street(data: dict[str, list[str]]) -> re.Pattern[str]:
    """Where a street is named, with the number of a house."""
    before, behind, numbered, endings, small = (
        "|".join(data[kind])
        for kind in ("before_streets", "behind_streets", "numbered_streets", "endings_of_streets", "particles")
    )
    word = rf"(?:(?:{small}|[^\W\d_a-zæøåäöü][\w'.-]*) )"
    number = r",? ?(?:n[ro°º]?\.? ?)?\d+"
    forms = (
        rf"(?i:{before}) {word}{{0,4}}[^\W\d_a-z][\w'.-]*{number}",
        rf"{word}{{1,3}}(?i:{behind}){number}",
        rf"\w{{2,}}(?i:{endings}){number}",
        rf"(?<![\w.,-])\d{{1,4}}[a-z]?,? {word}{{1,3}}(?i:{numbered})",
    )
    return re.compile(rf"\b(?:{'|'.join(forms)})\b")
