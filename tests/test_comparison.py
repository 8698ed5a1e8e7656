"""Comparing classifiers: against scipy, statsmodels, scikit-posthocs, enumeration and print."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import scikit_posthocs
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.multitest import multipletests

from course_lib.datasets import load
from course_lib.evaluation import published
from course_lib.evaluation.comparison import (
    Agreement,
    TableError,
    UnknownClassifier,
    adjusted_p_values,
    agreement,
    average_ranks,
    bonferroni_dunn_q,
    cliques,
    compare_classifiers,
    critical_difference,
    critical_difference_steps,
    family_error,
    friedman,
    friedman_steps,
    hochberg_steps,
    holm_steps,
    iman_davenport,
    mcnemar,
    mcnemar_steps,
    nemenyi_q,
    p_value_matrix,
    paired_t,
    post_hoc,
    rank_sum_distribution,
    read_scores,
    shaffer_steps,
    sign_test,
    signed_rank_distribution,
    standard_error,
    wilcoxon,
    wilcoxon_critical_value,
    wilcoxon_steps,
)
from course_lib.trace import Table, record

EXACT = {"abs": 1e-10, "rel": 1e-10}


def lecture(untied: bool = True):
    return load("demsar", untie_voting=untied)


def tables(seed: int, ties: bool, count: int = 12):
    """Random score tables of several shapes; with `ties` the scores are rounded to 1 decimal."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        scores = rng.normal(size=(int(rng.integers(3, 30)), int(rng.integers(3, 9))))
        scores += rng.normal(scale=0.5, size=scores.shape[1])
        yield np.round(scores, 1) if ties else scores


# ---- McNemar ----------------------------------------------------------------------------------


def test_mcnemar_finds_the_lectures_numbers():
    result = mcnemar([[9945, 25], [15, 15]])
    assert result.statistic == 2.025
    assert result.p_value == pytest.approx(0.154728923485, abs=1e-12)
    assert result.p_value == pytest.approx(stats.chi2.sf(2.025, 1), abs=1e-15)
    assert not result.rejects(0.05)
    assert result.critical_value() == pytest.approx(3.8415, abs=5e-5)
    assert mcnemar((25, 15), method="uncorrected").statistic == 2.5
    assert mcnemar((25, 15), method="uncorrected").p_value == pytest.approx(0.1138, abs=5e-5)
    assert mcnemar((25, 15), method="exact").p_value == pytest.approx(0.153860, abs=5e-7)
    assert mcnemar((8, 2)).p_value == pytest.approx(0.109375, abs=1e-14)  # b + c < 25: exact
    assert mcnemar((8, 2), method="corrected").statistic == 2.5
    assert mcnemar((5, 5), method="exact").p_value == 1.0  # the printed sum gives 1.246


def test_mcnemar_agrees_with_statsmodels():
    rng = np.random.default_rng(1)
    for counts in [*rng.integers(0, 60, size=(40, 2, 2)), np.array([[101, 121], [59, 33]])]:
        for method, exact, correction in (
            ("exact", True, False),
            ("corrected", False, True),
            ("uncorrected", False, False),
        ):
            theirs = statsmodels_mcnemar(counts, exact=exact, correction=correction)
            ours = mcnemar(counts, method=method)
            assert ours.statistic == pytest.approx(theirs.statistic, **EXACT)
            assert ours.p_value == pytest.approx(theirs.pvalue, **EXACT)


def test_mcnemar_exact_and_mid_p_against_enumeration_of_all_coins():
    for b in range(7):
        for c in range(7):
            n = b + c
            if n == 0:
                continue
            outcomes = [sum(coins) for coins in itertools.product((0, 1), repeat=n)]
            far = abs(b - n / 2)
            exact = np.mean([abs(x - n / 2) >= far for x in outcomes])
            strictly = np.mean([abs(x - n / 2) > far for x in outcomes])
            assert mcnemar((b, c), method="exact").p_value == pytest.approx(exact, abs=1e-14)
            middle = mcnemar((b, c), method="mid-p").p_value
            assert middle == pytest.approx((exact + strictly) / 2, abs=1e-14)


@pytest.mark.parametrize("n", [6, 13, 24])
def test_exact_mcnemar_keeps_its_level(n):
    chances = stats.binom.pmf(np.arange(n + 1), n, 0.5)
    for alpha in (0.01, 0.05, 0.1):
        rejects = [mcnemar((b, n - b), method="exact").rejects(alpha) for b in range(n + 1)]
        assert chances @ rejects <= alpha


def test_agreement_counts_and_its_trace():
    targets = np.array([0, 1, 2, 1, 0, 2, 2])
    first = np.array([0, 1, 1, 1, 1, 2, 0])
    second = np.array([0, 2, 2, 1, 2, 1, 0])
    found = agreement(targets, first, second)
    assert (found.both_right, found.b, found.c, found.both_wrong) == (2, 2, 1, 2)
    states = record(mcnemar_steps(first == targets, second == targets))
    assert [state.samples for state in states] == [1, 2, 3, 4, 5, 6, 7]
    assert states.column("counted").tolist()[:3] == ["both_right", "only_first", "only_second"]
    assert states[-1] == found
    assert mcnemar(found).statistic == min(found.b, found.c)


def test_the_pair_alone_does_not_invent_the_other_two_cells():
    assert mcnemar((25, 15)).table.rows[0] == ("first right", "not given", 25)
    assert mcnemar([[9945, 25], [15, 15]]).table.rows[0] == ("first right", 9945, 25)


def test_mcnemar_without_disagreement_shows_nothing():
    for method in ("exact", "corrected", "uncorrected", "mid-p"):
        assert mcnemar((0, 0), method=method).p_value == 1.0
    assert Agreement().chi_squared() == 0.0


# ---- Wilcoxon, sign test, t -------------------------------------------------------------------


def test_wilcoxon_finds_the_lectures_numbers():
    table = lecture()
    result = wilcoxon(table.column("C4.5"), table.column("C4.5+m"), method="normal")
    assert (result.r_plus, result.r_minus, result.statistic, result.n) == (93, 12, 12, 14)
    assert result.z == pytest.approx(-40.5 / math.sqrt(14 * 15 * 29 / 24), abs=1e-12)
    assert result.z == pytest.approx(-2.542, abs=5e-4)
    assert result.p_value == pytest.approx(0.0110, abs=5e-5)
    assert result.critical_value() == 21 and result.statistic <= 21
    exact = wilcoxon(table.column("C4.5"), table.column("C4.5+m"))
    assert exact.p_value == pytest.approx(0.0078, abs=5e-5)  # all 2^14 signs, ties included
    assert [row[-1] for row in exact.table.rows][:5] == ["3.5", "7", "9", "12", "5"]


def test_wilcoxon_zero_rules_on_the_lectures_table():
    table = lecture()
    pair = table.column("C4.5"), table.column("C4.5+m")
    found = {rule: wilcoxon(*pair, zeros=rule).statistic for rule in
             ("lecture", "zsplit", "wilcox", "pratt")}  # fmt: skip
    assert found == {"lecture": 12, "zsplit": 12, "wilcox": 6.5, "pratt": 10.5}
    assert wilcoxon(*pair, zeros="wilcox").p_value == pytest.approx(0.0073, abs=5e-5)


def test_of_an_odd_number_of_zeros_the_lecture_leaves_one_out():
    first, second = np.zeros(6), np.array([0, 0, 0, 1.0, 2.0, -3.0])
    ours = wilcoxon(first, second)
    assert ours.n == 5  # zeros share ranks 1.5 and 1.5, one rank for each side
    assert (ours.r_plus, ours.r_minus) == (3 + 4 + 1.5, 5 + 1.5)
    assert wilcoxon(first, second, zeros="zsplit").n == 6


@pytest.mark.parametrize("rule", ["wilcox", "pratt", "zsplit"])
@pytest.mark.parametrize("ties", [False, True])
def test_wilcoxon_agrees_with_scipy(rule, ties):
    rng = np.random.default_rng(2)
    for _ in range(15):
        n = int(rng.integers(4, 9))
        first, second = rng.normal(size=(2, n))
        if ties:
            first, second = np.round(first), np.round(second)  # many ties and zeros
        if np.count_nonzero(first != second) < 2:
            continue
        theirs = stats.wilcoxon(
            second, first, zero_method=rule, method="asymptotic", correction=False
        )
        ours = wilcoxon(first, second, zeros=rule, method="normal tie-corrected")
        assert ours.statistic == pytest.approx(theirs.statistic, **EXACT)
        assert ours.p_value == pytest.approx(theirs.pvalue, **EXACT)
        every_sign = stats.PermutationMethod(n_resamples=np.inf)
        theirs = stats.wilcoxon(second, first, zero_method=rule, method=every_sign)
        ours = wilcoxon(first, second, zeros=rule, method="exact")
        assert ours.p_value == pytest.approx(theirs.pvalue, **EXACT)
        if not ties:  # without ties scipy's "exact" is exact too
            theirs = stats.wilcoxon(second, first, zero_method=rule, method="exact")
            assert ours.p_value == pytest.approx(theirs.pvalue, **EXACT)


def test_exact_wilcoxon_against_all_sign_patterns_by_hand():
    rng = np.random.default_rng(3)
    for _ in range(12):
        d = np.round(rng.normal(size=9), 1)
        rank = stats.rankdata(np.abs(d))
        half = rank[d == 0].sum() / 2
        moving = rank[d != 0]
        signs = np.array(list(itertools.product((0, 1), repeat=len(moving))))
        plus = signs @ moving + half
        smaller = np.minimum(plus, plus.max() + half - plus)
        observed = min(rank[d > 0].sum(), rank[d < 0].sum()) + half
        ours = wilcoxon(np.zeros(9), d, zeros="zsplit")
        assert ours.statistic == pytest.approx(observed)
        assert ours.p_value == pytest.approx(np.mean(smaller <= observed + 1e-9), abs=1e-14)


def test_exact_wilcoxon_keeps_its_level_over_all_sign_patterns():
    sizes = np.array([1, 2, 2, 3, 4, 4, 4, 6.0])  # ties included
    patterns = np.array(list(itertools.product((-1, 1), repeat=len(sizes))))
    p = np.array([wilcoxon(np.zeros(8), sizes * signs).p_value for signs in patterns])
    for alpha in (0.01, 0.05, 0.1, 0.25):
        assert np.mean(p <= alpha) <= alpha


def test_wilcoxon_ignores_floating_noise_between_equal_differences():
    first = np.array([0.1, 0.2, 0.3, 0.5])
    second = np.array([0.1 + 0.2, 0.4, 0.5, 0.4])  # 0.2 three times, in three floating spellings
    assert len(set(np.abs(second - first)[:3])) > 1
    assert wilcoxon(first, second).ranks == (3, 3, 3, 1)
    coarse = wilcoxon([0.50, 0.60, 0.7], [0.51, 0.62, 0.9], decimals=1)
    assert coarse.differences == (0, 0, 0.2)


def test_wilcoxon_trace_shows_difference_zero_rank_and_sum():
    table = lecture()
    states = record(wilcoxon_steps(table.column("C4.5"), table.column("C4.5+m")))
    phases = [state.phase for state in states]
    order = ["difference", "zeros", "rank", "sum", "done"]
    assert sorted(phases, key=order.index) == phases
    assert phases.count("difference") == 14 and phases.count("sum") == 14
    assert phases.count("rank") == 12  # two pairs of ties among 14
    sums = states.column("r_plus") + states.column("r_minus")
    assert np.all(np.diff(sums) >= 0) and sums[-1] == 14 * 15 / 2
    assert states[0].differences[0] == 0.005 and math.isnan(states[0].differences[1])
    assert states[-1].statistic == wilcoxon(table.column("C4.5"), table.column("C4.5+m")).statistic


def test_critical_values_of_t():
    exact = [wilcoxon_critical_value(n) for n in range(6, 26)]
    assert exact == [0, 2, 3, 5, 8, 10, 13, 17, 21, 25, 29, 34, 40, 46, 52, 58, 65, 73, 81, 89]
    assert wilcoxon_critical_value(5) is None
    signs = np.array(list(itertools.product((0, 1), repeat=10)))
    t = np.minimum(plus := signs @ np.arange(1, 11), 55 - plus)
    for alpha in published.WILCOXON_ALPHAS:
        best = wilcoxon_critical_value(10, alpha)
        assert np.mean(t <= best) <= alpha < np.mean(t <= best + 1)


def test_signed_rank_distribution_is_one_and_symmetric():
    sums, chance = signed_rank_distribution([1, 2.5, 2.5, 4])
    assert chance.sum() == 1.0 and np.array_equal(chance, chance[::-1])
    assert sums @ chance == 5.0


def test_all_zeros_show_nothing():
    same = [0.5, 0.6, 0.7, 0.8]
    for rule in ("lecture", "zsplit", "wilcox", "pratt"):
        for method in ("exact", "normal", "normal tie-corrected"):
            assert wilcoxon(same, same, zeros=rule, method=method).p_value == 1.0
    assert paired_t(same, same).p_value == 1.0
    assert sign_test(same, same).p_value == 1.0


def test_smaller_is_better_turns_the_sums_round():
    first, second = [0.1, 0.2, 0.3], [0.2, 0.4, 0.2]
    up, down = wilcoxon(first, second), wilcoxon(first, second, larger_is_better=False)
    assert (up.r_plus, up.r_minus) == (down.r_minus, down.r_plus)
    assert up.alternative.startswith("second") and down.alternative.startswith("first")


def test_sign_test():
    table = lecture()
    ours = sign_test(table.column("C4.5"), table.column("C4.5+m"))
    counts = [row[1] for row in ours.table.rows]
    assert counts == [10, 2, 2]  # wins, losses, ties as printed by Demsar
    assert ours.p_value == pytest.approx(stats.binomtest(11, 14).pvalue, **EXACT)
    dropped = sign_test(table.column("C4.5"), table.column("C4.5+m"), ties="drop")
    assert dropped.p_value == pytest.approx(stats.binomtest(10, 12).pvalue, **EXACT)


def test_paired_t_agrees_with_scipy():
    rng = np.random.default_rng(4)
    for n in (2, 3, 7, 40):
        first, second = rng.normal(size=(2, n))
        theirs = stats.ttest_rel(second, first)
        ours = paired_t(first, second)
        assert ours.statistic == pytest.approx(theirs.statistic, **EXACT)
        assert ours.p_value == pytest.approx(theirs.pvalue, **EXACT)
    assert paired_t([1.0, 2.0], [2.0, 3.0]).p_value == 0.0  # no spread at all


# ---- Friedman, Iman-Davenport -----------------------------------------------------------------


def test_friedman_finds_the_lectures_numbers():
    for result in (
        friedman(lecture()),
        friedman(load("demsar").ranks, larger_is_better=False),  # the printed ranks
    ):
        assert result.ranks.sum(axis=0).tolist() == [44, 28, 40.5, 27.5]
        assert np.round(result.mean_ranks, 3).tolist() == [3.143, 2.0, 2.893, 1.964]
        assert result.statistic == pytest.approx(9.2786, abs=5e-5)
        f = iman_davenport(result)
        assert f.statistic == pytest.approx(3.6863, abs=5e-5)
        assert f.p_value == pytest.approx(0.0198, abs=5e-5)
        assert f.degrees_of_freedom == (3, 39)
        assert f.critical_value() == pytest.approx(2.845, abs=5e-4)
        assert f.rejects()


def test_friedman_from_the_printed_values_has_the_voting_tie():
    tied = friedman(lecture(untied=False))
    assert np.round(tied.mean_ranks, 3).tolist() == [3.143, 2.0, 2.929, 1.929]
    assert tied.statistic == pytest.approx(9.857, abs=5e-4)
    assert tied.p_value == pytest.approx(0.0198, abs=5e-5)
    assert iman_davenport(tied).statistic == pytest.approx(3.987, abs=5e-4)
    corrected = friedman(lecture(untied=False), tie_correction=True)
    assert corrected.statistic == pytest.approx(10.952, abs=5e-4)
    untied = friedman(lecture(), tie_correction=True)
    assert untied.statistic == pytest.approx(10.228, abs=5e-4)
    assert untied.p_value == pytest.approx(0.0167, abs=5e-5)


@pytest.mark.parametrize("ties", [False, True])
def test_friedman_agrees_with_scipy_and_scikit_posthocs(ties):
    for scores in tables(5, ties):
        ours = friedman(scores, tie_correction=True)
        theirs = stats.friedmanchisquare(*scores.T)
        assert ours.statistic == pytest.approx(theirs.statistic, **EXACT)
        assert ours.p_value == pytest.approx(theirs.pvalue, **EXACT)
        plain = friedman(scores)
        n, k = scores.shape
        mean = stats.rankdata(-scores, axis=1).mean(axis=0)
        printed = 12 * n / (k * (k + 1)) * (np.sum(mean**2) - k * (k + 1) ** 2 / 4)
        assert plain.statistic == pytest.approx(printed, **EXACT)
        if not ties:
            assert plain.statistic == pytest.approx(ours.statistic, **EXACT)
        nemenyi = p_value_matrix(post_hoc(plain, "nemenyi"))
        reference = scikit_posthocs.posthoc_nemenyi_friedman(scores).to_numpy()
        off = ~np.eye(k, dtype=bool)
        np.testing.assert_allclose(nemenyi[off], reference[off], rtol=0, atol=1e-10)


def test_kendalls_w_is_one_where_all_agree():
    scores = np.tile([0.9, 0.8, 0.7], (6, 1))
    result = friedman(scores)
    assert result.effect_size == pytest.approx(1.0)
    assert iman_davenport(result).statistic == math.inf
    assert iman_davenport(result).p_value == 0.0
    assert friedman(np.ones((5, 3))).p_value == 1.0
    assert friedman(np.ones((5, 3)), tie_correction=True).p_value == 1.0


@pytest.mark.parametrize("ties", [False, True])
def test_exact_friedman_against_all_orders(ties):
    rng = np.random.default_rng(6)
    for n, k in ((3, 3), (4, 3), (3, 4)):
        scores = np.round(rng.normal(size=(n, k)), 0 if ties else 8)
        ranks = stats.rankdata(-scores, axis=1)
        observed = np.sum(ranks.sum(axis=0) ** 2)
        orders = [list(itertools.permutations(row)) for row in ranks]
        sums = [np.sum(rows, axis=0) for rows in itertools.product(*orders)]
        expected = np.mean([np.sum(s**2) >= observed - 1e-9 for s in sums])
        ours = friedman(scores, method="exact").p_value
        assert ours == pytest.approx(expected, abs=1e-12)


def test_exact_friedman_keeps_its_level_over_all_tables():
    orders = list(itertools.permutations((1, 2, 3)))
    p = [friedman(rows, method="exact").p_value for rows in itertools.product(orders, repeat=3)]
    for alpha in (0.05, 0.1, 0.2):
        assert np.mean(np.array(p) <= alpha) <= alpha
    assert min(p) == pytest.approx(6 / 6**3)  # all three data sets agree


def test_rank_sum_distribution_adds_to_one_and_says_when_it_is_too_much():
    ranks = friedman(lecture()).ranks
    assert rank_sum_distribution(ranks[:6]).sum() == pytest.approx(1.0)
    with pytest.raises(ValueError, match="use the chi-squared"):
        friedman(np.random.default_rng(0).normal(size=(30, 6)), method="exact")


def test_friedman_trace_grows_row_by_row():
    states = record(friedman_steps(lecture()))
    assert len(states) == 14
    assert states[0].ranks == states[0].rank_sums == (4, 3, 2, 1)
    assert states[-1].mean_ranks == friedman(lecture()).mean_ranks
    assert states[-1].chi_squared == friedman(lecture()).statistic
    assert [sum(state.rank_sums) for state in states] == [10.0 * i for i in range(1, 15)]


def test_friedman_table_is_the_lectures():
    table = friedman(lecture(untied=False)).table
    assert table.rows[0] == ("adult (sample)", "0.763 (4)", "0.768 (3)", "0.771 (2)", "0.798 (1)")
    assert table.rows[-1][:2] == ("average rank", "3.143")


@given(st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.4]), min_size=1, max_size=12))
def test_ranks_share_and_add_up(values):
    ranks = average_ranks(np.array(values))
    np.testing.assert_array_equal(ranks, stats.rankdata(values))
    assert ranks.sum() == len(values) * (len(values) + 1) / 2


# ---- after Friedman ---------------------------------------------------------------------------


def test_critical_differences_of_the_lecture():
    assert standard_error(4, 14) == pytest.approx(0.48795, abs=5e-6)
    assert 2.569 * standard_error(4, 14) == pytest.approx(1.2535, abs=5e-5)  # q as printed
    assert 2.291 * standard_error(4, 14) == pytest.approx(1.1179, abs=5e-5)
    assert critical_difference(4, 14) == pytest.approx(1.2535, abs=1e-4)
    assert critical_difference(4, 14, 0.10) == pytest.approx(1.1179, abs=2e-4)
    dunn = critical_difference(4, 14, procedure="bonferroni-dunn")
    assert dunn == pytest.approx(1.168, abs=5e-4)


def test_nothing_differs_at_5_percent_and_two_pairs_at_10():
    assert post_hoc(lecture(), "nemenyi").rejected == ()
    found = post_hoc(lecture(), "nemenyi", alpha=0.10)
    assert set(found.rejected) == {("C4.5+m+cf", "C4.5"), ("C4.5+m", "C4.5")}
    assert found.groups == (("C4.5+m+cf", "C4.5+m", "C4.5+cf"), ("C4.5+cf", "C4.5"))
    assert "About C4.5+cf the data do not suffice" in found.decision


def test_against_the_control_holm_finds_what_bonferroni_dunn_misses():
    dunn = post_hoc(lecture(), "bonferroni-dunn", control="C4.5")
    assert dunn.rejected == (("C4.5+m+cf", "C4.5"),)
    holm = post_hoc(lecture(), "holm", control="C4.5")
    assert [pair.second for pair in holm.comparisons] == ["C4.5+m+cf", "C4.5+m", "C4.5+cf"]
    assert [round(pair.z, 4) for pair in holm.comparisons] == [2.4154, 2.3422, 0.5123]
    assert [round(pair.p_value, 4) for pair in holm.comparisons] == [0.0157, 0.0192, 0.6084]
    assert [round(pair.threshold, 4) for pair in holm.comparisons] == [0.0167, 0.025, 0.05]
    assert [pair.rejected for pair in holm.comparisons] == [True, True, False]
    hochberg = post_hoc(lecture(), "hochberg", control="C4.5")
    assert set(hochberg.rejected) == set(holm.rejected)
    bonferroni = post_hoc(lecture(), "bonferroni", control="C4.5")
    assert bonferroni.rejected == dunn.rejected


def test_garcia_and_herrera_all_pairs():
    table = load("garcia_herrera")
    result = friedman(table)
    assert np.round(result.mean_ranks, 3).tolist() == [2.1, 3.25, 2.2, 4.333, 3.117]
    assert result.statistic == pytest.approx(39.647, abs=5e-4)
    assert friedman(table, tie_correction=True).statistic == pytest.approx(39.913, abs=5e-4)
    assert iman_davenport(result).statistic == pytest.approx(14.309, abs=5e-4)
    assert critical_difference(5, 30) == pytest.approx(1.114, abs=5e-4)
    printed = {  # pair: z, p, Nemenyi (Bonferroni on all pairs), Holm, Shaffer
        ("C4.5", "Kernel"): (5.471, 4.49e-8, 4.49e-7, 4.49e-7, 4.49e-7),
        ("Kernel", "Naive Bayes"): (5.226, 1.74e-7, 1.74e-6, 1.56e-6, 1.04e-6),
        ("CN2", "Kernel"): (2.980, 0.00288, 0.0288, 0.0230, 0.0173),
        ("1-NN", "C4.5"): (2.817, 0.00485, 0.0485, 0.0339, 0.0291),
        ("1-NN", "Kernel"): (2.654, 0.00796, 0.0796, 0.0478, 0.0478),
        ("1-NN", "Naive Bayes"): (2.572, 0.0101, 0.1011, 0.0506, 0.0478),
        ("C4.5", "CN2"): (2.490, 0.0128, 0.1276, 0.0511, 0.0511),
        ("CN2", "Naive Bayes"): (2.245, 0.0247, 0.247, 0.0742, 0.0742),
    }
    for column, procedure in ((2, "bonferroni"), (3, "holm"), (4, "shaffer")):
        found = {tuple(sorted((c.first, c.second))): c for c in
                 post_hoc(result, procedure).comparisons}  # fmt: skip
        assert len(found) == 10
        for pair, numbers in printed.items():
            assert found[pair].z == pytest.approx(numbers[0], abs=6e-4)
            assert found[pair].p_value == pytest.approx(numbers[1], rel=6e-3)
            assert found[pair].adjusted == pytest.approx(numbers[column], rel=6e-3)
        assert sum(c.adjusted == 1.0 for c in found.values()) == 2


def test_q_tables():
    for alpha, row in published.NEMENYI_Q.items():
        exact = [nemenyi_q(k, alpha) for k in range(2, 11)]
        np.testing.assert_allclose(exact, row, atol=0.00151)
        normal = stats.norm.isf(alpha / 2)  # for two classifiers there is one comparison
        assert exact[0] == pytest.approx(normal, abs=1e-8)
    for alpha, row in published.BONFERRONI_DUNN_Q.items():
        exact = [bonferroni_dunn_q(k, alpha) for k in range(2, 11)]
        assert exact == pytest.approx([stats.norm.isf(alpha / 2 / m) for m in range(1, 10)])
        wrong = [k for k, q, p in zip(range(2, 11), exact, row, strict=True) if abs(q - p) > 6e-4]
        assert wrong == ([9] if alpha == 0.05 else [])
    assert bonferroni_dunn_q(9) == pytest.approx(2.734, abs=5e-4)


def test_nemenyi_q_is_the_range_of_normals():
    z = np.linspace(-9, 9, 20001)
    for k, alpha in ((3, 0.05), (5, 0.10), (10, 0.05)):
        q = nemenyi_q(k, alpha) * math.sqrt(2)
        within = k * stats.norm.pdf(z) * (stats.norm.cdf(z) - stats.norm.cdf(z - q)) ** (k - 1)
        assert 1 - np.trapezoid(within, z) == pytest.approx(alpha, abs=1e-8)


@pytest.mark.parametrize("seed", range(8))
def test_adjusted_p_values_agree_with_statsmodels(seed):
    rng = np.random.default_rng(seed)
    p = rng.uniform(size=int(rng.integers(1, 12))) ** 2
    if seed % 2:
        p = np.round(p, 1)  # ties, zeros and ones
    for ours, theirs in (
        ("holm", "holm"),
        ("hochberg", "simes-hochberg"),
        ("bonferroni", "bonferroni"),
    ):
        rejected, adjusted, *_ = multipletests(p, alpha=0.1, method=theirs)
        np.testing.assert_allclose(adjusted_p_values(p, ours), adjusted, rtol=0, atol=1e-12)


def test_holm_and_hochberg_can_differ():
    holm = record(holm_steps((0.02, 0.04, 0.045)))
    assert [step.rejected for step in holm] == [False, False, False]
    assert [step.tested for step in holm] == [True, False, False]
    hochberg = record(hochberg_steps((0.02, 0.04, 0.045)))
    assert [step.rejected for step in hochberg] == [True, True, True]
    assert [step.tested for step in hochberg] == [True, False, False]
    assert [step.p_value for step in hochberg] == [0.045, 0.04, 0.02]
    for steps in (holm_steps, hochberg_steps):
        found = {s.hypothesis: s.rejected for s in steps((0.01, 0.04, 0.03, 0.2), names="abcd")}
        assert found == {"a": True, "b": False, "c": False, "d": False}
    assert holm[0].verdict == "0.02 > 0.01667: retained"
    assert holm[1].verdict == "retained without a look"


p_lists = st.lists(st.floats(0, 1), min_size=1, max_size=10)


@given(p_lists, st.sampled_from([0.01, 0.05, 0.1]))
def test_stepwise_procedures_keep_their_order(p, alpha):
    rejected = {}
    for name, steps in (("holm", holm_steps), ("hochberg", hochberg_steps)):
        found = sorted(steps(p, alpha), key=lambda step: step.p_value)
        adjusted = [step.adjusted for step in found]
        assert adjusted == sorted(adjusted)  # monotone in p
        verdicts = [step.rejected for step in found]
        assert verdicts == sorted(verdicts, reverse=True)  # a run of the smallest
        for step in found:
            if abs(step.adjusted - alpha) > 1e-12:
                assert step.rejected == (step.adjusted <= alpha)
        rejected[name] = {step.hypothesis for step in found if step.rejected}
        assert {s.step for s in found} == set(range(1, len(p) + 1))
    bonferroni = {str(i + 1) for i, value in enumerate(p) if value <= alpha / len(p)}
    assert bonferroni <= rejected["holm"] <= rejected["hochberg"]


def test_family_error_of_21_tests():
    assert family_error(21) == pytest.approx(0.6594, abs=5e-5)
    assert family_error(1) == pytest.approx(0.05)


def test_shaffer_divisors_of_five_classifiers():
    thresholds = [step.threshold for step in shaffer_steps([0.0] * 10)]
    divisors = [round(0.05 / threshold) for threshold in thresholds]
    assert divisors == [10, 6, 6, 6, 6, 4, 4, 3, 2, 1]  # sizes possible: 0 1 2 3 4 6 10


def test_stepwise_procedures_keep_the_family_error_for_independent_p():
    rng = np.random.default_rng(7)
    alarms = {"holm": 0, "hochberg": 0, "bonferroni": 0}
    runs, m = 2000, 5
    for p in rng.uniform(size=(runs, m)):
        for procedure in alarms:
            alarms[procedure] += min(adjusted_p_values(p, procedure)) <= 0.1
    for count in alarms.values():
        assert count / runs < 0.1 + 4 * math.sqrt(0.1 * 0.9 / runs)
    assert alarms["holm"] == alarms["bonferroni"] <= alarms["hochberg"]


@settings(deadline=None)
@given(st.lists(st.integers(2, 16), min_size=2, max_size=9), st.floats(0.1, 4.0))
def test_cliques_are_whole_and_maximal(halves, cd):
    ranks = [half / 2 for half in halves]
    found = cliques(ranks, cd)
    sets = [set(group) for group in found]
    for group in sets:
        spread = [ranks[i] for i in group]
        assert len(group) >= 2 and max(spread) - min(spread) < cd
        for outside in set(range(len(ranks))) - group:
            wider = [*spread, ranks[outside]]
            assert max(wider) - min(wider) >= cd
        assert not any(group < other for other in sets)
    for i, j in itertools.combinations(range(len(ranks)), 2):
        together = any({i, j} <= group for group in sets)
        assert together == (abs(ranks[i] - ranks[j]) < cd)


def test_critical_difference_trace_starts_with_the_largest_difference():
    result = friedman(lecture())
    states = record(critical_difference_steps(result.mean_ranks, 14, names=result.names, alpha=0.1))
    assert len(states) == 6
    sizes = states.column("difference")
    assert np.all(np.diff(sizes) <= 0) and sizes[0] == pytest.approx(33 / 28)
    assert states.column("rejected").tolist() == [True, True] + 4 * [False]
    assert states[0].verdict == "1.179 >= 1.118: differ"


# ---- one call ---------------------------------------------------------------------------------

CSV = """data set,C4.5,C4.5+m,C4.5+cf
adult,0.763,0.768,0.771
cmc,0.628,0.661,0.654
iris,0.936,0.931,0.916
"""


def test_every_way_to_hand_over_a_table_gives_the_same(tmp_path):
    import pandas

    path = tmp_path / "results.csv"
    path.write_text(CSV, encoding="utf-8")
    columns = {"C4.5": [0.763, 0.628, 0.936], "C4.5+m": [0.768, 0.661, 0.931],
               "C4.5+cf": [0.771, 0.654, 0.916]}  # fmt: skip
    names = ["adult", "cmc", "iris"]
    sources = [
        CSV,
        path,
        str(path),
        "\n" + CSV.replace(",", "\t"),
        CSV.replace(",", ";").replace("0.", "0,"),
        {"data set": names, **columns},
        pandas.DataFrame(columns, index=names),
        pandas.DataFrame({"data set": names, **columns}),
        Table(["", *columns], zip(names, *columns.values(), strict=True)),
        read_scores(CSV),
    ]
    for source in sources:
        scores = read_scores(source)
        assert scores.datasets == tuple(names)
        assert scores.classifiers == tuple(columns)
        np.testing.assert_array_equal(scores.values.T, list(columns.values()))
    plain = read_scores(columns)
    assert plain.datasets == ("data set 1", "data set 2", "data set 3")
    assert read_scores(scores.values).classifiers[0] == "classifier 1"
    assert read_scores([[1, 2], [3, 4], [5, 6]]).shape == (3, 2)
    assert read_scores(lecture()).classifiers == lecture().classifiers
    assert read_scores("0.1,0.2\n0.3,0.4").shape == (2, 2)


def test_compare_classifiers_from_the_lectures_table():
    result = compare_classifiers(lecture())
    assert result.test.statistic == pytest.approx(3.6863, abs=5e-5)
    assert result.critical_difference == pytest.approx(1.2535, abs=1e-4)
    assert "no difference between any two" in result.decision
    assert result.groups == (("C4.5+m+cf", "C4.5+m", "C4.5+cf", "C4.5"),)
    against = compare_classifiers(lecture(), control="C4.5")
    assert "C4.5+m (mean rank 2.000) is better than C4.5" in against.decision
    assert against.critical_difference == pytest.approx(1.168, abs=5e-4)
    for text in (str(result), result._repr_markdown_(), str(against)):
        assert "average rank" in text and "3.143" in text


def test_two_classifiers_are_compared_by_wilcoxon():
    pair = read_scores(lecture()).select("C4.5", "C4.5+m")
    result = compare_classifiers(pair)
    assert result.test.statistic == 12 and result.test.n == 14
    assert "C4.5+m is better" in result.decision and "T = 12" in str(result)


def test_without_an_overall_difference_no_pair_is_looked_at():
    scores = np.array([[1, 2, 3], [3, 1, 2], [2, 3, 1], [1, 3, 2.0]])
    assert "no pair is looked at" in compare_classifiers(scores).decision


def test_errors_turn_the_order_round():
    accuracy = np.random.default_rng(8).uniform(size=(9, 4))
    up = compare_classifiers(accuracy)
    down = compare_classifiers(1 - accuracy, larger_is_better=False)
    assert up.mean_ranks == down.mean_ranks and up.decision == down.decision


def test_results_render_and_say_what_they_assume():
    pair = lecture().column("C4.5"), lecture().column("C4.5+m")
    results = [mcnemar((25, 15)), wilcoxon(*pair), sign_test(*pair), paired_t(*pair),
               friedman(lecture()), iman_davenport(lecture())]  # fmt: skip
    for result in results:
        assert result.null and result.assumptions and isinstance(result.table, Table)
        assert f"{result.p_value:.3g}" in str(result)
        markdown = result._repr_markdown_()
        assert result.null in markdown and "|---|" in markdown
        assert ("not rejected" in result.decision(0.05)) == (result.p_value > 0.05)


def test_errata_are_computed():
    table = published.errata()
    right = dict(zip(table.column("printed"), table.column("right"), strict=True))
    assert right["q.05 for k = 9: 2.724"] == "2.734"
    assert right["CD = 1.16"] == "1.168"
    assert right["chi2_F = 9.28"] == "9.857" and right["F_F = 3.69"] == "3.987"
    assert len(published.f_differences()) == 13
    assert min(cell[1] for cell in published.f_differences()) == 31
    differences = published.wilcoxon_differences()
    assert all(printed == (-1 if exact is None else exact) + 1
               for _, _, printed, exact in differences)  # fmt: skip
    assert (8, 0.05, 4, 3) in differences and (14, 0.1, 26, 25) in differences
    assert not any(n == 14 and alpha == 0.05 for n, alpha, _, _ in differences)


# ---- bad input --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: friedman([[0.1], [0.2]]), TableError, "at least two columns"),
        (lambda: friedman([0.1, 0.2]), TableError, "two dimensions"),
        (lambda: friedman([[0.1, 0.2, 0.3]]), TableError, "1 data set .* mcnemar"),
        (lambda: friedman([[0.1, math.nan], [1, 2]]), TableError, "'classifier 2' on 'data set 1'"),
        (lambda: friedman("a,b\n1,\n2,3"), TableError, "'b' on 'data set 1' is nan"),
        (lambda: friedman([[1, 2], [1]]), TableError, "row 2 .* has 1 cells"),
        (lambda: friedman({"a": [1, 2], "b": [1]}), TableError, "'a' has 2, 'b' has 1"),
        (lambda: friedman([[1, "x"], [1, 2]]), TypeError, "is 'x', expected a number"),
        (lambda: friedman("d,a,b\nx,1,good\ny,1,2"), TypeError, "'b' on 'x' is 'good'"),
        (lambda: friedman("a,a\n1,2\n3,4"), TableError, "the same name: a"),
        (lambda: friedman("no such file.csv"), FileNotFoundError, "no file"),
        (lambda: friedman("abc\ndef"), TableError, "no comma, semicolon or tab"),
        (lambda: friedman(3), TypeError, "expected a table"),
        (lambda: friedman([[1, 2], [3, 4]], larger_is_better="min"), TypeError, "True .* False"),
        (lambda: friedman([[1, 2], [3, 4]], method="F"), ValueError, "one of chi-squared, exact"),
        (lambda: wilcoxon([1, 2], [1, 2, 3]), TableError, "2 scores and 3"),
        (lambda: wilcoxon([1, 2, 3], [1, 2, math.inf]), TableError, "finite"),
        (lambda: wilcoxon([1, 2], "no"), TypeError, "must be a list"),
        (lambda: wilcoxon(np.ones((4, 3))), TableError, "the table has 3"),
        (lambda: wilcoxon([1, 2], [2, 3], zeros="drop"), ValueError, "lecture, zsplit, wilcox"),
        (lambda: mcnemar([[1, 2, 3]]), TableError, "2 x 2"),
        (lambda: mcnemar((1.5, 2)), TableError, "whole numbers"),
        (lambda: mcnemar((-1, 2)), TableError, "whole numbers"),
        (lambda: mcnemar((1, 2), method="chi"), ValueError, "lecture, corrected"),
        (lambda: agreement([1, 2], [1], [1, 2]), TableError, "unequal lengths"),
        (lambda: agreement([], [], []), TableError, "no sample"),
        (lambda: list(mcnemar_steps([0, 2], [1, 1])), TypeError, "right .* or wrong"),
        (lambda: compare_classifiers(lecture(), control="C45"), UnknownClassifier, "'C4.5'"),
        (lambda: compare_classifiers(lecture(), alpha=5), ValueError, "between 0 and 1"),
        (lambda: compare_classifiers(lecture(), procedure="tukey"), ValueError, "one of nemenyi"),
        (lambda: post_hoc(lecture(), "bonferroni-dunn"), ValueError, "pass control="),
        (lambda: post_hoc(lecture(), "nemenyi", control="C4.5"), ValueError, "all pairs"),
        (lambda: list(holm_steps([0.1, 1.2])), ValueError, "between 0 and 1"),
        (lambda: list(holm_steps([0.1, math.nan])), ValueError, "between 0 and 1"),
        (lambda: list(shaffer_steps([0.1, 0.2])), ValueError, "all k"),
        (lambda: nemenyi_q(1), TableError, "at least two"),
    ],
)
def test_bad_input_is_told_what_is_wrong(call, error, words):
    with pytest.raises(error, match=words):
        call()


# ---- the diagram ------------------------------------------------------------------------------


def drawn(axes):
    """What stands in the picture: its visible words, and its bars as (left, right) in ranks."""
    words = [text.get_text() for text in axes.texts if text.get_visible()]
    _, _, bars, ruler = axes.collections
    return words, bars.get_segments(), ruler.get_segments()


@pytest.mark.parametrize("k", [2, 4, 8, 12])
def test_the_diagram_names_everything_and_draws_one_bar_per_group(k):
    from course_lib.plotting import new_axes
    from course_lib.plotting.critical_difference import critical_difference_diagram

    rng = np.random.default_rng(k)
    scores = np.round(rng.normal(size=(12, k)) + np.linspace(0, 2, k), 1)
    names = [f"classifier {'very ' * (3 * i % 7)}{i}" for i in range(k)]
    result = compare_classifiers(dict(zip(names, scores.T.tolist(), strict=True)))
    axes = new_axes(8, 4)
    assert critical_difference_diagram(axes, result) is axes
    words, bars, ruler = drawn(axes)
    for rank in result.mean_ranks:
        assert any(word.endswith(f"  {rank:.2f}") for word in words)
    assert f"CD = {result.critical_difference:.2f}" in words
    assert len(bars) == len(result.groups)
    per_rank = (ruler[0][1][0] - ruler[0][0][0]) / (k - 1)
    length = ruler[k + 1][1][0] - ruler[k + 1][0][0]
    assert length / per_rank == pytest.approx(result.critical_difference)
    width = axes.get_window_extent().width
    for text in axes.texts:  # nothing is cut off
        box = text.get_window_extent()
        assert -1 <= box.x0 - axes.get_window_extent().x0 and box.x1 <= width + 12
    assert f"(critical difference {result.critical_difference:.2f})" in axes.get_title(loc="left")


def test_the_diagram_with_a_control_fills_the_dots_outside_the_interval():
    from course_lib.plotting import new_axes
    from course_lib.plotting.critical_difference import critical_difference_diagram

    axes = new_axes(7, 3)
    critical_difference_diagram(axes, compare_classifiers(lecture(), control="C4.5"))
    filled, hollow = axes.lines
    assert len(filled.get_xdata()) == 1 and len(hollow.get_xdata()) == 3
    assert axes.get_title(loc="left").endswith("C4.5+m+cf")
    words, bars, _ = drawn(axes)
    assert bars == [] and any("1.17" in word for word in words)


def test_the_painter_changes_its_artists_in_place():
    from course_lib.plotting import new_axes
    from course_lib.plotting.critical_difference import critical_difference_painter

    axes = new_axes(7, 3)
    update = critical_difference_painter(axes)
    said = update([1.0, 2.2, 2.8], ["a", "b", "c"], 1.0)
    assert said == "2 of 3 pairs differ (critical difference 1.00)"
    before = [id(artist) for artist in axes.get_children()]
    limits = axes.get_xlim(), axes.get_ylim()
    assert update([2.0, 2.0, 2.0], ["a", "b", "c"], 1.0).startswith("0 of 3")
    assert before == [id(artist) for artist in axes.get_children()]
    assert (axes.get_xlim(), axes.get_ylim()) == limits
    with pytest.raises(ValueError, match="no critical difference"):
        from course_lib.plotting.critical_difference import critical_difference_diagram

        critical_difference_diagram(axes, post_hoc(lecture(), "holm", control="C4.5"))
