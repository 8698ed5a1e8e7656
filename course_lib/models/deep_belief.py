"""Stacks of restricted Boltzmann machines: greedy pre-training, deep belief nets, autoencoders.

Hinton, Osindero and Teh 2006; Hinton and Salakhutdinov 2006; lecture 004, topics 18 and 30.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.models.boltzmann import RBM, toss, trained
from course_lib.models.deep_nets import DeepNets


def greedy(
    learn: Callable[[Any, int], Callable[[Any], Any]], data: Any, layers: int
) -> tuple[list[Callable[[Any], Any]], Any]:
    """Learn a stage on the data, send the data through it, learn the next on what comes out.

    `learn(data, k)` returns stage k, a function. Returns the stages and the last representation.
    Lecture 004, figure 6, with its endless recursion mended.
    """
    stages: list[Callable[[Any], Any]] = []
    for k in range(layers):
        stages.append(learn(data, k))
        data = stages[-1](data)
    return stages, data


@dataclass(frozen=True)
class Stack:
    """Restricted machines on top of each other: the hidden units of one are the next one's
    visible units. As a generator it is a deep belief net: the top machine dreams, the others
    only paint downwards.
    """

    machines: Sequence[RBM]

    @property
    def sizes(self) -> list[int]:
        return [self.machines[0].weights.shape[0], *(m.weights.shape[1] for m in self.machines)]

    def up(self, v: Float[np.ndarray, "rows visible"], layers: int | None = None) -> np.ndarray:
        """The probabilities of the hidden units of layer `layers` (default: the top)."""
        for machine in self.machines[:layers]:
            v = machine.to_hidden(v)
        return v

    def down(self, h: Float[np.ndarray, "rows hidden"], layers: int | None = None) -> np.ndarray:
        """From the hidden units of layer `layers` (default: the top) to pixel probabilities."""
        for machine in reversed(self.machines[:layers]):
            h = machine.to_visible(h)
        return h

    def dream(
        self, v: Float[np.ndarray, "rows visible"], rng: np.random.Generator, steps: int
    ) -> Float[np.ndarray, "rows visible"]:
        """Start the top machine from v sent upwards, let it run, and paint what it thinks of."""
        below = len(self.machines) - 1
        top = toss(self.up(v, below), rng)
        for _ in range(steps):
            top = self.machines[-1].pass_on(top, rng)
        return self.down(top, below)

    def fields(self, layer: int) -> Float[np.ndarray, "units visible"]:
        """What each unit of a layer (1 is the lowest) likes to see: weights multiplied down."""
        W = self.machines[0].weights
        for machine in self.machines[1:layer]:
            W = W @ machine.weights
        return W.T


def pretrain(
    data: Float[np.ndarray, "rows visible"],
    hidden: Sequence[int],
    rng: np.random.Generator,
    **options: Any,
) -> Stack:
    """A stack with the given layers of hidden units, one machine after the other (`train`)."""
    machines: list[RBM] = []

    def learn(v: np.ndarray, k: int) -> Callable[[np.ndarray], np.ndarray]:
        start = RBM.for_data(v, hidden[k], rng)
        machines.append(trained(start, v, rng, **options))
        return machines[-1].to_hidden

    greedy(learn, data, len(hidden))
    return Stack(machines)


def as_classifiers(
    stacks: Sequence[Stack], classes: int, seed: int = 0, spread: float = 0.1
) -> DeepNets:
    """One sigmoid net per stack: its layers, and a new layer of small weights for the classes."""
    net = DeepNets(
        [*stacks[0].sizes, classes], len(stacks), activation="sigmoid", start="N(0, 1)",
        gain=spread, seed=seed,
    )  # fmt: skip
    _fill(net, [[(m.weights, m.hidden_bias) for m in s.machines] for s in stacks])
    return net


def as_autoencoders(stacks: Sequence[Stack]) -> DeepNets:
    """One net per stack: up by the weights, down by their transposes; its outputs are logits."""
    sizes = stacks[0].sizes
    net = DeepNets([*sizes, *sizes[-2::-1]], len(stacks), activation="sigmoid")
    layers = []
    for stack in stacks:
        up = [(m.weights, m.hidden_bias) for m in stack.machines]
        down = [(m.weights.T, m.visible_bias) for m in reversed(stack.machines)]
        layers.append(up + down)
    _fill(net, layers)
    return net


def pixel_loss(
    logits: Float[Tensor, "batch nets pixels"], pixels: Float[Tensor, "batch nets pixels"]
) -> Float[Tensor, ""]:
    """The sum of the nets' mean binary cross-entropies per pixel."""
    return nn.functional.binary_cross_entropy_with_logits(logits, pixels) * logits.shape[1]


def outputs(
    net: nn.Module, inputs: Float[Tensor, "examples nets pixels"]
) -> Float[np.ndarray, "examples nets pixels"]:
    """The pixel probabilities that autoencoders answer with."""
    with torch.no_grad():
        return torch.sigmoid(net(inputs)).numpy()


def squared_error(
    net: nn.Module, inputs: Float[Tensor, "examples nets pixels"]
) -> Float[np.ndarray, " nets"]:
    """Mean squared error per pixel of each autoencoder."""
    return np.mean((outputs(net, inputs) - inputs.numpy()) ** 2, axis=(0, 2))


def _fill(net: DeepNets, layers: Sequence[Sequence[tuple[np.ndarray, np.ndarray]]]) -> None:
    """Put weights and biases, per net and layer, into the lowest layers."""
    with torch.no_grad():
        for k, own in enumerate(layers):
            for layer, (W, b) in enumerate(own):
                net.weights[layer][k] = torch.as_tensor(W, dtype=torch.float32)
                net.biases[layer][k, 0] = torch.as_tensor(b, dtype=torch.float32)
