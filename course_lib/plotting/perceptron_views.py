"""What the chapter on the perceptron looks like: lines between corners, circuits, staircases."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.models import circuits
from course_lib.models.perceptron import PerceptronStep

from .boundaries import half_plane, moving_half_plane, scatter_classes
from .network import draw_circuit
from .picture import new_axes
from .style import COLOURS, scale

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def frame(axes: Axes, points: Float[np.ndarray, "points 2"]) -> None:
    """Set square limits around the points, with room for a line and its normal."""
    low, high = points.min(axis=0), points.max(axis=0)
    reach = max(float(np.max(high - low)), 1.0)
    middle = (low + high) / 2
    axes.set(
        xlim=(middle[0] - 0.95 * reach, middle[0] + 0.95 * reach),
        ylim=(middle[1] - 0.8 * reach, middle[1] + 0.8 * reach),
    )


def plane(
    axes: Axes,
    inputs: Float[np.ndarray, "points 2"],
    targets: Int[np.ndarray, " points"],
    weights: Float[np.ndarray, 2] | None = None,
    bias: float = 0.0,
    *,
    feet: Float[np.ndarray, "points 2"] | None = None,
    title: str = "",
) -> Axes:
    """Points of two classes, the line w.x + b = 0 if given, and perpendiculars to their feet."""
    inputs = np.asarray(inputs, dtype=float)
    frame(axes, inputs)
    if weights is not None:
        half_plane(axes, weights, bias)
    for point, foot in zip(inputs, inputs if feet is None else feet, strict=True):
        axes.plot(*zip(point, foot, strict=True), color=COLOURS.neutral, linestyle="--", zorder=2)
    scatter_classes(axes, inputs, np.asarray(targets), size=110)
    axes.set_aspect("equal")
    if title:
        axes.set_title(title)
    return axes


def learning(
    inputs: Float[np.ndarray, "points 2"], targets: Int[np.ndarray, " points"]
) -> Callable[[Axes], Callable[[PerceptronStep], str]]:
    """How a player draws perceptron learning: the line, and a ring around the pattern shown."""
    inputs, targets = np.asarray(inputs, dtype=float), np.asarray(targets)

    def draw(axes: Axes) -> Callable[[PerceptronStep], str]:
        frame(axes, inputs)
        move = moving_half_plane(axes)
        scatter_classes(axes, inputs, targets, size=110)
        (ring,) = axes.plot(
            [], [], "o", markersize=22 * scale(), fillstyle="none", color=COLOURS.accent,
            markeredgewidth=3 * scale(),
        )  # fmt: skip
        axes.set(xlabel="$x_1$", ylabel="$x_2$")

        def update(state: PerceptronStep) -> str:
            move(state.weights, state.bias)
            ring.set_data([state.x[0]], [state.x[1]])
            verdict = f"wrong, error {state.error:+d}" if state.updated else "right, no change"
            weights = ", ".join(f"{w:g}" for w in state.weights)
            point = ", ".join(f"{v:g}" for v in state.x)
            return (
                f"pass {state.epoch}, x = ({point}), target {state.target}: net {state.net:g} → "
                f"{verdict};  w = ({weights}), b = {state.bias:g}, {state.updates} updates"
            )

        return update

    return draw


def distance_view(axes: Axes) -> Callable[..., str]:
    """Draw the point (3, 4), its foot on the line given by angle and length of w, the distance."""
    point = np.array([3.0, 4.0])
    axes.set(xlim=(-6, 8), ylim=(-4, 7), xlabel="$x_1$", ylabel="$x_2$")
    move = moving_half_plane(axes)
    (path,) = axes.plot([], [], "--", color=COLOURS.neutral)
    axes.plot(*point, "s", markersize=10 * scale(), color=COLOURS.positive, zorder=5)

    def update(angle: float, length: float, bias: float) -> str:
        weights = length * np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
        net = weights @ point + bias
        distance = net / length
        foot = point - distance * weights / length
        path.set_data(*zip(point, foot, strict=True))
        move(weights, bias)
        return (
            f"w = ({weights[0]:.2f}, {weights[1]:.2f}), length {length:g}:  net input of (3, 4) is "
            f"{net:.2f}, its distance {net:.2f} / {length:g} = {distance:.2f}"
        )

    return update


def bounds(axes: Axes, k: Any, length: Any, *, alpha: float, beta: float, star: float) -> Axes:
    """The squared length of w after each update, between the two bounds of the proof."""
    end = beta * star / alpha**2
    x = np.linspace(0, end * 1.08, 200)
    axes.plot(x, x**2 * alpha**2 / star, "--", color=COLOURS.negative, label="at least: parabola")
    axes.plot(x, beta * x, "-.", color=COLOURS.positive, label="at most: straight line")
    axes.plot(k, length, "o", color=COLOURS.text, markersize=5 * scale(), label="this run")
    axes.axvline(end, color=COLOURS.neutral, linestyle=":")
    axes.annotate(f"{end:g} updates", (end, 0), (end * 0.97, beta * end * 0.08), ha="right")
    axes.set(
        title="The length of w must stay between the two",
        xlabel="updates k",
        ylabel=r"squared length $\|w\|^2$",
        xlim=(0, end * 1.08),
        ylim=(0, beta * end * 1.1),
    )
    axes.legend(loc="upper left")
    return axes


ADDER_PLACES = {
    "x1": (0.0, 1.1),
    "x2": (0.0, 0.0),
    "in1": (1.0, 0.55),
    "in2": (2.0, 1.1),
    "in3": (2.0, 0.1),
    "sum": (3.0, 0.6),
    "carry": (2.2, -0.75),
}


def _drawn_adder(axes: Axes, units: Sequence[circuits.Unit]) -> Any:
    wires = [(s, u.name, w) for u in units for s, w in zip(u.sources, u.weights, strict=True)]
    return draw_circuit(axes, ADDER_PLACES, wires, numbers=True)


def circuit(
    units: Sequence[circuits.Unit],
) -> Callable[[Axes], Callable[[circuits.UnitStep], str]]:
    """How a player draws the adder: values appear unit by unit."""

    def draw(axes: Axes) -> Callable[[circuits.UnitStep], str]:
        drawing = _drawn_adder(axes, units)

        def update(state: circuits.UnitStep) -> str:
            known = {name: state.values.get(name, "") for name in ADDER_PLACES}
            drawing.update(values=known, highlight=[state.unit.name])
            terms = " ".join(
                f"{'−' if w < 0 else '+'} {abs(w):g}·{state.values[s]:g}"
                for w, s in zip(state.unit.weights, state.unit.sources, strict=True)
            )
            return (
                f"{state.unit.name}: net = {terms} + {state.unit.bias:g} = {state.net:g}  →  "
                f"{state.output:g}"
            )

        return update

    return draw


def sigmoid_adder(axes: Axes) -> Callable[..., str]:
    """Draw the adder with sigmoid units; all weights and biases are multiplied by c."""
    drawing = _drawn_adder(axes, circuits.ADDER)

    def update(c: float, x1: int, x2: int) -> str:
        *_, last = circuits.run_circuit(
            circuits.ADDER, {"x1": x1, "x2": x2}, activation=circuits.sigmoid, scale=c
        )
        drawing.update(values={name: round(value, 3) for name, value in last.values.items()})
        total, carry = circuits.add_bits(x1, x2)
        error = max(abs(last.values["sum"] - total), abs(last.values["carry"] - carry))
        return (
            f"c = {c:g}: sum {last.values['sum']:.4f} (bit {total:g}), carry "
            f"{last.values['carry']:.4f} (bit {carry:g}), largest error {error:.4f}"
        )

    return update


def steps_fit(
    values: Float[np.ndarray, " points"], x: Float[np.ndarray, " points"], units: int
) -> Float[np.ndarray, " points"]:
    """The staircase of `units` step units over [0, 1]: each holds the mid-value of its stair.

    One hidden layer of threshold units with thresholds i / units; the output weight of each is the
    jump between neighbouring stairs. Raises ValueError for fewer than one unit.
    """
    if units < 1:
        raise ValueError(f"a staircase needs at least one unit, got {units}")
    stair = np.minimum((x * units).astype(int), units - 1)
    levels = np.array(
        [(values[stair == s].min() + values[stair == s].max()) / 2 for s in range(units)]
    )
    jumps = np.diff(levels, prepend=0.0)
    hidden = (x[:, None] >= np.arange(units) / units).astype(float)
    return hidden @ jumps


CURVES: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "sine": lambda x: np.sin(2 * np.pi * x),
    "bump": lambda x: 2 * np.exp(-((x - 0.6) ** 2) / 0.01) - 1,
    "chirp": lambda x: np.sin(12 * x**2),
}


def staircase(axes: Axes) -> Callable[..., str]:
    """Draw a curve and the staircase of step units under it."""
    x = np.linspace(0, 1, 1001)
    (target,) = axes.plot(x, x, color=COLOURS.train, label="target")
    (fit,) = axes.plot(x, x, "--", color=COLOURS.positive, label="network of step units")
    axes.set(xlim=(0, 1), ylim=(-1.35, 1.35), xlabel="$x$", ylabel="output")
    axes.legend(loc="lower left")

    def update(units: int, curve: str) -> str:
        values = CURVES[curve](x)
        stairs = steps_fit(values, x, units)
        target.set_ydata(values)
        fit.set_ydata(stairs)
        return f"{units} hidden units: largest error {np.abs(values - stairs).max():.3f}"

    return update


def weight_images(templates: Mapping[str, Float[np.ndarray, "rows columns"]]) -> Figure:
    """Weights as pictures, one per title: green for positive, purple for negative."""
    row = np.atleast_1d(new_axes(3 * len(templates), 3.1, columns=len(templates)))
    for axes, (title, image) in zip(row, templates.items(), strict=True):
        reach = np.abs(image).max()
        axes.imshow(image, cmap="PRGn", vmin=-reach, vmax=reach)
        axes.set(title=title, xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
        for y, x in np.argwhere(np.abs(image) > 0.35 * reach):
            sign = "+" if image[y, x] > 0 else "−"  # the sign again, for those who see no colours
            axes.text(x, y, sign, ha="center", va="center", color="white", fontsize=13 * scale())
    return row[0].figure


def digit_row(images: Float[np.ndarray, "images 64"], titles: Sequence[str]) -> Figure:
    """A row of digits of 8 x 8 pixels with a line of text over each."""
    row = np.atleast_1d(new_axes(1.5 * len(titles), 1.9, columns=len(titles)))
    for axes, image, title in zip(row, images, titles, strict=True):
        axes.imshow(np.reshape(image, (8, 8)), cmap="gray_r")
        axes.set(title=title, xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    return row[0].figure
