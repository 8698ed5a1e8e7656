"""What the steps of many exercises calculate; an error where a wrong answer leaves no value."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt

import numpy as np


def over(top: float, bottom: float) -> float:
    """A ratio. Raises ValueError where a wrong earlier answer leaves nothing to divide by."""
    if bottom == 0:
        raise ValueError("nothing to divide by")
    return top / bottom


def root(value: float) -> float:
    """A square root. Raises ValueError where a wrong earlier answer is negative."""
    if value < 0:
        raise ValueError("no root of a negative number")
    return sqrt(value)


def plus(values: Iterable[float]) -> str:
    """A sum as it is written: 1 + 2.5 + 3."""
    return " + ".join(f"{v:.4g}" for v in values)


def sigmoid(a):
    """1 / (1 + exp(-a)), of a number or of each entry."""
    return 1 / (1 + np.exp(-np.asarray(a, float)))


def softmax(net):
    """Exponentials divided by their sum, of a vector."""
    powers = np.exp(np.asarray(net, float) - np.max(net))
    return powers / powers.sum()


__all__ = ["over", "plus", "root", "sigmoid", "softmax"]
