"""What the chapter on measuring performance looks like: thresholds, curves, boxes, rankings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.evaluation import classification as measure
from course_lib.evaluation.detection import overlap_area

from .style import COLOURS, scale
from .table import draw_table

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from matplotlib.axes import Axes

POINT: dict[str, Any] = {
    "linestyle": "none",
    "markeredgecolor": "white",
    "markeredgewidth": 1.2,
    "zorder": 5,
}


def _rates(axes: Axes, x: str, y: str, title: str = "") -> None:
    """A unit square with a little air."""
    axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), xlabel=x, ylabel=y, title=title)


def _told(value: float) -> str:
    """A ratio in words where it has no value."""
    return "0/0" if np.isnan(value) else f"{value:.3f}" if np.isfinite(value) else "infinite"


def _spot(axes: Axes) -> Any:
    (spot,) = axes.plot([], [], "D", markersize=11 * scale(), color=COLOURS.accent, **POINT)
    return spot


def threshold_view(
    true: Int[np.ndarray, " patterns"], scores: Float[np.ndarray, " patterns"], unit: str = "score"
) -> Callable[[Any], Callable[..., str]]:
    """How an explorer shows a threshold: histograms, counts, and the points on ROC and PR."""
    true, scores = np.asarray(true), np.asarray(scores)
    fpr, tpr, _ = measure.roc_curve(true, scores)
    recall, precision, _ = measure.precision_recall_curve(true, scores)

    def draw(axes: Any) -> Callable[..., str]:
        (above, roc), (below, pr) = axes
        bins = np.linspace(scores.min(), scores.max(), 25)
        for value, name, colour, hatch in (
            (0, "negative", COLOURS.negative, ""),
            (1, "positive", COLOURS.positive, "///"),
        ):
            above.hist(
                scores[true == value], bins, color=colour, alpha=0.55, label=name, hatch=hatch,
                edgecolor="white",
            )  # fmt: skip
        line = above.axvline(0, color=COLOURS.text, linestyle="-")
        above.set(xlabel=unit, ylabel="patterns", title="Right of the line: called positive")
        above.legend(loc="upper center")
        fill = draw_table(below, ["is positive", "is negative"], ["called +", "called −"])
        roc.plot(fpr, tpr, "-", color=COLOURS.text)
        roc.plot([0, 1], [0, 1], ":", color=COLOURS.neutral)
        _rates(roc, "false positive rate", "true positive rate", "ROC: rates within each class")
        pr.plot(recall, precision, "-", color=COLOURS.text)
        pr.axhline(float(np.mean(true == 1)), color=COLOURS.neutral, linestyle=":")
        _rates(pr, "recall", "precision", "Precision and recall")
        on_roc, on_pr = _spot(roc), _spot(pr)

        def update(threshold: float) -> str:
            k = measure.count_at(true, scores, threshold)
            line.set_xdata([threshold, threshold])
            fill([[int(k.tp), int(k.fn)], [int(k.fp), int(k.tn)]])
            on_roc.set_data([k.fpr], [k.tpr])
            on_pr.set_data([k.tpr], [k.ppv])
            return (
                f"t = {threshold:.2f}: accuracy {k.accuracy:.3f}, precision {_told(k.ppv)}, "
                f"recall {k.tpr:.3f}, specificity {k.tnr:.3f}, F1 {k.f1:.3f}, "
                f"LR+ {_told(k.lr_plus)}"
            )

        return update

    return draw


def roc_view(
    true: Int[np.ndarray, " patterns"], scores: Float[np.ndarray, " patterns"]
) -> Callable[[Any], Callable[[measure.RocStep], str]]:
    """How a player builds a ROC curve: the threshold sinks on the left, the curve grows right."""
    true, scores = np.asarray(true), np.asarray(scores)
    order = np.argsort(-scores, kind="stable")
    fpr, tpr, thresholds = measure.roc_curve(true, scores)

    def draw(axes: Any) -> Callable[[measure.RocStep], str]:
        left, right = np.ravel(axes)
        for value, name, colour, marker in (
            (1, "positive", COLOURS.positive, "s"),
            (0, "negative", COLOURS.negative, "o"),
        ):
            rows = [i for i, j in enumerate(order) if (true[j] == 1) == bool(value)]
            left.plot(
                rows, scores[order][rows], marker, color=colour, label=name,
                markersize=10 * scale(), markeredgecolor="white", linestyle="none",
            )  # fmt: skip
        for i, j in enumerate(order):
            left.text(i, scores[j] + 0.045, f"{scores[j]:g}", ha="center", fontsize=9 * scale())
        cut = left.axhline(1.0, color=COLOURS.text, linestyle="-")
        low, high = scores.min(), scores.max()
        reach = (high - low) or 1.0
        left.set(
            xlim=(-0.7, len(scores) - 0.3), ylim=(low - 0.15 * reach, high + 0.25 * reach),
            xticks=[], ylabel="score", title="On or above the line: positive",
        )  # fmt: skip
        left.legend(loc="upper right", bbox_to_anchor=(1.0, 0.88))
        right.plot([0, 1], [0, 1], ":", color=COLOURS.neutral)
        (curve,) = right.plot([], [], "-", color=COLOURS.text)
        spot = _spot(right)
        _rates(right, "false positive rate", "true positive rate", "One step per score")

        def update(state: measure.RocStep) -> str:
            upto = int(np.sum(thresholds >= state.threshold))
            curve.set_data(fpr[:upto], tpr[:upto])
            spot.set_data([state.fpr], [state.tpr])
            level = min(state.threshold, high + 0.15 * reach)
            cut.set_ydata([level, level])
            k = state.counts
            if not state.taken:
                return "threshold above all scores: nobody is positive, FPR 0, TPR 0"
            ways = {1: "a positive: up", 0: "a negative: right"}
            met = {int(true[i] == 1) for i in state.taken}
            what = ways[met.pop()] if len(met) == 1 else "a tie of both: along a diagonal"
            return (
                f"threshold {state.threshold:g}: {what}.  TP {k.tp}, FP {k.fp}, FN {k.fn}, "
                f"TN {k.tn};  FPR {state.fpr:.3f}, TPR {state.tpr:.3f}, area so far "
                f"{state.area:.3f}"
            )

        return update

    return draw


def prevalence_view(axes: Any) -> Callable[..., str]:
    """Draw a thousand people, ill or not, tested positive or not, beside PPV over prevalence."""
    people, curve_axes = np.ravel(axes)
    looks = [
        ("TP", "ill, positive", COLOURS.positive, "s"),
        ("FN", "ill, negative", COLOURS.positive, "x"),
        ("FP", "healthy, positive", COLOURS.negative, "^"),
        ("TN", "healthy, negative", "#c9d7e2", "."),
    ]
    dots = [
        people.plot([], [], marker, color=colour, linestyle="none", markersize=5 * scale(),
                    label=f"{short}: {name}")[0]
        for short, name, colour, marker in looks
    ]  # fmt: skip
    people.set(xlim=(-1, 40), ylim=(-1, 25), xticks=[], yticks=[], title="A thousand people")
    people.spines[:].set_visible(False)
    people.legend(loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=2)
    grid = np.array([(column, 24 - row) for column in range(40) for row in range(25)])
    x = np.geomspace(0.0005, 0.5, 120)
    (line,) = curve_axes.semilogx(x, x, "-", color=COLOURS.text)
    curve_axes.set(
        xlim=(0.0005, 0.5), ylim=(0, 1.02), xlabel="prevalence", ylabel="PPV",
        title="How much a positive result says",
    )  # fmt: skip
    curve_axes.set_xticks([0.001, 0.01, 0.1, 0.5], ["0.1 %", "1 %", "10 %", "50 %"])
    spot = _spot(curve_axes)

    def update(prevalence: float, sensitivity: float, specificity: float) -> str:
        share, tpr, fpr = prevalence / 100, sensitivity / 100, 1 - specificity / 100
        ill = round(1000 * share)
        tp, fp = round(ill * tpr), round((1000 - ill) * fpr)
        ends = np.cumsum([tp, ill - tp, fp, 1000 - ill - fp])
        for dot, start, end in zip(dots, [0, *ends[:-1]], ends, strict=True):
            dot.set_data(grid[start:end, 0], grid[start:end, 1])
        line.set_ydata(tpr * x / (tpr * x + fpr * (1 - x) + 1e-300))
        ppv, npv = measure.predictive_values(share, tpr, fpr)
        spot.set_data([share], [ppv])
        return (
            f"{prevalence:g} % ill: of {tp + fp} positive results {tp} are true (PPV {ppv:.3f}); "
            f"a negative result is right with {npv:.4f}; calling all healthy: {1 - share:.3f}"
        )

    return update


def boxes_view(axes: Axes) -> Callable[..., str]:
    """Draw an object's box, a detection, and their overlap."""
    from matplotlib.patches import Rectangle

    truth = (0.0, 0.0, 10.0, 10.0)
    axes.set(xlim=(-9, 21), ylim=(21, -9), xlabel="x", ylabel="y", aspect="equal")

    def rectangle(**look: Any) -> Rectangle:
        patch = Rectangle((0, 0), 10, 10, linewidth=2.5 * scale(), **look)
        axes.add_patch(patch)
        return patch

    shared = rectangle(facecolor=COLOURS.accent, alpha=0.5, edgecolor="none")
    rectangle(facecolor="none", edgecolor=COLOURS.negative, label="object")
    box = rectangle(facecolor="none", edgecolor=COLOURS.positive, linestyle="--", label="detection")
    axes.legend(loc="lower right")

    def update(x: float, y: float, width: float, height: float) -> str:
        found = (x, y, x + width, y + height)
        box.set_bounds(x, y, width, height)
        left, top = max(x, 0.0), max(y, 0.0)
        w, h = min(found[2], 10.0) - left, min(found[3], 10.0) - top
        shared.set_bounds(left, top, max(w, 0), max(h, 0))
        both = overlap_area(truth, found)
        union = 100 + width * height - both
        verdict = "counts as found" if both / union > 0.5 else "does not count as found"
        return (
            f"intersection {both:g}, union 100 + {width * height:g} − {both:g} = {union:g}, "
            f"IoU = {both / union:.4f}: at 0.5 this {verdict}"
        )

    return update


def ranking_view(hits: Sequence[int], objects: int) -> Callable[[Any], Callable[..., str]]:
    """How a player walks down a ranked list: the list on the left, precision over recall right."""
    states = list(measure.walk(hits, objects))

    def draw(axes: Any) -> Callable[[measure.RankStep], str]:
        left, right = np.ravel(axes)
        cells = [[s.rank, "hit" if s.hit else "miss"] for s in states]
        light = draw_table(left, [""] * len(states), ["rank", "answer"], cells)
        (path,) = right.plot([], [], "o-", color=COLOURS.neutral, label="each rank")
        (found,) = right.plot(
            [], [], "s", color=COLOURS.positive, markersize=10 * scale(), label="hits", **POINT
        )
        (best,) = right.plot(
            [], [], "--", color=COLOURS.train, drawstyle="steps-pre", label="best from here on"
        )
        _rates(right, "recall", "precision", "Precision over recall")
        right.set_ylim(-0.03, 1.08)
        right.legend(loc="lower left")

        def update(state: measure.RankStep) -> str:
            so_far = states[: state.rank]
            light(highlight=[(state.rank - 1, 0), (state.rank - 1, 1)])
            path.set_data([s.recall for s in so_far], [s.precision for s in so_far])
            won = [s for s in so_far if s.hit]
            found.set_data([s.recall for s in won], [s.precision for s in won])
            smooth = np.maximum.accumulate([s.precision for s in won][::-1])[::-1]
            best.set_data([0, *(s.recall for s in won)], [*smooth[:1], *smooth])
            step = f" + {state.precision:.4f} / {objects}" if state.hit else ", unchanged"
            return (
                f"rank {state.rank}: {'hit' if state.hit else 'miss'}.  precision {state.hits}/"
                f"{state.rank} = {state.precision:.3f}, recall {state.hits}/{objects} = "
                f"{state.recall:.2f};  area {state.area:.4f} ({step.strip(', ')})"
            )

        return update

    return draw


def confusion_map(
    axes: Axes, matrix: Float[np.ndarray, "n n"], names: Sequence[str], title: str = ""
) -> Axes:
    """A confusion matrix in percent of its rows: true class down, predicted class across."""
    percent = measure.row_percent(matrix)
    axes.imshow(percent, cmap="Blues", vmin=0, vmax=100)
    for (row, column), value in np.ndenumerate(percent):
        if value > 0:
            axes.text(
                column, row, f"{value:.0f}" if value >= 1 else "<1", ha="center", va="center",
                color="white" if value > 55 else COLOURS.text, fontsize=8.5 * scale(),
                weight="normal" if row == column else "bold",
            )  # fmt: skip
    axes.set(xticks=range(len(names)), yticks=range(len(names)), title=title)
    axes.set_xticklabels(names)
    axes.set_yticklabels(names)
    axes.set(xlabel="predicted class", ylabel="true class")
    axes.spines[:].set_visible(False)
    return axes


def curves(axes: Axes, lines: dict[str, tuple[Any, Any]], x: str, y: str, title: str) -> Axes:
    """Several named curves of rates in a unit square."""
    for name, (across, up) in lines.items():
        axes.plot(across, up, label=name)
    _rates(axes, x, y, title)
    axes.legend(loc="best")
    return axes


def det(axes: Axes, lines: dict[str, tuple[Any, Any]], title: str) -> Axes:
    """DET curves: both error rates on normal-deviate axes, where Gaussian scores give lines."""
    from scipy.special import ndtri

    marks = [0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95]
    for name, (fpr, fnr) in lines.items():
        inside = (fpr > 0) & (fpr < 1) & (fnr > 0) & (fnr < 1)
        axes.plot(ndtri(fpr[inside]), ndtri(fnr[inside]), label=name)
    places = ndtri(marks)
    labels = [f"{100 * m:g} %" for m in marks]
    axes.set_xticks(places, labels)
    axes.set_yticks(places, labels)
    axes.set(
        xlim=(-3.2, 1.7), ylim=(-3.2, 1.7), xlabel="false positive rate (false match)",
        ylabel="false negative rate (false non-match)", title=title,
    )  # fmt: skip
    axes.legend(loc="best")
    return axes


def reliability_plot(axes: Axes, rows: dict[str, tuple[Any, Any]], title: str) -> Axes:
    """Share of positives over the forecast; on the diagonal a forecast keeps its word."""
    axes.plot([0, 1], [0, 1], ":", color=COLOURS.neutral)
    for (name, (said, came)), marker in zip(rows.items(), COLOURS.markers, strict=False):
        full = ~np.isnan(said)
        axes.plot(said[full], came[full], marker=marker, label=name)
    _rates(axes, "forecast probability", "share of positives", title)
    axes.legend(loc="upper left")
    return axes


def tiny_picture(axes: Axes, pixels: Float[np.ndarray, " 64"], title: str) -> Axes:
    """One digit of 8 x 8 pixels under a line of text."""
    axes.imshow(np.reshape(pixels, (8, 8)), cmap="gray_r")
    axes.set(title=title, xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    return axes
