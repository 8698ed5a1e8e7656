"""Calculus and linear maps: rules, partial derivatives, Jacobians, Hessians, descent on a parabola."""

from __future__ import annotations

import re
from math import hypot, log2, sqrt

import numpy as np

from course_lib.exam.answers import choice, formula, integer, matrix, number, vector
from course_lib.exam.draw import Draw
from course_lib.exam.exercise import Exercise, Mistake, Step, exercise_type
from course_lib.exam.reading import formula as parse
from course_lib.exam.theory import Question, theory

OUTER = {"sin": "cos({})", "cos": "-sin({})", "exp": "exp({})"}


def at(text: str, **values: float) -> float:
    """The value of a formula."""
    return float(parse(text, tuple(values))(values))


def put(text: str, **inner: str) -> str:
    """The formula with other formulas in place of its variables."""
    for name, formula_text in inner.items():
        text = re.sub(rf"(?<![A-Za-z]){name}(?![A-Za-z])", f"({formula_text})", text)
    return text


def term(factor: int, power: int, name: str = "x") -> str:
    """factor * name^power as one writes it."""
    head = "" if factor == 1 and power else f"{factor}*" if power else str(factor)
    return head + (name + (f"^{power}" if power > 1 else "") if power else "")


def two(a: int, p: int, q: int) -> str:
    """a * x^p * y^q as one writes it."""
    parts = [term(1, p)] * (p > 0) + [term(1, q, "y")] * (q > 0)
    return "*".join([str(a)] * (a != 1 or not parts) + parts)


def along(zx: str, zy: str, r: int, s: int) -> str:
    """dz/dt for x = t^r, y = t^s from the two partial derivatives; one power of t if it is one."""
    x, y = term(1, r, "t"), term(1, s, "t")
    text = (
        f"({put(zx, x=x, y=y)})*{term(r, r - 1, 't')} + ({put(zy, x=x, y=y)})*{term(s, s - 1, 't')}"
    )
    one, four = at(text, t=1.0), at(text, t=4.0)
    if one > 0 and four > 0 and one == int(one):
        short = term(int(one), round(log2(four / one) / 2), "t")
        if abs(at(short, t=3.0) - at(text, t=3.0)) < 1e-9 * abs(at(text, t=3.0)):
            return short
    return text


# --- derivatives ----------------------------------------------------------------------------------


@exercise_type(
    "calculus.rules",
    topic="calculus",
    title="The rules of differentiation",
    minutes=6,
    sources=["004:E02", "000A:51", "000B:13"],
    variants={
        "lecture": {"n": 4, "a": 3, "k": 2, "outer": "sin", "j": 2, "powers": [2, 3], "pq": [5, 2]}
    },
)
def rules(draw: Draw) -> Exercise:
    n, a, k = draw.integer("n", 3, 7), draw.integer("a", 2, 6), draw.integer("k", 2, 4)
    outer, j = draw.choice("outer", list(OUTER)), draw.integer("j", 2, 4)
    m, s = draw.sample("powers", [2, 3, 4], 2)
    p, q = draw.choice("pq", [[5, 2], [6, 2], [7, 3], [6, 3], [7, 2], [8, 3]])
    x0 = draw.choice("x0", [2, 3, -2])
    return Exercise(
        "Give the derivatives with respect to $x$ of\n\n"
        "$f_1 = x^{{n:d}}$, $\\quad f_2 = {a:d} \\sin x + x^{{k:d}}$, $\\quad f_3 = \\{outer:s}"
        "(x^{{j:d}})$, $\\quad f_4 = x^{{m:d}} \\cdot x^{{s:d}}$, $\\quad f_5 = x^{{p:d}} / x^{{q:d}}$.",
        givens={
            "n": n,
            "a": a,
            "k": k,
            "outer": outer,
            "j": j,
            "m": m,
            "s": s,
            "p": p,
            "q": q,
            "x0": x0,
        },
        steps=[
            Step(
                "power",
                "$f_1'(x)$",
                lambda n: term(n, n - 1),
                formula("x"),
                hint="The exponent comes down and falls by one.",
                explain="$(x^{{n:d}})' = {n:d}\\,x^{{n:d} - 1}$.",
                mistakes=[
                    Mistake("same_power", lambda n: term(n, n), "The exponent falls by one."),
                    Mistake("integrated", lambda n: f"x^{n + 1}/{n + 1}", "That is the integral."),
                ],
            ),
            Step(
                "sum",
                "$f_2'(x)$",
                lambda a, k: f"{a}*cos(x) + {term(k, k - 1)}",
                formula("x"),
                hint="Term by term; the constant factor stays.",
                explain="$({a:d} \\sin x)' = {a:d} \\cos x$ and $(x^{{k:d}})' = {k:d}\\,x^{{k:d} - 1}$.",
                mistakes=[
                    Mistake(
                        "sign",
                        lambda a, k: f"-{a}*cos(x) + {term(k, k - 1)}",
                        "$(\\sin x)' = +\\cos x$; the minus belongs to $(\\cos x)'$.",
                    ),
                    Mistake(
                        "lost_factor",
                        lambda k: f"cos(x) + {term(k, k - 1)}",
                        "The constant factor stays.",
                    ),
                ],
            ),
            Step(
                "chain",
                "$f_3'(x)$",
                lambda outer, j: f"{OUTER[outer].format(f'x^{j}')}*{term(j, j - 1)}",
                formula("x"),
                marks=2,
                hint="Outer derivative at the inner value, times the inner derivative.",
                explain="The inner function is $x^{{j:d}}$ with derivative ${j:d}\\,x^{{j:d} - 1}$; the outer one is "
                "$\\{outer:s}$.",
                mistakes=[
                    Mistake(
                        "no_inner",
                        lambda outer, j: OUTER[outer].format(f"x^{j}"),
                        "The inner derivative is missing.",
                    ),
                    Mistake(
                        "inner_inside",
                        lambda outer, j: OUTER[outer].format(term(j, j - 1)),
                        "The outer derivative is taken at the inner function, not at its derivative.",
                    ),
                ],
            ),
            Step(
                "product",
                "$f_4'(x)$",
                lambda m, s: term(m + s, m + s - 1),
                formula("x"),
                hint="$(uv)' = u'v + uv'$, or multiply first.",
                explain="${m:d}\\,x^{{m:d} - 1} \\cdot x^{{s:d}} + x^{{m:d}} \\cdot {s:d}\\,x^{{s:d} - 1}$.",
                mistakes=[
                    Mistake(
                        "product_of_derivatives",
                        lambda m, s: term(m * s, m + s - 2),
                        "The derivative of a product is not the product of the derivatives.",
                    ),
                    Mistake(
                        "misprint",
                        lambda m, s: f"{m}*x^{m - 1}*{s}*x^{s - 1} + x^{m}*{s}*x^{s - 1}",
                        "In $u'v$ the factor $v$ is not differentiated (the notes have this slip).",
                    ),
                ],
            ),
            Step(
                "quotient",
                "$f_5'(x)$",
                lambda p, q: term(p - q, p - q - 1),
                formula("x"),
                hint="$(u/v)' = (u'v - uv')/v^2$, or divide first.",
                explain="$({p:d} - {q:d})\\,x^{{p:d} + {q:d} - 1} / x^{2 \\cdot {q:d}}$.",
                mistakes=[
                    Mistake(
                        "quotient_of_derivatives",
                        lambda p, q: f"{p}*x^{p - 1}/({q}*x^{q - 1})",
                        "The derivative of a quotient is not the quotient of the derivatives.",
                    ),
                    Mistake(
                        "turned",
                        lambda p, q: term(q - p, p - q - 1),
                        "The numerator is $u'v - uv'$, in this order.",
                    ),
                ],
            ),
            Step(
                "slope",
                "The slope of $f_4$ at $x = {x0:d}$",
                lambda product, x0: at(product, x=x0),
                number(relative=1e-4),
                hint="Insert ${x0:d}$ into your derivative of $f_4$.",
                explain="{product:} at $x = {x0:d}$.",
                mistakes=[
                    Mistake("height", lambda m, s, x0: x0 ** (m + s), "That is the value of $f_4$.")
                ],
            ),
        ],
    )


@exercise_type(
    "calculus.chain",
    topic="calculus",
    title="Partial derivatives and the chain rule",
    minutes=5,
    sources=["004:E03"],
    variants={"lecture": {"powers": [2, 2], "inner": [2, 1], "t0": 1}},
)
def chain(draw: Draw) -> Exercise:
    p, q = draw.choice("powers", [[2, 2], [2, 3], [3, 2], [3, 1], [1, 3], [2, 1], [1, 2]])
    r, s = draw.choice("inner", [[2, 1], [1, 2], [3, 1], [2, 3], [1, 3], [3, 2]])
    t0 = draw.choice("t0", [2, 0.5, -1, 3])
    return Exercise(
        "Let $z = x^{{p:d}}\\,y^{{q:d}}$ with $x = t^{{r:d}}$ and $y = t^{{s:d}}$.",
        givens={"p": p, "q": q, "r": r, "s": s, "t0": t0},
        steps=[
            Step(
                "zx",
                "$\\partial z / \\partial x$, in $x$ and $y$",
                lambda p, q: two(p, p - 1, q),
                formula("x", "y"),
                hint="Treat $y$ as a number.",
                explain="$y^{{q:d}}$ stays, $x^{{p:d}}$ gives ${p:d}\\,x^{{p:d} - 1}$.",
                mistakes=[
                    Mistake(
                        "other",
                        lambda p, q: two(q, p, q - 1),
                        "That is the derivative with respect to $y$.",
                    ),
                    Mistake(
                        "both",
                        lambda p, q: f"{p}*x^{p - 1}*{q}*y^{q - 1}",
                        "Only $x$ is differentiated; $y$ counts as a constant.",
                    ),
                ],
            ),
            Step(
                "zy",
                "$\\partial z / \\partial y$, in $x$ and $y$",
                lambda p, q: two(q, p, q - 1),
                formula("x", "y"),
                hint="Treat $x$ as a number.",
                explain="$x^{{p:d}}$ stays, $y^{{q:d}}$ gives ${q:d}\\,y^{{q:d} - 1}$.",
                mistakes=[
                    Mistake(
                        "other",
                        lambda p, q: two(p, p - 1, q),
                        "That is the derivative with respect to $x$.",
                    )
                ],
            ),
            Step(
                "total",
                "$dz/dt$, in $t$ alone",
                lambda zx, zy, r, s: along(zx, zy, r, s),
                formula("t"),
                marks=2,
                hint="$\\frac{dz}{dt} = \\frac{\\partial z}{\\partial x} \\frac{dx}{dt} + "
                "\\frac{\\partial z}{\\partial y} \\frac{dy}{dt}$, then insert $x$ and $y$.",
                explain="$dx/dt = {r:d}\\,t^{{r:d} - 1}$ and $dy/dt = {s:d}\\,t^{{s:d} - 1}$. Check: "
                "$z = t^{{p:d} \\cdot {r:d} + {q:d} \\cdot {s:d}}$.",
                mistakes=[
                    Mistake(
                        "one_path",
                        lambda zx, r, s: f"({put(zx, x=f't^{r}', y=f't^{s}')})*{r}*t^{r - 1}",
                        "$t$ acts through $y$ as well: add that path.",
                    ),
                    Mistake(
                        "no_inner",
                        lambda zx, zy, r, s: (
                            f"({put(zx, x=f't^{r}', y=f't^{s}')}) + "
                            f"({put(zy, x=f't^{r}', y=f't^{s}')})"
                        ),
                        "The inner derivatives $dx/dt$ and $dy/dt$ are missing.",
                    ),
                ],
            ),
            Step(
                "value",
                "$dz/dt$ at $t = {t0:}$",
                lambda total, t0: at(total, t=t0),
                number(relative=0.001),
                hint="Insert.",
                explain="Insert $t = {t0:}$ into {total:}.",
                mistakes=[
                    Mistake(
                        "z_itself",
                        lambda p, q, r, s, t0: t0 ** (p * r + q * s),
                        "That is $z$, not its derivative.",
                    )
                ],
            ),
        ],
    )


@exercise_type(
    "calculus.two_paths",
    topic="calculus",
    title="A variable that acts along two paths",
    minutes=4,
    sources=["000B:13"],
    variants={"lecture": {"a": 1, "n": 2, "outer": "sin"}},
)
def two_paths(draw: Draw) -> Exercise:
    a, n = draw.integer("a", 2, 5), draw.integer("n", 2, 4)
    outer = draw.choice("outer", list(OUTER))
    return Exercise(
        "A computation has the nodes $u_1 = {a:d}\\,x^{{n:d}}$, $u_2 = x + u_1$ and "
        "$y = \\{outer:s}(u_2)$: the input $x$ reaches $u_2$ directly and through $u_1$.",
        givens={"a": a, "n": n, "outer": outer},
        steps=[
            Step(
                "u1",
                "$du_1/dx$",
                lambda a, n: term(a * n, n - 1),
                formula("x"),
                hint="The power rule.",
                explain="${a:d} \\cdot {n:d}\\,x^{{n:d} - 1}$.",
                mistakes=[
                    Mistake("same_power", lambda a, n: term(a * n, n), "The exponent falls by one.")
                ],
            ),
            Step(
                "u2",
                "$du_2/dx$, the total derivative",
                lambda u1: f"1 + {u1}",
                formula("x"),
                marks=2,
                hint="Add what comes along each path.",
                explain="The direct path gives 1, the path through $u_1$ gives $1 \\cdot$ {u1:}.",
                mistakes=[
                    Mistake("one_path", lambda u1: u1, "The direct path $x \\to u_2$ adds 1."),
                    Mistake("direct_only", "1", "The path through $u_1$ is missing."),
                ],
            ),
            Step(
                "y",
                "$dy/dx$",
                lambda a, n, outer, u2: f"{OUTER[outer].format(f'x + {term(a, n)}')}*({u2})",
                formula("x"),
                marks=2,
                hint="The outer derivative at $u_2$, times your $du_2/dx$.",
                explain="$\\{outer:s}'(x + {a:d}\\,x^{{n:d}})$ times {u2:}.",
                mistakes=[
                    Mistake(
                        "no_inner",
                        lambda a, n, outer: OUTER[outer].format(f"x + {term(a, n)}"),
                        "Multiply by $du_2/dx$.",
                    ),
                    Mistake(
                        "at_x",
                        lambda outer, u2: f"{OUTER[outer].format('x')}*({u2})",
                        "The outer derivative is taken at $u_2$, not at $x$.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "calculus.implicit",
    topic="calculus",
    title="Implicit differentiation",
    minutes=6,
    sources=["000A:51"],
    variants={
        "lecture": {"p": 3, "q": 2, "a": 2, "b": 9, "c": 11},
        "as-printed": {"p": 5, "q": 3, "a": 2, "b": 9, "c": 11},
    },
)
def implicit(draw: Draw) -> Exercise:
    p, q = draw.integer("p", 2, 5), draw.integer("q", 2, 4)
    a, b, c = draw.integer("a", 2, 4), draw.integer("b", 2, 9), draw.integer("c", 2, 12)
    return Exercise(
        "The equation $e^{{a:d}x - {b:d}y} + x^{{p:d}} y^{{q:d}} = \\sin y + {c:d}x$ ties $y$ to "
        "$x$. Write it as $F(x, y) = 0$ with $F$ the left side minus the right side.",
        givens={"p": p, "q": q, "a": a, "b": b, "c": c},
        steps=[
            Step(
                "fx",
                "$\\partial F / \\partial x$",
                lambda p, q, a, b, c: f"{a}*exp({a}*x - {b}*y) + {two(p, p - 1, q)} - {c}",
                formula("x", "y"),
                marks=2,
                hint="$y$ counts as a constant.",
                explain="${a:d}\\,e^{{a:d}x - {b:d}y} + {p:d}\\,x^{{p:d} - 1} y^{{q:d}} - {c:d}$.",
                mistakes=[
                    Mistake(
                        "no_inner",
                        lambda p, q, a, b, c: f"exp({a}*x - {b}*y) + {two(p, p - 1, q)} - {c}",
                        "The exponent has the inner derivative ${a:d}$.",
                    ),
                    Mistake(
                        "right_side_added",
                        lambda p, q, a, b, c: f"{a}*exp({a}*x - {b}*y) + {two(p, p - 1, q)} + {c}",
                        "The right side is subtracted.",
                    ),
                ],
            ),
            Step(
                "fy",
                "$\\partial F / \\partial y$",
                lambda p, q, a, b: f"-{b}*exp({a}*x - {b}*y) + {two(q, p, q - 1)} - cos(y)",
                formula("x", "y"),
                marks=2,
                hint="$x$ counts as a constant.",
                explain="$-{b:d}\\,e^{{a:d}x - {b:d}y} + {q:d}\\,x^{{p:d}} y^{{q:d} - 1} - \\cos y$.",
                mistakes=[
                    Mistake(
                        "inner_sign",
                        lambda p, q, a, b: f"{b}*exp({a}*x - {b}*y) + {two(q, p, q - 1)} - cos(y)",
                        "The inner derivative with respect to $y$ is negative.",
                    ),
                    Mistake(
                        "cosine_sign",
                        lambda p, q, a, b: f"-{b}*exp({a}*x - {b}*y) + {two(q, p, q - 1)} + cos(y)",
                        "$(-\\sin y)' = -\\cos y$.",
                    ),
                ],
            ),
            Step(
                "slope",
                "$y' = dy/dx$, in $x$ and $y$",
                lambda fx, fy: f"-({fx})/({fy})",
                formula("x", "y"),
                marks=2,
                hint="Differentiate $F(x, y(x)) = 0$: $F_x + F_y\\,y' = 0$.",
                explain="$y' = -F_x / F_y$. (The notes print $x^5 y^3$ in the task and solve $x^3 y^2$.)",
                mistakes=[
                    Mistake(
                        "sign",
                        lambda fx, fy: f"({fx})/({fy})",
                        "$y' = -F_x/F_y$: the sign is lost.",
                    ),
                    Mistake("turned", lambda fx, fy: f"-({fy})/({fx})", "Turned upside down."),
                ],
            ),
        ],
    )


@exercise_type(
    "calculus.cubic",
    topic="calculus",
    title="Maximum, minimum and inflection of a cubic",
    minutes=5,
    sources=["000A:51"],
)
def cubic(draw: Draw) -> Exercise:
    roots = [(i, j) for i in range(-5, 6) for j in range(i + 2, 7, 2) if i * j and i + j]
    low, high = draw.choice("roots", roots)
    sign = draw.choice("sign", [1, -1])
    a, b, c = 2 * sign, -3 * sign * (low + high), 6 * sign * low * high
    return Exercise(
        "Let $f(x) = {a:d}x^3 {b:+d}x^2 {c:+d}x$.",
        givens={"a": a, "b": b, "c": c},
        steps=[
            Step(
                "critical",
                "The two critical points, the smaller first",
                lambda a, b, c: sorted(
                    (
                        (-b - sqrt(b * b - 3 * a * c)) / (3 * a),
                        (-b + sqrt(b * b - 3 * a * c)) / (3 * a),
                    )
                ),
                vector(length=2, partial=True),
                marks=2,
                hint="Where $f'(x) = 0$.",
                explain=lambda a, b, c: f"$f'(x) = {3 * a}x^2 {2 * b:+d}x {c:+d} = 0$.",
                mistakes=[
                    Mistake(
                        "signs",
                        lambda critical: sorted(-v for v in critical),
                        "The signs are turned: check by inserting.",
                    )
                ],
            ),
            Step(
                "curvature",
                "$f''$ at the smaller critical point",
                lambda a, b, critical: 6 * a * critical[0] + 2 * b,
                number(relative=1e-6),
                hint="Differentiate once more and insert.",
                explain=lambda a, b: f"$f''(x) = {6 * a}x {2 * b:+d}$.",
                mistakes=[
                    Mistake(
                        "other_point",
                        lambda a, b, critical: 6 * a * critical[1] + 2 * b,
                        "That is at the larger one.",
                    ),
                    Mistake(
                        "lost_factor",
                        lambda a, b, critical: 6 * a * critical[0] + b,
                        "$({b:d}x^2)'' = 2 \\cdot ({b:d})$.",
                    ),
                ],
            ),
            Step(
                "kind",
                "The smaller critical point is a",
                lambda curvature: "maximum" if curvature < 0 else "minimum",
                choice(["maximum", "minimum"]),
                hint="The sign of $f''$.",
                explain=lambda curvature: (
                    f"$f'' = {curvature:g}$ is {'negative: the curve is a cap' if curvature < 0 else 'positive: the curve is a cup'}."
                ),
                mistakes=[
                    Mistake(
                        "turned",
                        lambda curvature: "minimum" if curvature < 0 else "maximum",
                        "Negative curvature is a cap: a maximum.",
                    )
                ],
            ),
            Step(
                "inflection",
                "The inflection point $x$",
                lambda a, b: -b / (3 * a),
                number(significant=3),
                hint="Where $f'' = 0$.",
                explain=lambda a, b: (
                    f"${6 * a}x {2 * b:+d} = 0$: half way between the critical points."
                ),
                mistakes=[
                    Mistake("sign", lambda a, b: b / (3 * a), "The sign is turned."),
                    Mistake("first", lambda a, b: -b / a, "Solve $f'' = 0$; a factor 3 is lost."),
                ],
            ),
        ],
    )


# --- several variables ----------------------------------------------------------------------------


@exercise_type(
    "calculus.gradient",
    topic="calculus",
    title="Gradient and directional derivative",
    minutes=5,
    sources=["004:04"],
    variants={"notes": {"coefficients": [1, 3, 0], "point": [1, 2], "d": [3, 4]}},
)
def gradient(draw: Draw) -> Exercise:
    d = draw.choice("d", [[3, 4], [4, 3], [-3, 4], [4, -3], [6, 8], [5, 12], [8, 6]])

    def telling(v):
        (a, b, c), (x, y) = v
        g = (2 * a * x + b * y, b * x + 2 * c * y)
        return g[0] != g[1] and all(g) and g[0] * d[0] + g[1] * d[1] != 0 and a != b != c

    def candidate(m: Draw):
        return m.integers("c", 3, -3, 4, exclude=[0]), m.integers("p", 2, -3, 3, exclude=[0])

    fixed = "coefficients" in draw.fixed
    coefficients, point = ([0] * 3, [0] * 2) if fixed else draw.search("f", candidate, telling)
    a, b, c = draw.choice("coefficients", [coefficients])
    p = draw.choice("point", [point])
    return Exercise(
        "Let $f(x, y) = a x^2 + b xy + c y^2$ with $a = {a:d}$, $b = {b:d}$, $c = {c:d}$. You stand "
        "at $p = {p:}$ and look along $d = {d:}$ (not of length 1).",
        givens={"a": a, "b": b, "c": c, "p": p, "d": d},
        steps=[
            Step(
                "gradient",
                "The gradient $\\nabla f$ at $p$",
                lambda a, b, c, p: (2 * a * p[0] + b * p[1], b * p[0] + 2 * c * p[1]),
                vector("df/dx", "df/dy", partial=True),
                marks=2,
                hint="$(2ax + by,\\; bx + 2cy)$.",
                explain=lambda a, b, c, p: (
                    f"$(2 \\cdot ({a:g}) \\cdot ({p[0]:g}) + ({b:g}) \\cdot ({p[1]:g}),\\; "
                    f"({b:g}) \\cdot ({p[0]:g}) + 2 \\cdot ({c:g}) \\cdot ({p[1]:g}))$."
                ),
                mistakes=[
                    Mistake(
                        "lost_two",
                        lambda a, b, c, p: (a * p[0] + b * p[1], b * p[0] + c * p[1]),
                        "$(x^2)' = 2x$.",
                    ),
                    Mistake(
                        "no_mixed",
                        lambda a, c, p: (2 * a * p[0], 2 * c * p[1]),
                        "The mixed term $b\\,xy$ counts in both entries.",
                    ),
                ],
            ),
            Step(
                "along",
                "The rate of change of $f$ at $p$ in the direction of $d$",
                lambda gradient, d: float(np.dot(gradient, d)) / hypot(*d),
                number(significant=3),
                marks=2,
                hint="First make $d$ a vector of length 1, then the dot product with the gradient.",
                explain=lambda gradient, d: (
                    f"$({gradient[0]:g} \\cdot ({d[0]:g}) + {gradient[1]:g} \\cdot ({d[1]:g})) / {hypot(*d):g}$."
                ),
                mistakes=[
                    Mistake(
                        "not_unit",
                        lambda gradient, d: float(np.dot(gradient, d)),
                        "$d$ must have length 1: divide by its length.",
                    )
                ],
            ),
            Step(
                "steepest",
                "The largest rate of change over all directions",
                lambda gradient: hypot(*gradient),
                number(significant=3),
                hint="Along the gradient itself.",
                explain="The length of the gradient {gradient:}.",
                mistakes=[
                    Mistake(
                        "squared",
                        lambda gradient: float(np.dot(gradient, gradient)),
                        "That is the squared length.",
                    ),
                    Mistake(
                        "sum",
                        lambda gradient: float(abs(gradient[0]) + abs(gradient[1])),
                        "The length is $\\sqrt{g_1^2 + g_2^2}$.",
                    ),
                ],
            ),
        ],
    )


HESSIAN = ["minimum", "maximum", "saddle", "the test cannot tell"]


@exercise_type(
    "calculus.hessian",
    topic="calculus",
    title="The Hessian test",
    minutes=6,
    sources=["004:04"],
    variants={
        "saddle-without-zero": {"a": 1, "b": 3, "c": 0.5},
        "inconclusive": {"a": 1, "b": 0, "c": 0},
    },
)
def hessian(draw: Draw) -> Exercise:
    def telling(v):
        a, b, c = v
        return abs(4 * a * c - b * b) > 0.5 and 2 * a != b

    a, b, c = (0, 0, 0)
    if "a" not in draw.fixed:
        a, b, c = draw.search(
            "abc", lambda m: [m.decimal(n, -3, 3, 0.5, exclude=[0]) for n in "abc"], telling
        )
    a, b, c = (draw.choice(n, [v]) for n, v in zip("abc", (a, b, c), strict=True))
    return Exercise(
        "Let $f(x, y) = a x^2 + b xy + c y^2$ with $a = {a:}$, $b = {b:}$, $c = {c:}$. "
        "The origin is a critical point.",
        givens={"a": a, "b": b, "c": c},
        steps=[
            Step(
                "H",
                "The Hessian matrix",
                lambda a, b, c: [[2 * a, b], [b, 2 * c]],
                matrix(2, 2),
                marks=2,
                hint="Second derivatives; the mixed ones are equal.",
                explain="$f_{xx} = 2a$, $f_{xy} = f_{yx} = b$, $f_{yy} = 2c$.",
                mistakes=[
                    Mistake(
                        "coefficients",
                        lambda a, b, c: [[a, b], [b, c]],
                        "$(a x^2)'' = 2a$: the factor 2 is lost.",
                    ),
                    Mistake(
                        "mixed_doubled",
                        lambda a, b, c: [[2 * a, 2 * b], [2 * b, 2 * c]],
                        "$\\partial^2 (b\\,xy) / \\partial x \\partial y = b$.",
                    ),
                ],
            ),
            Step(
                "det",
                "Its determinant",
                lambda H: H[0][0] * H[1][1] - H[0][1] * H[1][0],
                number(absolute=1e-6),
                hint="Main diagonal minus the other one.",
                explain=lambda H: (
                    f"$({H[0][0]:g}) \\cdot ({H[1][1]:g}) - ({H[0][1]:g}) \\cdot ({H[1][0]:g})$."
                ),
                mistakes=[
                    Mistake(
                        "plus",
                        lambda H: H[0][0] * H[1][1] + H[0][1] * H[1][0],
                        "The second product is subtracted.",
                    )
                ],
            ),
            Step(
                "eigenvalues",
                "Its eigenvalues, the smaller first",
                lambda H, det: (
                    (H[0][0] + H[1][1] - sqrt((H[0][0] + H[1][1]) ** 2 - 4 * det)) / 2,
                    (H[0][0] + H[1][1] + sqrt((H[0][0] + H[1][1]) ** 2 - 4 * det)) / 2,
                ),
                vector(length=2, decimals=2, partial=True),
                marks=2,
                hint="$\\lambda^2 - \\mathrm{tr}(H)\\,\\lambda + \\det H = 0$.",
                explain=lambda H, det: (
                    f"$\\lambda^2 - ({H[0][0] + H[1][1]:g})\\lambda + ({det:g}) = 0$."
                ),
                mistakes=[
                    Mistake(
                        "diagonal",
                        lambda H: sorted((H[0][0], H[1][1])),
                        "The diagonal holds the eigenvalues only if the rest is 0.",
                    )
                ],
            ),
            Step(
                "kind",
                "What does the Hessian test say about the origin?",
                lambda eigenvalues: HESSIAN[
                    3
                    if min(map(abs, eigenvalues)) < 0.005
                    and eigenvalues[0] * eigenvalues[1] > -0.005
                    else 0
                    if eigenvalues[0] > 0
                    else 1
                    if eigenvalues[1] < 0
                    else 2
                ],
                choice(HESSIAN),
                hint="The signs of the eigenvalues.",
                explain="All positive: minimum; all negative: maximum; mixed: saddle (no eigenvalue "
                "needs to be 0 for that); a zero among equal signs: no verdict. Here {eigenvalues:}.",
                mistakes=[
                    Mistake(
                        "needs_a_zero",
                        lambda eigenvalues: HESSIAN[3],
                        "The test fails only if an eigenvalue is 0; mixed signs are a saddle.",
                    )
                ],
            ),
        ],
    )


@exercise_type(
    "calculus.jacobian",
    topic="calculus",
    title="A Jacobian and what it is good for",
    minutes=6,
    sources=["000B:13", "004:04"],
    variants={"lecture": {"a": 3, "c": 2, "n": 8, "p": [1, 1], "d": [0.1, 0.2]}},
)
def jacobian(draw: Draw) -> Exercise:
    a, c, n = draw.integer("a", 2, 5), draw.integer("c", 2, 7), draw.integer("n", 3, 4)
    p = draw.search(
        "p",
        lambda m: m.integers("p", 2, -2, 3, exclude=[0]),
        lambda p: p[0] != p[1] and 2 * p[0] * p[1] * n * p[1] ** (n - 1) != c * p[0] ** 2,
    )
    d = draw.sample("d", [0.1, -0.1, 0.2, -0.2], 2)
    return Exercise(
        "Let $f(x, y) = {a:d}x^2y$ and $g(x, y) = {c:d}x + y^{{n:d}}$. The Jacobian has one row per "
        "function. You are at $p = {p:}$.",
        givens={"a": a, "c": c, "n": n, "p": p, "d": d},
        steps=[
            Step(
                "J",
                "The Jacobian at $p$",
                lambda a, c, n, p: [
                    [2 * a * p[0] * p[1], a * p[0] ** 2],
                    [c, n * p[1] ** (n - 1)],
                ],
                matrix(2, 2),
                marks=3,
                hint="Row 1: $\\partial f/\\partial x$, $\\partial f/\\partial y$; row 2 the same for $g$.",
                explain="$\\begin{pmatrix} 2 \\cdot {a:d}xy & {a:d}x^2 \\\\ {c:d} & {n:d}y^{{n:d} - 1} "
                "\\end{pmatrix}$ at $(x, y) = {p:}$.",
                mistakes=[
                    Mistake(
                        "transposed",
                        lambda a, c, n, p: [
                            [2 * a * p[0] * p[1], c],
                            [a * p[0] ** 2, n * p[1] ** (n - 1)],
                        ],
                        "You swapped rows and columns: a row belongs to one function.",
                        marks=1,
                    ),
                    Mistake(
                        "lost_two",
                        lambda a, c, n, p: [
                            [a * p[0] * p[1], a * p[0] ** 2],
                            [c, n * p[1] ** (n - 1)],
                        ],
                        "$(x^2)' = 2x$.",
                        marks=1,
                    ),
                ],
            ),
            Step(
                "change",
                "About how much do $f$ and $g$ change for the small step $d = {d:}$?",
                lambda J, d: np.asarray(J) @ np.asarray(d),
                vector("df", "dg", partial=True),
                marks=2,
                hint="$J d$.",
                explain=lambda J, d: "\n".join(
                    f"- ${row[0]:g} \\cdot ({d[0]:g}) + ({row[1]:g}) \\cdot ({d[1]:g})$"
                    for row in J
                ),
                mistakes=[
                    Mistake(
                        "columns",
                        lambda J, d: np.asarray(d) @ np.asarray(J),
                        "Each row of $J$ times $d$; you took the columns.",
                    )
                ],
            ),
            Step(
                "area",
                "By which factor are small areas at $p$ scaled?",
                lambda J: abs(J[0][0] * J[1][1] - J[0][1] * J[1][0]),
                number(relative=1e-6),
                hint="The absolute value of the determinant.",
                explain=lambda J: (
                    f"$|{J[0][0]:g} \\cdot ({J[1][1]:g}) - ({J[0][1]:g}) \\cdot ({J[1][0]:g})|$."
                ),
                mistakes=[
                    Mistake(
                        "plus",
                        lambda J: abs(J[0][0] * J[1][1] + J[0][1] * J[1][0]),
                        "The second product is subtracted.",
                    )
                ],
            ),
        ],
    )


@exercise_type(
    "calculus.map",
    topic="calculus",
    title="What a matrix does to the plane",
    minutes=5,
    sources=["004:E01", "004:03"],
    variants={"lecture": {"A": [[2, 4], [1, 2]], "area": 3}},
)
def linear_map(draw: Draw) -> Exercise:
    def telling(A):
        (a, b), (c, d) = A
        return b != c and a * d + b * c != a * d - b * c

    def candidate(m: Draw):
        a, b = m.integers("row", 2, -4, 5, exclude=[0])
        k = m.choice("k", [-2, -1, 2, 3])
        if m.choice("flat", [1, 0, 0]):
            return [[a, b], [k * a, k * b]]
        return [[a, b], m.integers("row2", 2, -4, 5, exclude=[0])]

    A = draw.search("A", candidate, telling)
    area = draw.integer("area", 2, 9)
    return Exercise(
        "Let $A = {A:}$ act on the plane, $x \\mapsto A x$.",
        givens={"A": A, "area": area},
        steps=[
            Step(
                "first",
                "Where does $(1, 0)$ go?",
                lambda A: A[:, 0],
                vector(length=2),
                hint="$A$ times the column $(1, 0)$.",
                explain="The image of the first basis vector is the first column.",
                mistakes=[
                    Mistake(
                        "row", lambda A: A[0], "You took the first row; the columns are the images."
                    )
                ],
            ),
            Step(
                "second",
                "Where does $(0, 1)$ go?",
                lambda A: A[:, 1],
                vector(length=2),
                hint="$A$ times the column $(0, 1)$.",
                explain="The second column.",
                mistakes=[Mistake("row", lambda A: A[1], "You took the second row.")],
            ),
            Step(
                "det",
                "The determinant",
                lambda first, second: first[0] * second[1] - first[1] * second[0],
                number(relative=1e-6),
                hint="Main diagonal minus the other one.",
                explain=lambda A: (
                    f"$({A[0, 0]}) \\cdot ({A[1, 1]}) - ({A[0, 1]}) \\cdot ({A[1, 0]})$."
                ),
                mistakes=[
                    Mistake(
                        "plus",
                        lambda A: A[0, 0] * A[1, 1] + A[0, 1] * A[1, 0],
                        "The second product is subtracted.",
                    ),
                    Mistake(
                        "turned",
                        lambda A: A[0, 1] * A[1, 0] - A[0, 0] * A[1, 1],
                        "The main diagonal comes first.",
                    ),
                ],
            ),
            Step(
                "image",
                "The area of the image of a region of area ${area:d}$",
                lambda det, area: abs(det) * area,
                number(relative=1e-6),
                hint="The determinant is the factor for areas; an area is not negative.",
                explain=lambda det, area: f"$|{det:g}| \\cdot {area}$.",
                mistakes=[
                    Mistake(
                        "squared",
                        lambda det, area: det * det * area,
                        "The factor is $|\\det A|$, once.",
                    ),
                    Mistake(
                        "divided", lambda det, area: area / abs(det), "Multiply by $|\\det A|$."
                    ),
                ],
            ),
            Step(
                "rank",
                "The rank of $A$ (the dimension of the image)",
                lambda det: 2 if det else 1,
                integer(),
                hint="Is a dimension lost?",
                explain=lambda det: (
                    "The determinant is not 0: no dimension is lost."
                    if det
                    else "The determinant is 0: the plane collapses to a line."
                ),
                mistakes=[
                    Mistake(
                        "other",
                        lambda det: 1 if det else 2,
                        "A dimension is lost exactly if $\\det A = 0$.",
                    )
                ],
            ),
        ],
    )


# --- gradient descent -----------------------------------------------------------------------------

BEHAVIOUR = [
    "it closes in from one side",
    "it arrives in one step",
    "it closes in, changing sides",
    "it jumps between two points for ever",
    "it runs away",
]


def behaviour(factor: float) -> str:
    if abs(factor) < 1e-9:
        return BEHAVIOUR[1]
    if abs(factor + 1) < 1e-9:
        return BEHAVIOUR[3]
    return BEHAVIOUR[0 if 0 < factor < 1 else 2 if -1 < factor < 0 else 4]


SQUARE = {"a": 1, "b": 0, "z0": 2}


@exercise_type(
    "calculus.descent",
    topic="calculus",
    title="Gradient descent on a parabola",
    minutes=6,
    sources=["000A:52"],
    variants={
        "lecture": SQUARE | {"alpha": 0.25},
        "slow": SQUARE | {"alpha": 0.1},
        "one-step": SQUARE | {"alpha": 0.5},
        "alternating": SQUARE | {"alpha": 0.75},
        "alternating-slowly": SQUARE | {"alpha": 0.9},
        "for-ever": SQUARE | {"alpha": 1.0},
        "diverging": SQUARE | {"alpha": 1.1},
    },
)
def descent(draw: Draw) -> Exercise:
    a = draw.choice("a", [1, 2, 0.5])
    centre = draw.choice("centre", [1, 2, -1, -2, 3])
    b = draw.choice("b", [-2 * a * centre])
    z0 = draw.choice("z0", [centre + e for e in (1, 2, -2, 4, -4, 5) if centre + e])
    factor = draw.choice("factor", [0.8, 0.6, 0.5, 0.2, -0.2, -0.5, -0.6, -1, -1.2, -1.5])
    alpha = draw.choice("alpha", [round((1 - factor) / (2 * a), 6)])
    steps = [
        Step(
            f"z{i}",
            f"$z_{i}$",
            lambda previous, a, b, alpha: previous - alpha * (2 * a * previous + b),
            number(decimals=3),
            uses={"previous": f"z{i - 1}"},
            hint="$z \\leftarrow z - \\alpha J'(z)$ with $J'(z) = 2az + b$.",
            explain=lambda previous, a, b, alpha: (
                f"$J'({previous:g}) = {2 * a * previous + b:g}$, so "
                f"${previous:g} - {alpha:g} \\cdot ({2 * a * previous + b:g})$."
            ),
            mistakes=[
                Mistake(
                    "ascended",
                    lambda previous, a, b, alpha: previous + alpha * (2 * a * previous + b),
                    "You walked uphill: the gradient is subtracted.",
                ),
                Mistake(
                    "lost_two",
                    lambda previous, a, b, alpha: previous - alpha * (a * previous + b),
                    "$(a z^2)' = 2az$.",
                ),
            ],
        )
        for i in (1, 2, 3)
    ]
    return Exercise(
        "Gradient descent with step size $\\alpha = {alpha:}$ on $J(z) = a z^2 + b z + 1$ with "
        "$a = {a:}$, $b = {b:}$ starts at $z_0 = {z0:}$.",
        givens={"a": a, "b": b, "z0": z0, "alpha": alpha},
        steps=[
            *steps,
            Step(
                "minimum",
                "The $z$ of the minimum",
                lambda a, b: -b / (2 * a),
                number(absolute=1e-6),
                hint="Where $J'(z) = 0$.",
                explain="$2 \\cdot {a:} z + ({b:}) = 0$.",
                mistakes=[Mistake("lost_two", lambda a, b: -b / a, "$(a z^2)' = 2az$.")],
            ),
            Step(
                "stable",
                "The step size from which on it no longer converges",
                lambda a: 1 / a,
                number(significant=3),
                hint="The distance to the minimum is multiplied by $1 - 2a\\alpha$ in each step.",
                explain="$|1 - 2a\\alpha| < 1$ means $\\alpha < 1/a = 1/{a:}$.",
                mistakes=[
                    Mistake(
                        "one_step",
                        lambda a: 1 / (2 * a),
                        "That is the step size that arrives in one step.",
                    ),
                    Mistake("second", lambda a: 2 / a, "$J'' = 2a$, and the limit is $2/J''$."),
                ],
            ),
            Step(
                "behaviour",
                "What happens in the long run?",
                lambda a, alpha: behaviour(1 - 2 * a * alpha),
                choice(BEHAVIOUR),
                hint="Look at the factor $1 - 2a\\alpha$: its sign and its size.",
                explain=lambda a, alpha: (
                    f"The distance to the minimum is multiplied by ${1 - 2 * a * alpha:g}$."
                ),
            ),
        ],
    )


QUESTIONS = [
    Question(
        "All first derivatives are 0 at a point and the Hessian has the eigenvalues $-1.5$ and $4.5$. What is it?",
        "A saddle",
        [
            ("A minimum", "Along the eigenvector of $-1.5$ the function falls."),
            ("A maximum", "Along the eigenvector of $4.5$ the function rises."),
            (
                "Undecided: no eigenvalue is 0",
                "Mixed signs decide; no zero is needed for a saddle.",
            ),
            (
                "Undecided without third derivatives",
                "Only zero eigenvalues leave the test without a verdict.",
            ),
        ],
        "Mixed signs: up along one eigenvector and down along the other.",
        "What does the function do along each eigenvector?",
    ),
    Question(
        "A $2 \\times 2$ matrix has determinant 0. What does it do to the plane?",
        "It maps it to a line or a point",
        [
            ("It mirrors it", "A mirror has determinant $-1$."),
            ("It keeps all areas", "That needs $|\\det| = 1$."),
            ("It maps all points to the origin", "Only the zero matrix does that."),
            ("It turns it by a right angle", "A rotation has determinant 1."),
        ],
        "Areas are multiplied by 0: the columns lie on one line.",
        "The determinant is the factor for areas.",
    ),
    Question(
        "In which direction does a function fall fastest?",
        "Against its gradient",
        [
            ("Along its gradient", "There it rises fastest."),
            ("At right angles to its gradient", "There it does not change to first order."),
            ("Towards its minimum", "The gradient is local; it need not point to the minimum."),
            (
                "Along the first column of its Hessian",
                "That has nothing to do with the slope here.",
            ),
        ],
        "$D_u f = u \\cdot \\nabla f$ is smallest for $u$ opposite to the gradient.",
        "The dot product of $u$ and the gradient: when is it most negative?",
    ),
    Question(
        "Gradient descent on $z^2$ jumps from $z$ to $-z$ and back. What is the step size?",
        "1",
        [
            ("0.5", "That arrives in one step."),
            ("0.25", "That halves $z$ in each step."),
            ("2", "That multiplies $z$ by $-3$: it runs away."),
            ("0.1", "That closes in slowly from one side."),
        ],
        "The factor $1 - 2\\alpha$ is $-1$ for $\\alpha = 1$.",
        "$z - 2\\alpha z = -z$.",
    ),
    Question(
        "A differentiable function has gradient 0 at a point. What is certain?",
        "No direction changes it to first order",
        [
            ("It has a minimum there", "It may be a maximum or a saddle."),
            ("It is constant around the point", "Only to first order."),
            ("Its Hessian is 0 there", "The second derivatives are free."),
            (
                "Gradient descent has found the best point",
                "It stands still at maxima and saddles too.",
            ),
        ],
        "Every directional derivative is $u \\cdot 0 = 0$.",
        "Think of $x^2 - y^2$ at the origin.",
    ),
    Question(
        "$y = x + u$ with $u = x^2$. Why is $dy/dx$ not just $\\partial y/\\partial u \\cdot du/dx$?",
        "$x$ also reaches $y$ directly",
        [
            ("$u$ is not linear in $x$", "The chain rule holds for every differentiable $u$."),
            ("The chain rule holds for products only", "It holds for nested functions."),
            ("$u$ depends on $y$", "It does not."),
            ("The two must be multiplied by $x$", "Nothing is multiplied by $x$."),
        ],
        "All paths are added: $1 + 2x$.",
        "Draw the graph and count the paths from $x$ to $y$.",
    ),
]


@exercise_type(
    "calculus.theory",
    topic="calculus",
    title="Slopes, saddles and maps",
    minutes=2,
    sources=["004:03", "004:04", "000A:52", "000B:13"],
)
def calculus_theory(draw: Draw) -> Exercise:
    return theory(draw, QUESTIONS)
