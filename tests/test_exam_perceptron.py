"""The lectures' own perceptron exercises, against the values that were verified for them."""

from __future__ import annotations

import numpy as np
import pytest

from course_lib import exam

VERIFIED = [
    # lecture 000A, topic 43: v = 1 iff 2 u1 - u2 + 0.5 >= 0
    ("perceptron.classify", "lecture", {"nets": [0.5, -0.5, 2.5, 1.5], "outputs": [1, 0, 1, 1]}),
    # lecture 000A, topic 43: OR theta = 1, AND theta = n
    ("perceptron.threshold", "lecture-OR", {"theta": 1, "patterns": 3}),
    ("perceptron.threshold", "lecture-AND", {"theta": 2, "patterns": 1}),
    # lecture 004, exercise E06 (there in the order 11, 10, 01, 00)
    (
        "perceptron.gate",
        "lecture",
        {"nets": [0, 0.5, 0.5, 1], "outputs": [-1, 1, 1, 1], "gate": "OR"},
    ),
    ("perceptron.gate", "lecture-AND", {"nets": [-1, 0, 0, 1], "gate": "AND"}),
    ("perceptron.gate", "lecture-AND-2", {"nets": [-0.8, -0.3, -0.3, 0.2], "gate": "AND"}),
    # lecture 004, topic 10: NAND perceptron
    ("perceptron.gate", "lecture-NAND", {"nets": [3, 1, 1, -1], "gate": "NAND"}),
    # lecture 004, exercise E07, run B and run A
    (
        "perceptron.update",
        "lecture",
        {
            "after_1": [0, 0.5, 0.5],
            "after_2": [-0.5, 0, 0.5],
            "after_3": [0, 0.5, 1],
            "after_4": [-0.5, 0.5, 0.5],
        },
    ),
    (
        "perceptron.update",
        "lecture-run-A",
        {
            "after_1": [0.5, 0.5, 0.5],
            "after_2": [0, 0, 0.5],
            "after_3": [0, 0, 0.5],
            "after_4": [0, 0, 0.5],
            "after_5": [-0.5, 0, 0],
        },
    ),
    # lecture 000A, topic 46, strict and with >= 0
    ("perceptron.run", "lecture", {"final": [-2, 2, 1], "passes": 6}),
    ("perceptron.run", "lecture-OR", {"final": [0, 1, 1], "passes": 4}),
    ("perceptron.run", "lecture-NAND", {"final": [3, -2, -1], "passes": 6}),
    ("perceptron.run", "lecture-NOR", {"final": [1, -1, -1], "passes": 4}),
    ("perceptron.run", "lecture-AND-at-0", {"final": [-3, 2, 1], "passes": 6}),
    ("perceptron.run", "lecture-OR-at-0", {"final": [-1, 1, 1], "passes": 4}),
    ("perceptron.run", "lecture-NAND-at-0", {"final": [2, -2, -1], "passes": 6}),
    ("perceptron.run", "lecture-NOR-at-0", {"final": [0, -1, -1], "passes": 4}),
    # lecture 001, topic 5, targets +-1 (passes with errors, and one without)
    ("perceptron.run", "lecture-AND-signs", {"final": [-4, 3, 2], "updates": 18, "passes": 9}),
    ("perceptron.run", "lecture-OR-signs", {"final": [-1, 2, 2], "updates": 9, "passes": 6}),
    ("perceptron.run", "lecture-NAND-signs", {"final": [4, -3, -2], "updates": 18}),
    # lecture 004, topic 9
    ("perceptron.bound", "lecture", {"alpha": 1, "beta": 3, "length": 17, "bound": 51}),
    # lecture 001, topic 4
    ("perceptron.distance", "lecture", {"distance": 4}),
    ("perceptron.distance", "lecture-origin", {"distance": -1}),
    ("perceptron.distance", "lecture-2-1", {"distance": 1}),
    ("perceptron.distance", "lecture-on-the-line", {"distance": 0, "side": "on the line"}),
    # lecture 001, topic 5
    (
        "perceptron.criterion",
        "lecture",
        {
            "scores": [1.5, -0.5, 2.5, 0.5],
            "misclassified": ("2", "3", "4"),
            "D": 3.5,
            "gradient_w": [2, -1],
            "gradient_w0": 1,
        },
    ),
    # lecture 004, exercise E08
    (
        "perceptron.adder",
        "lecture",
        {"in1": 0.73106, "in2": 0.82316, "in3": 0.38648, "sum": 0.64123, "carry": 0.51893},
    ),
    (
        "perceptron.adder",
        "lecture-c4",
        {"in1": 0.98201, "in2": 0.98439, "in3": 0.02071, "sum": 0.98128, "carry": 0.02384},
    ),
    # lecture 004, exercise E08: the adder's table
    (
        "perceptron.nand",
        "lecture",
        {
            "in1": [1, 1, 1, 0],
            "in2": [1, 1, 0, 1],
            "in3": [1, 0, 1, 1],
            "in4": [0, 1, 1, 0],
            "gate": "XOR",
        },
    ),
    ("perceptron.nand", "lecture-carry", {"in2": [0, 0, 0, 1], "gate": "AND"}),
    # lecture 000A, topic 47, and lecture 004, topic 9
    ("perceptron.separable", "lecture", {"separable": "no", "how_many": 14, "functions": 16}),
    (
        "perceptron.two_layers",
        "lecture",
        {"h1": [0, 1, 1, 1], "h2": [0, 0, 0, 1], "y": [0, 1, 1, 0], "gate": "XOR"},
    ),
]


@pytest.mark.parametrize(("name", "variant", "values"), VERIFIED)
def test_lecture_values(name, variant, values):
    answers = exam.new(name, variant=variant).answers
    for step, value in values.items():
        found = answers[step]
        if step == "passes":
            assert len(found) == value
        elif isinstance(value, (str, tuple)):
            assert found == value
        else:
            np.testing.assert_allclose(found, value, atol=5.1e-6)


def test_every_lecture_variant_is_verified_here():
    verified = {(name, variant) for name, variant, _ in VERIFIED}
    declared = {
        (t.name, v)
        for t in exam.all_types().values()
        if t.topic == "perceptron"
        for v in t.variants
    }
    design = {(n, v) for n, v in declared if n == "perceptron.design"}  # any weights: below
    others = {("perceptron.update", "lecture-first-pass")}  # below
    assert declared - verified == design | others


def test_lecture_weights_realise_their_gates():
    # lecture 004, topic 10: (-2, -2) x + 3; lecture 004, exercise E06, for AND
    assert (
        exam.new("perceptron.design", variant="lecture-NAND").mark({"weights": "3 -2 -2"}).marks
        == 3
    )
    for weights in ("(-.8, .5, .5)", "(-1, 1, 1)", "(-2, 2, 1)"):
        report = exam.new("perceptron.design", variant="lecture-AND").mark({"weights": weights})
        assert report.marks == 3, weights
    bad = exam.new("perceptron.design", variant="lecture-AND").mark({"weights": "(0, 1, 1)"})[
        "weights"
    ]
    assert bad.marks == 0 and "For 01 your net input is 1" in bad.message


def test_first_pass_is_the_start_of_the_whole_run():
    # lecture 003, topic 2 and lecture 000A, topic 46: AND from 0 with eta = 1
    one = exam.new("perceptron.update", variant="lecture-first-pass").answers["after_4"]
    assert (
        one.tolist() == exam.new("perceptron.run", variant="lecture").answers["passes"][0].tolist()
    )


def test_there_are_enough_types():
    assert len([t for t in exam.all_types().values() if t.topic == "perceptron"]) >= 9
