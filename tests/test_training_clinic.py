"""Sick runs and their cures, and scripts that a notebook writes, starts and kills."""

from __future__ import annotations

import sys

import pytest
import torch

from course_lib.training import clinic
from course_lib.training.scripts import killed_after, written


def test_every_patient_has_a_cure_that_helps() -> None:
    assert set(clinic.CURES) == set(clinic.PATIENTS)
    assert set(clinic.CURES.values()) == set(clinic.TREATMENTS)
    for name in "BDFG":
        ill = clinic.treat(name, epochs=5)["validation loss"][-1]
        assert clinic.treat(name, clinic.CURES[name], epochs=5)["validation loss"][-1] < ill


def test_all_with_all_is_the_slip_it_says() -> None:
    outputs, targets = torch.tensor([[1.0, 9.0], [3.0, 9.0]]), torch.tensor([0, 2])
    pairs = [(o - t) ** 2 for o in (1.0, 3.0) for t in (0, 2)]
    assert clinic.all_with_all(outputs, targets).item() == pytest.approx(sum(pairs) / 4)


def test_names_are_checked_and_charts_have_numbers() -> None:
    with pytest.raises(KeyError, match="shuffle"):
        clinic.treat("A", "shuffel")
    with pytest.raises(KeyError, match="patient"):
        clinic.treat("Z")
    words = clinic.chart(clinic.treat("H", epochs=2))
    assert "loss" in words and "held out" in words


def say() -> None:
    import time

    for k in range(100):
        print("line", k, flush=True)
        time.sleep(0.02)


def test_a_written_function_runs_and_is_killed() -> None:
    with written(say, "say()") as script:
        assert killed_after(script, lines=3) == ["line 0", "line 1", "line 2"]
    assert not script.exists()


def test_what_ends_by_itself_is_told_from_what_was_killed() -> None:
    with written("print('one', flush=True)\nraise SystemExit('gone')") as script:
        with pytest.raises(RuntimeError, match=r"1 of 2 lines:\ngone"):
            killed_after(script, lines=2)
        with pytest.raises(FileNotFoundError, match="write one first"):
            killed_after(script.with_name("other.py"))
    with pytest.raises(TypeError):
        with written(sys.exit):
            pass
