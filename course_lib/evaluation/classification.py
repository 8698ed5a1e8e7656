"""How good is a classifier? Counts, rates, curves and areas, each with its convention named.

Conventions. In a confusion matrix row = true class, column = predicted class (lecture 000A,
l. 1594); other books, and two tables of the same lecture, transpose it: `rows="predicted"`.
A pattern is positive if its score is above the threshold; what happens at the threshold itself is
`at_threshold`: "negative" (p > t, the lecture) or "positive" (p >= t, scikit-learn). Equal scores
cannot be told apart by any threshold, so a curve takes them in one step (`ties="together"`).
A ratio 0/0 is NaN (nothing to judge), x/0 is infinite; a curve without positives, or without
negatives, raises `EmptyClassError`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Shaped

from course_lib.names import did_you_mean

REJECTED = -1
AT_THRESHOLD = ("negative", "positive")
TIES = ("together", "positives first", "negatives first")
AVERAGES = ("step", "interpolated", "11-point")


class EmptyClassError(ValueError):
    """A class has no patterns, so a rate of this class does not exist."""


def _known(what: str, value: str, options: Sequence[str]) -> None:
    if value not in options:
        raise ValueError(
            f"{what} is one of {', '.join(map(repr, options))}; got {value!r}."
            + did_you_mean(value, options)
        )


def _aligned(first: Any, second: Any, names: str) -> tuple[np.ndarray, np.ndarray]:
    first, second = np.asarray(first), np.asarray(second)
    if first.shape != second.shape or first.ndim != 1 or len(first) == 0:
        raise ValueError(
            f"{names} must be two vectors of the same length, at least 1; "
            f"got the shapes {first.shape} and {second.shape}"
        )
    return first, second


def ratio(top: float, bottom: float) -> float:
    """top / bottom, where 0/0 is NaN and x/0 is infinite."""
    if bottom == 0:
        return math.nan if top == 0 else math.inf
    return top / bottom


# --- counts and indicators ------------------------------------------------------------------------


@dataclass(frozen=True)
class Counts:
    """The four cells of a two-class confusion matrix, and every indicator made of them.

    Raises ValueError for negative cells or an empty table. Lecture 000A, topics 29, 30, 32.
    """

    tp: float
    fn: float
    fp: float
    tn: float

    def __post_init__(self) -> None:
        cells = (self.tp, self.fn, self.fp, self.tn)
        if min(cells) < 0 or not all(map(math.isfinite, cells)) or sum(cells) == 0:
            raise ValueError(f"counts are at least 0 and not all 0; got (tp, fn, fp, tn) = {cells}")

    @property
    def matrix(self) -> np.ndarray:
        """[[tp, fn], [fp, tn]]: row = true (positive first), column = predicted."""
        return np.array([[self.tp, self.fn], [self.fp, self.tn]])

    @property
    def positives(self) -> float:
        """N_p, the patterns that are positive."""
        return self.tp + self.fn

    @property
    def negatives(self) -> float:
        """N_n, the patterns that are negative."""
        return self.fp + self.tn

    @property
    def total(self) -> float:
        return self.positives + self.negatives

    @property
    def prevalence(self) -> float:
        return self.positives / self.total

    @property
    def accuracy(self) -> float:
        return (self.tp + self.tn) / self.total

    @property
    def error(self) -> float:
        return (self.fp + self.fn) / self.total

    @property
    def tpr(self) -> float:
        """Recall, sensitivity, hit rate, power."""
        return ratio(self.tp, self.positives)

    @property
    def fnr(self) -> float:
        """Miss rate."""
        return ratio(self.fn, self.positives)

    @property
    def fpr(self) -> float:
        """Fall-out, false alarm rate."""
        return ratio(self.fp, self.negatives)

    @property
    def tnr(self) -> float:
        """Specificity, selectivity."""
        return ratio(self.tn, self.negatives)

    @property
    def ppv(self) -> float:
        """Precision."""
        return ratio(self.tp, self.tp + self.fp)

    @property
    def fdr(self) -> float:
        """False discovery rate."""
        return ratio(self.fp, self.tp + self.fp)

    @property
    def for_(self) -> float:
        """False omission rate (FOR; `for` is a word of Python)."""
        return ratio(self.fn, self.fn + self.tn)

    @property
    def npv(self) -> float:
        """Negative predictive value."""
        return ratio(self.tn, self.fn + self.tn)

    @property
    def lr_plus(self) -> float:
        return ratio(self.tpr, self.fpr)

    @property
    def lr_minus(self) -> float:
        return ratio(self.fnr, self.tnr)

    @property
    def dor(self) -> float:
        """Diagnostic odds ratio LR+ / LR- = tp tn / (fp fn)."""
        return ratio(self.tp * self.tn, self.fp * self.fn)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 2 tp / (2 tp + fp + fn)."""
        return ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    @property
    def balanced_accuracy(self) -> float:
        """The mean of the two classes' recalls."""
        return (self.tpr + self.tnr) / 2

    @property
    def mcc(self) -> float:
        """Matthews' correlation of truth and prediction, from -1 to 1; 0/0 is NaN."""
        sides = (self.positives, self.negatives, self.tp + self.fp, self.fn + self.tn)
        return ratio(
            self.tp * self.tn - self.fp * self.fn, math.prod(math.sqrt(side) for side in sides)
        )

    def f(self, beta: float) -> float:
        """F-beta: recall counts beta times as much as precision (van Rijsbergen 1979)."""
        weight = beta**2
        top = (1 + weight) * self.tp
        return ratio(top, top + weight * self.fn + self.fp)

    def cost(self, cost_fp: float, cost_fn: float) -> float:
        """What the mistakes cost together."""
        return cost_fp * self.fp + cost_fn * self.fn

    def indicators(self) -> dict[str, float]:
        """All indicators of the lecture's table and four more, by their short names."""
        return {name: float(getattr(self, field)) for name, field in INDICATORS.items()}


INDICATORS = {
    "prevalence": "prevalence", "ACC": "accuracy", "PPV": "ppv", "FDR": "fdr",
    "FOR": "for_", "NPV": "npv", "TPR": "tpr", "FPR": "fpr", "FNR": "fnr", "TNR": "tnr",
    "LR+": "lr_plus", "LR-": "lr_minus", "DOR": "dor", "F1": "f1",
    "balanced accuracy": "balanced_accuracy", "MCC": "mcc",
}  # fmt: skip


def count(
    true: Shaped[np.ndarray, " patterns"],
    predicted: Shaped[np.ndarray, " patterns"],
    positive: Any = 1,
) -> Counts:
    """Count TP, FN, FP, TN; whatever is not `positive` is negative (one class against the rest)."""
    true, predicted = _aligned(true, predicted, "true and predicted labels")
    t, p = true == positive, predicted == positive
    return Counts(*(int(cell.sum()) for cell in (t & p, t & ~p, ~t & p, ~t & ~p)))


def decide(
    scores: Float[np.ndarray, " patterns"], threshold: float, *, at_threshold: str = "negative"
) -> Int[np.ndarray, " patterns"]:
    """1 where the score is above the threshold, else 0; the lecture's rule is p > t."""
    _known("at_threshold", at_threshold, AT_THRESHOLD)
    scores = np.asarray(scores)
    return (scores >= threshold if at_threshold == "positive" else scores > threshold).astype(int)


def count_at(
    true: Int[np.ndarray, " patterns"],
    scores: Float[np.ndarray, " patterns"],
    threshold: float,
    *,
    at_threshold: str = "negative",
) -> Counts:
    """The counts of a threshold on scores; true labels are 0/1 or -1/+1."""
    positive, scores = _binary(true, scores, both=False)
    return count(positive, decide(scores, threshold, at_threshold=at_threshold), True)


def confusion_matrix(
    true: Shaped[np.ndarray, " patterns"],
    predicted: Shaped[np.ndarray, " patterns"],
    classes: Sequence[Any] | None = None,
    *,
    rows: str = "true",
) -> Int[np.ndarray, "classes classes"]:
    """How often true class r was predicted as class c, in cell (r, c).

    `classes` fixes the order (default: sorted); `rows="predicted"` transposes. Raises ValueError
    for a label that `classes` does not list. Lecture 000A, topic 28.
    """
    _known("rows", rows, ("true", "predicted"))
    true, predicted = _aligned(true, predicted, "true and predicted labels")
    names = np.unique(np.concatenate([true, predicted])) if classes is None else np.asarray(classes)
    place = {name: i for i, name in enumerate(names.tolist())}
    strange = sorted({*true.tolist(), *predicted.tolist()} - set(place))
    if strange or len(place) < len(names):
        raise ValueError(
            f"classes must list every label once; missing {strange}, got {names.tolist()}"
        )
    matrix = np.zeros((len(names), len(names)), dtype=int)
    for t, p in zip(true.tolist(), predicted.tolist(), strict=True):
        matrix[place[t], place[p]] += 1
    return matrix if rows == "true" else matrix.T


def row_percent(
    matrix: Int[np.ndarray, "classes classes"],
) -> Float[np.ndarray, "classes classes"]:
    """Each row in percent of its sum: where did the patterns of this class go? Empty rows: NaN."""
    matrix = np.asarray(matrix, dtype=float)
    sums = matrix.sum(axis=1, keepdims=True)
    return np.divide(100 * matrix, sums, out=np.full_like(matrix, np.nan), where=sums > 0)


def accuracy(
    true: Shaped[np.ndarray, " patterns"], predicted: Shaped[np.ndarray, " patterns"]
) -> float:
    """The fraction of right predictions, from 0 to 1."""
    true, predicted = _aligned(true, predicted, "true and predicted labels")
    return float(np.mean(true == predicted))


def error(
    true: Shaped[np.ndarray, " patterns"], predicted: Shaped[np.ndarray, " patterns"]
) -> float:
    """The empirical error: the fraction of wrong predictions. Lecture 000A, topic 26."""
    true, predicted = _aligned(true, predicted, "true and predicted labels")
    return float(np.mean(true != predicted))


def rmse(true: Float[np.ndarray, " patterns"], predicted: Float[np.ndarray, " patterns"]) -> float:
    """Root mean squared error, in the unit of the targets. Lecture 000A, topic 28."""
    true, predicted = _aligned(true, predicted, "true and predicted values")
    return float(np.sqrt(np.mean((predicted - true) ** 2)))


def predictive_values(prevalence: float, tpr: float, fpr: float) -> tuple[float, float]:
    """PPV and NPV of a test by Bayes' rule. Raises ValueError outside [0, 1]."""
    for name, value in (("prevalence", prevalence), ("tpr", tpr), ("fpr", fpr)):
        if not 0 <= value <= 1:
            raise ValueError(f"{name} is a fraction from 0 to 1, got {value!r}")
    whole = Counts(
        prevalence * tpr, prevalence * (1 - tpr), (1 - prevalence) * fpr,
        (1 - prevalence) * (1 - fpr),
    )  # fmt: skip
    return whole.ppv, whole.npv


# --- curves over all thresholds -------------------------------------------------------------------


def _binary(true: Any, scores: Any, *, both: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Positive or not, and finite scores. Raises EmptyClassError if `both` classes are needed."""
    true, scores = _aligned(true, scores, "true labels and scores")
    values = set(true.tolist())
    if not (values <= {0, 1} or values <= {-1, 1}):
        raise ValueError(f"true labels are 0 and 1, or -1 and +1; got the values {sorted(values)}")
    if not np.isfinite(scores.astype(float)).all():
        raise ValueError("scores must be finite numbers")
    positive = true == 1
    if both and (positive.all() or not positive.any()):
        raise EmptyClassError(
            f"a curve needs positives and negatives; got {int(positive.sum())} positives among "
            f"{len(positive)} patterns"
        )
    return positive, scores.astype(float)


@dataclass(frozen=True)
class RocStep:
    """One threshold of the sweep: positive is now whoever scores at least `threshold`.

    `taken` are the patterns that this step turned positive; `area` is the area under the curve so
    far.
    """

    threshold: float
    taken: tuple[int, ...]
    counts: Counts
    fpr: float
    tpr: float
    area: float


def roc(
    true: Int[np.ndarray, " patterns"],
    scores: Float[np.ndarray, " patterns"],
    *,
    ties: str = "together",
) -> Iterator[RocStep]:
    """Lower the threshold past one score after the other, from "nobody" to "everybody".

    A positive lifts the curve by 1/N_p, a negative moves it right by 1/N_n; equal scores move it
    along a diagonal, or one by one with ties="positives first" or "negatives first" (the best and
    the worst luck). Raises EmptyClassError. Lecture 000A, topic 31; Fawcett 2006.
    """
    _known("ties", ties, TIES)
    positive, scores = _binary(true, scores)
    second = {"together": np.arange(len(scores)), "positives first": ~positive}.get(ties, positive)
    order = np.lexsort((second, -scores))
    groups: list[list[int]] = []
    for i in order.tolist():
        if groups and ties == "together" and scores[groups[-1][0]] == scores[i]:
            groups[-1].append(i)
        else:
            groups.append([i])
    n_p, n_n = int(positive.sum()), int((~positive).sum())
    tp = fp = 0
    area = fpr = tpr = 0.0
    yield RocStep(math.inf, (), Counts(0, n_p, 0, n_n), 0.0, 0.0, 0.0)
    for group in groups:
        gained = int(positive[group].sum())
        tp, fp = tp + gained, fp + len(group) - gained
        area += (fp / n_n - fpr) * (tpr + tp / n_p) / 2  # a trapezoid
        fpr, tpr = fp / n_n, tp / n_p
        counts = Counts(tp, n_p - tp, fp, n_n - fp)
        yield RocStep(float(scores[group[0]]), tuple(group), counts, fpr, tpr, area)


def _sweep(true: Any, scores: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cumulated true and false positives at each distinct score, from the highest down."""
    positive, scores = _binary(true, scores, both=False)
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    tp = np.cumsum(positive[order])[ends]
    return tp, ends + 1 - tp, scores[order][ends]


def roc_curve(
    true: Int[np.ndarray, " patterns"], scores: Float[np.ndarray, " patterns"]
) -> tuple[
    Float[np.ndarray, " points"], Float[np.ndarray, " points"], Float[np.ndarray, " points"]
]:
    """FPR, TPR and thresholds ("positive if score >= threshold") of `roc`, as arrays and fast."""
    _binary(true, scores)
    tp, fp, thresholds = _sweep(true, scores)
    return (
        np.concatenate([[0], fp / fp[-1]]),
        np.concatenate([[0], tp / tp[-1]]),
        np.concatenate([[np.inf], thresholds]),
    )


def det_curve(
    true: Int[np.ndarray, " patterns"], scores: Float[np.ndarray, " patterns"]
) -> tuple[
    Float[np.ndarray, " points"], Float[np.ndarray, " points"], Float[np.ndarray, " points"]
]:
    """FPR, FNR and thresholds: the ROC curve upside down, usually drawn on normal deviates.

    Martin et al. 1997; lecture 000A, topic 31.
    """
    fpr, tpr, thresholds = roc_curve(true, scores)
    return fpr, 1 - tpr, thresholds


def auc(x: Float[np.ndarray, " points"], y: Float[np.ndarray, " points"]) -> float:
    """The area under a curve of straight pieces, by trapezoids; x must not decrease."""
    x, y = _aligned(x, y, "x and y")
    if np.any(np.diff(x) < 0):
        raise ValueError("x must not decrease: sort the points by threshold first")
    return float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2))


def roc_auc(true: Int[np.ndarray, " patterns"], scores: Float[np.ndarray, " patterns"]) -> float:
    """The area under the ROC curve. Raises EmptyClassError."""
    fpr, tpr, _ = roc_curve(true, scores)
    return auc(fpr, tpr)


def mann_whitney(
    true: Int[np.ndarray, " patterns"], scores: Float[np.ndarray, " patterns"]
) -> float:
    """The share of (positive, negative) pairs that the scores put in order; an equal pair is half.

    The same number as `roc_auc`. Mann and Whitney 1947; Hanley and McNeil 1982.
    """
    positive, scores = _binary(true, scores)
    difference = scores[positive][:, None] - scores[~positive][None, :]
    return float(np.mean((difference > 0) + 0.5 * (difference == 0)))


def multiclass_auc(
    true: Int[np.ndarray, " patterns"],
    scores: Float[np.ndarray, "patterns classes"],
    *,
    how: str = "one-vs-rest",
    weighted: bool = False,
) -> float:
    """The mean AUC over classes against their rest, or over ordered pairs of classes.

    Labels are column numbers. "one-vs-rest" may weight by class frequency (Provost and Domingos
    2001); "one-vs-one" is the M of Hand and Till 2001, which ignores frequencies. Raises
    EmptyClassError for a class without patterns.
    """
    _known("how", how, ("one-vs-rest", "one-vs-one"))
    true, scores = np.asarray(true), np.asarray(scores, dtype=float)
    classes = scores.shape[1] if scores.ndim == 2 else 0
    if true.shape != scores.shape[:1] or classes < 2 or not np.isin(true, range(classes)).all():
        raise ValueError(
            "scores are (patterns, classes) and labels column numbers; "
            f"got {scores.shape} and {true.shape}"
        )
    if missing := [c for c in range(classes) if not (true == c).any()]:
        raise EmptyClassError(f"no patterns of class {missing}; every class needs some")
    if how == "one-vs-rest":
        areas = [roc_auc((true == c).astype(int), scores[:, c]) for c in range(classes)]
        return float(np.average(areas, weights=np.bincount(true) if weighted else None))
    if weighted:
        raise ValueError("one-vs-one has no weights: it ignores class frequencies by design")
    pairs = [(a, b) for a in range(classes) for b in range(classes) if a != b]
    areas = []
    for a, b in pairs:
        both = (true == a) | (true == b)
        areas.append(roc_auc((true[both] == a).astype(int), scores[both, a]))
    return float(np.mean(areas))


def precision_recall_curve(
    true: Int[np.ndarray, " patterns"], scores: Float[np.ndarray, " patterns"]
) -> tuple[
    Float[np.ndarray, " points"], Float[np.ndarray, " points"], Float[np.ndarray, " points"]
]:
    """Recall, precision and thresholds, from the highest score down.

    Starts at the first point that exists: at recall 0 nothing is retrieved and precision is 0/0
    (scikit-learn draws a 1 there). Raises EmptyClassError without positives.
    """
    tp, fp, thresholds = _sweep(true, scores)
    if tp[-1] == 0:
        raise EmptyClassError("recall needs at least one positive pattern; got none")
    return tp / tp[-1], tp / (tp + fp), thresholds


@dataclass(frozen=True)
class RankStep:
    """One entry of a ranked list: hit or not, and precision and recall of the list so far."""

    rank: int
    hit: bool
    hits: int
    objects: int
    precision: float
    recall: float
    area: float


def walk(hits: Sequence[int] | np.ndarray, objects: int) -> Iterator[RankStep]:
    """Walk down a ranked list of hits (1) and misses (0) when there are `objects` to be found.

    `area` sums precision times the step in recall: at the end it is the un-interpolated average
    precision. Raises ValueError for more hits than objects. Lecture 000A, topics 32 and 34.
    """
    marks = _marks(hits, objects)
    found, area = 0, 0.0
    for rank, hit in enumerate(marks.tolist(), start=1):
        found += hit
        area += hit * (found / rank) / objects
        yield RankStep(rank, bool(hit), found, objects, found / rank, found / objects, area)


def _marks(hits: Any, objects: int) -> np.ndarray:
    marks = np.asarray(hits)
    if marks.ndim != 1 or not np.isin(marks, (0, 1)).all():
        raise ValueError(f"hits is a list of 1 (hit) and 0 (miss), got {hits!r}")
    if objects < 1:
        raise EmptyClassError(f"average precision needs at least one object to find, got {objects}")
    if marks.sum() > objects:
        raise ValueError(f"{int(marks.sum())} hits, but only {objects} objects to be found")
    return marks.astype(int)


def ranked_precision(
    hits: Sequence[int] | np.ndarray, objects: int, *, how: str = "interpolated"
) -> float:
    """Average precision of a ranked list, by one of the three rules in use.

    "step": the mean over objects of the precision at the rank where each is found (0 if never).
    "interpolated": the same with, at each recall, the best precision at this recall or beyond
    (PASCAL VOC from 2010). "11-point": the mean of that at recall 0, 0.1, ... 1 (until 2009).
    """
    _known("how", how, AVERAGES)
    tp = np.cumsum(_marks(hits, objects))
    return _average(tp, np.arange(1, len(tp) + 1) - tp, objects, how)


def average_precision(
    true: Int[np.ndarray, " patterns"],
    scores: Float[np.ndarray, " patterns"],
    *,
    how: str = "step",
) -> float:
    """Average precision of scores; equal scores enter the list together. Rules: `ranked_precision`.

    Raises EmptyClassError without positives.
    """
    _known("how", how, AVERAGES)
    tp, fp, _ = _sweep(true, scores)
    if tp[-1] == 0:
        raise EmptyClassError("average precision needs at least one positive pattern; got none")
    return _average(tp, fp, int(tp[-1]), how)


def _average(tp: np.ndarray, fp: np.ndarray, objects: int, how: str) -> float:
    if len(tp) == 0:
        return 0.0
    precision = tp / (tp + fp)
    if how == "step":
        return float(np.sum(np.diff(tp, prepend=0) * precision) / objects)
    best = np.maximum.accumulate(precision[::-1])[::-1]  # the best from here on
    if how == "interpolated":
        return float(np.sum(np.diff(tp, prepend=0) * best) / objects)
    levels = [j for j in range(11) if 10 * tp[-1] >= j * objects]  # in whole numbers: 3/5 is 6/10
    return float(sum(best[np.argmax(10 * tp >= j * objects)] for j in levels) / 11)


# --- choosing a threshold, and trusting a probability ---------------------------------------------


def cost_threshold(cost_fp: float, cost_fn: float) -> float:
    """The threshold on a true probability above which "positive" is the cheaper answer.

    Say positive if p c_FN > (1 - p) c_FP, so t = c_FP / (c_FP + c_FN). Elkan 2001.
    """
    if cost_fp < 0 or cost_fn < 0 or cost_fp + cost_fn == 0:
        raise ValueError(f"costs are at least 0 and not both 0; got {cost_fp} and {cost_fn}")
    return cost_fp / (cost_fp + cost_fn)


def cheapest_threshold(
    true: Int[np.ndarray, " patterns"],
    scores: Float[np.ndarray, " patterns"],
    cost_fp: float,
    cost_fn: float,
) -> float:
    """The threshold with the least cost on these patterns ("positive if score > t").

    Lies half-way between two neighbouring scores; among equally cheap ones the highest.
    """
    _binary(true, scores, both=False)
    tp, fp, values = _sweep(true, scores)
    cost = cost_fp * np.append(0, fp) + cost_fn * (tp[-1] - np.append(0, tp))
    middle = np.concatenate([[values[0] + 1], (values[1:] + values[:-1]) / 2, [values[-1] - 1]])
    return float(middle[np.argmin(cost)])


def brier(true: Int[np.ndarray, " patterns"], probability: Float[np.ndarray, " patterns"]) -> float:
    """The mean squared distance of a probability from what happened (0 or 1). Brier 1950."""
    positive, p = _binary(true, probability, both=False)
    return float(np.mean((p - positive) ** 2))


def reliability(
    true: Int[np.ndarray, " patterns"], probability: Float[np.ndarray, " patterns"], bins: int = 10
) -> tuple[Float[np.ndarray, " bins"], Float[np.ndarray, " bins"], Int[np.ndarray, " bins"]]:
    """Mean forecast, share of positives and size of each of `bins` equal bins; empty bins: NaN."""
    positive, p = _binary(true, probability, both=False)
    if p.min() < 0 or p.max() > 1:
        raise ValueError(f"probabilities lie from 0 to 1, got {p.min():g} to {p.max():g}")
    place = np.minimum((p * bins).astype(int), bins - 1)
    size = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):
        said = np.bincount(place, weights=p, minlength=bins) / size
        came = np.bincount(place, weights=positive, minlength=bins) / size
    return said, came, size


def calibration_error(
    true: Int[np.ndarray, " patterns"], probability: Float[np.ndarray, " patterns"], bins: int = 10
) -> float:
    """Mean distance between forecast and share of positives, weighted by the bins' sizes (ECE)."""
    said, came, size = reliability(true, probability, bins)
    full = size > 0
    return float(np.average(np.abs(said - came)[full], weights=size[full]))


# --- open sets ------------------------------------------------------------------------------------


def assign(
    probability: Float[np.ndarray, "patterns classes"], threshold: float
) -> Int[np.ndarray, " patterns"]:
    """The most probable class where its probability is above the threshold, else REJECTED (-1).

    Among equally probable classes the first. Lecture 000A, topic 29.
    """
    probability = np.asarray(probability)
    if probability.ndim != 2:
        raise ValueError(f"probabilities are (patterns, classes), got {probability.shape}")
    best = np.argmax(probability, axis=1)
    return np.where(probability.max(axis=1) > threshold, best, REJECTED)


# --- several labels at once -----------------------------------------------------------------------


def _multilabel(labels: Any, other: Any, other_is_labels: bool) -> tuple[np.ndarray, np.ndarray]:
    labels, other = np.asarray(labels), np.asarray(other)
    if labels.ndim != 2 or labels.shape != other.shape or labels.size == 0:
        raise ValueError(
            f"expected two tables (patterns, labels) of one shape; got {labels.shape} and "
            f"{other.shape}"
        )
    for table in (labels, other) if other_is_labels else (labels,):
        if not np.isin(table, (-1, 1)).all():
            raise ValueError(f"labels are -1 and +1; got {sorted(set(table.ravel().tolist()))}")
    return labels, other


def one_error(
    labels: Int[np.ndarray, "patterns q"], scores: Float[np.ndarray, "patterns q"]
) -> float:
    """The share of patterns whose top-scored label is not one of theirs.

    Among equal top scores the first label is taken. Raises EmptyClassError for a pattern without
    any label +1. Lecture 000A, topic 35.
    """
    labels, scores = _multilabel(labels, scores, False)
    if bare := np.flatnonzero((labels == 1).sum(axis=1) == 0).tolist():
        raise EmptyClassError(f"one-error assumes a label +1 in every row; rows {bare} have none")
    top = np.argmax(scores, axis=1)
    return float(np.mean(labels[np.arange(len(labels)), top] == -1))


def hamming_loss(
    labels: Int[np.ndarray, "patterns q"], predicted: Int[np.ndarray, "patterns q"]
) -> float:
    """The share of (pattern, label) cells that are wrong. Lecture 000A, topic 35."""
    labels, predicted = _multilabel(labels, predicted, True)
    return float(np.mean(labels != predicted))


def subset_accuracy(
    labels: Int[np.ndarray, "patterns q"], predicted: Int[np.ndarray, "patterns q"]
) -> float:
    """The share of patterns whose whole row of labels is right."""
    labels, predicted = _multilabel(labels, predicted, True)
    return float(np.mean(np.all(labels == predicted, axis=1)))


def ranking_loss(
    labels: Int[np.ndarray, "patterns q"], scores: Float[np.ndarray, "patterns q"]
) -> float:
    """The share of (own, foreign) label pairs in the wrong order, averaged over patterns.

    Equal scores count as wrong; a pattern with all labels or none has no pairs and counts 0
    (both as in scikit-learn).
    """
    labels, scores = _multilabel(labels, scores, False)
    losses = []
    for row, score in zip(labels, scores, strict=True):
        wrong = score[row == 1][:, None] <= score[row == -1][None, :]
        losses.append(float(wrong.mean()) if wrong.size else 0.0)
    return float(np.mean(losses))


__all__ = [
    "INDICATORS", "REJECTED", "Counts", "EmptyClassError", "RankStep", "RocStep", "accuracy",
    "assign", "auc", "average_precision", "brier", "calibration_error", "cheapest_threshold",
    "confusion_matrix", "cost_threshold", "count", "count_at", "decide", "det_curve", "error",
    "hamming_loss", "mann_whitney", "multiclass_auc", "one_error", "precision_recall_curve",
    "predictive_values", "ranked_precision", "ranking_loss", "ratio", "reliability", "rmse", "roc",
    "roc_auc", "roc_curve", "row_percent", "subset_accuracy", "walk",
]  # fmt: skip
