"""Likelihoods and the losses that follow from them, each with its gradient beside it.

Every loss returns one value per example (the lecture's *loss*); whether to sum (SSE, lecture 001)
or to average (the *cost* of lecture 003, torch's default) is written where it is used. Outputs
come first, targets second. `a` is a net input (logit), `z` the output after the activation, `t`
the target. Logarithms are natural: values are in nats.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.special import expit
from torch import nn

Values = Float[np.ndarray, "..."]
Numbers = Values | float
Rows = Float[np.ndarray, "examples classes"]


# --- likelihoods: the logarithm of the probability (density) of each observation ----------------


def gaussian_log_density(x: Numbers, mean: Numbers, sigma: Numbers) -> Values:
    """ln N(x; mean, sigma^2). Raises ValueError unless sigma > 0. Lecture 001, topic 1."""
    positive(sigma, "sigma")
    return -np.log(np.sqrt(2 * np.pi) * sigma) - (np.asarray(x) - mean) ** 2 / (
        2 * np.square(sigma)
    )


def gaussian_score(x: Numbers, mean: float, sigma: float) -> tuple[float, float]:
    """Slopes of the log-likelihood by the mean and by sigma; both are 0 at its maximum."""
    residuals = np.asarray(x, dtype=float) - mean
    by_mean = residuals.sum() / sigma**2
    by_sigma = (residuals @ residuals) / sigma**3 - len(residuals) / sigma
    return float(by_mean), float(by_sigma)


def laplace_log_density(x: Numbers, centre: Numbers, scale: float) -> Values:
    """ln of the Laplace density exp(-|x - centre| / scale) / (2 scale).

    Raises ValueError unless scale > 0. Lecture 001, topic 2 ("if the noise is not Gaussian").
    """
    positive(scale, "scale")
    return -np.log(2 * scale) - np.abs(np.asarray(x) - centre) / scale


def bernoulli_log_mass(t: Numbers, p: Numbers) -> Values:
    """ln of p^t (1-p)^(1-t), t in {0, 1}: t selects the factor. Lecture 001, topic 3."""
    return -binary_cross_entropy(p, t)


def categorical_log_mass(
    labels: Int[np.ndarray, " examples"], p: Rows
) -> Float[np.ndarray, " examples"]:
    """ln of the probability that each row of p gives to its label."""
    return np.log(p[np.arange(len(labels)), labels])


def gaussian_fit(x: Float[np.ndarray, " examples"]) -> tuple[float, float]:
    """The mean and sigma of greatest likelihood: sample mean, root of the *biased* variance."""
    return float(np.mean(x)), float(np.std(x))


def laplace_fit(x: Float[np.ndarray, " examples"]) -> tuple[float, float]:
    """The centre and scale of greatest likelihood: median, mean absolute deviation from it."""
    centre = float(np.median(x))
    return centre, float(np.mean(np.abs(x - centre)))


def positive(value: Numbers, name: str) -> None:
    """Raise ValueError unless every entry is above zero."""
    if not np.all(np.asarray(value) > 0):
        raise ValueError(f"{name} must be above 0, got {value!r}")


# --- losses of a real output (regression) -------------------------------------------------------


def squared_error(y: Numbers, t: Numbers) -> Values:
    """(y - t)^2; summed SSE, averaged MSE. From Gaussian noise. Lecture 001, topic 2."""
    return (np.asarray(y) - t) ** 2


def squared_error_gradient(y: Numbers, t: Numbers) -> Values:
    """2 (y - t)."""
    return 2 * (np.asarray(y) - t)


def absolute_error(y: Numbers, t: Numbers) -> Values:
    """|y - t|; averaged MAE. From Laplace noise. Lecture 003, topic 18."""
    return np.abs(np.asarray(y) - t)


def absolute_error_gradient(y: Numbers, t: Numbers) -> Values:
    """The sign of y - t, and 0 in the kink, as in torch."""
    return np.sign(np.asarray(y) - t)


def huber(y: Numbers, t: Numbers, delta: float = 1.0) -> Values:
    """Half the square within delta of the target, straight beyond: delta (|r| - delta / 2).

    Huber 1964; lecture 003, topic 18. Raises ValueError unless delta > 0.
    """
    positive(delta, "delta")
    r = np.abs(np.asarray(y) - t)
    return np.where(r <= delta, r**2 / 2, delta * (r - delta / 2))


def huber_gradient(y: Numbers, t: Numbers, delta: float = 1.0) -> Values:
    """The residual y - t, clipped to [-delta, delta]."""
    return np.clip(np.asarray(y) - t, -delta, delta)


# --- losses of a class --------------------------------------------------------------------------


def sigmoid(a: Numbers) -> Values:
    """1 / (1 + exp(-a)), without overflow."""
    return expit(a)


def hinge(score: Numbers, t: Numbers) -> Values:
    """max(0, 1 - t score) for targets -1 and +1: zero once the margin is 1.

    Lecture 003, topic 18.
    """
    return np.maximum(0.0, 1 - np.asarray(t) * score)


def hinge_gradient(score: Numbers, t: Numbers) -> Values:
    """By the score: -t where the margin is below 1, else 0."""
    return np.where(np.asarray(t) * score < 1, -np.asarray(t, dtype=float), 0.0)


def binary_cross_entropy(z: Numbers, t: Numbers) -> Values:
    """-[t ln z + (1 - t) ln(1 - z)] for outputs z in [0, 1] and targets in [0, 1].

    A factor 0 silences its logarithm, so a certain and right answer costs 0 and a certain and
    wrong one infinity. Raises ValueError for an output outside [0, 1]. Lecture 001, topic 3.
    """
    z, t = np.broadcast_arrays(np.asarray(z, dtype=float), np.asarray(t, dtype=float))
    if np.any((z < 0) | (z > 1)):
        raise ValueError("outputs must be probabilities in [0, 1]; pass logits to bce_with_logits")
    return -(weighted_log(t, z) + weighted_log(1 - t, 1 - z))


def bce_with_logits(a: Numbers, t: Numbers) -> Values:
    """The same from the logit a, without overflow: max(a, 0) - a t + ln(1 + exp(-|a|))."""
    a = np.asarray(a, dtype=float)
    return np.maximum(a, 0) - a * t + np.log1p(np.exp(-np.abs(a)))


def bce_with_logits_gradient(a: Numbers, t: Numbers) -> Values:
    """By the logit: sigmoid(a) - t. The slope of the sigmoid has cancelled."""
    return sigmoid(a) - t


def quadratic_with_logits(a: Numbers, t: Numbers) -> Values:
    """Half the squared error of a sigmoid unit, (sigmoid(a) - t)^2 / 2. Lecture 004, topic 13."""
    return (sigmoid(a) - t) ** 2 / 2


def quadratic_with_logits_gradient(a: Numbers, t: Numbers) -> Values:
    """By the logit: (z - t) z (1 - z). The last two factors stop a saturated unit."""
    z = sigmoid(a)
    return (z - t) * z * (1 - z)


def log_sum_exp(a: Float[np.ndarray, "... classes"]) -> Values:
    """ln sum exp(a) over the last axis; the largest logit goes out first, so nothing overflows."""
    a = np.asarray(a, dtype=float)
    top = a.max(axis=-1, keepdims=True)
    return np.log(np.sum(np.exp(a - top), axis=-1)) + top[..., 0]


def softmax(
    a: Float[np.ndarray, "... classes"], temperature: float = 1.0
) -> Float[np.ndarray, "... classes"]:
    """exp(a_k / T) / sum exp(a_c / T) over the last axis. Lecture 000A, topic 55."""
    positive(temperature, "temperature")
    a = np.asarray(a, dtype=float) / temperature
    return np.exp(a - log_sum_exp(a)[..., None])


def cross_entropy(z: Rows, t: Rows) -> Float[np.ndarray, " examples"]:
    """-sum t ln z over the last axis: targets one-hot or soft. Lecture 000A, topic 56."""
    return -np.sum(weighted_log(np.asarray(t, dtype=float), np.asarray(z, dtype=float)), axis=-1)


def cross_entropy_with_logits(a: Rows, t: Rows) -> Float[np.ndarray, " examples"]:
    """The same from logits; one-hot: ln sum exp(a) - a_g. Soft targets must sum to 1."""
    return log_sum_exp(a) - np.sum(np.asarray(t) * a, axis=-1)


def cross_entropy_with_logits_gradient(a: Rows, t: Rows) -> Rows:
    """By the logits: softmax(a) - t."""
    return softmax(a) - t


def weighted_log(weight: Numbers, p: Numbers) -> Values:
    """weight ln p, where a weight of 0 counts as 0 even for p = 0."""
    weight, p = np.broadcast_arrays(weight, p)
    used = weight != 0
    with np.errstate(divide="ignore"):
        return np.where(used, weight * np.log(np.where(used, p, 1.0)), 0.0)


# --- information --------------------------------------------------------------------------------


def entropy(p: Values) -> Values:
    """H(p) = -sum p ln p over the last axis, in nats."""
    return cross_entropy(p, p)


def kl_divergence(p: Values, q: Values) -> Values:
    """KL(p || q) = sum p ln(p / q): what q costs beyond the entropy of p. Lecture 003, topic 18."""
    return cross_entropy(q, p) - entropy(p)


def one_hot(labels: Int[np.ndarray, " examples"], classes: int) -> Rows:
    """A row of zeros with a 1 at each label."""
    return np.eye(classes)[np.asarray(labels)]


def smooth(t: Rows, epsilon: float) -> Rows:
    """Label smoothing: take the share epsilon from the target and spread it over all classes.

    Szegedy et al. 2016. Raises ValueError unless 0 <= epsilon <= 1.
    """
    if not 0 <= epsilon <= 1:
        raise ValueError(f"epsilon is a share between 0 and 1, got {epsilon!r}")
    t = np.asarray(t, dtype=float)
    return (1 - epsilon) * t + epsilon / t.shape[-1]


# --- the linear classifier ----------------------------------------------------------------------


def unroll(image: Float[np.ndarray, "rows columns colours"]) -> Float[np.ndarray, " pixels"]:
    """The image as one vector, column by column, red before green before blue.

    Pixel (r, c) of colour k lands at index k R C + c R + r. Lecture 001, topic 10.
    """
    image = np.asarray(image)
    if image.ndim != 3:
        raise ValueError(f"expected an image (rows, columns, colours), got shape {image.shape}")
    return image.transpose(2, 1, 0).ravel()


def scores(
    inputs: Float[np.ndarray, "examples n"],
    weights: Float[np.ndarray, "classes n"],
    bias: Float[np.ndarray, " classes"],
) -> Rows:
    """A score per class: X W^T + b, a row of W for each class. Lecture 001, topic 10."""
    return np.asarray(inputs) @ np.asarray(weights).T + bias


def linear(inputs: int, outputs: int) -> nn.Linear:
    """A linear layer that starts at zero: its loss has one basin, so no random start is needed."""
    layer = nn.Linear(inputs, outputs)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


# --- traces -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Gathered:
    """One more observation counted in."""

    count: int
    x: float
    log_density: float
    log_likelihood: float
    likelihood: float


def gather(x: Sequence[float], mean: float, sigma: float) -> Iterator[Gathered]:
    """Gather the log-likelihood of a Gaussian point by point, and the product beside it."""
    total, product = 0.0, 1.0
    for count, value in enumerate(np.asarray(x, dtype=float), start=1):
        term = float(gaussian_log_density(value, mean, sigma))
        total, product = total + term, product * float(np.exp(term))
        yield Gathered(count, float(value), term, total, product)


@dataclass(frozen=True)
class Climb:
    """A place on the likelihood surface, and the slopes there."""

    step: int
    mean: float
    sigma: float
    log_likelihood: float
    by_mean: float
    by_log_sigma: float


def climb(
    x: Sequence[float], mean: float, sigma: float, *, learning_rate: float = 0.1, steps: int = 30
) -> Iterator[Climb]:
    """Gradient ascent on the *mean* log-likelihood, by the mean and by ln sigma.

    The logarithm keeps sigma above 0: a step in ln sigma multiplies it.
    """
    values = np.asarray(x, dtype=float)
    for step in range(steps + 1):
        by_mean, by_sigma = gaussian_score(values, mean, sigma)
        slopes = by_mean / len(values), by_sigma * sigma / len(values)
        total = float(gaussian_log_density(values, mean, sigma).sum())
        yield Climb(step, mean, sigma, total, *slopes)
        mean += learning_rate * slopes[0]
        sigma *= float(np.exp(learning_rate * slopes[1]))


@dataclass(frozen=True)
class NeuronStep:
    """One sigmoid unit before update number `epoch`: `slope` is that of the cost by its net."""

    epoch: int
    weight: float
    bias: float
    net: float
    output: float
    cost: float
    slope: float


COSTS: dict[str, tuple[Callable[..., Values], Callable[..., Values]]] = {
    "quadratic": (quadratic_with_logits, quadratic_with_logits_gradient),
    "cross-entropy": (bce_with_logits, bce_with_logits_gradient),
}


def train_neuron(
    weight: float,
    bias: float,
    cost: str,
    *,
    x: float = 1.0,
    t: float = 0.0,
    learning_rate: float = 0.15,
    epochs: int = 300,
) -> Iterator[NeuronStep]:
    """One sigmoid unit learns to turn x into t with one of `COSTS`; the defaults are Nielsen's.

    Nielsen 2015, chapter 3; lecture 004, topic 13. Raises KeyError for an unknown cost.
    """
    if cost not in COSTS:
        raise KeyError(f"no cost {cost!r}; there are {', '.join(COSTS)}")
    value, gradient = COSTS[cost]
    for epoch in range(epochs + 1):
        net = weight * x + bias
        slope = float(gradient(net, t))
        yield NeuronStep(
            epoch, weight, bias, net, float(sigmoid(net)), float(value(net, t)), slope
        )
        weight, bias = weight - learning_rate * slope * x, bias - learning_rate * slope
