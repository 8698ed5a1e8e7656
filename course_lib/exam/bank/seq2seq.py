"""Sequence to sequence: batches, likelihoods, beams, attention of all kinds, memory, chatbots."""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np

from course_lib.exam.answers import choice, integer, number, vector
from course_lib.exam.arithmetic import over, plus, softmax
from course_lib.exam.draw import Draw
from course_lib.exam.exercise import Exercise, Mistake, Step, exercise_type
from course_lib.exam.theory import Question, theory


def mean_of(weights, values):
    """The weighted sum of the rows of `values`."""
    return np.asarray(weights, float) @ np.asarray(values, float)


def shares(weights, values):
    """A weighted sum as it is written."""
    return " + ".join(f"{w:.4g} \\cdot ({', '.join(f'{v:g}' for v in row)})"
                      for w, row in zip(weights, values, strict=True))  # fmt: skip


SCORES_HINT = "One score per source: it says how well the query and that source fit."


# --- the lecture's batch --------------------------------------------------------------------------

WORDS = {  # source words from 4, target words after them
    "i": 4, "am": 5, "here": 6, "io": 7, "sono": 8, "qui": 9,
}  # fmt: skip
SENTENCES = [  # source, target, in numbers (3 is an unknown word)
    ("i am here", "io sono qui"),
    ("here i am", "sono qui io"),
    ("i sleep", "io dormo"),
    ("i am", "io sono"),
    ("am i here", "sono qui"),
    ("i sleep here", "io dormo qui"),
]


def numbers_of(sentence):
    return [WORDS.get(word, 3) for word in sentence.split()]


def filled(row, width):
    return np.array([*row, *[0] * int(width - len(row))], float)


@exercise_type(
    "seq2seq.batch",
    topic="seq2seq",
    title="Prepare a batch",
    minutes=6,
    sources=["001:50"],
    variants={
        "lecture": {"source": "i am here", "target": "io sono qui", "n": 4, "m": 4},
        "lecture-unknown": {"source": "i sleep", "target": "io dormo", "n": 4, "m": 4},
    },
)
def batch(draw: Draw) -> Exercise:
    pair = draw.choice("pair", SENTENCES)
    source = draw.choice("source", [pair[0]])
    target = draw.choice("target", [pair[1]])
    n = draw.integer("n", 5, 6)
    m = draw.integer("m", 4, 6)
    return Exercise(
        "The vocabulary is PAD 0, SOS 1, EOS 2, UNK 3, i 4, am 5, here 6, io 7, sono 8, qui 9. "
        'The pair "{source:}" / "{target:}" stands in a batch in which the sources have {n:d} '
        "places and the targets {m:d}.",
        givens={"source": source, "target": target, "n": n, "m": m},
        steps=[
            Step(
                "encoder",
                "What the encoder reads ({n:d} numbers)",
                lambda source, n: filled([*numbers_of(source), 2], n),
                vector(length=n, partial=True),
                marks=2,
                hint="Words as numbers, an unknown word as UNK, then EOS, then PAD.",
                explain="EOS ends the source, PAD fills up: {encoder:}.",
                mistakes=[
                    Mistake(
                        "no_end",
                        lambda source, n: filled(numbers_of(source), n),
                        "The source ends with EOS.",
                    ),
                    Mistake(
                        "go_at_the_end",
                        lambda source, n: filled([*numbers_of(source), 1], n),
                        "SOS (GO) starts the decoder; the source ends with EOS.",
                    ),
                ],
            ),
            Step(
                "decoder",
                "What the decoder reads while training ({m:d} numbers)",
                lambda target, m: filled([1, *numbers_of(target)], m),
                vector(length=m, partial=True),
                marks=2,
                hint="The right words, moved by one place: SOS comes first.",
                explain="SOS, then the target: {decoder:}.",
                mistakes=[
                    Mistake(
                        "as_written",
                        lambda target, m: filled([*numbers_of(target), 2], m),
                        "That is what it must write. What it reads starts with SOS.",
                    ),
                    Mistake(
                        "no_start",
                        lambda target, m: filled(numbers_of(target), m),
                        "The first thing it reads is SOS.",
                    ),
                ],
            ),
            Step(
                "wanted",
                "What the decoder must write ({m:d} numbers)",
                lambda target, m: filled([*numbers_of(target), 2], m),
                vector(length=m, partial=True),
                marks=2,
                hint="The target, and then it must say that it is done.",
                explain="The target, then EOS: {wanted:}.",
                mistakes=[
                    Mistake(
                        "as_read",
                        lambda target, m: filled([1, *numbers_of(target)], m),
                        "SOS is read, never written.",
                    ),
                    Mistake(
                        "no_end",
                        lambda target, m: filled(numbers_of(target), m),
                        "Without EOS it never learns to stop.",
                    ),
                ],
            ),
            Step(
                "counted",
                "How many of the {m:d} places count in the loss?",
                lambda wanted: int(np.count_nonzero(wanted)),
                integer(),
                hint="PAD places are masked.",
                explain="All but PAD: {counted:d}.",
                mistakes=[
                    Mistake("all", lambda m: m, "PAD must not count: the net would learn to pad."),
                    Mistake(
                        "words",
                        lambda target: len(target.split()),
                        "EOS counts too: stopping has to be learnt.",
                    ),
                ],
            ),
        ],
    )


# --- likelihood of a sequence ---------------------------------------------------------------------


@exercise_type(
    "seq2seq.likelihood",
    topic="seq2seq",
    title="The likelihood of a sequence",
    minutes=5,
    sources=["001:50"],
    variants={"lecture": {"p": [0.9, 0.5, 0.8], "pads": 1}},
)
def likelihood(draw: Draw) -> Exercise:
    p = draw.search("p", lambda m: m.decimals("p", 3, 0.2, 0.9, 0.1), lambda v: len(set(v)) > 1)
    pads = draw.integer("pads", 1, 3)
    return Exercise(
        "A decoder gives the three right words (the last is EOS) the probabilities {p:}, each given "
        "the words before. {pads:d} more places of the row are PAD. Use the natural logarithm.",
        givens={"p": p, "pads": pads},
        steps=[
            Step(
                "probability",
                "The probability of the whole sequence",
                lambda p: float(np.prod(p)),
                number(decimals=4),
                hint="The chain rule of probability: a product.",
                explain=lambda p: "$" + " \\cdot ".join(f"{v:g}" for v in p) + "$.",
                mistakes=[
                    Mistake("mean", lambda p: float(np.mean(p)), "Multiply, do not average."),
                    Mistake("sum", lambda p: float(np.sum(p)), "Multiply, do not add."),
                ],
            ),
            Step(
                "log",
                "Its logarithm",
                lambda probability: log(probability),
                number(decimals=3),
                hint="Or the sum of the three logarithms.",
                explain=lambda p: f"${plus(np.log(p))}$.",
                mistakes=[
                    Mistake("sign", lambda probability: -log(probability), "That is the loss."),
                    Mistake("base_ten", lambda probability: log(probability) / log(10), "Natural."),
                ],
            ),
            Step(
                "loss",
                "The loss per word",
                lambda log, p: -log / len(p),
                number(decimals=3),
                marks=2,
                hint="Minus the log-likelihood, divided by the places that count.",
                explain="PAD does not count: 3 places.",
                mistakes=[
                    Mistake(
                        "padding",
                        lambda log, p, pads: -log / (len(p) + pads),
                        "PAD places are masked, also in the divisor.",
                    ),
                    Mistake("total", lambda log: -log, "Divide by the number of words."),
                ],
            ),
            Step(
                "perplexity",
                "The perplexity",
                lambda loss: exp(loss),
                number(decimals=3),
                hint="$e$ to the loss per word.",
                explain="$e^{{loss:.4f}}$: as unsure as a fair choice among so many words.",
                mistakes=[
                    Mistake("negative", lambda loss: exp(-loss), "With the plus sign: above 1."),
                    Mistake(
                        "inverse_p",
                        lambda probability: over(1, probability),
                        "Per word: the cube root of that.",
                    ),
                ],
            ),
        ],
    )


# --- beam search ----------------------------------------------------------------------------------


def trees(m: Draw):
    first = m.choice("first", [(0.5, 0.4), (0.6, 0.3), (0.5, 0.3), (0.6, 0.4), (0.4, 0.3)])
    after_a = m.choice("after_a", [(0.3, 0.4), (0.3, 0.3), (0.2, 0.5), (0.4, 0.3), (0.1, 0.5)])
    after_b = m.choice("after_b", [(0.1, 0.1), (0.2, 0.1), (0.1, 0.2), (0.1, 0.3)])
    return [*first, *after_a, *after_b]


def complete(t):
    """Probabilities of the finished sequences: end at once, a., b., and aa., ab., ba., bb."""
    a, b, aa, ab, ba, bb = (float(v) for v in t)
    return {
        "(nothing)": 1 - a - b,
        "a": a * (1 - aa - ab),
        "b": b * (1 - ba - bb),
        "aa": a * aa,
        "ab": a * ab,
        "ba": b * ba,
        "bb": b * bb,
    }


def greedy_path(t):
    a, b, aa, ab, ba, bb = (float(v) for v in t)
    chances = {"": {"a": a, "b": b}, "a": {"a": aa, "b": ab}, "b": {"a": ba, "b": bb}}
    path, p = "", 1.0
    for _ in range(2):
        row = {**chances[path], ".": 1 - sum(chances[path].values())}
        word = max(row, key=lambda k: round(row[k], 9))
        p *= row[word]
        if word == ".":
            return path or "(nothing)", p
        path += word
    return path, p


def good_tree(t):
    a, b, aa, ab, ba, bb = t
    if len({round(v, 3) for v in (a, b, 1 - a - b)}) < 3 or a < max(b, 1 - a - b):
        return False
    ends = 1 - aa - ab
    best = sorted(complete(t).values())
    return (
        max(aa, ab) > ends + 0.05
        and (aa == ab or abs(aa - ab) > 0.05)
        and b * (1 - ba - bb) > max(a * aa, a * ab) + 0.015
        and best[-1] - best[-2] > 0.015
        and b > 1 - a - b
        and abs(a * ends - max(a * aa, a * ab)) > 0.01
    )


@exercise_type(
    "seq2seq.beam",
    topic="seq2seq",
    title="Greedy and beam search",
    minutes=7,
    sources=["001:50", "004:49"],
    variants={"lecture": {"t": [0.5, 0.4, 0.35, 0.35, 0.05, 0.05]}},
)
def beam(draw: Draw) -> Exercise:
    t = draw.search("t", trees, good_tree)
    return Exercise(
        "A decoder knows a, b and EOS. The six numbers {t:} are P(a), P(b) for the first word, then "
        "P(a), P(b) after a, then P(a), P(b) after b; the rest of each is P(EOS). After two words "
        "EOS is certain.",
        givens={"t": t},
        steps=[
            Step(
                "greedy",
                "The probability of the sequence that greedy search finds",
                lambda t: greedy_path(t)[1],
                number(decimals=4),
                marks=2,
                hint="Take the likeliest word, then the likeliest after it (all continuations of it, "
                "EOS too).",
                explain=lambda t: f"Greedy writes {greedy_path(t)[0]}.",
                mistakes=[
                    Mistake("first_word", lambda t: t[0], "That is the first word alone; go on."),
                    Mistake(
                        "stops",
                        lambda t: t[0] * (1 - t[2] - t[3]),
                        "After a, EOS is not the likeliest word.",
                    ),
                ],
            ),
            Step(
                "candidates",
                "Beam width 2 keeps a and b after the first step. Probabilities of the six "
                "continuations aa, ab, a EOS, ba, bb, b EOS",
                lambda t: np.array(
                    [
                        t[0] * t[2],
                        t[0] * t[3],
                        t[0] * (1 - t[2] - t[3]),
                        t[1] * t[4],
                        t[1] * t[5],
                        t[1] * (1 - t[4] - t[5]),
                    ]
                ),
                vector(length=6, decimals=4, partial=True),
                marks=3,
                hint="Multiply the probability of the prefix with that of the word.",
                explain="Each is P(prefix) times P(word given prefix).",
                mistakes=[
                    Mistake(
                        "conditional",
                        lambda t: np.array(
                            [t[2], t[3], 1 - t[2] - t[3], t[4], t[5], 1 - t[4] - t[5]]
                        ),
                        "Those are given the prefix; multiply by the prefix's own probability.",
                    ),
                ],
            ),
            Step(
                "best",
                "The probability of the sequence that beam search finds",
                lambda candidates: float(np.max(candidates)),
                number(decimals=4),
                hint="The best finished one of the beams.",
                explain="b EOS: a weaker first word with a strong second one.",
                mistakes=[
                    Mistake(
                        "best_of_a",
                        lambda candidates: float(np.max(candidates[:3])),
                        "Compare over both prefixes.",
                    ),
                ],
            ),
            Step(
                "log",
                "Its score, the natural logarithm",
                lambda best: log(best),
                number(decimals=3),
                hint="Programs add logarithms instead of multiplying.",
                explain="$\\ln {best:.4g}$.",
                mistakes=[
                    Mistake("sign", lambda best: -log(best), "A log-probability is negative."),
                    Mistake("base_two", lambda best: log(best) / log(2), "Natural logarithm."),
                ],
            ),
        ],
    )


# --- attention --------------------------------------------------------------------------------------


@exercise_type(
    "seq2seq.multiplicative",
    topic="seq2seq",
    title="Multiplicative attention, all four steps",
    minutes=9,
    sources=["001:52"],
    variants={
        "lecture": {
            "h": [1, 0], "S": [[1, 0], [0, 1], [1, 1]], "w": [1, 1],
            "C": [[1, 0, 0, 1], [0, 1, 1, 0]],
        },
    },
)  # fmt: skip
def multiplicative(draw: Draw) -> Exercise:
    h = draw.search("h", lambda m: m.integers("h", 2, -1, 2), lambda v: any(v))
    S = draw.search(
        "S",
        lambda m: [m.integers(f"s{k}", 2, -1, 2) for k in range(3)],
        lambda rows: len({tuple(r) for r in rows}) == 3,
    )
    w = draw.integers("w", 2, 1, 2)
    C = draw.search(
        "C",
        lambda m: [m.integers(f"c{k}", 4, 0, 1) for k in range(2)],
        lambda rows: rows[0] != rows[1] and all(any(r[:2]) and any(r[2:]) for r in rows),
    )
    return Exercise(
        "The decoder state is $h = {h:}$, the source states are the rows of $S = {S:}$. The score "
        "is $h^T W \\bar h_s$ with a diagonal $W$ whose diagonal is {w:}.",
        givens={"h": h, "S": S, "w": w, "C": C},
        steps=[
            Step(
                "scores",
                "The three scores",
                lambda h, S, w: np.asarray(S) @ (np.asarray(h) * w),
                vector(length=3, partial=True),
                hint=SCORES_HINT,
                explain="$h^T W$ first, then its product with each source: {scores:}.",
                mistakes=[
                    Mistake(
                        "sums",
                        lambda S: np.asarray(S).sum(axis=1),
                        "The query has to take part: a product with $h$.",
                    ),
                ],
            ),
            Step(
                "alpha",
                "The attention weights",
                lambda scores: softmax(scores),
                vector(length=3, decimals=4, partial=True),
                marks=2,
                hint="Softmax over the sources.",
                explain=lambda scores: f"$\\sum e^{{score}} = {plus(np.exp(scores))}$.",
                mistakes=[
                    Mistake(
                        "scaled",
                        lambda scores: softmax(np.asarray(scores) / sqrt(2)),
                        "No division by $\\sqrt d$ here: that is the transformer's scaling.",
                    ),
                    Mistake(
                        "exponentials",
                        lambda scores: np.exp(scores),
                        "Divide by their sum: the weights add up to 1.",
                    ),
                ],
            ),
            Step(
                "context",
                "The context vector",
                lambda alpha, S: mean_of(alpha, S),
                vector(length=2, decimals=4, partial=True),
                marks=2,
                hint="Weights times source states, added.",
                explain=lambda alpha, S: f"${shares(alpha, S)}$.",
                mistakes=[
                    Mistake(
                        "best_only",
                        lambda alpha, S: np.asarray(S, float)[int(np.argmax(alpha))],
                        "That is hard attention: the best source alone.",
                    ),
                    Mistake(
                        "plain_mean",
                        lambda S: np.asarray(S, float).mean(axis=0),
                        "Weigh the sources with the attention weights.",
                    ),
                ],
            ),
            Step(
                "attention",
                "The attention vector $\\tanh(W_c[c; h])$ with $W_c = {C:}$",
                lambda C, context, h: np.tanh(np.asarray(C) @ np.array([*context, *h])),
                vector(length=2, decimals=4, partial=True),
                marks=2,
                hint="Context first, then $h$, in one vector of length 4.",
                explain=lambda C, context, h: (
                    "$W_c[c;h]$ = ("
                    + ", ".join(f"{v:.4g}" for v in np.asarray(C) @ np.array([*context, *h]))
                    + ")."
                ),
                mistakes=[
                    Mistake(
                        "linear",
                        lambda C, context, h: np.asarray(C) @ np.array([*context, *h]),
                        "The tanh is missing.",
                    ),
                    Mistake(
                        "swapped",
                        lambda C, context, h: np.tanh(np.asarray(C) @ np.array([*h, *context])),
                        "The context comes first.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "seq2seq.additive",
    topic="seq2seq",
    title="Additive attention",
    minutes=8,
    sources=["001:52", "003:58"],
    variants={
        "lecture": {"h": [1, 0], "S": [[1, 0], [0, 1], [1, 1]], "a": [1, 1], "v": [1, 1]},
    },
)
def additive(draw: Draw) -> Exercise:
    h = draw.search(
        "h", lambda m: m.decimals("h", 2, -1, 1, 0.5), lambda v: any(v) and v[0] != v[1]
    )
    S = draw.search(
        "S",
        lambda m: [m.integers(f"s{k}", 2, -1, 1) for k in range(3)],
        lambda rows: len({tuple(r) for r in rows}) == 3,
    )
    a = draw.search("a", lambda m: m.integers("a", 2, -1, 2, exclude=[0]), lambda v: True)
    v = draw.integers("v", 2, 1, 2)
    return Exercise(
        "The decoder state is $h = {h:}$, the source states are the rows of $S = {S:}$. The score "
        "is $v^T \\tanh(W_1 h + W_2 \\bar h_s)$ with $v = {v:}$, $W_2$ the identity and a diagonal "
        "$W_1$ with the diagonal {a:}.",
        givens={"h": h, "S": S, "a": a, "v": v},
        steps=[
            Step(
                "scores",
                "The three scores",
                lambda h, S, a, v: np.tanh(np.asarray(h) * a + np.asarray(S)) @ np.asarray(v),
                vector(length=3, decimals=4, partial=True),
                marks=3,
                hint="Add the two vectors, take the tanh of each entry, then the product with $v$.",
                explain=lambda h, S, a, v: (
                    "First source: $\\tanh$ of ("
                    + ", ".join(f"{x:g}" for x in np.asarray(h) * a + np.asarray(S)[0])
                    + ")."
                ),
                mistakes=[
                    Mistake(
                        "no_tanh",
                        lambda h, S, a, v: (np.asarray(h) * a + np.asarray(S)) @ np.asarray(v),
                        "The tanh is missing.",
                    ),
                    Mistake(
                        "outside",
                        lambda h, S, a, v: np.tanh(
                            (np.asarray(h) * a + np.asarray(S)) @ np.asarray(v)
                        ),
                        "The tanh is taken of each entry, before the product with $v$.",
                    ),
                ],
            ),
            Step(
                "alpha",
                "The attention weights",
                lambda scores: softmax(scores),
                vector(length=3, decimals=4, partial=True),
                marks=2,
                hint="Softmax over the sources.",
                explain=lambda scores: f"$\\sum e^{{score}} = {plus(np.exp(scores))}$.",
                mistakes=[
                    Mistake("exponentials", lambda scores: np.exp(scores), "Divide by their sum."),
                    Mistake(
                        "scaled",
                        lambda scores: softmax(np.asarray(scores) / sqrt(2)),
                        "Nothing is divided by $\\sqrt d$ here.",
                    ),
                ],
            ),
            Step(
                "context",
                "The context vector",
                lambda alpha, S: mean_of(alpha, S),
                vector(length=2, decimals=4, partial=True),
                marks=2,
                hint="Weights times source states, added.",
                explain=lambda alpha, S: f"${shares(alpha, S)}$.",
                mistakes=[
                    Mistake(
                        "plain_mean",
                        lambda S: np.asarray(S, float).mean(axis=0),
                        "Weigh the sources with the attention weights.",
                    ),
                    Mistake(
                        "best_only",
                        lambda alpha, S: np.asarray(S, float)[int(np.argmax(alpha))],
                        "That is hard attention.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "seq2seq.key_value",
    topic="seq2seq",
    title="A key-value attention layer",
    minutes=7,
    sources=["003:58"],
    variants={
        "lecture": {"q": [1, 0], "K": [[1, 0], [0, 1], [1, 1]], "V": [[1, 0], [0, 2], [3, 1]]},
    },
)
def key_value(draw: Draw) -> Exercise:
    q = draw.search("q", lambda m: m.integers("q", 2, -1, 2), lambda v: any(v))
    K = draw.search(
        "K",
        lambda m: [m.integers(f"k{k}", 2, -1, 2) for k in range(3)],
        lambda rows: len({tuple(r) for r in rows}) == 3,
    )
    V = draw.search(
        "V",
        lambda m: [m.integers(f"v{k}", 2, 0, 4) for k in range(3)],
        lambda rows: len({tuple(r) for r in rows}) == 3,
    )
    return Exercise(
        "An associative memory has the keys $K = {K:}$ and the values $V = {V:}$ (one row each). The "
        "query is {q:}, the score $q \\cdot k / \\sqrt d$.",
        givens={"q": q, "K": K, "V": V},
        steps=[
            Step(
                "scores",
                "The three scores",
                lambda q, K: np.asarray(K) @ np.asarray(q) / sqrt(2),
                vector(length=3, decimals=4, partial=True),
                hint="$d$ is the length of a key.",
                explain="Dot products divided by $\\sqrt 2$.",
                mistakes=[
                    Mistake(
                        "unscaled",
                        lambda q, K: np.asarray(K) @ np.asarray(q),
                        "Divide by $\\sqrt d$.",
                    ),
                    Mistake(
                        "by_d",
                        lambda q, K: np.asarray(K) @ np.asarray(q) / 2,
                        "Divide by $\\sqrt d$, not by $d$.",
                    ),
                ],
            ),
            Step(
                "weights",
                "The weights",
                lambda scores: softmax(scores),
                vector(length=3, decimals=4, partial=True),
                marks=2,
                hint="Softmax.",
                explain=lambda scores: f"$\\sum e^{{score}} = {plus(np.exp(scores))}$.",
                mistakes=[
                    Mistake("exponentials", lambda scores: np.exp(scores), "Divide by their sum."),
                ],
            ),
            Step(
                "output",
                "The output",
                lambda weights, V: mean_of(weights, V),
                vector(length=2, decimals=4, partial=True),
                marks=2,
                hint="The weights mix the values, not the keys.",
                explain=lambda weights, V: f"${shares(weights, V)}$.",
                mistakes=[
                    Mistake(
                        "keys",
                        lambda weights, K: mean_of(weights, K),
                        "Keys decide the weights; what is mixed are the values.",
                    ),
                    Mistake(
                        "best_only",
                        lambda weights, V: np.asarray(V, float)[int(np.argmax(weights))],
                        "Soft attention mixes all values.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "seq2seq.hierarchical",
    topic="seq2seq",
    title="Attention over words, then over sentences",
    minutes=8,
    sources=["001:53"],
    variants={
        "lecture": {"one": [[1, 0], [0, 1]], "two": [[1, 1], [0, 0]], "q": [1, 0]},
    },
)
def hierarchical(draw: Draw) -> Exercise:
    def words(name):
        return draw.search(
            name,
            lambda m: [m.integers(f"{name}{k}", 2, -1, 2) for k in range(2)],
            lambda rows: rows[0] != rows[1],
        )

    one, two = words("one"), words("two")
    q = draw.search("q", lambda m: m.integers("q", 2, 0, 1), lambda v: any(v))

    def vector_of(rows, q):
        return mean_of(softmax(np.asarray(rows) @ np.asarray(q)), rows)

    return Exercise(
        "A document has two sentences with the word states ${one:}$ and ${two:}$ (one row per word). "
        "The query {q:} scores words and sentences by the plain dot product.",
        givens={"one": one, "two": two, "q": q},
        steps=[
            Step(
                "first",
                "The vector of the first sentence",
                lambda one, q: vector_of(one, q),
                vector(length=2, decimals=4, partial=True),
                marks=2,
                hint="Scores of its two words, softmax, weighted mean.",
                explain=lambda one, q: (
                    "Word weights "
                    + ", ".join(f"{w:.4f}" for w in softmax(np.asarray(one) @ q))
                    + "."
                ),
                mistakes=[
                    Mistake(
                        "plain_mean",
                        lambda one: np.asarray(one, float).mean(axis=0),
                        "Weigh the words by the softmax of their scores.",
                    ),
                    Mistake(
                        "sum",
                        lambda one: np.asarray(one, float).sum(axis=0),
                        "Weights add up to 1.",
                    ),
                ],
            ),
            Step(
                "second",
                "The vector of the second sentence",
                lambda two, q: vector_of(two, q),
                vector(length=2, decimals=4, partial=True),
                marks=2,
                hint="The same with its words.",
                explain=lambda two, q: (
                    "Word weights "
                    + ", ".join(f"{w:.4f}" for w in softmax(np.asarray(two) @ q))
                    + "."
                ),
                mistakes=[
                    Mistake(
                        "plain_mean",
                        lambda two: np.asarray(two, float).mean(axis=0),
                        "Weigh the words by the softmax of their scores.",
                    ),
                ],
            ),
            Step(
                "sentences",
                "The weights of the two sentences",
                lambda first, second, q: softmax(np.array([first, second]) @ np.asarray(q)),
                vector(length=2, decimals=4, partial=True),
                marks=2,
                hint="The same query, now against the sentence vectors.",
                explain="Softmax of the scores of the two vectors.",
                mistakes=[
                    Mistake(
                        "linear",
                        lambda first, second, q: np.array([first, second]) @ np.asarray(q),
                        "Those are the scores; take the softmax.",
                    ),
                ],
            ),
            Step(
                "document",
                "The vector of the document",
                lambda sentences, first, second: mean_of(sentences, [first, second]),
                vector(length=2, decimals=4, partial=True),
                hint="Weighted mean of the sentence vectors.",
                explain="{sentences:} times the two vectors.",
                mistakes=[
                    Mistake(
                        "sum",
                        lambda first, second: np.asarray(first) + np.asarray(second),
                        "Weigh them first.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "seq2seq.squeeze",
    topic="seq2seq",
    title="Squeeze and excite",
    minutes=6,
    sources=["003:58"],
    variants={
        "lecture": {"one": [1, 3, 1, 3], "two": [0, 0, 4, 0], "w": [1, -1], "u": [1, -1]},
    },
)
def squeeze(draw: Draw) -> Exercise:
    def fine(v):
        return sum(v) % 2 == 0 and sum(v) > 0

    one = draw.search("one", lambda m: m.integers("one", 4, 0, 4), fine)
    two = draw.search("two", lambda m: m.integers("two", 4, 0, 4), fine)
    w = draw.search(
        "w",
        lambda m: m.integers("w", 2, -1, 2, exclude=[0]),
        lambda v: v[0] * sum(one) / 4 + v[1] * sum(two) / 4 > 0,
    )
    u = draw.search(
        "u", lambda m: m.decimals("u", 2, -1, 1, 0.5, exclude=[0]), lambda v: v[0] != v[1]
    )
    return Exercise(
        "Two feature maps of 2 x 2 pixels, row by row: {one:} and {two:}. Excitation: one hidden "
        "ReLU unit with weights {w:}, then two sigmoid units with weights {u:}; no bias.",
        givens={"one": one, "two": two, "w": w, "u": u},
        steps=[
            Step(
                "squeezed",
                "The squeezed vector",
                lambda one, two: np.array([np.mean(one), np.mean(two)]),
                vector(length=2, decimals=3, partial=True),
                hint="One number per map: its mean.",
                explain="Global average pooling: {squeezed:}.",
                mistakes=[
                    Mistake(
                        "maxima",
                        lambda one, two: np.array([np.max(one), np.max(two)], float),
                        "Mean, not maximum.",
                    ),
                    Mistake(
                        "sums",
                        lambda one, two: np.array([np.sum(one), np.sum(two)], float),
                        "Divide by the number of pixels.",
                    ),
                ],
            ),
            Step(
                "hidden",
                "The hidden unit",
                lambda squeezed, w: max(0.0, float(np.asarray(squeezed) @ w)),
                number(decimals=3),
                hint="Weighted sum, then ReLU.",
                explain="$w \\cdot s$ = {hidden:}.",
                mistakes=[
                    Mistake(
                        "sigmoid",
                        lambda squeezed, w: 1 / (1 + exp(-float(np.asarray(squeezed) @ w))),
                        "The hidden unit is a ReLU; the sigmoid comes after it.",
                    ),
                ],
            ),
            Step(
                "gates",
                "The two gates",
                lambda hidden, u: 1 / (1 + np.exp(-hidden * np.asarray(u))),
                vector(length=2, decimals=4, partial=True),
                marks=2,
                hint="A sigmoid each, not a softmax.",
                explain="$\\sigma(u \\cdot hidden)$: gates need not add up to 1.",
                mistakes=[
                    Mistake(
                        "softmax",
                        lambda hidden, u: softmax(hidden * np.asarray(u)),
                        "Every channel has a gate of its own: sigmoid, not softmax.",
                    ),
                    Mistake(
                        "linear",
                        lambda hidden, u: hidden * np.asarray(u),
                        "The sigmoid is missing.",
                    ),
                ],
            ),
            Step(
                "pixel",
                "The last pixel of the first map after scaling",
                lambda gates, one: gates[0] * one[3],
                number(decimals=3),
                hint="All pixels of a map are multiplied by its gate.",
                explain="Gate times pixel.",
                mistakes=[
                    Mistake("added", lambda gates, one: gates[0] + one[3], "Multiply."),
                    Mistake(
                        "other_gate",
                        lambda gates, one: gates[1] * one[3],
                        "The first map's own gate.",
                    ),
                ],
            ),
        ],
    )


# --- memory -----------------------------------------------------------------------------------------


def content(M, k, beta):
    M, k = np.asarray(M, float), np.asarray(k, float)
    norms = np.linalg.norm(M, axis=1) * np.linalg.norm(k)
    return softmax(beta * (M @ k) / norms)


def memory(draw: Draw):
    return draw.search(
        "M",
        lambda m: [m.integers(f"m{k}", 2, -1, 2) for k in range(3)],
        lambda rows: (
            all(any(r) for r in rows)
            and len({tuple(r) for r in rows}) == 3
            and len({round(r[0] / float(np.hypot(r[0], r[1])), 3) for r in rows}) > 1
        ),
    )


@exercise_type(
    "seq2seq.content",
    topic="seq2seq",
    title="Find a memory slot by its content",
    minutes=6,
    sources=["001:51"],
    variants={"notes": {"M": [[1, 0], [0, 1], [1, 1]], "k": [1, 0], "beta": 5}},
)
def find(draw: Draw) -> Exercise:
    M = memory(draw)
    k = draw.choice("k", [[1, 0], [0, 1], [1, 1], [2, 1], [1, 2]])
    beta = draw.integer("beta", 2, 5)
    return Exercise(
        "A memory has three slots, the rows of $M = {M:}$. A head looks for the key {k:} with "
        "strength $\\beta$ = {beta:d}, comparing by the cosine.",
        givens={"M": M, "k": k, "beta": beta},
        steps=[
            Step(
                "cosines",
                "The three cosines",
                lambda M, k: (
                    np.asarray(M)
                    @ np.asarray(k)
                    / (np.linalg.norm(np.asarray(M, float), axis=1) * np.linalg.norm(k))
                ),
                vector(length=3, decimals=4, partial=True),
                marks=2,
                hint="Dot product divided by both lengths.",
                explain="{cosines:}.",
                mistakes=[
                    Mistake(
                        "dots",
                        lambda M, k: np.asarray(M, float) @ np.asarray(k),
                        "Divide by the lengths: a long slot must not win by its length.",
                    ),
                ],
            ),
            Step(
                "w",
                "The focus on the slots",
                lambda cosines, beta: softmax(beta * np.asarray(cosines)),
                vector(length=3, decimals=4, partial=True),
                marks=2,
                hint="Softmax of $\\beta$ times the cosine.",
                explain=lambda cosines, beta: (
                    f"$\\sum e^{{\\beta\\cos}} = {plus(np.exp(beta * np.asarray(cosines)))}$."
                ),
                mistakes=[
                    Mistake(
                        "no_strength",
                        lambda cosines: softmax(cosines),
                        "Multiply by $\\beta$ first.",
                    ),
                    Mistake(
                        "strength_outside",
                        lambda cosines, beta: beta * softmax(cosines),
                        "$\\beta$ belongs into the exponent.",
                    ),
                ],
            ),
            Step(
                "r",
                "What is read",
                lambda w, M: mean_of(w, M),
                vector(length=2, decimals=4, partial=True),
                marks=2,
                hint="All slots, each to the extent of its focus.",
                explain=lambda w, M: f"${shares(w, M)}$.",
                mistakes=[
                    Mistake(
                        "one_slot",
                        lambda w, M: np.asarray(M, float)[int(np.argmax(w))],
                        "Reading is soft: every slot takes part.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "seq2seq.location",
    topic="seq2seq",
    title="Gate, shift and sharpen a focus",
    minutes=7,
    sources=["001:51"],
    variants={
        "lecture": {
            "w": [0.80342, 0.00541, 0.18575, 0.00541], "slot": 4, "g": 0.8, "move": 1, "gamma": 2,
        },
    },
)  # fmt: skip
def location(draw: Draw) -> Exercise:
    w = draw.choice(
        "w",
        [[0.7, 0.1, 0.1, 0.1], [0.1, 0.6, 0.2, 0.1], [0.2, 0.1, 0.6, 0.1], [0.1, 0.2, 0.2, 0.5],
         [0.1, 0.1, 0.7, 0.1], [0.5, 0.3, 0.1, 0.1]],
    )  # fmt: skip
    slot = draw.integer("slot", 1, 4)
    g = draw.decimal("g", 0.5, 0.9, 0.1)
    move = draw.choice("move", [-1, 1])
    gamma = draw.integer("gamma", 2, 3)

    def unit(slot):
        return np.eye(4)[slot - 1]

    return Exercise(
        "Content addressing gives the focus {w:} on four slots. Before, the head stood on slot "
        "{slot:d} (of 1 to 4) alone.",
        givens={"w": w, "slot": slot, "g": g, "move": move, "gamma": gamma},
        steps=[
            Step(
                "gated",
                "The focus after a gate of g = {g:} (1 would be content only)",
                lambda w, slot, g: g * np.asarray(w) + (1 - g) * unit(slot),
                vector(length=4, decimals=4, partial=True),
                marks=2,
                hint="$g\\,w_{content} + (1-g)\\,w_{before}$.",
                explain="{gated:}.",
                mistakes=[
                    Mistake(
                        "swapped",
                        lambda w, slot, g: (1 - g) * np.asarray(w) + g * unit(slot),
                        "g belongs to the content.",
                    ),
                    Mistake("ignored", lambda w: np.asarray(w), "The former place takes part too."),
                ],
            ),
            Step(
                "shifted",
                "Then a shift by {move:d} slot(s), in a circle",
                lambda gated, move: np.roll(gated, int(move)),
                vector(length=4, decimals=4, partial=True),
                hint="Shift +1 moves what was on slot 1 to slot 2, and slot 4 to slot 1.",
                explain="{shifted:}.",
                mistakes=[
                    Mistake(
                        "other_way",
                        lambda gated, move: np.roll(gated, -int(move)),
                        "The other direction.",
                    ),
                ],
            ),
            Step(
                "sharp",
                "Then sharpening with $\\gamma$ = {gamma:d}",
                lambda shifted, gamma: (
                    np.asarray(shifted) ** gamma / np.sum(np.asarray(shifted) ** gamma)
                ),
                vector(length=4, decimals=4, partial=True),
                marks=2,
                hint="Powers, divided by their sum.",
                explain=lambda shifted, gamma: f"$\\sum w^\\gamma = {plus(shifted**gamma)}$.",
                mistakes=[
                    Mistake(
                        "not_normalised",
                        lambda shifted, gamma: np.asarray(shifted) ** gamma,
                        "Divide by the sum: a focus adds up to 1.",
                    ),
                    Mistake(
                        "softmax",
                        lambda shifted, gamma: softmax(gamma * np.asarray(shifted)),
                        "Powers, not exponentials.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "seq2seq.write",
    topic="seq2seq",
    title="One soft write",
    minutes=6,
    sources=["001:51"],
    variants={
        "notes": {"M": [[1, 0], [0, 1], [1, 1]], "w": [0.1, 0.8, 0.1], "e": [1, 1], "a": [0, 2]},
    },
)
def soft_write(draw: Draw) -> Exercise:
    M = memory(draw)
    w = draw.choice("w", [[0.1, 0.8, 0.1], [0.6, 0.3, 0.1], [0.2, 0.2, 0.6], [0.7, 0.2, 0.1]])
    e = draw.choice("e", [[1, 1], [1, 0.5], [0.5, 1], [0.5, 0.5]])
    a = draw.search("a", lambda m: m.integers("a", 2, -1, 2), lambda v: any(v))

    def slot(k):
        def value(M, w, e, a, k=k):
            return np.asarray(M, float)[k] * (1 - w[k] * np.asarray(e)) + w[k] * np.asarray(a)

        return value

    def step(name, k, which):
        return Step(
            name,
            f"The {which} slot afterwards",
            slot(k),
            vector(length=2, decimals=4, partial=True),
            marks=2,
            hint="$M_i (1 - w_i e) + w_i a$, entry by entry.",
            explain=f"Erase $w_{k + 1} e$ of it, then add $w_{k + 1} a$.",
            mistakes=[
                Mistake(
                    "no_erase",
                    lambda M, w, a, k=k: np.asarray(M, float)[k] + w[k] * np.asarray(a),
                    "First erase.",
                ),
                Mistake(
                    "hard",
                    lambda M, e, a, k=k: (
                        np.asarray(M, float)[k] * (1 - np.asarray(e)) + np.asarray(a)
                    ),
                    "Erase and add to the extent of the focus $w_i$.",
                ),
            ],
        )

    return Exercise(
        "A memory has three slots, the rows of $M = {M:}$. The writing head has the focus {w:}, the "
        "erase vector {e:} and the add vector {a:}.",
        givens={"M": M, "w": w, "e": e, "a": a},
        steps=[
            step("first", 0, "first"),
            step("second", 1, "second"),
            step("third", 2, "third"),
        ],
    )


# --- retrieval, cost, theory ------------------------------------------------------------------------


@exercise_type(
    "seq2seq.retrieval",
    topic="seq2seq",
    title="A retrieval chatbot",
    minutes=5,
    sources=["001:53"],
    variants={"notes": {"q": [1, 1, 0], "K": [[1, 0, 0], [1, 1, 1], [0, 2, 0]]}},
)
def retrieval(draw: Draw) -> Exercise:
    def cosines(q, K):
        K, q = np.asarray(K, float), np.asarray(q, float)
        return K @ q / (np.linalg.norm(K, axis=1) * np.linalg.norm(q))

    q = draw.search("q", lambda m: m.integers("q", 3, 0, 2), lambda v: sum(x > 0 for x in v) > 1)
    K = draw.search(
        "K",
        lambda m: [m.integers(f"k{k}", 3, 0, 2) for k in range(3)],
        lambda rows: (
            all(any(r) for r in rows) and np.min(np.diff(np.sort(cosines(q, rows)))) > 0.02
        ),
    )
    names = ("the first", "the second", "the third")
    return Exercise(
        "A chatbot keeps three stored questions as vectors, the rows of $K = {K:}$. A new question has "
        "the vector {q:}. It answers with the answer of the nearest stored question by the cosine.",
        givens={"q": q, "K": K},
        steps=[
            Step(
                "cosines",
                "The three cosines",
                cosines,
                vector(length=3, decimals=4, partial=True),
                marks=3,
                hint="Dot product divided by both lengths.",
                explain="{cosines:}.",
                mistakes=[
                    Mistake(
                        "dots",
                        lambda q, K: np.asarray(K, float) @ np.asarray(q),
                        "Divide by the lengths of both vectors.",
                    ),
                ],
            ),
            Step(
                "nearest",
                "Whose answer is given?",
                lambda cosines, names=names: names[int(np.argmax(cosines))],
                choice(names),
                hint="The largest cosine.",
                explain="{nearest:}.",
                mistakes=[
                    Mistake(
                        "least",
                        lambda cosines, names=names: names[int(np.argmin(cosines))],
                        "The cosine is a similarity: the largest wins.",
                    ),
                ],
            ),
            Step(
                "next",
                "With top-2, which one is offered besides?",
                lambda cosines, names=names: names[
                    int(np.argsort(-np.asarray(cosines), kind="stable")[1])
                ],
                choice(names),
                hint="The second largest cosine.",
                explain="{next:}.",
                mistakes=[
                    Mistake(
                        "least",
                        lambda cosines, names=names: names[int(np.argmin(cosines))],
                        "The second best, not the worst.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "seq2seq.cost",
    topic="seq2seq",
    title="Parameters and cost of a seq2seq model",
    minutes=6,
    sources=["001:50", "001:52"],
    variants={"notes": {"V": 10, "H": 64, "S": 12, "T": 12}},
)
def cost(draw: Draw) -> Exercise:
    V = draw.choice("V", [20, 50, 100, 1000])
    H = draw.choice("H", [10, 20, 32, 64])
    S = draw.integer("S", 5, 20)
    T = draw.search("T", lambda m: m.integer("T", 5, 20), lambda v: v != S)
    return Exercise(
        "A seq2seq model: embeddings and states of size {H:d}, a source and a target vocabulary of "
        "{V:d} words each, one LSTM layer (one bias vector per gate) on either side, an output layer "
        "with bias. Sources have {S:d} words, targets {T:d}.",
        givens={"V": V, "H": H, "S": S, "T": T},
        steps=[
            Step(
                "embeddings",
                "Parameters of both embedding tables",
                lambda V, H: 2 * V * H,
                integer(),
                hint="One row per word.",
                explain="$2 \\cdot V \\cdot H$.",
                mistakes=[Mistake("one", lambda V, H: V * H, "There are two tables.")],
            ),
            Step(
                "recurrent",
                "Parameters of both LSTMs",
                lambda H: 2 * 4 * (2 * H * H + H),
                integer(),
                marks=2,
                hint="Four gates; each sees the input (size H), the state (size H) and a bias.",
                explain="$2 \\cdot 4 \\cdot (H^2 + H^2 + H)$.",
                mistakes=[
                    Mistake("gru", lambda H: 2 * 3 * (2 * H * H + H), "An LSTM has four gates."),
                    Mistake("no_bias", lambda H: 2 * 4 * 2 * H * H, "The biases are missing."),
                    Mistake("one", lambda H: 4 * (2 * H * H + H), "Encoder and decoder."),
                ],
            ),
            Step(
                "output",
                "Parameters of the output layer",
                lambda V, H: H * V + V,
                integer(),
                hint="From a state to a score for every word.",
                explain="$H \\cdot V + V$.",
                mistakes=[Mistake("no_bias", lambda V, H: H * V, "The bias is missing.")],
            ),
            Step(
                "weights",
                "How many attention weights does one translation need?",
                lambda S, T: S * T,
                integer(),
                hint="One for every source word, at every target word.",
                explain="$S \\cdot T$: the alignment matrix.",
                mistakes=[
                    Mistake("sum", lambda S, T: S + T, "Every target step looks at every source."),
                    Mistake("square", lambda S: S * S, "Rows are target steps."),
                ],
            ),
        ],
    )


QUESTIONS = [
    Question(
        "What does the decoder of a seq2seq model read at step t while it is trained with teacher "
        "forcing?",
        "The right word of step t - 1",
        [
            (
                "Its own likeliest word of step t - 1, be it right or wrong",
                "That is what happens in use (free running).",
            ),
            (
                "The source word of step t, as the encoder reads it",
                "The source was read by the encoder.",
            ),
            ("The right target word of step t", "Then it would only have to copy."),
        ],
        "Training knows the target; in use the decoder must live with its own words.",
        "Which words are known in training?",
    ),
    Question(
        "Why is a decoder trained by teacher forcing often worse in use than its training loss says?",
        "In use it reads its own mistakes",
        [
            ("In use the gradients vanish along long sequences", "Nothing is learnt in use."),
            ("In use the vocabulary is much smaller", "It is the same."),
            ("In use it is not allowed to look at the source", "It may."),
        ],
        "This is exposure bias; scheduled sampling mixes own words into training.",
        "What differs between what it reads in training and in use?",
    ),
    Question(
        "What is the bottleneck of a seq2seq model without attention?",
        "One vector must hold the whole source",
        [
            ("The softmax over a large target vocabulary", "It is the same with attention."),
            ("The target must be as long as the source", "Any lengths are possible."),
            ("It cannot be trained by gradients", "It can."),
        ],
        "Attention lets the decoder look back at all encoder states.",
        "What does the decoder get from the encoder?",
    ),
    Question(
        "Beam search with width 1 is",
        "greedy search",
        [
            (
                "exhaustive search of all sequences",
                "That needs a width as large as the number of prefixes.",
            ),
            ("random sampling", "Beam search draws nothing."),
            ("teacher forcing", "That is a way to train."),
        ],
        "One prefix is kept: always the likeliest next word.",
        "How many prefixes survive a step?",
    ),
    Question(
        "Why does a neural Turing machine read and write everywhere, to different extents?",
        "So that the address gets a gradient",
        [
            ("To save memory, which one access would waste", "It costs more than one access."),
            ("Because one slot is too small for a whole word", "A slot may be wide."),
            ("To make reading and writing random", "Nothing is random in it."),
        ],
        "The focus is a softmax; the loss can tell every slot what it would have been worth.",
        "What does training need from the address?",
    ),
    Question(
        "What does sharpening with $\\gamma > 1$ do to a focus after a soft shift?",
        "It concentrates it again",
        [
            ("It moves the focus on by one slot", "That is the shift."),
            ("It goes back to the content focus of before", "That is the gate."),
            ("It erases the slot", "That is the erase vector."),
        ],
        "Soft shifts smear the focus a little at every step.",
        "Raise (0.9, 0.1) to the power 2 and normalise.",
    ),
    Question(
        "What does row t of an alignment matrix show?",
        "How much each source word weighs for target word t",
        [
            (
                "How likely each word of the vocabulary is at step t",
                "That is the softmax over the vocabulary.",
            ),
            ("How similar the words of the source are to each other", "That is self-attention."),
            ("Which weights are trained at step t", "All weights are shared over the steps."),
        ],
        "Each row is a softmax over the source.",
        "Over what does the attention softmax run?",
    ),
    Question(
        "What does a multi-turn chatbot have that a single-turn one lacks?",
        "Earlier turns in its input",
        [
            ("Several decoders, one for each turn", "One is enough."),
            ("A knowledge base of stored answers", "That is the retrieval bot."),
            ("Answers of more than one word", "Both can have them."),
        ],
        "The same question may need another answer in another context.",
        "What may the answer depend on?",
    ),
]


@exercise_type(
    "seq2seq.theory",
    topic="seq2seq",
    title="Seq2seq, attention and memory in words",
    minutes=2,
    sources=["001:50", "001:51", "001:52", "001:53", "003:58"],
)
def choose(draw: Draw) -> Exercise:
    return theory(draw, QUESTIONS)
