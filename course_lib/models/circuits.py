"""Circuits of threshold units: gates, the NAND adder, XOR in two layers; the same with sigmoids.

Units put out 0 or 1 and fire strictly above zero. Lecture 004, topic 10 and exercise E08.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.special import expit

Activation = Callable[[float], float]


def step(net: float) -> float:
    """1 above zero, else 0."""
    return 1.0 if net > 0 else 0.0


def sigmoid(net: float) -> float:
    """1 / (1 + e^-net) without overflow for large |net|."""
    return float(expit(net))


@dataclass(frozen=True)
class Unit:
    """A unit of a circuit: its name, the names of its inputs, their weights, and its bias."""

    name: str
    sources: tuple[str, ...]
    weights: tuple[float, ...]
    bias: float


@dataclass(frozen=True)
class UnitStep:
    """One unit has computed: its net input, its output, and all values known so far."""

    unit: Unit
    net: float
    output: float
    values: dict[str, float]


def run_circuit(
    circuit: Sequence[Unit],
    inputs: Mapping[str, float],
    *,
    activation: Activation = step,
    scale: float = 1.0,
) -> Iterator[UnitStep]:
    """Compute the units in their order; all weights and biases are multiplied by `scale`.

    Raises ValueError if a unit reads a value that does not exist yet, or scale is not positive.
    """
    if scale <= 0:
        raise ValueError(f"the scale must be positive, or every decision turns round; got {scale}")
    values = dict(inputs)
    for unit in circuit:
        missing = [name for name in unit.sources if name not in values]
        if missing:
            raise ValueError(
                f"unit {unit.name!r} reads {', '.join(missing)}, which is not known at that point; "
                f"known are {', '.join(values)}"
            )
        net = scale * (
            sum(w * values[s] for w, s in zip(unit.weights, unit.sources, strict=True)) + unit.bias
        )
        values[unit.name] = activation(net)
        yield UnitStep(unit, net, values[unit.name], dict(values))


def nand(name: str, first: str, second: str) -> Unit:
    """The perceptron -2 a - 2 b + 3 > 0: off only if both inputs are on."""
    return Unit(name, (first, second), (-2.0, -2.0), 3.0)


# Lecture 004, figure 8: sum and carry of two bits from five NAND units. The carry is NAND(in1,
# in1), its two wires of weight -2 drawn as one of -4.
ADDER: tuple[Unit, ...] = (
    nand("in1", "x1", "x2"),
    nand("in2", "x1", "in1"),
    nand("in3", "x2", "in1"),
    nand("sum", "in2", "in3"),
    Unit("carry", ("in1",), (-4.0,), 3.0),
)

# Lecture 000A, topic 47: one unit for "at least one", one for "both", and their difference.
XOR: tuple[Unit, ...] = (
    Unit("h1", ("x1", "x2"), (1.0, 1.0), -0.5),
    Unit("h2", ("x1", "x2"), (1.0, 1.0), -1.5),
    Unit("y", ("h1", "h2"), (1.0, -1.0), -0.5),
)


def add_bits(
    x1: float, x2: float, *, activation: Activation = step, scale: float = 1.0
) -> tuple[float, float]:
    """Sum and carry of two bits by the NAND circuit."""
    *_, last = run_circuit(ADDER, {"x1": x1, "x2": x2}, activation=activation, scale=scale)
    return last.values["sum"], last.values["carry"]


def add_numbers(first: int, second: int, bits: int = 8) -> int:
    """Add two numbers below 2^bits with nothing but NAND units: two half adders and an OR per bit.

    Raises ValueError for numbers that do not fit.
    """
    for number in (first, second):
        if not 0 <= number < 2**bits:
            raise ValueError(f"{number} does not fit into {bits} bits: expected 0 to {2**bits - 1}")
    carry, total = 0.0, 0
    for position in range(bits):
        a, b = float(first >> position & 1), float(second >> position & 1)
        partial, carry1 = add_bits(a, b)
        digit, carry2 = add_bits(partial, carry)
        *_, either = run_circuit(
            (nand("p", "c1", "c1"), nand("q", "c2", "c2"), nand("or", "p", "q")),
            {"c1": carry1, "c2": carry2},
        )
        carry = either.output
        total |= int(digit) << position
    return total | int(carry) << bits


def boolean_functions(inputs: int) -> Iterator[Int[np.ndarray, " rows"]]:
    """All 2^(2^n) truth tables over n inputs, as columns of 0 and 1 in the order of
    `truth_inputs`.
    """
    rows = 2**inputs
    for code in range(2**rows):
        yield np.array([code >> (rows - 1 - r) & 1 for r in range(rows)])


def truth_inputs(inputs: int) -> Float[np.ndarray, "rows n"]:
    """The 2^n rows of a truth table, counting up: 00, 01, 10, 11 for two inputs."""
    return np.array(
        [[r >> (inputs - 1 - i) & 1 for i in range(inputs)] for r in range(2**inputs)], dtype=float
    )
