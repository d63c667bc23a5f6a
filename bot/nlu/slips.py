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
    places = range(1, len(word))
    left_out = {word[:at] + word[at + 1 :] for at in places}
    added = {word[:at] + letter + word[at:] for at in (*places, len(word)) for letter in ascii_lowercase}
    replaced = {word[:at] + letter + word[at + 1 :] for at in places for letter in ascii_lowercase}
    exchanged = {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in places[:-1]}
    return left_out | added | replaced | exchanged
