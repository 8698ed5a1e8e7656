"""Transformers: attention by hand, masks, positions, heads, blocks, costs."""

from __future__ import annotations

from math import cos, log, sin, sqrt

import numpy as np

from course_lib.exam.answers import integer, matrix, number, vector
from course_lib.exam.arithmetic import over, plus, softmax
from course_lib.exam.draw import Draw
from course_lib.exam.exercise import Exercise, Mistake, Step, exercise_type
from course_lib.exam.theory import Question, theory


def rows(draw: Draw, name: str, count: int, width: int, high: int = 2):
    """Small whole-number rows, none all zero, not all alike."""
    return draw.search(
        name,
        lambda m: [m.integers(f"row{i}", width, 0, high) for i in range(count)],
        lambda R: all(any(r) for r in R) and len({tuple(r) for r in R}) > 1,
    )


def array(values):
    return np.asarray(values, float)


def told(values) -> str:
    """A vector as it is written: (1, -2, 0.5)."""
    return "(" + ", ".join(f"{v:.4g}" for v in array(values) + 0.0) + ")"


def shares(values):
    """Divided by the sum, without exponentials. Raises ValueError where the sum is 0."""
    total = float(np.sum(values))
    return [over(float(v), total) for v in array(values)]


# --- one query ------------------------------------------------------------------------------------


@exercise_type(
    "transformers.row",
    topic="transformers",
    title="One query looks at three keys",
    minutes=6,
    sources=["001:55", "003:58", "004:46"],
    variants={
        "lecture-001": {"q": [1, 1], "K": [[1, 1], [0, 1], [1, 0]], "V": [[1, 0], [0, 1], [2, 2]]},
        "lecture-003": {"q": [1, 0], "K": [[1, 0], [0, 1], [1, 1]], "V": [[1, 0], [0, 2], [3, 1]]},
    },
)
def one_row(draw: Draw) -> Exercise:
    q = draw.search("q", lambda m: m.integers("entries", 2, 0, 3), lambda v: sum(v) > 1)
    K = draw.search(
        "K",
        lambda m: [m.integers(f"k{i}", 2, -1, 2) for i in range(3)],
        lambda R: len({float(np.dot(q, r)) for r in R}) == 3,
    )
    V = draw.search(
        "V",
        lambda m: [m.integers(f"v{i}", 2, 0, 4) for i in range(3)],
        lambda R: len({tuple(r) for r in R}) == 3,
    )
    return Exercise(
        "A query $q = {q:}$ meets three keys, the rows of $K = {K:}$, with the values $V = {V:}$. "
        "Use scaled dot-product attention.",
        givens={"q": q, "K": K, "V": V},
        steps=[
            Step(
                "scores",
                "The three scores $q \\cdot k_j / \\sqrt{d_k}$",
                lambda q, K: array(K) @ array(q) / sqrt(len(q)),
                vector(length=3, decimals=3, partial=True),
                marks=2,
                hint="Three products, each divided by $\\sqrt 2$.",
                explain=lambda q, K: (
                    f"The products are {told(array(K) @ array(q))}; divide by 1.4142."
                ),
                mistakes=[
                    Mistake(
                        "unscaled", lambda q, K: array(K) @ array(q), "Divide by $\\sqrt{d_k}$."
                    ),
                    Mistake(
                        "by_d",
                        lambda q, K: array(K) @ array(q) / len(q),
                        "Divide by the root of $d_k$, not by $d_k$.",
                    ),
                ],
            ),
            Step(
                "weights",
                "The three attention weights",
                lambda scores: softmax(scores),
                vector(length=3, decimals=3, partial=True),
                marks=2,
                hint="A softmax over the keys.",
                explain=lambda scores: (
                    f"Exponentials {plus(np.exp(array(scores)))}, over their sum."
                ),
                mistakes=[
                    Mistake(
                        "powers", lambda scores: np.exp(array(scores)), "Divide by their sum: 1."
                    ),
                    Mistake(
                        "shares", lambda scores: shares(scores), "Take the exponentials first."
                    ),
                ],
            ),
            Step(
                "output",
                "The output of this query",
                lambda weights, V: array(weights) @ array(V),
                vector(length=2, decimals=3, partial=True),
                marks=2,
                hint="The values, weighted and added.",
                explain=lambda weights, V: (
                    "$"
                    + " + ".join(
                        f"{w:.3f} \\cdot {told(v)}" for w, v in zip(weights, V, strict=True)
                    )
                    + "$."
                ),
                mistakes=[
                    Mistake(
                        "keys",
                        lambda weights, K: array(weights) @ array(K),
                        "Keys are for finding; what is handed over are the values.",
                    ),
                    Mistake(
                        "best",
                        lambda weights, V: array(V)[int(np.argmax(weights))],
                        "Every value takes part, not only that of the best key.",
                    ),
                    Mistake(
                        "mean", lambda V: array(V).mean(axis=0), "Weight the values before adding."
                    ),
                ],
            ),
        ],
    )


# --- from words to outputs ------------------------------------------------------------------------


@exercise_type(
    "transformers.self_attention",
    topic="transformers",
    title="Self-attention from the inputs, unscaled",
    minutes=10,
    sources=["000C:35", "004:46"],
    variants={
        "lecture": {
            "X": [[1, 0, 1, 0], [0, 2, 0, 2], [1, 1, 1, 1]],
            "Wq": [[1, 0, 1], [1, 0, 0], [0, 0, 1], [0, 1, 1]],
            "Wk": [[0, 0, 1], [1, 1, 0], [0, 1, 0], [1, 1, 0]],
            "Wv": [[0, 2, 0], [0, 3, 0], [1, 0, 3], [1, 1, 0]],
        }
    },
)
def self_attention(draw: Draw) -> Exercise:
    X = draw.search(
        "X",
        lambda m: [m.integers(f"x{i}", 4, 0, 1) for i in range(3)],
        lambda R: len({tuple(r) for r in R}) == 3 and all(any(r) for r in R),
    )
    Wq = rows(draw, "Wq", 4, 3, 1)
    Wk = draw.search(
        "Wk",
        lambda m: [m.integers(f"row{i}", 3, 0, 1) for i in range(4)],
        lambda R: len(set(((array(X) @ array(Wq)) @ (array(X) @ array(R)).T)[0])) > 1 and R != Wq,
    )
    Wv = draw.search(
        "Wv",
        lambda m: [m.integers(f"row{i}", 3, 0, 3) for i in range(4)],
        lambda R: len({tuple(r) for r in array(X) @ array(R)}) > 1,
    )
    return Exercise(
        "Three tokens are the rows of $X = {X:}$. The projections are $W_q = {Wq:}$, $W_k = {Wk:}$ and "
        "$W_v = {Wv:}$. As in the lecture, the scores are *not* divided by $\\sqrt{d_k}$ here.",
        givens={"X": X, "Wq": Wq, "Wk": Wk, "Wv": Wv},
        steps=[
            Step(
                "K",
                "The keys of all tokens (3 × 3)",
                lambda X, Wk: (array(X) @ array(Wk)).astype(int).tolist(),
                matrix(3, 3),
                marks=2,
                hint="$K = X W_k$: one row per token.",
                explain="$K = X W_k = {K:}$.",
                mistakes=[
                    Mistake(
                        "queries",
                        lambda X, Wq: (array(X) @ array(Wq)).astype(int).tolist(),
                        "Those are the queries.",
                    ),
                    Mistake(
                        "turned",
                        lambda X, Wk: (array(X) @ array(Wk)).T.astype(int).tolist(),
                        "One row per token.",
                    ),
                ],
            ),
            Step(
                "q1",
                "The query of the first token",
                lambda X, Wq: (array(X)[0] @ array(Wq)).astype(int),
                vector(length=3),
                hint="The first row of $X$ times $W_q$.",
                explain="$x_1 W_q = {q1:}$.",
                mistakes=[
                    Mistake(
                        "second",
                        lambda X, Wq: (array(X)[1] @ array(Wq)).astype(int),
                        "That is the second token.",
                    )
                ],
            ),
            Step(
                "scores",
                "Its scores with the three keys",
                lambda q1, K: array(K) @ array(q1),
                vector(length=3, decimals=3, partial=True),
                marks=2,
                hint="Three dot products.",
                explain="$q_1 \\cdot k_j$ = {scores:}.",
                mistakes=[
                    Mistake(
                        "columns",
                        lambda q1, K: array(K).T @ array(q1),
                        "Keys are the rows of $K$, not its columns.",
                    ),
                    Mistake(
                        "scaled",
                        lambda q1, K: array(K) @ array(q1) / sqrt(3),
                        "Here the scores are not scaled.",
                    ),
                ],
            ),
            Step(
                "weights",
                "Its attention weights",
                lambda scores: softmax(scores),
                vector(length=3, decimals=3, partial=True),
                marks=2,
                hint="A softmax of the scores.",
                explain="$e^{s_j}$, divided by their sum: {weights:}.",
                mistakes=[Mistake("shares", lambda scores: shares(scores), "Exponentials first.")],
            ),
            Step(
                "z1",
                "Its output, to three decimals",
                lambda weights, X, Wv: array(weights) @ (array(X) @ array(Wv)),
                vector(length=3, decimals=3, partial=True),
                marks=3,
                hint="First the values $V = X W_v$, then their weighted sum.",
                explain=lambda X, Wv: (
                    "$V$ has the rows " + ", ".join(told(v) for v in array(X) @ array(Wv)) + "."
                ),
                mistakes=[
                    Mistake(
                        "own",
                        lambda X, Wv: array(X)[0] @ array(Wv),
                        "That is its own value only.",
                    ),
                    Mistake(
                        "keys",
                        lambda weights, K: array(weights) @ array(K),
                        "Weight the values, not the keys.",
                    ),
                ],
            ),
        ],
    )


# --- masks ----------------------------------------------------------------------------------------


@exercise_type(
    "transformers.masked",
    topic="transformers",
    title="Causal self-attention with Q = K = V",
    minutes=7,
    sources=["003:59", "000C:38", "004:49"],
    variants={"lecture": {"X": [[1, 0], [0, 1], [1, 1]], "t": 2}},
)
def masked(draw: Draw) -> Exercise:
    X = draw.search(
        "X",
        lambda m: [m.integers(f"x{i}", 2, -1, 2) for i in range(3)],
        lambda R: (
            len({tuple(r) for r in R}) == 3
            and np.dot(R[1], R[0]) != np.dot(R[1], R[1])
            and len({float(np.dot(R[2], r)) for r in R}) == 3
            and all(any(r) for r in R)
        ),
    )
    t = draw.integer("t", 1, 3)
    return Exercise(
        "Three tokens $X = {X:}$ are their own queries, keys and values. Causal self-attention, scaled "
        "with $\\sqrt{d_k} = \\sqrt 2$.",
        givens={"X": X, "t": t},
        steps=[
            Step(
                "second",
                "The weights of token 2 (three numbers)",
                lambda X: [*softmax(array(X)[:2] @ array(X)[1] / sqrt(2)), 0.0],
                vector(length=3, decimals=3, partial=True),
                marks=2,
                hint="Token 2 sees tokens 1 and 2; the score of token 3 is $-\\infty$.",
                explain="A softmax over two scores; the masked weight is $e^{-\\infty} = 0$.",
                mistakes=[
                    Mistake(
                        "unmasked",
                        lambda X: softmax(array(X) @ array(X)[1] / sqrt(2)),
                        "Token 2 must not see token 3.",
                    ),
                    Mistake(
                        "after",
                        lambda X: [
                            *softmax(array(X) @ array(X)[1] / sqrt(2))[:2],
                            0.0,
                        ],
                        "Mask before the softmax: the weights must add up to 1.",
                    ),
                    Mistake(
                        "zero_score",
                        lambda X: softmax([*(array(X)[:2] @ array(X)[1] / sqrt(2)), 0.0]),
                        "A score of 0 is no mask: $e^0 = 1$.",
                    ),
                ],
            ),
            Step(
                "third",
                "The weights of token 3",
                lambda X: softmax(array(X) @ array(X)[2] / sqrt(2)),
                vector(length=3, decimals=3, partial=True),
                marks=2,
                hint="The last token sees all.",
                explain="An ordinary softmax of three scaled scores.",
                mistakes=[
                    Mistake(
                        "unscaled",
                        lambda X: softmax(array(X) @ array(X)[2]),
                        "Divide the scores by $\\sqrt 2$.",
                    )
                ],
            ),
            Step(
                "output",
                "The output of token 3",
                lambda third, X: array(third) @ array(X),
                vector(length=2, decimals=3, partial=True),
                marks=2,
                hint="The values are the rows of $X$.",
                explain="The weighted sum of the rows.",
                mistakes=[Mistake("itself", lambda X: array(X)[2], "It mixes all three values.")],
            ),
            Step(
                "changed",
                "Token {t:d} is replaced by another one. How many of the three outputs can change?",
                lambda t: 4 - t,
                integer(),
                hint="Who may look at it?",
                explain="Tokens {t:d} to 3 see it, the earlier ones do not.",
                mistakes=[
                    Mistake("before", lambda t: t, "Later tokens see it, earlier ones do not."),
                    Mistake("strict", lambda t: 3 - t, "A token sees itself as well."),
                ],
            ),
        ],
    )


# --- positions ------------------------------------------------------------------------------------


@exercise_type(
    "transformers.positions",
    topic="transformers",
    title="Sinusoidal positions of width 4",
    minutes=6,
    sources=["000C:34", "001:56", "003:59", "004:47"],
    variants={
        "lecture-000C": {"n": 3, "base": 100, "k": 1},
        "lecture-001": {"n": 3, "base": 10000, "k": 5},
    },
)
def positions(draw: Draw) -> Exercise:
    n = draw.integer("n", 2, 9)
    base = draw.choice("base", [100, 10000])
    k = draw.integer("k", 1, 6)
    return Exercise(
        "Positions are encoded as $r_n = (\\sin w_0 n, \\cos w_0 n, \\sin w_1 n, \\cos w_1 n)$ with "
        "$w_i = b^{-2i/4}$ and $b = {base:d}$, angles in radians.",
        givens={"n": n, "base": base, "k": k},
        steps=[
            Step(
                "w",
                "The frequency $w_1$ of the second pair",
                lambda base: over(1, sqrt(base)),
                number(significant=3),
                hint="$b^{-1/2}$.",
                explain=lambda base: f"$1 / \\sqrt{{{base}}}$.",
                mistakes=[
                    Mistake("base", lambda base: 1 / base, "The exponent is $-2/4$."),
                    Mistake("positive", lambda base: sqrt(base), "The exponent is negative."),
                ],
            ),
            Step(
                "row",
                "The encoding of place {n:d}",
                lambda n, w: np.array([sin(n), cos(n), sin(w * n), cos(w * n)]),
                vector(length=4, decimals=3, partial=True),
                marks=2,
                hint="Sine and cosine of {n:d}, then of $w_1$ times {n:d}; radians.",
                explain="$(\\sin {n:d}, \\cos {n:d}, \\sin w_1 {n:d}, \\cos w_1 {n:d})$.",
                mistakes=[
                    Mistake(
                        "degrees",
                        lambda n, w: [
                            sin(np.radians(n)),
                            cos(np.radians(n)),
                            sin(np.radians(w * n)),
                            cos(np.radians(w * n)),
                        ],
                        "Your calculator is set to degrees.",
                    ),
                    Mistake(
                        "swapped",
                        lambda n, w: [cos(n), sin(n), cos(w * n), sin(w * n)],
                        "Sine first.",
                    ),
                    Mistake(
                        "late_start",
                        lambda n, base: [
                            v
                            for i in (1, 2)
                            for v in (
                                sin(n * base ** (-i / 2)),
                                cos(n * base ** (-i / 2)),
                            )
                        ],
                        "The index starts at 0: the first frequency is 1.",
                    ),
                ],
            ),
            Step(
                "length",
                "Its squared length $\\Vert r_n \\Vert^2$",
                lambda: 2,
                number(significant=3),
                hint="$\\sin^2 + \\cos^2$ in each pair.",
                explain="1 for each pair: $d / 2 = 2$, at every place.",
                mistakes=[Mistake("one", lambda: 1, "Each of the two pairs gives 1.")],
            ),
            Step(
                "product",
                "The product of $r_n$ with the encoding {k:d} places later",
                lambda k, w: cos(k) + cos(w * k),
                number(decimals=3),
                marks=2,
                hint="$\\sin a \\sin b + \\cos a \\cos b = \\cos(a - b)$.",
                explain="$\\cos {k:d} + \\cos(w_1 {k:d})$: the place itself drops out.",
                mistakes=[
                    Mistake(
                        "summed",
                        lambda n, k, w: cos(2 * n + k) + cos(w * (2 * n + k)),
                        "The difference of the places counts, not their sum.",
                    ),
                    Mistake("one_pair", lambda k: cos(k), "There are two pairs."),
                ],
            ),
        ],
    )


# --- sizes ----------------------------------------------------------------------------------------


@exercise_type(
    "transformers.parameters",
    topic="transformers",
    title="The parameters of an encoder and a decoder layer",
    minutes=6,
    sources=["000C:36", "000C:37", "000C:38", "001:54", "004:46"],
    variants={"paper": {"d": 512, "h": 8, "f": 4}},
)
def parameters(draw: Draw) -> Exercise:
    d = draw.choice("d", [64, 128, 256, 384, 768])
    h = draw.choice("h", [4, 8, 16])
    f = draw.choice("f", [2, 3, 4])
    return Exercise(
        "A transformer has width {d:d}, {h:d} heads and a feed-forward layer {f:d} times as wide. All "
        "linear maps have biases; each layer norm has a gain and a shift.",
        givens={"d": d, "h": h, "f": f},
        steps=[
            Step(
                "head",
                "The width of one head",
                lambda d, h: d // h,
                integer(),
                hint="The heads share the width.",
                explain="{d:d} / {h:d}.",
                mistakes=[Mistake("whole", lambda d: d, "The heads share the width.")],
            ),
            Step(
                "attention",
                "The parameters of multi-head attention",
                lambda d: 4 * d * (d + 1),
                integer(),
                marks=2,
                hint="Four maps: queries, keys, values, output.",
                explain="$4 \\cdot {d:d} \\cdot ({d:d} + 1)$, whatever the number of heads.",
                mistakes=[
                    Mistake("no_bias", lambda d: 4 * d * d, "The maps have biases."),
                    Mistake("three", lambda d: 3 * d * (d + 1), "The output map is the fourth."),
                    Mistake(
                        "per_head",
                        lambda d, h: 4 * h * d * (d + 1),
                        "Each head has only its share of the columns.",
                    ),
                ],
            ),
            Step(
                "feed_forward",
                "The parameters of the feed-forward layer",
                lambda d, f: 2 * f * d * d + f * d + d,
                integer(),
                marks=2,
                hint="Up and down again, each with its biases.",
                explain=lambda d, f: f"${d} \\cdot {f * d} + {f * d} + {f * d} \\cdot {d} + {d}$.",
                mistakes=[
                    Mistake("no_bias", lambda d, f: 2 * f * d * d, "The maps have biases."),
                    Mistake("up", lambda d, f: f * d * d + f * d, "And down again."),
                ],
            ),
            Step(
                "encoder",
                "The parameters of one encoder layer",
                lambda attention, feed_forward, d: attention + feed_forward + 4 * d,
                integer(),
                hint="Add the two layer norms.",
                explain="Two layer norms with $2 \\cdot {d:d}$ each.",
                mistakes=[
                    Mistake(
                        "no_norms",
                        lambda attention, feed_forward: attention + feed_forward,
                        "The layer norms have parameters.",
                    )
                ],
            ),
            Step(
                "decoder",
                "The parameters of one decoder layer",
                lambda encoder, attention, d: encoder + attention + 2 * d,
                integer(),
                hint="One more attention and one more layer norm.",
                explain="Cross-attention and its layer norm come on top.",
                mistakes=[
                    Mistake(
                        "no_norm",
                        lambda encoder, attention: encoder + attention,
                        "The third sub-layer has a norm of its own.",
                    ),
                    Mistake(
                        "twice", lambda encoder: 2 * encoder, "Only the attention comes twice."
                    ),
                ],
            ),
        ],
    )


# --- scaling --------------------------------------------------------------------------------------


@exercise_type(
    "transformers.scaling",
    topic="transformers",
    title="Why the scores are divided by the root",
    minutes=5,
    sources=["001:55", "000C:35", "004:46"],
    variants={"lecture": {"root": 8, "low": 96, "gap": 16}},
)
def scaling(draw: Draw) -> Exercise:
    root = draw.choice("root", [4, 5, 6, 8, 10, 16])
    low = draw.integer("low", 20, 90)
    gap = draw.integer("gap", 4, 12)
    return Exercise(
        "Queries and keys have $d_k = {d:d}$ independent entries of mean 0 and variance 1. One query "
        "meets two keys with the products {high:d} and {low:d}.",
        givens={"d": root**2, "high": low + gap, "low": low},
        steps=[
            Step(
                "spread",
                "The standard deviation of such a product",
                lambda d: sqrt(d),
                number(significant=3),
                hint="{d:d} products of variance 1 are added.",
                explain="The variances add up to {d:d}; the standard deviation is its root.",
                mistakes=[
                    Mistake("variance", lambda d: d, "That is the variance."),
                    Mistake("one", lambda: 1, "The variances of {d:d} products add up."),
                ],
            ),
            Step(
                "scaled",
                "The two scaled scores",
                lambda high, low, spread: [over(high, spread), over(low, spread)],
                vector(length=2, decimals=3, partial=True),
                hint="Divide by $\\sqrt{d_k}$.",
                explain="{high:d} and {low:d}, divided by {spread:}.",
                mistakes=[
                    Mistake(
                        "by_d",
                        lambda high, low, d: [over(high, d), over(low, d)],
                        "Divide by the root.",
                    )
                ],
            ),
            Step(
                "weight",
                "The weight of the first key",
                lambda scaled: softmax(scaled)[0],
                number(decimals=3),
                marks=2,
                hint="A softmax of two is a sigmoid of the difference.",
                explain="$\\sigma$ of the difference of the scaled scores.",
                mistakes=[
                    Mistake(
                        "unscaled",
                        lambda high, low: softmax([high, low])[0],
                        "That is the weight without scaling: the softmax is saturated.",
                    ),
                    Mistake("share", lambda high, low: high / (high + low), "Exponentials first."),
                ],
            ),
            Step(
                "slope",
                "The slope $a (1 - a)$ of this weight by its own score",
                lambda weight: weight * (1 - weight),
                number(decimals=3),
                hint="As for a sigmoid.",
                explain="{weight:} times what is left to 1. Unscaled it would be nearly 0.",
                mistakes=[
                    Mistake("square", lambda weight: weight**2, "Times one minus the weight."),
                    Mistake("zero", lambda: 0.0, "Only without the scaling is it nearly 0."),
                ],
            ),
        ],
    )


# --- block ----------------------------------------------------------------------------------------


def standardised(values):
    values = array(values)
    if values.std() == 0:
        raise ValueError("nothing to divide by")
    return (values - values.mean()) / values.std()


@exercise_type(
    "transformers.residual",
    topic="transformers",
    title="Add and norm: post-norm and pre-norm",
    minutes=5,
    sources=["000C:37", "003:59", "004:46"],
    variants={"lecture": {"x": [1, 2, 3, 4], "f": [0, 0, 0, 0], "s": 2}},
)
def residual(draw: Draw) -> Exercise:
    x = draw.search("x", lambda m: m.integers("x", 4, -3, 6), lambda v: len(set(v)) == 4)
    f = draw.search(
        "f",
        lambda m: m.integers("f", 4, -3, 3),
        lambda v: len(set(v)) > 2 and float(np.std(array(x) + array(v))) > 0.5,
    )
    s = draw.choice("s", [2, 3, 5, 10])
    return Exercise(
        "The token $x = {x:}$ enters a sub-layer whose output is $f = {f:}$ (take it as given in both "
        "cases). Layer norm without gain, shift and $\\epsilon$; population standard deviation.",
        givens={"x": x, "f": f, "s": s},
        steps=[
            Step(
                "post",
                "The token after a post-norm block",
                lambda x, f: standardised(array(x) + array(f)),
                vector(length=4, decimals=3, partial=True),
                marks=2,
                hint="Add, then norm.",
                explain=lambda x, f: (
                    f"The sum {told(array(x) + array(f))} has mean "
                    f"{np.mean(array(x) + array(f)):.4g} and standard deviation "
                    f"{np.std(array(x) + array(f)):.4g}."
                ),
                mistakes=[
                    Mistake(
                        "norm_first",
                        lambda x, f: standardised(x) + array(f),
                        "Add first, then norm.",
                    ),
                    Mistake(
                        "sample",
                        lambda x, f: standardised(array(x) + array(f)) * sqrt(3 / 4),
                        "Divide the squares by 4, not by 3.",
                    ),
                    Mistake("no_norm", lambda x, f: array(x) + array(f), "And the norm?"),
                ],
            ),
            Step(
                "pre",
                "The token after a pre-norm block",
                lambda x, f: array(x) + array(f),
                vector(length=4, decimals=3, partial=True),
                hint="The norm stands before the sub-layer; the stream itself is only added to.",
                explain="$x + f$: nothing norms the stream.",
                mistakes=[
                    Mistake(
                        "replaced",
                        lambda x, f: standardised(x) + array(f),
                        "Only the sub-layer's input is normed, not $x$ itself.",
                    )
                ],
            ),
            Step(
                "scaled",
                "The layer norm of ${s:d} \\cdot x$",
                lambda x: standardised(x),
                vector(length=4, decimals=3, partial=True),
                hint="Does a common factor matter?",
                explain="Mean and spread grow by the same factor: the norm is that of $x$.",
                mistakes=[
                    Mistake("grown", lambda x, s: s * standardised(x), "The factor cancels.")
                ],
            ),
        ],
    )


# --- cost -----------------------------------------------------------------------------------------


@exercise_type(
    "transformers.cost",
    topic="transformers",
    title="Attention against recurrence: operations and paths",
    minutes=5,
    sources=["001:56", "000C:35"],
    variants={"short": {"n": 50, "d": 512, "m": 2}, "long": {"n": 1000, "d": 512, "m": 2}},
)
def cost(draw: Draw) -> Exercise:
    n = draw.choice("n", [20, 40, 100, 200, 400, 800, 2000])
    d = draw.choice("d", [64, 128, 256, 512])
    m = draw.choice("m", [2, 3, 4, 5])
    return Exercise(
        "A layer works on {n:d} tokens of width {d:d}. Count, as the paper does, $n^2 d$ operations for "
        "self-attention and $n d^2$ for a recurrent layer.",
        givens={"n": n, "d": d, "m": m},
        steps=[
            Step(
                "attention",
                "Operations of self-attention",
                lambda n, d: n * n * d,
                integer(),
                hint="Every token meets every token.",
                explain="${n:d}^2 \\cdot {d:d}$.",
                mistakes=[Mistake("other", lambda n, d: n * d * d, "That is the recurrent layer.")],
            ),
            Step(
                "recurrent",
                "Operations of the recurrent layer",
                lambda n, d: n * d * d,
                integer(),
                hint="One matrix product per token.",
                explain="${n:d} \\cdot {d:d}^2$.",
                mistakes=[
                    Mistake("other", lambda n, d: n * n * d, "That is self-attention."),
                    Mistake("one_step", lambda d: d * d, "For every token."),
                ],
            ),
            Step(
                "even",
                "At which length do both cost the same?",
                lambda d: d,
                integer(),
                hint="$n^2 d = n d^2$.",
                explain="$n = d$.",
                mistakes=[
                    Mistake("square", lambda d: d * d, "Divide both sides by $n d$."),
                    Mistake("length", lambda n: n, "Solve $n^2 d = n d^2$ for $n$."),
                ],
            ),
            Step(
                "growth",
                "The text becomes {m:d} times as long. By which factor do the operations of self-attention "
                "grow?",
                lambda m: m * m,
                number(significant=3),
                hint="The length enters squared.",
                explain="${m:d}^2$.",
                mistakes=[
                    Mistake("linear", lambda m: m, "Twice as many tokens meet twice as many."),
                    Mistake("doubled", lambda m: 2 * m, "Square the factor."),
                ],
            ),
            Step(
                "path",
                "Through how many steps must a signal go from the first to the last token in the recurrent "
                "layer?",
                lambda n: n - 1,
                integer(),
                hint="From one token to the next.",
                explain="{n:d} − 1; in self-attention it is a single one.",
                mistakes=[
                    Mistake("one", lambda: 1, "That is self-attention."),
                    Mistake("logarithm", lambda n: int(log(n, 2)), "No short cuts in a chain."),
                ],
            ),
        ],
    )


# --- encoder and decoder --------------------------------------------------------------------------


@exercise_type(
    "transformers.shapes",
    topic="transformers",
    title="Encoder, decoder and hidden words: shapes and counts",
    minutes=5,
    sources=["000C:38", "004:50", "001:54"],
    variants={"lecture": {"T": 6, "S": 4, "h": 8, "v": 10000, "N": 100, "d": 512}},
)
def shapes(draw: Draw) -> Exercise:
    T = draw.integer("T", 5, 12)
    S = draw.integer("S", 3, 14, exclude=[T])
    h = draw.choice("h", [2, 4, 8])
    v = draw.choice("v", [1000, 5000, 8000, 20000])
    N = draw.choice("N", [40, 60, 200, 300])
    d = draw.choice("d", [64, 128, 256])
    return Exercise(
        "A source of {S:d} tokens is translated into a target of {T:d} tokens; width {d:d}, {h:d} heads, "
        "{v:d} words.",
        givens={"T": T, "S": S, "h": h, "v": v, "N": N, "d": d},
        steps=[
            Step(
                "cross",
                "How many attention weights does one cross-attention layer compute, all heads together?",
                lambda T, S, h: h * T * S,
                integer(),
                hint="Every target token asks every source token.",
                explain="${h:d} \\cdot {T:d} \\cdot {S:d}$: queries from the decoder, keys from the encoder.",
                mistakes=[
                    Mistake("target", lambda T, h: h * T * T, "The keys come from the source."),
                    Mistake("one_head", lambda T, S: T * S, "In every head."),
                    Mistake("source", lambda S, h: h * S * S, "The queries come from the target."),
                ],
            ),
            Step(
                "allowed",
                "How many of the weights of one head are not masked in the decoder's self-attention?",
                lambda T: T * (T + 1) // 2,
                integer(),
                hint="The triangle with its diagonal.",
                explain="$1 + 2 + \\dots + {T:d}$.",
                mistakes=[
                    Mistake("all", lambda T: T * T, "Later tokens are masked."),
                    Mistake("strict", lambda T: T * (T - 1) // 2, "The diagonal is allowed."),
                ],
            ),
            Step(
                "output",
                "Parameters of the last linear map to the vocabulary, with biases",
                lambda d, v: (d + 1) * v,
                integer(),
                hint="One column and one bias for each word.",
                explain="$({d:d} + 1) \\cdot {v:d}$.",
                mistakes=[Mistake("no_bias", lambda d, v: d * v, "Each word has a bias.")],
            ),
            Step(
                "passes",
                "How many passes through the decoder does writing the target take, symbol by symbol?",
                lambda T: T,
                integer(),
                hint="Each symbol needs the one before.",
                explain="{T:d}; in training, with teacher forcing, a single one.",
                mistakes=[Mistake("one", lambda: 1, "That is training.")],
            ),
            Step(
                "hidden",
                "A masked language model hides 15 % of {N:d} tokens. How many count in its loss?",
                lambda N: 0.15 * N,
                number(significant=3),
                hint="Only hidden tokens are predicted.",
                explain="$0.15 \\cdot {N:d}$; a decoder would learn from all.",
                mistakes=[
                    Mistake("all", lambda N: N, "Only the hidden ones."),
                    Mistake("seen", lambda N: 0.85 * N, "The seen ones are given away."),
                ],
            ),
        ],
    )


QUESTIONS = [
    Question(
        "In cross-attention, where do queries, keys and values come from?",
        "Queries from the decoder, the rest from the encoder",
        [
            ("All three from the decoder", "That is its self-attention."),
            ("Queries from the encoder, keys and values from the decoder", "The other way round."),
            (
                "Queries and keys from the encoder, values from the decoder",
                "Keys and values belong together.",
            ),
            (
                "The decoder takes over the encoder's attention matrix",
                "A lecture says so; it is the encoder's output that is passed on.",
            ),
        ],
        "The decoder asks, the source answers.",
        "Who asks whom?",
    ),
    Question(
        "The words of a sentence are shuffled; self-attention without positions. The outputs are",
        "the same vectors in shuffled order",
        [
            ("unchanged, also in order", "Each output stays with its word."),
            ("entirely different vectors", "Sums do not depend on the order of their terms."),
            ("undefined, because the mask is missing", "No mask is needed."),
            ("all equal to their mean", "Each query still weighs in its own way."),
        ],
        "Attention is a weighted sum: equivariant under permutation.",
        "Does a sum depend on the order of its terms?",
    ),
    Question(
        "Why are the scores divided by $\\sqrt{d_k}$?",
        "Large products would saturate the softmax",
        [
            ("So that the weights add up to 1", "The softmax sees to that."),
            ("To make the cost independent of $d_k$", "The cost stays the same."),
            ("So that queries and keys have length 1 when they meet", "They keep their lengths."),
            ("To mask the padding", "A mask sets scores to minus infinity."),
        ],
        "Their standard deviation is $\\sqrt{d_k}$.",
        "How does the spread of $q \\cdot k$ grow?",
    ),
    Question(
        "Which part of a block mixes information between tokens?",
        "Attention only",
        [
            ("The feed-forward layer only", "It works on each token alone."),
            ("Layer norm", "It works over the features of one token."),
            ("The residual connection", "It adds a token to itself."),
            ("Attention and the feed-forward layer", "The latter sees one token at a time."),
        ],
        "All other parts treat every token for itself.",
        "Which part has a matrix tokens × tokens?",
    ),
    Question(
        "A decoder is trained to predict the next word without the causal mask. What happens?",
        "It copies the answer in training, and writes badly",
        [
            ("Nothing changes: the mask only saves computing time", "The mask hides the answer."),
            ("It cannot learn at all", "It learns, but the wrong thing."),
            ("It learns better, as BERT does", "BERT predicts hidden words only."),
            ("It becomes equivariant", "Positions are still there."),
        ],
        "The next word stands in its input, one place to the right.",
        "What stands one place to the right?",
    ),
    Question(
        "Sentences of a batch are padded to one length. What must be masked?",
        "The padding as keys",
        [
            ("The padding as queries only", "Then words would still look at the padding."),
            ("The values, by setting them to 0", "Their weights would still take a share."),
            ("The first word", "It is a word."),
            ("Nothing: padding has the embedding 0", "Its score 0 still gets a weight."),
        ],
        "No word may give weight to what is no word.",
        "Who must not be looked at?",
    ),
    Question(
        "Twice as many heads at the same width: the parameters of the attention",
        "stay the same",
        [
            ("double", "Each head becomes half as wide."),
            ("halve", "There are twice as many heads."),
            ("grow fourfold", "The maps keep the size width × width."),
            ("grow by one bias per head", "Biases belong to columns, not heads."),
        ],
        "Heads divide the columns of the same four maps.",
        "How wide is a head?",
    ),
    Question(
        "Which model suits filling in a hidden word, with both sides given?",
        "An encoder with masked words (as BERT)",
        [
            ("A decoder with a causal mask (as GPT)", "It sees the left side only."),
            ("A decoder without mask, predicting the next word", "It would copy the answer."),
            ("A recurrent net from left to right", "It sees the left side only."),
            ("An embedding alone", "It sees no neighbour."),
        ],
        "Both sides are given, so no causal mask is wanted.",
        "Which mask hides nothing but the word?",
    ),
]


@exercise_type(
    "transformers.theory",
    topic="transformers",
    title="Which part does what",
    minutes=2,
    sources=["000C:38", "001:54", "003:59", "004:49", "004:50"],
)
def transformers_theory(draw: Draw) -> Exercise:
    return theory(draw, QUESTIONS)
