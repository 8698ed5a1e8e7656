"""Many classifiers on many data sets: Friedman's test and the statistic of Iman and Davenport.

Lecture 000A, topic 38, after Demsar (2006). Ranks: 1 is the best classifier of a data set.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy import special

from course_lib.evaluation.result import Result, check_alpha, check_choice
from course_lib.evaluation.scores import (
    Scores,
    average_ranks,
    decimal_places,
    read_direction,
    read_scores,
)
from course_lib.trace import Table, record

LARGEST_COUNT = 300_000_000  # additions that the exact distribution may cost: about a second


@dataclass(frozen=True)
class Ranking:
    """Mean ranks of k classifiers after `rows` data sets; the state of `friedman_steps`.

    `dataset`, `scores` and `ranks` are the row that was ranked last; `tied` adds up t^3 - t over
    all groups of t equal scores so far.
    """

    dataset: str
    scores: tuple[float, ...]
    ranks: tuple[float, ...]
    rank_sums: tuple[float, ...]
    rows: int
    tied: int

    @property
    def classifiers(self) -> int:
        """k."""
        return len(self.rank_sums)

    @property
    def mean_ranks(self) -> tuple[float, ...]:
        """R_j."""
        return tuple(total / self.rows for total in self.rank_sums)

    @property
    def chi_squared(self) -> float:
        """12 N / (k (k + 1)) [sum R_j^2 - k (k + 1)^2 / 4], as the lecture prints it."""
        n, k = self.rows, self.classifiers
        # From the sums, not the means: halves add up without rounding.
        squares = sum(total**2 for total in self.rank_sums)
        return 12 * squares / (n * k * (k + 1)) - 3 * n * (k + 1)

    @property
    def chi_squared_tie_corrected(self) -> float:
        """The same divided by 1 - sum (t^3 - t) / (N (k^3 - k)); 0 if every row is one tie."""
        k = self.classifiers
        left = 1 - self.tied / (self.rows * (k**3 - k))
        return self.chi_squared / left if left > 0 else 0.0


def friedman_steps(
    scores: Any, *, larger_is_better: bool = True, decimals: int | None = None
) -> Iterator[Ranking]:
    """Rank the classifiers data set by data set and add up the columns; yields a `Ranking` per row.

    A table of ranks is a table in which smaller is better: printed ranks go in with
    `larger_is_better=False` and come out unchanged.
    """
    table = read_scores(scores)
    sign = -1 if read_direction(larger_is_better) else 1
    values = np.round(table.values, decimal_places(table.values, decimals))
    sums, tied = np.zeros(table.shape[1]), 0
    for i, (name, row) in enumerate(zip(table.datasets, values, strict=True)):
        ranks = average_ranks(sign * row)
        sums = sums + ranks
        _, together = np.unique(row, return_counts=True)
        tied += int(np.sum(together**3 - together))
        yield Ranking(
            name,
            tuple(table.values[i].tolist()),
            tuple(ranks.tolist()),
            tuple(sums.tolist()),
            i + 1,
            tied,
        )


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Friedman(Result):
    """`effect_size` is Kendall's W: 0 where the data sets do not agree at all, 1 where they agree.

    `ranks` are those of the single data sets, one row each.
    """

    names: tuple[str, ...]
    mean_ranks: tuple[float, ...]
    ranks: Float[np.ndarray, "datasets classifiers"]
    scores: Scores
    datasets: int

    @property
    def classifiers(self) -> int:
        """k."""
        return len(self.names)

    def critical_value(self, alpha: float = 0.05) -> float:
        """What chi-squared with k - 1 degrees of freedom must reach."""
        return float(special.chdtri(self.classifiers - 1, check_alpha(alpha)))


def friedman(
    scores: Any,
    *,
    tie_correction: bool = False,
    method: str = "chi-squared",
    larger_is_better: bool = True,
    decimals: int | None = None,
) -> Friedman:
    """Friedman's test: do the mean ranks of k classifiers over N data sets differ at all?

    Args:
        scores: data sets x classifiers, in any form that `read_scores` knows.
        tie_correction: False is the lecture's (Demsar's) formula, True scipy's and R's.
        method: "chi-squared" with k - 1 degrees of freedom (good if N > 10 and k > 5), or "exact":
            all orders of every row's ranks counted (small tables only).
        decimals: scores are rounded to so many places before ranking.

    Raises TableError, TypeError: see `read_scores`. ValueError if "exact" would take too long.
    """
    check_choice("method", method, ("chi-squared", "exact"))
    table = read_scores(scores)
    steps = record(friedman_steps(table, larger_is_better=larger_is_better, decimals=decimals))
    end, ranks = steps[-1], steps.column("ranks")
    n, k = table.shape
    statistic = end.chi_squared_tie_corrected if tie_correction else end.chi_squared
    statistic = max(statistic, 0.0)
    if method == "exact":
        p_value, source = _exact_p(ranks, end), "all orders of every row, exact"
    else:
        p_value = float(special.chdtrc(k - 1, statistic))
        source = f"chi-squared distribution, {k - 1} degrees of freedom"
    best = table.classifiers[int(np.argmin(end.mean_ranks))]
    worst = table.classifiers[int(np.argmax(end.mean_ranks))]
    return Friedman(
        test="Friedman test" + (", corrected for ties" if tie_correction else ""),
        symbol="chi2_F",
        statistic=statistic,
        p_value=p_value,
        p_method=source,
        effect_size=statistic / (n * (k - 1)),
        effect_name="Kendall's W",
        null="all classifiers are equivalent: on each data set every order is equally likely",
        alternative=(
            "Not all classifiers are equivalent "
            f"(best mean rank: {best}, worst: {worst}); a post-hoc test says which differ."
        ),
        assumptions=(
            "data sets independent of each other",
            "chi-squared is good for N > 10 and k > 5; for less use F_F or the exact p",
        ),
        table=_table(table, ranks, end),
        names=table.classifiers,
        mean_ranks=end.mean_ranks,
        ranks=ranks,
        scores=table,
        datasets=n,
    )


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class ImanDavenport(Result):
    """F_F = (N - 1) chi2_F / (N (k - 1) - chi2_F), infinite if all data sets agree."""

    degrees_of_freedom: tuple[int, int]

    def critical_value(self, alpha: float = 0.05) -> float:
        """What F must reach: 2.845 for F(3, 39) and alpha = .05 (the lecture prints 2.85)."""
        return float(special.fdtri(*self.degrees_of_freedom, 1 - check_alpha(alpha)))


def iman_davenport(
    scores: Any,
    *,
    tie_correction: bool = False,
    larger_is_better: bool = True,
    decimals: int | None = None,
) -> ImanDavenport:
    """The less conservative form of Friedman's test, from a table of scores or a `Friedman`.

    A `Friedman` that was given brings its own settings. Raises as `friedman`.
    """
    base = (
        scores
        if isinstance(scores, Friedman)
        else friedman(
            scores,
            tie_correction=tie_correction,
            larger_is_better=larger_is_better,
            decimals=decimals,
        )
    )
    n, k, chi2 = base.datasets, base.classifiers, base.statistic
    rest = n * (k - 1) - chi2
    f = (n - 1) * chi2 / rest if rest > 1e-9 else math.inf
    degrees = (k - 1, (k - 1) * (n - 1))
    return ImanDavenport(
        test="Iman-Davenport test",
        symbol="F_F",
        statistic=f,
        p_value=float(special.fdtrc(*degrees, f)) if math.isfinite(f) else 0.0,
        p_method=f"F distribution, {degrees[0]} and {degrees[1]} degrees of freedom",
        effect_size=base.effect_size,
        effect_name=base.effect_name,
        null=base.null,
        alternative=base.alternative,
        assumptions=("data sets independent of each other",),
        table=base.table,
        degrees_of_freedom=degrees,
    )


def rank_sum_distribution(
    ranks: Float[np.ndarray, "datasets classifiers"],
) -> Float[np.ndarray, ...]:
    """Probability of every vector of rank sums if each row's ranks are shuffled by themselves.

    Index (a, b, ...) is the event that the first k - 1 classifiers' doubled rank sums, less the
    smallest possible, are a, b, ...; the last one follows from the total.

    Raises ValueError if the count would take more than about a second.
    """
    doubled = np.round(2 * np.asarray(ranks)).astype(int)
    doubled = doubled - doubled.min(axis=1, keepdims=True)
    n, k = doubled.shape
    step = np.gcd.reduce(doubled, axis=None) or 1  # 2 where no ranks are tied
    units = doubled // step
    size = int(units.max(axis=1).sum()) + 1
    work = n * math.factorial(k) * size ** (k - 1)
    if work > LARGEST_COUNT:
        raise ValueError(
            f"the exact distribution for {n} data sets and {k} classifiers needs {work:.1e} "
            f"additions (limit {LARGEST_COUNT:.0e}); use the chi-squared or the F distribution"
        )
    chance = np.zeros((size,) * (k - 1))
    chance[(0,) * (k - 1)] = 1.0
    for row in units:
        orders = list(permutations(row.tolist()))
        after = np.zeros_like(chance)
        for order in orders:
            to = tuple(slice(shift, None) for shift in order[:-1])
            taken = tuple(slice(0, size - shift) for shift in order[:-1])
            after[to] += chance[taken] / len(orders)
        chance = after
    return chance


def _exact_p(ranks: np.ndarray, end: Ranking) -> float:
    """P(sum of squared rank sums >= the observed one): the same event for every form of chi2_F."""
    chance = rank_sum_distribution(ranks)
    doubled = np.round(2 * ranks).astype(int)
    least = doubled.min(axis=1)
    step = np.gcd.reduce(doubled - least[:, None], axis=None) or 1
    sums = [(step * axis + least.sum()) / 2 for axis in np.indices(chance.shape)]
    sums.append(sum(end.rank_sums) - sum(sums))
    squares = sum(part**2 for part in sums)
    return min(1.0, float(chance[squares >= sum(s**2 for s in end.rank_sums) - 1e-9].sum()))


def _table(table: Scores, ranks: np.ndarray, end: Ranking) -> Table:
    rows: list[list[str]] = [
        [name, *(f"{score:g} ({rank:g})" for score, rank in zip(scores, row, strict=True))]
        for name, scores, row in zip(table.datasets, table.values, ranks, strict=True)
    ]
    rows.append(["average rank", *(f"{rank:.3f}" for rank in end.mean_ranks)])
    return Table(["data set", *table.classifiers], rows)
