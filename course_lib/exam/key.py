"""The marking key of a printed exam: answers, what is accepted, follow-through, common mistakes."""

from __future__ import annotations

from html import escape

from course_lib.exam.answers import Choice, Choices, Number, States, Vector
from course_lib.exam.exercise import Exercise, Step
from course_lib.exam.markup import block, inline
from course_lib.exam.paper import Exam, Paper, document, exact, expected, in_words, letter
from course_lib.exam.template import fill


def _key_row(exercise: Exercise, index: int, solutions: bool) -> str:
    step = exercise.steps[index]
    right, kind = exercise.answers[step.name], step.answer
    accepted = expected(step)
    if isinstance(kind, Number) and not exact(kind):
        low, high = kind.tolerance.interval(right)
        accepted = f"{kind.tolerance.words()}: {low:.6g} to {high:.6g}"
    if step.accept:
        accepted = f"any that does it; this is one. {accepted}"
    if getattr(kind, "partial", False) or isinstance(kind, States):
        accepted += "; each entry its share" if isinstance(kind, Vector) else "; each row its share"
    letters = {s.name: letter(i) for i, s in enumerate(exercise.steps)}
    earlier = [letters[name] for name in step.needs() if name in letters]
    follow = f"from {', '.join(earlier)}" if earlier else "none"
    if step.advance:
        follow = "each row from the candidate's own row before it"
    values = {**exercise.givens, **exercise.answers}
    told = {m.name: m for m in step.mistakes}
    mistakes = "".join(
        f'<li data-mistake="{escape(name)}"><b>{_shown(step, shown)}</b>'
        f"{f' ({told[name].marks})' if told[name].marks else ''}: "
        f"{inline(fill(told[name].feedback, values, exercise._show()))}</li>"
        for name, shown in exercise.distractors(step).items()
    )
    choice = ""
    if isinstance(kind, Choice):
        picked = right if isinstance(kind, Choices) else (right,)
        choice = ", ".join(letter(kind.options.index(option)) for option in picked) + " "
    how = ""
    if solutions:
        solution = block(exercise.explanation(step.name))
        how = f'<tr class="how"><td></td><td colspan="5">{solution}</td></tr>'
    return (
        f'<tr data-step="{escape(step.name)}"><td>{letter(index)}</td><td>{choice}<b class="right">'
        f"{_shown(step, kind.show(right))}</b></td><td>{inline(accepted)}</td><td>{step.marks}</td>"
        f"<td>{follow}</td><td><ul>{mistakes}</ul></td></tr>{how}"
    )


def _shown(step: Step, answer: str) -> str:
    """An answer as it is written; only options are Markdown."""
    return inline(answer) if isinstance(step.answer, Choice) else escape(answer)


def _key(exam: Exam, paper: Paper, solutions: bool) -> str:
    parts = []
    for n, exercise in enumerate(paper.exercises, start=1):
        rows = "\n".join(_key_row(exercise, i, solutions) for i in range(len(exercise.steps)))
        parts.append(
            f'<table class="key" data-id="{escape(exercise.id)}">'
            f"<caption>{n}. {inline(exercise.title)} "
            f"({in_words(exercise.marks)}) <small>{escape(exercise.id)}</small></caption>"
            "<thead><tr><th></th>"
            "<th>Answer</th><th>Accepted</th><th>Marks</th><th>Follow-through</th>"
            f"<th>Common mistakes (marks)</th></tr></thead>\n<tbody>{rows}</tbody></table>"
        )
    return (
        f'<section class="paper" style="page: p{paper.number}">'
        f"<h1>Key of paper {paper.number}</h1>\n"
        + "\n".join(parts)
        + "\n</section>"
    )


def key(exam: Exam, *, solutions: bool = False) -> str:
    """The marking keys of all papers as one HTML document, with worked solutions if wanted."""
    scheme = (
        f"<h1>{inline(exam.title)}: marking key</h1><ul>"
        "<li>Compare with the answer first. A wrong answer that follows correctly from the "
        "candidate's own earlier answers earns full marks (column follow-through).</li>"
        "<li>A common mistake earns nothing unless its marks stand in brackets.</li>"
        "<li>A blank is blank, and an unreadable answer is asked about, not marked down.</li>"
        f"<li>Mark out of 30 = marks &#215; 30 / {exam.papers[0].marks}, rounded; 18 pass.</li>"
        f"<li>Seed {exam.seed}: the command that printed the papers prints them again.</li></ul>"
    )
    body = "\n".join(_key(exam, p, solutions) for p in exam.papers)
    return document(exam, "Key", f'<header class="scheme">{scheme}</header>\n{body}')
