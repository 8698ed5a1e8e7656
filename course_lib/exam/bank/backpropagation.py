"""Multilayer networks: forward and backward by hand, parameters, shapes, graphs, slips."""

from __future__ import annotations

from itertools import pairwise
from math import ceil, log, log2, sqrt

import numpy as np
from scipy.special import expit

from course_lib.exam.answers import choice, choices, integer, matrix, number, vector
from course_lib.exam.draw import Draw
from course_lib.exam.exercise import Exercise, Mistake, Step, exercise_type
from course_lib.exam.theory import Question, theory

SIGMA = r"$\sigma(a) = 1/(1 + e^{-a})$"


def tenths(draw: Draw, name: str, rows: int, columns: int, low=-0.9, high=0.9):
    """A matrix of tenths without zeros."""
    flat = draw.decimals(name, rows * columns, low, high, 0.1, exclude=[0])
    return flat if name in draw.fixed else [flat[i::rows] for i in range(rows)]


def words(values, digits=4):
    return "(" + ", ".join(f"{v:.{digits}g}" for v in np.ravel(values)) + ")"


def slope(z):
    return z * (1 - z)


@exercise_type(
    "backpropagation.forward",
    topic="backpropagation",
    title="Forward through a 2:3:2:1 net",
    minutes=7,
    sources=["000A:49"],
    variants={
        "lecture": {
            "W1": [[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]],
            "W2": [[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]],
            "W3": [[0.7, 0.8]],
            "x": [1, 0],
        },
    },
)
def forward(draw: Draw) -> Exercise:
    return Exercise(
        "A net 2:3:2:1 has sigmoid units, "
        + SIGMA
        + ", and no biases. Row $j$ of a matrix holds the weights *into* unit $j$ of its layer:\n\n"
        "$W^1 = {W1:}$, $W^2 = {W2:}$, $W^3 = {W3:}$.\n\nThe input is $x = {x:}$. Give 4 decimals "
        "and go on with the numbers that you write down.",
        givens={
            "W1": tenths(draw, "W1", 3, 2),
            "W2": tenths(draw, "W2", 2, 3),
            "W3": tenths(draw, "W3", 1, 2),
            "x": draw.choice("x", [[1, 0], [0, 1], [1, 1], [1, -1], [2, 1], [1, 2]]),
        },
        steps=[
            _layer("h1", "first hidden layer", "W1", "x", 3),
            _layer("h2", "second hidden layer", "W2", "h1", 2),
            _layer("out", "output layer", "W3", "h2", 1),
        ],
    )


def _layer(name: str, title: str, W: str, before: str, units: int) -> Step:
    return Step(
        name,
        f"The outputs of the {title}",
        lambda W, z: expit(W @ z),
        vector(length=units, decimals=3, partial=units > 1),
        marks=2,
        hint="First the weighted sums, one per row of the matrix; then $\\sigma$ of each.",
        explain=lambda W, z: f"Net inputs {words(W @ z)}, then σ of each: {words(expit(W @ z))}.",
        uses={"W": W, "z": before},
        mistakes=[
            Mistake(
                "no_activation", lambda W, z: W @ z, "These are net inputs: apply the sigmoid."
            ),
            Mistake(
                "sign", lambda W, z: expit(-(W @ z)), "The exponent of $e$ is $-a$, not $+a$."
            ),
        ],
    )


@exercise_type(
    "backpropagation.count",
    topic="backpropagation",
    title="How many parameters?",
    minutes=3,
    sources=["000A:49", "004:10"],
    variants={
        "lecture": {"sizes": [4, 3, 2]},
        "lecture-2-3-1": {"sizes": [2, 3, 1]},
        "lecture-784": {"sizes": [784, 78, 10]},
        "lecture-2-3-2-1": {"sizes": [2, 3, 2, 1]},
        "lecture-8-3-8": {"sizes": [8, 3, 8]},
    },
)
def count(draw: Draw) -> Exercise:
    layers = draw.integer("layers", 3, 5) if "sizes" not in draw.fixed else 3
    sizes = draw.search(
        "sizes",
        lambda d: d.integers("s", layers, 2, 30),
        lambda s: len(set(s)) == len(s),
    )
    return Exercise(
        "A fully connected feed-forward net has the layer sizes ${sizes:}$, inputs first and "
        "outputs last. Every unit that is not an input has a bias.",
        givens={"sizes": sizes},
        steps=[
            Step(
                "weights",
                "Number of weights, without biases",
                lambda sizes: sum(m * n for m, n in pairwise(sizes)),
                integer(),
                hint="Each pair of neighbouring layers is fully connected.",
                explain=lambda sizes: (
                    "$" + " + ".join(f"{m} \\cdot {n}" for m, n in pairwise(sizes)) + "$"
                ),
                mistakes=[
                    Mistake(
                        "product",
                        lambda sizes: np.prod(np.array(sizes, dtype=float)),
                        "You multiplied all sizes. Only neighbouring layers are connected.",
                    ),
                    Mistake(
                        "sum",
                        lambda sizes: sum(sizes),
                        "That is the number of units, not of connections.",
                    ),
                ],
            ),
            Step(
                "biases",
                "Number of biases",
                lambda sizes: sum(sizes[1:]),
                integer(),
                hint="Who has a bias, and who has not?",
                explain="All units but the inputs: {biases:}.",
                mistakes=[
                    Mistake("inputs_too", lambda sizes: sum(sizes), "Inputs have no bias."),
                    Mistake(
                        "hidden_only",
                        lambda sizes: sum(sizes[1:-1]),
                        "The output units have a bias too.",
                    ),
                ],
            ),
            Step(
                "total",
                "Number of all parameters",
                lambda weights, biases: weights + biases,
                integer(),
                hint="Add the two.",
                explain="{weights:} + {biases:} = {total:}.",
                mistakes=[
                    Mistake("forgot_biases", lambda weights: weights, "Biases are learned too.")
                ],
            ),
        ],
    )


@exercise_type(
    "backpropagation.output_delta",
    topic="backpropagation",
    title="The delta of the output layer (BP1)",
    minutes=5,
    sources=["004:12", "004:E10"],
    variants={
        "lecture": {"a": [1.105906], "y": [0.01]},
        "lecture-2-3-2-1": {"a": [0.965619], "y": [0]},
    },
)
def output_delta(draw: Draw) -> Exercise:
    a = draw.decimals("a", 2, -2, 2, 0.1, exclude=[0])
    y = draw.choice("y", [[0, 1], [1, 0], [1, 1], [0.5, 1], [0, 0.5]])
    return Exercise(
        "The sigmoid output units have the net inputs $a = {a:}$; the targets are $y = {y:}$. The "
        "cost is $C = \\frac12 \\sum_j (z_j - y_j)^2$ with $z_j = \\sigma(a_j)$, and $\\delta_j = "
        "\\partial C / \\partial a_j$. Give 4 decimals.",
        givens={"a": a, "y": y},
        steps=[
            Step(
                "z",
                "The outputs $z$",
                lambda a: expit(a),
                vector(length=len(a), decimals=3),
                hint=r"$\sigma(a) = 1/(1 + e^{-a})$",
                explain=lambda a: f"σ of {words(a)} is {words(expit(a))}.",
                mistakes=[
                    Mistake("sign", lambda a: expit(-a), "The exponent is $-a$."),
                    Mistake("tanh", lambda a: np.tanh(a), "That is tanh; the units are sigmoid."),
                ],
            ),
            Step(
                "slope",
                "The slopes $\\sigma'(a_j)$",
                lambda z: z * (1 - z),
                vector(length=len(a), decimals=3),
                hint="The sigmoid's slope is written with its own output.",
                explain=lambda z: f"$z (1 - z)$ = {words(slope(z))}.",
                mistakes=[
                    Mistake("one_minus", lambda z: 1 - z, "The slope is $z(1-z)$, not $1-z$."),
                    Mistake(
                        "square", lambda z: 1 - z**2, "$1-z^2$ is the slope of tanh, not of σ."
                    ),
                ],
            ),
            Step(
                "delta",
                "The deltas",
                lambda z, slope, y: (z - y) * slope,
                vector(length=len(a), decimals=3),
                marks=2,
                hint="$\\delta_j = (z_j - y_j)\\,\\sigma'(a_j)$: elementwise.",
                explain=lambda z, slope, y: (
                    f"$(z - y)$ = {words(z - y)}, times the slopes: {words((z - y) * slope)}."
                ),
                mistakes=[
                    Mistake(
                        "lecture_sign",
                        lambda z, slope, y: (y - z) * slope,
                        "That is minus $\\partial C/\\partial a$: the sign of lecture 000A, whose "
                        "delta is $(t - z) f'$. Here delta is the slope of the cost.",
                    ),
                    Mistake(
                        "no_slope",
                        lambda z, y: z - y,
                        "That is $\\partial C/\\partial z$; go on through the activation.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "backpropagation.hidden_delta",
    topic="backpropagation",
    title="The deltas of a hidden layer (BP2)",
    minutes=6,
    sources=["000A:53", "004:12"],
    variants={
        "lecture": {"W": [[0.7, 0.8]], "delta": [0.144642], "z": [0.623556, 0.661412]},
        "lecture-first": {
            "W": [[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]],
            "delta": [0.023767, 0.025914],
            "z": [0.524979, 0.549834, 0.574443],
        },
    },
)
def hidden_delta(draw: Draw) -> Exercise:
    W = tenths(draw, "W", 2, 3)
    delta = draw.decimals("delta", 2, -0.5, 0.5, 0.1, exclude=[0])
    z = draw.sample("z", [0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9], 3)
    n = len(z)
    return Exercise(
        "The hidden units of a net are sigmoid units with the outputs $z = {z:}$. They feed the "
        "next layer with the weights $W = {W:}$ (row $j$: weights into unit $j$ of the next layer), "
        "whose deltas $\\delta_j = \\partial C / \\partial a_j$ are ${delta:}$.",
        givens={"W": W, "delta": delta, "z": z},
        steps=[
            Step(
                "back",
                "What comes back to each hidden unit, $W^T\\delta$",
                lambda W, delta: W.T @ delta,
                vector(length=n, decimals=3, partial=True),
                marks=2,
                hint="For each hidden unit: its outgoing weights, times the deltas they lead to.",
                explain=lambda W, delta: (
                    f"Columns of $W$ times the deltas: {words(W.T @ delta)}."
                ),
                mistakes=[
                    Mistake(
                        "plain_sum",
                        lambda W, delta: W.sum(axis=0) + 0 * W.T @ delta,
                        "You added the weights; weigh each by the delta it leads to.",
                    ),
                    Mistake(
                        "sum_of_deltas",
                        lambda W, delta: W.sum(axis=0) * delta.sum(),
                        "Each weight is multiplied by its own delta, then added; not the sums.",
                    ),
                ],
            ),
            Step(
                "delta_hidden",
                "The deltas of the hidden units",
                lambda back, z: back * z * (1 - z),
                vector(length=n, decimals=4, partial=True),
                marks=2,
                hint="Times the slope of the sigmoid, $z(1-z)$.",
                explain=lambda back, z: (
                    f"Slopes {words(slope(z))}, so the deltas are {words(back * slope(z))}."
                ),
                mistakes=[
                    Mistake(
                        "no_slope", lambda back: back, "Go on through the activation: times $z(1-z)$."
                    ),
                    Mistake(
                        "times_output",
                        lambda back, z: back * z,
                        "The factor is the slope $z(1-z)$, not the output.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "backpropagation.step",
    topic="backpropagation",
    title="One whole gradient step on a 2:2:1 net",
    minutes=12,
    sources=["000A:53", "003:08", "004:12"],
    variants={
        "lecture": {
            "W": [[0.1, 0.2], [0.3, 0.4]], "b": [0, 0], "v": [0.5, 0.6], "c": 0,
            "x": [1, 0.5], "t": 1, "eta": 0.5,
        },
        "lecture-003": {
            "W": [[0.1, 0.2], [0.3, 0.4]], "b": [0.1, 0.1], "v": [0.5, -0.6], "c": 0.2,
            "x": [1, 0.5], "t": 1, "eta": 0.5,
        },
        "lecture-004": {
            "W": [[0.15, 0.2], [0.25, 0.3]], "b": [0.35, 0.35], "v": [0.4, 0.45], "c": 0.6,
            "x": [0.05, 0.1], "t": 0.01, "eta": 0.5,
        },
    },
)  # fmt: skip
def step(draw: Draw) -> Exercise:
    x = draw.choice("x", [[1, 0.5], [0.5, 1], [1, -1], [1, 2], [2, 1], [-1, 1], [1, -0.5]])
    return Exercise(
        "A net 2:2:1 has sigmoid units. Hidden units: $h = \\sigma(W x + b)$ with $W = {W:}$, "
        "$b = {b:}$. Output: $z = \\sigma(v \\cdot h + c)$ with $v = {v:}$, $c = {c:}$. The input "
        "is $x = {x:}$, the target $t = {t:}$, the cost $C = \\frac12 (z - t)^2$, the learning "
        "rate "
        "$\\eta = {eta:}$. Delta is the slope of $C$ by a net input. Give 5 decimals and go on "
        "with what you write down.",
        givens={
            "W": tenths(draw, "W", 2, 2),
            "b": draw.decimals("b", 2, -0.5, 0.5, 0.1),
            "v": draw.decimals("v", 2, -0.9, 0.9, 0.1, exclude=[0, 0.1, -0.1]),
            "c": draw.decimal("c", -0.5, 0.5, 0.1),
            "x": x,
            "t": draw.choice("t", [0, 1]),
            "eta": draw.choice("eta", [0.5, 1, 2]),
        },
        steps=[
            Step(
                "h",
                "The hidden outputs $h$",
                lambda W, x, b: expit(W @ x + b),
                vector("h1", "h2", decimals=4, partial=True),
                marks=2,
                hint="Weighted sums plus bias, then the sigmoid.",
                explain=lambda W, x, b: (
                    f"Net inputs {words(W @ x + b)}, σ of them {words(expit(W @ x + b), 5)}."
                ),
                mistakes=[
                    Mistake(
                        "transposed",
                        lambda W, x, b: expit(W.T @ x + b),
                        "You used the columns of $W$; row $j$ leads into unit $j$.",
                    ),
                    Mistake("no_activation", lambda W, x, b: W @ x + b, "Apply the sigmoid."),
                ],
            ),
            Step(
                "z",
                "The output $z$",
                lambda h, v, c: expit(v @ h + c),
                number(decimals=4),
                hint="The same once more, with $v$ and $c$.",
                explain=lambda h, v, c: f"σ({v @ h + c:.5f}) = {expit(v @ h + c):.5f}.",
                mistakes=[
                    Mistake("no_activation", lambda h, v, c: v @ h + c, "Apply the sigmoid.")
                ],
            ),
            Step(
                "cost",
                "The cost $C$",
                lambda z, t: 0.5 * (z - t) ** 2,
                number(decimals=4),
                hint="Half the squared difference.",
                explain=lambda z, t: f"$0.5 \\cdot ({z - t:.5f})^2 = {0.5 * (z - t) ** 2:.5f}$",
                mistakes=[
                    Mistake("no_half", lambda z, t: (z - t) ** 2, "The factor one half is missing.")
                ],
            ),
            Step(
                "delta",
                "The output's delta",
                lambda z, t: (z - t) * z * (1 - z),
                number(decimals=4),
                marks=2,
                hint="$(z - t)$ times the slope of the sigmoid.",
                explain=lambda z, t: (
                    f"$({z - t:.5f}) \\cdot {z:.5f} \\cdot {1 - z:.5f} = "
                    f"{(z - t) * slope(z):.5f}$"
                ),
                mistakes=[
                    Mistake("no_slope", lambda z, t: z - t, "Times the slope $z(1-z)$."),
                    Mistake(
                        "sign",
                        lambda z, t: (t - z) * z * (1 - z),
                        "Here delta is the slope of the cost: $(z - t)$, not $(t - z)$.",
                    ),
                ],
            ),
            Step(
                "delta_hidden",
                "The deltas of the hidden units",
                lambda delta, v, h: delta * v * h * (1 - h),
                vector("d1", "d2", decimals=4, partial=True),
                marks=2,
                hint="The output's delta times the *old* weight, times the unit's own slope.",
                explain=lambda delta, v, h: (
                    f"{delta:.5f} · v · h(1-h) = {words(delta * v * slope(h), 4)}"
                ),
                mistakes=[
                    Mistake(
                        "no_slope",
                        lambda delta, v: delta * v,
                        "Each hidden unit has a sigmoid of its own: times $h(1-h)$.",
                    ),
                ],
            ),
            Step(
                "v_new",
                "The new output weights $v$",
                lambda v, eta, delta, h: v - eta * delta * h,
                vector("v1", "v2", decimals=4, partial=True),
                marks=1,
                hint="A step against the gradient, $\\delta h_j$.",
                explain=lambda v, eta, delta, h: (
                    f"Gradient {words(delta * h)}: new weights {words(v - eta * delta * h, 5)}."
                ),
                mistakes=[
                    Mistake(
                        "uphill",
                        lambda v, eta, delta, h: v + eta * delta * h,
                        "You went up the slope; the step is *against* the gradient.",
                    ),
                    Mistake("gradient", lambda delta, h: delta * h, "That is the gradient."),
                ],
            ),
            Step(
                "W_new",
                "The new hidden weights $W$",
                lambda W, eta, delta_hidden, x: W - eta * np.outer(delta_hidden, x),
                matrix(2, 2, decimals=4),
                marks=2,
                hint="The gradient of $W_{jk}$ is $\\delta_j x_k$.",
                explain=lambda W, eta, delta_hidden, x: (
                    f"Gradients by rows {words(np.outer(delta_hidden, x), 3)}."
                ),
                mistakes=[
                    Mistake(
                        "transposed",
                        lambda W, eta, delta_hidden, x: W - eta * np.outer(x, delta_hidden),
                        "You swapped rows and columns: $W_{jk}$ goes with $\\delta_j x_k$.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "backpropagation.graph",
    topic="backpropagation",
    title="Forward and backward through a graph",
    minutes=6,
    sources=["000B:20"],
    variants={"lecture": {"y": 5, "w": 2, "x": 1, "b": 1}},
)
def graph(draw: Draw) -> Exercise:
    active = draw.integer("active", 0, 4) > 0 if "w" not in draw.fixed else True

    def candidate(d: Draw):
        w = d.integer("w", -4, 4, exclude=[0, 1, -1])
        return w, d.integer("x", -4, 4, exclude=[0, w, -w]), d.integer("b", -3, 3, exclude=[0])

    w, x, b = (0, 0, 0) if "w" in draw.fixed else draw.search(
        "inputs", candidate, lambda v: (v[0] * v[1] + v[2] > 0) == active
    )
    w, x, b = draw.choice("w", [w]), draw.choice("x", [x]), draw.choice("b", [b])
    y = draw.integer("y", -5, 5, exclude=[0])
    return Exercise(
        "The cost $C = y - \\max(0,\\, w x + b)$ is computed node by node: $p = w x$, $s = p + b$, "
        "$r = \\max(0, s)$, $C = y - r$. The inputs are $y = {y:}$, $w = {w:}$, $x = {x:}$, "
        "$b = {b:}$. (At $s = 0$ the slope of $\\max$ counts as 0.)",
        givens={"w": w, "x": x, "b": b, "y": y},
        steps=[
            Step(
                "values",
                "Forward: the values of $p$, $s$, $r$, $C$",
                lambda w, x, b, y: [w * x, w * x + b, max(0, w * x + b), y - max(0, w * x + b)],
                vector("p", "s", "r", "C", partial=True),
                marks=2,
                hint="From left to right.",
                explain="$(p, s, r, C)$ = {values:}.",
                mistakes=[
                    Mistake(
                        "no_bias",
                        lambda w, x, b, y: [w * x, w * x, max(0, w * x), y - max(0, w * x)],
                        "The bias is missing in $s$.",
                    ),
                    Mistake(
                        "plus",
                        lambda w, x, b, y: [
                            w * x,
                            w * x + b,
                            max(0, w * x + b),
                            y + max(0, w * x + b),
                        ],
                        "$C = y - r$.",
                    ),
                ],
            ),
            Step(
                "s_slope",
                "Backward: $\\partial C / \\partial s$",
                lambda values: -1 if values[1] > 0 else 0,
                integer(),
                hint="$\\partial C/\\partial r = -1$; does the maximum let it through?",
                explain=lambda values, s_slope: (
                    f"$s = {values[1]:g}$: the maximum passes the gradient on only if $s > 0$, so "
                    f"{s_slope}."
                ),
                mistakes=[
                    Mistake("sign", lambda: 1, "$C = y - r$: the sign turns."),
                ],
            ),
            Step(
                "gradients",
                "The gradients of $C$ by $w$, $x$, $b$ and $y$",
                lambda s_slope, w, x: [s_slope * x, s_slope * w, s_slope, 1],
                vector("dw", "dx", "db", "dy", partial=True),
                marks=3,
                hint="A product hands each factor the gradient times the *other* factor.",
                explain="$s' x$, $s' w$, $s'$ and 1, with $s' = \\partial C/\\partial s$: "
                "{gradients:}.",
                mistakes=[
                    Mistake(
                        "swapped",
                        lambda s_slope, w, x: [s_slope * w, s_slope * x, s_slope, 1],
                        "The slope by $w$ is $x$, and the slope by $x$ is $w$.",
                    ),
                    Mistake(
                        "sign",
                        lambda s_slope, w, x: [-s_slope * x, -s_slope * w, -s_slope, 1],
                        "You lost the minus of $y - r$.",
                    ),
                    Mistake(
                        "dy_zero",
                        lambda s_slope, w, x: [s_slope * x, s_slope * w, s_slope, 0],
                        "$y$ enters $C$ directly, with slope 1.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "backpropagation.paths",
    topic="backpropagation",
    title="Two paths to the same variable",
    minutes=5,
    sources=["000B:13", "000B:20"],
    variants={
        "lecture": {"x": 0.5, "k": 1},
        "lecture-3": {"x": 3, "k": 1},
        "lecture-minus-2": {"x": -2, "k": 1},
        "lecture-minus-half": {"x": -0.5, "k": 1},
    },
)
def paths(draw: Draw) -> Exercise:
    x = draw.decimal("x", -4, 4, 0.5, exclude=[0, 1, -1])
    k = draw.integer("k", 2, 6) if "k" not in draw.fixed else draw.choice("k", [1])
    return Exercise(
        "The function $y = {k:} \\cdot x / (1 + \\vert x\\vert)$ is computed as $d = 1 + \\vert x"
        "\\vert$, $y = {k:} \\cdot x / d$. At $x = {x:}$, $x$ reaches $y$ on two paths: directly, "
        "and through $d$. Give 4 decimals.",
        givens={"k": k, "x": x},
        steps=[
            Step(
                "direct",
                "What the direct path contributes to $dy/dx$ ($d$ held fixed)",
                lambda k, x: k / (1 + abs(x)),
                number(decimals=3),
                hint="Treat $d$ as a constant.",
                explain=lambda k, x: f"$k/d = {k:g}/{1 + abs(x):g} = {k / (1 + abs(x)):.4f}$",
                mistakes=[
                    Mistake("value", lambda k, x: k * x / (1 + abs(x)), "That is $y$ itself.")
                ],
            ),
            Step(
                "through",
                "What the path through $d$ contributes",
                lambda k, x: -k * abs(x) / (1 + abs(x)) ** 2,
                number(decimals=3),
                marks=2,
                hint="$\\partial y/\\partial d = -k x/d^2$, times $dd/dx$, the sign of $x$.",
                explain=lambda k, x: (
                    f"$-k x/d^2 \\cdot \\text{{sign}}(x) = "
                    f"{-k * abs(x) / (1 + abs(x)) ** 2:.4f}$"
                ),
                mistakes=[
                    Mistake(
                        "sign",
                        lambda k, x: k * abs(x) / (1 + abs(x)) ** 2,
                        "$1/d$ falls when $d$ grows: minus.",
                    ),
                    Mistake(
                        "not_squared",
                        lambda k, x: -k * abs(x) / (1 + abs(x)),
                        "The slope of $1/d$ is $-1/d^2$.",
                    ),
                ],
            ),
            Step(
                "total",
                "$dy/dx$",
                lambda direct, through: direct + through,
                number(decimals=3),
                hint="The chain rule adds over all paths.",
                explain=lambda direct, through, k, x: (
                    f"${direct:.4f} {through:+.4f} = {direct + through:.4f}$, which is "
                    f"$k/(1+\\vert x\\vert)^2$."
                ),
                mistakes=[
                    Mistake(
                        "one_path",
                        lambda direct: direct,
                        "One path only. A variable used twice collects from both uses.",
                    ),
                    Mistake(
                        "product",
                        lambda direct, through: direct * through,
                        "Along a path slopes multiply; the paths are added.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "backpropagation.check",
    topic="backpropagation",
    title="Check a gradient by finite differences",
    minutes=5,
    sources=["004:12", "003:08"],
)
def check(draw: Draw) -> Exercise:
    w = draw.integer("w", -3, 3, exclude=[0])
    x = draw.integer("x", -4, 4, exclude=[0, 1, -1])
    b = draw.integer("b", -3, 3, exclude=[0])
    t = draw.integer("t", -9, 9, exclude=[w * x + b, 0])
    h = draw.choice("h", [0.1, 0.01, 0.2])
    n = draw.integer("n", 20, 900)
    return Exercise(
        "One linear unit, one pattern: $C(w) = \\frac12 (w x + b - t)^2$ with $x = {x:}$, "
        "$b = {b:}$, $t = {t:}$. At $w = {w:}$ the derivative is to be checked with the step "
        "$h = {h:}$.",
        givens={"w": w, "x": x, "b": b, "t": t, "h": h, "n": n},
        steps=[
            Step(
                "exact",
                "The derivative $C'(w)$ by the chain rule",
                lambda w, x, b, t: (w * x + b - t) * x,
                number(decimals=3),
                hint="Outer slope $w x + b - t$, inner slope $x$.",
                explain=lambda w, x, b, t: (
                    f"$({w * x + b - t:g}) \\cdot ({x:g}) = {(w * x + b - t) * x:g}$"
                ),
                mistakes=[
                    Mistake("no_inner", lambda w, x, b, t: w * x + b - t, "Times the inner slope."),
                    Mistake(
                        "sign", lambda w, x, b, t: -(w * x + b - t) * x, "The sign is turned round."
                    ),
                ],
            ),
            Step(
                "forward",
                "The forward difference $(C(w+h) - C(w))/h$",
                lambda w, x, b, t, h: (
                    (0.5 * ((w + h) * x + b - t) ** 2 - 0.5 * (w * x + b - t) ** 2) / h
                ),
                number(decimals=3),
                marks=2,
                hint="Compute $C$ twice; keep all digits.",
                explain=lambda w, x, b, t, h: (
                    f"$C(w) = {0.5 * (w * x + b - t) ** 2:.8g}$, "
                    f"$C(w+h) = {0.5 * ((w + h) * x + b - t) ** 2:.8g}$: it is off by "
                    f"$h x^2/2 = {h * x * x / 2:g}$."
                ),
                mistakes=[
                    Mistake(
                        "not_divided",
                        lambda w, x, b, t, h: (
                            0.5 * ((w + h) * x + b - t) ** 2 - 0.5 * (w * x + b - t) ** 2
                        ),
                        "Divide by $h$.",
                    ),
                ],
            ),
            Step(
                "central",
                "The central difference $(C(w+h) - C(w-h))/(2h)$",
                lambda w, x, b, t, h: (
                    (0.5 * ((w + h) * x + b - t) ** 2 - 0.5 * ((w - h) * x + b - t) ** 2) / (2 * h)
                ),
                number(decimals=3),
                marks=2,
                hint="For a parabola you can know the result without computing.",
                explain="The errors of the two sides cancel: for a parabola it is exact, "
                "{central:}.",
                mistakes=[
                    Mistake(
                        "over_h",
                        lambda w, x, b, t, h: (
                            (0.5 * ((w + h) * x + b - t) ** 2 - 0.5 * ((w - h) * x + b - t) ** 2)
                            / h
                        ),
                        "The two points are $2h$ apart.",
                    ),
                ],
            ),
            Step(
                "passes",
                "A net has {n:} parameters. How many forward passes do forward differences need "
                "for its whole gradient?",
                lambda n: n + 1,
                integer(),
                hint="One for each, and one more.",
                explain="One per nudged parameter and one without a nudge: {passes:}. "
                "Backpropagation needs one pass forward and one back.",
                mistakes=[
                    Mistake("n", lambda n: n, "The pass without a nudge is missing."),
                    Mistake("2n", lambda n: 2 * n, "That is the price of central differences."),
                ],
            ),
        ],
    )


@exercise_type(
    "backpropagation.shapes",
    topic="backpropagation",
    title="A layer as a matrix: products forward and back",
    minutes=6,
    sources=["004:E09", "004:12"],
    variants={
        "lecture": {"W": [[1, 2, 3], [4, 5, 6]], "z": [1, 2, 1], "delta": [1, -1]},
    },
)
def shapes(draw: Draw) -> Exercise:
    flat = draw.integers("W", 6, -4, 5, exclude=[0])
    W = flat if "W" in draw.fixed else [flat[:3], flat[3:]]
    return Exercise(
        "A layer has 3 inputs and 2 units, with the weights $W = {W:}$ and no biases. The outputs "
        "of the layer before are $z = {z:}$; the deltas of this layer are $\\delta = {delta:}$.",
        givens={
            "W": W,
            "z": draw.integers("z", 3, -3, 4, exclude=[0]),
            "delta": draw.integers("delta", 2, -3, 3, exclude=[0]),
        },
        steps=[
            Step(
                "net",
                "The net inputs $W z$",
                lambda W, z: W @ z,
                vector(length=2, partial=True),
                marks=2,
                hint="A sum over all three inputs for each of the two units.",
                explain=lambda W, z: "\n".join(
                    f"- ${' '.join(f'{w * v:+g}' for w, v in zip(row, z, strict=True))} = "
                    f"{row @ z:g}$"
                    for row in W
                ),
                mistakes=[
                    Mistake(
                        "first_terms",
                        lambda W, z: W[:, 0] * z[0],
                        "You wrote the first terms only (so does the lecture, by a misprint): "
                        "each entry is a sum over all inputs.",
                    ),
                    Mistake(
                        "sums", lambda W, z: W.sum(axis=1) + 0 * z[0], "Weigh each by its input."
                    ),
                ],
            ),
            Step(
                "back",
                "What goes back, $W^T \\delta$",
                lambda W, delta: W.T @ delta,
                vector(length=3, partial=True),
                marks=2,
                hint="Three numbers, one per input: columns of $W$ times $\\delta$.",
                explain="Columns of $W$ times $\\delta$: {back:}.",
                mistakes=[
                    Mistake(
                        "column_sums",
                        lambda W, delta: W.sum(axis=0) + 0 * delta[0],
                        "Weigh each by its delta.",
                    ),
                ],
            ),
            Step(
                "gradient",
                "The gradient of the weights, $\\delta z^T$",
                lambda delta, z: np.outer(delta, z),
                matrix(2, 3),
                marks=2,
                hint="It has the shape of $W$; entry $(j, k)$ is $\\delta_j z_k$.",
                explain="Each entry is a delta times an input: {gradient:}.",
                mistakes=[
                    Mistake(
                        "weights_too",
                        lambda W, delta, z: W * np.outer(delta, z),
                        "The weights themselves do not enter their own gradient.",
                    ),
                ],
            ),
            Step(
                "shape",
                "The shape of the gradient of the *biases* of this layer",
                lambda delta: f"({len(delta)},)",
                choice(["(2,)", "(3,)", "(2, 3)", "(3, 2)"]),
                hint="One bias per unit.",
                explain="One bias per unit, and its gradient is the unit's delta.",
                mistakes=[
                    Mistake("inputs", lambda: "(3,)", "Biases belong to units, not to inputs."),
                    Mistake("matrix", lambda: "(2, 3)", "That is the shape of the weights."),
                ],
            ),
        ],
    )


def _levels(links):
    """Longest path to every unit, or None if there is a cycle (peeling off units without inputs)."""
    links = np.asarray(links)
    level, left = [0] * len(links), set(range(len(links)))
    while left:
        free = [j for j in left if not any(links[i, j] for i in left)]
        if not free:
            return None
        for i in free:
            left.remove(i)
            for j in np.flatnonzero(links[i]):
                level[j] = max(level[j], level[i] + 1)
    return level


@exercise_type(
    "backpropagation.topology",
    topic="backpropagation",
    title="Feed-forward or recurrent?",
    minutes=4,
    sources=["000A:45"],
    variants={
        "lecture-feed-forward": {
            "A": [[0, 0, 1, 1, 0], [0, 0, 1, 1, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 1], [0] * 5],
        },
        "lecture-recurrent": {
            "A": [[0, 0, 1, 1, 0], [0, 0, 1, 1, 0], [0, 0, 0, 0, 1], [0, 0, 1, 0, 1], [0, 0, 0, 1, 0]],
        },
    },
)  # fmt: skip
def topology(draw: Draw) -> Exercise:
    wanted = draw.choice("kind", ["feed-forward", "recurrent"]) if "A" not in draw.fixed else ""

    def candidate(d: Draw):
        order = d.shuffle("order", range(5))
        A = [[0] * 5 for _ in range(5)]
        for i in range(5):
            for j in range(5):
                chance = 5 if i < j else 1 if wanted == "recurrent" and i != j else 0
                A[order[i]][order[j]] = int(d.integer(f"link {i} {j}", 0, 9) < chance)
        return A

    def telling(A):
        found = _levels(A)
        fed = np.array(A).any(axis=0)
        if 0 < (~fed).sum() < 4 and 5 <= np.sum(A) <= 9:
            return (found is not None and max(found) >= 2) == (wanted == "feed-forward")
        return False

    A = draw.search("A", candidate, telling)
    return Exercise(
        "Five units are wired as the matrix says: row $i$, column $j$ is 1 if unit $i$ feeds unit "
        "$j$.\n\n$A = {A:}$",
        givens={"A": A},
        steps=[
            Step(
                "links",
                "How many connections are there?",
                lambda A: int(np.sum(A)),
                integer(),
                hint="Count the ones.",
                explain="The ones of the matrix: {links:}.",
                mistakes=[Mistake("entries", lambda A: A.size, "That is the number of entries.")],
            ),
            Step(
                "inputs",
                "Which units receive nothing from the others (input units)?",
                lambda A: [f"unit {j + 1}" for j in range(5) if not A[:, j].any()],
                choices([f"unit {j + 1}" for j in range(5)]),
                hint="A unit receives what stands in its column.",
                explain="Empty columns: {inputs:}.",
                mistakes=[
                    Mistake(
                        "rows",
                        lambda A: [f"unit {j + 1}" for j in range(5) if not A[j].any()],
                        "You looked at the rows: these units send nothing.",
                    )
                ],
            ),
            Step(
                "kind",
                "Is the net feed-forward or recurrent?",
                lambda A: "recurrent" if _levels(A) is None else "feed-forward",
                choice(["feed-forward", "recurrent"]),
                marks=2,
                hint="Take away the input units and their connections; are there new input units?",
                explain=lambda A, kind: (
                    "Taking away units without inputs, again and again, empties the net: no path "
                    "leads back."
                    if kind == "feed-forward"
                    else "Taking away units without inputs stops before the net is empty: what is "
                    "left contains a cycle."
                ),
                mistakes=[
                    Mistake(
                        "other",
                        lambda A: "feed-forward" if _levels(A) is None else "recurrent",
                        "Look for a path that comes back to where it began: one is enough, "
                        "and without one there are levels.",
                    )
                ],
            ),
        ],
    )


@exercise_type(
    "backpropagation.scale",
    topic="backpropagation",
    title="How steep must a sigmoid be to act as a step?",
    minutes=6,
    sources=["004:E08", "004:10"],
    variants={
        "lecture": {"w": [-2, -2], "b": 3, "eps": 0.05},
    },
)
def scale(draw: Draw) -> Exercise:
    def candidate(d: Draw):
        return [d.decimal("b", -4, 4, 0.5), *d.decimals("w", 2, -3, 3, 0.5, exclude=[0])]

    def telling(v):
        b, w1, w2 = v
        nets = np.array([b, b + w2, b + w1, b + w1 + w2])
        return np.all(nets != 0) and len(set(np.abs(nets))) >= 3 and 0 < (nets > 0).sum() < 4

    b, *w = (0, 0, 0) if "w" in draw.fixed else draw.search("weights", candidate, telling)
    w, b = draw.choice("w", [w]), draw.choice("b", [b])
    return Exercise(
        "A unit with the weights $w = {w:}$ and the bias $b = {b:}$ sees two bits. All three "
        "numbers are multiplied by $c > 0$, and the output is $\\sigma(c\\,(w\\cdot x + b))$ "
        "with $\\sigma(a) = 1/(1+e^{-a})$. For large $c$ it shall act like the perceptron "
        "$[w \\cdot x + b > 0]$, with an error of at most $\\varepsilon = {eps:}$.",
        givens={"w": w, "b": b, "eps": draw.choice("eps", [0.1, 0.05, 0.02, 0.01])},
        steps=[
            Step(
                "nets",
                "The net inputs for 00, 01, 10, 11 at $c = 1$",
                lambda w, b: [b, b + w[1], b + w[0], b + w[0] + w[1]],
                vector("00", "01", "10", "11", partial=True),
                marks=1,
                hint="$b$, $b + w_2$, $b + w_1$, $b + w_1 + w_2$.",
                explain="{nets:}",
                mistakes=[
                    Mistake(
                        "no_bias",
                        lambda w, b: [0 * b, w[1], w[0], w[0] + w[1]],
                        "The bias is missing.",
                    )
                ],
            ),
            Step(
                "hardest",
                "The smallest $\\vert w \\cdot x + b\\vert$ among them",
                lambda nets: np.abs(nets).min(),
                number(decimals=2),
                hint="The closer to 0, the steeper the sigmoid must be.",
                explain="The smallest distance from 0 is {hardest:}.",
                mistakes=[
                    Mistake(
                        "largest",
                        lambda nets: np.abs(nets).max(),
                        "The largest is right first; the smallest decides.",
                    ),
                    Mistake(
                        "signed",
                        lambda nets: np.min(nets),
                        "The sign does not matter, the distance from 0 does.",
                    ),
                ],
            ),
            Step(
                "c",
                "The smallest $c$ that does it",
                lambda hardest, eps: log((1 - eps) / eps) / hardest,
                number(significant=3),
                marks=2,
                hint="Solve $\\sigma(c\\,u) = 1 - \\varepsilon$ for the smallest $u$.",
                explain=lambda hardest, eps: (
                    f"$c\\,u = \\ln\\frac{{1-\\varepsilon}}{{\\varepsilon}} = "
                    f"{log((1 - eps) / eps):.4f}$, so $c = {log((1 - eps) / eps) / hardest:.4f}$."
                ),
                mistakes=[
                    Mistake(
                        "not_divided",
                        lambda hardest, eps: log((1 - eps) / eps) + 0 * hardest
                        if hardest != 1
                        else log(1 / eps),
                        "Solve for $c$: divide by the net input. (And the logarithm is of "
                        "$(1-\\varepsilon)/\\varepsilon$.)",
                    ),
                    Mistake(
                        "one_over_eps",
                        lambda hardest, eps: log(1 / eps) / hardest,
                        "$1/(1+e^{-cu}) = 1-\\varepsilon$ gives $e^{-cu} = "
                        "\\varepsilon/(1-\\varepsilon)$.",
                    ),
                ],
            ),
            Step(
                "zero",
                "If one of the net inputs were exactly 0, which $c$ would do it for that input?",
                lambda: "none: σ(0) = 1/2 for every c",
                choice(["none: σ(0) = 1/2 for every c", "c = 0", "every c", "a very large one"]),
                hint="What is $c \\cdot 0$?",
                explain="$\\sigma(c \\cdot 0) = \\frac12$ whatever $c$ is: the limit fails there.",
                mistakes=[
                    Mistake("large", lambda: "a very large one", "$c \\cdot 0 = 0$ for every $c$."),
                    Mistake("every", lambda: "every c", "Its output is one half, never 0 or 1."),
                ],
            ),
        ],
    )


@exercise_type(
    "backpropagation.bump",
    topic="backpropagation",
    title="A bump from two steep sigmoids",
    minutes=6,
    sources=["000A:48", "004:10"],
    variants={"lecture": {"p": 0.4, "q": 0.6, "k": 100, "height": 1, "H": 10}},
)
def bump(draw: Draw) -> Exercise:
    p = draw.decimal("p", 0.1, 0.5, 0.1)
    q = draw.decimal("q", 0.6, 0.9, 0.1)
    return Exercise(
        "A net 1:2:1 shall compute a bump: about ${height:}$ for ${p:} < x < {q:}$ and about 0 "
        "elsewhere. Both hidden units are sigmoid with the weight ${k:}$, "
        "$h_i = \\sigma({k:}\\,x + b_i)$; the first switches on at ${p:}$, the second at ${q:}$ "
        "($h_i = \\frac12$ there). The output is linear without bias, $z = v_1 h_1 + v_2 h_2$.",
        givens={
            "p": p,
            "q": q,
            "k": draw.choice("k", [50, 80, 100, 200]),
            "height": draw.integer("height", -4, 4, exclude=[0]),
            "H": draw.integer("H", 4, 60),
        },
        steps=[
            Step(
                "biases",
                "The biases $b_1$, $b_2$",
                lambda p, q, k: [-k * p, -k * q],
                vector("b1", "b2"),
                marks=2,
                hint="The net input must be 0 where the unit switches.",
                explain=lambda p, q, k: f"$b_i$ = −k times the place: {words([-k * p, -k * q])}.",
                mistakes=[
                    Mistake("sign", lambda p, q, k: [k * p, k * q], "$k p + b = 0$: minus."),
                    Mistake("places", lambda p, q, k: [-p, -q], "The weight is missing."),
                ],
            ),
            Step(
                "output",
                "The output weights $v_1$, $v_2$",
                lambda height: [height, -height],
                vector("v1", "v2"),
                marks=2,
                hint="Beyond both switches the output must be 0 again.",
                explain="On with the first, off with the second: {output:}.",
                mistakes=[
                    Mistake(
                        "same",
                        lambda height: [height, height],
                        "Then it stays up behind the second place.",
                    ),
                    Mistake("reversed", lambda height: [-height, height], "The sign is reversed."),
                ],
            ),
            Step(
                "parameters",
                "How many parameters has a net 1:H:1 with biases everywhere, for $H = {H:}$?",
                lambda H: 3 * H + 1,
                integer(),
                hint="Two per hidden unit going in, one coming out, and the output's bias.",
                explain="$3H + 1$ = {parameters:}.",
                mistakes=[
                    Mistake("no_bias", lambda H: 2 * H, "The biases are missing."),
                    Mistake("3H", lambda H: 3 * H, "The output unit has a bias as well."),
                ],
            ),
        ],
    )


@exercise_type(
    "backpropagation.setup",
    topic="backpropagation",
    title="Before training: size, starting weights, error",
    minutes=5,
    sources=["000A:50"],
    variants={"lecture": {"d": 100, "t": [1, -1, -1], "z": [0.6, -0.2, 0.5]}},
)
def setup(draw: Draw) -> Exercise:
    t = draw.shuffle("t", [1, -1, -1])
    z = draw.decimals("z", 3, -0.9, 0.9, 0.1, exclude=[0])
    return Exercise(
        "A net for three classes has $d = {d:}$ inputs. Follow the lecture's rules of thumb: a "
        "tenth as many hidden units as inputs; starting weights uniform in $\\pm 1/\\sqrt{n}$, "
        "$n$ the number of units that the layer receives from; targets $\\pm 1$. For one pattern "
        "the outputs are $z = {z:}$ and the targets $t = {t:}$.",
        givens={"d": draw.choice("d", [40, 50, 90, 100, 160, 250, 360, 490]), "t": t, "z": z},
        steps=[
            Step(
                "hidden",
                "The number of hidden units",
                lambda d: d // 10,
                integer(),
                hint="A tenth of the inputs.",
                explain="{d:} / 10 = {hidden:}.",
                mistakes=[Mistake("classes", lambda d: 3 + 0 * d, "That is the number of outputs.")],
            ),
            Step(
                "ranges",
                "The bounds of the starting weights: input to hidden, hidden to output",
                lambda d, hidden: [1 / sqrt(d), 1 / sqrt(hidden)],
                vector("hidden", "output", decimals=3),
                marks=2,
                hint="One over the root of the number of units that feed the layer.",
                explain=lambda d, hidden: (
                    f"$1/\\sqrt{{{d:g}}}$ and $1/\\sqrt{{{hidden:g}}}$: "
                    f"{words([1 / sqrt(d), 1 / sqrt(hidden)])}."
                ),
                mistakes=[
                    Mistake(
                        "no_root", lambda d, hidden: [1 / d, 1 / hidden], "The root is missing."
                    ),
                    Mistake(
                        "fan_out",
                        lambda d, hidden: [1 / sqrt(hidden), 1 / sqrt(3)],
                        "You took the number of units fed; take the number it receives from.",
                    ),
                ],
            ),
            Step(
                "sse",
                "The sum of squared errors $\\sum_c (t_c - z_c)^2$",
                lambda t, z: np.sum((t - z) ** 2),
                number(decimals=2),
                marks=2,
                hint="Targets are $\\pm1$, not 0 and 1.",
                explain=lambda t, z: f"Differences {words(t - z)}; squares {words((t - z) ** 2)}.",
                mistakes=[
                    Mistake(
                        "half",
                        lambda t, z: 0.5 * np.sum((t - z) ** 2),
                        "The half belongs to the derivation; it is not in this definition.",
                    ),
                    Mistake(
                        "zero_one",
                        lambda t, z: np.sum(((t + 1) / 2 - z) ** 2),
                        "The targets are $\\pm1$ here, not 0 and 1.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "backpropagation.slow",
    topic="backpropagation",
    title="Which weights learn slowly?",
    minutes=5,
    sources=["003:10", "004:12"],
    variants={
        "lecture-5": {"L": 5, "eps": 0.001, "z": [0, 0.5, 1], "out": [0.5, 1]},
        "lecture-10": {"L": 10, "eps": 0.000001, "z": [0, 0.5, 1], "out": [1, 0.5]},
    },
)
def slow(draw: Draw) -> Exercise:
    z = draw.shuffle("z", [0, 0.4, 0.9])
    out = draw.shuffle("out", [1, 0.6])
    return Exercise(
        "In a layer of sigmoid units the inputs from the layer before are $z = {z:}$, and the two "
        "units of the layer, which are output units, put out ${out:}$ (rounded: 1 means "
        "saturated, slope 0). Their targets are $0$, and the weight $w_{jk}$ leads from input $k$ "
        "to unit $j$. Below, a chain of $L = {L:}$ sigmoid layers with weights of size 1 is "
        "looked at.",
        givens={
            "z": z,
            "out": out,
            "L": draw.integer("L", 3, 12),
            "eps": draw.choice("eps", [0.01, 0.001, 0.0001, 0.00001]),
        },
        steps=[
            Step(
                "still",
                "Which weights do not move in the next gradient step?",
                lambda z, out: [
                    f"w{j + 1}{k + 1}"
                    for j in range(2)
                    for k in range(3)
                    if z[k] == 0 or out[j] in (0, 1)
                ],
                choices([f"w{j}{k}" for j in (1, 2) for k in (1, 2, 3)]),
                marks=2,
                hint="The gradient is $\\delta_j z_k$. When is one of the two factors 0?",
                explain="Silent input, or saturated unit: {still:}.",
                mistakes=[
                    Mistake(
                        "only_inputs",
                        lambda z, out: [
                            f"w{j + 1}{k + 1}" for j in range(2) for k in range(3) if z[k] == 0
                        ],
                        "A saturated unit has slope 0: none of its weights moves either.",
                    ),
                    Mistake(
                        "only_saturated",
                        lambda z, out: [
                            f"w{j + 1}{k + 1}"
                            for j in range(2)
                            for k in range(3)
                            if out[j] in (0, 1)
                        ],
                        "The weights from a silent input do not move either.",
                    ),
                ],
            ),
            Step(
                "bound",
                "The most that $L$ sigmoid slopes can multiply to",
                lambda L: 0.25**L,
                number(significant=3),
                hint="The largest slope of the sigmoid is 1/4.",
                explain=lambda L: f"$(1/4)^{{{L:g}}} = {0.25**L:.4g}$",
                mistakes=[
                    Mistake("sum", lambda L: 0.25 * L, "Along a chain slopes multiply."),
                    Mistake("half", lambda L: 0.5**L, "σ(0) is 1/2, its slope there is 1/4."),
                ],
            ),
            Step(
                "depth",
                "The smallest number of layers for which this bound is below ${eps:}$",
                lambda eps: ceil(log(eps) / log(0.25)),
                integer(),
                hint="Solve $0.25^L < \\varepsilon$; mind the sign when you divide.",
                explain=lambda eps: (
                    f"$\\ln {eps:g} / \\ln 0.25 = {log(eps) / log(0.25):.3f}$, rounded up."
                ),
                mistakes=[
                    Mistake(
                        "rounded_down",
                        lambda eps: int(log(eps) / log(0.25)),
                        "Round up: the bound must be *below*.",
                    ),
                    Mistake(
                        "base_half",
                        lambda eps: ceil(log(eps) / log(0.5)),
                        "The largest slope is 1/4, not 1/2.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "backpropagation.neuron",
    topic="backpropagation",
    title="The gradient of one ReLU neuron",
    minutes=8,
    sources=["000B:13"],
    variants={
        "lecture": {
            "X": [[1, 2], [-1, -1], [2, 0]], "y": [1, 2, 0.5], "w": [0.5, 1], "b": -0.25,
            "eta": 0.1,
        },
    },
)  # fmt: skip
def neuron(draw: Draw) -> Exercise:
    def candidate(d: Draw):
        flat = d.integers("X", 6, -2, 3)
        w, b = d.decimals("w", 2, -1.5, 1.5, 0.5, exclude=[0]), d.decimal("b", -1, 1, 0.5)
        X = [flat[:2], flat[2:4], flat[4:]]
        return [X, d.decimals("y", 3, 0.5, 3, 0.5), w, b]

    def telling(v):
        X, y, w, b = np.array(v[0]), np.array(v[1]), np.array(v[2]), v[3]
        net = X @ w + b
        on = net > 0
        right = 2 / 3 * ((net - y) * on) @ X
        wrong = 2 / 3 * (net - y) @ X
        return (
            on.sum() == 2 and np.all(net != 0) and np.all(right != 0)
            and np.all(np.abs(right - wrong) > 0.1) and len({tuple(r) for r in v[0]}) == 3
        )  # fmt: skip

    X, y, w, b = [0] * 4 if "X" in draw.fixed else draw.search("neuron", candidate, telling)
    return Exercise(
        "A neuron puts out $\\max(0, w \\cdot x + b)$ with $w = {w:}$, $b = {b:}$. The patterns "
        "are the rows of $X = {X:}$, the targets $y = {y:}$, and the cost is the mean over the "
        "three of $(y_i - \\max(0, w \\cdot x_i + b))^2$, without one half. The learning rate is "
        "$\\eta = {eta:}$. Give 4 decimals.",
        givens={
            "X": draw.choice("X", [X]),
            "y": draw.choice("y", [y]),
            "w": draw.choice("w", [w]),
            "b": draw.choice("b", [b]),
            "eta": draw.choice("eta", [0.1, 0.05, 0.2]),
        },
        steps=[
            Step(
                "net",
                "The three net inputs",
                lambda X, w, b: X @ w + b,
                vector(length=3, partial=True),
                marks=1,
                hint="Row times weights, plus bias.",
                explain="{net:}",
                mistakes=[Mistake("no_bias", lambda X, w: X @ w, "The bias is missing.")],
            ),
            Step(
                "C",
                "The cost",
                lambda net, y: np.mean((y - np.maximum(net, 0)) ** 2),
                number(decimals=3),
                marks=1,
                hint="A silent neuron puts out 0; the mean is over all three.",
                explain=lambda net, y: (
                    f"Errors {words(np.maximum(net, 0) - y)}; mean of their squares."
                ),
                mistakes=[
                    Mistake(
                        "no_relu",
                        lambda net, y: np.mean((y - net) ** 2),
                        "Where the net input is negative the output is 0.",
                    ),
                    Mistake(
                        "sum",
                        lambda net, y: np.sum((y - np.maximum(net, 0)) ** 2),
                        "The cost is the mean, not the sum.",
                    ),
                ],
            ),
            Step(
                "gradient_w",
                "The gradient by $w$",
                lambda net, y, X: 2 / 3 * ((net - y) * (net > 0)) @ X,
                vector("dw1", "dw2", decimals=3),
                marks=3,
                hint="$\\frac2N \\sum_i [net_i > 0]\\,(net_i - y_i)\\,x_i$",
                explain=lambda net, y, X: (
                    f"Masked errors {words((net - y) * (net > 0))}, times the rows of $X$, "
                    f"times 2/3: {words(2 / 3 * ((net - y) * (net > 0)) @ X)}."
                ),
                mistakes=[
                    Mistake(
                        "no_mask",
                        lambda net, y, X: 2 / 3 * (net - y) @ X,
                        "A silent neuron has slope 0: its pattern does not count. (The lecture's "
                        "last line drops this indicator.)",
                    ),
                    Mistake(
                        "sign",
                        lambda net, y, X: -2 / 3 * ((net - y) * (net > 0)) @ X,
                        "The sign is turned round: this is the way down.",
                    ),
                    Mistake(
                        "no_two",
                        lambda net, y, X: 1 / 3 * ((net - y) * (net > 0)) @ X,
                        "The square brings a factor 2.",
                    ),
                ],
            ),
            Step(
                "gradient_b",
                "The gradient by $b$",
                lambda net, y: 2 / 3 * np.sum((net - y) * (net > 0)),
                number(decimals=3),
                hint="The same with $x_i$ replaced by 1.",
                explain=lambda net, y: f"2/3 of {np.sum((net - y) * (net > 0)):.4g}.",
                mistakes=[
                    Mistake(
                        "no_mask",
                        lambda net, y: 2 / 3 * np.sum(net - y),
                        "The silent pattern does not count.",
                    )
                ],
            ),
            Step(
                "w_new",
                "The weights after one step",
                lambda w, eta, gradient_w: w - eta * gradient_w,
                vector("w1", "w2", decimals=3),
                hint="Against the gradient.",
                explain=lambda w, eta, gradient_w: f"{words(w - eta * gradient_w)}",
                mistakes=[
                    Mistake(
                        "uphill",
                        lambda w, eta, gradient_w: w + eta * gradient_w,
                        "Against the gradient: minus.",
                    )
                ],
            ),
        ],
    )


@exercise_type(
    "backpropagation.identity",
    topic="backpropagation",
    title="Squeezing one-hot patterns through a narrow layer",
    minutes=3,
    sources=["003:09"],
    variants={"lecture": {"N": 8, "hidden": [0.95, 0.97, 0.71]}},
)
def identity(draw: Draw) -> Exercise:
    N = draw.integer("N", 5, 60)
    hidden = draw.search(
        "hidden",
        lambda d: d.decimals("h", 3, 0.02, 0.98, 0.03),
        lambda h: 0 < sum(v > 0.5 for v in h) < 3 and all(abs(v - 0.5) > 0.1 for v in h),
    )
    return Exercise(
        "A sigmoid net shall reproduce each of $N = {N:}$ one-hot patterns at its output (an "
        "$N$:$H$:$N$ identity net), with a different on-off code of its $H$ hidden units for each. "
        "After training, one pattern of a net with three hidden units gives the hidden outputs "
        "$h = {hidden:}$.",
        givens={"N": N, "hidden": hidden},
        steps=[
            Step(
                "H",
                "The fewest hidden units that can hold $N$ different codes of 0 and 1",
                lambda N: ceil(log2(N)),
                integer(),
                hint="$H$ units have $2^H$ codes.",
                explain=lambda N, H: f"$2^{{{H - 1}}} < {N:g} \\le 2^{{{H}}}$.",
                mistakes=[
                    Mistake("half", lambda N: N // 2, "Codes double with every unit: $2^H$."),
                    Mistake("one_more", lambda N: ceil(log2(N)) + 1, "One less is enough."),
                ],
            ),
            Step(
                "parameters",
                "Weights and biases of $N$:$H$:$N$ with this $H$",
                lambda N, H: 2 * N * H + N + H,
                integer(),
                marks=2,
                hint="Two matrices, and a bias for every unit that is not an input.",
                explain="$2 N H + N + H$ = {parameters:}.",
                mistakes=[
                    Mistake("no_biases", lambda N, H: 2 * N * H, "The biases are missing."),
                    Mistake("input_biases", lambda N, H: 2 * N * (H + 1) + H, "Inputs have none."),
                ],
            ),
            Step(
                "code",
                "The code of the pattern, each unit read as 1 above one half, else 0",
                lambda hidden: [int(h > 0.5) for h in hidden],
                vector("h1", "h2", "h3"),
                hint="Compare each with 0.5.",
                explain="Above one half is 1: {code:}.",
                mistakes=[
                    Mistake(
                        "turned", lambda hidden: [int(h < 0.5) for h in hidden], "1 is *above*."
                    )
                ],
            ),
        ],
    )


QUESTIONS = [
    Question(
        "What does the universal approximation theorem promise?",
        "That some net with one hidden layer comes close to any continuous function",
        [
            (
                "That gradient descent finds the weights of a good net from any start",
                "It says nothing about training.",
            ),
            (
                "That a net with one hidden layer is better than a deep one of equal size",
                "It says nothing about size; deep nets can be far smaller.",
            ),
            (
                "That a net with small training error also has a small error on new data",
                "It says nothing about data that was not seen.",
            ),
        ],
        "It is a statement of existence, on a bounded and closed set, with enough units.",
        "Existence, construction, or training?",
    ),
    Question(
        "Why do all hidden units stay equal if they start with equal weights?",
        "They get equal deltas and inputs, so equal steps",
        [
            ("Their gradients are zero, so they never move", "They move, but all in the same way."),
            (
                "The output unit can only read one of them at a time",
                "It reads all of them; they just say the same.",
            ),
            (
                "The learning rate is shared by all the units of a layer",
                "It is, but different gradients would still part them.",
            ),
        ],
        "Nothing tells them apart: random starting weights break the symmetry.",
        "Look at the equation of the hidden delta.",
    ),
    Question(
        "What does backpropagation compute?",
        "The gradient of the cost by all weights",
        [
            ("The best weights for the training set", "That is what an optimiser looks for."),
            ("The error that each unit makes on the test set", "Only training data is involved."),
            (
                "The second derivatives that tell how curved the cost is",
                "Only first derivatives; see Newton's method for the second.",
            ),
        ],
        "It is the chain rule, applied in a clever order. What is done with the gradient is the "
        "optimiser's business.",
        "It is an algorithm for a derivative.",
    ),
    Question(
        "Lecture 003 says that nodes with higher error get lower weights. What is right?",
        "A weight moves against its gradient, up or down",
        [
            ("Higher error always means a lower weight", "A negative gradient raises the weight."),
            ("Weights move in proportion to their own size", "That would be weight decay."),
            (
                "Only the weights of the unit with the highest error move",
                "All weights with a gradient move.",
            ),
        ],
        "The step is minus the learning rate times the gradient, whose sign may be either.",
        "What sign can a gradient have?",
    ),
    Question(
        "Why must the values of the forward pass be kept?",
        "The slopes and gradients are made of them",
        [
            (
                "They are the targets of the next epoch in every layer",
                "Targets come from the data alone.",
            ),
            ("To compute the cost once more after the update", "The update needs no second cost."),
            (
                "They are needed only to draw the learning curve later on",
                "The learning curve needs the cost alone.",
            ),
        ],
        "BP2 needs the slopes at $a^l$, BP4 the outputs $z^{l-1}$.",
        "Which symbols stand in BP2 and BP4?",
    ),
    Question(
        "You call `backward()` twice on the same loss without clearing the gradients. What happens?",
        "The stored gradients are doubled",
        [
            ("The second call changes nothing", "Gradients are added to what is there."),
            ("The gradients are replaced by new ones", "They accumulate; nothing is replaced."),
            (
                "The second derivatives are computed and stored",
                "That needs a graph of the gradient itself.",
            ),
        ],
        "Gradients add up by design: a variable used twice, or two losses, must be summed.",
        "Replace, or add?",
    ),
    Question(
        "Why is reverse mode used for networks, and not forward mode?",
        "There is one output and there are many weights",
        [
            ("Forward mode is less exact", "Both are exact to rounding."),
            ("Reverse mode needs no memory for the values", "It needs more: all values are kept."),
            (
                "Forward mode cannot handle functions with several branches",
                "It can; it differs in what one pass delivers.",
            ),
        ],
        "One reverse pass gives the slopes of one output by everything; one forward pass gives the "
        "slopes of everything by one input.",
        "Count inputs and outputs of the cost.",
    ),
]


@exercise_type(
    "backpropagation.theory",
    topic="backpropagation",
    title="What backpropagation is, and is not",
    minutes=2,
    sources=["000A:48", "000A:53", "003:08", "004:12", "000B:20"],
)
def backpropagation_theory(draw: Draw) -> Exercise:
    return theory(draw, QUESTIONS)
