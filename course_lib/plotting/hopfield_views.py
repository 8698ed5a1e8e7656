"""What the chapter on Hopfield networks looks like: pictures recalled, cubes, basins, valleys."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.models import hopfield
from course_lib.models.losses import softmax

from .picture import new_axes
from .style import COLOURS, scale

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIDE = 8  # pixels of a digit's side
SIGN = {1: "+", -1: "−"}


def signs(state: Any) -> str:
    """A state as a word of plus and minus signs."""
    return "".join(SIGN[int(v)] for v in state)


def bare(axes: Axes, title: str = "") -> Axes:
    """No ticks and no frame."""
    axes.set(xticks=[], yticks=[], title=title)
    axes.spines[:].set_visible(False)
    return axes


def paint(axes: Axes, image: Any, title: str = "") -> Any:
    """One pattern as a picture: +1 is ink, -1 paper, between them grey."""
    axes.set(xticks=[], yticks=[], title=title)
    axes.spines[:].set_visible(True)
    axes.spines[:].set_color("#bfbfbf")
    return axes.imshow(np.reshape(image, (SIDE, -1)), cmap="gray_r", vmin=-1, vmax=1)


def gallery(images: Any, titles: Sequence[str], *, columns: int | None = None) -> Figure:
    """Patterns as pictures, a line of text over each."""
    columns = columns or len(images)
    rows = -(-len(images) // columns)
    grid = np.atleast_1d(new_axes(1.35 * columns, 1.75 * rows, columns=columns, rows=rows))
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, image, title in zip(grid.flat, images, titles, strict=False):
        axes.set_axis_on()
        paint(axes, image, title)
        axes.title.set_fontsize(10 * scale())
    return grid.flat[0].figure


# --- recall ---------------------------------------------------------------------------------------


def corrupted(
    pattern: Int[np.ndarray, " units"], noise: float, hidden: int, seed: int = 0
) -> Int[np.ndarray, " units"]:
    """Flip a share of the pixels, then turn the lowest `hidden` rows to paper."""
    image = hopfield.flip(pattern, noise, np.random.default_rng(seed)).reshape(SIDE, -1)
    image[SIDE - hidden :] = -1
    return image.ravel()


def memory_view(
    patterns: Int[np.ndarray, "patterns units"],
) -> Callable[[Any], Callable[..., str]]:
    """Store some digits by a rule, spoil one, and see what comes back."""

    def draw(axes: Any) -> Callable[..., str]:
        pictures = [
            paint(a, patterns[0], title)
            for a, title in zip(axes, ("stored", "shown to the net", "comes back"), strict=True)
        ]

        def update(rule: str, digit: int, stored: int, noise: float, hidden: int) -> str:
            chosen = patterns[(digit + np.arange(stored)) % len(patterns)]
            weights = hopfield.RULES[rule](chosen)
            start = corrupted(chosen[0], noise, hidden)
            end = hopfield.recall(weights, start[None], np.random.default_rng(0))[0]
            for picture, image in zip(pictures, (chosen[0], start, end), strict=True):
                picture.set_data(image.reshape(SIDE, -1))
            axes[0].set_title(f"one of {stored} stored")
            before, after = np.sum(start != chosen[0]), np.sum(end != chosen[0])
            low, high = hopfield.energy(weights, end), hopfield.energy(weights, start)
            verdict = "recalled" if not after else f"{after} pixels wrong"
            return (
                f"{rule}, {stored} digits stored; a {digit} with noise {noise:.0%} and {hidden} "
                f"rows hidden: {before} of 64 pixels wrong, energy {high:.2f} → {low:.2f}, then "
                f"{verdict}"
            )

        return update

    return draw


def recalling(
    target: Int[np.ndarray, " units"], states: Sequence[hopfield.RecallStep]
) -> Callable[[Any], Callable[[hopfield.RecallStep], str]]:
    """How a player draws recall: the picture, what is still wrong, and the energy so far."""
    energies = [s.energy for s in states]

    def draw(axes: Any) -> Callable[[hopfield.RecallStep], str]:
        now = paint(axes[0], target, "state of the net")
        (ring,) = axes[0].plot(
            [], [], "s", fillstyle="none", color=COLOURS.accent, markersize=15 * scale(),
            markeredgewidth=2.5 * scale(),
        )  # fmt: skip
        wrong = paint(axes[1], target * 0, "still wrong")
        (line,) = axes[2].plot([], [], "o-", color=COLOURS.train, markersize=4 * scale())
        axes[2].set(
            xlabel="flips", ylabel="energy", title="Every flip goes down",
            xlim=(-0.5, len(states) - 0.5),
            ylim=(min(energies) - 0.05 * np.ptp(energies), max(energies) + 0.05 * np.ptp(energies)),
        )  # fmt: skip

        def update(state: hopfield.RecallStep) -> str:
            now.set_data(state.state.reshape(SIDE, -1))
            differs = state.state != target
            wrong.set_data(np.where(differs, 1, -1).reshape(SIDE, -1))
            flips = next(i for i, s in enumerate(states) if s.step == state.step)
            line.set_data(range(flips + 1), energies[: flips + 1])
            ring.set_data([], [])
            if state.unit < 0:
                return f"start: {differs.sum()} pixels wrong, energy {state.energy:.2f}"
            ring.set_data([state.unit % SIDE], [state.unit // SIDE])
            return (
                f"flip {flips}: pixel {state.unit + 1} has net input {state.net:+.2f} and turns "
                f"{SIGN[int(state.state[state.unit])]}; energy {state.energy:.2f}, "
                f"{differs.sum()} wrong"
            )

        return update

    return draw


def two_ways(axes: Any) -> Callable[[Any], str]:
    """How a player draws synchronous beside asynchronous recall: pairs of (step, state)."""
    left = paint(axes[0], np.zeros(64), "all units at once")
    right = paint(axes[1], np.zeros(64), "one after the other")

    def update(pair: tuple[hopfield.SynchronousStep, hopfield.RecallStep]) -> str:
        together, alone = pair
        left.set_data(together.state.reshape(SIDE, -1))
        right.set_data(alone.state.reshape(SIDE, -1))
        note = f", a cycle of {together.cycle}" if together.cycle else ""
        return (
            f"round {together.step}: energy {together.energy:.2f} all at once{note}; "
            f"{alone.energy:.2f} one after the other"
        )

    return update


# --- three units ----------------------------------------------------------------------------------


def _cube(axes: Axes) -> tuple[list, dict, Callable]:
    """Eight states at the corners of a cube; returns the corners, their texts, and a repaint."""
    from matplotlib.patches import FancyArrowPatch

    corners = [tuple(int(v) for v in s) for s in hopfield.all_states(3)]
    place = {s: np.array([s[0] + 0.62 * s[2], s[1] + 0.42 * s[2]]) for s in corners}
    edges = [
        (a, b)
        for i, a in enumerate(corners)
        for b in corners[i + 1 :]
        if sum(x != y for x, y in zip(a, b, strict=True)) == 1
    ]
    for a, b in edges:
        axes.plot(*zip(place[a], place[b], strict=True), color="#cccccc", linewidth=1, zorder=1)
    arrows = []
    for a, b in edges:
        arrow = FancyArrowPatch(
            tuple(place[a]), tuple(place[b]), arrowstyle="-|>", mutation_scale=16 * scale(),
            shrinkA=20 * scale(), shrinkB=22 * scale(), color=COLOURS.neutral,
            linewidth=1.6 * scale(), zorder=2,
        )  # fmt: skip
        axes.add_patch(arrow)
        arrows.append(arrow)
    texts = {
        s: axes.text(
            place[s][0],
            place[s][1],
            "",
            ha="center",
            va="center",
            fontsize=10 * scale(),
            zorder=4,
            bbox={"boxstyle": "round", "facecolor": "white", "edgecolor": COLOURS.neutral},
        )  # fmt: skip
        for s in corners
    }
    axes.set(xlim=(-2.15, 2.15), ylim=(-1.75, 1.75))
    bare(axes)

    def repaint(weights: Float[np.ndarray, "3 3"], here: tuple | None = None) -> list:
        level = {s: float(hopfield.energy(weights, np.array(s))) for s in corners}
        for (a, b), arrow in zip(edges, arrows, strict=True):
            down = level[a] - level[b]
            arrow.set_visible(bool(abs(down) > hopfield.TINY))
            top, bottom = (a, b) if down > 0 else (b, a)
            arrow.set_positions(tuple(place[top]), tuple(place[bottom]))
        stable = [s for s in corners if hopfield.is_stable(weights, np.array(s))]
        for s, text in texts.items():
            text.set_text(f"{signs(s)}\n{level[s]:.4g}")
            box: Any = text.get_bbox_patch()
            box.set_edgecolor(COLOURS.positive if s in stable else COLOURS.neutral)
            box.set_linewidth((2.5 if s in stable else 1) * scale())
            box.set_facecolor(COLOURS.accent if s == here else "white")
        return stable

    return corners, texts, repaint


def three_weights(w12: float, w13: float, w23: float) -> Float[np.ndarray, "3 3"]:
    """The symmetric weights of three units, zero diagonal."""
    return np.array([[0, w12, w13], [w12, 0, w23], [w13, w23, 0]], dtype=float)


def on_cube(
    weights: Float[np.ndarray, "3 3"],
) -> Callable[[Axes], Callable[[hopfield.RecallStep], str]]:
    """How a player draws the recall of three units: a walk along the edges of the cube."""

    def draw(axes: Axes) -> Callable[[hopfield.RecallStep], str]:
        *_, repaint = _cube(axes)

        def update(state: hopfield.RecallStep) -> str:
            repaint(weights, tuple(int(v) for v in state.state))
            if state.unit < 0:
                return f"start {signs(state.state)}, energy {state.energy:.4g}"
            terms = " ".join(
                f"{w:+.4g}·({int(y):+d})"
                for j, (w, y) in enumerate(zip(weights[state.unit], state.state, strict=True))
                if j != state.unit
            )
            act = "flips" if state.flipped else "stays"
            return (
                f"unit {state.unit + 1}: v = {terms} = {state.net:.4g}, {act}; state "
                f"{signs(state.state)}, energy {state.energy:.4g}"
            )

        return update

    return draw


def cube_view(axes: Axes) -> Callable[..., str]:
    """Three weights on sliders: which corners are stable, and which way is down?"""
    *_, repaint = _cube(axes)

    def update(w12: float, w13: float, w23: float) -> str:
        stable = repaint(three_weights(w12, w13, w23))
        return (
            f"w12 {w12:+.1f}, w13 {w13:+.1f}, w23 {w23:+.1f}: {len(stable)} stable states "
            f"(thick frames): {', '.join(signs(s) for s in stable)}"
        )

    return update


# --- crosstalk and capacity -----------------------------------------------------------------------


def crosstalk_view(axes: Axes) -> Callable[..., str]:
    """The net inputs of stored bits: signal 1 plus a bell of crosstalk, the tail below 0 wrong."""
    edges = np.linspace(-1.5, 3.5, 51)
    middle = (edges[1:] + edges[:-1]) / 2
    bars = axes.bar(middle, 0 * middle, width=0.1)
    for bar, place in zip(bars, middle, strict=True):
        bar.set_color(COLOURS.positive if place < 0 else COLOURS.train)
        bar.set_hatch("//" if place < 0 else "")
    x = np.linspace(-1.5, 3.5, 300)
    (bell,) = axes.plot(x, 0 * x, "--", color=COLOURS.text)
    axes.axvline(0, color=COLOURS.text, linewidth=1)
    axes.set(
        xlabel="net input times the stored bit, $f_iv_i$ (weights 1/N)", ylabel="density",
        xlim=(-1.5, 3.5), ylim=(0, 2.1), title="Left of 0 the bit turns",
    )  # fmt: skip

    def update(units: int, patterns: int, seed: int) -> str:
        rng = np.random.default_rng(seed)
        F = rng.choice([-1, 1], (patterns, units))
        aligned = ((F @ hopfield.hebb(F, "units")) * F).ravel()
        heights, _ = np.histogram(aligned, edges, density=True)
        for bar, height in zip(bars, heights, strict=True):
            bar.set_height(height)
        sd = np.sqrt(patterns / units)
        bell.set_ydata(np.exp(-((x - 1) ** 2) / (2 * sd**2)) / (sd * np.sqrt(2 * np.pi)))
        wrong = np.sum(aligned < -hopfield.TINY)
        return (
            f"N {units}, M {patterns}, draw {seed}: load {patterns / units:.3f}, crosstalk spread "
            f"{np.std(aligned):.3f} (theory {sd:.3f}); {wrong} of {aligned.size} bits wrong, "
            f"expected {hopfield.bit_error(patterns / units) * aligned.size:.1f}"
        )

    return update


def capacity(
    loads: Sequence[float],
    stable: Mapping[str, Float[np.ndarray, "loads seeds"]],
    after: Mapping[str, Float[np.ndarray, "loads seeds"]],
) -> Figure:
    """Share of stable bits after one look, and overlap after settling, against the load."""
    left, right = new_axes(9, 3.6, columns=2)
    fine = np.linspace(0.03, max(loads), 200)
    left.plot(fine, [1 - hopfield.bit_error(a) for a in fine], "--", color=COLOURS.text,
              label="signal-to-noise theory")  # fmt: skip
    for axes, curves in ((left, stable), (right, after)):
        for k, (name, values) in enumerate(curves.items()):
            colour, marker = COLOURS.classes[k], COLOURS.markers[k]
            axes.plot(loads, values.mean(axis=1), marker=marker, color=colour, label=name,
                      markersize=5 * scale(), linewidth=1.4 * scale())  # fmt: skip
            axes.fill_between(loads, values.min(axis=1), values.max(axis=1), color=colour,
                              alpha=0.15, linewidth=0)  # fmt: skip
        axes.axvline(0.138, color=COLOURS.neutral, linestyle=":")
        axes.set_xlabel("load $M/N$")
    left.set(title="At first sight hardly a bit is wrong", ylabel="share of stable bits")
    right.set(title="... but errors breed errors", ylabel="overlap after settling",
              ylim=(0.3, 1.03))  # fmt: skip
    right.annotate("0.138", (0.138, 0.32), (0.142, 0.33), color=COLOURS.neutral)
    left.legend(loc="lower left", fontsize=9 * scale())
    return left.figure


# --- basins and spurious states -------------------------------------------------------------------

ENDS = ("memory A", "memory B", "memory C", "A, B, C mixed", "elsewhere")


def mixtures_of_three(
    patterns: Int[np.ndarray, "patterns units"], grain: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """States that take a share of their bits from A, B and C: shares (n, 3), states (n, units)."""
    units = patterns.shape[1]
    order, steps = rng.permutation(units), units // grain
    shares, states = [], []
    for b in range(steps + 1):
        for c in range(steps + 1 - b):
            state = patterns[0].copy()
            first, second = order[: b * grain], order[b * grain : (b + c) * grain]
            state[first], state[second] = patterns[1][first], patterns[2][second]
            shares.append((steps - b - c, b, c))
            states.append(state)
    return np.array(shares) / steps, np.array(states)


def basins_view(axes: Axes) -> Callable[..., str]:
    """A triangle of starts between three memories; the marker says where each ends."""
    units, grain = 100, 4
    shares, _ = mixtures_of_three(np.ones((3, units), dtype=int), grain, np.random.default_rng(0))
    x, y = shares[:, 1] + shares[:, 2] / 2, shares[:, 2] * np.sqrt(3) / 2
    groups = [
        axes.plot([], [], marker, color=colour, linestyle="none", label=name,
                  markersize=6.5 * scale())[0]
        for name, marker, colour in zip(
            ENDS, COLOURS.markers, (*COLOURS.classes[:3], COLOURS.text, "#b5b5b5"), strict=False)
    ]  # fmt: skip
    for name, place, where in (("A", (-0.03, -0.02), "right"), ("B", (1.03, -0.02), "left"),
                               ("C", (0.5, 0.9), "center")):  # fmt: skip
        axes.text(*place, name, ha=where, fontsize=14 * scale(), fontweight="bold")
    axes.set(xlim=(-0.1, 1.62), ylim=(-0.08, 1.0), aspect="equal")
    bare(axes, "Where a start between A, B and C ends")
    axes.legend(loc="center right")

    def update(stored: int, seed: int) -> str:
        rng = np.random.default_rng(seed)
        F = rng.choice([-1, 1], (stored, units))
        _, states = mixtures_of_three(F, grain, rng)
        ends = hopfield.recall(hopfield.hebb(F), states, rng)
        mixed = np.sign(F[:3].sum(axis=0))
        near = [hopfield.overlap(ends, target) > 0.9 for target in (*F[:3], mixed)]
        which = np.select(near, range(4), default=4)
        for k, group in enumerate(groups):
            group.set_data(x[which == k], y[which == k])
        counts = [int(np.sum(which == k)) for k in range(5)]
        where = ", ".join(
            f"{count} end in {name}" if k < 4 else f"{count} {name}"
            for k, (name, count) in enumerate(zip(ENDS, counts, strict=True))
        )
        return f"{stored} patterns stored on {units} units, draw {seed}: of {len(x)} starts {where}"

    return update


def bands(
    x: Sequence[float],
    curves: Mapping[str, Float[np.ndarray, "points seeds"]],
    *,
    title: str,
    xlabel: str,
    ylabel: str,
    axes: Axes | None = None,
) -> Axes:
    """Means over seeds with the band from the least to the greatest."""
    axes = new_axes(5.6, 3.5) if axes is None else axes
    for k, (name, values) in enumerate(curves.items()):
        colour = COLOURS.classes[k]
        axes.plot(x, values.mean(axis=1), marker=COLOURS.markers[k], color=colour, label=name,
                  markersize=5 * scale())  # fmt: skip
        axes.fill_between(x, values.min(axis=1), values.max(axis=1), color=colour, alpha=0.15,
                          linewidth=0)  # fmt: skip
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
    if len(curves) > 1:
        axes.legend()
    return axes


# --- real digits ----------------------------------------------------------------------------------


def overlaps(random: Float[np.ndarray, "a a"], real: Float[np.ndarray, "b b"]) -> Figure:
    """Overlap of every pattern with every other: random patterns and real digits."""
    row = new_axes(7.6, 3.4, columns=2)
    for axes, matrix, title in zip(
        row, (random, real), ("Ten random patterns", "Ten real digits"), strict=True
    ):
        image = axes.imshow(matrix, cmap="PRGn", vmin=-1, vmax=1)
        off = matrix[~np.eye(len(matrix), dtype=bool)]
        axes.set(title=f"{title}: mean {off.mean():+.2f}", xticks=range(10), yticks=range(10))
    row[0].figure.colorbar(image, ax=list(row), label="overlap", shrink=0.8)
    return row[0].figure


def dots(results: Mapping[str, Float[np.ndarray, " seeds"]], *, title: str, xlabel: str) -> Figure:
    """One line per method: each seed a dot, the mean a bar."""
    axes = new_axes(6.6, 0.5 * len(results) + 1.1)
    for k, values in enumerate(results.values()):
        axes.plot(values, np.full(len(values), k), "o", color=COLOURS.train, alpha=0.6,
                  markersize=6 * scale())  # fmt: skip
        axes.plot([np.mean(values)] * 2, [k - 0.32, k + 0.32], "-", color=COLOURS.positive,
                  linewidth=3 * scale())  # fmt: skip
    axes.set(yticks=range(len(results)), yticklabels=list(results), title=title, xlabel=xlabel,
             xlim=(-0.03, 1.03))  # fmt: skip
    axes.invert_yaxis()
    return axes.figure


# --- modern networks ------------------------------------------------------------------------------


def valleys(patterns: Float[np.ndarray, "patterns 2"], betas: Sequence[float]) -> Figure:
    """The energy of a modern network over the plane, and ways down, for several beta."""
    row = new_axes(3 * len(betas), 3.2, columns=len(betas))
    reach = np.linspace(-1.6, 1.6, 81)
    plane = np.stack(np.meshgrid(reach, reach), axis=-1)
    starts = [(-1.4, -0.9), (1.4, -0.4), (0.3, 1.5), (-1.3, 0.9), (1.2, 1.1), (0.1, -1.5)]
    for axes, beta in zip(row, betas, strict=True):
        level = hopfield.modern_energy(patterns, plane, beta)
        axes.contourf(reach, reach, level, levels=14, cmap="cividis")
        for start in starts:
            path = [np.array(start)]
            for _ in range(12):
                path.append(hopfield.modern_update(patterns, path[-1], beta))
            axes.plot(*np.array(path).T, "o-", color="white", markersize=3 * scale(),
                      linewidth=1.2 * scale())  # fmt: skip
        axes.plot(*patterns.T, "*", color=COLOURS.positive, markersize=15 * scale(),
                  markeredgecolor="white")  # fmt: skip
        axes.set_aspect("equal")
        settled = np.array(starts)
        for _ in range(1000):
            settled = hopfield.modern_update(patterns, settled, beta)
        count = len(np.unique(settled.round(2), axis=0))
        bare(axes, rf"$\beta={beta:g}$: {count} valley{'s' * (count > 1)}")
    return row[0].figure


def modern_view(
    patterns: Int[np.ndarray, "patterns units"], targets: Int[np.ndarray, " patterns"]
) -> Callable[[Any], Callable[..., str]]:
    """Many digits stored, one spoilt: one update, and how the attention is shared out."""

    def draw(axes: Any) -> Callable[..., str]:
        shown = paint(axes[0], patterns[0], "shown")
        back = paint(axes[1], patterns[0], "after one update")
        bars = axes[2].bar(range(10), np.zeros(10), color=COLOURS.train)
        axes[2].set(ylim=(0, 1.02), xticks=range(10), xlabel="class of the stored digit",
                    ylabel="share of attention", title="Who is listened to")  # fmt: skip

        def update(digit: int, stored: int, noise: float, hidden: int, beta: float) -> str:
            chosen, classes = patterns[:stored], targets[:stored]
            k = int(np.flatnonzero(classes == digit)[0])
            start = corrupted(chosen[k], noise, hidden)
            shares = softmax(beta * chosen @ start)
            new = shares @ chosen
            shown.set_data(start.reshape(SIDE, -1))
            back.set_data(new.reshape(SIDE, -1))
            for c, bar in enumerate(bars):
                bar.set_height(shares[classes == c].sum())
            listened = np.exp(-np.sum(shares * np.log(np.maximum(shares, 1e-300))))
            wrong = np.sum(np.where(new > 0, 1, -1) != chosen[k])
            return (
                f"β {beta:.2f}, {stored} stored; a {digit} with {np.sum(start != chosen[k])} "
                f"pixels wrong (noise {noise:.0%}, {hidden} rows hidden): its own share "
                f"{shares[k]:.3f}, attention as if over {listened:.1f} patterns, "
                f"{wrong} pixels wrong after the update"
            )

        return update

    return draw


def growth(units: Sequence[int], modern: Sequence[float], nearest: Sequence[float]) -> Figure:
    """How many random patterns come back, against the number of units, on a logarithmic scale."""
    axes = new_axes(6, 3.6)
    axes.plot(units, nearest, "s--", color=COLOURS.neutral, label="nearest pattern (Hamming)")
    axes.plot(units, modern, "o-", color=COLOURS.train, label="modern, one update")
    axes.plot(units, 0.138 * np.array(units), ":", color=COLOURS.positive, label="Hebb: 0.138 N")
    axes.set(yscale="log", xlabel="units $N$", ylabel="patterns that come back", xticks=units,
             title="A nearly straight line here: exponential growth")  # fmt: skip
    axes.legend(loc="upper left")
    return axes.figure


__all__ = [
    "bands", "basins_view", "capacity", "corrupted", "crosstalk_view", "cube_view", "dots",
    "gallery", "growth", "memory_view", "mixtures_of_three", "modern_view", "on_cube", "overlaps",
    "recalling", "signs", "three_weights", "two_ways", "valleys",
]  # fmt: skip
