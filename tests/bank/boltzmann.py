"""References for the exercises on Boltzmann machines: loops over states, and the library."""

from __future__ import annotations

import itertools
import math

import numpy as np
from scipy.special import expit, logsumexp

from bank import reference
from course_lib.models import boltzmann as bm
from course_lib.models.boltzmann import RBM


def tiny(w) -> RBM:
    return RBM.plain(np.asarray(w, float)[:, None])


@reference("boltzmann.gap")
def gap(exercise):
    g = exercise.givens
    v = np.asarray(g["v"], float)
    rbm = tiny(g["w"])
    on, off = (float(rbm.energy(v, np.array([h]))) for h in (1.0, 0.0))
    p = float(bm.chance(off - on))
    warm = float(bm.chance(off - on, g["T"]))
    return {"on": on, "gap": off - on, "p": p, "warm": warm, "state": int(p >= 0.5)}


@reference("boltzmann.temperature")
def temperature(exercise):
    g = exercise.givens
    e = np.array([g["low"], g["high"]])

    def law(T):
        return np.exp(-e / T - logsumexp(-e / T))

    return {
        "ratio": law(1.0)[0] / law(1.0)[1],
        "ratio_T": law(g["T"])[0] / law(g["T"])[1],
        "share": law(g["T"])[0],
        "wanted": (g["high"] - g["low"]) / math.log(g["R"]),
    }


def square(w):
    W = np.zeros((3, 3))
    for (i, j), value in zip(itertools.combinations(range(3), 2), w, strict=True):
        W[i, j] = W[j, i] = value
    return W


@reference("boltzmann.gibbs")
def gibbs(exercise):
    g = exercise.givens
    W, b, s = square(g["w"]), np.asarray(g["b"], float), np.array(g["s"], float)
    out = {}
    for i in range(3):
        p = float(expit(W[i] @ s + b[i]))
        s[i] = float(g["u"][i] < p)
        out |= {f"p{i + 1}": p, f"s{i + 1}": int(s[i])}
    return out


@reference("boltzmann.machine")
def machine(exercise):
    g = exercise.givens
    W, b = square(g["w"]), np.asarray(g["b"], float)
    e = np.array([bm.energy(s, W, b) for s in bm.all_states(3)])
    p = bm.distribution(W, b)
    return {
        "e": e,
        "Z": math.exp(logsumexp(-e)),
        "best": p.max(),
        "first": p @ bm.all_states(3)[:, 0],
    }


@reference("boltzmann.restricted")
def restricted(exercise):
    rbm = tiny(exercise.givens["w"])
    p, v = rbm.visible_distribution(), bm.all_states(2)
    return {
        "mass": np.exp(-rbm.free_energy(v)),
        "Z": math.exp(rbm.log_partition()),
        "p": p,
        "covariance": p @ (v[:, 0] * v[:, 1]) - (p @ v[:, 0]) * (p @ v[:, 1]),
    }


@reference("boltzmann.free_energy")
def free_energy(exercise):
    g = exercise.givens
    rbm = RBM(*(np.asarray(g[n], float) for n in "Wbc"))
    F, other = (float(rbm.free_energy(np.asarray(g[n], float)[None])[0]) for n in "vx")
    gaps = rbm.hidden_gap(np.asarray(g["v"], float))
    return {"gaps": gaps, "F": F, "other": other, "ratio": math.exp(other - F)}


@reference("boltzmann.phases")
def phases(exercise):
    g = exercise.givens
    rows = np.asarray(g["rows"], float)
    upper = np.triu_indices(3, 1)
    asleep = bm.moments(bm.all_states(3))[0][upper]
    awake = bm.moments(rows)[0][upper]
    learned = [*bm.learn(rows, rate=g["rate"], steps=1)][1].weights[upper]
    return {"awake": awake, "asleep": asleep[0], "weights": learned}


def hand(g, epochs):
    return [*bm.by_hand(g["v"], np.asarray(g["w"], float)[:, None], g["eps"], epochs)]


@reference("boltzmann.divergence")
def divergence(exercise):
    (e,) = hand(exercise.givens, 1)
    return {
        "up": e.chance_h0[0],
        "h0": int(e.h0[0]),
        "down": e.chance_v1,
        "v1": e.v1,
        "top": e.chance_h1[0],
        "h1": int(e.h1[0]),
        "new": e.weights[:, 0],
    }


@reference("boltzmann.epochs")
def epochs(exercise):
    run = hand(exercise.givens, 60)
    still = next(e.epoch for e in run if not e.change.any())
    return {"after_1": run[0].weights[:, 0], "after_2": run[1].weights[:, 0], "rest": still}


@reference("boltzmann.slope")
def slope(exercise):
    g = exercise.givens
    rbm, v = tiny(g["w"]), np.asarray(g["v"], float)[None]
    shares = np.zeros(4)  # of the reconstruction, path by path
    for h in (0, 1):
        up = float(rbm.to_hidden(v)[0, 0])
        coins = rbm.to_visible(np.array([[float(h)]]))[0]
        for k, state in enumerate(bm.all_states(2)):
            shares[k] += (up if h else 1 - up) * np.prod(np.where(state == 1, coins, 1 - coins))
    asleep = bm.statistics(rbm, bm.all_states(2), rbm.visible_distribution())[0][:, 0]
    return {
        "awake": bm.statistics(rbm, v)[0][:, 0],
        "p": rbm.visible_distribution(),
        "asleep": asleep,
        "step": g["eps"] * bm.exact_gradient(rbm, v)[0][:, 0],
        "shares": shares,
        "cd": g["eps"] * bm.expected_divergence(rbm, v, 1)[0][:, 0],
    }


@reference("boltzmann.stack")
def stack(exercise):
    g = exercise.givens
    machine = RBM.plain(np.zeros((g["n"], g["a"])))
    sizes = [g["n"], g["a"], g["b"], g["k"]]
    return {
        "first": sum(x.size for x in bm.parts(machine)),
        "entries": np.zeros((g["N"], 1)).size * g["a"],
        "tuned": sum((i + 1) * j for i, j in zip(sizes, sizes[1:], strict=False)),
        "layers": 2 * 2,
    }


THEORY = {
    "sampled at the same time": "independent",
    "temperature goes to 0": "Hopfield",
    "subtracted in the learning rule": "free running",
    "What is a fantasy": "very many steps",
    "not the gradient": "equilibrium",
    "PCD differ": "never restarted",
    "exact partition function": "$2^{12}$",
    "labels used": "fine-tuning",
    "pay most": "few labels",
    "Gibbs sampling run": "two top layers",
}


@reference("boltzmann.theory")
def understanding(exercise):
    (step,) = exercise.steps
    (phrase,) = [answer for ask, answer in THEORY.items() if ask in step.prompt]
    options = [o for o in step.answer.options if phrase in o]
    if phrase == "independent":
        options = [o for o in options if "Given" in o]
    (option,) = options
    return {"answer": option}
