"""Points of classes and what separates them. Every function takes an Axes and returns it.

Those named `moving_...` are for players and explorers: they create their artists once and return
the function that changes them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.image import AxesImage

from .style import COLOURS, scale

if TYPE_CHECKING:
    from jaxtyping import Float, Shaped
    from matplotlib.axes import Axes

TINTS = ("#d6e6f4", "#fbe0cf")  # the ground of class - and +


def class_look(targets: Any) -> list[tuple[Any, str, str]]:
    """Return (label, colour, marker) of each class: two classes are negative and positive."""
    labels = list(np.unique(np.asarray(targets)))
    if len(labels) > len(COLOURS.classes):
        raise ValueError(f"{len(labels)} classes; there are colours for {len(COLOURS.classes)}")
    if labels == [1] or labels == [1.0]:  # only the positive class is there
        return [(labels[0], COLOURS.positive, COLOURS.markers[1])]
    return [
        (label, COLOURS.classes[i], COLOURS.markers[i]) for i, label in enumerate(labels)
    ]


def scatter_classes(
    axes: Axes,
    inputs: Float[np.ndarray, "points 2"],
    targets: Shaped[np.ndarray, " points"],
    names: Mapping[Any, str] | Sequence[str] | None = None,
    size: float = 45,
) -> Axes:
    """Draw points with a colour and a marker per class; `names` (in order of labels) for a legend.

    Raises:
        ValueError: inputs are not (points, 2) or targets do not fit them.
    """
    inputs, targets = np.asarray(inputs), np.asarray(targets)
    if inputs.ndim != 2 or inputs.shape[1] != 2:
        raise ValueError(f"inputs must have the shape (points, 2), got {inputs.shape}")
    if targets.shape != inputs.shape[:1]:
        raise ValueError(f"targets must have the shape ({len(inputs)},), got {targets.shape}")
    for i, (label, colour, marker) in enumerate(class_look(targets)):
        chosen = inputs[targets == label]
        name = names[label] if isinstance(names, Mapping) else names[i] if names else None
        axes.plot(  # markers of a line are drawn in half the time of a scatter
            chosen[:, 0],
            chosen[:, 1],
            linestyle="none",
            marker=marker,
            markersize=size**0.5 * scale(),
            color=colour,
            markeredgecolor="white",
            markeredgewidth=0.8,
            label=name,
            zorder=3,
        )
    if names:
        axes.legend(loc="best")
    return axes


def clip(
    corners: Float[np.ndarray, "corners 2"], weights: Float[np.ndarray, 2], bias: float
) -> Float[np.ndarray, "kept 2"]:
    """Cut a convex polygon by weights @ x + bias >= 0 (Sutherland and Hodgman, 1974)."""
    kept = []
    scores = corners @ weights + bias
    for i in range(len(corners)):
        j = (i + 1) % len(corners)
        if scores[i] >= 0:
            kept.append(corners[i])
        if (scores[i] >= 0) != (scores[j] >= 0):
            share = scores[i] / (scores[i] - scores[j])
            kept.append(corners[i] + share * (corners[j] - corners[i]))
    return np.array(kept).reshape(-1, 2)


def half_plane(
    axes: Axes,
    weights: Float[np.ndarray, 2],
    bias: float = 0.0,
    *,
    normal: bool = True,
    regions: bool = True,
    label: str | None = None,
) -> Axes:
    """Draw the line weights @ x + bias = 0, both sides tinted, and the normal arrow.

    Uses the present limits of the Axes and sets its aspect to equal, else the normal would not
    look perpendicular.
    """
    moving_half_plane(axes, normal=normal, regions=regions, label=label)(weights, bias)
    return axes


def moving_half_plane(
    axes: Axes, *, normal: bool = True, regions: bool = True, label: str | None = None
) -> Callable[[Any, float], None]:
    """Make the artists of `half_plane`; return `update(weights, bias)`. Set the limits first."""
    from matplotlib.patches import Polygon

    axes.set_aspect("equal")
    axes.set_xlim(axes.get_xlim())
    axes.set_ylim(axes.get_ylim())
    sides: list[Polygon] = []
    if regions:
        for colour in TINTS:
            side = Polygon(np.zeros((3, 2)), facecolor=colour, edgecolor="none", zorder=0.5)
            axes.add_patch(side)
            sides.append(side)
    (line,) = axes.plot([], [], color=COLOURS.text, linestyle="-", zorder=2, label=label)
    arrow = axes.quiver(
        [0.0],
        [0.0],
        [0.0],
        [0.0],
        angles="xy",
        scale_units="xy",
        scale=1,
        width=0.009 * scale(),
        color=COLOURS.text,
        zorder=4,
    )
    arrow.set_visible(normal)

    def update(weights: Any, bias: float = 0.0) -> None:
        w, bias = np.asarray(weights, dtype=float), float(bias)
        if w.shape != (2,):
            raise ValueError(f"weights must have the shape (2,), got {w.shape}")
        (x0, x1), (y0, y1) = sorted(axes.get_xlim()), sorted(axes.get_ylim())
        box = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
        for side, sign in zip(sides, (-1, 1), strict=False):
            region = clip(box, sign * w, sign * bias)
            side.set_visible(len(region) > 2 and bool(w.any() or sign * bias > 0))
            if len(region) > 2:
                side.set_xy(region)
        length = float(np.hypot(*w))
        if length == 0:  # no direction, no boundary
            line.set_data([], [])
            arrow.set_visible(False)
            return
        unit = w / length
        centre = np.array([(x0 + x1) / 2, (y0 + y1) / 2])
        foot = centre - (w @ centre + bias) / length * unit
        along = np.array([-unit[1], unit[0]]) * np.hypot(x1 - x0, y1 - y0)
        ends = np.stack([foot - along, foot + along])
        line.set_data(ends[:, 0], ends[:, 1])
        reach = 0.16 * min(x1 - x0, y1 - y0) * unit
        arrow.set_offsets(foot[None])
        arrow.set_UVC(reach[0], reach[1])
        inside = x0 <= foot[0] <= x1 and y0 <= foot[1] <= y1
        arrow.set_visible(normal and bool(inside))

    return update


def grid_of(
    extent: tuple[float, float, float, float], resolution: int = 100
) -> Float[np.ndarray, "cells 2"]:
    """Return the centres of resolution x resolution cells of (x0, x1, y0, y1), bottom row first."""
    x0, x1, y0, y1 = extent
    steps = (np.arange(resolution) + 0.5) / resolution
    x, y = np.meshgrid(x0 + (x1 - x0) * steps, y0 + (y1 - y0) * steps)
    return np.stack([x.ravel(), y.ravel()], axis=1)


def paint(scores: Float[np.ndarray, " cells"]) -> Shaped[np.ndarray, "cells 4"]:
    """Colour scores as RGBA bytes: blue below 0, orange from 0 on, stronger further away."""
    strength = np.abs(np.tanh(np.asarray(scores, dtype=np.float64)))
    index = np.where(np.asarray(scores) >= 0, 128, 0) + (strength * 127).astype(np.int64)
    return _table()[index]


_TABLE: list[np.ndarray] = []


def _table() -> np.ndarray:
    """256 colours: 128 from pale to strong blue, 128 from pale to strong orange."""
    if not _TABLE:
        from matplotlib.colors import to_rgb

        share = np.linspace(0.16, 0.62, 128)[:, None]
        rows = [
            1 - share * (1 - np.array(to_rgb(colour)))
            for colour in (COLOURS.negative, COLOURS.positive)
        ]
        rgb = np.concatenate(rows) * 255
        _TABLE.append(np.concatenate([rgb, np.full((256, 1), 255)], axis=1).astype(np.uint8))
    return _TABLE[0]


class Field(AxesImage):
    """An image of colours that fills its Axes; scaled by Pillow, ten times as fast as matplotlib.

    Only for limits that are the extent and axes without a log scale.
    """

    def __init__(self, axes: Axes, extent: tuple[float, float, float, float], resolution: int):
        super().__init__(axes, extent=extent, origin="lower", zorder=0)
        self.set_colours(np.full((resolution, resolution, 4), 255, dtype=np.uint8))
        axes.add_image(self)
        axes.set(xlim=extent[:2], ylim=extent[2:])

    def set_colours(self, colours: Shaped[np.ndarray, "rows columns 4"]) -> None:
        """Show these RGBA bytes, bottom row first."""
        self._colours = np.ascontiguousarray(colours)
        self.set_data(colours)

    def draw(self, renderer: Any) -> None:
        """Scale the colours to the pixels of the Axes and paint them."""
        if self.get_visible():
            from PIL import Image

            box = self.axes.bbox
            x, y = round(box.x0), round(box.y0)
            size = (round(box.x1) - x, round(box.y1) - y)
            rows, columns = self._colours.shape[:2]
            small = Image.frombuffer("RGBX", (columns, rows), self._colours, "raw", "RGBX", 0, 1)
            picture = small.resize(size, Image.Resampling.BILINEAR)  # X: opaque, no alpha to weigh
            graphics = renderer.new_gc()
            renderer.draw_image(graphics, x, y, np.array(picture))
            graphics.restore()
        self.stale = False


def decision_regions(
    axes: Axes,
    score: Callable[[Float[np.ndarray, "cells 2"]], Any],
    extent: tuple[float, float, float, float] | None = None,
    resolution: int = 200,
) -> Axes:
    """Paint where score(points) is below 0 (blue) and from 0 on (orange), with the line between.

    Args:
        axes: its limits are the extent, if none is given.
        score: (n, 2) array -> n real scores; the sign is the class.
        extent: (x0, x1, y0, y1).
        resolution: cells along each side.
    """
    extent = extent or (*axes.get_xlim(), *axes.get_ylim())
    field = np.asarray(score(grid_of(extent, resolution)), dtype=float)
    square = field.reshape(resolution, resolution)
    moving_regions(axes, extent, resolution)(field)
    if square.min() < 0 < square.max():
        x0, x1, y0, y1 = extent
        steps = (np.arange(resolution) + 0.5) / resolution
        axes.contour(
            x0 + (x1 - x0) * steps,
            y0 + (y1 - y0) * steps,
            square,
            levels=[0.0],
            colors=[COLOURS.text],
            linewidths=1.6 * scale(),
        )
    return axes


def moving_regions(
    axes: Axes, extent: tuple[float, float, float, float], resolution: int = 100
) -> Callable[[Any], None]:
    """Make the image of `decision_regions`; return `update(scores)` for the scores of `grid_of`."""
    image = Field(axes, extent, resolution)

    def update(scores: Any) -> None:
        scores = np.asarray(scores, dtype=float)
        if scores.size != resolution**2:
            raise ValueError(
                f"expected {resolution**2} scores, one per cell of the grid, got {scores.shape}"
            )
        image.set_colours(paint(scores.ravel()).reshape(resolution, resolution, 4))

    return update


def number_line(
    axes: Axes, low: float, high: float, marks: Mapping[str, float], label: str = ""
) -> Axes:
    """Draw values on a line from low to high, each with its name above it; crowded ones stack."""
    axes.set(xlim=(low, high), yticks=[], xlabel=label)
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_position(("data", 0))
    letter = 0.11 * scale() * (high - low) / (axes.figure.bbox.width / axes.figure.dpi)
    ends: list[float] = []  # per level, where its last name ends
    for i, (name, value) in enumerate(sorted(marks.items(), key=lambda pair: pair[1])):
        text = f"{name} {value:g}"
        half = letter * (len(text) + 1) / 2
        level = next((k for k, end in enumerate(ends) if value - half > end), len(ends))
        ends[level : level + 1] = [value + half]
        look: dict[str, Any] = {"color": COLOURS.classes[i % 10], "marker": COLOURS.markers[i % 10]}
        top = 0.55 + level
        axes.plot([value, value], [0, top], color=COLOURS.neutral, linestyle=":", linewidth=1.2)
        axes.plot([value], [0], linestyle="none", clip_on=False, zorder=5, **look)
        ground = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
        axes.text(value, top, text, ha="center", va="bottom", bbox=ground)
    axes.set_ylim(-0.4, max(1, len(ends)) + 0.7)
    return axes
