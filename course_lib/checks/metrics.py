"""The checks of the chapter on measuring performance."""

from __future__ import annotations

import numpy as np

from course_lib.checks.core import Check, Misconception
from course_lib.evaluation import classification as measure
from course_lib.evaluation import detection

TRUE = np.array([1, 1, 0, 1, 0, 0])
SCORES = np.array([0.9, 0.8, 0.7, 0.4, 0.3, 0.2])
# Unequal class sizes and a tie between the classes: the slips show there.
MORE_TRUE = np.array([0, 1, 1, 0, 1, 0, 0, 1, 0])
MORE_SCORES = np.array([0.35, 0.8, 0.5, 0.5, 0.2, 0.6, 0.1, 0.9, 0.5])


def _counts(true, scores, threshold):
    k = measure.count_at(true, scores, threshold)
    return np.array([k.tp, k.fn, k.fp, k.tn])


def _ppv(prevalence, sensitivity, specificity):
    return measure.predictive_values(prevalence, sensitivity, 1 - specificity)[0]


def _auc(true, scores):
    return measure.mann_whitney(true, scores)


def _pairs(true, scores, tie):
    p, n = scores[true == 1][:, None], scores[true == 0][None, :]
    return (p > n) + tie * (p == n)


def _ap(hits, objects):
    return measure.ranked_precision(hits, objects, how="interpolated")


def _raw(hits):
    hits = np.asarray(hits)
    return (np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits == 1]


def _best(hits):
    return np.maximum.accumulate(_raw(hits)[::-1])[::-1]


def _iou(a, b):
    return detection.iou(a, b)


def _areas(a, b):
    return (a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1])


def _unclipped(a, b):
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return w * h / (sum(_areas(a, b)) - w * h)


HITS = np.array([1, 1, 0, 0, 0, 1, 1, 0, 0, 1])
BOXES = [
    ((0.0, 0.0, 10.0, 10.0), (5.0, 5.0, 15.0, 15.0)),
    ((0.0, 0.0, 10.0, 10.0), (2.0, 0.0, 12.0, 6.0)),
    ((0.0, 0.0, 1.0, 2.0), (3.0, 4.0, 5.0, 7.0)),
    ((0.0, 0.0, 8.0, 5.0), (2.0, 1.0, 4.0, 3.0)),
]

CHECKS = [
    Check(
        "metrics.counts",
        "counts(true, scores, threshold)",
        _counts,
        [(TRUE, SCORES, 0.5), (MORE_TRUE, MORE_SCORES, 0.5), (MORE_TRUE, MORE_SCORES, 0.3)],
        [
            Misconception(
                "at the threshold",
                lambda t, s, c: np.array(
                    [
                        np.sum((t == 1) & (s >= c)),
                        np.sum((t == 1) & (s < c)),
                        np.sum((t == 0) & (s >= c)),
                        np.sum((t == 0) & (s < c)),
                    ]
                ),
                "You call a score equal to the threshold positive; here it must be above it.",
            ),
            Misconception(
                "transposed",
                lambda t, s, c: _counts(t, s, c)[[0, 2, 1, 3]],
                "FN and FP are swapped: FN are positives that were called negative. The order "
                "is TP, FN, FP, TN: row = true class.",
            ),
            Misconception(
                "classes swapped",
                lambda t, s, c: _counts(t, s, c)[::-1],
                "You counted the negative class as positive.",
            ),
            Misconception(
                "rates",
                lambda t, s, c: _counts(t, s, c) / len(t),
                "Counts, please: you divided by the number of patterns.",
            ),
        ],
        look_at="'Four counts and a table of names'",
    ),
    Check(
        "metrics.ppv",
        "ppv(prevalence, sensitivity, specificity)",
        _ppv,
        [(0.01, 0.9, 0.95), (0.3, 0.8, 0.6), (0.001, 0.99, 0.99)],
        [
            Misconception(
                "no prevalence",
                lambda p, se, sp: se / (se + 1 - sp),
                "The prevalence is missing: this is the answer when half of the people are ill.",
            ),
            Misconception(
                "specificity for false alarms",
                lambda p, se, sp: p * se / (p * se + (1 - p) * sp),
                "False alarms come with probability 1 - specificity among the healthy.",
            ),
            Misconception(
                "sensitivity",
                lambda p, se, sp: se,
                "That is the probability of a positive result given illness: the other way round.",
            ),
            Misconception(
                "false alarms of everybody",
                lambda p, se, sp: p * se / (p * se + 1 - sp),
                "Only the healthy give false alarms: weight them with 1 - prevalence.",
            ),
            Misconception(
                "numerator only",
                lambda p, se, sp: p * se,
                "That is the share of true positives among all people; divide by the share of "
                "all positive results.",
            ),
        ],
        look_at="'What does a positive result mean?'",
    ),
    Check(
        "metrics.auc",
        "auc(true, scores)",
        _auc,
        [(TRUE, SCORES), (MORE_TRUE, MORE_SCORES), (1 - MORE_TRUE, MORE_SCORES)],
        [
            Misconception(
                "ties lost",
                lambda t, s: float(np.mean(_pairs(t, s, 0.0))),
                "A pair with equal scores counts one half, not nothing.",
            ),
            Misconception(
                "ties won",
                lambda t, s: float(np.mean(_pairs(t, s, 1.0))),
                "A pair with equal scores counts one half, not one.",
            ),
            Misconception(
                "counted",
                lambda t, s: float(np.sum(_pairs(t, s, 0.5))),
                "You counted pairs; divide by their number.",
            ),
            Misconception(
                "wrong denominator",
                lambda t, s: float(np.sum(_pairs(t, s, 0.5))) / len(t) ** 2,
                "Only pairs of one positive and one negative are compared: divide by N_p N_n.",
            ),
            Misconception(
                "turned",
                lambda t, s: 1 - float(np.mean(_pairs(t, s, 0.5))),
                "That is the area above the curve: the positive should score higher.",
            ),
        ],
        look_at="'All thresholds at once'",
    ),
    Check(
        "metrics.ap",
        "interpolated_ap(hits, objects)",
        _ap,
        [(HITS, 5), (np.array([0, 1, 1, 0, 1]), 4), (np.array([0, 0, 1, 0]), 2)],
        [
            Misconception(
                "not interpolated",
                lambda h, n: float(_raw(h).sum() / n),
                "Interpolate: at each hit take the best precision from there on.",
            ),
            Misconception(
                "of found",
                lambda h, n: float(np.mean(_best(h))),
                "Divide by all objects, also by those that are never found.",
            ),
            Misconception(
                "best of the past",
                lambda h, n: float(np.maximum.accumulate(_raw(h)).sum() / n),
                "You took the best precision so far; take the best of what is still to come.",
            ),
            Misconception(
                "11-point",
                lambda h, n: measure.ranked_precision(h, n, how="11-point"),
                "That is the 11-point rule; here every object weighs the same.",
            ),
            Misconception(
                "mean over ranks",
                lambda h, n: float(np.mean(np.cumsum(h) / np.arange(1, len(h) + 1))),
                "Precision counts only at the ranks of hits.",
            ),
        ],
        look_at="'Boxes: found or not found?'",
    ),
    Check(
        "metrics.iou",
        "iou(a, b)",
        _iou,
        BOXES,
        [
            Misconception(
                "apart",
                _unclipped,
                "Two boxes that lie apart: width and height are both negative, and their product "
                "is positive. Clip each at 0.",
            ),
            Misconception(
                "union counted twice",
                lambda a, b: detection.overlap_area(a, b) / sum(_areas(a, b)),
                "The intersection is counted twice in your union.",
            ),
            Misconception(
                "of the first",
                lambda a, b: detection.overlap_area(a, b) / _areas(a, b)[0],
                "You divide by the area of the first box; a huge detection would then be perfect.",
            ),
            Misconception(
                "of the smaller",
                lambda a, b: detection.overlap_area(a, b) / min(_areas(a, b)),
                "You divide by the smaller box; divide by the union.",
            ),
        ],
        look_at="'Boxes: found or not found?'",
    ),
]
