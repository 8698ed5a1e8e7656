"""Deep nets for experiments with their start: any depth, any first weights, several nets at once.

As in `many_nets`, net k sees inputs[:, k]: seeds for the price of one. `signals` listens to what
goes forward and what comes back (lectures 000B, topics 2, 3, 12, 16; 001, topics 16, 18; 004, 14).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_lib.names import unknown

# The standard deviation of the first weights of a layer with n inputs and m outputs.
STARTS: dict[str, Callable[[int, int], float]] = {
    "zero": lambda n, m: 0.0,
    "N(0, 0.01²)": lambda n, m: 0.01,
    "N(0, 1)": lambda n, m: 1.0,
    "uniform ±1/√n": lambda n, m: (1 / (3 * n)) ** 0.5,
    "Xavier 1/n": lambda n, m: (1 / n) ** 0.5,
    "Glorot 2/(n+m)": lambda n, m: (2 / (n + m)) ** 0.5,
    "He 2/n": lambda n, m: (2 / n) ** 0.5,
}

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "linear": lambda a: a,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
}

NORMS = ("none", "batch", "layer")


def chosen(name: str, known: Sequence[str], what: str) -> str:
    """`name` if it is known. Raises KeyError with the close matches otherwise."""
    if name in known:
        return name
    raise KeyError(unknown(what, name, known))


class Norm(nn.Module):
    """Batch norm (over examples) or layer norm (over units) of several nets side by side."""

    mean: Tensor
    var: Tensor

    def __init__(self, kind: str, nets: int, units: int) -> None:
        super().__init__()
        self.over = {"batch": 1, "layer": 2}[kind]
        self.gain = nn.Parameter(torch.ones(nets, 1, units))
        self.shift = nn.Parameter(torch.zeros(nets, 1, units))
        self.register_buffer("mean", torch.zeros(nets, 1, units))
        self.register_buffer("var", torch.ones(nets, 1, units))

    def forward(self, a: Float[Tensor, "nets batch units"]) -> Float[Tensor, "nets batch units"]:
        if self.over == 1 and not self.training:
            mean, var = self.mean, self.var
        else:
            mean = a.mean(self.over, keepdim=True)
            var = a.var(self.over, keepdim=True, unbiased=False)
            if self.over == 1 and a.shape[1] > 1:
                with torch.no_grad():
                    n = a.shape[1]
                    self.mean += 0.1 * (mean - self.mean)  # as torch: the unbiased variance is kept
                    self.var += 0.1 * (var * n / (n - 1) - self.var)
        return self.gain * (a - mean) / torch.sqrt(var + 1e-5) + self.shift


class DeepNets(nn.Module):
    """`nets` fully connected nets of the given sizes that know nothing of each other.

    Per hidden layer: weights, norm, activation, dropout, then the shortcut around all of it where
    `residual` is set and the widths agree. Raises KeyError for unknown names, ValueError for
    less than two sizes.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        nets: int = 1,
        *,
        activation: str = "relu",
        start: str = "He 2/n",
        gain: float = 1.0,
        bias: float = 0.0,
        norm: str = "none",
        residual: bool = False,
        dropout: float = 0.0,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if len(sizes) < 2:
            raise ValueError(f"sizes={list(sizes)}: expected inputs and outputs at least")
        self.act = ACTIVATIONS[chosen(activation, list(ACTIVATIONS), "activation")]
        std = STARTS[chosen(start, list(STARTS), "start")]
        chosen(norm, NORMS, "norm")
        self.residual, self.dropout = residual, dropout
        self.draw = torch.Generator().manual_seed(seed)
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        self.norms = nn.ModuleList()
        for k, (n, m) in enumerate(zip(sizes, sizes[1:], strict=False)):
            if start.startswith("uniform"):
                W = (2 * torch.rand(nets, n, m, generator=self.draw) - 1) * 3**0.5
            else:
                W = torch.randn(nets, n, m, generator=self.draw)
            self.weights.append(nn.Parameter(W * std(n, m) * gain))
            self.biases.append(nn.Parameter(torch.full((nets, 1, m), float(bias))))
            hidden = k < len(sizes) - 2
            self.norms.append(Norm(norm, nets, m) if hidden and norm != "none" else nn.Identity())

    def forward(
        self, x: Float[Tensor, "batch nets n"], kept: list[Tensor] | None = None
    ) -> Float[Tensor, "batch nets classes"]:
        """The logits; the outputs of the hidden layers are appended to `kept`."""
        z = x.transpose(0, 1)
        for W, b, norm in zip(self.weights[:-1], self.biases, self.norms, strict=False):
            h = self.act(norm(torch.baddbmm(b, z, W)))
            if self.dropout and self.training:
                stays = torch.rand(h.shape, generator=self.draw) >= self.dropout
                h = h * stays / (1 - self.dropout)
            z = z + h if self.residual and z.shape == h.shape else h
            if kept is not None:
                kept.append(z)
        return torch.baddbmm(self.biases[-1], z, self.weights[-1]).transpose(0, 1)


@dataclass(frozen=True)
class Signals:
    """What a net sends forward and gets back, per hidden layer, on one batch."""

    outputs: list[Float[np.ndarray, "batch units"]]
    std: Float[np.ndarray, " layers"]  # of the layer's outputs
    slope: Float[np.ndarray, " layers"]  # norm of the loss's gradient by these outputs
    by_weights: Float[np.ndarray, " weights"]  # norm of the gradient of every weight matrix

    @property
    def slope_ratio(self) -> float:
        """First over last layer: below 1 the gradient vanishes on its way back."""
        return float(self.slope[0] / self.slope[-1]) if self.slope[-1] else float("nan")

    @property
    def weight_ratio(self) -> float:
        """The gradient of the first weights over that of the last."""
        return float(self.by_weights[0] / self.by_weights[-1]) if self.by_weights[-1] else 0.0


def signals(
    net: DeepNets, inputs: Float[Tensor, "batch n"], targets: Int[Tensor, " batch"]
) -> Signals:
    """One batch through a single net, its cross-entropy back. Raises ValueError for more nets."""
    if net.weights[0].shape[0] != 1:
        raise ValueError("signals listens to one net; make it with nets=1")
    kept: list[Tensor] = []
    logits = net(inputs[:, None], kept)[:, 0]
    loss = nn.functional.cross_entropy(logits, targets)
    slopes = torch.autograd.grad(loss, [*kept, *net.weights])
    depth = len(kept)
    return Signals(
        [z[0].detach().numpy() for z in kept],
        np.array([z.std().item() for z in kept]),
        np.array([g.norm().item() for g in slopes[:depth]]),
        np.array([g.norm().item() for g in slopes[depth:]]),
    )


def digits_batch(count: int = 200) -> tuple[Float[Tensor, "batch 64"], Int[Tensor, " batch"]]:
    """The first real digits, standardised as a whole: the batch that `signals` is fed with."""
    from course_lib.datasets import load

    digits = load("digits")
    scaled = (digits.inputs - digits.inputs.mean()) / digits.inputs.std()
    return torch.tensor(scaled[:count], dtype=torch.float32), torch.tensor(digits.targets[:count])


def digit_parts(
    *sizes: int, nets: int = 5, seed: int = 0
) -> list[tuple[Float[Tensor, "part nets 64"], Int[Tensor, "part nets"]]]:
    """The digits, standardised as a whole, shuffled and cut anew for every net."""
    from course_lib.datasets import load
    from course_lib.models.many_nets import own_splits

    digits = load("digits")
    scaled = (digits.inputs - digits.inputs.mean()) / digits.inputs.std()
    return own_splits(scaled, digits.targets, sizes, nets, seed)


__all__ = [
    "ACTIVATIONS", "NORMS", "STARTS", "DeepNets", "Norm", "Signals", "digit_parts",
    "digits_batch", "signals",
]  # fmt: skip
