"""Activation functions: the value and the slope of each, and the learnable ones by hand.

Their torch modules are in learnable_activations.py. `x` is a unit's net input (lecture 000A: net;
004: a). Where a function has a kink the slope is the one from the left, as in torch: ReLU'(0) = 0.
Sources: lectures 000A topic 44, 000B topic 9, 001 topic 17.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import erf, expit

from course_lib.names import unknown

Values = Float[np.ndarray, " *values"]

# --- fixed functions: f(x, parameter) and its slope by x ----------------------------------------


def relu(x: Values) -> Values:
    """max(0, x)."""
    return np.maximum(x, 0.0)


def leaky_relu(x: Values, a: float = 0.01) -> Values:
    """x where x > 0, else a x. PReLU is the same with a learned a."""
    return np.where(np.asarray(x) > 0, x, a * np.asarray(x))


def elu(x: Values, a: float = 1.0) -> Values:
    """x where x > 0, else a (e^x - 1) (Clevert, Unterthiner and Hochreiter 2016)."""
    return np.where(np.asarray(x) > 0, x, a * np.expm1(np.minimum(x, 0)))


def scaled_tanh(x: Values, a: float = 1.716, b: float = 2 / 3) -> Values:
    """2a / (1 + e^(-2bx)) - a, which is a tanh(b x) (LeCun 1989; lecture 000A, topic 44)."""
    return a * np.tanh(b * np.asarray(x))


def scaled_tanh_slope(x: Values, a: float = 1.716, b: float = 2 / 3) -> Values:
    """(b / a)(a^2 - f^2), from the value alone."""
    return b / a * (a**2 - scaled_tanh(x, a, b) ** 2)


def gelu(x: Values) -> Values:
    """x Phi(x), Phi the normal distribution function (Hendrycks and Gimpel 2016)."""
    return np.asarray(x) * (1 + erf(np.asarray(x) / np.sqrt(2))) / 2


def swish(x: Values, beta: float = 1.0) -> Values:
    """x sigma(beta x) (Ramachandran, Zoph and Le 2017); SiLU at beta = 1."""
    return np.asarray(x) * expit(beta * np.asarray(x))


def swish_slope(x: Values, beta: float = 1.0) -> Values:
    """s + beta x s (1 - s) with s = sigma(beta x)."""
    s = expit(beta * np.asarray(x))
    return s + beta * np.asarray(x) * s * (1 - s)


def mish(x: Values) -> Values:
    """x tanh(softplus(x)) (Misra 2019)."""
    return np.asarray(x) * np.tanh(np.logaddexp(0, x))


def _mish_slope(x: Values) -> Values:
    t = np.tanh(np.logaddexp(0, x))
    return t + np.asarray(x) * expit(x) * (1 - t**2)


def _gelu_slope(x: Values) -> Values:
    x = np.asarray(x)
    return (1 + erf(x / np.sqrt(2))) / 2 + x * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)


@dataclass(frozen=True)
class Activation:
    """One function of the gallery. `parameter` is (symbol, low, high, default) if it has one."""

    name: str
    value: Callable[..., Values]
    slope: Callable[..., Values]
    formula: str
    parameter: tuple[str, float, float, float] | None = None
    lecture: bool = True

    def __call__(self, x: Values, parameter: float | None = None) -> Values:
        return self.value(x, *self._extra(parameter))

    def gradient(self, x: Values, parameter: float | None = None) -> Values:
        """The slope by x."""
        return self.slope(x, *self._extra(parameter))

    def _extra(self, parameter: float | None) -> tuple[float, ...]:
        if self.parameter is None:
            return ()
        return (self.parameter[3] if parameter is None else parameter,)


GALLERY: dict[str, Activation] = {
    each.name: each
    for each in (
        Activation("linear", lambda x: np.asarray(x, float), lambda x: np.ones(np.shape(x)), "x"),
        Activation(
            "sigmoid", expit, lambda x: expit(x) * (1 - expit(x)), r"\frac{1}{1+e^{-x}}"
        ),
        Activation("tanh", np.tanh, lambda x: 1 - np.tanh(x) ** 2, r"\tanh x"),
        Activation(
            "scaled tanh", lambda x, b: scaled_tanh(x, 1.716, b),
            lambda x, b: scaled_tanh_slope(x, 1.716, b), r"1.716\tanh(bx)", ("b", 0.2, 2.0, 2 / 3),
        ),
        Activation("ReLU", relu, lambda x: (np.asarray(x) > 0).astype(float), r"\max(0,x)"),
        Activation(
            "leaky ReLU", leaky_relu, lambda x, a: np.where(np.asarray(x) > 0, 1.0, a),
            r"x\text{ or }ax", ("a", -0.5, 1.0, 0.01),
        ),
        Activation(
            "ELU", elu, lambda x, a: np.where(np.asarray(x) > 0, 1.0, a * np.exp(np.minimum(x, 0))),
            r"x\text{ or }a(e^x-1)", ("a", 0.1, 2.0, 1.0),
        ),
        Activation(
            "softplus", lambda x: np.logaddexp(0, x), expit, r"\ln(1+e^x)", lecture=False
        ),
        Activation(
            "swish", swish, swish_slope, r"x\,\sigma(\beta x)", ("beta", 0.1, 5.0, 1.0), False
        ),
        Activation("GELU", gelu, _gelu_slope, r"x\,\Phi(x)", lecture=False),
        Activation("mish", mish, _mish_slope, r"x\tanh\ln(1+e^x)", lecture=False),
    )
}  # fmt: skip


def activation(name: str) -> Activation:
    """A function of the gallery. Raises KeyError with the names there are."""
    if name not in GALLERY:
        raise KeyError(unknown("activation", name, GALLERY))
    return GALLERY[name]


# --- learnable functions by hand: values, and slopes by x and by every parameter -----------------


def prelu_slopes(x: Values, a: float) -> dict[str, Values]:
    """PReLU (He and others 2015): by x 1 or a, by a it is min(x, 0)."""
    x = np.asarray(x, float)
    return {"x": np.where(x > 0, 1.0, a), "a": np.minimum(x, 0)}


def srelu(x: Values, t_left: float, a_left: float, t_right: float, a_right: float) -> Values:
    """The identity between two thresholds, a line of its own slope beyond each (Jin and others
    2016). Raises ValueError if the thresholds are in the wrong order.
    """
    if t_left > t_right:
        raise ValueError(f"t_left {t_left:g} lies above t_right {t_right:g}; expected it below")
    x = np.asarray(x, float)
    right, left = t_right + a_right * (x - t_right), t_left + a_left * (x - t_left)
    return np.where(x >= t_right, right, np.where(x <= t_left, left, x))


def srelu_slopes(
    x: Values, t_left: float, a_left: float, t_right: float, a_right: float
) -> dict[str, Values]:
    """Slopes by x and by the four parameters: an indicator times a simple term each."""
    x = np.asarray(x, float)
    left, right = (x <= t_left) & (x < t_right), x >= t_right
    return {
        "x": np.where(right, a_right, np.where(left, a_left, 1.0)),
        "t_left": left * (1 - a_left),
        "a_left": left * (x - t_left),
        "t_right": right * (1 - a_right),
        "a_right": right * (x - t_right),
    }


def aplu(x: Values, a: Float[np.ndarray, " n"], b: Float[np.ndarray, " n"]) -> Values:
    """ReLU(x) + sum_c a_c max(0, b_c - x) (Agostinelli and others 2015)."""
    x = np.asarray(x, float)[..., None]
    return relu(x[..., 0]) + (np.asarray(a) * np.maximum(0, np.asarray(b) - x)).sum(-1)


def aplu_slopes(
    x: Values, a: Float[np.ndarray, " n"], b: Float[np.ndarray, " n"]
) -> dict[str, Float[np.ndarray, " ..."]]:
    """Slopes by x, by every a_c and every b_c (last axis). By b_c it is +a_c where x < b_c."""
    x, a, b = np.asarray(x, float), np.asarray(a, float), np.asarray(b, float)
    below = (x[..., None] < b).astype(float)
    return {
        "x": (x > 0) - (a * below).sum(-1),
        "a": below * (b - x[..., None]),
        "b": below * a,
    }


def mexican_hat(x: Values, a: float, width: float) -> Values:
    """A triangle of height `width` at a, zero beyond a +- width; its slopes are +1 and -1."""
    return np.maximum(width - np.abs(np.asarray(x, float) - a), 0)


def gaussian_wave(x: Values, a: float, width: float) -> Values:
    """GaLU's element: a triangle up at a, then the same triangle down at a + 2 width."""
    down = np.minimum(np.abs(np.asarray(x, float) - a - 2 * width) - width, 0)
    return mexican_hat(x, a, width) + down


def melu_table(
    k: int = 8, max_input: float = 1.0
) -> tuple[Float[np.ndarray, " hats"], Float[np.ndarray, " hats"]]:
    """Centres and widths of MeLU's k - 1 hats: one over [0, 4 max_input], then halve and halve.

    Raises ValueError unless k - 1 hats fill whole rows (k = 2, 4, 8, 16, ...) and max_input > 0.
    """
    if k < 2 or k & (k - 1):
        raise ValueError(f"k = {k}: expected a power of two (2, 4, 8), so that rows are full")
    if max_input <= 0:
        raise ValueError(f"max_input {max_input:g}, expected a positive number")
    rows = [2 * max_input / 2**level * np.ones(2**level) for level in range(k.bit_length() - 1)]
    centres = [row * (2 * np.arange(len(row)) + 1) for row in rows]
    return np.concatenate(centres), np.concatenate(rows)


def galu_table(
    k: int = 8, max_input: float = 1.0
) -> tuple[Float[np.ndarray, " waves"], Float[np.ndarray, " waves"]]:
    """Centres and widths of GaLU's waves: half of MeLU's widths, on the same supports."""
    centres, widths = melu_table(k, max_input)
    return centres - widths / 2, widths / 2


def bumps(
    x: Values, k: int, max_input: float, shape: str = "MeLU"
) -> Float[np.ndarray, "... hats"]:
    """Every hat (MeLU) or wave (GaLU) at every x: what the learned coefficients weigh."""
    if shape not in ("MeLU", "GaLU"):
        raise ValueError(f"shape {shape!r}: expected 'MeLU' or 'GaLU'")
    table, bump = (melu_table, mexican_hat) if shape == "MeLU" else (galu_table, gaussian_wave)
    pairs = zip(*table(k, max_input), strict=True)
    return np.stack([bump(x, a, width) for a, width in pairs], axis=-1)


def melu(
    x: Values, c: Float[np.ndarray, " k"], max_input: float = 1.0, shape: str = "MeLU"
) -> Values:
    """PReLU with slope c_0, plus c_1 to c_(k-1) times the bumps (Maguolo, Nanni, Ghidoni 2021).

    With all c = 0 it is ReLU. `shape="GaLU"` takes waves for hats.
    """
    return leaky_relu(x, c[0]) + bumps(x, len(c), max_input, shape) @ np.asarray(c[1:], float)


def melu_slopes(
    x: Values, c: Float[np.ndarray, " k"], max_input: float = 1.0, shape: str = "MeLU"
) -> Float[np.ndarray, "... k"]:
    """Slopes by the k coefficients: min(x, 0), then the value of every bump."""
    x = np.asarray(x, float)
    by_hats = bumps(x, len(c), max_input, shape)
    return np.concatenate([np.minimum(x, 0)[..., None], by_hats], axis=-1)


# --- softmax --------------------------------------------------------------------------------------


def softmax_jacobian(
    logits: Float[np.ndarray, " classes"], temperature: float = 1.0
) -> Float[np.ndarray, "classes classes"]:
    """dz_i / da_j = z_i ([i = j] - z_j) / T for z = softmax(a / T).

    Raises ValueError unless the temperature is positive.
    """
    if temperature <= 0:
        raise ValueError(f"temperature {temperature:g}, expected a positive number")
    a = np.asarray(logits, float) / temperature
    powers = np.exp(a - a.max())
    z = powers / powers.sum()
    return (np.diag(z) - np.outer(z, z)) / temperature


# --- what happens to a signal through layers ------------------------------------------------------


@dataclass(frozen=True)
class Layer:
    """What one layer did: its outputs, the share of nearly flat slopes, the signal sent back."""

    number: int
    outputs: Float[np.ndarray, "patterns units"]
    net_inputs: Float[np.ndarray, "patterns units"]
    flat: float
    slope: float
    product: float


def through_layers(
    name: str, gain: float, layers: int = 10, units: int = 64, patterns: int = 100, seed: int = 0
) -> list[Layer]:
    """Send random patterns through random layers of weights N(0, gain^2 / units).

    `flat` is the share of slopes below 0.05; `slope` is what one layer does to a gradient, the
    root mean square of gain times slope; `product` is that of all layers so far.
    """
    f, rng = activation(name), np.random.default_rng(seed)
    z, product, states = rng.normal(size=(patterns, units)), 1.0, []
    for number in range(1, layers + 1):
        a = z @ rng.normal(0, gain / np.sqrt(units), size=(units, units))
        z, slopes = f(a), f.gradient(a)
        factor = float(gain * np.sqrt(np.mean(slopes**2)))
        product *= factor
        flat = float(np.mean(np.abs(slopes) < 0.05))
        states.append(Layer(number, z, a, flat, factor, product))
    return states


# --- how a ReLU dies ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bent:
    """A state of a small net on one input: its units, its curve's error, which units are dead."""

    step: int
    W: Float[np.ndarray, " units"]
    b: Float[np.ndarray, " units"]
    v: Float[np.ndarray, " units"]
    c: float
    cost: float
    dead: Float[np.ndarray, " units"]

    def curve(self, x: Values, leak: float) -> Values:
        """The net's output at x."""
        return leaky_relu(np.multiply.outer(x, self.W) + self.b, leak) @ self.v + self.c


def bend(
    x: Float[np.ndarray, " examples"],
    t: Float[np.ndarray, " examples"],
    *,
    leak: float = 0.0,
    learning_rate: float = 0.1,
    units: int = 12,
    steps: int = 60,
    seed: int = 0,
    start: Bent | None = None,
) -> Iterator[Bent]:
    """Fit t by v . f(W x + b) + c with full-batch gradient descent, state by state.

    f is a ReLU (leak 0) or a leaky one. A unit counts as dead if its net input is 0 or less for
    every x: with leak 0 its slopes are then all exactly 0. `start` goes on from a state.
    """
    rng = np.random.default_rng(seed)
    W, v = rng.normal(size=units), rng.normal(size=units) / np.sqrt(units)
    b, c = -W * rng.uniform(x.min(), x.max(), units), 0.0
    if start is not None:
        W, b, v, c = start.W, start.b, start.v, start.c
    for step in range(steps + 1):
        a = np.multiply.outer(x, W) + b
        z = leaky_relu(a, leak)
        error = z @ v + c - t
        yield Bent(
            step, W.copy(), b.copy(), v.copy(), float(c), float(np.mean(error**2) / 2),
            (a <= 0).all(axis=0),
        )  # fmt: skip
        delta = error[:, None] * v * np.where(a > 0, 1.0, leak)
        v = v - learning_rate * error @ z / len(x)
        c = c - learning_rate * error.mean()
        W = W - learning_rate * x @ delta / len(x)
        b = b - learning_rate * delta.mean(axis=0)
