"""References for the exercises on initialisation: PyTorch, exact enumeration, autograd."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from bank import reference


@reference("initialisation.scale")
def scale(exercise):
    n, m = exercise.givens["n"], exercise.givens["m"]
    W = torch.empty(m, n, dtype=torch.float64)
    draw = torch.Generator().manual_seed(0)
    gain = nn.init.calculate_gain("relu")
    largest = nn.init.xavier_uniform_(W.clone(), generator=draw).abs().max().item()
    limit = (6 / (n + m)) ** 0.5
    assert 0.95 * limit < largest <= limit  # torch draws within our limit, and nearly to it
    return {"glorot": limit**2 / 3, "limit": limit, "he": gain / n**0.5}


@reference("initialisation.depth")
def depth(exercise):
    n, sigma, gamma, layers = (exercise.givens[k] for k in ("n", "sigma", "gamma", "L"))
    variance = [gamma**2]
    for _ in range(layers):
        variance.append(sum(sigma**2 * variance[-1] for _ in range(n)))
    factor = variance[1] / variance[0]
    fate = "It keeps its size" if abs(factor - 1) < 1e-9 else (
        "It vanishes" if factor < 1 else "It explodes"
    )
    return {
        "factor": factor, "one": variance[1], "last": variance[-1], "relu": factor * 0.5, "fate": fate
    }  # fmt: skip


@reference("initialisation.product")
def product(exercise):
    mw, sw, mx, sx = (exercise.givens[k] for k in ("mw", "sw", "mx", "sx"))
    second = (mw**2 + sw**2) * (mx**2 + sx**2)  # E[w²] E[x²]
    terms = [mx**2 * sw**2, mw**2 * sx**2, sw**2 * sx**2]
    return {"terms": terms, "var": second - (mw * mx) ** 2, "centred": sw**2 * sx**2}


@reference("initialisation.chain")
def chain(exercise):
    g = exercise.givens
    a = torch.tensor(float(g["a"]), dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(torch.sigmoid(a), a)
    slope = slope.item()
    factor = slope * g["w"]
    return {
        "slope": slope, "factor": factor, "total": float(np.prod([factor] * g["L"])),
        "balance": 1 / slope,
    }  # fmt: skip


@reference("initialisation.bound")
def bound(exercise):
    g = exercise.givens
    most, layers = g["w"] * 0.25, 1
    while most**layers >= 10.0 ** -g["e"]:
        layers += 1
    return {"most": most, "bound": most ** g["L"], "depth": layers}


@reference("initialisation.gradient")
def gradient(exercise):
    g = exercise.givens
    W = torch.tensor(np.reshape(g["W"], (2, 2)).astype(float), requires_grad=True)
    h = torch.sigmoid(W @ torch.tensor(np.asarray(g["x"], float)))
    out = torch.tensor(np.asarray(g["v"], float)) @ h
    loss = (g["t"] - out) ** 2
    loss.backward()
    return {"h": h.detach(), "g": out.item(), "E": loss.item(), "slope": W.grad}


@reference("initialisation.theory")
def initialisation_theory(exercise):
    return {"answer": exercise.answers["answer"]}
