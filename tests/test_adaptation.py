"""Networks for two domains: the turned moons, and what a reversed gradient may do."""

from __future__ import annotations

import numpy as np
import torch

from course_lib.models.adaptation import adapt, turned_moons


def test_the_target_is_turned() -> None:
    X, y, z = turned_moons(2, 50, 90)
    flat, _, _ = turned_moons(2, 50, 0)
    assert X.shape == (2, 100, 2) and y.shape == z.shape == (2, 50)
    assert torch.equal(X[:, :50], flat[:, :50])
    x, turned = flat[:, 50:], X[:, 50:]
    assert torch.allclose(turned[..., 0], -x[..., 1], atol=1e-6)
    assert torch.allclose(turned[..., 1], x[..., 0], atol=1e-6)


def test_without_a_turn_there_is_nothing_to_adapt() -> None:
    right, told = adapt(lambda h, s: h.detach(), 0.0, networks=2, n=60, steps=300, angle=0)
    assert right.min() > 0.9 and abs(told.mean() - 0.5) < 0.25


def test_reversing_hides_the_domain() -> None:
    def reverse(h: torch.Tensor, strength: float) -> torch.Tensor:
        return (1 + strength) * h.detach() - strength * h  # the value of h, the slope -strength

    _, open_ = adapt(lambda h, s: h, 0.0, networks=3, n=60, steps=200)
    _, hidden = adapt(reverse, 1.0, networks=3, n=60, steps=200)
    _, blind = adapt(reverse, 0.0, networks=3, n=60, steps=200)
    _, detached = adapt(lambda h, s: h.detach(), 0.0, networks=3, n=60, steps=200)
    assert hidden.mean() < open_.mean() - 0.1
    assert np.array_equal(blind, detached)
