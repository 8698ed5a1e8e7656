"""What the chapter on sequence to sequence looks like: queries, alignments, beams, memories."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.models import turing_machine
from course_lib.models.beam_search import Beams
from course_lib.models.seq2seq import attend, dot_scores
from course_lib.models.turing_machine import Tick

from .picture import new_axes
from .style import COLOURS, scale

if TYPE_CHECKING:
    from jaxtyping import Float
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEAT = "Blues"


# --- a query among keys --------------------------------------------------------------------------


def query_view(
    sources: Float[np.ndarray, "length 2"], names: Sequence[str]
) -> Callable[[Any], Callable[..., str]]:
    """How an explorer draws a query that turns among source states: arrows, weights, context."""
    S = np.asarray(sources, dtype=float)

    def draw(pair: Any) -> Callable[..., str]:
        left, right = pair
        reach = 1.25 * float(np.abs(S).max())
        for k, (state, name) in enumerate(zip(S, names, strict=True)):
            left.annotate(
                "", state, (0, 0),
                arrowprops={"arrowstyle": "->", "color": COLOURS.classes[0], "lw": 2 * scale()},
            )  # fmt: skip
            left.text(
                *(1.08 * state + [0, 0.12]),
                f"{name}",
                ha="center",
                va="center",
                fontsize=11 * scale(),
            )
            right.text(-0.02, k, name, ha="right", va="center", fontsize=11 * scale())
        (query,) = left.plot([], [], "-", color=COLOURS.positive, linewidth=3 * scale())
        (tip,) = left.plot([], [], "s", color=COLOURS.positive, markersize=9 * scale())
        (context,) = left.plot([], [], "*", color=COLOURS.accent, markersize=17 * scale(),
                               markeredgecolor="black")  # fmt: skip
        left.axhline(0, color=COLOURS.neutral, linewidth=0.6)
        left.axvline(0, color=COLOURS.neutral, linewidth=0.6)
        left.set(
            xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xlabel="state, entry 1",
            ylabel="state, entry 2", title="query (square), context (star)",
        )  # fmt: skip
        bars = right.barh(range(len(S)), np.zeros(len(S)), color=COLOURS.classes[0])
        right.set(
            xlim=(0, 1), ylim=(len(S) - 0.5, -0.5), yticks=[], xlabel="attention weight",
            title="how much each source counts",
        )  # fmt: skip

        def update(direction: float, sharpness: float) -> str:
            angle = np.deg2rad(direction)
            h = np.array([np.cos(angle), np.sin(angle)])
            weights, mixed = attend(sharpness * dot_scores(h, S, scaled=False), S)
            query.set_data([0, h[0]], [0, h[1]])
            tip.set_data([h[0]], [h[1]])
            context.set_data([mixed[0]], [mixed[1]])
            for bar, weight in zip(bars, weights, strict=True):
                bar.set_width(weight)
            share = ", ".join(f"{n} {w:.3f}" for n, w in zip(names, weights, strict=True))
            return (
                f"query ({h[0]:.2f}, {h[1]:.2f}), scores times {sharpness:g}: weights {share}; "
                f"context ({mixed[0]:.3f}, {mixed[1]:.3f})"
            )

        return update

    return draw


# --- alignments ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Looked:
    """One step of a decoder: the words so far and the weights of all steps up to here."""

    step: int
    source: tuple[str, ...]
    written: tuple[str, ...]
    weights: Float[np.ndarray, "steps source"]


def steps_of(
    source: Sequence[str], written: Sequence[str], weights: Float[np.ndarray, "target source"]
) -> list[Looked]:
    """An alignment, row by row, for a player."""
    return [
        Looked(t, tuple(source), tuple(written[: t + 1]), weights[: t + 1])
        for t in range(len(written))
    ]


def reading(source: Sequence[str], longest: int) -> Callable[[Axes], Callable[[Looked], str]]:
    """How a player draws a decoder that writes word after word and looks back at the source."""

    def draw(axes: Axes) -> Callable[[Looked], str]:
        width = len(source)
        image = axes.imshow(np.zeros((longest, width)), cmap=HEAT, vmin=0, vmax=1, aspect="auto")
        axes.set_xticks(range(width), source, rotation=30, ha="right")
        axes.set_yticks(range(longest), [""] * longest)
        axes.set(title="each row: where the decoder looks", xlabel="source", ylabel="written")
        words = [
            axes.text(-0.65, t, "", ha="right", va="center", fontsize=10 * scale())
            for t in range(longest)
        ]
        axes.yaxis.labelpad = 62 * scale()

        def update(state: Looked) -> str:
            shown = np.zeros((longest, width))
            shown[: len(state.weights)] = state.weights
            image.set_data(shown)
            for t, text in enumerate(words):
                text.set_text(state.written[t] if t < len(state.written) else "")
            row = state.weights[-1]
            best = int(row.argmax())
            return (
                f"step {state.step + 1}: writes '{state.written[-1]}', looking mostly at "
                f"'{state.source[best]}' ({row[best]:.2f})"
            )

        return update

    return draw


def alignments(
    maps: Sequence[tuple[Sequence[str], Sequence[str], Float[np.ndarray, "target source"]]],
    titles: Sequence[str],
) -> Figure:
    """Alignment matrices beside each other: rows are written words, columns source words."""
    row = new_axes(3.6 * len(maps), 3.9, columns=len(maps))
    for axes, (source, written, weights), title in zip(
        np.atleast_1d(row), maps, titles, strict=True
    ):
        axes.imshow(weights, cmap=HEAT, vmin=0, vmax=1, aspect="auto")
        axes.set_xticks(range(len(source)), source, rotation=90)
        axes.set_yticks(range(len(written)), written)
        axes.set(title=title, xlabel="source")
    np.atleast_1d(row)[0].set_ylabel("written")
    return np.atleast_1d(row)[0].figure


def alignment_view(
    maps: Mapping[str, tuple[Sequence[str], Sequence[str], Float[np.ndarray, "target source"]]],
) -> Callable[[Axes], Callable[..., str]]:
    """How an explorer draws one of several alignments and marks one of its rows."""
    longest = max(len(written) for _, written, _ in maps.values())
    widest = max(len(source) for source, _, _ in maps.values())

    def draw(axes: Axes) -> Callable[..., str]:
        image = axes.imshow(np.zeros((longest, widest)), cmap=HEAT, vmin=0, vmax=1, aspect="auto")
        (mark,) = axes.plot([], [], "o", color=COLOURS.positive, markersize=11 * scale())
        axes.set(title="alignment: row = written word", xlabel="source")

        def update(number: str, row: int) -> str:
            source, written, weights = maps[number]
            shown = np.full((longest, widest), np.nan)
            shown[: len(written), : len(source)] = weights
            image.set_data(shown)
            axes.set_xticks(range(widest), [*source, *[""] * (widest - len(source))], rotation=30)
            axes.set_yticks(range(longest), [*written, *[""] * (longest - len(written))])
            k = min(row, len(written)) - 1
            best = int(weights[k].argmax())
            mark.set_data([best], [k])
            return (
                f"{number}: word {k + 1} is '{written[k]}'; the decoder looks at "
                f"'{source[best]}' with weight {weights[k, best]:.2f}"
            )

        return update

    return draw


# --- curves --------------------------------------------------------------------------------------


def by_length(
    lengths: Sequence[int],
    exact: Mapping[str, Float[np.ndarray, "lengths nets"]],
    longest_seen: int,
) -> Figure:
    """Share of exact sequences over the length, a band over the nets, for several models."""
    axes = new_axes(6.8, 3.9)
    for k, (name, values) in enumerate(exact.items()):
        v = np.asarray(values)
        axes.fill_between(lengths, v.min(axis=1), v.max(axis=1), color=COLOURS.classes[k],
                          alpha=0.2)  # fmt: skip
        axes.plot(
            lengths, v.mean(axis=1), marker=COLOURS.markers[k], color=COLOURS.classes[k], label=name
        )
    axes.axvline(longest_seen + 0.5, color=COLOURS.neutral, linestyle=":")
    axes.annotate(
        "longer than\nin training", (longest_seen + 0.6, 0.22), fontsize=9 * scale(), va="top"
    )
    axes.set(
        title="One vector fails first, attention later", xlabel="length of the sequence",
        ylabel="exactly right (share)", ylim=(-0.03, 1.05),
    )  # fmt: skip
    axes.legend(loc="upper right")
    return axes.figure


def bands(
    rows: Mapping[str, Mapping[str, Float[np.ndarray, " nets"]]], title: str, ylabel: str
) -> Figure:
    """Each seed a dot: rows of `rows` are groups on the x axis, their entries are kinds."""
    axes = new_axes(6.8, 3.7)
    kinds = list(next(iter(rows.values())))
    for g, values in enumerate(rows.values()):
        for k, kind in enumerate(kinds):
            v = np.asarray(values[kind])
            x = g + 0.22 * (k - (len(kinds) - 1) / 2)
            axes.plot(
                np.full(len(v), x), v, COLOURS.markers[k], color=COLOURS.classes[k], alpha=0.7,
                label=kind if g == 0 else None,
            )  # fmt: skip
            axes.plot([x - 0.07, x + 0.07], [v.mean()] * 2, "-", color=COLOURS.text)
    axes.set_xticks(range(len(rows)), list(rows))
    axes.set(title=title, ylabel=ylabel)
    if len(kinds) > 1:
        axes.legend()
    return axes.figure


def losses_of(curves: Mapping[str, Sequence[float]], title: str, xlabel: str) -> Figure:
    """Loss curves, one per name."""
    axes = new_axes(6.2, 3.5)
    for k, (name, values) in enumerate(curves.items()):
        axes.plot(values, color=COLOURS.classes[k], linestyle=("-", "--", "-.", ":")[k % 4],
                  label=name)  # fmt: skip
    axes.set(title=title, xlabel=xlabel, ylabel="loss")
    axes.legend()
    return axes.figure


# --- beam search ---------------------------------------------------------------------------------


def beam_tree(
    tokens: Sequence[str], width: int, rows: int = 6
) -> Callable[[Axes], Callable[[Beams], str]]:
    """How a player draws beam search: the candidates of a step as bars, kept ones in colour."""

    def written(one: Any) -> str:
        return " ".join(tokens[k] for k in one.tokens) or "(start)"

    def draw(axes: Axes) -> Callable[[Beams], str]:
        bars = axes.barh(range(rows), np.zeros(rows), color=COLOURS.neutral)
        names = [
            axes.text(-0.012, k, "", ha="right", va="center", fontsize=11 * scale())
            for k in range(rows)
        ]
        values = [
            axes.text(0, k, "", ha="left", va="center", fontsize=10 * scale()) for k in range(rows)
        ]
        axes.set(
            xlim=(0, 1.1), ylim=(rows - 0.4, -0.6), yticks=[], xlabel="probability of the prefix",
            title=f"beam width {width}: the kept prefixes are orange",
        )  # fmt: skip
        axes.set_ylabel("candidates", labelpad=70 * scale())

        def update(state: Beams) -> str:
            kept = {beam.tokens for beam in state.beams}
            for k in range(rows):
                there = k < len(state.candidates)
                one = state.candidates[k] if there else None
                p = one.probability if one else 0.0
                bars[k].set_width(p)
                bars[k].set_color(
                    COLOURS.positive if one and one.tokens in kept else COLOURS.neutral
                )
                names[k].set_text(written(one) if one else "")
                values[k].set_x(p + 0.01)
                values[k].set_text(f"{p:.3f}, ln {one.log_probability:.3f}" if one else "")
            best = " and ".join(f"'{written(b)}' {b.probability:.3g}" for b in state.beams)
            return f"step {state.step}: {len(state.candidates)} candidates; kept: {best}"

        return update

    return draw


# --- memory --------------------------------------------------------------------------------------


def pipeline_view(
    memory: Float[np.ndarray, "slots width"], key: Float[np.ndarray, " width"], previous: int
) -> Callable[[Any], Callable[..., str]]:
    """How an explorer draws the four stages of addressing a memory, as bars over the slots."""
    M = np.asarray(memory, dtype=float)
    before = np.eye(len(M))[previous]
    stages = ("content", "gate", "shift", "sharpen")

    def draw(four: Any) -> Callable[..., str]:
        panels = list(np.ravel(four))
        bars = []
        for axes, name in zip(panels, stages, strict=True):
            bars.append(axes.bar(range(1, len(M) + 1), np.zeros(len(M)), color=COLOURS.classes[0]))
            axes.set(ylim=(0, 1), title=name, xlabel="slot", xticks=range(1, len(M) + 1))
        panels[0].set_ylabel("focus")

        def update(beta: float, gate: float, move: float, gamma: float) -> str:
            shares = np.array([max(0.0, -move), 1 - abs(move), max(0.0, move)])
            states = list(turing_machine.address(M, key, beta, before, gate, shares, gamma))
            for row, state in zip(bars, states, strict=True):
                for bar, height in zip(row, state.focus, strict=True):
                    bar.set_height(height)
            last = states[-1]
            focus = ", ".join(f"{w:.3f}" for w in last.focus)
            content = ", ".join(f"{w:.3f}" for w in states[0].focus)
            gated = ", ".join(f"{w:.3f}" for w in states[1].focus)
            read = ", ".join(f"{v:.3f}" for v in last.reads)
            return (
                f"content ({content}), gated ({gated}); in the end ({focus}), which reads ({read})"
            )

        return update

    return draw


def machine(ticks: Sequence[Tick]) -> Callable[[Any], Callable[[Tick], str]]:
    """How a player draws a memory machine: in and out, the memory, both focuses over time."""
    steps = len(ticks)
    slots, width = ticks[0].memory.shape
    bits = len(ticks[0].inputs)

    def draw(panels: Any) -> Callable[[Tick], str]:
        tape, store, wrote, looked = np.ravel(panels)
        grid: dict[str, Any] = {"cmap": "Greys", "vmin": 0, "vmax": 1, "aspect": "auto"}
        tape_image = tape.imshow(np.zeros((2 * bits + 1, steps)), **grid)
        tape.axhline(bits, color=COLOURS.neutral, linewidth=6 * scale(), alpha=0.3)
        tape.set(
            title="bits in (above) and out (below)", xlabel="step",
            yticks=[(bits - 1) / 2, 1.5 * bits + 0.5], yticklabels=["in", "out"],
        )  # fmt: skip
        reach = max(1.0, float(np.abs([tick.memory for tick in ticks]).max()))
        store_image = store.imshow(
            np.zeros((slots, width)), cmap="PuOr_r", vmin=-reach, vmax=reach, aspect="auto"
        )
        numbered = list(range(0, slots, max(1, slots // 4)))  # counted from 1, as in the text
        ticked = {"ylabel": "slot", "yticks": numbered, "yticklabels": [k + 1 for k in numbered]}
        store.set(title="memory now", xlabel="entry", xticks=range(width), **ticked)
        images = []
        for axes, name in ((wrote, "write focus"), (looked, "read focus")):
            images.append(
                axes.imshow(np.zeros((slots, steps)), cmap=HEAT, vmin=0, vmax=1, aspect="auto")
            )
            axes.set(title=f"{name} over time", xlabel="step", **ticked)

        def update(tick: Tick) -> str:
            now = ticks[: tick.step + 1]
            shown = np.zeros((2 * bits + 1, steps))
            writes, reads = np.zeros((slots, steps)), np.zeros((slots, steps))
            for t, old in enumerate(now):
                shown[:bits, t] = old.inputs
                if old.phase == "read":
                    shown[bits + 1 :, t] = old.outputs
                writes[:, t], reads[:, t] = old.writes, old.reads
            tape_image.set_data(shown)
            store_image.set_data(tick.memory)
            images[0].set_data(writes)
            images[1].set_data(reads)
            w, r = int(tick.writes.argmax()), int(tick.reads.argmax())
            written = ("" if not tick.writes.any() else
                       f", write focus on slot {w + 1} ({tick.writes[w]:.2f})")  # fmt: skip
            read = ("" if not tick.reads.any() else
                    f", read focus on slot {r + 1} ({tick.reads[r]:.2f})")  # fmt: skip
            said = (
                "; out " + " ".join(f"{v:.2f}" for v in tick.outputs)
                if tick.phase == "read"
                else ""
            )
            return f"step {tick.step}, {tick.phase}{written}{read}{said}"

        return update

    return draw


def errors_by_length(
    lengths: Sequence[int], errors: Mapping[str, Sequence[float]], longest_seen: int
) -> Figure:
    """Bit errors over the length of what is to be copied, for several machines."""
    axes = new_axes(6.4, 3.6)
    for k, (name, values) in enumerate(errors.items()):
        axes.plot(
            lengths, values, marker=COLOURS.markers[k], color=COLOURS.classes[k], label=name,
            linestyle=("-", "--", "-.")[k % 3],
        )  # fmt: skip
    axes.axhline(0.5, color=COLOURS.neutral, linestyle=":")
    axes.axvline(longest_seen + 0.5, color=COLOURS.neutral, linestyle=":")
    axes.annotate("guessing", (lengths[0], 0.46), fontsize=9 * scale())
    axes.annotate("longer than in training", (longest_seen + 0.6, 0.02), fontsize=9 * scale())
    axes.set(
        title="Slots copy further than a state does", xlabel="symbols to copy",
        ylabel="wrong bits (share)", ylim=(-0.02, 0.55),
    )  # fmt: skip
    axes.legend(loc="center right")
    return axes.figure


# --- two levels ----------------------------------------------------------------------------------


def two_levels(
    sentences: Sequence[Sequence[str]],
    word_weights: Sequence[Float[np.ndarray, " words"]],
    sentence_weights: Float[np.ndarray, " sentences"],
) -> Figure:
    """Word weights inside each sentence, and the sentence's own weight at the left."""
    axes = new_axes(7.6, 0.62 * len(sentences) + 1.0)
    widest = max(len(words) for words in sentences)
    for k, (words, weights) in enumerate(zip(sentences, word_weights, strict=True)):
        axes.barh(k, 0.95 * sentence_weights[k], left=-1.2, color=COLOURS.accent, height=0.6)
        axes.text(-1.25, k, f"{sentence_weights[k]:.2f}", ha="right", va="center")
        for j, (word, weight) in enumerate(zip(words, weights, strict=True)):
            axes.barh(k, 0.94, left=j, color=COLOURS.classes[0], alpha=0.1 + 0.75 * weight,
                      height=0.7)  # fmt: skip
            axes.text(
                j + 0.47, k, f"{word}\n{weight:.2f}", ha="center", va="center",
                fontsize=9 * scale(), color="white" if weight > 0.62 else COLOURS.text,
            )  # fmt: skip
    axes.set(
        xlim=(-1.75, widest), ylim=(len(sentences) - 0.45, -0.55), xticks=[], yticks=[],
        title="Judgement outweighs weather (orange: the sentence, blue: its words)",
    )  # fmt: skip
    return axes.figure


__all__ = [
    "Looked", "alignment_view", "alignments", "bands", "beam_tree", "by_length",
    "errors_by_length", "losses_of", "machine", "pipeline_view", "query_view", "reading",
    "steps_of", "two_levels",
]  # fmt: skip
