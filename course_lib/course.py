"""The course about itself: which chapters there are, what they cover, and whether this machine can
run them. `start_here` shows all three.
"""

from __future__ import annotations

import csv
import json
import platform
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from course_lib.trace import Table

PARTS = (
    "Start",
    "Foundations",
    "Neural networks",
    "Vision",
    "Sequences",
    "Energy and generation",
    "Beyond",
    "Exam",
)


def notebook_folder() -> Path:
    """The folder of the notebooks: the reader's copy if we run in one, else the checkout's.

    Raises FileNotFoundError where neither is near.
    """
    here = Path.cwd().resolve()
    checkout = Path(__file__).resolve().parent.parent / "notebooks"
    for folder in (here, *here.parents, checkout):
        if (folder / "coverage.csv").is_file():
            return folder
    raise FileNotFoundError(
        "no notebooks here or beside the library; run `make lab` in the course folder"
    )


def chapters() -> Table:
    """Every chapter there is: its part, a link, minutes and memory."""
    folder, rows = notebook_folder(), []
    for path in sorted(folder.rglob("*.ipynb")):
        if ".ipynb_checkpoints" in path.parts or "(new version" in path.name:
            continue
        about = json.loads(path.read_text(encoding="utf-8"))["metadata"].get("course", {})
        if about.get("kind") == "chapter":
            link = f"[{about['title']}]({path.relative_to(folder).as_posix()})"
            order = (about["part"], about.get("order", 99), path.name)
            part = f"{about['part']} {PARTS[about['part']]}"
            rows.append((order, (part, link, about["minutes"], about["memory_mb"])))
    return Table(["part", "chapter", "minutes", "memory (MB)"], [row for _, row in sorted(rows)])


def lecture_map() -> Table:
    """For each lecture: how many of its systems run in which notebook, and how many are still to
    come.
    """
    with (notebook_folder() / "coverage.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "core"]
    table = []
    for lecture in dict.fromkeys(row["lecture"] for row in rows):
        mine = [row for row in rows if row["lecture"] == lecture]
        counts = Counter(Path(row["notebook"]).stem for row in mine if row["notebook"])
        shown = ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in sorted(counts.items()))
        table.append((lecture, len(mine), sum(counts.values()), shown or "-"))
    return Table(["lecture", "systems", "shown so far", "where"], table)


def self_check() -> Table:
    """Try what the chapters need and say, line by line, whether it works and what to do if not."""

    def python() -> str:
        if sys.prefix == sys.base_prefix:
            return f"{platform.python_version()}, not in an environment of its own"
        return platform.python_version()

    def tensors() -> str:
        import torch

        from course_lib.device import device

        where = device()
        product = torch.ones(200, 300, device=where) @ torch.ones(300, 100, device=where)
        if product.sum().item() != 200 * 300 * 100:
            raise RuntimeError("a matrix product came out wrong")
        return f"torch {torch.__version__.split('+')[0]} on {where.type}"

    def pictures() -> str:
        from course_lib.plotting import new_axes
        from course_lib.plotting.picture import pixels_of

        axes = new_axes(2, 2)
        axes.plot([0, 1], [0, 1])
        return f"a figure of {pixels_of(axes.figure, 80).shape[1]} pixels"

    def data() -> str:
        from course_lib.datasets import load

        return f"{len(load('digits'))} digits, no download"

    def exercises() -> str:
        from course_lib import exam

        return f"{len(exam.all_types())} kinds of exercise"

    tries: dict[str, Callable[[], str]] = {
        "Python": python,
        "tensors": tensors,
        "pictures": pictures,
        "data": data,
        "exam": exercises,
    }
    rows = []
    for name, attempt in tries.items():
        try:
            rows.append((name, "works", attempt()))
        except Exception as error:  # noqa: BLE001  the point is to report whatever is wrong
            rows.append((name, "FAILS", f"{type(error).__name__}: {error}"))
    return Table(["what", "verdict", "detail"], rows)
