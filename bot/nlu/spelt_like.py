"""How much a word that nobody listed is spelt like a given name: Morwenna is, invoice is not."""

import math
from collections.abc import Iterable

from bot.nlu.likelihood import Likelihood, fit

_LENGTHS = (2, 3, 4)  # letters of the parts that are compared, the word's ends among them
_LOOSENESS = 1.0
# Log odds that part one likeness from the next: less likely a name than e² to 1 against it, even, e² to 1 for it.
_STEPS = (-2.0, 0.0, 2.0)


def learn_spelling(names: Iterable[str], words: Iterable[str]) -> Likelihood:
    """What tells `names` from other `words`, both in small letters and neither empty."""
    told = [(word, True) for word in sorted(names)] + [(word, False) for word in sorted(words)]
    return fit([_parts(word) for word, _ in told], [is_name for _, is_name in told], looseness=_LOOSENESS)


def likeness(word: str, spelling: Likelihood) -> int:
    """From 0, like no name, to 3, like a name, as `spelling` learnt it."""
    likely = min(max(spelling.of(_parts(word.lower())), 1e-9), 1 - 1e-9)
    odds = math.log(likely / (1 - likely))
    return sum(odds >= step for step in _STEPS)


def _parts(word: str) -> set[str]:
    whole = f"^{word}$"
    return {whole[start : start + length] for length in _LENGTHS for start in range(len(whole) - length + 1)}
