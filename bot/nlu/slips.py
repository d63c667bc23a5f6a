"""Words as they come out when a finger slips: "huamn", "refnud", "tommorow"."""

from collections.abc import Iterable, Mapping
from string import ascii_lowercase

_LEAST = 5  # letters; shorter words are one slip from too many others


def meant_by(words: Iterable[str], others: Iterable[str]) -> Mapping[str, str]:
    """The word that is meant, for every slip in one of `words` of five letters or more, all in small letters.

    `words` and `others` are never slips themselves: "managed" is no "manager".
    """
    words = tuple(words)
    meant = {slip: word for word in words if len(word) >= _LEAST for slip in slips(word)}
    themselves = {*words, *others}
    return {slip: word for slip, word in meant.items() if slip not in themselves}


def slips(word: str) -> set[str]:
    """`word` with a letter left out, added, replaced, or exchanged with the next one; its first letter stays."""
    return left_out(word) | added(word) | replaced(word) | exchanged(word)


def left_out(word: str) -> set[str]:
    """`word` without one of its letters, but for its first."""
    return {word[:at] + word[at + 1 :] for at in range(1, len(word))}


def doubled(word: str) -> set[str]:
    """`word` with one of its letters twice, but for its first."""
    return {word[:at] + word[at] + word[at:] for at in range(1, len(word))}


def added(word: str, letters: Iterable[str] = ascii_lowercase) -> set[str]:
    """`word` with one of `letters` more, after its first."""
    return {word[:at] + letter + word[at:] for letter in letters for at in range(1, len(word) + 1)}


def replaced(word: str, letters: Iterable[str] = ascii_lowercase) -> set[str]:
    """`word` with one of `letters` in the place of another than its first."""
    return {word[:at] + letter + word[at + 1 :] for letter in letters for at in range(1, len(word))}


def exchanged(word: str) -> set[str]:
    """`word` with two letters exchanged that stand side by side, but its first."""
    return {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(1, len(word) - 1)}


def undoubled(word: str) -> set[str]:
    """`word` with one of two equal letters that stand side by side."""
    return {word[:at] + word[at + 1 :] for at in range(1, len(word)) if word[at] == word[at - 1]}
