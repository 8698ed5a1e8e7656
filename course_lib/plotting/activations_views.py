"""What the chapter on activation functions looks like: curves and slopes, hats, dying units."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.models import activations as act
from course_lib.models.losses import softmax

from .boundaries import TINTS
from .critical_difference import critical_difference_diagram
from .picture import new_axes
from .style import COLOURS, scale

if TYPE_CHECKING:
    from jaxtyping import Float
    from matplotlib.figure import Figure

GRID = np.linspace(-4, 4, 401)
VALUE, SLOPE = COLOURS.negative, COLOURS.positive


def _normal_points(count: int = 2001) -> Float[np.ndarray, " points"]:
    """Net inputs spread like N(0, 1): its quantiles, so that no random numbers are needed."""
    from scipy.special import ndtri

    return ndtri((np.arange(count) + 0.5) / count)


def gallery(pair: Any) -> Callable[..., str]:
    """Draw a function of the gallery with its tangent, and its slope, flat regions shaded."""
    left, right = pair
    typical = _normal_points()
    left.plot(GRID, GRID, ":", color=COLOURS.neutral, linewidth=1.2 * scale())
    (curve,) = left.plot([], [], color=VALUE, linewidth=3 * scale())
    (tangent,) = left.plot([], [], "--", color=SLOPE)
    (here,) = left.plot([], [], "o", color=SLOPE, markersize=9 * scale())
    (slope,) = right.plot([], [], color=SLOPE, linewidth=3 * scale())
    (there,) = right.plot([], [], "o", color=SLOPE, markersize=9 * scale())
    flat = right.scatter(GRID, np.full(GRID.shape, -0.28), marker="|", s=60 * scale())
    for axes in pair:
        axes.axhline(0, color=COLOURS.text, linewidth=0.8)
        axes.axvline(0, color=COLOURS.text, linewidth=0.8)
        axes.set(xlim=(-4, 4), xlabel="net input x")
    left.set(ylim=(-2.5, 4), ylabel="f(x)", title="value (dotted: f(x) = x)")
    right.set(ylim=(-0.6, 1.4), ylabel="f'(x)", title="slope (bar below: nearly flat)")

    def update(function: str, parameter: float, x: float) -> str:
        f = act.activation(function)
        value, told = None, "no parameter"
        if f.parameter is not None:
            symbol, low, high, _ = f.parameter
            value = float(np.clip(parameter, low, high))
            told = f"{symbol} = {value:.2f}"
        y, dy = f(GRID, value), f.gradient(GRID, value)
        at, steep = float(f(np.array(x), value)), float(f.gradient(np.array(x), value))
        curve.set_data(GRID, y)
        tangent.set_data(x + np.array([-1.2, 1.2]), at + steep * np.array([-1.2, 1.2]))
        here.set_data([x], [at])
        slope.set_data(GRID, dy)
        there.set_data([x], [steep])
        flat.set_color(np.where(np.abs(dy) < 0.05, COLOURS.text, "#ffffff"))
        slopes, values = f.gradient(typical, value), f(typical, value)
        return (
            f"{function} ({told}): f({x:.1f}) = {at:.3f}, slope {steep:.3f}.  Net inputs from "
            f"N(0, 1): mean output {values.mean():+.2f}, gain {np.sqrt(np.mean(slopes**2)):.2f} "
            f"(root mean square slope), nearly flat for {np.mean(np.abs(slopes) < 0.05):.0%}"
        )

    return update


def squashing(pair: Any) -> Callable[[float, float], str]:
    """Draw a tanh(b x) and its slope; the band where it stays near x."""
    left, right = pair
    grid = np.linspace(-3, 3, 301)
    left.axvspan(-1, 1, color=TINTS[0])
    left.plot(grid, grid, ":", color=COLOURS.neutral, label="x")
    (curve,) = left.plot([], [], color=VALUE, linewidth=3 * scale(), label="a tanh(b x)")
    (slope,) = right.plot([], [], color=SLOPE, linewidth=3 * scale())
    right.plot(grid, 1 - np.tanh(grid) ** 2, ":", color=COLOURS.neutral, label="a = b = 1")
    left.set(xlim=(-3, 3), ylim=(-2.6, 2.6), xlabel="x", title="value (shaded: −1 to 1)")
    right.set(xlim=(-3, 3), ylim=(0, 2.6), xlabel="x", title="slope")
    left.legend(loc="upper left")
    right.legend(loc="upper right")

    def update(a: float, b: float) -> str:
        y = act.scaled_tanh(grid, a, b)
        curve.set_data(grid, y)
        slope.set_data(grid, act.scaled_tanh_slope(grid, a, b))
        inside = np.abs(grid) <= 1
        far = np.abs(y - grid)[inside].max()
        ends = act.scaled_tanh(np.array([1.0, 3.0]), a, b)
        return (
            f"f(1) = {ends[0]:.5f}, f'(0) = ab = {a * b:.3f}, furthest from x on −1 to 1: "
            f"{far:.3f}, f'(3) = {b / a * (a**2 - ends[1] ** 2):.3f}"
        )

    return update


def depth(pair: Any) -> Callable[..., str]:
    """Draw what reaches a chosen layer of a random net, and what comes back through all layers."""
    left, right = pair
    edges = np.linspace(-4, 4, 41)
    middles = (edges[1:] + edges[:-1]) / 2
    bars = left.bar(middles, 0 * middles, 0.2, color=VALUE)
    (line,) = right.semilogy([], [], "o-", color=SLOPE, label="this net")
    right.semilogy(
        range(11), 0.25 ** np.arange(11), ":", color=COLOURS.neutral, label="one quarter per layer"
    )
    (mark,) = right.plot([], [], "o", color=COLOURS.text, markersize=12 * scale(), fillstyle="none")
    left.set(xlim=(-4, 4), ylim=(0, 0.6), xlabel="output of the layer (beyond ±4: in the end bars)",
             ylabel="share of units", title="what the chosen layer says")  # fmt: skip
    right.set(xlim=(0, 10.3), ylim=(1e-8, 1e4), xlabel="layers passed", ylabel="size of a slope",
              title="what is left of a slope")  # fmt: skip
    right.legend(loc="lower left")

    def update(function: str, gain: float, layer: int) -> str:
        states = act.through_layers(function, gain)
        chosen = states[layer - 1]
        outputs = np.clip(chosen.outputs.ravel(), -3.99, 3.99)
        shares = np.histogram(outputs, edges)[0] / outputs.size
        for bar, height in zip(bars, shares, strict=True):
            bar.set_height(height)
        sizes = np.array([1.0, *(s.product for s in states)])
        line.set_data(np.arange(11), np.maximum(sizes, 1e-300))
        mark.set_data([layer], [max(chosen.product, 1e-300)])
        return (
            f"layer {layer}: mean output {chosen.outputs.mean():+.2f}, spread "
            f"{chosen.outputs.std():.2g}, {chosen.flat:.0%} of the slopes below 0.05; after ten "
            f"layers a slope has {sizes[-1]:.2g} of its size"
        )

    return update


def bending(
    x: Float[np.ndarray, " examples"], t: Float[np.ndarray, " examples"], leak: float = 0.0
) -> Callable[[Any], Callable[[act.Bent], str]]:
    """How a player draws a net that bends its line: the fit, and every unit, dead ones in grey."""

    def draw(pair: Any) -> Callable[[act.Bent], str]:
        left, right = pair
        grid = np.linspace(x.min(), x.max(), 161)
        left.plot(x, t, ".", color=COLOURS.text)
        (fit,) = left.plot([], [], color=SLOPE, linewidth=3 * scale())
        units = [right.plot([], [], color=VALUE)[0] for _ in range(12)]
        left.set(xlim=(x.min(), x.max()), ylim=(-2.6, 2.6), xlabel="x", title="data and the net")
        right.set(
            xlim=(x.min(), x.max()), ylim=(-3.5, 3), xlabel="x",
            title="net input of each unit (dashed: dead)",
        )  # fmt: skip
        right.axhspan(-3.5, 0, color="#ececec")
        right.axhline(0, color=COLOURS.text, linewidth=0.8)

        def update(state: act.Bent) -> str:
            fit.set_data(grid, state.curve(grid, leak))
            for k, line in enumerate(units):
                line.set_data(grid, state.W[k] * grid + state.b[k])
                line.set_color(COLOURS.neutral if state.dead[k] else VALUE)
                line.set_linestyle("--" if state.dead[k] else "-")
            return (
                f"step {state.step}: cost {state.cost:.3f}, {int(state.dead.sum())} of 12 units "
                "silent for every example"
            )

        return update

    return draw


def revival(
    x: Float[np.ndarray, " examples"], t: Float[np.ndarray, " examples"], start: act.Bent
) -> Callable[[Any], Callable[[float, int], str]]:
    """How an explorer goes on from a half-dead net with another slope below zero."""

    def draw(pair: Any) -> Callable[[float, int], str]:
        left, right = pair
        grid = np.linspace(x.min(), x.max(), 161)
        left.plot(x, t, ".", color=COLOURS.text)
        left.plot(grid, start.curve(grid, 0.0), ":", color=COLOURS.neutral, label="before")
        (fit,) = left.plot([], [], color=SLOPE, linewidth=3 * scale(), label="after")
        (line,) = right.plot([], [], color=VALUE, label="silent units")
        left.set(xlim=(x.min(), x.max()), ylim=(-1.6, 1.6), xlabel="x", title="data and the net")
        right.set(xlim=(0, 600), ylim=(0, 12), xlabel="further step", ylabel="units silent for all",
                  title="do they come back?")  # fmt: skip
        left.legend(loc="lower right")

        def update(leak: float, steps: int) -> str:
            states = list(act.bend(x, t, leak=leak, learning_rate=0.05, start=start, steps=steps))
            fit.set_data(grid, states[-1].curve(grid, leak))
            line.set_data(range(steps + 1), [s.dead.sum() for s in states])
            return (
                f"slope {leak:g} below zero: silent units {int(start.dead.sum())} → "
                f"{int(states[-1].dead.sum())}, cost {start.cost:.3f} → {states[-1].cost:.3f}"
            )

        return update

    return draw


def hats(pair: Any) -> Callable[..., str]:
    """Draw the weighted bumps of MeLU or GaLU with k = 4, and their sum with the PReLU part."""
    left, right = pair
    grid = np.linspace(-2, 5, 281)
    parts = [
        left.plot([], [], ("-", "--", "-.", ":")[k], color=COLOURS.classes[k], label=f"c{k}")[0]
        for k in range(4)
    ]
    right.plot(grid, act.relu(grid), ":", color=COLOURS.neutral, label="ReLU")
    (total,) = right.plot([], [], color=SLOPE, linewidth=3 * scale(), label="sum")
    left.set(xlim=(-2, 5), ylim=(-2.5, 2.5), xlabel="x", title="the four weighted parts")
    right.set(xlim=(-2, 5), ylim=(-2, 6), xlabel="x", title="ReLU plus the parts")
    left.legend(loc="lower right", ncols=2)
    right.legend(loc="upper left")

    def update(shape: str, c0: float, c1: float, c2: float, c3: float) -> str:
        c = np.array([c0, c1, c2, c3])
        weighted = c * act.melu_slopes(grid, c, 1.0, shape)
        for k, part in enumerate(parts):
            part.set_data(grid, weighted[:, k])
        y = act.melu(grid, c, 1.0, shape)
        total.set_data(grid, y)
        slopes = np.diff(y) / np.diff(grid)
        kinks = int(np.sum(np.abs(np.diff(slopes)) > 1e-6))
        falls = "it falls somewhere" if (slopes < -1e-9).any() else "it never falls"
        return (
            f"{shape} at x = 1: {act.melu(np.array(1.0), c, 1.0, shape):.2f}, slopes from "
            f"{slopes.min():.2f} to {slopes.max():.2f} in {kinks + 1} straight pieces; {falls}"
        )

    return update


def partial_derivatives() -> Figure:
    """What each parameter of SReLU, APLU and MeLU is told, over the net input."""
    axes = new_axes(10, 3.2, columns=3)
    x = np.linspace(-3, 5, 401)
    srelu = act.srelu_slopes(x, -0.5, 0.2, 1.0, 0.3)
    aplu = act.aplu_slopes(x, np.array([0.7, -0.3]), np.array([0.5, 2.0]))
    melu = act.melu_slopes(x, np.zeros(4))
    panels: tuple[tuple[str, dict[str, Any]], ...] = (
        ("SReLU", {name: srelu[name] for name in ("t_left", "a_left", "t_right", "a_right")}),
        ("APLU", {"a1": aplu["a"][:, 0], "a2": aplu["a"][:, 1],
                  "b1": aplu["b"][:, 0], "b2": aplu["b"][:, 1]}),
        ("MeLU", {f"c{k}": melu[:, k] for k in range(4)}),
    )  # fmt: skip
    for one, (name, curves) in zip(axes, panels, strict=True):
        for k, (parameter, values) in enumerate(curves.items()):
            one.plot(x, values, ("-", "--", "-.", ":")[k], color=COLOURS.classes[k],
                     label=parameter)  # fmt: skip
        one.set(title=f"{name}: slope by each parameter", xlabel="x", ylim=(-3.2, 4.2))
        one.legend(loc="upper center", ncols=2)
    return axes[0].figure


def shapes(learned: Mapping[str, Float[np.ndarray, "points units"]], x: np.ndarray) -> Figure:
    """Small multiples: the curves that the units of a layer have learned, and where they began."""
    axes = new_axes(11, 2.9, columns=len(learned))
    for k, (one, (name, curves)) in enumerate(zip(axes, learned.items(), strict=True)):
        one.plot(x, curves, "-", color=COLOURS.classes[k], linewidth=scale())
        one.plot(x, act.relu(x), "--", color=COLOURS.text, linewidth=2 * scale())
        one.set(title=name, xlabel="net input", ylim=(-2, 4), xlim=(x[0], x[-1]))
        if k:
            one.set_yticklabels([])
    return axes[0].figure


def temperatures(pair: Any) -> Callable[..., str]:
    """Draw a softmax of three scores at a temperature, and its Jacobian as a coloured table."""
    left, right = pair
    names = ("dog", "cat", "panda")
    bars = left.bar(range(3), np.zeros(3), 0.6, color=VALUE)
    image = right.imshow(np.zeros((3, 3)), cmap="PuOr", vmin=-0.5, vmax=0.5)
    texts = [[right.text(j, i, "", ha="center", va="center") for j in range(3)] for i in range(3)]
    left.set(xticks=range(3), xticklabels=names, ylim=(0, 1), ylabel="output",
             title="softmax(a / T)")  # fmt: skip
    right.set(xticks=range(3), xticklabels=names, yticks=range(3), yticklabels=names,
              xlabel="score that rises", ylabel="output that answers",
              title="slope of each output")  # fmt: skip

    def update(dog: float, temperature: float) -> str:
        a = np.array([dog, 1.0, 0.1])
        z, jacobian = softmax(a, temperature), act.softmax_jacobian(a, temperature)
        for bar, height in zip(bars, z, strict=True):
            bar.set_height(height)
        image.set_data(jacobian)
        for i in range(3):
            for j in range(3):
                texts[i][j].set_text(f"{jacobian[i, j]:+.3f}")
                texts[i][j].set_color("white" if abs(jacobian[i, j]) > 0.33 else COLOURS.text)
        entropy = float(-np.sum(z * np.log(np.maximum(z, 1e-300))))
        return (
            f"T = {temperature:.2f}: outputs {z[0]:.3f}, {z[1]:.3f}, {z[2]:.3f}; entropy "
            f"{entropy:.3f} of at most {np.log(3):.3f}; largest slope {jacobian.max():.3f}"
        )

    return update


def dead_share(
    rates: Sequence[float], shares: Mapping[str, Float[np.ndarray, "rates seeds"]]
) -> Figure:
    """Share of dead units over the learning rate: each seed a point, the mean a line."""
    axes = new_axes(6.5, 3.6)
    for k, (name, values) in enumerate(shares.items()):
        place = np.arange(len(rates)) + 0.08 * (k - (len(shares) - 1) / 2)
        look: dict[str, Any] = {"color": COLOURS.classes[k], "marker": COLOURS.markers[k]}
        axes.plot(place, values, linestyle="", alpha=0.35, **look)
        axes.plot(place, values.mean(axis=1), ("-", "--", "-.")[k % 3], label=name, **look)
    axes.set(
        xticks=range(len(rates)), xticklabels=[f"{r:g}" for r in rates], ylim=(-0.03, 1),
        xlabel="learning rate", ylabel="share of dead units",
        title="A large step kills units",
    )  # fmt: skip
    axes.legend(loc="upper left")
    return axes.figure


def activity(outputs: Mapping[str, Float[np.ndarray, "patterns units"]]) -> Figure:
    """Which unit answers which input: outputs of one layer, one panel per function."""
    axes = new_axes(9, 3, columns=len(outputs))
    for one, (name, values) in zip(axes, outputs.items(), strict=True):
        zero = np.mean(values == 0)
        one.imshow(values, cmap="PuOr", vmin=-2.5, vmax=2.5, aspect="auto")
        one.set(title=f"{name}: mean {values.mean():+.2f}, {zero:.0%} zero", xlabel="unit",
                ylabel="digit")  # fmt: skip
    return axes[0].figure


def ballot(comparison: Any, height: float = 3.4) -> Figure:
    """The critical-difference diagram of a comparison, as a figure of its own."""
    axes = new_axes(9, height)
    critical_difference_diagram(axes, comparison)
    return axes.figure
