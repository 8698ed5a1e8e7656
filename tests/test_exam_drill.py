"""The drill: ratings, what comes next, and the scheduler's own arithmetic."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import fsrs
import pytest

from course_lib import exam
from course_lib.exam.drill import Desk, learn, rate, scheduler, until
from course_lib.exam.drill_notebook import Drill
from course_lib.exam.mock import Sitting
from course_lib.exam.progress import Progress
from course_lib.exam.syllabus import ORDER, taught

DAY = 24 * 3600


class Time:
    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def now() -> Time:
    return Time()


@pytest.fixture
def desk(tmp_path: Path, now: Time) -> Desk:
    return Desk("perceptron", Progress(tmp_path / "progress.sqlite"), now)


def text(output) -> str:
    return output.outputs[0]["data"]["text/markdown"] if output.outputs else ""


def right(box: Drill) -> dict:
    found = {}
    for step in box.exercise.steps:
        value = box.exercise.answers[step.name]
        found[step.name] = value if hasattr(step.answer, "options") else step.answer.show(value)
    return found


@pytest.mark.parametrize(
    "earned, hints, fast, rating",
    [
        (0, 0, False, 1), (Fraction(49, 10), 0, True, 1), (5, 0, True, 2),
        (Fraction(84, 10), 0, False, 2), (Fraction(85, 10), 0, True, 3), (10, 0, False, 3),
        (10, 0, True, 4), (10, 1, True, 2), (4, 1, False, 1),
    ],
)  # fmt: skip
def test_the_rating_follows_from_the_marks(earned, hints, fast, rating):
    assert rate(Fraction(earned), Fraction(10), hints=hints, fast=fast) == rating


def test_the_card_is_what_fsrs_makes_of_the_same_ratings(desk, now):
    """Against the package itself, driven by hand, over a month."""
    reference = fsrs.Scheduler(desired_retention=0.9, enable_fuzzing=False)
    card = fsrs.Card(card_id=1, due=datetime.fromtimestamp(now(), UTC))
    kind = desk.kinds[0]
    for seed, (share, days) in enumerate([(1, 0), (1, 1), (0, 9), (Fraction(1, 2), 2), (1, 20)]):
        now.seconds += days * DAY
        exercise = kind.new(seed)
        rating = learn(desk.store, exercise, share * exercise.marks, now())
        when = datetime.fromtimestamp(now(), UTC)
        card, _ = reference.review_card(card, fsrs.Rating(rating), when)
        standing = desk.standings()[0]
        assert standing.due == card.due.timestamp() and standing.last == share
        now.seconds += 3 * DAY
        later = datetime.fromtimestamp(now(), UTC)
        assert desk.standings()[0].recall == reference.get_card_retrievability(card, later)
    assert not scheduler().enable_fuzzing


def test_the_same_history_gives_the_same_dates(now):
    def run() -> list:
        desk = Desk(None, Progress(None), now)
        for i, kind in enumerate(desk.kinds[:12]):
            exercise = kind.new(1)
            learn(desk.store, exercise, exercise.marks * (i % 3) / 2, now() - 30 * DAY)
            learn(desk.store, kind.new(2), exercise.marks, now() - 20 * DAY)
        return [(s.kind.name, s.due, s.recall) for s in desk.standings()]

    assert run() == run()


def test_new_types_come_in_the_order_of_the_syllabus():
    topics = list(dict.fromkeys(kind.topic for kind in taught()))
    known = [t for t in topics if t in ORDER]
    assert known == sorted(known, key=ORDER.index) and len(known) >= 3
    assert set(topics[: len(known)]) == set(known)
    desk = Desk(None, Progress(None))
    for kind in taught()[:5]:
        chosen, why = desk.choose()
        assert (chosen.name, why) == (kind.name, "new")
        learn(desk.store, chosen.new(1), chosen.new(1).marks, desk.now())


def test_what_is_about_to_be_forgotten_comes_first(desk, now):
    a, b, c = desk.kinds[:3]
    for kind, share in ((a, 1), (b, 0), (c, 1)):
        learn(desk.store, kind.new(1), share * kind.new(1).marks, now())
    assert desk.choose()[0] is desk.kinds[3]  # nothing is due within the minute: a new one
    now.seconds += 11 * 60
    assert desk.choose()[0] is b  # failed: due after a minute, the earliest
    learn(desk.store, b.new(2), b.new(2).marks, now())
    now.seconds += 20 * DAY
    by_recall = sorted(desk.standings()[:3], key=lambda s: s.recall)
    chosen, why = desk.choose()
    assert chosen is by_recall[0].kind and f"{by_recall[0].recall:.0%}" in why
    assert desk.choose(skip=[chosen.name])[0] is by_recall[1].kind


def test_with_nothing_due_and_nothing_new_the_next_one_comes_early(now):
    desk = Desk("folds", Progress(None), now)
    for i, kind in enumerate(desk.kinds):
        for seed in (1, 2, 3):
            learn(desk.store, kind.new(seed), kind.new(seed).marks, now() + 60 * seed * (i + 1))
    chosen, why = desk.choose()
    first = min(desk.standings(), key=lambda s: s.due)
    assert chosen is first.kind and why.startswith("early")


def test_a_variant_is_new_each_time(desk):
    kind = desk.kinds[0]
    texts = []
    for _ in range(6):
        exercise = desk.variant(kind)
        desk.store.keep("drill", exercise.id, exercise.attempt().to_dict())
        texts.append(str(exercise.text()))
    assert len(set(texts)) == 6


def test_a_variant_counts_once(desk, now):
    exercise = desk.kinds[0].new(1)
    learn(desk.store, exercise, exercise.marks, now())
    before = desk.store.cards()
    now.seconds += 60
    learn(desk.store, exercise, Fraction(0), now())
    assert desk.store.cards() == before and len(desk.store.reviews()) == 1


# --- in the notebook ------------------------------------------------------------------------------


def test_the_first_try_counts_and_learning_goes_on(desk):
    box = Drill(desk)
    first = box.exercise.steps[0].name
    box.answer(**{first: "(9, 9, 9, 9)"})
    assert desk.store.reviews() == []
    box.answer(**right(box))
    assert box.attempt.marks == box.exercise.marks  # learned, but what counts is the first try
    [review] = desk.store.reviews()
    assert review["earned"] == float(box.exercise.marks - box.exercise.steps[0].marks)
    assert "2 of 4 marks at the first try, **hard**" in text(box.news)
    before = box.exercise.id
    box.next()
    assert box.exercise.id != before and len(desk.store.reviews()) == 1


def test_all_right_is_rated_and_scheduled(desk):
    box = Drill(desk)
    box.answer(**right(box))
    assert desk.store.reviews()[0]["rating"] == 4
    assert "**easy**; it comes back in" in text(box.news) and "days" in text(box.news)
    assert "| 1 | 0 |" in text(box.map)


def test_hints_and_revealed_steps_lower_the_rating(desk):
    box = Drill(desk)
    box.hint()
    box.answer(**right(box))
    assert desk.store.reviews()[0]["rating"] == 2
    box.next()
    while box.open_step():
        box.reveal()
    assert desk.store.reviews()[1]["rating"] == 1 and desk.store.reviews()[1]["earned"] == 0


def test_next_without_a_try_skips_and_says_nothing_to_the_scheduler(desk):
    box = Drill(desk)
    skipped = box.exercise.name
    box.next()
    assert box.exercise.name != skipped and desk.store.reviews() == []


def test_a_killed_drill_goes_on_in_the_middle(desk):
    box = Drill(desk)
    first, *rest = box.exercise.steps
    box.answer(**{first.name: "(9, 9, 9, 9)"})
    box.fields[rest[0].name].put("(1, ")
    desk.now.seconds = time.time()  # as the store's own
    again = Drill(Desk("perceptron", desk.store, desk.now))
    assert again.exercise.id == box.exercise.id and "in the middle" in again.why.value
    assert again.fields[rest[0].name].given == "(1, " and again.first == box.first
    again.answer(**right(again))
    [review] = desk.store.reviews()
    assert review["earned"] == float(box.exercise.marks - first.marks)


def test_a_mock_exam_tells_the_drill(tmp_path, now):
    store = Progress(tmp_path / "progress.sqlite")
    sitting = Sitting(3, 10, ["perceptron"], store, now)
    sitting.start()
    first = sitting.exercises[0]
    step = first.steps[0]
    sitting.type(0, step.name, step.answer.show(first.answers[step.name]))
    sitting.hand_in()
    assert [r["type"] for r in store.reviews()] == [first.name]  # the others were not reached


def test_mastery_by_topic(now):
    desk = Desk(None, Progress(None), now)
    table = desk.mastery()
    assert {row[4] for row in table.rows} == {"0%"} and {row[2] for row in table.rows} == {0}
    mine = [k for k in desk.kinds if k.topic == "perceptron"]
    for kind in mine:
        learn(desk.store, kind.new(1), kind.new(1).marks, now())
    rows = {row[0]: row for row in desk.mastery().rows}
    assert rows["perceptron"] == ("perceptron", len(mine), len(mine), 0, "100%", "100%")
    now.seconds += 60 * DAY
    rows = {row[0]: row for row in desk.mastery().rows}
    assert rows["perceptron"][3] == len(mine) and 0 < int(rows["perceptron"][4][:-1]) < 90
    assert rows["comparison"][4] == "0%"
    axes, says = desk.draw()
    assert "perceptron " + rows["perceptron"][4].replace("%", " %") in says
    assert [t.get_text() for t in axes.get_yticklabels()] == list(rows)


def test_until_is_said_in_words(now):
    cases = {30: "in a minute", 600: "in 10 minutes", 5 * 3600: "in 5 hours", 3 * DAY: "in 3 days"}
    for seconds, words in cases.items():
        assert until(now() + seconds, now()) == words


def test_still_and_unknown_topic(desk):
    box = Drill(desk)
    before = box.still()
    box.answer(**right(box))
    box.next()
    assert Drill(desk).still() == before and "widget-view" in str(box._repr_mimebundle_())
    with pytest.raises(KeyError, match="Did you mean 'perceptron'"):
        exam.drill("perceptrom")


def test_drill_and_mock_are_light_until_used():
    code = (
        "import sys; from course_lib import exam; exam.mastery(); "
        "print([m for m in ('torch', 'matplotlib', 'ipywidgets') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
