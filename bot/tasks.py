"""Ending what runs in the background, and doing one thing after another."""

from __future__ import annotations

import asyncio
from typing import Any
from weakref import WeakValueDictionary

_AGAIN_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 300.0


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel ``tasks`` until they have ended, whatever they raise.

    Once is not enough: in Python 3.11 `asyncio.wait_for`, which psycopg waits with, loses a cancellation that comes in
    the moment of a wake-up.
    """
    running = set(tasks)
    while running := {task for task in running if not task.done()}:
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=_AGAIN_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)


def pause(failures: int) -> float:
    """Seconds until what failed so often is tried again: 1, 2, 4, … up to five minutes."""
    return min(_LONGEST_PAUSE_SECONDS, 2.0 ** min(failures - 1, 10))


class InTurn:
    """A lock for each name, for as long as somebody holds it or waits for it.

    What is said quickly at a place, a platform may tell us at the same time; first come is then first served, within
    one process.
    """

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def at(self, name: str) -> asyncio.Lock:
        """To be held meanwhile, by `async with`."""
        return self._locks.setdefault(name, asyncio.Lock())
