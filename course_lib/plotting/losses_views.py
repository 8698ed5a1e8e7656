"""What the chapter on losses looks like: likelihood surfaces, loss curves, bars, templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.models import losses

from .boundaries import TINTS, grid_of, scatter_classes
from .picture import new_axes
from .style import COLOURS, scale

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DASHES = ("-", "--", "-.", ":")
TINTED = (*TINTS, "#d3ece4", "#f3dbe9", "#f9ecd0")  # the grounds of the first five classes


# --- likelihood ---------------------------------------------------------------------------------


def surface(
    axes: Axes,
    x: Float[np.ndarray, " examples"],
    means: tuple[float, float],
    sigmas: tuple[float, float],
) -> Axes:
    """Contours of the Gaussian log-likelihood of x over mean and sigma, with its top marked."""
    mean, sigma = np.meshgrid(np.linspace(*means, 120), np.linspace(*sigmas, 120))
    height = losses.gaussian_log_density(x, mean[..., None], sigma[..., None]).sum(axis=-1)
    top = losses.gaussian_fit(x)
    best = losses.gaussian_log_density(x, *top).sum()
    levels = best - np.array([12, 8, 5.5, 4, 3, 2.2, 1.5, 0.9, 0.4, 0.1, 0]) * len(x) / 5
    axes.contourf(mean, sigma, height, levels=levels, cmap="Blues", extend="min", alpha=0.8)
    axes.contour(
        mean, sigma, height, levels=levels[:-1], colors="white", linewidths=0.7, linestyles="-"
    )
    axes.plot(*top, "*", color=COLOURS.accent, markersize=15 * scale(), markeredgecolor="black")
    axes.set(title="log-likelihood (star: greatest)", xlabel="mean", ylabel="sigma")
    return axes


def _density(
    axes: Axes, x: Float[np.ndarray, " examples"], means: tuple[float, float], top: float
) -> Callable[[float, float], None]:
    """Draw the bell, the height over each observation, and below it the residuals."""
    grid = np.linspace(*means, 300)
    order = np.sort(x)
    rows = -top * (0.08 + 0.07 * np.arange(len(order)))
    (bell,) = axes.plot(grid, 0 * grid, "-", color=COLOURS.text)
    stems = [
        axes.plot([], [], "-", color=COLOURS.positive, linewidth=3 * scale())[0] for _ in order
    ]
    gaps = [
        axes.plot([], [], "-", color=COLOURS.negative, linewidth=2 * scale())[0] for _ in order
    ]
    (centre,) = axes.plot([], [], ":", color=COLOURS.neutral)
    axes.plot(order, 0 * order, "o", color=COLOURS.text, zorder=5)
    axes.plot(order, rows, "|", color=COLOURS.negative, markersize=9 * scale())
    axes.axhline(0, color=COLOURS.text, linewidth=0.8)
    ticks = np.arange(0, top, 0.1 if top < 0.6 else 0.2)
    axes.set(
        xlim=means, ylim=(rows[-1] - 0.08 * top, top), xlabel="x", yticks=ticks,
        title="heights (orange), residuals (blue)", ylabel="density",
    )  # fmt: skip

    def update(mean: float, sigma: float) -> None:
        bell.set_ydata(np.exp(losses.gaussian_log_density(grid, mean, sigma)))
        centre.set_data([mean, mean], axes.get_ylim())
        for k, value in enumerate(order):
            height = np.exp(losses.gaussian_log_density(value, mean, sigma))
            stems[k].set_data([value, value], [0, height])
            gaps[k].set_data([mean, value], [rows[k], rows[k]])

    return update


def likelihood_view(
    x: Sequence[float], means: tuple[float, float] = (0, 9), sigmas: tuple[float, float] = (0.6, 5)
) -> Callable[[Any], Callable[[float, float], str]]:
    """How an explorer draws a sample, a Gaussian of given mean and sigma, and its likelihood."""
    values = np.asarray(x, dtype=float)

    def draw(pair: Any) -> Callable[[float, float], str]:
        left, right = pair
        move = _density(left, values, means, 0.45)
        surface(right, values, means, sigmas)
        (here,) = right.plot([], [], "o", color=COLOURS.positive, markersize=11 * scale())

        def update(mean: float, sigma: float) -> str:
            move(mean, sigma)
            here.set_data([mean], [sigma])
            total = float(losses.gaussian_log_density(values, mean, sigma).sum())
            squares = float(losses.squared_error(mean, values).sum())
            return (
                f"likelihood {np.exp(total):.3g}, its logarithm {total:.3f};  residuals squared "
                f"and summed {squares:.2f}"
            )

        return update

    return draw


def climbing(
    x: Sequence[float],
    path: Float[np.ndarray, "steps 2"],
    means: tuple[float, float] = (0, 9),
    sigmas: tuple[float, float] = (0.6, 5),
) -> Callable[[Any], Callable[[losses.Climb], str]]:
    """How a player draws gradient ascent on the likelihood surface: bell, place and way so far."""
    values = np.asarray(x, dtype=float)

    def draw(pair: Any) -> Callable[[losses.Climb], str]:
        left, right = pair
        move = _density(left, values, means, 0.45)
        surface(right, values, means, sigmas)
        (trail,) = right.plot([], [], ".-", color=COLOURS.positive)
        (here,) = right.plot([], [], "o", color=COLOURS.positive, markersize=11 * scale())

        def update(state: losses.Climb) -> str:
            move(state.mean, state.sigma)
            trail.set_data(*path[: state.step + 1].T)
            here.set_data([state.mean], [state.sigma])
            return (
                f"step {state.step}: mean {state.mean:.3f}, sigma {state.sigma:.3f}, "
                f"log-likelihood {state.log_likelihood:.3f}, slopes {state.by_mean:+.3f}, "
                f"{state.by_log_sigma:+.3f}"
            )

        return update

    return draw


def underflow(
    count: Int[np.ndarray, " steps"],
    product: Float[np.ndarray, " steps"],
    total: Float[np.ndarray, " steps"],
) -> Figure:
    """Where a product of densities becomes 0, and the sum of logarithms that goes on."""
    axes = new_axes(6.5, 3.8)
    alive = product > 0
    axes.plot(count, total / np.log(10), color=COLOURS.positive, label="sum of logarithms")
    axes.plot(
        count[alive], np.log10(product[alive]), "--", color=COLOURS.negative, linewidth=4,
        label="product (as its power of ten)",
    )  # fmt: skip
    end = int(count[alive][-1])
    axes.axvline(end, color=COLOURS.neutral, linestyle=":")
    axes.annotate(
        f"after {end} points\nthe product is 0.0", (end, total[end - 1] / np.log(10)),
        (end + 60, -150), arrowprops={"arrowstyle": "->"},
    )  # fmt: skip
    axes.set(
        title="The product dies, the sum of logarithms does not", xlabel="points",
        ylabel="likelihood, power of ten",
    )  # fmt: skip
    axes.legend(loc="lower left")
    return axes.figure


def consistency(
    sizes: Sequence[int], means: Sequence[Float[np.ndarray, " samples"]], truth: float, sigma: float
) -> Figure:
    """Spread of the estimated mean for growing samples, beside sigma / sqrt(N)."""
    axes = new_axes(6.5, 3.8)
    for k, (size, found) in enumerate(zip(sizes, means, strict=True)):
        axes.violinplot(found, positions=[k], widths=0.8, showextrema=False)
        width = sigma / np.sqrt(size)
        axes.plot([k, k], [truth - width, truth + width], "-", color=COLOURS.text, linewidth=3)
    axes.axhline(truth, color=COLOURS.positive, linestyle="--")
    axes.set(
        title="Centred on the truth, and narrower with more data", xlabel="sample size N",
        ylabel="estimated mean", xticks=range(len(sizes)), xticklabels=[str(s) for s in sizes],
    )  # fmt: skip
    return axes.figure


# --- losses -------------------------------------------------------------------------------------


def line_of_slopes(
    squares: Float[np.ndarray, " trials"], totals: Float[np.ndarray, " trials"], sigma: float
) -> Figure:
    """Log-likelihood against SSE for many weights: one falling line."""
    axes = new_axes(5.5, 3.6)
    axes.plot(squares, totals, "o", color=COLOURS.negative, alpha=0.6)
    axes.set(
        title=f"One straight line of slope {-1 / (2 * sigma**2):g}",
        xlabel="sum of squared errors", ylabel="log-likelihood",
    )  # fmt: skip
    return axes.figure


def outlier_view(
    points: Sequence[float] = (1, 2, 3, 4),
) -> Callable[[Any], Callable[[float, float], str]]:
    """How an explorer draws the best constant under three losses while one point moves away."""
    grid = np.linspace(0, 21, 841)
    kinds: dict[str, Callable[..., np.ndarray]] = {
        "squares": losses.squared_error,
        "absolute": losses.absolute_error,
        "Huber": losses.huber,
    }

    def draw(pair: Any) -> Callable[[float, float], str]:
        left, right = pair
        left.plot(points, np.zeros(len(points)), "o", color=COLOURS.text, markersize=11 * scale())
        (moved,) = left.plot([], [], "o", color=COLOURS.positive, markersize=13 * scale())
        marks, curves, lows = {}, {}, {}
        for k, name in enumerate(kinds):
            look: dict[str, Any] = {
                "color": COLOURS.classes[k], "linestyle": DASHES[k], "label": name,
            }  # fmt: skip
            (marks[name],) = left.plot([], [], linewidth=3 * scale(), **look)
            (curves[name],) = right.plot(grid, 0 * grid, **look)
            (lows[name],) = right.plot(
                [], [], COLOURS.markers[k], color=COLOURS.classes[k], markersize=9 * scale()
            )
        left.set(xlim=(0, 21), ylim=(-0.4, 1.2), yticks=[], xlabel="value", title="best constant")
        right.set(
            xlim=(0, 21), ylim=(0, 1.05), xlabel="constant", ylabel="cost / its largest",
            title="cost of each constant",
        )  # fmt: skip
        right.legend(loc="upper center")

        def update(outlier: float, delta: float) -> str:
            data = np.array([*points, outlier])
            moved.set_data([outlier], [0])
            best = {}
            for name, loss in kinds.items():
                options = {"delta": delta} if name == "Huber" else {}
                cost = loss(grid[:, None], data, **options).mean(axis=1)
                best[name] = grid[np.argmin(cost)]
                marks[name].set_data([best[name], best[name]], [0.1, 1.0])
                curves[name].set_ydata(cost / cost.max())
                lows[name].set_data([best[name]], [cost.min() / cost.max()])
            return "best constant: " + ", ".join(f"{n} {v:.2f}" for n, v in best.items())

        return update

    return draw


def margin_losses() -> Figure:
    """Losses of a binary decision over the margin t times score."""
    axes = new_axes(6.5, 4)
    m = np.linspace(-2.5, 3, 400)
    curves = {
        "wrong (0 or 1)": (m <= 0).astype(float),
        "hinge": losses.hinge(m, 1),
        "cross-entropy / ln 2": losses.bce_with_logits(m, 1) / np.log(2),
        "perceptron": np.maximum(0, -m),
        "squares": (1 - m) ** 2,
    }
    for k, (name, values) in enumerate(curves.items()):
        colour = COLOURS.text if k == 0 else COLOURS.classes[k - 1]
        axes.plot(m, values, DASHES[k % 4], color=colour, label=name, linewidth=2.2 * scale())
    axes.set(
        ylim=(-0.1, 4), xlabel="margin  t × score", ylabel="loss",
        title="Only the squares punish an answer that is too good",
    )  # fmt: skip
    axes.legend(loc="upper right")
    return axes.figure


def neuron_view(pair: Any) -> Callable[[float, float, float], str]:
    """Draw the output of one sigmoid unit that must learn 0, under two costs, and the slopes."""
    left, right = pair
    a = np.linspace(-6, 8, 300)
    lines, heres = {}, {}
    for k, (name, (_, gradient)) in enumerate(losses.COSTS.items()):
        look: dict[str, Any] = {
            "color": COLOURS.classes[k], "linestyle": ("--", "-")[k], "label": name,
        }  # fmt: skip
        (lines[name],) = left.plot([], [], linewidth=2.5 * scale(), **look)
        right.plot(a, gradient(a, 0.0), **look)
        (heres[name],) = right.plot(
            [], [], COLOURS.markers[k], color=COLOURS.classes[k], markersize=10 * scale()
        )
    left.set(
        xlim=(0, 300), ylim=(0, 1.02), xlabel="epoch", ylabel="output (target 0)",
        title="how fast it unlearns its mistake",
    )  # fmt: skip
    right.set(
        xlabel="net input a", ylabel="slope of the cost by a", ylim=(-0.05, 1.05),
        title="slope at the start (marks)",
    )  # fmt: skip
    right.legend(loc="upper left")  # at the left it would hide the plateau

    def update(weight: float, bias: float, rate: float) -> str:
        words = []
        for name, (_, gradient) in losses.COSTS.items():
            steps = list(losses.train_neuron(weight, bias, name, learning_rate=rate))
            lines[name].set_data(range(len(steps)), [s.output for s in steps])
            heres[name].set_data([weight + bias], [gradient(weight + bias, 0.0)])
            first = next((s.epoch for s in steps if s.output < 0.2), None)
            reached = "not within 300 epochs" if first is None else f"at epoch {first}"
            words.append(f"{name}: slope {steps[0].slope:.4f}, output below 0.2 {reached}")
        return "; ".join(words)

    return update


def learning_curves(curves: Mapping[str, Float[np.ndarray, "seeds epochs"]]) -> Figure:
    """Accuracy by epoch for each cost: the mean over seeds, and their range."""
    axes = new_axes(6.5, 3.8)
    for k, (name, runs) in enumerate(curves.items()):
        epochs = np.arange(1, runs.shape[1] + 1)
        axes.fill_between(
            epochs, runs.min(axis=0), runs.max(axis=0), color=COLOURS.classes[k], alpha=0.2
        )
        axes.plot(epochs, runs.mean(axis=0), ("--", "-")[k % 2], color=COLOURS.classes[k],
                  label=name, marker=COLOURS.markers[k])  # fmt: skip
    axes.set(
        title="The quadratic cost sets off more slowly", xlabel="epoch",
        ylabel="accuracy on held-out digits", ylim=(0, 1),
    )  # fmt: skip
    axes.legend(loc="lower right")
    return axes.figure


# --- softmax ------------------------------------------------------------------------------------


def softmax_view(
    names: Sequence[str] = ("dog", "cat", "panda"),
) -> Callable[[Any], Callable[..., str]]:
    """How an explorer draws logits, the distribution they make, the target and the slope z - t."""
    places = np.arange(len(names))

    def draw(trio: Any) -> Callable[..., str]:
        panels = {}
        labels = ("logits", "softmax, target (lines)", "slope (z − t) / T")
        limits = ((-5.5, 5.5), (0, 1.02), (-1.02, 1.02))
        for axes, title, limit in zip(trio, labels, limits, strict=True):
            axes.axhline(0, color=COLOURS.text, linewidth=0.8)
            axes.set(title=title, xticks=places, xticklabels=names, ylim=limit)
            panels[title] = axes.bar(places, 0 * places, 0.6, color=COLOURS.negative)
        targets = [
            trio[1].plot([k - 0.4, k + 0.4], [0, 0], "-", color=COLOURS.positive, linewidth=4)[0]
            for k in places
        ]
        texts = [trio[2].text(k, 0, "", ha="center", va="bottom") for k in places]

        def update(dog: float, cat: float, panda: float, temperature: float, epsilon: float) -> str:
            a = np.array([dog, cat, panda])
            z = losses.softmax(a, temperature)
            t = losses.smooth(losses.one_hot(np.array([0]), 3), epsilon)[0]
            loss, slope = float(losses.cross_entropy(z, t)), (z - t) / temperature
            for bars, values in zip(panels.values(), (a, z, slope), strict=True):
                for bar, value in zip(bars, values, strict=True):
                    bar.set_height(value)
            for k in places:
                targets[k].set_ydata([t[k], t[k]])
                texts[k].set_text(f"{slope[k]:+.3f}")
                texts[k].set_y(max(slope[k], 0) + 0.02)
            shown = ", ".join(f"{v:.3f}" for v in z)
            return f"z = ({shown}), cross-entropy with the target {loss:.4f} nats"

        return update

    return draw


def divergence_view(pair: Any) -> Callable[[float, float], str]:
    """Draw two coins and what it costs to take one for the other, in both directions."""
    left, right = pair
    q = np.linspace(0.001, 0.999, 400)
    two = np.stack([q, 1 - q], axis=1)
    bars = [
        left.bar(np.arange(2) + shift, [0, 0], 0.36, color=colour, hatch=hatch, label=name)
        for shift, colour, hatch, name in (
            (-0.2, COLOURS.negative, "", "P"), (0.2, COLOURS.positive, "//", "Q"),
        )
    ]  # fmt: skip
    left.set(xticks=[0, 1], xticklabels=["heads", "tails"], ylim=(0, 1), title="two coins")
    left.legend(loc="upper right")
    (forward,) = right.plot(q, 0 * q, color=COLOURS.classes[0], label="KL(P‖Q)")
    (reverse,) = right.plot(q, 0 * q, "--", color=COLOURS.classes[1], label="KL(Q‖P)")
    (cross,) = right.plot(q, 0 * q, "-.", color=COLOURS.classes[2], label="H(P, Q)")
    (here,) = right.plot([], [], ":", color=COLOURS.neutral)
    right.set(xlim=(0, 1), ylim=(0, 2), xlabel="Q(heads)", ylabel="nats", title="both touch 0 at P")
    right.legend(loc="upper center")

    def update(p_heads: float, q_heads: float) -> str:
        p, mine = np.array([p_heads, 1 - p_heads]), np.array([q_heads, 1 - q_heads])
        for group, values in zip(bars, (p, mine), strict=True):
            for bar, value in zip(group, values, strict=True):
                bar.set_height(value)
        forward.set_ydata(losses.kl_divergence(p, two))
        reverse.set_ydata(losses.kl_divergence(two, p))
        cross.set_ydata(losses.cross_entropy(two, p))
        here.set_data([q_heads, q_heads], [0, 2])
        return (
            f"H(P) {losses.entropy(p):.4f} + KL(P‖Q) {losses.kl_divergence(p, mine):.4f} = "
            f"H(P, Q) {losses.cross_entropy(mine, p):.4f};  KL(Q‖P) "
            f"{losses.kl_divergence(mine, p):.4f} nats"
        )

    return update


# --- linear classifiers -------------------------------------------------------------------------


def class_regions_view(
    inputs: Float[np.ndarray, "points 2"],
    targets: Int[np.ndarray, " points"],
    weights: Float[np.ndarray, "classes 2"],
    bias: Float[np.ndarray, " classes"],
    names: Sequence[str],
    labels: tuple[str, str],
) -> Callable[[Axes], Callable[..., str]]:
    """How an explorer draws the regions of three linear scores while biases are added to them."""
    reach = 1.1 * np.abs(inputs).max(axis=0)
    extent = (-reach[0], reach[0], -reach[1], reach[1])
    cells = 90
    grid = grid_of(extent, cells)
    tints = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in TINTED]) / 255

    def draw(axes: Axes) -> Callable[..., str]:
        image = axes.imshow(
            np.ones((cells, cells, 3)), extent=extent, origin="lower", aspect="auto", zorder=0
        )
        scatter_classes(axes, inputs, targets, names=names)
        axes.set(
            xlim=extent[:2], ylim=extent[2:], xlabel=labels[0], ylabel=labels[1],
            title="each region: the largest of three scores",
        )  # fmt: skip
        axes.legend(loc="lower right")

        def update(**added: float) -> str:
            moved = bias + np.array(list(added.values()))
            winner = losses.scores(grid, weights, moved).argmax(axis=1)
            image.set_data(tints[winner].reshape(cells, cells, 3))
            mine = losses.scores(inputs, weights, moved)
            wrong = int(np.sum(mine.argmax(axis=1) != targets))
            loss = losses.cross_entropy_with_logits(mine, losses.one_hot(targets, len(bias)))
            return f"{wrong} of {len(targets)} flowers wrong, mean cross-entropy {loss.mean():.3f}"

        return update

    return draw


def signed_image(axes: Axes, image: Float[np.ndarray, "rows columns"], title: str = "") -> Any:
    """A picture of positive (green) and negative (purple) numbers, white at 0."""
    reach = float(np.abs(image).max()) or 1.0
    shown = axes.imshow(image, cmap="PRGn", vmin=-reach, vmax=reach)
    axes.set(title=title, xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    return shown


def templates(images: Mapping[str, Float[np.ndarray, "rows columns"]], columns: int = 5) -> Figure:
    """Rows of a weight matrix as pictures, one per title: green where ink adds to the score."""
    rows = -(-len(images) // columns)
    cells = np.ravel(new_axes(1.6 * columns, 1.85 * rows, columns=columns, rows=rows))
    for axes in cells[len(images) :]:
        axes.set_axis_off()
    for axes, (title, image) in zip(cells, images.items(), strict=False):
        signed_image(axes, image, title)
        if image.size > 100:
            continue
        for y, x in np.argwhere(np.abs(image) > 0.4 * np.abs(image).max()):
            sign = "+" if image[y, x] > 0 else "−"  # the sign again, for those who see no colours
            axes.text(x, y, sign, ha="center", va="center", color="white", fontsize=9 * scale())
    return cells[0].figure


def evidence_view(
    inputs: Float[np.ndarray, "examples pixels"],
    targets: Int[np.ndarray, " examples"],
    weights: Float[np.ndarray, "classes pixels"],
    bias: Float[np.ndarray, " classes"],
    shape: tuple[int, int],
) -> Callable[[Any], Callable[[int, int], str]]:
    """How an explorer draws a picture, a template, and their product pixel by pixel."""

    def draw(trio: Any) -> Callable[[int, int], str]:
        picture = trio[0].imshow(np.zeros(shape), cmap="gray_r", vmin=0, vmax=1)
        trio[0].set(title="the picture", xticks=[], yticks=[])
        trio[0].spines[:].set_visible(False)
        reach = float(np.abs(weights).max())
        panels = [signed_image(axes, np.ones(shape), title) for axes, title in zip(
            trio[1:], ("template", "product: the votes"), strict=True)]  # fmt: skip
        for panel in panels:
            panel.set_clim(-reach, reach)

        def update(example: int, template: int) -> str:
            x, w = inputs[example], weights[template]
            picture.set_data(x.reshape(shape))
            panels[0].set_data(w.reshape(shape))
            panels[1].set_data((x * w).reshape(shape))
            total = losses.scores(inputs[[example]], weights, bias)[0]
            z = losses.softmax(total)
            return (
                f"votes {x @ w:+.2f}, bias {bias[template]:+.2f}: score {total[template]:+.2f}, "
                f"probability {z[template]:.3f};  the largest score has {total.argmax()}, "
                f"the truth is {targets[example]}"
            )

        return update

    return draw


def reliability(models: Mapping[str, tuple[Any, float]]) -> Figure:
    """Confidence against the share that is right, per model: ((confidence, right, count), ECE)."""
    row = np.atleast_1d(new_axes(3.3 * len(models), 3.5, columns=len(models), sharey=True))
    for k, (axes, (name, (bins, error))) in enumerate(zip(row, models.items(), strict=True)):
        said, right, count = bins
        axes.plot([0, 1], [0, 1], ":", color=COLOURS.text)
        axes.plot(said, right, "-", color=COLOURS.classes[k])
        axes.scatter(
            said, right, s=15 + 250 * count / count.sum(), color=COLOURS.classes[k],
            marker=COLOURS.markers[k], zorder=3,
        )  # fmt: skip
        axes.set(
            title=f"{name}: ECE {error:.2f}", xlim=(0, 1.03), ylim=(0, 1.03), xlabel="confidence"
        )
    row[0].set_ylabel("share that is right")
    return row[0].figure


__all__ = [
    "class_regions_view", "climbing", "consistency", "divergence_view", "evidence_view",
    "learning_curves", "likelihood_view", "line_of_slopes", "margin_losses", "neuron_view",
    "outlier_view", "reliability", "signed_image", "softmax_view", "surface", "templates",
    "underflow",
]  # fmt: skip
