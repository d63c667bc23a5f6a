"""What goes wrong on purpose: errors, time-outs and broken connections on demand, and rate limits."""

from __future__ import annotations

import math
import time
from collections import defaultdict, deque
from dataclasses import dataclass
from enum import Enum

from .errors import Refusal, Refused, too_many_requests

# A client that keeps the pace exactly may arrive a little early: its clock is not ours.
_GRACE_SECONDS = 0.05


class Trouble(Enum):
    """How a call goes wrong other than with an answer."""

    HANG = "no answer comes"
    DROP = "the connection breaks within the answer"


@dataclass(frozen=True)
class Fault:
    """What happens to a call."""

    what: Refusal | Trouble
    done: bool  # whether the call has its effect all the same


class Faults:
    """Faults that wait for their calls."""

    def __init__(self) -> None:
        self._planned: list[tuple[str, int | None, Fault]] = []

    def plan(self, method: str, fault: Fault, *, times: int, chat: int | None) -> None:
        """The next `times` calls of the method (in this chat, if one is given) meet the fault."""
        self._planned += [(method, chat, fault)] * times

    def next(self, method: str, chat: object) -> Fault | None:
        """The fault that this call meets, if any; it is used up."""
        for planned in self._planned:
            if planned[0] == method and planned[1] in (None, chat):
                self._planned.remove(planned)
                return planned[2]
        return None


class Limits:
    """The documented limits for messages: one a second in a chat, thirty a second in all.

    Another number of `seconds` makes a test independent of the machine's speed.
    """

    def __init__(self, *, messages: int = 30, seconds: float = 1.0) -> None:
        self._messages = messages
        self._seconds = seconds
        self._last: dict[object, float] = defaultdict(lambda: -math.inf)
        self._recent: deque[float] = deque()

    def check(self, chat: object) -> None:
        """Count a message; raises `Refused` with 429 if it comes too soon. A refused one does not count."""
        now = time.monotonic()
        span = self._seconds - _GRACE_SECONDS
        while self._recent and self._recent[0] <= now - span:
            self._recent.popleft()
        wait = self._last[chat] + span - now
        if len(self._recent) >= self._messages:
            wait = max(wait, self._recent[0] + span - now)
        if wait > 0:
            raise Refused(too_many_requests(math.ceil(wait)))
        self._last[chat] = now
        self._recent.append(now)
