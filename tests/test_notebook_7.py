"""A chapter in Notebook 7: it runs, its players step, its controls move.

A file of its own: one process holds one browser at a time.
"""

from __future__ import annotations

from pathlib import Path

import contract
import pytest
from browser import Lab
from test_browser import move_all, step_through


@pytest.mark.parametrize(
    "name", ["start_here", pytest.param("2_networks/perceptron", marks=pytest.mark.full)]
)
def test_a_chapter_runs_and_moves_in_notebook_7(name: str, chromium: Path, tmp_path: Path) -> None:
    book = contract.Book(contract.NOTEBOOKS / f"{name}.ipynb")
    with Lab(chromium, tmp_path, "notebook") as lab:
        page = lab.open(book.path)
        page.run_all()
        assert page.errors() == []
        for box in page.await_boxes("explorer", max(1, len(book.tagged("explorer")))):
            move_all(box)
        for box in page.await_boxes("player", len(book.tagged("player"))):
            step_through(box)
        assert page.outside == []
        page.shoot("notebook-7")
        page.close()
