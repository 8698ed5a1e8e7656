"""Chapters in a real browser: run all, step every player, move every control, answer an exercise.

`make test` does this for the chapters of `FIRST`, `make test-full` for all. Screenshots are kept
under build/screenshots.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import contract
import pytest
from browser import Box, Lab, Page

from course_lib.exam import Exercise, new
from course_lib.exam.exercise import of_topic
from course_lib.exam.marking import WORDS

FIRST = ("perceptron",)
CHAPTERS = [book for book in map(contract.Book, contract.books()) if book.is_chapter]
PARAMETERS = [
    pytest.param(
        book,
        id=book.path.stem,
        marks=() if book.path.stem in FIRST else pytest.mark.full,
    )
    for book in CHAPTERS
]


@pytest.fixture(scope="module")
def lab(chromium: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with Lab(chromium, tmp_path_factory.mktemp("lab")) as started:
        yield started


@pytest.fixture(scope="module", params=PARAMETERS)
def book(request: pytest.FixtureRequest) -> contract.Book:
    return request.param


@pytest.fixture(scope="module")
def page(lab: Lab, book: contract.Book) -> Iterator[Page]:
    """The chapter, opened and run from top to bottom."""
    opened = lab.open(book.path)
    opened.run_all()
    yield opened
    opened.close()


def calls(book: contract.Book, *names: str) -> int:
    """How often the chapter calls one of these functions at the top of a cell."""
    import ast

    return sum(
        contract.dotted(node.value.func).split(".")[-1] in names
        for cell in book.code
        for node in cell.tree.body
        if isinstance(node, ast.Expr | ast.Assign) and isinstance(node.value, ast.Call)
    )


def test_every_cell_runs(page: Page, book: contract.Book) -> None:
    assert page.errors() == []
    assert page.counts() == list(range(1, len(book.code) + 1))
    page.shoot("top")


def test_every_player_steps(page: Page, book: contract.Book) -> None:
    players = page.await_boxes("player", len(book.tagged("player")))
    for box in players:
        step_through(box)


def step_through(box: Box) -> None:
    """By button, by arrow keys, by the space bar and on the slider, to the end and back."""
    first = box.look()
    number = next(label for label in first["labels"] if " of " in label)
    total = int(number.split(" of ")[1])
    assert number == f"1 of {total}" and total > 1, first["labels"]

    def at(step: int) -> dict[str, Any]:
        box.wait_for(SAYS_STEP, f"{step} of {total}", f"step {step} of {total}")
        return box.look()

    seen = [first]
    box.click("Next step")
    seen.append(at(2))
    box.click("Previous step")
    assert at(1)["picture"] == first["picture"], f"{box.name}: back is not where it was"
    box.place.focus()
    box.place.press("ArrowRight")
    assert at(2)["picture"] == seen[1]["picture"]
    box.place.press("ArrowLeft")
    at(1)
    box.place.press("End")
    seen.append(at(total))
    assert seen[-1]["picture"] != first["picture"], f"{box.name}: the last picture is the first"
    assert len({look["sentence"] for look in seen}) > 1, f"{box.name}: its sentence never changes"
    box.shoot("end")
    box.place.press("Home")
    at(1)
    box.place.press(" ")
    box.wait_for(NOT_STEP, f"1 of {total}", "playing after the space bar")
    box.place.press(" ")
    box.wait_for(HAS_BUTTON, "Play (space)", "a pause after the second space bar")
    box.place.press("Home")
    at(1)
    handle = box.place.locator(".noUi-handle").first
    handle.focus()
    handle.press("End")
    assert at(total)["picture"] == seen[-1]["picture"]
    box.click("Back to the first step")
    assert at(1)["picture"] == first["picture"]
    box.shoot("start")


SAYS_STEP = """(box, text) => Array.from(box.querySelectorAll(".widget-label"))
    .some((label) => label.textContent === text)"""
NOT_STEP = """(box, text) => !Array.from(box.querySelectorAll(".widget-label"))
    .some((label) => label.textContent === text)"""
HAS_BUTTON = """(box, title) => Array.from(box.querySelectorAll("button"))
    .some((button) => button.title === title)"""


def test_every_control_moves_picture_and_sentence(page: Page, book: contract.Book) -> None:
    explorers = page.await_boxes("explorer", len(book.tagged("explorer")))
    for box in explorers:
        move_all(box)


def move_all(box: Box) -> None:
    """Every control from end to end: picture, sentence and line of code follow; reset undoes."""
    opening = box.look()
    assert opening["code"].startswith(f"{box.name}.set("), opening["code"]
    box.shoot("opening")
    moved = 0
    sliders = box.place.locator(".noUi-handle")
    for n in range(sliders.count()):
        moved += 1
        looks = [box.look()]
        for key in ("Home", "PageUp", "PageUp", "End"):
            handle = sliders.nth(n)
            handle.focus()
            value = handle.get_attribute("aria-valuenow")
            handle.press(key)
            if handle.get_attribute("aria-valuenow") != value:
                looks.append(box.changed("code", looks[-1], f"slider {n + 1} went to {key}"))
        assert_moved(box, looks, f"slider {n + 1}")
        reset(box, opening)
    for select in box.place.locator("select").all():
        moved += 1
        looks = [box.look()]
        chosen = select.input_value()
        for option in select.locator("option").all():
            value = option.get_attribute("value") or option.inner_text()
            if value != chosen:
                select.select_option(value)
                chosen = value
                looks.append(box.changed("code", looks[-1], f"the menu went to {value}"))
        assert_moved(box, looks, "the menu")
        reset(box, opening)
    for tick in box.place.locator('input[type="checkbox"]').all():
        moved += 1
        looks = [box.look()]
        tick.click()
        looks.append(box.changed("code", looks[-1], "a box was ticked"))
        assert_moved(box, looks, "the box")
        reset(box, opening)
    assert moved, f"{box.name} has no control"


def assert_moved(box: Box, looks: list[dict[str, Any]], what: str) -> None:
    box.shoot("moved")
    for part in ("picture", "sentence"):
        if len({look[part] for look in looks}) == 1:  # the code comes first, the picture may follow
            box.changed(part, looks[0], f"{what} moved from end to end")


def reset(box: Box, opening: dict[str, Any]) -> None:
    """Click reset and see the opening again."""
    box.click("Set every control")
    box.wait_for(
        '(box, code) => box.querySelector(".course-code").textContent.trim() === code',
        opening["code"],
        "the opening values after reset",
    )
    assert box.look() == opening, f"{box.name}: reset does not bring the opening back"


# --- an exam exercise ---------------------------------------------------------------------------


def attempts(exercise: Exercise) -> dict[str, dict[str, str]] | None:
    """Right, wrong and follow-through answers as typed text; None where the exercise has none."""
    typed = [
        s for s in exercise.steps if type(s.answer).__name__ in {"Number", "Integer", "Vector"}
    ]
    for first in typed:
        value = exercise.answers[first.name]
        wrong = first.answer.show(value * 2 + 1)
        for second in typed:
            if first.name not in second.needs():
                continue
            carried = {**exercise.givens, **exercise.answers, first.name: first.answer.read(wrong)}
            follow = second.answer.show(second.answer.right(second.call(second.compute, carried)))
            good = {s.name: s.answer.show(exercise.answers[s.name]) for s in (first, second)}
            found = {"right": good, "wrong": {**good, first.name: wrong},
                     "follow-through": {first.name: wrong, second.name: follow}}  # fmt: skip
            marks = {name: exercise.mark(answers) for name, answers in found.items()}
            if (
                [marks["right"][s.name].status for s in (first, second)] == ["right", "right"]
                and marks["wrong"][first.name].status == "wrong"
                and marks["follow-through"][first.name].status == "wrong"
                and marks["follow-through"][second.name].status == "follow-through"
            ):
                return found
    return None


def test_an_exam_exercise_is_marked(page: Page, book: contract.Book) -> None:
    boxes = page.await_boxes("practice", calls(book, "practice"))
    assert boxes, "the chapter has no practice"
    box = boxes[0]
    topic, seed = where(box)
    for kind in of_topic(topic):
        if found := attempts(new(kind.name, seed=seed)):
            break
    else:
        pytest.fail(f"no exercise type of {topic} has a step that follows from another")
    menu = box.place.locator(".course-practice-picker select")
    titles = menu.evaluate(  # ipywidgets 8.1.7 writes the spaces of a menu as non-breaking ones
        "(menu) => [...menu.options].map((o) => o.label.replaceAll('\\u00a0', ' '))"
    )
    menu.select_option(index=titles.index(kind.title))
    box.wait_for(
        '(box, id) => Array.from(box.querySelectorAll("small")).some((s) => s.textContent'
        ".startsWith(id))",
        kind.name,
        f"the exercise {kind.name}",
    )
    exercise = new(kind.name, seed=seed)
    for name, answers in found.items():
        for step, text in answers.items():
            box.place.locator(f".course-practice-{step} input").fill(text)
        box.place.locator("button.course-practice-check").click()
        report = exercise.mark(answers)
        for step in answers:
            words = WORDS[report[step].status]
            box.wait_for(
                "(box, [step, words]) => (box.querySelector(`.course-practice-verdict-${step}`)"
                "?.textContent ?? '').includes(words)",
                [step, words],
                f"{words!r} under {step} after the {name} answer",
            )
        box.shoot(name)
    assert "marks" in box.place.locator(".course-practice-score").inner_text()
    box.place.locator("button.course-practice-hint").click()
    box.wait_for(
        "(box) => box.querySelector('.course-practice-advice').textContent.trim().length > 10",
        what="a hint",
    )
    before = box.place.locator(".course-practice-statement").inner_text()
    box.place.locator("button.course-practice-new").click()
    box.wait_for(
        "(box, old) => box.querySelector('.course-practice-statement').innerText !== old",
        before,
        "a new variant",
    )


def where(box: Box) -> tuple[str, int]:
    """Topic and seed of the exercise that a practice shows, from its id `topic.type.v1.seed`."""
    identity = box.place.locator("small").first.inner_text().split()[0]
    return identity.split(".")[0], int(identity.split(".")[-1])


def test_nothing_outside_and_no_complaint(page: Page) -> None:
    """Last: after everything above, the browser asked nobody else and its console is clean."""
    assert page.outside == []
    assert page.complaints == []
