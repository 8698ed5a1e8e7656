"""The checks of the chapter on language models."""

from __future__ import annotations

import numpy as np

from course_lib.checks.core import Check, Misconception
from course_lib.models import losses, sampling, tokenisation

# Unequal numbers throughout, and enough tokens that the slips show.
SENTENCE = np.array([0.2, 0.1, 0.3, 0.4, 0.9])
TAIL = np.array([0.15, 0.5, 0.05, 0.2, 0.1])
IDS = np.array([3, 1, 1, 1, 2, 1, 1, 3])
RNG = np.random.default_rng(3)
QUERY, KEYS, VALUES = RNG.normal(size=4), RNG.normal(size=(3, 4)), RNG.normal(size=(3, 2))
NEW_KEY, NEW_VALUE = RNG.normal(size=4), RNG.normal(size=2)


def _perplexity(probabilities):
    return float(np.exp(-np.mean(np.log(probabilities))))


def _no_root(probabilities):
    """One over the probability of the whole text."""
    with np.errstate(all="ignore"):
        return float(np.exp(-np.sum(np.log(probabilities))))


def _by_product(probabilities):
    """Right for short texts; the product of a long one underflows."""
    with np.errstate(all="ignore"):
        return float(np.prod(probabilities) ** np.float64(-1 / len(probabilities)))


def _merge(ids, pair, new):
    return np.array(tokenisation.merged(list(ids), tuple(pair), new))


def _merge_overlapping(ids, pair, new):
    """Every place where the pair begins is replaced, also inside a pair just merged."""
    ids = list(ids)
    out, i = [], 0
    while i < len(ids):
        if i + 1 < len(ids) and (ids[i], ids[i + 1]) == tuple(pair):
            out.append(new)
        else:
            out.append(ids[i])
        i += 1
    return np.array(out)


def _merge_once(ids, pair, new):
    ids = list(ids)
    for i in range(len(ids) - 1):
        if (ids[i], ids[i + 1]) == tuple(pair):
            return np.array([*ids[:i], new, *ids[i + 2 :]])
    return np.array(ids)


def _merge_any_order(ids, pair, new):
    ids = list(ids)
    out, i = [], 0
    while i < len(ids):
        if i + 1 < len(ids) and {ids[i], ids[i + 1]} == set(pair):
            out.append(new)
            i += 2
        else:
            out.append(ids[i])
            i += 1
    return np.array(out)


def _merge_keeping(ids, pair, new):
    ids = list(ids)
    out, i = [], 0
    while i < len(ids):
        out.append(ids[i])
        if i + 1 < len(ids) and (ids[i], ids[i + 1]) == tuple(pair):
            out[-1] = new
            out.append(ids[i + 1])
            i += 1
        i += 1
    return np.array(out)


def _top_p(probabilities, p):
    return sampling.top_p(probabilities, p)


def _below(probabilities, p):
    """Stops before the token that crosses the threshold."""
    order = np.argsort(-probabilities, kind="stable")
    kept = np.zeros_like(probabilities)
    count = max(1, sampling.nucleus(probabilities, p) - 1)
    kept[order[:count]] = probabilities[order[:count]]
    return kept / kept.sum()


def _unsorted(probabilities, p):
    count = int(np.searchsorted(np.cumsum(probabilities), p - 1e-12) + 1)
    kept = np.where(np.arange(len(probabilities)) < count, probabilities, 0.0)
    return kept / kept.sum()


def _not_renormalised(probabilities, p):
    kept = sampling.top_p(probabilities, p)
    return np.where(kept > 0, probabilities, 0.0)


def _at_least(probabilities, p):
    kept = np.where(probabilities >= 1 - p, probabilities, 0.0)
    return kept / kept.sum() if kept.any() else probabilities


def _in_order_of_size(probabilities, p):
    return np.sort(sampling.top_p(probabilities, p))[::-1]


def _cached(query, keys, values, new_key, new_value):
    all_keys, all_values = np.vstack([keys, new_key]), np.vstack([values, new_value])
    return losses.softmax(all_keys @ query / np.sqrt(len(query))) @ all_values


def _forgot_new(query, keys, values, new_key, new_value):
    return losses.softmax(keys @ query / np.sqrt(len(query))) @ values


def _unscaled(query, keys, values, new_key, new_value):
    all_keys, all_values = np.vstack([keys, new_key]), np.vstack([values, new_value])
    return losses.softmax(all_keys @ query) @ all_values


def _forgot_value(query, keys, values, new_key, new_value):
    all_keys = np.vstack([keys, new_key])
    return losses.softmax(all_keys @ query / np.sqrt(len(query)))[:-1] @ values


def _in_front(query, keys, values, new_key, new_value):
    all_keys, all_values = np.vstack([new_key, keys]), np.vstack([values, new_value])
    return losses.softmax(all_keys @ query / np.sqrt(len(query))) @ all_values


def _preference_loss(chosen, rejected):
    return float(np.mean(np.log1p(np.exp(-(chosen - rejected)))))


CHECKS = [
    Check(
        "language_models.perplexity",
        "perplexity(probabilities)",
        _perplexity,
        [(SENTENCE,), (SENTENCE[:3],), (np.full(400, 0.01),)],
        [
            Misconception(
                "arithmetic mean",
                lambda p: float(1 / np.mean(p)),
                "One over the arithmetic mean; the perplexity uses the mean of the logarithms.",
            ),
            Misconception(
                "sum",
                _no_root,
                "You did not divide by the number of tokens.",
            ),
            Misconception(
                "product",
                _by_product,
                "The product of many small numbers is 0 in the computer: add logarithms instead.",
            ),
            Misconception(
                "mixed bases",
                lambda p: float(2 ** (-np.mean(np.log(p)))),
                "The logarithm has base e and the power base 2: use one base for both.",
            ),
            Misconception(
                "loss",
                lambda p: float(-np.mean(np.log(p))),
                "That is the loss per token; the perplexity is its exponential.",
            ),
            Misconception(
                "inverse",
                lambda p: float(np.exp(np.mean(np.log(p)))),
                "That is the geometric mean of the probabilities; the perplexity is one over it.",
            ),
        ],
        look_at="'What is a sentence worth?'",
    ),
    Check(
        "language_models.merge",
        "merge(ids, pair, new)",
        _merge,
        [(IDS, (1, 1), 9), (np.array([2, 5, 5, 2, 5]), (2, 5), 7), (np.array([4]), (4, 4), 8)],
        [
            Misconception(
                "overlap",
                _merge_overlapping,
                "After a merge go on behind both halves: a token must not be used twice.",
            ),
            Misconception(
                "once", _merge_once, "Only the first occurrence is merged; all of them must be."
            ),
            Misconception(
                "any order",
                _merge_any_order,
                "The pair has an order: (2, 5) is not (5, 2).",
            ),
            Misconception(
                "second half stays",
                _merge_keeping,
                "The second half of the pair is still there: two tokens become one.",
            ),
        ],
        look_at="'How does a text become integers?'",
    ),
    Check(
        "language_models.top_p",
        "top_p(probabilities, p)",
        _top_p,
        [(TAIL, 0.8), (TAIL, 0.5), (np.array([0.1, 0.6, 0.3]), 0.95)],
        [
            Misconception(
                "stops below",
                _below,
                "The token that carries the sum over the threshold belongs to the nucleus.",
            ),
            Misconception(
                "unsorted", _unsorted, "Sort first: the nucleus holds the most probable tokens."
            ),
            Misconception(
                "not renormalised",
                _not_renormalised,
                "What is kept must add up to 1 again.",
            ),
            Misconception(
                "each token",
                _at_least,
                "The threshold is for the sum of the kept tokens, not for each of them.",
            ),
            Misconception(
                "sorted answer",
                _in_order_of_size,
                "Each token keeps its place: the answer is not sorted.",
            ),
        ],
        look_at="'Which token shall it be?'",
    ),
    Check(
        "language_models.cached_attention",
        "cached_attention(query, keys, values, new_key, new_value)",
        _cached,
        [
            (QUERY, KEYS, VALUES, NEW_KEY, NEW_VALUE),
            (2 * QUERY, KEYS[:1], VALUES[:1], NEW_KEY, NEW_VALUE),
        ],
        [
            Misconception(
                "new token forgotten",
                _forgot_new,
                "A token looks at itself too: put the new key and value into the cache first.",
            ),
            Misconception("unscaled", _unscaled, "Divide the scores by the root of the width."),
            Misconception(
                "value forgotten",
                _forgot_value,
                "The weights know the new key, but the new value is missing.",
            ),
            Misconception(
                "wrong end",
                _in_front,
                "Keys and values must lie in the same order: new ones behind the old.",
            ),
        ],
        look_at="'Must everything be computed again?'",
    ),
    Check(
        "language_models.preference_loss",
        "preference_loss(chosen, rejected)",
        _preference_loss,
        [
            (np.array([1.0, 0.2, -1.0]), np.array([0.0, 0.5, -3.0])),
            (np.array([2.0, 0.3]), np.array([-1.0, 0.0])),
        ],
        [
            Misconception(
                "turned",
                lambda c, r: _preference_loss(r, c),
                "The loss falls when the *rejected* answer gets more: the difference is turned.",
            ),
            Misconception(
                "sum",
                lambda c, r: _preference_loss(c, r) * len(c),
                "Take the mean over the pairs.",
            ),
            Misconception(
                "each alone",
                lambda c, r: float(np.mean(np.log1p(np.exp(-c)) + np.log1p(np.exp(r)))),
                "You judge each answer by itself; only the difference of the two counts.",
            ),
            Misconception(
                "hinge",
                lambda c, r: float(np.mean(np.maximum(0, 1 - (c - r)))),
                "That is a hinge loss; the Bradley-Terry model asks for -ln sigmoid(difference).",
            ),
            Misconception(
                "likelihood",
                lambda c, r: float(np.mean(1 / (1 + np.exp(-(c - r))))),
                "That is the probability; the loss is minus its logarithm.",
            ),
        ],
        look_at="'From guessing to answering'",
    ),
]
