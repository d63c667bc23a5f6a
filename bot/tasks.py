"""Ending what runs in the background."""

from __future__ import annotations

import asyncio
from typing import Any

_AGAIN_SECONDS = 1.0


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
