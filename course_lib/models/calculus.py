"""Slopes by nudging, and the chain rule as nudges that travel through a computation.

The finite differences here are the witness beside every derivative of the chapter on mathematics:
they know no rules of calculus, so they cannot make the same mistake.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Float


def slope(f: Callable, x: float | np.ndarray, h: float = 1e-5) -> float | np.ndarray:
    """Central difference of f at x; for an array of points the slope at each of them."""
    return (f(x + h) - f(x - h)) / (2 * h)


def gradient(
    f: Callable[[np.ndarray], float], x: Float[np.ndarray, " n"], h: float = 1e-5
) -> Float[np.ndarray, " n"]:
    """The slope of f along each axis: nudge one coordinate at a time."""
    x = np.asarray(x, dtype=float)
    return np.array([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(len(x))])


def jacobian(
    f: Callable[[np.ndarray], np.ndarray], x: Float[np.ndarray, " n"], h: float = 1e-5
) -> Float[np.ndarray, "m n"]:
    """All slopes: a row per output, a column per input (numerator layout)."""
    x = np.asarray(x, dtype=float)
    columns = [
        (np.atleast_1d(f(x + h * e)) - np.atleast_1d(f(x - h * e))) / (2 * h)
        for e in np.eye(len(x))
    ]
    return np.stack(columns, axis=1)


def hessian(
    f: Callable[[np.ndarray], float], x: Float[np.ndarray, " n"], h: float = 1e-4
) -> Float[np.ndarray, "n n"]:
    """The second derivatives of f: the Jacobian of its gradient."""
    return jacobian(lambda v: gradient(f, v, h), x, h)


def point_kind(H: Float[np.ndarray, "n n"], zero: float = 1e-6) -> str:
    """What a point with gradient 0 is, by the signs of the eigenvalues of its Hessian."""
    values = np.linalg.eigvalsh(H)
    if (values > zero).all():
        return "minimum"
    if (values < -zero).all():
        return "maximum"
    if values.min() < -zero and values.max() > zero:
        return "saddle"
    return "the test cannot tell"


@dataclass(frozen=True)
class Link:
    """One small step of a computation: its value, and its slope by each of its inputs.

    The parameters of `value` name the input "x" or earlier links; those of each function in
    `slopes` name what that slope depends on.
    """

    name: str
    formula: str
    value: Callable[..., float]
    slopes: Mapping[str, Callable[..., float]]


@dataclass(frozen=True)
class Nudged:
    """One state: `node` has got its value and its slope by x.

    `arrived` lists (from which node, slope of the arrow, what came along it): the slopes that
    arrive are added.
    """

    node: str
    values: dict[str, float]
    slopes: dict[str, float]
    arrived: tuple[tuple[str, float, float], ...] = field(default=())


def _call(f: Callable[..., float], values: Mapping[str, float]) -> float:
    return float(f(**{name: values[name] for name in inspect.signature(f).parameters}))


def nudges(links: Sequence[Link], x: float) -> Iterator[Nudged]:
    """Carry a nudge of x through the links: times the slope on each arrow, plus where arrows meet.

    Lecture 000B, topic 13 (the total derivative). Raises KeyError if a link reads a name that no
    earlier link computes.
    """
    values, slopes = {"x": float(x)}, {"x": 1.0}
    yield Nudged("x", values, slopes)
    for link in links:
        arrived = []
        for name, local in link.slopes.items():
            there = _call(local, values)
            arrived.append((name, there, there * slopes[name]))
        values = values | {link.name: _call(link.value, values)}
        slopes = slopes | {link.name: sum(came for _, _, came in arrived)}
        yield Nudged(link.name, values, slopes, tuple(arrived))


def two_paths() -> list[Link]:
    """The lecture's own example: y = sin(x + x^2), where x acts directly and through its square."""
    return [
        Link("u", "x²", lambda x: x**2, {"x": lambda x: 2 * x}),
        Link("s", "x + u", lambda x, u: x + u, {"x": lambda: 1.0, "u": lambda: 1.0}),
        Link("y", "sin s", lambda s: np.sin(s), {"s": lambda s: np.cos(s)}),
    ]


def descend(
    slope_at: Callable[[float], float], start: float, rate: float, steps: int
) -> list[float]:
    """The places of gradient descent, the start included; it stops early when it runs away."""
    places = [float(start)]
    for _ in range(steps):
        places.append(places[-1] - rate * slope_at(places[-1]))
        if abs(places[-1]) > 1e6:
            break
    return places
