"""Neighbours and k-means against scikit-learn and their own promises."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.neighbors import KNeighborsClassifier

from course_lib.models import neighbours
from course_lib.trace import record


@pytest.fixture
def cloud() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    targets = np.arange(90) % 3
    return rng.normal(size=(90, 4)) + targets[:, None], targets, rng.normal(size=(40, 4)) + 1


def test_distances(cloud) -> None:
    points, _, queries = cloud
    expected = np.linalg.norm(queries[:, None] - points, axis=2)
    assert np.allclose(neighbours.distances(queries, points), expected)
    assert neighbours.distances(points, points).diagonal().max() < 1e-6


@pytest.mark.parametrize("k", [1, 3, 7, 90])
def test_votes_and_answers(cloud, k: int) -> None:
    points, targets, queries = cloud
    theirs = KNeighborsClassifier(k).fit(points, targets)
    assert np.allclose(neighbours.votes(queries, points, targets, k), theirs.predict_proba(queries))
    assert (neighbours.predict(queries, points, targets, k) == theirs.predict(queries)).all()


@pytest.mark.parametrize("k", [0, 91])
def test_k_must_fit(cloud, k: int) -> None:
    points, targets, queries = cloud
    with pytest.raises(ValueError, match="between 1 and 90"):
        neighbours.predict(queries, points, targets, k)


def test_k_means_never_gets_worse_and_ends_where_lloyd_does(cloud) -> None:
    points, start = cloud[0], cloud[0][:3]
    run = record(neighbours.k_means(points, start))
    assert (np.diff(run.column("cost")) <= 1e-9).all()
    theirs = KMeans(3, init=start, n_init=1, algorithm="lloyd", tol=0).fit(points)
    assert np.allclose(run[-1].centres, theirs.cluster_centers_)
    assert np.isclose(run[-1].cost, theirs.inertia_)
    assert (start == cloud[0][:3]).all()  # the caller's array is left alone


def test_a_centre_without_points_stays() -> None:
    run = record(neighbours.k_means(np.array([[0.0], [1.0]]), np.array([[0.5], [99.0]])))
    assert run[-1].centres.tolist() == [[0.5], [99.0]]
