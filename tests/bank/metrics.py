"""References for the exercises on measures: scikit-learn, exact fractions and counting."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
from sklearn import metrics as sk

from bank import reference


def spread(g):
    """The table's counts as long lists of labels, for scikit-learn."""
    true = [1] * (g["tp"] + g["fn"]) + [0] * (g["fp"] + g["tn"])
    said = [1] * g["tp"] + [0] * g["fn"] + [1] * g["fp"] + [0] * g["tn"]
    return true, said


@reference("metrics.indicators")
def indicators(exercise):
    true, said = spread(exercise.givens)
    return {
        "sensitivity": sk.recall_score(true, said),
        "specificity": sk.recall_score(true, said, pos_label=0),
        "accuracy": sk.accuracy_score(true, said),
        "precision": sk.precision_score(true, said),
        "f1": sk.f1_score(true, said),
    }


@reference("metrics.table")
def table(exercise):
    true, said = spread(exercise.givens)
    up, down = sk.class_likelihood_ratios(true, said)
    return {
        "prevalence": float(np.mean(true)),
        "dummy": sk.accuracy_score(true, [0] * len(true)),
        "fdr": 1 - sk.precision_score(true, said),
        "lr_plus": up,
        "lr_minus": down,
        "dor": up / down,
    }


@reference("metrics.retrieval")
def retrieval(exercise):
    g = exercise.givens
    found = set(range(g["hits"]))
    relevant = found | {("missed", i) for i in range(g["relevant"] - g["hits"])}
    returned = found | {("junk", i) for i in range(g["retrieved"] - g["hits"])}
    both = len(relevant & returned)
    return {
        "precision": Fraction(both, len(returned)),
        "recall": Fraction(both, len(relevant)),
        "f1": Fraction(2 * both, len(relevant) + len(returned)),  # Dice
    }


@reference("metrics.bayes")
def bayes(exercise):
    g = {k: Fraction(str(v)) for k, v in exercise.givens.items()}
    ill, found, spared = g["prevalence"] / 100, g["tpr"] / 100, g["tnr"] / 100
    odds = ill / (1 - ill) * found / (1 - spared)  # Bayes in odds
    return {
        "tp": float(g["N"] * ill * found),
        "fp": float(g["N"] * (1 - ill) * (1 - spared)),
        "ppv": float(odds / (1 + odds)),
        "dummy": float(100 - g["prevalence"]),
    }


@reference("metrics.confusion")
def confusion(exercise):
    true, said = exercise.givens["pairs"].T
    c = exercise.givens["c"]
    return {
        "matrix": sk.confusion_matrix(true, said, labels=[1, 2, 3]),
        "accuracy": sk.accuracy_score(true, said),
        "recall": sk.recall_score(true, said, labels=[c], average=None)[0],
        "precision": sk.precision_score(true, said, labels=[c], average=None)[0],
    }


@reference("metrics.overfit")
def overfit(exercise):
    g = exercise.givens
    x, label = g["points"].T
    empirical = [1 - sk.accuracy_score(label, (x > cut).astype(int)) for cut in (g["a"], g["b"])]
    line = (np.arange(200_000) + 0.5) / 10_000  # the interval, finely
    true = [np.mean((line > cut) != (line > g["c"])) for cut in (g["a"], g["b"])]
    verdict = "neither"
    if np.sign(empirical[0] - empirical[1]) * np.sign(true[0] - true[1]) < 0:
        verdict = "h" if empirical[0] < empirical[1] else "h'"
    return {"empirical": empirical, "true": true, "overfits": verdict}


@reference("metrics.rmse")
def rmse(exercise):
    said, true = exercise.givens["rows"].T
    return {
        "mse": sk.mean_squared_error(true, said),
        "rmse": sk.root_mean_squared_error(true, said),
    }


@reference("metrics.roc")
def roc(exercise):
    score, true = exercise.givens["rows"].T
    fpr, tpr, _ = sk.roc_curve(true, score, drop_intermediate=False)
    return {"curve": np.column_stack([fpr, tpr]), "auc": sk.roc_auc_score(true, score)}


@reference("metrics.threshold")
def threshold(exercise):
    g = exercise.givens
    rows = [(Fraction(str(s)), int(t)) for s, t in g["rows"].tolist()]
    t = Fraction(str(g["t"]))
    faces = [s for s, face in rows if face]
    others = [s for s, face in rows if not face]
    tp, fp = sum(s > t for s in faces), sum(s > t for s in others)
    usable = []
    for s, _ in sorted(rows):
        if 100 * sum(o > s for o in others) <= g["limit"] * len(others):
            usable.append(s)
    return {
        "counts": [tp, fp, len(faces) - tp, len(others) - fp],
        "fpr": fp / len(others),
        "fnr": 1 - tp / len(faces),
        "best": float(usable[0]),
    }


@reference("metrics.cost")
def cost(exercise):
    g = exercise.givens
    total, fp, fn = 0, 0, 0
    for p, true in g["rows"].tolist():
        p = Fraction(str(p))
        say = (1 - p) * g["c_fp"] < p * g["c_fn"]  # the smaller expected cost
        fp, fn = fp + (say and not true), fn + (not say and bool(true))
        total += g["c_fp"] * int(say and not true) + g["c_fn"] * int(not say and bool(true))
    return {"t": 1 / (1 + g["c_fn"] / g["c_fp"]), "wrong": [fp, fn], "total": total}


@reference("metrics.open_set")
def open_set(exercise):
    t = Fraction(str(exercise.givens["t"]))
    answers, judged = [], []
    for *p, true in exercise.givens["rows"].tolist():
        exact = [Fraction(str(v)) for v in p]
        best = max(exact)
        answers.append(exact.index(best) + 1 if best > t else 0)
        if answers[-1] and true:
            judged.append(answers[-1] == true)
    return {
        "assigned": answers,
        "rejected": answers.count(0) / len(answers),
        "accuracy": sum(judged) / len(judged),
    }


def ranked(hits, objects):
    """Every precision and recall, in fractions."""
    found, points = 0, []
    for rank, hit in enumerate(hits, start=1):
        found += int(hit)
        points.append((Fraction(found, objects), Fraction(found, rank), int(hit)))
    return points


def best_at(points, level):
    return max((p for r, p, _ in points if r >= level), default=Fraction(0))


@reference("metrics.ap")
def ap(exercise):
    hits, objects = exercise.givens["hits"].tolist(), exercise.givens["objects"]
    points = ranked(hits, objects)
    raw = [p for _, p, hit in points if hit]
    smooth = [best_at(points, r) for r, _, hit in points if hit]
    levels = [best_at(points, Fraction(j, 10)) for j in range(11)]
    return {
        "precision": [float(p) for p in raw],
        "interpolated": [float(p) for p in smooth],
        "step": float(sum(raw) / objects),
        "ap": float(sum(smooth) / objects),
        "eleven": float(sum(levels) / 11),
    }


def squares(box):
    x1, y1, x2, y2 = map(int, box)
    return set(itertools.product(range(x1, x2), range(y1, y2)))


@reference("metrics.iou")
def iou(exercise):
    a, b = squares(exercise.givens["a"]), squares(exercise.givens["b"])
    return {
        "intersection": len(a & b),
        "union": len(a | b),
        "iou": len(a & b) / len(a | b),
        "verdict": "right" if 2 * len(a & b) > len(a | b) else "wrong",
    }


@reference("metrics.map")
def mean_ap(exercise):
    g, answers = exercise.givens, {}
    for column, name in enumerate(("cat", "dog")):
        hits = [int(Fraction(str(v)) > Fraction(1, 2)) for v in g["rows"][:, column].tolist()]
        points = ranked(hits, g[f"n_{name}"])
        answers[f"hits_{name}"] = hits
        area = sum(best_at(points, r) for r, _, hit in points if hit) / g[f"n_{name}"]
        answers[f"ap_{name}"] = float(area)
    return answers | {"map": (answers["ap_cat"] + answers["ap_dog"]) / 2}


@reference("metrics.multilabel")
def multilabel(exercise):
    labels, scores = exercise.givens["labels"], exercise.givens["scores"]
    tops = [max(range(len(row)), key=row.__getitem__) for row in scores.tolist()]
    missed = [row[top] != 1 for row, top in zip(labels.tolist(), tops, strict=True)]
    loss = sk.hamming_loss((labels == 1).astype(int), (scores > 0.5).astype(int))
    return {
        "one_error": sum(missed) / len(missed),
        "wrong": round(loss * labels.size),
        "hloss": loss,
    }


ANSWERS = [
    ("accuracy of 99.99", "Its recall is 0"),
    ("threshold of a classifier is raised", "The precision falls"),
    ("replaced by their squares", "Neither AUC nor average precision"),
    ("ten times rarer", "Its precision"),
    ("the probability of?", "A random positive outscores a random negative"),
    ("AUC of a classifier is 1", "Some threshold makes no mistake"),
    ("Two detections overlap", "One hit, one false positive"),
    ("decision threshold of a classifier be chosen", "On validation data"),
]


@reference("metrics.theory")
def theory(exercise):
    (right,) = [a for part, a in ANSWERS if part in exercise.prompts["answer"]]
    return {"answer": right}
