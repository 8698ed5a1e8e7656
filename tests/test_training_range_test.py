"""The learning-rate range test: sees its three phases, and leaves no trace."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.datasets import load
from course_lib.training import range_test
from course_lib.training.range_test import smoothed


def digits():
    data = load("digits")
    return data.standardised()


def net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 10)
    )


def test_a_quadratic_diverges_above_the_rate_that_theory_names() -> None:
    """Gradient descent on w**2/2 shrinks w while rate < 2 and blows up above."""
    model = nn.Linear(1, 1, bias=False)
    nn.init.constant_(model.weight, 1.0)
    ones, zeros = torch.ones(4, 1), torch.zeros(4, 1)
    found = range_test(
        model,
        (ones, zeros),
        loss=lambda out, t: ((out - t) ** 2).mean() / 2,
        optimiser="sgd",
        low=0.001,
        high=100,
        steps=200,
    )
    first_rise = found.rates[np.flatnonzero(np.diff(found.losses) > 0)[0]]
    assert found.diverged and first_rise == pytest.approx(2, rel=0.08)
    assert found.low < 0.1 < found.high < 20


def test_real_digits_show_all_three_phases() -> None:
    found = range_test(net(), digits(), loss=F.cross_entropy, optimiser="sgd", high=1000)
    assert found.diverged and 1e-6 < found.low < found.high < 2000
    assert found.losses[:20].std() < 0.3 and found.smooth.min() < 0.6 * found.start
    assert found.suggestion == pytest.approx(found.high / 3)
    assert "then it diverged" in repr(found)


def test_weights_buffers_mode_and_random_state_are_as_before() -> None:
    model = net().eval()
    before = {name: t.clone() for name, t in model.state_dict().items()}
    torch.manual_seed(3)
    state = torch.get_rng_state()
    found = range_test(model, digits(), loss=F.cross_entropy, steps=30, high=1e-2)
    assert not found.diverged and "raise `high`" in repr(found) and len(found.rates) == 30
    assert all(torch.equal(t, before[name]) for name, t in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state) and not model.training
    assert all(p.grad is None for p in model.parameters())


def test_undone_even_if_the_step_fails() -> None:
    model = net()
    before = model[0].weight.detach().clone()
    calls = []

    def step(batch):
        calls.append(1)
        if len(calls) == 5:
            raise ZeroDivisionError
        return F.cross_entropy(model(batch[0]), batch[1])

    with pytest.raises(ZeroDivisionError):
        range_test(model, digits(), step=step, low=0.01)
    assert torch.equal(model[0].weight, before)


def test_smoothing_is_the_corrected_moving_average() -> None:
    assert smoothed([4.0, 4.0, 4.0]).tolist() == pytest.approx([4, 4, 4])
    assert smoothed([1.0, 0.0])[1] == pytest.approx(0.09 / 0.19)


def test_refusals() -> None:
    with pytest.raises(ValueError, match="0 < low < high"):
        range_test(net(), digits(), loss=F.cross_entropy, low=1.0, high=0.1)
    with pytest.raises(ValueError, match="very first loss"):
        range_test(net(), digits(), loss=lambda out, t: out.sum() * float("nan"))
