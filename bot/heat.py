"""How heated a whole conversation is, from the mood of its turns (P10, P26)."""

from __future__ import annotations

from bot.records import Mood

# How much heat one turn of each kind carries at full strength. Worry and disappointment ask for care,
# not for a person at once; anger, insults and threats do.
_WEIGHT = {
    "calm": 0.0,
    "worried": 0.35,
    "disappointed": 0.45,
    "frustrated": 0.65,
    "angry": 0.9,
    "abusive": 1.0,
    "threatening_legal": 1.0,
    "threatening_physical": 1.0,
}

# What is left of the earlier heat after one calm turn: about four calm turns bring 0.9 below 0.25.
_MEMORY = 0.7


def heat_after(heat: float, mood: Mood) -> float:
    """Heat in 0..1 after a turn of this mood, given the heat in 0..1 before it.

    A hot turn heats at once; calm turns cool slowly, for somebody who was furious a minute ago still is.
    """
    score = _WEIGHT[mood.kind] * mood.strength
    return round(max(score, _MEMORY * heat + (1 - _MEMORY) * score), 4)
