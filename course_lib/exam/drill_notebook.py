"""The drill in the notebook: a worksheet whose next exercise the scheduler chooses."""

from __future__ import annotations

import html
import time
from fractions import Fraction
from typing import Any

import ipywidgets as widgets

from course_lib.exam.answers import is_blank
from course_lib.exam.drill import RATINGS, Desk, learn, until
from course_lib.exam.exercise import Exercise
from course_lib.exam.marking import Report
from course_lib.exam.notebook import Worksheet, bundle, button, markdown, write
from course_lib.exam.progress import Progress
from course_lib.exam.template import in_short


class Drill(Worksheet):
    """Spaced repetition; see `course_lib.exam.drill`."""

    place = "drill"
    done = "Everything is done; press Next."

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk, self.store = desk, desk.store
        self.skipped: list[str] = []
        self.why = widgets.HTML()
        self.news = markdown("", "course-practice-news")
        self.map = markdown(desk.mastery()._repr_markdown_(), "course-practice-mastery")
        fold = widgets.Accordion(children=[self.map], titles=("Mastery by topic",))
        fold.selected_index = None
        self.next_button = button("Next", "next", "Go on; what is open counts as 0", self.next)
        parts = [
            self.news, self.heading, self.why, self.form_box, self.bar(self.next_button),
            self.advice, self.score, fold, self.saved,
        ]  # fmt: skip
        self.widget = widgets.VBox(parts)
        self.widget.add_class("course-practice")
        self.widget.add_class("course-drill")
        self._choose(desk.unfinished())

    def _choose(self, unfinished: Exercise | None = None) -> None:
        self.first: dict[str, str] = {}  # marks of the first try of each step: what counts
        self.counted = False
        self.began = time.monotonic()
        if unfinished is not None:
            why = "you were in the middle of it"
            exercise = unfinished
        else:
            kind, why = self.desk.choose(self.skipped)
            exercise = self.desk.variant(kind)
        self.why.value = f"<small>{html.escape(why)}</small>"
        self.show(exercise)
        self.keep()

    def _restore(self, data: Any) -> None:
        super()._restore(data)
        self.first = dict((data or {}).get("first", {}))

    def record(self) -> dict[str, Any]:
        return {**self.attempt.to_dict(), "first": self.first}

    @property
    def earned(self) -> Fraction:
        """The marks of the first tries."""
        return sum((Fraction(marks) for marks in self.first.values()), Fraction(0))

    def marked(self, report: Report) -> None:
        for result in report.results:
            if result.status not in ("blank", "unreadable", "revealed", "not marked"):
                self.first.setdefault(result.name, str(result.marks))
        self._count_if_complete()

    def reveal(self) -> None:
        """Show the next step's solution; a step that was not tried earns nothing."""
        step = self.open_step()
        if step is not None:
            self.first.setdefault(step.name, "0")
        super().reveal()
        self._count_if_complete()

    def _count_if_complete(self) -> None:
        if len(self.first) == len(self.exercise.steps):
            self._count()

    def _count(self) -> None:
        """Tell the scheduler, once."""
        if self.counted:
            return
        self.counted = True
        fast = time.monotonic() - self.began <= 30 * self.exercise.minutes
        hints = len(self.attempt.hints)
        rating, now = RATINGS[1], self.desk.now()

        def tell(store: Progress) -> None:
            nonlocal rating
            said = learn(store, self.exercise, self.earned, now, hints=hints, fast=fast)
            rating = RATINGS[said]

        self.save(tell)
        due = next(s.due for s in self.desk.standings() if s.kind.name == self.exercise.name)
        write(
            self.news,
            f"*{self.exercise.title}: {in_short(self.earned)} of {self.exercise.marks} marks at "
            f"the first try, **{rating}**; it comes back {until(due, now)}.*",
        )
        write(self.map, self.desk.mastery()._repr_markdown_())

    def write_score(self) -> None:
        left = [s for s in self.desk.standings() if not s.new and (s.due or 0) <= self.desk.now()]
        self.score.value = (
            f'<span role="status">First tries: {in_short(self.earned)} of {self.exercise.marks} '
            f"marks; {len(left)} kinds are due.</span>"
        )

    def next(self) -> None:
        """Count this one, if anything of it was tried, and go on."""
        if not self.counted and any(not is_blank(v) for v in self.form.given().values()):
            self.check()
        if self.first:
            self._count()
        else:
            self.skipped.append(self.exercise.name)
        self._choose()

    def still(self) -> str:
        """What is shown where there is no kernel."""
        kind = self.desk.kinds[0]
        return (
            f"{kind.new(1).text()}\n\n*Run this cell to drill: the scheduler picks what you are "
            f"about to forget, out of {len(self.desk.kinds)} kinds of exercise.*"
        )

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        return bundle(self.still(), self.widget)
