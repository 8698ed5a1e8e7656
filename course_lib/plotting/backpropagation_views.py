"""What the chapter on multilayer nets looks like: graphs with gradients, deltas, codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.models import mlp
from course_lib.models.autodiff_trace import Graph, Passing
from course_lib.models.mlp import LayerStep

from .network import draw_network, number
from .perceptron_views import digit_row, weight_images
from .style import COLOURS, scale

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from matplotlib.axes import Axes


def wiring(
    axes: Axes, adjacency: Int[np.ndarray, "units units"], places: Sequence[tuple[float, float]],
    title: str,
) -> Axes:  # fmt: skip
    """Draw units as circles, every 1 of the matrix as an arrow; links back dashed and orange."""
    levels = mlp.levels(adjacency)
    for i, j in np.argwhere(adjacency):
        (x1, y1), (x2, y2) = places[i], places[j]
        back = x2 <= x1
        axes.annotate(
            "", (x2, y2), (x1, y1),
            arrowprops={
                "arrowstyle": "-|>", "shrinkA": 13 * scale(), "shrinkB": 13 * scale(),
                "color": COLOURS.positive if back else COLOURS.neutral,
                "linestyle": "--" if back else "-", "linewidth": (2.2 if back else 1.3) * scale(),
                "connectionstyle": "arc3,rad=0.35" if back else "arc3,rad=0",
            },
        )  # fmt: skip
    for k, (x, y) in enumerate(places):
        axes.plot(x, y, "o", markersize=24 * scale(), color="white", markeredgecolor=COLOURS.text)
        axes.text(x, y, str(k + 1), ha="center", va="center")
    xs, ys = np.transpose(places)
    axes.set(xlim=(xs.min() - 0.5, xs.max() + 0.5), ylim=(ys.min() - 0.7, ys.max() + 0.7))
    axes.axis("off")
    axes.set_title(title if levels is None else f"{title}: levels {levels}")
    return axes


def passing(
    picture: Graph, places: Mapping[int, tuple[float, float]] | None = None
) -> Callable[[Axes], Callable[[Passing], str]]:
    """How a player draws a computation: above each node its value, below its gradient."""
    level = {i: 0 for i in range(len(picture.nodes))}
    for a, b, _ in sorted(picture.wires, key=lambda w: w[1]):
        level[b] = max(level[b], level[a] + 1)
    spots = dict(places or _columns(picture, level))

    def draw(axes: Axes) -> Callable[[Passing], str]:
        xs, ys = np.transpose(list(spots.values()))
        axes.set(xlim=(xs.min() - 0.6, xs.max() + 0.6), ylim=(ys.min() - 0.7, ys.max() + 0.7))
        axes.axis("off")
        for a, b, _ in picture.wires:
            (x1, y1), (x2, y2) = spots[a], spots[b]
            axes.plot([x1, x2], [y1, y2], color=COLOURS.neutral, linestyle="-", zorder=1)
        rings, above, below = [], [], []
        for i, name in enumerate(picture.labels):
            x, y = spots[i]
            rings += axes.plot(x, y, "o", markersize=30 * scale(), color="white", zorder=2,
                               markeredgecolor=COLOURS.text)  # fmt: skip
            axes.text(x, y, name, ha="center", va="center", zorder=3)
            above.append(axes.text(x, y + 0.31, "", ha="center", color=COLOURS.train, zorder=3))
            below.append(axes.text(x, y - 0.42, "", ha="center", color=COLOURS.positive, zorder=3))
        hands = [axes.text(0, 0, "", ha="center", va="center", color=COLOURS.positive, zorder=4,
                           bbox={"boxstyle": "round,pad=0.15", "facecolor": "white",
                                 "edgecolor": COLOURS.positive})
                 for _ in range(3)]  # fmt: skip

        def update(state: Passing) -> str:
            for i in range(len(rings)):
                above[i].set_text(number(state.values[i]) if i in state.values else "")
                gradient = state.gradients.get(i)
                below[i].set_text("" if gradient is None else f"∂ {number(gradient)}")
                hot = i == state.node
                rings[i].set_markeredgecolor(COLOURS.accent if hot else COLOURS.text)
                rings[i].set_markeredgewidth((4 if hot else 1.4) * scale())
            for k, text in enumerate(hands):
                if k < len(state.handed):
                    to, gradient = state.handed[k]
                    (x1, y1), (x2, y2) = spots[state.node], spots[to]
                    text.set(position=(0.45 * x1 + 0.55 * x2, 0.45 * y1 + 0.55 * y2),
                             text=number(gradient))  # fmt: skip
                else:
                    text.set_text("")
            name = picture.labels[state.node]
            if state.phase == "forward":
                return f"forward: {name} has the value {number(state.values[state.node])}"
            given = ", ".join(f"{number(g)} to {picture.labels[to]}" for to, g in state.handed)
            return (
                f"backward: {name} has collected the gradient "
                f"{number(state.gradients[state.node])}{'; it hands ' + given if given else ''}"
            )

        return update

    return draw


def _columns(picture: Graph, level: dict[int, int]) -> dict[int, tuple[float, float]]:
    """Inputs stand left of what uses them first, results right."""
    used = {a: min(level[b] for x, b, _ in picture.wires if x == a) for a, _, _ in picture.wires}
    column = {i: max(level[i], used.get(i, level[i] + 1) - 1) for i in level}
    spots = {}
    for c in set(column.values()):
        members = [i for i in column if column[i] == c]
        for k, i in enumerate(members):
            spots[i] = (1.5 * c, 1.15 * ((len(members) - 1) / 2 - k) + 0.2 * (c % 2))
    return spots


def learning(
    sizes: Sequence[int], weights: Sequence[np.ndarray]
) -> Callable[[Axes], Callable[[LayerStep], str]]:
    """How a player draws one learning step: outputs, then deltas in the circles, then weights."""

    def draw(axes: Axes) -> Callable[[LayerStep], str]:
        names = [f"$x_{i + 1}$" for i in range(sizes[0])]
        change = draw_network(axes, sizes, list(weights), labels=[names], numbers=True)
        (note,) = [axes.text(0.5, 1.0, "", transform=axes.transAxes, ha="center", va="top")]

        def update(state: LayerStep) -> str:
            back = state.phase != "forward"
            shown = state.deltas if back else state.z
            empty = [[""] * n for n in sizes]
            values = [e if v is None else v for v, e in zip(shown, empty, strict=True)]
            if back:
                values[0] = list(state.z[0])  # type: ignore[arg-type]
            lit = [(state.layer, i) for i in range(sizes[state.layer])]
            change(weights=list(state.weights), values=values, highlight=lit)
            note.set_text("circles: delta" if back else "circles: output z")
            return _told(state)

        return update

    return draw


def _told(state: LayerStep) -> str:
    def line(values: Any) -> str:
        return "(" + ", ".join(f"{v:.6f}" for v in values) + ")"

    layer = state.layer
    if state.phase == "forward":
        if layer == 0:
            return f"forward: the inputs are {line(state.z[0])}"
        return f"forward, layer {layer}: a = {line(state.a[layer])}, z = {line(state.z[layer])}"
    if state.phase == "backward":
        deltas = line(state.deltas[layer])
        return f"backward, layer {layer}: delta = {deltas}, cost {state.cost:.6f}"
    rows = "; ".join(line(row) for row in state.weights[layer - 1])
    return f"update: the weights into layer {layer} are now {rows}"


def bump(axes: Axes) -> Callable[..., str]:
    """Draw two sigmoids of one steepness and their weighted sum."""
    x = np.linspace(0, 1, 401)
    up = axes.plot(x, x, color=COLOURS.train, linestyle="--", label="height · h₁")[0]
    down = axes.plot(x, x, color=COLOURS.validation, linestyle=":", label="−height · h₂")[0]
    whole = axes.plot(x, x, color=COLOURS.text, linestyle="-", label="their sum")[0]
    axes.set(xlim=(0, 1), ylim=(-1.1, 1.1), xlabel="$x$", ylabel="output")
    axes.legend(loc="lower left")

    def update(steepness: float, start: float, end: float, height: float) -> str:
        on, off = (1 / (1 + np.exp(-np.clip(steepness * (x - p), -60, 60))) for p in (start, end))
        up.set_ydata(height * on)
        down.set_ydata(-height * off)
        whole.set_ydata(height * (on - off))
        inside = (x > start) & (x < end)
        reached = np.abs(height * (on - off)[inside]).max() if inside.any() else 0.0
        return (
            f"weights {steepness:g}, biases −{steepness * start:g} and −{steepness * end:g}, "
            f"output weights ±{abs(height):g}: the bump reaches {reached:.3f} of {abs(height):g}"
        )

    return update


def approximation(
    trained: Callable[[int, str, int], tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]],
) -> Callable[[Axes], Callable[..., str]]:
    """How an explorer draws a trained 1:H:1 net: curve, fit, and its hidden units' outputs."""

    def draw(axes: Axes) -> Callable[..., str]:
        (target,) = axes.plot([], [], color=COLOURS.train, linestyle="-", label="curve")
        (fit,) = axes.plot([], [], color=COLOURS.positive, linestyle="--", label="trained net")
        lines = [axes.plot([], [], color=COLOURS.neutral, linestyle="-", linewidth=0.7)[0]
                 for _ in range(30)]  # fmt: skip
        axes.set(xlim=(0, 1), ylim=(-2, 2), xlabel="$x$", ylabel="output")
        axes.legend(loc="lower left")

        def update(units: int, curve: str, seed: int) -> str:
            x, y, z, parts = trained(units, curve, seed)
            target.set_data(x, y)
            fit.set_data(x, z)
            for k, line in enumerate(lines):
                line.set_data(x, parts[k]) if k < len(parts) else line.set_data([], [])
            return (
                f"{units} hidden units, {3 * units + 1} parameters: root mean square error "
                f"{np.sqrt(np.mean((z - y) ** 2)):.4f}, largest {np.abs(z - y).max():.3f}"
            )

        return update

    return draw


def gradient_norms(axes: Axes) -> Callable[..., str]:
    """Draw the size of the gradient in every layer of a fresh net, on a logarithmic scale."""
    bars = axes.bar(np.arange(1, 21), np.ones(20), color=COLOURS.train)
    (bound,) = axes.plot([], [], color=COLOURS.positive, linestyle="--", label="×¼ per layer")
    axes.set(yscale="log", ylim=(1e-14, 1e3), xlim=(0.3, 20.7), xlabel="layer, 1 is the first",
             ylabel="norm of ∂C/∂W")  # fmt: skip
    axes.set_xticks(range(1, 21))
    axes.legend(loc="lower right")
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((64, 16)), rng.standard_normal((64, 4))

    def update(layers: int, activation: str, initial: str, seed: int) -> str:
        sizes = [16] + [24] * (layers - 1) + [4]
        start = mlp.initial(sizes, initial, np.random.default_rng(seed))
        found = mlp.backpropagate(x, y, *start, activation, "linear")
        norms = [float(np.linalg.norm(g)) for g in found.weights]
        for k, bar in enumerate(bars):
            bar.set_height(max(norms[k], 1e-15) if k < layers else 1e-15)
        depth = np.arange(1, layers + 1)
        bound.set_data(depth, norms[-1] * 0.25 ** (layers - depth))
        ratio = norms[0] / norms[-1] if norms[-1] else float("nan")
        return (
            f"{layers} layers of {activation}, {initial}: first layer {norms[0]:.2g}, last "
            f"{norms[-1]:.2g}, ratio {ratio:.2g}; ¼ per layer would be {0.25 ** (layers - 1):.2g}"
        )

    return update


@dataclass(frozen=True)
class CodeState:
    """One state of the 8-3-8 net in training."""

    step: int
    loss: float
    hidden: Float[np.ndarray, "8 3"]
    outputs: Float[np.ndarray, "8 8"]


def codes(axes: Any) -> Callable[[CodeState], str]:
    """Draw the hidden codes and the outputs of the eight patterns, row by row."""
    left, right = axes
    images = []
    for place, width, title in ((left, 3, "hidden"), (right, 8, "outputs")):
        images.append(place.imshow(np.zeros((8, width)), vmin=0, vmax=1, cmap="cividis"))
        place.set(title=title)
        place.set_xticks(range(width), [str(i + 1) for i in range(width)])
        place.set_yticks(range(8), [str(i + 1) for i in range(8)])
    left.set(ylabel="pattern", xlabel="unit")
    right.set(xlabel="unit")
    texts = [[left.text(j, i, "", ha="center", va="center", fontsize=9 * scale())
              for j in range(3)] for i in range(8)]  # fmt: skip

    def update(state: CodeState) -> str:
        images[0].set_data(state.hidden)
        images[1].set_data(state.outputs)
        for i, j in np.ndindex(8, 3):
            h = state.hidden[i, j]
            texts[i][j].set(text=f"{h:.2f}", color="black" if h > 0.5 else "white")
        bits = {"".join(map(str, (row > 0.5).astype(int))) for row in state.hidden}
        right_ones = int(np.sum(state.outputs.argmax(axis=1) == np.arange(8)))
        return (
            f"step {state.step}: loss {state.loss:.3f}, {right_ones} of 8 patterns reproduced, "
            f"{len(bits)} different on-off codes"
        )

    return update


def error_bands(
    axes: Axes, units: Sequence[int], errors: Float[np.ndarray, "sizes seeds"], title: str
) -> Axes:
    """Every seed a dot, a line through the medians, both axes logarithmic."""
    for count, row in zip(units, errors, strict=True):
        axes.plot([count] * len(row), row, "o", color=COLOURS.train, markersize=5 * scale(),
                  alpha=0.7)  # fmt: skip
    axes.plot(units, np.median(errors, axis=1), color=COLOURS.text, linestyle="-", label="median")
    axes.set(xscale="log", yscale="log", xlabel="hidden units", ylabel="root mean square error",
             title=title)  # fmt: skip
    axes.set_xticks(list(units), [str(u) for u in units])
    low, high = axes.get_ylim()
    marks = [m for m in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0) if low <= m <= high]
    axes.set_yticks(marks, [f"{m:g}" for m in marks])
    axes.minorticks_off()
    axes.legend()
    return axes


def hidden_images(weights: Float[np.ndarray, "units 64"], units: Sequence[int]) -> Any:
    """The weights of some hidden units as 8 by 8 pictures."""
    return weight_images({f"hidden unit {i}": weights[i].reshape(8, 8) for i in units})


def mistaken(images: Float[np.ndarray, "images 64"], titles: Sequence[str]) -> Any:
    """A row of digits with a line of text over each."""
    return digit_row(images, titles)
