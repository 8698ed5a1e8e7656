"""Players over traces and explorers with sliders: one picture that changes in place.

Both are plain objects that work without a browser; their widgets are made when they are shown.
"""

from __future__ import annotations

import asyncio
import base64
import html
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from course_lib.names import did_you_mean, unknown

from . import style
from .live import LatestWins, LiveFigure
from .picture import alone, caption, checked_sentence, emit, png

PARTS = ("layout", "style")  # of a widget are widgets themselves
_open: dict[str, Any] = {}  # what is shown now, so that a cell that is run again replaces it


@dataclass(frozen=True)
class Control:
    """A number on a slider: its range, opening value, step, unit and label."""

    low: float
    high: float
    value: float
    step: float | None = None
    unit: str = ""
    label: str = ""

    @property
    def whole(self) -> bool:
        """Does the slider go in whole numbers?"""
        parts = (self.low, self.high, self.value, 1 if self.step is None else self.step)
        return all(isinstance(p, int) and not isinstance(p, bool) for p in parts)

    @property
    def stride(self) -> float:
        """The step of the slider: as given, else 1, or a round number, 40 to 200 for the range."""
        if self.step is not None:
            return self.step
        if self.whole:
            return 1
        rough = (self.high - self.low) / 40 * (1 + 1e-9)
        power = 10.0 ** math.floor(math.log10(rough))
        steps = [power * part for part in (5, 1, 0.5, 0.1, 0.01, 0.001)]
        for step in steps:
            if step <= rough and self.on_step(self.value, step):
                return step
        return steps[-1]

    def on_step(self, value: float, step: float | None = None) -> bool:
        """Can the slider stand at `value`?"""
        count = (value - self.low) / (step or self.stride)
        return abs(count - round(count)) < 1e-6

    def nearest(self, value: float) -> float:
        """Return the place nearest to `value` where the slider can stand."""
        place = self.low + round((value - self.low) / self.stride) * self.stride
        place = min(max(place, self.low), self.high)
        return round(place) if self.whole else round(float(f"{place:.10g}"), 10) + 0.0


def control(name: str, given: Any) -> Control | tuple | bool:
    """Read what was given for a control: (low, high, value[, step]), Control, list or bool.

    Raises:
        TypeError: it is none of these.
        ValueError: its range is empty or its value lies outside.
    """
    if isinstance(given, bool):
        return given
    if isinstance(given, list):
        if not given:
            raise ValueError(f"{name}=[] offers nothing to choose")
        if any(not isinstance(o, (str, int, float, bool, type(None))) for o in given):
            raise TypeError(f"{name}: the options of a list must be text or numbers")
        return tuple(given)
    if isinstance(given, tuple) and len(given) in (3, 4):
        given = Control(*given)
    if not isinstance(given, Control):
        raise TypeError(
            f"{name}={given!r}: a control is (low, high, value) or (low, high, value, step) for a "
            "slider, a list for a menu, True or False for a box, or a Control"
        )
    numbers = (given.low, given.high, given.value)
    if any(isinstance(n, bool) or not isinstance(n, (int, float)) for n in numbers):
        raise TypeError(f"{name}={given!r}: low, high and value must be numbers")
    if not given.low < given.high:
        raise ValueError(f"{name}: low {given.low} is not below high {given.high}")
    if not given.low <= given.value <= given.high:
        raise ValueError(f"{name}: {given.value} is outside {given.low} to {given.high}")
    if given.stride <= 0:
        raise ValueError(f"{name}: the step must be positive, got {given.step}")
    if not given.on_step(given.value):
        raise ValueError(
            f"{name}: a slider from {given.low} in steps of {given.stride} cannot stand at "
            f"{given.value}"
        )
    return given


def spell(value: Any) -> str:
    """Write a value as Python reads it, without the noise of binary fractions."""
    if isinstance(value, float):
        return repr(float(f"{value:.10g}"))
    return repr(value)


def _key(name: str, default: str) -> str:
    """Name of the place that a player takes: its own name, else the line that made it."""
    if name != default:
        return name
    frame = sys._getframe(2)
    return f"{name} {frame.f_code.co_filename}:{frame.f_lineno}"


def _checked_name(name: str) -> str:
    if not (isinstance(name, str) and name.isidentifier()):
        raise ValueError(f"name={name!r} must be a Python name: it labels the line of code")
    return name


class _Shown:
    """What players and explorers share: a place, a sentence, a widget, and a still."""

    kind = ""
    keys: tuple[str, ...] = ()
    how = ""

    def __init__(self, name: str, says: str, place: str):
        self.name = _checked_name(name)
        self.says = checked_sentence(says)
        self._text = ""
        self._error = ""
        self._widget: Any = None
        self._place = place
        self._latest = LatestWins(self._redraw_live)
        earlier = _open.pop(place, None)
        if earlier is not None:
            earlier.close()
        _open[place] = self

    @property
    def text(self) -> str:
        """The live sentence under the picture."""
        self._latest.finish()
        return self._text

    @property
    def widget(self) -> Any:
        """The widget (ipywidgets.VBox), made at first use; None where ipywidgets is missing."""
        if self._widget is None:
            try:
                import ipywidgets
            except ImportError:
                return None
            self._widget = self._build(ipywidgets)
        return self._widget

    def close(self) -> None:
        """Take the widgets away and stop what runs; a new one of the same name does so too."""
        self._latest.cancel()
        if _open.get(self._place) is self:
            del _open[self._place]
        if self._widget is not None:
            pending: list[Any] = [self._widget]
            while pending:
                part = pending.pop()
                pending += getattr(part, "children", ())
                pending += [p for p in (part.trait_values().get(n) for n in PARTS) if p is not None]
                part.close()
                part.unobserve_all()
            self._widget = None

    def _frame_widgets(self, ipywidgets: Any, *parts: Any) -> Any:
        from .keys import Keys

        self._keys = Keys(
            caught=list(self.keys), says=self.says, label=f"{self.name}. {self.says} {self.how}"
        )
        self._keys.on_msg(lambda _, content, __: self._pressed(content.get("key", "")))
        box = ipywidgets.VBox([*parts, self._keys])
        box.add_class(f"course-{self.kind}")
        box.add_class(f"course-name-{self.name}")
        if style.scale() > 1:
            box.add_class("course-projector")
        return box

    def _sentence_widget(self, ipywidgets: Any) -> Any:
        self._sentence = ipywidgets.HTML()
        self._sentence.add_class("course-sentence")
        self._sentence.value = html.escape(self._text)
        self._sentence.layout.display = None if self._text else "none"
        return self._sentence

    def _say(self) -> None:
        if self._widget is not None:
            if self._error:
                error = html.escape(self._error)
                self._sentence.value = f'<span class="course-error">{error}</span>'
            else:
                self._sentence.value = html.escape(self._text)
            self._sentence.layout.display = None if self._sentence.value else "none"

    def _redraw_live(self) -> None:
        """Redraw for a reader's hand: an error is said under the picture, it has no cell."""
        try:
            self._error = ""
            self._redraw()
        except Exception as error:  # noqa: BLE001
            self._error = f"{type(error).__name__}: {error}"
            self._say()

    def _redraw(self) -> None:
        raise NotImplementedError

    def _pressed(self, key: str) -> None:
        raise NotImplementedError

    def _build(self, ipywidgets: Any) -> Any:
        raise NotImplementedError

    def still(self) -> bytes:
        """Return the PNG that stands for it where no kernel runs."""
        raise NotImplementedError

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        bundle: dict[str, Any] = {
            "text/plain": self.says,
            "image/png": base64.b64encode(self.still()).decode("ascii"),
        }
        if self.widget is not None:
            bundle["application/vnd.jupyter.widget-view+json"] = {
                "version_major": 2,
                "version_minor": 0,
                "model_id": self.widget.model_id,
            }
        return bundle

    def _ipython_display_(self) -> None:
        emit(self._repr_mimebundle_(), caption(self.says))

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name}: {self.says}>"


def _picture_widget(ipywidgets: Any, live: LiveFigure) -> Any:
    image = ipywidgets.Image(value=live.frame(), format=live.encoding)
    image.layout.width = f"{live.width}px"
    image.layout.max_width = "100%"
    image.layout.object_fit = "contain"
    return image


class Player(_Shown):
    """A trace to step through, play and scrub; see `play`."""

    kind = "player"
    keys = (" ", "ArrowLeft", "ArrowRight", "Home", "End")
    how = "Space plays and pauses, the arrow keys step, Home and End jump."

    def __init__(
        self,
        states: Sequence[Any],
        draw: Callable[[Any], Callable[..., str | None]],
        *,
        says: str,
        name: str,
        size: tuple[float, float],
        axes: tuple[int, int] | None,
        interval: int,
        stills: int,
        encoding: str,
        place: str,
    ):
        if isinstance(states, Iterator) or not hasattr(states, "__getitem__"):
            raise TypeError(
                f"play() takes a sequence of states, got {type(states).__name__}; "
                "turn a generator into a trace first: record(generator)"
            )
        if len(states) == 0:
            raise ValueError("play() needs at least one state")
        if not interval >= 20:
            raise ValueError(f"interval is in milliseconds, at least 20, got {interval}")
        if not stills >= 1:
            raise ValueError(f"stills is the number of states stored, at least 1, got {stills}")
        super().__init__(name, says, place)
        self.states = states
        self.interval = interval
        self.stills = stills
        self._index = 0
        self._task: asyncio.Task | None = None
        self._live = LiveFigure(draw, size=size, axes=axes, encoding=encoding)
        self._image: Any = None
        self._scrub: Any = None
        self._count: Any = None
        self._play: Any = None
        self._mute = False
        self._redraw()

    def __len__(self) -> int:
        return len(self.states)

    @property
    def index(self) -> int:
        """Which state is shown, from 0."""
        return self._index

    @property
    def state(self) -> Any:
        """The state that is shown."""
        return self.states[self._index]

    def go(self, index: int) -> Player:
        """Show state `index`; negative counts from the end.

        Raises:
            IndexError: there is no such state.
        """
        count = len(self.states)
        if not -count <= index < count:
            raise IndexError(
                f"state {index} of a trace of {count}: expected {-count} to {count - 1}"
            )
        self._index = index % count
        self._redraw()
        return self

    def step(self, by: int = 1) -> Player:
        """Go `by` states on (back, if negative), at most to the end."""
        return self.go(min(max(self._index + by, 0), len(self.states) - 1))

    def reset(self) -> Player:
        """Stop and show the first state."""
        self.playing = False
        return self.go(0)

    @property
    def playing(self) -> bool:
        """Is it running? Set it to start or stop; at the end it starts over."""
        return self._task is not None

    @playing.setter
    def playing(self, on: bool) -> None:
        if on and self._task is None:
            loop = asyncio.get_running_loop()
            if self._index == len(self.states) - 1:
                self.go(0)
            self._task = loop.create_task(self._run())
        elif not on and self._task is not None:
            self._task.cancel()
            self._task = None
        self._label_button()

    async def _run(self) -> None:
        while self._index < len(self.states) - 1:
            await asyncio.sleep(self.interval / 1000)
            self._index += 1
            self._redraw_live()
            if self._error:
                break
        self._task = None
        self._label_button()

    def close(self) -> None:
        """Stop, and take the widgets away."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        super().close()

    def _label_button(self) -> None:
        if self._widget is not None:
            self._play.icon = "pause" if self.playing else "play"
            self._play.description = "Pause" if self.playing else "Play"
            self._play.tooltip = "Pause (space)" if self.playing else "Play (space)"

    def _where(self) -> str:
        return f"{self._index + 1} of {len(self.states)}"

    def _redraw(self) -> None:
        self._text = self._live.refresh(self.state) or ""
        if self._widget is not None:
            self._image.value = self._live.frame()
            self._mute = True
            self._scrub.value = self._index + 1
            self._mute = False
            self._count.value = self._where()
            self._say()

    def _pressed(self, key: str) -> None:
        if key == " ":
            self.playing = not self.playing
            return
        self.playing = False
        last = len(self.states) - 1
        steps = {"ArrowLeft": -1, "ArrowRight": 1, "Home": -last, "End": last}
        if key in steps:
            self._index = min(max(self._index + steps[key], 0), last)
            self._latest.request()

    def _scrubbed(self, change: Any) -> None:
        if not self._mute:
            self.playing = False
            self._index = int(change["new"]) - 1
            self._latest.request()

    def _build(self, ipywidgets: Any) -> Any:
        def button(icon: str, text: str, tooltip: str, pixels: int, key: str) -> Any:
            made = ipywidgets.Button(
                icon=icon, description=text, tooltip=tooltip, layout={"width": _width(pixels)}
            )
            made.on_click(lambda _: self._reset() if key == "reset" else self._pressed(key))
            return made

        self._image = _picture_widget(ipywidgets, self._live)
        back = button("step-backward", "", "Previous step (left arrow)", 40, "ArrowLeft")
        self._play = button("play", "Play", "Play (space)", 88, " ")
        on = button("step-forward", "", "Next step (right arrow)", 40, "ArrowRight")
        reset = button("refresh", "Reset", "Back to the first step (Home)", 88, "reset")
        last = len(self.states)
        self._scrub = ipywidgets.IntSlider(
            value=self._index + 1,
            min=1,
            max=max(last, 2),
            disabled=last < 2,
            readout=False,
            description="Step",
            layout={"flex": "1 1 120px", "width": "auto", "min_width": "120px"},
            style={"description_width": "initial"},
        )
        self._scrub.observe(self._scrubbed, "value")
        self._count = ipywidgets.Label(self._where(), layout={"min_width": "70px"})
        row = ipywidgets.HBox(
            [back, self._play, on, reset, self._scrub, self._count],
            layout={"width": f"{self._live.width}px", "max_width": "100%", "flex_flow": "row wrap"},
        )
        sentence = self._sentence_widget(ipywidgets)
        return self._frame_widgets(ipywidgets, self._image, row, sentence)

    def _reset(self) -> None:
        self.playing = False
        self._index = 0
        self._latest.request()

    @alone
    def still(self) -> bytes:
        """Return a contact sheet of up to `stills` states, the last one among them, as PNG."""
        from .sheet import contact_sheet

        self._latest.finish()
        count = len(self.states)
        gaps = max(self.stills - 1, 1)
        shown = sorted({count - 1 - round(i * (count - 1) / gaps) for i in range(self.stills)})
        tiles = []
        for i in shown:
            dpi = (64 if count > 1 else style.STILL_DPI) * style.scale()
            text = self._live.update(self.states[i]) or ""
            tiles.append((self._live.still(dpi), f"Step {i + 1} of {count}", text))
        self._live.refresh(self.state)
        return png(contact_sheet(tiles))


class Explorer(_Shown):
    """A picture with sliders; see `explore`."""

    kind = "explorer"
    how = "Move a control and the picture follows."

    def __init__(
        self,
        screen: Any,
        *,
        says: str,
        name: str,
        controls: dict[str, Any],
        hide: Sequence[str],
        place: str,
    ):
        self._controls = {key: control(key, given) for key, given in controls.items()}
        for key in hide:
            self._known(key)
        super().__init__(name, says, place)
        self._hidden = set(hide)
        self._values = {key: self._opening(key) for key in self._controls}
        self._screen = screen
        self._inputs: dict[str, Any] = {}
        self._mute = False
        self._redraw()

    def _opening(self, key: str) -> Any:
        given = self._controls[key]
        if isinstance(given, Control):
            return given.value
        return given[0] if isinstance(given, tuple) else given

    def _known(self, key: str) -> None:
        if key not in self._controls:
            raise KeyError(unknown("control", key, self._controls))

    def _checked(self, key: str, value: Any) -> Any:
        """Return a value that the control can take, or say why it cannot."""
        self._known(key)
        given = self._controls[key]
        if isinstance(given, bool):
            if not isinstance(value, bool):
                raise TypeError(f"{key} is True or False, got {value!r}")
            return value
        if isinstance(given, tuple):
            if value not in given:
                raise ValueError(
                    f"{key}={value!r} is not one of {list(given)}.{did_you_mean(value, given)}"
                )
            return value
        if hasattr(value, "item"):
            value = value.item()
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TypeError(f"{key} is a number, got {value!r}")
        if not given.low <= value <= given.high:
            raise ValueError(f"{key}={value!r} is outside {given.low} to {given.high}")
        if given.whole:
            if value != int(value):
                raise ValueError(f"{key} is a whole number, got {value!r}")
        return given.nearest(value)

    @property
    def values(self) -> dict[str, Any]:
        """The present value of every control."""
        return dict(self._values)

    @property
    def code(self) -> str:
        """One line of code that brings back exactly this picture."""
        inside = ", ".join(f"{key}={spell(value)}" for key, value in self._values.items())
        return f"{self.name}.set({inside})"

    def set(self, **values: Any) -> Explorer:
        """Set controls by name and redraw; a slider takes the step nearest to the number.

        Raises:
            KeyError: there is no such control.
            ValueError, TypeError: the control cannot take the value.
        """
        before = self._values
        checked = {key: self._checked(key, value) for key, value in values.items()}
        self._latest.cancel()
        self._values = before | checked
        try:
            self._redraw()
        except Exception:
            self._values = before
            raise
        return self

    def reset(self) -> Explorer:
        """Set every control to its opening value."""
        return self.set(**{key: self._opening(key) for key in self._controls})

    def _redraw(self) -> None:
        self._text = self._screen.refresh(**self._values) or ""
        if self._widget is not None:
            self._mute = True
            for key, made in self._inputs.items():
                if self._standing(key, made.value) != self._values[key]:
                    made.value = self._values[key]
            self._mute = False
            self._screen.send()
            self._code.value = self._code_html()
            self._say()

    def _code_html(self) -> str:
        return f"<code>{html.escape(self.code)}</code>"

    def _moved(self, key: str, value: Any) -> None:
        if not self._mute:
            self._values[key] = self._standing(key, value)
            self._latest.request()

    def _standing(self, key: str, value: Any) -> Any:
        """What a control's value stands for: browsers send -4.4e-16 for the middle of a slider."""
        given = self._controls[key]
        return given.nearest(value) if isinstance(given, Control) else value

    def _pressed(self, key: str) -> None:
        """An explorer has no keys of its own: its controls have theirs."""

    def _build(self, ipywidgets: Any) -> Any:
        look = {"description_width": "initial"}
        for key, given in self._controls.items():
            if key in self._hidden:
                continue
            title = key.replace("_", " ")
            wide = {"width": "auto"}
            if isinstance(given, Control):
                title = (given.label or title) + (f" [{given.unit}]" if given.unit else "")
                slider = ipywidgets.IntSlider if given.whole else ipywidgets.FloatSlider
                extra = {} if given.whole else {"readout_format": _readout(given.stride)}
                made = slider(
                    value=self._values[key],
                    min=given.low,
                    max=given.high,
                    step=given.stride,
                    description=title,
                    style=look,
                    layout=wide,
                    **extra,
                )
            elif isinstance(given, tuple):
                made = ipywidgets.Dropdown(
                    options=[(str(o), o) for o in given],
                    value=self._values[key],
                    description=title,
                    style=look,
                    layout=wide,
                )
            else:
                made = ipywidgets.Checkbox(
                    value=self._values[key], description=title, indent=False, layout=wide
                )
            made.observe(lambda change, key=key: self._moved(key, change["new"]), "value")
            self._inputs[key] = made
        reset = ipywidgets.Button(
            icon="refresh",
            description="Reset",
            tooltip="Set every control to its opening value",
            layout={"width": _width(88)},
        )
        reset.on_click(lambda _: self._reset())
        panel = ipywidgets.VBox(
            [*self._inputs.values(), reset],
            layout={
                "width": "300px",
                "max_width": "100%",
                "flex": "1 1 260px",
                "margin": "0 0 0 12px",
            },
        )
        self._code = ipywidgets.HTML(self._code_html())
        self._code.add_class("course-code")
        row = ipywidgets.HBox(
            [self._screen.build(ipywidgets), panel],
            layout={"flex_flow": "row wrap", "align_items": "flex-start"},
        )
        sentence = self._sentence_widget(ipywidgets)
        return self._frame_widgets(ipywidgets, row, sentence, self._code)

    def _reset(self) -> None:
        self._values = {key: self._opening(key) for key in self._controls}
        self._latest.request()

    @alone
    def still(self) -> bytes:
        """Return the opening picture as PNG."""
        self._latest.finish()
        opening = {key: self._opening(key) for key in self._controls}
        pixels = self._screen.still(**opening)
        self._screen.refresh(**self._values)
        return png(pixels)


def _width(pixels: int) -> str:
    """Return the width of a button, whose text a projector enlarges."""
    return f"{round(pixels * style.scale() ** 1.5)}px"


def _readout(step: float) -> str:
    """Return the number format that shows every step of a slider and no more."""
    decimals = 0
    while decimals < 6 and abs(round(step, decimals) - step) > 1e-9:
        decimals += 1
    return f".{max(decimals, 1)}f"


class _FigureScreen:
    """The screen of an explorer that is drawn by matplotlib."""

    def __init__(self, live: LiveFigure):
        self.live = live
        self.refresh = live.refresh

    def build(self, ipywidgets: Any) -> Any:
        self.image = _picture_widget(ipywidgets, self.live)
        return self.image

    def send(self) -> None:
        self.image.value = self.live.frame()

    def still(self, **values: Any) -> Any:
        self.live.update(**values)
        wide = self.live.figure.get_size_inches()[0] > 10  # wider than the page would show it
        return self.live.still((64 if wide else style.STILL_DPI) * style.scale())


def play(
    states: Sequence[Any],
    draw: Callable[[Any], Callable[..., str | None]],
    *,
    says: str,
    name: str = "player",
    size: tuple[float, float] = (6, 4),
    axes: tuple[int, int] | None = None,
    interval: int = 600,
    stills: int = 4,
    encoding: str = "jpeg",
) -> Player:
    """Return a player over the states of a trace: step, play, pause, scrub, reset.

    Args:
        states: a trace, or any sequence.
        draw: called once with the Axes (the array of them, if `axes` is given); makes the artists
            and returns `update(state)`, which changes them and returns a sentence or None.
        says: what the picture tells, for those who cannot see it (40 characters at least).
        name: the Python name of the player; a second one of the same name replaces the first.
        size: of the picture, inches.
        axes: (rows, columns), if the picture has several Axes.
        interval: between two states while playing, milliseconds.
        stills: how many states stand for it where no kernel runs: 1 is the last, 2 adds the first.
        encoding: "jpeg", or "png" for thin lines on plain ground.
    """
    return Player(
        states,
        draw,
        says=says,
        name=name,
        size=size,
        axes=axes,
        interval=interval,
        stills=stills,
        encoding=encoding,
        place=_key(name, "player"),
    )


def explore(
    draw: Callable[[Any], Callable[..., str | None]],
    *,
    says: str,
    name: str = "explorer",
    size: tuple[float, float] = (6, 4),
    axes: tuple[int, int] | None = None,
    encoding: str = "jpeg",
    hide: Sequence[str] = (),
    **controls: Any,
) -> Explorer:
    """Return a picture with controls whose every state prints as a line of code.

    Args:
        draw: called once with the Axes (the array of them, if `axes` is given); makes the artists
            and returns `update(**controls)`, which changes them and returns a sentence or None.
        says: what the picture tells, for those who cannot see it (40 characters at least).
        name: the Python name of the explorer; a second one of the same name replaces the first.
        size, axes, encoding: as for `play`.
        hide: names of controls that are not shown.
        controls: (low, high, value) or (low, high, value, step) is a slider, of whole numbers if
            all are; a list is a menu, its first entry the default; a bool is a box to tick; a
            `Control` adds unit and label.
    """
    live = LiveFigure(draw, size=size, axes=axes, encoding=encoding)
    return Explorer(
        _FigureScreen(live),
        says=says,
        name=name,
        controls=controls,
        hide=hide,
        place=_key(name, "explorer"),
    )
