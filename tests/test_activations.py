"""Activation functions against torch, finite differences, SciPy's interpolation, the lecture."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from course_lib.models import activations as act

X = np.array([-3.7, -1.3, -0.2, 0.4, 1.6, 3.1])
TORCH = {
    "linear": lambda x: x,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "scaled tanh": lambda x: 2 * 1.716 / (1 + torch.exp(-4 / 3 * x)) - 1.716,
    "ReLU": F.relu,
    "leaky ReLU": F.leaky_relu,
    "ELU": F.elu,
    "softplus": F.softplus,
    "swish": F.silu,
    "GELU": F.gelu,
    "mish": F.mish,
}


def slope(f, x: np.ndarray, h: float = 1e-6) -> np.ndarray:
    return (f(x + h) - f(x - h)) / (2 * h)


@pytest.mark.parametrize("name", list(act.GALLERY))
def test_gallery_equals_torch_in_value_and_slope(name: str) -> None:
    x = torch.tensor(X, requires_grad=True)
    y = TORCH[name](x)
    (theirs,) = torch.autograd.grad(y.sum(), x)
    f = act.activation(name)
    np.testing.assert_allclose(f(X), y.detach(), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(f.gradient(X), theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", [n for n, f in act.GALLERY.items() if f.parameter])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_slopes_hold_over_the_whole_range_of_a_parameter(name: str, share: float) -> None:
    f = act.activation(name)
    assert f.parameter is not None
    _, low, high, default = f.parameter
    assert low <= default <= high
    p = low + share * (high - low)
    np.testing.assert_allclose(f.gradient(X, p), slope(lambda x: f(x, p), X), rtol=1e-6, atol=1e-8)


def test_kinks_take_the_slope_from_the_left_as_torch() -> None:
    for name, function in (("ReLU", F.relu), ("leaky ReLU", F.leaky_relu)):
        zero = torch.zeros(1, dtype=torch.float64, requires_grad=True)
        (theirs,) = torch.autograd.grad(function(zero).sum(), zero)
        assert act.activation(name).gradient(np.array(0.0)) == theirs.item()


def test_an_unknown_name_is_told_the_near_ones() -> None:
    with pytest.raises(KeyError, match="Did you mean 'ReLU'"):
        act.activation("RelU")


def test_large_net_inputs_do_not_overflow() -> None:
    for f in act.GALLERY.values():
        assert np.isfinite(f(np.array([-1e4, 1e4]))).all()
        assert np.isfinite(f.gradient(np.array([-1e4, 1e4]))).all()


def test_lecture_numbers_of_srelu_and_aplu() -> None:
    p = {"t_left": -0.5, "a_left": 0.2, "t_right": 1.0, "a_right": 0.3}
    np.testing.assert_allclose(act.srelu(np.array([2.0, -2.0, 0.3]), **p), [1.3, -0.8, 0.3])
    slopes = act.srelu_slopes(np.array([2.0, -2.0]), **p)
    np.testing.assert_allclose(slopes["t_right"], [0.7, 0])
    np.testing.assert_allclose(slopes["a_right"], [1, 0])
    np.testing.assert_allclose(slopes["t_left"], [0, 0.8])
    np.testing.assert_allclose(slopes["a_left"], [0, -1.5])
    np.testing.assert_allclose(slopes["x"], [0.3, 0.2])
    with pytest.raises(ValueError, match="below"):
        act.srelu(X, 1.0, 0.2, -1.0, 0.3)
    a, b = np.array([0.7, -0.3]), np.array([0.5, 2.0])
    assert act.aplu(-1.0, a, b) == pytest.approx(0.15)
    found = act.aplu_slopes(-1.0, a, b)
    assert found["x"] == pytest.approx(-0.4)
    np.testing.assert_allclose(found["a"], [1.5, 3])
    np.testing.assert_allclose(found["b"], a)


def test_parameter_slopes_are_finite_differences() -> None:
    h, p = 1e-6, [-0.5, 0.2, 1.0, 0.3]
    slopes = act.srelu_slopes(X, *p)
    for k, name in enumerate(("t_left", "a_left", "t_right", "a_right")):
        e = h * np.eye(4)[k]
        rise = (act.srelu(X, *(p + e)) - act.srelu(X, *(p - e))) / (2 * h)
        np.testing.assert_allclose(slopes[name], rise, atol=1e-8)
    a, b = np.array([0.7, -0.3, 0.1]), np.array([0.5, 2.0, -1.0])
    ours = act.aplu_slopes(X, a, b)
    np.testing.assert_allclose(ours["x"], slope(lambda x: act.aplu(x, a, b), X), atol=1e-8)
    for k, e in enumerate(h * np.eye(3)):
        by_a = (act.aplu(X, a + e, b) - act.aplu(X, a - e, b)) / (2 * h)
        by_b = (act.aplu(X, a, b + e) - act.aplu(X, a, b - e)) / (2 * h)
        np.testing.assert_allclose(ours["a"][:, k], by_a, atol=1e-8)
        np.testing.assert_allclose(ours["b"][:, k], by_b, atol=1e-8)
    c = np.array([0.1, 0.5, -0.3, 0.2])
    for shape in ("MeLU", "GaLU"):
        found = act.melu_slopes(X, c, 1.0, shape)
        for k, e in enumerate(h * np.eye(4)):
            rise = (act.melu(X, c + e, 1.0, shape) - act.melu(X, c - e, 1.0, shape)) / (2 * h)
            np.testing.assert_allclose(found[:, k], rise, atol=1e-8)
    assert act.prelu_slopes(X, 0.3)["a"].tolist() == np.minimum(X, 0).tolist()
    assert act.prelu_slopes(X, 0.3)["x"].tolist() == [0.3, 0.3, 0.3, 1, 1, 1]


def test_tables_are_the_lectures() -> None:
    centres, widths = act.melu_table(8, 256)
    assert centres.tolist() == [512, 256, 768, 128, 384, 640, 896]
    assert widths.tolist() == [512, 256, 256, 128, 128, 128, 128]
    centres, widths = act.galu_table(8, 1)
    assert centres.tolist() == [1, 0.5, 2.5, 0.25, 1.25, 2.25, 3.25]
    assert widths.tolist() == [1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25]
    for bad in (3, 1, 6, 0):
        with pytest.raises(ValueError, match="power of two"):
            act.melu_table(bad)
    with pytest.raises(ValueError, match="positive"):
        act.melu_table(4, 0)
    with pytest.raises(ValueError, match="MeLU"):
        act.bumps(X, 4, 1.0, "MELU")


def test_bumps_are_read_off_their_corners() -> None:
    x = np.linspace(-1, 6, 141)
    for a, w in ((1.0, 1.0), (2.5, 0.5), (2.0, 2.0)):
        np.testing.assert_allclose(
            act.mexican_hat(x, a, w), np.interp(x, [a - w, a, a + w], [0, w, 0]), atol=1e-12
        )
        corners = a + w * np.arange(-1, 4)
        np.testing.assert_allclose(
            act.gaussian_wave(x, a, w), np.interp(x, corners, [0, w, 0, -w, 0]), atol=1e-12
        )


def test_melu_without_coefficients_is_relu_and_far_out_the_identity() -> None:
    x = np.linspace(-5, 9, 57)
    for shape in ("MeLU", "GaLU"):
        np.testing.assert_array_equal(act.melu(x, np.zeros(8), 1.0, shape), act.relu(x))
        far = np.array([4.0, 7.0])
        np.testing.assert_allclose(act.melu(far, np.ones(8), 1.0, shape), far)


def test_softmax_jacobian_is_autograds() -> None:
    a = torch.tensor([2.0, 1.0, 0.1, -700.0], dtype=torch.float64)
    for T in (0.5, 1.0, 3.0):
        theirs = torch.autograd.functional.jacobian(lambda v, T=T: torch.softmax(v / T, 0), a)
        np.testing.assert_allclose(act.softmax_jacobian(a.numpy(), T), theirs, atol=1e-14)
    with pytest.raises(ValueError, match="positive"):
        act.softmax_jacobian(a.numpy(), 0)


def test_slopes_through_layers() -> None:
    sigmoid = act.through_layers("sigmoid", 1.0)
    assert [layer.number for layer in sigmoid] == list(range(1, 11))
    assert all(layer.slope <= 0.25 for layer in sigmoid)
    assert sigmoid[-1].product == pytest.approx(np.prod([layer.slope for layer in sigmoid]))
    linear = act.through_layers("linear", 1.5, layers=3, units=400)
    assert linear[-1].product == pytest.approx(1.5**3)
    assert linear[-1].outputs.std() == pytest.approx(1.5**3, rel=0.1)
    assert act.through_layers("tanh", 50.0)[-1].flat > 0.9


def test_bend_descends_the_gradient_of_its_cost() -> None:
    x = np.linspace(-2, 2, 21)
    t = np.sin(2 * x)
    for leak in (0.0, 0.1):
        first, second = list(act.bend(x, t, leak=leak, learning_rate=0.01, units=5, steps=1))
        W, b, v, c = (
            torch.tensor(p, requires_grad=True) for p in (first.W, first.b, first.v, first.c)
        )
        a = torch.tensor(x)[:, None] * W + b
        cost = 0.5 * ((F.leaky_relu(a, leak) @ v + c - torch.tensor(t)) ** 2).mean()
        cost.backward()
        assert first.cost == pytest.approx(cost.item())
        np.testing.assert_allclose(second.W, first.W - 0.01 * W.grad.numpy())
        np.testing.assert_allclose(second.b, first.b - 0.01 * b.grad.numpy())
        np.testing.assert_allclose(second.v, first.v - 0.01 * v.grad.numpy())
        assert second.c == pytest.approx(first.c - 0.01 * c.grad.item())
        np.testing.assert_allclose(
            first.curve(x, leak), (F.leaky_relu(a, leak) @ v + c).detach().numpy()
        )
    *_, last = act.bend(x, t, steps=3)
    assert next(act.bend(x, t, start=last)).cost == last.cost
