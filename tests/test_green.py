"""Green means something: faults planted into a copy of a small notebook each turn red.

The copy lies in a course of its own with the suite's conftest.py and pytest settings, so that what
is tried here is what `make test` runs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import contract
import miniature
import nbformat
import pytest

from course_lib.checks import Check, CheckResult, Misconception

CODE = {
    "start": "total = sum([1, 2, 3])",
    "compared": "# nbval-check-output\ntotal",
    "proved": "assert total == 6",
    "end": "total + 1",
}


def notebook(**changed: str) -> Any:
    """Four cells that run, with the outputs that they give."""
    cells = []
    for name, source in {**CODE, **changed}.items():
        cell = nbformat.v4.new_code_cell(source, id=name, execution_count=len(cells) + 1)
        cells.append(cell)
    cells[1]["metadata"]["tags"] = ["nbval-check-output"]
    cells[1]["outputs"] = [
        nbformat.v4.new_output("execute_result", {"text/plain": "6"}, execution_count=2)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def wrong_number() -> Any:
    book = notebook()
    book["cells"][1]["outputs"][0]["data"]["text/plain"] = "7"
    return book


PLANTS: dict[str, tuple[Any, list[str]]] = {
    "clean": (notebook(), ["passed", "passed", "passed", "passed"]),
    "failing_cell": (notebook(end="1 / 0"), ["passed", "passed", "passed", "failed"]),
    "failing_assertion": (
        notebook(proved="assert total == 7"),
        ["passed", "passed", "failed", "passed"],
    ),
    "wrong_compared_number": (wrong_number(), ["passed", "failed", "passed", "passed"]),
    "killed_kernel": (
        notebook(proved="import os\nos._exit(0)"),
        ["passed", "passed", "failed", "failed"],
    ),
}


def run(folder: Path, books: dict[str, Any], *arguments: str) -> subprocess.CompletedProcess[str]:
    """The suite's conftest and settings on a course that holds these notebooks."""
    for name, book in books.items():
        miniature.write(book, folder / "notebooks" / f"{name}.ipynb")
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(contract.ROOT / name, folder / name)
    command = [sys.executable, "-m", "pytest", "-p", "nbval.plugin", "-p", "no:cacheprovider", "-q"]
    environment = {key: value for key, value in os.environ.items() if "PYTEST" not in key}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # a second less per run
    return subprocess.run(
        [*command, "--nbval-lax", "--nbval-cell-timeout=6", *arguments, "notebooks"],
        cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8",
        timeout=120, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What became of each cell of each planted notebook, in one run of pytest."""
    folder = tmp_path_factory.mktemp("planted")
    books = {name: book for name, (book, _) in PLANTS.items()}
    done = run(folder, books, "--junit-xml=report.xml")
    assert done.returncode == 1, done.stdout
    found: dict[str, list[str]] = {name: [] for name in PLANTS}
    for case in ElementTree.parse(folder / "report.xml").iter("testcase"):
        name = case.attrib["classname"].split(".")[1]
        red = case.find("failure") is not None or case.find("error") is not None
        found[name].append("failed" if red else "passed" if len(case) == 0 else case[0].tag)
    return found


@pytest.mark.parametrize("name", PLANTS)
def test_planted_cells_are_red_and_only_those(name: str, planted: dict[str, list[str]]) -> None:
    assert planted[name] == PLANTS[name][1]


def test_a_clean_notebook_is_green(tmp_path: Path) -> None:
    done = run(tmp_path, {"clean": notebook()})
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout and "1 of the 1 on disk were run" in done.stdout


def test_a_notebook_that_nobody_ran_is_red(tmp_path: Path) -> None:
    done = run(tmp_path, {"clean": notebook(), "left": notebook()}, "--ignore-glob=*left*")
    assert done.returncode == 1, done.stdout
    assert "left.ipynb lies on disk, and not one of its cells was run" in done.stdout


# --- the code exercises: the same function that test_checks.py calls ----------------------------


def plus(a: float, b: float) -> float:
    return a + b


SOUND = Check(
    "mini.plus",
    "plus(a, b)",
    plus,
    [(1.0, 3.0), (5.0, 2.0)],
    [
        Misconception("minus", lambda a, b: a - b, "You subtract."),
        Misconception("times", lambda a, b: a * b, "You multiply."),
        Misconception("first", lambda a, b: a, "You forget the second number."),
    ],
)


class Generous(Check):
    """A check that lets everything pass."""

    def judge(self, function: Any, seconds: float = 1.0) -> CheckResult:
        return CheckResult(self.name, "passed", "well done")


def chapter(**changed: str) -> contract.Book:
    """A chapter with the one exercise `plus`; importable without a library."""
    book = miniature.chapter()
    imports = miniature.find(book, "from mini import")
    imports["source"] = "check = lambda name, function: None"
    for old, new in changed.items():
        cell = miniature.find(book, f"def {old}(")
        cell["source"] = new
    return contract.Book(Path("mini.ipynb"), book)


def faults(book: contract.Book, check: Check) -> list[str]:
    exercise = next(e for e in contract.exercises(book) if e.name == "mini.plus")
    return contract.exercise_faults(book, exercise, check)


def test_a_sound_exercise_has_no_fault() -> None:
    assert faults(chapter(), SOUND) == []


def test_a_check_that_passes_the_untouched_starter_is_red() -> None:
    generous = Generous(SOUND.name, SOUND.call, plus, SOUND.cases, SOUND.misconceptions)
    found = faults(chapter(), generous)
    assert any("untouched starter is judged 'passed'" in fault for fault in found)
    assert any("None is judged 'passed'" in fault for fault in found)
    assert any("'minus' is judged 'passed'" in fault for fault in found)


@pytest.mark.parametrize(
    "solution", ["return a - b", "return ...", "raise ValueError('no')", "return None"]
)
def test_a_solution_that_no_longer_passes_is_red(solution: str) -> None:
    book = chapter(plus_solution=f"def plus_solution(a, b):\n    {solution}")
    assert any("the solution is judged" in fault for fault in faults(book, SOUND))


def test_a_starter_that_gives_the_answer_away_is_red() -> None:
    found = faults(chapter(plus="def plus(a, b):\n    return a + b"), SOUND)
    assert any("starter is judged 'passed'" in fault for fault in found)


def test_two_misconceptions_with_one_message_are_red() -> None:
    same = [Misconception(str(n), slip.function, "Wrong.") for n, slip
            in enumerate(SOUND.misconceptions)]  # fmt: skip
    check = Check("mini.plus", SOUND.call, plus, SOUND.cases, same)
    check_blunt = Blunt(check.name, check.call, plus, check.cases, same)
    assert any("same message" in fault for fault in faults(chapter(), check_blunt))
    assert not any("same message" in fault for fault in faults(chapter(), SOUND))


class Blunt(Check):
    """A check that says the same to every wrong answer."""

    def judge(self, function: Any, seconds: float = 1.0) -> CheckResult:
        result = super().judge(function)
        return CheckResult(
            self.name, result.status, "Wrong." if result.status == "failed" else result.message
        )


@pytest.mark.parametrize("book", [b for b in map(contract.Book, contract.books()) if b.is_chapter],
                         ids=lambda book: book.path.stem)  # fmt: skip
def test_a_spoilt_solution_of_a_real_chapter_is_red(book: contract.Book) -> None:
    from course_lib.checks import registry

    exercise = contract.exercises(book)[0]
    cell = exercise.solution
    spoilt = contract.Cell(cell.number, nbformat.from_dict({**cell.node}))
    name = f"{exercise.function}_solution"
    spoilt.node["source"] += f"\n\ndef {name}(*arguments):\n    return 12345.0\n"
    broken = contract.Exercise(
        exercise.name, exercise.function, exercise.starter, exercise.check, spoilt
    )
    assert contract.exercise_faults(book, exercise, registry()[exercise.name]) == []
    assert contract.exercise_faults(book, broken, registry()[exercise.name])
