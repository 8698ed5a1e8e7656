"""The checks of the chapter on multilayer networks and backpropagation."""

from __future__ import annotations

import numpy as np

from course_lib.checks.core import Check, Misconception
from course_lib.models import mlp

# Unequal dimensions everywhere: 4 patterns, 3 inputs, 2 hidden units, 5 outputs.
X = np.array([[0.5, -1.0, 2.0], [1.0, 0.0, -0.5], [-2.0, 1.5, 1.0], [0.0, 0.3, -1.0]])
W1 = np.array([[0.4, -0.7, 0.2], [0.9, 0.1, -0.5]])
B1 = np.array([0.3, -0.2])
W2 = np.array([[0.5, -1.0], [0.2, 0.8], [-0.6, 0.4], [1.1, 0.3], [-0.9, 0.7]])
B2 = np.array([0.1, -0.4, 0.2, 0.0, 0.5])
Z = 1 / (1 + np.exp(-(X @ W1.T + B1)))
OUT = 1 / (1 + np.exp(-(Z @ W2.T + B2)))
Y = np.array([[1.0, 0, 0, 1, 0], [0, 1, 0, 0, 1], [0, 0, 1, 0, 0], [1, 1, 0, 0, 0]])
DELTA = (OUT - Y) * OUT * (1 - OUT)


def _sigmoid(a):
    return 1 / (1 + np.exp(-a))


def _forward(inputs, W1, b1, W2, b2):
    return mlp.forward(inputs, [W1, W2], [b1, b2])[1][-1]


def _output_delta(z, y):
    return mlp.output_delta(z, y, z * (1 - z))


def _hidden_delta(W_next, delta_next, z):
    return mlp.hidden_delta(W_next, delta_next, z * (1 - z))


def _slopes(f, x, h):
    return np.array([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(len(x))])


def _forward_slopes(f, x, h):
    return np.array([(f(x + h * e) - f(x)) / h for e in np.eye(len(x))])


def _cubic(x):
    return float(np.sum(x**3) + x[0] * x[-1])


def _wave(x):
    return float(np.sin(x[0]) * x[1] ** 2)


CHECKS = [
    Check(
        "backpropagation.forward",
        "forward(inputs, W1, b1, W2, b2)",
        _forward,
        [(X, W1, B1, W2, B2), (X[:1], -W1, B1, W2[:3], B2[:3])],
        [
            Misconception(
                "linear output",
                lambda inputs, W1, b1, W2, b2: _sigmoid(inputs @ W1.T + b1) @ W2.T + b2,
                "The output layer has an activation too: apply the sigmoid once more.",
            ),
            Misconception(
                "linear hidden",
                lambda inputs, W1, b1, W2, b2: _sigmoid((inputs @ W1.T + b1) @ W2.T + b2),
                "Without an activation between them the two layers are one: apply the sigmoid to "
                "the hidden net inputs.",
            ),
            Misconception(
                "no biases",
                lambda inputs, W1, b1, W2, b2: _sigmoid(_sigmoid(inputs @ W1.T) @ W2.T),
                "The biases are missing: add b1 and b2 to the weighted sums.",
            ),
        ],
        look_at="'Forward, layer by layer'",
    ),
    Check(
        "backpropagation.output_delta",
        "output_delta(z, y)",
        _output_delta,
        [(OUT, Y), (np.array([[0.724245]]), np.array([[0.0]]))],
        [
            Misconception(
                "no slope",
                lambda z, y: z - y,
                "That is the slope of the cost by z. Go on through the sigmoid: times z (1 - z).",
            ),
            Misconception(
                "lecture sign",
                lambda z, y: (y - z) * z * (1 - z),
                "That is lecture 000A's delta, (t - z) f'. Here delta is the slope of the cost: "
                "(z - y) f'.",
            ),
            Misconception(
                "tanh slope",
                lambda z, y: (z - y) * (1 - z**2),
                "1 - z^2 is the slope of tanh; the sigmoid's is z (1 - z).",
            ),
        ],
        look_at="'The four equations'",
    ),
    Check(
        "backpropagation.hidden_delta",
        "hidden_delta(W_next, delta_next, z)",
        _hidden_delta,
        [(W2, DELTA, Z), (W2[:3], DELTA[:2, :3], Z[:2])],
        [
            Misconception(
                "no slope",
                lambda W_next, delta_next, z: delta_next @ W_next,
                "What comes back must still pass the unit's own activation: times z (1 - z).",
            ),
            Misconception(
                "no weights",
                lambda W_next, delta_next, z: delta_next.sum(axis=1, keepdims=True) * z * (1 - z),
                "Each delta comes back through its own weight; you added them unweighted.",
            ),
            Misconception(
                "output instead of slope",
                lambda W_next, delta_next, z: (delta_next @ W_next) * z,
                "The factor is the slope z (1 - z), not the output z.",
            ),
        ],
        look_at="'The four equations'",
    ),
    Check(
        "backpropagation.weight_gradient",
        "weight_gradient(delta, z_before)",
        mlp.weight_gradient,
        [(DELTA, Z), (DELTA[:3, :2], X[:3])],
        [
            Misconception(
                "sum",
                lambda delta, z_before: delta.T @ z_before,
                "That is the sum over the patterns. The cost is a mean, so its gradient is too.",
            ),
            Misconception(
                "transposed",
                lambda delta, z_before: z_before.T @ delta / len(delta),
                "Rows and columns are swapped: the gradient has the shape of W, (units, inputs).",
            ),
            Misconception(
                "uphill",
                lambda delta, z_before: -delta.T @ z_before / len(delta),
                "The sign is turned round: the gradient points up, the step goes against it.",
            ),
        ],
        look_at="'The four equations'",
    ),
    Check(
        "backpropagation.slopes",
        "slopes(f, x, h)",
        _slopes,
        [(_cubic, np.array([1.0, -2.0, 0.5]), 0.1), (_wave, np.array([0.3, 1.5]), 0.01)],
        [
            Misconception(
                "forward difference",
                _forward_slopes,
                "That is the forward difference, whose error grows like h. Step to both sides.",
            ),
            Misconception(
                "divided by h",
                lambda f, x, h: 2 * _slopes(f, x, h),
                "The two points are 2h apart: divide by 2h.",
            ),
            Misconception(
                "not divided",
                lambda f, x, h: 2 * h * _slopes(f, x, h),
                "A slope is the change divided by the distance, 2h.",
            ),
        ],
        look_at="'A slope for every weight'",
    ),
]
