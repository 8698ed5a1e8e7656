"""One folded sample of every exercise type of a topic, for a chapter's exam corner."""

from __future__ import annotations

from collections.abc import Sequence

from course_lib.exam.exercise import Exercise, of_topic


class Samples(Sequence[Exercise]):
    """Exercises that render as folded statements with their worked solutions."""

    def __init__(self, exercises: Sequence[Exercise]) -> None:
        self._exercises = tuple(exercises)

    def __len__(self) -> int:
        return len(self._exercises)

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        return self._exercises[index]

    def __repr__(self) -> str:
        return "\n".join(f"{e.name}: {e.title}" for e in self._exercises)

    def _repr_markdown_(self) -> str:
        folds = (
            f"<details><summary>{e.title} ({e.marks} marks, {e.minutes:g} minutes)</summary>"
            f"\n\n{e.body()}\n\n**Worked solution**\n\n{e.solution(prompts=False)}\n\n</details>"
            for e in self._exercises
        )
        return "\n\n".join(folds)


def samples(topic: str, seed: int = 1) -> Samples:
    """Each type of a topic once: the lecture's own numbers where there are some, else a drawn
    variant.

    Raises KeyError with close matches for an unknown topic.
    """
    types = of_topic(topic)
    return Samples([t.new(seed, next(iter(t.variants), None)) for t in types])
