"""Spaced repetition: what you are about to forget comes first, each time with other numbers.

Every exercise type has one card, scheduled by FSRS (the package `fsrs`, its default weights, recall
aimed at 90 %, no random fuzz). What counts is the first try of each step; a revealed step earns
nothing. The rating that FSRS gets:

    Again   less than half of the marks
    Hard    at least half, or any hint was used
    Good    at least 85 %
    Easy    all marks, without a hint, in half of the planned minutes

Which type comes next (`Desk.choose`): of the cards that are due or whose predicted recall has sunk
to 90 %, the one with the lowest recall; else the first new type in the order of the syllabus; else
the card that is due next. Mock exams that are handed in count as reviews, too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any

from course_lib.exam.exercise import Exercise, ExerciseType, of_topic
from course_lib.exam.progress import Progress, store
from course_lib.exam.syllabus import taught
from course_lib.exam.variants import note
from course_lib.trace import Table

if TYPE_CHECKING:
    from fsrs import Card, Scheduler

RECALL = 0.9  # aimed at, and the line below which a type counts as about to be forgotten
GOOD, HARD = Fraction(85, 100), Fraction(1, 2)
AGAIN_, HARD_, GOOD_, EASY_ = 1, 2, 3, 4  # the numbers of fsrs.Rating
RATINGS = {AGAIN_: "again", HARD_: "hard", GOOD_: "good", EASY_: "easy"}


def rate(
    earned: Fraction, possible: Fraction, *, hints: int = 0, fast: bool = False
) -> int:
    """The rating of FSRS, 1 to 4, that these marks mean; see the head of this file."""
    share = Fraction(earned) / possible
    if share < HARD:
        return AGAIN_
    if share < GOOD or hints:
        return HARD_
    return EASY_ if share == 1 and fast else GOOD_


@cache
def scheduler() -> Scheduler:
    """FSRS with its default weights; without fuzz, so the same history gives the same dates."""
    from fsrs import Scheduler

    return Scheduler(desired_retention=RECALL, enable_fuzzing=False)


def _date(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _card(data: Mapping[str, Any] | None, now: float) -> Card:
    from fsrs import Card

    return Card.from_dict(data) if data else Card(card_id=1, due=_date(now))  # type: ignore[arg-type]


def learn(
    progress: Progress, exercise: Exercise, earned: Fraction, now: float,
    *, hints: int = 0, fast: bool = False,
) -> int:  # fmt: skip
    """Tell the type's card how this variant went; returns the rating. A variant counts once."""
    from fsrs import Rating

    rating = rate(earned, exercise.marks, hints=hints, fast=fast)

    def schedule(card: dict[str, Any] | None) -> dict[str, Any]:
        done, _log = scheduler().review_card(_card(card, now), Rating(rating), _date(now))
        return dict(done.to_dict())

    progress.review(
        exercise.name, now, exercise.id, rating, float(earned), float(exercise.marks), schedule
    )
    return rating


@dataclass(frozen=True)
class Standing:
    """How one exercise type stands: when it is due, and how likely it is still known."""

    kind: ExerciseType
    due: float | None  # seconds since 1970; None: never reviewed
    recall: float  # predicted, 0 to 1; 0 if never reviewed
    last: float  # share of the marks in the last review

    @property
    def new(self) -> bool:
        return self.due is None


class Desk:
    """The cards of a learner, for all topics or some; `now` gives the time in seconds.

    Raises KeyError with close matches for an unknown topic.
    """

    def __init__(
        self,
        topics: Sequence[str] | str | None = None,
        progress: Progress | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.store, self.now = progress or store(), now
        names = [topics] if isinstance(topics, str) else topics
        wanted = {k.name for n in names or [] for k in of_topic(n)}
        self.kinds = [k for k in taught() if not names or k.name in wanted]

    def standings(self) -> list[Standing]:
        """Every type in syllabus order."""
        cards, now = self.store.cards(), self.now()
        last = {r["type"]: r["earned"] / r["possible"] for r in self.store.reviews()}
        found = []
        for kind in self.kinds:
            if kind.name not in cards:
                found.append(Standing(kind, None, 0.0, 0.0))
                continue
            card = _card(cards[kind.name], now)
            recall = scheduler().get_card_retrievability(card, _date(now))
            found.append(Standing(kind, card.due.timestamp(), recall, last.get(kind.name, 0.0)))
        return found

    def choose(self, skip: Sequence[str] = ()) -> tuple[ExerciseType, str]:
        """The type that comes next, and why. `skip` names types that should wait."""
        every = self.standings()
        some = [s for s in every if s.kind.name not in skip] or every
        known = [s for s in some if s.due is not None]
        order = {s.kind.name: i for i, s in enumerate(every)}

        def urgent(s: Standing) -> tuple[float, float, int]:
            return (round(s.recall, 6), s.due or 0.0, order[s.kind.name])

        now = self.now()
        due = [s for s in known if (s.due or 0.0) <= now or s.recall <= RECALL]
        if due:
            first = min(due, key=urgent)
            return first.kind, f"due: recall is down to {first.recall:.0%}"
        for s in some:
            if s.new:
                return s.kind, "new"
        first = min(known, key=lambda s: (s.due or 0.0, order[s.kind.name]))
        return first.kind, f"early: nothing is due, this one is next ({until(first.due, now)})"

    def variant(self, kind: ExerciseType) -> Exercise:
        """A variant that this learner has not had in the drill (theory questions may run out)."""
        had = self.store.attempts("drill", f"{kind.name}.%")
        seeds = [row["data"]["seed"] for row in had]
        seed = 1 + max(seeds, default=0)
        if had:
            before = note(kind.new(had[0]["data"]["seed"]))
            seed = next((s for s in range(seed, seed + 20) if note(kind.new(s)) != before), seed)
        return kind.new(seed)

    def unfinished(self) -> Exercise | None:
        """The exercise of the drill that was left in the middle, if it is not a day old."""
        counted = {(r["type"], r["exercise"]) for r in self.store.reviews()}
        known = {kind.name: kind for kind in self.kinds}
        for row in self.store.attempts("drill")[:1]:
            data = row["data"]
            fresh = row["updated"] > self.now() - 24 * 3600
            if fresh and data["exercise"] in known:
                exercise = known[data["exercise"]].new(data["seed"])
                open_ = (exercise.name, row["exercise"]) not in counted
                return exercise if open_ and exercise.id == row["exercise"] else None
        return None

    def mastery(self) -> Table:
        """By topic: types, how many were tried and are due, predicted recall, last marks.

        Recall is the mean over all types of the topic, those never tried counting 0.
        """
        now = self.now()
        topics: dict[str, list[Standing]] = {}
        for s in self.standings():
            topics.setdefault(s.kind.topic, []).append(s)
        rows = []
        for topic, mine in topics.items():
            tried = [s for s in mine if not s.new]
            due = sum((s.due or 0.0) <= now or s.recall <= RECALL for s in tried)
            recall = sum(s.recall for s in mine) / len(mine)
            last = f"{sum(s.last for s in tried) / len(tried):.0%}" if tried else ""
            rows.append(
                (topic.replace("_", " "), len(mine), len(tried), due, f"{recall:.0%}", last)
            )
        return Table(["topic", "kinds", "tried", "due", "known now", "last marks"], rows)

    def draw(self) -> tuple[Any, str]:
        """A figure of the mastery by topic, and the sentence that it says."""
        from course_lib.plotting import COLOURS, new_axes

        table = self.mastery()
        names = [row[0] for row in table.rows]
        tried = [100 * row[2] / row[1] for row in table.rows]
        shown = [int(row[4].rstrip("%")) for row in table.rows]
        known = [min(pair) for pair in zip(shown, tried, strict=True)]  # 6 of 5.9 by rounding
        axes = new_axes(6, 0.9 + 0.32 * len(names))
        places = list(range(len(names)))
        axes.barh(places, [100] * len(names), color="#eeeeee", height=0.7)
        axes.barh(places, tried, color=COLOURS.neutral, alpha=0.35, height=0.7, label="tried")
        axes.barh(places, known, color=COLOURS.accent, height=0.4, label="known now (predicted)")
        axes.set(xlim=(0, 100), xlabel="% of the kinds of exercise")
        axes.set_yticks(places, names)
        axes.invert_yaxis()
        axes.figure.legend(loc="outside upper right", ncols=2, fontsize="small")
        said = ", ".join(f"{name} {share} %" for name, share in zip(names, shown, strict=True))
        return axes, f"Bars per topic show how much of it is known now by prediction: {said}."


def until(due: float | None, now: float) -> str:
    """How long it is until then: in 10 minutes, in 5 hours, in 3 days."""
    minutes = ((due or now) - now) / 60
    if minutes < 1.5:
        return "in a minute"
    if minutes < 90:
        return f"in {minutes:.0f} minutes"
    return f"in {minutes / 60:.0f} hours" if minutes < 48 * 60 else f"in {minutes / 1440:.0f} days"


def mastery(topics: Sequence[str] | str | None = None) -> Table:
    """How well each topic is known now, by the drill's cards."""
    return Desk(topics).mastery()


def mastery_map(topics: Sequence[str] | str | None = None) -> None:
    """Show `mastery` as a small figure."""
    from course_lib.plotting import show

    axes, says = Desk(topics).draw()
    show(axes, says=says)


def drill(topics: Sequence[str] | str | None = None) -> Any:
    """Repeat in the notebook what you are about to forget; new kinds come in syllabus order.

    Raises KeyError with close matches for an unknown topic.
    """
    from course_lib.exam.drill_notebook import Drill  # ipywidgets only where it is needed

    return Drill(Desk(topics))


__all__ = [
    "Desk",
    "Standing",
    "drill",
    "learn",
    "mastery",
    "mastery_map",
    "rate",
    "scheduler",
    "until",
]
