"""The views of the chapter on comparing classifiers: what they say is what the library computes."""

from __future__ import annotations

import time

import numpy as np
import pytest

from course_lib.checks.comparison import CHECKS
from course_lib.datasets import load
from course_lib.evaluation import comparison
from course_lib.plotting import comparison_views as views
from course_lib.plotting import new_axes
from course_lib.plotting.live import LiveFigure
from course_lib.plotting.table import Cell, draw_table
from course_lib.trace import record

TREES = load("demsar", untie_voting=True)
OPENING = {
    "classifier": "C4.5+cf", "data_set": views.ALL_SETS, "change": 0.0,
    "against": views.ALL_PAIRS, "alpha": 0.05,
}  # fmt: skip


def texts(live):
    return [t.get_text() for axes in live.figure.axes for t in axes.texts if t.get_visible()] + [
        a.get_text() for axes in live.figure.axes for a in axes.artists if isinstance(a, Cell)
    ]


def test_the_explorer_shows_the_lectures_numbers_as_it_opens():
    live = LiveFigure(views.table_view(TREES), size=(12, 5.2))
    said = live.refresh(**OPENING)
    assert "F_F = 3.686, p = 0.0198: rejected at 0.05" in said and "0 of 6 pairs" in said
    shown = texts(live)
    assert {"3.143", "2.000", "2.893", "1.964", "9.279", "0.975 (3)"} <= set(shown)


@pytest.mark.parametrize("against", [views.ALL_PAIRS, "C4.5"])
@pytest.mark.parametrize("change", [-0.1, -0.02, 0.03, 0.1])
def test_the_explorer_recomputes_every_test(change, against):
    live = LiveFigure(views.table_view(TREES), size=(12, 5.2))
    said = live.refresh(**OPENING | {"change": change, "against": against, "data_set": "wine"})
    values = TREES.values.copy()
    values[13, 2] = min(1.0, values[13, 2] + change)
    control = None if against == views.ALL_PAIRS else against
    found = comparison.compare_classifiers(
        comparison.Scores(values, TREES.datasets, TREES.classifiers), control=control
    )
    assert f"F_F = {found.test.statistic:.3f}" in said
    shown = texts(live)
    assert f"{found.friedman.statistic:.3f}" in shown
    holm = comparison.post_hoc(found.friedman, "holm", control=control).comparisons[0]
    assert f"{holm.z:.3f}" in shown and f"{found.mean_ranks[2]:.3f}" in shown


def test_the_explorer_follows_a_slider():
    live = LiveFigure(views.table_view(TREES), size=(12, 5.2))
    for change in np.arange(-0.1, 0.1, 0.02):  # every text is written once
        live.refresh(**OPENING | {"change": float(change)})
    times, before = [], live.full_draws
    for change in np.arange(-0.095, 0.1, 0.01):
        start = time.process_time()
        live.refresh(**OPENING | {"change": float(change)})
        live.frame()
        times.append(time.process_time() - start)
    assert live.full_draws <= before + 1
    assert np.median(times) < 0.1  # 0.02 measured; shared machines are slower


def test_players_say_what_the_traces_hold():
    pair = comparison.read_scores(TREES).select("C4.5", "C4.5+m")
    steps = record(comparison.wilcoxon_steps(*pair.values.T))
    live = LiveFigure(views.signed_ranks(pair.datasets, *pair.classifiers), size=(7, 4.8))
    said = [live.refresh(step) for step in steps]
    assert said[-1] == "R+ = 93, R− = 12: T = 12 with N = 14"
    assert any("adult (sample), iris gets rank 3.5 (the average of 2 places)" in s for s in said)

    steps = record(comparison.friedman_steps(TREES))
    live = LiveFigure(views.ranking(TREES), size=(10, 4.8))
    assert [live.refresh(step) for step in steps][-1].endswith("chi2_F = 9.279")

    ranks = comparison.friedman(TREES).mean_ranks
    pairs = record(
        comparison.critical_difference_steps(ranks, 14, names=TREES.classifiers, alpha=0.1)
    )
    live = LiveFigure(views.pair_by_pair(ranks, TREES.classifiers), size=(7, 3.4))
    said = [live.refresh(step) for step in pairs]
    assert sum("differ (" in s for s in said) == 2 and sum("no difference" in s for s in said) == 4

    p = [0.016, 0.019, 0.607]
    ends = ((comparison.holm_steps, "retained"), (comparison.hochberg_steps, "reject"))
    for steps_of, last in ends:
        steps = record(steps_of(p, names=["a", "b", "c"]))
        live = LiveFigure(views.in_order(steps, "it"), size=(6, 4))
        assert last in [live.refresh(step) for step in steps][-1]

    right = [True, False, True, True], [True, True, False, False]
    steps = record(comparison.mcnemar_steps(*right))
    live = LiveFigure(views.counting(*right), size=(6, 4))
    assert "b = 2, c = 1" in [live.refresh(step) for step in steps][-1]


def test_the_luck_explorer_agrees_with_scipy():
    from scipy import stats

    live = LiveFigure(views.luck, size=(6, 4))
    said = live.refresh(true_advantage=1.0, data_sets=9, sample=5)
    d = np.random.default_rng(5).normal(0, 2, 30)[:9] + 1.0
    assert f"p = {stats.wilcoxon(d, method='exact').pvalue:.3f}" in said
    assert f"wins on {np.sum(d > 0)} of 9" in said


def test_rates_outside_their_band_are_marked():
    axes = views.error_rates(new_axes(5, 3), {"good": 0.051, "bold": 0.3, "shy": 0.01}, 1000)
    markers = [line.get_marker() for line in axes.lines if len(line.get_xdata()) == 1]
    assert markers == ["o", ">", "<"]


def test_a_cell_is_drawn_like_text():
    """Cached pixels of a cell lie where matplotlib would have put them."""
    axes = new_axes(3, 2)
    update = draw_table(axes, ["row"], ["column"], [["0.123 (4)"]], digits=3)
    axes.figure.canvas.draw()
    inked = np.asarray(axes.figure.canvas.buffer_rgba())[..., 0] < 128
    update([[""]])
    axes.figure.canvas.draw()
    without = np.asarray(axes.figure.canvas.buffer_rgba())[..., 0] < 128
    mine = np.argwhere(inked & ~without)
    axes.text(0.5, 0.5, "0.123 (4)", ha="center", va="center", fontsize=10.5)
    axes.figure.canvas.draw()
    theirs = np.argwhere((np.asarray(axes.figure.canvas.buffer_rgba())[..., 0] < 128) & ~without)
    assert len(mine) > 50
    assert np.abs(mine.mean(axis=0) - theirs.mean(axis=0)).max() < 2
    assert np.abs(np.ptp(mine, axis=0) - np.ptp(theirs, axis=0)).max() <= 2


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_every_misconception_is_told_apart(check):
    assert check.judge(check.reference).passed
    said = set()
    for slip in check.misconceptions:
        result = check.judge(slip.function)
        assert result.status == "failed" and slip.message in result.message, slip.name
        said.add(slip.message)
    assert len(said) == len(check.misconceptions) >= 3
