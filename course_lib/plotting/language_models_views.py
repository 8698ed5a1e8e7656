"""What the chapter on language models looks like: merges, curves, samples, heads, the lens."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.models import losses, ngrams, sampling
from course_lib.models.beam_search import Beams, beam_search
from course_lib.models.gpt import Reader, induction
from course_lib.models.tokenisation import ByteTokeniser, Merge

from .picture import new_axes
from .style import COLOURS, scale

if TYPE_CHECKING:
    from jaxtyping import Float
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLANK = "␣"  # a blank that can be seen
TILES = ("#dbe9f6", "#fbe3d0", "#d3ece4", "#f3dbe9", "#f9ecd0", "#e4e4e4")


def visible(text: str) -> str:
    """A token as it is drawn: blanks and line ends become signs."""
    return text.replace(" ", BLANK).replace("\n", "↵").replace("$", r"\$") or "∅"


def bars(axes: Axes, count: int, colour: str = COLOURS.negative) -> tuple[Any, list[Any]]:
    """Horizontal bars with a label each, to be moved later."""
    found = axes.barh(range(count), np.zeros(count), color=colour)
    axes.set(ylim=(count - 0.4, -0.6), xlim=(0, 1), xlabel="probability", yticks=range(count))
    return found, axes.set_yticklabels([""] * count)


def _fill(found: Any, axes: Axes, names: Sequence[str], values: Any) -> None:
    for bar, value in zip(found, values, strict=True):
        bar.set_width(float(value))
    axes.set_yticklabels([visible(name) for name in names])


def page(axes: Axes, title: str) -> Any:
    """An empty sheet to write generated text on."""
    axes.set_axis_off()
    axes.set_title(title)
    return axes.text(
        0, 1, "", va="top", family="monospace", fontsize=11 * scale(), transform=axes.transAxes
    )


def wrapped(text: str, width: int = 44, lines: int = 11) -> str:
    """Text in lines of a width, with its line ends shown as signs."""
    return "\n".join(
        textwrap.wrap(visible(text).replace(BLANK, " "), width, drop_whitespace=False)[:lines]
    )


# --- n-grams that write -----------------------------------------------------------------------


def markov(
    counts: ngrams.NGrams, prompts: Mapping[str, str]
) -> Callable[[Any], Callable[..., str]]:
    """How an explorer lets character n-grams of order 1 to n write, and shows what they expect."""
    letters = [str(letter) for letter in counts.vocabulary]

    def draw(pair: Any) -> Callable[..., str]:
        left, right = pair
        found, _ = bars(left, 8)
        left.set_title("next character")
        sheet = page(right, "what it writes")

        def update(order: int, temperature: float, prompt: str, seed: int) -> str:
            def logits(tokens: Sequence[int]) -> Float[np.ndarray, " characters"]:
                seen = [letters[i] for i in tokens[len(tokens) - order + 1 :]] if order > 1 else []
                p = ngrams.distribution(counts, seen, partial(ngrams.interpolated, trust=0.9))
                return np.log(p)

            start = [letters.index(c) for c in prompts[prompt]]
            rng = np.random.default_rng(seed)
            choices = list(sampling.generate(logits, start, 110, rng, temperature=temperature))
            first = choices[0].probabilities
            best = np.argsort(-first, kind="stable")[:8]
            _fill(found, left, [letters[i] for i in best], first[best])
            left.set_xlim(0, max(0.2, 1.05 * float(first.max())))
            written = "".join(letters[c.token] for c in choices)
            sheet.set_text(wrapped(prompts[prompt] + written))
            surprise = -np.mean([c.log_probability for c in choices]) / np.log(2)
            return (
                f"order {order}: after {prompts[prompt]!r} it expects "
                f"{letters[best[0]]!r} with {first[best[0]]:.2f}; its own text surprises it by "
                f"{surprise:.2f} bits per character, and begins {written[:12]!r}"
            )

        return update

    return draw


def surprise_bars(tokens: Sequence[str], probabilities: Sequence[float]) -> Figure:
    """How many bits each token of a sentence costs; the mean is the logarithm of the perplexity."""
    axes = new_axes(6.5, 3.2)
    bits = -np.log2(probabilities)
    axes.bar(range(len(bits)), bits, color=COLOURS.negative)
    for i, (p, b) in enumerate(zip(probabilities, bits, strict=True)):
        axes.text(
            i,
            b + 0.1,
            f"p = {p:g}",
            ha="center",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )
    axes.axhline(bits.mean(), color=COLOURS.positive, linestyle="--")
    axes.text(
        len(bits) - 0.55, bits.mean() + 0.08, f"mean {bits.mean():.2f}",
        color=COLOURS.positive, ha="right",
    )  # fmt: skip
    axes.set(
        title="An unexpected token costs many bits", ylabel="surprise, bits",
        xticks=range(len(bits)), xticklabels=list(tokens), ylim=(0, bits.max() + 0.7),
    )  # fmt: skip
    return axes.figure


# --- tokens -----------------------------------------------------------------------------------


def merging(sizes: Sequence[int]) -> Callable[[Any], Callable[[Merge], str]]:
    """How a player draws byte-pair encoding: words as tiles, the new token in colour.

    `sizes` holds how many tokens the corpus has after each merge.
    """

    def draw(pair: Any) -> Callable[[Merge], str]:
        axes, right = pair
        right.plot(sizes, "o", color="#d0d0d0")
        (line,) = right.plot([], [], "o-", color=COLOURS.negative)
        right.set(
            xlabel="merges", ylabel="tokens of the corpus", xlim=(-0.4, 8.4), ylim=(0, 50),
            title="shorter with every merge",
        )  # fmt: skip
        axes.set_axis_off()

        def update(state: Merge) -> str:
            for artist in list(axes.texts):
                artist.remove()
            axes.set(xlim=(-0.3, 12.2), ylim=(len(state.words) - 0.4, -0.7))
            joined = "".join(state.pair) if state.pair else ""
            for row, (pieces, count) in enumerate(state.words):
                axes.text(0, row, f"{count} ×", va="center", ha="left")
                place = 1.3
                for piece in pieces:
                    fresh = piece == joined
                    long = TILES[0] if len(piece) > 1 else "white"
                    axes.text(
                        place + 0.42 * len(piece), row, piece, va="center", ha="center",
                        family="monospace", fontweight="bold" if fresh else "normal",
                        fontsize=13 * scale(),
                        bbox={"boxstyle": "round,pad=0.22", "edgecolor": COLOURS.text,
                              "facecolor": COLOURS.accent if fresh else long},
                    )  # fmt: skip
                    place += 0.84 * len(piece) + 0.5
            line.set_data(range(state.step + 1), sizes[: state.step + 1])
            if state.pair is None:
                return (
                    f"{state.tokens} tokens of {len(state.vocabulary)} kinds: each sign for itself"
                )
            return (
                f"merge {state.step}: {state.pair[0]} + {state.pair[1]} stood there "
                f"{state.count} times; {state.tokens} tokens of {len(state.vocabulary)} kinds"
            )

        return update

    return draw


def lengths(sizes: Sequence[int], per_token: Mapping[str, Sequence[float]]) -> Figure:
    """Characters per token against the size of the vocabulary, for several texts."""
    axes = new_axes(6.5, 3.6)
    for k, (name, values) in enumerate(per_token.items()):
        axes.plot(sizes, values, marker=COLOURS.markers[k], label=name)
    axes.set(
        xscale="log", xticks=list(sizes), xticklabels=[str(s) for s in sizes],
        title="A larger vocabulary, a shorter text: with falling returns",
        xlabel="tokens in the vocabulary", ylabel="characters per token", ylim=(0, None),
    )  # fmt: skip
    axes.minorticks_off()
    axes.legend(loc="upper left")
    return axes.figure


def tokens_view(tokeniser: ByteTokeniser, texts: Mapping[str, str]) -> Callable[[Any], Any]:
    """How an explorer cuts a text into tokens with a vocabulary of a chosen size."""

    def draw(axes: Any) -> Callable[[str, int], str]:
        def update(text: str, merges: int) -> str:
            axes.clear()
            axes.set_axis_off()
            axes.set(xlim=(0, 62), ylim=(4.4, -0.7))
            some = tokeniser.first(256 + merges)
            ids, place, row = some.encode(texts[text]), 0.0, 0
            for k, number in enumerate(ids):
                raw = some.bytes[number]
                whole = raw.decode("utf-8", errors="ignore")
                shown = visible(whole) if whole else "x" + raw.hex()
                width = 0.66 * max(len(shown.replace("\\", "")), 1) + 1.0
                if place + width > 61:
                    place, row = 0.0, row + 1
                axes.text(
                    place + width / 2, row, shown, ha="center", va="center", family="monospace",
                    fontsize=10.5 * scale(),
                    bbox={"boxstyle": "round,pad=0.15", "facecolor": TILES[k % 5],
                          "edgecolor": "white"},
                )  # fmt: skip
                place += width
            axes.set_title(f"{len(ids)} tokens for {len(texts[text])} characters")
            back = some.decode(ids) == texts[text]
            return (
                f"{len(some)} tokens in the vocabulary: {len(texts[text])} characters "
                f"({len(texts[text].encode())} bytes) become {len(ids)} tokens, the first "
                f"{ids[:4]}; back again {'exactly' if back else 'NOT'} the same"
            )

        return update

    return draw


# --- training ---------------------------------------------------------------------------------


def against_ngrams(
    tokens: Sequence[int],
    curves: Float[np.ndarray, "seeds marks"],
    baselines: Mapping[str, float],
    longer: Sequence[tuple[int, float]] = (),
) -> Figure:
    """Bits per character while the GPT reads, between the lines of the n-grams."""
    axes = new_axes(7.5, 4.2)
    axes.fill_between(
        tokens, curves.min(axis=0), curves.max(axis=0), color=COLOURS.positive, alpha=0.25
    )
    axes.plot(
        tokens, curves.mean(axis=0), "o-", color=COLOURS.positive,
        label=f"GPT, {len(curves)} seeds (band)",
    )  # fmt: skip
    if longer:
        axes.plot(
            *zip(*longer, strict=True),
            "s--",
            color=COLOURS.accent,
            label="one longer run, recorded",
        )
    last = max([*tokens, *(n for n, _ in longer)])
    for k, (name, bits) in enumerate(baselines.items()):
        axes.axhline(bits, color=COLOURS.neutral, linestyle=(":", "--", "-.", "-")[k % 4])
        low = bits < min(baselines.values()) + 1e-9
        axes.text(
            last, bits + (-0.02 if low else 0.02), name, ha="right", color=COLOURS.neutral,
            va="top" if low else "bottom",
        )  # fmt: skip
    axes.set(
        xscale="log", xlabel="tokens read in training (logarithmic)",
        ylabel="bits per character, held out",
        title="Past the bigram in seconds; the 5-gram is far ahead",
        ylim=(min(baselines.values()) - 0.25, None),
    )  # fmt: skip
    ticks = [10_000, 20_000, 50_000, 100_000, 200_000, 500_000]
    axes.set_xticks(ticks, [f"{t:,}" for t in ticks])
    axes.minorticks_off()
    axes.legend(loc="upper right", bbox_to_anchor=(1, 0.9))
    return axes.figure


def power_law(
    weights: Sequence[int], bits: Mapping[int, Sequence[float]], slope: float, height: float
) -> Figure:
    """Held-out bits against the number of weights, both logarithmic, with the straight line."""
    axes = new_axes(6.5, 3.8)
    for n, values in bits.items():
        axes.plot([n] * len(values), values, "o", color=COLOURS.positive)
    ends = np.array([min(weights) * 0.8, max(weights) * 1.25])
    axes.plot(ends, np.exp(height) * ends**slope, "--", color=COLOURS.negative,
              label=f"a N^(-b), b = {-slope:.3f}")  # fmt: skip
    axes.set(
        xscale="log", yscale="log", xlabel="weights N", ylabel="bits per character",
        title="More weights, less surprise: nearly a straight line",
        xticks=list(weights), xticklabels=[f"{w:,}" for w in weights],
    )  # fmt: skip
    ticks = [2.8, 3.0, 3.2, 3.4, 3.6]
    axes.set_yticks(ticks, [f"{t:g}" for t in ticks])
    axes.minorticks_off()
    axes.legend()
    return axes.figure


# --- causality and the cache ------------------------------------------------------------------


def influence(changed: Float[np.ndarray, "tokens tokens"]) -> Figure:
    """Which outputs change when one token is changed: nothing before it."""
    axes = new_axes(5.4, 4.2)
    shown = np.log10(np.maximum(changed, 1e-9))
    picture = axes.imshow(np.where(changed == 0, np.nan, shown), cmap="viridis")
    axes.set_facecolor("#eeeeee")
    axes.grid(False)
    axes.set(
        xlabel="the token that is changed", ylabel="the place whose output is watched",
        title="A change reaches no earlier place (grey: 0)",
    )  # fmt: skip
    axes.figure.colorbar(picture, label="largest change, power of ten")
    return axes.figure


def cache_view(model: int, layers: int, cost: Callable[..., int]) -> Callable[[Any], Any]:
    """How an explorer compares the multiplications of generation with and without a cache."""

    def draw(pair: Any) -> Callable[..., str]:
        left, right = pair
        lines = {}
        for k, name in enumerate(("read all again", "with cache")):
            lines[name] = left.plot([], [], ("--", "-")[k], color=COLOURS.classes[k], label=name)[0]
        left.set(xlabel="new tokens", ylabel="multiplications so far, millions", title="work")
        left.legend(loc="upper left")
        blocks = right.imshow(np.zeros((24, 24)), cmap="Blues", vmin=0, vmax=2)
        right.grid(False)
        right.set(xlabel="keys", ylabel="queries", title="attention rows of the last 24 tokens")

        def update(prompt: int, new: int, width: int) -> str:
            steps = np.arange(1, new + 1)
            again = np.cumsum([cost(prompt + i, width, layers) for i in range(new)])
            first = cost(prompt, width, layers)
            later = [cost(1, width, layers, prompt + i - 1) for i in range(1, new)]
            cached = np.cumsum([first, *later])
            lines["read all again"].set_data(steps, again / 1e6)
            lines["with cache"].set_data(steps, cached / 1e6)
            left.set(xlim=(1, max(new, 2)), ylim=(0, again[-1] / 1e6 * 1.05))
            rows = np.tri(24)
            rows[-1] *= 2
            blocks.set_data(rows)
            return (
                f"prompt {prompt}, {new} new tokens, width {width}: "
                f"{again[-1] / 1e6:.1f} million multiplications without, "
                f"{cached[-1] / 1e6:.1f} with the cache, {again[-1] / cached[-1]:.1f} times fewer; "
                f"it holds {2 * layers * width * (prompt + new - 1):,} numbers"
            )

        return update

    return draw


# --- choosing ---------------------------------------------------------------------------------


def truncation_view(
    logits: Sequence[float], names: Sequence[str]
) -> Callable[[Any], Callable[..., str]]:
    """How an explorer shapes a small distribution: temperature, then top-k, then top-p."""
    values = np.asarray(logits, dtype=float)

    def draw(axes: Any) -> Callable[..., str]:
        plain = axes.bar(
            np.arange(len(values)) - 0.2, losses.softmax(values), 0.4, color="#c9c9c9",
            label="softmax at T = 1",
        )  # fmt: skip
        shaped = axes.bar(
            np.arange(len(values)) + 0.2, values * 0, 0.4, color=COLOURS.negative,
            label="drawn from",
        )  # fmt: skip
        labels = [axes.text(i + 0.2, 0, "", ha="center") for i in range(len(values))]
        axes.set(ylim=(0, 1.12), xticks=range(len(values)), xticklabels=names,
                 ylabel="probability")  # fmt: skip
        axes.legend(loc="upper right")
        del plain

        def update(temperature: float, k: int, p: float) -> str:
            warm = sampling.with_temperature(values, temperature)
            found = sampling.shaped(values, temperature, k, p)
            for bar, label, value in zip(shaped, labels, found, strict=True):
                bar.set_height(value)
                label.set_text(f"{value:.3f}")
                label.set_y(value + 0.02)
            bits = float(losses.entropy(found)) / np.log(2)
            by_p = sampling.nucleus(sampling.top_k(warm, k), p)
            return (
                f"T = {temperature:g}: the first has {warm[0]:.4f}; top-k keeps "
                f"{min(k, len(values))}, top-p of those {by_p}; drawn from "
                f"{np.count_nonzero(found)} tokens, {bits:.2f} bits"
            )

        return update

    return draw


METHODS = ["sampling", "greedy", "beam of 3"]


def continuing(
    reader: Reader,
    encode: Callable[[str], list[int]],
    decode: Callable[[Sequence[int]], str],
    prompts: Sequence[str],
    length: int = 45,
) -> Callable[[Any], Callable[..., str]]:
    """How an explorer lets a GPT continue a prompt, by whichever way of choosing."""

    def log_probabilities(prefix: Sequence[int]) -> Float[np.ndarray, " tokens"]:
        return np.log(losses.softmax(reader(prefix)))

    def draw(pair: Any) -> Callable[..., str]:
        left, right = pair
        found, _ = bars(left, 10)
        left.set_title("next token: drawn from (blue)")
        plain = left.plot([], [], "|", color=COLOURS.positive, markersize=14 * scale(), mew=3)[0]
        sheet = page(right, "continuation")

        def update(
            prompt: str, method: str, temperature: float, k: int, p: float, seed: int
        ) -> str:
            start = encode(prompt)
            logits = reader(start)
            heat = temperature if method == "sampling" else 0.0
            cut = (k, p) if method == "sampling" else (1, 1.0)
            first = sampling.shaped(logits, heat, *cut)
            if method == "beam of 3":
                steps = list(beam_search(log_probabilities, start, -1, 3, 16))
                written = list(steps[-1].best.tokens)
                mean = steps[-1].best.log_probability / len(written)
            else:
                choices = list(
                    sampling.generate(
                        reader, start, length, np.random.default_rng(seed),
                        temperature=heat, k=cut[0], p=cut[1],
                    )
                )  # fmt: skip
                written = [c.token for c in choices]
                mean = float(np.mean([c.log_probability for c in choices]))
            own = losses.softmax(logits)
            best = np.argsort(-own, kind="stable")[:10]
            _fill(found, left, [decode([i]) for i in best], first[best])
            plain.set_data(own[best], range(10))
            left.set_xlim(0, max(0.25, 1.05 * float(max(first.max(), own.max()))))
            sheet.set_text(wrapped(prompt + decode(written)))
            chance = (
                "" if method != "sampling" else f", seed {seed}, T {temperature:g}, k {k}, p {p:g}"
            )
            return (
                f"{method}{chance}: drawn from {np.count_nonzero(first)} tokens; log-probability "
                f"{mean:.2f} per token, {sampling.repetition(written, 3):.0%} of its 3-grams "
                f"repeated; after {prompt!r} it writes {decode(written)[:16]!r}"
            )

        return update

    return draw


def beam_tree(tokens: Sequence[str]) -> Callable[[Any], Callable[[Beams], str]]:
    """How a player draws beam search: the kept prefixes in colour, the dropped ones grey."""

    def draw(axes: Any) -> Callable[[Beams], str]:
        axes.set_axis_off()

        def update(state: Beams) -> str:
            axes.clear()
            axes.set_axis_off()
            axes.set(xlim=(-0.3, 10), ylim=(-4.6, 1.3))
            if state.step == 0:
                axes.text(0, 0, "start", va="center")
                return "step 0: one empty prefix of probability 1"
            kept = {beam.tokens for beam in state.beams}
            axes.text(0, 0.9, "candidates, best first (coloured: kept)")
            for row, one in enumerate(state.candidates[:5]):
                words = " ".join(tokens[i] for i in one.tokens)
                stays = one.tokens in kept
                axes.text(
                    0, -row, f"{one.probability:.4f}   {words}", va="center", family="monospace",
                    fontsize=12 * scale(), color=COLOURS.text if stays else "#8a8a8a",
                    bbox={"boxstyle": "round,pad=0.3", "edgecolor": "white",
                          "facecolor": TILES[2] if stays else "#f4f4f4"},
                )  # fmt: skip
            best = state.best
            return (
                f"step {state.step}: {len(state.candidates)} candidates, {len(state.beams)} stay; "
                f"best so far {' '.join(tokens[i] for i in best.tokens)} with "
                f"{best.probability:.4f}"
            )

        return update

    return draw


def repetition_bars(shares: Mapping[str, Sequence[float]]) -> Figure:
    """The share of repeated 3-grams for each way of choosing, a mark per prompt."""
    axes = new_axes(6.5, 3.4)
    for k, (_, values) in enumerate(shares.items()):
        axes.barh(k, np.mean(values), color=COLOURS.classes[k], alpha=0.6)
        axes.plot(values, [k] * len(values), "o", color=COLOURS.text, markersize=5 * scale())
    axes.set(
        yticks=range(len(shares)), yticklabels=list(shares), xlim=(0, 1),
        ylim=(len(shares) - 0.4, -0.6),
        xlabel="share of 3-grams that stood there before",
        title="Without chance, the text runs in circles",
    )  # fmt: skip
    return axes.figure


# --- looking inside ---------------------------------------------------------------------------


def heads_view(
    maps: Float[np.ndarray, "layers heads tokens tokens"], tokens: Sequence[str]
) -> Callable[[Any], Callable[..., str]]:
    """How an explorer shows where one head of one layer looks from a chosen place."""

    def draw(pair: Any) -> Callable[..., str]:
        left, right = pair
        picture = left.imshow(maps[0, 0], cmap="Blues", vmin=0, vmax=1)
        left.grid(False)
        (mark,) = left.plot([], [], "-", color=COLOURS.positive)
        names = [visible(token) for token in tokens]
        left.set(
            xticks=range(len(names)), yticks=range(len(names)), yticklabels=names,
            xlabel="looked at", ylabel="looks",
        )  # fmt: skip
        left.set_xticklabels(names, rotation=90)
        left.tick_params(labelsize=7.5 * scale())
        found, _ = bars(right, len(names))
        right.tick_params(labelsize=7.5 * scale())

        def update(layer: int, head: int, place: int) -> str:
            weights = maps[layer - 1, head - 1]
            picture.set_data(weights)
            left.set_title(f"layer {layer}, head {head}")
            row = weights[place]
            mark.set_data([-0.5, len(names) - 0.5], [place, place])
            _fill(found, right, tokens, row)
            right.set_title(f"from {names[place]} (place {place})")
            top = int(row.argmax())
            back = float((row * (place - np.arange(len(row)))).sum())
            return (
                f"layer {layer}, head {head}: from {tokens[place]!r} most on {tokens[top]!r} "
                f"({row[top]:.2f}), on average {back:.1f} places back"
            )

        return update

    return draw


def lens_table(
    stages: Sequence[str],
    guesses: Sequence[Sequence[tuple[str, float]]],
    truth: Sequence[str],
    bits: Sequence[float],
) -> Figure:
    """The best guess that each stage of the residual stream stands for, place by place."""
    axes = new_axes(9.5, 0.8 + 0.75 * len(stages))
    axes.set_axis_off()
    axes.set(xlim=(-2.6, len(truth) - 0.4), ylim=(len(stages) + 0.5, -0.8))
    for row, stage in enumerate(stages):
        axes.text(
            -2.5, row, f"{stage}\n{bits[row]:.2f} bits/token", va="center", fontsize=9 * scale()
        )
        for column, (guess, p) in enumerate(guesses[row]):
            right = guess == truth[column]
            axes.text(
                column, row, f"{visible(guess)}\n{p:.2f}", ha="center", va="center",
                fontsize=9 * scale(), family="monospace",
                bbox={"boxstyle": "round,pad=0.25", "edgecolor": COLOURS.text if right else "white",
                      "facecolor": (1 - 0.6 * p, 1 - 0.25 * p, 1 - 0.45 * p)},
            )  # fmt: skip
    axes.text(-2.5, len(stages), "came next", va="center", fontsize=9 * scale())
    for column, token in enumerate(truth):
        axes.text(
            column, len(stages), visible(token), ha="center", va="center", fontweight="bold",
            fontsize=9 * scale(), family="monospace",
        )  # fmt: skip
    axes.set_title("From block to block the guesses get better (framed: right)")
    return axes.figure


def induction_view(texts: Mapping[str, str]) -> Callable[[Any], Callable[..., str]]:
    """How an explorer runs the hand-made induction circuit on a text, with blunt or sharp heads."""

    def draw(trio: Any) -> Callable[..., str]:
        def update(text: str, sharpness: float, place: int) -> str:
            word = texts[text]
            letters = sorted(set(word))
            ids = np.array([letters.index(c) for c in word])
            found = induction(ids, len(letters), sharpness)
            place = min(place, len(word) - 1)
            names = [visible(c) for c in word]
            for axes, weights, title in (
                (trio[0], found.previous, "head 1: the one before"),
                (trio[1], found.match, "head 2: after my like"),
            ):
                axes.clear()
                axes.imshow(weights, cmap="Blues", vmin=0, vmax=1)
                axes.axhline(place, color=COLOURS.positive, linewidth=1)
                axes.set(xticks=range(len(word)), yticks=range(len(word)), title=title)
                axes.set_xticklabels(names)
                axes.set_yticklabels(names)
                axes.grid(False)
                axes.tick_params(labelsize=8 * scale())
            row = found.prediction[place]
            trio[2].clear()
            trio[2].barh(range(len(letters)), row, color=COLOURS.negative)
            trio[2].set(
                yticks=range(len(letters)), xlim=(0, 1.02), ylim=(len(letters) - 0.4, -0.6),
                title=f"after {word[max(0, place - 3) : place + 1]}", xlabel="probability",
            )  # fmt: skip
            trio[2].set_yticklabels([visible(c) for c in letters])
            guess = letters[int(row.argmax())]
            came = f"; there it was {word[place + 1]!r}" if place + 1 < len(word) else ""
            tops = np.flatnonzero(found.match[place] > 0.99 * found.match[place].max())
            looked = "everywhere alike" if len(tops) > 4 else f"to place {tops.tolist()}"
            return (
                f"{text}, sharpness {sharpness:g}: at place {place} ({word[place]!r}) head 2 looks "
                f"{looked} and says {guess!r} with {row.max():.2f}{came}"
            )

        return update

    return draw


def copying(accuracy: Mapping[str, Sequence[float]], ceiling: float, chance: float) -> Figure:
    """How often the second half of a repeated sequence is foretold, for each net and seed."""
    axes = new_axes(6.5, 3.2)
    for k, (_, values) in enumerate(accuracy.items()):
        axes.barh(k, np.mean(values), color=COLOURS.classes[k], alpha=0.6)
        axes.plot(values, [k] * len(values), "o", color=COLOURS.text, markersize=5 * scale())
    for value, name in ((ceiling, "by hand"), (chance, "chance")):
        axes.axvline(value, color=COLOURS.neutral, linestyle="--")
        axes.text(value, -0.62, name, ha="center", va="bottom", color=COLOURS.neutral)
    axes.set(
        yticks=range(len(accuracy)), yticklabels=list(accuracy), xlim=(0, 1.02),
        ylim=(len(accuracy) - 0.4, -0.6), xlabel="next token right, where copying can help",
    )  # fmt: skip
    axes.set_title("Copying takes two layers", pad=18 * scale())
    return axes.figure


# --- answering --------------------------------------------------------------------------------


def loss_mask(tokens: Sequence[str], counted: Sequence[bool]) -> Figure:
    """A dialogue as tokens: grey ones are given, coloured ones count in the loss."""
    axes = new_axes(9, 1.3)
    axes.set_axis_off()
    place = 0.0
    for token, counts in zip(tokens, counted, strict=True):
        width = 0.8 * len(visible(token)) + 1.0
        axes.text(
            place + width / 2, 0, visible(token), ha="center", va="center", family="monospace",
            bbox={"boxstyle": "round,pad=0.25", "edgecolor": "white",
                  "facecolor": TILES[1] if counts else "#e4e4e4"},
        )  # fmt: skip
        place += width
    axes.set(xlim=(0, place), ylim=(-0.6, 0.6), title="Only the answer (orange) is learnt")
    return axes.figure


def policy_view(
    answers: Sequence[str], start: Sequence[float], reward: Sequence[float], truth: Sequence[float]
) -> Callable[[Any], Callable[..., str]]:
    """How an explorer tunes a small policy: more reward, held back by the divergence."""
    p, r, t = (np.asarray(v, dtype=float) for v in (start, reward, truth))

    def draw(pair: Any) -> Callable[..., str]:
        left, right = pair
        places = np.arange(len(p))
        left.barh(places - 0.2, p, 0.4, color="#c9c9c9", label="language model")
        tuned = left.barh(places + 0.2, p * 0, 0.4, color=COLOURS.negative, label="tuned")
        left.set(yticks=places, yticklabels=answers, ylim=(len(p) - 0.4, -0.6), xlim=(0, 1),
                 xlabel="probability", title="answers")  # fmt: skip
        left.legend(loc="lower right")
        betas = np.geomspace(0.05, 20, 120)
        policies = [losses.softmax(np.log(p) + r / b) for b in betas]
        kl = np.array([float(losses.kl_divergence(q, p)) for q in policies])
        right.plot(
            kl, [q @ r for q in policies], "-", color=COLOURS.negative, label="learnt reward"
        )
        right.plot(
            kl, [q @ t for q in policies], "--", color=COLOURS.positive, label="what people want"
        )
        heres = [right.plot([], [], "o", color=c, markersize=10 * scale())[0]
                 for c in (COLOURS.negative, COLOURS.positive)]  # fmt: skip
        right.set(xlabel="divergence from the language model, nats", ylabel="mean",
                  title="too far is worse")  # fmt: skip
        right.legend(loc="lower left")

        def update(beta: float, show_truth: bool) -> str:
            q = losses.softmax(np.log(p) + r / beta)
            away = float(losses.kl_divergence(q, p))
            for bar, value in zip(tuned, q, strict=True):
                bar.set_width(value)
            heres[0].set_data([away], [q @ r])
            heres[1].set_data([away], [q @ t])
            heres[1].set_visible(show_truth)
            right.lines[1].set_visible(show_truth)
            wanted = f", what people want {q @ t:+.2f}" if show_truth else ", the truth is hidden"
            return (
                f"beta {beta:g}: KL {away:.3f}, mean learnt reward {q @ r:+.2f}{wanted}; likeliest "
                f"{answers[int(q.argmax())]!r} with {q.max():.2f}"
            )

        return update

    return draw


__all__ = [
    "METHODS", "against_ngrams", "beam_tree", "cache_view", "continuing", "copying", "heads_view",
    "induction_view", "influence", "lengths", "lens_table", "loss_mask", "markov", "merging",
    "policy_view", "power_law", "repetition_bars", "surprise_bars", "tokens_view",
    "truncation_view", "visible",
]  # fmt: skip
