"""Landscapes with two weights to walk down: a valley, a saddle, a banana, a net of two weights.

Each height is written with + - * / and powers only, so that it takes NumPy arrays (to draw it)
and torch tensors (to differentiate it) alike: w[0] and w[1] are the two weights.
Source: lectures 001 (topic 19), 003 (topics 4-7), 004 (topic 15); Rosenbrock 1960.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Height = Callable[[Any], Any]


@dataclass(frozen=True)
class Surface:
    """A height over two weights: where to start, what part to draw, where its lowest points are."""

    name: str
    height: Height
    start: tuple[float, float]
    window: tuple[float, float, float, float]  # left, right, bottom, top
    lowest: tuple[tuple[float, float], ...] = ()


def valley(condition: float) -> Height:
    """(w0**2 + condition * w1**2) / 2: its curvatures are 1 and `condition`.

    >>> valley(25)(np.array([10.0, 1.0]))
    np.float64(62.5)
    """

    def height(w: Any) -> Any:
        return (w[0] ** 2 + condition * w[1] ** 2) / 2

    return height


def turned(height: Height, degrees: float) -> Height:
    """The same landscape, turned to the left around the origin."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return lambda w: height((c * w[0] + s * w[1], c * w[1] - s * w[0]))


def saddle(w: Any) -> Any:
    """x**2 - y**2 + y**4 / 4: a saddle at the origin, two valleys at y = -sqrt 2 and sqrt 2."""
    return w[0] ** 2 - w[1] ** 2 + w[1] ** 4 / 4


def rosenbrock(w: Any) -> Any:
    """(1 - x)**2 + 20 (y - x**2)**2: a bent valley with its floor at (1, 1), 20 in place of 100."""
    return (1 - w[0]) ** 2 + 20 * (w[1] - w[0] ** 2) ** 2


INPUTS = np.linspace(-2, 2, 9)
TARGETS = 0.8 * np.tanh(1.5 * INPUTS)


def two_weight_net(w: Any) -> Any:
    """The mean squared error of the net y = w1 tanh(w0 x) on nine points of 0.8 tanh(1.5 x).

    It has a saddle at the origin and two equal minima, (1.5, 0.8) and (-1.5, -0.8): turning the
    sign of both weights leaves the output as it is.
    """
    x, t = (w[0].new_tensor(v) if hasattr(w[0], "new_tensor") else v for v in (INPUTS, TARGETS))
    net = w[0][..., None] * x
    output = w[1][..., None] * (1 - 2 / (math.e ** (2 * net) + 1))  # tanh, of arrays and tensors
    return ((output - t) ** 2).mean(-1)


ROOT = math.sqrt(2)
SURFACES = {
    surface.name: surface
    for surface in (
        Surface("valley", valley(25), (10, 1), (-11, 11, -2.2, 2.2), ((0, 0),)),
        Surface("turned valley", turned(valley(25), 30), (8, 6), (-11, 11, -8, 8), ((0, 0),)),
        Surface("saddle", saddle, (1.5, 0.01), (-2, 2, -2.2, 2.2), ((0, ROOT), (0, -ROOT))),
        Surface("Rosenbrock", rosenbrock, (-1.2, 1), (-2, 2, -0.8, 2.6), ((1, 1),)),
        Surface(
            "two-weight net", two_weight_net, (0.9, -1.1), (-3, 3, -2, 2),
            ((1.5, 0.8), (-1.5, -0.8)),
        ),
    )
}  # fmt: skip


def contraction(
    curvatures: Sequence[float], learning_rate: float, momentum: float = 0.0
) -> np.ndarray:
    """By what the distance shrinks per step, in the long run, along directions of given curvature.

    Without momentum |1 - rate * curvature|; with it the spectral radius of the matrix that takes
    (distance, last distance) one step on (lecture 004, topic 15; Polyak 1964).
    """
    rates = []
    for curvature in curvatures:
        matrix = [[1 - learning_rate * curvature + momentum, -momentum], [1, 0]]
        rates.append(np.abs(np.linalg.eigvals(np.array(matrix, dtype=float))).max())
    return np.array(rates)
