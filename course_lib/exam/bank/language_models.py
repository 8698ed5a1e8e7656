"""Language models: perplexity, byte pairs, sampling, beams, caches, scaling, preferences."""

from __future__ import annotations

import re
from collections import Counter
from math import exp, log

import numpy as np

from course_lib.exam.answers import choice, integer, number, vector
from course_lib.exam.arithmetic import over, plus, sigmoid, softmax
from course_lib.exam.draw import Draw
from course_lib.exam.exercise import Exercise, Mistake, Step, exercise_type
from course_lib.exam.theory import Question, theory


def positive_log(value: float) -> float:
    """A natural logarithm. Raises ValueError where a wrong earlier answer leaves none."""
    if value <= 0:
        raise ValueError("no logarithm")
    return log(value)


# --- probability and perplexity -------------------------------------------------------------------


@exercise_type(
    "language_models.perplexity",
    topic="language_models",
    title="Probability and perplexity of a sentence",
    minutes=6,
    sources=["000C:33", "001:59", "004:49"],
    variants={"lecture": {"p": [0.2, 0.1, 0.3, 0.4, 0.9], "characters": 16}},
)
def sentence(draw: Draw) -> Exercise:
    p = draw.search("p", lambda m: m.decimals("p", 5, 0.1, 0.9, 0.1), lambda v: len(set(v)) >= 3)
    characters = draw.integer("characters", 14, 30)
    return Exercise(
        "A language model gives the five tokens of a sentence, the end mark included, the conditional "
        "probabilities {p:}. The sentence has {characters:d} characters.",
        givens={"p": p, "characters": characters},
        steps=[
            Step(
                "joint",
                "The probability of the sentence",
                lambda p: float(np.prod(p)),
                number(significant=3),
                hint="The chain rule: a product of conditionals.",
                explain=lambda p: "$" + " \\cdot ".join(f"{v:g}" for v in p) + "$.",
                mistakes=[
                    Mistake("sum", lambda p: float(np.sum(p)), "Probabilities multiply."),
                    Mistake("mean", lambda p: float(np.mean(p)), "It is the product of all five."),
                    Mistake(
                        "no_end", lambda p: float(np.prod(p[:-1])), "The end mark is a token too."
                    ),
                ],
            ),
            Step(
                "nll",
                "The negative log-likelihood per token, in nats",
                lambda joint: -positive_log(joint) / 5,
                number(decimals=3),
                marks=2,
                hint="Minus the logarithm of the product, divided by the number of tokens.",
                explain="$-\\ln p / 5$ with $p =$ {joint:}.",
                mistakes=[
                    Mistake(
                        "not_divided", lambda joint: -positive_log(joint), "Divide by the 5 tokens."
                    ),
                    Mistake(
                        "by_four", lambda joint: -positive_log(joint) / 4, "The end mark counts."
                    ),
                    Mistake(
                        "of_mean",
                        lambda p: -log(float(np.mean(p))),
                        "The mean of the logarithms, not the logarithm of the mean.",
                    ),
                ],
            ),
            Step(
                "perplexity",
                "The perplexity",
                lambda nll: exp(nll),
                number(significant=3),
                hint="The exponential of the loss per token.",
                explain="$e^{L}$ with $L =$ {nll:}.",
                mistakes=[
                    Mistake(
                        "base_two",
                        lambda nll: 2**nll,
                        "The loss is in nats, so take $e$ to its power.",
                    ),
                    Mistake(
                        "inverse_mean",
                        lambda p: 1 / float(np.mean(p)),
                        "It is one over the *geometric* mean.",
                    ),
                ],
            ),
            Step(
                "bits",
                "The bits per character",
                lambda joint, characters: -positive_log(joint) / log(2) / characters,
                number(decimals=3),
                marks=2,
                hint="The surprise of the whole sentence in bits, divided by its characters.",
                explain="$-\\log_2 p / {characters:d}$ with $p =$ {joint:}.",
                mistakes=[
                    Mistake(
                        "nats",
                        lambda joint, characters: -positive_log(joint) / characters,
                        "Those are nats; divide by $\\ln 2$.",
                    ),
                    Mistake(
                        "per_token",
                        lambda joint: -positive_log(joint) / log(2) / 5,
                        "Those are bits per token.",
                    ),
                ],
            ),
        ],
    )


# --- byte pairs -----------------------------------------------------------------------------------


def parsed(corpus: str) -> list[tuple[tuple[str, ...], int]]:
    """The words of a corpus such as "low_ ×3, new_ ×2"."""
    words = []
    for part in corpus.split(", "):
        word, count = part.split(" ×")
        words.append((tuple(word), int(count)))
    return words


def ranked(words) -> Counter:
    """How often each pair stands in the words."""
    counts: Counter = Counter()
    for pieces, count in words:
        for pair in zip(pieces, pieces[1:], strict=False):
            counts[pair] += count
    return counts


def join(words, pair):
    """The words after one merge."""
    after = []
    for pieces, count in words:
        out: list[str] = []
        for piece in pieces:
            # the piece before may be half of a pair, unless it was made by this very merge
            if out and (out[-1], piece) == pair:
                out[-1] = "".join(pair)
            else:
                out.append(piece)
        after.append((tuple(out), count))
    return after


def learnt(corpus: str, merges: int):
    """The words and the merged pairs with their counts, after so many merges."""
    words, history = parsed(corpus), []
    for _ in range(merges):
        counts = ranked(words)
        pair = max(counts, key=counts.__getitem__)
        history.append((pair, counts[pair]))
        words = join(words, pair)
    return words, history


def size(words) -> int:
    return sum(len(pieces) * count for pieces, count in words)


def commonest(corpus: str) -> list[str]:
    """The four most frequent pairs of neighbours, joined; of equals the one that is read first."""
    return ["".join(pair) for pair, _ in ranked(parsed(corpus)).most_common(4)]


def clear(corpus: str) -> bool:
    """Three merges without ties, of three different counts."""
    words = parsed(corpus)
    for _ in range(3):
        counts = sorted(ranked(words).values())
        if len(counts) < 2 or counts[-1] == counts[-2] or counts[-1] < 2:
            return False
        words = join(words, max(ranked(words), key=ranked(words).__getitem__))
    return True


STEMS = ["low", "new", "wide", "slow", "old", "fast", "tall", "deep", "warm", "kind"]
ENDINGS = ["", "er", "est", "en", "s", "ly"]


def small_corpus(m: Draw) -> str:
    stems = m.sample("stems", STEMS, 3)
    first, second = m.sample("endings", ENDINGS[1:], 2)
    n = m.integers("n", 4, 1, 5)
    words = [stems[0], stems[0] + first, stems[1] + first, stems[2] + second]
    return ", ".join(f"{w}_ ×{c}" for w, c in zip(words, n, strict=True))


@exercise_type(
    "language_models.bpe",
    topic="language_models",
    title="Byte-pair encoding by hand",
    minutes=8,
    sources=["004:48"],
    variants={"lecture": {"corpus": "low_ ×3, lower_ ×1, newest_ ×3, widest_ ×1"}},
)
def bpe(draw: Draw) -> Exercise:
    corpus = draw.search("corpus", small_corpus, clear)
    return Exercise(
        "A corpus holds these words, each closed by `_` and so many times: {corpus:}. Byte-pair encoding "
        "starts from single signs. Of equally frequent pairs, take the one that is read first.",
        givens={"corpus": corpus},
        steps=[
            Step(
                "start",
                "How many tokens has the corpus before the first merge?",
                lambda corpus: size(parsed(corpus)),
                integer(),
                hint="Count the signs of each word, `_` included, times its frequency.",
                explain=lambda corpus: (
                    "$" + " + ".join(f"{len(w)} \\cdot {n}" for w, n in parsed(corpus)) + "$."
                ),
                mistakes=[
                    Mistake(
                        "no_ends",
                        lambda corpus: sum((len(w) - 1) * n for w, n in parsed(corpus)),
                        "The sign `_` is a token too.",
                    ),
                    Mistake(
                        "once",
                        lambda corpus: sum(len(w) for w, _ in parsed(corpus)),
                        "A word counts as often as it occurs.",
                    ),
                ],
            ),
            Step(
                "count",
                "How often does the most frequent pair of neighbours stand there?",
                lambda corpus: learnt(corpus, 1)[1][0][1],
                integer(),
                hint="Count pairs within words only.",
                explain=lambda corpus: (
                    "The pair is `" + "` `".join(learnt(corpus, 1)[1][0][0]) + "`."
                ),
                mistakes=[
                    Mistake(
                        "words",
                        lambda corpus: max(ranked([(w, 1) for w, _ in parsed(corpus)]).values()),
                        "Weigh each word with its frequency.",
                    ),
                    Mistake(
                        "single",
                        lambda corpus: max(
                            Counter(
                                {
                                    s: sum(w.count(s) * n for w, n in parsed(corpus))
                                    for s in sorted({s for w, _ in parsed(corpus) for s in w})
                                }
                            ).values()
                        ),
                        "That is how often the most frequent single sign occurs; count pairs.",
                    ),
                ],
            ),
            Step(
                "first",
                "Which token does the first merge make?",
                lambda corpus: "".join(learnt(corpus, 1)[1][0][0]),
                choice(sorted(commonest(corpus))),
                hint="The two signs of that pair, written together.",
                explain="The pair counted above.",
            ),
            Step(
                "after",
                "How many tokens are left after this merge?",
                lambda start, count: start - count,
                integer(),
                hint="Each merged pair saves one token.",
                explain="{start:d} $-$ {count:d}.",
                mistakes=[
                    Mistake(
                        "two",
                        lambda start, count: start - 2 * count,
                        "Two become one: one is saved.",
                    ),
                    Mistake(
                        "one", lambda start: start - 1, "Every occurrence of the pair is merged."
                    ),
                ],
            ),
            Step(
                "third",
                "How often does the pair stand there that the third merge joins?",
                lambda corpus: learnt(corpus, 3)[1][2][1],
                integer(),
                marks=2,
                hint="Rewrite the words after each merge, then count the pairs anew.",
                explain=lambda corpus: (
                    "Merges: "
                    + ", ".join(f"`{''.join(p)}` ({n})" for p, n in learnt(corpus, 3)[1])
                    + "."
                ),
                mistakes=[
                    Mistake(
                        "once",
                        lambda corpus: learnt(re.sub(r"×\d+", "×1", corpus), 3)[1][2][1],
                        "A word counts as often as it occurs.",
                    ),
                    Mistake(
                        "fourth",
                        lambda corpus: learnt(corpus, 4)[1][3][1],
                        "That is one merge too many.",
                    ),
                ],
            ),
            Step(
                "left",
                "How many tokens are left after three merges?",
                lambda corpus: size(learnt(corpus, 3)[0]),
                integer(),
                hint="Subtract the three counts.",
                explain=lambda corpus: (
                    f"${size(parsed(corpus))} - {' - '.join(str(n) for _, n in learnt(corpus, 3)[1])}$."
                ),
                mistakes=[
                    Mistake(
                        "same_count",
                        lambda start, count: start - 3 * count,
                        "Each merge has a count of its own.",
                    ),
                    Mistake(
                        "types",
                        lambda corpus: len(
                            {piece for word, _ in learnt(corpus, 3)[0] for piece in word}
                        ),
                        "Those are the different tokens; count all of them.",
                    ),
                ],
            ),
        ],
    )


# --- sampling -------------------------------------------------------------------------------------


@exercise_type(
    "language_models.temperature",
    topic="language_models",
    title="Temperature",
    minutes=6,
    sources=["004:49"],
    variants={"lecture": {"a": [2, 1, 0, -1], "T": 0.5}, "hot": {"a": [2, 1, 0, -1], "T": 2}},
)
def temperature(draw: Draw) -> Exercise:
    a = draw.search(
        "a", lambda m: sorted(m.integers("a", 4, -2, 4), reverse=True), lambda v: len(set(v)) == 4
    )
    T = draw.choice("T", [0.5, 2, 4])
    return Exercise(
        "A language model gives four tokens the logits {a:}. The temperature is $T = {T:}$.",
        givens={"a": a, "T": T},
        steps=[
            Step(
                "plain",
                "The four probabilities at temperature 1",
                lambda a: softmax(a),
                vector(length=4, decimals=3, partial=True),
                marks=2,
                hint="Softmax.",
                explain=lambda a: f"Exponentials, divided by their sum ${plus(np.exp(a))}$.",
                mistakes=[
                    Mistake("powers", lambda a: np.exp(a), "Divide by their sum."),
                    Mistake(
                        "sigmoids", lambda a: sigmoid(a), "A softmax adds up to 1; no sigmoids."
                    ),
                ],
            ),
            Step(
                "warm",
                "The four probabilities at temperature $T$",
                lambda a, T: softmax(a / T),
                vector(length=4, decimals=3, partial=True),
                marks=2,
                hint="Divide the logits by $T$ first.",
                explain=lambda a, T: (
                    f"Logits ${', '.join(f'{v / T:g}' for v in a)}$, then softmax."
                ),
                mistakes=[
                    Mistake("times", lambda a, T: softmax(a * T), "Divide by $T$."),
                    Mistake(
                        "after",
                        lambda plain, T: plain / T,
                        "The temperature divides the logits, not the probabilities.",
                    ),
                    Mistake("ignored", lambda plain: plain, "That is $T = 1$."),
                ],
            ),
            Step(
                "ratio",
                "How many times as probable as the second token is the first, at temperature $T$?",
                lambda a, T: exp((a[0] - a[1]) / T),
                number(significant=3),
                hint="The sum cancels in the ratio.",
                explain=lambda a, T: f"$e^{{({a[0]:g} - {a[1]:g}) / {T:g}}}$.",
                mistakes=[
                    Mistake("plain", lambda a: exp(a[0] - a[1]), "Divide the difference by $T$."),
                    Mistake(
                        "turned", lambda a, T: exp((a[1] - a[0]) / T), "That is the inverse ratio."
                    ),
                ],
            ),
            Step(
                "hottest",
                "What does the first probability tend to for $T \\to \\infty$?",
                lambda a: 1 / len(a),
                number(decimals=3),
                hint="All logits divided by $T$ become equal.",
                explain="Uniform over the four tokens.",
                mistakes=[
                    Mistake("one", lambda: 1.0, "That is the limit $T \\to 0$."),
                    Mistake("zero", lambda: 0.0, "Four equal probabilities add up to 1."),
                ],
            ),
        ],
    )


def tail(m: Draw) -> list[float]:
    """Five probabilities in falling order, in steps of 0.05."""
    cuts = sorted(m.sample("cuts", list(range(1, 20)), 4))
    parts = np.diff([0, *cuts, 20])
    return [round(v / 20, 2) for v in sorted(parts, reverse=True)]


def inside(p, threshold) -> int:
    """How many leading probabilities reach the threshold together."""
    return int(np.searchsorted(np.cumsum(p), threshold - 1e-9) + 1)


@exercise_type(
    "language_models.truncation",
    topic="language_models",
    title="Top-k and top-p sampling",
    minutes=5,
    sources=["004:49"],
    variants={"lecture": {"p": [0.5, 0.2, 0.15, 0.1, 0.05], "k": 3, "threshold": 0.8}},
)
def truncation(draw: Draw) -> Exercise:
    p = draw.search("p", tail, lambda v: len(set(v)) >= 4 and v[0] <= 0.6)
    k = draw.integer("k", 2, 3)
    threshold = draw.search(
        "threshold",
        lambda m: m.choice("t", [0.6, 0.7, 0.75, 0.8, 0.85, 0.9]),
        lambda t: all(abs(np.cumsum(p) - t) > 0.01) and inside(p, t) < 5,
    )
    return Exercise(
        "Five tokens have the probabilities {p:}. Top-k keeps $k = {k:d}$ of them; top-p has the "
        "threshold {threshold:}.",
        givens={"p": p, "k": k, "threshold": threshold},
        steps=[
            Step(
                "mass",
                "The probability that top-k keeps together, before renormalising",
                lambda p, k: float(p[:k].sum()),
                number(decimals=3),
                hint="Add the $k$ largest.",
                explain=lambda p, k: f"${plus(p[:k])}$.",
                mistakes=[
                    Mistake("cut", lambda p, k: float(p[k:].sum()), "That is what is cut off."),
                    Mistake("one", lambda p: float(p[0]), "Keep $k$ tokens, not one."),
                ],
            ),
            Step(
                "top_k",
                "The probability of the first token under top-k sampling",
                lambda p, mass: over(p[0], mass),
                number(decimals=3),
                marks=2,
                hint="Divide by what is kept.",
                explain=lambda p, mass: f"${p[0]:g} / {mass:.4g}$.",
                mistakes=[
                    Mistake(
                        "raw", lambda p: float(p[0]), "Renormalise: what is kept must add to 1."
                    ),
                    Mistake("uniform", lambda k: 1 / k, "The kept tokens keep their proportions."),
                ],
            ),
            Step(
                "kept",
                "How many tokens does top-p keep?",
                lambda p, threshold: inside(p, threshold),
                integer(),
                hint="Add from the largest on, until the threshold is reached.",
                explain=lambda p: (
                    f"The running sums are ${', '.join(f'{v:.4g}' for v in np.cumsum(p))}$."
                ),
                mistakes=[
                    Mistake(
                        "below",
                        lambda p, threshold: inside(p, threshold) - 1,
                        "The token that crosses the threshold is kept too.",
                    ),
                    Mistake("all", lambda p: len(p), "Stop as soon as the threshold is reached."),
                ],
            ),
            Step(
                "top_p",
                "The probability of the first token under top-p sampling",
                lambda p, kept: over(p[0], float(p[: int(kept)].sum())),
                number(decimals=3),
                marks=2,
                hint="Divide by the sum of the kept ones.",
                explain=lambda p, kept: f"${p[0]:g} / ({plus(p[: int(kept)])})$.",
                mistakes=[
                    Mistake("raw", lambda p: float(p[0]), "Renormalise."),
                    Mistake(
                        "by_threshold",
                        lambda p, threshold: p[0] / threshold,
                        "Divide by what is really kept, which is more than the threshold.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "language_models.beam",
    topic="language_models",
    title="Greedy against a beam of two",
    minutes=5,
    sources=["004:49", "001:50"],
    variants={"lecture": {"a": 0.6, "b": 0.4, "after_a": [0.5, 0.3], "after_b": [0.9, 0.1]}},
)
def beam(draw: Draw) -> Exercise:
    a = draw.choice("a", [0.5, 0.55, 0.6, 0.65])
    b = draw.search(
        "b", lambda m: m.choice("b", [0.35, 0.4, 0.45, 0.3]), lambda v: v < a and v + a <= 1
    )
    after_a = draw.choice("after_a", [[0.4, 0.35], [0.5, 0.3], [0.45, 0.35], [0.35, 0.3]])
    after_b = draw.search(
        "after_b",
        lambda m: m.choice(
            "s", [[0.9, 0.1], [0.8, 0.2], [0.95, 0.05], [0.85, 0.15], [0.6, 0.4], [0.5, 0.5]]
        ),
        lambda v: abs(b * v[0] - a * after_a[0]) > 0.004,
    )
    return Exercise(
        "The first token is A with probability {a:} or B with probability {b:} (the rest is rarer). After A "
        "the two likeliest tokens have the probabilities {after_a:}, after B {after_b:}. Two tokens are "
        "written.",
        givens={"a": a, "b": b, "after_a": after_a, "after_b": after_b},
        steps=[
            Step(
                "greedy",
                "The probability of the sequence that greedy search writes",
                lambda a, after_a: float(a * after_a[0]),
                number(significant=3),
                hint="Take the likeliest token each time.",
                explain=lambda a, after_a: (
                    f"A first, then its likeliest: ${a:g} \\cdot {after_a[0]:g}$."
                ),
                mistakes=[
                    Mistake("sum", lambda a, after_a: float(a + after_a[0]), "Multiply."),
                    Mistake(
                        "last",
                        lambda after_a: float(after_a[0]),
                        "Times the probability of the first token.",
                    ),
                ],
            ),
            Step(
                "other",
                "The probability of the best sequence that begins with B",
                lambda b, after_b: float(b * after_b[0]),
                number(significant=3),
                hint="B, then its likeliest token.",
                explain=lambda b, after_b: f"${b:g} \\cdot {after_b[0]:g}$.",
                mistakes=[
                    Mistake(
                        "last", lambda after_b: float(after_b[0]), "Times the probability of B."
                    ),
                    Mistake("sum", lambda b, after_b: float(b + after_b[0]), "Multiply."),
                ],
            ),
            Step(
                "beam",
                "The probability of the sequence that a beam of width 2 returns",
                lambda greedy, other: max(greedy, other),
                number(significant=3),
                marks=2,
                hint="Both first tokens stay in the beam.",
                explain="The larger of {greedy:} and {other:}.",
                mistakes=[
                    Mistake(
                        "smaller",
                        lambda greedy, other: min(greedy, other),
                        "A beam of two keeps both beginnings and returns the better end.",
                    ),
                    Mistake("total", lambda greedy, other: greedy + other, "Return one sequence."),
                ],
            ),
            Step(
                "gain",
                "The log-probability (natural) of the beam's sequence minus that of the greedy one",
                lambda beam, greedy: positive_log(over(beam, greedy)),
                number(decimals=3),
                hint="The logarithm of the ratio; it is never negative here.",
                explain="$\\ln($ {beam:} $/$ {greedy:} $)$.",
                mistakes=[
                    Mistake(
                        "log", lambda beam: positive_log(beam), "Minus that of the greedy one."
                    ),
                ],
            ),
        ],
    )


# --- cost -----------------------------------------------------------------------------------------


@exercise_type(
    "language_models.kv_cache",
    topic="language_models",
    title="What a key-value cache saves and costs",
    minutes=6,
    sources=["004:49", "000C:38"],
    variants={"notes": {"prompt": 4, "new": 6, "layers": 2, "d": 64, "bytes": 4}},
)
def kv_cache(draw: Draw) -> Exercise:
    prompt = draw.integer("prompt", 3, 12)
    new = draw.integer("new", 4, 12)
    layers = draw.choice("layers", [2, 4, 6, 12])
    d = draw.choice("d", [32, 64, 128, 512])
    size_of = draw.choice("bytes", [2, 4])
    return Exercise(
        "A decoder with {layers:d} layers and width {d:d} reads a prompt of {prompt:d} tokens and writes "
        "{new:d} new ones. Each number takes {size:d} bytes. (The last token written is not read again.)",
        givens={"prompt": prompt, "new": new, "layers": layers, "d": d, "size": size_of},
        steps=[
            Step(
                "without",
                "How many tokens go through the net without a cache, all passes together?",
                lambda prompt, new: sum(prompt + i for i in range(int(new))),
                integer(),
                marks=2,
                hint="The first pass reads the prompt, each later one reads one token more.",
                explain=lambda prompt, new: (
                    f"${' + '.join(str(int(prompt + i)) for i in range(int(new)))}$."
                ),
                mistakes=[
                    Mistake(
                        "one_more",
                        lambda prompt, new: sum(prompt + i + 1 for i in range(int(new))),
                        "The first pass reads the prompt alone.",
                    ),
                    Mistake(
                        "constant",
                        lambda prompt, new: prompt * new,
                        "The text grows with every pass.",
                    ),
                ],
            ),
            Step(
                "with_cache",
                "How many with a cache?",
                lambda prompt, new: prompt + new - 1,
                integer(),
                hint="Every token once.",
                explain=lambda prompt, new: f"The prompt, then one a pass: ${prompt} + {new} - 1$.",
                mistakes=[
                    Mistake("new_only", lambda new: new, "The prompt is read too."),
                    Mistake(
                        "all", lambda prompt, new: prompt + new, "The last token is not read again."
                    ),
                ],
            ),
            Step(
                "numbers",
                "How many numbers does the cache hold in the end?",
                lambda with_cache, layers, d: 2 * with_cache * layers * d,
                integer(),
                marks=2,
                hint="A key and a value of width $d$, per token and layer.",
                explain="$2 \\cdot$ {with_cache:d} $\\cdot {layers:d} \\cdot {d:d}$.",
                mistakes=[
                    Mistake(
                        "keys_only",
                        lambda with_cache, layers, d: with_cache * layers * d,
                        "Keys *and* values.",
                    ),
                    Mistake(
                        "queries",
                        lambda with_cache, layers, d: 3 * with_cache * layers * d,
                        "Old queries are never asked again: keys and values only.",
                    ),
                    Mistake(
                        "one_layer",
                        lambda with_cache, d: 2 * with_cache * d,
                        "Every layer has its own.",
                    ),
                ],
            ),
            Step(
                "kilobytes",
                "How many kilobytes (of 1000 bytes) is that?",
                lambda numbers, size: numbers * size / 1000,
                number(significant=3),
                hint="Times the bytes of a number.",
                explain="{numbers:d} $\\cdot {size:d} / 1000$.",
                mistakes=[
                    Mistake("no_bytes", lambda numbers: numbers / 1000, "Times {size:d} bytes."),
                    Mistake(
                        "bits",
                        lambda numbers, size: numbers * size * 8 / 1000,
                        "Those are kilobits.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "language_models.size",
    topic="language_models",
    title="How many weights a GPT has",
    minutes=6,
    sources=["000C:37", "000C:38", "004:45"],
    variants={
        "lecture": {"V": 10000, "d": 512, "layers": 6},
        "gpt2-width": {"V": 50000, "d": 768, "layers": 12},
    },
)
def weights(draw: Draw) -> Exercise:
    V = draw.choice("V", [500, 1000, 2000, 5000, 10000, 20000])
    d = draw.choice("d", [32, 64, 128, 256, 512])
    layers = draw.choice("layers", [2, 4, 6, 8, 12])
    return Exercise(
        "A decoder has a vocabulary of {V:d} tokens, width {d:d} and {layers:d} blocks. A block holds the "
        "maps for queries, keys, values and outputs, and an MLP that widens to $4d$ and back. Leave out "
        "normalisations, positions and (except where said) biases.",
        givens={"V": V, "d": d, "layers": layers},
        steps=[
            Step(
                "embedding",
                "The weights of the token embedding",
                lambda V, d: V * d,
                integer(),
                hint="One row of width $d$ per token.",
                explain="${V:d} \\cdot {d:d}$.",
                mistakes=[Mistake("square", lambda d: d * d, "One row for every token.")],
            ),
            Step(
                "block",
                "The weights of one block",
                lambda d: 12 * d * d,
                integer(),
                marks=2,
                hint="Four maps of $d \\times d$, then $d \\times 4d$ and $4d \\times d$.",
                explain="$4d^2 + 8d^2 = 12d^2$.",
                mistakes=[
                    Mistake(
                        "no_output", lambda d: 11 * d * d, "The output map counts: four of them."
                    ),
                    Mistake("one_way", lambda d: 8 * d * d, "The MLP goes up *and* down."),
                    Mistake("attention", lambda d: 4 * d * d, "Add the MLP's $8d^2$."),
                ],
            ),
            Step(
                "output",
                "The output layer from width $d$ to the vocabulary, with a bias",
                lambda V, d: V * d + V,
                integer(),
                hint="A weight matrix and one bias per token.",
                explain="${d:d} \\cdot {V:d} + {V:d}$.",
                mistakes=[
                    Mistake("no_bias", lambda V, d: V * d, "With one bias per token."),
                    Mistake("bias_d", lambda V, d: V * d + d, "One bias per *output*."),
                ],
            ),
            Step(
                "total",
                "All together",
                lambda embedding, block, output, layers: embedding + layers * block + output,
                integer(),
                hint="Embedding, blocks, output.",
                explain="{embedding:d} $+ {layers:d} \\cdot$ {block:d} $+$ {output:d}.",
                mistakes=[
                    Mistake(
                        "one_block",
                        lambda embedding, block, output: embedding + block + output,
                        "There are several blocks.",
                    )
                ],
            ),
        ],
    )


@exercise_type(
    "language_models.scaling",
    topic="language_models",
    title="A power law from two points",
    minutes=5,
    sources=["004:45"],
    variants={"notes": {"n1": 1000, "L1": 4.0, "L2": 3.2, "grow": 10}},
)
def scaling(draw: Draw) -> Exercise:
    n1 = draw.choice("n1", [1000, 2000, 5000, 10000])
    first = draw.choice("L1", [3.6, 4.0, 4.4, 4.8])
    second = draw.search(
        "L2", lambda m: m.choice("x", [2.4, 2.8, 3.0, 3.2, 3.5]), lambda v: first - v >= 0.4
    )
    grow = draw.choice("grow", [4, 8, 10, 100])
    return Exercise(
        "Language models with $N_1 = {n1:d}$ weights reach the loss {L1:}, models with {grow:d} times as "
        "many weights the loss {L2:}. Assume the power law $L = a N^{-b}$.",
        givens={"n1": n1, "L1": first, "L2": second, "grow": grow},
        steps=[
            Step(
                "b",
                "The exponent $b$",
                lambda L1, L2, grow: log(L1 / L2) / log(grow),
                number(significant=3),
                marks=2,
                hint="In the logarithms it is a straight line: its slope is $-b$.",
                explain="$b = \\ln({L1:} / {L2:}) / \\ln {grow:d}$.",
                mistakes=[
                    Mistake(
                        "linear",
                        lambda L1, L2, grow: (L1 - L2) / log(grow),
                        "Take the logarithm of the losses too.",
                    ),
                    Mistake(
                        "sign", lambda L1, L2, grow: log(L2 / L1) / log(grow), "$b$ is positive."
                    ),
                    Mistake(
                        "no_log",
                        lambda L1, L2, grow: log(L1 / L2) / grow,
                        "Divide by the *logarithm* of the factor.",
                    ),
                ],
            ),
            Step(
                "a",
                "The factor $a$",
                lambda L1, n1, b: L1 * n1**b,
                number(relative=0.02),
                hint="Solve $L_1 = a N_1^{-b}$.",
                explain="${L1:} \\cdot {n1:d}^{b}$ with $b =$ {b:}.",
                mistakes=[
                    Mistake("turned", lambda L1, n1, b: L1 * n1**-b, "$a = L_1 N_1^{b}$."),
                    Mistake("product", lambda L1, n1, b: L1 * n1 * b, "A power, not a product."),
                ],
            ),
            Step(
                "next",
                "The predicted loss if the net grows by the same factor once more",
                lambda L2, grow, b: L2 * grow**-b,
                number(significant=3),
                marks=2,
                hint="The same factor in $N$ gives the same factor in $L$.",
                explain="{L2:} times $({L2:} / {L1:})$, the factor of the first step.",
                mistakes=[
                    Mistake(
                        "linear",
                        lambda L1, L2: 2 * L2 - L1,
                        "The losses fall by equal factors, not by equal steps.",
                    ),
                    Mistake("same", lambda L2: L2, "The loss goes on falling."),
                ],
            ),
        ],
    )


# --- preferences ----------------------------------------------------------------------------------


@exercise_type(
    "language_models.preference",
    topic="language_models",
    title="A reward from preferences, and what it does to a policy",
    minutes=7,
    sources=["000B:27"],
    variants={"notes": {"r": [1.0, 0.0, -1.0], "p": [0.5, 0.3, 0.2], "beta": 1.0}},
)
def preference(draw: Draw) -> Exercise:
    r = draw.search("r", lambda m: m.decimals("r", 3, -2, 2, 0.5), lambda v: len(set(v)) == 3)
    p = draw.choice("p", [[0.5, 0.3, 0.2], [0.6, 0.3, 0.1], [0.4, 0.4, 0.2], [0.2, 0.5, 0.3]])
    beta = draw.choice("beta", [0.5, 1.0, 2.0])
    return Exercise(
        "A reward model gives three answers the rewards {r:}. The language model writes them with the "
        "probabilities {p:}. In the Bradley-Terry model answer 1 is preferred to answer 2 with probability "
        "$\\sigma(r_1 - r_2)$. The tuned policy is $\\pi_i \\propto p_i e^{r_i / \\beta}$ with "
        "$\\beta = {beta:}$.",
        givens={"r": r, "p": p, "beta": beta},
        steps=[
            Step(
                "wins",
                "The probability that answer 1 is preferred to answer 2",
                lambda r: float(sigmoid(r[0] - r[1])),
                number(decimals=3),
                hint="The sigmoid of the difference.",
                explain=lambda r: f"$\\sigma({r[0] - r[1]:g})$.",
                mistakes=[
                    Mistake("turned", lambda r: float(sigmoid(r[1] - r[0])), "$r_1 - r_2$."),
                    Mistake("alone", lambda r: float(sigmoid(r[0])), "Only the difference counts."),
                ],
            ),
            Step(
                "loss",
                "The loss of the reward model if a person preferred answer 2",
                lambda wins: -positive_log(1 - wins),
                number(decimals=3),
                hint="Minus the logarithm of the probability of what happened.",
                explain="$-\\ln(1 -$ {wins:}$)$.",
                mistakes=[
                    Mistake("other", lambda wins: -positive_log(wins), "Answer 2 was preferred."),
                    Mistake("linear", lambda wins: wins, "Take $-\\ln$ of the probability."),
                ],
            ),
            Step(
                "policy",
                "The tuned policy",
                lambda r, p, beta: p * np.exp(r / beta) / (p * np.exp(r / beta)).sum(),
                vector(length=3, decimals=3, partial=True),
                marks=2,
                hint="Multiply, then divide by the sum.",
                explain=lambda r, p, beta: (
                    f"The products are ${plus(p * np.exp(r / beta))}$ before dividing."
                ),
                mistakes=[
                    Mistake(
                        "no_prior",
                        lambda r, beta: softmax(r / beta),
                        "Times the probabilities of the model itself.",
                    ),
                    Mistake("untuned", lambda p: p, "Weigh with $e^{r / \\beta}$."),
                ],
            ),
            Step(
                "kl",
                "Its divergence $\\mathrm{KL}(\\pi \\Vert p)$ from the model, in nats",
                lambda policy, p: float(
                    sum(q * positive_log(q / v) for q, v in zip(policy, p, strict=True) if q)
                ),
                number(absolute=0.003),
                marks=2,
                hint="$\\sum_i \\pi_i \\ln(\\pi_i / p_i)$.",
                explain=lambda policy, p: (
                    "$\\sum_i \\pi_i \\ln(\\pi_i / p_i)$ with the two rows above."
                ),
                mistakes=[
                    Mistake(
                        "turned",
                        lambda policy, p: float(
                            sum(v * positive_log(v / q) for q, v in zip(policy, p, strict=True))
                        ),
                        "The expectation is taken under the tuned policy.",
                    ),
                    Mistake("zero", lambda: 0.0, "The two differ."),
                ],
            ),
        ],
    )


QUESTIONS = [
    Question(
        "Why does a byte-level tokeniser need no token for the unknown?",
        "Its 256 bytes spell every text.",
        [
            (
                "It was trained on texts in every language there is.",
                "It works for signs it never saw, by their bytes.",
            ),
            ("Unknown words are left out.", "Nothing is left out: the round trip is exact."),
            ("The embedding guesses them.", "The embedding only looks up a number that exists."),
        ],
        "Every text is a sequence of bytes, and every byte is in the vocabulary.",
        "What is a text to a computer?",
    ),
    Question(
        "Two models have vocabularies of different size. Which numbers may be compared?",
        "Their bits per character on the same text.",
        [
            ("Their perplexities per token.", "A longer token is harder to guess: not comparable."),
            ("Their losses per token.", "Tokens differ in length, so the unit differs."),
            (
                "Their accuracies on the next token of the same text.",
                "Again another unit in each model.",
            ),
        ],
        "The text is the same, so its whole surprise, shared out among its characters, is comparable.",
        "What is the same for both?",
    ),
    Question(
        "What does the mask of a decoder make possible in training?",
        "All places of a text are learnt from in one pass.",
        [
            ("The net sees the next token.", "It forbids just that."),
            ("Texts of different lengths can be put into one batch.", "That is the padding mask."),
            ("Fewer weights.", "No weight is saved."),
        ],
        "No place sees what it must predict, so all predictions can be made and judged at once.",
        "How many predictions does one text give?",
    ),
    Question(
        "Why are old queries not kept in a key-value cache?",
        "Later tokens ask with their own query only.",
        [
            ("They are too large.", "A query is as large as a key."),
            ("They are equal to the keys.", "They come from another matrix."),
            (
                "They change with every token that is written.",
                "They do not change; nobody uses them again.",
            ),
        ],
        "The new row of attention needs the new query, and the keys and values of all tokens.",
        "Which row of the attention matrix is new?",
    ),
    Question(
        "Greedy search of a language model often writes the same words again and again. Why?",
        "A repeated text makes its own repetition likelier.",
        [
            ("The temperature is too high.", "Greedy is the limit of temperature 0."),
            (
                "The learning rate was too large when it was trained.",
                "It happens to well-trained models too.",
            ),
            ("The vocabulary is too small.", "It happens with every vocabulary."),
        ],
        "What stands in the context is a good guess for what follows; without chance nothing leads out.",
        "What does a model learn from texts with repeated phrases?",
    ),
    Question(
        "What can a one-layer attention-only net not do that a two-layer one can?",
        "Find an earlier copy of a token and repeat what came next.",
        [
            ("Look at the token before.", "One head does that by place."),
            (
                "Learn how frequent each of the tokens is in all the texts.",
                "That needs no attention at all.",
            ),
            ("Respect the causal mask.", "The mask holds in every layer."),
        ],
        "An induction head needs keys that know the token *before* them, which a first layer must write.",
        "What must the key of a place hold?",
    ),
    Question(
        "In fine-tuning on instructions, which tokens count in the loss?",
        "Those of the answer.",
        [
            ("All of them.", "The prompt is given; the model need not learn to write it."),
            ("Those of the instruction.", "The instruction is given."),
            ("Only the end mark.", "The whole answer is learnt, its end included."),
        ],
        "The targets of the prompt are masked out; the rest is ordinary next-token prediction.",
        "What is given when the model is used?",
    ),
    Question(
        "Why does tuning by a reward model keep a penalty KL(policy, model)?",
        "Far from the model the learnt reward is no longer right.",
        [
            ("To make training faster.", "It slows the change down."),
            ("Because the rewards that are learnt must always be positive.", "They need not be."),
            ("To make the answers longer.", "Length has nothing to do with it."),
        ],
        "The reward was learnt from the model's own answers; elsewhere it can be cheated.",
        "Where did the reward model get its examples?",
    ),
]


@exercise_type(
    "language_models.theory",
    topic="language_models",
    title="Language models in a sentence",
    minutes=2,
    sources=["000C:33", "004:45", "004:48", "004:49"],
)
def language_models_theory(draw: Draw) -> Exercise:
    return theory(draw, QUESTIONS)
