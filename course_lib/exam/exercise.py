"""What an exercise is: a statement, givens and an ordered graph of steps; and how a type is
declared.

A type is a function from a `Draw` to an `Exercise`. Marking, follow-through, diagnosis, hints,
worked solution and exports are derived from the steps; see `bank/` for examples and `template` for
`{x:.2f}`.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from course_lib.exam.answers import Choice, Choices, Formula, Kind, States, is_blank
from course_lib.exam.draw import Draw
from course_lib.exam.template import ExerciseError, fill, read_back
from course_lib.names import did_you_mean
from course_lib.trace import Table

Marks = int | Fraction


@dataclass(frozen=True)
class Mistake:
    """A known misconception: what it makes of the same arguments, and what to tell who holds it.

    `answer` is a function like the step's own, or a constant. `marks` are earned in spite of it.
    """

    name: str
    answer: Any
    feedback: str
    marks: Marks = 0


@dataclass(frozen=True)
class Step:
    """One question: `compute` gives the right answer from givens and earlier steps, by parameter
    name.

    `uses` renames parameters ({"previous": "after_1"}), for steps made in a loop; parameters with a
    default are constants. `explain` is a template or a function like `compute` that returns the
    text. `accept` (for answers that are not unique) judges the parameter with the step's own name:
    True, or a sentence that says what fails. `advance` (for states) gives the row after `previous`,
    by its `index`.
    """

    name: str
    prompt: str
    compute: Callable[..., Any]
    answer: Kind
    marks: Marks = 1
    hint: str = ""
    explain: str | Callable[..., str] = ""
    mistakes: Sequence[Mistake] = ()
    uses: Mapping[str, str] = field(default_factory=dict)
    accept: Callable[..., bool | str] | None = None
    advance: Callable[..., Any] | None = None

    def call(self, function: Any, values: Mapping[str, Any], **extra: Any) -> Any:
        """Call a function of this step with the values that its parameters name."""
        if not callable(function):
            return function
        names = _parameters(function)
        source = {n: extra[n] if n in extra else values[self.uses.get(n, n)] for n in names}
        return function(**source)

    def functions(self) -> dict[str, Callable[..., Any]]:
        """Every function of the step, with the name by which an error quotes it."""
        every = {"compute": self.compute, "explain": self.explain, "accept": self.accept}
        every |= {"advance": self.advance} | {m.name: m.answer for m in self.mistakes}
        return {name: f for name, f in every.items() if callable(f)}

    def needs(self) -> list[str]:
        """The givens and earlier steps on which the answer depends."""
        found = [
            self.uses.get(n, n)
            for f in (self.compute, self.accept, self.advance)
            if f
            for n in _parameters(f)
        ]
        return [n for n in dict.fromkeys(found) if n not in (self.name, "previous", "index")]


def _parameters(function: Callable[..., Any]) -> list[str]:
    code = getattr(function, "__code__", None)
    if code is not None and not code.co_kwonlyargcount:  # the same as below, ten times as fast
        required = code.co_argcount - len(getattr(function, "__defaults__", None) or ())
        return list(code.co_varnames[:required])
    return [p.name for p in inspect.signature(function).parameters.values() if p.default is p.empty]


def _check_purity(step: Step) -> None:
    """A step may read only what is printed: no variable of the type's own function."""
    for label, function in step.functions().items():
        code = getattr(function, "__code__", None)
        if code is None:
            continue
        for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
            if not callable(cell.cell_contents) and not isinstance(
                cell.cell_contents, types.ModuleType
            ):
                raise ExerciseError(
                    f"step {step.name!r}: {label} reads {name!r} from outside; make it a parameter "
                    f"(a given that is printed, or {name}={name} for a constant of the type)"
                )


class Page(str):
    """Text that a notebook renders as Markdown."""

    def _repr_markdown_(self) -> str:
        return str(self)


class Exercise:
    """One exercise: statement, givens as printed, steps with their right answers.

    Raises ExerciseError if the type is faulty (unknown names, a given used but not printed, an
    answer that does not fit its kind...).
    """

    def __init__(self, statement: str, *, givens: Mapping[str, Any], steps: Sequence[Step]) -> None:
        self.template, self.steps = statement, tuple(steps)
        self.name, self.title, self.seed, self.version = "unnamed", "", 0, 1
        self.variant: str | None = None
        self.minutes: float = 0
        text = "\n".join([statement, *(step.prompt for step in self.steps)])
        self.givens = read_back(text, givens)
        self._check_graph(givens)
        self.statement = fill(statement, self.givens).strip()
        self.prompts = {step.name: fill(step.prompt, self.givens) for step in self.steps}
        self.answers = self._solve()

    def _check_graph(self, givens: Mapping[str, Any]) -> None:
        if not self.steps:
            raise ExerciseError("an exercise needs at least one step")
        known = list(self.givens)
        for step in self.steps:
            if step.name in givens or step.name in known:
                raise ExerciseError(f"the name {step.name!r} is used twice")
            extra = [step.name] if step.accept or step.explain else []
            for label, function in step.functions().items():
                own = ["previous", "index"] if label == "advance" else extra
                for parameter in _parameters(function):
                    name = step.uses.get(parameter, parameter)
                    if name in known or name in own:
                        continue
                    if name in givens:
                        raise ExerciseError(
                            f"step {step.name!r} uses {name!r}, which the statement does not print"
                        )
                    raise ExerciseError(
                        f"step {step.name!r}: {label} wants {name!r}, which is neither a given "
                        f"nor an "
                        f"earlier step.{did_you_mean(name, [*givens, *known])}"
                    )
            _check_purity(step)
            known.append(step.name)
        never = [name for name in givens if name not in self.givens]
        if never:
            raise ExerciseError(f"given but never printed: {', '.join(never)}")

    def _solve(self) -> dict[str, Any]:
        answers: dict[str, Any] = {}
        for step in self.steps:
            values = {**self.givens, **answers}
            try:
                value = step.answer.right(step.call(step.compute, values))
            except Exception as error:
                raise ExerciseError(f"step {step.name!r} has no answer: {error!r}") from error
            if is_blank(value):
                raise ExerciseError(f"step {step.name!r} has an empty answer")
            answers[step.name] = value
        return answers

    @property
    def marks(self) -> Fraction:
        """The marks that the exercise is worth."""
        return Fraction(sum(step.marks for step in self.steps))

    @property
    def id(self) -> str:
        """A stable name of this very variant: type, version, seed or variant."""
        return f"{self.name}.v{self.version}.{self.variant or self.seed}"

    def step(self, name: str) -> Step:
        """The step of that name. Raises KeyError with close matches."""
        for step in self.steps:
            if step.name == name:
                return step
        names = [step.name for step in self.steps]
        raise KeyError(
            f"{self.name} has no step {name!r}; it has {', '.join(names)}."
            + did_you_mean(name, names)
        )

    def credit(self, step: Step, value: Any, expected: Any, values: Mapping[str, Any]) -> Fraction:
        """The share of the marks that `value` earns when `values` are the givens and earlier
        answers.
        """
        if step.accept:
            verdict = step.call(step.accept, values, **{step.name: value})
            return Fraction(not isinstance(verdict, str) and bool(verdict))
        credit = step.answer.credit(value, expected)
        if step.advance and isinstance(step.answer, States) and credit < 1:
            # A row also counts if it follows from the candidate's own row before it.
            good = 0
            for i, row in enumerate(value[: len(expected)]):
                own = step.call(step.advance, values, previous=value[i - 1], index=i) if i else None
                options = [expected[i : i + 1]] + ([np.asarray([own], float)] if i else [])
                good += any(step.answer.credit(row[None], option) == 1 for option in options)
            credit = max(credit, Fraction(good, max(len(value), len(expected))))
        return credit

    def mistakes(self, step: Step, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The misconceptions that show in this variant, with their answers.

        One that coincides with the right answer or with an earlier one is dropped.
        """
        values = values if values is not None else {**self.givens, **self.answers}
        right = step.answer.right(step.call(step.compute, values))
        kept: dict[str, Any] = {}
        shown = {step.answer.show(right)}
        for mistake in step.mistakes:
            try:
                value = step.answer.right(step.call(mistake.answer, values))
            except (ValueError, ZeroDivisionError, OverflowError):
                continue  # nothing comes of it here, such as the root of a negative number
            if is_blank(value) or step.answer.show(value) in shown:
                continue
            shown.add(step.answer.show(value))
            value = step.answer.read(step.answer.show(value))  # as a candidate would write it
            if self.credit(step, value, right, values) == 1:
                continue
            if any(step.answer.credit(value, other) == 1 for other in kept.values()):
                continue
            kept[mistake.name] = value
        return kept

    def distractors(self, step: Step) -> dict[str, str]:
        """Wrong answers with a reason, as text: for choice questions and exports."""
        return {name: step.answer.show(value) for name, value in self.mistakes(step).items()}

    def hint(self, name: str) -> str:
        """The hint of one step."""
        step = self.step(name)
        return fill(step.hint, {**self.givens, **self.answers}, self._show())

    def explanation(self, name: str) -> Page:
        """The worked solution of one step with the numbers filled in."""
        step = self.step(name)
        values = {**self.givens, **self.answers}
        if callable(step.explain):
            text = step.call(step.explain, values)
        else:
            text = fill(step.explain, values, self._show())
        answer = f"**{step.answer.show(self.answers[name])}**"
        if isinstance(step.answer, Formula):  # its * would be read as Markdown
            answer = f"`{answer[2:-2]}`"
        return Page(f"{text}\n\nAnswer: {answer}" if text else f"Answer: {answer}")

    def solution(self, *, prompts: bool = True) -> Page:
        """The whole worked solution, step by step; each step's prompt is repeated unless told."""
        parts = [
            f"**{self._letter(i)}** "
            + (f"{self.prompts[s.name]}\n\n" if prompts else "")
            + self.explanation(s.name)
            for i, s in enumerate(self.steps)
        ]
        return Page("\n\n".join(parts))

    def body(self) -> Page:
        """Statement and questions in Markdown."""
        questions = (self.question(i) for i in range(len(self.steps)))
        return Page("\n\n".join([self.statement, *questions]))

    def _show(self) -> dict[str, Callable[[Any], str]]:
        return {step.name: step.answer.show for step in self.steps}

    def _letter(self, index: int) -> str:
        return f"({'abcdefghijklmnopqrstuvwxyz'[index % 26]})"

    def question(self, index: int) -> Page:
        """One step as it is asked: letter, prompt, marks, what is expected, options."""
        step = self.steps[index]
        unit = "mark" if step.marks == 1 else "marks"
        lines = [
            f"**{self._letter(index)}** {self.prompts[step.name]}  *({step.marks} {unit}; "
            f"`{step.name}`: {step.answer.words()})*"
        ]
        if isinstance(step.answer, Choice):
            lines += [f"- ({chr(97 + i)}) {option}" for i, option in enumerate(step.answer.options)]
        return Page("\n\n".join(lines[:1]) + ("\n\n" + "\n".join(lines[1:]) if lines[1:] else ""))

    def text(self) -> Page:
        """Title, statement and questions in Markdown."""
        head = f"### {self.title}\n\n" if self.title else ""
        unit = "mark" if self.marks == 1 else "marks"
        about = f"*{self.id} · {self.marks} {unit}" + (
            f", about {self.minutes:g} minutes*" if self.minutes else "*"
        )
        return Page(f"{head}{self.body()}\n\n{about}")

    def _repr_markdown_(self) -> str:
        return self.text()

    def __str__(self) -> str:
        return str(self.text())

    def __repr__(self) -> str:
        how = f"variant={self.variant!r}" if self.variant else f"seed={self.seed}"
        return f"<exercise {self.name}, {how}, {self.marks} marks>"

    def mark(self, answers: Mapping[str, Any]) -> Any:
        """Mark answers, given by step name. Raises KeyError for a step that does not exist."""
        from course_lib.exam.marking import mark

        return mark(self, answers)

    def attempt(self) -> Any:
        """A fresh attempt: keeps the best mark of each step, travels as JSON."""
        from course_lib.exam.marking import Attempt

        return Attempt(self)


@dataclass(frozen=True)
class ExerciseType:
    """A declared type: how to make its exercises and what the catalogue says about it."""

    name: str
    make: Callable[[Draw], Exercise]
    topic: str
    title: str
    minutes: float
    sources: tuple[str, ...]
    variants: Mapping[str, Mapping[str, Any]]
    version: int

    def new(self, seed: int = 0, variant: str | None = None) -> Exercise:
        """One exercise of this type. Raises KeyError for an unknown variant."""
        if variant is not None and variant not in self.variants:
            raise KeyError(
                f"{self.name} has no variant {variant!r}; "
                f"it has {', '.join(self.variants) or 'none'}."
                + did_you_mean(variant, list(self.variants))
            )
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
            raise TypeError(f"the seed must be a whole number, got {seed!r}")
        key = f"{self.name}.v{self.version}"
        draw = Draw(key, int(seed), self.variants[variant] if variant else None)
        try:
            exercise = self.make(draw)
        except ExerciseError as error:
            raise ExerciseError(f"{self.name}, seed {seed}, variant {variant}: {error}") from error
        if draw.unused():
            raise ExerciseError(
                f"{self.name}: variant {variant!r} fixes {draw.unused()}, never drawn"
            )
        exercise.steps = tuple(
            replace(
                step, answer=step.answer.shuffled(Draw(key, int(seed)), f"options of {step.name}")
            )
            for step in exercise.steps
        )
        exercise.name, exercise.title, exercise.minutes = self.name, self.title, self.minutes
        exercise.seed, exercise.variant, exercise.version = int(seed), variant, self.version
        return exercise


_TYPES: dict[str, ExerciseType] = {}


def exercise_type(
    name: str,
    *,
    topic: str,
    title: str,
    minutes: float,
    sources: Sequence[str] = (),
    variants: Mapping[str, Mapping[str, Any]] | None = None,
    version: int = 1,
) -> Callable[[Callable[[Draw], Exercise]], Callable[[Draw], Exercise]]:
    """Declare an exercise type. `variants` fix draws by their names; raise `version` when draws
    change.

    Raises ValueError if the name is taken.
    """

    def declare(make: Callable[[Draw], Exercise]) -> Callable[[Draw], Exercise]:
        if name in _TYPES and _TYPES[name].make.__qualname__ != make.__qualname__:
            raise ValueError(f"there is already an exercise type {name!r}")
        _TYPES[name] = ExerciseType(
            name, make, topic, title, minutes, tuple(sources), dict(variants or {}), version
        )
        return make

    return declare


@cache
def _load_bank() -> None:
    bank = importlib.import_module("course_lib.exam.bank")
    for module in pkgutil.iter_modules(bank.__path__):
        importlib.import_module(f"{bank.__name__}.{module.name}")


def all_types() -> dict[str, ExerciseType]:
    """Every exercise type of the bank by name: topics in alphabetical order, types as declared."""
    _load_bank()
    return {t.name: t for t in sorted(_TYPES.values(), key=lambda t: t.topic)}


def find(name: str) -> ExerciseType:
    """The type of that name. Raises KeyError with close matches."""
    known = all_types()
    if name not in known:
        raise KeyError(
            f"no exercise type {name!r}.{did_you_mean(name, list(known))} "
            "catalogue() lists them all."
        )
    return known[name]


def of_topic(name: str) -> list[ExerciseType]:
    """The types of a topic, or the one type of that name. Raises KeyError with close matches."""
    known = all_types()
    found = [t for t in known.values() if name in (t.topic, t.name)]
    if not found:
        names = [*known, *{t.topic for t in known.values()}]
        raise KeyError(
            f"no topic or exercise type {name!r}.{did_you_mean(name, names)} "
            "catalogue() lists them all."
        )
    return found


def new(name: str, seed: int = 0, variant: str | None = None) -> Exercise:
    """One exercise: `new("perceptron.update", seed=7)` or `new(..., variant="lecture")`.

    The same name and seed give the same exercise everywhere. Raises KeyError with close matches.
    """
    return find(name).new(seed, variant)


def catalogue(topic: str | None = None) -> Table:
    """All exercise types, or those of one topic."""
    chosen = of_topic(topic) if topic else list(all_types().values())
    rows = [
        (t.name, t.title, t.new().marks, t.minutes, ", ".join(t.variants), ", ".join(t.sources))
        for t in chosen
    ]
    return Table(["name", "title", "marks", "minutes", "variants", "lectures"], rows)


__all__ = [
    "Choices",
    "Exercise",
    "ExerciseType",
    "Mistake",
    "Page",
    "Step",
    "all_types",
    "catalogue",
    "exercise_type",
    "find",
    "new",
    "of_topic",
]
