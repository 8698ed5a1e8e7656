"""After Friedman: which classifiers differ? Nemenyi, Bonferroni-Dunn, Bonferroni, Holm, Hochberg,
Shaffer.

Lecture 000A, topic 39, after Demsar (2006); Shaffer after Garcia and Herrera (2008), JMLR 9.
Two ways to guard against many tests: one critical difference for all pairs, or p-values compared
with thresholds in order (`holm_steps`, `hochberg_steps`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy import special

from course_lib.evaluation.friedman import Friedman, friedman
from course_lib.evaluation.result import check_alpha, check_choice, short
from course_lib.evaluation.scores import TableError, place
from course_lib.trace import Table, Trace, record

PROCEDURES = ("nemenyi", "bonferroni-dunn", "bonferroni", "holm", "hochberg", "shaffer")


def family_error(tests: int, alpha: float = 0.05) -> float:
    """The chance of at least one false alarm in so many independent tests: 1 - (1 - alpha)^tests.

    Lecture 000A, topic 38: seven algorithms, 21 paired t-tests, 0.66.
    """
    return 1 - (1 - check_alpha(alpha)) ** tests


# ---- critical differences ---------------------------------------------------------------------


def standard_error(classifiers: int, datasets: int) -> float:
    """sqrt(k (k + 1) / (6 N)), of the difference between two mean ranks."""
    return math.sqrt(classifiers * (classifiers + 1) / (6 * datasets))


@cache
def nemenyi_q(classifiers: int, alpha: float = 0.05) -> float:
    """The studentized range of k standard normals at 1 - alpha, divided by sqrt 2."""
    from scipy.stats import studentized_range

    _at_least_two(classifiers)
    return float(studentized_range.ppf(1 - check_alpha(alpha), classifiers, np.inf)) / math.sqrt(2)


def bonferroni_dunn_q(classifiers: int, alpha: float = 0.05) -> float:
    """z at alpha / (2 (k - 1)): two-sided, k - 1 comparisons with the control."""
    _at_least_two(classifiers)
    return -float(special.ndtri(check_alpha(alpha) / (2 * (classifiers - 1))))


def critical_difference(
    classifiers: int, datasets: int, alpha: float = 0.05, *, procedure: str = "nemenyi"
) -> float:
    """CD = q sqrt(k (k + 1) / (6 N)), in mean ranks, for "nemenyi" or "bonferroni-dunn"."""
    check_choice("procedure", procedure, ("nemenyi", "bonferroni-dunn"))
    q = nemenyi_q if procedure == "nemenyi" else bonferroni_dunn_q
    return q(classifiers, alpha) * standard_error(classifiers, datasets)


@dataclass(frozen=True)
class PairStep:
    """Two classifiers held against the critical difference; `first` is the control if there is one.

    z = (R_first - R_second) / SE, positive where the second is better. `p_value` counts the whole
    family of comparisons.
    """

    first: str
    second: str
    difference: float
    critical_difference: float
    z: float
    p_value: float
    rejected: bool

    @property
    def verdict(self) -> str:
        sign, word = (">=", "differ") if self.rejected else ("<", "no difference shown")
        return f"{abs(self.difference):.3f} {sign} {self.critical_difference:.3f}: {word}"


def critical_difference_steps(
    mean_ranks: Sequence[float],
    datasets: int,
    *,
    names: Sequence[str] | None = None,
    control: str | None = None,
    alpha: float = 0.05,
) -> Iterator[PairStep]:
    """Pair by pair against CD: all pairs by Nemenyi, or by Bonferroni-Dunn all against `control`.

    Yields a `PairStep` per pair, the largest difference first. A difference of exactly CD counts.
    """
    k = len(mean_ranks)
    procedure = "nemenyi" if control is None else "bonferroni-dunn"
    cd = critical_difference(k, datasets, alpha, procedure=procedure)
    for first, second, difference in pairs(mean_ranks, names=names, control=control):
        z = difference / standard_error(k, datasets)
        p_value = _range_p(abs(z), k) if control is None else min(1.0, (k - 1) * two_sided_p(z))
        yield PairStep(first, second, difference, cd, z, p_value, abs(difference) >= cd)


def pairs(
    mean_ranks: Sequence[float],
    *,
    names: Sequence[str] | None = None,
    control: str | None = None,
) -> list[tuple[str, str, float]]:
    """(first, second, R_first - R_second), the largest difference first; the control is `first`.

    Without a control the worse of the two comes first, so that no difference is negative.
    """
    ranks = dict(zip(_names(names, len(mean_ranks)), map(float, mean_ranks), strict=True))
    if control is not None:
        place(control, list(ranks))
        chosen = [(control, name) for name in ranks if name != control]
    else:
        chosen = [
            (one, other) if ranks[one] >= ranks[other] else (other, one)
            for one, other in combinations(ranks, 2)
        ]
    found = [(one, other, ranks[one] - ranks[other]) for one, other in chosen]
    return sorted(found, key=lambda pair: -abs(pair[2]))


def two_sided_p(z: float) -> float:
    """P(|Z| >= |z|) of a standard normal."""
    return 2 * float(special.ndtr(-abs(z)))


# ---- p-values in order ------------------------------------------------------------------------


@dataclass(frozen=True)
class OrderedStep:
    """One hypothesis of `holm_steps`, `hochberg_steps` ...; `step` counts from 1 in their order.

    `tested` is False where an earlier step has already decided; `adjusted` is the p-value to be
    compared with alpha itself.
    """

    step: int
    hypothesis: str
    p_value: float
    threshold: float
    tested: bool
    rejected: bool
    adjusted: float

    @property
    def verdict(self) -> str:
        if not self.tested:
            return "rejected with it" if self.rejected else "retained without a look"
        sign, word = ("<=", "rejected") if self.rejected else (">", "retained")
        return f"{self.p_value:.4g} {sign} {self.threshold:.4g}: {word}"


def bonferroni_steps(
    p_values: Sequence[float], alpha: float = 0.05, names: Sequence[str] | None = None
) -> Iterator[OrderedStep]:
    """Every p against alpha / m, the smallest first."""
    p, names = _p_values(p_values, names)
    m = len(p)
    for step, i in enumerate(np.argsort(p, kind="stable"), start=1):
        threshold, adjusted = check_alpha(alpha) / m, min(1.0, m * p[i])
        yield OrderedStep(step, names[i], p[i], threshold, True, p[i] <= threshold, adjusted)


def holm_steps(
    p_values: Sequence[float], alpha: float = 0.05, names: Sequence[str] | None = None
) -> Iterator[OrderedStep]:
    """Step down: the smallest p against alpha / m, the next against alpha / (m - 1), and so on;
    stop at the first that is too large.

    Yields an `OrderedStep` per hypothesis. With m = k - 1 comparisons the i-th threshold is the
    lecture's alpha / (k - i). p equal to its threshold is rejected.
    """
    return _step_down(p_values, alpha, names, [len(p_values) - i for i in range(len(p_values))])


def shaffer_steps(
    p_values: Sequence[float], alpha: float = 0.05, names: Sequence[str] | None = None
) -> Iterator[OrderedStep]:
    """Holm's procedure for all pairs of k classifiers, with only as many hypotheses in the divisor
    as can be true together once i - 1 are false (Shaffer 1986, static).

    Raises ValueError if the number of p-values is not k (k - 1) / 2.
    """
    m = len(p_values)
    k = (1 + math.isqrt(1 + 8 * m)) // 2
    if k * (k - 1) // 2 != m:
        raise ValueError(f"Shaffer needs the p-values of all k (k - 1) / 2 pairs, got {m}")
    possible = _true_together(k)
    divisors = [max(count for count in possible if count <= m - i) for i in range(m)]
    return _step_down(p_values, alpha, names, [max(1, divisor) for divisor in divisors])


def hochberg_steps(
    p_values: Sequence[float], alpha: float = 0.05, names: Sequence[str] | None = None
) -> Iterator[OrderedStep]:
    """Step up: the largest p against alpha, the next against alpha / 2, and so on; at the first
    that is small enough reject it and all smaller ones.

    Holds for independent or positively dependent p-values. Yields an `OrderedStep` per hypothesis.
    """
    p, names = _p_values(p_values, names)
    check_alpha(alpha)
    decided, least = False, 1.0
    for step, i in enumerate(np.argsort(p, kind="stable")[::-1], start=1):
        threshold, least = alpha / step, min(least, step * p[i])
        tested, decided = not decided, decided or p[i] <= threshold
        yield OrderedStep(step, names[i], p[i], threshold, tested, decided, least)


STEPS: dict[str, Callable[..., Iterator[OrderedStep]]] = {
    "bonferroni": bonferroni_steps,
    "holm": holm_steps,
    "hochberg": hochberg_steps,
    "shaffer": shaffer_steps,
}


def adjusted_p_values(p_values: Sequence[float], procedure: str = "holm") -> tuple[float, ...]:
    """The adjusted p-values in the order given: reject where one is at most alpha."""
    check_choice("procedure", procedure, tuple(STEPS))
    names = [str(i) for i in range(len(p_values))]
    found = {step.hypothesis: step.adjusted for step in STEPS[procedure](p_values, names=names)}
    return tuple(found[name] for name in names)


# ---- one object for all of them ---------------------------------------------------------------


@dataclass(frozen=True)
class PairVerdict:
    """One pair after a post-hoc procedure. `p_value` is its own, `adjusted` the family's."""

    first: str
    second: str
    difference: float
    z: float
    p_value: float
    adjusted: float
    threshold: float
    rejected: bool


@dataclass(frozen=True, repr=False, eq=False)
class PostHoc:
    """What a post-hoc procedure found. `steps` is its trace, `comparisons` the pairs in its order.

    `threshold` is the critical difference for "nemenyi" and "bonferroni-dunn", else that of p.
    """

    procedure: str
    alpha: float
    control: str | None
    names: tuple[str, ...]
    mean_ranks: tuple[float, ...]
    datasets: int
    critical_difference: float | None
    comparisons: tuple[PairVerdict, ...]
    steps: Trace[Any]

    @property
    def rejected(self) -> tuple[tuple[str, str], ...]:
        """The pairs that differ, the better classifier first."""
        return tuple(
            (pair.second, pair.first) if pair.difference > 0 else (pair.first, pair.second)
            for pair in self.comparisons
            if pair.rejected
        )

    def differs(self, one: str, other: str) -> bool:
        """True if these two were shown to differ."""
        return (one, other) in self.rejected or (other, one) in self.rejected

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """The cliques of the diagram: largest runs of neighbours in rank none of which differ."""
        found = cliques(
            self.mean_ranks, lambda i, j: not self.differs(self.names[i], self.names[j])
        )
        return tuple(tuple(self.names[i] for i in group) for group in found)

    @property
    def table(self) -> Table:
        """The table that the lecture prints, one row per comparison in the procedure's order."""
        by_cd = self.critical_difference is not None
        bound = "CD" if by_cd else "threshold"
        rows = [
            (
                i,
                pair.second if self.control else f"{pair.first} - {pair.second}",
                f"{pair.difference:.3f}",
                f"{pair.z:.3f}",
                short(pair.p_value),
                f"{pair.threshold:.4g}",
                short(pair.adjusted),
                "rejected" if pair.rejected else "retained",
            )
            for i, pair in enumerate(self.comparisons, start=1)
        ]
        against = f"against {self.control}" if self.control else "all pairs"
        return Table(
            ["i", "classifier" if self.control else "pair", "difference", "z", "p", bound,
             "adjusted p", "hypothesis"],
            rows,
            caption=f"{self.title}, {against}, alpha = {self.alpha:g}",
        )  # fmt: skip

    @property
    def title(self) -> str:
        return "-".join(part.capitalize() for part in self.procedure.split("-"))

    @property
    def decision(self) -> str:
        """The conclusion in words."""
        pairs_found = self.rejected
        if not pairs_found:
            told = f"{self.title} at alpha = {self.alpha:g} shows no difference"
            return told + (f" from {self.control}." if self.control else " between any two.")
        ranks = dict(zip(self.names, self.mean_ranks, strict=True))
        told = "; ".join(
            f"{better} (mean rank {ranks[better]:.3f}) is better than {worse} ({ranks[worse]:.3f})"
            for better, worse in pairs_found
        )
        open_ones = self._undecided()
        rest = f" About {', '.join(open_ones)} the data do not suffice to say." if open_ones else ""
        return f"{self.title} at alpha = {self.alpha:g}: {told}.{rest}"

    def _undecided(self) -> list[str]:
        """Classifiers that no comparison tells from anything."""
        known = {name for pair in self.rejected for name in pair} | {self.control}
        return [name for name in self.names if name not in known]

    def __str__(self) -> str:
        return f"{self.table}\n{self.decision}"

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        return f"{self.table._repr_markdown_()}\n\n{self.decision}"


def post_hoc(
    scores: Any,
    procedure: str = "nemenyi",
    *,
    control: str | None = None,
    alpha: float = 0.05,
    larger_is_better: bool = True,
) -> PostHoc:
    """Compare the mean ranks of all pairs, or of all classifiers with `control`.

    Args:
        scores: a table as `friedman` takes it, or its result.
        procedure: "nemenyi" (all pairs) and "bonferroni-dunn" (control) use a critical difference,
            "bonferroni", "holm", "hochberg" and "shaffer" (all pairs) order p-values of
            z = (R_first - R_second) / sqrt(k (k + 1) / (6 N)).

    Raises ValueError for a procedure that needs or forbids a control, UnknownClassifier.
    """
    check_choice("procedure", procedure, PROCEDURES)
    if procedure == "bonferroni-dunn" and control is None:
        raise ValueError("bonferroni-dunn compares with a control: pass control='name'")
    if procedure in ("nemenyi", "shaffer") and control is not None:
        raise ValueError(
            f"{procedure} compares all pairs: leave out control, or use bonferroni-dunn, holm "
            "or hochberg"
        )
    base = (
        scores
        if isinstance(scores, Friedman)
        else friedman(scores, larger_is_better=larger_is_better)
    )
    names, ranks, n = base.names, base.mean_ranks, base.datasets
    error = standard_error(len(names), n)
    found: list[PairVerdict] = []
    steps: Trace[Any]
    if procedure in ("nemenyi", "bonferroni-dunn"):
        steps = record(
            critical_difference_steps(ranks, n, names=names, control=control, alpha=alpha)
        )
        for pair in steps:
            found.append(
                PairVerdict(pair.first, pair.second, pair.difference, pair.z, two_sided_p(pair.z),
                           pair.p_value, pair.critical_difference, pair.rejected)
            )  # fmt: skip
    else:
        chosen = pairs(ranks, names=names, control=control)
        labels = [other if control else f"{one} - {other}" for one, other, _ in chosen]
        by_label = dict(zip(labels, chosen, strict=True))
        p_values = [two_sided_p(difference / error) for _, _, difference in chosen]
        steps = record(STEPS[procedure](p_values, alpha, labels))
        for step in steps:
            one, other, difference = by_label[step.hypothesis]
            found.append(
                PairVerdict(one, other, difference, difference / error, step.p_value,
                           step.adjusted, step.threshold, step.rejected)
            )  # fmt: skip
    by_cd = procedure in ("nemenyi", "bonferroni-dunn")
    return PostHoc(
        procedure, alpha, control, names, ranks, n,
        found[0].threshold if by_cd else None, tuple(found), steps,
    )  # fmt: skip


def cliques(
    mean_ranks: Sequence[float], alike: float | Callable[[int, int], bool]
) -> list[tuple[int, ...]]:
    """Largest runs of neighbours in rank order, at least two long, all pairs of which are alike.

    `alike` is a critical difference (alike if closer than that) or a function of two positions.
    """
    order = sorted(range(len(mean_ranks)), key=lambda i: (mean_ranks[i], i))
    if callable(alike):
        same = alike
    else:

        def same(i: int, j: int, cd: float = alike) -> bool:
            return abs(mean_ranks[i] - mean_ranks[j]) < cd

    found: list[tuple[int, ...]] = []
    reached = 0  # runs that end no further lie within an earlier one
    for start in range(len(order)):
        end = start + 1
        while end < len(order) and all(same(order[i], order[end]) for i in range(start, end)):
            end += 1
        if end - start >= 2 and end > reached:
            found.append(tuple(order[start:end]))
            reached = end
    return found


# ---- parts ------------------------------------------------------------------------------------


def _at_least_two(classifiers: int) -> None:
    if classifiers < 2:
        raise TableError(f"{classifiers} classifier: a comparison needs at least two")


def _names(names: Sequence[str] | None, size: int) -> list[str]:
    if names is None:
        return [str(i + 1) for i in range(size)]
    if len(names) != size or len(set(names)) != size:
        raise TableError(f"expected {size} different names, got {list(names)}")
    return [str(name) for name in names]


def _p_values(
    p_values: Sequence[float], names: Sequence[str] | None
) -> tuple[list[float], list[str]]:
    p = np.asarray(p_values, dtype=float)
    if p.ndim != 1 or len(p) == 0:
        raise ValueError(f"expected a list of p-values, got shape {p.shape}")
    if not ((p >= 0) & (p <= 1)).all():  # also catches NaN
        raise ValueError(f"p-values lie between 0 and 1, got {p.tolist()}")
    return p.tolist(), _names(names, len(p))


def _step_down(
    p_values: Sequence[float],
    alpha: float,
    names: Sequence[str] | None,
    divisors: Sequence[int],
) -> Iterator[OrderedStep]:
    p, names = _p_values(p_values, names)
    check_alpha(alpha)
    stopped, largest = False, 0.0
    for step, i in enumerate(np.argsort(p, kind="stable"), start=1):
        divisor = divisors[step - 1]
        threshold, largest = alpha / divisor, max(largest, min(1.0, divisor * p[i]))
        tested, stopped = not stopped, stopped or p[i] > threshold
        yield OrderedStep(step, names[i], p[i], threshold, tested, not stopped, largest)


@cache
def _true_together(classifiers: int) -> frozenset[int]:
    """How many of the k (k - 1) / 2 equalities can hold at once: partitions into equal groups."""
    if classifiers <= 1:
        return frozenset({0})
    return frozenset(
        size * (size - 1) // 2 + rest
        for size in range(1, classifiers + 1)
        for rest in _true_together(classifiers - size)
    )


def _range_p(z: float, classifiers: int) -> float:
    """P(range of k standard normals >= z sqrt 2): Nemenyi's p-value."""
    from scipy.stats import studentized_range

    return float(np.clip(studentized_range.sf(z * math.sqrt(2), classifiers, np.inf), 0.0, 1.0))


def p_value_matrix(found: PostHoc) -> Float[np.ndarray, "classifiers classifiers"]:
    """Adjusted p-values as a symmetric matrix; NaN for pairs that were not compared."""
    matrix = np.full((len(found.names),) * 2, np.nan)
    for pair in found.comparisons:
        i, j = place(pair.first, found.names), place(pair.second, found.names)
        matrix[i, j] = matrix[j, i] = pair.adjusted
    return matrix
