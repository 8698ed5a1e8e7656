"""Boxes, matching and average precision against brute force and the lecture's numbers."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

from course_lib.evaluation import classification, detection
from course_lib.evaluation.detection import Detected
from course_lib.trace import record


def pixels(box):
    x1, y1, x2, y2 = box
    return set(itertools.product(range(x1, x2), range(y1, y2)))


def test_overlap_by_counting_squares():
    rng = np.random.default_rng(0)
    boxes = [
        (int(x), int(y), int(x + w), int(y + h))
        for x, y, w, h in zip(
            *rng.integers(0, 8, (2, 30)), *rng.integers(1, 8, (2, 30)), strict=True
        )
    ]
    table = detection.iou_matrix(boxes[:12], boxes[12:])
    assert table.shape == (12, 18)
    for i, a in enumerate(boxes[:12]):
        for j, b in enumerate(boxes[12:]):
            want = Fraction(len(pixels(a) & pixels(b)), len(pixels(a) | pixels(b)))
            assert detection.overlap_area(a, b) == len(pixels(a) & pixels(b))
            assert table[i, j] == pytest.approx(float(want), rel=1e-12, abs=1e-12)


def test_the_lectures_overlaps():
    assert detection.iou((0, 0, 10, 10), (5, 5, 15, 15)) == pytest.approx(1 / 7, rel=1e-12)
    assert detection.iou((0, 0, 10, 10), (2, 0, 12, 10)) == pytest.approx(2 / 3, rel=1e-12)
    assert detection.iou((0, 0, 1, 1), (2, 2, 3, 3)) == 0  # two negative sides make no area
    assert detection.iou_matrix([], [(0, 0, 1, 1)]).shape == (0, 1)


@pytest.mark.parametrize("box", [(1, 0, 0, 1), (0, 0, 0, 1), (0, 0, 1), (0, 0, np.nan, 1)])
def test_a_box_has_an_area(box):
    with pytest.raises(ValueError, match="box"):
        detection.iou(box, (0, 0, 1, 1))


def test_matching():
    objects = [(0, 0, 10, 10), (20, 0, 30, 10)]
    boxes = [(1, 0, 11, 10), (0, 0, 10, 10), (20, 0, 30, 20), (50, 50, 60, 60)]
    steps = record(detection.match(boxes, [0.6, 0.9, 0.8, 0.3], objects))
    assert [s.detection for s in steps] == [1, 2, 0, 3]
    # the exact half is not above the threshold; the second claim of object 0 comes too late
    assert [s.hit for s in steps] == [True, False, False, False]
    assert steps[1].overlap == 0.5 and steps[2].object == 1
    loose = detection.match(boxes, [0.6, 0.9, 0.8, 0.3], objects, threshold=0.4)
    assert [s.hit for s in loose] == [True, True, False, False]
    assert record(detection.match(boxes, np.ones(4), []))[0].object is None
    with pytest.raises(ValueError, match="scores"):
        record(detection.match(boxes, [1.0], objects))


def test_average_precision_ranks_over_all_pictures():
    cat = (0.0, 0.0, 4.0, 4.0)
    far = (9.0, 9.0, 12.0, 12.0)
    first = Detected([cat, far], [0.9, 0.7], [cat])
    second = Detected([far, cat], [0.8, 0.6], [cat])
    third = Detected([], [], [cat])
    hits, objects = detection.ranking([first, second, third])
    assert hits.tolist() == [1, 0, 0, 1] and objects == 3
    by_hand = (1 + 2 / 4) / 3
    assert detection.detection_ap([first, second, third]) == pytest.approx(by_hand, rel=1e-12)
    perfect = [Detected([cat], [0.5], [cat])]
    classes = {"cat": [first, second, third], "dog": perfect}
    assert detection.mean_ap(classes) == pytest.approx((by_hand + 1) / 2, rel=1e-12)
    with pytest.raises(classification.EmptyClassError):
        detection.mean_ap({"cat": [Detected([cat], [0.5], [])]})
    with pytest.raises(ValueError, match="at least one class"):
        detection.mean_ap({})


def test_stricter_overlap_finds_less():
    rng = np.random.default_rng(0)
    corner = rng.uniform(0, 50, (20, 2))
    objects = np.hstack([corner, corner + 10])
    boxes = objects + rng.normal(0, 1.5, objects.shape)
    pictures = [Detected(boxes, rng.uniform(size=20), objects)]
    values = [detection.detection_ap(pictures, threshold=t) for t in np.arange(0.5, 1, 0.05)]
    assert all(a >= b for a, b in itertools.pairwise(values)) and values[0] > 0.9 > 0.2 > values[-1]
    mean = detection.mean_ap({"x": pictures}, thresholds=tuple(np.arange(0.5, 1, 0.05)))
    assert mean == pytest.approx(np.mean(values), rel=1e-12)
