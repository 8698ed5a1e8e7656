"""McNemar's test: two models on one test set (lecture 000A, topic 33).

Only the samples count on which exactly one of the two is right: b (first right, second wrong) and
c (first wrong, second right). If neither model is better, each of these b + c samples is the toss
of a fair coin.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from course_lib.evaluation.result import Result, check_choice
from course_lib.evaluation.scores import TableError
from course_lib.trace import Table, record

METHODS = ("lecture", "corrected", "uncorrected", "exact", "mid-p")


@dataclass(frozen=True)
class Agreement:
    """Who was right, after counting `samples` of them; the state of `mcnemar_steps`."""

    both_right: int = 0
    only_first: int = 0
    only_second: int = 0
    both_wrong: int = 0
    samples: int = 0
    counted: str = ""  # the cell that the last sample went to

    @property
    def b(self) -> int:
        """First right, second wrong."""
        return self.only_first

    @property
    def c(self) -> int:
        """First wrong, second right."""
        return self.only_second

    def chi_squared(self, corrected: bool = True) -> float:
        """(|b - c| - 1)^2 / (b + c), or (b - c)^2 / (b + c); 0 where no sample tells them apart."""
        b, c = self.b, self.c
        return (abs(b - c) - corrected) ** 2 / (b + c) if b + c else 0.0

    @property
    def table(self) -> Table:
        rows = [
            ("first right", self.both_right, self.only_first),
            ("first wrong", self.only_second, self.both_wrong),
        ]
        return Table(["", "second right", "second wrong"], rows)


def mcnemar_steps(first_right: Iterable[Any], second_right: Iterable[Any]) -> Iterator[Agreement]:
    """Count the samples one by one into the four cells; yields an `Agreement` per sample.

    Raises TableError for unequal lengths, TypeError for entries that are not right/wrong.
    """
    first, second = _right_or_wrong(first_right, "first"), _right_or_wrong(second_right, "second")
    if len(first) != len(second):
        raise TableError(
            f"unequal lengths: {len(first)} and {len(second)} samples; both models must be judged "
            "on the same test set"
        )
    cells = ("both_right", "only_first", "only_second", "both_wrong")
    counts = dict.fromkeys(cells, 0)
    for sample, (one, other) in enumerate(zip(first, second, strict=True), start=1):
        cell = cells[2 * (not one) + (not other)]
        counts[cell] += 1
        yield Agreement(**counts, samples=sample, counted=cell)


def agreement(targets: Any, first: Any, second: Any) -> Agreement:
    """The table of agreement from the true classes and two models' predicted classes.

    Raises TableError for unequal lengths or no sample.
    """
    targets, first, second = (np.asarray(values).ravel() for values in (targets, first, second))
    if not len(targets) == len(first) == len(second):
        raise TableError(
            f"unequal lengths: {len(targets)} targets, {len(first)} and {len(second)} predictions"
        )
    if len(targets) == 0:
        raise TableError("no sample: the test set is empty")
    return record(mcnemar_steps(first == targets, second == targets), limit=len(targets))[-1]


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class McNemar(Result):
    """`effect_size` is Cohen's g = b / (b + c) - 1/2, positive if the first model is better."""

    b: int
    c: int

    def critical_value(self, alpha: float = 0.05) -> float:
        """What chi-squared with one degree of freedom must exceed: 3.841 for alpha = .05."""
        return float(special.chdtri(1, alpha))


def mcnemar(counts: Any, *, method: str = "lecture") -> McNemar:
    """Test whether two models are right equally often on the same test set.

    Args:
        counts: an `Agreement`, a 2 x 2 table [[A, b], [c, D]] (rows: first model right / wrong,
            columns: second model right / wrong), or the pair (b, c).
        method: "corrected" is (|b - c| - 1)^2 / (b + c) as the lecture prints, "uncorrected"
            leaves out the 1, "exact" is the binomial test with p capped at 1, "mid-p" counts the
            observed value half; "lecture" is exact if b + c < 25, otherwise corrected.

    Raises TableError for anything that is not such a table, ValueError for another method.

    With b = c the corrected statistic is 1 / (b + c), as in statsmodels, not 0 as in R.
    """
    check_choice("method", method, METHODS)
    state = _read_counts(counts)
    b, c = state.b, state.c
    n = b + c
    if method == "lecture":
        method = "exact" if n < 25 else "corrected"
    if method in ("exact", "mid-p"):
        symbol, statistic = "min(b, c)", float(min(b, c))
        below = special.bdtr(min(b, c), n, 0.5) if n else 1.0  # P(X <= min), X ~ Bin(b + c, 1/2)
        strictly = special.bdtr(min(b, c) - 1, n, 0.5) if min(b, c) else 0.0
        exact = min(1.0, 2 * below)
        p_value = exact if method == "exact" or not n else exact / 2 + strictly
        source = f"binomial, {n} fair coins, {method}"
    else:
        symbol = "chi-squared"
        statistic = state.chi_squared(corrected=method == "corrected")
        p_value = special.chdtrc(1, statistic) if n else 1.0
        source = "chi-squared distribution, 1 degree of freedom"
    better = "first" if b > c else "second"
    return McNemar(
        test=f"McNemar's test, {method}",
        symbol=symbol,
        statistic=statistic,
        p_value=float(p_value),
        p_method=source,
        effect_size=b / n - 0.5 if n else 0.0,
        effect_name="Cohen's g",
        null="each model is equally likely to be the one that is right where they disagree",
        alternative=f"The {better} model is right more often.",
        assumptions=(
            "one test set, its samples independent of each other and unseen in training",
            "both models judged on the same samples",
            "says nothing about other training sets: each model was trained once",
        ),
        table=state.table if state.samples else _table_of_pair(b, c),
        b=b,
        c=c,
    )


def _right_or_wrong(values: Iterable[Any], which: str) -> list[bool]:
    flags = np.asarray(list(values))
    if flags.size and not np.isin(flags, (0, 1)).all():
        raise TypeError(
            f"the {which} model's entries must be right (True) or wrong (False); for predicted "
            "classes use agreement(targets, first, second)"
        )
    return [bool(flag) for flag in flags]


def _read_counts(counts: Any) -> Agreement:
    if isinstance(counts, Agreement):
        return counts
    try:
        array = np.asarray(counts, dtype=float)
    except (TypeError, ValueError):
        raise TypeError(f"expected counts, got {counts!r}") from None
    pair = array.shape == (2,)
    if pair:
        array = np.array([[0, array[0]], [array[1], 0]])
    if array.shape != (2, 2):
        raise TableError(
            f"expected a 2 x 2 table of right and wrong or a pair (b, c), got shape {array.shape}; "
            "from predictions: mcnemar(agreement(targets, first, second))"
        )
    if not (np.isfinite(array).all() and (array >= 0).all() and (array == np.round(array)).all()):
        raise TableError(f"counts must be whole numbers >= 0, got {array.tolist()}")
    (both, first), (second, neither) = array.astype(int).tolist()
    samples = 0 if pair else both + first + second + neither  # 0: not known
    return Agreement(both, first, second, neither, samples)


def _table_of_pair(b: int, c: int) -> Table:
    rows = [("first right", "not given", b), ("first wrong", c, "not given")]
    return Table(["", "second right", "second wrong"], rows)
