"""The checks of the chapter on the perceptron."""

from __future__ import annotations

import numpy as np

from course_lib.checks.core import Check, Misconception
from course_lib.models import perceptron
from course_lib.models.circuits import truth_inputs

# Unequal dimensions and a pattern exactly on the boundary: the slips show there.
X = np.array([[0.0, 1.0, 2.0], [2.0, -1.0, 0.5], [1.0, 1.0, 1.0], [-1.0, 0.0, 3.0]])
W = np.array([1.0, -2.0, 1.0])
PATTERNS = np.array([[2.0, 1.0], [-1.0, 0.0], [0.0, -2.0], [1.0, 1.0]])
TARGETS = np.array([1, 1, -1, -1])


def _fire(inputs, weights, bias):
    return perceptron.predict(inputs, weights, bias)


def _update(weights, bias, x, target, learning_rate):
    output = 1 if x @ weights + bias > 0 else 0
    error = target - output
    return weights + learning_rate * error * x, bias + learning_rate * error


def _bipolar_update(weights, bias, x, target, learning_rate):
    output = 1 if x @ weights + bias > 0 else -1
    return weights + learning_rate * (target - output) * x, bias + learning_rate * (target - output)


def _bound(inputs, targets, weights, bias):
    return perceptron.convergence_bound(inputs, targets, weights, bias)


def _bound_terms(inputs, targets, weights, bias):
    rows = np.column_stack([np.ones(len(inputs)), inputs])
    star = np.concatenate([[bias], weights])
    return rows, star, targets * (rows @ star)


def _bound_without_bias(inputs, targets, weights, bias):
    beta = np.max(np.sum(inputs**2, axis=1))
    alpha = np.min(targets * (inputs @ weights + bias))
    return beta * (weights @ weights) / alpha**2


def _bound_unsquared(inputs, targets, weights, bias):
    rows, star, margins = _bound_terms(inputs, targets, weights, bias)
    return np.max(np.sum(rows**2, axis=1)) * (star @ star) / margins.min()


def _bound_mean_margin(inputs, targets, weights, bias):
    rows, star, margins = _bound_terms(inputs, targets, weights, bias)
    return np.max(np.sum(rows**2, axis=1)) * (star @ star) / margins.mean() ** 2


def _gradient(inputs, targets, weights, bias):
    _, weights_gradient, bias_gradient = perceptron.perceptron_criterion(
        inputs, targets, weights, bias
    )
    return weights_gradient, bias_gradient


def _gradient_of_all(inputs, targets, weights, bias):
    return -(targets @ inputs), float(-targets.sum())


def _gradient_strict(inputs, targets, weights, bias):
    wrong = targets * (inputs @ weights + bias) < 0
    return -(targets[wrong] @ inputs[wrong]), float(-targets[wrong].sum())


def _gradient_sign(inputs, targets, weights, bias):
    weights_gradient, bias_gradient = _gradient(inputs, targets, weights, bias)
    return -weights_gradient, -bias_gradient


def _gradient_mean(inputs, targets, weights, bias):
    weights_gradient, bias_gradient = _gradient(inputs, targets, weights, bias)
    return weights_gradient / len(inputs), bias_gradient / len(inputs)


CHECKS = [
    Check(
        "perceptron.fire",
        "fire(inputs, weights, bias)",
        _fire,
        [(X, W, -0.5), (X, W, 0.0), (X[:2], -W, 1.0)],
        [
            Misconception(
                "fires at zero",
                lambda inputs, weights, bias: (inputs @ weights + bias >= 0).astype(int),
                "Your unit fires at a net input of exactly 0; here it fires only above 0.",
            ),
            Misconception(
                "no bias",
                lambda inputs, weights, bias: (inputs @ weights > 0).astype(int),
                "The bias is missing: it is added to the weighted sum before the threshold.",
            ),
            Misconception(
                "bipolar output",
                lambda inputs, weights, bias: np.where(inputs @ weights + bias > 0, 1, -1),
                "The outputs here are 0 and 1, not -1 and +1.",
            ),
            Misconception(
                "bias as threshold",
                lambda inputs, weights, bias: (inputs @ weights > bias).astype(int),
                "You compare the sum with the bias. Add it: a threshold is minus the bias.",
            ),
        ],
        look_at="'Weights tilt the line'",
    ),
    Check(
        "perceptron.update",
        "update(weights, bias, x, target, learning_rate)",
        _update,
        [
            (W, 0.5, X[0], 0, 0.5),
            (W, -5.0, X[1], 1, 0.5),
            (W, 0.5, X[1], 1, 0.5),
            (W, 0.0, X[2], 1, 0.25),
        ],
        [
            Misconception(
                "always updates",
                lambda w, b, x, t, r: (w + r * (2 * t - 1) * x, b + r * (2 * t - 1)),
                "You change the weights even where the output is right: plain Hebbian learning; "
                "the perceptron learns only from its mistakes.",
            ),
            Misconception(
                "wrong sign",
                lambda w, b, x, t, r: (
                    2 * w - _update(w, b, x, t, r)[0],
                    2 * b - _update(w, b, x, t, r)[1],
                ),
                "The sign is turned round: the error is target minus output.",
            ),
            Misconception(
                "bias not updated",
                lambda w, b, x, t, r: (_update(w, b, x, t, r)[0], b),
                "The bias learns too: it is a weight whose input is always 1.",
            ),
            Misconception(
                "no learning rate",
                lambda w, b, x, t, r: _update(w, b, x, t, 1.0),
                "The learning rate is missing from the step.",
            ),
            Misconception(
                "graded error",
                lambda w, b, x, t, r: (w + r * (t - (x @ w + b)) * x, b + r * (t - (x @ w + b))),
                "Your error uses the net input: that is the delta rule of the linear unit. "
                "Here the error is target minus the output 0 or 1.",
            ),
        ],
        look_at="'Learning from mistakes'",
    ),
    Check(
        "perceptron.distance",
        "distance(inputs, weights, bias)",
        perceptron.signed_distance,
        [(PATTERNS, np.array([3.0, 4.0]), -5.0), (X, W, 0.5)],
        [
            Misconception(
                "score",
                lambda inputs, weights, bias: inputs @ weights + bias,
                "That is the net input. It grows when you scale the weights, the distance not: "
                "divide by the length of w.",
            ),
            Misconception(
                "unsigned",
                lambda inputs, weights, bias: np.abs(
                    perceptron.signed_distance(inputs, weights, bias)
                ),
                "The distance carries a sign: positive on the side that w points to.",
            ),
            Misconception(
                "bias not scaled",
                lambda inputs, weights, bias: inputs @ weights / np.linalg.norm(weights) + bias,
                "Divide the whole net input by the length of w, the bias included.",
            ),
            Misconception(
                "divided by the square",
                lambda inputs, weights, bias: (inputs @ weights + bias) / (weights @ weights),
                "You divide by the squared length of w; the distance needs the length.",
            ),
        ],
        look_at="'How far from the line?'",
    ),
    Check(
        "perceptron.gradient",
        "gradient(inputs, targets, weights, bias)",
        _gradient,
        [
            (PATTERNS, TARGETS, np.array([1.0, -1.0]), 0.5),
            (X, np.array([1, -1, 1, -1]), W, 0.5),
            (X, np.array([-1, -1, 1, 1]), W, 0.0),
        ],
        [
            Misconception(
                "strict",
                _gradient_strict,
                "You leave out the patterns exactly on the line; here they count as misclassified.",
            ),
            Misconception(
                "all patterns",
                _gradient_of_all,
                "You sum over all patterns; only the misclassified ones enter the criterion.",
            ),
            Misconception(
                "sign",
                _gradient_sign,
                "That is the direction in which D falls. The gradient has the opposite sign.",
            ),
            Misconception(
                "mean",
                _gradient_mean,
                "You divide by the number of patterns; the criterion is a sum, not a mean.",
            ),
        ],
        look_at="'What the rule minimises'",
    ),
    Check(
        "perceptron.bound",
        "bound(inputs, targets, weights, bias)",
        _bound,
        [
            (truth_inputs(2), np.array([-1, -1, -1, 1]), np.array([2.0, 2.0]), -3.0),
            (truth_inputs(2), np.array([-1, 1, 1, 1]), np.array([3.0, 2.5]), -0.75),
        ],
        [
            Misconception(
                "without bias",
                _bound_without_bias,
                "The bound lives in the space with the bias folded in: x_0 = 1 adds 1 to every "
                "squared length, and b belongs to w*.",
            ),
            Misconception(
                "unsquared margin", _bound_unsquared, "The smallest margin enters squared."
            ),
            Misconception(
                "mean margin",
                _bound_mean_margin,
                "The bound needs the smallest margin over the patterns, not the mean.",
            ),
        ],
        look_at="'Why it must stop'",
    ),
]
