"""Runs that are ill, each in its own way, and what may be tried: material for diagnosing curves.

`treat("A", "a tenth of the rate")` trains a small digit net anew, with that patient's fault and
that treatment, and returns its history. Lecture 000A, topics 36 (convergence) and 67 (check list).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from course_lib.models.digit_net import digit_net, digit_sets
from course_lib.names import unknown
from course_lib.training.fit import fit
from course_lib.training.history import History
from course_lib.training.meter import Diverged

EPOCHS = 15


@dataclass(frozen=True)
class Case:
    """The settings of a run on the digits, and in words what is wrong with them."""

    fault: str
    rate: float = 0.1
    batch: int = 16
    hidden: int = 32
    examples: int = 300
    wrong_labels: float = 0.0
    sorted_by_class: bool = False
    all_with_all: bool = False
    patience: int | None = None


PATIENTS: dict[str, Case] = {
    "A": Case("the learning rate is far too small", rate=0.0004),
    "B": Case("the learning rate is too large", rate=1.5),
    "C": Case("batches of two at a large rate, some labels wrong: noise",
              rate=0.1, batch=2, hidden=8, wrong_labels=0.2),
    "D": Case("two hidden units: too few degrees of freedom", hidden=2),
    "E": Case("a third of the labels is wrong, and the net learns them by heart",
              hidden=128, examples=200, wrong_labels=0.33, rate=0.3),
    "F": Case("the examples come sorted by class", rate=0.6, sorted_by_class=True),
    "G": Case("the loss compares all outputs with all labels", all_with_all=True, rate=0.03),
    "H": Case("nothing: this run is well"),
}  # fmt: skip

TREATMENTS: dict[str, Callable[[Case], Case]] = {
    "none": lambda case: case,
    "200 times the rate": lambda case: replace(case, rate=case.rate * 200),
    "a tenth of the rate": lambda case: replace(case, rate=case.rate / 10),
    "batches of 32": lambda case: replace(case, batch=32),
    "32 times the hidden units": lambda case: replace(case, hidden=case.hidden * 32),
    "early stopping": lambda case: replace(case, patience=4),
    "shuffle": lambda case: replace(case, sorted_by_class=False),
    "cross-entropy": lambda case: replace(case, all_with_all=False),
}
CURES: dict[str, str] = {
    "A": "200 times the rate", "B": "a tenth of the rate", "C": "batches of 32",
    "D": "32 times the hidden units", "E": "early stopping", "F": "shuffle",
    "G": "cross-entropy", "H": "none",
}  # fmt: skip


def all_with_all(outputs: Tensor, targets: Tensor) -> Tensor:
    """A real slip: (n, 1) minus (n,) is (n, n), so every output is compared with every label."""
    return ((outputs[:, :1] - targets) ** 2).mean()


@cache
def _sets(seed: int, examples: int) -> Any:
    return digit_sets(seed, examples, 300)


def _known(name: str, there: Any, what: str) -> Any:
    if name not in there:
        raise KeyError(unknown(what, name, there))
    return there[name]


def run(case: Case, seed: int = 0, epochs: int = EPOCHS) -> History:
    """Train with these settings; a run that diverges gives the history until then."""
    (inputs, targets), held_out, _ = _sets(seed, case.examples)
    if case.wrong_labels:
        generator = torch.Generator().manual_seed(seed)
        wrong = torch.rand(len(targets), generator=generator) < case.wrong_labels
        other = torch.randint(1, 10, targets.shape, generator=generator)
        targets = torch.where(wrong, (targets + other) % 10, targets)
    train: Any = (inputs, targets)
    if case.sorted_by_class:
        order = targets.argsort(stable=True).split(case.batch)
        train = [(inputs[rows], targets[rows]) for rows in order]
    loss: Any = all_with_all if case.all_with_all else nn.functional.cross_entropy
    try:
        return fit(
            digit_net(case.hidden, seed=seed), train, held_out, loss=loss, epochs=epochs,
            optimiser="sgd", learning_rate=case.rate, batch_size=case.batch, metrics="accuracy",
            seed=seed, early_stopping=case.patience, device="cpu", progress=False,
        )  # fmt: skip
    except Diverged as error:
        return error.history


def treat(patient: str, treatment: str = "none", seed: int = 0, epochs: int = EPOCHS) -> History:
    """The run of a patient under a treatment. Raises KeyError with close matches."""
    case = _known(patient, PATIENTS, "patient")
    return run(_known(treatment, TREATMENTS, "treatment")(case), seed, epochs)


def chart(history: History, epochs: int = EPOCHS) -> str:
    """What the curves of a run say, in numbers: first and last losses and accuracies."""
    if not len(history):
        return history.stopped or "no epoch was finished"
    first, last = history[0], history[-1]
    words = [
        f"loss {first['loss']:.3g} → {last['loss']:.3g}",
        f"accuracy {first['accuracy']:.2f} → {last['accuracy']:.2f}",
    ]
    if "validation loss" in last:
        lowest = history["validation loss"].min()
        words.append(
            f"held out: loss {last['validation loss']:.3g} (lowest {lowest:.3g}), "
            f"accuracy {last['validation accuracy']:.2f}"
        )
    if history.stopped:
        words.append(history.stopped)
    return "; ".join(words)
