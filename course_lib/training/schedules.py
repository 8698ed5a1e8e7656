"""Learning-rate schedules as pure functions of the step: `rate(step, ...)`, one equation each.

A step may be a number or an array of them, so that `plot(steps, triangular(steps, 0.001, 0.006,
100))` draws the schedule, and `fit(..., schedule=lambda step: triangular(step, 0.001, 0.006, 100))`
trains with it. Whether a step is one update or one epoch is said to `fit` by `schedule_per`.
Source: lecture 000A, topics 59 (annealing), 60 (cyclic), 61 (SGDR), 63 (one cycle).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import numpy as np

Steps = Any  # a number, or an array of numbers


def _plain(formula: Callable[..., Any]) -> Callable[..., Any]:
    """A number in gives a plain float out, an array in gives an array out."""

    @wraps(formula)
    def rate(step: Steps, *arguments: Any, **named: Any) -> Any:
        value = formula(np.asarray(step, dtype=np.float64), *arguments, **named)
        return float(value) if np.ndim(step) == 0 else value

    return rate


@_plain
def step_decay(step: Steps, start: float, factor: float, every: float) -> Any:
    """start * factor ** floor(step / every): a staircase (topic 59).

    >>> step_decay(25, start=0.1, factor=0.5, every=10)
    0.025
    """
    return start * factor ** np.floor(step / every)


def half_cycles(step: Steps, half_cycle: float) -> tuple[Any, Any]:
    """(cycle, x) of the lecture: the cycle's number from 1, and its middle's distance x in [0, 1].

    cycle = floor(1 + step / (2 half_cycle)),  x = |step / half_cycle - 2 cycle + 1|   (topic 60)
    """
    step = np.asarray(step, dtype=np.float64)
    cycle = np.floor(1 + step / (2 * half_cycle))
    return cycle, np.abs(step / half_cycle - 2 * cycle + 1)


@_plain
def triangular(step: Steps, low: float, high: float, half_cycle: float) -> Any:
    """low + (high - low) max(0, 1 - x): up for `half_cycle` steps, down for as many (Smith 2017).

    >>> [round(triangular(step, 0.001, 0.006, 100), 6) for step in (0, 50, 100, 199)]
    [0.001, 0.0035, 0.006, 0.00105]
    """
    _, x = half_cycles(step, half_cycle)
    return low + (high - low) * np.maximum(0, 1 - x)


@_plain
def triangular2(step: Steps, low: float, high: float, half_cycle: float) -> Any:
    """The triangle, its amplitude high - low halved after every cycle (topic 60)."""
    cycle, x = half_cycles(step, half_cycle)
    return low + (high - low) * np.maximum(0, 1 - x) / 2 ** (cycle - 1)


@_plain
def exp_range(step: Steps, low: float, high: float, half_cycle: float, gamma: float) -> Any:
    """The triangle, its amplitude multiplied by `gamma` (just below 1) at every step (topic 60)."""
    _, x = half_cycles(step, half_cycle)
    return low + (high - low) * np.maximum(0, 1 - x) * gamma**step


@_plain
def parabolic(step: Steps, low: float, high: float, half_cycle: float, gamma: float = 1.0) -> Any:
    """An arch 1 - x**2 in place of the triangle, its bound decaying exponentially (topic 60)."""
    _, x = half_cycles(step, half_cycle)
    return low + (high - low) * np.maximum(0, 1 - x**2) * gamma**step


def restarts(step: Steps, cycle: float, factor: float = 1) -> tuple[Any, Any, Any]:
    """(number, since, length): a step's SGDR cycle (from 0), its age in it, the cycle's length.

    Cycle i has the length cycle * factor**i, so it begins at cycle (factor**i - 1) / (factor - 1).
    """
    step = np.asarray(step, dtype=np.float64)
    if factor == 1:
        number = np.floor(step / cycle)
        return number, step - number * cycle, np.full_like(step, cycle)
    number = np.floor(np.log(1 + step * (factor - 1) / cycle) / np.log(factor) + 1e-12)
    length = cycle * factor**number
    return number, step - cycle * (factor**number - 1) / (factor - 1), length


@_plain
def sgdr(
    step: Steps, low: float, high: float, cycle: float, factor: float = 1, decay: float = 1
) -> Any:
    """Cosine annealing with warm restarts: low + (high - low)/2 (1 + cos(pi T_cur / T_i)).

    `factor` (T_mult) lengthens each cycle, `decay` multiplies both bounds after each
    (Loshchilov and Hutter 2017; topic 61, whose line for cos = 1 should read low + (high - low)).

    >>> [round(sgdr(step, 0, 1, cycle=4), 4) for step in (0, 1, 2, 3, 4)]
    [1.0, 0.8536, 0.5, 0.1464, 1.0]
    """
    number, since, length = restarts(step, cycle, factor)
    return decay**number * (low + (high - low) * (1 + np.cos(np.pi * since / length)) / 2)


@_plain
def cosine(step: Steps, low: float, high: float, steps: float) -> Any:
    """From `high` down to `low` along half a cosine over `steps` steps, then stay there."""
    done = np.clip(np.asarray(step) / steps, 0, 1)
    return low + (high - low) * (1 + np.cos(np.pi * done)) / 2


def _between(first: Any, last: Any, done: Any, shape: str) -> Any:
    """The value a fraction `done` of the way from `first` to `last`."""
    if shape == "linear":
        return first + (last - first) * done
    if shape == "cosine":
        return last + (first - last) * (1 + np.cos(np.pi * done)) / 2
    raise ValueError(f"unknown shape {shape!r}: expected 'cosine' or 'linear'")


def _corners(step: Any, corners: list[tuple[float, float]], shape: str) -> Any:
    """Through the corners (step, value), straight or along half cosines; constant outside them."""
    value = np.full_like(step, corners[0][1])
    for (begin, first), (end, last) in zip(corners, corners[1:], strict=False):
        done = np.clip((step - begin) / (end - begin), 0, 1)
        value = np.where(step > begin, _between(first, last, done, shape), value)
    return value


@_plain
def one_cycle(
    step: Steps,
    peak: float,
    steps: int,
    *,
    warm_up: float = 0.3,
    start: float | None = None,
    end: float | None = None,
    shape: str = "cosine",
    three_phases: bool = False,
) -> Any:
    """Up to `peak`, down again, then far below: the one-cycle policy over `steps` steps (topic 63).

    Defaults as in torch and fastai: start = peak / 25, end = start / 10 000, "cosine". Smith's own
    (2017) is shape="linear", three_phases=True: warm-up, an equally long cool-down, fine-tuning;
    the lecture lets the last fall to start / 10.
    """
    start = peak / 25 if start is None else start
    end = start / 1e4 if end is None else end
    top, last = warm_up * steps - 1, steps - 1
    corners = [(0.0, start), (top, peak)]
    if three_phases:
        corners.append((2 * warm_up * steps - 2, start))
    return _corners(step, [*corners, (last, end)], shape)


@_plain
def one_cycle_momentum(
    step: Steps,
    steps: int,
    *,
    low: float = 0.85,
    high: float = 0.95,
    warm_up: float = 0.3,
    shape: str = "cosine",
    three_phases: bool = False,
) -> Any:
    """The momentum's mirror image of `one_cycle`: low where the learning rate is high (topic 63).

    `fit` takes both: schedule=lambda step: {"lr": one_cycle(step, 0.1, n),
    "momentum": one_cycle_momentum(step, n)}.
    """
    top, last = warm_up * steps - 1, steps - 1
    back = 2 * warm_up * steps - 2 if three_phases else last
    corners = [(0.0, high), (top, low), (back, high)]
    return _corners(step, corners if back == last else [*corners, (last, high)], shape)


class Rates:
    """Sets what the schedule says in every optimiser, before each update or each epoch.

    The schedule is a function of the number of completed updates (or epochs) and returns the
    learning rate, or a dict of settings such as {"lr": 0.1, "momentum": 0.9}. Groups of parameters
    keep the ratio of their learning rates to the first group's; Adam's momentum is its first beta.
    Raises ValueError for a `per` other than "update" and "epoch", TypeError for an uncallable
    schedule.
    """

    def __init__(self, schedule: Callable[[int], Any] | None, per: str, optimisers: list[Any]):
        if per not in ("update", "epoch"):
            raise ValueError(f'schedule_per is "update" or "epoch", not {per!r}')
        if schedule is not None and not callable(schedule):
            raise TypeError(
                "schedule is a function of the step, such as "
                f"lambda step: cosine(step, 0, 0.1, 1000), not {type(schedule).__name__}"
            )
        self.schedule, self.per, self.optimisers = schedule, per, optimisers
        self.ratios = [
            group["lr"] / one.param_groups[0]["lr"] if one.param_groups[0]["lr"] else 1.0
            for one in optimisers
            for group in one.param_groups
        ]

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The groups of parameters, asked for anew: loading an optimiser's state replaces them."""
        return [group for one in self.optimisers for group in one.param_groups]

    def set(self, updates: int, epochs: int) -> None:
        """Put the settings for the coming update into the optimisers."""
        if self.schedule is None:
            return
        wanted = self.schedule(updates if self.per == "update" else epochs)
        settings = dict(wanted) if isinstance(wanted, Mapping) else {"lr": wanted}
        for group, ratio in zip(self.groups, self.ratios, strict=True):
            for name, value in settings.items():
                if name == "lr":
                    group["lr"] = float(value) * ratio
                elif name == "momentum" and name not in group and "betas" in group:
                    group["betas"] = (float(value), *group["betas"][1:])
                elif name in group:
                    group[name] = value
                else:
                    raise KeyError(f"the optimiser has no {name!r}; it has {', '.join(group)}")

    @property
    def now(self) -> float:
        """The learning rate of the first group."""
        return float(self.groups[0]["lr"]) if self.groups else float("nan")
