"""Exercises in the notebook: the form with its fields that practice, drill and mock exam share, and
practice itself: check, hint, reveal, new variant, running score.

The text is rendered by the notebook's own Markdown renderer (an Output widget), so formulas look as
they do elsewhere. Where there is no kernel the output falls back to the exercise's statement.
What is typed is saved at every key stroke and comes back when the cell is run again.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import ipywidgets as widgets

from course_lib.exam.answers import Choice, Choices, is_blank
from course_lib.exam.exercise import Exercise, Step, of_topic
from course_lib.exam.marking import WORDS, Attempt, Report, StepResult
from course_lib.exam.progress import Progress, ProgressError, practice_store
from course_lib.exam.template import in_short

MANY_OPTIONS = 7  # from here on a list to choose from instead of radio buttons


def markdown(text: str = "", *classes: str) -> widgets.Output:
    """A piece of text in the notebook's own rendering."""
    box = widgets.Output()
    write(box, text)
    for name in classes:
        box.add_class(name)
    return box


def write(box: widgets.Output, text: str) -> None:
    """Replace the text of such a piece."""
    data = {"text/markdown": text, "text/plain": text}
    output = {"output_type": "display_data", "data": data, "metadata": {}}
    box.outputs = (output,) if text else ()


def readable(text: str) -> str:
    """A formula's text without its TeX, for labels and lists that cannot render it."""
    for tex, plain in (
        (r"\cdot", "·"),
        (r"\ge", "≥"),
        (r"\le", "≤"),
        (r"\eta", "η"),
        (r"\theta", "θ"),
        (r"\alpha", "α"),
        (r"\beta", "β"),
        (r"\sigma", "σ"),
        (r"\lVert", "‖"),
        (r"\rVert", "‖"),
        (r"\,", " "),
        (r"\pm", "±"),
    ):
        text = re.sub(re.escape(tex) + r"(?![A-Za-z])", plain, text)
    return re.sub(r"[${}]", "", text).strip()


class Field:
    """The input of one step: a text field, radio buttons, a list or check boxes."""

    def __init__(self, step: Step, prompt: str) -> None:
        self.step = step
        label = step.name.replace("_", " ")
        about = {"tooltip": f"{readable(prompt)} ({step.answer.words()})"}
        wide = {"description_width": "initial"}
        self.boxes: list[Any] = []
        if isinstance(step.answer, Choices):
            self.boxes = [
                widgets.Checkbox(value=False, description=readable(option), indent=False, **about)
                for option in step.answer.options
            ]
            self.widget: Any = widgets.VBox(self.boxes)
        elif isinstance(step.answer, Choice):
            options = [(readable(option), option) for option in step.answer.options]
            if len(options) >= MANY_OPTIONS:
                self.widget = widgets.Dropdown(
                    options=[("choose ...", None), *options], description=label, style=wide, **about
                )
            else:
                self.widget = widgets.RadioButtons(
                    options=options,
                    value=None,
                    description=label,
                    style=wide,
                    layout={"width": "max-content"},
                    **about,
                )
        else:
            self.widget = widgets.Text(
                description=label,
                placeholder=step.answer.words(),
                style=wide,
                layout={"width": "32em", "max_width": "100%"},
                **about,
            )
        self.widget.add_class(f"course-practice-{step.name}")

    @property
    def given(self) -> Any:
        if self.boxes:
            pairs = zip(self.boxes, self.step.answer.options, strict=True)  # type: ignore[attr-defined]
            return [option for box, option in pairs if box.value]
        return self.widget.value

    def put(self, value: Any) -> None:
        if self.boxes:
            for box, option in zip(self.boxes, self.step.answer.options, strict=True):  # type: ignore[attr-defined]
                box.value = option in value
        else:
            self.widget.value = value if isinstance(self.step.answer, Choice) else str(value)

    def restore(self, value: Any) -> None:
        """Put back what was typed once; what no longer fits (another release) is left out."""
        options = getattr(self.step.answer, "options", None)
        if options is None or self.boxes or value is None or value in options:
            self.put(value)

    def on_enter(self, call: Callable[[], None]) -> None:
        """Call back when Enter is pressed in a text field."""

        def received(_widget: Any, content: Any, _buffers: Any) -> None:
            if content.get("event") == "submit":
                call()

        self.widget.on_msg(received)

    def on_typed(self, call: Callable[[str, Any], None]) -> None:
        """Call back with name and value at every key stroke and every tick."""
        for box in self.boxes or [self.widget]:
            box.observe(lambda _change: call(self.step.name, self.given), "value")


class Form:
    """An exercise on the screen: its statement, and for each step prompt, field and verdict.

    `typed` stands in the fields already; `marked` says the marks of each step.
    """

    def __init__(
        self,
        exercise: Exercise,
        on_enter: Callable[[], None],
        on_typed: Callable[[str, Any], None],
        typed: Mapping[str, Any] | None = None,
        marked: bool = True,
    ) -> None:
        self.exercise = exercise
        self.statement = markdown(exercise.statement, "course-practice-statement")
        self.fields: dict[str, Field] = {}
        self.verdicts: dict[str, widgets.Output] = {}
        rows = []
        for i, step in enumerate(exercise.steps):
            field = Field(step, exercise.prompts[step.name])
            if typed and step.name in typed:
                field.restore(typed[step.name])
            if isinstance(field.widget, widgets.Text):
                field.on_enter(on_enter)
            field.on_typed(on_typed)
            self.fields[step.name] = field
            verdict = markdown("", f"course-practice-verdict-{step.name}")
            self.verdicts[step.name] = verdict
            unit = "mark" if step.marks == 1 else "marks"
            letter = f"({chr(97 + i % 26)})"
            prompt = f"**{letter}** {exercise.prompts[step.name]}"
            prompt += f" *({step.marks} {unit})*" if marked else ""
            rows.append(widgets.VBox([markdown(prompt), field.widget, verdict]))
        self.widget = widgets.VBox([self.statement, *rows])

    def given(self) -> dict[str, Any]:
        """What stands in the fields."""
        return {name: field.given for name, field in self.fields.items()}

    def put(self, answers: Mapping[str, Any]) -> None:
        """Fill fields as if typed. Raises KeyError with close matches for an unknown step."""
        for name, value in answers.items():
            self.exercise.step(name)
            self.fields[name].put(value)

    def close(self) -> None:
        """Free the widgets."""
        close(self.widget)


def close(widget: widgets.Widget) -> None:
    """Free a widget and all that it holds."""
    for child in getattr(widget, "children", ()):
        close(child)
    widget.close()


def button(
    text: str, name: str, tip: str, action: Callable[[], None], style: str = ""
) -> widgets.Button:
    """A button with a tooltip and a class of its own."""
    made = widgets.Button(description=text, tooltip=tip, button_style=style)
    made.add_class(f"course-practice-{name}")
    made.on_click(lambda _button: action())
    return made


class Worksheet:
    """One exercise at work: check, hint and reveal; what is typed and earned goes to the store."""

    place = "practice"
    done = "Everything is done; take a new variant."
    store: Progress | None = None
    attempt: Attempt
    form: Form

    def __init__(self) -> None:
        self.heading = widgets.HTML()
        self.form_box = widgets.VBox()
        self.advice = markdown("", "course-practice-advice")
        self.score = widgets.HTML()
        self.score.add_class("course-practice-score")
        self.saved = widgets.HTML()
        self.saved.add_class("course-practice-saved")

    @property
    def exercise(self) -> Exercise:
        return self.attempt.exercise

    @property
    def statement(self) -> widgets.Output:
        return self.form.statement

    @property
    def fields(self) -> dict[str, Field]:
        return self.form.fields

    @property
    def verdicts(self) -> dict[str, widgets.Output]:
        return self.form.verdicts

    def bar(self, more: widgets.Button) -> widgets.HBox:
        """The buttons of a worksheet."""
        buttons = [
            button("Check", "check", "Mark what you have filled in", self.check, "primary"),
            button("Hint", "hint", "A hint for the first step that is not right yet", self.hint),
            button("Reveal step", "reveal", "The worked solution of that step", self.reveal),
            more,
        ]
        return widgets.HBox(buttons, layout={"flex_flow": "row wrap"})

    def show(self, exercise: Exercise) -> None:
        """Put an exercise on the screen, with what was typed and earned there before."""
        self.attempt = Attempt(exercise)
        typed: dict[str, Any] = {}
        if self.store:
            self.saved.value = f"<small>{html.escape(self.store.where())}</small>"
        self.save(lambda store: self._restore(store.attempt(self.place, exercise.id)))
        self.save(lambda store: typed.update(store.drafts(self.place).get(exercise.id, {})))
        old = getattr(self, "form", None)
        self.form = Form(self.exercise, self.check, self._typed, typed)
        self.heading.value = (
            f"<b>{html.escape(self.exercise.title)}</b> <small>{self.exercise.id}</small>"
        )
        self.form_box.children = (self.form.widget,)
        if old:
            old.close()
        write(self.advice, "")
        if self.attempt.best or any(not is_blank(value) for value in typed.values()):
            write(self.advice, "*What you did here before is back.*")
        self.write_score()

    def _restore(self, data: Mapping[str, Any] | None) -> None:
        """Take up a stored attempt, if this release can still read it."""
        try:
            self.attempt = Attempt.from_dict(data) if data else self.attempt
        except (KeyError, ValueError, TypeError):
            self.saved.value = "<small>An older attempt is kept, but cannot be shown.</small>"

    def write_score(self) -> None:
        """Show the score."""
        self.score.value = (
            f'<span role="status">Score, this one: {in_short(self.attempt.marks)} of '
            f"{self.exercise.marks} marks</span>"
        )

    def record(self) -> dict[str, Any]:
        """What is stored of the attempt."""
        return self.attempt.to_dict()

    def save(self, act: Callable[[Progress], Any]) -> None:
        """Do something with the store, if there is one; say so if it fails."""
        if not self.store:
            return
        try:
            act(self.store)
        except ProgressError as error:
            self.saved.value = f'<b role="alert">Not saved: {html.escape(str(error))}</b>'

    def _typed(self, name: str, value: Any) -> None:
        self.save(lambda store: store.draft(self.place, self.exercise.id, name, value))

    def keep(self) -> None:
        """Store the attempt as it stands."""
        self.save(lambda store: store.keep(self.place, self.exercise.id, self.record()))

    def open_step(self) -> Step | None:
        """The first step that is neither right nor revealed."""
        for step in self.exercise.steps:
            best = self.attempt.best.get(step.name)
            if step.name not in self.attempt.revealed and (
                best is None or best.marks < best.out_of
            ):
                return step
        return None

    def check(self) -> None:
        """Mark what is filled in and say so under each field."""
        report = self.attempt.mark(self.form.given())
        for result in report.results:
            write(self.verdicts[result.name], verdict(result))
        write(self.advice, "")
        self.marked(report)
        self.keep()
        self.write_score()

    def marked(self, report: Report) -> None:
        """Called after each check."""

    def hint(self) -> None:
        """Show the hint of the first open step."""
        step = self.open_step()
        if step is None:
            write(self.advice, self.done)
            return
        text = self.exercise.hint(step.name) or "There is no hint for this step."
        if step.name not in self.attempt.hints:
            self.attempt.hints.append(step.name)
        write(self.advice, f"**Hint for {step.name.replace('_', ' ')}:** {text}")
        self.keep()

    def reveal(self) -> None:
        """Show the worked solution of the first open step; it earns nothing any more."""
        step = self.open_step()
        if step is None:
            write(self.advice, self.done)
            return
        explanation = self.attempt.reveal(step.name)
        write(self.verdicts[step.name], f"○ **revealed.** {explanation}")
        write(self.advice, "")
        self.keep()
        self.write_score()

    def answer(self, **answers: Any) -> None:
        """Fill fields by step name, as if typed, and check. Raises KeyError for unknown steps."""
        self.form.put(answers)
        self.check()


def verdict(result: StepResult) -> str:
    """What is said under a field."""
    if result.status in ("blank", "revealed"):
        return ""
    symbol = {"right": "✓", "follow-through": "✓", "partly": "◐", "wrong": "✗"}.get(
        result.status, "–"
    )
    read = f", read as {result.read}" if result.read else ""
    words, marks = WORDS[result.status], in_short(result.marks)
    return f"{symbol} **{words}** ({marks} of {result.out_of}{read}). {result.message}"


class Practice(Worksheet):
    """Practise the exercises of a topic, or of one type; see `course_lib.exam.practice`."""

    def __init__(self, name: str, seed: int | None = None, variant: str | None = None) -> None:
        super().__init__()
        self.types = of_topic(name)
        self.name = name
        self.seed = int(seed or 0)
        self.store = practice_store()
        self.earned, self.possible, self.done_before = Fraction(0), Fraction(0), 0
        self.picker = widgets.Dropdown(
            options=[(t.title, t.name) for t in self.types],
            description="Exercise",
            layout={
                "width": "34em",
                "max_width": "100%",
                **({} if len(self.types) > 1 else {"display": "none"}),
            },
        )
        self.picker.add_class("course-practice-picker")
        new = button("New variant", "new", "The same exercise, other numbers", self.new_variant)
        parts = [
            self.picker,
            self.heading,
            self.form_box,
            self.bar(new),
            self.advice,
            self.score,
            self.saved,
        ]
        self.widget = widgets.VBox(parts)
        self.widget.add_class("course-practice")
        self.picker.observe(lambda _change: self._change(), "value")
        self.first = self._draw(variant)
        self.show(self.first)

    def _draw(self, variant: str | None = None) -> Exercise:
        chosen = next(t for t in self.types if t.name == self.picker.value)
        return chosen.new(self.seed, variant)

    def _change(self) -> None:
        if self.attempt.best:  # count the exercise that is left, if anything of it was marked
            self.earned += self.attempt.marks
            self.possible += self.exercise.marks
            self.done_before += 1
        self.show(self._draw())

    def write_score(self) -> None:
        now = f"this one: {in_short(self.attempt.marks)} of {self.exercise.marks} marks"
        n = self.done_before
        before = f"; {n} before: {in_short(self.earned)} of {self.possible}" if n else ""
        self.score.value = f'<span role="status">Score, {now}{before}</span>'

    def new_variant(self) -> None:
        """The next variant of the chosen exercise."""
        self.seed += 1
        self._change()

    def still(self) -> str:
        """What is shown where there is no kernel: the exercise on paper."""
        more = f"{len(self.types)} exercise types" if len(self.types) > 1 else "endless variants"
        note = f"*Run this cell for fields, marking, hints and {more}.*"
        return f"{self.first.text()}\n\n{note}"

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        return bundle(self.still(), self.widget)


def bundle(still: str, widget: widgets.Widget) -> dict[str, Any]:
    """The output of a cell: the live widget, and a still where there is no kernel."""
    view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    return {
        "text/plain": re.sub(r"\$", "", still),
        "text/markdown": still,
        "application/vnd.jupyter.widget-view+json": view,
    }
