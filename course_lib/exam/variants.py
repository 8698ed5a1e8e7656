"""Different variants of a type for a class or a question bank: no two ask the same."""

from __future__ import annotations

from course_lib.exam.answers import Choice
from course_lib.exam.exercise import Exercise, ExerciseType


def note(exercise: Exercise) -> tuple[object, ...]:
    """What makes a variant: equal notes ask the same, whatever the order of the options."""
    asked = [
        (exercise.prompts[s.name], sorted(s.answer.options) if isinstance(s.answer, Choice) else ())
        for s in exercise.steps
    ]
    return (exercise.statement, tuple((prompt, tuple(options)) for prompt, options in asked))


def different(kind: ExerciseType, count: int, seed: int = 1, tries: int = 20) -> list[Exercise]:
    """Up to `count` different variants from the seeds `seed`, `seed` + 1, ...

    Fewer where the type has fewer (theory questions); it gives up after `tries` repeats in a row.
    Raises ValueError for a count below 1.
    """
    if count < 1:
        raise ValueError(f"at least one variant is needed, got {count}")
    found: dict[tuple[object, ...], Exercise] = {}
    repeats = 0
    while len(found) < count and repeats < tries:
        exercise = kind.new(seed)
        repeats = repeats + 1 if note(exercise) in found else 0
        found.setdefault(note(exercise), exercise)
        seed += 1
    return list(found.values())


__all__ = ["different", "note"]
