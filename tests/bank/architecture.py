"""References for the exercises on sizes: real PyTorch modules, counted and run."""

from __future__ import annotations

import numpy as np
import torch
from scipy import signal
from torch import nn

from bank import reference


def count(module) -> int:
    return sum(p.numel() for p in module.parameters())


def shape(module, *size):
    with torch.device("meta"):
        return tuple(module.to("meta")(torch.empty(1, *size)).shape[1:])


@reference("architecture.dense")
def dense(exercise):
    layers = [int(v) for v in exercise.givens["layers"]]
    pairs = list(zip(layers, layers[1:], strict=False))
    net = nn.Sequential(*(nn.Linear(a, b, device="meta") for a, b in pairs))
    biases = sum(layer.bias.numel() for layer in net)
    return {
        "weights": count(net) - biases,
        "biases": biases,
        "parameters": count(net),
        "memory": count(net) * exercise.givens["nbytes"],
    }


@reference("architecture.conv")
def conv(exercise):
    g = exercise.givens
    layer = nn.Conv2d(g["c"], g["f"], g["k"], g["s"], g["p"], device="meta")
    out = shape(layer, g["c"], g["n"], g["n"])
    return {
        "out": out[1],
        "parameters": count(layer),
        "connections": int(np.prod(out)) * layer.weight[0].numel(),
        "dense": int(np.prod(out)) * torch.empty(g["c"], g["n"], g["n"], device="meta").numel(),
    }


@reference("architecture.separable")
def separable(exercise):
    k, c, f, n = (exercise.givens[v] for v in "kcfn")
    full = nn.Conv2d(c, f, k, bias=False, device="meta")
    depth = nn.Conv2d(c, c, k, groups=c, bias=False, device="meta")
    point = nn.Conv2d(c, f, 1, bias=False, device="meta")
    both = count(depth) + count(point)
    return {
        "full": count(full),
        "separable": both,
        "ratio": 1 / f + 1 / k**2,
        "macs": n**2 * count(depth) + n**2 * count(point),
    }


@reference("architecture.bottleneck")
def bottleneck(exercise):
    c, f, b, k, n = (exercise.givens[v] for v in "cfbkn")
    direct = count(nn.Conv2d(c, f, k, bias=False, device="meta"))
    small = count(
        nn.Sequential(
            nn.Conv2d(c, b, 1, bias=False, device="meta"),
            nn.Conv2d(b, f, k, bias=False, device="meta"),
        )
    )
    return {
        "direct": direct,
        "reduced": small,
        "factor": direct / small,
        "saved": direct * n**2 - small * n**2,
    }


@reference("architecture.sizes")
def sizes(exercise):
    g = exercise.givens
    seen, data = [], torch.empty(1, 1, g["n"], g["n"], device="meta")
    for k, s, p in g["layers"].tolist():
        data = nn.Conv2d(1, 1, k, s, p, device="meta")(data)
        seen.append([data.shape[-1]])
    stride = 1
    for _, s, _ in g["layers"].tolist():
        stride *= s
    return {"sizes": seen, "stride": stride, "numbers": data.numel() * g["c"]}


@reference("architecture.receptive_field")
def receptive_field(exercise):
    g = exercise.givens
    layers = g["layers"].tolist()
    rows = []
    for depth in range(1, len(layers) + 1):
        # Mark which inputs reach two neighbouring outputs.
        inputs = np.eye(400, dtype=bool)
        for k, s in layers[:depth]:
            starts = range(0, len(inputs) - k + 1, s)
            inputs = np.array([inputs[i : i + k].any(axis=0) for i in starts])
        first, second = (np.flatnonzero(row) for row in inputs[:2])
        rows.append([len(first), second[0] - first[0]])
    n = 1
    while True:
        data = torch.empty(1, 1, n, device="meta")
        for k, s in layers:
            if data.shape[-1] < k:
                break
            data = nn.Conv1d(1, 1, k, s, device="meta")(data)
        else:
            if data.shape[-1] == g["m"]:
                return {"fields": rows, "image": n}
        n += 1


@reference("architecture.dilated")
def dilated(exercise):
    g = exercise.givens
    layer = nn.Conv1d(1, 1, g["k"], dilation=g["r"], device="meta")
    length = layer(torch.empty(1, 1, g["n"], device="meta")).shape[-1]
    reach = {0}
    for d in g["dilations"].tolist():
        reach = {t - d * j for t in reach for j in range(g["k"])}
    return {
        "effective": g["n"] - length + 1,
        "length": length,
        "padding": g["n"] - length,
        "field": max(reach) - min(reach) + 1,
    }


@reference("architecture.pooling")
def pooling(exercise):
    x = torch.tensor(exercise.givens["x"], dtype=torch.float64)[None].requires_grad_()
    top = nn.functional.max_pool2d(x, 2)
    top.sum().backward()
    return {
        "largest": top[0].detach(),
        "average": nn.functional.avg_pool2d(x, 2)[0].detach(),
        "overlapping": nn.functional.max_pool2d(x, 2, 1)[0].detach(),
        "gradient": x.grad[0],
    }


@reference("architecture.convolve")
def convolve(exercise):
    x, k = exercise.givens["x"], exercise.givens["k"]
    found = signal.correlate2d(x, k, mode="valid")
    return {
        "correlation": found,
        "convolution": signal.convolve2d(x, k, mode="valid"),
        "relu": torch.relu(torch.tensor(found)).numpy(),
        "where": str(np.argwhere(found == found.max())[0][0] + 1),
    }


THEORY = {
    "twice as wide": "stays the same",
    "1 \\times 1": "mixes channels",
    "Two $3": "Same field, fewer",
    "shifted by one": "shift by one pixel too",
    "max pooling": "has none",
    "padding per side": "(k - 1)/2",
    "pointwise stage add": "mixing of channels",
}


@reference("architecture.theory")
def architecture_theory(exercise):
    (step,) = exercise.steps
    (phrase,) = [answer for ask, answer in THEORY.items() if ask in step.prompt]
    (option,) = [o for o in step.answer.options if phrase in o]
    return {"answer": option}
