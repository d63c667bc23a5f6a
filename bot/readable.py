"""Is a text plain (P33)? Reading ease, sentence length and words that customers do not use."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.errors import ConfigurationError
from bot.nlu.sentences import parts
from bot.nlu.spans import Span
from bot.yamlfile import read_document

LEAST_READING_EASE = 60.0
"""Flesch calls 60 to 70 "standard", what 13- to 15-year-olds read with ease; below it is "fairly hard"."""

LONGEST_SENTENCE = 25
"""Words; the limit of the GOV.UK content guidance, beyond which readers lose the thread."""

_PAUSE = re.compile(r"(?<=[.?!:])\s+|\n+")  # of a reader: what is read at once also ends with a colon
# Only plain words count: an address, a price or a code is looked at, not read.
_WORD = re.compile(r"(?<![\w@./-])[^\W\d_]+(?:['’-][^\W\d_]+)*(?![\w@/])(?![.-]\w)")
_VOWELS = re.compile(r"[aeiouy]+")
_SILENT_END = re.compile(r"(?:[^aeiouyl]e|[^aeiouytd]ed|[^aeiouysxzhgc]es)$")


def long_sentences(text: str) -> Iterator[tuple[Span, int]]:
    """Where the sentences of `text` stand that are too long, and how many words each has."""
    for span in parts(text, _PAUSE):
        words = len(_WORD.findall(text[slice(*span)]))
        if words > LONGEST_SENTENCE:
            yield span, words


def reading_ease(text: str) -> float:
    """Flesch reading ease of English `text`: about 0 (very hard) to 100 (very easy); 100 without words.

    206.835 - 1.015 x words per sentence - 84.6 x syllables per word; R. Flesch, "A new readability
    yardstick", Journal of Applied Psychology 32 (1948). Syllables are counted as groups of vowels.
    """
    spoken = [words for span in parts(text, _PAUSE) if (words := _WORD.findall(text[slice(*span)]))]
    words = [word for sentence in spoken for word in sentence]
    if not words:
        return 100.0
    syllables = sum(_syllables(word) for word in words)
    return 206.835 - 1.015 * len(words) / len(spoken) - 84.6 * syllables / len(words)


def load_jargon(root: Path, language: str) -> dict[str, str]:
    """Term → what to write instead, from `data/wording/<language>/jargon.yml`; empty without the file.

    Raises ConfigurationError when a term has no plain words.
    """
    file = f"data/wording/{language}/jargon.yml"
    if not (root / file).exists():
        return {}
    document = read_document(root / file, file)
    terms = document.data
    if not isinstance(terms, dict):
        raise ConfigurationError(file, 1, "this must be a list of terms", "write term: plain words")
    for term, plain in terms.items():
        if not (isinstance(term, str) and isinstance(plain, str) and plain.strip()):
            fix = "write term: plain words, in quotes where needed"
            raise ConfigurationError(file, document.line([str(term)]), f'"{term}" has no plain words', fix)
    return terms


def jargon_in(text: str, jargon: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The terms of `jargon` that stand in `text` as whole words, with their plain words."""
    for term, plain in jargon.items():
        if re.search(rf"\b{re.escape(term)}\b", text, re.IGNORECASE):
            yield term, plain


def _syllables(word: str) -> int:
    word = word.lower()
    count = len(_VOWELS.findall(word))
    if count > 1 and _SILENT_END.search(word):
        count -= 1
    return max(count, 1)
