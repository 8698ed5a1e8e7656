"""References for the comparison exercises: scipy, statsmodels, enumeration and plain loops."""

from __future__ import annotations

import itertools
import math
from unittest import mock

import numpy as np
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.multitest import multipletests

from bank import reference


def rejections(p, alpha, method):
    """Statsmodels' decisions. It collects garbage in each call, half a second in a test run."""
    with mock.patch("gc.collect"):
        return multipletests(p, alpha, method)[0]


TABLES = {  # as the lecture prints them
    "nemenyi": {0.05: "1.960 2.343 2.569 2.728 2.850 2.949", 0.1: "1.645 2.052 2.291 2.459 2.589 2.693"},
    "dunn": {0.05: "1.960 2.241 2.394 2.498 2.576", 0.1: "1.645 1.960 2.128 2.241 2.326"},
}
NONE = "none of them"


def said(reject) -> str:
    return "rejected" if reject else "not rejected"


def chosen(names, flags):
    return [n for n, flag in zip(names, flags, strict=True) if flag] or [NONE]


@reference("comparison.counts")
def counts(exercise):
    cells = {(a, b): 0 for a in (True, False) for b in (True, False)}
    for t, first, second in exercise.givens["samples"].tolist():
        cells[first == t, second == t] += 1
    return {
        "both": cells[True, True],
        "b": cells[True, False],
        "c": cells[False, True],
        "n": sum(cells.values()) - cells[True, True] - cells[False, False],
    }


@reference("comparison.mcnemar")
def mcnemar(exercise):
    g = exercise.givens
    found = statsmodels_mcnemar(
        [[g["both"], g["b"]], [g["c"], g["neither"]]], exact=False, correction=True
    )
    return {
        "n": g["b"] + g["c"],
        "statistic": found.statistic,
        "decision": said(found.pvalue <= 0.05),
    }


@reference("comparison.mcnemar_exact")
def mcnemar_exact(exercise):
    b, c = exercise.givens["b"], exercise.givens["c"]
    coins = itertools.product((0, 1), repeat=b + c)
    p = stats.binomtest(b, b + c).pvalue
    return {
        "n": b + c,
        "ways": sum(sum(row) >= max(b, c) for row in coins),
        "p": p,
        "decision": said(p <= 0.05),
    }


@reference("comparison.ranks")
def ranks(exercise):
    scores = exercise.givens["scores"].tolist()
    found = [
        np.mean([i for i, s in enumerate(sorted(scores, reverse=True), 1) if s == mine])
        for mine in scores
    ]
    return {"ranks": found, "total": sum(range(1, len(scores) + 1))}


@reference("comparison.wilcoxon")
def wilcoxon(exercise):
    first, second = exercise.givens["scores"].T
    d = np.round(second - first, 6)
    rank = stats.rankdata(np.abs(d))
    plus = sum(r * (v > 0) + r * (v == 0) / 2 for r, v in zip(rank, d, strict=True))
    minus = sum(r * (v < 0) + r * (v == 0) / 2 for r, v in zip(rank, d, strict=True))
    T = stats.wilcoxon(d, zero_method="zsplit", method="approx").statistic
    p = stats.wilcoxon(d, zero_method="zsplit", method=stats.PermutationMethod(n_resamples=np.inf)
                       ).pvalue if len(d) <= 10 else stats.wilcoxon(d, zero_method="zsplit").pvalue
    return {"ranks": rank, "r_plus": plus, "r_minus": minus, "T": T, "decision": said(p <= 0.05)}


@reference("comparison.wilcoxon_z")
def wilcoxon_z(exercise):
    N, minus = exercise.givens["N"], exercise.givens["minus"]
    squares = [i * i for i in range(1, N + 1)]  # a fair coin per rank: variance = sum i^2 / 4
    T = min(minus, sum(range(1, N + 1)) - minus)
    z = (T - sum(range(1, N + 1)) / 2) / math.sqrt(sum(squares) / 4)
    return {"T": T, "z": z, "decision": said(2 * stats.norm.sf(abs(z)) <= 0.05)}


@reference("comparison.mean_ranks")
def mean_ranks(exercise):
    scores = exercise.givens["scores"]
    table = stats.rankdata(-scores, axis=1)
    untied = 1 - sum(
        t**3 - t for row in scores for t in np.unique(row, return_counts=True)[1]
    ) / (5 * (4**3 - 4))
    statistic = stats.friedmanchisquare(*scores.T).statistic * untied  # scipy corrects for ties
    means = table.mean(axis=0)
    return {
        "sums": table.sum(axis=0),
        "means": means,
        "statistic": statistic,
        "best": "ABCD"[int(np.argmin(means))],
    }


@reference("comparison.friedman")
def friedman(exercise):
    g = exercise.givens
    k, N = g["k"], g["N"]
    R = g["sums"] / N
    # Between-columns sum of squares over its expectation: no formula of the lecture.
    between = N * float(np.sum((R - (k + 1) / 2) ** 2))
    statistic = between / (k * (k + 1) / 12)
    share = statistic / (N * (k - 1))  # Kendall's W
    F = (N - 1) * share / (1 - share)
    freedom = [k - 1, (k - 1) * (N - 1)]
    return {
        "means": R,
        "statistic": statistic,
        "F": F,
        "freedom": freedom,
        "decision": said(stats.f.sf(F, *freedom) <= 0.05),
    }


@reference("comparison.nemenyi")
def nemenyi(exercise):
    g = exercise.givens
    k, alpha = len(g["ranks"]), g["alpha"]
    q = float(TABLES["nemenyi"][alpha].split()[k - 2])
    assert abs(q - stats.studentized_range.ppf(1 - alpha, k, np.inf) / math.sqrt(2)) < 0.0011
    CD = q * math.sqrt(k * (k + 1) / 6 / g["N"])
    together = list(itertools.combinations(zip(g["names"], g["ranks"].tolist(), strict=True), 2))
    return {
        "q": q,
        "CD": CD,
        "pairs": chosen(
            [f"{a} and {b}" for (a, _), (b, _) in together],
            [abs(r - s) >= CD for (_, r), (_, s) in together],
        ),
    }


@reference("comparison.bonferroni_dunn")
def bonferroni_dunn(exercise):
    g = exercise.givens
    k, alpha = len(g["ranks"]), g["alpha"]
    q = float(TABLES["dunn"][alpha].split()[k - 2])
    assert abs(q - stats.norm.isf(alpha / 2 / (k - 1))) < 0.0011
    CD = q * math.sqrt(k * (k + 1) / 6 / g["N"])
    control, *others = g["ranks"].tolist()
    return {"q": q, "CD": CD, "differ": chosen(g["names"][1:], [abs(r - control) >= CD for r in others])}


@reference("comparison.z")
def z(exercise):
    g = exercise.givens
    control, *others = g["ranks"].tolist()
    SE = math.sqrt(4 * 5 / 6 / g["N"])
    values = [(control - r) / SE for r in others]
    p = 2 * stats.norm.sf(np.abs(values))
    return {"SE": SE, "z": values,
            "differ": chosen(g["names"][1:], rejections(p, 0.05, "holm"))}


@reference("comparison.holm")
def holm(exercise):
    p = exercise.givens["p"]
    m = len(p)
    return {
        "thresholds": [0.05 / (m - i) for i in range(m)],
        "order": sorted(p.tolist()),
        "rejected": chosen([f"H{i + 1}" for i in range(m)], rejections(p, 0.05, "holm")),
    }


@reference("comparison.hochberg")
def hochberg(exercise):
    p = exercise.givens["p"]
    names = [f"H{i + 1}" for i in range(len(p))]
    return {
        "first": max(p.tolist()),
        "thresholds": [0.05 / i for i in range(1, len(p) + 1)],
        "rejected": chosen(names, rejections(p, 0.05, "simes-hochberg")),
        "holm": chosen(names, rejections(p, 0.05, "holm")),
    }


@reference("comparison.family")
def family(exercise):
    k, alpha = exercise.givens["k"], exercise.givens["alpha"]
    tests = len(list(itertools.combinations(range(k), 2)))
    return {
        "tests": tests,
        "error": stats.binom.sf(0, tests, alpha),
        "expected": stats.binom.mean(tests, alpha),
        "bonferroni": alpha / tests,
    }


@reference("comparison.folds")
def folds(exercise):
    g = exercise.givens
    outer = np.array_split(np.arange(g["size"]), g["k"])
    training = np.concatenate(outer[1:])
    inner = np.array_split(training, g["inner"])
    fits = 0
    for _ in outer:
        for _ in range(g["grid"]):
            fits += len(inner)
        fits += 1
    return {
        "test": len(outer[0]),
        "fit": len(training) - len(inner[0]),
        "fits": fits,
        "often": sum(0 in fold for fold in outer),
    }


WHICH = {
    "2 000 test images": "McNemar's test",
    "18 data sets": "Wilcoxon's signed-rank test",
    "Six classifiers": "Friedman's test",
    "among seven classifiers": "Holm",
    "no one of them is special": "Nemenyi",
    "only 14 samples": "exact binomial",
}
THEORY = {
    "p = 0.30": "do not show",
    "smaller than Nemenyi": "more power",
    "Davenport": "less timidly",
    "three data sets with equal": "leaves one out",
    "Ten folds": "training sets overlap",
    "Hochberg rejects": "No negative",
    "never be used to choose": "too good",
    "two groups overlap": "do not place",
}


def by_phrase(exercise, answers):
    (step,) = exercise.steps
    (phrase,) = [answer for ask, answer in answers.items() if ask in step.prompt]
    (option,) = [o for o in step.answer.options if phrase in o]
    return {"answer": option}


@reference("comparison.which_test")
def which_test(exercise):
    return by_phrase(exercise, WHICH)


@reference("comparison.theory")
def comparison_theory(exercise):
    return by_phrase(exercise, THEORY)
