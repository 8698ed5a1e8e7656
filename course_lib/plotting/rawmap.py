"""A decision map that feels immediate: raw pixels to a canvas, no picture is encoded."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from . import style
from .boundaries import class_look, decision_regions, grid_of, paint, scatter_classes
from .players import Explorer, _key

if TYPE_CHECKING:
    from jaxtyping import Float, Shaped


def ticks(low: float, high: float, most: int = 7) -> list[float]:
    """Return round numbers from low to high, at most `most` + 1 of them."""
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(s * power for s in (1, 2, 2.5, 5, 10) if s * power >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(k * step, 10) for k in range(first, last + 1)]


class _MapScreen:
    """The screen of a decision map: scores become bytes, the browser scales them."""

    def __init__(
        self,
        score: Callable[..., Any],
        points: Float[np.ndarray, "points 2"],
        labels: Shaped[np.ndarray, " points"],
        extent: tuple[float, float, float, float],
        text: Callable[..., str] | None,
        says: str,
        size: tuple[float, float],
        axis_labels: tuple[str, str],
        resolution: int,
        on_click: Callable[[float, float], None] | None,
    ):
        self.score, self.text, self.says, self.size = score, text, says, size
        self.extent, self.axis_labels, self.resolution = extent, axis_labels, resolution
        self.on_click = on_click
        self.grid = grid_of(extent, resolution)
        self.picture = b""
        self.canvas: Any = None
        self.set_points(points, labels)

    def set_points(self, points: Any, labels: Any) -> None:
        """Replace the points that lie over the map."""
        points, labels = np.asarray(points, dtype=float), np.asarray(labels)
        if points.ndim != 2 or points.shape[1] != 2 or labels.shape != points.shape[:1]:
            raise ValueError(
                "points must be (n, 2) and labels (n,), got "
                f"{points.shape} and {labels.shape}"
            )
        self.points, self.labels = points, labels
        if self.canvas is not None:
            self.canvas.points = self._points()

    def _points(self) -> list[list[Any]]:
        look = {label: (colour, marker) for label, colour, marker in class_look(self.labels)}
        return [
            [float(x), float(y), *look[label]]
            for (x, y), label in zip(self.points, self.labels.tolist(), strict=True)
        ]

    def refresh(self, **values: Any) -> str | None:
        """Score the grid and colour it."""
        scores = np.asarray(self.score(self.grid, **values), dtype=float)
        if scores.shape != (len(self.grid),):
            raise ValueError(
                f"score(grid) must return one score per point, the shape ({len(self.grid)},), "
                f"got {scores.shape}"
            )
        self.picture = paint(scores).tobytes()
        return self.text(**values) if self.text else None

    def build(self, ipywidgets: Any) -> Any:
        from .canvas import MapCanvas

        width = round(self.size[0] * style.LIVE_DPI * style.scale())
        height = round(self.size[1] * style.LIVE_DPI * style.scale())
        self.canvas = MapCanvas(
            picture=self.picture,
            resolution=self.resolution,
            extent=list(self.extent),
            ticks=[ticks(*self.extent[:2]), ticks(*self.extent[2:])],
            axis_labels=list(self.axis_labels),
            points=self._points(),
            says=self.says,
            size=[width, height],
            font=round(13 * style.scale()),
        )
        self.canvas.on_msg(self._message)
        return self.canvas

    def send(self) -> None:
        """Send the bytes."""
        self.canvas.picture = self.picture

    def _message(self, _: Any, content: dict[str, Any], __: Any) -> None:
        if self.on_click is not None and content.get("kind") == "click":
            self.on_click(float(content["x"]), float(content["y"]))

    def still(self, **values: Any) -> np.ndarray:
        """Draw the state of these values with matplotlib."""
        from .picture import new_axes, pixels_of

        axes = new_axes(*self.size)
        decision_regions(axes, lambda grid: self.score(grid, **values), self.extent)
        scatter_classes(axes, self.points, self.labels)
        axes.set(xlabel=self.axis_labels[0], ylabel=self.axis_labels[1])
        return pixels_of(axes.figure, style.STILL_DPI * style.scale())


class DecisionMap(Explorer):
    """An explorer painted as raw pixels; see `decision_map`."""

    @property
    def points(self) -> Float[np.ndarray, "points 2"]:
        """The points over the map."""
        return self._screen.points

    @property
    def labels(self) -> Shaped[np.ndarray, " points"]:
        """Their classes."""
        return self._screen.labels

    def set_points(self, points: Any, labels: Any) -> DecisionMap:
        """Replace the points and redraw."""
        self._screen.set_points(points, labels)
        self._redraw()
        return self


def decision_map(
    score: Callable[..., Any],
    points: Float[np.ndarray, "points 2"],
    labels: Shaped[np.ndarray, " points"],
    *,
    says: str,
    name: str = "decision_map",
    extent: tuple[float, float, float, float],
    text: Callable[..., str] | None = None,
    size: tuple[float, float] = (6, 4),
    axis_labels: tuple[str, str] = ("x₁", "x₂"),
    resolution: int = 100,
    on_click: Callable[[float, float], None] | None = None,
    hide: Sequence[str] = (),
    **controls: Any,
) -> DecisionMap:
    """Return an explorer whose picture is the sign and size of a score over the plane.

    Args:
        score: `score(grid, **controls)` gives n real scores for an (n, 2) array of points.
        points, labels: data drawn over the map, a colour and a marker per class.
        says: what the picture tells (40 characters at least).
        extent: (x0, x1, y0, y1) of the plane.
        text: `text(**controls)` gives the live sentence under the picture.
        axis_labels: plain text; on the canvas there is no mathematics.
        resolution: cells along each side.
        on_click: called with (x, y) where the reader clicks.
        hide, controls: as for `explore`.
    """
    extent = tuple(float(e) for e in extent)  # type: ignore[assignment]
    if len(extent) != 4 or not (extent[0] < extent[1] and extent[2] < extent[3]):
        raise ValueError(f"extent is (x0, x1, y0, y1) with x0 < x1, y0 < y1, got {extent}")
    screen = _MapScreen(
        score, points, labels, extent, text, says, size, axis_labels, resolution, on_click
    )
    return DecisionMap(
        screen,
        says=says,
        name=name,
        controls=controls,
        hide=hide,
        place=_key(name, "decision_map"),
    )


__all__ = ["DecisionMap", "decision_map", "ticks"]
