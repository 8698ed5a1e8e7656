"""Hopfield networks against loops, torch, scipy, enumeration and the lecture's numbers."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from scipy import stats

from course_lib.models import hopfield
from course_lib.trace import record

LECTURE = np.array([[0, -0.6, 0.6], [-0.6, 0, -0.6], [0.6, -0.6, 0]])


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def symmetric(units: int, rng: np.random.Generator) -> np.ndarray:
    half = np.triu(rng.normal(size=(units, units)), 1)
    return half + half.T


# --- storing ------------------------------------------------------------------------------------


def test_hebb_by_loops_and_its_three_scalings(rng: np.random.Generator) -> None:
    F = rng.choice([-1, 1], size=(3, 5))
    bare = np.zeros((5, 5))
    for f, i, j in itertools.product(F, range(5), range(5)):
        bare[i, j] += f[i] * f[j] * (i != j)
    for name, divisor in (("patterns", 3), ("units", 5), ("nothing", 1)):
        np.testing.assert_allclose(hopfield.hebb(F, name), bare / divisor)


def test_the_lectures_storage_exercise() -> None:
    upper = np.triu_indices(3, 1)
    for rows, wanted in (
        ([[1, -1, 1]], [-1, 1, -1]),
        ([[1, -1, 1], [1, 1, 1]], [0, 1, 0]),
        ([[1, -1, 1], [-1, 1, -1]], [-1, 1, -1]),
    ):
        assert hopfield.hebb(np.array(rows))[upper].tolist() == wanted


def test_pseudo_inverse_keeps_what_hebb_loses(rng: np.random.Generator) -> None:
    F = rng.choice([-1, 1], size=(12, 30), p=[0.75, 0.25])  # correlated: mostly paper
    W = hopfield.pseudo_inverse(F)
    assert hopfield.is_stable(W, F).all() and not hopfield.is_stable(hopfield.hebb(F), F).all()
    np.testing.assert_allclose(W, W.T)
    assert not W.diagonal().any()
    projection = F.T @ np.linalg.solve((F @ F.T).astype(float), F.astype(float))
    np.testing.assert_allclose(W + np.diag(projection.diagonal()), projection, atol=1e-9)


def test_storkey_by_its_definition(rng: np.random.Generator) -> None:
    F, N = rng.choice([-1, 1], size=(3, 6)), 6
    w = np.zeros((N, N))
    for f in F:
        h = np.zeros((N, N))
        for i, j in itertools.product(range(N), repeat=2):
            h[i, j] = sum(w[i, k] * f[k] for k in range(N) if k not in (i, j))
        new = w.copy()
        for i, j in itertools.permutations(range(N), 2):
            new[i, j] += (f[i] * f[j] - f[i] * h[j, i] - h[i, j] * f[j]) / N
        w = new
    np.testing.assert_allclose(hopfield.storkey(F), w)


@pytest.mark.parametrize("rows", [[[1, 0, 1]], [[1, 2]], [[0.5, -1]]])
def test_patterns_are_plus_and_minus_one(rows: list) -> None:
    for rule in hopfield.RULES.values():
        with pytest.raises(ValueError, match=r"\+1 and -1"):
            rule(np.array(rows))


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ValueError, match="patterns, units, nothing"):
        hopfield.hebb(np.array([[1, -1]]), "M")
    with pytest.raises(ValueError, match="keep, plus, minus"):
        hopfield.threshold(0.0, 1, "zero")
    with pytest.raises(ValueError, match="keep, plus, minus"):
        hopfield.recall(LECTURE, np.ones((1, 3)), np.random.default_rng(0), ties="zero")
    with pytest.raises(ValueError, match="1 to 16"):
        hopfield.all_states(17)


# --- recalling ----------------------------------------------------------------------------------


def test_the_lectures_recall() -> None:
    steps = record(hopfield.recall_steps(LECTURE, np.array([-1, -1, 1]), [0, 1, 2, 0]))
    np.testing.assert_allclose(steps.column("net")[1:], [1.2, -1.2, 1.2, 1.2])
    assert steps[-1].state.tolist() == [1, -1, 1]
    np.testing.assert_allclose(steps.column("energy"), [0.6, -1.8, -1.8, -1.8, -1.8])
    assert steps.column("flipped").tolist() == [False, True, False, False, False]


def test_energies_and_stable_states_of_the_lectures_net() -> None:
    energies = {tuple(s): hopfield.energy(LECTURE, s) for s in hopfield.all_states(3)}
    low = {s for s, e in energies.items() if np.isclose(e, -1.8)}
    assert low == {(1, -1, 1), (-1, 1, -1)}
    assert all(np.isclose(e, 0.6) for s, e in energies.items() if s not in low)
    assert {tuple(s) for s in hopfield.stable_states(LECTURE)} == low
    ends = {tuple(s): hopfield.reachable(LECTURE, s) for s in hopfield.all_states(3)}
    assert all(len(e) == 1 for e in ends.values())  # the order of asking never matters here
    assert ends[-1, -1, 1] == ends[1, -1, -1] == ends[1, 1, 1] == [(1, -1, 1)]


def test_energy_is_the_double_sum(rng: np.random.Generator) -> None:
    W, states = symmetric(5, rng), rng.choice([-1, 1], size=(7, 5))
    for y, found in zip(states, hopfield.energy(W, states), strict=True):
        by_loop = -0.5 * sum(W[i, j] * y[i] * y[j] for i in range(5) for j in range(5))
        assert found == pytest.approx(by_loop)


def test_every_flip_lowers_the_energy_by_twice_its_net_input(rng: np.random.Generator) -> None:
    W = symmetric(20, rng)
    order = hopfield.shuffled_sweeps(20, 10, rng)
    assert all(sorted(order[i : i + 20]) == list(range(20)) for i in range(0, 200, 20))
    steps = record(hopfield.recall_steps(W, rng.choice([-1, 1], 20), order))
    change = np.diff(steps.column("energy"))
    flipped, net = steps.column("flipped")[1:], steps.column("net")[1:]
    np.testing.assert_allclose(change, -2 * np.abs(net) * flipped, atol=1e-9)
    assert flipped.sum() > 3 and hopfield.is_stable(W, steps[-1].state)


@pytest.mark.parametrize("ties", hopfield.TIES)
def test_many_states_at_once_are_the_same_as_one_by_one(
    ties: str, rng: np.random.Generator
) -> None:
    W = hopfield.hebb(rng.choice([-1, 1], (2, 9)))  # two patterns: many net inputs of 0
    starts = rng.choice([-1, 1], (6, 9))
    together = hopfield.recall(W, starts, np.random.default_rng(5), sweeps=3, ties=ties)
    twin = np.random.default_rng(5)
    order = np.concatenate([twin.permutation(9) for _ in range(3)])
    for start, end in zip(starts, together, strict=True):
        *_, last = hopfield.recall_steps(W, start, order, ties)
        assert last.state.tolist() == end.tolist()


def test_three_conventions_at_zero() -> None:
    F = np.array([[1, -1, 1], [1, 1, 1]])
    W = hopfield.hebb(F)
    kept = {
        ties: [list(hopfield.recall_steps(W, f, [0, 1, 2], ties))[-1].state.tolist() for f in F]
        for ties in hopfield.TIES
    }
    assert kept["keep"] == F.tolist()
    assert kept["plus"] == [[1, 1, 1]] * 2 and kept["minus"] == [[1, -1, 1]] * 2
    # rounded weights whose sum should be 0
    assert hopfield.threshold(0.1 + 0.2 - 0.3, -1) == -1


def test_synchronous_recall_ends_in_a_point_or_a_cycle_of_two() -> None:
    swap = list(hopfield.synchronous_steps(np.array([[0, 1], [1, 0]]), [1, -1]))
    assert [s.state.tolist() for s in swap] == [[1, -1], [-1, 1], [1, -1]]
    assert [s.cycle for s in swap] == [0, 0, 2]
    found = set()
    for seed in range(30):
        rng = np.random.default_rng(seed)
        *_, last = hopfield.synchronous_steps(symmetric(8, rng), rng.choice([-1, 1], 8))
        found.add(last.cycle)
    assert found == {1, 2}


def test_a_start_without_overlaps_blinks(rng: np.random.Generator) -> None:
    F = np.repeat(rng.choice([-1, 1], (3, 20)), 2, axis=1)  # every unit has a twin
    start = hopfield.blinking_start(F)
    assert not (F @ start).any()
    first, second, third = hopfield.synchronous_steps(hopfield.hebb(F), start)
    assert (second.state == -start).all() and (third.state == start).all() and third.cycle == 2


# --- capacity and spurious states ---------------------------------------------------------------


def test_bit_errors_are_normal_tails_and_coins(rng: np.random.Generator) -> None:
    for load in (0.1, 0.138, 0.15, 0.25):
        assert hopfield.bit_error(load) == pytest.approx(stats.norm.sf(1 / np.sqrt(load)))
    assert hopfield.bit_error(0.1) == pytest.approx(7.8e-4, rel=0.01)  # the map's numbers
    assert hopfield.bit_error(0.138) == pytest.approx(0.0036, rel=0.02)
    # all coins of a tiny case: two patterns on three units, two coins, wrong never
    assert hopfield.exact_bit_error(2, 3) == 0.0
    # five patterns on two units: four coins, wrong if their sum is below -1, that is -2 or -4
    assert hopfield.exact_bit_error(5, 2) == pytest.approx((1 + 4) / 16)
    wrong = [
        np.mean((F @ hopfield.hebb(F)) * F < -1e-9)
        for F in (rng.choice([-1, 1], (20, 60)) for _ in range(60))
    ]
    exact, error = hopfield.exact_bit_error(20, 60), np.std(wrong) / np.sqrt(60)
    assert abs(np.mean(wrong) - exact) < 4 * error and error < exact / 5


def test_stable_states_have_their_kinds(rng: np.random.Generator) -> None:
    F = rng.choice([-1, 1], (3, 101))
    W, vote = hopfield.hebb(F), np.sign(F.sum(axis=0))
    assert hopfield.is_stable(W, np.array([*F, *-F, vote, -vote])).all()
    assert [hopfield.kind_of(s, F) for s in (F[1], -F[2], vote, -vote)] == [
        "memory", "inverse", "mixture", "mixture"]  # fmt: skip
    signed = np.sign(F[0] - F[1] + F[2])
    assert hopfield.kind_of(signed, F) == "mixture"
    assert hopfield.kind_of(np.where(np.arange(101) < 50, F[0], -F[0]), F) == "other"


def test_flips_and_cuts_are_as_many_as_asked(rng: np.random.Generator) -> None:
    F = rng.choice([-1, 1], (4, 50))
    assert ((hopfield.flip(F, 0.1, rng) != F).sum(axis=1) == 5).all()
    assert (hopfield.flip(F[0], 0.0, rng) == F[0]).all()
    np.testing.assert_allclose(hopfield.overlap(hopfield.flip(F[0], 0.25, rng), F[0]), 1 - 24 / 50)
    W = hopfield.hebb(F, "nothing") + 5 * (1 - np.eye(50))  # no weight is 0 before
    cut = hopfield.cut_synapses(W, 0.3, rng)
    np.testing.assert_allclose(cut, cut.T)
    lost = np.mean(cut[np.triu_indices(50, 1)] == 0)
    assert 0.25 < lost < 0.35 and set(np.unique(cut)) <= {0, *np.unique(W)}


# --- modern networks ----------------------------------------------------------------------------


def test_the_modern_update_is_attention_and_lowers_its_energy(rng: np.random.Generator) -> None:
    F, states = rng.normal(size=(7, 4)), rng.normal(size=(5, 4))
    for beta in (0.2, 0.5, 4.0, 1000.0):
        new = hopfield.modern_update(F, states, beta)
        theirs = torch.nn.functional.scaled_dot_product_attention(
            torch.tensor(states), torch.tensor(F), torch.tensor(F), scale=beta
        )
        np.testing.assert_allclose(new, theirs.numpy(), atol=1e-12)
        before, after = (hopfield.modern_energy(F, y, beta) for y in (states, new))
        assert (after <= before + 1e-12).all()
        scores = beta * torch.tensor(states) @ torch.tensor(F).T
        lse = torch.logsumexp(scores, 1).numpy() / beta
        np.testing.assert_allclose(before, -lse + 0.5 * (states**2).sum(axis=1))


def test_the_slope_of_the_modern_energy(rng: np.random.Generator) -> None:
    F, y, h = rng.normal(size=(6, 3)), rng.normal(size=3), 1e-6
    slope = [
        (hopfield.modern_energy(F, y + h * e, 1.5) - hopfield.modern_energy(F, y - h * e, 1.5))
        / (2 * h)
        for e in np.eye(3)
    ]
    np.testing.assert_allclose(slope, y - hopfield.modern_update(F, y, 1.5), atol=1e-6)


def test_a_trace_of_modern_updates(rng: np.random.Generator) -> None:
    F = rng.choice([-1.0, 1.0], (5, 12))
    trace = record(hopfield.modern_steps(F, 0.6 * F[2], beta=1.0, steps=3))
    assert len(trace) == 4 and np.allclose(trace.column("shares").sum(axis=1), 1)
    np.testing.assert_allclose(trace[1].state, hopfield.modern_update(F, 0.6 * F[2], 1.0))
    assert np.all(np.diff(trace.column("energy")) <= 1e-12) and trace[-1].shares.argmax() == 2


# --- the simple method and pictures -------------------------------------------------------------


def test_nearest_counts_differing_bits(rng: np.random.Generator) -> None:
    F, asked = rng.choice([-1, 1], (6, 11)), rng.choice([-1, 1], (9, 11))
    by_hand = [int(np.argmin([(f != a).sum() for f in F])) for a in asked]
    assert hopfield.nearest(F, asked).tolist() == by_hand


def test_pictures_become_signs() -> None:
    images = np.array([[0.0, 0.5, 0.51], [1.0, 0.2, 0.9], [0.0, 0.0, 1.0]])
    black = hopfield.black_and_white(images, 0.5)
    assert black.tolist() == [[-1, -1, 1], [1, -1, 1], [-1, -1, 1]]
    assert hopfield.one_of_each(black, np.array([1, 0, 1])).tolist() == [[1, -1, 1], [-1, -1, 1]]
