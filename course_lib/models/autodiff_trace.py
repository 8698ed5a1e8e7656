"""The two passes of automatic differentiation, state by state: values up, gradients down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from course_lib.models.autodiff import Value, flow


@dataclass(frozen=True)
class Passing:
    """One state: `node` has just got its value (forward) or its whole gradient (backward).

    Nodes are numbered, inputs before what uses them. `values` and `gradients` hold what is known
    by now; `handed` lists (input, gradient handed to it) in the backward pass.
    """

    phase: str
    node: int
    values: dict[int, float]
    gradients: dict[int, float]
    handed: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True)
class Graph:
    """A computation: the values in order, their labels, and wires (from, to, local slope)."""

    nodes: list[Value]
    labels: list[str]
    wires: list[tuple[int, int, float]]


def graph(result: Value, names: Mapping[str, Value] | None = None) -> Graph:
    """Number everything that a scalar `result` was made from; `names` labels the inputs.

    Raises ValueError for arrays: the picture shows one number per node.
    """
    nodes = [value for value, _ in flow(result)][::-1]
    if any(v.data.ndim for v in nodes):
        raise ValueError("the graph is drawn for scalars; this computation holds arrays")
    number = {value: i for i, value in enumerate(nodes)}
    called = {value: name for name, value in (names or {}).items()}
    labels = [called.get(v) or v.name or f"{float(v.data):g}" for v in nodes]
    wires = [
        (number[v], number[value], float(carry(np.array(1.0))))
        for value in nodes
        for v, carry in value.inputs
    ]
    return Graph(nodes, labels, wires)


def trace(result: Value) -> Iterator[Passing]:
    """Forward: each value in order. Backward: each gradient, and what it hands to the inputs."""
    nodes = graph(result).nodes
    number = {value: i for i, value in enumerate(nodes)}
    values: dict[int, float] = {}
    for i, value in enumerate(nodes):
        values = values | {i: float(value.data)}
        yield Passing("forward", i, values, {})
    gradients: dict[int, float] = {}
    for value, gradient in flow(result):
        gradients = gradients | {number[value]: float(gradient)}
        handed = tuple((number[v], float(carry(gradient))) for v, carry in value.inputs)
        yield Passing("backward", number[value], values, gradients, handed)


def paths(result: Value, start: Value) -> int:
    """How many ways lead from `start` to the result: the chain rule sums over all of them."""
    ways: dict[Value, int] = {}
    for value, _ in reversed(list(flow(result))):
        ways[value] = int(value is start) + sum(ways[v] for v, _ in value.inputs)
    return ways[result]
