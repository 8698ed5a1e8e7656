"""The checks of the chapter on initialisation, normalisation and regularisation."""

from __future__ import annotations

import numpy as np

from course_lib.checks.core import Check, Misconception
from course_lib.models import normalisation, regularisation

# Unequal dimensions, and batches small enough that |B| and |B| - 1 differ.
BATCH = np.array([[1.0, 2.0, 3.0], [3.0, 2.5, 7.0], [5.0, 2.0, 2.0], [0.0, -1.0, 4.0]])
GAIN, SHIFT = np.array([1.0, 2.0, -0.5]), np.array([0.0, 0.3, 1.0])
SLOPE = np.array([[0.2, -1.0, 0.5], [1.0, 0.3, -0.4], [-0.7, 0.1, 0.9], [0.4, 0.6, -0.2]])
COLUMN = np.array([1.0, 2.0, 3.0, 6.0])
HIDDEN = np.array([2.0, -1.0, 4.0, 0.5, 3.0])
UNIFORM = np.array([0.1, 0.35, 0.8, 0.55, 0.05])


def _first_std(n_in, n_out, activation):
    if activation == "relu":
        return float(np.sqrt(2 / n_in))
    return float(np.sqrt(2 / (n_in + n_out)) * (4 if activation == "sigmoid" else 1))


def _std(relu, other, logistic):
    def slip(n_in, n_out, activation):
        rule = {"relu": relu, "sigmoid": logistic}.get(activation, other)
        return float(rule(n_in, n_out))

    return slip


def _glorot(n, m):
    return np.sqrt(2 / (n + m))


def _standardised(a, axis, ddof=0, root=True):
    centred = a - a.mean(axis=axis, keepdims=True)
    var = a.var(axis=axis, keepdims=True, ddof=ddof) + 1e-5
    return centred / (np.sqrt(var) if root else var)


def _backward(a, gain, slope):
    return normalisation.batch_norm_gradient(a, gain, slope)[0]


def _constant_spread(a, gain, slope):
    g = gain * slope
    return (g - g.mean(axis=0)) / np.sqrt(a.var(axis=0) + 1e-5)


def _sums(a, gain, slope):
    a_hat, g = _standardised(a, 0), gain * slope
    return (g - g.sum(axis=0) - a_hat * (g * a_hat).sum(axis=0)) / np.sqrt(a.var(axis=0) + 1e-5)


CHECKS = [
    Check(
        "initialisation.first_std",
        "first_std(n_in, n_out, activation)",
        _first_std,
        [(400, 100, "tanh"), (256, 128, "relu"), (8, 2, "sigmoid"), (30, 10, "linear")],
        [
            Misconception(
                "variance",
                lambda n, m, name: _first_std(n, m, name) ** 2,
                "That is the variance. The standard deviation is its root.",
            ),
            Misconception(
                "inputs only",
                _std(
                    lambda n, m: np.sqrt(2 / n),
                    lambda n, m: np.sqrt(1 / n),
                    lambda n, m: 4 * np.sqrt(1 / n),
                ),
                "Glorot's rule takes inputs and outputs together: 2 / (n_in + n_out).",
            ),
            Misconception(
                "he by outputs",
                _std(lambda n, m: np.sqrt(2 / m), _glorot, lambda n, m: 4 * _glorot(n, m)),
                "He's rule counts the inputs of the layer, not its outputs.",
            ),
            Misconception(
                "no four",
                _std(lambda n, m: np.sqrt(2 / n), _glorot, _glorot),
                "The sigmoid needs four times Glorot's: its slope is at most a quarter.",
            ),
            Misconception(
                "printed table",
                _std(lambda n, m: np.sqrt(2 / n), lambda n, m: 4 * _glorot(n, m), _glorot),
                "These are the rows as the lecture printed them; logistic and tanh are exchanged.",
            ),
        ],
        look_at="'How large should the first weights be?'",
    ),
    Check(
        "initialisation.batch_norm",
        "batch_norm_forward(a, gain, shift)",
        normalisation.batch_norm,
        [(BATCH, GAIN, SHIFT), (BATCH[:2, :2], GAIN[:2], SHIFT[:2])],
        [
            Misconception(
                "layer norm",
                lambda a, gain, shift: gain * _standardised(a, 1) + shift,
                "You standardise every row: that is layer norm. Batch norm goes down the columns.",
            ),
            Misconception(
                "unbiased",
                lambda a, gain, shift: gain * _standardised(a, 0, ddof=1) + shift,
                "Inside batch norm the variance is divided by |B|, not by |B| - 1.",
            ),
            Misconception(
                "no root",
                lambda a, gain, shift: gain * _standardised(a, 0, root=False) + shift,
                "Divide by the root of the variance.",
            ),
            Misconception(
                "no gain and shift",
                lambda a, gain, shift: _standardised(a, 0),
                "Gain and shift are missing: multiply and add at the end.",
            ),
            Misconception(
                "shift before gain",
                lambda a, gain, shift: gain * (_standardised(a, 0) + shift),
                "The gain multiplies the standardised number alone; the shift is added last.",
            ),
        ],
        look_at="'Normalise: first the inputs, then every layer'",
    ),
    Check(
        "initialisation.running",
        "running(mean, var, batch, momentum)",
        normalisation.running,
        [(0.0, 1.0, COLUMN, 0.1), (2.0, 3.0, COLUMN[:3], 0.3)],
        [
            Misconception(
                "biased",
                lambda mean, var, batch, m: (
                    float((1 - m) * mean + m * batch.mean()),
                    float((1 - m) * var + m * batch.var()),
                ),
                "The running variance of torch takes the unbiased one: divide by |B| - 1.",
            ),
            Misconception(
                "exchanged",
                lambda mean, var, batch, m: normalisation.running(mean, var, batch, 1 - m),
                "The shares are exchanged: the new batch gets the share `momentum`.",
            ),
            Misconception(
                "batch only",
                lambda mean, var, batch, m: (float(batch.mean()), float(batch.var(ddof=1))),
                "These are the statistics of the batch; mix them with the old averages.",
            ),
            Misconception(
                "standard deviation",
                lambda mean, var, batch, m: (
                    float((1 - m) * mean + m * batch.mean()),
                    float((1 - m) * var + m * batch.std(ddof=1)),
                ),
                "It is the variance that is averaged, not its root.",
            ),
        ],
        look_at="'In training and in use'",
    ),
    Check(
        "initialisation.dropout",
        "dropout(h, u, p)",
        lambda h, u, p: regularisation.dropped(h, u >= p, p),
        [(HIDDEN, UNIFORM, 0.4), (HIDDEN[:3], UNIFORM[:3], 0.3)],
        [
            Misconception(
                "not scaled",
                lambda h, u, p: np.where(u < p, 0.0, h),
                "What stays must be divided by 1 - p, or the mean output shrinks.",
            ),
            Misconception(
                "by p",
                lambda h, u, p: np.where(u < p, 0.0, h / p),
                "Divide by the chance to stay, 1 - p, not by the chance to go.",
            ),
            Misconception(
                "inside out",
                lambda h, u, p: np.where(u < p, h / (1 - p), 0.0),
                "You keep the units that should go: a unit is dropped where u < p.",
            ),
            Misconception(
                "test time",
                lambda h, u, p: h * (1 - p),
                "That is the scaling of the original paper in use; here a mask is applied.",
            ),
            Misconception(
                "times",
                lambda h, u, p: np.where(u < p, 0.0, h * (1 - p)),
                "Divide by 1 - p; multiplying makes the mean even smaller.",
            ),
        ],
        look_at="'Dropout: a different net for every batch'",
    ),
    Check(
        "initialisation.soft_threshold",
        "soft_threshold(w, strength)",
        regularisation.soft_threshold,
        [(np.array([3.0, 0.4, -0.2, 1.0, -2.0]), 0.5), (np.array([0.3, -1.7]), 0.4)],
        [
            Misconception(
                "past zero",
                lambda w, strength: w - strength * np.sign(w),
                "Small numbers run past 0 to the other side; they must stop at 0.",
            ),
            Misconception(
                "ridge",
                lambda w, strength: w / (1 + strength),
                "That is the L2 shrinkage, a factor. L1 subtracts an amount.",
            ),
            Misconception(
                "hard",
                lambda w, strength: np.where(np.abs(w) > strength, w, 0.0),
                "That is the hard threshold: what survives must also shrink.",
            ),
            Misconception(
                "positive only",
                lambda w, strength: np.maximum(w - strength, 0),
                "Negative numbers move towards 0 as well; you set them to 0.",
            ),
        ],
        look_at="'A penalty is an opinion about the weights'",
    ),
    Check(
        "initialisation.batch_norm_backward",
        "batch_norm_backward(a, gain, slope)",
        _backward,
        [(BATCH, GAIN, SLOPE), (BATCH[:3, :2], GAIN[:2], SLOPE[:3, :2])],
        [
            Misconception(
                "constants",
                lambda a, gain, slope: gain * slope / np.sqrt(a.var(axis=0) + 1e-5),
                "You treat mean and spread as constants; both depend on every entry of the column.",
            ),
            Misconception(
                "constant spread",
                _constant_spread,
                "The spread depends on the entries, too: the term with a_hat is missing.",
            ),
            Misconception(
                "sums",
                _sums,
                "The two corrections are means over the batch, not sums.",
            ),
            Misconception(
                "no gain",
                lambda a, gain, slope: _backward(a, np.ones_like(gain), slope),
                "The gain multiplies the gradient on its way back.",
            ),
        ],
        look_at="'Backward'",
    ),
]
