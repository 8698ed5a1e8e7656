"""Hopfield networks: memories in the valleys of an energy (Hopfield 1982; lecture 004, topic 17).

Patterns are rows of +1 and -1. Units are numbered from 0 here, from 1 in the lectures.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from course_lib.models.losses import log_sum_exp, softmax

if TYPE_CHECKING:
    from jaxtyping import Float, Int

TIES = ("keep", "plus", "minus")
TINY = 1e-9  # a net input this close to 0 is one: sums of rounded weights miss 0 by a hair


def _patterns(patterns) -> np.ndarray:
    array = np.atleast_2d(np.asarray(patterns, dtype=float))
    if array.ndim != 2 or not np.isin(array, (-1, 1)).all():
        raise ValueError("patterns must be rows of +1 and -1")
    return array


# --- storing --------------------------------------------------------------------------------------


def hebb(
    patterns: Int[np.ndarray, "patterns units"], divide_by: str = "patterns"
) -> Float[np.ndarray, "units units"]:
    """Hebb's rule: w_ij is the sum over the patterns of f_i f_j, without the diagonal.

    `divide_by`: "patterns" is lecture 004's 1/M, "units" Hopfield's and the physicists' 1/N,
    "nothing" the bare sum. Recall is the same under all three: only signs of net inputs count.

    Raises:
        ValueError: an unknown `divide_by`, or patterns other than +1 and -1.
    """
    rows = _patterns(patterns)
    divisors = {"patterns": len(rows), "units": rows.shape[1], "nothing": 1}
    if divide_by not in divisors:
        raise ValueError(f"divide_by={divide_by!r}: expected one of {', '.join(divisors)}")
    weights = rows.T @ rows / divisors[divide_by]
    np.fill_diagonal(weights, 0)
    return weights


def pseudo_inverse(
    patterns: Int[np.ndarray, "patterns units"],
) -> Float[np.ndarray, "units units"]:
    """The projection rule (Personnaz, Guyon and Dreyfus 1985): W = F⁺F without its diagonal.

    F⁺F projects onto the span of the patterns, so it returns each of them unchanged.
    """
    rows = _patterns(patterns)
    weights = np.linalg.pinv(rows) @ rows
    weights = (weights + weights.T) / 2  # symmetric but for rounding
    np.fill_diagonal(weights, 0)
    return weights


def storkey(patterns: Int[np.ndarray, "patterns units"]) -> Float[np.ndarray, "units units"]:
    """Storkey's rule (1997): Hebb's, less what the weights so far would say; one by one, local."""
    rows = _patterns(patterns)
    units = rows.shape[1]
    weights = np.zeros((units, units))
    for f in rows:
        # h_ij: net input of i without the parts from i and from j
        local = (weights @ f)[:, None] - weights * f[None, :]
        pull = f[:, None] * local.T  # f_i h_ji
        weights = weights + (np.outer(f, f) - pull - pull.T) / units
        np.fill_diagonal(weights, 0)
    return weights


RULES = {"Hebb": hebb, "Storkey": storkey, "pseudo-inverse": pseudo_inverse}


# --- recalling ------------------------------------------------------------------------------------


def energy(
    weights: Float[np.ndarray, "units units"], states: Int[np.ndarray, "*states units"]
) -> Float[np.ndarray, "*states"]:
    """E = -1/2 sum_ij w_ij y_i y_j of one state or of each of many."""
    states = np.asarray(states, dtype=float)
    return -0.5 * np.sum((states @ weights) * states, axis=-1)


def threshold(net, state, ties: str = "keep"):
    """The new state: sign of the net input; at 0 the old state ("keep", lecture 004), +1 or -1.

    Raises:
        ValueError: an unknown rule for ties.
    """
    if ties not in TIES:
        raise ValueError(f"ties={ties!r}: expected one of {', '.join(TIES)}")
    at_zero = state if ties == "keep" else (1 if ties == "plus" else -1)
    return np.where(np.abs(net) < TINY, at_zero, np.where(np.asarray(net) > 0, 1, -1))


@dataclass(frozen=True)
class RecallStep:
    """The state after one unit was asked (unit -1: the start), its net input, and the energy."""

    step: int
    unit: int
    net: float
    state: Int[np.ndarray, " units"]
    flipped: bool
    energy: float


def recall_steps(
    weights: Float[np.ndarray, "units units"],
    state: Int[np.ndarray, " units"],
    order: Iterable[int],
    ties: str = "keep",
) -> Iterator[RecallStep]:
    """Asynchronous recall: ask the units of `order` one after the other (lecture 004, figure 4)."""
    state = np.array(state, dtype=int)
    yield RecallStep(0, -1, 0.0, state.copy(), False, float(energy(weights, state)))
    for step, unit in enumerate(order, start=1):
        net = float(weights[unit] @ state)
        new = int(threshold(net, state[unit], ties))
        flipped, state[unit] = new != state[unit], new
        yield RecallStep(
            step, unit, net, state.copy(), bool(flipped), float(energy(weights, state))
        )


def shuffled_sweeps(units: int, sweeps: int, rng: np.random.Generator) -> np.ndarray:
    """An order that asks every unit once per sweep, each sweep in a new random order."""
    return np.concatenate([rng.permutation(units) for _ in range(sweeps)])


def recall(
    weights: Float[np.ndarray, "units units"],
    states: Int[np.ndarray, "states units"],
    rng: np.random.Generator,
    sweeps: int = 50,
    ties: str = "keep",
) -> Int[np.ndarray, "states units"]:
    """Settle many states at once, asynchronously: one unit after the other, in random sweeps.

    Stops after a sweep without a change, at the latest after `sweeps`. All states see the same
    order of units.
    """
    if ties not in TIES:
        raise ValueError(f"ties={ties!r}: expected one of {', '.join(TIES)}")
    y = np.array(np.atleast_2d(states), dtype=float).T.copy()  # a row per unit: contiguous
    for _ in range(sweeps):
        before = y.copy()
        for unit in rng.permutation(len(y)):
            net = weights[unit] @ y
            new, zero = np.sign(net), np.abs(net) < TINY
            if zero.any():
                new[zero] = threshold(0.0, y[unit, zero], ties)
            y[unit] = new
        if (y == before).all():
            break
    return y.T.astype(int)


@dataclass(frozen=True)
class SynchronousStep:
    """The state after a step of all units at once, its energy, and the length of the cycle if
    the state was seen before (1: a fixed point; 0: not yet known).
    """

    step: int
    state: Int[np.ndarray, " units"]
    energy: float
    cycle: int


def synchronous_steps(
    weights: Float[np.ndarray, "units units"],
    state: Int[np.ndarray, " units"],
    ties: str = "keep",
    limit: int = 100,
) -> Iterator[SynchronousStep]:
    """All units at once, until a state returns: then the length of the cycle is known."""
    state = np.array(state, dtype=int)
    seen: dict[bytes, int] = {}
    for step in range(limit):
        key = state.tobytes()
        cycle = step - seen[key] if key in seen else 0
        yield SynchronousStep(step, state, float(energy(weights, state)), cycle)
        if cycle:
            return
        seen[key] = step
        state = threshold(weights @ state, state, ties).astype(int)


# --- small nets, whole ----------------------------------------------------------------------------


def all_states(units: int) -> Int[np.ndarray, "states units"]:
    """Every state of a small net, in the order of binary numbers with -1 as 0.

    Raises:
        ValueError: more than 16 units would be more than 65536 states.
    """
    if not 1 <= units <= 16:
        raise ValueError(f"enumeration is for 1 to 16 units, got {units}")
    return np.array(list(itertools.product((-1, 1), repeat=units)))


def is_stable(
    weights: Float[np.ndarray, "units units"], states: Int[np.ndarray, "*states units"]
) -> np.ndarray:
    """Does no unit want to change? Ties keep their state."""
    states = np.asarray(states)
    return ((states @ weights) * states > -TINY).all(axis=-1)


def stable_states(weights: Float[np.ndarray, "units units"]) -> Int[np.ndarray, "stable units"]:
    """All stable states of a small net, by trying every state."""
    states = all_states(len(weights))
    return states[is_stable(weights, states)]


def reachable(
    weights: Float[np.ndarray, "units units"], state: Int[np.ndarray, " units"]
) -> list[tuple[int, ...]]:
    """The stable states that some order of asking leads to, sorted."""
    waiting, seen, ends = [tuple(int(v) for v in state)], set(), set()
    while waiting:
        here = waiting.pop()
        if here in seen:
            continue
        seen.add(here)
        y = np.array(here)
        unhappy = np.flatnonzero((weights @ y) * y < -TINY)
        if not len(unhappy):
            ends.add(here)
        for unit in unhappy:
            waiting.append((*here[:unit], -here[unit], *here[unit + 1 :]))
    return sorted(ends)


def kind_of(state: Int[np.ndarray, " units"], patterns: Int[np.ndarray, "patterns units"]) -> str:
    """What a stable state is: "memory", "inverse", "mixture" of three or five, or "other"."""
    state, rows = np.asarray(state), np.asarray(patterns)
    if (rows == state).all(axis=1).any():
        return "memory"
    if (rows == -state).all(axis=1).any():
        return "inverse"
    for count in (3, 5):
        for chosen in itertools.combinations(range(len(rows)), count):
            for signs in itertools.product((-1, 1), repeat=count):
                total = np.array(signs) @ rows[list(chosen)]
                if (np.sign(total) == state).all():
                    return "mixture"
    return "other"


KINDS = ("memory", "inverse", "mixture", "other")


def overlap(states, pattern):
    """m = (1/N) sum_i y_i f_i: 1 for equal, 0 for unrelated, -1 for the inverse."""
    return np.asarray(states) @ np.asarray(pattern) / np.shape(pattern)[-1]


def flip(
    patterns: Int[np.ndarray, "*patterns units"], share: float, rng: np.random.Generator
) -> Int[np.ndarray, "*patterns units"]:
    """Flip `share` of the units of each pattern, exactly (rounded), at random places."""
    patterns = np.asarray(patterns)
    units = patterns.shape[-1]
    count = round(share * units)
    places = np.argsort(rng.random(patterns.shape), axis=-1)
    return np.where(places < count, -patterns, patterns)


def cut_synapses(
    weights: Float[np.ndarray, "units units"], share: float, rng: np.random.Generator
) -> Float[np.ndarray, "units units"]:
    """Brain damage: set each pair w_ij = w_ji to 0 with probability `share`."""
    keep = np.triu(rng.random(weights.shape) >= share, 1)
    return weights * (keep + keep.T)


def bit_error(load: float) -> float:
    """Chance that a stored bit is unstable at load M/N: P(normal > 1/sqrt(load)).

    Amit, Gutfreund and Sompolinsky 1985; the crosstalk is taken as normal with variance M/N.
    """
    return 0.5 * math.erfc(1 / math.sqrt(2 * load))


def exact_bit_error(patterns: int, units: int) -> float:
    """The same without approximation: the crosstalk is a sum of (M-1)(N-1) fair coins.

    A bit flips if that sum is below -(N-1); a tie keeps the bit.
    """
    from scipy.stats import binom

    coins = (patterns - 1) * (units - 1)
    # sum = 2 heads - coins < -(units - 1)
    return float(binom.cdf(math.ceil((coins - (units - 1)) / 2) - 1, coins, 0.5))


# --- modern Hopfield networks ---------------------------------------------------------------------


def modern_energy(
    patterns: Float[np.ndarray, "patterns units"],
    state: Float[np.ndarray, "*states units"],
    beta: float,
) -> Float[np.ndarray, "*states"]:
    """E = -(1/beta) ln sum_k exp(beta f_k.y) + 1/2 y.y, without the constants of the paper.

    Ramsauer and others 2020, equation 2.
    """
    scores = beta * np.asarray(state, dtype=float) @ np.asarray(patterns).T
    return -log_sum_exp(scores) / beta + 0.5 * np.sum(np.square(state), axis=-1)


def modern_update(
    patterns: Float[np.ndarray, "patterns units"],
    state: Float[np.ndarray, "*states units"],
    beta: float,
) -> Float[np.ndarray, "*states units"]:
    """y <- sum_k softmax_k(beta f_k.y) f_k: attention of the state over the patterns."""
    patterns = np.asarray(patterns, dtype=float)
    return softmax(beta * np.asarray(state) @ patterns.T) @ patterns


@dataclass(frozen=True)
class ModernStep:
    """State, energy and the share of each pattern after a number of updates."""

    step: int
    state: Float[np.ndarray, " units"]
    shares: Float[np.ndarray, " patterns"]
    energy: float


def modern_steps(
    patterns: Float[np.ndarray, "patterns units"],
    state: Float[np.ndarray, " units"],
    beta: float,
    steps: int = 5,
) -> Iterator[ModernStep]:
    """A few updates of a modern Hopfield network, the start first."""
    state = np.asarray(state, dtype=float)
    for step in range(steps + 1):
        shares = softmax(beta * patterns @ state)
        yield ModernStep(step, state, shares, float(modern_energy(patterns, state, beta)))
        state = shares @ patterns


# --- the simple method ----------------------------------------------------------------------------


def nearest(
    patterns: Int[np.ndarray, "patterns units"], states: Int[np.ndarray, "states units"]
) -> Int[np.ndarray, " states"]:
    """The index of the stored pattern with the fewest differing bits (Hamming); first on ties."""
    return np.argmax(np.asarray(states) @ np.asarray(patterns).T, axis=1)


def black_and_white(
    images: Float[np.ndarray, "images pixels"], level: float
) -> Int[np.ndarray, "images pixels"]:
    """Ink above `level` is +1, paper -1."""
    return np.where(np.asarray(images) > level, 1, -1)


def one_of_each(
    images: Int[np.ndarray, "images pixels"], targets: Int[np.ndarray, " images"]
) -> Int[np.ndarray, "classes pixels"]:
    """The first picture of every class, in the order of the classes."""
    return np.asarray(images)[np.unique(targets, return_index=True)[1]]


def blinking_start(
    patterns: Int[np.ndarray, "patterns units"],
) -> Int[np.ndarray, " units"]:
    """A state that has hardly any overlap with any pattern, none if the units pair up.

    Units that are alike in all patterns get opposite signs in turn. Under Hebb's rule the net
    inputs of such a state are minus itself: updated all at once it blinks for ever.
    """
    _, group = np.unique(_patterns(patterns), axis=1, return_inverse=True)
    state = np.empty(len(group), dtype=int)
    for g in range(group.max() + 1):
        members = np.flatnonzero(group == g)
        state[members] = 1 - 2 * (np.arange(len(members)) % 2)
    return state


__all__ = [
    "KINDS", "RULES", "TIES", "ModernStep", "RecallStep", "SynchronousStep", "all_states",
    "bit_error", "black_and_white", "blinking_start", "cut_synapses", "energy", "exact_bit_error",
    "flip", "hebb", "is_stable", "kind_of", "modern_energy", "modern_steps", "modern_update",
    "nearest", "one_of_each", "overlap",
    "pseudo_inverse", "reachable", "recall", "recall_steps", "shuffled_sweeps", "stable_states",
    "storkey", "synchronous_steps", "threshold",
]  # fmt: skip
