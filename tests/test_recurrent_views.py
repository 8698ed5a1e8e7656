"""The pictures of the chapter on recurrent networks: each control is seen in the sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from course_lib.models import recurrent
from course_lib.plotting import new_axes
from course_lib.plotting import recurrent_views as views
from course_lib.trace import record

VIEWS: dict[str, tuple[Any, tuple[int, int], dict[str, Any], dict[str, Any]]] = {
    "memory": (views.memory_view, (1, 1), {"v": 0.8, "activation": "tanh", "wait": 10},
               {"v": 0.9, "activation": "sigmoid", "wait": 12}),
    "flow": (views.flow_view, (1, 1), {"radius": 0.9, "activation": "tanh", "steps": 40},
             {"radius": 1.1, "activation": "sigmoid", "steps": 20}),
    "gates": (views.gates_view([1, 0, -0.5, 0]), (2, 1), {"forget": 0.9, "write": 1, "show": 1},
              {"forget": 0.5, "write": 0.5, "show": 0.5}),
    "field": (views.field_view, (1, 1), {"filter": 3, "levels": 4, "wait": 20},
              {"filter": 2, "levels": 5, "wait": 40}),
}  # fmt: skip


@pytest.mark.parametrize("name", VIEWS)
def test_every_control_changes_the_sentence(name: str) -> None:
    draw, (rows, columns), values, others = VIEWS[name]
    update = draw(new_axes(6, 4, columns=columns, rows=rows))
    said = update(**values)
    for control, other in others.items():
        assert update(**{**values, control: other}) != said, control
    assert update(**values) == said


def test_the_field_agrees_with_the_formula() -> None:
    update = views.field_view(new_axes(6, 4))
    assert update(filter=3, levels=4, wait=30).startswith("31 inputs")
    assert "inside" in update(filter=3, levels=4, wait=30)
    assert "outside" in update(filter=3, levels=4, wait=31)


def test_players_tell_the_numbers_of_their_trace() -> None:
    steps = record(recurrent.unroll([1, 0, -1], 0.5, 0.8, 1.0, start=0.2))
    update = views.unrolled_view([1, 0, -1], 0.5, 0.8)(new_axes(6, 4))
    said = [update(state) for state in steps]
    assert "0.5784" in said[1] and "-0.98836" in said[-1] and len(set(said)) == 7
    stored = record(recurrent.gate_trace([0.5, 1.0, 0.3], [(1, 0, 0), (1, 1, 0), (1, 0, 1)]))
    update = views.storing_view(stored)(new_axes(6, 4, columns=2))
    assert "shown: 0.762" in [update(state) for state in stored][-1]


def test_figures_hold_what_they_are_given() -> None:
    rng = np.random.default_rng(0)
    figure = views.bands({"a": rng.random((3, 4)), "b": rng.random((3, 4))}, range(4),
                         title="t", xlabel="x", ylabel="y")  # fmt: skip
    assert len(figure.axes[0].get_lines()) == 2
    figure = views.gate_maps({"f": rng.random((5, 3)), "C": rng.normal(size=(5, 3))}, [""] * 5)
    assert figure.axes[0].images[0].get_array().shape == (3, 5)
    assert len(views.configurations().axes) == 5
