"""Activation functions that learn their own shape, as torch modules.

Each has parameters of `shape`, which must broadcast against the last axes of the input: `units`
for a dense layer, (channels, 1, 1) for images, (nets, 1, units) for many nets side by side.
All start as ReLU, except where the line says otherwise. Source: lecture 000B, topic 9.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.models.activations import galu_table, melu_table

Shape = int | tuple[int, ...]


def _shape(shape: Shape) -> tuple[int, ...]:
    return (shape,) if isinstance(shape, int) else tuple(shape)


class PReLU(nn.Module):
    """x, or a x below 0 (He and others 2015). The lecture starts at a = 0; torch at 0.25."""

    def __init__(self, shape: Shape, start: float = 0.0) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.full(_shape(shape), start))

    def forward(self, x: Float[Tensor, "*batch units"]) -> Float[Tensor, "*batch units"]:
        return torch.where(x > 0, x, self.a * x)


class SReLU(nn.Module):
    """The identity between two learned thresholds, learned slopes beyond (Jin and others 2016).

    The lecture leaves the start of a_right open; with 1 the unit begins as ReLU.
    """

    def __init__(self, shape: Shape, max_input: float = 1.0) -> None:
        super().__init__()
        self.t_left = nn.Parameter(torch.zeros(_shape(shape)))
        self.a_left = nn.Parameter(torch.zeros(_shape(shape)))
        self.t_right = nn.Parameter(torch.full(_shape(shape), max_input))
        self.a_right = nn.Parameter(torch.ones(_shape(shape)))

    def forward(self, x: Float[Tensor, "*batch units"]) -> Float[Tensor, "*batch units"]:
        left = self.t_left + self.a_left * (x - self.t_left)
        right = self.t_right + self.a_right * (x - self.t_right)
        return torch.where(x >= self.t_right, right, torch.where(x <= self.t_left, left, x))


class APLU(nn.Module):
    """ReLU plus `pieces` hinges max(0, b - x) with learned slopes (Agostinelli and others 2015)."""

    def __init__(
        self, shape: Shape, pieces: int = 2, generator: torch.Generator | None = None
    ) -> None:
        super().__init__()
        generator = generator or torch.Generator().manual_seed(0)
        size = (pieces, *_shape(shape))
        self.a = nn.Parameter(torch.zeros(size))
        self.b = nn.Parameter(torch.randn(size, generator=generator))

    def forward(self, x: Float[Tensor, "*batch units"]) -> Float[Tensor, "*batch units"]:
        y = torch.relu(x)
        for a, b in zip(self.a, self.b, strict=True):
            y = y + a * torch.relu(b - x)
        return y

    def penalty(self, strength: float = 0.001) -> Float[Tensor, ""]:
        """What the lecture adds to the loss: strength times the squares of a and of b."""
        return strength * (self.a.square().sum() + self.b.square().sum())


class MeLU(nn.Module):
    """PReLU plus k - 1 fixed triangles with learned heights (Maguolo, Nanni and Ghidoni 2021)."""

    def __init__(self, shape: Shape, k: int = 4, max_input: float = 1.0) -> None:
        super().__init__()
        self.hats = list(zip(*(v.tolist() for v in self.table(k, max_input)), strict=True))
        self.c = nn.Parameter(torch.zeros(k, *_shape(shape)))

    @staticmethod
    def table(k: int, max_input: float):
        """Centres and widths of the bumps."""
        return melu_table(k, max_input)

    @staticmethod
    def bump(x: Tensor, a: float, width: float) -> Tensor:
        """One triangle."""
        return torch.relu(width - (x - a).abs())

    def forward(self, x: Float[Tensor, "*batch units"]) -> Float[Tensor, "*batch units"]:
        y = torch.where(x > 0, x, self.c[0] * x)
        for c, (a, width) in zip(self.c[1:], self.hats, strict=True):
            y = y + c * self.bump(x, a, width)
        return y


class GaLU(MeLU):
    """MeLU with waves, a triangle up and one down, in place of triangles."""

    @staticmethod
    def table(k: int, max_input: float):
        """Centres and widths of the waves: the supports are MeLU's."""
        return galu_table(k, max_input)

    @staticmethod
    def bump(x: Tensor, a: float, width: float) -> Tensor:
        """One wave."""
        return torch.relu(width - (x - a).abs()) - torch.relu(width - (x - a - 2 * width).abs())


class Bends(nn.Module):
    """Many nets side by side, all with the same kind of activation; net k sees inputs[:, k].

    Like `ManyNets`, with any depth and any activation: `make(shape)` builds one for a hidden layer,
    with parameters of its own for every unit of every net. Weights start as N(0, gain^2 / inputs).
    """

    def __init__(self, nets: int, sizes: tuple[int, ...], make, gain: float, seeds: Tensor) -> None:
        super().__init__()
        self.weights, self.biases, self.bends = (
            nn.ParameterList(), nn.ParameterList(), nn.ModuleList(),
        )  # fmt: skip
        draws = [torch.Generator().manual_seed(int(s)) for s in seeds]
        for n, m in zip(sizes[:-1], sizes[1:], strict=True):
            start = torch.stack([torch.randn(n, m, generator=draw) for draw in draws])
            self.weights.append(nn.Parameter(start * gain / n**0.5))
            self.biases.append(nn.Parameter(torch.zeros(nets, 1, m)))
        for m in sizes[1:-1]:
            self.bends.append(make((nets, 1, m)))

    def forward(self, x: Float[Tensor, "batch nets n"]) -> Float[Tensor, "batch nets classes"]:
        z = x.transpose(0, 1)
        for k, (W, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            z = torch.baddbmm(b, z, W)
            if k < len(self.bends):
                z = self.bends[k](z)
        return z.transpose(0, 1)


KINDS = {
    "linear": (lambda shape: nn.Identity(), 1.0),
    "sigmoid": (lambda shape: nn.Sigmoid(), 4.0),
    "tanh": (lambda shape: nn.Tanh(), 1.0),
    "ReLU": (lambda shape: nn.ReLU(), 2**0.5),
    "leaky ReLU": (lambda shape: nn.LeakyReLU(0.01), 2**0.5),
    "ELU": (lambda shape: nn.ELU(), 2**0.5),
    "swish": (lambda shape: nn.SiLU(), 2**0.5),
    "PReLU": (PReLU, 2**0.5),
    "SReLU": (SReLU, 2**0.5),
    "APLU": (APLU, 2**0.5),
    "MeLU": (MeLU, 2**0.5),
    "GaLU": (GaLU, 2**0.5),
}
