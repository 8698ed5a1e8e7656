"""The checks of the chapter on Hopfield networks."""

from __future__ import annotations

import numpy as np

from course_lib.checks.core import Check, Misconception
from course_lib.models import hopfield
from course_lib.models.losses import softmax

# Unequal numbers of patterns and units; net inputs of both signs and of exactly 0.
TWO = np.array([[1, -1, 1, 1, -1], [1, 1, 1, -1, -1]])
THREE = np.array([[1, -1, 1, 1], [-1, -1, 1, -1], [1, 1, 1, -1]])
LECTURE = np.array([[0, -0.6, 0.6], [-0.6, 0, -0.6], [0.6, -0.6, 0]])
LOOSE = np.array([[0.0, 0.0, 1.0], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
WHOLE = np.array([[0, 2, -1, 3], [2, 0, 1, -2], [-1, 1, 0, 1], [3, -2, 1, 0]])
# Two valleys of unequal depth: 1 and 2 tied to each other, 3 and 4 too, weakly apart.
UNEVEN = np.array([[0, 4, -1, -1], [4, 0, -1, -1], [-1, -1, 0, 4], [-1, -1, 4, 0]])
REAL = np.array([[1.0, -0.5, 2.0], [0.3, 1.2, -1.0], [-2.0, 0.4, 0.7], [0.6, 0.6, 0.1]])


def _store(patterns):
    return hopfield.hebb(patterns)


def _with_diagonal(patterns):
    return patterns.T @ patterns / len(patterns)


def _ask(weights, state, unit):
    state = np.array(state)
    state[unit] = hopfield.threshold(weights[unit] @ state, state[unit])
    return state


def _ask_ties(ties):
    def slip(weights, state, unit):
        state = np.array(state)
        state[unit] = hopfield.threshold(weights[unit] @ state, state[unit], ties)
        return state

    return slip


def _ask_all(weights, state, unit):
    return hopfield.threshold(weights @ state, state).astype(int)


def _ask_net(weights, state, unit):
    state = np.array(state, dtype=float)
    state[unit] = weights[unit] @ state
    return state


def _ask_always(weights, state, unit):
    state = np.array(state)
    state[unit] = -state[unit]
    return state


def _energy(weights, state):
    return float(hopfield.energy(weights, state))


def _count(weights):
    return len(hopfield.stable_states(weights))


def _aligned(weights):
    states = hopfield.all_states(len(weights))
    return states, (states @ weights) * states


def _count_lowest(weights):
    energies = hopfield.energy(weights, hopfield.all_states(len(weights)))
    return int(np.isclose(energies, energies.min()).sum())


def _crosstalk(patterns, nu):
    units = patterns.shape[1]
    net = hopfield.hebb(patterns, "units") @ patterns[nu]
    return patterns[nu] * net - (units - 1) / units


def _remember(patterns, state, beta):
    return hopfield.modern_update(patterns, state, beta)


CHECKS = [
    Check(
        "hopfield.store",
        "store(patterns)",
        _store,
        [(TWO,), (THREE,), (THREE[:1],)],
        [
            Misconception(
                "diagonal",
                _with_diagonal,
                "The diagonal is not 0: no unit is joined to itself.",
            ),
            Misconception(
                "by units",
                lambda patterns: hopfield.hebb(patterns, "units"),
                "You divide by the number of units N; here the lecture's 1/M is asked for.",
            ),
            Misconception(
                "bare sum",
                lambda patterns: hopfield.hebb(patterns, "nothing"),
                "That is the bare sum: divide by the number of patterns M.",
            ),
            Misconception(
                "turned",
                lambda patterns: patterns @ patterns.T / len(patterns),
                "That is the overlap of every pattern with every other (M x M); weights join "
                "units (N x N).",
            ),
            Misconception(
                "last",
                lambda patterns: hopfield.hebb(patterns[-1:]),
                "Only the last pattern is stored: add the products of all of them.",
            ),
        ],
        look_at="'How memories get into the weights'",
    ),
    Check(
        "hopfield.ask",
        "ask(weights, state, unit)",
        _ask,
        [
            (LECTURE, np.array([-1, -1, 1]), 0),
            (LOOSE, np.array([1, -1, 1]), 1),
            (LOOSE, np.array([1, 1, 1]), 1),
            (WHOLE, np.array([1, -1, 1, -1]), 3),
            (WHOLE, np.array([-1, -1, 1, 1]), 0),
        ],
        [
            Misconception(
                "plus at zero",
                _ask_ties("plus"),
                "At net input 0 the unit keeps its state; yours turns to +1.",
            ),
            Misconception(
                "minus at zero",
                _ask_ties("minus"),
                "At net input 0 the unit keeps its state; yours turns to -1.",
            ),
            Misconception(
                "all at once",
                _ask_all,
                "You update every unit. Only unit number `unit` is asked.",
            ),
            Misconception(
                "net input",
                _ask_net,
                "You wrote the net input into the state; its sign belongs there.",
            ),
            Misconception(
                "flip",
                _ask_always,
                "You always flip the unit; it takes the sign of its net input.",
            ),
        ],
        look_at="'A memory that is asked by its content'",
    ),
    Check(
        "hopfield.energy",
        "energy(weights, state)",
        _energy,
        [
            (LECTURE, np.array([1, -1, 1])),
            (LECTURE, np.array([-1, -1, 1])),
            (WHOLE, np.array([1, -1, 1, 1])),
        ],
        [
            Misconception(
                "no half",
                lambda weights, state: 2 * _energy(weights, state),
                "Every pair is counted twice in the double sum; the factor 1/2 is missing.",
            ),
            Misconception(
                "sign",
                lambda weights, state: -_energy(weights, state),
                "That is the harmony. The energy has a minus: stable states lie low.",
            ),
            Misconception(
                "upper part of the half",
                lambda weights, state: _energy(weights, state) / 2,
                "If you sum over pairs i < j only, leave the factor 1/2 out.",
            ),
            Misconception(
                "sum of nets",
                lambda weights, state: float(-0.5 * np.sum(weights @ state)),
                "You add the net inputs; each must be multiplied with the state of its unit.",
            ),
        ],
        look_at="'The energy goes down at every flip'",
    ),
    Check(
        "hopfield.count_stable",
        "count_stable(weights)",
        _count,
        [(LECTURE,), (LOOSE,), (WHOLE,), (hopfield.hebb(TWO, "nothing"),), (UNEVEN,)],
        [
            Misconception(
                "ties unstable",
                lambda weights: int((_aligned(weights)[1] > 0).all(axis=1).sum()),
                "A net input of 0 keeps its unit: such a state can be stable.",
            ),
            Misconception(
                "half",
                lambda weights: _count(weights) // 2,
                "You count a state and its opposite once; both are stable.",
            ),
            Misconception(
                "any",
                lambda weights: int((_aligned(weights)[1] >= 0).any(axis=1).sum()),
                "Every unit must be content, not just one.",
            ),
            Misconception(
                "lowest",
                _count_lowest,
                "Stable means that no single flip goes down, not that the energy is the lowest "
                "of all.",
            ),
        ],
        look_at="'A memory that is asked by its content'",
    ),
    Check(
        "hopfield.crosstalk",
        "crosstalk(patterns, nu)",
        _crosstalk,
        [(TWO, 0), (THREE, 1), (THREE, 2)],
        [
            Misconception(
                "with signal",
                lambda patterns, nu: (
                    _crosstalk(patterns, nu) + (patterns.shape[1] - 1) / patterns.shape[1]
                ),
                "The signal (N - 1) / N is still in it: subtract.",
            ),
            Misconception(
                "not aligned",
                lambda patterns, nu: (
                    hopfield.hebb(patterns, "units") @ patterns[nu]
                    - (patterns.shape[1] - 1) / patterns.shape[1]
                ),
                "Multiply each net input by the bit of the pattern, then it is positive where "
                "the bit is stable.",
            ),
            Misconception(
                "by patterns",
                lambda patterns, nu: (
                    patterns[nu] * (hopfield.hebb(patterns) @ patterns[nu])
                    - (patterns.shape[1] - 1) / patterns.shape[1]
                ),
                "The weights are to be scaled by 1/N here, yours by 1/M.",
            ),
            Misconception(
                "signal one",
                lambda patterns, nu: _crosstalk(patterns, nu) - 1 / patterns.shape[1],
                "Without the diagonal the signal is (N - 1) / N, not 1.",
            ),
            Misconception(
                "diagonal",
                lambda patterns, nu: _crosstalk(patterns, nu) + len(patterns) / patterns.shape[1],
                "The diagonal is not 0: each pattern adds 1/N to its own unit.",
            ),
        ],
        look_at="'How many memories fit?'",
    ),
    Check(
        "hopfield.remember",
        "remember(patterns, state, beta)",
        _remember,
        [
            (REAL, np.array([0.5, -1.0, 0.2]), 1.0),
            (REAL, np.array([1.0, 0.4, -0.3]), 0.3),
            (REAL, np.array([1.0, 0.4, -0.3]), 1000.0),
        ],
        [
            Misconception(
                "no beta",
                lambda patterns, state, beta: hopfield.modern_update(patterns, state, 1.0),
                "Multiply the dot products by beta before the softmax.",
            ),
            Misconception(
                "nearest",
                lambda patterns, state, beta: patterns[np.argmax(patterns @ state)],
                "You take the best pattern alone, which is the limit of a large beta.",
            ),
            Misconception(
                "shares",
                lambda patterns, state, beta: softmax(beta * patterns @ state),
                "Those are the shares of attention; the new state is the sum of the patterns "
                "weighted by them.",
            ),
            Misconception(
                "sign",
                lambda patterns, state, beta: np.sign(
                    hopfield.modern_update(patterns, state, beta)
                ),
                "A modern network's state is any real vector: leave the sign out.",
            ),
        ],
        look_at="'A modern Hopfield network is attention'",
    ),
]
