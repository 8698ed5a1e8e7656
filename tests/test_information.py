"""Codes, mutual information and KL fits against brute force, scikit-learn and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from course_lib.models import information, losses


def test_huffman_words_are_a_prefix_code_and_meet_krafts_bound() -> None:
    rng = np.random.default_rng(0)
    for n in (2, 3, 4, 9, 30):
        p = rng.dirichlet(np.ones(n))
        words = information.huffman(p)
        assert sum(2.0 ** -len(w) for w in words) == pytest.approx(1)
        assert not any(a != b and b.startswith(a) for a in words for b in words)
        entropy = losses.entropy(p) / np.log(2)
        assert entropy - 1e-12 <= p @ [len(w) for w in words] < entropy + 1


def test_no_code_of_four_symbols_is_shorter() -> None:
    p = np.array([0.4, 0.3, 0.2, 0.1])
    shapes = [(1, 2, 3, 3), (2, 2, 2, 2)]  # the complete binary trees with four leaves
    best = min(np.sort(p)[::-1] @ shape for shape in shapes)
    assert p @ [len(w) for w in information.huffman(p)] == pytest.approx(best)


def test_a_code_needs_two_symbols() -> None:
    with pytest.raises(ValueError, match="two symbols"):
        information.huffman(np.array([1.0]))


def test_mutual_information_equals_scikit_learn() -> None:
    counts = np.array([[3, 1, 4], [1, 5, 9]])
    found = information.mutual_information(counts / counts.sum())
    assert found == pytest.approx(mutual_info_score(None, None, contingency=counts))
    assert information.mutual_information(np.outer([0.3, 0.7], [0.5, 0.5])) == pytest.approx(0)
    assert information.mutual_information(np.eye(4) / 4) == pytest.approx(np.log(4))


def test_divergence_of_two_normals_equals_the_closed_form() -> None:
    x = np.linspace(-30, 30, 6001)
    log_p, log_q = (losses.gaussian_log_density(x, m, s) for m, s in ((1, 2), (0, 3)))
    right = np.log(3 / 2) + (4 + 1) / 18 - 0.5
    assert information.divergence(x, log_p, log_q) == pytest.approx(right)


def test_fits_of_the_two_directions() -> None:
    x = np.linspace(-25, 25, 2001)
    log_p = information.two_bells(x)
    assert np.sum(np.exp(log_p)) * (x[1] - x[0]) == pytest.approx(1)
    mean, sigma, nats = information.fit_normal(x, log_p, "D(p, q)", (1.0, 2.0))
    assert (mean, sigma) == (pytest.approx(0, abs=1e-4), pytest.approx(10**0.5, rel=1e-4))
    assert nats == pytest.approx(0.4620, abs=1e-4)
    mean, sigma, nats = information.fit_normal(x, log_p, "D(q, p)", (2.0, 1.0))
    assert (mean, sigma, nats) == pytest.approx((2.984, 1.023, 0.6888), abs=1e-3)
    with pytest.raises(KeyError, match="there are"):
        information.fit_normal(x, log_p, "D(r, p)", (0.0, 1.0))
