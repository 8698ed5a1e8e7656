"""The checks of the chapter on the training loop."""

from __future__ import annotations

import math

import numpy as np

from course_lib.checks.core import Check, Misconception

CURVE = [1.9, 1.2, 1.25, 0.9, 0.95, 0.91, 0.93, 0.5, 0.6]  # improves again after a patience of 3
INPUTS = np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 0.0], [-2.0, 1.5], [0.0, 1.0]])
TARGETS = np.array([1.0, -0.5, 2.0, 0.0, 3.0])
ORDER = np.array([3, 0, 4, 2, 1])


def _updates(examples, batch, accumulate, epochs):
    return epochs * math.ceil(math.ceil(examples / batch) / accumulate)


def _epoch_loss(losses, sizes):
    return float(np.sum(losses * sizes) / np.sum(sizes))


def _clip(gradient, limit):
    norm = np.linalg.norm(gradient)
    return gradient * min(1.0, limit / norm) if norm else gradient * 1.0


def _stop(curve, patience, *, after_best=True, total=False):
    best, best_epoch, waited = math.inf, 0, 0
    for epoch, value in enumerate(curve, start=1):
        if value < best:
            best, best_epoch = value, epoch
            waited = waited if total else 0
        else:
            waited += 1
            if waited == patience:
                return best_epoch, epoch
    return best_epoch, len(curve)


def _rises(curve, patience):
    """Compares with the epoch before, not with the best."""
    waited = 0
    for epoch in range(2, len(curve) + 1):
        waited = waited + 1 if curve[epoch - 1] >= curve[epoch - 2] else 0
        if waited == patience:
            return int(np.argmin(curve[:epoch])) + 1, epoch
    return int(np.argmin(curve)) + 1, len(curve)


def _epoch(weights, inputs, targets, order, batch, rate):
    w = np.array(weights, dtype=float)
    for first in range(0, len(order), batch):
        rows = order[first : first + batch]
        w = w - rate * inputs[rows].T @ (inputs[rows] @ w - targets[rows]) / len(rows)
    return w


def _summed(weights, inputs, targets, order, batch, rate):
    w = np.array(weights, dtype=float)
    for first in range(0, len(order), batch):
        rows = order[first : first + batch]
        w = w - rate * inputs[rows].T @ (inputs[rows] @ w - targets[rows])
    return w


def _by_batch_size(weights, inputs, targets, order, batch, rate):
    w = np.array(weights, dtype=float)
    for first in range(0, len(order), batch):
        rows = order[first : first + batch]
        w = w - rate * inputs[rows].T @ (inputs[rows] @ w - targets[rows]) / batch
    return w


def _stale(weights, inputs, targets, order, batch, rate):
    w, start = np.array(weights, dtype=float), np.array(weights, dtype=float)
    for first in range(0, len(order), batch):
        rows = order[first : first + batch]
        w = w - rate * inputs[rows].T @ (inputs[rows] @ start - targets[rows]) / len(rows)
    return w


CHECKS = [
    Check(
        "training_loop.updates",
        "updates(examples, batch, accumulate, epochs)",
        _updates,
        [(1000, 32, 1, 10), (1000, 32, 3, 10), (60_000, 128, 4, 5), (7, 10, 2, 3)],
        [
            Misconception(
                "floor",
                lambda n, b, a, e: e * (n // b // a),
                "The last, smaller batch (and the last group) makes an update too: round up.",
            ),
            Misconception(
                "batches",
                lambda n, b, a, e: e * math.ceil(n / b),
                "That counts batches; `accumulate` of them make one update.",
            ),
            Misconception(
                "one long epoch",
                lambda n, b, a, e: math.ceil(e * n / (a * b)),
                "Every epoch ends with its own smaller batch: round up per epoch, then multiply.",
            ),
            Misconception(
                "groups across epochs",
                lambda n, b, a, e: math.ceil(e * math.ceil(n / b) / a),
                "What is left of a group at the end of an epoch makes an update of its own.",
            ),
            Misconception(
                "one epoch",
                lambda n, b, a, e: math.ceil(math.ceil(n / b) / a),
                "That is one epoch.",
            ),
        ],
        look_at="'Small batches, well shuffled'",
    ),
    Check(
        "training_loop.epoch_loss",
        "epoch_loss(losses, sizes)",
        _epoch_loss,
        [
            (np.array([5.0, 4.625, 8.0]), np.array([2, 2, 1])),
            (np.array([0.2, 0.9]), np.array([64, 3])),
        ],
        [
            Misconception(
                "mean of means",
                lambda losses, sizes: float(np.mean(losses)),
                "Every batch counts the same in yours; every example should.",
            ),
            Misconception(
                "sum",
                lambda losses, sizes: float(np.sum(losses * sizes)),
                "That is the sum over the examples; divide by their number.",
            ),
            Misconception(
                "last",
                lambda losses, sizes: float(losses[-1]),
                "That is the last batch only.",
            ),
            Misconception(
                "batches",
                lambda losses, sizes: float(np.sum(losses * sizes) / len(losses)),
                "Divide by the number of examples, not of batches.",
            ),
        ],
        look_at="the five numbers in 'Small batches, well shuffled'",
    ),
    Check(
        "training_loop.clip",
        "clip(gradient, limit)",
        _clip,
        [
            (np.array([3.0, -4.0, 0.0]), 1.0),
            (np.array([0.3, -0.4, 0.1]), 1.0),
            (np.array([6.0, 2.0, -3.0]), 3.5),
        ],
        [
            Misconception(
                "each entry",
                lambda g, limit: np.clip(g, -limit, limit),
                "You clip every entry by itself, which turns the gradient. Shorten it as a whole.",
            ),
            Misconception(
                "always",
                lambda g, limit: g * limit / np.linalg.norm(g),
                "A gradient that is short enough stays as it is.",
            ),
            Misconception(
                "divided",
                lambda g, limit: g / limit if np.linalg.norm(g) > limit else g,
                "The factor is limit / length.",
            ),
            Misconception(
                "sum of sizes",
                lambda g, limit: g * min(1.0, limit / np.abs(g).sum()),
                "The length is the root of the sum of squares.",
            ),
        ],
        look_at="'Too long a step, too little memory'",
    ),
    Check(
        "training_loop.stop",
        "stop(curve, patience)",
        _stop,
        [(CURVE, 3), (CURVE, 5), (CURVE, 1), ([0.7, 0.6, 0.6, 0.6], 2), ([3.0, 2.0, 1.0], 2)],
        [
            Misconception(
                "against the epoch before",
                _rises,
                "Compare with the best loss so far, not with the epoch before.",
            ),
            Misconception(
                "never reset",
                lambda curve, patience: _stop(curve, patience, total=True),
                "A new best starts the counting anew.",
            ),
            Misconception(
                "one too many",
                lambda curve, patience: _stop(curve, patience + 1),
                "With patience p the p-th epoch without a new best is the last.",
            ),
            Misconception(
                "whole curve",
                lambda curve, patience: (int(np.argmin(curve)) + 1, _stop(curve, patience)[1]),
                "The run has ended: it never sees the better epoch that would come later.",
            ),
            Misconception(
                "from zero",
                lambda curve, patience: tuple(v - 1 for v in _stop(curve, patience)),
                "Epochs are counted from 1.",
            ),
        ],
        look_at="'Two modes, three sets'",
    ),
    Check(
        "training_loop.epoch",
        "epoch(weights, inputs, targets, order, batch, rate)",
        _epoch,
        [
            (np.array([0.2, -0.1]), INPUTS, TARGETS, ORDER, 2, 0.1),
            (np.array([0.0, 1.0]), INPUTS, TARGETS, ORDER[::-1].copy(), 3, 0.05),
        ],
        [
            Misconception(
                "sum",
                _summed,
                "You add the gradients of a batch; the loss is the mean, so divide by its size.",
            ),
            Misconception(
                "wrong size",
                _by_batch_size,
                "The last batch is smaller: divide by the number of its own examples.",
            ),
            Misconception(
                "not shuffled",
                lambda w, x, t, order, batch, rate: _epoch(
                    w, x, t, np.arange(len(x)), batch, rate
                ),
                "You take the examples as they lie; `order` says who comes next.",
            ),
            Misconception(
                "full batch",
                lambda w, x, t, order, batch, rate: _epoch(w, x, t, order, len(x), rate),
                "That is one update for the whole epoch; there is one per batch.",
            ),
            Misconception(
                "stale",
                _stale,
                "Every batch must see the weights that the batch before has left.",
            ),
            Misconception(
                "uphill",
                lambda w, x, t, order, batch, rate: _epoch(w, x, t, order, batch, -rate),
                "You walk uphill: the gradient is subtracted.",
            ),
        ],
        look_at="'Ten lines that learn'",
    ),
]
