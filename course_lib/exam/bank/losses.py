"""Losses: softmax, cross-entropies, likelihoods, penalties, robust losses."""

from __future__ import annotations

from math import exp, log, pi, sqrt

import numpy as np

from course_lib.exam.answers import integer, number, vector
from course_lib.exam.arithmetic import over, plus, softmax
from course_lib.exam.draw import Draw
from course_lib.exam.exercise import Exercise, Mistake, Step, exercise_type
from course_lib.exam.theory import Question, theory


def binary(t, z):
    """The cross-entropy of each output with its 0/1 target."""
    return np.array([-log(q if target else 1 - q) for target, q in zip(t, z, strict=True)])


# --- softmax and cross-entropy --------------------------------------------------------------------


@exercise_type(
    "losses.softmax",
    topic="losses",
    title="Softmax, its loss and its gradient",
    minutes=7,
    sources=["000A:55", "000A:56", "001:03", "000B:11", "003:17"],
    variants={
        "lecture": {"net": [2, 1, 0.1], "g": 1, "c": 100},
        "notes-003": {"net": [1, 2, 3], "g": 3, "c": 10},
    },
)
def soft(draw: Draw) -> Exercise:
    net = draw.search(
        "net",
        lambda m: m.decimals("net", 3, -1, 3, 0.5),
        lambda v: len(set(v)) == 3 and sum(v) != 0,
    )
    g = draw.integer("g", 1, 3)
    c = draw.choice("c", [10, 100, 1000])
    return Exercise(
        "A network with a softmax output has the net inputs {net:} for the classes 1, 2, 3. The true "
        "class is {g:d}. Use the natural logarithm.",
        givens={"net": net, "g": g, "c": c},
        steps=[
            Step(
                "z",
                "The three outputs",
                lambda net: softmax(net),
                vector(length=3, decimals=3, partial=True),
                marks=2,
                hint="$z_k = e^{net_k} / \\sum_c e^{net_c}$.",
                explain=lambda net: (
                    f"$\\sum_c e^{{net_c}} = {plus(np.exp(net))} = {np.exp(net).sum():.4g}$."
                ),
                mistakes=[
                    Mistake(
                        "shares",
                        lambda net: net / net.sum(),
                        "Exponentials first; these are the shares of the net inputs themselves.",
                    ),
                    Mistake(
                        "sigmoids",
                        lambda net: 1 / (1 + np.exp(-net)),
                        "Those are three sigmoids; a softmax adds up to 1.",
                    ),
                    Mistake("powers", lambda net: np.exp(net), "Divide by their sum."),
                ],
            ),
            Step(
                "shifted",
                "The first output if {c:d} is added to every net input",
                lambda z: z[0],
                number(decimals=3),
                hint="$e^{c}$ stands in the numerator and in every term of the denominator.",
                explain="The common factor $e^{{c:d}}$ cancels: nothing changes. (Programs subtract the largest "
                "net input for this reason.)",
                mistakes=[
                    Mistake(
                        "one", lambda: 1.0, "All three grow by the same factor, which cancels."
                    ),
                    Mistake("third", lambda: 1 / 3, "The differences stay, and only they count."),
                ],
            ),
            Step(
                "loss",
                "The cross-entropy loss",
                lambda z, g: -log(z[g - 1]),
                number(decimals=3),
                hint="Minus the logarithm of the output of the true class.",
                explain=lambda z, g: f"$-\\ln {z[g - 1]:.4g}$.",
                mistakes=[
                    Mistake("sign", lambda z, g: log(z[g - 1]), "A loss has the minus."),
                    Mistake(
                        "all_classes",
                        lambda z: -sum(log(v) for v in z),
                        "The target is one-hot: only the true class counts.",
                    ),
                    Mistake("linear", lambda z, g: 1 - z[g - 1], "Take $-\\ln$ of the output."),
                ],
            ),
            Step(
                "gradient",
                "The gradient of the loss with respect to the three net inputs",
                lambda z, g: np.asarray(z) - np.eye(3)[g - 1],
                vector(length=3, decimals=3, partial=True),
                marks=2,
                hint="Output minus target.",
                explain="$z - t$ with the one-hot target $t$.",
                mistakes=[
                    Mistake(
                        "sign", lambda z, g: np.eye(3)[g - 1] - np.asarray(z), "It is $z - t$."
                    ),
                    Mistake("output", lambda z: z, "Subtract the target."),
                    Mistake(
                        "with_slope",
                        lambda z, g: (np.asarray(z) - np.eye(3)[g - 1]) * z * (1 - np.asarray(z)),
                        "With the cross-entropy no factor $z(1 - z)$ is left.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "losses.cross_entropy",
    topic="losses",
    title="Cross-entropy with one-hot and soft targets",
    minutes=5,
    sources=["000A:56", "000A:57"],
    variants={"lecture": {"q": [0.5, 0.3, 0.2], "p": [0.7, 0.2, 0.1], "g": 1}},
)
def cross_entropy(draw: Draw) -> Exercise:
    def law(m: Draw):
        i, j = sorted(m.sample("cuts", list(range(1, 10)), 2))
        return [i / 10, round((j - i) / 10, 1), round(1 - j / 10, 1)]

    q = draw.search("q", law, lambda v: len(set(v)) == 3)
    p = draw.search("p", law, lambda v: sorted(v) != sorted(q))
    g = draw.integer("g", 1, 3)
    return Exercise(
        "A classifier for dogs, cats and pandas says {q:}. Use the natural logarithm.",
        givens={"q": q, "p": p, "g": g},
        steps=[
            Step(
                "one_hot",
                "The loss if the image shows class number {g:d} (one-hot target)",
                lambda q, g: -log(q[g - 1]),
                number(decimals=3),
                hint="Only the true class counts.",
                explain=lambda q, g: f"$-\\ln {q[g - 1]:g}$.",
                mistakes=[
                    Mistake("all", lambda q: -sum(log(v) for v in q), "The other targets are 0."),
                    Mistake(
                        "others",
                        lambda q, g: -log(1 - q[g - 1]),
                        "Take the output of the true class itself.",
                    ),
                ],
            ),
            Step(
                "soft",
                "The loss for the soft target {p:}",
                lambda q, p: float(-(p * np.log(q)).sum()),
                number(decimals=3),
                marks=2,
                hint="$-\\sum_k p_k \\ln q_k$ with the target $p$.",
                explain=lambda q, p: f"${plus(-p * np.log(q))}$.",
                mistakes=[
                    Mistake(
                        "turned",
                        lambda q, p: float(-(q * np.log(p)).sum()),
                        "The logarithm is taken of the output, not of the target.",
                    ),
                    Mistake(
                        "hardened",
                        lambda q, p: -log(q[int(np.argmax(p))]),
                        "A soft target weighs all classes.",
                    ),
                ],
            ),
            Step(
                "least",
                "The smallest loss that any output could reach for this soft target",
                lambda p: float(-(p * np.log(p)).sum()),
                number(decimals=3),
                marks=2,
                hint="The best output is the target itself.",
                explain=lambda p: (
                    f"The entropy of the target: ${plus(-p * np.log(p))}$. Only for one-hot targets is it 0."
                ),
                mistakes=[
                    Mistake("zero", lambda: 0.0, "0 is reached for one-hot targets only."),
                    Mistake(
                        "best_class",
                        lambda p: -log(max(p)),
                        "Take the expectation over all classes.",
                    ),
                ],
            ),
            Step(
                "excess",
                "By how much is the loss above this minimum?",
                lambda soft, least: soft - least,
                number(decimals=3),
                hint="The difference is the KL divergence.",
                explain="{soft:} $-$ {least:}.",
                mistakes=[
                    Mistake("sum", lambda soft, least: soft + least, "Subtract."),
                    Mistake(
                        "ratio", lambda soft, least: over(soft, least), "Subtract, do not divide."
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "losses.binary",
    topic="losses",
    title="Binary cross-entropy of several outputs",
    minutes=5,
    sources=["001:03", "000A:57", "003:03"],
    variants={
        "notes": {"t": [1, 0, 1, 1], "z": [0.9, 0.2, 0.6, 0.3]},
        "multi-label": {"t": [1, 0, 1], "z": [0.9, 0.2, 0.6]},
    },
)
def binary_ce(draw: Draw) -> Exercise:
    t = draw.choice("t", [[1, 0, 1, 0], [0, 1, 1, 0], [1, 1, 0, 1], [0, 0, 1, 1], [0, 1, 0, 0]])
    z = draw.search(
        "z",
        lambda m: m.decimals("z", 4, 0.1, 0.9, 0.1, exclude=[0.5]),
        lambda v: (
            len(set(v)) >= 3 and abs(binary(t, v).sum() - binary(1 - np.array(t), v).sum()) > 0.1
        ),
    )
    return Exercise(
        "The sigmoid outputs {z:} belong to the targets {t:} (several labels, each 0 or 1). Use the "
        "natural logarithm.",
        givens={"t": t, "z": z},
        steps=[
            Step(
                "terms",
                "The cross-entropy of each output, in order",
                lambda t, z: binary(t, z),
                vector(length=len(t), decimals=3, partial=True),
                marks=2,
                hint="$-\\ln z$ where the target is 1, $-\\ln(1 - z)$ where it is 0.",
                explain=lambda t, z: "\n".join(
                    f"- target {a}: $-\\ln {(q if a else 1 - q):.4g}$"
                    for a, q in zip(t, z, strict=True)
                ),
                mistakes=[
                    Mistake(
                        "ignored_zeros",
                        lambda t, z: -t * np.log(z),
                        "Targets of 0 cost $-\\ln(1 - z)$.",
                    ),
                    Mistake(
                        "all_ones", lambda z: -np.log(z), "Where the target is 0, take $1 - z$."
                    ),
                    Mistake(
                        "turned", lambda t, z: binary(1 - t, z), "You swapped targets 0 and 1."
                    ),
                    Mistake(
                        "base_10",
                        lambda t, z: binary(t, z) / log(10),
                        "That is the logarithm to base 10; take the natural one.",
                    ),
                ],
            ),
            Step(
                "total",
                "The loss as a sum",
                lambda terms: float(np.sum(terms)),
                number(decimals=3),
                hint="Add.",
                explain=lambda terms: f"${plus(terms)}$.",
                mistakes=[
                    Mistake("mean", lambda terms: float(np.mean(terms)), "That is the mean.")
                ],
            ),
            Step(
                "mean",
                "The loss as a mean",
                lambda total, t: total / len(t),
                number(decimals=3),
                hint="Per output.",
                explain=lambda total, t: f"${total:.4g} / {len(t)}$.",
                mistakes=[
                    Mistake(
                        "by_positives",
                        lambda total, t: over(total, int(t.sum())),
                        "Divide by the number of all outputs.",
                    )
                ],
            ),
            Step(
                "likelihood",
                "The probability that the model gives to exactly these targets",
                lambda total: exp(-total),
                number(significant=3),
                hint="Undo the minus logarithm; or multiply the probabilities.",
                explain="$e^{-L}$ with $L =$ {total:}.",
                mistakes=[
                    Mistake(
                        "of_mean", lambda mean: exp(-mean), "Use the sum: probabilities multiply."
                    ),
                    Mistake("complement", lambda total: 1 - exp(-total), "That is all the rest."),
                ],
            ),
        ],
    )


@exercise_type(
    "losses.saturated",
    topic="losses",
    title="A wrong sigmoid: cross-entropy against squares",
    minutes=5,
    sources=["001:03", "004:13"],
    variants={"notes": {"a": -4, "t": 1}},
)
def saturated(draw: Draw) -> Exercise:
    t = draw.choice("t", [0, 1])
    size = draw.choice("size", [1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5])
    a = draw.choice("a", [-size if t else size])
    return Exercise(
        "An output unit with sigmoid has the net input $a = {a:}$, the target is $t = {t:d}$. Compare "
        "the binary cross-entropy with the squared error $(z - t)^2$ (no factor ½).",
        givens={"t": t, "a": a},
        steps=[
            Step(
                "z",
                "The output",
                lambda a: 1 / (1 + exp(-a)),
                number(significant=3),
                hint="$1 / (1 + e^{-a})$.",
                explain=lambda a: f"$1 / (1 + e^{{{-a:g}}})$.",
                mistakes=[
                    Mistake("sign", lambda a: 1 / (1 + exp(a)), "The exponent is $-a$."),
                    Mistake("tanh", lambda a: float(np.tanh(a)), "That is tanh."),
                ],
            ),
            Step(
                "ce",
                "The derivative of the cross-entropy with respect to $a$",
                lambda z, t: z - t,
                number(relative=0.005),
                hint="Output minus target.",
                explain="{z:} $- {t:d}$.",
                mistakes=[
                    Mistake("sign", lambda z, t: t - z, "It is $z - t$."),
                    Mistake(
                        "with_slope",
                        lambda z, t: (z - t) * z * (1 - z),
                        "The slope $z(1-z)$ of the sigmoid cancels here.",
                    ),
                ],
            ),
            Step(
                "square",
                "The derivative of the squared error with respect to $a$",
                lambda z, t: 2 * (z - t) * z * (1 - z),
                number(relative=0.02),
                marks=2,
                hint="Chain rule: $2(z - t)$ times the slope of the sigmoid.",
                explain="$2(z - t) \\cdot z(1 - z)$ with $z =$ {z:} and $t = {t:d}$.",
                mistakes=[
                    Mistake("no_slope", lambda z, t: 2 * (z - t), "Times the slope $z(1-z)$."),
                    Mistake(
                        "half", lambda z, t: (z - t) * z * (1 - z), "There is no factor ½ here."
                    ),
                ],
            ),
            Step(
                "ratio",
                "How many times larger is the first in size?",
                lambda ce, square: over(abs(ce), abs(square)),
                number(relative=0.03),
                hint="One over the other.",
                explain="{ce:} over {square:}: the squared error hardly teaches a unit that is badly wrong.",
                mistakes=[
                    Mistake(
                        "turned", lambda ce, square: over(abs(square), abs(ce)), "Turned round."
                    )
                ],
            ),
        ],
    )


# --- likelihoods ----------------------------------------------------------------------------------


def normal(x, mu, sigma) -> float:
    """The log-likelihood of a Gaussian sample."""
    x = np.asarray(x, float)
    return float(-len(x) * log(sigma * sqrt(2 * pi)) - ((x - mu) ** 2).sum() / (2 * sigma**2))


@exercise_type(
    "losses.gaussian",
    topic="losses",
    title="Maximum likelihood of a Gaussian",
    minutes=7,
    sources=["001:01"],
    variants={"notes": {"x": [2, 4, 4, 5, 7], "sigma": 2, "mu": 4}},
)
def gaussian(draw: Draw) -> Exercise:
    x = draw.search(
        "x",
        lambda m: sorted(m.integers("x", 5, 1, 12)),
        lambda v: len(set(v)) >= 3 and sum(v) / 5 != sorted(v)[2],
    )
    sigma = draw.choice("sigma", [1, 2, 3, 4])
    centre = sum(x) // 5
    mu = draw.choice("mu", [m for m in (centre - 1, centre + 2, centre - 2) if m != sum(x) / 5])
    return Exercise(
        "The sample {x:} comes from a Gaussian with known $\\sigma = {sigma:d}$ and unknown mean.",
        givens={"x": x, "sigma": sigma, "mu": mu},
        steps=[
            Step(
                "mean",
                "The maximum likelihood estimate of the mean",
                lambda x: x.mean(),
                number(absolute=1e-6),
                hint="Where the derivative of the log-likelihood is 0.",
                explain=lambda x: f"The mean of the sample: $({plus(x)}) / {len(x)}$.",
                mistakes=[Mistake("median", lambda x: np.median(x), "That is the median.")],
            ),
            Step(
                "score",
                "The derivative of the log-likelihood with respect to $\\mu$ at $\\mu = {mu:d}$",
                lambda x, mu, sigma: (x - mu).sum() / sigma**2,
                number(absolute=0.005),
                marks=2,
                hint="$\\frac{1}{\\sigma^2} \\sum (x_n - \\mu)$.",
                explain=lambda x, mu, sigma: (
                    f"${(x - mu).sum()} / {sigma}^2$; its sign says where to go."
                ),
                mistakes=[
                    Mistake(
                        "sign",
                        lambda x, mu, sigma: -(x - mu).sum() / sigma**2,
                        "The inner derivative gives another minus (lost in the notes).",
                    ),
                    Mistake(
                        "no_sigma", lambda x, mu: (x - mu).sum() * 1.0, "Divide by $\\sigma^2$."
                    ),
                ],
            ),
            Step(
                "gain",
                "By how much is the log-likelihood at the estimate larger than at $\\mu = {mu:d}$?",
                lambda x, mean, mu, sigma: normal(x, mean, sigma) - normal(x, mu, sigma),
                number(absolute=0.005),
                marks=2,
                hint="The constants cancel; compare the sums of squares.",
                explain=lambda x, mean, mu, sigma: (
                    f"$({((x - mu) ** 2).sum():g} - {((x - mean) ** 2).sum():g}) / (2 \\cdot {sigma}^2)$."
                ),
                mistakes=[
                    Mistake(
                        "no_half",
                        lambda x, mean, mu, sigma: (
                            2 * (normal(x, mean, sigma) - normal(x, mu, sigma))
                        ),
                        "The exponent has a factor ½.",
                    ),
                    Mistake(
                        "no_sigma",
                        lambda x, mean, mu: (((x - mu) ** 2).sum() - ((x - mean) ** 2).sum()) / 2.0,
                        "Divide by $\\sigma^2$.",
                    ),
                ],
            ),
            Step(
                "likelihood",
                "The log-likelihood at the estimate",
                lambda x, mean, sigma: normal(x, mean, sigma),
                number(decimals=2),
                marks=2,
                hint="$-N \\ln(\\sqrt{2\\pi}\\,\\sigma) - \\frac{1}{2\\sigma^2}\\sum (x_n - \\mu)^2$.",
                explain=lambda x, mean, sigma: (
                    f"$-{len(x)} \\ln(\\sqrt{{2\\pi}} \\cdot {sigma}) - {((x - mean) ** 2).sum():g} / {2 * sigma**2}$."
                ),
                mistakes=[
                    Mistake(
                        "no_constant",
                        lambda x, mean, sigma: -((x - mean) ** 2).sum() / (2 * sigma**2),
                        "The normalising factor is missing.",
                    ),
                    Mistake(
                        "at_mu",
                        lambda x, mu, sigma: normal(x, mu, sigma),
                        "That is at $\\mu = {mu:d}$.",
                    ),
                ],
            ),
            Step(
                "variance",
                "Were $\\sigma$ unknown: its maximum likelihood estimate $\\hat\\sigma^2$",
                lambda x, mean: ((x - mean) ** 2).mean(),
                number(absolute=0.001),
                hint="Divide by $N$.",
                explain=lambda x, mean: (
                    f"${((x - mean) ** 2).sum():g} / {len(x)}$ (biased: it is too small by $(N-1)/N$)."
                ),
                mistakes=[
                    Mistake(
                        "unbiased",
                        lambda x, mean: ((x - mean) ** 2).sum() / (len(x) - 1),
                        "That is the unbiased estimate; maximum likelihood divides by $N$.",
                    ),
                    Mistake(
                        "deviation", lambda x, mean: sqrt(((x - mean) ** 2).mean()), "Not the root."
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "losses.coin",
    topic="losses",
    title="A coin: maximum likelihood and a prior",
    minutes=5,
    sources=["001:14", "001:03"],
    variants={
        "one-head": {"n": 1, "k": 1, "a": 5},
        "two-heads": {"n": 2, "k": 2, "a": 5},
        "firm-prior": {"n": 2, "k": 2, "a": 50},
    },
)
def coin(draw: Draw) -> Exercise:
    n = draw.integer("n", 4, 10)
    k = draw.choice("k", [v for v in range(1, n) if 2 * v != n])
    a = draw.choice("a", [2, 3, 5, 10])
    return Exercise(
        "A coin showed {k:d} heads in {n:d} tosses. Before, we believed in a fair coin: prior "
        "$\\mathrm{Beta}(a, a)$ with $a = {a:d}$ for the probability $\\phi$ of heads.",
        givens={"n": n, "k": k, "a": a},
        steps=[
            Step(
                "mle",
                "The maximum likelihood estimate of $\\phi$",
                lambda n, k: k / n,
                number(significant=3),
                hint="The relative frequency.",
                explain="${k:d} / {n:d}$.",
                mistakes=[
                    Mistake(
                        "laplace", lambda n, k: (k + 1) / (n + 2), "That already has a prior in it."
                    )
                ],
            ),
            Step(
                "mean",
                "The posterior mean of $\\phi$",
                lambda n, k, a: (k + a) / (n + 2 * a),
                number(significant=4),
                hint="The posterior is $\\mathrm{Beta}(a + k, a + n - k)$; the mean of Beta(u, v) is $u/(u+v)$.",
                explain="$({a:d} + {k:d}) / (2 \\cdot {a:d} + {n:d})$.",
                mistakes=[
                    Mistake("prior", lambda: 0.5, "That was before the tosses."),
                    Mistake(
                        "average",
                        lambda mle: (mle + 0.5) / 2,
                        "Prior and data weigh as $2a$ and $n$.",
                    ),
                ],
            ),
            Step(
                "map",
                "The MAP estimate",
                lambda n, k, a: (k + a - 1) / (n + 2 * a - 2),
                number(significant=4),
                marks=2,
                hint="The peak of Beta(u, v) is at $(u - 1)/(u + v - 2)$.",
                explain="$({a:d} + {k:d} - 1) / (2 \\cdot {a:d} + {n:d} - 2)$.",
                mistakes=[
                    Mistake("mean", lambda mean: mean, "That is the posterior mean, not its peak."),
                    Mistake("mle", lambda mle: mle, "That ignores the prior."),
                ],
            ),
            Step(
                "loss",
                "The mean negative log-likelihood of the tosses (in nats) at the posterior mean",
                lambda n, k, mean: -(k * log(mean) + (n - k) * log(1 - mean)) / n,
                number(decimals=3),
                hint="A binary cross-entropy: $-\\frac1n [k \\ln \\phi + (n - k) \\ln (1 - \\phi)]$.",
                explain=lambda n, k, mean: (
                    f"$-({k} \\ln {mean:.4g} + {n - k} \\ln {1 - mean:.4g}) / {n}$."
                ),
                mistakes=[
                    Mistake(
                        "total",
                        lambda n, k, mean: -(k * log(mean) + (n - k) * log(1 - mean)),
                        "That is the sum over the tosses.",
                    ),
                    Mistake(
                        "swapped",
                        lambda n, k, mean: -((n - k) * log(mean) + k * log(1 - mean)) / n,
                        "You swapped heads and tails.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "losses.regression",
    topic="losses",
    title="Squared error and its likelihood; mean and median",
    minutes=6,
    sources=["001:02", "003:03"],
    variants={
        "notes": {"t": [1, 2, 3], "g": [1.5, 1.5, 2.5], "sigma": 1, "sample": [1, 2, 3, 4, 20]}
    },
)
def regression(draw: Draw) -> Exercise:
    t = draw.integers("t", 3, 0, 6)
    g = draw.search(
        "g",
        lambda m: [v + e for v, e in zip(t, m.decimals("e", 3, -2, 2, 0.5), strict=True)],
        lambda v: (
            len({abs(a - b) for a, b in zip(t, v, strict=True)}) > 1
            and 0 not in [a - b for a, b in zip(t, v, strict=True)]
        ),
    )
    sigma = draw.choice("sigma", [1, 2])
    sample = draw.search(
        "sample",
        lambda m: sorted(m.integers("s", 4, 1, 9)) + [m.integer("far", 20, 40)],
        lambda v: sum(v) % 5 == 0 and len(set(v)) == 5,
    )
    return Exercise(
        "A network gives {g:} where the targets are {t:}; the targets carry Gaussian noise with "
        "$\\sigma = {sigma:d}$. Later a constant is to be fitted to the values {sample:}.",
        givens={"t": t, "g": g, "sigma": sigma, "sample": sample},
        steps=[
            Step(
                "sse",
                "The sum of squared errors",
                lambda t, g: float(((t - g) ** 2).sum()),
                number(absolute=1e-6),
                hint="Square the differences and add; no ½, no mean.",
                explain=lambda t, g: f"${plus((t - g) ** 2)}$.",
                mistakes=[
                    Mistake(
                        "half", lambda t, g: float(((t - g) ** 2).sum() / 2), "There is no ½ here."
                    ),
                    Mistake(
                        "absolute", lambda t, g: float(abs(t - g).sum()), "Square the differences."
                    ),
                ],
            ),
            Step(
                "mse",
                "The mean squared error",
                lambda sse, t: sse / len(t),
                number(decimals=3),
                hint="Per pattern.",
                explain="{sse:} over 3.",
                mistakes=[Mistake("rmse", lambda sse, t: sqrt(sse / len(t)), "That is its root.")],
            ),
            Step(
                "log_likelihood",
                "The log-likelihood of the targets",
                lambda sse, t, sigma: -len(t) * log(sigma * sqrt(2 * pi)) - sse / (2 * sigma**2),
                number(decimals=2),
                marks=2,
                hint="Each target is Gaussian around the output.",
                explain="$-3 \\ln(\\sqrt{2\\pi} \\cdot {sigma:d}) -$ {sse:} $/ (2 \\cdot {sigma:d}^2)$.",
                mistakes=[
                    Mistake(
                        "no_constant",
                        lambda sse, sigma: -sse / (2 * sigma**2),
                        "The normalising factors are missing.",
                    ),
                    Mistake(
                        "sign",
                        lambda sse, t, sigma: (
                            -len(t) * log(sigma * sqrt(2 * pi)) + sse / (2 * sigma**2)
                        ),
                        "Errors lower the likelihood.",
                    ),
                ],
            ),
            Step(
                "squares",
                "The constant that minimises the sum of squares to {sample:}",
                lambda sample: sample.mean(),
                number(absolute=1e-6),
                hint="Set the derivative to 0.",
                explain=lambda sample: f"The mean: ${sample.sum()} / {len(sample)}$.",
                mistakes=[
                    Mistake(
                        "median", lambda sample: np.median(sample), "That is for absolute errors."
                    )
                ],
            ),
            Step(
                "absolutes",
                "The constant that minimises the sum of absolute errors",
                lambda sample: np.median(sample),
                number(absolute=1e-6),
                hint="As many values on either side.",
                explain="The median: the far value does not pull (Laplace noise has this loss).",
                mistakes=[
                    Mistake("mean", lambda sample: sample.mean(), "That is for squared errors.")
                ],
            ),
        ],
    )


# --- penalties and robust losses ------------------------------------------------------------------

HALF = r"\frac{\lambda}{2} \sum w^2"
FULL = r"\lambda \sum w^2"


def decay(penalty: str) -> int:
    return 1 if penalty == HALF else 2


@exercise_type(
    "losses.penalty",
    topic="losses",
    title="Penalties on the weights and one step of weight decay",
    minutes=6,
    sources=["000A:58", "001:14"],
    variants={
        "lecture": {"w": [2, -1], "g": [0.3, 0.2], "eta": 0.1, "lam": 0.5, "penalty": HALF},
        "notes-001": {"w": [2, 1], "g": [1, 1], "eta": 0.1, "lam": 0.5, "penalty": FULL},
    },
)
def penalty(draw: Draw) -> Exercise:
    w = draw.search(
        "w",
        lambda m: m.decimals("w", 2, -3, 3, 0.5, exclude=[0, 1, -1]),
        lambda v: v[0] * v[1] < 0 and abs(v[0]) != abs(v[1]),
    )
    g = draw.search(
        "g",
        lambda m: m.decimals("g", 2, -0.6, 0.6, 0.2, exclude=[0]),
        lambda v: v[0] != v[1],
    )
    eta, lam = draw.choice("eta", [0.1, 0.2, 0.5]), draw.choice("lam", [0.1, 0.2, 0.5])
    rule = draw.choice("penalty", [HALF, FULL])
    return Exercise(
        "The weights are $w = {w:}$, the gradient of the unpenalised loss is {g:}, the learning rate is "
        "$\\eta = {eta:}$. The L2 penalty is ${rule:s}$, the L1 penalty is $\\lambda \\sum |w|$, both "
        "with $\\lambda = {lam:}$.",
        givens={"w": w, "g": g, "eta": eta, "lam": lam, "rule": rule},
        steps=[
            Step(
                "value2",
                "The value of the L2 penalty",
                lambda w, lam, rule: lam * float((w**2).sum()) * decay(rule) / 2,
                number(absolute=1e-4),
                hint="As it is defined above: ${rule:s}$.",
                explain=lambda w, lam, rule: (
                    f"$\\sum w^2 = {(w**2).sum():g}$, $\\lambda = {lam:g}$."
                ),
                mistakes=[
                    Mistake(
                        "other_factor",
                        lambda w, lam, rule: lam * float((w**2).sum()) / decay(rule),
                        "Read the definition again: is there a factor ½?",
                    ),
                    Mistake(
                        "norm",
                        lambda w, lam: lam * sqrt(float((w**2).sum())),
                        "The sum of squares, without a root.",
                    ),
                ],
            ),
            Step(
                "value1",
                "The value of the L1 penalty",
                lambda w, lam: lam * float(abs(w).sum()),
                number(absolute=1e-4),
                hint="Absolute values.",
                explain=lambda w, lam: f"${lam:g} \\cdot ({plus(abs(w))})$.",
                mistakes=[
                    Mistake(
                        "signed",
                        lambda w, lam: lam * float(w.sum()),
                        "Absolute values: signs do not cancel.",
                    )
                ],
            ),
            Step(
                "plain",
                "The weights after one step without a penalty",
                lambda w, g, eta: w - eta * g,
                vector(length=2, decimals=4, partial=True),
                hint="$w - \\eta g$.",
                explain="$w - {eta:}\\,g$.",
                mistakes=[
                    Mistake("uphill", lambda w, g, eta: w + eta * g, "Against the gradient.")
                ],
            ),
            Step(
                "l2",
                "The weights after one step with the L2 penalty",
                lambda w, g, eta, lam, rule: w - eta * (g + decay(rule) * lam * w),
                vector(length=2, decimals=4, partial=True),
                marks=2,
                hint="Add the derivative of the penalty to the gradient.",
                explain=lambda w, lam, rule: (
                    f"The penalty adds ${decay(rule) * lam:g}\\,w$ to the gradient: every weight decays in "
                    "proportion to its size."
                ),
                mistakes=[
                    Mistake(
                        "other_factor",
                        lambda w, g, eta, lam, rule: w - eta * (g + 2 / decay(rule) * lam * w),
                        "$(w^2)' = 2w$: mind the factor in front of the penalty.",
                    ),
                    Mistake(
                        "grows",
                        lambda w, g, eta, lam, rule: w - eta * (g - decay(rule) * lam * w),
                        "The penalty must shrink the weights.",
                    ),
                ],
            ),
            Step(
                "l1",
                "The weights after one step with the L1 penalty",
                lambda w, g, eta, lam: w - eta * (g + lam * np.sign(w)),
                vector(length=2, decimals=4, partial=True),
                marks=2,
                hint="$|w|' $ is the sign of $w$.",
                explain="The penalty adds ${lam:}$ with the sign of the weight: the same pull for small and large "
                "weights, so that small ones reach 0.",
                mistakes=[
                    Mistake(
                        "no_sign",
                        lambda w, g, eta, lam: w - eta * (g + lam),
                        "Negative weights are pulled up: the derivative of $|w|$ is the sign of $w$.",
                    ),
                    Mistake(
                        "proportional",
                        lambda w, g, eta, lam: w - eta * (g + lam * abs(w)),
                        "The pull of L1 does not depend on the size.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "losses.robust",
    topic="losses",
    title="Huber and hinge",
    minutes=5,
    sources=["003:18"],
    variants={
        "notes": {"r": [0.5, 1, 3], "d": 1, "y": [1, 1, -1], "s": [2, 0.3, 0.3]},
    },
)
def robust(draw: Draw) -> Exercise:
    d = draw.choice("d", [1, 2])
    r = draw.search(
        "r",
        lambda m: m.decimals("r", 3, -5, 5, 0.5, exclude=[0]),
        lambda v: sum(abs(x) > d for x in v) == 2 and min(v) < -d and len({abs(x) for x in v}) == 3,
    )
    y = draw.choice("y", [[1, -1, 1], [-1, 1, -1], [1, 1, -1], [-1, -1, 1]])
    s = draw.search(
        "s",
        lambda m: m.decimals("s", 3, -2.5, 2.5, 0.1, exclude=[0, 1, -1]),
        lambda v: (
            sorted(int(a * b > 1) + int(a * b > 0) for a, b in zip(y, v, strict=True)) == [0, 1, 2]
        ),
    )
    return Exercise(
        "A regression has the residuals {r:}. A classifier with labels {y:} has the scores {s:}. The "
        "Huber loss with $d = {d:}$ is $\\frac12 r^2$ for $|r| \\le d$ and $d(|r| - d/2)$ beyond; the "
        "hinge loss is $\\max(0, 1 - y s)$.",
        givens={"r": r, "d": d, "y": y, "s": s},
        steps=[
            Step(
                "huber",
                "The Huber losses",
                lambda r, d: np.where(abs(r) <= d, r**2 / 2, d * (abs(r) - d / 2)),
                vector(length=3, decimals=3, partial=True),
                marks=2,
                hint="Which residuals are larger than $d$ in size?",
                explain=lambda r, d: "\n".join(
                    f"- ${v:g}$: {'½r²' if abs(v) <= d else 'the straight part'}" for v in r
                ),
                mistakes=[
                    Mistake(
                        "squares", lambda r: r**2 / 2, "Beyond $d$ the loss is a straight line."
                    ),
                    Mistake(
                        "no_shift",
                        lambda r, d: np.where(abs(r) <= d, r**2 / 2, d * abs(r)),
                        "The line is shifted by $d^2/2$ so that it joins on.",
                    ),
                    Mistake(
                        "signed",
                        lambda r, d: np.where(r <= d, r**2 / 2, d * (r - d / 2)),
                        "The size of the residual counts, not its sign.",
                    ),
                ],
            ),
            Step(
                "slopes",
                "The derivatives of the Huber loss at the three residuals",
                lambda r, d: np.clip(r, -d, d),
                vector(length=3, partial=True),
                hint="$r$ inside, $\\pm d$ outside.",
                explain="The residual, cut off at $\\pm {d:}$: outliers pull with limited force.",
                mistakes=[
                    Mistake("uncut", lambda r: r, "Beyond $d$ the slope stays at $\\pm d$."),
                    Mistake(
                        "no_sign",
                        lambda r, d: np.clip(abs(r), -d, d),
                        "Negative residuals have a negative slope.",
                    ),
                ],
            ),
            Step(
                "hinge",
                "The hinge losses",
                lambda y, s: np.maximum(0, 1 - y * s),
                vector(length=3, decimals=3, partial=True),
                marks=2,
                hint="Right by a margin of at least 1 costs nothing.",
                explain=lambda y, s: "Margins " + ", ".join(f"${v:g}$" for v in y * s) + ".",
                mistakes=[
                    Mistake(
                        "no_margin",
                        lambda y, s: np.maximum(0, -y * s),
                        "That is the perceptron's loss; the hinge wants a margin of 1.",
                    ),
                    Mistake("negative", lambda y, s: 1 - y * s, "Never below 0."),
                    Mistake(
                        "no_label", lambda s: np.maximum(0, 1 - s), "Multiply by the label first."
                    ),
                ],
            ),
            Step(
                "wrong",
                "How many of the three patterns are misclassified (score of the wrong sign)?",
                lambda y, s: int((y * s < 0).sum()),
                integer(),
                hint="Where $y s < 0$.",
                explain="A positive hinge loss alone does not mean an error: the margin may just be small.",
                mistakes=[
                    Mistake(
                        "positive_loss",
                        lambda y, s: int((y * s < 1).sum()),
                        "A loss is also paid for a margin between 0 and 1.",
                    )
                ],
            ),
        ],
    )


QUESTIONS = [
    Question(
        "An image may show several of ten objects at once. Output and loss?",
        "10 sigmoids, sum of binary cross-entropies",
        [
            (
                "A softmax with 10 outputs and cross-entropy",
                "Softmax outputs add up to 1: only one object could be sure.",
            ),
            ("10 linear outputs with the mean squared error", "That is for real targets."),
            ("One sigmoid output with binary cross-entropy", "One output cannot name ten objects."),
            (
                "A softmax with 10 outputs and a hinge loss on each",
                "The objects exclude each other in a softmax.",
            ),
        ],
        "The labels do not exclude each other: ten yes-no questions.",
        "Do the classes exclude each other?",
    ),
    Question(
        "Which loss comes from maximum likelihood with Gaussian noise on the targets?",
        "The sum of squared errors",
        [
            ("The sum of absolute errors", "That comes from Laplace noise."),
            ("The binary cross-entropy", "That comes from Bernoulli targets."),
            ("The hinge loss", "It comes from a margin, not from a noise model."),
            ("The KL divergence to a uniform law", "Not from noise on the targets."),
        ],
        "The logarithm of a Gaussian density is a negative square.",
        "Take minus the logarithm of the density.",
    ),
    Question(
        "Which statement about penalties on the weights is right?",
        "L1 makes many weights exactly 0",
        [
            ("L2 makes many weights exactly 0", "L2 shrinks in proportion and does not reach 0."),
            ("L1 never reaches 0", "A note says so, wrongly: its constant pull does reach 0."),
            ("Both pull large and small weights alike", "L2 pulls in proportion to the weight."),
            (
                "L2 is a Laplace prior on the weights",
                "L2 is a Gaussian prior; L1 is the Laplace one.",
            ),
        ],
        "The pull of L1 keeps its strength for small weights.",
        "How strong is the pull on a small weight?",
    ),
    Question(
        "100 is added to all net inputs of a softmax layer. What happens?",
        "The outputs stay the same",
        [
            ("The largest output becomes 1", "The common factor cancels."),
            ("All outputs become equal", "The differences of the net inputs stay."),
            ("The outputs grow a hundredfold", "They always add up to 1."),
            ("The loss grows by 100", "Loss and outputs do not change."),
        ],
        "$e^{100}$ cancels.",
        "Factor out $e^{100}$.",
    ),
    Question(
        "Why is the cross-entropy preferred to squares for a sigmoid output?",
        "Its gradient does not vanish for a badly wrong unit",
        [
            (
                "It is always smaller than the squared error",
                "It is not, and the scale does not matter.",
            ),
            ("It has no local minima in any deep network", "That holds for a single unit only."),
            ("It does not need probabilities at the output", "It needs outputs between 0 and 1."),
            ("It makes the outputs add up to 1 over all classes", "That is the softmax."),
        ],
        "The slope $z(1 - z)$ cancels, $z - t$ is left.",
        "What is its derivative with respect to the net input?",
    ),
    Question(
        "With soft targets a network reaches its best cross-entropy. What is the value?",
        "The entropy of the targets",
        [
            ("0", "Only for one-hot targets."),
            ("The KL divergence to them", "That is 0 at the best output."),
            ("$\\ln$ of the number of classes", "Only for uniform targets."),
            ("1", "There is no reason for 1."),
        ],
        "$H(P, Q) = H(P) + D_{KL}$, and the divergence reaches 0.",
        "Insert $Q = P$.",
    ),
]


@exercise_type(
    "losses.theory",
    topic="losses",
    title="Which loss, and why",
    minutes=2,
    sources=["000A:56", "000A:57", "000A:58", "001:02", "001:14"],
)
def losses_theory(draw: Draw) -> Exercise:
    return theory(draw, QUESTIONS)
