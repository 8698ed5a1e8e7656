"""Draws: PCG64's raw words, named streams, uniform shuffles, bounded searches."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter

import numpy as np
import pytest
from scipy.stats import chisquare

from course_lib.exam.draw import Draw, DrawError, grid


def test_words_are_those_of_numpy():
    digest = hashlib.sha256(b"exam/3/x").digest()
    reference = np.random.PCG64(0)
    state = reference.state
    state["state"] = {
        "state": int.from_bytes(digest[:16], "little"),
        "inc": int.from_bytes(digest[16:], "little") | 1,
    }
    reference.state = state
    word = Draw("exam", 3).words("x")
    assert [word() for _ in range(1000)] == reference.random_raw(1000).tolist()


def test_a_draw_depends_on_its_name_only():
    lonely = Draw("t", 1).integer("b", 0, 10**9)
    draw = Draw("t", 1)
    draw.integers("a", 50, 0, 5)
    assert draw.integer("b", 0, 10**9) == lonely
    assert Draw("t", 2).integer("b", 0, 10**9) != lonely
    assert Draw("u", 1).integer("b", 0, 10**9) != lonely


def test_a_name_is_drawn_once():
    draw = Draw("t", 1)
    draw.integer("a", 0, 1)
    with pytest.raises(ValueError, match="'a' is drawn twice"):
        draw.choice("a", [1, 2])


def test_shuffle_is_uniform():
    counts = Counter(tuple(Draw("s", seed).shuffle("x", "abcd")) for seed in range(4800))
    assert len(counts) == 24
    assert chisquare([counts[p] for p in itertools.permutations("abcd")]).pvalue > 1e-3


def test_place_of_an_option_is_uniform():
    places = Counter(Draw("p", seed).shuffle("options", range(5)).index(0) for seed in range(2000))
    assert chisquare([places[i] for i in range(5)]).pvalue > 1e-3


def test_ranges_and_exclusions():
    values = [Draw("r", s).integer("x", -2, 2, exclude=[0]) for s in range(300)]
    assert set(values) == {-2, -1, 1, 2}
    assert grid(-0.2, 0.4, 0.1, exclude=[0]) == [-0.2, -0.1, 0.1, 0.2, 0.3, 0.4]
    assert len(set(Draw("r", 1).sample("x", range(9), 9))) == 9
    assert all(v in grid(0, 1, 0.25) for v in Draw("r", 1).decimals("y", 30, 0, 1, 0.25))


def test_fixed_values_override_draws():
    draw = Draw("t", 1, {"x": 99, "typo": 1})
    assert draw.integer("x", 0, 1) == 99
    assert draw.unused() == ["typo"]


def test_impossible_draws_are_our_fault():
    with pytest.raises(DrawError, match="nothing to choose 'x' from"):
        Draw("t").integer("x", 0, 0, exclude=[0])
    with pytest.raises(DrawError, match="wants 4 of 3"):
        Draw("t").sample("x", [1, 2, 3], 4)
    with pytest.raises(DrawError, match="in 10 tries"):
        Draw("t").search("x", lambda d: d.integer("n", 0, 9), lambda n: n > 9, tries=10)


def test_search_takes_the_first_acceptable():
    assert Draw("t").search("x", lambda d: d.integer("n", 0, 99), lambda n: n % 10 == 7) % 10 == 7
