"""Many nets on many data sets in one loop: the price of a comparison with several seeds.

Data sets of different sizes lie in one padded tensor; a net draws its batches from its own rows.
Adam treats every weight for itself, so nets in one tensor do not feel each other, and each may have
a learning rate of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_lib.datasets.dataset import Dataset


@dataclass(frozen=True)
class Tasks:
    """Training, validation and test part of every net: inputs (nets, rows, n), targets, counts."""

    parts: dict[str, tuple[Float[Tensor, "nets rows n"], Int[Tensor, "nets rows"]]]
    counts: dict[str, Int[Tensor, " nets"]]
    classes: int

    @property
    def nets(self) -> int:
        return len(self.counts["train"])

    def repeat(self, times: int) -> Tasks:
        """The same tasks once more for every learning rate."""
        parts = {
            name: (x.repeat(times, 1, 1), t.repeat(times, 1)) for name, (x, t) in self.parts.items()
        }
        counts = {name: n.repeat(times) for name, n in self.counts.items()}
        return Tasks(parts, counts, self.classes)


def splits(data: Dataset, seed: int) -> tuple[Dataset, Dataset, Dataset]:
    """A stratified cut into training 50 %, validation 20 %, test 30 %, standardised by training."""
    rest, test = data.split(0.7, seed)
    train, validation = rest.split(5 / 7, seed)
    a, b = train.mean, train.std
    return train.standardised(a, b), validation.standardised(a, b), test.standardised(a, b)


def tasks(datasets: Sequence[Dataset], seeds: Sequence[int]) -> Tasks:
    """Every data set cut anew for every seed; nets run over data sets, within these over seeds.

    Inputs are filled up with zero columns, rows with zeros that `counts` leaves out.
    Raises ValueError for data without classes.
    """
    if without := [d.name for d in datasets if not d.class_names]:
        raise ValueError(f"{', '.join(without)}: expected data sets with classes")
    cut = [splits(data, seed) for data in datasets for seed in seeds]
    width = max(part[0].inputs.shape[1] for part in cut)
    parts, counts = {}, {}
    for k, name in enumerate(("train", "validation", "test")):
        rows = max(len(c[k]) for c in cut)
        x, t = np.zeros((len(cut), rows, width)), np.zeros((len(cut), rows), dtype=np.int64)
        for i, c in enumerate(cut):
            x[i, : len(c[k]), : c[k].inputs.shape[1]] = c[k].inputs
            t[i, : len(c[k])] = np.asarray(c[k].targets)
        parts[name] = (torch.tensor(x, dtype=torch.float32), torch.tensor(t))
        counts[name] = torch.tensor([len(c[k]) for c in cut])
    return Tasks(parts, counts, max(len(d.class_names) for d in datasets))


def train_side_by_side(
    model: nn.Module,
    data: Tasks,
    rates: Float[Tensor, " nets"],
    *,
    steps: int = 200,
    batch_size: int = 32,
    penalty=None,
    seed: int = 0,
) -> None:
    """Adam (Kingma and Ba 2015) on the sum of all nets' cross-entropies, a rate for every net.

    Parameters have the nets on axis 0, those of learned functions on the third axis from the right.
    """
    draw = torch.Generator().manual_seed(seed)
    (inputs, targets), counts = data.parts["train"], data.counts["train"]
    nets, places = torch.arange(data.nets), list(model.parameters())
    eta = rates.reshape(-1, 1, 1)
    m, v = [torch.zeros_like(p) for p in places], [torch.zeros_like(p) for p in places]
    for step in range(1, steps + 1):
        rows = (torch.rand(batch_size, data.nets, generator=draw) * counts).long()
        x, t = inputs[nets, rows], targets[nets, rows]  # (batch, nets, n), (batch, nets)
        cost = nn.functional.cross_entropy(model(x).flatten(0, 1), t.flatten()) * data.nets
        if penalty is not None:
            cost = cost + penalty(model)
        slopes = torch.autograd.grad(cost, places)
        with torch.no_grad():
            for p, g, first, second in zip(places, slopes, m, v, strict=True):
                first.lerp_(g, 0.1)
                second.lerp_(g * g, 0.001)
                size = (second / (1 - 0.999**step)).sqrt_().add_(1e-8)
                p.sub_(eta * (first / (1 - 0.9**step)) / size)


def accuracies(model: nn.Module, data: Tasks, part: str = "test") -> Float[np.ndarray, " nets"]:
    """The share of right answers of every net on a part of its own data set."""
    (inputs, targets), counts = data.parts[part], data.counts[part]
    with torch.no_grad():
        right = model(inputs.transpose(0, 1)).argmax(-1).T == targets
    inside = torch.arange(targets.shape[1]) < counts[:, None]
    return ((right & inside).sum(1) / counts).numpy().astype(float)
