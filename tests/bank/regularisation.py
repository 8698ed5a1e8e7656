"""References for the exercises on regularisation: PyTorch, SciPy, enumeration of all masks."""

from __future__ import annotations

from itertools import product

import numpy as np
import torch
from scipy import optimize

from bank import reference


def sgd(w, slope, rate, decay):
    leaf = torch.nn.Parameter(torch.tensor([float(w)], dtype=torch.float64))
    stepper = torch.optim.SGD([leaf], lr=rate, weight_decay=decay)
    leaf.grad = torch.tensor([float(slope)], dtype=torch.float64)
    stepper.step()
    return leaf.item()


def descend(cost, w, rate):
    leaf = torch.tensor(float(w), dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(cost(leaf), leaf)
    return w - rate * slope.item()


@reference("regularisation.step")
def step(exercise):
    w, g, eta, lam, k = (exercise.givens[n] for n in ("w", "g", "eta", "lam", "k"))
    later = w
    for _ in range(k):
        later = sgd(later, 0, eta, lam)
    left, zero = float(w), 0
    while left > 1e-9:
        left, zero = left - eta * lam, zero + 1
    return {
        "l2": sgd(w, g, eta, lam),
        "l1": descend(lambda v: g * v + lam * v.abs(), w, eta),
        "factor": sgd(1, 0, eta, lam),
        "later": later,
        "zero": zero,
    }


@reference("regularisation.cost")
def cost(exercise):
    v = exercise.givens
    w, rate = torch.tensor(np.asarray(v["w"], float)), v["lam"] / (2 * v["m"])
    first = w[0].item()
    return {
        "l2": v["loss"] + rate * (w @ w).item(),
        "l1": v["loss"] + rate * torch.linalg.vector_norm(w, 1).item(),
        "new2": descend(lambda x: v["g"] * x + rate * x**2, first, v["eta"]),
        "new1": descend(lambda x: v["g"] * x + rate * x.abs(), first, v["eta"]),
    }


@reference("regularisation.threshold")
def soft(exercise):
    a, lam = np.asarray(exercise.givens["a"], float), exercise.givens["lam"]
    l1 = torch.nn.functional.softshrink(torch.tensor(a), lam).numpy()
    l2 = [
        optimize.minimize_scalar(lambda w, x=x: (w - x) ** 2 / 2 + lam / 2 * w**2, tol=1e-12).x
        for x in a
    ]
    return {"l2": l2, "l1": l1, "zeros": int((l1 == 0).sum())}


@reference("regularisation.ridge")
def ridge(exercise):
    t, gamma = np.asarray(exercise.givens["t"], float), exercise.givens["gamma"]
    X = np.column_stack([np.ones(4), np.arange(4)])
    longer = np.vstack([X, np.sqrt(gamma) * np.eye(2)])  # ridge as plain least squares
    w = np.linalg.lstsq(longer, np.append(t, [0, 0]), rcond=None)[0]
    return {"A": longer.T @ longer, "b": [t.sum(), t @ np.arange(4)], "w": w}


@reference("regularisation.prior")
def prior(exercise):
    v = exercise.givens
    likelihood, opinion = 1 / (2 * v["s"] ** 2), 1 / (2 * v["sw"] ** 2)
    gamma = opinion / likelihood
    one = optimize.minimize_scalar(lambda w: (w - v["a"]) ** 2 + gamma * w**2, tol=1e-12).x
    return {"gamma": gamma, "one": one, "noise": gamma / v["n"]}


@reference("regularisation.dropout")
def dropout(exercise):
    v = exercise.givens
    p, last = v["p"], v["h"][4]
    values, chances = np.array([0, last / (1 - p)]), np.array([p, 1 - p])
    mean = values @ chances
    return {
        "out": [h / (1 - p) if stays else 0 for h, stays in zip(v["h"], v["mask"], strict=True)],
        "kept": sum(1 - p for _ in range(5)),
        "mean": mean,
        "var": values**2 @ chances - mean**2,
    }


@reference("regularisation.thinned")
def thinned(exercise):
    v = exercise.givens
    masks = np.array(list(product([0, 1], repeat=3)))
    outputs = masks @ (np.asarray(v["h"]) * v["w"])
    chances = np.prod(np.where(masks, 1 - v["p"], v["p"]), axis=1)
    mean = chances @ outputs
    return {
        "nets": len(masks), "gone": chances[0], "mean": mean,
        "var": chances @ outputs**2 - mean**2, "inverted": mean / (1 - v["p"]),
    }  # fmt: skip


@reference("regularisation.patience")
def patience(exercise):
    v, found = list(exercise.givens["v"]), {}
    for name, p in (("one", 1), ("two", 2), ("three", 3)):
        last = len(v) - 1
        for epoch in range(p, len(v)):
            if min(v[epoch - p + 1 : epoch + 1]) >= min(v[: epoch - p + 1]):
                last = epoch
                break
        found[name] = [last, int(np.argmin(v[: last + 1]))]
    return found


@reference("regularisation.theory")
def regularisation_theory(exercise):
    return {"answer": exercise.answers["answer"]}
