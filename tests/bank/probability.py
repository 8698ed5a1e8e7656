"""References for the exercises on probability: fractions, enumeration, SciPy."""

from __future__ import annotations

import itertools
from fractions import Fraction as F

import numpy as np
from scipy import integrate, stats
from scipy.special import expit

from bank import reference


def exact(value) -> F:
    return F(str(value))


@reference("probability.uniform")
def uniform(exercise):
    g = exercise.givens
    A = set(range(g["first"]))
    B = set(range(g["first"] - g["both"], g["first"] - g["both"] + g["second"]))
    values = set(range(g["k"]))
    return {
        "p": float(F(1, g["k"])),
        "union": float(F(len(A | B), g["k"])),
        "rest": float(F(len(values - A - B), g["k"])),
        "given": float(F(len(A & B), len(B))),
    }


@reference("probability.density")
def density(exercise):
    g = exercise.givens
    law = stats.uniform(g["a"], g["b"] - g["a"])
    return {
        "height": law.pdf((g["a"] + g["b"]) / 2),
        "above": law.sf(g["d"]),
        "mean": law.mean(),
        "variance": law.var(),
    }


@reference("probability.binomial")
def binomial(exercise):
    g = exercise.givens
    law = stats.binom(g["n"], g["p"])
    return {"exactly": law.pmf(g["k"]), "mean": law.mean(), "variance": law.var()}


@reference("probability.joint")
def joint(exercise):
    cells = {
        (i, j): exact(v)
        for i, row in enumerate(exercise.givens["P"].tolist())
        for j, v in enumerate(row)
    }

    def expect(f):
        return sum(p * f(i, j) for (i, j), p in cells.items())

    px = [expect(lambda i, j, k=k: i == k) for k in range(2)]
    py = [expect(lambda i, j, k=k: j == k) for k in range(3)]
    ex, ey = expect(lambda i, j: i), expect(lambda i, j: j)
    cov = expect(lambda i, j: (i - ex) * (j - ey))
    vx, vy = expect(lambda i, j: (i - ex) ** 2), expect(lambda i, j: (j - ey) ** 2)
    return {
        "px": [float(v) for v in px],
        "py": [float(v) for v in py],
        "given": [float(cells[0, j] / px[0]) for j in range(3)],
        "cov": float(cov),
        "corr": float(cov) / float(vx * vy) ** 0.5,
        "back": float(cells[1, 2] / py[2]),
    }


@reference("probability.bayes")
def bayes(exercise):
    prior, hit, alarm = (exact(exercise.givens[n]) for n in ("prior", "hit", "alarm"))
    worlds = {}
    for spam, one, two in itertools.product((0, 1), repeat=3):
        p = prior if spam else 1 - prior
        for word in (one, two):
            rate = hit if spam else alarm
            p *= rate if word else 1 - rate
        worlds[spam, one, two] = p

    def chance(test):
        return sum(p for w, p in worlds.items() if test(*w))

    return {
        "evidence": float(chance(lambda s, a, b: a)),
        "posterior": float(chance(lambda s, a, b: s and a) / chance(lambda s, a, b: a)),
        "absent": float(chance(lambda s, a, b: s and not a) / chance(lambda s, a, b: not a)),
        "twice": float(chance(lambda s, a, b: s and a and b) / chance(lambda s, a, b: a and b)),
    }


@reference("probability.gaussian")
def gaussian(exercise):
    g = exercise.givens
    a, b = (stats.norm(g[m], g["sigma"]) for m in ("mu_a", "mu_b"))
    ratio = a.logpdf(g["x"]) - b.logpdf(g["x"])
    posterior = expit(np.log(g["prior"] / (1 - g["prior"])) + ratio)
    return {
        "density": a.pdf(g["x"]),
        "ratio": ratio,
        "posterior": posterior,
        "decide": "A" if posterior > 0.5 else "B",
    }


@reference("probability.entropy")
def entropy(exercise):
    g = exercise.givens
    base = 2 if g["unit"] == "bits" else np.e
    p, q = g["p"], g["q"]
    H, kl = stats.entropy(p, base=base), stats.entropy(p, q, base=base)
    return {"H": H, "cross": H + kl, "kl": kl, "reverse": stats.entropy(q, p, base=base)}


@reference("probability.mutual")
def mutual(exercise):
    table = exercise.givens["table"]
    independent = np.outer(table.sum(1), table.sum(0)) / 16
    hx, hy = (stats.entropy(table.sum(axis), base=2) for axis in (1, 0))
    rows = [stats.entropy(row, base=2) * row.sum() / 16 for row in table]
    return {
        "hx": hx,
        "hy": hy,
        "hxy": stats.entropy(table.ravel(), base=2),
        "information": stats.entropy(table.ravel(), independent.ravel(), base=2),
        "left": sum(rows),
    }


@reference("probability.power")
def power(exercise):
    g = exercise.givens
    b, n, y = g["b"], g["n"], g["y"]

    def below(v):
        return integrate.quad(lambda u: float(u**n < v) / b, 0, b, points=[v ** (1 / n)])[0]

    step = 1e-4 * y
    x = np.exp(np.log(y) / n)
    slope = (np.exp(np.log(y + step) / n) - np.exp(np.log(y - step) / n)) / (2 * step)
    return {
        "x": x,
        "slope": slope,
        "density": slope * stats.uniform(0, b).pdf(x),
        "below": below(y),
    }


@reference("probability.tables")
def tables(exercise):
    k, n = exercise.givens["k"], exercise.givens["n"]
    shapes = [(k,)] + [(k, k)] * (n - 1)
    return {
        "full": np.ones((k,) * n).size,
        "chain": sum(np.ones(s).size for s in shapes),
        "free": sum(np.ones(s)[..., 1:].size for s in shapes),
        "full_free": np.ones((k,) * n).size - 1,
    }


THEORY = {
    "$Y = X^2$": "Covariance 0",
    "larger than 1": "only its integral",
    "cross-entropy $H(P, Q)$ measure": "from $P$ in a code for",
    "also minimise": "depend on the model",
    "unimodal": "one of the peaks",
    "its variance": "\\sigma^2 / n$",
}


@reference("probability.theory")
def probability_theory(exercise):
    (step,) = exercise.steps
    (phrase,) = [answer for ask, answer in THEORY.items() if ask in step.prompt]
    (option,) = [o for o in step.answer.options if phrase in o]
    return {"answer": option}
