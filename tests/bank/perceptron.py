"""References for the perceptron's exercises: loops, exact fractions, linear programs and
autograd.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import torch
from scipy.optimize import linprog
from scipy.special import expit

from bank import reference

BITS = list(itertools.product((0, 1), repeat=2))
TABLES = {
    "constant 0": lambda a, b: False,
    "AND": lambda a, b: a and b,
    "x1 AND NOT x2": lambda a, b: a and not b,
    "x1": lambda a, b: a,
    "x2 AND NOT x1": lambda a, b: b and not a,
    "x2": lambda a, b: b,
    "XOR": lambda a, b: a != b,
    "OR": lambda a, b: a or b,
    "NOR": lambda a, b: not (a or b),
    "XNOR": lambda a, b: a == b,
    "NOT x2": lambda a, b: not b,
    "x1 OR NOT x2": lambda a, b: a or not b,
    "NOT x1": lambda a, b: not a,
    "x2 OR NOT x1": lambda a, b: b or not a,
    "NAND": lambda a, b: not (a and b),
    "constant 1": lambda a, b: True,
}


def name_of(outputs) -> str:
    wanted = [bool(o > 0) for o in outputs]
    (found,) = [n for n, f in TABLES.items() if [bool(f(a, b)) for a, b in BITS] == wanted]
    return found


def exact(values) -> list[Fraction]:
    return [Fraction(str(v)) for v in np.asarray(values).ravel().tolist()]


def output(net: Fraction, rule: str) -> int:
    if "sign of" in rule:
        return (net > 0) - (net < 0)
    positive = net >= 0 if r"\ge" in rule else net > 0
    return 1 if positive else (-1 if "-1" in rule else 0)


def net_of(weights, x) -> Fraction:
    return sum((w * v for w, v in zip(weights, [Fraction(1), *x], strict=True)), Fraction(0))


@reference("perceptron.classify")
def classify(exercise):
    g = exercise.givens
    weights = exact([g["b"], *g["w"]])
    nets = [net_of(weights, exact(p)) for p in g["points"]]
    return {"nets": [float(n) for n in nets], "outputs": [output(n, g["rule"]) for n in nets]}


@reference("perceptron.threshold")
def threshold(exercise):
    g = exercise.givens
    need = g["k"] if g["words"] == "at least" else g["k"] + 1
    patterns = list(itertools.product((0, 1), repeat=g["n"]))
    return {
        "theta": need,
        "patterns": sum(p.count(1) >= need for p in patterns),
        "output": "1" if list(g["x"]).count(1) >= need else "0",
    }


@reference("perceptron.gate")
def gate(exercise):
    g = exercise.givens
    weights = exact([g["b"], *g["w"]])
    nets = [net_of(weights, [Fraction(a), Fraction(b)]) for a, b in BITS]
    outputs = [output(n, g["rule"]) for n in nets]
    return {"nets": [float(n) for n in nets], "outputs": outputs, "gate": name_of(outputs)}


def separating(targets):
    """Weights (b, w1, w2) with margin 1 from a linear program, or None."""
    signs = np.where(np.asarray(targets) > 0, 1, -1)
    rows = np.array([[1, a, b] for a, b in BITS]) * signs[:, None]
    result = linprog(np.zeros(3), A_ub=-rows, b_ub=-np.ones(4), bounds=[(-50, 50)] * 3)
    return result.x if result.success else None


@reference("perceptron.design")
def design(exercise):
    weights = separating(exercise.givens["targets"])
    point = exercise.givens["point"]
    return {
        "weights": weights,
        "nets": [weights[0] + weights[1] * a + weights[2] * b for a, b in BITS],
        "net": weights[0] + weights[1] * point[0] + weights[2] * point[1],
    }


def trained(weights, patterns, eta, rule):
    """The weights after each pattern, in exact fractions, and how often they changed."""
    history, changes = [], 0
    for *x, t in patterns:
        x = [Fraction(1), *(Fraction(str(v)) for v in x)]
        y = output(sum((w * v for w, v in zip(weights, x, strict=True)), Fraction(0)), rule)
        if y != t:
            changes += 1
            step = Fraction(int(t)) if "-1" in rule or "sign" in rule else Fraction(int(t) - y)
            weights = [w + eta * step * v for w, v in zip(weights, x, strict=True)]
        history.append(weights)
    return history, changes


@reference("perceptron.update")
def update(exercise):
    g = exercise.givens
    patterns = [(*p[:2].tolist(), p[2].item()) for p in g["patterns"]]
    history, _ = trained(exact(g["start"]), patterns, Fraction(str(g["eta"])), g["rule"])
    return {f"after_{i + 1}": [float(w) for w in row] for i, row in enumerate(history)}


@reference("perceptron.run")
def run(exercise):
    g = exercise.givens
    patterns = [(a, b, int(t)) for (a, b), t in zip(BITS, g["targets"], strict=True)]
    weights, rows, total, changes = exact(g["start"]), [], 0, 1
    while changes:
        history, changes = trained(weights, patterns, Fraction(str(g["eta"])), g["rule"])
        weights, total = history[-1], total + changes
        rows.append([float(w) for w in weights])
    return {"passes": rows, "final": rows[-1], "updates": total}


@reference("perceptron.bound")
def bound(exercise):
    star = exact(exercise.givens["w_star"])
    patterns = [(exact(p[:2]), int(p[2])) for p in exercise.givens["patterns"]]
    alpha = min(t * net_of(star, x) for x, t in patterns)
    beta = max(1 + sum(v * v for v in x) for x, _ in patterns)
    length = sum(w * w for w in star)
    return {
        "alpha": float(alpha),
        "beta": float(beta),
        "length": float(length),
        "bound": math.floor(beta * length / alpha**2),
    }


@reference("perceptron.distance")
def distance(exercise):
    g = exercise.givens
    w, x = g["w"].astype(float), g["x"].astype(float)
    # The nearest point minimises |p - x|^2 on w.p + b = 0: Lagrange's linear system.
    system = np.block([[2 * np.eye(2), w[:, None]], [w[None, :], np.zeros((1, 1))]])
    nearest = np.linalg.solve(system, [*(2 * x), -g["b"]])[:2]
    score = float(np.dot(w, x) + g["b"])
    far = float(np.linalg.norm(x - nearest))
    side = "positive side" if score > 0 else "negative side" if score < 0 else "on the line"
    return {
        "score": score,
        "norm": math.hypot(*w),
        "distance": math.copysign(far, score) if score else 0.0,
        "side": side,
        "nearest": nearest,
    }


@reference("perceptron.line")
def line(exercise):
    p, q, r = (exercise.givens[n].astype(float) for n in "pqr")
    weights = np.linalg.svd(np.array([[1, *p], [1, *q]]))[2][-1]  # the null space
    area = (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])
    return {
        "line": weights,
        "score": float(weights @ [1, *r]),
        "distance": abs(area) / math.dist(p, q),
    }


@reference("perceptron.criterion")
def criterion(exercise):
    g = exercise.givens
    w = torch.tensor(g["w"], dtype=torch.float64, requires_grad=True)
    w0 = torch.tensor(float(g["w0"]), dtype=torch.float64, requires_grad=True)
    patterns = torch.tensor(g["patterns"], dtype=torch.float64)
    scores = patterns[:, :2] @ w + w0
    products = patterns[:, 2] * scores
    loss = torch.relu(-products).sum()
    loss.backward()
    assert w.grad is not None and w0.grad is not None
    return {
        "scores": scores.detach().numpy(),
        "misclassified": [str(i + 1) for i, p in enumerate(products.tolist()) if p <= 0],
        "D": loss.item(),
        "gradient_w": w.grad.numpy(),
        "gradient_w0": w0.grad.item(),
        "after": [
            (w0 - g["eta"] * w0.grad).item(),
            *(w - g["eta"] * w.grad).detach().tolist(),
        ],
    }


@reference("perceptron.adder")
def adder(exercise):
    g = exercise.givens

    def unit(a, b):
        return float(expit(g["c"] * np.dot([g["w"], g["w"], g["b"]], [a, b, 1])))

    in1 = unit(g["x1"], g["x2"])
    in2, in3 = unit(g["x1"], in1), unit(g["x2"], in1)
    return {"in1": in1, "in2": in2, "in3": in3, "sum": unit(in2, in3), "carry": unit(in1, in1)}


@reference("perceptron.nand")
def nand(exercise):
    columns = {"x1": [a for a, _ in BITS], "x2": [b for _, b in BITS]}
    for name, left, right in exercise.givens["table"]:
        pairs = zip(columns[left], columns[right], strict=True)
        columns[name] = [int(-2 * a - 2 * b + 3 > 0) for a, b in pairs]
    last = list(columns)[-1]
    return {
        **{k: v for k, v in columns.items() if k.startswith("in")},
        "gate": name_of(columns[last]),
    }


@reference("perceptron.delta")
def delta(exercise):
    g = exercise.givens
    weights = torch.tensor([g["b"], *g["w"]], dtype=torch.float64, requires_grad=True)
    x = torch.tensor([1, *g["x"]], dtype=torch.float64)
    y = weights @ x
    (0.5 * (g["t"] - y) ** 2).backward()
    assert weights.grad is not None
    after = (weights - g["eta"] * weights.grad).detach()
    return {
        "y": y.item(),
        "error": g["t"] - y.item(),
        "after": after.numpy(),
        "y_after": (after @ x).item(),
    }


@reference("perceptron.separable")
def separable(exercise):
    targets = [int(t) for t in exercise.givens["targets"]]
    names = [f"{a}{b}" for a, b in BITS]
    possible = separating(targets) is not None
    return {
        "conditions": [n for n, t in zip(names, targets, strict=True) if t],
        "sums": "no contradiction" if possible else "a contradiction",
        "separable": "yes" if possible else "no",
        "functions": len(
            range(2 ** len(list(itertools.product((0, 1), repeat=exercise.givens["n"]))))
        ),
        "how_many": sum(separating(t) is not None for t in itertools.product((0, 1), repeat=4)),
    }


@reference("perceptron.two_layers")
def two_layers(exercise):
    rows = [[Fraction(str(v)) for v in row] for row in exercise.givens["hidden"].tolist()]
    out = exact(exercise.givens["output"])

    def unit(row, a, b):
        return int(row[0] * a + row[1] * b + row[2] > 0)

    h1, h2 = ([unit(row, a, b) for a, b in BITS] for row in rows)
    y = [unit(out, a, b) for a, b in zip(h1, h2, strict=True)]
    return {"h1": h1, "h2": h2, "y": y, "gate": name_of(y)}


@reference("perceptron.merge")
def merge(exercise):
    g = exercise.givens

    def both(x):
        hidden = [
            sum(w * v for w, v in zip(row, x, strict=True)) + b
            for row, b in zip(g["first"], g["b1"], strict=True)
        ]
        return np.array(
            [
                sum(w * v for w, v in zip(row, hidden, strict=True)) + b
                for row, b in zip(g["second"], g["b2"], strict=True)
            ]
        )

    b = both([0, 0])
    columns = [both(e) - b for e in ([1, 0], [0, 1])]
    return {"W": np.stack(columns, axis=1), "b": b, "y": both(g["x"].tolist())}


THEORY = {
    "no single perceptron compute": "XNOR",
    "convergence theorem promise": "finite number of updates",
    "multiplied by the same": "Only the net inputs",
    "behave more and more": "exactly 0",
    "all its units are linear": "single linear layer",
    "plain Hebbian rule": "only from errors",
    "weight vector": "side with output 1",
    "NAND called universal": "builds every boolean",
}


@reference("perceptron.theory")
def perceptron_theory(exercise):
    (step,) = exercise.steps
    (phrase,) = [answer for ask, answer in THEORY.items() if ask in step.prompt]
    (option,) = [o for o in step.answer.options if phrase in o]
    return {"answer": option}
