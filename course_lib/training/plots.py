"""Pictures of a run: its curves, the view from inside, the range test; Axes in, Axes out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.training.history import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from course_lib.training.range_test import RangeTest


def curves(history: History, *names: str, axes: Axes | None = None) -> Axes:
    """Columns of the history over the epochs (the losses if none is named).

    Validation is orange, dashed and marked, so that it is told apart without colour too.
    """
    from course_lib.plotting import COLOURS, new_axes

    axes = new_axes() if axes is None else axes
    chosen = names or tuple(n for n in history.names if n in ("loss", "validation loss"))
    epochs = np.arange(1, len(history) + 1)
    for name in chosen:
        held_out = name.startswith("validation")
        axes.plot(
            epochs,
            history[name],
            color=COLOURS.validation if held_out else COLOURS.train,
            linestyle="--" if held_out else "-",
            marker="o" if held_out else None,
            markersize=4,
            label=name if held_out else f"training {name}",
        )
    if history.best_epoch is not None:
        axes.axvline(history.best_epoch, color=COLOURS.neutral, linestyle=":", label="best epoch")
    axes.set(xlabel="epoch", ylabel=" / ".join(dict.fromkeys(_bare(name) for name in chosen)))
    axes.legend()
    return axes


def _bare(name: str) -> str:
    return name.removeprefix("validation ")


def live_curves(epochs: int) -> Callable[[Any], Callable[..., str]]:
    """The draw function of the live view: losses as they come, and after each epoch."""

    def draw(axes: Any) -> Callable[..., str]:
        from course_lib.plotting import COLOURS

        (now,) = axes.plot([], [], color=COLOURS.train, alpha=0.4, linewidth=1, label="loss now")
        (train,) = axes.plot([], [], color=COLOURS.train, label="training loss")
        (held_out,) = axes.plot(
            [], [], color=COLOURS.validation, linestyle="--", label="validation loss"
        )
        axes.set(xlabel="epoch", ylabel="loss")
        axes.legend(loc="upper right")

        def update(history: History, recent: Sequence[tuple[float, float]]) -> str:
            done = np.arange(1, len(history) + 1)
            now.set_data([x for x, _ in recent], [y for _, y in recent])
            train.set_data(done, history.column("loss"))
            held_out.set_data(done, history.column("validation loss"))
            axes.relim()
            axes.autoscale_view()
            axes.set_xlim(0, max(epochs, 1))
            return f"{len(history)} of {epochs} epochs"

        return update

    return draw


def inside(history: History, name: str, *, axes: Axes | None = None, log: bool = True) -> Axes:
    """One diagnostic over the epochs, a line per layer: see `diagnostics.NAMES`.

    Raises KeyError if the run did not measure it.
    """
    from course_lib.plotting import COLOURS, new_axes

    rows = [row.get(name, {}) for row in history.diagnostics]
    layers = list(dict.fromkeys(layer for row in rows for layer in row))
    if not layers:
        raise KeyError(f"the run did not measure {name!r}: pass diagnostics=[{name!r}] to fit")
    axes = new_axes() if axes is None else axes
    epochs = np.arange(1, len(rows) + 1)
    for k, layer in enumerate(layers):
        values = [row.get(layer, np.nan) for row in rows]
        marker = COLOURS.markers[k % len(COLOURS.markers)]
        axes.plot(epochs, values, marker=marker, markersize=4, label=layer)
    if name == "update ratio":
        axes.axhline(1e-3, color=COLOURS.neutral, linestyle=":", label="about healthy")
    if log and name in ("gradient norm", "update ratio"):
        axes.set_yscale("log")
    axes.set(xlabel="epoch", ylabel=name)
    axes.legend(fontsize="small")
    return axes


def range_curve(test: RangeTest, *, axes: Axes | None = None) -> Axes:
    """The loss over the learning rate with the range found: no progress, progress, divergence."""
    from course_lib.plotting import COLOURS, new_axes

    axes = new_axes() if axes is None else axes
    axes.plot(test.rates, test.losses, color=COLOURS.neutral, alpha=0.35, linewidth=1, label="loss")
    axes.plot(test.rates, test.smooth, color=COLOURS.train, label="smoothed loss")
    axes.axvspan(test.low, test.high, color=COLOURS.accent, alpha=0.2, label="suggested range")
    floor = float(np.min(test.smooth))
    axes.set_ylim(floor - 0.1 * (test.start - floor), test.start + 0.6 * (test.start - floor))
    axes.set(xscale="log", xlabel="learning rate", ylabel="loss")
    axes.legend()
    return axes
