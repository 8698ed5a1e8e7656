"""The perceptron: neurons, gates, learning, geometry, and what one layer cannot do."""

from __future__ import annotations

from math import comb, floor, gcd

import numpy as np

from course_lib.exam.answers import choice, choices, integer, matrix, number, states, vector
from course_lib.exam.arithmetic import sigmoid
from course_lib.exam.draw import Draw
from course_lib.exam.exercise import Exercise, Mistake, Step, exercise_type
from course_lib.exam.theory import Question, theory

CORNERS = [(0, 0), (0, 1), (1, 0), (1, 1)]

# The sixteen functions of two bits by their values at 00, 01, 10, 11.
GATES = {
    "constant 0": (0, 0, 0, 0),
    "AND": (0, 0, 0, 1),
    "x1 AND NOT x2": (0, 0, 1, 0),
    "x1": (0, 0, 1, 1),
    "x2 AND NOT x1": (0, 1, 0, 0),
    "x2": (0, 1, 0, 1),
    "XOR": (0, 1, 1, 0),
    "OR": (0, 1, 1, 1),
    "NOR": (1, 0, 0, 0),
    "XNOR": (1, 0, 0, 1),
    "NOT x2": (1, 0, 1, 0),
    "x1 OR NOT x2": (1, 0, 1, 1),
    "NOT x1": (1, 1, 0, 0),
    "x2 OR NOT x1": (1, 1, 0, 1),
    "NAND": (1, 1, 1, 0),
    "constant 1": (1, 1, 1, 1),
}
NAMES = {bits: name for name, bits in GATES.items()}
PROPER = [
    "AND",
    "OR",
    "NAND",
    "NOR",
    "x1 AND NOT x2",
    "x2 AND NOT x1",
    "x1 OR NOT x2",
    "x2 OR NOT x1",
]

STRICT = r"the output is $1$ if $net > 0$, otherwise $0$"
LOOSE = r"the output is $1$ if $net \ge 0$, otherwise $0$"
SIGNS = r"the output is $+1$ if $net > 0$, otherwise $-1$"
OPEN = r"the output is the sign of $net$, and $net = 0$ counts as an error"


def fire(net, rule):
    """The output of a neuron by one of the four conventions; works on arrays."""
    net = np.asarray(net)
    if rule == STRICT:
        return (net > 0).astype(int)
    if rule == LOOSE:
        return (net >= 0).astype(int)
    return np.where(net > 0, 1, -1) if rule == SIGNS else np.sign(net).astype(int)


def nets(weights, bias, points):
    return np.asarray(points) @ np.asarray(weights) + bias


def learn(previous, x1, x2, t, eta, rule):
    """One presentation: (b, w1, w2) after the pattern (1, x1, x2) with target t."""
    x = np.array([1, x1, x2])
    output = fire(np.dot(previous, x), rule)
    change = t if rule in (SIGNS, OPEN) else t - output
    return np.asarray(previous) + (eta * change * x if output != t else 0 * x)


def gate_name(outputs):
    return NAMES[tuple(int(o > 0) for o in outputs)]


def line(values):
    return ", ".join(f"${v:g}$" for v in values)


@exercise_type(
    "perceptron.classify",
    topic="perceptron",
    title="Which side? Classify points with a given neuron",
    minutes=4,
    sources=["000A:43", "003:02"],
    variants={
        "lecture": {"w": [2, -1], "b": 0.5, "rule": LOOSE, "points": CORNERS},
    },
)
def classify(draw: Draw) -> Exercise:
    coprime = [(i, j) for i in range(-3, 4) for j in range(-3, 4) if gcd(i, j) == 1 and i and j]
    w = draw.choice("w", coprime)
    b = draw.integer("b", -4, 4, exclude=[0])
    rule = draw.choice("rule", [STRICT, LOOSE])
    grid = [(i, j) for i in range(-3, 4) for j in range(-3, 4)]

    def telling(points):  # one point on the line, both classes, and the bias matters
        values = nets(w, b, points)
        return (
            sum(values == 0) == 1
            and 0 < sum(values > 0) < 3
            and any(fire(values, rule) != fire(values - b, rule))
        )

    points = draw.search("points", lambda d: d.sample("points", grid, 4), telling)
    return Exercise(
        "A neuron has the weights $w = {w:}$ and the bias $b = {b:}$, so $net = w \\cdot x + b$, "
        "and "
        "{rule:s}. Four points are given:\n{points:table #, $x_1$, $x_2$}",
        givens={"w": w, "b": b, "rule": rule, "points": points},
        steps=[
            Step(
                "nets",
                "The net inputs of the four points, in order",
                lambda w, b, points: points @ w + b,
                vector(length=4, partial=True),
                marks=2,
                hint="Multiply each coordinate by its weight, add, and do not forget the bias.",
                explain=lambda w, b, points: "\n".join(
                    f"- ${w[0]:g} \\cdot ({p[0]:g}) {w[1]:+g} \\cdot ({p[1]:g}) {b:+g} "
                    f"= {p @ w + b:g}$"
                    for p in points
                ),
                mistakes=[
                    Mistake("forgot_bias", lambda w, points: points @ w, "You left the bias out."),
                    Mistake(
                        "subtracted_bias",
                        lambda w, b, points: points @ w - b,
                        "The bias is added: $net = w \\cdot x + b$.",
                    ),
                    Mistake(
                        "swapped_coordinates",
                        lambda w, b, points: points[:, ::-1] @ w + b,
                        "You multiplied $x_1$ by $w_2$ and $x_2$ by $w_1$.",
                    ),
                ],
            ),
            Step(
                "outputs",
                "The outputs of the four points, in order",
                lambda nets, rule: fire(nets, rule),
                vector(length=4, partial=True),
                marks=2,
                hint="Compare each net input with 0; read again what happens at exactly 0.",
                explain="By the rule, {rule:s}: the outputs are {outputs:}.",
                mistakes=[
                    Mistake(
                        "boundary",
                        lambda nets, rule: fire(nets, LOOSE if rule == STRICT else STRICT),
                        "A net input of exactly 0 is decided by the stated rule: {rule:s}.",
                    ),
                    Mistake(
                        "swapped_classes",
                        lambda nets, rule: 1 - fire(nets, rule),
                        "You swapped the two classes.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "perceptron.threshold",
    topic="perceptron",
    title="A McCulloch-Pitts neuron that counts",
    minutes=4,
    sources=["000A:43"],
    variants={
        "lecture-OR": {"n": 2, "k": 1, "words": "at least", "x": [0, 1]},
        "lecture-AND": {"n": 2, "k": 2, "words": "at least", "x": [0, 1]},
    },
)
def threshold(draw: Draw) -> Exercise:
    n = draw.integer("n", 4, 6)
    k = draw.integer("k", 2, n - 2)
    words = draw.choice("words", ["at least", "more than"])
    x = draw.search("x", lambda d: d.integers("x", n, 0, 1), lambda x: sum(x) in (k, k + 1))
    return Exercise(
        "A McCulloch-Pitts neuron has ${n:}$ inputs, each 0 or 1. It adds them, $g = \\sum_i "
        "x_i$, and "
        "fires ($y = 1$) if $g \\ge \\theta$. It is to fire exactly when {words:s} ${k:}$ of its "
        "inputs "
        "are 1.",
        givens={"n": n, "k": k, "words": words, "x": x},
        steps=[
            Step(
                "theta",
                "The threshold $\\theta$ (the whole number that does it)",
                lambda k, words: k if words == "at least" else k + 1,
                integer(),
                hint="What is the smallest $g$ at which it should fire?",
                explain="The smallest sum at which it fires is $\\theta = {theta:}$.",
                mistakes=[
                    Mistake(
                        "off_by_one",
                        lambda k, words: k + 1 if words == "at least" else k,
                        "The neuron fires at $g = \\theta$ already, since the rule is $g \\ge "
                        "\\theta$.",
                    )
                ],
            ),
            Step(
                "patterns",
                "How many of the possible input patterns make it fire?",
                lambda n, theta: sum(comb(n, j) for j in range(max(theta, 0), n + 1)),
                integer(),
                marks=2,
                hint="Add the number of patterns with $\\theta$ ones, with $\\theta + 1$ ones, "
                "and so on.",
                explain=lambda n, theta, patterns: (
                    "$"
                    + " + ".join(f"\\binom{{{n}}}{{{j}}}" for j in range(theta, n + 1))
                    + f" = {patterns}$"
                ),
                mistakes=[
                    Mistake(
                        "only_theta_ones",
                        lambda n, theta: comb(n, theta) if theta >= 0 else 0,
                        "You counted the patterns with exactly $\\theta$ ones; more ones fire too.",
                    ),
                    Mistake(
                        "complement",
                        lambda n, theta: sum(comb(n, j) for j in range(max(0, min(theta, n + 1)))),
                        "You counted the patterns that leave it silent.",
                    ),
                ],
            ),
            Step(
                "output",
                "Its output for the input $x = {x:}$",
                lambda x, theta: int(sum(x) >= theta),
                choice(["0", "1"]),
                hint="Count the ones.",
                explain=lambda x, theta, output: (
                    f"$g = {sum(x)}$ against $\\theta = {theta}$: {output}."
                ),
            ),
        ],
    )


@exercise_type(
    "perceptron.gate",
    topic="perceptron",
    title="Which boolean function does this neuron compute?",
    minutes=5,
    sources=["004:E06", "000A:46", "004:09"],
    variants={
        "lecture": {"w": [0.5, 0.5], "b": 0.0, "rule": SIGNS},
        "lecture-AND": {"w": [1.0, 1.0], "b": -1.0, "rule": SIGNS},
        "lecture-AND-2": {"w": [0.5, 0.5], "b": -0.8, "rule": SIGNS},
        "lecture-NAND": {"w": [-2, -2], "b": 3, "rule": SIGNS},
    },
)
def gate(draw: Draw) -> Exercise:
    rule = draw.choice("rule", [STRICT, LOOSE, SIGNS])

    def candidate(d: Draw):
        return [
            d.decimal("b", -3, 3, 0.5, exclude=[0]),
            *d.decimals("w", 2, -2, 2, 0.5, exclude=[0]),
        ]

    def telling(v):  # not constant, the bias matters, and one corner lies on the line
        values = nets(v[1:], v[0], CORNERS)
        return (
            0 < sum(fire(values, rule) > 0) < 4
            and any(fire(values, rule) != fire(values - v[0], rule))
            and sum(values == 0) == 1
        )

    b, *w = draw.search("weights", candidate, telling) if "w" not in draw.fixed else (0, 0, 0)
    w, b = (draw.choice("w", [w]), draw.choice("b", [b]))
    return Exercise(
        "A neuron has the weights $w = {w:}$ and the bias $b = {b:}$; {rule:s} "
        "($net = w \\cdot x + b$). Its inputs are 0 or 1.",
        givens={"w": w, "b": b, "rule": rule},
        steps=[
            Step(
                "nets",
                "The net inputs for $(x_1, x_2)$ = 00, 01, 10, 11, in this order",
                lambda w, b: nets(w, b, CORNERS),
                vector("00", "01", "10", "11", partial=True),
                marks=2,
                hint="They are $b$, $b + w_2$, $b + w_1$ and $b + w_1 + w_2$.",
                explain=lambda w, b, nets: f"$b$, $b+w_2$, $b+w_1$, $b+w_1+w_2$ are {line(nets)}.",
                mistakes=[
                    Mistake("forgot_bias", lambda w: nets(w, 0, CORNERS), "You left the bias out."),
                    Mistake(
                        "swapped_inputs",
                        lambda w, b: nets(w[::-1], b, CORNERS),
                        "The pattern 01 means $x_1 = 0$ and $x_2 = 1$.",
                    ),
                ],
            ),
            Step(
                "outputs",
                "The four outputs, in the same order",
                lambda nets, rule: fire(nets, rule),
                vector("00", "01", "10", "11", partial=True),
                marks=1,
                hint="Look at the sign of each net input, and at the rule for exactly 0.",
                explain="{outputs:}, because {rule:s}.",
                mistakes=[
                    Mistake(
                        "boundary",
                        lambda nets, rule: fire(
                            np.where(nets == 0, -1 if rule == LOOSE else 1, nets), rule
                        ),
                        "A net input of exactly 0: {rule:s}.",
                    )
                ],
            ),
            Step(
                "gate",
                "The boolean function it computes (a positive output means true)",
                lambda outputs: gate_name(outputs),
                choice(list(GATES)),
                marks=1,
                hint="Compare the four outputs with the truth tables you know.",
                explain="The outputs {outputs:} are the truth table of **{gate:}**.",
                mistakes=[
                    Mistake(
                        "negated",
                        lambda outputs: gate_name([o <= 0 for o in outputs]),
                        "That is the negation of what the neuron computes.",
                    )
                ],
            ),
        ],
    )


def _realises(weights, targets):
    for (x1, x2), target in zip(CORNERS, targets, strict=True):
        net = weights[0] + weights[1] * x1 + weights[2] * x2
        if (net > 0) != (target == 1):
            return f"For {x1}{x2} your net input is {net:g}, so the output is not {target}."
    return True


@exercise_type(
    "perceptron.design",
    topic="perceptron",
    title="Find weights for a gate",
    minutes=5,
    sources=["004:09", "000A:46"],
    variants={
        "lecture-NAND": {"gate": "NAND"},
        "lecture-AND": {"gate": "AND"},
    },
)
def design(draw: Draw) -> Exercise:
    gate = draw.choice("gate", PROPER)
    point = draw.sample("point", [(0.5, 2), (2, 0.5), (-1, 1), (2, -1), (3, 1), (1, 2)], 1)[0]

    def solve(targets):
        # One interior solution: the signs of the effect of each input, and a bias half way.
        w1 = 2 if targets[2] + targets[3] > targets[0] + targets[1] else -2
        w2 = 3 if targets[1] + targets[3] > targets[0] + targets[2] else -3
        sums = np.array([0, w2, w1, w1 + w2])
        on = [s for s, t in zip(sums, targets, strict=True) if t]
        off = [s for s, t in zip(sums, targets, strict=True) if not t]
        return [-(min(on) + max(off)) / 2, w1, w2]

    return Exercise(
        "A neuron has the output 1 if $net = b + w_1 x_1 + w_2 x_2 > 0$, otherwise 0. For the "
        "inputs 00, "
        "01, 10, 11 it is to give the outputs {targets:}, in this order. Any weights that do it "
        "are right.",
        givens={"targets": GATES[gate], "point": point},
        steps=[
            Step(
                "weights",
                "Weights that do it",
                solve,
                vector("b", "w1", "w2"),
                marks=3,
                hint="Write the four conditions: $b$, $b + w_2$, $b + w_1$, $b + w_1 + w_2$ must "
                "each be "
                "positive or not. Start with the bias.",
                explain="For example $(b, w_1, w_2)$ = {weights:}: put the line half way between "
                "the "
                "corners with 1 and the corners with 0.",
                accept=_realises,
            ),
            Step(
                "nets",
                "The net inputs of your neuron for 00, 01, 10, 11",
                lambda weights: nets(weights[1:], weights[0], CORNERS),
                vector("00", "01", "10", "11"),
                marks=1,
                hint="They are $b$, $b + w_2$, $b + w_1$, $b + w_1 + w_2$.",
                explain="With {weights:} they are {nets:}.",
                mistakes=[
                    Mistake(
                        "forgot_bias",
                        lambda weights: nets(weights[1:], 0, CORNERS),
                        "You left the bias out.",
                    )
                ],
            ),
            Step(
                "net",
                "The net input of your neuron for $x = {point:}$",
                lambda weights, point: weights[0] + weights[1:] @ point,
                number(significant=3),
                marks=1,
                hint="The formula is the same; a neuron does not care whether its inputs are bits.",
                explain="$b + w_1 x_1 + w_2 x_2$ = {net:}.",
                mistakes=[
                    Mistake(
                        "forgot_bias",
                        lambda weights, point: weights[1:] @ point,
                        "You left the bias out.",
                    ),
                    Mistake(
                        "swapped_inputs",
                        lambda weights, point: weights[0] + weights[1:] @ point[::-1],
                        "You multiplied $x_1$ by $w_2$ and $x_2$ by $w_1$.",
                    ),
                ],
            ),
        ],
    )


def _presentation(index: int) -> Step:
    def after(previous, eta, rule, patterns, index=index):
        return learn(previous, *patterns[index], eta, rule)

    def told(previous, eta, rule, patterns, index=index):
        x1, x2, t = patterns[index]
        net = previous @ [1, x1, x2]
        output = fire(net, rule)
        now = learn(previous, x1, x2, t, eta, rule)
        if output == t:
            return f"$net = {net:g}$, output ${output:g}$ as it should be: nothing changes."
        wrong = f"output ${output:g}$ instead of ${t:g}$"
        return f"$net = {net:g}$, {wrong}: the weights become {line(now)}."

    def always(previous, eta, rule, patterns, index=index):
        x1, x2, t = patterns[index]
        change = t if t else -1
        return previous + eta * change * np.array([1, x1, x2])

    def against(previous, eta, rule, patterns, index=index):
        return 2 * previous - after(previous, eta, rule, patterns)

    def no_bias(previous, eta, rule, patterns, index=index):
        now = after(previous, eta, rule, patterns)
        return [previous[0], now[1], now[2]]

    def no_rate(previous, eta, rule, patterns, index=index):
        return learn(previous, *patterns[index], 1, rule)

    return Step(
        f"after_{index + 1}",
        f"The weights after pattern {index + 1}",
        after,
        vector("b", "w1", "w2"),
        marks=2,
        hint="Net input, then output, then compare with the target. Change the weights only if "
        "they "
        "differ; the bias has the input 1.",
        explain=told,
        uses={"previous": f"after_{index}" if index else "start"},
        mistakes=[
            Mistake("always_updated", always, "The output was right here: then nothing changes."),
            Mistake("wrong_sign", against, "You moved the weights in the wrong direction."),
            Mistake("forgot_bias", no_bias, "The bias learns too; its input is always 1."),
            Mistake("forgot_rate", no_rate, "You left out the learning rate $\\eta$."),
        ],
    )


@exercise_type(
    "perceptron.update",
    topic="perceptron",
    title="Perceptron learning by hand",
    minutes=7,
    sources=["004:E07", "000A:46", "001:05", "003:02"],
    variants={
        "lecture": {
            "start": [0.5, 0.5, 0.5],
            "eta": 0.5,
            "rule": SIGNS,
            "patterns": [(0, 0, -1), (1, 0, -1), (1, 1, 1), (0, 1, -1)],
        },
        "lecture-run-A": {
            "start": [0.0, 0.0, 0.0],
            "eta": 0.5,
            "rule": SIGNS,
            "patterns": [(1, 1, 1), (1, 0, -1), (1, 1, 1), (1, 0, -1), (0, 1, -1)],
        },
        "lecture-first-pass": {
            "start": [0, 0, 0],
            "eta": 1,
            "rule": STRICT,
            "patterns": [(0, 0, 0), (0, 1, 0), (1, 0, 0), (1, 1, 1)],
        },
    },
)
def update(draw: Draw) -> Exercise:
    rule = draw.choice("rule", [STRICT, LOOSE, SIGNS])
    eta = draw.choice("eta", [0.5, 0.5, 2, 0.25])
    start = draw.integers("start", 3, -2, 2)
    low = -1 if rule == SIGNS else 0
    inputs = [(i, j) for i in range(-2, 4) for j in range(-2, 4) if (i, j) != (0, 0)]

    def candidate(d: Draw):
        labels = d.shuffle("labels", [low, 1, low, 1])
        return [(*x, t) for x, t in zip(d.sample("inputs", inputs, 4), labels, strict=True)]

    def telling(patterns):  # two or three of the four change the weights, the first one among them
        weights, changed = np.array(start), []
        for x1, x2, t in patterns:
            after = learn(weights, x1, x2, t, eta, rule)
            changed.append(bool(np.any(after != weights)))
            weights = after
        return changed[0] and sum(changed) in (2, 3)

    patterns = draw.search("patterns", candidate, telling)
    steps = [_presentation(i) for i in range(len(patterns))]
    return Exercise(
        "A perceptron with $net = b + w_1 x_1 + w_2 x_2$ starts at $(b, w_1, w_2) = {start:}$; "
        "{rule:s}. "
        "If the output is wrong, the weights move by $\\eta\\,(t - y)\\,x$ when outputs are 0 "
        "and 1, and by "
        "$\\eta\\,t\\,x$ when they are $\\pm 1$, with $\\eta = {eta:}$ and the bias as the "
        "weight of "
        "$x_0 = 1$. The patterns come one after the other:\n{patterns:table #, $x_1$, $x_2$, $t$}",
        givens={"start": start, "eta": eta, "rule": rule, "patterns": patterns},
        steps=steps,
    )


def one_pass(previous, eta, rule, targets):
    for (x1, x2), t in zip(CORNERS, targets, strict=True):
        previous = learn(previous, x1, x2, t, eta, rule)
    return previous


def all_passes(start, eta, rule, targets, limit=40):
    """The weights at the end of each pass; the last pass is the first without a change."""
    rows = [np.asarray(start, float)]
    while len(rows) <= limit:
        weights, changed = rows[-1], False
        for (x1, x2), t in zip(CORNERS, targets, strict=True):
            after = learn(weights, x1, x2, t, eta, rule)
            changed, weights = changed or bool(np.any(after != weights)), after
        rows.append(weights)
        if not changed:
            return np.array(rows[1:])
    raise ValueError(f"no end after {limit} passes")


def count_updates(start, eta, rule, targets):
    weights, count = np.asarray(start, float), 0
    for _ in range(len(all_passes(start, eta, rule, targets))):
        for (x1, x2), t in zip(CORNERS, targets, strict=True):
            after = learn(weights, x1, x2, t, eta, rule)
            count, weights = count + bool(np.any(after != weights)), after
    return count


def _signed(gate: str) -> list[int]:
    return [2 * bit - 1 for bit in GATES[gate]]


@exercise_type(
    "perceptron.run",
    topic="perceptron",
    title="Perceptron learning until it stops",
    minutes=12,
    sources=["000A:46", "001:05", "003:02"],
    variants={
        "lecture": {"start": [0, 0, 0], "eta": 1, "rule": STRICT, "targets": GATES["AND"]},
        **{
            f"lecture-{gate}": {
                "start": [0, 0, 0],
                "eta": 1,
                "rule": STRICT,
                "targets": GATES[gate],
            }
            for gate in ("OR", "NAND", "NOR")
        },
        **{
            f"lecture-{gate}-at-0": {
                "start": [0, 0, 0],
                "eta": 1,
                "rule": LOOSE,
                "targets": GATES[gate],
            }
            for gate in ("AND", "OR", "NAND", "NOR")
        },
        **{
            f"lecture-{gate}-signs": {
                "start": [0, 0, 0],
                "eta": 1,
                "rule": OPEN,
                "targets": _signed(gate),
            }
            for gate in ("AND", "OR", "NAND")
        },
    },
)
def run(draw: Draw) -> Exercise:
    rule = draw.choice("rule", [STRICT, LOOSE, STRICT, LOOSE, SIGNS])
    eta = draw.choice("eta", [0.5, 1, 2])
    gate = draw.choice("gate", PROPER) if "targets" not in draw.fixed else "AND"
    targets = draw.choice("targets", [_signed(gate) if rule == SIGNS else GATES[gate]])
    other = {STRICT: LOOSE, LOOSE: STRICT}.get(rule)

    def telling(start):  # neither too short nor too long, and what happens at 0 matters
        rows = all_passes(start, eta, rule, targets)
        return len(rows) in (3, 4) and (
            other is None or not np.array_equal(rows, all_passes(start, eta, other, targets))
        )

    start = draw.search("start", lambda d: d.integers("start", 3, -2, 2), telling)
    return Exercise(
        "A perceptron with $net = b + w_1 x_1 + w_2 x_2$ learns a gate: for 00, 01, 10, 11 the "
        "targets are "
        "{targets:}; {rule:s}. The four patterns come in this order, pass after pass. After a "
        "wrong "
        "output the weights move by $\\eta\\,(t - y)\\,x$ (outputs 0 and 1) or $\\eta\\,t\\,x$ "
        "(outputs "
        "$\\pm 1$), with $x_0 = 1$ for the bias, $\\eta = {eta:}$, and the start "
        "$(b, w_1, w_2) = {start:}$. It stops after the first pass without an error.",
        givens={"start": start, "eta": eta, "rule": rule, "targets": targets},
        steps=[
            Step(
                "passes",
                "The weights at the end of each pass, the last pass (without an error) included",
                all_passes,
                states("b", "w1", "w2"),
                marks=5,
                hint="Keep a table with a line per pattern: net, output, target, new weights.",
                explain="Pass by pass: {passes:}.",
                advance=lambda previous, index, eta, rule, targets: one_pass(
                    previous, eta, rule, targets
                ),
                mistakes=[
                    Mistake(
                        "at_zero",
                        lambda start, eta, rule, targets: all_passes(
                            start, eta, {STRICT: LOOSE, LOOSE: STRICT}.get(rule, rule), targets
                        ),
                        "Look at what the rule says for $net = 0$: {rule:s}.",
                    ),
                    Mistake(
                        "without_last_pass",
                        lambda start, eta, rule, targets: all_passes(start, eta, rule, targets)[
                            :-1
                        ],
                        "The pass without an error belongs to the table: only it shows that all "
                        "is learned.",
                        marks=4,
                    ),
                ],
            ),
            Step(
                "final",
                "The final weights",
                lambda passes: passes[-1],
                vector("b", "w1", "w2"),
                marks=1,
                hint="They are the last row of your table.",
                explain="The last row: {final:}.",
            ),
            Step(
                "updates",
                "How many times did the weights change in all?",
                count_updates,
                integer(),
                marks=2,
                hint="Count the lines with a wrong output over all passes.",
                explain="The weights changed {updates:} times.",
                mistakes=[
                    Mistake(
                        "counted_passes",
                        lambda passes: len(passes),
                        "You counted the passes, not the updates.",
                    )
                ],
            ),
        ],
    )


@exercise_type(
    "perceptron.bound",
    topic="perceptron",
    title="At most how many updates? The convergence bound",
    minutes=6,
    sources=["004:09"],
    variants={
        "lecture": {
            "w_star": [-3, 2, 2],
            "patterns": [(0, 0, -1), (0, 1, -1), (1, 0, -1), (1, 1, 1)],
        },
    },
)
def bound(draw: Draw) -> Exercise:
    w_star = draw.integers("w_star", 3, -3, 3, exclude=[0])
    inputs = [(i, j) for i in range(-3, 4) for j in range(-3, 4)]

    def label(points):
        return [
            (*p, 1 if w_star[0] + w_star[1] * p[0] + w_star[2] * p[1] > 0 else -1) for p in points
        ]

    def telling(patterns):
        margins = [t * (w_star[0] + w_star[1] * a + w_star[2] * c) for a, c, t in patterns]
        return (
            2 <= min(margins) <= 4
            and len({t for *_, t in patterns}) == 2
            and len({a * a + c * c for a, c, _ in patterns}) > 1
        )

    patterns = draw.search("patterns", lambda d: label(d.sample("points", inputs, 4)), telling)
    return Exercise(
        "Perceptron learning with $\\eta = 1$ from $w = 0$ (the bias is the weight of $x_0 = 1$) "
        "sees "
        "these patterns:\n{patterns:table #, $x_1$, $x_2$, $t$}\nThe vector "
        "$w^* = (b, w_1, w_2) = {w_star:}$ classifies them all. With $\\alpha = \\min t\\, w^* "
        "\\cdot x$ "
        "and $\\beta = \\max \\lVert x \\rVert^2$ the number of updates is at most "
        "$\\beta \\lVert w^* \\rVert^2 / \\alpha^2$.",
        givens={"w_star": w_star, "patterns": patterns},
        steps=[
            Step(
                "alpha",
                "$\\alpha$",
                lambda w_star, patterns: min(t * (w_star @ [1, a, c]) for a, c, t in patterns),
                number(absolute=1e-6),
                marks=2,
                hint="Take $t\\,(b + w_1 x_1 + w_2 x_2)$ for each pattern; the smallest counts.",
                explain=lambda w_star, patterns: (
                    "The products are "
                    + line(t * (w_star @ [1, a, c]) for a, c, t in patterns)
                    + "; the smallest is $\\alpha$."
                ),
                mistakes=[
                    Mistake(
                        "largest",
                        lambda w_star, patterns: max(
                            t * (w_star @ [1, a, c]) for a, c, t in patterns
                        ),
                        "$\\alpha$ is the smallest of the products, the worst case.",
                    ),
                    Mistake(
                        "forgot_bias",
                        lambda w_star, patterns: min(
                            t * (w_star[1:] @ [a, c]) for a, c, t in patterns
                        ),
                        "You left the bias out: $x_0 = 1$ belongs to every pattern.",
                    ),
                    Mistake(
                        "forgot_label",
                        lambda w_star, patterns: min(w_star @ [1, a, c] for a, c, t in patterns),
                        "Multiply by the label $t$ before you take the minimum.",
                    ),
                ],
            ),
            Step(
                "beta",
                "$\\beta$",
                lambda patterns: max(1 + a * a + c * c for a, c, _ in patterns),
                number(absolute=1e-6),
                hint="Do not forget $x_0 = 1$.",
                explain=lambda patterns: (
                    "The squared lengths are "
                    + line(1 + a * a + c * c for a, c, _ in patterns)
                    + "; the largest is $\\beta$."
                ),
                mistakes=[
                    Mistake(
                        "forgot_bias_input",
                        lambda patterns: max(a * a + c * c for a, c, _ in patterns),
                        "The input $x_0 = 1$ of the bias adds 1 to every squared length.",
                    ),
                    Mistake(
                        "not_squared",
                        lambda patterns: max(1 + a * a + c * c for a, c, _ in patterns) ** 0.5,
                        "$\\beta$ is the largest squared length.",
                    ),
                ],
            ),
            Step(
                "length",
                "$\\lVert w^* \\rVert^2$",
                lambda w_star: w_star @ w_star,
                number(absolute=1e-6),
                hint="Add the squares of all three components.",
                explain="The sum of the squares of {w_star:} is {length:}.",
                mistakes=[
                    Mistake(
                        "not_squared",
                        lambda w_star: float(w_star @ w_star) ** 0.5,
                        "The bound needs the square of the length.",
                    ),
                    Mistake(
                        "forgot_bias",
                        lambda w_star: w_star[1:] @ w_star[1:],
                        "The bias counts too.",
                    ),
                ],
            ),
            Step(
                "bound",
                "The largest number of updates that the bound allows (a whole number)",
                lambda alpha, beta, length: floor(beta * length / alpha**2 + 1e-9),
                integer(),
                marks=2,
                hint="Compute the fraction and round down: a number of updates is whole.",
                explain="$\\beta \\lVert w^* \\rVert^2 / \\alpha^2 = {beta:} \\cdot {length:} / "
                "{alpha:}^2$, "
                "rounded down: {bound:}.",
                mistakes=[
                    Mistake(
                        "alpha_not_squared",
                        lambda alpha, beta, length: floor(beta * length / alpha),
                        "Divide by the square of $\\alpha$.",
                    ),
                    Mistake(
                        "rounded_up",
                        lambda alpha, beta, length: floor(beta * length / alpha**2) + 1,
                        "Round down: at most so many, and the number is whole.",
                    ),
                ],
            ),
        ],
    )


SIDES = ["positive side", "negative side", "on the line"]


@exercise_type(
    "perceptron.distance",
    topic="perceptron",
    title="Score, signed distance and the nearest point of the line",
    minutes=6,
    sources=["001:04"],
    variants={
        "lecture": {"w": [3, 4], "b": -5, "x": [3, 4]},
        "lecture-origin": {"w": [3, 4], "b": -5, "x": [0, 0]},
        "lecture-2-1": {"w": [3, 4], "b": -5, "x": [2, 1]},
        "lecture-on-the-line": {"w": [3, 4], "b": -5, "x": [1, 0.5]},
    },
)
def distance(draw: Draw) -> Exercise:
    pair = draw.choice("pair", [(3, 4), (4, 3), (6, 8), (8, 6), (5, 12), (12, 5)])
    signs = draw.sample("signs", [(1, 1), (1, -1), (-1, 1), (-1, -1)], 1)[0]
    w = draw.choice("w", [[pair[0] * signs[0], pair[1] * signs[1]]])
    b = draw.integer("b", -12, 12, exclude=[0])
    side = draw.choice("side", [-1, -1, -1, 1])  # the negative side teaches more
    x = draw.search(
        "x",
        lambda d: d.integers("x", 2, -5, 5),
        lambda x: side * (w[0] * x[0] + w[1] * x[1] + b) > 0 and w[0] * x[0] + w[1] * x[1] != 0,
    )
    return Exercise(
        "The boundary of a neuron is the line $w \\cdot x + b = 0$ with $w = {w:}$ and $b = {b:}$. "
        "Look at the point $x = {x:}$.",
        givens={"w": w, "b": b, "x": x},
        steps=[
            Step(
                "score",
                "The score $w \\cdot x + b$",
                lambda w, b, x: w @ x + b,
                number(absolute=1e-6),
                hint="Multiply, add, and add the bias.",
                explain="${w:} \\cdot {x:} {b:+g} = {score:}$",
                mistakes=[Mistake("forgot_bias", lambda w, x: w @ x, "You left the bias out.")],
            ),
            Step(
                "norm",
                "The length of $w$",
                lambda w: float(w @ w) ** 0.5,
                number(significant=3),
                hint="Pythagoras.",
                explain="The root of the sum of squares of {w:} is {norm:}.",
                mistakes=[
                    Mistake("not_rooted", lambda w: w @ w, "Take the square root."),
                    Mistake("summed", lambda w: abs(w).sum(), "Square before you add."),
                ],
            ),
            Step(
                "distance",
                "The signed distance of the point from the line",
                lambda score, norm: score / norm,
                number(significant=3),
                marks=2,
                hint="The score grows by the length of $w$ per unit of distance.",
                explain="${score:} / {norm:} = {distance:}$",
                mistakes=[
                    Mistake("score_only", lambda score: score, "Divide by the length of $w$."),
                    Mistake(
                        "unsigned", lambda score, norm: abs(score) / norm, "The sign is missing."
                    ),
                    Mistake(
                        "squared_norm",
                        lambda score, norm: score / norm**2,
                        "Divide by the length, not by its square.",
                    ),
                ],
            ),
            Step(
                "side",
                "On which side does the point lie?",
                lambda distance: SIDES[0 if distance > 0 else 1 if distance < 0 else 2],
                choice(SIDES),
                hint="The sign tells.",
                explain="The signed distance is {distance:}: {side:}.",
            ),
            Step(
                "nearest",
                "The point of the line that is nearest to $x$",
                lambda x, w, distance, norm: x - distance * w / norm,
                vector("x1", "x2", decimals=2),
                marks=2,
                hint="Walk from $x$ along the unit normal $w / \\lVert w \\rVert$, by the "
                "distance, back.",
                explain="$x - d\\, w / \\lVert w \\rVert$ = {nearest:}; its score is 0.",
                mistakes=[
                    Mistake(
                        "wrong_way",
                        lambda x, w, distance, norm: x + distance * w / norm,
                        "You walked away from the line: subtract.",
                    ),
                    Mistake(
                        "not_unit",
                        lambda x, w, distance: x - distance * w,
                        "Divide $w$ by its length first.",
                    ),
                ],
            ),
        ],
    )


def _through(line, p, q):
    if not any(abs(v) > 1e-9 for v in line[1:]):
        return "With $w_1 = w_2 = 0$ there is no line."
    for name, point in (("P", p), ("Q", q)):
        score = line[0] + line[1:] @ point
        if abs(score) > 1e-6 * max(1.0, *(abs(v) for v in line)):
            return (
                f"The score of {name} is {score:g}, not 0: the line does not pass through {name}."
            )
    return True


@exercise_type(
    "perceptron.line",
    topic="perceptron",
    title="The neuron whose boundary passes through two points",
    minutes=5,
    sources=["001:04"],
)
def line_through(draw: Draw) -> Exercise:
    grid = [(i, j) for i in range(-4, 5) for j in range(-4, 5)]

    def skew(points):
        (a, b), (c, d), (e, f) = points
        cross = (c - a) * (f - b) - (d - b) * (e - a)
        return a != c and b != d and a * d != b * c and cross != 0

    p, q, r = draw.search("points", lambda d: d.sample("points", grid, 3), skew)
    return Exercise(
        "The boundary $w_0 + w_1 x_1 + w_2 x_2 = 0$ of a neuron passes through the points $P = "
        "{p:}$ and "
        "$Q = {q:}$. Any weights with this boundary are right.",
        givens={"p": p, "q": q, "r": r},
        steps=[
            Step(
                "line",
                "Weights of such a neuron",
                lambda p, q: [
                    (q[1] - p[1]) * -p[0] + (q[0] - p[0]) * p[1],
                    q[1] - p[1],
                    p[0] - q[0],
                ],
                vector("w0", "w1", "w2"),
                marks=3,
                hint="$w$ is at right angles to $Q - P$. Then choose $w_0$ so that $P$ has the "
                "score 0.",
                explain="$Q - P$ turned by a right angle gives $(w_1, w_2)$, and "
                "$w_0 = -(w_1, w_2) \\cdot P$. Together: {line:}.",
                accept=_through,
                mistakes=[
                    Mistake(
                        "direction",
                        lambda p, q: [-((q - p) @ p), *(q - p)],
                        "$Q - P$ lies in the line; $w$ must be at right angles to it.",
                    )
                ],
            ),
            Step(
                "score",
                "The score $w_0 + w_1 x_1 + w_2 x_2$ of the point $R = {r:}$ with your weights",
                lambda line, r: line[0] + line[1:] @ r,
                number(significant=3),
                marks=1,
                hint="Insert the coordinates of $R$.",
                explain="Insert $R$: {score:}.",
                mistakes=[
                    Mistake("forgot_bias", lambda line, r: line[1:] @ r, "You left $w_0$ out."),
                    Mistake(
                        "subtracted_bias", lambda line, r: line[1:] @ r - line[0], "$w_0$ is added."
                    ),
                ],
            ),
            Step(
                "distance",
                "The distance of $R$ from the line (without sign)",
                lambda score, line: abs(score) / float(line[1:] @ line[1:]) ** 0.5,
                number(significant=3),
                marks=2,
                hint="Divide by the length of $(w_1, w_2)$.",
                explain="The score without its sign, divided by the length of $(w_1, w_2)$: "
                "{distance:}.",
                mistakes=[
                    Mistake(
                        "with_bias",
                        lambda score, line: abs(score) / float(line @ line) ** 0.5,
                        "The bias $w_0$ is no part of the normal vector.",
                    ),
                    Mistake(
                        "not_rooted",
                        lambda score, line: abs(score) / float(line[1:] @ line[1:]),
                        "Divide by the length, not by its square.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "perceptron.criterion",
    topic="perceptron",
    title="The perceptron criterion and its gradient",
    minutes=8,
    sources=["001:05"],
    variants={
        "lecture": {
            "w": [1, -1],
            "w0": 0.5,
            "patterns": [(2, 1, 1), (-1, 0, 1), (0, -2, -1), (1, 1, -1)],
            "eta": 1,
        },
    },
)
def criterion(draw: Draw) -> Exercise:
    w = draw.integers("w", 2, -3, 3, exclude=[0])
    w0 = draw.decimal("w0", -1.5, 1.5, 1)
    eta = draw.choice("eta", [0.5, 0.25, 2])
    grid = [(i, j) for i in range(-3, 4) for j in range(-3, 4)]

    def candidate(d: Draw):
        labels = d.shuffle("labels", [1, 1, -1, -1])
        return [(*x, t) for x, t in zip(d.sample("inputs", grid, 4), labels, strict=True)]

    def telling(patterns):
        wrong = [t for a, c, t in patterns if t * (w[0] * a + w[1] * c + w0) <= 0]
        return len(wrong) in (2, 3) and sum(wrong) != 0

    patterns = draw.search("patterns", candidate, telling)

    def chosen(misclassified, patterns):
        return patterns[[int(name) - 1 for name in misclassified]]

    def criterion_value(misclassified, patterns, scores):
        return -sum(patterns[int(m) - 1][2] * scores[int(m) - 1] for m in misclassified)

    def gradient(misclassified, patterns):
        rows = chosen(misclassified, patterns)
        return -(rows[:, 2:] * rows[:, :2]).sum(axis=0)

    return Exercise(
        "A neuron with $w = {w:}$ and $w_0 = {w0:}$ sees the patterns\n"
        "{patterns:table #, $x_1$, $x_2$, $t$}\nThe perceptron criterion is "
        "$D = -\\sum_{i \\in M} t_i\\,(w \\cdot x_i + w_0)$ over the set $M$ of misclassified "
        "patterns, "
        "those with $t_i\\,(w \\cdot x_i + w_0) \\le 0$.",
        givens={"w": w, "w0": w0, "patterns": patterns, "eta": eta},
        steps=[
            Step(
                "scores",
                "The four scores $w \\cdot x_i + w_0$",
                lambda w, w0, patterns: patterns[:, :2] @ w + w0,
                vector(length=4, partial=True),
                marks=2,
                hint="Leave the labels out for now.",
                explain=lambda w, w0, patterns: "\n".join(
                    f"- pattern {i + 1}: ${w[0]:g} \\cdot ({p[0]:g}) {w[1]:+g} \\cdot ({p[1]:g}) "
                    f"{w0:+g} = {p[:2] @ w + w0:g}$"
                    for i, p in enumerate(patterns)
                ),
                mistakes=[
                    Mistake(
                        "forgot_bias", lambda w, patterns: patterns[:, :2] @ w, "$w_0$ is missing."
                    ),
                    Mistake(
                        "with_labels",
                        lambda w, w0, patterns: patterns[:, 2] * (patterns[:, :2] @ w + w0),
                        "You multiplied by the labels; the score alone is asked for.",
                    ),
                ],
            ),
            Step(
                "misclassified",
                "Which patterns are misclassified?",
                lambda scores, patterns: [
                    str(i + 1) for i in range(4) if patterns[i][2] * scores[i] <= 0
                ],
                choices(["1", "2", "3", "4"]),
                marks=1,
                hint="Those whose score has not the sign of the label.",
                explain="Score and label disagree in sign for {misclassified:}.",
                mistakes=[
                    Mistake(
                        "right_ones",
                        lambda scores, patterns: [
                            str(i + 1) for i in range(4) if patterns[i][2] * scores[i] > 0
                        ],
                        "These are the patterns that are classified right.",
                    ),
                    Mistake(
                        "negative_scores",
                        lambda scores: [str(i + 1) for i in range(4) if scores[i] <= 0],
                        "A negative score is an error only if the label is $+1$.",
                    ),
                ],
            ),
            Step(
                "D",
                "The value of $D$",
                criterion_value,
                number(absolute=1e-6),
                marks=2,
                hint="Add $-t_i$ times score over the misclassified patterns; every term is "
                "positive or 0.",
                explain=lambda misclassified, patterns, scores, D: (
                    "$D = "
                    + " ".join(
                        f"- ({patterns[int(m) - 1][2]:g}) \\cdot ({scores[int(m) - 1]:g})"
                        for m in misclassified
                    )
                    + f" = {D:g}$"
                ),
                mistakes=[
                    Mistake(
                        "wrong_sign",
                        lambda misclassified, patterns, scores: (
                            -criterion_value(misclassified, patterns, scores)
                        ),
                        "$D$ is never negative: there is a minus before the sum.",
                    ),
                    Mistake(
                        "over_all",
                        lambda patterns, scores: -(patterns[:, 2] @ scores),
                        "Only misclassified patterns count.",
                    ),
                    Mistake(
                        "mean",
                        lambda misclassified, patterns, scores: (
                            criterion_value(misclassified, patterns, scores)
                            / max(1, len(misclassified))
                        ),
                        "$D$ is a sum, not a mean.",
                    ),
                ],
            ),
            Step(
                "gradient_w",
                "The gradient of $D$ with respect to $w$",
                gradient,
                vector("w1", "w2"),
                marks=2,
                hint="Differentiate term by term: each misclassified pattern gives $-t_i x_i$.",
                explain=lambda misclassified, patterns, gradient_w: (
                    "$-\\sum_M t_i x_i = "
                    + " ".join(
                        f"- ({t:g}) \\cdot ({a:g}, {c:g})"
                        for a, c, t in chosen(misclassified, patterns)
                    )
                    + f" = ({gradient_w[0]:g}, {gradient_w[1]:g})$"
                ),
                mistakes=[
                    Mistake(
                        "wrong_sign",
                        lambda misclassified, patterns: -gradient(misclassified, patterns),
                        "The gradient has a minus; the update then moves against it.",
                    ),
                    Mistake(
                        "over_all",
                        lambda patterns: -(patterns[:, 2:] * patterns[:, :2]).sum(axis=0),
                        "Only misclassified patterns count.",
                    ),
                    Mistake(
                        "forgot_labels",
                        lambda misclassified, patterns: (
                            -chosen(misclassified, patterns)[:, :2].sum(axis=0)
                        ),
                        "Each term carries its label $t_i$.",
                    ),
                ],
            ),
            Step(
                "gradient_w0",
                "The derivative of $D$ with respect to $w_0$",
                lambda misclassified, patterns: -chosen(misclassified, patterns)[:, 2].sum(),
                number(absolute=1e-6),
                marks=1,
                hint="Each misclassified pattern gives $-t_i$.",
                explain=lambda misclassified, patterns, gradient_w0: (
                    "$-\\sum_M t_i = "
                    + " ".join(f"- ({t:g})" for *_, t in chosen(misclassified, patterns))
                    + f" = {gradient_w0:g}$"
                ),
                mistakes=[
                    Mistake(
                        "wrong_sign",
                        lambda misclassified, patterns: chosen(misclassified, patterns)[:, 2].sum(),
                        "There is a minus before the sum.",
                    )
                ],
            ),
            Step(
                "after",
                "The weights after one step of gradient descent on $D$ with $\\eta = {eta:}$",
                lambda w, w0, eta, gradient_w, gradient_w0: np.array(
                    [w0 - eta * gradient_w0, *(w - eta * gradient_w)]
                ),
                vector("w0", "w1", "w2"),
                marks=2,
                hint="Weights minus $\\eta$ times gradient.",
                explain=lambda w, w0, eta, gradient_w, gradient_w0: (
                    "Weights minus $\\eta$ times gradient: "
                    f"${w0:g} - {eta:g} \\cdot ({gradient_w0:g})$, "
                    f"${w[0]:g} - {eta:g} \\cdot ({gradient_w[0]:g})$, "
                    f"${w[1]:g} - {eta:g} \\cdot ({gradient_w[1]:g})$."
                ),
                mistakes=[
                    Mistake(
                        "uphill",
                        lambda w, w0, eta, gradient_w, gradient_w0: np.array(
                            [w0 + eta * gradient_w0, *(w + eta * gradient_w)]
                        ),
                        "You went uphill: descent subtracts the gradient.",
                    ),
                    Mistake(
                        "forgot_rate",
                        lambda w, w0, gradient_w, gradient_w0: np.array(
                            [w0 - gradient_w0, *(w - gradient_w)]
                        ),
                        "You left out $\\eta$.",
                    ),
                ],
            ),
        ],
    )


ADDER = [
    ("in1", "x1", "x2", "of $x_1$ and $x_2$"),
    ("in2", "x1", "in1", "of $x_1$ and in1"),
    ("in3", "x2", "in1", "of $x_2$ and in1"),
    ("sum", "in2", "in3", "of in2 and in3"),
    ("carry", "in1", "in1", "of in1 and in1"),
]


def _adder_step(name: str, left: str, right: str, words: str) -> Step:
    def unit(left, right, w, b, c):
        return sigmoid(c * (w * left + w * right + b))

    def told(left, right, w, b, c):
        u = w * left + w * right + b
        inside = f"{w:g} \\cdot {left:.4g} {w:+g} \\cdot {right:.4g} {b:+g} = {u:.4g}"
        return f"$u = {inside}$, $\\sigma({c:g} u) = {sigmoid(c * u):.4g}$"

    return Step(
        name,
        f"{name}: the output of the unit {words}",
        unit,
        number(decimals=3),
        marks=1,
        hint="First $u = w a + w a' + b$, then $\\sigma(c\\,u)$.",
        explain=told,
        uses={"left": left, "right": right},
        mistakes=[
            Mistake(
                "forgot_bias",
                lambda left, right, w, c: sigmoid(c * (w * left + w * right)),
                "You left the bias out.",
            ),
            Mistake(
                "step_instead",
                lambda left, right, w, b: float(w * left + w * right + b > 0),
                "That is the output of a perceptron; a sigmoid unit gives a number between 0 and "
                "1.",
            ),
            Mistake(
                "net_only",
                lambda left, right, w, b, c: c * (w * left + w * right + b),
                "That is what goes into the sigmoid, not what comes out.",
            ),
        ],
    )


@exercise_type(
    "perceptron.adder",
    topic="perceptron",
    title="A binary adder of sigmoid NAND units",
    minutes=8,
    sources=["004:E08", "004:10"],
    variants={
        "lecture": {"c": 1, "x": [0, 1], "w": -2, "b": 3},
        "lecture-c4": {"c": 4, "x": [0, 1], "w": -2, "b": 3},
    },
)
def adder(draw: Draw) -> Exercise:
    c = draw.choice("c", [0.5, 1, 2])
    x = draw.choice("x", CORNERS)
    w, b = draw.choice("unit", [(-2, 3), (-1, 1.5), (-3, 4), (-1.5, 2), (-2, 2.5), (-2.5, 4)])
    w, b = draw.choice("w", [w]), draw.choice("b", [b])
    return Exercise(
        "A half adder is built of five equal units. Each has two inputs $a, a'$, both with the "
        "weight "
        "$w = {w:}$, the bias $b = {b:}$, and the output $\\sigma(c\\,(w a + w a' + b))$ with "
        "$\\sigma(u) = 1/(1 + e^{-u})$ and $c = {c:}$. in1 sees $x_1$ and $x_2$; in2 sees $x_1$ "
        "and in1; "
        "in3 sees $x_2$ and in1; sum sees in2 and in3; carry sees in1 twice. The input is "
        "$x_1 = {x1:}$, $x_2 = {x2:}$. Go on with the numbers that you write down.",
        givens={"c": c, "x1": x[0], "x2": x[1], "w": w, "b": b},
        steps=[_adder_step(*unit) for unit in ADDER],
    )


def _nand(a, b):
    return 1 - np.asarray(a) * np.asarray(b)


X1, X2 = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])


def _node(name: str, left: str, right: str) -> Step:
    inputs = {"x1": X1, "x2": X2}
    sources = {
        key: source for key, source in (("left", left), ("right", right)) if source not in inputs
    }

    def value(key, wires):
        return wires[key] if key in wires else inputs[(left, right)[key == "right"]]

    def compute(**wires):
        return _nand(value("left", wires), value("right", wires))

    def conjunction(**wires):
        return 1 - compute(**wires)

    def disjunction(**wires):
        return np.maximum(value("left", wires), value("right", wires))

    def told(**wires):
        return f"NAND is 0 only where both are 1: {line(compute(**wires))}."

    def by_name(function):
        # The parameters are the wires that come from earlier units.
        if len(sources) == 2:
            return lambda left, right: function(left=left, right=right)
        if "left" in sources:
            return lambda left: function(left=left)
        if "right" in sources:
            return lambda right: function(right=right)
        return lambda: function()

    return Step(
        name,
        f"{name} = NAND({left}, {right}) for 00, 01, 10, 11",
        by_name(compute),
        vector("00", "01", "10", "11"),
        marks=1,
        hint="NAND is 0 only where both inputs are 1.",
        explain=by_name(told),
        uses=sources,
        mistakes=[
            Mistake("and_instead", by_name(conjunction), "That is AND; the N negates it."),
            Mistake("or_instead", by_name(disjunction), "That is OR."),
        ],
    )


@exercise_type(
    "perceptron.nand",
    topic="perceptron",
    title="A circuit of NAND neurons",
    minutes=6,
    sources=["004:10", "004:E08"],
    variants={
        "lecture": {
            "wires": [("x1", "x2"), ("x1", "in1"), ("x2", "in1"), ("in2", "in3")],
        },
        "lecture-carry": {
            "wires": [("x1", "x2"), ("in1", "in1")],
        },
    },
)
def nand(draw: Draw) -> Exercise:
    def candidate(d: Draw):
        wires = [("x1", "x2")]
        for i in range(1, 4):
            known = ["x1", "x2", *(f"in{j + 1}" for j in range(i))]
            wires.append((d.choice(f"left{i}", known), f"in{i}"))
        return wires

    def telling(wires):
        values = {"x1": X1, "x2": X2}
        seen = []
        for i, (a, b) in enumerate(wires):
            values[f"in{i + 1}"] = _nand(values[a], values[b])
            seen.append(tuple(values[f"in{i + 1}"]))
        return len(set(seen)) >= 3 and 0 < sum(seen[-1]) < 4

    wires = draw.search("wires", candidate, telling)
    table = [[f"in{i + 1}", *wire] for i, wire in enumerate(wires)]
    last = f"in{len(wires)}"
    return Exercise(
        "Each neuron has the weights $(-2, -2)$ and the bias $3$ and fires (1) if its net input is "
        "positive, otherwise its output is 0: it computes NAND. They are connected like this:\n"
        "{table:table neuron, first input, second input}",
        givens={"table": table},
        steps=[
            *(_node(f"in{i + 1}", *wire) for i, wire in enumerate(wires)),
            Step(
                "gate",
                f"The boolean function that {last} computes",
                lambda out: gate_name(out),
                choice(list(GATES)),
                marks=2,
                hint="Compare its four values with the truth tables.",
                explain=lambda out, last=last: f"{last} has the values {line(out)}.",
                uses={"out": last},
                mistakes=[
                    Mistake(
                        "negated",
                        lambda out: gate_name(1 - out),
                        "That is the negation of what the circuit computes.",
                    )
                ],
            ),
        ],
    )


@exercise_type(
    "perceptron.delta",
    topic="perceptron",
    title="One step of the delta rule for a linear unit",
    minutes=6,
    sources=["000A:46"],
)
def delta(draw: Draw) -> Exercise:
    w = draw.decimals("w", 2, -2, 2, 0.5, exclude=[0])
    b = draw.decimal("b", -1, 1, 0.5, exclude=[0])
    x = draw.sample("x", [-3, -2, -1, 2, 3], 2)
    rates = [0.02, 0.05, 0.1, 0.15]
    step = 1 + x[0] ** 2 + x[1] ** 2  # the error shrinks by the factor 1 - eta * step
    eta = draw.choice("eta", [rate for rate in rates if rate * step < 1])
    y = w[0] * x[0] + w[1] * x[1] + b
    t = draw.integer("t", -4, 4, exclude=[y, y + 1, y - 1, y + 2, y - 2, 0])
    return Exercise(
        "A linear unit has the output $y = w \\cdot x + b$ with $w = {w:}$ and $b = {b:}$. It sees "
        "$x = {x:}$ with the target $t = {t:}$ and learns by the delta rule "
        "$\\Delta w_i = \\eta\\,(t - y)\\,x_i$, with $x_0 = 1$ for the bias and $\\eta = {eta:}$.",
        givens={"w": w, "b": b, "x": x, "t": t, "eta": eta},
        steps=[
            Step(
                "y",
                "The output $y$",
                lambda w, b, x: w @ x + b,
                number(absolute=1e-6),
                hint="No threshold here: the unit is linear.",
                explain=lambda w, b, x: (
                    f"${w[0]:g} \\cdot ({x[0]:g}) {w[1]:+g} \\cdot ({x[1]:g}) {b:+g} "
                    f"= {w @ x + b:g}$"
                ),
                mistakes=[
                    Mistake("forgot_bias", lambda w, x: w @ x, "You left the bias out."),
                    Mistake(
                        "threshold",
                        lambda w, b, x: float(w @ x + b > 0),
                        "The delta rule works on the linear output, without a threshold.",
                    ),
                ],
            ),
            Step(
                "error",
                "The error $t - y$",
                lambda y, t: t - y,
                number(absolute=1e-6),
                hint="Target minus output, in this order.",
                explain="${t:} - {y:()} = {error:}$",
                mistakes=[
                    Mistake("wrong_sign", lambda y, t: y - t, "The error is target minus output.")
                ],
            ),
            Step(
                "after",
                "The weights after the step",
                lambda w, b, x, eta, error: np.array([b + eta * error, *(w + eta * error * x)]),
                vector("b", "w1", "w2", decimals=3),
                marks=3,
                hint="Each weight moves by $\\eta$ times error times its own input; the bias has "
                "the input 1.",
                explain="Add ${eta:} \\cdot {error:(.6g)} \\cdot (1, x_1, x_2)$ with $x = {x:}$ to "
                "$({b:}, w)$ with $w = {w:}$: {after:}.",
                mistakes=[
                    Mistake(
                        "wrong_direction",
                        lambda w, b, x, eta, error: np.array(
                            [b - eta * error, *(w - eta * error * x)]
                        ),
                        "The weights move with the error times input, not against it.",
                    ),
                    Mistake(
                        "forgot_bias",
                        lambda w, b, x, eta, error: np.array([b, *(w + eta * error * x)]),
                        "The bias learns too; its input is 1.",
                    ),
                    Mistake(
                        "forgot_input",
                        lambda w, b, eta, error: np.array([b + eta * error, *(w + eta * error)]),
                        "Multiply by each weight's own input.",
                    ),
                ],
            ),
            Step(
                "y_after",
                "The output for the same $x$ after the step",
                lambda x, after: after[0] + after[1:] @ x,
                number(decimals=2),
                marks=2,
                hint="Use the new weights. The output should have come nearer to the target.",
                explain="With the new weights {after:} and $x = {x:}$: $y$ = {y_after:}, nearer to "
                "$t = {t:}$.",
                mistakes=[
                    Mistake(
                        "forgot_bias", lambda x, after: after[1:] @ x, "You left the bias out."
                    ),
                    Mistake("target", lambda t: t, "One step goes a part of the way only."),
                ],
            ),
        ],
    )


@exercise_type(
    "perceptron.separable",
    topic="perceptron",
    title="Can one neuron do it? Separability by inequalities",
    minutes=5,
    sources=["004:09", "000A:47"],
    variants={"lecture": {"targets": GATES["XOR"], "n": 2}},
)
def separable(draw: Draw) -> Exercise:
    gate = draw.choice("gate", ["XOR", "XNOR", "XOR", "XNOR", *PROPER, "x1", "NOT x2"])
    targets = draw.choice("targets", [GATES[gate]])
    n = draw.integer("n", 3, 4)  # for 2 a common slip gives the right number
    low, high = ["a contradiction", "no contradiction"]
    return Exercise(
        "A neuron has the output 1 if $b + w_1 x_1 + w_2 x_2 > 0$, otherwise 0. For the inputs "
        "00, 01, 10, "
        "11 the outputs {targets:} are wanted, in this order.",
        givens={"targets": targets, "n": n},
        steps=[
            Step(
                "conditions",
                'For which of the inputs does the condition read "$> 0$"?',
                lambda targets: [
                    name for name, t in zip(("00", "01", "10", "11"), targets, strict=True) if t
                ],
                choices(["00", "01", "10", "11"]),
                hint="Those where the output 1 is wanted.",
                explain="$> 0$ for {conditions:}, $\\le 0$ for the others.",
                mistakes=[
                    Mistake(
                        "negated",
                        lambda targets: [
                            name
                            for name, t in zip(("00", "01", "10", "11"), targets, strict=True)
                            if not t
                        ],
                        "There the wanted output is 0, so the condition is $\\le 0$.",
                    )
                ],
            ),
            Step(
                "sums",
                "The conditions of 00 and 11 together say something about $2b + w_1 + w_2$, and "
                "so do those of "
                "01 and 10. Do the two statements contradict each other?",
                lambda conditions, yes=low, no=high: (
                    yes if set(conditions) in ({"00", "11"}, {"01", "10"}) else no
                ),
                choice([low, high]),
                marks=2,
                hint="Add the left-hand sides: both pairs give the same sum $2b + w_1 + w_2$.",
                explain="Both pairs add up to $2b + w_1 + w_2$. Only if one pair is $> 0$ "
                "throughout and the "
                "other $\\le 0$ throughout do they clash: {sums:}.",
            ),
            Step(
                "separable",
                "Is there such a neuron?",
                lambda sums, clash=low: "no" if sums == clash else "yes",
                choice(["yes", "no"]),
                hint="A contradiction excludes every choice of weights.",
                explain="{sums:}, so: {separable:}.",
            ),
            Step(
                "functions",
                "How many boolean functions of ${n:}$ inputs are there?",
                lambda n: 2 ** (2**n),
                integer(),
                hint="Each of the $2^n$ input patterns can be given either output.",
                explain="$2^{2^n}$ with $n = {n:}$: {functions:}.",
                mistakes=[
                    Mistake("patterns", lambda n: 2**n, "That is the number of input patterns."),
                    Mistake(
                        "squared", lambda n: (2**n) ** 2, "Two choices for each pattern: $2^{2^n}$."
                    ),
                ],
            ),
            Step(
                "how_many",
                "How many of the 16 functions of two inputs can one neuron compute?",
                lambda: 14,
                integer(),
                hint="All but two.",
                explain="All but XOR and XNOR: 14.",
                mistakes=[Mistake("only_xor", 15, "XOR fails, and so does its negation.")],
            ),
        ],
    )


@exercise_type(
    "perceptron.two_layers",
    topic="perceptron",
    title="Two layers of threshold neurons",
    minutes=6,
    sources=["000A:47"],
    variants={
        "lecture": {"hidden": [(1, 1, -0.5), (1, 1, -1.5)], "output": (1, -1, -0.5)},
    },
)
def two_layers(draw: Draw) -> Exercise:
    def candidate(d: Draw):
        halves = [-1.5, -0.5, 0.5, 1.5]
        return [
            [*d.integers(f"w{i}", 2, -2, 2, exclude=[0]), d.choice(f"b{i}", halves)]
            for i in range(3)
        ]

    def bits(unit, a, c):
        return tuple((unit[0] * np.asarray(a) + unit[1] * np.asarray(c) + unit[2] > 0).astype(int))

    def telling(units):
        h1, h2 = bits(units[0], X1, X2), bits(units[1], X1, X2)
        out = bits(units[2], h1, h2)
        return h1 != h2 and all(0 < sum(v) < 4 for v in (h1, h2, out)) and out not in (h1, h2)

    first, second, last = (
        draw.search("units", candidate, telling) if "hidden" not in draw.fixed else [(0, 0, 0)] * 3
    )
    hidden, output = draw.choice("hidden", [[first, second]]), draw.choice("output", [last])

    def unit_step(name: str, row: int, marks: int = 2) -> Step:
        def compute(hidden, row=row):
            return (nets(hidden[row][:2], hidden[row][2], CORNERS) > 0).astype(int)

        return Step(
            name,
            f"The outputs of $h_{row + 1}$ for 00, 01, 10, 11",
            compute,
            vector("00", "01", "10", "11"),
            marks=marks,
            hint="Net input first, then compare with 0.",
            explain=lambda hidden, row=row: (
                "The net inputs are " + line(nets(hidden[row][:2], hidden[row][2], CORNERS)) + "."
            ),
            mistakes=[
                Mistake(
                    "forgot_bias",
                    lambda hidden, row=row: (nets(hidden[row][:2], 0, CORNERS) > 0).astype(int),
                    "You left the bias out.",
                ),
                Mistake(
                    "swapped_inputs",
                    lambda hidden, row=row: (
                        nets(hidden[row][1::-1], hidden[row][2], CORNERS) > 0
                    ).astype(int),
                    "The pattern 01 means $x_1 = 0$ and $x_2 = 1$.",
                ),
                Mistake(
                    "negated",
                    lambda hidden, row=row: 1 - compute(hidden),
                    "You swapped 0 and 1.",
                ),
            ],
        )

    return Exercise(
        "Two hidden neurons $h_1, h_2$ see $x_1$ and $x_2$; the output neuron $y$ sees $h_1$ and "
        "$h_2$. "
        "Every neuron fires (1) if its net input is positive, otherwise its output is 0. The "
        "hidden "
        "neurons have\n{hidden:table #, $w_1$, $w_2$, $b$}\nand the output neuron has "
        "$(w_1, w_2, b) = {output:}$.",
        givens={"hidden": hidden, "output": output},
        steps=[
            unit_step("h1", 0),
            unit_step("h2", 1),
            Step(
                "y",
                "The outputs of $y$ for 00, 01, 10, 11",
                lambda h1, h2, output: (output[0] * h1 + output[1] * h2 + output[2] > 0).astype(
                    int
                ),
                vector("00", "01", "10", "11"),
                marks=2,
                hint="Now $h_1$ and $h_2$ are the inputs.",
                explain=lambda h1, h2, output: (
                    "The net inputs of $y$ are "
                    + line(output[0] * h1 + output[1] * h2 + output[2])
                    + "."
                ),
                mistakes=[
                    Mistake(
                        "skipped_hidden",
                        lambda output: (nets(output[:2], output[2], CORNERS) > 0).astype(int),
                        "You fed $x$ into the output neuron; it sees $h_1$ and $h_2$.",
                    ),
                    Mistake(
                        "negated",
                        lambda h1, h2, output: (
                            output[0] * h1 + output[1] * h2 + output[2] <= 0
                        ).astype(int),
                        "You swapped 0 and 1.",
                    ),
                ],
            ),
            Step(
                "gate",
                "The boolean function of $x_1$ and $x_2$ that $y$ computes",
                lambda y: gate_name(y),
                choice(list(GATES)),
                marks=1,
                hint="Compare with the truth tables.",
                explain="{y:} is the truth table of **{gate:}**.",
                mistakes=[
                    Mistake(
                        "negated",
                        lambda y: gate_name(1 - y),
                        "That is the negation of what $y$ computes.",
                    )
                ],
            ),
        ],
    )


@exercise_type(
    "perceptron.merge",
    topic="perceptron",
    title="Two linear layers are one",
    minutes=7,
    sources=["003:02"],
)
def merge(draw: Draw) -> Exercise:
    def whole(d: Draw):
        values = d.integers("all", 19, -2, 3)
        first = [values[0:2], values[2:4], values[4:6]]
        return first, values[6:9], [values[9:12], values[12:15]], values[15:17], values[17:19]

    def telling(parts):
        w1, b1, w2, b2, x = (np.array(p) for p in parts)
        return (
            np.abs(w2 @ b1).min() > 0
            and np.abs(b2).min() > 0
            and np.abs(x).min() > 0
            and np.any(w2 @ w1 @ x != 0)
        )

    first, b1, second, b2, x = draw.search("layers", whole, telling)
    return Exercise(
        "Two linear layers follow each other, $h = W_1 x + b_1$ and $y = W_2 h + b_2$, with "
        "$W_1 = {first:}$, $b_1 = {b1:}$, $W_2 = {second:}$, $b_2 = {b2:}$. One layer "
        "$y = W x + b$ does the same.",
        givens={"first": first, "b1": b1, "second": second, "b2": b2, "x": x},
        steps=[
            Step(
                "W",
                "$W$",
                lambda first, second: second @ first,
                matrix(2, 2),
                marks=3,
                hint="Insert $h$ into the second equation. Which matrix stands on the left?",
                explain="$W = W_2 W_1$ = {W:}.",
                mistakes=[
                    Mistake(
                        "transposed",
                        lambda first, second: (second @ first).T,
                        "Rows and columns are swapped.",
                    ),
                    Mistake(
                        "wrong_order_cut",
                        lambda first, second: (first @ second)[:2, :2],
                        "The order is $W_2 W_1$: the layer that acts last stands on the left.",
                    ),
                ],
            ),
            Step(
                "b",
                "$b$",
                lambda second, b1, b2: second @ b1 + b2,
                vector("b1", "b2"),
                marks=2,
                hint="The first bias passes through the second layer.",
                explain="$b = W_2 b_1 + b_2$ = {b:}.",
                mistakes=[
                    Mistake(
                        "lost_first_bias", lambda b2: b2, "$b_1$ passes through $W_2$ as well."
                    ),
                    Mistake(
                        "lost_second_bias", lambda second, b1: second @ b1, "You left $b_2$ out."
                    ),
                    Mistake(
                        "added_biases",
                        lambda b1, b2: b1[:2] + b2,
                        "$b_1$ must be multiplied by $W_2$.",
                    ),
                ],
            ),
            Step(
                "y",
                "$y$ for $x = {x:}$",
                lambda W, b, x: W @ x + b,
                vector("y1", "y2"),
                marks=2,
                hint="Use the merged layer.",
                explain="$W x + b$ = {y:}.",
                mistakes=[
                    Mistake("forgot_bias", lambda W, x: W @ x, "You left $b$ out."),
                    Mistake(
                        "row_vector",
                        lambda W, b, x: x @ W + b,
                        "You multiplied from the wrong side.",
                    ),
                ],
            ),
        ],
    )


QUESTIONS = [
    Question(
        "Which of these functions of two bits can no single perceptron compute?",
        "XNOR",
        [
            ("NOR", "NOR is separable: $b = 1$, $w = (-1, -1)$ does it."),
            ("NAND", "NAND is separable: $b = 3$, $w = (-2, -2)$ does it."),
            ("x1 AND NOT x2", "A line cuts off the one corner 10."),
            ("x2 OR NOT x1", "A line cuts off the one corner 10."),
        ],
        "A line cannot separate opposite corners: XOR and XNOR, two of 16.",
        "Draw the four corners of the square.",
    ),
    Question(
        "The data are linearly separable. What does the convergence theorem promise?",
        "Perceptron learning makes a finite number of updates",
        [
            (
                "Perceptron learning finds the line with the largest margin",
                "It stops at the first line "
                "without errors; the largest margin is what a support vector machine looks for.",
            ),
            (
                "The number of errors falls with every update",
                "A single update may turn other patterns wrong.",
            ),
            (
                "It needs one pass over the data",
                "Several passes are common; only their number is finite.",
            ),
            ("It also stops if no line separates the data", "Then the weights never come to rest."),
        ],
        "The number of updates is at most $\\beta \\lVert w^* \\rVert^2 / \\alpha^2$.",
        "Is it about the number of updates, the line found, or the time?",
    ),
    Question(
        "All weights and the bias of a perceptron are multiplied by the same $c > 0$. What "
        "changes?",
        "Only the net inputs",
        [
            (
                "The boundary moves away from the origin",
                "$c\\,(w \\cdot x + b) = 0$ describes the same line.",
            ),
            ("The signed distances grow by $c$", "Score and length of $w$ both grow by $c$."),
            (
                "The outputs for points near the boundary",
                "The sign of the net input stays for every point.",
            ),
            ("The line turns towards the larger weight", "The direction of $w$ stays the same."),
        ],
        "$c\\,(w \\cdot x + b)$ has the sign of $w \\cdot x + b$, and the same zeros.",
        "Compare $c\\,(w \\cdot x + b)$ with $w \\cdot x + b$: sign, zeros, size.",
    ),
    Question(
        "Sigmoid units with weights and biases multiplied by a growing $c$ behave more and more "
        "like "
        "perceptrons. When does this fail?",
        "If a net input is exactly 0",
        [
            ("If a weight is negative", "The sign of single weights does not matter."),
            (
                "If the net has more than one layer",
                "Layer by layer the limit holds, as long as no net input is 0.",
            ),
            ("If the bias is 0", "Only a net input of 0 is a problem."),
            (
                "If the inputs are not bits",
                "The limit holds for every input with a net input other than 0.",
            ),
        ],
        "$\\sigma(c \\cdot 0) = 1/2$ for every $c$, while the perceptron says 0.",
        "What is $\\sigma(c u)$ for very large $c$? Try $u > 0$, $u < 0$, $u = 0$.",
    ),
    Question(
        "What does a network of several layers compute if all its units are linear?",
        "What a single linear layer can compute",
        [
            ("XOR, from two layers on", "A product of matrices is a matrix: still linear."),
            ("Any continuous function, with enough units", "That needs a non-linear activation."),
            (
                "Polynomials whose degree is the number of layers",
                "Nothing is ever multiplied by itself.",
            ),
            (
                "Convex regions",
                "Half-planes only; convex regions need thresholds in a hidden layer.",
            ),
        ],
        "$W_2 (W_1 x + b_1) + b_2 = (W_2 W_1) x + (W_2 b_1 + b_2)$.",
        "Insert one layer into the other.",
    ),
    Question(
        "In which way does perceptron learning differ from the plain Hebbian rule?",
        "It learns only from errors",
        [
            ("It has no learning rate", "Both may have one."),
            ("It multiplies input and output", "That product is just what the two have in common."),
            ("It works without targets", "Perceptron learning needs targets; plain Hebb does not."),
            (
                "It changes one weight at a time",
                "All weights with a non-zero input change together.",
            ),
        ],
        "The update $\\eta\\,t\\,x$ is Hebbian, gated by the error.",
        "What happens to the weights when the output is right?",
    ),
    Question(
        "Where does the weight vector $w$ point, seen from the boundary of the perceptron?",
        "At right angles, to the side with output 1",
        [
            ("Along the boundary", "Differences of boundary points are at right angles to $w$."),
            ("To the origin", "The origin may lie on either side; the bias decides."),
            (
                "At right angles, to the side with output 0",
                "Walking along $w$ raises the net input.",
            ),
            (
                "To the mean of the patterns with output 1",
                "Its direction depends on all errors made.",
            ),
        ],
        "For two points of the line $w \\cdot (x - x') = 0$, and $net$ grows along $w$.",
        "Take two points of the boundary and subtract their equations.",
    ),
    Question(
        "Why is NAND called universal?",
        "It builds every boolean function",
        [
            (
                "It is the only gate that a perceptron computes",
                "A perceptron computes 14 of the 16.",
            ),
            ("Its truth table contains all other gates", "One gate has one truth table."),
            ("It can be learned from any starting point", "That holds for every separable gate."),
            ("One NAND neuron can do XOR", "That takes four of them, in three layers."),
        ],
        "NOT, AND and OR are made of NANDs, and these three make everything.",
        "What can be built from it alone?",
    ),
]


@exercise_type(
    "perceptron.theory",
    topic="perceptron",
    title="What a perceptron can and cannot do",
    minutes=2,
    sources=["000A:46", "000A:47", "003:02", "004:09", "004:10"],
)
def perceptron_theory(draw: Draw) -> Exercise:
    return theory(draw, QUESTIONS)
