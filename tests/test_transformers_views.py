"""The pictures of the chapter on transformers say the numbers that they draw."""

from __future__ import annotations

import re

import numpy as np
import pytest

from course_lib.models import attention as at
from course_lib.plotting import new_axes
from course_lib.plotting import transformers_views as views
from course_lib.trace import record


def numbers(text: str) -> list[float]:
    return [float(n) for n in re.findall(r"-?\d+\.\d+|\d+", text)]


def test_look_up_tells_the_lectures_row() -> None:
    K, V = at.SENTENCE @ at.W_K, at.SENTENCE @ at.W_V
    update = views.look_up_view(K, V, at.WORDS)(new_axes(9, 3, 3))
    told = numbers(update(angle=45, length=2**0.5, divide="yes"))
    assert told == pytest.approx([1, 1, 0.50, 0.25, 0.25, 1.0, 0.74], abs=0.006)
    louder = numbers(update(angle=45, length=2**0.5, divide="no"))
    assert louder[2] == pytest.approx(0.58, abs=0.006)
    assert numbers(update(angle=10, length=0.0, divide="no"))[2] == pytest.approx(1 / 3, abs=0.006)


def test_matrices_follow_the_trace() -> None:
    steps = record(at.attend(at.SENTENCE, at.W_Q, at.W_K, at.W_V, words=at.WORDS, causal=True))
    shapes = {name: value.shape for name, value in steps[-1].known.items()}
    update = views.matrices_view(at.WORDS, at.FEATURES, shapes)(new_axes(10, 5, 4, 2))
    said = [update(state) for state in steps]
    assert said[0].startswith("X:") and said[-1].startswith("Z: cats takes 0.503")
    assert any("minus infinity" in line for line in said)


def test_positions_view_tells_the_cosines() -> None:
    update = views.positions_view(30)(new_axes(9, 4, 2))
    said = update(width=8, base=100, place=4)
    expected = np.cos(5 * 100 ** (-np.arange(4) / 4)).mean()
    assert f"{expected:.3f}" in said and f"{2 * np.pi * 100**0.75:.0f} places" in said


def test_cost_view_knows_who_is_cheaper() -> None:
    update = views.cost_view(new_axes())
    assert "cheaper" in update(length=50, width=512) and "dearer" in update(length=1000, width=512)
    assert "equally dear" in update(length=64, width=64)
