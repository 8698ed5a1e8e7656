"""The kinds of answer. Each knows how to read, judge and show one, and how to say what it expects.

`read` turns what the candidate gave (text, or Python, NumPy and torch values) into a value, or
raises `Unreadable`. `credit` compares it with the right one through `course_lib.compare`, the one
rule of the course, and gives the earned share of the marks. All kinds are frozen and travel as
JSON.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from course_lib.compare import Tolerance, compare, numeric
from course_lib.exam import reading
from course_lib.exam.draw import Draw
from course_lib.exam.reading import Unreadable
from course_lib.exam.template import decimal

RIGHT, WRONG = Fraction(1), Fraction(0)


def is_blank(given: Any) -> bool:
    """Nothing was answered: None, `...`, empty text or an empty list."""
    if given is None or given is ...:
        return True
    if isinstance(given, str):
        return not given.strip()
    return isinstance(given, (list, tuple, set, frozenset, dict)) and not given


@dataclass(frozen=True)
class Kind:
    """What all kinds of answer share."""

    registry: ClassVar[dict[str, type[Kind]]] = {}

    def __init_subclass__(cls) -> None:
        Kind.registry[cls.__name__] = cls

    def read(self, given: Any) -> Any:
        """The value that was meant. Raises Unreadable, which says what is expected."""
        raise NotImplementedError

    def right(self, value: Any) -> Any:
        """The type's own answer as `read` returns one. Raises ValueError if it is unfit."""
        return self.read(value)

    def credit(self, value: Any, expected: Any) -> Fraction:
        """The share of the marks that `value` earns."""
        raise NotImplementedError

    def show(self, value: Any) -> str:
        """The value as the candidate would write it."""
        raise NotImplementedError

    def words(self, expected: Any = None) -> str:
        """What is expected, in words; with the interval if `expected` is given."""
        raise NotImplementedError

    def shuffled(self, draw: Draw, name: str) -> Kind:
        return self

    def to_dict(self) -> dict[str, Any]:
        values = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}
        return {"kind": type(self).__name__, **values}

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Kind:
        """The kind that `to_dict` described. Raises KeyError for a kind of another release."""
        data = dict(data)
        cls = Kind.registry[data.pop("kind")]
        known = {f.name for f in fields(cls)}
        if "tolerance" in data:
            data["tolerance"] = Tolerance(**data["tolerance"])
        return cls(
            **{k: tuple(v) if isinstance(v, list) else v for k, v in data.items() if k in known}
        )


def _plain(value: float, tolerance: Tolerance) -> str:
    """The shortest decimal that shows all that the tolerance can tell."""
    if value == 0:
        return "0"
    if tolerance.digits is not None:
        return decimal(f"{value:.{tolerance.digits}g}")
    margin = tolerance.margin(value)
    if margin < 1e-6:
        return decimal(f"{value:.10g}")
    places = max(0, int(np.ceil(-np.log10(margin) - 1e-9)))
    return str(_integral(float(f"{value:.{places}f}") + 0.0))


def _integral(value: float) -> float | int:
    return int(value) if value == int(value) and abs(value) < 1e15 else value


@dataclass(frozen=True)
class Number(Kind):
    """One real number."""

    tolerance: Tolerance = Tolerance.significant(3)

    def read(self, given: Any) -> float:
        value = reading.number(given) if isinstance(given, str) else numeric(given)
        if not isinstance(value, float) or not np.isfinite(value):
            raise Unreadable(f"one number is expected, such as 0.5, -3, 1/2 or 2e-3; got {given!r}")
        return value

    def credit(self, value: Any, expected: Any) -> Fraction:
        return RIGHT if compare(value, expected, self.tolerance) else WRONG

    def show(self, value: Any) -> str:
        return _plain(value, self.tolerance)

    def words(self, expected: Any = None) -> str:
        return "a number, " + self.tolerance.words(expected)


@dataclass(frozen=True)
class Integer(Kind):
    """One whole number."""

    def read(self, given: Any) -> int:
        value = reading.number(given) if isinstance(given, str) else numeric(given)
        if (
            not isinstance(value, float)
            or not np.isfinite(value)
            or abs(value - round(value)) > 1e-9
        ):
            raise Unreadable(f"a whole number is expected, such as 4 or -2; got {given!r}")
        return round(value)

    def credit(self, value: Any, expected: Any) -> Fraction:
        return RIGHT if compare(value, expected, Tolerance.exact()) else WRONG

    def show(self, value: Any) -> str:
        return str(value)

    def words(self, expected: Any = None) -> str:
        return "a whole number"


@dataclass(frozen=True)
class Vector(Kind):
    """A row of numbers; `names` say what they are. With `partial`, each entry earns its share."""

    length: int
    names: tuple[str, ...] = ()
    tolerance: Tolerance = Tolerance()
    partial: bool = False

    def read(self, given: Any) -> np.ndarray:
        value = reading.vector(given, self.length) if isinstance(given, str) else numeric(given)
        array = np.asarray(value if value is not None else np.nan, dtype=float)
        if array.shape != (self.length,) or not np.isfinite(array).all():
            raise Unreadable(f"{self.words()} expected; got {given!r}")
        return array

    def credit(self, value: Any, expected: Any) -> Fraction:
        if not self.partial:
            return RIGHT if compare(value, expected, self.tolerance) else WRONG
        pairs = zip(value, expected, strict=True)
        return Fraction(sum(bool(compare(v, e, self.tolerance)) for v, e in pairs), self.length)

    def show(self, value: Any) -> str:
        return "(" + ", ".join(_plain(v, self.tolerance) for v in value) + ")"

    def words(self, expected: Any = None) -> str:
        what = "(" + ", ".join(self.names) + ")" if self.names else self._count()
        return f"{what}, each {self.tolerance.words()}" if self._coarse() else what

    def _count(self) -> str:
        return "1 number" if self.length == 1 else f"{self.length} numbers"

    def _coarse(self) -> bool:
        return self.tolerance != Tolerance() and self.tolerance != Tolerance.exact()


@dataclass(frozen=True)
class Matrix(Kind):
    """A table of numbers of known shape."""

    rows: int
    columns: int
    tolerance: Tolerance = Tolerance()

    def read(self, given: Any) -> np.ndarray:
        value = reading.matrix(given, self.columns) if isinstance(given, str) else numeric(given)
        array = np.asarray(value if value is not None else np.nan, dtype=float)
        if array.shape != (self.rows, self.columns) or not np.isfinite(array).all():
            raise Unreadable(
                f"a matrix of {self.rows} rows and {self.columns} columns is expected, "
                f"such as [1 2; 3 4]; got {given!r}"
            )
        return array

    def credit(self, value: Any, expected: Any) -> Fraction:
        return RIGHT if compare(value, expected, self.tolerance) else WRONG

    def show(self, value: Any) -> str:
        rows = (" ".join(_plain(v, self.tolerance) for v in row) for row in value)
        return "[" + "; ".join(rows) + "]"

    def words(self, expected: Any = None) -> str:
        return f"a {self.rows} by {self.columns} matrix such as [1 2; 3 4]"


@dataclass(frozen=True)
class States(Kind):
    """A sequence of states, one row each, under named columns; each row earns its share."""

    columns: tuple[str, ...]
    tolerance: Tolerance = Tolerance()

    def read(self, given: Any) -> np.ndarray:
        width = len(self.columns)
        value = reading.matrix(given, width) if isinstance(given, str) else numeric(given)
        array = np.asarray(value if value is not None else np.nan, dtype=float)
        if array.ndim != 2 or array.shape[1] != width or not np.isfinite(array).all():
            raise Unreadable(f"{self.words()} expected; got {given!r}")
        return array

    def credit(self, value: Any, expected: Any) -> Fraction:
        good = sum(
            bool(compare(v, e, self.tolerance)) for v, e in zip(value, expected, strict=False)
        )
        return Fraction(good, max(len(value), len(expected)))

    def show(self, value: Any) -> str:
        rows = (" ".join(_plain(v, self.tolerance) for v in row) for row in value)
        return "[" + "; ".join(rows) + "]"

    def words(self, expected: Any = None) -> str:
        return "one row (" + ", ".join(self.columns) + ") per state, rows separated by ;"


def _key(text: str) -> str:
    return re.sub(r"\s+", " ", reading.clean(text)).casefold().rstrip(". ")


def _letter(index: int) -> str:
    return "abcdefghijklmnopqrstuvwxyz"[index]


@dataclass(frozen=True)
class Choice(Kind):
    """One of several options: its text, or its letter in the printed order."""

    options: tuple[str, ...]
    shuffle: bool = False

    def __post_init__(self) -> None:
        keys = [_key(option) for option in self.options]
        if len(keys) < 2 or len(set(keys)) < len(keys) or len(keys) > 26:
            raise ValueError(f"2 to 26 different options are needed, got {list(self.options)}")

    def read(self, given: Any) -> str:
        text = (
            _key(given if isinstance(given, str) else f"{_integral(float(given))}")
            if isinstance(given, (str, int, float, np.number))
            else None
        )
        for option in self.options:
            if text == _key(option):
                return option
        if text is not None and (match := re.fullmatch(r"\(?([a-z])[).:]?", text)):
            place = ord(match[1]) - ord("a")
            if place < len(self.options):
                return self.options[place]
        raise Unreadable(f"choose one of: {self.listing()}; got {given!r}")

    def listing(self) -> str:
        return "; ".join(f"({_letter(i)}) {option}" for i, option in enumerate(self.options))

    def credit(self, value: Any, expected: Any) -> Fraction:
        return RIGHT if value == expected else WRONG

    def show(self, value: Any) -> str:
        return value

    def words(self, expected: Any = None) -> str:
        return "one of " + ", ".join(f"({_letter(i)})" for i in range(len(self.options)))

    def shuffled(self, draw: Draw, name: str) -> Choice:
        return (
            replace(self, options=tuple(draw.shuffle(name, self.options))) if self.shuffle else self
        )


@dataclass(frozen=True)
class Choices(Choice):
    """Several of the options. Each right tick earns its share, each wrong tick takes one back."""

    def read(self, given: Any) -> tuple[str, ...]:  # type: ignore[override]
        if isinstance(given, str):
            whole = [o for o in self.options if _key(o) == _key(given)]
            letters = re.fullmatch(r"[a-z]{1,26}", _key(given))
            parts = whole or (list(_key(given)) if letters else re.split(r"[;,]", given))
        elif isinstance(given, (list, tuple, set, frozenset)):
            parts = list(given)
        else:
            parts = [given]
        chosen = {super(Choices, self).read(part) for part in parts if not is_blank(part)}
        return tuple(option for option in self.options if option in chosen)

    def credit(self, value: Any, expected: Any) -> Fraction:
        good, bad = len(set(value) & set(expected)), len(set(value) - set(expected))
        return max(WRONG, Fraction(good - bad, len(expected)))

    def show(self, value: Any) -> str:
        return "; ".join(value)

    def words(self, expected: Any = None) -> str:
        return "all that hold of " + ", ".join(f"({_letter(i)})" for i in range(len(self.options)))


@dataclass(frozen=True)
class Formula(Kind):
    """A formula in given variables, compared by value at fixed sample points of (low, high)."""

    variables: tuple[str, ...]
    low: float = 0.3
    high: float = 2.7
    tolerance: Tolerance = Tolerance(1e-6, 1e-9)

    def read(self, given: Any) -> str:
        if not isinstance(given, str):
            raise Unreadable(f"{self.words()} is expected as text; got {given!r}")
        text = re.sub(r"^\s*[A-Za-z]\w*\s*(?:\([^()]*\))?\s*=", "", reading.clean(given)).strip()
        self._values(text)
        return text

    def _values(self, text: str) -> np.ndarray:
        # Weyl's sequences: spread out, the same everywhere, in no special position.
        points = np.arange(1, 13)
        values = {
            name: self.low + (self.high - self.low) * ((points * np.sqrt(prime)) % 1)
            for name, prime in zip(self.variables, (2, 3, 5, 7, 11, 13, 17, 19), strict=False)
        }
        result = reading.formula(text, self.variables)(values)
        return np.broadcast_to(result, points.shape)

    def credit(self, value: Any, expected: Any) -> Fraction:
        got, want = self._values(value), self._values(expected)
        usable = np.isfinite(want)
        if usable.sum() < len(want) / 2:
            raise ValueError(f"the right formula {expected!r} has no value at most sample points")
        return RIGHT if compare(got[usable], want[usable], self.tolerance) else WRONG

    def show(self, value: Any) -> str:
        return value

    def words(self, expected: Any = None) -> str:
        return "a formula in " + ", ".join(self.variables) + ", such as 2x^2 + 1"


@dataclass(frozen=True)
class Text(Kind):
    """A word or two; case, spaces, hyphens and a final full stop do not matter."""

    also: tuple[str, ...] = ()

    def read(self, given: Any) -> str:
        if not isinstance(given, str) or len(given) > 200:
            raise Unreadable("a word or two are expected")
        return given.strip()

    def credit(self, value: Any, expected: Any) -> Fraction:
        def plain(text: str) -> str:
            return re.sub(r"[-\s]+", " ", _key(text))

        return RIGHT if plain(value) in {plain(t) for t in (expected, *self.also)} else WRONG

    def show(self, value: Any) -> str:
        return value

    def words(self, expected: Any = None) -> str:
        return "a word or two"


def _tolerance(
    significant: int | None, decimals: int | None, relative: float | None, absolute: float | None
) -> Tolerance:
    if significant is not None:
        return Tolerance.significant(significant)
    if decimals is not None:
        return Tolerance.decimals(decimals)
    return Tolerance(relative or 0.0, absolute or 0.0)


def number(
    *,
    significant: int | None = None,
    decimals: int | None = None,
    relative: float | None = None,
    absolute: float | None = None,
) -> Number:
    """A number, by one rule: significant figures (3 by default), decimals or a tolerance."""
    given = [significant is not None, decimals is not None, (relative, absolute) != (None, None)]
    if sum(given) > 1:
        raise ValueError("give one of: significant, decimals, relative and/or absolute")
    return Number(_tolerance(significant if any(given) else 3, decimals, relative, absolute))


def integer() -> Integer:
    """A whole number."""
    return Integer()


def vector(
    *names: str, length: int | None = None, decimals: int | None = None, partial: bool = False
) -> Vector:
    """A vector of named entries, vector("b", "w1"), or of a length; exact unless `decimals`."""
    tolerance = Tolerance() if decimals is None else Tolerance.decimals(decimals)
    if bool(names) == (length is not None):
        raise ValueError("give either the names of the entries or their number (length=)")
    return Vector(length if length is not None else len(names), names, tolerance, partial)


def matrix(rows: int, columns: int, *, decimals: int | None = None) -> Matrix:
    """A matrix of known shape; exact unless `decimals` is given."""
    return Matrix(rows, columns, Tolerance() if decimals is None else Tolerance.decimals(decimals))


def states(*columns: str, decimals: int | None = None) -> States:
    """A sequence of states with these columns; exact unless `decimals` is given."""
    return States(columns, Tolerance() if decimals is None else Tolerance.decimals(decimals))


def choice(options: Sequence[str], *, shuffle: bool = False) -> Choice:
    """One of the options; `shuffle` lets the engine order them."""
    return Choice(tuple(options), shuffle)


def choices(options: Sequence[str], *, shuffle: bool = False) -> Choices:
    """Several of the options; `shuffle` lets the engine order them."""
    return Choices(tuple(options), shuffle)


def formula(*variables: str, low: float = 0.3, high: float = 2.7) -> Formula:
    """A formula in the variables, compared at points between low and high."""
    return Formula(variables, low, high)


def text(*also: str) -> Text:
    """A word or two; `also` are other accepted wordings."""
    return Text(also)
