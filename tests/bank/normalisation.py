"""References for the exercises on normalisation: PyTorch's layers."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from bank import reference


def column(values):
    return torch.tensor(np.asarray(values, float))[:, None]


@reference("normalisation.batch")
def batch(exercise):
    g = exercise.givens
    x = column(g["x"])
    layer = nn.BatchNorm1d(1, eps=1e-12, dtype=torch.float64)
    hat = layer(x).detach()
    nn.init.constant_(layer.weight, g["gain"])
    nn.init.constant_(layer.bias, g["shift"])
    return {
        "mean": x.mean().item(), "var": x.var(correction=0).item(), "hat": hat[:, 0],
        "y": layer(x).detach()[:, 0],
    }  # fmt: skip


@reference("normalisation.use")
def use(exercise):
    g = exercise.givens
    layer = nn.BatchNorm1d(1, eps=1e-12, momentum=g["m"], dtype=torch.float64)
    layer(column(g["x"]))
    layer.eval()
    return {
        "mean": layer.running_mean.item(), "var": layer.running_var.item(),
        "out": layer(column([g["q"]])).item(),
    }  # fmt: skip


@reference("normalisation.matrix")
def both(exercise):
    A = torch.tensor(np.asarray(exercise.givens["A"], float))
    batch = nn.BatchNorm1d(3, eps=1e-12, dtype=torch.float64)
    layer = nn.LayerNorm(3, eps=1e-12, dtype=torch.float64)
    return {"batch": batch(A).detach(), "layer": layer(A).detach()}


@reference("normalisation.running")
def running(exercise):
    g = exercise.givens
    layer = nn.BatchNorm1d(1, momentum=1 - g["alpha"], dtype=torch.float64)
    layer.running_mean.fill_(g["start"])
    found = {}
    for k, mean in enumerate(g["means"]):
        layer(column([mean - 1.0, mean + 1.0]))
        found[f"after_{k + 1}"] = layer.running_mean.item()
    return found | {"torch": layer.momentum}


@reference("normalisation.count")
def count(exercise):
    m, C, p, q = (exercise.givens[k] for k in ("m", "C", "p", "q"))
    maps = np.empty((m, C, p, q))
    layer = nn.BatchNorm2d(C)
    return {
        "pooled": maps[:, 0].size, "layer": maps[0].size,
        "learned": sum(v.numel() for v in layer.parameters()),
    }  # fmt: skip


@reference("normalisation.fold")
def fold(exercise):
    g = exercise.givens
    layer = nn.BatchNorm1d(1, eps=1e-12, dtype=torch.float64).eval()
    with torch.no_grad():
        layer.running_mean.fill_(g["mean"])
        layer.running_var.fill_(g["var"])
        layer.weight.fill_(g["gain"])
        layer.bias.fill_(g["shift"])

        def unit(x):
            return layer(column([g["w"] * x + g["b"]])).item()

        return {"weight": unit(1) - unit(0), "bias": unit(0), "out": unit(g["x"])}


@reference("normalisation.theory")
def normalisation_theory(exercise):
    return {"answer": exercise.answers["answer"]}
