"""Learnable activations: torch modules against the functions by hand; many nets side by side."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.models import activations as act
from course_lib.models import learnable_activations as learnable

X = np.array([[-3.7, -1.3], [-0.2, 0.4], [1.6, 3.1]])


def double(values: np.ndarray) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def test_all_start_as_relu_except_where_told() -> None:
    x = double(X)
    for name in ("PReLU", "SReLU", "APLU", "MeLU", "GaLU"):
        make, _ = learnable.KINDS[name]
        torch.testing.assert_close(make((2,)).double()(x), torch.relu(x))
    assert learnable.PReLU(2, start=0.25)(x)[0, 0].item() == pytest.approx(-3.7 / 4)


def filled(module: nn.Module, seed: int = 3) -> nn.Module:
    rng = np.random.default_rng(seed)
    for p in module.parameters():
        p.data.copy_(torch.tensor(rng.normal(size=p.shape)))
    return module


def test_modules_equal_the_functions_by_hand() -> None:
    x = double(X)
    prelu = filled(learnable.PReLU(2).double())
    aplu = filled(learnable.APLU(2, pieces=3).double())
    for unit in range(2):
        column = X[:, unit]
        a = prelu.a[unit].item()
        np.testing.assert_allclose(prelu(x)[:, unit].detach(), act.leaky_relu(column, a))
        a, b = (p[:, unit].detach().numpy() for p in (aplu.a, aplu.b))
        np.testing.assert_allclose(aplu(x)[:, unit].detach(), act.aplu(column, a, b))
        for shape, make in (("MeLU", learnable.MeLU), ("GaLU", learnable.GaLU)):
            layer = filled(make(2, k=8, max_input=0.8).double())
            c = layer.c[:, unit].detach().numpy()
            np.testing.assert_allclose(
                layer(x)[:, unit].detach(), act.melu(column, c, 0.8, shape), atol=1e-14
            )
    srelu = learnable.SReLU(2).double()
    start = {"t_left": -0.5, "a_left": 0.2, "t_right": 1.0, "a_right": 0.3}
    for name, value in start.items():
        getattr(srelu, name).data.fill_(value)
    np.testing.assert_allclose(srelu(x).detach(), act.srelu(X, **start))
    srelu(x).sum().backward()
    slopes = act.srelu_slopes(X, **start)
    for name in ("t_left", "a_left", "t_right", "a_right"):
        np.testing.assert_allclose(getattr(srelu, name).grad, slopes[name].sum(axis=0))


def test_aplu_penalty_is_the_sum_of_squares() -> None:
    layer = filled(learnable.APLU(3, pieces=2))
    expected = 0.001 * (layer.a.pow(2).sum() + layer.b.pow(2).sum())
    torch.testing.assert_close(layer.penalty(), expected)


@pytest.mark.parametrize("name", list(learnable.KINDS))
def test_nets_side_by_side_do_not_feel_each_other(name: str) -> None:
    make, gain = learnable.KINDS[name]
    seeds = torch.tensor([4, 7, 4])
    many = learnable.Bends(3, (5, 4, 4, 2), make, gain, seeds)
    x = torch.randn(6, 1, 5, generator=torch.Generator().manual_seed(0)).expand(-1, 3, -1)
    together = many(x)
    assert together.shape == (6, 3, 2)
    if name != "APLU":  # its hinges are drawn for each net
        torch.testing.assert_close(together[:, 0], together[:, 2])
    together[:, 1].sum().backward()
    for p in many.parameters():
        if p.grad is not None:
            axis = 0 if p.ndim == 3 else p.ndim - 3
            per_net = p.grad.movedim(axis, 0)
            assert not per_net[0].any() and not per_net[2].any()
    single = learnable.Bends(1, (5, 4, 4, 2), make, gain, seeds[:1])
    if name != "APLU":
        torch.testing.assert_close(single(x[:, :1])[:, 0], together[:, 0])
