"""Stacks of restricted machines against their own parts and plain matrix products."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import expit

from course_lib.models import deep_belief as deep
from course_lib.models.boltzmann import RBM


@pytest.fixture
def stack() -> deep.Stack:
    rng = np.random.default_rng(2)
    sizes = [6, 5, 3]
    return deep.Stack(
        [
            RBM(rng.normal(size=(n, m)), rng.normal(size=n), rng.normal(size=m))
            for n, m in zip(sizes, sizes[1:], strict=False)
        ]
    )


def test_greedy_feeds_every_stage_with_the_one_below() -> None:
    seen = []

    def learn(data, k):
        seen.append((k, data))
        return lambda x: x * 10 + k

    stages, top = deep.greedy(learn, 7, 3)
    assert seen == [(0, 7), (1, 70), (2, 701)] and top == 7012
    value = 7
    for stage in stages:
        value = stage(value)
    assert value == top


def test_up_down_and_fields(stack: deep.Stack) -> None:
    v = np.random.default_rng(0).random((4, 6))
    a, b = stack.machines
    h1 = expit(v @ a.weights + a.hidden_bias)
    h2 = expit(h1 @ b.weights + b.hidden_bias)
    np.testing.assert_allclose(stack.up(v), h2)
    np.testing.assert_allclose(stack.up(v, 1), h1)
    np.testing.assert_allclose(stack.down(h1, 1), expit(h1 @ a.weights.T + a.visible_bias))
    np.testing.assert_allclose(stack.fields(2), (a.weights @ b.weights).T)
    assert stack.sizes == [6, 5, 3]
    dreams = stack.dream(v, np.random.default_rng(1), 3)
    assert dreams.shape == (4, 6) and (0 < dreams).all() and (dreams < 1).all()


def test_the_unrolled_nets_compute_what_the_stack_does(stack: deep.Stack) -> None:
    v = np.random.default_rng(0).random((4, 6))
    x = torch.tensor(v, dtype=torch.float32)[:, None].repeat(1, 2, 1)
    net = deep.as_classifiers([stack, stack], classes=4, seed=1)
    kept: list[torch.Tensor] = []
    assert net(x, kept).shape == (4, 2, 4)
    np.testing.assert_allclose(kept[-1][1].detach().numpy(), stack.up(v), atol=1e-5)
    auto = deep.as_autoencoders([stack, stack])
    out = torch.sigmoid(auto(x))[:, 1].detach().numpy()
    np.testing.assert_allclose(out, stack.down(stack.up(v)), atol=1e-5)


def test_pretraining_learns_layer_by_layer() -> None:
    rng = np.random.default_rng(0)
    data = (rng.random((60, 8)) < 0.5).astype(np.float32)
    data[:, 4:] = data[:, :4]
    made = deep.pretrain(data, [6, 4], rng, epochs=300, batch_size=20, rate=0.5)
    assert made.sizes == [8, 6, 4]
    guess = made.machines[0].to_visible(made.machines[0].to_hidden(data))
    assert np.mean((guess - data) ** 2) < 0.2  # a constant half would cost 0.25


def test_autoencoders_are_scored_net_by_net(stack: deep.Stack) -> None:
    other = deep.Stack([RBM(m.weights * 0, m.visible_bias, m.hidden_bias) for m in stack.machines])
    net = deep.as_autoencoders([stack, other])
    x = torch.rand(7, 2, 6, generator=torch.Generator().manual_seed(0))
    error = deep.squared_error(net, x)
    guess = stack.down(stack.up(x[:, 0].numpy()))
    assert error.shape == (2,) and np.isclose(error[0], np.mean((guess - x[:, 0].numpy()) ** 2))
    p = torch.tensor(deep.outputs(net, x))
    by_hand = -(x * p.log() + (1 - x) * (1 - p).log()).mean((0, 2)).sum()
    assert deep.pixel_loss(net(x), x).item() == pytest.approx(by_hand.item(), rel=1e-4)
