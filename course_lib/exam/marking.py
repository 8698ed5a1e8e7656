"""Marking: the right answer first, then what follows from the candidate's own earlier answers.

Order for each step: blank and unreadable answers are told apart from wrong ones; the original
answer is tried; then the step's function on the candidate's own values (the whole chain of steps is
recomputed, steps left blank included); then the known misconceptions, on both sets of values. What
fails in this machinery is reported as the course's failure and is never held against the candidate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from course_lib.exam.answers import Choices, Kind, is_blank
from course_lib.exam.exercise import Exercise, Page, Step, new
from course_lib.exam.reading import Unreadable
from course_lib.exam.template import ExerciseError, fill, in_short
from course_lib.names import did_you_mean

WORDS = {
    "right": "right",
    "follow-through": "right by follow-through",
    "partly": "partly right",
    "wrong": "wrong",
    "blank": "blank",
    "unreadable": "not readable",
    "not marked": "not marked",
    "revealed": "revealed",
}


@dataclass(frozen=True)
class StepResult:
    """The mark of one step: status (a key of WORDS), marks, what was read, and what to say about
    it.
    """

    name: str
    prompt: str
    status: str
    marks: Fraction
    out_of: Fraction
    read: str = ""
    message: str = ""
    mistake: str | None = None


@dataclass(frozen=True)
class Report:
    """The marks of an exercise; prints as text and renders as Markdown."""

    title: str
    results: tuple[StepResult, ...]

    @property
    def marks(self) -> Fraction:
        return sum((r.marks for r in self.results), Fraction(0))

    @property
    def out_of(self) -> Fraction:
        """The marks there were to earn; what we failed to mark does not count."""
        return sum((r.out_of for r in self.results if r.status != "not marked"), Fraction(0))

    def __getitem__(self, name: str) -> StepResult:
        for result in self.results:
            if result.name == name:
                return result
        names = [r.name for r in self.results]
        raise KeyError(
            f"no step {name!r}; there are {', '.join(names)}.{did_you_mean(name, names)}"
        )

    def _lines(self) -> list[tuple[str, str]]:
        lines = []
        for r in self.results:
            read = f", read as {r.read}" if r.read else ""
            head = f"{r.name}: {WORDS[r.status]}, {in_short(r.marks)} of {r.out_of}{read}."
            lines.append((head, r.message))
        return lines

    def total(self) -> str:
        return f"{in_short(self.marks)} of {self.out_of} marks"

    def __str__(self) -> str:
        body = [f"  {head} {message}".rstrip() for head, message in self._lines()]
        return "\n".join([f"{self.title}: {self.total()}", *body])

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        symbols = {
            "right": "✓",
            "follow-through": "✓",
            "partly": "◐",
            "wrong": "✗",
            "revealed": "○",
        }
        body = [
            f"- {symbols.get(r.status, '–')} **{head}** {message}".rstrip()
            for r, (head, message) in zip(self.results, self._lines(), strict=True)
        ]
        return "\n".join([f"**{self.total()}**", "", *body])


def _same(a: Any, b: Any) -> bool:
    return np.shape(a) == np.shape(b) and bool(np.all(np.asarray(a) == np.asarray(b)))


def check_names(exercise: Exercise, answers: Mapping[str, Any]) -> None:
    """Raise KeyError for answers to steps that do not exist."""
    known = [step.name for step in exercise.steps]
    for name in answers:
        if name not in known:
            raise KeyError(
                f"{exercise.name} has no step {name!r}; it has {', '.join(known)}."
                + did_you_mean(name, known)
            )


def mark(
    exercise: Exercise, answers: Mapping[str, Any], revealed: frozenset[str] = frozenset()
) -> Report:
    """Mark the answers, given by step name; steps that are missing count as blank.

    A revealed step earns nothing and carries the right value on. Raises KeyError for unknown steps.
    """
    check_names(exercise, answers)
    original = {**exercise.givens, **exercise.answers}
    carried: dict[str, Any] = dict(exercise.givens)
    own: set[str] = set()  # steps whose carried value differs from the original
    slipped: set[str] = set()  # of these, the ones that go back to a wrong answer
    results = []
    for step in exercise.steps:
        given = answers.get(step.name)
        value, unreadable = None, ""
        if step.name not in revealed and not is_blank(given):
            try:
                value = step.answer.read(given)
            except Unreadable as error:
                unreadable = str(error)
        follows = [name for name in step.needs() if name in own]
        chain, failure = exercise.answers[step.name], ""
        if follows:
            try:
                chain = step.answer.right(step.call(step.compute, carried))
            except Exception as error:  # noqa: BLE001  whatever failed is ours, and we say so
                failure = f"{type(error).__name__}: {error}"
        empty = is_blank(value) if value is None or isinstance(step.answer, Choices) else False
        if empty:
            if step.name in revealed:
                status, message = "revealed", "The step was revealed."
                chain, follows = exercise.answers[step.name], []
            else:
                status = "unreadable" if unreadable else "blank"
                message = f"{unreadable}. Nothing was lost." if unreadable else ""
            results.append(_result(exercise, step, status, Fraction(0), message=message))
            carried[step.name] = chain
            if follows and not failure:
                own.add(step.name)
                slipped.update({step.name} if slipped & set(follows) else ())
            continue
        wrong_before = bool(slipped & set(follows))
        result = _judge(
            exercise,
            step,
            value,
            original,
            carried if follows else None,
            chain,
            failure,
            wrong_before,
        )
        results.append(result)
        carried[step.name] = value
        if not _same(value, exercise.answers[step.name]):
            own.add(step.name)
            if result.status != "right":
                slipped.add(step.name)
    return Report(exercise.title or exercise.name, tuple(results))


def _result(
    exercise: Exercise, step: Step, status: str, share: Fraction, **more: Any
) -> StepResult:
    marks = share * step.marks
    return StepResult(
        step.name, exercise.prompts[step.name], status, marks, Fraction(step.marks), **more
    )


def _judge(
    exercise: Exercise,
    step: Step,
    value: Any,
    original: Mapping[str, Any],
    carried: Mapping[str, Any] | None,
    chain: Any,
    failure: str,
    wrong_before: bool,
) -> StepResult:
    read = step.answer.show(value)
    try:
        share = exercise.credit(step, value, exercise.answers[step.name], original)
        if share == 1:
            return _result(exercise, step, "right", share, read=read)
    except Exception as error:  # noqa: BLE001  whatever failed is ours, and we say so
        return _ours(exercise, step, read, f"{type(error).__name__}: {error}")
    if carried is not None and not failure:
        try:
            follow = exercise.credit(step, value, chain, carried)
        except Exception as error:  # noqa: BLE001  whatever failed is ours, and we say so
            return _ours(exercise, step, read, f"{type(error).__name__}: {error}")
        if follow == 1:
            if not wrong_before:
                return _result(
                    exercise,
                    step,
                    "right",
                    follow,
                    read=read,
                    message="It follows from your own earlier answers.",
                )
            return _result(
                exercise,
                step,
                "follow-through",
                follow,
                read=read,
                message="Not the original answer, but it follows from your earlier ones.",
            )
        share = max(share, follow)
    diagnosis = _diagnose(exercise, step, value, original, carried)
    if diagnosis is None and failure:
        return _ours(
            exercise, step, read, f"we could not follow your earlier answers on: {failure}"
        )
    message, name, marks = (
        diagnosis if diagnosis else (_why(step, value, original), None, Fraction(0))
    )
    share = max(share, marks / step.marks if step.marks else Fraction(0))
    status = "partly" if share > 0 else "wrong"
    return _result(exercise, step, status, share, read=read, message=message, mistake=name)


def _ours(exercise: Exercise, step: Step, read: str, why: str) -> StepResult:
    message = f"This is our failure and does not count against you ({why})."
    return _result(exercise, step, "not marked", Fraction(0), read=read, message=message)


def _why(step: Step, value: Any, values: Mapping[str, Any]) -> str:
    if step.accept is None:
        return ""
    verdict = step.call(step.accept, values, **{step.name: value})
    return verdict if isinstance(verdict, str) else ""


def _diagnose(
    exercise: Exercise,
    step: Step,
    value: Any,
    original: Mapping[str, Any],
    carried: Mapping[str, Any] | None,
) -> tuple[str, str, Fraction] | None:
    for values in (original, carried):
        if values is None:
            continue
        try:
            known = exercise.mistakes(step, values)
        except Exception:  # noqa: BLE001  a courtesy; the mark stands without it
            continue
        for mistake in step.mistakes:
            if mistake.name in known and step.answer.credit(value, known[mistake.name]) == 1:
                text = fill(mistake.feedback, {**original, **values})
                return text, mistake.name, Fraction(mistake.marks)
    return None


@dataclass
class Attempt:
    """A candidate at work on one exercise: the best mark of each step counts, and it travels as
    JSON.

    It holds statement, givens, right answers and tolerances, and is marked from those even where a
    later release would draw another exercise.
    """

    exercise: Exercise
    answers: dict[str, Any] = field(default_factory=dict)
    best: dict[str, StepResult] = field(default_factory=dict)
    revealed: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)

    def mark(self, answers: Mapping[str, Any]) -> Report:
        """Mark these answers; a later, worse try never lowers the mark of a step."""
        report = mark(self.exercise, answers, frozenset(self.revealed))
        self.answers.update({k: v for k, v in answers.items() if not is_blank(v)})
        for result in report.results:
            if result.name not in self.best or result.marks > self.best[result.name].marks:
                self.best[result.name] = result
        return report

    def reveal(self, name: str) -> Page:
        """The worked solution of a step, which can then earn no further marks."""
        explanation = self.exercise.explanation(name)
        if name not in self.revealed:
            self.revealed.append(name)
        return explanation

    @property
    def marks(self) -> Fraction:
        return sum((r.marks for r in self.best.values()), Fraction(0))

    def to_dict(self) -> dict[str, Any]:
        """All of the attempt as JSON values."""
        e = self.exercise
        steps = [
            {
                "name": s.name,
                "prompt": e.prompts[s.name],
                "marks": str(Fraction(s.marks)),
                "answer": s.answer.to_dict(),
                "right": plain(e.answers[s.name]),
                "open": s.accept is not None,
            }
            for s in e.steps
        ]
        return {
            "exercise": e.name,
            "version": e.version,
            "seed": e.seed,
            "variant": e.variant,
            "title": e.title,
            "statement": e.statement,
            "givens": {k: plain(v) for k, v in e.givens.items()},
            "steps": steps,
            "answers": {k: plain(v) for k, v in self.answers.items()},
            "best": {k: [r.status, str(r.marks), r.read, r.message] for k, r in self.best.items()},
            "revealed": list(self.revealed),
            "hints": list(self.hints),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Attempt:
        """The attempt that `to_dict` described; `exercise` is frozen if this release draws
        another.
        """
        frozen = _frozen(data)
        try:
            exercise = new(data["exercise"], data["seed"], data["variant"])
        except (KeyError, ExerciseError):
            exercise = frozen
        mine = Attempt(exercise).to_dict()
        if any(mine[key] != data[key] for key in ("version", "statement", "givens", "steps")):
            exercise = frozen
        attempt = cls(
            exercise,
            dict(data["answers"]),
            revealed=list(data["revealed"]),
            hints=list(data["hints"]),
        )
        for name, (status, marks, read, message) in data["best"].items():
            step = exercise.step(name)
            attempt.best[name] = StepResult(
                name,
                exercise.prompts[name],
                status,
                Fraction(marks),
                Fraction(step.marks),
                read,
                message,
            )
        return attempt


def plain(value: Any) -> Any:
    """The value as JSON knows it."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, (tuple, list, set, frozenset)):
        return [plain(v) for v in value]
    if isinstance(value, np.generic):
        return value.item()
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def _frozen(data: Mapping[str, Any]) -> Exercise:
    """An exercise from its record alone: the stored answers, no follow-through."""

    def unknown() -> bool:
        raise ExerciseError("only the release that asked this question can judge it")

    steps = [
        Step(
            s["name"],
            s["prompt"],
            lambda value=s["right"]: value,
            Kind.from_dict(s["answer"]),
            Fraction(s["marks"]),
            accept=unknown if s["open"] else None,
        )
        for s in data["steps"]
    ]
    exercise = Exercise(data["statement"], givens={}, steps=steps)
    exercise.name, exercise.title, exercise.version = (
        data["exercise"],
        data["title"],
        data["version"],
    )
    exercise.seed, exercise.variant = data["seed"], data["variant"]
    return exercise
