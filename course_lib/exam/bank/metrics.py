"""Measuring performance: counts and rates, curves, rankings, boxes, several labels, costs."""

from __future__ import annotations

from math import sqrt

import numpy as np

from course_lib.exam.answers import choice, integer, matrix, number, states, vector
from course_lib.exam.arithmetic import over, plus
from course_lib.exam.draw import Draw
from course_lib.exam.exercise import Exercise, Mistake, Step, exercise_type
from course_lib.exam.theory import Question, theory

TABLE = (
    "\n| | predicted positive | predicted negative |\n|---|---:|---:|\n"
    "| **truly positive** | {tp:d} | {fn:d} |\n| **truly negative** | {fp:d} | {tn:d} |\n"
)
FACES = {"tp": 96, "fn": 9, "fp": 3505, "tn": 99790}


def listed(values) -> str:
    return ", ".join(f"{v:g}" for v in values)


# --- counts and rates -----------------------------------------------------------------------------


@exercise_type(
    "metrics.indicators",
    topic="metrics",
    title="Sensitivity, specificity, accuracy, precision, F1",
    minutes=7,
    sources=["000A:30"],
    variants={"lecture": FACES},
)
def indicators(draw: Draw) -> Exercise:
    tp, fn = draw.integer("tp", 30, 95), draw.integer("fn", 4, 40)
    fp, tn = draw.integer("fp", 100, 400), draw.integer("tn", 1000, 6000)
    return Exercise(
        "A detector was tried on labelled patterns:\n" + TABLE,
        givens={"tp": tp, "fn": fn, "fp": fp, "tn": tn},
        steps=[
            Step(
                "sensitivity",
                "The sensitivity (recall, TPR)",
                lambda tp, fn: over(tp, tp + fn),
                number(significant=3),
                hint="Of the truly positive, which share was found? Stay in the first row.",
                explain="{tp:d} of {tp:d} + {fn:d} truly positive patterns were found.",
                mistakes=[
                    Mistake(
                        "precision",
                        lambda tp, fp: over(tp, tp + fp),
                        "You divided by the predicted positives: that is the precision.",
                    ),
                    Mistake(
                        "miss_rate",
                        lambda tp, fn: over(fn, tp + fn),
                        "That is the share that was missed, 1 minus the sensitivity.",
                    ),
                ],
            ),
            Step(
                "specificity",
                "The specificity (TNR)",
                lambda fp, tn: over(tn, fp + tn),
                number(significant=4),
                hint="Of the truly negative, which share was left alone? Stay in the second row.",
                explain="{tn:d} of {fp:d} + {tn:d} truly negative patterns were called negative.",
                mistakes=[
                    Mistake(
                        "npv",
                        lambda fn, tn: over(tn, fn + tn),
                        "You divided by the predicted negatives: that is the NPV.",
                    ),
                    Mistake(
                        "false_alarms",
                        lambda fp, tn: over(fp, fp + tn),
                        "That is the false positive rate, 1 minus the specificity.",
                    ),
                ],
            ),
            Step(
                "accuracy",
                "The accuracy",
                lambda tp, fn, fp, tn: over(tp + tn, tp + fn + fp + tn),
                number(significant=4),
                hint="The diagonal over everything.",
                explain="({tp:d} + {tn:d}) right answers out of all patterns.",
                mistakes=[
                    Mistake(
                        "error",
                        lambda tp, fn, fp, tn: over(fp + fn, tp + fn + fp + tn),
                        "That is the error, 1 minus the accuracy.",
                    ),
                    Mistake(
                        "balanced",
                        lambda sensitivity, specificity: (sensitivity + specificity) / 2,
                        "That is the mean of the two rates (balanced accuracy).",
                    ),
                ],
            ),
            Step(
                "precision",
                "The precision (PPV)",
                lambda tp, fp: over(tp, tp + fp),
                number(significant=3),
                hint="Of those called positive, which share is? Stay in the first column.",
                explain="{tp:d} of {tp:d} + {fp:d} patterns called positive are positive.",
                mistakes=[
                    Mistake(
                        "recall",
                        lambda tp, fn: over(tp, tp + fn),
                        "You divided by the truly positive: that is the recall.",
                    ),
                    Mistake(
                        "discovery",
                        lambda tp, fp: over(fp, tp + fp),
                        "That is the false discovery rate, 1 minus the precision.",
                    ),
                ],
            ),
            Step(
                "f1",
                "$F_1$",
                lambda precision, sensitivity: over(
                    2 * precision * sensitivity, precision + sensitivity
                ),
                number(relative=0.005),
                marks=2,
                hint="The harmonic mean of precision and recall; or straight from the counts.",
                explain="$2PR / (P + R)$, or without rounding on the way "
                "$2\\,TP / (2\\,TP + FP + FN)$ with $TP = {tp:d}$, $FP = {fp:d}$, $FN = {fn:d}$.",
                mistakes=[
                    Mistake(
                        "mean",
                        lambda precision, sensitivity: (precision + sensitivity) / 2,
                        "You took the arithmetic mean; $F_1$ is the harmonic one.",
                    ),
                    Mistake(
                        "half",
                        lambda precision, sensitivity: over(
                            precision * sensitivity, precision + sensitivity
                        ),
                        "The factor 2 is missing.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "metrics.table",
    topic="metrics",
    title="The rest of the table: prevalence, FDR, likelihood ratios, odds",
    minutes=8,
    sources=["000A:29", "000A:30"],
    variants={"lecture": FACES},
)
def rest_of_table(draw: Draw) -> Exercise:
    tp, fn = draw.integer("tp", 30, 95), draw.integer("fn", 4, 28)
    fp, tn = draw.integer("fp", 50, 200), draw.integer("tn", 500, 3000)
    return Exercise(
        "A diagnostic test was tried on people of whom we know who is ill (positive):\n" + TABLE,
        givens={"tp": tp, "fn": fn, "fp": fp, "tn": tn},
        steps=[
            Step(
                "prevalence",
                "The prevalence",
                lambda tp, fn, fp, tn: over(tp + fn, tp + fn + fp + tn),
                number(significant=3),
                hint="Which share of all people is ill?",
                explain="{tp:d} + {fn:d} ill people among all.",
                mistakes=[
                    Mistake(
                        "called",
                        lambda tp, fn, fp, tn: over(tp + fp, tp + fn + fp + tn),
                        "You counted those called positive.",
                    )
                ],
            ),
            Step(
                "dummy",
                "The accuracy of a test that calls everybody healthy",
                lambda prevalence: 1 - prevalence,
                number(significant=4),
                hint="It is right for every healthy person.",
                explain="It is wrong only about the ill: 1 minus the prevalence.",
                mistakes=[
                    Mistake(
                        "wrong_share",
                        lambda prevalence: prevalence,
                        "That is how often it is wrong.",
                    )
                ],
            ),
            Step(
                "fdr",
                "The false discovery rate",
                lambda tp, fp: over(fp, tp + fp),
                number(significant=3),
                hint="Of those called ill, which share is healthy?",
                explain="{fp:d} of {tp:d} + {fp:d} people called ill are healthy.",
                mistakes=[
                    Mistake(
                        "fpr",
                        lambda fp, tn: over(fp, fp + tn),
                        "You divided by all healthy people: that is the false positive rate.",
                    ),
                    Mistake("ppv", lambda tp, fp: over(tp, tp + fp), "That is the precision."),
                ],
            ),
            Step(
                "lr_plus",
                "The positive likelihood ratio $LR_+$",
                lambda tp, fn, fp, tn: over(over(tp, tp + fn), over(fp, fp + tn)),
                number(relative=0.005),
                marks=2,
                hint="TPR over FPR.",
                explain=lambda tp, fn, fp, tn: (
                    f"$TPR = {tp / (tp + fn):.4g}$ and $FPR = {fp / (fp + tn):.4g}$."
                ),
                mistakes=[
                    Mistake(
                        "counts",
                        lambda tp, fp: over(tp, fp),
                        "Divide the rates, not the counts.",
                    ),
                    Mistake(
                        "tnr",
                        lambda tp, fn, fp, tn: over(over(tp, tp + fn), over(tn, fp + tn)),
                        "You divided by the TNR.",
                    ),
                ],
            ),
            Step(
                "lr_minus",
                "The negative likelihood ratio $LR_-$",
                lambda tp, fn, fp, tn: over(over(fn, tp + fn), over(tn, fp + tn)),
                number(relative=0.005),
                marks=2,
                hint="FNR over TNR.",
                explain=lambda tp, fn, fp, tn: (
                    f"$FNR = {fn / (tp + fn):.4g}$ and $TNR = {tn / (fp + tn):.4g}$."
                ),
                mistakes=[
                    Mistake(
                        "counts",
                        lambda fn, tn: over(fn, tn),
                        "Divide the rates, not the counts.",
                    ),
                    Mistake(
                        "turned",
                        lambda tp, fn, fp, tn: over(over(tn, fp + tn), over(fn, tp + fn)),
                        "Turned upside down.",
                    ),
                ],
            ),
            Step(
                "dor",
                "The diagnostic odds ratio",
                lambda lr_plus, lr_minus: over(lr_plus, lr_minus),
                number(relative=0.01),
                hint="$LR_+ / LR_-$; all denominators cancel.",
                explain="$LR_+ / LR_- = TP \\cdot TN / (FP \\cdot FN)$ "
                "$= {tp:d} \\cdot {tn:d} / ({fp:d} \\cdot {fn:d})$.",
                mistakes=[
                    Mistake(
                        "product",
                        lambda lr_plus, lr_minus: lr_plus * lr_minus,
                        "Divide the two ratios.",
                    )
                ],
            ),
        ],
    )


@exercise_type(
    "metrics.retrieval",
    topic="metrics",
    title="Precision and recall of a search",
    minutes=3,
    sources=["000A:32"],
    variants={
        "lecture-recall": {"relevant": 1000, "retrieved": 160, "hits": 100},
        "lecture-precision": {"relevant": 80, "retrieved": 100, "hits": 20},
    },
)
def retrieval(draw: Draw) -> Exercise:
    hits = draw.integer("hits", 12, 90)
    retrieved = draw.choice("retrieved", range(hits + 10, 4 * hits, 2))
    relevant = draw.choice("relevant", [n for n in range(hits + 5, 6 * hits, 3) if n != retrieved])
    return Exercise(
        "An archive holds {relevant:d} articles about an earthquake. A search returns "
        "{retrieved:d} articles; {hits:d} of these are about it.",
        givens={"relevant": relevant, "retrieved": retrieved, "hits": hits},
        steps=[
            Step(
                "precision",
                "The precision",
                lambda hits, retrieved: over(hits, retrieved),
                number(significant=3),
                hint="Of what was returned, which share is right?",
                explain="{hits:d} of {retrieved:d} returned articles.",
                mistakes=[
                    Mistake(
                        "recall",
                        lambda hits, relevant: over(hits, relevant),
                        "You divided by what there is to find: that is the recall.",
                    )
                ],
            ),
            Step(
                "recall",
                "The recall",
                lambda hits, relevant: over(hits, relevant),
                number(significant=3),
                hint="Of what there is to find, which share came?",
                explain="{hits:d} of {relevant:d} articles that exist.",
                mistakes=[
                    Mistake(
                        "precision",
                        lambda hits, retrieved: over(hits, retrieved),
                        "You divided by what was returned: that is the precision.",
                    )
                ],
            ),
            Step(
                "f1",
                "$F_1$",
                lambda precision, recall: over(2 * precision * recall, precision + recall),
                number(relative=0.005),
                hint="The harmonic mean of the two.",
                explain="$2PR/(P+R)$ with $P = {precision:}$ and $R = {recall:}$.",
                mistakes=[
                    Mistake(
                        "half",
                        lambda precision, recall: over(precision * recall, precision + recall),
                        "The factor 2 is missing.",
                    ),
                    Mistake(
                        "mean",
                        lambda precision, recall: (precision + recall) / 2,
                        "You took the arithmetic mean; $F_1$ is the harmonic one.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "metrics.bayes",
    topic="metrics",
    title="What a positive test means: prevalence and PPV",
    minutes=6,
    sources=["000A:30"],
)
def bayes(draw: Draw) -> Exercise:
    N = draw.choice("N", [10_000, 20_000, 50_000, 100_000])
    prevalence = draw.choice("prevalence", [0.5, 1, 1.5, 2, 3, 4, 5, 8])
    tpr, tnr = draw.integer("tpr", 80, 99), draw.integer("tnr", 82, 97)
    return Exercise(
        "{N:d} people are screened; {prevalence:g} % of them are ill. The test finds {tpr:d} % of "
        "the ill and wrongly reports $100 - {tnr:d}$ % of the healthy (specificity {tnr:d} %).",
        givens={"N": N, "prevalence": prevalence, "tpr": tpr, "tnr": tnr},
        steps=[
            Step(
                "tp",
                "How many true positives are expected?",
                lambda N, prevalence, tpr: N * prevalence * tpr / 10_000,
                number(relative=0.001),
                hint="First the number of the ill, then the share that is found.",
                explain="${N:d} \\cdot {prevalence:g}\\,\\% \\cdot {tpr:d}\\,\\%$.",
                mistakes=[
                    Mistake(
                        "of_all",
                        lambda N, tpr: N * tpr / 100,
                        "The sensitivity is a share of the ill, not of all.",
                    )
                ],
            ),
            Step(
                "fp",
                "How many false positives?",
                lambda N, prevalence, tnr: N * (100 - prevalence) * (100 - tnr) / 10_000,
                number(relative=0.001),
                hint="A share of the healthy.",
                explain="${N:d} \\cdot (100 - {prevalence:g})\\,\\% \\cdot (100 - {tnr:d})\\,\\%$.",
                mistakes=[
                    Mistake(
                        "of_all",
                        lambda N, tnr: N * (100 - tnr) / 100,
                        "False positives come from the healthy, not from all.",
                    ),
                    Mistake(
                        "of_the_ill",
                        lambda N, prevalence, tnr: N * prevalence * (100 - tnr) / 10_000,
                        "You took a share of the ill.",
                    ),
                ],
            ),
            Step(
                "ppv",
                "The probability that somebody with a positive test is ill",
                lambda tp, fp: over(tp, tp + fp),
                number(significant=3),
                marks=2,
                hint="Among the positive tests, how many are true?",
                explain="$TP / (TP + FP)$ with $TP = {tp:}$ and $FP = {fp:}$: Bayes' rule in "
                "numbers of people.",
                mistakes=[
                    Mistake(
                        "sensitivity",
                        lambda tpr: tpr / 100,
                        "That is the probability of a positive test given illness: the other way "
                        "round.",
                    ),
                    Mistake(
                        "no_prevalence",
                        lambda tpr, tnr: tpr / (tpr + 100 - tnr),
                        "You left the prevalence out, as if half of the people were ill.",
                    ),
                ],
            ),
            Step(
                "dummy",
                "The accuracy, in %, of declaring everybody healthy",
                lambda prevalence: 100 - prevalence,
                number(relative=0.0001),
                hint="It errs about the ill only.",
                explain="$100 - {prevalence:g}$: a useless rule with a fine accuracy.",
                mistakes=[
                    Mistake(
                        "specificity", lambda tnr: tnr, "That is the specificity of the real test."
                    )
                ],
            ),
        ],
    )


def tally(true, predicted) -> np.ndarray:
    """[TP, FP, FN, TN] of labels 1 and 0."""
    t, p = np.asarray(true) == 1, np.asarray(predicted) == 1
    return np.array([(t & p).sum(), (~t & p).sum(), (t & ~p).sum(), (~t & ~p).sum()])


@exercise_type(
    "metrics.confusion",
    topic="metrics",
    title="Fill and read a confusion matrix of three classes",
    minutes=6,
    sources=["000A:26", "000A:28"],
)
def confusion(draw: Draw) -> Exercise:
    def rows(d: Draw):
        true = [1, 1, 1, 2, 2, 2, 3, 3, 3, *d.integers("more", 3, 1, 3)]
        wrong = d.sample("wrong", range(12), 5)
        shift = d.integers("shift", 12, 1, 2)
        answers = [
            (t - 1 + (s if i in wrong else 0)) % 3 + 1
            for i, (t, s) in enumerate(zip(true, shift, strict=True))
        ]
        return d.shuffle("order", [[t, a] for t, a in zip(true, answers, strict=True)])

    def telling(pairs):
        table = filled(np.array(pairs))
        mirrored = (table == table.T).all()
        return not mirrored and np.any(table.sum(0) != table.sum(1)) and table.sum(0).min() > 0

    pairs = draw.search("pairs", rows, telling)
    table = filled(np.array(pairs))
    sides = [c for c in (1, 2, 3) if table.sum(0)[c - 1] != table.sum(1)[c - 1]]
    c = draw.choice("c", [c for c in sides if table[c - 1, c - 1]] or sides)
    return Exercise(
        "Twelve patterns of the classes 1, 2, 3 were classified:\n"
        "{pairs:table #, true class, predicted class}\n"
        "In the confusion matrix row = true class, column = predicted class.",
        givens={"pairs": pairs, "c": c},
        steps=[
            Step(
                "matrix",
                "The confusion matrix, in counts",
                lambda pairs: filled(pairs),
                matrix(3, 3),
                marks=3,
                hint="One stroke per pattern: row by its true class, column by its prediction.",
                explain=lambda pairs: (
                    "Row sums are the class sizes: "
                    + listed(filled(np.asarray(pairs)).sum(axis=1))
                    + "."
                ),
                mistakes=[
                    Mistake(
                        "transposed",
                        lambda pairs: filled(pairs).T,
                        "Rows and columns are swapped: here a row is a true class.",
                    )
                ],
            ),
            Step(
                "accuracy",
                "The accuracy",
                lambda matrix: over(np.trace(matrix), matrix.sum()),
                number(significant=3),
                hint="The diagonal over everything.",
                explain="The sum of the diagonal over 12.",
                mistakes=[
                    Mistake(
                        "error",
                        lambda matrix: 1 - over(np.trace(matrix), matrix.sum()),
                        "That is the error.",
                    )
                ],
            ),
            Step(
                "recall",
                "The recall of class {c:d}",
                lambda matrix, c: over(matrix[c - 1, c - 1], matrix[c - 1].sum()),
                number(significant=3),
                hint="Divide by the row.",
                explain="The diagonal entry over the sum of row {c:d}.",
                mistakes=[
                    Mistake(
                        "precision",
                        lambda matrix, c: over(matrix[c - 1, c - 1], matrix[:, c - 1].sum()),
                        "You divided by the column: that is the precision.",
                    )
                ],
            ),
            Step(
                "precision",
                "The precision of class {c:d}",
                lambda matrix, c: over(matrix[c - 1, c - 1], matrix[:, c - 1].sum()),
                number(significant=3),
                hint="Divide by the column.",
                explain="The diagonal entry over the sum of column {c:d}.",
                mistakes=[
                    Mistake(
                        "recall",
                        lambda matrix, c: over(matrix[c - 1, c - 1], matrix[c - 1].sum()),
                        "You divided by the row: that is the recall.",
                    )
                ],
            ),
        ],
    )


def filled(pairs) -> np.ndarray:
    table = np.zeros((3, 3), dtype=int)
    for true, predicted in pairs:
        table[int(true) - 1, int(predicted) - 1] += 1
    return table


@exercise_type(
    "metrics.overfit",
    topic="metrics",
    title="Empirical error, true error, and does it overfit?",
    minutes=6,
    sources=["000A:26"],
)
def overfit(draw: Draw) -> Exercise:
    def whole(d: Draw):
        xs = sorted(d.sample("x", range(1, 20), 8))
        a, b = d.sample("cuts", [v + 0.5 for v in range(3, 17)], 2)
        c = d.integer("c", 7, 13)
        flips = d.sample("flips", range(8), 2)
        labels = [int(x > c) ^ (i in flips) for i, x in enumerate(xs)]
        return [list(p) for p in zip(xs, labels, strict=True)], a, b, c

    def telling(parts):
        points, a, b, c = parts
        first, second = misses(points, a), misses(points, b)
        far = abs(a - c) != abs(b - c)
        return first != second and far and 0 < sum(t for _, t in points) < 8 and min(first, second)

    points, a, b, c = draw.search("all", whole, telling)
    return Exercise(
        "Inputs are uniform on $[0, 20]$; the concept is $c(x) = 1$ if $x > {c:d}$, else 0. Two of "
        "the eight training labels were recorded wrongly:\n{points:table #, $x$, label}\n"
        "Two hypotheses: $h(x) = 1$ if $x > {a:}$, and $h'(x) = 1$ if $x > {b:}$ (else 0).",
        givens={"points": points, "a": a, "b": b, "c": c},
        steps=[
            Step(
                "empirical",
                "The empirical errors of $h$ and $h'$",
                lambda points, a, b: [misses(points, a) / 8, misses(points, b) / 8],
                vector("h", "h'"),
                marks=2,
                hint="Compare with the labels in the table, not with the concept.",
                explain=lambda points, a, b: (
                    f"{misses(points, a)} and {misses(points, b)} of 8 labels are missed."
                ),
                mistakes=[
                    Mistake(
                        "counted",
                        lambda points, a, b: [misses(points, a), misses(points, b)],
                        "The empirical error is a fraction; divide by the number of examples.",
                    ),
                    Mistake(
                        "accuracy",
                        lambda points, a, b: [1 - misses(points, a) / 8, 1 - misses(points, b) / 8],
                        "Those are the accuracies.",
                    ),
                ],
            ),
            Step(
                "true",
                "Their true errors",
                lambda a, b, c: [abs(a - c) / 20, abs(b - c) / 20],
                vector("h", "h'"),
                marks=2,
                hint="Where does the hypothesis disagree with the concept? How long is that piece?",
                explain="They disagree between {a:} and {c:d}, and between {b:} and {c:d}; divide "
                "the lengths by 20.",
                mistakes=[
                    Mistake(
                        "lengths",
                        lambda a, b, c: [abs(a - c), abs(b - c)],
                        "A probability: divide the length by that of the whole interval.",
                    ),
                    Mistake(
                        "each_other",
                        lambda a, b: [abs(a - b) / 20] * 2,
                        "Compare each with the concept, not with each other.",
                    ),
                ],
            ),
            Step(
                "overfits",
                "Which hypothesis overfits, by the definition, as compared with the other?",
                lambda empirical, true: judged(empirical, true),
                choice(["h", "h'", "neither"]),
                hint="Better on the training set and worse on the distribution.",
                explain="Smaller empirical and larger true error than the other: **{overfits:}**.",
                mistakes=[
                    Mistake(
                        "training_only",
                        lambda empirical: "h" if empirical[0] < empirical[1] else "h'",
                        "A smaller training error alone is no overfitting; the true error decides.",
                    ),
                    Mistake(
                        "true_only",
                        lambda true: "h" if true[0] > true[1] else "h'",
                        "A larger true error alone is no overfitting.",
                    ),
                ],
            ),
        ],
    )


def misses(points, cut: float) -> int:
    return sum(int(x > cut) != int(t) for x, t in points)


def judged(empirical, true) -> str:
    if empirical[0] < empirical[1] and true[0] > true[1]:
        return "h"
    return "h'" if empirical[1] < empirical[0] and true[1] > true[0] else "neither"


@exercise_type(
    "metrics.rmse",
    topic="metrics",
    title="Root mean squared error",
    minutes=4,
    sources=["000A:28"],
    variants={"lecture": {"rows": [[2.5, 3], [0, -0.5], [2, 2], [8, 7]]}},
)
def rmse(draw: Draw) -> Exercise:
    def rows(d: Draw):
        true = d.decimals("true", 5, -4, 9, 0.5)
        off = d.decimals("off", 5, -2, 2, 0.5)
        return [[t + o, t] for t, o in zip(true, off, strict=True)]

    def telling(rows):
        off = np.array([p - t for p, t in rows])
        return abs(off.sum()) > 0.9 and len(set(np.abs(off))) > 2

    rows = draw.search("rows", rows, telling)
    return Exercise(
        "A regression predicts:\n{rows:table #, predicted, true}",
        givens={"rows": rows},
        steps=[
            Step(
                "mse",
                "The mean of the squared deviations",
                lambda rows: np.mean((rows[:, 0] - rows[:, 1]) ** 2),
                number(significant=4),
                marks=2,
                hint="Subtract, square, add, divide by the number of rows.",
                explain=lambda rows: f"$({plus((rows[:, 0] - rows[:, 1]) ** 2)}) / {len(rows)}$.",
                mistakes=[
                    Mistake(
                        "absolute",
                        lambda rows: np.mean(np.abs(rows[:, 0] - rows[:, 1])),
                        "You took absolute values (MAE); square the deviations.",
                    ),
                    Mistake(
                        "sample",
                        lambda rows: np.sum((rows[:, 0] - rows[:, 1]) ** 2) / (len(rows) - 1),
                        "Divide by $N$, not by $N - 1$: nothing was estimated here.",
                    ),
                    Mistake(
                        "cancelled",
                        lambda rows: np.mean(rows[:, 0] - rows[:, 1]) ** 2,
                        "Square first, then take the mean; otherwise errors cancel.",
                    ),
                ],
            ),
            Step(
                "rmse",
                "The RMSE",
                lambda mse: sqrt(mse),
                number(significant=4),
                hint="Its unit is that of the targets.",
                explain="The square root of {mse:}.",
                mistakes=[Mistake("no_root", lambda mse: mse, "Take the root.")],
            ),
        ],
    )


# --- thresholds and curves ------------------------------------------------------------------------


def scored(d: Draw, positives: int, negatives: int, tie: bool = False) -> list[list[float]]:
    """Rows of (score, label): all scores different, or two classes sharing one."""
    n = positives + negatives
    scores = d.sample("scores", [round(0.05 * i, 2) for i in range(1, 20)], n)
    labels = d.shuffle("labels", [1] * positives + [0] * negatives)
    rows = [[s, t] for s, t in zip(scores, labels, strict=True)]
    if tie:
        i = next(i for i, (_, t) in enumerate(rows) if t == 1)
        j = next(j for j, (_, t) in enumerate(rows) if t == 0)
        rows[i][0] = rows[j][0]
    return rows


def staircase(rows) -> np.ndarray:
    """The ROC points (FPR, TPR) from (0, 0) to (1, 1), equal scores in one step."""
    s, t = np.asarray(rows, dtype=float).T
    cuts = sorted(set(s.tolist()), reverse=True)
    points = [
        [np.sum((s >= v) & (t == 0)) / np.sum(t == 0), np.sum((s >= v) & (t == 1)) / np.sum(t == 1)]
        for v in cuts
    ]
    return np.array([[0.0, 0.0], *points])


def area(points) -> float:
    x, y = np.asarray(points, dtype=float).T
    return float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2))


@exercise_type(
    "metrics.roc",
    topic="metrics",
    title="ROC points and AUC by hand",
    minutes=9,
    sources=["000A:31"],
    variants={
        "lecture": {
            "rows": [[0.9, 1], [0.8, 1], [0.7, 0], [0.4, 1], [0.3, 0], [0.2, 0]],
        }
    },
)
def roc(draw: Draw) -> Exercise:
    def rows(d: Draw):
        return scored(d, d.integer("p", 3, 4), d.integer("n", 3, 5), d.integer("tie", 0, 2) == 0)

    rows = draw.search("rows", rows, lambda r: 0.55 < area(staircase(r)) < 0.99)
    return Exercise(
        "A classifier gave these scores (label 1 = positive, 0 = negative):\n"
        "{rows:table #, score, label}\nA pattern is called positive if its score is at least the "
        "threshold. The threshold comes down from above all scores; equal scores turn positive "
        "together.",
        givens={"rows": rows},
        steps=[
            Step(
                "curve",
                "The points of the ROC curve, from $(0, 0)$ to $(1, 1)$, one per different score",
                lambda rows: staircase(rows),
                states("FPR", "TPR", decimals=3),
                marks=4,
                hint="Sort by falling score. A positive goes up by $1/N_p$, a negative right by "
                "$1/N_n$.",
                explain=lambda rows: (
                    "By falling score the labels are "
                    + listed(t for _, t in sorted(np.asarray(rows).tolist(), reverse=True))
                    + "; equal scores make one step."
                ),
                mistakes=[
                    Mistake(
                        "axes_swapped",
                        lambda rows: staircase(rows)[:, ::-1],
                        "FPR is the first coordinate, TPR the second.",
                    ),
                    Mistake(
                        "rising",
                        lambda rows: staircase([[-s, t] for s, t in rows]),
                        "You started from the lowest score.",
                    ),
                ],
            ),
            Step(
                "auc",
                "The area under it",
                lambda curve: area(curve),
                number(decimals=3),
                marks=2,
                hint="Either the rectangles under the curve, or the share of (positive, negative) "
                "pairs in the right order, an equal pair counting one half.",
                explain=lambda rows: pairs_told(np.asarray(rows)),
                mistakes=[
                    Mistake(
                        "above",
                        lambda curve: 1 - area(curve),
                        "That is the area above the curve.",
                    ),
                    Mistake(
                        "pairs",
                        lambda rows: (
                            area(staircase(rows))
                            * np.sum(rows[:, 1] == 1)
                            * np.sum(rows[:, 1] == 0)
                        ),
                        "You counted the ordered pairs; divide by the number of pairs.",
                    ),
                ],
            ),
        ],
    )


def pairs_told(rows) -> str:
    s, t = rows.astype(float).T
    n_p, n_n = int((t == 1).sum()), int((t == 0).sum())
    good = area(staircase(rows)) * n_p * n_n
    return f"Of ${n_p} \\cdot {n_n}$ pairs {good:g} are in order: ${good:g} / {n_p * n_n}$."


@exercise_type(
    "metrics.threshold",
    topic="metrics",
    title="Apply a threshold, then choose one",
    minutes=6,
    sources=["000A:29", "000A:31"],
)
def threshold(draw: Draw) -> Exercise:
    def whole(d: Draw):
        rows = scored(d, 4, 5)
        return rows, d.choice("t", sorted(s for s, _ in rows)[2:7]), d.choice("limit", [20, 40])

    def telling(parts):
        rows, t, limit = parts
        tp, fp, fn, tn = tally([r[1] for r in rows], [r[0] > t for r in rows])
        best = lowest(rows, limit, 0)
        return (
            min(tp, fp, fn) > 0
            and tp != fn
            and tp + fp != 5
            and best > t
            and best != lowest(rows, limit, 1)
        )

    rows, t, limit = draw.search("all", whole, telling)
    return Exercise(
        "Nine windows of a picture, their face scores, and whether they show a face (1) or not "
        "(0):\n{rows:table #, score, face}\nA window is accepted if its score is **greater than** "
        "the threshold $t$.",
        givens={"rows": rows, "t": t, "limit": limit},
        steps=[
            Step(
                "counts",
                "For $t = {t:}$: TP, FP, FN, TN",
                lambda rows, t: tally(rows[:, 1], rows[:, 0] > t),
                vector("TP", "FP", "FN", "TN", partial=True),
                marks=2,
                hint="Who is accepted? A score equal to $t$ is not.",
                explain="Accepted are the scores above {t:}.",
                mistakes=[
                    Mistake(
                        "at_least",
                        lambda rows, t: tally(rows[:, 1], rows[:, 0] >= t),
                        "A score equal to the threshold is not accepted here.",
                    ),
                    Mistake(
                        "swapped",
                        lambda rows, t: tally(rows[:, 1], rows[:, 0] > t)[[0, 2, 1, 3]],
                        "FP are non-faces that were accepted, FN faces that were refused.",
                    ),
                ],
            ),
            Step(
                "fpr",
                "The false positive rate",
                lambda counts: over(counts[1], counts[1] + counts[3]),
                number(significant=3),
                hint="Divide by the number of negatives $N_n$.",
                explain="$FP / N_n$.",
                mistakes=[
                    Mistake(
                        "of_accepted",
                        lambda counts: over(counts[1], counts[0] + counts[1]),
                        "You divided by the accepted windows (false discovery rate).",
                    ),
                    Mistake(
                        "of_all",
                        lambda counts: over(counts[1], sum(counts)),
                        "Divide by the negatives only.",
                    ),
                ],
            ),
            Step(
                "fnr",
                "The false negative rate",
                lambda counts: over(counts[2], counts[0] + counts[2]),
                number(significant=3),
                hint="Divide by the number of positives $N_p$.",
                explain="$FN / N_p$.",
                mistakes=[
                    Mistake(
                        "tpr",
                        lambda counts: over(counts[0], counts[0] + counts[2]),
                        "That is the true positive rate.",
                    ),
                    Mistake(
                        "of_all",
                        lambda counts: over(counts[2], sum(counts)),
                        "Divide by the positives only.",
                    ),
                ],
            ),
            Step(
                "best",
                "The lowest of the printed scores that, as $t$, keeps the FPR at {limit:d} % or "
                "below",
                lambda rows, limit: lowest(rows, limit, 0),
                number(decimals=2),
                marks=2,
                hint="How many negatives may be accepted? Lower $t$ until one more would be.",
                explain=lambda limit: (
                    f"{limit} % of 5 negatives: at most {limit * 5 // 100} may score above $t$. "
                    "So $t$ is the score of the next negative."
                ),
                mistakes=[
                    Mistake(
                        "fnr_limit",
                        lambda rows, limit: lowest(rows, limit, 1),
                        "You held the false negatives below the limit.",
                    ),
                    Mistake(
                        "one_too_few",
                        lambda rows, limit: lowest(rows, limit - 20, 0),
                        "One more negative may be accepted; lower is better, since it finds more "
                        "faces.",
                    ),
                ],
            ),
        ],
    )


def lowest(rows, limit: float, label: int) -> float:
    """The lowest score that, as t, keeps the share of `label` above t at the limit (percent)."""
    rows = np.asarray(rows, dtype=float)
    own = rows[rows[:, 1] == label, 0]
    return min(float(t) for t in rows[:, 0] if 100 * np.sum(own > t) <= limit * len(own))


@exercise_type(
    "metrics.cost",
    topic="metrics",
    title="When mistakes differ in price: the cheapest threshold",
    minutes=6,
    sources=["000A:31"],
)
def cost(draw: Draw) -> Exercise:
    def whole(d: Draw):
        c_fp, c_fn = d.choice("fp", [1, 2, 3]), d.choice("fn", [4, 6, 7, 9, 12, 17])
        rows = scored(d, 3, 5)
        return c_fp, c_fn, rows

    def telling(parts):
        c_fp, c_fn, rows = parts
        t, true, p = c_fp / (c_fp + c_fn), [r[1] for r in rows], np.array([r[0] for r in rows])
        here, half = tally(true, p > t), tally(true, p > 0.5)
        return (
            min(abs(p - t)) > 0.01 and here[1] > 0 and here[2] > 0 and any(here != half)
            and here[1] != here[2] and any(p == 0.5) <= 0
        )  # fmt: skip

    c_fp, c_fn, rows = draw.search("all", whole, telling)
    return Exercise(
        "A false alarm costs {c_fp:d}, a miss {c_fn:d}; right answers cost nothing. The "
        "probabilities of the positive class are well calibrated:\n"
        "{rows:table #, probability, true class}",
        givens={"c_fp": c_fp, "c_fn": c_fn, "rows": rows},
        steps=[
            Step(
                "t",
                "The probability above which \u201cpositive\u201d is the cheaper answer",
                lambda c_fp, c_fn: over(c_fp, c_fp + c_fn),
                number(significant=3),
                marks=2,
                hint="Saying positive costs $(1-p)\\,c_{FP}$ on average, saying negative "
                "$p\\,c_{FN}$. When are they equal?",
                explain="$p\\,c_{FN} > (1-p)\\,c_{FP}$ means "
                "$p > c_{FP} / (c_{FP} + c_{FN}) = {c_fp:d} / ({c_fp:d} + {c_fn:d})$.",
                mistakes=[
                    Mistake(
                        "swapped",
                        lambda c_fp, c_fn: over(c_fn, c_fp + c_fn),
                        "Swapped: an expensive miss lowers the threshold.",
                    ),
                    Mistake(
                        "ratio",
                        lambda c_fp, c_fn: over(c_fp, c_fn),
                        "That is the ratio of the odds; divide by the sum of the costs.",
                    ),
                    Mistake("half", 0.5, "One half is right only for equal costs."),
                ],
            ),
            Step(
                "wrong",
                "With this threshold: the numbers of false positives and false negatives",
                lambda rows, t: tally(rows[:, 1], rows[:, 0] > t)[1:3],
                vector("FP", "FN"),
                marks=2,
                hint="Call positive whoever is above the threshold; compare with the truth.",
                explain="Positive are the probabilities above {t:}.",
                mistakes=[
                    Mistake(
                        "at_half",
                        lambda rows: tally(rows[:, 1], rows[:, 0] > 0.5)[1:3],
                        "You decided at one half.",
                    ),
                    Mistake(
                        "swapped",
                        lambda rows, t: tally(rows[:, 1], rows[:, 0] > t)[[2, 1]],
                        "FP first: negatives that were called positive.",
                    ),
                ],
            ),
            Step(
                "total",
                "The total cost",
                lambda wrong, c_fp, c_fn: wrong[0] * c_fp + wrong[1] * c_fn,
                number(significant=4),
                hint="Each mistake at its own price.",
                explain="$FP \\cdot {c_fp:d} + FN \\cdot {c_fn:d}$.",
                mistakes=[
                    Mistake("counted", lambda wrong: sum(wrong), "You counted the mistakes."),
                    Mistake(
                        "swapped",
                        lambda wrong, c_fp, c_fn: wrong[1] * c_fp + wrong[0] * c_fn,
                        "You swapped the prices.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "metrics.open_set",
    topic="metrics",
    title="None of these: rejection by a threshold",
    minutes=6,
    sources=["000A:29"],
)
def open_set(draw: Draw) -> Exercise:
    def whole(d: Draw):
        first = d.integers("first", 7, 4, 9)
        rows = []
        for i, top in enumerate(first):
            rest = 10 - top
            low = d.integer(f"low{i}", max(0, rest - top + 1), min(rest, top - 1))
            spread = d.shuffle(f"order{i}", [top, low, rest - low])
            rows.append([v / 10 for v in spread])
        true = d.integers("true", 7, 0, 3)
        return [[*row, t] for row, t in zip(rows, true, strict=True)], d.choice(
            "t", [0.5, 0.6, 0.7]
        )

    def telling(parts):
        rows, t = np.array(parts[0]), parts[1]
        got, plain = named(rows, t), np.argmax(rows[:, :3], axis=1) + 1
        known, strange = rows[:, 3] > 0, rows[:, 3] == 0
        if strange.sum() < 2 or known.sum() < 4:
            return False
        right = known & (plain == rows[:, 3])
        return (
            1 < np.sum(got == 0) < 5
            and any(np.max(rows[:, :3], axis=1) == t)
            and 0 < np.sum(strange & (got > 0)) < strange.sum()
            and 0 < np.sum(known & (got > 0) & right) < np.sum(known & (got > 0))
        )

    rows, t = draw.search("all", whole, telling)
    return Exercise(
        "A classifier knows the classes 1, 2, 3 and gives their probabilities. A pattern goes to "
        "the most probable class if its probability is **greater than** $t = {t:}$, otherwise it "
        "is rejected (0). True class 0 means: none of the three.\n"
        "{rows:table #, $p_1$, $p_2$, $p_3$, true class}",
        givens={"rows": rows, "t": t},
        steps=[
            Step(
                "assigned",
                "The answers for the seven patterns, 0 for rejected",
                lambda rows, t: named(rows, t),
                vector(length=7, partial=True),
                marks=3,
                hint="The largest probability of each row, then the comparison with $t$.",
                explain=lambda rows, t: (
                    "The largest probabilities are " + listed(rows[:, :3].max(axis=1)) + "."
                ),
                mistakes=[
                    Mistake(
                        "never_rejected",
                        lambda rows: np.argmax(rows[:, :3], axis=1) + 1,
                        "You did not use the threshold.",
                    ),
                    Mistake(
                        "at_least",
                        lambda rows, t: named(rows, t - 1e-9),
                        "A probability equal to $t$ is not greater than $t$.",
                    ),
                ],
            ),
            Step(
                "rejected",
                "The share of rejected patterns",
                lambda assigned: np.mean(np.asarray(assigned) == 0),
                number(significant=3),
                hint="Count the zeros.",
                explain="The zeros of {assigned:} over 7.",
                mistakes=[
                    Mistake(
                        "accepted",
                        lambda assigned: np.mean(np.asarray(assigned) != 0),
                        "That is the share of the accepted.",
                    )
                ],
            ),
            Step(
                "accuracy",
                "Among the accepted patterns of known classes, the share that is right",
                lambda assigned, rows: over(
                    np.sum((assigned > 0) & (assigned == rows[:, 3])),
                    np.sum((assigned > 0) & (rows[:, 3] > 0)),
                ),
                number(significant=3),
                marks=2,
                hint="Leave out the rejected, and those whose true class is 0.",
                explain="Right answers over accepted patterns with a true class of 1 to 3.",
                mistakes=[
                    Mistake(
                        "of_all",
                        lambda assigned, rows: np.mean(np.asarray(assigned) == rows[:, 3]),
                        "You counted all seven patterns.",
                    ),
                    Mistake(
                        "with_strangers",
                        lambda assigned, rows: over(
                            np.sum((assigned > 0) & (assigned == rows[:, 3])),
                            int(np.sum(np.asarray(assigned) > 0)),
                        ),
                        "Leave the accepted strangers out of this count.",
                    ),
                ],
            ),
        ],
    )


def named(rows, t: float) -> np.ndarray:
    p = np.asarray(rows)[:, :3]
    return np.where(p.max(axis=1) > t, np.argmax(p, axis=1) + 1, 0)


# --- rankings and boxes ---------------------------------------------------------------------------


def precisions(hits) -> np.ndarray:
    """Precision at the rank of each hit."""
    hits = np.asarray(hits, dtype=float)
    return (np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits == 1]


def best_ahead(values) -> np.ndarray:
    return np.maximum.accumulate(np.asarray(values, dtype=float)[::-1])[::-1]


def eleven(best, objects: int) -> float:
    """The mean of the interpolated precision at recall 0, 0.1, ..., 1."""
    places = [max(1, -(-j * objects // 10)) for j in range(11)]  # the hit that reaches recall j/10
    return float(sum(best[k - 1] for k in places if k <= len(best)) / 11)


@exercise_type(
    "metrics.ap",
    topic="metrics",
    title="Average precision of a ranked list, by three rules",
    minutes=10,
    sources=["000A:34", "000A:32"],
    variants={"lecture": {"all": ([1, 1, 0, 0, 0, 1, 1, 0, 0, 1], 5)}},
)
def ap(draw: Draw) -> Exercise:
    def whole(d: Draw):
        n = d.integer("n", 8, 10)
        hits = d.integers("hits", n, 0, 1)
        return hits, sum(hits) + d.integer("missed", 1, 2)

    def telling(parts):
        hits, objects = parts
        raw = precisions(hits)
        return 3 <= len(raw) <= 5 and any(best_ahead(raw) > raw + 0.02) and raw[0] > 0.4

    hits, objects = draw.search("all", whole, telling)
    return Exercise(
        "A detector's answers for one class, the surest first (1 = right, 0 = wrong): "
        "{hits:}. The pictures hold {objects:d} objects of this class.",
        givens={"hits": hits, "objects": objects},
        steps=[
            Step(
                "precision",
                "The precision at the rank of each right answer, in order",
                lambda hits: precisions(hits),
                vector(length=int(sum(hits)), decimals=3, partial=True),
                marks=2,
                hint="At the $k$-th right answer: $k$ over its rank.",
                explain=lambda hits: (
                    "Ranks "
                    + listed(np.flatnonzero(np.asarray(hits)) + 1)
                    + ": the first right answer is 1 of its rank, the second 2 of its rank, ..."
                ),
                mistakes=[
                    Mistake(
                        "inverse_rank",
                        lambda hits: 1 / (np.flatnonzero(np.asarray(hits)) + 1),
                        "At the $k$-th hit the list holds $k$ hits, not one.",
                    ),
                ],
            ),
            Step(
                "interpolated",
                "The same, interpolated: the best precision at this recall or beyond",
                lambda precision: best_ahead(precision),
                vector(length=int(sum(hits)), decimals=3, partial=True),
                marks=2,
                hint="From the last to the first: keep the largest so far.",
                explain="Read {precision:} from the right and never go down.",
                mistakes=[
                    Mistake(
                        "backwards",
                        lambda precision: np.maximum.accumulate(precision),
                        "You kept the best of the past; take the best of what is still to come.",
                    ),
                    Mistake("raw", lambda precision: precision, "Nothing was interpolated."),
                ],
            ),
            Step(
                "step",
                "The average precision without interpolation",
                lambda precision, objects: sum(precision) / objects,
                number(decimals=3),
                hint="Each object weighs $1/{objects:d}$; one that is never found brings 0.",
                explain=lambda precision, objects: f"$({plus(precision)}) / {objects}$.",
                mistakes=[
                    Mistake(
                        "of_found",
                        lambda precision: float(np.mean(precision)),
                        "Divide by all objects, also those never found.",
                    )
                ],
            ),
            Step(
                "ap",
                "The average precision with interpolation (area)",
                lambda interpolated, objects: sum(interpolated) / objects,
                number(decimals=3),
                hint="The same sum with the interpolated precisions.",
                explain=lambda interpolated, objects: f"$({plus(interpolated)}) / {objects}$.",
                mistakes=[
                    Mistake(
                        "of_found",
                        lambda interpolated: float(np.mean(interpolated)),
                        "Divide by all objects, also those never found.",
                    )
                ],
            ),
            Step(
                "eleven",
                "The 11-point average precision",
                lambda interpolated, objects: eleven(interpolated, objects),
                number(decimals=3),
                marks=2,
                hint="The interpolated precision at recall 0, 0.1, ..., 1; 0 where the recall is "
                "never reached; divide by 11.",
                explain=lambda interpolated, objects: (
                    "Recall $j/10$ is reached by hit number "
                    + listed(max(1, -(-j * objects // 10)) for j in range(11))
                    + f" for $j = 0, ..., 10$; there are {len(interpolated)} hits."
                ),
                mistakes=[
                    Mistake(
                        "ten",
                        lambda interpolated, objects: eleven(interpolated, objects) * 1.1,
                        "There are eleven recall levels.",
                    ),
                    Mistake(
                        "raw",
                        lambda precision, objects: eleven(precision, objects),
                        "Use the interpolated precisions.",
                    ),
                ],
            ),
        ],
    )


def overlap(a, b) -> tuple[float, float, float]:
    """Intersection and the two areas."""
    w = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    h = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    return w * h, (a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1])


@exercise_type(
    "metrics.iou",
    topic="metrics",
    title="Intersection over union of two boxes",
    minutes=4,
    sources=["000A:34"],
    variants={
        "lecture": {"boxes": ([0, 0, 10, 10], [5, 5, 15, 15])},
        "lecture-shifted": {"boxes": ([0, 0, 10, 10], [2, 0, 12, 10])},
    },
)
def iou(draw: Draw) -> Exercise:
    def boxes(d: Draw):
        x, y = d.integers("corner", 2, 0, 6)
        u, v = d.integers("shift", 2, -4, 4)
        w, h, p, q = d.integers("sides", 4, 4, 10)
        return [x + 4, y + 4, x + 4 + w, y + 4 + h], [x + 4 + u, y + 4 + v, x + 4 + u + p,
                                                     y + 4 + v + q]  # fmt: skip

    def telling(pair):
        shared, a, b = overlap(*pair)
        return 0.15 < shared / (a + b - shared) < 0.85 and abs(a - b) > 2 and shared < min(a, b)

    a, b = draw.search("boxes", boxes, telling)
    return Exercise(
        "Boxes are $(x_1, y_1, x_2, y_2)$. The object is at $A = {a:}$, a detector says "
        "$B = {b:}$.",
        givens={"a": a, "b": b},
        steps=[
            Step(
                "intersection",
                "The area of the intersection",
                lambda a, b: overlap(a, b)[0],
                number(relative=1e-6),
                hint="Width: smaller right edge minus larger left edge. Height alike. No overlap "
                "if one is negative.",
                explain=lambda a, b: (
                    f"Width ${min(a[2], b[2])} - {max(a[0], b[0])}$, height "
                    f"${min(a[3], b[3])} - {max(a[1], b[1])}$."
                ),
                mistakes=[
                    Mistake(
                        "hull",
                        lambda a, b: (
                            (max(a[2], b[2]) - min(a[0], b[0]))
                            * (max(a[3], b[3]) - min(a[1], b[1]))
                        ),
                        "That is the box around both.",
                    )
                ],
            ),
            Step(
                "union",
                "The area of the union",
                lambda a, b, intersection: overlap(a, b)[1] + overlap(a, b)[2] - intersection,
                number(relative=1e-6),
                hint="What both cover must not be counted twice.",
                explain=lambda a, b, intersection: (
                    f"${overlap(a, b)[1]} + {overlap(a, b)[2]} - {intersection:g}$."
                ),
                mistakes=[
                    Mistake(
                        "counted_twice",
                        lambda a, b: overlap(a, b)[1] + overlap(a, b)[2],
                        "The intersection is counted twice.",
                    )
                ],
            ),
            Step(
                "iou",
                "The intersection over union",
                lambda intersection, union: over(intersection, union),
                number(significant=3),
                hint="A number from 0 to 1.",
                explain="{intersection:} over {union:}.",
                mistakes=[
                    Mistake(
                        "of_the_object",
                        lambda a, b, intersection: over(intersection, overlap(a, b)[1]),
                        "Divide by the union, not by the area of $A$.",
                    )
                ],
            ),
            Step(
                "verdict",
                "Is the detection right at the threshold 0.5 (class right, IoU greater)?",
                lambda iou: "right" if iou > 0.5 else "wrong",
                choice(["right", "wrong"]),
                hint="Compare with 0.5.",
                explain="The IoU is {iou:}, to be compared with 0.5.",
                mistakes=[
                    Mistake(
                        "turned",
                        lambda iou: "wrong" if iou > 0.5 else "right",
                        "Compare again: greater than 0.5 is right.",
                    )
                ],
            ),
        ],
    )


@exercise_type(
    "metrics.map",
    topic="metrics",
    title="From overlaps to mAP",
    minutes=8,
    sources=["000A:34"],
)
def mean_ap(draw: Draw) -> Exercise:
    def whole(d: Draw):
        values = [round(0.05 * i, 2) for i in range(4, 20)]
        rows = [list(pair) for pair in zip(d.sample("cat", values, 5), d.sample("dog", values, 5),
                                           strict=True)]  # fmt: skip
        return rows, d.integer("n_cat", 3, 4), d.integer("n_dog", 3, 6)

    def telling(parts):
        rows, n_cat, n_dog = parts
        rows = np.array(rows)
        cat, dog = rows[:, 0] > 0.5, rows[:, 1] > 0.5
        return (
            n_cat != n_dog and 2 <= cat.sum() < n_cat and 1 <= dog.sum() < n_dog
            and (rows == 0.5).any(axis=0).all() and not cat.all() and not dog.all()
            and any(best_ahead(precisions(cat)) != precisions(cat))
        )  # fmt: skip

    rows, n_cat, n_dog = draw.search("all", whole, telling)

    def hits_step(name: str, column: int) -> Step:
        return Step(
            f"hits_{name}",
            f"The five answers for the {name}: 1 = right, 0 = wrong",
            lambda rows, column=column: (rows[:, column] > 0.5).astype(int),
            vector(length=5),
            hint="Greater than 0.5; exactly 0.5 is not.",
            explain="An answer is right if its IoU is greater than 0.5.",
            mistakes=[
                Mistake(
                    "at_least",
                    lambda rows, column=column: (rows[:, column] >= 0.5).astype(int),
                    "Exactly 0.5 is not greater than 0.5.",
                )
            ],
        )

    def ap_step(name: str) -> Step:
        return Step(
            f"ap_{name}",
            f"The interpolated average precision of the {name}",
            lambda hits, objects: np.sum(best_ahead(precisions(hits))) / objects,
            number(decimals=3),
            marks=2,
            hint="The precision at each hit, the best from there on, sum over the objects there "
            "are.",
            explain=lambda hits, objects: (
                f"Interpolated precisions {listed(np.round(best_ahead(precisions(hits)), 4))}; "
                f"divide their sum by {objects}."
            ),
            mistakes=[
                Mistake(
                    "of_found",
                    lambda hits: over(np.sum(best_ahead(precisions(hits))), np.sum(hits)),
                    "Divide by all objects, also those never found.",
                ),
            ],
            uses={"hits": f"hits_{name}", "objects": f"n_{name}"},
        )

    return Exercise(
        "A detector of cats and dogs gives five boxes of each class, the surest first. The table "
        "shows the IoU of each box with its own object (no object is claimed twice):\n"
        "{rows:table #, cat, dog}\n"
        "There are {n_cat:d} cats and {n_dog:d} dogs. Right means IoU **greater than** 0.5.",
        givens={"rows": rows, "n_cat": n_cat, "n_dog": n_dog},
        steps=[
            hits_step("cat", 0),
            hits_step("dog", 1),
            ap_step("cat"),
            ap_step("dog"),
            Step(
                "map",
                "The mAP",
                lambda ap_cat, ap_dog: (ap_cat + ap_dog) / 2,
                number(decimals=3),
                hint="Every class counts the same.",
                explain="The mean of {ap_cat:} and {ap_dog:}.",
                mistakes=[
                    Mistake(
                        "weighted",
                        lambda ap_cat, ap_dog, n_cat, n_dog: (
                            (ap_cat * n_cat + ap_dog * n_dog) / (n_cat + n_dog)
                        ),
                        "You weighted the classes by their objects; mAP does not.",
                    )
                ],
            ),
        ],
    )


# --- several labels -------------------------------------------------------------------------------


@exercise_type(
    "metrics.multilabel",
    topic="metrics",
    title="One-error and Hamming loss",
    minutes=6,
    sources=["000A:35"],
    variants={
        "lecture": {
            "all": (
                [[1, -1, 1], [-1, 1, -1], [1, 1, -1], [-1, -1, 1]],
                [[0.9, 0.2, 0.4], [0.6, 0.3, 0.1], [0.7, 0.8, 0.2], [0.1, 0.3, 0.9]],
            )
        }
    },
)
def multilabel(draw: Draw) -> Exercise:
    values = [0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9]

    def whole(d: Draw):
        n, q = d.integer("n", 4, 5), d.integer("q", 3, 4)
        scores = [d.sample(f"s{i}", values, q) for i in range(n)]
        flips = d.sample("flips", range(n * q), d.integer("k", 3, 5))
        labels = [
            [(1 if s > 0.5 else -1) * (-1 if i * q + j in flips else 1) for j, s in enumerate(row)]
            for i, row in enumerate(scores)
        ]
        return labels, scores

    def telling(parts):
        labels, scores = map(np.array, parts)
        n = len(labels)
        wrong = np.sum(labels != np.where(scores > 0.5, 1, -1))
        return (labels == 1).any(axis=1).all() and 0 < missed_tops(labels, scores) < n and wrong > 1

    labels, scores = draw.search("all", whole, telling)
    heads = ", ".join(["#", *(f"label {j + 1}" for j in range(len(labels[0])))])
    return Exercise(
        f"True labels ($+1$ or $-1$) of some patterns:\n{{labels:table {heads}}}\n"
        f"and the scores that a classifier gives:\n{{scores:table {heads}}}\n"
        "A label is predicted $+1$ if its score is greater than 0.5.",
        givens={"labels": labels, "scores": scores},
        steps=[
            Step(
                "one_error",
                "The one-error",
                lambda labels, scores: missed_tops(labels, scores) / len(labels),
                number(significant=3),
                marks=2,
                hint="In each row: is the label with the highest score really $+1$?",
                explain=lambda labels, scores: (
                    f"The top label is $-1$ in {missed_tops(labels, scores)} of {len(labels)} rows."
                ),
                mistakes=[
                    Mistake(
                        "counted",
                        lambda labels, scores: missed_tops(labels, scores),
                        "Divide by the number of patterns.",
                    ),
                    Mistake(
                        "right_share",
                        lambda labels, scores: 1 - missed_tops(labels, scores) / len(labels),
                        "That is the share of right top labels.",
                    ),
                ],
            ),
            Step(
                "wrong",
                "How many cells are predicted wrongly?",
                lambda labels, scores: np.sum(labels != np.where(scores > 0.5, 1, -1)),
                integer(),
                marks=2,
                hint="Compare the signs cell by cell.",
                explain="Turn each score into $+1$ or $-1$ at 0.5 and compare cell by cell.",
                mistakes=[
                    Mistake(
                        "rows",
                        lambda labels, scores: np.sum(
                            np.any(labels != np.where(scores > 0.5, 1, -1), axis=1)
                        ),
                        "You counted rows with a mistake; count cells.",
                    ),
                    Mistake(
                        "missed_only",
                        lambda labels, scores: np.sum((labels == 1) & (scores <= 0.5)),
                        "Labels wrongly predicted $+1$ count as well.",
                    ),
                ],
            ),
            Step(
                "hloss",
                "The Hamming loss",
                lambda wrong, labels: wrong / labels.size,
                number(significant=3),
                hint="Divide by patterns times labels.",
                explain=lambda wrong, labels: (
                    f"${wrong} / ({labels.shape[0]} \\cdot {labels.shape[1]})$."
                ),
                mistakes=[
                    Mistake(
                        "per_pattern",
                        lambda wrong, labels: wrong / len(labels),
                        "Divide by the number of labels as well.",
                    ),
                    Mistake(
                        "accuracy",
                        lambda wrong, labels: 1 - wrong / labels.size,
                        "That is the share of right cells.",
                    ),
                ],
            ),
        ],
    )


def missed_tops(labels, scores) -> int:
    top = np.argmax(scores, axis=1)
    return int(np.sum(np.asarray(labels)[np.arange(len(labels)), top] == -1))


QUESTIONS = [
    Question(
        "One person in 10 000 is ill. A test that always says \u201chealthy\u201d has an accuracy "
        "of 99.99 %. Which number unmasks it?",
        "Its recall is 0",
        [
            ("Its specificity is 0", "It is 1: no healthy person is ever called ill."),
            ("Its negative predictive value is 0", "Almost everybody called healthy is healthy."),
            ("Its false positive rate is 1", "It is 0, since nobody is called ill."),
        ],
        "It finds none of the ill, so $TP = 0$.",
        "Which counts are zero?",
    ),
    Question(
        "The threshold of a classifier is raised. Which of these can happen?",
        "The precision falls",
        [
            ("The recall rises", "Raising the threshold never turns anybody positive."),
            ("The false positive rate rises", "It falls or stays."),
            ("The area under the ROC curve grows", "It belongs to all thresholds together."),
        ],
        "Precision is no monotone function of the threshold: the surest answer may be wrong.",
        "Which of the four must move in one direction, or not at all?",
    ),
    Question(
        "All scores of a classifier are replaced by their squares (they lie between 0 and 1). What "
        "changes?",
        "Neither AUC nor average precision",
        [
            ("Only the AUC", "The order of the scores stays, and with it every curve."),
            ("Only the average precision", "It too depends on the order alone."),
            ("The AUC, unless the classes balance", "The order stays whatever the classes are."),
        ],
        "Squaring keeps the order; curves over all thresholds see only the order.",
        "What of the scores enters a ranking?",
    ),
    Question(
        "A detector is moved to a place where positives are ten times rarer. Which of these is "
        "expected to fall?",
        "Its precision",
        [
            ("Its recall", "A rate within the positives: it does not see their number."),
            ("Its specificity", "A rate within the negatives."),
            ("The area under its ROC curve", "Both axes are rates within one class."),
        ],
        "Precision mixes the two classes, so it depends on the prevalence.",
        "Which measure has both classes in its denominator?",
    ),
    Question(
        "What is an AUC of 0.9 the probability of?",
        "A random positive outscores a random negative",
        [
            ("A random pattern is classified correctly", "That would be an accuracy."),
            ("A pattern called positive is positive", "That is the precision."),
            ("A random positive scores above one half", "No threshold enters the AUC."),
        ],
        "It is the Mann-Whitney statistic: the share of ordered pairs.",
        "Pairs of patterns, one of each class.",
    ),
    Question(
        "The AUC of a classifier is 1. What follows?",
        "Some threshold makes no mistake",
        [
            ("No threshold makes any mistake", "A threshold above all scores misses everything."),
            ("Its probabilities are right", "They may be far off; only their order is perfect."),
            ("It makes no mistake at threshold 0.5", "The separating threshold may be elsewhere."),
        ],
        "All positives score above all negatives: cut in between.",
        "How do the scores of the two classes lie?",
    ),
    Question(
        "Two detections overlap the same object by more than one half. How are they counted?",
        "One hit, one false positive",
        [
            ("Two hits", "An object can be found only once."),
            ("One hit, the other ignored", "Doubled boxes are mistakes and lower the precision."),
            ("Two false positives", "The surer one is a hit."),
        ],
        "Each object may be claimed once, by the surer detection.",
        "How many objects are there?",
    ),
    Question(
        "Where should the decision threshold of a classifier be chosen?",
        "On validation data",
        [
            ("On the test data", "Then the test result is too good: the test set was used."),
            ("On the training data", "There the scores are over-confident."),
            ("Nowhere: it is always one half", "Only for true probabilities and equal costs."),
        ],
        "It is a hyperparameter like any other.",
        "Which data may choices see?",
    ),
]


@exercise_type(
    "metrics.theory",
    topic="metrics",
    title="What the measures can and cannot tell",
    minutes=2,
    sources=["000A:30", "000A:31", "000A:32", "000A:34"],
)
def metrics_theory(draw: Draw) -> Exercise:
    return theory(draw, QUESTIONS)
