"""What the chapter on the training loop looks like: updates, curves, batches, grids, mistakes."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.models.digit_net import Look, Step

from .picture import emit, new_axes
from .source import MOST_LINES
from .style import COLOURS, scale

if TYPE_CHECKING:
    from jaxtyping import Float
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DASHES = ("-", "--", "-.", ":")


def show_body(function: Callable[..., Any]) -> None:
    """Show a function's body without its signature and docstring, up to 60 lines.

    Raises ValueError if the body is longer.
    """
    source = textwrap.dedent(inspect.getsource(function))
    statements = ast.parse(source).body[0].body  # type: ignore[attr-defined]
    top = statements[0]
    documented = isinstance(top, ast.Expr) and isinstance(top.value, ast.Constant)
    first = top.end_lineno if documented else top.lineno - 1
    body = textwrap.dedent("\n".join(source.splitlines()[first:])).strip("\n")
    if (lines := body.count("\n") + 1) > MOST_LINES:
        raise ValueError(f"the body of {function.__name__} has {lines} lines, not {MOST_LINES}")
    emit({"text/markdown": f"```python\n{body}\n```", "text/plain": body})


# --- one weight, five numbers ---------------------------------------------------------------------


def _short(values: Iterable[float]) -> str:
    return ", ".join(f"{v:g}" for v in values)


def five_view(
    numbers: Sequence[float], walk: Callable[..., Sequence[Step]], updates: int = 60
) -> Callable[[Axes], Callable[..., str]]:
    """How an explorer draws the weight over the updates, and the mean of each batch."""
    centre = float(np.mean(numbers))

    def draw(axes: Axes) -> Callable[..., str]:
        axes.axhline(centre, color=COLOURS.neutral, linestyle=":", label=f"mean {centre:g}")
        (pulls,) = axes.plot([], [], "_", color=COLOURS.accent, markersize=12 * scale(),
                             markeredgewidth=2, label="mean of the batch")  # fmt: skip
        (path,) = axes.plot([], [], ".-", color=COLOURS.train, label="weight w")
        axes.set(xlim=(-0.5, updates + 0.5), ylim=(-0.5, 9.5), xlabel="update", ylabel="w",
                 title="the weight walks towards the batches it meets")  # fmt: skip
        axes.legend(loc="lower right", ncols=3)

        def update(**controls: Any) -> str:
            steps = walk(**controls)[:updates]
            way = np.array([steps[0].before, *(s.after for s in steps)])
            path.set_data(np.arange(len(way)), way)
            pulls.set_data(np.arange(1, len(way)), [np.mean(s.batch) for s in steps])
            late = way[len(way) // 2 :]
            each = sum(s.epoch == 1 for s in steps)
            return (
                f"{each} update{'s' * (each > 1)} per epoch; first batches "
                f"{' | '.join(_short(s.batch) for s in steps[:3])}; in the second half w lies "
                f"between {late.min():.2f} and {late.max():.2f}"
            )

        return update

    return draw


def five_steps(numbers: Sequence[float]) -> Callable[[Axes], Callable[[Step], str]]:
    """How a player draws one epoch over five numbers: the batch, its pull, the step."""

    def draw(axes: Axes) -> Callable[[Step], str]:
        axes.plot(numbers, np.zeros(len(numbers)), "o", color=COLOURS.neutral,
                  markersize=9 * scale(), label="the numbers")  # fmt: skip
        (chosen,) = axes.plot(
            [], [], "s", color=COLOURS.accent, markersize=15 * scale(), fillstyle="none",
            markeredgewidth=2.5, label="this batch",
        )  # fmt: skip
        (mean,) = axes.plot([], [], "|", color=COLOURS.accent, markersize=26 * scale(),
                            markeredgewidth=3, label="its mean")  # fmt: skip
        (here,) = axes.plot([], [], "D", color=COLOURS.train, markersize=10 * scale(),
                            label="w before")  # fmt: skip
        (there,) = axes.plot([], [], "D", color=COLOURS.validation, markersize=10 * scale(),
                             label="w after")  # fmt: skip
        (way,) = axes.plot([], [], "-", color=COLOURS.validation, linewidth=2)
        axes.set(xlim=(-0.7, 8), ylim=(-0.4, 1.5), yticks=[], xlabel="value",
                 title="each update goes half of the way to its batch")  # fmt: skip
        axes.legend(loc="upper left", ncols=5, fontsize="small", columnspacing=0.8,
                    handletextpad=0.2)  # fmt: skip

        def update(state: Step) -> str:
            chosen.set_data(state.batch, np.zeros(len(state.batch)))
            mean.set_data([np.mean(state.batch)], [0])
            here.set_data([state.before], [0.6])
            there.set_data([state.after], [0.6])
            way.set_data([state.before, state.after], [0.6, 0.6])
            return (
                f"update {state.update}: batch {_short(state.batch)}, gradient "
                f"{state.before:g} − {np.mean(state.batch):g} = {state.gradient:g}, "
                f"w = {state.before:g} − {state.rate:g} · ({state.gradient:g}) = {state.after:g}; "
                f"batch loss {state.loss:g}"
            )

        return update

    return draw


# --- batches of digits ----------------------------------------------------------------------------


def batch_steps(states: Sequence[Look]) -> Callable[[Any], Callable[[Look], str]]:
    """How a player draws an epoch on the digits: the labels in each batch, losses, accuracy."""
    count = len(states)

    def draw(pair: Any) -> Callable[[Look], str]:
        left, right = pair
        places = np.arange(10)
        batch = left.bar(places - 0.2, 0 * places, 0.4, color=COLOURS.accent, label="in the batch")
        says = left.bar(places + 0.2, 0 * places, 0.4, color=COLOURS.train, hatch="//",
                        label="answers, held out")  # fmt: skip
        left.set(ylim=(0, 1.4), xticks=places, xlabel="digit", ylabel="share",
                 title="what the net sees, what it says")  # fmt: skip
        left.legend(loc="upper right", fontsize="small")
        (loss,) = right.plot([], [], "-", color=COLOURS.train, label="loss of the batch")
        (right_ones,) = right.plot([], [], "--o", color=COLOURS.validation, markersize=3,
                                   label="accuracy, held out")  # fmt: skip
        top = 1.35 * max(s.loss for s in states)
        right.set(xlim=(0, count + 1), ylim=(0, top), xlabel="update", title="so far")
        right.legend(loc="upper center", fontsize="small")

        def update(state: Look) -> str:
            shares = np.bincount(state.labels, minlength=10) / len(state.labels)
            for bars, values in ((batch, shares), (says, state.says / state.says.sum())):
                for bar, value in zip(bars, values, strict=True):
                    bar.set_height(value)
            done = states[: state.update]
            numbers = [s.update for s in done]
            loss.set_data(numbers, [s.loss for s in done])
            right_ones.set_data(numbers, [s.accuracy for s in done])
            there = len(set(state.labels.tolist()))
            return (
                f"update {state.update} of {count}: {there} class{'es' * (there > 1)} in "
                f"the batch, its loss {state.loss:.3f}, accuracy on held-out digits "
                f"{state.accuracy:.2f}"
            )

        return update

    return draw


# --- curves ---------------------------------------------------------------------------------------


def run_view(
    run: Callable[..., Any], epochs: int, text: Callable[[Any], str],
    verdict: Callable[..., str] = lambda **controls: "", *, top: float = 2.6,
) -> Callable[[Any], Callable[..., str]]:  # fmt: skip
    """How an explorer trains anew at every change and draws losses and accuracies by epoch.

    `run(**controls)` returns a History; `text(history)` the sentence under the picture, where
    `verdict(**controls)`, unless empty, stands first and in the picture. Losses above `top` (a run
    that left the picture) stretch the axis.
    """

    def draw(pair: Any) -> Callable[..., str]:
        lines = {}
        for axes, name in zip(pair, ("loss", "accuracy"), strict=True):
            (lines[name],) = axes.plot([], [], "-", color=COLOURS.train, label="training")
            (lines[f"validation {name}"],) = axes.plot(
                [], [], "--o", color=COLOURS.validation, markersize=3, label="held out"
            )
            axes.set(xlim=(0, epochs + 0.5), xlabel="epoch", title=name)
        pair[0].legend(loc="upper right")
        pair[1].set(ylim=(0, 1.03))
        (best,) = pair[0].plot([], [], ":", color=COLOURS.neutral)
        said = pair[0].text(0.97, 0.55, "", transform=pair[0].transAxes, ha="right", va="center")

        def update(**controls: Any) -> str:
            history, words = run(**controls), verdict(**controls)
            said.set_text(textwrap.fill(words, 28))
            epochs_done = np.arange(1, len(history) + 1)
            highest = top
            for name, line in lines.items():
                column = history.column(name)
                line.set_data(epochs_done, column)
                if name.endswith("loss") and len(column) and np.nanmax(column) > top:
                    highest = max(highest, 1.05 * float(np.nanmin([np.nanmax(column), 20.0])))
            pair[0].set_ylim(0, highest)
            where = [] if history.best_epoch is None else [history.best_epoch] * 2
            best.set_data(where, [0, highest][: len(where)])
            return f"{words}: {text(history)}" if words else text(history)

        return update

    return draw


def bands(
    curves: Mapping[str, Float[np.ndarray, "seeds points"]], *,
    title: str, xlabel: str, ylabel: str,
    at: Sequence[float] | None = None, log: bool = False,
) -> Figure:  # fmt: skip
    """Several seeds of each curve: their mean, and the range they cover."""
    axes = new_axes(6.5, 3.7)
    for k, (name, runs) in enumerate(curves.items()):
        x = np.arange(1, runs.shape[1] + 1) if at is None else np.asarray(at)
        colour = COLOURS.classes[k]
        axes.fill_between(x, runs.min(axis=0), runs.max(axis=0), color=colour, alpha=0.18)
        axes.plot(x, runs.mean(axis=0), DASHES[k % 4], color=colour, label=name,
                  linewidth=2.2 * scale())  # fmt: skip
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
    if log:
        axes.set_yscale("log")
    axes.legend(fontsize="small")
    return axes.figure


def staircase(curves: Mapping[str, Callable[[np.ndarray], np.ndarray]], steps: int) -> Figure:
    """Schedules as curves over the updates or epochs."""
    axes = new_axes(6.5, 3.3)
    x = np.arange(steps)
    for k, (name, rate) in enumerate(curves.items()):
        axes.plot(x, rate(x), DASHES[k % 4], color=COLOURS.classes[k], label=name,
                  linewidth=2.2 * scale(), drawstyle="steps-post")  # fmt: skip
    axes.set(title="Large steps first, small ones at the end", xlabel="epoch",
             ylabel="learning rate")  # fmt: skip
    axes.legend()
    return axes.figure


def stop_view(run: Callable[..., Any], epochs: int) -> Callable[[Axes], Callable[..., str]]:
    """How an explorer draws where early stopping looks, waits and stops, on a run of its own."""

    def draw(axes: Axes) -> Callable[..., str]:
        (train,) = axes.plot([], [], "-", color=COLOURS.train, label="training loss")
        (held_out,) = axes.plot([], [], "--o", color=COLOURS.validation, markersize=4,
                                label="validation loss")  # fmt: skip
        (best,) = axes.plot([], [], "*", color=COLOURS.accent, markersize=17 * scale(),
                            markeredgecolor="black", label="best weights")  # fmt: skip
        end = axes.axvline(0, color=COLOURS.neutral, linestyle=":")
        axes.set(xlim=(0, epochs + 0.5), ylim=(0, 1.5), xlabel="epoch", ylabel="loss",
                 title="the star is kept, the dotted line ends the run")  # fmt: skip
        axes.legend(loc="upper right")

        def update(**controls: Any) -> str:
            history = run(**controls)
            x = np.arange(1, len(history) + 1)
            train.set_data(x, history["loss"])
            held_out.set_data(x, history["validation loss"])
            lowest = history["validation loss"][history.best_epoch - 1]
            best.set_data([history.best_epoch], [lowest])
            end.set_xdata([len(history)] * 2)
            return (
                f"best epoch {history.best_epoch} with validation loss {lowest:.4f}; the run "
                f"ended after {len(history)} epochs"
                + (f" ({history.stopped})" if history.stopped else " (nobody stopped it)")
            )

        return update

    return draw


def grid(
    values: Float[np.ndarray, "rows columns"], rows: Sequence[str], columns: Sequence[str], *,
    title: str, xlabel: str, ylabel: str, path: Sequence[tuple[int, int]] = (),
) -> Figure:  # fmt: skip
    """A table of results as a map: the best cell is framed, `path` marks the cells of a shorter
    search.
    """
    axes = new_axes(6, 3.4)
    shown = axes.imshow(values, cmap="Blues", aspect="auto")
    middle = (values.max() + values.min()) / 2
    for i, j in np.ndindex(*values.shape):
        mark = "*" if (i, j) in path else ""
        axes.text(j, i, f"{values[i, j]:.3f}{mark}", ha="center", va="center",
                  color="white" if values[i, j] > middle else "black")  # fmt: skip
    i, j = np.unravel_index(np.argmax(values), values.shape)
    axes.plot(
        [j - 0.47, j + 0.47, j + 0.47, j - 0.47, j - 0.47],
        [i - 0.47, i - 0.47, i + 0.47, i + 0.47, i - 0.47],
        color=COLOURS.accent, linewidth=4,
    )  # fmt: skip
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel, xticks=range(len(columns)),
             xticklabels=columns, yticks=range(len(rows)), yticklabels=rows)  # fmt: skip
    shown.axes.spines[:].set_visible(False)
    return axes.figure


def pictures(
    images: Float[np.ndarray, "count pixels"], titles: Sequence[str], columns: int = 8
) -> Figure:
    """Digits in a row, each with its words."""
    rows = -(-len(images) // columns)
    cells = np.ravel(new_axes(1.25 * columns, 1.65 * rows, columns=columns, rows=rows))
    for axes in cells:
        axes.set_axis_off()
    for axes, image, title in zip(cells, images, titles, strict=False):
        axes.imshow(image.reshape(8, 8), cmap="gray_r")
        axes.set_title(title, fontsize=10 * scale(), loc="center")
    return cells[0].figure


def differences(
    names: Sequence[str], gaps: Float[np.ndarray, "rows seeds"], *, title: str, xlabel: str
) -> Figure:
    """Paired differences, a dot per seed and a bar at the mean, for each variant."""
    axes = new_axes(6.5, 0.6 * len(names) + 1.2)
    axes.axvline(0, color=COLOURS.neutral, linewidth=1)
    for k, (row, marker) in enumerate(zip(gaps, COLOURS.markers, strict=False)):
        axes.plot(row, np.full(len(row), k), marker, color=COLOURS.classes[k], alpha=0.6)
        axes.plot([row.mean()] * 2, [k - 0.28, k + 0.28], color=COLOURS.classes[k], linewidth=4)
    axes.set(title=title, xlabel=xlabel, yticks=range(len(names)), yticklabels=names,
             ylim=(len(names) - 0.5, -0.5))  # fmt: skip
    return axes.figure


__all__ = [
    "bands", "batch_steps", "differences", "five_steps", "five_view", "grid",
    "pictures", "run_view", "show_body", "staircase", "stop_view",
]  # fmt: skip
