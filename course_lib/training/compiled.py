"""The step through torch.compile: fused kernels, and on a GPU steps replayed as CUDA graphs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

MODES = ("default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs")


def compiled(step: Callable[[Any], Any], how: bool | str) -> Callable[[Any], Any]:
    """`step` itself if `how` is False; else compiled: True, a mode or a backend of torch.compile.

    "reduce-overhead" records CUDA graphs: the launches of a small net's step cost more than its
    arithmetic, and a graph launches once. Its results live in memory that the next step overwrites,
    so they are copied. The first steps are slow: they compile, once more for a smaller last batch.
    """
    if not how:
        return step
    if how is True:
        return torch.compile(step)
    if how not in MODES:
        return torch.compile(step, backend=how)
    fast = torch.compile(step, mode=how)

    def one_step(batch: Any) -> Any:
        torch.compiler.cudagraph_mark_step_begin()
        result = fast(batch)
        if isinstance(result, Tensor):
            return result.clone()
        return {name: value.clone() for name, value in result.items()}

    return one_step
