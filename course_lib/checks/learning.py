"""The checks of the chapter on learning from data."""

from __future__ import annotations

import numpy as np

from course_lib.checks.core import Check, Misconception
from course_lib.models import descriptors, neighbours

POINTS = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0], [3.0, 3.0], [4.0, 3.0], [0.5, 4.0]])
LABELS = np.array([0, 0, 1, 1, 1, 2])
TRAIN = np.array([[1.0, 200.0], [2.0, 260.0], [4.0, 230.0], [5.0, 150.0]])
TEST = np.array([[3.0, 500.0], [9.0, 210.0], [-1.0, 100.0]])
ERRORS = [0.90, 0.70, 0.60, 0.55, 0.57, 0.56, 0.58, 0.61]
BUMPY = [0.9, 0.7, 0.6, 0.62, 0.58, 0.59, 0.61, 0.63]


def _knn(query, points, labels, k):
    return int(neighbours.predict(np.asarray(query)[None], points, labels, k)[0])


def _by(distance, pick):
    def slip(query, points, labels, k):
        d = distance(np.asarray(query), points)
        return int(np.bincount(np.asarray(labels)[pick(np.argsort(d, kind="stable"), k)]).argmax())

    return slip


def _euclid(query, points):
    return np.sqrt(((points - query) ** 2).sum(axis=1))


def _standardise(train, test):
    mean, std = train.mean(axis=0), train.std(axis=0)
    return (train - mean) / std, (test - mean) / std


def _own_moments(train, test):
    return _standardise(train, train)[0], _standardise(test, test)[0]


def _joint(train, test):
    both = np.concatenate([train, test])
    return tuple((part - both.mean(axis=0)) / both.std(axis=0) for part in (train, test))


def _variance(train, test):
    return tuple((part - train.mean(axis=0)) / train.var(axis=0) for part in (train, test))


def _sample(train, test):
    mean, std = train.mean(axis=0), train.std(axis=0, ddof=1)
    return tuple((part - mean) / std for part in (train, test))


def _one_scale(train, test):
    return tuple((part - train.mean()) / train.std() for part in (train, test))


def _min_max(train, test):
    low, high = train.min(axis=0), train.max(axis=0)
    return tuple((part - low) / (high - low) for part in (train, test))


def _stop(errors, patience):
    best = 1
    for epoch, error in enumerate(errors, 1):
        if error < errors[best - 1]:
            best = epoch
        if epoch - best == patience:
            return best, epoch
    return best, len(errors)


def _rises(errors, patience):
    """Stops after `patience` rises in a row: forgets to compare with the best so far."""
    best, row = 1, 0
    for epoch in range(2, len(errors) + 1):
        row = row + 1 if errors[epoch - 1] > errors[epoch - 2] else 0
        best = epoch if errors[epoch - 1] < errors[best - 1] else best
        if row == patience:
            return best, epoch
    return best, len(errors)


def _bias_variance(predictions, truth):
    return (np.mean(predictions) - truth) ** 2, np.var(predictions)


CHECKS = [
    Check(
        "learning.knn",
        "knn(query, points, labels, k)",
        _knn,
        [
            (np.array([1.0, 1.0]), POINTS, LABELS, 1),
            (np.array([1.0, 1.0]), POINTS, LABELS, 5),
            (np.array([0.4, 3.4]), POINTS, LABELS, 1),
            (np.array([3.0, 0.0]), POINTS, LABELS, 1),
            (np.array([0.4, 3.4]), POINTS, LABELS, 3),
        ],
        [
            Misconception(
                "one neighbour",
                _by(_euclid, lambda order, k: order[:1]),
                "You ask only the nearest one. The k nearest vote.",
            ),
            Misconception(
                "farthest",
                _by(_euclid, lambda order, k: order[-k:]),
                "Those are the k farthest points: sort the other way round.",
            ),
            Misconception(
                "first points",
                _by(_euclid, lambda order, k: np.arange(k)),
                "You took the first k points of the list. Sort by the distance first.",
            ),
            Misconception(
                "everybody",
                _by(_euclid, lambda order, k: order),
                "All points vote; only the k nearest may.",
            ),
        ],
        look_at="'When only distances are known'",
    ),
    Check(
        "learning.two_gram",
        "two_gram(sequence, alphabet)",
        descriptors.two_gram,
        [("LNQAVSVAQARENFSRVEQA", descriptors.AMINO_ACIDS), ("GATTACA", "ACGT"), ("AAAB", "AB")],
        [
            Misconception(
                "by pairs",
                lambda s, a: descriptors.two_gram(s, a) * len(s) / (len(s) - 1),
                "You divide by the N - 1 pairs. The lecture's 2G divides by the length N.",
            ),
            Misconception(
                "counts",
                lambda s, a: descriptors.two_gram(s, a) * len(s),
                "Those are counts; divide by the length N.",
            ),
            Misconception(
                "transposed",
                lambda s, a: descriptors.two_gram(s, a).T,
                "Row and column are exchanged: entry (i, j) is letter i followed by letter j.",
            ),
            Misconception(
                "no order",
                lambda s, a: descriptors.two_gram(s, a) + descriptors.two_gram(s, a).T,
                "Order matters: QA is not AQ.",
            ),
        ],
        look_at="'One row for every thing'",
    ),
    Check(
        "learning.standardise",
        "standardise(train, test)",
        _standardise,
        [(TRAIN, TEST), (TRAIN[:3] + 5, TEST[:2])],
        [
            Misconception(
                "own moments",
                _own_moments,
                "The test set was scaled by its own mean and deviation. It must be treated as a "
                "single new example would be: by those of the training set.",
            ),
            Misconception(
                "joint",
                _joint,
                "The test examples took part in computing mean and deviation: they leaked.",
            ),
            Misconception(
                "variance", _variance, "Divide by the standard deviation, not by the variance."
            ),
            Misconception(
                "sample deviation",
                _sample,
                "You divide by the sample deviation (N - 1); here by that of the population: "
                "`std(axis=0)`.",
            ),
            Misconception(
                "one scale",
                _one_scale,
                "One mean for the whole table; every column has its own: axis=0.",
            ),
            Misconception(
                "min-max", _min_max, "That is min-max scaling; here mean 0 and deviation 1."
            ),
        ],
        look_at="'When only distances are known', the wines",
    ),
    Check(
        "learning.early_stop",
        "early_stop(errors, patience)",
        _stop,
        [(ERRORS, 2), (ERRORS, 3), (BUMPY, 1), (BUMPY, 2), (ERRORS, 8)],
        [
            Misconception(
                "from zero",
                lambda errors, p: tuple(e - 1 for e in _stop(errors, p)),
                "You count epochs from 0; here the first one is epoch 1.",
            ),
            Misconception(
                "look ahead",
                lambda errors, p: (int(np.argmin(errors)) + 1, _stop(errors, p)[1]),
                "You took the best of all epochs, also of those after the stop: they never ran.",
            ),
            Misconception(
                "rises in a row",
                _rises,
                "You count rises in a row. What counts is the number of epochs since the best one.",
            ),
            Misconception(
                "one more",
                lambda errors, p: _stop(errors, p + 1),
                "You wait one epoch too long: stop when `patience` epochs brought nothing better.",
            ),
            Misconception(
                "returns the last",
                lambda errors, p: (_stop(errors, p)[1], _stop(errors, p)[1]),
                "You return the stop twice; the weights to keep are those of the best epoch.",
            ),
        ],
        look_at="'An honest estimate', early stopping",
    ),
    Check(
        "learning.bias_variance",
        "bias_variance(predictions, truth)",
        _bias_variance,
        [(np.array([2.0, 4.0, 6.0]), 5.0), (np.array([1.0, 1.5, 3.0, 2.5]), 0.5)],
        [
            Misconception(
                "bias not squared",
                lambda p, t: (np.mean(p) - t, np.var(p)),
                "The first number is the bias; the error holds its square.",
            ),
            Misconception(
                "error",
                lambda p, t: (np.mean((p - t) ** 2), np.var(p)),
                "The first number is the whole error. Average the predictions first, then square.",
            ),
            Misconception(
                "around the truth",
                lambda p, t: ((np.mean(p) - t) ** 2, np.mean((p - t) ** 2)),
                "The variance is taken around the mean prediction, not around the truth.",
            ),
            Misconception(
                "sample variance",
                lambda p, t: ((np.mean(p) - t) ** 2, np.var(p, ddof=1)),
                "Divide by the number of predictions: only then do the two add up to the error.",
            ),
            Misconception(
                "deviation",
                lambda p, t: ((np.mean(p) - t) ** 2, np.std(p)),
                "The second number is the standard deviation; the error holds its square.",
            ),
            Misconception(
                "exchanged",
                lambda p, t: (np.var(p), (np.mean(p) - t) ** 2),
                "Bias and variance are exchanged.",
            ),
        ],
        look_at="'Too simple or too eager'",
    ),
]
