"""Boltzmann machines against enumeration, finite differences, scikit-learn and the lecture."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from course_lib.models import boltzmann as bm
from course_lib.models.boltzmann import RBM
from course_lib.plotting import boltzmann_views, new_axes
from course_lib.trace import record


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def machine(rng: np.random.Generator, n: int = 4) -> tuple[np.ndarray, np.ndarray]:
    W = rng.normal(size=(n, n))
    return np.triu(W, 1) + np.triu(W, 1).T, rng.normal(size=n)


def restricted(rng: np.random.Generator, n: int = 3, m: int = 2) -> RBM:
    return RBM(rng.normal(size=(n, m)), rng.normal(size=n), rng.normal(size=m))


def brute(rbm: RBM) -> np.ndarray:
    """exp(-E) of every pair of states, by loops."""
    n, m = rbm.weights.shape
    out = np.zeros((2**n, 2**m))
    for a, v in enumerate(itertools.product([0, 1], repeat=n)):
        for b, h in enumerate(itertools.product([0, 1], repeat=m)):
            e = -sum(rbm.weights[i, j] * v[i] * h[j] for i in range(n) for j in range(m))
            e -= np.dot(rbm.visible_bias, v) + np.dot(rbm.hidden_bias, h)
            out[a, b] = np.exp(-e)
    return out


def test_states_count_up_and_are_counted() -> None:
    assert bm.all_states(2).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert bm.names(2) == ["00", "01", "10", "11"]
    rows = np.array([[0, 1], [0, 1], [1, 1], [0, 0]])
    assert bm.frequencies(rows).tolist() == [0.25, 0.5, 0, 0.25]
    with pytest.raises(ValueError, match="21 units"):
        bm.all_states(21)


def test_gap_is_the_difference_of_two_energies(rng: np.random.Generator) -> None:
    W, b = machine(rng)
    s = np.array([1.0, 0, 1, 0])
    for i in range(4):
        off, on = s.copy(), s.copy()
        off[i], on[i] = 0, 1
        difference = bm.energy(off, W, b) - bm.energy(on, W, b)
        assert np.isclose(difference, W[i] @ s - W[i, i] * s[i] + b[i])
        # the Boltzmann distribution has exactly this conditional, at any temperature
        p = bm.distribution(W, b, 0.7)
        k_on, k_off = (int(x @ [8, 4, 2, 1]) for x in (on, off))
        assert np.isclose(p[k_on] / (p[k_on] + p[k_off]), bm.chance(difference, 0.7))


def test_chance_at_temperature_zero_is_a_step() -> None:
    assert bm.chance(np.array([-2.0, 0, 3]), 0).tolist() == [0, 0.5, 1]
    with pytest.raises(ValueError, match="negative"):
        bm.chance(1.0, -1)


def test_asymmetric_weights_are_refused() -> None:
    with pytest.raises(ValueError, match="symmetric"):
        bm.distribution(np.array([[0.0, 1], [2, 0]]), np.zeros(2))


def test_one_sweep_leaves_the_distribution_alone(rng: np.random.Generator) -> None:
    W, b = machine(rng, 3)
    p = bm.distribution(W, b)
    states = bm.all_states(3)
    for i in range(3):  # the transition matrix of one unit, by hand
        P = np.zeros((8, 8))
        for k, s in enumerate(states):
            on = bm.chance(W[i] @ s + b[i])
            for value, q in ((1, on), (0, 1 - on)):
                t = s.copy()
                t[i] = value
                P[k, int(t @ [4, 2, 1])] += q
        np.testing.assert_allclose(p @ P, p)
        np.testing.assert_allclose(p[:, None] * P, (p[:, None] * P).T)  # detailed balance
    chains = rng.integers(0, 2, size=(20_000, 3)).astype(float)
    for _ in range(15):
        chains = bm.sweep(chains, W, b, rng)
    assert bm.total_variation(bm.frequencies(chains), p) < 0.02
    run = record(bm.gibbs(W, b, np.zeros(3), rng, 20_000))
    assert bm.total_variation(run[-1].visits / run[-1].visits.sum(), p) < 0.03


def test_settling_never_climbs_and_annealing_finds_the_bottom(rng: np.random.Generator) -> None:
    W, b = machine(rng, 8)
    starts = rng.integers(0, 2, size=(40, 8)).astype(float)
    ends = bm.settle(starts, W, b)
    assert (bm.energy(ends, W, b) <= bm.energy(starts, W, b) + 1e-12).all()
    least = bm.energy(bm.all_states(8), W, b).min()
    found = bm.energy(bm.annealed(starts, W, b, rng, np.geomspace(5, 0.1, 60)), W, b)
    assert np.mean(np.isclose(found, least)) > np.mean(np.isclose(bm.energy(ends, W, b), least))


def test_visible_learning_matches_finite_differences(rng: np.random.Generator) -> None:
    data = rng.integers(0, 2, size=(30, 3)).astype(float)
    run = record(bm.learn(data, rate=0.3, steps=400))
    state = run[3]
    for i, j in ((0, 1), (1, 2)):
        values = []
        for h in (1e-5, -1e-5):
            W = state.weights.copy()
            W[i, j] += h
            W[j, i] += h
            p = bm.distribution(W, state.bias)
            values.append(bm.frequencies(data) @ np.log(p))
        slope = (values[0] - values[1]) / 2e-5
        assert np.isclose(slope, (state.awake - state.asleep)[i, j], atol=1e-7)
    assert run[-1].log_likelihood > run[0].log_likelihood
    np.testing.assert_allclose(run[-1].awake, run[-1].asleep, atol=1e-3)


def test_unlearning_frees_room(rng: np.random.Generator) -> None:
    memories = rng.choice([-1.0, 1.0], size=(5, 30))
    W = bm.hebbian(memories)
    assert np.diag(W).tolist() == [0] * 30 and np.isclose(
        W[0, 1], np.mean(memories[:, 0] * memories[:, 1])
    )
    starts = rng.choice([-1.0, 1.0], size=(300, 30))
    after = bm.unlearn(W, rng, dreams=100, strength=0.002)
    assert bm.spurious_share(after, memories, starts) < bm.spurious_share(W, memories, starts)


# --- restricted ---------------------------------------------------------------------------------


def test_everything_about_a_small_rbm_equals_the_sum_over_states(rng: np.random.Generator) -> None:
    for n, m in ((3, 2), (2, 4)):
        rbm = restricted(rng, n, m)
        table = brute(rbm)
        joint = table / table.sum()
        assert np.isclose(rbm.log_partition(), np.log(table.sum()))
        np.testing.assert_allclose(rbm.visible_distribution(), joint.sum(axis=1))
        v, h = bm.all_states(n), bm.all_states(m)
        np.testing.assert_allclose(np.exp(-rbm.energy(v[:, None], h[None])), table, rtol=1e-10)
        given = joint / joint.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(given @ h, rbm.to_hidden(v))  # the marginals
        p = rbm.to_hidden(v)
        product = np.prod(np.where(h[None] == 1, p[:, None], 1 - p[:, None]), axis=2)
        np.testing.assert_allclose(given, product)  # and they are independent
        np.testing.assert_allclose((joint / joint.sum(axis=0)).T @ v, rbm.to_visible(h))


def test_leading_axes_are_machines_side_by_side(rng: np.random.Generator) -> None:
    each = [restricted(rng) for _ in range(4)]
    both = RBM(*(np.stack(x) for x in zip(*(bm.parts(r) for r in each), strict=True)))
    v = rng.integers(0, 2, size=(5, 3)).astype(float)
    np.testing.assert_allclose(both.free_energy(v), [r.free_energy(v) for r in each])
    np.testing.assert_allclose(both.log_likelihood(v), [r.log_likelihood(v) for r in each])
    np.testing.assert_allclose(
        bm.exact_gradient(both, v)[0], [bm.exact_gradient(r, v)[0] for r in each]
    )
    with pytest.raises(ValueError, match="biases of 3 and 2"):
        RBM(np.zeros((3, 2)), np.zeros(2), np.zeros(2))


def test_exact_gradient_equals_finite_differences(rng: np.random.Generator) -> None:
    rbm = restricted(rng)
    data = np.array([[1.0, 0, 1], [0, 0, 1], [1, 1, 0], [1, 0, 1]])
    arrays = bm.parts(rbm)
    for which, gradient in enumerate(bm.exact_gradient(rbm, data)):
        for place in np.ndindex(gradient.shape):
            values = []
            for h in (1e-5, -1e-5):
                moved = [x.copy() for x in arrays]
                moved[which][place] += h
                values.append(RBM(*moved).log_likelihood(data))
            assert np.isclose((values[0] - values[1]) / 2e-5, gradient[place], atol=1e-8)


def test_expected_divergence_tends_to_the_gradient(rng: np.random.Generator) -> None:
    rbm = restricted(rng)
    data = np.array([[1.0, 0, 1], [0, 0, 1]])
    exact = bm.exact_gradient(rbm, data)[0]
    gaps = [np.abs(bm.expected_divergence(rbm, data, k)[0] - exact).max() for k in (1, 3, 200)]
    assert gaps[0] > gaps[1] > gaps[2] and gaps[2] < 1e-10
    sampled = np.mean(
        [
            (bm.statistics(rbm, data)[0] - bm.statistics(rbm, rbm.pass_on(data, rng))[0])
            for _ in range(6000)
        ],
        axis=0,
    )
    np.testing.assert_allclose(bm.expected_divergence(rbm, data, 1)[0], sampled, atol=0.02)


def test_the_lecture_by_hand() -> None:
    first = next(bm.by_hand([1, 0], [[1], [1]], 0.1))
    assert np.isclose(first.chance_h0[0], 0.73106, atol=1e-5)
    assert np.isclose(first.chance_h1[0], 0.88080, atol=1e-5)
    assert first.weights.tolist() == [[1.0], [0.9]]
    run = record(bm.by_hand([1, 0], [[1], [1]], 0.1, epochs=13))
    assert [round(e.chance_v1[1], 4) for e in run][:3] == [0.7311, 0.7109, 0.69]
    assert run[10].weights.tolist() == [[1.0], [-0.1]] and run[11].v1.tolist() == [1, 0]
    assert not run[11].change.any() and not run[12].change.any()


@pytest.mark.parametrize("method", ["CD", "PCD", "exact"])
def test_training_raises_the_likelihood(method: str, rng: np.random.Generator) -> None:
    data = bm.bars_and_stripes(3)
    assert data.shape == (14, 9)
    start = RBM.random(9, 8, rng, 0.1, machines=(3,))
    end = bm.trained(start, data, rng, method=method, epochs=400, rate=0.2)
    assert (end.log_likelihood(data) > start.log_likelihood(data) + 0.5).all()
    frozen = bm.trained(start, data, rng, method=method, epochs=2, biases=False)
    assert not frozen.hidden_bias.any()
    with pytest.raises(ValueError, match="expected CD, PCD or exact"):
        bm.trained(start, data, rng, method="MCMC")


def test_annealed_estimate_brackets_the_exact_partition(rng: np.random.Generator) -> None:
    rbm = RBM(rng.normal(size=(12, 6)), rng.normal(size=12), rng.normal(size=6))
    estimate, low, high = bm.annealed_log_partition(rbm, rng, np.zeros(12), 200, 300)
    assert low < rbm.log_partition() < high
    assert abs(estimate - rbm.log_partition()) < 0.2


def test_mixture_gains_from_more_kinds(rng: np.random.Generator) -> None:
    data = bm.bars_and_stripes(3)
    one, many = (bm.fit_mixture(data, k, rng).log_likelihood(data) for k in (1, 8))
    assert many > one
    states = bm.all_states(9)
    assert np.isclose(np.exp(bm.fit_mixture(data, 3, rng).log_joint(states)).sum(), 1)


def test_even_parity_hides_in_pairs() -> None:
    data = bm.even_parity(3)
    pairs, on = bm.moments(data)
    assert (
        len(data) == 4 and np.allclose(pairs[np.triu_indices(3, 1)], 0.25) and np.allclose(on, 0.5)
    )


def test_the_start_gives_each_pixel_its_mean(rng: np.random.Generator) -> None:
    data = (rng.random((50, 6)) < [0.1, 0.3, 0.5, 0.7, 0.9, 0.2]).astype(np.float32)
    start = RBM.for_data(data, 4, rng, spread=0)
    assert start.weights.dtype == np.float32 and start.weights.shape == (6, 4)
    np.testing.assert_allclose(start.to_visible(np.zeros((1, 4)))[0], data.mean(axis=0), atol=0.01)
    assert bm.reconstruction_error(start, data) == pytest.approx(data.var(axis=0).mean(), rel=0.01)


def test_the_annealing_view_shows_no_toss_of_the_future(rng: np.random.Generator) -> None:
    W, b = machine(rng)
    run = record(bm.gibbs(W, b, np.zeros(4), rng, steps=60))[::6]
    pair = new_axes(columns=2)
    update = boltzmann_views.annealing_view(run, least=-9.0)(pair)
    line = next(x for x in pair[0].lines if x.get_label() == "energy")
    for k in (0, 3, 10):
        update(run[k])
        assert line.get_xdata().tolist() == [6 * i for i in range(k + 1)]
        assert line.get_ydata()[-1] == run[k].energy
