"""The checks of the chapter on recurrent networks."""

from __future__ import annotations

import numpy as np

from course_lib.checks.core import Check, Misconception
from course_lib.models import recurrent

X = np.array([1.0, 0.0, -1.0, 0.5])
PRE = np.array([[1.0, -0.5, 2.0], [0.5, 0.1, -1.0], [0.2, 3.0, 0.0], [0.8, -1.2, 0.4]])
CELL = np.array([0.5, -2.0, 1.5])


def _run(x, w, v, start):
    h = [start]
    for x_t in x:
        h.append(np.tanh(w * x_t + v * h[-1]))
    return np.array(h[1:])


def _states(f):
    """A run with another step f(net input of this step, last state, v)."""

    def slip(x, w, v, start):
        h = [start]
        for x_t in x:
            h.append(f(w * x_t, h[-1], v))
        return np.array(h[1:])

    return slip


def _clip(g, c):
    return recurrent.clip(g, c)


def _sigmoid(a):
    return 1 / (1 + np.exp(-a))


def _lstm(pre, C):
    f, i, o = _sigmoid(pre[:3])
    C = f * C + i * np.tanh(pre[3])
    return C, o * np.tanh(C)


def _lstm_slip(cell, out=lambda o, C: o * np.tanh(C)):
    def slip(pre, C):
        f, i, o = _sigmoid(pre[:3])
        C = cell(f, i, np.tanh(pre[3]), C)
        return C, out(o, C)

    return slip


def _bptt(x, h, v, target):
    return _back(x, h, v, target)


def _back(x, h, v, target, slope=True, through=True, shift=1, mean=False, depth=None):
    by_w, by_v, e = 0.0, 0.0, h[-1] - target
    for k, t in enumerate(range(len(x), 0, -1)):
        if depth is not None and k >= depth:
            break
        delta = e * (1 - h[t] ** 2) if slope else e
        by_w, by_v = by_w + delta * x[t - 1], by_v + delta * h[t - shift]
        e = v * delta if through else delta
    return (by_w / len(x), by_v / len(x)) if mean else (by_w, by_v)


def _slip(**options):
    return lambda x, h, v, target: _back(x, h, v, target, **options)


STATES = np.concatenate([[0.2], _run(X, 0.5, 0.8, 0.2)])

CHECKS = [
    Check(
        "recurrent.run",
        "run(x, w, v, start)",
        _run,
        [(X, 0.5, 0.8, 0.0), (X[:3], 1.0, -0.5, 0.3), (np.array([0.0, 0.0]), 0.7, 1.2, 0.5)],
        [
            Misconception(
                "no memory",
                _states(lambda net, h, v: np.tanh(net)),
                "The last state is missing: add v times the state of the step before.",
            ),
            Misconception(
                "linear",
                _states(lambda net, h, v: net + v * h),
                "The tanh is missing.",
            ),
            Misconception(
                "start only",
                lambda x, w, v, start: np.tanh(w * x + v * start),
                "Every step must use the newest state, not the start.",
            ),
            Misconception(
                "with start",
                lambda x, w, v, start: np.concatenate([[start], _run(x, w, v, start)]),
                "Return the states after the inputs only, without the start.",
            ),
        ],
        look_at="'A unit that hears itself'",
    ),
    Check(
        "recurrent.clip",
        "clip(g, c)",
        _clip,
        [
            (np.array([7.0, 9.0, 12.0]), 5.0),
            (np.array([0.3, -0.4]), 1.0),
            (np.array([3.0, -4.0]), 2.0),
        ],
        [
            Misconception(
                "each entry",
                lambda g, c: np.clip(g, -c, c),
                "You clip every entry, which turns the gradient. Shorten the whole vector.",
            ),
            Misconception(
                "always",
                lambda g, c: g * c / np.linalg.norm(g),
                "Short gradients are left alone; yours are lengthened to c.",
            ),
            Misconception(
                "unit length",
                lambda g, c: g / np.linalg.norm(g) if np.linalg.norm(g) > c else g,
                "Shortened to length 1; it should be c.",
            ),
            Misconception(
                "sum of sizes",
                lambda g, c: g * c / np.abs(g).sum() if np.abs(g).sum() > c else g,
                "The length is the root of the sum of squares, not the sum of sizes.",
            ),
        ],
        look_at="'Why the distant past goes silent, or screams'",
    ),
    Check(
        "recurrent.lstm",
        "lstm(pre, C)",
        _lstm,
        [(PRE, CELL), (-PRE[:, :2], CELL[1:]), (0.5 * PRE, np.zeros(3))],
        [
            Misconception(
                "gates exchanged",
                _lstm_slip(lambda f, i, c, C: i * C + f * c),
                "The forget gate multiplies the old cell, the input gate the candidate.",
            ),
            Misconception(
                "output first",
                lambda pre, C: _lstm(pre, C)[::-1],
                "The new cell comes first, then the output: return C, h.",
            ),
            Misconception(
                "squashed cell",
                _lstm_slip(lambda f, i, c, C: np.tanh(f * C + i * c)),
                "The cell is a plain sum: no tanh there, that is its point.",
            ),
            Misconception(
                "tied gates",
                _lstm_slip(lambda f, i, c, C: f * C + (1 - f) * c),
                "That ties writing to forgetting, as a GRU does. Use the input gate.",
            ),
            Misconception(
                "linear output",
                _lstm_slip(lambda f, i, c, C: f * C + i * c, lambda o, C: o * C),
                "The output is o times tanh of the cell.",
            ),
            Misconception(
                "sigmoid candidate",
                lambda pre, C: _lstm(np.vstack([pre[:3], np.arctanh(_sigmoid(pre[3:]))]), C),
                "The candidate uses tanh, only the gates use the sigmoid.",
            ),
        ],
        look_at="'A carousel with gates: the LSTM'",
    ),
    Check(
        "recurrent.field",
        "field(kernel, dilations)",
        lambda kernel, dilations: 1 + (kernel - 1) * sum(dilations),
        [(3, [1, 2, 4, 8]), (2, [1, 2, 4]), (5, [1]), (3, [1, 1, 2, 2])],
        [
            Misconception(
                "no newest",
                lambda kernel, dilations: (kernel - 1) * sum(dilations),
                "The newest input counts too: add 1.",
            ),
            Misconception(
                "not dilated",
                lambda kernel, dilations: 1 + (kernel - 1) * len(dilations),
                "Each convolution reaches (kernel - 1) times its dilation further back.",
            ),
            Misconception(
                "whole kernel",
                lambda kernel, dilations: 1 + kernel * sum(dilations),
                "A filter of length 3 has two gaps, not three: kernel - 1.",
            ),
            Misconception(
                "product",
                lambda kernel, dilations: int(kernel ** len(dilations)),
                "Many paths lead to the same input; the reaches add, they do not multiply.",
            ),
        ],
        look_at="'Memory without recurrence: the temporal convolution'",
    ),
    Check(
        "recurrent.bptt",
        "bptt(x, h, v, target)",
        _bptt,
        [(X, STATES, 0.8, 1.0), (X[:2], STATES[:3], 0.8, -0.5), (X[:3], STATES[:4], 0.8, 0.0)],
        [
            Misconception(
                "no slope",
                _slip(slope=False),
                "Each passage through the tanh multiplies the error by 1 - h_t squared.",
            ),
            Misconception(
                "no weight",
                _slip(through=False),
                "One step back multiplies the error by v as well.",
            ),
            Misconception(
                "wrong state",
                _slip(shift=0),
                "At step t the weight v met the state before, h_(t-1).",
            ),
            Misconception(
                "v first",
                lambda x, h, v, target: _back(x, h, v, target)[::-1],
                "Return the gradient of w first, then that of v.",
            ),
            Misconception(
                "average",
                _slip(mean=True),
                "That is the mean of the copies; the gradient is their sum.",
            ),
            Misconception(
                "one step",
                _slip(depth=1),
                "You stop after the last step; go on to the first.",
            ),
        ],
        look_at="'The error travels back through time'",
    ),
]
