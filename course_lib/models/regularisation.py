"""Penalties and dropout in closed form: ridge, lasso, soft threshold, thinned nets.

Lectures 000A, topics 58 and 69; 001, topics 14 and 15; 003, topics 13 and 14.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from jaxtyping import Bool, Float


def soft_threshold(
    w: Float[np.ndarray, "*shape"], by: float | np.ndarray
) -> Float[np.ndarray, "*shape"]:
    """Every number moved towards 0 by `by`, and 0 if it would pass it."""
    return np.sign(w) * np.maximum(np.abs(w) - by, 0)


def ridge(
    X: Float[np.ndarray, "examples n"],
    t: Float[np.ndarray, " examples"],
    gamma: float,
    *,
    free: int | None = None,
) -> Float[np.ndarray, " n"]:
    """argmin of |t - Xw|² + gamma |w|²; the weight number `free` (a bias) is not penalised."""
    penalty = gamma * np.eye(X.shape[1])
    if free is not None:
        penalty[free, free] = 0
    return np.linalg.solve(X.T @ X + penalty, X.T @ t)


def lasso(
    X: Float[np.ndarray, "examples n"],
    t: Float[np.ndarray, " examples"],
    gamma: float,
    sweeps: int = 200,
) -> Float[np.ndarray, " n"]:
    """argmin of |t - Xw|² + gamma Σ|w|, one weight after the other, each by a soft threshold."""
    gram, pull = X.T @ X, X.T @ t
    w = np.zeros(X.shape[1])
    for _ in range(sweeps):
        before = w.copy()
        for k in range(len(w)):
            rest = pull[k] - gram[k] @ w + gram[k, k] * w[k]
            w[k] = float(soft_threshold(rest, gamma / 2)) / gram[k, k]
        if np.abs(w - before).max() < 1e-12:
            break
    return w


def decay_step(
    w: float, gradient: float, learning_rate: float, penalty: str, strength: float
) -> float:
    """One step of gradient descent on J + strength |w| ("l1"), J + strength w²/2 ("l2"), or J.

    Raises KeyError for another penalty.
    """
    pull = {"none": 0.0, "l1": strength * float(np.sign(w)), "l2": strength * w}[penalty]
    return w - learning_rate * (gradient + pull)


def dropped(
    h: Float[np.ndarray, "*shape"], stays: Bool[np.ndarray, "*shape"], p: float
) -> Float[np.ndarray, "*shape"]:
    """Inverted dropout with a given mask: 0 where a unit goes, h / (1 - p) where it stays."""
    return np.where(stays, h / (1 - p), 0.0)


def thinned(
    h: Float[np.ndarray, " units"], w: Float[np.ndarray, " units"], p: float
) -> tuple[Bool[np.ndarray, "nets units"], Float[np.ndarray, " nets"], Float[np.ndarray, " nets"]]:
    """All 2ⁿ thinned nets of n units: masks, outputs (not rescaled) and probabilities."""
    masks = np.array(list(product([False, True], repeat=len(h))))
    chances = np.prod(np.where(masks, 1 - p, p), axis=1)
    return masks, masks @ (h * w), chances


@dataclass(frozen=True)
class Masked:
    """One mini-batch of dropout: who stays, the output, and the mean of all outputs so far."""

    step: int
    stays: Bool[np.ndarray, " units"]
    hidden: Float[np.ndarray, " units"]
    output: float
    mean: float


def masks(
    h: Float[np.ndarray, " units"],
    w: Float[np.ndarray, " units"],
    p: float,
    steps: int,
    rng: np.random.Generator,
) -> Iterator[Masked]:
    """Draw a mask for every step; inverted scaling, so that the mean goes to h · w."""
    total = 0.0
    for step in range(1, steps + 1):
        stays = rng.random(len(h)) >= p
        hidden = dropped(h, stays, p)
        total += float(hidden @ w)
        yield Masked(step, stays, hidden, float(hidden @ w), total / step)


def max_norm(W: Float[np.ndarray, "units n"], most: float) -> Float[np.ndarray, "units n"]:
    """Every row that is longer than `most` shortened to it."""
    length = np.linalg.norm(W, axis=1, keepdims=True)
    return W * np.minimum(1, most / np.maximum(length, 1e-300))


__all__ = [
    "Masked", "decay_step", "dropped", "lasso", "masks", "max_norm", "ridge", "soft_threshold",
    "thinned",
]  # fmt: skip
