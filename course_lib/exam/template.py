"""Putting numbers into text: `{name:format}`, and reading back what was printed.

Only `{name:format}` with a colon is a placeholder, so the braces of LaTeX need no care:
`$\\frac{a}{b}$` stays as it is. Formats:

    {x:d} {x:.2f} {x:+d}     Python's own, for numbers (and for the entries of vectors and matrices)
    {x:}                     the shortest decimal
    {x:(d)} {x:(.2f)} {x:()} in brackets if negative, for products: 3 * (-2)
    {v:}                     a vector: (1, -2, 0.5)
    {M:}                     a matrix (for use inside $...$)
    {points:table $x_1$, $x_2$, $t$}       a table with these column heads; a first head # counts
    the rows
    {points:.1f table #, $x_1$, $x_2$}     the same with a number format
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from course_lib.names import did_you_mean

PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*):([^{}]*)\}")


class ExerciseError(ValueError):
    """An exercise type is faulty: the course's mistake, never the candidate's."""


def decimal(text: str) -> str:
    """A number as people write it: 0.00001 and 1460, not 1e-05 and 1.46e+03."""
    value = float(text)
    plain = "e" not in text or not 1e-7 < abs(value) < 1e12
    return text if plain else np.format_float_positional(value, trim="-")


def in_short(marks: Fraction | float) -> str:
    """Marks or minutes with at most one decimal: 7, 7.5 (marks are kept as exact fractions)."""
    return f"{float(marks):.1f}".removesuffix(".0")


def _entry(value: Any, spec: str) -> tuple[str, Any]:
    if isinstance(value, str):
        return format(value, spec), value
    if isinstance(value, (bool, np.bool_)):
        raise ExerciseError("a given may not be a bool; use 0 and 1 or a word")
    brackets = spec.startswith("(") and spec.endswith(")")
    if brackets:
        spec = spec[1:-1]
    if isinstance(value, (int, np.integer)):
        text = format(int(value), spec or "d")
    else:
        text = format(float(value), spec or ".12g")
        text = text if "e" in spec else decimal(text)
    text = re.sub(r"^-(0(?:\.0*)?)$", r"\1", text)
    number: Any = int(text) if re.fullmatch(r"[-+]?\d+", text) else float(text)
    return (f"({text})" if brackets and text.startswith("-") else text), number


def printed(value: Any, spec: str) -> tuple[str, Any]:
    """The text of a value, and the value as a reader of that text knows it (round first!)."""
    spec, _, heads = spec.partition("table")
    spec = spec.strip()
    if isinstance(value, (str, int, float, np.number)):
        return _entry(value, spec)
    rows = [list(row) if isinstance(row, (list, tuple, np.ndarray)) else row for row in value]
    if rows and isinstance(rows[0], list):
        entries = [[_entry(v, spec) for v in row] for row in rows]
        back = [[b for _, b in row] for row in entries]
        cells = [[t for t, _ in row] for row in entries]
        text = _table(cells, heads) if heads else _pmatrix(cells)
    else:
        flat = [_entry(v, spec) for v in rows]
        back, text = [b for _, b in flat], "(" + ", ".join(t for t, _ in flat) + ")"
        if heads:
            text = _table([[t] for t, _ in flat], heads)
        if flat and isinstance(flat[0][1], str):
            return text, tuple(back)
    array = np.asarray(back)
    array.setflags(write=False)
    return text, array


def _pmatrix(cells: list[list[str]]) -> str:
    body = r" \\ ".join(" & ".join(row) for row in cells)
    return r"\begin{pmatrix} " + body + r" \end{pmatrix}"


def _table(cells: list[list[str]], heads: str) -> str:
    names = [head.strip() for head in heads.split(",")]
    if names[0] == "#":
        cells = [[str(i + 1), *row] for i, row in enumerate(cells)]
    if any(len(row) != len(names) for row in cells):
        raise ExerciseError(f"the table has {len(cells[0])} columns, its heads are {names}")
    lines = [names, ["---:"] * len(names), *cells]
    return "\n" + "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def fill(
    template: str, values: Mapping[str, Any], show: Mapping[str, Callable[[Any], str]] | None = None
) -> str:
    """The template with its numbers. `show` prints the answers of steps when their format is empty.

    Raises ExerciseError for a placeholder without a value.
    """

    def put(match: re.Match[str]) -> str:
        name, spec = match.groups()
        if name not in values:
            raise ExerciseError(f"{{{name}:}} is not known.{did_you_mean(name, list(values))}")
        if show and name in show and not spec:
            return show[name](values[name])
        try:
            return printed(values[name], spec)[0]
        except (ValueError, TypeError) as error:
            raise ExerciseError(
                f"{name} = {values[name]!r} does not print as {spec!r}: {error}"
            ) from error

    return PLACEHOLDER.sub(put, template)


def read_back(template: str, givens: Mapping[str, Any]) -> dict[str, Any]:
    """The givens as they are printed in the template. Raises ExerciseError if two places
    disagree.
    """
    seen: dict[str, tuple[str, Any]] = {}
    for name, spec in PLACEHOLDER.findall(template):
        if name not in givens:
            raise ExerciseError(
                f"{{{name}:{spec}}} is not a given.{did_you_mean(name, list(givens))}"
            )
        try:
            value = printed(givens[name], spec)[1]
        except (ValueError, TypeError) as error:
            raise ExerciseError(
                f"{name} = {givens[name]!r} does not print as {spec!r}: {error}"
            ) from error
        if name in seen and not np.array_equal(seen[name][1], value):
            raise ExerciseError(
                f"{name} is printed as {seen[name][0]!r} and as {spec!r}, which differ"
            )
        if name not in seen or isinstance(value, int):  # 2 and 2.0 agree; keep the whole number
            seen[name] = (spec, value)
    return {name: value for name, (_, value) in seen.items()}
