"""References for the exercises on Hopfield networks: the library of the chapter, SciPy, torch."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import torch
from scipy import special, stats

from bank import reference
from course_lib.models import hopfield


def net(w):
    """The weights of a given upper part as a matrix."""
    units = 3 if len(w) == 3 else 4
    W = np.zeros((units, units))
    values = iter(w)
    for i in range(units):
        for j in range(i + 1, units):
            W[i, j] = W[j, i] = next(values)
    return W


def yes(condition):
    return "yes" if condition else "no"


@reference("hopfield.storage")
def storage(exercise):
    F = np.array(exercise.givens["F"], dtype=int)
    W = hopfield.hebb(F)
    pairs = np.triu_indices(F.shape[1], 1)
    return {
        "w": W[pairs],
        "nets": W @ F[0],
        "stable": yes(hopfield.is_stable(W, F[0])),
        "by_units": hopfield.hebb(F, "units")[0, 1],
    }


@reference("hopfield.update")
def update(exercise):
    g = exercise.givens
    W, y, unit = net(g["w"]), np.array(g["y"], dtype=int), g["unit"] - 1
    start, after = hopfield.recall_steps(W, y, [unit])
    return {
        "net": after.net,
        "new": after.state[unit],
        "before": start.energy,
        "change": after.energy - start.energy,
        "after": after.energy,
    }


@reference("hopfield.recall")
def recall(exercise):
    g = exercise.givens
    W = net(g["w"])
    steps = list(hopfield.recall_steps(W, g["start"], [int(u) - 1 for u in g["order"]]))[1:]
    return {
        "nets": [s.net for s in steps],
        "rows": np.array([s.state for s in steps]),
        "stable": yes(hopfield.is_stable(W, steps[-1].state)),
        "energy": steps[-1].energy,
    }


@reference("hopfield.synchronous")
def synchronous(exercise):
    g = exercise.givens
    W = net(g["w"])
    path = [np.array(g["start"], dtype=int)]
    for _ in range(2):
        path.append(hopfield.threshold(W @ path[-1], path[-1]))
    cycle = list(hopfield.synchronous_steps(W, path[0]))
    end = "neither after two steps"
    if cycle[-1].cycle == 1 and cycle[-1].step <= 2:
        end = "a stable state"
    if cycle[-1].cycle == 2 and cycle[-1].step == 2:
        end = "a cycle of two states"
    return {"nets": W @ path[0], "one": path[1], "two": path[2], "end": end}


@reference("hopfield.energy")
def energy(exercise):
    g = exercise.givens
    W, y, k = net(g["w"]), np.array(g["y"], dtype=int), g["k"] - 1
    other = y.copy()
    other[k] = -other[k]
    before, after = hopfield.energy(W, y), hopfield.energy(W, other)
    return {
        "energy": before,
        "net": W[k] @ y,
        "after": after,
        "wants": yes(after < before - 1e-9),
        "opposite": hopfield.energy(W, -y),
    }


@reference("hopfield.stable")
def stable(exercise):
    W = net(exercise.givens["w"])
    states = {"+++": (1, 1, 1), "++-": (1, 1, -1), "+-+": (1, -1, 1), "+--": (1, -1, -1)}
    found = {tuple(s) for s in hopfield.stable_states(W)}
    return {
        "energies": [float(hopfield.energy(W, s)) for s in states.values()],
        "stable": [name for name, s in states.items() if s in found],
        "count": len(found),
    }


@reference("hopfield.crosstalk")
def crosstalk(exercise):
    F, i = np.array(exercise.givens["F"], dtype=int), exercise.givens["i"] - 1
    product = F[0, i] * (hopfield.hebb(F, "nothing") @ F[0])[i]
    alone = F[0, i] * (hopfield.hebb(F[:1], "nothing") @ F[0])[i]
    return {
        "overlaps": [int(F[0] @ F[1]), int(F[0] @ F[2])],
        "signal": int(alone),
        "clash": int(product - alone),
        "total": int(product),
        "kept": yes(product >= 0),
    }


@reference("hopfield.capacity")
def capacity(exercise):
    N, M, wanted = (exercise.givens[n] for n in ("N", "M", "wanted"))
    tail = stats.norm.sf(1 / np.sqrt(M / N))
    assert np.isclose(tail, 0.5 * special.erfc(np.sqrt(N / M / 2)))
    return {
        "load": M / N,
        "most": math.floor(Fraction(138, 1000) * N),
        "units": math.ceil(wanted / Fraction(138, 1000)),
        "bit": tail,
        "wrong": tail * N,
    }


@reference("hopfield.mixture")
def mixture(exercise):
    F = np.array(exercise.givens["F"], dtype=int)
    vote = np.where((F == 1).sum(axis=0) >= 2, 1, -1)
    nets = hopfield.hebb(F, "nothing") @ vote
    return {
        "vote": vote,
        "dots": [int(f @ vote) for f in F],
        "nets": nets,
        "stable": yes((nets * vote >= 0).all()),
        "ties": int(np.sum(F[0] + F[1] == 0)),
    }


@reference("hopfield.modern")
def modern(exercise):
    F, y = (torch.tensor(np.array(exercise.givens[n], dtype=float)) for n in ("F", "y"))
    beta = float(exercise.givens["beta"])
    scores = beta * F @ y
    new = torch.nn.functional.scaled_dot_product_attention(y[None], F, F, scale=beta)[0]
    return {
        "scores": scores,
        "shares": torch.softmax(scores, 0),
        "new": new,
        "energy": (-torch.logsumexp(scores, 0) / beta + 0.5 * y @ y).item(),
    }


RIGHT = {
    "Which three conditions": "no diagonal",
    "Which states are stable": "an odd number",
    "updates all its units": "cycle of two",
    "Ten photographs": "has a direction",
    "pseudo-inverse rule": "takes the overlaps",
    "modern Hopfield network": "keys and values",
    "Two programs divide": "not the recall",
}


@reference("hopfield.theory")
def theory(exercise):
    (step,) = exercise.steps
    (phrase,) = [answer for ask, answer in RIGHT.items() if ask in step.prompt]
    (option,) = [o for o in step.answer.options if phrase in o]
    return {"answer": option}
