"""Theory questions: one declaration holds a list of them, a seed picks one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from course_lib.exam.answers import choice
from course_lib.exam.draw import Draw
from course_lib.exam.exercise import Exercise, Mistake, Step


@dataclass(frozen=True)
class Question:
    """A question, its right answer, and wrong answers with the reason why each is wrong."""

    ask: str
    right: str
    wrong: Sequence[tuple[str, str]]
    why: str
    hint: str = ""


def theory(
    draw: Draw, questions: Sequence[Question], *, options: int = 4, marks: int = 2
) -> Exercise:
    """One of the questions, with its right answer among `options` in random order."""
    index = draw.integer("question", 0, len(questions) - 1)
    question = questions[index]
    wrong = draw.sample("distractors", question.wrong, min(options - 1, len(question.wrong)))
    step = Step(
        "answer",
        question.ask,
        lambda right=question.right: right,
        choice([question.right, *(text for text, _ in wrong)], shuffle=True),
        marks=marks,
        hint=question.hint,
        explain=question.why,
        mistakes=[Mistake(f"distractor_{i + 1}", text, why) for i, (text, why) in enumerate(wrong)],
    )
    return Exercise("Choose the one right answer.", givens={}, steps=[step])
