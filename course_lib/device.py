"""The one place that chooses where tensors live, and whether output is kept short."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def device(name: str | None = None) -> torch.device:
    """The device to compute on: `name`, else COURSE_DEVICE, else CUDA where there is one, else the
    CPU.

    Apple's "mps" is used only when asked for by name: its numbers differ from everybody else's.
    Raises ValueError for an unknown name and RuntimeError for a device that this machine lacks.
    """
    import torch

    wanted = name or os.environ.get("COURSE_DEVICE") or ""
    if not wanted:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    kind = wanted.split(":")[0]
    if kind not in ("cpu", "cuda", "mps"):
        raise ValueError(f"unknown device {wanted!r}: expected 'cpu', 'cuda', 'cuda:N' or 'mps'")
    available = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if not available[kind]:
        raise RuntimeError(
            f"this machine has no {kind} device; leave COURSE_DEVICE empty or set it to 'cpu'"
        )
    return torch.device(wanted)


def quiet() -> bool:
    """Whether COURSE_QUIET asks for one line instead of progress bars."""
    return os.environ.get("COURSE_QUIET", "") not in ("", "0")
