"""The rehearsal: slow slides, slow cells, failures, memory, and names that nearly exist."""

from __future__ import annotations

import nbformat
import pytest
from nbformat import v4

from tools import demo
from tools.demo import Rehearsal, Timed

SLIDE = {"slideshow": {"slide_type": "slide"}}


def test_a_small_notebook_is_timed_weighed_and_its_failure_named(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "ON_SLIDE", 0.5)
    cells = [
        v4.new_markdown_cell("# Small"),
        v4.new_code_cell("import time", metadata={"tags": ["imports"]}),
        v4.new_code_cell("kept = bytearray(80_000_000)", metadata=SLIDE),
        v4.new_code_cell("time.sleep(0.6)", metadata=SLIDE),
        v4.new_code_cell("time.sleep(0.6)"),
        v4.new_code_cell("len(missing)"),
        v4.new_code_cell("assert len(kept)", metadata=SLIDE),  # runs although one failed
    ]
    path = tmp_path / "small.ipynb"
    nbformat.write(v4.new_notebook(cells=cells), path)
    result = demo.rehearse(path)
    assert [c.number for c in result.cells] == [2, 3, 4, 5, 6, 7]
    assert [c.slow for c in result.cells] == [False, False, True, False, False, False]
    assert [bool(c.error) for c in result.cells] == [False] * 4 + [True, False]
    assert "NameError" in result.cells[4].error and not result.passed
    assert result.warm - result.cold > 60 * demo.MEGABYTE  # what the cell keeps
    text = "\n".join(result.lines())
    assert "SLOW" in text and "FAILS" in text and "MB at the end" in text


def test_it_knows_what_to_load_before_class():
    sources = [
        'x = load("iris").inputs',
        'load("digits"); load("iris")',
        "torch.load('a'); load(n)",
    ]
    assert demo.data_sets([v4.new_code_cell(s) for s in sources]) == ["iris", "digits"]


@pytest.mark.parametrize(
    ("cell", "passed"),
    [
        (Timed(1, "a", True, 1.9), True),
        (Timed(1, "a", True, 2.1), False),
        (Timed(1, "a", False, 9.9), True),
        (Timed(1, "a", False, 11.0), True),  # said, but no reason to fail
        (Timed(1, "a", False, 0.1, "ValueError: x"), False),
    ],
)
def test_only_slow_slides_and_failures_fail(cell, passed):
    result = Rehearsal([cell])
    assert result.passed is passed
    assert ("a" in "".join(result.lines()[:-2])) is (cell.slow or bool(cell.error))


def test_a_name_that_nearly_exists_is_answered_with_the_right_one(capsys):
    assert demo.main(["perzeptron"]) == 2
    assert "perceptron" in capsys.readouterr().err
    assert demo.main([]) == 2
    assert "CHAPTER=perceptron" in capsys.readouterr().err
