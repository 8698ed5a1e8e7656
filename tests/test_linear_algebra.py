"""Power iteration, least squares and principal components against LAPACK and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge

from course_lib.models import linear_algebra
from course_lib.trace import record


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def test_every_vector_turns_to_the_strongest_eigenvector() -> None:
    A = np.array([[2.0, 1.0], [1.0, 2.0]])
    start = np.array([[1.0, 0.0, -1.0], [0.0, 1.0, 0.3]])
    states = record(linear_algebra.turn(A, start, steps=40))
    assert len(states) == 41 and states[0].value == 2
    np.testing.assert_allclose(np.abs(states[-1].vectors), np.sqrt(0.5), atol=1e-12)
    assert states[-1].value == pytest.approx(3)
    np.testing.assert_array_equal(start[:, 0], [1, 0])  # left as it was


def test_a_vector_that_becomes_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="step 1"):
        list(linear_algebra.turn(np.array([[0.0, 1.0], [0.0, 0.0]]), np.eye(2), 3))


def test_least_squares_equals_lstsq_and_ridge(rng: np.random.Generator) -> None:
    X, T = rng.normal(size=(20, 4)), rng.normal(size=(20, 3))
    np.testing.assert_allclose(
        linear_algebra.least_squares(X, T), np.linalg.lstsq(X, T, rcond=None)[0]
    )
    theirs = Ridge(alpha=2.5, fit_intercept=False).fit(X, T).coef_.T
    np.testing.assert_allclose(linear_algebra.least_squares(X, T, ridge=2.5), theirs)
    X[:, 1] = 0
    with pytest.raises(np.linalg.LinAlgError):
        linear_algebra.least_squares(X, T)
    assert np.isfinite(linear_algebra.least_squares(X, T, ridge=0.1)).all()


def test_components_equal_scikit_learn(rng: np.random.Generator) -> None:
    X = rng.normal(size=(40, 3)) @ rng.normal(size=(3, 6)) + 5 + 0.1 * rng.normal(size=(40, 6))
    ours, theirs = linear_algebra.components(X), PCA().fit(X)
    np.testing.assert_allclose(ours.variances, theirs.explained_variance_)
    np.testing.assert_allclose(np.abs(ours.directions), np.abs(theirs.components_), atol=1e-8)
    assert (ours.directions[np.arange(6), np.abs(ours.directions).argmax(axis=1)] > 0).all()
    assert ours.code(X, 2).shape == (40, 2)
    np.testing.assert_allclose(ours.picture(ours.code(X, 6)), X)
    lost = np.sum((X - ours.picture(ours.code(X, 3))) ** 2) / 39
    assert lost == pytest.approx(ours.variances[3:].sum())
