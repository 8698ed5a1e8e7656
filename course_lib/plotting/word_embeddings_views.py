"""What the chapter on word embeddings looks like: neighbours, analogies, windows, maps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.models import ngrams, word_vectors
from course_lib.models.word_vectors import Learning, WordVectors

from .picture import new_axes
from .style import COLOURS, scale

if TYPE_CHECKING:
    from jaxtyping import Float
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SMOOTHERS: dict[str, ngrams.Smoother] = {
    "kneser-ney": ngrams.kneser_ney,
    "maximum likelihood": ngrams.maximum_likelihood,
    "add one": ngrams.add_k,
    "add 0.01": partial(ngrams.add_k, k=0.01),
    "interpolated": ngrams.interpolated,
}
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)))


def plane(rows: Float[np.ndarray, "V m"]) -> Float[np.ndarray, "V 2"]:
    """The two directions of greatest spread (principal components), for a map on paper."""
    centred = rows - rows.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    return centred @ directions[:2].T


def _name_points(axes: Axes, points: np.ndarray, words: Sequence[str], **look: Any) -> list[Any]:
    """A name beside each point; of two that lie close together the lower has it on its left."""
    close = 0.09 * np.ptp(points, axis=0).max() if len(points) > 1 else 0.0
    names = []
    for word, point in zip(words, points, strict=True):
        away = points - point
        under = (np.hypot(*away.T) < close) & (away[:, 1] > 0)
        place: dict[str, Any] = {"xytext": (5, 4)}
        if under.any():
            place = {"xytext": (-6, -5), "ha": "right"}
        names.append(axes.annotate(word, point, textcoords="offset points", **place, **look))
    return names


def _plain_log(axes: Axes) -> None:
    """A logarithmic y axis with numbers such as 2, 3, 5, 10 instead of powers."""
    from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))


class _Bars:
    """Horizontal bars with a word each, for the best few of a ranking."""

    def __init__(self, axes: Axes, count: int, title: str, xlabel: str, top: float = 1.0) -> None:
        self.axes = axes
        self.bars = axes.barh(range(count), [0.0] * count, color=COLOURS.negative)
        axes.set(
            title=title, xlabel=xlabel, xlim=(0, top), ylim=(count - 0.5, -0.5), yticks=range(count)
        )

    def show(self, ranking: Sequence[tuple[Any, float]], marked: Any = None) -> None:
        names = [str(word) for word, _ in ranking] + [""] * (len(self.bars) - len(ranking))
        self.axes.set_yticklabels(names)
        for k, bar in enumerate(self.bars):
            bar.set_width(max(ranking[k][1], 0) if k < len(ranking) else 0)
            hit = k < len(ranking) and ranking[k][0] == marked
            bar.set_color(COLOURS.positive if hit else COLOURS.negative)


# --- analogies and neighbours -------------------------------------------------------------------


def analogy_view(
    vectors: WordVectors, shown: Sequence[str]
) -> Callable[[Any], Callable[[str, str, str, bool], str]]:
    """How an explorer draws "a is to b as c is to ?": the parallelogram, and the best answers."""
    rows = np.array([vectors[word] for word in shown])
    where = dict(zip(shown, plane(rows), strict=True))
    centre = rows.mean(axis=0)
    _, _, directions = np.linalg.svd(rows - centre, full_matrices=False)

    def draw(pair: Any) -> Callable[[str, str, str, bool], str]:
        left, right = pair
        points = np.array(list(where.values()))
        left.plot(*points.T, "o", color=COLOURS.neutral)
        _name_points(left, points, shown, fontsize=9 * scale())
        step: dict[str, Any] = {"linewidth": 2 * scale(), "color": COLOURS.positive}
        (known,) = left.plot([], [], "-", marker=">", markevery=[1], **step)
        (asked,) = left.plot([], [], "--", marker="*", markevery=[1], markersize=14, **step)
        spread = np.ptp(points, axis=0).max()
        left.set(xticks=[], yticks=[])
        left.set_xlim(points[:, 0].min() - 0.1 * spread, points[:, 0].max() + 0.25 * spread)
        left.set_ylim(points[:, 1].min() - 0.1 * spread, points[:, 1].max() + 0.15 * spread)
        bars = _Bars(right, 6, "", "cosine")

        def update(a: str, b: str, c: str, exclude: bool) -> str:
            target = vectors[b] - vectors[a] + vectors[c]
            end = (target / np.linalg.norm(target) - centre) @ directions[:2].T
            known.set_data(*np.array([where[a], where[b]]).T)
            asked.set_data(*np.array([where[c], end]).T)
            best = vectors.analogy(a, b, c, 6, exclude)
            bars.show(best, best[0][0])
            left.set_title(f"the step from {a} to {b}, repeated from {c}")
            right.set_title(f"nearest to {b} - {a} + {c}")
            runner = ", ".join(f"{w} {s:.2f}" for w, s in best[1:3])
            rule = "the three words themselves left out" if exclude else "every word allowed"
            return (
                f"{a} is to {b} as {c} is to: {best[0][0]} (cosine {best[0][1]:.2f}); "
                f"then {runner} [{rule}]"
            )

        return update

    return draw


def neighbours_view(
    models: Mapping[str, WordVectors], counts: Mapping[str, int]
) -> Callable[[Any], Callable[[str, str], str]]:
    """How an explorer draws the nearest words of one word under several kinds of vectors."""

    def draw(axes: Any) -> Callable[[str, str], str]:
        bars = _Bars(axes, 8, "", "cosine")

        def update(word: str, vectors: str) -> str:
            best = models[vectors].nearest(word, 8)
            bars.show(best)
            axes.set_title(f"the company of {word!r}")
            found = ", ".join(w for w, _ in best[:5])
            return f"{vectors}: nearest to {word!r} (seen {counts[word]} times) are {found}"

        return update

    return draw


def word_map(vectors: WordVectors, groups: Mapping[str, Sequence[str]], title: str) -> Figure:
    """Words of several groups in the plane of greatest spread."""
    axes = new_axes(7.2, 5)
    words = [word for group in groups.values() for word in group]
    points = dict(zip(words, plane(np.array([vectors[w] for w in words])), strict=True))
    for k, (name, group) in enumerate(groups.items()):
        here = np.array([points[w] for w in group])
        look: dict[str, Any] = {"color": COLOURS.classes[k], "marker": COLOURS.markers[k]}
        axes.plot(*here.T, linestyle="none", label=name, **look)
        _name_points(axes, here, group, fontsize=9 * scale(), color=COLOURS.classes[k])
    axes.set(title=title, xlabel="first direction", ylabel="second direction")
    axes.margins(x=0.12)
    axes.legend(loc="best")
    return axes.figure


# --- documents ----------------------------------------------------------------------------------


def lsa_view(
    A: Float[np.ndarray, "terms documents"], terms: Sequence[str]
) -> Callable[[Any], Callable[[int, int], str]]:
    """How an explorer draws a term-document table of lower rank, and who is like one document."""
    U, s, Vt = np.linalg.svd(A, full_matrices=False)

    def draw(pair: Any) -> Callable[[int, int], str]:
        left, right = pair
        picture = left.imshow(A, cmap="PuOr_r", vmin=-1.5, vmax=1.5, aspect="auto")
        cells = [
            [left.text(j, i, "", ha="center", va="center", fontsize=9 * scale())
             for j in range(A.shape[1])] for i in range(A.shape[0])
        ]  # fmt: skip
        left.set(
            xticks=range(A.shape[1]), xticklabels=[str(j + 1) for j in range(A.shape[1])],
            yticks=range(len(terms)), yticklabels=terms, xlabel="document",
        )  # fmt: skip
        left.grid(False)
        bars = right.bar(range(1, A.shape[1] + 1), np.zeros(A.shape[1]), color=COLOURS.negative)
        right.axhline(0, color=COLOURS.text, linewidth=0.8)
        right.set(ylim=(-1.05, 1.05), xlabel="document", ylabel="cosine")

        def update(rank: int, document: int) -> str:
            low = (U[:, :rank] * s[:rank]) @ Vt[:rank]
            picture.set_data(low)
            for i, row in enumerate(cells):
                for j, cell in enumerate(row):
                    cell.set_text(f"{low[i, j] + 0.0:.1f}")
            left.set_title(f"the table, rank {rank}")
            alike = word_vectors.cosine(low.T)[document - 1]
            for k, bar in enumerate(bars):
                bar.set_height(alike[k])
                bar.set_color(COLOURS.positive if k == document - 1 else COLOURS.negative)
            right.set_title(f"who is like document {document}?")
            others = [k for k in np.argsort(-alike) if k != document - 1]
            return (
                f"rank {rank} keeps {np.sum(s[:rank] ** 2) / np.sum(s**2):.0%} of the table; "
                f"document {document} is most like {others[0] + 1} ({alike[others[0]]:.2f}), "
                f"least like {others[-1] + 1} ({alike[others[-1]]:.2f})"
            )

        return update

    return draw


def topics(
    words: Sequence[str],
    planted: Float[np.ndarray, "topics words"],
    found: Float[np.ndarray, "topics words"],
) -> Figure:
    """Word probabilities of planted and of found topics, side by side."""
    pair = new_axes(9, 3.2, columns=len(planted), sharey=True)
    for k, axes in enumerate(pair):
        place = np.arange(len(words))
        axes.bar(place - 0.2, planted[k], 0.4, color=COLOURS.neutral, label="planted")
        axes.bar(place + 0.2, found[k], 0.4, color=COLOURS.positive, hatch="//", label="found")
        gap = np.abs(found[k] - planted[k]).max()
        axes.set(title=f"topic {k + 1}: found again within {gap:.2f}", xticks=place)
        axes.set_xticklabels(words, rotation=60, ha="right")
    pair[0].set(ylabel="probability of the word")
    pair[0].legend(loc="upper right")
    return pair[0].figure


def concentration(spread: Mapping[int, Float[np.ndarray, " trials"]]) -> Figure:
    """How much farther the farthest of many points is than the nearest, by dimension."""
    axes = new_axes(6, 3.4)
    sizes = list(spread)
    axes.plot(sizes, [spread[d].mean() for d in sizes], "-o", color=COLOURS.positive)
    axes.fill_between(
        sizes, [spread[d].min() for d in sizes], [spread[d].max() for d in sizes],
        color=COLOURS.positive, alpha=0.2,
    )  # fmt: skip
    axes.axhline(1, color=COLOURS.neutral, linestyle=":")
    axes.set(
        title="With many dimensions, all are equally far", xscale="log", yscale="log",
        xlabel="dimensions", ylabel="farthest / nearest",
    )  # fmt: skip
    return axes.figure


# --- n-grams and the neural language model ------------------------------------------------------


def next_word_view(
    models: Mapping[int, ngrams.NGrams],
) -> Callable[[Any], Callable[[str, int, str], str]]:
    """How an explorer draws what comes after a context, by order and smoother."""

    def draw(axes: Any) -> Callable[[str, int, str], str]:
        bars = _Bars(axes, 8, "", "probability")

        def update(context: str, n: int, smoother: str) -> str:
            counts = models[n]
            before = tuple(context.split())
            p = ngrams.distribution(counts, before, SMOOTHERS[smoother])
            order = np.argsort(-p, kind="stable")[:8]
            bars.show([(counts.vocabulary[i], p[i]) for i in order])
            axes.set_xlim(0, max(0.05, 1.05 * p.max()))
            used = before[len(before) - n + 1 :] if n > 1 else ()
            seen: Mapping[Any, int] = counts.follow[len(used)].get(used, {})
            unseen = 1 - sum(p[i] for i, w in enumerate(counts.vocabulary) if w in seen)
            axes.set_title(f'after "{" ".join(used) or "anything"}"')
            return (
                f"{n}-gram, {smoother}: after {' '.join(used) or 'any word'!r} (seen "
                f"{counts.seen(used)} times) comes {counts.vocabulary[order[0]]!r} with "
                f"{p[order[0]]:.3f}; words never seen there share {max(unseen, 0):.3f}"
                if p.sum() > 0
                else f"{n}-gram, {smoother}: {' '.join(used)!r} was never seen, nothing can come"
            )

        return update

    return draw


def by_order(
    curves: Mapping[str, Float[np.ndarray, "seeds orders"]],
    title: str,
    level: tuple[float, str] | None = None,
) -> Figure:
    """Perplexity by the order n of the model, one band over seeds per smoother."""
    axes = new_axes(6.5, 4)
    for k, (name, values) in enumerate(curves.items()):
        orders = np.arange(1, values.shape[1] + 1)
        look: dict[str, Any] = {"color": COLOURS.classes[k]}
        axes.plot(
            orders, values.mean(axis=0), linestyle=DASHES[k], marker=COLOURS.markers[k],
            label=name, **look,
        )  # fmt: skip
        axes.fill_between(orders, values.min(axis=0), values.max(axis=0), alpha=0.15, **look)
    if level:
        axes.axhline(level[0], color=COLOURS.text, linestyle=":", label=level[1])
    axes.set(title=title, xlabel="n", ylabel="perplexity on new sentences")
    axes.set_xticks(orders)
    _plain_log(axes)
    axes.legend(loc="best")
    return axes.figure


def learning(
    history: Float[np.ndarray, "epochs nets"], levels: Mapping[str, float], title: str
) -> Figure:
    """Perplexity of several nets by epoch, beside what simpler models reach."""
    axes = new_axes(6.5, 3.8)
    epochs = np.arange(1, len(history) + 1)
    axes.plot(epochs, history.mean(axis=1), "-o", color=COLOURS.positive, label="neural (mean)")
    axes.fill_between(
        epochs, history.min(axis=1), history.max(axis=1), color=COLOURS.positive, alpha=0.2
    )
    for k, (name, value) in enumerate(levels.items()):
        axes.axhline(
            value, color=COLOURS.classes[(0, 2, 6)[k]], linestyle=DASHES[k + 1], label=name
        )
    axes.set(title=title, xlabel="epoch", ylabel="perplexity on new sentences")
    axes.xaxis.get_major_locator().set_params(integer=True)
    _plain_log(axes)
    axes.legend(loc="best")
    return axes.figure


# --- prediction from company --------------------------------------------------------------------


def windows_view(sentence: Sequence[str]) -> Callable[[Any], Callable[[int, int, str], str]]:
    """How an explorer draws the training pairs of one position of a sentence."""

    def draw(axes: Any) -> Callable[[int, int, str], str]:
        from matplotlib.patches import FancyArrowPatch

        place = np.arange(len(sentence))
        boxes = [
            axes.text(x, 0, w, ha="center", va="center", fontsize=13 * scale(),
                      bbox={"boxstyle": "round", "facecolor": "white"})
            for x, w in zip(place, sentence, strict=True)
        ]  # fmt: skip
        arrows = [
            FancyArrowPatch((k, 0.14), (k, 0.5), arrowstyle="->", mutation_scale=16 * scale(),
                            color=COLOURS.positive, linewidth=1.6 * scale())
            for k in range(len(sentence))
        ]  # fmt: skip
        for arrow in arrows:
            axes.add_patch(arrow)
        axes.set(xlim=(-0.6, len(sentence) - 0.4), ylim=(-0.3, 1.0), xticks=[], yticks=[])
        axes.grid(False)

        def update(position: int, window: int, model: str) -> str:
            word, company = word_vectors.cbow_pairs(sentence, window)[position - 1]
            at = position - 1
            near = [int(k) for k in place if 0 < abs(k - at) <= window]
            for k, (box, arrow) in enumerate(zip(boxes, arrows, strict=True)):
                box.get_bbox_patch().set_facecolor(
                    "#f4b183" if k == at else "#9dc9ec" if k in near else "white"
                )
                start, end = (k, at) if model == "CBOW" else (at, k)
                arrow.set_visible(k in near)
                arrow.set_positions((start, 0.14), (end, 0.14))
                arrow.set_connectionstyle("arc3", rad=0.5 if end < start else -0.5)
            axes.set_title(f"{model}, window {window}")
            if model == "CBOW":
                return f"one example: {{{', '.join(company)}}} -> {word} (average, then softmax)"
            return f"{len(company)} examples: " + ", ".join(f"{word} -> {c}" for c in company)

        return update

    return draw


def moving_words(
    words: Sequence[str], group: Callable[[str], int | None], end: Float[np.ndarray, "V m"]
) -> Callable[[Any], Callable[[Learning], str]]:
    """How a player draws vectors while they are learnt, a marker per group.

    They are seen from the side from which those of the `end` spread most.
    """
    kinds = [group(word) for word in words]
    chosen = [k for k, kind in enumerate(kinds) if kind is not None]
    centre = end[chosen].mean(axis=0)
    _, _, directions = np.linalg.svd(end[chosen] - centre, full_matrices=False)
    side = directions[:2].T
    limit = 1.25 * np.abs((end - centre) @ side).max()

    def draw(axes: Any) -> Callable[[Learning], str]:
        dots, names = [], []
        for k, (word, kind) in enumerate(zip(words, kinds, strict=True)):
            look = 6 if kind is None else kind
            line = 0 if kind is None else kinds[:k].count(kind)  # a bunch is named as a list
            (dot,) = axes.plot(
                [], [], COLOURS.markers[look], color=COLOURS.classes[look], markersize=8 * scale()
            )
            dots.append(dot)
            names.append(
                axes.annotate(
                    word, (0, 0), xytext=(7, (11 - 11 * line) * scale()),
                    textcoords="offset points", fontsize=9 * scale(),
                )
            )  # fmt: skip
        axes.axhline(0, color=COLOURS.neutral, linewidth=0.6)
        axes.axvline(0, color=COLOURS.neutral, linewidth=0.6)
        axes.set(
            xlim=(-limit, limit), ylim=(-limit, limit), xlabel="first direction",
            ylabel="second direction",
        )  # fmt: skip

        def update(state: Learning) -> str:
            rows = state.centre[0]
            for row, dot, name in zip((rows - centre) @ side, dots, names, strict=True):
                dot.set_data([row[0]], [row[1]])
                name.xy = (row[0], row[1])
            axes.set_title(f"step {state.step}")
            vectors = WordVectors(words, rows)
            same = [
                group(vectors.nearest(word, 1)[0][0]) == kind
                for word, kind in zip(words, kinds, strict=True)
                if kind is not None
            ]
            return (
                f"step {state.step}: loss {state.loss[0]:.3f}; nearest neighbour of the same slot "
                f"for {sum(same)} of {len(same)} words"
            )

        return update

    return draw


def score_against_pmi(
    score: Float[np.ndarray, " pairs"], table: Float[np.ndarray, " pairs"], shift: float
) -> Figure:
    """What skip-gram's dot products became, against PMI, with the line PMI - ln k."""
    axes = new_axes(5.2, 4.2)
    low, high = table.min() - 0.1, table.max() + 0.1
    axes.plot(
        [low, high], [low - shift, high - shift], "--", color=COLOURS.text, label="PMI - ln k"
    )
    axes.plot(table, score, "o", color=COLOURS.positive, alpha=0.6, label="pairs that met")
    axes.set(
        title="Skip-gram has learnt a table of PMI", xlabel="PMI of the pair",
        ylabel="dot product u . v",
    )  # fmt: skip
    axes.legend(loc="upper left")
    return axes.figure


def ratios(words: Sequence[str], table: Float[np.ndarray, "2 words"]) -> Figure:
    """P(c | ice) / P(c | steam) for probe words c, and GloVe's weight of a count."""
    left, right = new_axes(9, 3.4, columns=2)
    ratio = table[0] / table[1]
    colours = [COLOURS.positive if r > 1 else COLOURS.negative for r in ratio]
    left.bar(words, ratio - 1, bottom=1, color=colours)  # up or down from 1
    left.axhline(1, color=COLOURS.text, linestyle=":")
    for k, r in enumerate(ratio):
        side: dict[str, Any] = {
            "va": "bottom" if r > 1 else "top",
            "xytext": (0, 2 if r > 1 else -3),
        }
        left.annotate(f"{r:.2g}", (k, r), textcoords="offset points", ha="center", **side)
    left.set(yscale="log", ylim=(0.03, 25), ylabel="P(c | ice) / P(c | steam)")
    left.set_title("Only the ratio tells ice from steam")
    x = np.linspace(0, 160, 400)
    right.plot(x, word_vectors.glove_weight(x), color=COLOURS.positive)
    for x0 in (1, 10, 50):
        f = float(word_vectors.glove_weight(x0))
        right.plot([x0], [f], "o", color=COLOURS.text)
        right.annotate(f"f({x0}) = {f:.3f}", (x0, f), xytext=(8, -4), textcoords="offset points")
    right.set(title="Rare pairs count less", xlabel="times the pair met", ylabel="weight f")
    return left.figure


def methods(
    found: Mapping[str, Float[np.ndarray, "seeds tests"]], tests: Sequence[str], title: str
) -> Figure:
    """Scores of several methods on several tests: a bar for the mean, a dot per seed."""
    axes = new_axes(8, 3.8)
    width = 0.8 / len(found)
    for k, (name, values) in enumerate(found.items()):
        place = np.arange(len(tests)) + (k - (len(found) - 1) / 2) * width
        axes.bar(
            place, values.mean(axis=0), 0.9 * width, color=COLOURS.classes[k], label=name,
            alpha=0.55, hatch=("", "//", "..", "xx", "\\\\")[k % 5],
        )  # fmt: skip
        for seed in values:
            axes.plot(place, seed, "o", color=COLOURS.text, markersize=3 * scale())
    axes.set(title=title, ylabel="share found", xticks=range(len(tests)), xticklabels=tests)
    axes.set_ylim(0, 1.05)
    axes.legend(loc="upper right")
    return axes.figure


def leaning(
    names: Sequence[str],
    share: Sequence[float],
    before: Float[np.ndarray, " words"],
    after: Float[np.ndarray, " words"],
) -> Figure:
    """The lean of professions towards "he" against the planted share, before and after removal."""
    axes = new_axes(6.5, 4)
    axes.plot(share, before, "o", color=COLOURS.positive, label="as learnt")
    axes.plot(share, after, "s", color=COLOURS.negative, label="direction removed")
    place: dict[str, Any] = {"xytext": (6, -3), "textcoords": "offset points"}
    for name, x, y in zip(names, share, before, strict=True):
        axes.annotate(name, (x, y), fontsize=9 * scale(), **place)
    axes.axhline(0, color=COLOURS.neutral, linewidth=0.8)
    axes.set(
        title="The vectors repeat the share that we planted", xlabel='share of "he" in the text',
        ylabel='cosine with "he" - "she"', xlim=(0, 1.05),
    )  # fmt: skip
    axes.legend(loc="upper left")
    return axes.figure
