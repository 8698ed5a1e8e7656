"""What the mathematics of learning looks like: maps of the plane, slopes, nudges, chance, codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.models import calculus, information, losses
from course_lib.models.calculus import Link, Nudged
from course_lib.models.linear_algebra import Components, Turned

from .network import number
from .picture import new_axes
from .style import COLOURS, scale

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HOUSE = np.array([[0, 0], [2, 0], [2, 1.4], [1, 2.2], [0, 1.4], [0, 0]]).T
DOOR = np.array([[0.3, 0], [0.3, 0.9], [0.8, 0.9], [0.8, 0]]).T
REACH = 5.0


# --- vectors and matrices -----------------------------------------------------------------------


def digit_as_numbers(image: Float[np.ndarray, "rows columns"]) -> Figure:
    """A picture, the table of its numbers, and the one long row that a network gets."""
    left, middle, right = new_axes(9, 3, columns=3, width_ratios=[1, 1.25, 1])
    left.imshow(image, cmap="gray_r")
    left.set(title="a picture", xticks=[], yticks=[])
    middle.imshow(image, cmap="gray_r", alpha=0.25)
    for (i, j), value in np.ndenumerate(image):
        middle.text(j, i, f"{16 * value:.0f}", ha="center", va="center", fontsize=9)
    middle.set(title=f"a matrix, {image.shape}", xlabel="column j", ylabel="row i")
    right.bar(np.arange(image.size), 16 * image.ravel(), 1.0, color=COLOURS.negative)
    right.set(title=f"a vector, ({image.size},)", xlabel="place", ylabel="brightness")
    return left.figure


def _frame(axes: Axes, title: str) -> None:
    axes.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), title=title,
             xlabel="$x_1$", ylabel="$x_2$")  # fmt: skip
    axes.set_aspect("equal")


def _grid() -> list[Float[np.ndarray, "2 2"]]:
    ticks = np.arange(-5, 6)
    lines = [np.array([[t, t], [-5, 5]]) for t in ticks]
    return lines + [np.array([[-5, 5], [t, t]]) for t in ticks]


def _house(axes: Axes) -> Callable[[Float[np.ndarray, "2 2"]], None]:
    """Draw grid, house, unit square and the two arrows; return what moves them by a matrix."""
    lines = [
        axes.plot([], [], "-", color="#d0d0d0", linewidth=0.8 * scale(), zorder=0)[0]
        for _ in _grid()
    ]
    square = axes.fill([0], [0], color=COLOURS.accent, alpha=0.75, zorder=1.5)[0]
    walls = axes.fill([0], [0], color=COLOURS.classes[5], alpha=0.45, zorder=1)[0]
    (outline,) = axes.plot([], [], "-", color=COLOURS.text, linewidth=2 * scale())
    (door,) = axes.plot([], [], "-", color=COLOURS.text, linewidth=1.5 * scale())
    arrows = [
        axes.plot([0, 0], [0, 0], "-", marker=COLOURS.markers[k], markevery=[1], color=colour,
                  linewidth=3 * scale(), markersize=8 * scale(), label=f"image of $e_{k + 1}$")[0]
        for k, colour in enumerate((COLOURS.positive, COLOURS.negative))
    ]  # fmt: skip
    axes.legend(loc="lower right", framealpha=0.85)

    def move(A: Float[np.ndarray, "2 2"]) -> None:
        for line, ends in zip(lines, _grid(), strict=True):
            line.set_data(*(A @ ends))
        outline.set_data(*(A @ HOUSE))
        door.set_data(*(A @ DOOR))
        walls.set_xy((A @ HOUSE).T)
        square.set_xy((A @ np.array([[0, 1, 1, 0], [0, 0, 1, 1]])).T)
        for k, arrow in enumerate(arrows):
            arrow.set_data([0, A[0, k]], [0, A[1, k]])

    return move


def plane_map(pair: Any) -> Callable[..., str]:
    """Draw the plane before and after a 2 x 2 matrix, with the directions that only stretch."""
    before, after = pair
    _frame(before, "before")
    _frame(after, "after the matrix")
    _house(before)(np.eye(2))
    before.get_legend().set_visible(False)
    move = _house(after)
    rays = [
        axes.plot([], [], ":", color=COLOURS.weight_negative, linewidth=2.5 * scale())[0]
        for axes in (before, before, after, after)
    ]

    def update(a: float, b: float, c: float, d: float) -> str:
        A = np.array([[a, b], [c, d]])
        move(A)
        det = a * d - b * c
        values, vectors = np.linalg.eig(A)
        real = bool(np.isreal(values).all())
        for k, ray in enumerate(rays):
            end = 8 * np.real(vectors[:, k % 2]) if real else np.zeros(2)
            ray.set_data([-end[0], end[0]], [-end[1], end[1]])
        if abs(det) < 1e-9:
            area = "everything is flattened: no way back"
        else:
            area = f"areas times {abs(det):.2f}" + (", and turned over" if det < 0 else "")
        kept = (
            "dotted directions keep their line, stretched by " + " and ".join(
                number(round(float(v), 2)) for v in sorted(np.real(values), reverse=True))
            if real else "no direction keeps its line (it turns)"
        )  # fmt: skip
        return f"determinant {number(round(det, 4))}: {area};  {kept}"

    return update


def three_maps(maps: Mapping[str, Float[np.ndarray, "2 2"]]) -> Figure:
    """The house under several matrices side by side."""
    row = new_axes(2.2 * len(maps), 2.5, columns=len(maps))
    for axes, (title, A) in zip(row, maps.items(), strict=True):
        _frame(axes, title)
        axes.set(xticks=[-4, 0, 4], yticks=[-4, 0, 4])
        _house(axes)(A)
        axes.get_legend().set_visible(False)
    for axes in row[1:]:
        axes.set_ylabel("")
    return row[0].figure


def turning(A: Float[np.ndarray, "2 2"]) -> Callable[[Axes], Callable[[Turned], str]]:
    """How a player draws vectors that all turn towards the direction of the largest stretch."""
    values, vectors = np.linalg.eig(A)
    strongest = np.real(vectors[:, np.argmax(np.abs(values))])

    def draw(axes: Axes) -> Callable[[Turned], str]:
        axes.plot(*np.outer(strongest, [-1.2, 1.2]), ":", color=COLOURS.weight_negative,
                  linewidth=3 * scale(), label="strongest direction")  # fmt: skip
        lines: list[Any] = []
        axes.set(xlim=(-1.25, 1.25), ylim=(-1.25, 1.25), title="multiply, back to length 1")
        axes.set(xticks=[-1, 0, 1], yticks=[-1, 0, 1], xlabel="$x_1$", ylabel="$x_2$")
        axes.set_aspect("equal")
        axes.legend(loc="upper left")

        def update(state: Turned) -> str:
            while len(lines) < state.vectors.shape[1]:
                first = not lines
                width = (3 if first else 1.3) * scale()
                lines.extend(
                    axes.plot([0, 0], [0, 0], "-o", markevery=[1], linewidth=width,
                              color=COLOURS.positive if first else COLOURS.negative,
                              zorder=4 if first else 3)
                )  # fmt: skip
            for line, vector in zip(lines, state.vectors.T, strict=True):
                line.set_data([0, vector[0]], [0, vector[1]])
            x, y = state.vectors[:, 0]
            return (
                f"after {state.step} products the orange vector is ({x:.3f}, {y:.3f}), "
                f"its stretch {state.value:.4f}"
            )

        return update

    return draw


# --- calculus -----------------------------------------------------------------------------------

CURVES: dict[str, tuple[Callable, Callable, tuple[float, float]]] = {
    "x squared": (lambda x: x**2, lambda x: 2 * x, (-0.5, 4.5)),
    "sine": (np.sin, np.cos, (-1.6, 1.6)),
    "sigmoid": (
        losses.sigmoid, lambda x: losses.sigmoid(x) * (1 - losses.sigmoid(x)), (-0.3, 1.3),
    ),
    "absolute value": (
        np.abs, lambda x: np.where(np.abs(x) < 1e-9, np.nan, np.sign(x)), (-0.5, 2.8),
    ),
}  # fmt: skip


def secant_view(pair: Any) -> Callable[..., str]:
    """Draw a curve with a secant through x and x + h, and its slope on the curve of all slopes."""
    left, right = pair
    grid = np.linspace(-2.5, 2.5, 301)
    (curve,) = left.plot([], [], "-", color=COLOURS.text, label="f")
    (line,) = left.plot([], [], "--", color=COLOURS.positive, label="secant")
    (ends,) = left.plot([], [], "o", color=COLOURS.positive, markersize=9 * scale())
    (slopes,) = right.plot([], [], "-", color=COLOURS.negative, label="f '")
    (here,) = right.plot([], [], "o", color=COLOURS.positive, markersize=11 * scale(),
                         label="slope of the secant")  # fmt: skip
    right.axhline(0, color=COLOURS.text, linewidth=0.8)
    left.set(title="a line through x and x + h", xlabel="x", ylabel="f(x)", xlim=(-2.5, 2.5))
    right.set(title="its slope, against f '(x)", xlabel="x", xlim=(-2.5, 2.5))
    left.legend(loc="upper center")
    right.legend(loc="lower right")

    def update(curve_name: str, x: float, h: float) -> str:
        f, df, limits = CURVES[curve_name]
        curve.set_data(grid, f(grid))
        slopes.set_data(grid, df(grid))
        steep = float((f(x + h) - f(x)) / h)
        line.set_data(grid, f(x) + steep * (grid - x))
        ends.set_data([x, x + h], [f(x), f(x + h)])
        here.set_data([x], [steep])
        left.set_ylim(limits)
        span = max(1.2, float(np.nanmax(np.abs(df(grid))))) * 1.15
        right.set_ylim(-span, span)
        exact = float(df(x))
        if np.isnan(exact):
            return f"slope of the secant {steep:.4f}; at the corner there is no tangent"
        return (
            f"slope of the secant {steep:.4f}, of the tangent {exact:.4f}, "
            f"difference {abs(steep - exact):.4f}"
        )

    return lambda curve, x, h: update(curve, x, h)


def riemann(f: Callable, a: float, b: float, counts: Sequence[int]) -> Figure:
    """The area under a curve by rectangles, for several numbers of them."""
    row = new_axes(3.1 * len(counts), 2.8, columns=len(counts), sharey=True)
    grid = np.linspace(a, b, 300)
    for axes, n in zip(row, counts, strict=True):
        width = (b - a) / n
        left = a + width * np.arange(n)
        signs = [COLOURS.positive if v >= 0 else COLOURS.negative for v in f(left)]
        axes.bar(left, f(left), width, align="edge", color=signs, alpha=0.5, edgecolor="white")
        axes.plot(grid, f(grid), "-", color=COLOURS.text)
        axes.axhline(0, color=COLOURS.text, linewidth=0.8)
        axes.set(title=f"{n} rectangles: {np.sum(f(left)) * width:.3f}", xlabel="x")
    row[0].set_ylabel("f(x)")
    return row[0].figure


VALLEYS: dict[str, tuple[Callable, Callable]] = {
    "z squared": (lambda z: z**2, lambda z: 2 * z),
    "two valleys": (
        lambda z: 0.25 * z**4 - z**2 + 0.35 * z + 1, lambda z: z**3 - 2 * z + 0.35,
    ),
}  # fmt: skip


def descent_view(axes: Axes) -> Callable[..., str]:
    """Draw twelve steps of gradient descent down one of two curves."""
    grid = np.linspace(-2.8, 2.8, 301)
    (curve,) = axes.plot([], [], "-", color=COLOURS.text)
    (way,) = axes.plot([], [], ".-", color=COLOURS.positive, markersize=9 * scale())
    (start,) = axes.plot([], [], "s", color=COLOURS.positive, markersize=10 * scale())
    axes.set(xlim=(-2.8, 2.8), ylim=(-0.6, 6), xlabel="z", ylabel="J(z)",
             title="against the slope, step by step")  # fmt: skip

    def update(curve_name: str, z0: float, rate: float) -> str:
        f, df = VALLEYS[curve_name]
        places = np.array(calculus.descend(df, z0, rate, 12))
        curve.set_data(grid, f(grid))
        with np.errstate(over="ignore"):
            way.set_data(places, f(places))
        start.set_data([z0], [f(z0)])
        told = ", ".join(number(round(float(z), 3)) for z in places[:5])
        end = "it runs away" if abs(places[-1]) > 10 else f"after 12 steps {places[-1]:.4f}"
        return f"z = {told} ...; {end}"

    return lambda curve, start, rate: update(curve, start, rate)


def surface_view(pair: Any) -> Callable[..., str]:
    """Draw a quadratic surface by its two curvatures, its gradient, and the slope along a ray."""
    left, right = pair
    ticks = np.linspace(-2, 2, 121)
    mesh = np.stack(np.meshgrid(ticks, ticks))
    tilt = np.deg2rad(25)
    axes_of = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    point = np.array([0.9, 0.6])
    image = left.imshow(
        np.zeros((121, 121)), extent=(-2, 2, -2, 2), origin="lower", cmap="RdBu_r", vmin=-4, vmax=4
    )
    look = {"marker": "o", "markevery": [1], "linewidth": 3 * scale(), "markersize": 7 * scale()}
    (steep,) = left.plot([0, 0], [0, 0], "-", color=COLOURS.text, label="0.4 × gradient", **look)
    (ray,) = left.plot([0, 0], [0, 0], "--", color=COLOURS.accent, label="direction u", **look)
    left.plot(*point, "o", color=COLOURS.text, markersize=9 * scale())
    left.plot(0, 0, "*", color="white", markeredgecolor="black", markersize=15 * scale())
    left.set(xlim=(-2, 2), ylim=(-2, 2), xlabel="$x_1$", ylabel="$x_2$",
             title="red high, blue low, star flat")  # fmt: skip
    left.legend(loc="lower left", framealpha=0.85)
    angles = np.arange(0, 361, 3)
    (wave,) = right.plot(angles, 0 * angles, "-", color=COLOURS.negative)
    (here,) = right.plot([], [], "o", color=COLOURS.accent, markersize=11 * scale())
    (best,) = right.plot([], [], ":", color=COLOURS.text, label="angle of the gradient")
    right.axhline(0, color=COLOURS.text, linewidth=0.8)
    right.set(xlim=(0, 360), ylim=(-4, 4), xticks=range(0, 361, 90), xlabel="angle of u (degrees)",
              title="slope along u", ylabel="$u\\cdot\\nabla f$")  # fmt: skip
    right.legend(loc="upper right")

    def update(curvature_1: float, curvature_2: float, angle: int) -> str:
        H = axes_of @ np.diag([curvature_1, curvature_2]) @ axes_of.T
        height = 0.5 * np.einsum("iab,ij,jab->ab", mesh, H, mesh)
        image.set_data(np.round(height * 1.5) / 1.5)
        slope = H @ point
        turn = np.deg2rad(angles)
        wave.set_ydata(np.cos(turn) * slope[0] + np.sin(turn) * slope[1])
        u = np.array([np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))])
        here.set_data([angle], [u @ slope])
        up = float(np.rad2deg(np.arctan2(slope[1], slope[0])) % 360)
        best.set_data([up, up], [-4, 4])
        steep.set_data([point[0], point[0] + 0.4 * slope[0]], [point[1], point[1] + 0.4 * slope[1]])
        ray.set_data([point[0], point[0] + u[0]], [point[1], point[1] + u[1]])
        return (
            f"the star is: {calculus.point_kind(H)};  slope along u {u @ slope:.2f}, steepest "
            f"{np.linalg.norm(slope):.2f} at {up:.0f} degrees"
        )

    return update


def chain(
    links: Sequence[Link], places: Mapping[str, tuple[float, float]]
) -> Callable[[Axes], Callable[[Nudged], str]]:
    """How a player draws a nudge of x on its way: times the slope of each arrow, added at nodes."""
    arrows = [(a, link.name) for link in links for a in link.slopes]
    formula = {"x": "x"} | {link.name: f"{link.name} = {link.formula}" for link in links}

    def draw(axes: Axes) -> Callable[[Nudged], str]:
        wires: dict[tuple[str, str], Any] = {}
        tags: dict[tuple[str, str], Any] = {}
        for a, b in arrows:
            (x1, y1), (x2, y2) = places[a], places[b]
            wires[a, b] = axes.annotate(
                "", (x2, y2), (x1, y1),
                arrowprops={"arrowstyle": "-|>", "shrinkA": 33 * scale(), "shrinkB": 33 * scale(),
                            "color": COLOURS.neutral, "linewidth": 2 * scale()},
            )  # fmt: skip
            tags[a, b] = axes.text(
                (x1 + x2) / 2, (y1 + y2) / 2, "", ha="center", va="center", zorder=4,
                color=COLOURS.positive,
                bbox={"boxstyle": "round,pad=0.2", "facecolor": "white",
                      "edgecolor": COLOURS.positive},
            )  # fmt: skip
        rings, values, slopes = {}, {}, {}
        for name, (x, y) in places.items():
            (rings[name],) = axes.plot(x, y, "o", markersize=62 * scale(), color="white",
                                       markeredgecolor=COLOURS.text, zorder=2)  # fmt: skip
            axes.text(x, y, formula[name], ha="center", va="center", zorder=3)
            values[name] = axes.text(x, y + 0.58, "", ha="center", color=COLOURS.train)
            slopes[name] = axes.text(x, y - 0.76, "", ha="center", color=COLOURS.positive)
        xs, ys = np.transpose(list(places.values()))
        axes.set(xlim=(xs.min() - 0.6, xs.max() + 0.6), ylim=(ys.min() - 0.9, ys.max() + 0.9))
        axes.axis("off")

        def update(state: Nudged) -> str:
            for name, ring in rings.items():
                hot = name == state.node
                ring.set_markeredgecolor(COLOURS.accent if hot else COLOURS.text)
                ring.set_markeredgewidth((4 if hot else 1.4) * scale())
                known = name in state.values
                values[name].set_text(f"value {number(state.values[name])}" if known else "")
                slopes[name].set_text(f"slope {number(state.slopes[name])}" if known else "")
            came = {(a, state.node): local for a, local, _ in state.arrived}
            for wire, tag in tags.items():
                if wire in came:
                    tag.set_text(f"× {number(came[wire])}")
                tag.set_visible(wire in came)
                wires[wire].arrow_patch.set_color(
                    COLOURS.positive if wire in came else COLOURS.neutral
                )
            if not state.arrived:
                return "nudge x by a little: by itself it moves once as far"
            parts = [f"{number(state.slopes[a])} × {number(m)}" for a, m, _ in state.arrived]
            return (
                f"{state.node} moves {number(state.slopes[state.node])} times as far as x: "
                f"{' + '.join(parts)}"
            )

        return update

    return draw


# --- chance -------------------------------------------------------------------------------------


def thousand_people(axes: Axes) -> Callable[..., str]:
    """Draw a thousand people as dots: who is ill, whom the test calls ill, who is right."""
    looks = (
        ("ill, alarm", "s", COLOURS.positive, COLOURS.positive),
        ("ill, missed", "s", "white", COLOURS.positive),
        ("healthy, alarm", "o", COLOURS.negative, COLOURS.negative),
        ("healthy, silent", ".", "#b9c9d6", "#b9c9d6"),
    )
    spots = np.array([(i % 50, 19 - i // 50) for i in range(1000)])
    groups = [
        axes.plot([], [], marker, color=face, markeredgecolor=edge, linestyle="none", label=name,
                  markersize=(5.5 if marker != "." else 5) * scale())[0]
        for name, marker, face, edge in looks
    ]  # fmt: skip
    axes.set(xlim=(-1, 50), ylim=(-1, 20), xticks=[], yticks=[],
             title="a thousand people, one test")  # fmt: skip
    for side in axes.spines.values():
        side.set_visible(False)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.02), ncols=4)

    def update(ill: float, caught: float, false_alarm: float) -> str:
        prior, hit, alarm = ill / 100, caught / 100, false_alarm / 100
        sick = round(1000 * prior)
        found, wrong = round(sick * hit), round((1000 - sick) * alarm)
        counts = (found, sick - found, wrong, 1000 - sick - wrong)
        starts = np.cumsum((0, *counts))
        for group, begin, end in zip(groups, starts[:-1], starts[1:], strict=True):
            group.set_data(*spots[begin:end].T)
        shown = prior * hit + (1 - prior) * alarm
        after = prior * hit / shown if shown else float("nan")
        return (
            f"about {found + wrong} alarms, of which {found} ill;  P(ill | alarm) = "
            f"{prior * hit:.4f} / {shown:.4f} = {after:.4f}"
        )

    return update


def joint_table(P: Float[np.ndarray, "x y"], xs: Sequence[float], ys: Sequence[float]) -> Figure:
    """A joint table with its margins: the sums of rows and of columns."""
    axes = new_axes(4.6, 3.0)
    axes.imshow(P, cmap="Blues", vmin=0, vmax=0.6)
    for (i, j), value in np.ndenumerate(P):
        axes.text(j, i, f"{value:.2f}", ha="center", va="center")
    for i, value in enumerate(P.sum(axis=1)):
        axes.text(len(ys) - 0.1, i, f"{value:.2f}", ha="center", va="center",
                  color=COLOURS.positive)  # fmt: skip
    for j, value in enumerate(P.sum(axis=0)):
        axes.text(j, len(xs) - 0.3, f"{value:.2f}", ha="center", va="center",
                  color=COLOURS.positive)  # fmt: skip
    axes.set(xlim=(-0.5, len(ys) + 0.3), ylim=(len(xs), -0.5), xticks=range(len(ys)),
             xticklabels=ys, yticks=range(len(xs)), yticklabels=xs, xlabel="y", ylabel="x",
             title="Rows and columns add up to the margins")  # fmt: skip
    for side in axes.spines.values():
        side.set_visible(False)
    return axes.figure


SOURCES: dict[str, tuple[Callable, float, float]] = {
    "exponential": (lambda rng, size: rng.exponential(1.0, size), 1.0, 1.0),
    "uniform": (lambda rng, size: rng.uniform(0, 2, size), 1.0, 3**-0.5),
    "coin, 10 %": (lambda rng, size: (rng.random(size) < 0.1) / 0.1, 1.0, 3.0),
}


def clt_view(axes: Axes) -> Callable[..., str]:
    """Draw the histogram of 4000 means of n draws, and the normal curve with variance / n."""
    edges = np.linspace(-1, 3, 81)
    grid = np.linspace(-1, 3, 301)
    bars = axes.stairs(0 * edges[1:], edges, fill=True, color=COLOURS.classes[5], alpha=0.7)
    (right,) = axes.plot(grid, 0 * grid, "-", color=COLOURS.positive, label="variance / n")
    (printed,) = axes.plot(grid, 0 * grid, ":", color=COLOURS.text, label="variance (004 prints)")
    axes.set(xlim=(-1, 3), xlabel="mean of n draws", ylabel="density",
             title="Means pile up in a bell, ever narrower")  # fmt: skip
    axes.legend(loc="upper right")

    def update(source: str, n: int) -> str:
        draw, mean, sigma = SOURCES[source]
        means = draw(np.random.default_rng(0), (4000, n)).mean(axis=1)
        heights = np.histogram(means, edges)[0] / (4000 * (edges[1] - edges[0]))
        bars.set_data(heights, edges)
        right.set_ydata(np.exp(losses.gaussian_log_density(grid, mean, sigma / n**0.5)))
        printed.set_ydata(np.exp(losses.gaussian_log_density(grid, mean, sigma)))
        axes.set_ylim(0, 1.25 * max(heights.max(), n**0.5 / (2.5 * sigma)))
        return (
            f"variance of the means {means.var():.4f};  variance of one draw / n = "
            f"{sigma**2 / n:.4f};  of one draw {sigma**2:.2f}"
        )

    return update


def transformed(
    samples: Float[np.ndarray, " samples"],
    curves: Mapping[str, tuple[Float[np.ndarray, " points"], Float[np.ndarray, " points"]]],
    upper: float,
) -> Figure:
    """A histogram of g(x) with the naive density and the right one."""
    axes = new_axes(5.6, 3.0)
    axes.hist(samples, bins=40, range=(0, upper), density=True, color=COLOURS.classes[5],
              alpha=0.7)  # fmt: skip
    for k, (name, (x, y)) in enumerate(curves.items()):
        axes.plot(x, y, ("--", "-")[k % 2], color=(COLOURS.text, COLOURS.positive)[k % 2],
                  label=name)  # fmt: skip
    axes.set(xlim=(0, upper), xlabel="y = exp(x)", ylabel="density",
             title="Only the corrected curve follows the histogram")  # fmt: skip
    axes.legend()
    return axes.figure


def mixture(
    x: Float[np.ndarray, " samples"],
    c: Int[np.ndarray, " samples"],
    density: Callable[[np.ndarray], np.ndarray],
) -> Figure:
    """Samples of a mixture, coloured by the component that nobody sees, and the mixed density."""
    axes = new_axes(5.6, 3.0)
    edges = np.linspace(x.min(), x.max(), 51)
    width = (edges[1] - edges[0]) * len(x)
    bottom = np.zeros(50)
    for k in np.unique(c):
        counts = np.histogram(x[c == k], edges)[0] / width
        axes.bar(edges[:-1], counts, edges[1] - edges[0], bottom, align="edge", alpha=0.6,
                 color=COLOURS.classes[k], label=f"component {k}")  # fmt: skip
        bottom = bottom + counts
    grid = np.linspace(x.min(), x.max(), 300)
    axes.plot(grid, density(grid), "-", color=COLOURS.text, label="sum over the components")
    axes.set(xlabel="x", ylabel="density", title="The histogram is the sum of hidden parts",
             ylim=(0, 1.5 * density(grid).max()))  # fmt: skip
    axes.legend(loc="upper center", ncols=2)
    return axes.figure


# --- information --------------------------------------------------------------------------------


def coin_entropy() -> Figure:
    """Surprise of an event by its probability, and entropy of a coin by its bias, in bits."""
    left, right = new_axes(6.4, 2.7, columns=2)
    p = np.linspace(0.002, 1, 400)
    left.plot(p, -np.log2(p), "-", color=COLOURS.negative)
    q = np.linspace(0, 1, 201)
    entropy = losses.entropy(np.column_stack([q, 1 - q])) / np.log(2)
    right.plot(q, entropy, "-", color=COLOURS.positive, label="entropy")
    right.plot(q, 4 * q * (1 - q), ":", color=COLOURS.text, label="a parabola")
    left.set(xlabel="probability", ylabel="surprise (bits)", title="The rarer, the more surprising",
             ylim=(0, 9))  # fmt: skip
    right.set(xlabel="probability of heads", ylabel="entropy (bits)", ylim=(0, 1.12),
              title="A fair coin: most surprise")  # fmt: skip
    right.legend(loc="lower center")
    return left.figure


def divergence_view(pair: Any) -> Callable[..., str]:
    """Draw a normal q beside p with two peaks, and where the divergence comes from."""
    left, right = pair
    wide, x = np.linspace(-40, 40, 8001), np.linspace(-8, 8, 401)
    log_wide, log_p = information.two_bells(wide), information.two_bells(x)
    left.fill_between(x, np.exp(log_p), color=COLOURS.negative, alpha=0.3, label="p (given)")
    (bell,) = left.plot(x, 0 * x, "-", color=COLOURS.positive, label="q (yours)")
    (integrand,) = right.plot(x, 0 * x, "-", color=COLOURS.text)
    above, below = (
        right.fill([0], [0], color=colour, alpha=0.4, label=name)[0]
        for colour, name in ((COLOURS.positive, "adds"), (COLOURS.negative, "takes away"))
    )
    right.axhline(0, color=COLOURS.text, linewidth=0.8)
    left.set(xlim=(-8, 8), ylim=(0, 0.62), xlabel="x", ylabel="density", title="two densities")
    left.set_xticks(range(-8, 9, 4))
    right.set_xticks(range(-8, 9, 4))
    right.set(xlim=(-8, 8), ylim=(-0.35, 1.2), xlabel="x", title="what is added up")
    for axes in pair:
        axes.legend(loc="upper right")

    def update(mean: float, sigma: float, direction: str) -> str:
        log_q = losses.gaussian_log_density(x, mean, sigma)
        bell.set_ydata(np.exp(log_q))
        first, second = (log_q, log_p) if direction == information.DIRECTIONS[0] else (log_p, log_q)
        terms = np.exp(first) * (first - second)
        integrand.set_ydata(terms)
        for patch, part in ((above, np.maximum(terms, 0)), (below, np.minimum(terms, 0))):
            patch.set_xy(np.column_stack([[x[0], *x, x[-1]], [0, *part, 0]]))
        log_far = losses.gaussian_log_density(wide, mean, sigma)
        reverse = information.divergence(wide, log_far, log_wide)
        forward = information.divergence(wide, log_wide, log_far)
        both = {"D(q, p)": reverse, "D(p, q)": forward}
        chosen = both.pop(direction)
        ((other, value),) = both.items()
        return f"{direction} = {chosen:.3f} nats  (and {other} = {value:.3f} nats)"

    return update


# --- digits -------------------------------------------------------------------------------------


def rebuilding(
    parts: Components, images: Float[np.ndarray, "images 64"]
) -> Callable[[Any], Callable[..., str]]:
    """How an explorer rebuilds a digit from its first k coordinates."""
    share = parts.variances.cumsum() / parts.variances.sum()

    def draw(trio: Any) -> Callable[..., str]:
        left, middle, right = trio
        shown = [axes.imshow(np.zeros((8, 8)), cmap="gray_r", vmin=0, vmax=1)
                 for axes in (left, middle)]  # fmt: skip
        left.set(title="64 numbers", xticks=[], yticks=[])
        middle.set(title="rebuilt", xticks=[], yticks=[])
        right.plot(np.arange(1, 65), share, "-", color=COLOURS.negative)
        (here,) = right.plot([], [], "o", color=COLOURS.positive, markersize=11 * scale())
        right.set(xlabel="components k", ylabel="share of the variance", ylim=(0, 1.05),
                  title="how much is kept")  # fmt: skip

        def update(k: int, digit: int) -> str:
            image = images[digit]
            back = parts.picture(parts.code(image[None], k))[0]
            for screen, pixels in zip(shown, (image, back), strict=True):
                screen.set_data(pixels.reshape(8, 8))
            here.set_data([k], [share[k - 1]])
            return (
                f"{k} numbers instead of 64 keep {100 * share[k - 1]:.1f} % of the variance; "
                f"the pixels of this digit are off by {np.sqrt(np.mean((back - image) ** 2)):.3f}"
            )

        return update

    return draw


def component_images(parts: Components, count: int = 6) -> Figure:
    """The mean digit and the first directions as pictures (green adds ink, purple takes it)."""
    row = new_axes(1.45 * (count + 1), 1.9, columns=count + 1)
    row[0].imshow(parts.mean.reshape(8, 8), cmap="gray_r")
    row[0].set_title("mean")
    share = parts.variances / parts.variances.sum()
    for k, axes in enumerate(row[1:]):
        picture = parts.directions[k].reshape(8, 8)
        axes.imshow(picture, cmap="PRGn", vmin=-0.4, vmax=0.4)
        axes.set_title(f"no. {k + 1}: {100 * share[k]:.0f} %")
    for axes in row:
        axes.set(xticks=[], yticks=[])
    return row[0].figure


def digit_map(
    codes: Float[np.ndarray, "examples 2"], labels: Int[np.ndarray, " examples"]
) -> Figure:
    """Every digit as a numeral at its first two coordinates."""
    axes = new_axes(6, 4)
    for (x, y), label in zip(codes, labels, strict=True):
        axes.text(x, y, str(label), color=COLOURS.classes[label], ha="center", va="center",
                  fontsize=9)  # fmt: skip
    low, high = codes.min(axis=0) - 0.2, codes.max(axis=0) + 0.2
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xlabel="coordinate 1",
             ylabel="coordinate 2", title="Two numbers of 64 already sort some digits")  # fmt: skip
    return axes.figure
