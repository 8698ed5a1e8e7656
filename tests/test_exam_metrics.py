"""The lectures' own numbers on measures, as named variants of the exercises."""

from __future__ import annotations

import numpy as np
import pytest

from course_lib import exam

VERIFIED = [
    # lecture 000A, topic 30; the notes print the specificity as 0.9659 and F1 as 0.0519
    (
        "metrics.indicators",
        "lecture",
        {
            "sensitivity": 96 / 105,
            "specificity": 99790 / 103295,
            "accuracy": 99886 / 103400,
            "precision": 96 / 3601,
            "f1": 192 / 3706,
        },
    ),
    (
        "metrics.table",
        "lecture",
        {
            "prevalence": 105 / 103400,
            "dummy": 0.998985,
            "fdr": 0.973341,
            "lr_plus": 26.9447,
            "lr_minus": 0.088725,
            "dor": 303.688,
        },
    ),
    ("metrics.retrieval", "lecture-recall", {"recall": 0.1}),  # topic 32
    ("metrics.retrieval", "lecture-precision", {"precision": 0.2}),
    ("metrics.rmse", "lecture", {"rmse": 0.612372}),  # topic 28
    ("metrics.roc", "lecture", {"auc": 8 / 9}),  # topic 31
    ("metrics.ap", "lecture", {"eleven": 0.753247, "ap": 0.728571, "step": 0.714286}),  # topic 34
    ("metrics.iou", "lecture", {"intersection": 25, "union": 175, "iou": 1 / 7}),
    ("metrics.iou", "lecture-shifted", {"iou": 2 / 3, "verdict": "right"}),
    ("metrics.multilabel", "lecture", {"one_error": 0.25, "wrong": 3, "hloss": 0.25}),  # topic 35
]


@pytest.mark.parametrize(("name", "variant", "values"), VERIFIED)
def test_lecture_values(name, variant, values):
    exercise = exam.new(name, variant=variant)
    for step, value in values.items():
        if isinstance(value, str):
            assert exercise.answers[step] == value
        else:
            np.testing.assert_allclose(exercise.answers[step], value, rtol=1e-5)


def test_the_printed_slips_are_marked_wrong():
    exercise = exam.new("metrics.indicators", variant="lecture")
    assert exercise.mark({"specificity": "0.9659"})["specificity"].status == "wrong"
    assert exercise.mark({"specificity": "0.9661"})["specificity"].status == "right"


def test_rounded_precision_and_recall_are_followed_through():
    """Who rounds precision and recall to four digits gets 0.0519, and full marks for F1."""
    exercise = exam.new("metrics.indicators", variant="lecture")
    report = exercise.mark({"sensitivity": 0.9143, "precision": 0.0267, "f1": 0.0519})
    assert report["f1"].status in ("right", "follow-through")
    assert report["f1"].marks == 2
