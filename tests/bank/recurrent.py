"""References for the exercises on recurrent networks: PyTorch's layers and autograd, enumeration."""

from __future__ import annotations

from itertools import product

import numpy as np
import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_

from bank import reference


def leaf(value):
    return torch.tensor(np.array(value, dtype=float), requires_grad=True)


def scalar(cls, w, u, b, **options):
    """A torch cell with one input and one unit and these weights, in torch's order of gates."""
    cell = cls(1, 1, dtype=torch.float64, **options)
    with torch.no_grad():
        for p, values in zip(cell.parameters(), (w, u, b, 0 * np.array(b)), strict=True):
            p.copy_(torch.tensor(np.array(values, dtype=float)).reshape(p.shape))
    return cell


def one(value):
    return torch.tensor([[float(value)]], dtype=torch.float64)


@reference("recurrent.forward")
def forward(exercise):
    g = exercise.givens
    kind = "relu" if g["name"] == "ReLU" else "tanh"
    cell = scalar(nn.RNNCell, g["w"], g["v"], g["b"], nonlinearity=kind)
    h, out = one(g["h0"]), {}
    for t, x in enumerate(g["x"], start=1):
        h = cell(one(x), h)
        out[f"h{t}"] = h.item()
    return out | {"weights": sum(p.numel() for p in nn.RNN(10, 20).parameters()) - 20}


@reference("recurrent.bptt")
def bptt(exercise):
    g = exercise.givens
    v, h = [leaf(g["v"]) for _ in range(3)], leaf(g["h0"])
    start, states = h, []
    for t in range(3):
        h = torch.tanh(g["w"] * float(g["x"][t]) + v[t] * h)
        h.retain_grad()
        states.append(h)
    ((h - g["y"]) ** 2 / 2).backward()
    parts = [u.grad.item() for u in v]
    return {
        "h": [s.item() for s in states],
        "error": h.grad.item(),
        "parts": parts,
        "total": sum(parts),
        "truncated": sum(parts[1:]),
        "start": start.grad.item(),
    }


@reference("recurrent.flow")
def flow(exercise):
    g = exercise.givens
    a = torch.linspace(-3, 3, 601, dtype=torch.float64, requires_grad=True)
    getattr(torch, g["name"])(a).sum().backward()
    steep = a.grad.max().item()
    factor = g["v"] * steep
    lag = 0
    while factor ** (lag + 1) >= 10.0 ** -g["p"] * (1 - 1e-9):
        lag += 1
    return {"factor": factor, "bound": np.prod([factor] * g["k"]), "lag": lag, "edge": 1 / steep}


@reference("recurrent.clip")
def clipping(exercise):
    g = exercise.givens

    def clipped(values):
        p = leaf(np.zeros(3))
        p.grad = torch.tensor(np.array(values, dtype=float))
        length = clip_grad_norm_([p], float(g["c"])).item()
        return length, p.grad.numpy()

    length, short = clipped(g["g"])
    return {"length": length, "clipped": short, "small": clipped(np.array(g["g"]) / 10)[1][0]}


@reference("recurrent.lstm")
def lstm(exercise):
    g = exercise.givens
    order = ("wi", "wf", "wc", "wo")
    cell = scalar(nn.LSTMCell, *([g[k][j] for k in order] for j in range(3)))
    C = one(g["C"]).requires_grad_()
    h, new = cell(one(g["x"]), (one(g["h"]), C))
    gates = cell.weight_ih * g["x"] + cell.weight_hh * g["h"] + cell.bias_ih[:, None]
    i, f, c, o = gates.flatten()
    new.sum().backward()
    return {
        "f": torch.sigmoid(f).item(),
        "i": torch.sigmoid(i).item(),
        "o": torch.sigmoid(o).item(),
        "candidate": torch.tanh(c).item(),
        "cell": new.item(),
        "out": h.item(),
        "road": C.grad.item(),
    }


@reference("recurrent.gru")
def gru(exercise):
    g = exercise.givens
    cell = scalar(nn.GRUCell, *([g[k][j] for k in ("wr", "wz", "wc")] for j in range(3)))
    torch_new = cell(one(g["x"]), one(g["h"])).item()  # one unit: r before or after U is the same
    z = torch.sigmoid(torch.tensor(g["wz"][0] * g["x"] + g["wz"][1] * g["h"] + g["wz"][2])).item()
    r = torch.sigmoid(torch.tensor(g["wr"][0] * g["x"] + g["wr"][1] * g["h"] + g["wr"][2])).item()
    candidate = (torch_new - z * g["h"]) / (1 - z)
    return {"z": z, "r": r, "candidate": candidate, "torch": torch_new,
            "new": g["h"] + candidate - torch_new}  # fmt: skip


@reference("recurrent.gates")
def gates(exercise):
    g = exercise.givens

    def keep(h, x):
        seen = [*h, *x]
        return [sum(w * a for w, a in zip(row, seen, strict=True)) for row in g["W"]]

    net = keep(g["h"], g["x"])
    f = [float(a > 0) for a in net]
    cell = [f[k] * g["C"][k] + g["i"][k] * g["c"][k] for k in range(2)]
    stops = [keep(h, (0, 1)) for h in product((0, 1), repeat=2)]
    return {"net": net, "f": f, "cell": cell, "stop": sum(max(a) <= 0 for a in stops)}


def size(module):
    return sum(p.numel() for p in module.parameters())


@reference("recurrent.weights")
def weights(exercise):
    n, h, L = (exercise.givens[k] for k in ("n", "h", "L"))
    both = nn.LSTM(n, h, bidirectional=True)(torch.zeros(1, 1, n))[0].shape[-1]
    return {
        "rnn": size(nn.RNN(n, h)) - h,
        "lstm": size(nn.LSTM(n, h)) - 4 * h,
        "torch": size(nn.LSTM(n, h)),
        "gru": size(nn.GRU(n, h)) - 3 * h,
        "both": both,
        "deep": size(nn.RNN(n, h, num_layers=L)) - L * h,
    }


@reference("recurrent.classifier")
def classifier(exercise):
    words, d, h, k = (exercise.givens[v] for v in ("words", "d", "h", "k"))
    parts = {
        "embedding": size(nn.Embedding(words, d)),
        "lstm": size(nn.LSTM(d, h)) - 4 * h,
        "dense": size(nn.Linear(h, k)),
    }
    return parts | {"total": sum(parts.values())}


def seen(f, K, twice=1):
    """Grow the set of inputs that the newest output sees, level by level from the top."""
    places = {0}
    for k in reversed(range(K)):
        for _ in range(twice):
            places = {p + j * 2**k for p in places for j in range(f)}
    return len(places)


@reference("recurrent.tcn")
def tcn(exercise):
    g = exercise.givens
    f, K = g["f"], g["K"]
    levels = 1
    while seen(f, levels) < g["T"]:
        levels += 1
    x = torch.tensor(np.array(g["x"], dtype=float))[None, None]
    w = torch.tensor(np.array(g["w"][::-1], dtype=float))[None, None]
    value = nn.functional.conv1d(nn.functional.pad(x, (4, 0)), w, dilation=2)[0, 0, -1].item()
    return {
        "field": seen(f, K),
        "residual": seen(f, K, 2),
        "levels": levels,
        "padding": (f - 1) * 2 ** (K - 1),
        "value": round(value),
    }


@reference("recurrent.viterbi")
def viterbi(exercise):
    p, A, B, o = (np.array(exercise.givens[k]) for k in ("p", "A", "B", "o"))

    def chance(way):
        out = p[way[0]] * B[way[0], o[0]]
        for t in range(1, len(way)):
            out *= A[way[t - 1], way[t]] * B[way[t], o[t]]
        return out

    def best(length, last):
        return max(chance(w) for w in product((0, 1), repeat=length) if w[-1] == last)

    ways = list(product((0, 1), repeat=3))
    return {
        "first": [best(1, s) for s in (0, 1)],
        "second": [best(2, s) for s in (0, 1)],
        "third": [best(3, s) for s in (0, 1)],
        "path": max(ways, key=chance),
        "total": sum(chance(w) for w in ways),
    }


@reference("recurrent.kalman")
def kalman(exercise):
    """Precisions add: the same filter written without a gain."""
    g = exercise.givens
    mean, variance, out = 0.0, g["P"], {}
    for t in (1, 2):
        wide = variance + g["Q"]
        variance = 1 / (1 / wide + 1 / g["R"])
        out[f"K{t}"] = variance / g["R"]
        mean = variance * (mean / wide + g["z"][t - 1] / g["R"])
        out[f"x{t}"] = mean
        if t == 1:
            out["P1"] = variance
    return out


@reference("recurrent.autoregression")
def autoregression(exercise):
    x, a = (np.array(exercise.givens[k], dtype=float) for k in "xa")
    follow = np.array([[a[0], a[1]], [1, 0]])
    one_on = follow @ [x[3], x[2]]
    return {
        "next": one_on[0],
        "after": (follow @ one_on)[0],
        "one": np.linalg.lstsq(x[:-1, None], x[1:], rcond=None)[0][0],
        "lazy": nn.functional.mse_loss(torch.tensor(x[:-1]), torch.tensor(x[1:])).item(),
    }


@reference("recurrent.multilabel")
def multilabel(exercise):
    y, h = (torch.tensor(np.array(exercise.givens[k], dtype=float)) for k in "yh")
    mean = nn.functional.binary_cross_entropy(h, y).item()
    right = [[(b > 0.5) == (a > 0.5) for a, b in zip(*rows, strict=True)] for rows in zip(y, h, strict=True)]  # fmt: skip
    flat = [bool(r) for row in right for r in row]
    return {
        "loss": 3 * mean,
        "torch": mean,
        "hamming": flat.count(False) / 6,
        "subset": sum(all(row) for row in right) / 2,
        "cardinality": y.sum(1).mean().item(),
    }


@reference("recurrent.agreement")
def agreement(exercise):
    g = exercise.givens
    sentence = exercise.statement.split("*")[1].split(" (")[0].split()
    nouns = [w for w in sentence if w.rstrip("s") in
             ("key", "author", "car", "girl", "picture", "cabinet", "door", "dog", "tree")]  # fmt: skip
    plural = [w.endswith("s") for w in nouns]
    cases = np.repeat(np.arange(3), np.array(g["cases"]))
    share = np.array(g["right"])[cases]
    return {
        "attractors": sum(p != plural[0] for p in plural[1:]),
        "distance": len(sentence) - sentence.index(nouns[0]) - 1,
        "verb": "find" if plural[0] else "finds",
        "nearest": "find" if plural[-1] else "finds",
        "overall": share.mean(),
        "hard": share[cases > 0].mean(),
    }


THEORY = {
    "many-to-one?": "review friendly",
    "one-to-many?": "photograph",
    "Where does the loss": "last step",
    "keep an error alive": "linear sum",
    "copies' gradients": "added",
    "not allowed": "before the sequence has ended",
    "clipping by norm": "length of the gradient",
    "Linzen": "far more",
    "99 %": "Not necessarily",
    "hidden Markov": "discrete and random",
}


@reference("recurrent.theory")
def recurrent_theory(exercise):
    (step,) = exercise.steps
    (phrase,) = [answer for ask, answer in THEORY.items() if ask in step.prompt]
    (option,) = [o for o in step.answer.options if phrase in o]
    return {"answer": option}
