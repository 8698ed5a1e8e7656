"""The lectures' own exercises on multilayer nets, against the values verified for them."""

from __future__ import annotations

import numpy as np
import pytest

from course_lib import exam

VERIFIED = [
    # lecture 000A, topic 49
    (
        "forward",
        "lecture",
        {"h1": [0.524979, 0.549834, 0.574443], "h2": [0.623556, 0.661412], "out": [0.724245]},
    ),
    ("count", "lecture", {"total": 23}),
    ("count", "lecture-2-3-1", {"total": 13}),
    ("count", "lecture-784", {"total": 62020}),
    ("count", "lecture-2-3-2-1", {"weights": 14, "total": 20}),
    # lecture 003, topic 9
    ("count", "lecture-8-3-8", {"total": 59}),
    ("identity", "lecture", {"H": 3, "parameters": 59, "code": [1, 1, 1]}),
    # lecture 004, topic 12 and lecture 000A, topic 53
    ("output_delta", "lecture", {"z": [0.751365], "delta": [0.138499]}),
    ("output_delta", "lecture-2-3-2-1", {"z": [0.724245], "delta": [0.144642]}),
    ("hidden_delta", "lecture", {"delta_hidden": [0.023767, 0.025914]}),
    ("hidden_delta", "lecture-first", {"delta_hidden": [0.001885, 0.004330, 0.006706]}),
    (
        "step",
        "lecture",
        {
            "h": [0.549834, 0.622459],
            "z": 0.656648,
            "cost": 0.058945,
            "delta": -0.077413,
            "delta_hidden": [-0.009580, -0.010915],
            "v_new": [0.521282, 0.624093],
            "W_new": [[0.104790, 0.202395], [0.305458, 0.402729]],
        },
    ),
    # lecture 003, topic 8
    (
        "step",
        "lecture-003",
        {
            "h": [0.57444, 0.64566],
            "z": 0.52494,
            "cost": 0.11284,
            "delta": -0.11847,
            "delta_hidden": [-0.01448, 0.01626],
            "v_new": [0.53403, -0.56175],
        },
    ),
    # lecture 004, topic 12
    (
        "step",
        "lecture-004",
        {
            "h": [0.593270, 0.596884],
            "z": 0.751365,
            "cost": 0.274811,
            "delta": 0.138499,
            "delta_hidden": [0.013368, 0.014996],
        },
    ),
    # lecture 000B, topics 13 and 20
    ("graph", "lecture", {"values": [2, 3, 3, 2], "gradients": [-1, -2, -1, 1]}),
    ("paths", "lecture", {"total": 0.4444}),
    ("paths", "lecture-3", {"total": 0.0625}),
    ("paths", "lecture-minus-2", {"total": 0.1111}),
    ("paths", "lecture-minus-half", {"total": 0.4444}),
    ("neuron", "lecture", {"net": [2.25, -1.75, 0.75], "C": 1.875, "gradient_w": [7 / 6, 5 / 3],
                           "gradient_b": 1.0}),
    # lecture 003, topic 10
    ("slow", "lecture-5", {"bound": 9.77e-4}),
    ("slow", "lecture-10", {"bound": 9.54e-7}),
    # lecture 004, exercise E09: the product is a vector of sums, not of first terms
    ("shapes", "lecture", {"net": [8, 20], "back": [-3, -3, -3]}),
    ("topology", "lecture-feed-forward", {"kind": "feed-forward"}),
    ("topology", "lecture-recurrent", {"kind": "recurrent"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "variant", "values"), VERIFIED, ids=[f"{n}-{v}" for n, v, _ in VERIFIED]
)
def test_the_lectures_numbers(name, variant, values):
    answers = exam.new(f"backpropagation.{name}", variant=variant).answers
    for step, value in values.items():
        if isinstance(value, str):
            assert answers[step] == value
        else:
            np.testing.assert_allclose(answers[step], value, rtol=6e-4, atol=6e-6)


def test_the_unmasked_gradient_of_the_slides_is_recognised():
    """Lecture 000B, topic 13: without the indicator the slides give (3.66667, 4.16667) and -1.5."""
    exercise = exam.new("backpropagation.neuron", variant="lecture")
    report = exercise.mark({"gradient_w": "3.66667, 4.16667", "gradient_b": "-1.5"})
    assert report["gradient_w"].mistake == "no_mask" and report["gradient_b"].mistake == "no_mask"


def test_a_rounded_hand_calculation_earns_all_marks():
    exercise = exam.new("backpropagation.step", variant="lecture")
    given = {
        "h": "0.54983, 0.62246", "z": "0.65665", "cost": "0.05894", "delta": "-0.07741",
        "delta_hidden": "-0.00958, -0.01091", "v_new": "0.52128, 0.62409",
        "W_new": "[0.10479 0.2024; 0.30546 0.40273]",
    }  # fmt: skip
    assert exercise.mark(given).marks == exercise.marks


def test_an_early_slip_is_followed_through():
    exercise = exam.new("backpropagation.forward", variant="lecture")
    h1 = np.array([0.1, 0.2, 0.3])  # the sigmoid forgotten once
    answers = {"h1": h1}
    for step, W in (("h2", "W2"), ("out", "W3")):
        before = answers["h1" if step == "h2" else "h2"]
        answers[step] = 1 / (1 + np.exp(-(exercise.givens[W] @ before)))
    report = exercise.mark({k: list(v) for k, v in answers.items()})
    assert report["h1"].status == "wrong" and report["out"].status == "follow-through"
