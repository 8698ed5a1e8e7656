"""Beam search: the likeliest sequence without trying all of them, as a trace of beams.

A model of sequences is here nothing but a function: `log_probabilities(prefix)` gives the natural
logarithm of the probability of every next token. So the same search serves a hand-made table, a
seq2seq model and a language model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

Prefix = tuple[int, ...]
Model = Callable[[Prefix], Float[np.ndarray, " tokens"]]


@dataclass(frozen=True)
class Hypothesis:
    """A prefix with the sum of its log-probabilities.

    `tokens` are those after the start; a finished one ends with the end token. `score` is what
    hypotheses are ranked by: the sum, divided by length^alpha if `alpha` is given.
    """

    tokens: Prefix
    log_probability: float
    finished: bool
    score: float

    @property
    def probability(self) -> float:
        return float(np.exp(self.log_probability))


@dataclass(frozen=True)
class Beams:
    """One step: all continuations that were looked at, best first, and the `width` that stay."""

    step: int
    candidates: tuple[Hypothesis, ...]
    beams: tuple[Hypothesis, ...]

    @property
    def best(self) -> Hypothesis:
        return self.beams[0]

    @property
    def done(self) -> bool:
        return all(beam.finished for beam in self.beams)


def beam_search(
    log_probabilities: Model,
    start: int | Sequence[int],
    end: int,
    width: int,
    longest: int,
    alpha: float = 0.0,
) -> Iterator[Beams]:
    """Keep the `width` best prefixes, step by step; the last state's `best` is the answer.

    Each unfinished beam is continued with every token of positive probability. Finished ones stay
    in the race with the probability they have. The search ends when all beams are finished or
    `longest` tokens follow the start (one token or a whole prompt). Width 1 is greedy search.
    `alpha` > 0 divides each sum by length^alpha, which takes away the advantage of short answers.
    Ties go to the candidate found first. Lecture 001, topic 50 (there with a question mark).

    Raises: ValueError for a width or length below 1, or a model that forbids every continuation.
    """
    if width < 1 or longest < 1:
        raise ValueError(f"width and longest are at least 1, not {width} and {longest}")
    prompt = (start,) if isinstance(start, (int, np.integer)) else tuple(start)
    beams: tuple[Hypothesis, ...] = (Hypothesis((), 0.0, False, 0.0),)
    yield Beams(0, beams, beams)
    for step in range(1, longest + 1):
        candidates = [beam for beam in beams if beam.finished]
        for beam in beams:
            if beam.finished:
                continue
            logs = np.asarray(log_probabilities((*prompt, *beam.tokens)), dtype=float)
            for token in np.flatnonzero(logs > -np.inf).tolist():
                total = beam.log_probability + float(logs[token])
                tokens = (*beam.tokens, token)
                score = total / len(tokens) ** alpha
                candidates.append(Hypothesis(tokens, total, token == end, score))
        if not candidates:
            raise ValueError(f"no token may follow {beams[0].tokens}: all probabilities are 0")
        candidates.sort(key=lambda one: -one.score)  # stable: ties stay as found
        beams = tuple(candidates[:width])
        yield Beams(step, tuple(candidates), beams)
        if all(beam.finished for beam in beams):
            return


def best_of_all(log_probabilities: Model, start: int, end: int, longest: int) -> Hypothesis:
    """The likeliest finished sequence of at most `longest` tokens, found by trying every one.

    The number of sequences grows as tokens^longest: a reference for small trees only.
    Raises: ValueError if no sequence ends in time.
    """
    finished: list[Hypothesis] = []
    open_ones = [Hypothesis((), 0.0, False, 0.0)]
    while open_ones:
        one = open_ones.pop()
        logs = log_probabilities((start, *one.tokens))
        for token, log in enumerate(np.asarray(logs, dtype=float).tolist()):
            if log == -np.inf:
                continue
            total, tokens = one.log_probability + log, (*one.tokens, token)
            if token == end:
                finished.append(Hypothesis(tokens, total, True, total))
            elif len(tokens) < longest:
                open_ones.append(Hypothesis(tokens, total, False, total))
    if not finished:
        raise ValueError(f"no sequence of {longest} tokens reaches the end token {end}")
    return max(finished, key=lambda one: one.log_probability)


def sequence_log_probability(
    log_probabilities: Model, start: int | Sequence[int], tokens: Sequence[int]
) -> float:
    """ln p(tokens) = the sum of ln p(token | all before it). Lecture 001, topic 50."""
    prefix = (start,) if isinstance(start, (int, np.integer)) else tuple(start)
    total = 0.0
    for token in tokens:
        total += float(log_probabilities(prefix)[token])
        prefix = (*prefix, int(token))
    return total


def from_table(table: Mapping[str, Mapping[str, float]], tokens: Sequence[str]) -> Model:
    """A model from probabilities written down by hand: table["ab"]["c"] = P(c | a, b).

    Keys are the tokens so far, joined by nothing (the start is not written); a prefix that is not
    listed can only end, with the last of `tokens` as the end token. Token k of the vocabulary is
    tokens[k]; index -1 is the start.

    Raises: ValueError for probabilities that do not add up to 1.
    """
    for prefix, row in table.items():
        if abs(sum(row.values()) - 1) > 1e-9:
            raise ValueError(f"after {prefix!r} the probabilities sum to {sum(row.values()):g}")

    def log_probabilities(prefix: Prefix) -> Float[np.ndarray, " tokens"]:
        row = table.get("".join(tokens[k] for k in prefix[1:]), {tokens[-1]: 1.0})
        chances = np.array([row.get(token, 0.0) for token in tokens])
        with np.errstate(divide="ignore"):
            return np.log(chances)

    return log_probabilities


GREEDY_FAILS = {  # lecture map 001, topic 50: greedy takes a, and a leads to nothing good
    "": {"a": 0.5, "b": 0.4, ".": 0.1},
    "a": {"a": 0.35, "b": 0.35, ".": 0.3},
    "b": {"a": 0.05, "b": 0.05, ".": 0.9},
}

__all__ = [
    "Beams",
    "GREEDY_FAILS",
    "Hypothesis",
    "beam_search",
    "best_of_all",
    "from_table",
    "sequence_log_probability",
]
