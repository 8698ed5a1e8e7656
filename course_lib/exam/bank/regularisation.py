"""Penalties, dropout, input noise and early stopping by hand."""

from __future__ import annotations

from math import ceil

import numpy as np

from course_lib.exam.answers import integer, matrix, number, vector
from course_lib.exam.arithmetic import over
from course_lib.exam.draw import Draw
from course_lib.exam.exercise import Exercise, Mistake, Step, exercise_type
from course_lib.exam.theory import Question, theory

LINE = np.array([[1.0, 0], [1, 1], [1, 2], [1, 3]])  # a line through x = 0, 1, 2, 3


def threshold(v, by):
    v = np.asarray(v, float)
    return np.sign(v) * np.maximum(np.abs(v) - by, 0) + 0.0


def stopping(losses, patience: int) -> tuple[int, int]:
    """The epoch of the stop and the best epoch, both counted from 0."""
    best, waited = 0, 0
    for epoch in range(1, len(losses)):
        best, waited = (epoch, 0) if losses[epoch] < losses[best] else (best, waited + 1)
        if waited == patience:
            return epoch, best
    return len(losses) - 1, best


@exercise_type(
    "regularisation.step",
    topic="regularisation",
    title="One step with L1, with L2, and decay without data",
    minutes=6,
    sources=["000A:58", "004:20"],
    variants={
        "lecture": {"w": 2, "g": 0.3, "eta": 0.1, "lam": 0.5, "k": 20},
        "lecture-alone": {"w": 1, "g": 0.3, "eta": 0.1, "lam": 0.5, "k": 20},
    },
)
def step(draw: Draw) -> Exercise:
    w, g = draw.choice("w", [1.5, 2, 2.5, 3, 4]), draw.choice("g", [-0.6, -0.4, 0.3, 0.5, 0.8])
    eta, lam = draw.choice("eta", [0.1, 0.2, 0.4]), draw.choice("lam", [0.2, 0.5, 1])
    k = draw.integer("k", 3, 15)
    return Exercise(
        "A weight is $w = {w:}$, the slope of the loss there $g = {g:}$, the learning rate $\\eta = "
        "{eta:}$. The penalties are $\\frac{\\lambda}{2} w^2$ (L2) and $\\lambda |w|$ (L1) with "
        "$\\lambda = {lam:}$ (lam).",
        givens={"w": w, "g": g, "eta": eta, "lam": lam, "k": k},
        steps=[
            Step(
                "l2",
                "$w$ after one step with the L2 penalty",
                lambda w, g, eta, lam: w - eta * (g + lam * w),
                number(decimals=3),
                hint="$w - \\eta(g + \\lambda w)$.",
                explain="$(1 - \\eta\\lambda)w - \\eta g$.",
                mistakes=[
                    Mistake("none", lambda w, g, eta: w - eta * g, "The penalty has a slope, too."),
                    Mistake(
                        "twice", lambda w, g, eta, lam: w - eta * (g + 2 * lam * w),
                        "The ½ takes the 2 away.",
                    ),
                    Mistake(
                        "no_eta", lambda w, g, eta, lam: w - eta * g - lam * w,
                        "The learning rate multiplies both slopes.",
                    ),
                ],
            ),
            Step(
                "l1",
                "$w$ after one step with the L1 penalty",
                lambda w, g, eta, lam: w - eta * (g + lam * np.sign(w)),
                number(decimals=3),
                hint="The slope of $|w|$ is its sign.",
                explain="$w - \\eta(g + \\lambda)$ for a positive weight.",
                mistakes=[
                    Mistake("none", lambda w, g, eta: w - eta * g, "The penalty has a slope, too."),
                    Mistake(
                        "grows", lambda w, g, eta, lam: w - eta * (g - lam * np.sign(w)),
                        "The penalty pulls towards 0.",
                    ),
                ],
            ),
            Step(
                "factor",
                "The factor by which L2 alone ($g = 0$) shrinks the weight in a step",
                lambda eta, lam: 1 - eta * lam,
                number(decimals=3),
                hint="Collect the terms with $w$.",
                explain="$1 - \\eta\\lambda$.",
                mistakes=[
                    Mistake("lam", lambda eta, lam: eta * lam, "That is what is lost; the rest remains."),
                    Mistake("twice", lambda eta, lam: 1 - 2 * eta * lam, "The ½ takes the 2 away."),
                ],
            ),
            Step(
                "later",
                "The weight after $k = {k:d}$ such steps without data",
                lambda w, factor, k: w * float(factor) ** k,
                number(significant=3),
                hint="The factor once per step.",
                explain="$w(1 - \\eta\\lambda)^k$: small, but never 0.",
                mistakes=[
                    Mistake("times", lambda w, factor, k: w * factor * k, "A power, not a multiple."),
                    Mistake("once", lambda w, factor: w * factor, "That is after one step."),
                ],
            ),
            Step(
                "zero",
                "How many steps without data does L1 need until the weight is 0 (it stops there)?",
                lambda w, eta, lam: ceil(abs(w) / (eta * lam) - 1e-9),
                integer(),
                hint="L1 takes away the same amount in every step.",
                explain=lambda w, eta, lam: f"${abs(w):g} / {eta * lam:g}$, rounded up.",
                mistakes=[
                    Mistake("no_eta", lambda w, lam: ceil(abs(w) / lam - 1e-9), "Each step takes $\\eta\\lambda$."),
                ],
            ),
        ],
    )  # fmt: skip


@exercise_type(
    "regularisation.cost",
    topic="regularisation",
    title="A cost with penalty over m examples",
    minutes=6,
    sources=["003:13"],
    variants={"notes-003": {"w": [3, -4], "loss": 0.5, "lam": 0.2, "m": 10, "eta": 0.5, "g": 0.2}},
)
def cost(draw: Draw) -> Exercise:
    w = draw.search(
        "w", lambda d: d.integers("w", 2, -4, 4, exclude=[0, 1, -1, 2, -2]), lambda v: v[0] * v[1] < 0
    )
    loss, lam = draw.decimal("loss", 0.2, 0.9, 0.1), draw.choice("lam", [0.5, 1, 2, 4])
    m, eta = draw.choice("m", [5, 10, 20]), draw.choice("eta", [0.2, 0.5, 1])
    g = draw.decimal("g", -0.5, 0.5, 0.1, exclude=[0])
    return Exercise(
        "The mean loss of $m = {m:d}$ examples is {loss:}, the weights are $w = {w:}$. The cost is $J = "
        "\\text{loss} + \\frac{\\lambda}{2m}\\sum w^2$ (L2) or $J = \\text{loss} + "
        "\\frac{\\lambda}{2m}\\sum |w|$ (L1) with $\\lambda = {lam:}$ (lam). The slope of the loss by "
        "$w_1$ is $g = {g:}$, the learning rate $\\eta = {eta:}$ (eta).",
        givens={"w": w, "loss": loss, "lam": lam, "m": m, "eta": eta, "g": g},
        steps=[
            Step(
                "l2",
                "The cost with the L2 penalty",
                lambda w, loss, lam, m: loss + lam / (2 * m) * float((w**2).sum()),
                number(significant=4),
                hint="Sum of squares, no root.",
                explain=lambda w, lam, m: f"$\\sum w^2 = {(w**2).sum():g}$, $\\lambda/2m = {lam / (2 * m):g}$.",
                mistakes=[
                    Mistake(
                        "root", lambda w, loss, lam, m: loss + lam / (2 * m) * float(np.sqrt((w**2).sum())),
                        "The sum of squares, not the length.",
                    ),
                    Mistake(
                        "no_m", lambda w, loss, lam: loss + lam / 2 * float((w**2).sum()),
                        "Divide by the number of examples.",
                    ),
                ],
            ),
            Step(
                "l1",
                "The cost with the L1 penalty",
                lambda w, loss, lam, m: loss + lam / (2 * m) * float(abs(w).sum()),
                number(significant=4),
                hint="Absolute values.",
                explain=lambda w: f"$\\sum |w| = {abs(w).sum():g}$.",
                mistakes=[
                    Mistake(
                        "signed", lambda w, loss, lam, m: loss + lam / (2 * m) * float(w.sum()),
                        "Absolute values: signs do not cancel.",
                    ),
                ],
            ),
            Step(
                "new2",
                "$w_1$ after one step with the L2 penalty",
                lambda w, g, eta, lam, m: w[0] - eta * (g + lam / m * w[0]),
                number(decimals=3),
                marks=2,
                hint="The derivative of $\\frac{\\lambda}{2m}w^2$ is $\\frac{\\lambda}{m}w$.",
                explain="$(1 - \\eta\\lambda/m)\\,w_1 - \\eta g$.",
                mistakes=[
                    Mistake(
                        "half", lambda w, g, eta, lam, m: w[0] - eta * (g + lam / (2 * m) * w[0]),
                        "The square brings a 2 that takes the ½ away.",
                    ),
                    Mistake("none", lambda w, g, eta: w[0] - eta * g, "The penalty has a slope, too."),
                ],
            ),
            Step(
                "new1",
                "$w_1$ after one step with the L1 penalty",
                lambda w, g, eta, lam, m: w[0] - eta * (g + lam / (2 * m) * np.sign(w[0])),
                number(decimals=3),
                hint="The derivative of $|w|$ is its sign; here the ½ stays.",
                explain="$w_1 - \\eta(g + \\frac{\\lambda}{2m}\\,\\mathrm{sign}\\,w_1)$.",
                mistakes=[
                    Mistake(
                        "whole", lambda w, g, eta, lam, m: w[0] - eta * (g + lam / m * np.sign(w[0])),
                        "There is no square here: the ½ stays.",
                    ),
                    Mistake(
                        "size", lambda w, g, eta, lam, m: w[0] - eta * (g + lam / (2 * m) * w[0]),
                        "The pull of L1 does not depend on the size.",
                    ),
                ],
            ),
        ],
    )  # fmt: skip


@exercise_type(
    "regularisation.threshold",
    topic="regularisation",
    title="Soft threshold and shrinkage",
    minutes=4,
    sources=["003:13", "001:14"],
    variants={"notes-003": {"a": [3, 0.4, -0.2, 1], "lam": 0.5}},
)
def soft(draw: Draw) -> Exercise:
    lam = draw.choice("lam", [0.4, 0.5, 0.7, 0.9])
    a = draw.search(
        "a",
        lambda d: d.decimals("a", 4, -3, 3, 0.1, exclude=[0]),
        lambda v: (
            1 <= sum(abs(x) < lam - 0.05 for x in v) <= 2
            and all(abs(abs(x) - lam) > 0.05 for x in v)
            and min(v) < -lam < lam < max(v)
        ),
    )
    return Exercise(
        "Without a penalty the best weights would be $a = {a:}$. Each weight minimises $\\frac12(w - "
        "a)^2$ plus a penalty: $\\frac{\\lambda}{2} w^2$ (L2) or $\\lambda |w|$ (L1), $\\lambda = {lam:}$ "
        "(lam).",
        givens={"a": a, "lam": lam},
        steps=[
            Step(
                "l2",
                "The weights with L2",
                lambda a, lam: a / (1 + lam),
                vector(length=4, decimals=3, partial=True),
                hint="Set the derivative $w - a + \\lambda w$ to 0.",
                explain="$a / (1 + \\lambda)$: smaller, none 0.",
                mistakes=[
                    Mistake("minus", lambda a, lam: a * (1 - lam), "$w(1 + \\lambda) = a$."),
                    Mistake("amount", lambda a, lam: threshold(a, lam), "That is L1; L2 is a factor."),
                ],
            ),
            Step(
                "l1",
                "The weights with L1",
                lambda a, lam: threshold(a, lam),
                vector(length=4, decimals=3, partial=True),
                marks=2,
                hint="Every number moves by $\\lambda$ towards 0 and stops there.",
                explain="$\\mathrm{sign}(a)\\max(0, |a| - \\lambda)$.",
                mistakes=[
                    Mistake(
                        "past_zero", lambda a, lam: a - lam * np.sign(a), "Small ones stop at 0."
                    ),
                    Mistake(
                        "hard", lambda a, lam: np.where(abs(a) > lam, a, 0.0),
                        "What survives shrinks, too.",
                    ),
                ],
            ),
            Step(
                "zeros",
                "How many of the L1 weights are exactly 0?",
                lambda l1: int(np.sum(np.abs(l1) < 1e-9)),
                integer(),
                hint="Count.",
                explain="Those with $|a| \\le \\lambda$.",
            ),
        ],
    )  # fmt: skip


@exercise_type(
    "regularisation.ridge",
    topic="regularisation",
    title="Ridge regression with two weights",
    minutes=8,
    sources=["001:14"],
    variants={
        "lecture": {"t": [1, 2, 2, 4], "gamma": 1},
        "lecture-half": {"t": [1, 2, 2, 4], "gamma": 0.5},
        "lecture-10": {"t": [1, 2, 2, 4], "gamma": 10},
    },
)
def ridge(draw: Draw) -> Exercise:
    t = draw.search("t", lambda d: d.integers("t", 4, 0, 6), lambda v: v[3] > v[0] and len(set(v)) > 2)
    gamma = draw.choice("gamma", [1, 2, 4, 5])
    return Exercise(
        "A line $w_0 + w_1x$ is fitted to the targets $t = {t:}$ at $x = 0, 1, 2, 3$: minimise "
        "$\\sum_n(t_n - w_0 - w_1x_n)^2 + \\gamma(w_0^2 + w_1^2)$ with $\\gamma = {gamma:}$.",
        givens={"t": t, "gamma": gamma},
        steps=[
            Step(
                "A",
                "The matrix $X^TX + \\gamma I$",
                lambda gamma: LINE.T @ LINE + gamma * np.eye(2),
                matrix(2, 2, decimals=3),
                hint="$X$ has the rows $(1, x_n)$. Without penalty: 4, 6, 6, 14.",
                explain="Add $\\gamma$ on the diagonal.",
                mistakes=[
                    Mistake("plain", lambda: LINE.T @ LINE, "The penalty adds $\\gamma I$."),
                    Mistake("everywhere", lambda gamma: LINE.T @ LINE + gamma, "Only on the diagonal."),
                ],
            ),
            Step(
                "b",
                "The vector $X^Tt$",
                lambda t: LINE.T @ t,
                vector(length=2, decimals=3),
                hint="Sum of the targets; sum of target times $x$.",
                explain="$(\\sum t_n, \\sum x_nt_n)$.",
                mistakes=[
                    Mistake("turned", lambda t: (LINE.T @ t)[::-1], "The column of ones comes first."),
                ],
            ),
            Step(
                "w",
                "The weights $(w_0, w_1)$",
                lambda A, b: np.linalg.solve(A, b) if abs(np.linalg.det(A)) > 1e-9 else 0 * b,
                vector("w0", "w1", decimals=3, partial=True),
                marks=3,
                hint="Solve the two equations, for example by the inverse of a 2 x 2 matrix.",
                explain=lambda A: f"The determinant is {np.linalg.det(A):.4g}.",
                mistakes=[
                    Mistake(
                        "no_penalty", lambda b: np.linalg.solve(LINE.T @ LINE, b), "That is plain least squares."
                    ),
                    Mistake(
                        "not_divided",
                        lambda A, b: np.array([A[1][1] * b[0] - A[0][1] * b[1],
                                               A[0][0] * b[1] - A[1][0] * b[0]]),
                        "Divide by the determinant.",
                    ),
                ],
            ),
        ],
    )  # fmt: skip


@exercise_type(
    "regularisation.prior",
    topic="regularisation",
    title="From a prior to the strength of the penalty",
    minutes=4,
    sources=["001:14", "000A:68"],
)
def prior(draw: Draw) -> Exercise:
    s, sw = draw.choice("s", [0.5, 1, 2, 3]), draw.choice("sw", [0.25, 0.4, 0.8, 1.5])
    a, n = draw.choice("a", [3, 4, 5, 6, -4]), draw.choice("n", [10, 20, 50, 100])
    return Exercise(
        "The targets scatter normally around the net with standard deviation $\\sigma = {s:}$ (s), the "
        "opinion about each weight is $N(0, \\sigma_w^2)$ with $\\sigma_w = {sw:}$ (sw).",
        givens={"s": s, "sw": sw, "a": a, "n": n},
        steps=[
            Step(
                "gamma",
                "$\\gamma$ in $\\sum(t - g)^2 + \\gamma\\sum w^2$",
                lambda s, sw: s**2 / sw**2,
                number(significant=3),
                marks=2,
                hint="Minus the logarithm of likelihood times prior, multiplied by $2\\sigma^2$.",
                explain="$\\sigma^2 / \\sigma_w^2$.",
                mistakes=[
                    Mistake("std", lambda s, sw: s / sw, "The variances, not the standard deviations."),
                    Mistake("turned", lambda s, sw: sw**2 / s**2, "A narrow prior is a strong penalty."),
                ],
            ),
            Step(
                "one",
                "One weight alone: the minimiser of $(w - a)^2 + \\gamma w^2$ for $a = {a:}$",
                lambda gamma, a: over(a, 1 + gamma),
                number(significant=3),
                hint="Set the derivative to 0.",
                explain="$a / (1 + \\gamma)$.",
                mistakes=[
                    Mistake("minus", lambda gamma, a: a - gamma, "L2 is a factor, not an amount."),
                    Mistake("by", lambda gamma, a: over(a, gamma), "The 1 comes from the squares."),
                ],
            ),
            Step(
                "noise",
                "Which variance of input noise, on $n = {n:d}$ examples of a linear model, acts as this "
                "$\\gamma$?",
                lambda gamma, n: gamma / n,
                number(significant=3),
                hint="Noise of variance $v$ on each of $n$ examples adds $nv\\,\\|w\\|^2$.",
                explain="$\\gamma / n$.",
                mistakes=[
                    Mistake("all", lambda gamma: gamma, "Every example adds its share: divide by $n$."),
                    Mistake("times", lambda gamma, n: gamma * n, "Divide by $n$."),
                ],
            ),
        ],
    )


@exercise_type(
    "regularisation.dropout",
    topic="regularisation",
    title="Inverted dropout with a given mask",
    minutes=5,
    sources=["000A:69", "003:14", "004:20"],
    variants={"lecture": {"h": [1, 2, 3, 4, 5], "p": 0.4, "mask": [1, 0, 1, 1, 0]}},
)
def dropout(draw: Draw) -> Exercise:
    h = draw.search("h", lambda d: d.integers("h", 5, 1, 9), lambda v: len(set(v)) > 3)
    p = draw.choice("p", [0.2, 0.3, 0.4, 0.6])
    mask = draw.choice("mask", [[1, 0, 1, 1, 0], [0, 1, 1, 0, 1], [1, 1, 0, 1, 1], [0, 1, 0, 1, 1]])
    return Exercise(
        "Five hidden units put out $h = {h:}$. Inverted dropout drops each with probability $p = {p:}$; "
        "this time the mask is {mask:} (1: the unit stays).",
        givens={"h": h, "p": p, "mask": mask},
        steps=[
            Step(
                "out",
                "The outputs $h'$ after dropout",
                lambda h, p, mask: h * mask / (1 - p),
                vector(length=5, decimals=3, partial=True),
                marks=2,
                hint="0, or $h / (1 - p)$.",
                explain="Every unit that stays is divided by ${p:}$'s complement.",
                mistakes=[
                    Mistake("unscaled", lambda h, mask: h * mask, "Divide by $1 - p$."),
                    Mistake("by_p", lambda h, p, mask: h * mask / p, "By the chance to stay, $1 - p$."),
                    Mistake(
                        "turned", lambda h, p, mask: h * (1 - mask) / (1 - p), "1 means that it stays."
                    ),
                ],
            ),
            Step(
                "kept",
                "How many of the five stay on average ($p$)?",
                lambda p: 5 * (1 - p),
                number(decimals=2),
                hint="Each stays with probability $1 - p$.",
                explain="$5(1 - p)$.",
                mistakes=[Mistake("dropped", lambda p: 5 * p, "Those are dropped.")],
            ),
            Step(
                "mean",
                "The expectation of the last unit's output",
                lambda h: float(h[4]),
                number(decimals=2),
                hint="$(1 - p) \\cdot h / (1 - p)$.",
                explain="$E[h'] = h$: that is what the scaling is for.",
                mistakes=[
                    Mistake("scaled", lambda h, p: float(h[4]) * (1 - p), "The scaling makes good for it."),
                    Mistake("kept", lambda h, p: float(h[4]) / (1 - p), "That is its value if it stays."),
                ],
            ),
            Step(
                "var",
                "The variance of the last unit's output",
                lambda h, p: float(h[4]) ** 2 * p / (1 - p),
                number(significant=3),
                marks=2,
                hint="$E[h'^2] - E[h']^2$.",
                explain="$h^2 / (1 - p) - h^2 = h^2\\,p / (1 - p)$.",
                mistakes=[
                    Mistake(
                        "bernoulli", lambda h, p: float(h[4]) ** 2 * p * (1 - p),
                        "That is without the scaling.",
                    ),
                    Mistake(
                        "square", lambda h, p: float(h[4]) ** 2 / (1 - p), "Subtract $E[h']^2$."
                    ),
                ],
            ),
        ],
    )  # fmt: skip


@exercise_type(
    "regularisation.thinned",
    topic="regularisation",
    title="All thinned nets of three units",
    minutes=7,
    sources=["001:15", "003:14"],
    variants={"lecture": {"h": [2, -1, 4], "w": [1, 2, 0.5], "p": 0.3}},
)
def thinned(draw: Draw) -> Exercise:
    h = draw.integers("h", 3, -3, 5, exclude=[0])
    w = draw.search(
        "w", lambda d: d.decimals("w", 3, -2, 2, 0.5, exclude=[0]), lambda v: abs(np.dot(h, v)) > 0.9
    )
    p = draw.choice("p", [0.2, 0.3, 0.4, 0.6])

    def total(h, w):
        return float(np.dot(h, w))

    def variance(h, w, p):
        return float(np.sum((np.asarray(h) * w) ** 2)) * p * (1 - p)

    return Exercise(
        "Three hidden units $h = {h:}$ lead to one linear output with the weights $w = {w:}$. Each unit "
        "is dropped with probability $p = {p:}$, *without* rescaling in training (the original form).",
        givens={"h": h, "w": w, "p": p},
        steps=[
            Step(
                "nets",
                "How many thinned nets are there?",
                lambda h: 2 ** len(h),
                integer(),
                hint="Each unit is in or out.",
                explain="$2^3$.",
                mistakes=[Mistake("six", lambda h: 2 * len(h), "A power, not a multiple.")],
            ),
            Step(
                "gone",
                "The probability that all three are gone ($p$)",
                lambda p: p**3,
                number(significant=3),
                hint="They are dropped independently.",
                explain="$p^3$.",
                mistakes=[
                    Mistake("stay", lambda p: (1 - p) ** 3, "That is the chance that all stay."),
                    Mistake("sum", lambda p: 3 * p, "Independent chances multiply."),
                ],
            ),
            Step(
                "mean",
                "The mean of the outputs of all thinned nets, weighted by their chances ($h$, $w$, $p$)",
                lambda h, w, p: (1 - p) * total(h, w),
                number(decimals=3),
                marks=2,
                hint="The output is linear: the mean of a sum is the sum of the means.",
                explain="$(1 - p)\\,h \\cdot w$, which is why the weights are scaled by $1 - p$ in use.",
                mistakes=[
                    Mistake("full", lambda h, w: total(h, w), "That is the output of the whole net."),
                    Mistake("dropped", lambda h, w, p: p * total(h, w), "Units stay with $1 - p$."),
                ],
            ),
            Step(
                "var",
                "Their variance",
                lambda h, w, p: variance(h, w, p),
                number(significant=3),
                marks=2,
                hint="Independent units: the variances $(h_jw_j)^2p(1-p)$ add.",
                explain="$p(1 - p)\\sum(h_jw_j)^2$.",
                mistakes=[
                    Mistake(
                        "of_sum", lambda h, w, p: total(h, w) ** 2 * p * (1 - p),
                        "Square each term, then add.",
                    ),
                    Mistake(
                        "std", lambda h, w, p: variance(h, w, p) ** 0.5, "That is the standard deviation."
                    ),
                ],
            ),
            Step(
                "inverted",
                "The mean output if *inverted* dropout were used",
                lambda h, w: total(h, w),
                number(decimals=3),
                hint="What stays is divided by $1 - p$.",
                explain="$h \\cdot w$: nothing has to be done in use.",
                mistakes=[
                    Mistake(
                        "shrunk", lambda h, w, p: (1 - p) * total(h, w), "The rescaling makes good for it."
                    )
                ],
            ),
        ],
    )  # fmt: skip


@exercise_type(
    "regularisation.patience",
    topic="regularisation",
    title="Three patiences on one validation curve",
    minutes=4,
    sources=["003:15", "004:20"],
    variants={"notes-003": {"v": [0.9, 0.7, 0.6, 0.62, 0.58, 0.59, 0.61, 0.63]}},
)
def patience(draw: Draw) -> Exercise:
    def fine(v) -> bool:
        found = [stopping(v, p) for p in (1, 2, 3)]
        return (
            len(set(v)) == 8 and found[0] != found[1] and found[0][1] != found[1][1] and found[0][0] >= 2
        )

    v = draw.search("v", lambda d: d.decimals("v", 8, 0.4, 0.95, 0.01), fine)
    return Exercise(
        "Validation losses of the epochs 0 to 7: {v:}. Training stops after $p$ epochs in a row without "
        "a new lowest value (at the latest after epoch 7), and the best weights are put back.",
        givens={"v": v},
        steps=[
            Step(
                "one",
                "Patience 1: the epoch after which it stops, and the best epoch ($v$)",
                lambda v: np.array(stopping(v, 1)),
                vector("stop", "best", partial=True),
                hint="Stop at the first epoch that is no new best.",
                explain="Note the lowest so far, epoch by epoch.",
                mistakes=[
                    Mistake(
                        "global", lambda v: np.array([len(v) - 1, int(np.argmin(v))]),
                        "It stops earlier and never sees the lowest of all.",
                    ),
                ],
            ),
            Step(
                "two",
                "The same for patience 2",
                lambda v: np.array(stopping(v, 2)),
                vector("stop", "best", partial=True),
                hint="The count begins anew with each new best.",
                explain="Two epochs in a row without a new lowest.",
                mistakes=[
                    Mistake(
                        "one", lambda v: np.array(stopping(v, 1)), "That is the run of patience 1."
                    ),
                ],
            ),
            Step(
                "three",
                "The same for patience 3",
                lambda v: np.array(stopping(v, 3)),
                vector("stop", "best", partial=True),
                hint="It may last until epoch 7.",
                explain="Three epochs in a row without a new lowest, or the end.",
                mistakes=[
                    Mistake(
                        "one", lambda v: np.array(stopping(v, 1)), "That is the run of patience 1."
                    ),
                ],
            ),
        ],
    )  # fmt: skip


QUESTIONS = [
    Question(
        "A net reaches 100 % on examples with random labels of ten classes. What is its accuracy on new "
        "examples?",
        "About 10 %",
        [
            ("About 100 %", "There is nothing in the labels that could carry over."),
            ("About 50 %", "With ten classes chance is a tenth."),
            ("Below 1 %", "Chance is right in one of ten cases."),
            ("Between 60 and 90 %", "Random labels teach nothing about new ones."),
        ],
        "It has learned by heart; on new examples it can only guess.",
        "What is there to be learned?",
    ),
    Question(
        "Which penalty belongs to a Laplace prior on the weights?",
        "L1",
        [
            ("L2", "That is the normal prior."),
            ("L0", "Counting weights is no logarithm of a Laplace density."),
            ("Dropout", "That is no penalty on the weights."),
            ("Max-norm", "That is a constraint on the length."),
        ],
        "Minus the logarithm of $e^{-|w|/s}$ is $|w|/s$.",
        "Take minus the logarithm of the density.",
    ),
    Question(
        "When are the dropout masks on?",
        "In training, unless uncertainty is asked for",
        [
            ("In use only, so that the net stays fast", "It is the other way round."),
            ("Always, with one and the same fixed mask for all", "The mask is drawn anew every time."),
            ("In training, and in use with twice the rate", "In use all units work."),
            ("Only in the first epochs, as a warm-up of the net", "They stay on throughout training."),
        ],
        "In use they are off; Monte Carlo dropout leaves them on to see the spread.",
        "What does eval mode do?",
    ),
    Question(
        "What distinguishes weight decay from an L2 penalty?",
        "Nothing for SGD, but they differ for Adam",
        [
            ("Nothing, for any optimiser that exists", "Adam divides the penalty's gradient by $\\sqrt v$."),
            ("Decay makes weights exactly 0, L2 does not", "That would be L1."),
            ("Decay acts on the biases only, L2 on weights", "Both usually leave the biases alone."),
            ("L2 needs a held-out set, while decay does not", "Both strengths are chosen on held-out data."),
        ],
        "AdamW keeps the factor $1 - \\eta\\lambda$ out of the adaptive scaling.",
        "What happens to the gradient inside Adam?",
    ),
    Question(
        "What does early stopping need?",
        "A held-out set",
        [
            ("A closed form of the optimum", "It follows the run, whatever its form."),
            ("A penalty term in the loss", "It works without one."),
            ("Several folds of the data", "One held-out part is enough; it is no cross-validation."),
            ("The test set, once per epoch", "Then the test would be part of the training."),
        ],
        "It watches the loss on data that are not trained on.",
        "Which loss is watched?",
    ),
    Question(
        "Adding noise of variance $\\sigma^2$ to the inputs of a linear model acts like",
        "ridge regression",
        [
            ("the lasso", "The penalty is a square: $\\sigma^2\\|w\\|^2$."),
            ("dropping examples", "All examples stay."),
            ("a smaller learning rate", "It changes the minimum, not the way there."),
            ("no regularisation at all", "On average it adds $\\sigma^2\\|w\\|^2$."),
        ],
        "The mixed term has mean 0; $\\sigma^2\\|w\\|^2$ per example is left (Bishop 1995).",
        "Take the expectation of the square.",
    ),
]


@exercise_type(
    "regularisation.theory",
    topic="regularisation",
    title="Against learning by heart",
    minutes=2,
    sources=["000A:68", "000A:69", "001:14", "003:15"],
)
def regularisation_theory(draw: Draw) -> Exercise:
    return theory(draw, QUESTIONS)


