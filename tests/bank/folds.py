"""References for cross-validation arithmetic: scikit-learn's splitters, run and counted."""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import KFold, ParameterGrid

from bank import reference


@reference("folds.sizes")
def sizes(exercise):
    n, k = exercise.givens["n"], exercise.givens["k"]
    splits = list(KFold(k).split(np.zeros(n)))
    held = [len(test) for _, test in splits]
    return {
        "small": min(held),
        "larger": held.count(min(held) + 1),
        "train": max(len(train) for train, _ in splits),
        "uses": sum(0 in train for train, _ in splits),
    }


@reference("folds.trainings")
def trainings(exercise):
    g = exercise.givens
    settings = len(ParameterGrid({str(i): range(m) for i, m in enumerate(g["grid"].tolist())}))
    search = sum(1 for _ in range(settings) for _ in KFold(g["inner"]).split(np.zeros(60)))
    total = 0
    for _ in KFold(g["outer"]).split(np.zeros(60)):
        total += search
        total += 1
    n = g["outer"] * g["inner"] * 100
    first = next(KFold(g["outer"]).split(np.zeros(n)))[0]
    second = next(KFold(g["inner"]).split(first))[0]
    return {
        "settings": settings,
        "search": search,
        "total": total,
        "share": 100 * len(second) / n,
    }
