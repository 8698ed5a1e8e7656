"""References for the exercises on optimisers and schedules: PyTorch's optimisers and schedulers."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch.optim import lr_scheduler

from bank import reference


def walk(given, steps, make):
    """z after each step of a torch optimiser on a z^2."""
    z = torch.tensor([float(given["z0"])], dtype=torch.float64, requires_grad=True)
    chosen, places = make([z]), []
    for _ in range(steps):
        chosen.zero_grad()
        (given["a"] * z**2).sum().backward()
        chosen.step()
        places.append(z.item())
    return places, chosen.state[z]


def scheduled(rate, steps, make):
    """The learning rate after `steps` steps of a torch scheduler."""
    chosen = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=rate)
    scheduler = make(chosen)
    for _ in range(steps):
        chosen.step()
        scheduler.step()
    return chosen.param_groups[0]["lr"]


@reference("optimisers.stability")
def stability(exercise):
    g = exercise.givens
    H = torch.diag(torch.tensor([g["low"], g["high"]], dtype=torch.float64))
    w = torch.tensor(np.array(g["w"], dtype=float), requires_grad=True)
    (w @ H @ w / 2).backward()
    curvatures = np.linalg.eigvalsh(H.numpy())
    rates = np.linspace(0, 2 / curvatures[-1], 400_001)
    worst = np.abs(1 - rates[:, None] * curvatures).max(axis=1)
    best = rates[worst.argmin()]
    size, steps = 1.0, 0
    exact = (g["high"] - g["low"]) / (g["high"] + g["low"])
    while size > 10.0 ** -g["p"]:
        size, steps = size * exact, steps + 1
    return {
        "next": (w - g["eta"] * w.grad).detach().numpy(),
        "limit": 2 / curvatures.max(),
        "best": best,
        "factor": exact,
        "steps": steps,
    }


@reference("optimisers.momentum")
def momentum(exercise):
    g = exercise.givens
    z, _ = walk(g, 3, lambda p: torch.optim.SGD(p, lr=g["eta"], momentum=g["gamma"]))
    return dict(zip(("z1", "z2", "z3"), z, strict=True)) | {
        "effective": sum(g["gamma"] ** k for k in range(2000))
    }


@reference("optimisers.nesterov")
def nesterov(exercise):
    g = exercise.givens
    # torch's iterate is the look-ahead point of the classical one
    looks, _ = walk(
        g, 2, lambda p: torch.optim.SGD(p, lr=g["eta"], momentum=g["gamma"], nesterov=True)
    )
    plain, _ = walk(g, 2, lambda p: torch.optim.SGD(p, lr=g["eta"], momentum=g["gamma"]))
    z1 = plain[0]
    z2 = looks[0] - g["eta"] * 2 * g["a"] * looks[0]
    return {"z1": z1, "look": looks[0], "z2": z2, "difference": abs(plain[1] - z2)}


@reference("optimisers.adagrad")
def adagrad(exercise):
    g = exercise.givens
    z, state = walk(g, 2, lambda p: torch.optim.Adagrad(p, lr=g["eta"]))
    s = state["sum"].item()
    return {"z1": z[0], "s2": s, "z2": z[1], "rate": g["eta"] / math.sqrt(s)}


@reference("optimisers.rmsprop")
def rmsprop(exercise):
    g = exercise.givens

    def make(p):
        return torch.optim.RMSprop(p, lr=g["eta"], alpha=g["rho"])

    _, first = walk(g, 1, make)
    z, second = walk(g, 2, make)
    return {
        "s1": first["square_avg"].item(),
        "z1": z[0],
        "s2": second["square_avg"].item(),
        "z2": z[1],
    }


@reference("optimisers.adam")
def adam(exercise):
    g = exercise.givens
    z, state = walk(g, 2, lambda p: torch.optim.Adam(p, lr=g["eta"], betas=(g["rho1"], g["rho2"])))
    m = state["exp_avg"].item()
    return {
        "z1": z[0],
        "m2": m,
        "u2": state["exp_avg_sq"].item(),
        "m_hat": m / (1 - g["rho1"] ** 2),
        "z2": z[1],
    }


@reference("optimisers.diffgrad")
def diffgrad(exercise):
    g = exercise.givens
    change = torch.tensor(float(g["before"] - g["g"])).abs().double()
    xi = torch.sigmoid(change).item()
    step = g["eta"] * xi * g["m"] * g["u"] ** -0.5
    return {"change": change.item(), "xi": xi, "next": g["theta"] - step, "constant": 1 / 0.5}


@reference("optimisers.cyclic")
def cyclic(exercise):
    g = exercise.givens
    rates = [
        scheduled(
            g["low"],
            g["it"],
            lambda o, mode=mode: lr_scheduler.CyclicLR(
                o, g["low"], g["high"], g["half"], mode=mode, cycle_momentum=False
            ),
        )
        for mode in ("triangular", "triangular2")
    ]
    middle = [m for m in range(g["half"], 20 * g["half"], 2 * g["half"])]
    nearest = min(middle, key=lambda m: (abs(m - g["it"]), -m))
    return {
        "cycle": g["it"] // (2 * g["half"]) + 1,
        "x": abs(g["it"] - nearest) / g["half"],
        "triangular": rates[0],
        "triangular2": rates[1],
    }


@reference("optimisers.sgdr")
def sgdr(exercise):
    g = exercise.givens
    epochs, length, restarts = 0, g["first"], []
    for _ in range(3):
        epochs += length
        restarts.append(epochs)
        length *= g["factor"]
    rate = scheduled(
        g["high"],
        g["t"],
        lambda o: lr_scheduler.CosineAnnealingWarmRestarts(
            o, g["first"], g["factor"], eta_min=g["low"]
        ),
    )
    since = g["t"] - restarts[0]
    return {
        "restarts": restarts,
        "since": since,
        "fraction": since / (restarts[1] - restarts[0]),
        "rate": rate,
    }


@reference("optimisers.annealing")
def annealing(exercise):
    g = exercise.givens
    eta, tau = g["eta"], g["tau"]
    return {
        "stairs": scheduled(eta, tau, lambda o: lr_scheduler.StepLR(o, g["every"], g["drop"])),
        "linear": scheduled(
            eta, tau, lambda o: lr_scheduler.LinearLR(o, 1.0, g["end"] / eta, g["K"])
        ),
        "power": scheduled(
            eta, tau, lambda o: lr_scheduler.LambdaLR(o, lambda k: (1 + k / g["s"]) ** -0.5)
        ),
        "exponential": scheduled(
            eta, tau, lambda o: lr_scheduler.ExponentialLR(o, g["c"] ** (1 / g["s"]))
        ),
    }


@reference("optimisers.batches")
def batches(exercise):
    g = exercise.givens
    parts = torch.arange(g["n"]).split(g["b"])
    w = {}
    for how in ("mean", "sum"):
        weight = torch.tensor([float(g["w"])], dtype=torch.float64, requires_grad=True)
        products = weight * torch.tensor(np.array(g["g"], dtype=float))
        getattr(products, how)().backward()
        torch.optim.SGD([weight], lr=g["eta"]).step()
        w[how] = weight.item()
    return {
        "per_epoch": len(parts),
        "last": len(parts[-1]),
        "updates": sum(len(parts) for _ in range(g["epochs"])),
        **w,
        "noise": math.sqrt(g["sd"] ** 2 / g["b"]),
    }


ANSWERS = {
    "all* squared": "Adagrad",
    "bias correction": "The averages start at 0 and are too small at first.",
    "curvatures 1 and 50": "It diverges along the steep direction.",
    "four times as large": "half as large",
    "Newton": "The matrix of second derivatives.",
    "momentum lowest": "Where the learning rate is highest.",
    "first step": "$\\lambda$",
}


@reference("optimisers.theory")
def theory(exercise):
    (step,) = exercise.steps
    (right,) = (answer for key, answer in ANSWERS.items() if key in step.prompt)
    return {"answer": right}
