"""Recurrent networks: cells and gates by hand, error through time, windows, filters, agreement."""

from __future__ import annotations

from itertools import product
from math import ceil, floor, log, log2, tanh

import numpy as np

from course_lib.exam.answers import choice, integer, number, vector
from course_lib.exam.arithmetic import over, plus, sigmoid
from course_lib.exam.draw import Draw
from course_lib.exam.exercise import Exercise, Mistake, Step, exercise_type
from course_lib.exam.theory import Question, theory


def act(name: str, a: float) -> float:
    """tanh or ReLU of one number."""
    return max(a, 0.0) if name == "ReLU" else tanh(a)


# --- the plain cell ---------------------------------------------------------------------------------


@exercise_type(
    "recurrent.forward",
    topic="recurrent",
    title="Three steps of a recurrent unit",
    minutes=5,
    sources=["001:43", "004:22", "000B:30"],
    variants={
        "notes-001": {"name": "tanh", "w": 0.5, "v": 0.8, "b": 0, "h0": 0, "x": [1, 0, -1]},
        "notes-004": {"name": "tanh", "w": 0.5, "v": 0.8, "b": 0, "h0": 0, "x": [1, 0, 1]},
        "lecture": {"name": "ReLU", "w": 0.5, "v": 0.25, "b": -1, "h0": 1, "x": [2, 4, 3]},
    },
)
def forward(draw: Draw) -> Exercise:
    name = draw.choice("name", ["tanh", "tanh", "tanh", "ReLU"])
    w = draw.decimal("w", 0.5, 1.5, 0.1)
    v = draw.decimal("v", 0.3, 0.9, 0.1)
    b = draw.choice("b", [0, 0.1, 0.2])
    h0 = draw.choice("h0", [0.2, 0.4, 0.5])
    x = draw.search(
        "x", lambda m: m.integers("x", 3, -1, 2), lambda u: u[0] != 0 and len(set(u)) > 1
    )
    steps = [
        Step(
            f"h{t}",
            f"$h_{t}$",
            lambda now, x, w, v, b, name, t=t: act(name, w * x[t - 1] + v * now + b),
            number(decimals=3),
            uses={"now": f"h{t - 1}"},
            hint="The input of this step times $w$, the last state times $v$, the bias; then the activation.",
            explain=lambda now, x, w, v, b, name, t=t: (
                f"{name} of ${w:g} \\cdot ({x[t - 1]:g}) + {v:g} \\cdot {now:.4g} + {b:g} = {w * x[t - 1] + v * now + b:.4g}$."
            ),
            mistakes=[
                Mistake("forgot", lambda x, w, b, name, t=t: act(name, w * x[t - 1] + b), "The last state is missing: that is its memory."),
                Mistake("linear", lambda now, x, w, v, b, t=t: w * x[t - 1] + v * now + b, "The activation is missing."),
                Mistake("swapped", lambda now, x, w, v, b, name, t=t: act(name, v * x[t - 1] + w * now + b), "$w$ belongs to the input, $v$ to the state."),
            ],
        )
        for t in (1, 2, 3)
    ]  # fmt: skip
    return Exercise(
        "A recurrent unit computes $h_t = f(w\\,x_t + v\\,h_{t-1} + b)$ with $f$ = {name:}, $w = {w:}$, "
        "$v = {v:}$, $b = {b:}$. It starts in $h_0 = {h0:}$ and reads $x_1, x_2, x_3 = {x:}$.",
        givens={"name": name, "w": w, "v": v, "b": b, "h0": h0, "x": x},
        steps=[
            *steps,
            Step(
                "weights",
                "How many weights (with biases) has a layer of {n:d} such units with {m:d} inputs each?".replace("{n:d}", "20").replace("{m:d}", "10"),
                lambda: 20 * 10 + 20 * 20 + 20,
                integer(),
                hint="Every unit sees every input and every unit's last state, and has one bias.",
                explain="$20 \\cdot 10 + 20 \\cdot 20 + 20 = 620$ (torch keeps two biases per unit: 640).",
                mistakes=[
                    Mistake("one_loop", lambda: 20 * 10 + 20 + 20, "Each unit gets the last states of all 20 units, not only its own."),
                    Mistake("no_bias", lambda: 600, "The biases are missing."),
                ],
            ),
        ],
    )  # fmt: skip


def states(x, w, v, h0):
    h = [h0]
    for now in x:
        h.append(tanh(w * now + v * h[-1]))
    return np.array(h[1:])


def copies(x, v, h0, h, y):
    """dE/dv of each of the three copies, in order of time."""
    past, error, out = [h0, *h[:-1]], h[-1] - y, []
    for t in (2, 1, 0):
        delta = error * (1 - h[t] ** 2)
        out.append(delta * past[t])
        error = delta * v
    return np.array(out[::-1])


def back(v, h, y):
    """dE/dh0."""
    return (h[-1] - y) * float(np.prod(1 - np.asarray(h) ** 2)) * v**3


@exercise_type(
    "recurrent.bptt",
    topic="recurrent",
    title="Backpropagation through three steps",
    minutes=9,
    sources=["001:44", "003:56", "004:22", "000B:30"],
    variants={
        "notes-001": {"w": 0.5, "v": 0.8, "h0": 0.2, "x": [1, 0, -1], "y": 1},
        "notes-003": {"w": 1, "v": 0.5, "h0": 0, "x": [1, 0, -1], "y": 0.5},
    },
)
def bptt(draw: Draw) -> Exercise:
    w = draw.decimal("w", 0.4, 1, 0.1)
    v = draw.decimal("v", 0.5, 0.9, 0.1)
    h0 = draw.choice("h0", [0.1, 0.2, 0.3, 0.4])
    x = draw.choice("x", [[1, 0, -1], [1, 1, 0], [-1, 1, 1], [1, -1, 1], [2, 0, 1]])
    y = draw.choice("y", [1, -1, 0.9])
    return Exercise(
        "$h_t = \\tanh(w\\,x_t + v\\,h_{t-1})$ with $w = {w:}$, $v = {v:}$, $h_0 = {h0:}$ reads {x:}. The loss "
        "is $E = \\frac12(h_3 - y)^2$ with $y = {y:}$. The error travels back through all three steps.",
        givens={"w": w, "v": v, "h0": h0, "x": x, "y": y},
        steps=[
            Step("h", "The states $h_1, h_2, h_3$", states, vector(length=3, decimals=3, partial=True), marks=2,
                 hint="Forward first, step by step.", explain=lambda h: f"$h = ({', '.join(f'{a:.4f}' for a in h)})$.",
                 mistakes=[Mistake("memoryless", lambda x, w: np.tanh(w * np.asarray(x)), "The last state times $v$ is missing.")]),
            Step("error", "$\\partial E/\\partial h_3$", lambda h, y: h[-1] - y, number(decimals=3),
                 hint="Output minus target.", explain="$h_3 - y$.",
                 mistakes=[Mistake("sign", lambda h, y: y - h[-1], "It is $h_3 - y$."),
                           Mistake("loss", lambda h, y: (h[-1] - y) ** 2 / 2, "That is the loss itself.")]),
            Step("parts", "What each copy of $v$ asks for: the parts of $\\partial E/\\partial v$ of the steps 1, 2, 3", lambda x, v, h0, h, y: copies(x, v, h0, h, y),
                 vector(length=3, decimals=3, partial=True), marks=3,
                 hint="$\\delta_t = \\frac{\\partial E}{\\partial h_t}(1 - h_t^2)$, the part is $\\delta_t h_{t-1}$, and $\\frac{\\partial E}{\\partial h_{t-1}} = v\\,\\delta_t$.",
                 explain=lambda parts: "Backwards in time: " + ", ".join(f"{a:.4f}" for a in parts[::-1]) + ".",
                 mistakes=[Mistake("no_slope", lambda v, h0, h, y: (h[-1] - y) * np.array([v * v * h0, v * h[0], h[1]]), "Each passage through a tanh multiplies by $1 - h_t^2$."),
                           Mistake("no_v", lambda h0, h, y: np.array([(h[2] - y) * np.prod(1 - np.asarray(h) ** 2) * h0, (h[2] - y) * (1 - h[2] ** 2) * (1 - h[1] ** 2) * h[0], (h[2] - y) * (1 - h[2] ** 2) * h[1]]), "Each step back multiplies by $v$ as well.")]),
            Step("total", "$\\partial E/\\partial v$", lambda parts: float(np.sum(parts)), number(decimals=3), marks=2,
                 hint="The three copies are one weight.", explain=lambda parts: f"${plus(parts)}$: the sum.",
                 mistakes=[Mistake("mean", lambda parts: float(np.mean(parts)), "The gradient is the sum. (Lecture 001 averages: that is the gradient with a learning rate three times smaller.)"),
                           Mistake("last", lambda parts: parts[-1], "That stops after one step back.")]),
            Step("truncated", "The same, if the error may travel back only two steps (truncated)", lambda parts: parts[-1] + parts[-2],
                 number(decimals=3), hint="Leave out the oldest copy.", explain="Copies 3 and 2.",
                 mistakes=[Mistake("oldest", lambda parts: parts[0] + parts[1], "The error starts at the end: copies 3 and 2 are reached.")]),
            Step("start", "$\\partial E/\\partial h_0$", lambda v, h, y: back(v, h, y), number(decimals=4), marks=2,
                 hint="Three slopes, three times $v$.", explain="$(h_3 - y)\\prod_t (1 - h_t^2)\\,v^3$.",
                 mistakes=[Mistake("twice", lambda v, h, y: over(back(v, h, y), v), "Three steps back: $v^3$.")]),
        ],
    )  # fmt: skip


# --- how far the error gets ---------------------------------------------------------------------


def largest(name: str) -> float:
    return 0.25 if name == "sigmoid" else 1.0


@exercise_type(
    "recurrent.flow",
    topic="recurrent",
    title="How far back does the error reach?",
    minutes=5,
    sources=["001:45", "003:56", "000B:30"],
    variants={
        "notes-001": {"name": "sigmoid", "v": 0.9, "k": 10, "p": 3},
        "notes-004": {"name": "tanh", "v": 0.9, "k": 50, "p": 2},
    },
)
def flow(draw: Draw) -> Exercise:
    name = draw.choice("name", ["sigmoid", "tanh"])
    v = draw.search(
        "v", lambda m: m.decimal("v", 0.5, 3, 0.1), lambda u: 0.3 <= u * largest(name) <= 0.95
    )
    k = draw.integer("k", 4, 12)
    p = draw.integer("p", 2, 4)
    return Exercise(
        "A recurrent unit with the activation {name:} has the recurrent weight $v = {v:}$. One step back in time "
        "multiplies the error by $v\\,f'(a)$.",
        givens={"name": name, "v": v, "k": k, "p": p},
        steps=[
            Step("factor", "The largest possible factor per step", lambda v, name: v * largest(name), number(decimals=4),
                 hint="How steep is the activation at its steepest? sigmoid ¼, tanh 1.", explain="$v \\cdot \\max f'$ = {factor:}.",
                 mistakes=[Mistake("half", lambda v: v * 0.5, "The largest slope of the sigmoid is ¼, that of tanh 1. (A lecture prints 0.5.)"),
                           Mistake("swapped", lambda v, name: v * (1.25 - largest(name)), "Sigmoid ¼, tanh 1.")]),
            Step("bound", "What is at most left of an error after {k:d} steps back?", lambda factor, k: factor**k, number(significant=2), marks=2,
                 hint="The factors multiply.", explain="{factor:}$^{k:d}$.",
                 mistakes=[Mistake("times", lambda factor, k: factor * k, "The factors multiply, they do not add."),
                           Mistake("one_less", lambda factor, k: factor ** (k - 1), "{k:d} steps back are {k:d} factors.")]),
            Step("lag", "The largest number of steps for which the bound is still at least $10^{-{p:d}}$", lambda factor, p: floor(-p * log(10) / log(factor) + 1e-9), integer(), marks=2,
                 hint="$\\text{factor}^k \\ge 10^{-p}$: take logarithms; both are negative.", explain="$\\lfloor p \\ln 10 / (-\\ln \\text{factor}) \\rfloor$.",
                 mistakes=[Mistake("up", lambda factor, p: ceil(-p * log(10) / log(factor)), "Round down: the next step is below."),
                           Mistake("no_ten", lambda factor, p: floor(-p / log(factor)), "$\\ln 10^{-p} = -p\\ln 10$.")]),
            Step("edge", "From which $v$ on is the bound no longer shrinking?", lambda name: 1 / largest(name), number(decimals=3),
                 hint="Factor 1.", explain="$1/\\max f'$. Above it the error *may* explode; it need not.",
                 mistakes=[Mistake("other", lambda name: 5 - 1 / largest(name), "Set $v \\max f' = 1$ for this activation.")]),
        ],
    )  # fmt: skip


@exercise_type(
    "recurrent.clip",
    topic="recurrent",
    title="Clipping a gradient",
    minutes=3,
    sources=["000B:30"],
    variants={"lecture": {"g": [7, 9, 12], "c": 5}},
)
def clipping(draw: Draw) -> Exercise:
    g = draw.search(
        "g", lambda m: m.integers("g", 3, -12, 12), lambda u: np.hypot.reduce(u) > 9 and 0 not in u
    )
    c = draw.choice("c", [2, 3, 4, 5, 6])
    return Exercise(
        "The gradient is $g = {g:}$; gradients are clipped to the length {c:d}.",
        givens={"g": g, "c": c},
        steps=[
            Step("length", "The length of $g$", lambda g: float(np.sqrt((g**2).sum())), number(decimals=3),
                 hint="Root of the sum of squares.", explain=lambda g: f"$\\sqrt{{{plus(g**2)}}}$.",
                 mistakes=[Mistake("sum", lambda g: float(np.abs(g).sum()), "That is the sum of absolute values."), Mistake("square", lambda g: float((g**2).sum()), "Take the root.")]),
            Step("clipped", "The clipped gradient", lambda g, c, length: g * over(c, length), vector(length=3, decimals=3, partial=True), marks=2,
                 hint="Shorten, keep the direction: times $c/\\Vert g\\Vert$.", explain="$g \\cdot {c:d} / \\Vert g\\Vert$.",
                 mistakes=[Mistake("each", lambda g, c: np.clip(g, -c, c), "That clips every entry and turns the direction."), Mistake("unit", lambda g, length: g / length, "That has length 1.")]),
            Step("small", "What becomes of $g/10$ if its length is below {c:d}? Give its first entry.", lambda g, c, length: (g[0] / 10 if length / 10 < c else g[0] * c / length), number(decimals=3),
                 hint="Short gradients are left alone.", explain="It is not longer than allowed: unchanged.",
                 mistakes=[Mistake("stretched", lambda clipped: clipped[0], "Clipping only shortens.")]),
        ],
    )  # fmt: skip


# --- gates --------------------------------------------------------------------------------------


def gate_step(key: str, words: str, weights: str, candidate: bool = False) -> Step:
    """One gate of an LSTM or GRU: activation of weights . (x, h, 1)."""
    f = tanh if candidate else sigmoid
    other = sigmoid if candidate else tanh
    return Step(
        key,
        words,
        lambda x, h, u: f(u[0] * x + u[1] * h + u[2]),
        number(decimals=3),
        uses={"u": weights},
        hint="Weight of the input times $x$, weight of the state times $h$, bias; then "
        + ("tanh." if candidate else "the sigmoid."),
        explain=lambda x, h, u: f"net input ${u[0]:g} \\cdot {x:g} + ({u[1]:g}) \\cdot {h:g} + {u[2]:g} = {u[0] * x + u[1] * h + u[2]:.4g}$.",
        mistakes=[
            Mistake("other", lambda x, h, u: other(u[0] * x + u[1] * h + u[2]), "Gates use the sigmoid, the candidate tanh."),
            Mistake("no_state", lambda x, u: f(u[0] * x + u[2]), "The state is an input too."),
        ],
    )  # fmt: skip


@exercise_type(
    "recurrent.lstm",
    topic="recurrent",
    title="One step of an LSTM",
    minutes=8,
    sources=["000B:31", "001:46", "003:57", "004:23"],
    variants={
        "lecture": {"wf": [0.5, 0.1, 0], "wi": [0.6, -0.2, 0], "wo": [0.3, 0.4, 0.1], "wc": [0.7, 0.2, 0], "x": 1, "h": 0.5, "C": 0.2},
        "notes-001": {"wf": [0.5, 0.5, 1], "wi": [0.5, 0.5, 0], "wo": [0.5, 0.5, 0], "wc": [0.5, 0.5, 0], "x": 1, "h": 0.5, "C": 1},
        "notes-003": {"wf": [0, 0, 1], "wi": [0, 0, 0.5], "wo": [0, 0, 0.2], "wc": [0, 0, 0.8], "x": 1, "h": 0.5, "C": 0.5},
        "notes-004": {"wf": [0.5, 0.5, 0], "wi": [0.5, 0.5, 0], "wo": [0.5, 0.5, 0], "wc": [0.5, 0.5, 0], "x": 1, "h": 0, "C": 0},
    },
)  # fmt: skip
def lstm(draw: Draw) -> Exercise:
    def gate(name: str):
        return draw.search(
            name,
            lambda m: [*m.decimals(f"{name}a", 2, -0.8, 0.9, 0.1, exclude=[0]), m.choice(f"{name}b", [0, 0.1, 0.5, 1])],
            lambda u: abs(u[0]) + abs(u[1]) > 0.5,
        )  # fmt: skip

    given = {name: gate(name) for name in ("wf", "wi", "wo", "wc")}
    given |= {
        "x": draw.choice("x", [1, 2, -1]),
        "h": draw.choice("h", [0.5, -0.5, 0.4]),
        "C": draw.choice("C", [0.2, 0.8, 1, -0.6]),
    }
    return Exercise(
        "An LSTM with one unit has for each gate (weight of $x$, weight of $h$, bias): forget {wf:}, input {wi:}, "
        "output {wo:}, candidate {wc:}. Now $x = {x:}$, the last output is $h = {h:}$, the cell holds $C = {C:}$.",
        givens=given,
        steps=[
            gate_step("f", "Forget gate", "wf"),
            gate_step("i", "Input gate", "wi"),
            gate_step("o", "Output gate", "wo"),
            gate_step("candidate", "Candidate", "wc", candidate=True),
            Step("cell", "The new cell", lambda f, i, candidate, C: f * C + i * candidate, number(decimals=3), marks=2,
                 hint="Keep a share of the old, add a share of the candidate.", explain=lambda f, i, candidate, C: f"${f:.4g} \\cdot {C:g} + {i:.4g} \\cdot {candidate:.4g}$.",
                 mistakes=[Mistake("swapped", lambda f, i, candidate, C: i * C + f * candidate, "The forget gate acts on the old cell."),
                           Mistake("squashed", lambda f, i, candidate, C: tanh(f * C + i * candidate), "No tanh here: the cell is linear, that is its point."),
                           Mistake("rest", lambda f, candidate, C: f * C + (1 - f) * candidate, "That couples the gates as a GRU does.")]),
            Step("out", "The new output $h$", lambda o, cell: o * tanh(cell), number(decimals=3), marks=2,
                 hint="$o \\tanh C$.", explain="{o:} times tanh of {cell:}.",
                 mistakes=[Mistake("linear", lambda o, cell: o * cell, "tanh of the cell."), Mistake("open", lambda cell: tanh(cell), "Times the output gate.")]),
            Step("road", "By what does one step back along the cell multiply the error ($\\partial C_t/\\partial C_{t-1}$, direct road)?", lambda f: f, number(decimals=3),
                 hint="Differentiate $f\\,C + i\\,\\tilde C$ by $C$.", explain="The forget gate.",
                 mistakes=[Mistake("slope", lambda f: f * (1 - f), "No slope of a sigmoid: $f$ itself stands before $C$.")]),
        ],
    )  # fmt: skip


@exercise_type(
    "recurrent.gru",
    topic="recurrent",
    title="One step of a GRU, in both conventions",
    minutes=6,
    sources=["000B:33", "001:48"],
    variants={
        "lecture": {"wz": [0.5, 0.1, 0], "wr": [-0.2, 0.4, 0], "wc": [1, 0.8, 0], "x": 1, "h": 0.5},
        "notes-001": {
            "wz": [0.5, 0.5, 0],
            "wr": [0.5, 0.5, 0],
            "wc": [0.5, 0.5, 0],
            "x": 1,
            "h": 0.5,
        },
    },
)
def gru(draw: Draw) -> Exercise:
    def gate(name: str):
        return draw.search(
            name,
            lambda m: [*m.decimals(f"{name}a", 2, -0.8, 1, 0.1, exclude=[0]), 0],
            lambda u: min(map(abs, u[:2])) >= 0.2,
        )

    given = {name: gate(name) for name in ("wz", "wr", "wc")}
    given |= {"x": draw.choice("x", [1, 2, -1]), "h": draw.choice("h", [0.5, -0.5, 0.8])}
    return Exercise(
        "A GRU with one unit has (weight of $x$, weight of $h$, bias): update gate {wz:}, reset gate {wr:}, candidate "
        "{wc:}. Now $x = {x:}$, $h = {h:}$. The reset gate multiplies $h$ before its weight.",
        givens=given,
        steps=[
            gate_step("z", "Update gate", "wz"),
            gate_step("r", "Reset gate", "wr"),
            Step("candidate", "The candidate", lambda x, h, r, wc: tanh(wc[0] * x + wc[1] * r * h + wc[2]), number(decimals=3), marks=2,
                 hint="The state enters through the reset gate.", explain=lambda x, h, r, wc: f"tanh of ${wc[0]:g} \\cdot {x:g} + ({wc[1]:g}) \\cdot {r:.4g} \\cdot {h:g}$.",
                 mistakes=[Mistake("no_reset", lambda x, h, wc: tanh(wc[0] * x + wc[1] * h + wc[2]), "The reset gate is missing."),
                           Mistake("all", lambda x, h, r, wc: tanh(r * (wc[0] * x + wc[1] * h) + wc[2]), "It acts on the state only.")]),
            Step("new", "The new state, if $z$ is the share of the candidate (the lecture)", lambda z, candidate, h: (1 - z) * h + z * candidate, number(decimals=3), marks=2,
                 hint="$(1 - z)h + z\\tilde h$.", explain=lambda z, candidate, h: f"${1 - z:.4g} \\cdot {h:g} + {z:.4g} \\cdot {candidate:.4g}$.",
                 mistakes=[Mistake("both", lambda z, candidate, h: h + z * candidate, "The shares add up to 1."), Mistake("other", lambda z, candidate, h: z * h + (1 - z) * candidate, "That is torch's convention.")]),
            Step("torch", "The same, if $z$ is the share of the old state (torch)", lambda z, candidate, h: z * h + (1 - z) * candidate, number(decimals=3),
                 hint="Exchange the shares.", explain="$z h + (1 - z)\\tilde h$.",
                 mistakes=[Mistake("same", lambda new: new, "That is the other convention.")]),
        ],
    )  # fmt: skip


@exercise_type(
    "recurrent.gates",
    topic="recurrent",
    title="A forget gate that empties the memory at a full stop",
    minutes=5,
    sources=["004:E14", "004:23"],
    variants={"lecture": {"W": [[1, 1, 1, -10], [1, 1, 2, -10]], "h": [1, 1], "x": [0, 1], "C": [3, -2], "i": [1, 0], "c": [0.5, 0.9]}},
)  # fmt: skip
def gates(draw: Draw) -> Exercise:
    W = draw.search(
        "W",
        lambda m: [
            [*m.integers("a", 3, 1, 3), -10],
            [*m.integers("b", 3, -2, 3), m.choice("last", [-10, 1, 2])],
        ],
        lambda u: u[0][:3] != u[1][:3],
    )
    h = draw.choice("h", [[1, 1], [1, 0], [0, 1]])
    x = draw.choice("x", [[0, 1], [1, 0], [1, 1]])
    C = draw.integers("C", 2, -4, 5, exclude=[0])
    i = draw.choice("i", [[1, 0], [0, 1], [1, 1]])
    c = draw.decimals("c", 2, 0.1, 0.9, 0.1)
    return Exercise(
        "The forget gate of an LSTM with two units is $f = s(W\\,[h, x])$ with $W = {W:}$, no bias, and the step $s(a) = 1$ "
        "for $a > 0$, else 0, in place of the sigmoid. A full stop is coded $x = (0, 1)$. Now $h = {h:}$, $x = {x:}$, the "
        "cell holds {C:}, the input gate is {i:}, the candidate {c:}.",
        givens={"W": W, "h": h, "x": x, "C": C, "i": i, "c": c},
        steps=[
            Step("net", "The net inputs of the forget gate", lambda W, h, x: np.asarray(W) @ np.concatenate([h, x]), vector(length=2, decimals=2, partial=True),
                 hint="First $h$, then $x$, in one column.", explain="Each row of $W$ times $(h_1, h_2, x_1, x_2)$.",
                 mistakes=[Mistake("order", lambda W, h, x: np.asarray(W) @ np.concatenate([x, h]), "$[h, x]$: the state comes first.")]),
            Step("f", "The forget gate", lambda net: (np.asarray(net) > 0) * 1, vector(length=2, decimals=2, partial=True),
                 hint="1 if the net input is positive.", explain="Step function.",
                 mistakes=[Mistake("turned", lambda net: (np.asarray(net) <= 0) * 1, "1 means keep, and belongs to positive net inputs.")]),
            Step("cell", "The new cell", lambda f, C, i, c: np.asarray(f) * C + np.asarray(i) * c, vector(length=2, decimals=2, partial=True), marks=2,
                 hint="Entry by entry: $f C + i \\tilde C$.", explain="What is not kept is 0; then the input gate adds.",
                 mistakes=[Mistake("keeps", lambda C, i, c: C + np.asarray(i) * c, "The forget gate multiplies the old content."),
                           Mistake("all_in", lambda f, C, c: np.asarray(f) * C + c, "The input gate decides what of the candidate enters.")]),
            Step("stop", "For how many of the four $h \\in \\{0, 1\\}^2$ does a full stop $x = (0, 1)$ erase both entries?",
                 lambda W: sum(bool((np.asarray(W) @ np.array([*a, 0, 1]) <= 0).all()) for a in product((0, 1), repeat=2)), integer(), marks=2,
                 hint="Try all four states; both net inputs must not be positive.", explain="A weight of $-10$ on the stop outweighs all others.",
                 mistakes=[Mistake("one", lambda W: sum(bool((np.asarray(W) @ np.array([*a, 0, 1]) > 0).all()) for a in product((0, 1), repeat=2)), "Those keep both.")]),
        ],
    )  # fmt: skip


# --- how many weights ----------------------------------------------------------------------------


@exercise_type(
    "recurrent.weights",
    topic="recurrent",
    title="Counting the weights of recurrent layers",
    minutes=5,
    sources=["000B:30", "000B:31", "000B:33", "001:46", "001:48", "001:49", "004:23"],
    variants={"notes-001": {"n": 10, "h": 20, "L": 2}, "notes-004": {"n": 2, "h": 3, "L": 2}},
)
def weights(draw: Draw) -> Exercise:
    n, h = draw.integer("n", 2, 20), draw.integer("h", 3, 30)
    L = draw.integer("L", 2, 4)
    return Exercise(
        "A recurrent layer gets {n:d} inputs per step and has {h:d} hidden units; one bias per gate.",
        givens={"n": n, "h": h, "L": L},
        steps=[
            Step("rnn", "Weights of a plain recurrent layer", lambda n, h: n * h + h * h + h, integer(), hint="Input, state, bias.", explain="$h(n + h + 1)$.",
                 mistakes=[Mistake("diagonal", lambda n, h: n * h + h + h, "Every unit sees the states of all: $h \\cdot h$.")]),
            Step("lstm", "Weights of an LSTM layer", lambda rnn: 4 * rnn, integer(), hint="Three gates and the candidate.", explain="Four times as many.",
                 mistakes=[Mistake("three", lambda rnn: 3 * rnn, "The candidate has weights of its own.")]),
            Step("torch", "The same in torch, which keeps two biases per gate", lambda lstm, h: lstm + 4 * h, integer(), hint="One more vector per gate.", explain="Plus $4h$.",
                 mistakes=[Mistake("one", lambda lstm, h: lstm + h, "One more for each of the four.")]),
            Step("gru", "Weights of a GRU layer", lambda rnn: 3 * rnn, integer(), hint="Two gates and the candidate.", explain="¾ of the LSTM.",
                 mistakes=[Mistake("two", lambda rnn: 2 * rnn, "The candidate has weights of its own.")]),
            Step("both", "Numbers per step at the output of a bidirectional LSTM that concatenates", lambda h: 2 * h, integer(), hint="Two nets, side by side.", explain="$2h$; with sum, average or product it stays $h$.",
                 mistakes=[Mistake("sum", lambda h: h, "Concatenated, not added.")]),
            Step("deep", "Weights of {L:d} plain recurrent layers on top of each other", lambda n, h, rnn, L: rnn + (L - 1) * (2 * h * h + h), integer(), marks=2,
                 hint="The upper layers get $h$ numbers per step.", explain="$h(n + h + 1) + (L - 1)\\,h(2h + 1)$.",
                 mistakes=[Mistake("same", lambda rnn, L: L * rnn, "Only the lowest layer sees the input.")]),
        ],
    )  # fmt: skip


@exercise_type(
    "recurrent.classifier",
    topic="recurrent",
    title="The weights of a text classifier",
    minutes=4,
    sources=["000B:32"],
    variants={"lecture": {"words": 423, "d": 50, "h": 80, "k": 4}},
)
def classifier(draw: Draw) -> Exercise:
    words = draw.integer("words", 100, 900)
    d = draw.choice("d", [16, 20, 25, 32, 50])
    h = draw.choice("h", [10, 20, 40, 60, 80])
    k = draw.integer("k", 2, 6)
    return Exercise(
        "A text classifier has a word embedding ({words:d} words, {d:d} dimensions), an LSTM of {h:d} units (one bias per gate), "
        "a fully connected layer to {k:d} classes, and a softmax.",
        givens={"words": words, "d": d, "h": h, "k": k},
        steps=[
            Step("embedding", "Weights of the embedding", lambda words, d: words * d, integer(), hint="One row per word.", explain="${words:d} \\cdot {d:d}$.",
                 mistakes=[Mistake("sum", lambda words, d: words + d, "A table: rows times columns.")]),
            Step("lstm", "Weights of the LSTM", lambda d, h: 4 * h * (d + h + 1), integer(), marks=2, hint="Four times input, state, bias.", explain="$4h(d + h + 1)$.",
                 mistakes=[Mistake("one", lambda d, h: h * (d + h + 1), "Four sets."), Mistake("no_bias", lambda d, h: 4 * h * (d + h), "The biases are missing.")]),
            Step("dense", "Weights of the last layer", lambda h, k: (h + 1) * k, integer(), hint="It sees only the last state.", explain="$({h:d} + 1) \\cdot {k:d}$.",
                 mistakes=[Mistake("no_bias", lambda h, k: h * k, "The biases are missing.")]),
            Step("total", "Weights in all", lambda embedding, lstm, dense: embedding + lstm + dense, integer(), hint="Add; the softmax has none.", explain="{embedding:} + {lstm:} + {dense:}.",
                 mistakes=[Mistake("frozen", lambda lstm, dense: lstm + dense, "The embedding is learned too.")]),
        ],
    )  # fmt: skip


# --- convolution over time -------------------------------------------------------------------------


@exercise_type(
    "recurrent.tcn",
    topic="recurrent",
    title="The receptive field of a temporal convolutional network",
    minutes=6,
    sources=["000B:34", "003:28"],
    variants={"lecture": {"f": 3, "K": 4, "T": 40}, "notes-003": {"f": 2, "K": 4, "T": 16}},
)
def tcn(draw: Draw) -> Exercise:
    f = draw.integer("f", 2, 5)
    K = draw.integer("K", 2, 6)
    T = draw.choice("T", [20, 30, 40, 50, 60, 100])
    x = draw.search(
        "x", lambda m: m.integers("x", 6, -3, 4, exclude=[0]), lambda u: len(set(u)) >= 4
    )
    w = draw.search(
        "w", lambda m: m.integers("w", 3, -2, 3, exclude=[0]), lambda u: len(set(u)) == 3
    )
    return Exercise(
        "A temporal convolutional network has {K:d} levels with filters of length {f:d} and dilations 1, 2, 4, ...",
        givens={"f": f, "K": K, "T": T, "x": x, "w": w},
        steps=[
            Step("field", "How many inputs does one output see (one convolution per level)?", lambda f, K: 1 + (f - 1) * (2**K - 1), integer(), marks=2,
                 hint="Each level adds $(f - 1)$ times its dilation; $1 + 2 + 4 + \\dots = 2^K - 1$.", explain="$(f - 1)(2^K - 1) + 1$.",
                 mistakes=[Mistake("no_one", lambda f, K: (f - 1) * (2**K - 1), "The newest input counts too."), Mistake("plain", lambda f, K: 1 + (f - 1) * K, "The dilations double from level to level.")]),
            Step("residual", "And with residual blocks of two convolutions per level?", lambda f, K: 1 + 2 * (f - 1) * (2**K - 1), integer(),
                 hint="Each level counts twice.", explain="$1 + 2(f - 1)(2^K - 1)$.",
                 mistakes=[Mistake("double", lambda field: 2 * field, "The 1 is not doubled.")]),
            Step("levels", "How many levels (one convolution each) are needed to see {T:d} inputs?", lambda f, T: ceil(log2((T - 1) / (f - 1) + 1) - 1e-9), integer(), marks=2,
                 hint="$(f - 1)(2^K - 1) + 1 \\ge T$.", explain="$K \\ge \\log_2\\bigl(\\frac{T - 1}{f - 1} + 1\\bigr)$, rounded up.",
                 mistakes=[Mistake("down", lambda f, T: floor(log2((T - 1) / (f - 1) + 1)), "Round up.")]),
            Step("padding", "How many zeros stand before the sequence at the last level?", lambda f, K: (f - 1) * 2 ** (K - 1), integer(),
                 hint="$(f - 1)$ times the dilation, all on the left.", explain="$(f - 1)\\,2^{K-1}$.",
                 mistakes=[Mistake("half", lambda f, K: (f - 1) * 2 ** (K - 1) / 2, "Causal: all on the left, none on the right."), Mistake("next", lambda f, K: (f - 1) * 2**K, "The dilation of level $K$ is $2^{K-1}$.")]),
            Step("value", "A filter {w:} (first weight for the newest input) with dilation 2 reads {x:}. Its last output?", lambda x, w: int(w[0] * x[5] + w[1] * x[3] + w[2] * x[1]), integer(), marks=2,
                 hint="Every second input, backwards from the end.", explain="$w_1 x_6 + w_2 x_4 + w_3 x_2$.",
                 mistakes=[Mistake("dense", lambda x, w: int(w[0] * x[5] + w[1] * x[4] + w[2] * x[3]), "That is dilation 1."), Mistake("turned", lambda x, w: int(w[2] * x[5] + w[1] * x[3] + w[0] * x[1]), "The first weight belongs to the newest input.")]),
        ],
    )  # fmt: skip


# --- before recurrent networks ------------------------------------------------------------------


def columns(p, A, B, o):
    best = [p * B[:, o[0]]]
    for symbol in o[1:]:
        best.append((best[-1][:, None] * A).max(0) * B[:, symbol])
    return best


@exercise_type(
    "recurrent.viterbi",
    topic="recurrent",
    title="The most probable hidden path",
    minutes=8,
    sources=["001:42"],
    variants={"notes-001": {"p": [0.6, 0.4], "A": [[0.7, 0.3], [0.4, 0.6]], "B": [[0.5, 0.4, 0.1], [0.1, 0.3, 0.6]], "o": [0, 1, 2]}},
)  # fmt: skip
def viterbi(draw: Draw) -> Exercise:
    def law(m: Draw, name: str):
        a = m.choice(name, [0.2, 0.3, 0.4, 0.6, 0.7, 0.8])
        return [a, round(1 - a, 1)]

    p = draw.search("p", lambda m: law(m, "p"), lambda u: True)
    A = draw.search("A", lambda m: [law(m, "a"), law(m, "b")], lambda u: u[0] != u[1])
    B = draw.choice(
        "B",
        [
            [[0.5, 0.4, 0.1], [0.1, 0.3, 0.6]],
            [[0.6, 0.3, 0.1], [0.2, 0.3, 0.5]],
            [[0.7, 0.2, 0.1], [0.1, 0.4, 0.5]],
        ],
    )
    o = draw.search("o", lambda m: m.integers("o", 3, 0, 2), lambda u: len(set(u)) > 1)
    return Exercise(
        "A hidden Markov model has two hidden states (0, 1): start {p:}, transitions $A = {A:}$ (row = from), emissions $B = {B:}$ "
        "(row = state, column = symbol 0, 1, 2). Observed: {o:}.",
        givens={"p": p, "A": A, "B": B, "o": o},
        steps=[
            Step("first", "$\\delta_1$: for both states the probability of starting there and showing the first symbol", lambda p, B, o: p * np.asarray(B)[:, o[0]], vector(length=2, decimals=5, partial=True),
                 hint="Start times emission.", explain="$\\pi_j b_j(o_1)$.", mistakes=[Mistake("start", lambda p: p, "Times the emission of the first symbol.")]),
            Step("second", "$\\delta_2$", lambda first, A, B, o: (np.asarray(first)[:, None] * A).max(0) * np.asarray(B)[:, o[1]], vector(length=2, decimals=5, partial=True), marks=2,
                 hint="For each state the better of two ways, times the emission.", explain="$\\max_i \\delta_1(i) a_{ij} \\cdot b_j(o_2)$.",
                 mistakes=[Mistake("sum", lambda first, A, B, o: (np.asarray(first) @ A) * np.asarray(B)[:, o[1]], "Viterbi takes the larger way; the sum is the forward algorithm."), Mistake("column", lambda first, A, B, o: (np.asarray(first)[:, None] * np.asarray(A).T).max(0) * np.asarray(B)[:, o[1]], "Rows of $A$ are *from*.")]),
            Step("third", "$\\delta_3$", lambda second, A, B, o: (np.asarray(second)[:, None] * A).max(0) * np.asarray(B)[:, o[2]], vector(length=2, decimals=5, partial=True), marks=2,
                 hint="Once more.", explain="As before.",
                 mistakes=[Mistake("sum", lambda second, A, B, o: (np.asarray(second) @ A) * np.asarray(B)[:, o[2]], "The larger way, not the sum.")]),
            Step("path", "The most probable path (three states)", lambda first, second, third, A: path(first, second, third, A), vector(length=3, decimals=2), marks=2,
                 hint="From the better last state backwards along the ways that were taken.", explain="Read the maxima backwards.",
                 mistakes=[]),
            Step("total", "The probability of the observation over all paths", lambda p, A, B, o: float(((((p * np.asarray(B)[:, o[0]]) @ A) * np.asarray(B)[:, o[1]]) @ A) @ np.asarray(B)[:, o[2]]), number(significant=3), marks=2,
                 hint="The same recursion with sums.", explain="Forward algorithm.",
                 mistakes=[Mistake("best", lambda third: float(np.max(third)), "That is the best path alone."), Mistake("two", lambda third: float(np.sum(third)), "Sums must be taken at every step.")]),
        ],
    )  # fmt: skip


def path(first, second, third, A):
    last = int(np.argmax(third))
    middle = int(np.argmax(np.asarray(second) * np.asarray(A)[:, last]))
    return np.array([int(np.argmax(np.asarray(first) * np.asarray(A)[:, middle])), middle, last])


@exercise_type(
    "recurrent.kalman",
    topic="recurrent",
    title="Two steps of a Kalman filter",
    minutes=6,
    sources=["001:42"],
    variants={"notes-001": {"P": 1, "Q": 0.1, "R": 0.5, "z": [1, 0.8]}},
)
def kalman(draw: Draw) -> Exercise:
    P = draw.choice("P", [0.5, 1, 2])
    Q = draw.choice("Q", [0.1, 0.2, 0.3])
    R = draw.choice("R", [0.4, 0.5, 0.8, 1])
    z = draw.search("z", lambda m: m.decimals("z", 2, 0.4, 2, 0.2), lambda u: u[0] != u[1])
    return Exercise(
        "A hidden level drifts (variance {Q:} per step) and is measured with noise of variance {R:}. Belief before: mean 0, variance {P:}. "
        "Each step: $P \\leftarrow P + Q$, $K = P/(P + R)$, $x \\leftarrow x + K(z - x)$, $P \\leftarrow (1 - K)P$. Measured: {z:}.",
        givens={"P": P, "Q": Q, "R": R, "z": z},
        steps=[
            Step("K1", "First gain $K$", lambda P, Q, R: (P + Q) / (P + Q + R), number(decimals=3), hint="Drift first.", explain="$(P + Q)/(P + Q + R)$.",
                 mistakes=[Mistake("no_drift", lambda P, R: P / (P + R), "The drift widens the belief first."), Mistake("rest", lambda P, Q, R: R / (P + Q + R), "That is $1 - K$.")]),
            Step("x1", "The mean after the first measurement", lambda K1, z: K1 * z[0], number(decimals=3), hint="From 0 towards the measurement.", explain="$K z_1$.",
                 mistakes=[Mistake("rest", lambda K1, z: (1 - K1) * z[0], "$K$ is the weight of the measurement.")]),
            Step("P1", "The variance after it", lambda K1, P, Q: (1 - K1) * (P + Q), number(decimals=3), hint="$(1 - K)P$ with the widened $P$.", explain="$(1 - K)(P + Q)$.",
                 mistakes=[Mistake("narrow", lambda K1, P: (1 - K1) * P, "With the widened variance.")]),
            Step("K2", "Second gain", lambda P1, Q, R: (P1 + Q) / (P1 + Q + R), number(decimals=3), hint="As before, from the new variance.", explain="$(P_1 + Q)/(P_1 + Q + R)$.",
                 mistakes=[Mistake("same", lambda K1: K1, "The belief is narrower now.")]),
            Step("x2", "The mean after the second measurement", lambda x1, K2, z: x1 + K2 * (z[1] - x1), number(decimals=3), marks=2, hint="Part of the way from the old mean.", explain="$x_1 + K_2(z_2 - x_1)$.",
                 mistakes=[Mistake("from_zero", lambda K2, z: K2 * z[1], "Start from the last mean."), Mistake("average", lambda z: float(np.mean(z)), "That forgets how sure each one is.")]),
        ],
    )  # fmt: skip


@exercise_type(
    "recurrent.autoregression",
    topic="recurrent",
    title="An autoregressive forecast, and the lazy one",
    minutes=5,
    sources=["001:42", "000B:35"],
    variants={"notes-001": {"x": [1, 1, 0.5, 0.1], "a": [0.8, -0.3]}},
)
def autoregression(draw: Draw) -> Exercise:
    a = draw.choice("a", [[0.8, -0.3], [0.6, 0.2], [1.2, -0.5], [0.5, -0.4], [0.9, -0.2]])
    x = draw.search(
        "x",
        lambda m: m.decimals("x", 4, -1, 2, 0.5, exclude=[0]),
        lambda u: len(set(u)) >= 3 and abs(u[2] * u[3]) > 0.1,
    )
    return Exercise(
        "A series begins {x:}. The model is $x_t = a_1 x_{t-1} + a_2 x_{t-2}$ with $a = {a:}$.",
        givens={"x": x, "a": a},
        steps=[
            Step("next", "The forecast of the fifth value", lambda x, a: a[0] * x[3] + a[1] * x[2], number(decimals=4), hint="The newest value gets $a_1$.", explain="$a_1 x_4 + a_2 x_3$.",
                 mistakes=[Mistake("turned", lambda x, a: a[0] * x[2] + a[1] * x[3], "$a_1$ belongs to the newest value.")]),
            Step("after", "The forecast of the sixth (from the forecast)", lambda x, a, next: a[0] * next + a[1] * x[3], number(decimals=4), hint="The forecast stands in for the value.", explain="$a_1 \\hat x_5 + a_2 x_4$.",
                 mistakes=[Mistake("again", lambda next: next, "One step on.")]),
            Step("one", "Fit $x_t = c\\,x_{t-1}$ to the four values by least squares: $c$?", lambda x: float((x[1:] * x[:-1]).sum() / (x[:-1] ** 2).sum()), number(decimals=3), marks=2,
                 hint="$\\sum x_t x_{t-1} / \\sum x_{t-1}^2$.", explain=lambda x: f"${(x[1:] * x[:-1]).sum():.4g} / {(x[:-1] ** 2).sum():.4g}$.",
                 mistakes=[Mistake("other", lambda x: float((x[1:] * x[:-1]).sum() / (x[1:] ** 2).sum()), "Divide by the squares of the earlier values."), Mistake("ratio", lambda x: float(np.sum(x[1:]) / np.sum(x[:-1])) if np.sum(x[:-1]) else 0.0, "Products, not sums.")]),
            Step("lazy", "Mean squared error of *tomorrow as today* on the last three values", lambda x: float((np.diff(x) ** 2).mean()), number(decimals=3),
                 hint="Differences of neighbours.", explain="The mean of the squared differences.",
                 mistakes=[Mistake("sum", lambda x: float((np.diff(x) ** 2).sum()), "The mean.")]),
        ],
    )  # fmt: skip


# --- several labels, agreement ----------------------------------------------------------------------


def label_costs(y, h):
    y, h = np.asarray(y), np.asarray(h)
    return -(y * np.log(h) + (1 - y) * np.log(1 - h))


@exercise_type(
    "recurrent.multilabel",
    topic="recurrent",
    title="Several labels per sequence",
    minutes=6,
    sources=["000B:35"],
    variants={"lecture": {"y": [[1, 0, 1], [0, 1, 0]], "h": [[0.9, 0.2, 0.6], [0.1, 0.7, 0.3]]}},
)
def multilabel(draw: Draw) -> Exercise:
    y = draw.choice("y", [[[1, 0, 1], [0, 1, 0]], [[1, 1, 0], [0, 0, 1]], [[0, 1, 1], [1, 0, 0]]])
    h = draw.search("h", lambda m: [m.decimals("h1", 3, 0.1, 0.9, 0.1, exclude=[0.5]), m.decimals("h2", 3, 0.1, 0.9, 0.1, exclude=[0.5])],
                    lambda u: 0 < np.sum((np.array(u) > 0.5) != np.array(y)) < 3)  # fmt: skip
    return Exercise(
        "Two sequences may carry each of three labels. Targets: ${y:}$, sigmoid outputs: ${h:}$ (row = sequence). Natural logarithm.",
        givens={"y": y, "h": h},
        steps=[
            Step("loss", "The lecture's loss: cross-entropy summed over the labels, mean over the sequences", lambda y, h: float(label_costs(y, h).sum(1).mean()), number(decimals=3), marks=3,
                 hint="$-\\ln h$ where the label is there, $-\\ln(1 - h)$ where not.", explain=lambda y, h: f"${plus(label_costs(y, h).ravel())}$, divided by 2.",
                 mistakes=[Mistake("all", lambda y, h: float(label_costs(y, h).mean()), "That is torch's mean over all six; here labels are summed."),
                           Mistake("present", lambda y, h: float(-(np.asarray(y) * np.log(h)).sum() / 2), "Absent labels cost too.")]),
            Step("torch", "The mean over all outputs (torch's default)", lambda loss: loss / 3, number(decimals=4), hint="Three labels.", explain="A third of it.",
                 mistakes=[Mistake("sixth", lambda loss: loss / 6, "The mean over sequences is already taken.")]),
            Step("hamming", "Hamming loss with the threshold 0.5", lambda y, h: float(((np.asarray(h) > 0.5) != np.asarray(y)).mean()), number(decimals=3), hint="The share of wrong labels.", explain="Wrong labels out of six.",
                 mistakes=[Mistake("right", lambda y, h: float(((np.asarray(h) > 0.5) == np.asarray(y)).mean()), "That is the share of right ones.")]),
            Step("subset", "Subset accuracy", lambda y, h: float(((np.asarray(h) > 0.5) == np.asarray(y)).all(1).mean()), number(decimals=3), hint="All labels of a sequence must be right.", explain="Sequences without any mistake, out of two.",
                 mistakes=[Mistake("labels", lambda hamming: 1 - hamming, "Whole sequences count.")]),
            Step("cardinality", "Label cardinality of the targets", lambda y: float(np.sum(y) / 2), number(decimals=3), hint="Labels per sequence.", explain="The mean number of labels.",
                 mistakes=[Mistake("density", lambda y: float(np.mean(y)), "That is the label density.")]),
        ],
    )  # fmt: skip


THINGS = ("key", "author", "car", "girl", "picture", "cabinet", "door", "dog", "tree")


def plurals(sentence):
    """Of every noun whether it is plural."""
    return [w not in THINGS for w in sentence.split() if w.removesuffix("s") in THINGS]


HEADS = {
    0: ["key", "author", "car", "girl", "picture"],
    1: ["keys", "authors", "cars", "girls", "pictures"],
}


@exercise_type(
    "recurrent.agreement",
    topic="recurrent",
    title="Attractors between subject and verb",
    minutes=6,
    sources=["004:25"],
    variants={
        "linzen": {"numbers": [1, 0], "head": 0, "clause": 0, "cases": [900, 80, 20], "right": [1.0, 0.7, 0.3]},
        "notes-004": {"numbers": [0, 1, 1], "head": 1, "clause": 1, "cases": [3400, 520, 80], "right": [1.0, 0.1, 0.0]},
    },
)  # fmt: skip
def agreement(draw: Draw) -> Exercise:
    numbers = draw.choice(
        "numbers",
        [[0, 1], [1, 0], [0, 1, 1], [1, 0, 0], [0, 0, 1], [1, 1, 0]],
    )
    head = draw.integer("head", 0, 4)
    clause = draw.choice("clause", [0, 1])
    cases = draw.choice("cases", [[900, 80, 20], [3400, 500, 100], [1700, 250, 50], [800, 150, 50]])
    right = draw.choice(
        "right", [[1.0, 0.7, 0.3], [0.99, 0.6, 0.2], [1.0, 0.5, 0.1], [0.98, 0.8, 0.5]]
    )
    later = [
        ["to the cabinet{s}", "near the door{s}"],
        ["that the dog{s} {v}", "under the tree{s}"],
    ][clause]
    words = ["the", HEADS[numbers[0]][head]]
    for n, part in zip(numbers[1:], later, strict=False):
        words += part.format(s="s" * n, v="likes" if n == 0 else "like").split()
    sentence = " ".join(words)
    return Exercise(
        "Sentence: *{sentence:} (find / finds)*. An attractor is a noun between subject and verb whose number differs from "
        "the subject's. A network has been tested on {cases:} sentences with 0, 1, 2 attractors; it was right in the shares {right:}.",
        givens={"sentence": sentence, "cases": cases, "right": right},
        steps=[
            Step("attractors", "How many attractors has the sentence?", lambda sentence: sum(n != plurals(sentence)[0] for n in plurals(sentence)), integer(), hint="Compare each later noun with the subject.", explain="Nouns of the other number after the subject: {attractors:}.",
                 mistakes=[Mistake("nouns", lambda sentence: len(plurals(sentence)), "Only nouns of the other number, after the subject."),
                           Mistake("same", lambda sentence: sum(n == plurals(sentence)[0] for n in plurals(sentence)[1:]), "Those agree with the subject.")]),
            Step("distance", "How many words stand between the subject noun and the verb?", lambda sentence: len(sentence.split()) - 2, integer(), hint="Count.", explain="{distance:}",
                 mistakes=[Mistake("with_noun", lambda sentence: len(sentence.split()) - 1, "The noun itself does not count.")]),
            Step("verb", "Which verb is right?", lambda sentence: "find" if plurals(sentence)[0] else "finds", choice(["find", "finds"]), hint="The subject decides.", explain="The subject is the first noun."),
            Step("nearest", "Which verb would the rule *agree with the nearest noun* choose?", lambda sentence: "find" if plurals(sentence)[-1] else "finds", choice(["find", "finds"]), hint="The last noun.", explain="The last noun decides."),
            Step("overall", "The network's accuracy over all test sentences", lambda cases, right: float((cases * right).sum() / cases.sum()), number(decimals=3), marks=2, hint="Weigh by the number of sentences.", explain=lambda cases, right: f"$({plus(cases * right)}) / {cases.sum():g}$.",
                 mistakes=[Mistake("plain", lambda right: float(np.mean(right)), "The groups have different sizes.")]),
            Step("hard", "Its accuracy on sentences with at least one attractor", lambda cases, right: float((cases * right)[1:].sum() / cases[1:].sum()), number(decimals=3), marks=2, hint="Leave out the easy group.", explain="The average hid this.",
                 mistakes=[Mistake("plain", lambda right: float(np.mean(right[1:])), "Weigh by the sizes of the groups.")]),
        ],
    )  # fmt: skip


QUESTIONS = [
    Question("Which task is many-to-one?", "Is this review friendly?", [("Describe this photograph", "One picture in, many words out: one-to-many."), ("Translate this sentence", "Many in, many out."), ("Mark the names in this sentence", "One label per word: many-to-many of equal length.")], "Many words in, one answer out.", "Count inputs and outputs."),
    Question("Which task is one-to-many?", "Describe this photograph", [("Translate this sentence", "Many in, many out."), ("Is this review friendly?", "Many in, one out."), ("Name the digit in this picture", "One in, one out.")], "One picture in, a sentence out.", "Count inputs and outputs."),
    Question("Where does the loss of a many-to-one network sit?", "At the last step only", [("At every step of the sequence", "That is the aligned many-to-many."), ("At the first step", "The sequence has not been read then."), ("At the hidden state of each step", "States have no targets.")], "One target, after the last input.", "Where is there a target?"),
    Question("Why does an LSTM keep an error alive over many steps?", "Its cell is a linear sum: the error is multiplied by the forget gate only", [("Its gates use ReLU, whose slope is 1 wherever it is not 0, so nothing shrinks", "Gates are sigmoids."), ("It has four times as many weights", "Number is not the point."), ("Its tanh cannot saturate", "It can; the cell's own road has no tanh.")], "$\\partial C_t/\\partial C_{t-1} = f_t$ on the direct road.", "What multiplies the old cell?"),
    Question("The copies' gradients of an unrolled weight are ...", "added", [("averaged, or training would be wrong", "The average is the sum with a smaller learning rate: allowed, but not the gradient."), ("multiplied", "Factors along one path are multiplied, copies are added."), ("taken from the last copy only", "That truncates after one step.")], "One weight used many times: the chain rule adds its uses.", "Multivariable chain rule."),
    Question("When is a bidirectional network not allowed?", "When the answer is needed before the sequence has ended", [("When sentences differ in length", "Padding or packing solves that."), ("When the labels are words rather than numbers or classes", "That is fine."), ("When the two directions have different weights", "They always have.")], "The backward net begins at the end.", "Which input does it read first?"),
    Question("What does gradient clipping by norm change?", "The length of the gradient, not its direction", [("Both: each entry is cut at the limit", "Only clipping entry by entry turns it."), ("Vanishing gradients: it lengthens them", "It only shortens."), ("The loss", "It changes the step.")], "$g \\cdot c/\\Vert g\\Vert$.", "A vector times a positive number."),
    Question("Linzen and others (2016) found that an LSTM trained as a language model ...", "makes far more agreement errors with attractors than one trained on number", [("never makes agreement errors, with attractors or without, if it is only large enough", "Its average hid them."), ("cannot learn agreement at all", "Without attractors it is nearly perfect."), ("is better than one trained on number", "It was the worst of the training goals.")], "A rare need is worth little to a loss averaged over all words.", "How often do attractors occur?"),
    Question("A network is right in 99 % of the sentences. Does it know the rule of agreement?", "Not necessarily: the nearest noun agrees in most sentences", [("Yes, the error is below 5 %", "A threshold is no proof."), ("Yes, provided that the test set is large and drawn like the training set", "More of the same easy sentences tells nothing new."), ("No, networks cannot know rules", "That does not follow either.")], "Test where the simple rule and the true rule disagree.", "What would a lazy rule score?"),
    Question("A hidden Markov model differs from a recurrent network in that its hidden state is ...", "discrete and random", [("real-valued and deterministic", "That is the recurrent network."), ("visible", "It is hidden."), ("absent: it is a window model", "It has memory.")], "A state out of a few, drawn at random.", "Lecture 001, topic 42."),
]  # fmt: skip


@exercise_type(
    "recurrent.theory",
    topic="recurrent",
    title="Sequences, memory, agreement",
    minutes=2,
    sources=["000B:29", "001:42", "001:47", "001:49", "003:56", "004:25"],
)
def recurrent_theory(draw: Draw) -> Exercise:
    return theory(draw, QUESTIONS)
