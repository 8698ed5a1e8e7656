"""The multilayer perceptron of mlp.py as a torch module.

A file of its own: mlp.py is used where nothing else needs torch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.models.mlp import activation

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "linear": nn.Identity(),
}


class MLP(nn.Module):
    """The same net in torch: linear layers with an activation between them.

    MLP([2, 3, 1]) has 2 inputs, 3 hidden units and 1 output.
    """

    def __init__(self, sizes: Sequence[int], hidden: str = "relu", output: str = "linear"):
        super().__init__()
        activation(hidden), activation(output)
        self.layers = nn.ModuleList(nn.Linear(m, n) for m, n in pairwise(sizes))
        self.hidden, self.output = ACTIVATIONS[hidden], ACTIVATIONS[output]

    def forward(self, z: Float[Tensor, "batch inputs"]) -> Float[Tensor, "batch outputs"]:
        for layer in list(self.layers)[:-1]:
            z = self.hidden(layer(z))
        return self.output(self.layers[-1](z))

    def load(self, weights: Sequence[np.ndarray], biases: Sequence[np.ndarray]) -> MLP:
        """Copy NumPy weights (units, inputs) and biases into the layers; returns itself."""
        with torch.no_grad():
            layer: Any
            for layer, W, b in zip(self.layers, weights, biases, strict=True):
                layer.weight.copy_(torch.as_tensor(W))
                layer.bias.copy_(torch.as_tensor(b))
        return self
