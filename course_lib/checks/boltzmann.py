"""The checks of the chapter on Boltzmann machines."""

from __future__ import annotations

import numpy as np

from course_lib.checks.core import Check, Misconception
from course_lib.models import boltzmann as bm
from course_lib.models.boltzmann import RBM

# More units than hidden ones, nothing symmetric by accident: the slips show there.
WEIGHTS = np.array([[0, 1.5, -1.0], [1.5, 0, 0.5], [-1.0, 0.5, 0]])
BIAS = np.array([0.2, -0.5, 0.3])
STATE = np.array([1.0, 0.0, 1.0])
STATES = bm.all_states(3)
BETWEEN = np.array([[0.5, -1.0], [1.5, 0.25], [-0.75, 1.0]])  # 3 visible, 2 hidden
B, C = np.array([0.1, -0.2, 0.4]), np.array([-0.5, 0.3])
DATA = np.array([[1.0, 0, 1], [0, 0, 1], [1, 1, 0], [1, 0, 1]])
FOUR = np.array([[1.0, -0.5], [0.5, 0.5], [-1.0, 1.5], [0.25, -2.0]])


def _chance(i, state, weights, bias, T):
    return float(bm.chance(weights[i] @ state + bias[i], T))


def _distribution(states, weights, bias, T):
    return _normal(-bm.energy(states, weights, bias) / T)


def _normal(a):
    return np.exp(a) / np.exp(a).sum()


def _free_energy(v, weights, b, c):
    return RBM(weights, b, c).free_energy(v)


def _cd(v, weights, rate, *, last="h1", sign=1.0, strict=False, tied=False):
    def up(x):
        gap = x @ weights
        return (gap > 0 if strict else gap >= 0).astype(float)

    h0 = up(v)
    gap = weights @ h0
    v1 = (gap > 0 if strict else gap >= 0).astype(float)
    h1 = h0 if last == "h0" else up(v1)
    negative = np.outer(v, h1) if tied else np.outer(v1, h1)
    return weights + sign * rate * (np.outer(v, h0) - negative)


def _cd_probabilities(v, weights, rate):
    rbm = RBM.plain(weights)
    h0 = rbm.to_hidden(v)
    v1 = rbm.to_visible(h0)
    return weights + rate * (np.outer(v, h0) - np.outer(v1, rbm.to_hidden(v1)))


def _slope(data, weights, states):
    return bm.exact_gradient(RBM.plain(weights), data)[0]


def _phase(rows, weights, share):
    return bm.statistics(RBM.plain(weights), rows, share)[0]


def _awake(data, weights):
    return _phase(data, weights, np.full(len(data), 1 / len(data)))


CHECKS = [
    Check(
        "boltzmann.chance",
        "chance(i, state, weights, bias, T)",
        _chance,
        [
            (1, STATE, WEIGHTS, BIAS, 1.0),
            (2, STATE, WEIGHTS, BIAS, 2.5),
            (0, np.array([0.0, 1, 1]), WEIGHTS, BIAS, 0.5),
        ],
        [
            Misconception(
                "sign",
                lambda i, s, W, b, T: 1 - _chance(i, s, W, b, T),
                "The sign is turned round: a positive gap makes 1 the likelier state.",
            ),
            Misconception(
                "no temperature",
                lambda i, s, W, b, T: _chance(i, s, W, b, 1.0),
                "The temperature is missing: divide the gap by T.",
            ),
            Misconception(
                "times temperature",
                lambda i, s, W, b, T: _chance(i, s, W, b, 1 / T),
                "You multiply by T. Heat makes the coin fairer, so divide.",
            ),
            Misconception(
                "no bias",
                lambda i, s, W, b, T: _chance(i, s, W, 0 * b, T),
                "The bias of the unit belongs to its gap.",
            ),
            Misconception(
                "step",
                lambda i, s, W, b, T: float(W[i] @ s + b[i] > 0),
                "That is Hopfield's threshold; here the chance of a 1 is asked for.",
            ),
            Misconception(
                "bipolar",
                lambda i, s, W, b, T: _chance(i, s, 2 * W, 2 * b, T),
                "Twice the net input is the gap of a unit with states -1 and +1.",
            ),
        ],
        look_at="'A unit that tosses a coin'",
    ),
    Check(
        "boltzmann.distribution",
        "distribution(states, weights, bias, T)",
        _distribution,
        [(STATES, WEIGHTS, BIAS, 1.0), (bm.all_states(2), WEIGHTS[:2, :2], BIAS[:2], 2.0)],
        [
            Misconception(
                "pairs twice",
                lambda s, W, b, T: _distribution(s, 2 * W, b, T),
                "Each pair of units counts twice in s.W s: take half of it.",
            ),
            Misconception(
                "sign",
                lambda s, W, b, T: _distribution(s, -W, -b, T),
                "Your likeliest state has the highest energy: the exponent is -E / T.",
            ),
            Misconception(
                "not normalised",
                lambda s, W, b, T: np.exp(-bm.energy(s, W, b) / T),
                "Divide by Z, the sum over all states: probabilities add up to 1.",
            ),
            Misconception(
                "no temperature",
                lambda s, W, b, T: _distribution(s, W, b, 1.0),
                "The temperature is missing: E / T.",
            ),
            Misconception(
                "no bias",
                lambda s, W, b, T: _distribution(s, W, 0 * b, T),
                "The biases are missing in the energy.",
            ),
        ],
        look_at="'Which state, how often?'",
    ),
    Check(
        "boltzmann.free_energy",
        "free_energy(v, weights, b, c)",
        _free_energy,
        [(DATA, BETWEEN, B, C), (bm.all_states(4), FOUR, np.array([0.5, -1.0, 0, 0.2]), C)],
        [
            Misconception(
                "sign",
                lambda v, W, b, c: -_free_energy(v, W, b, c),
                "The sign is turned round: likely vectors have a low free energy.",
            ),
            Misconception(
                "no visible bias",
                lambda v, W, b, c: _free_energy(v, W, 0 * b, c),
                "The visible biases are missing: -b.v.",
            ),
            Misconception(
                "no hidden bias",
                lambda v, W, b, c: _free_energy(v, W, b, 0 * c),
                "The hidden biases belong into the gaps.",
            ),
            Misconception(
                "best hidden state",
                lambda v, W, b, c: -v @ b - np.maximum(0, v @ W + c).sum(axis=1),
                "That is the energy with the best hidden state; sum over all hidden states.",
            ),
            Misconception(
                "log of a sum of gaps",
                lambda v, W, b, c: -v @ b - np.logaddexp(0, (v @ W + c).sum(axis=1)),
                "Each hidden unit has a factor of its own: ln(1 + e^gap) of each, then the sum.",
            ),
        ],
        look_at="'Restricted: no talk inside a layer'",
    ),
    Check(
        "boltzmann.divergence",
        "divergence(v, weights, rate)",
        lambda v, weights, rate: _cd(v, weights, rate),
        [
            (np.array([1.0, 0.0]), np.ones((2, 1)), 0.1),
            (np.array([0.0, 1, 1]), BETWEEN, 0.5),
            (np.array([1.0, 1, 0, 0]), FOUR, 0.25),
            (np.array([0.0, 1, 1]), np.array([[0.5, 2.0], [-1.0, 1.5], [1.0, -2.0]]), 0.5),
            (np.array([1.0, 0, 1]), np.array([[0.5, 0.25], [0.5, -1.0], [-0.5, 1.0]]), 0.1),
        ],
        [
            Misconception(
                "sign",
                lambda v, W, rate: _cd(v, W, rate, sign=-1.0),
                "Plus for the data, minus for the reconstruction.",
            ),
            Misconception(
                "hidden not updated",
                lambda v, W, rate: _cd(v, W, rate, last="h0"),
                "The hidden units must be updated again from the reconstruction.",
            ),
            Misconception(
                "data twice",
                lambda v, W, rate: _cd(v, W, rate, tied=True),
                "The second product takes the reconstruction, not the data.",
            ),
            Misconception(
                "strict",
                lambda v, W, rate: _cd(v, W, rate, strict=True),
                "At p = 1/2 exactly the unit is on here: gap >= 0.",
            ),
            Misconception(
                "probabilities",
                _cd_probabilities,
                "You pass probabilities on; here every unit is set to 0 or 1.",
            ),
            Misconception(
                "change only",
                lambda v, W, rate: _cd(v, W, rate) - W,
                "That is the change; return the new weights.",
            ),
        ],
        look_at="'Two steps instead of thousands'",
    ),
    Check(
        "boltzmann.slope",
        "slope(data, weights, states)",
        _slope,
        [(DATA, BETWEEN, STATES), (bm.all_states(4)[[1, 5, 12]], FOUR, bm.all_states(4))],
        [
            Misconception(
                "awake only",
                lambda d, W, s: _awake(d, W),
                "That is the awake phase; what the machine dreams must be subtracted.",
            ),
            Misconception(
                "sign",
                lambda d, W, s: -_slope(d, W, s),
                "The sign is turned round: awake minus asleep.",
            ),
            Misconception(
                "sum",
                lambda d, W, s: len(d) * _slope(d, W, s),
                "Take the mean over the data, not the sum.",
            ),
            Misconception(
                "flat dreams",
                lambda d, W, s: _awake(d, W) - _awake(s, W),
                "You dream all states equally often; weight each by p(v).",
            ),
            Misconception(
                "one step",
                lambda d, W, s: bm.expected_divergence(RBM.plain(W), d, 1)[0],
                "That is what CD-1 does on average; here the asleep phase is in equilibrium.",
            ),
        ],
        look_at="'Learning is waking minus dreaming' and 'Restricted: no talk inside a layer'",
    ),
]
