"""Word embeddings: bags, n-grams, the neural language model, skip-gram, PMI, GloVe, analogies."""

from __future__ import annotations

from collections import Counter
from math import exp, log, prod, sqrt

import numpy as np

from course_lib.exam.answers import choice, integer, number, vector
from course_lib.exam.arithmetic import over, plus, root, sigmoid
from course_lib.exam.draw import Draw
from course_lib.exam.exercise import Exercise, Mistake, Step, exercise_type
from course_lib.exam.theory import Question, theory

START, END = "<s>", "</s>"
POOL = ["river", "boat", "bank", "money", "loan", "fish", "water", "rate", "bridge", "coin"]


# --- documents ----------------------------------------------------------------------------------


def bags(one, two):
    """The counts of both documents over their joint vocabulary."""
    words = sorted({*one.split(), *two.split()})
    return np.array([[Counter(text.split())[w] for w in words] for text in (one, two)], float)


def angle(a, b):
    """The cosine of two vectors."""
    return over(float(np.dot(a, b)), root(float(np.dot(a, a) * np.dot(b, b))))


@exercise_type(
    "embeddings.bag_of_words",
    topic="embeddings",
    title="Two sentences as bags of words",
    minutes=6,
    sources=["001:58"],
    variants={
        "lecture": {
            "texts": [
                "obama speaks to the media in illinois",
                "the president addresses the press in chicago",
            ],
            "N": 1000,
            "df": 900,
        }
    },
)
def bag_of_words(draw: Draw) -> Exercise:
    def make(m: Draw):
        words = m.sample("words", POOL, 6)
        cut = m.integer("cut", 2, 4)
        shared = m.integer("shared", 0, 1)
        one = ["the", *words[: cut + shared], "in", "the"]
        two = ["the", *words[cut:], "the", "the"][: len(words[cut:]) + m.integer("times", 2, 3)]
        return [" ".join(one), " ".join(two)]

    one, two = draw.search(
        "texts",
        make,
        lambda t: (
            len({round(angle(*b), 3) for b in (bags(*t), np.minimum(bags(*t), 1))}) == 2
            and Counter(t[1].split())["the"] > 1
        ),
    )
    N = draw.choice("N", [100, 200, 500, 1000])
    df = draw.integer("df", N // 5, N - 5)
    return Exercise(
        "Two documents: *{one:}* and *{two:}*. Use the natural logarithm.",
        givens={"one": one, "two": two, "N": N, "df": df},
        steps=[
            Step(
                "words",
                "The size of their joint vocabulary",
                lambda one, two: bags(one, two).shape[1],
                integer(),
                hint="Every different word counts once.",
                explain="{words:d} different words.",
                mistakes=[
                    Mistake(
                        "tokens",
                        lambda one, two: len(one.split()) + len(two.split()),
                        "A vocabulary holds each word once.",
                    ),
                    Mistake(
                        "summed",
                        lambda one, two: len(set(one.split())) + len(set(two.split())),
                        "Words of both documents count once.",
                    ),
                ],
            ),
            Step(
                "binary",
                "The cosine of the two *binary* bags (a 1 for each word that occurs)",
                lambda one, two: angle(*np.minimum(bags(one, two), 1)),
                number(decimals=3),
                marks=2,
                hint="Shared words over the root of the product of the numbers of ones.",
                explain=lambda one, two: (
                    f"{len(set(one.split()) & set(two.split()))} shared words over "
                    f"$\\sqrt{{{len(set(one.split()))} \\cdot {len(set(two.split()))}}}$."
                ),
                mistakes=[
                    Mistake(
                        "counts",
                        lambda one, two: angle(*bags(one, two)),
                        "Binary: a word that occurs twice still counts 1.",
                    ),
                    Mistake(
                        "no_root",
                        lambda one, two: (
                            len(set(one.split()) & set(two.split()))
                            / (len(set(one.split())) * len(set(two.split())))
                        ),
                        "Divide by the product of the *lengths*, the roots of the sums of squares.",
                    ),
                    Mistake(
                        "jaccard",
                        lambda one, two: (
                            len(set(one.split()) & set(two.split()))
                            / len(set(one.split()) | set(two.split()))
                        ),
                        "That is shared over all (Jaccard), not the cosine.",
                    ),
                ],
            ),
            Step(
                "counts",
                "The cosine of the two bags of *counts*",
                lambda one, two: angle(*bags(one, two)),
                number(decimals=3),
                marks=2,
                hint="Now repeated words count as often as they occur, in the lengths too.",
                explain=lambda one, two: (
                    f"Dot product {bags(one, two)[0] @ bags(one, two)[1]:g}, sums of squares "
                    f"{(bags(one, two)[0] ** 2).sum():g} and {(bags(one, two)[1] ** 2).sum():g}."
                ),
                mistakes=[
                    Mistake(
                        "binary",
                        lambda one, two: angle(*np.minimum(bags(one, two), 1)),
                        "Count repeated words.",
                    ),
                    Mistake(
                        "dot", lambda one, two: bags(one, two)[0] @ bags(one, two)[1],
                        "Divide the dot product by both lengths.",
                    ),
                ],
            ),
            Step(
                "weight",
                "In a collection of {N:d} documents {df:d} contain *the*. The TF-IDF weight of *the* "
                "in the second document (count times $\\ln(N/df)$)",
                lambda two, N, df: two.split().count("the") * log(N / df),
                number(significant=3),
                hint="How often does it occur here, and in how many documents at all?",
                explain=lambda two, N, df: f"${two.split().count('the')}\\ln({N}/{df})$.",
                mistakes=[
                    Mistake(
                        "idf_only", lambda N, df: log(N / df), "Multiply by the count in the document."
                    ),
                    Mistake(
                        "divided",
                        lambda two, N, df: two.split().count("the") / df,
                        "TF-IDF does not divide by the frequency: it multiplies by $\\ln(N/df)$.",
                    ),
                    Mistake(
                        "turned",
                        lambda two, N, df: two.split().count("the") * log(df / N),
                        "$N$ above, $df$ below: rare words weigh more.",
                    ),
                ],
            ),
        ],
    )  # fmt: skip


# --- n-grams ------------------------------------------------------------------------------------


def tables(corpus):
    """Bigram counts, counts of histories, and the number of predictable words."""
    lines = [line.split() for line in corpus.split("; ")]
    pairs: Counter = Counter()
    for line in lines:
        padded = [START, *line, END]
        pairs.update(zip(padded, padded[1:], strict=False))
    before: Counter = Counter()
    for (h, _), c in pairs.items():
        before[h] += c
    return pairs, before, len({w for _, w in pairs})


def chain(corpus, sentence, k=0.0, end=True, types=None, shift=0):
    """The probability of a sentence by bigrams with k added to every count."""
    pairs, before, V = tables(corpus)
    V = (V if types is None else types) + shift
    words = [START, *sentence.split(), *([END] if end else [])]
    return prod(
        over(pairs[h, w] + k, before[h] + k * V) for h, w in zip(words, words[1:], strict=False)
    )


def factors(corpus, sentence, k=0, V=0):
    """The factors of `chain` as they are written."""
    pairs, before, _ = tables(corpus)
    words = [START, *sentence.split(), END]
    return " \\cdot ".join(
        f"\\frac{{{pairs[h, w] + k}}}{{{before[h] + k * V}}}"
        for h, w in zip(words, words[1:], strict=False)
    )


@exercise_type(
    "embeddings.ngram",
    topic="embeddings",
    title="A bigram model from three or four sentences",
    minutes=8,
    sources=["001:59"],
    variants={
        "lecture": {
            "world": [["the cat sat", "the cat ran", "the dog sat"], "the cat sat", "the dog ran"]
        }
    },
)
def ngram(draw: Draw) -> Exercise:
    def make(m: Draw):
        nouns = m.sample("nouns", ["cat", "dog", "bird", "fox"], 2)
        verbs = m.sample("verbs", ["sat", "ran", "slept", "hid"], 2)
        every = [f"the {n} {v}" for n in nouns for v in verbs]
        missing = m.integer("missing", 0, 3)
        new = every.pop(missing)
        lines = every + [every[m.integer("again", 0, 2)]] * m.integer("times", 0, 2)
        return [lines, every[m.integer("asked", 0, 2)], new]

    lines, seen, new = draw.search("world", make, lambda w: chain("; ".join(w[0]), w[1]) < 0.9)
    corpus = "; ".join(lines)
    return Exercise(
        "A corpus of sentences: *{corpus:}*. Each is led in by a start mark and closed by an end "
        "mark; the end mark is predicted like a word, the start mark never is. Bigrams.",
        givens={"corpus": corpus, "seen": seen, "new": new},
        steps=[
            Step(
                "types",
                "The number of predictable words, the end mark included",
                lambda corpus: tables(corpus)[2],
                integer(),
                hint="All different words, and the end mark.",
                explain="{types:d}.",
                mistakes=[
                    Mistake("no_end", lambda corpus: tables(corpus)[2] - 1, "The end mark counts."),
                    Mistake(
                        "with_start",
                        lambda corpus: tables(corpus)[2] + 1,
                        "The start mark is never predicted.",
                    ),
                ],
            ),
            Step(
                "likely",
                "The probability of *{seen:}* by maximum likelihood",
                lambda corpus, seen: chain(corpus, seen),
                number(significant=3),
                marks=2,
                hint="Four factors: start to first word, ..., last word to end.",
                explain=lambda corpus, seen: f"${factors(corpus, seen)}$.",
                mistakes=[
                    Mistake(
                        "unigrams",
                        lambda corpus, seen: prod(
                            corpus.replace(";", "").split().count(w)
                            / len(corpus.replace(";", "").split())
                            for w in seen.split()
                        ),
                        "Bigrams: each word given the one before it.",
                    ),
                    Mistake(
                        "add_one",
                        lambda corpus, seen, types: chain(corpus, seen, 1, types=types),
                        "Maximum likelihood adds nothing.",
                    ),
                ],
            ),
            Step(
                "unseen",
                "The probability of *{new:}* by maximum likelihood",
                lambda corpus, new: chain(corpus, new),
                number(significant=3),
                hint="Was every pair of neighbours seen?",
                explain="One of its pairs was never seen: a factor 0.",
                mistakes=[
                    Mistake(
                        "add_one",
                        lambda corpus, new, types: chain(corpus, new, 1, types=types),
                        "Without smoothing a pair that was never seen has probability 0.",
                    ),
                    Mistake(
                        "skipped",
                        lambda corpus, new: chain(corpus, " ".join(new.split()[:2]), end=False),
                        "The factor 0 may not be left out.",
                    ),
                ],
            ),
            Step(
                "smoothed",
                "The probability of *{new:}* with add-one smoothing",
                lambda corpus, new, types: chain(corpus, new, 1, types=types),
                number(significant=3),
                marks=3,
                hint="$\\frac{\\#(h w) + 1}{\\#(h) + |V|}$ for each of the four factors.",
                explain=lambda corpus, new, types: f"${factors(corpus, new, 1, types)}$.",
                mistakes=[
                    Mistake(
                        "k_below_once",
                        lambda corpus, new: chain(corpus, new, 1, types=1),
                        "Every word got one more, so $|V|$ is added below.",
                    ),
                    Mistake(
                        "no_end",
                        lambda corpus, new, types: chain(corpus, new, 1, end=False, types=types),
                        "The end mark is predicted too: one more factor.",
                    ),
                    Mistake(
                        "one_type_more",
                        lambda corpus, new, types: chain(corpus, new, 1, types=types, shift=1),
                        "The start mark does not belong to the $|V|$ predictable words.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "embeddings.smoothing",
    topic="embeddings",
    title="Interpolation and absolute discounting",
    minutes=6,
    sources=["001:59"],
    variants={"notes": {"c": 3, "total": 10, "kinds": 4, "low": 0.02, "trust": 0.6, "d": 0.75}},
)
def smoothing(draw: Draw) -> Exercise:
    total = draw.integer("total", 8, 20)
    kinds = draw.integer("kinds", 3, 5)
    c = draw.integer("c", 2, total - kinds)
    low = draw.decimal("low", 0.01, 0.09, 0.01)
    trust = draw.choice("trust", [0.6, 0.7, 0.8])
    d = draw.choice("d", [0.5, 0.6, 0.75])
    return Exercise(
        "The history $h$ was seen {total:d} times, followed by {kinds:d} different words; the word "
        "$w$ was one of them, {c:d} times. The shorter history gives $P(w \\mid h') = {low:}$.",
        givens={"c": c, "total": total, "kinds": kinds, "low": low, "trust": trust, "d": d},
        steps=[
            Step(
                "mixed",
                "$P(w \\mid h)$ by interpolation with $\\lambda = {trust:}$ on the longer history",
                lambda c, total, low, trust: trust * c / total + (1 - trust) * low,
                number(significant=3),
                marks=2,
                hint="$\\lambda\\,\\#(hw)/\\#(h) + (1-\\lambda)P(w \\mid h')$.",
                explain="${trust:} \\cdot {c:d}/{total:d} + (1 - {trust:}) \\cdot {low:}$.",
                mistakes=[
                    Mistake(
                        "turned",
                        lambda c, total, low, trust: (1 - trust) * c / total + trust * low,
                        "$\\lambda$ belongs to the longer history.",
                    ),
                    Mistake(
                        "no_rest",
                        lambda c, total, low, trust: trust * c / total + low,
                        "The shorter history gets the rest, $1-\\lambda$.",
                    ),
                    Mistake("ml", lambda c, total: c / total, "Mix the shorter history in."),
                ],
            ),
            Step(
                "saved",
                "Now every seen count gives up $d = {d:}$. The probability that is saved",
                lambda kinds, total, d: d * kinds / total,
                number(significant=3),
                hint="Each of the different words gives up $d$.",
                explain="${d:} \\cdot {kinds:d} / {total:d}$.",
                mistakes=[
                    Mistake(
                        "one", lambda total, d: d / total, "Every different word gives up $d$."
                    ),
                    Mistake(
                        "count", lambda kinds, d: d * kinds, "As a probability: divide by how often $h$ stood there."
                    ),
                ],
            ),
            Step(
                "discounted",
                "$P(w \\mid h)$: the discounted share plus the saved part times $P(w \\mid h')$ "
                "(as Kneser-Ney does)",
                lambda c, total, d, low, saved: (c - d) / total + saved * low,
                number(significant=3),
                marks=2,
                hint="$(\\#(hw) - d)/\\#(h)$ plus the saved mass times the lower probability.",
                explain="$({c:d} - {d:})/{total:d} + {saved:.4g} \\cdot {low:}$.",
                mistakes=[
                    Mistake(
                        "no_low",
                        lambda c, total, d: (c - d) / total,
                        "Seen words, too, get their part of the saved mass.",
                    ),
                    Mistake(
                        "no_discount",
                        lambda c, total, low, saved: c / total + saved * low,
                        "Take $d$ from the count first, or the probabilities exceed 1.",
                    ),
                ],
            ),
            Step(
                "new",
                "The probability of a word that never followed $h$, with $P(\\cdot \\mid h')$ half "
                "as large as for $w$",
                lambda saved, low: saved * low / 2,
                number(significant=3),
                hint="Its own share is 0; only the saved mass is left.",
                explain="${saved:.4g} \\cdot {low:} / 2$.",
                mistakes=[
                    Mistake("zero", lambda: 0.0, "Smoothing gives it part of the saved mass."),
                    Mistake(
                        "low_only", lambda low: low / 2, "Only the saved mass is handed out by it."
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "embeddings.perplexity",
    topic="embeddings",
    title="Perplexity of a short text",
    minutes=4,
    sources=["001:59"],
    variants={"notes": {"p": [0.5, 0.25, 0.1, 0.02]}},
)
def perplexity(draw: Draw) -> Exercise:
    p = draw.search(
        "p",
        lambda m: [m.choice(f"p{i}", [0.5, 0.4, 0.25, 0.2, 0.1, 0.05, 0.02]) for i in range(4)],
        lambda v: len(set(v)) >= 3,
    )
    return Exercise(
        "A language model gave the four words of a text the probabilities {p:}.",
        givens={"p": p},
        steps=[
            Step(
                "surprise",
                "The mean surprise per word in nats",
                lambda p: -float(np.mean(np.log(p))),
                number(significant=3),
                marks=2,
                hint="Mean of $-\\ln p$.",
                explain=lambda p: f"$({plus(-np.log(p))})/4$.",
                mistakes=[
                    Mistake(
                        "sum", lambda p: -float(np.sum(np.log(p))), "Divide by the four words."
                    ),
                    Mistake(
                        "bits",
                        lambda p: -float(np.mean(np.log2(p))),
                        "Nats: the natural logarithm.",
                    ),
                    Mistake(
                        "mean_first",
                        lambda p: -log(float(np.mean(p))),
                        "Logarithms first, then mean.",
                    ),
                ],
            ),
            Step(
                "perplexity",
                "The perplexity",
                lambda surprise: exp(min(surprise, 100)),
                number(significant=3),
                hint="The exponential of the mean surprise.",
                explain="$e^{{surprise:.4g}}$.",
                mistakes=[
                    Mistake(
                        "power_of_two",
                        lambda surprise: 2 ** min(surprise, 100),
                        "Nats go with $e$; 2 would go with bits.",
                    ),
                    Mistake(
                        "inverse_mean",
                        lambda p: 1 / float(np.mean(p)),
                        "The geometric mean of $1/p$, not of the probabilities' mean.",
                    ),
                ],
            ),
            Step(
                "worse",
                "The perplexity if the *last* word had got half its probability",
                lambda perplexity: perplexity * 2 ** (1 / 4),
                number(significant=3),
                hint="The mean surprise grows by $\\frac14\\ln 2$.",
                explain="Times $2^{1/4} = 1.189$.",
                mistakes=[
                    Mistake(
                        "double",
                        lambda perplexity: 2 * perplexity,
                        "Only one of four words changed.",
                    ),
                    Mistake(
                        "added",
                        lambda perplexity: perplexity + log(2) / 4,
                        "The surprise grows by that; the perplexity is multiplied.",
                    ),
                ],
            ),
        ],
    )


# --- networks -----------------------------------------------------------------------------------


@exercise_type(
    "embeddings.neural",
    topic="embeddings",
    title="Size and cost of a neural language model",
    minutes=6,
    sources=["001:60", "001:61"],
    variants={"lecture": {"V": 100_000, "m": 100, "n": 5, "h": 500}},
)
def neural(draw: Draw) -> Exercise:
    V = draw.choice("V", [10_000, 20_000, 50_000, 100_000])
    m = draw.choice("m", [30, 50, 60, 100])
    n = draw.integer("n", 3, 6)
    h = draw.choice("h", [80, 200, 300, 500])
    return Exercise(
        "Bengio's model predicts a word of $|V| = {V:d}$ from the $n - 1$ words before it, with "
        "$n = {n:d}$, vectors of length $m = {m:d}$ and $h = {h:d}$ hidden units. No biases.",
        givens={"V": V, "m": m, "n": n, "h": h},
        steps=[
            Step(
                "table",
                "The number of entries of the shared table $C$",
                lambda V, m: V * m,
                integer(),
                hint="One vector per word.",
                explain="${V:d} \\cdot {m:d}$.",
                mistakes=[
                    Mistake(
                        "per_place",
                        lambda V, m, n: (n - 1) * V * m,
                        "The table is shared by all places.",
                    ),
                    Mistake("with_hidden", lambda V, h: V * h, "That is the output layer."),
                ],
            ),
            Step(
                "inputs",
                "The length of the vector that enters the hidden layer",
                lambda m, n: (n - 1) * m,
                integer(),
                hint="The vectors of the context are concatenated.",
                explain="${n:d} - 1$ words of {m:d} numbers.",
                mistakes=[
                    Mistake(
                        "n_words", lambda m, n: n * m, "An $n$-gram has $n - 1$ words of context."
                    ),
                    Mistake("average", lambda m: m, "Bengio concatenates; CBOW averages."),
                ],
            ),
            Step(
                "weights",
                "The number of weights in hidden and output layer together",
                lambda inputs, V, h: inputs * h + h * V,
                integer(),
                marks=2,
                hint="Inputs times hidden, plus hidden times words.",
                explain="${inputs:d} \\cdot {h:d} + {h:d} \\cdot {V:d}$.",
                mistakes=[
                    Mistake("output", lambda V, h: h * V, "Add the hidden layer."),
                    Mistake("one_word", lambda m, V, h: m * h + h * V, "All context words enter."),
                ],
            ),
            Step(
                "lecture",
                "The lecture's cost per word, $m|V| + nmh + h|V|$",
                lambda V, m, n, h: m * V + n * m * h + h * V,
                integer(),
                hint="Insert.",
                explain="{lecture:d}.",
                mistakes=[
                    Mistake(
                        "lookup",
                        lambda V, m, n, h: n * m + n * m * h + h * V,
                        "That is the cost with a lookup, asked next.",
                    ),
                    Mistake(
                        "no_hidden", lambda V, m, h: m * V + h * V, "The middle term is missing."
                    ),
                ],
            ),
            Step(
                "share",
                "The softmax layer's share of the cost if the first term is replaced by the lookup's "
                "$nm$, in percent",
                lambda lecture, V, m, n, h: over(100 * h * V, lecture - m * V + n * m),
                number(significant=4),
                hint="$h|V|$ over $nm + nmh + h|V|$.",
                explain="Nearly everything: which is why word2vec avoids the softmax.",
                mistakes=[
                    Mistake(
                        "of_lecture",
                        lambda lecture, V, h: over(100 * h * V, lecture),
                        "A lookup costs $nm$, not $m|V|$.",
                    ),
                    Mistake(
                        "fraction",
                        lambda lecture, V, m, n, h: over(h * V, lecture - m * V + n * m),
                        "In percent.",
                    ),
                ],
            ),
        ],
    )


def company(L, c, i=None):
    """How many words stand within c of place i, or of all places together."""
    one = lambda j: min(c, j - 1) + min(c, L - j)  # noqa: E731
    return one(i) if i else sum(one(j) for j in range(1, L + 1))


@exercise_type(
    "embeddings.pairs",
    topic="embeddings",
    title="Training examples of CBOW and skip-gram",
    minutes=5,
    sources=["001:62"],
    variants={"lecture": {"L": 5, "c": 1, "i": 2, "k": 5, "m": 100}},
)
def pairs(draw: Draw) -> Exercise:
    c = draw.integer("c", 1, 3)
    L = draw.integer("L", 2 * c + 3, 12)
    i = draw.integer("i", 2, c + 1)
    k = draw.integer("k", 2, 10)
    m = draw.choice("m", [50, 100, 200, 300])
    return Exercise(
        "A sentence of {L:d} different words, a window of {c:d} to each side; the window is cut at "
        "the ends of the sentence.",
        givens={"L": L, "c": c, "i": i, "k": k, "m": m},
        steps=[
            Step(
                "near",
                "The number of words in the company of word number {i:d}",
                lambda L, c, i: company(L, c, i),
                integer(),
                hint="To the left at most {c:d} and what there is, likewise to the right.",
                explain=lambda L, c, i: (
                    f"{min(c, i - 1)} to the left, {min(c, L - i)} to the right."
                ),
                mistakes=[
                    Mistake(
                        "itself",
                        lambda L, c, i: company(L, c, i) + 1,
                        "A word is not in its own company: there would be nothing to predict.",
                    ),
                    Mistake(
                        "one_side", lambda L, c, i: min(c, L - i), "The window looks both ways."
                    ),
                ],
            ),
            Step(
                "cbow",
                "The number of CBOW examples of the sentence",
                lambda L: L,
                integer(),
                hint="One per predicted word.",
                explain="Each word is predicted once.",
                mistakes=[
                    Mistake("pairs", lambda L, c: company(L, c), "That is skip-gram."),
                    Mistake(
                        "inner", lambda L, c: L - 2 * c, "Words at the ends have company, too."
                    ),
                ],
            ),
            Step(
                "skip",
                "The number of skip-gram examples (word, one of its company)",
                lambda L, c: company(L, c),
                integer(),
                marks=2,
                hint="$2c$ per word, less what is cut off at both ends.",
                explain="$2 \\cdot {c:d} \\cdot {L:d} - {c:d}({c:d}+1) = {skip:d}$.",
                mistakes=[
                    Mistake("uncut", lambda L, c: 2 * c * L, "The window is cut at the ends."),
                    Mistake(
                        "once",
                        lambda L, c: company(L, c) // 2,
                        "Each pair is used in both directions.",
                    ),
                ],
            ),
            Step(
                "products",
                "The dot products of length {m:d} that skip-gram with {k:d} negative samples per "
                "example computes for the sentence",
                lambda skip, k: skip * (k + 1),
                integer(),
                hint="The true company and the blind draws.",
                explain="{skip:d} examples with $1 + {k:d}$ scores each.",
                mistakes=[
                    Mistake(
                        "no_true", lambda skip, k: skip * k, "The true company is scored, too."
                    ),
                    Mistake(
                        "numbers", lambda skip, k, m: skip * (k + 1) * m, "Products, not numbers."
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "embeddings.sgns",
    topic="embeddings",
    title="One step of skip-gram with negative sampling",
    minutes=8,
    sources=["001:62"],
    variants={"lecture": {"v": [0.5, -0.5], "u": [1, 0], "w": [0, 1], "eta": 0.1}},
)
def sgns(draw: Draw) -> Exercise:
    v, u, w = (
        draw.search(
            name, lambda m: m.decimals("x", 2, -1, 1, 0.5), lambda x: any(entry for entry in x)
        )
        for name in ("v", "u", "w")
    )
    eta = draw.choice("eta", [0.1, 0.2, 0.5])
    return Exercise(
        "Skip-gram: the word has the vector $v = {v:}$, its true company $u = {u:}$, one blind draw "
        "$u_1 = {w:}$. Loss $-\\ln\\sigma(u \\cdot v) - \\ln\\sigma(-u_1 \\cdot v)$.",
        givens={"v": v, "u": u, "w": w, "eta": eta},
        steps=[
            Step(
                "scores",
                "The two scores $u \\cdot v$ and $u_1 \\cdot v$",
                lambda u, v, w: [float(np.dot(u, v)), float(np.dot(w, v))],
                vector("true", "blind"),
                hint="Two dot products.",
                explain="{scores:}.",
                mistakes=[
                    Mistake(
                        "sign",
                        lambda u, v, w: [float(np.dot(u, v)), -float(np.dot(w, v))],
                        "The minus of the blind draw belongs into the loss.",
                    ),
                    Mistake(
                        "each_other",
                        lambda u, v, w: [float(np.dot(u, v)), float(np.dot(w, u))],
                        "The blind draw is scored with $v$.",
                    ),
                ],
            ),
            Step(
                "loss",
                "The loss",
                lambda scores: float(
                    -np.log(sigmoid(scores[0])) - np.log(sigmoid(-np.asarray(scores[1])))
                ),
                number(significant=3),
                marks=2,
                hint="$\\sigma(a) = 1/(1 + e^{-a})$; the blind score enters with a minus.",
                explain=lambda scores: (
                    f"$-\\ln {sigmoid(scores[0]):.4f} - \\ln {sigmoid(-scores[1]):.4f}$."
                ),
                mistakes=[
                    Mistake(
                        "both_true",
                        lambda scores: float(
                            -np.log(sigmoid(scores[0])) - np.log(sigmoid(scores[1]))
                        ),
                        "The blind draw has target 0: $\\sigma(-u_1 \\cdot v)$.",
                    ),
                    Mistake(
                        "true_only",
                        lambda scores: float(-np.log(sigmoid(scores[0]))),
                        "Add the term of the blind draw.",
                    ),
                ],
            ),
            Step(
                "by_v",
                "The slope of the loss by $v$",
                lambda scores, u, w: (
                    (sigmoid(scores[0]) - 1) * np.asarray(u) + sigmoid(scores[1]) * np.asarray(w)
                ),
                vector(length=2, decimals=3, partial=True),
                marks=3,
                hint="Output minus target, times the other vector, for both terms.",
                explain=lambda scores, u, w: (
                    f"$({sigmoid(scores[0]):.4f} - 1)\\,u + {sigmoid(scores[1]):.4f}\\,u_1$."
                ),
                mistakes=[
                    Mistake(
                        "downhill",
                        lambda scores, u, w: (
                            (1 - sigmoid(scores[0])) * np.asarray(u)
                            - sigmoid(scores[1]) * np.asarray(w)
                        ),
                        "That is the step, minus the slope.",
                    ),
                    Mistake(
                        "both_one",
                        lambda scores, u, w: (
                            (sigmoid(scores[0]) - 1) * np.asarray(u)
                            + (sigmoid(scores[1]) - 1) * np.asarray(w)
                        ),
                        "The blind draw's target is 0.",
                    ),
                ],
            ),
            Step(
                "by_u",
                "The slope of the loss by $u$",
                lambda scores, v: (sigmoid(scores[0]) - 1) * np.asarray(v),
                vector(length=2, decimals=3, partial=True),
                hint="The same factor, times $v$.",
                explain=lambda scores: f"$({sigmoid(scores[0]):.4f} - 1)\\,v$.",
                mistakes=[
                    Mistake(
                        "no_target",
                        lambda scores, v: sigmoid(scores[0]) * np.asarray(v),
                        "The true company's target is 1.",
                    ),
                    Mistake(
                        "itself",
                        lambda scores, u: (sigmoid(scores[0]) - 1) * np.asarray(u),
                        "By $u$ the *other* vector stands behind: $v$.",
                    ),
                ],
            ),
            Step(
                "moved",
                "$v$ after one step of gradient descent with learning rate {eta:}",
                lambda v, by_v, eta: np.asarray(v) - eta * np.asarray(by_v),
                vector(length=2, decimals=3, partial=True),
                hint="Against the slope.",
                explain="$v - {eta:} \\cdot {by_v:.4g}$.",
                mistakes=[
                    Mistake(
                        "uphill",
                        lambda v, by_v, eta: np.asarray(v) + eta * np.asarray(by_v),
                        "Descent goes against the slope.",
                    ),
                    Mistake("whole", lambda v, by_v: np.asarray(v) - by_v, "Times the rate."),
                ],
            ),
        ],
    )


def code_lengths(counts):
    """The lengths of Huffman's codes, for counts without ties on the way."""
    heap = [(c, [i]) for i, c in enumerate(counts)]
    lengths = [0] * len(counts)
    while len(heap) > 1:
        heap.sort(key=lambda t: t[0])
        (a, one), (b, two), *heap = heap
        for i in one + two:
            lengths[i] += 1
        heap.append((a + b, one + two))
    return lengths


def untied(counts):
    """Whether Huffman's two rarest are never in doubt, so that the lengths are unique."""
    heap = sorted(counts)
    while len(heap) > 1:
        if len(heap) > 2 and heap[1] == heap[2]:
            return False
        heap = sorted([heap[0] + heap[1], *heap[2:]])
    return True


@exercise_type(
    "embeddings.huffman",
    topic="embeddings",
    title="Huffman tree and hierarchical softmax",
    minutes=7,
    sources=["001:62"],
    variants={"notes": {"counts": [9, 4, 2, 1], "s": [0.5, -1], "V": 100_000}},
)
def huffman(draw: Draw) -> Exercise:
    counts = draw.search(
        "counts",
        lambda m: sorted(m.integers("counts", m.integer("size", 4, 5), 1, 20), reverse=True),
        lambda v: len(set(v)) == len(v) and untied(v) and len(set(code_lengths(v))) > 1,
    )
    s = draw.search("s", lambda m: m.decimals("s", 2, -2, 2, 0.5), lambda v: v[0] * v[1] != 0)
    V = draw.choice("V", [1000, 10_000, 50_000, 100_000])
    size = len(counts)
    return Exercise(
        "Words with the counts {counts:} are put into a Huffman tree for a hierarchical softmax.",
        givens={"counts": counts, "s": s, "V": V},
        steps=[
            Step(
                "lengths",
                "The lengths of their codes, in this order",
                lambda counts: code_lengths(counts),
                vector(length=size, partial=True),
                marks=3,
                hint="Join the two rarest trees again and again; each joining makes their codes one "
                "longer.",
                explain="{lengths:}.",
                mistakes=[
                    Mistake(
                        "flat",
                        lambda counts: [int(np.ceil(np.log2(len(counts))))] * len(counts),
                        "That is a code of fixed length; frequent words get shorter ones.",
                    ),
                    Mistake(
                        "turned",
                        lambda counts: code_lengths(counts)[::-1],
                        "The frequent words get the short codes.",
                    ),
                ],
            ),
            Step(
                "mean",
                "The mean length over the text, in bits per word",
                lambda counts, lengths: over(float(np.dot(counts, lengths)), sum(counts)),
                number(significant=3),
                marks=2,
                hint="Weighted by the counts.",
                explain=lambda counts, lengths: (
                    f"$({plus(np.multiply(counts, lengths))})/{sum(counts)}$."
                ),
                mistakes=[
                    Mistake(
                        "unweighted",
                        lambda lengths: float(np.mean(lengths)),
                        "Frequent words count more: weight by the counts.",
                    ),
                    Mistake(
                        "total",
                        lambda counts, lengths: float(np.dot(counts, lengths)),
                        "Per word: divide by the length of the text.",
                    ),
                ],
            ),
            Step(
                "nodes",
                "The number of inner nodes, each with a vector of its own",
                lambda counts: len(counts) - 1,
                integer(),
                hint="Every joining makes one.",
                explain="One less than words.",
                mistakes=[
                    Mistake("leaves", lambda counts: len(counts), "Those are the leaves."),
                    Mistake(
                        "all",
                        lambda counts: 2 * len(counts) - 1,
                        "Leaves have no decision to make.",
                    ),
                ],
            ),
            Step(
                "p",
                "A word with the code 01: its two nodes have the scores {s:}, and a node goes left "
                "(0) with probability $\\sigma(s)$. The probability of the word",
                lambda s: float(sigmoid(s[0]) * sigmoid(-s[1])),
                number(significant=3),
                marks=2,
                hint="Left with $\\sigma(s_1)$, then right with $1 - \\sigma(s_2) = \\sigma(-s_2)$.",
                explain=lambda s: f"${sigmoid(s[0]):.4f} \\cdot {sigmoid(-s[1]):.4f}$.",
                mistakes=[
                    Mistake(
                        "both_left",
                        lambda s: float(sigmoid(s[0]) * sigmoid(s[1])),
                        "The second turn is to the right: $1 - \\sigma(s_2)$.",
                    ),
                    Mistake(
                        "sum",
                        lambda s: float(sigmoid(s[0]) + sigmoid(-s[1])),
                        "Both turns must happen: multiply.",
                    ),
                ],
            ),
            Step(
                "depth",
                "With $|V| = {V:d}$ equally frequent words: how many sigmoids does a word cost, about "
                "($\\log_2|V|$)?",
                lambda V: log(V) / log(2),
                number(significant=3),
                hint="Each sigmoid halves the choice.",
                explain="$\\log_2 {V:d}$.",
                mistakes=[
                    Mistake("nats", lambda V: log(V), "Base 2: the choice is halved each time."),
                    Mistake("softmax", lambda V: V, "That is the full softmax."),
                ],
            ),
        ],
    )


# --- tables of counts ---------------------------------------------------------------------------


@exercise_type(
    "embeddings.pmi",
    topic="embeddings",
    title="Pointwise mutual information",
    minutes=6,
    sources=["001:62", "001:63"],
    variants={"notes": {"x": 40, "a": 200, "b": 500, "y": 5, "N": 10_000, "k": 2}},
)
def pmi(draw: Draw) -> Exercise:
    N = draw.choice("N", [5000, 10_000, 20_000])
    a = draw.integer("a", 100, 400)
    b = draw.search("b", lambda m: m.integer("b", 200, 600), lambda b: a * b >= 1.5 * N)
    x = draw.search(
        "x", lambda m: m.integer("x", 10, 90), lambda x: x * N > 1.5 * a * b and x < min(a, b)
    )
    y = draw.search("y", lambda m: m.integer("y", 1, 20), lambda y: y * N < 0.8 * a * b)
    k = draw.integer("k", 2, 10)
    return Exercise(
        "In a table of {N:d} meetings the word *ice* has the row sum {a:d}; *cold* has the column "
        "sum {b:d}, and the two met {x:d} times. Use the natural logarithm.",
        givens={"x": x, "a": a, "b": b, "y": y, "N": N, "k": k},
        steps=[
            Step(
                "chance",
                "How often they would have met by chance",
                lambda a, b, N: a * b / N,
                number(significant=3),
                hint="Row sum times column sum over the total.",
                explain="${a:d} \\cdot {b:d}/{N:d}$.",
                mistakes=[
                    Mistake("product", lambda a, b: a * b, "Divide by the total."),
                    Mistake(
                        "probability",
                        lambda a, b, N: a * b / N**2,
                        "That is the probability; the count is $N$ times as much.",
                    ),
                ],
            ),
            Step(
                "pmi",
                "Their PMI",
                lambda x, chance: log(max(over(x, chance), 1e-12)),
                number(significant=3),
                marks=2,
                hint="The logarithm of met over chance.",
                explain="$\\ln({x:d}/{chance:.4g})$.",
                mistakes=[
                    Mistake("ratio", lambda x, chance: over(x, chance), "Take the logarithm."),
                    Mistake(
                        "bits",
                        lambda x, chance: log(max(over(x, chance), 1e-12)) / log(2),
                        "The natural logarithm.",
                    ),
                    Mistake("conditional", lambda x, a: log(x / a), "Divide by what chance expects."),
                ],
            ),
            Step(
                "target",
                "The dot product to which skip-gram with {k:d} negative samples drives this pair",
                lambda pmi, k: pmi - log(k),
                number(significant=3),
                hint="PMI minus $\\ln k$.",
                explain="${pmi:.4g} - \\ln {k:d}$.",
                mistakes=[
                    Mistake("plus", lambda pmi, k: pmi + log(k), "The shift lowers it."),
                    Mistake("no_log", lambda pmi, k: pmi - k, "Minus $\\ln k$."),
                ],
            ),
            Step(
                "other",
                "Another word with the same column sum met *ice* only {y:d} times. Its PMI",
                lambda y, chance: log(max(over(y, chance), 1e-12)),
                number(significant=3),
                hint="The same formula; it is negative.",
                explain="$\\ln({y:d}/{chance:.4g})$.",
                mistakes=[
                    Mistake(
                        "sign", lambda y, chance: -log(max(over(y, chance), 1e-12)),
                        "Less than chance: negative.",
                    ),
                    Mistake("ratio", lambda y, chance: over(y, chance), "Take the logarithm."),
                ],
            ),
            Step(
                "positive",
                "And its entry in the table of *positive* PMI",
                lambda other: max(other, 0.0),
                number(significant=3),
                hint="What does PPMI do with negative values?",
                explain="Negative values become 0.",
                mistakes=[
                    Mistake("kept", lambda other: other, "Negative values become 0."),
                    Mistake("absolute", lambda other: abs(other), "0, not the absolute value."),
                ],
            ),
        ],
    )  # fmt: skip


@exercise_type(
    "embeddings.glove",
    topic="embeddings",
    title="GloVe: a ratio, a weight, a term of the loss",
    minutes=7,
    sources=["001:63"],
    variants={
        "lecture": {
            "p": [19, 2.2], "x": 10, "w": [0.5, 1], "c": [1, 0.5], "b": 0.1, "d": 0.2,
        }
    },
)  # fmt: skip
def glove(draw: Draw) -> Exercise:
    p = draw.search(
        "p",
        lambda m: m.decimals("p", 2, 0.4, 20, 0.2),
        lambda v: abs(log(v[0] / v[1])) > 0.7,
    )
    x = draw.integer("x", 2, 90)
    w, c = (
        draw.search(name, lambda m: m.decimals("e", 2, -1, 1.5, 0.5), lambda e: all(e))
        for name in ("w", "c")
    )
    b, d = (draw.decimal(name, -0.4, 0.5, 0.1, exclude=[0]) for name in ("b", "d"))
    return Exercise(
        "GloVe. A probe word follows *ice* with probability ${p_0:} \\cdot 10^{-5}$ and *steam* with "
        "${p_1:} \\cdot 10^{-5}$. Another pair met $x = {x:d}$ times; its vectors are $w = {w:}$, "
        "$c = {c:}$, its biases {b:} and {d:}. Weight $f(x) = \\min(1, (x/100)^{0.75})$.",
        givens={"p_0": p[0], "p_1": p[1], "x": x, "w": w, "c": c, "b": b, "d": d},
        steps=[
            Step(
                "ratio",
                "The ratio $P(\\text{probe} \\mid \\text{ice}) / P(\\text{probe} \\mid \\text{steam})$",
                lambda p_0, p_1: p_0 / p_1,
                number(significant=3),
                hint="The powers of ten cancel.",
                explain="${p_0:}/{p_1:}$.",
                mistakes=[
                    Mistake("turned", lambda p_0, p_1: p_1 / p_0, "Ice above, steam below."),
                    Mistake("difference", lambda p_0, p_1: p_0 - p_1, "A ratio, not a difference."),
                ],
            ),
            Step(
                "difference",
                "What $(w_{\\text{ice}} - w_{\\text{steam}}) \\cdot c_{\\text{probe}}$ should then be",
                lambda ratio: log(max(ratio, 1e-12)),
                number(significant=3),
                hint="Differences of vectors stand for logarithms of ratios.",
                explain="$\\ln {ratio:.4g}$.",
                mistakes=[
                    Mistake("ratio", lambda ratio: ratio, "Its logarithm."),
                    Mistake("exponential", lambda ratio: exp(min(ratio, 50)), "The logarithm."),
                ],
            ),
            Step(
                "weight",
                "The weight $f(x)$ of the other pair",
                lambda x: min(1.0, (x / 100) ** 0.75),
                number(significant=3),
                hint="$(x/100)^{0.75}$.",
                explain="$({x:d}/100)^{0.75}$.",
                mistakes=[
                    Mistake("linear", lambda x: x / 100, "To the power 0.75."),
                    Mistake("only_power", lambda x: x**0.75, "Divide by 100 first."),
                ],
            ),
            Step(
                "predicted",
                "What its vectors and biases predict for $\\ln x$",
                lambda w, c, b, d: float(np.dot(w, c)) + b + d,
                number(significant=3),
                hint="Dot product plus both biases.",
                explain=lambda w, c, b, d: f"${np.dot(w, c):.4g} + {b:.4g} + {d:.4g}$.",
                mistakes=[
                    Mistake("no_bias", lambda w, c: float(np.dot(w, c)), "Add both biases."),
                    Mistake(
                        "one_bias",
                        lambda w, c, b: float(np.dot(w, c)) + b,
                        "Both words have a bias.",
                    ),
                ],
            ),
            Step(
                "term",
                "The pair's term of the loss",
                lambda weight, predicted, x: weight * (predicted - log(x)) ** 2,
                number(significant=3),
                marks=2,
                hint="Weight times the squared gap to $\\ln x$.",
                explain="${weight:.4g}\\,({predicted:.4g} - \\ln {x:d})^2$.",
                mistakes=[
                    Mistake(
                        "count",
                        lambda weight, predicted, x: weight * (predicted - x) ** 2,
                        "The target is $\\ln x$, not $x$.",
                    ),
                    Mistake(
                        "unweighted",
                        lambda predicted, x: (predicted - log(x)) ** 2,
                        "Times $f(x)$.",
                    ),
                    Mistake(
                        "no_square",
                        lambda weight, predicted, x: weight * (predicted - log(x)),
                        "Squared.",
                    ),
                ],
            ),
        ],
    )


NAMES = ["king", "queen", "man", "woman", "table"]


def best_of(target, vectors, left_out):
    """The number (from 1) of the vector of greatest cosine with the target."""
    score = [
        -2.0 if i in left_out or not any(x) else angle(target, x) if any(target) else 0.0
        for i, x in enumerate(vectors)
    ]
    return int(np.argmax(score)) + 1


@exercise_type(
    "embeddings.analogy",
    topic="embeddings",
    title="An analogy by vectors",
    minutes=6,
    sources=["001:62"],
    variants={"notes": {"X": [[3, 1], [2.5, 2.5], [1, 0.5], [0.5, 2], [-1, 1]]}},
)
def analogy(draw: Draw) -> Exercise:
    def make(m: Draw):
        man = m.decimals("man", 2, 0.5, 1.5, 0.5)
        royal = m.decimals("royal", 2, 0, 2, 0.5)
        female = m.decimals("female", 2, -1.5, 1.5, 0.5)
        off = m.decimals("off", 2, -0.5, 0.5, 0.5)
        table = m.decimals("table", 2, -2, 1, 0.5)
        base, crown, skirt, slip = (np.array(x) for x in (man, royal, female, off))
        return [
            x.tolist() for x in (base + crown, base + crown + skirt + slip, base, base + skirt)
        ] + [table]

    def clear(X):
        X = [np.array(x) for x in X]
        target = X[0] - X[2] + X[3]
        if not all(map(any, X)) or not any(target) or len({tuple(x) for x in X}) < 5:
            return False
        return (
            angle(target, X[1]) > angle(target, X[4]) + 0.1
            and abs(angle(X[1], X[3]) - angle(target, X[1])) > 0.01
        )

    X = draw.search("X", make, clear)
    givens = dict(zip(NAMES, X, strict=True))
    return Exercise(
        "Word vectors: king {king:}, queen {queen:}, man {man:}, woman {woman:}, table {table:}. "
        "Man is to king as woman is to ...?",
        givens=givens,
        steps=[
            Step(
                "target",
                "The vector that the analogy asks for",
                lambda king, man, woman: np.asarray(king) - man + np.asarray(woman),
                vector(length=2),
                marks=2,
                hint="The step from man to king, repeated from woman.",
                explain="king $-$ man $+$ woman.",
                mistakes=[
                    Mistake(
                        "turned",
                        lambda king, man, woman: np.asarray(man) - king + np.asarray(woman),
                        "The step from man to king is king minus man.",
                    ),
                    Mistake(
                        "no_woman",
                        lambda king, man: np.asarray(king) - np.asarray(man),
                        "Start from woman: add her vector.",
                    ),
                ],
            ),
            Step(
                "queen_cos",
                "Its cosine with queen",
                lambda target, queen: angle(target, queen),
                number(decimals=3),
                marks=2,
                hint="Dot product over both lengths.",
                explain=lambda target, queen: (
                    f"${np.dot(target, queen):.4g} / ({sqrt(np.dot(target, target)):.4g} \\cdot "
                    f"{sqrt(np.dot(queen, queen)):.4g})$."
                ),
                mistakes=[
                    Mistake(
                        "dot",
                        lambda target, queen: float(np.dot(target, queen)),
                        "Divide by both lengths.",
                    ),
                    Mistake(
                        "distance",
                        lambda target, queen: float(np.linalg.norm(np.subtract(target, queen))),
                        "That is the distance; the cosine compares directions.",
                    ),
                ],
            ),
            Step(
                "table_cos",
                "Its cosine with table",
                lambda target, table: angle(target, table),
                number(decimals=3),
                hint="The same with the other vector.",
                explain="{table_cos:.4g}.",
                mistakes=[
                    Mistake(
                        "dot",
                        lambda target, table: float(np.dot(target, table)),
                        "Divide by both lengths.",
                    ),
                    Mistake(
                        "absolute",
                        lambda target, table: abs(angle(target, table)),
                        "A cosine keeps its sign.",
                    ),
                ],
            ),
            Step(
                "answer",
                "The answer, with the three words of the question excluded",
                lambda queen_cos, table_cos: "queen" if queen_cos > table_cos else "table",
                choice(["queen", "table", "woman", "king"]),
                hint="The greater cosine wins.",
                explain="{answer:}.",
                mistakes=[
                    Mistake("asked", lambda: "woman", "Words of the question are excluded."),
                    Mistake("king", lambda: "king", "Words of the question are excluded."),
                ],
            ),
        ],
    )


QUESTIONS = [
    Question(
        "Two one-hot vectors of different words have the cosine",
        "0, always",
        [
            ("close to 1 for synonyms, else small", "One-hot codes know nothing of meaning."),
            ("-1, since they have nothing in common", "They are at right angles, not opposite."),
            ("$1/|V|$", "They share no place at all."),
        ],
        "All words are equally far from each other: word-similarity ignorance.",
        "What is the dot product?",
    ),
    Question(
        "A 10-gram model predicts a word from",
        "the 9 words before it",
        [
            ("the 10 words before it", "The predicted word is one of the ten."),
            ("9 words on both sides", "An n-gram looks back only."),
            ("all words before it", "That is the chain rule before the Markov assumption."),
        ],
        "$n - 1$ words of context.",
        "The $n$ words include the predicted one.",
    ),
    Question(
        "How many contexts does an $n$-gram model over $|V|$ words have?",
        "$|V|^{n-1}$",
        [
            ("$n^n$", "The base is the size of the vocabulary."),
            ("$|V|^n$", "That counts whole n-grams."),
            ("$n|V|$", "Contexts are combinations, not a list."),
        ],
        "Each of the $n - 1$ places can hold any word.",
        "How many places does the context have?",
    ),
    Question(
        "What is shared in Bengio's language model?",
        "the table of word vectors",
        [
            ("the hidden layer, between all words", "It exists once anyway."),
            ("input and output table", "They are different tables there."),
            ("nothing", "The shared table is the idea of the model."),
        ],
        "What is learnt about a word in one place helps in all.",
        "Which matrix is applied several times?",
    ),
    Question(
        "CBOW differs from Bengio's model in that it",
        "averages and has no hidden layer",
        [
            ("concatenates more words", "It averages."),
            ("looks only back", "It looks to both sides."),
            ("predicts the company from the word in the middle", "That is skip-gram."),
        ],
        "Less work per word, so much more text.",
        "What did word2vec throw away?",
    ),
    Question(
        "What happens to pairs that never met in GloVe's loss?",
        "nothing: they are not in it",
        [
            ("they are pushed to a dot product of 0", "The sum runs over pairs that met."),
            ("they get the greatest weight of all", "$f(0) = 0$."),
            ("they are drawn as negative samples", "That is skip-gram."),
        ],
        "Nothing constrains them; skip-gram's blind draws do.",
        "What is $f(0)$?",
    ),
    Question(
        "*Minimum* and *maximum* are close neighbours in most embeddings because",
        "they keep the same company",
        [
            ("they mean more or less the same", "They are opposites."),
            ("they share most of their letters", "Word2vec never looks at letters."),
            ("they are frequent", "Frequency alone does not make a large cosine."),
        ],
        "Nearness is kinship of use.",
        "What do the vectors learn from?",
    ),
    Question(
        "Skip-gram with $k$ negative samples and enough dimensions makes $u \\cdot v$",
        "PMI $- \\ln k$",
        [
            ("the count of the pair", "It goes by ratios to chance, on a logarithmic scale."),
            ("the cosine of the pair", "The dot product is not normalised."),
            ("$\\ln k$ for every pair", "It depends on how often the pair met."),
        ],
        "So it factorises a shifted table of PMI.",
        "Set the slope of the expected loss to 0.",
    ),
]


@exercise_type(
    "embeddings.theory",
    topic="embeddings",
    title="What word vectors know",
    minutes=2,
    sources=["001:59", "001:60", "001:61", "001:62", "001:63"],
)
def concepts(draw: Draw) -> Exercise:
    return theory(draw, QUESTIONS)
