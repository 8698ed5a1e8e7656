"""The mock exam in the notebook: front page, one exercise at a time under the clock, hand in,
review.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets

from course_lib.exam.answers import is_blank
from course_lib.exam.clock import Clock
from course_lib.exam.mock import MockError, Result, Sitting
from course_lib.exam.notebook import Form, bundle, button, close, markdown, write
from course_lib.exam.progress import ProgressError
from course_lib.exam.reading import Unreadable
from course_lib.exam.template import in_short


class MockExam:
    """A mock exam to sit in the notebook; see `course_lib.exam.mock`."""

    def __init__(self, sitting: Sitting) -> None:
        self.sitting = sitting
        self.clock = Clock()
        self.clock.on_msg(self._from_clock)
        pages = [self._page_button(i) for i in range(len(sitting.exercises))]
        self.pages = widgets.HBox(pages, layout={"flex_flow": "row wrap", "display": "none"})
        self.pages.add_class("course-mock-pages")
        self.body = widgets.VBox()
        self.bar = widgets.HBox(layout={"flex_flow": "row wrap"})
        self.notice = widgets.HTML()
        self.saved = widgets.HTML(f"<small>{html.escape(sitting.store.where())}</small>")
        # Made once, so that the keyboard's focus stays on the button that was pressed.
        self.steer = [
            button("Previous", "previous", "The exercise before", lambda: self.move(-1)),
            button("Next", "next", "The exercise after", lambda: self.move(1)),
            button("Pause", "pause", "Stop the clock and cover the exercises", self.pause),
            button("Hand in ...", "hand-in", "See what is still open, then hand in", self.ask),
        ]
        self.form: Form | None = None
        self.result: Result | None = None
        self.shown = ""
        self.widget = widgets.VBox(
            [self.clock, self.pages, self.body, self.notice, self.bar, self.saved]
        )
        self.widget.add_class("course-mock")
        self.refresh()

    # --- what is on the screen ------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the exam as it stands now, whoever changed it."""
        state = self.sitting.look()
        self.shown = state
        self.notice.value = ""
        self._set_clock()
        if state == "ready":
            start = button("Start", "start", "Start the clock", self.start, "primary")
            self._put([markdown(self.sitting.front())], [start])
        elif state == "paused":
            text = "**Paused.** The clock stands still, and the exercises are covered."
            start = button("Go on", "start", "The clock goes on", self.start, "primary")
            self._put([markdown(text)], [start])
        elif state == "running":
            self._show_exercise()
        else:
            self._show_review()

    def _set_clock(self) -> None:
        state = self.sitting.state["state"]
        self.clock.left = self.sitting.left()
        self.clock.running = state == "running"
        self.clock.words = {"ready": "not started", "running": ""}.get(state, state)

    def _put(self, body: list[Any], buttons: list[Any], pages: bool = False) -> None:
        """Replace what is shown, and free what was."""
        old = [*self.body.children, *self.bar.children]
        self.body.children, self.bar.children = tuple(body), tuple(buttons)
        self.pages.layout.display = "flex" if pages else "none"
        for widget in old:
            if widget not in self.steer:
                close(widget)

    def _page_button(self, page: int) -> widgets.Button:
        made = button("", f"page-{page + 1}", "", lambda: self.turn(page))
        made.layout.width = "4.5em"
        return made

    def _mark_pages(self, here: int, labels: Sequence[str]) -> None:
        """Say on the buttons which exercise is shown, and how each stands."""
        for i, (one, label) in enumerate(zip(self.pages.children, labels, strict=True)):
            one.description, one.button_style = label, "info" if i == here else ""
            shown = ", shown now" if i == here else ""
            one.tooltip = f"Exercise {i + 1}: {self.sitting.exercises[i].title}{shown}"

    def _progress(self) -> list[str]:
        """A tick where all fields of an exercise are filled, dots where some are."""
        labels = []
        typed = self.sitting.typed()
        for i, exercise in enumerate(self.sitting.exercises):
            filled = [not is_blank(typed[i].get(step.name)) for step in exercise.steps]
            labels.append(f"{i + 1} {'✓' if all(filled) else '…' if any(filled) else ''}".strip())
        return labels

    def _show_exercise(self) -> None:
        page, total = self.sitting.page, len(self.sitting.exercises)
        self.clock.words = ""
        exercise = self.sitting.exercises[page]
        typed = self.sitting.typed()[page]
        self.form = Form(exercise, self.read, self._typed, typed, marked=False)
        title = widgets.HTML(
            f"<b>{page + 1}. {html.escape(exercise.title)}</b> "
            f"<small>{in_short(self.sitting.points[page])} of 30 marks, "
            f"about {exercise.minutes:g} minutes</small>"
        )
        self.steer[0].disabled, self.steer[1].disabled = page == 0, page == total - 1
        self._mark_pages(page, self._progress())
        self._put([title, self.form.widget], self.steer, pages=True)

    def _show_review(self, page: int = 0) -> None:
        result = self.result = self.sitting.result()
        self.form = None
        self._mark_pages(page, [f"{p.number}: {in_short(p.earned)}" for p in result.parts])
        summary = markdown(result.summary(), "course-mock-result")
        head = widgets.HTML("<b>Review</b>: choose an exercise above to see its solution.")
        text = markdown(result.review(page), "course-mock-review")
        self._put([summary, head, text], [], pages=True)

    # --- what the candidate does ----------------------------------------------------------------

    def _try(self, act: Callable[[], Any]) -> Any:
        """Do something with the stored exam; another notebook may have changed it meanwhile."""
        try:
            result = act()
        except (MockError, ProgressError) as error:
            self.notice.value = f'<b role="alert">{html.escape(str(error))}</b>'
            return None
        if self.sitting.state["state"] != self.shown:
            self.refresh()
        return result

    def start(self) -> None:
        """Start the clock, or go on after a pause."""
        self._try(self.sitting.start)

    def pause(self) -> None:
        """Stop the clock and cover the exercises."""
        self._try(self.sitting.pause)

    def turn(self, page: int) -> None:
        """Show another exercise, or its review."""
        if self.shown == "handed in":
            self._show_review(page)
            return
        self._try(lambda: self.sitting.turn_to(page))
        if self.shown == "running":
            self._show_exercise()
            self.notice.value = ""

    def move(self, by: int) -> None:
        """Show the exercise before or after."""
        self.turn(min(max(self.sitting.page + by, 0), len(self.sitting.exercises) - 1))

    def _typed(self, name: str, value: Any) -> None:
        self._try(lambda: self.sitting.type(self.sitting.page, name, value))

    def read(self) -> None:
        """Say how each answer of this exercise reads; not whether it is right."""
        if self.form is None:
            return
        said = []
        for name, field in self.form.fields.items():
            said.append(reading(field.step, field.given))
            write(self.form.verdicts[name], said[-1])
        bad = sum("not readable" in words for words in said)
        blank = said.count("")
        self.clock.words = f"{len(said) - bad - blank} read, {bad} not readable, {blank} blank"

    def ask(self) -> None:
        """Say what is open before it is handed in."""
        if self._try(self.sitting.look) != "running":
            return
        blank = unreadable = 0
        for exercise, typed in zip(self.sitting.exercises, self.sitting.typed(), strict=True):
            for step in exercise.steps:
                given = typed.get(step.name)
                blank += is_blank(given)
                unreadable += "not readable" in reading(step, given)
        open_ = f"{blank} answers are blank" if blank else "No answer is blank"
        bad = f", {unreadable} cannot be read" if unreadable else ""
        text = f"**Hand in?** {open_}{bad}. The clock is running."
        tip = "It cannot be taken back"
        yes = button("Hand in now", "hand-in-now", tip, self.hand_in, "danger")
        no = button("Back", "back", "Back to the exercises", lambda: self.turn(self.sitting.page))
        self._put([markdown(text)], [no, yes])

    def hand_in(self) -> None:
        """Hand in and show the review."""
        self._try(self.sitting.hand_in)

    def _from_clock(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if content.get("kind") == "tick":
            self._try(self.sitting.look)
            self.clock.send({"kind": "left", "left": self.sitting.left()})

    def answer(self, page: int, **answers: Any) -> None:
        """Turn to an exercise (the first is 1) and fill its fields by step name, as if typed."""
        self.turn(page - 1)
        if self.form is not None:
            self.form.put(answers)

    def still(self) -> str:
        """What is shown where there is no kernel: the front page."""
        return f"{self.sitting.front()}\n\n*Run this cell to sit the exam.*"

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        return bundle(self.still(), self.widget)


def reading(step: Any, given: Any) -> str:
    """How an answer is read, without a word on whether it is right."""
    if is_blank(given):
        return ""
    try:
        return f"read as {step.answer.show(step.answer.read(given))}"
    except Unreadable as error:
        return f"**not readable:** {error}"
