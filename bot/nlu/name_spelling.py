"""How much a word that nobody listed is spelt like a given name: Morwenna is, invoice is not."""

from collections.abc import Iterable

from bot.nlu.likelihood import Likelihood, fit

_LENGTHS = (2, 3, 4)  # letters of the parts that are compared, the word's ends among them
_LOOSENESS = 1.0
_STEPS = (0.12, 0.5, 0.88)  # probabilities that part one likeness from the next; 0.12 is 1 to e² against


def learn_spelling(names: Iterable[str], words: Iterable[str]) -> Likelihood:
    """What tells `names` from other `words`, both in small letters and neither empty."""
    told = [(word, True) for word in sorted(names)] + [(word, False) for word in sorted(words)]
    return fit([_parts(word) for word, _ in told], [is_name for _, is_name in told], looseness=_LOOSENESS)


def like_a_name(word: str, spelling: Likelihood) -> int:
    """From 0, like no name, to 3, like a name, as `spelling` learnt it."""
    likely = spelling.of(_parts(word.lower()))
    return sum(likely >= step for step in _STEPS)


def _parts(word: str) -> set[str]:
    whole = f"^{word}$"
    return {whole[start : start + length] for length in _LENGTHS for start in range(len(whole) - length + 1)}
