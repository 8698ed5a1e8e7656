"""The random states that a run draws from, as plain tensors and tuples."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch


def random_states() -> dict[str, Any]:
    """The global states of torch (CPU and every CUDA device), NumPy and Python."""
    name, keys, position, has_gauss, cached = np.random.get_state(legacy=True)  # noqa: NPY002
    version, internal, gauss = random.getstate()
    return {
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        "numpy": (name, torch.tensor(keys), int(position), int(has_gauss), float(cached)),
        "python": (version, torch.tensor(internal), gauss),
    }


def restore_random_states(states: dict[str, Any]) -> None:
    """Put back what `random_states` returned."""
    torch.set_rng_state(states["torch"])
    if states["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(states["cuda"])
    name, keys, *rest = states["numpy"]
    np.random.set_state((name, keys.numpy(), *rest))  # noqa: NPY002
    version, internal, gauss = states["python"]
    random.setstate((version, tuple(internal.tolist()), gauss))


@contextmanager
def untouched_random_states() -> Iterator[None]:
    """Whatever is drawn inside, the states outside continue as if nothing had been."""
    before = random_states()
    try:
        yield
    finally:
        restore_random_states(before)
