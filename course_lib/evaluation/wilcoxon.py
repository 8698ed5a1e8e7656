"""Two classifiers on many data sets: Wilcoxon's signed ranks, the sign test, the paired t-test.

Lecture 000A, topic 37, after Demsar (2006), Statistical comparisons of classifiers over multiple
data sets, Journal of Machine Learning Research 7.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
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
    read_pair,
)
from course_lib.trace import Table, record

ZERO_RULES = ("lecture", "zsplit", "wilcox", "pratt")
METHODS = ("auto", "exact", "normal", "normal tie-corrected")
LARGEST_EXACT = 50  # "auto" is exact up to here, as in scipy


@dataclass(frozen=True)
class SignedRanks:
    """A state of `wilcoxon_steps`. What is not known yet is NaN.

    `phase` is "difference", "zeros", "rank", "sum" or "done"; `at` are the pairs it touched.
    """

    phase: str
    at: tuple[int, ...]
    differences: tuple[float, ...]
    kept: tuple[bool, ...]
    ranks: tuple[float, ...]
    r_plus: float = 0.0
    r_minus: float = 0.0

    @property
    def n(self) -> int:
        """N, the pairs that take part."""
        return sum(self.kept)

    @property
    def statistic(self) -> float:
        """T = min(R+, R-)."""
        return min(self.r_plus, self.r_minus)


def wilcoxon_steps(
    first: Float[np.ndarray, " datasets"],
    second: Float[np.ndarray, " datasets"],
    *,
    zeros: str = "lecture",
    larger_is_better: bool = True,
    decimals: int | None = None,
) -> Iterator[SignedRanks]:
    """Differences, zeros, ranks from the smallest |d| up, then the two sums; yields `SignedRanks`.

    d = second - first, so R+ belongs to the second classifier (turned round if smaller is better).

    Rules for zeros (N is the number of pairs that take part):
        "lecture": rank them, split their ranks evenly; of an odd number one is left out first
        "zsplit":  rank them and split, whatever their number (scipy's name)
        "wilcox":  leave them out before ranking (scipy's default)
        "pratt":   rank them, then leave their ranks out of both sums
    """
    check_choice("zeros", zeros, ZERO_RULES)
    true = _differences(np.stack([first, second], axis=1), larger_is_better, decimals)
    size = len(true)
    unknown = (math.nan,) * size
    state = SignedRanks("difference", (), unknown, (True,) * size, unknown)
    for i in range(size):
        state = replace(state, at=(i,), differences=_put(state.differences, [i], true[i]))
        yield state

    tied = [i for i in range(size) if true[i] == 0]
    dropped = (
        tied if zeros == "wilcox" else tied[len(tied) // 2 * 2 :] if zeros == "lecture" else []
    )
    kept = tuple(i not in dropped for i in range(size))
    if tied:
        state = replace(state, phase="zeros", at=tuple(tied), kept=kept)
        yield state

    taking_part = [i for i in range(size) if kept[i]]
    size_of = np.abs(true)
    ranks = dict(zip(taking_part, average_ranks(size_of[taking_part]), strict=True))
    for rank in sorted(set(ranks.values())):
        equals = [i for i in taking_part if ranks[i] == rank]
        ranked = _put(state.ranks, equals, float(rank))
        state = replace(state, phase="rank", at=tuple(equals), ranks=ranked)
        yield state

    for i in taking_part:
        plus, minus = true[i] > 0, true[i] < 0
        if true[i] == 0 and zeros != "pratt":
            plus = minus = 0.5
        r_plus = state.r_plus + plus * float(ranks[i])
        r_minus = state.r_minus + minus * float(ranks[i])
        state = replace(state, phase="sum", at=(i,), r_plus=r_plus, r_minus=r_minus)
        yield state
    yield replace(state, phase="done", at=())


def signed_rank_distribution(
    ranks: Sequence[float],
) -> tuple[Float[np.ndarray, " sums"], Float[np.ndarray, " sums"]]:
    """All values that a sum of ranks with coin-flip signs can take, and their probabilities.

    The 2^N sign patterns are counted by adding one rank at a time; ranks may be tied (halves).
    """
    doubled = [round(2 * rank) for rank in ranks]
    chance = np.zeros(sum(doubled) + 1)
    chance[0] = 1.0
    for rank in doubled:
        without = chance / 2
        chance = without.copy()
        chance[rank:] += without[: len(without) - rank]
    return np.arange(len(chance)) / 2, chance


@cache
def wilcoxon_critical_value(n: int, alpha: float = 0.05) -> int | None:
    """The largest T that rejects at two-sided level `alpha`, exact for untied ranks; None if none.

    The lecture's table allows one more in several cells: see `published.wilcoxon_table`.
    """
    check_alpha(alpha)
    if n < 1:
        raise ValueError(f"n must be at least 1, got {n}")
    sums, chance = signed_rank_distribution(range(1, n + 1))
    whole = chance[::2]  # doubled ranks 2, 4, ... give whole sums only
    rejecting = np.flatnonzero(2 * np.cumsum(whole) <= alpha * (1 + 1e-12))
    return int(rejecting[-1]) if len(rejecting) else None


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Wilcoxon(Result):
    """`effect_size` is the rank-biserial correlation (R+ - R-) / (R+ + R-), from -1 to 1."""

    n: int
    r_plus: float
    r_minus: float
    z: float
    differences: tuple[float, ...]
    ranks: tuple[float, ...]

    def critical_value(self, alpha: float = 0.05) -> int | None:
        """The largest T that rejects for this N if no ranks are tied; None if no T does."""
        return wilcoxon_critical_value(self.n, alpha)


def wilcoxon(
    first: Any,
    second: Any = None,
    *,
    zeros: str = "lecture",
    method: str = "auto",
    larger_is_better: bool = True,
    decimals: int | None = None,
) -> Wilcoxon:
    """Wilcoxon's signed-rank test, two-sided: is one of two classifiers better over many data sets?

    Args:
        first, second: paired scores, or one labelled table with two columns as `first`.
        zeros: the rule for equal scores, see `wilcoxon_steps`.
        method: "exact" counts all sign patterns of the ranks at hand, ties and zeros included
            (zeros keep their place, as in scipy's permutation test); "normal" is the lecture's z;
            "normal tie-corrected" is scipy's asymptotic z without continuity correction (with
            "zsplit" it treats the zeros as one more group of ties); "auto" is exact up to N = 50.
        decimals: differences are rounded to so many places before ranking; None means 12 digits of
            the largest one.

    Raises TableError, TypeError, ValueError: see `read_scores`.
    """
    check_choice("method", method, METHODS)
    pair = read_pair(first, second)
    steps = wilcoxon_steps(
        *pair.values.T, zeros=zeros, larger_is_better=larger_is_better, decimals=decimals
    )
    end = record(steps)[-1]
    if method == "auto":
        method = "exact" if end.n <= LARGEST_EXACT else "normal"
    z = _z(end, zeros, corrected=method == "normal tie-corrected")
    if method == "exact":
        p_value, source = _exact_p(end), "all sign patterns, exact"
    else:
        p_value, source = min(1.0, 2 * float(special.ndtr(z))), f"normal distribution, z = {z:.4g}"
        if method != "normal":
            source += ", corrected for ties"
    ranked = end.r_plus + end.r_minus
    better = pair.classifiers[1] if end.r_plus > end.r_minus else pair.classifiers[0]
    return Wilcoxon(
        test=f"Wilcoxon signed-rank test (zeros: {zeros})",
        symbol="T",
        statistic=end.statistic,
        p_value=p_value,
        p_method=source,
        effect_size=(end.r_plus - end.r_minus) / ranked if ranked else 0.0,
        effect_name="rank-biserial correlation",
        null="the differences are symmetric about zero: neither classifier is better",
        alternative=f"{better} is better.",
        assumptions=(
            "data sets independent of each other",
            "differences comparable in size from one data set to the next",
            "under the null hypothesis symmetric about zero; no normal distribution needed",
        ),
        table=_table(pair, end),
        n=end.n,
        r_plus=end.r_plus,
        r_minus=end.r_minus,
        z=z,
        differences=end.differences,
        ranks=end.ranks,
    )


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class SignTest(Result):
    """`effect_size` is the share of the second classifier's wins minus 1/2."""

    wins: float
    losses: float
    ties: int


def sign_test(
    first: Any,
    second: Any = None,
    *,
    ties: str = "split",
    larger_is_better: bool = True,
    decimals: int | None = None,
) -> SignTest:
    """Count the second classifier's wins and losses; exact binomial p, two-sided.

    Ties: "split" gives half of them to each, leaving one out if their number is odd (Demsar 2006);
    "drop" leaves them all out (the usual sign test).
    """
    check_choice("ties", ties, ("split", "drop"))
    pair = read_pair(first, second)
    d = _differences(pair.values, larger_is_better, decimals)
    equal = int(np.sum(d == 0))
    share = equal // 2 if ties == "split" else 0
    wins, losses = int(np.sum(d > 0)) + share, int(np.sum(d < 0)) + share
    n = wins + losses
    below = special.bdtr(min(wins, losses), n, 0.5) if n else 1.0
    better = pair.classifiers[1] if wins > losses else pair.classifiers[0]
    counts = [("wins", int(np.sum(d > 0))), ("losses", int(np.sum(d < 0))), ("ties", equal)]
    return SignTest(
        test=f"sign test (ties: {ties})",
        symbol="wins",
        statistic=float(wins),
        p_value=min(1.0, 2 * float(below)),
        p_method=f"binomial, {n} fair coins, exact",
        effect_size=wins / n - 0.5 if n else 0.0,
        effect_name="share of wins - 1/2",
        null="each classifier wins on a data set with the same probability",
        alternative=f"{better} wins more often.",
        assumptions=(
            "data sets independent of each other",
            "only who wins counts, not by how much",
        ),
        table=Table([f"{pair.classifiers[1]} against {pair.classifiers[0]}", "data sets"], counts),
        wins=wins,
        losses=losses,
        ties=equal,
    )


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class PairedT(Result):
    """`effect_size` is Cohen's d of the differences: their mean over their standard deviation."""

    degrees_of_freedom: int


def paired_t(first: Any, second: Any = None, *, larger_is_better: bool = True) -> PairedT:
    """The paired t-test, which the lecture warns of: it trusts the normal shape of the differences.

    Differences without any spread have no t: it is infinite (p = 0), or 0 (p = 1) if all are zero.
    """
    pair = read_pair(first, second)
    d = _differences(pair.values, larger_is_better, None)
    n, mean, spread = len(d), float(np.mean(d)), float(np.std(d, ddof=1))
    spread = 0.0 if np.all(d == d[0]) else spread
    effect = mean / spread if spread else math.copysign(math.inf, mean) if mean else 0.0
    t = effect * math.sqrt(n)
    better = pair.classifiers[1] if mean > 0 else pair.classifiers[0]
    return PairedT(
        test="paired t-test",
        symbol="t",
        statistic=t,
        p_value=2 * float(special.stdtr(n - 1, -abs(t))),
        p_method=f"t distribution, {n - 1} degrees of freedom",
        effect_size=effect,
        effect_name="Cohen's d",
        null="the differences have mean zero",
        alternative=f"{better} is better on average.",
        assumptions=(
            "differences normally distributed (one outlier can hide a real difference)",
            "differences comparable in size from one data set to the next",
            "independent data sets: folds of one data set are not",
        ),
        table=Table(["mean difference", "standard deviation", "N"], [(mean, spread, n)]),
        degrees_of_freedom=n - 1,
    )


# ---- parts ------------------------------------------------------------------------------------


def _put(values: tuple[float, ...], places: Sequence[int], value: float) -> tuple[float, ...]:
    return tuple(float(value) if i in places else old for i, old in enumerate(values))


def _differences(
    pairs: Float[np.ndarray, "datasets 2"], larger_is_better: bool, decimals: int | None
) -> Float[np.ndarray, " datasets"]:
    """Second minus first, positive where the second is better, without floating-point noise."""
    sign = 1 if read_direction(larger_is_better) else -1
    raw = sign * (pairs[:, 1] - pairs[:, 0])
    return np.round(raw, decimal_places(pairs, decimals)) + 0.0  # + 0.0: no negative zero


def _zero_ranks(end: SignedRanks) -> list[float]:
    return [r for r, d in zip(end.ranks, end.differences, strict=True) if d == 0 and r == r]


def _exact_p(end: SignedRanks) -> float:
    """P(min(R+, R-) <= T) over all signs of the differences that are not zero."""
    pairs = zip(end.ranks, end.differences, strict=True)
    sums, chance = signed_rank_distribution([r for r, d in pairs if d != 0 and r == r])
    fixed = (end.r_plus + end.r_minus - sums[-1]) / 2  # the zeros' share, in both sums alike
    return min(1.0, 2 * float(chance[sums <= end.statistic - fixed].sum()))


def _z(end: SignedRanks, zeros: str, corrected: bool) -> float:
    """z = (T - N(N+1)/4) / sqrt(N(N+1)(2N+1)/24), with Cureton's change of both for "pratt"."""
    n, ranks = end.n, [r for r in end.ranks if r == r]
    if zeros == "pratt":
        m = len(_zero_ranks(end))
        ranks = [r for r, d in zip(end.ranks, end.differences, strict=True) if d != 0]
    else:
        m = 0
    mean = (n * (n + 1) - m * (m + 1)) / 4
    variance = (n * (n + 1) * (2 * n + 1) - m * (m + 1) * (2 * m + 1)) / 24
    if corrected:
        _, ties = np.unique(ranks, return_counts=True)
        variance -= float(np.sum(ties**3 - ties)) / 48
    return (end.statistic - mean) / math.sqrt(variance) if variance > 0 else 0.0


def _table(pair: Scores, end: SignedRanks) -> Table:
    rows = [
        (name, *map(float, scores), f"{d:+.4g}" if d else "0", "left out" if r != r else f"{r:g}")
        for name, scores, d, r in zip(
            pair.datasets, pair.values, end.differences, end.ranks, strict=True
        )
    ]
    sums = f"R+ = {end.r_plus:g}, R- = {end.r_minus:g}, T = {end.statistic:g}, N = {end.n}"
    return Table(["data set", *pair.classifiers, "difference", "rank"], rows, caption=sums)
