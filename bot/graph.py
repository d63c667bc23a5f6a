"""A trained Rasa model without what Rasa does anew for every message and could do once.

Its own runner asks dask to order and schedule the handful of nodes for every message and for every action that is
predicted: a third of a turn. In prediction the order never changes, so it is found once, and the nodes run in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any

from rasa.core.agent import Agent
from rasa.engine.exceptions import GraphComponentException
from rasa.engine.graph import GraphComponent
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.exceptions import RasaException

from bot.errors import StartError


def load_agent(model: Path, **connections: Any) -> Agent:
    """Rasa's agent for the file `model` as a worker runs it; `connections` are those of `Agent.load`.

    Raises StartError for a model that this version of Warmline, or its encoder, cannot use.
    """
    try:
        agent = Agent.load(str(model), **connections)
    except GraphComponentException as error:
        if isinstance(cause := error.__cause__, RasaException):
            raise StartError(str(cause)) from error
        raise StartError(
            f"{model.name} was trained by another version of Warmline. Fix: run `warmline train`."
        ) from error
    agent.processor.graph_runner = InOrder(agent.processor.graph_runner)
    # Rasa asks for every message, and to answer makes an empty domain to compare this one with.
    agent.domain.is_empty = cache(agent.domain.is_empty)
    return agent


class InOrder:
    """Has Rasa's `GraphRunner.run` over the nodes of a loaded runner."""

    def __init__(self, loaded: DaskGraphRunner) -> None:
        self._schema = loaded._graph_schema
        self._nodes = loaded._instantiated_nodes
        self._plans: dict[tuple[str, ...], list[tuple[str, tuple[str, ...]]]] = {}
        self.seconds: dict[str, float] = {}
        """What each node took when it ran last."""

    @property
    def components(self) -> Mapping[str, GraphComponent]:
        """What the nodes run, by their names."""
        return {name: node._component for name, node in self._nodes.items()}

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        """The outputs of the nodes ``targets`` by name, given the named ``inputs``."""
        wanted = tuple(targets or self._schema.target_names)
        done: dict[str, Any] = {name: (name, value) for name, value in (inputs or {}).items()}
        for name, needs in self._plan(wanted):
            # A node is given (name, output) of those it needs; one that is missing by its bare name.
            began = perf_counter()
            done[name] = self._nodes[name](*(done.get(need, need) for need in needs))
            self.seconds[name] = perf_counter() - began
        return dict(done[name] for name in wanted)

    def _plan(self, targets: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
        """Nodes with what they need, each after those."""
        if targets not in self._plans:
            nodes = self._schema.minimal_graph_schema(list(targets)).nodes
            plan: dict[str, tuple[str, ...]] = {}

            def add(name: str) -> None:
                if name in nodes and name not in plan:
                    needs = tuple(nodes[name].needs.values())
                    for need in needs:
                        add(need)
                    plan[name] = needs

            for target in targets:
                add(target)
            self._plans[targets] = list(plan.items())
        return self._plans[targets]
