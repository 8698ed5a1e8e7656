"""Activation functions: values and slopes by hand, learnable ones, dead units, the softmax's slopes."""

from __future__ import annotations

from math import exp, tanh

import numpy as np

from course_lib.exam.answers import integer, number, vector
from course_lib.exam.arithmetic import sigmoid, softmax
from course_lib.exam.draw import Draw
from course_lib.exam.exercise import Exercise, Mistake, Step, exercise_type
from course_lib.exam.theory import Question, theory


def signed(value: float) -> str:
    return f"({value:g})" if value < 0 else f"{value:g}"


# --- fixed functions ------------------------------------------------------------------------------


@exercise_type(
    "activations.slopes",
    topic="activations",
    title="Value and slope of five functions at one point",
    minutes=5,
    sources=["000A:44", "000B:09", "001:17", "003:X11"],
    variants={
        "lecture": {"x": 1, "a": 1, "leak": 0.01},
        "notes-001": {"x": -1, "a": 1, "leak": 0.01},
        "notes-001-far": {"x": -3, "a": 0.5, "leak": 0.01},
    },
)
def slopes(draw: Draw) -> Exercise:
    x = draw.decimal("x", -3, 3, 0.25, exclude=[0])
    a = draw.choice("a", [0.5, 1, 2])
    leak = draw.choice("leak", [0.01, 0.1, 0.2])
    return Exercise(
        "A unit has the net input $x = {x:}$.",
        givens={"x": x, "a": a, "leak": leak},
        steps=[
            Step(
                "logistic",
                "The logistic function $\\sigma(x)$",
                lambda x: sigmoid(x),
                number(decimals=3),
                hint="$1 / (1 + e^{-x})$.",
                explain="$1 / (1 + e^{-x})$ at $x = {x:}$.",
                mistakes=[
                    Mistake("sign", lambda x: sigmoid(-x), "The exponent is $-x$."),
                    Mistake("tanh", lambda x: tanh(x), "That is tanh."),
                ],
            ),
            Step(
                "logistic_slope",
                "Its slope there, from the value alone",
                lambda logistic: logistic * (1 - logistic),
                number(decimals=3),
                hint="$\\sigma' = \\sigma(1 - \\sigma)$.",
                explain=lambda logistic: f"${logistic:.4g} \\cdot (1 - {logistic:.4g})$.",
                mistakes=[
                    Mistake(
                        "of_x",
                        lambda x: x * (1 - x),
                        "Put the value $\\sigma(x)$ into $z(1-z)$, not $x$.",
                    ),
                    Mistake("tanh", lambda logistic: 1 - logistic**2, "That rule belongs to tanh."),
                ],
            ),
            Step(
                "tanh_slope",
                "The slope of $\\tanh$ at the same point",
                lambda x: 1 - tanh(x) ** 2,
                number(decimals=3),
                hint="$1 - \\tanh^2 x$.",
                explain=lambda x: f"$1 - {signed(round(tanh(x), 4))}^2$.",
                mistakes=[
                    Mistake(
                        "logistic",
                        lambda x: tanh(x) * (1 - tanh(x)),
                        "That is the logistic's rule.",
                    ),
                    Mistake("value", lambda x: tanh(x), "That is the value, not the slope."),
                ],
            ),
            Step(
                "leaky",
                "The slope of the leaky ReLU with $a = {leak:}$",
                lambda x, leak: 1.0 if x > 0 else leak,
                number(decimals=3),
                hint="On which side of 0 is $x$?",
                explain="1 for $x > 0$, else $a$.",
                mistakes=[
                    Mistake(
                        "value",
                        lambda x, leak: x if x > 0 else leak * x,
                        "That is the value; the slope of a straight line does not depend on $x$.",
                    ),
                    Mistake(
                        "other_side",
                        lambda x, leak: leak if x > 0 else 1.0,
                        "The sides are swapped.",
                    ),
                ],
            ),
            Step(
                "elu",
                "The value of the ELU with $a = {a:}$",
                lambda x, a: x if x > 0 else a * (exp(x) - 1),
                number(decimals=3),
                hint="$x$ for $x > 0$, else $a(e^x - 1)$.",
                explain=lambda x, a: (
                    "Positive: $x$ itself." if x > 0 else f"${a:g}(e^{{{x:g}}}-1)$."
                ),
                mistakes=[
                    Mistake(
                        "no_one",
                        lambda x, a: a * exp(x),
                        "Below zero subtract 1 from $e^x$; above zero it is $x$ itself.",
                    ),
                    Mistake(
                        "swapped",
                        lambda x, a: a * (exp(x) - 1) if x > 0 else x,
                        "The branches are swapped: the exponential is for negative $x$.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "activations.tanh",
    topic="activations",
    title="The scaled tanh and its relation to the logistic function",
    minutes=6,
    sources=["000A:44"],
    variants={"lecture": {"shape": [1.716, 0.6667], "x": 1}},
)
def scaled(draw: Draw) -> Exercise:
    a, b = draw.choice("shape", [[1.716, 0.6667], [1.5, 0.5], [2, 0.5], [1.2, 1.5], [2, 0.75]])
    x = draw.decimal("x", -2, 2, 0.5, exclude=[0])
    return Exercise(
        "A unit uses $f(x) = \\frac{2a}{1 + e^{-2bx}} - a$ with $a = {a:}$ and $b = {b:}$.",
        givens={"a": a, "b": b, "x": x},
        steps=[
            Step(
                "value",
                "The value $f({x:})$",
                lambda a, b, x: 2 * a * sigmoid(2 * b * x) - a,
                number(decimals=3),
                hint="It is $2a\\,\\sigma(2bx) - a = a\\tanh(bx)$.",
                explain=lambda a, b, x: f"${a:g}\\tanh({b * x:.4g}) = {a * tanh(b * x):.5g}$.",
                mistakes=[
                    Mistake(
                        "once",
                        lambda a, b, x: 2 * a * sigmoid(b * x) - a,
                        "The exponent is $-2bx$: tanh bends twice as fast as the logistic.",
                    ),
                    Mistake(
                        "no_shift", lambda a, b, x: 2 * a * sigmoid(2 * b * x), "Subtract $a$."
                    ),
                ],
            ),
            Step(
                "slope",
                "The slope $f'({x:})$, from the value alone",
                lambda a, b, value: b / a * (a**2 - value**2),
                number(decimals=3),
                marks=2,
                hint="$f' = \\frac{b}{a}(a^2 - f^2)$.",
                explain="$\\frac{b}{a}(a^2 - f^2)$ with $f = {value:.4f}$.",
                mistakes=[
                    Mistake(
                        "unscaled",
                        lambda value: 1 - value**2,
                        "$1 - f^2$ holds for $a = b = 1$ only.",
                    ),
                    Mistake(
                        "logistic",
                        lambda value: value * (1 - value),
                        "That is the rule of the logistic function.",
                    ),
                ],
            ),
            Step(
                "steepest",
                "The largest slope that this $f$ has anywhere",
                lambda a, b: a * b,
                number(decimals=3),
                hint="Where is $f = 0$?",
                explain="At 0: $f'(0) = ab$.",
                mistakes=[
                    Mistake("one", lambda: 1.0, "That holds for $\\tanh x$ itself."),
                    Mistake("quarter", lambda: 0.25, "That is the logistic's largest slope."),
                    Mistake("ratio", lambda a, b: b / a, "At 0 it is $\\frac{b}{a}a^2$."),
                ],
            ),
            Step(
                "logistic",
                "Plain $\\tanh u$ is $2\\sigma(v) - 1$. Which $v$ belongs to $u = {x:}$?",
                lambda x: 2 * x,
                number(decimals=3),
                hint="Compare $\\frac{2}{1 + e^{-v}} - 1$ with $f$ for $a = b = 1$.",
                explain="$\\tanh u = 2\\sigma(2u) - 1$.",
                mistakes=[
                    Mistake("same", lambda x: x, "The exponent of tanh is twice as large."),
                    Mistake("half", lambda x: x / 2, "Twice, not half."),
                ],
            ),
        ],
    )


# --- softmax --------------------------------------------------------------------------------------


@exercise_type(
    "activations.softmax",
    topic="activations",
    title="The slopes of a softmax, and its temperature",
    minutes=8,
    sources=["000A:55", "003:17", "003:X17"],
    variants={
        "lecture": {"net": [2, 1, 0.1], "i": 1, "T": 2},
        "notes-003": {"net": [1, 2, 3], "i": 3, "T": 2},
    },
)
def jacobian(draw: Draw) -> Exercise:
    net = draw.search("net", lambda m: m.decimals("net", 3, -1, 3, 0.5), lambda v: len(set(v)) == 3)
    i = draw.integer("i", 1, 3)
    T = draw.choice("T", [0.5, 2, 4])
    j = i % 3 + 1
    return Exercise(
        "A softmax layer has the net inputs {net:}.",
        givens={"net": net, "i": i, "j": j, "T": T},
        steps=[
            Step(
                "z",
                "Its three outputs",
                lambda net: softmax(net),
                vector(length=3, decimals=3, partial=True),
                marks=2,
                hint="$z_k = e^{a_k} / \\sum_c e^{a_c}$.",
                explain=lambda net: f"The exponentials add up to {np.exp(net).sum():.4g}.",
                mistakes=[
                    Mistake("powers", lambda net: np.exp(net), "Divide by their sum."),
                    Mistake(
                        "sigmoids", lambda net: 1 / (1 + np.exp(-net)), "Those are three sigmoids."
                    ),
                ],
            ),
            Step(
                "own",
                "$\\partial z_{{i:d}} / \\partial a_{{i:d}}$",
                lambda z, i: z[i - 1] * (1 - z[i - 1]),
                number(decimals=3),
                hint="$z_i(1 - z_i)$, as for a sigmoid.",
                explain=lambda z, i: f"${z[i - 1]:.4g}\\,(1 - {z[i - 1]:.4g})$.",
                mistakes=[
                    Mistake(
                        "square",
                        lambda z, i: -(z[i - 1] ** 2),
                        "On the diagonal there is a 1: $z(1-z)$.",
                    ),
                    Mistake(
                        "exponential", lambda z, i: z[i - 1], "The denominator depends on $a$ too."
                    ),
                ],
            ),
            Step(
                "other",
                "$\\partial z_{{i:d}} / \\partial a_{{j:d}}$",
                lambda z, i, j: -z[i - 1] * z[j - 1],
                number(decimals=3),
                hint="Raising another net input takes something away.",
                explain="$-z_i z_j$.",
                mistakes=[
                    Mistake("sign", lambda z, i, j: z[i - 1] * z[j - 1], "It is negative."),
                    Mistake(
                        "zero", lambda: 0.0, "The outputs share one sum: they are not independent."
                    ),
                ],
            ),
            Step(
                "column",
                "The sum $\\sum_k \\partial z_k / \\partial a_{{j:d}}$ over all three outputs",
                lambda: 0.0,
                number(decimals=3),
                hint="What do the outputs always add up to?",
                explain="The outputs add up to 1 whatever happens, so their changes cancel.",
                mistakes=[Mistake("one", lambda: 1.0, "The sum *is* 1, so its slope is not.")],
            ),
            Step(
                "warm",
                "The largest output of $\\mathrm{softmax}(a / T)$ at temperature $T = {T:}$",
                lambda net, T: max(softmax(net / T)),
                number(decimals=3),
                marks=2,
                hint="Divide the net inputs by $T$ first.",
                explain=lambda net, T: f"$a/T$ is {', '.join(f'{v:.4g}' for v in net / T)}.",
                mistakes=[
                    Mistake("cold", lambda net, T: max(softmax(net * T)), "Divide by $T$."),
                    Mistake(
                        "after",
                        lambda z, T: max(z) / T,
                        "The temperature acts before the exponentials.",
                    ),
                ],
            ),
        ],
    )


# --- learnable functions --------------------------------------------------------------------------


@exercise_type(
    "activations.prelu",
    topic="activations",
    title="One learning step of a PReLU's slope",
    minutes=6,
    sources=["000B:09"],
    variants={"first-step": {"a": 0, "x": [-2, 1, -0.5, 3], "g": [0.5, 1, -1, 2], "eta": 0.1}},
)
def prelu(draw: Draw) -> Exercise:
    a = draw.choice("a", [0, 0.1, 0.2, 0.25, -0.1])
    x = draw.search(
        "x", lambda m: m.decimals("x", 4, -3, 3, 0.5, exclude=[0]),
        lambda v: sum(q < 0 for q in v) == 2,
    )  # fmt: skip
    g = draw.search(
        "g",
        lambda m: m.decimals("g", 4, -2, 2, 0.5, exclude=[0]),
        lambda v: abs(sum(p * q for p, q in zip(x, v, strict=True) if p < 0)) > 0.2,
    )
    eta = draw.choice("eta", [0.1, 0.2, 0.5])
    return Exercise(
        "A PReLU unit has the slope $a = {a:}$ below zero. Four examples give it the net inputs "
        "$x = {x:}$; the slopes of the (summed) loss by its outputs are $g = {g:}$.",
        givens={"a": a, "x": x, "g": g, "eta": eta},
        steps=[
            Step(
                "y",
                "Its four outputs",
                lambda a, x: np.where(x > 0, x, a * x) + 0.0,
                vector(length=4, decimals=3, partial=True),
                marks=2,
                hint="$x$ for $x > 0$, else $ax$.",
                explain="Positive net inputs pass; negative ones are multiplied by ${a:}$.",
                mistakes=[
                    Mistake("all", lambda a, x: a * x, "Positive net inputs pass unchanged."),
                    Mistake("absolute", lambda x: np.abs(x), "That is the absolute value."),
                ],
            ),
            Step(
                "back",
                "The slopes of the loss by the four net inputs",
                lambda a, x, g: g * np.where(x > 0, 1.0, a) + 0.0,
                vector(length=4, decimals=3, partial=True),
                hint="Times 1, or times $a$.",
                explain="$g \\cdot f'(x)$ with $f' = 1$ or $a$.",
                mistakes=[
                    Mistake("unchanged", lambda g: g, "Multiply by the function's slope."),
                    Mistake("times_x", lambda g, x: g * x, "That goes to a weight, not to $x$."),
                ],
            ),
            Step(
                "by_a",
                "The slope of the loss by $a$",
                lambda x, g: float((g * np.minimum(x, 0)).sum()),
                number(decimals=3),
                marks=2,
                hint="$\\partial y / \\partial a = x$ below zero, else 0; sum over the examples.",
                explain=lambda x, g: (
                    " + ".join(
                        f"{signed(q)} \\cdot {signed(p)}"
                        for p, q in zip(x, g, strict=True)
                        if p < 0
                    ).join("$$")
                    + "."
                ),
                mistakes=[
                    Mistake(
                        "everywhere",
                        lambda x, g: float((g * x).sum()),
                        "Examples with a positive net input do not depend on $a$.",
                    ),
                    Mistake(
                        "no_loss",
                        lambda x: float(np.minimum(x, 0).sum()),
                        "Multiply by the slope of the loss.",
                    ),
                ],
            ),
            Step(
                "after",
                "The slope $a$ after one step of gradient descent with rate {eta:}",
                lambda a, by_a, eta: a - eta * by_a,
                number(decimals=3),
                hint="Against the gradient.",
                explain="${a:} - {eta:} \\cdot {by_a:(.4g)}$.",
                mistakes=[
                    Mistake("uphill", lambda a, by_a, eta: a + eta * by_a, "Subtract."),
                    Mistake("no_rate", lambda a, by_a: a - by_a, "Times the learning rate."),
                ],
            ),
        ],
    )


def s_shaped(x, t_l, a_l, t_r, a_r):
    if x >= t_r:
        return t_r + a_r * (x - t_r)
    return t_l + a_l * (x - t_l) if x <= t_l else x


@exercise_type(
    "activations.srelu",
    topic="activations",
    title="SReLU: value and the slopes by its parameters",
    minutes=7,
    sources=["000B:09"],
    variants={"worked": {"t_l": -0.5, "a_l": 0.2, "t_r": 1, "a_r": 0.3, "x": 2, "low": -2}},
)
def srelu(draw: Draw) -> Exercise:
    t_l = draw.choice("t_l", [-1, -0.5, 0])
    t_r = draw.choice("t_r", [0.5, 1, 1.5])
    a_l = draw.choice("a_l", [0.1, 0.2, 0.25, 0.4])
    a_r = draw.choice("a_r", [0.3, 0.5, 0.6, 1.5])
    x = draw.choice("x", [2, 2.5, 3, 4])
    low = draw.choice("low", [-2, -2.5, -3])
    return Exercise(
        "An SReLU has the thresholds $t^l = {t_l:}$ and $t^r = {t_r:}$ and the slopes $a^l = {a_l:}$ "
        "and $a^r = {a_r:}$ outside.",
        givens={"t_l": t_l, "a_l": a_l, "t_r": t_r, "a_r": a_r, "x": x, "low": low},
        steps=[
            Step(
                "high",
                "Its value at $x = {x:}$",
                lambda x, t_l, a_l, t_r, a_r: s_shaped(x, t_l, a_l, t_r, a_r),
                number(decimals=3),
                hint="$t^r + a^r(x - t^r)$ above $t^r$.",
                explain="${t_r:} + {a_r:}({x:} - {t_r:})$.",
                mistakes=[
                    Mistake("steep", lambda x, a_r: a_r * x, "The line starts at $t^r$, not at 0."),
                    Mistake("clipped", lambda t_r: t_r, "It goes on with the slope $a^r$."),
                    Mistake("identity", lambda x: x, "Only between the thresholds."),
                ],
            ),
            Step(
                "by_t",
                "The slope of that value by $t^r$",
                lambda a_r: 1 - a_r,
                number(decimals=3),
                hint="Differentiate $t^r + a^r(x - t^r)$ by $t^r$.",
                explain="$1 - a^r$.",
                mistakes=[
                    Mistake("one", lambda: 1.0, "$t^r$ stands in the bracket too."),
                    Mistake("minus", lambda a_r: -a_r, "And it stands in front as well."),
                ],
            ),
            Step(
                "by_a",
                "Its slope by $a^r$",
                lambda x, t_r: x - t_r,
                number(decimals=3),
                hint="What multiplies $a^r$?",
                explain="$x - t^r$.",
                mistakes=[
                    Mistake("x", lambda x: x, "The bracket is $x - t^r$."),
                    Mistake("sign", lambda x, t_r: t_r - x, "$x$ comes first."),
                ],
            ),
            Step(
                "low_value",
                "Its value at $x = {low:}$",
                lambda low, t_l, a_l, t_r, a_r: s_shaped(low, t_l, a_l, t_r, a_r),
                number(decimals=3),
                hint="$t^l + a^l(x - t^l)$ below $t^l$.",
                explain="${t_l:} + {a_l:}({low:} - {t_l:(g)})$.",
                mistakes=[
                    Mistake("zero", lambda: 0.0, "Below $t^l$ it has the slope $a^l$."),
                    Mistake("clipped", lambda t_l: t_l - 0.001, "It goes on with the slope $a^l$."),
                    Mistake(
                        "sign",
                        lambda low, t_l, a_l: t_l - a_l * (low - t_l),
                        "$x - t^l$ is negative here.",
                    ),
                ],
            ),
            Step(
                "by_all",
                "At that low $x$: the slopes by $t^l$, $a^l$, $t^r$, $a^r$",
                lambda low, t_l, a_l: np.array([1 - a_l, low - t_l, 0, 0]),
                vector(length=4, decimals=3, partial=True),
                marks=2,
                hint="Which parameters act on this side at all?",
                explain="$1 - a^l$ and $x - t^l$; the right side plays no part.",
                mistakes=[
                    Mistake(
                        "right",
                        lambda low, a_r, t_r: np.array([0, 0, 1 - a_r, low - t_r]),
                        "That is the other side.",
                    ),
                    Mistake(
                        "both",
                        lambda low, t_l, a_l, t_r, a_r: np.array(
                            [1 - a_l, low - t_l, 1 - a_r, low - t_r]
                        ),
                        "Only one branch is active.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "activations.aplu",
    topic="activations",
    title="APLU: value and slopes, with the right sign",
    minutes=6,
    sources=["000B:09"],
    variants={"worked": {"x": -1, "a": [0.7, -0.3], "b": [0.5, 2]}},
)
def aplu(draw: Draw) -> Exercise:
    x = draw.choice("x", [-2, -1.5, -1, -0.5, 0.5])
    a = draw.search(
        "a", lambda m: m.decimals("a", 2, -1, 1, 0.1, exclude=[0]), lambda v: v[0] != v[1]
    )
    b = draw.search(
        "b",
        lambda m: m.decimals("b", 2, -1, 2, 0.5),
        lambda v: v[0] != v[1] and x not in v and max(v) > x,
    )
    return Exercise(
        "An APLU is $f(x) = \\max(0, x) + \\sum_c a_c \\max(0, b_c - x)$ with $a = {a:}$ and "
        "$b = {b:}$. Its net input is $x = {x:}$.",
        givens={"x": x, "a": a, "b": b},
        steps=[
            Step(
                "hinges",
                "The two hinges $\\max(0, b_c - x)$",
                lambda x, b: np.maximum(0, b - x),
                vector(length=2, decimals=3, partial=True),
                hint="$b_c - x$, if positive.",
                explain="$b - x$ is {b:} minus ${x:}$, negative values become 0.",
                mistakes=[
                    Mistake("turned", lambda x, b: np.maximum(0, x - b), "They open to the left."),
                    Mistake("no_x", lambda b: np.maximum(0, b), "Subtract $x$ from $b_c$."),
                ],
            ),
            Step(
                "value",
                "The value $f(x)$",
                lambda x, a, hinges: float(max(0.0, x) + np.asarray(a) @ np.asarray(hinges)),
                number(decimals=3),
                hint="ReLU plus the weighted hinges.",
                explain="$\\max(0, {x:})$ plus $a$ times the hinges.",
                mistakes=[
                    Mistake(
                        "identity",
                        lambda x, a, hinges: float(x + np.asarray(a) @ np.asarray(hinges)),
                        "The first part is a ReLU.",
                    ),
                    Mistake(
                        "unweighted",
                        lambda x, hinges: float(max(0.0, x) + np.sum(hinges)),
                        "Each hinge is multiplied by its $a_c$.",
                    ),
                ],
            ),
            Step(
                "by_b",
                "Its slopes by $b_1$ and $b_2$",
                lambda x, a, b: np.where(x < b, a, 0.0),
                vector(length=2, decimals=3, partial=True),
                marks=2,
                hint="$b_c$ stands with a plus sign.",
                explain="$+a_c$ where $x < b_c$, else 0. (The lecture prints $-a_c$.)",
                mistakes=[
                    Mistake(
                        "lecture",
                        lambda x, a, b: np.where(x < b, -np.asarray(a), 0.0),
                        "That sign belongs to the slope by $x$.",
                    ),
                    Mistake("by_a", lambda hinges: hinges, "Those are the slopes by $a_c$."),
                ],
            ),
            Step(
                "by_x",
                "Its slope by $x$",
                lambda x, a, b: float((x > 0) - np.where(x < b, a, 0.0).sum()),
                number(decimals=3),
                hint="Each open hinge falls with $x$.",
                explain="1 if $x > 0$, minus the $a_c$ of the open hinges.",
                mistakes=[
                    Mistake(
                        "plus",
                        lambda x, a, b: float((x > 0) + np.where(x < b, a, 0.0).sum()),
                        "A hinge falls as $x$ grows.",
                    ),
                    Mistake("relu", lambda x: float(x > 0), "The hinges have slopes too."),
                ],
            ),
        ],
    )


def melu_table(k: int, top: float):
    """Centres and widths by halving intervals, row by row."""
    centres: list[float] = []
    widths: list[float] = []
    row = [(0.0, 4.0 * top)]
    while len(centres) < k - 1:
        for low, high in row:
            centres.append((low + high) / 2)
            widths.append((high - low) / 2)
        row = [
            half
            for low, high in row
            for half in ((low, (low + high) / 2), ((low + high) / 2, high))
        ]
    return np.array(centres), np.array(widths)


def hat(x: float, a, width):
    return np.maximum(width - np.abs(x - np.asarray(a)), 0)


@exercise_type(
    "activations.table",
    topic="activations",
    title="The fixed table of MeLU and GaLU",
    minutes=6,
    sources=["000B:09"],
    variants={"lecture": {"top": 256, "j": 4}, "lecture-1": {"top": 1, "j": 3}},
)
def table(draw: Draw) -> Exercise:
    top = draw.choice("top", [1, 2, 4, 8, 10, 64, 128, 256])
    j = draw.integer("j", 2, 7)
    return Exercise(
        "MeLU with $k = 8$ has seven triangles. The first one lies over $[0, 4M]$ with $M = "
        "\\mathrm{maxInput} = {top:}$; each following row halves the intervals of the one before.",
        givens={"top": top, "j": j},
        steps=[
            Step(
                "centres",
                "The seven centres $a_1, \\dots, a_7$",
                lambda top: melu_table(8, top)[0],
                vector(length=7, decimals=3, partial=True),
                marks=2,
                hint="1 + 2 + 4 triangles; a centre is the middle of its interval.",
                explain="$2M$; then $M$ and $3M$; then $M/2$, $3M/2$, $5M/2$, $7M/2$.",
                mistakes=[
                    Mistake(
                        "sorted",
                        lambda top: np.sort(melu_table(8, top)[0]),
                        "They are numbered row by row, the widest triangle first.",
                    ),
                    Mistake(
                        "half",
                        lambda top: melu_table(8, top)[0] / 2,
                        "The first interval is $[0, 4M]$.",
                    ),
                ],
            ),
            Step(
                "widths",
                "Their half-widths $\\lambda_1, \\dots, \\lambda_7$ (which are their heights)",
                lambda top: melu_table(8, top)[1],
                vector(length=7, decimals=3, partial=True),
                marks=2,
                hint="Half the length of the interval.",
                explain="$2M$; $M$ twice; $M/2$ four times.",
                mistakes=[
                    Mistake(
                        "whole",
                        lambda top: 2 * melu_table(8, top)[1],
                        "$\\lambda$ is half of the base.",
                    ),
                    Mistake(
                        "equal",
                        lambda top: np.full(7, 2.0 * top),
                        "The width halves from row to row.",
                    ),
                ],
            ),
            Step(
                "wave",
                "GaLU's wave number {j:d} has its up and its down on the same interval: its $a_j$ and "
                "$\\lambda_j$",
                lambda centres, widths, j: np.array(
                    [centres[j - 1] - widths[j - 1] / 2, widths[j - 1] / 2]
                ),
                vector(length=2, decimals=3, partial=True),
                marks=2,
                hint="The wave needs four $\\lambda$: from $a - \\lambda$ to $a + 3\\lambda$.",
                explain="A quarter of the interval is $\\lambda$; $a$ is one $\\lambda$ from its left end.",
                mistakes=[
                    Mistake(
                        "melu",
                        lambda centres, widths, j: np.array([centres[j - 1], widths[j - 1]]),
                        "That is MeLU's triangle; a wave has two of half the width.",
                    ),
                    Mistake(
                        "centre",
                        lambda centres, widths, j: np.array([centres[j - 1], widths[j - 1] / 2]),
                        "$a$ is the centre of the *upper* triangle, on the left half.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "activations.melu",
    topic="activations",
    title="MeLU by hand: value and slopes by its coefficients",
    minutes=7,
    sources=["000B:09"],
    variants={"start": {"x": 1.5, "c": [0, 0, 0, 0]}},
)
def melu(draw: Draw) -> Exercise:
    x = draw.decimal("x", -1.5, 3.75, 0.25, exclude=[0, 1, 2, 3])
    c = draw.decimals("c", 4, -0.5, 0.5, 0.1, exclude=[0])
    centres, widths = melu_table(4, 1)
    return Exercise(
        "A MeLU with $k = 4$ and maxInput 1 has triangles at $a = {centres:}$ with $\\lambda = "
        "{widths:}$ and the coefficients $(c_0, c_1, c_2, c_3) = {c:}$. Its net input is $x = {x:}$.",
        givens={"x": x, "c": c, "centres": centres, "widths": widths},
        steps=[
            Step(
                "hats",
                "The three triangles $\\phi_j(x) = \\max(\\lambda_j - \\vert x - a_j\\vert, 0)$",
                lambda x, centres, widths: hat(x, centres, widths),
                vector(length=3, decimals=3, partial=True),
                marks=2,
                hint="Distance to the centre; what is left of the height.",
                explain=lambda x, centres, widths: (
                    "$\\lambda - \\vert x - a\\vert$ is "
                    + ", ".join(f"{v:g}" for v in widths - np.abs(x - centres))
                    + "; below 0 it counts as 0."
                ),
                mistakes=[
                    Mistake(
                        "negative",
                        lambda x, centres, widths: widths - np.abs(x - centres),
                        "A triangle is 0 outside its base, never negative.",
                    ),
                    Mistake(
                        "no_absolute",
                        lambda x, centres, widths: np.maximum(widths - (x - centres), 0),
                        "Take the *distance* to the centre.",
                    ),
                ],
            ),
            Step(
                "prelu",
                "The PReLU part",
                lambda x, c: x if x > 0 else c[0] * x + 0.0,
                number(decimals=3),
                hint="$x$ or $c_0 x$.",
                explain="$x$ for $x > 0$, else $c_0 x$.",
                mistakes=[
                    Mistake(
                        "swapped",
                        lambda x, c: c[0] * x if x > 0 else x,
                        "$c_0$ acts below zero, not above.",
                    ),
                    Mistake("both", lambda x, c: x + c[0] * x, "Either $x$ or $c_0x$, not both."),
                ],
            ),
            Step(
                "value",
                "The value of the MeLU",
                lambda prelu, hats, c: float(prelu + np.asarray(c[1:]) @ np.asarray(hats)),
                number(decimals=3),
                hint="Add $c_j\\phi_j$.",
                explain="The PReLU part plus $\\sum_j c_j\\phi_j$.",
                mistakes=[
                    Mistake(
                        "unweighted",
                        lambda prelu, hats: float(prelu + np.sum(hats)),
                        "Each triangle is multiplied by its $c_j$.",
                    ),
                    Mistake(
                        "shifted",
                        lambda prelu, hats, c: float(prelu + np.asarray(c[:3]) @ np.asarray(hats)),
                        "$c_0$ belongs to the PReLU part; the triangles start with $c_1$.",
                    ),
                ],
            ),
            Step(
                "by_c",
                "Its slopes by $c_0$, $c_1$, $c_2$, $c_3$",
                lambda x, hats: np.array([min(x, 0.0), *hats]),
                vector(length=4, decimals=3, partial=True),
                marks=2,
                hint="It is linear in the coefficients: what multiplies each?",
                explain="$\\min(x, 0)$ and the three triangles.",
                mistakes=[
                    Mistake(
                        "x", lambda x, hats: np.array([x, *hats]), "$c_0$ acts below zero only."
                    ),
                    Mistake(
                        "weighted",
                        lambda x, hats, c: np.array([min(x, 0.0), *(np.asarray(c[1:]) * hats)]),
                        "The coefficient itself is what you differentiate by: it drops out.",
                    ),
                ],
            ),
        ],
    )


def wave(x, a: float, width: float):
    x = np.asarray(x, float)
    return np.maximum(width - abs(x - a), 0) + np.minimum(abs(x - a - 2 * width) - width, 0)


@exercise_type(
    "activations.galu",
    topic="activations",
    title="The wave inside a GaLU",
    minutes=5,
    sources=["000B:09"],
    variants={"lecture": {"a": 1, "width": 1, "steps": [-0.5, 0, 1.5, 2]}},
)
def galu(draw: Draw) -> Exercise:
    a = draw.choice("a", [0.5, 1, 2, 2.5])
    width = draw.choice("width", [0.5, 1, 2])
    steps = draw.search(
        "steps",
        lambda m: m.decimals("steps", 4, -1, 3.5, 0.5),
        lambda v: len(set(v)) == 4 and sum(wave([a + s * width for s in v], a, width)) != 0,
    )
    x = np.array([a + s * width for s in steps])
    return Exercise(
        "GaLU is built of $\\phi_g(x) = \\max(\\lambda - \\vert x - a\\vert, 0) + \\min(\\vert x - a - "
        "2\\lambda\\vert - \\lambda, 0)$. Here $a = {a:}$ and $\\lambda = {width:}$.",
        givens={"a": a, "width": width, "x": x},
        steps=[
            Step(
                "ends",
                "Between which two points is it not zero?",
                lambda a, width: np.array([a - width, a + 3 * width]),
                vector(length=2, decimals=3, partial=True),
                hint="An upper triangle around $a$, a lower one around $a + 2\\lambda$.",
                explain="From $a - \\lambda$ to $a + 3\\lambda$.",
                mistakes=[
                    Mistake(
                        "triangle",
                        lambda a, width: np.array([a - width, a + width]),
                        "The lower triangle follows on the right.",
                    ),
                    Mistake(
                        "symmetric",
                        lambda a, width: np.array([a - 3 * width, a + 3 * width]),
                        "Nothing happens left of $a - \\lambda$.",
                    ),
                ],
            ),
            Step(
                "values",
                "$\\phi_g$ at {x:}",
                lambda x, a, width: wave(x, a, width) + 0.0,
                vector(length=4, decimals=3, partial=True),
                marks=3,
                hint="First decide in which triangle the point lies.",
                explain="Up to $+\\lambda$ at $a$, through 0 at $a + \\lambda$, down to $-\\lambda$ at $a + "
                "2\\lambda$.",
                mistakes=[
                    Mistake(
                        "hat",
                        lambda x, a, width: hat(x, a, width),
                        "The lower triangle is missing.",
                    ),
                    Mistake(
                        "up",
                        lambda x, a, width: np.abs(wave(x, a, width)),
                        "The second triangle points down.",
                    ),
                ],
            ),
            Step(
                "area",
                "The area between $\\phi_g$ and the axis, below counted negative",
                lambda: 0.0,
                number(decimals=3),
                hint="Compare the two triangles.",
                explain="They have the same size and opposite signs.",
                mistakes=[
                    Mistake(
                        "one",
                        lambda width: width**2,
                        "The lower triangle takes the area away again.",
                    )
                ],
            ),
        ],
    )


# --- dead units -----------------------------------------------------------------------------------


def net_inputs(w: float, b: float):
    return np.array([w + b, 2 * w + b])


def pull(w: float, b: float, leak: float = 0.0):
    """Slopes of the mean of half squares by w and b; inputs and targets are 1 and 2."""
    net = net_inputs(w, b)
    slope = np.where(net > 0, 1.0, leak)
    error = (net * slope - np.array([1.0, 2.0])) * slope
    return np.array([error @ np.array([1.0, 2.0]) / 2, error.mean()])


@exercise_type(
    "activations.dead",
    topic="activations",
    title="One step too far: a ReLU dies, a leaky one does not",
    minutes=9,
    sources=["000B:09", "001:17"],
    variants={"chapter": {"start": [2, 1, 0.5], "leak": 0.01}},
)
def dead(draw: Draw) -> Exercise:
    def start(m: Draw):
        return [
            m.choice("w", [1.5, 2, 2.5, 3]),
            m.choice("b", [0, 0.5, 1, 1.5, 2]),
            m.choice("eta", [0.4, 0.5, 0.6, 0.8]),
        ]

    def dies(v):
        after = np.array(v[:2]) - v[2] * pull(v[0], v[1])
        return (net_inputs(after[0], after[1]) < -0.04).all()

    w, b, eta = draw.search("start", start, dies)
    leak = draw.choice("leak", [0.01, 0.1, 0.2])
    return Exercise(
        "One unit $z = \\max(0, wx + b)$ with $w = {w:}$, $b = {b:}$ learns two examples: $x = 1$, "
        "target 1, and $x = 2$, target 2. The cost is the *mean* of $\\frac12(z - t)^2$.",
        givens={"w": w, "b": b, "eta": eta, "leak": leak},
        steps=[
            Step(
                "slopes",
                "The slopes of the cost by $w$ and by $b$",
                lambda w, b: pull(w, b),
                vector(length=2, decimals=4, partial=True),
                marks=2,
                hint="The mean of $(z - t)x$ and of $z - t$, as long as both net inputs are positive.",
                explain=lambda w, b: (
                    f"Errors ${w + b - 1:g}$ and ${2 * w + b - 2:g}$; the mean of error times input, "
                    "and the mean error."
                ),
                mistakes=[
                    Mistake("sum", lambda w, b: 2 * pull(w, b), "The cost is the mean of the two."),
                    Mistake("sign", lambda w, b: -pull(w, b), "The error is $z - t$."),
                ],
            ),
            Step(
                "after",
                "$w$ and $b$ after one step of gradient descent with rate {eta:}",
                lambda w, b, slopes, eta: np.array([w, b]) - eta * np.asarray(slopes),
                vector(length=2, decimals=4, partial=True),
                hint="Against the slopes.",
                explain="Old value minus rate times slope.",
                mistakes=[
                    Mistake(
                        "uphill",
                        lambda w, b, slopes, eta: np.array([w, b]) + eta * np.asarray(slopes),
                        "Subtract.",
                    ),
                    Mistake(
                        "no_rate", lambda w, b, slopes: np.array([w, b]) - slopes, "Times the rate."
                    ),
                ],
            ),
            Step(
                "silent",
                "For how many of the two examples is the net input now positive?",
                lambda after: int((net_inputs(after[0], after[1]) > 0).sum()),
                integer(),
                hint="$w + b$ and $2w + b$.",
                explain=lambda after: (
                    "The net inputs are "
                    + " and ".join(f"${v:.4g}$" for v in net_inputs(after[0], after[1]))
                    + "."
                ),
                mistakes=[Mistake("two", lambda: 2, "Look at the signs of both net inputs.")],
            ),
            Step(
                "next",
                "The slopes by $w$ and $b$ at this new place",
                lambda after: pull(after[0], after[1]) + 0.0,
                vector(length=2, decimals=4, partial=True),
                hint="A ReLU's slope below zero.",
                explain="Where no example gets through, every slope is 0: the unit is dead.",
                mistakes=[
                    Mistake(
                        "linear",
                        lambda after: pull(after[0], after[1], 1.0),
                        "You forgot the slope of the ReLU, which is 0 here.",
                    ),
                    Mistake(
                        "error",
                        lambda: np.array([-2.5, -1.5]),
                        "The errors are there, but nothing carries them through the ReLU.",
                    ),
                ],
            ),
            Step(
                "leaky",
                "The same two slopes for a leaky unit with $a = {leak:}$ at the same $w$ and $b$",
                lambda after, leak: pull(after[0], after[1], leak),
                vector(length=2, decimals=4, partial=True),
                marks=2,
                hint="Outputs $a \\cdot net$, and the factor $a$ once more.",
                explain="Small, but not 0; and negative, so that the next step raises $w$ and $b$.",
                mistakes=[
                    Mistake(
                        "no_factor",
                        lambda after, leak: pull(after[0], after[1], leak) / leak,
                        "Going back through the unit costs the factor $a$.",
                    ),
                    Mistake("zero", lambda: np.zeros(2), "A leaky unit lets something through."),
                ],
            ),
        ],
    )


# --- theory ---------------------------------------------------------------------------------------

QUESTIONS = [
    Question(
        "A network predicts which of several defects a part has; it can have none or many. Which "
        "output activation?",
        "One sigmoid per defect",
        [
            ("A softmax over the defects", "A softmax forces exactly one to be chosen."),
            ("ReLU", "Its outputs are no probabilities."),
            ("Linear", "Its outputs are no probabilities."),
        ],
        "Each defect is a coin of its own.",
        "How many defects may be there at once?",
    ),
    Question(
        "A network predicts tomorrow's temperature in degrees Celsius. Which output activation?",
        "None: a linear output",
        [
            ("ReLU", "It can never say minus three degrees."),
            ("tanh", "It cannot leave the interval from -1 to 1."),
            ("Softmax", "A number is not a choice among classes."),
        ],
        "The target can be any number.",
        "Which values can the target take?",
    ),
    Question(
        "A network sorts pictures into ten classes, one each. Which output activation?",
        "A softmax over ten units",
        [
            ("Ten independent sigmoids", "They ignore that exactly one class is right."),
            ("Ten ReLUs", "Their outputs are no distribution."),
            ("One tanh unit", "Ten classes do not lie on a line."),
        ],
        "Ten numbers that add up to 1.",
        "How many classes are right at once?",
    ),
    Question(
        "Why is a deep network with linear activations no better than a linear one?",
        "The product of its weight matrices is a single matrix",
        [
            (
                "Its gradients vanish on the way back to the first layer",
                "Not necessarily; even perfectly trained it stays linear.",
            ),
            ("Its units die", "Linear units do not die."),
            ("It has too few weights", "It may have millions."),
        ],
        "$W_2(W_1x + b_1) + b_2$ is again a matrix times $x$ plus a vector.",
        "Multiply out two layers.",
    ),
    Question(
        "For which parameter $a$ has the ELU a slope without a jump at 0?",
        "Only for $a = 1$",
        [
            ("For every $a > 0$", "The left slope at 0 is $a$, the right one 1."),
            ("For no $a$", "At $a = 1$ both sides have the slope 1."),
            ("Only for $a = 0$", "Then it is the ReLU, with a kink."),
        ],
        "$ae^0 = a$ must equal 1.",
        "Compare the slopes on both sides of 0.",
    ),
    Question(
        "Which start makes a MeLU behave as a ReLU?",
        "All $c_j = 0$",
        [
            ("All $c_j = 1$", "Then every triangle is added."),
            ("$c_0 = 0.25$, the others 0", "That is a PReLU with slope 0.25."),
            ("$a_j = \\lambda_j = 0$", "Those are fixed by the table, not learned."),
        ],
        "Without triangles and with slope 0 below zero only the ReLU is left.",
        "What is left of the formula?",
    ),
    Question(
        "When is a ReLU unit dead?",
        "Its net input is negative for every example",
        [
            (
                "Its net input is negative for one example",
                "Then it is merely off: that is its job.",
            ),
            ("Its bias is negative", "The weights may still lift it."),
            ("Its output is large", "Then it is very much alive."),
        ],
        "Then all its slopes are 0, and no example can bring it back.",
        "Think of all examples, not of one.",
    ),
    Question(
        "A PReLU starts with $a = 0$ and its net input is negative everywhere. Can it recover?",
        "Yes: the slope by $a$ is the net input, which is not 0",
        [
            ("No: it is a dead ReLU", "Its weights get nothing at first, but $a$ does."),
            (
                "Yes: below zero its weights always have the slope 0.01, as in a leaky unit",
                "That is a leaky ReLU.",
            ),
            ("No: $a$ is fixed", "It is learned; that is the P."),
        ],
        "First $a$ moves, then the weights do.",
        "Which slopes of a PReLU are not 0 below zero?",
    ),
    Question(
        "What does the ReLU do to the vanishing gradient?",
        "It multiplies by 1 where it is on, but the weights multiply as well",
        [
            (
                "It makes gradients of any depth equal to 1, whatever the weights: nothing can vanish or explode",
                "The weight matrices multiply too.",
            ),
            ("Nothing: its slope is at most 0.25", "That is the logistic function."),
            ("It clips large gradients", "That is gradient clipping."),
        ],
        "The activation's factor is cured, the weights' factor is not: hence initialisation.",
        "Which factors does one layer put into the product?",
    ),
]


@exercise_type(
    "activations.theory",
    topic="activations",
    title="Which activation, and why",
    minutes=2,
    sources=["000A:44", "000B:09", "001:17", "003:02"],
)
def choose(draw: Draw) -> Exercise:
    return theory(draw, QUESTIONS)
