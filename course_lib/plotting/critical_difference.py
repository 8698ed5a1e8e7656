"""The critical-difference diagram: mean ranks on a line, bars over those not shown to differ.

After Demsar (2006), figure 1, with rank 1 (the best) on the left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from course_lib.evaluation.posthoc import cliques

from . import style
from .style import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Heights in rows of names.
TOP, LINE, BAR = 1.9, 0.55, 0.42
WIDEST = 0.36  # of the picture's width that the names of one side may take
LARGEST, SMALLEST = 13.0, 9.0  # points; below that a name is cut


def critical_difference_diagram(axes: Axes, comparison: Any) -> Axes:
    """Draw a `Comparison` (or a `PostHoc` with a critical difference) and return the Axes.

    All pairs: a thick bar joins classifiers that were not shown to differ. With a control: the
    shaded interval is one critical difference to either side of it; filled dots lie outside.

    Raises ValueError if there is no critical difference to draw.
    """
    if comparison.critical_difference is None:
        raise ValueError(
            "this procedure has no critical difference; draw compare_classifiers(...), "
            "post_hoc(..., 'nemenyi') or post_hoc(..., 'bonferroni-dunn', control=...)"
        )
    update = critical_difference_painter(axes)
    sentence = update(
        comparison.mean_ranks,
        comparison.names,
        comparison.critical_difference,
        control=comparison.control,
        groups=None if comparison.control else comparison.groups,
    )
    axes.set_title(sentence)
    return axes


def critical_difference_painter(axes: Axes) -> Callable[..., str]:
    """Make the artists once; the returned update(ranks, names, cd, control=None, groups=None)
    changes them in place and says in a sentence what the diagram shows.

    `groups` (tuples of names) are the bars; None joins what is closer than `cd`.
    """
    from matplotlib.collections import LineCollection
    from matplotlib.font_manager import FontProperties

    axes.set_axis_off()
    engine = axes.figure.get_layout_engine()
    if engine is not None:
        engine.execute(axes.figure)  # the names' sizes follow from that of the axes
    grey, ink, scale = COLOURS.neutral, COLOURS.text, style.scale()
    interval = LineCollection([], colors=COLOURS.accent, alpha=0.45, zorder=1)
    elbows = LineCollection([], colors=grey, linewidths=1.4 * scale, zorder=2)
    bars = LineCollection([], colors=COLOURS.negative, linewidths=6 * scale, zorder=3)
    ruler = LineCollection([], colors=ink, linewidths=1.6 * scale, zorder=4)
    for lines in (interval, elbows, bars, ruler):
        axes.add_collection(lines, autolim=False)
    bars.set_capstyle("round")
    interval.set_capstyle("butt")
    (filled,) = axes.plot([], [], "o", color=ink, markersize=8 * scale, zorder=5)
    (hollow,) = axes.plot(
        [], [], "o", color=ink, markerfacecolor=COLOURS.paper, markersize=8 * scale, zorder=5
    )
    for dots in (filled, hollow):
        dots.set_clip_on(False)
    texts: list[Any] = []

    @cache
    def measure(label: str, size: float) -> float:
        """The width of a label in pixels."""
        font = FontProperties(size=size, weight="bold")
        renderer = axes.figure.canvas.get_renderer()
        return renderer.get_text_width_height_descent(label, font, ismath=False)[0]

    def write(words: Sequence[tuple[float, float, str, dict[str, Any]]]) -> None:
        while len(texts) < len(words):
            texts.append(axes.text(0, 0, "", clip_on=False, in_layout=False))
        for text in texts[len(words) :]:
            text.set_visible(False)
        for text, (x, y, word, look) in zip(texts, words, strict=False):
            text.set(x=x, y=y, text=word, visible=True, **look)

    def update(
        ranks: Sequence[float],
        names: Sequence[str],
        cd: float,
        *,
        control: str | None = None,
        groups: Sequence[Sequence[str]] | None = None,
    ) -> str:
        k = len(ranks)
        place = dict(zip(names, map(float, ranks), strict=True))
        order = sorted(place, key=lambda name: place[name])
        if control is not None:
            groups = []
        elif groups is None:
            groups = [[names[i] for i in group] for group in cliques(ranks, cd)]
        spans = [(min(map(place.get, g)), max(map(place.get, g))) for g in groups]
        levels = _levels(spans)
        left, right = order[: (k + 1) // 2], order[(k + 1) // 2 :][::-1]

        # Heights: ruler at 0, bars below it, then one row per name; the axis points up.
        below = LINE + BAR * (max(levels, default=-1) + 1)
        depth = below + len(left)
        axes.set_ylim(-depth, TOP)
        picture, dpi = axes.get_window_extent(), axes.figure.dpi
        row = 72 * picture.height / dpi / (depth + TOP)  # points
        room = WIDEST * picture.width
        size = min(LARGEST * scale, 0.66 * row)
        longest = max(measure(f"{name}  {place[name]:.2f}", size) for name in order)
        size = min(size, max(SMALLEST * scale, size * room / longest))
        labels = {}
        for name in order:
            shown = name
            while len(shown) > 2 and measure(f"{shown}  {place[name]:.2f}", size) > room:
                shown = shown.rstrip("…")[:-1] + "…"
            labels[name] = f"{shown}  {place[name]:.2f}"
        em = size * dpi / 72 / picture.width  # as shares of the picture's width
        margins = [
            max(measure(labels[name], size) for name in side) / picture.width + em
            for side in (left, right)
        ]
        width = (k - 1) / max(0.2, 1 - sum(margins))  # of the picture, in ranks
        low, high = 1 - margins[0] * width, k + margins[1] * width
        axes.set_xlim(low, high)
        gap = 0.5 * em * width

        paths, words = [], []
        for side, edge, align in ((left, 1.0, "right"), (right, float(k), "left")):
            for i, name in enumerate(side):
                y = -below - i - 0.5
                paths.append([(place[name], 0), (place[name], y), (edge, y)])
                x = edge - gap if align == "right" else edge + gap
                weight = "bold" if name == control else "normal"
                words.append((x, y, labels[name], _look(size, align, "center", weight)))
        elbows.set_segments(paths)
        bars.set_segments(
            [[(a - 0.03, y), (b + 0.03, y)] for (a, b), level in zip(spans, levels, strict=True)
             for y in [-LINE * 0.75 - BAR * level]]
        )  # fmt: skip

        ticks = [[(x, 0), (x, 0.16)] for x in range(1, k + 1)]
        lines = [[(1, 0), (k, 0)], *ticks]
        for x in range(1, k + 1):
            words.append((x, 0.24, str(x), _look(0.9 * size, "center", "bottom")))
        if control is None:
            end, y = 1 + cd, TOP - 0.55
            lines += [[(1, y), (end, y)], *([(x, y - 0.13), (x, y + 0.13)] for x in (1, end))]
            words.append((1 + cd / 2, y + 0.12, f"CD = {cd:.2f}", _look(size, "center", "bottom")))
            interval.set_segments([])
            outside = order
        else:
            centre = place[control]
            a, b = max(centre - cd, low), min(centre + cd, high)
            interval.set_segments([[(a, 0), (b, 0)]])
            interval.set_linewidth(0.34 * row)
            lines += [[(x, -0.24), (x, 0.24)] for x in (centre - cd, centre + cd) if low < x < high]
            words.append(
                (min(max(centre, 1.0), float(k)), TOP - 0.55,
                 f"within CD = {cd:.2f} of the control: open dots", _look(size, "center", "center"))
            )  # fmt: skip
            outside = [name for name in order if abs(place[name] - centre) >= cd]
        ruler.set_segments(lines)
        filled.set_data([place[name] for name in outside], [0] * len(outside))
        inside = [name for name in order if name not in outside]
        hollow.set_data([place[name] for name in inside], [0] * len(inside))
        write(words)
        return _sentence(order, place, cd, control, groups)

    return update


def _look(size: float, across: str, along: str, weight: str = "normal") -> dict[str, Any]:
    return {
        "fontsize": size,
        "horizontalalignment": across,
        "verticalalignment": along,
        "fontweight": weight,
    }


def _levels(spans: Sequence[tuple[float, float]]) -> list[int]:
    """The height of each bar, so that bars that overlap lie under one another."""
    taken: list[float] = []  # the right end of the last bar of each level
    levels = []
    for start, end in spans:
        level = next((i for i, reach in enumerate(taken) if reach < start - 0.08), len(taken))
        taken[level : level + 1] = [end]
        levels.append(level)
    return levels


def _sentence(
    order: Sequence[str],
    place: dict[str, float],
    cd: float,
    control: str | None,
    groups: Sequence[Sequence[str]],
) -> str:
    k = len(order)
    if control is not None:
        far = [name for name in order if abs(place[name] - place[control]) >= cd]
        who = f": {', '.join(far)}" if 0 < len(far) <= 3 else ""
        return f"{len(far)} of {k - 1} differ from {control} by {cd:.2f} or more{who}"
    joined = {
        frozenset((one, other)) for group in groups for one in group for other in group
        if one != other
    }  # fmt: skip
    pairs = k * (k - 1) // 2
    return f"{pairs - len(joined)} of {pairs} pairs differ (critical difference {cd:.2f})"
