"""What the chapter on transformers looks like: look-ups, matrices, maps, positions, costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.models import losses

from .picture import new_axes
from .style import COLOURS, scale

if TYPE_CHECKING:
    from jaxtyping import Float
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from course_lib.models.attention import Attending
    from course_lib.models.transformer import Writing

Matrix = np.ndarray
NAMES = {"X": "X (words)", "Q": "Q (ask)", "K": "K (found by)", "V": "V (hand over)",
         "S": "scores Q·Kᵀ", "scaled": "scaled scores", "A": "weights",
         "Z": "outputs"}  # fmt: skip


def _short(value: float) -> str:
    if np.isnan(value):
        return ""
    if np.isinf(value):
        return "−∞"
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.2f}"


def _grid(
    axes: Axes, shape: tuple[int, int], rows: Sequence[str], columns: Sequence[str], high: float
) -> Callable[[Matrix, int | None], None]:
    """Empty boxes that take a matrix: blue for large, the row in work framed in orange."""
    height, width = shape
    image = axes.imshow(np.zeros(shape), cmap="Blues", vmin=0, vmax=high, aspect="auto")
    texts = [
        [axes.text(j, i, "", ha="center", va="center") for j in range(width)] for i in range(height)
    ]
    (frame,) = axes.plot([], [], color=COLOURS.accent, linewidth=3 * scale(), clip_on=False)
    axes.set(xticks=range(width), xticklabels=columns, yticks=range(height), yticklabels=rows)
    axes.tick_params(length=0)

    def fill(matrix: Matrix, row: int | None) -> None:
        shown = np.nan_to_num(matrix, nan=0.0, neginf=0.0)
        image.set_data(np.clip(shown, 0, high))
        for i in range(height):
            for j in range(width):
                texts[i][j].set_text(_short(matrix[i, j]))
                texts[i][j].set_color("white" if shown[i, j] > 0.6 * high else COLOURS.text)
        if row is None:
            frame.set_data([], [])
        else:
            r = row
            frame.set_data(
                [-0.5, width - 0.5, width - 0.5, -0.5, -0.5],
                [r - 0.5, r - 0.5, r + 0.5, r + 0.5, r - 0.5],
            )

    return fill


# --- a soft look-up -----------------------------------------------------------------------------


def look_up_view(
    keys: Matrix, values: Matrix, words: Sequence[str]
) -> Callable[[Any], Callable[..., str]]:
    """How an explorer draws one query among keys, its weights, and the mixture of the values."""
    K, V = np.asarray(keys, float), np.asarray(values, float)

    def draw(trio: Any) -> Callable[..., str]:
        plane, bars_at, out = trio
        for k, (key, word) in enumerate(zip(K, words, strict=True)):
            plane.plot([0, key[0]], [0, key[1]], "-", color=COLOURS.classes[k], linewidth=3)
            plane.plot(*key, COLOURS.markers[k], color=COLOURS.classes[k], markersize=10)
            plane.annotate(word, key, (6, 6), textcoords="offset points")
            out.plot(*V[k], COLOURS.markers[k], color=COLOURS.classes[k], markersize=11)
            out.annotate(word, V[k], (6, 6), textcoords="offset points")
        (query,) = plane.plot([], [], "-", color=COLOURS.text, linewidth=2.5)
        (tip,) = plane.plot([], [], "*", color=COLOURS.text, markersize=15)
        (mixture,) = out.plot([], [], "*", color=COLOURS.text, markersize=17)
        bars = bars_at.bar(range(len(K)), np.zeros(len(K)), color=COLOURS.classes[: len(K)])
        plane.set(xlim=(-2.6, 2.6), ylim=(-2.6, 2.6), title="keys and the query (star)",
                  xlabel="first number", ylabel="second number")  # fmt: skip
        bars_at.set(ylim=(0, 1), xticks=range(len(K)), xticklabels=words, title="weights",
                    ylabel="share")  # fmt: skip
        low, high = V.min() - 0.4, V.max() + 0.6
        out.set(xlim=(low, high), ylim=(low, high), title="values and their mixture (star)",
                xlabel="first number", ylabel="second number")  # fmt: skip

        def update(angle: float, length: float, divide: str) -> str:
            q = length * np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
            scores = K @ q / (np.sqrt(2) if divide == "yes" else 1)
            weights = losses.softmax(scores)
            z = weights @ V
            shown = q if np.abs(q).max() < 2.5 else 2.5 * q / np.abs(q).max()
            query.set_data([0, shown[0]], [0, shown[1]])
            tip.set_data([shown[0]], [shown[1]])
            mixture.set_data([z[0]], [z[1]])
            for bar, w in zip(bars, weights, strict=True):
                bar.set_height(w)
            told = ", ".join(f"{w} {a:.2f}" for w, a in zip(words, weights, strict=True))
            return (
                f"query ({q[0]:.2f}, {q[1]:.2f}); weights: {told}; output ({z[0]:.2f}, {z[1]:.2f})"
            )

        return update

    return draw


# --- every matrix -------------------------------------------------------------------------------


def matrices_view(
    words: Sequence[str], features: Sequence[str], shapes: Mapping[str, tuple[int, int]]
) -> Callable[[Any], Callable[[Attending], str]]:
    """How a player draws self-attention: X, Q, K, V, scores, weights and outputs, as they come."""
    order = ("X", "Q", "K", "V", "S", "scaled", "A", "Z")
    tall = {"X": 1.0, "Q": 1.5, "K": 1.5, "V": 2.0, "S": 2.0, "scaled": 1.5, "A": 0.8, "Z": 1.5}

    def draw(panels: Any) -> Callable[[Attending], str]:
        fills, titles = {}, {}
        for axes, stage in zip(np.ravel(panels), order, strict=True):
            square = stage in ("S", "scaled", "A")
            columns = words if square else features if stage == "X" else ["1", "2"]
            fills[stage] = _grid(axes, shapes[stage], words, columns, tall[stage])
            titles[stage] = axes.set_title(NAMES[stage])

        def update(state: Attending) -> str:
            for stage, fill in fills.items():
                empty = np.full(shapes[stage], np.nan)
                source = "masked" if stage == "scaled" and "masked" in state.known else stage
                now = state.stage == source
                fill(state.known.get(source, empty), state.row if now else None)
                titles[stage].set_color(COLOURS.positive if now else COLOURS.text)
            return f"{state.stage}: {state.line}"

        return update

    return draw


def maps(
    pictures: Sequence[Float[np.ndarray, "queries keys"]],
    titles: Sequence[str],
    rows: Sequence[str],
    columns: Sequence[str],
    heading: str,
    high: float = 1.0,
    size: tuple[float, float] | None = None,
) -> Figure:
    """Attention weights as grids side by side: one row per query, one column per key."""
    n = len(pictures)
    width, height = size or (3.1 * n + 0.6, 3.5)
    panels = np.ravel(new_axes(width, height, columns=n))
    for k, (axes, picture, title) in enumerate(zip(panels, pictures, titles, strict=True)):
        image = axes.imshow(picture, cmap="Blues", vmin=0, vmax=high, aspect="auto")
        axes.set(xticks=range(len(columns)), yticks=range(len(rows)), title=title, xlabel="key")
        axes.set_xticklabels(columns, rotation=90 if max(map(len, columns)) > 2 else 0)
        axes.set_yticklabels(rows if k == 0 else [])
        axes.tick_params(length=0)
    panels[0].set_ylabel("query")
    panels[-1].figure.colorbar(image, ax=panels[-1], label="weight")
    panels[0].figure.suptitle(heading)
    return panels[0].figure


# --- scaling --------------------------------------------------------------------------------------


def scaling(
    widths: Sequence[int],
    spread: Sequence[float],
    largest: Mapping[str, Sequence[float]],
    slopes: Mapping[str, Sequence[float]],
) -> Figure:
    """Spread of q·k over d_k; largest weight and slope of the softmax with and without scaling."""
    left, middle, right = new_axes(10, 3.4, columns=3)
    left.loglog(widths, spread, "o", color=COLOURS.positive, label="measured")
    left.loglog(widths, np.sqrt(widths), "-", color=COLOURS.text, label="root of d_k")
    left.set(title="q·k grows like the root", xlabel="d_k", ylabel="standard deviation")
    left.legend()
    for k, name in enumerate(largest):
        look: dict[str, Any] = {
            "color": COLOURS.classes[k], "marker": COLOURS.markers[k], "linestyle": ("-", "--")[k],
            "label": name,
        }  # fmt: skip
        middle.semilogx(widths, largest[name], **look)
        right.loglog(widths, slopes[name], **look)
    middle.set(title="one key takes all", xlabel="d_k", ylabel="largest weight", ylim=(0, 1.02))
    right.set(title="and the slope is gone", xlabel="d_k", ylabel="mean slope a(1 − a)")
    middle.legend()
    return left.figure


# --- positions ------------------------------------------------------------------------------------


def positions_view(tokens: int = 60) -> Callable[[Any], Callable[..., str]]:
    """How an explorer draws sinusoidal positions and the product of each with a chosen one."""

    def draw(pair: Any) -> Callable[..., str]:
        from course_lib.models.transformer import frequencies, sinusoidal

        left, right = pair
        image = left.imshow(
            np.zeros((tokens, 8)),
            cmap="RdBu",
            vmin=-1,
            vmax=1,
            aspect="auto",
            extent=(0, 1, tokens, 0),
        )
        (mark,) = left.plot([0, 1], [0, 0], color=COLOURS.accent, linewidth=3)
        left.set(title="one row per place", xlabel="column of the encoding", ylabel="place",
                 xticks=[0, 1], xticklabels=["first pair", "last"])  # fmt: skip
        (line,) = right.plot(range(tokens), np.zeros(tokens), ".-", color=COLOURS.negative)
        (here,) = right.plot([], [], "o", color=COLOURS.accent, markersize=12)
        right.set(xlabel="place m", ylabel="r(n)·r(m) / r(n)·r(n)", ylim=(-1.05, 1.1),
                  xlim=(0, tokens - 1), title="how alike two places are")  # fmt: skip

        def update(width: int, base: int, place: int) -> str:
            table = sinusoidal(tokens, width, base).numpy()
            image.set_data(table)
            mark.set_ydata([place + 0.5, place + 0.5])
            alike = table @ table[place] / (width / 2)
            line.set_ydata(alike)
            here.set_data([place], [1.0])
            longest = 2 * np.pi / float(frequencies(width, base)[-1])
            other = place + 5 if place + 5 < tokens else place - 5
            return (
                f"place {place}: likeness to place {other} is {alike[other]:.3f} (distance 5: the "
                f"same everywhere); the last pair turns once in {longest:.0f} places"
            )

        return update

    return draw


def by_positions(results: Mapping[str, Mapping[str, Sequence[float]]]) -> Figure:
    """Accuracy on tasks, one dot per seed, for each way to tell the order."""
    panels = np.ravel(new_axes(4.4 * len(results), 3.4, columns=len(results)))
    for axes, (task, kinds) in zip(panels, results.items(), strict=True):
        for k, values in enumerate(kinds.values()):
            across = k + np.linspace(-0.18, 0.18, len(values))
            axes.plot(across, values, COLOURS.markers[k], color=COLOURS.classes[k])
        axes.set(xticks=range(len(kinds)), xticklabels=list(kinds), ylim=(0, 1.05), title=task)
    panels[0].set_ylabel("symbols right (five seeds)")
    return panels[0].figure


# --- blocks ---------------------------------------------------------------------------------------


def gradients_by_depth(slopes: Mapping[str, Float[np.ndarray, "seeds layers"]]) -> Figure:
    """Length of the loss's gradient in every block, at the start: the range over the seeds."""
    axes = new_axes(6.5, 3.6)
    for k, (name, runs) in enumerate(slopes.items()):
        blocks = np.arange(1, runs.shape[1] + 1)
        axes.fill_between(blocks, runs.min(axis=0), runs.max(axis=0), color=COLOURS.classes[k],
                          alpha=0.2)  # fmt: skip
        axes.semilogy(blocks, runs.mean(axis=0), color=COLOURS.classes[k], label=name,
                      marker=COLOURS.markers[k], linestyle=("-", "--", ":")[k])  # fmt: skip
    axes.set(title="At the top post-norm pulls several times harder",
             xlabel="block (1 is next to the input)",
             ylabel="length of the gradient")  # fmt: skip
    axes.legend()
    return axes.figure


# --- decoding -------------------------------------------------------------------------------------


def writing_view(
    source: Sequence[int], symbols: int = 10
) -> Callable[[Any], Callable[[Writing], str]]:
    """How a player draws greedy decoding: the chances of the next symbol, and where it looks."""

    def draw(pair: Any) -> Callable[[Writing], str]:
        left, right = pair
        bars = left.bar(range(symbols), np.zeros(symbols), color=COLOURS.negative)
        left.set(ylim=(0, 1.02), xticks=range(symbols), xlabel="next symbol", ylabel="probability")
        n = len(source)
        image = right.imshow(np.zeros((n, n)), cmap="Blues", vmin=0, vmax=1, aspect="auto")
        right.set(xticks=range(n), xticklabels=list(source), yticks=range(n),
                  xlabel="source (keys)", ylabel="written (queries)",
                  title="cross-attention, mean of the heads")  # fmt: skip

        def update(state: Writing) -> str:
            for k, (bar, p) in enumerate(zip(bars, state.chances, strict=True)):
                bar.set_height(p)
                bar.set_color(COLOURS.positive if k == state.chosen else COLOURS.negative)
            shown = np.zeros((n, n))
            shown[: len(state.cross)] = state.cross
            image.set_data(shown)
            written = [*state.read[1:], state.chosen]
            right.set_yticks(range(n), [str(w) for w in written] + ["·"] * (n - len(written)))
            left.set_title(f"has read: <s> {' '.join(map(str, state.read[1:]))}")
            place = int(state.cross[-1].argmax())
            return (
                f"step {state.step + 1}: looks at place {place + 1} of the source "
                f"({state.cross[-1].max():.2f} of the attention) and writes {state.chosen} "
                f"with probability {state.chances[state.chosen]:.3f}"
            )

        return update

    return draw


# --- a trained encoder ----------------------------------------------------------------------------


def agreement_view(
    answer: Callable[..., tuple[list[str], Matrix, float, float]], layers: int, heads: int
) -> Callable[[Any], Callable[..., str]]:
    """How an explorer draws what a masked language model does with a sentence of the reader.

    `answer(**choices)` returns the words, the weights (layers, heads, n, n), the chance of a plural
    verb and the chance that the class token says "plural".
    """

    def draw(pair: Any) -> Callable[..., str]:
        left, right = pair
        right.set(title="who looks where", xlabel="key", ylabel="query")
        image = right.imshow(np.zeros((2, 2)), cmap="Blues", vmin=0, vmax=1, aspect="auto")
        bars = left.barh([0, 1], [0, 0], color=[COLOURS.classes[0], COLOURS.classes[1]])
        left.set(xlim=(0, 1), yticks=[0, 1], title="what it says", xlabel="probability",
                 yticklabels=["hidden verb\nis plural", "class token:\nplural"])  # fmt: skip

        def update(subject: str, link: str, other: str, layer: int, head: int) -> str:
            words, weights, verb, label = answer(subject=subject, link=link, other=other)
            n = len(words)
            picture = weights[layer - 1, head - 1]
            image.set_data(picture)
            image.set_extent((-0.5, n - 0.5, n - 0.5, -0.5))
            right.set(xlim=(-0.5, n - 0.5), ylim=(n - 0.5, -0.5))
            right.set_xticks(range(n), words, rotation=90)
            right.set_yticks(range(n), words)
            right.set_title(f"block {layer}, head {head}: who looks where")
            for bar, p in zip(bars, (verb, label), strict=True):
                bar.set_width(p)
            gap = words.index("?")
            best = int(picture[gap].argmax())
            return (
                f"{' '.join(words[1:])}  —  plural verb: {verb:.3f}; class token says plural: "
                f"{label:.3f}; in block {layer}, head {head} the gap looks most at "
                f"'{words[best]}' ({picture[gap, best]:.2f})"
            )

        return update

    return draw


def lens_bars(depths: Sequence[str], right: Mapping[str, Sequence[float]]) -> Figure:
    """Share of verbs with the right number, read off the stream after each depth."""
    axes = new_axes(6.5, 3.4)
    width = 0.8 / len(right)
    for k, (name, values) in enumerate(right.items()):
        places = np.arange(len(depths)) + (k - (len(right) - 1) / 2) * width
        axes.bar(places, values, width, color=COLOURS.classes[k], label=name,
                 hatch=("", "//", "..")[k], edgecolor="white")  # fmt: skip
    axes.axhline(0.5, color=COLOURS.neutral, linestyle=":")
    axes.set(xticks=range(len(depths)), xticklabels=list(depths), ylim=(0, 1.4),
             ylabel="verbs of the right number",
             title="The number of the verb appears in the last block")  # fmt: skip
    axes.legend(loc="upper left")
    return axes.figure


def letters_by_model(scores: Mapping[str, Sequence[float]]) -> Figure:
    """Hidden letters guessed right, for counts and for the transformer's seeds."""
    axes = new_axes(7, 3.2)
    for k, (_, values) in enumerate(scores.items()):
        axes.bar(k, np.mean(values), 0.6, color=COLOURS.classes[k])
        if len(values) > 1:
            axes.plot(k + np.linspace(-0.2, 0.2, len(values)), values, "o", color=COLOURS.text)
    axes.set(xticks=range(len(scores)), xticklabels=list(scores), ylabel="hidden letters right",
             title="Better than one neighbour, not yet than two counted")  # fmt: skip
    return axes.figure


def offsets(
    places: Sequence[int], weights: Float[np.ndarray, "heads offsets"], title: str
) -> Figure:
    """Mean attention of a hidden letter by distance, one line per head."""
    axes = new_axes(6.5, 3.2)
    for k, line in enumerate(weights):
        axes.plot(places, line, marker=COLOURS.markers[k], color=COLOURS.classes[k],
                  label=f"head {k + 1}")  # fmt: skip
    axes.set(title=title, xlabel="distance of the key (0: the hidden letter itself)",
             ylabel="mean weight", xticks=list(places))  # fmt: skip
    axes.legend()
    return axes.figure


# --- cost -----------------------------------------------------------------------------------------


def cost_view(axes: Any) -> Callable[..., str]:
    """Draw the operations of self-attention and of a recurrent layer over the length."""
    n = np.unique(np.logspace(1, 4, 80).astype(int))
    (attention,) = axes.loglog(n, n, "-", color=COLOURS.positive, label="self-attention  n² d")
    (recurrent,) = axes.loglog(n, n, "--", color=COLOURS.negative, label="recurrent  n d²")
    (here,) = axes.plot([], [], "o", color=COLOURS.positive, markersize=11)
    (there,) = axes.plot([], [], "s", color=COLOURS.negative, markersize=10)
    (cross,) = axes.plot([], [], ":", color=COLOURS.text)
    axes.set(xlabel="length n of the sequence", ylabel="multiplications", ylim=(1e3, 1e12),
             title="Who is cheaper changes at n = d")  # fmt: skip
    axes.legend(loc="upper left")

    def update(length: int, width: int) -> str:
        attention.set_ydata(n.astype(float) ** 2 * width)
        recurrent.set_ydata(n.astype(float) * width**2)
        a, r = length**2 * width, length * width**2
        here.set_data([length], [a])
        there.set_data([length], [r])
        cross.set_data([width, width], [1e3, 1e12])
        word = "cheaper" if a < r else "dearer" if a > r else "equally dear"
        return (
            f"n = {length}, d = {width}: self-attention {a:.3g}, recurrent {r:.3g}: attention is "
            f"{word} (ratio n/d = {length / width:.2f}); longest path 1 step against {length - 1}"
        )

    return update
