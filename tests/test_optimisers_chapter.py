"""What the chapter on optimisers stands on: landscapes, walks, nets side by side, its pictures."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from course_lib.models import many_nets, surfaces
from course_lib.plotting import optimisers_views as views
from course_lib.training import fit, optimisers, schedules, walks


@pytest.mark.parametrize("name", surfaces.SURFACES)
def test_lowest_points_are_lowest_and_flat(name: str) -> None:
    surface = surfaces.SURFACES[name]
    left, right, bottom, top = surface.window
    x, y = np.meshgrid(np.linspace(left, right, 201), np.linspace(bottom, top, 201))
    grid = surface.height((x, y))
    for point in surface.lowest:
        w = torch.tensor(point, dtype=torch.float64, requires_grad=True)
        height = surface.height(w)
        (slope,) = torch.autograd.grad(height, w)
        assert slope.abs().max() < 1e-9 and height.item() <= grid.min() + 1e-12
        assert height.item() == pytest.approx(float(surface.height(np.array(point))))


def test_turning_keeps_heights() -> None:
    plain, turned = surfaces.valley(7), surfaces.turned(surfaces.valley(7), 90)
    assert turned(np.array([0.0, 2.0])) == pytest.approx(plain(np.array([2.0, 0.0])))
    assert turned(np.array([-3.0, 0.0])) == pytest.approx(plain(np.array([0.0, 3.0])))


def test_two_weight_net_is_the_net_it_says() -> None:
    x, t = surfaces.INPUTS, surfaces.TARGETS
    for w0, w1 in ((0.3, -1.2), (2.0, 0.5)):
        expected = np.mean((w1 * np.tanh(w0 * x) - t) ** 2)
        assert surfaces.two_weight_net(np.array([w0, w1])) == pytest.approx(expected)


@pytest.mark.parametrize(("rate", "momentum"), [(0.05, 0.9), (0.3, 0.5), (0.1, 0.0)])
def test_contraction_is_what_long_walks_show(rate: float, momentum: float) -> None:
    w, change, sizes = 1.0, 0.0, []
    for _ in range(400):
        change = rate * 1.0 * w + momentum * change
        w -= change
        sizes.append(np.hypot(w, change))
    measured = (np.mean(sizes[300:]) / np.mean(sizes[200:300])) ** (1 / 100)
    assert surfaces.contraction([1.0], rate, momentum)[0] == pytest.approx(measured, abs=0.003)


@pytest.mark.parametrize("make", [optimisers.SGD, optimisers.Adam, optimisers.Adadelta])
def test_tuned_rate_side_by_side_is_tuning_one_by_one(make) -> None:
    surface, rates = surfaces.SURFACES["Rosenbrock"], np.geomspace(1e-3, 10, 9)
    with np.errstate(all="ignore"):
        ends = [
            surface.height(
                walks.walk(surface.height, surface.start, lambda w, r=r: make(w, lr=r), 25)[-1]
            )
            for r in rates
        ]
    best = rates[int(np.nanargmin(np.where(np.isfinite(ends), ends, np.nan)))]
    assert walks.tuned_rate(surface.height, surface.start, make, rates, 25) == pytest.approx(best)


def test_tuned_rate_refuses_what_runs_away() -> None:
    with pytest.raises(ValueError, match="smaller"):
        walks.tuned_rate(surfaces.valley(100), (10, 1), optimisers.SGD, [1e3, 1e4], 300)


def test_nets_side_by_side_learn_as_if_alone() -> None:
    rng = np.random.default_rng(0)
    inputs, targets = rng.normal(size=(60, 5)), rng.integers(3, size=60)
    (train,) = many_nets.own_splits(inputs, targets, (40,), nets=3, seed=2)
    nets = many_nets.ManyNets(3, (5, 4, 3), seed=1)
    single = [p[1].detach().clone().requires_grad_() for p in nets.parameters()]
    fit(nets, train, loss=many_nets.total_loss, optimiser="adam", learning_rate=0.01, epochs=3,
        batch_size=40, progress=False)  # fmt: skip
    adam = torch.optim.Adam(single, lr=0.01)
    for _ in range(3):
        adam.zero_grad()
        W1, b1, W2, b2 = single
        logits = torch.relu(train[0][:, 1] @ W1 + b1) @ W2 + b2
        F.cross_entropy(logits, train[1][:, 1]).backward()
        adam.step()
    for side_by_side, alone in zip(nets.parameters(), single, strict=True):
        torch.testing.assert_close(side_by_side[1], alone, rtol=1e-4, atol=1e-5)
    loss, right = many_nets.scores(nets, train)
    expected = F.cross_entropy(nets(train[0])[:, 2], train[1][:, 2]).item()
    assert loss[2] == pytest.approx(expected, rel=1e-5) and right.shape == (3,)


def test_own_splits_share_nothing_within_a_net() -> None:
    inputs, targets = np.arange(20.0)[:, None], np.arange(20)
    parts = many_nets.own_splits(inputs, targets, (7, 5, 8), nets=4)
    for k in range(4):
        seen = torch.cat([t[:, k] for _, t in parts])
        assert sorted(seen.tolist()) == list(range(20))
        assert all(torch.equal(x[:, k, 0].long(), t[:, k]) for x, t in parts)
    assert not torch.equal(parts[0][1][:, 0], parts[0][1][:, 1])
    with pytest.raises(ValueError, match="there are 20"):
        many_nets.own_splits(inputs, targets, (15, 6), nets=2)


def test_pictures_tell_the_numbers() -> None:
    from course_lib.plotting import new_axes

    surface = surfaces.SURFACES["valley"]
    runs = {"SGD": walks.walk(surface.height, surface.start, lambda w: optimisers.SGD(w, 0.2), 40)}
    update = views.race(surface, runs)(new_axes(6, 3, columns=2))
    assert "step 0: SGD 62" in update(0) and "ran away" in update(40)

    def path(chosen, name, rate):
        return walks.walk(chosen.height, chosen.start, lambda w: optimisers.Adam(w, lr=rate), 5)

    update = views.surface_view(surfaces.SURFACES, path)(new_axes(6, 3, columns=2))
    assert "after 5 steps" in update("saddle", "Adam", -1.0)
    assert "after 5 steps" in update("Rosenbrock", "Adam", -1.0)

    update = views.building(0.001, 0.006, 100)(new_axes(6, 3))
    assert update(5).endswith(f"it is {schedules.triangular(150, 0.001, 0.006, 100):g}")
    assert update(0).endswith("it is 1.5") and update(3).endswith("it is 0.5")
