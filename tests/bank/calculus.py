"""References for the calculus exercises: SymPy for formulas, autograd and NumPy for numbers."""

from __future__ import annotations

import numpy as np
import sympy as sp
import torch

from bank import reference

x, y, t = sp.symbols("x y t")
NAMED = {"sin": sp.sin, "cos": sp.cos, "exp": sp.exp}


@reference("calculus.rules")
def rules(exercise):
    g = exercise.givens
    product = x ** g["m"] * x ** g["s"]
    return {
        "power": str(sp.diff(x ** g["n"], x)),
        "sum": str(sp.diff(g["a"] * sp.sin(x) + x ** g["k"], x)),
        "chain": str(sp.diff(NAMED[g["outer"]](x ** g["j"]), x)),
        "product": str(sp.diff(product, x)),
        "quotient": str(sp.diff(x ** g["p"] / x ** g["q"], x)),
        "slope": float(sp.diff(product, x).subs(x, g["x0"])),
    }


@reference("calculus.chain")
def chain(exercise):
    g = exercise.givens
    z = x ** g["p"] * y ** g["q"]
    total = sp.diff(z.subs({x: t ** g["r"], y: t ** g["s"]}), t)
    return {
        "zx": str(sp.diff(z, x)),
        "zy": str(sp.diff(z, y)),
        "total": str(total),
        "value": float(total.subs(t, sp.Rational(str(g["t0"])))),
    }


@reference("calculus.two_paths")
def two_paths(exercise):
    g = exercise.givens
    u1 = g["a"] * x ** g["n"]
    found = {"u1": u1, "u2": x + u1, "y": NAMED[g["outer"]](x + u1)}
    return {name: str(sp.diff(value, x)) for name, value in found.items()}


@reference("calculus.implicit")
def implicit(exercise):
    g = exercise.givens
    left = sp.exp(g["a"] * x - g["b"] * y) + x ** g["p"] * y ** g["q"]
    F = left - sp.sin(y) - g["c"] * x
    return {
        "fx": str(sp.diff(F, x)),
        "fy": str(sp.diff(F, y)),
        "slope": str(sp.idiff(F, y, x)),
    }


@reference("calculus.cubic")
def cubic(exercise):
    g = exercise.givens
    f = np.polynomial.Polynomial([0, g["c"], g["b"], g["a"]])
    low, high = sorted(f.deriv().roots().real)
    curvature = f.deriv(2)(low)
    return {
        "critical": [low, high],
        "curvature": curvature,
        "kind": "maximum" if f(low) > f(low + 0.1) else "minimum",
        "inflection": f.deriv(2).roots()[0],
    }


def quadratic(g):
    return lambda v: g["a"] * v[0] ** 2 + g["b"] * v[0] * v[1] + g["c"] * v[1] ** 2


@reference("calculus.gradient")
def gradient(exercise):
    g = exercise.givens
    point = torch.tensor(g["p"], dtype=torch.float64)
    slope = torch.autograd.functional.jacobian(quadratic(g), point)
    along = torch.tensor(g["d"], dtype=torch.float64)
    along = along / along.norm()
    return {
        "gradient": slope,
        "along": (slope @ along).item(),
        "steepest": slope.norm().item(),
    }


@reference("calculus.hessian")
def hessian(exercise):
    H = torch.autograd.functional.hessian(
        quadratic(exercise.givens), torch.zeros(2, dtype=torch.float64)
    ).numpy()
    values = np.linalg.eigvalsh(H)
    signs = set(np.sign(np.round(values, 9)))
    kind = {(1.0,): "minimum", (-1.0,): "maximum", (-1.0, 1.0): "saddle"}
    return {
        "H": H,
        "det": np.linalg.det(H),
        "eigenvalues": values,
        "kind": kind.get(tuple(sorted(signs)), "the test cannot tell"),
    }


@reference("calculus.jacobian")
def jacobian(exercise):
    g = exercise.givens
    point = torch.tensor(g["p"], dtype=torch.float64)

    def both(v):
        return torch.stack([g["a"] * v[0] ** 2 * v[1], g["c"] * v[0] + v[1] ** g["n"]])

    J, change = torch.autograd.functional.jacobian(both, point), torch.tensor(g["d"])
    _, change = torch.autograd.functional.jvp(both, point, change.to(torch.float64))
    return {"J": J, "change": change, "area": J.det().abs().item()}


@reference("calculus.map")
def linear_map(exercise):
    A = exercise.givens["A"].astype(float)
    det = float(np.linalg.det(A))
    return {
        "first": A @ [1, 0],
        "second": A @ [0, 1],
        "det": round(det),
        "image": float(np.prod(np.linalg.svd(A)[1])) * exercise.givens["area"],
        "rank": int(np.linalg.matrix_rank(A)),
    }


@reference("calculus.descent")
def descent(exercise):
    g = exercise.givens

    def walk(alpha, steps):
        z = torch.tensor(float(g["z0"]), dtype=torch.float64, requires_grad=True)
        optimiser, path = torch.optim.SGD([z], lr=float(alpha)), []
        for _ in range(steps):
            optimiser.zero_grad()
            (g["a"] * z**2 + g["b"] * z + 1).backward()
            optimiser.step()
            path.append(z.item())
        return path

    path, lowest = walk(g["alpha"], 3), -g["b"] / (2 * g["a"])
    off = np.array([g["z0"], *path]) - lowest
    if abs(off[1]) < 1e-9:
        behaviour = "it arrives in one step"
    elif abs(off[2]) > abs(off[1]) + 1e-9:
        behaviour = "it runs away"
    elif abs(off[2] - off[0]) < 1e-9:
        behaviour = "it jumps between two points for ever"
    else:
        side = "from one side" if off[1] * off[0] > 0 else "changing sides"
        behaviour = f"it closes in {side}" if "one" in side else f"it closes in, {side}"

    def closer(alpha):
        """Two steps, with the slope as a central difference (exact for a parabola)."""
        z = float(g["z0"])
        for _ in range(2):
            up, down = (g["a"] * v * v + g["b"] * v for v in (z + 1, z - 1))
            z -= alpha * (up - down) / 2
        return abs(z - lowest) < abs(g["z0"] - lowest)

    low, high = 0.0, 10.0  # bisection on whether two steps come closer
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if closer(middle) else (low, middle)
    return {
        **{f"z{i + 1}": path[i] for i in range(3)},
        "minimum": lowest,
        "stable": low,
        "behaviour": behaviour,
    }


THEORY = {
    "eigenvalues $-1.5$": "saddle",
    "determinant 0": "line or a point",
    "fall fastest": "Against",
    "jumps from $z$": "1",
    "gradient 0 at a point": "first order",
    "$y = x + u$": "directly",
}


@reference("calculus.theory")
def calculus_theory(exercise):
    (step,) = exercise.steps
    (phrase,) = [answer for ask, answer in THEORY.items() if ask in step.prompt]
    found = [o for o in step.answer.options if o == phrase] or [
        o for o in step.answer.options if phrase in o
    ]
    (option,) = found
    return {"answer": option}
