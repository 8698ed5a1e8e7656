"""Traces and tables: recorded once, readable everywhere."""

from dataclasses import dataclass

import numpy as np
import pytest

from course_lib.trace import Table, Trace, record


@dataclass(frozen=True)
class Halving:
    step: int
    value: float
    point: np.ndarray


def halve(value, steps):
    for step in range(steps):
        value = value / 2
        yield Halving(step, value, np.array([value, -value]))


def test_a_trace_is_a_sequence_of_its_states():
    trace = record(halve(8.0, 3))
    assert isinstance(trace, Trace) and len(trace) == 3
    assert trace[-1].value == 1.0 and [s.step for s in trace] == [0, 1, 2]
    assert len(trace[1:]) == 2 and trace[1:][0].step == 1
    assert trace.column("value").tolist() == [4.0, 2.0, 1.0]
    assert trace.column("point").shape == (3, 2)


def test_a_trace_prints_as_a_table():
    table = record(halve(8.0, 3)).table("step", "point")
    assert table.columns == ("step", "point")
    assert table.cells()[0] == ["0", "(4, -4)"]
    assert "| 0 | (4, -4) |" in table._repr_markdown_()
    assert table.to_csv().splitlines()[0] == "step,point"


def test_an_endless_algorithm_is_stopped_with_advice():
    def forever():
        while True:
            yield Halving(0, 0.0, np.zeros(1))

    with pytest.raises(RuntimeError, match="pass a cap"):
        record(forever(), limit=10)


def test_mistakes_are_told():
    with pytest.raises(KeyError, match="there are step, value, point"):
        record(halve(1.0, 2)).column("valeu")
    with pytest.raises(ValueError, match="row 1 has 1 cells"):
        Table(["a", "b"], [(1, 2), (3,)])
    with pytest.raises(KeyError, match="there are a, b"):
        Table(["a", "b"], [(1, 2)]).column("c")
