"""Learning from distances alone: nearest neighbours, and k-means as a trace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int


def distances(
    queries: Float[np.ndarray, "queries features"], points: Float[np.ndarray, "points features"]
) -> Float[np.ndarray, "queries points"]:
    """Euclidean distances of every query to every point."""
    squared = (queries**2).sum(axis=1)[:, None] - 2 * queries @ points.T + (points**2).sum(axis=1)
    return np.sqrt(np.maximum(squared, 0))  # rounding may leave -1e-16


def votes(
    queries: Float[np.ndarray, "queries features"],
    points: Float[np.ndarray, "points features"],
    targets: Int[np.ndarray, " points"],
    k: int,
) -> Float[np.ndarray, "queries classes"]:
    """The share of each class among the k nearest training points.

    Raises: ValueError unless 1 <= k <= number of points.
    """
    if not 1 <= k <= len(points):
        raise ValueError(f"k between 1 and {len(points)}, not {k}")
    nearest = np.argpartition(distances(queries, points), k - 1, axis=1)[:, :k]
    return np.eye(targets.max() + 1)[targets[nearest]].mean(axis=1)


def predict(
    queries: Float[np.ndarray, "queries features"],
    points: Float[np.ndarray, "points features"],
    targets: Int[np.ndarray, " points"],
    k: int = 1,
) -> Int[np.ndarray, " queries"]:
    """The class of most of the k nearest points; a tie goes to the smaller class number."""
    return votes(queries, points, targets, k).argmax(axis=1)


@dataclass(frozen=True)
class Clustering:
    """One half step of k-means: who belongs to whom, where the centres are, and the cost."""

    step: int
    moved: str
    centres: Float[np.ndarray, "k features"]
    labels: Int[np.ndarray, " points"]
    cost: float


def k_means(
    points: Float[np.ndarray, "points features"],
    centres: Float[np.ndarray, "k features"],
    most: int = 100,
) -> Iterator[Clustering]:
    """Lloyd's algorithm: each point to its nearest centre, each centre to the mean of its points.

    The cost is the sum of squared distances to the own centre; no half step raises it. A centre
    without points stays where it is.
    """
    points, centres = np.asarray(points, float), np.array(centres, float)
    labels = np.full(len(points), -1)
    for step in range(most):
        new = distances(points, centres).argmin(axis=1)
        if (new == labels).all():
            return
        labels = new
        yield Clustering(step, "points", centres.copy(), labels, _cost(points, centres, labels))
        for c in range(len(centres)):
            if (labels == c).any():
                centres[c] = points[labels == c].mean(axis=0)
        yield Clustering(step, "centres", centres.copy(), labels, _cost(points, centres, labels))


def _cost(points: np.ndarray, centres: np.ndarray, labels: np.ndarray) -> float:
    return float(np.sum((points - centres[labels]) ** 2))
