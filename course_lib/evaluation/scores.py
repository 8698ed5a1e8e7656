"""A table of scores, one row per data set and one column per classifier, from whatever holds it.

Arrays, dictionaries of lists, data frames, the course's tables, a CSV file or CSV text pasted into
a cell: all become one `Scores` object, and everything that is wrong with it is said here, once.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from course_lib.names import unknown
from course_lib.trace import Table


class TableError(ValueError):
    """A table of scores that cannot be compared: the message says where and what is expected."""


class UnknownClassifier(ValueError):
    """A name that is not among the classifiers of the table."""


def place(name: str, names: Sequence[str]) -> int:
    """The position of `name` in `names`. Raises UnknownClassifier with the close matches."""
    if name in names:
        return list(names).index(name)
    raise UnknownClassifier(unknown("classifier", name, names))


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of k classifiers on the same N data sets (accuracy, AUC, error: any one measure).

    Raises TableError for fewer than two classifiers or data sets, for missing, infinite or
    not-a-number scores, and for names that do not fit or repeat.
    """

    values: Float[np.ndarray, "datasets classifiers"]
    datasets: tuple[str, ...]
    classifiers: tuple[str, ...]

    def __post_init__(self) -> None:
        values = np.array(self.values, dtype=float)
        values.setflags(write=False)
        object.__setattr__(self, "values", values)
        if values.ndim != 2:
            raise TableError(
                "expected a table of data sets x classifiers (two dimensions), "
                f"got an array of shape {values.shape}"
            )
        rows, columns = values.shape
        if columns < 2:
            raise TableError(
                f"{columns} classifier in the table: a comparison needs at least two columns"
            )
        if rows < 2:
            raise TableError(
                f"{rows} data set in the table: these tests compare over several data sets "
                "(rows). For two models on one test set use mcnemar."
            )
        for kind, names, size in (
            ("data sets", self.datasets, rows),
            ("classifiers", self.classifiers, columns),
        ):
            if len(names) != size:
                raise TableError(f"{len(names)} names for {size} {kind}")
            repeated = sorted({name for name in names if names.count(name) > 1})
            if repeated and kind == "classifiers":
                raise TableError(f"two classifiers have the same name: {', '.join(repeated)}")
        for i, j in np.argwhere(~np.isfinite(values)):
            raise TableError(
                f"the score of {self.classifiers[j]!r} on {self.datasets[i]!r} is "
                f"{values[i, j]}: every classifier needs a finite score on every data set "
                "(drop the row, or run the missing experiment)"
            )

    @property
    def shape(self) -> tuple[int, int]:
        """(N data sets, k classifiers)."""
        return self.values.shape[0], self.values.shape[1]

    def column(self, classifier: str) -> Float[np.ndarray, " datasets"]:
        """The scores of one classifier. Raises UnknownClassifier."""
        return self.values[:, place(classifier, self.classifiers)]

    def select(self, *classifiers: str) -> Scores:
        """The same data sets with these classifiers only, in this order."""
        columns = [place(name, self.classifiers) for name in classifiers]
        return Scores(self.values[:, columns], self.datasets, tuple(classifiers))

    @property
    def table(self) -> Table:
        rows = zip(self.datasets, self.values.tolist(), strict=True)
        return Table(["data set", *self.classifiers], [[name, *row] for name, row in rows])

    def __str__(self) -> str:
        return str(self.table)

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        return self.table._repr_markdown_()


def read_scores(source: Any) -> Scores:
    """Read a table of scores from an array, dict, data frame, `Table`, CSV path or CSV text.

    The first column may hold the names of the data sets, the first row those of the classifiers.
    CSV: comma, semicolon or tab; with the last two a decimal comma is understood. Text that holds
    a line break is the table itself, other text is a path.

    Raises TableError (content), TypeError (not a table), FileNotFoundError (path).
    """
    if isinstance(source, Scores):
        return source
    if all(hasattr(source, name) for name in ("values", "datasets", "classifiers")):
        return Scores(source.values, tuple(source.datasets), tuple(source.classifiers))
    if isinstance(source, (str, Path)):
        return _from_csv(source)
    if isinstance(source, Table):
        return _from_cells(list(source.columns), [list(row) for row in source.rows])
    if hasattr(source, "to_numpy") and hasattr(source, "columns"):
        return _from_frame(source)
    if isinstance(source, Mapping):
        return _from_columns(source)
    rows = _rows(source)
    return _from_cells(None, rows)


def read_pair(first: Any, second: Any = None) -> Scores:
    """Two paired samples as a table of two columns; one argument must be a table of two columns.

    Raises TableError for unequal lengths or another number of columns.
    """
    if second is None:
        pair = read_scores(first)
        if pair.shape[1] != 2:
            raise TableError(
                f"this test compares two classifiers, the table has {pair.shape[1]}: pick two with "
                "read_scores(table).select('one', 'other'), or use friedman for them all"
            )
        return pair
    columns = [
        np.asarray(_numbers(scores, name))
        for scores, name in ((first, "first"), (second, "second"))
    ]
    if len(columns[0]) != len(columns[1]):
        raise TableError(
            f"unequal lengths: {len(columns[0])} scores and {len(columns[1])}; a paired test needs "
            "both classifiers on the same data sets, in the same order"
        )
    names = tuple(f"data set {i + 1}" for i in range(len(columns[0])))
    return Scores(np.stack(columns, axis=1), names, ("first", "second"))


def read_direction(larger_is_better: Any) -> bool:
    """The argument that says which scores are good. Raises TypeError for anything but a bool."""
    if not isinstance(larger_is_better, (bool, np.bool_)):
        raise TypeError(
            "larger_is_better must be True (accuracy, AUC) or False (error, loss, ranks), "
            f"got {larger_is_better!r}"
        )
    return bool(larger_is_better)


def decimal_places(scores: np.ndarray, decimals: int | None = None) -> int:
    """How many decimal places of the scores are no floating-point noise: 12 digits of the largest.

    `decimals`, where given, is taken instead.
    """
    if decimals is not None:
        return decimals
    largest = float(np.max(np.abs(scores), initial=0.0))
    return 11 - math.floor(math.log10(largest)) if largest > 0 else 0


def average_ranks(values: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Ranks from 1 (smallest) to n; equal values share the average of their ranks."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)  # the rank of the last member of each group of equals
    return (last - (counts - 1) / 2)[inverse]


# ---- reading --------------------------------------------------------------------------------


def _rows(source: Any) -> list[list[Any]]:
    if isinstance(source, np.ndarray) or hasattr(source, "__array__"):
        source = np.asarray(source).tolist()
    if not isinstance(source, Sequence) or isinstance(source, (str, bytes)):
        raise TypeError(
            "expected a table of scores (array, dict of lists, data frame, CSV path or text), "
            f"got {type(source).__name__}"
        )
    if not all(
        isinstance(row, Sequence) and not isinstance(row, str) or hasattr(row, "__array__")
        for row in source
    ):
        raise TableError(
            "expected a table of data sets x classifiers (two dimensions), got one list of "
            f"{len(source)} scores: a comparison needs at least two classifiers"
        )
    return [np.asarray(row).tolist() if hasattr(row, "__array__") else list(row) for row in source]


def _from_csv(source: str | Path) -> Scores:
    if isinstance(source, str) and "\n" in source.strip():
        content = source
    else:
        path = Path(source)
        if not path.is_file():
            raise FileNotFoundError(
                f"no file {str(source)!r}. Text that holds the table itself needs one line per "
                "data set."
            )
        content = path.read_text(encoding="utf-8-sig")
    lines = [line for line in content.strip("\n").splitlines() if line.strip()]
    separator = next((mark for mark in "\t;," if mark in lines[0]), None) if lines else None
    if separator is None:
        raise TableError(
            "no comma, semicolon or tab in the first line: expected CSV with one column per "
            "classifier" + (f", got {lines[0]!r}" if lines else ", got nothing")
        )
    cells = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=separator)]
    if separator != ",":  # a decimal comma
        cells = [
            [c.replace(",", ".") if _is_number(c.replace(",", ".")) else c for c in row]
            for row in cells
        ]
    first = cells[0]
    # a heading has no numbers behind its first cell
    heading = first if not any(_is_number(cell) for cell in first[1:]) else None
    return _from_cells(heading, cells[1:] if heading is not None else cells)


def _from_frame(frame: Any) -> Scores:
    columns = [str(name) for name in frame.columns]
    rows = [list(row) for row in frame.to_numpy().tolist()]
    labels = [str(name) for name in frame.index]
    named = labels != [str(i) for i in range(len(labels))]
    if named and not (rows and any(isinstance(row[0], str) for row in rows)):
        return _from_cells(
            ["data set", *columns], [[name, *row] for name, row in zip(labels, rows, strict=True)]
        )
    return _from_cells(columns, rows)


def _from_columns(columns: Mapping[Any, Any]) -> Scores:
    lists = {
        str(name): np.asarray(column).tolist() if hasattr(column, "__array__") else list(column)
        for name, column in columns.items()
        if not isinstance(column, (str, bytes, int, float))
    }
    if len(lists) < len(columns):
        raise TypeError("expected one list of scores per classifier: {'C4.5': [0.76, 0.60], ...}")
    lengths = {name: len(column) for name, column in lists.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name!r} has {length}" for name, length in lengths.items())
        raise TableError(f"unequal lengths: {told}; every classifier needs every data set")
    return _from_cells(list(lists), [list(row) for row in zip(*lists.values(), strict=True)])


def _from_cells(heading: list[str] | None, rows: list[list[Any]]) -> Scores:
    """Cells of any kind; a first column of words is taken as the data sets' names."""
    widths = {len(row) for row in rows}
    if heading is not None:
        widths.add(len(heading))
    if len(widths) > 1:
        for i, row in enumerate(rows):
            if len(row) != len(heading if heading is not None else rows[0]):
                raise TableError(
                    f"unequal lengths: row {i + 1} ({row[0] if row else 'empty'}) has {len(row)} "
                    f"cells, the first line {len(heading if heading is not None else rows[0])}"
                )
    if not rows:
        raise TableError("0 data sets in the table: expected one row per data set")
    labelled = any(isinstance(row[0], str) and not _is_number(row[0]) for row in rows if row)
    datasets = tuple(str(row[0]) if labelled else f"data set {i + 1}" for i, row in enumerate(rows))
    body = [row[1:] if labelled else row for row in rows]
    if heading is None:
        classifiers = tuple(f"classifier {j + 1}" for j in range(len(body[0])))
    else:
        classifiers = tuple(str(name).strip() for name in (heading[1:] if labelled else heading))
    values = np.empty((len(body), len(body[0])))
    for i, row in enumerate(body):
        for j, cell in enumerate(row):
            values[i, j] = _number(cell, f"the score of {classifiers[j]!r} on {datasets[i]!r}")
    return Scores(values, datasets, classifiers)


def _is_number(cell: Any) -> bool:
    try:
        float(cell)
    except (TypeError, ValueError):
        return False
    return True


def _number(cell: Any, what: str) -> float:
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return math.nan
    if isinstance(cell, complex) or not _is_number(cell):
        raise TypeError(f"{what} is {cell!r}, expected a number")
    return float(cell)


def _numbers(scores: Any, name: str) -> list[float]:
    if hasattr(scores, "__array__"):
        scores = np.asarray(scores).tolist()
    if not isinstance(scores, Sequence) or isinstance(scores, (str, bytes)):
        raise TypeError(f"the {name} classifier's scores must be a list, got {scores!r}")
    return [
        _number(cell, f"score {i + 1} of the {name} classifier") for i, cell in enumerate(scores)
    ]
