"""The critical-difference diagram: mean ranks on a line, bars over those not shown to differ.

After Demsar (2006), figure 1, with rank 1 (the best) on the left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from course_lib.evaluation.posthoc import cliques

from . import style
from .picture import alone
from .style import COLOURS
from .table import Cell

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Heights in rows of names.
TOP, LINE, BAR = 1.9, 0.55, 0.42
WIDEST = 0.36  # of the picture's width that the names of one side may take
LARGEST, SMALLEST = 13.0, 11.0  # points; a name that is still too long is cut


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

    # The limits stay: a live figure then redraws only the artists. Positions are computed here.
    axes.set(xlim=(0, 1), ylim=(0, 1), xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    figure: Any = axes.figure
    if (engine := figure.get_layout_engine()) is not None:
        engine.execute(figure)  # the names' sizes follow from that of the axes
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
        [], [], "o", color=ink, markerfacecolor=COLOURS.paper, markersize=8 * scale, zorder=4.5
    )
    for artist in (interval, elbows, bars, ruler, filled, hollow):
        artist.set_in_layout(False)
        artist.set_clip_on(False)
    texts: list[Any] = []

    @cache
    @alone
    def measure(label: str, size: float) -> float:
        """The width of a label in pixels."""
        font = FontProperties(size=size, weight="bold")
        renderer = figure.canvas.get_renderer()
        return renderer.get_text_width_height_descent(label, font, ismath=False)[0]

    def write(words: Sequence[tuple[float, float, str, dict[str, Any]]]) -> None:
        while len(texts) < len(words):
            texts.append(axes.add_artist(Cell(0, 0, "", in_layout=False)))
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
        left, right = order[: (k + 1) // 2], order[(k + 1) // 2 :][::-1]

        spans = [(min(place[n] for n in group), max(place[n] for n in group)) for group in groups]
        levels = _levels(spans, apart=0.08 * (k - 1))
        below = LINE + BAR * (max(levels, default=-1) + 1)
        rows = TOP + below + len(left)
        picture, dpi = axes.get_window_extent(), figure.dpi
        row = 72 * picture.height / dpi / rows  # points

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
        scale_of_ranks = max(0.2, 1 - sum(margins)) / (k - 1)

        def across(rank: float) -> float:
            return margins[0] + (rank - 1) * scale_of_ranks

        def up(height: float) -> float:
            """From rows above the ruler to a share of the picture's height."""
            return 1 + (height - TOP) / rows

        paths: list[Any] = []
        words: list[tuple[float, float, str, dict[str, Any]]] = []
        for side, edge, gap in ((left, across(1), -em / 2), (right, across(k), em / 2)):
            for i, name in enumerate(side):
                x, y = across(place[name]), up(-below - i - 0.5)
                paths.append([(x, up(0)), (x, y), (edge, y)])
                weight = "bold" if name == control else "normal"
                align = "right" if gap < 0 else "left"
                words.append((edge + gap, y, labels[name], _look(size, align, "center", weight)))
        elbows.set_segments(paths)
        heights = [up(-LINE * 0.75 - BAR * level) for level in levels]
        bars.set_segments(
            [[(across(a) - 0.006, y), (across(b) + 0.006, y)]
             for (a, b), y in zip(spans, heights, strict=True)]
        )  # fmt: skip

        lines: list[Any] = [[(across(1), up(0)), (across(k), up(0))]]
        for rank in range(1, k + 1):
            lines.append([(across(rank), up(0)), (across(rank), up(0.16))])
            look = _look(0.9 * size, "center", "bottom")
            words.append((across(rank), up(0.24), str(rank), look))
        if control is None:
            start, end, y = across(1), across(1 + cd), TOP - 0.55
            lines.append([(start, up(y)), (end, up(y))])
            lines += [[(x, up(y - 0.13)), (x, up(y + 0.13))] for x in (start, end)]
            look = _look(size, "center", "bottom")
            words.append(((start + end) / 2, up(y + 0.12), f"CD = {cd:.2f}", look))
            interval.set_segments([])
            outside = list(order)
        else:
            ends = [across(place[control] + shift) for shift in (-cd, cd)]
            interval.set_segments([[(max(ends[0], 0), up(0)), (min(ends[1], 1), up(0))]])
            interval.set_linewidth(0.34 * row)
            lines += [[(x, up(-0.24)), (x, up(0.24))] for x in ends if 0 < x < 1]
            told = f"within CD = {cd:.2f} of the control: open dots"
            words.append((0.5, up(TOP - 0.55), told, _look(size, "center", "center")))
            outside = [name for name in order if abs(place[name] - place[control]) >= cd]
        ruler.set_segments(lines)
        inside = [name for name in order if name not in outside]
        for dots, shown_names in ((filled, outside), (hollow, inside)):
            dots.set_data([across(place[n]) for n in shown_names], [up(0)] * len(shown_names))
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


def _levels(spans: Sequence[tuple[float, float]], apart: float) -> list[int]:
    """The level of each bar, so that bars on one level stay `apart` and read as two."""
    reached: list[float] = []  # the right end of the last bar of each level
    levels = []
    for start, end in spans:
        free = (i for i, right in enumerate(reached) if right < start - apart)
        level = next(free, len(reached))
        reached[level : level + 1] = [end]
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
