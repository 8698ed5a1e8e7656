"""Printed exams for a class: different papers of the same types, answer sheets, and a marking key.

The HTML stands alone (MathML, no scripts, no network) and is made for printing (`printing.pdf`).
The same seed gives the same bytes. The marking key is made by `key`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape

from course_lib.exam.answers import Choice, Choices, Formula, Matrix, Number, States, Text, Vector
from course_lib.exam.draw import Draw
from course_lib.exam.exercise import Exercise, ExerciseType, Step, of_topic
from course_lib.exam.markup import block, inline
from course_lib.exam.paper_style import STYLE
from course_lib.exam.variants import different, note

RULES = (
    "You may use a pocket calculator and one hand-written sheet of formulas. Phones are off.",
    "Write the final answers on the answer sheets, decimals with a point or a comma. Show your "
    "work on extra sheets.",
    "A part that follows correctly from your own wrong earlier answer earns its marks.",
    "Where several answers may hold, each wrong tick takes a right one back; no part is below 0.",
)
@dataclass(frozen=True)
class Paper:
    """One candidate's exam."""

    number: int
    exercises: tuple[Exercise, ...]

    @property
    def marks(self) -> Fraction:
        return sum((e.marks for e in self.exercises), Fraction(0))


@dataclass(frozen=True)
class Exam:
    """The papers of a class, and what stands at the head of each."""

    title: str
    date: str
    minutes: float
    seed: int
    papers: tuple[Paper, ...]


def choose(names: Sequence[str], minutes: float, seed: int) -> list[ExerciseType]:
    """Types of these topics (or of these names) that fit into the time, fairly over the topics.

    Raises KeyError with close matches, ValueError if not even one type fits.
    """
    pools = [Draw(f"paper/{name}", seed).shuffle("types", of_topic(name)) for name in names]
    chosen: list[ExerciseType] = []
    left = minutes
    while any(pools):
        for pool in pools:
            while pool:
                kind = pool.pop(0)
                if kind not in chosen and kind.minutes <= left:
                    chosen.append(kind)
                    left -= kind.minutes
                    break
    if not chosen:
        raise ValueError(f"no exercise type of {', '.join(names)} fits into {minutes:g} minutes")
    order = [kind for name in names for kind in of_topic(name)]
    return sorted(chosen, key=order.index)


def compose(
    names: Sequence[str],
    variants: int = 30,
    seed: int = 1,
    *,
    minutes: float = 90,
    title: str = "Deep learning: written exam",
    date: str = "",
) -> Exam:
    """`variants` different papers of the same types. Raises ValueError if there are not so many."""
    pools = [different(kind, variants, 1000 * seed + 1) for kind in choose(names, minutes, seed)]
    papers = [tuple(pool[i % len(pool)] for pool in pools) for i in range(variants)]
    if len({tuple(note(e) for e in paper) for paper in papers}) < variants:
        most = max(len(pool) for pool in pools)
        raise ValueError(f"there are only {most} different papers of these types; add more types")
    return Exam(
        title,
        date,
        sum(pool[0].minutes for pool in pools),
        seed,
        tuple(Paper(i + 1, paper) for i, paper in enumerate(papers)),
    )


def letter(index: int) -> str:
    return f"({chr(97 + index % 26)})"


def in_words(marks: Fraction | int) -> str:
    return f"{marks} mark" if marks == 1 else f"{marks} marks"


def expected(step: Step) -> str:
    if isinstance(step.answer, Choice):
        return "tick all that hold" if isinstance(step.answer, Choices) else "tick one"
    if isinstance(step.answer, States):
        return f"one row ({', '.join(step.answer.columns)}) per state"
    if isinstance(step.answer, Matrix):
        return f"a {step.answer.rows} by {step.answer.columns} matrix"
    if isinstance(step.answer, Number) and exact(step.answer):
        return "a number"
    return step.answer.words()


def exact(kind: Number) -> bool:
    return kind.tolerance.digits is None and kind.tolerance.margin(1) < 1e-5


def _question(exercise: Exercise, index: int) -> str:
    step = exercise.steps[index]
    asked = block(
        f"**{letter(index)}** {exercise.prompts[step.name]} *({in_words(Fraction(step.marks))}; "
        f"{expected(step)})*"
    )
    options = ""
    if isinstance(step.answer, Choice):
        short = len(step.answer.options) > 4 and max(map(len, step.answer.options)) < 24
        rows = "".join(
            f"<li>{letter(i)} {inline(o)}</li>" for i, o in enumerate(step.answer.options)
        )
        options = f'<ul class="options{" short" if short else ""}">{rows}</ul>'
    return f'<div class="step">{asked}{options}</div>'


def _exercise(number: int, exercise: Exercise) -> str:
    steps = "\n".join(_question(exercise, i) for i in range(len(exercise.steps)))
    about = f"{in_words(exercise.marks)}, about {exercise.minutes:g} minutes"
    return (
        f'<article class="exercise" data-id="{escape(exercise.id)}">\n<h2>{number}. '
        f"{inline(exercise.title)} <small>{about}</small></h2>\n"
        f'<div class="statement">{block(exercise.statement)}</div>\n{steps}\n'
        f'<p class="id">{escape(exercise.id)}</p>\n</article>'
    )


def _blank(exercise: Exercise, step: Step) -> str:
    """The place on the answer sheet for one step."""
    kind, line = step.answer, '<span class="blank"></span>'
    if isinstance(kind, Choice):
        boxes = (
            f'<span class="tick"><span class="box"></span>&#160;{letter(i)}</span>'
            for i in range(len(kind.options))
        )
        return " ".join(boxes)
    if isinstance(kind, Vector):
        names = kind.names or [str(i + 1) for i in range(kind.length)]
        return " ".join(f'<span class="entry">{inline(name)}: {line}</span>' for name in names)
    if isinstance(kind, Matrix):
        row = "<tr>" + "<td></td>" * kind.columns + "</tr>"
        return f'<table class="grid">{row * kind.rows}</table>'
    if isinstance(kind, States):
        head = "".join(f"<th>{inline(c)}</th>" for c in kind.columns)
        count = max(
            6, len(exercise.answers[step.name]) + 2
        )  # more rows than states, to give none away
        row = "<tr>" + "<td></td>" * len(kind.columns) + "</tr>"
        return f'<table class="grid"><tr>{head}</tr>{row * count}</table>'
    return '<span class="blank long"></span>' if isinstance(kind, (Formula, Text)) else line


def _sheet(exam: Exam, paper: Paper) -> str:
    rows = []
    for n, exercise in enumerate(paper.exercises, start=1):
        rows.append(f'<tr class="title"><th colspan="3">{n}. {inline(exercise.title)}</th></tr>')
        rows += [
            f"<tr><td>{n} {letter(i)}</td><td>{_blank(exercise, step)}</td>"
            f'<td class="points">/ {step.marks}</td></tr>'
            for i, step in enumerate(exercise.steps)
        ]
    return (
        f'<section class="sheet">\n<h1>Answer sheet, paper {paper.number}</h1>\n{_who(exam)}\n'
        '<table class="answers"><thead><tr><th></th><th>Answer</th><th>Marks</th></tr></thead>\n'
        "<tbody>"
        + "\n".join(rows)
        + f'\n</tbody></table>\n<p class="total">Total: ______ of {paper.marks}</p>\n</section>'
    )


def _who(exam: Exam) -> str:
    date = escape(exam.date) if exam.date else '<span class="blank"></span>'
    return (
        '<p class="who">Name: <span class="blank long"></span> Number: <span class="blank"></span> '
        f"Date: {date}</p>"
    )


def _paper(exam: Exam, paper: Paper) -> str:
    rules = "".join(f"<li>{inline(rule)}</li>" for rule in RULES)
    body = "\n".join(_exercise(i, e) for i, e in enumerate(paper.exercises, start=1))
    about = (
        f"Paper {paper.number} of {len(exam.papers)} · {exam.minutes:g} minutes · "
        f"{in_words(paper.marks)}, scaled to 30; 18 of 30 pass"
    )
    return (
        f'<section class="paper" id="paper-{paper.number}" style="page: p{paper.number}">\n'
        f'<header><h1>{inline(exam.title)}</h1><p class="about">{about}</p>{_who(exam)}'
        f"<ul>{rules}</ul></header>\n{body}\n{_sheet(exam, paper)}\n</section>"
    )


def document(exam: Exam, what: str, body: str) -> str:
    count = len(exam.papers)
    pages = "\n".join(
        f'@page p{p.number} {{ @bottom-left {{ content: "{what} {p.number} of {count}"; }} }}'
        for p in exam.papers
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"/>'
        f"<title>{escape(exam.title)}: "
        f"{what.lower()}s</title>\n<style>\n{STYLE}\n{pages}\n</style></head>\n<body>\n{body}\n"
        "</body></html>\n"
    )


def papers(exam: Exam) -> str:
    """All papers with their answer sheets as one HTML document."""
    return document(exam, "Paper", "\n".join(_paper(exam, p) for p in exam.papers))


__all__ = ["Exam", "Paper", "choose", "compose", "papers"]
