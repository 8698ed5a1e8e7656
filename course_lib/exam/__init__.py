"""Hand exercises with endless variants: draw one, answer it, be marked, learn from the answer.

from course_lib import exam
exam.catalogue()                                    # what there is
exercise = exam.new("perceptron.update", seed=7)    # or variant="lecture"
exercise.mark({"after_1": "(0, 1, 1)"})             # a report, with follow-through
exam.practice("perceptron")                         # the same with fields and buttons
exam.drill()                                        # what you are about to forget
exam.mastery()                                      # how well each topic is known now
exam.mock(seed=7, minutes=90)                       # an exam with a clock, marked out of 30
exam.progress()                                     # where all of that is kept; export, delete
"""

from __future__ import annotations

from typing import Any

from course_lib.exam.draw import Draw, DrawError
from course_lib.exam.drill import drill, mastery, mastery_map
from course_lib.exam.exercise import (
    Exercise,
    ExerciseType,
    Mistake,
    Step,
    all_types,
    catalogue,
    exercise_type,
    new,
)
from course_lib.exam.marking import Attempt, Report, StepResult
from course_lib.exam.mock import mock
from course_lib.exam.progress import Progress, ProgressError, progress
from course_lib.exam.reading import Unreadable
from course_lib.exam.samples import Samples, samples
from course_lib.exam.template import ExerciseError


def practice(name: str, seed: int | None = None, variant: str | None = None) -> Any:
    """Practise a topic or one exercise type in the notebook: fields, check, hint, reveal, new
    variant. What is typed and earned is kept in `progress()` and comes back.

    Raises KeyError with close matches for an unknown name.
    """
    from course_lib.exam.notebook import Practice  # ipywidgets only where it is needed

    return Practice(name, seed, variant)


__all__ = [
    "Samples",
    "samples",
    "Attempt",
    "Draw",
    "DrawError",
    "Exercise",
    "ExerciseError",
    "ExerciseType",
    "Mistake",
    "Progress",
    "ProgressError",
    "Report",
    "Step",
    "StepResult",
    "Unreadable",
    "all_types",
    "catalogue",
    "drill",
    "exercise_type",
    "mastery",
    "mastery_map",
    "mock",
    "new",
    "practice",
    "progress",
]
