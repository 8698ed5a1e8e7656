"""Probability and information: tables, densities, Bayes, entropy, divergences, new variables."""

from __future__ import annotations

from math import comb, exp, log, log2, pi, sqrt

import numpy as np

from course_lib.exam.answers import choice, integer, number, vector
from course_lib.exam.arithmetic import over, plus
from course_lib.exam.draw import Draw
from course_lib.exam.exercise import Exercise, Mistake, Step, exercise_type
from course_lib.exam.theory import Question, theory


def total(values, base: str) -> float:
    """-sum p log q over pairs (p, q), in bits or nats; terms with p = 0 count 0."""
    unit = log(2) if base == "bits" else 1.0
    return -sum(p * log(q) for p, q in values if p > 0) / unit


# --- uniform laws ---------------------------------------------------------------------------------


@exercise_type(
    "probability.uniform",
    topic="probability",
    title="A uniform distribution on k values",
    minutes=4,
    sources=["004:E04"],
    variants={"lecture": {"k": 8, "sizes": [3, 2], "both": 0}},
)
def uniform(draw: Draw) -> Exercise:
    k = draw.integer("k", 12, 20)
    first, second = draw.sample("sizes", [4, 5, 6, 7], 2)
    both = draw.integer("both", 1, 3)
    return Exercise(
        "$X$ is uniform on {k:d} different values. The set $A$ holds {first:d} of them, the set $B$ "
        "holds {second:d}, and {both:d} values lie in both.",
        givens={"k": k, "first": first, "second": second, "both": both},
        steps=[
            Step(
                "p",
                "The probability of one value",
                lambda k: 1 / k,
                number(significant=3),
                hint="All are equal and they add up to 1.",
                explain="$1/{k:d}$.",
                mistakes=[Mistake("off_by_one", lambda k: 1 / (k - 1), "There are {k:d} values.")],
            ),
            Step(
                "union",
                "$P(A \\cup B)$",
                lambda first, second, both, p: (first + second - both) * p,
                number(significant=3),
                marks=2,
                hint="$P(A) + P(B) - P(A \\cap B)$.",
                explain="$({first:d} + {second:d} - {both:d}) / {k:d}$.",
                mistakes=[
                    Mistake(
                        "counted_twice",
                        lambda first, second, p: (first + second) * p,
                        "The values in both sets were counted twice.",
                    ),
                    Mistake(
                        "product",
                        lambda first, second, p: first * second * p * p,
                        "That would be the chance of both, were they independent.",
                    ),
                ],
            ),
            Step(
                "rest",
                "The probability that $X$ lies in neither",
                lambda union: 1 - union,
                number(significant=3),
                hint="The complement.",
                explain="$1 -$ {union:}.",
                mistakes=[
                    Mistake(
                        "intersection",
                        lambda both, p: 1 - both * p,
                        "That is the complement of $A \\cap B$.",
                    )
                ],
            ),
            Step(
                "given",
                "$P(A \\mid B)$",
                lambda both, second: both / second,
                number(significant=3),
                hint="Only the values of $B$ are left.",
                explain="{both:d} of the {second:d} values of $B$.",
                mistakes=[
                    Mistake("turned", lambda both, first: both / first, "That is $P(B \\mid A)$."),
                    Mistake("joint", lambda both, p: both * p, "That is $P(A \\cap B)$."),
                ],
            ),
        ],
    )


@exercise_type(
    "probability.density",
    topic="probability",
    title="A uniform density on an interval",
    minutes=4,
    sources=["004:E05"],
    variants={"narrow": {"a": 0, "width": 0.5, "cut": 0.2}},
)
def density(draw: Draw) -> Exercise:
    a = draw.integer("a", -3, 4)
    width = draw.choice("width", [0.5, 0.25, 0.8, 2, 4, 5, 8])
    share = draw.choice("share", [0.1, 0.2, 0.3, 0.6, 0.7])
    b = draw.choice("b", [round(a + width, 6)])
    d = draw.choice("cut", [round(a + share * width, 6)])
    return Exercise(
        "$X$ is uniform on the interval from $a = {a:}$ to $b = {b:}$; let $d = {d:}$.",
        givens={"a": a, "b": b, "d": d},
        steps=[
            Step(
                "height",
                "The density on the interval",
                lambda a, b: 1 / (b - a),
                number(significant=3),
                hint="The area under it is 1.",
                explain="$1 / ({b:} - ({a:}))$; a density may be larger than 1, only the area counts.",
                mistakes=[
                    Mistake("width", lambda a, b: b - a, "Turned upside down."),
                    Mistake("end", lambda b: over(1, b), "Divide by the length $b - a$."),
                ],
            ),
            Step(
                "above",
                "$P(X > d)$",
                lambda b, d, height: (b - d) * height,
                number(significant=3),
                hint="Length times height.",
                explain="$({b:} - {d:()}) \\cdot$ {height:}.",
                mistakes=[
                    Mistake("below", lambda a, d, height: (d - a) * height, "That is $P(X < d)$."),
                    Mistake("length", lambda b, d: b - d, "Multiply the length by the density."),
                ],
            ),
            Step(
                "mean",
                "The expectation",
                lambda a, b: (a + b) / 2,
                number(absolute=1e-6),
                hint="The middle.",
                explain="$({a:()} + {b:()}) / 2$.",
                mistakes=[
                    Mistake("half_width", lambda a, b: (b - a) / 2, "That is half of the length.")
                ],
            ),
            Step(
                "variance",
                "The variance",
                lambda a, b: (b - a) ** 2 / 12,
                number(significant=3),
                marks=2,
                hint="$E[X^2] - E[X]^2 = (b - a)^2 / 12$.",
                explain="$({b:} - {a:()})^2 / 12$.",
                mistakes=[
                    Mistake(
                        "deviation",
                        lambda a, b: (b - a) / sqrt(12),
                        "That is the standard deviation.",
                    ),
                    Mistake("linear", lambda a, b: (b - a) / 12, "The length is squared."),
                ],
            ),
        ],
    )


@exercise_type(
    "probability.binomial",
    topic="probability",
    title="Counting successes",
    minutes=4,
    sources=["004:06"],
    variants={"notes": {"n": 10, "p": 0.3, "k": 3}},
)
def binomial(draw: Draw) -> Exercise:
    n, p = draw.integer("n", 5, 12), draw.choice("p", [0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8])
    k = draw.integer("k", 2, n - 2)
    return Exercise(
        "A classifier is right on each of {n:d} independent patterns with probability "
        "$p = {p:}$. Let $K$ be the number of right answers.",
        givens={"n": n, "p": p, "k": k},
        steps=[
            Step(
                "exactly",
                "$P(K = {k:d})$",
                lambda n, p, k: comb(n, k) * p**k * (1 - p) ** (n - k),
                number(significant=3),
                marks=2,
                hint="Which {k:d} of the {n:d}? Each choice has the same probability.",
                explain="$\\binom{{n:d}}{{k:d}} \\cdot {p:}^{{k:d}} \\cdot (1 - {p:})^{{n:d} - {k:d}}$.",
                mistakes=[
                    Mistake(
                        "one_order",
                        lambda n, p, k: p**k * (1 - p) ** (n - k),
                        "That is one order; there are $\\binom{n}{k}$ of them.",
                    ),
                    Mistake(
                        "only_hits",
                        lambda n, p, k: comb(n, k) * p**k,
                        "The others must fail: $(1-p)^{n-k}$.",
                    ),
                ],
            ),
            Step(
                "mean",
                "$E[K]$",
                lambda n, p: n * p,
                number(relative=1e-6),
                hint="Expectations add.",
                explain="${n:d} \\cdot {p:}$.",
                mistakes=[Mistake("failures", lambda n, p: n * (1 - p), "Those are the failures.")],
            ),
            Step(
                "variance",
                "$\\mathrm{Var}(K)$",
                lambda p, mean: mean * (1 - p),
                number(relative=1e-6),
                hint="The variances of independent trials add.",
                explain="${n:d} \\cdot {p:} \\cdot (1 - {p:})$.",
                mistakes=[
                    Mistake(
                        "one_trial", lambda p: p * (1 - p), "That is one trial; there are {n:d}."
                    ),
                    Mistake(
                        "squared",
                        lambda n, mean, p: n * mean * (1 - p),
                        "The variances add: $n$ times, not $n^2$ times.",
                    ),
                ],
            ),
        ],
    )


# --- two variables --------------------------------------------------------------------------------


@exercise_type(
    "probability.joint",
    topic="probability",
    title="A joint table: marginals, conditionals, covariance",
    minutes=8,
    sources=["004:05"],
    variants={"notes": {"P": [[0.1, 0.2, 0.1], [0.3, 0.1, 0.2]]}},
)
def joint(draw: Draw) -> Exercise:
    def telling(P):
        P = np.array(P)
        x, y = P.sum(1), P.sum(0)
        cov = P[1] @ [0, 1, 2] - x[1] * (y @ [0, 1, 2])
        return (
            P.min() > 0 and abs(cov) > 0.02 and abs(x[0] - 0.5) > 0.01 and abs(x[0] - y[0]) > 0.01
        )

    def candidate(m: Draw):
        cuts = sorted(m.sample("cuts", list(range(1, 20)), 5))
        v = [(j - i) / 20 for i, j in zip([0, *cuts], [*cuts, 20], strict=True)]
        return [[round(q, 2) for q in v[:3]], [round(q, 2) for q in v[3:]]]

    P = draw.search("P", candidate, telling)
    return Exercise(
        "The joint probabilities of $X \\in \\{0, 1\\}$ (rows) and $Y \\in \\{0, 1, 2\\}$ "
        "(columns) are $\\; {P:}$.",
        givens={"P": P},
        steps=[
            Step(
                "px",
                "The marginal distribution of $X$",
                lambda P: P.sum(axis=1),
                vector("P(X=0)", "P(X=1)", partial=True),
                hint="Add over $Y$: along the rows.",
                explain="The sums of the rows.",
                mistakes=[Mistake("mean", lambda P: P.mean(axis=1), "Add, do not average.")],
            ),
            Step(
                "py",
                "The marginal distribution of $Y$",
                lambda P: P.sum(axis=0),
                vector("P(Y=0)", "P(Y=1)", "P(Y=2)", partial=True),
                hint="Add over $X$: along the columns.",
                explain="The sums of the columns.",
                mistakes=[Mistake("mean", lambda P: P.mean(axis=0), "Add, do not average.")],
            ),
            Step(
                "given",
                "The distribution of $Y$ given $X = 0$",
                lambda P, px: [over(v, px[0]) for v in P[0]],
                vector("Y=0", "Y=1", "Y=2", decimals=3, partial=True),
                marks=2,
                hint="The first row, made to add up to 1.",
                explain="The first row divided by $P(X = 0)$.",
                mistakes=[
                    Mistake(
                        "row", lambda P: P[0], "A distribution adds up to 1: divide by $P(X=0)$."
                    ),
                    Mistake(
                        "by_columns",
                        lambda P, py: [over(v, w) for v, w in zip(P[0], py, strict=True)],
                        "You divided by $P(Y)$: that is $P(X = 0 \\mid Y)$.",
                    ),
                ],
            ),
            Step(
                "cov",
                "The covariance of $X$ and $Y$",
                lambda P, px, py: P[1, 1] + 2 * P[1, 2] - px[1] * (py[1] + 2 * py[2]),
                number(decimals=4),
                marks=2,
                hint="$E[XY] - E[X]E[Y]$.",
                explain=lambda P, px, py: (
                    f"$E[XY] = {P[1, 1]:g} + 2 \\cdot {P[1, 2]:g} = {P[1, 1] + 2 * P[1, 2]:g}$, "
                    f"$E[X] = {px[1]:g}$, $E[Y] = {py[1] + 2 * py[2]:g}$."
                ),
                mistakes=[
                    Mistake("product", lambda P: P[1, 1] + 2 * P[1, 2], "That is $E[XY]$."),
                    Mistake(
                        "sign",
                        lambda P, px, py: px[1] * (py[1] + 2 * py[2]) - P[1, 1] - 2 * P[1, 2],
                        "Turned: $E[XY]$ comes first.",
                    ),
                ],
            ),
            Step(
                "corr",
                "Their correlation",
                lambda px, py, cov: over(
                    cov,
                    sqrt(px[1] * (1 - px[1]) * (py[1] + 4 * py[2] - (py[1] + 2 * py[2]) ** 2)),
                ),
                number(relative=0.02),
                marks=2,
                hint="Divide by both standard deviations.",
                explain=lambda px, py: (
                    f"$\\mathrm{{Var}}(X) = {px[1] * (1 - px[1]):.4g}$, "
                    f"$\\mathrm{{Var}}(Y) = {py[1] + 4 * py[2] - (py[1] + 2 * py[2]) ** 2:.4g}$; the "
                    "covariance over the root of their product."
                ),
                mistakes=[
                    Mistake(
                        "variances",
                        lambda px, py, cov: over(
                            cov,
                            px[1] * (1 - px[1]) * (py[1] + 4 * py[2] - (py[1] + 2 * py[2]) ** 2),
                        ),
                        "Divide by the standard deviations, not by the variances.",
                    )
                ],
            ),
            Step(
                "back",
                "$P(X = 1 \\mid Y = 2)$",
                lambda P, py: over(P[1, 2], py[2]),
                number(significant=3),
                hint="The last column, made to add up to 1.",
                explain=lambda P, py: f"${P[1, 2]:g} / {py[2]:g}$.",
                mistakes=[
                    Mistake(
                        "turned",
                        lambda P, px: over(P[1, 2], px[1]),
                        "That is $P(Y = 2 \\mid X = 1)$.",
                    ),
                    Mistake("joint", lambda P: P[1, 2], "That is $P(X = 1, Y = 2)$."),
                ],
            ),
        ],
    )


@exercise_type(
    "probability.bayes",
    topic="probability",
    title="Bayes' rule, once and twice",
    minutes=6,
    sources=["004:05"],
    variants={"notes": {"prior": 0.01, "hit": 0.95, "alarm": 0.05}},
)
def bayes(draw: Draw) -> Exercise:
    prior = draw.choice("prior", [0.01, 0.02, 0.05, 0.1, 0.15, 0.2])
    hit = draw.choice("hit", [0.8, 0.85, 0.9, 0.95, 0.98])
    alarm = draw.choice("alarm", [0.02, 0.04, 0.05, 0.08, 0.1])
    return Exercise(
        "A share of {prior:} of all messages is spam ($S$). A word occurs ($W$) in spam with "
        "probability $P(W \\mid S) = {hit:}$ and in other messages with probability "
        "$P(W \\mid \\bar S) = {alarm:}$.",
        givens={"prior": prior, "hit": hit, "alarm": alarm},
        steps=[
            Step(
                "evidence",
                "$P(W)$",
                lambda prior, hit, alarm: prior * hit + (1 - prior) * alarm,
                number(significant=3),
                marks=2,
                hint="Over both kinds of messages.",
                explain="${prior:} \\cdot {hit:} + (1 - {prior:}) \\cdot {alarm:}$.",
                mistakes=[
                    Mistake("joint", lambda prior, hit: prior * hit, "That is $P(W, S)$ alone."),
                    Mistake(
                        "unweighted",
                        lambda hit, alarm: (hit + alarm) / 2,
                        "Weight both by how frequent they are.",
                    ),
                ],
            ),
            Step(
                "posterior",
                "$P(S \\mid W)$",
                lambda prior, hit, evidence: over(prior * hit, evidence),
                number(significant=3),
                marks=2,
                hint="$P(W \\mid S)\\,P(S) / P(W)$.",
                explain="${hit:} \\cdot {prior:} /$ {evidence:}.",
                mistakes=[
                    Mistake(
                        "no_prior",
                        lambda hit, evidence: over(hit, evidence),
                        "The prior $P(S)$ is missing (as in the notes); look: that may exceed 1.",
                    ),
                    Mistake(
                        "likelihood",
                        lambda hit: hit,
                        "That is $P(W \\mid S)$, the other way round.",
                    ),
                ],
            ),
            Step(
                "absent",
                "$P(S \\mid \\bar W)$: spam although the word does not occur",
                lambda prior, hit, evidence: over(prior * (1 - hit), 1 - evidence),
                number(significant=3),
                hint="The same rule for $\\bar W$.",
                explain="${prior:} \\cdot (1 - {hit:}) / (1 -$ {evidence:}$)$.",
                mistakes=[
                    Mistake(
                        "complement",
                        lambda posterior: 1 - posterior,
                        "$1 - P(S \\mid W)$ is $P(\\bar S \\mid W)$.",
                    )
                ],
            ),
            Step(
                "twice",
                "A second word with the same two rates occurs too; given the kind of message the two "
                "are independent. Now $P(S \\mid W_1, W_2)$",
                lambda posterior, hit, alarm: over(
                    posterior * hit, posterior * hit + (1 - posterior) * alarm
                ),
                number(significant=3),
                marks=2,
                hint="Yesterday's posterior is today's prior.",
                explain="With $P(S) =$ {posterior:} as the new prior.",
                mistakes=[
                    Mistake(
                        "squared",
                        lambda posterior: posterior * posterior,
                        "More evidence must raise the probability; use the rule again.",
                    )
                ],
            ),
        ],
    )


@exercise_type(
    "probability.gaussian",
    topic="probability",
    title="Two Gaussian classes",
    minutes=6,
    sources=["004:06", "001:01"],
)
def gaussian(draw: Draw) -> Exercise:
    sigma = draw.choice("sigma", [1, 2, 4])
    mu_a = draw.integer("mu_a", 0, 6)
    gap = draw.choice("gap", [1, 1.5, 2, 2.5])
    mu_b = draw.choice("mu_b", [mu_a + gap * sigma])
    prior = draw.choice("prior", [0.6, 0.7, 0.8, 0.3])
    share = draw.choice("share", [0.25, 0.75, 0.8, 1.25])
    x = draw.choice("x", [round(mu_a + share * gap * sigma, 4)])
    return Exercise(
        "Class A is Gaussian with mean {mu_a:} and class B with mean {mu_b:}; both have standard "
        "deviation $\\sigma = {sigma:}$. Class A is drawn with probability {prior:}. We observe "
        "$x = {x:}$.",
        givens={"sigma": sigma, "mu_a": mu_a, "mu_b": mu_b, "prior": prior, "x": x},
        steps=[
            Step(
                "density",
                "The density $p(x \\mid A)$",
                lambda x, mu_a, sigma: (
                    exp(-((x - mu_a) ** 2) / (2 * sigma**2)) / (sigma * sqrt(2 * pi))
                ),
                number(significant=3),
                marks=2,
                hint="$\\frac{1}{\\sqrt{2\\pi}\\,\\sigma} e^{-(x-\\mu)^2 / (2\\sigma^2)}$.",
                explain="$(x - \\mu)/\\sigma = ({x:} - {mu_a:})/{sigma:}$.",
                mistakes=[
                    Mistake(
                        "no_factor",
                        lambda x, mu_a, sigma: exp(-((x - mu_a) ** 2) / (2 * sigma**2)),
                        "The factor $1/(\\sqrt{2\\pi}\\,\\sigma)$ is missing.",
                    ),
                    Mistake(
                        "no_half",
                        lambda x, mu_a, sigma: (
                            exp(-((x - mu_a) ** 2) / sigma**2) / (sigma * sqrt(2 * pi))
                        ),
                        "The exponent has a factor ½.",
                    ),
                ],
            ),
            Step(
                "ratio",
                "The log-likelihood ratio $\\ln p(x \\mid A) - \\ln p(x \\mid B)$",
                lambda x, mu_a, mu_b, sigma: ((x - mu_b) ** 2 - (x - mu_a) ** 2) / (2 * sigma**2),
                number(absolute=0.005),
                marks=2,
                hint="The factors in front cancel.",
                explain="$(({x:} - {mu_b:})^2 - ({x:} - {mu_a:})^2) / (2 \\cdot {sigma:}^2)$.",
                mistakes=[
                    Mistake(
                        "sign",
                        lambda x, mu_a, mu_b, sigma: (
                            ((x - mu_a) ** 2 - (x - mu_b) ** 2) / (2 * sigma**2)
                        ),
                        "The squares stand there with a minus: the nearer class is the more likely one.",
                    ),
                    Mistake(
                        "no_half",
                        lambda x, mu_a, mu_b, sigma: ((x - mu_b) ** 2 - (x - mu_a) ** 2) / sigma**2,
                        "The exponent has a factor ½.",
                    ),
                ],
            ),
            Step(
                "posterior",
                "$P(A \\mid x)$",
                lambda prior, ratio: prior / (prior + (1 - prior) * exp(-ratio)),
                number(relative=0.01),
                marks=2,
                hint="Prior odds times likelihood ratio are the posterior odds.",
                explain="Odds ${prior:} / (1 - {prior:}) \\cdot e^{r}$ with $r =$ {ratio:}; from odds $o$ to "
                "probability $o / (1 + o)$.",
                mistakes=[
                    Mistake(
                        "equal_priors",
                        lambda ratio: 1 / (1 + exp(-ratio)),
                        "That is right for equal priors only.",
                    ),
                    Mistake(
                        "swapped_priors",
                        lambda prior, ratio: (
                            1 - prior and (1 - prior) / (1 - prior + prior * exp(-ratio))
                        ),
                        "You swapped the two priors.",
                    ),
                ],
            ),
            Step(
                "decide",
                "The more probable class",
                lambda posterior: "A" if posterior > 0.5 else "B",
                choice(["A", "B"]),
                hint="Is it above one half?",
                explain="$P(A \\mid x) =$ {posterior:}.",
            ),
        ],
    )


# --- information ----------------------------------------------------------------------------------


@exercise_type(
    "probability.entropy",
    topic="probability",
    title="Entropy, cross-entropy, KL divergence",
    minutes=7,
    sources=["004:08", "003:18"],
    variants={
        "notes-bits": {"p": [2, 1, 1], "q": [1, 1, 2], "n": 4, "m": 4, "unit": "bits"},
        "notes-nats": {"p": [2, 1, 1], "q": [1, 1, 2], "n": 4, "m": 4, "unit": "nats"},
        "forward-reverse": {"p": [36, 48, 16], "q": [1, 1, 1], "n": 100, "m": 3, "unit": "nats"},
        "two-values": {"p": [7, 3], "q": [5, 5], "n": 10, "m": 10, "unit": "nats"},
    },
)
def entropy(draw: Draw) -> Exercise:
    unit = draw.choice("unit", ["bits", "nats"])

    def law(m: Draw):
        i, j = sorted(m.sample("cuts", [1, 2, 3, 4, 5, 6, 7], 2))
        return [i, j - i, 8 - j]

    p = draw.search("p", law, lambda v: len(set(v)) > 1)
    q = draw.search(
        "q", law, lambda v: v != list(p) and (sorted(v) != sorted(p)) and len(set(v)) > 1
    )
    n, m = draw.choice("n", [8]), draw.choice("m", [8])
    return Exercise(
        "Two distributions are given by their weights: $P = {p:} / {n:d}$ and $Q = {q:} / {m:d}$. "
        "Give everything in **{unit:s}**.",
        givens={"p": p, "q": q, "n": n, "m": m, "unit": unit},
        steps=[
            Step(
                "H",
                "The entropy $H(P)$",
                lambda p, n, unit: total([(v / n, v / n) for v in p], unit),
                number(decimals=3),
                hint="$-\\sum P \\log P$, with the logarithm to base 2 for bits and $\\ln$ for nats.",
                explain=lambda p, n, unit: (
                    f"{plus(-v / n * (log2(v / n) if unit == 'bits' else log(v / n)) for v in p)}"
                ),
                mistakes=[
                    Mistake(
                        "other_unit",
                        lambda p, n, unit: total(
                            [(v / n, v / n) for v in p], "nats" if unit == "bits" else "bits"
                        ),
                        "The logarithm has the wrong base for {unit:s}.",
                    ),
                    Mistake(
                        "sign",
                        lambda p, n, unit: -total([(v / n, v / n) for v in p], unit),
                        "The minus is lost: an entropy is not negative.",
                    ),
                ],
            ),
            Step(
                "cross",
                "The cross-entropy $H(P, Q)$",
                lambda p, q, n, m, unit: total(
                    [(v / n, w / m) for v, w in zip(p, q, strict=True)], unit
                ),
                number(decimals=3),
                marks=2,
                hint="$-\\sum P \\log Q$.",
                explain="$-\\sum_i P_i \\log Q_i$: messages from $P$ in a code made for $Q$.",
                mistakes=[
                    Mistake(
                        "turned",
                        lambda p, q, n, m, unit: total(
                            [(w / m, v / n) for v, w in zip(p, q, strict=True)], unit
                        ),
                        "You swapped the roles: that is $H(Q, P)$.",
                    ),
                    Mistake(
                        "of_q",
                        lambda q, m, unit: total([(w / m, w / m) for w in q], unit),
                        "That is $H(Q)$.",
                    ),
                ],
            ),
            Step(
                "kl",
                "$D_{KL}(P \\| Q)$",
                lambda H, cross: cross - H,
                number(decimals=3),
                hint="Cross-entropy minus entropy.",
                explain="{cross:} $-$ {H:}.",
                mistakes=[
                    Mistake("sign", lambda H, cross: H - cross, "A divergence is never negative."),
                    Mistake("added", lambda H, cross: H + cross, "Subtract the entropy."),
                ],
            ),
            Step(
                "reverse",
                "$D_{KL}(Q \\| P)$",
                lambda p, q, n, m, unit: (
                    total([(w / m, v / n) for v, w in zip(p, q, strict=True)], unit)
                    - total([(w / m, w / m) for w in q], unit)
                ),
                number(decimals=3),
                marks=2,
                hint="Swap the roles: $\\sum Q \\log (Q / P)$.",
                explain="$\\sum_i Q_i \\log (Q_i / P_i)$; in general it differs from $D_{KL}(P \\| Q)$.",
                mistakes=[
                    Mistake(
                        "symmetric", lambda kl: kl, "The divergence is not symmetric in general."
                    ),
                    Mistake(
                        "negated", lambda kl: -kl, "Swapping the roles is not a change of sign."
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "probability.mutual",
    topic="probability",
    title="Mutual information of two bits",
    minutes=6,
    sources=["004:08"],
)
def mutual(draw: Draw) -> Exercise:
    def telling(v):
        a, b, c, d = v
        return min(v) > 0 and abs(a * d - b * c) >= 5 and a + b != a + c and a + b != 8

    def candidate(m: Draw):
        cuts = sorted(m.sample("cuts", list(range(1, 16)), 3))
        return [j - i for i, j in zip([0, *cuts], [*cuts, 16], strict=True)]

    a, b, c, d = draw.search("table", candidate, telling)
    table = [[a, b], [c, d]]
    return Exercise(
        "In 16 equally likely cases, $X$ (row) and $Y$ (column) took the values 0 and 1 so often: "
        "$\\; {table:}$. Work in **bits**.",
        givens={"table": table},
        steps=[
            Step(
                "hx",
                "$H(X)$",
                lambda table: total([(v / 16, v / 16) for v in table.sum(axis=1)], "bits"),
                number(decimals=3),
                hint="The marginal of $X$ first: add along the rows.",
                explain=lambda table: f"$P(X) = ({table[0].sum()}, {table[1].sum()}) / 16$.",
                mistakes=[
                    Mistake(
                        "of_y",
                        lambda table: total([(v / 16, v / 16) for v in table.sum(axis=0)], "bits"),
                        "You added along the columns: that is $H(Y)$.",
                    ),
                    Mistake(
                        "nats",
                        lambda table: total([(v / 16, v / 16) for v in table.sum(axis=1)], "nats"),
                        "Bits need the logarithm to base 2.",
                    ),
                ],
            ),
            Step(
                "hy",
                "$H(Y)$",
                lambda table: total([(v / 16, v / 16) for v in table.sum(axis=0)], "bits"),
                number(decimals=3),
                hint="Add along the columns.",
                explain=lambda table: f"$P(Y) = ({table[:, 0].sum()}, {table[:, 1].sum()}) / 16$.",
                mistakes=[
                    Mistake(
                        "nats",
                        lambda table: total([(v / 16, v / 16) for v in table.sum(axis=0)], "nats"),
                        "Bits need the logarithm to base 2.",
                    )
                ],
            ),
            Step(
                "hxy",
                "$H(X, Y)$",
                lambda table: total([(v / 16, v / 16) for v in table.ravel()], "bits"),
                number(decimals=3),
                marks=2,
                hint="Over the four entries.",
                explain=lambda table: f"{plus(-v / 16 * log2(v / 16) for v in table.ravel())}.",
                mistakes=[
                    Mistake(
                        "independent",
                        lambda hx, hy: hx + hy,
                        "The entropies add only for independent variables.",
                    )
                ],
            ),
            Step(
                "information",
                "The mutual information $I(X; Y)$",
                lambda hx, hy, hxy: hx + hy - hxy,
                number(decimals=3),
                hint="What the two share: $H(X) + H(Y) - H(X, Y)$.",
                explain="{hx:} $+$ {hy:} $-$ {hxy:}.",
                mistakes=[
                    Mistake("conditional", lambda hx, hxy: hxy - hx, "That is $H(Y \\mid X)$."),
                    Mistake("sign", lambda hx, hy, hxy: hxy - hx - hy, "It is never negative."),
                ],
            ),
            Step(
                "left",
                "$H(Y \\mid X)$: what is left to tell about $Y$ once $X$ is known",
                lambda hx, hxy: hxy - hx,
                number(decimals=3),
                hint="$H(X, Y) - H(X)$.",
                explain="{hxy:} $-$ {hx:}.",
                mistakes=[
                    Mistake("turned", lambda hy, hxy: hxy - hy, "That is $H(X \\mid Y)$."),
                    Mistake("all", lambda hy: hy, "Knowing $X$ helps: less than $H(Y)$ is left."),
                ],
            ),
        ],
    )


# --- more -----------------------------------------------------------------------------------------


@exercise_type(
    "probability.power",
    topic="probability",
    title="The density of a new variable",
    minutes=5,
    sources=["004:06"],
    variants={"notes": {"b": 1, "n": 2, "root": 0.5}},
)
def power(draw: Draw) -> Exercise:
    b, n = draw.choice("b", [2, 4, 5, 10]), draw.choice("n", [2, 3])
    root = draw.choice("root", [v for v in (0.5, 1, 1.5, 2, 3, 4) if v < b])
    y = draw.choice("y", [root**n])
    return Exercise(
        "$X$ is uniform on $(0, {b:})$ and $Y = X^{{n:d}}$. Let $y = {y:}$.",
        givens={"b": b, "n": n, "y": y},
        steps=[
            Step(
                "x",
                "Which $x$ belongs to $y$?",
                lambda y, n: y ** (1 / n),
                number(significant=4),
                hint="The inverse function.",
                explain="The root of order {n:d} of {y:}.",
                mistakes=[Mistake("forward", lambda y, n: y**n, "Take the root, not the power.")],
            ),
            Step(
                "slope",
                "$|dx/dy|$ there",
                lambda x, n: over(1, n * x ** (n - 1)),
                number(significant=3),
                marks=2,
                hint="One over $dy/dx$ at $x$.",
                explain="$dy/dx = {n:d}\\,x^{{n:d} - 1}$ at $x =$ {x:}.",
                mistakes=[
                    Mistake("forward", lambda x, n: n * x ** (n - 1), "That is $dy/dx$."),
                    Mistake("at_y", lambda y, n: over(1, n * y ** (n - 1)), "Insert $x$, not $y$."),
                ],
            ),
            Step(
                "density",
                "The density of $Y$ at $y$",
                lambda b, slope: slope / b,
                number(significant=3),
                hint="$p_Y(y) = p_X(x)\\,|dx/dy|$.",
                explain="$1/{b:} \\cdot$ {slope:}.",
                mistakes=[
                    Mistake(
                        "no_slope",
                        lambda b: 1 / b,
                        "Without $|dx/dy|$ the area would no longer be 1.",
                    ),
                    Mistake(
                        "divided", lambda b, slope: over(1, b * slope), "Multiply by $|dx/dy|$."
                    ),
                ],
            ),
            Step(
                "below",
                "$P(Y < y)$",
                lambda b, x: x / b,
                number(significant=3),
                hint="The same event in terms of $X$.",
                explain="$P(X < x) = x / {b:}$ with $x =$ {x:}.",
                mistakes=[
                    Mistake(
                        "uniform",
                        lambda b, n, y: y / b**n,
                        "$Y$ is not uniform; turn the event into one about $X$.",
                    )
                ],
            ),
        ],
    )


@exercise_type(
    "probability.tables",
    topic="probability",
    title="How many numbers does a model of probabilities need?",
    minutes=4,
    sources=["004:07"],
    variants={"lecture": {"k": 10, "n": 3}},
)
def tables(draw: Draw) -> Exercise:
    k, n = draw.integer("k", 3, 9), draw.integer("n", 3, 5)
    return Exercise(
        "{n:d} variables form a chain $a \\to b \\to \\dots$ (each depends only on the one before); "
        "each takes {k:d} values.",
        givens={"k": k, "n": n},
        steps=[
            Step(
                "full",
                "The entries of the full joint table",
                lambda k, n: k**n,
                integer(),
                hint="One for every combination.",
                explain="${k:d}^{{n:d}}$.",
                mistakes=[Mistake("product", lambda k, n: k * n, "Combinations multiply.")],
            ),
            Step(
                "chain",
                "The entries of all tables of the chain",
                lambda k, n: k + (n - 1) * k * k,
                integer(),
                marks=2,
                hint="One table for the first variable, one for each pair of neighbours.",
                explain="${k:d} + ({n:d} - 1) \\cdot {k:d}^2$.",
                mistakes=[
                    Mistake(
                        "all_pairs", lambda k, n: n * k * k, "The first variable has no parent."
                    ),
                    Mistake(
                        "every_pair",
                        lambda k, n: k + comb(n, 2) * k * k,
                        "Only neighbours in the chain have a table.",
                    ),
                ],
            ),
            Step(
                "free",
                "How many of these are free parameters?",
                lambda k, n: (k - 1) + (n - 1) * k * (k - 1),
                integer(),
                marks=2,
                hint="Each distribution adds up to 1: one entry of it follows.",
                explain="$({k:d} - 1) + ({n:d} - 1) \\cdot {k:d} \\cdot ({k:d} - 1)$.",
                mistakes=[
                    Mistake(
                        "one_only",
                        lambda chain: chain - 1,
                        "Every row of every table adds up to 1, not only the whole.",
                    ),
                    Mistake(
                        "one_per_table",
                        lambda chain, n: chain - n,
                        "Each table holds one distribution per value of the parent.",
                    ),
                ],
            ),
            Step(
                "full_free",
                "And of the full table?",
                lambda full: full - 1,
                integer(),
                hint="All its entries together add up to 1.",
                explain="{full:} $- 1$.",
                mistakes=[
                    Mistake(
                        "per_variable", lambda full, n: full - n, "There is one sum, not {n:d}."
                    )
                ],
            ),
        ],
    )


QUESTIONS = [
    Question(
        "$X$ is uniform on $\\{-1, 0, 1\\}$ and $Y = X^2$. What holds?",
        "Covariance 0, yet dependent",
        [
            ("Independent, since the covariance is 0", "Knowing $X$ tells $Y$ completely."),
            ("Positive covariance", "$E[XY] = E[X^3] = 0$ and $E[X] = 0$."),
            ("Negative covariance", "$E[XY] = E[X^3] = 0$ and $E[X] = 0$."),
            (
                "Correlation 1, since $Y$ follows from $X$",
                "Correlation measures linear dependence only.",
            ),
        ],
        "$E[XY] - E[X]E[Y] = 0$, but $Y$ is a function of $X$.",
        "Compute $E[X^3]$; then ask what $X = 0$ says about $Y$.",
    ),
    Question(
        "Can a probability density be larger than 1?",
        "Yes, only its integral must be 1",
        [
            ("No, probabilities are at most 1", "A density is not a probability; areas are."),
            ("No, or the integral would exceed 1", "Not if it is narrow."),
            (
                "Yes, but only at single points",
                "The uniform density on $(0, 0.5)$ is 2 everywhere.",
            ),
            ("Only for discrete variables", "A discrete variable has probabilities, at most 1."),
        ],
        "The uniform density on an interval of length ½ is 2.",
        "Think of a very narrow interval.",
    ),
    Question(
        "What does the cross-entropy $H(P, Q)$ measure?",
        "The length of messages from $P$ in a code for $Q$",
        [
            (
                "The length of messages from $Q$ in a code made for $P$",
                "The messages come from $P$: it weighs the terms.",
            ),
            (
                "The distance from $P$ to $Q$, 0 if they agree",
                "That is the divergence; $H(P, P) = H(P)$.",
            ),
            ("The information that the two of them share", "That is the mutual information."),
            ("The extra length that comes from the wrong code", "That is the divergence."),
        ],
        "$-\\sum P \\log Q = H(P) + D_{KL}(P \\| Q)$.",
        "Who sends the messages, and for whom was the code made?",
    ),
    Question(
        "Why does minimising the cross-entropy with the targets $P$ fixed also minimise the KL divergence?",
        "$H(P)$ does not depend on the model",
        [
            ("$H(P)$ is always 0", "Only for one-hot targets."),
            ("The divergence is symmetric in $P$ and $Q$", "It is not."),
            ("Both are 0 for the right model", "The cross-entropy then is $H(P)$."),
            ("The logarithm is monotone", "It is, but that is not the reason."),
        ],
        "They differ by $H(P)$, a constant.",
        "Write down the difference of the two.",
    ),
    Question(
        "A unimodal $q$ is fitted to a $p$ with two distant peaks by minimising $D_{KL}(q \\| p)$. What comes out?",
        "$q$ sits on one of the peaks",
        [
            ("$q$ spreads over both peaks", "That is the other direction, $D_{KL}(p \\| q)$."),
            ("$q$ sits half way between them", "There $p$ is almost 0, which costs most."),
            ("$q$ becomes uniform", "It would put mass where $p$ is almost 0."),
            ("The same as for $D_{KL}(p \\| q)$", "The divergence is not symmetric."),
        ],
        "It is expensive to put mass where $p$ has none, and free to miss a peak.",
        "Where is $\\log (q/p)$ large?",
    ),
    Question(
        "The mean of $n$ independent measurements with variance $\\sigma^2$: what is its variance?",
        "$\\sigma^2 / n$",
        [
            ("$\\sigma^2$", "Averaging helps (the notes print this slip)."),
            ("$n \\sigma^2$", "That is the variance of the sum."),
            (
                "$\\sigma^2 / n^2$",
                "The sum has $n\\sigma^2$; dividing by $n$ divides this by $n^2$.",
            ),
            ("$\\sigma / \\sqrt{n}$", "That is the standard deviation."),
        ],
        "$\\mathrm{Var}(S/n) = n\\sigma^2 / n^2$.",
        "Variances of independent terms add; a factor $c$ gives $c^2$.",
    ),
]


@exercise_type(
    "probability.theory",
    topic="probability",
    title="Dependence, densities, divergences",
    minutes=2,
    sources=["004:05", "004:06", "004:08"],
)
def probability_theory(draw: Draw) -> Exercise:
    return theory(draw, QUESTIONS)
