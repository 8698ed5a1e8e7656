"""Stop when the validation no longer improves, with the best weights (lecture 000A, topic 27)."""

from __future__ import annotations

import math
from typing import Any

from torch import Tensor, nn

from course_lib.training.history import History


class EarlyStopping:
    """Ends a run after `patience` epochs in which `monitor` did not improve by `at_least`.

    Losses and errors improve downwards, everything else upwards, unless `lowest` says otherwise.
    A patience of None never ends a run. Raises ValueError for a patience below 1.
    """

    def __init__(
        self,
        patience: int | None = 5,
        monitor: str = "validation loss",
        *,
        lowest: bool | None = None,
        at_least: float = 0.0,
    ) -> None:
        if patience is not None and (isinstance(patience, bool) or patience < 1):
            raise ValueError(f"patience is a number of epochs from 1 up, not {patience!r}")
        self.patience, self.monitor, self.at_least = patience, monitor, at_least
        downwards = any(word in monitor for word in ("loss", "error", "perplexity"))
        self.sign = -1.0 if (downwards if lowest is None else lowest) else 1.0
        self.clear()

    @classmethod
    def chosen(cls, wanted: int | EarlyStopping | None) -> EarlyStopping:
        """What `fit` was asked for, ready for a new run."""
        stopper = wanted if isinstance(wanted, EarlyStopping) else cls(wanted)
        stopper.clear()
        return stopper

    def clear(self) -> None:
        self.best, self.waited = -math.inf, 0
        self.weights: dict[str, Tensor] | None = None

    def look(self, history: History, models: nn.Module) -> None:
        """After an epoch: keep the weights if they are the best, say `stopped` if it is enough.

        Raises KeyError if the epoch did not measure what is monitored.
        """
        if self.patience is None:
            return
        value = self.sign * float(history[self.monitor][-1])
        if value > self.best + self.at_least:
            self.best, self.waited, history.best_epoch = value, 0, len(history)
            self.weights = {name: t.detach().clone() for name, t in models.state_dict().items()}
        else:
            self.waited += 1
            if self.waited >= self.patience:
                history.stopped = f"no better {self.monitor} for {self.waited} epochs"

    def restore(self, models: nn.Module) -> None:
        """Put the best weights back."""
        if self.weights is not None:
            models.load_state_dict(self.weights)

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "waited": self.waited, "weights": self.weights}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.best, self.waited, self.weights = state["best"], state["waited"], state["weights"]
