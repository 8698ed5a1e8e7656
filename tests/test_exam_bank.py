"""Guarantees that every exercise type gives, over many seeds; a new type is tested here for
free.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import re
from collections import Counter
from functools import lru_cache
from pathlib import Path

import bank
import numpy as np
import pytest
from bank import REFERENCES

from course_lib import exam
from course_lib.exam import answers as kinds

for module in pkgutil.iter_modules(bank.__path__):
    importlib.import_module(f"bank.{module.name}")

TYPES = list(exam.all_types())
GOLDEN = Path(__file__).parent / "bank" / "golden.json"
FEW = range(10)
MANY = range(300)


@lru_cache(maxsize=8_000)  # the checks of a type share its variants
def variant(name: str, which: int | str):
    kind = exam.all_types()[name]
    return kind.new(which) if isinstance(which, int) else kind.new(variant=which)


def fresh(name: str, seeds):
    return [variant(name, which) for which in (*seeds, *exam.all_types()[name].variants)]


def check_right_answers(exercise):
    wanted = dict(REFERENCES[exercise.name](exercise))
    assert set(wanted) == {s.name for s in exercise.steps}
    report = exercise.mark(wanted)
    assert all(r.status == "right" for r in report.results), f"{exercise!r}\n{report}"
    assert report.marks == exercise.marks
    # The shown answer is accepted too: what the solution says must be worth full marks.
    shown = {s.name: s.answer.show(exercise.answers[s.name]) for s in exercise.steps}
    report = exercise.mark(shown)
    assert report.marks == exercise.marks, f"{exercise!r}\n{report}"


def check_text(exercise):
    for text in (
        exercise.text(),
        exercise.solution(),
        *(exercise.hint(s.name) for s in exercise.steps),
    ):
        assert not re.search(r"\{[a-z_]\w*:[^{}]*\}|\bnan\b|\binf\b|np\.|array\(", text), text
    for step in exercise.steps:
        assert exercise.hint(step.name), f"{exercise.name}: {step.name} has no hint"
        assert step.explain, f"{exercise.name}: {step.name} has no explanation"
        assert step.answer.show(exercise.answers[step.name]) in exercise.explanation(step.name)
        for name in exercise.givens:
            if name in step.needs():
                assert name in exercise.template + "".join(s.prompt for s in exercise.steps)


def check_mistakes(exercise):
    for step in exercise.steps:
        known = exercise.mistakes(step)
        texts = list(exercise.distractors(step).values())
        right = step.answer.show(exercise.answers[step.name])
        assert len({right, *texts}) == len(texts) + 1, f"{exercise!r}: {step.name}: {texts}"
        for name, value in known.items():
            result = exercise.mark({step.name: step.answer.show(value)})[step.name]
            assert result.mistake == name, f"{exercise!r}: {step.name}: {name} came out as {result}"
            assert result.message and result.status in ("wrong", "partly")
            assert result.marks < result.out_of


def planted(answer, value):
    """A wrong value of the same kind."""
    if isinstance(answer, kinds.Choices):
        other = [o for o in answer.options if o not in value]
        return other or list(value)[:1]
    if isinstance(answer, kinds.Choice):
        return answer.options[(answer.options.index(value) + 1) % len(answer.options)]
    if isinstance(answer, kinds.Integer):
        return value + 1
    if isinstance(answer, kinds.Number):
        return value + max(1.0, abs(value))
    if isinstance(answer, kinds.Formula):
        return f"({value}) + 1"
    array = np.array(value, dtype=float)
    if np.isin(array, (0, 1)).all():
        array.flat[0] = 1 - array.flat[0]
    else:
        array.flat[array.size - 1] += 1 + abs(array.flat[array.size - 1])
    return array


def check_follow_through(exercise):
    for index, wrong in enumerate(exercise.steps):
        bad = planted(wrong.answer, exercise.answers[wrong.name])
        given = {s.name: exercise.answers[s.name] for s in exercise.steps[:index]} | {
            wrong.name: bad
        }
        values = {**exercise.givens, **{k: v for k, v in given.items()}}
        values[wrong.name] = wrong.answer.right(bad)
        first = exercise.mark(given)[wrong.name]
        if first.status == "right":  # any weights that realise the gate are right
            assert wrong.accept
            continue
        undefined = set()
        for step in exercise.steps[index + 1 :]:
            try:
                values[step.name] = step.answer.right(step.call(step.compute, values))
            except (ValueError, KeyError, IndexError, ZeroDivisionError):
                undefined.add(step.name)
                values[step.name] = exercise.answers[step.name]
            given[step.name] = values[step.name]
        report = exercise.mark(given)
        for step in exercise.steps[index + 1 :]:
            result = report[step.name]
            if kinds.is_blank(given[step.name]) or step.name in undefined:
                continue
            assert result.marks == step.marks, f"{exercise!r}: planted {wrong.name}\n{report}"


def check_record(exercise):
    attempt = exercise.attempt()
    attempt.mark({s.name: exercise.answers[s.name] for s in exercise.steps})
    attempt.mark({})
    assert attempt.marks == exercise.marks, "a later blank try lowered the mark"
    data = json.loads(json.dumps(attempt.to_dict()))
    again = exam.Attempt.from_dict(data)
    assert again.to_dict() == attempt.to_dict() and again.marks == exercise.marks
    assert again.exercise.steps[0].hint, "the same release must find its own exercise again"
    data["statement"] = "This release asked something else."
    frozen = exam.Attempt.from_dict(data).exercise
    assert frozen.statement == data["statement"]
    report = frozen.mark({s.name: s.answer.show(exercise.answers[s.name]) for s in exercise.steps})
    closed = sum(s.marks for s in exercise.steps if not s.accept)
    assert report.marks == closed and report.out_of == closed, report


CHECKS = [check_right_answers, check_text, check_mistakes, check_follow_through, check_record]


@pytest.mark.parametrize("name", TYPES)
def test_every_type_has_a_reference(name):
    assert name in REFERENCES, f"write the reference of {name} in tests/bank/"


@pytest.mark.parametrize("check", CHECKS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("name", TYPES)
def test_guarantee(name, check):
    for exercise in fresh(name, FEW):
        check(exercise)


@pytest.mark.full
@pytest.mark.parametrize("check", CHECKS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("name", TYPES)
def test_guarantee_over_many_seeds(name, check):
    for exercise in fresh(name, MANY):
        check(exercise)


@pytest.mark.parametrize("name", TYPES)
def test_misconceptions_show_in_most_variants(name):
    seeds = range(60)
    exercises = [variant(name, seed) for seed in seeds]
    if any(getattr(s.answer, "shuffle", False) for s in exercises[0].steps):
        for exercise in exercises:  # a theory question must show all its distractors
            assert all(len(exercise.mistakes(s)) == len(s.mistakes) >= 2 for s in exercise.steps)
        return
    declared = Counter(m for e in exercises for m in {m.name for s in e.steps for m in s.mistakes})
    alive = Counter(m for e in exercises for m in {m for s in e.steps for m in e.mistakes(s)})
    rare = {m: alive[m] / n for m, n in declared.items() if alive[m] < 0.6 * n}
    assert not rare, f"{name}: these misconceptions rarely show: {rare}"


@pytest.mark.parametrize("name", TYPES)
def test_variants_differ(name):
    texts = {str(variant(name, seed).text()).replace(f".{seed}", "") for seed in range(40)}
    assert len(texts) >= 8, f"only {len(texts)} different exercises in 40"


@pytest.mark.parametrize("name", TYPES)
def test_the_longest_option_is_no_advice(name):
    wins, asked = 0, 0
    if not any(getattr(s.answer, "shuffle", False) for s in variant(name, 0).steps):
        return  # nothing is shuffled: the options stand in a natural order
    for seed in range(60):
        exercise = variant(name, seed)
        for step in exercise.steps:
            if not getattr(step.answer, "shuffle", False):
                continue
            asked += 1
            right = exercise.answers[step.name]
            wins += all(len(right) > len(o) for o in step.answer.options if o != right)
    assert asked == 0 or wins / asked <= 0.45, (
        f"the right option is the longest in {wins} of {asked}"
    )


@pytest.mark.parametrize("name", TYPES)
def test_declaration(name):
    kind = exam.all_types()[name]
    assert name.startswith(kind.topic + ".") and kind.title and kind.minutes > 0 and kind.sources
    assert all(re.fullmatch(r"(000A|000B|000C|001|003|004):[A-Z]?\d+", s) for s in kind.sources)
    assert kind.new().marks == int(kind.new().marks) >= 1


def golden() -> dict:
    return {
        exercise.id: {
            "statement": exercise.statement,
            "answers": {s.name: s.answer.show(exercise.answers[s.name]) for s in exercise.steps},
            "options": {
                s.name: list(s.answer.options)
                for s in exercise.steps
                if getattr(s.answer, "shuffle", False)
            },
        }
        for name in TYPES
        for exercise in (exam.new(name, seed) for seed in range(3))
    }


def test_golden():
    """The first variants never change. A type whose draws change raises its version and adds
    entries.

    COURSE_GOLDEN=write adds the missing entries; it never alters one that is there.
    """
    known = json.loads(GOLDEN.read_text(encoding="utf-8")) if GOLDEN.exists() else {}
    now = golden()
    if os.environ.get("COURSE_GOLDEN") == "write":
        known = {**now, **known}
        GOLDEN.write_text(
            json.dumps(dict(sorted(known.items())), indent=1, ensure_ascii=False) + "\n",
            encoding="utf-8",
        )
    assert not set(now) - set(known), "new types: run this test with COURSE_GOLDEN=write"
    for key, value in now.items():
        assert known[key] == value, f"{key} has changed; raise the version of its type"
