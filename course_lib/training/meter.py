"""Means over an epoch without waiting for the device: tensors are kept, and read once at the end.

Each step only appends its loss. Outputs and targets are put aside and judged by the metrics many
batches at a time, which costs a tenth of judging each batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from course_lib.names import unknown
from course_lib.training.batches import Batch
from course_lib.training.distribution import Distribution
from course_lib.training.history import History

Metric = Callable[[Tensor, Tensor], Tensor]
TOGETHER = 64  # batches that the metrics see at once,
ELEMENTS = 2**20  # unless their outputs become larger than this


class Diverged(ArithmeticError):
    """The loss became infinite or not a number; says where, and what usually helps.

    `history` is what was measured until then.
    """

    history: History


def accuracy(outputs: Tensor, targets: Tensor) -> Tensor:
    """The fraction of right answers; the largest of the scores wins, or the sign of the only one.

    Shapes: scores (n, classes, ...) or (n, ..., classes) with class numbers (n, ...); or scores and
    targets of one shape: several columns are one-hot targets, one column or none is a yes or no.
    Raises ValueError for shapes that do not belong together.
    """
    if outputs.ndim == targets.ndim + 1:
        for axis in (1, -1):  # torch's convention first
            chosen = outputs.argmax(axis)
            if chosen.shape == targets.shape:
                return (chosen == targets).float().mean()
    if outputs.shape == targets.shape:
        if outputs.ndim > 1 and outputs.shape[-1] > 1:
            return (outputs.argmax(-1) == targets.argmax(-1)).float().mean()
        return ((outputs > 0) == (targets > 0.5)).float().mean()
    raise ValueError(
        f"outputs {tuple(outputs.shape)} and targets {tuple(targets.shape)} do not match: expected "
        "scores (n, classes) with class numbers (n,), or two equal shapes"
    )


def mean_absolute_error(outputs: Tensor, targets: Tensor) -> Tensor:
    """The mean of |output - target|. Raises ValueError where the shapes differ."""
    if outputs.shape != targets.shape:
        raise ValueError(f"outputs {tuple(outputs.shape)}, targets {tuple(targets.shape)}")
    return (outputs - targets).abs().mean()


NAMED: dict[str, Metric] = {"accuracy": accuracy, "mean absolute error": mean_absolute_error}


def chosen_metrics(
    metrics: str | Metric | Sequence[Any] | Mapping[str, Metric],
) -> dict[str, Metric]:
    """Metrics by their names. Raises ValueError for an unknown name, TypeError for other things."""
    if isinstance(metrics, Mapping):
        return dict(metrics)
    if isinstance(metrics, str) or callable(metrics):
        metrics = [metrics]
    found: dict[str, Metric] = {}
    for metric in metrics:
        if isinstance(metric, str):
            if metric not in NAMED:
                raise ValueError(unknown("metric", metric, NAMED))
            found[metric] = NAMED[metric]
        elif callable(metric):
            found[getattr(metric, "__name__", "metric").replace("_", " ")] = metric
        else:
            raise TypeError(
                f"a metric is a name or a function of (outputs, targets), not {metric!r}"
            )
    return found


class Meter:
    """Collects what the steps of an epoch return; `finish` gives the means over all examples.

    A metric is a function (outputs, targets) -> mean over the examples it was given. Everything
    else that a step returns is averaged as well.
    """

    def __init__(self, metrics: dict[str, Metric], distribution: Distribution) -> None:
        self.metrics, self.distribution = metrics, distribution
        self.clear()

    def clear(self) -> None:
        self.sizes: list[tuple[int, int]] = []  # of every step: our examples, everybody's
        self.values: dict[str, list[Tensor]] = {}  # of every step, 0-d or (older ones) stacked
        self.waiting: list[tuple[Tensor, Tensor, int]] = []
        self.elements = 0
        self.judged: dict[str, list[Tensor]] = {name: [] for name in self.metrics}
        self.counts: list[int] = []

    def add(self, result: Mapping[str, Tensor], batch: Batch) -> None:
        """Remember a step's loss and other values; put its outputs aside for the metrics."""
        self.sizes.append((batch.size, batch.total))
        for name, value in result.items():
            if name not in ("outputs", "targets"):
                self.values.setdefault(name, []).append(value.detach())
        if self.metrics and batch.size and "outputs" in result and "targets" in result:
            outputs = result["outputs"].detach()
            self.waiting.append((outputs, result["targets"], batch.size))
            self.elements += outputs.numel()
            if len(self.waiting) >= TOGETHER or self.elements > ELEMENTS:
                self.judge()
        if len(self.sizes) % 1024 == 0:  # many small tensors into one
            self.values = {name: [stacked(kept)] for name, kept in self.values.items()}

    @torch.no_grad()
    def judge(self) -> None:
        """Let the metrics see what is waiting, all batches together."""
        if self.waiting:
            outputs = torch.cat([one for one, _, _ in self.waiting])
            targets = torch.cat([one for _, one, _ in self.waiting])
            for name, metric in self.metrics.items():
                self.judged[name].append(metric(outputs, targets).detach())
            self.counts.append(sum(size for _, _, size in self.waiting))
            self.waiting, self.elements = [], 0

    def losses(self) -> list[float]:
        """The losses of the epoch so far, on this process. Waits for the device."""
        return read(stacked(self.values["loss"])) if self.values.get("loss") else []

    def recent(self) -> float | None:
        """The last loss. Waits for the device, so the view asks a few times a second at most."""
        if not self.values.get("loss"):
            return None
        return float(self.values["loss"][-1].reshape(-1)[-1])

    def finish(self) -> tuple[dict[str, float], list[float]]:
        """Means over the epoch and the loss of every step; the one place where `fit` waits.

        Values are means over examples: a last, smaller batch counts less.
        """
        self.judge()
        steps = {name: read(stacked(kept)) for name, kept in self.values.items()}
        ours = {name: (read(stacked(v)), self.counts) for name, v in self.judged.items() if v}
        sizes = self.sizes
        self.clear()
        row: dict[str, float] = {}
        for name, values in steps.items():
            if len(values) != len(sizes):
                raise ValueError(
                    f"the step returned {name!r} only {len(values)} of {len(sizes)} times"
                )
            shares = [v * n if n else 0.0 for v, (n, _) in zip(values, sizes, strict=True)]
            sums = self.distribution.sum(shares)
            steps[name] = [s / total for s, (_, total) in zip(sums, sizes, strict=True)]
            row[name] = math.fsum(sums) / sum(total for _, total in sizes)
        for name in self.metrics:
            values, counts = ours.get(name, ([], []))
            weighted = math.fsum(v * n for v, n in zip(values, counts, strict=True))
            whole, count = self.distribution.sum([weighted, float(sum(counts))])
            if count:
                row[name] = whole / count
        return row, steps.get("loss", [])

    def state_dict(self) -> dict[str, Any]:
        return {
            "sizes": self.sizes,
            "values": {name: stacked(kept) for name, kept in self.values.items()},
            "waiting": self.waiting,
            "judged": self.judged,
            "counts": self.counts,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        here = self.distribution.device
        self.sizes = [(int(a), int(b)) for a, b in state["sizes"]]
        self.values = {name: [kept.to(here)] for name, kept in state["values"].items()}
        self.waiting = [(o.to(here), t.to(here), int(n)) for o, t, n in state["waiting"]]
        self.elements = sum(outputs.numel() for outputs, _, _ in self.waiting)
        self.judged = {name: [v.to(here) for v in kept] for name, kept in state["judged"].items()}
        self.counts = list(state["counts"])


def stacked(values: list[Tensor]) -> Tensor:
    """0-d and 1-d tensors as one 1-d tensor."""
    if all(value.ndim == 0 for value in values):
        return torch.stack(values)
    return torch.cat([value.reshape(-1) for value in values])


def read(values: Tensor) -> list[float]:
    """A device tensor's numbers: this waits until the device has computed them."""
    return values.tolist()


def must_be_finite(losses: list[float], history: History) -> None:
    """Raises Diverged naming the epoch's first batch whose loss is infinite or not a number."""
    for k, loss in enumerate(losses, start=1):
        if not math.isfinite(loss):
            history.losses += losses
            history.stopped = f"the loss became {loss} in epoch {len(history) + 1}, batch {k}"
            error = Diverged(
                f"{history.stopped}. Usual causes: the learning rate is too high (try a tenth), "
                "inputs that are not normalised or contain nan, a logarithm or division by zero in "
                "the loss. `checklist(...)` looks for these; `clip=1.0` tames large gradients."
            )
            error.history = history
            raise error
