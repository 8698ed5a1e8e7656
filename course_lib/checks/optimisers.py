"""The checks of the chapter on optimisers and schedules."""

from __future__ import annotations

import numpy as np

from course_lib.checks.core import Check, Misconception

HESSIANS = (
    np.diag([1.0, 10.0]),
    np.array([[3.0, 1.0, 0.0], [1.0, 2.0, 0.5], [0.0, 0.5, 4.0]]),
    np.diag([0.5, 4.0, 2.0, 1.0]),
)
WEIGHTS = np.array([2.0, -1.0, 0.5])
GRADIENT = np.array([4.0, -0.5, 1.5])
CHANGE = np.array([0.3, 0.1, -0.2])
SQUARES = np.array([0.04, 0.25, 0.01])
STEPS = np.arange(0, 900, 25)


def _stable_rates(hessian):
    curvatures = np.linalg.eigvalsh(hessian)
    return 2 / curvatures[-1], 2 / (curvatures[0] + curvatures[-1])


def _momentum_step(weights, change, gradient, learning_rate, momentum):
    change = learning_rate * gradient + momentum * change
    return weights - change, change


def _adam(
    weights, m, u, t, gradient, learning_rate, rho1, rho2,
    *, correct=True, root=True, keep_hat=False, power=True,
):  # fmt: skip
    m = rho1 * m + (1 - rho1) * gradient
    u = rho2 * u + (1 - rho2) * gradient**2
    k = t if power else 1
    m_hat, u_hat = (m / (1 - rho1**k), u / (1 - rho2**k)) if correct else (m, u)
    size = np.sqrt(u_hat) if root else u_hat
    weights = weights - learning_rate * m_hat / (size + 1e-8)
    return (weights, m_hat, u_hat) if keep_hat else (weights, m, u)


def _variant(**options):
    return lambda *arguments: _adam(*arguments, **options)


def _triangular(it, low, high, half):
    cycle = np.floor(1 + it / (2 * half))
    x = np.abs(it / half - 2 * cycle + 1)
    return low + (high - low) * np.maximum(0, 1 - x)


def _halving(it, low, high, half):
    cycle = np.floor(1 + it / (2 * half))
    return low + (_triangular(it, low, high, half) - low) / 2 ** (cycle - 1)


def _warm_restarts(epoch, low, high, first, factor):
    length = first
    while epoch >= length:
        epoch, length = epoch - length, length * factor
    return low + (high - low) * (1 + np.cos(np.pi * epoch / length)) / 2


def _no_since(epoch, low, high, first, factor):
    since, length = epoch, first
    while since >= length:
        since, length = since - length, length * factor
    return low + (high - low) * (1 + np.cos(np.pi * epoch / length)) / 2


CHECKS = [
    Check(
        "optimisers.stable_rates",
        "stable_rates(hessian)",
        _stable_rates,
        [(hessian,) for hessian in HESSIANS],
        [
            Misconception(
                "one over",
                lambda h: (1 / np.linalg.eigvalsh(h)[-1], _stable_rates(h)[1]),
                "At 1 / lambda_max the steep direction arrives at once; the limit is twice that.",
            ),
            Misconception(
                "steep in one step",
                lambda h: (_stable_rates(h)[0], 1 / np.linalg.eigvalsh(h)[-1]),
                "1 / lambda_max is what lecture 004 calls best. Make both factors equal in size.",
            ),
            Misconception(
                "flattest",
                lambda h: (2 / np.linalg.eigvalsh(h)[0], _stable_rates(h)[1]),
                "You took the smallest curvature; the steepest direction sets the limit.",
            ),
            Misconception(
                "trace",
                lambda h: (_stable_rates(h)[0], 2 / np.trace(h)),
                "Only the smallest and the largest curvature count, not the sum of all.",
            ),
            Misconception(
                "swapped",
                lambda h: _stable_rates(h)[::-1],
                "Limit first, then the best rate.",
            ),
        ],
        look_at="'How long may a step be?'",
    ),
    Check(
        "optimisers.momentum_step",
        "momentum_step(weights, change, gradient, learning_rate, momentum)",
        _momentum_step,
        [
            (WEIGHTS, CHANGE, GRADIENT, 0.1, 0.9),
            (WEIGHTS[:2], 0 * CHANGE[:2], GRADIENT[:2], 0.05, 0.5),
            (WEIGHTS, CHANGE, GRADIENT, 0.2, 0.0),
        ],
        [
            Misconception(
                "uphill",
                lambda w, c, g, r, m: (w + (r * g + m * c), r * g + m * c),
                "The change is subtracted: you walked uphill.",
            ),
            Misconception(
                "other sign",
                lambda w, c, g, r, m: (w + (m * c - r * g), m * c - r * g),
                "Here the change is what is subtracted: it has the sign of the gradient.",
            ),
            Misconception(
                "no memory",
                lambda w, c, g, r, m: (w - r * g, r * g),
                "That is plain gradient descent; the last change is missing.",
            ),
            Misconception(
                "average",
                lambda w, c, g, r, m: (w - (r * (1 - m) * g + m * c), r * (1 - m) * g + m * c),
                "You average. The gradient counts in full: changes add up to 1/(1 - momentum).",
            ),
            Misconception(
                "old change",
                lambda w, c, g, r, m: (w - r * g - m * c, c),
                "Return the new change; the next step needs it.",
            ),
            Misconception(
                "rate on all",
                lambda w, c, g, r, m: (w - r * (g + m * c), r * (g + m * c)),
                "The last change already holds the learning rate; do not multiply it again.",
            ),
        ],
        look_at="'What does a ball remember?'",
    ),
    Check(
        "optimisers.triangular",
        "triangular(it, low, high, half)",
        _triangular,
        [(STEPS, 0.001, 0.006, 100), (STEPS, 0.0, 1.0, 80), (np.array([130.0]), 0.01, 0.1, 50)],
        [
            Misconception(
                "upside down",
                lambda it, low, high, half: low + high - _triangular(it, low, high, half),
                "It starts at the top. In the middle of a cycle x is 0 and the rate is highest.",
            ),
            Misconception(
                "amplitude",
                lambda it, low, high, half: (
                    low + high * (_triangular(it, low, high, half) - low) / (high - low)
                ),
                "The amplitude is high - low: the peak must be `high`.",
            ),
            Misconception(
                "whole cycle",
                lambda it, low, high, half: _triangular(it, low, high, half / 2),
                "`half` is half a cycle; your cycles are too short.",
            ),
            Misconception(
                "triangular2",
                _halving,
                "That is triangular2: here all triangles are equally high.",
            ),
        ],
        look_at="'Should the rate change on the way?'",
    ),
    Check(
        "optimisers.adam_step",
        "adam_step(weights, m, u, t, gradient, learning_rate, rho1, rho2)",
        _adam,
        [
            (WEIGHTS, 0 * WEIGHTS, 0 * WEIGHTS, 1, GRADIENT, 0.1, 0.9, 0.999),
            (WEIGHTS, CHANGE, SQUARES, 3, GRADIENT, 0.01, 0.9, 0.99),
            (WEIGHTS[:2], CHANGE[:2], SQUARES[:2], 7, GRADIENT[:2], 0.2, 0.5, 0.9),
        ],
        [
            Misconception(
                "no correction",
                _variant(correct=False),
                "The bias correction is missing: divide by 1 - rho**t.",
            ),
            Misconception(
                "hats kept",
                _variant(keep_hat=True),
                "Return m and u as they are averaged, not the corrected ones.",
            ),
            Misconception(
                "no root",
                _variant(root=False),
                "Divide by the root of the corrected second moment.",
            ),
            Misconception(
                "no power",
                _variant(power=False),
                "The correction is 1 - rho**t: the power t is missing.",
            ),
        ],
        look_at="the formulas of Adam in 'Should every weight have its own rate?'",
    ),
    Check(
        "optimisers.warm_restarts",
        "warm_restarts(epoch, low, high, first, factor)",
        _warm_restarts,
        [
            (3, 0.0, 1.0, 10, 2),
            (10, 0.01, 0.1, 10, 2),
            (45, 0.01, 0.1, 10, 2),
            (100, 0.0, 0.5, 8, 3),
            (25, 0.1, 0.2, 10, 1),
        ],
        [
            Misconception(
                "equal cycles",
                lambda epoch, low, high, first, factor: _warm_restarts(epoch, low, high, first, 1),
                "Each cycle is `factor` times as long as the one before.",
            ),
            Misconception(
                "no restart",
                lambda epoch, low, high, first, factor: (
                    low + (high - low) * (1 + np.cos(np.pi * epoch / first)) / 2
                ),
                "At a restart T_cur goes back to 0; your cosine runs on.",
            ),
            Misconception(
                "from the start",
                _no_since,
                "T_cur counts from the last restart, not from epoch 0.",
            ),
            Misconception(
                "no half",
                lambda epoch, low, high, first, factor: (
                    low + 2 * (_warm_restarts(epoch, low, high, first, factor) - low)
                ),
                "The factor 1/2 is missing: the rate must not exceed `high`.",
            ),
        ],
        look_at="'Cool down, or start again?'",
    ),
]
