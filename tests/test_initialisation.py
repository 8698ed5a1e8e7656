"""The parts of the chapter on initialisation, normalisation and regularisation."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import Lasso, Ridge

from course_lib.models import deep_nets, normalisation, regularisation
from course_lib.plotting import initialisation_views as views
from course_lib.plotting import new_axes

torch.set_num_threads(1)
RNG = np.random.default_rng(0)


def as_torch(net: deep_nets.DeepNets, k: int, activation: torch.nn.Module, norm: str):
    """Net number k rebuilt from torch's own layers."""
    layers: list[torch.nn.Module] = []
    for j, (W, b) in enumerate(zip(net.weights, net.biases, strict=True)):
        n, m = W.shape[1:]
        linear = torch.nn.Linear(n, m)
        with torch.no_grad():
            linear.weight.copy_(W[k].T)
            linear.bias.copy_(b[k, 0])
        layers.append(linear)
        if j < len(net.weights) - 1:
            if norm != "none":
                layers.append({"batch": torch.nn.BatchNorm1d, "layer": torch.nn.LayerNorm}[norm](m))
            layers.append(activation)
    return torch.nn.Sequential(*layers)


@pytest.mark.parametrize("norm", deep_nets.NORMS)
@pytest.mark.parametrize(
    ("name", "module"), [("tanh", torch.nn.Tanh()), ("relu", torch.nn.ReLU())]
)
def test_deep_nets_equal_torch_nets_in_training_and_in_use(name, module, norm):
    net = deep_nets.DeepNets([6, 5, 4, 3], 2, activation=name, norm=norm, bias=0.1, seed=3)
    x = torch.randn(9, 2, 6, generator=torch.Generator().manual_seed(0))
    others = [as_torch(net, k, module, norm) for k in range(2)]
    for mode in (True, False):
        net.train(mode)
        ours = net(x)
        for k, other in enumerate(others):
            other.train(mode)
            assert torch.allclose(ours[:, k], other(x[:, k]), atol=1e-5)


def test_the_residual_net_adds_where_widths_agree():
    net = deep_nets.DeepNets([4, 5, 5, 2], activation="tanh", residual=True)
    x, kept = torch.randn(7, 1, 4), []
    net(x, kept)
    second = kept[0] + torch.tanh(torch.baddbmm(net.biases[1], kept[0], net.weights[1]))
    assert torch.allclose(kept[1], second)


def test_dropout_keeps_the_mean_and_is_off_in_eval():
    net = deep_nets.DeepNets([1, 400, 1], dropout=0.4, bias=1.0, start="zero")
    kept = []
    net(torch.zeros(500, 1, 1), kept)
    values = kept[0].detach()
    assert values.unique().tolist() == pytest.approx([0.0, 1 / 0.6])
    assert values.mean().item() == pytest.approx(1.0, abs=0.01)
    net.eval()
    kept.clear()
    net(torch.zeros(5, 1, 1), kept)
    assert torch.equal(kept[0], torch.ones_like(kept[0]))


@pytest.mark.parametrize("start", deep_nets.STARTS)
def test_first_weights_have_the_promised_spread(start):
    net = deep_nets.DeepNets([300, 200, 10], start=start)
    wanted = deep_nets.STARTS[start](300, 200)
    assert net.weights[0].std().item() == pytest.approx(wanted, rel=0.02)


def test_signals_are_the_gradients_of_the_cross_entropy():
    net = deep_nets.DeepNets([64, 8, 7, 10], activation="sigmoid")
    x, t = deep_nets.digits_batch(30)
    found = deep_nets.signals(net, x, t)
    torch.nn.functional.cross_entropy(net(x[:, None])[:, 0], t).backward()
    assert np.allclose(found.by_weights, [W.grad.norm().item() for W in net.weights], rtol=1e-5)
    assert found.std.shape == (2,) and found.weight_ratio == pytest.approx(
        found.by_weights[0] / found.by_weights[2]
    )
    with pytest.raises(ValueError, match="one net"):
        deep_nets.signals(deep_nets.DeepNets([64, 10], 2), x, t)


def test_unknown_names_are_told_with_what_is_close():
    with pytest.raises(KeyError, match="relu"):
        deep_nets.DeepNets([2, 3], activation="rellu")
    with pytest.raises(KeyError, match="He 2/n"):
        deep_nets.DeepNets([2, 3], start="He")
    with pytest.raises(ValueError, match="sizes"):
        deep_nets.DeepNets([2])


def test_norms_equal_torch():
    a, gain, shift = RNG.normal(size=(6, 4)), RNG.normal(size=4), RNG.normal(size=4)
    ta = torch.tensor(a)
    functional = torch.nn.functional
    assert np.allclose(
        normalisation.layer_norm(a, gain, shift),
        functional.layer_norm(ta, (4,), torch.tensor(gain), torch.tensor(shift)),
    )
    leaf = torch.tensor(a, requires_grad=True)
    weight, bias = torch.tensor(gain, requires_grad=True), torch.tensor(shift, requires_grad=True)
    out = functional.batch_norm(leaf, None, None, weight, bias, training=True)
    assert np.allclose(normalisation.batch_norm(a, gain, shift), out.detach())
    slope = RNG.normal(size=(6, 4))
    theirs = torch.autograd.grad(out, (leaf, weight, bias), torch.tensor(slope))
    for ours, other in zip(
        normalisation.batch_norm_gradient(a, gain, slope), theirs, strict=True
    ):
        assert np.allclose(ours, other, atol=1e-8)


def test_running_and_folded_equal_torch():
    layer = torch.nn.BatchNorm1d(3, momentum=0.3, dtype=torch.float64)
    W, b, x = RNG.normal(size=(3, 5)), RNG.normal(size=3), RNG.normal(size=(8, 5))
    a = x @ W.T + b
    layer(torch.tensor(a))
    mean, var = np.array([normalisation.running(0, 1, column, 0.3) for column in a.T]).T
    assert np.allclose(mean, layer.running_mean) and np.allclose(var, layer.running_var)
    layer.eval()
    W2, b2 = normalisation.folded(W, b, np.ones(3), np.zeros(3), mean, var)
    assert np.allclose(x @ W2.T + b2, layer(torch.tensor(a)).detach())


def test_ridge_and_lasso_equal_scikit_learn():
    X = RNG.normal(size=(30, 5))
    t = X @ [2.0, 0, -1, 0, 0.5] + RNG.normal(size=30)
    assert np.allclose(
        regularisation.ridge(X, t, 3.0), Ridge(3.0, fit_intercept=False).fit(X, t).coef_
    )
    theirs = Lasso(20 / 60, fit_intercept=False, tol=1e-10).fit(X, t).coef_
    assert np.allclose(regularisation.lasso(X, t, 20.0), theirs, atol=1e-6)
    augmented = np.column_stack([np.ones(30), X])
    centred = Ridge(3.0).fit(X, t)
    assert np.allclose(
        regularisation.ridge(augmented, t, 3.0, free=0), [centred.intercept_, *centred.coef_]
    )


def test_soft_threshold_decay_and_max_norm():
    v = RNG.normal(size=20)
    assert np.allclose(
        regularisation.soft_threshold(v, 0.4),
        torch.nn.functional.softshrink(torch.tensor(v), 0.4),
    )
    steps = [regularisation.decay_step(2, 0.3, 0.1, p, 0.5) for p in ("none", "l2", "l1")]
    assert np.allclose(steps, [1.97, 1.87, 1.92])
    with pytest.raises(KeyError):
        regularisation.decay_step(1, 0, 0.1, "l3", 0.5)
    W = RNG.normal(size=(3, 4))
    cut = regularisation.max_norm(W, 1.0)
    assert np.allclose(np.linalg.norm(cut, axis=1), np.minimum(np.linalg.norm(W, axis=1), 1))
    assert np.allclose(cut / np.linalg.norm(cut, axis=1, keepdims=True),
                       W / np.linalg.norm(W, axis=1, keepdims=True))  # fmt: skip


def test_thinned_nets_and_masks():
    h, w = np.array([2.0, -1.0, 4.0]), np.array([1.0, 2.0, 0.5])
    masks, outputs, chances = regularisation.thinned(h, w, 0.3)
    assert masks.shape == (8, 3) and chances.sum() == pytest.approx(1)
    assert chances @ outputs == pytest.approx(1.4)
    states = list(regularisation.masks(h, w, 0.3, 500, np.random.default_rng(0)))
    assert states[-1].mean == pytest.approx(np.mean([s.output for s in states]))
    assert states[-1].mean == pytest.approx(2.0, abs=0.3)
    assert all(s.output == pytest.approx((h * s.stays / 0.7) @ w) for s in states[:20])


def test_views_say_their_numbers():
    x, t = deep_nets.digits_batch(20)
    update = views.signal_view(x, t)(new_axes(9, 3, columns=3))
    said = update(depth=5, activation="sigmoid", start="N(0, 0.01²)", norm="none",
                  shortcut=False, seed=0)  # fmt: skip
    assert "5 hidden layers of sigmoid" in said
    mates = views.mates_view([1.0, 3.0], mean=2.5, var=2.25)(new_axes(6, 3))
    assert "becomes 0.000" in mates(ours_is=2.0, mates=0, shift=0.0, mode="train")
    assert "becomes -0.333" in mates(ours_is=2.0, mates=2, shift=5.0, mode="eval")
    penalty = views.penalty_view(new_axes(5, 5))
    assert "1 exact zero" in penalty(gamma=2.0, w1_best=2.0, w2_best=0.5)
    assert "ridge (2.000, 0.500)" in penalty(gamma=0.0, w1_best=2.0, w2_best=0.5)
