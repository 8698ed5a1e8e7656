"""What the chapter on recurrent networks looks like: unrolled nets, gates, fields, agreement."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.models import recurrent
from course_lib.models.temporal_convolution import receptive_field

from .picture import new_axes
from .style import COLOURS, scale

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DASHES = ("-", "--", "-.", ":")


# --- one unit ------------------------------------------------------------------------------------


def memory_view(axes: Axes) -> Callable[[float, str, int], str]:
    """Draw how long a unit remembers one input of 1, for a recurrent weight and an activation."""
    steps = np.arange(41)
    (stems,) = axes.plot([], [], "o-", color=COLOURS.positive, markersize=5 * scale())
    (edge,) = axes.plot([], [], ":", color=COLOURS.neutral)
    axes.axhline(0, color=COLOURS.text, linewidth=0.8)
    axes.set(
        xlabel="steps after the input",
        ylabel="state h",
        xlim=(-0.5, 40.5),
    )

    def update(v: float, activation: str, wait: int) -> str:
        f, _ = recurrent.squashing(activation)
        h = [float(f(np.array(1.0)))]
        for _ in steps[1:]:
            h.append(float(np.clip(f(np.array(v * h[-1])), -1e6, 1e6)))
        stems.set_data(steps, h)
        axes.set_title(f"After {wait} steps {h[wait] / h[0]:.2g} of the first echo is left")
        top = max(1.1, min(max(np.abs(h)) * 1.1, 12))
        axes.set_ylim(-0.1 * top if min(h) >= 0 else -top, top)
        edge.set_data([wait, wait], axes.get_ylim())
        if activation == "sigmoid":
            return (
                f"after {wait} steps the state is {h[wait]:.4g}; with v = {v:g} a sigmoid unit "
                f"never rests at 0: its echo ends in {h[-1]:.4g}, whatever came in"
            )
        return (
            f"after {wait} steps the state is {h[wait]:.4g}: {h[wait] / h[0]:.3g} of the first echo"
        )

    return update


def unrolled_view(
    x: Sequence[float], w: float, v: float
) -> Callable[[Axes], Callable[[recurrent.Unrolled], str]]:
    """How a player draws the unrolled unit: states to the right, errors back to the left."""

    def draw(axes: Axes) -> Callable[[recurrent.Unrolled], str]:
        steps = len(x)
        axes.set(xlim=(-0.6, steps + 0.9), ylim=(-1.6, 1.75), xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
        axes.set_title("One unit, drawn once per step")
        box = {"boxstyle": "round,pad=0.45", "edgecolor": COLOURS.text}
        cells, backs, shares = [], [], []
        for t in range(steps + 1):
            cells.append(
                axes.text(t, 0, "", ha="center", va="center", bbox={**box, "facecolor": "white"})
            )
            backs.append(axes.text(t, 0.85, "", ha="center", va="center", color=COLOURS.positive))
            if t:
                arrow = {"arrowstyle": "->", "color": COLOURS.text}
                axes.annotate("", (t - 0.33, 0), (t - 0.67, 0), arrowprops=arrow)
                axes.annotate("", (t, -0.28), (t, -0.75), arrowprops=arrow)
                axes.text(t - 0.5, 0.12, f"·{v:g}", ha="center", color=COLOURS.neutral)
                axes.text(t + 0.06, -0.55, f"·{w:g}", color=COLOURS.neutral)
                axes.text(t, -0.95, f"x{t} = {x[t - 1]:g}", ha="center")
            shares.append(axes.text(t, -1.4, "", ha="center", color=COLOURS.negative))
        axes.text(-0.55, 1.3, "error dE/dh, travelling left", color=COLOURS.positive)
        loss = axes.text(steps + 0.4, 0.0, "", color=COLOURS.positive, ha="left", va="center")

        def update(state: recurrent.Unrolled) -> str:
            for t in range(steps + 1):
                known = not np.isnan(state.states[t])
                cells[t].set_text(f"h{t}\n{state.states[t]:.3f}" if known else f"h{t}\n ")
                here = state.phase == "forward" and t == state.t
                patch = cells[t].get_bbox_patch()
                assert patch is not None
                patch.set_facecolor("#fde9d9" if here else "white")
                error = state.errors[t]
                backs[t].set_text("" if np.isnan(error) else f"← {error:+.3f}")
                share = state.by_v[t]
                shares[t].set_text("" if np.isnan(share) else f"v asks\n{share:+.4f}")
            loss.set_text("" if np.isnan(state.loss) else f"E\n{state.loss:.3f}")
            if state.phase == "forward":
                if state.t == 0:
                    return f"before the first input the state is {state.states[0]:g}"
                before, t = state.states[state.t - 1], state.t
                net = f"{w:g} · {x[t - 1]:g} + {v:g} · {before:.3f}"
                return f"h{t} = tanh({net}) = {state.states[t]:.4f}"
            t = state.t
            return (
                f"step {t} backwards: slope {1 - state.states[t] ** 2:.3f}, this copy of v asks "
                f"for {state.by_v[t]:+.5f}; the copies so far add up to "
                f"{np.nansum(state.by_v):+.5f}"
            )

        return update

    return draw


def flow_view(axes: Axes) -> Callable[[float, str, int], str]:
    """Draw the length of the error against the lag, for the radius of the recurrent matrix."""
    hidden, most = 16, 60
    (line,) = axes.plot(
        [], [], "o-", color=COLOURS.positive, markersize=4 * scale(), label="measured"
    )
    (bound,) = axes.plot([], [], "--", color=COLOURS.neutral, label="bound")
    axes.set(
        xlim=(0, most),
        ylim=(1e-9, 1e7),
        yscale="log",
        xlabel="steps back in time",
        ylabel="length of the error",
    )
    axes.axhline(1, color=COLOURS.text, linewidth=0.6)
    axes.legend(loc="upper left")

    def update(radius: float, activation: str, steps: int) -> str:
        W = recurrent.orthogonal(hidden, radius)
        got = recurrent.gradient_by_lag(W, steps, activation)
        steepest = 0.25 if activation == "sigmoid" else 1.0
        k = np.arange(steps + 1)
        limit = got[0] * (radius * steepest) ** k
        line.set_data(k, np.maximum(got, 1e-12))
        bound.set_data(k, limit)
        axes.set_title(f"{steps} steps back the error arrives times {got[-1] / got[0]:.2g}")
        word = (
            "shrinks"
            if radius * steepest < 1
            else ("stays" if radius * steepest == 1 else "may grow")
        )
        return (
            f"{steps} steps back: {got[-1] / got[0]:.2e} of the error is left (bound "
            f"{limit[-1] / got[0]:.2e}); the bound {word}, factor {radius * steepest:.3g} per step"
        )

    return update


# --- gates ----------------------------------------------------------------------------------------


def gates_view(x: Sequence[float]) -> Callable[[Any], Callable[..., str]]:
    """How an explorer draws a cell with gates of constant width over a given input."""
    t = np.arange(1, len(x) + 1)

    def draw(pair: Any) -> Callable[..., str]:
        top, low = pair
        top.bar(t, x, 0.5, color=COLOURS.neutral)
        top.set(title="what comes in", ylabel="input", xticks=t[4::5])
        top.axhline(0, color=COLOURS.text, linewidth=0.8)
        (cell,) = low.plot([], [], "o-", color=COLOURS.positive, label="cell C")
        (out,) = low.plot([], [], "s--", color=COLOURS.negative, label="output h", markersize=4)
        low.axhline(0, color=COLOURS.text, linewidth=0.8)
        low.set(
            title="what is kept and shown",
            xlabel="step",
            xticks=t[4::5],
            ylim=(-2.2, 4.2),
            xlim=top.get_xlim(),
        )
        low.legend(loc="upper left", ncols=2)

        def update(forget: float, write: float, show: float) -> str:
            states = list(recurrent.gate_trace(x, [(forget, write, show)] * len(x)))
            cell.set_data(t, [s.C for s in states])
            out.set_data(t, [s.h for s in states])
            left = forget ** (len(x) - 1)
            return (
                f"the cell ends at {states[-1].C:.3f}, the output at {states[-1].h:.3f}; of the "
                f"first input {left * write:.3g} is left, and an error at the end reaches "
                f"step 1 times {left:.3g}"
            )

        return update

    return draw


def storing_view(
    trace: Sequence[recurrent.GateMoment],
) -> Callable[[Any], Callable[[recurrent.GateMoment], str]]:
    """How a player draws gates that open and close by hand, and the cell between them."""
    t = np.array([state.t for state in trace])
    cells = np.array([state.C for state in trace])
    outputs = np.array([state.h for state in trace])

    def draw(pair: Any) -> Callable[[recurrent.GateMoment], str]:
        left, right = pair
        bars = left.bar(range(4), [0, 0, 0, 0], color=[COLOURS.classes[k] for k in (0, 1, 2, 4)])
        names = ["keep", "write", "read", "input"]
        left.set(ylim=(-1.05, 1.05), xticks=range(4), xticklabels=names, title="gates, input")
        left.axhline(0, color=COLOURS.text, linewidth=0.8)
        (cell,) = right.plot([], [], "o-", color=COLOURS.positive, label="cell", markersize=4)
        (out,) = right.plot([], [], "s--", color=COLOURS.negative, label="output", markersize=3)
        right.set(xlim=(0, len(t) + 1), ylim=(-1.2, 1.2), xlabel="step", title="cell and output")
        right.axhline(0, color=COLOURS.text, linewidth=0.8)
        right.legend(loc="lower left")

        def update(state: recurrent.GateMoment) -> str:
            for bar, height in zip(bars, (state.f, state.i, state.o, state.x), strict=True):
                bar.set_height(height)
            cell.set_data(t[: state.t], cells[: state.t])
            out.set_data(t[: state.t], outputs[: state.t])
            return (
                f"step {state.t}: {state.f:g} · {state.before:.3f} + {state.i:g} · "
                f"({state.x:+.2f}) = {state.C:.3f}; shown: {state.h:.3f}"
            )

        return update

    return draw


def gate_maps(
    maps: Mapping[str, Float[np.ndarray, "steps units"]], labels: Sequence[str], title: str = ""
) -> Figure:
    """Gates or states of all units (rows) over a sequence (columns), one panel each."""
    row = new_axes(2.9 * len(maps), 2.9, columns=len(maps), sharey=True)
    for axes, (name, values) in zip(np.ravel(row), maps.items(), strict=True):
        signed = values.min() < 0
        image = axes.imshow(
            values.T,
            aspect="auto",
            cmap="PRGn" if signed else "viridis",
            vmin=-np.abs(values).max() if signed else 0,
            vmax=np.abs(values).max() if signed else 1,
        )
        axes.set(title=name, xlabel="step", xticks=range(0, len(labels), 5))
        axes.figure.colorbar(image, ax=axes, shrink=0.7)
    np.ravel(row)[0].set(ylabel="unit", yticks=range(0, values.shape[1], 5))
    figure = np.ravel(row)[0].figure
    figure.suptitle(title)
    return figure


# --- shapes -----------------------------------------------------------------------------------


def configurations() -> Figure:
    """Five ways to connect inputs, states and outputs."""
    kinds = {
        "one to one\n(name the digit)": ([0], [0], 1),
        "one to many\n(describe a picture)": ([0], [0, 1, 2], 3),
        "many to one\n(friendly review?)": ([0, 1, 2], [2], 3),
        "many to many\n(a label per word)": ([0, 1, 2], [0, 1, 2], 3),
        "many to many\n(translate)": ([0, 1, 2], [3, 4], 5),
    }
    row = new_axes(10, 2.7, columns=5, width_ratios=[1.5, 2, 2, 2, 3])
    for axes, (name, (ins, outs, steps)) in zip(row, kinds.items(), strict=True):
        arrow = {"arrowstyle": "->", "color": COLOURS.text}
        for t in range(steps):
            axes.text(
                t,
                0,
                "h",
                ha="center",
                va="center",
                bbox={"boxstyle": "round", "facecolor": "#d3ece4"},
            )
            if t:
                axes.annotate("", (t - 0.25, 0), (t - 0.75, 0), arrowprops=arrow)
        for places, level, colour, letter in ((ins, -1, "#d6e6f2", "x"), (outs, 1, "#fde0cc", "y")):
            for t in places:
                axes.text(
                    t,
                    level,
                    letter,
                    ha="center",
                    va="center",
                    bbox={"boxstyle": "round", "facecolor": colour},
                )
                axes.annotate(
                    "",
                    (t, -0.25 if level < 0 else 0.75),
                    (t, -0.75 if level < 0 else 0.25),
                    arrowprops=arrow,
                )
        axes.set(xlim=(-0.6, steps - 0.4), ylim=(-1.5, 1.5), xticks=[], yticks=[])
        axes.set_title(name, fontsize=9 * scale())
        axes.spines[:].set_visible(False)
    return row[0].figure


def field_view(axes: Axes) -> Callable[[int, int, int], str]:
    """Draw which inputs the newest output of a dilated causal network sees."""
    shown = 64
    (dots,) = axes.plot([], [], ".", color="#c9c9c9", markersize=4 * scale())
    (lit,) = axes.plot([], [], "o", color=COLOURS.positive, markersize=4 * scale())
    (wires,) = axes.plot([], [], "-", color=COLOURS.positive, linewidth=0.7)
    (asked,) = axes.plot([], [], "*", color="black", markersize=13 * scale(), zorder=5)
    axes.set(
        xlim=(-shown, 1),
        xlabel="time (0 = now)",
        ylabel="level",
    )

    def update(filter: int, levels: int, wait: int) -> str:  # noqa: A002  the word of the lecture
        seen, edges = {0}, []
        lights = [(0, levels)]
        for k in reversed(range(levels)):
            below = set()
            for place in seen:
                for j in range(filter):
                    edges += [(place, k + 1), (place - j * 2**k, k), (np.nan, np.nan)]
                    below.add(place - j * 2**k)
            seen = below
            lights += [(place, k) for place in seen]
        xs, ys = np.meshgrid(np.arange(-shown + 1, 1), np.arange(levels + 1))
        dots.set_data(xs.ravel(), ys.ravel())
        lit.set_data(*np.array(lights).T)
        wires.set_data(*np.array(edges).T)
        asked.set_data([-wait], [0])
        axes.set(ylim=(-0.4, levels + 0.4), yticks=range(levels + 1))
        field = receptive_field(filter, levels)
        axes.set_title(f"The newest output sees {field} inputs")
        verdict = "inside: it can be remembered" if wait < field else "outside: it cannot matter"
        return (
            f"{field} inputs are seen ({receptive_field(filter, levels, 2)} with residual blocks "
            f"of two convolutions); what came {wait} steps ago (star) is {verdict}"
        )

    return update


# --- series and texts ---------------------------------------------------------------------------


def tracked(
    truth: Float[np.ndarray, " steps"], measured: Float[np.ndarray, " steps"],
    mean: Float[np.ndarray, " steps"], sigma: Float[np.ndarray, " steps"],
) -> Figure:  # fmt: skip
    """A hidden walk, its noisy measurements, and the Kalman filter's belief with its band."""
    axes = new_axes(7, 3.3)
    t = np.arange(len(truth))
    axes.plot(t, measured, ".", color=COLOURS.neutral, label="measured")
    axes.plot(t, truth, "-", color=COLOURS.text, label="hidden truth")
    axes.plot(t, mean, "--", color=COLOURS.positive, label="filter")
    axes.fill_between(t, mean - 2 * sigma, mean + 2 * sigma, color=COLOURS.positive, alpha=0.2)
    axes.set(
        title="The filter follows the truth more closely than its data do",
        xlabel="step",
        ylabel="level",
    )
    axes.legend(loc="best", ncols=3)
    return axes.figure


def letter_errors(
    letters: str, costs: Float[np.ndarray, " letters"], begins: Int[np.ndarray, " letters"]
) -> Figure:
    """Cross-entropy of each letter of a stream without spaces; first letters of words stand out."""
    axes = new_axes(9, 2.9)
    t = np.arange(len(letters))
    axes.bar(t, costs, color=np.where(begins > 0, COLOURS.positive, COLOURS.negative))
    axes.plot(t[begins > 0], costs[begins > 0], "v", color=COLOURS.positive, label="a word begins")
    axes.set(
        title="The surprise is greatest where a word begins",
        xticks=t,
        xticklabels=list(letters),
        ylabel="−ln p of the letter",
    )
    axes.legend(loc="upper right")
    return axes.figure


def bands(
    curves: Mapping[str, Float[np.ndarray, "seeds points"]], x: Sequence[float], *,
    title: str, xlabel: str, ylabel: str, level: float | None = None, at: str = "lower left",
) -> Figure:  # fmt: skip
    """One line per method: the mean over seeds with the range of the seeds."""
    axes = new_axes(6.8, 3.7)
    for k, (name, runs) in enumerate(curves.items()):
        axes.fill_between(x, runs.min(0), runs.max(0), color=COLOURS.classes[k], alpha=0.18)
        axes.plot(
            x,
            runs.mean(0),
            DASHES[k % 4],
            marker=COLOURS.markers[k],
            color=COLOURS.classes[k],
            label=name,
        )
    if level is not None:
        axes.axhline(level, color=COLOURS.neutral, linestyle=":")
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel, xticks=list(x) if len(x) < 12 else None)
    axes.legend(loc=at)
    return axes.figure


def number_unit(
    words: Mapping[str, Sequence[str]],
    traces: Mapping[str, Float[np.ndarray, " steps"]],
    title: str = "",
) -> Figure:
    """The network's belief in "plural" word by word, for sentences that differ in one noun."""
    row = np.atleast_1d(new_axes(9, 3.2, columns=len(words), sharey=True))
    for axes, name in zip(row, words, strict=True):
        t = np.arange(len(words[name]))
        values = traces[name][: len(t)]
        axes.axhline(0.5, color=COLOURS.neutral, linestyle=":")
        axes.plot(t, values, "o-", color=COLOURS.positive)
        axes.set(title=name, xticks=t, ylim=(-0.05, 1.05))
        axes.set_xticklabels(words[name], rotation=60, ha="right", fontsize=8 * scale())
    row[0].set_ylabel("belief in a plural verb")
    row[0].figure.suptitle(title)
    return row[0].figure


def series_forecast(
    truth: Float[np.ndarray, " steps"],
    guesses: Mapping[str, Float[np.ndarray, " steps"]],
    title: str,
) -> Figure:
    """A stretch of a series and one-step forecasts of it."""
    axes = new_axes(8, 3.2)
    axes.plot(truth, "-", color=COLOURS.text, label="what came", linewidth=2.2 * scale())
    for k, (name, values) in enumerate(guesses.items()):
        axes.plot(values, DASHES[1 + k % 3], color=COLOURS.classes[k], label=name)
    axes.set(title=title, xlabel="step", ylabel="value")
    axes.legend(loc="upper right", ncols=3)
    return axes.figure


__all__ = [
    "bands", "configurations", "field_view", "flow_view", "gate_maps", "gates_view",
    "letter_errors", "memory_view", "number_unit", "series_forecast", "storing_view", "tracked",
    "unrolled_view",
]  # fmt: skip
