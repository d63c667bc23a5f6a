"""Which of the business's languages a customer writes; with one language nothing is loaded and nothing decided."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from bot.business import Business

if TYPE_CHECKING:
    from lingua import LanguageDetector

# Evidence is the lead of the likeliest language over the next one, 0 to 1, times the words it rests on: a lead of
# 0.25 with four words says as much as one of 0.2 with five. Between English and Norwegian, of 3,887 English messages
# of the sample shop 12 would begin a conversation in the wrong language, and 2 would change one that has begun; of
# 146 Norwegian ones, those with three words or more are recognised in 99 and 95 of 100.
_EVIDENCE_AT_FIRST = 1.0
_EVIDENCE_LATER = 2.5
_MOST_WORDS = 8
_FEWEST_WORDS = 2
_LONGEST_TEXT = 1_000  # characters

# What is the same in every language: addresses, and everything with a digit in it.
_NO_LANGUAGE = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+|\S*\d\S*")
_WORD = re.compile(r"[^\W\d_]{2,}")
# Scripts that put no spaces between words: two characters make about one.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")

_NAMES = {
    "ar": "Arabic", "bg": "Bulgarian", "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek",
    "en": "English", "es": "Spanish", "et": "Estonian", "fi": "Finnish", "fr": "French", "ga": "Irish",
    "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "is": "Icelandic", "it": "Italian",
    "ja": "Japanese", "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian", "nb": "Norwegian", "nl": "Dutch",
    "nn": "Norwegian", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian",
    "sk": "Slovak", "sl": "Slovene", "sr": "Serbian", "sv": "Swedish", "tr": "Turkish", "uk": "Ukrainian",
    "zh": "Chinese",
}  # fmt: skip

# Norwegian has one written form in the detector, and browsers use the old code for it too.
_ALIASES = {"no": "nb", "nn": "nb"}


class LanguageOfCustomers:
    """Notices another language of the business in what customers write. Thread-safe."""

    def __init__(self, business: Business) -> None:
        """Loads about 40 MB a language, where there is more than one."""
        self._languages = {_alias(language): language for language in business.languages}
        products = [name for one in business.products for name in (one.name, *one.aliases)]
        self._names = _any_of([business.name, *products])
        self._detector = _detector(list(self._languages)) if len(self._languages) > 1 else None

    def detect(self, text: str, current: str, *, settled: bool) -> str:
        """The language of `text`, or `current` unless it is clearly another one.

        `settled` says that the customer has written before, which takes more evidence. One word never decides,
        and numbers, addresses and the names of products never count.
        """
        if self._detector is None or _alias(current) not in self._languages:
            return current
        plain = self._names.sub(" ", _NO_LANGUAGE.sub(" ", text[:_LONGEST_TEXT]))
        words = _WORD.findall(plain)
        count = max(len(words), len(_UNSPACED.findall(plain)) // 2)
        if count < _FEWEST_WORDS:
            return current
        first, second, *_ = self._detector.compute_language_confidence_values(" ".join(words))
        evidence = (first.value - second.value) * min(count, _MOST_WORDS)
        if evidence < (_EVIDENCE_LATER if settled else _EVIDENCE_AT_FIRST):
            return current
        return self._languages[first.language.iso_code_639_1.name.lower()]


def preferred(accepted: str, languages: Sequence[str]) -> str:
    """The best of `languages` for a browser that sends `accepted` (Accept-Language); the first if it names none.

    A first guess, until the customer has written or chosen.
    """
    served = {_alias(language): language for language in languages}
    wanted = []
    for place, part in enumerate(accepted[:_LONGEST_TEXT].split(",")):
        tag, _, quality = part.partition(";q=")
        try:
            wanted.append((-float(quality or 1), place, _alias(tag.strip().split("-")[0].lower())))
        except ValueError:
            continue  # whatever it is, it is not a wish
    return next((served[language] for _, _, language in sorted(wanted) if language in served), languages[0])


def say_languages(languages: Sequence[str]) -> str:
    """Their names in a row: "English, Norwegian and German"; a code whose name is not known stands for itself."""
    *others, last = (_NAMES.get(language, language) for language in languages)
    return f"{', '.join(others)} and {last}" if others else last


def _alias(language: str) -> str:
    return _ALIASES.get(language, language)


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b", re.IGNORECASE)


def _detector(languages: Sequence[str]) -> LanguageDetector | None:
    """None where fewer than two of the languages can be told apart; customers then choose."""
    from lingua import IsoCode639_1, LanguageDetectorBuilder  # here: 100 MB that one language does not need

    codes = [code for language in languages if (code := getattr(IsoCode639_1, language.upper(), None)) is not None]
    if len(codes) != len(languages):
        return None  # what cannot be recognised would always be taken for one of the others
    return LanguageDetectorBuilder.from_iso_codes_639_1(*codes).with_preloaded_language_models().build()
