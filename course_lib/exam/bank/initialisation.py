"""First weights: their variance, what becomes of a signal and of its gradient through layers."""

from __future__ import annotations

from math import log, sqrt

import numpy as np

from course_lib.exam.answers import choice, integer, matrix, number, vector
from course_lib.exam.arithmetic import over, root, sigmoid
from course_lib.exam.draw import Draw
from course_lib.exam.exercise import Exercise, Mistake, Step, exercise_type
from course_lib.exam.theory import Question, theory

FATES = ["It vanishes", "It keeps its size", "It explodes"]


@exercise_type(
    "initialisation.scale",
    topic="initialisation",
    title="Xavier, Glorot and He for one layer",
    minutes=4,
    sources=["001:18", "000B:03", "000B:12", "004:14"],
    variants={"lecture-001": {"n": 400, "m": 100}, "lecture-000B": {"n": 256, "m": 128}},
)
def scale(draw: Draw) -> Exercise:
    n = draw.choice("n", [64, 100, 200, 256, 400, 512, 784])
    m = draw.search("m", lambda k: k.choice("m", [10, 32, 50, 80, 128, 300]), lambda v: v != n)
    return Exercise(
        "A dense layer has $n = {n:d}$ inputs and $m = {m:d}$ outputs.",
        givens={"n": n, "m": m},
        steps=[
            Step(
                "glorot",
                "The variance of the first weights by Glorot and Bengio (for $n$ and $m$)",
                lambda n, m: 2 / (n + m),
                number(significant=3),
                hint="The compromise between $1/n$ and $1/m$: the mean of $n$ and $m$ counts.",
                explain="$2 / (n + m)$.",
                mistakes=[
                    Mistake("sum", lambda n, m: 1 / (n + m), "The mean of both: $2/(n+m)$."),
                    Mistake("xavier", lambda n: 1 / n, "That keeps the forward signal only."),
                    Mistake("std", lambda n, m: sqrt(2 / (n + m)), "That is its root."),
                ],
            ),
            Step(
                "limit",
                "The limit $r$ of the uniform distribution $U(-r, r)$ with this variance",
                lambda glorot: root(3 * glorot),
                number(significant=3),
                marks=2,
                hint="The variance of $U(-r, r)$ is $r^2 / 3$.",
                explain="$r = \\sqrt{3\\sigma^2} = \\sqrt{6 / (n + m)}$.",
                mistakes=[
                    Mistake(
                        "std", lambda glorot: root(glorot), "That is the standard deviation itself."
                    ),
                    Mistake(
                        "twelve",
                        lambda glorot: root(12 * glorot),
                        "The width is $2r$: $(2r)^2 / 12 = r^2 / 3$.",
                    ),
                    Mistake(
                        "printed",
                        lambda n, m: 6 / sqrt(n + m),
                        "One note prints $6/\\sqrt{n+m}$; the 6 stands under the root.",
                    ),
                ],
            ),
            Step(
                "he",
                "The standard deviation by He, for ReLU",
                lambda n: sqrt(2 / n),
                number(significant=3),
                hint="Half of the signal is cut off: twice the variance of $1/n$.",
                explain="$\\sqrt{2 / n}$.",
                mistakes=[
                    Mistake("variance", lambda n: 2 / n, "That is the variance."),
                    Mistake("outputs", lambda m: sqrt(2 / m), "He's rule counts the inputs."),
                    Mistake("one", lambda n: sqrt(1 / n), "ReLU needs the factor 2."),
                ],
            ),
        ],
    )


@exercise_type(
    "initialisation.depth",
    topic="initialisation",
    title="The variance of a signal through many layers",
    minutes=6,
    sources=["000B:03", "001:18", "004:14"],
    variants={
        "lecture-000B": {"n": 100, "sigma": 0.1, "gamma": 2, "L": 10},
        "lecture-small": {"n": 256, "sigma": 0.01, "gamma": 1, "L": 30},
    },
)
def depth(draw: Draw) -> Exercise:
    n = draw.choice("n", [25, 50, 100, 200, 400])
    sigma = draw.choice("sigma", [0.02, 0.05, 0.1, 0.15, 0.2])
    gamma = draw.choice("gamma", [0.5, 2, 3])
    layers = draw.choice("L", [4, 5, 6, 8, 10])
    return Exercise(
        "A net of linear layers with $n = {n:d}$ units each. All weights are independent with mean 0 "
        "and standard deviation $\\sigma = {sigma:}$; the inputs have mean 0 and standard deviation "
        "$\\gamma = {gamma:}$.",
        givens={"n": n, "sigma": sigma, "gamma": gamma, "L": layers},
        steps=[
            Step(
                "factor",
                "The factor by which one layer multiplies the variance ($n$, $\\sigma$)",
                lambda n, sigma: n * sigma**2,
                number(significant=3),
                hint="A net input is a sum of $n$ independent products.",
                explain="$n\\sigma^2$.",
                mistakes=[
                    Mistake("std", lambda n, sigma: n * sigma, "The variance of a weight is $\\sigma^2$."),
                    Mistake("single", lambda sigma: sigma**2, "There are $n$ terms in the sum."),
                ],
            ),
            Step(
                "one",
                "The variance of a unit of the first layer (inputs: $\\gamma$)",
                lambda factor, gamma: factor * gamma**2,
                number(significant=3),
                hint="The variance of the inputs times the factor.",
                explain="$n\\sigma^2\\gamma^2$.",
                mistakes=[
                    Mistake("gamma", lambda factor, gamma: factor * gamma, "$\\gamma$ is a standard deviation."),
                ],
            ),
            Step(
                "last",
                "The variance after $L = {L:d}$ layers",
                lambda factor, gamma, L: float(factor) ** L * gamma**2,
                number(significant=2),
                marks=2,
                hint="The factor once per layer.",
                explain="$(n\\sigma^2)^L\\gamma^2$.",
                mistakes=[
                    Mistake(
                        "linear",
                        lambda factor, gamma, L: factor * L * gamma**2,
                        "The factor acts once per layer: a power, not a multiple.",
                    ),
                    Mistake(
                        "all",
                        lambda factor, gamma, L: (float(factor) * gamma**2) ** L,
                        "$\\gamma^2$ comes in once, at the input.",
                    ),
                ],
            ),
            Step(
                "relu",
                "By which factor would ReLU layers multiply the mean square $E[z^2]$, per layer?",
                lambda factor: factor / 2,
                number(significant=3),
                hint="ReLU cuts off the negative half of a symmetric net input.",
                explain="$n\\sigma^2 / 2$: hence He's $\\sigma^2 = 2/n$.",
                mistakes=[
                    Mistake("same", lambda factor: factor, "Half of the net inputs become 0."),
                    Mistake("double", lambda factor: 2 * factor, "Half, not twice."),
                ],
            ),
            Step(
                "fate",
                "What becomes of the signal in a very deep linear net of this kind?",
                lambda factor: FATES[1 + (factor > 1 + 1e-9) - (factor < 1 - 1e-9)],
                choice(FATES),
                hint="Compare the factor with 1.",
                explain="The factor per layer is {factor:}.",
            ),
        ],
    )


@exercise_type(
    "initialisation.product",
    topic="initialisation",
    title="The variance of weight times input",
    minutes=4,
    sources=["001:18"],
    variants={"lecture": {"mw": 0.5, "sw": 2, "mx": -1, "sx": 3}},
)
def product(draw: Draw) -> Exercise:
    mw = draw.decimal("mw", -2, 2, 0.5, exclude=[0, 1, -1])
    sw, mx, sx = draw.integer("sw", 1, 3), draw.choice("mx", [-3, -2, -1, 2, 3]), draw.integer("sx", 2, 4)
    return Exercise(
        "$w$ and $x$ are independent. $w$ has mean {mw:} and standard deviation {sw:}, $x$ has mean "
        "{mx:} and standard deviation {sx:}. (Givens: mw, sw, mx, sx.)",
        givens={"mw": mw, "sw": sw, "mx": mx, "sx": sx},
        steps=[
            Step(
                "terms",
                "The three terms $E[x]^2\\mathrm{Var}(w)$, $E[w]^2\\mathrm{Var}(x)$, "
                "$\\mathrm{Var}(w)\\mathrm{Var}(x)$",
                lambda mw, sw, mx, sx: np.array([mx**2 * sw**2, mw**2 * sx**2, sw**2 * sx**2], float),
                vector(length=3, decimals=3, partial=True),
                marks=2,
                hint="Square the means and the standard deviations.",
                explain="Each is a product of two squares.",
                mistakes=[
                    Mistake(
                        "std",
                        lambda mw, sw, mx, sx: np.array([mx**2 * sw, mw**2 * sx, sw * sx], float),
                        "The variance is the square of the standard deviation.",
                    ),
                    Mistake(
                        "crossed",
                        lambda mw, sw, mx, sx: np.array(
                            [mw**2 * sw**2, mx**2 * sx**2, sw**2 * sx**2], float
                        ),
                        "The mean of the one meets the variance of the other.",
                    ),
                ],
            ),
            Step(
                "var",
                "$\\mathrm{Var}(wx)$",
                lambda terms: float(np.sum(terms)),
                number(significant=3),
                hint="Add the three.",
                explain="The sum of the terms.",
                mistakes=[
                    Mistake(
                        "last", lambda terms: float(terms[2]), "The other two vanish for means 0 only."
                    )
                ],
            ),
            Step(
                "centred",
                "$\\mathrm{Var}(wx)$ if both means were 0",
                lambda terms: float(terms[2]),
                number(significant=3),
                hint="Two of the three terms vanish.",
                explain="Only the product of the variances is left.",
                mistakes=[
                    Mistake("zero", lambda: 0.0, "The mean is 0 then, not the variance."),
                    Mistake("same", lambda var: var, "Two terms contain a squared mean."),
                ],
            ),
        ],
    )


@exercise_type(
    "initialisation.chain",
    topic="initialisation",
    title="The gradient through a chain of sigmoid units",
    minutes=6,
    sources=["000B:02", "001:16", "003:10"],
    variants={
        "lecture": {"w": 100, "a": 0, "L": 5},
        "lecture-bound": {"w": 1, "a": 0, "L": 10},
    },
)
def chain(draw: Draw) -> Exercise:
    w = draw.choice("w", [0.5, 2, 3, 6, 8, 10])
    a = draw.choice("a", [-2, -1, -0.5, 0.5, 1, 2])
    layers = draw.choice("L", [4, 5, 6, 8, 10])
    return Exercise(
        "A chain of sigmoid units: every unit has the weight $w = {w:}$, and the net input of every "
        "unit happens to be $a = {a:}$.",
        givens={"w": w, "a": a, "L": layers},
        steps=[
            Step(
                "slope",
                "The slope of the sigmoid at net input $a$",
                lambda a: float(sigmoid(a) * (1 - sigmoid(a))),
                number(significant=3),
                hint="$\\sigma(1 - \\sigma)$.",
                explain=lambda a: f"$\\sigma = {sigmoid(a):.4f}$.",
                mistakes=[
                    Mistake("sigma", lambda a: float(sigmoid(a)), "That is the output; the slope is $\\sigma(1-\\sigma)$."),
                    Mistake("tanh", lambda a: 1 - float(sigmoid(a)) ** 2, "$1 - z^2$ belongs to tanh."),
                ],
            ),
            Step(
                "factor",
                "The factor by which one unit (weight $w$) multiplies the gradient",
                lambda slope, w: slope * w,
                number(significant=3),
                hint="Slope times weight.",
                explain="$\\sigma'(a)\\,w$.",
                mistakes=[
                    Mistake("slope", lambda slope: slope, "The weight belongs to the factor."),
                    Mistake("over", lambda slope, w: over(slope, w), "Times the weight."),
                ],
            ),
            Step(
                "total",
                "The factor of $L = {L:d}$ units",
                lambda factor, L: float(factor) ** L,
                number(significant=2),
                hint="A product of equal factors.",
                explain="{factor:} to the power $L$.",
                mistakes=[
                    Mistake("sum", lambda factor, L: factor * L, "Chained factors multiply."),
                ],
            ),
            Step(
                "balance",
                "The weight for which, at this net input, the gradient would keep its size",
                lambda slope: over(1, slope),
                number(significant=3),
                hint="The factor of one unit must be 1.",
                explain="$1 / \\sigma'(a)$; the least possible is 4, at $a = 0$.",
                mistakes=[
                    Mistake("one", lambda: 1.0, "With $w = 1$ only the slope is left, and it is below 1."),
                    Mistake("four", lambda: 4.0, "4 holds at net input 0 only."),
                ],
            ),
        ],
    )


@exercise_type(
    "initialisation.bound",
    topic="initialisation",
    title="How deep before a sigmoid gradient is lost?",
    minutes=4,
    sources=["000B:02", "001:16"],
    variants={"lecture": {"w": 1, "e": 6, "L": 10}},
)
def bound(draw: Draw) -> Exercise:
    w, e, layers = draw.choice("w", [0.5, 1, 2, 3]), draw.integer("e", 4, 12), draw.integer("L", 3, 12)
    return Exercise(
        "In a chain of sigmoid units no weight is larger than $w = {w:}$.",
        givens={"w": w, "e": e, "L": layers},
        steps=[
            Step(
                "most",
                "The largest possible factor of one unit (with $w$)",
                lambda w: w / 4,
                number(significant=3),
                hint="The slope of the sigmoid is at most a quarter.",
                explain="$w / 4$.",
                mistakes=[
                    Mistake("weight", lambda w: float(w), "The slope counts too: at most ¼."),
                    Mistake("half", lambda w: w / 2, "½ is the largest output at $a=0$; the slope is ¼."),
                ],
            ),
            Step(
                "bound",
                "The bound for $L = {L:d}$ units",
                lambda most, L: float(most) ** L,
                number(significant=3),
                hint="A power.",
                explain="{most:} to the power $L$.",
                mistakes=[Mistake("times", lambda most, L: most * L, "A power, not a multiple.")],
            ),
            Step(
                "depth",
                "From how many units on is the factor surely below $10^{-e}$ with $e = {e:d}$?",
                lambda most, e: int(np.floor(over(e * log(10), -log(most)) + 1e-9)) + 1,
                integer(),
                marks=2,
                hint="Take logarithms, and round up.",
                explain="$L > e \\ln 10 / (-\\ln c)$ with the factor $c$ of one unit.",
                mistakes=[
                    Mistake(
                        "rounded_down",
                        lambda most, e: int(np.floor(over(e * log(10), -log(most)) + 1e-9)),
                        "With that many it is not yet below: round up.",
                    ),
                    Mistake("digits", lambda e: int(e), "That would be a factor of 1/10 per unit."),
                ],
            ),
        ],
    )


@exercise_type(
    "initialisation.gradient",
    topic="initialisation",
    title="The gradient of the first weights of a 2:2:1 net",
    minutes=9,
    sources=["001:16"],
    variants={
        "lecture": {"x": [1, 2], "W": [0.1, 0.2, -0.3, 0.4], "v": [0.5, -0.6], "t": 1},
    },
)
def gradient(draw: Draw) -> Exercise:
    x = draw.search("x", lambda m: m.integers("x", 2, -2, 3, exclude=[0]), lambda v: v[0] != v[1])
    W = draw.decimals("W", 4, -0.5, 0.5, 0.1, exclude=[0])
    v = draw.search(
        "v", lambda m: m.decimals("v", 2, -0.9, 0.9, 0.1, exclude=[0]), lambda u: abs(u[0]) != abs(u[1])
    )
    t = draw.choice("t", [1, 2, -1])
    return Exercise(
        "Two inputs $x = {x:}$, two sigmoid hidden units without bias, one linear output. The hidden "
        "weights are $W = ({W:})$ (first the two of unit 1, then those of unit 2), the output weights "
        "$v = {v:}$, the target $t = {t:}$. The loss is $(t - g)^2$.",
        givens={"x": x, "W": W, "v": v, "t": t},
        steps=[
            Step(
                "h",
                "The outputs of the hidden units",
                lambda x, W: sigmoid(np.reshape(W, (2, 2)) @ x),
                vector(length=2, decimals=4, partial=True),
                marks=2,
                hint="Net inputs first: $w_{j1}x_1 + w_{j2}x_2$.",
                explain=lambda x, W: f"Net inputs {np.round(np.reshape(W, (2, 2)) @ x, 4).tolist()}.",
                mistakes=[
                    Mistake("net", lambda x, W: np.reshape(W, (2, 2)) @ x, "Apply the sigmoid."),
                    Mistake(
                        "transposed",
                        lambda x, W: sigmoid(np.reshape(W, (2, 2)).T @ x),
                        "The first two weights belong to unit 1.",
                    ),
                ],
            ),
            Step(
                "g",
                "The output $g$",
                lambda h, v: float(np.dot(h, v)),
                number(decimals=3),
                hint="$v_1h_1 + v_2h_2$; the output is linear.",
                explain="$v \\cdot h$.",
                mistakes=[
                    Mistake(
                        "sigmoid", lambda h, v: float(sigmoid(np.dot(h, v))), "The output unit is linear."
                    )
                ],
            ),
            Step(
                "E",
                "The loss for the target $t$",
                lambda g, t: (t - g) ** 2,
                number(decimals=3),
                hint="Square the difference.",
                explain="$(t - g)^2$.",
                mistakes=[Mistake("half", lambda g, t: (t - g) ** 2 / 2, "There is no ½ in this loss.")],
            ),
            Step(
                "slope",
                "The gradient by the hidden weights: row $j$ holds $\\partial E / \\partial w_{ji}$",
                lambda g, t, h, v, x: (
                    -2 * (t - g) * np.outer(np.asarray(v) * h * (1 - np.asarray(h)), x)
                ),
                matrix(2, 2, decimals=3),
                marks=3,
                hint="$-2(t - g)\\,v_j\\,h_j(1 - h_j)\\,x_i$.",
                explain="Each row is $-2(t-g)v_jh_j(1-h_j)$ times $(x_1, x_2)$.",
                mistakes=[
                    Mistake(
                        "no_slope",
                        lambda g, t, v, x: -2 * (t - g) * np.outer(v, x),
                        "The slope $h(1-h)$ of the hidden unit is missing.",
                    ),
                    Mistake(
                        "sign",
                        lambda g, t, h, v, x: (
                            2 * (t - g) * np.outer(np.asarray(v) * h * (1 - np.asarray(h)), x)
                        ),
                        "The inner derivative of $t - g$ is $-1$.",
                    ),
                    Mistake(
                        "no_two",
                        lambda g, t, h, v, x: (
                            -(t - g) * np.outer(np.asarray(v) * h * (1 - np.asarray(h)), x)
                        ),
                        "The square brings the factor 2.",
                    ),
                ],
            ),
        ],
    )


QUESTIONS = [
    Question(
        "All weights of a tanh net start at 0. What does gradient descent change?",
        "The output bias alone",
        [
            ("Nothing at all, in any layer", "The output bias sees the error and moves."),
            ("The output weights alone", "Their inputs are tanh(0) = 0."),
            ("The first layer alone, as it sees the inputs", "Its error passes through output weights of 0."),
            ("All weights, but slowly at first", "Every path contains a factor 0."),
        ],
        "Hidden outputs and output weights are 0: only the output bias has a gradient.",
        "Which factors of each gradient are 0?",
    ),
    Question(
        "Why are first weights random?",
        "Equal units would stay equal",
        [
            ("To make the loss larger at the start", "That is no aim."),
            ("So that the gradient is unbiased", "The gradient is what it is, for any weights."),
            ("Because the data are random, too", "There is no such link."),
            ("To make every run give another result", "That is a side effect, and no aim."),
        ],
        "Units with equal weights get equal gradients for ever.",
        "What is the gradient of two identical units?",
    ),
    Question(
        "Which start belongs to deep ReLU nets?",
        "Variance 2 over the number of inputs",
        [
            ("Variance 1 over the number of inputs", "ReLU halves the mean square in every layer."),
            ("Variance 2 over the number of outputs", "The forward sum runs over the inputs."),
            ("Standard deviation 0.01 for any width", "The signal would vanish with depth."),
            ("Four times Glorot's standard deviation", "That is for the sigmoid."),
        ],
        "He: the 2 makes good for the half that ReLU cuts off.",
        "What does ReLU do to the mean square?",
    ),
    Question(
        "A deep tanh net starts with $N(0, 1)$ weights, 256 per unit. What do you see?",
        "Nearly all units at $\\pm1$",
        [
            ("Nearly all outputs at 0", "That happens for weights that are too small."),
            ("Outputs that overflow the floats", "tanh bounds them; a linear net would overflow."),
            ("Outputs spread evenly over $(-1, 1)$", "The net inputs have a spread of about 16."),
            ("The same as with Glorot's start", "The net inputs are far larger."),
        ],
        "The net inputs spread by about 16: the units are saturated.",
        "How large are the net inputs?",
    ),
    Question(
        "Which change does NOT help the gradient of a deep sigmoid net?",
        "Smaller first weights",
        [
            ("Batch norm before each sigmoid", "It keeps the net inputs where the slope is large, and helps."),
            ("Shortcuts around the layers", "The identity lets the gradient pass."),
            ("ReLU in place of the sigmoid", "Its slope is 1 where it is on."),
            ("Fewer layers in the same net", "Fewer factors below 1: that helps."),
        ],
        "The factor is slope times weight: smaller weights make it worse.",
        "Look at the factor per layer.",
    ),
]


@exercise_type(
    "initialisation.theory",
    topic="initialisation",
    title="First weights, and why",
    minutes=2,
    sources=["000B:02", "000B:12", "001:18", "004:14"],
)
def initialisation_theory(draw: Draw) -> Exercise:
    return theory(draw, QUESTIONS)


