"""The pictures of the chapter on learning from data say the numbers that they draw."""

from __future__ import annotations

import re

import numpy as np
import pytest

from course_lib.models import neighbours
from course_lib.plotting import learning_views as views
from course_lib.plotting import new_axes
from course_lib.trace import record


def numbers(text: str) -> list[float]:
    return [float(n) for n in re.findall(r"\d+\.\d+|\d+", text)]


def test_fit_view_tells_the_errors_of_the_shown_degree() -> None:
    update = views.fit_view()(new_axes(9, 4, 2))
    x = (np.arange(15) + 0.5) / 15
    t = np.sin(2 * np.pi * x) + 0.3 * np.random.default_rng(4).normal(size=15)
    fitted = np.polyval(np.polyfit(x, t, 3), x)
    degree, train, _, best = numbers(update(degree=3, points=15, noise=0.3, sample=4))
    assert degree == 3 and train == pytest.approx(np.mean((fitted - t) ** 2), abs=1e-4)
    assert best < 8
    assert numbers(update(degree=11, points=4, noise=0.0, sample=0))[0] == 3  # 4 points: degree 3


def test_shift_view_sees_what_moves_and_not_what_swaps() -> None:
    update = views.shift_view()(new_axes(9, 4, 2))
    was, now, apart = numbers(update(move=0.0, prior=0.5, swap=0.0))
    assert was == now == pytest.approx(0.841, abs=0.001) and apart == 0
    _, now, apart = numbers(update(move=0.0, prior=0.5, swap=1.0))
    assert now == pytest.approx(1 - 0.841, abs=0.002) and apart == 0
    _, now, apart = numbers(update(move=1.5, prior=0.5, swap=0.0))
    assert now < 0.8 and apart > 0.3


def test_neighbour_score_has_the_sign_of_the_vote() -> None:
    rng = np.random.default_rng(0)
    points, targets = rng.normal(size=(30, 2)), np.arange(30) % 2
    grid = rng.normal(size=(50, 2))
    score = views.neighbour_score(points, targets)
    for k in (1, 4, 9):
        assert ((score(grid, k) > 0) == neighbours.predict(grid, points, targets, k)).all()


def test_clustering_follows_the_trace() -> None:
    points = np.random.default_rng(0).normal(size=(40, 2))
    run = record(neighbours.k_means(points, points[:3]))
    update = views.clustering(points)(new_axes())
    assert numbers(update(run[-1]))[-1] == pytest.approx(run[-1].cost, abs=0.01)


def test_warping_path_runs_from_corner_to_corner() -> None:
    a, b = np.array([0.0, 1, 2, 1]), np.array([0.0, 2, 1])
    table = np.abs(a[:, None] - b)
    figure = views.warping(a, b, table)
    way = figure.axes[1].lines[0].get_xydata().tolist()
    assert way[0] == [2, 3] and way[-1] == [0, 0]


def test_compression_is_smaller_and_lossy() -> None:
    pixels = np.random.default_rng(0).random((32, 48, 3))
    size, back = views.compressed(pixels, 40)
    assert size < pixels.size and back.shape == pixels.shape
    assert np.abs(back - pixels).max() > 0.01


def test_plain_pictures_draw() -> None:
    rng = np.random.default_rng(0)
    assert len(views.gallery({"a": np.eye(3), "b": np.eye(4)}).axes) == 2
    assert len(views.bulls_eye({"one": rng.normal(size=(9, 2))}).axes) == 1
    clouds = {"p": (rng.normal(size=(9, 2)), np.arange(9) % 3)}
    assert views.scatters(clouds, ["x", "y", "z"]).axes[0].get_legend() is not None
    axes = views.lines(
        [1, 2, 3], {"runs": rng.random((4, 3))}, title="t", xlabel="x", ylabel="y", mark=2
    )
    assert axes.lines[0].get_ydata().shape == (3,)


def test_grid_search_stars_the_best_cell() -> None:
    axes = views.grid_search(
        np.array([[0.1, 0.2, 0.3], [0.2, 0.9, 0.4]]), [1, 3], [2, 5, 9], title="t"
    )
    assert axes.lines[0].get_xydata().tolist() == [[1, 1]]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["2", "5", "9"]


def test_sounds_are_what_their_kind_says() -> None:
    made, kinds = views.sounds(400, np.random.default_rng(0))
    loud = np.abs(np.fft.rfft(made, axis=1)) ** 2
    purity = loud.max(axis=1) / loud.sum(axis=1)  # a tone has one frequency, noise has all
    mean = [purity[kinds == k].mean() for k in range(4)]
    assert made.shape == (400, 256) and mean[0] > mean[3] > 5 * mean[1]
    centre = (loud * np.arange(129)).sum(axis=1) / loud.sum(axis=1)
    assert centre[kinds == 2].mean() > 55 > centre[kinds == 0].mean()  # noise: the whole range
