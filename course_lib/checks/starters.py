"""Start an exercise again: its first lines come back in a new cell, what you wrote stays."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from course_lib.names import unknown


@cache
def starters() -> dict[str, str]:
    """The cell that each exercise starts from, by the name of its check (tools/student.py)."""
    file = Path(__file__).parent / "cells" / "starters.json"
    return json.loads(file.read_text(encoding="utf-8"))


def starter(name: str) -> str:
    """The untouched cell of an exercise. Raises KeyError with the close names."""
    if name not in starters():
        raise KeyError(unknown("exercise", name, starters()))
    return starters()[name]


def reset(name: str) -> None:
    """Put the exercise's starter into a new cell below; your own cell stays as it is.

    Outside a notebook the starter is printed. Raises KeyError with the close names.
    """
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        print(starter(name))
    else:
        shell.set_next_input(starter(name), replace=False)


__all__ = ["reset", "starter", "starters"]
