"""The multilayer perceptron: forward and the four equations of backpropagation.

Its torch twin is `MLP` in torch_mlp.py.

Notation of lecture 004: `a` is a unit's net input (before the activation), `z` its output (after),
`delta` the slope of the cost by `a`. Weights `W[j, k]` go from unit k to unit j, so W has the
shape (units, inputs), as in torch.nn.Linear; biases are added; patterns are rows. The cost is
C = 1/(2m) sum ||z - y||^2 over m patterns. Lecture 000A writes the weights the other way round
(w_ij from i to j), calls a net input net, and turns the sign of delta: (t - z) f'(net).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int
from scipy.special import expit

from course_lib.names import unknown

Rows = Float[np.ndarray, "patterns units"]
Slope = Callable[[np.ndarray, np.ndarray], np.ndarray]

# name: f(a), and its slope from a and z = f(a)
ACTIVATIONS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], Slope]] = {
    "tanh": (np.tanh, lambda a, z: 1 - z * z),
    "relu": (lambda a: np.maximum(a, 0.0), lambda a, z: (a > 0).astype(float)),
    "sigmoid": (expit, lambda a, z: z * (1 - z)),
    "linear": (lambda a: a, lambda a, z: np.ones_like(a)),
}


def activation(name: str) -> tuple[Callable[[np.ndarray], np.ndarray], Slope]:
    """The activation and its slope. Raises KeyError with the names there are."""
    if name not in ACTIVATIONS:
        raise KeyError(unknown("activation", name, ACTIVATIONS))
    return ACTIVATIONS[name]


def example() -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The chapter's running example: the net 2:3:2:1 of lecture 000A, topic 49, without biases."""
    weights = [
        np.array([[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]]),
        np.array([[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]]),
        np.array([[0.7, 0.8]]),
    ]
    return weights, [np.zeros(3), np.zeros(2), np.zeros(1)]


def parameters(sizes: Sequence[int], *, bias: bool = True) -> int:
    """How many weights (and biases) a fully connected net of these layer sizes has."""
    return sum(m * n + (n if bias else 0) for m, n in pairwise(sizes))


def forward(
    inputs: Rows,
    weights: Sequence[Float[np.ndarray, "units inputs"]],
    biases: Sequence[Float[np.ndarray, " units"]],
    hidden: str = "sigmoid",
    output: str = "sigmoid",
) -> tuple[list[Rows], list[Rows]]:
    """Net inputs and outputs of every layer: a[l] = z[l-1] W[l]^T + b[l], z[l] = f(a[l]).

    z[0] and a[0] are the inputs. Lectures 000A topic 49, 004 topic 12. Raises ValueError if the
    shapes do not fit.
    """
    z = [np.asarray(inputs, dtype=float)]
    a = [z[0]]
    for number, (W, b) in enumerate(zip(weights, biases, strict=True), start=1):
        if z[-1].ndim != 2 or W.shape != (len(b), z[-1].shape[1]):
            raise ValueError(
                f"layer {number}: weights {W.shape} and biases {b.shape} do not fit the "
                f"{z[-1].shape} that come in; expected (units, inputs), (units,), "
                "(patterns, inputs)"
            )
        f, _ = activation(output if number == len(weights) else hidden)
        a.append(z[-1] @ W.T + b)
        z.append(f(a[-1]))
    return a, z


def cost(outputs: Rows, targets: Rows) -> float:
    """C = 1/(2m) sum ||z - y||^2."""
    return float(0.5 * np.sum((outputs - targets) ** 2) / len(outputs))


# The four equations of backpropagation (lecture 004, topic 12).


def output_delta(z: Rows, y: Rows, slope: Rows) -> Rows:
    """BP1: delta^L = (z^L - y) * f'(a^L), elementwise."""
    return (z - y) * slope


def hidden_delta(
    W_next: Float[np.ndarray, "units_next units"], delta_next: Rows, slope: Rows
) -> Rows:
    """BP2: delta^l = (W^(l+1)^T delta^(l+1)) * f'(a^l); the transpose is on the other side here,
    because the patterns are rows.
    """
    return (delta_next @ W_next) * slope


def bias_gradient(delta: Rows) -> Float[np.ndarray, " units"]:
    """BP3: dC/db^l = delta^l, the mean over the patterns."""
    return delta.mean(axis=0)


def weight_gradient(delta: Rows, z_before: Rows) -> Float[np.ndarray, "units inputs"]:
    """BP4: dC/dW^l[j, k] = delta^l[j] z^(l-1)[k], the mean over the patterns."""
    return delta.T @ z_before / len(delta)


@dataclass(frozen=True)
class Gradients:
    """What one backward pass finds, layer by layer; `deltas[l]` belongs to `weights[l]`."""

    cost: float
    weights: list[np.ndarray]
    biases: list[np.ndarray]
    deltas: list[np.ndarray]


def backpropagate(
    inputs: Rows,
    targets: Rows,
    weights: Sequence[np.ndarray],
    biases: Sequence[np.ndarray],
    hidden: str = "sigmoid",
    output: str = "sigmoid",
) -> Gradients:
    """The gradient of the cost by every weight and bias: one pass forward, one pass back."""
    a, z = forward(inputs, weights, biases, hidden, output)
    deltas = [output_delta(z[-1], targets, activation(output)[1](a[-1], z[-1]))]
    for layer in range(len(weights) - 1, 0, -1):
        slope = activation(hidden)[1](a[layer], z[layer])
        deltas.insert(0, hidden_delta(weights[layer], deltas[0], slope))
    return Gradients(
        cost(z[-1], targets),
        [weight_gradient(delta, before) for delta, before in zip(deltas, z, strict=False)],
        [bias_gradient(delta) for delta in deltas],
        deltas,
    )


def numerical_gradients(
    inputs: Rows,
    targets: Rows,
    weights: Sequence[np.ndarray],
    biases: Sequence[np.ndarray],
    hidden: str = "sigmoid",
    output: str = "sigmoid",
    *,
    step: float = 1e-6,
) -> tuple[list[np.ndarray], list[np.ndarray], int]:
    """The same gradients by nudging one number at a time, and how many forward passes that took.

    Forward differences: one pass per number, and one to compare with.
    """
    passes = 0

    def value() -> float:
        nonlocal passes
        passes += 1
        return cost(forward(inputs, W, b, hidden, output)[1][-1], targets)

    W, b = [w.astype(float).copy() for w in weights], [c.astype(float).copy() for c in biases]
    base = value()
    found = []
    for array in [*W, *b]:
        slopes = np.empty_like(array)
        for place in np.ndindex(array.shape):
            kept = array[place]
            array[place] = kept + step
            slopes[place] = (value() - base) / step
            array[place] = kept
        found.append(slopes)
    return found[: len(W)], found[len(W) :], passes


@dataclass(frozen=True)
class LayerStep:
    """One state of a learning step: `phase` is forward, backward or update; `layer` from 0, the
    inputs. Layers that are not reached yet are None. `cost` is known after the forward pass.
    """

    phase: str
    layer: int
    a: tuple[np.ndarray | None, ...]
    z: tuple[np.ndarray | None, ...]
    deltas: tuple[np.ndarray | None, ...]
    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]
    cost: float | None = None


def learning_step(
    x: Float[np.ndarray, " inputs"],
    y: Float[np.ndarray, " outputs"],
    weights: Sequence[np.ndarray],
    biases: Sequence[np.ndarray],
    *,
    learning_rate: float = 0.5,
    hidden: str = "sigmoid",
    output: str = "sigmoid",
) -> Iterator[LayerStep]:
    """One pattern forward, its deltas back, then the update, layer by layer.

    Every update uses the weights from before the step. Lecture 000A, topic 53 (Eq. 2, 3, 5-7).
    """
    X, Y = np.asarray(x, dtype=float)[None], np.asarray(y, dtype=float)[None]
    a, z = forward(X, weights, biases, hidden, output)
    found = backpropagate(X, Y, weights, biases, hidden, output)
    count = len(z)
    W, b = tuple(weights), tuple(biases)
    nothing = (None,) * count
    for layer in range(count):
        some_a = tuple(v[0] if 0 < i <= layer else None for i, v in enumerate(a))
        some_z = tuple(v[0] if i <= layer else None for i, v in enumerate(z))
        yield LayerStep("forward", layer, some_a, some_z, nothing, W, b)
    nets, known = tuple(v[0] for v in a), tuple(v[0] for v in z)
    deltas: tuple[np.ndarray | None, ...] = nothing
    for layer in range(count - 1, 0, -1):
        deltas = (*deltas[:layer], found.deltas[layer - 1][0], *deltas[layer + 1 :])
        yield LayerStep("backward", layer, nets, known, deltas, W, b, found.cost)
    for layer in range(1, count):
        i = layer - 1
        W = (*W[:i], W[i] - learning_rate * found.weights[i], *W[i + 1 :])
        b = (*b[:i], b[i] - learning_rate * found.biases[i], *b[i + 1 :])
        yield LayerStep("update", layer, nets, known, deltas, W, b, found.cost)


INITIAL = ("xavier", "he", "lecture", "small", "large", "zero")


def initial(
    sizes: Sequence[int], scheme: str, rng: np.random.Generator
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Starting weights and zero biases. "lecture": uniform in +-1/sqrt(inputs) (000A, topic 50);
    "xavier" and "he": normal with variance 2/(inputs + units) and 2/inputs; "small" and "large":
    normal with standard deviation 0.01 and 3; "zero": nothing. Raises KeyError for another name.
    """
    if scheme not in INITIAL:
        raise KeyError(f"no initialisation {scheme!r} (there are {', '.join(INITIAL)})")
    weights = []
    for m, n in pairwise(sizes):
        spread = {"xavier": np.sqrt(2 / (m + n)), "he": np.sqrt(2 / m), "small": 0.01, "large": 3.0}
        if scheme == "lecture":
            weights.append(rng.uniform(-1 / np.sqrt(m), 1 / np.sqrt(m), (n, m)))
        else:
            weights.append(spread.get(scheme, 0.0) * rng.standard_normal((n, m)))
    return weights, [np.zeros(n) for n in sizes[1:]]


def levels(adjacency: Int[np.ndarray, "units units"]) -> list[int] | None:
    """The level of every unit, if no path leads back (feed-forward); None if one does (recurrent).

    adjacency[i, j] is 1 where unit i feeds unit j. A unit's level is the length of the longest
    path to it. Lecture 000A, topic 45. Raises ValueError if the matrix is not square.
    """
    wires = np.asarray(adjacency) != 0
    if wires.ndim != 2 or wires.shape[0] != wires.shape[1]:
        raise ValueError(f"an adjacency matrix is square, got {wires.shape}")
    level = [0] * len(wires)
    left = set(range(len(wires)))
    while left:
        free = [j for j in left if not any(wires[i, j] for i in left)]
        if not free:
            return None  # every unit that is left waits for another one: a cycle
        for i in free:
            left.remove(i)
            for j in np.flatnonzero(wires[i]):
                level[j] = max(level[j], level[i] + 1)
    return level


def descend(
    inputs: Rows,
    targets: Rows,
    weights: Sequence[np.ndarray],
    biases: Sequence[np.ndarray],
    hidden: str = "tanh",
    output: str = "linear",
    *,
    steps: int = 300,
) -> tuple[list[np.ndarray], list[np.ndarray], float]:
    """Weights and biases after at most `steps` of L-BFGS on the cost, and the cost there.

    For nets of a few dozen weights: SciPy chooses the steps, backpropagation gives the slopes.
    """
    from scipy.optimize import minimize

    shapes = [array.shape for array in (*weights, *biases)]
    ends = np.cumsum([np.prod(shape, dtype=int) for shape in shapes])[:-1]

    def unpacked(flat: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        arrays = [p.reshape(s) for p, s in zip(np.split(flat, ends), shapes, strict=True)]
        return arrays[: len(weights)], arrays[len(weights) :]

    def slopes(flat: np.ndarray) -> tuple[float, np.ndarray]:
        found = backpropagate(inputs, targets, *unpacked(flat), hidden, output)
        return found.cost, np.concatenate([g.ravel() for g in (*found.weights, *found.biases)])

    start = np.concatenate([array.ravel() for array in (*weights, *biases)])
    best = minimize(slopes, start, jac=True, method="L-BFGS-B", options={"maxiter": steps})
    return *unpacked(best.x), float(best.fun)
