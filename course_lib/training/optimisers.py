"""The optimisers of the lectures, each as its equation, and the choice of one for `fit`.

A readable optimiser says in `change(g, past, ...)` what is taken from the weights: `g` is their
gradient, `past` what it remembers of earlier steps (empty at first), the rest its own settings.
For real training `fit` uses torch's fused versions; the tests hold the two together step by step.
Source: lecture 000A, topics 52 (gradient descent), 62 (momentum), 64-66 (adaptive methods).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from course_lib.names import unknown


class Readable(Optimizer):
    """weights <- weights - change(gradient, past, settings), for every tensor of weights."""

    def __init__(self, parameters: Any, lr: float, **settings: float) -> None:
        if not lr > 0:
            raise ValueError(f"the learning rate is a positive number, not {lr!r}")
        self.names = ("lr", *settings)
        super().__init__(parameters, {"lr": lr, **settings})

    def change(self, g: Tensor, past: dict[str, Any], **settings: float) -> Tensor:
        raise NotImplementedError

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            settings = {name: group[name] for name in self.names}
            for weights in group["params"]:
                if weights.grad is not None:
                    weights -= self.change(weights.grad, self.state[weights], **settings)


class SGD(Readable):
    """Gradient descent: w <- w - lr g."""

    def __init__(self, parameters: Any, lr: float = 0.1) -> None:
        super().__init__(parameters, lr)

    def change(self, g, past, lr):
        return lr * g


class Momentum(Readable):
    """Dw <- lr g + momentum Dw, w <- w - Dw: a ball that keeps rolling (topic 62).

    torch keeps Dw / lr instead; the two agree as long as the learning rate stays the same.
    """

    def __init__(self, parameters: Any, lr: float = 0.01, momentum: float = 0.9) -> None:
        super().__init__(parameters, lr, momentum=momentum)

    def change(self, g, past, lr, momentum):
        past["change"] = lr * g + momentum * past.get("change", 0.0)
        return past["change"]


class Nesterov(Readable):
    """Momentum that looks ahead: the velocity is applied once more before the step.

    In the form of Sutskever et al. (2013) as torch writes it: v <- momentum v + g,
    w <- w - lr (g + momentum v).
    """

    def __init__(self, parameters: Any, lr: float = 0.01, momentum: float = 0.9) -> None:
        super().__init__(parameters, lr, momentum=momentum)

    def change(self, g, past, lr, momentum):
        past["velocity"] = momentum * past.get("velocity", 0.0) + g
        return lr * (g + momentum * past["velocity"])


class Adagrad(Readable):
    """Each weight's step is divided by the root of its summed squared gradients (Duchi 2011)."""

    def __init__(self, parameters: Any, lr: float = 0.01, eps: float = 1e-10) -> None:
        super().__init__(parameters, lr, eps=eps)

    def change(self, g, past, lr, eps):
        past["squares"] = past.get("squares", 0.0) + g**2
        return lr * g / (past["squares"].sqrt() + eps)


class RMSProp(Readable):
    """Adagrad that forgets: a moving average of the squares in place of their sum (Hinton 2012)."""

    def __init__(
        self, parameters: Any, lr: float = 0.01, rho: float = 0.99, eps: float = 1e-8
    ) -> None:
        super().__init__(parameters, lr, rho=rho, eps=eps)

    def change(self, g, past, lr, rho, eps):
        past["squares"] = rho * past.get("squares", 0.0) + (1 - rho) * g**2
        return lr * g / (past["squares"].sqrt() + eps)


class Adadelta(Readable):
    """RMSProp with steps in the unit of the weights: times the root of earlier steps (2012)."""

    def __init__(
        self, parameters: Any, lr: float = 1.0, rho: float = 0.9, eps: float = 1e-6
    ) -> None:
        super().__init__(parameters, lr, rho=rho, eps=eps)

    def change(self, g, past, lr, rho, eps):
        past["squares"] = rho * past.get("squares", 0.0) + (1 - rho) * g**2
        steps = past.get("steps", torch.zeros_like(g))
        step = g * (steps + eps).sqrt() / (past["squares"] + eps).sqrt()
        past["steps"] = rho * steps + (1 - rho) * step**2
        return lr * step


class Adam(Readable):
    """m and u, moving averages of g and g**2, both corrected for their start at zero (topic 65).

    m <- rho1 m + (1 - rho1) g,  u <- rho2 u + (1 - rho2) g**2,
    w <- w - lr m_hat / (sqrt(u_hat) + eps) with m_hat = m / (1 - rho1**t), u_hat likewise
    (Kingma and Ba 2015).
    """

    def __init__(
        self,
        parameters: Any,
        lr: float = 0.001,
        rho1: float = 0.9,
        rho2: float = 0.999,
        eps: float = 1e-8,
    ) -> None:
        super().__init__(parameters, lr, rho1=rho1, rho2=rho2, eps=eps)

    def change(self, g, past, lr, rho1, rho2, eps):
        t = past["t"] = past.get("t", 0) + 1
        past["m"] = rho1 * past.get("m", 0.0) + (1 - rho1) * g
        past["u"] = rho2 * past.get("u", 0.0) + (1 - rho2) * g**2
        m_hat, u_hat = past["m"] / (1 - rho1**t), past["u"] / (1 - rho2**t)
        return lr * m_hat / (u_hat.sqrt() + eps)


class DiffGrad(Adam):
    """Adam with friction where the gradient hardly changes: steps times xi = sigmoid(|g_old - g|).

    xi lies in [0.5, 1), the gradient before the first counts as 0 (Dubey et al. 2019; topic 66).
    """

    def change(self, g, past, lr, rho1, rho2, eps):
        xi = torch.sigmoid((past.get("g", 0.0) - g).abs())
        past["g"] = g.clone()
        return xi * super().change(g, past, lr, rho1, rho2, eps)


@dataclass(frozen=True)
class Descent:
    """One step of `descend`: where we stood, what was measured there, what was taken away."""

    step: int
    point: np.ndarray
    value: float
    gradient: np.ndarray
    change: np.ndarray


def descend(
    function: Callable[[Tensor], Tensor],
    start: Sequence[float],
    optimiser: Callable[[list[Tensor]], Optimizer],
    steps: int,
) -> Iterator[Descent]:
    """Walk down `function` from `start`: a trace for `record`, in double precision.

    >>> walk = list(descend(lambda z: (z**2).sum(), [2.0], lambda z: Momentum(z, lr=0.1), 3))
    >>> [round(float((state.point - state.change)[0]), 4) for state in walk]
    [1.6, 0.92, 0.124]
    """
    point = torch.tensor(np.asarray(start, dtype=np.float64), requires_grad=True)
    chosen = optimiser([point])
    for step in range(steps):
        value = function(point)
        (point.grad,) = torch.autograd.grad(value, point)
        before, gradient = point.detach().numpy().copy(), point.grad.numpy().copy()
        chosen.step()
        yield Descent(step, before, value.item(), gradient, before - point.detach().numpy())


# What `fit(optimiser="adam")` means: torch's own, with a usual learning rate and settings.
NAMED: dict[str, tuple[Callable[..., Optimizer], float, dict[str, Any]]] = {
    "sgd": (torch.optim.SGD, 0.1, {}),
    "momentum": (torch.optim.SGD, 0.01, {"momentum": 0.9}),
    "nesterov": (torch.optim.SGD, 0.01, {"momentum": 0.9, "nesterov": True}),
    "adagrad": (torch.optim.Adagrad, 0.01, {}),
    "adadelta": (torch.optim.Adadelta, 1.0, {}),
    "rmsprop": (torch.optim.RMSprop, 0.001, {}),
    "adam": (torch.optim.Adam, 0.001, {}),
    "adamw": (torch.optim.AdamW, 0.001, {}),
    "diffgrad": (DiffGrad, 0.001, {}),
}


def chosen_optimisers(optimiser: Any, models: nn.Module, rate: float | None) -> list[Optimizer]:
    """The optimisers that `fit` was asked for, as a list: from a name, a factory, or instances.

    A factory gets the parameters (and `lr` if a learning rate was given). Fused where torch can.
    Raises ValueError for an unknown name or for a rate beside a ready-made optimiser.
    """
    parameters = [p for p in models.parameters() if p.requires_grad]
    if isinstance(optimiser, str):
        if optimiser not in NAMED:
            raise ValueError(unknown("optimiser", optimiser, NAMED))
        if not parameters:
            raise ValueError("the model has no parameters to train")
        make, usual, settings = NAMED[optimiser]
        fused = "fused" in inspect.signature(make).parameters and all(
            p.is_floating_point() and p.device.type in ("cpu", "cuda", "mps") for p in parameters
        )
        if make is torch.optim.Adagrad:  # torch has a fused one for the CPU only
            fused = fused and parameters[0].device.type == "cpu"
        if fused:
            settings = {**settings, "fused": True}
        return [make(parameters, lr=usual if rate is None else rate, **settings)]
    ready = list(optimiser.values()) if isinstance(optimiser, Mapping) else optimiser
    ready = [ready] if isinstance(ready, Optimizer) else ready
    if isinstance(ready, (list, tuple)) and all(isinstance(one, Optimizer) for one in ready):
        if rate is not None:
            raise ValueError("learning_rate beside a ready-made optimiser: set its lr there")
        return list(ready)
    if callable(optimiser):
        return [optimiser(parameters) if rate is None else optimiser(parameters, lr=rate)]
    raise TypeError(
        f"optimiser is a name ({', '.join(sorted(NAMED))}), a function of the parameters, or "
        f"torch optimisers (one, a list or a dict), not {type(optimiser).__name__}"
    )
