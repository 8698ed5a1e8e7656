"""Fourteen small classification tasks, half of them real: what a quick comparison is run on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from course_lib.datasets.catalogue import load
from course_lib.datasets.dataset import Dataset


def _blocks(data: Dataset, side: int, block: int) -> Dataset:
    """Pictures of side x side pixels, averaged over blocks."""
    n, few = len(data), side // block
    means = data.inputs.reshape(n, few, block, few, block).mean(axis=(2, 4)).reshape(n, -1)
    return replace(data, inputs=means, feature_names=())


def _roughness(data: Dataset) -> Dataset:
    """Seven numbers per texture: spread, and mean steps over 1, 2, 4 pixels either way."""
    x = data.inputs.reshape(len(data), 32, 32).astype(float)
    across = [np.abs(x[:, :, d:] - x[:, :, :-d]).mean(axis=(1, 2)) for d in (1, 2, 4)]
    down = [np.abs(x[:, d:] - x[:, :-d]).mean(axis=(1, 2)) for d in (1, 2, 4)]
    spread = x.std(axis=(1, 2))
    return replace(data, inputs=np.column_stack([spread, *across, *down]), feature_names=())


def _halves(data: Dataset) -> Dataset:
    """A number to predict becomes a question: above the median?"""
    assert data.targets is not None
    high = (data.targets > np.median(data.targets)).astype(np.int64)
    return replace(data, targets=high, class_names=("low", "high"))


def _drawn(name: str, rule: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Dataset:
    """300 points of a square, labelled by a rule; one label in ten is flipped."""
    rng = np.random.default_rng(5)
    x = rng.uniform(-1, 1, size=(300, 2))
    label = (rule(*x.T) > 0) ^ (rng.random(300) < 0.1)
    return Dataset(name, x, label.astype(np.int64), ("x1", "x2"), ("0", "1"))


def fourteen() -> list[Dataset]:
    """Seven real data sets, some of them shrunk to few features, then seven drawn ones."""
    return [
        load("iris"),
        load("wine"),
        load("breast_cancer"),
        _blocks(load("digits"), 8, 2),
        _blocks(load("faces"), 25, 5),
        _halves(load("diabetes")),
        _roughness(load("textures")),
        load("blobs", n=300, classes=5, spread=1.0, rng=1),
        load("moons", n=300, noise=0.25, rng=0),
        load("circles", n=300, noise=0.15, rng=0),
        load("xor", n=300, rng=0),
        load("spiral", n=300, rng=0),
        _drawn("wave", lambda x, y: y - 0.6 * np.sin(5 * x)),
        _drawn("checkers", lambda x, y: np.sin(5 * x) * np.sin(5 * y)),
    ]
