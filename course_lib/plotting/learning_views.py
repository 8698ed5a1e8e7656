"""What the chapter on learning from data looks like: descriptors, fits, clusters, shifts."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.models import descriptors, neighbours

from .boundaries import scatter_classes
from .picture import new_axes
from .style import COLOURS, scale

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DASHES = ("-", "--", "-.", ":")


# --- plain pictures -----------------------------------------------------------------------------


def gallery(
    pictures: Mapping[str, np.ndarray], rows: int = 1, size: float = 1.6, cmap: str = "gray"
) -> Figure:
    """Pictures side by side, each with its name; grey ones share no scale."""
    columns = -(-len(pictures) // rows)
    tall = max(p.shape[0] / p.shape[1] for p in pictures.values())
    grid = np.atleast_1d(new_axes(size * columns, (size * tall + 0.3) * rows, columns, rows))
    for axes in grid.flat:
        axes.axis("off")
    for axes, (name, pixels) in zip(grid.flat, pictures.items(), strict=False):
        axes.imshow(pixels, cmap=cmap, interpolation="nearest")
        axes.set_title(name, fontsize=9 * scale())
    return grid.flat[0].figure


def lines(
    x: Sequence[float] | np.ndarray,
    curves: Mapping[str, np.ndarray],
    *,
    title: str,
    xlabel: str,
    ylabel: str,
    axes: Axes | None = None,
    mark: float | None = None,
    **settings: Any,
) -> Axes:
    """Curves over x; one of several runs (runs, x) is drawn as its mean and its range."""
    axes = axes or new_axes(4.8, 2.7)
    for i, (name, values) in enumerate(curves.items()):
        colour = COLOURS.classes[i]
        runs = np.atleast_2d(values)
        axes.plot(
            x, runs.mean(axis=0), DASHES[i % 4], color=colour, label=name,
            marker=COLOURS.markers[i], markersize=5 * scale(), markevery=max(1, len(x) // 12),
        )  # fmt: skip
        if len(runs) > 1:
            axes.fill_between(
                x, runs.min(axis=0), runs.max(axis=0), color=colour, alpha=0.15, linewidth=0
            )
    if mark is not None:
        axes.axvline(mark, color=COLOURS.neutral, linestyle=":")
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel, **settings)
    axes.legend(loc="best", fontsize=9 * scale())
    return axes


def warping(
    a: Float[np.ndarray, " a"], b: Float[np.ndarray, " b"], table: Float[np.ndarray, "a b"]
) -> Figure:
    """Two sequences with the pairs that time warping joins, and the table it walks through."""
    from matplotlib import colormaps

    i, j = len(a) - 1, len(b) - 1
    path = [(i, j)]
    while i or j:
        options = [(i - 1, j - 1), (i - 1, j), (i, j - 1)]
        i, j = min((o for o in options if min(o) >= 0), key=lambda o: table[o])
        path.append((i, j))
    left, right = new_axes(6, 2.3, 2, width_ratios=(2, 1))
    lift = 1.3 * (max(a.max(), b.max()) - min(a.min(), b.min()))
    for i, j in path:
        left.plot([i, j], [a[i] + lift, b[j]], "-", color=COLOURS.neutral, linewidth=0.8)
    left.plot(np.arange(len(a)), a + lift, "o-", color=COLOURS.negative, label="first (lifted)")
    left.plot(np.arange(len(b)), b, "s--", color=COLOURS.positive, label="second")
    left.set(title="Warping joins like with like", xlabel="time step", ylabel="value")
    left.legend(fontsize=9 * scale())
    right.imshow(table, cmap=colormaps["Blues"].resampled(8), aspect="auto")
    right.plot([p[1] for p in path], [p[0] for p in path], ".-", color=COLOURS.positive)
    right.set(title="The cheapest way", xlabel="second", ylabel="first")
    right.grid(False)
    return left.figure


def grid_search(
    table: Float[np.ndarray, "rows columns"],
    rows: Sequence[Any],
    columns: Sequence[Any],
    **labels: str,
) -> Axes:
    """Accuracies of a grid search as a map, the best cell with a star."""
    axes = new_axes(4.2, 2.7)
    picture = axes.imshow(table, cmap="viridis", aspect="auto")
    i, j = np.unravel_index(table.argmax(), table.shape)
    axes.plot(j, i, "*", color="white", markersize=18 * scale(), markeredgecolor="black")
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.set(**labels)
    axes.grid(False)
    axes.figure.colorbar(picture, label="accuracy")
    return axes


def protein(sequence: str, covariances: Mapping[str, Float[np.ndarray, " lags"]]) -> Figure:
    """The three descriptors of one protein: letters, pairs of letters, autocovariance."""
    one, two, three = new_axes(7.6, 2.5, 3)
    there = [i for i, letter in enumerate(descriptors.AMINO_ACIDS) if letter in sequence]
    letters = [descriptors.AMINO_ACIDS[i] for i in there]  # the others have no share to show
    shares, pairs = descriptors.composition(sequence), descriptors.two_gram(sequence)
    one.bar(range(20), shares, color=COLOURS.negative)
    one.set(
        title=f"{descriptors.AMINO_ACIDS[shares.argmax()]} is the commonest letter",
        ylabel="share",
        xlabel="amino acid",
    )
    one.set_xticks(there, letters, fontsize=8 * scale())
    two.imshow(pairs, cmap="Blues")
    two.set_xticks(there, letters, fontsize=8 * scale())
    two.set_yticks(there, letters, fontsize=8 * scale())
    two.grid(False)
    most = "".join(descriptors.AMINO_ACIDS[i] for i in divmod(int(pairs.argmax()), 20))
    two.set(title=f"{most} is the commonest pair", xlabel="second letter", ylabel="first letter")
    lags = np.arange(1, 1 + len(next(iter(covariances.values()))))
    lines(lags, covariances, title="Autocovariance by lag", xlabel="lag", ylabel="", axes=three)
    low, high = three.get_ylim()
    three.set_ylim(low - 0.6 * (high - low), high)  # room for the legend
    three.legend(loc="lower left", fontsize=8 * scale())
    three.axhline(0, color=COLOURS.neutral, linewidth=0.8)
    return one.figure


def bulls_eye(
    clouds: Mapping[str, Float[np.ndarray, "models 2"]], truth: tuple[float, float] = (0, 0)
) -> Figure:
    """Where models fitted to different samples land around the truth, one target per cloud."""
    grid = new_axes(2.1 * len(clouds), 2.3, len(clouds), sharex=True, sharey=True)
    far = max(np.abs(c - truth).max() for c in clouds.values()) * 1.1
    for axes, (name, cloud) in zip(np.atleast_1d(grid), clouds.items(), strict=True):
        angle = np.linspace(0, 2 * np.pi, 80)
        for r in (far / 4, far / 2, 0.75 * far):
            axes.plot(
                truth[0] + r * np.cos(angle), truth[1] + r * np.sin(angle), "-",
                color=COLOURS.neutral, linewidth=0.7,
            )  # fmt: skip
        axes.plot(*cloud[::3].T, ".", color=COLOURS.negative, markersize=5 * scale())
        axes.plot(*truth, "*", color=COLOURS.accent, markersize=13 * scale(), markeredgecolor="k")
        axes.plot(*cloud.mean(axis=0), "X", color=COLOURS.positive, markersize=9 * scale())
        axes.set_aspect("equal")
        axes.grid(False)
        axes.set_title(name.replace(", ", ",\n"), fontsize=10 * scale())
        axes.set(xticks=[], yticks=[])
    return np.atleast_1d(grid)[0].figure


def scatters(
    clouds: Mapping[str, tuple[np.ndarray, np.ndarray]], names: Sequence[str] | None = None
) -> Figure:
    """Several planes of labelled points side by side."""
    grid = np.atleast_1d(new_axes(2.9 * len(clouds), 2.5, len(clouds)))
    for axes, (title, (points, labels)) in zip(grid, clouds.items(), strict=True):
        scatter_classes(axes, points[::4], labels[::4], size=28)  # every fourth one is enough
        axes.set_title(title, fontsize=10 * scale())
    if names:
        for line, name in zip(grid[0].lines, names, strict=False):
            line.set_label(name)
        grid[0].legend(fontsize=8 * scale())
    return grid[0].figure


def four_tasks(rng: np.random.Generator, picture: np.ndarray, regions: np.ndarray) -> Figure:
    """One toy plot per task: classification, regression, clustering, segmentation."""
    one, two, three, four = new_axes(8, 1.9, 4)
    points = rng.normal(size=(60, 2))
    scatter_classes(one, points, (points.sum(axis=1) > 0).astype(int), size=16)
    one.plot([-2.5, 2.5], [2.5, -2.5], "-", color=COLOURS.text)
    one.set_title("classification:\na label")
    x = np.sort(rng.random(40))
    two.plot(x, 2 * x + rng.normal(size=40) / 4, "o", color=COLOURS.negative, markersize=4)
    two.plot(x, 2 * x, "-", color=COLOURS.positive)
    two.set_title("regression:\na number")
    cloud = np.concatenate([rng.normal(size=(20, 2)) / 2 + c for c in ((0, 0), (3, 1), (1, 3))])
    three.plot(*cloud.T, "o", color=COLOURS.neutral, markersize=4)
    three.set_title("clustering:\ngroups, no labels")
    four.imshow(np.concatenate([picture, regions])[::2, ::2])
    four.axis("off")
    four.set_title("segmentation:\na label per pixel")
    for axes in (one, two, three):
        axes.set(xticks=[], yticks=[])
    for axes in (one, two, three, four):
        axes.title.set_fontsize(10 * scale())
    return one.figure


def compressed(
    pixels: Float[np.ndarray, "rows columns 3"], quality: int
) -> tuple[int, Float[np.ndarray, "rows columns 3"]]:
    """The size in bytes of the picture as a JPEG, and the pixels that come out again."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.uint8(np.round(255 * pixels))).save(buffer, "JPEG", quality=quality)
    return len(buffer.getvalue()), np.asarray(Image.open(buffer), dtype=float) / 255


def sounds(
    n: int, rng: np.random.Generator, length: int = 256
) -> tuple[Float[np.ndarray, "n length"], Int[np.ndarray, " n"]]:
    """Tone, chirp, noise and a tone that swells in turn, each at a random pitch and loudness."""
    time, made = np.arange(length) / length, []
    for kind in np.arange(n) % 4:
        pitch, phase = rng.uniform(20, 60), rng.uniform(0, 2 * np.pi)
        bend = rng.uniform(20, 50) if kind == 1 else 0
        wave = np.sin(2 * np.pi * (pitch * time + bend * time**2) + phase)
        if kind == 2:
            wave = rng.normal(size=length)
        if kind == 3:
            wave *= 1 + np.cos(2 * np.pi * rng.uniform(3, 6) * time)
        made.append(rng.uniform(0.5, 1) * wave + 0.3 * rng.normal(size=length))
    return np.array(made), np.arange(n) % 4


# --- explorers and players ----------------------------------------------------------------------


def neighbour_score(
    points: Float[np.ndarray, "points 2"], targets: Int[np.ndarray, " points"]
) -> Callable[..., Float[np.ndarray, " queries"]]:
    """The score of a decision map: the vote of the k nearest, from -2 (all 0) to 2 (all 1)."""

    def score(grid: Float[np.ndarray, "queries 2"], k: int) -> Float[np.ndarray, " queries"]:
        share = neighbours.votes(grid, points, targets, k)[:, 1]
        return 4 * share - 2 - 1e-9  # an even vote goes to class 0, as in `predict`

    return score


def fit_view(hidden: Callable[[np.ndarray], np.ndarray] = lambda x: np.sin(2 * np.pi * x)) -> Any:
    """How an explorer draws polynomials through noisy points, and their errors by degree."""
    grid, fresh = np.linspace(0, 1, 200), np.linspace(0.0125, 0.9875, 40)

    def draw(pair: Any) -> Callable[..., str]:
        left, right = pair
        left.plot(grid, hidden(grid), "--", color=COLOURS.neutral, label="hidden truth")
        (dots,) = left.plot([], [], "o", color=COLOURS.train, label="training points")
        (curve,) = left.plot([], [], "-", color=COLOURS.positive, label="fit")
        left.set(ylim=(-2, 2), xlim=(0, 1), xlabel="x", ylabel="t")
        left.set_title("Does the fit follow the truth?")
        left.legend(loc="upper right", fontsize=8 * scale())
        degrees = np.arange(12)
        (low,) = right.plot([], [], "o-", color=COLOURS.train, label="training")
        (high,) = right.plot([], [], "s--", color=COLOURS.validation, label="new points")
        here = right.axvline(0, color=COLOURS.neutral, linestyle=":")
        right.set(
            yscale="log", ylim=(1e-3, 1e2), xlim=(-0.3, 11.3), xlabel="degree",
            ylabel="mean squared error", title="One error falls, one turns",
        )  # fmt: skip
        right.legend(fontsize=8 * scale())

        def update(degree: int, points: int, noise: float, sample: int) -> str:
            rng = np.random.default_rng(sample)
            x = (np.arange(points) + 0.5) / points
            t = hidden(x) + noise * rng.normal(size=points)
            u = hidden(fresh) + noise * rng.normal(size=len(fresh))
            errors = []
            for d in degrees[: min(12, points)]:
                p = np.polynomial.Polynomial.fit(x, t, d, domain=[0, 1])
                errors.append([np.mean((p(x) - t) ** 2), np.mean((p(fresh) - u) ** 2)])
                if d == min(degree, points - 1):
                    curve.set_data(grid, np.clip(p(grid), -3, 3))
            train, new = np.maximum(np.array(errors), 1e-3).T
            dots.set_data(x, t)
            low.set_data(degrees[: len(train)], train)
            high.set_data(degrees[: len(new)], new)
            shown = min(degree, points - 1)
            here.set_xdata([shown, shown])
            return (
                f"degree {shown}: training error {errors[shown][0]:.4f}, on new points "
                f"{errors[shown][1]:.4f}; best degree on new points {int(np.argmin(new))}"
            )

        return update

    return draw


def clustering(points: Float[np.ndarray, "points 2"]) -> Any:
    """How a player draws k-means: points in the colour of their centre, centres as crosses."""

    def draw(axes: Axes) -> Callable[[neighbours.Clustering], str]:
        groups = [
            axes.plot([], [], m, color=c, markersize=5 * scale(), alpha=0.8)[0]
            for m, c in zip(COLOURS.markers, COLOURS.classes, strict=False)
        ]
        (middle,) = axes.plot(
            [], [], "X", color="white", markersize=15 * scale(), markeredgecolor="black", zorder=5
        )
        pad = 0.08 * np.ptp(points, axis=0)
        (x0, y0), (x1, y1) = points.min(axis=0) - pad, points.max(axis=0) + pad
        axes.set(xlim=(x0, x1), ylim=(y0, y1), xlabel="$x_1$", ylabel="$x_2$")
        axes.set_title("k-means: label, move, label, move")

        def update(state: neighbours.Clustering) -> str:
            for c, group in enumerate(groups):
                group.set_data(*points[state.labels == c].T)
            middle.set_data(*state.centres.T)
            return (
                f"round {state.step + 1}, {state.moved} moved: sum of squared distances "
                f"{state.cost:.2f}"
            )

        return update

    return draw


def shift_view() -> Any:
    """How an explorer draws the three shifts of two classes on a line, and what they cost."""
    x = np.linspace(-6, 6, 601)
    step = x[1] - x[0]

    def bell(centre: float) -> np.ndarray:
        return np.exp(-((x - centre) ** 2) / 2) / np.sqrt(2 * np.pi)

    def draw(pair: Any) -> Callable[..., str]:
        left, right = pair
        left.plot(x, (bell(-1) + bell(1)) / 2, "--", color=COLOURS.neutral, label="training p(x)")
        (now,) = left.plot(x, 0 * x, "-", color=COLOURS.text, label="p(x) now")
        (zero,) = left.plot(x, 0 * x, "-", color=COLOURS.negative, label="class 0 now")
        (one,) = left.plot(x, 0 * x, "-.", color=COLOURS.positive, label="class 1 now")
        left.axvline(0, color=COLOURS.accent)
        left.set(xlabel="x", ylabel="density", ylim=(0, 0.42), title="The rule stays: 1 right of 0")
        left.legend(fontsize=8 * scale(), loc="upper left")
        names = ("accuracy\nin training", "accuracy\nnow", "inputs\nmoved by")
        bars = right.bar(
            names, [0, 0, 0], color=[COLOURS.train, COLOURS.validation, COLOURS.neutral]
        )
        right.set(ylim=(0, 1), title="What it costs, what one sees")

        def update(move: float, prior: float, swap: float) -> str:
            low, high = (1 - prior) * bell(move - 1), prior * bell(move + 1)
            zero_now, one_now = (1 - swap) * low + swap * high, (1 - swap) * high + swap * low
            zero.set_ydata(zero_now)
            one.set_ydata(one_now)
            now.set_ydata(low + high)
            before = (bell(-1) + bell(1)) / 2
            was = step * (bell(1)[x > 0].sum() + bell(1)[x == 0].sum() / 2)
            half = (x > 0) + 0.5 * (x == 0)
            right_now = step * np.sum(one_now * half + zero_now * (1 - half))
            apart = step * np.abs(low + high - before).sum() / 2
            for bar, height in zip(bars, (was, right_now, apart), strict=True):
                bar.set_height(height)
            return (
                f"accuracy {was:.3f} in training, {right_now:.3f} now; the two p(x) differ by "
                f"{apart:.3f} (total variation)"
            )

        return update

    return draw
