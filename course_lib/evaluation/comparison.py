"""Comparing classifiers: every test of lecture 000A, topics 33 and 37 to 39, under one name.

| question | function |
|---|---|
| two models, one test set | `mcnemar(agreement(targets, first, second))` |
| two classifiers, many data sets | `wilcoxon`, `sign_test`, `paired_t` |
| many classifiers, many data sets | `friedman`, `iman_davenport` |
| which of them differ | `post_hoc`: Nemenyi, Bonferroni-Dunn, Bonferroni, Holm, Hochberg, Shaffer |
| all of it from one table | `compare_classifiers` |

Each is built from a generator of states (`mcnemar_steps`, `wilcoxon_steps`, `friedman_steps`,
`critical_difference_steps`, `holm_steps`, `hochberg_steps`), which players animate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from course_lib.evaluation.friedman import (
    Friedman,
    ImanDavenport,
    Ranking,
    friedman,
    friedman_steps,
    iman_davenport,
    rank_sum_distribution,
)
from course_lib.evaluation.mcnemar import Agreement, McNemar, agreement, mcnemar, mcnemar_steps
from course_lib.evaluation.posthoc import (
    OrderedStep,
    PairStep,
    PairVerdict,
    PostHoc,
    adjusted_p_values,
    bonferroni_dunn_q,
    bonferroni_steps,
    cliques,
    critical_difference,
    critical_difference_steps,
    family_error,
    hochberg_steps,
    holm_steps,
    nemenyi_q,
    p_value_matrix,
    pairs,
    post_hoc,
    shaffer_steps,
    standard_error,
    two_sided_p,
)
from course_lib.evaluation.result import Result, check_alpha, short
from course_lib.evaluation.scores import (
    Scores,
    TableError,
    UnknownClassifier,
    average_ranks,
    place,
    read_scores,
)
from course_lib.evaluation.wilcoxon import (
    PairedT,
    SignedRanks,
    SignTest,
    Wilcoxon,
    paired_t,
    sign_test,
    signed_rank_distribution,
    wilcoxon,
    wilcoxon_critical_value,
    wilcoxon_steps,
)
from course_lib.trace import Table

__all__ = [
    "Agreement", "Comparison", "Friedman", "ImanDavenport", "McNemar", "OrderedStep", "PairStep",
    "PairVerdict", "PairedT", "PostHoc", "Ranking", "Result", "Scores", "SignTest", "SignedRanks",
    "TableError", "UnknownClassifier", "Wilcoxon", "adjusted_p_values", "agreement",
    "average_ranks", "bonferroni_dunn_q", "bonferroni_steps", "cliques", "compare_classifiers",
    "critical_difference", "critical_difference_steps", "family_error", "friedman",
    "friedman_steps", "hochberg_steps", "holm_steps", "iman_davenport", "mcnemar", "mcnemar_steps",
    "nemenyi_q", "p_value_matrix", "paired_t", "pairs", "post_hoc", "rank_sum_distribution",
    "read_scores", "shaffer_steps", "sign_test", "signed_rank_distribution", "standard_error",
    "two_sided_p", "wilcoxon", "wilcoxon_critical_value", "wilcoxon_steps",
]  # fmt: skip


@dataclass(frozen=True, repr=False, eq=False)
class Comparison:
    """A table of results compared: the first test, the post-hoc procedure, and what to conclude.

    `test` is Wilcoxon's for two classifiers, else Iman and Davenport's. `plotting` draws it with
    `critical_difference_diagram(axes, comparison)`.
    """

    scores: Scores
    alpha: float
    control: str | None
    friedman: Friedman
    test: Wilcoxon | ImanDavenport
    post_hoc: PostHoc
    critical_difference: float

    @property
    def names(self) -> tuple[str, ...]:
        return self.friedman.names

    @property
    def mean_ranks(self) -> tuple[float, ...]:
        return self.friedman.mean_ranks

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """Classifiers that were not shown to differ, as the diagram's bars join them."""
        return () if self.control else self.post_hoc.groups

    @property
    def table(self) -> Table:
        """Scores with their ranks in brackets and the average ranks, as the lecture prints them."""
        return self.friedman.table

    @property
    def tests(self) -> Table:
        """One row per test: statistic, p-value, decision."""
        first = [self.test] if isinstance(self.test, Wilcoxon) else [self.friedman, self.test]
        rows = [
            (test.test, f"{test.symbol} = {test.statistic:.4g}", short(test.p_value),
             "rejected" if test.rejects(self.alpha) else "not rejected")
            for test in first
        ]  # fmt: skip
        return Table(["test", "statistic", "p", f"alpha = {self.alpha:g}"], rows)

    @property
    def decision(self) -> str:
        """The conclusion in words, from the first test to the single differences."""
        test, many = self.test, len(self.names)
        told = f"{test.symbol} = {test.statistic:.4g}, p = {short(test.p_value)}"
        n = self.friedman.datasets
        if isinstance(test, Wilcoxon):
            return f"Two classifiers on {n} data sets ({test.test}): T = {test.statistic:g}; " + (
                test.decision(self.alpha)
            )
        if not test.rejects(self.alpha):
            return (
                f"{many} classifiers on {n} data sets: {told} > {self.alpha:g}. No difference is "
                "shown, so no pair is looked at."
            )
        return (
            f"{many} classifiers on {n} data sets: {told} <= {self.alpha:g}, so they are not all "
            f"equivalent. {self.post_hoc.decision}"
        )

    def __str__(self) -> str:
        parts = [str(self.table), str(self.tests)]
        if not isinstance(self.test, Wilcoxon):
            parts.append(str(self.post_hoc.table))
        return "\n\n".join([*parts, self.decision])

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        parts = [self.table._repr_markdown_(), self.tests._repr_markdown_()]
        if not isinstance(self.test, Wilcoxon):
            parts.append(self.post_hoc.table._repr_markdown_())
        return "\n\n".join([*parts, self.decision])


def compare_classifiers(
    results: Any,
    *,
    control: str | None = None,
    alpha: float = 0.05,
    procedure: str | None = None,
    larger_is_better: bool = True,
    tie_correction: bool = False,
    decimals: int | None = None,
) -> Comparison:
    """From a table of results to ranks, tests, post-hoc comparison and a conclusion in words.

    Args:
        results: data sets x classifiers: array, dict of lists, data frame, CSV path or CSV text.
        control: a classifier to compare all others with; None compares all pairs.
        procedure: see `post_hoc`; None is Nemenyi's for all pairs, Holm's with a control.
        larger_is_better: True for accuracies, False for errors.
        tie_correction: see `friedman`.

    Raises TableError, TypeError, UnknownClassifier, ValueError, each saying what to mend.
    """
    check_alpha(alpha)
    scores = read_scores(results)
    if control is not None:
        place(control, scores.classifiers)
    ranked = friedman(
        scores,
        tie_correction=tie_correction,
        larger_is_better=larger_is_better,
        decimals=decimals,
    )
    first: Wilcoxon | ImanDavenport
    if len(scores.classifiers) == 2:
        first = wilcoxon(scores, larger_is_better=larger_is_better, decimals=decimals)
    else:
        first = iman_davenport(ranked)
    n, k = scores.shape
    return Comparison(
        scores,
        alpha,
        control,
        ranked,
        first,
        post_hoc(
            ranked, procedure or ("holm" if control else "nemenyi"), control=control, alpha=alpha
        ),
        critical_difference(k, n, alpha, procedure="bonferroni-dunn" if control else "nemenyi"),
    )
