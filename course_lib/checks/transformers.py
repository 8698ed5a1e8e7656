"""The checks of the chapter on transformers."""

from __future__ import annotations

import math

import numpy as np

from course_lib.checks.core import Check, Misconception
from course_lib.models import losses

# Unequal dimensions: 4 queries, 3 keys, d_k = 5, d_v = 2; scores far apart.
DRAW = np.random.default_rng(4)
QUERIES, KEYS = DRAW.normal(size=(4, 5)), DRAW.normal(size=(3, 5))
VALUES = DRAW.normal(size=(3, 2))
SCORES = DRAW.normal(size=(4, 4)) * 2
TOKENS = DRAW.normal(size=(3, 8))


def _attend(queries, keys, values):
    return losses.softmax(queries @ keys.T / math.sqrt(keys.shape[1])) @ values


def _shares(queries, keys, values):
    scores = queries @ keys.T / math.sqrt(keys.shape[1])
    return scores / scores.sum(axis=1, keepdims=True) @ values


def _over_queries(queries, keys, values):
    scores = queries @ keys.T / math.sqrt(keys.shape[1])
    return losses.softmax(scores.T).T @ values


def _causal(scores):
    return losses.softmax(np.where(np.tri(len(scores), dtype=bool), scores, -np.inf))


def _heads(x, heads):
    return x.reshape(len(x), heads, -1).transpose(1, 0, 2)


def _place(place, width, base):
    i = np.arange(width // 2)
    angle = place * base ** (-2.0 * i / width)
    return np.column_stack([np.sin(angle), np.cos(angle)]).ravel()


def _place_from_one(place, width, base):
    i = np.arange(1, width // 2 + 1)
    angle = place * base ** (-2.0 * i / width)
    return np.column_stack([np.sin(angle), np.cos(angle)]).ravel()


def _place_halves(place, width, base):
    return np.concatenate([_place(place, width, base)[0::2], _place(place, width, base)[1::2]])


def _place_swapped(place, width, base):
    return _place(place, width, base).reshape(-1, 2)[:, ::-1].ravel()


def _shift(target, start):
    return np.concatenate([[start], target[:-1]])


CHECKS = [
    Check(
        "transformers.attend",
        "attend(queries, keys, values)",
        _attend,
        [(QUERIES, KEYS, VALUES), (QUERIES[:1], KEYS, VALUES), (3 * QUERIES, KEYS[:2], VALUES[:2])],
        [
            Misconception(
                "unscaled",
                lambda q, k, v: losses.softmax(q @ k.T) @ v,
                "The scores are not divided by the root of d_k.",
            ),
            Misconception(
                "by d",
                lambda q, k, v: losses.softmax(q @ k.T / k.shape[1]) @ v,
                "You divide by d_k; it is the root of d_k.",
            ),
            Misconception(
                "shares", _shares, "The weights are shares of the scores; take a softmax."
            ),
            Misconception(
                "over queries",
                _over_queries,
                "Your softmax runs over the queries. Each query shares itself out over the keys.",
            ),
            Misconception(
                "by d_v",
                lambda q, k, v: losses.softmax(q @ k.T / math.sqrt(v.shape[1])) @ v,
                "You take the root of the values' width; the scores come from queries and keys.",
            ),
        ],
        look_at="'Every matrix of self-attention'",
    ),
    Check(
        "transformers.causal_weights",
        "causal_weights(scores)",
        _causal,
        [(SCORES,), (SCORES[:2, :2],), (SCORES[1:, 1:] + 5,)],
        [
            Misconception(
                "afterwards",
                lambda s: losses.softmax(s) * np.tri(len(s)),
                "You mask after the softmax: the rows no longer add up to 1.",
            ),
            Misconception(
                "zeros",
                lambda s: losses.softmax(s * np.tri(len(s))),
                "You set the scores of the future to 0, and exp(0) = 1 is a weight. Use -inf.",
            ),
            Misconception(
                "past hidden",
                lambda s: losses.softmax(np.where(np.tri(len(s), dtype=bool).T, s, -np.inf)),
                "Your tokens see the future and not the past.",
            ),
            Misconception("no mask", losses.softmax, "Nothing is masked."),
        ],
        look_at="'What must a token not see?'",
    ),
    Check(
        "transformers.split_heads",
        "split_heads(x, heads)",
        _heads,
        [(TOKENS, 2), (TOKENS, 4), (TOKENS[:2], 2)],
        [
            Misconception(
                "mixed tokens",
                lambda x, heads: x.reshape(heads, len(x), -1),
                "A plain reshape mixes the tokens: cut each row first, then swap the axes.",
            ),
            Misconception(
                "every other column",
                lambda x, heads: x.reshape(len(x), -1, heads).transpose(2, 0, 1),
                "You deal the columns out like cards. Head 1 gets the first d columns.",
            ),
            Misconception(
                "last first",
                lambda x, heads: _heads(x, heads)[::-1],
                "The heads are in reverse order: the first gets the first columns.",
            ),
        ],
        look_at="'Several heads'",
    ),
    Check(
        "transformers.place",
        "place(n, width, base)",
        _place,
        [(3, 6, 100.0), (10, 4, 10_000.0), (1, 8, 100.0)],
        [
            Misconception(
                "from one", _place_from_one, "Your index starts at 1; the first frequency is 1."
            ),
            Misconception(
                "halves",
                _place_halves,
                "All sines, then all cosines: here each sine stands beside its cosine.",
            ),
            Misconception("swapped", _place_swapped, "Sine first, then cosine."),
            Misconception(
                "half the exponent",
                lambda n, width, base: _place(n, width, base**0.5),
                "Your exponent is -i / width; it is -2i / width.",
            ),
            Misconception(
                "degrees",
                lambda n, width, base: _place(n * math.pi / 180, width, base),
                "Angles are in radians.",
            ),
        ],
        look_at="'Where is the order?'",
    ),
    Check(
        "transformers.shift_right",
        "shift_right(target, start)",
        _shift,
        [(np.array([4, 7, 1, 1]), 9), (np.array([5, 2]), 0), (np.array([1, 2, 3]), 8)],
        [
            Misconception(
                "target itself",
                lambda target, start: target.copy(),
                "That shows the decoder the symbol that it has to write.",
            ),
            Misconception(
                "shifted left",
                lambda target, start: np.concatenate([target[1:], [start]]),
                "You shift to the left: the decoder would read the future.",
            ),
            Misconception(
                "turned round",
                lambda target, start: np.roll(target, 1),
                "The last symbol stands in front; the start token belongs there.",
            ),
        ],
        look_at="'What must a token not see?'",
    ),
]
