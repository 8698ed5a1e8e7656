"""What the lecture prints about comparing classifiers, and where it errs (000A, topics 33, 37-39).

Printed tables are kept as printed, because exams are marked with them; the functions beside them
compute the exact values. `errata()` lists every place where the two part, with the right value
computed on the spot.
"""

from __future__ import annotations

from scipy import special

from course_lib.datasets import load
from course_lib.evaluation.friedman import friedman, iman_davenport
from course_lib.evaluation.mcnemar import mcnemar
from course_lib.evaluation.posthoc import (
    bonferroni_dunn_q,
    critical_difference,
    nemenyi_q,
    post_hoc,
    standard_error,
)
from course_lib.evaluation.result import check_choice
from course_lib.evaluation.wilcoxon import wilcoxon_critical_value
from course_lib.trace import Table

# Lecture lines 1928-1951: the largest T that rejects, two-sided, at these levels; None: no T does.
WILCOXON_ALPHAS = (0.1, 0.05, 0.02, 0.01)
WILCOXON_TABLE: dict[int, tuple[int | None, ...]] = {
    5: (1, None, None, None), 6: (2, 1, None, None), 7: (4, 2, 0, None), 8: (6, 4, 2, 0),
    9: (8, 6, 3, 2), 10: (11, 8, 5, 3), 11: (14, 11, 7, 5), 12: (17, 14, 10, 7),
    13: (21, 17, 13, 10), 14: (26, 21, 16, 13), 15: (30, 25, 20, 16), 16: (36, 30, 24, 19),
    17: (41, 35, 28, 23), 18: (47, 40, 33, 28), 19: (54, 46, 38, 32), 20: (60, 52, 43, 37),
    21: (68, 59, 49, 43), 22: (75, 66, 56, 49), 23: (83, 73, 62, 55), 24: (92, 81, 69, 61),
    25: (101, 90, 77, 68),
}  # fmt: skip

# Lines 2001-2041: critical F at alpha = .05 for 1, 2, 3 degrees of freedom in the numerator.
F_TABLE: dict[int, tuple[float, float, float]] = {
    1: (161.45, 199.50, 215.71), 2: (18.51, 19.00, 19.16), 3: (10.13, 9.55, 9.28),
    4: (7.71, 6.94, 6.59), 5: (6.61, 5.79, 5.41), 6: (5.99, 5.14, 4.76), 7: (5.59, 4.74, 4.35),
    8: (5.32, 4.46, 4.07), 9: (5.12, 4.26, 3.86), 10: (4.96, 4.10, 3.71), 11: (4.84, 3.98, 3.59),
    12: (4.75, 3.89, 3.49), 13: (4.67, 3.81, 3.41), 14: (4.60, 3.74, 3.34),
    15: (4.54, 3.68, 3.29), 16: (4.49, 3.63, 3.24), 17: (4.45, 3.59, 3.20),
    18: (4.41, 3.55, 3.16), 19: (4.38, 3.52, 3.13), 20: (4.35, 3.49, 3.10),
    21: (4.32, 3.47, 3.07), 22: (4.30, 3.44, 3.05), 23: (4.28, 3.42, 3.03),
    24: (4.26, 3.40, 3.01), 25: (4.24, 3.39, 2.99), 26: (4.23, 3.37, 2.98),
    27: (4.21, 3.35, 2.96), 28: (4.20, 3.34, 2.95), 29: (4.18, 3.33, 2.93),
    30: (4.17, 3.32, 2.92), 31: (4.16, 3.31, 2.91), 32: (4.15, 3.30, 2.90),
    33: (4.14, 3.29, 2.89), 34: (4.13, 3.28, 2.88), 35: (4.12, 3.27, 2.87),
    36: (4.11, 3.26, 2.86), 37: (4.10, 3.25, 2.85), 38: (4.09, 3.24, 2.84),
    39: (4.08, 3.23, 2.84), 40: (4.07, 3.22, 2.84),
}  # fmt: skip

# Lines 2068-2079: q for k = 2 ... 10 classifiers at alpha = .05 and .10.
NEMENYI_Q = {
    0.05: (1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164),
    0.10: (1.645, 2.052, 2.291, 2.459, 2.589, 2.693, 2.780, 2.855, 2.920),
}
BONFERRONI_DUNN_Q = {
    0.05: (1.960, 2.241, 2.394, 2.498, 2.576, 2.638, 2.690, 2.724, 2.773),
    0.10: (1.645, 1.960, 2.128, 2.241, 2.326, 2.394, 2.450, 2.498, 2.539),
}


def wilcoxon_table() -> Table:
    """The exact critical values of T for the rows and columns that the lecture prints."""
    rows = [(n, *(wilcoxon_critical_value(n, a) for a in WILCOXON_ALPHAS)) for n in WILCOXON_TABLE]
    return Table(["N", *(f"alpha {alpha:g}" for alpha in WILCOXON_ALPHAS)], rows)


def wilcoxon_differences() -> list[tuple[int, float, int | None, int | None]]:
    """(N, alpha, printed, exact) for each cell of the printed table that is not the exact one."""
    return [
        (n, alpha, printed, wilcoxon_critical_value(n, alpha))
        for n, row in WILCOXON_TABLE.items()
        for alpha, printed in zip(WILCOXON_ALPHAS, row, strict=True)
        if printed != wilcoxon_critical_value(n, alpha)
    ]


def f_critical(numerator: int, denominator: int, alpha: float = 0.05) -> float:
    """The critical value of F with these degrees of freedom."""
    return float(special.fdtri(numerator, denominator, 1 - alpha))


def f_differences() -> list[tuple[int, int, float, float]]:
    """(df1, df2, printed, exact) for each cell that is further off than rounding explains."""
    return [
        (df1, df2, printed, f_critical(df1, df2))
        for df2, row in F_TABLE.items()
        for df1, printed in enumerate(row, start=1)
        if abs(printed - f_critical(df1, df2)) > 0.00501
    ]


def q_table(procedure: str = "nemenyi") -> Table:
    """q for k = 2 ... 10, as printed and computed, for "nemenyi" or "bonferroni-dunn"."""
    check_choice("procedure", procedure, ("nemenyi", "bonferroni-dunn"))
    printed, exact = (
        (NEMENYI_Q, nemenyi_q) if procedure == "nemenyi" else (BONFERRONI_DUNN_Q, bonferroni_dunn_q)
    )
    rows = []
    for alpha, row in printed.items():
        rows.append((f"printed, alpha {alpha:g}", *(f"{q:.3f}" for q in row)))
        rows.append(
            (f"computed, alpha {alpha:g}", *(f"{exact(k, alpha):.3f}" for k in range(2, 11)))
        )
    return Table(["q", *map(str, range(2, 11))], rows)


def errata() -> Table:
    """Every slip of the lecture on these topics: line, what is printed, what is right, and why."""
    table = load("demsar")
    printed = friedman(table.ranks, larger_is_better=False)
    tied = friedman(table)
    holm = post_hoc(load("demsar", untie_voting=True), "holm", control="C4.5").comparisons
    wilcoxon_off, f_off = wilcoxon_differences(), f_differences()
    means = ", ".join(f"{rank:.3f}" for rank in tied.mean_ranks)
    rows = [
        ("1746-1768", "model 1 in rows, then in columns", "b: first right, second wrong",
         "the two tables of one page have swapped sides; chi-squared does not notice"),
        ("1760", "p = 2 sum from i = b", f"from max(b, c), at most 1: {mcnemar((5, 5)).p_value:g}",
         f"for b = c = 5 the printed sum is {2 * special.bdtrc(4, 10, 0.5):.3f}"),
        ("1931-1951", f"T for N = 9: {WILCOXON_TABLE[9][1]}", wilcoxon_critical_value(9),
         f"P(T <= 6) = .0547; {len(wilcoxon_off)} cells of the table are one too large"),
        ("1997, 2120", "voting .975 and .975 ranked 2 and 3", f"2.5 and 2.5: {means}",
         "the source ranked digits that it does not print"),
        ("1978", f"chi2_F = {printed.statistic:.2f}", f"{tied.statistic:.3f}",
         "from the printed values with that tie"),
        ("1980", f"F_F = {iman_davenport(printed).statistic:.2f}",
         f"{iman_davenport(tied).statistic:.3f}", "the same; the decision stays"),
        ("1982, 2040", "F(3, 39) = 2.85 and 2.84", f"{f_critical(3, 39):.4f}",
         f"{len(f_off)} cells from row 31 on drift in the second decimal"),
        ("2066", "lower values: more rigorous", "lower values: more power",
         "a smaller critical difference finds more"),
        ("2077", "q.05 for k = 9: 2.724", f"{bonferroni_dunn_q(9):.3f}", "two digits slipped"),
        ("2092", "sqrt(4.5 / 6.14)", f"sqrt(4*5 / (6*14)) = {standard_error(4, 14):.3f}",
         "points for products; read as decimals it is 0.856"),
        ("2094", "C4.5 worse than C4.5+m and C4.5+cf", "C4.5+m and C4.5+m+cf",
         f"C4.5+cf differs by only {printed.mean_ranks[0] - printed.mean_ranks[2]:.3f}"),
        ("2096", "CD = 1.16",
         f"{critical_difference(4, 14, procedure='bonferroni-dunn'):.3f}", "rounds to 1.17"),
        ("2103", "z = 2.416", f"{holm[0].z:.4f}", "divided by the rounded 0.488"),
        ("2105", "p = 0.607", f"{holm[2].p_value:.4f}", "off by one in the last digit"),
    ]  # fmt: skip
    return Table(["lines", "printed", "right", "because"], rows)
