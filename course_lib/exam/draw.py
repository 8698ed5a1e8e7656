"""Random numbers for exercises: the same seed gives the same exercise on every machine, for years.

NumPy promises that the raw output of PCG64 never changes, and promises nothing about its
distributions, so everything here is made from PCG64's raw 64-bit words (five lines, tested against
NumPy's). Every draw has a name, and its words depend on (exercise, seed, name) only: adding,
removing or reordering draws leaves the others alone.
The name is also the handle by which a variant fixes a value: `variants={"lecture": {"eta": 0.5}}`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeVar

T = TypeVar("T")
MULTIPLIER = 0x2360ED051FC65DA44385DF649FCCF645  # PCG's 128-bit constant


class DrawError(RuntimeError):
    """The exercise type could not draw its givens: a mistake of the course, not of the
    candidate.
    """


class Draw:
    """Named draws for one exercise.

    `fixed` overrides draws by name (a named variant). Raises ValueError for a name drawn twice.
    """

    def __init__(self, key: str, seed: int = 0, fixed: Mapping[str, Any] | None = None) -> None:
        self.key = f"{key}/{seed}"
        self.fixed = dict(fixed or {})
        self.names: list[str] = []

    def words(self, name: str) -> Callable[[], int]:
        """A source of 64-bit words that belongs to `name` alone."""
        digest = hashlib.sha256(f"{self.key}/{name}".encode()).digest()
        state = int.from_bytes(digest[:16], "little")
        increment = int.from_bytes(digest[16:], "little") | 1

        def word() -> int:
            nonlocal state
            state = (state * MULTIPLIER + increment) % 2**128
            folded, turn = (state >> 64) ^ (state % 2**64), state >> 122
            return (folded >> turn | folded << (64 - turn)) % 2**64

        return word

    def _draw(self, name: str, make: Callable[[Callable[[], int]], T]) -> T:
        if name in self.names:
            raise ValueError(
                f"{name!r} is drawn twice in {self.key}; every draw needs its own name"
            )
        self.names.append(name)
        return self.fixed[name] if name in self.fixed else make(self.words(name))

    def unused(self) -> list[str]:
        """The fixed values that no draw has asked for."""
        return [name for name in self.fixed if name not in self.names]

    def integer(self, name: str, low: int, high: int, *, exclude: Sequence[float] = ()) -> int:
        """A whole number from low to high, both included."""
        return self.choice(name, _whole(low, high, exclude))

    def integers(
        self, name: str, count: int, low: int, high: int, *, exclude: Sequence[float] = ()
    ) -> list[int]:
        """`count` independent whole numbers from low to high."""
        options = _whole(low, high, exclude)
        return self._draw(
            name, lambda word: [options[_below(word, len(options))] for _ in range(count)]
        )

    def decimal(
        self, name: str, low: float, high: float, step: float, *, exclude: Sequence[float] = ()
    ) -> float:
        """A number on the grid low, low + step, ... high: few digits, kind to a pocket
        calculator.
        """
        return self.choice(name, grid(low, high, step, exclude))

    def decimals(
        self,
        name: str,
        count: int,
        low: float,
        high: float,
        step: float,
        *,
        exclude: Sequence[float] = (),
    ) -> list[float]:
        """`count` independent numbers on the grid."""
        options = grid(low, high, step, exclude)
        return self._draw(
            name, lambda word: [options[_below(word, len(options))] for _ in range(count)]
        )

    def choice(self, name: str, options: Sequence[T]) -> T:
        """One of the options, all equally likely. Raises DrawError if there are none."""

        def pick(word: Callable[[], int]) -> T:
            if not options:
                raise DrawError(f"{self.key}: nothing to choose {name!r} from")
            return options[_below(word, len(options))]

        return self._draw(name, pick)

    def sample(self, name: str, options: Sequence[T], count: int) -> list[T]:
        """`count` different options, in random order. Raises DrawError if there are not enough."""

        def pick(word: Callable[[], int]) -> list[T]:
            if count > len(options):
                raise DrawError(f"{self.key}: {name!r} wants {count} of {len(options)} options")
            return _shuffled(options, word)[:count]

        return self._draw(name, pick)

    def shuffle(self, name: str, items: Sequence[T]) -> list[T]:
        """All items in random order (Fisher and Yates), every order equally likely."""
        return self._draw(name, lambda word: _shuffled(items, word))

    def search(
        self, name: str, make: Callable[[Draw], T], accept: Callable[[T], bool], tries: int = 1000
    ) -> T:
        """The first acceptable of at most `tries` candidates, each made from a fresh Draw.

        Raises DrawError if none is acceptable: the type is too picky.
        """

        def run(_word: Callable[[], int]) -> T:
            for attempt in range(tries):
                candidate = make(Draw(f"{self.key}/{name}", attempt))
                if accept(candidate):
                    return candidate
            raise DrawError(
                f"{self.key}: no acceptable {name!r} in {tries} tries; "
                "this exercise type is too picky, which is our fault"
            )

        return self._draw(name, run)


def _whole(low: int, high: int, exclude: Sequence[float]) -> Sequence[int]:
    numbers = range(low, high + 1)
    return [i for i in numbers if i not in exclude] if exclude else numbers


def grid(low: float, high: float, step: float, exclude: Sequence[float] = ()) -> list[float]:
    """low, low + step, ... high as the floats nearest to the exact decimals."""
    first, last, width = (Fraction(str(v)) for v in (low, high, step))
    count = (last - first) // width
    values = [float(first + i * width) for i in range(count + 1)]
    return [v for v in values if v not in exclude]


def _below(word: Callable[[], int], n: int) -> int:
    # The high half of word * n: uniform up to n / 2^64, without rejection.
    return (word() * n) >> 64


def _shuffled(items: Sequence[T], word: Callable[[], int]) -> list[T]:
    result = list(items)
    for i in range(len(result) - 1, 0, -1):
        j = _below(word, i + 1)
        result[i], result[j] = result[j], result[i]
    return result
