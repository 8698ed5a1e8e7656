"""References for the exercises on the training loop: PyTorch, its schedulers, the course's own."""

from __future__ import annotations

import numpy as np
import torch
from scipy import stats
from torch import nn
from torch.utils.data import DataLoader

from bank import reference
from course_lib.training.early_stopping import EarlyStopping
from course_lib.training.history import History


@reference("training.updates")
def updates(exercise):
    g = exercise.givens
    batches = [len(b) for b in DataLoader(range(g["n"]), batch_size=g["b"])]
    groups = list(range(0, len(batches), g["a"]))
    return {
        "updates": len(batches),
        "last": batches[-1],
        "total": sum(len(batches) for _ in range(g["epochs"])),
        "accumulated": len(groups),
        "effective": sum(batches[: g["a"]]),
    }


@reference("training.epoch")
def epoch(exercise):
    g = exercise.givens
    w = torch.tensor(float(g["w"]), dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.SGD([w], lr=g["eta"])
    weights, losses, counted = [], [], 0.0
    for part in torch.tensor(g["x"], dtype=torch.float64).split(2):
        loss = 0.5 * nn.functional.mse_loss(w.expand(len(part)), part)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        weights.append(w.item())
        losses.append(loss.item())
        counted += loss.item() * len(part)
    return {"weights": weights, "losses": losses, "mean": counted / 5}


@reference("training.accumulation")
def accumulation(exercise):
    g = exercise.givens
    examples = np.repeat(g["g"], g["sizes"])  # every example with its batch's mean gradient
    return {
        "shares": np.bincount(np.repeat(np.arange(3), g["sizes"])) / len(examples),
        "gradient": examples.mean(),
        "after": g["w"] - g["eta"] * examples.mean(),
        "error": sum(g["g"]) / 3 - examples.mean(),
    }


def watched(curve, patience, at_least=0.0):
    """The course's own early stopping, shown one epoch after the other."""
    stopper, history = EarlyStopping(patience, at_least=at_least), History()
    for value in curve:
        history.add({"validation loss": float(value)}, [], {})
        stopper.look(history, nn.Linear(1, 1))
        if history.stopped:
            break
    return history.best_epoch, len(history)


@reference("training.early_stopping")
def early_stopping(exercise):
    g = exercise.givens
    best, last = watched(g["curve"], g["p"])
    return {
        "last": last,
        "best": best,
        "missed": float(g["curve"][best - 1] - min(g["curve"])),
        "stricter": watched(g["curve"], g["p"], g["delta"] + 1e-12)[1],
    }


@reference("training.plateau")
def on_plateau(exercise):
    g = exercise.givens
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=g["start"])
    # torch lowers the rate when more than `patience` epochs were bad
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimiser, factor=g["factor"], patience=1, threshold=0.0, eps=0.0
    )
    rates = []
    for value in g["curve"]:
        rates.append(optimiser.param_groups[0]["lr"])
        scheduler.step(float(value))
    falls = sum(a > b for a, b in zip(rates, rates[1:], strict=False))
    return {"rates": rates, "falls": falls}


@reference("training.annealing")
def annealing(exercise):
    g = exercise.givens
    kinds = torch.optim.lr_scheduler

    def after(make, steps):
        optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=g["eta"])
        scheduler = make(optimiser)
        for _ in range(steps):
            optimiser.step()
            scheduler.step()
        return optimiser.param_groups[0]["lr"]

    top, bottom = (int(v) for v in g["done"])
    return {
        "warm_up": after(lambda o: kinds.LambdaLR(o, lambda u: min(1, u / g["warm"])), g["u"]),
        "stairs": after(lambda o: kinds.StepLR(o, int(g["k"]), float(g["gamma"])), g["e"]),
        "cosine": after(lambda o: kinds.CosineAnnealingLR(o, 12 * bottom), 12 * top),
    }


@reference("training.clipping")
def clipping(exercise):
    g = exercise.givens
    w = torch.tensor(g["w"], dtype=torch.float64).requires_grad_()
    w.grad = torch.tensor(g["g"], dtype=torch.float64)
    norm = w.grad.norm().item()
    nn.utils.clip_grad_norm_([w], float(g["c"]))
    clipped = w.grad.clone()
    torch.optim.SGD([w], lr=g["eta"]).step()
    return {
        "norm": norm,
        "factor": clipped.norm().item() / norm,
        "clipped": clipped,
        "after": w.detach(),
    }


@reference("training.scaling")
def scaling(exercise):
    g = exercise.givens
    tiny, huge = 2.0**-24, torch.finfo(torch.float16).max
    powers = range(-10, 40)
    scaled = g["small"] * float(2 ** g["s"])
    return {
        "scaled": scaled,
        "least": min(s for s in powers if g["small"] * 2.0**s >= tiny),
        "most": max(s for s in powers if g["large"] * 2.0**s <= huge),
        "update": g["small"],
    }


@reference("training.initial_loss")
def initial_loss(exercise):
    g = exercise.givens
    K, p = g["K"], float(g["p"])
    blind = nn.functional.cross_entropy(torch.zeros(1, K, dtype=torch.float64), torch.tensor([0]))
    return {
        "expected": blind.item(),
        "probability": float(np.exp(-g["seen"])),
        "as_if": 1 / K / float(np.exp(-g["seen"])),
        "uneven": stats.entropy([p, *[(1 - p) / (K - 1)] * (K - 1)]),
    }


CURVES = {
    "2.31, 2.29": "rate is too small",
    "9.8, 31": "rate is too large",
    "validation loss 0.8, 0.5, 0.7": "overfits",
    "both rest": "too few degrees",
    "0.9, 0.5, 0.7, 0.4": "batches are too small",
    "28, 12, 8.4": "does not measure",
    "ten high peaks": "not shuffled",
    "0.58, 0.35, 0.27": "healthy",
    "strong dropout": "with dropout on",
    "95 %": "does not measure",
}
THEORY = {
    "not set to zero": "is added",
    "validation set be used": "when to stop",
    "holds only the weights": "begin anew",
    "Four batches of 16": "batch normalisation",
    "smaller towards the end": "noise",
    "range test show": "explodes",
    "Two processes": "averaged",
    "mixed precision keep": "lost in rounding",
    "one single batch near 0": "broken",
    "Grid search": "60 and 30",
}


def chosen(answers, exercise):
    (step,) = exercise.steps
    (phrase,) = [answer for ask, answer in answers.items() if ask in step.prompt]
    (option,) = [o for o in step.answer.options if phrase in o]
    return {"answer": option}


@reference("training.curves")
def curves(exercise):
    return chosen(CURVES, exercise)


@reference("training.theory")
def training_theory(exercise):
    return chosen(THEORY, exercise)
