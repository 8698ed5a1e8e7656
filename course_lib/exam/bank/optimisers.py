"""Optimisers and schedules: steps by hand, stable rates, cycles, restarts, batches."""

from __future__ import annotations

from math import ceil, cos, exp, log, pi, sqrt

import numpy as np

from course_lib.exam.answers import integer, number, vector
from course_lib.exam.arithmetic import over, root
from course_lib.exam.draw import Draw
from course_lib.exam.exercise import Exercise, Mistake, Step, exercise_type
from course_lib.exam.theory import Question, theory

BOWL = "on $J(z) = a z^2$ with $a = {a:}$, from $z_0 = {z0:}$"


def bowl(draw: Draw) -> dict[str, float]:
    """A parabola a z^2 and where the walk starts on it."""
    a = draw.choice("a", [0.5, 1, 1.5, 2])
    z0 = draw.choice("z0", [1, 2, 4, -1, -2, 3])
    return {"a": a, "z0": z0}


# --- the learning rate -----------------------------------------------------------------------------


@exercise_type(
    "optimisers.stability",
    topic="optimisers",
    title="The learning rates that a valley allows",
    minutes=7,
    sources=["004:15", "003:05", "004:11"],
    variants={
        "notes-004": {"low": 1, "ratio": 10, "w": [1, 1], "eta": 0.1, "p": 6},
        "notes-004-steep": {"low": 1, "ratio": 100, "w": [1, 1], "eta": 0.01, "p": 6},
    },
)
def stability(draw: Draw) -> Exercise:
    low = draw.choice("low", [0.5, 1, 2])
    ratio = draw.choice("ratio", [3, 4, 8, 9, 10, 12, 16])
    w = draw.choice("w", [[1, 1], [4, 2], [3, -1], [-2, 2], [5, 1]])
    high = low * ratio
    eta = draw.choice("eta", [round(s / high, 4) for s in (0.5, 0.8, 1.5)])
    p = draw.integer("p", 2, 6)
    return Exercise(
        "Gradient descent on $f = \\frac12(\\lambda_1 w_1^2 + \\lambda_2 w_2^2)$ with $\\lambda_1 = "
        "{low:}$, $\\lambda_2 = {high:}$ starts at $w = {w:}$.",
        givens={"low": low, "high": high, "w": w, "eta": eta, "p": p},
        steps=[
            Step(
                "next",
                "$w$ after one step with $\\eta = {eta:}$",
                lambda w, low, high, eta: w * (1 - eta * np.array([low, high])),
                vector(length=2, decimals=3, partial=True),
                marks=2,
                hint="The gradient is $(\\lambda_1 w_1, \\lambda_2 w_2)$.",
                explain="Each weight is multiplied by its own $1 - \\eta\\lambda_i$.",
                mistakes=[
                    Mistake(
                        "uphill",
                        lambda w, low, high, eta: w * (1 + eta * np.array([low, high])),
                        "You walked uphill: subtract the gradient.",
                    ),
                    Mistake(
                        "half",
                        lambda w, low, high, eta: w * (1 - eta * np.array([low, high]) / 2),
                        "The $\\frac12$ cancels against the 2 of the square.",
                    ),
                ],
            ),
            Step(
                "limit",
                "The learning rate from which on gradient descent no longer converges",
                lambda high: 2 / high,
                number(significant=3),
                hint="Every factor $1 - \\eta\\lambda_i$ must lie between $-1$ and 1.",
                explain="The steepest direction decides: $2/\\lambda_2 = 2/{high:}$.",
                mistakes=[
                    Mistake(
                        "one",
                        lambda high: 1 / high,
                        "At $1/\\lambda_2$ the steep direction is done in one step; it is still stable up to twice that.",
                    ),
                    Mistake(
                        "flat",
                        lambda low: 2 / low,
                        "The steepest direction decides, not the flattest.",
                    ),
                ],
            ),
            Step(
                "best",
                "The fixed learning rate with the fastest convergence",
                lambda low, high: 2 / (low + high),
                number(significant=3),
                hint="The flat and the steep direction must shrink equally fast: $1 - \\eta\\lambda_1 = \\eta\\lambda_2 - 1$.",
                explain="$2/({low:} + {high:})$.",
                mistakes=[
                    Mistake(
                        "steep_in_one",
                        lambda high: 1 / high,
                        "So the lecture says, but then the flat direction is slower than it need be.",
                    ),
                    Mistake(
                        "without_two",
                        lambda low, high: 1 / (low + high),
                        "Solve $1 - \\eta\\lambda_1 = \\eta\\lambda_2 - 1$: there is a 2.",
                    ),
                ],
            ),
            Step(
                "factor",
                "The factor by which the distance then shrinks per step",
                lambda best, low: 1 - best * low,
                number(significant=4),
                hint="$1 - \\eta\\lambda_1$; it equals $(\\kappa - 1)/(\\kappa + 1)$.",
                explain=lambda low, high: (
                    f"With $\\kappa = {high / low:g}$: $(\\kappa - 1)/(\\kappa + 1)$."
                ),
                mistakes=[
                    Mistake(
                        "flat_only",
                        lambda low, high: 1 - low / high,
                        "That is the factor at $\\eta = 1/\\lambda_2$.",
                    ),
                    Mistake(
                        "shrunk", lambda best, low: best * low, "What is left is 1 minus that."
                    ),
                ],
            ),
            Step(
                "steps",
                "After how many steps is the distance at most $10^{-{p:d}}$ of what it was?",
                lambda factor, p: ceil(p * log(10) / -log(factor)),
                integer(),
                marks=2,
                hint="$\\text{factor}^k \\le 10^{-p}$; take logarithms and round up.",
                explain="$k \\ge p \\ln 10 / (-\\ln \\text{factor})$.",
                mistakes=[
                    Mistake(
                        "no_ten",
                        lambda factor, p: ceil(p / -log(factor)),
                        "$\\ln 10^{-p} = -p \\ln 10$.",
                    ),
                    Mistake(
                        "down",
                        lambda factor, p: int(p * log(10) / -log(factor)),
                        "Round up: one step fewer is not enough.",
                    ),
                ],
            ),
        ],
    )


# --- momentum --------------------------------------------------------------------------------------


@exercise_type(
    "optimisers.momentum",
    topic="optimisers",
    title="Three steps with momentum",
    minutes=6,
    sources=["000A:62", "001:19", "003:07", "004:15"],
    variants={
        "lecture": {"a": 1, "z0": 2, "eta": 0.1, "gamma": 0.9},
        "notes-001": {"a": 1, "z0": 1, "eta": 0.1, "gamma": 0.5},
        "notes-003": {"a": 1, "z0": 1, "eta": 0.1, "gamma": 0.9},
        "notes-004": {"a": 0.5, "z0": 1, "eta": 0.1, "gamma": 0.9},
    },
)
def momentum(draw: Draw) -> Exercise:
    given = bowl(draw)
    given["eta"] = draw.choice("eta", [0.05, 0.1, 0.2])
    given["gamma"] = draw.choice("gamma", [0.5, 0.6, 0.8, 0.9])
    later = [
        Step(
            f"z{i}",
            f"$z_{i}$",
            lambda now, before, a, eta, gamma: now - eta * 2 * a * now - gamma * (before - now),
            number(decimals=4),
            uses={"now": f"z{i - 1}", "before": f"z{i - 2}"},
            hint="New change: $\\eta$ times the gradient here, plus $\\gamma$ times the last change.",
            explain=lambda now, before, a, eta, gamma: (
                f"$\\Delta = {eta:g} \\cdot {2 * a * now:.5g} + {gamma:g} \\cdot "
                f"({before - now:.5g}) = {eta * 2 * a * now + gamma * (before - now):.5g}$."
            ),
            mistakes=[
                Mistake("forgot", lambda now, a, eta: now - eta * 2 * a * now, "That is plain gradient descent; the last change is missing."),
                Mistake("against", lambda now, before, a, eta, gamma: now - eta * 2 * a * now + gamma * (before - now), "The ball keeps its direction: the last change is repeated, not undone."),
                Mistake("one_gradient", lambda now, before, a, eta, gamma: now - eta * 2 * a * now - gamma * eta * 2 * a * before, "That adds only the last gradient (lecture 001, line 692). Momentum carries the whole last change."),
            ],
        )
        for i in (2, 3)
    ]  # fmt: skip
    return Exercise(
        "Momentum $\\Delta \\leftarrow \\eta J'(z) + \\gamma\\Delta$, $z \\leftarrow z - \\Delta$ runs "
        f"{BOWL}; $\\eta = {{eta:}}$, $\\gamma = {{gamma:}}$, and $\\Delta = 0$ at first.",
        givens=given,
        steps=[
            Step(
                "z1",
                "$z_1$",
                lambda z0, a, eta: z0 - eta * 2 * a * z0,
                number(decimals=4),
                hint="There is no last change yet: a plain gradient step.",
                explain=lambda z0, a, eta: f"$J'({z0:g}) = {2 * a * z0:g}$, so ${z0:g} - {eta:g} \\cdot ({2 * a * z0:g})$.",
                mistakes=[
                    Mistake("lost_two", lambda z0, a, eta: z0 - eta * a * z0, "$(a z^2)' = 2az$."),
                    Mistake("uphill", lambda z0, a, eta: z0 + eta * 2 * a * z0, "Subtract the change."),
                ],
            ),
            *later,
            Step(
                "effective",
                "On a slope that stays the same, how many times as large as $\\eta\\,J'$ does the change become in the long run?",
                lambda gamma: 1 / (1 - gamma),
                number(significant=3),
                hint="$1 + \\gamma + \\gamma^2 + \\dots$",
                explain="The geometric series: $1/(1 - {gamma:})$.",
                mistakes=[
                    Mistake("sum", lambda gamma: 1 + gamma, "That is the second change; the series goes on."),
                    Mistake("inverse", lambda gamma: 1 / gamma, "Sum the series $1 + \\gamma + \\gamma^2 + \\dots$"),
                ],
            ),
        ],
    )  # fmt: skip


@exercise_type(
    "optimisers.nesterov",
    topic="optimisers",
    title="Nesterov: jump, look, correct",
    minutes=6,
    sources=["001:19", "003:07"],
    variants={
        "notes-001": {"a": 1, "z0": 1, "eta": 0.1, "gamma": 0.5},
        "notes-003": {"a": 1, "z0": 1, "eta": 0.1, "gamma": 0.9},
    },
)
def nesterov(draw: Draw) -> Exercise:
    given = bowl(draw)
    given["eta"] = draw.choice("eta", [0.05, 0.1, 0.15])
    given["gamma"] = draw.choice("gamma", [0.5, 0.6, 0.8, 0.9])
    return Exercise(
        "Nesterov's momentum $\\Delta \\leftarrow \\eta J'(z - \\gamma\\Delta) + \\gamma\\Delta$, "
        f"$z \\leftarrow z - \\Delta$ runs {BOWL}; $\\eta = {{eta:}}$, $\\gamma = {{gamma:}}$, and "
        "$\\Delta = 0$ at first.",
        givens=given,
        steps=[
            Step(
                "z1",
                "$z_1$",
                lambda z0, a, eta: z0 - eta * 2 * a * z0,
                number(decimals=4),
                hint="Without a last change the look-ahead point is $z_0$ itself.",
                explain=lambda z0, a, eta: f"${z0:g} - {eta:g} \\cdot ({2 * a * z0:g})$.",
                mistakes=[
                    Mistake("lost_two", lambda z0, a, eta: z0 - eta * a * z0, "$(a z^2)' = 2az$."),
                    Mistake("uphill", lambda z0, a, eta: z0 + eta * 2 * a * z0, "Subtract the change."),
                ],
            ),
            Step(
                "look",
                "The point at which the second step measures the slope",
                lambda z0, z1, gamma: z1 - gamma * (z0 - z1),
                number(decimals=4),
                hint="Jump first: $z_1 - \\gamma\\Delta$ with $\\Delta = z_0 - z_1$.",
                explain=lambda z0, z1, gamma: f"${z1:.5g} - {gamma:g} \\cdot ({z0 - z1:.5g})$.",
                mistakes=[
                    Mistake("here", lambda z1: z1, "Plain momentum measures here; Nesterov looks ahead."),
                    Mistake("back", lambda z0, z1, gamma: z1 + gamma * (z0 - z1), "Ahead, not back: the change is subtracted."),
                ],
            ),
            Step(
                "z2",
                "$z_2$",
                lambda look, a, eta: look - eta * 2 * a * look,
                number(decimals=4),
                marks=2,
                hint="From the look-ahead point one gradient step, with the slope measured there.",
                explain=lambda look, a, eta: f"${look:.5g} - {eta:g} \\cdot {2 * a * look:.5g}$.",
                mistakes=[
                    Mistake("momentum", lambda z0, z1, a, eta, gamma: z1 - eta * 2 * a * z1 - gamma * (z0 - z1), "That is plain momentum: its slope is measured at $z_1$."),
                    Mistake("lost_jump", lambda z1, look, a, eta: z1 - eta * 2 * a * look, "The jump is kept: $z_2 = z_1 - \\gamma\\Delta - \\eta J'$. (Lecture 001 drops it.)"),
                ],
            ),
            Step(
                "difference",
                "Plain momentum would reach another $z_2$. How far is it from Nesterov's (absolute value)?",
                lambda z0, z1, z2, a, eta, gamma: abs(z1 - eta * 2 * a * z1 - gamma * (z0 - z1) - z2),
                number(decimals=4),
                hint="Momentum measures its slope at $z_1$.",
                explain=lambda z0, z1, a, eta, gamma: f"Momentum: $z_2 = {z1 - eta * 2 * a * z1 - gamma * (z0 - z1):.5g}$.",
                mistakes=[
                    Mistake("from_gd", lambda z1, z2, a, eta: abs(z1 - eta * 2 * a * z1 - z2), "That compares with plain gradient descent."),
                ],
            ),
        ],
    )  # fmt: skip


# --- a rate for every weight -----------------------------------------------------------------------


@exercise_type(
    "optimisers.adagrad",
    topic="optimisers",
    title="Adagrad: dividing by all gradients so far",
    minutes=6,
    sources=["003:05", "001:19", "004:15"],
    variants={"notes-003": {"a": 1, "z0": 1, "eta": 0.1}},
)
def adagrad(draw: Draw) -> Exercise:
    given = bowl(draw)
    given["eta"] = draw.choice("eta", [0.1, 0.2, 0.3])
    return Exercise(
        "Adagrad $s \\leftarrow s + g^2$, $z \\leftarrow z - \\eta\\,g/\\sqrt s$ runs "
        f"{BOWL}; $\\eta = {{eta:}}$, $s = 0$ at first, and $\\epsilon$ is left out.",
        givens=given,
        steps=[
            Step(
                "z1",
                "$z_1$",
                lambda z0, eta: z0 - eta * np.sign(z0),
                number(decimals=4),
                hint="At the first step $\\sqrt s$ is the size of the gradient itself.",
                explain="The first step has the length $\\eta$, whatever the gradient.",
                mistakes=[
                    Mistake("plain", lambda z0, a, eta: z0 - eta * 2 * a * z0, "That is plain gradient descent: divide by $\\sqrt s$."),
                    Mistake("no_root", lambda z0, a, eta: z0 - eta / (2 * a * z0), "Divide by the root of $s$."),
                ],
            ),
            Step(
                "s2",
                "$s$ after the second gradient",
                lambda z0, z1, a: (2 * a * z0) ** 2 + (2 * a * z1) ** 2,
                number(significant=4),
                hint="$g_1^2 + g_2^2$ with $g = 2az$.",
                explain=lambda z0, z1, a: f"$({2 * a * z0:.5g})^2 + ({2 * a * z1:.5g})^2$.",
                mistakes=[
                    Mistake("last", lambda z1, a: (2 * a * z1) ** 2, "Adagrad forgets nothing: add the first square."),
                    Mistake("sum_squared", lambda z0, z1, a: (2 * a * z0 + 2 * a * z1) ** 2, "The sum of the squares, not the square of the sum."),
                ],
            ),
            Step(
                "z2",
                "$z_2$",
                lambda z1, s2, a, eta: z1 - over(eta * 2 * a * z1, root(s2)),
                number(decimals=4),
                marks=2,
                hint="$z_1 - \\eta\\,g_2/\\sqrt{s}$.",
                explain=lambda z1, s2, a, eta: f"${z1:.5g} - {eta:g} \\cdot {2 * a * z1:.5g}/\\sqrt{{{s2:.5g}}}$.",
                mistakes=[
                    Mistake("no_root", lambda z1, s2, a, eta: z1 - over(eta * 2 * a * z1, s2), "Divide by the root of $s$."),
                    Mistake("full", lambda z1, eta: z1 - eta * np.sign(z1), "Only the first step is a whole $\\eta$ long."),
                ],
            ),
            Step(
                "rate",
                "The effective learning rate $\\eta/\\sqrt s$ of this second step",
                lambda s2, eta: over(eta, root(s2)),
                number(significant=3),
                hint="What the gradient is multiplied by.",
                explain="It can only fall, since $s$ only grows.",
                mistakes=[
                    Mistake("no_root", lambda s2, eta: over(eta, s2), "The root of $s$."),
                    Mistake("times", lambda s2, eta: eta * root(s2), "Divide."),
                ],
            ),
        ],
    )  # fmt: skip


@exercise_type(
    "optimisers.rmsprop",
    topic="optimisers",
    title="RMSProp: Adagrad that forgets",
    minutes=6,
    sources=["003:05", "001:19", "004:15"],
    variants={"notes-003": {"a": 1, "z0": 1, "eta": 0.1, "rho": 0.9}},
)
def rmsprop(draw: Draw) -> Exercise:
    given = bowl(draw)
    given["eta"] = draw.choice("eta", [0.05, 0.1, 0.2])
    given["rho"] = draw.choice("rho", [0.5, 0.8, 0.9])
    return Exercise(
        "RMSProp $s \\leftarrow \\rho s + (1 - \\rho) g^2$, $z \\leftarrow z - \\eta\\,g/\\sqrt s$ runs "
        f"{BOWL}; $\\eta = {{eta:}}$, $\\rho = {{rho:}}$, $s = 0$ at first, and $\\epsilon$ is left out.",
        givens=given,
        steps=[
            Step(
                "s1",
                "$s$ after the first gradient",
                lambda z0, a, rho: (1 - rho) * (2 * a * z0) ** 2,
                number(significant=4),
                hint="$s$ was 0, so only $(1 - \\rho) g^2$ is there.",
                explain=lambda z0, a, rho: f"${1 - rho:g} \\cdot ({2 * a * z0:g})^2$.",
                mistakes=[
                    Mistake("whole", lambda z0, a: (2 * a * z0) ** 2, "Weighted with $1 - \\rho$; the whole square is Adagrad."),
                    Mistake("turned", lambda z0, a, rho: rho * (2 * a * z0) ** 2, "$\\rho$ belongs to the past, $1 - \\rho$ to the new square."),
                ],
            ),
            Step(
                "z1",
                "$z_1$",
                lambda z0, s1, a, eta: z0 - over(eta * 2 * a * z0, root(s1)),
                number(decimals=4),
                hint="$z_0 - \\eta\\,g/\\sqrt s$.",
                explain=lambda z0, s1, a, eta: f"${z0:g} - {eta:g} \\cdot ({2 * a * z0:g})/\\sqrt{{{s1:.5g}}}$. The first step is $\\eta/\\sqrt{{1 - \\rho}}$ long: there is no bias correction.",
                mistakes=[
                    Mistake("eta_long", lambda z0, eta: z0 - eta * np.sign(z0), "So Adagrad and Adam begin. RMSProp does not correct the small $s$."),
                    Mistake("no_root", lambda z0, s1, a, eta: z0 - over(eta * 2 * a * z0, s1), "Divide by the root of $s$."),
                ],
            ),
            Step(
                "s2",
                "$s$ after the second gradient",
                lambda s1, z1, a, rho: rho * s1 + (1 - rho) * (2 * a * z1) ** 2,
                number(significant=4),
                marks=2,
                hint="$\\rho s + (1 - \\rho) g_2^2$ with $g_2 = 2 a z_1$.",
                explain=lambda s1, z1, a, rho: f"${rho:g} \\cdot {s1:.5g} + {1 - rho:g} \\cdot ({2 * a * z1:.5g})^2$.",
                mistakes=[
                    Mistake("sum", lambda s1, z1, a, rho: s1 + (1 - rho) * (2 * a * z1) ** 2, "The past fades: multiply it by $\\rho$."),
                    Mistake("new_only", lambda z1, a, rho: (1 - rho) * (2 * a * z1) ** 2, "The past is missing."),
                ],
            ),
            Step(
                "z2",
                "$z_2$",
                lambda z1, s2, a, eta: z1 - over(eta * 2 * a * z1, root(s2)),
                number(decimals=4),
                hint="$z_1 - \\eta\\,g_2/\\sqrt s$.",
                explain=lambda z1, s2, a, eta: f"${z1:.5g} - {eta:g} \\cdot {2 * a * z1:.5g}/\\sqrt{{{s2:.5g}}}$.",
                mistakes=[
                    Mistake("no_root", lambda z1, s2, a, eta: z1 - over(eta * 2 * a * z1, s2), "Divide by the root of $s$."),
                    Mistake("old_s", lambda z1, s1, a, eta: z1 - over(eta * 2 * a * z1, root(s1)), "Use the new $s$."),
                ],
            ),
        ],
    )  # fmt: skip


@exercise_type(
    "optimisers.adam",
    topic="optimisers",
    title="Adam with bias correction",
    minutes=9,
    sources=["000A:65", "003:05", "004:15"],
    variants={"lecture": {"a": 1, "z0": 2, "eta": 0.1, "rho1": 0.9, "rho2": 0.999}},
)
def adam(draw: Draw) -> Exercise:
    given = bowl(draw)
    given["eta"] = draw.choice("eta", [0.05, 0.1, 0.2])
    given["rho1"] = draw.choice("rho1", [0.8, 0.9])
    given["rho2"] = draw.choice("rho2", [0.9, 0.99, 0.999])
    return Exercise(
        "Adam $m \\leftarrow \\rho_1 m + (1 - \\rho_1) g$, $u \\leftarrow \\rho_2 u + (1 - \\rho_2) g^2$, "
        "$z \\leftarrow z - \\lambda\\,\\hat m/\\sqrt{\\hat u}$ with $\\hat m = m/(1 - \\rho_1^t)$ and "
        f"$\\hat u = u/(1 - \\rho_2^t)$ runs {BOWL}; $\\lambda = {{eta:}}$, $\\rho_1 = {{rho1:}}$, "
        "$\\rho_2 = {rho2:}$, $m = u = 0$ at first, and $\\epsilon$ is left out.",
        givens=given,
        steps=[
            Step(
                "z1",
                "$z_1$",
                lambda z0, eta: z0 - eta * np.sign(z0),
                number(decimals=4),
                hint="At $t = 1$ the correction makes $\\hat m = g$ and $\\hat u = g^2$.",
                explain="$\\hat m/\\sqrt{\\hat u} = g/|g|$: the first step has the length $\\lambda$.",
                mistakes=[
                    Mistake("uncorrected", lambda z0, eta, rho1, rho2: z0 - eta * np.sign(z0) * (1 - rho1) / sqrt(1 - rho2), "You left the bias correction out."),
                    Mistake("plain", lambda z0, a, eta: z0 - eta * 2 * a * z0, "That is plain gradient descent."),
                ],
            ),
            Step(
                "m2",
                "$m$ after the second gradient",
                lambda z0, z1, a, rho1: rho1 * (1 - rho1) * 2 * a * z0 + (1 - rho1) * 2 * a * z1,
                number(significant=4),
                hint="$m_1 = (1 - \\rho_1) g_1$; then average again with $g_2 = 2 a z_1$.",
                explain=lambda z0, z1, a, rho1: f"${rho1:g} \\cdot {(1 - rho1) * 2 * a * z0:.5g} + {1 - rho1:g} \\cdot {2 * a * z1:.5g}$.",
                mistakes=[
                    Mistake("corrected_past", lambda z0, z1, a, rho1: rho1 * 2 * a * z0 + (1 - rho1) * 2 * a * z1, "Average $m_1$, not the corrected $\\hat m_1$."),
                    Mistake("new_only", lambda z1, a, rho1: (1 - rho1) * 2 * a * z1, "The past is missing."),
                ],
            ),
            Step(
                "u2",
                "$u$ after the second gradient",
                lambda z0, z1, a, rho2: rho2 * (1 - rho2) * (2 * a * z0) ** 2 + (1 - rho2) * (2 * a * z1) ** 2,
                number(significant=4),
                hint="The same with the squares and $\\rho_2$.",
                explain=lambda z0, z1, a, rho2: f"${rho2:g} \\cdot {(1 - rho2) * (2 * a * z0) ** 2:.5g} + {1 - rho2:.4g} \\cdot ({2 * a * z1:.5g})^2$.",
                mistakes=[
                    Mistake("no_square", lambda z0, z1, a, rho2: rho2 * (1 - rho2) * 2 * a * z0 + (1 - rho2) * 2 * a * z1, "$u$ averages the squares."),
                    Mistake("sum", lambda z0, z1, a: (2 * a * z0) ** 2 + (2 * a * z1) ** 2, "That is Adagrad's sum; Adam averages."),
                ],
            ),
            Step(
                "m_hat",
                "$\\hat m$ at the second step",
                lambda m2, rho1: m2 / (1 - rho1**2),
                number(significant=4),
                hint="$t = 2$.",
                explain="{m2:} divided by $1 - {rho1:}^2$.",
                mistakes=[
                    Mistake("first", lambda m2, rho1: m2 / (1 - rho1), "$t = 2$: the power is missing."),
                    Mistake("none", lambda m2: m2, "Correct for the start at 0."),
                ],
            ),
            Step(
                "z2",
                "$z_2$",
                lambda z1, m_hat, u2, eta, rho2: z1 - over(eta * m_hat, root(u2 / (1 - rho2**2))),
                number(decimals=4),
                marks=2,
                hint="Correct $u$ too, then $z_1 - \\lambda\\,\\hat m/\\sqrt{\\hat u}$.",
                explain=lambda u2, rho2: f"$\\hat u = {u2 / (1 - rho2**2):.5g}$.",
                mistakes=[
                    Mistake("u_uncorrected", lambda z1, m_hat, u2, eta: z1 - over(eta * m_hat, root(u2)), "$u$ is corrected as well."),
                    Mistake("no_root", lambda z1, m_hat, u2, eta, rho2: z1 - over(eta * m_hat, u2 / (1 - rho2**2)), "Divide by the root of $\\hat u$."),
                ],
            ),
        ],
    )  # fmt: skip


def xi(change: float) -> float:
    """diffGrad's friction."""
    return 1 / (1 + exp(-min(abs(change), 700.0)))


@exercise_type(
    "optimisers.diffgrad",
    topic="optimisers",
    title="diffGrad: friction where the slope hardly changes",
    minutes=5,
    sources=["000A:66"],
    variants={
        "lecture": {"theta": 2, "before": 0, "g": 4, "m": 4, "u": 16, "eta": 0.1},
        "constant-slope": {"theta": 1, "before": 1, "g": 1, "m": 1, "u": 1, "eta": 0.1},
    },
)
def diffgrad(draw: Draw) -> Exercise:
    theta = draw.decimal("theta", -2, 2, 0.5)
    before = draw.decimal("before", -2, 2, 0.25)
    g = draw.decimal("g", -2, 2, 0.5, exclude=[before, 0])
    m = draw.decimal("m", -2, 2, 0.25, exclude=[0])
    u = draw.choice("u", [0.25, 1, 2.25, 4, 6.25])
    eta = draw.choice("eta", [0.01, 0.1, 0.2])
    return Exercise(
        "At a step of diffGrad the last gradient was {before:}, the new one is {g:}, and the corrected "
        "moments are $\\hat m = {m:}$ and $\\hat u = {u:}$. The weight is $\\theta = {theta:}$, "
        "$\\lambda = {eta:}$; leave $\\epsilon$ out.",
        givens={"theta": theta, "before": before, "g": g, "m": m, "u": u, "eta": eta},
        steps=[
            Step(
                "change",
                "$\\Delta g = |g_{t-1} - g_t|$",
                lambda before, g: abs(before - g),
                number(absolute=1e-6),
                hint="A difference without its sign.",
                explain="$|{before:} - ({g:})|$.",
                mistakes=[
                    Mistake("signed", lambda before, g: -abs(before - g), "Take the absolute value."),
                    Mistake("sum", lambda before, g: abs(before + g), "The difference of the two, with their signs."),
                ],
            ),
            Step(
                "xi",
                "The friction $\\xi$",
                lambda change: xi(change),
                number(decimals=4),
                hint="$\\xi = 1/(1 + e^{-\\Delta g})$.",
                explain="A sigmoid of a value that is never negative: $\\xi$ lies in $[0.5, 1)$.",
                mistakes=[
                    Mistake("turned", lambda change: 1 - xi(change), "The exponent is $-\\Delta g$: $\\xi$ is never below 0.5."),
                    Mistake("of_g", lambda g: xi(g), "The sigmoid is taken of the change of the gradient."),
                ],
            ),
            Step(
                "next",
                "The new $\\theta$",
                lambda theta, xi, m, u, eta: theta - eta * xi * m / sqrt(u),
                number(decimals=4),
                marks=2,
                hint="Adam's step times $\\xi$.",
                explain=lambda m, u, eta, xi: f"${eta:g} \\cdot {xi:.5g} \\cdot {m:g}/{sqrt(u):g} = {eta * xi * m / sqrt(u):.5g}$ is subtracted.",
                mistakes=[
                    Mistake("adam", lambda theta, m, u, eta: theta - eta * m / sqrt(u), "That is Adam: multiply by $\\xi$."),
                    Mistake("uphill", lambda theta, xi, m, u, eta: theta + eta * xi * m / sqrt(u), "Subtract."),
                    Mistake("no_root", lambda theta, xi, m, u, eta: theta - eta * xi * m / u, "Divide by the root of $\\hat u$."),
                ],
            ),
            Step(
                "constant",
                "If the gradient stayed the same from now on: how many times as fast as diffGrad would Adam be?",
                lambda: 2.0,
                number(significant=3),
                hint="$\\Delta g = 0$.",
                explain="$\\xi = 1/(1 + 1) = 0.5$.",
                mistakes=[
                    Mistake("same", 1.0, "At $\\Delta g = 0$ the friction is greatest, $\\xi = 0.5$."),
                    Mistake("half", 0.5, "diffGrad is the slower one."),
                ],
            ),
        ],
    )  # fmt: skip


# --- schedules -------------------------------------------------------------------------------------


def x_of(it: float, half: float, cycle: float) -> float:
    return abs(it / half - 2 * cycle + 1)


@exercise_type(
    "optimisers.cyclic",
    topic="optimisers",
    title="The cyclic learning rate at one iteration",
    minutes=5,
    sources=["000A:60"],
    variants={
        f"lecture-{it}": {"low": 0.001, "high": 0.006, "half": 100, "it": it}
        for it in (150, 300, 500)
    },
)
def cyclic(draw: Draw) -> Exercise:
    low = draw.choice("low", [0.001, 0.002, 0.01])
    high = draw.choice("high", [0.006, 0.012, 0.03])
    half = draw.choice("half", [50, 80, 100, 200])
    it = draw.choice(
        "it", [round(half * s) for s in (1.5, 1.8, 2.1, 2.25, 2.5, 3.3, 3.6, 4.2, 4.5, 5.1)]
    )
    return Exercise(
        "A cyclic learning rate goes from {low:} to {high:}; half a cycle has {half:d} iterations. You "
        "are at iteration {it:d} (counted from 0).",
        givens={"low": low, "high": high, "half": half, "it": it},
        steps=[
            Step(
                "cycle",
                "The number of the cycle (from 1)",
                lambda it, half: int(1 + it / (2 * half)),
                integer(),
                hint="$\\lfloor 1 + it/(2 \\cdot stepsize)\\rfloor$.",
                explain="A cycle has $2 \\cdot {half:d}$ iterations.",
                mistakes=[
                    Mistake("half_cycles", lambda it, half: int(1 + it / half), "Two half cycles make a cycle."),
                    Mistake("from_zero", lambda it, half: int(it / (2 * half)), "The first cycle has the number 1."),
                ],
            ),
            Step(
                "x",
                "$x = |it/stepsize - 2\\,cycle + 1|$",
                lambda it, half, cycle: x_of(it, half, cycle),
                number(decimals=3),
                hint="The distance from the middle of the cycle, in half cycles.",
                explain=lambda it, half, cycle: f"$|{it / half:g} - {2 * cycle} + 1|$.",
                mistakes=[
                    Mistake("no_one", lambda it, half, cycle: abs(it / half - 2 * cycle), "The $+1$ puts the middle of the cycle at 0; without it the ends are there."),
                ],
            ),
            Step(
                "triangular",
                "The rate of the policy *triangular*",
                lambda low, high, x: low + (high - low) * max(0, 1 - x),
                number(significant=4),
                marks=2,
                hint="$\\eta_{min} + (\\eta_{max} - \\eta_{min})\\max(0, 1 - x)$.",
                explain=lambda low, high, x: f"${low:g} + {high - low:.4g} \\cdot {max(0, 1 - x):.4g}$.",
                mistakes=[
                    Mistake("upside_down", lambda low, high, x: low + (high - low) * x, "At $x = 0$, the middle, the rate is highest: $1 - x$."),
                    Mistake("whole", lambda low, high, x: low + high * max(0, 1 - x), "The amplitude is $\\eta_{max} - \\eta_{min}$."),
                ],
            ),
            Step(
                "triangular2",
                "The rate of the policy *triangular2*",
                lambda low, triangular, cycle: low + (triangular - low) / 2.0 ** (cycle - 1),
                number(significant=4),
                hint="The amplitude is halved after every cycle.",
                explain="The part above $\\eta_{min}$ is divided by $2^{cycle - 1}$.",
                mistakes=[
                    Mistake("power", lambda low, triangular, cycle: low + (triangular - low) / 2.0**cycle, "In the first cycle nothing is halved yet."),
                    Mistake("all", lambda triangular, cycle: triangular / 2.0 ** (cycle - 1), "Only the amplitude is halved, not $\\eta_{min}$."),
                ],
            ),
        ],
    )  # fmt: skip


@exercise_type(
    "optimisers.sgdr",
    topic="optimisers",
    title="Warm restarts: which cycle, which rate?",
    minutes=6,
    sources=["000A:61"],
    variants={
        "lecture": {"low": 0, "high": 1, "first": 4, "factor": 1, "t": 5},
        "doubling": {"low": 0, "high": 0.1, "first": 10, "factor": 2, "t": 25},
    },
)
def sgdr(draw: Draw) -> Exercise:
    low, high = draw.choice("low", [0, 0.01, 0.001]), draw.choice("high", [0.1, 0.05, 0.2])
    first, factor = draw.choice("first", [4, 5, 8, 10]), draw.choice("factor", [2, 3])
    t = draw.choice("t", [round(first * (1 + factor * s)) for s in (0.2, 0.25, 0.4, 0.7, 0.8)])
    return Exercise(
        "Cosine annealing with warm restarts goes from {high:} down to {low:}. The first cycle has "
        "{first:d} epochs, and every further one is {factor:d} times as long as the one before.",
        givens={"low": low, "high": high, "first": first, "factor": factor, "t": t},
        steps=[
            Step(
                "restarts",
                "The epochs of the first three restarts",
                lambda first, factor: first * np.cumsum(float(factor) ** np.arange(3)),
                vector(length=3, partial=True),
                marks=2,
                hint="Add up the lengths of the cycles.",
                explain=lambda first, factor: "The cycles have " + ", ".join(f"{first * factor**i:g}" for i in range(3)) + " epochs.",
                mistakes=[
                    Mistake("lengths", lambda first, factor: first * float(factor) ** np.arange(3), "Those are lengths or powers; add the lengths up."),
                    Mistake("equal", lambda first: first * np.arange(1.0, 4.0), "The cycles grow."),
                ],
            ),
            Step(
                "since",
                "At epoch {t:d} it is in the second cycle. How many epochs since the restart?",
                lambda t, restarts: t - restarts[0],
                number(absolute=1e-6),
                hint="$T_{cur}$ counts from the last restart.",
                explain="{t:d} minus the epoch of the first restart.",
                mistakes=[Mistake("from_zero", lambda t: t, "Counted from the last restart.")],
            ),
            Step(
                "fraction",
                "What fraction of this cycle is over?",
                lambda since, first, factor: since / (first * factor),
                number(decimals=3),
                hint="$T_{cur}/T_i$ with the length of the second cycle.",
                explain=lambda since, first, factor: f"${since:g}/{first * factor:g}$.",
                mistakes=[
                    Mistake("first_length", lambda since, first: since / first, "The second cycle is longer."),
                    Mistake("of_all", lambda t, first, factor: t / (first * factor), "Count from the restart."),
                ],
            ),
            Step(
                "rate",
                "The learning rate at epoch {t:d}",
                lambda low, high, fraction: low + (high - low) * (1 + cos(pi * fraction)) / 2,
                number(significant=3),
                marks=2,
                hint="$\\eta_{min} + \\frac12(\\eta_{max} - \\eta_{min})(1 + \\cos(\\pi T_{cur}/T_i))$.",
                explain=lambda fraction: f"$\\cos({fraction:.4g}\\pi) = {cos(pi * fraction):.4f}$.",
                mistakes=[
                    Mistake("no_half", lambda low, high, fraction: low + (high - low) * (1 + cos(pi * fraction)), "There is a factor $\\frac12$."),
                    Mistake("linear", lambda low, high, fraction: high - (high - low) * fraction, "A cosine, not a straight line."),
                    Mistake("degrees", lambda low, high, fraction: low + (high - low) * (1 + cos(pi / 180 * pi * fraction)) / 2, "Set the calculator to radians."),
                ],
            ),
        ],
    )  # fmt: skip


@exercise_type(
    "optimisers.annealing",
    topic="optimisers",
    title="Four ways to lower a learning rate",
    minutes=6,
    sources=["000A:59", "004:15"],
    variants={
        "notes-004": {"eta": 0.1, "every": 10, "drop": 0.5, "end": 0.001, "K": 100, "tau": 50, "s": 10, "c": 0.95}
    },
)  # fmt: skip
def annealing(draw: Draw) -> Exercise:
    eta, every = draw.choice("eta", [0.1, 0.2, 0.5]), draw.choice("every", [10, 15, 20])
    drop, end = draw.choice("drop", [0.5, 0.1, 0.2]), draw.choice("end", [0.001, 0.01])
    K, tau = draw.choice("K", [80, 100, 200]), draw.choice("tau", [24, 32, 36, 48, 52])
    s, c = draw.choice("s", [10, 20]), draw.choice("c", [0.9, 0.95])
    return Exercise(
        "The learning rate starts at {eta:}. What is it at step $\\tau = {tau:d}$?",
        givens={"eta": eta, "every": every, "drop": drop, "end": end, "K": K, "tau": tau, "s": s, "c": c},
        steps=[
            Step(
                "stairs",
                "Step decay: times {drop:} after every {every:d} steps",
                lambda eta, drop, every, tau: eta * drop ** (tau // every),
                number(significant=3),
                hint="Count the whole stairs.",
                explain=lambda tau, every: f"$\\lfloor{tau}/{every}\\rfloor = {tau // every}$ stairs.",
                mistakes=[
                    Mistake("smooth", lambda eta, drop, every, tau: eta * drop ** (tau / every), "A stair is taken whole or not at all: round down."),
                    Mistake("times", lambda eta, drop, every, tau: eta * drop * (tau // every), "Every stair multiplies again: a power."),
                ],
            ),
            Step(
                "linear",
                "Linear: $(1 - \\tau/K)\\,\\eta_0 + (\\tau/K)\\,\\eta_K$ with $K = {K:d}$, $\\eta_K = {end:}$",
                lambda eta, end, K, tau: (1 - tau / K) * eta + tau / K * end,
                number(significant=3),
                hint="A mixture of start and end.",
                explain=lambda K, tau: f"$\\tau/K = {tau / K:g}$.",
                mistakes=[
                    Mistake("turned", lambda eta, end, K, tau: tau / K * eta + (1 - tau / K) * end, "At $\\tau = 0$ it must be $\\eta_0$."),
                    Mistake("to_zero", lambda eta, K, tau: (1 - tau / K) * eta, "It ends at $\\eta_K$, not at 0."),
                ],
            ),
            Step(
                "power",
                "Power: $\\eta_0(1 + \\tau/s)^{-1/2}$ with $s = {s:d}$",
                lambda eta, s, tau: eta / sqrt(1 + tau / s),
                number(significant=3),
                hint="Divide by a root.",
                explain=lambda s, tau: f"$\\sqrt{{1 + {tau / s:g}}} = {sqrt(1 + tau / s):.4g}$.",
                mistakes=[
                    Mistake("no_root", lambda eta, s, tau: eta / (1 + tau / s), "The exponent is $-\\frac12$."),
                    Mistake("no_one", lambda eta, s, tau: eta / sqrt(tau / s), "At $\\tau = 0$ it must be $\\eta_0$: there is a 1."),
                ],
            ),
            Step(
                "exponential",
                "Exponential: $\\eta_0\\,c^{\\tau/s}$ with $c = {c:}$ and the same $s$",
                lambda eta, c, s, tau: eta * c ** (tau / s),
                number(significant=3),
                hint="Here the exponent need not be whole.",
                explain=lambda c, s, tau: f"${c:g}^{{{tau / s:g}}} = {c ** (tau / s):.4g}$.",
                mistakes=[
                    Mistake("every_step", lambda eta, c, tau: eta * c**tau, "The exponent is $\\tau/s$."),
                    Mistake("times", lambda eta, c, s, tau: eta * c * tau / s, "A power, not a product."),
                ],
            ),
        ],
    )  # fmt: skip


# --- batches ---------------------------------------------------------------------------------------


@exercise_type(
    "optimisers.batches",
    topic="optimisers",
    title="Mini-batches: how many, how noisy, sum or mean",
    minutes=6,
    sources=["000A:54", "003:05", "004:11"],
    variants={
        "lecture": {"n": 1000, "b": 32, "epochs": 10},
        "lecture-mnist": {"n": 60000, "b": 128, "epochs": 5},
    },
)
def batches(draw: Draw) -> Exercise:
    b = draw.choice("b", [16, 32, 64, 100, 128])
    n = draw.choice("n", [500, 700, 1500, 1797, 2000, 5000, 10000, 50000])
    epochs = draw.integer("epochs", 3, 20)
    g = draw.search("g", lambda m: m.decimals("g", 3, -2, 3, 0.5), lambda v: sum(v) != 0)
    eta, w = draw.choice("eta", [0.1, 0.2, 0.3]), draw.choice("w", [1, 2, -1, 0.5])
    sd = draw.choice("sd", [2, 3, 4, 6])
    return Exercise(
        "A network learns {n:d} patterns for {epochs:d} epochs in mini-batches of {b:d}. Later we look "
        "at one weight, {w:}, at $\\eta = {eta:}$: a mini-batch of three patterns gives it the "
        "gradients {g:}. Over all patterns its gradient has the standard deviation {sd:}.",
        givens={"n": n, "b": b, "epochs": epochs, "g": g, "eta": eta, "w": w, "sd": sd},
        steps=[
            Step(
                "per_epoch",
                "Iterations per epoch",
                lambda n, b: ceil(n / b),
                integer(),
                hint="The last, smaller batch counts too.",
                explain=lambda n, b: f"${n}/{b} = {n / b:.4g}$, rounded up.",
                mistakes=[
                    Mistake("down", lambda n, b: n // b, "The last, smaller batch is used too: round up."),
                    Mistake("patterns", lambda n: n, "One iteration is one batch, not one pattern."),
                ],
            ),
            Step(
                "last",
                "Patterns in the last batch of an epoch",
                lambda n, b, per_epoch: n - (per_epoch - 1) * b,
                integer(),
                hint="What the full batches leave.",
                explain="{n:d} minus the patterns of all batches but the last.",
                mistakes=[Mistake("full", lambda b: b, "Only if the batch size divides the number of patterns.")],
            ),
            Step(
                "updates",
                "Weight updates in the whole training",
                lambda per_epoch, epochs: per_epoch * epochs,
                integer(),
                hint="One per iteration.",
                explain="{per_epoch:} per epoch, {epochs:d} epochs.",
                mistakes=[
                    Mistake("one_epoch", lambda per_epoch: per_epoch, "That is one epoch."),
                    Mistake("all_at_once", lambda n, b, epochs: n * epochs // b, "Every epoch begins a new batch: round up in each."),
                ],
            ),
            Step(
                "mean",
                "The weight after the update with the *mean* of the three gradients",
                lambda w, eta, g: w - eta * float(np.mean(g)),
                number(decimals=4),
                hint="$w - \\eta\\,\\frac13\\sum g$.",
                explain=lambda g: f"The mean is {np.mean(g):.5g}.",
                mistakes=[
                    Mistake("sum", lambda w, eta, g: w - eta * float(np.sum(g)), "That is the sum: a learning rate three times as large."),
                    Mistake("uphill", lambda w, eta, g: w + eta * float(np.mean(g)), "Subtract."),
                ],
            ),
            Step(
                "sum",
                "The weight after the update with the *sum*, as lecture 000A writes it",
                lambda w, eta, g: w - eta * float(np.sum(g)),
                number(decimals=4),
                hint="$w - \\eta\\sum g$.",
                explain=lambda g: f"The sum is {np.sum(g):.5g}.",
                mistakes=[
                    Mistake("mean", lambda mean: mean, "That is the mean."),
                    Mistake("uphill", lambda w, eta, g: w + eta * float(np.sum(g)), "Subtract (000A adds because its delta has the other sign)."),
                ],
            ),
            Step(
                "noise",
                "The standard deviation of the mean gradient of a random batch of {b:d}",
                lambda sd, b: sd / sqrt(b),
                number(significant=3),
                hint="Variances of independent draws add; then divide by $b$.",
                explain="{sd:} divided by the root of {b:d}.",
                mistakes=[
                    Mistake("variance", lambda sd, b: sd**2 / b, "That is the variance."),
                    Mistake("no_root", lambda sd, b: sd / b, "Four times the batch only halves the noise: a root."),
                ],
            ),
        ],
    )  # fmt: skip


QUESTIONS = [
    Question(
        "Which rule adds up *all* squared gradients so far and divides by the root of the sum?",
        "Adagrad",
        [
            ("RMSProp", "RMSProp averages: old squares fade."),
            ("Momentum", "Momentum adds changes, and divides by nothing."),
            ("Nesterov", "Nesterov looks ahead, and divides by nothing."),
            ("Adam", "Adam averages, and corrects for the start."),
        ],
        "Adagrad's effective rate can therefore only fall.",
        "Which one never forgets?",
    ),
    Question(
        "What is the bias correction of Adam for?",
        "The averages start at 0 and are too small at first.",
        [
            ("The bias weights of the units need a learning rate of their own.", "It has nothing to do with the biases of the units."),
            ("It takes the noise of the mini-batch out of the first steps.", "The averaging does that, not the division by $1 - \\rho^t$."),
            ("It keeps the second moment from ever falling again.", "The second moment may fall; it is a moving average."),
        ],
        "Without it the first step would have the length $\\lambda(1 - \\rho_1)/\\sqrt{1 - \\rho_2}$.",
        "What is $m$ before the first step?",
    ),
    Question(
        "A quadratic loss has the curvatures 1 and 50. Gradient descent runs with $\\eta = 0.05$. What happens?",
        "It diverges along the steep direction.",
        [
            ("It converges, slowly along the flat direction.", "$0.05 > 2/50$: the steep direction runs away."),
            ("It jumps between two points for ever.", "That is exactly $\\eta = 2/50 = 0.04$."),
            ("It arrives in one step.", "Only at $\\eta = 1/\\lambda$, and only if there is one curvature."),
        ],
        "The limit is $2/\\lambda_{max} = 0.04$.",
        "Compute $1 - \\eta\\lambda$ for both.",
    ),
    Question(
        "The batch is made four times as large. The noise of the mean gradient (standard deviation) becomes ...",
        "half as large",
        [
            ("a quarter as large", "That is the variance."),
            ("twice as large", "More examples average out more."),
            ("the same", "The mean of more independent draws scatters less."),
        ],
        "$\\sigma/\\sqrt b$.",
        "The variance goes with $1/b$.",
    ),
    Question(
        "What does Newton's method need that gradient descent does not?",
        "The matrix of second derivatives.",
        [
            ("A learning rate well above $2/\\lambda_{max}$.", "Its natural rate is 1; what it needs is curvature."),
            ("A momentum term.", "None: on a quadratic one step is enough."),
            ("A loss that is convex everywhere, else it fails to run.", "It runs, but may walk into a saddle or a maximum."),
        ],
        "It is the Hessian; for a million weights that would be $10^{12}$ numbers, and a linear system to solve.",
        "What divides the gradient?",
    ),
    Question(
        "In the one-cycle policy, where is the momentum lowest?",
        "Where the learning rate is highest.",
        [
            ("Where the learning rate is lowest.", "It mirrors the rate: there it is highest."),
            ("At the very first step; from then on it only rises.", "It starts high and falls while the rate rises."),
            ("It stays the same.", "It moves against the rate."),
        ],
        "Large steps need no extra push; small ones do.",
        "The two mirror each other.",
    ),
    Question(
        "Adam's first step on a weight has, whatever the gradient (and $\\epsilon$ left out), the length ...",
        "$\\lambda$",
        [
            ("$\\lambda\\,|g|$", "$|g|$ cancels: $\\hat m/\\sqrt{\\hat u} = g/|g|$."),
            ("$\\lambda(1 - \\rho_1)$", "The correction divides by $1 - \\rho_1$."),
            ("$\\lambda/\\sqrt{1 - \\rho_2}$", "The correction takes care of that root."),
        ],
        "Both corrections make $\\hat m = g$ and $\\hat u = g^2$.",
        "Compute $\\hat m$ and $\\hat u$ at $t = 1$.",
    ),
]  # fmt: skip


@exercise_type(
    "optimisers.theory",
    topic="optimisers",
    title="Optimisers in a sentence",
    minutes=2,
    sources=["000A:63", "000A:64", "000A:65", "004:15", "003:05"],
)
def optimisers_theory(draw: Draw) -> Exercise:
    return theory(draw, QUESTIONS)
