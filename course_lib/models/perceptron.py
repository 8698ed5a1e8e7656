"""The perceptron: one threshold unit, how it decides and how it learns.

Conventions. The bias is added: net = w.x + b. Targets are either binary (0, 1) or bipolar (-1, +1);
the lectures use both, and the algorithm is the same (`learn` shows it). What happens
at net = 0 is a rule of its own, `at_zero`: "low" (fires only if net > 0), "high" (fires if net >=
0) or "error" (a pattern on the boundary is never right: lecture 001).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from jaxtyping import Float, Int

AT_ZERO = ("low", "high", "error")
fractions = np.vectorize(Fraction, otypes=[object])


def mcculloch_pitts(
    inputs: Int[np.ndarray, "patterns n"], threshold: float
) -> Int[np.ndarray, " patterns"]:
    """Fire (1) where the plain sum of the inputs reaches the threshold. No weights, nothing is
    learned.

    McCulloch and Pitts 1943; lecture 000A, topic 43.
    """
    return (np.sum(inputs, axis=1) >= threshold).astype(int)


def net_input(
    inputs: Float[np.ndarray, "patterns n"], weights: Float[np.ndarray, " n"], bias: float
) -> Float[np.ndarray, " patterns"]:
    """The weighted sum plus bias of every pattern: X w + b. Raises ValueError if the shapes do not
    fit.
    """
    inputs, weights = np.asarray(inputs), np.asarray(weights)
    if inputs.ndim != 2 or weights.shape != (inputs.shape[1],):
        raise ValueError(
            "inputs of shape (patterns, n) need weights of shape (n,); "
            f"got {inputs.shape} and {weights.shape}"
        )
    return inputs @ weights + bias


def predict(
    inputs: Float[np.ndarray, "patterns n"],
    weights: Float[np.ndarray, " n"],
    bias: float,
    *,
    at_zero: str = "low",
    low: int = 0,
) -> Int[np.ndarray, " patterns"]:
    """The class of every pattern: 1 on the side that the weights point to, `low` (0 or -1) on the
    other.
    """
    net = net_input(inputs, weights, bias)
    return np.where(net >= 0 if at_zero == "high" else net > 0, 1, low)


def signed_distance(
    inputs: Float[np.ndarray, "patterns n"], weights: Float[np.ndarray, " n"], bias: float
) -> Float[np.ndarray, " patterns"]:
    """Distance of every pattern from the boundary w.x + b = 0, positive on the side that w points
    to.

    Raises ValueError for w = 0, which has no boundary. Lecture 001, topic 4.
    """
    length = np.linalg.norm(weights)
    if length == 0:
        raise ValueError("the zero weight vector has no boundary, so there is no distance to it")
    return net_input(inputs, weights, bias) / length


@dataclass(frozen=True)
class PerceptronStep:
    """One presentation of one pattern. `weights` and `bias` are those after it."""

    epoch: int
    pattern: int
    x: np.ndarray
    target: int
    net: float
    output: int
    error: int
    weights: np.ndarray
    bias: float
    updates: int

    @property
    def updated(self) -> bool:
        return self.error != 0


def learn(
    inputs: Float[np.ndarray, "patterns n"],
    targets: Int[np.ndarray, " patterns"],
    *,
    learning_rate: float = 1.0,
    weights: Sequence[float] | None = None,
    bias: float = 0.0,
    order: Sequence[int] | None = None,
    epochs: int = 100,
    at_zero: str = "low",
    exact: bool = False,
) -> Iterator[PerceptronStep]:
    """Rosenblatt's rule, pattern by pattern: w += rate * error * x and b += rate * error.

    The error is +1 (should have fired), -1 (should not have) or 0 (right): the same for binary and
    bipolar targets. `order` lists the patterns of one pass. Ends after the first pass without an
    update, or after `epochs` passes: on data that no line separates it would go on for ever. With
    `exact` the arithmetic is done in fractions: a learning rate of 0.1 is then one tenth.
    Rosenblatt 1958; lectures 000A topic 46, 004 topic 9.
    """
    inputs, targets = np.asarray(inputs), np.asarray(targets)
    if inputs.ndim != 2 or targets.shape != (len(inputs),):
        raise ValueError(
            "expected inputs (patterns, n) and targets (patterns,); "
            f"got {inputs.shape} and {targets.shape}"
        )
    values = set(targets.tolist())
    if not (values <= {0, 1} or values <= {-1, 1}):
        raise ValueError(f"targets must be 0 and 1, or -1 and +1; got the values {sorted(values)}")
    if at_zero not in AT_ZERO:
        raise ValueError(f"at_zero must be one of {', '.join(AT_ZERO)}; got {at_zero!r}")
    low = -1 if -1 in values else 0
    rate = Fraction(str(learning_rate)) if exact else learning_rate
    inputs = fractions(inputs) if exact else inputs.astype(float)
    w = np.zeros(inputs.shape[1]) if weights is None else np.array(weights, dtype=float)
    if exact:
        w, bias = fractions(w), Fraction(bias)  # type: ignore[assignment]
    sweep = range(len(inputs)) if order is None else order
    updates = 0
    for epoch in range(1, epochs + 1):
        before = updates
        for i in sweep:
            x, target = inputs[i], int(targets[i])
            net = x @ w + bias
            output = 1 if net > 0 or (net == 0 and at_zero == "high") else low
            wrong = output != target or (net == 0 and at_zero == "error")
            error = (1 if target == 1 else -1) if wrong else 0
            if wrong:
                w, bias = w + rate * error * x, bias + rate * error  # type: ignore
                updates += 1
            yield PerceptronStep(epoch, i, x, target, net, output, error, w.copy(), bias, updates)
        if updates == before:
            return


def convergence_bound(
    inputs: Float[np.ndarray, "patterns n"],
    targets: Int[np.ndarray, " patterns"],
    weights: Float[np.ndarray, " n"],
    bias: float,
) -> float:
    """The most updates that learning from zero can need: beta ||w*||^2 / alpha^2 for a separating
    w*.

    In the space with the bias folded in as w_0 and x_0 = 1: beta = max ||x||^2 and alpha = min t
    w*.x over bipolar targets. Holds for every learning rate and order. Raises ValueError if w* does
    not separate the patterns strictly (alpha <= 0). Novikoff 1962; lecture 004, topic 9.
    """
    augmented = np.column_stack([np.ones(len(inputs)), inputs])
    solution = np.concatenate([[bias], weights])
    signs = np.where(np.asarray(targets) == 1, 1, -1)
    alpha = np.min(signs * (augmented @ solution))
    if alpha <= 0:
        raise ValueError(
            f"these weights do not separate the patterns strictly: smallest margin {alpha:g}"
        )
    return float(np.max(np.sum(augmented**2, axis=1)) * (solution @ solution) / alpha**2)


def separating_weights(
    inputs: Float[np.ndarray, "patterns n"], targets: Int[np.ndarray, " patterns"]
) -> tuple[np.ndarray, float] | None:
    """Weights and bias with t (w.x + b) >= 1 for every pattern, or None if no such line exists.

    A linear programme decides: unlike a training run, its "no" is a proof.
    """
    from scipy.optimize import linprog

    signs = np.where(np.asarray(targets) == 1, 1.0, -1.0)
    augmented = np.column_stack([np.ones(len(inputs)), np.asarray(inputs, dtype=float)])
    n = augmented.shape[1]
    found = linprog(
        np.zeros(n),
        A_ub=-signs[:, None] * augmented,
        b_ub=-np.ones(len(signs)),
        bounds=[(None, None)] * n,
    )
    return (found.x[1:], float(found.x[0])) if found.status == 0 else None


def perceptron_criterion(
    inputs: Float[np.ndarray, "patterns n"],
    targets: Int[np.ndarray, " patterns"],
    weights: Float[np.ndarray, " n"],
    bias: float,
) -> tuple[float, Float[np.ndarray, " n"], float]:
    """The perceptron's loss D = -sum of t (w.x + b) over misclassified patterns, and its gradients.

    Bipolar targets; a pattern with score 0 counts as misclassified. Returns D, dD/dw and dD/db.
    Lecture 001, topic 5.
    """
    score = np.asarray(targets) * net_input(inputs, weights, bias)
    wrong = score <= 0
    signed = np.asarray(targets)[wrong]
    return float(-score[wrong].sum()), -(signed @ np.asarray(inputs)[wrong]), float(-signed.sum())


def hebb(
    inputs: Float[np.ndarray, "patterns n"],
    targets: Int[np.ndarray, " patterns"],
    rate: float = 1.0,
) -> tuple[Float[np.ndarray, " n"], float]:
    """Plain Hebbian learning: every pattern adds rate * target * input, right or wrong, once.

    Bipolar targets. The perceptron rule is the error-gated version. Hebb 1949; lecture 001, topic
    5.
    """
    targets = np.asarray(targets)
    return rate * (targets @ np.asarray(inputs)), float(rate * targets.sum())


@dataclass(frozen=True)
class DeltaStep:
    """One presentation to the linear unit. `weights` and `bias` are those after it; `loss` is its
    half square.
    """

    epoch: int
    pattern: int
    output: float
    error: float
    loss: float
    weights: np.ndarray
    bias: float


def delta_rule(
    inputs: Float[np.ndarray, "patterns n"],
    targets: Float[np.ndarray, " patterns"],
    *,
    learning_rate: float = 0.1,
    epochs: int = 100,
) -> Iterator[DeltaStep]:
    """The same update for a linear unit: w += rate * (t - net) * x, which descends the squared
    error.

    The error is graded, not -1, 0 or 1, so it settles on the least-squares fit even where no line
    separates the classes. Widrow and Hoff 1960; lecture 000A, topics 46 and 47.
    """
    w, b = np.zeros(inputs.shape[1]), 0.0
    for epoch in range(1, epochs + 1):
        for i, (x, t) in enumerate(zip(inputs, targets, strict=True)):
            net = float(x @ w + b)
            error = float(t - net)
            w, b = w + learning_rate * error * x, b + learning_rate * error
            yield DeltaStep(epoch, i, net, error, error**2 / 2, w, b)


def averaged_perceptron(
    inputs: Float[np.ndarray, "patterns n"],
    targets: Int[np.ndarray, " patterns"],
    *,
    epochs: int,
    rng: np.random.Generator,
) -> tuple[Float[np.ndarray, " n"], float]:
    """Perceptron learning in a new random order each pass, returning the average of all its
    weights.

    The last weights depend on which pattern came last; the average votes over the whole run, so it
    is steady where the classes overlap. Bipolar targets. Freund and Schapire 1999.
    """
    augmented = np.column_stack([np.ones(len(inputs)), inputs])
    signed = augmented * np.asarray(targets)[:, None]
    w = np.zeros(augmented.shape[1])
    total = np.zeros_like(w)
    for _ in range(epochs):
        for x in signed[rng.permutation(len(signed))]:
            if x @ w <= 0:
                w = w + x
            total += w
    average = total / (epochs * len(signed))
    return average[1:], float(average[0])
