"""The worked examples of the notes keep their verified values (calculus, probability, learning,
losses, architecture).
"""

from __future__ import annotations

import numpy as np
import pytest

from course_lib import exam

TOPICS = ("calculus", "probability", "learning", "losses", "architecture")

# The numbers are those of the maps of the six lectures, recomputed there without this code.
VALUES = {
    ("calculus.rules", "lecture"): {"slope": 80},
    ("calculus.descent", "lecture"): {"z1": 1, "z2": 0.5, "z3": 0.25, "stable": 1},
    ("calculus.descent", "slow"): {"z1": 1.6, "z2": 1.28, "z3": 1.024},
    ("calculus.descent", "one-step"): {"z1": 0},
    ("calculus.descent", "alternating"): {"z1": -1, "z2": 0.5, "z3": -0.25},
    ("calculus.descent", "alternating-slowly"): {"z1": -1.6, "z2": 1.28},
    ("calculus.descent", "for-ever"): {"z1": -2, "z2": 2},
    ("calculus.descent", "diverging"): {"z1": -2.4, "z2": 2.88},
    ("calculus.gradient", "notes"): {"gradient": [8, 3], "along": 7.2, "steepest": 8.544},
    ("calculus.hessian", "saddle-without-zero"): {
        "H": [[2, 3], [3, 1]],
        "eigenvalues": [-1.541, 4.541],
        "kind": "saddle",
    },
    ("calculus.hessian", "inconclusive"): {"H": [[2, 0], [0, 0]], "kind": "the test cannot tell"},
    ("calculus.jacobian", "lecture"): {"J": [[6, 3], [2, 8]]},
    ("calculus.map", "lecture"): {"first": [2, 1], "second": [4, 2], "det": 0, "rank": 1},
    ("probability.uniform", "lecture"): {"p": 1 / 8, "union": 5 / 8, "rest": 3 / 8},
    ("probability.density", "narrow"): {"height": 2},
    ("probability.binomial", "notes"): {"exactly": 0.26683, "mean": 3, "variance": 2.1},
    ("probability.joint", "notes"): {
        "px": [0.4, 0.6],
        "py": [0.4, 0.3, 0.3],
        "given": [0.25, 0.5, 0.25],
        "cov": -0.04,
        "corr": -0.0983,
    },
    ("probability.bayes", "notes"): {"posterior": 0.1610},
    ("probability.entropy", "notes-bits"): {"H": 1.5, "cross": 1.75, "kl": 0.25},
    ("probability.entropy", "notes-nats"): {
        "H": 1.03972,
        "cross": 1.21301,
        "kl": 0.17329,
        "reverse": 0.17329,
    },
    ("probability.entropy", "forward-reverse"): {"kl": 0.08530, "reverse": 0.09746},
    ("probability.entropy", "two-values"): {
        "H": 0.61086,
        "cross": 0.69315,
        "kl": 0.08228,
        "reverse": 0.08718,
    },
    ("probability.power", "notes"): {"density": 1.0},
    ("probability.tables", "lecture"): {"full": 1000, "chain": 210, "free": 189, "full_free": 999},
    ("learning.knn", "notes"): {
        "distances": [1.414, 1, 1.414, 2.828, 3.606],
        "k1": "A",
        "k3": "A",
        "k5": "B",
    },
    ("learning.return", "ones"): {"G": 3.439, "endless": 10},
    ("learning.return", "mixed"): {"G": 1.648},
    ("learning.return", "notes-003"): {"G": 6.265},
    ("learning.protein", "lecture"): {"N": 20, "composition": 0.2, "bigram": 0.15, "sum": 0.95},
    ("learning.dna", "notes"): {"bases": [3 / 7, 1 / 7, 1 / 7, 2 / 7], "windows": 6},
    ("learning.lbp", "notes"): {"code": 241, "contrast": 4.733},
    ("learning.signal_to_noise", "notes"): {"score": 2},
    ("losses.softmax", "lecture"): {
        "z": [0.659001, 0.242433, 0.098566],
        "loss": 0.417030,
        "gradient": [-0.340999, 0.242433, 0.098566],
    },
    ("losses.softmax", "notes-003"): {"z": [0.0900, 0.2447, 0.6652]},
    ("losses.cross_entropy", "lecture"): {"one_hot": 0.693, "soft": 0.886941, "least": 0.801819},
    ("losses.binary", "notes"): {
        "terms": [0.10536, 0.22314, 0.51083, 1.20397],
        "total": 2.04330,
        "mean": 0.51083,
        "likelihood": 0.1296,
    },
    ("losses.binary", "multi-label"): {"total": 0.839330},
    ("losses.saturated", "notes"): {"ce": -0.98201, "square": -0.03469},
    ("losses.gaussian", "notes"): {
        "mean": 4.4,
        "score": 0.5,
        "gain": -9.71043 + 9.81043,
        "likelihood": -9.71043,
        "variance": 2.64,
    },
    ("losses.coin", "one-head"): {"mle": 1, "mean": 0.5455, "map": 0.5556},
    ("losses.coin", "two-heads"): {"mle": 1, "mean": 0.5833, "map": 0.6},
    ("losses.coin", "firm-prior"): {"mean": 0.5098},
    ("losses.regression", "notes"): {
        "sse": 0.75,
        "log_likelihood": -3.131816,
        "squares": 6,
        "absolutes": 3,
    },
    ("losses.robust", "notes"): {"huber": [0.125, 0.5, 2.5], "hinge": [0, 0.7, 1.3]},
    ("architecture.dense", "mnist"): {"parameters": 101_770},
    ("architecture.dense", "identity-8-3-8"): {"parameters": 59},
    ("architecture.dense", "linear-mnist"): {"parameters": 7_850},
    ("architecture.dense", "linear-cifar"): {"parameters": 30_730},
    ("architecture.conv", "lecture"): {
        "out": 28,
        "parameters": 456,
        "connections": 352_800,
        "dense": 14_450_688,
    },
    ("architecture.conv", "notes-001"): {"parameters": 56, "dense": 6_293_504 - 32 * 32 * 2},
    ("architecture.conv", "notes-001-32"): {"parameters": 896},
    ("architecture.conv", "vgg-first"): {"parameters": 1_792},
    ("architecture.separable", "lecture"): {"full": 4608, "separable": 656, "ratio": 0.1424},
    ("architecture.bottleneck", "notes"): {"direct": 153_600, "reduced": 15_872},
    ("architecture.sizes", "alexnet"): {
        "sizes": [[55], [27], [27], [13], [13], [13], [13], [6]],
        "numbers": 9216,
    },
    ("architecture.sizes", "enzynet"): {"sizes": [[12], [8], [4]]},
    ("architecture.sizes", "inception-v3"): {
        "sizes": [[149], [147], [73], [71], [35], [17], [8]],
        "stride": 32,
    },
    ("architecture.sizes", "notes-003"): {"sizes": [[13]]},
    ("architecture.sizes", "resnet-stem"): {"sizes": [[112]]},
    ("architecture.receptive_field", "two-convolutions"): {"last": [5, 1]},
    ("architecture.receptive_field", "two-strided"): {"last": [7, 4]},
    ("architecture.receptive_field", "with-pooling"): {"last": [10, 4]},
    ("architecture.receptive_field", "atari"): {"last": [20, 8]},
    ("architecture.receptive_field", "inception-v3"): {"last": [75, 32], "image": 299},
    ("architecture.dilated", "tcn-2"): {"field": 16},
    ("architecture.dilated", "tcn-3"): {"field": 15, "effective": 5, "padding": 4},
    ("architecture.pooling", "notes-003"): {
        "largest": [[5, 6], [7, 8]],
        "average": [[2.75, 3], [3.25, 3.75]],
        "overlapping": [[5, 6, 6], [5, 5, 2], [7, 4, 8]],
    },
    ("architecture.pooling", "notes-001"): {
        "largest": [[6, 5], [7, 9]],
        "average": [[3.5, 2], [2.5, 6]],
    },
    ("architecture.pooling", "lecture-000B"): {
        "largest": [[6, 8], [3, 4]],
        "average": [[3.25, 5.25], [2, 2]],
    },
    ("architecture.convolve", "notes-003"): {
        "correlation": [[0, 1, 5], [3, 3, 3], [4, 0, 0]],
        "convolution": [[4, 1, 3], [3, 5, -1], [0, 0, 2]],
    },
    ("architecture.convolve", "notes-004"): {
        "correlation": [[0, 2], [-1, -1]],
        "convolution": [[0, -2], [1, 1]],
    },
    ("architecture.convolve", "lecture-first"): {"correlation": [[19, 25], [37, 43]]},
    ("architecture.convolve", "lecture-second"): {"correlation": [[37, 47], [67, 77]]},
}

# Formulas are compared as formulas, by the marker.
FORMULAS = {
    ("calculus.rules", "lecture"): {
        "power": "4x^3",
        "sum": "3cos(x) + 2x",
        "chain": "2x*cos(x^2)",
        "product": "5x^4",
        "quotient": "3x^2",
    },
    ("calculus.chain", "lecture"): {"total": "6t^5"},
    ("calculus.two_paths", "lecture"): {"u2": "1 + 2x", "y": "cos(x + x^2)*(1 + 2x)"},
    ("calculus.implicit", "lecture"): {
        "slope": "(11 - 2exp(2x-9y) - 3x^2*y^2)/(2x^3*y - 9exp(2x-9y) - cos(y))"
    },
    ("calculus.implicit", "as-printed"): {
        "slope": "(11 - 2exp(2x-9y) - 5x^4*y^3)/(3x^5*y^2 - 9exp(2x-9y) - cos(y))"
    },
}


@pytest.mark.parametrize(("name", "variant"), VALUES)
def test_worked_example(name, variant):
    answers = exam.new(name, variant=variant).answers
    for step, value in VALUES[name, variant].items():
        found = answers["fields"][-1] if step == "last" else answers[step]
        if isinstance(value, str):
            assert found == value
        else:
            assert np.shape(found) == np.shape(value)
            assert np.allclose(found, value, rtol=1e-3, atol=6e-4), f"{step}: {found}"


def test_penalised_step_of_the_notes():
    """Weight 2, rate 0.1, lambda 0.5: 1.97, 1.87, 1.92 (gradient 0.3); 1.7 without the half."""
    answers = exam.new("losses.penalty", variant="lecture").answers
    assert [answers[s][0] for s in ("plain", "l2", "l1")] == pytest.approx([1.97, 1.87, 1.92])
    assert exam.new("losses.penalty", variant="notes-001").answers["l2"][0] == pytest.approx(1.7)


@pytest.mark.parametrize(("name", "variant"), FORMULAS)
def test_worked_formula(name, variant):
    report = exam.new(name, variant=variant).mark(FORMULAS[name, variant])
    for step in FORMULAS[name, variant]:
        assert report[step].status == "right", report


def test_every_variant_has_a_value():
    declared = {
        (t.name, v) for t in exam.all_types().values() if t.topic in TOPICS for v in t.variants
    }
    assert declared == {*VALUES, *FORMULAS} | {
        ("losses.penalty", "lecture"),
        ("losses.penalty", "notes-001"),
    }


def test_multi_channel_convolution_is_the_sum_over_channels():
    """The lecture's two channels add up to [[56, 72], [104, 120]]."""
    maps = [
        exam.new("architecture.convolve", variant=v).answers["correlation"]
        for v in ("lecture-first", "lecture-second")
    ]
    assert np.array_equal(sum(maps), [[56, 72], [104, 120]])


def test_slope_follows_the_candidates_own_derivative():
    """A wrong formula earns the marks of the value that follows from it."""
    exercise = exam.new("calculus.rules", variant="lecture")
    x0 = exercise.givens["x0"]
    report = exercise.mark({"product": "6x^4", "slope": 6 * x0**4})
    assert report["product"].status == "wrong"
    assert report["slope"].status == "follow-through" and report["slope"].marks == 1
