"""Many small nets trained side by side, each on its own data: seeds for the price of one.

An optimiser that treats every weight for itself cannot tell whether the weights belong to one net
or to ten. So ten nets with ten starts, ten splits and ten orders are one module with one more axis.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn


class ManyNets(nn.Module):
    """`nets` two-layer nets that know nothing of each other; net k sees inputs[:, k]."""

    def __init__(self, nets: int, sizes: tuple[int, int, int], seed: int = 0) -> None:
        super().__init__()
        n, hidden, classes = sizes
        draw = torch.Generator().manual_seed(seed)
        self.W1 = nn.Parameter(torch.randn(nets, n, hidden, generator=draw) * (2 / n) ** 0.5)
        self.b1 = nn.Parameter(torch.zeros(nets, 1, hidden))
        self.W2 = nn.Parameter(torch.randn(nets, hidden, classes, generator=draw) / hidden**0.5)
        self.b2 = nn.Parameter(torch.zeros(nets, 1, classes))

    def forward(self, x: Float[Tensor, "batch nets n"]) -> Float[Tensor, "batch nets classes"]:
        hidden = torch.relu(torch.baddbmm(self.b1, x.transpose(0, 1), self.W1))
        return torch.baddbmm(self.b2, hidden, self.W2).transpose(0, 1)


def total_loss(
    logits: Float[Tensor, "batch nets classes"], targets: Int[Tensor, "batch nets"]
) -> Float[Tensor, ""]:
    """The sum of the nets' mean cross-entropies: each net gets the gradient of its own mean."""
    return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten()) * logits.shape[1]


def scores(
    model: nn.Module, data: tuple[Tensor, Tensor]
) -> tuple[Float[np.ndarray, " nets"], Float[np.ndarray, " nets"]]:
    """(log-loss, accuracy) of every net on its own data."""
    with torch.no_grad():
        logits = model(data[0]).transpose(1, 2)
        loss = nn.functional.cross_entropy(logits, data[1], reduction="none").mean(0)
        right = (logits.argmax(1) == data[1]).double().mean(0)
    return loss.numpy().astype(float), right.numpy()


def own_splits(
    inputs: Float[np.ndarray, "examples n"],
    targets: Int[np.ndarray, " examples"],
    sizes: tuple[int, ...],
    nets: int,
    seed: int = 0,
) -> list[tuple[Float[Tensor, "part nets n"], Int[Tensor, "part nets"]]]:
    """Shuffle the examples anew for every net and cut them into parts of the given sizes.

    Raises ValueError if the parts need more examples than there are.
    """
    if sum(sizes) > len(inputs):
        raise ValueError(f"parts of {sizes} need {sum(sizes)} examples, there are {len(inputs)}")
    order = np.stack(
        [np.random.default_rng([seed, k]).permutation(len(inputs)) for k in range(nets)], axis=1
    )
    parts, begin = [], 0
    for size in sizes:
        chosen = order[begin : begin + size]
        parts.append(
            (torch.tensor(inputs[chosen], dtype=torch.float32), torch.tensor(targets[chosen]))
        )
        begin += size
    return parts
