"""What a trace is: the states that an algorithm goes through, recorded once and used everywhere.

An algorithm worth watching is a generator that yields one frozen dataclass per step. `record` runs
it; the notebook prints the `Trace`, a player animates it, the exam turns it into a worked solution
and a test checks it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Generic, TypeVar, overload

import numpy as np

from course_lib.compare import numeric

State = TypeVar("State")


def text(value: Any, digits: int = 4) -> str:
    """A value as it stands in a table: short numbers, vectors in parentheses, no negative zero."""
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, (int, np.integer, str)):
        return str(value)
    if value is None:
        return ""
    number = numeric(value)
    if number is None:
        return str(value)
    if isinstance(number, np.ndarray):
        return "(" + ", ".join(text(entry, digits) for entry in number) + ")"
    return f"{number + 0.0:.{digits}g}"


class Table:
    """Rows under column names; prints aligned, renders as Markdown and HTML, exports CSV.

    Raises ValueError if a row's length differs from the number of columns.
    """

    def __init__(
        self,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
        caption: str = "",
        digits: int = 4,
    ) -> None:
        self.columns = tuple(columns)
        self.rows = [tuple(row) for row in rows]
        self.caption = caption
        self.digits = digits
        for i, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                raise ValueError(
                    f"row {i} has {len(row)} cells, the table {len(self.columns)} columns"
                )

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> list[Any]:
        """All values of one column. Raises KeyError with the names there are."""
        if name not in self.columns:
            raise KeyError(f"no column {name!r}; there are {', '.join(self.columns)}")
        return [row[self.columns.index(name)] for row in self.rows]

    def cells(self) -> list[list[str]]:
        return [[text(value, self.digits) for value in row] for row in self.rows]

    def __str__(self) -> str:
        body = [list(self.columns), *self.cells()]
        widths = [max(len(row[i]) for row in body) for i in range(len(self.columns))]
        lines = [
            "  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in body
        ]
        lines.insert(1, "  ".join("-" * w for w in widths))
        return "\n".join([*([self.caption] if self.caption else []), *lines])

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        def line(cells: Sequence[str]) -> str:
            return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

        rule = "|" + "---|" * len(self.columns)
        rows = [line(self.columns), rule, *(line(cells) for cells in self.cells())]
        return "\n".join([*([f"**{self.caption}**", ""] if self.caption else []), *rows])

    def to_csv(self) -> str:
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([self.columns, *self.rows])
        return out.getvalue()


class Trace(Sequence[State], Generic[State]):
    """The recorded states of one run, in order; immutable."""

    def __init__(self, states: Iterable[State]) -> None:
        self._states = tuple(states)

    @overload
    def __getitem__(self, index: int) -> State: ...
    @overload
    def __getitem__(self, index: slice) -> Trace[State]: ...
    def __getitem__(self, index: int | slice) -> State | Trace[State]:
        return Trace(self._states[index]) if isinstance(index, slice) else self._states[index]

    def __len__(self) -> int:
        return len(self._states)

    def __iter__(self) -> Iterator[State]:
        return iter(self._states)

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that every state has."""
        first = self._states[0] if self._states else None
        return tuple(f.name for f in fields(first)) if is_dataclass(first) else ()

    def column(self, name: str) -> np.ndarray:
        """One field over all steps, stacked. Raises KeyError with the names there are."""
        if name not in self.names and not hasattr(self._states[0], name):
            raise KeyError(f"the states have no field {name!r}; there are {', '.join(self.names)}")
        return np.asarray([getattr(state, name) for state in self._states])

    def table(self, *names: str, caption: str = "", digits: int = 4) -> Table:
        """The trace as a table, one row per state; all fields unless some are named."""
        chosen = names or self.names
        rows = [[getattr(state, name) for name in chosen] for state in self._states]
        return Table([name.replace("_", " ") for name in chosen], rows, caption, digits)

    def __repr__(self) -> str:
        return f"Trace of {len(self)} states ({', '.join(self.names)})"


def record(states: Iterable[State], limit: int = 100_000) -> Trace[State]:
    """Run a generator of states to its end and keep them all.

    Raises RuntimeError after `limit` states: an algorithm that never stops must be told when to.
    """
    kept: list[State] = []
    for state in states:
        kept.append(state)
        if len(kept) > limit:
            raise RuntimeError(
                f"more than {limit} states: pass a cap to the algorithm, or a larger limit"
            )
    return Trace(kept)
