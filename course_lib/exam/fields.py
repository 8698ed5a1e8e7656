"""An exercise as single fields, for places that know only numbers, choices and words (Moodle, QTI).

- A vector, a matrix or a sequence of states becomes one number per entry, each worth its share.
- A formula becomes its values at two points.
- A step with many right answers (`accept`) becomes a choice between one of them and others that
  the step's own rule refuses, with its reason. Where there are none, the answer is printed instead
  of asked.
- Misconceptions become wrong answers with their feedback. Follow-through becomes the common wrong
  paths: what later steps give after one known misconception earlier (`Wrong.after`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from course_lib.compare import Tolerance
from course_lib.exam import reading
from course_lib.exam.answers import (
    Choice,
    Choices,
    Formula,
    Integer,
    Matrix,
    Number,
    States,
    Text,
    Vector,
)
from course_lib.exam.draw import Draw
from course_lib.exam.exercise import Exercise, Step
from course_lib.exam.template import fill

# A misconception may lead anywhere, such as to a division by zero: then it has no wrong path.
NOWHERE = (ArithmeticError, ValueError, LookupError, TypeError)


@dataclass(frozen=True)
class Wrong:
    """A wrong answer: the share of the marks that it earns, what to say, and what leads to it.

    `after` is None for a misconception of the step itself, else (earlier step, its misconception).
    """

    name: str
    value: Any
    share: Fraction
    feedback: str
    after: tuple[str, str] | None = None


@dataclass(frozen=True)
class Field:
    """One thing to fill in: a `form` (number, choice, choices, text) and its share of the step."""

    label: str
    form: str
    right: Any
    share: Fraction
    tolerance: Tolerance = Tolerance.exact()
    options: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    wrongs: tuple[Wrong, ...] = ()


@dataclass(frozen=True)
class Part:
    """One step as it is asked here. Without any fields the prompt prints the answer as given."""

    step: Step
    prompt: str
    note: str
    fields: tuple[Field, ...]
    columns: tuple[str, ...] = ()  # heads of a table of fields; empty for fields in a line
    wrongs: tuple[Wrong, ...] = field(default=(), repr=False)  # of the step as a whole


def parts(exercise: Exercise) -> list[Part]:
    """The steps of an exercise as fields, in order."""
    alternatives = {s.name: _alternatives(exercise, s) for s in exercise.steps if s.accept}
    wrongs = _wrongs(exercise, alternatives)
    return [_part(exercise, step, wrongs[step.name], alternatives) for step in exercise.steps]


def _alternatives(exercise: Exercise, step: Step) -> dict[str, tuple[Any, str]]:
    """Answers that the step's own rule refuses, with its reason; at most three."""
    right, values = exercise.answers[step.name], {**exercise.givens, **exercise.answers}
    tries = list(exercise.mistakes(step).values())
    if isinstance(step.answer, Vector):
        tries += [
            -right,
            right[::-1],
            *(np.where(np.arange(len(right)) == i, -right, right) for i in range(len(right))),
        ]
        tries += [right + np.eye(len(right))[i] for i in range(len(right))]
    found: dict[str, tuple[Any, str]] = {}
    for value in tries:
        try:
            verdict = step.call(step.accept, values, **{step.name: value})
        except NOWHERE:
            continue
        shown = step.answer.show(value)
        if verdict is not True and shown != step.answer.show(right) and len(found) < 3:
            found[shown] = (value, verdict if isinstance(verdict, str) else "")
    return found


def _wrongs(exercise: Exercise, alternatives: dict[str, Any]) -> dict[str, list[Wrong]]:
    original = {**exercise.givens, **exercise.answers}
    wrongs: dict[str, list[Wrong]] = {step.name: [] for step in exercise.steps}
    for i, step in enumerate(exercise.steps):
        if step.accept:
            own = [
                Wrong(shown, value, Fraction(0), why)
                for shown, (value, why) in alternatives[step.name].items()
            ]
        else:
            told = {m.name: m for m in step.mistakes}
            own = [
                Wrong(
                    name,
                    value,
                    Fraction(told[name].marks) / Fraction(step.marks),
                    fill(told[name].feedback, original, exercise._show()),
                )
                for name, value in exercise.mistakes(step).items()
            ]
        wrongs[step.name] = own + wrongs[step.name]  # slips here before slips earlier
        for wrong in own:
            carried = {**original, step.name: wrong.value}
            changed = {step.name}
            for later in exercise.steps[i + 1 :]:
                if later.accept or not changed & set(later.needs()):
                    continue
                try:
                    value = later.answer.right(later.call(later.compute, carried))
                except NOWHERE:
                    break
                carried[later.name] = value
                if later.answer.show(value) != later.answer.show(original[later.name]):
                    changed.add(later.name)
                    wrongs[later.name].append(
                        Wrong(
                            wrong.name,
                            value,
                            Fraction(1),
                            f"It follows from a slip in an earlier part: {wrong.feedback}",
                            after=(step.name, wrong.name),
                        )
                    )
    return wrongs


def _part(
    exercise: Exercise, step: Step, wrongs: list[Wrong], alternatives: dict[str, Any]
) -> Part:
    kind, right, prompt = step.answer, exercise.answers[step.name], exercise.prompts[step.name]
    columns: tuple[str, ...] = ()
    note = kind.words()
    if step.accept:
        others = alternatives[step.name]
        if not others:
            return Part(
                step,
                f"{prompt}: take {kind.show(right)}, which is one of many right answers.",
                "given, not asked here",
                (),
            )
        shown = [kind.show(right), *others]
        options = tuple(Draw(exercise.id, 0).shuffle(step.name, shown))
        inner = [Wrong(w.name, kind.show(w.value), w.share, w.feedback, w.after) for w in wrongs]
        return Part(
            step,
            f"{prompt}: which of these do it?",
            "choose one",
            (Field("", "choice", shown[0], Fraction(1), options=options, wrongs=tuple(inner)),),
            wrongs=tuple(wrongs),
        )
    if isinstance(kind, (Number, Integer)):
        tolerance = kind.tolerance if isinstance(kind, Number) else Tolerance.exact()
        found = [Field("", "number", float(right), Fraction(1), tolerance, wrongs=tuple(wrongs))]
    elif isinstance(kind, Choices):
        note = "choose all that hold; each wrong one takes a right one back"
        found = [
            Field("", "choices", right, Fraction(1), options=kind.options, wrongs=tuple(wrongs))
        ]
    elif isinstance(kind, Choice):
        note = "choose one"
        found = [
            Field("", "choice", right, Fraction(1), options=kind.options, wrongs=tuple(wrongs))
        ]
    elif isinstance(kind, Text):
        found = [Field("", "text", right, Fraction(1), also=kind.also, wrongs=tuple(wrongs))]
    elif isinstance(kind, Formula):
        points, values = _samples(kind, right)
        where = [", ".join(f"{n} = {v:g}" for n, v in point.items()) for point in points]
        prompt = f"{prompt}: give the value of your formula at two points"
        note = "to 3 significant figures"
        found = _entries(
            wrongs,
            values,
            where,
            Tolerance.significant(3),
            lambda value: _samples(kind, value, points)[1],
        )
    elif isinstance(kind, (Vector, Matrix, States)):
        array = np.asarray(right, dtype=float)
        labels: list[str] = []
        if isinstance(kind, Vector):
            note = f"each {kind.tolerance.words()}" if kind._coarse() else "numbers"
            labels = list(kind.names) or [str(i + 1) for i in range(kind.length)]
        else:
            columns = kind.columns if isinstance(kind, States) else ("",) * kind.columns
            labels = [
                f"row {i + 1}, {c or f'column {j + 1}'}"
                for i in range(len(array))
                for j, c in enumerate(columns)
            ]
            note = f"{len(array)} rows" if isinstance(kind, States) else "numbers"
        found = _entries(wrongs, array.ravel(), labels, kind.tolerance, np.ravel)
    else:
        raise TypeError(f"there is no field for answers of the kind {type(kind).__name__}")
    return Part(step, prompt, note, tuple(found), columns, tuple(wrongs))


def _entries(
    wrongs: list[Wrong], right: Any, labels: list[str], tolerance: Tolerance, flat: Any
) -> list[Field]:
    each = Fraction(1, len(labels))
    flats = [(w, flat(w.value)) for w in wrongs]
    return [
        Field(
            label,
            "number",
            float(right[i]),
            each,
            tolerance,
            wrongs=tuple(
                Wrong(w.name, float(values[i]), w.share, w.feedback, w.after)
                for w, values in flats
                if len(values) == len(labels) and np.isfinite(values[i])
            ),
        )
        for i, label in enumerate(labels)
    ]


def _samples(
    kind: Formula, text: str, points: list[dict[str, float]] | None = None
) -> tuple[list[dict[str, float]], list[float]]:
    """Two points with few digits at which the formula has a value, and these values."""
    calculate = reading.formula(text, kind.variables)
    if points is not None:
        return points, [float(np.asarray(calculate(point))) for point in points]
    found = [(point, float(np.asarray(calculate(point)))) for point in _grid(kind)]
    found = [(point, value) for point, value in found if np.isfinite(value)]
    if not found:
        raise ValueError(f"the formula {text!r} has no value to ask for")
    first, value = found[0]
    # A constant formula has the same value everywhere.
    other = next((f for f in found[1:] if abs(f[1] - value) > 1e-3 * max(1, abs(value))), found[-1])
    return [first, other[0]], [value, other[1]]


def _grid(kind: Formula) -> Iterator[dict[str, float]]:
    middle, step = (kind.low + kind.high) / 2, (kind.high - kind.low) / 10
    for turn in range(12):
        yield {
            name: round(middle + step * ((3 * turn + 5 * i + 1) % 9 - 4), 1)
            for i, name in enumerate(kind.variables)
        }
