"""Two moons, the same moons turned, and many small networks that are to work on both."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from course_lib.datasets import load


def turned_moons(
    networks: int, n: int, angle: float
) -> tuple[
    Float[Tensor, "networks examples 2"],
    Float[Tensor, "networks half"],
    Float[Tensor, "networks half"],
]:
    """For each network n moons and n others turned by `angle` degrees; the labels of both."""
    source, target = (
        [load("moons", n=n, noise=0.1, rng=seed + k) for seed in range(networks)] for k in (0, 100)
    )
    c, s = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    turn = np.array([[c, s], [-s, c]])
    both = [
        np.concatenate([a.inputs, b.inputs @ turn]) for a, b in zip(source, target, strict=True)
    ]
    y, z = (torch.tensor(np.array([d.targets for d in part])) for part in (source, target))
    return torch.tensor(np.array(both)).float(), y, z


def adapt(
    reverse: Callable[[Tensor, float], Tensor],
    strength: float,
    *,
    networks: int = 10,
    n: int = 100,
    steps: int = 600,
    angle: float = 35,
) -> tuple[Float[np.ndarray, " networks"], Float[np.ndarray, " networks"]]:
    """Train a label head on the source, and a domain head behind `reverse`, on shared features.

    All networks at once: the first axis of every array. Returns each network's accuracy on the
    target, and how often its domain head is right (Ganin and Lempitsky 2015; lecture 004).
    """
    X, y, z = turned_moons(networks, n, angle)
    domain, rng = torch.arange(2).repeat_interleave(n).expand(networks, -1), torch.Generator()
    W = [
        torch.randn(networks, a, b, generator=rng.manual_seed(7 * a + b)) * (2 / a) ** 0.5
        for a, b in ((3, 16), (17, 16), (17, 2), (17, 2))  # body, body, two heads
    ]
    one, cross = torch.ones(networks, 2 * n, 1), torch.nn.functional.cross_entropy
    optimiser = torch.optim.Adam([w.requires_grad_() for w in W], 0.01)
    for _ in range(steps):
        h = torch.relu(torch.cat([torch.relu(torch.cat([X, one], 2) @ W[0]), one], 2) @ W[1])
        label = torch.cat([h, one], 2) @ W[2]
        where = torch.cat([reverse(h, strength), one], 2) @ W[3]
        loss = cross(label[:, :n].transpose(1, 2), y) + cross(where.transpose(1, 2), domain)
        optimiser.zero_grad()
        (networks * loss).backward()  # a mean over the networks otherwise
        optimiser.step()
    right = (label[:, n:].argmax(2) == z).float().mean(1)
    told = (where.argmax(2) == domain).float().mean(1)
    return right.numpy(), told.numpy()
