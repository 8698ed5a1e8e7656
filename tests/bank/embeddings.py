"""References for the exercises on word embeddings: scikit-learn, torch, scipy, brute force."""

from __future__ import annotations

from itertools import product

import numpy as np
import torch
import torch.nn.functional as nn
from scipy import spatial, stats
from sklearn.feature_extraction.text import CountVectorizer

from bank import reference


def cosine(a, b):
    return 1 - spatial.distance.cosine(a, b)


@reference("embeddings.bag_of_words")
def bag_of_words(exercise):
    g = exercise.givens
    bags = CountVectorizer(token_pattern=r"\w+").fit_transform([g["one"], g["two"]]).toarray()
    count = sum(w == "the" for w in g["two"].split())
    return {
        "words": bags.shape[1],
        "binary": cosine(*(bags > 0).astype(float)),
        "counts": cosine(*bags.astype(float)),
        "weight": -count * np.log(g["df"] / g["N"]),
    }


@reference("embeddings.ngram")
def ngram(exercise):
    g = exercise.givens
    text = " ".join(f"^ {line} $" for line in g["corpus"].split("; ")).split()
    words = sorted(set(text) - {"^"})

    def p(sentence, k):
        total = 1.0
        marks = f"^ {sentence} $".split()
        for a, b in zip(marks[:-1], marks[1:], strict=True):
            follow = [y for x, y in zip(text[:-1], text[1:], strict=True) if x == a and y != "^"]
            total *= (follow.count(b) + k) / (len(follow) + k * len(words))
        return total

    return {
        "types": len(words),
        "likely": p(g["seen"], 0),
        "unseen": p(g["new"], 0),
        "smoothed": p(g["new"], 1),
    }


@reference("embeddings.smoothing")
def smoothing(exercise):
    g = exercise.givens
    share = g["c"] / g["total"]
    saved = 1 - (g["total"] - g["d"] * g["kinds"]) / g["total"]
    return {
        "mixed": np.average([share, g["low"]], weights=[g["trust"], 1 - g["trust"]]),
        "saved": saved,
        "discounted": share - g["d"] / g["total"] + saved * g["low"],
        "new": saved * 0.5 * g["low"],
    }


@reference("embeddings.perplexity")
def perplexity(exercise):
    p = np.array(exercise.givens["p"])
    halved = p * [1, 1, 1, 0.5]
    return {
        "surprise": np.log(1 / stats.gmean(p)),
        "perplexity": 1 / stats.gmean(p),
        "worse": 1 / stats.gmean(halved),
    }


@reference("embeddings.neural")
def neural(exercise):
    V, m, n, h = (exercise.givens[k] for k in "Vmnh")
    layers = [torch.nn.Linear((n - 1) * m, h, bias=False, device="meta"),
              torch.nn.Linear(h, V, bias=False, device="meta")]  # fmt: skip
    table = torch.nn.Embedding(V, m, device="meta")
    weights = sum(layer.weight.numel() for layer in layers)
    return {
        "table": table.weight.numel(),
        "inputs": layers[0].in_features,
        "weights": weights,
        "lecture": m * V + n * m * h + h * V,
        "share": 100 / (1 + (n * m + n * m * h) / (h * V)),
    }


@reference("embeddings.pairs")
def pairs(exercise):
    g = exercise.givens
    places = range(1, g["L"] + 1)
    found = [(a, b) for a, b in product(places, places) if 0 < abs(a - b) <= g["c"]]
    return {
        "near": sum(a == g["i"] for a, _ in found),
        "cbow": len({a for a, _ in found}),
        "skip": len(found),
        "products": len(found) + g["k"] * len(found),
    }


@reference("embeddings.sgns")
def sgns(exercise):
    g = exercise.givens
    v, u, w = (torch.tensor(g[k], dtype=torch.float64, requires_grad=True) for k in "vuw")
    scores = torch.stack([u @ v, w @ v])
    loss = nn.binary_cross_entropy_with_logits(
        scores, torch.tensor([1.0, 0.0], dtype=torch.float64), reduction="sum"
    )
    loss.backward()
    return {
        "scores": scores.detach(),
        "loss": loss.item(),
        "by_v": v.grad,
        "by_u": u.grad,
        "moved": (v - g["eta"] * v.grad).detach(),
    }


@reference("embeddings.huffman")
def huffman(exercise):
    counts, s = exercise.givens["counts"], exercise.givens["s"]
    size = len(counts)
    best = min(  # every list of lengths that a full binary tree can have (Kraft's equality)
        (
            lengths
            for lengths in product(range(1, size), repeat=size)
            if np.isclose(sum(2.0**-n for n in lengths), 1)
        ),
        key=lambda lengths: np.dot(lengths, counts),
    )
    return {
        "lengths": best,
        "mean": np.average(best, weights=counts),
        "nodes": size - 1,
        "p": (torch.sigmoid(torch.tensor(s[0])) * (1 - torch.sigmoid(torch.tensor(s[1])))).item(),
        "depth": np.log2(exercise.givens["V"]),
    }


@reference("embeddings.pmi")
def pmi(exercise):
    x, a, b, y, N, k = (exercise.givens[n] for n in ("x", "a", "b", "y", "N", "k"))
    joint, chance = np.array([x, y]) / N, (a / N) * (b / N)
    both = np.log(joint) - np.log(chance)
    return {
        "chance": N * chance,
        "pmi": both[0],
        "target": np.log(joint[0] / (k * chance)),
        "other": both[1],
        "positive": np.clip(both[1], 0, None),
    }


@reference("embeddings.glove")
def glove(exercise):
    g = exercise.givens
    x = np.log(g["x"])
    weight = np.exp(0.75 * (x - np.log(100)))
    predicted = sum(i * j for i, j in zip(g["w"], g["c"], strict=True)) + g["b"] + g["d"]
    return {
        "ratio": np.exp(np.log(g["p_0"]) - np.log(g["p_1"])),
        "difference": np.log(g["p_0"]) - np.log(g["p_1"]),
        "weight": weight,
        "predicted": predicted,
        "term": weight * (predicted**2 - 2 * predicted * x + x**2),
    }


@reference("embeddings.analogy")
def analogy(exercise):
    g = {name: np.array(x) for name, x in exercise.givens.items()}
    target = g["woman"] + (g["king"] - g["man"])
    scores = {name: cosine(target, g[name]) for name in ("queen", "table")}
    return {
        "target": target,
        "queen_cos": scores["queen"],
        "table_cos": scores["table"],
        "answer": max(scores, key=lambda name: scores[name]),
    }


THEORY = {
    "one-hot vectors": "0, always",
    "10-gram": "9 words before",
    "How many contexts": "$|V|^{n-1}$",
    "shared in Bengio": "table of word vectors",
    "CBOW differs": "no hidden layer",
    "never met in GloVe": "not in it",
    "close neighbours": "same company",
    "enough dimensions": "PMI",
}


@reference("embeddings.theory")
def embeddings_theory(exercise):
    (step,) = exercise.steps
    (phrase,) = [answer for ask, answer in THEORY.items() if ask in step.prompt]
    (option,) = [o for o in step.answer.options if phrase in o]
    return {"answer": option}
