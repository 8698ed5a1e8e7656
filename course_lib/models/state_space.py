"""What came before recurrent networks: autoregression, the Kalman filter, hidden Markov models.

Lecture 001, topic 42.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int


def windows(
    series: Float[np.ndarray, " steps"], order: int
) -> tuple[Float[np.ndarray, "examples order"], Float[np.ndarray, " examples"]]:
    """Each value with the `order` values before it, the newest first.

    Raises ValueError if the series is not longer than the window.
    """
    if not 1 <= order < len(series):
        raise ValueError(f"a window of {order} needs 1 <= order < {len(series)} values")
    x = np.column_stack([series[order - k - 1 : len(series) - k - 1] for k in range(order)])
    return x, series[order:]


def autoregression(series: Float[np.ndarray, " steps"], order: int) -> Float[np.ndarray, " order"]:
    """The weights a of x_t = a_1 x_(t-1) + ... + a_p x_(t-p) by least squares."""
    x, t = windows(series, order)
    return np.linalg.lstsq(x, t, rcond=None)[0]


@dataclass(frozen=True)
class Filtered:
    """One step of a Kalman filter: what was measured, how much it counts, what is believed."""

    t: int
    z: float
    gain: float
    mean: float
    variance: float


def kalman(
    z: Sequence[float], *, start: float = 0.0, variance: float = 1.0, drift: float, noise: float
) -> Iterator[Filtered]:
    """A hidden random walk (variance `drift` per step), measured with variance `noise`."""
    mean = start
    for t, measured in enumerate(z, start=1):
        variance = variance + drift  # predict: the walk goes on, belief widens
        gain = variance / (variance + noise)
        mean = mean + gain * (measured - mean)
        variance = (1 - gain) * variance
        yield Filtered(t, measured, gain, mean, variance)


@dataclass(frozen=True)
class Trellis:
    """One column of Viterbi's trellis: best probability per state, and where it came from."""

    t: int
    observed: int
    best: Float[np.ndarray, " states"]
    came_from: Int[np.ndarray, " states"]


def viterbi(
    pi: Float[np.ndarray, " states"],
    A: Float[np.ndarray, "states states"],
    B: Float[np.ndarray, "states symbols"],
    observed: Sequence[int],
) -> Iterator[Trellis]:
    """The columns of the trellis; read the best path backwards with `best_path`."""
    best, came_from = pi * B[:, observed[0]], np.full(len(pi), -1)
    yield Trellis(0, observed[0], best, came_from)
    for t, symbol in enumerate(observed[1:], start=1):
        ways = best[:, None] * A
        came_from, best = ways.argmax(0), ways.max(0) * B[:, symbol]
        yield Trellis(t, symbol, best, came_from)


def best_path(trellis: Sequence[Trellis]) -> list[int]:
    """The most probable hidden states, from the last column backwards."""
    path = [int(trellis[-1].best.argmax())]
    for column in reversed(trellis[1:]):
        path.append(int(column.came_from[path[-1]]))
    return path[::-1]


def forward_probability(
    pi: Float[np.ndarray, " states"],
    A: Float[np.ndarray, "states states"],
    B: Float[np.ndarray, "states symbols"],
    observed: Sequence[int],
) -> float:
    """The probability of what was observed, summed over all hidden paths."""
    alpha = pi * B[:, observed[0]]
    for symbol in observed[1:]:
        alpha = (alpha @ A) * B[:, symbol]
    return float(alpha.sum())
