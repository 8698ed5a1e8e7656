"""The checks of the chapter on activation functions."""

from __future__ import annotations

import numpy as np

from course_lib.checks.core import Check, Misconception
from course_lib.models import activations as act

# Both sides of every kink, and unequal dimensions: the slips show there.
NET = np.array([-3.0, -1.0, -0.25, 0.5, 2.0, 3.5])
INPUTS = np.array([[1.0, 2.0], [-1.0, 0.5], [2.0, -1.0], [0.5, 0.5]])
WEIGHTS = np.array([[-1.0, -2.0], [-1.0, -1.0], [0.5, 2.0]])
BIAS = np.array([1.0, -2.0, -6.0])


def _tanh_slope(value, a, b):
    return b / a * (a**2 - np.asarray(value) ** 2)


def _elu(x, a):
    return act.elu(x, a), np.where(x > 0, 1.0, a * np.exp(np.minimum(x, 0)))


def _dead(inputs, weights, bias):
    return (inputs @ weights.T + bias <= 0).all(axis=0)


def _srelu(x, t_left, a_left, t_right, a_right):
    slopes = act.srelu_slopes(x, t_left, a_left, t_right, a_right)
    return tuple(slopes[name] for name in ("t_left", "a_left", "t_right", "a_right"))


def _srelu_bare(x, t_left, a_left, t_right, a_right):
    left, right = (x <= t_left) * 1.0, (x >= t_right) * 1.0
    return left, left * (x - t_left), right, right * (x - t_right)


def _srelu_x(x, t_left, a_left, t_right, a_right):
    left, right = (x <= t_left) * 1.0, (x >= t_right) * 1.0
    return left * (1 - a_left), left * x, right * (1 - a_right), right * x


def _srelu_everywhere(x, t_left, a_left, t_right, a_right):
    ones = np.ones(np.shape(x))
    return ones * (1 - a_left), x - t_left, ones * (1 - a_right), x - t_right


def _melu(x, c, centres, widths):
    hats = np.maximum(widths - np.abs(x[:, None] - centres), 0)
    return np.where(x > 0, x, c[0] * x) + hats @ c[1:]


def _melu_negative(x, c, centres, widths):
    return np.where(x > 0, x, c[0] * x) + (widths - np.abs(x[:, None] - centres)) @ c[1:]


def _melu_relu(x, c, centres, widths):
    return _melu(x, np.r_[0.0, c[1:]], centres, widths)


def _melu_unit(x, c, centres, widths):
    hats = np.maximum(1 - np.abs(x[:, None] - centres) / widths, 0)
    return np.where(x > 0, x, c[0] * x) + hats @ c[1:]


TABLE = act.melu_table(4, 1.0)

CHECKS = [
    Check(
        "activations.tanh_slope",
        "tanh_slope(value, a, b)",
        _tanh_slope,
        [(np.array([-1.2, 0.0, 0.4, 1.5]), 1.716, 2 / 3), (np.array([0.5, -1.0]), 2.0, 0.5)],
        [
            Misconception(
                "plain",
                lambda value, a, b: 1 - value**2,
                "That is the slope of the plain tanh; here a and b stretch it.",
            ),
            Misconception(
                "logistic",
                lambda value, a, b: value * (1 - value),
                "That rule belongs to the logistic function.",
            ),
            Misconception(
                "again",
                lambda value, a, b: a * b * (1 - np.tanh(b * value) ** 2),
                "You treat the value as if it were the net input: no tanh is needed any more.",
            ),
            Misconception(
                "turned",
                lambda value, a, b: a / b * (a**2 - value**2),
                "The factor is b / a, not a / b: at value 0 the slope must be a times b.",
            ),
        ],
        look_at="'Two curves that squash'",
    ),
    Check(
        "activations.elu",
        "elu(x, a)",
        _elu,
        [(NET, 1.0), (NET, 0.5)],
        [
            Misconception(
                "slope of one",
                lambda x, a: (act.elu(x, a), np.where(x > 0, 1.0, np.exp(np.minimum(x, 0)))),
                "The factor a is missing in your slope.",
            ),
            Misconception(
                "everywhere",
                lambda x, a: (a * np.expm1(x), a * np.exp(x)),
                "For positive net inputs the ELU is the identity, with slope 1.",
            ),
            Misconception(
                "no minus one",
                lambda x, a: (np.where(x > 0, x, a * np.exp(np.minimum(x, 0))), _elu(x, a)[1]),
                "Your value jumps at 0: subtract 1 from the exponential.",
            ),
            Misconception(
                "value as slope",
                lambda x, a: (act.elu(x, a), np.where(x > 0, 1.0, act.elu(x, a))),
                "Below 0 your slope is the value; the slope is the value plus a.",
            ),
        ],
        look_at="'ReLU: open or shut'",
    ),
    Check(
        "activations.dead",
        "dead(inputs, weights, bias)",
        _dead,
        [
            (INPUTS, WEIGHTS, BIAS),
            (INPUTS[:2], WEIGHTS[:, ::-1].copy(), np.array([-9.0, 1.0, -2.0])),
        ],
        [
            Misconception(
                "once",
                lambda x, w, b: (x @ w.T + b <= 0).any(axis=0),
                "A unit that is silent for one example is not dead: it must be silent for all.",
            ),
            Misconception(
                "alive",
                lambda x, w, b: (x @ w.T + b > 0).any(axis=0),
                "Those are the living units.",
            ),
            Misconception(
                "no bias",
                lambda x, w, b: (x @ w.T <= 0).all(axis=0),
                "You left the bias out.",
            ),
            Misconception(
                "examples",
                lambda x, w, b: (x @ w.T + b <= 0).all(axis=1),
                "You got one answer per example; one per unit is asked.",
            ),
        ],
        look_at="'How a ReLU dies'",
    ),
    Check(
        "activations.srelu",
        "srelu_slopes(x, t_left, a_left, t_right, a_right)",
        _srelu,
        [(NET, -0.5, 0.2, 1.0, 0.3), (NET, 0.0, 0.5, 3.0, 1.5)],
        [
            Misconception(
                "bare",
                _srelu_bare,
                "A threshold stands inside the bracket too: its slope is 1 minus a.",
            ),
            Misconception(
                "from zero",
                _srelu_x,
                "The outer lines start at the thresholds: use x - t, not x.",
            ),
            Misconception(
                "everywhere",
                _srelu_everywhere,
                "Each parameter acts only beyond its own threshold: the indicator is missing.",
            ),
        ],
        look_at="'Let the unit learn its own bend'",
    ),
    Check(
        "activations.melu",
        "melu(x, c, centres, widths)",
        _melu,
        [
            (NET, np.array([0.1, 0.5, -0.3, 0.2]), *TABLE),
            (NET, np.array([-0.2, 0.0, 1.0, 0.4]), *TABLE),
        ],
        [
            Misconception(
                "negative",
                _melu_negative,
                "Outside its base a triangle is 0, not negative.",
            ),
            Misconception(
                "relu",
                _melu_relu,
                "Below zero the first part has the slope c[0]: PReLU, not ReLU.",
            ),
            Misconception(
                "unit height",
                _melu_unit,
                "A triangle is as high as its half-width: its sides have the slopes 1 and -1.",
            ),
        ],
        look_at="'Let the unit learn its own bend'",
    ),
]
