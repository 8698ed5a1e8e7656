"""Pictures of the chapter on initialisation, normalisation and regularisation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.models import normalisation
from course_lib.models.regularisation import Masked, lasso, ridge

from .picture import new_axes
from .style import COLOURS, scale

if TYPE_CHECKING:
    from jaxtyping import Float
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from torch import Tensor

DASHES = ("-", "--", "-.", ":")


def _look(k: int) -> dict[str, Any]:
    """Colour, marker and dash of the k-th of several curves: never colour alone."""
    return {
        "color": COLOURS.classes[k], "marker": COLOURS.markers[k], "linestyle": DASHES[k % 4],
        "markersize": 5 * scale(),
    }  # fmt: skip


# --- signals --------------------------------------------------------------------------------------


def signal_view(
    inputs: Float[Tensor, "batch n"], targets: Any, width: int = 64, deepest: int = 40
) -> Callable[[Any], Callable[..., str]]:
    """How an explorer draws spread and gradient per layer of a fresh net, and its last outputs."""

    def draw(trio: Any) -> Callable[..., str]:
        from course_lib.models.deep_nets import DeepNets, signals

        left, middle, right = trio
        (spread,) = left.plot([], [], "o-", color=COLOURS.train, markersize=4 * scale())
        (slope,) = middle.plot([], [], "s-", color=COLOURS.positive, markersize=4 * scale())
        bars = right.bar(np.arange(31), np.ones(31), 0.95, color=COLOURS.neutral)
        for axes, limits, title in (
            (left, (1e-9, 1e9), "forward: spread of the outputs"),
            (middle, (1e-16, 1e16), "backward: gradient by weights"),
        ):
            axes.axhspan(0.1, 10, color=COLOURS.accent, alpha=0.15)
            axes.set(yscale="log", ylim=limits, xlim=(0, deepest + 2), xlabel="layer", title=title)
        left.set(ylabel="standard deviation")
        middle.set(ylabel="norm")
        right.set(title="last hidden layer", xlabel="output", ylabel="share", ylim=(0, 1),
                  yticks=[0, 0.5, 1])  # fmt: skip

        def update(
            depth: int, activation: str, start: str, norm: str, shortcut: bool, seed: int
        ) -> str:
            net = DeepNets(
                [inputs.shape[1], *[width] * depth, 10], activation=activation, start=start,
                norm=norm, residual=shortcut, seed=seed,
            )  # fmt: skip
            found = signals(net, inputs, targets)
            layers = np.arange(1, depth + 1)
            spread.set_data(layers, np.clip(found.std, 1e-30, 1e30))
            slope.set_data(np.arange(1, depth + 2), np.clip(found.by_weights, 1e-30, 1e30))
            last = found.outputs[-1].ravel()
            reach = float(np.abs(last).max()) or 1.0
            if activation in ("sigmoid", "tanh") and not shortcut:
                reach = 1.0
            edges = np.linspace(-reach, reach, 32)
            share = np.histogram(last, edges)[0] / last.size
            for bar, height in zip(bars, share, strict=True):
                bar.set_height(height)
            right.set_xticks([0, 15, 30], [f"{-reach:.2g}", "0", f"{reach:.2g}"])
            return (
                f"{depth} hidden layers of {activation}: spread {found.std[0]:.2g} in the first, "
                f"{found.std[-1]:.2g} in the last; gradient of the first weights over that of the "
                f"last {found.weight_ratio:.2g}"
            )

        return update

    return draw


def slopes() -> Figure:
    """Sigmoid and tanh with their derivatives."""
    pair = new_axes(8, 3.2, columns=2)
    a = np.linspace(-6, 6, 300)
    sigma, tanh = 1 / (1 + np.exp(-a)), np.tanh(a)
    for axes, value, slope, name, top in (
        (pair[0], sigma, sigma * (1 - sigma), "sigmoid", 0.25),
        (pair[1], tanh, 1 - tanh**2, "tanh", 1.0),
    ):
        axes.plot(a, value, "-", color=COLOURS.train, label=name)
        axes.plot(a, slope, "--", color=COLOURS.positive, label="derivative")
        axes.axhline(top, color=COLOURS.neutral, linestyle=":")
        axes.set(title=f"{name}: slope at most {top:g}, at 0", xlabel="net input a")
        axes.legend(loc="upper left")
    return pair[0].figure


def by_layer(
    curves: Mapping[str, Float[np.ndarray, " layers"]], title: str, y: str, *, x: str = "layer"
) -> Figure:
    """One line per name over the layers, on a logarithmic scale."""
    axes = new_axes(6.5, 3.6)
    for k, (name, values) in enumerate(curves.items()):
        kept = np.where(np.isfinite(values) & (np.asarray(values) > 0), values, np.nan)
        axes.plot(np.arange(1, len(kept) + 1), kept, label=name, markevery=max(1, len(kept) // 10),
                  **_look(k))  # fmt: skip
    axes.set(yscale="log", title=title, xlabel=x, ylabel=y)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(loc="best", fontsize=9 * scale())
    return axes.figure


def histograms(
    rows: Mapping[str, Sequence[Float[np.ndarray, "batch units"]]], layers: Sequence[int]
) -> Figure:
    """Histograms of outputs between -1 and 1: one row per start, one column per layer."""
    grid = np.atleast_2d(
        new_axes(1.9 * len(layers) + 1, 1.15 * len(rows) + 0.5, columns=len(layers),
                 rows=len(rows), sharex=True, sharey=True)
    )  # fmt: skip
    for k, ((name, outputs), line) in enumerate(zip(rows.items(), grid, strict=True)):
        for axes, values, layer in zip(line, outputs, layers, strict=True):
            share, edges = np.histogram(values, np.linspace(-1, 1, 26))
            axes.bar(edges[:-1], share / values.size, 0.08, align="edge", color=COLOURS.train)
            axes.set(yticks=[], ylim=(0, 0.5), xticks=[-1, 0, 1])
            if k == 0:
                axes.set_title(f"layer {layer}")
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
    return grid[0, 0].figure


# --- normalisation --------------------------------------------------------------------------------


def two_directions(A: Float[np.ndarray, "batch units"]) -> Figure:
    """A small batch as numbers, standardised down its columns (batch), along its rows (layer)."""
    trio = new_axes(9, 3, columns=3)
    pictures = {
        "the batch": A,
        "batch norm: every column": normalisation.standardised(A, 0),
        "layer norm: every row": normalisation.standardised(A, 1),
    }
    for k, (axes, (title, values)) in enumerate(zip(trio, pictures.items(), strict=True)):
        reach = float(np.abs(values).max())
        axes.imshow(values, cmap="PRGn", vmin=-1.6 * reach, vmax=1.6 * reach)
        for (i, j), value in np.ndenumerate(values):
            axes.text(j, i, f"{value + 0:g}" if k == 0 else f"{value + 0:.2f}", ha="center",
                      va="center", fontsize=13 * scale())  # fmt: skip
        axes.set(title=title, xlabel="unit", ylabel="example",
                 xticks=range(A.shape[1]), xticklabels=range(1, A.shape[1] + 1),
                 yticks=range(A.shape[0]), yticklabels=range(1, A.shape[0] + 1))  # fmt: skip
    return trio[0].figure


def mates_view(
    others: Sequence[float], mean: float, var: float
) -> Callable[[Axes], Callable[..., str]]:
    """How an explorer draws what batch norm makes of one number among its batch mates."""
    crowd = np.asarray(others, dtype=float)

    def draw(axes: Axes) -> Callable[..., str]:
        lines = [axes.plot([], [], "-", color=COLOURS.neutral, linewidth=0.8)[0] for _ in crowd]
        (ours,) = axes.plot([], [], "-", color=COLOURS.positive, linewidth=3 * scale())
        (dots,) = axes.plot([], [], "o", color=COLOURS.train)
        (me,) = axes.plot([], [], "*", color=COLOURS.positive, markersize=15 * scale())
        axes.set(xlim=(-6, 12), ylim=(-0.2, 1.2), yticks=[0, 1], yticklabels=["after", "before"],
                 xlabel="value of the unit", title="the star is our example")  # fmt: skip

        def update(ours_is: float, mates: int, shift: float, mode: str) -> str:
            batch = np.array([ours_is, *(crowd[:mates] + shift)])
            if mode == "train":
                after = normalisation.standardised(batch[:, None], 0)[:, 0]
                used = batch.mean(), batch.var()
            else:
                after = (batch - mean) / np.sqrt(var + normalisation.EPSILON)
                used = mean, var
            for k, line in enumerate(lines):
                line.set_data(*([[batch[k + 1], after[k + 1]], [1, 0]] if k < mates else [[], []]))
            ours.set_data([batch[0], after[0]], [1, 0])
            dots.set_data([*batch[1:], *after[1:]], [1] * mates + [0] * mates)
            me.set_data([batch[0], after[0]], [1, 0])
            return (
                f"{mode}: mean {used[0]:.2f}, variance {used[1]:.2f} of "
                f"{'the batch' if mode == 'train' else 'the running averages'}; "
                f"our {ours_is:g} becomes {after[0] + 0:.3f}"
            )

        return update

    return draw


# --- training -------------------------------------------------------------------------------------


def bands(
    curves: Mapping[str, Float[np.ndarray, "epochs seeds"]], title: str, y: str, **limits: Any
) -> Figure:
    """Mean over the seeds and their range, by epoch."""
    axes = new_axes(6.5, 3.7)
    for k, (name, runs) in enumerate(curves.items()):
        epochs = np.arange(1, len(runs) + 1)
        axes.fill_between(epochs, runs.min(axis=1), runs.max(axis=1), color=COLOURS.classes[k],
                          alpha=0.2)  # fmt: skip
        axes.plot(epochs, runs.mean(axis=1), label=name, markevery=max(1, len(runs) // 8),
                  **_look(k))  # fmt: skip
    axes.set(title=title, xlabel="epoch", ylabel=y, **limits)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(loc="best", fontsize=9 * scale())
    return axes.figure


def methods(rows: Mapping[str, Float[np.ndarray, " seeds"]], title: str, x: str) -> Figure:
    """One line of dots per method, a dot per seed and a bar for the mean."""
    axes = new_axes(7, 0.36 * len(rows) + 1.3)
    for k, (_name, values) in enumerate(rows.items()):
        axes.plot(values, np.full(len(values), k), "o", color=COLOURS.train, alpha=0.6)
        axes.plot([np.mean(values)] * 2, [k - 0.35, k + 0.35], "-", color=COLOURS.positive,
                  linewidth=3 * scale())  # fmt: skip
    axes.set(yticks=range(len(rows)), yticklabels=list(rows), title=title, xlabel=x)
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    return axes.figure


# --- penalties ------------------------------------------------------------------------------------

PLANE = np.array([[1.3, 0.5], [0.4, 0.9], [0.2, -0.3]])


def penalty_view(axes: Axes) -> Callable[..., str]:
    """Draw the valley of squares over two weights, and where each penalty draws its minimum to."""
    grid = np.linspace(-1, 3, 90)
    w1, w2 = np.meshgrid(grid, grid)
    contours: list[Any] = []
    (circle,) = axes.plot([], [], "-", color=COLOURS.classes[0])
    (diamond,) = axes.plot([], [], "--", color=COLOURS.classes[1])
    (best,) = axes.plot([], [], "*", color=COLOURS.accent, markersize=15 * scale(),
                        markeredgecolor="black", label="no penalty")  # fmt: skip
    (small,) = axes.plot([], [], "o", color=COLOURS.classes[0], markersize=10 * scale(),
                         label="ridge, its circle")  # fmt: skip
    (sparse,) = axes.plot([], [], "s", color=COLOURS.classes[1], markersize=9 * scale(),
                          label="lasso, its diamond")  # fmt: skip
    axes.axhline(0, color=COLOURS.text, linewidth=0.8)
    axes.axvline(0, color=COLOURS.text, linewidth=0.8)
    axes.set(xlim=(-1, 3), ylim=(-1, 3), xlabel="$w_1$", ylabel="$w_2$", aspect="equal",
             title="rings: sum of squares")  # fmt: skip
    axes.legend(loc="upper left", fontsize=9 * scale())

    def update(gamma: float, w1_best: float, w2_best: float) -> str:
        for old in contours:
            old.remove()
        contours.clear()
        target = np.array([w1_best, w2_best])
        t = PLANE @ target
        away = np.stack([w1 - w1_best, w2 - w2_best], axis=-1) @ PLANE.T
        height = (away**2).sum(axis=-1)
        contours.append(axes.contour(w1, w2, height, levels=[0.05, 0.2, 0.5, 1, 2, 4, 7],
                                     colors=COLOURS.neutral, linewidths=0.7))  # fmt: skip
        l2, l1 = ridge(PLANE, t, gamma), lasso(PLANE, t, gamma)
        turn = np.linspace(0, 2 * np.pi, 80)
        length, total = float(np.linalg.norm(l2)), float(np.abs(l1).sum())
        circle.set_data(length * np.cos(turn), length * np.sin(turn))
        diamond.set_data(total * np.array([1, 0, -1, 0, 1]), total * np.array([0, 1, 0, -1, 0]))
        for mark, place in ((best, target), (small, l2), (sparse, l1)):
            mark.set_data([place[0]], [place[1]])
        zeros = int(np.sum(l1 == 0))
        return (
            f"gamma {gamma:g}: ridge ({l2[0]:.3f}, {l2[1]:.3f}), lasso ({l1[0]:.3f}, "
            f"{l1[1] + 0:.3f}) with {zeros} exact zero{'s' * (zeros != 1)}"
        )

    return update


def paths(
    gammas: Float[np.ndarray, " steps"],
    found: Mapping[str, Float[np.ndarray, "steps n"]],
    relevant: Sequence[int],
) -> Figure:
    """Every weight over the strength of the penalty, one panel per penalty."""
    row = new_axes(8.6, 3.4, columns=len(found), sharey=True)
    for axes, (name, weights) in zip(row, found.items(), strict=True):
        for k in range(weights.shape[1]):
            seen = k in relevant
            axes.plot(gammas, weights[:, k], "-" if seen else "--",
                      color=COLOURS.classes[k],
                      linewidth=(2.6 if seen else 1.2) * scale())  # fmt: skip
        axes.axhline(0, color=COLOURS.text, linewidth=0.8)
        axes.set(xscale="log", xlabel="strength γ of the penalty", title=name)
    row[0].set_ylabel("weight")
    return row[0].figure


# --- dropout --------------------------------------------------------------------------------------


def dropping(
    h: Sequence[float], w: Sequence[float], states: Sequence[Masked], wanted: float
) -> Callable[[Any], Callable[[Masked], str]]:
    """How a player draws one mask after the other, and the mean of the outputs so far."""
    n = len(h)

    def draw(pair: Any) -> Callable[[Masked], str]:
        left, right = pair
        y = -np.arange(n, dtype=float)
        middle = float(y.mean())
        wires = [left.plot([0, 1], [y[k], middle], "-", color=COLOURS.neutral)[0] for k in range(n)]
        dots = [left.plot([0], [y[k]], "o", markersize=34 * scale(), color=COLOURS.train)[0]
                for k in range(n)]  # fmt: skip
        left.plot([1], [middle], "o", markersize=34 * scale(), color=COLOURS.positive)
        texts = [left.text(0, y[k], "", ha="center", va="center", color="white") for k in range(n)]
        out = left.text(1, middle, "", ha="center", va="center", color="white")
        for k in range(n):
            left.text(-0.32, y[k], f"h = {h[k]:g}", ha="right", va="center")
            left.text(0.5, (y[k] + middle) / 2, f"× {w[k]:g}", ha="center", va="bottom")
        left.set(xlim=(-0.9, 1.3), ylim=(-n + 0.4, 0.6), title="crossed out: dropped this time")
        left.set_axis_off()
        (outputs,) = right.plot([], [], "o", color=COLOURS.neutral, markersize=4 * scale(),
                                label="output")  # fmt: skip
        (mean,) = right.plot([], [], "-", color=COLOURS.positive, label="mean so far")
        right.axhline(wanted, color=COLOURS.train, linestyle="--", label="output without dropout")
        low = min(s.output for s in states)
        high = max(s.output for s in states)
        right.set(xlim=(0, len(states) + 1), ylim=(low - 0.5, high + 2.2), xlabel="mini-batch",
                  ylabel="output", title="right on average")  # fmt: skip
        right.legend(loc="upper right", fontsize=9 * scale())

        def update(state: Masked) -> str:
            for k in range(n):
                on = bool(state.stays[k])
                wires[k].set(alpha=1.0 if on else 0.15)
                dots[k].set(alpha=1.0 if on else 0.25)
                texts[k].set(text=f"{state.hidden[k]:.2f}" if on else "✕",
                             color="white" if on else "black")  # fmt: skip
            out.set_text(f"{state.output + 0:.2f}")
            past = states[: state.step]
            outputs.set_data([s.step for s in past], [s.output for s in past])
            mean.set_data([s.step for s in past], [s.mean for s in past])
            return (
                f"mini-batch {state.step}: {int(state.stays.sum())} of {n} units stay, output "
                f"{state.output + 0:.3f}, mean so far {state.mean + 0:.3f}, wanted {wanted:g}"
            )

        return update

    return draw


def uncertainty(
    x: Float[np.ndarray, " grid"],
    outputs: Float[np.ndarray, "passes grid"],
    data: tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]],
) -> Figure:
    """A net's outputs under many dropout masks: a band that widens away from the data."""
    axes = new_axes(7, 3.5)
    mean, std = outputs.mean(axis=0), outputs.std(axis=0)
    axes.fill_between(x, mean - 2 * std, mean + 2 * std, color=COLOURS.train, alpha=0.2,
                      label="mean ± 2 standard deviations")  # fmt: skip
    axes.plot(x, mean, "-", color=COLOURS.train)
    axes.plot(*data, "o", color=COLOURS.positive, markersize=4 * scale(), label="training data")
    axes.set(title="The masks agree where there was data", xlabel="x", ylabel="output")
    axes.legend(loc="upper left", fontsize=9 * scale())
    return axes.figure


__all__ = [
    "bands", "by_layer", "dropping", "histograms", "mates_view", "methods", "paths",
    "penalty_view", "signal_view", "slopes", "two_directions", "uncertainty",
]  # fmt: skip
