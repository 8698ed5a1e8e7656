"""Machine-learning basics: neighbours, bias and variance, risk, scaling, counts, descriptors."""

from __future__ import annotations

from math import sqrt

import numpy as np

from course_lib.exam.answers import choice, integer, number, vector
from course_lib.exam.arithmetic import over, plus
from course_lib.exam.draw import Draw
from course_lib.exam.exercise import Exercise, Mistake, Step, exercise_type
from course_lib.exam.theory import Question, theory

# --- nearest neighbours ---------------------------------------------------------------------------

EUCLID = r"$d(u, v) = \sqrt{\sum_i (u_i - v_i)^2}$ (Euclidean)"
CITY = r"$d(u, v) = \sum_i |u_i - v_i|$ (city block)"
CHEBYSHEV = r"$d(u, v) = \max_i |u_i - v_i|$ (Chebyshev)"


def distances(points, query, rule):
    gap = np.abs(np.asarray(points, float) - np.asarray(query, float))
    if rule == CITY:
        return gap.sum(axis=1)
    return gap.max(axis=1) if rule == CHEBYSHEV else np.sqrt((gap**2).sum(axis=1))


def vote(distance, labels, k):
    """The label of most of the k nearest."""
    nearest = np.argsort(distance, kind="stable")[:k]
    chosen = [labels[i] for i in nearest]
    return max("AB", key=chosen.count)


@exercise_type(
    "learning.bias_variance",
    topic="learning",
    title="Bias, variance and noise at one point",
    minutes=5,
    sources=["000A:40"],
)
def bias_variance(draw: Draw) -> Exercise:
    truth = draw.integer("truth", 2, 9)
    noise = draw.choice("noise", [0.25, 0.5, 1, 1.5, 2])

    def telling(h):
        mean = sum(h) / len(h)
        return abs(mean - truth) >= 0.5 and len(set(h)) >= 3 and (4 * mean) % 1 == 0

    outputs = draw.search("h", lambda m: m.decimals("h", 4, truth - 3, truth + 5, 0.5), telling)
    return Exercise(
        "A learner was trained on four random training sets. At one point $x$ the four models say "
        "{outputs:}; the true function is $f(x) = {truth:}$, and the labels carry noise of "
        "variance ${noise:}$. Take these four models as the whole distribution of models.",
        givens={"truth": truth, "noise": noise, "outputs": outputs},
        steps=[
            Step(
                "mean",
                "The mean prediction",
                lambda outputs: outputs.mean(),
                number(absolute=1e-6),
                hint="Over the models.",
                explain=lambda outputs: f"$({plus(outputs)}) / 4$.",
                mistakes=[
                    Mistake(
                        "median",
                        lambda outputs: np.median(outputs),
                        "That is the median.",
                    ),
                    Mistake("sum", lambda outputs: outputs.sum(), "Divide by 4."),
                ],
            ),
            Step(
                "bias2",
                "The squared bias",
                lambda mean, truth: (mean - truth) ** 2,
                number(absolute=1e-6),
                hint="How far is the mean prediction from the truth? Squared.",
                explain="({mean:} $- {truth:})^2$.",
                mistakes=[
                    Mistake(
                        "not_squared", lambda mean, truth: mean - truth, "That is the bias itself."
                    ),
                    Mistake(
                        "mean_square",
                        lambda outputs, truth: ((outputs - truth) ** 2).mean(),
                        "That is the mean squared error; average first, then square.",
                    ),
                ],
            ),
            Step(
                "variance",
                "The variance of the prediction",
                lambda outputs, mean: ((outputs - mean) ** 2).mean(),
                number(absolute=1e-4),
                marks=2,
                hint="The mean squared distance from the mean prediction.",
                explain=lambda outputs, mean: f"$({plus((outputs - mean) ** 2)}) / 4$.",
                mistakes=[
                    Mistake(
                        "sample",
                        lambda outputs, mean: ((outputs - mean) ** 2).sum() / 3,
                        "The four models are the whole distribution here: divide by 4.",
                    ),
                    Mistake(
                        "deviation",
                        lambda outputs, mean: sqrt(((outputs - mean) ** 2).mean()),
                        "That is the standard deviation.",
                    ),
                ],
            ),
            Step(
                "error",
                "The expected squared error against a fresh noisy label",
                lambda bias2, variance, noise: bias2 + variance + noise,
                number(absolute=1e-4),
                marks=2,
                hint="Three parts.",
                explain="Squared bias + variance + noise: {bias2:} $+$ {variance:} $+ {noise:}$.",
                mistakes=[
                    Mistake(
                        "no_noise",
                        lambda bias2, variance: bias2 + variance,
                        "That is the error against the true function; the noise adds to it.",
                    ),
                    Mistake(
                        "bias_not_squared",
                        lambda mean, truth, variance, noise: abs(mean - truth) + variance + noise,
                        "The bias enters squared.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "learning.knn",
    topic="learning",
    title="k nearest neighbours by hand",
    minutes=6,
    sources=["001:09"],
    variants={
        "notes": {
            "rule": EUCLID,
            "points": [[0, 0], [1, 0], [0, 2], [3, 3], [4, 3]],
            "labels": ["A", "A", "B", "B", "B"],
            "query": [1, 1],
        }
    },
)
def knn(draw: Draw) -> Exercise:
    rule = draw.choice("rule", [EUCLID, CITY, CHEBYSHEV])
    labels = draw.choice("labels", [list(s) for s in ("ABABB", "AABBB", "BABAA", "BBAAA", "ABBAA")])
    query = draw.choice("query", [[2, 2], [3, 2], [2, 3], [3, 3]])
    cells = [[i, j] for i in range(7) for j in range(7)]

    def telling(points):
        d = distances(points, query, rule)
        s = np.sort(d)
        votes = [vote(d, labels, k) for k in (1, 3, 5)]
        return s[0] > 0 and s[1] > s[0] and s[3] > s[2] and len(set(votes)) == 2

    points = draw.search("points", lambda m: m.sample("points", cells, 5), telling)
    return Exercise(
        "Five training points\n{points:table #, $x_1$, $x_2$}\nhave the labels {labels:} in this "
        "order. Classify $q = {query:}$ with the distance {rule:s}.",
        givens={"rule": rule, "labels": labels, "query": query, "points": points},
        steps=[
            Step(
                "distances",
                "The distances of $q$ to the five points, in order",
                lambda points, query, rule: distances(points, query, rule),
                vector(length=5, decimals=2, partial=True),
                marks=2,
                hint="By the stated rule: {rule:s}.",
                explain=lambda points, query, rule: "\n".join(
                    f"- differences ${p[0] - query[0]:g}$ and ${p[1] - query[1]:g}$: distance ${d:.4g}$"
                    for p, d in zip(points, distances(points, query, rule), strict=True)
                ),
                mistakes=[
                    Mistake(
                        "squared",
                        lambda points, query: distances(points, query, EUCLID) ** 2,
                        "Those are the squared Euclidean distances.",
                    ),
                    Mistake(
                        "other_rule",
                        lambda points, query, rule: distances(
                            points, query, EUCLID if rule == CITY else CITY
                        ),
                        "That is another distance; the rule here is {rule:s}.",
                    ),
                    Mistake(
                        "from_origin",
                        lambda points, query, rule: distances(points, [0, 0], rule),
                        "Those are the distances to the origin.",
                    ),
                ],
            ),
            *(
                Step(
                    f"k{k}",
                    f"The class by $k = {k}$",
                    lambda distances, labels, k=k: vote(distances, labels, k),
                    choice(["A", "B"]),
                    hint="The majority among the nearest.",
                    explain=lambda distances, labels, k=k: (
                        "Nearest first: "
                        + ", ".join(
                            f"{labels[i]} ({distances[i]:.3g})"
                            for i in np.argsort(distances, kind="stable")[:k]
                        )
                        + "."
                    ),
                )
                for k in (1, 3, 5)
            ),
        ],
    )


# --- bias, variance, risk -------------------------------------------------------------------------


@exercise_type(
    "learning.risk",
    topic="learning",
    title="Empirical risk and true risk",
    minutes=5,
    sources=["000A:26", "004:02"],
)
def risk(draw: Draw) -> Exercise:
    c = draw.integer("c", 3, 7)
    h = draw.choice("h", [c + e for e in (-2.5, -2, -1.5, 1.5, 2, 2.5)])

    def telling(x):
        wrong = sum((v > c) != (v > h) for v in x)
        return 0 < wrong < 4 and len(set(x)) == 8 and wrong / 8 != abs(c - h) / 10

    x = draw.search("x", lambda m: sorted(m.decimals("x", 8, 0.2, 9.8, 0.4)), telling)
    return Exercise(
        "Inputs are uniform on $(0, 10)$. The true class of $x$ is 1 if $x > {c:}$, otherwise 0. A "
        "learner proposes the hypothesis: 1 if $x > {h:}$. The training inputs are {x:}.",
        givens={"c": c, "h": h, "x": x},
        steps=[
            Step(
                "wrong",
                "How many training patterns does the hypothesis get wrong?",
                lambda c, h, x: int(((x > c) != (x > h)).sum()),
                integer(),
                hint="Those between the two thresholds.",
                explain=lambda c, h, x: (
                    "Between the thresholds lie "
                    + ", ".join(f"{v:g}" for v in x[(x > c) != (x > h)])
                    + "."
                ),
                mistakes=[
                    Mistake(
                        "right",
                        lambda c, h, x: int(((x > c) == (x > h)).sum()),
                        "Those are the right ones.",
                    ),
                    Mistake(
                        "positives", lambda h, x: int((x > h).sum()), "Those are called positive."
                    ),
                ],
            ),
            Step(
                "empirical",
                "The empirical error",
                lambda wrong, x: wrong / len(x),
                number(significant=3),
                hint="A fraction, not a number of patterns.",
                explain="{wrong:} of 8.",
                mistakes=[
                    Mistake(
                        "accuracy", lambda wrong, x: 1 - wrong / len(x), "That is the accuracy."
                    ),
                    Mistake("count", lambda wrong: wrong, "The error is a fraction: divide by 8."),
                ],
            ),
            Step(
                "true",
                "The true error",
                lambda c, h: abs(h - c) / 10,
                number(significant=3),
                marks=2,
                hint="The probability that a fresh input falls where the two disagree.",
                explain="The interval between ${c:}$ and ${h:}$, over the length 10.",
                mistakes=[
                    Mistake(
                        "length", lambda c, h: abs(h - c), "Divide by the length of the range."
                    ),
                    Mistake("agree", lambda c, h: 1 - abs(h - c) / 10, "There they agree."),
                ],
            ),
            Step(
                "optimism",
                "True error minus empirical error",
                lambda true, empirical: true - empirical,
                number(absolute=0.0006),
                hint="By how much does the training error flatter (or blacken) the hypothesis?",
                explain="{true:} $-$ {empirical:}.",
                mistakes=[
                    Mistake(
                        "sign", lambda true, empirical: empirical - true, "The other way round."
                    )
                ],
            ),
        ],
    )


@exercise_type(
    "learning.scaling",
    topic="learning",
    title="Min-max scaling and standardising",
    minutes=5,
    sources=["000A:67", "000A:50"],
)
def scaling(draw: Draw) -> Exercise:
    def telling(v):
        return len(set(v)) == 4 and sum(v) % 4 == 0 and sum(v) / 4 != (min(v) + max(v)) / 2

    x = draw.search("x", lambda m: m.integers("x", 4, 1, 20), telling)
    low, high = min(x), max(x)
    new = draw.choice("new", [v for v in (high + 2, high + 4, low - 2, high + 5, low - 3) if v > 0])
    return Exercise(
        "A feature has the training values {x:}. A test pattern has the value {new:d}.",
        givens={"x": x, "new": new},
        steps=[
            Step(
                "minmax",
                "The test value after min-max scaling to $[0, 1]$",
                lambda x, new: (new - x.min()) / (x.max() - x.min()),
                number(decimals=3),
                hint="With minimum and maximum of the training values only.",
                explain=lambda x, new: (
                    f"$({new} - {x.min()}) / ({x.max()} - {x.min()})$; a test value may leave $[0, 1]$."
                ),
                mistakes=[
                    Mistake(
                        "test_included",
                        lambda x, new: (
                            (new - min(x.min(), new)) / (max(x.max(), new) - min(x.min(), new))
                        ),
                        "The test pattern must not decide the range: that is a leak.",
                    ),
                    Mistake(
                        "by_maximum", lambda x, new: new / x.max(), "Subtract the minimum first."
                    ),
                ],
            ),
            Step(
                "mean",
                "The mean of the training values",
                lambda x: x.mean(),
                number(absolute=1e-6),
                hint="Training values only.",
                explain=lambda x: f"$({plus(x)}) / 4$.",
                mistakes=[
                    Mistake(
                        "test_included",
                        lambda x, new: (x.sum() + new) / 5,
                        "The test pattern is not part of the training set.",
                    ),
                    Mistake("middle", lambda x: (x.min() + x.max()) / 2, "That is the mid-range."),
                ],
            ),
            Step(
                "std",
                "Their standard deviation (divide by $n$)",
                lambda x, mean: sqrt(((x - mean) ** 2).mean()),
                number(significant=3),
                marks=2,
                hint="Root of the mean squared distance from the mean.",
                explain=lambda x, mean: f"$\\sqrt{{({plus((x - mean) ** 2)}) / 4}}$.",
                mistakes=[
                    Mistake(
                        "sample",
                        lambda x, mean: sqrt(((x - mean) ** 2).sum() / 3),
                        "Here the sum is divided by $n$, not by $n - 1$.",
                    ),
                    Mistake("variance", lambda x, mean: ((x - mean) ** 2).mean(), "Take the root."),
                ],
            ),
            Step(
                "standard",
                "The test value after standardising",
                lambda new, mean, std: over(new - mean, std),
                number(relative=0.01),
                hint="Subtract the mean, divide by the standard deviation.",
                explain="(${new:d} -$ {mean:}$) /$ {std:}.",
                mistakes=[
                    Mistake(
                        "not_divided", lambda new, mean: new - mean, "Divide by the deviation."
                    ),
                    Mistake(
                        "sign", lambda new, mean, std: over(mean - new, std), "Value minus mean."
                    ),
                ],
            ),
        ],
    )


# --- counting -------------------------------------------------------------------------------------


@exercise_type(
    "learning.hypotheses",
    topic="learning",
    title="Counting hypotheses: there is no free lunch",
    minutes=4,
    sources=["004:01", "004:10"],
)
def hypotheses(draw: Draw) -> Exercise:
    n = draw.choice("n", [3, 4])
    t = draw.choice(
        "t", [v for v in range(1, 2**n - 1) if 2**n - v <= 10 and v != 2 ** (n - 1) and v != n]
    )
    return Exercise(
        "Patterns are the ${n:d}$-bit strings, labels are 0 or 1. A training set shows ${t:d}$ "
        "different patterns with their labels.",
        givens={"n": n, "t": t},
        steps=[
            Step(
                "patterns",
                "How many patterns are there?",
                lambda n: 2**n,
                integer(),
                hint="Each bit doubles the number.",
                explain="$2^{{n:d}}$.",
                mistakes=[Mistake("double", lambda n: 2 * n, "The number doubles with each bit.")],
            ),
            Step(
                "functions",
                "How many functions from patterns to labels are there?",
                lambda patterns: 2 ** max(0, min(patterns, 64)),
                integer(),
                hint="A label is chosen for each pattern on its own.",
                explain="$2$ to the power {patterns:}.",
                mistakes=[
                    Mistake(
                        "square",
                        lambda patterns: patterns**2,
                        "Every pattern doubles the number of functions.",
                    ),
                    Mistake(
                        "twice",
                        lambda patterns: 2 * patterns,
                        "Labels multiply, pattern by pattern.",
                    ),
                ],
            ),
            Step(
                "consistent",
                "How many of these agree with the training set?",
                lambda patterns, t: 2 ** max(0, min(patterns - t, 64)),
                integer(),
                marks=2,
                hint="The labels of the unseen patterns are free.",
                explain="$2$ to the power {patterns:} $- {t:d}$.",
                mistakes=[
                    Mistake(
                        "seen", lambda t: 2**t, "The seen labels are fixed, the unseen are free."
                    ),
                    Mistake("one", 1, "Only if every pattern was seen."),
                ],
            ),
            Step(
                "accuracy",
                "The accuracy on the unseen patterns, in %, of any learner, averaged over these functions",
                lambda: 50,
                number(absolute=1e-6),
                hint="For each unseen pattern, half of the functions say 1.",
                explain="Whatever the learner says, half of the consistent functions disagree on each unseen "
                "pattern: without a bias that fits the problem nothing generalises.",
                mistakes=[
                    Mistake("perfect", 100, "Consistency says nothing about the unseen patterns."),
                    Mistake(
                        "seen_share",
                        lambda t, patterns: over(100 * t, patterns),
                        "That is the share seen.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "learning.return",
    topic="learning",
    title="A discounted return",
    minutes=4,
    sources=["000A:22", "003:64", "000B:26"],
    variants={
        "ones": {"gamma": 0.9, "r": [1, 1, 1, 1], "forever": 1},
        "mixed": {"gamma": 0.9, "r": [1, 0, -1, 2], "forever": 1},
        "notes-003": {"gamma": 0.9, "r": [1, 0, 2, 5], "forever": 1},
    },
)
def discounted(draw: Draw) -> Exercise:
    gamma = draw.choice("gamma", [0.5, 0.8, 0.9])
    r = draw.search(
        "r",
        lambda m: m.integers("r", 4, -2, 6),
        lambda v: v[0] != 0 and v[3] != 0 and len(set(v)) > 2 and sum(v) != 0,
    )
    forever = draw.integer("forever", 2, 6)
    return Exercise(
        "An agent receives the rewards {r:} in the next four steps, then nothing. The discount is "
        "$\\gamma = {gamma:}$, and the first of these rewards is not discounted.",
        givens={"gamma": gamma, "r": r, "forever": forever},
        steps=[
            Step(
                "last",
                "The return from the third reward on, seen at that moment",
                lambda r, gamma: r[2] + gamma * r[3],
                number(absolute=1e-4),
                hint="Two rewards are left; only the second of them waits.",
                explain=lambda r, gamma: f"${r[2]} + {gamma:g} \\cdot ({r[3]})$.",
                mistakes=[
                    Mistake("plain", lambda r: r[2] + r[3], "The later reward is discounted."),
                    Mistake(
                        "all",
                        lambda r, gamma: gamma * r[2] + gamma**2 * r[3],
                        "The reward at that very moment is not discounted.",
                    ),
                ],
            ),
            Step(
                "G",
                "The return from the beginning",
                lambda r, gamma, last: r[0] + gamma * r[1] + gamma**2 * last,
                number(absolute=1e-3),
                marks=2,
                hint="$G_t = r_{t+1} + \\gamma G_{t+1}$, backwards.",
                explain=lambda r, gamma, last: (
                    f"${r[0]} + {gamma:g} \\cdot ({r[1]}) + {gamma:g}^2 \\cdot ({last:g})$."
                ),
                mistakes=[
                    Mistake("plain", lambda r: r.sum(), "You did not discount."),
                    Mistake(
                        "one_too_many",
                        lambda r, gamma: float(r @ gamma ** np.arange(1, 5)),
                        "The first reward is not discounted.",
                    ),
                    Mistake(
                        "backwards",
                        lambda r, gamma: float(r[::-1] @ gamma ** np.arange(4)),
                        "The last reward is discounted most, not least.",
                    ),
                ],
            ),
            Step(
                "endless",
                "Another agent receives {forever:d} in every step for ever. Its return",
                lambda gamma, forever: forever / (1 - gamma),
                number(relative=1e-4),
                hint="A geometric series.",
                explain="${forever:d} / (1 - {gamma:})$.",
                mistakes=[
                    Mistake(
                        "no_sum", lambda gamma, forever: forever * gamma, "Sum over all steps."
                    ),
                    Mistake(
                        "discounted_first",
                        lambda gamma, forever: forever * gamma / (1 - gamma),
                        "The first reward is not discounted.",
                    ),
                ],
            ),
        ],
    )


# --- descriptors ----------------------------------------------------------------------------------


@exercise_type(
    "learning.protein",
    topic="learning",
    title="Turning a protein into numbers",
    minutes=5,
    sources=["000A:08"],
    variants={
        "lecture": {
            "s": "LNQAVSVAQARENFSRVEQA",
            "letter": "A",
            "pair": "QA",
            "m": 5,
            "i": 3,
            "j": 7,
        }
    },
)
def protein(draw: Draw) -> Exercise:
    def telling(text):
        return (
            text.count("A") >= 2
            and text[0] != "A"
            and sum(text[i : i + 2] == "AG" for i in range(len(text) - 1)) >= 2
            and text.count("AG") != text.count("A")
            and text.count("GA") != text.count("AG")
        )

    s = draw.search(
        "s",
        lambda d: "".join("AGLV"[k] for k in d.integers("k", d.integer("n", 10, 14), 0, 3)),
        telling,
    )
    letter, pair = draw.choice("letter", ["A"]), draw.choice("pair", ["AG"])
    m = draw.integer("m", 3, 12)
    i, j = draw.sample("ij", list(range(2, 20)), 2) if "i" not in draw.fixed else (0, 0)
    i, j = draw.choice("i", [i]), draw.choice("j", [j])
    return Exercise(
        "A protein is written as {s:s}, of length $N$. Its amino-acid composition is $AS(a) = h(a)/N$, "
        "its 2-grams are $2G(ab) = h(ab)/N$ with $h$ the counts (of neighbours $ab$, overlaps "
        "included). There are 20 amino acids.",
        givens={"s": s, "letter": letter, "pair": pair, "m": m, "i": i, "j": j},
        steps=[
            Step(
                "N",
                "$N$",
                lambda s: len(s),
                integer(),
                hint="Count the letters.",
                explain="The letters of {s:s}.",
                mistakes=[
                    Mistake("pairs", lambda s: len(s) - 1, "Those are the neighbouring pairs.")
                ],
            ),
            Step(
                "composition",
                "$AS$ of {letter:s}",
                lambda s, letter, N: over(s.count(letter), N),
                number(significant=3),
                hint="Its count over $N$.",
                explain=lambda s, letter, N: f"{s.count(letter)} of {N}.",
                mistakes=[
                    Mistake("count", lambda s, letter: s.count(letter), "Divide by $N$."),
                    Mistake(
                        "of_pairs",
                        lambda s, letter: s.count(letter) / (len(s) - 1),
                        "Divide by $N$.",
                    ),
                ],
            ),
            Step(
                "bigram",
                "$2G$ of {pair:s}",
                lambda s, pair, N: over(sum(s[i : i + 2] == pair for i in range(len(s) - 1)), N),
                number(significant=3),
                hint="How often does the second letter follow the first? Over $N$.",
                explain=lambda s, pair, N: (
                    f"{sum(s[i : i + 2] == pair for i in range(len(s) - 1))} of {N} (not of {N - 1})."
                ),
                mistakes=[
                    Mistake(
                        "of_pairs",
                        lambda s, pair, N: over(
                            sum(s[i : i + 2] == pair for i in range(len(s) - 1)), N - 1
                        ),
                        "By the definition above the count is divided by $N$.",
                    ),
                    Mistake(
                        "turned",
                        lambda s, pair, N: over(
                            sum(s[i : i + 2] == pair[::-1] for i in range(len(s) - 1)), N
                        ),
                        "The order counts: you took the pair turned round.",
                    ),
                ],
            ),
            Step(
                "sum",
                "The sum of all 2-gram values",
                lambda N: over(N - 1, N),
                number(significant=3),
                hint="How many neighbouring pairs are there?",
                explain="{N:} $- 1$ pairs, each counted as one over $N$: the sum is not 1.",
                mistakes=[Mistake("one", 1, "There are $N - 1$ pairs, but the divisor is $N$.")],
            ),
            Step(
                "index",
                "With $k = j + 20(i - 1)$: the place $k$ of the pair with $i = {i:d}$, $j = {j:d}$",
                lambda i, j: j + 20 * (i - 1),
                integer(),
                hint="Insert.",
                explain="${j:d} + 20 \\cdot ({i:d} - 1)$.",
                mistakes=[
                    Mistake("turned", lambda i, j: i + 20 * (j - 1), "You swapped $i$ and $j$."),
                    Mistake(
                        "from_zero", lambda i, j: j + 20 * i, "It is $i - 1$: places start at 1."
                    ),
                ],
            ),
            Step(
                "features",
                "The number of features of AS, 2G and an autocovariance descriptor with AS and {m:d} lags, "
                "one after the other",
                lambda m: 20 + 400 + 20 + m,
                integer(),
                hint="20, then $20^2$, then $20 + m$.",
                explain="$20 + 400 + (20 + {m:d})$.",
                mistakes=[
                    Mistake("only_lags", lambda m: 420 + m, "The third repeats the 20 of AS."),
                    Mistake("pairs", lambda m: 20 + 190 + 20 + m, "Ordered pairs: $20 \\cdot 20$."),
                ],
            ),
        ],
    )


@exercise_type(
    "learning.dna",
    topic="learning",
    title="Frequencies of bases and dinucleotides",
    minutes=4,
    sources=["000A:09"],
    variants={"notes": {"s": "GATTACA", "pair": "TA"}},
)
def dna(draw: Draw) -> Exercise:
    def telling(text):
        counts = [text.count(c) for c in "ACGT"]
        return min(counts) >= 1 and len(set(counts)) >= 3 and counts != counts[::-1]

    s = draw.search(
        "s",
        lambda d: "".join("ACGT"[k] for k in d.integers("k", d.choice("n", [8, 10, 12]), 0, 3)),
        telling,
    )
    pair = draw.choice(
        "pair",
        [s[i : i + 2] for i in range(len(s) - 1) if s[i] != s[i + 1]],
    )
    return Exercise(
        "A piece of DNA reads {s:s}, of length $L$.",
        givens={"s": s, "pair": pair},
        steps=[
            Step(
                "bases",
                "The frequencies of A, C, G, T",
                lambda s: [s.count(c) / len(s) for c in "ACGT"],
                vector("A", "C", "G", "T", decimals=3, partial=True),
                marks=2,
                hint="Counts over $L$.",
                explain=lambda s: (
                    f"Counts {', '.join(str(s.count(c)) for c in 'ACGT')} of {len(s)}."
                ),
                mistakes=[
                    Mistake("counts", lambda s: [s.count(c) for c in "ACGT"], "Divide by $L$."),
                    Mistake(
                        "of_windows",
                        lambda s: [s.count(c) / (len(s) - 1) for c in "ACGT"],
                        "Single bases: divide by $L$.",
                    ),
                ],
            ),
            Step(
                "windows",
                "The number of dinucleotides (overlaps included)",
                lambda s: len(s) - 1,
                integer(),
                hint="One starts at every base but the last.",
                explain=lambda s: f"${len(s)} - 1$.",
                mistakes=[
                    Mistake("all", lambda s: len(s), "The last base has no neighbour."),
                    Mistake("disjoint", lambda s: len(s) // 2, "They overlap."),
                ],
            ),
            Step(
                "frequency",
                "The frequency of {pair:s} among them",
                lambda s, pair, windows: over(
                    sum(s[i : i + 2] == pair for i in range(len(s) - 1)), windows
                ),
                number(significant=3),
                hint="Its count over the number of dinucleotides.",
                explain=lambda s, pair, windows: (
                    f"{sum(s[i : i + 2] == pair for i in range(len(s) - 1))} of {windows}."
                ),
                mistakes=[
                    Mistake(
                        "of_bases",
                        lambda s, pair: (
                            sum(s[i : i + 2] == pair for i in range(len(s) - 1)) / len(s)
                        ),
                        "Divide by the number of dinucleotides.",
                    ),
                    Mistake(
                        "independent",
                        lambda bases, pair: (
                            bases["ACGT".index(pair[0])] * bases["ACGT".index(pair[1])]
                        ),
                        "That would hold for independent bases; count instead.",
                    ),
                ],
            ),
            Step(
                "features",
                "The number of possible dinucleotides",
                lambda: 16,
                integer(),
                hint="Two places, four letters.",
                explain="$4^2$.",
                mistakes=[Mistake("unordered", 10, "AC and CA are different.")],
            ),
        ],
    )


RING = [(0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0)]


@exercise_type(
    "learning.lbp",
    topic="learning",
    title="The local binary pattern of a patch",
    minutes=5,
    sources=["000A:11"],
    variants={"notes": {"patch": [[6, 5, 2], [7, 6, 1], [9, 8, 7]]}},
)
def lbp(draw: Draw) -> Exercise:
    def bits(patch):
        return [int(patch[i][j] >= patch[1][1]) for i, j in RING]

    def telling(patch):
        b = bits(patch)
        ties = sum(patch[i][j] == patch[1][1] for i, j in RING)
        return ties == 1 and 3 <= sum(b) <= 5 and b != b[::-1] and b[1:] != b[:0:-1]

    patch = draw.search(
        "patch", lambda m: np.reshape(m.integers("v", 9, 1, 9), (3, 3)).tolist(), telling
    )
    return Exercise(
        "Compute the local binary pattern of $\\; {patch:}$. A neighbour gives the bit 1 if it is "
        "$\\ge$ the centre. Start at the top left and go clockwise; the bits have the weights 1, 2, 4, "
        "..., 128 in this order.",
        givens={"patch": patch},
        steps=[
            Step(
                "bits",
                "The eight bits in this order",
                lambda patch: [int(patch[i, j] >= patch[1, 1]) for i, j in RING],
                vector(length=8, partial=True),
                marks=2,
                hint="Compare each neighbour with the centre; equal counts as 1.",
                explain=lambda patch: (
                    "Neighbours "
                    + ", ".join(str(patch[i, j]) for i, j in RING)
                    + f" against the centre {patch[1, 1]}."
                ),
                mistakes=[
                    Mistake(
                        "strict",
                        lambda patch: [int(patch[i, j] > patch[1, 1]) for i, j in RING],
                        "Equal to the centre counts as 1.",
                    ),
                    Mistake(
                        "turned",
                        lambda patch: [int(patch[i, j] < patch[1, 1]) for i, j in RING],
                        "You marked the darker neighbours.",
                    ),
                    Mistake(
                        "counter_clockwise",
                        lambda patch: [int(patch[j, i] >= patch[1, 1]) for i, j in RING],
                        "You went counter-clockwise.",
                    ),
                ],
            ),
            Step(
                "code",
                "The code",
                lambda bits: sum(int(b) << k for k, b in enumerate(bits)),
                integer(),
                hint="Add the weights of the ones.",
                explain=lambda bits: " + ".join(str(1 << k) for k, b in enumerate(bits) if b) + ".",
                mistakes=[
                    Mistake(
                        "first_is_128",
                        lambda bits: sum(int(b) << (7 - k) for k, b in enumerate(bits)),
                        "The first bit has the weight 1.",
                    ),
                    Mistake("count", lambda bits: int(sum(bits)), "That is the number of ones."),
                ],
            ),
            Step(
                "transitions",
                "The number of changes between 0 and 1 around the circle",
                lambda bits: sum(bits[k] != bits[k - 1] for k in range(8)),
                integer(),
                hint="The last bit and the first are neighbours.",
                explain=lambda bits: (
                    f"Around {''.join(str(int(b)) for b in bits)}, back to its start."
                ),
                mistakes=[
                    Mistake(
                        "off_by_one",
                        lambda bits: sum(bits[k] != bits[k - 1] for k in range(8)) + 1,
                        "Count the changes, not the runs and one more.",
                    ),
                ],
            ),
            Step(
                "uniform",
                "Is the pattern uniform (at most two changes)?",
                lambda transitions: "yes" if transitions <= 2 else "no",
                choice(["yes", "no"]),
                hint="At most two changes.",
                explain="{transitions:} changes.",
            ),
            Step(
                "contrast",
                "The contrast: mean of the neighbours with bit 1 minus mean of the others",
                lambda patch, bits: (
                    over(
                        sum(patch[i, j] * b for (i, j), b in zip(RING, bits, strict=True)),
                        sum(bits),
                    )
                    - over(
                        sum(patch[i, j] * (1 - b) for (i, j), b in zip(RING, bits, strict=True)),
                        8 - sum(bits),
                    )
                ),
                number(decimals=2),
                hint="Two means; the centre belongs to neither.",
                explain=lambda patch, bits: (
                    f"$({' + '.join(str(patch[i, j]) for (i, j), b in zip(RING, bits, strict=True) if b)}) "
                    f"/ {sum(bits):g} - ({' + '.join(str(patch[i, j]) for (i, j), b in zip(RING, bits, strict=True) if not b)}) "
                    f"/ {8 - sum(bits):g}$."
                ),
                mistakes=[
                    Mistake(
                        "with_centre",
                        lambda patch, bits: (
                            (
                                sum(patch[i, j] * b for (i, j), b in zip(RING, bits, strict=True))
                                + patch[1, 1]
                            )
                            / (sum(bits) + 1)
                            - over(
                                sum(
                                    patch[i, j] * (1 - b)
                                    for (i, j), b in zip(RING, bits, strict=True)
                                ),
                                8 - sum(bits),
                            )
                        ),
                        "The centre is no neighbour.",
                    )
                ],
            ),
        ],
    )


@exercise_type(
    "learning.signal_to_noise",
    topic="learning",
    title="Choosing genes by signal to noise",
    minutes=5,
    sources=["000A:10"],
    variants={"notes": {"plus": [5, 6, 7], "minus": [1, 2, 3]}},
)
def signal_to_noise(draw: Draw) -> Exercise:
    def telling(v):
        a, b = np.var(v[:3], ddof=1), np.var(v[3:], ddof=1)
        return (
            min(a, b) > 0
            and a != b
            and sum(v[:3]) % 3 == 0 == sum(v[3:]) % 3
            and sum(v[:3]) != sum(v[3:])
        )

    v = [1] * 6
    if "plus" not in draw.fixed:
        v = draw.search("v", lambda m: m.integers("v", 6, 1, 12), telling)
    up, down = draw.choice("plus", [v[:3]]), draw.choice("minus", [v[3:]])
    return Exercise(
        "A gene was measured on three patients, {up:}, and three healthy people, {down:}. Its score is "
        "the signal-to-noise ratio $S = (\\mu_+ - \\mu_-) / (\\sigma_+ + \\sigma_-)$ with $\\sigma$ the "
        "sample standard deviation (divide by $n - 1$).",
        givens={"up": up, "down": down},
        steps=[
            Step(
                "difference",
                "$\\mu_+ - \\mu_-$",
                lambda up, down: up.mean() - down.mean(),
                number(absolute=1e-4),
                hint="Patients minus healthy.",
                explain=lambda up, down: f"${up.mean():g} - {down.mean():g}$.",
                mistakes=[
                    Mistake("sign", lambda up, down: down.mean() - up.mean(), "Patients first.")
                ],
            ),
            Step(
                "spread",
                "$\\sigma_+ + \\sigma_-$",
                lambda up, down: up.std(ddof=1) + down.std(ddof=1),
                number(significant=3),
                marks=2,
                hint="One deviation for each group, divided by $n - 1 = 2$.",
                explain=lambda up, down: f"${up.std(ddof=1):.4g} + {down.std(ddof=1):.4g}$.",
                mistakes=[
                    Mistake(
                        "population",
                        lambda up, down: up.std() + down.std(),
                        "Divide by $n - 1$.",
                    ),
                    Mistake(
                        "variances",
                        lambda up, down: up.var(ddof=1) + down.var(ddof=1),
                        "Those are the variances.",
                    ),
                ],
            ),
            Step(
                "score",
                "$S$",
                lambda difference, spread: over(difference, spread),
                number(relative=0.01),
                hint="One over the other.",
                explain="{difference:} over {spread:}. (The notes print a minus in the denominator, which "
                "fails for equal deviations.)",
                mistakes=[
                    Mistake(
                        "misprint",
                        lambda difference, up, down: over(
                            difference, up.std(ddof=1) - down.std(ddof=1)
                        ),
                        "The deviations are added.",
                    )
                ],
            ),
        ],
    )


# --- which kind of learning? ----------------------------------------------------------------------


def setting(ask: str, right: str, why: str, *wrong: str) -> Question:
    return Question(
        f"Which kind of learning is this? {ask}",
        right,
        [(w, WHY[w]) for w in wrong],
        why,
        "Which information does the learner get?",
    )


WHY = {
    "supervised": "That needs a label for every training pattern.",
    "unsupervised": "Then there would be no targets of any kind.",
    "semi-supervised": "That mixes few labelled with many unlabelled patterns.",
    "self-supervised": "There the targets are made from the data themselves.",
    "reinforcement": "There an agent acts and is told only how good it was.",
    "active": "There the learner chooses which patterns get a label.",
    "federated": "There the data stay where they are and only parameters travel.",
    "continual": "There tasks or data come one after the other, without the old ones.",
    "one-shot": "There a class is shown only once.",
    "zero-shot": "There a class was never shown, only described.",
}

SETTINGS = [
    setting(
        "Words of a text are hidden and the net must guess them.",
        "self-supervised",
        "The targets come from the text itself.",
        "supervised",
        "reinforcement",
        "active",
        "semi-supervised",
    ),
    setting(
        "Hospitals train one model together; only weights leave the house.",
        "federated",
        "Parameters are exchanged, not data.",
        "continual",
        "semi-supervised",
        "active",
        "self-supervised",
    ),
    setting(
        "1000 X-rays have a diagnosis, 50 000 have none; all are used.",
        "semi-supervised",
        "Few labels, many patterns.",
        "supervised",
        "unsupervised",
        "one-shot",
        "federated",
    ),
    setting(
        "The program asks the expert about those patterns where it is least sure.",
        "active",
        "It chooses what is labelled.",
        "supervised",
        "reinforcement",
        "semi-supervised",
        "continual",
    ),
    setting(
        "A robot arm gets a point whenever it holds the ball.",
        "reinforcement",
        "Only a reward tells how good its actions were.",
        "supervised",
        "unsupervised",
        "active",
        "self-supervised",
    ),
    setting(
        "Customers are put into groups that nobody has named before.",
        "unsupervised",
        "There are no targets.",
        "supervised",
        "semi-supervised",
        "zero-shot",
        "reinforcement",
    ),
    setting(
        "Every e-mail of the training set is marked as spam or not.",
        "supervised",
        "Each pattern has its label.",
        "unsupervised",
        "semi-supervised",
        "active",
        "reinforcement",
    ),
    setting(
        "A net that reads digits 0 to 4 is now trained on 5 to 9 only, and must keep both.",
        "continual",
        "New tasks come without the old data; forgetting is the danger.",
        "federated",
        "one-shot",
        "semi-supervised",
        "active",
    ),
    setting(
        "A door opens for a face of which it has a single photo.",
        "one-shot",
        "One example per class.",
        "zero-shot",
        "unsupervised",
        "continual",
        "supervised",
    ),
    setting(
        "It recognises zebras, of which it knows only the sentence 'a striped horse'.",
        "zero-shot",
        "No example, only a description.",
        "one-shot",
        "self-supervised",
        "semi-supervised",
        "active",
    ),
]


@exercise_type(
    "learning.setting",
    topic="learning",
    title="Which kind of learning is this?",
    minutes=2,
    sources=["000A:18", "000A:20", "000A:22", "000A:23"],
)
def learning_setting(draw: Draw) -> Exercise:
    return theory(draw, SETTINGS)
