"""Walks over a landscape: where an optimiser passes, and which learning rate suits it there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.optim import Optimizer

from course_lib.training.optimisers import Readable, descend


def walk(
    function: Callable[[Tensor], Tensor],
    start: Sequence[float],
    optimiser: Callable[[list[Tensor]], Optimizer],
    steps: int,
) -> Float[np.ndarray, "places weights"]:
    """Every place that `descend` passes, start and end included: steps + 1 rows.

    >>> from course_lib.training.optimisers import SGD
    >>> walk(lambda z: (z**2).sum(), [2.0], lambda z: SGD(z, lr=0.25), 3).ravel().tolist()
    [2.0, 1.0, 0.5, 0.25]
    """
    states = list(descend(function, start, optimiser, steps))
    return np.array([state.point for state in states] + [states[-1].point - states[-1].change])


def tuned_rate(
    function: Callable[[Tensor], Tensor],
    start: Sequence[float],
    optimiser: Callable[..., Readable],
    rates: Sequence[float],
    steps: int,
) -> float:
    """The learning rate of `rates` with which `optimiser(weights, lr=rate)` ends lowest.

    A readable optimiser treats every number for itself, so all rates walk side by side: column k
    of the weights with rate k. The function must do the same, as those of `models.surfaces` do.
    Raises ValueError if it runs away with every one of them.
    """
    side_by_side = torch.tensor(np.asarray(rates, dtype=np.float64))

    def make(weights: list[Tensor]) -> Readable:
        chosen = optimiser(weights, lr=1.0)
        chosen.param_groups[0]["lr"] = side_by_side
        return chosen

    starts = np.repeat(np.asarray(start, dtype=np.float64)[:, None], len(rates), axis=1)
    *_, last = descend(lambda w: function(w).sum(), starts, make, steps)  # type: ignore[arg-type]
    with torch.no_grad():
        ends = function(torch.tensor(last.point - last.change)).numpy()
    ends = np.where(np.isfinite(ends), ends, np.inf)
    if not np.isfinite(ends.min()):
        raise ValueError("it runs away with every one of these rates: try smaller ones")
    return float(rates[int(np.argmin(ends))])
