"""The views of the chapter on mathematics: every control from end to end, and what they say."""

from __future__ import annotations

import numpy as np
import pytest

from course_lib.datasets import load
from course_lib.models import calculus, information, linear_algebra
from course_lib.plotting import mathematics_views as views
from course_lib.plotting.live import LiveFigure
from course_lib.trace import record


def said(live: LiveFigure, **controls: object) -> str:
    return live.refresh(**controls) or ""


def test_the_map_of_the_plane_tells_determinant_and_eigenvalues() -> None:
    live = LiveFigure(views.plane_map, size=(6, 3), axes=(1, 2))
    assert "determinant 1.25" in said(live, a=1.5, b=0.5, c=0.5, d=1.0)
    assert "flattened" in said(live, a=2.0, b=4.0, c=1.0, d=2.0)
    assert "turned over" in said(live, a=-1.0, b=0.0, c=0.0, d=1.0)
    assert "no direction keeps its line" in said(live, a=0.0, b=-1.0, c=1.0, d=0.0)
    text = said(live, a=2.0, b=1.0, c=1.0, d=2.0)
    assert "by 3 and 1" in text and "times 3.00" in text


@pytest.mark.parametrize("curve", list(views.CURVES))
def test_the_secant_becomes_the_tangent(curve: str) -> None:
    live = LiveFigure(views.secant_view, size=(6, 3), axes=(1, 2))
    for x in (-1.5, 0.5, 1.5):
        for h in (0.01, 2.0):
            assert "difference" in said(live, curve=curve, x=x, h=h)
    f, df, _ = views.CURVES[curve]
    assert df(0.5) == pytest.approx(calculus.slope(f, 0.5), abs=1e-6)


def test_a_corner_has_no_tangent() -> None:
    live = LiveFigure(views.secant_view, size=(6, 3), axes=(1, 2))
    assert "no tangent" in said(live, curve="absolute value", x=0.0, h=0.5)


def test_descent_tells_its_places_and_when_it_runs_away() -> None:
    live = LiveFigure(views.descent_view, size=(5, 3))
    assert "2, 1, 0.5, 0.25" in said(live, curve="z squared", start=2.0, rate=0.25)
    assert "runs away" in said(live, curve="two valleys", start=2.5, rate=1.15)
    for f, df in views.VALLEYS.values():
        assert df(0.8) == pytest.approx(calculus.slope(f, 0.8), abs=1e-6)


def test_the_surface_names_the_flat_point() -> None:
    live = LiveFigure(views.surface_view, size=(6, 3), axes=(1, 2))
    for first, second, kind in ((2.0, 1.0, "minimum"), (-2.0, -1.0, "maximum"),
                                (2.0, -2.0, "saddle"), (2.0, 0.0, "cannot tell")):  # fmt: skip
        assert kind in said(live, curvature_1=first, curvature_2=second, angle=360)


def test_a_thousand_people_equal_bayes() -> None:
    live = LiveFigure(views.thousand_people, size=(6, 3))
    assert "= 0.1610" in said(live, ill=1.0, caught=95.0, false_alarm=5.0)
    assert "nan" in said(live, ill=0.0, caught=95.0, false_alarm=0.0)
    assert "= 1.0000" in said(live, ill=50.0, caught=100.0, false_alarm=0.0)


@pytest.mark.parametrize("source", list(views.SOURCES))
def test_sources_have_the_mean_and_spread_they_claim(source: str) -> None:
    draw, mean, sigma = views.SOURCES[source]
    x = draw(np.random.default_rng(1), (200_000,))
    assert x.mean() == pytest.approx(mean, abs=0.03)
    assert x.std() == pytest.approx(sigma, rel=0.02)
    live = LiveFigure(views.clt_view, size=(5, 3))
    for n in (1, 60):
        assert f"/ n = {sigma**2 / n:.4f}" in said(live, source=source, n=n)


def test_divergences_follow_the_bell() -> None:
    live = LiveFigure(views.divergence_view, size=(6, 3), axes=(1, 2))
    for direction in information.DIRECTIONS:
        assert "D(q, p) = 0.689" in said(live, mean=3.0, sigma=1.0, direction=direction)
        assert "D(p, q) = 0.462" in said(live, mean=0.0, sigma=10**0.5, direction=direction)
        said(live, mean=-5.0, sigma=0.5, direction=direction)


def test_the_nudge_is_told_in_words() -> None:
    links = calculus.two_paths()
    places = {"x": (0, 0), "u": (1.6, 1.3), "s": (3.2, 0), "y": (4.9, 0)}
    live = LiveFigure(views.chain(links, places), size=(6, 3))
    told = [live.update(state) for state in record(calculus.nudges(links, 1.0))]
    assert told[2] == "s moves 3 times as far as x: 1 × 1 + 2 × 1"
    assert "-1.25" in told[3].replace("−", "-")


def test_digits_are_rebuilt_and_all_64_components_are_exact() -> None:
    images = load("digits").inputs[:60]
    live = LiveFigure(
        views.rebuilding(linear_algebra.components(load("digits").inputs), images),
        size=(6, 3), axes=(1, 3),
    )  # fmt: skip
    assert "off by 0.000" in said(live, k=64, digit=5)
    assert "off by 0.000" not in said(live, k=1, digit=59)
