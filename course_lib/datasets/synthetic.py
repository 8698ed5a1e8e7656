"""Data that we make ourselves, so that the truth is known; every draw comes from `rng`."""

from __future__ import annotations

import numpy as np

from course_lib.datasets.dataset import Dataset, generator
from course_lib.names import unknown

GATES = {
    "AND": (0, 0, 0, 1),
    "OR": (0, 1, 1, 1),
    "NAND": (1, 1, 1, 0),
    "NOR": (1, 0, 0, 0),
    "XOR": (0, 1, 1, 0),
    "XNOR": (1, 0, 0, 1),
}


def gate(gate: str = "AND", *, signed: bool = False, signed_inputs: bool = False) -> Dataset:
    """The truth table of a logic gate: inputs 00, 01, 10, 11 (4 x 2), one target each.

    Targets are 0 and 1, or -1 and +1 with `signed=True` (the lectures use both conventions);
    `signed_inputs=True` does the same to the inputs. Signed targets are no class numbers, so
    such a set has no `class_names`.

    Raises: KeyError for a gate it does not know.
    """
    name = str(gate).upper()
    if name not in GATES:
        raise KeyError(unknown("gate", gate, GATES))
    inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float64)
    targets = np.array(GATES[name], dtype=np.int64)
    return Dataset(
        "gate",
        2 * inputs - 1 if signed_inputs else inputs,
        2 * targets - 1 if signed else targets,
        ("x1", "x2"),
        () if signed else ("0", "1"),
        f"The truth table of {name}.",
    )


def blobs(
    n: int = 200,
    *,
    classes: int = 2,
    spread: float = 0.6,
    radius: float = 2.0,
    rng: np.random.Generator | int = 0,
) -> Dataset:
    """Round Gaussian clouds whose centres stand evenly on a circle of the given radius."""
    random, labels = generator(rng), _labels(n, classes)
    angle = 2 * np.pi * np.arange(classes) / classes
    centres = radius * np.column_stack([np.cos(angle), np.sin(angle)])
    inputs = centres[labels] + spread * random.standard_normal((n, 2))
    return _plane("blobs", inputs, labels, "Round Gaussian clouds.", random, centres=centres)


def moons(n: int = 200, *, noise: float = 0.1, rng: np.random.Generator | int = 0) -> Dataset:
    """Two interleaved half circles of radius 1, with Gaussian noise."""
    random, labels = generator(rng), _labels(n, 2)
    angle = np.pi * random.random(n)
    upper = np.column_stack([np.cos(angle), np.sin(angle)])
    lower = np.column_stack([1 - np.cos(angle), 0.5 - np.sin(angle)])
    inputs = np.where(labels[:, None] == 0, upper, lower)
    inputs = inputs + noise * random.standard_normal((n, 2))
    return _plane("moons", inputs, labels, "Two interleaved half circles.", random)


def circles(
    n: int = 200,
    *,
    noise: float = 0.1,
    inner: float = 0.5,
    rng: np.random.Generator | int = 0,
) -> Dataset:
    """A ring of radius 1 (class 0) around a ring of radius `inner` (class 1)."""
    random, labels = generator(rng), _labels(n, 2)
    angle = 2 * np.pi * random.random(n)
    radius = np.where(labels == 0, 1.0, inner)
    inputs = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    inputs = inputs + noise * random.standard_normal((n, 2))
    return _plane("circles", inputs, labels, "A ring around a ring.", random)


def xor(n: int = 200, *, gap: float = 0.1, rng: np.random.Generator | int = 0) -> Dataset:
    """Points of the square [-1, 1]^2; class 1 where the two signs differ, axes kept free by `gap`.

    Raises: ValueError unless 0 <= gap < 1.
    """
    if not 0 <= gap < 1:
        raise ValueError(f"gap lies in [0, 1), not {gap!r}")
    random, labels = generator(rng), _labels(n, 2)
    size = gap + (1 - gap) * random.random((n, 2))
    first = random.choice([-1.0, 1.0], size=n)
    signs = np.column_stack([first, np.where(labels == 1, -first, first)])
    return _plane("xor", signs * size, labels, "XOR: class 1 where the signs differ.", random)


def spiral(
    n: int = 300,
    *,
    classes: int = 3,
    turns: float = 0.75,
    noise: float = 0.05,
    rng: np.random.Generator | int = 0,
) -> Dataset:
    """Arms that wind from the centre to radius 1, one class each."""
    random, labels = generator(rng), _labels(n, classes)
    radius = np.sqrt(random.random(n))
    angle = 2 * np.pi * (turns * radius + labels / classes)
    inputs = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    inputs = inputs + noise * random.standard_normal((n, 2))
    return _plane("spiral", inputs, labels, "Spiral arms, one class each.", random)


def linearly_separable(
    n: int = 100,
    *,
    margin: float = 0.1,
    dimensions: int = 2,
    rng: np.random.Generator | int = 0,
) -> Dataset:
    """Points of the cube [-1, 1]^d on both sides of a random hyperplane, none nearer than `margin`.

    `truth["weights"]` (length 1) and `truth["bias"]` are that hyperplane's, so the margin of the
    convergence theorem is known to be at least `margin`.

    Raises: ValueError unless 0 <= margin <= 0.5 (beyond, little of the cube is left).
    """
    if not 0 <= margin <= 0.5:
        raise ValueError(f"margin lies in [0, 0.5], not {margin!r}")
    if dimensions < 1:
        raise ValueError(f"dimensions is at least 1, not {dimensions!r}")
    random, labels = generator(rng), _labels(n, 2)
    weights = random.standard_normal(dimensions)
    weights /= np.linalg.norm(weights)
    bias = np.array(random.uniform(-0.2, 0.2))
    inputs = np.empty((n, dimensions))
    missing = np.arange(n)
    while len(missing):  # each round keeps a fixed share on average, so this ends
        points = random.uniform(-1, 1, (len(missing), dimensions))
        distance = np.where(labels[missing] == 1, 1, -1) * (points @ weights + bias)
        inputs[missing[distance >= margin]] = points[distance >= margin]
        missing = missing[distance < margin]
    return _plane(
        "linearly_separable",
        inputs,
        labels,
        f"Two classes, no point nearer than {margin} to the hyperplane between them.",
        random,
        weights=weights,
        bias=bias,
    )


def sine(n: int = 60, *, noise: float = 0.2, rng: np.random.Generator | int = 0) -> Dataset:
    """Regression: sin(2 pi x) on [0, 1], with Gaussian noise; `truth["clean"]` has none."""
    random = generator(rng)
    x = np.sort(random.random(n))
    return _curve("sine", x, np.sin(2 * np.pi * x), noise, "sin(2 pi x) with noise.", random)


def cubic(n: int = 60, *, noise: float = 0.1, rng: np.random.Generator | int = 0) -> Dataset:
    """Regression: x^3 - x/2 on [-1, 1], with Gaussian noise; `truth["clean"]` has none."""
    random = generator(rng)
    x = np.sort(random.uniform(-1, 1, n))
    return _curve("cubic", x, x**3 - x / 2, noise, "x^3 - x/2 with noise.", random)


def _labels(n: int, classes: int) -> np.ndarray:
    """0, 1, ..., 0, 1, ...: the classes are as equal in size as `n` allows."""
    if classes < 2 or n < classes:
        raise ValueError(f"at least 2 classes and one point each, not n={n}, classes={classes}")
    return np.arange(n, dtype=np.int64) % classes


def _plane(
    name: str,
    inputs: np.ndarray,
    labels: np.ndarray,
    description: str,
    random: np.random.Generator,
    **truth: np.ndarray,
) -> Dataset:
    order = random.permutation(len(labels))
    return Dataset(
        name,
        inputs[order],
        labels[order],
        tuple(f"x{i + 1}" for i in range(inputs.shape[1])),
        tuple(map(str, range(labels.max() + 1))),
        description,
        truth=truth,
    )


def _curve(
    name: str,
    x: np.ndarray,
    clean: np.ndarray,
    noise: float,
    description: str,
    random: np.random.Generator,
) -> Dataset:
    targets = clean + noise * random.standard_normal(len(x))
    truth = {"clean": clean}
    return Dataset(name, x[:, None], targets, ("x",), (), description, truth=truth)
