"""Classification measures against scikit-learn, brute force and the lecture's numbers."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve

from course_lib.evaluation import classification as c
from course_lib.trace import record

CLOSE = {"rel": 1e-12, "abs": 1e-12}
HITS = [1, 1, 0, 0, 0, 1, 1, 0, 0, 1]


def close(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def samples(count=40):
    """Random labels and scores; every other with many equal scores."""
    for seed in range(count):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(4, 40))
        true = rng.integers(0, 2, n)
        true[:2] = 0, 1
        scores = rng.normal(size=n) if seed % 2 else rng.integers(0, 5, n) / 4
        yield true, scores


FACES = c.Counts(tp=96, fn=9, fp=3505, tn=99790)


def test_the_lectures_face_detector():
    found = FACES.indicators()
    printed = {
        "TPR": 0.9143, "ACC": 0.9660, "PPV": 0.02666, "F1": 0.0518, "TNR": 0.9661,
        "FPR": 0.033932, "FNR": 0.085714, "prevalence": 0.0010155, "NPV": 0.999910,
        "FOR": 9.018e-5, "FDR": 0.973341, "LR+": 26.9447, "LR-": 0.088725, "DOR": 303.688,
    }  # fmt: skip
    for name, value in printed.items():
        assert found[name] == pytest.approx(value, rel=5e-4), name
    assert FACES.positives == 105 and FACES.negatives == 103295 and FACES.total == 103400
    assert FACES.error == pytest.approx(1 - FACES.accuracy, **CLOSE)


def test_indicators_agree_with_scikit_learn():
    rng = np.random.default_rng(0)
    for _ in range(40):
        true, predicted = rng.integers(0, 2, (2, 30))
        true[:2], predicted[:2] = [0, 1], [1, 0]
        k = c.count(true, predicted)
        assert k.accuracy == pytest.approx(sk.accuracy_score(true, predicted), **CLOSE)
        assert k.ppv == pytest.approx(sk.precision_score(true, predicted), **CLOSE)
        assert k.tpr == pytest.approx(sk.recall_score(true, predicted), **CLOSE)
        assert k.tnr == pytest.approx(sk.recall_score(true, predicted, pos_label=0), **CLOSE)
        assert k.npv == pytest.approx(sk.precision_score(true, predicted, pos_label=0), **CLOSE)
        assert k.f1 == pytest.approx(sk.f1_score(true, predicted), **CLOSE)
        assert k.f(2.0) == pytest.approx(sk.fbeta_score(true, predicted, beta=2), **CLOSE)
        assert k.mcc == pytest.approx(sk.matthews_corrcoef(true, predicted), **CLOSE)
        balanced = sk.balanced_accuracy_score(true, predicted)
        assert k.balanced_accuracy == pytest.approx(balanced, **CLOSE)
        plus, minus = sk.class_likelihood_ratios(true, predicted)
        assert k.lr_plus == pytest.approx(plus, **CLOSE)
        assert k.lr_minus == pytest.approx(minus, **CLOSE)
        if k.fn and k.tp and k.tn:
            assert k.dor == pytest.approx(plus / minus, **CLOSE)
        for one, other in [("PPV", "FDR"), ("FOR", "NPV"), ("TPR", "FNR"), ("TNR", "FPR")]:
            pair = k.indicators()
            assert pair[one] + pair[other] == pytest.approx(1, **CLOSE)


def test_empty_sides_are_nan_and_division_by_zero_is_infinite():
    never = c.Counts(tp=0, fn=5, fp=0, tn=95)
    assert math.isnan(never.ppv) and math.isnan(never.mcc) and math.isnan(never.lr_plus)
    assert never.f1 == 0 and never.accuracy == 0.95 and never.npv == 0.95
    perfect = c.Counts(tp=5, fn=0, fp=0, tn=95)
    assert perfect.lr_plus == math.inf and perfect.dor == math.inf and perfect.lr_minus == 0
    assert math.isnan(c.Counts(0, 0, 1, 9).tpr)
    for cells in [(-1, 1, 1, 1), (0, 0, 0, 0), (math.inf, 1, 1, 1)]:
        with pytest.raises(ValueError, match="counts"):
            c.Counts(*cells)


def test_confusion_matrix_has_the_true_class_in_its_rows():
    true, predicted = ["cat", "cat", "cat", "dog", "owl"], ["cat", "dog", "dog", "dog", "cat"]
    matrix = c.confusion_matrix(true, predicted, ["cat", "dog", "owl"])
    assert matrix.tolist() == [[1, 2, 0], [0, 1, 0], [1, 0, 0]]
    assert (c.confusion_matrix(true, predicted, rows="predicted") == matrix.T).all()
    rng = np.random.default_rng(0)
    t, p = rng.integers(0, 4, (2, 200))
    assert (c.confusion_matrix(t, p) == sk.confusion_matrix(t, p)).all()
    close(
        c.row_percent(c.confusion_matrix(t, p)), 100 * sk.confusion_matrix(t, p, normalize="true")
    )
    assert np.isnan(c.row_percent(np.array([[1, 1], [0, 0]]))[1]).all()
    assert c.accuracy(t, p) + c.error(t, p) == pytest.approx(1, **CLOSE)


@pytest.mark.parametrize("classes", [["cat"], ["cat", "dog", "dog"]])
def test_confusion_matrix_wants_every_label_once(classes):
    with pytest.raises(ValueError, match="every label once"):
        c.confusion_matrix(["cat", "dog"], ["dog", "dog"], classes)


def test_thresholds_are_strict_unless_said_otherwise():
    true, scores = [1, -1, 1, -1], [0.5, 0.5, 0.9, 0.1]
    strict, loose = (
        c.count_at(true, scores, 0.5),
        c.count_at(true, scores, 0.5, at_threshold="positive"),
    )
    assert (strict.tp, strict.fn, strict.fp, strict.tn) == (1, 1, 0, 2)
    assert (loose.tp, loose.fn, loose.fp, loose.tn) == (2, 0, 1, 1)
    with pytest.raises(ValueError, match="Did you mean 'positive'"):
        c.decide([1.0], 0.5, at_threshold="positiv")


def test_rmse():
    assert c.rmse([3, -0.5, 2, 7], [2.5, 0, 2, 8]) == pytest.approx(math.sqrt(0.375), **CLOSE)
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 9))
    assert c.rmse(a, b) == pytest.approx(sk.root_mean_squared_error(a, b), **CLOSE)


def test_roc_is_scikit_learns_and_the_trace_agrees():
    for true, scores in samples():
        fpr, tpr, thresholds = c.roc_curve(true, scores)
        for mine, theirs in zip(
            (fpr, tpr, thresholds),
            sk.roc_curve(true, scores, drop_intermediate=False),
            strict=True,
        ):
            close(mine, theirs)
        steps = record(c.roc(true, scores))
        close(steps.column("fpr"), fpr)
        close(steps.column("tpr"), tpr)
        for step in steps:
            direct = c.count_at(true, scores, step.threshold, at_threshold="positive")
            assert step.counts == direct
        pairs = [
            1.0 if p > n else 0.5 if p == n else 0.0
            for p in scores[true == 1]
            for n in scores[true == 0]
        ]
        for value in (c.roc_auc(true, scores), c.mann_whitney(true, scores), steps[-1].area):
            assert value == pytest.approx(np.mean(pairs), **CLOSE)
            assert value == pytest.approx(sk.roc_auc_score(true, scores), **CLOSE)
        close(c.det_curve(true, scores)[1], 1 - tpr)


def test_det_is_scikit_learns():
    for true, scores in samples(10):
        mine = {
            (round(a, 12), round(b, 12)) for a, b, _ in zip(*c.det_curve(true, scores), strict=True)
        }
        fpr, fnr, _ = sk.det_curve(true, scores)
        assert {(round(a, 12), round(b, 12)) for a, b in zip(fpr, fnr, strict=True)} <= mine


def test_ties_one_by_one_bracket_the_honest_area():
    true, scores = [1, 0, 1, 0, 1], [0.9, 0.5, 0.5, 0.5, 0.1]
    area = {how: record(c.roc(true, scores, ties=how))[-1].area for how in c.TIES}
    best, worst = area["positives first"], area["negatives first"]
    assert best == pytest.approx(4 / 6) and worst == pytest.approx(2 / 6)
    assert area["together"] == pytest.approx((best + worst) / 2, **CLOSE)
    assert area["together"] == pytest.approx(sk.roc_auc_score(true, scores), **CLOSE)


def test_the_lectures_auc():
    true, scores = [1, 1, 1, 0, 0, 0], [0.9, 0.8, 0.4, 0.7, 0.3, 0.2]
    assert c.roc_auc(true, scores) == pytest.approx(8 / 9, **CLOSE)


@pytest.mark.parametrize("labels", [[1, 1, 1], [0, 0, 0]])
def test_one_class_has_no_roc(labels):
    for f in (c.roc_curve, c.roc_auc, c.mann_whitney, lambda t, s: record(c.roc(t, s))):
        with pytest.raises(c.EmptyClassError, match="positives"):
            f(labels, [0.1, 0.2, 0.3])


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="0 and 1"):
        c.roc_auc([1, 2, 3], [0.1, 0.2, 0.3])
    with pytest.raises(ValueError, match="finite"):
        c.roc_auc([1, 0], [math.nan, 0.2])
    with pytest.raises(ValueError, match="same length"):
        c.accuracy([1, 0], [1])
    with pytest.raises(ValueError, match="together"):
        record(c.roc([1, 0], [0.1, 0.2], ties="random"))
    with pytest.raises(ValueError, match="decrease"):
        c.auc([1, 0], [0, 1])


def test_multiclass_auc():
    rng = np.random.default_rng(0)
    for _ in range(10):
        true = np.concatenate([np.arange(4), rng.integers(0, 4, 40)])
        scores = rng.dirichlet(np.ones(4), len(true))
        for how, name in (("one-vs-rest", "ovr"), ("one-vs-one", "ovo")):
            wanted = sk.roc_auc_score(true, scores, multi_class=name, average="macro")
            assert c.multiclass_auc(true, scores, how=how) == pytest.approx(wanted, **CLOSE)
        wanted = sk.roc_auc_score(true, scores, multi_class="ovr", average="weighted")
        assert c.multiclass_auc(true, scores, weighted=True) == pytest.approx(wanted, **CLOSE)
    with pytest.raises(c.EmptyClassError, match="class"):
        c.multiclass_auc([0, 1, 1], np.ones((3, 3)) / 3)
    with pytest.raises(ValueError, match="column numbers"):
        c.multiclass_auc([0, 5], np.ones((2, 2)) / 2)


def test_precision_recall_and_average_precision():
    for true, scores in samples():
        recall, precision, _ = c.precision_recall_curve(true, scores)
        theirs = sk.precision_recall_curve(true, scores)
        end = len(theirs[2])
        close(precision, theirs[0][:end][::-1])
        close(recall, theirs[1][:end][::-1])
        wanted = sk.average_precision_score(true, scores)
        assert c.average_precision(true, scores) == pytest.approx(wanted, **CLOSE)
        best = [max(p for p, r in zip(precision, recall, strict=True) if r >= level - 1e-9)
                for level in np.linspace(0, 1, 11)]  # fmt: skip
        eleven = c.average_precision(true, scores, how="11-point")
        assert eleven == pytest.approx(np.mean(best), **CLOSE)
    with pytest.raises(c.EmptyClassError):
        c.average_precision([0, 0], [0.1, 0.2])


def brute_ap(hits, objects, how):
    """From the definition: precision at every rank, then the rule, point by point."""
    points = [
        (sum(hits[: i + 1]) / objects, sum(hits[: i + 1]) / (i + 1)) for i in range(len(hits))
    ]

    def best(level):
        return max((p for r, p in points if r >= level - 1e-9), default=0.0)

    if how == "11-point":
        return sum(best(j / 10) for j in range(11)) / 11
    found = [k for k in range(1, objects + 1) if k <= sum(hits)]
    if how == "interpolated":
        return sum(best(k / objects) for k in found) / objects
    return sum(points[i][1] for i, hit in enumerate(hits) if hit) / objects


@pytest.mark.parametrize("how", c.AVERAGES)
def test_every_short_ranking_by_brute_force(how):
    for n in range(1, 7):
        for hits in itertools.product((0, 1), repeat=n):
            for objects in range(max(1, sum(hits)), sum(hits) + 3):
                mine = c.ranked_precision(hits, objects, how=how)
                assert mine == pytest.approx(brute_ap(hits, objects, how), **CLOSE)
                if how == "step":
                    assert record(c.walk(hits, objects))[-1].area == pytest.approx(mine, **CLOSE)


def test_the_lectures_ranking():
    found = [round(c.ranked_precision(HITS, 5, how=how), 6) for how in c.AVERAGES]
    assert found == [0.714286, 0.728571, 0.753247]
    assert c.ranked_precision([], 3) == 0
    for bad, error in [
        (([1, 1], 1), ValueError),
        (([0], 0), c.EmptyClassError),
        (([2], 3), ValueError),
    ]:
        with pytest.raises(error):
            c.ranked_precision(*bad)


def test_bayes_and_costs():
    ppv, npv = c.predictive_values(105 / 103400, 96 / 105, 3505 / 103295)
    assert ppv == pytest.approx(FACES.ppv, **CLOSE) and npv == pytest.approx(FACES.npv, **CLOSE)
    assert c.cost_threshold(1, 9) == pytest.approx(0.1, **CLOSE)
    with pytest.raises(ValueError, match="fraction"):
        c.predictive_values(2, 0.5, 0.5)
    with pytest.raises(ValueError, match="costs"):
        c.cost_threshold(0, 0)
    for true, scores in samples(20):
        t = c.cheapest_threshold(true, scores, 1, 3)
        least = min(c.count_at(true, scores, v).cost(1, 3) for v in [*scores, scores.min() - 1])
        assert c.count_at(true, scores, t).cost(1, 3) == pytest.approx(least, **CLOSE)


def test_calibration():
    rng = np.random.default_rng(0)
    p = rng.uniform(size=500)
    true = (rng.uniform(size=500) < p).astype(int)
    assert c.brier(true, p) == pytest.approx(sk.brier_score_loss(true, p), **CLOSE)
    said, came, size = c.reliability(true, p, 5)
    theirs = calibration_curve(true, p, n_bins=5)
    close(came, theirs[0])
    close(said, theirs[1])
    ece = sum(size[i] / 500 * abs(said[i] - came[i]) for i in range(5))
    assert c.calibration_error(true, p, 5) == pytest.approx(ece, **CLOSE)
    assert np.isnan(c.reliability([1, 0], [0.1, 0.2], 2)[0][1])
    assert c.calibration_error([1, 0], [1.0, 0.0]) == 0
    with pytest.raises(ValueError, match="from 0 to 1"):
        c.reliability([1, 0], [1.2, 0.1])


def test_rejection():
    p = np.array([[0.6, 0.3, 0.1], [0.5, 0.5, 0.0], [0.4, 0.35, 0.25], [0.1, 0.1, 0.8]])
    assert c.assign(p, 0.5).tolist() == [0, -1, -1, 2]
    assert c.assign(p, 0.0).tolist() == [0, 0, 0, 2]
    rates = [np.mean(c.assign(p, t) == c.REJECTED) for t in np.linspace(0, 1, 11)]
    assert np.all(np.diff(rates) >= 0) and rates[-1] == 1


LABELS = np.array([[1, -1, 1], [-1, 1, -1], [1, 1, -1], [-1, -1, 1]])
SCORES = np.array([[0.9, 0.2, 0.4], [0.6, 0.3, 0.1], [0.7, 0.8, 0.2], [0.1, 0.3, 0.9]])


def test_multilabel():
    predicted = np.where(SCORES > 0.5, 1, -1)
    assert c.one_error(LABELS, SCORES) == 0.25 and c.hamming_loss(LABELS, predicted) == 0.25
    assert c.subset_accuracy(LABELS, predicted) == 0.5
    rng = np.random.default_rng(0)
    for _ in range(20):
        labels = rng.choice([-1, 1], (12, 5))
        labels[np.arange(12), rng.integers(0, 5, 12)] = 1
        scores = rng.integers(0, 6, (12, 5)) / 5
        guess = np.where(scores > 0.5, 1, -1)
        ones, marks = (labels == 1).astype(int), (guess == 1).astype(int)
        assert c.hamming_loss(labels, guess) == pytest.approx(sk.hamming_loss(ones, marks), **CLOSE)
        assert c.subset_accuracy(labels, guess) == pytest.approx(
            sk.accuracy_score(ones, marks), **CLOSE
        )
        wanted = sk.label_ranking_loss(ones, scores)
        assert c.ranking_loss(labels, scores) == pytest.approx(wanted, **CLOSE)
        wrong = sum(row[max(range(5), key=lambda j: s[j])] == -1
                    for row, s in zip(labels.tolist(), scores.tolist(), strict=True))  # fmt: skip
        assert c.one_error(labels, scores) == pytest.approx(wrong / 12, **CLOSE)
    with pytest.raises(c.EmptyClassError, match="rows"):
        c.one_error([[-1, -1]], [[0.1, 0.2]])
    with pytest.raises(ValueError, match="-1 and"):
        c.hamming_loss([[0, 1]], [[1, 1]])
