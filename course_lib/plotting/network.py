"""Networks as circles and lines: units with their values, weights with sign and size."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .style import COLOURS, scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Place = tuple[float, float]


def number(value: Any) -> str:
    """Write a number short enough for a circle: two decimals at most, a real minus sign."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    value = float(value)
    if abs(value) < 0.1:
        text = f"{value:.2g}"
    elif abs(value) < 1000:
        text = f"{value:.2f}".rstrip("0").rstrip(".")
    else:
        text = f"{value:.3g}"
    return text.replace("-", "−")


class Drawing:
    """A drawn network whose numbers change in place; call `update`."""

    def __init__(
        self,
        axes: Axes,
        places: Mapping[Any, Place],
        wires: Sequence[tuple[Any, Any, float | None]],
        labels: Mapping[Any, str],
        radius: float,
        numbers: bool,
    ):
        self.axes = axes
        self._places = dict(places)
        self._radius = radius
        self._lines: dict[tuple[Any, Any], Any] = {}
        self._numbers: dict[tuple[Any, Any], Any] = {}
        self._circles: dict[Any, Any] = {}
        self._values: dict[Any, Any] = {}
        self._largest = 1e-12
        self._draw_wires(wires, numbers)
        self._draw_units(labels)
        axes.set_aspect("equal")
        axes.axis("off")
        xs, ys = zip(*self._places.values(), strict=True)
        pad = 2.2 * radius
        axes.set_xlim(min(xs) - pad, max(xs) + pad)
        axes.set_ylim(min(ys) - pad, max(ys) + pad)
        self._fit_text()

    def _fit_text(self) -> None:
        """Shrink the numbers so that five letters fit into a circle, also in a small Axes."""
        box = self.axes.bbox
        (x0, x1), (y0, y1) = self.axes.get_xlim(), self.axes.get_ylim()
        pixels = self._radius * min(box.width / (x1 - x0), box.height / (y1 - y0))
        fitting = 0.8 * pixels * 72 / self.axes.figure.dpi
        for text in self._values.values():
            text.set_fontsize(max(6.5, min(11 * scale(), fitting)))
        for text in self._numbers.values():
            text.set_fontsize(max(6.5, min(9.5 * scale(), fitting)))

    def _draw_wires(self, wires: Sequence[tuple[Any, Any, float | None]], numbers: bool) -> None:
        taken: list[np.ndarray] = []
        for source, target, weight in wires:
            for end in (source, target):
                if end not in self._places:
                    raise KeyError(f"wire {source} -> {target}: there is no unit {end!r}")
            a, b = np.array(self._places[source]), np.array(self._places[target])
            (line,) = self.axes.plot(
                [a[0], b[0]],
                [a[1], b[1]],
                solid_capstyle="butt",
                zorder=1,
                linestyle="-",
            )
            self._lines[source, target] = line
            if numbers:
                x, y = spot = self._free_spot(a, b, taken)
                taken.append(spot)
                self._numbers[source, target] = self.axes.text(
                    x,
                    y,
                    "",
                    ha="center",
                    va="center",
                    fontsize=9.5 * scale(),
                    zorder=2,
                    bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none"},
                )
            self._largest = max(self._largest, abs(weight or 0.0))
        for source, target, weight in wires:
            self._set_wire((source, target), weight)

    def _free_spot(self, a: np.ndarray, b: np.ndarray, taken: list[np.ndarray]) -> np.ndarray:
        """Return the point of the wire from a to b that is farthest from numbers written before."""
        text = np.array([1.7, 0.8]) * self._radius  # about the size of a number
        spots = [a + share * (b - a) for share in np.linspace(0.3, 0.7, 17)]
        units = [np.array(place) for place in self._places.values()]

        def room(spot: np.ndarray) -> float:
            others = [np.abs((spot - t) / text).max() for t in taken]
            circles = [np.hypot(*((spot - u) * [0.8, 1])) / self._radius - 0.7 for u in units]
            return min(1.3, *others, *circles) - 0.05 * abs(np.hypot(*(spot - a)) - 1.0)

        return max(spots, key=room)

    def _draw_units(self, labels: Mapping[Any, str]) -> None:
        from matplotlib.patches import Circle

        for unit, place in self._places.items():
            circle = Circle(
                place,
                self._radius,
                facecolor="white",
                edgecolor=COLOURS.text,
                linewidth=1.4 * scale(),
                zorder=3,
            )
            self._circles[unit] = self.axes.add_patch(circle)
            self._values[unit] = self.axes.text(
                place[0],
                place[1],
                "",
                ha="center",
                va="center",
                zorder=4,
                fontsize=11 * scale(),
            )
            label = labels.get(unit, "")
            if label:
                self.axes.text(
                    place[0],
                    place[1] - 1.25 * self._radius,
                    label,
                    ha="center",
                    va="top",
                    zorder=4,
                    fontsize=10 * scale(),
                )

    def _set_wire(self, wire: tuple[Any, Any], weight: float | None) -> None:
        line = self._lines[wire]
        if weight is None:
            line.set(color=COLOURS.neutral, linewidth=1.2 * scale(), linestyle="-")
            return
        colour = COLOURS.weight_positive if weight >= 0 else COLOURS.weight_negative
        width = (0.6 + 3.0 * min(1.0, abs(weight) / self._largest)) * scale()
        line.set(color=colour, linewidth=width, linestyle="-" if weight >= 0 else (0, (2.5, 1.2)))
        if wire in self._numbers:
            self._numbers[wire].set(text=number(weight), color=colour)

    def update(
        self,
        weights: Mapping[tuple[Any, Any], float] | None = None,
        values: Mapping[Any, Any] | None = None,
        highlight: Sequence[Any] = (),
    ) -> None:
        """Write new weights (by wire) and values (by unit); `highlight` units get a thick rim."""
        for wire, weight in (weights or {}).items():
            if wire not in self._lines:
                raise KeyError(f"there is no wire {wire}")
            self._set_wire(wire, float(weight))
        for unit, value in (values or {}).items():
            if unit not in self._values:
                raise KeyError(f"there is no unit {unit!r} (there are {list(self._values)})")
            self._values[unit].set_text(number(value))
            known = None if isinstance(value, str) else value
            self._circles[unit].set_facecolor(ground(known))
        for unit, circle in self._circles.items():
            hot = unit in highlight
            circle.set_linewidth((4.0 if hot else 1.4) * scale())
            circle.set_edgecolor(COLOURS.accent if hot else COLOURS.text)


def ground(value: float | None) -> str:
    """Return the ground of a unit: white at 0 or unknown, orange tint above, blue tint below."""
    if value is None or value == 0:
        return "#ffffff"
    return "#fbe0cf" if value > 0 else "#d6e6f4"


def draw_circuit(
    axes: Axes,
    units: Mapping[str, Place],
    wires: Sequence[tuple[str, str, float | None]],
    *,
    values: Mapping[str, Any] | None = None,
    labels: Mapping[str, str] | None = None,
    radius: float = 0.16,
    numbers: bool = True,
) -> Drawing:
    """Draw a circuit of threshold units that may feed any later unit; return it for updates.

    Args:
        units: name -> (x, y).
        wires: (from, to, weight); weight None draws a plain line.
        values: name -> number or text inside the circle.
        labels: name -> text under the circle; the name itself where none is given.
        numbers: write the weights on the wires.
    """
    names = {unit: unit for unit in units} | dict(labels or {})
    drawing = Drawing(axes, units, wires, names, radius, numbers)
    drawing.update(values=values)
    return drawing


def draw_network(
    axes: Axes,
    layers: Sequence[int],
    weights: Sequence[Any] | None = None,
    *,
    values: Sequence[Any] | None = None,
    labels: Sequence[Sequence[str]] | None = None,
    numbers: bool | None = None,
) -> Callable[..., None]:
    """Draw a layered network; return `update(weights=None, values=None, highlight=())`.

    Args:
        layers: units per layer, input first.
        weights: one (units, inputs) matrix per layer after the first, as in `W @ x`.
        values: one vector per layer, written into the circles.
        labels: one list of texts per layer, written under the circles.
        numbers: write the weights on the wires; by default only if there are at most 16.
    """
    sizes = list(layers)
    if len(sizes) < 2 or any(n < 1 for n in sizes):
        raise ValueError(f"layers={sizes}: expected at least two layers of at least one unit")
    gap_x, gap_y = 1.8, 1.0
    places = {
        (k, i): (k * gap_x, ((n - 1) / 2 - i) * gap_y)
        for k, n in enumerate(sizes)
        for i in range(n)
    }
    given = _by_wire(sizes, weights)
    if not given:
        given = {
            ((k, j), (k + 1, i)): None
            for k, (m, n) in enumerate(zip(sizes, sizes[1:], strict=False))
            for i in range(n)
            for j in range(m)
        }
    if numbers is None:
        numbers = len(given) <= 16
    names = {
        (k, i): text for k, texts in enumerate(labels or []) for i, text in enumerate(texts)
    }
    wires = [(source, target, weight) for (source, target), weight in given.items()]
    drawing = Drawing(axes, places, wires, names, 0.28, numbers)

    def update(
        weights: Sequence[Any] | None = None,
        values: Sequence[Any] | None = None,
        highlight: Sequence[tuple[int, int]] = (),
    ) -> None:
        drawing.update(_by_wire(sizes, weights), _by_unit(sizes, values), highlight)

    update(values=values)
    return update


def _by_wire(sizes: Sequence[int], weights: Sequence[Any] | None) -> dict[Any, Any]:
    if weights is None:
        return {}
    if len(weights) != len(sizes) - 1:
        raise ValueError(f"{len(sizes)} layers have {len(sizes) - 1} matrices, got {len(weights)}")
    found = {}
    for k, matrix in enumerate(weights):
        matrix = np.asarray(matrix, dtype=float)
        if matrix.shape != (sizes[k + 1], sizes[k]):
            raise ValueError(
                f"weights[{k}] must have the shape {(sizes[k + 1], sizes[k])}, got {matrix.shape}"
            )
        for i, row in enumerate(matrix):
            for j, weight in enumerate(row):
                found[(k, j), (k + 1, i)] = float(weight)
    return found


def _by_unit(sizes: Sequence[int], values: Sequence[Any] | None) -> dict[Any, Any]:
    found = {}
    for k, vector in enumerate(values or []):
        if vector is None:
            continue
        if len(vector) != sizes[k]:
            raise ValueError(f"values[{k}] must have {sizes[k]} numbers, got {len(vector)}")
        found.update({(k, i): value for i, value in enumerate(vector)})
    return found
