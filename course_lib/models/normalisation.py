"""Batch norm and layer norm by hand, forward and backward.

Lectures 000B, topic 16; 001, topic 20; 004, topic 16; Ioffe and Szegedy 2015; Ba and others 2016.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

EPSILON = 1e-5


def standardised(
    a: Float[np.ndarray, "*shape"], axis: int | tuple[int, ...], epsilon: float = EPSILON
) -> Float[np.ndarray, "*shape"]:
    """Mean 0 and variance (biased: divided by the count) 1 along `axis`, up to epsilon."""
    centred = a - a.mean(axis=axis, keepdims=True)
    return centred / np.sqrt(a.var(axis=axis, keepdims=True) + epsilon)


def batch_norm(
    a: Float[np.ndarray, "batch units"],
    gain: Float[np.ndarray, " units"],
    shift: Float[np.ndarray, " units"],
    epsilon: float = EPSILON,
) -> Float[np.ndarray, "batch units"]:
    """Every unit standardised over the batch, then scaled and shifted."""
    return gain * standardised(a, 0, epsilon) + shift


def layer_norm(
    a: Float[np.ndarray, "batch units"],
    gain: Float[np.ndarray, " units"],
    shift: Float[np.ndarray, " units"],
    epsilon: float = EPSILON,
) -> Float[np.ndarray, "batch units"]:
    """Every example standardised over its units, then scaled and shifted unit by unit."""
    return gain * standardised(a, 1, epsilon) + shift


def batch_norm_gradient(
    a: Float[np.ndarray, "batch units"],
    gain: Float[np.ndarray, " units"],
    slope: Float[np.ndarray, "batch units"],
    epsilon: float = EPSILON,
) -> tuple[
    Float[np.ndarray, "batch units"], Float[np.ndarray, " units"], Float[np.ndarray, " units"]
]:
    """The loss's gradient by input, gain and shift, from `slope`, its gradient by the output."""
    a_hat = standardised(a, 0, epsilon)
    g = slope * gain
    spread = np.sqrt(a.var(axis=0) + epsilon)
    by_input = (g - g.mean(axis=0) - a_hat * (g * a_hat).mean(axis=0)) / spread
    return by_input, (slope * a_hat).sum(axis=0), slope.sum(axis=0)


def running(
    mean: float, var: float, batch: Float[np.ndarray, " batch"], momentum: float = 0.1
) -> tuple[float, float]:
    """The running averages after one batch, as torch keeps them: the variance is the unbiased one.

    Lecture 004 writes the same with alpha = 1 - momentum.
    """
    keep = 1 - momentum
    return (
        float(keep * mean + momentum * batch.mean()),
        float(keep * var + momentum * batch.var(ddof=1)),
    )


def folded(
    weights: Float[np.ndarray, "units n"],
    bias: Float[np.ndarray, " units"],
    gain: Float[np.ndarray, " units"],
    shift: Float[np.ndarray, " units"],
    mean: Float[np.ndarray, " units"],
    var: Float[np.ndarray, " units"],
    epsilon: float = EPSILON,
) -> tuple[Float[np.ndarray, "units n"], Float[np.ndarray, " units"]]:
    """Weights and bias of the one layer that does what the layer and its batch norm do in eval."""
    factor = gain / np.sqrt(var + epsilon)
    return factor[:, None] * weights, factor * (bias - mean) + shift


__all__ = [
    "EPSILON", "batch_norm", "batch_norm_gradient", "folded", "layer_norm", "running",
    "standardised",
]  # fmt: skip
