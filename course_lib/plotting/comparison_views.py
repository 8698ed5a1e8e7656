"""What the chapter on comparing classifiers looks like: tables that fill, ranks, tails, steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.evaluation.friedman import Ranking, friedman, friedman_steps, iman_davenport
from course_lib.evaluation.mcnemar import Agreement
from course_lib.evaluation.posthoc import (
    OrderedStep,
    PairStep,
    critical_difference_steps,
    post_hoc,
)
from course_lib.evaluation.result import short
from course_lib.evaluation.scores import Scores, read_scores
from course_lib.evaluation.wilcoxon import SignedRanks, wilcoxon

from .critical_difference import critical_difference_painter
from .style import COLOURS, scale
from .table import draw_table

if TYPE_CHECKING:
    from jaxtyping import Bool, Float
    from matplotlib.axes import Axes

WIN, LOSS = COLOURS.positive, COLOURS.negative
QUIET = "#c9c9c9"


def luck(axes: Axes) -> Callable[..., str]:
    """Differences between two classifiers over data sets, drawn at random with a known advantage.

    The true advantage and the differences are in points (hundredths of accuracy).
    """
    most = 30  # data sets
    places = np.arange(1, most + 1)
    stems = axes.vlines(places, 0, np.zeros(most), linewidth=3 * scale(), color=QUIET)
    (wins,) = axes.plot([], [], "s", color=WIN, label="second better", markersize=7 * scale())
    (losses,) = axes.plot([], [], "o", color=LOSS, label="first better", markersize=7 * scale())
    axes.axhline(0, color=COLOURS.text, linewidth=1.2, linestyle="-")
    axes.set(
        xlim=(0, most + 1),
        ylim=(-7, 7),
        xlabel="data set",
        ylabel="second − first [points]",
    )
    axes.legend(loc="upper right", ncols=2)

    def update(true_advantage: float, data_sets: int, sample: int) -> str:
        d = np.random.default_rng(sample).normal(0, 2, most)[:data_sets] + true_advantage
        x = places[:data_sets]
        stems.set_segments([[(i, 0), (i, v)] for i, v in zip(x, d, strict=True)])
        wins.set_data(x[d > 0], d[d > 0])
        losses.set_data(x[d <= 0], d[d <= 0])
        found = wilcoxon(np.zeros(data_sets), d)
        word = "a difference is shown" if found.rejects() else "no difference is shown"
        return (
            f"true advantage {true_advantage:g}: the second wins on {np.sum(d > 0)} of {data_sets} "
            f"data sets, by {d.mean():+.2f} points on average; Wilcoxon's p = "
            f"{found.p_value:.3f}, so at 0.05 {word}"
        )

    return update


def fold_picture(axes: Axes, parts: Sequence[Sequence[str]], title: str) -> Axes:
    """Rounds of cross-validation as rows of folds, each "train", "valid" or "test"."""
    looks = {
        "train": (COLOURS.train, "//"),
        "valid": (COLOURS.accent, ".."),
        "test": (COLOURS.validation, "xx"),
    }
    named: set[str] = set()
    for row, round_ in enumerate(parts):
        for column, part in enumerate(round_):
            colour, hatch = looks[part]
            axes.barh(
                row, 0.94, left=column, height=0.8, color=colour, hatch=hatch, edgecolor="white",
                linewidth=0, label=None if part in named else part,
            )  # fmt: skip
            named.add(part)
    rounds = range(len(parts))
    axes.set(title=title, xlabel="fold of the data", ylabel="round", yticks=list(rounds))
    axes.set_yticklabels([str(i + 1) for i in rounds])
    axes.set_xticks(np.arange(len(parts[0])) + 0.47, [str(i + 1) for i in range(len(parts[0]))])
    axes.invert_yaxis()
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    return axes


def counting(
    first_right: Sequence[bool], second_right: Sequence[bool]
) -> Callable[[Axes], Callable[[Agreement], str]]:
    """How a player draws McNemar's table: the samples so far in two rows, and the four counts."""
    marks = np.array([first_right, second_right], dtype=bool)

    def draw(axes: Axes) -> Callable[[Agreement], str]:
        figure: Any = axes.figure
        axes.remove()
        strip, below = figure.subplots(2, 1, height_ratios=[1, 1.5])
        n = marks.shape[1]
        strip.set(xlim=(0.3, n + 0.7), ylim=(1.6, -0.6), xlabel="sample", yticks=[0, 1])
        strip.set_yticklabels(["first model", "second model"])
        (right,) = strip.plot([], [], "s", color=COLOURS.weight_positive, label="right")
        (wrong,) = strip.plot([], [], "x", color=COLOURS.weight_negative, label="wrong")
        strip.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
        write = draw_table(
            below, ["first right", "first wrong"], ["second right", "second wrong"], digits=0
        )
        cells = {
            "both_right": (0, 0),
            "only_first": (0, 1),
            "only_second": (1, 0),
            "both_wrong": (1, 1),
        }

        def update(state: Agreement) -> str:
            row, sample = np.nonzero(marks[:, : state.samples])
            right.set_data(sample + 1, row)
            row, sample = np.nonzero(~marks[:, : state.samples])
            wrong.set_data(sample + 1, row)
            write(
                [[state.both_right, f"b = {state.b}"], [f"c = {state.c}", state.both_wrong]],
                highlight=[cells[state.counted]],
            )
            told = state.counted.replace("_", " ")
            return (
                f"sample {state.samples}: {told};  b = {state.b}, c = {state.c}, "
                f"(b − c)² / (b + c) = {state.chi_squared(corrected=False):.2f}"
            )

        return update

    return draw


def tail(
    axes: Axes,
    density: Callable[[np.ndarray], np.ndarray],
    statistic: float,
    critical: float,
    *,
    upto: float,
    start: float = 0.0,
    name: str,
) -> Axes:
    """A null density with the observed statistic, its tail shaded, and the critical value."""
    x = np.linspace(start, upto, 800)
    y = density(x)
    top = min(float(np.max(y)), 1.0)
    axes.plot(x, y, color=COLOURS.text, linestyle="-")
    beyond = x >= statistic
    axes.fill_between(x[beyond], y[beyond], color=COLOURS.accent, alpha=0.6, label="p-value")
    axes.axvline(statistic, color=COLOURS.positive, label=f"observed {statistic:.3f}")
    axes.axvline(critical, color=COLOURS.negative, linestyle="--", label=f"critical {critical:.3f}")
    axes.set(xlim=(start, upto), ylim=(0, 1.1 * top), xlabel=name, ylabel="density")
    axes.legend(loc="upper right")
    return axes


def signed_ranks(
    datasets: Sequence[str], first: str, second: str
) -> Callable[[Axes], Callable[[SignedRanks], str]]:
    """How a player draws Wilcoxon's test: differences, then ranks as bars to the better side."""

    def draw(axes: Axes) -> Callable[[SignedRanks], str]:
        figure: Any = axes.figure
        axes.remove()
        table, bars = figure.subplots(1, 2, width_ratios=[1.5, 1])
        n = len(datasets)
        write = draw_table(table, datasets, ["difference", "rank"], head=2.1)
        drawn = bars.barh(np.arange(n) + 0.5, np.zeros(n), height=0.66, color=QUIET)
        bars.axvline(0, color=COLOURS.text, linewidth=1.2, linestyle="-")
        bars.set(xlim=(-n - 1, n + 1), ylim=(n, -1), yticks=[], xlabel="rank, to the better side")
        ticks = [*range(-n // 4 * 4, n + 1, 4)]
        bars.set_xticks(ticks, [str(abs(tick)) for tick in ticks])
        bars.spines["left"].set_visible(False)
        plain: dict[str, Any] = {"va": "center", "fontsize": 10.5 * scale()}
        left = bars.text(-n, -0.5, "", ha="left", color=LOSS, weight="bold", **plain)
        right = bars.text(n, -0.5, "", ha="right", color=WIN, weight="bold", **plain)

        def update(state: SignedRanks) -> str:
            cells = [
                ["" if d != d else f"{d:+.3f}".replace("-", "−") if d else "0", "" if r != r else r]
                for d, r in zip(state.differences, state.ranks, strict=True)
            ]
            cells = [[a, f"{b:g}" if b != "" else ""] for a, b in cells]
            for i, kept in enumerate(state.kept):
                if not kept:
                    cells[i][1] = "left out"
            write(cells, highlight=[(i, j) for i in state.at for j in (0, 1)])
            for bar, d, r in zip(drawn, state.differences, state.ranks, strict=True):
                rank = 0.0 if r != r else r
                half = d == 0
                bar.set_x(-rank / 2 if half else 0 if d > 0 else -rank)
                bar.set_width(rank)
                bar.set_facecolor(QUIET if half else WIN if d > 0 else LOSS)
                bar.set_hatch("" if half else "//" if d > 0 else "..")
            summed = state.phase in ("sum", "done")
            left.set_text(f"R− = {state.r_minus:g}" if summed else f"← {first}")
            right.set_text(f"R+ = {state.r_plus:g}" if summed else f"{second} →")
            names = ", ".join(datasets[i] for i in state.at)
            if state.phase == "difference":
                return f"{names}: second − first = {state.differences[state.at[0]]:+.3f}"
            if state.phase == "zeros":
                return f"equal scores on {names}: their ranks will be split between the two sums"
            if state.phase == "rank":
                rank = state.ranks[state.at[0]]
                tied = f" (the average of {len(state.at)} places)" if len(state.at) > 1 else ""
                return f"next larger |d|: {names} gets rank {rank:g}{tied}"
            if state.phase == "sum":
                return f"add {names}: R+ = {state.r_plus:g}, R− = {state.r_minus:g}"
            return (
                f"R+ = {state.r_plus:g}, R− = {state.r_minus:g}: T = {state.statistic:g} "
                f"with N = {state.n}"
            )

        return update

    return draw


def null_distribution(
    axes: Axes,
    sums: Float[np.ndarray, " values"],
    chance: Float[np.ndarray, " values"],
    statistic: float,
    critical: float,
) -> Axes:
    """The exact distribution of a rank sum, with both tails up to the observed T."""
    there = chance > 0
    x, y = sums[there], chance[there]
    extreme = (x <= statistic) | (x >= sums[-1] - statistic)
    axes.vlines(x, 0, y, color=QUIET, linewidth=1.6)
    axes.vlines(x[extreme], 0, y[extreme], color=COLOURS.positive, linewidth=2.4,
                label=f"T ≤ {statistic:g} on either side")  # fmt: skip
    for place in (critical, sums[-1] - critical):
        axes.axvline(place, color=COLOURS.negative, linestyle="--", linewidth=1.4)
    axes.plot([], [], "--", color=COLOURS.negative, label=f"critical {critical:g}")
    axes.set(xlabel="$R^+$ if all signs were tossed", ylabel="probability", ylim=(0, None))
    axes.legend(loc="upper right")
    return axes


def ranking(scores: Any) -> Callable[[Axes], Callable[[Ranking], str]]:
    """How a player draws Friedman's test: ranks row by row, and the mean ranks so far."""
    table: Scores = read_scores(scores)

    def draw(axes: Axes) -> Callable[[Ranking], str]:
        figure: Any = axes.figure
        axes.remove()
        above, below = figure.subplots(2, 1, height_ratios=[5.5, 1])
        k = len(table.classifiers)
        write = draw_table(above, [*table.datasets, "mean rank"], table.classifiers, head=1.9)
        below.axhline(0, color=COLOURS.neutral, linewidth=1, linestyle="-", zorder=1)
        below.set(xlim=(0.9, k + 0.1), ylim=(-1, 1), yticks=[], xticks=range(1, k + 1))
        below.set_xlabel("mean rank (1 is best)")
        below.spines["left"].set_visible(False)
        drawn = [
            below.plot([], [], COLOURS.markers[j], color=COLOURS.classes[j], label=name,
                       markersize=11 * scale())[0]
            for j, name in enumerate(table.classifiers)
        ]  # fmt: skip
        below.legend(loc="lower center", bbox_to_anchor=(0.5, 0.75), ncols=k, frameon=False)
        shown = [[f"{v:.3f}" for v in row] for row in table.values]

        def update(state: Ranking) -> str:
            done = state.rows
            cells = [list(row) for row in shown]
            for i in range(done):
                cells[i] = [f"{c} ({r:g})" for c, r in zip(shown[i], ranks[i], strict=True)]
            cells.append([f"{mean:.3f}" for mean in state.mean_ranks])
            write(cells, highlight=[(done - 1, j) for j in range(k)])
            for marker, mean in zip(drawn, state.mean_ranks, strict=True):
                marker.set_data([mean], [0])
            given = ", ".join(f"{r:g}" for r in state.ranks)
            return (
                f"{state.dataset}: ranks {given};  after {done} data set{'s'[: done > 1]} chi2_F = "
                f"{max(state.chi_squared, 0):.3f}"
            )

        ranks = [step.ranks for step in friedman_steps(table)]
        return update

    return draw


def pair_by_pair(
    mean_ranks: Sequence[float], names: Sequence[str]
) -> Callable[[Axes], Callable[[PairStep], str]]:
    """How a player holds pairs against the critical difference: a ruler laid from one to the other.

    Pairs that differ stay joined by an arc of their own below the line.
    """
    place = dict(zip(names, map(float, mean_ranks), strict=True))

    def draw(axes: Axes) -> Callable[[PairStep], str]:
        k = len(names)
        axes.set(xlim=(0.8, k + 0.2), ylim=(-1.6, 1.5), yticks=[], xlabel="mean rank (1 is best)")
        axes.spines["left"].set_visible(False)
        axes.axhline(0, color=COLOURS.neutral, linewidth=1, linestyle="-")
        order = sorted(names, key=lambda name: place[name])
        for i, name in enumerate(order):
            above = 0.28 if i % 2 == 0 else 0.62
            axes.plot([place[name]] * 2, [0, above - 0.06], color=QUIET, linestyle="-", linewidth=1)
            axes.text(place[name], above, name, ha="center", fontsize=11 * scale())
        axes.plot(list(place.values()), [0] * k, "o", color=COLOURS.text, markersize=8 * scale())
        (pair,) = axes.plot([], [], "o", color=COLOURS.accent, markersize=14 * scale(), zorder=2)
        (ruler,) = axes.plot([], [], "-", color=COLOURS.negative, linewidth=5 * scale())
        (gap,) = axes.plot([], [], "-", color=COLOURS.positive, linewidth=5 * scale())
        told: dict[str, Any] = {"va": "center", "ha": "left", "fontsize": 10.5 * scale()}
        below_ruler = axes.text(0, -0.62, "", color=COLOURS.negative, **told)
        below_gap = axes.text(0, -1.22, "", color=COLOURS.positive, **told)

        def update(state: PairStep) -> str:
            ends = sorted([place[state.first], place[state.second]])
            pair.set_data(ends, [0, 0])
            gap.set_data(ends, [-0.95, -0.95])
            ruler.set_data([ends[0], ends[0] + state.critical_difference], [-0.35, -0.35])
            below_ruler.set(x=ends[0], text=f"critical difference {state.critical_difference:.3f}")
            below_gap.set(x=ends[0], text=f"difference {abs(state.difference):.3f}")
            sentence = f"{state.first} and {state.second}: {state.verdict}"
            return f"{sentence} (family p {short(state.p_value)})"

        return update

    return draw


def in_order(steps: Sequence[OrderedStep], procedure: str) -> Callable[[Axes], Callable[..., str]]:
    """How a player steps through Holm's or Hochberg's procedure: p-values against a staircase.

    The p-values stand in the order of their size, smallest on the left.
    """
    steps = list(steps)
    ordered = sorted(steps, key=lambda step: (step.p_value, step.threshold))
    columns = {step.hypothesis: i for i, step in enumerate(ordered)}

    def draw(axes: Axes) -> Callable[[OrderedStep], str]:
        m = len(steps)
        least = min(min(s.p_value, s.threshold) for s in steps)
        axes.set_yscale("log")
        axes.set(xlim=(-0.6, m - 0.3), ylim=(max(least, 1e-6) / 3, 5), ylabel="p-value (log scale)")
        ticks = [10.0**e for e in range(-6, 1) if 10.0**e > least / 3]
        axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.set_yticks([], minor=True)
        axes.set_xticks(range(m), [f"{s.hypothesis}\n$p$ = {short(s.p_value)}" for s in ordered])
        for step in steps:
            i = columns[step.hypothesis]
            axes.plot([i - 0.42, i + 0.42], [step.threshold] * 2, "--", color=COLOURS.negative)
            axes.annotate(f"{step.threshold:.4g}", (i + 0.44, step.threshold), va="center",
                          ha="left", fontsize=9.5 * scale(), color=COLOURS.negative,
                          annotation_clip=False)  # fmt: skip
        x = [columns[s.hypothesis] for s in steps]
        y = [s.p_value for s in steps]
        axes.plot([], [], "--", color=COLOURS.negative, label=f"threshold of {procedure}")
        (waiting,) = axes.plot(x, y, "o", color=QUIET, label="not reached", markersize=11 * scale())
        (gone,) = axes.plot([], [], "s", color=WIN, label="rejected", markersize=11 * scale())
        (kept,) = axes.plot([], [], "o", color=LOSS, label="retained", markersize=11 * scale())
        (ring,) = axes.plot([], [], "o", fillstyle="none", color=COLOURS.accent,
                            markersize=21 * scale(), markeredgewidth=3 * scale())  # fmt: skip
        axes.legend(loc="upper left", ncols=2)

        def update(state: OrderedStep) -> str:
            done = steps[: state.step]
            for line, flag in ((gone, True), (kept, False)):
                chosen = [s for s in done if s.rejected == flag]
                line.set_data([columns[s.hypothesis] for s in chosen], [s.p_value for s in chosen])
            rest = steps[state.step :]
            waiting.set_data([columns[s.hypothesis] for s in rest], [s.p_value for s in rest])
            ring.set_data([columns[state.hypothesis]], [state.p_value])
            return f"step {state.step}, {state.hypothesis}: {state.verdict}"

        return update

    return draw


ALL_SETS = "all data sets"
ALL_PAIRS = "all pairs (Nemenyi)"


def table_view(scores: Any) -> Callable[[Axes], Callable[..., str]]:
    """How an explorer draws a whole comparison: table with ranks, diagram, tests, all at once.

    Controls: `classifier`, `data_set` (or all), `change` of its score, `against` (all pairs or a
    control) and `alpha`.
    """
    table: Scores = read_scores(scores)
    n, k = table.shape

    def draw(axes: Axes) -> Callable[..., str]:
        figure: Any = axes.figure
        axes.remove()
        parts = figure.subplot_mosaic(
            [["table", "diagram"], ["table", "tests"]],
            width_ratios=[1.3, 1],
            height_ratios=[1.2, 1],
        )
        rows_shown = [*table.datasets, "mean rank"]
        write = draw_table(parts["table"], rows_shown, table.classifiers, head=1.9)
        paint = critical_difference_painter(parts["diagram"])
        tests = ["chi²  Friedman", "F  Iman-Davenport", "largest gap", "Holm's first z"]
        write_tests = draw_table(parts["tests"], tests, ["value", "p", "decision"], head=1.5)

        def update(
            classifier: str, data_set: str, change: float, against: str, alpha: float
        ) -> str:
            values = table.values.copy()
            column = table.classifiers.index(classifier)
            rows = range(n) if data_set == ALL_SETS else [table.datasets.index(data_set)]
            values[rows, column] = np.clip(values[rows, column] + change, 0, 1)
            ranked = friedman(Scores(values, table.datasets, table.classifiers))
            better = iman_davenport(ranked)
            control = None if against == ALL_PAIRS else against
            means = ranked.mean_ranks
            cells = [
                [f"{v:.3f} ({r:g})" for v, r in zip(row, ranks, strict=True)]
                for row, ranks in zip(values, ranked.ranks, strict=True)
            ]
            cells.append([f"{mean:.3f}" for mean in means])
            write(cells, highlight=[(i, column) for i in rows])
            holm = post_hoc(ranked, "holm", control=control, alpha=alpha).comparisons[0]
            widest = next(
                critical_difference_steps(
                    means, n, names=table.classifiers, control=control, alpha=alpha
                )
            )
            said = paint(means, table.classifiers, widest.critical_difference, control=control)
            write_tests(
                [
                    [f"{t.statistic:.3f}", short(t.p_value), word(t.p_value <= alpha)]
                    for t in (ranked, better)
                ]
                + [
                    [f"{abs(widest.difference):.3f}", short(widest.p_value),
                     word(widest.rejected)],
                    [f"{holm.z:.3f}", short(holm.p_value), word(holm.rejected)],
                ]
            )
            place = "on average" if data_set == ALL_SETS else f"on {data_set}"
            score, rank = (
                (values[:, column].mean(), means[column])
                if data_set == ALL_SETS
                else (values[rows[0], column], ranked.ranks[rows[0], column])
            )
            return (
                f"{classifier} {place}: {score:.3f}, rank {rank:.4g};  "
                f"F_F = {better.statistic:.3f}, p = {short(better.p_value)}: "
                f"{word(better.p_value <= alpha)} at {alpha:g};  {said}"
            )

        return update

    return draw


def word(rejected: bool) -> str:
    """The decision as it fits into a cell."""
    return "rejected" if rejected else "retained"


def error_rates(
    axes: Axes,
    rates: Mapping[str, float],
    trials: int,
    alpha: float = 0.05,
    claimed: Mapping[str, float] | None = None,
) -> Axes:
    """How often each test rejected though nothing was there, with the band that chance allows.

    The band around the claimed rate has four standard errors to either side.
    """
    claimed = claimed or {}
    top = 1.12 * max(*rates.values(), alpha)
    for i, (name, rate) in enumerate(rates.items()):
        level = claimed.get(name, alpha)
        error = 4 * np.sqrt(level * (1 - level) / trials)
        axes.barh(i, 2 * error, left=level - error, height=0.7, color=COLOURS.accent, alpha=0.45)
        inside = abs(rate - level) <= error
        colour = COLOURS.text if inside else WIN if rate > level else LOSS
        marker = "o" if inside else ">" if rate > level else "<"
        axes.plot(rate, i, marker, color=colour, markersize=9 * scale())
        axes.text(max(rate, level + error) + 0.015 * top, i, f"{rate:.3f}", va="center",
                  fontsize=10 * scale())  # fmt: skip
    axes.axvline(alpha, color=COLOURS.neutral, linestyle="--")
    axes.set_yticks(range(len(rates)), list(rates))
    axes.set(xlim=(0, 1.12 * top), xlabel="how often it rejects where nothing is to be found")
    axes.invert_yaxis()
    return axes


def curves(
    axes: Axes,
    x: Sequence[float],
    lines: Mapping[str, Sequence[float]],
    *,
    xlabel: str,
    ylabel: str,
    level: float | None = None,
) -> Axes:
    """Several curves over the same x, each with its own colour, dash and marker."""
    dashes = ["-", "--", "-.", ":"] * 3
    for i, (name, y) in enumerate(lines.items()):
        axes.plot(x, y, dashes[i], marker=COLOURS.markers[i], color=COLOURS.classes[i], label=name)
    if level is not None:
        axes.axhline(level, color=COLOURS.neutral, linewidth=1.2, linestyle=":")
    axes.set(xlabel=xlabel, ylabel=ylabel, ylim=(0, 1.05 * max(map(max, lines.values()))))
    axes.legend()
    return axes


def digit_disputes(
    images: Float[np.ndarray, "digits 64"],
    titles: Sequence[str],
    won: Bool[np.ndarray, " digits"],
) -> Any:
    """Digits on which exactly one of two models is right; the frame says which."""
    from .picture import new_axes

    row = np.atleast_1d(new_axes(1.45 * len(images), 2.0, columns=len(images)))
    for axes, image, title, first in zip(row, images, titles, won, strict=True):
        axes.imshow(image.reshape(8, 8), cmap="gray_r")
        axes.set_title(title, fontsize=9.5 * scale(), loc="center")
        axes.set(xticks=[], yticks=[])
        for spine in axes.spines.values():
            spine.set(visible=True, color=LOSS if first else WIN, linewidth=3)
            spine.set_linestyle("-" if first else "--")
    return row[0].figure
