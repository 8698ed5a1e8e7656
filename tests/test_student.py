"""Students' copies: no solution in them, pulled updates lose nothing, the same marks anyhow."""

from __future__ import annotations

import ast
import copy
import datetime
import io
import json
import random
import re
import shutil
import subprocess
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import contract
import pytest
from IPython.core.interactiveshell import InteractiveShell

from course_lib.checks import starters as starters_module
from tools import lab, student

ROOT = Path(__file__).resolve().parent.parent
BOOKS = contract.books()
TODAY = datetime.date(2026, 11, 21)


# --- no solution gets through ------------------------------------------------------------------


def bodies(source: str) -> set[str]:
    """Each function's statements, docstring and name aside, as their syntax."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return set()
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add("\n".join(ast.dump(statement) for statement in node.body))
    return found


def leaks(original: dict[str, Any], copied: dict[str, Any]) -> list[str]:
    """Solutions of the original that the copy still tells, in source, output or metadata."""
    solutions = [
        "".join(cell["source"]) for cell in original["cells"] if "solution" in student.tags(cell)
    ]
    names = {name for source in solutions for name in re.findall(r"(\w+_solution)\b", source)}
    hidden = set().union(*map(bodies, solutions)) - {""}
    text = json.dumps(copied)
    found = sorted(name for name in names if re.search(rf"\b{name}\b", text))
    for cell in copied["cells"]:
        source = "".join(cell["source"])
        shown = bodies(source)
        for block in re.findall(r"```(?:python)?\n(.*?)```", source, re.DOTALL):
            shown |= bodies(block)
        if "solution" in student.tags(cell) or shown & hidden:
            found.append(cell["id"])
        if cell.get("outputs") or cell.get("attachments"):
            found.append(f"{cell['id']}: outputs or attachments")
    return found


@pytest.mark.parametrize("path", BOOKS, ids=lambda p: p.stem)
def test_a_students_copy_holds_no_solution_and_keeps_the_ids(path: Path) -> None:
    original = student.read(path)
    copied = student.student_copy(original)
    assert leaks(original, copied) == []
    kept = [c["id"] for c in original["cells"] if "solution" not in student.tags(c)]
    assert [c["id"] for c in copied["cells"]] == kept
    assert all(
        a["source"] == b["source"]
        for a in copied["cells"]
        for b in original["cells"]
        if a["id"] == b["id"]
    )


def test_a_planted_solution_is_found() -> None:
    original = student.read(ROOT / "notebooks/2_networks/perceptron.ipynb")
    solution = next(c for c in original["cells"] if "solution" in student.tags(c))
    source = "".join(solution["source"])
    for place in ("cell", "renamed", "fence", "metadata", "output", "attachment"):
        copied = copy.deepcopy(student.student_copy(original))
        cell = next(c for c in copied["cells"] if c["cell_type"] == "code")
        if place == "cell":
            cell["source"] = [source]
        elif place == "renamed":
            cell["source"] = [source.replace("_solution", "_mine")]
        elif place == "fence":
            cell["source"] = [f"```python\n{source.replace('_solution', '')}\n```"]
        elif place == "metadata":
            cell["metadata"]["answer"] = source
        elif place == "output":
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": [source]}]
        else:
            cell["attachments"] = {"a.txt": {"text/plain": "eA=="}}
        assert leaks(original, copied), place


# --- the branch and its pull -------------------------------------------------------------------


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def teacher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of the course with two chapters, where `tools.student` works."""
    home = tmp_path / "teacher"
    for name in ("start_here.ipynb", "2_networks/perceptron.ipynb"):
        target = home / "notebooks" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "notebooks" / name, target)
    git(tmp_path, "init", "-q", "-b", "main", str(home))
    git(home, "add", ".")
    git(home, "commit", "-q", "-m", "course")
    for name in ("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"):
        monkeypatch.setenv(name, "t")
    for name in ("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"):
        monkeypatch.setenv(name, "t@example.org")
    monkeypatch.setattr(student, "ROOT", home)
    monkeypatch.setattr(student, "NOTEBOOKS", home / "notebooks")
    return home


def publish(home: Path) -> None:
    with redirect_stdout(io.StringIO()):
        student.main(["--to", str(home / "build"), "--branch", "student"])


def edit(path: Path, change: Any) -> None:
    notebook = student.read(path)
    change(notebook)
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def with_tag(notebook: dict[str, Any], tag: str) -> dict[str, Any]:
    return next(cell for cell in notebook["cells"] if tag in student.tags(cell))


def test_the_branch_grows_and_leaves_the_checkout_alone(teacher: Path) -> None:
    before = git(teacher, "rev-parse", "HEAD"), git(teacher, "status", "--porcelain")
    publish(teacher)
    first = git(teacher, "rev-parse", "student")
    publish(teacher)
    assert git(teacher, "rev-parse", "student") == first  # nothing new, no commit
    edit(
        teacher / "notebooks/start_here.ipynb",
        lambda notebook: notebook["cells"][0]["source"].append("\nNew.")
    )  # fmt: skip
    publish(teacher)
    assert git(teacher, "rev-parse", "student^") == first
    assert git(teacher, "rev-parse", "HEAD") == before[0]
    listed = git(teacher, "ls-tree", "-r", "--name-only", "student").splitlines()
    assert listed == ["2_networks/perceptron.ipynb", "start_here.ipynb"]
    git(teacher, "symbolic-ref", "HEAD", "refs/heads/student")
    with pytest.raises(RuntimeError, match="checked out"):
        student.commit(teacher / "build", "student")


def test_a_student_pulls_over_edited_work_and_loses_nothing(teacher: Path, tmp_path: Path) -> None:
    from nbgitpuller.pull import GitPuller

    def pull() -> None:
        for _ in GitPuller(teacher.as_uri(), str(mine), branch="student").pull():
            pass

    mine = tmp_path / "student"
    publish(teacher)
    pull()
    chapter = mine / "2_networks/perceptron.ipynb"

    def work(notebook: dict[str, Any]) -> None:
        with_tag(notebook, "exercise")["source"] = ["def fire(inputs, weights, bias):\n", "    1"]
        for cell in notebook["cells"]:  # and everything was run
            if cell["cell_type"] == "code":
                text = {"output_type": "stream", "name": "stdout", "text": ["3\n"]}
                cell |= {"outputs": [text], "execution_count": 3}

    edit(chapter, work)
    notes = mine / "my notes.txt"
    notes.write_text("remember", encoding="utf-8")

    def correct(notebook: dict[str, Any]) -> None:
        notebook["cells"][0]["source"].append("\n\nA correction.")

    edit(teacher / "notebooks/2_networks/perceptron.ipynb", correct)
    edit(
        teacher / "notebooks/2_networks/perceptron.ipynb",
        lambda notebook: with_tag(notebook, "exercise")["source"].append("  # also changed"),
    )
    publish(teacher)
    pull()
    pulled = student.read(chapter)
    assert "".join(pulled["cells"][0]["source"]).endswith("A correction.")  # the fix arrived
    exercise = "".join(with_tag(pulled, "exercise")["source"])
    assert exercise == "def fire(inputs, weights, bias):\n    1"  # the student's version wins
    assert notes.read_text(encoding="utf-8") == "remember"

    chapter.unlink()  # the gesture "start over": a deleted notebook comes back fresh
    pull()
    assert "also changed" in "".join(with_tag(student.read(chapter), "exercise")["source"])


@pytest.mark.parametrize("seed", range(8))
def test_no_command_of_the_course_destroys_an_edited_notebook(
    teacher: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`make lab`'s copies and `make student`, in any order, over notebooks edited at random."""
    rng = random.Random(seed)
    work, build = teacher / "work", teacher / "build"
    typed: set[bytes] = set()

    def type_something() -> None:
        for folder in (work, build):
            for path in folder.rglob("*.ipynb"):
                if ".course" not in path.parts and rng.random() < 0.5:
                    word = f"# mine {rng.random()}"

                    def change(notebook: dict[str, Any], word: str = word) -> None:
                        rng.choice(notebook["cells"])["source"] = [word]

                    edit(path, change)
                    typed.add(path.read_bytes())

    def course_moves_on() -> None:
        for path in (teacher / "notebooks").rglob("*.ipynb"):
            if rng.random() < 0.5:
                edit(path, lambda n: n["cells"][0]["source"].append(f"\n{rng.random()}"))

    def run_lab() -> None:
        lab.copy_course(teacher / "notebooks", work, TODAY)

    for _ in range(12):
        before = [p.read_bytes() for f in (work, build) for p in f.rglob("*") if p.is_file()]
        step = rng.choice([type_something, course_moves_on, run_lab, lambda: publish(teacher)])
        owed = typed & set(before)
        step()
        if step is not type_something:
            after = {p.read_bytes() for f in (work, build) for p in f.rglob("*") if p.is_file()}
            assert owed <= after, "what somebody typed is nowhere any more"


# --- the same marks however the cells lie ------------------------------------------------------


def statuses(cells: list[str]) -> list[str]:
    """Run cells in a fresh shell; what each `check(...)` came to."""
    shell = InteractiveShell()
    found = []
    for source in cells:
        with redirect_stdout(io.StringIO()):
            result = shell.run_cell(source, store_history=False)
        result.raise_error()
        if hasattr(result.result, "status"):
            found.append(result.result.status)
    return found


def test_cells_copied_split_moved_and_retyped_get_the_same_marks() -> None:
    imports = "import numpy as np\nfrom course_lib.checks import check"
    right = "def fire(inputs, weights, bias):\n    return (inputs @ weights + bias > 0).astype(int)"
    wrong = "def distance(inputs, weights, bias):\n    return inputs @ weights + bias"
    untouched = "def update(weights, bias, x, target, learning_rate):\n    return ..."
    checks = [f'check("perceptron.{name}", {name})' for name in ("fire", "distance", "update")]
    expected = ["passed", "failed", "not attempted"]
    assert statuses([imports, right, wrong, untouched, *checks]) == expected
    retyped = right.replace("    return (", "    z = (").replace(" > 0).astype(int)", ")")
    retyped += "\n    return np.where(z > 0, 1, 0)"
    split = [*imports.splitlines(), "answer = None", retyped, retyped, wrong, untouched]
    assert statuses([*split, *checks]) == expected
    moved = [imports, untouched, wrong, checks[2], checks[1], right, checks[0], right]
    assert statuses(moved) == ["not attempted", "failed", "passed"]


# --- an exercise started again -----------------------------------------------------------------


def test_the_starters_are_those_of_the_notebooks() -> None:
    assert starters_module.starters() == student.starters(), "run tools/student.py --starters"


def test_reset_offers_the_starter_in_a_new_cell(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    starters_module.reset("perceptron.fire")
    assert capsys.readouterr().out.startswith("def fire(inputs, weights, bias):")
    offered = []

    class Shell:
        kernel = True

        def set_next_input(self, text: str, replace: bool) -> None:
            offered.append((text, replace))

    monkeypatch.setattr("IPython.core.getipython.get_ipython", lambda: Shell())
    starters_module.reset("perceptron.fire")
    assert offered == [(starters_module.starter("perceptron.fire"), False)]
    with pytest.raises(KeyError, match="Did you mean 'perceptron.fire'"):
        starters_module.reset("perceptron.fir")
