"""References for the exercises on seq2seq: PyTorch, SciPy, our own models, brute force."""

from __future__ import annotations

import itertools
import math

import numpy as np
import torch
import torch.nn.functional as nn
from scipy import special, stats
from scipy.spatial.distance import cosine

from bank import reference
from course_lib.datasets import translations
from course_lib.exam.bank.seq2seq import QUESTIONS
from course_lib.models import beam_search as search
from course_lib.models import turing_machine
from course_lib.trace import record


def double(values):
    return torch.tensor(np.array(values, dtype=float))


@reference("seq2seq.batch")
def batch(exercise):
    g = exercise.givens
    words = translations.Vocabulary([["i", "am", "here", "io", "sono", "qui"]])
    one = translations.prepare([g["source"].split()], [g["target"].split()], words, words)

    def wide(row, width):
        return translations.padded([row.tolist()], width)[0]

    return {
        "encoder": wide(one.source[0], g["n"]),
        "decoder": wide(one.target_in[0], g["m"]),
        "wanted": wide(one.target_out[0], g["m"]),
        "counted": int(one.target_lengths[0]),
    }


@reference("seq2seq.likelihood")
def likelihood(exercise):
    p = exercise.givens["p"]
    logits = torch.stack([double([math.log(v), math.log(1 - v)]) for v in p])
    loss = nn.cross_entropy(logits, torch.zeros(len(p), dtype=torch.long)).item()
    return {
        "probability": math.exp(-loss * len(p)),
        "log": -loss * len(p),
        "loss": loss,
        "perplexity": 1 / stats.gmean(p),
    }


@reference("seq2seq.beam")
def beam(exercise):
    a, b, aa, ab, ba, bb = (float(v) for v in exercise.givens["t"])
    tree = {
        "": {"a": a, "b": b, ".": 1 - a - b},
        "a": {"a": aa, "b": ab, ".": 1 - aa - ab},
        "b": {"a": ba, "b": bb, ".": 1 - ba - bb},
    }
    model = search.from_table(tree, ["a", "b", "."])
    found = {k: record(search.beam_search(model, -1, 2, k, 3)) for k in (1, 2)}
    six = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    chance = {c.tokens: c.probability for c in found[2][2].candidates}
    best = found[2][-1].best
    return {
        "greedy": found[1][-1].best.probability,
        "candidates": [chance[s] for s in six],
        "best": best.probability,
        "log": best.log_probability,
    }


@reference("seq2seq.multiplicative")
def multiplicative(exercise):
    g = exercise.givens
    h, S = double(g["h"]), double(g["S"])
    query = (h @ torch.diag(double(g["w"])))[None]
    scores = query @ S.T
    context = nn.scaled_dot_product_attention(query[None], S[None], S[None], scale=1.0)[0, 0]
    return {
        "scores": scores[0],
        "alpha": torch.softmax(scores[0], 0),
        "context": context,
        "attention": torch.tanh(double(g["C"]) @ torch.cat([context, h])),
    }


@reference("seq2seq.additive")
def additive(exercise):
    g = exercise.givens
    W1 = torch.diag(double(g["a"]))
    scores = double(
        [float(double(g["v"]) @ torch.tanh(W1 @ double(g["h"]) + s)) for s in double(g["S"])]
    )
    weights = torch.softmax(scores, 0)
    return {"scores": scores, "alpha": weights, "context": weights @ double(g["S"])}


@reference("seq2seq.key_value")
def key_value(exercise):
    g = exercise.givens
    q, K, V = double(g["q"])[None], double(g["K"]), double(g["V"])
    return {
        "scores": [float(q[0] @ k) / math.sqrt(2) for k in K],
        "weights": special.softmax((K @ q[0]).numpy() / 2**0.5),
        "output": nn.scaled_dot_product_attention(q[None], K[None], V[None])[0, 0],
    }


@reference("seq2seq.hierarchical")
def hierarchical(exercise):
    g = exercise.givens
    q = double(g["q"])[None, None]

    def pooled(rows):
        rows = double(rows)[None]
        return nn.scaled_dot_product_attention(q, rows, rows, scale=1.0)[0, 0].numpy()

    vectors = np.array([pooled(g["one"]), pooled(g["two"])])
    return {
        "first": vectors[0],
        "second": vectors[1],
        "sentences": special.softmax(vectors @ np.array(g["q"])),
        "document": pooled(vectors),
    }


@reference("seq2seq.squeeze")
def squeeze(exercise):
    g = exercise.givens
    maps = double([g["one"], g["two"]]).view(1, 2, 2, 2)
    squeezed = nn.adaptive_avg_pool2d(maps, 1)[0, :, 0, 0]
    hidden = torch.relu(squeezed @ double(g["w"]))
    gates = torch.sigmoid(hidden * double(g["u"]))
    return {
        "squeezed": squeezed,
        "hidden": hidden.item(),
        "gates": gates,
        "pixel": (maps[0, 0] * gates[0])[1, 1].item(),
    }


@reference("seq2seq.content")
def find(exercise):
    g = exercise.givens
    M, k = np.array(g["M"], float), np.array(g["k"], float)
    focus = turing_machine.content_focus(M, k, g["beta"])
    return {
        "cosines": [1 - cosine(row, k) for row in M],
        "w": focus,
        "r": turing_machine.read(M, focus),
    }


@reference("seq2seq.location")
def location(exercise):
    g = exercise.givens
    before = np.eye(4)[g["slot"] - 1]
    gated = turing_machine.interpolate(np.array(g["w"]), before, g["g"])
    shares = [1.0, 0.0, 0.0] if g["move"] == -1 else [0.0, 0.0, 1.0]
    shifted = turing_machine.shift(gated, np.array(shares))
    return {
        "gated": gated,
        "shifted": shifted,
        "sharp": turing_machine.sharpen(shifted, g["gamma"]),
    }


@reference("seq2seq.write")
def soft_write(exercise):
    g = exercise.givens
    after = turing_machine.write(*(np.array(g[name], float) for name in "Mwea"))
    return dict(zip(("first", "second", "third"), after, strict=True))


@reference("seq2seq.retrieval")
def retrieval(exercise):
    g = exercise.givens
    found = [1 - cosine(np.array(row, float), np.array(g["q"], float)) for row in g["K"]]
    order = sorted(range(3), key=lambda k: -found[k])
    names = ["the first", "the second", "the third"]
    return {"cosines": found, "nearest": names[order[0]], "next": names[order[1]]}


@reference("seq2seq.cost")
def cost(exercise):
    V, H, S, T = (int(exercise.givens[name]) for name in "VHST")

    def count(module):
        return sum(p.numel() for p in module.parameters())

    lstm = torch.nn.LSTM(H, H)  # torch keeps two bias vectors, the lecture one
    return {
        "embeddings": 2 * count(torch.nn.Embedding(V, H)),
        "recurrent": 2 * (count(lstm) - lstm.bias_hh_l0.numel()),
        "output": count(torch.nn.Linear(H, V)),
        "weights": len(list(itertools.product(range(T), range(S)))),
    }


@reference("seq2seq.theory")
def choose(exercise):
    right = [q.right for q in QUESTIONS if exercise.steps[0].prompt == q.ask]
    assert len(right) == 1
    return {"answer": right[0]}
