"""References for the exercises on losses: PyTorch and SciPy."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as nn
from scipy import optimize, stats

from bank import reference


def leaf(values):
    return torch.tensor(np.array(values, dtype=float), requires_grad=True)


@reference("losses.softmax")
def soft(exercise):
    g = exercise.givens
    net = leaf(g["net"])
    loss = nn.cross_entropy(net[None], torch.tensor([g["g"] - 1]))
    loss.backward()
    return {
        "z": torch.softmax(net, 0).detach(),
        "shifted": torch.softmax(net + g["c"], 0)[0].item(),
        "loss": loss.item(),
        "gradient": net.grad,
    }


@reference("losses.cross_entropy")
def cross_entropy(exercise):
    g = exercise.givens
    q, p = torch.tensor(g["q"])[None], torch.tensor(g["p"])[None]
    soft = nn.cross_entropy(q.log(), p).item()
    return {
        "one_hot": nn.nll_loss(q.log(), torch.tensor([g["g"] - 1])).item(),
        "soft": soft,
        "least": stats.entropy(g["p"]),
        "excess": stats.entropy(g["p"], g["q"]),
    }


@reference("losses.binary")
def binary_ce(exercise):
    t, z = (torch.tensor(exercise.givens[n], dtype=torch.float64) for n in "tz")
    chances = stats.bernoulli(z.numpy()).pmf(t.numpy())
    return {
        "terms": nn.binary_cross_entropy(z, t, reduction="none"),
        "total": nn.binary_cross_entropy(z, t, reduction="sum").item(),
        "mean": nn.binary_cross_entropy(z, t).item(),
        "likelihood": float(np.prod(chances)),
    }


@reference("losses.saturated")
def saturated(exercise):
    g = exercise.givens
    slopes = []
    for loss in (nn.binary_cross_entropy, nn.mse_loss):
        a = leaf([g["a"]])
        loss(torch.sigmoid(a), torch.tensor([float(g["t"])], dtype=torch.float64)).backward()
        slopes.append(a.grad.item())
    return {
        "z": torch.sigmoid(leaf([g["a"]])).item(),
        "ce": slopes[0],
        "square": slopes[1],
        "ratio": slopes[0] / slopes[1],
    }


@reference("losses.gaussian")
def gaussian(exercise):
    g = exercise.givens
    x = g["x"].astype(float)
    mean, spread = stats.norm.fit(x)
    mu = leaf(g["mu"])
    torch.distributions.Normal(mu, float(g["sigma"])).log_prob(torch.tensor(x)).sum().backward()
    best = stats.norm(mean, g["sigma"]).logpdf(x).sum()
    return {
        "mean": mean,
        "score": mu.grad.item(),
        "gain": best - stats.norm(g["mu"], g["sigma"]).logpdf(x).sum(),
        "likelihood": best,
        "variance": spread**2,
    }


@reference("losses.coin")
def coin(exercise):
    n, k, a = (exercise.givens[v] for v in "nka")
    posterior = stats.beta(a + k, a + n - k)
    tosses = np.repeat([1, 0], [k, n - k])
    return {
        "mle": np.mean(tosses),
        "mean": posterior.mean(),
        "map": optimize.minimize_scalar(
            lambda v: -posterior.logpdf(v),
            bounds=(1e-9, 1 - 1e-9),
            method="bounded",
            options={"xatol": 1e-10},
        ).x,
        "loss": -stats.bernoulli(posterior.mean()).logpmf(tosses).mean(),
    }


@reference("losses.regression")
def regression(exercise):
    g = exercise.givens
    error = np.array(g["t"], float) - g["g"]
    s = g["sample"].astype(float)
    return {
        "sse": float(error @ error),
        "mse": nn.mse_loss(
            torch.tensor(g["g"], dtype=torch.float64), torch.tensor(g["t"]).double()
        ).item(),
        "log_likelihood": stats.norm(g["g"], g["sigma"]).logpdf(g["t"]).sum(),
        "squares": np.linalg.lstsq(np.ones((5, 1)), s, rcond=None)[0][0],
        "absolutes": min(s, key=lambda c: abs(s - c).sum()),
    }


@reference("losses.penalty")
def penalty(exercise):
    g = exercise.givens
    factor = 0.5 if "frac" in g["rule"] else 1.0
    found = {}
    for name, cost in {
        "plain": lambda w: 0 * w.sum(),
        "l2": lambda w: factor * g["lam"] * (w**2).sum(),
        "l1": lambda w: g["lam"] * w.abs().sum(),
    }.items():
        w = leaf(g["w"])
        value = cost(w)
        (value + (torch.tensor(g["g"], dtype=torch.float64) * w).sum()).backward()
        found[name] = (w - g["eta"] * w.grad).detach()
        found[f"value{name[1]}"] = value.item()
    del found["valuel"]
    return found


@reference("losses.robust")
def robust(exercise):
    g = exercise.givens
    r = leaf(g["r"])
    loss = nn.huber_loss(r, torch.zeros_like(r), reduction="none", delta=float(g["d"]))
    loss.sum().backward()
    margins = [float(a) * float(b) for a, b in zip(g["y"], g["s"], strict=True)]
    return {
        "huber": loss.detach(),
        "slopes": r.grad,
        "hinge": [1 - m if m < 1 else 0 for m in margins],
        "wrong": len([m for m in margins if m < 0]),
    }


THEORY = {
    "several of ten": "10 sigmoids, sum",
    "Gaussian noise": "squared errors",
    "penalties": "L1 makes many",
    "100 is added": "stay the same",
    "preferred to squares": "does not vanish",
    "soft targets": "entropy of the targets",
}


@reference("losses.theory")
def losses_theory(exercise):
    (step,) = exercise.steps
    (phrase,) = [answer for ask, answer in THEORY.items() if ask in step.prompt]
    (option,) = [o for o in step.answer.options if phrase in o]
    return {"answer": option}
