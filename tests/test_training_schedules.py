"""The schedules are the lecture's equations: equal to its numbers and to torch's schedulers."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler

from course_lib.training import schedules as s


def from_torch(make, steps: int, what: str = "lr", start: float = 0.1) -> list[float]:
    """What a torch scheduler sets at each of `steps` steps."""
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=start, momentum=0.9)
    scheduler = make(optimiser)
    values = []
    for _ in range(steps):
        values.append(optimiser.param_groups[0][what])
        optimiser.step()
        scheduler.step()
    return values


def test_step_decay_equals_torch() -> None:
    expected = from_torch(lambda o: lr_scheduler.StepLR(o, step_size=7, gamma=0.3), 40)
    assert np.allclose(s.step_decay(np.arange(40), 0.1, 0.3, 7), expected, rtol=1e-12)


# proves 000A:CLR triangular / triangular2 / exp_range / parabolic decay
def test_cyclic_numbers_of_the_lecture() -> None:
    at = [0, 50, 100, 150, 199, 200, 300]
    expected = [0.001, 0.0035, 0.006, 0.0035, 0.00105, 0.001, 0.006]
    assert np.allclose(s.triangular(at, 0.001, 0.006, 100), expected, rtol=1e-12)
    assert s.triangular2(300, 0.001, 0.006, 100) == pytest.approx(0.0035)
    assert s.triangular2(500, 0.001, 0.006, 100) == pytest.approx(0.00225)
    assert [int(s.half_cycles(it, 100)[0]) for it in (0, 199, 200, 399, 400, 599)] == [
        *(1, 1, 2, 2, 3, 3)
    ]


@pytest.mark.parametrize(
    ("mode", "ours"),
    [
        ("triangular", lambda t: s.triangular(t, 0.001, 0.006, 13)),
        ("triangular2", lambda t: s.triangular2(t, 0.001, 0.006, 13)),
        ("exp_range", lambda t: s.exp_range(t, 0.001, 0.006, 13, 0.99)),
    ],
)
def test_cyclic_equals_torch(mode: str, ours) -> None:
    expected = from_torch(
        lambda o: lr_scheduler.CyclicLR(
            o, 0.001, 0.006, step_size_up=13, mode=mode, gamma=0.99, cycle_momentum=False
        ),
        100,
    )
    assert np.allclose(ours(np.arange(100)), expected, rtol=1e-9)


def test_parabola_is_above_the_triangle_and_meets_it_at_the_ends_and_the_top() -> None:
    steps = np.arange(0, 101)
    arch, triangle = s.parabolic(steps, 0, 1, 50), s.triangular(steps, 0, 1, 50)
    assert np.allclose(arch[[0, 50, 100]], triangle[[0, 50, 100]])
    assert np.all(arch[1:50] > triangle[1:50])
    assert s.parabolic(25, 0, 1, 50) == pytest.approx(0.75)
    assert s.parabolic(150, 0, 1, 50, gamma=0.99) == pytest.approx(0.99**150)


# proves 000A:SGDR (cosine warm restarts; T_mult, decayed bounds)
@pytest.mark.parametrize("factor", [1, 2, 3])
def test_sgdr_equals_torch(factor: int) -> None:
    expected = from_torch(
        lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, T_0=5, T_mult=factor, eta_min=0.01),
        70,
    )
    assert np.allclose(s.sgdr(np.arange(70), 0.01, 0.1, 5, factor), expected, rtol=1e-9)


def test_sgdr_fractions_of_the_lecture_and_decayed_bounds() -> None:
    fractions = s.sgdr(np.array([0, 0.25, 0.5, 0.75]), 0, 1, 1)
    assert np.allclose(fractions, [1, 0.853553, 0.5, 0.146447], atol=1e-6)
    assert s.sgdr(10, 0.1, 1.0, cycle=10, decay=0.5) == pytest.approx(0.5)
    assert s.sgdr(20 - 1e-9, 0.1, 1.0, cycle=10, decay=0.5) == pytest.approx(0.05)
    assert s.cosine(np.array([0, 5, 10, 99]), 0.1, 1.1, 10) == pytest.approx([1.1, 0.6, 0.1, 0.1])


def test_restarts_fall_on_the_sums_of_the_lengthened_cycles() -> None:
    starts = np.cumsum([0, 3, 6, 12, 24, 48, 96])
    number, since, length = s.restarts(starts, 3, 2)
    assert number.tolist() == list(range(7))
    assert np.allclose(since, 0) and np.allclose(length, 3 * 2.0 ** np.arange(7))


# proves 000A:One-cycle (linear, fastai cosine)
@pytest.mark.parametrize("shape", ["cosine", "linear"])
@pytest.mark.parametrize("three_phases", [False, True])
def test_one_cycle_equals_torch(shape: str, three_phases: bool) -> None:
    def make(o):
        return lr_scheduler.OneCycleLR(
            o,
            max_lr=0.1,
            total_steps=100,
            anneal_strategy={"cosine": "cos", "linear": "linear"}[shape],
            three_phase=three_phases,
        )

    steps = np.arange(100)
    form = {"shape": shape, "three_phases": three_phases}
    rates, momenta = from_torch(make, 100), from_torch(make, 100, "momentum")
    assert np.allclose(s.one_cycle(steps, 0.1, 100, **form), rates, rtol=1e-9)
    assert np.allclose(s.one_cycle_momentum(steps, 100, **form), momenta, rtol=1e-9)


def test_one_cycle_numbers_of_the_lecture() -> None:
    assert s.one_cycle(0, 0.1, 100) == pytest.approx(0.004)
    assert s.one_cycle(29, 0.1, 100) == pytest.approx(0.1)
    assert s.one_cycle(99, 0.1, 100) == pytest.approx(4e-7)
    # the lecture's fine-tuning falls to a tenth of where it began
    assert s.one_cycle(99, 0.1, 100, end=0.0004, three_phases=True) == pytest.approx(0.0004)
    with pytest.raises(ValueError, match="unknown shape 'round'"):
        s.one_cycle(5, 0.1, 100, shape="round")


def test_a_number_in_gives_a_float_out() -> None:
    assert type(s.triangular(3, 0, 1, 10)) is float
    assert s.triangular(np.arange(4), 0, 1, 10).shape == (4,)


def rates_of(schedule, per="update", **groups):
    weights = [torch.zeros(1, requires_grad=True) for _ in range(2)]
    optimiser = torch.optim.SGD(
        [{"params": weights[:1]}, {"params": weights[1:], "lr": 0.5}], lr=0.1, momentum=0.9
    )
    return s.Rates(schedule, per, [optimiser]), optimiser


def test_rates_are_set_per_update_or_per_epoch_and_groups_keep_their_ratio() -> None:
    rates, optimiser = rates_of(lambda step: 1.0 + step)
    rates.set(updates=3, epochs=1)
    assert [g["lr"] for g in optimiser.param_groups] == [4.0, 20.0] and rates.now == 4.0
    rates, optimiser = rates_of(lambda step: {"lr": 1.0 + step, "momentum": 0.5}, "epoch")
    rates.set(updates=3, epochs=1)
    assert optimiser.param_groups[0]["lr"] == 2.0
    assert optimiser.param_groups[1]["momentum"] == 0.5


def test_momentum_of_adam_is_its_first_beta() -> None:
    adam = torch.optim.Adam([torch.zeros(1, requires_grad=True)])
    s.Rates(lambda step: {"momentum": 0.8}, "update", [adam]).set(0, 0)
    assert adam.param_groups[0]["betas"] == (0.8, 0.999)


def test_rates_refuse_what_they_cannot_use() -> None:
    with pytest.raises(ValueError, match="schedule_per"):
        rates_of(None, "week")
    with pytest.raises(TypeError, match="function of the step"):
        rates_of(0.1)
    rates, _ = rates_of(lambda step: {"beta": 1.0})
    with pytest.raises(KeyError, match="no 'beta'"):
        rates.set(0, 0)
    assert math.isnan(s.Rates(None, "update", []).now)
