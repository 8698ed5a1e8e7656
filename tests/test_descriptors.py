"""Descriptors against loops, scipy, scikit-image and the lecture's numbers."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from skimage.feature import local_binary_pattern

from course_lib.datasets import load
from course_lib.models import descriptors as d

PROTEIN = "LNQAVSVAQARENFSRVEQA"


def test_composition_and_pairs_count_by_loop() -> None:
    count, pairs = Counter(PROTEIN), Counter(itertools.pairwise(PROTEIN))
    for i, a in enumerate(d.AMINO_ACIDS):
        assert d.composition(PROTEIN)[i] == count[a] / 20
        for j, b in enumerate(d.AMINO_ACIDS):
            assert d.two_gram(PROTEIN)[i, j] == pairs[a, b] / 20


def test_autocovariance_follows_the_printed_sum() -> None:
    table = load("amino_acids")
    for name in table.properties:
        scale = table.column(name)
        v = [table.of(letter, name) - scale.mean() for letter in PROTEIN]
        for lag, found in enumerate(d.autocovariance(PROTEIN, scale, 6), 1):
            products = [v[k] * v[k + lag] for k in range(20 - lag)]
            assert np.isclose(found, sum(products) / (np.var(scale) * (20 - lag)))


def test_autocovariance_refuses_lags_beyond_the_sequence() -> None:
    with pytest.raises(ValueError, match="between 1 and 19"):
        d.autocovariance(PROTEIN, np.arange(20.0), 20)


def test_strange_letters_are_named() -> None:
    with pytest.raises(ValueError, match="X"):
        d.composition("GATXACA", d.BASES)
    with pytest.raises(ValueError, match="empty"):
        d.composition("", d.BASES)


def test_correlation_factors_of_the_map() -> None:
    pairs = load("dinucleotides")
    found = d.correlation_factors("ACGTAC", pairs.symbols, pairs.values)
    assert found.round(6).tolist() == [5.031217, 0.278456, 5.031217, 0]
    slow = [
        np.mean(
            [
                d.difference("GATTACA"[i : i + 2], "GATTACA"[i + w : i + w + 2], pairs.symbols,
                             pairs.values)
                for i in range(7 - w - 1)
            ]
        )
        for w in range(1, 6)
    ]  # fmt: skip
    assert np.allclose(d.correlation_factors("GATTACA", pairs.symbols, pairs.values), slow)
    assert len(d.correlation_factors("GATTACA", pairs.symbols, pairs.values, most=2)) == 2


def test_dtw_is_the_cheapest_of_all_ways() -> None:
    def cheapest(a, b):
        here = abs(a[0] - b[0])
        if len(a) == len(b) == 1:
            return here
        ways = [(a[1:], b), (a, b[1:]), (a[1:], b[1:])]
        return here + min(cheapest(u, v) for u, v in ways if u and v)

    rng = np.random.default_rng(1)
    for _ in range(20):
        a, b = rng.integers(0, 9, 4).tolist(), rng.integers(0, 9, 5).tolist()
        assert d.dtw(a, b)[-1, -1] == cheapest(a, b)
        assert d.dtw(a, np.repeat(a, 2))[-1, -1] == 0


@pytest.mark.parametrize(
    ("a", "b", "edits"),
    [("kitten", "sitting", 3), ("", "abc", 3), ("flaw", "lawn", 2), ("same", "same", 0)],
)
def test_edit_distance(a: str, b: str, edits: int) -> None:
    assert d.edit_distance(a, b) == d.edit_distance(b, a) == edits


def test_metric_faults_name_axiom_and_places() -> None:
    points = np.random.default_rng(0).normal(size=(6, 3))
    euclid = np.linalg.norm(points[:, None] - points, axis=2)
    assert d.metric_fault(euclid) is None
    axiom, (i, j, k) = d.metric_fault(euclid**3)
    assert axiom == "triangle"
    assert (euclid**3)[i, k] > (euclid**3)[i, j] + (euclid**3)[j, k]
    assert d.metric_fault(np.array([[1.0, 2], [2, 0]])) == ("zero to itself", (0, 0))
    assert d.metric_fault(np.array([[0.0, 2], [3, 0]])) == ("symmetry", (0, 1))
    assert d.metric_fault(np.array([[0.0, 0], [0, 0]])) == ("identity", (0, 1))
    with pytest.raises(ValueError, match="square"):
        d.metric_fault(np.zeros((2, 3)))


def test_signal_to_noise_adds_the_spreads() -> None:
    plus, minus = np.array([[5.0, 1], [6, 2], [7, 3]]), np.array([[1.0, 5], [2, 6], [3, 7]])
    assert d.signal_to_noise(plus, minus).tolist() == [2, -2]


def test_lbp_by_loop_and_against_scikit_image() -> None:
    picture = np.random.default_rng(0).integers(0, 50, size=(7, 9)).astype(float)
    code = d.lbp(picture)
    assert code.shape == (5, 7)
    for r, c in np.ndindex(5, 7):
        around = [picture[r + 1 + dr, c + 1 + dc] for dr, dc in d.RING]
        assert code[r, c] == sum(2**p * (v >= picture[r + 1, c + 1]) for p, v in enumerate(around))
    smooth = np.random.default_rng(1).integers(0, 9999, size=(20, 24))
    theirs = local_binary_pattern(smooth, 8, 2, "default")[2:-2, 2:-2]
    assert (d.circular_lbp(smooth, 8, 2) == theirs).mean() > 0.99


def test_labels_of_patterns() -> None:
    assert [d.uniform_labels(p).max() + 1 for p in (4, 8)] == [15, 59]  # P (P - 1) + 2, and one
    assert d.rotation_labels().max() + 1 == 36
    labels = d.rotation_labels()
    assert labels[0b00000111] == labels[0b00011100] != labels[0b00001011]


def test_contrast_of_the_map() -> None:
    assert np.isclose(d.contrast(np.array([[6.0, 5, 2], [7, 6, 1], [9, 8, 7]])), 7.4 - 8 / 3)
    assert d.contrast(np.ones((3, 3))) == 0


def test_blocks_follow_each_other_row_by_row() -> None:
    picture = np.arange(24.0).reshape(4, 6)
    found = d.blockwise(picture, lambda part: np.array([part.mean()]), rows=2, columns=3)
    assert found.tolist() == [3.5, 5.5, 7.5, 15.5, 17.5, 19.5]


def test_voxels_ignore_place_and_turn_up_to_flips() -> None:
    turn = np.linspace(0, 20, 60)
    helix = np.column_stack([5 * np.cos(turn) + turn, 8 * np.sin(turn), 3 * turn])
    cube = d.voxels(helix, 24)
    rotation = np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))[0]
    best = max(
        np.sum(cube & other) / np.sum(cube | other)
        for flip in itertools.product((1, -1), repeat=3)
        for other in [d.voxels(helix @ rotation.T - 3, 24, flip=flip)]
    )
    assert best > 0.95
    assert cube.shape == (24, 24, 24) and 0 < cube.sum() < 1000
