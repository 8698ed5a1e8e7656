"""How a next token is chosen from a distribution: greedy, temperature, top-k, top-p.

Everything works on plain arrays, and on any model that is a function from the tokens so far to the
logits of the next one: an n-gram, a recurrent net, a GPT.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from course_lib.models.losses import softmax

if TYPE_CHECKING:
    from jaxtyping import Float

SLACK = 1e-12  # a cumulative sum of 0.7 may come out as 0.7 minus a rounding error


def with_temperature(
    logits: Float[np.ndarray, " tokens"], temperature: float
) -> Float[np.ndarray, " tokens"]:
    """softmax(logits / T); T = 0 is the limit: all on the largest logit (the first of equals).

    Raises ValueError for a negative temperature. Lecture 004, topic 49.
    """
    logits = np.asarray(logits, dtype=float)
    if temperature < 0:
        raise ValueError(f"a temperature must not be negative, got {temperature}")
    if temperature == 0:
        return np.eye(len(logits))[logits.argmax()]
    return softmax(logits / temperature)


def _kept(probabilities: Float[np.ndarray, " tokens"], count: int) -> Float[np.ndarray, " tokens"]:
    order = np.argsort(-probabilities, kind="stable")  # of equals, the first comes first
    kept = np.zeros_like(probabilities)
    kept[order[:count]] = probabilities[order[:count]]
    return kept / kept.sum()


def top_k(probabilities: Float[np.ndarray, " tokens"], k: int) -> Float[np.ndarray, " tokens"]:
    """The k most probable tokens, renormalised; the others get 0.

    Raises ValueError unless k is at least 1. Fan, Lewis and Dauphin, 2018.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    return _kept(np.asarray(probabilities, dtype=float), int(k))


def nucleus(probabilities: Float[np.ndarray, " tokens"], p: float) -> int:
    """How many of the most probable tokens it takes to reach a probability of p together."""
    if not 0 < p <= 1:
        raise ValueError(f"p must lie between 0 (excluded) and 1, got {p}")
    reached = np.cumsum(np.sort(np.asarray(probabilities, dtype=float))[::-1])
    return min(int(np.searchsorted(reached, p - SLACK)) + 1, len(reached))


def top_p(probabilities: Float[np.ndarray, " tokens"], p: float) -> Float[np.ndarray, " tokens"]:
    """The smallest set of most probable tokens that reaches p, renormalised (the nucleus).

    Raises ValueError unless 0 < p <= 1. Holtzman et al., 2020.
    """
    return _kept(np.asarray(probabilities, dtype=float), nucleus(probabilities, p))


def shaped(
    logits: Float[np.ndarray, " tokens"],
    temperature: float = 1.0,
    k: int | None = None,
    p: float | None = None,
) -> Float[np.ndarray, " tokens"]:
    """The distribution that is drawn from: temperature first, then top-k, then top-p."""
    probabilities = with_temperature(logits, temperature)
    if k is not None:
        probabilities = top_k(probabilities, k)
    if p is not None:
        probabilities = top_p(probabilities, p)
    return probabilities


@dataclass(frozen=True)
class Choice:
    """One token of a generated text: what it was drawn from, and what the model itself gave it."""

    step: int
    token: int
    probabilities: Float[np.ndarray, " tokens"]
    log_probability: float  # under the model, before temperature and truncation


def generate(
    next_logits: Callable[[Sequence[int]], Float[np.ndarray, " tokens"]],
    prompt: Sequence[int],
    length: int,
    rng: np.random.Generator | None = None,
    *,
    temperature: float = 1.0,
    k: int | None = None,
    p: float | None = None,
    end: int | None = None,
) -> Iterator[Choice]:
    """Draw token after token, each given all before it; stops after `length` or at the token `end`.

    Greedy is temperature 0, which needs no generator.
    """
    tokens = list(prompt)
    for step in range(length):
        logits = np.asarray(next_logits(tokens), dtype=float)
        probabilities = shaped(logits, temperature, k, p)
        if temperature == 0:
            token = int(probabilities.argmax())
        elif rng is None:
            raise ValueError("drawing needs a generator: pass rng=np.random.default_rng(0)")
        else:
            token = int(np.searchsorted(np.cumsum(probabilities), rng.random(), side="right"))
            token = min(token, int(np.flatnonzero(probabilities)[-1]))  # a sum of 0.9999...
        tokens.append(token)
        yield Choice(step, token, probabilities, float(np.log(softmax(logits)[token])))
        if token == end:
            return


def repetition(tokens: Sequence[int], n: int = 4) -> float:
    """The share of n-grams of a text that stood in it before: 0 is all new, near 1 is a loop."""
    grams = [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]
    return 1 - len(set(grams)) / len(grams) if grams else 0.0


__all__ = [
    "Choice", "generate", "nucleus", "repetition", "shaped", "top_k", "top_p",
    "with_temperature",
]  # fmt: skip
