"""The mock exam: what it is made of, its clock, and that no typing is lost."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import nbformat
import pytest

from course_lib import exam
from course_lib.exam.exercise import all_types
from course_lib.exam.mock import (
    MARKS,
    PASS,
    MockError,
    Part,
    Result,
    Sitting,
    choose,
    points,
)
from course_lib.exam.mock_notebook import MockExam
from course_lib.exam.progress import Progress


class Time:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.seconds = 1_000_000.0

    def __call__(self) -> float:
        return self.seconds

    def pass_(self, minutes: float) -> None:
        self.seconds += 60 * minutes


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "progress.sqlite"


@pytest.fixture
def now() -> Time:
    return Time()


def sit(path: Path, now: Time, **more) -> Sitting:
    options = {"seed": 7, "minutes": 20, "topics": ["perceptron", "comparison"], **more}
    return Sitting(**options, progress=Progress(path), now=now)


def text(output) -> str:
    return output.outputs[0]["data"]["text/markdown"] if output.outputs else ""


def fill(sitting: Sitting, page: int) -> None:
    """Answer an exercise right, as typed text."""
    exercise = sitting.exercises[page]
    for step in exercise.steps:
        value = exercise.answers[step.name]
        options = hasattr(step.answer, "options")
        shown = list(value) if isinstance(value, tuple) else value
        assert sitting.type(page, step.name, shown if options else step.answer.show(value))


# --- what it is made of ---------------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [30, 90])
def test_balanced_over_topics_and_full(minutes):
    kinds = list(all_types().values())
    shortest, longest = min(k.minutes for k in kinds), max(k.minutes for k in kinds)
    sets = set()
    for seed in range(40):
        chosen = choose(seed, minutes)
        names = [kind.name for kind in chosen]
        sets.add(tuple(names))
        assert len(set(names)) == len(names) and names == [k.name for k in choose(seed, minutes)]
        total = sum(kind.minutes for kind in chosen)
        assert minutes - 2 * shortest <= total <= minutes
        load = {k.topic: 0.0 for k in kinds}
        for kind in chosen:
            load[kind.topic] += kind.minutes
        left = {t: [k for k in kinds if k.topic == t and k not in chosen] for t in load}
        full = {t: v for t, v in load.items() if left[t]}  # a small topic may be used up
        assert max(load.values()) - min(full.values()) <= longest
    assert len(sets) > 30


def test_the_30_marks_are_shared_out_by_the_exercises_own():
    for seed in range(40):
        exercises = [kind.new(seed) for kind in choose(seed, 30 + 5 * seed)]
        shares = points(exercises)
        assert sum(shares) == MARKS and min(shares) > 0
        assert all((2 * share).denominator == 1 for share in shares)
        if len(exercises) <= 10:
            assert all(share.denominator == 1 for share in shares)
        total = sum(e.marks for e in exercises)
        assert all(
            abs(share - MARKS * e.marks / total) <= 1
            for share, e in zip(shares, exercises, strict=True)
        )


def test_marks_follow_minutes_over_topics():
    """Over many exams every topic gets its share: the longest-run one at most twice the least."""
    marks: dict[str, Fraction] = {}
    for seed in range(30):
        exercises = [kind.new(1) for kind in choose(seed, 90)]
        for exercise, share in zip(exercises, points(exercises), strict=True):
            topic = all_types()[exercise.name].topic
            marks[topic] = marks.get(topic, Fraction(0)) + share
    big = {t: m for t, m in marks.items() if sum(k.topic == t for k in all_types().values()) > 5}
    assert max(big.values()) < 2 * min(big.values())


def test_bad_input():
    with pytest.raises(KeyError, match="Did you mean 'perceptron'"):
        choose(1, 90, ["perceptrom"])
    for minutes in (0, 9, 1000):
        with pytest.raises(ValueError, match="10 to 240"):
            Sitting(minutes=minutes, progress=Progress(None))


# --- the clock ------------------------------------------------------------------------------------


def test_the_clock_starts_at_start_and_goes_on_over_a_restart(path, now):
    sitting = sit(path, now)
    now.pass_(500)
    assert sitting.look() == "ready" and not sitting.type(0, "x", "1")
    sitting.start()
    now.pass_(5)
    again = sit(path, now)  # a new kernel
    assert again.look() == "running" and again.left() == 15 * 60
    now.pass_(4)
    again.pause()
    now.pass_(1000)
    third = sit(path, now)
    assert third.look() == "paused" and third.left() == 11 * 60
    third.start()
    now.pass_(10)
    assert third.look() == "running" and third.left() == 60
    now.pass_(2)
    assert third.look() == "handed in" and third.result().late and third.result().pauses == 1


def test_what_is_typed_after_the_end_does_not_count(path, now):
    sitting = sit(path, now)
    sitting.start()
    fill(sitting, 0)
    now.pass_(21)
    step = sitting.exercises[1].steps[0]
    assert not sitting.type(1, step.name, "1")
    result = sit(path, now).result()
    assert result.parts[0].earned == result.parts[0].points == result.marks > 0
    assert result.parts[1].report[step.name].status == "blank"


def test_minutes_per_topic(path, now):
    sitting = sit(path, now)
    sitting.start()
    end = len(sitting.exercises) - 1
    now.pass_(3)
    sitting.turn_to(end)
    now.pass_(2)
    sitting.pause()
    now.pass_(60)
    sitting.start()
    now.pass_(1)
    sitting.type(end, "x", "1")  # saved with the time until now: then the kernel is killed
    now.pass_(5)
    sitting = sit(path, now)
    now.pass_(4)
    result = sitting.hand_in()
    spent = {part.number - 1: part.seconds / 60 for part in result.parts}
    assert spent[0] == 3 and spent[end] == 2 + 1 + 4
    assert sum(spent.values()) == 10
    assert "You worked for 10 of 20 minutes, with one pause." in result.summary()
    first, last = result.parts[0].topic, result.parts[-1].topic
    assert first != last and f"| {first} |" in result.summary()


# --- the mark -------------------------------------------------------------------------------------


def test_all_right_is_30_and_blank_is_0(path, now):
    sitting = sit(path, now)
    sitting.start()
    for page in range(len(sitting.exercises)):
        fill(sitting, page)
    result = sitting.hand_in()
    assert result.marks == MARKS and result.passed and "### 30 of 30: passed" in result.summary()
    other = sit(path, now, seed=8)
    other.start()
    result = other.hand_in()
    assert result.marks == 0 and "### 0 of 30: not passed" in result.summary()
    assert f"pass mark is {PASS}" in result.summary()


def test_18_is_a_pass_and_what_reads_as_18_is_one():
    exercise = exam.new("perceptron.theory", seed=1)  # one step of 2 marks
    right = exercise.mark({"answer": exercise.answers["answer"]})
    blank = exercise.mark({})

    def result(earned: Fraction) -> Result:
        parts = (
            Part(1, "a", exercise, right, earned, 0.0),
            Part(2, "a", exercise, blank, MARKS - earned, 0.0),
        )
        return Result("", 90, parts)

    assert result(Fraction(18)).passed
    almost = result(Fraction(1799, 100))
    assert not almost.passed and "### 17.9 of 30: not passed" in almost.summary()


def test_follow_through_counts_and_our_failure_does_not():
    exercise = exam.new("perceptron.update", variant="lecture")
    report = exercise.mark({"after_1": "0 0 0", "after_2": "0 0 0"})
    assert Part(1, "a", exercise, report, Fraction(4), 0).earned == Fraction(4) * 2 / 8
    broken = report.__class__("", (report.results[0].__class__(
        "x", "", "not marked", Fraction(0), Fraction(5)),))  # fmt: skip
    assert Part(1, "a", exercise, broken, Fraction(4), 0).earned == 4


def test_review_shows_answers_and_worked_solutions(path, now):
    sitting = sit(path, now)
    sitting.start()
    fill(sitting, 1)
    with pytest.raises(MockError, match="not been handed in"):
        sitting.result()
    result = sitting.hand_in()
    for i, exercise in enumerate(sitting.exercises):
        review = result.review(i)
        assert exercise.statement in review and str(exercise.solution()) in review
    assert "blank" in result.review(0) and "right" in result.review(1)
    stored = sitting.store.attempts("mock/%")
    assert sum(row["earned"] > 0 for row in stored) == 1


def test_an_exam_is_marked_from_what_is_stored_after_an_upgrade(path, now):
    """The bank draws other exercises by now: statement, answers and tolerances stay."""
    sitting = sit(path, now)
    sitting.start()
    fill(sitting, 0)
    name = sitting.exercises[0].id
    row = sitting.store.attempt(sitting.place, name)
    row["statement"] = "As it was asked then."
    with sitting.store._transaction() as db:
        db.execute("UPDATE attempts SET data=? WHERE exercise=?", (json.dumps(row), name))
    again = sit(path, now)
    assert again.exercises[0].statement == "As it was asked then."
    result = again.hand_in()
    assert result.parts[0].earned == result.parts[0].points
    assert again.exercises[0].minutes == sitting.exercises[0].minutes


# --- two notebooks --------------------------------------------------------------------------------


def test_a_second_notebook_destroys_nothing(path, now):
    one = sit(path, now)
    one.start()
    step = one.exercises[0].steps[0].name
    now.pass_(0.1)
    two = sit(path, now)  # opened before the first one types
    boxes = [MockExam(one), MockExam(two)]
    boxes[0].answer(2, **{one.exercises[1].steps[0].name: one_text(one, 1)})
    now.pass_(0.1)
    boxes[1].answer(1, **{step: one_text(two, 0)})
    typed = sit(path, now).typed()
    assert typed[0] and typed[1]
    boxes[1].hand_in()  # with what the other one typed
    assert sum(r.report.results[0].status == "right" for r in boxes[1].result.parts) >= 2
    field = next(iter(boxes[0].form.fields.values()))
    field.put(field.given if isinstance(field.given, list) else "9")
    boxes[0].turn(0)
    assert boxes[0].shown == "handed in"
    assert boxes[0].result.marks == boxes[1].result.marks > 0


def one_text(sitting: Sitting, page: int):
    exercise = sitting.exercises[page]
    step = exercise.steps[0]
    value = exercise.answers[step.name]
    return value if hasattr(step.answer, "options") else step.answer.show(value)


# --- in the notebook ------------------------------------------------------------------------------


def test_a_whole_exam_in_the_notebook(path, now):
    box = MockExam(sit(path, now))
    assert "calculator" in text(box.body.children[0]) and "sheet of formulas" in box.still()
    assert "not started" in box.clock.words
    box.start()
    assert box.clock.running and box.clock.left == 20 * 60
    exercise = box.sitting.exercises[0]
    assert text(box.form.statement) == exercise.statement
    step = exercise.steps[0]
    box.answer(1, **{step.name: one_text(box.sitting, 0)})
    box.read()
    assert "read as" in text(box.form.verdicts[step.name])
    box.turn(1)
    assert box.pages.children[0].description[:1] == "1"
    assert box.pages.children[0].description != "1" and box.pages.children[2].description == "3"
    box.turn(0)
    assert box.form.fields[step.name].given == box.sitting.typed()[0][step.name]
    box.pause()
    assert "Paused" in text(box.body.children[0]) and box.pages.layout.display == "none"
    assert not box.clock.running
    box.start()
    box.ask()
    assert "answers are blank" in text(box.body.children[0])
    box.hand_in()
    assert f"of {MARKS}" in text(box.body.children[0])
    assert "Worked solution" in text(box.body.children[2])
    box.turn(1)
    assert text(box.body.children[2]).startswith("### 2. ")


def test_enter_says_how_it_reads_and_never_whether_it_is_right(path, now):
    box = MockExam(sit(path, now, topics=["perceptron.update"], minutes=10))
    box.start()
    right, wrong = one_text(box.sitting, 0), "(9, 9, 9)"
    said = []
    for value in (right, wrong, "what?"):
        box.form.fields["after_1"].widget.value = value
        box.form.fields["after_1"].widget._handle_custom_msg({"event": "submit"}, [])
        said.append(text(box.form.verdicts["after_1"]))
    assert said[0].startswith("read as (") and said[1] == "read as (9, 9, 9)"
    assert "not readable" in said[2]
    box.ask()
    assert "1 cannot be read" in text(box.body.children[0])


def test_the_browser_s_clock_asks_and_the_end_hands_in(path, now):
    box = MockExam(sit(path, now))
    box.start()
    heard = []
    box.clock.send = lambda content, buffers=None: heard.append(content)
    now.pass_(7)
    box.clock._handle_custom_msg({"kind": "tick"}, [])
    assert heard == [{"kind": "left", "left": 13 * 60}] and box.shown == "running"
    now.pass_(14)
    box.clock._handle_custom_msg({"kind": "tick"}, [])
    assert box.shown == "handed in" and not box.clock.running
    assert "until the time was up" in box.result.summary()


def test_the_still_does_not_depend_on_what_happened(path, now):
    box = MockExam(sit(path, now))
    before = box._repr_mimebundle_()["text/markdown"]
    box.start()
    box.hand_in()
    assert MockExam(sit(path, now)).still() == box.still() == before
    assert "application/vnd.jupyter.widget-view+json" in box._repr_mimebundle_()


def test_the_same_call_gives_the_same_exam_and_goes_on(path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", str(path))
    box = exam.mock(seed=7, minutes=15)
    box.start()
    again = exam.mock(seed=7, minutes=15)
    assert again.shown == "running" and again.still() == box.still()
    assert exam.mock(seed=8, minutes=15).shown == "ready"
    assert exam.mock(seed=7, minutes=15, topics="perceptron").shown == "ready"


# --- killed at a random moment --------------------------------------------------------------------

TYPIST = """
import sys, time, random
from course_lib import exam
box = exam.mock(seed=7, minutes=30, topics=["perceptron"])
box.start()
generator = random.Random(int(sys.argv[1]))
print("typing", flush=True)
while True:
    page = generator.randrange(len(box.sitting.exercises))
    box.turn(page)
    fields = [f for f in box.form.fields.values() if hasattr(f.widget, "continuous_update")]
    for field in fields[:1]:
        word = ""
        for letter in str(generator.random())[:6]:
            word += letter
            field.widget.set_state({"value": word})  # as a key stroke comes from the browser
            print(time.time(), page, field.step.name, word, flush=True)
"""


def typing_is_kept(path: Path, moment: random.Random) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", TYPIST, str(moment.randrange(10**6))],
        stdout=subprocess.PIPE, text=True, encoding="utf-8",
    ) as child:  # fmt: skip
        lines = []
        while not lines or lines[-1] != "typing\n":
            lines.append(child.stdout.readline())
            assert lines[-1], "the typist died"
        end = time.monotonic() + moment.uniform(0.3, 2.0)
        lines = []
        while time.monotonic() < end:
            lines.append(child.stdout.readline())
        child.kill()
        lines += child.stdout.read().splitlines(keepends=True)
    typed: dict[tuple[int, str], list[str]] = {}
    for line in lines:
        if line.endswith("\n"):  # the last one may be cut
            _when, page, step, word = line.split()
            typed.setdefault((int(page), step), []).append(word)
    assert typed
    resumed = exam.mock(seed=7, minutes=30, topics=["perceptron"])
    assert resumed.shown == "running"
    kept = resumed.sitting.typed()
    ahead = 0
    for (page, step), words in typed.items():
        if kept[page][step] != words[-1]:  # saved already, but not yet printed: one key stroke
            ahead += 1
            begun = len(kept[page][step]) == 1
            assert begun or kept[page][step][:-1] == words[-1]
        resumed.turn(page)
        assert resumed.form.fields[step].given == kept[page][step]
    assert ahead <= 1


def test_a_kill_at_a_random_moment_loses_nothing_that_was_typed(path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", str(path))
    moment = random.Random(time.time_ns())
    for _ in range(2):  # the second typist goes on in the same exam
        typing_is_kept(path, moment)


@pytest.mark.full
def test_many_kills(path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", str(path))
    moment = random.Random(time.time_ns())
    for _ in range(15):
        typing_is_kept(path, moment)


# --- in a real browser ----------------------------------------------------------------------------


def test_a_kernel_that_dies_in_the_browser(chromium, path, tmp_path, monkeypatch):
    """Sit by keyboard, kill the kernel, go on, hand in, read the review."""
    from browser import Lab

    monkeypatch.setenv("COURSE_PROGRESS", str(path))
    root = str(Path(exam.__file__).resolve().parents[2])
    monkeypatch.setenv("PYTHONPATH", root)
    book = tmp_path / "sit.ipynb"
    lines = ["from course_lib import exam", "exam.mock(seed=1, minutes=20, topics='perceptron')"]
    cells = [nbformat.v4.new_code_cell(line) for line in lines]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), book)
    (tmp_path / "lab").mkdir()
    with Lab(chromium, tmp_path / "lab") as lab:
        page = lab.open(book)
        page.run_all()
        box = page.await_boxes("mock", 1)[0].place
        box.locator("button.course-practice-start").press("Enter")
        field = box.locator("input[type=text]").first
        field.focus()
        page.page.keyboard.type("(1, 2,", delay=20)
        page.page.keyboard.press("Enter")
        box.get_by_text("not readable", exact=False).first.wait_for()
        page.page.keyboard.type(" 3 typed last", delay=20)
        pid = int(page.run_code("import os; print(os.getpid())"))
        page.page.wait_for_timeout(1000)  # the promise: at most one second is lost
        os.kill(pid, signal.SIGKILL)
        page.page.locator(".jp-Dialog button.jp-mod-accept").click()
        page.page.wait_for_function(
            "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'"
        )
        page.run_all()
        box = page.await_boxes("mock", 1)[-1].place
        box.locator("button.course-practice-pause").wait_for()
        assert box.locator("input[type=text]").first.input_value() == "(1, 2, 3 typed last"
        timer = box.get_by_role("timer")
        before = timer.inner_text()
        assert before.startswith("19:")
        page.page.wait_for_function("([e, old]) => e.textContent !== old",
                                    arg=[timer.element_handle(), before])  # fmt: skip
        box.locator("button.course-practice-hand-in").press("Enter")
        box.get_by_text("cannot be read", exact=False).wait_for()
        box.locator("button.course-practice-hand-in-now").press("Enter")
        box.get_by_text("0 of 30: not passed", exact=False).wait_for()
        box.get_by_text("Worked solution", exact=False).wait_for()
        assert page.outside == [] and page.errors() == [] and page.complaints == []
        page.close()
