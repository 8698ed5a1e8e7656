"""What the chapter on optimisers looks like: walks over landscapes, rates over time, races."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .critical_difference import critical_difference_diagram
from .picture import new_axes
from .style import COLOURS, scale

if TYPE_CHECKING:
    from jaxtyping import Float
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1)), (0, (3, 1)), (0, (1, 1)), (0, (8, 2)))
FLOOR = 1e-12  # heights below are drawn here, on logarithmic axes

Walks = Mapping[str, "Float[np.ndarray, 'places 2']"]
Height = Callable[[Any], Any]


def look(k: int) -> dict[str, Any]:
    """Colour and line of the k-th walk or curve."""
    return {"color": COLOURS.classes[k % 7], "linestyle": DASHES[k % 8]}


def landscape(
    axes: Axes, height: Height, window: Sequence[float], lowest: Sequence[tuple[float, float]] = ()
) -> list[Any]:
    """Level lines of a height over two weights, dense at the bottom; its lowest points as stars."""
    left, right, bottom, top = window
    x, y = np.meshgrid(np.linspace(left, right, 140), np.linspace(bottom, top, 140))
    z = np.asarray(height((x, y)))
    low = min([z.min(), *(float(height(np.array(p, dtype=float))) for p in lowest)])
    span = z.max() - low
    levels = [low - 1e-9, *(low + span * np.linspace(0.08, 1, 8) ** 3)]
    ground = axes.contourf(x, y, z, levels=levels, cmap="Blues", alpha=0.75, antialiased=False)
    stars = axes.plot(
        *np.array(lowest or [(np.nan, np.nan)]).T, "*", color=COLOURS.accent,
        markersize=14 * scale(), markeredgecolor="black", zorder=5,
    )  # fmt: skip
    axes.set(xlim=(left, right), ylim=(bottom, top), xlabel="$w_0$", ylabel="$w_1$", aspect="equal")
    return [ground, *stars]


def heights(
    height: Height, walk: Float[np.ndarray, "places 2"], low: float = 0.0
) -> Float[np.ndarray, " places"]:
    """The height at every place of a walk above the lowest one; where it ran away, nan."""
    with np.errstate(all="ignore"):
        found = np.asarray(height(walk.T), dtype=float) - low
    return np.where(np.isfinite(found) & (found < 1e9), np.maximum(found, FLOOR), np.nan)


def _inside(walk: Float[np.ndarray, "places 2"], reach: float = 1e4) -> Any:
    return np.where(np.isfinite(walk) & (np.abs(walk) < reach), walk, np.nan).T


def valley_view(
    paths: Callable[[float, float, float], Walks], start: tuple[float, float] = (10, 1)
) -> Callable[[Any], Callable[[float, float, float], str]]:
    """How an explorer draws walks down (w0**2 + condition w1**2) / 2 while three knobs turn.

    `paths(learning_rate, momentum, condition)` makes the walks.
    """
    angle = np.linspace(0, 2 * np.pi, 200)

    def draw(pair: Any) -> Callable[[float, float, float], str]:
        left, right = pair
        rings = [left.plot([], [], "-", color=COLOURS.neutral, linewidth=0.8)[0] for _ in range(7)]
        left.plot(0, 0, "*", color=COLOURS.accent, markersize=14 * scale(), markeredgecolor="k")
        left.set(xlim=(-11, 11), ylim=(-2.2, 2.2), xlabel="$w_0$", ylabel="$w_1$",
                 title="the walks", aspect="equal")  # fmt: skip
        right.set(xlabel="step", ylabel="loss", yscale="log", ylim=(1e-7, 1e4), title="the loss")
        trails: dict[str, Any] = {}
        curves: dict[str, Any] = {}

        def update(learning_rate: float, momentum: float, condition: float) -> str:
            def height(w: Any) -> Any:
                return (w[0] ** 2 + condition * w[1] ** 2) / 2

            levels = 50 * np.array([1.6, 1, 0.6, 0.33, 0.15, 0.05, 0.01])
            for ring, c in zip(rings, levels, strict=True):
                ring.set_data(
                    np.sqrt(2 * c) * np.cos(angle), np.sqrt(2 * c / condition) * np.sin(angle)
                )
            words = []
            for k, (name, walk) in enumerate(paths(learning_rate, momentum, condition).items()):
                if name not in trails:
                    (trails[name],) = left.plot(
                        [], [], marker=COLOURS.markers[k], markersize=4, **look(k)
                    )
                    (curves[name],) = right.plot([], [], label=name, **look(k))
                    right.set_xlim(0, len(walk) - 1)
                    right.legend(loc="upper right")
                trails[name].set_data(*_inside(walk))
                lost = heights(height, walk)
                curves[name].set_data(range(len(lost)), lost)
                end = lost[-1]
                words.append(f"{name}: {'runs away' if np.isnan(end) else f'{end:.2g}'}")
            return (
                f"limit of gradient descent 2 / {condition:g} = {2 / condition:.3g};  loss after "
                f"{len(walk) - 1} steps: " + ", ".join(words)
            )

        return update

    return draw


def race(surface: Any, walks: Walks, *, title: str = "") -> Callable[[Any], Callable[[int], str]]:
    """How a player draws several walks over one surface, step by step; states are step numbers."""
    low = min([0.0, *(float(surface.height(np.array(p, dtype=float))) for p in surface.lowest)])
    lost = {name: heights(surface.height, walk, low) for name, walk in walks.items()}

    def draw(pair: Any) -> Callable[[int], str]:
        left, right = pair
        landscape(left, surface.height, surface.window, surface.lowest)
        left.set_title(title or surface.name)
        trails, heads, curves = {}, {}, {}
        for k, name in enumerate(walks):
            (trails[name],) = left.plot([], [], **look(k))
            (heads[name],) = left.plot(
                [], [], COLOURS.markers[k], color=COLOURS.classes[k], markersize=9 * scale(),
                markeredgecolor="white",
            )  # fmt: skip
            (curves[name],) = right.plot(
                [], [], marker=COLOURS.markers[k], markevery=8, label=name, **look(k)
            )
        every = np.concatenate(list(lost.values()))
        floor, top = max(np.nanmin(every) / 3, FLOOR / 3), np.nanmax(every) * 3
        right.set(
            xlim=(0, max(map(len, lost.values())) - 1), yscale="log", xlabel="step",
            ylim=(floor, top * (top / floor) ** 0.4),  # room for the legend
            ylabel="loss above the lowest", title="the loss",
        )  # fmt: skip
        right.legend(loc="upper right", ncols=2, fontsize="small", columnspacing=1)

        def update(step: int) -> str:
            words = []
            for name, walk in walks.items():
                x, y = _inside(walk[: step + 1])
                trails[name].set_data(x, y)
                heads[name].set_data(x[-1:], y[-1:])
                curves[name].set_data(range(len(x)), lost[name][: step + 1])
                now = lost[name][min(step, len(walk) - 1)]
                words.append(f"{name} {'ran away' if np.isnan(now) else f'{now:.2g}'}")
            return f"step {step}: " + ", ".join(words)

        return update

    return draw


def surface_view(
    surfaces: Mapping[str, Any], path: Callable[[Any, str, float], Float[np.ndarray, "places 2"]]
) -> Callable[[Any], Callable[[str, str, float], str]]:
    """How an explorer draws one optimiser on a surface of choice; `path(surface, optimiser, rate)`
    walks."""

    def draw(pair: Any) -> Callable[[str, str, float], str]:
        left, right = pair
        (trail,) = left.plot(
            [], [], ".-", color=COLOURS.positive, linewidth=1.5 * scale(), zorder=6
        )
        (head,) = left.plot(
            [], [], "o", color=COLOURS.positive, markersize=10 * scale(), zorder=7,
            markeredgecolor="white",
        )  # fmt: skip
        (curve,) = right.plot([], [], color=COLOURS.positive)
        right.set(xlabel="step", yscale="log", ylabel="loss above the lowest", ylim=(1e-8, 1e3))
        shown: dict[str, Any] = {"name": None, "artists": []}

        def update(surface: str, optimiser: str, exponent: float) -> str:
            chosen = surfaces[surface]
            if shown["name"] != surface:
                for artist in shown["artists"]:
                    artist.remove()
                shown["artists"] = landscape(left, chosen.height, chosen.window, chosen.lowest)
                shown["name"] = surface
                left.set_title(surface)
            walk = path(chosen, optimiser, 10**exponent)
            low = min(float(chosen.height(np.array(p, dtype=float))) for p in chosen.lowest)
            lost = heights(chosen.height, walk, low)
            x, y = _inside(walk)
            trail.set_data(x, y)
            head.set_data(x[-1:], y[-1:])
            curve.set_data(range(len(lost)), lost)
            right.set_xlim(0, len(lost) - 1)
            right.set_title(f"{optimiser}, rate {10**exponent:.2g}")
            if np.isnan(lost[-1]):
                return f"{optimiser} with rate {10**exponent:.3g} runs away"
            return (
                f"{optimiser} with rate {10**exponent:.3g}: after {len(lost) - 1} steps "
                f"{lost[-1]:.2g} above the lowest point, at ({walk[-1, 0]:.3f}, {walk[-1, 1]:.3f})"
            )

        return update

    return draw


def regimes(walks: Mapping[str, Float[np.ndarray, " places"]]) -> Figure:
    """One weight under several learning rates: creeping, quick, changing sides, running away."""
    axes = new_axes(5.0, 2.9)
    for k, (name, z) in enumerate(walks.items()):
        axes.plot(z, marker=COLOURS.markers[k], markersize=5 * scale(), label=name, **look(k))
    axes.axhline(0, color=COLOURS.neutral, linewidth=0.8)
    axes.set(
        title="Up to 2 divided by the curvature it converges", xlabel="step", ylabel="weight",
        ylim=(-12, 25),
    )  # fmt: skip
    axes.legend(loc="upper left", ncols=3, title="learning rate")
    return axes.figure


def steps_needed(
    rates: Float[np.ndarray, " rates"],
    counts: Float[np.ndarray, " rates"],
    marks: Mapping[str, float],
) -> Figure:
    """How many steps to a tolerance, over the learning rate, with rates worth naming."""
    axes = new_axes(5.0, 2.9)
    axes.plot(rates, counts, color=COLOURS.negative)
    for k, (name, rate) in enumerate(marks.items()):
        axes.axvline(rate, color=COLOURS.classes[k + 1], linestyle=DASHES[k + 1], label=name)
    axes.set(
        title="The best rate lies close to the limit", xlabel="learning rate",
        ylabel="steps to a millionth", ylim=(0, 400),
    )  # fmt: skip
    axes.legend(loc=(0.36, 0.6))
    return axes.figure


def curves(
    losses: Mapping[str, Float[np.ndarray, " steps"]],
    title: str,
    *,
    ylabel: str = "loss",
    xlabel: str = "step",
    log: bool = True,
    first: int = 0,
    size: tuple[float, float] = (5.0, 2.9),
    axes: Axes | None = None,
) -> Any:
    """Several curves over the steps; a two-dimensional one (nets, steps) as mean and range."""
    own = axes is None
    axes = new_axes(*size) if axes is None else axes
    for k, (name, values) in enumerate(losses.items()):
        values = np.atleast_2d(values)
        x = first + np.arange(values.shape[1])
        if len(values) > 1:
            axes.fill_between(
                x, values.min(axis=0), values.max(axis=0), color=COLOURS.classes[k], alpha=0.15
            )
        axes.plot(
            x, values.mean(axis=0), label=name, marker=COLOURS.markers[k],
            markevery=max(1, len(x) // 8), markersize=6 * scale(), **look(k),
        )  # fmt: skip
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel, yscale="log" if log else "linear")
    if log and np.nanmin([np.nanmin(v) for v in losses.values()]) > 0.1:
        axes.set_yticks([0.2, 0.3, 0.5, 1], ["0.2", "0.3", "0.5", "1"])
        axes.minorticks_off()
    axes.legend()
    return axes.figure if own else axes


def noise(sizes: Sequence[int], spread: Float[np.ndarray, " sizes"], sigma: float) -> Figure:
    """Spread of the mini-batch gradient over the batch size, beside sigma / sqrt(b)."""
    axes = new_axes(4.4, 2.9)
    axes.plot(sizes, spread, "o", color=COLOURS.positive, label="measured", markersize=9 * scale())
    axes.plot(sizes, sigma / np.sqrt(sizes), "--", color=COLOURS.text, label=r"$\sigma/\sqrt{b}$")
    axes.set(
        title="Four times the batch, half the noise", xscale="log", yscale="log",
        xlabel="batch size b", ylabel="error of the gradient (length)",
    )  # fmt: skip
    axes.set_xticks(list(sizes), [str(s) for s in sizes])
    axes.set_yticks([0.2, 0.5, 1, 2, 4], ["0.2", "0.5", "1", "2", "4"])
    axes.minorticks_off()
    axes.legend()
    return axes.figure


def three_paths(surface: Any, walks: Walks, titles: Sequence[str]) -> Figure:
    """The same landscape three times, one walk on each."""
    row = new_axes(7.6, 2.5, columns=len(walks), sharey=True)
    for k, (axes, title, walk) in enumerate(zip(row, titles, walks.values(), strict=True)):
        landscape(axes, surface.height, surface.window, surface.lowest)
        axes.plot(*_inside(walk), ".-", color=COLOURS.positive, linewidth=1.2, markersize=3)
        axes.set_title(title)
        if k:
            axes.set_ylabel("")
    return row[0].figure


def stability_map(
    products: Float[np.ndarray, " rates"],
    momenta: Float[np.ndarray, " momenta"],
    factors: Float[np.ndarray, "momenta rates"],
) -> Figure:
    """The factor per step for every pair (rate times curvature, momentum); white line: 1."""
    axes = new_axes(5.0, 3.1)
    picture = axes.pcolormesh(
        products,
        momenta,
        np.minimum(factors, 1.2),
        cmap="cividis_r",
        vmin=0,
        vmax=1.2,
        shading="auto",
    )
    axes.contour(products, momenta, factors, levels=[1.0], colors="white", linewidths=2.5)
    axes.plot(2 * (1 + momenta), momenta, ":", color=COLOURS.text, label=r"$2(1+\gamma)$")
    best = (1 - np.sqrt(momenta)) ** 2
    axes.plot(best, momenta, "--", color=COLOURS.text, label=r"$(1-\sqrt{\gamma})^2$")
    axes.set(
        title="Momentum widens what is stable", xlabel=r"rate times curvature, $\eta\lambda$",
        ylabel=r"momentum $\gamma$", xlim=(products[0], products[-1]),
    )  # fmt: skip
    axes.legend(loc="lower right")
    axes.figure.colorbar(picture, ax=axes, label="factor per step")
    return axes.figure


STAGES = (
    ("it / stepsize: half cycles done", lambda it, s, c: it / s),
    ("minus 2 cycle: back by one cycle each", lambda it, s, c: it / s - 2 * c),
    ("plus 1: the middle of each cycle at 0", lambda it, s, c: it / s - 2 * c + 1),
    ("x: without the sign", lambda it, s, c: np.abs(it / s - 2 * c + 1)),
    ("1 - x: a triangle from 0 to 1", lambda it, s, c: 1 - np.abs(it / s - 2 * c + 1)),
)


def building(
    low: float, high: float, half: int, cycles: int = 3
) -> Callable[[Axes], Callable[[int], str]]:
    """How a player builds the triangular policy: five stages and the scaled sixth."""
    it = np.arange(0, 2 * half * cycles)
    cycle = np.floor(1 + it / (2 * half))

    def draw(axes: Axes) -> Callable[[int], str]:
        (before,) = axes.plot([], [], ":", color=COLOURS.neutral, label="the stage before")
        (now,) = axes.plot([], [], color=COLOURS.positive, label="this stage")
        axes.axhline(0, color=COLOURS.text, linewidth=0.8)
        axes.set(xlim=(0, it[-1]), xlabel="iteration")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:>7.4g}")  # room for all stages
        axes.legend(loc="upper right", ncols=2)

        def update(stage: int) -> str:
            rows = [f(it, half, cycle) for _, f in STAGES]
            rows.append(low + (high - low) * rows[-1])
            titles = [*(t for t, _ in STAGES), "the rate: low + (high - low) (1 - x)"]
            now.set_data(it, rows[stage])
            before.set_data(it, rows[stage - 1] if 0 < stage < 5 else np.full(len(it), np.nan))
            both = rows[stage] if stage == 5 else np.append(rows[stage], rows[max(stage - 1, 0)])
            pad = 0.12 * (both.max() - both.min())
            axes.set(title=titles[stage], ylim=(both.min() - pad, both.max() + 4 * pad))
            k = int(1.5 * half)
            return f"stage {stage + 1}: {titles[stage]};  at iteration {k} it is {rows[stage][k]:g}"

        return update

    return draw


def schedule_view(
    kinds: Mapping[str, Callable[[Any, float, float, float], Any]], steps: int
) -> Callable[[Axes], Callable[..., str]]:
    """How an explorer draws a schedule; `kinds[name](steps, low, high, length)` gives the rates."""
    it = np.arange(steps)

    def draw(axes: Axes) -> Callable[..., str]:
        (line,) = axes.plot([], [], color=COLOURS.positive)
        (mark,) = axes.plot([], [], "o", color=COLOURS.text, markersize=9 * scale())
        axes.set(xlim=(0, steps - 1), xlabel="step", ylabel="learning rate")

        def update(kind: str, low: float, high: float, length: int, step: int) -> str:
            rates = np.asarray(kinds[kind](it, low, high, length))
            line.set_data(it, rates)
            mark.set_data([step], [rates[step]])
            axes.set(ylim=(0, 1.08 * max(rates.max(), high)), title=kind)
            return (
                f"{kind}: rate {rates[step]:.4g} at step {step}; mean {rates.mean():.4g}, "
                f"from {rates.min():.3g} to {rates.max():.3g}"
            )

        return update

    return draw


def schedules(
    rates: Mapping[str, Float[np.ndarray, " steps"]],
    title: str,
    *,
    xlabel: str = "step",
    ylabel: str = "learning rate",
    width: float = 5.4,
) -> Figure:
    """Learning rates over the steps."""
    axes = new_axes(width, 2.8)
    for k, (name, values) in enumerate(rates.items()):
        axes.plot(values, label=name, **look(k))
    top = max(float(np.max(values)) for values in rates.values())
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel, ylim=(0, 1.5 * top))
    axes.legend(loc="upper center", ncols=2)
    return axes.figure


def rate_curves(
    rates: Sequence[float], found: Mapping[str, Float[np.ndarray, " rates"]], title: str
) -> Figure:
    """What each optimiser reaches over the learning rate: how wide is its valley of good rates?"""
    axes = new_axes(5.6, 3.4)
    for k, (name, values) in enumerate(found.items()):
        good = np.isfinite(values)
        axes.plot(
            np.asarray(rates)[good], values[good], marker=COLOURS.markers[k], label=name, **look(k)
        )
    axes.set(
        title=title, xscale="log", xlabel="learning rate / centre of the optimiser",
        ylabel="log-loss on the tuning part",
        yscale="log",
    )  # fmt: skip
    axes.set_yticks([0.2, 0.3, 0.5, 1, 2], ["0.2", "0.3", "0.5", "1", "2"])
    axes.minorticks_off()
    axes.legend(ncols=2)
    return axes.figure


def ranked(comparison: Any) -> Figure:
    """The critical-difference diagram of a comparison as a figure of its own."""
    axes = new_axes(6.8, 3.0)
    critical_difference_diagram(axes, comparison)
    return axes.figure


def wells(line: Float[np.ndarray, " points"], height: Height, walks: Mapping[str, Any]) -> Figure:
    """A curve with two dips, and walks along it; each walk lies a little higher."""
    axes = new_axes(4.8, 2.9)
    axes.plot(line, height(line), "-", color=COLOURS.text)
    for k, (name, walk) in enumerate(walks.items()):
        axes.plot(
            walk, height(walk) + 0.2 * (k + 1), marker=COLOURS.markers[k], markersize=4, label=name,
            **look(k),
        )  # fmt: skip
    axes.set(title="Momentum rolls through the dip", xlabel="weight", ylabel="loss")
    axes.legend()
    return axes.figure


def sharpness(
    moves: Float[np.ndarray, " moves"], losses: Mapping[str, Float[np.ndarray, " moves"]]
) -> Figure:
    """The loss along the same move of the weights, for nets that compute the same."""
    axes = new_axes(4.6, 2.9)
    for k, (name, values) in enumerate(losses.items()):
        axes.plot(moves, values, label=name, **look(k))
    axes.set(title="The same function, flat or sharp", xlabel="move of the weights", ylabel="loss")
    axes.legend()
    return axes.figure
