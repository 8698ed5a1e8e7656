"""Temporal convolutional networks: causal, dilated, residual (Bai, Kolter and Koltun 2018).

Lecture 000B topic 34, lecture 003 topic 28.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn


class CausalConv1d(nn.Conv1d):
    """A convolution over time that sees x_t, x_(t-d), ... and never the future.

    (kernel - 1) * dilation zeros are put before the sequence, none behind it.
    """

    def __init__(
        self, inputs: int, outputs: int, kernel: int, dilation: int = 1, groups: int = 1
    ) -> None:
        super().__init__(inputs, outputs, kernel, dilation=dilation, groups=groups)
        self.before = (kernel - 1) * dilation

    def forward(self, x: Float[Tensor, "batch n steps"]) -> Float[Tensor, "batch m steps"]:
        return super().forward(nn.functional.pad(x, (self.before, 0)))


class ResidualBlock(nn.Module):
    """Two causal convolutions of one dilation, and a road around them."""

    def __init__(self, inputs: int, outputs: int, kernel: int, dilation: int, dropout: float = 0.0):
        super().__init__()
        self.around = nn.Conv1d(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        self.through = nn.Sequential(
            CausalConv1d(inputs, outputs, kernel, dilation), nn.ReLU(), nn.Dropout1d(dropout),
            CausalConv1d(outputs, outputs, kernel, dilation), nn.ReLU(), nn.Dropout1d(dropout),
        )  # fmt: skip

    def forward(self, x: Float[Tensor, "batch n steps"]) -> Float[Tensor, "batch m steps"]:
        return torch.relu(self.through(x) + self.around(x))


def plain_tcn(inputs: int, hidden: int, kernel: int, levels: int, nets: int = 1) -> nn.Sequential:
    """`levels` causal convolutions with dilations 1, 2, 4, ...; ReLU between them.

    With nets > 1 the channels fall into as many groups, which know nothing of each other.
    """
    layers: list[nn.Module] = []
    for k in range(levels):
        width = inputs if k == 0 else hidden
        layers += [CausalConv1d(nets * width, nets * hidden, kernel, 2**k, nets), nn.ReLU()]
    return nn.Sequential(*layers)


def residual_tcn(inputs: int, hidden: int, kernel: int, levels: int) -> nn.Sequential:
    """`levels` residual blocks with dilations 1, 2, 4, ..."""
    widths = [inputs] + [hidden] * levels
    return nn.Sequential(
        *(ResidualBlock(widths[k], widths[k + 1], kernel, 2**k) for k in range(levels))
    )


def receptive_field(kernel: int, levels: int, convolutions: int = 1) -> int:
    """How many inputs one output sees: 1 + convolutions (kernel - 1) (2^levels - 1).

    Raises ValueError for a kernel, a number of levels or of convolutions per level below 1.
    """
    if min(kernel, levels, convolutions) < 1:
        raise ValueError(
            f"expected numbers of at least 1, got {kernel=}, {levels=}, {convolutions=}"
        )
    return 1 + convolutions * (kernel - 1) * (2**levels - 1)


def least_levels(kernel: int, steps: int, convolutions: int = 1) -> int:
    """The smallest number of levels whose receptive field spans `steps` inputs."""
    levels = 1
    while receptive_field(kernel, levels, convolutions) < steps:
        levels += 1
    return levels


def measured_field(net: nn.Module, inputs: int, steps: int) -> int:
    """The receptive field of the last output, found by asking which inputs have a gradient.

    All weights are set to a positive constant first, so that no path cancels or dies.
    """
    with torch.no_grad():
        for p in net.parameters():
            p.fill_(0.1)
    x = torch.ones(1, inputs, steps, requires_grad=True)
    net(x)[..., -1].sum().backward()
    assert x.grad is not None
    return int((x.grad.abs().sum(1) > 0).sum())
