"""Practice in the notebook, driven without a browser (the browser test drives the real one)."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from course_lib import exam


def text(output) -> str:
    return output.outputs[0]["data"]["text/markdown"] if output.outputs else ""


def submit(field):
    field.widget._handle_custom_msg({"event": "submit"}, [])


def test_right_wrong_and_follow_through():
    practice = exam.practice("perceptron.update", variant="lecture")
    practice.answer(after_1="0 0 0", after_2="0 0 0")
    assert "✗ **wrong** (0 of 2, read as (0, 0, 0))" in text(practice.verdicts["after_1"])
    assert "✓ **right by follow-through** (2 of 2" in text(practice.verdicts["after_2"])
    assert "this one: 2 of 8 marks" in practice.score.value
    practice.answer(after_1="0 ,5 ,5")
    assert "✓ **right** (2 of 2" in text(practice.verdicts["after_1"])
    assert "this one: 4 of 8 marks" in practice.score.value


def test_enter_checks():
    practice = exam.practice("perceptron.update", variant="lecture")
    field = practice.fields["after_1"]
    field.widget.value = "(0, .5, .5)"
    assert text(practice.verdicts["after_1"]) == ""
    submit(field)
    assert "right" in text(practice.verdicts["after_1"])


def test_unreadable_costs_nothing():
    practice = exam.practice("perceptron.update", variant="lecture")
    practice.answer(after_1="what?")
    assert "not readable" in text(practice.verdicts["after_1"])
    assert "Nothing was lost" in text(practice.verdicts["after_1"])


def test_hint_reveal_and_new_variant():
    practice = exam.practice("perceptron.distance", seed=4)
    practice.hint()
    assert "Hint for score" in text(practice.advice)
    practice.reveal()
    assert "revealed" in text(practice.verdicts["score"])
    practice.hint()
    assert "Hint for norm" in text(practice.advice)
    practice.answer(norm=practice.exercise.answers["norm"])
    before = text(practice.statement)
    practice.new_variant()
    assert text(practice.statement) != before and practice.exercise.seed == 5
    assert "; 1 before: 1 of 7" in practice.score.value


def test_choices_of_all_kinds():
    practice = exam.practice("perceptron.separable", variant="lecture")
    practice.answer(conditions=("01", "10"), sums="a contradiction", separable="no")
    assert practice.attempt.marks == 4
    practice = exam.practice("perceptron.gate", variant="lecture")
    practice.answer(gate="OR")
    assert practice.attempt.marks == 1
    assert practice.fields["gate"].widget.value == "OR"


@pytest.mark.parametrize("name", list(exam.all_types()))
def test_every_type_can_be_practised(name):
    practice = exam.practice(name, seed=2)
    while practice.open_step():
        step = practice.open_step()
        shown = practice.exercise.answers[step.name]
        if not hasattr(step.answer, "options"):
            shown = step.answer.show(shown)
        practice.answer(**{step.name: shown})
    assert practice.attempt.marks == practice.exercise.marks


def test_a_topic_offers_all_its_types():
    practice = exam.practice("perceptron")
    assert len(practice.picker.options) >= 9
    practice.picker.value = "perceptron.merge"
    assert practice.exercise.name == "perceptron.merge"


def test_still_and_labels():
    practice = exam.practice("perceptron.update", variant="lecture")
    bundle = practice._repr_mimebundle_()
    assert "(b, w_1, w_2) = (0.5, 0.5, 0.5)" in bundle["text/markdown"]
    assert bundle["text/plain"] and "application/vnd.jupyter.widget-view+json" in bundle
    assert "course-practice" in practice.widget._dom_classes
    for name, field in practice.fields.items():
        assert f"course-practice-{name}" in field.widget._dom_classes
        assert field.widget.description and field.widget.tooltip and field.widget.placeholder


def test_what_was_typed_and_earned_is_there_again(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.sqlite"))
    first = exam.practice("perceptron.update", variant="lecture")
    first.answer(after_1="0 .5 .5")
    first.hint()
    first.answer(after_1="7 7 7")  # a worse try
    first.fields["after_2"].widget.value = "(0, "  # typed, not checked
    again = exam.practice("perceptron.update", variant="lecture")
    assert again.fields["after_2"].widget.value == "(0, "
    assert again.fields["after_1"].widget.value == "7 7 7"
    assert again.attempt.marks == 2 and again.attempt.hints == ["after_2"]
    assert "is back" in text(again.advice) and "progress.sqlite" in again.saved.value
    other = exam.practice("perceptron.update", seed=3)
    assert other.attempt.marks == 0 and text(other.advice) == ""
    assert first._repr_mimebundle_()["text/markdown"] == again._repr_mimebundle_()["text/markdown"]


def test_choices_are_there_again(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.sqlite"))
    first = exam.practice("perceptron.separable", variant="lecture")
    first.fields["conditions"].boxes[1].value = True
    first.fields["separable"].widget.value = "no"
    again = exam.practice("perceptron.separable", variant="lecture")
    assert [box.value for box in again.fields["conditions"].boxes][:2] == [False, True]
    assert again.fields["separable"].widget.value == "no"


def test_without_being_asked_nothing_is_kept(monkeypatch):
    monkeypatch.delenv("COURSE_PROGRESS", raising=False)
    exam.practice("perceptron.update", variant="lecture").answer(after_1="0 .5 .5")
    assert exam.practice("perceptron.update", variant="lecture").attempt.marks == 0


def test_unknown_names():
    with pytest.raises(KeyError, match="Did you mean 'perceptron'"):
        exam.practice("perceptrom")
    with pytest.raises(KeyError, match="no step 'after_9'"):
        exam.practice("perceptron.update").answer(after_9=1)


def test_import_is_light():
    code = (
        "import sys; from course_lib import exam; exam.new('perceptron.update'); "
        "print([m for m in ('torch', 'matplotlib', 'pandas', 'sklearn', 'ipywidgets') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_same_exercise_in_another_process():
    code = "from course_lib import exam; print(exam.new('perceptron.theory', seed=11).text())"
    texts = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True,
            encoding="utf-8", env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONUTF8": "1"},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert texts == {str(exam.new("perceptron.theory", seed=11).text()) + "\n"}
