"""Beam search against exhaustive search, hand arithmetic and the lecture's tree."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from course_lib.models.beam_search import (
    GREEDY_FAILS,
    beam_search,
    best_of_all,
    from_table,
    sequence_log_probability,
)
from course_lib.trace import record

TREE = from_table(GREEDY_FAILS, ["a", "b", "."])
START, END = -1, 2


def random_model(seed: int, tokens: int = 4):
    def log_probabilities(prefix):
        rng = np.random.default_rng([seed, *(token + 1 for token in prefix)])
        return np.log(rng.dirichlet(np.ones(tokens)))

    return log_probabilities


@pytest.mark.parametrize(
    ("width", "answer", "p"), [(1, (0, 0, 2), 0.175), (2, (1, 2), 0.36), (3, (1, 2), 0.36)]
)
def test_the_lectures_tree(width: int, answer: tuple[int, ...], p: float) -> None:
    best = record(beam_search(TREE, START, END, width, 5))[-1].best
    assert best.tokens == answer and best.finished
    assert best.probability == pytest.approx(p)


def test_second_step_by_hand() -> None:
    step = record(beam_search(TREE, START, END, 2, 5))[2]
    chances = [c.probability for c in step.candidates]
    assert chances == pytest.approx([0.36, 0.175, 0.175, 0.15, 0.02, 0.02])
    assert [b.tokens for b in step.beams] == [(1, 2), (0, 0)]


@pytest.mark.parametrize("seed", range(5))
def test_a_wide_beam_is_exhaustive_and_never_worse_than_greedy(seed: int) -> None:
    model, longest = random_model(seed), 4
    best = max(
        (sequence_log_probability(model, 0, (*body, 3)), (*body, 3))
        for n in range(longest)
        for body in itertools.product(range(3), repeat=n)
    )
    reference = best_of_all(model, 0, 3, longest)
    assert reference.tokens == best[1] and reference.log_probability == pytest.approx(best[0])
    wide = record(beam_search(model, 0, 3, 10_000, longest))[-1]
    finished = next(b for b in wide.beams if b.finished)
    assert finished.tokens == best[1]


def test_alpha_prefers_the_longer() -> None:
    model = from_table(
        {"": {"a": 0.6, ".": 0.4}, "a": {"a": 0.6, ".": 0.4}, "aa": {".": 1.0}}, ["a", "."]
    )
    short = record(beam_search(model, -1, 1, 3, 4))[-1].best
    long = record(beam_search(model, -1, 1, 3, 4, alpha=1.0))[-1].best
    assert short.tokens == (1,) and long.tokens == (0, 0, 1)
    assert long.score == pytest.approx(np.log(0.36) / 3)


def test_a_prompt_is_kept_out_of_the_tokens() -> None:
    seen = []

    def model(prefix):
        seen.append(prefix)
        return np.log([0.3, 0.7])

    answer = record(beam_search(model, (5, 6), 1, 1, 3))[-1].best
    assert answer.tokens == (1,) and seen == [(5, 6)]


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        list(beam_search(TREE, START, END, 0, 3))
    with pytest.raises(ValueError, match="sum to 0.9"):
        from_table({"": {"a": 0.9}}, ["a", "."])
    with pytest.raises(ValueError, match="all probabilities"):
        list(beam_search(lambda prefix: np.array([-np.inf]), 0, 0, 1, 2))
    with pytest.raises(ValueError, match="no sequence"):
        best_of_all(lambda prefix: np.log([0.999, 1e-300]) + [0, -np.inf], 0, 1, 2)
