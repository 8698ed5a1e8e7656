"""What a run measured: one row per epoch, the loss of every update, and how it ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from jaxtyping import Float

from course_lib.names import unknown
from course_lib.trace import Table, text


class History:
    """`history["validation loss"]` is that column over the epochs; `history[-1]` the last row.

    `updates` counts the weight updates, `losses` has the loss of every batch. `interrupted` says
    that the run was stopped by hand, `stopped` why it ended early (or is empty), `best_epoch` (from
    1) whose weights early stopping put back. `diagnostics` has a nested row per epoch.
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []
        self.losses: list[float] = []
        self.diagnostics: list[dict[str, dict[str, float]]] = []
        self.updates = 0
        self.interrupted = False
        self.stopped = ""
        self.best_epoch: int | None = None

    def add(
        self, row: dict[str, float], losses: list[float], inside: dict[str, dict[str, float]]
    ) -> None:
        """Append an epoch."""
        self.rows.append(row)
        self.losses += losses
        self.diagnostics.append(inside)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, float]]:
        return iter(self.rows)

    @property
    def names(self) -> list[str]:
        """The columns there are, in the order they were first measured."""
        return list(dict.fromkeys(name for row in self.rows for name in row))

    def __getitem__(self, what: str | int) -> Any:
        """A column (nan where an epoch lacks it) or a row. Raises KeyError with close matches."""
        if not isinstance(what, str):
            return self.rows[what]
        if what not in self.names:
            raise KeyError(unknown("column", what, self.names))
        return self.column(what)

    def column(self, name: str) -> Float[np.ndarray, " epochs"]:
        return np.array([row.get(name, np.nan) for row in self.rows])

    def table(self, *names: str, every: int = 1) -> Table:
        """The rows (or every n-th and the last) as a table."""
        chosen = names or tuple(self.names)
        epochs = [e for e in range(1, len(self) + 1) if e % every == 0 or e in (1, len(self))]
        cells = [[e, *(self.rows[e - 1].get(name) for name in chosen)] for e in epochs]
        return Table(["epoch", *chosen], cells)

    def line(self) -> str:
        """The run in one line, without times."""
        many = "epoch" if len(self) == 1 else "epochs"
        words = [f"{len(self)} {many}"]
        if self.rows:
            hidden = ("learning rate",)
            shown = self.rows[(self.best_epoch or 0) - 1]
            words.append(", ".join(f"{k} {text(v)}" for k, v in shown.items() if k not in hidden))
        if self.best_epoch is not None:
            words[0] += f", best {self.best_epoch}"
        if self.interrupted:
            words.append("interrupted")
        elif self.stopped:
            words.append(self.stopped)
        return ": ".join(words[:2]) + "".join(f" ({word})" for word in words[2:])

    def __repr__(self) -> str:
        return f"History of {self.line()}"

    def plot(self, *names: str) -> Any:
        """The curves over the epochs, drawn on new Axes; see `plots.curves`."""
        from course_lib.training.plots import curves

        return curves(self, *names)

    def state_dict(self) -> dict[str, Any]:
        return {**vars(self)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.__dict__.update({name: state[name] for name in vars(self)})
