"""Comparing classifiers: McNemar, Wilcoxon, Friedman, and what comes after Friedman."""

from __future__ import annotations

from math import comb, sqrt

import numpy as np

from course_lib.evaluation.published import BONFERRONI_DUNN_Q, NEMENYI_Q, WILCOXON_TABLE
from course_lib.evaluation.scores import average_ranks
from course_lib.exam.answers import choice, choices, integer, number, vector
from course_lib.exam.draw import Draw
from course_lib.exam.exercise import Exercise, Mistake, Step, exercise_type
from course_lib.exam.theory import Question, theory

REJECTED = ["rejected", "not rejected"]
NONE = "none of them"
NAMES = ("A", "B", "C", "D")
TREES = ("C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf")
# Lecture 000A, topics 37 and 38: scores of C4.5 and C4.5+m, rank sums of the four as printed.
TREE_PAIRS = [
    (0.763, 0.768), (0.599, 0.591), (0.954, 0.971), (0.628, 0.661), (0.882, 0.888),
    (0.936, 0.931), (0.661, 0.668), (0.583, 0.583), (0.775, 0.838), (1.0, 1.0),
    (0.940, 0.962), (0.619, 0.666), (0.972, 0.981), (0.957, 0.978),
]  # fmt: skip
TREE_SUMS = [44, 28, 40.5, 27.5]
TREE_RANKS = [3.143, 2.0, 2.893, 1.964]
F_CRITICAL = {  # alpha = .05, to two decimals, by (k - 1, (k - 1)(N - 1))
    (2, 18): 3.55, (2, 22): 3.44, (2, 28): 3.34, (3, 27): 2.96, (3, 33): 2.89, (3, 42): 2.83,
    (4, 36): 2.63, (4, 44): 2.58, (4, 56): 2.54, (3, 39): 2.85,
}  # fmt: skip


def verdict(reject: bool) -> str:
    return REJECTED[0] if reject else REJECTED[1]


def turned(answer: str) -> str:
    return REJECTED[1] if answer == REJECTED[0] else REJECTED[0]


def mcnemar(b: float, c: float, correction: float = 1) -> float:
    return (abs(b - c) - correction) ** 2 / (b + c) if b + c else 0.0


def tail(n: int, least: int) -> int:
    """How many of the 2^n rows of coins show at least so many heads."""
    return sum(comb(n, i) for i in range(max(0, least), n + 1))


def friedman(sums, N: float, k: int) -> float:
    return float(12 * np.sum(np.asarray(sums) ** 2) / (N * k * (k + 1)) - 3 * N * (k + 1))


def error(k: int, N: float) -> float:
    return sqrt(k * (k + 1) / (6 * N))


def ranked(scores) -> np.ndarray:
    """Ranks of a row of scores, 1 for the largest, equal scores share the mean."""
    return average_ranks(-np.round(np.asarray(scores, float), 9))


def table_of_ranks(scores) -> np.ndarray:
    return np.array([ranked(row) for row in scores])


def found(names, flags) -> list[str]:
    return [name for name, flag in zip(names, flags, strict=True) if flag] or [NONE]


def pair_names(names) -> list[str]:
    return [f"{a} and {b}" for i, a in enumerate(names) for b in names[i + 1 :]]


def pair_gaps(ranks) -> list[float]:
    return [abs(a - b) for i, a in enumerate(ranks) for b in ranks[i + 1 :]]


def holm(p_values, alpha: float) -> list[bool]:
    """Step down: True where rejected, in the order given."""
    p, m = list(p_values), len(p_values)
    flags, going = [False] * m, True
    for step, i in enumerate(sorted(range(m), key=lambda i: p[i])):
        going = going and p[i] <= alpha / (m - step)
        flags[i] = going
    return flags


def hochberg(p_values, alpha: float) -> list[bool]:
    """Step up: True where rejected, in the order given."""
    p, m = list(p_values), len(p_values)
    flags, decided = [False] * m, False
    for step, i in enumerate(sorted(range(m), key=lambda i: -p[i]), start=1):
        decided = decided or p[i] <= alpha / step
        flags[i] = decided
    return flags


def single_step(p_values, alpha: float) -> list[bool]:
    return [p <= alpha / len(p_values) for p in p_values]


def rank_row(draw: Draw, name: str, k: int, spread) -> list[float]:
    """Mean ranks on a grid of 0.05 (possible for N = 10, 20 ...) that add up to k (k + 1) / 2."""

    def candidate(d: Draw) -> list[float]:
        first = d.integers("twentieths", k - 1, 24, 20 * k - 4)
        return [n / 20 for n in [*first, 10 * k * (k + 1) - sum(first)]]

    return draw.search(
        name, candidate, lambda ranks: 1.2 <= ranks[-1] <= k - 0.2 and spread(ranks), tries=20_000
    )


@exercise_type(
    "comparison.counts",
    topic="comparison",
    title="From two lists of predictions to McNemar's table",
    minutes=4,
    sources=["000A:33"],
)
def counts(draw: Draw) -> Exercise:
    def candidate(d: Draw):
        target = d.integers("target", 12, 0, 1)
        flips = [d.integers(f"flip_{m}", 12, 0, 2) for m in (1, 2)]
        rows = zip(target, *flips, strict=True)
        return [(t, t if f else 1 - t, t if s else 1 - t) for t, f, s in rows]

    def cells(samples):
        return [
            sum((f == t) == one and (s == t) == two for t, f, s in samples)
            for one, two in ((True, True), (True, False), (False, True), (False, False))
        ]

    def telling(rows):
        false_positives = sum(t == 0 and f == 1 for t, f, _ in rows)
        both, b, c, neither = cells(rows)
        return min(both, b, c, neither) >= 1 and len({b, c, neither, false_positives}) == 4

    samples = draw.search("samples", candidate, telling)

    def count(samples, one, two):
        target, first, second = samples.T
        return int(np.sum(((first == target) == one) & ((second == target) == two)))

    return Exercise(
        "Two models classify the same twelve samples of a test set (target $t$, answers $y_1$ and "
        "$y_2$):\n{samples:table #, $t$, $y_1$, $y_2$}",
        givens={"samples": samples},
        steps=[
            Step(
                "both",
                "How many samples do both models get right?",
                lambda samples: count(samples, True, True),
                integer(),
                hint="Compare each answer with the target first, and tick what is right.",
                explain="Both are right on {both:} samples.",
                mistakes=[
                    Mistake(
                        "agree",
                        lambda samples: int(np.sum(samples[:, 1] == samples[:, 2])),
                        "You counted where the two agree; they may agree on a wrong answer.",
                    )
                ],
            ),
            Step(
                "b",
                "$b$: the first is right and the second wrong",
                lambda samples: count(samples, True, False),
                integer(),
                hint="Look for $y_1 = t$ and $y_2 \\ne t$.",
                explain="$y_1 = t$ and $y_2 \\ne t$ in {b:} rows.",
                mistakes=[
                    Mistake(
                        "swapped",
                        lambda samples: count(samples, False, True),
                        "You counted the samples that only the second gets right.",
                    ),
                    Mistake(
                        "false_positives",
                        lambda samples: int(np.sum((samples[:, 0] == 0) & (samples[:, 1] == 1))),
                        "$b$ and $c$ are no false positives: they say which model is right.",
                    ),
                ],
            ),
            Step(
                "c",
                "$c$: the first is wrong and the second right",
                lambda samples: count(samples, False, True),
                integer(),
                hint="Look for $y_1 \\ne t$ and $y_2 = t$.",
                explain="$y_1 \\ne t$ and $y_2 = t$ in {c:} rows.",
                mistakes=[
                    Mistake(
                        "swapped",
                        lambda samples: count(samples, True, False),
                        "You counted the samples that only the first gets right.",
                    ),
                ],
            ),
            Step(
                "n",
                "How many samples does McNemar's test use?",
                lambda b, c: b + c,
                integer(),
                hint="Only samples that tell the models apart.",
                explain="$b + c = {n:}$; where both are right or both wrong nothing is learned.",
                mistakes=[Mistake("all", 12, "Samples on which both agree say nothing.")],
            ),
        ],
    )


@exercise_type(
    "comparison.mcnemar",
    topic="comparison",
    title="McNemar's test with continuity correction",
    minutes=5,
    sources=["000A:33"],
    variants={"lecture": {"both": 9945, "b": 25, "c": 15, "neither": 15}},
)
def mcnemar_corrected(draw: Draw) -> Exercise:
    both = draw.integer("both", 300, 900)
    neither = draw.integer("neither", 10, 60)
    close = draw.choice("close", [True, False])

    def telling(pair):
        b, c = pair
        corrected, plain = mcnemar(b, c), mcnemar(b, c, 0)
        near = 2.6 < corrected < 3.75 and plain > 3.9
        return b + c >= 25 and (near if close else 4.0 < corrected < 9)

    b, c = draw.search(
        "pair", lambda d: (d.integer("b", 8, 45), d.integer("c", 8, 45)), telling
    ) if not {"b", "c"} <= set(draw.fixed) else (0, 0)
    b, c = draw.choice("b", [b]), draw.choice("c", [c])
    return Exercise(
        "Two models were tested on the same samples:\n\n| | model 2 right | model 2 wrong |\n"
        "|---|---:|---:|\n| model 1 right | {both:} | {b:} |\n| model 1 wrong | {c:} | {neither:} |\n\n"
        "Test at $\\alpha = 0.05$ whether they differ, with McNemar's chi-squared with continuity "
        "correction. The critical value of chi-squared with one degree of freedom is $3.841$.",
        givens={"both": both, "b": b, "c": c, "neither": neither},
        steps=[
            Step(
                "n",
                "How many samples tell the two models apart?",
                lambda b, c: b + c,
                integer(),
                hint="Those on which exactly one of the two is right.",
                explain="${b:} + {c:} = {n:}$",
                mistakes=[
                    Mistake(
                        "agreeing",
                        lambda both, neither: both + neither,
                        "These are the samples on which both do equally well; they do not count.",
                    ),
                    Mistake(
                        "all",
                        lambda both, b, c, neither: both + b + c + neither,
                        "That is the whole test set.",
                    ),
                ],
            ),
            Step(
                "statistic",
                "The statistic $\\chi^2$",
                lambda b, c, n: (abs(b - c) - 1) ** 2 / n,
                number(significant=3),
                marks=3,
                hint="$(\\vert b - c \\vert - 1)^2 / (b + c)$",
                explain="$(\\vert {b:} - {c:} \\vert - 1)^2 / {n:} = {statistic:}$",
                mistakes=[
                    Mistake(
                        "uncorrected",
                        lambda b, c, n: (b - c) ** 2 / n,
                        "The continuity correction is missing: take 1 off $\\vert b - c \\vert$.",
                        marks=2,
                    ),
                    Mistake(
                        "not_squared",
                        lambda b, c, n: (abs(b - c) - 1) / n,
                        "The numerator is squared.",
                    ),
                    Mistake(
                        "plus_one",
                        lambda b, c, n: (abs(b - c) + 1) ** 2 / n,
                        "The correction takes 1 off.",
                    ),
                ],
            ),
            Step(
                "decision",
                "The hypothesis that neither model is better is",
                lambda statistic: verdict(statistic >= 3.841),
                choice(REJECTED),
                hint="Large values speak against the hypothesis.",
                explain=lambda statistic, decision: (
                    f"${statistic:.3f}$ against $3.841$: {decision}."
                ),
                mistakes=[
                    Mistake(
                        "turned",
                        lambda statistic: verdict(statistic < 3.841),
                        "A statistic *above* the critical value rejects.",
                    )
                ],
            ),
        ],
    )


@exercise_type(
    "comparison.mcnemar_exact",
    topic="comparison",
    title="McNemar's exact test for few disagreements",
    minutes=6,
    sources=["000A:33"],
    variants={"lecture-8-2": {"pair": (8, 2)}, "lecture-capped": {"pair": (5, 5)}},
)
def mcnemar_exact(draw: Draw) -> Exercise:
    b, c = draw.search(
        "pair",
        lambda d: (d.integer("b", 0, 10), d.integer("c", 0, 10)),
        lambda pair: 6 <= sum(pair) <= 11 and abs(pair[0] - pair[1]) >= 3,
    )
    return Exercise(
        "On a test set only the first model is right on ${b:}$ samples and only the second on "
        "${c:}$. Since $b + c < 25$, use the exact test: each of these samples is a fair coin if "
        "neither model is better.",
        givens={"b": b, "c": c},
        steps=[
            Step(
                "n",
                "The number of coins",
                lambda b, c: b + c,
                integer(),
                hint="Each sample that tells the models apart is one.",
                explain="${b:} + {c:} = {n:}$",
                mistakes=[
                    Mistake("difference", lambda b, c: abs(b - c), "Add $b$ and $c$.")
                ],
            ),
            Step(
                "ways",
                "In how many of the $2^n$ outcomes does one given model win at least as often as "
                "the better one did here?",
                lambda n, b, c: tail(n, max(b, c)),
                integer(),
                marks=2,
                hint="Add the binomial coefficients from $i = \\max(b, c)$ up to $n$.",
                explain=lambda n, b, c, ways: "$"
                + " + ".join(f"\\binom{{{n}}}{{{i}}}" for i in range(max(b, c), n + 1))
                + f" = {ways}$",
                mistakes=[
                    Mistake(
                        "one_term",
                        lambda n, b, c: comb(n, max(b, c)),
                        "More extreme outcomes count as well: add the terms up to $n$.",
                    ),
                    Mistake(
                        "from_min",
                        lambda n, b, c: tail(n, min(b, c)),
                        "Start at the larger of the two counts.",
                    ),
                ],
            ),
            Step(
                "p",
                "The two-sided p-value (at most 1)",
                lambda ways, n: min(1.0, 2 * ways / 2**n),
                number(significant=3),
                marks=2,
                hint="Divide by $2^n$ and double, since either model could have been the better one.",
                explain="$2 \\cdot {ways:} / 2^{{n:}} = {p:}$ (at most 1)",
                mistakes=[
                    Mistake("one_sided", lambda ways, n: ways / 2**n, "Double it: two-sided."),
                    Mistake(
                        "not_capped",
                        lambda ways, n: 2 * ways / 2**n,
                        "No probability exceeds 1: the middle outcome was counted twice.",
                    ),
                ][: 1 if abs(b - c) >= 3 else 2],
            ),
            Step(
                "decision",
                "At $\\alpha = 0.05$ the hypothesis that neither is better is",
                lambda p: verdict(p <= 0.05),
                choice(REJECTED),
                hint="Reject if the p-value is at most $\\alpha$.",
                explain=lambda p, decision: f"$p = {p:.3g}$ against $0.05$: {decision}.",
                mistakes=[
                    Mistake("turned", lambda p: verdict(p > 0.05), "A *small* p-value rejects.")
                ],
            ),
        ],
    )


@exercise_type(
    "comparison.ranks",
    topic="comparison",
    title="Ranks of a row with ties",
    minutes=3,
    sources=["000A:38"],
    variants={
        "lecture-iris": {"scores": [0.936, 0.931, 0.916, 0.931]},
        "lecture-voting": {"scores": [0.972, 0.981, 0.975, 0.975]},
        "lecture-mushroom": {"scores": [1.0, 1.0, 1.0, 1.0]},
    },
)
def ranks(draw: Draw) -> Exercise:
    size = draw.choice("size", [5, 6])

    def candidate(d: Draw):
        row = d.sample("row", [i / 1000 for i in range(700, 960, 4)], size)
        places = d.sample("places", list(range(size)), 3)
        for place in places[1 : d.choice("tied", [2, 2, 3])]:
            row[place] = row[places[0]]
        return row

    def telling(row):
        ranks = ranked(row)
        tied = [r for r in ranks if list(ranks).count(r) > 1]
        return 1.5 < tied[0] < size - 0.5 and ranks[0] not in (1, size)

    scores = draw.search("scores", candidate, telling)

    def minimum(scores):
        return [1 + sum(other > s for other in scores) for s in scores]

    def in_order(scores):
        order = sorted(range(len(scores)), key=lambda i: (-scores[i], i))
        return [order.index(i) + 1 for i in range(len(scores))]

    def dense(scores):
        return [1 + len({float(o) for o in scores if o > s}) for s in scores]

    return Exercise(
        "On one data set the classifiers reach the accuracies {scores:.3f}, in this order. The best "
        "one gets rank 1; equal accuracies share the average of their ranks.",
        givens={"scores": scores},
        steps=[
            Step(
                "ranks",
                "The ranks, in the order given",
                ranked,
                vector(length=len(scores), partial=True),
                marks=2,
                hint="Sort from the largest down and number the places; then average over equals.",
                explain="Numbered from the largest down, equals averaged: {ranks:}.",
                mistakes=[
                    Mistake(
                        "worst_first",
                        lambda scores: len(scores) + 1 - ranked(scores),
                        "Rank 1 belongs to the largest accuracy.",
                    ),
                    Mistake(
                        "minimum",
                        minimum,
                        "Equals do not all get the best of their places, but the average of them.",
                        marks=1,
                    ),
                    Mistake(
                        "in_order",
                        in_order,
                        "Equal accuracies must get equal ranks.",
                        marks=1,
                    ),
                    Mistake(
                        "dense",
                        dense,
                        "Places that equals share are used up: the next one does not move forward.",
                    ),
                ],
            ),
            Step(
                "total",
                "The sum of the ranks",
                lambda ranks: float(np.sum(ranks)),
                number(absolute=1e-6),
                hint="It is the same with and without ties: $1 + 2 + \\dots + k$.",
                explain=lambda scores, total: (
                    f"$k (k + 1) / 2 = {len(scores)} \\cdot {len(scores) + 1} / 2 = {total:g}$: a "
                    "good check of any row."
                ),
                mistakes=[
                    Mistake(
                        "k_squared",
                        lambda scores: float(len(scores) ** 2),
                        "$1 + \\dots + k$ is $k (k + 1) / 2$.",
                    )
                ],
            ),
        ],
    )


def split_sums(scores) -> tuple[float, float]:
    """(R+, R-) with the ranks of an even number of zeros split evenly."""
    d = np.round(scores[:, 1] - scores[:, 0], 9)
    rank = average_ranks(np.abs(d))
    half = rank[d == 0].sum() / 2
    return float(rank[d > 0].sum() + half), float(rank[d < 0].sum() + half)


@exercise_type(
    "comparison.wilcoxon",
    topic="comparison",
    title="Wilcoxon's signed ranks by hand",
    minutes=9,
    sources=["000A:37"],
    variants={"lecture": {"scores": TREE_PAIRS}},
)
def wilcoxon(draw: Draw) -> Exercise:
    size = draw.choice("size", [8, 9, 10])
    zeros = draw.choice("zeros", [0, 2, 2])
    want = draw.choice("want", [True, False])

    def candidate(d: Draw):
        sizes = d.sample("sizes", list(range(3, 60)), size - zeros - 1)
        sizes = d.shuffle("order", [*sizes, sizes[0], *([0] * zeros)])
        signs = d.integers("signs", size, 0, 4 if want else 2)
        first = d.integers("first", size, 640, 930)
        return [
            (a / 1000, (a + (s if sign else -s)) / 1000)
            for a, s, sign in zip(first, sizes, signs, strict=True)
        ]

    def telling(rows):
        plus, minus = split_sums(np.array(rows))
        low, limit = min(plus, minus), WILCOXON_TABLE[size][1]
        tied = [abs(b - a) for a, b in rows if abs(b - a) > 1e-9]
        signs = {b > a for a, b in rows if abs(abs(b - a) - max(set(tied), key=tied.count)) < 1e-9}
        clear = low <= limit - 1.5 if want else low >= limit + 1
        return clear and plus > minus >= 1 and bool(signs)

    scores = draw.search("scores", candidate, telling)
    N = len(scores)

    def differences(scores):
        return np.round(scores[:, 1] - scores[:, 0], 9)

    def rank_of(scores):
        return average_ranks(np.abs(np.round(scores[:, 1] - scores[:, 0], 9)))

    def without_halves(ranks, scores):
        return float(ranks[np.round(scores[:, 1] - scores[:, 0], 9) > 0].sum())

    def plus(ranks, scores):
        d = np.round(scores[:, 1] - scores[:, 0], 9)
        return float(ranks[d > 0].sum() + ranks[d == 0].sum() / 2)

    return Exercise(
        "Two classifiers were tested on ${N:}$ data sets:\n{scores:.3f table #, first, second}\n"
        "Use Wilcoxon's signed-rank test: rank $\\vert d_i \\vert$ with $d_i$ = second $-$ first, "
        "smallest first, ties averaged; the ranks of $d_i = 0$ are split evenly between the two sums. "
        "For $N = {N:}$ and $\\alpha = 0.05$ (two-sided) the lecture's table has the critical value "
        "${limit:}$.",
        givens={"N": N, "scores": scores, "limit": WILCOXON_TABLE[N][1]},
        steps=[
            Step(
                "ranks",
                "The ranks of $\\vert d_i \\vert$, data set by data set",
                rank_of,
                vector(length=N, partial=True),
                marks=3,
                hint="Forget the signs, sort, number from 1, average over equals. Zeros come first.",
                explain=lambda scores, ranks: "\n".join(
                    f"- {i}: $d = {d:+.3f}$, rank {r:g}"
                    for i, (d, r) in enumerate(zip(differences(scores), ranks, strict=True), 1)
                ),
                mistakes=[
                    Mistake(
                        "signed",
                        lambda scores: average_ranks(differences(scores)),
                        "Rank the absolute differences, without their signs.",
                    ),
                    Mistake(
                        "largest_first",
                        lambda scores: len(scores) + 1 - rank_of(scores),
                        "The smallest difference has rank 1.",
                    ),
                ],
            ),
            Step(
                "r_plus",
                "$R^+$",
                plus,
                number(absolute=1e-6),
                marks=2,
                hint="Add the ranks where the second is better, and half of the ranks of the zeros.",
                explain="Ranks of positive differences, plus half of those of zeros: {r_plus:}.",
                mistakes=[
                    Mistake(
                        "zeros_whole",
                        lambda ranks, scores: float(ranks[differences(scores) >= 0].sum()),
                        "Half of the ranks of the zeros belong to $R^-$.",
                    ),
                    Mistake(
                        "zeros_left_out",
                        without_halves,
                        "Half of the ranks of the zeros belong here.",
                    ),
                    Mistake(
                        "counted",
                        lambda scores: float(np.sum(differences(scores) > 0)),
                        "Add ranks; that is the number of wins.",
                    ),
                ][0 if np.any(differences(np.array(scores)) == 0) else 2 :],
            ),
            Step(
                "r_minus",
                "$R^-$",
                lambda N, r_plus: N * (N + 1) / 2 - r_plus,
                number(absolute=1e-6),
                hint="The same for the first classifier; both add up to $N (N + 1) / 2$.",
                explain="$N (N + 1) / 2 - {r_plus:} = {r_minus:}$",
                mistakes=[
                    Mistake("same", lambda r_plus: r_plus, "That is $R^+$."),
                ],
            ),
            Step(
                "T",
                "$T$",
                lambda r_plus, r_minus: min(r_plus, r_minus),
                number(absolute=1e-6),
                hint="The smaller of the two.",
                explain="$T = \\min({r_plus:}, {r_minus:}) = {T:}$",
                mistakes=[
                    Mistake(
                        "larger", lambda r_plus, r_minus: max(r_plus, r_minus), "The smaller one."
                    ),
                    Mistake(
                        "difference",
                        lambda r_plus, r_minus: abs(r_plus - r_minus),
                        "$T$ is the smaller sum, not the difference.",
                    ),
                ],
            ),
            Step(
                "decision",
                "The hypothesis that neither is better is",
                lambda T, limit: verdict(T <= limit),
                choice(REJECTED),
                hint="Here *small* values speak against the hypothesis.",
                explain=lambda T, limit, decision: f"$T = {T:g}$ against ${limit}$: {decision}.",
                mistakes=[
                    Mistake(
                        "turned",
                        lambda T, limit: verdict(T > limit),
                        "A small $T$ rejects: one of the two sums is nearly empty.",
                    )
                ],
            ),
        ],
    )


@exercise_type(
    "comparison.wilcoxon_z",
    topic="comparison",
    title="Wilcoxon's test for many data sets",
    minutes=5,
    sources=["000A:37"],
    variants={"lecture-numbers": {"N": 14, "minus": 12}},
)
def wilcoxon_z(draw: Draw) -> Exercise:
    N = draw.integer("N", 26, 45)
    total = N * (N + 1) / 2
    minus = draw.search(
        "minus",
        lambda d: d.decimal("minus", 0.2 * total // 1, 0.85 * total // 1, 0.5),
        lambda m: abs(m - total / 2) > 15
        and abs(abs((m - total / 2) / sqrt(N * (N + 1) * (2 * N + 1) / 24)) - 1.96) > 0.08,
    )

    def spread(N):
        return sqrt(N * (N + 1) * (2 * N + 1) / 24)

    return Exercise(
        "Two classifiers were compared on $N = {N:}$ data sets (no equal scores); the ranks of the "
        "data sets on which the second one is worse add up to $R^- = {minus:}$. Use the normal "
        "approximation of Wilcoxon's signed-rank test at $\\alpha = 0.05$.",
        givens={"N": N, "minus": minus},
        steps=[
            Step(
                "T",
                "$T$",
                lambda N, minus: min(minus, N * (N + 1) / 2 - minus),
                number(absolute=1e-6),
                marks=2,
                hint="$R^+ + R^- = N (N + 1) / 2$, and $T$ is the smaller one.",
                explain="$R^+ = N (N + 1) / 2 - {minus:}$, and $T = {T:}$.",
                mistakes=[
                    Mistake(
                        "larger",
                        lambda N, minus: max(minus, N * (N + 1) / 2 - minus),
                        "$T$ is the smaller of the two sums.",
                    )
                ],
            ),
            Step(
                "z",
                "$z$",
                lambda T, N: (T - N * (N + 1) / 4) / spread(N),
                number(significant=3),
                marks=3,
                hint="Take off the mean $N (N + 1) / 4$, divide by the root of "
                "$N (N + 1)(2N + 1) / 24$.",
                explain=lambda T, N, z: (
                    f"$({T:g} - {N * (N + 1) / 4:g}) / {spread(N):.3f} = {z:.3f}$"
                ),
                mistakes=[
                    Mistake(
                        "half",
                        lambda T, N: (T - N * (N + 1) / 2) / spread(N),
                        "The mean of $T$ under the hypothesis is $N (N + 1) / 4$.",
                    ),
                    Mistake(
                        "not_rooted",
                        lambda T, N: (T - N * (N + 1) / 4) / spread(N) ** 2,
                        "Divide by the standard deviation: take the root.",
                    ),
                ],
            ),
            Step(
                "decision",
                "The hypothesis that neither is better is",
                lambda z: verdict(z <= -1.96),
                choice(REJECTED),
                hint="Compare with $-1.96$.",
                explain=lambda z, decision: f"$z = {z:.3f}$ against $-1.96$: {decision}.",
                mistakes=[
                    Mistake("turned", lambda z: verdict(z > -1.96), "Reject if $z < -1.96$.")
                ],
            ),
        ],
    )


@exercise_type(
    "comparison.mean_ranks",
    topic="comparison",
    title="From accuracies to mean ranks",
    minutes=6,
    sources=["000A:38"],
)
def mean_ranks(draw: Draw) -> Exercise:
    def candidate(d: Draw):
        rows = [d.sample(f"row_{i}", [v / 100 for v in range(60, 98)], 4) for i in range(5)]
        tied, (one, other) = d.integer("tied", 0, 4), d.sample("places", [0, 1, 2, 3], 2)
        rows[tied][one] = rows[tied][other]
        return rows

    def telling(rows):
        means = table_of_ranks(rows).mean(axis=0)
        return len(set(np.round(means, 9))) == 4 and np.ptp(means) >= 1

    scores = draw.search("scores", candidate, telling)
    return Exercise(
        "Four classifiers were tested on five data sets (accuracies):\n"
        "{scores:.2f table #, A, B, C, D}\n"
        "Rank them on each data set, 1 for the best, ties averaged.",
        givens={"scores": scores},
        steps=[
            Step(
                "sums",
                "The sums of the ranks of A, B, C and D",
                lambda scores: table_of_ranks(scores).sum(axis=0),
                vector(*NAMES, partial=True),
                marks=3,
                hint="Rank within each row; each row adds up to 10.",
                explain=lambda scores: "Row by row: "
                + "; ".join(" ".join(f"{r:g}" for r in row) for row in table_of_ranks(scores))
                + ".",
                mistakes=[
                    Mistake(
                        "worst_first",
                        lambda scores: 25 - table_of_ranks(scores).sum(axis=0),
                        "Rank 1 belongs to the largest accuracy.",
                    ),
                    Mistake(
                        "minimum",
                        lambda scores: np.array(
                            [[1 + np.sum(row > s) for s in row] for row in scores]
                        ).sum(axis=0),
                        "Equal accuracies share the average of their ranks.",
                    ),
                ],
            ),
            Step(
                "means",
                "Their mean ranks",
                lambda sums: sums / 5,
                vector(*NAMES, partial=True),
                hint="Divide by the number of data sets.",
                explain="Divided by 5: {means:}.",
                mistakes=[
                    Mistake("by_k", lambda sums: sums / 4, "There are five data sets.")
                ],
            ),
            Step(
                "statistic",
                "Friedman's $\\chi^2_F = \\frac{12N}{k(k+1)} \\left[ \\sum_j R_j^2 - "
                "\\frac{k(k+1)^2}{4} \\right]$",
                lambda means: 12 * 5 / 20 * (float(np.sum(means**2)) - 25),
                number(significant=3),
                marks=2,
                hint="$N = 5$, $k = 4$: $3 \\left[ \\sum R_j^2 - 25 \\right]$.",
                explain="$3\\,(\\sum R_j^2 - 25) = {statistic:}$",
                mistakes=[
                    Mistake(
                        "swapped",
                        lambda means: 12 * 4 / 30 * (float(np.sum(means**2)) - 5 * 36 / 4),
                        "$N$ counts the data sets, $k$ the classifiers.",
                    ),
                    Mistake(
                        "sums",
                        lambda sums: 12 * 5 / 20 * (float(np.sum(sums**2)) - 25),
                        "The formula takes the mean ranks, not their sums.",
                    ),
                ],
            ),
            Step(
                "best",
                "Which classifier has the best mean rank?",
                lambda means: NAMES[int(np.argmin(means))],
                choice(NAMES),
                hint="Rank 1 is the best.",
                explain="The smallest mean rank: {best:}.",
                mistakes=[
                    Mistake(
                        "largest",
                        lambda means: NAMES[int(np.argmax(means))],
                        "The *smallest* mean rank is the best.",
                    )
                ],
            ),
        ],
    )


@exercise_type(
    "comparison.friedman",
    topic="comparison",
    title="Friedman and Iman-Davenport from rank sums",
    minutes=8,
    sources=["000A:38"],
    variants={
        "lecture": {"N": 14, "sums": TREE_SUMS, "critical": 2.85},
        "lecture-voting-tied": {"N": 14, "sums": [44, 28, 41, 27], "critical": 2.85},
    },
)
def friedman_test(draw: Draw) -> Exercise:
    k = len(draw.fixed["sums"]) if "sums" in draw.fixed else draw.choice("k", [3, 4, 5])
    N = draw.choice("N", [10, 12, 15])
    df = (k - 1, (k - 1) * (N - 1))
    want = draw.choice("want", [True, False])
    critical = draw.choice("critical", [F_CRITICAL.get(df, 0.0)])
    total = N * k * (k + 1) // 2

    def candidate(d: Draw):
        first = d.decimals("sums", k - 1, 1.3 * N // 1, (k - 0.3) * N // 1, 0.5)
        return [*first, total - sum(first)]

    def telling(sums):
        if not 1.3 * N <= sums[-1] <= (k - 0.3) * N or len(set(sums)) < k:
            return False
        chi = friedman(sums, N, k)
        if not 0 < chi < 0.8 * N * (k - 1):
            return False
        F = (N - 1) * chi / (N * (k - 1) - chi)
        return critical + 0.4 < F < 4 * critical if want else 0.8 < F < critical - 0.4

    sums = draw.search("sums", candidate, telling, tries=20_000)
    names = [f"$R_{i + 1}$" for i in range(k)]
    return Exercise(
        "${k:}$ classifiers were ranked on $N = {N:}$ data sets; the ranks add up to {sums:} per "
        "classifier. Test at $\\alpha = 0.05$ whether they are equivalent, first with Friedman's "
        "$\\chi^2_F = \\frac{12N}{k(k+1)} \\left[ \\sum_j R_j^2 - \\frac{k(k+1)^2}{4} \\right]$, then "
        "with $F_F$ of Iman and Davenport. The critical value of $F$ for the right degrees of freedom "
        "is ${critical:}$.",
        givens={"k": k, "N": N, "sums": sums, "critical": critical},
        steps=[
            Step(
                "means",
                "The mean ranks $R_j$",
                lambda sums, N: sums / N,
                vector(*names, decimals=3, partial=True),
                hint="Divide by the number of data sets.",
                explain="Divided by ${N:}$: {means:}.",
                mistakes=[
                    Mistake("by_k", lambda sums, k: sums / k, "Divide by $N$, the data sets.")
                ],
            ),
            Step(
                "statistic",
                "$\\chi^2_F$",
                lambda means, N, k: (
                    12 * N / (k * (k + 1)) * (float(np.sum(means**2)) - k * (k + 1) ** 2 / 4)
                ),
                number(relative=0.01),
                marks=3,
                hint="Square the mean ranks, add, take off $k (k + 1)^2 / 4$; keep three decimals.",
                explain="$\\frac{12 \\cdot {N:}}{k(k+1)} \\left[ \\sum_j R_j^2 - "
                "\\frac{k(k+1)^2}{4} \\right] = {statistic:}$",
                mistakes=[
                    Mistake(
                        "not_squared",
                        lambda means, N, k: (
                            12 * N / (k * (k + 1)) * (float(np.sum(means**2)) - k * (k + 1) / 4)
                        ),
                        "It is $k (k + 1)^2 / 4$: the square is missing.",
                    ),
                    Mistake(
                        "without_N",
                        lambda means, k: (
                            12 / (k * (k + 1)) * (float(np.sum(means**2)) - k * (k + 1) ** 2 / 4)
                        ),
                        "The factor $N$ is missing.",
                    ),
                ],
            ),
            Step(
                "F",
                "$F_F$",
                lambda statistic, N, k: (N - 1) * statistic / (N * (k - 1) - statistic),
                number(relative=0.01),
                marks=2,
                hint="$(N - 1)\\,\\chi^2_F / (N (k - 1) - \\chi^2_F)$",
                explain=lambda statistic, N, k, F: (
                    f"${N - 1} \\cdot {statistic:.3f} / ({N * (k - 1)} - {statistic:.3f}) = {F:.3f}$"
                ),
                mistakes=[
                    Mistake(
                        "swapped",
                        lambda statistic, N, k: (
                            (k - 1) * statistic / (k * (N - 1) - statistic)
                        ),
                        "$N$ and $k$ have changed places.",
                    ),
                    Mistake(
                        "plus",
                        lambda statistic, N, k: (
                            (N - 1) * statistic / (N * (k - 1) + statistic)
                        ),
                        "$\\chi^2_F$ is taken off in the denominator.",
                    ),
                ],
            ),
            Step(
                "freedom",
                "Its two degrees of freedom",
                lambda k, N: [k - 1, (k - 1) * (N - 1)],
                vector("numerator", "denominator"),
                hint="$k - 1$ and $(k - 1)(N - 1)$.",
                explain="$k - 1$ and $(k - 1)(N - 1)$: {freedom:}.",
                mistakes=[
                    Mistake(
                        "swapped",
                        lambda k, N: [N - 1, (k - 1) * (N - 1)],
                        "The first one belongs to the classifiers: $k - 1$.",
                    )
                ],
            ),
            Step(
                "decision",
                "The hypothesis that all are equivalent is",
                lambda F, critical: verdict(F >= critical),
                choice(REJECTED),
                hint="Large values speak against it.",
                explain=lambda F, critical, decision: (
                    f"$F_F = {F:.3f}$ against ${critical:g}$: {decision}."
                ),
                mistakes=[
                    Mistake(
                        "turned",
                        lambda F, critical: verdict(F < critical),
                        "A value *above* the critical one rejects.",
                    )
                ],
            ),
        ],
    )


@exercise_type(
    "comparison.nemenyi",
    topic="comparison",
    title="Nemenyi: which pairs differ?",
    minutes=6,
    sources=["000A:39"],
    variants={
        "lecture": {"names": TREES, "ranks": TREE_RANKS, "N": 14, "alpha": 0.05},
        "lecture-10": {"names": TREES, "ranks": TREE_RANKS, "N": 14, "alpha": 0.1},
    },
)
def nemenyi(draw: Draw) -> Exercise:
    names = draw.choice("names", [NAMES])
    k = len(names)
    N = draw.choice("N", [10, 20, 30])
    alpha = draw.choice("alpha", [0.05, 0.1])
    row = NEMENYI_Q[alpha][:6]
    limit = row[k - 2] * error(k, N)

    def telling(ranks):
        gaps = pair_gaps(ranks)
        wrong = row[k - 3] * error(k, N)
        return (
            1 <= sum(g >= limit for g in gaps) <= 3
            and min(abs(g - limit) for g in gaps) > 0.03
            and any(wrong < g < limit for g in gaps)
        )

    ranks = rank_row(draw, "ranks", k, telling)
    options = [*pair_names(names), NONE]
    return Exercise(
        "The classifiers {names:} have the mean ranks {ranks:} on $N = {N:}$ data sets, and the "
        "hypothesis that all are equivalent has been rejected. Compare all pairs with Nemenyi's test "
        "at $\\alpha = {alpha:}$. For $k = 2, 3, \\dots, 7$ classifiers the table has $q_\\alpha$ = "
        "{row:.3f}.",
        givens={"names": names, "ranks": ranks, "N": N, "alpha": alpha, "row": row},
        steps=[
            Step(
                "q",
                "The right $q_\\alpha$",
                lambda row, ranks: row[len(ranks) - 2],
                number(absolute=0.0006),
                hint="How many classifiers are compared?",
                explain=lambda ranks, q: f"For $k = {len(ranks)}$ classifiers: ${q:.3f}$.",
                mistakes=[
                    Mistake(
                        "one_less",
                        lambda row, ranks: row[len(ranks) - 3],
                        "That is the value for one classifier less; Nemenyi counts all $k$.",
                    )
                ],
            ),
            Step(
                "CD",
                "The critical difference",
                lambda q, ranks, N: q * sqrt(len(ranks) * (len(ranks) + 1) / (6 * N)),
                number(significant=3),
                marks=2,
                hint="$q_\\alpha \\sqrt{k (k + 1) / (6N)}$",
                explain=lambda q, ranks, N, CD: (
                    f"${q:.3f} \\sqrt{{{len(ranks)} \\cdot {len(ranks) + 1} / (6 \\cdot {N})}} = "
                    f"{CD:.3f}$"
                ),
                mistakes=[
                    Mistake(
                        "not_rooted",
                        lambda q, ranks, N: q * len(ranks) * (len(ranks) + 1) / (6 * N),
                        "The root is missing.",
                    ),
                    Mistake(
                        "pairs",
                        lambda q, ranks, N: q * sqrt(len(ranks) * (len(ranks) - 1) / (6 * N)),
                        "Under the root stands $k (k + 1)$, not the $k (k - 1)$ of the pairs.",
                    ),
                ],
            ),
            Step(
                "pairs",
                "Which pairs differ?",
                lambda ranks, names, CD: found(
                    pair_names(names), [gap >= CD for gap in pair_gaps(ranks)]
                ),
                choices(options),
                marks=2,
                hint="Those whose mean ranks are at least the critical difference apart.",
                explain=lambda ranks, names, CD, pairs: "\n".join(
                    f"- {pair}: ${gap:.3f}$ against ${CD:.3f}$"
                    for pair, gap in zip(pair_names(names), pair_gaps(ranks), strict=True)
                )
                + f"\n\nSo: {'; '.join(pairs)}.",
                mistakes=[
                    Mistake(
                        "closer",
                        lambda ranks, names, CD: found(
                            pair_names(names), [gap < CD for gap in pair_gaps(ranks)]
                        ),
                        "These are the pairs that were *not* shown to differ.",
                    )
                ],
            ),
        ],
    )


@exercise_type(
    "comparison.bonferroni_dunn",
    topic="comparison",
    title="Bonferroni-Dunn: who differs from the control?",
    minutes=6,
    sources=["000A:39"],
    variants={"lecture": {"names": TREES, "ranks": TREE_RANKS, "N": 14, "alpha": 0.05}},
)
def bonferroni_dunn(draw: Draw) -> Exercise:
    names = draw.choice("names", [("A", "B", "C", "D", "E")])
    k = len(names)
    N = draw.choice("N", [10, 20, 30])
    alpha = draw.choice("alpha", [0.05, 0.1])
    row, wide = BONFERRONI_DUNN_Q[alpha][:5], NEMENYI_Q[alpha][:5]
    limit, far = row[k - 2] * error(k, N), wide[k - 2] * error(k, N)

    def telling(ranks):
        gaps = [abs(r - ranks[0]) for r in ranks[1:]]
        return (
            1 <= sum(g >= limit for g in gaps) <= k - 2
            and min(abs(g - limit) for g in gaps) > 0.03
            and any(limit < g < far for g in gaps)
        )

    ranks = rank_row(draw, "ranks", k, telling)

    def against(ranks, cd):
        return [abs(r - ranks[0]) >= cd for r in ranks[1:]]

    return Exercise(
        "The classifiers {names:} have the mean ranks {ranks:} on $N = {N:}$ data sets. The first of "
        "them is the control: the question is only which of the others differ from it. Use the "
        "Bonferroni-Dunn test at $\\alpha = {alpha:}$. For $k = 2, 3, \\dots, 6$ (the control counted) "
        "the tables have\n- Nemenyi: {wide:.3f}\n- Bonferroni-Dunn: {row:.3f}",
        givens={"names": names, "ranks": ranks, "N": N, "alpha": alpha, "row": row, "wide": wide},
        steps=[
            Step(
                "q",
                "The right $q_\\alpha$",
                lambda row, ranks: row[len(ranks) - 2],
                number(absolute=0.0006),
                hint="Which table belongs to comparisons with a control, and which column to $k$?",
                explain=lambda ranks, q: f"Bonferroni-Dunn, $k = {len(ranks)}$: ${q:.3f}$.",
                mistakes=[
                    Mistake(
                        "nemenyi",
                        lambda wide, ranks: wide[len(ranks) - 2],
                        "That is Nemenyi's: with a control only $k - 1$ comparisons are made.",
                    ),
                    Mistake(
                        "one_less",
                        lambda row, ranks: row[len(ranks) - 3],
                        "The control is counted: take the column of $k$.",
                    ),
                ],
            ),
            Step(
                "CD",
                "The critical difference",
                lambda q, ranks, N: q * sqrt(len(ranks) * (len(ranks) + 1) / (6 * N)),
                number(significant=3),
                marks=2,
                hint="$q_\\alpha \\sqrt{k (k + 1) / (6N)}$, as for Nemenyi.",
                explain=lambda q, ranks, N, CD: (
                    f"${q:.3f} \\sqrt{{{len(ranks)} \\cdot {len(ranks) + 1} / (6 \\cdot {N})}} = "
                    f"{CD:.3f}$"
                ),
                mistakes=[
                    Mistake(
                        "not_rooted",
                        lambda q, ranks, N: q * len(ranks) * (len(ranks) + 1) / (6 * N),
                        "The root is missing.",
                    ),
                    Mistake(
                        "without_6",
                        lambda q, ranks, N: q * sqrt(len(ranks) * (len(ranks) + 1) / N),
                        "The 6 is missing under the root.",
                    ),
                ],
            ),
            Step(
                "differ",
                "Who differs from the control?",
                lambda ranks, names, CD: found(names[1:], against(ranks, CD)),
                choices([*names[1:], NONE]),
                marks=2,
                hint="Only differences from the first mean rank count.",
                explain=lambda ranks, names, CD, differ: "\n".join(
                    f"- {name}: ${abs(r - ranks[0]):.3f}$ against ${CD:.3f}$"
                    for name, r in zip(names[1:], ranks[1:], strict=True)
                )
                + f"\n\nSo: {'; '.join(differ)}.",
                mistakes=[
                    Mistake(
                        "closer",
                        lambda ranks, names, CD: found(
                            names[1:], [not far for far in against(ranks, CD)]
                        ),
                        "These are the ones that do *not* differ from it.",
                    )
                ],
            ),
        ],
    )


@exercise_type(
    "comparison.z",
    topic="comparison",
    title="From mean ranks to z, and Holm's decision",
    minutes=7,
    sources=["000A:39"],
    variants={"lecture": {"names": TREES, "ranks": TREE_RANKS, "N": 14}},
)
def z_control(draw: Draw) -> Exercise:
    names = draw.choice("names", [NAMES])
    N = draw.choice("N", [10, 20])
    relaxes = draw.choice("relaxes", [True, False])
    limits = [2.394, 2.241, 1.960]

    def step_down(z):
        order = sorted(range(len(z)), key=lambda i: -abs(z[i]))
        flags, going = [False] * len(z), True
        for place, i in enumerate(order):
            going = going and abs(z[i]) >= (2.394, 2.241, 1.960)[place]
            flags[i] = going
        return flags

    def telling(ranks):
        z = [(ranks[0] - r) / error(4, N) for r in ranks[1:]]
        clear = min(abs(abs(v) - limit) for v in z for limit in limits) > 0.03
        first, second, third = sorted(map(abs, z), reverse=True)
        # Holm beats Bonferroni at the second hypothesis, or stops there where 1.96 would not.
        low, high = (2.241, 2.394) if relaxes else (1.96, 2.241)
        return clear and first > 2.394 and low < second < high and third < 1.96

    ranks = rank_row(draw, "ranks", 4, telling)
    return Exercise(
        "The classifiers {names:} have the mean ranks {ranks:} on $N = {N:}$ data sets; the first is "
        "the control. Compare the others with it by Holm's procedure at $\\alpha = 0.05$. Its "
        "thresholds $\\alpha / 3$, $\\alpha / 2$, $\\alpha$ are reached (two-sided) at "
        "$\\vert z \\vert$ = {limits:.3f}.",
        givens={"names": names, "ranks": ranks, "N": N, "limits": limits},
        steps=[
            Step(
                "SE",
                "The standard error of a difference of mean ranks",
                lambda ranks, N: sqrt(len(ranks) * (len(ranks) + 1) / (6 * N)),
                number(significant=3),
                hint="$\\sqrt{k (k + 1) / (6N)}$",
                explain="$\\sqrt{4 \\cdot 5 / (6 \\cdot {N:})} = {SE:}$",
                mistakes=[
                    Mistake(
                        "not_rooted",
                        lambda ranks, N: len(ranks) * (len(ranks) + 1) / (6 * N),
                        "The root is missing.",
                    ),
                    Mistake(
                        "points_as_decimals",
                        lambda N: sqrt(4.5 / (6 + N / 100)),
                        "$4 \\cdot 5$ is a product, not the number 4.5.",
                    ),
                ],
            ),
            Step(
                "z",
                "$z = (R_0 - R_i) / SE$ for the other three, in the order given",
                lambda ranks, SE: (ranks[0] - ranks[1:]) / SE,
                vector(length=3, decimals=2, partial=True),
                marks=2,
                hint="$R_0$ is the mean rank of the control.",
                explain="Each difference divided by {SE:}: {z:}.",
                mistakes=[
                    Mistake(
                        "multiplied",
                        lambda ranks, SE: (ranks[0] - ranks[1:]) * SE,
                        "Divide by the standard error.",
                    ),
                    Mistake(
                        "turned",
                        lambda ranks, SE: (ranks[1:] - ranks[0]) / SE,
                        "It is control minus the other: positive where the other is better.",
                        marks=1,
                    ),
                ],
            ),
            Step(
                "differ",
                "Who differs from the control, by Holm?",
                lambda z, names: found(names[1:], step_down(z)),
                choices([*names[1:], NONE]),
                marks=2,
                hint="The largest $\\vert z \\vert$ against the first threshold, the next against the "
                "second; stop at the first failure.",
                explain=lambda z, differ: "Largest first: "
                + ", ".join(
                    f"${abs(v):.3f}$ against ${t}$"
                    for v, t in zip(sorted(z, key=abs)[::-1], ("2.394", "2.241", "1.960"), strict=True)
                )
                + f". So: {'; '.join(differ)}.",
                mistakes=[
                    Mistake(
                        "uncorrected",
                        lambda z, names: found(names[1:], [abs(v) >= 1.96 for v in z]),
                        "You compared all three with 1.96, as if only one test were made.",
                    ),
                    Mistake(
                        "bonferroni",
                        lambda z, names: found(names[1:], [abs(v) >= 2.394 for v in z]),
                        "That is Bonferroni-Dunn: Holm relaxes the threshold after each rejection.",
                    ),
                ][slice(1, 2) if relaxes or "ranks" in draw.fixed else slice(0, 1)],
            ),
        ],
    )


def _p_draw(draw: Draw, differing: bool) -> list[float]:
    def candidate(d: Draw) -> list[float]:
        small = d.integers("small", 3, 3, 50)
        return [n / 1000 for n in d.shuffle("order", [*small, d.integer("large", 10, 300)])]

    def telling(p):
        if len(set(p)) < 4 or any(abs(v - 0.05 / j) < 0.0006 for v in p for j in (1, 2, 3, 4)):
            return False
        down, up = sum(holm(p, 0.05)), sum(hochberg(p, 0.05))
        plain, one = sum(v <= 0.05 for v in p), sum(single_step(p, 0.05))
        return down != up if differing else 1 <= down < plain and one < down

    return draw.search("p", candidate, telling, tries=50_000)


PLAIN = ("H1", "H2", "H3", "H4")


@exercise_type(
    "comparison.holm",
    topic="comparison",
    title="Holm's procedure",
    minutes=5,
    sources=["000A:39"],
    variants={"lecture": {"p": [0.607, 0.019, 0.016]}, "stops-at-once": {"p": [0.02, 0.04, 0.045]}},
)
def holm_procedure(draw: Draw) -> Exercise:
    p = _p_draw(draw, differing=False)
    m = len(p)
    return Exercise(
        "A control is compared with ${m:}$ other classifiers. The p-values of the hypotheses H1, H2 "
        "... that there is no difference are, in this order, {p:.3f}. Use Holm's step-down procedure "
        "at $\\alpha = 0.05$.",
        givens={"m": m, "p": p},
        steps=[
            Step(
                "thresholds",
                "The thresholds, in the order in which they are used",
                lambda m: 0.05 / np.arange(m, 0, -1),
                vector(length=m, decimals=4, partial=True),
                hint="The first is $\\alpha$ divided by the number of hypotheses.",
                explain="$\\alpha / m$, $\\alpha / (m - 1)$ ... up to $\\alpha$: {thresholds:}.",
                mistakes=[
                    Mistake(
                        "turned",
                        lambda m: 0.05 / np.arange(1, m + 1),
                        "Holm starts with the strictest threshold.",
                    ),
                    Mistake(
                        "all_equal",
                        lambda m: np.full(m, 0.05 / m),
                        "That is Bonferroni; Holm relaxes the threshold step by step.",
                    ),
                ],
            ),
            Step(
                "order",
                "The p-values in the order in which they are tested",
                lambda p: np.sort(p),
                vector(length=m, decimals=3),
                hint="Step *down* from the most significant one.",
                explain="The smallest first: {order:}.",
                mistakes=[
                    Mistake("turned", lambda p: np.sort(p)[::-1], "Holm starts with the smallest.")
                ],
            ),
            Step(
                "rejected",
                "Which hypotheses are rejected?",
                lambda p: found(PLAIN[: len(p)], holm(p, 0.05)),
                choices([*PLAIN[:m], NONE]),
                marks=2,
                hint="Go on as long as the p-value is below its threshold; at the first failure stop.",
                explain=lambda order, thresholds, rejected: "\n".join(
                    f"- ${a:.3f}$ against ${t:.4f}$"
                    for a, t in zip(order, thresholds, strict=True)
                )
                + f"\n\nStop at the first failure. Rejected: {'; '.join(rejected)}.",
                mistakes=[
                    Mistake(
                        "bonferroni",
                        lambda p: found(PLAIN[: len(p)], single_step(p, 0.05)),
                        "You held every p-value against $\\alpha / m$: that is Bonferroni.",
                    ),
                    Mistake(
                        "uncorrected",
                        lambda p: found(PLAIN[: len(p)], p <= 0.05),
                        "You held every p-value against $\\alpha$, as if only one test were made.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "comparison.hochberg",
    topic="comparison",
    title="Hochberg's procedure, and how it differs from Holm's",
    minutes=6,
    sources=["000A:39"],
    variants={
        "lecture": {"p": [0.607, 0.019, 0.016]},
        "lecture-differing": {"p": [0.02, 0.04, 0.045]},
        "lecture-agreeing": {"p": [0.01, 0.04, 0.03, 0.2]},
    },
)
def hochberg_procedure(draw: Draw) -> Exercise:
    p = _p_draw(draw, differing=True)
    m = len(p)
    return Exercise(
        "The p-values of ${m:}$ comparisons with a control (hypotheses H1, H2 ... of no difference) "
        "are, in this order, {p:.3f}. Take $\\alpha = 0.05$.",
        givens={"m": m, "p": p},
        steps=[
            Step(
                "first",
                "The p-value that Hochberg's step-up procedure tests first",
                lambda p: float(np.max(p)),
                number(decimals=3),
                hint="Step *up* from the least significant one.",
                explain="The largest: {first:}.",
                mistakes=[
                    Mistake("smallest", lambda p: float(np.min(p)), "Holm starts with that one.")
                ],
            ),
            Step(
                "thresholds",
                "Hochberg's thresholds, in the order in which they are used",
                lambda m: 0.05 / np.arange(1, m + 1),
                vector(length=m, decimals=4, partial=True),
                hint="The first is $\\alpha$ itself.",
                explain="$\\alpha$, $\\alpha / 2$, $\\alpha / 3$ ...: {thresholds:}.",
                mistakes=[
                    Mistake(
                        "turned",
                        lambda m: 0.05 / np.arange(m, 0, -1),
                        "That is Holm's order; Hochberg starts with $\\alpha$.",
                    )
                ],
            ),
            Step(
                "rejected",
                "Which hypotheses does Hochberg reject?",
                lambda p: found(PLAIN[: len(p)], hochberg(p, 0.05)),
                choices([*PLAIN[:m], NONE]),
                marks=2,
                hint="Go on until a p-value is small enough; reject it and all that are smaller.",
                explain=lambda p, thresholds, rejected: "\n".join(
                    f"- ${a:.3f}$ against ${t:.4f}$"
                    for a, t in zip(np.sort(p)[::-1], thresholds, strict=True)
                )
                + "\n\nThe first that is small enough is rejected with all smaller ones: "
                + f"{'; '.join(rejected)}.",
                mistakes=[
                    Mistake(
                        "holm",
                        lambda p: found(PLAIN[: len(p)], holm(p, 0.05)),
                        "That is Holm's answer, from the other end.",
                    )
                ],
            ),
            Step(
                "holm",
                "Which does Holm's step-down procedure reject?",
                lambda p: found(PLAIN[: len(p)], holm(p, 0.05)),
                choices([*PLAIN[:m], NONE]),
                marks=2,
                hint="Smallest first, against $\\alpha / m$, then $\\alpha / (m - 1)$; stop at the first "
                "failure.",
                explain="Smallest first, until the first failure: {holm:}. Hochberg never rejects less.",
                mistakes=[
                    Mistake(
                        "hochberg",
                        lambda p: found(PLAIN[: len(p)], hochberg(p, 0.05)),
                        "That is Hochberg's answer, from the other end.",
                    )
                ],
            ),
        ],
    )


@exercise_type(
    "comparison.family",
    topic="comparison",
    title="Many tests: the family-wise error",
    minutes=5,
    sources=["000A:38", "000A:39"],
    variants={"lecture": {"k": 7, "alpha": 0.05}},
)
def family(draw: Draw) -> Exercise:
    k = draw.integer("k", 4, 12)
    alpha = draw.choice("alpha", [0.05, 0.01, 0.1, 0.02])
    return Exercise(
        "${k:}$ classifiers that are all equally good are compared pair by pair, each pair by a test "
        "at $\\alpha = {alpha:}$. Take the tests as independent.",
        givens={"k": k, "alpha": alpha},
        steps=[
            Step(
                "tests",
                "How many tests are made?",
                lambda k: k * (k - 1) // 2,
                integer(),
                hint="Each classifier against each other one, every pair once.",
                explain="$k (k - 1) / 2 = {tests:}$",
                mistakes=[
                    Mistake("twice", lambda k: k * (k - 1), "Every pair was counted twice."),
                    Mistake(
                        "control",
                        lambda k: k - 1,
                        "That many are needed for one control; here all pairs are compared.",
                    ),
                ],
            ),
            Step(
                "error",
                "The chance that at least one of them finds a difference",
                lambda tests, alpha: 1 - (1 - alpha) ** tests,
                number(significant=3),
                marks=2,
                hint="What is the chance that none does?",
                explain="$1 - (1 - {alpha:})^{{tests:}} = {error:}$",
                mistakes=[
                    Mistake(
                        "none",
                        lambda tests, alpha: (1 - alpha) ** tests,
                        "That is the chance that none does.",
                    ),
                    Mistake(
                        "added",
                        lambda tests, alpha: tests * alpha,
                        "That is the expected *number* of false alarms, an upper bound of the chance.",
                    ),
                    Mistake("one", lambda alpha: alpha, "That is the chance for a single test."),
                ],
            ),
            Step(
                "expected",
                "The expected number of differences found",
                lambda tests, alpha: tests * alpha,
                number(significant=3),
                hint="Each test contributes $\\alpha$.",
                explain="${tests:} \\cdot {alpha:} = {expected:}$",
                mistakes=[
                    Mistake("chance", lambda error: error, "That is the chance of at least one.")
                ],
            ),
            Step(
                "bonferroni",
                "The level of each test that keeps the family at $\\alpha$, by Bonferroni",
                lambda alpha, tests: alpha / tests,
                number(significant=3),
                hint="Divide.",
                explain="${alpha:} / {tests:} = {bonferroni:}$",
                mistakes=[
                    Mistake(
                        "by_k", lambda alpha, k: alpha / k, "Divide by the number of *tests*."
                    )
                ],
            ),
        ],
    )


@exercise_type(
    "comparison.folds",
    topic="comparison",
    title="Counting folds and fits",
    minutes=5,
    sources=["000A:36"],
)
def folds(draw: Draw) -> Exercise:
    k = draw.choice("k", [4, 5, 8, 10])
    inner = draw.choice("inner", [3, 4, 5])
    size = k * inner * draw.integer("unit", 6, 20)
    grid = draw.integer("grid", 3, 8)
    return Exercise(
        "A data set has ${size:}$ samples. A classifier is tested by ${k:}$-fold cross-validation; in "
        "each of these rounds one of ${grid:}$ settings is chosen by ${inner:}$-fold cross-validation "
        "within the training part, and the classifier is then trained once more on the whole training "
        "part with the chosen setting.",
        givens={"size": size, "k": k, "grid": grid, "inner": inner},
        steps=[
            Step(
                "test",
                "The number of test samples of one round",
                lambda size, k: size // k,
                integer(),
                hint="The folds are equally large.",
                explain="${size:} / {k:} = {test:}$",
                mistakes=[
                    Mistake(
                        "training", lambda size, k: size - size // k, "That is the training part."
                    )
                ],
            ),
            Step(
                "fit",
                "The number of samples that an inner fit is trained on",
                lambda size, test, inner: (size - test) // inner * (inner - 1),
                integer(),
                marks=2,
                hint="From the training part one inner fold is kept for validation.",
                explain="$({size:} - {test:}) \\cdot ({inner:} - 1) / {inner:} = {fit:}$",
                mistakes=[
                    Mistake(
                        "validation",
                        lambda size, test, inner: (size - test) // inner,
                        "That is the validation fold.",
                    ),
                    Mistake(
                        "whole",
                        lambda size, inner: size // inner * (inner - 1),
                        "The test fold is never touched: take it off first.",
                    ),
                ],
            ),
            Step(
                "fits",
                "How often is the classifier trained in all?",
                lambda k, grid, inner: k * (grid * inner + 1),
                integer(),
                marks=2,
                hint="Per round: settings times inner folds, and one final fit.",
                explain="${k:} \\cdot ({grid:} \\cdot {inner:} + 1) = {fits:}$",
                mistakes=[
                    Mistake(
                        "no_refit",
                        lambda k, grid, inner: k * grid * inner,
                        "After the choice it is trained once more in each round.",
                        marks=1,
                    ),
                    Mistake(
                        "not_nested",
                        lambda k, grid, inner: k + grid * inner,
                        "The choice is made anew in each of the rounds.",
                    ),
                ],
            ),
            Step(
                "often",
                "In how many test folds does each sample lie?",
                lambda k: 1,
                integer(),
                hint="The test folds cover the data without overlap.",
                explain="In {often:}: the folds are disjoint and cover the data.",
                mistakes=[
                    Mistake("train", lambda k: k - 1, "So often it is in the training part."),
                ],
            ),
        ],
    )


WHICH = [
    Question(
        "Two models, trained once each, gave their answers for the same 2 000 test images. Is one of "
        "them better?",
        "McNemar's test",
        [
            ("Wilcoxon's signed-rank test", "It compares scores over several data sets; here is one."),
            ("Friedman's test", "It needs several data sets and more than two classifiers."),
            ("An unpaired t-test of the accuracies", "The answers are paired, and they are 0 or 1."),
            ("Nemenyi's test", "It comes after Friedman's, for many classifiers."),
        ],
        "One pair of models on one test set: count where exactly one of the two is right.",
        "How many test sets, how many models?",
    ),
    Question(
        "Two classifiers were run on the same 18 data sets; the accuracies differ in size from one "
        "data set to the next, with two outliers. Is one of them better?",
        "Wilcoxon's signed-rank test",
        [
            ("McNemar's test", "It compares two models on the samples of one test set."),
            ("The paired t-test", "It trusts the normal shape of the differences; outliers spoil it."),
            ("Friedman's test and then Nemenyi's", "For two classifiers that is a weak sign test."),
            ("18 tests, one for each data set", "That says nothing about the classifiers in general."),
        ],
        "Two classifiers over many data sets: rank the differences.",
        "What are the samples here: test images or data sets?",
    ),
    Question(
        "Six classifiers were run on the same 20 data sets. Before looking at any pair: is there a "
        "difference at all?",
        "Friedman's test, as $F_F$",
        [
            ("15 Wilcoxon tests at 0.05", "With 15 tests one false alarm is more likely than not."),
            ("Nemenyi's test, at once", "It is for afterwards, once a difference is shown."),
            ("McNemar's test on the best two", "Choosing the best two first makes every test too bold."),
            ("Analysis of variance of the accuracies", "It asks for normal scores of equal variance."),
        ],
        "Many classifiers over many data sets: mean ranks.",
        "More than two classifiers: first one question about them all.",
    ),
    Question(
        "Friedman's test has rejected. Your new method is among seven classifiers, and you only want "
        "to know which of the other six it beats. What has the most power and still guards the family?",
        "Holm's procedure",
        [
            ("Nemenyi's test", "It pays for all 21 pairs; you ask about six."),
            ("Six tests at 0.05 each", "That does not guard the family: one false alarm in four."),
            ("The Bonferroni-Dunn test", "It guards the family, but Holm rejects all it does and more."),
            ("McNemar's test, six times", "It is for one test set, and six times it is unguarded."),
        ],
        "A control: $k - 1$ comparisons, and step by step is never worse than a single step.",
        "How many comparisons are there? And which procedure never rejects less than another?",
    ),
    Question(
        "Friedman's test has rejected for five classifiers and no one of them is special. Which pairs "
        "differ?",
        "Nemenyi's test",
        [
            ("The Bonferroni-Dunn test", "It compares with a control; there is none."),
            ("McNemar's test for each pair", "It is for one test set."),
            ("Ten paired t-tests at 0.05", "The family error would be about 0.4."),
            ("Friedman's test for each pair", "It would be a sign test without guard for the family."),
        ],
        "All pairs: one critical difference from the studentized range.",
        "All pairs, or all against one?",
    ),
    Question(
        "Two models disagree on only 14 samples of the test set. Which form of McNemar's test?",
        "The exact binomial test",
        [
            ("Chi-squared with correction", "Below $b + c = 25$ it is only approximate."),
            ("Chi-squared without correction", "It rejects too often for few disagreements."),
            ("Wilcoxon's signed-rank test", "It compares scores over data sets."),
            ("None: 14 are too few to test", "14 coins can well be unfair: 12 to 2 has p = .013."),
        ],
        "Few coins: count their outcomes instead of approximating them.",
        "The rule of thumb has the number 25.",
    ),
]


@exercise_type(
    "comparison.which_test",
    topic="comparison",
    title="Which test for which question?",
    minutes=2,
    sources=["000A:33", "000A:37", "000A:38", "000A:39"],
)
def which_test(draw: Draw) -> Exercise:
    return theory(draw, WHICH)


QUESTIONS = [
    Question(
        "A test gives $p = 0.30$. What may you say?",
        "The data do not show a difference",
        [
            ("The two classifiers are equally good", "Too few data also give large p-values."),
            ("They are equal with probability 0.30", "p is computed as if they were equal."),
            ("The first is better with probability 0.70", "p says nothing of the kind."),
            ("The test was made with too small an $\\alpha$", "$\\alpha$ is chosen before."),
        ],
        "p is the chance of data at least as extreme if there is no difference, no more.",
        "p is computed under an assumption. Which?",
    ),
    Question(
        "Bonferroni-Dunn's $q$ is smaller than Nemenyi's. What follows?",
        "A control alone gives more power",
        [
            ("The comparison with a control is stricter", "A smaller $q$ gives a smaller critical "
             "difference: more is found."),
            ("Nemenyi finds more differences", "Its critical difference is larger: it finds fewer."),
            ("Bonferroni-Dunn does not guard the family", "It does, over $k - 1$ comparisons."),
            ("Both always reject the same hypotheses", "A difference may lie between the two."),
        ],
        "Fewer comparisons are paid for with a smaller critical difference.",
        "What does a smaller critical difference let you find?",
    ),
    Question(
        "What does Iman and Davenport's $F_F$ do better than Friedman's $\\chi^2_F$?",
        "It rejects less timidly",
        [
            ("It rejects less often", "Friedman's chi-squared rejects too rarely, not too often."),
            ("It takes account of the ties", "$F_F$ is computed from the same ranks."),
            ("It needs no normal scores", "Neither does Friedman's: both use ranks."),
            ("It tells which pairs differ", "It says only whether there is any difference."),
        ],
        "With few data sets chi-squared asks for too much; $F_F$ mends it.",
        "Compare the two p-values of the lecture's example.",
    ),
    Question(
        "Wilcoxon's test meets three data sets with equal scores. What does the lecture do?",
        "It leaves one out and splits two",
        [
            ("It leaves out all three of them", "That is the usual default of software, not the lecture's rule."),
            ("It gives their ranks to the better classifier", "Ties speak for neither."),
            ("It splits the ranks of all three evenly", "An odd number is made even first."),
            ("It breaks the ties by a coin", "Then the result depends on the coin."),
        ],
        "Zeros are evidence for neither, so they are shared; an odd one is ignored.",
        "Both sums must get the same.",
    ),
    Question(
        "Ten folds of one data set give ten differences. Why is a t-test on them too bold?",
        "The training sets overlap",
        [
            ("Ten differences are never normal", "Shape is not the problem here."),
            ("Ten folds are far too many", "More folds overlap even more; the problem is the overlap."),
            ("A t-test needs more than 30 values", "It is made for few values."),
            ("The folds have different sizes", "They need not, and it hardly matters."),
        ],
        "Each pair of training sets shares most of its samples, so the differences move together.",
        "What have the ten training sets in common?",
    ),
    Question(
        "Hochberg rejects whenever Holm does, sometimes more. What does it ask for in return?",
        "No negative dependence",
        [
            ("Samples of equal sizes", "The p-values alone are used."),
            ("A control classifier", "Both work for any list of hypotheses."),
            ("More than ten hypotheses", "Two suffice."),
            ("A test by Nemenyi before it", "The two are alternatives."),
        ],
        "Holm holds for any dependence; Hochberg for independent or positively dependent p-values.",
        "What would you gain by an assumption on how the p-values hang together?",
    ),
    Question(
        "Why may test samples never be used to choose a model?",
        "Its score would look too good",
        [
            ("They are needed for training", "They are never trained on."),
            ("They are too few to choose well", "However many: the best of many is partly luck."),
            ("The order of the samples would be lost", "Order plays no part."),
            ("Their labels are often less reliable", "They come from the same source."),
        ],
        "The best of several noisy scores is too high on average; only untouched samples are honest.",
        "What is the expected maximum of several lucky and unlucky scores?",
    ),
    Question(
        "In a critical-difference diagram two groups overlap in classifier X. What may be said of X?",
        "The data do not place it",
        [
            ("It belongs to both groups", "Nothing comes from two populations; nothing was shown."),
            ("It is as good as the best", "Not being told apart is no proof of equality."),
            ("It is better than the worse group", "Then no bar would join them."),
            ("It must be left out", "It stays; only the statement about it is open."),
        ],
        "No difference shown is no statement of equality.",
        "A bar joins what was *not shown* to differ.",
    ),
]


@exercise_type(
    "comparison.theory",
    topic="comparison",
    title="What a comparison says, and what not",
    minutes=2,
    sources=["000A:36", "000A:37", "000A:38", "000A:39"],
)
def comparison_theory(draw: Draw) -> Exercise:
    return theory(draw, QUESTIONS)
