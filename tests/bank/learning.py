"""References for the machine-learning basics: scikit-learn, SciPy, enumeration, loops."""

from __future__ import annotations

import itertools
import statistics
from collections import Counter
from fractions import Fraction as F

import numpy as np
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from bank import reference


@reference("learning.knn")
def knn(exercise):
    g = exercise.givens
    words = {"Euclid": "euclidean", "city": "manhattan", "Chebyshev": "chebyshev"}
    (metric,) = [m for word, m in words.items() if word in g["rule"]]
    found = {}
    for k in (1, 3, 5):
        model = KNeighborsClassifier(k, metric=metric).fit(g["points"], list(g["labels"]))
        found[f"k{k}"] = model.predict([g["query"]])[0]
    far, order = model.kneighbors([g["query"]])
    return {"distances": far[0][np.argsort(order[0])], **found}


@reference("learning.bias_variance")
def bias_variance(exercise):
    g = exercise.givens
    h = [F(str(v)) for v in g["outputs"].tolist()]
    truth, noise = F(str(g["truth"])), F(str(g["noise"]))
    error = sum((v - truth) ** 2 for v in h) / len(h)
    return {
        "mean": float(statistics.mean(h)),
        "variance": float(statistics.pvariance(h)),
        "bias2": float(error - statistics.pvariance(h)),
        "error": float(error + noise),
    }


@reference("learning.risk")
def risk(exercise):
    g = exercise.givens
    wrong = sum(min(g["c"], g["h"]) < v <= max(g["c"], g["h"]) for v in g["x"])
    grid = np.arange(0.0005, 10, 0.001)
    true = float(np.mean((grid > g["c"]) != (grid > g["h"])))
    return {
        "wrong": wrong,
        "empirical": wrong / 8,
        "true": true,
        "optimism": true - wrong / 8,
    }


@reference("learning.scaling")
def scaling(exercise):
    x, new = exercise.givens["x"].reshape(-1, 1), [[exercise.givens["new"]]]
    standard = StandardScaler().fit(x)
    return {
        "minmax": MinMaxScaler().fit(x).transform(new)[0, 0],
        "mean": standard.mean_[0],
        "std": standard.scale_[0],
        "standard": standard.transform(new)[0, 0],
    }


@reference("learning.hypotheses")
def hypotheses(exercise):
    n, t = exercise.givens["n"], exercise.givens["t"]
    patterns = list(itertools.product("01", repeat=n))
    unseen = list(itertools.product((0, 1), repeat=len(patterns) - t))
    hits = [1 - label for labels in unseen for label in labels]  # a learner that always says 0
    return {
        "patterns": len(patterns),
        "functions": sum(1 for _ in itertools.product((0, 1), repeat=len(patterns))),
        "consistent": len(unseen),
        "accuracy": 100 * sum(hits) / len(hits),
    }


@reference("learning.return")
def discounted(exercise):
    g = exercise.givens
    value, seen = F(0), []
    for reward in reversed(g["r"].tolist()):
        value = reward + F(str(g["gamma"])) * value
        seen.append(float(value))
    series = sum(g["forever"] * g["gamma"] ** k for k in range(2000))
    return {"last": seen[1], "G": seen[3], exercise.steps[-1].name: series}


@reference("learning.protein")
def protein(exercise):
    g = exercise.givens
    s, singles = g["s"], Counter(g["s"])
    pairs = Counter(map("".join, itertools.pairwise(s)))
    order = list(itertools.product(range(1, 21), repeat=2))
    return {
        "N": sum(singles.values()),
        "composition": singles[g["letter"]] / sum(singles.values()),
        "bigram": pairs[g["pair"]] / sum(singles.values()),
        "sum": sum(pairs.values()) / sum(singles.values()),
        "index": order.index((g["i"], g["j"])) + 1,
        "features": 20 + len(order) + 20 + g["m"],
    }


@reference("learning.dna")
def dna(exercise):
    s, pairs = exercise.givens["s"], Counter(itertools.pairwise(exercise.givens["s"]))
    return {
        "bases": [sum(c == base for c in s) / len(s) for base in "ACGT"],
        "windows": sum(pairs.values()),
        "frequency": pairs[tuple(exercise.givens["pair"])] / sum(pairs.values()),
        "features": len(list(itertools.product("ACGT", repeat=2))),
    }


@reference("learning.lbp")
def lbp(exercise):
    patch = exercise.givens["patch"]
    a, b, c, d, e, f, g, h, i = patch.ravel().tolist()
    ring = [a, b, c, f, i, h, g, d]
    bits = ["1" if v >= e else "0" for v in ring]
    text = "".join(bits)
    transitions = (text + text[0]).count("01") + (text + text[0]).count("10")
    bright = [v for v in ring if v >= e]
    dark = [v for v in ring if v < e]
    return {
        "bits": [int(v) for v in bits],
        "code": int(text[::-1], 2),
        "transitions": transitions,
        "uniform": "yes" if transitions <= 2 else "no",
        "contrast": statistics.mean(bright) - statistics.mean(dark),
    }


@reference("learning.signal_to_noise")
def signal_to_noise(exercise):
    up, down = (exercise.givens[n].tolist() for n in ("up", "down"))
    difference = statistics.mean(up) - statistics.mean(down)
    spread = statistics.stdev(up) + statistics.stdev(down)
    return {"difference": difference, "spread": spread, "score": difference / spread}


SETTINGS = {
    "hidden": "self-supervised",
    "Hospitals": "federated",
    "X-rays": "semi-supervised",
    "least sure": "active",
    "robot": "reinforcement",
    "nobody has named": "unsupervised",
    "spam": "supervised",
    "0 to 4": "continual",
    "single photo": "one-shot",
    "zebras": "zero-shot",
}


@reference("learning.setting")
def learning_setting(exercise):
    (step,) = exercise.steps
    (kind,) = [answer for ask, answer in SETTINGS.items() if ask in step.prompt]
    return {"answer": kind}
