"""References for the exercises on backpropagation: torch's autograd, networkx, brute force."""

from __future__ import annotations

import itertools

import networkx as nx
import numpy as np
import torch
from scipy.optimize import brentq
from scipy.special import expit

from bank import reference


def leaf(value) -> torch.Tensor:
    return torch.tensor(np.asarray(value), dtype=torch.float64, requires_grad=True)


def plain(tensor) -> np.ndarray:
    return tensor.detach().numpy()


@reference("backpropagation.forward")
def forward(exercise):
    z, answers = torch.tensor(exercise.givens["x"], dtype=torch.float64), {}
    for name, W in (("h1", "W1"), ("h2", "W2"), ("out", "W3")):
        z = torch.sigmoid(torch.nn.functional.linear(z, torch.tensor(exercise.givens[W]).double()))
        answers[name] = z.numpy()
    return answers


@reference("backpropagation.count")
def count(exercise):
    sizes = exercise.givens["sizes"].tolist()
    layers = [torch.nn.Linear(m, n, device="meta") for m, n in itertools.pairwise(sizes)]
    weights = sum(layer.weight.numel() for layer in layers)
    total = sum(p.numel() for layer in layers for p in layer.parameters())
    return {"weights": weights, "biases": total - weights, "total": total}


@reference("backpropagation.output_delta")
def output_delta(exercise):
    a, y = leaf(exercise.givens["a"]), torch.tensor(exercise.givens["y"]).double()
    z = torch.sigmoid(a)
    (slope,) = torch.autograd.grad(z.sum(), a, retain_graph=True)
    (0.5 * (z - y) ** 2).sum().backward()
    assert a.grad is not None
    return {"z": plain(z), "slope": plain(slope), "delta": a.grad.numpy()}


@reference("backpropagation.hidden_delta")
def hidden_delta(exercise):
    g = exercise.givens
    z = np.asarray(g["z"], dtype=float)
    a = leaf(np.log(z / (1 - z)))  # the net inputs that give these outputs
    out = torch.sigmoid(a)
    out.retain_grad()
    (torch.tensor(g["delta"]).double() * (torch.tensor(g["W"]).double() @ out)).sum().backward()
    assert a.grad is not None and out.grad is not None
    return {"back": out.grad.numpy(), "delta_hidden": a.grad.numpy()}


@reference("backpropagation.step")
def step(exercise):
    g = exercise.givens
    W, v, b, c = (leaf(np.asarray(g[n], dtype=float)) for n in ("W", "v", "b", "c"))
    x = torch.tensor(g["x"]).double()
    h = torch.sigmoid(W @ x + b)
    net = v @ h + c
    z = torch.sigmoid(net)
    cost = 0.5 * (z - g["t"]) ** 2
    net.retain_grad()
    cost.backward()
    assert W.grad is not None and v.grad is not None and b.grad is not None
    return {
        "h": plain(h),
        "z": z.item(),
        "cost": cost.item(),
        "delta": net.grad.item(),
        "delta_hidden": b.grad.numpy(),
        "v_new": plain(v - g["eta"] * v.grad),
        "W_new": plain(W - g["eta"] * W.grad),
    }


@reference("backpropagation.graph")
def graph(exercise):
    w, x, b, y = (leaf(float(exercise.givens[n])) for n in "wxby")
    p = w * x
    s = p + b
    r = torch.relu(s)
    C = y - r
    s.retain_grad()
    C.backward()
    return {
        "values": [v.item() for v in (p, s, r, C)],
        "s_slope": round(s.grad.item()),
        "gradients": [v.grad.item() for v in (w, x, b, y)],
    }


@reference("backpropagation.paths")
def paths(exercise):
    k, x = float(exercise.givens["k"]), leaf(float(exercise.givens["x"]))
    own, through = x.detach().clone().requires_grad_(), x.detach().clone().requires_grad_()
    (k * own / (1 + through.abs())).backward()
    (k * x / (1 + x.abs())).backward()
    return {"direct": own.grad.item(), "through": through.grad.item(), "total": x.grad.item()}


@reference("backpropagation.check")
def check(exercise):
    g = exercise.givens

    def C(w):
        return 0.5 * (w * g["x"] + g["b"] - g["t"]) ** 2

    w = leaf(float(g["w"]))
    C(w).backward()
    h, at = g["h"], g["w"]
    assert w.grad is not None
    return {
        "exact": w.grad.item(),
        "forward": (C(at + h) - C(at)) / h,
        "central": (C(at + h) - C(at - h)) / (2 * h),
        "passes": len([0, *range(g["n"])]),
    }


@reference("backpropagation.shapes")
def shapes(exercise):
    W, z = leaf(exercise.givens["W"]), leaf(exercise.givens["z"])
    bias = torch.zeros(len(W), dtype=torch.float64, requires_grad=True)
    net = torch.nn.functional.linear(z, W, bias)
    (net * torch.tensor(exercise.givens["delta"])).sum().backward()
    return {
        "net": plain(net),
        "back": z.grad.numpy(),
        "gradient": W.grad.numpy(),
        "shape": str(tuple(bias.grad.shape)),
    }


@reference("backpropagation.topology")
def topology(exercise):
    net = nx.from_numpy_array(np.asarray(exercise.givens["A"]), create_using=nx.DiGraph)
    return {
        "links": net.number_of_edges(),
        "inputs": [f"unit {j + 1}" for j, degree in net.in_degree() if degree == 0],
        "kind": "feed-forward" if nx.is_directed_acyclic_graph(net) else "recurrent",
    }


@reference("backpropagation.scale")
def scale(exercise):
    g = exercise.givens
    nets = [float(np.dot(g["w"], x) + g["b"]) for x in itertools.product((0, 1), repeat=2)]

    def worst(c):
        return max(abs(expit(c * n) - (n > 0)) for n in nets) - g["eps"]

    return {
        "nets": nets,
        "hardest": min(map(abs, nets)),
        "c": brentq(worst, 1e-3, 1e3, xtol=1e-12),
        "zero": "none: σ(0) = 1/2 for every c",
    }


@reference("backpropagation.bump")
def bump(exercise):
    g = exercise.givens
    biases = [brentq(lambda b, at=at: expit(g["k"] * at + b) - 0.5, -1e3, 1e3) for at in
              (g["p"], g["q"])]  # fmt: skip
    # In the middle the first unit is on, behind both are: two equations for v.
    output = np.linalg.solve([[1, 0], [1, 1]], [g["height"], 0])
    layers = [torch.nn.Linear(1, g["H"]), torch.nn.Linear(g["H"], 1)]
    return {
        "biases": biases,
        "output": output,
        "parameters": sum(p.numel() for layer in layers for p in layer.parameters()),
    }


@reference("backpropagation.setup")
def setup(exercise):
    g = exercise.givens
    hidden = round(g["d"] / 10)
    return {
        "hidden": hidden,
        "ranges": [g["d"] ** -0.5, hidden**-0.5],
        "sse": torch.nn.functional.mse_loss(
            torch.tensor(g["z"]).double(), torch.tensor(g["t"]).double(), reduction="sum"
        ).item(),
    }


@reference("backpropagation.slow")
def slow(exercise):
    g = exercise.givens
    # Slopes of saturated units are exactly 0: build the gradient and look where it vanishes.
    slopes = np.array([v * (1 - v) for v in g["out"]])
    gradient = np.outer((np.asarray(g["out"]) - 0) * slopes, g["z"])
    steepest = max(expit(a) * (1 - expit(a)) for a in np.linspace(-1, 1, 2001))
    depth = next(n for n in range(1, 100) if steepest**n < g["eps"])
    return {
        "still": [f"w{j + 1}{k + 1}" for j, k in np.argwhere(gradient == 0)],
        "bound": steepest ** g["L"],
        "depth": depth,
    }


@reference("backpropagation.neuron")
def neuron(exercise):
    g = exercise.givens
    w, b = leaf(g["w"]), leaf(float(g["b"]))
    X, y = torch.tensor(g["X"]).double(), torch.tensor(g["y"]).double()
    net = X @ w + b
    C = torch.nn.functional.mse_loss(torch.relu(net), y)
    C.backward()
    return {
        "net": plain(net),
        "C": C.item(),
        "gradient_w": w.grad.numpy(),
        "gradient_b": b.grad.item(),
        "w_new": plain(w - g["eta"] * w.grad),
    }


@reference("backpropagation.identity")
def identity(exercise):
    n = exercise.givens["N"]
    hidden = next(h for h in range(1, 10) if 2**h >= n)
    layers = [torch.nn.Linear(n, hidden), torch.nn.Linear(hidden, n)]
    return {
        "H": hidden,
        "parameters": sum(p.numel() for layer in layers for p in layer.parameters()),
        "code": np.round(exercise.givens["hidden"]),
    }


THEORY = {
    "theorem promise": "some net with one hidden layer",
    "stay equal": "equal deltas and inputs",
    "What does backpropagation compute": "gradient of the cost",
    "nodes with higher error": "against its gradient",
    "forward pass be kept": "slopes and gradients",
    "twice on the same loss": "doubled",
    "reverse mode": "one output and there are many weights",
}


@reference("backpropagation.theory")
def theory(exercise):
    (step,) = exercise.steps
    (phrase,) = [answer for ask, answer in THEORY.items() if ask in step.prompt]
    (option,) = [o for o in step.answer.options if phrase in o]
    return {"answer": option}
