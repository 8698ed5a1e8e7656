"""Codes and distances between distributions: Huffman, mutual information, fitting by KL."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np

from course_lib.models import losses

if TYPE_CHECKING:
    from jaxtyping import Float

DIRECTIONS = ("D(q, p)", "D(p, q)")


def huffman(p: Float[np.ndarray, " symbols"]) -> list[str]:
    """A shortest prefix code for symbols of probability p: the two rarest become one, again.

    Source: Huffman 1952. Raises ValueError for fewer than two symbols.
    """
    if len(p) < 2:
        raise ValueError(f"a code needs at least two symbols, got {len(p)}")
    words = [""] * len(p)
    heap = [(float(weight), [i]) for i, weight in enumerate(p)]
    heapq.heapify(heap)
    while len(heap) > 1:
        rare, rare_members = heapq.heappop(heap)
        other, other_members = heapq.heappop(heap)
        for i in rare_members:
            words[i] = "1" + words[i]
        for i in other_members:
            words[i] = "0" + words[i]
        heapq.heappush(heap, (rare + other, sorted(rare_members + other_members)))
    return words


def mutual_information(joint: Float[np.ndarray, "x y"]) -> float:
    """How much two variables tell about each other, in nats: KL from the joint to the product."""
    product = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    return float(np.sum(losses.weighted_log(joint, joint) - losses.weighted_log(joint, product)))


def two_bells(
    x: Float[np.ndarray, " points"], distance: float = 3.0
) -> Float[np.ndarray, " points"]:
    """Logarithm of the density of half N(-distance, 1) and half N(distance, 1)."""
    left, right = (losses.gaussian_log_density(x, m, 1.0) for m in (-distance, distance))
    return np.logaddexp(left, right) - np.log(2)


def divergence(
    x: Float[np.ndarray, " points"],
    log_p: Float[np.ndarray, " points"],
    log_q: Float[np.ndarray, " points"],
) -> float:
    """D(p, q) of two densities on an even grid, in nats (log densities, so that nothing is 0)."""
    return float(np.sum(np.exp(log_p) * (log_p - log_q)) * (x[1] - x[0]))


def fit_normal(
    x: Float[np.ndarray, " points"],
    log_p: Float[np.ndarray, " points"],
    direction: str,
    start: tuple[float, float],
) -> tuple[float, float, float]:
    """Mean, sigma and divergence of the normal q nearest to p, from a start (mean, sigma).

    `direction` is "D(q, p)" (reverse) or "D(p, q)" (forward); lecture 004, topic 8.
    Raises KeyError for another direction.
    """
    from scipy.optimize import minimize

    if direction not in DIRECTIONS:
        raise KeyError(f"direction {direction!r}; there are {', '.join(DIRECTIONS)}")

    def cost(parameters: np.ndarray) -> float:
        log_q = losses.gaussian_log_density(x, parameters[0], np.exp(parameters[1]))
        pair = (log_q, log_p) if direction == DIRECTIONS[0] else (log_p, log_q)
        return divergence(x, *pair)

    found = minimize(cost, [start[0], np.log(start[1])], method="BFGS")
    return float(found.x[0]), float(np.exp(found.x[1])), float(found.fun)
