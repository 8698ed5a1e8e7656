"""The learning-rate range test: raise the rate at every update and watch the loss (topics 59, 60).

Three phases are to be seen: no progress, progress, divergence. The rate where progress begins and
the one just before the loss rises again bound a cyclic schedule (Smith 2017).
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from course_lib.device import device as choose_device
from course_lib.training.batches import Batches
from course_lib.training.distribution import Distribution
from course_lib.training.fit import as_result, supervised
from course_lib.training.optimisers import chosen_optimisers
from course_lib.training.rng import untouched_random_states


@dataclass(frozen=True, eq=False)
class RangeTest:
    """The rates tried, the loss met at each, and the range that follows from them.

    `low` is where the loss has first fallen by a tenth of all it fell, `high` where it was lowest,
    and a third of that is a safe constant rate (`suggestion`). `diverged`: the third phase was
    seen.
    """

    rates: Float[np.ndarray, " steps"]
    losses: Float[np.ndarray, " steps"]
    smooth: Float[np.ndarray, " steps"]
    diverged: bool

    @property
    def start(self) -> float:
        return float(self.smooth[0])

    @property
    def high(self) -> float:
        return float(self.rates[int(np.argmin(self.smooth))])

    @property
    def low(self) -> float:
        fallen = self.start - self.smooth
        return float(self.rates[int(np.argmax(fallen >= 0.1 * fallen.max()))])

    @property
    def suggestion(self) -> float:
        return self.high / 3

    def plot(self, axes: Any = None) -> Any:
        """The loss over the rate; see `plots.range_curve`."""
        from course_lib.training.plots import range_curve

        return range_curve(self, axes=axes)

    def __repr__(self) -> str:
        end = "then it diverged" if self.diverged else "it never diverged: raise `high`"
        return f"RangeTest(progress from {self.low:.2g} to {self.high:.2g}, {end})"


def smoothed(losses: list[float], keep: float = 0.9) -> Float[np.ndarray, " steps"]:
    """Exponential moving average with Adam's correction for its start."""
    average, values = 0.0, []
    for t, loss in enumerate(losses, start=1):
        average = keep * average + (1 - keep) * loss
        values.append(average / (1 - keep**t))
    return np.array(values)


def range_test(
    model: torch.nn.Module,
    train: Any,
    *,
    loss: Callable[..., Any] | None = None,
    step: Callable[[Any], Any] | None = None,
    optimiser: Any = "adam",
    low: float = 1e-6,
    high: float = 10.0,
    steps: int = 100,
    batch_size: int = 64,
    seed: int = 0,
    device: str | None = None,
) -> RangeTest:
    """Train for `steps` updates at rates from `low` to `high`, then undo it all.

    Weights, buffers, mode and every random state are as before afterwards. Ends early once the
    smoothed loss is infinite or above four times the best. The optimiser is a name or a factory.
    Raises ValueError unless 0 < low < high.
    """
    if not 0 < low < high:
        raise ValueError(f"0 < low < high is needed, not low={low!r}, high={high!r}")
    distribution = Distribution(choose_device(device))
    model.to(distribution.device)
    before, mode = copy.deepcopy(model.state_dict()), model.training
    rates = np.geomspace(low, high, steps)
    losses: list[float] = []
    diverged = False
    with untouched_random_states():
        try:
            compute = step or supervised(model, loss)
            (chosen,) = chosen_optimisers(optimiser, model, low)
            batches = Batches(train, batch_size, distribution, seed)
            model.train()
            for rate, data in zip(rates, endless(batches), strict=False):
                for group in chosen.param_groups:
                    group["lr"] = float(rate)
                chosen.zero_grad()
                value = as_result(compute(data))["loss"]
                value.backward()
                chosen.step()
                losses.append(value.item())
                average = smoothed(losses)
                if not np.isfinite(average[-1]) or average[-1] > 4 * average.min():
                    diverged = True
                    break
        finally:
            model.load_state_dict(before)
            model.train(mode)
            model.zero_grad()
    measured = np.isfinite(losses)
    found = [one for one, good in zip(losses, measured, strict=True) if good]
    if not found:
        raise ValueError("the very first loss is not finite: look at data and model (`checklist`)")
    return RangeTest(rates[: len(found)], np.array(found), smoothed(found), diverged)


def endless(batches: Batches) -> Any:
    """The data of batch after batch, epoch after epoch."""
    while True:
        for group in batches:
            yield from (batch.data for batch in group)
