"""A small net for the 8 x 8 digits, the digits in three parts, and two walks worth watching.

The running example of the chapter on the training loop: few enough numbers that a run takes a
tenth of a second, and hard enough that every slip of the loop shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_lib.datasets import load
from course_lib.datasets.dataset import Dataset

Pair = tuple[Float[Tensor, "examples 64"], Int[Tensor, " examples"]]


def digit_net(
    hidden: int = 32, *, seed: int = 0, dropout: float = 0.0, batch_norm: bool = False
) -> nn.Sequential:
    """64 pixels, one hidden ReLU layer, 10 scores; the weights follow from `seed` alone.

    Raises ValueError for less than one hidden unit.
    """
    if hidden < 1:
        raise ValueError(f"hidden is a number of units from 1 up, not {hidden!r}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers: list[nn.Module] = [nn.Linear(64, hidden)]
        layers += [nn.BatchNorm1d(hidden)] if batch_norm else []
        layers += [nn.ReLU()]
        layers += [nn.Dropout(dropout)] if dropout else []
        return nn.Sequential(*layers, nn.Linear(hidden, 10))


def digit_parts(seed: int = 0, train: int = 600, validation: int = 300) -> list[Dataset]:
    """The same three parts as `digit_sets`, as they are: pictures to look at."""
    everything = load("digits")
    rng = np.random.default_rng(seed)
    known, test = everything.split((train + validation) / len(everything), rng)
    return [*known.split(train / (train + validation), rng), test]


def digit_sets(seed: int = 0, train: int = 600, validation: int = 300) -> tuple[Pair, Pair, Pair]:
    """Training, validation and test digits (the rest), standardised by the training part.

    Pixels at the rim are almost always white, so a little ink there is far away: values are cut
    at -5 and 5. Raises ValueError where one of the three would be empty.
    """
    parts = digit_parts(seed, train, validation)
    mean, std = parts[0].mean, parts[0].std
    pairs = []
    for part in parts:
        inputs = torch.tensor(part.standardised(mean, std).inputs, dtype=torch.float32)
        pairs.append((inputs.clamp(-5, 5), torch.as_tensor(part.targets)))
    return pairs[0], pairs[1], pairs[2]


@dataclass(frozen=True)
class Step:
    """One update of one weight on a few numbers: where it stood, what pulled, where it went."""

    update: int
    epoch: int
    batch: tuple[float, ...]
    rate: float
    before: float
    gradient: float
    after: float
    loss: float


def find_the_mean(
    numbers: Sequence[float],
    batch: int,
    rate: float | Callable[[int], float],
    epochs: int,
    start: float = 0.0,
    rng: np.random.Generator | None = None,
) -> Iterator[Step]:
    """Mini-batch descent of the mean of (w - x)^2 / 2: a trace that can be checked by hand.

    The gradient of a batch is w minus the batch's mean. `rng` shuffles every epoch; without it
    the numbers keep their order. `rate` may be a function of the number of updates done.

    >>> [round(s.after, 3) for s in find_the_mean([2, 4, 4, 5, 7], batch=2, rate=0.5, epochs=1)]
    [1.5, 3.0, 5.0]
    """
    x, w, update = np.asarray(numbers, dtype=float), float(start), 0
    for epoch in range(1, epochs + 1):
        order = np.arange(len(x)) if rng is None else rng.permutation(len(x))
        for first in range(0, len(x), batch):
            part = x[order[first : first + batch]]
            now = rate(update) if callable(rate) else rate
            gradient, loss = w - part.mean(), float(np.mean((w - part) ** 2) / 2)
            update, before, w = update + 1, w, w - now * gradient
            yield Step(update, epoch, tuple(part), now, before, gradient, w, loss)


@dataclass(frozen=True)
class Look:
    """One update of a net: the labels in the batch, its loss, and what held-out digits say."""

    update: int
    labels: Int[np.ndarray, " batch"]
    loss: float
    accuracy: float
    says: Int[np.ndarray, " classes"]


def walk(
    model: nn.Module, train: Pair, held_out: Pair, order: Tensor, batch: int, rate: float
) -> Iterator[Look]:
    """One epoch of plain SGD in the given order, looked at after every update."""
    inputs, targets = train
    for number, rows in enumerate(order.split(batch), start=1):
        loss = nn.functional.cross_entropy(model(inputs[rows]), targets[rows])
        gradients = torch.autograd.grad(loss, list(model.parameters()))
        with torch.no_grad():
            for weights, gradient in zip(model.parameters(), gradients, strict=True):
                weights.sub_(rate * gradient)
            answers = model(held_out[0]).argmax(1)
        right: Any = (answers == held_out[1]).float().mean()
        says = torch.bincount(answers, minlength=10).numpy()
        yield Look(number, targets[rows].numpy(), loss.item(), right.item(), says)
