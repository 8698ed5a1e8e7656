"""Practice in the notebook: fields, check, hint, reveal, new variant, running score.

The text is rendered by the notebook's own Markdown renderer (an Output widget), so formulas look as
they do elsewhere. Where there is no kernel the output falls back to the exercise's statement.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import ipywidgets as widgets

from course_lib.exam.answers import Choice, Choices
from course_lib.exam.exercise import Exercise, Step, of_topic
from course_lib.exam.marking import WORDS, Attempt, StepResult

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


class Practice:
    """Practise the exercises of a topic, or of one type; see `course_lib.exam.practice`."""

    def __init__(self, name: str, seed: int | None = None, variant: str | None = None) -> None:
        self.types = of_topic(name)
        self.name = name
        self.seed = int(seed or 0)
        self.earned, self.possible, self.done = Fraction(0), Fraction(0), 0
        self.heading = widgets.HTML()
        self.statement = markdown("", "course-practice-statement")
        self.steps_box = widgets.VBox()
        self.advice = markdown("", "course-practice-advice")
        self.score = widgets.HTML()
        self.score.add_class("course-practice-score")
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
        buttons = [
            self._button("Check", "check", "Mark what you have filled in", self.check, "primary"),
            self._button(
                "Hint", "hint", "A hint for the first step that is not right yet", self.hint
            ),
            self._button("Reveal step", "reveal", "The worked solution of that step", self.reveal),
            self._button(
                "New variant", "new", "The same exercise with other numbers", self.new_variant
            ),
        ]
        bar = widgets.HBox(buttons, layout={"flex_flow": "row wrap"})
        parts = [
            self.picker,
            self.heading,
            self.statement,
            self.steps_box,
            bar,
            self.advice,
            self.score,
        ]
        self.widget = widgets.VBox(parts)
        self.widget.add_class("course-practice")
        self.picker.observe(lambda _change: self._show(), "value")
        self.first = self.exercise = self._draw(variant)
        self._set(self.exercise)

    def _button(
        self, text: str, name: str, tip: str, action: Any, style: str = ""
    ) -> widgets.Button:
        button = widgets.Button(description=text, tooltip=tip, button_style=style)
        button.add_class(f"course-practice-{name}")
        button.on_click(lambda _button: action())
        return button

    def _draw(self, variant: str | None = None) -> Exercise:
        chosen = next(t for t in self.types if t.name == self.picker.value)
        return chosen.new(self.seed, variant)

    def _show(self, variant: str | None = None) -> None:
        self._bank()
        self._set(self._draw(variant))

    def _bank(self) -> None:
        """Count the exercise that is left, if anything of it was marked."""
        if self.attempt.best:
            self.earned += self.attempt.marks
            self.possible += self.exercise.marks
            self.done += 1

    def _set(self, exercise: Exercise) -> None:
        self.exercise, self.attempt = exercise, Attempt(exercise)
        self.fields: dict[str, Field] = {}
        self.verdicts: dict[str, widgets.Output] = {}
        rows = []
        for i, step in enumerate(exercise.steps):
            field = Field(step, exercise.prompts[step.name])
            if isinstance(field.widget, widgets.Text):
                field.widget.on_msg(self._on_message)
            self.fields[step.name] = field
            verdict = markdown("", f"course-practice-verdict-{step.name}")
            self.verdicts[step.name] = verdict
            unit = "mark" if step.marks == 1 else "marks"
            letter = f"({chr(97 + i % 26)})"
            prompt = f"**{letter}** {exercise.prompts[step.name]} *({step.marks} {unit})*"
            rows.append(widgets.VBox([markdown(prompt), field.widget, verdict]))
        self.heading.value = f"<b>{exercise.title}</b> <small>{exercise.id}</small>"
        write(self.statement, exercise.statement)
        write(self.advice, "")
        self.steps_box.children = tuple(rows)
        self._write_score()

    def _on_message(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if content.get("event") == "submit":  # Enter
            self.check()

    def _write_score(self) -> None:
        now = f"this one: {self.attempt.marks} of {self.exercise.marks} marks"
        before = f"; {self.done} before: {self.earned} of {self.possible}" if self.done else ""
        self.score.value = f'<span role="status">Score, {now}{before}</span>'

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
        given = {name: field.given for name, field in self.fields.items()}
        report = self.attempt.mark(given)
        for result in report.results:
            write(self.verdicts[result.name], self._verdict(result))
        write(self.advice, "")
        self._write_score()

    def _verdict(self, result: StepResult) -> str:
        if result.status in ("blank", "revealed"):
            return ""
        symbol = {"right": "✓", "follow-through": "✓", "partly": "◐", "wrong": "✗"}.get(
            result.status, "–"
        )
        read = f", read as {result.read}" if result.read else ""
        words = WORDS[result.status]
        return f"{symbol} **{words}** ({result.marks} of {result.out_of}{read}). {result.message}"

    def hint(self) -> None:
        """Show the hint of the first open step."""
        step = self.open_step()
        if step is None:
            write(self.advice, "Everything is done; take a new variant.")
            return
        text = self.exercise.hint(step.name) or "There is no hint for this step."
        if step.name not in self.attempt.hints:
            self.attempt.hints.append(step.name)
        write(self.advice, f"**Hint for {step.name.replace('_', ' ')}:** {text}")

    def reveal(self) -> None:
        """Show the worked solution of the first open step; it earns nothing any more."""
        step = self.open_step()
        if step is None:
            write(self.advice, "Everything is done; take a new variant.")
            return
        explanation = self.attempt.reveal(step.name)
        write(self.verdicts[step.name], f"○ **revealed.** {explanation}")
        write(self.advice, "")
        self._write_score()

    def new_variant(self) -> None:
        """The next variant of the chosen exercise."""
        self.seed += 1
        self._show()

    def answer(self, **answers: Any) -> None:
        """Fill fields by step name, as if typed, and check. Raises KeyError for unknown steps."""
        for name, value in answers.items():
            self.exercise.step(name)
            self.fields[name].put(value)
        self.check()

    def still(self) -> str:
        """What is shown where there is no kernel: the exercise on paper."""
        more = f"{len(self.types)} exercise types" if len(self.types) > 1 else "endless variants"
        note = f"*Run this cell for fields, marking, hints and {more}.*"
        return f"{self.first.text()}\n\n{note}"

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        return {
            "text/plain": re.sub(r"\$", "", self.still()),
            "text/markdown": self.still(),
            "application/vnd.jupyter.widget-view+json": view,
        }
