"""The readable optimisers: the lecture's traces, and torch step by step."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from course_lib.training import optimisers as o


def walk(optimiser, steps: int = 5) -> list[float]:
    """z after each step on J = z**2 from z = 2 (the lecture's example)."""
    states = o.descend(lambda z: (z**2).sum(), [2.0], optimiser, steps)
    return [float((state.point - state.change)[0]) for state in states]


# proves 000A:Momentum
def test_momentum_of_the_lecture() -> None:
    expected = [1.6, 0.92, 0.124, -0.6172, -1.16084, -1.417948, -1.365756]
    assert walk(lambda z: o.Momentum(z, lr=0.1), 7) == pytest.approx(expected, abs=5e-7)


def test_momentum_ends_ten_times_as_fast_under_a_constant_gradient() -> None:
    states = list(o.descend(lambda z: z.sum(), [0.0], lambda z: o.Momentum(z, lr=0.1), 200))
    assert states[0].change[0] == pytest.approx(0.1)
    assert states[-1].change[0] == pytest.approx(1.0, rel=1e-6)


# proves 000A:Adam
def test_adam_of_the_lecture() -> None:
    expected = [1.9, 1.8001665, 1.7006234, 1.6015049, 1.5029558]
    assert walk(lambda z: o.Adam(z, lr=0.1)) == pytest.approx(expected, abs=5e-8)


# proves 000A:diffGrad
def test_diffgrad_of_the_lecture() -> None:
    expected = [1.9017986, 1.8469937, 1.7944303, 1.7420891, 1.6898983]
    assert walk(lambda z: o.DiffGrad(z, lr=0.1)) == pytest.approx(expected, abs=5e-8)


def test_diffgrad_is_half_as_fast_as_adam_under_a_constant_gradient() -> None:
    slow = list(o.descend(lambda z: z.sum(), [0.0], lambda z: o.DiffGrad(z, lr=0.1), 20))
    fast = list(o.descend(lambda z: z.sum(), [0.0], lambda z: o.Adam(z, lr=0.1), 20))
    assert slow[0].change[0] / fast[0].change[0] == pytest.approx(0.731059, abs=1e-6)
    assert slow[9].change[0] / fast[9].change[0] == pytest.approx(0.5)


def test_adams_second_moment_can_fall() -> None:
    """The lecture says that it always grows: 1, 0, 0 gives .001, .000999, .000998."""
    adam = o.Adam([torch.zeros(1)], lr=0.1)
    past: dict = {}
    seen = []
    for g in (1.0, 0.0, 0.0):
        adam.change(torch.tensor([g], dtype=torch.float64), past, 0.1, 0.9, 0.999, 1e-8)
        seen.append(float(past["u"]))
    assert seen == pytest.approx([0.001, 0.000999, 0.000998001])


PAIRS = {
    "sgd": (lambda p: o.SGD(p, lr=0.1), lambda p: torch.optim.SGD(p, lr=0.1)),
    "momentum": (
        lambda p: o.Momentum(p, lr=0.05, momentum=0.8),
        lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.8),
    ),
    "nesterov": (
        lambda p: o.Nesterov(p, lr=0.05, momentum=0.8),
        lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.8, nesterov=True),
    ),
    "adagrad": (lambda p: o.Adagrad(p, lr=0.1), lambda p: torch.optim.Adagrad(p, lr=0.1)),
    "rmsprop": (
        lambda p: o.RMSProp(p, lr=0.02, rho=0.9),
        lambda p: torch.optim.RMSprop(p, lr=0.02, alpha=0.9),
    ),
    "adadelta": (lambda p: o.Adadelta(p, rho=0.8), lambda p: torch.optim.Adadelta(p, rho=0.8)),
    "adam": (
        lambda p: o.Adam(p, lr=0.02, rho1=0.7, rho2=0.9),
        lambda p: torch.optim.Adam(p, lr=0.02, betas=(0.7, 0.9)),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_each_step_equals_torch(name: str) -> None:
    def function(w):
        return (torch.tensor([1.0, 10.0, 0.3]) * (w - 1) ** 2).sum() + (w[0] * w[1]).sin()

    ours, theirs = PAIRS[name]
    start = [0.3, -0.7, 2.0]
    steps = zip(
        o.descend(function, start, ours, 30), o.descend(function, start, theirs, 30), strict=True
    )
    for mine, other in steps:
        assert mine.change == pytest.approx(other.change, rel=1e-10, abs=1e-14), mine.step


def test_a_weight_without_gradient_stays() -> None:
    used, unused = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    adam = o.Adam([used, unused])
    used.sum().backward()
    adam.step()
    assert not torch.equal(used, torch.ones(2)) and torch.equal(unused, torch.ones(2))


def test_state_survives_saving() -> None:
    def run(steps: int, save_at: int | None) -> torch.Tensor:
        w = torch.tensor([2.0, -1.0], requires_grad=True)
        chosen = o.DiffGrad([w], lr=0.1)
        for k in range(steps):
            if k == save_at:
                kept = chosen.state_dict()
                chosen = o.DiffGrad([w], lr=0.1)
                chosen.load_state_dict(kept)
            chosen.zero_grad()
            (w**2).sum().backward()
            chosen.step()
        return w.detach()

    assert torch.equal(run(6, None), run(6, 3))


def test_chosen_by_name_fused_where_torch_can() -> None:
    model = nn.Linear(3, 2)
    (adam,) = o.chosen_optimisers("adam", model, None)
    assert isinstance(adam, torch.optim.Adam) and adam.param_groups[0]["fused"] is True
    assert adam.param_groups[0]["lr"] == 0.001
    (nesterov,) = o.chosen_optimisers("nesterov", model, 0.3)
    group = nesterov.param_groups[0]
    assert (group["lr"], group["momentum"], group["nesterov"]) == (0.3, 0.9, True)
    for name in o.NAMED:
        (one,) = o.chosen_optimisers(name, model, 0.01)
        before = model.weight.detach().clone()
        model(torch.ones(1, 3)).sum().backward()
        one.step()
        assert not torch.equal(before, model.weight), name


def test_chosen_from_factories_and_instances() -> None:
    model = nn.Linear(3, 2)
    ready = torch.optim.SGD(model.parameters(), lr=1.0)
    assert o.chosen_optimisers(ready, model, None) == [ready]
    assert o.chosen_optimisers({"a": ready, "b": ready}, model, None) == [ready, ready]
    (made,) = o.chosen_optimisers(o.Adagrad, model, 0.25)
    assert isinstance(made, o.Adagrad) and made.param_groups[0]["lr"] == 0.25


def test_refusals() -> None:
    model = nn.Linear(3, 2)
    with pytest.raises(ValueError, match="no optimiser 'adm'. Did you mean 'adam'"):
        o.chosen_optimisers("adm", model, None)
    with pytest.raises(ValueError, match="ready-made"):
        o.chosen_optimisers(torch.optim.SGD(model.parameters(), lr=1.0), model, 0.1)
    with pytest.raises(TypeError, match="optimiser is a name"):
        o.chosen_optimisers(3, model, None)
    with pytest.raises(ValueError, match="no parameters"):
        o.chosen_optimisers("sgd", nn.ReLU(), None)
    with pytest.raises(ValueError, match="positive number"):
        o.SGD(model.parameters(), lr=0.0)
