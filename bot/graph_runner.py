"""Runs a loaded Rasa graph without Dask: the nodes one after the other, in an order found once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rasa.engine.runner.dask import DaskGraphRunner


class OrderedGraphRunner:
    """Does what Rasa's runner does for a prediction, where nothing is to be gained from a scheduler."""

    def __init__(self, runner: DaskGraphRunner) -> None:
        """Takes over the nodes of a runner that has loaded its model."""
        self.nodes: dict[str, Any] = runner._instantiated_nodes
        self._schema = runner._graph_schema
        self._orders: dict[tuple[str, ...], list[tuple[str, tuple[str, ...]]]] = {}

    def run(self, inputs: Mapping[str, Any] | None = None, targets: Iterable[str] | None = None) -> dict[str, Any]:
        """The targets' outputs by node name, given the inputs by their names."""
        wanted = tuple(targets or self._schema.target_names)
        if wanted not in self._orders:
            self._orders[wanted] = self._order(wanted)
        results: dict[str, tuple[str, Any]] = {name: (name, value) for name, value in (inputs or {}).items()}
        for name, needs in self._orders[wanted]:
            results[name] = self.nodes[name](*(results[need] for need in needs))
        return {name: results[name][1] for name in wanted}

    def _order(self, wanted: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
        """Every node that the targets need, each after those that it needs itself."""
        nodes = self._schema.minimal_graph_schema(list(wanted)).nodes
        order: list[tuple[str, tuple[str, ...]]] = []
        placed: set[str] = set()

        def place(name: str) -> None:
            if name in placed or name not in nodes:
                return
            placed.add(name)
            needs = tuple(nodes[name].needs.values())
            for need in needs:
                place(need)
            order.append((name, needs))

        for name in wanted:
            place(name)
        return order
