"""References for the exercises on language models: PyTorch, SciPy, and string replacement."""

from __future__ import annotations

import itertools
import re
from collections import Counter

import numpy as np
import torch
from scipy import special, stats

from bank import reference


@reference("language_models.perplexity")
def sentence(exercise):
    g = exercise.givens
    p = torch.tensor(np.asarray(g["p"], float))
    loss = torch.nn.functional.nll_loss(torch.log(p)[:, None], torch.zeros(5, dtype=torch.long))
    return {
        "joint": np.multiply.reduce(g["p"]),
        "nll": loss.item(),
        "perplexity": 1 / stats.gmean(g["p"]),
        "bits": -np.log2(g["p"]).sum() / g["characters"],
    }


@reference("language_models.bpe")
def bpe(exercise):
    words = re.findall(r"(\S+) ×(\d+)", exercise.givens["corpus"])
    lines = [(" " + " ".join(word) + " ", int(count)) for word, count in words]
    start = sum(len(line.split()) * n for line, n in lines)
    merges = []
    for _ in range(3):
        found = Counter()
        for line, n in lines:
            for pair in itertools.pairwise(line.split()):
                found[pair] += n
        (left, right), count = found.most_common(1)[0]
        merges.append((left + right, count))
        lines = [
            (re.sub(rf"(?<= ){re.escape(left)} {re.escape(right)}(?= )", left + right, line), n)
            for line, n in lines
        ]
    return {
        "start": start,
        "count": merges[0][1],
        "first": merges[0][0],
        "after": start - merges[0][1],
        "third": merges[2][1],
        "left": sum(len(line.split()) * n for line, n in lines),
    }


@reference("language_models.temperature")
def temperature(exercise):
    g = exercise.givens
    a = np.asarray(g["a"], float)
    warm = special.softmax(a / g["T"])
    return {
        "plain": special.softmax(a),
        "warm": warm,
        "ratio": warm[0] / warm[1],
        "hottest": special.softmax(a / 1e9)[0],
    }


@reference("language_models.truncation")
def truncation(exercise):
    g = exercise.givens
    p, k = np.asarray(g["p"], float), int(g["k"])
    top = torch.topk(torch.tensor(p), k).values.numpy()
    kept, total = 0, 0.0
    for value in p:
        if total > g["threshold"] - 1e-9:
            break
        kept, total = kept + 1, total + value
    return {"mass": top.sum(), "top_k": top[0] / top.sum(), "kept": kept, "top_p": p[0] / total}


@reference("language_models.beam")
def beam(exercise):
    g = exercise.givens
    ends = {
        (first, i): first_p * p
        for first, first_p, row in (("A", g["a"], g["after_a"]), ("B", g["b"], g["after_b"]))
        for i, p in enumerate(row)
    }
    greedy = ends["A", int(np.argmax(g["after_a"]))]
    return {
        "greedy": greedy,
        "other": max(v for (first, _), v in ends.items() if first == "B"),
        "beam": max(ends.values()),
        "gain": np.log(max(ends.values())) - np.log(greedy),
    }


@reference("language_models.kv_cache")
def kv_cache(exercise):
    g = exercise.givens
    without, known = 0, 0
    text = int(g["prompt"])
    cached = 0
    for _ in range(int(g["new"])):
        without += text
        cached += text - known
        known = text
        text += 1
    numbers = np.zeros((2, int(g["layers"]), known, int(g["d"]))).size
    return {
        "without": without,
        "with_cache": cached,
        "numbers": numbers,
        "kilobytes": numbers * g["size"] / 1000,
    }


@reference("language_models.size")
def weights(exercise):
    V, d, layers = (int(exercise.givens[n]) for n in ("V", "d", "layers"))
    maps = [torch.nn.Linear(d, d, bias=False, device="meta") for _ in range(4)]
    maps += [torch.nn.Linear(d, 4 * d, bias=False, device="meta")]
    maps += [torch.nn.Linear(4 * d, d, bias=False, device="meta")]
    block = sum(p.numel() for m in maps for p in m.parameters())
    table = torch.nn.Embedding(V, d, device="meta").weight.numel()
    output = sum(p.numel() for p in torch.nn.Linear(d, V, device="meta").parameters())
    return {
        "embedding": table,
        "block": block,
        "output": output,
        "total": table + layers * block + output,
    }


@reference("language_models.scaling")
def scaling(exercise):
    g = exercise.givens
    n = np.array([g["n1"], g["n1"] * g["grow"]], float)
    slope, height = np.polyfit(np.log(n), np.log([g["L1"], g["L2"]]), 1)
    line = np.poly1d([slope, height])
    return {
        "b": -slope,
        "a": np.exp(height),
        "next": np.exp(line(np.log(n[1] * g["grow"]))),
    }


@reference("language_models.preference")
def preference(exercise):
    g = exercise.givens
    r, p = torch.tensor(np.asarray(g["r"], float)), torch.tensor(np.asarray(g["p"], float))
    margin = (r[0] - r[1])[None]
    policy = torch.softmax(torch.log(p) + r / g["beta"], 0)
    return {
        "wins": torch.sigmoid(margin).item(),
        "loss": torch.nn.functional.softplus(margin).item(),
        "policy": policy.numpy(),
        "kl": torch.nn.functional.kl_div(torch.log(p), policy, reduction="sum").item(),
    }


ANSWERS = {  # found in the question: the right answer
    "byte-level tokeniser": "Its 256 bytes spell every text.",
    "vocabularies of different size": "Their bits per character on the same text.",
    "mask of a decoder": "All places of a text are learnt from in one pass.",
    "old queries": "Later tokens ask with their own query only.",
    "Greedy search": "A repeated text makes its own repetition likelier.",
    "one-layer attention-only": "Find an earlier copy of a token and repeat what came next.",
    "fine-tuning on instructions": "Those of the answer.",
    "penalty KL": "Far from the model the learnt reward is no longer right.",
}


@reference("language_models.theory")
def theory(exercise):
    (step,) = exercise.steps
    (right,) = (answer for key, answer in ANSWERS.items() if key in step.prompt)
    return {"answer": right}
