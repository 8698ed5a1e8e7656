"""The checks of the chapter on the mathematics of learning."""

from __future__ import annotations

import numpy as np

from course_lib.checks.core import Check, Misconception
from course_lib.models import calculus, losses

# Unequal dimensions, and values that tell rows from columns: the slips show there.
ROWS = np.array([[1.0, 2.0, 2.0], [0.0, -3.0, 4.0], [2.0, 0.5, -1.0], [-2.0, 1.0, 0.0]])
VECTOR = np.array([2.0, 0.0, 1.0])
PRIOR = np.array([0.7, 0.2, 0.1])
LIKELIHOOD = np.array([[0.9, 0.1], [0.4, 0.6], [0.25, 0.75]])
P = np.array([0.5, 0.25, 0.25, 0.0])
Q = np.array([0.25, 0.5, 0.125, 0.125])
LOGITS = np.array([[2.0, 1.0, 0.1], [-1.0, 3.0, 0.5]])


def _cosines(X, y):
    return X @ y / (np.linalg.norm(X, axis=1) * np.linalg.norm(y))


def _three_to_two(v):
    return np.array([v[0] ** 2 * v[1], np.sin(v[1]) + v[2] ** 3])


def _two_to_three(v):
    return np.array([np.exp(v[0]), v[0] * v[1], v[1] ** 2])


def _jacobian(f, x, h):
    return calculus.jacobian(f, x, h)


def _one_sided(f, x, h):
    return np.stack([(f(x + h * e) - f(x)) / h for e in np.eye(len(x))], axis=1)


def _all_at_once(f, x, h):
    return (f(x + h) - f(x - h)) / (2 * h)


def _posterior(prior, likelihood, s):
    joint = prior * likelihood[:, s]
    return joint / joint.sum()


def _divergence(p, q):
    return float(losses.kl_divergence(p, q) / np.log(2))


def _log2(p):
    with np.errstate(divide="ignore"):
        return np.log2(p)


def _log_sum_exp(a):
    m = a.max(axis=1, keepdims=True)
    return m[:, 0] + np.log(np.exp(a - m).sum(axis=1))


def _one_largest(a):
    with np.errstate(divide="ignore"):
        return a.max() + np.log(np.exp(a - a.max()).sum(axis=1))


def _without_largest(a):
    with np.errstate(over="ignore", divide="ignore"):
        return np.log(np.exp(a).sum(axis=1))


CHECKS = [
    Check(
        "mathematics.cosines",
        "cosines(X, y)",
        _cosines,
        [(ROWS, VECTOR), (ROWS[:2, :2], np.array([1.0, -1.0])), (3 * ROWS[1:3], VECTOR / 2)],
        [
            Misconception(
                "dot products",
                lambda X, y: X @ y,
                "Those are the dot products. Divide by both lengths: a cosine lies in -1 to 1.",
            ),
            Misconception(
                "one length",
                lambda X, y: X @ y / np.linalg.norm(X, axis=1),
                "You divided by the lengths of the rows only; y has a length as well.",
            ),
            Misconception(
                "whole matrix",
                lambda X, y: X @ y / (np.linalg.norm(X) * np.linalg.norm(y)),
                "np.linalg.norm(X) is the length of the whole matrix; take that of each row, "
                "axis=1.",
            ),
            Misconception(
                "squared lengths",
                lambda X, y: X @ y / (np.sum(X**2, axis=1) * np.sum(y**2)),
                "You divided by the squared lengths: take the roots.",
            ),
            Misconception(
                "sum of entries",
                lambda X, y: X @ y / (np.abs(X).sum(axis=1) * np.abs(y).sum()),
                "You divided by the sums of absolute values (the 1-norm); here the Euclidean "
                "length is needed.",
            ),
        ],
        look_at="'A digit is a list of numbers'",
    ),
    Check(
        "mathematics.jacobian",
        "jacobian(f, x, h)",
        _jacobian,
        [
            (_three_to_two, np.array([1.0, 0.5, -1.0]), 1e-4),
            (_two_to_three, np.array([0.3, 2.0]), 1e-2),
        ],
        [
            Misconception(
                "transposed",
                lambda f, x, h: _jacobian(f, x, h).T,
                "Your matrix is transposed: a row belongs to an output, a column to an input.",
            ),
            Misconception(
                "one-sided",
                _one_sided,
                "You nudge up only. Central differences, f(x + h e) - f(x - h e) over 2 h, are "
                "asked for: they are far more exact.",
            ),
            Misconception(
                "not halved",
                lambda f, x, h: 2 * _jacobian(f, x, h),
                "Up and down are 2 h apart: you divide by h.",
            ),
            Misconception(
                "all at once",
                _all_at_once,
                "You nudge all inputs at once. Nudge one at a time: each gives a column.",
            ),
        ],
        look_at="'Vectors in, vectors out'",
    ),
    Check(
        "mathematics.posterior",
        "posterior(prior, likelihood, s)",
        _posterior,
        [(PRIOR, LIKELIHOOD, 1), (PRIOR, LIKELIHOOD, 0), (np.array([0.01, 0.99]),
                                                          np.array([[0.05, 0.95], [0.95, 0.05]]),
                                                          1)],
        [
            Misconception(
                "no prior",
                lambda prior, likelihood, s: likelihood[:, s] / likelihood[:, s].sum(),
                "The prior is missing: a rare class stays rare unless the evidence is strong.",
            ),
            Misconception(
                "not normalised",
                lambda prior, likelihood, s: prior * likelihood[:, s],
                "That is the joint probability P(c, s). Divide by its sum, P(s).",
            ),
            Misconception(
                "likelihood",
                lambda prior, likelihood, s: likelihood[:, s],
                "That is P(s | c), the wrong way round.",
            ),
            Misconception(
                "as printed",
                lambda prior, likelihood, s: likelihood[:, s] / (prior @ likelihood[:, s]),
                "You divide by P(s) but do not multiply by the prior: the lecture's slip.",
            ),
        ],
        look_at="'How likely, and how likely now?'",
    ),
    Check(
        "mathematics.divergence",
        "divergence(p, q)",
        _divergence,
        [(P, Q), (P[:3], Q[:3] / Q[:3].sum()), (np.array([0.9, 0.1]), np.array([0.5, 0.5]))],
        [
            Misconception(
                "nats",
                lambda p, q: float(losses.kl_divergence(p, q)),
                "That is the divergence in nats; bits need the logarithm to base 2.",
            ),
            Misconception(
                "turned",
                lambda p, q: float(
                    np.sum(q[p > 0] * np.log2(q[p > 0] / p[p > 0]))
                ),
                "You took the other direction: the messages come from P, so P is the weight.",
            ),
            Misconception(
                "turned, all terms",
                lambda p, q: float(np.sum(q * (np.log2(q) - _log2(p)))),
                "You took the other direction: where P is 0 and Q is not, that one is infinite.",
            ),
            Misconception(
                "cross-entropy",
                lambda p, q: float(-np.sum(p * np.log2(q))),
                "That is the cross-entropy. Take the entropy of P away.",
            ),
            Misconception(
                "sign",
                lambda p, q: -_divergence(p, q),
                "The sign is turned round: a divergence is never negative.",
            ),
            Misconception(
                "mean",
                lambda p, q: _divergence(p, q) / len(p),
                "You divide by the number of outcomes; P is the weight, nothing else.",
            ),
        ],
        look_at="'How surprising is it?'",
    ),
    Check(
        "mathematics.log_sum_exp",
        "row_log_sum_exp(a)",
        _log_sum_exp,
        [(LOGITS,), (np.array([[1000.0, 999.0, 0.0], [-5.0, 1.0, 2.0]]),), (LOGITS - 2000,)],
        [
            Misconception(
                "overflow",
                _without_largest,
                "Right on paper, but the exponential of 1000 is infinite and that of -2000 is 0: "
                "take the largest entry of each row out first.",
            ),
            Misconception(
                "one for all",
                _one_largest,
                "You took out the largest entry of the whole matrix: in a row far below it all "
                "exponentials are 0. Each row needs its own.",
            ),
            Misconception(
                "largest",
                lambda a: a.max(axis=1),
                "That is the largest entry alone; the others add something to it.",
            ),
            Misconception(
                "not put back",
                lambda a: _log_sum_exp(a) - a.max(axis=1),
                "You took the largest entry out and did not add it back at the end.",
            ),
            Misconception(
                "columns",
                lambda a: _log_sum_exp(a.T),
                "You went along the columns; one number per row is asked for.",
            ),
        ],
        look_at="'The shapes of chance'",
    ),
]
