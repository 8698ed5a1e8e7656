"""Power iteration, least squares and principal components, as short as their formulas."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Float


@dataclass(frozen=True)
class Turned:
    """State of a power iteration: unit vectors in columns after `step` products with the matrix.

    `value` is the Rayleigh quotient of the first of them: the estimate of the largest eigenvalue.
    """

    step: int
    vectors: Float[np.ndarray, "n k"]
    value: float


def turn(
    A: Float[np.ndarray, "n n"], vectors: Float[np.ndarray, "n k"], steps: int
) -> Iterator[Turned]:
    """Multiply by A again and again, each time back to length 1.

    Raises ValueError if a vector is mapped to 0 (it has no direction any more).
    """
    for step in range(steps + 1):
        lengths = np.linalg.norm(vectors, axis=0)
        if (lengths == 0).any():
            raise ValueError(f"a vector became 0 in step {step}; start from other vectors")
        vectors = vectors / lengths
        yield Turned(step, vectors, float(vectors[:, 0] @ A @ vectors[:, 0]))
        vectors = A @ vectors


def least_squares(
    X: Float[np.ndarray, "examples n"], T: Float[np.ndarray, "examples k"], ridge: float = 0.0
) -> Float[np.ndarray, "n k"]:
    """The weights W with the least sum of squares of X W - T, by the normal equations.

    Gradient zero says X^T X W = X^T T; `ridge` is added to the diagonal, which also makes columns
    that are always 0 harmless. Raises numpy.linalg.LinAlgError if the matrix is singular.
    """
    return np.linalg.solve(X.T @ X + ridge * np.eye(X.shape[1]), X.T @ T)


@dataclass(frozen=True)
class Components:
    """Principal components: the mean, orthonormal directions (a row each), variance along each."""

    mean: Float[np.ndarray, " n"]
    directions: Float[np.ndarray, "k n"]
    variances: Float[np.ndarray, " k"]

    def code(self, X: Float[np.ndarray, "examples n"], k: int) -> Float[np.ndarray, "examples k"]:
        """The coordinates of each example along the first k directions."""
        return (X - self.mean) @ self.directions[:k].T

    def picture(self, codes: Float[np.ndarray, "examples k"]) -> Float[np.ndarray, "examples n"]:
        """Back from k coordinates to all n numbers."""
        return self.mean + codes @ self.directions[: codes.shape[1]]


def components(X: Float[np.ndarray, "examples n"]) -> Components:
    """The principal components of the rows of X, the widest first (Pearson 1901), by the SVD.

    The sign of each direction is chosen so that its largest entry is positive.
    """
    mean = X.mean(axis=0)
    _, sizes, rows = np.linalg.svd(X - mean, full_matrices=False)
    largest = np.abs(rows).argmax(axis=1)
    rows = rows * np.sign(rows[np.arange(len(rows)), largest])[:, None]
    return Components(mean, rows, sizes**2 / (len(X) - 1))
