"""Every code exercise of every chapter, in three directions: the solution passes, the untouched
starter is "not attempted", wrong answers fail, each with a message of its own.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import contract
import pytest

from course_lib.checks import Check, CheckResult, Misconception, registry

BOOKS = [contract.Book(path) for path in contract.books()]
CHAPTERS = [book for book in BOOKS if book.is_chapter]
EXERCISES = [(book, exercise) for book in CHAPTERS for exercise in contract.exercises(book)]


@pytest.mark.parametrize(
    ("book", "exercise"), EXERCISES, ids=[exercise.name for _, exercise in EXERCISES]
)
def test_exercise_in_three_directions(book: contract.Book, exercise: contract.Exercise) -> None:
    checks = registry()
    assert exercise.name in checks, f"course_lib.checks has no {exercise.name}"
    found = contract.exercise_faults(book, exercise, checks[exercise.name])
    assert not found, "\n".join(found)


@pytest.mark.skipif(not CHAPTERS, reason="no chapter yet")
def test_every_check_belongs_to_an_exercise() -> None:
    topics = {exercise.name.split(".")[0] for _, exercise in EXERCISES}
    mine = {name for name in registry() if name.split(".")[0] in topics}
    assert mine == {exercise.name for _, exercise in EXERCISES}


# --- a check by itself fails closed -------------------------------------------------------------

DOUBLE = Check(
    "mini.double",
    "double(x)",
    lambda x: 2 * x,
    [(1.0,), (3.0,)],
    [Misconception("squares", lambda x: x * x, "That is the square.")],
)


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (lambda x: x + x, "passed", "2 cases"),
        (lambda x: ..., "not attempted", "Replace"),
        (..., "not attempted", "Replace"),
        (lambda x: x * x, "failed", "the square"),
        (lambda x: None, "failed", "None"),
        (lambda x: [2 * x], "failed", ""),
        (lambda x: float("nan"), "failed", "nan"),
        (lambda x: 1 / 0, "failed", "ZeroDivisionError"),
        (lambda x: sys.exit(0), "failed", "SystemExit"),
        (lambda: 2, "failed", "TypeError"),
        (7, "failed", "expected the function"),
    ],
)
def test_a_judgement_and_its_words(answer: object, status: str, words: str) -> None:
    result = DOUBLE.judge(answer)
    assert result.status == status
    assert words in result.message and isinstance(result, CheckResult)
    assert result.passed == (status == "passed")


def test_an_endless_answer_is_not_graded() -> None:
    def endless(x: float) -> float:
        while True:
            x += 1

    assert DOUBLE.judge(endless, seconds=0.2).status == "not graded"


def test_a_broken_check_is_not_graded() -> None:
    broken = Check("mini.broken", "broken(x)", lambda x: 1 / 0, [(1.0,)])
    assert broken.judge(lambda x: x).status == "not graded"


def test_an_unknown_name_gets_the_close_ones() -> None:
    from course_lib.checks import check

    known = next(iter(registry()))
    with pytest.raises(KeyError, match=re.escape(known)):
        check(known + "s", lambda: None)


# --- every section after the import cell alone --------------------------------------------------

SECTIONS = [(book, section) for book in CHAPTERS for section in book.sections if section.code]


@pytest.mark.full
@pytest.mark.parametrize(
    ("book", "section"),
    SECTIONS,
    ids=[f"{book.path.stem}-{section.title}" for book, section in SECTIONS],
)
def test_a_section_runs_after_the_import_cell_alone(
    book: contract.Book, section: contract.Section, tmp_path: Path
) -> None:
    cells = book.tagged("imports") + [c for c in section.code if "imports" not in c.tags]
    script = tmp_path / "section.py"
    script.write_text(
        "from IPython.display import display\n" + "\n\n".join(cell.source for cell in cells),
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, script],
        cwd=book.path.parent,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


# --- pictures follow from their state alone -----------------------------------------------------


LONG = {"boltzmann", "comparing_classifiers", "optimisers", "sequence_to_sequence", "transformers"}


@pytest.mark.parametrize(
    "book",
    [pytest.param(b, marks=[pytest.mark.full] * (b.path.stem in LONG)) for b in CHAPTERS],
    ids=[book.path.stem for book in CHAPTERS],
)
def test_a_player_shows_a_state_the_same_however_it_was_reached(
    book: contract.Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Go to the end and back: every state looks as it did the first time."""
    import numpy as np

    from course_lib.plotting import players

    made: list[players.Player] = []
    original = players.Player.__init__

    def watched(self: players.Player, *arguments: object, **named: object) -> None:
        original(self, *arguments, **named)
        made.append(self)

    monkeypatch.setattr(players.Player, "__init__", watched)
    for section in book.sections:
        last = max((n for n, c in enumerate(section.code) if "player" in c.tags), default=-1)
        if last < 0:
            continue
        cells = [c for c in section.code[: last + 1] if "imports" not in c.tags]
        space: dict[str, object] = {"__name__": "section", "display": lambda *shown: None}
        for cell in [*book.tagged("imports"), *cells]:
            exec(compile(cell.source, cell.name, "exec"), space)  # noqa: S102 (our own cells)
    assert len(made) >= len(book.tagged("player"))
    for player in made:
        count = len(player)
        stops = sorted({0, 1, count // 2, count - 1} & set(range(count)))
        there = {n: player.go(n)._live.pixels().astype(int) for n in stops}
        for n in reversed(stops):
            again = player.go(n)._live.pixels().astype(int)
            different = (np.abs(again - there[n]).max(axis=2) > 40).mean()
            assert different < 0.002, f"{player.name}: step {n + 1} looks different on the way back"
        player.close()
