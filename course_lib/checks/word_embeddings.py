"""The checks of the chapter on word embeddings."""

from __future__ import annotations

import numpy as np

from course_lib.checks.core import Check, Misconception
from course_lib.models import word_vectors
from course_lib.models.losses import sigmoid

# Unequal dimensions, uneven counts, a word that only one document has.
BAGS = np.array([[2.0, 1, 0, 3], [1, 0, 0, 1], [4, 1, 1, 0]])
FOLLOW = np.array([[3.0, 0, 1, 0], [0, 0, 0, 0], [1, 2, 0, 4]])
CHANCES = np.array([0.5, 0.1, 0.25, 0.02])
MET = np.array([[4.0, 6, 0], [6, 2, 1], [0, 1, 8]])
V, U = np.array([0.5, -0.5, 1.0]), np.array([1.0, 0.2, -0.4])
BLIND = np.array([[0.3, 1.0, 0.5], [-0.7, 0.1, 0.9]])
ROWS = np.array(
    [[1, 0.2, 0.1], [1.2, 1.5, 0], [3, 0, 2], [1, 1.2, 1.1], [0.2, 4, 3], [9, 2, 6]], dtype=float
)  # fmt: skip


def _ratio(X):
    return X * X.sum() / (X.sum(axis=1, keepdims=True) * X.sum(axis=0))


def _add_k(counts, k):
    return (counts + k) / (counts.sum(axis=1, keepdims=True) + k * counts.shape[1])


def _slope(v, u, negatives):
    return word_vectors.sgns_gradients(v, u, negatives)[0]


def _analogy(vectors, a, b, c, scaled=True, excluded=True, turned=False):
    units = word_vectors.unit(vectors)
    rows = units if scaled else vectors
    target = rows[a] - rows[b] + rows[c] if turned else rows[b] - rows[a] + rows[c]
    score = (units if scaled else vectors) @ target
    if excluded:
        score[[a, b, c]] = -np.inf
    return int(np.argmax(score))


def _unshared(p):
    with np.errstate(over="ignore"):  # a text of 2000 words: infinite
        return float(np.exp(-np.sum(np.log(p))))


CHECKS = [
    Check(
        "word_embeddings.tf_idf",
        "tf_idf(counts)",
        word_vectors.tf_idf,
        [(BAGS,), (BAGS[:2, [0, 1, 3]],), (np.array([[1.0, 0], [1, 2], [1, 0], [1, 1]]),)],
        [
            Misconception(
                "summed counts",
                lambda counts: counts * np.log(len(counts) / counts.sum(axis=0)),
                "df counts the documents that have the word, not how often it occurs in all.",
            ),
            Misconception(
                "no logarithm",
                lambda counts: counts * len(counts) / (counts > 0).sum(axis=0),
                "The logarithm of N / df is missing: a word in every document must be worth 0.",
            ),
            Misconception(
                "divided",
                lambda counts: counts / (counts > 0).sum(axis=0),
                "You divide by df. TF-IDF multiplies by ln(N / df).",
            ),
            Misconception(
                "smoothed",
                lambda counts: (
                    counts * (np.log((1 + len(counts)) / (1 + (counts > 0).sum(axis=0))) + 1)
                ),
                "That is scikit-learn's smoothed idf; here it is ln(N / df).",
            ),
            Misconception(
                "base ten",
                lambda counts: counts * np.log10(len(counts) / (counts > 0).sum(axis=0)),
                "The course's logarithm is the natural one.",
            ),
        ],
        look_at="'What is left of a sentence in a bag?'",
    ),
    Check(
        "word_embeddings.add_k",
        "add_k(counts, k)",
        _add_k,
        [(FOLLOW, 1.0), (FOLLOW, 0.1), (FOLLOW[:2, :3], 2.0)],
        [
            Misconception(
                "k once",
                lambda counts, k: (counts + k) / (counts.sum(axis=1, keepdims=True) + k),
                "Every word got k more, so the row grew by k times the number of words.",
            ),
            Misconception(
                "histories counted",
                lambda counts, k: (
                    (counts + k) / (counts.sum(axis=1, keepdims=True) + k * len(counts))
                ),
                "k is added once per word (column), not once per history (row).",
            ),
            Misconception(
                "whole table",
                lambda counts, k: (counts + k) / (counts + k).sum(),
                "Each history has a distribution of its own: divide row by row.",
            ),
            Misconception(
                "add one always",
                lambda counts, k: (
                    (counts + 1) / (counts.sum(axis=1, keepdims=True) + counts.shape[1])
                ),
                "You always add 1; add k.",
            ),
        ],
        look_at="'Counting what comes next'",
    ),
    Check(
        "word_embeddings.perplexity",
        "perplexity(p)",
        lambda p: float(np.exp(-np.mean(np.log(p)))),
        [(CHANCES,), (np.full(2000, 0.01),), (CHANCES[:3],)],
        [
            Misconception(
                "sum",
                _unshared,
                "Take the mean surprise per word, not the sum over the text.",
            ),
            Misconception(
                "product",
                lambda p: float(np.prod(p) ** (-1 / len(p))) if np.prod(p) else float("inf"),
                "The product of 2000 probabilities is 0.0 in floats: add logarithms.",
            ),
            Misconception(
                "cross-entropy",
                lambda p: float(-np.mean(np.log(p))),
                "That is the mean surprise; the perplexity is its exponential.",
            ),
            Misconception(
                "two and e",
                lambda p: float(2 ** -np.mean(np.log(p))),
                "A power of 2 goes with logarithms to base 2; with ln take exp.",
            ),
            Misconception(
                "mean of inverses",
                lambda p: float(np.mean(1 / p)),
                "It is the geometric mean of 1 / p, not the arithmetic one.",
            ),
        ],
        look_at="'Counting what comes next'",
    ),
    Check(
        "word_embeddings.ppmi",
        "ppmi(X)",
        word_vectors.ppmi,
        [(MET,), (MET[:2, :2],), (np.array([[0.0, 3, 1, 1], [2, 0, 5, 0], [1, 1, 0, 9]]),)],
        [
            Misconception(
                "rows only",
                lambda X: np.log(np.where(X > 0, X / X.sum(axis=1, keepdims=True), 1)),
                "Divide by both: what chance expects of this row and of this column.",
            ),
            Misconception(
                "no total",
                lambda X: np.log(
                    np.where(X > 0, X / (X.sum(axis=1, keepdims=True) * X.sum(axis=0)), 1)
                ),
                "The total is missing: chance expects row sum times column sum over total.",
            ),
            Misconception(
                "no logarithm",
                _ratio,
                "That is the ratio of met to expected; PMI is its logarithm.",
            ),
            Misconception(
                "negative kept",
                lambda X: np.log(np.where(X > 0, _ratio(X), 1)),
                "Pairs that met less often than by chance get 0: positive PMI.",
            ),
            Misconception(
                "one plus",
                lambda X: np.log1p(_ratio(X)),
                "ln(1 + ratio) is never 0 for pairs that met; take max(0, ln ratio).",
            ),
        ],
        look_at="'Behind the prediction stands a table of counts'",
    ),
    Check(
        "word_embeddings.slope_by_v",
        "slope_by_v(v, u, negatives)",
        _slope,
        [(V, U, BLIND), (V[:2], U[:2], BLIND[:1, :2]), (-V, U, np.vstack([BLIND, U]))],
        [
            Misconception(
                "sign",
                lambda v, u, negatives: -_slope(v, u, negatives),
                "That is the step downhill; the slope has the opposite sign.",
            ),
            Misconception(
                "blind target one",
                lambda v, u, negatives: (
                    (sigmoid(u @ v) - 1) * u + (sigmoid(negatives @ v) - 1) @ negatives
                ),
                "Blind draws have target 0: their factor is the sigmoid itself.",
            ),
            Misconception(
                "true pair only",
                lambda v, u, negatives: (sigmoid(u @ v) - 1) * u,
                "The blind draws push as well: add their part.",
            ),
            Misconception(
                "by u",
                lambda v, u, negatives: (sigmoid(u @ v) - 1) * v,
                "That is the slope by u. By v the other vector, u, stands behind the factor.",
            ),
            Misconception(
                "times sigmoid slope",
                lambda v, u, negatives: (
                    (sigmoid(u @ v) - 1) * sigmoid(u @ v) * (1 - sigmoid(u @ v)) * u
                    + (sigmoid(negatives @ v) ** 2 * (1 - sigmoid(negatives @ v))) @ negatives
                ),
                "With the cross-entropy the factor s (1 - s) cancels.",
            ),
        ],
        look_at="'A word is known by its company'",
    ),
    Check(
        "word_embeddings.analogy",
        "analogy(vectors, a, b, c)",
        _analogy,
        [(ROWS, 2, 1, 0), (ROWS, 4, 3, 0), (ROWS, 0, 2, 3), (ROWS[:, :2], 1, 0, 4)],
        [
            Misconception(
                "not excluded",
                lambda vectors, a, b, c: _analogy(vectors, a, b, c, excluded=False),
                "Exclude the rows a, b and c: the answer is none of the words asked about.",
            ),
            Misconception(
                "not scaled",
                lambda vectors, a, b, c: _analogy(vectors, a, b, c, scaled=False),
                "Bring all rows to length 1 first; otherwise long vectors win.",
            ),
            Misconception(
                "turned",
                lambda vectors, a, b, c: _analogy(vectors, a, b, c, turned=True),
                "The step from a to b is b - a; you took a - b.",
            ),
            Misconception(
                "nearest to c",
                lambda vectors, a, b, c: _analogy(vectors, a, a, c),
                "You look for the neighbour of c alone; add the step b - a.",
            ),
        ],
        look_at="'Calculate with words'",
    ),
]
