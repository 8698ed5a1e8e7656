"""What the chapter on Boltzmann machines looks like: coins, chains, phases, digits dreamt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.models import boltzmann as bm
from course_lib.models.boltzmann import RBM

from .losses_views import signed_image
from .picture import new_axes
from .style import COLOURS, scale

if TYPE_CHECKING:
    from jaxtyping import Float
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINES = ("-", "--", "-.", ":")
INK = "Greys"


def _look(k: int) -> dict[str, Any]:
    return {"color": COLOURS.classes[k], "linestyle": LINES[k % 4], "marker": COLOURS.markers[k]}


def _bare(axes: Axes) -> None:
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


# --- units and machines -------------------------------------------------------------------------


class _Net:
    """A small machine as a drawing: units on a ring, green and purple connections, black is on."""

    def __init__(self, axes: Axes, units: int) -> None:
        angle = np.pi / 2 - 2 * np.pi * np.arange(units) / units
        self.places = np.column_stack([np.cos(angle), np.sin(angle)])
        self.pairs = [(i, j) for i in range(units) for j in range(i + 1, units)]
        self.wires, self.labels = [], []
        for i, j in self.pairs:
            ends = self.places[[i, j]]
            self.wires.append(axes.plot(*ends.T, "-", zorder=1)[0])
            middle = ends[0] + (ends[1] - ends[0]) * 0.36
            self.labels.append(
                axes.text(
                    middle[0], middle[1], "", ha="center", va="center", fontsize=9 * scale(),
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
                )
            )  # fmt: skip
        self.dots = [
            axes.plot(
                *p, "o", markersize=26 * scale(), markeredgecolor="black", markerfacecolor="white"
            )[0]
            for p in self.places
        ]
        self.texts = [axes.text(p[0], p[1], "", ha="center", va="center") for p in self.places]
        axes.set(xlim=(-1.35, 1.35), ylim=(-1.35, 1.35), aspect="equal")
        _bare(axes)

    def wire(self, weights: np.ndarray) -> None:
        top = np.abs(weights).max() or 1.0
        for (i, j), wire, label in zip(self.pairs, self.wires, self.labels, strict=True):
            w = weights[i, j]
            wire.set_color(COLOURS.weight_positive if w > 0 else COLOURS.weight_negative)
            wire.set_linewidth((0.5 + 4 * abs(w) / top) * scale() if w else 0)
            wire.set_linestyle("-" if w > 0 else "--")
            label.set_text(f"{w:+g}" if w else "")

    def show(self, state: np.ndarray, ring: int = -1) -> None:
        for k, (dot, text) in enumerate(zip(self.dots, self.texts, strict=True)):
            on = bool(state[k])
            dot.set_markerfacecolor("black" if on else "white")
            dot.set_markeredgecolor(COLOURS.positive if k == ring else "black")
            dot.set_markeredgewidth((4 if k == ring else 1) * scale())
            text.set_text(str(int(on)))
            text.set_color("white" if on else "black")


def machine_view(
    weights: Float[np.ndarray, "n n"], bias: Float[np.ndarray, " n"]
) -> Callable[[Any], Callable[..., str]]:
    """How an explorer draws a small machine and the probability of each of its states.

    Its controls: the temperature, and the weight between the first two units.
    """
    W0, b = np.array(weights, float), np.array(bias, float)
    states, words = bm.all_states(len(b)), bm.names(len(b))

    def draw(pair: Any) -> Callable[..., str]:
        left, right = pair
        net = _Net(left, len(b))
        bars = right.bar(range(len(words)), np.zeros(len(words)), color=COLOURS.negative)
        right.axhline(1 / len(words), color=COLOURS.neutral, linestyle=":")
        right.set(ylim=(0, 1), ylabel="probability", xlabel="state", xticks=range(len(words)))
        right.set_xticklabels(words, rotation=90, fontsize=9 * scale())
        left.set(title="the machine in its likeliest state")
        right.set(title="Boltzmann's distribution")

        def update(temperature: float, weight: float) -> str:
            W = W0.copy()
            W[0, 1] = W[1, 0] = weight
            p = bm.distribution(W, b, temperature)
            e = bm.energy(states, W, b)
            best = int(np.argmax(p))
            net.wire(W)
            net.show(states[best])
            for k, (bar, height) in enumerate(zip(bars, p, strict=True)):
                bar.set_height(height)
                bar.set_color(COLOURS.positive if k == best else COLOURS.negative)
            entropy = float(-(p * np.log2(np.maximum(p, 1e-300))).sum())
            return (
                f"likeliest {words[best]} with p = {p[best]:.3f} (lowest energy {e.min():+.2f}); "
                f"mean energy {p @ e:+.2f}; entropy {entropy:.2f} of {len(b)} bits"
            )

        return update

    return draw


def unit_view(tosses: int = 1000) -> Callable[[Any], Callable[..., str]]:
    """How an explorer draws the chance of one unit over its energy gap, and tosses its coin."""
    grid = np.linspace(-6, 6, 241)

    def draw(pair: Any) -> Callable[..., str]:
        left, right = pair
        left.plot(grid, bm.chance(grid, 0), ":", color=COLOURS.neutral, label="T → 0: Hopfield")
        (curve,) = left.plot(grid, 0 * grid, "-", color=COLOURS.negative, label="this T")
        (here,) = left.plot([], [], "o", color=COLOURS.positive, markersize=11 * scale())
        left.set(
            xlabel="energy gap ΔE", ylabel="P(unit is 1)", ylim=(-0.03, 1.03),
            title="the chance",
        )  # fmt: skip
        left.legend(loc="upper left")
        bars = right.bar([0, 1], [0, 0], 0.6, color=[COLOURS.negative, COLOURS.positive])
        ticks = [right.plot([k - 0.4, k + 0.4], [0, 0], "k-", linewidth=3)[0] for k in (0, 1)]
        right.set(
            xticks=[0, 1], ylim=(0, 1), xlabel="state", ylabel="share",
            title=f"{tosses} tosses (black: computed)",
        )  # fmt: skip

        def update(gap: float, temperature: float) -> str:
            curve.set_ydata(bm.chance(grid, temperature))
            p = float(bm.chance(gap, temperature))
            here.set_data([gap], [p])
            count = int((np.random.default_rng(1).random(tosses) < p).sum())
            for k, (bar, tick) in enumerate(zip(bars, ticks, strict=True)):
                bar.set_height(count / tosses if k else 1 - count / tosses)
                tick.set_ydata([p, p] if k else [1 - p, 1 - p])
            spread = np.sqrt(p * (1 - p) / tosses)
            return (
                f"gap / T = {gap / temperature:+.3f}, computed {p:.4f}, "
                f"counted {count / tosses:.4f} (one standard error is {spread:.4f})"
            )

        return update

    return draw


def annealing_view(run: Sequence[bm.Toss], least: float) -> Callable[[Any], Callable[..., str]]:
    """How a player draws a run at falling temperature: its energy, temperature and state."""
    steps = np.array([toss.step for toss in run])
    energies = np.array([toss.energy for toss in run])

    def draw(pair: Any) -> Callable[[bm.Toss], str]:
        left, right = pair
        left.axhline(least, color=COLOURS.neutral, linestyle=":")
        left.text(steps[-1], least, "lowest of all states ", ha="right", va="bottom")
        (line,) = left.plot([], [], "-", color=COLOURS.negative, label="energy")
        (warm,) = left.plot(
            steps, [t.temperature for t in run], "--", color=COLOURS.positive, label="temperature"
        )
        left.set(
            xlim=(0, steps[-1]), ylim=(energies.min() - 1, energies.max() + 1),
            xlabel="toss", title="from hot to cold",
        )  # fmt: skip
        left.legend(loc="upper right")
        n = len(run[0].state)
        wide = int(np.ceil(np.sqrt(n)))
        picture = right.imshow(
            np.zeros((-(-n // wide), wide)), cmap=INK, vmin=0, vmax=1.2, interpolation="nearest"
        )
        right.set(title="the units")
        _bare(right)

        def update(toss: bm.Toss) -> str:
            past = steps <= toss.step  # a player may show every sixth toss only
            line.set_data(steps[past], energies[past])
            cells = np.zeros(picture.get_array().size)
            cells[:n] = toss.state
            picture.set_data(cells.reshape(picture.get_array().shape))
            return (
                f"toss {toss.step}: T = {toss.temperature:.2f}, energy {toss.energy:+.2f}, "
                f"{toss.energy - least:.2f} above the lowest"
            )

        return update

    return draw


def chain_view(
    weights: Float[np.ndarray, "n n"], bias: Float[np.ndarray, " n"], temperature: float = 1.0
) -> Callable[[Any], Callable[[bm.Toss], str]]:
    """How a player draws a Gibbs chain: the unit that tosses, and visits beside probabilities."""
    p, words = bm.distribution(weights, bias, temperature), bm.names(len(bias))

    def draw(pair: Any) -> Callable[[bm.Toss], str]:
        left, right = pair
        net = _Net(left, len(bias))
        net.wire(weights)
        bars = right.bar(range(len(p)), 0 * p, color=COLOURS.negative, label="visited so far")
        right.plot(range(len(p)), p, "_k", markersize=22 * scale(), markeredgewidth=3,
                   label="computed")  # fmt: skip
        right.set(
            xticks=range(len(p)), xticklabels=words, ylim=(0, max(0.6, p.max() * 1.2)),
            xlabel="state", ylabel="share", title="visits and probabilities",
        )  # fmt: skip
        right.legend(loc="upper right")
        left.set(title="ringed: tosses now")

        def update(toss: bm.Toss) -> str:
            net.show(toss.state, toss.unit)
            total = toss.visits.sum()
            share = toss.visits / total if total else 0 * p
            for bar, height in zip(bars, share, strict=True):
                bar.set_height(height)
            if not total:
                return "start in state " + "".join(str(int(s)) for s in toss.state)
            return (
                f"toss {toss.step}: unit {toss.unit + 1} has gap {toss.gap:+.1f}, "
                f"P(1) = {toss.chance:.3f}, becomes {int(toss.state[toss.unit])}; "
                f"total variation {bm.total_variation(share, p):.3f}"
            )

        return update

    return draw


def closeness(
    curves: Mapping[str, Float[np.ndarray, " sweeps"]], noise: float, x: str = "sweeps"
) -> Figure:
    """Total variation to the computed distribution by sweep, and what counting alone costs."""
    axes = new_axes(6.5, 3.4)
    for k, (name, values) in enumerate(curves.items()):
        axes.semilogy(range(len(values)), values, label=name, **_look(k), markersize=4)
    axes.axhline(noise, color=COLOURS.neutral, linestyle=":")
    axes.text(
        1, noise, "noise of counting", va="bottom", ha="right", color=COLOURS.neutral,
        transform=axes.get_yaxis_transform(),
    )  # fmt: skip
    axes.set(xlabel=x, ylabel="total variation", title="Chains forget where they began")
    axes.legend()
    return axes.figure


# --- learning -----------------------------------------------------------------------------------


def phases_view(data_words: Sequence[str], units: int) -> Callable[[Any], Callable[..., str]]:
    """How a player draws Boltzmann learning: both phases, and the probabilities they make."""
    words = bm.names(units)
    pairs = [(i, j) for i in range(units) for j in range(i + 1, units)]

    def draw(pair: Any) -> Callable[[bm.Learned], str]:
        left, right = pair
        place = np.arange(len(pairs))
        awake = left.bar(place - 0.2, 0 * place, 0.4, color=COLOURS.positive, label="awake")
        asleep = left.bar(place + 0.2, 0 * place, 0.4, color=COLOURS.negative, label="asleep",
                          hatch="//")  # fmt: skip
        left.set(
            xticks=place, xticklabels=[f"{i + 1},{j + 1}" for i, j in pairs], ylim=(0, 1),
            xlabel="pair of units", title="how often both are on",
        )  # fmt: skip
        left.legend(loc="upper right")
        colours = [COLOURS.positive if w in data_words else COLOURS.neutral for w in words]
        bars = right.bar(range(len(words)), np.zeros(len(words)), color=colours)
        right.set(
            xticks=range(len(words)), xticklabels=words, ylim=(0, 0.7), xlabel="state",
            title="p(state); orange: in the data",
        )  # fmt: skip

        def update(state: bm.Learned) -> str:
            for group, values in ((awake, state.awake), (asleep, state.asleep)):
                for bar, (i, j) in zip(group, pairs, strict=True):
                    bar.set_height(values[i, j])
            for bar, height in zip(bars, state.probabilities, strict=True):
                bar.set_height(height)
            gap = np.abs(state.awake - state.asleep).max()
            return (
                f"update {state.step}: phases differ by at most {gap:.4f}, "
                f"log-likelihood {state.log_likelihood:.4f}"
            )

        return update

    return draw


def rbm_view(pair: Any) -> Callable[..., str]:
    """Draw p(v1 v2) of a restricted machine of two visible units and one hidden, and p(h | v)."""
    left, right = pair
    words = bm.names(2)
    bars = left.bar(range(4), np.zeros(4), color=COLOURS.negative)
    texts = [left.text(k, 0, "", ha="center", va="bottom") for k in range(4)]
    left.set(xticks=range(4), xticklabels=words, ylim=(0, 1), xlabel="v1 v2", title="p(v)")
    hidden = right.bar(range(4), np.zeros(4), color=COLOURS.positive)
    above = [right.text(k, 0, "", ha="center", va="bottom") for k in range(4)]
    right.set(xticks=range(4), xticklabels=words, ylim=(0, 1.1), xlabel="v1 v2",
              title="p(h = 1 | v)")  # fmt: skip

    def update(w1: float, w2: float, hidden_bias: float) -> str:
        rbm = RBM(np.array([[w1], [w2]]), np.zeros(2), np.array([hidden_bias]))
        p, on = rbm.visible_distribution(), rbm.to_hidden(bm.all_states(2))[:, 0]
        for group, labels, values in ((bars, texts, p), (hidden, above, on)):
            for bar, label, value in zip(group, labels, values, strict=True):
                bar.set_height(value)
                label.set_text(f"{value:.3f}")
                label.set_y(value + 0.01)
        covariance = p[3] - (p[2] + p[3]) * (p[1] + p[3])
        return (
            f"Z = {np.exp(rbm.log_partition()):.4f};  p(v) = "
            + ", ".join(f"{w}: {x:.4f}" for w, x in zip(words, p, strict=True))
            + f";  covariance of v1 and v2 {covariance:+.4f}"
        )

    return update


def hand_view(
    trace: Sequence[bm.HandEpoch],
) -> Callable[[Any], Callable[[bm.HandEpoch], str]]:
    """How a player draws the lecture's exercise: up, down, up, and the weights by epoch."""
    start = trace[0].before.ravel()
    path = np.vstack([start, [e.weights.ravel() for e in trace]])

    def draw(pair: Any) -> Callable[[bm.HandEpoch], str]:
        left, right = pair
        spots = {}
        columns = (("v at 0", "v0"), ("h at 0", "h0"), ("v at 1", "v1"), ("h at 1", "h1"))
        for x, (title, name) in enumerate(columns):
            size = len(getattr(trace[0], name))
            left.text(x, 1.62, title, ha="center")
            for k in range(size):
                y = 0.5 if size == 1 else 1 - k / (size - 1)
                dot = left.plot(x, y, "o", markersize=30 * scale(), markeredgecolor="black")[0]
                spots[name, k] = (
                    dot,
                    left.text(x, y, "", ha="center", va="center"),
                    left.text(x, y - 0.36, "", ha="center", color=COLOURS.neutral),
                )
        for x in range(3):
            left.annotate("", (x + 0.75, 0.5), (x + 0.25, 0.5), arrowprops={"arrowstyle": "->"})
        left.set(xlim=(-0.5, 3.5), ylim=(-0.6, 1.9), title="data, then reconstruction")
        _bare(left)
        lines = [right.plot([], [], label=f"w{k + 1}1", **_look(k))[0] for k in range(len(start))]
        right.set(
            xlim=(0, len(trace)), ylim=(path.min() - 0.15, path.max() + 0.15), xlabel="epoch",
            title="weights",
        )  # fmt: skip
        right.legend(loc="lower left")

        def update(e: bm.HandEpoch) -> str:
            chances = {"v0": None, "h0": e.chance_h0, "v1": e.chance_v1, "h1": e.chance_h1}
            for (name, k), (dot, text, below) in spots.items():
                on = int(getattr(e, name)[k])
                dot.set_markerfacecolor("black" if on else "white")
                text.set_text(str(on))
                text.set_color("white" if on else "black")
                p = chances[name]
                below.set_text("" if p is None else f"p = {p[k]:.3f}")
            for k, line in enumerate(lines):
                line.set_data(range(e.epoch + 1), path[: e.epoch + 1, k])
            change = ", ".join(f"{x:+.1f}" for x in e.change.ravel())
            weights = ", ".join(f"{x:.1f}" for x in e.weights.ravel())
            return f"epoch {e.epoch}: change ({change}), weights now ({weights})"

        return update

    return draw


def bias_view(
    rbm: RBM, data: Float[np.ndarray, "rows visible"]
) -> Callable[[Axes], Callable[..., str]]:
    """How an explorer draws each weight's expected CD-k step over its true slope."""

    def draw(axes: Axes) -> Callable[..., str]:
        (dots,) = axes.plot([], [], "o", color=COLOURS.negative)
        axes.axhline(0, color=COLOURS.neutral, linewidth=0.8)
        axes.axvline(0, color=COLOURS.neutral, linewidth=0.8)
        (diagonal,) = axes.plot([], [], ":", color=COLOURS.neutral)
        axes.set(xlabel="true slope of the log-likelihood", ylabel="CD-k on average")
        axes.set_title("a point per weight; on the line CD is right")

        def update(k: int, growth: float) -> str:
            machine = RBM(*(growth * part for part in bm.parts(rbm)))
            true = bm.exact_gradient(machine, data)[0].ravel()
            found = bm.expected_divergence(machine, data, k)[0].ravel()
            reach = 1.1 * max(np.abs(true).max(), np.abs(found).max())
            dots.set_data(true, found)
            diagonal.set_data([-reach, reach], [-reach, reach])
            axes.set(xlim=(-reach, reach), ylim=(-reach, reach))
            lengths = np.linalg.norm(true), np.linalg.norm(found)
            cosine = true @ found / (lengths[0] * lengths[1])
            wrong = int(np.sum(true * found < 0))
            return (
                f"CD-{k}: length {lengths[1] / lengths[0]:.3f} of the gradient's, cosine "
                f"{cosine:.3f}, wrong sign in {wrong} of {len(true)} weights"
            )

        return update

    return draw


def curves(
    runs: Mapping[str, tuple[Sequence[float], Float[np.ndarray, "seeds points"]]],
    title: str,
    y: str,
    x: str = "epochs",
    line: tuple[float, str] | None = None,
) -> Figure:
    """Mean and range over seeds, for each method."""
    axes = new_axes(6.8, 3.8)
    for k, (name, (places, values)) in enumerate(runs.items()):
        axes.fill_between(
            places, values.min(axis=0), values.max(axis=0), color=COLOURS.classes[k], alpha=0.2
        )
        axes.plot(places, values.mean(axis=0), label=name, **_look(k), markersize=5)
    if line:
        axes.axhline(line[0], color=COLOURS.neutral, linestyle=":")
        axes.text(0, line[0], line[1], va="bottom", color=COLOURS.neutral)
    axes.set(title=title, xlabel=x, ylabel=y)
    axes.legend(loc="lower right")
    return axes.figure


# --- digits -------------------------------------------------------------------------------------


def mosaic(
    pictures: Float[np.ndarray, "count pixels"], columns: int, gap: float = 0.5
) -> Float[np.ndarray, "rows columns"]:
    """Square pictures side by side in one, with a line of `gap` around each."""
    side = int(np.sqrt(pictures.shape[1]))
    rows = -(-len(pictures) // columns)
    sheet = np.full((rows * (side + 1) - 1, columns * (side + 1) - 1), gap)
    for k, picture in enumerate(pictures):
        r, c = divmod(k, columns)
        y, x = r * (side + 1), c * (side + 1)
        sheet[y : y + side, x : x + side] = picture.reshape(side, side)
    return sheet


def gallery(rows: Mapping[str, Float[np.ndarray, "count pixels"]], title: str) -> Figure:
    """Rows of small pictures, ink on paper, a name before each row."""
    count = max(len(p) for p in rows.values())
    sheets = np.ravel(new_axes(0.62 * count + 1.3, 0.66 * len(rows) + 0.4, rows=len(rows)))
    for axes, (name, pictures) in zip(sheets, rows.items(), strict=True):
        axes.imshow(mosaic(pictures, count), cmap=INK, vmin=0, vmax=1, interpolation="nearest")
        _bare(axes)
        axes.set_ylabel(name, rotation=0, ha="right", va="center")
    sheets[0].set_title(title)
    return sheets[0].figure


def fields(units: Float[np.ndarray, "units pixels"], title: str, columns: int = 16) -> Figure:
    """The weights of many hidden units as pictures in one: green speaks for, purple against."""
    rows = -(-len(units) // columns)
    axes = new_axes(7.2, 7.2 * rows / columns + 0.4)
    scaled = units / np.abs(units).max(axis=1, keepdims=True)
    signed_image(axes, mosaic(scaled, columns, gap=0.0), title)
    return axes.figure


def dreams_view(rbm: RBM, columns: int = 8) -> Callable[[Axes], Callable[..., str]]:
    """How a player draws fantasies: probabilities of the pixels of many chains, by step."""

    def draw(axes: Axes) -> Callable[[tuple[int, np.ndarray, np.ndarray]], str]:
        shown: list[Any] = []
        _bare(axes)

        def update(state: tuple[int, np.ndarray, np.ndarray]) -> str:
            step, v, p = state
            sheet = mosaic(p, columns)
            if not shown:
                shown.append(axes.imshow(sheet, cmap=INK, vmin=0, vmax=1, interpolation="nearest"))
            shown[0].set_data(sheet)
            axes.set_title(f"after {step} steps up and down")
            return f"step {step}: mean free energy of the fantasies {rbm.free_energy(v).mean():.2f}"

        return update

    return draw


DAMAGE = ("lower half white", "upper half white", "flip 15 %", "pure noise")


def damaged(picture: Float[np.ndarray, " pixels"], how: str, seed: int = 0) -> np.ndarray:
    """A picture with a part missing or wrong. Raises KeyError for an unknown kind of damage."""
    rng, out = np.random.default_rng(seed), picture.copy()
    half = len(out) // 2
    if how == "lower half white":
        out[half:] = 0
    elif how == "upper half white":
        out[:half] = 0
    elif how == "flip 15 %":
        out = np.abs(out - (rng.random(len(out)) < 0.15))
    elif how == "pure noise":
        out = (rng.random(len(out)) < 0.5).astype(float)
    else:
        raise KeyError(f"no damage {how!r}; expected one of {DAMAGE}")
    return out


def repair_view(
    rbm: RBM, pictures: Float[np.ndarray, "count pixels"]
) -> Callable[[Any], Callable[..., str]]:
    """How an explorer draws a digit, what is left of it, and what the machine makes of that."""
    side = int(np.sqrt(pictures.shape[1]))

    def draw(trio: Any) -> Callable[..., str]:
        shown = []
        for axes, title in zip(trio, ("digit", "given", "reconstruction"), strict=True):
            shown.append(axes.imshow(np.zeros((side, side)), cmap=INK, vmin=0, vmax=1))
            axes.set_title(title)
            _bare(axes)

        def update(example: int, damage: str, steps: int) -> str:
            v0 = pictures[example]
            given = damaged(v0, damage)
            v = given[None]
            for _ in range(steps):
                v = rbm.to_visible(rbm.to_hidden(v))
            for image, picture in zip(shown, (v0, given, v[0]), strict=True):
                image.set_data(picture.reshape(side, side))
            before, after = (np.mean((x - v0) ** 2) for x in (given, v[0]))
            energy = [float(rbm.free_energy(x[None])[0]) for x in (v0, given, v[0])]
            return (
                f"wrong by {before:.3f} before, {after:.3f} after {steps} steps; free energy of "
                f"the digit {energy[0]:.1f}, of the given {energy[1]:.1f}, after {energy[2]:.1f}"
            )

        return update

    return draw
