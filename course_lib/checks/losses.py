"""The checks of the chapter on losses and likelihood."""

from __future__ import annotations

import numpy as np

from course_lib.checks.core import Check, Misconception
from course_lib.models import losses

# Unequal dimensions, and logits far apart: the slips show there.
SAMPLE = np.array([2.0, 4.0, 4.0, 5.0, 7.0])
OUTPUTS = np.array([0.9, 0.2, 0.6, 0.3])
TARGETS = np.array([1, 0, 1, 1])
LOGITS = np.array([[2.0, 1.0, 0.1], [-1.0, 3.0, 0.5]])
INPUTS = np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 0.0], [-2.0, 1.5]])
ONE_HOT = losses.one_hot(np.array([2, 0, 1, 1]), 3)
WEIGHTS = np.array([[0.2, -0.1], [0.4, 0.3], [-0.5, 0.6]])
BIAS = np.array([0.1, -0.2, 0.0])


def _log_likelihood(x, mean, sigma):
    return float(losses.gaussian_log_density(x, mean, sigma).sum())


def _bce(outputs, targets):
    return float(losses.binary_cross_entropy(outputs, targets).sum())


def _huber(outputs, targets, delta):
    return losses.huber(outputs, targets, delta)


def _huber_jump(outputs, targets, delta):
    r = np.abs(outputs - targets)
    return np.where(r <= delta, r**2 / 2, delta * r)


def _huber_whole_square(outputs, targets, delta):
    r = np.abs(outputs - targets)
    return np.where(r <= delta, r**2, delta * (r - delta / 2))


def _huber_inside_out(outputs, targets, delta):
    r = np.abs(outputs - targets)
    return np.where(r > delta, r**2 / 2, delta * (r - delta / 2))


def _gradient(inputs, targets, weights, bias):
    error = losses.softmax(losses.scores(inputs, weights, bias)) - targets
    return error.T @ inputs / len(inputs), error.mean(axis=0)


def _scaled(factor):
    def slip(inputs, targets, weights, bias):
        by_weights, by_bias = _gradient(inputs, targets, weights, bias)
        return factor(inputs) * by_weights, factor(inputs) * by_bias

    return slip


def _sigmoid_gradient(inputs, targets, weights, bias):
    error = losses.sigmoid(losses.scores(inputs, weights, bias)) - targets
    return error.T @ inputs / len(inputs), error.mean(axis=0)


def _score_gradient(inputs, targets, weights, bias):
    error = losses.scores(inputs, weights, bias) - targets
    return error.T @ inputs / len(inputs), error.mean(axis=0)



CHECKS = [
    Check(
        "losses.log_likelihood",
        "log_likelihood(x, mean, sigma)",
        _log_likelihood,
        [(SAMPLE, 4.0, 2.0), (SAMPLE[:3], 5.0, 0.5), (np.linspace(-3, 3, 2000), 0.0, 1.0)],
        [
            Misconception(
                "likelihood",
                lambda x, mean, sigma: float(
                    np.exp(losses.gaussian_log_density(x, mean, sigma).sum())
                ),
                "That is the likelihood. Take the logarithm of each density and add.",
            ),
            Misconception(
                "no constant",
                lambda x, mean, sigma: float(-np.sum((x - mean) ** 2) / (2 * sigma**2)),
                "The factor 1 / (sqrt(2 pi) sigma) of every point is missing: it decides sigma.",
            ),
            Misconception(
                "one constant",
                lambda x, mean, sigma: float(
                    -np.log(np.sqrt(2 * np.pi) * sigma)
                    - np.sum((x - mean) ** 2) / (2 * sigma**2)
                ),
                "The constant counts once for every point, so N times.",
            ),
            Misconception(
                "mean",
                lambda x, mean, sigma: float(losses.gaussian_log_density(x, mean, sigma).mean()),
                "You average; the log-likelihood is the sum over the points.",
            ),
            Misconception(
                "sigma not squared",
                lambda x, mean, sigma: float(
                    -len(x) * np.log(np.sqrt(2 * np.pi) * sigma)
                    - np.sum((x - mean) ** 2) / (2 * sigma)
                ),
                "In the exponent sigma is squared.",
            ),
        ],
        look_at="'Which parameters make the data likely?'",
    ),
    Check(
        "losses.bce",
        "bce(outputs, targets)",
        _bce,
        [(OUTPUTS, TARGETS), (OUTPUTS[:3], 1 - TARGETS[:3]), (np.array([0.5]), np.array([1]))],
        [
            Misconception(
                "ones only",
                lambda z, t: float(-np.sum(t * np.log(z))),
                "You count only the targets 1. A target 0 costs -ln(1 - z).",
            ),
            Misconception(
                "sign",
                lambda z, t: -_bce(z, t),
                "That is the log-likelihood. The loss is its negative: it must be 0 or above.",
            ),
            Misconception(
                "mean",
                lambda z, t: _bce(z, t) / len(z),
                "You average; here the sum over the examples is asked for.",
            ),
            Misconception(
                "squares",
                lambda z, t: float(np.sum((z - t) ** 2)),
                "That is the sum of squared errors, the loss of Gaussian noise.",
            ),
            Misconception(
                "base two",
                lambda z, t: _bce(z, t) / np.log(2),
                "You took the logarithm to base 2 (bits); here it is the natural one (nats).",
            ),
        ],
        look_at="'A coin for every example'",
    ),
    Check(
        "losses.softmax",
        "softmax(logits)",
        losses.softmax,
        [(LOGITS,), (np.array([[1000.0, 999.0, 0.0]]),), (LOGITS - 2000,)],
        [
            Misconception(
                "sigmoid",
                losses.sigmoid,
                "That is the sigmoid of each logit by itself: a row does not sum to 1.",
            ),
            Misconception(
                "all together",
                lambda a: losses.softmax(np.ravel(a)).reshape(np.shape(a)),
                "You divide by the sum over the whole array; every row is a distribution.",
            ),
            Misconception(
                "columns",
                lambda a: losses.softmax(a.T).T,
                "Your columns sum to 1; each row is one example and must sum to 1.",
            ),
            Misconception(
                "no exponential",
                lambda a: a / a.sum(axis=1, keepdims=True),
                "The exponential is missing: without it a logit below 0 gives no probability.",
            ),
            Misconception(
                "hard",
                lambda a: losses.one_hot(a.argmax(axis=1), a.shape[1]),
                "That is the argmax. The softmax leaves something for the other classes.",
            ),
        ],
        look_at="'From scores to a distribution'",
    ),
    Check(
        "losses.huber",
        "huber(outputs, targets, delta)",
        _huber,
        [
            (np.array([0.5, 1.0, 3.0, -4.0]), np.zeros(4), 1.0),
            (np.array([1.0, 2.0, 8.0]), np.array([1.5, 5.0, 1.0]), 2.5),
        ],
        [
            Misconception(
                "jump",
                _huber_jump,
                "Your straight part is too high: at delta it must meet the parabola, so "
                "subtract delta / 2 inside the bracket.",
            ),
            Misconception(
                "whole square",
                _huber_whole_square,
                "Inside delta it is half the square.",
            ),
            Misconception(
                "inside out",
                _huber_inside_out,
                "The branches are exchanged: the square belongs to the small residuals.",
            ),
            Misconception(
                "squares",
                lambda y, t, delta: (y - t) ** 2 / 2,
                "You square the large residuals too; beyond delta the loss is straight.",
            ),
        ],
        look_at="'The noise chooses the loss'",
    ),
    Check(
        "losses.gradient",
        "gradient(inputs, targets, weights, bias)",
        _gradient,
        [(INPUTS, ONE_HOT, WEIGHTS, BIAS), (INPUTS[:2], losses.smooth(ONE_HOT[:2], 0.1), WEIGHTS,
                                            2 * BIAS)],  # fmt: skip
        [
            Misconception(
                "sum",
                _scaled(len),
                "That is the gradient of the sum; the cost here is the mean over the examples.",
            ),
            Misconception(
                "sign",
                _scaled(lambda inputs: -1.0),
                "The sign is turned round: the gradient is z - t, the step goes against it.",
            ),
            Misconception(
                "sigmoid",
                _sigmoid_gradient,
                "You passed each score through a sigmoid; here the scores of a row share one "
                "softmax.",
            ),
            Misconception(
                "scores",
                _score_gradient,
                "You subtract the targets from the scores; the softmax is missing.",
            ),
        ],
        look_at="'From scores to a distribution'",
    ),
]
