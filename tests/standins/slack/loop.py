"""The loop on which the stand-in lives: a thread of its own, so that a test that blocks does not stop Slack."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class _Runs(Protocol):
    async def run(self, work: Coroutine[Any, Any, T]) -> T: ...


class _HasSlack(Protocol):
    @property
    def slack(self) -> _Runs: ...


S = TypeVar("S", bound=_HasSlack)


def on_slack(
    method: Callable[Concatenate[S, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """A method that tests await on their own loop and that runs on Slack's: only there is its state touched."""

    @functools.wraps(method)
    async def there(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.slack.run(method(self, *args, **kwargs))

    return there
