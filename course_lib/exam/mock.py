"""A mock exam: 30 marks, a clock, pause, hand in, minutes per topic, review with solutions.

Which exercises (`choose`): topics take turns, always the one with the fewest minutes so far (then
the fewest marks), and of its types, in an order that the seed shuffles, the first that still fits
into the time. So topics differ by no more than one exercise, and the same call gives the same exam.
Its 30 marks are shared out by the exercises' own marks, in whole or half marks.

The state lies in the progress file, deadline included: the clock goes on over kernel restarts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from course_lib.exam.draw import Draw
from course_lib.exam.drill import learn
from course_lib.exam.exercise import Exercise, ExerciseType, Page, all_types, of_topic
from course_lib.exam.marking import Attempt, Report
from course_lib.exam.progress import Progress, store
from course_lib.exam.syllabus import place as taught_at
from course_lib.exam.syllabus import topic_of
from course_lib.exam.template import in_short

MARKS, PASS = 30, 18
SHORTEST, LONGEST = 10, 240  # minutes
MAY_USE = (
    "You may use a pocket calculator and one hand-written sheet of formulas; no notes, no code, "
    "no other help."
)


class MockError(RuntimeError):
    """What was asked for does not fit the state of the mock exam."""


def choose(seed: int, minutes: float, topics: Sequence[str] | None = None) -> list[ExerciseType]:
    """The exercise types of a mock exam, in syllabus order; see the head of this file.

    Raises KeyError with close matches for an unknown topic, ValueError if nothing fits.
    """
    names = topics or sorted({kind.topic for kind in all_types().values()}, key=taught_at)
    draw = Draw(f"mock/{minutes:g}/{','.join(names)}", seed)
    pools = {n: draw.shuffle(f"types of {n}", of_topic(n)) for n in dict.fromkeys(names)}
    turn = {name: i for i, name in enumerate(draw.shuffle("topics", list(pools)))}
    chosen: dict[str, list[ExerciseType]] = {name: [] for name in pools}
    load = {name: (Fraction(0), Fraction(0), turn[name]) for name in pools}
    left = Fraction(minutes)

    while pools:
        name = min(pools, key=lambda name: load[name])
        fitting = [k for k in pools[name] if k.minutes <= left and k not in chosen[name]]
        if not fitting:
            del pools[name]
            continue
        kind = fitting[0]
        chosen[name].append(kind)
        used, marks, own = load[name]
        load[name] = (used + Fraction(kind.minutes), marks + kind.new().marks, own)
        left -= Fraction(kind.minutes)
    found = list({kind.name: kind for kinds in chosen.values() for kind in kinds}.values())
    if not found:
        raise ValueError(f"no exercise of {', '.join(names)} fits into {minutes:g} minutes")
    order = list(all_types())
    return sorted(found, key=lambda kind: (taught_at(kind.topic), order.index(kind.name)))


def points(exercises: Sequence[Exercise]) -> list[Fraction]:
    """The 30 marks shared out by the exercises' own: whole (half, where there are many) marks that
    add up exactly (largest remainders).
    """
    unit = Fraction(1) if 3 * len(exercises) <= MARKS else Fraction(1, 2)
    units = int(MARKS / unit)
    total = sum((e.marks for e in exercises), Fraction(0))
    exact = [units * e.marks / total for e in exercises]
    shares = [max(1, int(share)) for share in exact]
    by_rest = sorted(range(len(exact)), key=lambda i: shares[i] - exact[i])
    step = 1 if sum(shares) < units else -1
    for i in (by_rest if step > 0 else by_rest[::-1]) * len(shares):
        if sum(shares) == units:
            break
        if shares[i] + step >= 1:
            shares[i] += step
    return [unit * share for share in shares]


@dataclass(frozen=True)
class Part:
    """One exercise of a mock exam, marked: its share of the 30 marks and the seconds spent."""

    number: int
    topic: str
    exercise: Exercise
    report: Report
    points: Fraction
    seconds: float

    @property
    def earned(self) -> Fraction:
        """Marks of the 30. What we failed to mark does not count against the candidate."""
        share = self.report.marks / self.report.out_of if self.report.out_of else Fraction(1)
        return share * self.points


@dataclass(frozen=True)
class Result:
    """A mock exam that was handed in: the mark, each topic's part, and a review."""

    title: str
    minutes: float
    parts: tuple[Part, ...]
    pauses: int = 0
    late: bool = False

    @property
    def marks(self) -> Fraction:
        """The mark out of 30."""
        return sum((part.earned for part in self.parts), Fraction(0))

    @property
    def passed(self) -> bool:
        return self.marks >= PASS

    def topics(self) -> dict[str, list[Part]]:
        """The parts by topic."""
        found: dict[str, list[Part]] = {}
        for part in self.parts:
            found.setdefault(part.topic, []).append(part)
        return found

    def summary(self) -> Page:
        """Mark, pass mark, and a table with marks and minutes per topic."""
        # Rounded down, so that what reads as 18 is a pass.
        mark = in_short(Fraction(int(self.marks * 10), 10))
        word = "passed" if self.passed else "not passed"
        used = sum(part.seconds for part in self.parts) / 60
        lines = [
            f"### {mark} of {MARKS}: {word}",
            f"The pass mark is {PASS}. You worked for {in_short(used)} of {self.minutes:g} minutes"
            + (f", with {self.pauses} pauses" if self.pauses > 1 else "")
            + (", with one pause" if self.pauses == 1 else "")
            + (", until the time was up." if self.late else "."),
            "\n".join(
                [
                    "| topic | marks | of | your minutes | planned |",
                    "|:--|--:|--:|--:|--:|",
                    *(
                        f"| {topic.replace('_', ' ')} | {in_short(sum(p.earned for p in parts))} | "
                        f"{in_short(sum(p.points for p in parts))} | "
                        f"{in_short(sum(p.seconds for p in parts) / 60)} | "
                        f"{sum(p.exercise.minutes for p in parts):g} |"
                        for topic, parts in self.topics().items()
                    ),
                ]
            ),
        ]
        return Page("\n\n".join(lines))

    def review(self, index: int) -> Page:
        """One exercise with its marks and the worked solution."""
        part = self.parts[index]
        return Page(
            f"### {part.number}. {part.exercise.title}\n\n{part.exercise.statement}\n\n"
            f"#### Your answers: {in_short(part.earned)} of {in_short(part.points)} exam marks\n\n"
            f"{part.report._repr_markdown_()}\n\n"
            f"#### Worked solution\n\n{part.exercise.solution()}"
        )

    def __str__(self) -> str:
        return str(self.summary())

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        return str(self.summary())


class Sitting:
    """One mock exam and the candidate in it; the state is in the store, so any number of notebooks
    may show it and a new kernel goes on. `now` gives the time in seconds.

    Raises ValueError for a length outside 10 to 240 minutes, KeyError for unknown topics.
    """

    def __init__(
        self,
        seed: int = 7,
        minutes: float = 90,
        topics: Sequence[str] | str | None = None,
        progress: Progress | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        if isinstance(topics, str):
            topics = [topics]
        if not SHORTEST <= minutes <= LONGEST:
            raise ValueError(
                f"a mock exam takes {SHORTEST} to {LONGEST} minutes, not {minutes:g}"
            )
        self.store, self.now = progress or store(), now
        self.minutes = minutes
        self.place = f"mock/{seed}/{minutes:g}/{','.join(topics or ['all'])}"
        self.title = f"Mock exam {seed}, {minutes:g} minutes" + (
            f", {', '.join(topics)}".replace("_", " ") if topics else ""
        )
        if self.store.exam(self.place) is None:
            self._prepare(seed, topics)
        else:  # nobody was here until now: no exercise took that time
            self.store.change(self.place, lambda state: {**(state or {}), "touched": self.now()})
        self.state = self._read()
        self.attempts = [self._attempt(name) for name in self.state["exercises"]]
        self.exercises = [attempt.exercise for attempt in self.attempts]
        self.points = [Fraction(p) for p in self.state["points"]]

    def _prepare(self, seed: int, topics: Sequence[str] | None) -> None:
        kinds = choose(seed, self.minutes, topics)
        variants = Draw(self.place, seed)
        exercises = [k.new(variants.integer(k.name, 10**6, 10**9)) for k in kinds]
        for exercise in exercises:  # statement, givens, answers and tolerances, for any release
            self.store.keep(self.place, exercise.id, Attempt(exercise).to_dict())
        new = {
            "state": "ready",
            "left": self.minutes * 60,
            "exercises": [e.id for e in exercises],
            "points": [str(p) for p in points(exercises)],
            "planned": [e.minutes for e in exercises],
            "spent": [0.0] * len(exercises),
            "page": 0,
            "pauses": 0,
        }
        self.store.change(self.place, lambda state: state or new)

    def _attempt(self, name: str) -> Attempt:
        data = self.store.attempt(self.place, name)
        if data is None:
            raise MockError(f"the exercise {name} of {self.title} is no longer stored")
        attempt = Attempt.from_dict(data)
        if not attempt.exercise.minutes:  # frozen: this release has another exercise by that name
            place = self.state["exercises"].index(name)
            attempt.exercise.minutes = self.state["planned"][place]
        return attempt

    def _read(self) -> dict[str, Any]:
        state = self.store.exam(self.place)
        if state is None:
            raise MockError("this exam was deleted; run the cell again for a new one")
        return state

    def _change(self, change: Callable[[dict[str, Any]], None] = lambda state: None) -> None:
        """Book the time spent until now, then change the stored state."""
        now = self.now()

        def apply(state: dict[str, Any] | None) -> dict[str, Any]:
            if state is None:
                raise MockError("this exam was deleted; run the cell again for a new one")
            if state["state"] == "running":
                end = min(now, state["deadline"])
                state["spent"][state["page"]] += max(0.0, end - state["touched"])
                state["touched"] = now
            change(state)
            return state

        self.state = self.store.change(self.place, apply)

    def look(self) -> str:
        """The state now: ready, running, paused or handed in. The time being up hands in."""
        self._change()
        if self.state["state"] == "running" and self.left() <= 0:
            self.hand_in()
        return self.state["state"]

    def left(self) -> float:
        """Seconds left."""
        if self.state["state"] == "running":
            return max(0.0, self.state["deadline"] - self.now())
        return float(self.state["left"])

    def start(self) -> None:
        """Start the clock, or go on after a pause."""

        def start(state: dict[str, Any]) -> None:
            if state["state"] in ("ready", "paused"):
                now = self.now()
                state.update(state="running", deadline=now + state["left"], touched=now)

        self._change(start)

    def pause(self) -> None:
        """Stop the clock until `start`."""
        if self.look() != "running":
            return

        def pause(state: dict[str, Any]) -> None:
            if state["state"] == "running":
                left = max(0.0, state["deadline"] - self.now())
                state.update(state="paused", left=left, pauses=state["pauses"] + 1)

        self._change(pause)

    def turn_to(self, page: int) -> None:
        """Work on another exercise from now on; its minutes count there."""

        def turn(state: dict[str, Any]) -> None:
            state["page"] = page

        if not 0 <= page < len(self.exercises):
            raise IndexError(f"there are exercises 1 to {len(self.exercises)}")
        self._change(turn)

    @property
    def page(self) -> int:
        return int(self.state["page"])

    def type(self, page: int, step: str, value: Any) -> bool:
        """Save what stands in a field now; False where the exam is not running."""
        if self.look() != "running":
            return False
        self.store.draft(self.place, self.exercises[page].id, step, value, typed=self.now())
        return True

    def typed(self) -> list[dict[str, Any]]:
        """What stands in the fields of each exercise, typed in whichever notebook."""
        # While paused nothing is typed, and the old deadline no longer holds.
        end = self.state.get("deadline") if self.state["state"] != "paused" else None
        drafts = self.store.drafts(self.place, until=end)
        found = []
        for exercise in self.exercises:
            typed = drafts.get(exercise.id, {})
            found.append({s.name: typed[s.name] for s in exercise.steps if s.name in typed})
        return found

    def hand_in(self) -> Result:
        """Mark what was typed, in whichever notebook and before the time was up."""
        answers = self.typed()

        def close(state: dict[str, Any]) -> None:
            if state["state"] == "ready":
                raise MockError("the exam has not been started")
            if state["state"] != "handed in":
                if state["state"] == "running":
                    state["left"] = max(0.0, state["deadline"] - self.now())
                state.update(state="handed in", late=state["left"] == 0, answers=answers)

        self._change(close)
        for attempt, given in zip(self.attempts, self.state["answers"], strict=True):
            attempt.mark(given)
            self.store.keep(self.place, attempt.exercise.id, attempt.to_dict())
            if any(given.values()):  # what was not reached says nothing about what is known
                learn(self.store, attempt.exercise, attempt.marks, self.now())
        return self.result()

    def result(self) -> Result:
        """Mark, minutes and review. Raises MockError before it is handed in."""
        if self.look() != "handed in":
            raise MockError("the exam has not been handed in")
        answers, spent = self.state["answers"], self.state["spent"]
        parts = [
            Part(i + 1, topic_of(e.name), e, Attempt(e).mark(answers[i]), p, spent[i])
            for i, (e, p) in enumerate(zip(self.exercises, self.points, strict=True))
        ]
        pauses, late = self.state["pauses"], self.state["late"]
        return Result(self.title, self.minutes, tuple(parts), pauses, late)

    def front(self) -> Page:
        """What is told before the clock runs."""
        marks = [in_short(p) for p in self.points]
        return Page(
            f"## {self.title}\n\n"
            f"{len(self.exercises)} exercises, {MARKS} marks, {self.minutes:g} minutes; "
            f"the pass mark is {PASS}.\n\n{MAY_USE}\n\n"
            "- A part that follows correctly from your own wrong earlier answer earns its marks.\n"
            "- Decimals with a point or a comma. Enter shows how your answer was read, "
            "not whether it is right.\n"
            "- Everything is saved as you type. The clock goes on when you close the notebook, "
            "unless you press Pause.\n\n"
            "| exercise | topic | marks | minutes |\n|:--|:--|--:|--:|\n"
            + "\n".join(
                f"| {i + 1}. {e.title} | {topic_of(e.name).replace('_', ' ')} | {m} | "
                f"{e.minutes:g} |"
                for i, (e, m) in enumerate(zip(self.exercises, marks, strict=True))
            )
        )


def mock(
    seed: int = 7, minutes: float = 90, topics: Sequence[str] | str | None = None
) -> Any:
    """Sit a mock exam in the notebook; the same call goes on where you were, and shows the review
    once it is handed in. Another seed is another exam.

    Raises ValueError for a length outside 10 to 240 minutes, KeyError for unknown topics.
    """
    from course_lib.exam.mock_notebook import MockExam  # ipywidgets only where it is needed

    return MockExam(Sitting(seed, minutes, topics))


__all__ = ["MARKS", "PASS", "MockError", "Part", "Result", "Sitting", "choose", "mock", "points"]
