"""A net of two inputs that learns before your eyes: data, layers, and every unit's map, live.

What is shown is a `Training` of models/plane_net.py, which trains with the course's own equations.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.models import mlp
from course_lib.models.plane_net import (
    CHANGEABLE,
    DATA,
    FEATURES,
    OPTIMISERS,
    PENALTIES,
    RATES,
    REACH,
    Training,
    pytorch,
)

from . import style
from .boundaries import _table, grid_of
from .players import Control, Explorer, _key, spell

if TYPE_CHECKING:
    from jaxtyping import Float

EXTENT = (-REACH, REACH, -REACH, REACH)
MOST_EPOCHS = 20_000
NET = ("data", "noise", "inputs", "layer_1", "layer_2", "layer_3", "layer_4", "activation",
       "initial", "optimiser", "seed")  # fmt: skip

def controls(own: bool) -> dict[str, Any]:
    """All controls of the playground; menus open with their first entry unless OPENING says so."""
    return {
        "data": ["your data"] if own else list(DATA),
        "noise": Control(0.0, 0.5, 0.1, 0.05),
        "inputs": list(FEATURES),
        "layer_1": Control(0, 12, 4, label="layer 1, units"),
        "layer_2": Control(0, 12, 2, label="layer 2, units"),
        "layer_3": Control(0, 12, 0, label="layer 3, units"),
        "layer_4": Control(0, 12, 0, label="layer 4, units"),
        "activation": list(mlp.ACTIVATIONS),
        "initial": list(mlp.INITIAL),
        "optimiser": list(OPTIMISERS),
        "seed": Control(0, 50, 0),
        "learning_rate": list(RATES),
        "batch": Control(1, 50, 10),
        "regularisation": list(PENALTIES),
        "speed": Control(1, 20, 1, unit="epochs per picture"),
        "wires": ["weights", "gradients"],
        "numbers": False,
        "test_points": True,
    }


OPENING = {"learning_rate": 0.03}


class _Screen:
    """The screen of the playground: the canvas, and the row of buttons over it."""

    def __init__(self, says: str, size: tuple[float, float]):
        self.says, self.size = says, size
        self.resolution = 48
        self.grid = grid_of(EXTENT, self.resolution)
        self.canvas: Any = None
        self.frame = 0

    def maps(self, training: Training) -> bytes:
        """One byte per pixel for every unit: 0 is -1, 255 is +1; ReLU and linear are squashed."""
        with np.errstate(over="ignore", invalid="ignore"):
            z = training.outputs(self.grid)
            shown = [np.clip(z[0] / REACH, -1, 1)]
            for layer in z[1:-1]:
                if training.activation == "sigmoid":
                    shown.append(2 * layer - 1)
                else:
                    shown.append(layer if training.activation == "tanh" else np.tanh(layer))
            values = np.nan_to_num(np.hstack([*shown, z[-1]]))
        return (127.5 + 127.5 * values).astype(np.uint8).T.tobytes()

    def scene(self, training: Training, values: Mapping[str, Any]) -> dict[str, Any]:
        """Everything that is drawn besides the maps."""
        names = FEATURES[training.inputs][0]
        show_gradients = values["wires"] == "gradients" and len(training.train[0]) > 0
        matrices = training.weights
        if show_gradients:
            matrices = training.gradients()[: len(matrices)]
        last = training.history[-1]
        thinned = np.array(training.history)[:: max(1, len(training.history) // 150)]
        curves = np.nan_to_num(np.vstack([thinned, [last]])).T
        return {
            "columns": [list(names), *([""] * n for n in training.hidden)],
            "weights": [np.nan_to_num(W).tolist() for W in matrices],
            "gradients": show_gradients,
            "formulas": formulas(training),
            "curves": curves.tolist(),
            "now": [f"{c:.3f}" if np.isfinite(c) else "none" for c in last],
            "head": [
                f"epoch {training.epoch}, {training.optimiser}, rate {training.learning_rate:g}, "
                f"batch {training.batch}, penalty {training.regularisation}",
                f"wires: {values['wires']}, {values['speed']} epochs a picture",
            ],
            "numbers": values["numbers"],
            "test_points": values["test_points"],
        }

    def build(self, ipywidgets: Any) -> Any:
        from .playground_canvas import PlaygroundCanvas

        colours = style.COLOURS
        table = _table()[:, :3]
        ordered = np.concatenate([table[127::-1], table[128:]])  # strong blue ... strong orange
        self.canvas = PlaygroundCanvas(
            maps=self.picture,
            scene=self.drawn,
            points=self.points,
            held_out=self.held_out,
            table=np.column_stack([ordered, np.full(256, 255)]).ravel().tolist(),
            colours=[
                colours.weight_positive, colours.weight_negative, colours.train,
                colours.validation, colours.text, "#8a8a8a",
            ],
            range=[-REACH, REACH],
            resolution=self.resolution,
            says=self.says,
            size=[round(side * style.LIVE_DPI * style.scale()) for side in self.size],
            font=round(13 * style.scale()),
        )  # fmt: skip
        return self.canvas

    def refresh(self, training: Training, values: Mapping[str, Any]) -> None:
        """Compute the next picture."""
        self.picture, self.drawn = self.maps(training), self.scene(training, values)
        self.points, self.held_out = (
            np.round(np.hstack([x, y]), 3).tolist() for x, y in (training.train, training.test)
        )

    def send(self) -> None:
        """Send it in one message."""
        self.frame += 1
        with self.canvas.hold_sync():
            self.canvas.maps, self.canvas.scene = self.picture, self.drawn
            self.canvas.points, self.canvas.held_out = self.points, self.held_out
            self.canvas.frame = self.frame


def formulas(training: Training, terms: int = 4) -> list[list[str]]:
    """What every hidden unit computes, as one line of text."""
    before: Sequence[str] = FEATURES[training.inputs][0]
    lines = []
    for layer, (W, b) in enumerate(zip(training.weights[:-1], training.biases, strict=False)):
        found = []
        for row, bias in zip(W, b, strict=True):
            parts = [f"{w:+.2f} {name}" for w, name in zip(row, before, strict=True)][:terms]
            more = " + …" if len(row) > terms else ""
            found.append(f"{training.activation}({' '.join(parts)}{more} {bias:+.2f})")
        lines.append(found)
        before = [f"h{layer + 1}.{i + 1}" for i in range(len(W))]
    return [[line.replace("-", "−").replace("(+", "(") for line in found] for found in lines]


class Playground(Explorer):
    """A net that learns before your eyes; see `network_playground`."""

    keys = (" ", "ArrowRight")
    how = "Space plays and pauses, the right arrow trains one epoch; a click adds a point."

    def __init__(self, *, says: str, name: str, given: Any, opening: dict[str, Any], epochs: int,
                 size: tuple[float, float], hide: Sequence[str], place: str):  # fmt: skip
        self._given, self._first, self._epochs = given, OPENING | opening, epochs
        self._task: asyncio.Task | None = None
        self._painted = 0  # the last picture that the browser has shown
        self._adds = 1
        self._play: Any = None
        self._log: list[tuple[str, Any]] = []
        for key in opening:
            if key not in controls(given is not None):
                raise KeyError(
                    f"no control {key!r} (there are {', '.join(controls(given is not None))})"
                )
        super().__init__(
            _Screen(says, size),
            says=says, name=name, controls=controls(given is not None), hide=hide, place=place,
        )  # fmt: skip

    # --- what it holds ------------------------------------------------------------------------

    def _opening(self, key: str) -> Any:
        if key in self._first:
            return self._checked(key, self._first[key])
        return super()._opening(key)

    def _fresh(self) -> None:
        """A new net for the present controls, at epoch 0."""
        v = self._values
        self.training = Training(
            v["data"], v["noise"], v["inputs"],
            [v[f"layer_{i}"] for i in (1, 2, 3, 4) if v[f"layer_{i}"]],
            v["activation"], v["initial"], v["optimiser"], v["seed"],
            v["learning_rate"], v["batch"], v["regularisation"], self._given,
        )  # fmt: skip
        self._log = [("set", dict(v))]

    def _apply(self, changed: Sequence[str]) -> None:
        """Let changed controls act: on a new net, or on the one that trains."""
        if not self._log or set(changed) & set(NET):
            self._fresh()
            return
        for key in set(changed) & set(CHANGEABLE):
            setattr(self.training, key, self._values[key])
        new = {key: self._values[key] for key in changed}
        if self._log[-1][0] == "set":
            self._log[-1] = ("set", self._log[-1][1] | new)
        else:
            self._log.append(("set", new))

    def set(self, **values: Any) -> Playground:
        """Set controls by name. Data, layers and the like start a new net at epoch 0; learning
        rate, batch and penalty act on the net that trains.

        Raises KeyError, ValueError, TypeError as for every explorer.
        """
        checked = {key: self._checked(key, value) for key, value in values.items()}
        self._latest.cancel()
        self._values = self._values | checked
        self._apply(list(checked))
        self._redraw()
        return self

    def run(self, epochs: int = 1) -> Playground:
        """Train for some epochs. Raises ValueError for a negative or a huge number."""
        if not 0 <= epochs <= MOST_EPOCHS:
            raise ValueError(f"epochs lies between 0 and {MOST_EPOCHS}, got {epochs}")
        self._latest.cancel()
        self._train(epochs)
        self._redraw()
        return self

    def _train(self, epochs: int) -> None:
        if not len(self.training.train[0]) or not epochs or self.training.lost:
            return
        self.training.run(epochs)
        if self._log[-1][0] == "run":
            self._log[-1] = ("run", self._log[-1][1] + epochs)
        else:
            self._log.append(("run", epochs))

    def point(self, x: float, y: float, label: int) -> Playground:
        """Add a training point of class +1 or -1. Raises ValueError for another class."""
        if label not in (-1, 1):
            raise ValueError(f"the class of a point is +1 or -1, got {label!r}")
        x, y = round(float(x), 2), round(float(y), 2)
        self.training.add(x, y, label)
        self._log.append(("point", (x, y, label)))
        self._redraw()
        return self

    def restart(self) -> Playground:
        """The same net at epoch 0 again, with the points that were added."""
        points = [entry for entry in self._log if entry[0] == "point"]
        self._fresh()
        for _, (x, y, label) in points:
            self.training.add(x, y, label)
        self._log += points
        self._redraw()
        return self

    def reset(self) -> Playground:
        """Stop, set every control to its opening value, and train as far as at the opening."""
        self.playing = False
        self._begin()
        return self

    def _begin(self) -> None:
        self._values = {key: self._opening(key) for key in self._controls}
        self._fresh()
        self._train(self._epochs)
        self._redraw()

    @property
    def code(self) -> str:
        """One line of code that brings back exactly this net."""
        parts = [self.name]
        for kind, what in self._log:
            if kind == "set":
                inside = ", ".join(f"{key}={spell(value)}" for key, value in what.items())
            else:
                inside = ", ".join(map(spell, what)) if kind == "point" else str(what)
            parts.append(f"{kind}({inside})")
        return ".".join(parts)

    def export(self) -> Any:
        """The lines of PyTorch that build and train the same net, as a fenced block."""
        from IPython.display import Markdown

        return Markdown(f"```python\n{self.source}```")

    @property
    def source(self) -> str:
        """The lines of PyTorch that build and train the same net."""
        return "\n".join(pytorch(self.training, self._log)) + "\n"

    # --- what it shows ------------------------------------------------------------------------

    def _sentence_now(self) -> str:
        t = self.training
        kind = "-".join(map(str, t.sizes))
        view = (
            f"Wires show {self._values['wires']}{', with numbers' * self._values['numbers']}; test "
            f"points {'shown' if self._values['test_points'] else 'hidden'}; "
            f"{self._values['speed']} epochs a picture."
        )
        if t.lost:
            return (
                f"epoch {t.epoch}: the weights have run away to infinity. Lower the learning rate "
                f"({t.learning_rate:g}) and restart. {view}"
            )
        if not len(t.train[0]):
            return f"No points yet: click into the large map to place some. {view}"
        wrong, held = t.wrong()
        cost, test = t.history[-1]
        tested = f", {held:.1%} of the test points (cost {test:.3f})" if held == held else ""
        return (
            f"epoch {t.epoch}: the {kind} net has {wrong:.1%} of {len(t.train[0])} training points "
            f"wrong (cost {cost:.3f}){tested}. {mlp.parameters(t.sizes)} parameters, "
            f"{t.optimiser}, learning rate {t.learning_rate:g}, batches of {t.batch}, penalty "
            f"{t.regularisation}. {view}"
        )

    def _redraw(self) -> None:
        if not self._log:  # the first picture
            self._begin()
            return
        self._screen.refresh(self.training, self._values)
        self._text = self._sentence_now()
        if self._widget is not None:
            self._mute = True
            for key, made in self._inputs.items():
                if made.value != self._values[key]:
                    made.value = self._values[key]
            self._mute = False
            self._screen.send()
            self._code.value = self._code_html()
            self._say()

    def _moved(self, key: str, value: Any) -> None:
        if not self._mute:
            self._values[key] = value
            self._apply([key])
            self._latest.request()

    def still(self) -> bytes:
        """Return the present picture as PNG."""
        from .picture import png

        self._latest.finish()
        return png(still_pixels(self.training, self._screen, self._values))

    # --- playing ------------------------------------------------------------------------------

    @property
    def playing(self) -> bool:
        """Does it train? Set it to start or stop."""
        return self._task is not None

    @playing.setter
    def playing(self, on: bool) -> None:
        if on and self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._keep_training())
        elif not on and self._task is not None:
            self._task.cancel()
            self._task = None
        self._label_button()

    async def _keep_training(self) -> None:
        """Train and show, as fast as the browser paints, at most 30 pictures a second."""
        loop, unseen = asyncio.get_running_loop(), 0
        while unseen < 20 and self.training.epoch < MOST_EPOCHS and not self.training.lost:
            begin = loop.time()
            self._train(self._values["speed"])
            self._redraw()
            # At most two pictures are on their way; a closed tab never answers.
            wanted = self._screen.frame - 1
            while self._painted < wanted and loop.time() < begin + 0.5:
                await asyncio.sleep(0.001)
            unseen = 0 if self._painted >= wanted else unseen + 1
            await asyncio.sleep(max(0.002, 0.033 - (loop.time() - begin)))
        self._task = None
        self._label_button()

    def close(self) -> None:
        """Stop, and take the widgets away."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        super().close()

    def _pressed(self, key: str) -> None:
        if key == " ":
            self.playing = not self.playing
        elif key == "ArrowRight":
            self.playing = False
            self._train(1)
            self._latest.request()

    def _heard(self, _: Any, content: dict[str, Any], __: Any) -> None:
        if content.get("kind") == "painted":
            self._painted = content["frame"]
        elif content.get("kind") == "click":
            label = -self._adds if content.get("other") else self._adds
            self.point(content["x"], content["y"], label)

    def _label_button(self) -> None:
        if self._play is not None:
            self._play.icon = "pause" if self.playing else "play"
            self._play.description = "Pause" if self.playing else "Play"
            self._play.tooltip = "Pause (space)" if self.playing else "Play (space)"

    def _reset(self) -> None:
        self.reset()

    def _new_seed(self) -> None:
        self._values["seed"] = (self._values["seed"] + 1) % 51
        self._apply(["seed"])
        self._latest.request()

    def _show_source(self, on: bool) -> None:
        self._listing.value = self.source if on else ""
        self._listing.layout.display = None if on else "none"

    def _build(self, ipywidgets: Any) -> Any:
        def button(icon: str, words: str, tip: str, act: Any, pixels: int = 88) -> Any:
            wide = {"width": f"{round(pixels * style.scale() ** 1.5)}px"}
            made = ipywidgets.Button(icon=icon, description=words, tooltip=tip, layout=wide)
            made.on_click(lambda _: act())
            return made

        box = super()._build(ipywidgets)
        self._screen.canvas.on_msg(self._heard)
        self._play = button("play", "Play", "Play (space)", lambda: self._pressed(" "))
        adds = button("", "click adds ■", "Class of points that a click adds", lambda: flip(), 104)

        def flip() -> None:
            self._adds = -self._adds
            adds.description = "click adds ■" if self._adds > 0 else "click adds ●"

        code = ipywidgets.ToggleButton(
            description="PyTorch", icon="code", tooltip="The lines that build and train this net",
            layout={"width": f"{round(96 * style.scale() ** 1.5)}px"},
        )  # fmt: skip
        self._listing = ipywidgets.Textarea(
            "", rows=24, layout={"width": "100%", "display": "none"}
        )
        code.observe(lambda change: self._show_source(change["new"]), "value")
        row = ipywidgets.HBox(
            [
                self._play,
                button("step-forward", "Step", "One epoch (right arrow)",
                       lambda: self._pressed("ArrowRight"), 80),
                button("fast-backward", "Restart", "The same net at epoch 0", self.restart, 96),
                button("random", "New seed", "Other data, weights and order", self._new_seed, 104),
                adds,
                code,
            ],
            layout={"flex_flow": "row wrap"},
        )  # fmt: skip
        box.children = (row, *box.children[:-1], self._listing, box.children[-1])
        return box


def still_pixels(training: Training, screen: _Screen, values: Mapping[str, Any]) -> np.ndarray:
    """Draw the same with matplotlib: tiles, wires, the large map with its points, the curves."""
    from matplotlib.figure import Figure
    from matplotlib.path import Path

    from .boundaries import scatter_classes
    from .picture import pixels_of

    style.apply()
    colours = style.COLOURS
    width, height = screen.size
    figure = Figure(figsize=screen.size, dpi=style.STILL_DPI)
    base = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(0, height))
    base.axis("off")
    n, side = screen.resolution, 0.34 * width
    maps = np.frombuffer(screen.maps(training), np.uint8).reshape(-1, n, n)
    table = _table()
    table = np.concatenate([table[127::-1], table[128:]])
    columns = [len(FEATURES[training.inputs][0]), *training.hidden]
    left, right = 0.1, width - side - 0.75
    tile = min(0.55, 0.5 * (right - left) / len(columns), 0.82 * (height - 0.7) / max(columns))
    spots = [
        [(left + (right - left - tile) * k / max(len(columns) - 0.55, 0.5),
          height - 0.6 - (height - 0.7) * (i + 0.5) / count - tile / 2) for i in range(count)]
        for k, count in enumerate(columns)
    ]  # fmt: skip
    goal = (width - side - 0.1, height - 0.45 - side / 2)
    most = max(1.5, *(float(np.abs(W).max()) for W in training.weights))
    for k, W in enumerate(training.weights):
        for i, j in np.ndindex(W.shape):
            x1, y1 = spots[k][j][0] + tile, spots[k][j][1] + tile / 2
            last = k == len(training.weights) - 1
            x2, y2 = goal if last else (spots[k + 1][i][0], spots[k + 1][i][1] + tile / 2)
            curve = Path([(x1, y1), ((x1 + x2) / 2, y1), ((x1 + x2) / 2, y2), (x2, y2)],
                         [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4])  # fmt: skip
            base.add_patch(_wire(curve, float(W[i, j]), most))
    spot = iter(maps)
    for column in spots:
        for x, y in column:
            base.imshow(table[next(spot)], extent=(x, x + tile, y, y + tile), origin="lower",
                        aspect="auto", zorder=3, interpolation="bilinear")  # fmt: skip
            base.plot([x, x, x + tile, x + tile, x], [y, y + tile, y + tile, y, y],
                      color=colours.neutral, linewidth=0.8, linestyle="-", zorder=4)  # fmt: skip
    for name, (x, y) in zip(FEATURES[training.inputs][0], spots[0], strict=True):
        base.text(x, y + tile + 0.03, name, fontsize=9)
    base.set(xlim=(0, width), ylim=(0, height))
    base.text(0.1, height - 0.06, screen.scene(training, values)["head"][0], fontsize=9, va="top")
    large = figure.add_axes(((width - side - 0.1) / width, (height - 0.45 - side) / height,
                             side / width, side / height))  # fmt: skip
    large.imshow(table[maps[-1]], extent=EXTENT, origin="lower", interpolation="bilinear")
    if len(training.train[0]):
        scatter_classes(large, training.train[0], training.train[1][:, 0], size=16)
    large.set(xlim=EXTENT[:2], ylim=EXTENT[2:], xticks=[], yticks=[])
    below = height - 0.45 - side
    small = figure.add_axes(((width - side + 0.25) / width, 0.42 / height,
                             (side - 0.4) / width, max(below - 0.6, 0.4) / height))  # fmt: skip
    history = np.array(training.history)
    now = screen.scene(training, values)["now"]
    small.plot(history[:, 0], color=colours.train, linestyle="-", label=f"training {now[0]}")
    small.plot(history[:, 1], color=colours.validation, linestyle="--", label=f"test {now[1]}")
    small.tick_params(labelsize=8)
    small.set_ylim(bottom=0)
    small.set_xlabel("epochs", fontsize=9)
    small.legend(fontsize=8, loc="upper right", frameon=False)
    return pixels_of(figure, style.STILL_DPI * style.scale())


def _wire(curve: Any, weight: float, most: float) -> Any:
    from matplotlib.patches import PathPatch

    colours, positive = style.COLOURS, weight >= 0
    share = abs(weight) / most if np.isfinite(weight) else 1.0  # ran away: as thick as can be
    return PathPatch(
        curve,
        fill=False,
        edgecolor=colours.weight_positive if positive else colours.weight_negative,
        linewidth=0.4 + 4 * share,
        linestyle="-" if positive else (0, (3, 2)),
        alpha=0.25 + 0.75 * min(1, 2 * share),
        zorder=1,
    )


def network_playground(
    points: Float[np.ndarray, "points 2"] | None = None,
    labels: Any = None,
    *,
    says: str,
    name: str = "playground",
    epochs: int = 0,
    size: tuple[float, float] = (7.2, 5.4),
    hide: Sequence[str] = (),
    **opening: Any,
) -> Playground:
    """Return a net of two inputs that learns before your eyes; all its choices are controls.

    The large map shows what the net answers over the plane, the small ones what every unit
    answers; a wire is as thick as its weight. `.code` restores the state, `.export()` gives the
    PyTorch that does the same.

    Args:
        points, labels: your own data within -3..3, of two classes, instead of the menu.
        says: what the picture tells (40 characters at least).
        name: the Python name of the playground.
        epochs: how far it has trained when it opens, and after a reset.
        hide: names of controls that are not shown.
        opening: opening values of controls, such as data="spiral", layer_1=8.

    Raises:
        ValueError: points and classes do not fit, or there are more than two classes.
    """
    given = None
    if points is not None:
        points, labels = np.asarray(points, dtype=float), np.asarray(labels)
        classes = np.unique(labels)
        if points.ndim != 2 or points.shape[1:] != (2,) or labels.shape != points.shape[:1]:
            raise ValueError(
                f"expected points (n, 2) and labels (n,), got {points.shape} and {labels.shape}"
            )
        if len(classes) != 2:
            raise ValueError(f"the playground parts two classes, got {classes.tolist()}")
        given = (points, np.where(labels == classes[1], 1.0, -1.0)[:, None])
    return Playground(
        says=says, name=name, given=given, opening=opening, epochs=epochs, size=size, hide=hide,
        place=_key(name, "playground"),
    )  # fmt: skip


__all__ = ["Playground", "network_playground"]
