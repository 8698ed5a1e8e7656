"""The one rule of comparison: exams, chapter checks and tests all call `compare`.

Type and shape are compared first (NumPy would broadcast (3,) against (3, 1) and call them equal),
then the numbers within a relative plus an absolute tolerance. NaN is never equal to anything.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from numbers import Number
from typing import Any

import numpy as np

# A bound that is computed in floating point must not shut out the answer that lies on it
# (46 - 45.8 is 0.20000000000000284), so every interval gets a few ulps of slack.
SLACK = 1e-12


def plainly(value: float) -> str:
    """A tolerance as people write it: 0.000001, not 1e-06."""
    return np.format_float_positional(float(f"{value:.6g}"), trim="-")


@dataclass(frozen=True)
class Tolerance:
    """How far a number may lie from the expected one: |actual - expected| <= absolute + relative
    |expected|.

    With `digits` set the interval is half a unit of that many significant figures instead.
    Bounds are inclusive. Raises ValueError for a negative or infinite tolerance.
    """

    relative: float = 1e-6
    absolute: float = 1e-9
    digits: int | None = None

    def __post_init__(self) -> None:
        for name in ("relative", "absolute"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{name} tolerance must be finite and >= 0, got {value!r}")
        if self.digits is not None and self.digits < 1:
            raise ValueError(f"significant figures must be >= 1, got {self.digits!r}")

    @classmethod
    def significant(cls, digits: int) -> Tolerance:
        """Half a unit in the last of `digits` significant figures."""
        return cls(0.0, 0.0, digits)

    @classmethod
    def decimals(cls, places: int) -> Tolerance:
        """One unit in the last of `places` decimal places: rounding once too early is forgiven."""
        return cls(0.0, 10.0**-places)

    @classmethod
    def exact(cls) -> Tolerance:
        return cls(0.0, 0.0)

    def margin(self, expected: float) -> float:
        """The largest distance from `expected` that is still accepted."""
        if self.digits is not None:
            if expected == 0:
                return 0.5 * 10.0**-self.digits
            return 0.5 * 10.0 ** (math.floor(math.log10(abs(expected))) - self.digits + 1)
        return self.absolute + self.relative * abs(expected)

    def interval(self, expected: float) -> tuple[float, float]:
        """The accepted values (low, high), both included."""
        margin = self.margin(expected)
        return expected - margin, expected + margin

    def words(self, expected: float | None = None) -> str:
        """The rule as it is told to the learner, with the accepted interval if `expected` is
        given.
        """
        if self.digits is not None:
            rule = f"to {self.digits} significant figure{'s' if self.digits > 1 else ''}"
        elif self.relative == 0 and self.absolute == 0:
            return "exactly"
        elif self.relative == 0:
            rule = f"within {plainly(self.absolute)}"
        elif self.absolute == 0:
            rule = f"within {plainly(100 * self.relative)} %"
        else:
            share = plainly(100 * self.relative)
            rule = f"within {share} % of the value + {plainly(self.absolute)}"
        if expected is None:
            return rule
        low, high = self.interval(expected)
        return f"{rule}: {low:.10g} to {high:.10g} accepted"


@dataclass(frozen=True)
class Verdict:
    """The outcome of one comparison. True in a condition if equal; `message` says why not."""

    equal: bool
    message: str

    def __bool__(self) -> bool:
        return self.equal


def numeric(value: Any) -> float | np.ndarray | None:
    """Read a number or an array of numbers in any spelling of Python, NumPy or torch; None if it is
    neither.

    Text is not read here (the exam's parser does that), and booleans count as 0 and 1.
    """
    if isinstance(value, (str, bytes)) or value is None or value is ...:
        return None
    if isinstance(value, (Fraction, Number)) and not isinstance(value, complex):
        return float(value)  # type: ignore[arg-type]
    if hasattr(value, "detach"):  # a torch tensor, without importing torch
        value = value.detach().cpu().numpy()
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return None
    return float(array) if array.ndim == 0 else array


def describe(value: Any) -> str:
    """Type, shape and value in one line, as the messages quote it."""
    if value is None:
        return "None (did the function forget to return?)"
    array = numeric(value)
    kind = type(value).__name__
    if isinstance(array, np.ndarray):
        text = np.array2string(array, precision=6, threshold=12, separator=", ").replace("\n", "")
        return f"{kind} of shape {array.shape}: {text}"
    text = repr(value)
    return f"{kind} {text if len(text) <= 80 else text[:77] + '...'}"


def compare(
    actual: Any, expected: Any, tolerance: Tolerance = Tolerance(), *, what: str = "the answer"
) -> Verdict:
    """Compare an answer with the expected value by the course's one rule.

    Numbers and arrays: shape first, then `tolerance`. Text, bool-like and None: equality. Tuples,
    lists and dicts of these: element by element. The message names the first place that differs.
    """
    if isinstance(expected, dict):
        if not isinstance(actual, dict):
            return Verdict(False, f"{what} should be a dict, got {describe(actual)}")
        if actual.keys() != expected.keys():
            return Verdict(
                False, f"{what} should have the keys {list(expected)}, got {list(actual)}"
            )
        parts = [(f"{what}[{key!r}]", actual[key], expected[key]) for key in expected]
        return _all(parts, tolerance)
    right = None if isinstance(expected, tuple) else numeric(expected)
    if right is not None:
        return _compare_numbers(actual, right, tolerance, what)
    if isinstance(expected, Sequence) and not isinstance(expected, (str, bytes)):
        if not isinstance(actual, (tuple, list)):
            word = f"{len(expected)} values"
            return Verdict(False, f"{what} should be {word}, got {describe(actual)}")
        if len(actual) != len(expected):
            return Verdict(
                False, f"{what} should have {len(expected)} entries, got {len(actual)}: {actual!r}"
            )
        parts = [
            (f"{what}[{i}]", a, e) for i, (a, e) in enumerate(zip(actual, expected, strict=True))
        ]
        return _all(parts, tolerance)
    if type(actual) is type(expected) and actual == expected:
        return Verdict(True, f"{what} is right")
    return Verdict(False, f"{what} should be {describe(expected)}, got {describe(actual)}")


def _all(parts: list[tuple[str, Any, Any]], tolerance: Tolerance) -> Verdict:
    for what, actual, expected in parts:
        verdict = compare(actual, expected, tolerance, what=what)
        if not verdict:
            return verdict
    return Verdict(True, "all parts are right")


def _compare_numbers(
    actual: Any, expected: float | np.ndarray, tolerance: Tolerance, what: str
) -> Verdict:
    value = numeric(actual)
    if value is None:
        kind = "an array of numbers" if isinstance(expected, np.ndarray) else "a number"
        return Verdict(False, f"{what} should be {kind}, got {describe(actual)}")
    if np.shape(value) != np.shape(expected):
        return Verdict(
            False, f"{what} should have shape {np.shape(expected)}, got {describe(actual)}"
        )
    got, want = np.atleast_1d(value), np.atleast_1d(expected)
    for index in np.ndindex(got.shape):
        a, e = float(got[index]), float(want[index])
        if math.isnan(a) or math.isnan(e):
            return Verdict(False, f"{what} holds NaN ({describe(actual)})")
        if math.isinf(a) or math.isinf(e):
            close = a == e
        else:
            close = abs(a - e) <= tolerance.margin(e) + SLACK * max(1.0, abs(e))
        if not close:
            place = f" at index {index if len(index) > 1 else index[0]}" if np.ndim(value) else ""
            return Verdict(
                False,
                f"{what}{place} should be {e:.6g} ({tolerance.words()}), got {a:.6g}"
                + (f"; {describe(actual)}" if np.ndim(value) else ""),
            )
    return Verdict(True, f"{what} is right")
