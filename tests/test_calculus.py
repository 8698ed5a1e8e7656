"""Nudges and slopes against torch, SymPy and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
import torch

from course_lib.models import calculus
from course_lib.trace import record


def test_slope_gradient_and_jacobian_equal_torch() -> None:
    rng = np.random.default_rng(0)
    W, x = rng.normal(size=(3, 5)), rng.normal(size=5)
    found = calculus.jacobian(lambda v: np.tanh(W @ v), x)
    right = torch.autograd.functional.jacobian(
        lambda v: torch.tanh(torch.tensor(W) @ v), torch.tensor(x)
    )
    assert found.shape == (3, 5)
    np.testing.assert_allclose(found, right.numpy(), atol=1e-8)
    np.testing.assert_allclose(calculus.gradient(lambda v: v @ v, x), 2 * x, atol=1e-8)
    np.testing.assert_allclose(calculus.slope(np.sin, x), np.cos(x), atol=1e-8)


def test_a_scalar_function_has_a_jacobian_of_one_row() -> None:
    assert calculus.jacobian(np.sum, np.ones(4)).shape == (1, 4)


def test_hessian_equals_torch() -> None:
    x = np.array([0.3, -0.7, 1.1])

    def f(v):
        return v[0] ** 2 * v[1] + v[1] * v[2] ** 3

    right = torch.autograd.functional.hessian(f, torch.tensor(x))
    np.testing.assert_allclose(calculus.hessian(f, x), right.numpy(), atol=1e-6)


@pytest.mark.parametrize(
    ("eigenvalues", "kind"),
    [
        ((1, 2), "minimum"),
        ((-1, -2), "maximum"),
        ((-1, 2), "saddle"),
        ((0, 2), "the test cannot tell"),
        ((0, 0), "the test cannot tell"),
    ],
)
def test_kinds_of_critical_points(eigenvalues: tuple[float, float], kind: str) -> None:
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    assert calculus.point_kind(turn @ np.diag(eigenvalues) @ turn.T) == kind


@pytest.mark.parametrize("x", [-1.2, 0.0, 0.7, 1.0])
def test_nudges_equal_sympy_on_two_paths(x: float) -> None:
    s = sp.Symbol("x")
    states = record(calculus.nudges(calculus.two_paths(), x))
    right = sp.diff(sp.sin(s + s**2), s).subs(s, x)
    assert states[-1].slopes["y"] == pytest.approx(float(right))
    assert [state.node for state in states] == ["x", "u", "s", "y"]
    came = dict((name, part) for name, _, part in states[2].arrived)
    assert came == {"x": pytest.approx(1.0), "u": pytest.approx(2 * x)}


def test_a_link_that_reads_a_later_name_is_refused() -> None:
    links = calculus.two_paths()
    with pytest.raises(KeyError, match="u"):
        list(calculus.nudges(links[1:], 1.0))


def test_descent_follows_the_closed_form_and_stops_when_it_runs_away() -> None:
    found = calculus.descend(lambda z: 2 * z, 2.0, 0.1, 5)
    np.testing.assert_allclose(found, 2 * 0.8 ** np.arange(6))
    away = calculus.descend(lambda z: 2 * z, 2.0, 5.0, 1000)
    assert len(away) < 20 and abs(away[-1]) > 1e6
