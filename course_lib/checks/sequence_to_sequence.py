"""The checks of the chapter on sequence to sequence, attention and memory."""

from __future__ import annotations

import numpy as np

from course_lib.checks.core import Check, Misconception
from course_lib.datasets.translations import EOS, PAD, SOS
from course_lib.models import seq2seq, turing_machine

# Unequal dimensions, and weights that are not symmetric: the slips show there.
H = np.array([1.0, -0.5])
SOURCES = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, -1.0], [1.0, 1.0, 0.0], [-0.5, 0.2, 0.3]])
W = np.array([[1.0, 0.5, -0.2], [0.3, -1.0, 0.8]])
PROBABILITIES = np.array([[0.9, 0.5, 0.8, 0.1], [0.6, 0.7, 0.3, 0.2]])
TARGETS = np.array([[7, 8, EOS, PAD], [9, EOS, PAD, PAD]])
TOTALS = np.log(np.array([0.5, 0.4]))
NEXT = np.log(np.array([[0.35, 0.36, 0.29], [0.05, 0.06, 0.89]]))
CONTENT = np.array([0.6, 0.1, 0.2, 0.1])
BEFORE = np.array([0.0, 0.0, 0.3, 0.7])


def _pair(target, width):
    fill = [PAD] * (width - len(target) - 1)
    return np.array([SOS, *target, *fill]), np.array([*target, EOS, *fill])


def _padded(before, after):
    def slip(target, width):
        def fill(row):
            return np.array([*row, *[PAD] * (width - len(row))])[:width]

        return fill(before(list(target))), fill(after(list(target)))

    return slip


def _masked_loss(p, targets):
    real = targets != PAD
    return float(-np.log(p[real]).sum() / real.sum())


def _attend(h, sources, W):
    return seq2seq.attend(seq2seq.multiplicative_scores(h, sources, W), sources)


def _step(totals, logs, width):
    scores = totals[:, None] + logs
    best = np.argsort(-scores, axis=None, kind="stable")[:width]
    return np.stack(np.unravel_index(best, scores.shape), axis=1), scores.ravel()[best]


def _ranked(scores, totals, logs, width):
    best = np.argsort(-scores, axis=None, kind="stable")[:width]
    places = np.stack(np.unravel_index(best, scores.shape), axis=1)
    return places, scores.ravel()[best]


def _each_its_best(totals, logs, width):
    rows = np.arange(len(totals))
    tokens = logs.argmax(axis=1)
    scores = totals + logs[rows, tokens]
    best = np.argsort(-scores, kind="stable")[:width]
    return np.stack([rows, tokens], axis=1)[best], scores[best]


def _address(content, before, gate, shares, gamma):
    w = turing_machine.interpolate(content, before, gate)
    return turing_machine.sharpen(turing_machine.shift(w, shares), gamma)


CHECKS = [
    Check(
        "sequence_to_sequence.pair",
        "pair(target, width)",
        _pair,
        [([7, 8, 9], 6), ([5], 4), ([4, 4], 3)],
        [
            Misconception(
                "not shifted",
                _padded(lambda t: [SOS, *t, EOS], lambda t: [SOS, *t, EOS]),
                "Both rows are the same. The decoder reads <SOS> first and writes <EOS> last: "
                "the two are one place apart.",
            ),
            Misconception(
                "no end",
                _padded(lambda t: [SOS, *t], lambda t: t),
                "What it must write lacks <EOS>: it would never learn to stop.",
            ),
            Misconception(
                "no start",
                _padded(lambda t: t, lambda t: [*t, EOS]),
                "What it reads lacks <SOS>: at the first step it would already see the answer.",
            ),
            Misconception(
                "end read",
                _padded(lambda t: [SOS, *t, EOS], lambda t: [*t, EOS]),
                "The decoder never has to read <EOS>: after it nothing is written any more.",
            ),
        ],
        look_at="'What goes in, what comes out'",
    ),
    Check(
        "sequence_to_sequence.loss",
        "loss(p, targets)",
        _masked_loss,
        [(PROBABILITIES, TARGETS), (PROBABILITIES[:1, :3], TARGETS[:1, :3])],
        [
            Misconception(
                "padding",
                lambda p, t: float(-np.log(p).mean()),
                "Padding counts in your loss. Only places whose target is not 0 may.",
            ),
            Misconception(
                "divided by all",
                lambda p, t: float(-np.log(p[t != PAD]).sum() / t.size),
                "The sum is right, the divisor is not: divide by the number of real words.",
            ),
            Misconception(
                "total",
                lambda p, t: float(-np.log(p[t != PAD]).sum()),
                "That is the sum over the words; divide by their number.",
            ),
            Misconception(
                "by rows",
                lambda p, t: float(
                    np.mean([-np.log(a[b != PAD]).mean() for a, b in zip(p, t, strict=True)])
                ),
                "You average each sentence first; then a word of a short one counts more.",
            ),
            Misconception(
                "sign",
                lambda p, t: -_masked_loss(p, t),
                "That is the log-likelihood per word; the loss is its negative.",
            ),
            Misconception(
                "without the end",
                lambda p, t: float(-np.log(p[t > EOS]).mean()),
                "The end token counts too: stopping at the right place has to be learnt.",
            ),
        ],
        look_at="'What goes in, what comes out'",
    ),
    Check(
        "sequence_to_sequence.attend",
        "attend(h, sources, W)",
        _attend,
        [(H, SOURCES, W), (H + 2, SOURCES[:2], 3 * W)],
        [
            Misconception(
                "no softmax",
                lambda h, s, W: (s @ (h @ W), (s @ (h @ W)) @ s),
                "Your weights are the scores themselves; put them through a softmax.",
            ),
            Misconception(
                "no weights",
                lambda h, s, W: (_attend(h, s, W)[0], s.mean(axis=0)),
                "The weights are right, but the context is the plain mean: use them.",
            ),
            Misconception(
                "hard",
                lambda h, s, W: (_attend(h, s, W)[0], s[np.argmax(s @ (h @ W))]),
                "Your context is the best source alone. Soft attention mixes all of them.",
            ),
            Misconception(
                "scaled",
                lambda h, s, W: seq2seq.attend(
                    seq2seq.multiplicative_scores(h, s, W) / np.sqrt(s.shape[1]), s
                ),
                "You divide by a square root; the multiplicative score does not.",
            ),
        ],
        look_at="'Look back instead of remembering'",
    ),
    Check(
        "sequence_to_sequence.beam_step",
        "beam_step(totals, logs, width)",
        _step,
        [(TOTALS, NEXT, 2), (TOTALS, NEXT, 3), (TOTALS[:1], NEXT[:1], 1)],
        [
            Misconception(
                "conditional",
                lambda totals, logs, width: _ranked(logs, totals, logs, width),
                "You rank by the last word alone; add the total of the prefix.",
            ),
            Misconception(
                "one each",
                _each_its_best,
                "You let each prefix keep its one best word. All candidates compete together.",
            ),
            Misconception(
                "product of logs",
                lambda totals, logs, width: _ranked(totals[:, None] * logs, totals, logs, width),
                "Probabilities are multiplied, their logarithms added.",
            ),
            Misconception(
                "worst",
                lambda totals, logs, width: tuple(
                    part[:width] for part in _ranked(-(totals[:, None] + logs), totals, logs, width)
                ),
                "You keep the least likely ones: sort from the largest.",
            ),
        ],
        look_at="'The likeliest word is not the likeliest sentence'",
    ),
    Check(
        "sequence_to_sequence.address",
        "address(content, before, gate, shares, gamma)",
        _address,
        [
            (CONTENT, BEFORE, 0.8, np.array([0.1, 0.2, 0.7]), 2.0),
            (BEFORE, CONTENT, 0.3, np.array([0.5, 0.5, 0.0]), 3.0),
        ],
        [
            Misconception(
                "gate",
                lambda c, b, g, s, y: _address(b, c, g, s, y),
                "The gate is the share of the content focus; you gave it to the former one.",
            ),
            Misconception(
                "direction",
                lambda c, b, g, s, y: _address(c, b, g, s[::-1], y),
                "You shift the wrong way: the last share moves the focus on to the next slot.",
            ),
            Misconception(
                "not sharpened",
                lambda c, b, g, s, y: turing_machine.shift(turing_machine.interpolate(c, b, g), s),
                "Gate and shift are right; raise to the power gamma and normalise.",
            ),
            Misconception(
                "not normalised",
                lambda c, b, g, s, y: (
                    turing_machine.shift(turing_machine.interpolate(c, b, g), s) ** y
                ),
                "After the power the focus no longer adds up to 1.",
            ),
            Misconception(
                "order",
                lambda c, b, g, s, y: turing_machine.shift(
                    turing_machine.sharpen(turing_machine.interpolate(c, b, g), y), s
                ),
                "You sharpen before the shift; the blur comes from the shift, so sharpen last.",
            ),
        ],
        look_at="'A memory with addresses that learn'",
    ),
]
