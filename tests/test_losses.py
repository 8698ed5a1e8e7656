"""Losses and likelihoods against torch, scipy, finite differences and the lectures' numbers."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
from scipy import special, stats
from torch.nn import functional as F

from course_lib.models import losses
from course_lib.trace import record

X = np.array([2.0, 4.0, 4.0, 5.0, 7.0])


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def slope(f, at: np.ndarray, h: float = 1e-6) -> np.ndarray:
    """The slope of sum f by each entry, by central differences."""
    out = np.zeros_like(at)
    for i in np.ndindex(at.shape):
        e = np.zeros_like(at)
        e[i] = h
        out[i] = (np.sum(f(at + e)) - np.sum(f(at - e))) / (2 * h)
    return out


# --- likelihoods --------------------------------------------------------------------------------


def test_log_densities_equal_scipy(rng: np.random.Generator) -> None:
    x = rng.normal(size=9)
    np.testing.assert_allclose(
        losses.gaussian_log_density(x, 0.3, 1.7), stats.norm(0.3, 1.7).logpdf(x)
    )
    np.testing.assert_allclose(
        losses.laplace_log_density(x, -0.2, 0.6), stats.laplace(-0.2, 0.6).logpdf(x)
    )
    t, p = np.array([1, 0, 1]), np.array([0.9, 0.2, 0.35])
    np.testing.assert_allclose(losses.bernoulli_log_mass(t, p), stats.bernoulli(p).logpmf(t))
    rows = np.array([[0.7, 0.2, 0.1], [0.25, 0.5, 0.25]])
    np.testing.assert_allclose(
        losses.categorical_log_mass(np.array([2, 1]), rows), np.log([0.1, 0.5])
    )


def test_the_lectures_five_numbers() -> None:
    values = [losses.gaussian_log_density(X, m, 2.0).sum() for m in (4.4, 4.0, 5.0)]
    np.testing.assert_allclose(values, [-9.71043, -9.81043, -9.93543], atol=5e-6)
    assert losses.gaussian_score(X, 4.0, 2.0)[0] == pytest.approx(0.5)
    mean, sigma = losses.gaussian_fit(X)
    assert (mean, sigma**2) == (pytest.approx(4.4), pytest.approx(2.64))
    assert losses.gaussian_score(X, mean, sigma) == pytest.approx((0, 0), abs=1e-12)


def test_score_is_the_slope() -> None:
    at = np.array([3.1, 1.4])
    found = slope(lambda v: losses.gaussian_log_density(X, v[0], v[1]).sum(), at)
    np.testing.assert_allclose(losses.gaussian_score(X, *at), found, rtol=1e-6)


def test_no_neighbour_is_likelier_than_the_fits(rng: np.random.Generator) -> None:
    x = rng.normal(size=31)
    for fit, density in (
        (losses.gaussian_fit, losses.gaussian_log_density),
        (losses.laplace_fit, losses.laplace_log_density),
    ):
        place, width = fit(x)
        best = density(x, place, width).sum()
        for dp, dw in rng.normal(scale=0.05, size=(40, 2)):
            assert density(x, place + dp, width * np.exp(dw)).sum() < best


@pytest.mark.parametrize("sigma", [0, -1.0, np.array([1.0, 0.0])])
def test_a_width_must_be_positive(sigma: object) -> None:
    with pytest.raises(ValueError, match="above 0"):
        losses.gaussian_log_density(X[:2], 0.0, sigma)  # type: ignore[arg-type]


# --- losses -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "gradient", "theirs"),
    [
        (losses.squared_error, losses.squared_error_gradient, F.mse_loss),
        (losses.absolute_error, losses.absolute_error_gradient, F.l1_loss),
        (
            lambda y, t: losses.huber(y, t, 0.7),
            lambda y, t: losses.huber_gradient(y, t, 0.7),
            lambda y, t, reduction: F.huber_loss(y, t, reduction=reduction, delta=0.7),
        ),
    ],
    ids=["squared", "absolute", "huber"],
)
def test_regression_losses(ours, gradient, theirs, rng: np.random.Generator) -> None:
    y, t = rng.normal(size=(2, 3, 4))
    expected = theirs(torch.tensor(y), torch.tensor(t), reduction="none").numpy()
    np.testing.assert_allclose(ours(y, t), expected)
    np.testing.assert_allclose(gradient(y, t), slope(lambda v: ours(v, t), y), atol=1e-7)
    place = torch.tensor(y, requires_grad=True)
    theirs(place, torch.tensor(t), reduction="sum").backward()
    assert place.grad is not None
    np.testing.assert_allclose(gradient(y, t), place.grad.numpy())


def test_huber_and_hinge_of_the_table() -> None:
    assert losses.huber(np.array([0.5, 1, 3]), 0.0).tolist() == [0.125, 0.5, 2.5]
    s, t = np.array([2.0, 0.3, 0.3]), np.array([1, 1, -1])
    np.testing.assert_allclose(losses.hinge(s, t), [0, 0.7, 1.3])
    np.testing.assert_allclose(
        losses.hinge_gradient(s, t), slope(lambda v: losses.hinge(v, t), s), atol=1e-8
    )
    assert losses.hinge_gradient(s, t).tolist() == [0, -1, 1]
    with pytest.raises(ValueError, match="delta"):
        losses.huber(s, t, 0.0)


def test_binary_cross_entropy(rng: np.random.Generator) -> None:
    z, t = rng.uniform(0.02, 0.98, size=(3, 4)), rng.integers(0, 2, size=(3, 4)).astype(float)
    expected = F.binary_cross_entropy(torch.tensor(z), torch.tensor(t), reduction="none")
    np.testing.assert_allclose(losses.binary_cross_entropy(z, t), expected.numpy())
    with pytest.raises(ValueError, match="logits"):
        losses.binary_cross_entropy(np.array([1.2]), np.array([1]))
    certain = losses.binary_cross_entropy(np.array([1.0, 0.0, 1.0]), np.array([1, 0, 0]))
    assert certain.tolist() == [0, 0, np.inf]


def test_losses_from_logits(rng: np.random.Generator) -> None:
    a, t = rng.normal(scale=3, size=12), rng.uniform(size=12)
    expected = F.binary_cross_entropy_with_logits(
        torch.tensor(a), torch.tensor(t), reduction="none"
    )
    np.testing.assert_allclose(losses.bce_with_logits(a, t), expected.numpy())
    for value, gradient in losses.COSTS.values():
        np.testing.assert_allclose(gradient(a, t), slope(partial(value, t=t), a), atol=1e-8)
    far = np.array([-1000.0, 1000.0])
    assert losses.bce_with_logits(far, np.array([0, 0])).tolist() == [0, 1000]


def test_softmax_and_log_sum_exp(rng: np.random.Generator) -> None:
    a = rng.normal(scale=4, size=(5, 3))
    np.testing.assert_allclose(losses.softmax(a), special.softmax(a, axis=1))
    np.testing.assert_allclose(losses.log_sum_exp(a), special.logsumexp(a, axis=1))
    np.testing.assert_allclose(losses.softmax(a, 2.5), special.softmax(a / 2.5, axis=1))
    assert losses.softmax(np.array([1000.0, 0, -1000])).tolist() == [1, 0, 0]
    with pytest.raises(ValueError, match="temperature"):
        losses.softmax(a, 0.0)


def test_cross_entropy(rng: np.random.Generator) -> None:
    a, t = rng.normal(size=(5, 3)), rng.dirichlet(np.ones(3), size=5)
    expected = F.cross_entropy(torch.tensor(a), torch.tensor(t), reduction="none").numpy()
    np.testing.assert_allclose(losses.cross_entropy(losses.softmax(a), t), expected)
    np.testing.assert_allclose(losses.cross_entropy_with_logits(a, t), expected)
    np.testing.assert_allclose(
        losses.cross_entropy_with_logits_gradient(a, t),
        slope(lambda v: losses.cross_entropy_with_logits(v, t), a),
        atol=1e-8,
    )


def test_information(rng: np.random.Generator) -> None:
    p, q = rng.dirichlet(np.ones(4), size=(2, 6))
    np.testing.assert_allclose(losses.entropy(p), stats.entropy(p, axis=1))
    np.testing.assert_allclose(losses.kl_divergence(p, q), stats.entropy(p, q, axis=1))
    np.testing.assert_allclose(losses.kl_divergence(p, p), 0, atol=1e-15)
    assert losses.kl_divergence(np.array([0.0, 1.0]), np.array([0.5, 0.5])) == pytest.approx(
        np.log(2)
    )


def test_targets() -> None:
    t = losses.one_hot(np.array([2, 0]), 4)
    assert t.tolist() == [[0, 0, 1, 0], [1, 0, 0, 0]]
    np.testing.assert_allclose(losses.smooth(t, 0.2)[0], [0.05, 0.05, 0.85, 0.05])
    with pytest.raises(ValueError, match="epsilon"):
        losses.smooth(t, 1.5)


def test_smoothing_is_torchs(rng: np.random.Generator) -> None:
    a, labels = rng.normal(size=(5, 3)), rng.integers(0, 3, size=5)
    expected = F.cross_entropy(
        torch.tensor(a), torch.tensor(labels), label_smoothing=0.1, reduction="none"
    )
    ours = losses.cross_entropy_with_logits(a, losses.smooth(losses.one_hot(labels, 3), 0.1))
    np.testing.assert_allclose(ours, expected.numpy())


# --- the linear classifier ----------------------------------------------------------------------


def test_unroll_and_scores(rng: np.random.Generator) -> None:
    image = rng.normal(size=(2, 3, 4))
    flat = losses.unroll(image)
    for r, c, k in np.ndindex(2, 3, 4):
        assert flat[k * 6 + c * 2 + r] == image[r, c, k]
    assert losses.unroll(np.arange(12).reshape(2, 2, 3)).tolist() == [
        0, 6, 3, 9, 1, 7, 4, 10, 2, 8, 5, 11,
    ]  # fmt: skip
    with pytest.raises(ValueError, match="colours"):
        losses.unroll(image[0])
    x, w, b = rng.normal(size=(5, 3)), rng.normal(size=(2, 3)), rng.normal(size=2)
    expected = F.linear(torch.tensor(x), torch.tensor(w), torch.tensor(b)).numpy()
    np.testing.assert_allclose(losses.scores(x, w, b), expected)


def test_the_linear_layer_starts_at_zero() -> None:
    layer = losses.linear(3, 2)
    assert layer.weight.shape == (2, 3) and not layer(torch.ones(4, 3)).any()


# --- traces -------------------------------------------------------------------------------------


def test_gathering_reaches_the_whole() -> None:
    steps = record(losses.gather(X, 4.0, 2.0))
    assert len(steps) == 5 and steps[-1].log_likelihood == pytest.approx(-9.81043, abs=5e-6)
    assert steps[-1].likelihood == pytest.approx(np.prod(stats.norm(4, 2).pdf(X)))


def test_the_climb_rises_to_the_fit() -> None:
    steps = record(losses.climb(X, 1.0, 3.0, learning_rate=0.3, steps=200))
    assert np.all(np.diff(steps.column("log_likelihood")) > -1e-12)
    assert (steps[-1].mean, steps[-1].sigma) == pytest.approx(losses.gaussian_fit(X), abs=1e-4)


def test_nielsens_neuron() -> None:
    """The outputs after 50, 150 and 300 epochs that lecture 004's map measured."""
    found = {
        (start, cost): [
            round(record(losses.train_neuron(*start, cost))[n].output, 3) for n in (0, 50, 150, 300)
        ]
        for start in ((0.6, 0.9), (2, 2))
        for cost in losses.COSTS
    }
    assert found == {
        ((0.6, 0.9), "quadratic"): [0.818, 0.387, 0.153, 0.094],
        ((0.6, 0.9), "cross-entropy"): [0.818, 0.079, 0.024, 0.012],
        ((2, 2), "quadratic"): [0.982, 0.976, 0.933, 0.203],
        ((2, 2), "cross-entropy"): [0.982, 0.099, 0.026, 0.012],
    }
    with pytest.raises(KeyError, match="quadratic"):
        next(losses.train_neuron(1, 1, "square"))
