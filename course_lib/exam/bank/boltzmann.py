"""Boltzmann machines: coins, distributions, contrastive divergence, stacks."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log

import numpy as np

from course_lib.exam.answers import integer, number, vector
from course_lib.exam.arithmetic import over, plus, sigmoid
from course_lib.exam.draw import Draw
from course_lib.exam.exercise import Exercise, Mistake, Step, exercise_type
from course_lib.exam.theory import Question, theory

PAIRS = ((0, 1), (0, 2), (1, 2))
FOUR = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
EIGHT = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)])


def at(gap, T=1.0):
    """The chance of a 1, of a number or of each entry. Raises ValueError for T = 0."""
    return sigmoid(np.asarray(gap, float) / over(T, 1) if T else over(1, T))


def decided(gap):
    """1 where the probability is at least one half; a gap of 0 is seen through the rounding."""
    return (np.round(np.asarray(gap, float), 9) >= 0).astype(int)


# --- coins ----------------------------------------------------------------------------------------


@exercise_type(
    "boltzmann.gap",
    topic="boltzmann",
    title="The chance of a hidden unit",
    minutes=5,
    sources=["004:E12", "004:18"],
    variants={"lecture": {"v": [1, 0], "w": [0.01, 0.02], "T": 2}},
)
def gap(draw: Draw) -> Exercise:
    v = draw.choice("v", [[1, 0, 1], [1, 1, 0], [0, 1, 1]])
    w = draw.search(
        "w",
        lambda m: m.decimals("w", 3, -2, 2, 0.25, exclude=[0]),
        lambda w: abs(np.dot(v, w)) >= 0.5 and abs(sum(w) - np.dot(v, w)) > 0,
    )
    T = draw.choice("T", [0.5, 2, 4, 5])
    return Exercise(
        "The visible units of a restricted Boltzmann machine show $v = {v:}$. A hidden unit is connected "
        "to them by the weights $w = {w:}$. There are no biases, and $E = -\\sum_i w_i v_i h$.",
        givens={"v": v, "w": w, "T": T},
        steps=[
            Step(
                "on",
                "The energy if the hidden unit is on ($h = 1$)",
                lambda v, w: -float(v @ w),
                number(absolute=1e-6),
                hint="Only active visible units count.",
                explain=lambda v, w: f"$-({plus(v * w)})$.",
                mistakes=[
                    Mistake("sign", lambda v, w: float(v @ w), "The energy has a minus."),
                    Mistake("all", lambda w: -float(w.sum()), "Inactive units contribute nothing."),
                ],
            ),
            Step(
                "gap",
                "The energy gap $\\Delta E = E(h = 0) - E(h = 1)$",
                lambda on: 0 - on,
                number(absolute=1e-6),
                hint="$E(h = 0) = 0$.",
                explain="$0 - ({on:})$: the net input of the unit.",
                mistakes=[Mistake("sign", lambda on: on, "Off minus on.")],
            ),
            Step(
                "p",
                "$p(h = 1)$ at temperature $T = 1$, with five decimals",
                lambda gap: float(at(gap)),
                number(decimals=5),
                marks=2,
                hint="$1 / (1 + e^{-\\Delta E})$.",
                explain="$1 / (1 + e^{-\\Delta E})$ with $\\Delta E =$ {gap:}.",
                mistakes=[
                    Mistake(
                        "sign",
                        lambda gap: float(at(-gap)),
                        "That is $p(h = 0)$: exponent $-\\Delta E$.",
                    ),
                    Mistake("power", lambda gap: exp(-gap), "Divide 1 by 1 plus this power."),
                ],
            ),
            Step(
                "warm",
                "$p(h = 1)$ at temperature $T = {T:}$",
                lambda gap, T: float(at(gap, T)),
                number(decimals=4),
                hint="Divide the gap by $T$.",
                explain=lambda gap, T: f"The sigmoid of ${gap:.4g} / {T:g} = {gap / T:.4g}$.",
                mistakes=[
                    Mistake(
                        "times",
                        lambda gap, T: float(at(gap * T)),
                        "Divide by $T$, do not multiply.",
                    ),
                    Mistake("of_p", lambda p, T: p / T, "$T$ stands inside, under the energy gap."),
                ],
            ),
            Step(
                "state",
                "The state of the unit if sampling gives 1 exactly for $p \\ge 0.5$ (at $T = 1$)",
                lambda p: int(round(p, 9) >= 0.5),
                integer(),
                hint="Compare with one half.",
                explain="$p =$ {p:}.",
                mistakes=[
                    Mistake(
                        "turned", lambda p: int(round(p, 9) < 0.5), "1 for $p$ of one half or more."
                    )
                ],
            ),
        ],
    )


@exercise_type(
    "boltzmann.temperature",
    topic="boltzmann",
    title="Two states and the temperature",
    minutes=5,
    sources=["004:18"],
    variants={"notes": {"low": -3, "high": -1, "T": 2, "R": 20}},
)
def temperature(draw: Draw) -> Exercise:
    low = draw.decimal("low", -4, 0, 0.5)
    rise = draw.choice("rise", [0.5, 1, 1.5, 2, 2.5, 3])
    high = draw.choice("high", [low + rise])
    T = draw.choice("T", [0.5, 2, 4])
    R = draw.choice("R", [3, 5, 10, 20, 50])
    return Exercise(
        "Two states of a Boltzmann machine have the energies $E_a = {low:}$ and $E_b = {high:}$.",
        givens={"low": low, "high": high, "T": T, "R": R},
        steps=[
            Step(
                "ratio",
                "How many times likelier is state $a$ than state $b$ at $T = 1$?",
                lambda low, high: exp(high - low),
                number(significant=3),
                hint="$p = e^{-E} / Z$; $Z$ cancels.",
                explain=lambda low, high: (
                    f"$e^{{-({low:g}) + ({high:g})}} = e^{{{high - low:g}}}$."
                ),
                mistakes=[
                    Mistake(
                        "turned", lambda low, high: exp(low - high), "The lower energy is likelier."
                    ),
                    Mistake(
                        "difference", lambda low, high: high - low, "Take the exponential of it."
                    ),
                ],
            ),
            Step(
                "ratio_T",
                "And at $T = {T:}$?",
                lambda low, high, T: exp((high - low) / T),
                number(significant=3),
                hint="$e^{-E/T}$.",
                explain=lambda low, high, T: f"$e^{{{high - low:g} / {T:g}}}$.",
                mistakes=[
                    Mistake("times", lambda low, high, T: exp((high - low) * T), "Divide by $T$."),
                    Mistake(
                        "ratio_by_T", lambda ratio, T: ratio / T, "$T$ stands in the exponent."
                    ),
                ],
            ),
            Step(
                "share",
                "The probability of $a$ at $T = {T:}$ if these are the only two states",
                lambda ratio_T: ratio_T / (1 + ratio_T),
                number(decimals=4),
                hint="Two probabilities with a known ratio add up to 1.",
                explain="$r / (1 + r)$ with $r =$ {ratio_T:}; the same as $\\sigma((E_b - E_a)/T)$.",
                mistakes=[
                    Mistake(
                        "other",
                        lambda ratio_T: 1 / (1 + ratio_T),
                        "That is the probability of $b$.",
                    ),
                    Mistake("of_T1", lambda ratio: ratio / (1 + ratio), "That is at $T = 1$."),
                ],
            ),
            Step(
                "wanted",
                "At which temperature is $a$ exactly {R:d} times as likely as $b$?",
                lambda low, high, R: (high - low) / log(R),
                number(significant=3),
                marks=2,
                hint="Solve $e^{(E_b - E_a)/T} = R$ for $T$.",
                explain=lambda low, high, R: f"$T = {high - low:g} / \\ln {R:d}$.",
                mistakes=[
                    Mistake(
                        "inverse",
                        lambda low, high, R: over(log(R), high - low),
                        "That is $1/T$.",
                    ),
                    Mistake(
                        "no_log", lambda low, high, R: (high - low) / R, "Take the logarithm of R."
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "boltzmann.gibbs",
    topic="boltzmann",
    title="One sweep of Gibbs sampling with given random numbers",
    minutes=7,
    sources=["004:18"],
)
def gibbs(draw: Draw) -> Exercise:
    w = draw.decimals("w", 3, -2, 2, 0.5, exclude=[0])
    b = draw.decimals("b", 3, -1, 1, 0.5)
    s = draw.choice("s", [[1, 0, 1], [0, 1, 1], [1, 1, 0], [0, 0, 1]])
    u = draw.decimals("u", 3, 0.05, 0.95, 0.05, exclude=[0.5])
    steps = []
    for i in range(3):
        j, k = (n for n in range(3) if n != i)
        weights = [PAIRS.index((min(i, n), max(i, n))) for n in (j, k)]

        def net(w, b, s, done, i=i, j=j, k=k, weights=weights):
            state = [*done, *s[len(done) :]]
            return w[weights[0]] * state[j] + w[weights[1]] * state[k] + b[i]

        chance: Callable[..., float]
        slip: Callable[..., float]
        if i == 0:
            chance = lambda w, b, s, net=net: float(at(net(w, b, s, [])))  # noqa: E731
            slip = lambda w, s, b, net=net: float(at(-net(w, b, s, [])))  # noqa: E731
        elif i == 1:
            chance = lambda w, b, s, s1, net=net: float(at(net(w, b, s, [s1])))  # noqa: E731
            slip = lambda w, b, s, s1, net=net: float(at(-net(w, b, s, [s1])))  # noqa: E731
        else:
            chance = lambda w, b, s, s1, s2, net=net: float(at(net(w, b, s, [s1, s2])))  # noqa: E731
            slip = lambda w, b, s, s1, s2, net=net: float(at(-net(w, b, s, [s1, s2])))  # noqa: E731
        steps += [
            Step(
                f"p{i + 1}",
                f"$P(s_{i + 1} = 1)$ when unit {i + 1} has its turn",
                chance,
                number(decimals=4),
                hint="The sigmoid of its net input, with the states as they are *now*.",
                explain=f"The sigmoid of $w_{{{min(i, j) + 1}{max(i, j) + 1}}} s_{j + 1} + "
                f"w_{{{min(i, k) + 1}{max(i, k) + 1}}} s_{k + 1} + b_{i + 1}$: {{p{i + 1}:}}.",
                mistakes=[Mistake("sign", slip, "That is the chance of a 0.")],
            ),
            Step(
                f"s{i + 1}",
                "Its new state (1 if the random number is below the probability)",
                lambda u, p, i=i: int(u[i] < p),
                integer(),
                uses={"p": f"p{i + 1}"},
                hint="Compare with its own random number.",
                explain=f"Random number against {{p{i + 1}:}}.",
                mistakes=[
                    Mistake("turned", lambda u, p, i=i: int(u[i] >= p), "1 if it is *below*."),
                ],
            ),
        ]
    return Exercise(
        "Three units (0 or 1) have the weights $(w_{12}, w_{13}, w_{23}) = {w:}$ and the biases $b = {b:}$. "
        "They are in the state $s = {s:}$ and toss in the order 1, 2, 3 at $T = 1$, with the random "
        "numbers {u:} (one each).",
        givens={"w": w, "b": b, "s": s, "u": u},
        steps=steps,
    )


# --- distributions --------------------------------------------------------------------------------


def energies(w, b):
    """-sum of w_ij s_i s_j over pairs - b.s, of the eight states of three units."""
    pairs = np.array([[s[i] * s[j] for i, j in PAIRS] for s in EIGHT])
    return -(pairs @ np.asarray(w, float)) - EIGHT @ np.asarray(b, float)


@exercise_type(
    "boltzmann.machine",
    topic="boltzmann",
    title="All states of a machine of three units",
    minutes=10,
    sources=["004:18"],
)
def machine(draw: Draw) -> Exercise:
    w = draw.search(
        "w", lambda m: m.decimals("w", 3, -2, 2, 0.5, exclude=[0]), lambda w: len(set(w)) == 3
    )
    b = draw.search("b", lambda m: m.decimals("b", 3, -1, 1, 0.5), lambda b: any(b))
    return Exercise(
        "A Boltzmann machine has three units (0 or 1), the weights $(w_{12}, w_{13}, w_{23}) = {w:}$ and "
        "the biases $b = {b:}$; $T = 1$. List the states in the order 000, 001, 010, 011, 100, 101, 110, "
        "111 (unit 1 first).",
        givens={"w": w, "b": b},
        steps=[
            Step(
                "e",
                "The eight energies",
                lambda w, b: energies(w, b),
                vector(length=8, partial=True),
                marks=4,
                hint="Each pair of units that are both on gives $-w$; each unit that is on $-b$.",
                explain=lambda w, b: f"For example 111: $-({plus(w)}) - ({plus(b)})$.",
                mistakes=[
                    Mistake("sign", lambda w, b: -energies(w, b), "The energy has a minus."),
                    Mistake(
                        "twice", lambda w, b: energies(2 * w, b), "Each pair counts once (the ½)."
                    ),
                    Mistake("no_bias", lambda w, b: energies(w, 0 * b), "The biases are missing."),
                ],
            ),
            Step(
                "Z",
                "The partition function $Z$",
                lambda e: float(np.exp(-np.asarray(e, float)).sum()),
                number(significant=4),
                marks=2,
                hint="Sum $e^{-E}$ over all eight.",
                explain=lambda e: f"${plus(np.exp(-np.asarray(e, float)))}$.",
                mistakes=[
                    Mistake(
                        "sign",
                        lambda e: float(np.exp(np.asarray(e, float)).sum()),
                        "The exponent is $-E$.",
                    )
                ],
            ),
            Step(
                "best",
                "The probability of the likeliest state",
                lambda e, Z: over(exp(-min(e)), Z),
                number(decimals=4),
                hint="The lowest energy.",
                explain=lambda e, Z: f"$e^{{{-min(e):g}}} / {Z:.4g}$.",
                mistakes=[
                    Mistake(
                        "highest", lambda e, Z: over(exp(-max(e)), Z), "Lowest energy is likeliest."
                    ),
                    Mistake("not_divided", lambda e: exp(-min(e)), "Divide by $Z$."),
                ],
            ),
            Step(
                "first",
                "The probability that unit 1 is on",
                lambda e, Z: over(float(np.exp(-np.asarray(e, float))[4:].sum()), Z),
                number(decimals=4),
                marks=2,
                hint="Add the four states that begin with 1.",
                explain=lambda e: f"$({plus(np.exp(-np.asarray(e, float))[4:])}) / Z$.",
                mistakes=[
                    Mistake(
                        "alone",
                        lambda b: float(at(b[0])),
                        "The neighbours count as well; that is the chance if they are off.",
                    ),
                    Mistake(
                        "off",
                        lambda e, Z: over(float(np.exp(-np.asarray(e, float))[:4].sum()), Z),
                        "That is the probability that it is off.",
                    ),
                ],
            ),
        ],
    )


def masses(w, c=0.0):
    """The sum over h of exp(-E) for 00, 01, 10, 11: one hidden unit with weights w, bias c."""
    return 1 + np.exp(FOUR @ np.asarray(w, float) + c)


@exercise_type(
    "boltzmann.restricted",
    topic="boltzmann",
    title="The distribution of a tiny restricted machine",
    minutes=8,
    sources=["004:E13", "004:18"],
    variants={"lecture": {"w": [1, 1]}},
)
def restricted(draw: Draw) -> Exercise:
    w = draw.search(
        "w",
        lambda m: m.decimals("w", 2, -2, 2, 0.5, exclude=[0]),
        lambda w: w[0] != w[1],
    )
    return Exercise(
        "A restricted Boltzmann machine has two visible units and one hidden unit, the weights "
        "$w = {w:}$, no biases, $T = 1$. List visible states in the order 00, 01, 10, 11.",
        givens={"w": w},
        steps=[
            Step(
                "mass",
                "$\\sum_h e^{-E(v, h)}$ for each of the four",
                lambda w: masses(w),
                vector(length=4, decimals=3, partial=True),
                marks=2,
                hint="Two terms each: $h = 0$ gives $e^0$, $h = 1$ gives $e^{w \\cdot v}$.",
                explain="$1 + e^{w \\cdot v}$: {mass:}.",
                mistakes=[
                    Mistake(
                        "only_on",
                        lambda w: np.exp(FOUR @ w),
                        "The hidden unit may be off as well: add $e^0 = 1$.",
                    ),
                    Mistake("sign", lambda w: masses(-w), "$-E = +w \\cdot v\\,h$."),
                ],
            ),
            Step(
                "Z",
                "The partition function",
                lambda mass: float(np.sum(mass)),
                number(significant=4),
                hint="The sum over all states, visible and hidden.",
                explain=lambda mass: f"${plus(mass)}$.",
                mistakes=[
                    Mistake(
                        "only_on",
                        lambda mass: float(np.sum(mass)) - 4,
                        "The states with $h = 0$ belong to the sum as well.",
                    )
                ],
            ),
            Step(
                "p",
                "The probabilities $p(v)$ of the four",
                lambda mass, Z: np.asarray(mass, float) / over(Z, 1),
                vector(length=4, decimals=4, partial=True),
                marks=2,
                hint="Divide by $Z$.",
                explain="{p:}.",
                mistakes=[
                    Mistake("uniform", lambda: np.full(4, 0.25), "They are not equally likely.")
                ],
            ),
            Step(
                "covariance",
                "The covariance $p(11) - p(v_1 = 1)\\,p(v_2 = 1)$",
                lambda p: float(p[3] - (p[2] + p[3]) * (p[1] + p[3])),
                number(decimals=4),
                marks=2,
                hint="$p(v_1 = 1) = p(10) + p(11)$.",
                explain=lambda p: (
                    f"${p[3]:.4f} - {p[2] + p[3]:.4f} \\cdot {p[1] + p[3]:.4f}$: a shared hidden unit makes "
                    "visible units dependent that have no connection."
                ),
                mistakes=[
                    Mistake("zero", lambda: 0.0, "Independent only *given* the hidden unit."),
                    Mistake(
                        "sign",
                        lambda p: float((p[2] + p[3]) * (p[1] + p[3]) - p[3]),
                        "Joint minus product.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "boltzmann.free_energy",
    topic="boltzmann",
    title="Free energy of two visible vectors",
    minutes=8,
    sources=["004:18"],
)
def free_energy(draw: Draw) -> Exercise:
    W = draw.search(
        "W",
        lambda m: [m.decimals(f"row{i}", 2, -2, 2, 0.5) for i in range(3)],
        lambda W: len({tuple(row) for row in W}) == 3,
    )
    b = draw.decimals("b", 3, -1, 1, 0.5, exclude=[0])
    c = draw.decimals("c", 2, -1, 1, 0.5, exclude=[0])
    v = draw.choice("v", [[1, 0, 1], [1, 1, 0], [0, 1, 1]])
    x = draw.choice("x", [[1, 1, 1], [1, 0, 0], [0, 0, 1]])

    return Exercise(
        "A restricted machine has the weights $W = {W:}$ (a row per visible unit), visible biases "
        "$b = {b:}$ and the hidden biases $c = {c:}$. Compare $v = {v:}$ with $v' = {x:}$.",
        givens={"W": W, "b": b, "c": c, "v": v, "x": x},
        steps=[
            Step(
                "gaps",
                "The gaps of the two hidden units given $v$",
                lambda W, c, v: v @ W + c,
                vector(length=2, partial=True),
                marks=2,
                hint="$c_j + \\sum_i v_i w_{ij}$.",
                explain="{gaps:}.",
                mistakes=[
                    Mistake("no_bias", lambda W, v: v @ W, "The hidden biases are missing."),
                ],
            ),
            Step(
                "F",
                "The free energy $F(v)$",
                lambda gaps, b, v: float(-v @ b - np.logaddexp(0, np.asarray(gaps, float)).sum()),
                number(decimals=3),
                marks=2,
                hint="$-b \\cdot v - \\sum_j \\ln(1 + e^{gap_j})$.",
                explain=lambda gaps, b, v: (
                    f"$-({plus(b * v)}) - ({plus(np.logaddexp(0, np.asarray(gaps, float)))})$."
                ),
                mistakes=[
                    Mistake(
                        "no_visible_bias",
                        lambda gaps: float(-np.logaddexp(0, np.asarray(gaps, float)).sum()),
                        "$-b \\cdot v$ is missing.",
                    ),
                    Mistake(
                        "plus",
                        lambda gaps, b, v: float(
                            v @ b + np.logaddexp(0, np.asarray(gaps, float)).sum()
                        ),
                        "Both terms have a minus.",
                    ),
                ],
            ),
            Step(
                "other",
                "The free energy $F(v')$",
                lambda W, b, c, x: float(-x @ b - np.logaddexp(0, x @ W + c).sum()),
                number(decimals=3),
                marks=2,
                hint="The same with the other vector.",
                explain=lambda W, b, c, x: (
                    f"$-({plus(b * x)}) - ({plus(np.logaddexp(0, x @ W + c))})$."
                ),
                mistakes=[
                    Mistake(
                        "no_hidden_bias",
                        lambda W, b, x: float(-x @ b - np.logaddexp(0, x @ W).sum()),
                        "The gaps need the hidden biases.",
                    )
                ],
            ),
            Step(
                "ratio",
                "$p(v) / p(v')$",
                lambda F, other: exp(other - F),
                number(significant=3),
                hint="$p = e^{-F} / Z$, and $Z$ cancels.",
                explain="$e^{F(v') - F(v)}$ with $F(v) =$ {F:} and $F(v') =$ {other:}.",
                mistakes=[
                    Mistake(
                        "turned", lambda F, other: exp(F - other), "The lower $F$ is likelier."
                    ),
                    Mistake(
                        "quotient",
                        lambda F, other: over(F, other),
                        "A ratio of powers, not of $F$.",
                    ),
                ],
            ),
        ],
    )


# --- learning -------------------------------------------------------------------------------------


@exercise_type(
    "boltzmann.phases",
    topic="boltzmann",
    title="Awake and asleep: the first update",
    minutes=6,
    sources=["004:18"],
)
def phases(draw: Draw) -> Exercise:
    rows = draw.search(
        "rows",
        lambda m: [m.choice(f"row{i}", EIGHT[1:].tolist()) for i in range(5)],
        lambda rows: (
            len({sum(r[i] * r[j] for r in rows) for i, j in PAIRS}) >= 2
            and any(sum(r[i] * r[j] for r in rows) for i, j in PAIRS)
        ),
    )
    rate = draw.choice("rate", [0.1, 0.2, 0.5])
    return Exercise(
        "A Boltzmann machine of three visible units, all weights and biases 0, shall learn these five "
        "examples:\n\n{rows:table #, $s_1$, $s_2$, $s_3$}\n\nThe learning rate is {rate:}, $T = 1$. List "
        "the pairs in the order (1,2), (1,3), (2,3).",
        givens={"rows": rows, "rate": rate},
        steps=[
            Step(
                "awake",
                "$\\langle s_i s_j \\rangle$ of the data for the three pairs",
                lambda rows: np.array([np.mean(rows[:, i] * rows[:, j]) for i, j in PAIRS]),
                vector(length=3, decimals=3, partial=True),
                marks=2,
                hint="In what share of the examples are both on?",
                explain="{awake:}.",
                mistakes=[
                    Mistake(
                        "agree",
                        lambda rows: np.array(
                            [np.mean(rows[:, i] == rows[:, j]) for i, j in PAIRS]
                        ),
                        "Both *on*, not both equal: the product is 0 for two zeros.",
                    ),
                    Mistake(
                        "counts",
                        lambda rows: np.array([np.sum(rows[:, i] * rows[:, j]) for i, j in PAIRS]),
                        "Divide by the number of examples.",
                    ),
                ],
            ),
            Step(
                "asleep",
                "$\\langle s_i s_j \\rangle$ of the machine, the same for each pair",
                lambda: 0.25,
                number(decimals=3),
                hint="With zero weights all eight states are equally likely.",
                explain="Both are on in two of the eight states.",
                mistakes=[
                    Mistake("half", lambda: 0.5, "Both must be on: a half times a half."),
                    Mistake("zero", lambda: 0.0, "Zero weights mean fair coins, not silence."),
                ],
            ),
            Step(
                "weights",
                "The three weights after the first update",
                lambda awake, asleep, rate: rate * (np.asarray(awake, float) - asleep),
                vector(length=3, decimals=4, partial=True),
                marks=2,
                hint="Rate times (awake minus asleep).",
                explain="{weights:}.",
                mistakes=[
                    Mistake(
                        "hebb",
                        lambda awake, rate: rate * np.asarray(awake, float),
                        "That is Hebb's rule alone; subtract the dream phase.",
                    ),
                    Mistake(
                        "sign",
                        lambda awake, asleep, rate: -rate * (np.asarray(awake, float) - asleep),
                        "Awake has the plus.",
                    ),
                ],
            ),
        ],
    )


def one_epoch(v, w, eps):
    """The weights after CD-1 with thresholds, one hidden unit."""
    v, w = np.asarray(v), np.asarray(w, float)
    h0 = decided(v @ w)
    v1 = decided(w * h0)
    h1 = decided(v1 @ w)
    return np.round(w + eps * (v * h0 - v1 * h1), 10)


@exercise_type(
    "boltzmann.divergence",
    topic="boltzmann",
    title="Contrastive divergence by hand",
    minutes=10,
    sources=["004:E13"],
    variants={"lecture": {"v": [1, 0], "w": [1, 1], "eps": 0.1}},
)
def divergence(draw: Draw) -> Exercise:
    v = draw.choice("v", [[1, 0], [0, 1], [1, 0, 1], [1, 1, 0], [0, 1, 0]])
    w = draw.search(
        "w",
        lambda m: m.decimals("w", len(v), -1, 2, 0.25, exclude=[0]),
        lambda w: (
            np.dot(v, w) > 0
            and any(one_epoch(v, w, 1.0) != np.asarray(w))
            and np.dot([a > 0 for a in w], w) != np.dot(v, w)
        ),
    )
    eps = draw.choice("eps", [0.1, 0.2, 0.5])
    n = len(v)
    return Exercise(
        "A restricted Boltzmann machine with one hidden unit and the weights $w = {w:}$ (no biases, "
        "$T = 1$) learns the vector $v^0 = {v:}$ by CD-1 with $\\varepsilon = {eps:}$. Sampling gives 1 "
        "exactly if $p \\ge 0.5$.",
        givens={"v": v, "w": w, "eps": eps},
        steps=[
            Step(
                "up",
                "$p(h^0 = 1)$",
                lambda v, w: float(at(v @ w)),
                number(decimals=4),
                hint="The sigmoid of $w \\cdot v^0$.",
                explain=lambda v, w: f"$\\sigma({v @ w:g})$.",
                mistakes=[
                    Mistake("sign", lambda v, w: float(at(-(v @ w))), "That is $p(h^0 = 0)$."),
                    Mistake(
                        "all", lambda w: float(at(w.sum())), "Only active visible units count."
                    ),
                ],
            ),
            Step(
                "h0",
                "$h^0$",
                lambda up: int(round(up, 9) >= 0.5),
                integer(),
                hint="Compare with one half.",
                explain="$p =$ {up:}.",
                mistakes=[
                    Mistake("turned", lambda up: int(round(up, 9) < 0.5), "1 for $p \\ge 0.5$.")
                ],
            ),
            Step(
                "down",
                "$p(v^1_i = 1)$ of each visible unit",
                lambda w, h0: at(w * h0),
                vector(length=n, decimals=4, partial=True),
                marks=2,
                hint="The sigmoid of $w_i h^0$: each by its own weight.",
                explain="{down:}.",
                mistakes=[
                    Mistake(
                        "from_data",
                        lambda w, v: at(w * v),
                        "Down goes from the hidden unit, not from $v^0$.",
                    ),
                ],
            ),
            Step(
                "v1",
                "The reconstruction $v^1$",
                lambda down: (np.round(np.asarray(down, float), 9) >= 0.5).astype(int),
                vector(length=n, partial=True),
                hint="1 where $p \\ge 0.5$.",
                explain="{v1:}.",
                mistakes=[
                    Mistake("data", lambda v: v, "The reconstruction need not be the data."),
                ],
            ),
            Step(
                "top",
                "$p(h^1 = 1)$",
                lambda v1, w: float(at(np.asarray(v1) @ w)),
                number(decimals=4),
                hint="Up again, now from $v^1$.",
                explain=lambda v1, w: f"$\\sigma({np.asarray(v1) @ w:g})$.",
                mistakes=[
                    Mistake("old", lambda up: up, "From the reconstruction, not from the data.")
                ],
            ),
            Step(
                "h1",
                "$h^1$",
                lambda top: int(round(top, 9) >= 0.5),
                integer(),
                hint="Compare with one half.",
                explain="$p =$ {top:}.",
                mistakes=[
                    Mistake("turned", lambda top: int(round(top, 9) < 0.5), "1 for $p \\ge 0.5$.")
                ],
            ),
            Step(
                "new",
                "The weights after the update",
                lambda v, w, eps, h0, v1, h1: w + eps * (v * h0 - np.asarray(v1) * h1),
                vector(length=n, partial=True),
                marks=2,
                hint="$\\Delta w_i = \\varepsilon\\,(v^0_i h^0 - v^1_i h^1)$.",
                explain=lambda v, h0, v1, h1: (
                    f"$v^0 h^0 =$ {v * h0}, $v^1 h^1 =$ {np.asarray(v1) * h1}."
                ),
                mistakes=[
                    Mistake(
                        "sign",
                        lambda v, w, eps, h0, v1, h1: w - eps * (v * h0 - np.asarray(v1) * h1),
                        "Plus for the data, minus for the reconstruction.",
                    ),
                    Mistake(
                        "no_rate",
                        lambda v, w, h0, v1, h1: w + (v * h0 - np.asarray(v1) * h1),
                        "Multiply by the learning rate.",
                    ),
                    Mistake(
                        "hebb",
                        lambda v, w, eps, h0: w + eps * v * h0,
                        "Subtract the second product.",
                    ),
                ],
            ),
        ],
    )


def epochs_until_still(v, w, eps, most=60):
    """The first epoch in which nothing changes."""
    for epoch in range(1, most + 1):
        after = one_epoch(v, w, eps)
        if np.allclose(after, w):
            return epoch
        w = after
    raise ValueError("it never comes to rest")


@exercise_type(
    "boltzmann.epochs",
    topic="boltzmann",
    title="Contrastive divergence until it rests",
    minutes=8,
    sources=["004:E13"],
    variants={"lecture": {"v": [1, 0], "w": [1, 1], "eps": 0.1}},
)
def epochs(draw: Draw) -> Exercise:
    v = draw.choice("v", [[1, 0], [0, 1], [1, 0, 1], [0, 1, 1], [1, 1, 0]])
    eps = draw.choice("eps", [0.1, 0.2, 0.25])
    w = draw.search(
        "w",
        lambda m: m.decimals("w", len(v), 0.1, 1.5, 0.1),
        lambda w: len(set(w)) == len(w) and epochs_until_still(v, w, eps) >= 4,
    )
    return Exercise(
        "A restricted Boltzmann machine with one hidden unit and the weights $w = {w:}$ (no biases, "
        "$T = 1$) is shown $v = {v:}$ again and again. Each epoch is one CD-1 update with "
        "$\\varepsilon = {eps:}$; sampling gives 1 exactly if $p \\ge 0.5$.",
        givens={"v": v, "w": w, "eps": eps},
        steps=[
            Step(
                "after_1",
                "The weights after one epoch",
                lambda v, w, eps: one_epoch(v, w, eps),
                vector(length=len(v), partial=True),
                marks=2,
                hint="Positive weights: the hidden unit is on, and every visible unit is reconstructed as 1.",
                explain="The weights of units that are 0 in the data fall by $\\varepsilon$: {after_1:}.",
                mistakes=[
                    Mistake(
                        "rises",
                        lambda v, w, eps: w + eps * (1 - v),
                        "The product of the reconstruction is *subtracted*.",
                    ),
                    Mistake("hebb", lambda v, w, eps: w + eps * v, "Subtract the second product."),
                ],
            ),
            Step(
                "after_2",
                "The weights after two epochs",
                lambda v, previous, eps: one_epoch(v, previous, eps),
                vector(length=len(v), partial=True),
                marks=1,
                uses={"previous": "after_1"},
                hint="The same again.",
                explain="{after_2:}.",
                mistakes=[
                    Mistake("still", lambda previous: previous, "It has not come to rest yet.")
                ],
            ),
            Step(
                "rest",
                "In which epoch do the weights change for the first time no more?",
                lambda v, w, eps: epochs_until_still(v, w, eps),
                integer(),
                marks=2,
                hint="The weight must fall *below* 0: at 0 exactly $p = 0.5$ still gives 1.",
                explain=lambda v, w, eps: (
                    f"After {epochs_until_still(v, w, eps) - 1} epochs all weights of units that are 0 in the "
                    "data are negative, and the reconstruction is right."
                ),
                mistakes=[
                    Mistake(
                        "one_early",
                        lambda v, w, eps: epochs_until_still(v, w, eps) - 1,
                        "That is the last epoch that changes something.",
                    ),
                ],
            ),
        ],
    )


def awake_of(v, w):
    return np.asarray(v) * float(at(np.asarray(v) @ w))


def asleep_of(share, w):
    """The mean of v_i h when the visible states have these shares."""
    return (np.asarray(share, float) * at(FOUR @ w)) @ FOUR


def after_one_step(v, w):
    """The distribution of the reconstruction of v, over 00, 01, 10, 11."""
    on = float(at(np.asarray(v) @ w))
    p = at(np.asarray(w, float))
    given_on = np.prod(np.where(FOUR == 1, p, 1 - p), axis=1)
    return on * given_on + (1 - on) * 0.25


@exercise_type(
    "boltzmann.slope",
    topic="boltzmann",
    title="The exact step, and what CD-1 makes of it",
    minutes=12,
    sources=["004:E13", "004:18"],
    variants={"lecture": {"v": [1, 0], "w": [1, 1], "eps": 0.1}},
)
def slope(draw: Draw) -> Exercise:
    v = draw.choice("v", [[1, 0], [0, 1]])
    w = draw.search(
        "w",
        lambda m: m.decimals("w", 2, -1.5, 2, 0.5, exclude=[0]),
        lambda w: w[0] != w[1],
    )
    eps = draw.choice("eps", [0.1, 0.2, 0.5])
    return Exercise(
        "A restricted Boltzmann machine with two visible units, one hidden unit and the weights "
        "$w = {w:}$ (no biases, $T = 1$) shall learn $v = {v:}$ with the rate $\\varepsilon = {eps:}$. "
        "Calculate with real probabilities, not thresholds.",
        givens={"v": v, "w": w, "eps": eps},
        steps=[
            Step(
                "awake",
                "The awake phase $\\langle v_i h \\rangle$ with $v$ clamped",
                lambda v, w: awake_of(v, w),
                vector(length=2, decimals=4, partial=True),
                hint="$v_i\\,\\sigma(w \\cdot v)$.",
                explain=lambda v, w: f"$\\sigma({v @ w:g})$ for the active unit, 0 for the other.",
                mistakes=[
                    Mistake(
                        "thresholded", lambda v: v, "Use the probability of $h$, not its threshold."
                    )
                ],
            ),
            Step(
                "p",
                "The probabilities $p(v)$ of 00, 01, 10, 11",
                lambda w: masses(w) / masses(w).sum(),
                vector(length=4, decimals=4, partial=True),
                marks=2,
                hint="$(1 + e^{w \\cdot v}) / Z$.",
                explain="{p:}.",
                mistakes=[
                    Mistake(
                        "only_on",
                        lambda w: np.exp(FOUR @ w) / np.exp(FOUR @ w).sum(),
                        "Sum over $h = 0$ and $h = 1$.",
                    )
                ],
            ),
            Step(
                "asleep",
                "The asleep phase $\\langle v_i h \\rangle$ of the machine",
                lambda p, w: asleep_of(p, w),
                vector(length=2, decimals=4, partial=True),
                marks=2,
                hint="$\\sum_v p(v)\\,v_i\\,\\sigma(w \\cdot v)$: two states each.",
                explain=lambda p, w: (
                    f"For $v_1$: ${p[2]:.4f} \\cdot {at(w[0]):.4f} + {p[3]:.4f} \\cdot {at(w[0] + w[1]):.4f}$."
                ),
                mistakes=[
                    Mistake(
                        "no_hidden",
                        lambda p: np.array([p[2] + p[3], p[1] + p[3]]),
                        "That is $\\langle v_i \\rangle$; the hidden unit must be on as well.",
                    )
                ],
            ),
            Step(
                "step",
                "The exact step $\\Delta w$",
                lambda awake, asleep, eps: (
                    eps * (np.asarray(awake, float) - np.asarray(asleep, float))
                ),
                vector(length=2, decimals=4, partial=True),
                hint="$\\varepsilon$ (awake $-$ asleep).",
                explain="{step:}.",
                mistakes=[
                    Mistake(
                        "sign",
                        lambda awake, asleep, eps: (
                            eps * (np.asarray(asleep, float) - np.asarray(awake, float))
                        ),
                        "Awake has the plus.",
                    )
                ],
            ),
            Step(
                "shares",
                "For CD-1: the probabilities that the reconstruction of $v$ is 00, 01, 10, 11",
                lambda v, w: after_one_step(v, w),
                vector(length=4, decimals=4, partial=True),
                marks=2,
                hint="With $h = 0$ all four are equally likely; with $h = 1$ the coins are $\\sigma(w_i)$.",
                explain="{shares:}.",
                mistakes=[
                    Mistake(
                        "always_on",
                        lambda w: np.prod(np.where(FOUR == 1, at(w), 1 - at(w)), axis=1),
                        "The hidden unit may be off: then both coins are fair.",
                    )
                ],
            ),
            Step(
                "cd",
                "The step of CD-1 on average",
                lambda awake, shares, w, eps: (
                    eps * (np.asarray(awake, float) - asleep_of(shares, w))
                ),
                vector(length=2, decimals=4, partial=True),
                marks=2,
                hint="As the exact step, with the shares of the reconstruction in place of $p(v)$.",
                explain="{cd:}: near the exact step, not equal.",
                mistakes=[Mistake("same", lambda step: step, "CD-1 has not reached equilibrium.")],
            ),
        ],
    )


# --- stacks ---------------------------------------------------------------------------------------


@exercise_type(
    "boltzmann.stack",
    topic="boltzmann",
    title="Counting in a stack of restricted machines",
    minutes=6,
    sources=["004:18", "004:30"],
    variants={"notes": {"n": 64, "a": 40, "b": 20, "k": 10, "N": 1300}},
)
def stack(draw: Draw) -> Exercise:
    n = draw.choice("n", [36, 64, 100, 256, 784])
    a = draw.choice("a", [20, 32, 50, 200])
    b = draw.choice("b", [8, 10, 16, 30])
    k = draw.choice("k", [2, 3, 5, 10])
    N = draw.choice("N", [500, 1000, 1500, 60000])
    return Exercise(
        "{N:d} pictures of {n:d} pixels are learned by a stack of two restricted Boltzmann machines with "
        "{a:d} and {b:d} hidden units (with visible and hidden biases). Then a layer for {k:d} classes is "
        "put on top and everything is fine-tuned.",
        givens={"n": n, "a": a, "b": b, "k": k, "N": N},
        steps=[
            Step(
                "first",
                "The parameters of the first machine",
                lambda n, a: n * a + n + a,
                integer(),
                hint="Weights, visible biases, hidden biases.",
                explain=lambda n, a: f"${n} \\cdot {a} + {n} + {a}$.",
                mistakes=[
                    Mistake(
                        "no_visible",
                        lambda n, a: n * a + a,
                        "The visible units have biases as well.",
                    ),
                    Mistake("weights", lambda n, a: n * a, "The biases are missing."),
                    Mistake(
                        "twice", lambda n, a: 2 * n * a + n + a, "Up and down use the same weights."
                    ),
                ],
            ),
            Step(
                "entries",
                "The number of entries in the data matrix on which the second machine is trained",
                lambda N, a: N * a,
                integer(),
                hint="A row per picture, a column per unit of the layer below.",
                explain=lambda N, a: f"${N} \\times {a}$.",
                mistakes=[
                    Mistake(
                        "pixels",
                        lambda N, n: N * n,
                        "It sees the hidden units of the first machine.",
                    ),
                    Mistake("own", lambda N, b: N * b, "Those are its own hidden units."),
                ],
            ),
            Step(
                "tuned",
                "The parameters of the classifier that is fine-tuned",
                lambda n, a, b, k: n * a + a + a * b + b + b * k + k,
                integer(),
                marks=2,
                hint="Upwards only: no visible biases.",
                explain=lambda n, a, b, k: (
                    f"${n} \\cdot {a} + {a} + {a} \\cdot {b} + {b} + {b} \\cdot {k} + {k}$."
                ),
                mistakes=[
                    Mistake(
                        "visible_too",
                        lambda n, a, b, k: n * a + n + a + a * b + a + b + b * k + k,
                        "The visible biases serve the way down only.",
                    ),
                    Mistake(
                        "no_top",
                        lambda n, a, b: n * a + a + a * b + b,
                        "The layer for the classes, too.",
                    ),
                ],
            ),
            Step(
                "layers",
                "The number of weight layers of the autoencoder that the two machines unroll to",
                lambda: 4,
                integer(),
                hint="Up through both, down through both.",
                explain="Two up, two down (with the transposed weights).",
                mistakes=[
                    Mistake("two", lambda: 2, "It must also come down again."),
                    Mistake("three", lambda: 3, "Each machine is used twice, up and down."),
                ],
            ),
        ],
    )


# --- theory ---------------------------------------------------------------------------------------

QUESTIONS = [
    Question(
        "Why can all hidden units of a restricted Boltzmann machine be sampled at the same time?",
        "Given $v$ they are independent",
        [
            (
                "Hidden units are always independent of each other",
                "Only *given* the visible units.",
            ),
            ("Their weights are symmetric", "So are those of every Boltzmann machine."),
            (
                "At temperature 1 the order does not matter",
                "The order matters if units are connected.",
            ),
            ("The partition function of the layer is 1", "Nothing is normalised away here."),
        ],
        "No connection inside the layer: the energy given $v$ is a sum over hidden units.",
        'Which connections does the word "restricted" take away?',
    ),
    Question(
        "What happens to a Boltzmann machine as the temperature goes to 0?",
        "It turns into a Hopfield net",
        [
            ("All states become equally likely", "That is the limit of infinite temperature."),
            ("All units switch off, whatever their weights are", "The sign of the gap decides."),
            ("Its weights go to 0 and it forgets the data", "The temperature changes no weights."),
            ("It leaves every local minimum after a short time", "It can leave none any more."),
        ],
        "$\\sigma(\\Delta E/T)$ becomes a step.",
        "Draw the sigmoid of $\\Delta E/T$ for a very small $T$.",
    ),
    Question(
        "What is subtracted in the learning rule of a Boltzmann machine?",
        "The mean of $s_i s_j$ in free running",
        [
            ("The mean of $s_i s_j$ while the data are clamped", "That is the part with the plus."),
            ("The square of each weight, times the learning rate", "That would be weight decay."),
            ("The error of the output units, sent back", "There is no back-propagated error."),
            (
                "The product of the means of $s_i$ and $s_j$ in the data",
                "That gives the covariance.",
            ),
        ],
        "Awake minus asleep.",
        "Two phases; the data are shown in one of them.",
    ),
    Question(
        "What is a fantasy, in the sense of the lecture?",
        "What is visible after very many steps",
        [
            (
                "What the visible units show after one step from the data",
                "That is a reconstruction.",
            ),
            ("A hidden state that belongs to no training vector", "It is about the visible layer."),
            ("A state of the highest energy, never visited", "Fantasies are typical states."),
            (
                "A training vector with noise added before learning",
                "Nothing is added to data here.",
            ),
        ],
        "The chain has forgotten where it began: a sample of the model.",
        "One step from the data has another name.",
    ),
    Question(
        "Why is CD-1 not the gradient of the log-likelihood?",
        "Its chain has not reached equilibrium",
        [
            ("It updates the visible units before the hidden ones", "The order is up, down, up."),
            (
                "It uses binary states where the gradient uses real ones",
                "On average that is no error.",
            ),
            ("It is computed on a mini-batch instead of all data", "That adds noise, no bias."),
            (
                "It ignores the biases, which the gradient contains",
                "Biases are learned the same way.",
            ),
        ],
        "The dream phase is cut short; with more steps the bias shrinks.",
        "Where does the chain start, and how long does it run?",
    ),
    Question(
        "How does PCD differ from CD?",
        "Its chains are never restarted at the data",
        [
            ("It uses probabilities instead of states in every step", "It samples as CD does."),
            (
                "It keeps the reconstruction fixed during an epoch",
                "Its chains move at every update.",
            ),
            ("It divides the weights by a temperature that falls", "That would be annealing."),
            (
                "It enumerates the smaller layer for the dream phase",
                "That would be the exact slope.",
            ),
        ],
        "Persistent: the fantasies last.",
        "The P stands for persistent.",
    ),
    Question(
        "Over what must one sum for the exact partition function of a restricted machine with 784 visible "
        "and 12 hidden units?",
        "Over the $2^{12}$ states of the hidden layer",
        [
            (
                "Over the $2^{784}$ states of the visible layer",
                "Possible in theory; the other is smaller.",
            ),
            ("Over the $784 \\cdot 12$ weights", "It is a sum over states."),
            ("Over all training vectors", "The data do not enter $Z$."),
            (
                "Over the $2^{796}$ states of both layers, in any case",
                "One layer can be summed in closed form.",
            ),
        ],
        "Given one layer, the sum over the other is a product.",
        "The sum over one of the layers can be done in closed form.",
    ),
    Question(
        "In greedy layer-wise pre-training of a classifier, when are the labels used?",
        "In the fine-tuning only",
        [
            ("In every layer, from the first on", "The layers are learned without labels."),
            ("Never: it is unsupervised throughout", "The classifier is fine-tuned with labels."),
            ("In the first layer only", "The first layer sees the data alone."),
            ("To choose which machine of the stack comes next", "The order is fixed: from below."),
        ],
        "Unsupervised first, supervised at the end.",
        "What is the first phase called?",
    ),
    Question(
        "When does unsupervised pre-training pay most?",
        "With few labels and many examples without",
        [
            (
                "With many labels, ReLU units and He's first weights",
                "There good initial weights suffice.",
            ),
            ("When the network has a single layer", "There is no plateau to be avoided."),
            ("When the inputs are independent coins", "Then there is nothing to find in them."),
            ("When the labels are random", "Nothing can be learned then."),
        ],
        "It uses what the inputs tell by themselves.",
        "What does it see that the labels do not tell?",
    ),
    Question(
        "In a deep belief net of three layers that generates a picture, where does Gibbs sampling run?",
        "Between the two top layers only",
        [
            (
                "Between all neighbouring layers, from bottom to top",
                "Below the top the net is directed.",
            ),
            ("Between the pixels and the first hidden layer only", "The memory sits at the top."),
            (
                "In each layer by itself, one unit after the other",
                "There are no connections in a layer.",
            ),
            (
                "Nowhere: a single pass from the top is enough",
                "The top must first find a typical state.",
            ),
        ],
        "The top machine dreams, the others paint.",
        "All connections below the top point downwards.",
    ),
]


@exercise_type(
    "boltzmann.theory",
    topic="boltzmann",
    title="Boltzmann machines: understanding",
    minutes=2,
    sources=["004:18", "004:30"],
)
def understanding(draw: Draw) -> Exercise:
    return theory(draw, QUESTIONS)


__all__ = ["QUESTIONS"]
