"""The checks of the chapter on comparing classifiers."""

from __future__ import annotations

import numpy as np

from course_lib.checks.core import Check, Misconception
from course_lib.datasets import load
from course_lib.evaluation import comparison

FIRST = np.array([0.75, 0.5, 0.625, 0.875, 0.25, 0.5, 0.75])
SECOND = np.array([0.875, 0.5, 0.5, 0.9375, 0.75, 0.5, 0.5])
RANKS = np.array([[1, 2, 3], [2.5, 1, 2.5], [1, 3, 2], [1, 2, 3], [2, 1, 3.0]])
PRINTED = load("demsar")


def _chi_squared(b, c):
    return (abs(b - c) - 1) ** 2 / (b + c)


def _ranks(scores):
    return comparison.average_ranks(-np.asarray(scores))


def _minimum(scores):
    return np.array([1.0 + np.sum(scores > score) for score in scores])


def _in_order(scores):
    order = np.argsort(-scores, kind="stable")
    ranks = np.empty(len(scores))
    ranks[order] = np.arange(1, len(scores) + 1)
    return ranks


def _sums(first, second, zeros=0.5):
    d = np.round(second - first, 12)
    rank = comparison.average_ranks(np.abs(d))
    half = rank[d == 0].sum()
    return float(rank[d > 0].sum() + zeros * half), float(rank[d < 0].sum() + zeros * half)


def _dropped(first, second):
    keep = first != second
    return _sums(first[keep], second[keep])


def _signed_order(first, second):
    d = np.round(second - first, 12)
    rank = comparison.average_ranks(d)
    return float(rank[d > 0].sum()), float(rank[d < 0].sum())


def _friedman(ranks):
    return comparison.friedman(ranks, larger_is_better=False).statistic


def _friedman_with(ranks, means, n, k):
    return 12 * n / (k * (k + 1)) * (np.sum(means**2) - k * (k + 1) ** 2 / 4)


def _holm(p_values, alpha):
    return [bool(p <= alpha) for p in comparison.adjusted_p_values(p_values, "holm")]


def _no_stop(p_values, alpha):
    place = np.argsort(np.argsort(p_values, kind="stable"))
    return [
        bool(p <= alpha / (len(p_values) - i)) for p, i in zip(p_values, place, strict=True)
    ]


CHECKS = [
    Check(
        "comparison.chi_squared",
        "chi_squared(b, c)",
        _chi_squared,
        [(25, 15), (15, 25), (30, 4), (12, 20)],
        [
            Misconception(
                "uncorrected",
                lambda b, c: (b - c) ** 2 / (b + c),
                "The continuity correction is missing: take 1 off |b - c| before squaring.",
            ),
            Misconception(
                "no absolute value",
                lambda b, c: (b - c - 1) ** 2 / (b + c),
                "Swapping the two models must not change the statistic: take |b - c| first.",
            ),
            Misconception(
                "not squared",
                lambda b, c: (abs(b - c) - 1) / (b + c),
                "The numerator is squared.",
            ),
            Misconception(
                "rooted",
                lambda b, c: (abs(b - c) - 1) / (b + c) ** 0.5,
                "That is z, the root of chi-squared.",
            ),
        ],
        look_at="'Two models, one test set'",
    ),
    Check(
        "comparison.rank_row",
        "rank_row(scores)",
        _ranks,
        [
            (np.array([0.936, 0.931, 0.916, 0.931]),),
            (np.array([0.5, 0.9, 0.7, 0.9, 0.9]),),
            (np.array([0.2, 0.8, 0.4]),),
        ],
        [
            Misconception(
                "worst first",
                lambda scores: comparison.average_ranks(scores),
                "Rank 1 belongs to the largest score; yours goes to the smallest.",
            ),
            Misconception(
                "minimum",
                _minimum,
                "Equal scores share the average of their places, not the best of them.",
            ),
            Misconception(
                "in order",
                _in_order,
                "Equal scores must get equal ranks; you broke the tie by position.",
            ),
            Misconception(
                "from zero",
                lambda scores: _ranks(scores) - 1,
                "Ranks count from 1.",
            ),
        ],
        look_at="'Many classifiers: one question first'",
    ),
    Check(
        "comparison.signed_ranks",
        "signed_ranks(first, second)",
        _sums,
        [(FIRST, SECOND), (PRINTED.values[:, 0], PRINTED.values[:, 1])],
        [
            Misconception(
                "zeros dropped",
                _dropped,
                "You left the equal scores out. The lecture ranks them and splits their ranks.",
            ),
            Misconception(
                "zeros forgotten",
                lambda first, second: _sums(first, second, zeros=0.0),
                "The ranks of equal scores belong half to each sum: R+ + R- must be N(N+1)/2.",
            ),
            Misconception(
                "swapped",
                lambda first, second: _sums(first, second)[::-1],
                "R+ belongs to the second classifier: d is second minus first.",
            ),
            Misconception(
                "signed order",
                _signed_order,
                "Rank the absolute differences; the sign only decides which sum a rank goes to.",
            ),
        ],
        look_at="'Two classifiers, many data sets'",
    ),
    Check(
        "comparison.friedman_statistic",
        "friedman_statistic(ranks)",
        _friedman,
        [(RANKS,), (PRINTED.ranks,)],
        [
            Misconception(
                "sums for means",
                lambda ranks: _friedman_with(ranks, ranks.sum(axis=0), *ranks.shape),
                "The formula takes mean ranks R_j; yours are sums.",
            ),
            Misconception(
                "N and k swapped",
                lambda ranks: _friedman_with(ranks, ranks.mean(axis=0), *ranks.shape[::-1]),
                "N counts the data sets (rows), k the classifiers (columns).",
            ),
            Misconception(
                "square forgotten",
                lambda ranks: (
                    12 * len(ranks) / (ranks.shape[1] * (ranks.shape[1] + 1))
                    * (np.sum(ranks.mean(axis=0) ** 2) - ranks.shape[1] * (ranks.shape[1] + 1) / 4)
                ),
                "What is taken off is k (k + 1) squared over 4.",
            ),
            Misconception(
                "mean over the wrong axis",
                lambda ranks: _friedman_with(ranks, ranks.mean(axis=1), *ranks.shape),
                "Average down the columns: one mean per classifier.",
            ),
        ],
        look_at="'Many classifiers: one question first'",
    ),
    Check(
        "comparison.holm",
        "holm(p_values, alpha)",
        _holm,
        [
            ([0.019, 0.607, 0.016], 0.05),
            ([0.03, 0.001, 0.2, 0.04], 0.05),
            ([0.02, 0.04, 0.045], 0.05),
            ([0.2, 0.011, 0.014, 0.026, 0.09], 0.1),
        ],
        [
            Misconception(
                "Bonferroni",
                lambda p_values, alpha: [p <= alpha / len(p_values) for p in p_values],
                "Every p is held against alpha / m: that is Bonferroni. Holm relaxes the threshold "
                "after each rejection.",
            ),
            Misconception(
                "uncorrected",
                lambda p_values, alpha: [p <= alpha for p in p_values],
                "Every p is held against alpha, as if only one test were made.",
            ),
            Misconception(
                "no stop",
                _no_stop,
                "After the first hypothesis that is retained all the others are retained too.",
            ),
            Misconception(
                "Hochberg",
                lambda p_values, alpha: [
                    bool(p <= alpha) for p in comparison.adjusted_p_values(p_values, "hochberg")
                ],
                "That is Hochberg: it starts from the largest p. Holm starts from the smallest.",
            ),
            Misconception(
                "sorted",
                lambda p_values, alpha: sorted(_holm(p_values, alpha), reverse=True),
                "Give the answers in the order of the p-values you were given.",
            ),
        ],
        look_at="'Which of them differ?'",
    ),
]
