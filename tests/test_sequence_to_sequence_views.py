"""The views of the chapter on sequence to sequence: every control, and what they say."""

from __future__ import annotations

import numpy as np

from course_lib.models import beam_search, turing_machine
from course_lib.plotting import sequence_to_sequence_views as views
from course_lib.plotting.live import LiveFigure
from course_lib.trace import record

MEMORY = np.array([[1, 0, 0], [0, 1, 0], [0.7, 0.7, 0], [0, 0, 1]])


def test_a_query_tells_weights_and_context() -> None:
    draw = views.query_view(np.array([[1, 0], [0, 1], [1, 1]]), ["first", "second", "third"])
    live = LiveFigure(draw, size=(6, 3), axes=(1, 2))
    text = live.refresh(direction=0, sharpness=1.0) or ""
    assert "first 0.422, second 0.155, third 0.422; context (0.845, 0.578)" in text
    assert "first 0.333" in (live.refresh(direction=90, sharpness=0.0) or "")
    assert "second 0.5" in (live.refresh(direction=90, sharpness=20.0) or "")


def test_addressing_tells_every_stage() -> None:
    draw = views.pipeline_view(MEMORY, np.array([1.0, 0, 0]), previous=3)
    live = LiveFigure(draw, size=(8, 3), axes=(1, 4))
    start = {"beta": 5.0, "gate": 0.8, "move": 1.0, "gamma": 2.0}
    first = live.refresh(**start) or ""
    assert (
        "content (0.803, 0.005, 0.186, 0.005)" in first and "(0.088, 0.866, 0.000, 0.046)" in first
    )
    for name, value in (("beta", 0.0), ("gate", 0.0), ("move", -0.5), ("gamma", 1.0)):
        assert live.refresh(**{**start, name: value}) != first


def test_alignments_step_by_step_and_chosen() -> None:
    source, written = ["zwei", "und", "vierzig", "<EOS>"], ["forty", "two", "<EOS>"]
    weights = np.eye(4)[[2, 0, 3]]
    live = LiveFigure(views.reading(source, 3), size=(4, 3))
    states = views.steps_of(source, written, weights)
    texts = [live.refresh(state) or "" for state in states]
    assert "'forty', looking mostly at 'vierzig' (1.00)" in texts[0] and len(set(texts)) == 3
    live = LiveFigure(views.alignment_view({"42": (source, written, weights)}), size=(4, 3))
    assert "word 2 is 'two'" in (live.refresh(number="42", row=2) or "")
    assert "'<EOS>'" in (live.refresh(number="42", row=9) or "")
    figure = views.alignments([(source, written, weights)], ["42"])
    assert len(figure.axes) == 1


def test_beams_and_machines_tell_each_step() -> None:
    tree = beam_search.from_table(beam_search.GREEDY_FAILS, ["a", "b", "."])
    beams = record(beam_search.beam_search(tree, -1, 2, 2, 5))
    live = LiveFigure(views.beam_tree(["a", "b", "end"], 2), size=(5, 3))
    texts = [live.refresh(state) or "" for state in beams]
    assert "6 candidates; kept: 'b end' 0.36" in texts[2]
    bits = np.array([[1.0, 0, 1], [0, 1, 1]])
    ticks = record(turing_machine.copy_by_hand(bits, slots=4))
    live = LiveFigure(views.machine(ticks), size=(6, 4), axes=(2, 2))
    texts = [live.refresh(tick) or "" for tick in ticks]
    assert "write focus on slot 2" in texts[1] and "out 1.00 0.00 1.00" in texts[2]


def test_figures_hold_what_they_are_given() -> None:
    lengths = [2, 4]
    figure = views.by_length(lengths, {"a": np.array([[1, 0.5], [0.2, 0.4]])}, 3)
    assert np.allclose(figure.axes[0].lines[0].get_ydata(), [0.75, 0.3])
    figure = views.bands({"x": {"k": np.array([0.1, 0.3])}}, "title", "share")
    assert figure.axes[0].get_legend() is None
    figure = views.errors_by_length(lengths, {"m": [0, 0.5]}, 3)
    assert np.allclose(figure.axes[0].lines[0].get_ydata(), [0, 0.5])
    assert views.losses_of({"m": [1.0, 0.5]}, "falls", "updates").axes[0].lines
    two = views.two_levels([["a", "b"], ["c"]], [np.array([0.3, 0.7]), np.ones(1)], np.ones(2) / 2)
    assert any(text.get_text() == "b\n0.70" for text in two.axes[0].texts)
