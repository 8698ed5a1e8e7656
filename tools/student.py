"""Write the students' notebooks: the course without solutions and outputs.

`make student` fills build/student. `python tools/student.py --branch student` also puts them on
that branch as a new commit, without touching the checkout: the branch that a class pulls from
(nbgitpuller, docs/instructors.md). Cell ids stay as they are and outputs are left out, so a
correction of the course meets the same lines in a student's copy and arrives. The branch only
grows: a copy that was pulled once can always be pulled again.

    python tools/student.py                     write build/student
    python tools/student.py --branch student    the same, and a commit on that branch
    python tools/student.py --starters          write course_lib/checks/cells/starters.json
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import lab  # noqa: E402  (its copies spare what a reader wrote)

NOTEBOOKS = ROOT / "notebooks"
STARTERS = ROOT / "course_lib" / "checks" / "cells" / "starters.json"
KEPT = ("slideshow", "tags", "name")  # of a cell's metadata; the rest says where it ran


def tags(cell: dict[str, Any]) -> list[str]:
    return cell["metadata"].get("tags", [])


def student_copy(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook without solution cells, outputs, counts and digest; cell ids are kept."""
    cells = []
    for cell in notebook["cells"]:
        if "solution" in tags(cell):
            continue
        metadata = {key: value for key, value in cell["metadata"].items() if key in KEPT}
        cell = cell | {"metadata": metadata}
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
        cells.append(cell)
    course = {k: v for k, v in notebook["metadata"].get("course", {}).items() if k != "digest"}
    return notebook | {"cells": cells, "metadata": notebook["metadata"] | {"course": course}}


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def write_copies(folder: Path) -> list[Path]:
    """Write every notebook's student copy under an empty folder, in the order of their names."""
    written = []
    for source in sorted(NOTEBOOKS.rglob("*.ipynb")):
        if any(part.startswith(".") for part in source.relative_to(NOTEBOOKS).parts):
            continue
        text = json.dumps(student_copy(read(source)), indent=1, ensure_ascii=False) + "\n"
        target = folder / source.relative_to(NOTEBOOKS)
        lab.write(target, text.encode("utf-8"))
        written.append(target)
    return written


def git(*arguments: str, index: Path | None = None, folder: Path | None = None) -> str:
    """What git says. Raises RuntimeError with git's own words if it refuses."""
    variables = dict(os.environ)
    if index is not None:
        variables["GIT_INDEX_FILE"] = str(index)
    done = subprocess.run(
        ["git", *([f"--work-tree={folder}"] if folder else []), *arguments],
        cwd=ROOT, env=variables, capture_output=True, text=True, encoding="utf-8",
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"git {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout.strip()


def commit(folder: Path, branch: str) -> str | None:
    """Commit the folder's content on top of `branch`; return the commit, or None if it is the same.

    The checkout, its index and its branch are not touched, and the branch is never forced.
    """
    if git("rev-parse", "--abbrev-ref", "HEAD") == branch:
        raise RuntimeError(f"{branch} is checked out here: give the students a branch of their own")
    with tempfile.TemporaryDirectory() as place:
        index = Path(place) / "index"
        git("add", "--all", "--force", ".", index=index, folder=folder)
        tree = git("write-tree", index=index)
    exists = bool(git("branch", "--list", branch))
    if exists and git("rev-parse", f"{branch}^{{tree}}") == tree:
        return None
    parent = [git("rev-parse", branch)] if exists else []
    version = git("rev-parse", "--short", "HEAD")
    parents = [word for sha in parent for word in ("-p", sha)]
    made = git("commit-tree", tree, *parents, "-m", f"Students' notebooks of {version}")
    git("update-ref", f"refs/heads/{branch}", made, *(parent or ["0" * 40]))
    return made


def starters() -> dict[str, str]:
    """For each check of the course, the cell that its exercise starts from."""
    found = {}
    for path in sorted(NOTEBOOKS.rglob("*.ipynb")):
        starter = ""
        for cell in read(path)["cells"]:
            source = "".join(cell["source"])
            if "exercise" in tags(cell):
                starter = source
            elif "check" in tags(cell) and starter:
                found[source.split('check("', 1)[1].split('"', 1)[0]] = starter
                starter = ""
    return found


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write the students' notebooks.")
    parser.add_argument("--to", type=Path, default=ROOT / "build" / "student", metavar="FOLDER")
    parser.add_argument("--branch", help="also commit them on this branch")
    parser.add_argument("--starters", action="store_true", help="write the exercises' starters")
    options = parser.parse_args(arguments)
    if options.starters:
        text = json.dumps(starters(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        lab.write(STARTERS, text.encode("utf-8"))
        print(f"{STARTERS.relative_to(ROOT)}: {len(starters())} starters")
        return 0
    with tempfile.TemporaryDirectory() as place:
        count = len(write_copies(Path(place)))
        for line in lab.copy_course(Path(place), options.to, datetime.date.today()):
            print(line)
        print(f"{count} notebooks without solutions and outputs in {options.to}")
        if options.branch:
            made = commit(Path(place), options.branch)
            print(f"{options.branch}: " + (f"commit {made[:10]}" if made else "nothing new"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
