"""In which numbers a step computes: float32, or mixed precision with bfloat16 or float16.

In mixed precision the weights stay float32; matrix products and convolutions run in 16 bits.
bfloat16 has float32's range, so nothing else changes. float16 has not: small gradients would become
zero, so the loss is scaled up before `backward` and the gradients down again before the update.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

KINDS = {"float32": None, "bf16": torch.bfloat16, "fp16": torch.float16}


class Precision:
    """What `fit` does differently in mixed precision: the context, the backward pass, the update.

    Raises ValueError for an unknown name, and for bf16 on a GPU that lacks it (before 2020).
    """

    def __init__(self, name: str, device: torch.device) -> None:
        if name not in KINDS:
            raise ValueError(f"unknown precision {name!r}: expected {', '.join(map(repr, KINDS))}")
        if name == "bf16" and device.type == "cuda" and not torch.cuda.is_bf16_supported():
            raise ValueError('this GPU has no bfloat16: use precision="fp16" or "float32"')
        self.name, self.device, self.dtype = name, device, KINDS[name]
        self.scaler = torch.amp.GradScaler(device.type) if name == "fp16" else None

    def autocast(self) -> AbstractContextManager[Any]:
        """The context in which the forward pass runs."""
        if self.dtype is None:
            return nullcontext()
        return torch.autocast(self.device.type, dtype=self.dtype)

    def backward(self, loss: Tensor, share: float = 1.0) -> None:
        """Add the gradients of `share` times the loss (in float16: scaled) to the `.grad`s."""
        if share != 1.0:
            loss = loss * share
        (loss if self.scaler is None else self.scaler.scale(loss)).backward()

    def unscale(self, optimisers: list[Optimizer]) -> None:
        """Give the gradients their true size, for clipping and for looking at them."""
        if self.scaler is not None:
            for optimiser in optimisers:
                self.scaler.unscale_(optimiser)

    def update(self, optimisers: list[Optimizer]) -> None:
        """Change the weights and forget the gradients (in float16: unless they overflowed)."""
        for optimiser in optimisers:
            if self.scaler is None:
                optimiser.step()
            else:
                self.scaler.step(optimiser)
            optimiser.zero_grad()
        if self.scaler is not None:
            self.scaler.update()

    def state_dict(self) -> dict[str, Any]:
        return {} if self.scaler is None else self.scaler.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        if self.scaler is not None:
            self.scaler.load_state_dict(state)
