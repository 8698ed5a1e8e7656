"""Snapshot ensembles: the weights at the end of each cycle vote (Huang et al. 2017; topic 61).

snapshots = Snapshots(model, at=[10, 20, 30])
fit(model, ..., epochs=30, schedule=lambda epoch: sgdr(epoch, 0, 0.1, 10), schedule_per="epoch",
    after_epoch=snapshots)
probabilities = snapshots.predict(inputs)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.func import functional_call

from course_lib.training.history import History


class Snapshots:
    """Keeps the weights after the epochs `at` (call it with the history) and lets them vote.

    The mean's log-loss is never above the snapshots' mean log-loss (convexity); its accuracy may
    be.
    """

    def __init__(
        self,
        model: nn.Module,
        at: Sequence[int],
        *,
        probabilities: Callable[[Tensor], Tensor] = lambda logits: logits.softmax(-1),
    ) -> None:
        if not at or min(at) < 1:
            raise ValueError(f"at is a list of epochs, counted from 1, not {at!r}")
        self.model, self.at, self.probabilities = model, set(at), probabilities
        self.weights: list[dict[str, Tensor]] = []

    def __call__(self, history: History) -> None:
        """After an epoch: keep the weights if it is time."""
        if len(history) == 1:
            self.weights = []
        if len(history) in self.at:
            self.weights.append({k: v.detach().clone() for k, v in self.model.state_dict().items()})

    def __len__(self) -> int:
        return len(self.weights)

    @torch.no_grad()
    def each(self, inputs: Tensor) -> Float[Tensor, "snapshots examples classes"]:
        """Every snapshot's probabilities. Raises ValueError before the first snapshot."""
        if not self.weights:
            raise ValueError("no snapshot yet: pass me as after_epoch= to fit")
        self.model.eval()
        here = next(self.model.parameters()).device
        answers = [functional_call(self.model, w, (inputs.to(here),)) for w in self.weights]
        return torch.stack([self.probabilities(answer) for answer in answers])

    def predict(self, inputs: Tensor) -> Float[Tensor, "examples classes"]:
        """The mean of the snapshots' probabilities."""
        return self.each(inputs).mean(0)

    def state_dict(self) -> dict[str, Any]:
        return {"weights": self.weights}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.weights = list(state["weights"])
