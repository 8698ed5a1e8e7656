"""How good is an object detector? Overlap of boxes, matching, average precision and its mean.

A box is (x1, y1, x2, y2) with x1 < x2 and y1 < y2: two corners, continuous coordinates (no "+1
pixel"). A detection is right if its class is right and its overlap with an object that nobody has
claimed yet is above the threshold (strictly, as lecture 000A, topic 34, says "greater than").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from course_lib.evaluation.classification import ranked_precision


def _boxes(boxes: Any) -> np.ndarray:
    boxes = np.asarray(boxes, dtype=float)
    if boxes.size == 0:
        return boxes.reshape(0, 4)
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(f"boxes are (boxes, 4) with x1, y1, x2, y2; got the shape {boxes.shape}")
    if not np.isfinite(boxes).all() or np.any(boxes[:, 2:] <= boxes[:, :2]):
        raise ValueError("each box needs x1 < x2 and y1 < y2, finite numbers")
    return boxes


def iou(a: Sequence[float], b: Sequence[float]) -> float:
    """Intersection over union of two boxes, from 0 (apart) to 1 (the same). Jaccard 1901."""
    return float(iou_matrix(np.array([a]), np.array([b]))[0, 0])


def overlap_area(a: Sequence[float], b: Sequence[float]) -> float:
    """The area that two boxes share; 0 if they lie apart in any direction."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return max(width, 0.0) * max(height, 0.0)


def iou_matrix(
    a: Float[np.ndarray, "m 4"], b: Float[np.ndarray, "n 4"]
) -> Float[np.ndarray, "m n"]:
    """Intersection over union of every box of one list with every box of another."""
    a, b = _boxes(a)[:, None], _boxes(b)[None]
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    shared = np.prod(np.maximum(sides, 0), axis=-1)  # apart in one direction: no overlap at all
    areas = [np.prod(box[..., 2:] - box[..., :2], axis=-1) for box in (a, b)]
    return shared / (areas[0] + areas[1] - shared)


@dataclass(frozen=True)
class MatchStep:
    """One detection, judged: its rank, its best free object (or None), the overlap, the verdict."""

    rank: int
    detection: int
    score: float
    object: int | None
    overlap: float
    hit: bool


def match(
    boxes: Float[np.ndarray, "detections 4"],
    scores: Float[np.ndarray, " detections"],
    objects: Float[np.ndarray, "objects 4"],
    *,
    threshold: float = 0.5,
) -> Iterator[MatchStep]:
    """Judge the detections of one class in one picture, the surest first.

    Each takes the free object that it overlaps most, if by more than the threshold; a second
    detection of the same object is a false positive. Equal scores keep their order. Raises
    ValueError for shapes that do not fit. Everingham et al. 2010.
    """
    boxes, objects, scores = _boxes(boxes), _boxes(objects), np.asarray(scores, dtype=float)
    if scores.shape != (len(boxes),):
        raise ValueError(f"{len(boxes)} boxes need as many scores, got the shape {scores.shape}")
    overlaps = iou_matrix(boxes, objects)
    free = np.ones(len(objects), dtype=bool)
    for rank, i in enumerate(np.argsort(-scores, kind="stable").tolist(), start=1):
        left = np.where(free, overlaps[i], -1.0)
        best = int(np.argmax(left)) if free.any() else None
        overlap = float(left[best]) if best is not None else 0.0
        hit = best is not None and overlap > threshold
        if hit:
            free[best] = False
        yield MatchStep(rank, i, float(scores[i]), best, overlap, hit)


@dataclass(frozen=True)
class Detected:
    """What a detector says about one picture and one class, and what is there."""

    boxes: Float[np.ndarray, "detections 4"]
    scores: Float[np.ndarray, " detections"]
    objects: Float[np.ndarray, "objects 4"]


def ranking(pictures: Sequence[Detected], *, threshold: float = 0.5) -> tuple[np.ndarray, int]:
    """Hits (1) and misses (0) over all pictures by falling score, and the number of objects.

    Matching is done picture by picture, the list is ranked over the whole data base: an image with
    many detections does not count more for it.
    """
    steps = [
        step for p in pictures for step in match(p.boxes, p.scores, p.objects, threshold=threshold)
    ]
    order = np.argsort([-step.score for step in steps], kind="stable")
    hits = np.array([int(steps[i].hit) for i in order], dtype=int)
    return hits, sum(len(_boxes(p.objects)) for p in pictures)


def detection_ap(
    pictures: Sequence[Detected], *, threshold: float = 0.5, how: str = "interpolated"
) -> float:
    """Average precision of one class. Raises EmptyClassError if there is no object at all."""
    hits, objects = ranking(pictures, threshold=threshold)
    return ranked_precision(hits, objects, how=how)


def mean_ap(
    classes: Mapping[str, Sequence[Detected]],
    *,
    thresholds: Sequence[float] = (0.5,),
    how: str = "interpolated",
) -> float:
    """mAP: the mean of average precision over classes and overlap thresholds.

    COCO's headline number takes the thresholds 0.50, 0.55, ... 0.95. Raises ValueError without
    classes, EmptyClassError for a class that has no object.
    """
    if not classes or not thresholds:
        raise ValueError("mAP needs at least one class and one overlap threshold")
    return float(
        np.mean(
            [
                detection_ap(pictures, threshold=t, how=how)
                for pictures in classes.values()
                for t in thresholds
            ]
        )
    )


__all__ = [
    "Detected", "MatchStep", "detection_ap", "iou", "iou_matrix", "match", "mean_ap",
    "overlap_area", "ranking",
]  # fmt: skip
